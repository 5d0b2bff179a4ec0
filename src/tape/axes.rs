//! What may name axes.

use super::Var;
use crate::Float;
use crate::array::AxisSet;
use crate::error::{Error, ErrorKind, Problem};
use ndarray::Axis;
use smallvec::SmallVec;
use std::ops::Range;

/// What names one axis: a number, of type `usize`, `isize` or `i32`, where a negative one counts from the end; or
/// ndarray's `Axis`.
///
/// ```
/// use ndarray::Axis;
/// # let tape = wengert::Tape::<f64>::new();
/// let x = tape.leaf("x", ndarray::Array3::zeros((2, 3, 4)));
/// assert_eq!(x.swap_axes(0, -1).shape(), [4, 3, 2]);
/// let last: usize = x.ndim() - 1;
/// assert_eq!(x.narrow(last, 0, 1).shape(), x.narrow(Axis(2), 0, 1).shape());
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not name an axis",
    label = "not the number of an axis",
    note = "an axis is a number such as `0`, or `-1` for the last one, of type `usize`, `isize` or `i32`; or ndarray's `Axis`",
    note = "several axes are an array, `[0, -1]`, where a method takes several"
)]
pub trait IntoAxis {
    #[doc(hidden)]
    fn number(self) -> isize;
}

/// `i32` is the type of a plain `0` or `-1`, of which nothing else is known. A `usize` too large stays so.
macro_rules! axis {
    ($($type:ty, |$it:ident| $number:expr);+ $(;)?) => {
        $(
            impl IntoAxis for $type {
                fn number(self) -> isize {
                    let $it = self;
                    $number
                }
            }

            impl IntoAxis for &$type {
                fn number(self) -> isize {
                    (*self).number()
                }
            }
        )+
    };
}

axis! {
    isize, |it| it;
    usize, |it| isize::try_from(it).unwrap_or(isize::MAX);
    i32, |it| isize::try_from(it).unwrap_or(isize::MAX);
    Axis, |it| it.index().number();
}

/// What names axes: one, as [`IntoAxis`] says, or several of them in an array, slice, `Vec`, pair, triple or range;
/// `()` names none.
///
/// ```
/// use ndarray::Axis;
/// # let tape = wengert::Tape::<f64>::new();
/// let x = tape.leaf("x", ndarray::Array3::zeros((2, 3, 4)));
/// assert_eq!(x.sum_axis(-1).shape(), [2, 3]);
/// assert_eq!(x.sum_axis(Axis(1)).shape(), [2, 4]);
/// assert_eq!(x.sum_axis([0, -1]).shape(), [3]);
/// assert_eq!(x.sum_axis(1..x.ndim()).shape(), [2]);
/// for k in 0..x.ndim() {
///     assert_eq!(x.sum_axis(k).ndim(), 2);
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not name axes",
    label = "neither an axis nor several",
    note = "an axis is a number such as `0`, or `-1` for the last one, of type `usize`, `isize` or `i32`; or ndarray's `Axis`",
    note = "several axes are an array, `[0, -1]`, a slice, `Vec` or range"
)]
pub trait IntoAxes {
    #[doc(hidden)]
    fn numbers(self) -> SmallVec<[isize; 4]>;
}

impl<A: IntoAxis> IntoAxes for A {
    fn numbers(self) -> SmallVec<[isize; 4]> {
        SmallVec::from_slice(&[self.number()])
    }
}

macro_rules! several {
    ($([$($generics:tt)*] $type:ty, |$it:ident| $axes:expr);+ $(;)?) => {
        $(impl<$($generics)*> IntoAxes for $type {
            fn numbers(self) -> SmallVec<[isize; 4]> {
                let $it = self;
                $axes.map(IntoAxis::number).collect()
            }
        })+
    };
}

several! {
    [A: IntoAxis, const N: usize] [A; N], |it| it.into_iter();
    [A: IntoAxis + Copy, const N: usize] &[A; N], |it| it.iter().copied();
    [A: IntoAxis + Copy] &[A], |it| it.iter().copied();
    [A: IntoAxis] Vec<A>, |it| it.into_iter();
    [A: IntoAxis + Copy] &Vec<A>, |it| it.iter().copied();
    [] Range<usize>, |it| it;
    [] Range<isize>, |it| it;
    [] Range<i32>, |it| it;
}

impl IntoAxes for () {
    fn numbers(self) -> SmallVec<[isize; 4]> {
        SmallVec::new()
    }
}

impl<A: IntoAxis, B: IntoAxis> IntoAxes for (A, B) {
    fn numbers(self) -> SmallVec<[isize; 4]> {
        SmallVec::from_slice(&[self.0.number(), self.1.number()])
    }
}

impl<A: IntoAxis, B: IntoAxis, C: IntoAxis> IntoAxes for (A, B, C) {
    fn numbers(self) -> SmallVec<[isize; 4]> {
        SmallVec::from_slice(&[self.0.number(), self.1.number(), self.2.number()])
    }
}

impl<T: Float> Var<'_, T> {
    /// The axes as a list of numbers from 0, in the order given; each of them exists.
    #[track_caller]
    pub(crate) fn axis_list(
        self,
        operation: &'static str,
        axes: impl IntoAxes,
    ) -> Result<SmallVec<[usize; 4]>, Error> {
        let ndim = self.ndim();
        let list = axes
            .numbers()
            .into_iter()
            .map(|axis| from_start(axis, ndim).ok_or_else(|| Problem::no_axis(axis, ndim)));
        Self::judge(operation, list.collect(), &[self])
    }

    /// The axis as a number from 0; it exists.
    #[track_caller]
    pub(crate) fn axis(self, operation: &'static str, axis: impl IntoAxis) -> Result<usize, Error> {
        let (axis, ndim) = (axis.number(), self.ndim());
        Self::judge(operation, from_start(axis, ndim).ok_or_else(|| Problem::no_axis(axis, ndim)), &[self])
    }

    /// The axes as a set; each of them exists and is named once.
    #[track_caller]
    pub(crate) fn axes(self, operation: &'static str, axes: impl IntoAxes) -> Result<AxisSet, Error> {
        let list = self.axis_list(operation, axes)?;
        if let Some(axis) = repeated(&list) {
            let what = format!("axis {axis} is named twice");
            let problem = Problem::new(ErrorKind::Axis, what, "Name each axis once; -1 is the last one.");
            return Err(Self::error(operation, problem, &[self]));
        }
        Ok(list.into_iter().collect())
    }
}

/// An axis as a number from 0 below `ndim`, if it is one of as many.
pub(crate) fn from_start(axis: isize, ndim: usize) -> Option<usize> {
    let axis = if axis < 0 { axis.checked_add_unsigned(ndim)? } else { axis };
    usize::try_from(axis).ok().filter(|&axis| axis < ndim)
}

/// The first axis that stands in the list before.
pub(crate) fn repeated(list: &[usize]) -> Option<usize> {
    (1..list.len()).find(|&i| list[..i].contains(&list[i])).map(|i| list[i])
}
