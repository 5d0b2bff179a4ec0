//! The normal distribution, its density, and the bell of erf's slope, times a factor.

use super::sigmoid::nothing;
use super::{Format, Power, polynomial, square, sum, two_sum};

/// Of a factor times e⁻ˢ: its power, and whether it vanishes, whatever the factor.
struct Decay<F> {
    power: Power<F>,
    vanished: bool,
}

/// s = c x² + d, c being ½ or 1, and d a number in two parts.
///
/// x² is taken in two parts: what its rounding loses would be as many units of the result as x² is large.
#[inline(always)]
fn decay<F: Format>(x: F, c: F, d: [F; 2]) -> Decay<F> {
    // Before the square overflows.
    let limit = F::from(64.0);
    let x = if x.magnitude() > limit { limit } else { x };
    let [square, rest] = square(x);
    let [exponent, lost] = two_sum(-(c * square), -d[0]);
    let [exponent, part] = sum(exponent, lost - (c * rest + d[1]));
    let vanished = exponent < F::WEIGHED;
    let exponent = if vanished { F::WEIGHED } else { exponent };
    Decay { power: Power::of_sum([exponent, part]), vanished }
}

#[inline(always)]
fn weigh<F: Format>(w: F, Decay { power, vanished }: Decay<F>) -> F {
    let [p, q] = power.factors;
    let y = w * p * power.mantissa() * q;
    if vanished { nothing(w) } else { y }
}

/// w φ(x) = w exp(−x²/2 − log √(2π)).
#[inline(always)]
pub(crate) fn density<F: Format>(w: F, x: F) -> F {
    weigh(w, decay(x, F::from(0.5), F::LN_SQRT_TAU))
}

/// w exp(−x²).
#[inline(always)]
pub(crate) fn bell<F: Format>(w: F, x: F) -> F {
    weigh(w, decay(x, F::from(1.0), [F::from(0.0); 2]))
}

/// w Φ(x), with Φ(x) the integral of φ up to x.
#[inline(always)]
pub(crate) fn distribution<F: Format>(w: F, x: F) -> F {
    let Decay { power: Power { factors: [p, q], r, rest }, vanished } =
        decay(x, F::from(0.5), [F::from(0.0); 2]);
    let one = F::from(1.0);
    let limit = F::from(64.0);
    let t = x.magnitude();
    let t = if t > limit { limit } else { t };

    let near = t / (t + F::from(4.0));
    let numerator = F::from(0.375) + (near + near) * polynomial(F::MILLS, near + near - one);
    let [denominator, lost] = two_sum(t, F::from(0.75));
    let ratio = numerator / denominator;
    let [m, part] = sum(one, r);
    let [m, part] = sum(m, part + rest);
    let tail = m * ratio;
    // What the sums lost, to first order. The numerator is 1 / 2.4, within a tenth.
    let tail = tail + (part * ratio - tail * (lost * ratio * F::from(2.4)));

    let lower = w * p * tail * q;
    let upper = w * (one - tail * p * q);
    let lower = if vanished { nothing(w) } else { lower };
    if x < F::from(0.0) { lower } else { upper }
}
