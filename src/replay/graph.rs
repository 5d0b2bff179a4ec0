//! The rows of a program while it is being made: a list like the tape, without values.
//!
//! A scalar program has millions of rows, and bringing their memory in costs as much as what is done with them: so
//! there is one list, which passes change where it lies, and a node is small.

use super::history::Change;
use crate::Float;
use crate::array::{Shape, Value, same_shape};
use crate::prim::Prim;
use crate::tape::{Operands, RowId};
use indexmap::IndexSet;
use smallvec::SmallVec;

/// The number of a node.
pub(crate) type Id = u32;

/// What a node is.
#[derive(Clone, Debug)]
pub(crate) enum Op<T> {
    /// What the caller brings, by its place among the inputs.
    Input(usize),
    /// What was on the tape and does not depend on an input.
    Constant(Value<T>),
    Apply(Prim),
}

/// One row.
#[derive(Clone, Debug)]
pub(crate) struct Node<T> {
    pub op: Op<T>,
    /// Earlier nodes.
    pub operands: Operands<Id>,
    pub shape: ShapeId,
    /// Whether it is part of a derivative, made by a sweep.
    pub swept: bool,
    /// The row that it was; none of a number that a guard compares with.
    pub row: Option<RowId>,
    /// Nodes of a later stage are not computed before all of an earlier one.
    pub stage: u32,
}

impl<T> Node<T> {
    /// The value of a constant, if it is one number, however often that is repeated.
    pub fn number(&self) -> Option<T>
    where
        T: Float,
    {
        match &self.op {
            Op::Constant(value) => value.as_constant(),
            Op::Input(_) | Op::Apply(_) => None,
        }
    }
}

/// Which of the graph's shapes: equal shapes are one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct ShapeId(u32);

impl ShapeId {
    /// That of a number, which has no axes.
    pub const NUMBER: Self = Self(0);
}

/// An append-only list of nodes, with those that the caller asks for.
#[derive(Clone, Debug)]
pub(crate) struct Graph<T: Float> {
    pub nodes: Vec<Node<T>>,
    shapes: IndexSet<Shape>,
    /// The caller's inputs, in order.
    pub inputs: Vec<Id>,
    pub outputs: Vec<Id>,
    /// The operands of each guard.
    pub guards: Vec<[Id; 2]>,
    /// What becomes of rows while the list is shortened, if that is to be known.
    pub changes: Option<Vec<Change>>,
}

impl<T: Float> Graph<T> {
    /// Without nodes yet, of which there will be about so many.
    pub fn new(nodes: usize, inputs: usize) -> Self {
        Self {
            nodes: Vec::with_capacity(nodes),
            shapes: [Shape::new()].into(),
            inputs: vec![0; inputs],
            outputs: Vec::new(),
            guards: Vec::new(),
            changes: None,
        }
    }

    /// Room for a list like this one.
    pub fn without_nodes(&self) -> Self {
        Self { shapes: self.shapes.clone(), ..Self::new(self.nodes.len(), self.inputs.len()) }
    }

    pub fn node(&self, id: Id) -> &Node<T> {
        &self.nodes[id as usize]
    }

    /// The sizes of a node's axes.
    pub fn shape(&self, id: Id) -> &[usize] {
        self.shape_of(self.node(id))
    }

    pub fn shape_of(&self, node: &Node<T>) -> &[usize] {
        &self.shapes[node.shape.0 as usize]
    }

    #[allow(clippy::cast_possible_truncation)] // No more than nodes, which are counted with 32 bits.
    pub fn shape_id(&mut self, shape: &[usize]) -> ShapeId {
        if shape.is_empty() {
            return ShapeId::NUMBER;
        }
        let found = self.shapes.get_index_of(shape);
        ShapeId(found.unwrap_or_else(|| self.shapes.insert_full(shape.into()).0) as u32)
    }

    #[inline]
    #[allow(clippy::cast_possible_truncation)] // As many as the tape's rows, which are counted with 32 bits.
    pub fn push(&mut self, node: Node<T>) -> Id {
        let id = self.nodes.len() as Id;
        if let Op::Input(place) = node.op {
            self.inputs[place] = id;
        }
        self.nodes.push(node);
        id
    }

    /// Bytes that it takes, the elements of constants among them.
    pub fn bytes(&self) -> usize {
        let each = self.nodes.iter().map(|node| {
            let constant = match &node.op {
                Op::Constant(value) => value.stored() * size_of::<T>(),
                Op::Input(_) | Op::Apply(_) => 0,
            };
            node.operands.bytes() + constant
        });
        let ids = self.inputs.capacity() + self.outputs.capacity() + 2 * self.guards.capacity();
        self.nodes.capacity() * size_of::<Node<T>>()
            + self.shapes.capacity() * size_of::<Shape>()
            + ids * size_of::<Id>()
            + each.sum::<usize>()
    }

    /// The nodes that someone asks for.
    pub fn roots(&self) -> impl Iterator<Item = Id> {
        self.outputs.iter().copied().chain(self.guards.iter().flatten().copied())
    }

    /// Shortens the list. Each node, with its operands renamed, is shown to `stand_in` together with those before it
    /// that stay: it may change the node, or name one of these that stands for it from here on.
    #[allow(clippy::cast_possible_truncation)] // Nodes are counted with 32 bits.
    pub fn shorten(&mut self, mut stand_in: impl FnMut(&[Node<T>], &mut Node<T>) -> Option<Id>) {
        let all = self.nodes.len();
        let mut names = Names { first: all as Id, later: Vec::new() };
        let mut len = 0;
        for at in 0..all {
            let (before, rest) = self.nodes.split_at_mut(at);
            let node = &mut rest[0];
            if len < at {
                node.operands.iter_mut().for_each(|operand| *operand = names.of(*operand));
            }
            let is_computed = matches!(node.op, Op::Apply(_));
            let other = stand_in(&before[..len], node);
            if let Some(changes) = &mut self.changes {
                let is_folded = is_computed && !matches!(node.op, Op::Apply(_));
                let by = other.and_then(|other| before[other as usize].row);
                changes.extend(node.row.filter(|_| is_folded || by.is_some()).map(|row| Change { row, by }));
            }
            if len == at {
                if other.is_none() {
                    len += 1;
                    continue;
                }
                names = Names { first: at as Id, later: Vec::with_capacity(all - at) };
            }
            names.later.push(other.unwrap_or(len as Id));
            if other.is_none() {
                std::mem::swap(&mut before[len], node);
                len += 1;
            }
        }
        self.nodes.truncate(len);
        let asked = self.inputs.iter_mut().chain(&mut self.outputs).chain(self.guards.iter_mut().flatten());
        asked.for_each(|id| *id = names.of(*id));
    }

    /// Checks the list's rules, as [`Tape::verify`](crate::Tape::verify) does on a tape: operands come first,
    /// and every shape is what the primitive gives.
    pub fn verify(&self) -> Result<(), String> {
        for (id, node) in self.nodes.iter().enumerate() {
            if let Some(late) = node.operands.iter().find(|operand| **operand as usize >= id) {
                return Err(format!("operand {late} does not come before node {id}"));
            }
            let Op::Apply(prim) = &node.op else { continue };
            let shapes: SmallVec<[&[usize]; 3]> =
                node.operands.iter().map(|&operand| self.shape(operand)).collect();
            let shape: Shape =
                prim.shape(&shapes).map_err(|problem| format!("node {id}: {}", problem.what))?;
            let own = self.shape_of(node);
            if !same_shape(&shape, own) {
                return Err(format!("node {id}, {}, has shape {own:?}, not {shape:?}", prim.name()));
            }
        }
        let inputs = self.inputs.iter().enumerate();
        if let Some((place, _)) = inputs
            .clone()
            .find(|(place, id)| !matches!(self.node(**id).op, Op::Input(input) if input == *place))
        {
            return Err(format!("input {place} is another node"));
        }
        match self.roots().find(|&root| root as usize >= self.nodes.len()) {
            Some(root) => Err(format!("there is no node {root}")),
            None => Ok(()),
        }
    }
}

/// What nodes are called after others went: up to the first that goes, as before.
struct Names {
    first: Id,
    later: Vec<Id>,
}

impl Names {
    fn of(&self, id: Id) -> Id {
        id.checked_sub(self.first).map_or(id, |later| self.later[later as usize])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_node_is_small() {
        assert!(size_of::<Node<f64>>() <= 56, "{}", size_of::<Node<f64>>());
        assert!(size_of::<Node<f32>>() <= 56, "{}", size_of::<Node<f32>>());
    }
}
