//! The error bound, held against what rounding does.

#![allow(clippy::float_cmp, clippy::format_push_string)] // An error that is not there is exactly 0.

use super::{Bound, By, Complex, Dual, Rounding};
use crate::{Arithmetic, Float, random};

const INF: f64 = f64::INFINITY;

fn in_double(compute: impl FnOnce() -> Bound) -> Bound {
    Rounding::recorded(false).count(compute)
}

#[test]
fn an_exact_infinity_has_no_error() {
    Rounding::recorded(true).count(|| {
        let [inf, zero] = [Bound::constant(-INF), Bound::constant(0.0)];
        let x = Bound::with(3.0, 0.1);
        for exact in [
            inf + x,
            x + inf,
            x - inf,
            -inf,
            inf * x,
            inf / x,
            x / inf,
            inf.exp(),
            inf.exp_difference(x),
            inf.tanh(),
        ] {
            assert_eq!(exact.error, 0.0, "{exact:?}");
        }
        assert_eq!(inf.exp_difference(x).value, 0.0);
        assert_eq!(zero.ln().error, 0.0);
        // An overflow is none.
        assert_eq!(in_double(|| Bound::constant(711.0).exp()).error, INF);
        assert_eq!(Bound::constant(90.0).exp().error, INF);
        // A sign that is not known makes anything of an infinity.
        assert_eq!((inf * Bound::with(0.1, 0.2)).error, INF);
    });
}

#[test]
fn what_is_not_there_is_nothing() {
    Rounding::recorded(true).count(|| {
        let anything = Bound::with(1.0, INF);
        let zero = Bound::constant(0.0);
        assert_eq!((zero * Bound::with(1.0, 1e30)).error, 0.0);
        // What may be anything may be infinite, and 0 · ∞ is not a number; but for an absolute zero.
        assert_eq!((zero * anything).error, INF);
        assert_eq!(zero.azmul(anything).error, 0.0);
        assert_eq!(zero.azmul(Bound::constant(f64::NAN)).error, 0.0);
        // The slope in the exponent is NaN, and the exponent has no error.
        let power = Bound::with(-2.0, 1e-6).powf(Bound::constant(2.0));
        assert_eq!(power.value, 4.0);
        assert!(power.error > 4e-6 && power.error < 6e-6, "{power:?}");
        assert!(Bound::with(-2.0, 1e-6).powf(Bound::with(2.0, 1e-9)).error.is_infinite());
        assert_eq!(Bound::constant(-3.0).powf(Bound::constant(3.0)).error, 0.0);
    });
}

#[test]
fn what_needs_no_rounding_has_no_error() {
    Rounding::recorded(true).count(|| {
        let [two, three] = [2.0, 3.0].map(Bound::constant);
        let third = Bound::constant(1.0) / three;
        for exact in [two + three, two * three, three / two, three - two, (two + two).sqrt(), two.powf(three)]
        {
            assert_eq!(exact.error, 0.0, "{exact:?}");
        }
        assert!(third.error > 0.0 && (third + two).error > third.error);
        assert!((Bound::constant(f64::from(0.1_f32)) + two).error > 0.0);
        assert!(in_double(|| Bound::constant(0.1) + Bound::constant(0.2)).error > 0.0);
    });
}

#[test]
fn what_does_not_exist_stays_with_all_that_depends_on_it() {
    Rounding::recorded(true).count(|| {
        let void = Bound::with(2.0, f64::NAN);
        let zero = Bound::constant(0.0);
        for x in [
            void + zero,
            void * zero,
            zero.azmul(void),
            void.azdiv(Bound::constant(INF)),
            zero.azdiv(void),
            void.exp(),
        ] {
            assert!(x.is_void(), "{x:?}");
        }
    });
}

#[test]
fn a_divisor_that_may_be_0_bounds_nothing() {
    Rounding::recorded(true).count(|| {
        let one = Bound::constant(1.0);
        assert_eq!((one / Bound::with(1e-9, 1e-9)).error, INF);
        let near = one / Bound::with(2e-9, 1e-9);
        // From 1/3e-9 to 1e9: first order would say 2.5e8.
        assert!(near.error >= 5e8 && near.error < 5.1e8, "{near:?}");
        assert_eq!(Bound::with(1e-9, 1e-9).ln().error, INF);
    });
}

/// How many [`operation`] has.
const OPERATIONS: u64 = 33;

/// The operations of a program, two operands each.
fn operation<T: Arithmetic>(which: u64, a: T, b: T) -> T {
    match which {
        0 => a + b,
        1 => a - b,
        2 => a * b,
        3 => a / b,
        4 => a.exp(),
        5 => a.abs().ln(),
        6 => a.sin() * b,
        7 => a.tanh(),
        8 => a.abs().sqrt(),
        9 => a.exp_difference(b),
        10 => a.abs().powf(b),
        11 => a.times_logistic(b),
        12 => a.times_logistic_slope(b),
        13 => a.times_normal(b),
        14 => a.times_density(b),
        15 => a.softplus(),
        16 => a.exp_m1(),
        17 => a.ln_1p(),
        18 => a.erf(),
        19 => a.times_cubic_slope(b),
        20 => a.times_bell(b),
        21 => a.cos(),
        22 => a.inverse(b),
        23 => a.atan2(b),
        24 => a.tan(),
        25 => a.times_power(b, T::from_f64(2.5), 1),
        26 => a.cubic_tanh(),
        27 => a.times_cubic(b),
        28 => a.times_cubic_turn(b),
        29 => a.azdiv(b),
        30 => a.inverse_turn(b),
        31 => a.inverse_stretch(b),
        _ => a.azmul(b),
    }
}

/// A number of any size that the arithmetic of `f32` has.
fn number(seed: u64, at: u64) -> f64 {
    let unit = random::part(random::mix(seed, at), 53);
    let size = match random::mix(seed, at + 1000) % 8 {
        0 => (unit * 9.0).floor() - 4.0,
        1 => (unit - 0.5) * 1e4,
        2 => (unit - 0.5) * 1e-4,
        3 => (unit - 0.5) * 200.0,
        4 => (unit - 0.5) * 1e-30,
        _ => (unit - 0.5) * 6.0,
    };
    f32::from_f64(size).to_f64()
}

/// Runs a program of `steps` operations on results so far.
fn run<T: Arithmetic>(seed: u64, steps: u64) -> (T, String) {
    let mut results: Vec<T> = (0..4).map(|at| T::from_f64(number(seed, at))).collect();
    let mut text = format!("{results:?}");
    for step in 0..steps {
        let pick =
            |salt: u64| usize::try_from(random::mix(seed, salt + step) % results.len() as u64).expect("few");
        let which = random::mix(seed, 300 + step) % OPERATIONS;
        let [i, j] = [pick(100), pick(200)];
        results.push(operation(which, results[i], results[j]));
        text += &format!("\n  {which}({i}, {j}) = {:?}", results.last());
    }
    (results[results.len() - 1], text)
}

/// Random programs in single precision are within the bound of the same in double; and the bound is no empty one.
#[test]
fn the_bound_holds() {
    let (mut bounded, mut tight, mut all) = (0, 0, 0);
    for seed in 0..60_000 {
        let steps = 1 + seed % 7;
        let (single, text) = run::<f32>(seed, steps);
        let (bound, why) = Rounding::recorded(true).count(|| run::<Bound>(seed, steps));
        if !single.is_finite() {
            let told = !bound.error.is_finite() || !bound.value.is_finite();
            assert!(told, "{single:?} is not {bound:?}, and nothing says so:\n{text}\n{why}");
            continue;
        }
        all += 1;
        let error = (single.to_f64() - bound.value).abs();
        if bound.error.is_finite() {
            bounded += 1;
            tight += u32::from(bound.error <= 1e-4 * bound.value.abs() + 1e-30);
            assert!(error <= bound.error, "off by {error:e}, and {bound:?}:\n{text}\n{why}");
        }
    }
    println!("of {all} finite results {bounded} have a bound, {tight} a tight one");
    assert!(100 * bounded >= 97 * all, "{bounded} of {all}");
    assert!(100 * tight >= 90 * all, "{tight} of {all}");
}

/// The complex step's own digits, where one operand is far from the other: they are within what its law allows.
#[test]
fn complex_steps_keep_their_digits() {
    let scale =
        || (-12..=12).flat_map(|half| [1.0, -1.3].map(|sign: f64| sign * 10f64.powf(f64::from(half) / 2.0)));
    for (a, b) in scale().flat_map(|a| scale().map(move |b| (a, b))) {
        for which in 0..OPERATIONS {
            for [da, db] in [[1.0, 0.0], [0.0, 1.0]] {
                let [x, y] = [(a, da), (b, db)].map(|(re, im)| Complex { re, im: im * Complex::STEP });
                let Complex { re, im } = operation(which, x, y);
                let step = im / Complex::STEP;
                let slope = Rounding::recorded(false).count(|| {
                    let [x, y] = [(a, da), (b, db)].map(|(value, slope)| Dual {
                        value: Bound::constant(value),
                        slope: Bound::constant(slope),
                    });
                    operation(which, x, y).slope
                });
                if re.is_finite() && slope.error.is_finite() {
                    let error = (step - slope.value).abs();
                    // As `check::laws` allows, with what underflows in the step.
                    assert!(
                        error <= 16.0 * slope.error + 1e-190,
                        "{which}({a}, {b}) along ({da}, {db}): {step}, and {slope:?}"
                    );
                }
            }
        }
    }
}

fn textbook<T: Float>(far: f64) {
    let [one, half] = [1.0, 0.5].map(T::from_f64);
    for step in -3000..=3000 {
        let x = T::from_f64(f64::from(step) / 3000.0 * far);
        for weight in [1.0, -3.0, 1e-3, 1e3] {
            let (w, b) = (T::from_f64(weight), Bound::constant(x.to_f64()));
            let a = Bound::constant(w.to_f64());
            let s = one / (one + (-x).exp());
            let t = x.tanh();
            let root = T::from_f64(std::f64::consts::FRAC_1_SQRT_2);
            let forms = [
                ("s (1 - s)", w * s * (one - s), a.times_logistic_slope(b)),
                ("1 - t²", w * (one - t * t), (a * Bound::constant(4.0)).times_logistic_slope(b + b)),
                ("(1 + erf) / 2", w * half * (one + (x * root).erf()), a.times_normal(b)),
                ("exp(-x²)", w * (-(x * x)).exp(), a.times_bell(b)),
                (
                    "exp(-x²/2)",
                    w * (-(x * x) * half).exp() * T::from_f64(0.398_942_280_401_432_7),
                    a.times_density(b),
                ),
            ];
            for (name, by_hand, bound) in forms {
                let error = (by_hand.to_f64() - bound.value).abs();
                assert!(error <= bound.error, "{name}, {weight} at {x}: off by {error:e}, and {bound:?}");
            }
        }
    }
}

#[test]
fn textbook_forms_are_within_the_bound_for_them() {
    let [single, double] = [true, false].map(|single| Rounding { single, by: By::Textbook });
    single.count(|| textbook::<f32>(12.0));
    single.count(|| textbook::<f32>(120.0));
    double.count(|| textbook::<f64>(40.0));
    double.count(|| textbook::<f64>(800.0));
}

/// What is asked for beyond the bound: the tails are not to be cut where they have digits.
#[test]
fn the_bound_of_textbook_forms_is_no_excuse() {
    Rounding { single: true, by: By::Textbook }.count(|| {
        for x in [5.0, -5.0, 8.0, -8.0] {
            let [one, four, x] = [1.0, 4.0, x].map(Bound::constant);
            let slope = one.times_logistic_slope(x);
            assert!(slope.error < 0.2 * slope.value, "{slope:?}");
            let slope = four.times_logistic_slope(x);
            assert!(slope.error < 0.2 * slope.value, "{slope:?}");
        }
    });
}
