//! The normal distribution, its density, and the bell of erf's slope, times a factor.

use super::sigmoid::nothing;
use super::{Format, Power, polynomial, square, sum};

/// e⁻ˢ for s = c x², c being ½ or 1, for a factor: m and powers of two p and q; and whether it vanishes, whatever the factor.
///
/// x² is taken in two parts: what its rounding loses would be as many units of the result as x² is large.
#[inline(always)]
fn decay<F: Format>(x: F, c: F) -> ([F; 3], bool) {
    // Before the square overflows.
    let limit = F::from(64.0);
    let x = if x.magnitude() > limit { limit } else { x };
    let [square, rest] = square(x);
    let [exponent, part] = sum(-(c * square), -(c * rest));
    let vanished = exponent < F::WEIGHED;
    let exponent = if vanished { F::WEIGHED } else { exponent };
    let power = Power::of_sum([exponent, part]);
    let [p, q] = power.factors;
    ([power.mantissa(), p, q], vanished)
}

/// w φ(x) = w exp(−x²/2) / √(2π).
#[inline(always)]
pub(crate) fn density<F: Format>(w: F, x: F) -> F {
    let ([m, p, q], vanished) = decay(x, F::from(0.5));
    let y = w * p * (m * F::FRAC_1_SQRT_TAU) * q;
    if vanished { nothing(w) } else { y }
}

/// w exp(−x²).
#[inline(always)]
pub(crate) fn bell<F: Format>(w: F, x: F) -> F {
    let ([m, p, q], vanished) = decay(x, F::from(1.0));
    let y = w * p * m * q;
    if vanished { nothing(w) } else { y }
}

/// w Φ(x), with Φ(x) the integral of φ up to x.
#[inline(always)]
pub(crate) fn distribution<F: Format>(w: F, x: F) -> F {
    let ([m, p, q], vanished) = decay(x, F::from(0.5));
    let (one, four) = (F::from(1.0), F::from(4.0));
    let limit = F::from(64.0);
    let t = x.magnitude();
    let t = if t > limit { limit } else { t };
    let near = t / (t + four);
    let mills = F::from(0.375) + (near + near) * polynomial(F::MILLS, near + near - one);
    let tail = m * mills / (t + F::from(0.75));
    let negative = x < F::from(0.0);
    let lower = w * p * tail * q;
    let upper = w * (one - tail * p * q);
    let lower = if vanished { nothing(w) } else { lower };
    if negative { lower } else { upper }
}
