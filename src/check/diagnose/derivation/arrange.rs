//! What comes back to a row, rearranged or in part: turned, reversed, moved by one; the first of a sum alone.

use super::alter::Inapplicable;
use super::recorded::{Recorded, Step};
use crate::{Float, Var};
use ndarray::{ArrayD, Axis};

/// Another arrangement of the same elements.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Arrangement {
    /// The last two axes in each other's place.
    Turned,
    /// From the end.
    Flipped(usize),
    /// Each in the place of the one after it along an axis, or before it; around the end.
    Rolled(usize, bool),
}

impl Arrangement {
    pub fn of<T: Float>(self, d: Var<'_, T>) -> Result<Var<'_, T>, Inapplicable> {
        let shape = d.shape();
        let rank = shape.len();
        match self {
            Self::Turned if rank > 1 && shape[rank - 1] == shape[rank - 2] => Ok(d.swap_axes(-1, -2)),
            Self::Flipped(axis) if axis < rank => d.try_flip(axis).map_err(|_| Inapplicable),
            Self::Rolled(axis, forth) if axis < rank => {
                let n = shape[axis];
                if n < 2 {
                    return Ok(d);
                }
                let cut = if forth { n - 1 } else { 1 };
                let parts = [d.narrow(axis, cut, n - cut), d.narrow(axis, 0, cut)];
                d.tape().try_concat(axis, parts).map_err(|_| Inapplicable)
            }
            _ => Err(Inapplicable),
        }
    }

    /// All that change something in this shape.
    pub fn all(shape: &[usize]) -> Vec<Self> {
        let rank = shape.len();
        let mut all = Vec::new();
        if rank > 1 && shape[rank - 1] == shape[rank - 2] {
            all.push(Self::Turned);
        }
        for axis in (0..rank).filter(|&axis| shape[axis] > 1) {
            all.push(Self::Flipped(axis));
            // Of two, the one after is the one before, and the order is reversed.
            if shape[axis] > 2 {
                all.extend([Self::Rolled(axis, true), Self::Rolled(axis, false)]);
            }
        }
        all
    }
}

/// Where what comes back may be in another arrangement: where it meets a matrix, or is itself rearranged.
pub(super) fn candidates<T: Float>(recorded: &Recorded<'_, T>) -> Vec<(Step, Arrangement)> {
    let mut all = Vec::new();
    for (row, step) in recorded.steps() {
        let arranges = matches!(
            step.place.prim,
            "matmul" | "reshape" | "permute" | "slice" | "pad" | "take" | "take_along" | "sum" | "cumsum"
        );
        if arranges && row.len() > 1 {
            all.extend(Arrangement::all(&row.shape()).into_iter().map(|how| (step, how)));
        }
    }
    all
}

/// Only the first along an axis, or the last; 0 elsewhere.
pub(super) fn only<T: Float>(d: Var<'_, T>, axis: usize, last: bool) -> Result<Var<'_, T>, Inapplicable> {
    let shape = d.shape();
    let n = shape.get(axis).copied().filter(|&n| n > 0).ok_or(Inapplicable)?;
    let mut kept = ArrayD::<T>::zeros(shape);
    kept.index_axis_mut(Axis(axis), if last { n - 1 } else { 0 }).fill(T::one());
    Ok(d * d.tape().constant(kept))
}
