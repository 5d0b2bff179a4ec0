//! What each node is made of: its work, and where its elements lie.
//!
//! **Algorithm.** Each node is asked for its work, given how its operands lie. A rearrangement (a transpose, a
//! broadcast, a slice, most reshapes) is none: it is another layout of the same memory, which whoever reads it
//! takes into account. Matrix products read such layouts as they are. A product that everyone reads with rows
//! and columns exchanged is computed that way round.
//!
//! **May change** where elements lie, not what they are.
//!
//! **Example.** `w.t()` in `x.matmul(w.t())`, and the gradient's transposes `g.matmul(w)` and `x.t().matmul(g)`:
//! no row of them is ever computed.

use super::lanes::{lifted, repeated};
use crate::Float;
use crate::array::{Layout, Piece, Shape, Work};
use crate::prim::Prim;
use crate::replay::graph::{Graph, Id, Node, Op, ShapeId};
use smallvec::SmallVec;

/// The nodes with what they are made of.
pub(super) struct Rows<'g, T: Float> {
    pub(super) graph: &'g Graph<T>,
    /// For each node, its place among the parts, or [`NUMBER`] or [`LEAF`].
    kinds: Vec<u32>,
    parts: Vec<Part<T>>,
    /// Products that are stored with rows and columns exchanged, since all who read them do so too.
    turned: Vec<bool>,
    /// How many lanes are computed, and which nodes have an axis for them, before all others: none, if it is empty.
    lanes: usize,
    spread: Vec<bool>,
}

/// It is computed by the interpreter of numbers.
const NUMBER: u32 = u32::MAX;
/// It is there from the start, in row-major order.
const LEAF: u32 = u32::MAX - 1;

/// What any other node is made of.
struct Part<T> {
    /// The node whose memory holds the elements: its own, unless it is a rearrangement of another.
    root: Id,
    /// How they lie there; `None` for row-major order from the start.
    layout: Option<Layout>,
    /// The work of a node that is neither a leaf nor a rearrangement nor [a number](Rows::is_number).
    work: Option<Box<Work<T>>>,
}

impl<'g, T: Float> Rows<'g, T> {
    /// Of so many lanes, each with its own values of those inputs that are `stacked`.
    pub fn new(graph: &'g Graph<T>, lanes: usize, stacked: &[bool]) -> Self {
        let products = products(graph);
        let mut rows = Self {
            graph,
            kinds: Vec::with_capacity(graph.nodes.len()),
            parts: Vec::new(),
            turned: turned_products(graph, &products),
            lanes,
            spread: spread(graph, stacked),
        };
        let factors = factors(graph, &products);
        for (id, node) in (0..).zip(&graph.nodes) {
            let part = match &node.op {
                Op::Apply(_) if is_number(node) => Err(NUMBER),
                Op::Apply(prim) => Ok(rows.part(id, prim, factors[id as usize])),
                Op::Input(_) => Err(LEAF),
                Op::Constant(value) => match value.repeated() {
                    Some(layout) => Ok(Part { root: id, layout: Some(layout), work: None }),
                    None => Err(LEAF),
                },
            };
            let kind = part.map_or_else(|kind| kind, |part| rows.add(part));
            rows.kinds.push(kind);
        }
        rows
    }

    fn add(&mut self, part: Part<T>) -> u32 {
        self.parts.push(part);
        u32::try_from(self.parts.len() - 1).expect("no more than nodes")
    }

    /// What a node is made of that is computed, and not by the interpreter of numbers.
    fn part(&mut self, id: Id, prim: &Prim, factor: bool) -> Part<T> {
        let node = self.graph.node(id);
        let layouts: SmallVec<[Layout; 3]> =
            node.operands.iter().map(|&operand| self.layout_of_lane(operand)).collect();
        let mut part = Part { root: id, layout: None, work: None };
        match prim.work(&layouts.iter().collect::<SmallVec<[&Layout; 3]>>()) {
            // A number out of an array is brought to the bank.
            Work::View(_)
                if node.shape == ShapeId::NUMBER && !self.in_bank(self.root_of(node.operands[0])) =>
            {
                part.work = Some(Box::new(Work::Copy));
            }
            // The kernels of a product would copy such a matrix, each time.
            Work::View(from) if factor && runs_backwards(&from) => {
                let to = Layout::row_major(&from.shape);
                let pieces = vec![Piece { operand: 0, from, to, adding: false }];
                part.work = Some(Box::new(Work::Assemble { background: None, pieces }));
            }
            Work::View(seen) => {
                (part.root, part.layout) = (self.root_of(node.operands[0]), Some(seen));
            }
            other => {
                if let Work::Product = other {
                    self.turn(id);
                }
                part.work = Some(Box::new(other));
                if self.turned[id as usize] {
                    part.layout = Some(column_major(self.graph.shape(id)));
                }
            }
        }
        if self.is_spread(id) {
            let apart: SmallVec<[usize; 3]> =
                node.operands.iter().map(|&operand| self.apart(operand)).collect();
            let results = self.graph.shape(id).iter().product();
            part.work = part.work.map(|work| Box::new(repeated(*work, self.lanes, &apart, results)));
        }
        part
    }

    /// The matrices that a product multiplies, if it is one of two matrices: as they are, or exchanged. With lanes, those
    /// of the left-hand one stand below each other, if the right-hand one is shared.
    pub fn factors(&self, id: Id) -> Option<[(Id, Layout); 2]> {
        self.factors_as(id, self.turned[id as usize])
    }

    fn factors_as(&self, id: Id, turned: bool) -> Option<[(Id, Layout); 2]> {
        let node = self.graph.node(id);
        if self.graph.shape(id).len() != 2 {
            return None;
        }
        let mut operands = [0, 1].map(|i| (node.operands[i], self.layout_of_lane(node.operands[i])));
        if turned {
            operands.reverse();
            operands = operands.map(|(operand, layout)| (operand, layout.permute(&[1, 0])));
        }
        let [(a, mut of_a), (b, of_b)] = operands;
        if self.is_spread(id) {
            let rows = self.lanes * of_a.shape[0];
            of_a = lifted(&of_a, self.lanes, self.apart(a)).reshape(&[rows, of_a.shape[1]])?;
            if self.is_spread(b) {
                return None;
            }
        }
        Some([(self.root_of(a), of_a), (self.root_of(b), of_b)])
    }

    /// Decides which way round the product is computed. With lanes, as a single one if that can be, where its elements
    /// lie alike either way or are asked for that way; and a stack lies as it is.
    fn turn(&mut self, id: Id) {
        let shape = self.graph.shape(id);
        if !self.is_spread(id) || shape.len() != 2 {
            return;
        }
        let asked = self.turned[id as usize];
        let alike = shape.contains(&1);
        self.turned[id as usize] = [asked, !asked]
            .into_iter()
            .find(|&turned| (turned == asked || alike || !turned) && self.factors_as(id, turned).is_some())
            .unwrap_or(false);
    }

    fn part_of(&self, id: Id) -> Option<&Part<T>> {
        self.parts.get(self.kinds[id as usize] as usize)
    }

    fn is_spread(&self, id: Id) -> bool {
        self.spread.get(id as usize) == Some(&true)
    }

    pub fn root_of(&self, id: Id) -> Id {
        self.part_of(id).map_or(id, |part| part.root)
    }

    /// How a node's elements lie, those of all its lanes.
    pub fn layout_of(&self, id: Id) -> Layout {
        self.seen_by(id, id)
    }

    /// How an operand's elements lie as a node takes them: with an axis of lanes if the node has one.
    pub fn seen_by(&self, reader: Id, operand: Id) -> Layout {
        let layout = self.layout_of_lane(operand);
        if self.is_spread(reader) { lifted(&layout, self.lanes, self.apart(operand)) } else { layout }
    }

    /// How far apart the elements of neighbouring lanes lie.
    pub fn apart(&self, id: Id) -> usize {
        let root = self.root_of(id);
        if self.is_spread(root) { self.graph.shape(root).iter().product() } else { 0 }
    }

    /// If each lane has its own: how many there are.
    pub fn lanes_of(&self, id: Id) -> Option<usize> {
        self.is_spread(id).then_some(self.lanes)
    }

    /// How the elements of one lane lie.
    pub fn layout_of_lane(&self, id: Id) -> Layout {
        match self.part_of(id).and_then(|part| part.layout.as_ref()) {
            Some(layout) => layout.clone(),
            None => Layout::row_major(self.graph.shape(id)),
        }
    }

    pub fn work_of(&self, id: Id) -> Option<&Work<T>> {
        self.part_of(id)?.work.as_deref()
    }

    /// The node's shape, lanes among it.
    pub fn shape_of(&self, id: Id) -> Shape {
        self.lanes_of(id).into_iter().chain(self.graph.shape(id).iter().copied()).collect()
    }

    /// How many elements its own memory has.
    pub fn len_of(&self, root: Id) -> usize {
        let lanes = if self.is_spread(root) { self.lanes } else { 1 };
        lanes * self.graph.shape(root).iter().product::<usize>()
    }

    /// Whether it is computed by the interpreter of numbers: elementwise, and without axes.
    pub fn is_number(&self, id: Id) -> bool {
        self.kinds[id as usize] == NUMBER
    }

    /// Whether its memory is a place in the bank.
    pub fn in_bank(&self, root: Id) -> bool {
        self.graph.node(root).shape == ShapeId::NUMBER
    }

    /// Whether it is there before the first instruction.
    pub fn is_leaf(&self, root: Id) -> bool {
        !matches!(self.graph.node(root).op, Op::Apply(_))
    }

    /// The nodes whose elements a node reads.
    pub fn sources(&self, id: Id) -> impl Iterator<Item = Id> {
        self.graph.node(id).operands.iter().map(|&operand| self.root_of(operand))
    }
}

fn is_number<T: Float>(node: &Node<T>) -> bool {
    let Op::Apply(prim) = &node.op else { return false };
    node.shape == ShapeId::NUMBER && prim.kernel::<T>().is_some()
}

/// Which nodes each lane has for itself: what depends on a stacked input.
fn spread<T: Float>(graph: &Graph<T>, stacked: &[bool]) -> Vec<bool> {
    if !stacked.contains(&true) {
        return Vec::new();
    }
    let mut spread: Vec<bool> = Vec::with_capacity(graph.nodes.len());
    for node in &graph.nodes {
        spread.push(match node.op {
            Op::Input(place) => stacked.get(place).copied().unwrap_or(false),
            Op::Constant(_) => false,
            Op::Apply(_) => node.operands.iter().any(|&operand| spread[operand as usize]),
        });
    }
    spread
}

/// A matrix stored column by column.
fn column_major(shape: &[usize]) -> Layout {
    Layout::row_major(&[shape[1], shape[0]]).permute(&[1, 0])
}

/// The matrix products, and stacks of them.
fn products<T: Float>(graph: &Graph<T>) -> Vec<Id> {
    (0..).zip(&graph.nodes).filter(|(_, node)| is_product(graph, node)).map(|(id, _)| id).collect()
}

/// The products of two matrices of which every reader sees rows and columns exchanged, as the gradient of `w` in
/// `x.matmul(w.t())` is: in that order there is nothing to rearrange, and nothing to copy for the caller.
fn turned_products<T: Float>(graph: &Graph<T>, products: &[Id]) -> Vec<bool> {
    let mut turned = vec![false; graph.nodes.len()];
    let of_matrices = products.iter().filter(|&&id| graph.shape(id).len() == 2);
    of_matrices.for_each(|&id| turned[id as usize] = true);
    graph.roots().for_each(|id| turned[id as usize] = false);
    for node in graph.nodes.iter().skip(products.first().map_or(usize::MAX, |&id| id as usize)) {
        let Op::Apply(prim) = &node.op else { continue };
        for &operand in &*node.operands {
            if turned[operand as usize] {
                let seen = match node.operands.len() {
                    1 => prim.work::<T>(&[&column_major(graph.shape(operand))]),
                    _ => Work::Product,
                };
                turned[operand as usize] = matches!(seen, Work::View(seen) if seen.is_row_major());
            }
        }
    }
    turned
}

/// For each node, whether it is an operand of a matrix product.
fn factors<T: Float>(graph: &Graph<T>, products: &[Id]) -> Vec<bool> {
    let mut factors = vec![false; graph.nodes.len()];
    for &operand in products.iter().flat_map(|&id| &*graph.node(id).operands) {
        factors[operand as usize] = true;
    }
    factors
}

/// Along the rows or columns of its matrices.
fn runs_backwards(layout: &Layout) -> bool {
    layout.strides.iter().rev().take(2).any(|&stride| stride < 0)
}

/// Whether it is a matrix product, or a stack of them.
fn is_product<T: Float>(graph: &Graph<T>, node: &Node<T>) -> bool {
    let (Op::Apply(prim), [a, b]) = (&node.op, &node.operands[..]) else { return false };
    if graph.shape_of(node).len() < 2 || prim.kernel::<T>().is_some() {
        return false;
    }
    let [a, b] = [a, b].map(|&operand| Layout::row_major(graph.shape(operand)));
    matches!(prim.work::<T>(&[&a, &b]), Work::Product)
}
