//! Recomputation under a budget (checkpointing).
//!
//! **Algorithm.** The rows before the first row of a gradient are cut into k stretches of about as many
//! elements. What one stretch takes from an earlier one is kept; everything else in it is computed again,
//! just before the first row that needs it later. For a chain of n rows of one size that keeps k + n/k of
//! them instead of n, least for k = √n (A. Griewank and A. Walther, *Evaluating Derivatives*, 2008,
//! chapter 12). How much a k keeps is added up without making anything, for some k from 2 to the number of rows, each a
//! quarter more than the one before; of those that keep the least, one after the other is made, until the buffers fit
//! or a few were tried. So the search takes a logarithm of the rows times what it takes to walk over them, and a fixed
//! number of times what it takes to make a program.
//!
//! **May change** how often a row is computed, at most twice. It is the same row of the same operands, so
//! the bits are the same.
//!
//! **Example.** A chain of 1,000 sines of a vector: 31 stretches keep 2 · 31 vectors of 1,000.

use super::super::graph::{Id, Node, Op};
use super::Graph;
use crate::Float;
use crate::replay::lower::Lowered;

/// The program, and what was made of it.
pub(in crate::replay) type Budgeted<T> = (Graph<T>, Lowered<T>);

/// How many numbers of stretches are tried in earnest.
const TRIED: usize = 6;

/// The first way found to keep the buffers within so many bytes, or else the least that was found.
pub(in crate::replay) fn within<T: Float>(
    bytes: usize,
    graph: Graph<T>,
    make: impl Fn(&Graph<T>) -> Lowered<T>,
) -> Result<Budgeted<T>, usize> {
    let plain = make(&graph);
    let mut least = plain.code.buffer_bytes();
    if least <= bytes {
        return Ok((graph, plain));
    }
    drop(plain);
    let forward = Forward::of(&graph);
    for stretches in forward.promising() {
        let again = forward.recomputed(stretches);
        let made = make(&again);
        let size = made.code.buffer_bytes();
        if size <= bytes {
            return Ok((again, made));
        }
        least = least.min(size);
    }
    Err(least)
}

/// The list, and what is asked of its rows before the gradient for every number of stretches.
struct Forward<'g, T: Float> {
    graph: &'g Graph<T>,
    /// Where the gradient starts.
    border: usize,
    /// The elements of each row before it: of what is there from the start, none.
    sizes: Vec<usize>,
    total: usize,
}

/// A way to cut them.
struct Cut {
    /// The stretch of each row.
    stretch: Vec<usize>,
    /// Which are computed again.
    again: Vec<bool>,
}

impl<'g, T: Float> Forward<'g, T> {
    fn of(graph: &'g Graph<T>) -> Self {
        let border = graph.nodes.iter().position(|node| node.swept).unwrap_or(graph.nodes.len());
        let size =
            |node| if is_row(node) { graph.shape_of(node).iter().product::<usize>().max(1) } else { 0 };
        let sizes: Vec<usize> = graph.nodes[..border].iter().map(size).collect();
        let total = sizes.iter().sum();
        Self { graph, border, sizes, total }
    }

    /// The numbers of stretches that keep the least, as far as that can be told before anything is fused.
    fn promising(&self) -> Vec<usize> {
        let kept = |stretches| (self.kept(&self.cut(stretches)), stretches);
        let mut found: Vec<(usize, usize)> = candidates(self.graph.nodes.len()).map(kept).collect();
        found.sort_unstable();
        found.into_iter().take(TRIED).map(|(_, stretches)| stretches).collect()
    }

    /// Into stretches of about as many elements each.
    fn cut(&self, stretches: usize) -> Cut {
        let mut before = 0;
        let each = self.sizes.iter().map(|size| {
            let stretch = before * stretches / self.total.max(1);
            before += size;
            stretch.min(stretches - 1)
        });
        let stretch: Vec<usize> = each.collect();
        let again = self.what_is_computed_again(&stretch);
        Cut { stretch, again }
    }

    /// Rows that are computed again: needed after the border, and not kept for a later stretch or the caller; and
    /// those of their stretch that they are computed from.
    fn what_is_computed_again(&self, stretch: &[usize]) -> Vec<bool> {
        let (graph, border) = (self.graph, self.border);
        let mut kept: Vec<bool> = graph.nodes[..border].iter().map(|node| !is_row(node)).collect();
        graph.roots().filter(|&root| (root as usize) < border).for_each(|root| kept[root as usize] = true);
        for (id, node) in graph.nodes[..border].iter().enumerate() {
            for &operand in &*node.operands {
                kept[operand as usize] |= stretch[operand as usize] != stretch[id];
            }
        }
        let mut again = vec![false; border];
        for &operand in graph.nodes[border..].iter().flat_map(|node| &*node.operands) {
            if (operand as usize) < border {
                again[operand as usize] |= !kept[operand as usize];
            }
        }
        for id in (0..border).rev().filter(|&id| is_row(&graph.nodes[id])) {
            if again[id] {
                for &operand in &*graph.nodes[id].operands {
                    again[operand as usize] |= !kept[operand as usize];
                }
            }
        }
        again
    }

    /// Elements that are kept for the gradient: of rows that are not computed again, and of the largest stretch of those
    /// that are.
    fn kept(&self, Cut { stretch, again }: &Cut) -> usize {
        added_up();
        let mut needed = vec![false; self.graph.nodes.len()];
        for (id, node) in self.graph.nodes.iter().enumerate() {
            if again.get(id) != Some(&false) {
                node.operands.iter().for_each(|&operand| needed[operand as usize] = true);
            }
        }
        let (mut kept, mut largest, mut here, mut at) = (0, 0, 0, 0);
        for (id, size) in self.sizes.iter().enumerate() {
            if stretch[id] != at {
                (at, here) = (stretch[id], 0);
            }
            if again[id] {
                here += size;
                largest = largest.max(here);
            } else if needed[id] {
                kept += size;
            }
        }
        kept + largest
    }

    /// The list in which rows are computed again.
    fn recomputed(&self, stretches: usize) -> Graph<T> {
        let (graph, border) = (self.graph, self.border);
        let Cut { stretch, again } = self.cut(stretches);
        // For each stretch, its rows that are computed again, in order.
        let mut rows: Vec<Vec<Id>> = vec![Vec::new(); stretches];
        for (id, row) in (0..).zip(&again) {
            if *row {
                rows[stretch[id as usize]].push(id);
            }
        }
        let mut out = graph.without_nodes();
        // What each row is called now, and what those that were computed again are called after the border.
        let mut names: Vec<Id> = Vec::with_capacity(graph.nodes.len());
        let mut twins: Vec<Option<Id>> = vec![None; border];
        let mut stage = 0;
        for (at, node) in graph.nodes.iter().enumerate() {
            let late = at >= border;
            for &operand in
                node.operands.iter().filter(|&&operand| late && again.get(operand as usize) == Some(&true))
            {
                if twins[operand as usize].is_some() {
                    continue;
                }
                stage += 1;
                for &id in &rows[stretch[operand as usize]] {
                    let row = graph.node(id);
                    let operands = row.operands.map(|operand| newest(&twins, &names, operand));
                    twins[id as usize] = Some(out.push(Node { operands, stage, ..row.clone() }));
                }
            }
            // Before the border there are no twins yet.
            let operands = node.operands.map(|operand| newest(&twins, &names, operand));
            names.push(out.push(Node { operands, stage, ..node.clone() }));
        }
        out.outputs = graph.outputs.iter().map(|&id| names[id as usize]).collect();
        out.guards = graph.guards.iter().map(|guard| guard.map(|id| names[id as usize])).collect();
        out
    }
}

/// The numbers of stretches that are looked at, for a list of so many rows: a logarithm of them.
fn candidates(rows: usize) -> impl Iterator<Item = usize> {
    std::iter::successors(Some(2_usize), |stretches| Some((stretches * 5).div_ceil(4)))
        .take_while(move |&stretches| stretches <= rows)
}

/// What stands for a row after the border: itself computed again, if it was.
fn newest(twins: &[Option<Id>], names: &[Id], id: Id) -> Id {
    twins.get(id as usize).copied().flatten().unwrap_or_else(|| names[id as usize])
}

/// Whether a node is computed: others are there from the start.
fn is_row<T>(node: &Node<T>) -> bool {
    matches!(node.op, Op::Apply(_))
}

#[cfg(test)]
thread_local! {
    /// How often it was added up on this thread what is kept.
    static ADDED_UP: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
}

/// Counts that it is added up what is kept.
fn added_up() {
    #[cfg(test)]
    ADDED_UP.set(ADDED_UP.get() + 1);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Tape;
    use crate::replay::listing::list;
    use crate::replay::lower::{Choices, lower};

    /// However long the list, a fixed number of programs is made of it, of a list that is at most twice as long; and it is
    /// walked over as often as its logarithm says.
    #[test]
    fn a_budget_that_cannot_be_met_is_given_up_soon() {
        for rows in [10_usize, 300, 3000, 30_000] {
            let tape = Tape::<f64>::new();
            let x = tape.leaf("x", ndarray::arr1(&[0.5, 0.25]));
            let y = (0..rows).fold(x, |y, _| y.sin());
            let dx = y.sum().backward()[x];
            let graph = list(&tape, &[x], &[dx], false, &|value, _| value.clone()).graph;
            let (nodes, made) = (graph.nodes.len(), std::cell::Cell::new(0));
            let choices = Choices { fusion: true, reuse: true, fast: false, threads: 1, lanes: 1 };
            ADDED_UP.set(0);
            let least = within(1, graph, |graph| {
                made.set(made.get() + 1);
                assert!(graph.nodes.len() <= 2 * nodes);
                lower(graph, &[], &[], choices)
            });
            // x twice, the result: and about 2 √rows vectors of 16 bytes.
            let least = least.err().expect("one byte is not enough");
            assert!(made.get() <= TRIED + 1 && least > 1, "{}", made.get());
            // From each number of stretches to the next it is a quarter more, or one.
            let walks = 10 + nodes.ilog2() as usize * 13 / 4;
            assert!(ADDED_UP.get() <= walks, "{nodes}: {}", ADDED_UP.get());
            assert!(least <= 16 * (2 * rows.isqrt() + 10), "{rows}: {least}");
        }
    }
}
