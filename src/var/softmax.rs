//! Exponentials that share a total.

use crate::array::AxisSet;
use crate::error::{Error, must};
use crate::prim::FoldOp;
use crate::tape::IntoAxes;
use crate::{Float, Var};

impl<T: Float> Var<'_, T> {
    /// log Σ eᵃ over these axes, without overflow; −∞ over none.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// let x = tape.leaf("x", ndarray::arr1(&[1000.0, 1000.0]));
    /// assert_eq!(x.logsumexp(0).item(), 1000.0 + 2.0_f64.ln());
    /// ```
    #[doc(alias = "LogSumExp")]
    #[doc(alias = "logaddexp")]
    #[track_caller]
    pub fn logsumexp(self, axes: impl IntoAxes) -> Self {
        must(self.try_logsumexp(axes))
    }

    /// As [`logsumexp`](Self::logsumexp), without the panic.
    ///
    /// # Errors
    /// If an axis does not exist or is named twice.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// let x = tape.leaf("x", ndarray::Array2::zeros((2, 3)));
    /// assert!(x.try_logsumexp(2).is_err());
    /// ```
    #[track_caller]
    pub fn try_logsumexp(self, axes: impl IntoAxes) -> Result<Self, Error> {
        let axes = self.axes("logsumexp", axes)?;
        let attempt = self.attempt();
        let (shifted, shift) = self.shifted(axes);
        attempt.end("logsumexp", shifted.exp().fold(FoldOp::Sum, axes).log() + shift)
    }

    /// eᵃ / Σ eᵃ along an axis (or over several), without overflow. The result sums to 1 there.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// let x = tape.leaf("x", ndarray::arr1(&[1000.0, 1000.0]));
    /// assert_eq!(x.softmax(0).value(), ndarray::arr1(&[0.5, 0.5]).into_dyn());
    /// ```
    #[doc(alias = "Softmax")]
    #[track_caller]
    pub fn softmax(self, axis: impl IntoAxes) -> Self {
        must(self.try_softmax(axis))
    }

    /// As [`softmax`](Self::softmax), without the panic.
    ///
    /// # Errors
    /// If an axis does not exist or is named twice.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// let x = tape.leaf("x", ndarray::Array2::zeros((2, 3)));
    /// assert!(x.try_softmax(2).is_err());
    /// ```
    #[track_caller]
    pub fn try_softmax(self, axis: impl IntoAxes) -> Result<Self, Error> {
        let axes = self.axes("softmax", axis)?;
        let attempt = self.attempt();
        let powers = self.shifted(axes).0.exp();
        attempt.end("softmax", powers / powers.fold(FoldOp::Sum, axes).spread_over(axes, self))
    }

    /// The logarithm of [`softmax`](Self::softmax), accurate where that is tiny.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// let x = tape.leaf("x", ndarray::arr1(&[0.0, 1000.0]));
    /// assert_eq!(x.log_softmax(0).value(), ndarray::arr1(&[-1000.0, 0.0]).into_dyn());
    /// ```
    #[doc(alias = "LogSoftmax")]
    #[track_caller]
    pub fn log_softmax(self, axis: impl IntoAxes) -> Self {
        must(self.try_log_softmax(axis))
    }

    /// As [`log_softmax`](Self::log_softmax), without the panic.
    ///
    /// # Errors
    /// If an axis does not exist or is named twice.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// let x = tape.leaf("x", ndarray::Array2::zeros((2, 3)));
    /// assert!(x.try_log_softmax(2).is_err());
    /// ```
    #[track_caller]
    pub fn try_log_softmax(self, axis: impl IntoAxes) -> Result<Self, Error> {
        let axes = self.axes("log_softmax", axis)?;
        let attempt = self.attempt();
        let shifted = self.shifted(axes).0;
        let total = shifted.exp().fold(FoldOp::Sum, axes).log();
        attempt.end("log_softmax", shifted - total.spread_over(axes, self))
    }

    /// The elements less the largest of those they are reduced with, and that largest one.
    ///
    /// The shift changes no result, only what overflows; so it counts as a constant in derivatives. An
    /// infinite one is not taken off: ∞ − ∞ would be NaN.
    #[track_caller]
    fn shifted(self, axes: AxisSet) -> (Self, Self) {
        if self.is_empty() {
            // Nothing can move: the shift is zeros of the right shape, and no tangent meets the slope of log 0.
            let still = self.detach();
            return (still, still.fold(FoldOp::Sum, axes));
        }
        let top = self.detach().fold(FoldOp::Max, axes);
        let shift = top.abs().eq(T::INFINITY).select(T::zero(), top);
        (self - shift.spread_over(axes, self), shift)
    }
}
