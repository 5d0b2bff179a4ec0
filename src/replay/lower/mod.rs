//! From the list to instructions.
//!
//! | file | what it decides |
//! |---|---|
//! | `mod.rs` | for each node, its work and where its elements lie: rearrangements become layouts, and are no work |
//! | `fuse.rs` | which nodes are computed together |
//! | `buffers.rs` | which results share memory |
//! | `emit.rs` | the instructions |

mod buffers;
mod emit;
mod fuse;

use super::graph::{Graph, Id, Op};
use super::machine::{Code, Place, Source};
use crate::Float;
use crate::prim::{Layout, Piece, Work};
use fuse::Groups;
use smallvec::SmallVec;

/// What lowering decides for a whole program.
pub(super) struct Lowered<T: Copy> {
    pub code: Code<T>,
    pub outputs: Vec<Place>,
    pub guards: Vec<[Place; 2]>,
    /// What is copied after a run, since its place is the caller's or about to change.
    pub kept: Vec<(Place, Source)>,
    /// The places of the state that is carried from run to run, and of what it is exchanged with then.
    pub state: Vec<[Source; 2]>,
    /// Where the caller's numbers go in the bank.
    pub numbers: Vec<Option<usize>>,
    pub instructions: Vec<String>,
}

/// Choices.
#[derive(Clone, Copy, Debug)]
pub(super) struct Choices {
    pub fusion: bool,
    pub reuse: bool,
    pub fast: bool,
    pub threads: usize,
}

/// Makes instructions of the list. `state` pairs inputs, by place, with the outputs that replace them.
pub(super) fn lower<T: Float>(graph: &Graph<T>, state: &[(usize, usize)], choices: Choices) -> Lowered<T> {
    let rows = Rows::new(graph);
    let groups = Groups::new(&rows, choices.fusion);
    let stored = groups.stored(&rows);
    let slots = buffers::assign(&rows, &groups, &stored, state, choices.reuse);
    emit::emit(&rows, &groups, &stored, slots, state, choices.threads)
}

/// The nodes with what they are made of.
struct Rows<'g, T: Float> {
    graph: &'g Graph<T>,
    /// The node whose memory holds the elements: its own, unless it is a rearrangement of another.
    root: Vec<Id>,
    /// How they lie there; `None` for row-major order from the start.
    layout: Vec<Option<Box<Layout>>>,
    /// The work of a node that is neither a leaf nor a rearrangement nor [a number](Rows::is_number).
    work: Vec<Option<Box<Work<T>>>>,
}

impl<'g, T: Float> Rows<'g, T> {
    fn new(graph: &'g Graph<T>) -> Self {
        let n = graph.nodes.len();
        let mut rows = Self {
            graph,
            root: Vec::with_capacity(n),
            layout: Vec::with_capacity(n),
            work: Vec::with_capacity(n),
        };
        let inner = inner_axes(graph);
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
                        Work::View(from) if runs_backwards(&from, inner[id as usize]) => {
                            let to = Layout::row_major(&from.shape);
                            let pieces = vec![Piece { operand: 0, from, to, adding: false }];
                            work = Some(Box::new(Work::Assemble { background: None, pieces }));
                        }
                        Work::View(seen) => {
                            root = rows.root[node.operands[0] as usize];
                            layout = Some(Box::new(seen));
                        }
                        other => work = Some(Box::new(other)),
                    }
                }
            }
            rows.root.push(root);
            rows.layout.push(layout);
            rows.work.push(work);
        }
        rows
    }

    fn root_of(&self, id: Id) -> Id {
        self.root[id as usize]
    }

    fn layout_of(&self, id: Id) -> Layout {
        match &self.layout[id as usize] {
            Some(layout) => Layout::clone(layout),
            None => Layout::row_major(&self.graph.node(id).shape),
        }
    }

    fn work_of(&self, id: Id) -> Option<&Work<T>> {
        self.work[id as usize].as_deref()
    }

    /// How many elements its own memory has.
    fn len_of(&self, root: Id) -> usize {
        self.graph.node(root).shape.iter().product()
    }

    /// Whether it is computed by the interpreter of numbers: elementwise, and without axes.
    fn is_number(&self, id: Id) -> bool {
        let node = self.graph.node(id);
        let Op::Apply(prim) = &node.op else { return false };
        node.shape.is_empty() && prim.kernel::<T>().is_some()
    }

    /// Whether its memory is a place in the bank.
    fn in_bank(&self, root: Id) -> bool {
        self.graph.node(root).shape.is_empty()
    }

    /// Whether it is there before the first instruction.
    fn is_leaf(&self, root: Id) -> bool {
        !matches!(self.graph.node(root).op, Op::Apply(_))
    }

    /// The nodes whose elements a node reads.
    fn sources(&self, id: Id) -> impl Iterator<Item = Id> {
        self.graph.node(id).operands.iter().map(|&operand| self.root_of(operand))
    }
}

/// For each node, the axis over which a matrix product sums its elements, counted from the end, if one does.
fn inner_axes<T: Float>(graph: &Graph<T>) -> Vec<Option<usize>> {
    let mut inner = vec![None; graph.nodes.len()];
    for node in &graph.nodes {
        let (Op::Apply(prim), [a, b]) = (&node.op, &node.operands[..]) else { continue };
        let plain = || [*a, *b].map(|operand| Layout::row_major(&graph.node(operand).shape));
        if prim.kernel::<T>().is_none() && matches!(prim.work::<T>(&plain().each_ref()), Work::Product) {
            inner[*a as usize] = Some(1);
            inner[*b as usize] = Some(2);
        }
    }
    inner
}

/// Along this axis, counted from the end.
fn runs_backwards(layout: &Layout, axis: Option<usize>) -> bool {
    axis.is_some_and(|axis| layout.strides[layout.strides.len() - axis] < 0)
}
