//! From the tape to a list of nodes.
//!
//! **Algorithm.** The rows that the outputs are computed from are gathered from the last one backwards: a heap gives
//! the latest row that is still to be looked at, and takes its operands. So a program costs what its own rows do (and
//! the logarithm of how many wait at a time), however long the tape is; and the rows come out in order.

use super::fixed::Fixed;
use super::graph::{Graph, Id, Node, Op};
use crate::array::Value;
use crate::tape::{Guard, GuardText, Read, Row, Side};
use crate::{Float, Tape, Var};
use smallvec::SmallVec;
use std::collections::{BinaryHeap, HashMap};
use std::panic::Location;

/// What a program is made from.
pub(super) struct Listing<T, U: Float> {
    pub graph: Graph<U>,
    /// The guards of the graph, and in words.
    pub guards: Vec<(Guard<T>, GuardText)>,
    /// For each node its row and line; the numbers that guards compare with come after, and have none.
    pub places: Vec<(usize, &'static Location<'static>)>,
    /// The values that were read, of rows that depend on an input.
    pub reads: Vec<Read>,
    /// Whether the tape was printed with such a row on it.
    pub printed: bool,
    /// What keeps the value that was recorded.
    pub fixed: Vec<Fixed>,
}

/// Lists the rows that compute `outputs` from `leaves`; with `all`, those that nobody needs as well. Guards that
/// depend on a leaf are part of the list.
pub(super) fn list<T: Float, U: Float>(
    tape: &Tape<T>,
    leaves: &[Var<'_, T>],
    outputs: &[Var<'_, T>],
    all: bool,
    convert: &impl Fn(&Value<T>) -> Value<U>,
) -> Listing<T, U> {
    let places: HashMap<usize, usize> =
        leaves.iter().enumerate().map(|(place, leaf)| (leaf.row(), place)).collect();
    // What was recorded before the first input does not depend on any.
    let first = places.keys().copied().min().unwrap_or(usize::MAX);
    // All guards from there on, those that were taken after the last row as well: they may have chosen the outputs.
    let taken: Vec<Guard<T>> = {
        let guards = tape.guards();
        guards[guards.partition_point(|guard| guard.rows <= first)..].to_vec()
    };
    let reads = tape.reads(first);
    let wanted = || leaves.iter().chain(outputs).map(|var| var.row());

    tape.with_rows(|rows| {
        let asked = taken.iter().flat_map(rows_of).chain(reads.iter().map(|read| read.row.index()));
        let depending = Depending::new(rows, asked, first, &places);
        let live: Vec<&Guard<T>> =
            taken.iter().filter(|guard| rows_of(guard).any(|row| depending.has(row))).collect();
        let roots = || wanted().chain(live.iter().flat_map(|guard| rows_of(guard)));
        let needed: Vec<usize> = match all {
            true => (0..=roots().max().unwrap_or(0)).collect(),
            false => ancestors(rows, roots(), 0),
        };

        let mut graph = Graph {
            nodes: Vec::with_capacity(needed.len()),
            inputs: vec![0; places.len()],
            outputs: Vec::new(),
            guards: Vec::new(),
        };
        let id = |row: usize, before: usize| place_of(&needed, row, before);
        let mut fixed = Vec::new();
        for (at, &row) in needed.iter().enumerate() {
            let of = &rows[row];
            let operands = of.operands.iter().map(|operand| id(operand.index(), at)).collect();
            let input = places.get(&row).copied();
            if input.is_none() {
                fixed.extend(Fixed::of(tape, row, of));
            }
            graph.push(node(of, input, operands, convert));
        }
        let end = needed.len();
        graph.outputs = outputs.iter().map(|var| id(var.row(), end)).collect();
        for guard in &live {
            let sides = [guard.left, guard.right].map(|side| match side {
                Side::Row(row) => id(row.index(), end),
                Side::Number(number) => graph.push(number_node(convert(&Value::Number(number)))),
            });
            graph.guards.push(sides);
        }
        let guards = live.iter().map(|guard| (**guard, tape.describe_guard(guard))).collect();
        let places = needed.iter().map(|&row| (row, rows[row].at)).collect();
        let reads = reads.iter().filter(|read| depending.has(read.row.index())).copied().collect();
        Listing { graph, guards, places, reads, printed: tape.printed() > first, fixed }
    })
}

/// Of the rows that guards and readers ask for, and those that they are computed from, which depend on an input.
struct Depending {
    rows: Vec<usize>,
    depends: Vec<bool>,
}

impl Depending {
    fn new<T>(
        rows: &[Row<T>],
        asked: impl Iterator<Item = usize>,
        first: usize,
        inputs: &HashMap<usize, usize>,
    ) -> Self {
        let asked = ancestors(rows, asked, first);
        let mut depends = Vec::with_capacity(asked.len());
        for (at, &row) in asked.iter().enumerate() {
            let operands = rows[row].operands.iter().map(|operand| operand.index());
            let mut late = operands.filter(|&operand| operand >= first);
            let any = late.any(|operand| depends[place_of(&asked, operand, at) as usize]);
            depends.push(any || inputs.contains_key(&row));
        }
        Self { rows: asked, depends }
    }

    fn has(&self, row: usize) -> bool {
        self.rows.binary_search(&row).is_ok_and(|at| self.depends[at])
    }
}

/// The rows from number `first` on that these are computed from, themselves included, in order.
fn ancestors<T>(rows: &[Row<T>], of: impl Iterator<Item = usize>, first: usize) -> Vec<usize> {
    let mut waiting: BinaryHeap<usize> = of.filter(|&row| row >= first).collect();
    let mut found: Vec<usize> = Vec::new();
    while let Some(row) = waiting.pop() {
        if found.last() != Some(&row) {
            found.push(row);
            let operands = rows[row].operands.iter().map(|operand| operand.index());
            operands.filter(|&operand| operand >= first).for_each(|operand| waiting.push(operand));
        }
    }
    found.reverse();
    found
}

/// The place of a row among these, which are in order, before place `before`.
#[allow(clippy::cast_possible_truncation)] // As many as the tape's rows, which are counted with 32 bits.
fn place_of(rows: &[usize], row: usize, before: usize) -> Id {
    // If all rows in between are there as well, as they mostly are, it lies as many before.
    let end = rows.get(before).copied().or_else(|| rows.last().map(|last| last + 1)).unwrap_or(0);
    let guess = before.checked_sub(end - row).filter(|&guess| rows[guess] == row);
    guess.or_else(|| rows[..before].binary_search(&row).ok()).expect("an operand comes before its row") as Id
}

/// The rows that a guard compares.
fn rows_of<T: Copy>(guard: &Guard<T>) -> impl Iterator<Item = usize> + use<T> {
    [guard.left, guard.right].into_iter().filter_map(|side| match side {
        Side::Row(row) => Some(row.index()),
        Side::Number(_) => None,
    })
}

fn node<T: Float, U: Float>(
    row: &Row<T>,
    input: Option<usize>,
    operands: SmallVec<[Id; 2]>,
    convert: &impl Fn(&Value<T>) -> Value<U>,
) -> Node<U> {
    let op = match input {
        Some(place) => Op::Input(place),
        None if row.operands.is_empty() => Op::Constant(convert(&row.value)),
        None => Op::Apply(row.prim.clone()),
    };
    Node { op, operands, shape: row.value.shape().into(), swept: row.origin.is_some(), stage: 0 }
}

fn number_node<U: Float>(value: Value<U>) -> Node<U> {
    Node { op: Op::Constant(value), operands: SmallVec::new(), shape: Box::default(), swept: false, stage: 0 }
}
