//! Exponentials.

use super::super::format::is_number;
use super::super::{Format, clamp, polynomial, sum, two_sum};
use std::f64::consts::LOG2_E;

/// eˣ is 0 below the first and infinite above the second.
const EXP_RANGE: [f64; 2] = [-746.0, 710.0];

/// Below it, a number times eˣ is 0, whatever the number; the lowest x whose 2ᵏ has two normal factors.
pub(super) const WEIGHED: f64 = -1_416.0;

/// 1/3!, 1/4!, …
const EXP: &[[f64; 4]] = &[
    [1.0 / 6.0, 1.0 / 24.0, 1.0 / 120.0, 1.0 / 720.0],
    [1.0 / 5_040.0, 1.0 / 40_320.0, 1.0 / 362_880.0, 1.0 / 3_628_800.0],
    [1.0 / 39_916_800.0, 1.0 / 479_001_600.0, 1.0 / 6_227_020_800.0, 1.0 / 87_178_291_200.0],
];

/// Two factors that multiply to 2ᵏ, given k + `ROUNDER`. (One would not do: 2ᵏ itself may be too large or too small.)
#[inline(always)]
fn powers(rounded: f64) -> [f64; 2] {
    let both = rounded.to_bits().wrapping_sub(f64::ROUNDER.to_bits()).wrapping_add(2 * 1023);
    let half = both >> 1;
    [half, both.wrapping_sub(half)].map(|exponent| f64::from_bits(exponent << 52))
}

/// eˣ = 2ᵏ (1 + r + rest).
pub(super) struct Power {
    /// That multiply to 2ᵏ.
    pub factors: [f64; 2],
    pub r: f64,
    pub rest: f64,
}

impl Power {
    #[inline(always)]
    pub fn of(x: f64) -> Self {
        let [ln_2, ln_2_rest] = f64::LN_2;
        let rounded = x * LOG2_E + f64::ROUNDER;
        let k = rounded - f64::ROUNDER;
        let (exact, less) = (x - k * ln_2, k * ln_2_rest);
        let r = exact - less;
        let lost = (exact - r) - less;
        let square = r * r;
        // The derivative of eʳ − 1 − r, to first order r, tells what the lost part of r changes in the rest.
        let rest = 0.5 * square + (square * r * polynomial(EXP, r) + (lost + lost * r));
        Self { factors: powers(rounded), r, rest }
    }

    /// Of the sum of a number and a part that is within the number's rounding: eˣ⁺ᵖ = eˣ + p eˣ.
    #[inline(always)]
    pub fn of_sum([x, part]: [f64; 2]) -> Self {
        let Self { factors, r, rest } = Self::of(x);
        Self { factors, r, rest: rest + part * (1.0 + (r + rest)) }
    }

    /// 1 + r + rest, from √½ to √2.
    #[inline(always)]
    pub fn mantissa(&self) -> f64 {
        1.0 + (self.r + self.rest)
    }
}

#[inline(always)]
pub(crate) fn exp(x: f64) -> f64 {
    let Power { factors: [p, q], r, rest } = Power::of(clamp(x, EXP_RANGE));
    (1.0 + (r + rest)) * p * q
}

/// eᵃ⁻ᵇ, with what the subtraction rounds off; 1 where a and b are equal, infinite ones too.
#[inline(always)]
#[allow(clippy::float_cmp)] // Infinite ones are equal, or they are not; and what was not clamped is the same to the bit.
pub(crate) fn exp_difference(a: f64, b: f64) -> f64 {
    let [difference, lost] = two_sum(a, -b);
    let zero = 0.0;
    let difference = if a == b { zero } else { difference };
    // What an infinite sum lost is no number; and beyond the range, as of a large number and a small one, nothing that was lost
    // changes the result.
    let within = clamp(difference, EXP_RANGE);
    let lost = if is_number(lost) && within == difference { lost } else { zero };
    let Power { factors: [p, q], r, rest } = Power::of_sum([within, lost]);
    (1.0 + (r + rest)) * p * q
}

#[inline(always)]
pub(crate) fn exp_m1(x: f64) -> f64 {
    // Below −40, it is −1 for either format.
    let Power { factors: [p, q], r, rest } = Power::of(clamp(x, [-40.0, EXP_RANGE[1]]));
    // Half of 2ᵏ (1 + r + rest) − 1, as 2ᵏ itself may be infinite.
    let half = 0.5;
    let scale = p * half * q;
    let [less, lost] = sum(scale, -half);
    let [most, lost_too] = sum(less, scale * r);
    let y = (most + (lost + lost_too + scale * rest)) * 2.0;
    // So small that it is x, and half of it might not be a number of the format; −0 too.
    if x.abs() < 1e-17 { x } else { y }
}
