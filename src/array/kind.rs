//! What the numbers of an array are: reals, or whole numbers that count places.
//!
//! An index is a number of the tape's own type that is whole. So it lies in memory as all else does, and what moves or
//! compares elements (slices, transposes, concatenation, choice, fusion) needs no second form. The price is a limit:
//! single precision counts to 2²⁴, double precision to 2⁵³. What would pass it is refused, since beyond it two
//! neighbours are one number.

use super::Arithmetic;
use crate::error::{Dims, ErrorKind, Problem, counted};
use std::fmt;

/// What the numbers of a row are.
///
/// ```
/// use wengert::Kind;
/// let tape = wengert::Tape::<f32>::new();
/// let x = tape.leaf("x", [0.5, 2.5, 1.5]);
/// assert_eq!([x.kind(), x.gt(1.0).kind(), x.argsort(0).kind()], [Kind::Real, Kind::Mask, Kind::Index]);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// Real numbers.
    #[default]
    Real,
    /// Whole numbers that count places along an axis, or classes.
    Index,
    /// 1 where something holds, and 0 elsewhere.
    Mask,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Real => "real",
            Self::Index => "index",
            Self::Mask => "mask",
        })
    }
}

/// Above all indices: the first whole number whose successor is no number of this type.
pub(crate) fn beyond<T: Arithmetic>() -> f64 {
    2.0 / T::EPSILON.to_f64()
}

/// The place that an index says, of so many.
#[inline(always)]
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss)] // Checked by the way back.
pub(crate) fn place<T: Arithmetic>(index: T, places: usize) -> Option<usize> {
    let index = index.to_f64();
    let place = index as usize;
    #[allow(clippy::float_cmp)] // It is whole, or it is not.
    let whole = place as f64 == index;
    (whole && place < places).then_some(place)
}

/// A place as an index; `None` beyond what the type can count.
#[allow(clippy::cast_precision_loss)] // Checked.
pub(crate) fn index<T: Arithmetic>(place: usize) -> Option<T> {
    ((place as f64) < beyond::<T>()).then(|| T::from_f64(place as f64))
}

/// What is wrong with an index that is no place of an axis: the number, where it stands among the indices, and how many
/// elements the axis has.
pub(crate) fn outside(index: f64, at: &[usize], axis: usize, len: usize) -> Problem {
    let here = if at.is_empty() { String::new() } else { format!(", at {at:?} of the indices,") };
    let what = format!(
        "index {index}{here} is outside axis {axis}, which has {}",
        counted(len, "element", "elements")
    );
    let mend = if index.is_nan() || index.fract() != 0.0 {
        "Indices are whole numbers: from `tape.indices`, `argmax`, `argsort` and the like."
    } else if index < 0.0 {
        "Indices count from 0, and none counts from the end: a last element is at `len - 1`."
    } else {
        "Indices count from 0."
    };
    Problem::new(ErrorKind::Index, what, mend)
}

/// That a whole number is beyond what a type can count.
pub(crate) fn uncountable<T: Arithmetic>(number: impl fmt::Display, shape: &[usize]) -> Problem {
    let what = format!(
        "{number} in an array of shape {} is no index that {} can hold, which counts up to {} only",
        Dims(shape),
        T::DTYPE,
        beyond::<T>() - 1.0
    );
    Problem::new(
        ErrorKind::Index,
        what,
        "Use a tape of `f64`, which counts to 2⁵³, or work on a part of the axis.",
    )
}
