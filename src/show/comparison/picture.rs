//! The picture of a comparison, in SVG.
//!
//! Colours run from blue over the colour of paper to orange, which the colour-blind tell apart; 0 is exactly the middle, and each
//! heat map is symmetric about it, at a scale of its own. NaN is magenta with a cross, an infinity a triangle.

use super::Comparison;
use crate::error::Dims;
use crate::show::cells::Cells;
use crate::show::formula::number;
use crate::show::heat::{Heat, LEVELS, count, level};
use crate::show::text::{name_of, plain, width};
use std::fmt::Write;

/// Room for a heat map, in either direction.
const SIDE: f64 = 240.0;
/// Around the whole, and between the maps.
const MARGIN: f64 = 28.0;
const GAP: f64 = 44.0;
/// Below the title: where the lines under it begin, and how far apart they are.
const UNDER: f64 = 62.0;
const LINE: f64 = 18.0;
/// Rows and columns that are drawn one by one.
const MOST: [usize; 2] = [64, 64];
/// Elements up to which they are written into their cells.
const WRITTEN: usize = 24;

/// Paper, soft and plain ink, cold, zero, warm, and what is no number: on a light page and on a dark one.
const LIGHT: [&str; 7] = ["#fbfaf6", "#5a626c", "#1c2127", "#1b5fb4", "#f1eee6", "#d8621a", "#c2187f"];
const DARK: [&str; 7] = ["#0f141b", "#9aa5b1", "#e4e7ea", "#5c9df2", "#1f2731", "#f28c3b", "#e054a8"];

pub(super) fn draw(comparison: &Comparison) -> String {
    let [hand, tape] = &comparison.sides;
    let shown = comparison.difference();
    let mut maps = vec![(&comparison.labels[0], hand), (&comparison.labels[1], tape)];
    let (label, marked) = ("difference".to_owned(), shown.as_ref().and_then(Comparison::largest));
    maps.extend(shown.as_ref().map(|difference| (&label, difference)));
    let cells: Vec<Cells> =
        maps.iter().map(|(_, array)| Cells::of(array.shape(), array.iter().copied(), MOST)).collect();
    let sizes: Vec<[f64; 2]> = cells.iter().map(size).collect();
    // The same colour is the same number in both; the difference has a scale of its own.
    let both = cells[0].largest().max(cells[1].largest());
    let scales = [both, both, cells.last().map_or(0.0, Cells::largest)];

    let axes: Vec<String> =
        comparison.axes.iter().filter(|axis| !axis.is_empty()).map(|axis| name_of(axis)).collect();
    let left = MARGIN + if axes.len() > 1 { 20.0 } else { 0.0 };
    let wide = |(cells, [w, _]): (&Cells, &[f64; 2])| (w * count(cells.columns)).max(120.0);
    let widths: Vec<f64> = cells.iter().zip(&sizes).map(wide).collect();
    let total = left + widths.iter().sum::<f64>() + GAP * count(widths.len() - 1) + MARGIN;
    let total = total.max(480.0);
    let said = comparison.verdict(marked.as_ref());
    let verdict = wrapped(&said, total - left - MARGIN);
    let top = UNDER + LINE * count(verdict.len()) + 42.0;
    let height = cells.iter().zip(&sizes).map(|(cells, [_, h])| *h * count(cells.rows)).fold(24.0, f64::max);
    let below = top + height;
    let notes: Vec<String> =
        notes(comparison, &cells).iter().flat_map(|note| wrapped(note, total - left - MARGIN)).collect();
    let end = below + 68.0 + LINE * count(notes.len());

    let mut out = String::new();
    open(&mut out, comparison, &said, [total, end]);
    text(&mut out, [left, 40.0], "t", &name_of(&comparison.name));
    for (line, words) in verdict.iter().enumerate() {
        text(&mut out, [left, UNDER + LINE * count(line)], "s", words);
    }
    let mut x = left;
    for (map, (label, array)) in maps.iter().enumerate() {
        let (cells, [w, h]) = (&cells[map], sizes[map]);
        text(&mut out, [x, top - 26.0], "l", label);
        let shape = format!("{}", Dims(array.shape()));
        text(&mut out, [x, top - 10.0], "s", &shape);
        heat(&mut out, cells, scales[map], [x, top], [w, h]);
        if let Some((at, _)) = marked.as_ref().filter(|_| map == 2) {
            let [row, column] = cells.cell(at, array.shape()).map(count);
            let _ = write!(
                out,
                r#"<rect class="k" x="{:.1}" y="{:.1}" width="{:.1}" height="{:.1}"/>"#,
                x + column * w - 1.5,
                top + row * h - 1.5,
                w + 3.0,
                h + 3.0
            );
        }
        scale(&mut out, [x, below + 14.0], scales[map]);
        x += widths[map] + GAP;
    }
    if let [first @ .., last] = &axes[..] {
        let down = first.join(" · ");
        if !down.is_empty() {
            let at = [MARGIN + 4.0, top + height / 2.0];
            let _ = write!(out, r#"<g transform="rotate(-90 {:.1} {:.1})">"#, at[0], at[1]);
            let _ = write!(
                out,
                r#"<text class="s" text-anchor="middle" x="{:.1}" y="{:.1}">← {}</text></g>"#,
                at[0],
                at[1],
                plain(&down)
            );
        }
        text(&mut out, [left, below + 54.0], "s", &format!("{last} →"));
    }
    for (line, note) in notes.iter().enumerate() {
        text(&mut out, [left, below + 72.0 + 18.0 * count(line)], "s", note);
    }
    out.push_str("</svg>\n");
    out
}

/// The size of a cell: as large as there is room for, and no thin line where there are few.
fn size(cells: &Cells) -> [f64; 2] {
    if cells.values.len() <= WRITTEN && cells.columns <= 4 {
        return [68.0, 28.0];
    }
    let [w, h] = [cells.columns, cells.rows].map(|n| (SIDE / count(n.max(1))).min(28.0));
    [w.min(3.0 * h), h.min(3.0 * w)]
}

/// The element itself, its title, and its colours.
fn open(out: &mut String, comparison: &Comparison, verdict: &str, [w, h]: [f64; 2]) {
    let title = name_of(&comparison.name);
    let _ = write!(
        out,
        r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {w:.0} {h:.0}" width="{w:.0}" height="{h:.0}" role="img"><title>{}</title><desc>{}</desc>"#,
        plain(&title),
        plain(verdict)
    );
    let _ = write!(out, "<style>{}@media(prefers-color-scheme:dark){{{}}}", colours(LIGHT), colours(DARK));
    out.push_str(
        "text{font:13px system-ui,-apple-system,'Segoe UI',sans-serif}.t{font-size:20px}.l{font-weight:600}.s{font-size:12px}\
         .n{font:11px ui-monospace,Menlo,Consolas,monospace;text-anchor:middle;font-variant-numeric:tabular-nums}\
         .k{fill:none;stroke-width:1.5}</style>",
    );
    let _ = write!(out, r#"<rect class="g" width="{w:.0}" height="{h:.0}"/>"#);
}

/// The rules of one scheme.
fn colours([paper, soft, ink, cold, zero, warm, none]: [&str; 7]) -> String {
    let mut rules = format!(
        ".g{{fill:{paper}}}text{{fill:{ink}}}text.s{{fill:{soft}}}.k,.f{{stroke:{ink}}}.x{{fill:{none}}}.y{{stroke:{paper};fill:none}}.u{{fill:{ink}}}"
    );
    for level in -LEVELS..=LEVELS {
        let part = f64::from(level.abs()) / f64::from(LEVELS);
        let _ = write!(
            rules,
            ".{}{{fill:{}}}",
            class(level),
            mixed(zero, if level < 0 { cold } else { warm }, part)
        );
    }
    // Numbers on a cell whose colour is strong.
    let _ = write!(rules, ".n.o{{fill:{paper}}}");
    rules
}

fn class(level: i32) -> String {
    match level {
        0 => "z".into(),
        1.. => format!("p{level}"),
        _ => format!("m{}", -level),
    }
}

/// A colour between two of the form `#rrggbb`.
fn mixed(from: &str, to: &str, part: f64) -> String {
    let channel = |colour: &str, i: usize| {
        f64::from(u8::from_str_radix(&colour[2 * i + 1..2 * i + 3], 16).expect("two digits"))
    };
    let mix = |i: usize| (channel(from, i) + (channel(to, i) - channel(from, i)) * part).round();
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // Between two of 0 to 255.
    let [r, g, b] = [0, 1, 2].map(|i| mix(i) as u8);
    format!("#{r:02x}{g:02x}{b:02x}")
}

fn heat(out: &mut String, cells: &Cells, largest: f64, [x, y]: [f64; 2], [w, h]: [f64; 2]) {
    let (width, height) = (w * count(cells.columns), h * count(cells.rows));
    let paths = Heat::new(cells, largest);
    let _ = write!(
        out,
        r#"<g transform="translate({x:.1} {y:.1}) scale({w:.3} {h:.3})" shape-rendering="crispEdges">"#
    );
    for (of, path) in &paths.levels {
        let _ = write!(out, r#"<path class="{}" d="{path}"/>"#, class(*of));
    }
    let strange = [(&paths.crosses, "x"), (&paths.triangles, "u")];
    for (path, class) in strange.iter().filter(|(path, _)| !path.is_empty()) {
        let _ = write!(out, r#"<path class="{class}" d="{path}"/>"#);
    }
    out.push_str("</g>");
    for (i, _) in cells.values.iter().enumerate().filter(|(_, x)| x.is_nan() && w.min(h) >= 10.0) {
        let [row, column] = [i / cells.columns, i % cells.columns].map(count);
        let [left, top] = [x + column * w, y + row * h];
        let _ = write!(
            out,
            r#"<path class="y" d="M{left:.1} {top:.1}l{w:.1} {h:.1}m0 -{h:.1}l-{w:.1} {h:.1}"/>"#
        );
    }
    if cells.values.is_empty() {
        text(out, [x, y + 16.0], "s", "no elements");
        return;
    }
    let _ = write!(
        out,
        r#"<rect class="f" x="{x:.1}" y="{y:.1}" width="{width:.1}" height="{height:.1}" fill="none" stroke-opacity=".25"/>"#
    );
    if cells.values.len() <= WRITTEN && w >= 48.0 {
        for (i, value) in cells.values.iter().enumerate() {
            let [row, column] = [i / cells.columns, i % cells.columns].map(count);
            let strong = !value.is_finite() || level(*value, largest).abs() > LEVELS / 2;
            let class = if strong && !value.is_infinite() { "n o" } else { "n" };
            text(out, [x + (column + 0.5) * w, y + (row + 0.5) * h + 4.0], class, &number(*value));
        }
    }
}

/// The colours from the smallest to the largest, and what they stand for.
fn scale(out: &mut String, [x, y]: [f64; 2], largest: f64) {
    if largest == 0.0 {
        return text(out, [x, y + 12.0], "s", "all 0");
    }
    let step = 120.0 / f64::from(2 * LEVELS + 1);
    let _ = write!(
        out,
        r#"<g transform="translate({x:.1} {y:.1}) scale({step:.3} 7)" shape-rendering="crispEdges">"#
    );
    for (place, of) in (-LEVELS..=LEVELS).enumerate() {
        let _ = write!(out, r#"<path class="{}" d="M{place} 0h1v1h-1z"/>"#, class(of));
    }
    out.push_str("</g>");
    text(out, [x, y + 22.0], "s", &format!("±{}", number(largest)));
}

fn text(out: &mut String, [x, y]: [f64; 2], class: &str, words: &str) {
    let _ = write!(out, r#"<text class="{class}" x="{x:.1}" y="{y:.1}">{}</text>"#, plain(words));
}

/// A text in lines of such a width, broken between words.
fn wrapped(words: &str, room: f64) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in words.split(' ') {
        let line = lines.last_mut().expect("there is one");
        // A character of this size is seldom wider than that.
        if !line.is_empty() && count(width(line) + 1 + width(word)) * 6.4 > room {
            lines.push(word.into());
        } else {
            *line += if line.is_empty() { "" } else { " " };
            *line += word;
        }
    }
    lines
}

/// What the picture does not show by itself.
fn notes(comparison: &Comparison, cells: &[Cells]) -> Vec<String> {
    let mut notes = Vec::new();
    if let Some(sampled) = cells.iter().find(|cells| cells.is_part()) {
        let [down, right] = sampled.block;
        notes.push(format!(
            "Each cell is a block of {down} × {right} elements, and shows the largest of them."
        ));
    }
    if comparison.sides[0].ndim() > 2 {
        notes.push("All axes but the last go downwards, one within the other.".into());
    }
    notes
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{Array2, ArrayD, arr1, arr2};

    #[test]
    fn colours_are_mixed() {
        assert_eq!(
            [0.0, 0.5, 1.0].map(|part| mixed("#000000", "#ff8001", part)),
            ["#000000", "#804001", "#ff8001"]
        );
    }

    #[test]
    fn what_is_drawn_is_what_is_there() {
        let (a, b) = (arr2(&[[1.0, -2.0], [f64::NAN, f64::INFINITY]]), arr2(&[[1.0, -2.0], [0.0, 3.0]]));
        let svg = Comparison::new("a < b & c", &a, &b).axes(["row", "column"]).to_svg();
        for part in [
            "a &lt; b &amp; c",
            "row",
            "column →",
            ">-2<",
            ">NaN<",
            "class=\"x\"",
            "class=\"u\"",
            "class=\"k\"",
        ] {
            assert!(svg.contains(part), "{part}: {svg}");
        }
        assert!(!svg.contains("a < b"));
        // Nothing is marked where nothing differs.
        assert!(!Comparison::new("a", &b, &b.clone()).to_svg().contains("class=\"k\""));
    }

    /// However large the arrays are.
    #[test]
    fn a_picture_is_small() {
        let mut x = 0.0_f64;
        let noise = Array2::from_shape_simple_fn((1437, 1437), || {
            x = (x + 0.754_877_666) % 1.0;
            x - 0.5
        });
        let svg = Comparison::new("dx", &noise, &(&noise * 2.0)).to_svg();
        assert!(svg.len() < 400_000, "{}", svg.len());
        assert!(svg.contains("a block of 23 × 23 elements"));
    }

    #[test]
    fn any_shapes() {
        for shape in [vec![], vec![0], vec![3, 0, 2], vec![1], vec![30], vec![2, 3, 4, 5]] {
            let array = ArrayD::<f32>::ones(shape);
            assert!(
                Comparison::new("", &array, &array.clone()).axes(["n"; 4]).to_svg().ends_with("</svg>\n")
            );
            assert!(Comparison::new("x", &array, &arr1(&[1.0_f32, 2.0])).to_svg().contains("shape"));
        }
    }
}
