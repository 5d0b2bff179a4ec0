//! The hyperbolic tangent, and the logistic function and its slope, times a factor.

use super::format::is_number;
use super::{Format, Power, polynomial, product, square, sum, two_sum};

#[inline(always)]
pub(crate) fn tanh<F: Format>(x: F) -> F {
    let (one, two) = (F::from(1.0), F::from(2.0));
    let a = x.magnitude();
    let square = a * a;
    let small = a + a * (square * polynomial(F::TANH, square));

    // tanh 20 is 1 for either format.
    let twice = a + a;
    let Power { factors: [p, q], r, rest } =
        Power::of(if twice > F::from(40.0) { F::from(40.0) } else { twice });
    let scale = p * q;
    let [most, lost] = sum(scale + one, scale * r);
    let [whole, lost] = sum(most, lost + scale * rest);
    // 1 − 2 / (whole + lost), to first order in what was lost.
    let quotient = two / whole;
    let [large, lost_too] = sum(one, -quotient);
    let large = large + (lost_too + quotient * quotient * F::from(0.5) * lost);

    (if a < F::from(0.55) { small } else { large }).with_sign_of(x)
}

/// e = e⁻|ˣ| = p q (m + part), with powers of two p and q, by which a result is to be multiplied last.
struct Decay<F> {
    m: F,
    part: F,
    /// 1 − e in two parts, with all its digits where x is near 0.
    less: [F; 2],
    factors: [F; 2],
    /// p q m, and p q part.
    e: [F; 2],
    negative: bool,
}

#[inline(always)]
fn decay<F: Format>([x, part]: [F; 2]) -> Decay<F> {
    let negative = x < F::from(0.0);
    let [x, part] = if negative { [x, part] } else { [-x, -part] };
    let [x, part] = if x < F::WEIGHED { [F::WEIGHED, F::from(0.0)] } else { [x, part] };
    let Power { factors: [p, q], r, rest } = Power::of_sum([x, part]);
    let one = F::from(1.0);
    let [most, lost] = sum(one, r);
    let [m, part] = sum(most, lost + rest);
    let scale = p * q;
    let [less, less_lost] = two_sum(one, -scale);
    let [less, less_rest] = two_sum(less, -scale * r);
    let less = [less, less_lost + less_rest - scale * rest];
    Decay { m, part, less, factors: [p, q], e: [m * p * q, part * p * q], negative }
}

/// (a + b) / (c + d) with small b and d, given about 1 / c.
#[inline(always)]
fn quotient<F: Format>([a, b]: [F; 2], [c, d]: [F; 2], about: F) -> F {
    let y = a / c;
    y + (b - y * d) * about
}

/// w σ(x), with the logistic function σ(x) = 1 / (1 + e⁻ˣ); x is the sum of two numbers.
#[inline(always)]
pub(crate) fn gate<F: Format>(w: F, x: [F; 2]) -> F {
    let Decay { m, part, factors: [p, q], e: [e, e_part], negative, .. } = decay(x);
    let (zero, one) = (F::from(0.0), F::from(1.0));
    let [[m, part], [p, q]] = if negative { [[m, part], [p, q]] } else { [[one, zero], [one, one]] };
    let [whole, lost] = sum(one, e);
    let about = one - e * (F::from(0.75) - F::from(0.25) * e);
    let y = w * p * quotient([m, part], [whole, lost + e_part], about) * q;
    if x[0] < F::WEIGHED { nothing(w) } else { y }
}

/// w σ'(x) = w e⁻ˣ / (1 + e⁻ˣ)².
#[inline(always)]
pub(crate) fn slope<F: Format>(w: F, x: [F; 2]) -> F {
    let Decay { m, part, factors: [p, q], e: [e, e_part], .. } = decay(x);
    let (one, two) = (F::from(1.0), F::from(2.0));
    // (1 + e)² = 1 + 2e + e².
    let [once, lost] = sum(one, two * e);
    let [whole, lost_too] = sum(once, e * e);
    let lost = lost + lost_too + two * (one + e) * e_part;
    let about = one - e * (F::from(1.75) - e);
    let y = w * p * quotient([m, part], [whole, lost], about) * q;
    if x[0].magnitude() > -F::WEIGHED { nothing(w) } else { y }
}

/// w σ''(x) = w e⁻ˣ (e⁻ˣ − 1) / (1 + e⁻ˣ)³, rounded once.
#[inline(always)]
pub(crate) fn curve<F: Format>(w: F, x: [F; 2]) -> F {
    let Decay { m, part, less: [less, less_part], factors: [p, q], e: [e, e_part], negative } = decay(x);
    let one = F::from(1.0);
    let [above, above_rest] = product(m, less);
    let above_rest = above_rest + (m * less_part + part * less);
    let [whole, lost] = sum(one, e);
    let lost = lost + e_part;
    let [twice, twice_rest] = square(whole);
    let [below, below_rest] = product(twice, whole);
    let below_rest = below_rest + (twice_rest * whole + F::from(3.0) * twice * lost);
    let y = above / below;
    let [back, back_rest] = product(y, below);
    let rest = ((above - back) - back_rest + (above_rest - y * below_rest)) / below;
    let w_p = w * p;
    let [y, y_rest] = product(w_p, y);
    let rest = y_rest + w_p * rest;
    // Of what overflows, the rest is not finite.
    let y = if rest.magnitude() < F::from(f32::INFINITY) { y + rest } else { y };
    let y = if negative { y * q } else { -y * q };
    if x[0].magnitude() > -F::WEIGHED { nothing(w) } else { y }
}

/// A factor times a function that vanished: 0, even if the factor is infinite, since the function decays faster than any power
/// of its argument grows; NaN for NaN.
#[inline(always)]
pub(super) fn nothing<F: Format>(w: F) -> F {
    if is_number(w) { F::from(0.0) } else { w }
}

/// w (1 + 0.134145 x²) 2 √(2/π) / 1024, rounded once: w times the slope of [`cubic`], and a power of two.
#[inline(always)]
pub(crate) fn cubic_turn<F: Format>(w: F, x: F) -> F {
    let [[one, one_rest], [three, three_rest]] = F::CUBIC;
    let (thrice, scale) = (F::from(3.0), F::from(1.0 / 1024.0));
    let [factor, factor_rest] = product(thrice, three);
    let factor_rest = factor_rest + thrice * three_rest;
    let [square, square_rest] = square(x);
    let [term, term_rest] = product(factor, square);
    let [turn, turn_rest] = two_sum(one, term);
    let turn_rest = turn_rest + (term_rest + (factor * square_rest + factor_rest * square) + one_rest);
    let [y, y_rest] = product(w, turn * scale);
    let rest = y_rest + w * (turn_rest * scale);
    // Of what overflows, the rests are not finite.
    if rest.magnitude() < F::from(f32::INFINITY) { y + rest } else { y }
}

/// 2 √(2/π) (x + 0.044715 x³), where σ of it is not 0 or 1 for sure, as the sum of two numbers.
#[inline(always)]
pub(crate) fn cubic<F: Format>(x: F) -> [F; 2] {
    let limit = F::from(32.0);
    let x = if x > limit { limit } else { x };
    let x = if x < -limit { -limit } else { x };
    let [[one, one_rest], [three, three_rest]] = F::CUBIC;
    let [square, square_rest] = square(x);
    let [term, term_rest] = product(three, square);
    let [factor, factor_rest] = two_sum(one, term);
    let factor_rest = factor_rest + (term_rest + (three * square_rest + three_rest * square) + one_rest);
    let [most, rest] = product(x, factor);
    sum(most, rest + x * factor_rest)
}
