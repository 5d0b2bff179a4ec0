//! How far each is from the exact result.

use super::*;
use crate::array::Arithmetic;
use rand::rngs::Xoshiro256PlusPlus;
use rand::{RngExt, SeedableRng};
use std::ops::{Add, Div, Mul, RangeInclusive, Sub};

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
        single: single::exp,
        double: double::exp,
        std: f64::exp,
        error: |x, y| units(Pair::exp(x), y),
        ranges: [-2.0..=2.0, -700.0..=700.0],
    },
    Function {
        name: "exp_m1",
        single: single::exp_m1,
        double: double::exp_m1,
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
        single: single::tanh,
        double: double::tanh,
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
        let bound = if name.starts_with("ln") { 1.0 } else { IN_DOUBLE };
        assert!(worst < bound, "{name}({at:e}) is {worst} units in the last place off");
    }
}

/// Half a unit by the rounding at the end, and 2⁻²⁹ of the result before it, which is 2⁻⁵ units.
const IN_DOUBLE: f64 = 0.5 + 1.0 / 32.0;

#[test]
fn a_factor_times_a_function_is_rounded_once() {
    type Single = fn(f32, f32) -> f32;
    type Double = fn(f64, f64) -> f64;
    let functions: [(&str, Single, Double); 9] = [
        ("times_logistic", single::times_logistic, double::times_logistic),
        ("times_logistic_slope", single::times_logistic_slope, double::times_logistic_slope),
        ("times_cubic", single::times_cubic, double::times_cubic),
        ("times_cubic_slope", single::times_cubic_slope, double::times_cubic_slope),
        ("times_cubic_curve", single::times_cubic_curve, double::times_cubic_curve),
        ("times_cubic_turn", single::times_cubic_turn, double::times_cubic_turn),
        ("times_normal", single::times_normal, double::times_normal),
        ("times_density", single::times_density, double::times_density),
        ("times_bell", single::times_bell, double::times_bell),
    ];
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(3);
    for (name, of_singles, of_doubles) in functions {
        let (mut worst, mut at) = (0.0, [0.0; 2]);
        for i in 0..60_000 {
            // Where they are hardest, where they vanish, and numbers of all sizes, with factors of all sizes.
            let x = match i % 3 {
                0 => rng.random_range(-4.0_f32..4.0),
                1 => rng.random_range(-250.0_f32..250.0),
                _ => f32::from_bits(rng.random_range(0..=u32::MAX)),
            };
            let w = if i % 2 == 0 { 1.0 } else { f32::from_bits(rng.random_range(0..=u32::MAX)) };
            // What vanishes is 0 of either sign.
            let error = single_units(of_doubles(w.into(), x.into()) + 0.0, of_singles(w, x) + 0.0);
            if error > worst {
                (worst, at) = (error, [w, x]);
            }
        }
        println!("{name}: {worst:.3} at {at:?}");
        assert!(worst < IN_DOUBLE, "{name} of {at:?} is {worst} units in the last place off");
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
        assert!((double::exp(x) - x.exp()).abs() <= ulp(x.exp()), "exp({x})");
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
        (Arithmetic::exp_m1, "exp_m1", &linear),
        (ln_1p, "ln_1p", &linear),
        (Arithmetic::tanh, "tanh", &linear),
        (
            Arithmetic::exp,
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
        (Arithmetic::exp_m1, "exp_m1", &[[inf, inf], [-inf, minus], [largest, inf], [-largest, minus]]),
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
        (Arithmetic::tanh, "tanh", &[[largest, one], [-largest, minus], [inf, one], [-inf, minus]]),
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
    assert!(
        double::exp(709.782_712_893_384_f64).is_finite()
            && double::exp(709.782_712_893_384_1_f64).is_infinite()
    );
    assert!(single::exp(88.722_83_f32).is_finite() && single::exp(88.722_84_f32).is_infinite());
    assert!(double::exp(-745.133_219_101_941_f64) > 0.0 && double::exp(-745.133_219_101_941_2_f64) == 0.0);
    assert!(ln(f64::MAX).is_finite() && ln_1p(f64::MAX).is_finite() && ln_1p(f32::MAX).is_finite());
}

#[test]
fn tanh_is_odd() {
    for i in 0..3_000 {
        let x = f64::from(i) / 100.0;
        assert_eq!(double::tanh(-x).to_bits(), (-double::tanh(x)).to_bits(), "{x}");
    }
}

/// Where one of the two is so large that the other is rounded off, what is rounded off has no influence.
fn far_apart<T: Format + Arithmetic>(largest: T) {
    let (zero, number) = (T::ZERO, <T as Arithmetic>::from_f64);
    for near in [-753.9, -1.0, 0.0, 1e-30, 3.0, 88.9, 709.0, 1e6] {
        for far in [1e4, 1e8, 7e37].map(number).into_iter().chain([largest]) {
            let near = number(near);
            if Arithmetic::to_f64(far) <= 2.0 * Arithmetic::to_f64(near) {
                continue;
            }
            assert_eq!(Arithmetic::exp_difference(near, far), zero, "{near:?} - {far:?}");
            assert_eq!(Arithmetic::exp_difference(-far, near), zero, "{:?} - {near:?}", -far);
            assert_eq!(Arithmetic::exp_difference(far, near), T::INFINITY, "{far:?} - {near:?}");
        }
    }
}

#[test]
fn a_difference_beyond_the_range_is_0_or_infinite() {
    far_apart(f32::MAX);
    far_apart(f64::MAX);
}
