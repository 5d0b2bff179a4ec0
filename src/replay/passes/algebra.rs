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

pub(super) fn pass<T: Float>(graph: &mut Graph<T>) {
    graph.shorten(|before, node| {
        let Op::Apply(prim) = &node.op else { return None };
        let known = |&operand| Known { number: before[operand as usize].number(), row: operand as usize };
        let operands: SmallVec<[Known<T>; 3]> = node.operands.iter().map(known).collect();
        let equal = node.operands[prim.shortcut(&operands)?];
        (before[equal as usize].shape == node.shape).then_some(equal)
    });
}
