//! Exponentials that share a total.
//!
//! The largest element is taken off first, so that nothing overflows; and what rounds off in a − b of eᵃ⁻ᵇ is not lost, so that the
//! smallest shares have as many correct digits as the largest.
//!
//! **Infinities.** What is −∞ has no share, whatever the others are, and nothing flows into it: a mask may be added as −∞. Where
//! all are −∞ there is nothing to share: `softmax` is 0, `logsumexp` and `log_softmax` are −∞, and the derivative of the total
//! is 0. Of +∞ each has an equal share, and the others none.

use crate::array::AxisSet;
use crate::error::{Error, must};
use crate::prim::FoldOp;
use crate::tape::IntoAxes;
use crate::{Float, Var};

/// # Softmax and its kin
impl<T: Float> Var<'_, T> {
    /// log Σ eᵃ over these axes, without overflow; −∞ over none, or if all are. The derivative is then 0.
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
        let shares = self.shares(axes);
        attempt.end("logsumexp", shares.nothing.select(-T::INFINITY, shares.total.log()) + shares.top)
    }

    /// eᵃ / Σ eᵃ along an axis (or over several), without overflow. The result sums to 1 there; where all are −∞, it is 0.
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
        let shares = self.shares(axes);
        attempt.end("softmax", shares.powers / shares.total.spread_over(axes, self))
    }

    /// The logarithm of [`softmax`](Self::softmax), accurate where that is tiny. Where all are −∞, it is that.
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
        let shares = self.shares(axes);
        // ∞ − ∞ of a largest element is 0.
        let infinite = shares.top.eq(T::INFINITY).spread_over(axes, self);
        let apart = self.tape().hold(self.eq(T::INFINITY).select(T::zero(), -T::INFINITY));
        let shifted = infinite.select(apart, self - shares.top.spread_over(axes, self));
        attempt.end("log_softmax", shifted - shares.total.log().spread_over(axes, self))
    }

    /// The exponentials, less the largest of those they are added with.
    ///
    /// That shift changes no result, only what overflows; so it counts as a constant in derivatives. −∞ is not taken off:
    /// what is left of it is to be −∞.
    #[track_caller]
    fn shares(self, axes: AxisSet) -> Shares<Self> {
        if self.is_empty() {
            // Nothing can move: the sums are zeros of the right shape, and no tangent meets the slope of log 0.
            let powers = self.held();
            let top = powers.fold(FoldOp::Sum, axes);
            return Shares { powers, nothing: top.eq(T::zero()), total: top + T::one(), top };
        }
        let top = self.fold(FoldOp::Max, axes).held();
        let top = top.eq(-T::INFINITY).select(T::zero(), top);
        let powers = self.exp_difference(top.spread_over(axes, self));
        let total = powers.fold(FoldOp::Sum, axes);
        let nothing = total.eq(T::zero());
        Shares { powers, nothing, total: nothing.select(T::one(), total), top }
    }
}

/// Exponentials and their total.
struct Shares<V> {
    /// eᵃ⁻ᵗ, with the largest element t.
    powers: V,
    /// A mask: where all powers are 0.
    nothing: V,
    /// Their sum; 1 where that is 0.
    total: V,
    /// t; 0 where it is −∞.
    top: V,
}
