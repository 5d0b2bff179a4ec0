//! Common subexpressions.
//!
//! **Algorithm.** Rows are looked up by primitive and operands, and a row that is there already stands for
//! the later one; since operands come first and are renamed on the way, equal trees meet at their roots.
//! Constants that are one number are equal if their bits and shapes are.
//!
//! **May change** which rows there are. Equal rows have equal bits: primitives have no state.
//!
//! **Example.** The derivative of `d * d` is `c * d + c * d`, of which one product is computed.

use super::super::graph::{Id, Node, Op};
use super::Graph;
use crate::Float;

pub(super) fn pass<T: Float>(graph: &mut Graph<T>) {
    let mut seen = Seen::of(graph.nodes.len());
    graph.shorten(|before, node| {
        let hash = hash(node)?;
        let last = node.operands.iter().max().copied();
        seen.find_or_add(hash, last, before.len(), |id| same(&before[id as usize], node))
    });
}

/// Of what can be equal to another row: numbers, and whatever is computed.
fn hash<T: Float>(node: &Node<T>) -> Option<u64> {
    let start = match &node.op {
        Op::Input(_) => return None,
        Op::Constant(_) => node.number()?.to_f64().to_bits(),
        Op::Apply(prim) => prim.name().as_ptr() as u64,
    };
    Some(node.operands.iter().fold(mixed(start), |hash, &operand| mixed(hash ^ u64::from(operand))))
}

/// A product with an odd factor, from which no bit is lost, turned so that the bits in which it is well mixed are below.
fn mixed(hash: u64) -> u64 {
    hash.wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(32)
}

fn same<T: Float>(a: &Node<T>, b: &Node<T>) -> bool {
    let equal = match (&a.op, &b.op) {
        (Op::Apply(a), Op::Apply(b)) => a == b,
        (Op::Constant(_), Op::Constant(_)) => {
            let bits = |node: &Node<T>| node.number().map(|number| number.to_f64().to_bits());
            bits(a) == bits(b)
        }
        _ => false,
    };
    equal && *a.operands == *b.operands && a.shape == b.shape && a.stage == b.stage
}

/// Rows by their hash, and by the last of their operands: a table of twice as many places as there are rows. A row is
/// looked for near its last operand, so that rows that follow each other are near each other in memory as well, and where
/// that is taken, in surroundings that are four times as wide each time: of k rows with that operand, each is found in about
/// log k steps. Of the hash, 32 bits are kept, so that hardly ever another row has to be looked at.
struct Seen {
    /// The hash and one more than the row; 0 where there is none.
    places: Vec<(u32, u32)>,
}

impl Seen {
    fn of(rows: usize) -> Self {
        Self { places: vec![(0, 0); (2 * rows).next_power_of_two()] }
    }

    /// The row of this hash that is the `same`, or else adds row number `next`.
    #[allow(clippy::cast_possible_truncation)] // Rows are counted with 32 bits.
    fn find_or_add(
        &mut self,
        mut hash: u64,
        last: Option<Id>,
        next: usize,
        same: impl Fn(Id) -> bool,
    ) -> Option<Id> {
        let (kept, all) = ((hash >> 32) as u32, self.places.len() - 1);
        let (near, mut within) = (2 * last.unwrap_or(0) as usize, 7);
        loop {
            looked();
            let place = &mut self.places[(near + (hash as usize & within)) & all];
            match *place {
                (_, 0) => {
                    *place = (kept, next as u32 + 1);
                    return None;
                }
                (hash, row) if hash == kept && same(row - 1) => return Some(row - 1),
                _ => (hash, within) = (mixed(hash.wrapping_add(1)), (4 * within + 3) & all),
            }
        }
    }
}

#[cfg(test)]
thread_local! {
    /// Places that were looked at on this thread.
    static LOOKED: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
}

/// Counts a place.
#[inline]
fn looked() {
    #[cfg(test)]
    LOOKED.set(LOOKED.get() + 1);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Tape;
    use crate::replay::listing::list;

    /// A chain; all rows of one operand; and all of two, recorded before: each is found in a few steps.
    #[test]
    fn rows_are_found_in_a_few_steps() {
        let rows = 1 << 14;
        let tape = Tape::<f64>::new();
        let numbers: Vec<_> = (0..rows).map(|i| tape.constant(f64::from(i))).collect();
        let x = tape.leaf("x", 0.5);
        let chain = (0..rows).fold(x, |y, _| y * x + x);
        let star: Vec<_> = numbers.iter().map(|&number| x * number).collect();
        let twice: Vec<_> = numbers.iter().map(|&number| x * number).collect();
        for outputs in [vec![chain], [star, twice].concat()] {
            let mut graph = list(&tape, &[x], &outputs, false, &|value, _| value.clone()).graph;
            let all = graph.nodes.len();
            LOOKED.set(0);
            pass(&mut graph);
            assert_eq!(graph.nodes.len(), 2 * numbers.len() + 1);
            assert!(LOOKED.get() < 12 * all, "{} for {all}", LOOKED.get());
        }
    }
}
