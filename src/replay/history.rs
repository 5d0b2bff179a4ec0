//! What a program was made of: the rows as they were recorded, and what passes did with them. It is kept for people, as the
//! [page](super::Program::page) shows it, and no run needs it.
//!
//! It takes some hundred bytes and nanoseconds a row. So a program of more rows than [`KEPT`] has it only if that was
//! [asked for](super::ProgramBuilder::explained): making one of millions costs what it did.

use super::graph::Graph;
use super::listing::Listing;
use super::passes::Pass;
use crate::array::Kind;
use crate::prim::Prim;
use crate::tape::{Operands, Row, RowId};
use crate::{Float, Tape};
use std::panic::Location;

/// Programs of so many rows at most keep it unasked.
pub(super) const KEPT: usize = 4096;

/// Of a tape with many more rows than the program needs, those that nobody needed are counted only: a program costs what
/// its own rows do.
const DEAD: usize = 4;

/// The rows, and what became of them on the way to the list that was lowered.
pub(crate) struct History<T: Float> {
    /// In order of the tape.
    pub rows: Vec<Recorded>,
    /// Rows that nobody needs, and that are not among these.
    pub untold: usize,
    /// What each pass did to rows that the list has no more, or has as constants.
    pub changes: Vec<(Pass, Vec<Change>)>,
    /// The list after all passes, if the program does not keep it for itself.
    pub list: Option<Graph<T>>,
}

/// A row without its value.
pub(crate) struct Recorded {
    pub row: RowId,
    pub prim: Prim,
    pub operands: Operands,
    pub shape: Box<[usize]>,
    pub kind: Kind,
    pub name: Option<Box<str>>,
    pub at: &'static Location<'static>,
    /// The row whose rule recorded it.
    pub origin: Option<RowId>,
    /// Of a leaf that is one number: that number.
    pub number: Option<f64>,
    /// Whether an output, a guard, or what is carried depends on it.
    pub is_needed: bool,
}

/// A pass did away with a row.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Change {
    pub row: RowId,
    /// The row that stands for it; none if it was computed for good.
    pub by: Option<RowId>,
}

impl<T: Float> History<T> {
    /// Of a list that no pass has changed yet.
    pub fn new<U: Float>(tape: &Tape<U>, listing: &Listing<U, T>) -> Self {
        let needed: Vec<RowId> = listing.graph.nodes.iter().filter_map(|node| node.row).collect();
        let all = tape.len();
        let is_short = all <= DEAD * needed.len() + KEPT / 16;
        let mut rows: Vec<Recorded> = Vec::with_capacity(if is_short { all } else { needed.len() });
        tape.with_rows(|list| {
            let mut wanted = needed.iter().copied().peekable();
            let mut tell = |at: usize, row: &Row<U>, is_needed| {
                let number = if row.operands.is_empty() { row.value.as_constant() } else { None };
                let id = RowId::at(at).expect("a row of this tape");
                rows.push(Recorded {
                    row: id,
                    prim: row.prim.clone(),
                    operands: row.operands.clone(),
                    shape: row.value.shape().into(),
                    kind: row.kind,
                    name: tape.name_of(id).map(|name| (*name).into()),
                    at: row.at,
                    origin: row.origin,
                    number: number.map(U::to_f64),
                    is_needed,
                });
            };
            if is_short {
                for (at, row) in list.iter().enumerate() {
                    let is_needed = wanted.next_if(|id| id.index() == at).is_some();
                    tell(at, row, is_needed);
                }
            } else {
                wanted.for_each(|id| tell(id.index(), &list[id.index()], true));
            }
        });
        let untold = all - rows.len();
        Self { rows, untold, changes: Vec::new(), list: None }
    }

    /// Bytes that it takes besides its own.
    pub fn bytes(&self) -> usize {
        let each = self.rows.iter().map(|row| {
            row.operands.bytes() + size_of_val(&*row.shape) + row.name.as_ref().map_or(0, |name| name.len())
        });
        let changes = self.changes.iter().map(|(_, changes)| changes.capacity() * size_of::<Change>());
        self.rows.capacity() * size_of::<Recorded>()
            + each.sum::<usize>()
            + self.changes.capacity() * size_of::<(Pass, Vec<Change>)>()
            + changes.sum::<usize>()
            + self.list.as_ref().map_or(0, Graph::bytes)
    }
}
