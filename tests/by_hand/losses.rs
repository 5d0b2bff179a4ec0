//! Losses: Huber, Kullback–Leibler, label smoothing, binary cross entropy, focal loss.

use super::{c, seed, sigmoid, size, softmax};
use ndarray::{Array1, Array2, NdFloat, Zip};
use wengert::check::{self, Values};

const DELTA: f64 = 1.35;

/// The mean of d²/2 up to |d| = δ, and δ(|d| − δ/2) beyond it.
pub fn huber<T: NdFloat>(z: &Array1<T>, y: &Array1<T>) -> T {
    let (delta, half) = (c::<T>(DELTA), c::<T>(0.5));
    let each =
        (z - y).mapv(|d| if d.abs() <= delta { half * d * d } else { delta * (d.abs() - half * delta) });
    each.sum() / size(z.len())
}

/// dz and dy.
pub fn huber_gradient<T: NdFloat>(z: &Array1<T>, y: &Array1<T>) -> (Array1<T>, Array1<T>) {
    let (delta, n) = (c::<T>(DELTA), size::<T>(z.len()));
    let dz = (z - y).mapv(|d| d.max(-delta).min(delta) / n);
    let dy = dz.mapv(|d| -d);
    (dz, dy)
}

/// dz of Σ p·(log p − log softmax(z)) / n where the rows of p sum to 1.
pub fn kl_gradient<T: NdFloat>(z: &Array2<T>, p: &Array2<T>) -> Array2<T> {
    (softmax(z) - p) / size::<T>(z.nrows())
}

const SMOOTHING: f64 = 0.1;

/// dz of the cross entropy with a tenth of each target spread over all classes.
pub fn label_smoothing_gradient<T: NdFloat>(z: &Array2<T>, y: &Array2<T>) -> Array2<T> {
    let (n, k) = (size::<T>(z.nrows()), size::<T>(z.ncols()));
    let (keep, share) = (c::<T>(1.0 - SMOOTHING), c::<T>(SMOOTHING) / k);
    (softmax(z) - y.mapv(|y| keep * y + share)) / n
}

/// The mean of softplus(x) − x·y.
pub fn bce_with_logits<T: NdFloat>(x: &Array1<T>, y: &Array1<T>) -> T {
    let each = Zip::from(x).and(y).map_collect(|&x, &y| x.max(T::zero()) - x * y + (-x.abs()).exp().ln_1p());
    each.sum() / size(x.len())
}

/// dx.
pub fn bce_with_logits_gradient<T: NdFloat>(x: &Array1<T>, y: &Array1<T>) -> Array1<T> {
    (x.mapv(sigmoid) - y) / size::<T>(x.len())
}

/// dx of −(1 − p)²·log p, p the probability that the logit gives the class y, 0 or 1.
pub fn focal_gradient<T: NdFloat>(x: &Array1<T>, y: &Array1<T>) -> Array1<T> {
    Zip::from(x).and(y).map_collect(|&x, &y| {
        let sign = y + y - T::one();
        let m = sign * x;
        let (p, q) = (sigmoid(m), sigmoid(-m));
        let log_p = m.min(T::zero()) - (-m.abs()).exp().ln_1p();
        sign * q * q * (c::<T>(2.0) * p * log_p - q)
    })
}

#[test]
fn huber_loss() {
    check::gradient(|[z, y]| {
        let d = z - y;
        let a = d.abs();
        a.le(DELTA).select(d.square() * 0.5, (a - DELTA / 2.0) * DELTA).mean()
    })
    .against(huber_gradient::<f64>)
    .forward(huber::<f64>)
    .shapes(["z: n", "y: n"])
    .all_gradients()
    .seed(seed())
    .without_persistence()
    .run();
}

#[test]
fn kullback_leibler_divergence() {
    check::gradient(|[z, p]| -(p * z.log_softmax(1)).sum() / size::<f64>(z.shape()[0]))
        .against(kl_gradient::<f64>)
        .shapes(["z: n 2", "p: n 2"])
        .values(
            "p",
            Values::Custom(std::rc::Rc::new(|shape: &[usize], unit: &mut dyn FnMut() -> f64| {
                // Eighths, so that the rows sum to 1 without rounding.
                let mut p = ndarray::ArrayD::zeros(shape);
                for mut row in p.rows_mut() {
                    row[0] = (unit() * 9.0).floor() / 8.0;
                    row[1] = 1.0 - row[0];
                }
                p
            })),
        )
        .seed(seed())
        .without_persistence()
        .run();
}

#[test]
fn label_smoothing() {
    check::gradient(|[z, y]| {
        let (n, k) = (size::<f64>(z.shape()[0]), size::<f64>(z.shape()[1]));
        let target = y * (1.0 - SMOOTHING) + SMOOTHING / k;
        -(target * z.log_softmax(1)).sum() / n
    })
    .against(label_smoothing_gradient::<f64>)
    .shapes(["z: n 5", "y: n 5"])
    .values("y", Values::OneHot)
    .seed(seed())
    .without_persistence()
    .run();
}

#[test]
fn binary_cross_entropy() {
    check::gradient(|[x, y]| (x.softplus() - x * y).mean())
        .against(bce_with_logits_gradient::<f64>)
        .forward(bce_with_logits::<f64>)
        .shapes(["x: n", "y: n"])
        .values("y", Values::Between(0.0, 1.0))
        .seed(seed())
        .without_persistence()
        .run();
}

#[test]
fn focal_loss() {
    check::gradient(|[x, y]| {
        let m = x * (y * 2.0 - 1.0);
        ((-m).sigmoid().square() * (-m).softplus()).sum()
    })
    .against(focal_gradient::<f64>)
    .shapes(["x: n", "y: n"])
    .values("y", Values::Whole(0, 2))
    .seed(seed())
    .without_persistence()
    .run();
}
