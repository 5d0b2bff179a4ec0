//! Algebra that is exact.
//!
//! **Algorithm.** A primitive says, of operands that are a known number or the same row, which operand its
//! result equals to the bit ([`Rule::shortcut`](crate::prim::Rule::shortcut)); that operand stands for it.
//!
//! **May change** which rows there are. `x + 0` stays: it is not `x` where x is −0. `x · 0` stays: it is not
//! 0 where x is NaN. A signalling NaN may stay one where arithmetic would have made it quiet.
//!
//! **Example.** The cotangent 1 · x of the first row of a sweep.

use super::super::graph::Op;
use super::Graph;
use crate::Float;
use crate::array::Known;
use smallvec::SmallVec;

pub(super) fn pass<T: Float>(graph: Graph<T>) -> Graph<T> {
    let mut numbers: Vec<Option<T>> = Vec::with_capacity(graph.nodes.len());
    graph.rebuilt(|out, node| {
        let Op::Apply(prim) = &node.op else {
            numbers.push(match &node.op {
                Op::Constant(value) => value.as_constant(),
                Op::Input(_) | Op::Apply(_) => None,
            });
            return out.push(node);
        };
        let known: SmallVec<[Known<T>; 3]> = node
            .operands
            .iter()
            .map(|&operand| Known { number: numbers[operand as usize], row: operand as usize })
            .collect();
        let equal = prim.shortcut(&known).map(|operand| node.operands[operand]);
        if let Some(equal) = equal.filter(|&id| out.node(id).shape == node.shape) {
            return equal;
        }
        numbers.push(None);
        out.push(node)
    })
}
