//! The normal distribution, its density, and the bell of erf's slope, times a factor.

use super::super::{polynomial, square, sum, two_sum};
use super::exponential::{Power, WEIGHED};
use super::sigmoid::nothing;

/// log √(2π) in two parts.
pub(in super::super) const LN_SQRT_TAU: [f64; 2] = [0.918_938_533_204_672_8, -3.878_294_158_067_241_4e-17];

/// Of S, as the folder's page has it.
const MILLS: &[[f64; 4]] = &[
    [
        0.073_450_546_184_352_46,
        -0.127_554_593_123_764_33,
        0.110_459_414_013_373_09,
        -0.063_932_198_125_397_23,
    ],
    [
        0.024_018_159_670_776_126,
        -0.003_959_038_320_255_113,
        -0.001_170_230_790_501_649_8,
        0.000_724_904_224_421_441_8,
    ],
    [
        1.678_895_779_588_272_5e-5,
        -9.983_044_085_568_355e-5,
        4.815_108_526_926_83e-6,
        1.527_678_430_655_021_4e-5,
    ],
    [
        -5.738_016_166_371_75e-7,
        -2.650_065_826_601_454_5e-6,
        -1.286_814_151_071_778_4e-7,
        4.792_896_280_467_919e-7,
    ],
    [9.670_278_643_540_529e-8, -7.824_343_580_363_245e-8, -3.495_713_930_154_27e-8, 8.248_711_836_639_671e-9],
    [
        8.503_803_145_563_182e-9,
        4.579_075_361_069_282_4e-10,
        -1.111_982_898_248_631_6e-9,
        -2.845_331_871_403_718_4e-10,
    ],
];

/// Of a factor times e⁻ˢ: its power, and whether it vanishes, whatever the factor.
struct Decay {
    power: Power,
    vanished: bool,
}

/// s = c x² + d, c being ½ or 1, and d a number in two parts.
///
/// x² is taken in two parts: what its rounding loses would be as many units of the result as x² is large.
#[inline(always)]
fn decay(x: f64, c: f64, d: [f64; 2]) -> Decay {
    // Before the square overflows.
    let limit = 64.0;
    let x = if x.abs() > limit { limit } else { x };
    let [square, rest] = square(x);
    let [exponent, lost] = two_sum(-(c * square), -d[0]);
    let [exponent, part] = sum(exponent, lost - (c * rest + d[1]));
    let vanished = exponent < WEIGHED;
    let exponent = if vanished { WEIGHED } else { exponent };
    Decay { power: Power::of_sum([exponent, part]), vanished }
}

#[inline(always)]
fn weigh(w: f64, Decay { power, vanished }: Decay) -> f64 {
    let [p, q] = power.factors;
    let y = w * p * power.mantissa() * q;
    if vanished { nothing(w) } else { y }
}

/// w φ(x) = w exp(−x²/2 − log √(2π)).
#[inline(always)]
pub(crate) fn density(w: f64, x: f64) -> f64 {
    weigh(w, decay(x, 0.5, LN_SQRT_TAU))
}

/// w exp(−x²).
#[inline(always)]
pub(crate) fn bell(w: f64, x: f64) -> f64 {
    weigh(w, decay(x, 1.0, [0.0; 2]))
}

/// w Φ(x), with Φ(x) the integral of φ up to x.
#[inline(always)]
pub(crate) fn distribution(w: f64, x: f64) -> f64 {
    let Decay { power: Power { factors: [p, q], r, rest }, vanished } = decay(x, 0.5, [0.0; 2]);
    let one = 1.0;
    let limit = 64.0;
    let t = x.abs();
    let t = if t > limit { limit } else { t };

    let near = t / (t + 4.0);
    let numerator = 0.375 + (near + near) * polynomial(MILLS, near + near - one);
    let [denominator, lost] = two_sum(t, 0.75);
    let ratio = numerator / denominator;
    let [m, part] = sum(one, r);
    let [m, part] = sum(m, part + rest);
    let tail = m * ratio;
    // What the sums lost, to first order. The numerator is 1 / 2.4, within a tenth.
    let tail = tail + (part * ratio - tail * (lost * ratio * 2.4));

    let lower = w * p * tail * q;
    let upper = w * (one - tail * p * q);
    let lower = if vanished { nothing(w) } else { lower };
    if x < 0.0 { lower } else { upper }
}
