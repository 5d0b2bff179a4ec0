//! Layers that came last: their mistakes were written down before a look at what would be said of them.

use super::activations::logistic;
use super::corpus::{A1, A2, Exam, Found, Function, Real, c, function};
use super::losses::softmax;
use ndarray::{Axis, NdFloat, Zip};
use wengert::Var;
use wengert::check::Mistake::*;
use wengert::check::Values;

/// x tanh(log(1 + eˣ)).
fn mish_by_hand<T: NdFloat>(version: &str, dy: &A1<T>, x: &A1<T>) -> A1<T> {
    let one = T::one();
    let slope = |x: T| {
        let (t, s) = (x.exp().ln_1p().tanh(), logistic(x));
        match version {
            "the gate held constant" => t,
            "only the gate's" => x * (one - t * t) * s,
            "softplus' slope forgotten" => t + x * (one - t * t),
            "tanh's slope forgotten" => t + x * s,
            "tanh for softplus' slope" => t + x * (one - t * t) * x.tanh(),
            "a sign" => t - x * (one - t * t) * s,
            "1 - t for 1 - t²" => t + x * (one - t) * s,
            _ => t + x * (one - t * t) * s,
        }
    };
    Zip::from(dy).and(x).map_collect(|&dy, &x| dy * slope(x))
}

fn mish<T: Real>(exam: &Exam, version: &'static str) -> Found {
    exam.backward(
        |[x]| x * x.softplus().tanh(),
        move |dy: &A1<T>, x: &A1<T>| mish_by_hand(version, dy, x),
        ["x: n"],
        &[("x", Values::Between(-3.0, 3.0))],
    )
}

/// A kernel of 3 for each channel: y[c, i] = Σ k[c, u]·x[c, i + u], x of (c, 6).
fn depthwise_by_hand<T: NdFloat>(version: &str, dy: &A2<T>, x: &A2<T>, k: &A2<T>) -> (A2<T>, A2<T>) {
    let (mut dx, mut dk) = (A2::zeros(x.raw_dim()), A2::zeros(k.raw_dim()));
    for ((ch, i), &d) in dy.indexed_iter() {
        for u in 0..3 {
            match version {
                "overlaps overwritten" => {}
                "the kernel not flipped" => dx[[ch, i + u]] += d * k[[ch, 2 - u]],
                _ => dx[[ch, i + u]] += d * k[[ch, u]],
            }
            dk[[ch, u]] += d * match version {
                "dk by the middle" => x[[ch, i + 1]],
                _ => x[[ch, i + u]],
            };
        }
    }
    if version == "overlaps overwritten" {
        for u in 0..3 {
            for ((ch, i), &d) in dy.indexed_iter() {
                dx[[ch, i + u]] = d * k[[ch, u]];
            }
        }
    }
    match version {
        "one kernel for all" => {
            let sum = dk.sum_axis(Axis(0)).insert_axis(Axis(0));
            (dx, sum.broadcast(k.raw_dim()).expect("rows").to_owned())
        }
        "dk divided by the places" => (dx, dk / c::<T>(4.0)),
        "dx by one" => {
            let n = dx.ncols();
            (dx.select(Axis(1), &(0..n).map(|i| (i + n - 1) % n).collect::<Vec<_>>()), dk)
        }
        _ => (dx, dk),
    }
}

fn depthwise<T: Real>(exam: &Exam, version: &'static str) -> Found {
    exam.backward(
        |[x, k]| {
            let part = |u: usize| x.narrow(1, u, 4) * k.narrow(1, u, 1);
            part(0) + part(1) + part(2)
        },
        move |dy: &A2<T>, x: &A2<T>, k: &A2<T>| depthwise_by_hand(version, dy, x, k),
        ["x: c 6", "k: c 3"],
        &[],
    )
}

/// Of rows of three, in the order of its factors.
fn crossed<T: NdFloat>(a: &A2<T>, b: &A2<T>) -> A2<T> {
    A2::from_shape_fn(a.raw_dim(), |(i, j)| {
        let (p, q) = ((j + 1) % 3, (j + 2) % 3);
        a[[i, p]] * b[[i, q]] - a[[i, q]] * b[[i, p]]
    })
}

/// a × b: da = b × dy, db = dy × a.
fn cross_by_hand<T: NdFloat>(version: &str, dy: &A2<T>, a: &A2<T>, b: &A2<T>) -> (A2<T>, A2<T>) {
    match version {
        "both the other way" => (crossed(dy, b), crossed(a, dy)),
        "da the other way" => (crossed(dy, b), crossed(dy, a)),
        "da and db swapped" => (crossed(dy, a), crossed(b, dy)),
        "of the product" => (dy * b, dy * a),
        "db by b" => (crossed(b, dy), crossed(dy, b)),
        _ => (crossed(b, dy), crossed(dy, a)),
    }
}

/// The columns from this one on, around the end.
fn turned<T: Real>(x: Var<'_, T>, by: usize) -> Var<'_, T> {
    let parts = [x.narrow(1, by, 3 - by), x.narrow(1, 0, by)];
    x.tape().concat(1, parts)
}

fn cross<T: Real>(exam: &Exam, version: &'static str) -> Found {
    exam.backward(
        |[a, b]| turned(a, 1) * turned(b, 2) - turned(a, 2) * turned(b, 1),
        move |dy: &A2<T>, a: &A2<T>, b: &A2<T>| cross_by_hand(version, dy, a, b),
        ["a: n 3", "b: n 3"],
        &[],
    )
}

/// tr(A·B·Aᵀ).
fn trace_by_hand<T: NdFloat>(version: &str, a: &A2<T>, b: &A2<T>) -> (A2<T>, A2<T>) {
    let da = match version {
        "B taken to be symmetric" => a.dot(b) * c::<T>(2.0),
        "one of two ways" => a.dot(b),
        "a difference" => a.dot(b) - a.dot(&b.t()),
        _ => a.dot(b) + a.dot(&b.t()),
    };
    let db = match version {
        "dB of the other product" => a.t().dot(a) * c::<T>(0.5),
        "dB's diagonal" => A2::from_diag(&a.t().dot(a).diag()),
        _ => a.t().dot(a),
    };
    (da, db)
}

fn trace<T: Real>(exam: &Exam, version: &'static str) -> Found {
    exam.gradient(
        |[a, b]| (a.matmul(b) * a).sum(),
        move |a: &A2<T>, b: &A2<T>| trace_by_hand(version, a, b),
        ["A: n d", "B: d d"],
        &[],
    )
}

/// tanh(X·W)·Wᵀ, one matrix for there and back.
fn tied_by_hand<T: NdFloat>(version: &str, dy: &A2<T>, x: &A2<T>, w: &A2<T>) -> (A2<T>, A2<T>) {
    let h = x.dot(w).mapv(T::tanh);
    let dh = dy.dot(w);
    let da = match version {
        "tanh's slope forgotten" => dh.clone(),
        "tanh's slope at its operand" => &dh * &x.dot(w).mapv(|a| T::one() - a * a),
        _ => &dh * &h.mapv(|h| T::one() - h * h),
    };
    let dw = match version {
        "only on the way there" => x.t().dot(&da),
        "only on the way back" => dy.t().dot(&h),
        "the way back by x" => x.t().dot(&da) + dy.t().dot(&x.dot(w)),
        "the way back negative" => x.t().dot(&da) - dy.t().dot(&h),
        "halved" => (x.t().dot(&da) + dy.t().dot(&h)) * c::<T>(0.5),
        _ => x.t().dot(&da) + dy.t().dot(&h),
    };
    (da.dot(&w.t()), dw)
}

fn tied<T: Real>(exam: &Exam, version: &'static str) -> Found {
    exam.backward(
        |[x, w]| x.matmul(w).tanh().matmul(w.t()),
        move |dy: &A2<T>, x: &A2<T>, w: &A2<T>| tied_by_hand(version, dy, x, w),
        ["X: n d", "W: d h"],
        &[],
    )
}

const KEPT: f64 = 0.8;

/// relu(x)·m / 0.8 with a given mask.
fn dropout_by_hand<T: NdFloat>(version: &str, dy: &A2<T>, x: &A2<T>, m: &A2<T>) -> A2<T> {
    let (kept, zero) = (c::<T>(KEPT), T::zero());
    let open = x.mapv(|x| if x > zero { T::one() } else { zero });
    match version {
        "not scaled" => dy * m * &open,
        "scaled twice" => dy * m * &open / (kept * kept),
        "the mask forgotten" => dy * &open / kept,
        "relu forgotten" => dy * m / kept,
        "the mask the other way" => dy * &m.mapv(|m| T::one() - m) * &open / kept,
        "multiplied by the share" => dy * m * &open * kept,
        "x for its mask" => dy * m * x / kept,
        _ => dy * m * &open / kept,
    }
}

fn dropout<T: Real>(exam: &Exam, version: &'static str) -> Found {
    exam.backward(
        |[x, m]| x.relu() * m / T::from_f64(KEPT),
        move |dy: &A2<T>, x: &A2<T>, m: &A2<T>| dropout_by_hand(version, dy, x, m),
        ["x: n d", "m: n d"],
        &[("m", Values::Whole(0, 2))],
    )
}

const TAU: f64 = 0.5;

/// softmax((x + g) / τ) of rows, with given noise.
fn gumbel_by_hand<T: NdFloat>(version: &str, dy: &A2<T>, x: &A2<T>, g: &A2<T>) -> A2<T> {
    let tau = c::<T>(TAU);
    let p = match version {
        "the noise forgotten" => softmax(&(x / tau)),
        "no temperature inside" => softmax(&(x + g)),
        "over the rows" => softmax(&((x + g) / tau).reversed_axes()).reversed_axes(),
        _ => softmax(&((x + g) / tau)),
    };
    let sums = |x: A2<T>| x.sum_axis(Axis(1)).insert_axis(Axis(1));
    match version {
        "straight through" => dy.clone(),
        "the temperature forgotten" => &p * &(dy - &sums(&p * dy)),
        "times the temperature" => &p * &(dy - &sums(&p * dy)) * tau,
        "the total held constant" => &p * dy / tau,
        "not weighted" => &p * &(dy - &sums(dy.clone())) / tau,
        "p forgotten" => (dy - &sums(&p * dy)) / tau,
        "a sum over the batch" => &p * &(dy - &(&p * dy).sum_axis(Axis(0))) / tau,
        _ => &p * &(dy - &sums(&p * dy)) / tau,
    }
}

fn gumbel<T: Real>(exam: &Exam, version: &'static str) -> Found {
    exam.backward(
        |[x, g]| ((x + g) / T::from_f64(TAU)).softmax(1),
        move |dy: &A2<T>, x: &A2<T>, g: &A2<T>| gumbel_by_hand(version, dy, x, g),
        ["x: n d", "g: n d"],
        &[("x", Values::Between(-1.0, 1.0)), ("g", Values::Between(-1.0, 1.0))],
    )
}

pub const TABLE: &[Function] = &[
    function!("mish", mish, right: [""], wrong: [
        "the gate held constant" [PathLost],
        "only the gate's" [PathLost],
        "softplus' slope forgotten" [FactorMissing],
        "tanh's slope forgotten" [FactorMissing],
        "tanh for softplus' slope" [],
        "a sign" [Sign],
        "1 - t for 1 - t²" [],
    ]),
    function!("depthwise convolution", depthwise, right: [""], wrong: [
        "overlaps overwritten" [OverlapLost],
        "the kernel not flipped" [OrderReversed],
        "dk by the middle" [OffByOne, WrongOperand],
        "one kernel for all" [WrongAxis, SumMissing],
        "dk divided by the places" [Factor, MeanForSum],
        "dx by one" [OffByOne],
    ]),
    function!("cross product", cross, right: [""], wrong: [
        "both the other way" [Sign],
        "da the other way" [Sign],
        "da and db swapped" [OperandsSwapped],
        "of the product" [],
        "db by b" [GradientCopied, Sign, WrongOperand],
    ]),
    function!("trace", trace, right: [""], wrong: [
        "B taken to be symmetric" [SymmetryAssumed],
        "one of two ways" [PathLost],
        "a difference" [Sign],
        "dB of the other product" [Factor],
        "dB's diagonal" [DiagonalOnly],
    ]),
    function!("tied weights", tied, right: [""], wrong: [
        "tanh's slope forgotten" [FactorMissing],
        "tanh's slope at its operand" [WrongPoint],
        "only on the way there" [PathLost],
        "only on the way back" [PathLost],
        "the way back by x" [WrongOperand, WrongPoint],
        "the way back negative" [Sign],
        "halved" [Factor],
    ]),
    function!("dropout", dropout, right: [""], wrong: [
        "not scaled" [Factor, FactorMissing],
        "scaled twice" [Factor],
        "the mask forgotten" [FactorMissing],
        "relu forgotten" [MaskMissing],
        "the mask the other way" [],
        "multiplied by the share" [Factor],
        "x for its mask" [],
    ]),
    function!("noisy softmax", gumbel, right: [""], wrong: [
        "the noise forgotten" [WrongOperand],
        "no temperature inside" [],
        "over the rows" [WrongAxis],
        "straight through" [FactorMissing],
        "the temperature forgotten" [Factor, FactorMissing],
        "times the temperature" [Factor],
        "the total held constant" [HeldConstant, PathLost],
        "not weighted" [FactorMissing],
        "p forgotten" [FactorMissing],
        "a sum over the batch" [WrongAxis],
    ]),
];
