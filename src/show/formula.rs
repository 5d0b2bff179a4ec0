//! What a row computes, as a formula with names.

use super::text::name_of;
use crate::prim::Prim;
use crate::{Float, Var};

/// Operands shown of a row that may have any number.
const OPERANDS: usize = 4;

/// The row's formula with its operands' names in place of `a`, `b`, `c`.
pub(crate) fn equation<T: Float>(var: Var<'_, T>) -> String {
    equation_of(var, &label)
}

/// As [`equation`], with operands called so.
pub(super) fn equation_of<'t, T: Float>(var: Var<'t, T>, label: &dyn Fn(Var<'t, T>) -> String) -> String {
    let operands = var.operands();
    formula_of(&var.prim(), operands.len(), &|i| label(operands[i]))
}

/// The formula of a primitive of so many operands, which are called so by their places.
pub(super) fn formula_of(prim: &Prim, operands: usize, label: &dyn Fn(usize) -> String) -> String {
    let formula = prim.formula();
    if prim.arity().is_some() {
        return worded(&formula, operands, label);
    }
    let mut labels: Vec<String> = (0..operands.min(OPERANDS)).map(label).collect();
    if operands > labels.len() {
        labels.push(format!("… {} more", operands - labels.len()));
    }
    formula.replace("a, b, …", &labels.join(", "))
}

/// A text of a row's primitive, with its operands' names in place of `a`, `b`, `c`.
pub(super) fn named_in<T: Float>(var: Var<'_, T>, text: &str) -> String {
    let operands = var.operands();
    worded(text, operands.len(), &|i| label(operands[i]))
}

fn worded(text: &str, operands: usize, label: &dyn Fn(usize) -> String) -> String {
    let mut out = String::new();
    for word in text.split_inclusive(|c: char| !c.is_alphanumeric()) {
        let stem = word.trim_end_matches(|c: char| !c.is_alphanumeric());
        let number = ["a", "b", "c"].iter().position(|letter| *letter == stem);
        match number.filter(|i| *i < operands) {
            Some(i) => out.extend([label(i).as_str(), &word[stem.len()..]]),
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

/// Five significant digits: plain where that is short.
pub(super) fn number<T: Float>(x: T) -> String {
    let size = x.to_f64().abs();
    if size == 0.0 || (1e-3..1e5).contains(&size) {
        let digits = if size >= 1.0 { (1..5).filter(|&n| size < 10_f64.powi(n)).count() } else { 5 };
        let plain = format!("{x:.digits$}");
        if plain.contains('.') { plain.trim_end_matches('0').trim_end_matches('.').into() } else { plain }
    } else {
        format!("{x:.4e}")
    }
}
