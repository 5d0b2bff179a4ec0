//! exp, log and tanh in straight lines of arithmetic, for vector code: no branch, no table, no call.
//!
//! With plain IEEE operations alone they give the same bits on every machine, at every vector width.
//!
//! **Exponential.** With k = round(x / ln 2) and r = x − k ln 2, eˣ = 2ᵏ eʳ where |r| ≤ ln 2 / 2. ln 2 is subtracted in two
//! parts, and the product of k with the first is exact (W. J. Cody and W. Waite, *Software Manual for the Elementary
//! Functions*, 1980, chapter 6). eʳ − 1 is its Taylor polynomial, cut off where the next term is below a hundredth of
//! a unit in the last place. It is kept in two parts, r and a small rest, so that eˣ − 1 and tanh do not lose digits.
//!
//! **Logarithm.** x = 2ᵏ m with √½ ≤ m < √2. With f = m − 1 and s = f / (2 + f), log m = 2 artanh s; the Taylor series of
//! artanh gives log m = f − (f²/2 − s (f²/2 + ⅔ s² + ⅖ s⁴ + …)), which rounds on the scale of f² (the arrangement of
//! FDLIBM, K. C. Ng, 1993). For log(1 + x), what rounding takes from 1 + x is found exactly (D. E. Knuth, *The Art of
//! Computer Programming* 2, 1997, §4.2.2, theorem B) and has its slope, 1 / (1 + x).
//!
//! **Hyperbolic tangent.** For |x| < 0.55, x + x³ R(x²), with the polynomial R of the least relative error (by
//! E. Remez's exchange of 1934, in 60 digits; it is 2⁻⁶⁵ for `f64` and 2⁻⁴⁵ for `f32`). Above, where tanh is at least one
//! half, 1 − 2 / (e²ˣ + 1).
//!
//! **Accuracy**, in units in the last place of the exact result; the largest that was found. `f32`: of all 2³² numbers,
//! against `f64`. `f64`: of 400,000 numbers of all sizes, half of them where the functions are hardest, against 140 bits.
//! The tests hold both below 1.
//!
//! | | exp | exp − 1 | log | log(1 + x) | tanh |
//! |---|---|---|---|---|---|
//! | `f32` | 0.77 | 0.82 | 0.86 | 0.86 | 0.95 |
//! | `f64` | 0.76 | 0.82 | 0.79 | 0.78 | 0.81 |

use std::ops::{Add, Div, Mul, Neg, Sub};

/// A format of floating-point numbers: the constants and bits that the functions need.
pub(crate) trait Format:
    Copy
    + PartialOrd
    + From<f32>
    + Neg<Output = Self>
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Div<Output = Self>
    + 'static
{
    /// 1 / ln 2.
    const LOG2_E: Self;
    /// ln 2 in two parts. The first has so few places that a product with any exponent is exact.
    const LN_2: [Self; 2];
    /// 1.5 · 2ᵖ⁻¹, for numbers of p places. Added to a smaller number, it rounds it to a whole one, which then stands in
    /// the sum's lowest bits.
    const ROUNDER: Self;
    /// eˣ is 0 below the first and infinite above the second.
    const EXP_RANGE: [Self; 2];
    /// The smallest normal number.
    const NORMAL: Self;
    /// 1/3!, 1/4!, …
    const EXP: &'static [[Self; 4]];
    /// 2/3, 2/5, …
    const ARTANH: &'static [[Self; 4]];
    /// Of R, above.
    const TANH: &'static [[Self; 4]];

    /// Two factors that multiply to 2ᵏ, given k + `ROUNDER`. (One would not do: 2ᵏ itself may be too large or too small.)
    fn powers(rounded: Self) -> [Self; 2];
    /// m and k of x = 2ᵏ m with √½ ≤ m < √2, for a positive normal x.
    fn split(self) -> [Self; 2];
    fn magnitude(self) -> Self;
    fn with_sign_of(self, other: Self) -> Self;
}

/// The functions on bits, of a format with so many bits of fraction, and this exponent for 1.
macro_rules! bits {
    ($float:ident, $bits:ident, fraction: $fraction:literal, one: $one:literal) => {
        #[inline(always)]
        fn powers(rounded: Self) -> [Self; 2] {
            let both = rounded.to_bits().wrapping_sub(Self::ROUNDER.to_bits()).wrapping_add(2 * $one);
            let half = both >> 1;
            [half, both.wrapping_sub(half)].map(|exponent| Self::from_bits(exponent << $fraction))
        }

        #[inline(always)]
        fn split(self) -> [Self; 2] {
            const ROOT: $bits = std::$float::consts::FRAC_1_SQRT_2.to_bits();
            // Moved so far that the exponent steps at √½ rather than at 1.
            let bits = self.to_bits().wrapping_add($float::to_bits(1.0) - ROOT);
            let m = Self::from_bits(ROOT + (bits & ((1 << $fraction) - 1)));
            let exponent = Self::from_bits(Self::ROUNDER.to_bits() + (bits >> $fraction));
            [m, exponent - (Self::ROUNDER + <Self as From<u16>>::from($one))]
        }

        #[inline(always)]
        fn magnitude(self) -> Self {
            self.abs()
        }

        #[inline(always)]
        fn with_sign_of(self, other: Self) -> Self {
            self.copysign(other)
        }
    };
}

impl Format for f32 {
    const LOG2_E: Self = std::f32::consts::LOG2_E;
    const LN_2: [Self; 2] = [0.693_145_75, 1.428_606_8e-6];
    const ROUNDER: Self = 12_582_912.0;
    const EXP_RANGE: [Self; 2] = [-104.0, 89.0];
    const NORMAL: Self = Self::MIN_POSITIVE;
    const EXP: &'static [[Self; 4]] = &[
        [1.0 / 6.0, 1.0 / 24.0, 1.0 / 120.0, 1.0 / 720.0],
        [1.0 / 5_040.0, 1.0 / 40_320.0, 1.0 / 362_880.0, 1.0 / 3_628_800.0],
    ];
    const ARTANH: &'static [[Self; 4]] = &[[2.0 / 3.0, 2.0 / 5.0, 2.0 / 7.0, 2.0 / 9.0]];
    const TANH: &'static [[Self; 4]] = &[
        [-0.333_333_33, 0.133_333_33, -0.053_968_22, 0.021_868_898],
        [-0.008_857_327_5, 0.003_557_341, -0.001_334_382_7, 0.000_349_549_17],
    ];

    bits! { f32, u32, fraction: 23, one: 127 }
}

impl Format for f64 {
    const LOG2_E: Self = std::f64::consts::LOG2_E;
    const LN_2: [Self; 2] = [0.693_147_180_559_890_3, 5.497_923_018_708_371e-14];
    const ROUNDER: Self = 6_755_399_441_055_744.0;
    const EXP_RANGE: [Self; 2] = [-746.0, 710.0];
    const NORMAL: Self = Self::MIN_POSITIVE;
    const EXP: &'static [[Self; 4]] = &[
        [1.0 / 6.0, 1.0 / 24.0, 1.0 / 120.0, 1.0 / 720.0],
        [1.0 / 5_040.0, 1.0 / 40_320.0, 1.0 / 362_880.0, 1.0 / 3_628_800.0],
        [1.0 / 39_916_800.0, 1.0 / 479_001_600.0, 1.0 / 6_227_020_800.0, 1.0 / 87_178_291_200.0],
    ];
    const ARTANH: &'static [[Self; 4]] = &[
        [2.0 / 3.0, 2.0 / 5.0, 2.0 / 7.0, 2.0 / 9.0],
        [2.0 / 11.0, 2.0 / 13.0, 2.0 / 15.0, 2.0 / 17.0],
        [2.0 / 19.0, 2.0 / 21.0, 2.0 / 23.0, 2.0 / 25.0],
    ];
    const TANH: &'static [[Self; 4]] = &[
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

    bits! { f64, u64, fraction: 52, one: 1023 }
}

/// A polynomial of these coefficients, lowest first. Four strands, for they need not wait for each other.
#[inline(always)]
fn polynomial<F: Format>(coefficients: &[[F; 4]], x: F) -> F {
    let square = x * x;
    let fourth = square * square;
    let [mut a, mut b, mut c, mut d] = coefficients[coefficients.len() - 1];
    for row in coefficients[..coefficients.len() - 1].iter().rev() {
        a = a * fourth + row[0];
        b = b * fourth + row[1];
        c = c * fourth + row[2];
        d = d * fourth + row[3];
    }
    (a + b * x) + (c + d * x) * square
}

/// eˣ = 2ᵏ (1 + r + rest).
struct Power<F> {
    /// That multiply to 2ᵏ.
    factors: [F; 2],
    r: F,
    rest: F,
}

impl<F: Format> Power<F> {
    #[inline(always)]
    fn of(x: F) -> Self {
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
}

/// Within these bounds; NaN stays NaN.
#[inline(always)]
fn clamp<F: Format>(x: F, [low, high]: [F; 2]) -> F {
    let x = if x > high { high } else { x };
    if x < low { low } else { x }
}

/// The sum, and what its rounding takes from it, if |a| ≥ |b| (T. J. Dekker, 1971).
#[inline(always)]
fn sum<F: Format>(a: F, b: F) -> [F; 2] {
    let sum = a + b;
    [sum, b - (sum - a)]
}

#[inline(always)]
pub(crate) fn exp<F: Format>(x: F) -> F {
    let Power { factors: [p, q], r, rest } = Power::of(clamp(x, F::EXP_RANGE));
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::array::Arithmetic;
    use rand::rngs::Xoshiro256PlusPlus;
    use rand::{RngExt, SeedableRng};
    use std::ops::RangeInclusive;

    /// Ours in single and double precision, and the standard library's.
    struct Function {
        name: &'static str,
        single: fn(f32) -> f32,
        double: fn(f64) -> f64,
        std: fn(f64) -> f64,
        /// In double-double precision: its error in units of the last place of its `double` value.
        error: fn(f64, f64) -> f64,
        /// Where it is hardest, and where it is a normal number.
        ranges: [RangeInclusive<f64>; 2],
    }

    const FUNCTIONS: [Function; 5] = [
        Function {
            name: "exp",
            single: exp,
            double: exp,
            std: f64::exp,
            error: |x, y| units(Pair::exp(x), y),
            ranges: [-2.0..=2.0, -700.0..=700.0],
        },
        Function {
            name: "exp_m1",
            single: exp_m1,
            double: exp_m1,
            std: f64::exp_m1,
            error: |x, y| units(Pair::exp_m1(x), y),
            ranges: [-2.0..=2.0, -50.0..=700.0],
        },
        Function {
            name: "ln",
            single: ln,
            double: ln,
            std: f64::ln,
            // log x − y = log(1 + δ) with δ = x e⁻ʸ − 1, which is so small that it is its own logarithm.
            error: |x, y| ((Pair::sum(x, -1.0) - Pair::exp_m1(y)) / Pair::exp(y)).0 / ulp(y),
            ranges: [0.3..=3.0, 1e-300..=1e300],
        },
        Function {
            name: "ln_1p",
            single: ln_1p,
            double: ln_1p,
            std: f64::ln_1p,
            error: |x, y| ((Pair(x, 0.0) - Pair::exp_m1(y)) / Pair::exp(y)).0 / ulp(y),
            ranges: [-0.7..=2.0, -0.999..=1e300],
        },
        Function {
            name: "tanh",
            single: tanh,
            double: tanh,
            std: f64::tanh,
            error: |x, y| {
                let power = Pair::exp_m1(2.0 * x);
                units(power / (power + Pair(2.0, 0.0)), y)
            },
            ranges: [-1.5..=1.5, -19.0..=19.0],
        },
    ];

    /// A number as the sum of two, in twice the precision (T. J. Dekker, 1971).
    #[derive(Clone, Copy)]
    struct Pair(f64, f64);

    impl Pair {
        fn sum(a: f64, b: f64) -> Self {
            let sum = a + b;
            let part = sum - a;
            Self(sum, (a - (sum - part)) + (b - part))
        }

        const ONE: Self = Self(1.0, 0.0);

        /// For x ≥ 0: by the Taylor series at x / 2²⁰, and e²ᵗ − 1 from eᵗ − 1 twenty times, at the cost of some 20 of 106
        /// bits. Below, by the reciprocal.
        fn exp_m1(x: f64) -> Self {
            let small = Self(x.abs() / 1_048_576.0, 0.0);
            let term = |sum: Self, n: u32| small / Self(f64::from(n), 0.0) * (Self::ONE + sum);
            let power = (1..=14).rev().fold(Self(0.0, 0.0), term);
            let power = (0..20).fold(power, |t, _| t + t + t * t);
            if x < 0.0 { Self(0.0, 0.0) - power / (power + Self::ONE) } else { power }
        }

        fn exp(x: f64) -> Self {
            let power = Self::exp_m1(x.abs()) + Self::ONE;
            if x < 0.0 { Self::ONE / power } else { power }
        }
    }

    impl Add for Pair {
        type Output = Self;
        fn add(self, other: Self) -> Self {
            let Self(high, low) = Self::sum(self.0, other.0);
            let Self(rest, lost) = Self::sum(self.1, other.1);
            let Self(high, low) = Self::sum(high, low + rest);
            Self::sum(high, low + lost)
        }
    }
    impl Sub for Pair {
        type Output = Self;
        fn sub(self, other: Self) -> Self {
            self + Self(-other.0, -other.1)
        }
    }
    impl Mul for Pair {
        type Output = Self;
        fn mul(self, other: Self) -> Self {
            let high = self.0 * other.0;
            let low = self.0.mul_add(other.0, -high);
            Self::sum(high, low + (self.0 * other.1 + self.1 * other.0))
        }
    }
    impl Div for Pair {
        type Output = Self;
        fn div(self, other: Self) -> Self {
            let quotient = Self(self.0 / other.0, 0.0);
            quotient + Self((self - quotient * other).0 / other.0, 0.0)
        }
    }

    /// The distance of neighbours at this number.
    fn ulp(y: f64) -> f64 {
        let y = y.abs().max(f64::MIN_POSITIVE);
        f64::from_bits(y.to_bits() & (0x7ff << 52)) * f64::EPSILON
    }

    fn units(exact: Pair, y: f64) -> f64 {
        (exact - Pair(y, 0.0)).0 / ulp(exact.0)
    }

    /// How many units in the last place `y` is from the exact value, given in double precision.
    fn single_units(exact: f64, y: f32) -> f64 {
        #[allow(clippy::cast_possible_truncation)] // To compare with rounding.
        let nearest = exact as f32;
        if exact.is_nan() || y.is_nan() || nearest.is_infinite() || y.is_infinite() || exact == 0.0 {
            let same = nearest.to_bits() == y.to_bits() || exact.is_nan() && y.is_nan();
            return if same { 0.0 } else { f64::INFINITY };
        }
        let binade = f64::from_bits(exact.abs().max(f64::from(f32::MIN_POSITIVE)).to_bits() & (0x7ff << 52));
        (exact - f64::from(y)).abs() / (binade * f64::from(f32::EPSILON))
    }

    /// The largest error among every `step`-th of all single-precision numbers.
    fn single_precision(step: usize) {
        for Function { name, single, std, .. } in FUNCTIONS {
            let (mut worst, mut at) = (0.0, 0.0);
            for bits in (0..=u32::MAX).step_by(step) {
                let x = f32::from_bits(bits);
                let error = single_units(std(f64::from(x)), single(x));
                if error > worst {
                    (worst, at) = (error, x);
                }
            }
            println!("{name}: {worst:.3} at {at:e}");
            assert!(worst < 1.0, "{name}({at:e}) is {worst} units in the last place off");
        }
    }

    #[test]
    fn single_precision_is_within_one_unit() {
        single_precision(4_093);
    }

    #[test]
    #[ignore = "all numbers there are: minutes, in a release build"]
    fn single_precision_is_within_one_unit_for_all_numbers() {
        single_precision(1);
    }

    #[test]
    fn double_precision_is_within_one_unit() {
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(2);
        let mut uniform = |from: f64, to: f64| rng.random_range(from..=to);
        for Function { name, double, std, error, ranges, .. } in FUNCTIONS {
            let (mut worst, mut at) = (0.0, 0.0);
            for i in 0..30_000 {
                let [hard, wide] = ranges.each_ref().map(|range| uniform(*range.start(), *range.end()));
                // Uniform where it is hard; of all sizes, down to 10⁻³⁰ times the range; and about 0.
                let x = [hard, wide * 10_f64.powf(uniform(-30.0, 0.0)), wide * uniform(0.0, 1.0)][i % 3];
                let y = double(x);
                assert!((y - std(x)).abs() <= 2.0 * ulp(y), "{name}({x:e}) = {y:e}, and by std {:e}", std(x));
                let error = error(x, y).abs();
                if error > worst {
                    (worst, at) = (error, x);
                }
            }
            println!("{name}: {worst:.3} at {at:e}");
            assert!(worst < 1.0, "{name}({at:e}) is {worst} units in the last place off");
        }
    }

    /// The smallest results round once.
    #[test]
    fn underflow_is_gradual() {
        for i in 0..4_000 {
            let x = -746.0 + f64::from(i) / 100.0;
            assert!((exp(x) - x.exp()).abs() <= ulp(x.exp()), "exp({x})");
        }
        for exponent in 0..52 {
            let x = f64::from_bits(1 << exponent);
            assert!((ln(x) - x.ln()).abs() <= ulp(700.0), "ln({x:e})");
        }
    }

    /// A function, its name, and operands with their results.
    type Cases<'a, T> = (fn(T) -> T, &'static str, &'a [[T; 2]]);

    fn special_values<T: Arithmetic + Format>(largest: T, smallest: T) {
        let [zero, one, inf, nan] =
            [<T as Arithmetic>::ZERO, T::one(), <T as Arithmetic>::INFINITY, <T as Arithmetic>::NAN];
        let linear = [[zero, zero], [-zero, -zero], [smallest, smallest], [-smallest, -smallest], [nan, nan]];
        let minus = -one;
        let cases: [Cases<T>; 8] = [
            (exp_m1, "exp_m1", &linear),
            (ln_1p, "ln_1p", &linear),
            (tanh, "tanh", &linear),
            (
                exp,
                "exp",
                &[
                    [zero, one],
                    [-zero, one],
                    [inf, inf],
                    [-inf, zero],
                    [largest, inf],
                    [-largest, zero],
                    [nan, nan],
                ],
            ),
            (exp_m1, "exp_m1", &[[inf, inf], [-inf, minus], [largest, inf], [-largest, minus]]),
            (
                ln,
                "ln",
                &[
                    [one, zero],
                    [zero, -inf],
                    [-zero, -inf],
                    [-smallest, nan],
                    [minus, nan],
                    [-inf, nan],
                    [inf, inf],
                    [nan, nan],
                ],
            ),
            (ln_1p, "ln_1p", &[[minus, -inf], [-largest, nan], [minus - one, nan], [-inf, nan], [inf, inf]]),
            (tanh, "tanh", &[[largest, one], [-largest, minus], [inf, one], [-inf, minus]]),
        ];
        for (function, name, cases) in cases {
            for &[x, expected] in cases {
                let [x, y, expected] = [x, function(x), expected].map(Arithmetic::to_f64);
                let same = y.to_bits() == expected.to_bits() || y.is_nan() && expected.is_nan();
                assert!(same, "{name}({x:e}) is {y:e}, not {expected:e}, in {}", T::DTYPE);
            }
        }
    }

    #[test]
    fn special_values_are_as_in_the_standard_library() {
        special_values(f32::MAX, f32::from_bits(1));
        special_values(f64::MAX, f64::from_bits(1));
        // The last number before each end.
        assert!(exp(709.782_712_893_384_f64).is_finite() && exp(709.782_712_893_384_1_f64).is_infinite());
        assert!(exp(88.722_83_f32).is_finite() && exp(88.722_84_f32).is_infinite());
        assert!(exp(-745.133_219_101_941_f64) > 0.0 && exp(-745.133_219_101_941_2_f64) == 0.0);
        assert!(ln(f64::MAX).is_finite() && ln_1p(f64::MAX).is_finite() && ln_1p(f32::MAX).is_finite());
    }

    #[test]
    fn tanh_is_odd() {
        for i in 0..3_000 {
            let x = f64::from(i) / 100.0;
            assert_eq!(tanh(-x).to_bits(), (-tanh(x)).to_bits(), "{x}");
        }
    }
}
