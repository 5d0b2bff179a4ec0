//! Means, variances, norms, and what sums of exponentials are used for.

use super::corpus::{A1, A2, Exam, Found, Function, Real, c, function, size};
use super::losses::softmax;
use ndarray::{Axis, NdFloat};
use wengert::check::Mistake::*;
use wengert::check::Values;

fn column<T: NdFloat>(x: &A1<T>) -> A2<T> {
    x.clone().insert_axis(Axis(1))
}

fn sums<T: NdFloat>(x: &A2<T>) -> A2<T> {
    x.sum_axis(Axis(1)).insert_axis(Axis(1))
}

/// Of each row, divided by n − 1.
fn var_by_hand<T: NdFloat>(version: &str, dy: &A1<T>, x: &A2<T>) -> A2<T> {
    let (n, two, one) = (size::<T>(x.ncols()), c::<T>(2.0), T::one());
    let centred = x - &(sums(x) / n);
    let dy = column(dy);
    match version {
        "scaled first" => &centred * &(dy * (two / (n - one))),
        // Of E[x²] − E[x]², each by itself.
        "by moments" => (x * &dy - &dy * &(sums(x) / n)) * (two / (n - one)),
        "of pairs" => A2::from_shape_fn(x.raw_dim(), |(i, j)| {
            let apart = x.row(i).fold(T::zero(), |sum, &other| sum + (x[[i, j]] - other));
            dy[[i, 0]] * two * apart / (n * (n - one))
        }),
        "divided by n" => &centred * &dy * (two / n),
        "not centred" => x * &dy * (two / (n - one)),
        "2 forgotten" => &centred * &dy / (n - one),
        "squares" => &centred * &centred * &dy / (n - one),
        "not divided" => &centred * &dy * two,
        "centred over the other axis" => {
            let centred = x - &(x.sum_axis(Axis(0)) / size::<T>(x.nrows()));
            &centred * &dy * (two / (n - one))
        }
        "the mean's way counted" => &centred * &dy * (two / (n - one)) * (one - one / n),
        "a sign" => &centred * &dy * (-two / (n - one)),
        "of std" => {
            let std = (sums(&centred.mapv(|x| x * x)) / (n - one)).mapv(T::sqrt);
            &centred * &dy / &(std * (n - one))
        }
        "the cotangent forgotten" => centred * (two / (n - one)),
        _ => &centred * &dy * two / (n - one),
    }
}

fn var<T: Real>(exam: &Exam, version: &'static str) -> Found {
    exam.backward(
        |[x]| x.var_axis(1, T::one()),
        move |dy: &A1<T>, x: &A2<T>| var_by_hand(version, dy, x),
        ["x: n 5"],
        &[],
    )
}

/// Of each row, divided by n, under a root.
fn std_by_hand<T: NdFloat>(version: &str, dy: &A1<T>, x: &A2<T>) -> A2<T> {
    let (n, two) = (size::<T>(x.ncols()), c::<T>(2.0));
    let centred = x - &(sums(x) / n);
    let std = (sums(&centred.mapv(|x| x * x)) / n).mapv(T::sqrt);
    let dy = column(dy);
    match version {
        "through the variance" => {
            let dvar = &dy / &(&std * two);
            &centred * &(dvar * (two / n))
        }
        "divided by n - 1" => &centred * &dy / &(std * (n - T::one())),
        "of the variance" => &centred * &dy * (two / n),
        "not centred" => x * &dy / &(std * n),
        "the variance for std" => &centred * &dy / &(&std * &std * n),
        "twice" => &centred * &dy * two / &(std * n),
        "times std" => &centred * &dy * &std / n,
        "n forgotten" => &centred * &dy / &std,
        _ => &centred * &dy / &(std * n),
    }
}

fn std<T: Real>(exam: &Exam, version: &'static str) -> Found {
    exam.backward(
        |[x]| x.std_axis(1, T::zero()),
        move |dy: &A1<T>, x: &A2<T>| std_by_hand(version, dy, x),
        ["x: n 5"],
        &[("x", Values::Between(-2.0, 2.0))],
    )
}

fn norm_by_hand<T: NdFloat>(version: &str, dy: &A1<T>, x: &A2<T>) -> A2<T> {
    let norm = match version {
        "by hypot" => column(&x.map_axis(Axis(1), |row| row.fold(T::zero(), |norm, &x| norm.hypot(x)))),
        "of the largest" => {
            let top = column(&x.map_axis(Axis(1), |row| row.fold(T::zero(), |top, &x| top.max(x.abs()))));
            sums(&(x / &top).mapv(|x| x * x)).mapv(T::sqrt) * top
        }
        _ => sums(&x.mapv(|x| x * x)).mapv(T::sqrt),
    };
    let dy = column(dy);
    match version {
        "by a power" => x * &dy * &norm.mapv(|n| n.powf(-T::one())),
        "scaled first" => x * &(dy / norm),
        "of the square" => x * &dy * c::<T>(2.0),
        "the root's 2 twice" => x * &dy / &(norm * c::<T>(2.0)),
        "by the square" => x * &dy / &(&norm * &norm),
        "not divided" => x * &dy,
        "of the first norm" => x.mapv(T::signum) * &dy,
        "inverted" => (x / &norm).mapv(|u| T::one() / u) * &dy,
        "the norm of the columns" => {
            let norm = x.mapv(|x| x * x).sum_axis(Axis(0)).mapv(T::sqrt);
            x * &dy / &norm
        }
        "x forgotten" => A2::ones(x.raw_dim()) * &dy / &norm,
        _ => x * &dy / &norm,
    }
}

fn norm<T: Real>(exam: &Exam, version: &'static str) -> Found {
    exam.backward(
        |[x]| x.norm_axis(1),
        move |dy: &A1<T>, x: &A2<T>| norm_by_hand(version, dy, x),
        ["x: n d"],
        &[("x", Values::Between(0.1, 2.0))],
    )
}

fn logsumexp_by_hand<T: NdFloat>(version: &str, dy: &A1<T>, x: &A2<T>) -> A2<T> {
    let dy = column(dy);
    match version {
        // exp(x − y), as PyTorch has it.
        "from the result" => {
            let top = x.map_axis(Axis(1), |row| row.fold(T::neg_infinity(), |top, &x| top.max(x)));
            let top = column(&top);
            let y = (x - &top).mapv(T::exp).sum_axis(Axis(1)).mapv(T::ln).insert_axis(Axis(1)) + &top;
            (x - &y).mapv(T::exp) * &dy
        }
        // Number by number: log(eᵃ + eᵇ) = max + log1p(e^−|a−b|).
        "one after the other" => {
            let add = |a: T, &b: &T| a.max(b) + (-(a - b).abs()).exp().ln_1p();
            let y = x.map_axis(Axis(1), |row| {
                row.iter().skip(1).fold(row.first().copied().unwrap_or(T::zero()), add)
            });
            (x - &column(&y)).mapv(T::exp) * &dy
        }
        "1 over a sum" => A2::from_shape_fn(x.raw_dim(), |(i, j)| {
            dy[[i, 0]] / x.row(i).fold(T::zero(), |sum, &other| sum + (other - x[[i, j]]).exp())
        }),
        "not normalised" => x.mapv(T::exp) * &dy,
        "over the other axis" => softmax(&x.t().to_owned()).reversed_axes() * &dy,
        "log softmax" => softmax(x).mapv(T::ln) * &dy,
        "of the mean" => softmax(x) * &dy / size::<T>(x.ncols()),
        "softmax's diagonal" => softmax(x).mapv(|p| p * (T::one() - p)) * &dy,
        "the cotangent forgotten" => softmax(x),
        "ones" => A2::ones(x.raw_dim()) * &dy,
        "overflows" => {
            let e = x.mapv(T::exp);
            let totals = sums(&e);
            e / totals * &dy
        }
        _ => softmax(x) * &dy,
    }
}

/// Logits of ten thousand, which need the largest taken off.
fn logsumexp_of_large<T: Real>(exam: &Exam, version: &'static str) -> Found {
    exam.backward(
        |[x]| x.logsumexp(1),
        move |dy: &A1<T>, x: &A2<T>| logsumexp_by_hand(version, dy, x),
        ["x: n d"],
        &[("x", Values::Between(-1e4, 1e4))],
    )
}

/// Logits of which none overflows in either precision.
fn logsumexp_of_moderate<T: Real>(exam: &Exam, version: &'static str) -> Found {
    exam.backward(
        |[x]| x.logsumexp(1),
        move |dy: &A1<T>, x: &A2<T>| logsumexp_by_hand(version, dy, x),
        ["x: n d"],
        &[("x", Values::Between(-40.0, 40.0))],
    )
}

fn logsumexp<T: Real>(exam: &Exam, version: &'static str) -> Found {
    exam.backward(
        |[x]| x.logsumexp(1),
        move |dy: &A1<T>, x: &A2<T>| logsumexp_by_hand(version, dy, x),
        ["x: n d"],
        &[],
    )
}

fn softmax_by_hand<T: NdFloat>(version: &str, dy: &A2<T>, x: &A2<T>) -> A2<T> {
    let p = softmax(x);
    match version {
        "dot taken out" => &p * dy - &p * &sums(&(&p * dy)),
        "through log softmax" => {
            let g = &p * dy;
            &g - &(&p * &sums(&g))
        }
        // ½(1 + …) and the like have this; of two classes it is σ(1 − σ).
        "pair by pair" => A2::from_shape_fn(x.raw_dim(), |(i, j)| {
            (0..x.ncols()).fold(T::zero(), |sum, k| sum + p[[i, j]] * p[[i, k]] * (dy[[i, j]] - dy[[i, k]]))
        }),
        "by its Jacobian" => {
            let mut dx = A2::zeros(x.raw_dim());
            for ((i, j), dx) in dx.indexed_iter_mut() {
                for k in 0..x.ncols() {
                    let same = if j == k { T::one() } else { T::zero() };
                    *dx += dy[[i, k]] * p[[i, k]] * (same - p[[i, j]]);
                }
            }
            dx
        }
        "the diagonal only" => dy * &p.mapv(|p| p * (T::one() - p)),
        "the sum held constant" => dy * &p,
        "the sum of dy" => &p * &(dy - &sums(dy)),
        "over the other axis" => &p * &(dy - &(&p * dy).sum_axis(Axis(0))),
        "softmax over the other axis" => {
            let p = softmax(&x.t().to_owned()).reversed_axes();
            &p * &(dy - &(&p * dy).sum_axis(Axis(0)))
        }
        "a sign" => &p * &(dy + &sums(&(&p * dy))),
        "x for p" => x * &(dy - &sums(&(x * dy))),
        "of log softmax" => dy - &(&p * &sums(dy)),
        "p forgotten outside" => dy - &sums(&(&p * dy)),
        "a mean for the sum" => &p * &(dy - &(sums(&(&p * dy)) / size::<T>(x.ncols()))),
        _ => &p * &(dy - &sums(&(&p * dy))),
    }
}

fn soft_max<T: Real>(exam: &Exam, version: &'static str) -> Found {
    exam.backward(
        |[x]| x.softmax(1),
        move |dy: &A2<T>, x: &A2<T>| softmax_by_hand(version, dy, x),
        ["x: n d"],
        &[],
    )
}

fn log_softmax_by_hand<T: NdFloat>(version: &str, dy: &A2<T>, x: &A2<T>) -> A2<T> {
    let p = softmax(x);
    match version {
        "row by row" => {
            let mut dx = dy.clone();
            for (mut dx, p) in dx.rows_mut().into_iter().zip(p.rows()) {
                let total = dx.sum();
                dx.scaled_add(-total, &p);
            }
            dx
        }
        "passed through" => dy.clone(),
        "dy for its sum" => dy - &(&p * dy),
        "a mean" => dy - &(&p * &(sums(dy) / size::<T>(x.ncols()))),
        "softmax forgotten" => dy - &sums(dy),
        "a sign" => dy + &(&p * &sums(dy)),
        "of softmax" => &p * &(dy - &sums(&(&p * dy))),
        "over the other axis" => dy - &(&p * &dy.sum_axis(Axis(0))),
        "as cross entropy" => &p - dy,
        _ => dy - &(&p * &sums(dy)),
    }
}

fn log_softmax<T: Real>(exam: &Exam, version: &'static str) -> Found {
    exam.backward(
        |[x]| x.log_softmax(1),
        move |dy: &A2<T>, x: &A2<T>| log_softmax_by_hand(version, dy, x),
        ["x: n d"],
        &[],
    )
}

fn power_by_hand<T: NdFloat>(version: &str, dy: &A1<T>, x: &A1<T>, p: T) -> (A1<T>, T) {
    let one = T::one();
    let slope = x.mapv(|x| match version {
        "from the result" => p * x.powf(p) / x,
        "by exp and log" => p * ((p - one) * x.ln()).exp(),
        "the exponent not lowered" => p * x.powf(p),
        "the exponent forgotten" => x.powf(p - one),
        "of the exponential" => x.powf(p) * x.ln(),
        "lowered twice" => (p - one) * x.powf(p - one),
        _ => p * x.powf(p - one),
    });
    let dp = (dy
        * &x.mapv(|x| match version {
            "the logarithm forgotten" => x.powf(p),
            "the logarithm of p" => x.powf(p) * p.ln(),
            "the lowered power" => x.powf(p - one) * x.ln(),
            "log base 2" => x.powf(p) * x.log2(),
            _ => x.powf(p) * x.ln(),
        }))
        .sum();
    (dy * &slope, dp)
}

fn power<T: Real>(exam: &Exam, version: &'static str) -> Found {
    exam.backward(
        |[x, p]| x.pow(p),
        move |dy: &A1<T>, x: &A1<T>, p: &ndarray::Array0<T>| power_by_hand(version, dy, x, p[()]),
        ["x: n", "p:"],
        &[("x", Values::Between(0.25, 4.0)), ("p", Values::Between(0.5, 3.5))],
    )
}

pub const TABLE: &[Function] = &[
    function!("variance", var, right: ["", "scaled first", "by moments", "of pairs"], wrong: [
        "divided by n" [Factor],
        "not centred" [PathLost, HeldConstant],
        "2 forgotten" [Factor],
        "squares" [],
        "not divided" [Factor],
        "centred over the other axis" [WrongAxis],
        "the mean's way counted" [Factor],
        "a sign" [Sign],
        "of std" [],
        "the cotangent forgotten" [CotangentIgnored],
    ]),
    function!("standard deviation", std, right: ["", "through the variance"], wrong: [
        "divided by n - 1" [Factor],
        "of the variance" [FactorMissing],
        "not centred" [],
        "the variance for std" [],
        "twice" [Factor],
        "times std" [],
        "n forgotten" [Factor],
    ]),
    function!("norm of rows", norm, right: ["", "scaled first", "by hypot", "of the largest", "by a power"], wrong: [
        "of the square" [FactorMissing],
        "the root's 2 twice" [Factor],
        "by the square" [],
        "not divided" [],
        "of the first norm" [],
        "inverted" [],
        "the norm of the columns" [WrongAxis],
        "x forgotten" [],
    ]),
    function!("logsumexp", logsumexp, right: ["", "from the result", "one after the other"], wrong: [
        "not normalised" [],
        "over the other axis" [WrongAxis],
        "log softmax" [],
        "of the mean" [Factor],
        "softmax's diagonal" [DiagonalOnly],
        "the cotangent forgotten" [CotangentIgnored],
        "ones" [],
        far "overflows" [Imprecise],
    ]),
    function!("logsumexp, large", logsumexp_of_large, right: ["", "from the result", "one after the other"], wrong: [
        "overflows" [Imprecise],
        "over the other axis" [WrongAxis],
    ]),
    function!("logsumexp, moderate", logsumexp_of_moderate, right: ["", "overflows", "1 over a sum"], wrong: [
        "of the mean" [MeanForSum, Factor],
    ]),
    function!("softmax", soft_max, right: ["", "dot taken out", "by its Jacobian", "through log softmax", "pair by pair"], wrong: [
        "the diagonal only" [DiagonalOnly],
        "the sum held constant" [PathLost, HeldConstant],
        "the sum of dy" [OperandsSwapped, WrongOperand, FactorMissing],
        "over the other axis" [WrongAxis],
        "softmax over the other axis" [WrongAxis],
        "a sign" [Sign],
        "x for p" [WrongPoint],
        "of log softmax" [],
        "p forgotten outside" [FactorMissing],
        "a mean for the sum" [MeanForSum, Factor],
    ]),
    function!("log softmax", log_softmax, right: ["", "row by row"], wrong: [
        "passed through" [PathLost, HeldConstant, FactorMissing],
        "dy for its sum" [SumMissing, DiagonalOnly],
        "a mean" [MeanForSum, Factor],
        "softmax forgotten" [FactorMissing],
        "a sign" [Sign],
        "of softmax" [],
        "over the other axis" [WrongAxis],
        "as cross entropy" [],
    ]),
    function!("power", power, right: ["", "from the result", "by exp and log"], wrong: [
        "the exponent not lowered" [],
        "the exponent forgotten" [],
        "of the exponential" [],
        "lowered twice" [],
        "the logarithm forgotten" [],
        "the logarithm of p" [],
        "the lowered power" [],
        "log base 2" [Factor],
    ]),
];
