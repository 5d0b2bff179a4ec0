//! The hyperbolic tangent, and the logistic function and its slope, times a factor.

use super::super::format::is_number;
use super::super::{polynomial, product, square, sum, two_sum};
use super::exponential::{Power, WEIGHED};

/// Of R, as the folder's page has it.
const TANH: &[[f64; 4]] = &[
    [-0.333_333_333_333_333_3, 0.133_333_333_333_330_67, -0.053_968_253_968_044_01, 0.021_869_488_527_84],
    [
        -0.008_863_235_336_545_494,
        0.003_592_125_166_692_235_4,
        -0.001_455_805_881_172_534_9,
        0.000_589_833_214_410_847_5,
    ],
    [
        -0.000_238_214_645_780_405_6,
        9.396_817_437_394_987e-5,
        -3.296_673_465_200_032e-5,
        7.449_009_370_958_913e-6,
    ],
];

/// 2 √(2/π) and 0.044715 of it, each in two parts.
pub(in super::super) const CUBIC: [[f64; 2]; 2] = [
    [1.595_769_121_605_730_8, -9.969_308_809_110_92e-17],
    [0.071_354_816_272_600_25, -6.175_149_918_155_315e-19],
];

#[inline(always)]
pub(crate) fn tanh(x: f64) -> f64 {
    let (one, two) = (1.0, 2.0);
    let a = x.abs();
    let square = a * a;
    let small = a + a * (square * polynomial(TANH, square));

    // tanh 20 is 1.
    let twice = a + a;
    let Power { factors: [p, q], r, rest } = Power::of(if twice > 40.0 { 40.0 } else { twice });
    let scale = p * q;
    let [most, lost] = sum(scale + one, scale * r);
    let [whole, lost] = sum(most, lost + scale * rest);
    // 1 − 2 / (whole + lost), to first order in what was lost.
    let quotient = two / whole;
    let [large, lost_too] = sum(one, -quotient);
    let large = large + (lost_too + quotient * quotient * 0.5 * lost);

    (if a < 0.55 { small } else { large }).copysign(x)
}

/// e = e⁻|ˣ| = p q (m + part), with powers of two p and q, by which a result is to be multiplied last.
struct Decay {
    m: f64,
    part: f64,
    /// 1 − e in two parts, with all its digits where x is near 0.
    less: [f64; 2],
    factors: [f64; 2],
    /// p q m, and p q part.
    e: [f64; 2],
    negative: bool,
}

#[inline(always)]
fn decay([x, part]: [f64; 2]) -> Decay {
    let negative = x < 0.0;
    let [x, part] = if negative { [x, part] } else { [-x, -part] };
    let [x, part] = if x < WEIGHED { [WEIGHED, 0.0] } else { [x, part] };
    let Power { factors: [p, q], r, rest } = Power::of_sum([x, part]);
    let one = 1.0;
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
fn quotient([a, b]: [f64; 2], [c, d]: [f64; 2], about: f64) -> f64 {
    let y = a / c;
    y + (b - y * d) * about
}

/// w σ(x), with the logistic function σ(x) = 1 / (1 + e⁻ˣ); x is the sum of two numbers.
#[inline(always)]
fn gate(w: f64, x: [f64; 2]) -> f64 {
    let Decay { m, part, factors: [p, q], e: [e, e_part], negative, .. } = decay(x);
    let (zero, one) = (0.0, 1.0);
    let [[m, part], [p, q]] = if negative { [[m, part], [p, q]] } else { [[one, zero], [one, one]] };
    let [whole, lost] = sum(one, e);
    let about = one - e * (0.75 - 0.25 * e);
    let y = w * p * quotient([m, part], [whole, lost + e_part], about) * q;
    if x[0] < WEIGHED { nothing(w) } else { y }
}

/// w σ'(x) = w e⁻ˣ / (1 + e⁻ˣ)².
#[inline(always)]
fn slope(w: f64, x: [f64; 2]) -> f64 {
    let Decay { m, part, factors: [p, q], e: [e, e_part], .. } = decay(x);
    let (one, two) = (1.0, 2.0);
    // (1 + e)² = 1 + 2e + e².
    let [once, lost] = sum(one, two * e);
    let [whole, lost_too] = sum(once, e * e);
    let lost = lost + lost_too + two * (one + e) * e_part;
    let about = one - e * (1.75 - e);
    let y = w * p * quotient([m, part], [whole, lost], about) * q;
    if x[0].abs() > -WEIGHED { nothing(w) } else { y }
}

/// w σ''(x) = w e⁻ˣ (e⁻ˣ − 1) / (1 + e⁻ˣ)³, rounded once.
#[inline(always)]
fn curve(w: f64, x: [f64; 2]) -> f64 {
    let Decay { m, part, less: [less, less_part], factors: [p, q], e: [e, e_part], negative } = decay(x);
    let one = 1.0;
    let [above, above_rest] = product(m, less);
    let above_rest = above_rest + (m * less_part + part * less);
    let [whole, lost] = sum(one, e);
    let lost = lost + e_part;
    let [twice, twice_rest] = square(whole);
    let [below, below_rest] = product(twice, whole);
    let below_rest = below_rest + (twice_rest * whole + 3.0 * twice * lost);
    let y = above / below;
    let [back, back_rest] = product(y, below);
    let rest = ((above - back) - back_rest + (above_rest - y * below_rest)) / below;
    let w_p = w * p;
    let [y, y_rest] = product(w_p, y);
    let rest = y_rest + w_p * rest;
    // Of what overflows, the rest is not finite.
    let y = if rest.abs() < f64::INFINITY { y + rest } else { y };
    let y = if negative { y * q } else { -y * q };
    if x[0].abs() > -WEIGHED { nothing(w) } else { y }
}

/// A factor times a function that vanished: 0, even if the factor is infinite, since the function decays faster than any power
/// of its argument grows; NaN for NaN.
#[inline(always)]
pub(in super::super) fn nothing(w: f64) -> f64 {
    if is_number(w) { 0.0 } else { w }
}

/// w (1 + 0.134145 x²) 2 √(2/π) / 1024, rounded once: w times the slope of [`cubic`], and a power of two.
#[inline(always)]
pub(crate) fn cubic_turn(w: f64, x: f64) -> f64 {
    let [[one, one_rest], [three, three_rest]] = CUBIC;
    let (thrice, scale) = (3.0, 1.0 / 1024.0);
    let [factor, factor_rest] = product(thrice, three);
    let factor_rest = factor_rest + thrice * three_rest;
    let [square, square_rest] = square(x);
    let [term, term_rest] = product(factor, square);
    let [turn, turn_rest] = two_sum(one, term);
    let turn_rest = turn_rest + (term_rest + (factor * square_rest + factor_rest * square) + one_rest);
    let [y, y_rest] = product(w, turn * scale);
    let rest = y_rest + w * (turn_rest * scale);
    // Of what overflows, the rests are not finite.
    if rest.abs() < f64::INFINITY { y + rest } else { y }
}

/// 2 √(2/π) (x + 0.044715 x³), where σ of it is not 0 or 1 for sure, as the sum of two numbers.
#[inline(always)]
fn cubic(x: f64) -> [f64; 2] {
    let limit = 32.0;
    let x = if x > limit { limit } else { x };
    let x = if x < -limit { -limit } else { x };
    let [[one, one_rest], [three, three_rest]] = CUBIC;
    let [square, square_rest] = square(x);
    let [term, term_rest] = product(three, square);
    let [factor, factor_rest] = two_sum(one, term);
    let factor_rest = factor_rest + (term_rest + (three * square_rest + three_rest * square) + one_rest);
    let [most, rest] = product(x, factor);
    sum(most, rest + x * factor_rest)
}

/// The hyperbolic tangent of √(2/π) (x + 0.044715 x³).
#[inline(always)]
pub(crate) fn cubic_tanh(x: f64) -> f64 {
    tanh(cubic(x)[0] * 0.5)
}

#[inline(always)]
pub(crate) fn times_logistic(w: f64, x: f64) -> f64 {
    gate(w, [x, 0.0])
}

#[inline(always)]
pub(crate) fn times_logistic_slope(w: f64, x: f64) -> f64 {
    slope(w, [x, 0.0])
}

#[inline(always)]
pub(crate) fn times_cubic(w: f64, x: f64) -> f64 {
    gate(w, cubic(x))
}

#[inline(always)]
pub(crate) fn times_cubic_slope(w: f64, x: f64) -> f64 {
    slope(w * 1024.0, cubic(x))
}

#[inline(always)]
pub(crate) fn times_cubic_curve(w: f64, x: f64) -> f64 {
    curve(w * 1024.0, cubic(x))
}
