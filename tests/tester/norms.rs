//! Normalisations: over a row, over a batch, over groups of channels, to length one.

use super::corpus::{A1, A2, A3, Exam, Found, Function, Real, c, function, size};
use crate::by_hand;
use ndarray::{Axis, NdFloat};
use wengert::check::Mistake::*;

const EPS: f64 = 1e-5;

fn column<T: NdFloat>(x: &A1<T>) -> A2<T> {
    x.clone().insert_axis(Axis(1))
}

/// The mean along an axis, which stays.
fn mean<T: NdFloat>(x: &A2<T>, axis: usize) -> A2<T> {
    x.sum_axis(Axis(axis)).insert_axis(Axis(axis)) / size::<T>(x.len_of(Axis(axis)))
}

fn layer_norm_by_hand<T: NdFloat>(
    version: &str,
    dy: &A2<T>,
    x: &A2<T>,
    gamma: &A1<T>,
) -> (A2<T>, A1<T>, A1<T>) {
    if version == "as published" {
        return by_hand::norms::layer_norm_backward(dy, x, gamma);
    }
    let eps: T = if version == "epsilon forgotten" { T::zero() } else { c(EPS) };
    let n = size::<T>(x.ncols());
    let centred = x - &mean(x, 1);
    let var = match version {
        // E[x²] − E[x]²: one pass over x, and digits of its mean are lost.
        "in one pass" => mean(&x.mapv(|x| x * x), 1) - mean(x, 1).mapv(|m| m * m),
        _ => mean(&centred.mapv(|x| x * x), 1),
    };
    let inv = match version {
        "epsilon outside the root" => var.mapv(|v| T::one() / (v.sqrt() + eps)),
        "n - 1 in the variance" => var.mapv(|v| T::one() / (v * n / (n - T::one()) + eps).sqrt()),
        _ => var.mapv(|v| T::one() / (v + eps).sqrt()),
    };
    let normed = &centred * &inv;
    let dn = if version == "gamma forgotten" { dy.clone() } else { dy * gamma };
    let dx = match version {
        "mean and variance held constant" => &dn * &inv,
        "the mean held constant" => (&dn - &normed * &mean(&(&dn * &normed), 1)) * &inv,
        "the variance held constant" => (&dn - &mean(&dn, 1)) * &inv,
        "over the batch" => (&dn - &mean(&dn, 0) - &normed * &mean(&(&dn * &normed), 0)) * &inv,
        "sums for means" => (&dn - &(mean(&dn, 1) * n) - &normed * &(mean(&(&dn * &normed), 1) * n)) * &inv,
        "x for its normed" => (&dn - &mean(&dn, 1) - x * &mean(&(&dn * x), 1)) * &inv,
        "the scale forgotten" => &dn - &mean(&dn, 1) - &normed * &mean(&(&dn * &normed), 1),
        "a sign" => (&dn - &mean(&dn, 1) + &normed * &mean(&(&dn * &normed), 1)) * &inv,
        // Step by step, as one derives batch norm by the chain rule.
        "by variance and mean" => {
            let cubed = inv.mapv(|i| i * i * i);
            let dvar = (&dn * &centred).sum_axis(Axis(1)).insert_axis(Axis(1)) * &cubed * c::<T>(-0.5);
            let dmean = -(&dn * &inv).sum_axis(Axis(1)).insert_axis(Axis(1))
                + &dvar * &centred.sum_axis(Axis(1)).insert_axis(Axis(1)) * c::<T>(-2.0) / n;
            &dn * &inv + &centred * &dvar * c::<T>(2.0) / n + dmean / n
        }
        "by sums" => {
            let [first, second] = [&dn, &(&dn * &normed)].map(|x| mean(x, 1) * n);
            (&dn * n - &first - &normed * &second) * &(&inv / n)
        }
        // The Jacobian, row by row: (δ − 1/n − x̂ᵢx̂ⱼ/n) / σ.
        "by its Jacobian" => A2::from_shape_fn(x.raw_dim(), |(i, j)| {
            (0..x.ncols()).fold(T::zero(), |sum, k| {
                let same = if j == k { T::one() } else { T::zero() };
                sum + dn[[i, k]] * inv[[i, 0]] * (same - T::one() / n - normed[[i, k]] * normed[[i, j]] / n)
            })
        }),
        // As a composition of scale and shift that TensorFlow makes of it: x·a + (β − m·a).
        "by scale and shift" => {
            let a = &inv;
            let da = (&dn * x).sum_axis(Axis(1)).insert_axis(Axis(1)) - mean(&dn, 1) * n * mean(x, 1);
            let dvar = da * &inv.mapv(|i| i * i * i) * c::<T>(-0.5);
            let dmean = -(mean(&dn, 1) * n) * a;
            let (two, mean) = (c::<T>(2.0), mean(x, 1));
            &dn * a + &(dmean / n) + x * &(&dvar * (two / n)) - &dvar * &mean * (two / n)
        }
        // a·dy + b·x + c with the coefficients of PyTorch's kernel.
        "by coefficients" => {
            let (ds, db) = ((&dn * x).sum_axis(Axis(1)), dn.sum_axis(Axis(1)));
            let (a, m) = (inv.column(0).to_owned(), mean(x, 1).column(0).to_owned());
            let b = (&db * &m - &ds) * &a * &a * &a / n;
            let c = -(&b * &m) - &db * &a / n;
            &dn * &column(&a) + x * &column(&b) + column(&c)
        }
        _ => (&dn - &mean(&dn, 1) - &normed * &mean(&(&dn * &normed), 1)) * &inv,
    };
    let dgamma = match version {
        "dgamma of x" => (dy * x).sum_axis(Axis(0)),
        "dgamma over the row" => (dy * &normed).sum_axis(Axis(1)),
        _ => (dy * &normed).sum_axis(Axis(0)),
    };
    let dbeta = if version == "dbeta a mean" { mean(dy, 0).row(0).to_owned() } else { dy.sum_axis(Axis(0)) };
    (dx, dgamma, dbeta)
}

fn layer_norm<T: Real>(exam: &Exam, version: &'static str) -> Found {
    exam.backward(
        |[x, gamma, beta]| {
            let centred = x - x.mean_axis(1).unsqueeze(1);
            let var = centred.square().mean_axis(1).unsqueeze(1);
            centred * (var + T::from_f64(EPS)).rsqrt() * gamma + beta
        },
        move |dy: &A2<T>, x: &A2<T>, gamma: &A1<T>| layer_norm_by_hand(version, dy, x, gamma),
        ["x: n d", "gamma: d", "beta: d"],
        &[],
    )
}

fn rms_norm_by_hand<T: NdFloat>(version: &str, dy: &A2<T>, x: &A2<T>, gamma: &A1<T>) -> (A2<T>, A1<T>) {
    if version == "as published" {
        return by_hand::norms::rms_norm_backward(dy, x, gamma);
    }
    let eps: T = if version == "epsilon forgotten" { T::zero() } else { c(EPS) };
    let n = size::<T>(x.ncols());
    let inv = mean(&x.mapv(|x| x * x), 1).mapv(|ms| T::one() / (ms + eps).sqrt());
    let normed = x * &inv;
    let dn = if version == "gamma forgotten" { dy.clone() } else { dy * gamma };
    let dot = mean(&(&dn * &normed), 1);
    let dx = match version {
        "by x" => &dn * &inv - x * &(mean(&(&dn * x), 1) * inv.mapv(|i| i * i * i)),
        "over one denominator" => {
            let square = inv.mapv(|i| T::one() / (i * i));
            (&dn * &square - x * &mean(&(&dn * x), 1)) * &inv.mapv(|i| i * i * i)
        }
        "row by row" => {
            let mut dx = dn.clone();
            for ((mut dx, x), inv) in dx.rows_mut().into_iter().zip(x.rows()).zip(&inv) {
                let along = dx.dot(&x) * *inv * *inv / n;
                dx.zip_mut_with(&x, |dx, &x| *dx = (*dx - along * x) * *inv);
            }
            dx
        }
        "the root held constant" => &dn * &inv,
        "a sum for the mean" => (&dn - &normed * &(&dot * n)) * &inv,
        "a sign" => (&dn + &normed * &dot) * &inv,
        "x for its normed" => (&dn - x * &dot) * &inv,
        "twice" => (&dn - &normed * &(&dot * c::<T>(2.0))) * &inv,
        "centred, as layer norm" => (&dn - &mean(&dn, 1) - &normed * &dot) * &inv,
        "the scale forgotten" => &dn - &normed * &dot,
        "over the batch" => (&dn - &normed * &mean(&(&dn * &normed), 0)) * &inv,
        _ => (&dn - &normed * &dot) * &inv,
    };
    let dgamma =
        if version == "dgamma of x" { (dy * x).sum_axis(Axis(0)) } else { (dy * &normed).sum_axis(Axis(0)) };
    (dx, dgamma)
}

fn rms_norm<T: Real>(exam: &Exam, version: &'static str) -> Found {
    exam.backward(
        |[x, gamma]| x * (x.square().mean_axis(1).unsqueeze(1) + T::from_f64(EPS)).rsqrt() * gamma,
        move |dy: &A2<T>, x: &A2<T>, gamma: &A1<T>| rms_norm_by_hand(version, dy, x, gamma),
        ["x: n d", "gamma: d"],
        &[],
    )
}

fn welford<T: NdFloat>(x: ndarray::ArrayView1<'_, T>) -> T {
    let (mut mean, mut squares) = (T::zero(), T::zero());
    for (k, &x) in x.iter().enumerate() {
        let from = x - mean;
        mean += from / size(k + 1);
        squares += from * (x - mean);
    }
    squares / size(x.len())
}

fn batch_norm_by_hand<T: NdFloat>(
    version: &str,
    dy: &A2<T>,
    x: &A2<T>,
    gamma: &A1<T>,
) -> (A2<T>, A1<T>, A1<T>) {
    if version == "as published" {
        return by_hand::norms::batch_norm_backward(dy, x, gamma);
    }
    let n = size::<T>(x.nrows());
    let centred = x - &mean(x, 0);
    let var = match version {
        "the unbiased variance" => mean(&centred.mapv(|x| x * x), 0) * n / (n - T::one()),
        "in one pass" => mean(&x.mapv(|x| x * x), 0) - mean(x, 0).mapv(|m| m * m),
        // B. P. Welford, 1962.
        "Welford's" => x.t().outer_iter().map(welford).collect::<A1<T>>().insert_axis(Axis(0)),
        _ => mean(&centred.mapv(|x| x * x), 0),
    };
    let inv = var.mapv(|v| T::one() / (v + c(EPS)).sqrt());
    let normed = &centred * &inv;
    let (dgamma, dbeta) = ((dy * &normed).sum_axis(Axis(0)), dy.sum_axis(Axis(0)));
    let dx = match version {
        // As Kratzert's and Thorey's notes end: γ·σ⁻¹/n · (n·dy − Σdy − x̂·Σ(dy·x̂)).
        "in one line" => (dy * n - &dbeta - &normed * &dgamma) * &(&inv * gamma / n),
        "by variance and mean" => {
            let dn = dy * gamma;
            let dvar = (&dn * &centred * inv.mapv(|i| i * i * i)).sum_axis(Axis(0)) * c::<T>(-0.5);
            let dmean =
                -(&dn * &inv).sum_axis(Axis(0)) - &dvar * &(centred.sum_axis(Axis(0)) * c::<T>(2.0) / n);
            &dn * &inv + &centred * &(dvar * c::<T>(2.0) / n) + dmean / n
        }
        "as at inference" => dy * &(&inv * gamma),
        "the variance held constant" => (dy - &(&dbeta / n)) * &(&inv * gamma),
        "the mean held constant" => (dy - &(&normed * &(&dgamma / n))) * &(&inv * gamma),
        "1/n forgotten" => (dy - &dbeta - &normed * &dgamma) * &(&inv * gamma),
        "n forgotten" => (dy - &dbeta - &normed * &dgamma) * &(&inv * gamma / n),
        "gamma forgotten" => (dy - &(&dbeta / n) - &normed * &(&dgamma / n)) * &inv,
        "over the row" => {
            let dn = dy * gamma;
            (&dn - &mean(&dn, 1) - &normed * &mean(&(&dn * &normed), 1)) * &inv
        }
        "the variance for its root" => {
            (dy - &(&dbeta / n) - &normed * &(&dgamma / n)) * &(inv.mapv(|i| i * i) * gamma)
        }
        _ => (dy - &(&dbeta / n) - &normed * &(&dgamma / n)) * &(&inv * gamma),
    };
    match version {
        "dgamma and dbeta swapped" => (dx, dbeta, dgamma),
        "dbeta like dgamma" => (dx, dgamma.clone(), dgamma),
        _ => (dx, dgamma, dbeta),
    }
}

fn batch_norm<T: Real>(exam: &Exam, version: &'static str) -> Found {
    exam.backward(
        |[x, gamma, beta]| {
            let centred = x - x.mean_axis(0);
            centred / (centred.square().mean_axis(0) + T::from_f64(EPS)).sqrt() * gamma + beta
        },
        move |dy: &A2<T>, x: &A2<T>, gamma: &A1<T>| batch_norm_by_hand(version, dy, x, gamma),
        ["x: n d", "gamma: d", "beta: d"],
        &[],
    )
}

/// Two groups of two channels.
fn group_norm_by_hand<T: NdFloat>(version: &str, dy: &A3<T>, x: &A3<T>) -> A3<T> {
    if version == "as published" {
        return by_hand::norms::group_norm_backward(dy, x);
    }
    let shape = x.raw_dim();
    let (batch, length) = (shape[0], shape[2]);
    // A row for each group of each example.
    let rows = |x: &A3<T>| {
        let x = x.as_standard_layout().into_owned();
        x.into_shape_with_order((batch * 2, 2 * length)).expect("as many")
    };
    let (x, dy) = (rows(x), rows(dy));
    let groups = if version == "layer norm's" { 4 } else { 2 };
    let centred = &x - &mean(&x, 1);
    let inv = mean(&centred.mapv(|x| x * x), 1).mapv(|v| T::one() / (v + c(EPS)).sqrt());
    let normed = &centred * &inv;
    let dx = match version {
        "by its Jacobian" => {
            let n = size::<T>(x.ncols());
            A2::from_shape_fn(x.raw_dim(), |(r, j)| {
                let of = |i: usize| {
                    let same = if i == j { T::one() } else { T::zero() };
                    dy[[r, i]] * inv[[r, 0]] * (same - T::one() / n - normed[[r, i]] * normed[[r, j]] / n)
                };
                (0..x.ncols()).map(of).fold(T::zero(), |sum, x| sum + x)
            })
        }
        "mean and variance held constant" => &dy * &inv,
        "the variance held constant" => (&dy - &mean(&dy, 1)) * &inv,
        "divided by the channels" | "layer norm's" => {
            let by =
                size::<T>(length * groups) / size::<T>(if version == "layer norm's" { 1 } else { length });
            let sum = |x: &A2<T>| x.sum_axis(Axis(1)).insert_axis(Axis(1)) / by;
            (&dy - &sum(&dy) - &normed * &sum(&(&dy * &normed))) * &inv
        }
        "a sign" => (&dy - &mean(&dy, 1) + &normed * &mean(&(&dy * &normed), 1)) * &inv,
        "the scale squared" => {
            (&dy - &mean(&dy, 1) - &normed * &mean(&(&dy * &normed), 1)) * inv.mapv(|i| i * i)
        }
        "first group only" => {
            let mut dx = (&dy - &mean(&dy, 1) - &normed * &mean(&(&dy * &normed), 1)) * &inv;
            dx.rows_mut().into_iter().skip(1).step_by(2).for_each(|mut row| row.fill(T::zero()));
            dx
        }
        _ => (&dy - &mean(&dy, 1) - &normed * &mean(&(&dy * &normed), 1)) * &inv,
    };
    dx.into_shape_with_order(shape).expect("as many")
}

fn group_norm<T: Real>(exam: &Exam, version: &'static str) -> Found {
    exam.backward(
        |[x]| {
            let shape = x.shape();
            let x = x.reshape([shape[0] * 2, 2 * shape[2]]);
            let centred = x - x.mean_axis(1).unsqueeze(1);
            let normed = centred * (centred.square().mean_axis(1).unsqueeze(1) + T::from_f64(EPS)).rsqrt();
            normed.reshape([shape[0], shape[1], shape[2]])
        },
        move |dy: &A3<T>, x: &A3<T>| group_norm_by_hand(version, dy, x),
        ["x: n 4 l"],
        &[],
    )
}

/// Rows divided by their lengths.
fn unit_by_hand<T: NdFloat>(version: &str, dy: &A2<T>, x: &A2<T>) -> A2<T> {
    let sums = |x: &A2<T>| x.sum_axis(Axis(1)).insert_axis(Axis(1));
    let norm = sums(&x.mapv(|x| x * x)).mapv(T::sqrt);
    let y = x / &norm;
    let along = sums(&(dy * &y));
    match version {
        "by x" => dy / &norm - x * &(sums(&(dy * x)) / norm.mapv(|n| n * n * n)),
        "by its projection" => {
            let mut dx = A2::zeros(x.raw_dim());
            for (r, mut dx) in dx.rows_mut().into_iter().enumerate() {
                let y = y.row(r);
                let outer = y.to_owned().insert_axis(Axis(1)).dot(&y.insert_axis(Axis(0)));
                dx.assign(&((A2::eye(y.len()) - outer).dot(&dy.row(r)) / norm[[r, 0]]));
            }
            dx
        }
        "the norm held constant" => dy / &norm,
        "only the norm's part" => -(&y * &along / &norm),
        "the norm squared" => (dy - &y * &along) / norm.mapv(|n| n * n),
        "not divided" => dy - &y * &along,
        "a sign" => (dy + &y * &along) / &norm,
        "x for y" => (dy - x * &along) / &norm,
        "over the columns" => {
            let along = (dy * &y).sum_axis(Axis(0));
            (dy - &y * &along) / &norm
        }
        "the sum forgotten" => (dy - &(&y * &y * dy)) / &norm,
        _ => (dy - &y * &along) / &norm,
    }
}

fn unit<T: Real>(exam: &Exam, version: &'static str) -> Found {
    exam.backward(
        |[x]| x / x.square().sum_axis(1).sqrt().unsqueeze(1),
        move |dy: &A2<T>, x: &A2<T>| unit_by_hand(version, dy, x),
        ["x: n d"],
        &[],
    )
}

pub const TABLE: &[Function] = &[
    function!("layer norm", layer_norm, right: [
        "", "by variance and mean", "by coefficients", "as published", "in one pass", "by sums", "by its Jacobian",
        "by scale and shift",
    ], wrong: [
        "mean and variance held constant" [HeldConstant],
        "the mean held constant" [PathLost, HeldConstant],
        "the variance held constant" [PathLost, HeldConstant],
        "epsilon forgotten" [Epsilon],
        "epsilon outside the root" [Epsilon],
        "n - 1 in the variance" [Factor],
        "gamma forgotten" [FactorMissing],
        "over the batch" [WrongAxis],
        "sums for means" [Factor, FactorMissing],
        "x for its normed" [WrongOperand],
        "the scale forgotten" [FactorMissing],
        "a sign" [Sign],
        "dgamma of x" [WrongOperand],
        "dgamma over the row" [WrongAxis, WrongShape],
        "dbeta a mean" [MeanForSum],
    ]),
    function!("RMS norm", rms_norm, right: ["", "by x", "row by row", "as published", "over one denominator"], wrong: [
        "the root held constant" [PathLost, HeldConstant],
        "epsilon forgotten" [Epsilon],
        "gamma forgotten" [FactorMissing],
        "a sum for the mean" [Factor, FactorMissing],
        "a sign" [Sign],
        "x for its normed" [WrongOperand],
        "twice" [PathTwice, Factor],
        "centred, as layer norm" [],
        "the scale forgotten" [FactorMissing],
        "over the batch" [WrongAxis],
        "dgamma of x" [WrongOperand],
    ]),
    function!("batch norm", batch_norm, right: ["", "in one line", "by variance and mean", "as published", "in one pass", "Welford's"], wrong: [
        "as at inference" [HeldConstant],
        // Without the factor a constant comes back, which the mean takes off: the same gradient.
        "the variance held constant" [PathLost, HeldConstant, FactorMissing],
        "the mean held constant" [PathLost, HeldConstant],
        "the unbiased variance" [Factor],
        "1/n forgotten" [Factor],
        "n forgotten" [],
        "gamma forgotten" [FactorMissing],
        "over the row" [WrongAxis],
        "the variance for its root" [Factor],
        "dgamma and dbeta swapped" [OperandsSwapped],
        "dbeta like dgamma" [GradientCopied],
    ]),
    function!("group norm", group_norm, right: ["", "by its Jacobian", "as published"], wrong: [
        "mean and variance held constant" [HeldConstant],
        "the variance held constant" [PathLost, HeldConstant],
        "divided by the channels" [Factor],
        "layer norm's" [Factor],
        "a sign" [Sign],
        "the scale squared" [Factor],
        "first group only" [],
    ]),
    function!("rows of length one", unit, right: ["", "by x", "by its projection"], wrong: [
        "the norm held constant" [PathLost, HeldConstant],
        "only the norm's part" [PathLost],
        "the norm squared" [Factor],
        "not divided" [FactorMissing],
        "a sign" [Sign],
        "x for y" [WrongOperand],
        "over the columns" [WrongAxis],
        "the sum forgotten" [SumMissing, DiagonalOnly],
    ]),
];
