//! How close a gradient has to be, beyond what rounding explains.

use crate::Float;
use crate::check::Check;
use ndarray::ArrayD;
use std::fmt;

/// What a check allows, or forbids, on top of rounding.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(in crate::check) struct Precision {
    relative: f64,
    absolute: f64,
    /// Whether the digits that textbook forms lose count as wrong.
    pub accurate: bool,
}

impl Precision {
    /// Tolerances for these gradients, from what rounding can do.
    pub fn widen(self, errors: &ArrayD<f64>, gradients: &ArrayD<f64>) -> ArrayD<f64> {
        let mut tolerances = errors.clone();
        if self.relative > 0.0 || self.absolute > 0.0 {
            tolerances.zip_mut_with(gradients, |tolerance, gradient| {
                *tolerance += self.relative * gradient.abs() + self.absolute;
            });
        }
        tolerances
    }
}

impl fmt::Display for Precision {
    /// Where the tolerances come from.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let of = if self.accurate { "an accurate derivation" } else { "the recorded derivation" };
        write!(f, "17 times what rounding can do in {of}")?;
        if self.relative > 0.0 {
            write!(f, ", and {:e} of the gradient, as the check allows", self.relative)?;
        }
        if self.absolute > 0.0 {
            write!(f, ", and {:e}, as the check allows", self.absolute)?;
        }
        Ok(())
    }
}

impl<T: Float> Check<'_, T> {
    /// Lets gradients differ by a part of themselves and a number, on top of what rounding explains: for derivations that
    /// approximate on purpose. A report says so.
    ///
    /// # Panics
    /// If either is negative or not finite.
    ///
    /// ```
    /// use ndarray::Array1;
    /// # use wengert::check;
    /// let rough = |dy: &Array1<f64>, x: &Array1<f64>| dy * &x.mapv(|x| 1.0 - x * x / 2.0); // for cos x, with small x
    /// check::backward(|[x]| x.sin())
    ///     .against(rough)
    ///     .shapes(["x: n"])
    ///     .values("x", check::Values::Between(-0.1, 0.1))
    ///     .tolerance(1e-5, 0.0)
    ///     .run();
    /// ```
    #[track_caller]
    #[must_use]
    pub fn tolerance(mut self, relative: f64, absolute: f64) -> Self {
        let sound = |part: f64| part.is_finite() && part >= 0.0;
        assert!(
            sound(relative) && sound(absolute),
            "check: a tolerance of {relative:e} and {absolute:e} was asked for: give numbers from 0 on, first the part of \
             the gradient, then the number"
        );
        self.subject.precision = Precision { relative, absolute, ..self.subject.precision };
        self
    }

    /// Counts as wrong what loses digits that the library's own derivative keeps: s (1 − s) has none where s is near 1, and a·Σw − Σw·b
    /// few where a and b are near each other. Unless this is said, such textbook forms and such algebra pass, and the summary
    /// remarks on them.
    ///
    /// ```
    /// use ndarray::Array1;
    /// # use wengert::check;
    /// let textbook = |dy: &Array1<f64>, x: &Array1<f64>| dy * &x.mapv(|x| 1.0 - x.tanh() * x.tanh());
    /// let check = check::backward(|[x]| x.tanh()).against(textbook).shapes(["x: n"]).without_persistence();
    /// assert!(check.try_run().is_ok());
    /// assert!(check.accurate().try_run().is_err());
    /// ```
    #[must_use]
    pub fn accurate(mut self) -> Self {
        self.subject.precision.accurate = true;
        self
    }
}
