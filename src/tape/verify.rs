//! The list's own rules, checked.

use super::{RowId, Tape};
use crate::Float;
use crate::error::{Error, ErrorKind, Problem};
use smallvec::SmallVec;

impl<T: Float> Tape<T> {
    /// Checks the tape's invariants: every operand comes before its row, and every value has the
    /// shape that its primitive gives for the operands' shapes.
    ///
    /// No sequence of calls breaks them; the check is there for those who change the engine.
    ///
    /// # Errors
    /// If a row breaks a rule; the text names it.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// let x = tape.leaf("x", ndarray::arr1(&[1.0, 2.0]));
    /// (x * x).sum().backward();
    /// assert!(tape.verify().is_ok());
    /// ```
    pub fn verify(&self) -> Result<(), Error> {
        (0..self.len()).try_for_each(|row| self.verify_row(super::id(row)))
    }

    fn verify_row(&self, id: RowId) -> Result<(), Error> {
        let rows = self.rows.borrow();
        let row = &rows[id.index()];
        let broken = |what: String| {
            let mend = "This is a fault in the library: please report it with the program that showed it.";
            let problem = Problem::new(ErrorKind::Invalid, format!("row %{}: {what}", id.index()), mend);
            Err(Error::new("verify", problem, vec![self.describe(id)]))
        };
        if let Some(operand) = row.operands.iter().find(|operand| **operand >= id) {
            return broken(format!("operand %{} does not come before it", operand.index()));
        }
        let own = [row.value.shape()];
        let operands: SmallVec<[&[usize]; 3]> =
            row.operands.iter().map(|operand| rows[operand.index()].value.shape()).collect();
        // A leaf's value is its only operand.
        let shapes = if operands.is_empty() { own.as_slice() } else { operands.as_slice() };
        match row.prim.shape(shapes) {
            Ok(shape) if shape.as_slice() == row.value.shape() => Ok(()),
            Ok(shape) => broken(format!("{} gives shape {shape:?}", row.prim.name())),
            Err(problem) => broken(problem.what),
        }
    }
}
