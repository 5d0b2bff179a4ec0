//! What may name axes.

use super::Var;
use crate::Float;
use crate::array::AxisSet;
use crate::error::{Error, ErrorKind, Problem};
use ndarray::Axis;
use smallvec::SmallVec;

/// What names axes: a number (negative ones count from the end), ndarray's `Axis`, or several of
/// them.
///
/// ```
/// use ndarray::Axis;
/// # let tape = wengert::Tape::<f64>::new();
/// let x = tape.leaf("x", ndarray::Array3::zeros((2, 3, 4)));
/// assert_eq!(x.sum_axis(-1).shape(), [2, 3]);
/// assert_eq!(x.sum_axis(Axis(1)).shape(), [2, 4]);
/// assert_eq!(x.sum_axis([0, -1]).shape(), [3]);
/// ```
pub trait IntoAxes {
    #[doc(hidden)]
    fn numbers(self) -> SmallVec<[isize; 4]>;
}

impl IntoAxes for isize {
    fn numbers(self) -> SmallVec<[isize; 4]> {
        SmallVec::from_slice(&[self])
    }
}

impl IntoAxes for Axis {
    fn numbers(self) -> SmallVec<[isize; 4]> {
        SmallVec::from_slice(&[signed(self.index())])
    }
}

impl IntoAxes for &[isize] {
    fn numbers(self) -> SmallVec<[isize; 4]> {
        SmallVec::from_slice(self)
    }
}

impl IntoAxes for &[usize] {
    fn numbers(self) -> SmallVec<[isize; 4]> {
        self.iter().map(|&axis| signed(axis)).collect()
    }
}

impl<const N: usize> IntoAxes for [isize; N] {
    fn numbers(self) -> SmallVec<[isize; 4]> {
        SmallVec::from_slice(&self)
    }
}

impl<const N: usize> IntoAxes for [Axis; N] {
    fn numbers(self) -> SmallVec<[isize; 4]> {
        self.iter().map(|axis| signed(axis.index())).collect()
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

/// An axis that counts from 0 as one that may count from the end: one too large stays so.
fn signed(axis: usize) -> isize {
    isize::try_from(axis).unwrap_or(isize::MAX)
}
