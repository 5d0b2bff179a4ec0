//! Exponentials.

use super::format::is_number;
use super::{Format, clamp, polynomial, sum, two_sum};

/// eˣ = 2ᵏ (1 + r + rest).
pub(super) struct Power<F> {
    /// That multiply to 2ᵏ.
    pub factors: [F; 2],
    pub r: F,
    pub rest: F,
}

impl<F: Format> Power<F> {
    #[inline(always)]
    pub fn of(x: F) -> Self {
        let [ln_2, ln_2_rest] = F::LN_2;
        let rounded = x * F::LOG2_E + F::ROUNDER;
        let k = rounded - F::ROUNDER;
        let (exact, less) = (x - k * ln_2, k * ln_2_rest);
        let r = exact - less;
        let lost = (exact - r) - less;
        let square = r * r;
        // The derivative of eʳ − 1 − r, to first order r, tells what the lost part of r changes in the rest.
        let rest = F::from(0.5) * square + (square * r * polynomial(F::EXP, r) + (lost + lost * r));
        Self { factors: F::powers(rounded), r, rest }
    }

    /// Of the sum of a number and a part that is within the number's rounding: eˣ⁺ᵖ = eˣ + p eˣ.
    #[inline(always)]
    pub fn of_sum([x, part]: [F; 2]) -> Self {
        let Self { factors, r, rest } = Self::of(x);
        Self { factors, r, rest: rest + part * (F::from(1.0) + (r + rest)) }
    }

    /// 1 + r + rest, from √½ to √2.
    #[inline(always)]
    pub fn mantissa(&self) -> F {
        F::from(1.0) + (self.r + self.rest)
    }
}

#[inline(always)]
pub(crate) fn exp<F: Format>(x: F) -> F {
    let Power { factors: [p, q], r, rest } = Power::of(clamp(x, F::EXP_RANGE));
    (F::from(1.0) + (r + rest)) * p * q
}

/// eᵃ⁻ᵇ, with what the subtraction rounds off; 1 where a and b are equal, infinite ones too.
#[inline(always)]
pub(crate) fn exp_difference<F: Format>(a: F, b: F) -> F {
    let [difference, lost] = two_sum(a, -b);
    let zero = F::from(0.0);
    let difference = if a == b { zero } else { difference };
    // What an infinite sum lost is no number; and beyond the range, as of a large number and a small one, nothing that was lost
    // changes the result.
    let within = clamp(difference, F::EXP_RANGE);
    let lost = if is_number(lost) && within == difference { lost } else { zero };
    let Power { factors: [p, q], r, rest } = Power::of_sum([within, lost]);
    (F::from(1.0) + (r + rest)) * p * q
}

#[inline(always)]
pub(crate) fn exp_m1<F: Format>(x: F) -> F {
    // Below −40, it is −1 for either format.
    let Power { factors: [p, q], r, rest } = Power::of(clamp(x, [F::from(-40.0), F::EXP_RANGE[1]]));
    // Half of 2ᵏ (1 + r + rest) − 1, as 2ᵏ itself may be infinite.
    let half = F::from(0.5);
    let scale = p * half * q;
    let [less, lost] = sum(scale, -half);
    let [most, lost_too] = sum(less, scale * r);
    let y = (most + (lost + lost_too + scale * rest)) * F::from(2.0);
    // So small that it is x, and half of it might not be a number of the format; −0 too.
    if x.magnitude() < F::from(1e-17) { x } else { y }
}
