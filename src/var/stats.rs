//! Composites over axes: means, spreads, norms.

use crate::array::AxisSet;
use crate::error::{Error, must};
use crate::prim::FoldOp;
use crate::tape::IntoAxes;
use crate::{Float, Var};

/// # Statistics and norms
impl<T: Float> Var<'_, T> {
    /// The mean of all elements, Σ a / n; NaN if there are none, and infinite where the sum is beyond the largest number.
    ///
    /// It is infinite where the sum is, though the mean itself might be a number: of elements that are all below the largest
    /// number divided by n, it never is. The same holds of [`var`](Self::var), but not of [`std`](Self::std) and
    /// [`norm`](Self::norm), which scale by a power of two first: that would cost a mean a second pass.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// let x = tape.leaf("x", ndarray::arr2(&[[1.0, 2.0], [3.0, 4.0]]));
    /// assert_eq!(x.mean().item(), 2.5);
    /// ```
    #[doc(alias = "reduce_mean")]
    #[doc(alias = "average")]
    #[track_caller]
    pub fn mean(self) -> Self {
        self.sum() / count::<T>(self.len())
    }

    /// The means over these axes, which the result has no more.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// let x = tape.leaf("x", ndarray::arr2(&[[1.0, 2.0], [3.0, 4.0]]));
    /// assert_eq!(x.mean_axis(0).value(), ndarray::arr1(&[2.0, 3.0]).into_dyn());
    /// ```
    #[doc(alias = "mean(dim)")]
    #[doc(alias = "mean(axis)")]
    #[track_caller]
    pub fn mean_axis(self, axes: impl IntoAxes) -> Self {
        must(self.try_mean_axis(axes))
    }

    /// As [`mean_axis`](Self::mean_axis), without the panic.
    ///
    /// # Errors
    /// If an axis does not exist or is named twice.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// let x = tape.leaf("x", ndarray::Array2::zeros((2, 3)));
    /// assert!(x.try_mean_axis(2).is_err());
    /// ```
    #[track_caller]
    pub fn try_mean_axis(self, axes: impl IntoAxes) -> Result<Self, Error> {
        let axes = self.axes("mean_axis", axes)?;
        let attempt = self.attempt();
        attempt.end("mean_axis", self.fold(FoldOp::Sum, axes) / count::<T>(self.terms(axes)))
    }

    /// The variance Σ (a − mean)² / (n − ddof) of all elements, as ndarray's: `ddof` 0 for a population, 1
    /// for a sample. No less than 0 is divided by.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// let x = tape.leaf("x", ndarray::arr2(&[[1.0, 2.0], [3.0, 4.0]]));
    /// assert_eq!(x.var(0.0).item(), 1.25);
    /// ```
    #[doc(alias = "variance")]
    #[track_caller]
    pub fn var(self, ddof: T) -> Self {
        self.variance(AxisSet::all(self.ndim()), ddof)
    }

    /// The variances over these axes, which the result has no more.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// let x = tape.leaf("x", ndarray::arr2(&[[1.0, 2.0], [3.0, 4.0]]));
    /// assert_eq!(x.var_axis(0, 1.0).value(), ndarray::arr1(&[2.0, 2.0]).into_dyn());
    /// ```
    #[doc(alias = "var(dim)")]
    #[track_caller]
    pub fn var_axis(self, axes: impl IntoAxes, ddof: T) -> Self {
        must(self.try_var_axis(axes, ddof))
    }

    /// As [`var_axis`](Self::var_axis), without the panic.
    ///
    /// # Errors
    /// If an axis does not exist or is named twice.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// let x = tape.leaf("x", ndarray::Array2::zeros((2, 3)));
    /// assert!(x.try_var_axis(2, 0.0).is_err());
    /// ```
    #[track_caller]
    pub fn try_var_axis(self, axes: impl IntoAxes, ddof: T) -> Result<Self, Error> {
        let axes = self.axes("var_axis", axes)?;
        let attempt = self.attempt();
        attempt.end("var_axis", self.variance(axes, ddof))
    }

    /// The standard deviation of all elements, √[`var`](Self::var), with slope 0 where it is 0.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// let x = tape.leaf("x", ndarray::arr2(&[[1.0, 2.0], [3.0, 4.0]]));
    /// assert_eq!(x.std(0.0).item(), 1.25_f64.sqrt());
    /// ```
    #[doc(alias = "stddev")]
    #[doc(alias = "standard_deviation")]
    #[track_caller]
    pub fn std(self, ddof: T) -> Self {
        self.deviation(AxisSet::all(self.ndim()), ddof)
    }

    /// The standard deviations over these axes, which the result has no more.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// let x = tape.leaf("x", ndarray::arr2(&[[1.0, 2.0], [3.0, 4.0]]));
    /// assert_eq!(x.std_axis(0, 0.0).value(), ndarray::arr1(&[1.0, 1.0]).into_dyn());
    /// ```
    #[doc(alias = "std(dim)")]
    #[track_caller]
    pub fn std_axis(self, axes: impl IntoAxes, ddof: T) -> Self {
        must(self.try_std_axis(axes, ddof))
    }

    /// As [`std_axis`](Self::std_axis), without the panic.
    ///
    /// # Errors
    /// If an axis does not exist or is named twice.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// let x = tape.leaf("x", ndarray::Array2::zeros((2, 3)));
    /// assert!(x.try_std_axis(2, 0.0).is_err());
    /// ```
    #[track_caller]
    pub fn try_std_axis(self, axes: impl IntoAxes, ddof: T) -> Result<Self, Error> {
        let axes = self.axes("std_axis", axes)?;
        let attempt = self.attempt();
        attempt.end("std_axis", self.deviation(axes, ddof))
    }

    /// The smallest element; NaN if one is. At a tie, equal shares of the cotangent go to each.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// let x = tape.leaf("x", ndarray::arr2(&[[1.0, 2.0], [3.0, 4.0]]));
    /// assert_eq!(x.min().item(), 1.0);
    /// ```
    #[doc(alias = "reduce_min")]
    #[track_caller]
    pub fn min(self) -> Self {
        must(self.try_min())
    }

    /// As [`min`](Self::min), without the panic.
    ///
    /// # Errors
    /// If there are no elements.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// let x = tape.leaf("x", ndarray::Array2::zeros((0, 3)));
    /// assert!(x.try_min().is_err());
    /// ```
    #[track_caller]
    pub fn try_min(self) -> Result<Self, Error> {
        let attempt = self.attempt();
        let min = -(-self).try_max().map_err(|error| error.called("min"))?;
        attempt.end("min", min)
    }

    /// The smallest elements over these axes, which the result has no more; NaN where one is. At a tie,
    /// equal shares of the cotangent go to each.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// let x = tape.leaf("x", ndarray::arr2(&[[1.0, 2.0], [3.0, 4.0]]));
    /// assert_eq!(x.amin(0).value(), ndarray::arr1(&[1.0, 2.0]).into_dyn());
    /// ```
    #[doc(alias = "min(dim)")]
    #[doc(alias = "min_axis")]
    #[track_caller]
    pub fn amin(self, axes: impl IntoAxes) -> Self {
        must(self.try_amin(axes))
    }

    /// As [`amin`](Self::amin), without the panic.
    ///
    /// # Errors
    /// If an axis does not exist or is named twice, or an axis of size 0 leaves nothing to choose from.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// let x = tape.leaf("x", ndarray::Array2::zeros((2, 3)));
    /// assert!(x.try_amin(2).is_err());
    /// ```
    #[track_caller]
    pub fn try_amin(self, axes: impl IntoAxes) -> Result<Self, Error> {
        let axes = self.axes("amin", axes)?;
        let attempt = self.attempt();
        let min = -(-self).try_fold(FoldOp::Max, axes).map_err(|error| error.called("amin"))?;
        attempt.end("amin", min)
    }

    /// The Euclidean norm √Σa² of all elements (Frobenius, of a matrix), with slope 0 where it is 0.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// let x = tape.leaf("x", ndarray::arr1(&[3.0, 4.0]));
    /// assert_eq!(x.norm().item(), 5.0);
    /// ```
    #[doc(alias = "l2_norm")]
    #[doc(alias = "vector_norm")]
    #[doc(alias = "frobenius")]
    #[track_caller]
    pub fn norm(self) -> Self {
        self.length(AxisSet::all(self.ndim()))
    }

    /// The Euclidean norms over these axes, which the result has no more.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// let x = tape.leaf("x", ndarray::arr2(&[[3.0, 4.0]]));
    /// assert_eq!(x.norm_axis(1).value(), ndarray::arr1(&[5.0]).into_dyn());
    /// ```
    #[doc(alias = "norm(dim)")]
    #[track_caller]
    pub fn norm_axis(self, axes: impl IntoAxes) -> Self {
        must(self.try_norm_axis(axes))
    }

    /// As [`norm_axis`](Self::norm_axis), without the panic.
    ///
    /// # Errors
    /// If an axis does not exist or is named twice.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// let x = tape.leaf("x", ndarray::Array2::zeros((2, 3)));
    /// assert!(x.try_norm_axis(2).is_err());
    /// ```
    #[track_caller]
    pub fn try_norm_axis(self, axes: impl IntoAxes) -> Result<Self, Error> {
        let axes = self.axes("norm_axis", axes)?;
        let attempt = self.attempt();
        attempt.end("norm_axis", self.length(axes))
    }

    /// How many elements these axes have together.
    fn terms(self, axes: AxisSet) -> usize {
        let shape = self.dims();
        axes.iter().map(|axis| shape[axis]).product()
    }

    /// In two passes: the deviations from the mean first, so that nothing cancels.
    #[track_caller]
    fn variance(self, axes: AxisSet, ddof: T) -> Self {
        let terms = count::<T>(self.terms(axes));
        let mean = self.fold(FoldOp::Sum, axes) / terms;
        let freedom = terms - ddof;
        let freedom = if freedom < T::zero() { T::zero() } else { freedom };
        (self - mean.spread_over(axes, self)).square().fold(FoldOp::Sum, axes) / freedom
    }

    /// The square root of the variance. Its squares can neither overflow nor underflow: a power of two is divided out first, which
    /// rounds nothing.
    #[track_caller]
    fn deviation(self, axes: AxisSet, ddof: T) -> Self {
        let (scaled, scale) = self.scaled(axes);
        scaled.variance(axes, ddof).root() * scale
    }

    /// The square root of the sum of squares, by the same way.
    #[track_caller]
    fn length(self, axes: AxisSet) -> Self {
        let (scaled, scale) = self.scaled(axes);
        scaled.square().fold(FoldOp::Sum, axes).root() * scale
    }

    /// The elements divided by a power of two near the largest of those they are reduced with, and that power. It changes no
    /// result, only what overflows or underflows on the way: so it counts as a constant in derivatives.
    #[track_caller]
    fn scaled(self, axes: AxisSet) -> (Self, Self) {
        if self.is_empty() {
            return (self, self.fold(FoldOp::Sum, axes).held());
        }
        let scale = self.abs().fold(FoldOp::Max, axes).binade().held();
        (self * scale.reciprocal().spread_over(axes, self), scale)
    }

    /// √a with slope 0 at 0, where that of `sqrt` is ∞.
    #[track_caller]
    fn root(self) -> Self {
        let zero = self.eq(T::zero());
        zero.select(T::zero(), zero.select(T::one(), self).sqrt())
    }
}

/// A number of elements, as a number.
#[allow(clippy::cast_precision_loss)] // Nothing has 2⁵³ elements.
pub(super) fn count<T: Float>(n: usize) -> T {
    T::from_f64(n as f64)
}
