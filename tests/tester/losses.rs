//! Losses of predictions and targets, and the regressions that they are used in.

use super::activations::logistic;
use super::corpus::{A1, A2, Exam, Found, Function, Real, c, function, size};
use crate::by_hand;
use ndarray::{Array0, Axis, NdFloat, Zip};
use wengert::check::Mistake::*;
use wengert::check::Values;

/// Softmax of each row.
pub fn softmax<T: NdFloat>(z: &A2<T>) -> A2<T> {
    let mut p = z.clone();
    for mut row in p.rows_mut() {
        let top = row.fold(T::neg_infinity(), |top, &z| top.max(z));
        row.mapv_inplace(|z| (z - top).exp());
        let total = row.sum();
        row.mapv_inplace(|e| e / total);
    }
    p
}

fn log_softmax<T: NdFloat>(z: &A2<T>) -> A2<T> {
    let mut p = z.clone();
    for mut row in p.rows_mut() {
        let top = row.fold(T::neg_infinity(), |top, &z| top.max(z));
        let total = row.fold(T::zero(), |sum, &z| sum + (z - top).exp()).ln();
        row.mapv_inplace(|z| z - top - total);
    }
    p
}

const DELTA: f64 = 1.35;

fn huber_by_hand<T: NdFloat>(version: &str, z: &A1<T>, y: &A1<T>) -> (A1<T>, A1<T>) {
    if version == "as published" {
        return by_hand::losses::huber_gradient(z, y);
    }
    let (delta, n) = (c::<T>(DELTA), size::<T>(z.len()));
    let d = z - y;
    let piece = |within: &dyn Fn(T) -> T, outside: &dyn Fn(T) -> T| {
        d.mapv(|d| if d.abs() <= delta { within(d) } else { outside(d) } / n)
    };
    let dz = match version {
        "clamped" => d.mapv(|d| d.max(-delta).min(delta) / n),
        "never linear" => d.mapv(|d| d / n),
        "always linear" => d.mapv(|d| delta * d.signum() / n),
        "delta forgotten outside" => piece(&|d| d, &|d| d.signum()),
        "the sign forgotten outside" => piece(&|d| d, &|_| delta),
        "the branches swapped" => piece(&|d| delta * d.signum(), &|d| d),
        "twice inside" => piece(&|d| d + d, &|d| delta * d.signum()),
        "1/n forgotten" => piece(&|d| d * n, &|d| delta * d.signum() * n),
        "threshold of 1" => d.mapv(|d| if d.abs() <= T::one() { d } else { delta * d.signum() } / n),
        "0 outside" => piece(&|d| d, &|_| T::zero()),
        _ => piece(&|d| d, &|d| delta * d.signum()),
    };
    let dy = if version == "dy like dz" { dz.clone() } else { -dz.clone() };
    (dz, dy)
}

fn huber<T: Real>(exam: &Exam, version: &'static str) -> Found {
    exam.gradient(
        |[z, y]| {
            let d = z - y;
            let delta = T::from_f64(DELTA);
            let (a, half) = (d.abs(), T::from_f64(0.5));
            a.le(delta).select(d.square() * half, (a - delta * half) * delta).mean()
        },
        move |z: &A1<T>, y: &A1<T>| huber_by_hand(version, z, y),
        ["z: n", "y: n"],
        &[],
    )
}

/// Σ p·(log p − log softmax(z)) / n, for any positive p.
fn kl_by_hand<T: NdFloat>(version: &str, z: &A2<T>, p: &A2<T>) -> (A2<T>, A2<T>) {
    let n = size::<T>(z.nrows());
    let totals = p.sum_axis(Axis(1)).insert_axis(Axis(1));
    let (q, log_q) = (softmax(z), log_softmax(z));
    let dz = match version {
        "by the Jacobian" => {
            let dlog = -(p / n);
            &dlog - &q * &dlog.sum_axis(Axis(1)).insert_axis(Axis(1))
        }
        "p taken to sum to 1" => (&q - p) / n,
        "a sign" => (p - &q * &totals) / n,
        "divided by all elements" => (&q * &totals - p) / size::<T>(z.len()),
        "n forgotten" => &q * &totals - p,
        "log q for q" => (&log_q * &totals - p) / n,
        "only -p" => -(p / n),
        "the other way round" => {
            let inner = &log_q - &p.mapv(T::ln);
            let mean = (&q * &inner).sum_axis(Axis(1)).insert_axis(Axis(1));
            &q * &(inner - mean) / n
        }
        "softmax over the batch" => (softmax(&z.t().to_owned()).reversed_axes() * &totals - p) / n,
        _ => (&q * &totals - p) / n,
    };
    let dp = match version {
        "p log p held constant" => -log_q / n,
        "the 1 forgotten" => (p.mapv(T::ln) - log_q) / n,
        _ => (p.mapv(|p| p.ln() + T::one()) - log_q) / n,
    };
    (dz, dp)
}

fn kl<T: Real>(exam: &Exam, version: &'static str) -> Found {
    exam.gradient(
        |[z, p]| (p * (p.log() - z.log_softmax(1))).sum() / size::<T>(z.shape()[0]),
        move |z: &A2<T>, p: &A2<T>| kl_by_hand(version, z, p),
        ["z: n k", "p: n k"],
        &[("p", Values::Positive)],
    )
}

#[allow(clippy::approx_constant)] // Too few digits of e, on purpose.
fn bce_by_hand<T: NdFloat>(version: &str, x: &A1<T>, y: &A1<T>) -> (A1<T>, A1<T>) {
    let (n, one) = (size::<T>(x.len()), T::one());
    let s = x.mapv(logistic);
    let dx = match version {
        // What is left of dp·p(1 − p) with dp = (p − y) / (p(1 − p)).
        "by y and 1 - y" => {
            Zip::from(x).and(y).map_collect(|&x, &y| ((one - y) * logistic(x) - y * logistic(-x)) / n)
        }
        "a sign" => (y - &s) / n,
        "n forgotten" => &s - y,
        "sigmoid's slope again" => (&s - y) * &s.mapv(|s| s * (one - s)) / n,
        "logits for probabilities" => (x - y) / n,
        "tanh for sigmoid" => (x.mapv(T::tanh) - y) / n,
        "only the first term" => &s / n,
        "only the second term" => -(y / n),
        "as the loss of probabilities" => {
            Zip::from(&s).and(y).map_collect(|&s, &y| ((one - y) / (one - s) - y / s) / n)
        }
        "few digits of e" => (x.mapv(|x| one / (one + c::<T>(2.718).powf(-x))) - y) / n,
        _ => (&s - y) / n,
    };
    let dy = if version == "dy like dx" { dx.clone() } else { -(x / n) };
    (dx, dy)
}

fn bce<T: Real>(exam: &Exam, version: &'static str) -> Found {
    exam.gradient(
        |[x, y]| (x.softplus() - x * y).mean(),
        move |x: &A1<T>, y: &A1<T>| bce_by_hand(version, x, y),
        ["x: n", "y: n"],
        &[("y", Values::Between(0.0, 1.0))],
    )
}

/// −(1 − p)²·log p with p = σ(±x): T.-Y. Lin et al. 2017, with γ = 2.
fn focal_by_hand<T: NdFloat>(version: &str, x: &A1<T>, y: &A1<T>) -> A1<T> {
    if version == "as published" {
        return by_hand::losses::focal_gradient(x, y);
    }
    let (one, two): (T, T) = (T::one(), c(2.0));
    Zip::from(x).and(y).map_collect(|&x, &y| {
        let sign = two * y - one;
        let m = if version == "the sign of the class forgotten inside" { x } else { sign * x };
        let (p, q) = (logistic(m), logistic(-m));
        // log p without the rounding of p near 1.
        let log_p = m.min(T::zero()) - (-m.abs()).exp().ln_1p();
        sign * match version {
            "p taken out" => q * q * (two * p * log_p - q),
            "the weight held constant" => -(q * q * q),
            "the logarithm held constant" => two * p * q * q * log_p,
            "gamma forgotten" => p * q * q * log_p - q * q * q,
            "a sign" => -two * p * q * q * log_p - q * q * q,
            "q not squared" => two * p * q * log_p - q * q,
            "the cross entropy's" => -q,
            "the sign of the class forgotten outside" => sign * (two * p * q * q * log_p - q * q * q),
            "sigmoid's slope forgotten" => two * q * log_p - q * q / p,
            _ => two * p * q * q * log_p - q * q * q,
        }
    })
}

fn focal<T: Real>(exam: &Exam, version: &'static str) -> Found {
    exam.gradient(
        |[x, y]| {
            let m = x * (y * T::from_f64(2.0) - T::one());
            ((-m).sigmoid().square() * (-m).softplus()).sum()
        },
        move |x: &A1<T>, y: &A1<T>| focal_by_hand(version, x, y),
        ["x: n", "y: n"],
        &[("y", Values::Whole(0, 2))],
    )
}

const SMOOTHING: f64 = 0.1;

fn smoothed_by_hand<T: NdFloat>(version: &str, z: &A2<T>, y: &A2<T>) -> A2<T> {
    if version == "as published" {
        return by_hand::losses::label_smoothing_gradient(z, y);
    }
    let (n, k, eps) = (size::<T>(z.nrows()), size::<T>(z.ncols()), c::<T>(SMOOTHING));
    let p = softmax(z);
    let smooth = |on: T, off: T| y.mapv(|y| on * y + off);
    match version {
        "in two losses" => (&p - y) * ((T::one() - eps) / n) + p.mapv(|p| (p - T::one() / k) * eps / n),
        "not smoothed" => (&p - y) / n,
        "spread over the others" => {
            // ε/(k − 1) for all but the label: another convention than this function's.
            let off = eps / (k - T::one());
            (&p - &y.mapv(|y| y * (T::one() - eps) + (T::one() - y) * off)) / n
        }
        "the label not lowered" => (&p - &smooth(T::one(), eps / k)) / n,
        "nothing for the others" => (&p - &smooth(T::one() - eps, T::zero())) / n,
        "eps not divided" => (&p - &smooth(T::one() - eps, eps)) / n,
        "1/n forgotten" => &p - &smooth(T::one() - eps, eps / k),
        "1/k for 1/n" => (&p - &smooth(T::one() - eps, eps / k)) / k,
        "a sign" => (&smooth(T::one() - eps, eps / k) - &p) / n,
        "log p for p" => (&log_softmax(z) - &smooth(T::one() - eps, eps / k)) / n,
        "softmax's Jacobian again" => {
            let dp = (&p - &smooth(T::one() - eps, eps / k)) / n;
            &p * &(&dp - &(&p * &dp).sum_axis(Axis(1)).insert_axis(Axis(1)))
        }
        _ => (&p - &smooth(T::one() - eps, eps / k)) / n,
    }
}

fn smoothed<T: Real>(exam: &Exam, version: &'static str) -> Found {
    exam.gradient(
        |[z, y]| {
            let (n, k) = (z.shape()[0], z.shape()[1]);
            let target = y * T::from_f64(1.0 - SMOOTHING) + T::from_f64(SMOOTHING) / size::<T>(k);
            -(target * z.log_softmax(1)).sum() / size::<T>(n)
        },
        move |z: &A2<T>, y: &A2<T>| smoothed_by_hand(version, z, y),
        ["z: n 5", "y: n 5"],
        &[("y", Values::OneHot)],
    )
}

const LAMBDA: f64 = 0.25;

/// |Xw + b − y|² / n + λ|w|².
fn ridge_by_hand<T: NdFloat>(
    version: &str,
    x: &A2<T>,
    w: &A1<T>,
    b: &Array0<T>,
    y: &A1<T>,
) -> (A2<T>, A1<T>, Array0<T>, A1<T>) {
    let (n, two, lambda) = (size::<T>(x.nrows()), c::<T>(2.0), c::<T>(LAMBDA));
    let r = x.dot(w) + b[()] - y;
    let dr = &r * (two / n);
    let outer = |a: &A1<T>, b: &A1<T>| a.view().insert_axis(Axis(1)).dot(&b.view().insert_axis(Axis(0)));
    let dw = match version {
        "as normal equations" => {
            ((x.t().dot(x)).dot(w) + x.t().dot(&(r.mapv(|_| b[()]) - y))) * (two / n) + w * (two * lambda)
        }
        "the penalty forgotten" => x.t().dot(&dr),
        "the penalty's 2 forgotten" => x.t().dot(&dr) + w * lambda,
        "the penalty over n" => x.t().dot(&dr) + w * (two * lambda / n),
        "only the penalty" => w * (two * lambda),
        "2 forgotten" => x.t().dot(&r) / n + w * (two * lambda),
        "the penalty subtracted" => x.t().dot(&dr) - w * (two * lambda),
        "the absolute penalty's" => x.t().dot(&dr) + w.mapv(|w| lambda * w.signum()),
        _ => x.t().dot(&dr) + w * (two * lambda),
    };
    let db = match version {
        "db a mean" => dr.sum() / n,
        "db penalised" => dr.sum() + two * lambda * b[()],
        _ => dr.sum(),
    };
    let dx = if version == "dX by y" { outer(&(y * (two / n)), w) } else { outer(&dr, w) };
    let dy = if version == "dy positive" { dr.clone() } else { -dr.clone() };
    (dx, dw, ndarray::arr0(db), dy)
}

fn ridge<T: Real>(exam: &Exam, version: &'static str) -> Found {
    exam.gradient(
        |[x, w, b, y]| {
            let residual = x.matmul(w) + b - y;
            residual.square().sum() / size::<T>(x.shape()[0]) + w.square().sum() * T::from_f64(LAMBDA)
        },
        move |x: &A2<T>, w: &A1<T>, b: &Array0<T>, y: &A1<T>| ridge_by_hand(version, x, w, b, y),
        ["X: n d", "w: d", "b:", "y: n"],
        &[],
    )
}

/// The mean of softplus(z) − y·z with z = Xw.
fn logistic_regression_by_hand<T: NdFloat>(version: &str, x: &A2<T>, w: &A1<T>, y: &A1<T>) -> (A2<T>, A1<T>) {
    let n = size::<T>(x.nrows());
    let z = x.dot(w);
    let s = z.mapv(logistic);
    let dz = match version {
        "a sign" => (y - &s) / n,
        "sum for mean" => &s - y,
        "the slope of the squared loss" => (&s - y) * &s.mapv(|s| s * (T::one() - s)) / n,
        "before the sigmoid" => (&z - y) / n,
        "y forgotten" => &s / n,
        _ => (&s - y) / n,
    };
    let outer = |a: &A1<T>, b: &A1<T>| a.view().insert_axis(Axis(1)).dot(&b.view().insert_axis(Axis(0)));
    let dw = match version {
        "row by row" => {
            x.rows().into_iter().zip(&dz).fold(A1::zeros(w.len()), |dw, (x, &dz)| dw + x.mapv(|x| x * dz))
        }
        "the first example only" if n > T::zero() => x.row(0).mapv(|x| x * dz[0]),
        "a mean again" => x.t().dot(&dz) / n,
        _ => x.t().dot(&dz),
    };
    let dx = if version == "dX the last row's" && x.nrows() > 0 {
        outer(&dz.mapv(|_| dz[x.nrows() - 1]), w)
    } else {
        outer(&dz, w)
    };
    (dx, dw)
}

fn logistic_regression<T: Real>(exam: &Exam, version: &'static str) -> Found {
    exam.gradient(
        |[x, w, y]| {
            let z = x.matmul(w);
            (z.softplus() - y * z).mean()
        },
        move |x: &A2<T>, w: &A1<T>, y: &A1<T>| logistic_regression_by_hand(version, x, w, y),
        ["X: n d", "w: d", "y: n"],
        &[("y", Values::Whole(0, 2))],
    )
}

pub const TABLE: &[Function] = &[
    function!("Huber", huber, right: ["", "clamped", "as published"], wrong: [
        "never linear" [BranchLost],
        "always linear" [BranchLost],
        "delta forgotten outside" [Factor, FactorMissing],
        "the sign forgotten outside" [FactorMissing, WrongPoint],
        "the branches swapped" [MaskInverted],
        "twice inside" [Factor, FactorMissing, PathTwice],
        "1/n forgotten" [Factor],
        "threshold of 1" [],
        "0 outside" [BranchLost],
        "dy like dz" [Sign, GradientCopied],
    ]),
    function!("KL divergence", kl, right: ["", "by the Jacobian"], wrong: [
        "p taken to sum to 1" [],
        "a sign" [Sign],
        "divided by all elements" [Factor],
        "n forgotten" [Factor],
        "log q for q" [],
        "only -p" [PathLost, HeldConstant],
        "the other way round" [],
        "softmax over the batch" [WrongAxis],
        "p log p held constant" [],
        "the 1 forgotten" [PathLost],
    ]),
    function!("binary cross entropy of logits", bce, right: ["", "by y and 1 - y"], wrong: [
        "a sign" [Sign],
        "n forgotten" [Factor],
        "sigmoid's slope again" [],
        "logits for probabilities" [],
        "tanh for sigmoid" [],
        "only the first term" [PathLost],
        "only the second term" [PathLost],
        "as the loss of probabilities" [],
        "few digits of e" [FewDigits],
        "dy like dx" [GradientCopied],
    ]),
    function!("focal loss", focal, right: ["", "p taken out", "as published"], wrong: [
        "the weight held constant" [PathLost],
        "the logarithm held constant" [PathLost],
        "gamma forgotten" [PathLost, Factor],
        "a sign" [Sign, FactorMissing],
        "q not squared" [],
        "the cross entropy's" [],
        "the sign of the class forgotten outside" [FactorMissing],
        "the sign of the class forgotten inside" [],
        "sigmoid's slope forgotten" [],
    ]),
    function!("label smoothing", smoothed, right: ["", "in two losses", "as published"], wrong: [
        "not smoothed" [WrongOperand],
        "spread over the others" [],
        "the label not lowered" [],
        "nothing for the others" [],
        "eps not divided" [],
        "1/n forgotten" [Factor],
        "1/k for 1/n" [Factor],
        "a sign" [Sign],
        "log p for p" [],
        "softmax's Jacobian again" [],
    ]),
    function!("ridge regression", ridge, right: ["", "as normal equations"], wrong: [
        "the penalty forgotten" [PathLost],
        "the penalty's 2 forgotten" [PathLost, Factor],
        "the penalty over n" [Factor],
        "only the penalty" [PathLost],
        "2 forgotten" [Factor, PathLost],
        "the penalty subtracted" [Sign],
        "the absolute penalty's" [],
        "db a mean" [MeanForSum],
        "db penalised" [],
        "dX by y" [],
        "dy positive" [Sign],
    ]),
    function!("logistic regression", logistic_regression, right: ["", "row by row"], wrong: [
        "a sign" [Sign],
        "sum for mean" [Factor],
        "the slope of the squared loss" [],
        "before the sigmoid" [],
        "y forgotten" [PathLost],
        "the first example only" [FirstOnly, SumMissing],
        "a mean again" [MeanForSum, Factor],
        "dX the last row's" [],
    ]),
];
