//! Single precision, computed in double: with so many places to spare that nothing need be taken in two parts, and so many
//! exponents that no product on the way leaves the range. What is rounded on the way is 2⁻²⁹ of the result at most, and so
//! all that counts is the rounding at the end: 0.52 units in the last place.
//!
//! **Exponential.** With k = round(x / ln 2) and r = x − k ln 2, eˣ = 2ᵏ + 2ᵏ (eʳ − 1). eʳ − 1 = r + r² P(r), with the polynomial P
//! of the least error relative to eʳ − 1 (by E. Remez's exchange, in 40 digits; it is 2⁻³⁷). Where k is 0, eˣ − 1 keeps all
//! its digits, and so does tanh x = (e²ˣ − 1) / (e²ˣ + 1).

#![allow(clippy::cast_possible_truncation)] // Rounding to the nearest f32 is what is asked for.

use super::double::{CUBIC, LN_SQRT_TAU, nothing};
use super::{Format, clamp};
use std::f64::consts::{LN_2, LOG2_E};

pub(crate) use super::power::power_f32 as times_power;

/// 1/2!, 1/3!, …, nearly.
const EXP: [f64; 7] = [
    0.499_999_999_997_360_6,
    0.166_666_667_545_401_35,
    0.041_666_666_955_235_06,
    0.008_333_288_957_435_502,
    0.001_388_880_929_233_381_8,
    0.000_199_049_589_634_492_98,
    2.488_250_722_721_976_6e-5,
];

/// Of the normal distribution's S (see the folder's page), by the same method; 2⁻²⁹.
const MILLS: [f64; 12] = [
    0.073_450_546_176_466_07,
    -0.127_554_592_295_129_17,
    0.110_459_412_614_992_84,
    -0.063_932_233_513_176_13,
    0.024_018_203_727_972_694,
    -0.003_958_635_982_530_232,
    -0.001_170_569_486_315_948_7,
    0.000_722_990_431_626_088,
    1.782_102_281_558_498_3e-5,
    -9.540_308_938_667_038e-5,
    3.469_657_549_556_196_6e-6,
    1.018_228_644_575_425_7e-5,
];

/// Below it, a number times 1024 eˣ is 0, whatever the number.
const WEIGHED: f64 = -200.0;

/// By W. G. Horner's scheme, which has the fewest operations: elements need not wait for each other.
#[inline(always)]
fn polynomial<const N: usize>(coefficients: &[f64; N], x: f64) -> f64 {
    let (last, others) = coefficients.split_last().expect("it has a coefficient");
    others.iter().rev().fold(*last, |y, c| y * x + c)
}

/// eˣ, and eˣ − 1. Of a number within ±700, or NaN.
#[inline(always)]
fn power(x: f64) -> [f64; 2] {
    let rounded = x * LOG2_E + f64::ROUNDER;
    let k = rounded - f64::ROUNDER;
    let r = x - k * LN_2;
    // k stands in the lowest bits.
    let scale = f64::from_bits((rounded.to_bits() << 52).wrapping_add(1.0_f64.to_bits()));
    let rest = scale * (r + r * r * polynomial(&EXP, r));
    [scale + rest, rest + (scale - 1.0)]
}

#[inline(always)]
fn exp_of(x: f64) -> f64 {
    power(x)[0]
}

#[inline(always)]
fn tanh_of(x: f64) -> f64 {
    let twice = x.abs() + x.abs();
    // tanh 20 is 1.
    let [_, less] = power(if twice > 40.0 { 40.0 } else { twice });
    (less / (less + 2.0)).copysign(x)
}

#[inline(always)]
pub(crate) fn exp(x: f32) -> f32 {
    exp_of(clamp(f64::from(x), [-104.0, 89.0])) as f32
}

/// eᵃ⁻ᵇ; 1 where a and b are equal, infinite ones too.
#[inline(always)]
#[allow(clippy::float_cmp)] // Infinite ones are equal, or they are not.
pub(crate) fn exp_difference(a: f32, b: f32) -> f32 {
    let difference = if a == b { 0.0 } else { f64::from(a) - f64::from(b) };
    exp_of(clamp(difference, [-104.0, 89.0])) as f32
}

#[inline(always)]
pub(crate) fn exp_m1(x: f32) -> f32 {
    // Below −40, it is −1.
    let [_, less] = power(clamp(f64::from(x), [-40.0, 89.0]));
    less.copysign(x.into()) as f32
}

#[inline(always)]
pub(crate) fn tanh(x: f32) -> f32 {
    tanh_of(x.into()) as f32
}

/// 2 √(2/π) (x + 0.044715 x³).
#[inline(always)]
fn cubic(x: f32) -> f64 {
    let (x, [[one, _], [three, _]]) = (f64::from(x), CUBIC);
    x * (one + three * (x * x))
}

#[inline(always)]
pub(crate) fn cubic_tanh(x: f32) -> f32 {
    tanh_of(cubic(x) * 0.5) as f32
}

/// A factor times a function that is given, or has vanished.
#[inline(always)]
fn weigh(w: f64, function: f64, vanished: bool) -> f32 {
    (if vanished { nothing(w) } else { w * function }) as f32
}

/// −|x|, within the range of [`power`].
#[inline(always)]
fn decay(x: f64) -> f64 {
    let decay = -x.abs();
    if decay < WEIGHED { WEIGHED } else { decay }
}

/// w σ(x), with the logistic function σ(x) = 1 / (1 + e⁻ˣ).
#[inline(always)]
fn gate(w: f64, x: f64) -> f32 {
    let e = exp_of(decay(x));
    weigh(w, (if x < 0.0 { e } else { 1.0 }) / (1.0 + e), x < WEIGHED)
}

/// w σ'(x) = w e⁻ˣ / (1 + e⁻ˣ)².
#[inline(always)]
fn slope(w: f64, x: f64) -> f32 {
    let e = exp_of(decay(x));
    let whole = 1.0 + e;
    weigh(w, e / (whole * whole), x.abs() > -WEIGHED)
}

/// w σ''(x) = w e⁻ˣ (e⁻ˣ − 1) / (1 + e⁻ˣ)³.
#[inline(always)]
fn curve(w: f64, x: f64) -> f32 {
    let [e, less] = power(decay(x));
    let whole = 1.0 + e;
    let curve = e * less / (whole * whole * whole);
    weigh(w, if x < 0.0 { -curve } else { curve }, x.abs() > -WEIGHED)
}

#[inline(always)]
pub(crate) fn times_logistic(w: f32, x: f32) -> f32 {
    gate(w.into(), x.into())
}

#[inline(always)]
pub(crate) fn times_logistic_slope(w: f32, x: f32) -> f32 {
    slope(w.into(), x.into())
}

#[inline(always)]
pub(crate) fn times_cubic(w: f32, x: f32) -> f32 {
    gate(w.into(), cubic(x))
}

#[inline(always)]
pub(crate) fn times_cubic_slope(w: f32, x: f32) -> f32 {
    slope(f64::from(w) * 1024.0, cubic(x))
}

#[inline(always)]
pub(crate) fn times_cubic_curve(w: f32, x: f32) -> f32 {
    curve(f64::from(w) * 1024.0, cubic(x))
}

/// w (1 + 0.134145 x²) 2 √(2/π) / 1024.
#[inline(always)]
pub(crate) fn times_cubic_turn(w: f32, x: f32) -> f32 {
    let (x, [[one, _], [three, _]]) = (f64::from(x), CUBIC);
    (f64::from(w) * ((one + 3.0 * three * (x * x)) * (1.0 / 1024.0))) as f32
}

/// w e⁻ˢ, s being c x² + d.
#[inline(always)]
fn bell(w: f32, x: f32, c: f64, d: f64) -> f32 {
    let x = f64::from(x);
    let exponent = -(c * (x * x) + d);
    let vanished = exponent < WEIGHED;
    weigh(w.into(), exp_of(if vanished { WEIGHED } else { exponent }), vanished)
}

/// w φ(x) = w exp(−x²/2 − log √(2π)).
#[inline(always)]
pub(crate) fn times_density(w: f32, x: f32) -> f32 {
    bell(w, x, 0.5, LN_SQRT_TAU[0])
}

/// w exp(−x²).
#[inline(always)]
pub(crate) fn times_bell(w: f32, x: f32) -> f32 {
    bell(w, x, 1.0, 0.0)
}

/// w Φ(x), with Φ(x) the integral of φ up to x.
#[inline(always)]
pub(crate) fn times_normal(w: f32, x: f32) -> f32 {
    // Φ(−20) is far below the smallest number, whatever it is multiplied by.
    let t = f64::from(x).abs();
    let t = if t > 20.0 { 20.0 } else { t };
    let twice = (t + t) / (t + 4.0);
    let ratio = (0.375 + twice * polynomial(&MILLS, twice - 1.0)) / (t + 0.75);
    let tail = exp_of(-0.5 * (t * t)) * ratio;
    weigh(w.into(), if x < 0.0 { tail } else { 1.0 - tail }, x <= -20.0)
}
