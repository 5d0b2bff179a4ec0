//! From the tape to a list of nodes.
//!
//! The rows that the outputs are computed from are the tape's [`Ancestry`] of them, so that a program costs what its own
//! rows do, however long the tape is; and they come out in order.

use super::fixed::Fixed;
use super::graph::{Graph, Id, Node, Op, ShapeId};
use crate::array::{Kind, Value};
use crate::tape::{Ancestry, Guard, GuardText, Operands, Read, RowId, Side};
use crate::{Float, Tape, Var};
use std::collections::HashMap;

/// What a program is made from.
pub(super) struct Listing<T, U: Float> {
    pub graph: Graph<U>,
    /// The guards of the graph, and in words.
    pub guards: Vec<(Guard<T>, GuardText)>,
    /// The values that were read, of rows that depend on an input.
    pub reads: Vec<Read>,
    /// What keeps the value that was recorded.
    pub fixed: Vec<Fixed>,
}

/// Which rows depend on an input, of those that were asked about.
struct Depends {
    rows: Ancestry,
    depend: Vec<bool>,
}

impl Depends {
    /// Of these rows and what they are computed from: no row before the first leaf depends on one.
    fn new<T: Float>(
        tape: &Tape<T>,
        leaves: &HashMap<RowId, usize>,
        asked: impl Iterator<Item = RowId>,
    ) -> Self {
        let rows = tape.ancestry(asked, first(leaves));
        let mut depend = vec![false; rows.len()];
        tape.with_rows(|list| {
            for (place, row) in rows.iter() {
                let depends = |operand: &RowId| rows.place(*operand).is_some_and(|operand| depend[operand]);
                let operands = &list[row.index()].operands;
                depend[place] =
                    operands.iter().any(depends) || operands.is_empty() && leaves.contains_key(&row);
            }
        });
        Self { rows, depend }
    }

    fn contains(&self, row: RowId) -> bool {
        self.rows.place(row).is_some_and(|place| self.depend[place])
    }
}

/// The first leaf's row.
fn first(leaves: &HashMap<RowId, usize>) -> usize {
    leaves.keys().map(|leaf| leaf.index()).min().unwrap_or(usize::MAX)
}

/// Lists the rows that compute `outputs` from `leaves`; with `all`, those that nobody needs as well. Guards that
/// depend on a leaf are part of the list.
pub(super) fn list<T: Float, U: Float>(
    tape: &Tape<T>,
    leaves: &[Var<'_, T>],
    outputs: &[Var<'_, T>],
    all: bool,
    convert: &impl Fn(&Value<T>, Kind) -> Value<U>,
) -> Listing<T, U> {
    let places: HashMap<RowId, usize> =
        leaves.iter().enumerate().map(|(place, leaf)| (leaf.id(), place)).collect();
    // What was recorded before the first input does not depend on any.
    let first = first(&places);
    // All guards from there on, those that were taken after the last row as well: they may have chosen the outputs.
    let taken: Vec<Guard<T>> = {
        let guards = tape.guards();
        guards[guards.partition_point(|guard| guard.rows <= first)..].to_vec()
    };
    let reads = tape.reads(first);
    let compared = || taken.iter().flat_map(rows_of);
    let wanted = || places.keys().copied().chain(outputs.iter().map(|var| var.id()));
    let depends = Depends::new(tape, &places, compared().chain(reads.iter().map(|read| read.row)));
    let live: Vec<&Guard<T>> =
        taken.iter().filter(|guard| rows_of(guard).any(|row| depends.contains(row))).collect();
    let needed = if all {
        let end = compared().chain(wanted()).map(RowId::index).max();
        Ancestry::all_before(end.map_or(0, |end| end + 1))
    } else {
        tape.ancestry(wanted().chain(live.iter().flat_map(|guard| rows_of(guard))), 0)
    };

    tape.with_rows(|rows| {
        let mut graph = Graph::new(needed.len(), places.len());
        let mut fixed = Vec::new();
        // A row's node has the number of its place among those that are needed.
        let place = |row| number(needed.place(row));
        for (_, row) in needed.iter() {
            let of = &rows[row.index()];
            let op = if !of.operands.is_empty() {
                Op::Apply(of.prim.clone())
            } else if let Some(input) = places.get(&row) {
                Op::Input(*input)
            } else {
                fixed.extend(Fixed::of(tape, row.index(), of));
                Op::Constant(convert(&of.value, of.kind))
            };
            let (operands, shape) = (of.operands.map(place), graph.shape_id(of.value.shape()));
            let swept = of.origin.is_some();
            graph.push(Node { op, operands, shape, swept, row: Some(row), stage: 0 });
        }
        graph.outputs = outputs.iter().map(|var| place(var.id())).collect();
        for guard in &live {
            let sides = [guard.left, guard.right].map(|side| match side {
                Side::Row(row) => place(row),
                Side::Number(number) => graph.push(number_node(convert(&Value::Number(number), Kind::Real))),
            });
            graph.guards.push(sides);
        }
        let guards = live.iter().map(|guard| (**guard, tape.describe_guard(guard))).collect();
        let reads = reads.iter().filter(|read| depends.contains(read.row)).copied().collect();
        Listing { graph, guards, reads, fixed }
    })
}

#[allow(clippy::cast_possible_truncation)] // As many as the tape's rows, which are counted with 32 bits.
fn number(place: Option<usize>) -> Id {
    place.expect("operands of what is needed are needed") as Id
}

/// The rows that a guard compares.
fn rows_of<T: Copy>(guard: &Guard<T>) -> impl Iterator<Item = RowId> + use<T> {
    [guard.left, guard.right].into_iter().filter_map(|side| match side {
        Side::Row(row) => Some(row),
        Side::Number(_) => None,
    })
}

fn number_node<U: Float>(value: Value<U>) -> Node<U> {
    Node {
        op: Op::Constant(value),
        operands: Operands::None,
        shape: ShapeId::NUMBER,
        swept: false,
        row: None,
        stage: 0,
    }
}
