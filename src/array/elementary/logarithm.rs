//! Logarithms.

use super::{Format, polynomial};

/// log(1 + f) + k log 2 + `correction`, for 1 + f from √½ to √2.
#[inline(always)]
fn log<F: Format>(k: F, f: F, correction: F) -> F {
    let [ln_2, ln_2_rest] = F::LN_2;
    let s = f / (F::from(2.0) + f);
    let half = F::from(0.5) * f * f;
    let square = s * s;
    let series = square * polynomial(F::ARTANH, square);
    k * ln_2 - ((half - (s * (half + series) + (k * ln_2_rest + correction))) - f)
}

/// `y`, but where `x` has no logarithm, or one that is no number.
#[inline(always)]
fn unless_special<F: Format>(x: F, y: F) -> F {
    let zero = F::from(0.0);
    let y = if x < F::from(f32::INFINITY) { y } else { x };
    let y = if x == zero { F::from(f32::NEG_INFINITY) } else { y };
    if x < zero { F::from(f32::NAN) } else { y }
}

#[inline(always)]
pub(crate) fn ln<F: Format>(x: F) -> F {
    let subnormal = x < F::NORMAL;
    let [m, k] = (if subnormal { x * F::from(TWO_TO_54) } else { x }).split();
    let k = if subnormal { k - F::from(54.0) } else { k };
    unless_special(x, log(k, m - F::from(1.0), F::from(0.0)))
}

const TWO_TO_54: f32 = 18_014_398_509_481_984.0;

#[inline(always)]
pub(crate) fn ln_1p<F: Format>(x: F) -> F {
    let (zero, one) = (F::from(0.0), F::from(1.0));
    let whole = one + x;
    let part = whole - one;
    let lost = (one - (whole - part)) + (x - part);
    let [m, k] = whole.split();
    let [f, correction] = if k == zero { [x, zero] } else { [m - one, lost / whole] };
    let y = unless_special(whole, log(k, f, correction));
    // So small that it is x; −0 too.
    if x.magnitude() < F::from(1e-17) { x } else { y }
}
