//! What a replay has to do for a primitive, in words that name none.

use super::reduce::{Extent, Reducer};
use super::{AxisSet, Kernel, Layout, Lines, LookUp};
use smallvec::SmallVec;

/// The work for one row. Operands are given by where their elements lie, so that a rearrangement is no work
/// at all; the result lies in row-major order, but for a [`View`](Work::View).
#[derive(Clone, Debug)]
pub(crate) enum Work<T> {
    /// None: the result is elements of the operand, which lie so.
    View(Layout),
    /// The operand's elements, moved to row-major order.
    Copy,
    /// Element by element, over operands seen at one shape.
    Map { kernel: Kernel<T>, operands: SmallVec<[Layout; 3]> },
    /// A reduction, of the operand's elements or of what a kernel makes of several, taken in this order.
    Reduce { kernel: Option<Kernel<T>>, operands: SmallVec<[Layout; 3]>, reducer: Reducer<T>, extent: Extent },
    /// Running sums along these axes, one after the other.
    Run(AxisSet),
    /// One number everywhere, if there are places that no piece fills; then the pieces.
    Assemble { background: Option<T>, pieces: Vec<Piece> },
    /// Elements at the places that a second operand says, or added there.
    LookUp(LookUp),
    /// Places by order, line by line.
    Order(Lines),
    /// Products of matrices in the last two axes.
    Product,
}

impl<T> Work<T> {
    /// Element by element, over operands of one shape.
    pub fn elementwise(kernel: Kernel<T>, operands: &[&Layout]) -> Self {
        Self::Map { kernel, operands: operands.iter().copied().cloned().collect() }
    }
}

/// Elements of an operand, and where they go in the result.
#[derive(Clone, Debug)]
pub(crate) struct Piece {
    pub operand: usize,
    pub from: Layout,
    pub to: Layout,
    /// Whether they are added to what is there.
    pub adding: bool,
}

/// What is known of an operand without its values.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Known<T> {
    /// The number that all its elements are.
    pub number: Option<T>,
    /// Its row: operands of one row are equal.
    pub row: usize,
}
