//! Composites that look elements up by order: sorting, medians, the largest by its place.
//!
//! Places are computed by a primitive, anew at each replay; what is looked up along them has the derivative: it flows to
//! the elements that were taken. Equal elements keep their order, and NaN stands after all numbers, as in NumPy and PyTorch.

use crate::error::{Error, ErrorKind, Problem, must};
use crate::tape::IntoAxis;
use crate::{Float, Var};

/// # Sorting
impl<T: Float> Var<'_, T> {
    /// The elements along an axis in rising order; NaN last. [`argsort`](Self::argsort) gives the places.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// let x = tape.leaf("x", [3.0, 1.0, 2.0]);
    /// let weights = [10.0, 20.0, 30.0];
    /// let y = x.sort(0);
    /// assert_eq!(y.value(), ndarray::arr1(&[1.0, 2.0, 3.0]).into_dyn());
    /// assert_eq!((y * weights).sum().backward()[x].value(), ndarray::arr1(&[30.0, 10.0, 20.0]).into_dyn());
    /// ```
    #[track_caller]
    pub fn sort(self, axis: impl IntoAxis) -> Self {
        must(self.try_sort(axis))
    }

    /// As [`sort`](Self::sort), without the panic.
    ///
    /// # Errors
    /// If there is no such axis.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// assert!(tape.leaf("x", 1.0).try_sort(0).is_err());
    /// ```
    #[track_caller]
    pub fn try_sort(self, axis: impl IntoAxis) -> Result<Self, Error> {
        let axis = self.axis("sort", axis)?;
        let attempt = self.attempt();
        attempt.end("sort", self.take_along(axis, self.argsort(axis)))
    }

    /// The `count` largest elements along an axis, the largest first, and their places.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// let x = tape.leaf("x", [3.0, 1.0, 4.0, 1.0, 5.0]);
    /// let (values, places) = x.topk(2, 0);
    /// assert_eq!(values.value(), ndarray::arr1(&[5.0, 4.0]).into_dyn());
    /// assert_eq!(places.places(), ndarray::arr1(&[4, 2]).into_dyn());
    /// ```
    #[doc(alias = "top_k")]
    #[track_caller]
    pub fn topk(self, count: usize, axis: impl IntoAxis) -> (Self, Self) {
        must(self.try_topk(count, axis))
    }

    /// As [`topk`](Self::topk), without the panic.
    ///
    /// # Errors
    /// If there is no such axis, or it has fewer elements.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// assert!(tape.leaf("x", [1.0, 2.0]).try_topk(3, 0).is_err());
    /// ```
    #[track_caller]
    pub fn try_topk(self, count: usize, axis: impl IntoAxis) -> Result<(Self, Self), Error> {
        let axis = self.axis("topk", axis)?;
        let places = self.try_argtop(count, axis).map_err(|error| error.called("topk"))?;
        let attempt = self.attempt();
        attempt.end("topk", (self.take_along(axis, places), places))
    }

    /// The largest element along an axis by its place: of several the first, to which all of the gradient goes
    /// (PyTorch's `max(dim)`). [`amax`](Self::amax) shares it out equally instead. A NaN counts as largest.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// let x = tape.leaf("x", [[2.0, 2.0], [1.0, 3.0]]);
    /// let y = x.max_first(-1);
    /// assert_eq!(y.value(), ndarray::arr1(&[2.0, 3.0]).into_dyn());
    /// assert_eq!(y.sum().backward()[x].value(), ndarray::arr2(&[[1.0, 0.0], [0.0, 1.0]]).into_dyn());
    /// ```
    #[doc(alias = "max(dim)")]
    #[track_caller]
    pub fn max_first(self, axis: impl IntoAxis) -> Self {
        must(self.try_max_first(axis))
    }

    /// As [`max_first`](Self::max_first), without the panic.
    ///
    /// # Errors
    /// If there is no such axis, or it has no elements.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// assert!(tape.leaf("x", ndarray::Array2::zeros((2, 0))).try_max_first(1).is_err());
    /// ```
    #[track_caller]
    pub fn try_max_first(self, axis: impl IntoAxis) -> Result<Self, Error> {
        let axis = self.axis("max_first", axis)?;
        let place = self.try_argmax(axis).map_err(|error| error.called("max_first"))?;
        self.at_place("max_first", axis, place)
    }

    /// The smallest element along an axis by its place, as [`max_first`](Self::max_first).
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// assert_eq!(tape.leaf("x", [2.0, 1.0, 1.0]).min_first(0).item(), 1.0);
    /// ```
    #[doc(alias = "min(dim)")]
    #[track_caller]
    pub fn min_first(self, axis: impl IntoAxis) -> Self {
        must(self.try_min_first(axis))
    }

    /// As [`min_first`](Self::min_first), without the panic.
    ///
    /// # Errors
    /// If there is no such axis, or it has no elements.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// assert!(tape.leaf("x", 1.0).try_min_first(0).is_err());
    /// ```
    #[track_caller]
    pub fn try_min_first(self, axis: impl IntoAxis) -> Result<Self, Error> {
        let axis = self.axis("min_first", axis)?;
        let place = self.try_argmin(axis).map_err(|error| error.called("min_first"))?;
        self.at_place("min_first", axis, place)
    }

    /// The element of each line along an axis at its own place.
    #[track_caller]
    fn at_place(self, operation: &'static str, axis: usize, place: Self) -> Result<Self, Error> {
        let attempt = self.attempt();
        attempt.end(operation, self.take_along(axis, place.unsqueeze(axis)).squeeze(axis))
    }

    /// The median along an axis: the element in the middle, or the mean of the two there, as NumPy's. (PyTorch's
    /// `median` is the lower of the two: `x.sort(axis)` has it at place (n − 1) / 2.) NaN if there is a NaN.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// let x = tape.leaf("x", [9.0, 1.0, 2.0, 4.0]);
    /// assert_eq!(x.median(0).item(), 3.0);
    /// assert_eq!(x.median(0).backward()[x].value(), ndarray::arr1(&[0.0, 0.0, 0.5, 0.5]).into_dyn());
    /// ```
    #[track_caller]
    pub fn median(self, axis: impl IntoAxis) -> Self {
        must(self.try_median(axis))
    }

    /// As [`median`](Self::median), without the panic.
    ///
    /// # Errors
    /// If there is no such axis, or it has no elements.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// assert!(tape.leaf("x", 1.0).try_median(0).is_err());
    /// ```
    #[track_caller]
    pub fn try_median(self, axis: impl IntoAxis) -> Result<Self, Error> {
        self.try_quantile(0.5, axis).map_err(|error| error.called("median"))
    }

    /// The quantile along an axis: of n elements in rising order the one at place q (n − 1), between two of them on the
    /// straight line (NumPy's and PyTorch's `linear`). NaN if there is a NaN.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// let x = tape.leaf("x", [4.0, 1.0, 2.0]);
    /// assert_eq!(x.quantile(0.25, 0).item(), 1.5);
    /// ```
    #[doc(alias = "percentile")]
    #[track_caller]
    pub fn quantile(self, q: f64, axis: impl IntoAxis) -> Self {
        must(self.try_quantile(q, axis))
    }

    /// As [`quantile`](Self::quantile), without the panic.
    ///
    /// # Errors
    /// If q is not from 0 to 1, or there is no such axis, or it has no elements.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// assert!(tape.leaf("x", [1.0, 2.0]).try_quantile(1.5, 0).is_err());
    /// ```
    #[track_caller]
    pub fn try_quantile(self, q: f64, axis: impl IntoAxis) -> Result<Self, Error> {
        let axis = self.axis("quantile", axis)?;
        let n = self.dims()[axis];
        let wrong = if !(0.0..=1.0).contains(&q) {
            let what = format!("there is no quantile {q}: it is a share, from 0 to 1");
            Some(Problem::new(ErrorKind::Parameter, what, "Divide a percentage by 100."))
        } else if n == 0 {
            let what = format!("there is no quantile of axis {axis}, which has no elements");
            Some(Problem::new(ErrorKind::Empty, what, "Leave empty arrays out before."))
        } else {
            None
        };
        if let Some(problem) = wrong {
            return Err(Self::error("quantile", problem, &[self]));
        }
        let (place, part) = between(q, n);
        let attempt = self.attempt();
        let sorted = self.sort(axis);
        let at = |place: usize| sorted.narrow(axis, place, 1).squeeze(axis);
        let low = at(place);
        let value = if part == 0.0 { low } else { low + (at(place + 1) - low) * low.lift(part) };
        // A NaN is the last, if there is one.
        let last = at(n - 1);
        attempt.end("quantile", last.ne(last).select(last, value))
    }
}

/// The place before q (n − 1), and how far behind it that is, as a part of the way to the next.
#[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss)] // Below n.
fn between(q: f64, n: usize) -> (usize, f64) {
    let at = q * (n - 1) as f64;
    let place = (at.floor() as usize).min(n - 1);
    (place, if place + 1 < n { at - at.floor() } else { 0.0 })
}
