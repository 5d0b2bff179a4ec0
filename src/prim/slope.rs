//! The product at the heart of the chain rule, formed in one place for every elementwise function, in both sweeps.
//!
//! What arrives (`d`: a cotangent or a tangent) goes on as `d · slope`. The zero in this product is *absolute*: where
//! either factor is exactly 0, so is the product, even if the other is infinite or NaN. A 0 says that there is nothing
//! to carry: the element was not chosen, or its function stands still. In √x at 0, behind a mask, d is 0 and the slope
//! is ∞, and IEEE's 0 · ∞ = NaN would bring back what the mask has ruled out.
//!
//! With this zero the product stays associative where IEEE's is not, (0 · ∞) · s and 0 · (∞ · s) being both 0, so that
//! the reverse sweep, which multiplies the slopes from the last to the first, and the forward sweep, which multiplies
//! them from the first to the last, agree. A NaN that meets no 0 is never hidden.
//!
//! `CppAD`'s `azmul` is this product, with an absolute zero on its left side only, for which users call.

use crate::Float;
use crate::tape::Var;
use std::ops::Neg;

/// A slope as a row of a table writes it: ± factor / divisor, either of which may be absent.
///
/// A quotient has a form of its own since `d / b` is more accurate than `d · (1 / b)`, and finite where 1 / b
/// overflows; and [`one`] is none, since nothing is to be computed where all of `d` goes on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Slope<'t, T: Float> {
    negative: bool,
    factor: Option<Var<'t, T>>,
    divisor: Option<Var<'t, T>>,
}

/// The slope 1.
pub(super) fn one<'t, T: Float>() -> Slope<'t, T> {
    Slope { negative: false, factor: None, divisor: None }
}

/// A slope that multiplies.
pub(super) fn times<T: Float>(factor: Var<'_, T>) -> Slope<'_, T> {
    Slope { factor: Some(factor), ..one() }
}

/// A slope that divides.
pub(super) fn over<T: Float>(divisor: Var<'_, T>) -> Slope<'_, T> {
    one().over(divisor)
}

impl<'t, T: Float> Slope<'t, T> {
    /// This slope divided: `times(y).over(b)` gives (d · y) / b.
    pub fn over(self, divisor: Var<'t, T>) -> Self {
        debug_assert!(self.divisor.is_none(), "one divisor");
        Self { divisor: Some(divisor), ..self }
    }

    /// `d · slope`, with an absolute zero: the chain rule.
    pub fn carry(self, d: Var<'t, T>) -> Var<'t, T> {
        let d = self.factor.map_or(d, |factor| d.azmul(factor));
        let d = self.divisor.map_or(d, |divisor| d.azdiv(divisor));
        if self.negative { -d } else { d }
    }
}

impl<T: Float> Neg for Slope<'_, T> {
    type Output = Self;

    fn neg(self) -> Self {
        Self { negative: !self.negative, ..self }
    }
}
