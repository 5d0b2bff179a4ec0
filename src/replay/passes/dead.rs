//! Dead rows.
//!
//! **Algorithm.** Walk the list backwards from outputs and guards and mark operands; keep what is marked,
//! and all inputs.
//!
//! **May change** which rows there are. Rows that stay compute what they computed.
//!
//! **Example.** After `loss.backward()`, with only `grads[w]` asked for, the gradients of all other rows.

use super::Graph;
use crate::Float;

pub(super) fn pass<T: Float>(graph: Graph<T>) -> Graph<T> {
    let mut needed = vec![false; graph.nodes.len()];
    graph.roots().chain(graph.inputs.iter().copied()).for_each(|root| needed[root as usize] = true);
    for id in (0..graph.nodes.len()).rev() {
        if needed[id] {
            graph.nodes[id].operands.iter().for_each(|&operand| needed[operand as usize] = true);
        }
    }
    let mut needed = needed.into_iter();
    // What is not needed is renamed to anything: nobody refers to it.
    graph.rebuilt(|out, node| if needed.next() == Some(true) { out.push(node) } else { 0 })
}
