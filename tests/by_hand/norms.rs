//! Layer, RMS, batch and group normalisation.

use super::{row_sums, seed, size};
use ndarray::{Array1, Array2, Array3, Axis, NdFloat};
use wengert::check;

const EPS: f64 = 1e-5;

/// Rows to mean 0 and variance 1, and one over their deviation.
fn standardised<T: NdFloat>(x: &Array2<T>) -> (Array2<T>, Array2<T>) {
    let d = size::<T>(x.ncols());
    let centred = x - &(row_sums(x) / d);
    let rstd = (row_sums(&(&centred * &centred)) / d).mapv(|var| T::one() / (var + super::c(EPS)).sqrt());
    (&centred * &rstd, rstd)
}

/// What dnormed becomes before the standardisation.
fn standardised_backward<T: NdFloat>(dn: &Array2<T>, normed: &Array2<T>, rstd: &Array2<T>) -> Array2<T> {
    let d = size::<T>(dn.ncols());
    (dn - &(row_sums(dn) / d) - normed * &(row_sums(&(dn * normed)) / d)) * rstd
}

/// dx, dgamma and dbeta of gamma·(x − mean)/√(var + ε) + beta, over each row.
pub fn layer_norm_backward<T: NdFloat>(
    dy: &Array2<T>,
    x: &Array2<T>,
    gamma: &Array1<T>,
) -> (Array2<T>, Array1<T>, Array1<T>) {
    let (normed, rstd) = standardised(x);
    let dx = standardised_backward(&(dy * gamma), &normed, &rstd);
    (dx, (dy * &normed).sum_axis(Axis(0)), dy.sum_axis(Axis(0)))
}

/// dx and dgamma of gamma·x/√(mean x² + ε).
pub fn rms_norm_backward<T: NdFloat>(
    dy: &Array2<T>,
    x: &Array2<T>,
    gamma: &Array1<T>,
) -> (Array2<T>, Array1<T>) {
    let d = size::<T>(x.ncols());
    let rms = (row_sums(&(x * x)) / d).mapv(|ms| (ms + super::c(EPS)).sqrt());
    let normed = x / &rms;
    let dn = dy * gamma;
    let dx = (&dn - &normed * &(row_sums(&(&dn * &normed)) / d)) / &rms;
    (dx, (dy * &normed).sum_axis(Axis(0)))
}

/// dx, dgamma and dbeta of batch normalisation in training: the statistics are those of the batch.
pub fn batch_norm_backward<T: NdFloat>(
    dy: &Array2<T>,
    x: &Array2<T>,
    gamma: &Array1<T>,
) -> (Array2<T>, Array1<T>, Array1<T>) {
    let n = size::<T>(x.nrows());
    let centred = x - &(x.sum_axis(Axis(0)) / n);
    let rstd =
        ((&centred * &centred).sum_axis(Axis(0)) / n).mapv(|var| T::one() / (var + super::c(EPS)).sqrt());
    let normed = &centred * &rstd;
    let (dgamma, dbeta) = ((dy * &normed).sum_axis(Axis(0)), dy.sum_axis(Axis(0)));
    let dx = (dy * n - &dbeta - &normed * &dgamma) * &(gamma * &rstd / n);
    (dx, dgamma, dbeta)
}

/// dx of group normalisation over (batch, 4 channels, length) with two groups, without weights.
pub fn group_norm_backward<T: NdFloat>(dy: &Array3<T>, x: &Array3<T>) -> Array3<T> {
    let (batch, channels, length) = x.dim();
    let grouped = |x: &Array3<T>| {
        let rows = (batch * 2, channels / 2 * length);
        x.to_shape(rows).expect("a group's channels lie side by side").into_owned()
    };
    let (normed, rstd) = standardised(&grouped(x));
    let dx = standardised_backward(&grouped(dy), &normed, &rstd);
    dx.to_shape((batch, channels, length)).expect("as many").into_owned()
}

#[test]
fn layer_norm() {
    check::backward(|[x, gamma, beta]| {
        let centred = x - x.mean_axis(1).unsqueeze(1);
        let var = centred.square().mean_axis(1).unsqueeze(1);
        centred / (var + EPS).sqrt() * gamma + beta
    })
    .against(layer_norm_backward::<f64>)
    .shapes(["x: n d", "gamma: d", "beta: d"])
    .all_gradients()
    .seed(seed())
    .without_persistence()
    .run();
}

#[test]
fn rms_norm() {
    check::backward(|[x, gamma]| x / (x.square().mean_axis(1).unsqueeze(1) + EPS).sqrt() * gamma)
        .against(rms_norm_backward::<f64>)
        .shapes(["x: n d", "gamma: d"])
        .all_gradients()
        .seed(seed())
        .without_persistence()
        .run();
}

#[test]
fn batch_norm() {
    check::backward(|[x, gamma, beta]| {
        let centred = x - x.mean_axis(0);
        centred / (centred.square().mean_axis(0) + EPS).sqrt() * gamma + beta
    })
    .against(batch_norm_backward::<f64>)
    .shapes(["x: n d", "gamma: d", "beta: d"])
    .all_gradients()
    .seed(seed())
    .without_persistence()
    .run();
}

#[test]
fn group_norm() {
    check::backward(|[x]| {
        let shape = x.shape();
        let x = x.reshape([2 * shape[0], 2 * shape[2]]);
        let centred = x - x.mean_axis(1).unsqueeze(1);
        let var = centred.square().mean_axis(1).unsqueeze(1);
        (centred / (var + EPS).sqrt()).reshape([shape[0], shape[1], shape[2]])
    })
    .against(group_norm_backward::<f64>)
    .shapes(["x: n 4 l"])
    .seed(seed())
    .without_persistence()
    .run();
}
