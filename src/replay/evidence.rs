//! What two recordings of one function are compared by.
//!
//! A constant on a tape was either written in the function, or made of what the function took from elsewhere: from a
//! value that it read, a file, a clock. Nothing on one tape tells these apart. Of two recordings at different inputs
//! that took the same path, the first kind has the same bits, and the second, but by chance, has not.

use super::graph::{Graph, Node, Op};
use super::listing::Listing;
use crate::array::Value;
use crate::error::{Error, ErrorKind, Problem};
use crate::place::Exactly;
use crate::tape::{Guard, GuardText};
use crate::{Float, Tape};
use std::fmt::Write;
use std::panic::Location;

/// A recording, as far as it can be compared: it outlives the tape.
#[derive(Clone, Debug)]
pub(super) struct Evidence<T: Float> {
    graph: Graph<T>,
    /// For each node its row and line; the numbers that guards compare with come after, and have none.
    places: Vec<(usize, &'static Location<'static>)>,
    /// All guards, and whether they are part of the program, since an input changes what they compare.
    guards: Vec<(Guard<T>, GuardText, bool)>,
    reads: Vec<Seen<T>>,
    /// Whether any of them was taken out that depends on an input.
    taken: bool,
    /// What the inputs were, the state among them.
    inputs: Vec<Value<T>>,
}

/// A value that was read.
#[derive(Clone, Debug)]
struct Seen<T> {
    label: String,
    row: usize,
    /// How many rows the tape had.
    rows: usize,
    at: &'static Location<'static>,
    value: Value<T>,
}

/// What two recordings say.
#[derive(Debug)]
pub(super) enum Verdict {
    /// Everything that is not computed from inputs has the same bits.
    Alike,
    /// The same inputs, bit for bit: so values that were read are the same whatever becomes of them.
    SameInputs,
    /// A comparison turned out otherwise, so that there is nothing to compare.
    OtherPath(String),
    /// They differ.
    Differ(Problem),
}

impl<T: Float> Evidence<T> {
    pub fn new(tape: &Tape<T>, listing: &Listing<T, T>, inputs: Vec<Value<T>>) -> Self {
        // Those of the program are some of all, in the same order.
        let mut live =
            listing.guards.iter().map(|(guard, _)| (guard.rows, guard.rows_compared(), guard.at)).peekable();
        let guards = tape.guards().to_vec().into_iter().map(|guard| {
            let of_the_program = live.next_if_eq(&(guard.rows, guard.rows_compared(), guard.at)).is_some();
            (guard, tape.describe_guard(&guard), of_the_program)
        });
        let seen = tape.reads(0).into_iter().map(|read| Seen {
            label: tape.describe(read.row).label,
            row: read.row.index(),
            rows: read.rows,
            at: read.at,
            value: tape.with_rows(|rows| rows[read.row.index()].value.clone()),
        });
        let (guards, reads) = (guards.collect(), seen.collect());
        let taken = !listing.reads.is_empty();
        let places = tape.with_rows(|rows| {
            let nodes = listing.graph.nodes.iter().map_while(|node| node.row);
            nodes.map(|row| (row.index(), rows[row.index()].at)).collect()
        });
        Self { graph: listing.graph.clone(), places, guards, reads, taken, inputs }
    }

    /// What this recording and a later one say of the function.
    pub fn compare(&self, later: &Self) -> Verdict {
        for ((a, text, live), (b, _, _)) in self.guards.iter().zip(&later.guards) {
            if (a.comparison, a.rows_compared(), a.at) != (b.comparison, b.rows_compared(), b.at) {
                return self.astray(later, a.rows.min(b.rows), b.at);
            }
            if !a.alike(b) {
                if *live {
                    let (then, now) = (a.recorded, b.recorded);
                    return Verdict::OtherPath(format!(
                        "{} at {} was {then} in the one and {now} in the other",
                        text.sides(),
                        a.at
                    ));
                }
                return self.astray(later, a.rows, a.at);
            }
        }
        if self.guards.len() != later.guards.len() {
            let longer = if self.guards.len() > later.guards.len() { self } else { later };
            let (guard, ..) = &longer.guards[self.guards.len().min(later.guards.len())];
            return self.astray(later, guard.rows, guard.at);
        }
        let nodes = self.graph.nodes.iter().zip(&later.graph.nodes);
        if let Some((place, (a, b))) = nodes
            .enumerate()
            .find(|(_, (a, b))| !same(a, b) || self.graph.shape_of(a) != later.graph.shape_of(b))
        {
            return self.differ(later, place, a, b);
        }
        let chosen = |of: &Self| (of.graph.nodes.len(), of.graph.outputs.clone(), of.graph.guards.clone());
        if chosen(self) != chosen(later) {
            let what = "the outputs are computed from other rows in each of two recordings";
            return self.explain(later, usize::MAX, what.into(), None);
        }
        let inputs = self.inputs.iter().zip(&later.inputs);
        if self.taken && inputs.clone().all(|(a, b)| difference(a, b).is_none()) {
            return Verdict::SameInputs;
        }
        Verdict::Alike
    }

    /// The recordings went different ways, though no comparison that the tape knows of sent them.
    fn astray(&self, later: &Self, rows: usize, at: &'static Location<'static>) -> Verdict {
        self.explain(later, rows, format!("the two recordings went different ways before {at}"), None)
    }

    /// The rows at this place differ.
    fn differ(&self, later: &Self, place: usize, a: &Node<T>, b: &Node<T>) -> Verdict {
        let Some(&(row, at)) = self.places.get(place).or(later.places.get(place)) else {
            // A number that a guard compares with.
            let live = |of: &Self| of.guards.iter().find(|(.., live)| *live).map(|(guard, ..)| guard.at);
            let at = live(self).unwrap_or(Location::caller());
            let what = match (&a.op, &b.op) {
                (Op::Constant(a), Op::Constant(b)) => values(difference(a, b)),
                _ => String::new(),
            };
            return self.explain(
                later,
                usize::MAX,
                format!("a number that is compared with at {at}{what}"),
                None,
            );
        };
        let constants = match (&a.op, &b.op) {
            (Op::Constant(a), Op::Constant(b)) if a.shape() == b.shape() => Some((a, b)),
            _ => None,
        };
        let what = match constants {
            Some((a, b)) => format!("a value that is recorded at {at}{}", values(difference(a, b))),
            None if matches!((&a.op, &b.op), (Op::Apply(a), Op::Apply(b)) if a.name() == b.name()) => {
                format!(
                    "what the row at {at} holds fixed, its shape or its operands, is not the same in both recordings"
                )
            }
            None => format!("the row that is recorded at {at} is another one in each of two recordings"),
        };
        // A constant is made of what was read before it; which rows are needed may be chosen later.
        let the_same_row = later.places.get(place).is_some_and(|(other, _)| *other == row);
        let before = if constants.is_some() && the_same_row { row } else { usize::MAX };
        self.explain(later, before, what, constants)
    }

    /// Looks for a value that was read before there were so many rows, and was another one in each recording.
    #[allow(clippy::needless_pass_by_value)] // It is made for this.
    fn explain(
        &self,
        later: &Self,
        rows: usize,
        what: String,
        constants: Option<(&Value<T>, &Value<T>)>,
    ) -> Verdict {
        let pairs = self.reads.iter().zip(&later.reads);
        let before = pairs.filter(|(a, b)| a.row == b.row && a.rows <= rows);
        let differing = before.filter_map(|(a, b)| difference(&a.value, &b.value).map(|found| (a, b, found)));
        let all: Vec<_> = differing.collect();
        // Best one that was brought in as it was; else the last.
        let as_it_was = |(a, b, _): &&(&Seen<T>, &Seen<T>, _)| {
            constants
                .is_some_and(|(c, d)| difference(&a.value, c).is_none() && difference(&b.value, d).is_none())
        };
        let read = all.iter().rev().find(as_it_was).or_else(|| all.last());
        #[allow(clippy::single_match_else)] // Two kinds of error, side by side.
        let problem = match read {
            Some((read, _, found)) => {
                let what = format!(
                    "the value of {}, read{}{}, and {what}: a replay would keep what was made of the first",
                    read.label,
                    Exactly(" at ", read.at, ","),
                    values(Some(found.clone()))
                );
                let mend = "Keep to operations on `Var`s, whose results a replay computes anew, or bring what is made of \
                            it in as an input.";
                Problem::new(ErrorKind::Read, what, mend)
            }
            None => {
                let what = format!(
                    "the closure is not pure: {what}, and no value that was read explains it, so that it comes from \
                     elsewhere: a counter, a random number, a clock, a file, a text that a value was printed to, or what the closure captured"
                );
                let mend = "Bring what changes from call to call in as an input, or carry it as state.";
                Problem::new(ErrorKind::Impure, what, mend)
            }
        };
        Verdict::Differ(problem)
    }
}

/// An error of what two recordings said.
#[track_caller]
pub(super) fn error(operation: &'static str, problem: Problem) -> Error {
    Error::new(operation, problem, Vec::new())
}

/// Whether two nodes compute the same from the same, if they are of one shape.
fn same<T: Float>(a: &Node<T>, b: &Node<T>) -> bool {
    let op = match (&a.op, &b.op) {
        (Op::Input(a), Op::Input(b)) => a == b,
        (Op::Constant(a), Op::Constant(b)) => difference(a, b).is_none(),
        // In words where a parameter is NaN, which equals nothing.
        (Op::Apply(a), Op::Apply(b)) => a == b || format!("{a:?}") == format!("{b:?}"),
        (Op::Input(_) | Op::Constant(_) | Op::Apply(_), _) => false,
    };
    op && *a.operands == *b.operands
}

/// Two values in words, and the place of the elements, if there is more than one.
type Difference = (String, String, Option<Vec<usize>>);

/// The first elements that are not the same bits, NaN and NaN being the same.
fn difference<T: Float>(a: &Value<T>, b: &Value<T>) -> Option<Difference> {
    if a.shape() != b.shape() {
        return Some((format!("of shape {:?}", a.shape()), format!("of shape {:?}", b.shape()), None));
    }
    let same = |a: T, b: T| a.to_f64().to_bits() == b.to_f64().to_bits() || a.is_nan() && b.is_nan();
    let (a, b) = (a.view(), b.view());
    let (index, there, here) =
        a.indexed_iter().zip(&b).map(|((index, a), b)| (index, *a, *b)).find(|(_, a, b)| !same(*a, *b))?;
    let index: Vec<usize> = ndarray::Dimension::slice(&index).to_vec();
    Some((format!("{there:?}"), format!("{here:?}"), (!index.is_empty()).then_some(index)))
}

/// ` was 3.0 in the first recording and 4.0 in the second`.
fn values(found: Option<Difference>) -> String {
    let Some((first, second, index)) = found else { return String::new() };
    let mut out = String::new();
    if let Some(index) = index {
        let _ = write!(out, " (its element {index:?})");
    }
    let _ = write!(out, " was {first} in the first recording and {second} in the second");
    out
}
