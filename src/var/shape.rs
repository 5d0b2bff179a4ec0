//! Composites that change shapes.

use crate::array::{Range, check_shape};
use crate::error::{Error, ErrorKind, Problem, counted, must};
use crate::prim::View;
use crate::tape::{IntoAxes, IntoAxis, IntoVar, from_start, repeated};
use crate::{Float, Tape, Var};
use smallvec::SmallVec;

/// # Axes
impl<'t, T: Float> Var<'t, T> {
    /// Two axes exchanged (PyTorch's `transpose`). No copy.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// let x = tape.leaf("x", ndarray::arr2(&[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]));
    /// assert_eq!(x.swap_axes(0, -1).shape(), [3, 2]);
    /// ```
    #[doc(alias = "transpose")]
    #[doc(alias = "swapaxes")]
    #[track_caller]
    pub fn swap_axes(self, a: impl IntoAxis, b: impl IntoAxis) -> Self {
        must(self.try_swap_axes(a, b))
    }

    /// As [`swap_axes`](Self::swap_axes), without the panic.
    ///
    /// # Errors
    /// If an axis does not exist.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// let x = tape.leaf("x", ndarray::Array2::zeros((2, 3)));
    /// assert!(x.try_swap_axes(0, 2).is_err());
    /// ```
    #[track_caller]
    pub fn try_swap_axes(self, a: impl IntoAxis, b: impl IntoAxis) -> Result<Self, Error> {
        let (a, b) = (self.axis("swap_axes", a)?, self.axis("swap_axes", b)?);
        let mut order: Vec<usize> = (0..self.ndim()).collect();
        order.swap(a, b);
        self.try_rearrange(View::Permute(order.into())).map_err(|error| error.called("swap_axes"))
    }

    /// The transpose: all axes in reverse order, as ndarray's `t`. No copy, and none is made by a
    /// matrix product with it.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// let x = tape.leaf("x", ndarray::Array2::zeros((2, 3)));
    /// assert_eq!(x.t().shape(), [3, 2]);
    /// ```
    #[doc(alias = "transpose")]
    #[doc(alias = "T")]
    #[doc(alias = "mT")]
    #[doc(alias = "reversed_axes")]
    #[track_caller]
    pub fn t(self) -> Self {
        if self.ndim() < 2 { self } else { self.rearrange(View::Permute((0..self.ndim()).rev().collect())) }
    }

    /// `len` elements from `start` on along one axis. No copy.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// let x = tape.leaf("x", ndarray::arr2(&[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]));
    /// assert_eq!(x.narrow(1, 1, 2).value(), ndarray::arr2(&[[2.0, 3.0], [5.0, 6.0]]).into_dyn());
    /// ```
    #[doc(alias = "slice_axis")]
    #[doc(alias = "dynamic_slice")]
    #[doc(alias = "split")]
    #[doc(alias = "chunk")]
    #[track_caller]
    pub fn narrow(self, axis: impl IntoAxis, start: usize, len: usize) -> Self {
        must(self.try_narrow(axis, start, len))
    }

    /// As [`narrow`](Self::narrow), without the panic.
    ///
    /// # Errors
    /// If the axis does not exist or is shorter.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// let x = tape.leaf("x", ndarray::Array2::zeros((2, 3)));
    /// assert!(x.try_narrow(1, 2, 2).is_err());
    /// ```
    #[track_caller]
    pub fn try_narrow(self, axis: impl IntoAxis, start: usize, len: usize) -> Result<Self, Error> {
        let axis = self.axis("narrow", axis)?;
        let shape = self.dims();
        if start.checked_add(len).is_none_or(|end| end > shape[axis]) {
            let what = format!(
                "{} from {start} on reach outside axis {axis}, which has {}",
                counted(len, "element", "elements"),
                counted(shape[axis], "element", "elements")
            );
            let problem =
                Problem::new(ErrorKind::Index, what, "Give the first element, counted from 0, and how many.");
            return Err(Self::error("narrow", problem, &[self]));
        }
        let mut ranges: Box<[Range]> = shape.iter().copied().map(Range::full).collect();
        ranges[axis] = Range { first: start, step: 1, len };
        self.try_rearrange(View::Slice(ranges)).map_err(|error| error.called("narrow"))
    }

    /// Without these axes, which must be of size 1. No copy.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// let x = tape.leaf("x", ndarray::Array2::zeros((4, 1)));
    /// assert_eq!(x.squeeze(-1).shape(), [4]);
    /// ```
    #[doc(alias = "remove_axis")]
    #[doc(alias = "index_axis")]
    #[track_caller]
    pub fn squeeze(self, axes: impl IntoAxes) -> Self {
        must(self.try_squeeze(axes))
    }

    /// As [`squeeze`](Self::squeeze), without the panic.
    ///
    /// # Errors
    /// If an axis does not exist, is named twice, or is not of size 1.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// let x = tape.leaf("x", ndarray::Array2::zeros((2, 3)));
    /// assert!(x.try_squeeze(0).is_err());
    /// ```
    #[track_caller]
    pub fn try_squeeze(self, axes: impl IntoAxes) -> Result<Self, Error> {
        let axes = self.axes("squeeze", axes)?;
        let shape = self.dims();
        if let Some(axis) = axes.iter().find(|&axis| shape[axis] != 1) {
            let elements = counted(shape[axis], "element", "elements");
            let what = format!("axis {axis} has {elements}, and only axes of size 1 can go");
            let problem = Problem::new(
                ErrorKind::Axis,
                what,
                "Reduce it first, as with `sum_axis`, or index it with `slice`.",
            );
            return Err(Self::error("squeeze", problem, &[self]));
        }
        let kept = (0..shape.len()).filter(|&axis| !axes.contains(axis));
        self.try_reshape(kept.map(|axis| shape[axis]).collect::<Vec<_>>())
            .map_err(|error| error.called("squeeze"))
    }

    /// With new axes of size 1 at these places *of the result*: after `y = x.sum_axis(axes)`,
    /// `y.unsqueeze(axes)` broadcasts against `x`. No copy.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// let x = tape.leaf("x", ndarray::Array1::zeros(4));
    /// assert_eq!(x.unsqueeze(1).shape(), [4, 1]);
    /// assert_eq!(x.unsqueeze([0, -1]).shape(), [1, 4, 1]);
    /// ```
    #[doc(alias = "expand_dims")]
    #[doc(alias = "insert_axis")]
    #[doc(alias = "newaxis")]
    #[doc(alias = "keepdim")]
    #[doc(alias = "keepdims")]
    #[track_caller]
    pub fn unsqueeze(self, axes: impl IntoAxes) -> Self {
        must(self.try_unsqueeze(axes))
    }

    /// As [`unsqueeze`](Self::unsqueeze), without the panic.
    ///
    /// # Errors
    /// If a place does not exist in the result, or is named twice.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// let x = tape.leaf("x", ndarray::Array2::zeros((2, 3)));
    /// assert!(x.try_unsqueeze(3).is_err());
    /// ```
    #[track_caller]
    pub fn try_unsqueeze(self, axes: impl IntoAxes) -> Result<Self, Error> {
        let new = self.new_axes("unsqueeze", axes)?;
        let ndim = self.ndim() + new.len();
        let shape = self.dims();
        let mut old = shape.iter().copied();
        let sizes = (0..ndim).map(|axis| if new.contains(&axis) { 1 } else { old.next().unwrap_or(1) });
        self.try_reshape(sizes.collect::<Vec<_>>()).map_err(|error| error.called("unsqueeze"))
    }

    /// Where new axes come to stand in the result: places that it has, each named once.
    #[track_caller]
    fn new_axes(self, operation: &'static str, axes: impl IntoAxes) -> Result<SmallVec<[usize; 4]>, Error> {
        let numbers = axes.numbers();
        let ndim = self.ndim() + numbers.len();
        let place = |axis| {
            from_start(axis, ndim).ok_or_else(|| {
                let what = format!(
                    "there is no place {axis} for a new axis in the result, which has {}",
                    counted(ndim, "axis", "axes")
                );
                let mend =
                    format!("Places count from 0 to {}, or from the end from -1 to -{ndim}.", ndim - 1);
                Problem::new(ErrorKind::Axis, what, mend)
            })
        };
        let places: Result<SmallVec<_>, _> = numbers.into_iter().map(place).collect();
        let places = Self::judge(operation, places, &[self])?;
        if let Some(place) = repeated(&places) {
            let what = format!("place {place} is given to two new axes");
            let mend = "Name each place in the result once; -1 is the last one.";
            return Err(Self::error(operation, Problem::new(ErrorKind::Axis, what, mend), &[self]));
        }
        Self::judge(operation, check_shape::<T>(&vec![1; ndim]), &[self])?;
        Ok(places)
    }

    /// Every element of this times every element of the other: the result has this one's axes and then the
    /// other's.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// use ndarray::{arr1, arr2};
    /// let a = tape.leaf("a", arr1(&[1.0, 2.0]));
    /// assert_eq!(a.outer(arr1(&[3.0, 4.0])).value(), arr2(&[[3.0, 4.0], [6.0, 8.0]]).into_dyn());
    /// ```
    #[doc(alias = "ger")]
    #[doc(alias = "tensordot")]
    #[track_caller]
    pub fn outer(self, other: impl IntoVar<'t, T>) -> Self {
        must(self.try_outer(other))
    }

    /// As [`outer`](Self::outer), without the panic.
    ///
    /// # Errors
    /// If the operands are of different tapes, or the result passes the [limit](Tape::limit_bytes) in bytes.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// let x = tape.leaf("x", ndarray::Array2::zeros((2, 3)));
    /// assert!(x.try_outer(wengert::Tape::new().leaf("elsewhere", 1.0)).is_err());
    /// ```
    #[track_caller]
    pub fn try_outer(self, other: impl IntoVar<'t, T>) -> Result<Self, Error> {
        let other = other.into_var(self.tape()).map_err(|error| error.called("outer"))?;
        if !self.shares_tape(other) {
            return Err(self.other_tape("outer", other));
        }
        let (mine, others) = (self.dims(), other.dims());
        let joint: Vec<usize> = mine.iter().chain(&others).copied().collect();
        let widened: Vec<usize> = mine.iter().copied().chain(others.iter().map(|_| 1)).collect();
        Self::judge("outer", check_shape::<T>(&joint), &[self, other])?;
        self.reshape(widened).broadcast_to(joint).try_mul(other).map_err(|error| error.called("outer"))
    }
}

impl<T: Float> Tape<T> {
    /// Rows of equal shape joined along a new axis, at this place of the result.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// let a = tape.leaf("a", ndarray::Array2::zeros((2, 3)));
    /// assert_eq!(tape.stack(-1, &[a, a]).shape(), [2, 3, 2]);
    /// ```
    #[doc(alias = "vstack")]
    #[track_caller]
    pub fn stack<'t>(&'t self, axis: impl IntoAxis, vars: impl AsRef<[Var<'t, T>]>) -> Var<'t, T> {
        must(self.try_stack(axis, vars))
    }

    /// As [`stack`](Self::stack), without the panic.
    ///
    /// # Errors
    /// If there is nothing to join, the shapes differ, the place does not exist, or the rows are of
    /// different tapes.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// let a = tape.leaf("a", ndarray::Array1::zeros(2));
    /// let b = tape.leaf("b", ndarray::Array1::zeros(3));
    /// assert!(tape.try_stack(0, &[a, b]).is_err());
    /// ```
    #[track_caller]
    pub fn try_stack<'t>(
        &'t self,
        axis: impl IntoAxis,
        vars: impl AsRef<[Var<'t, T>]>,
    ) -> Result<Var<'t, T>, Error> {
        let (vars, axis) = (vars.as_ref(), axis.number());
        self.check_joined("stack", vars)?;
        if let Some(other) = vars.iter().find(|var| var.dims() != vars[0].dims()) {
            let what = "arrays that are stacked must have equal shapes";
            let mend = match sole_difference(&vars[0].dims(), &other.dims()) {
                Some(axis) => format!("`concat({axis}, …)` joins along axis {axis}, where sizes may differ."),
                None => "Bring them to one shape first.".into(),
            };
            let problem = Problem::new(ErrorKind::Shape, what, mend);
            return Err(Var::error("stack", problem, &[vars[0], *other]));
        }
        let mut widened = Vec::with_capacity(vars.len());
        for var in vars {
            let place = var.new_axes("stack", axis)?[0];
            widened.push(var.try_unsqueeze(place.cast_signed()).map_err(|error| error.called("stack"))?);
        }
        self.try_concat(axis, &widened).map_err(|error| error.called("stack"))
    }
}

/// The axis along which two shapes of as many axes differ, if it is one.
fn sole_difference(a: &[usize], b: &[usize]) -> Option<usize> {
    let mut differing = (0..a.len()).filter(|&axis| a.len() == b.len() && a[axis] != b[axis]);
    differing.next().filter(|_| differing.next().is_none())
}
