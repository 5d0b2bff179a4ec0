//! The list as a table: `println!("{tape}")`.

use super::derivative::{derivative, made_by};
use super::text::{elided, name_of};
use crate::error::Dims;
use crate::{Float, Tape, Var};
use std::fmt;

/// Rows shown of a long tape: as many from its start as from its end.
const SHOWN: usize = 100;

/// Elements shown of an array.
const ELEMENTS: usize = 3;

/// Operands shown of a row that may have any number.
const OPERANDS: usize = 4;

/// Characters of a cell.
const WIDTH: usize = 64;

const COLUMNS: usize = 8;

/// One line a row: number, name, formula with the operands' names, shape, first elements, and the line
/// of source.
///
/// If there are rows of a gradient, two columns more say what they are. *derivative*: `∂loss/∂w` is the gradient of
/// `loss` with respect to `w`, complete; one row may be that of several, and a row that is none of any is a step on the
/// way. Weighted by a seed `v` it is `v·∂y/∂x`, and that of a gradient `∂(∂loss/∂x)/∂w`; what forward mode gives is the
/// `tangent of y along x`. *made by*: the rule of the row that was differentiated there, the sum over the uses of a
/// row, the seed that a sweep starts from, or nothing but that there is no influence.
///
/// Of a long tape the middle is left out, unless printed with `{:#}`, and so are the middles of long names and cells.
///
/// ```
/// use ndarray::arr1;
/// let tape = wengert::Tape::<f64>::new();
/// let x = tape.leaf("x", arr1(&[1.0, 2.0]));
/// let y = x.sin().named("y");
/// y.sum().named("loss").backward();
/// let table = tape.to_string();
/// assert!(table.contains("sin(x)") && table.contains("Σ y"));
/// assert!(table.contains("∂loss/∂x") && table.contains("rule of %1 (sin)"));
/// ```
impl<T: Float> fmt::Display for Tape<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.log_print_of_all();
        let rows = self.len();
        let hidden = if f.alternate() || rows <= SHOWN { 0..0 } else { SHOWN / 2..rows - SHOWN / 2 };
        let shown = (0..hidden.start).chain(hidden.end..rows).filter_map(|row| self.try_var(row).ok());
        let lines: Vec<[String; COLUMNS]> = shown.map(cells).collect();
        let heading = ["row", "name", "operation", "shape", "value", "where", "derivative", "made by"];
        let filled = |column: usize| lines.iter().any(|line| !line[column].is_empty());
        // The last two only where there is something to say.
        let heading: [String; COLUMNS] = std::array::from_fn(|column| {
            if column < COLUMNS - 2 || filled(column) { heading[column].into() } else { String::new() }
        });
        let widths: [usize; COLUMNS] = std::array::from_fn(|column| {
            lines.iter().chain([&heading]).map(|line| line[column].chars().count()).max().unwrap_or(0)
        });
        write_line(f, &heading, &widths)?;
        for (i, line) in lines.iter().enumerate() {
            if !hidden.is_empty() && i == hidden.start {
                writeln!(f, "… {} rows more; print with {{:#}} to see them …", hidden.len())?;
            }
            write_line(f, line, &widths)?;
        }
        Ok(())
    }
}

fn write_line(
    f: &mut fmt::Formatter<'_>,
    cells: &[String; COLUMNS],
    widths: &[usize; COLUMNS],
) -> fmt::Result {
    let padded: Vec<String> =
        cells.iter().zip(widths).map(|(cell, width)| format!("{cell:width$}")).collect();
    writeln!(f, "{}", padded.join("  ").trim_end())
}

fn cells<T: Float>(var: Var<'_, T>) -> [String; COLUMNS] {
    let at = var.location();
    let derivation = var.tape().derivation(var.id());
    let cells = [
        format!("%{}", var.row()),
        var.name().map_or(String::new(), |name| name_of(&name)),
        equation(var),
        Dims(&var.shape()).to_string(),
        excerpt(var),
        format!("{}:{}", at.file(), at.line()),
        derivation.as_ref().map_or(String::new(), derivative),
        derivation.as_ref().map_or(String::new(), made_by),
    ];
    // A format can pad to 65,535 characters, and nobody reads so many.
    cells.map(|cell| elided(cell, WIDTH))
}

/// The row's formula with its operands' names in place of `a`, `b`, `c`.
pub(crate) fn equation<T: Float>(var: Var<'_, T>) -> String {
    let formula = var.prim().formula();
    if var.prim().arity().is_some() {
        return named_in(var, &formula);
    }
    let operands = var.operands();
    let mut labels: Vec<String> = operands.iter().take(OPERANDS).map(|operand| label(*operand)).collect();
    if operands.len() > labels.len() {
        labels.push(format!("… {} more", operands.len() - labels.len()));
    }
    formula.replace("a, b, …", &labels.join(", "))
}

/// A text of a row's primitive, with its operands' names in place of `a`, `b`, `c`.
pub(super) fn named_in<T: Float>(var: Var<'_, T>, text: &str) -> String {
    let operands = var.operands();
    let mut out = String::new();
    for word in text.split_inclusive(|c: char| !c.is_alphanumeric()) {
        let stem = word.trim_end_matches(|c: char| !c.is_alphanumeric());
        let number = ["a", "b", "c"].iter().position(|letter| *letter == stem);
        match number.and_then(|i| operands.get(i)) {
            Some(operand) => out.extend([label(*operand).as_str(), &word[stem.len()..]]),
            None => out.push_str(word),
        }
    }
    out
}

/// A row's name; for a plain number, the number; else the row's own number.
fn label<T: Float>(var: Var<'_, T>) -> String {
    match (var.name(), var.constant_number()) {
        (Some(name), _) => name_of(&name),
        (None, Some(x)) => number(x),
        (None, None) => format!("%{}", var.row()),
    }
}

fn excerpt<T: Float>(var: Var<'_, T>) -> String {
    let first: Vec<String> = var.first(ELEMENTS).into_iter().map(number).collect();
    match (var.ndim(), var.len()) {
        (0, _) => first.concat(),
        (_, len) if len > ELEMENTS => format!("[{}, …]", first.join(", ")),
        _ => format!("[{}]", first.join(", ")),
    }
}

/// Five significant digits: plain where that is short.
fn number<T: Float>(x: T) -> String {
    let size = x.to_f64().abs();
    if size == 0.0 || (1e-3..1e5).contains(&size) {
        let digits = if size >= 1.0 { (1..5).filter(|&n| size < 10_f64.powi(n)).count() } else { 5 };
        let plain = format!("{x:.digits$}");
        if plain.contains('.') { plain.trim_end_matches('0').trim_end_matches('.').into() } else { plain }
    } else {
        format!("{x:.4e}")
    }
}
