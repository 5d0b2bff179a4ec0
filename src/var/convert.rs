//! What may stand for a `Var`, for its value, or for axes.

use crate::error::{Error, ErrorKind, Problem};
use crate::prim::{AxisSet, Value};
use crate::{Float, Tape, Var};
use ndarray::{ArcArray, Array, ArrayBase, ArrayView, Axis, Data, Dimension};
use smallvec::SmallVec;

/// What a tape can hold: a number or any ndarray.
///
/// Owned and shared arrays are taken over without a copy; views and references are copied.
///
/// ```
/// # let tape = wengert::Tape::<f64>::new();
/// let owned = ndarray::arr1(&[1.0, 2.0, 3.0]);
/// tape.leaf("by reference", &owned);
/// tape.leaf("a view", owned.slice(ndarray::s![..;-1]));
/// tape.leaf("owned", owned);
/// tape.leaf("a number", 1.5);
/// ```
pub trait IntoValue<T: Float> {
    #[doc(hidden)]
    fn into_value(self) -> Value<T>;
}

impl<T: Float> IntoValue<T> for Value<T> {
    fn into_value(self) -> Value<T> {
        self
    }
}

impl IntoValue<f32> for f32 {
    fn into_value(self) -> Value<f32> {
        Value::Number(self)
    }
}

impl IntoValue<f64> for f64 {
    fn into_value(self) -> Value<f64> {
        Value::Number(self)
    }
}

impl<T: Float, D: Dimension> IntoValue<T> for Array<T, D> {
    fn into_value(self) -> Value<T> {
        Value::new(self.into_dyn().into_shared())
    }
}

impl<T: Float, D: Dimension> IntoValue<T> for ArcArray<T, D> {
    fn into_value(self) -> Value<T> {
        Value::new(self.into_dyn())
    }
}

impl<T: Float, D: Dimension> IntoValue<T> for ArrayView<'_, T, D> {
    fn into_value(self) -> Value<T> {
        self.to_owned().into_value()
    }
}

impl<T: Float, S: Data<Elem = T>, D: Dimension> IntoValue<T> for &ArrayBase<S, D> {
    fn into_value(self) -> Value<T> {
        self.to_owned().into_value()
    }
}

/// What can be an operand beside a [`Var`]: another `Var`, or a number or ndarray, which is put on the
/// tape as a constant.
///
/// ```
/// # let tape = wengert::Tape::<f64>::new();
/// let x = tape.leaf("x", ndarray::arr1(&[1.0, 2.0]));
/// assert_eq!(x.maximum(1.5).sum().item(), 3.5);
/// assert_eq!(x.maximum(ndarray::arr1(&[3.0, 0.0])).sum().item(), 5.0);
/// ```
pub trait IntoVar<'t, T: Float> {
    #[doc(hidden)]
    #[track_caller]
    fn into_var(self, tape: &'t Tape<T>) -> Result<Var<'t, T>, Error>;
}

impl<'t, T: Float> IntoVar<'t, T> for Var<'t, T> {
    fn into_var(self, _: &'t Tape<T>) -> Result<Var<'t, T>, Error> {
        Ok(self)
    }
}

/// One impl a type, since a blanket one could overlap with that for `Var`.
macro_rules! constant {
    ($([$($generics:tt)*] $type:ty, $number:ty);+ $(;)?) => {
        $(impl<'t, $($generics)*> IntoVar<'t, $number> for $type {
            fn into_var(self, tape: &'t Tape<$number>) -> Result<Var<'t, $number>, Error> {
                tape.try_constant(self)
            }
        })+
    };
}

constant! {
    [] f32, f32;
    [] f64, f64;
    [T: Float, D: Dimension] Array<T, D>, T;
    [T: Float, D: Dimension] ArcArray<T, D>, T;
    [T: Float, D: Dimension] ArrayView<'_, T, D>, T;
    [T: Float, S: Data<Elem = T>, D: Dimension] &ArrayBase<S, D>, T;
}

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
pub(super) fn from_start(axis: isize, ndim: usize) -> Option<usize> {
    let axis = if axis < 0 { axis.checked_add_unsigned(ndim)? } else { axis };
    usize::try_from(axis).ok().filter(|&axis| axis < ndim)
}

/// The first axis that stands in the list before.
pub(super) fn repeated(list: &[usize]) -> Option<usize> {
    (1..list.len()).find(|&i| list[..i].contains(&list[i])).map(|i| list[i])
}

/// An axis that counts from 0 as one that may count from the end: one too large stays so.
fn signed(axis: usize) -> isize {
    isize::try_from(axis).unwrap_or(isize::MAX)
}
