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

use crate::Float;
use crate::array::{Layout, Piece, Work};
use crate::replay::graph::{Graph, Id, Node, Op};
use smallvec::SmallVec;

/// The nodes with what they are made of.
pub(super) struct Rows<'g, T: Float> {
    pub(super) graph: &'g Graph<T>,
    /// The node whose memory holds the elements: its own, unless it is a rearrangement of another.
    root: Vec<Id>,
    /// How they lie there; `None` for row-major order from the start.
    layout: Vec<Option<Box<Layout>>>,
    /// Products that are stored with rows and columns exchanged, since all who read them do so too.
    turned: Vec<bool>,
    /// The work of a node that is neither a leaf nor a rearrangement nor [a number](Rows::is_number).
    work: Vec<Option<Box<Work<T>>>>,
}

impl<'g, T: Float> Rows<'g, T> {
    pub fn new(graph: &'g Graph<T>) -> Self {
        let n = graph.nodes.len();
        let mut rows = Self {
            graph,
            root: Vec::with_capacity(n),
            layout: Vec::with_capacity(n),
            turned: turned_products(graph),
            work: Vec::with_capacity(n),
        };
        let factors = factors(graph);
        for (id, node) in (0..).zip(&graph.nodes) {
            let (mut root, mut layout, mut work) = (id, None, None);
            match &node.op {
                Op::Input(_) => {}
                Op::Constant(value) => layout = value.repeated().map(Box::new),
                Op::Apply(_) if rows.is_number(id) => {}
                Op::Apply(prim) => {
                    let layouts: SmallVec<[Layout; 3]> =
                        node.operands.iter().map(|&operand| rows.layout_of(operand)).collect();
                    match prim.work(&layouts.iter().collect::<SmallVec<[&Layout; 3]>>()) {
                        // A number out of an array is brought to the bank.
                        Work::View(_)
                            if node.shape.is_empty() && !rows.in_bank(rows.root_of(node.operands[0])) =>
                        {
                            work = Some(Box::new(Work::Copy));
                        }
                        // The kernels of a product would copy such a matrix, each time.
                        Work::View(from) if factors[id as usize] && runs_backwards(&from) => {
                            let to = Layout::row_major(&from.shape);
                            let pieces = vec![Piece { operand: 0, from, to, adding: false }];
                            work = Some(Box::new(Work::Assemble { background: None, pieces }));
                        }
                        Work::View(seen) => {
                            root = rows.root[node.operands[0] as usize];
                            layout = Some(Box::new(seen));
                        }
                        other => {
                            work = Some(Box::new(other));
                            if rows.turned[id as usize] {
                                layout = Some(Box::new(column_major(&node.shape)));
                            }
                        }
                    }
                }
            }
            rows.root.push(root);
            rows.layout.push(layout);
            rows.work.push(work);
        }
        rows
    }

    /// The matrices that a product multiplies: as they are, or exchanged.
    pub fn factors(&self, id: Id) -> [(Id, Layout); 2] {
        let [a, b] = [0, 1].map(|i| self.graph.node(id).operands[i]);
        let [of_a, of_b] = [a, b].map(|operand| self.layout_of(operand));
        let [a, b] = [a, b].map(|operand| self.root_of(operand));
        if self.turned[id as usize] {
            return [(b, of_b.permute(&[1, 0])), (a, of_a.permute(&[1, 0]))];
        }
        [(a, of_a), (b, of_b)]
    }

    pub fn root_of(&self, id: Id) -> Id {
        self.root[id as usize]
    }

    pub fn layout_of(&self, id: Id) -> Layout {
        match &self.layout[id as usize] {
            Some(layout) => Layout::clone(layout),
            None => Layout::row_major(&self.graph.node(id).shape),
        }
    }

    pub fn work_of(&self, id: Id) -> Option<&Work<T>> {
        self.work[id as usize].as_deref()
    }

    /// How many elements its own memory has.
    pub fn len_of(&self, root: Id) -> usize {
        self.graph.node(root).shape.iter().product()
    }

    /// Whether it is computed by the interpreter of numbers: elementwise, and without axes.
    pub fn is_number(&self, id: Id) -> bool {
        let node = self.graph.node(id);
        let Op::Apply(prim) = &node.op else { return false };
        node.shape.is_empty() && prim.kernel::<T>().is_some()
    }

    /// Whether its memory is a place in the bank.
    pub fn in_bank(&self, root: Id) -> bool {
        self.graph.node(root).shape.is_empty()
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

/// A matrix stored column by column.
fn column_major(shape: &[usize]) -> Layout {
    Layout::row_major(&[shape[1], shape[0]]).permute(&[1, 0])
}

/// The products of two matrices of which every reader sees rows and columns exchanged, as the gradient of `w` in
/// `x.matmul(w.t())` is: in that order there is nothing to rearrange, and nothing to copy for the caller.
fn turned_products<T: Float>(graph: &Graph<T>) -> Vec<bool> {
    let mut turned: Vec<bool> =
        graph.nodes.iter().map(|node| node.shape.len() == 2 && is_product(graph, node)).collect();
    graph.roots().for_each(|id| turned[id as usize] = false);
    for node in &graph.nodes {
        let Op::Apply(prim) = &node.op else { continue };
        for &operand in &node.operands {
            if turned[operand as usize] {
                let seen = match node.operands.len() {
                    1 => prim.work::<T>(&[&column_major(&graph.node(operand).shape)]),
                    _ => Work::Product,
                };
                turned[operand as usize] = matches!(seen, Work::View(seen) if seen.is_row_major());
            }
        }
    }
    turned
}

/// For each node, whether it is an operand of a matrix product.
fn factors<T: Float>(graph: &Graph<T>) -> Vec<bool> {
    let mut factors = vec![false; graph.nodes.len()];
    for node in graph.nodes.iter().filter(|node| is_product(graph, node)) {
        node.operands.iter().for_each(|&operand| factors[operand as usize] = true);
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
    if node.shape.len() < 2 || prim.kernel::<T>().is_some() {
        return false;
    }
    let [a, b] = [a, b].map(|&operand| Layout::row_major(&graph.node(operand).shape));
    matches!(prim.work::<T>(&[&a, &b]), Work::Product)
}
