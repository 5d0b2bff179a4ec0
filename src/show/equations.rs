//! The list as equations with types: `tape.equations()`.

use super::derivative::{derivative, made_by};
use super::formula::{equation_of, number};
use super::table::hidden;
use super::text::{name_of, width};
use crate::array::Kind;
use crate::{Float, Tape, Var};
use std::collections::HashSet;
use std::fmt;
use std::rc::Rc;

/// Columns of the part before the remarks that are aligned.
const ALIGNED: usize = 72;

/// A tape as equations: see [`Tape::equations`].
#[derive(Debug)]
pub struct Equations<'t, T: Float>(&'t Tape<T>);

/// # Reading the list
impl<T: Float> Tape<T> {
    /// The list as equations, one a row, each with the type of its result: the kind of its numbers and its shape. Rows of
    /// a gradient say behind `//` whose gradient they are, and which rule gave them.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// let x = tape.leaf("x", [1.0, 2.0, 3.0]);
    /// let y = x.sin().named("y");
    /// y.sum().named("loss").backward();
    /// let equations = tape.equations().to_string();
    /// assert!(equations.contains("let y: f64[3] = sin(x)"));
    /// assert!(equations.contains("let loss: f64[] = Σ y over axis 0"));
    /// assert!(equations.contains("// ∂loss/∂x: rule of %1 (sin)"));
    /// println!("{equations}");
    /// ```
    ///
    /// Indices are of type `index`, masks of type `mask`. A row without a name is called by its number, and so is one
    /// whose name another has as well: `h%7`. Of a long tape the middle is left out, unless printed with `{:#}`.
    pub fn equations(&self) -> Equations<'_, T> {
        Equations(self)
    }

    /// Names that more than one row has.
    fn shared_names(&self) -> HashSet<Rc<str>> {
        let mut seen = HashSet::new();
        self.vars().filter_map(Var::name).filter(|name| !seen.insert(Rc::clone(name))).collect()
    }
}

impl<T: Float> fmt::Display for Equations<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tape = self.0;
        let shared = tape.shared_names();
        let called = |row: Var<'_, T>| match row.name() {
            Some(name) if shared.contains(&name) => format!("{}%{}", name_of(&name), row.row()),
            Some(name) => name_of(&name),
            None => format!("%{}", row.row()),
        };
        // A plain number stands for itself.
        let operand = |row: Var<'_, T>| match row.constant_number() {
            Some(x) if row.name().is_none() => number(x),
            _ => called(row),
        };
        let hidden = hidden(tape.len(), f.alternate());
        let rows = (0..hidden.start).chain(hidden.end..tape.len()).filter_map(|row| tape.try_var(row).ok());
        let lines: Vec<(String, String)> = rows
            .map(|row| {
                let what = match (row.operands().is_empty(), row.constant_number()) {
                    (true, Some(x)) => number(x),
                    _ => equation_of(row, &operand),
                };
                (format!("let {}: {} = {what}", called(row), type_of(row)), remark(row))
            })
            .collect();
        let widths = lines.iter().filter(|(_, remark)| !remark.is_empty()).map(|(line, _)| width(line));
        let aligned = widths.filter(|width| *width <= ALIGNED).max().unwrap_or_default();
        for (i, (line, remark)) in lines.iter().enumerate() {
            if !hidden.is_empty() && i == hidden.start {
                writeln!(f, "… {} rows more; print with {{:#}} to see them …", hidden.len())?;
            }
            if remark.is_empty() {
                writeln!(f, "{line}")?;
            } else {
                let gap = " ".repeat(aligned.saturating_sub(width(line)));
                writeln!(f, "{line}{gap}  // {remark}")?;
            }
        }
        Ok(())
    }
}

/// `f64[1437, 64]`, `index[3]`.
fn type_of<T: Float>(row: Var<'_, T>) -> String {
    let of = match row.kind() {
        Kind::Real => std::any::type_name::<T>(),
        Kind::Index => "index",
        Kind::Mask => "mask",
    };
    format!("{of}{:?}", row.shape())
}

fn remark<T: Float>(row: Var<'_, T>) -> String {
    let Some(derivation) = row.tape().derivation(row.id()) else { return String::new() };
    let (of, by) = (derivative(&derivation), made_by(&derivation));
    if of.is_empty() { by } else { format!("{of}: {by}") }
}
