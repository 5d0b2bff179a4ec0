//! The methods of the family of rearrangements, [`View`].

use crate::array::{Margin, ranges};
use crate::error::{Error, ErrorKind, Problem, must};
use crate::prim::{Family, Filling, Prim, View};
use crate::tape::{IntoAxes, IntoAxis};
use crate::{Float, Tape, Var};
use ndarray::{IntoDimension, SliceInfoElem};

/// # Rearranging, and parts
///
/// Shapes are what ndarray takes: tuples, arrays, slices of `usize`.
impl<T: Float> Var<'_, T> {
    /// The elements in row-major order at another shape; `x.reshape([x.len()])` flattens.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// let x = tape.leaf("x", ndarray::arr2(&[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]));
    /// assert_eq!(x.reshape((3, 2)).value(), ndarray::arr2(&[[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]).into_dyn());
    /// ```
    #[doc(alias = "view")]
    #[doc(alias = "flatten")]
    #[doc(alias = "ravel")]
    #[doc(alias = "into_shape")]
    #[track_caller]
    pub fn reshape(self, shape: impl IntoDimension) -> Self {
        must(self.try_reshape(shape))
    }

    /// As [`reshape`](Self::reshape), without the panic.
    ///
    /// # Errors
    /// If the shape holds another number of elements.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// let x = tape.leaf("x", ndarray::Array2::zeros((2, 3)));
    /// assert!(x.try_reshape((4, 2)).is_err());
    /// ```
    #[track_caller]
    pub fn try_reshape(self, shape: impl IntoDimension) -> Result<Self, Error> {
        let shape = shape.into_dimension();
        let shape = ndarray::Dimension::slice(&shape);
        if shape == self.shape() {
            return Ok(self);
        }
        self.try_rearrange(View::Reshape(shape.into()))
    }

    /// The axes in another order: axis `i` of the result is axis `order[i]` of this. No copy.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// let x = tape.leaf("x", ndarray::arr2(&[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]));
    /// assert_eq!(x.permute([1, 0]).shape(), [3, 2]);
    /// ```
    #[doc(alias = "transpose")]
    #[doc(alias = "moveaxis")]
    #[doc(alias = "movedim")]
    #[doc(alias = "permuted_axes")]
    #[track_caller]
    pub fn permute(self, order: impl IntoAxes) -> Self {
        must(self.try_permute(order))
    }

    /// As [`permute`](Self::permute), without the panic.
    ///
    /// # Errors
    /// If not every axis is named exactly once.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// let x = tape.leaf("x", ndarray::Array2::zeros((2, 3)));
    /// assert!(x.try_permute([0, 0]).is_err());
    /// ```
    #[track_caller]
    pub fn try_permute(self, order: impl IntoAxes) -> Result<Self, Error> {
        let order = self.axis_list("permute", order)?;
        self.try_rearrange(View::Permute(order.as_slice().into()))
    }

    /// Repeated to a larger shape by NumPy's rules: axes are added in front, and axes of size 1 repeat.
    /// Nothing is copied. The adjoint is the sum over what was repeated.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// let x = tape.leaf("x", ndarray::arr2(&[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]));
    /// assert_eq!(x.broadcast_to((4, 2, 3)).shape(), [4, 2, 3]);
    /// ```
    #[doc(alias = "expand")]
    #[doc(alias = "repeat")]
    #[doc(alias = "tile")]
    #[doc(alias = "broadcast")]
    #[track_caller]
    pub fn broadcast_to(self, shape: impl IntoDimension) -> Self {
        must(self.try_broadcast_to(shape))
    }

    /// As [`broadcast_to`](Self::broadcast_to), without the panic.
    ///
    /// # Errors
    /// If a size is neither equal nor 1.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// let x = tape.leaf("x", ndarray::Array2::zeros((2, 3)));
    /// assert!(x.try_broadcast_to((2, 4)).is_err());
    /// ```
    #[track_caller]
    pub fn try_broadcast_to(self, shape: impl IntoDimension) -> Result<Self, Error> {
        let shape = shape.into_dimension();
        let shape = ndarray::Dimension::slice(&shape);
        if shape == self.shape() {
            return Ok(self);
        }
        self.try_rearrange(View::Broadcast(shape.into())).map_err(|error| error.called("broadcast_to"))
    }

    /// Some of the elements, written with ndarray's `s!`: ranges with steps (negative ones walk backwards),
    /// single indices, which drop their axis, and `NewAxis`. No copy.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// let x = tape.leaf("x", ndarray::arr2(&[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]));
    /// use ndarray::s;
    /// assert_eq!(x.slice(s![1, ..;-1]).value(), ndarray::arr1(&[6.0, 5.0, 4.0]).into_dyn());
    /// ```
    #[doc(alias = "getitem")]
    #[doc(alias = "index")]
    #[doc(alias = "dynamic_slice")]
    #[track_caller]
    pub fn slice(self, info: impl AsRef<[SliceInfoElem]>) -> Self {
        must(self.try_slice(info))
    }

    /// As [`slice`](Self::slice), without the panic.
    ///
    /// # Errors
    /// If a range reaches outside its axis, or there is not one range for each axis.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// let x = tape.leaf("x", ndarray::Array2::zeros((2, 3)));
    /// assert!(x.try_slice(ndarray::s![0..3, ..]).is_err());
    /// ```
    #[track_caller]
    pub fn try_slice(self, info: impl AsRef<[SliceInfoElem]>) -> Result<Self, Error> {
        let (ranges, shape) = Self::judge("slice", ranges(info.as_ref(), &self.dims()), &[self])?;
        self.try_rearrange(View::Slice(ranges))?.try_reshape(shape).map_err(|error| error.called("slice"))
    }

    /// One value around the elements: `(before, after)` for each axis.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// let x = tape.leaf("x", ndarray::arr2(&[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]));
    /// assert_eq!(x.pad_with([(0, 1), (2, 0)], 9.0).shape(), [3, 5]);
    /// ```
    #[doc(alias = "pad")]
    #[track_caller]
    pub fn pad_with(self, margins: impl AsRef<[(usize, usize)]>, value: T) -> Self {
        must(self.try_pad_with(margins, value))
    }

    /// As [`pad_with`](Self::pad_with), without the panic.
    ///
    /// # Errors
    /// If there is not one pair for each axis, or the result passes the [limit](Tape::limit_bytes) in bytes.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// let x = tape.leaf("x", ndarray::Array2::zeros((2, 3)));
    /// assert!(x.try_pad_with([(1, 1)], 0.0).is_err());
    /// ```
    #[track_caller]
    pub fn try_pad_with(self, margins: impl AsRef<[(usize, usize)]>, value: T) -> Result<Self, Error> {
        let margins = margins.as_ref().iter().map(|&(low, high)| Margin { low, high, between: 0 });
        let pad = View::Pad { margins: margins.collect(), value: Filling(value.to_f64()) };
        self.try_rearrange(pad).map_err(|error| error.called("pad_with"))
    }

    /// The elements backwards along these axes. No copy.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// let x = tape.leaf("x", ndarray::arr2(&[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]));
    /// assert_eq!(x.flip(1).value(), ndarray::arr2(&[[3.0, 2.0, 1.0], [6.0, 5.0, 4.0]]).into_dyn());
    /// ```
    #[doc(alias = "reverse")]
    #[doc(alias = "invert_axis")]
    #[track_caller]
    pub fn flip(self, axes: impl IntoAxes) -> Self {
        must(self.try_flip(axes))
    }

    /// As [`flip`](Self::flip), without the panic.
    ///
    /// # Errors
    /// If an axis does not exist or is named twice.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// let x = tape.leaf("x", ndarray::Array2::zeros((2, 3)));
    /// assert!(x.try_flip(2).is_err());
    /// ```
    #[track_caller]
    pub fn try_flip(self, axes: impl IntoAxes) -> Result<Self, Error> {
        let axes = self.axes("flip", axes)?;
        Ok(self.reverse(axes))
    }
}

impl<T: Float> Tape<T> {
    /// The rows joined along an existing axis, one after the other.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// let a = tape.leaf("a", ndarray::Array2::zeros((2, 3)));
    /// assert_eq!(tape.concat(0, &[a, a]).shape(), [4, 3]);
    /// ```
    #[doc(alias = "cat")]
    #[doc(alias = "concatenate")]
    #[doc(alias = "hstack")]
    #[doc(alias = "vstack")]
    #[doc(alias = "append")]
    #[track_caller]
    pub fn concat<'t>(&'t self, axis: impl IntoAxis, vars: impl AsRef<[Var<'t, T>]>) -> Var<'t, T> {
        must(self.try_concat(axis, vars))
    }

    /// As [`concat`](Self::concat), without the panic.
    ///
    /// # Errors
    /// If there is nothing to join, the axis does not exist, or the sizes along the others differ.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// assert!(tape.try_concat(0, &[]).is_err());
    /// ```
    #[track_caller]
    pub fn try_concat<'t>(
        &'t self,
        axis: impl IntoAxis,
        vars: impl AsRef<[Var<'t, T>]>,
    ) -> Result<Var<'t, T>, Error> {
        let vars = vars.as_ref();
        let first = self.check_joined("concat", vars)?;
        let axis = first.axis("concat", axis)?;
        first.try_record(Prim(Family::View(View::Concat { axis }.into())), vars)
    }

    /// The first of the rows to be joined: there is one, and all are of this tape.
    #[track_caller]
    pub(crate) fn check_joined<'t>(
        &'t self,
        operation: &'static str,
        vars: &[Var<'t, T>],
    ) -> Result<Var<'t, T>, Error> {
        let Some(first) = vars.first() else {
            let what = "there is nothing to join: the list of rows is empty";
            let problem = Problem::new(ErrorKind::Empty, what, "Give at least one row.");
            return Err(Error::new(operation, problem, Vec::new()));
        };
        match vars.iter().find(|var| !std::ptr::eq(var.tape(), self)) {
            None => Ok(*first),
            Some(stranger) => {
                let what = "the row is on another tape than the one that joins";
                let problem = Problem { what: what.into(), ..Problem::other_tape() };
                Err(Var::error(operation, problem, &[*stranger]))
            }
        }
    }
}
