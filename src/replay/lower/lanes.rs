//! The same rows over many lanes: what the work of a row is with an axis of lanes in front.
//!
//! **Algorithm.** A row that depends on what each lane has for itself gets such an axis; others are computed once. The work of
//! a row is asked for as if there were one lane, and then repeated: elementwise work and moves over layouts with one axis
//! more, reductions so many times one after the other. Look-ups and orders go lane by lane. A product of matrices becomes a
//! single tall one if all lanes share its right-hand operand, and else a stack.
//!
//! **May change** no bit of a lane: elementwise work knows no neighbours, each reduction keeps its terms and their order,
//! and products may be cut and stacked.
//!
//! **Example.** `x.matmul(w) + b` of 64 stacked `x`, with `w` and `b` shared, is what a person would write for a batch.

use crate::array::{AxisSet, Extent, Layout, Piece, Work};

/// A layout with an axis of so many lanes in front, each so far from the one before.
pub(in crate::replay) fn lifted(layout: &Layout, lanes: usize, apart: usize) -> Layout {
    Layout {
        offset: layout.offset,
        shape: std::iter::once(lanes).chain(layout.shape.iter().copied()).collect(),
        strides: std::iter::once(apart.cast_signed()).chain(layout.strides.iter().copied()).collect(),
    }
}

/// The work of so many lanes, whose operands lie so far apart, in each case from lane to lane.
pub(super) fn repeated<T>(work: Work<T>, lanes: usize, apart: &[usize], results: usize) -> Work<T> {
    let lift_all = |layouts: &[Layout]| {
        layouts.iter().zip(apart).map(|(layout, &apart)| lifted(layout, lanes, apart)).collect()
    };
    match work {
        Work::Map { kernel, operands } => Work::Map { kernel, operands: lift_all(&operands) },
        Work::Reduce { kernel, operands, reducer, extent } => Work::Reduce {
            kernel,
            operands: lift_all(&operands),
            reducer,
            extent: Extent { count: lanes * extent.count, ..extent },
        },
        Work::Run(axes) => Work::Run(axes.iter().map(|axis| axis + 1).collect::<AxisSet>()),
        Work::Assemble { background, pieces } => {
            let lift = |piece: Piece| Piece {
                from: lifted(&piece.from, lanes, apart[piece.operand]),
                to: lifted(&piece.to, lanes, results),
                ..piece
            };
            Work::Assemble { background, pieces: pieces.into_iter().map(lift).collect() }
        }
        Work::View(_) | Work::Copy | Work::LookUp(_) | Work::Order(_) | Work::Product => work,
    }
}
