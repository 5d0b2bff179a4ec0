//! What the mends look at, of a tape.

use super::super::{Tape, Var, id};
use crate::Float;
use crate::prim::{Past, Prim, Spot};

/// The rows of a tape.
pub(super) struct Rows<'t, T: Float>(pub &'t Tape<T>);

impl<T: Float> Rows<'_, T> {
    fn at(&self, row: usize) -> Var<'_, T> {
        Var::new(self.0, id(row))
    }
}

impl<T: Float> Past for Rows<'_, T> {
    fn prim(&self, row: usize) -> Prim {
        self.at(row).prim()
    }

    fn operands(&self, row: usize) -> Vec<usize> {
        self.at(row).operands().iter().map(|operand| operand.row()).collect()
    }

    fn users(&self, row: usize) -> Vec<usize> {
        let takes = |user: &usize| self.0.with_rows(|rows| rows[*user].operands.contains(&id(row)));
        (row + 1..self.0.len()).filter(takes).collect()
    }

    fn original(&self, row: usize) -> usize {
        self.at(row).origin().map_or(row, Var::row)
    }

    fn number(&self, spot: Spot) -> f64 {
        self.at(spot.row)
            .with_row(|row| row.value.view().iter().nth(spot.at).map_or(f64::NAN, |x| x.to_f64()))
    }

    fn is_finite(&self, row: usize) -> bool {
        self.0.is_finite(id(row))
    }

    fn sources(&self, spot: Spot, operand: usize) -> Vec<Spot> {
        let (prim, operands, of) = self.0.elements(id(spot.row));
        let mut found = Vec::new();
        prim.sources(&of, true, &mut |from, at, to| {
            if from == operand && to == spot.at {
                found.push(Spot { row: operands[from].index(), at });
            }
        });
        found
    }
}
