//! From the tape to a list of nodes.

use super::graph::{Graph, Id, Node, Op};
use crate::array::Value;
use crate::tape::{Guard, GuardText, Row, Side};
use crate::{Float, Tape, Var};
use smallvec::SmallVec;
use std::collections::HashMap;

/// What a program is made from.
pub(super) struct Listing<U: Float> {
    pub graph: Graph<U>,
    /// The guards of the graph, in words.
    pub guards: Vec<GuardText>,
    /// Which rows of the tape depend on an input.
    pub depends: Vec<bool>,
    /// The last row that is an output.
    pub last: usize,
}

/// Lists the rows that compute `outputs` from `leaves`; with `all`, those that nobody needs as well. Guards that
/// depend on a leaf are part of the list.
pub(super) fn list<T: Float, U: Float>(
    tape: &Tape<T>,
    leaves: &[Var<'_, T>],
    outputs: &[Var<'_, T>],
    all: bool,
    convert: &impl Fn(&Value<T>) -> Value<U>,
) -> Listing<U> {
    let places: HashMap<usize, usize> =
        leaves.iter().enumerate().map(|(place, leaf)| (leaf.row(), place)).collect();
    let last = outputs.iter().map(|var| var.row()).max().unwrap_or(0);
    // All of them, those that were taken after the last row as well: they may have chosen the outputs.
    let taken: Vec<Guard<T>> = tape.guards().to_vec();
    let wanted = || places.keys().copied().chain(outputs.iter().map(|var| var.row()));
    let end = taken.iter().flat_map(rows_of).chain(wanted()).max().unwrap_or(0);

    tape.with_rows(|rows| {
        let rows = &rows[..=end];
        let mut depends = vec![false; rows.len()];
        for (i, row) in rows.iter().enumerate() {
            depends[i] =
                places.contains_key(&i) || row.operands.iter().any(|operand| depends[operand.index()]);
        }
        let live: Vec<&Guard<T>> =
            taken.iter().filter(|guard| rows_of(guard).any(|row| depends[row])).collect();
        let needed = needed(rows, wanted().chain(live.iter().flat_map(|guard| rows_of(guard))), all);

        let mut graph = Graph {
            nodes: Vec::with_capacity(needed.iter().filter(|needed| **needed).count()),
            inputs: vec![0; places.len()],
            outputs: Vec::new(),
            guards: Vec::new(),
        };
        let mut ids: Vec<Id> = vec![0; rows.len()];
        for (i, row) in rows.iter().enumerate().filter(|(i, _)| needed[*i]) {
            ids[i] = graph.push(node(row, places.get(&i).copied(), &ids, convert));
        }
        graph.outputs = outputs.iter().map(|var| ids[var.row()]).collect();
        for guard in &live {
            let sides = [guard.left, guard.right].map(|side| match side {
                Side::Row(row) => ids[row.index()],
                Side::Number(number) => graph.push(number_node(convert(&Value::Number(number)))),
            });
            graph.guards.push(sides);
        }
        let guards = live.iter().map(|guard| tape.describe_guard(guard)).collect();
        Listing { graph, guards, depends, last }
    })
}

/// The rows that a guard compares.
fn rows_of<T: Copy>(guard: &Guard<T>) -> impl Iterator<Item = usize> + use<T> {
    [guard.left, guard.right].into_iter().filter_map(|side| match side {
        Side::Row(row) => Some(row.index()),
        Side::Number(_) => None,
    })
}

/// Which rows these are computed from, themselves included.
fn needed<T: Float>(rows: &[Row<T>], wanted: impl Iterator<Item = usize>, all: bool) -> Vec<bool> {
    let mut needed = vec![all; rows.len()];
    wanted.for_each(|row| needed[row] = true);
    for (i, row) in rows.iter().enumerate().rev() {
        if needed[i] {
            row.operands.iter().for_each(|operand| needed[operand.index()] = true);
        }
    }
    needed
}

fn node<T: Float, U: Float>(
    row: &Row<T>,
    input: Option<usize>,
    ids: &[Id],
    convert: &impl Fn(&Value<T>) -> Value<U>,
) -> Node<U> {
    let op = match input {
        Some(place) => Op::Input(place),
        None if row.operands.is_empty() => Op::Constant(convert(&row.value)),
        None => Op::Apply(row.prim.clone()),
    };
    let operands: SmallVec<[Id; 2]> = row.operands.iter().map(|operand| ids[operand.index()]).collect();
    Node { op, operands, shape: row.value.shape().into(), swept: row.origin.is_some(), stage: 0 }
}

fn number_node<U: Float>(value: Value<U>) -> Node<U> {
    Node { op: Op::Constant(value), operands: SmallVec::new(), shape: Box::default(), swept: false, stage: 0 }
}
