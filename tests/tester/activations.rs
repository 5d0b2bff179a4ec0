//! Activations: functions of one number, and gates.

use super::corpus::{A1, Exam, Found, Function, Real, c, function};
use ndarray::{NdFloat, Zip};
use std::f64::consts::{FRAC_1_SQRT_2, PI};
use wengert::check::Mistake::*;

/// A version's slope at each x, times the cotangent.
fn chain<T: NdFloat>(dy: &A1<T>, x: &A1<T>, slope: impl Fn(T) -> T) -> A1<T> {
    Zip::from(dy).and(x).map_collect(|&dy, &x| dy * slope(x))
}

/// 1 / (1 + e⁻ˣ), from the side that does not overflow.
pub fn logistic<T: NdFloat>(x: T) -> T {
    if x >= T::zero() {
        T::one() / (T::one() + (-x).exp())
    } else {
        let e = x.exp();
        e / (T::one() + e)
    }
}

/// The same by tanh, as older libraries have it.
fn by_tanh<T: NdFloat>(x: T) -> T {
    c::<T>(0.5) * (T::one() + (x * c(0.5)).tanh())
}

fn wide<T: NdFloat>(x: T) -> f64 {
    x.to_f64().expect("a number")
}

fn erf<T: NdFloat>(x: T) -> T {
    c(libm::erf(x.to_f64().expect("a number")))
}

fn sigmoid_slope<T: NdFloat>(version: &str, x: T) -> T {
    let (s, one) = (logistic(x), T::one());
    match version {
        "both sides" => logistic(x) * logistic(-x),
        "by tanh" => by_tanh(x) * (one - by_tanh(x)),
        "in double precision" => {
            let s = 1.0 / (1.0 + (-wide(x)).exp());
            c(s * (1.0 - s))
        }
        "multiplied out" => s - s * s,
        "exponentials" => {
            let e = (-x.abs()).exp();
            e / ((one + e) * (one + e))
        }
        "at the operand" => x * (one - x),
        "only s" => s,
        "only 1 - s" => one - s,
        "a plus" => s * (one + s),
        "s squared" => s * (one - s * s),
        "of tanh" => one - s * s,
        "the denominator not squared" => (-x).exp() / (one + (-x).exp()),
        "negative" => s * (s - one),
        "overflows" => (-x).exp() / ((one + (-x).exp()) * (one + (-x).exp())),
        _ => s * (one - s),
    }
}

fn sigmoid<T: Real>(exam: &Exam, version: &'static str) -> Found {
    let by_hand = move |dy: &A1<T>, x: &A1<T>| match version {
        "the cotangent added" => dy + &x.mapv(|x| sigmoid_slope("", x)),
        "the cotangent forgotten" => x.mapv(|x| sigmoid_slope("", x)),
        _ => chain(dy, x, |x| sigmoid_slope(version, x)),
    };
    exam.backward(|[x]| x.sigmoid(), by_hand, ["x: n"], &[])
}

fn tanh_slope<T: NdFloat>(version: &str, x: T) -> T {
    let (y, one) = (x.tanh(), T::one());
    match version {
        "by cosh" => {
            let sech = one / x.cosh();
            sech * sech
        }
        "in two factors" => (one - y) * (one + y),
        "by exponentials" => {
            let e = (-(x + x).abs()).exp();
            let y = (one - e) / (one + e);
            one - y * y
        }
        "by sigmoid" => {
            let y = c::<T>(2.0) * logistic(x + x) - one;
            one - y * y
        }
        "at the operand" => one - x * x,
        "a plus" => one + y * y,
        "not squared" => one - y,
        "cosh not squared" => one / x.cosh(),
        "of sigmoid" => y * (one - y),
        "negative" => y * y - one,
        "twice" => c::<T>(2.0) * (one - y * y),
        "tanh of the square" => one - (x * x).tanh(),
        "at the result" => one - y.tanh() * y.tanh(),
        _ => one - y * y,
    }
}

fn tanh<T: Real>(exam: &Exam, version: &'static str) -> Found {
    let by_hand = move |dy: &A1<T>, x: &A1<T>| chain(dy, x, |x| tanh_slope(version, x));
    exam.backward(|[x]| x.tanh(), by_hand, ["x: n"], &[])
}

fn softplus_slope<T: NdFloat>(version: &str, x: T) -> T {
    match version {
        "by expm1" => -(-softplus_value(x)).exp_m1(),
        "by tanh" => by_tanh(x),
        "from the result, plainly" => T::one() - (-softplus_value(x)).exp(),
        "1 less the other side" => T::one() - logistic(-x),
        "of the other side" => logistic(-x),
        "its own value" => softplus_value(x),
        "the slope of sigmoid" => logistic(x) * (T::one() - logistic(x)),
        "tanh for sigmoid" => x.tanh(),
        "only the exponential" => x.exp(),
        "relu's" => {
            if x > T::zero() {
                T::one()
            } else {
                T::zero()
            }
        }
        "at the result" => logistic(softplus_value(x)),
        "halved" => logistic(x) / c(2.0),
        _ => logistic(x),
    }
}

fn softplus_value<T: NdFloat>(x: T) -> T {
    x.max(T::zero()) + (-x.abs()).exp().ln_1p()
}

fn softplus<T: Real>(exam: &Exam, version: &'static str) -> Found {
    let by_hand = move |dy: &A1<T>, x: &A1<T>| chain(dy, x, |x| softplus_slope(version, x));
    exam.backward(|[x]| x.softplus(), by_hand, ["x: n"], &[])
}

fn silu_slope<T: NdFloat>(version: &str, x: T) -> T {
    let (s, one) = (logistic(x), T::one());
    match version {
        "from the result" => x * s + s * (one - x * s),
        "as PyTorch" => s * (one + x * (one - s)),
        "by tanh" => by_tanh(x) * (one + x * (one - by_tanh(x))),
        "multiplied out" => s + x * s - x * s * s,
        "x held constant" => x * s * (one - s),
        "the gate held constant" => s,
        "the 1 - s forgotten" => s + x * s,
        "a sign" => s * (one - x * (one - s)),
        "y for x" => s * (one + x * s * (one - s)),
        "the inner s forgotten" => s + x * (one - s),
        "of sigmoid" => s * (one - s),
        "twice" => c::<T>(2.0) * s * (one + x * (one - s)),
        _ => s + x * s * (one - s),
    }
}

fn silu<T: Real>(exam: &Exam, version: &'static str) -> Found {
    let by_hand = move |dy: &A1<T>, x: &A1<T>| chain(dy, x, |x| silu_slope(version, x));
    exam.backward(|[x]| x.silu(), by_hand, ["x: n"], &[])
}

fn gelu_slope<T: NdFloat>(version: &str, x: T) -> T {
    let half: T = c(0.5);
    let phi = |x: T| (-x * x * c(0.5)).exp() / c((2.0 * PI).sqrt());
    let cdf = half * (T::one() + erf(x * c(FRAC_1_SQRT_2)));
    match version {
        // ½ erfc(−x/√2), which keeps its digits at negative numbers.
        "by erfc" => {
            let upper = libm::erfc(-x.to_f64().expect("a number") * FRAC_1_SQRT_2);
            c::<T>(0.5 * upper) + x * phi(x)
        }
        "the gate held constant" => cdf,
        "x held constant" => x * phi(x),
        "x forgotten" => cdf + phi(x),
        "no root of 2 within erf" => half * (T::one() + erf(x)) + x * phi(x),
        "density without the half" => cdf + x * (-x * x).exp() / c((2.0 * PI).sqrt()),
        "density by the root of pi" => cdf + x * (-x * x * half).exp() / c(PI.sqrt()),
        "a sign" => cdf - x * phi(x),
        "the sigmoid approximation's" => {
            let (a, s) = (c::<T>(1.702), logistic(c::<T>(1.702) * x));
            s + a * x * s * (T::one() - s)
        }
        "few digits" => cdf + x * (-x * x * half).exp() * c(0.3989),
        _ => cdf + x * phi(x),
    }
}

fn gelu<T: Real>(exam: &Exam, version: &'static str) -> Found {
    let by_hand = move |dy: &A1<T>, x: &A1<T>| chain(dy, x, |x| gelu_slope(version, x));
    exam.backward(|[x]| x.gelu(), by_hand, ["x: n"], &[])
}

fn gelu_tanh_slope<T: NdFloat>(version: &str, x: T) -> T {
    let (half, one): (T, T) = (c(0.5), T::one());
    let (k, a): (T, T) = (c((2.0 / PI).sqrt()), c(0.044_715));
    let t = (k * (x + a * x * x * x)).tanh();
    let inner = k * (one + c::<T>(3.0) * a * x * x);
    match version {
        "in one line" => half * (one + t) * (one + x * (one - t) * inner),
        // x·σ(2u), as it is written for the sake of speed.
        "by sigmoid" => {
            let (two, u) = (c::<T>(2.0), k * (x + a * x * x * x));
            let s = logistic(two * u);
            s + x * s * (one - s) * two * inner
        }
        "the 3 forgotten" => half * (one + t) + half * x * (one - t * t) * k * (one + a * x * x),
        "the cube held constant" => half * (one + t) + half * x * (one - t * t) * k,
        "the inner factor forgotten" => half * (one + t) + half * x * (one - t * t),
        "the tanh held constant" => half * (one + t),
        "1 - t" => half * (one + t) + half * x * (one - t) * inner,
        "the half forgotten" => half * (one + t) + x * (one - t * t) * inner,
        "a cube too many" => {
            half * (one + t) + half * x * (one - t * t) * k * (one + c::<T>(3.0) * a * x * x * x)
        }
        "of the exact gelu" => gelu_slope("", x),
        _ => half * (one + t) + half * x * (one - t * t) * inner,
    }
}

fn gelu_tanh<T: Real>(exam: &Exam, version: &'static str) -> Found {
    let by_hand = move |dy: &A1<T>, x: &A1<T>| chain(dy, x, |x| gelu_tanh_slope(version, x));
    exam.backward(|[x]| x.gelu_tanh(), by_hand, ["x: n"], &[])
}

const ALPHA: f64 = 0.75;

fn elu_slope<T: NdFloat>(version: &str, x: T) -> T {
    let (alpha, one, zero): (T, T, T) = (c(ALPHA), T::one(), T::zero());
    let below = if version == "from the result, plainly" { x.exp() - one } else { x.exp_m1() };
    let y = if x > zero { x } else { alpha * below };
    match version {
        // y + α loses what x's exponential has, and no more than the rounding of α.
        "from the result" | "from the result, plainly" => {
            if y > zero {
                one
            } else {
                y + alpha
            }
        }
        "alpha forgotten" => {
            if x > zero {
                one
            } else {
                x.exp()
            }
        }
        "the result itself" => {
            if x > zero {
                one
            } else {
                y
            }
        }
        "only alpha" => {
            if x > zero {
                one
            } else {
                alpha
            }
        }
        "inverted" => {
            if x > zero {
                alpha * x.exp()
            } else {
                one
            }
        }
        "no branch" => alpha * x.exp(),
        "no mask" => one,
        "expm1 for exp" => {
            if x > zero {
                one
            } else {
                alpha * x.exp_m1()
            }
        }
        "the other side's slope at 0" => {
            if x >= zero {
                one
            } else {
                alpha * x.exp()
            }
        }
        _ => {
            if x > zero {
                one
            } else {
                alpha * x.exp()
            }
        }
    }
}

fn elu<T: Real>(exam: &Exam, version: &'static str) -> Found {
    let by_hand = move |dy: &A1<T>, x: &A1<T>| chain(dy, x, |x| elu_slope(version, x));
    exam.backward(|[x]| x.gt(T::zero()).select(x, x.expm1() * T::from_f64(ALPHA)), by_hand, ["x: n"], &[])
}

pub const TABLE: &[Function] = &[
    function!("sigmoid", sigmoid, right: ["", "both sides", "exponentials", "by tanh", "in double precision", "multiplied out"], wrong: [
        "at the operand" [WrongPoint],
        "only s" [],
        "only 1 - s" [],
        "a plus" [],
        "s squared" [],
        "of tanh" [],
        "the denominator not squared" [],
        "negative" [Sign],
        "the cotangent added" [],
        "the cotangent forgotten" [CotangentIgnored],
        far "overflows" [Imprecise],
    ]),
    function!("tanh", tanh, right: ["", "by cosh", "in two factors", "by exponentials", "by sigmoid"], wrong: [
        "at the operand" [WrongPoint],
        "a plus" [],
        "not squared" [],
        "cosh not squared" [],
        "of sigmoid" [],
        "negative" [Sign],
        "twice" [Factor],
        "tanh of the square" [],
        "at the result" [WrongPoint],
    ]),
    function!("softplus", softplus, right: ["", "by expm1", "by tanh", "from the result, plainly", "1 less the other side"], wrong: [
        "of the other side" [],
        "its own value" [],
        "the slope of sigmoid" [],
        "tanh for sigmoid" [],
        "only the exponential" [],
        "relu's" [],
        "at the result" [WrongPoint],
        "halved" [Factor],
    ]),
    function!("silu", silu, right: ["", "from the result", "as PyTorch", "by tanh", "multiplied out"], wrong: [
        "x held constant" [PathLost],
        "the gate held constant" [PathLost],
        "the 1 - s forgotten" [],
        "a sign" [Sign],
        "y for x" [WrongOperand, WrongPoint],
        "the inner s forgotten" [],
        "of sigmoid" [],
        "twice" [Factor],
    ]),
    function!("gelu", gelu, right: ["", "by erfc"], wrong: [
        "the gate held constant" [PathLost],
        "x held constant" [PathLost],
        "x forgotten" [],
        "no root of 2 within erf" [],
        "density without the half" [],
        "density by the root of pi" [Factor],
        "a sign" [Sign],
        "the sigmoid approximation's" [],
        "few digits" [FewDigits],
    ]),
    function!("gelu by tanh", gelu_tanh, right: ["", "in one line", "by sigmoid"], wrong: [
        "the 3 forgotten" [],
        "the cube held constant" [],
        "the inner factor forgotten" [],
        "the tanh held constant" [PathLost],
        "1 - t" [],
        "the half forgotten" [PathTwice, Factor],
        "a cube too many" [],
        "of the exact gelu" [],
    ]),
    function!("elu", elu, right: ["", "from the result", "from the result, plainly"], wrong: [
        "alpha forgotten" [FactorMissing, Factor],
        "the result itself" [],
        "only alpha" [FactorMissing],
        "inverted" [MaskInverted],
        "no branch" [BranchLost, MaskMissing],
        "no mask" [BranchLost, MaskMissing],
        "expm1 for exp" [],
        far "the other side's slope at 0" [MaskAtTies],
    ]),
];
