//! The rows of a program while it is being made: a list like the tape, without values.

use crate::Float;
use crate::array::{Shape, Value, same_shape};
use crate::prim::Prim;
use crate::tape::RowId;
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
    pub operands: SmallVec<[Id; 2]>,
    pub shape: Box<[usize]>,
    /// Whether it is part of a derivative, made by a sweep.
    pub swept: bool,
    /// The row that it was; none of a number that a guard compares with.
    pub row: Option<RowId>,
    /// Nodes of a later stage are not computed before all of an earlier one.
    pub stage: u32,
}

/// An append-only list of nodes, with those that the caller asks for.
#[derive(Clone, Debug)]
pub(crate) struct Graph<T: Float> {
    pub nodes: Vec<Node<T>>,
    /// The caller's inputs, in order.
    pub inputs: Vec<Id>,
    pub outputs: Vec<Id>,
    /// The operands of each guard.
    pub guards: Vec<[Id; 2]>,
}

impl<T: Float> Graph<T> {
    pub fn empty_like(other: &Self) -> Self {
        let nodes = Vec::with_capacity(other.nodes.len());
        Self { nodes, inputs: vec![0; other.inputs.len()], outputs: Vec::new(), guards: Vec::new() }
    }

    pub fn node(&self, id: Id) -> &Node<T> {
        &self.nodes[id as usize]
    }

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
            let spilled =
                if node.operands.spilled() { node.operands.capacity() * size_of::<Id>() } else { 0 };
            size_of_val(&*node.shape) + spilled + constant
        });
        let ids = self.inputs.capacity() + self.outputs.capacity() + 2 * self.guards.capacity();
        self.nodes.capacity() * size_of::<Node<T>>() + ids * size_of::<Id>() + each.sum::<usize>()
    }

    /// The nodes that someone asks for.
    pub fn roots(&self) -> impl Iterator<Item = Id> {
        self.outputs.iter().copied().chain(self.guards.iter().flatten().copied())
    }

    /// The same program over other nodes: each node, with its operands renamed, goes through `make`, which
    /// appends to the new graph and says which of its nodes stands for the old one.
    pub fn rebuilt(mut self, mut make: impl FnMut(&mut Self, Node<T>) -> Id) -> Self {
        let mut out = Self::empty_like(&self);
        let mut renamed: Vec<Id> = Vec::with_capacity(self.nodes.len());
        for mut node in std::mem::take(&mut self.nodes) {
            node.operands.iter_mut().for_each(|operand| *operand = renamed[*operand as usize]);
            let id = make(&mut out, node);
            renamed.push(id);
        }
        out.outputs = self.outputs.iter().map(|&id| renamed[id as usize]).collect();
        out.guards = self.guards.iter().map(|guard| guard.map(|id| renamed[id as usize])).collect();
        out
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
                node.operands.iter().map(|&operand| &*self.node(operand).shape).collect();
            let shape: Shape =
                prim.shape(&shapes).map_err(|problem| format!("node {id}: {}", problem.what))?;
            if !same_shape(&shape, &node.shape) {
                return Err(format!("node {id}, {}, has shape {:?}, not {shape:?}", prim.name(), node.shape));
            }
        }
        match self.roots().find(|&root| root as usize >= self.nodes.len()) {
            Some(root) => Err(format!("there is no node {root}")),
            None => Ok(()),
        }
    }
}
