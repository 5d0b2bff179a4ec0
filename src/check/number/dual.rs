//! Dual numbers: x + ẋε with ε² = 0, forward mode in an arithmetic (W. K. Clifford, 1873).

use super::carrier;
#[allow(clippy::wildcard_imports)] // They belong to the macro.
use super::needs::*;

/// A number and its derivative along one direction. Over duals themselves, derivatives of higher order.
///
/// The derivative at a kink is that of the branch which the value takes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Dual<T> {
    pub value: T,
    pub slope: T,
}

impl<T: Arithmetic> Dual<T> {
    const fn constant(value: T) -> Self {
        Self { value, slope: T::ZERO }
    }

    fn is_nothing(self) -> bool {
        self.value.is_zero() && self.slope.is_zero()
    }

    fn without_slope(self) -> Self {
        Self::constant(self.value.held())
    }

    /// What it carries is multiplied by slopes only where neither is 0: a constant stays one where the slope is not
    /// finite, and a function that stands still makes one.
    fn chain<const N: usize>(value: T, terms: [(Self, T); N]) -> Self {
        let terms = terms.into_iter().filter(|(operand, _)| !operand.slope.is_zero());
        let slope = terms.map(|(operand, slope)| slope.azmul(operand.slope)).reduce(|a, b| a + b);
        Self { value, slope: slope.unwrap_or_else(T::zero) }
    }

    fn near<const N: usize>(value: T, terms: [(Self, T); N]) -> Self {
        Self::chain(value, terms)
    }

    fn product(self, other: Self, value: T) -> Self {
        Self::chain(value, [(self, other.value), (other, self.value)])
    }

    fn exact(value: T, term: (Self, T)) -> Self {
        Self::chain(value, [term])
    }
}

carrier! { [T: Arithmetic] Dual<T>, T }
