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
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, DefaultHasher, Hash, Hasher};

pub(super) fn pass<T: Float>(graph: Graph<T>) -> Graph<T> {
    // The latest row of each hash, and for each row the one before it of the same hash: a scalar program has
    // millions of rows, and a list for each would be as many allocations.
    let mut latest: HashMap<u64, Id, BuildHasherDefault<Hashed>> = HashMap::default();
    let mut before: Vec<Option<Id>> = Vec::with_capacity(graph.nodes.len());
    graph.rebuilt(|out, node| {
        let Some(hash) = hash(&node) else {
            before.push(None);
            return out.push(node);
        };
        let mut candidate = latest.get(&hash).copied();
        while let Some(id) = candidate {
            if same(out.node(id), &node) {
                return id;
            }
            candidate = before[id as usize];
        }
        let id = out.push(node);
        before.push(latest.insert(hash, id));
        id
    })
}

/// Of what can be equal to another row: numbers, and whatever is computed.
fn hash<T: Float>(node: &Node<T>) -> Option<u64> {
    let mut hasher = DefaultHasher::new();
    match &node.op {
        Op::Input(_) => return None,
        Op::Constant(value) => value.as_constant()?.to_f64().to_bits().hash(&mut hasher),
        Op::Apply(prim) => (prim.name().as_ptr(), &node.operands).hash(&mut hasher),
    }
    Some(hasher.finish())
}

fn same<T: Float>(a: &Node<T>, b: &Node<T>) -> bool {
    let equal = match (&a.op, &b.op) {
        (Op::Apply(a), Op::Apply(b)) => a == b,
        (Op::Constant(a), Op::Constant(b)) => {
            let bits =
                |value: &crate::array::Value<T>| value.as_constant().map(|number| number.to_f64().to_bits());
            bits(a) == bits(b)
        }
        _ => false,
    };
    equal && a.operands == b.operands && a.shape == b.shape && a.stage == b.stage
}

/// The hash of what is a hash already.
#[derive(Default)]
struct Hashed(u64);

impl Hasher for Hashed {
    fn write(&mut self, _: &[u8]) {
        unreachable!("a hash is hashed as one number");
    }

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }

    fn finish(&self) -> u64 {
        self.0
    }
}
