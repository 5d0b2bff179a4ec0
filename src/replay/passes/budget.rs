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
    for stretches in promising(&graph) {
        let again = recomputed(graph.clone(), stretches);
        let made = make(&again);
        let size = made.code.buffer_bytes();
        if size <= bytes {
            return Ok((again, made));
        }
        least = least.min(size);
    }
    Err(least)
}

/// The numbers of stretches that keep the least, as far as that can be told before anything is fused.
fn promising<T: Float>(graph: &Graph<T>) -> Vec<usize> {
    let border = border(graph);
    let mut found: Vec<(usize, usize)> = Vec::new();
    let mut stretches = 2;
    while stretches <= graph.nodes.len() {
        let stretch = cut(graph, border, stretches);
        let again = what_is_computed_again(graph, border, &stretch);
        found.push((kept(graph, &stretch, &again), stretches));
        stretches = (stretches * 5).div_ceil(4);
    }
    found.sort_unstable();
    found.into_iter().take(TRIED).map(|(_, stretches)| stretches).collect()
}

/// Elements that are kept for the gradient: of rows that are not computed again, and of the largest stretch of those
/// that are.
fn kept<T: Float>(graph: &Graph<T>, stretch: &[usize], again: &[bool]) -> usize {
    let mut needed = vec![false; graph.nodes.len()];
    for (id, node) in graph.nodes.iter().enumerate() {
        if again.get(id) != Some(&false) {
            node.operands.iter().for_each(|&operand| needed[operand as usize] = true);
        }
    }
    let (mut kept, mut largest, mut here, mut at) = (0, 0, 0, 0);
    for (id, node) in graph.nodes[..again.len()].iter().enumerate() {
        if stretch[id] != at {
            (at, here) = (stretch[id], 0);
        }
        if again[id] {
            here += size(node);
            largest = largest.max(here);
        } else if needed[id] {
            kept += size(node);
        }
    }
    kept + largest
}

/// Where the gradient starts.
fn border<T: Float>(graph: &Graph<T>) -> usize {
    graph.nodes.iter().position(|node| node.swept).unwrap_or(graph.nodes.len())
}

/// The elements of a row.
fn size<T>(node: &Node<T>) -> usize {
    if is_row(node) { node.shape.iter().product::<usize>().max(1) } else { 0 }
}

/// Whether a node is computed: others are there from the start.
fn is_row<T>(node: &Node<T>) -> bool {
    matches!(node.op, Op::Apply(_))
}

fn recomputed<T: Float>(graph: Graph<T>, stretches: usize) -> Graph<T> {
    let border = border(&graph);
    let stretch = cut(&graph, border, stretches);
    let again = what_is_computed_again(&graph, border, &stretch);
    // For each stretch, its rows that are computed again, in order.
    let mut rows: Vec<Vec<Id>> = vec![Vec::new(); stretches];
    for (id, row) in (0..).zip(&again) {
        if *row {
            rows[stretch[id as usize]].push(id);
        }
    }
    let old = graph.nodes.clone();
    let mut twins: Vec<Option<Id>> = vec![None; old.len()];
    let (mut stage, mut at) = (0, 0_usize);
    let mut names: Vec<Id> = Vec::with_capacity(old.len());
    graph.rebuilt(|out, node| {
        // Operands by their old numbers, since which copy of them is meant depends on the place.
        let mut node = Node { operands: old[at].operands.clone(), ..node };
        let late = at >= border;
        for operand in &mut node.operands {
            let id = *operand as usize;
            if late && again.get(id) == Some(&true) {
                if twins[id].is_none() {
                    stage += 1;
                    for &id in &rows[stretch[id]] {
                        let mut twin = Node { stage, ..old[id as usize].clone() };
                        for operand in &mut twin.operands {
                            let twin = twins[*operand as usize]
                                .filter(|_| again.get(*operand as usize) == Some(&true));
                            *operand = twin.unwrap_or(names[*operand as usize]);
                        }
                        twins[id as usize] = Some(out.push(twin));
                    }
                }
                *operand = twins[id].expect("its stretch was computed again");
            } else {
                *operand = names[id];
            }
        }
        let id = out.push(Node { stage: if late { stage } else { 0 }, ..node });
        names.push(id);
        at += 1;
        id
    })
}

/// The stretch of each row before the border: of about as many elements each.
fn cut<T: Float>(graph: &Graph<T>, border: usize, stretches: usize) -> Vec<usize> {
    let total: usize = graph.nodes[..border].iter().map(size).sum();
    let mut before = 0;
    let each = graph.nodes[..border].iter().map(|node| {
        let stretch = before * stretches / total.max(1);
        before += size(node);
        stretch.min(stretches - 1)
    });
    each.collect()
}

/// Rows that are computed again: needed after the border, and not kept for a later stretch or the caller; and
/// those of their stretch that they are computed from.
fn what_is_computed_again<T: Float>(graph: &Graph<T>, border: usize, stretch: &[usize]) -> Vec<bool> {
    let mut kept: Vec<bool> = graph.nodes[..border].iter().map(|node| !is_row(node)).collect();
    graph.roots().filter(|&root| (root as usize) < border).for_each(|root| kept[root as usize] = true);
    for (id, node) in graph.nodes[..border].iter().enumerate() {
        for &operand in &node.operands {
            kept[operand as usize] |= stretch[operand as usize] != stretch[id];
        }
    }
    let mut again = vec![false; border];
    for &operand in graph.nodes[border..].iter().flat_map(|node| &node.operands) {
        if (operand as usize) < border {
            again[operand as usize] |= !kept[operand as usize];
        }
    }
    for id in (0..border).rev().filter(|&id| is_row(&graph.nodes[id])) {
        if again[id] {
            graph.nodes[id]
                .operands
                .iter()
                .for_each(|&operand| again[operand as usize] |= !kept[operand as usize]);
        }
    }
    again
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Tape;
    use crate::replay::listing::list;
    use crate::replay::lower::{Choices, lower};

    /// However long the list, a fixed number of programs is made of it, of a list that is at most twice as long.
    #[test]
    fn a_budget_that_cannot_be_met_is_given_up_soon() {
        for rows in [10_usize, 300, 3000] {
            let tape = Tape::<f64>::new();
            let x = tape.leaf("x", ndarray::arr1(&[0.5, 0.25]));
            let y = (0..rows).fold(x, |y, _| y.sin());
            let dx = y.sum().backward()[x];
            let graph = list(&tape, &[x], &[dx], false, &|value, _| value.clone()).graph;
            let (nodes, made) = (graph.nodes.len(), std::cell::Cell::new(0));
            let choices = Choices { fusion: true, reuse: true, fast: false, threads: 1, lanes: 1 };
            let least = within(1, graph, |graph| {
                made.set(made.get() + 1);
                assert!(graph.nodes.len() <= 2 * nodes);
                lower(graph, &[], &[], choices)
            });
            // x twice, the result: and about 2 √rows vectors of 16 bytes.
            let least = least.err().expect("one byte is not enough");
            assert!(made.get() <= TRIED + 1 && least > 1, "{}", made.get());
            assert!(least <= 16 * (2 * rows.isqrt() + 10), "{rows}: {least}");
        }
    }
}
