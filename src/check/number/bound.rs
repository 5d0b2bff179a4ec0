//! Running error analysis: how far rounding can have moved a result (J. H. Wilkinson, 1963; N. J. Higham, *Accuracy and
//! Stability of Numerical Algorithms*, 2002, §3.3).

use super::carrier;
#[allow(clippy::wildcard_imports)] // They belong to the macro.
use super::needs::*;

/// A number in double precision and a bound for the error that it would have, to first order, if each operation so far
/// had been rounded to single (`SINGLE`) or double precision.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bound<const SINGLE: bool> {
    pub value: f64,
    pub error: f64,
}

impl<const SINGLE: bool> Bound<SINGLE> {
    /// Unit roundoff, the smallest positive number and the largest.
    const FORMAT: [f64; 3] = if SINGLE {
        [f32::EPSILON as f64 / 2.0, 1.401_298_464_324_817e-45, f32::MAX as f64]
    } else {
        [f64::EPSILON / 2.0, 5e-324, f64::MAX]
    };

    const fn constant(value: f64) -> Self {
        Self { value, error: 0.0 }
    }

    fn is_nothing(self) -> bool {
        self.value == 0.0 && self.error == 0.0
    }

    fn without_slope(self) -> Self {
        self
    }

    /// One rounding of the result is at most one unit roundoff of it. The elementary functions, the library's own and the
    /// C library's, are within one unit in the last place, which is at most two.
    fn chain<const N: usize>(value: f64, terms: [(Self, f64); N]) -> Self {
        let [roundoff, smallest, largest] = Self::FORMAT;
        let exact = Self::exact_terms(value, terms.into_iter());
        let error = exact.error + 2.0 * roundoff * value.abs() + smallest;
        Self { value, error: if value.abs() > largest { f64::INFINITY } else { error } }
    }

    /// Those that are made of several roundings, at most three units in the last place.
    fn near<const N: usize>(value: f64, terms: [(Self, f64); N]) -> Self {
        let one = Self::chain(value, terms);
        let [roundoff, smallest, _] = Self::FORMAT;
        Self { error: one.error + 4.0 * roundoff * value.abs() + smallest, ..one }
    }

    /// With the term of second order: where both factors vanish, it is all there is.
    fn product(self, other: Self, value: f64) -> Self {
        let first = Self::chain(value, [(self, other.value), (other, self.value)]);
        Self { error: first.error + self.error * other.error, ..first }
    }

    fn exact(value: f64, term: (Self, f64)) -> Self {
        Self::exact_terms(value, std::iter::once(term))
    }

    fn exact_terms(value: f64, terms: impl Iterator<Item = (Self, f64)>) -> Self {
        let terms = terms.filter(|(operand, _)| operand.error != 0.0);
        let error: f64 = terms.map(|(operand, slope)| slope.abs() * operand.error).sum();
        // Where an operand may be anywhere, its slope at one place says nothing: 0 · ∞ is no bound.
        Self { value, error: if error.is_nan() { f64::INFINITY } else { error } }
    }
}

carrier! { [const SINGLE: bool] Bound<SINGLE>, f64 }
