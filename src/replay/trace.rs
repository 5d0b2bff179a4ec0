//! The list as it was recorded, kept by a program that is to say where a number that is infinite or NaN was born.

use super::graph::Op;
use super::listing::Listing;
use crate::array::{Kind, Value};
use crate::error::Error;
use crate::prim::Prim;
use crate::tape::{NonFinite, Retraced, RowId};
use crate::{Float, Tape, Var};
use std::panic::Location;

/// The rows that the outputs are computed from.
pub(super) struct Trace<T: Float> {
    rows: Vec<Kept<T>>,
    outputs: Vec<RowId>,
}

/// A row without its value, unless it is a constant.
struct Kept<T: Float> {
    row: RowId,
    what: What<T>,
    kind: Kind,
    name: Option<String>,
    at: &'static Location<'static>,
    origin: Option<RowId>,
}

enum What<T: Float> {
    Input(usize),
    Constant(Prim, Value<T>),
    Apply(Prim, Vec<RowId>),
}

impl<T: Float> Trace<T> {
    /// Of a list that no pass has changed yet.
    pub fn new<U: Float>(tape: &Tape<U>, listing: &Listing<U, T>) -> Self {
        let nodes = &listing.graph.nodes;
        let rows = nodes.iter().filter_map(|node| {
            // The numbers that guards compare with are no rows.
            let row = node.row?;
            let var = tape.at(row);
            let what = match &node.op {
                Op::Input(place) => What::Input(*place),
                Op::Constant(value) => What::Constant(var.prim(), value.clone()),
                Op::Apply(prim) => {
                    let operands = node.operands.iter().filter_map(|operand| nodes[*operand as usize].row);
                    What::Apply(prim.clone(), operands.collect())
                }
            };
            Some(Kept {
                row,
                what,
                kind: var.kind(),
                name: var.name().map(|name| name.to_string()),
                at: var.location(),
                origin: var.origin().map(Var::id),
            })
        });
        let outputs = listing.graph.outputs.iter().filter_map(|output| nodes[*output as usize].row);
        Self { rows: rows.collect(), outputs: outputs.collect() }
    }

    /// Computes it again on these inputs, on a tape, and looks there.
    pub fn search(&self, given: &[Value<T>]) -> Result<Option<NonFinite>, Error> {
        let tape = Tape::<T>::new();
        for kept in &self.rows {
            let (prim, operands, value) = match &kept.what {
                What::Input(place) => (None, &[][..], Some(given[*place].clone())),
                What::Constant(prim, value) => (Some(prim), &[][..], Some(value.clone())),
                What::Apply(prim, operands) => (Some(prim), operands.as_slice(), None),
            };
            tape.retrace(Retraced {
                row: kept.row,
                prim,
                operands,
                value,
                kind: kept.kind,
                name: kept.name.as_deref(),
                at: kept.at,
                origin: kept.origin,
            })?;
        }
        Ok(tape.first_non_finite_of(&self.outputs))
    }
}
