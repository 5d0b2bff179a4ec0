//! A row in Jupyter: what it is, and its numbers, as numbers where they are few and as colours.

use super::{Cell, Html, send};
use crate::array::Kind;
use crate::error::Dims;
use crate::show::cells::{Cells, Summary, matrix};
use crate::show::derivative::{beside, derivative};
use crate::show::formula::{equation, number};
use crate::show::heat::{Heat, LEVELS, count, level};
use crate::show::text::{name_of, plain};
use crate::{Float, Var};
use std::fmt::Write;

/// Below 0 and above it: seen on light and on dark paper.
const COLOURS: [&str; 2] = ["#2f7de1", "#e2711d"];

/// Rows and columns of an array whose numbers are written.
const WRITTEN: [usize; 2] = [16, 8];

/// Rows and columns of a picture, and of one in a table.
const PICTURE: [usize; 2] = [64, 64];
const SMALL: [usize; 2] = [8, 24];

/// Elements of an array of which a picture is made.
const LARGEST: usize = 1 << 22;

/// # In Jupyter
impl<T: Float> Var<'_, T> {
    /// Shows the row, with its numbers as numbers or colours. Jupyter's kernel for Rust, evcxr, calls it.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// tape.leaf("w", [[0.5, -0.25], [0.0, 1.0]]).evcxr_display(); // four numbers, each on its colour
    /// ```
    pub fn evcxr_display(&self) {
        send(&html(*self), self);
    }
}

pub(super) fn html<T: Float>(var: Var<'_, T>) -> Html {
    let mut html = Html::default();
    let shape = var.shape();
    let name = var.name().map_or_else(|| format!("%{}", var.row()), |name| name_of(&name));
    let kind = match var.kind() {
        Kind::Real => T::DTYPE,
        Kind::Index => "indices",
        Kind::Mask => "mask",
    };
    let what = if var.operands().is_empty() { var.prim().name().to_owned() } else { equation(var) };
    html.head(&name, &format!("{kind} {} · row %{}: {what}", Dims(&shape), var.row()));
    if let Some(number) = var.peek_item() {
        html.text("p", "w-big", &number.to_string());
    } else if shape.len() <= 2
        && columns(&shape) <= WRITTEN[1]
        && var.len() / columns(&shape).max(1) <= WRITTEN[0]
    {
        numbers(&mut html, var);
    } else {
        match cells(var, PICTURE) {
            Some((cells, all)) => large(&mut html, &cells, &all),
            None => drop(html.text("p", "w-soft", "too large for a picture")),
        }
    }
    let of = var.tape().derivation(var.id());
    let said = of.as_ref().map_or_else(|| beside(var), derivative);
    if !said.is_empty() {
        html.text("p", "w-soft", &said);
    }
    html
}

fn columns(shape: &[usize]) -> usize {
    shape.last().copied().unwrap_or(1)
}

/// The array as cells, and what there is to say of all of it, unless that would take long.
fn cells<T: Float>(var: Var<'_, T>, most: [usize; 2]) -> Option<(Cells, Summary)> {
    (var.len() <= LARGEST).then(|| {
        var.with_row(|row| {
            let view = row.value.view();
            (Cells::sample(&view, most), Summary::of(&view))
        })
    })
}

/// A small array, each number on its colour.
fn numbers<T: Float>(html: &mut Html, var: Var<'_, T>) {
    let all = var.first(var.len());
    if all.is_empty() {
        html.text("p", "w-soft", "no elements");
        return;
    }
    let largest =
        all.iter().map(|x| x.to_f64().abs()).filter(|x| x.is_finite()).fold(0.0, |most: f64, x| most.max(x));
    html.raw("<table class=\"w-cells\"><tbody>");
    for line in all.chunks(columns(&var.shape())) {
        html.raw("<tr>");
        for x in line {
            let step = level(x.to_f64(), largest);
            let tint = if x.to_f64().is_finite() && step != 0 {
                let colour = COLOURS[usize::from(step > 0)];
                let share = 55 * step.abs() / LEVELS; // Numbers stay legible on it.
                format!(" style=\"background:color-mix(in srgb,{colour} {share}%,transparent)\"")
            } else {
                String::new()
            };
            html.raw(&format!("<td class=\"w-n\"{tint}>{}</td>", plain(&number(*x))));
        }
        html.raw("</tr>");
    }
    html.raw("</tbody></table>");
}

/// A large array, as a picture with its scale.
fn large(html: &mut Html, cells: &Cells, all: &Summary) {
    if cells.values.is_empty() {
        html.text("p", "w-soft", "no elements");
        return;
    }
    let side = (320.0 / count(cells.rows)).min(640.0 / count(cells.columns)).clamp(2.0, 18.0);
    html.raw("<p>").raw(&heat(cells, all.largest(), [side, side])).raw("</p>");
    let mut said = Vec::new();
    if all.finite > 0 {
        said.push(format!(
            "from {} to {}, mean {}; blue is below 0, orange above, the strongest ±{}",
            number(all.low),
            number(all.high),
            number(all.mean),
            number(all.largest())
        ));
    }
    said.extend((all.nans > 0).then(|| format!("{} × NaN", all.nans)));
    said.extend((all.infinite > 0).then(|| format!("{} × infinite", all.infinite)));
    if cells.is_part() {
        let (Cells { rows, columns, .. }, [height, width]) = (cells, cells.of);
        said.push(format!("sampled: {rows} × {columns} of {height} × {width} elements, at equal distances"));
    }
    html.text("p", "w-soft", &said.join("; "));
}

/// The picture in a table, of what is no single number.
pub(super) fn small<T: Float>(var: Var<'_, T>) -> Cell {
    let cells = if var.ndim() == 0 { None } else { cells(var, SMALL) };
    let drawn = cells.filter(|(cells, _)| !cells.values.is_empty()).map(|(cells, all)| {
        let [rows, columns] = [cells.rows, cells.columns].map(count);
        heat(&cells, all.largest(), [(72.0 / columns).min(9.0), (20.0 / rows).min(9.0)])
    });
    Cell::Html(drawn.unwrap_or_default())
}

/// What is said below a table with such pictures, if they do not show all elements of these rows.
pub(super) fn note_samples<'t, T: Float>(html: &mut Html, mut rows: impl Iterator<Item = Var<'t, T>>) {
    let is_part = |var: Var<'t, T>| {
        let [height, width] = matrix(&var.shape());
        var.len() <= LARGEST && (height > SMALL[0] || width > SMALL[1])
    };
    if rows.any(is_part) {
        let [height, width] = SMALL;
        let said = format!(
            "Pictures of larger arrays are sampled: {height} × {width} elements, at equal distances."
        );
        html.text("p", "w-soft", &said);
    }
}

/// Cells as an SVG that fits any page, of colours that reach to `largest`: 0 is the page's own colour.
fn heat(cells: &Cells, largest: f64, [w, h]: [f64; 2]) -> String {
    let (width, height) = (w * count(cells.columns), h * count(cells.rows));
    let mut out = format!(
        "<svg width=\"{width:.1}\" height=\"{height:.1}\" viewBox=\"0 0 {} {}\" preserveAspectRatio=\"none\" \
         shape-rendering=\"crispEdges\" aria-hidden=\"true\">",
        cells.columns, cells.rows
    );
    let paths = Heat::new(cells, largest);
    for (level, path) in paths.levels.iter().filter(|(level, _)| *level != 0) {
        let colour = COLOURS[usize::from(*level > 0)];
        let share = f64::from(level.abs()) / f64::from(LEVELS);
        let _ = write!(out, "<path fill=\"{colour}\" fill-opacity=\"{share:.2}\" d=\"{path}\"/>");
    }
    for (path, colour) in [(&paths.crosses, "#d6338f"), (&paths.triangles, "currentColor")] {
        if !path.is_empty() {
            let _ = write!(out, "<path fill=\"{colour}\" d=\"{path}\"/>");
        }
    }
    let _ = write!(
        out,
        "<rect width=\"{}\" height=\"{}\" fill=\"none\" stroke=\"currentColor\" stroke-opacity=\".3\" \
         vector-effect=\"non-scaling-stroke\"/></svg>",
        cells.columns, cells.rows
    );
    out
}
