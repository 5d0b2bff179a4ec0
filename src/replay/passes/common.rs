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
use smallvec::SmallVec;
use std::collections::HashMap;

pub(super) fn pass<T: Float>(graph: Graph<T>) -> Graph<T> {
    let mut seen: HashMap<Key, SmallVec<[Id; 1]>> = HashMap::with_capacity(graph.nodes.len());
    graph.rebuilt(|out, node| {
        let Some(key) = key(&node) else { return out.push(node) };
        // What the key does not tell apart, parameters and shapes, is compared.
        let earlier = seen.get(&key).and_then(|ids| ids.iter().find(|&&id| same(out.node(id), &node)));
        if let Some(&id) = earlier {
            return id;
        }
        let id = out.push(node);
        seen.entry(key).or_default().push(id);
        id
    })
}

#[derive(PartialEq, Eq, Hash)]
enum Key {
    Number(u64),
    Apply(&'static str, SmallVec<[Id; 2]>),
}

fn key<T: Float>(node: &Node<T>) -> Option<Key> {
    match &node.op {
        Op::Input(_) => None,
        Op::Constant(value) => value.as_constant().map(|number| Key::Number(number.to_f64().to_bits())),
        Op::Apply(prim) => Some(Key::Apply(prim.name(), node.operands.clone())),
    }
}

fn same<T: Float>(a: &Node<T>, b: &Node<T>) -> bool {
    let primitives = match (&a.op, &b.op) {
        (Op::Apply(a), Op::Apply(b)) => a == b,
        _ => true,
    };
    primitives && a.shape == b.shape && a.stage == b.stage
}
