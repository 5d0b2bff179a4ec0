//! The list as a table: `println!("{tape}")`.

use crate::error::Dims;
use crate::{Float, Tape, Var};
use std::fmt;

/// Rows shown of a long tape: as many from its start as from its end.
const SHOWN: usize = 100;

/// Elements shown of an array.
const ELEMENTS: usize = 3;

/// One line a row: number, name, formula with the operands' names, shape, first elements, and the line
/// of source; a row of a gradient says which row's derivative it is part of. Of a long tape the middle
/// is left out, unless printed with `{:#}`.
///
/// ```
/// use ndarray::arr1;
/// let tape = wengert::Tape::<f64>::new();
/// let x = tape.leaf("x", arr1(&[1.0, 2.0]));
/// let y = x.sin().named("y");
/// y.sum();
/// let table = tape.to_string();
/// assert!(table.contains("sin(x)") && table.contains("Σ y"));
/// ```
impl<T: Float> fmt::Display for Tape<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.log_print_of_all();
        let rows = self.len();
        let hidden = if f.alternate() || rows <= SHOWN { 0..0 } else { SHOWN / 2..rows - SHOWN / 2 };
        let shown = self.vars().enumerate().filter(|(row, _)| !hidden.contains(row));
        let lines: Vec<[String; 6]> = shown.map(|(_, var)| cells(var)).collect();
        let heading = ["row", "name", "operation", "shape", "value", "where"].map(String::from);
        let widths: [usize; 6] = std::array::from_fn(|column| {
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

fn write_line(f: &mut fmt::Formatter<'_>, cells: &[String; 6], widths: &[usize; 6]) -> fmt::Result {
    let padded: Vec<String> =
        cells.iter().zip(widths).map(|(cell, width)| format!("{cell:width$}")).collect();
    writeln!(f, "{}", padded.join("  ").trim_end())
}

fn cells<T: Float>(var: Var<'_, T>) -> [String; 6] {
    let at = var.location();
    let line = format!("{}:{}", at.file(), at.line());
    [
        format!("%{}", var.row()),
        var.name().map_or(String::new(), |name| name.to_string()),
        equation(var),
        Dims(&var.shape()).to_string(),
        excerpt(var),
        var.origin().map_or(line.clone(), |origin| format!("{line}, ∂%{}", origin.row())),
    ]
}

/// The row's formula with its operands' names in place of `a`, `b`, `c`.
fn equation<T: Float>(var: Var<'_, T>) -> String {
    let operands = var.operands();
    let label = |i: usize| operands.get(i).map(|operand| label(*operand));
    if var.prim().arity().is_none() {
        let labels: Vec<String> = (0..operands.len()).filter_map(label).collect();
        return var.prim().formula().replace("a, b, …", &labels.join(", "));
    }
    let formula = var.prim().formula();
    let mut out = String::new();
    for word in formula.split_inclusive(|c: char| !c.is_alphanumeric()) {
        let stem = word.trim_end_matches(|c: char| !c.is_alphanumeric());
        let number = ["a", "b", "c"].iter().position(|letter| *letter == stem);
        match number.and_then(label) {
            Some(name) => out.extend([name.as_str(), &word[stem.len()..]]),
            None => out.push_str(word),
        }
    }
    out
}

/// A row's name; for a plain number, the number; else the row's own number.
fn label<T: Float>(var: Var<'_, T>) -> String {
    match (var.name(), var.constant_number()) {
        (Some(name), _) => name.to_string(),
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
