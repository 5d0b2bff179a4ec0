//! Composites that act element by element.

use crate::error::{Error, must};
use crate::prim::Weighted;
use crate::tape::{IntoVar, joint_shape};
use crate::{Float, Var};

/// # Activations and bounds
impl<'t, T: Float> Var<'t, T> {
    /// max(a, 0) with slope 0 at 0, and NaN where a is NaN: `select(a ≤ 0, 0, a)`.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// let x = tape.leaf("x", ndarray::arr1(&[-1.0, 0.0, 2.0]));
    /// assert_eq!(x.relu().sum().backward()[x].value(), ndarray::arr1(&[0.0, 0.0, 1.0]).into_dyn());
    /// ```
    #[doc(alias = "ReLU")]
    #[doc(alias = "rectifier")]
    #[track_caller]
    pub fn relu(self) -> Self {
        self.le(T::zero()).select(T::zero(), self)
    }

    /// a² as `a · a`.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// assert_eq!(tape.leaf("a", -3.0).square().item(), 9.0);
    /// ```
    #[doc(alias = "powi")]
    #[track_caller]
    pub fn square(self) -> Self {
        self * self
    }

    /// Another name of [`logistic`](Self::logistic).
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// assert_eq!(tape.leaf("a", 0.0).sigmoid().item(), 0.5);
    /// ```
    #[doc(alias = "expit")]
    #[doc(alias = "Sigmoid")]
    #[track_caller]
    pub fn sigmoid(self) -> Self {
        self.logistic()
    }

    /// a · logistic(a), also called swish.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// assert_eq!(tape.leaf("a", 0.0).silu().item(), 0.0);
    /// ```
    #[doc(alias = "swish")]
    #[doc(alias = "SiLU")]
    #[track_caller]
    pub fn silu(self) -> Self {
        Weighted::Logistic.of(&[self, self])
    }

    /// a · Φ(a) with the normal distribution function Φ(a) = (1 + erf(a/√2)) / 2 (Hendrycks and Gimpel, 2016).
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// assert_eq!(tape.leaf("a", 0.0).gelu().item(), 0.0);
    /// ```
    #[doc(alias = "GELU")]
    #[track_caller]
    pub fn gelu(self) -> Self {
        Weighted::Normal.of(&[self, self])
    }

    /// The approximation a/2 · (1 + tanh(√(2/π) (a + 0.044715 a³))) of [`gelu`](Self::gelu), from the same paper.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// let x = tape.leaf("a", 1.0);
    /// assert!((x.gelu_tanh().item() - x.gelu().item()).abs() < 1e-3);
    /// ```
    #[track_caller]
    pub fn gelu_tanh(self) -> Self {
        Weighted::Cubic.of(&[self, self])
    }

    /// At least `low` and at most `high`; `high` where the two cross. The slope is 1 inside and at the
    /// bounds, 0 outside; NaN stays NaN.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// let x = tape.leaf("x", ndarray::arr1(&[-2.0, 0.5, 3.0]));
    /// assert_eq!(x.clamp(-1.0, 1.0).value(), ndarray::arr1(&[-1.0, 0.5, 1.0]).into_dyn());
    /// ```
    #[doc(alias = "clip")]
    #[doc(alias = "hardtanh")]
    #[track_caller]
    pub fn clamp(self, low: impl IntoVar<'t, T>, high: impl IntoVar<'t, T>) -> Self {
        must(self.try_clamp(low, high))
    }

    /// As [`clamp`](Self::clamp), without the panic.
    ///
    /// # Errors
    /// If the shapes do not broadcast, would both grow, or the operands are of different tapes.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// let x = tape.leaf("x", ndarray::Array2::zeros((2, 3)));
    /// assert!(x.try_clamp(ndarray::Array1::zeros(2), 1.0).is_err());
    /// ```
    #[track_caller]
    pub fn try_clamp(self, low: impl IntoVar<'t, T>, high: impl IntoVar<'t, T>) -> Result<Self, Error> {
        let within = |error: Error| error.within("clamp");
        let low = low.into_var(self.tape()).map_err(|error| error.called("clamp"))?;
        let high = high.into_var(self.tape()).map_err(|error| error.called("clamp"))?;
        if let Some(stranger) = [low, high].into_iter().find(|bound| !self.shares_tape(*bound)) {
            return Err(self.other_tape("clamp", stranger));
        }
        let joint = joint_shape(self.tape().broadcasting(), &[&self.dims(), &low.dims(), &high.dims()]);
        Self::judge("clamp", joint, &[self, low, high])?;
        let attempt = self.attempt();
        let raised = self.try_lt(low).map_err(within)?.select(low, self);
        attempt.end("clamp", raised.try_gt(high).map_err(within)?.select(high, raised))
    }
}
