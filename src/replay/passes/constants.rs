//! Constant folding.
//!
//! **Algorithm.** A row whose operands are all constants is evaluated by its primitive, and is a constant.
//!
//! **May change** when a row is computed: once, as the program is made. It is the same kernel, so the bits
//! are the same. A value larger than all its operands together is not folded, unless it is one number
//! repeated: it would take memory that a replay does not.
//!
//! **Example.** `1 / m` of the seed cotangent 1 and the number of rows m.

use super::super::graph::{Node, Op};
use super::Graph;
use crate::Float;
use crate::array::{Room, Value};
use crate::tape::Operands;
use smallvec::SmallVec;

pub(super) fn pass<T: Float>(graph: &mut Graph<T>) {
    graph.shorten(|before, node| {
        if let Some(value) = folded(before, node) {
            (node.op, node.operands) = (Op::Constant(value), Operands::None);
        }
        None
    });
}

fn folded<T: Float>(before: &[Node<T>], node: &Node<T>) -> Option<Value<T>> {
    let Op::Apply(prim) = &node.op else { return None };
    let constant = |&operand| match &before[operand as usize].op {
        Op::Constant(value) => Some(value),
        Op::Input(_) | Op::Apply(_) => None,
    };
    let operands: SmallVec<[&Value<T>; 3]> = node.operands.iter().map(constant).collect::<Option<_>>()?;
    // Without room for it, it is left to the run.
    let value = prim.eval(&operands, &Room::default()).ok()?;
    let room: usize = operands.iter().map(|operand| operand.len()).sum();
    (value.len() <= room || value.as_constant().is_some()).then_some(value)
}
