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
use smallvec::SmallVec;

pub(super) fn pass<T: Float>(graph: Graph<T>) -> Graph<T> {
    graph.rebuilt(|out, node| {
        let value = folded(out, &node);
        out.push(match value {
            Some(value) => Node { op: Op::Constant(value), operands: SmallVec::new(), ..node },
            None => node,
        })
    })
}

fn folded<T: Float>(graph: &Graph<T>, node: &Node<T>) -> Option<Value<T>> {
    let Op::Apply(prim) = &node.op else { return None };
    let constant = |&operand| match &graph.node(operand).op {
        Op::Constant(value) => Some(value),
        Op::Input(_) | Op::Apply(_) => None,
    };
    let operands: SmallVec<[&Value<T>; 3]> = node.operands.iter().map(constant).collect::<Option<_>>()?;
    // Without room for it, it is left to the run.
    let value = prim.eval(&operands, &Room::default()).ok()?;
    let room: usize = operands.iter().map(|operand| operand.len()).sum();
    (value.len() <= room || value.as_constant().is_some()).then_some(value)
}
