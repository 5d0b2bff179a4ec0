//! Derivatives as textbooks have them.

use super::{Outcome, Row, examine, far, num};
use ndarray::{Array1, Zip};
use wengert::check::{self, Check};
use wengert::{Float, Var};

type A<T> = Array1<T>;

/// 1 / (1 + exp(−x)): overflows, and is 0 then.
fn logistic<T: Float>(x: T) -> T {
    T::one() / (T::one() + (-x).exp())
}

/// The same by exp(x): infinite over infinite for large x.
fn half_tanh<T: Float>(x: T) -> T {
    num::<T>(0.5) * (T::one() + (x * num(0.5)).tanh())
}

fn of<'f, T: Float>(
    formula: impl for<'t> Fn(Var<'t, T>) -> Var<'t, T> + 'f,
    slope: impl Fn(T) -> T + 'f,
) -> Check<'f, T> {
    check::backward(move |[x]| formula(x))
        .against(move |dy: &A<T>, x: &A<T>| Zip::from(dy).and(x).map_collect(|&dy, &x| dy * slope(x)))
        .shapes(["x: n"])
}

fn sigmoid<'f, T: Float>() -> Check<'f, T> {
    of(|x| x.logistic(), |x| logistic(x) * (T::one() - logistic(x)))
}

fn tanh<'f, T: Float>() -> Check<'f, T> {
    of(|x| x.tanh(), |x: T| T::one() - x.tanh() * x.tanh())
}

fn expm1<'f, T: Float>() -> Check<'f, T> {
    of(|x| x.expm1(), |x: T| x.exp_m1() + T::one())
}

fn normal<T: Float>(x: T) -> T {
    num::<T>(0.5) * (T::one() + (x * num(std::f64::consts::FRAC_1_SQRT_2)).erf())
}

fn density<T: Float>(x: T) -> T {
    (-(x * x) * num(0.5)).exp() * num(0.398_942_280_401_432_7)
}

fn gelu<'f, T: Float>() -> Check<'f, T> {
    of(|x| x.gelu(), |x| normal(x) + x * density(x))
}

fn gelu_tanh<'f, T: Float>() -> Check<'f, T> {
    of(
        |x| x.gelu_tanh(),
        |x| {
            let (root, c) = (num::<T>(0.797_884_560_802_865_4), num::<T>(0.044_715));
            let t = (root * (x + c * x * x * x)).tanh();
            let half = num::<T>(0.5);
            let turn = root * (T::one() + num::<T>(3.0) * c * x * x);
            let first = half * (T::one() + t);
            // 0 · ∞ where x² overflows: kept to what a program would see.
            if t * t == T::one() { first } else { first + half * x * (T::one() - t * t) * turn }
        },
    )
}

fn silu<'f, T: Float>() -> Check<'f, T> {
    of(|x| x.silu(), |x| logistic(x) * (T::one() + x * (T::one() - logistic(x))))
}

fn silu_built<'f, T: Float>() -> Check<'f, T> {
    of(
        |x| x * x.logistic() * num::<T>(1000.0),
        |x| {
            let s = logistic(x);
            (s + x * s * (T::one() - s)) * num(1000.0)
        },
    )
}

fn sigmoid_by_tanh<'f, T: Float>() -> Check<'f, T> {
    of(|x| x.logistic(), |x| half_tanh(x) * (T::one() - half_tanh(x)))
}

fn softplus<'f, T: Float>() -> Check<'f, T> {
    of(|x| x.softplus(), logistic)
}

fn erf<'f, T: Float>() -> Check<'f, T> {
    of(|x| x.erf(), |x: T| num::<T>(std::f64::consts::FRAC_2_SQRT_PI) * (-(x * x)).exp())
}

fn sech<'f, T: Float>() -> Check<'f, T> {
    of(
        |x| x.tanh(),
        |x: T| {
            let e = (-x.abs()).exp();
            let sech = num::<T>(2.0) * e / (T::one() + e * e);
            sech * sech
        },
    )
}

fn bce<T: Float>() -> Outcome {
    examine(
        check::backward(|[x, y]| x.softplus() - x * y)
            .against(|d: &A<T>, x: &A<T>, y: &A<T>| d * &(x.mapv(logistic) - y))
            .shapes(["x: n", "y: n"])
            .values("x", far())
            .values("y", check::Values::Whole(0, 2)),
    )
}

macro_rules! rows {
    ($($name:literal $check:ident;)*) => {
        vec![
            $(($name, || examine($check::<f32>()), || examine($check::<f64>())),)*
            $((concat!($name, ", far out"), || examine($check::<f32>().values("x", far())), || examine($check::<f64>().values("x", far()))),)*
        ]
    };
}

pub fn table() -> Vec<Row> {
    let mut table: Vec<Row> = rows! {
        "sigmoid: s(1 - s)" sigmoid;
        "sigmoid: by tanh" sigmoid_by_tanh;
        "tanh: 1 - t²" tanh;
        "tanh: sech²" sech;
        "expm1: y + 1" expm1;
        "gelu: (1 + erf) / 2" gelu;
        "gelu by tanh" gelu_tanh;
        "silu: s(1 + x(1 - s))" silu;
        "silu, built" silu_built;
        "softplus: sigmoid" softplus;
        "erf: exp(-x²)" erf;
    };
    table.push(("bce with logits", bce::<f32>, bce::<f64>));
    table
}

/// Those that lose digits where they are far out.
pub fn losing() -> Vec<Row> {
    macro_rules! far_out {
        ($($name:literal $check:ident;)*) => {
            vec![$(($name, || examine($check::<f32>().values("x", far())), || examine($check::<f64>().values("x", far())))),*]
        };
    }
    far_out! {
        "sigmoid: s(1 - s)" sigmoid;
        "tanh: 1 - t²" tanh;
        "expm1: y + 1" expm1;
        "gelu: (1 + erf) / 2" gelu;
    }
}

/// The same, which is wrong where accuracy is asked for.
pub fn strict() -> Vec<Row> {
    macro_rules! far_out {
        ($($name:literal $check:ident;)*) => {
            vec![$(($name, || examine($check::<f32>().values("x", far()).accurate()), || examine($check::<f64>().values("x", far()).accurate()))),*]
        };
    }
    far_out! {
        "sigmoid: s(1 - s)" sigmoid;
        "tanh: 1 - t²" tanh;
        "expm1: y + 1" expm1;
        "gelu: (1 + erf) / 2" gelu;
    }
}
