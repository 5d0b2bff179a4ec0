//! Similarities: cosine, `InfoNCE`, the triplet loss.

use super::{c, column, row_sums, seed, size, softmax};
use ndarray::{Array1, Array2, Axis, NdFloat};
use wengert::check::{self, Values};

/// The cosine of the angle between the rows of a and b.
pub fn cosine<T: NdFloat>(a: &Array2<T>, b: &Array2<T>) -> Array1<T> {
    let [na, nb] = [a, b].map(|x| row_sums(&(x * x)).mapv(T::sqrt));
    (&(a / &na) * &(b / &nb)).sum_axis(Axis(1))
}

/// da and db: each the other's direction, less what lies along its own, over its length.
pub fn cosine_backward<T: NdFloat>(dy: &Array1<T>, a: &Array2<T>, b: &Array2<T>) -> (Array2<T>, Array2<T>) {
    let [na, nb] = [a, b].map(|x| row_sums(&(x * x)).mapv(T::sqrt));
    let (ua, ub) = (a / &na, b / &nb);
    let (cos, dy) = (row_sums(&(&ua * &ub)), column(dy));
    ((&ub - &ua * &cos) / na * &dy, (&ua - &ub * &cos) / nb * &dy)
}

const TEMPERATURE: f64 = 0.5;

/// The gradients of the mean of log Σⱼ exp(aᵢ·bⱼ/τ) − aᵢ·bᵢ/τ.
pub fn info_nce_gradient<T: NdFloat>(a: &Array2<T>, b: &Array2<T>) -> (Array2<T>, Array2<T>) {
    let (n, tau) = (size::<T>(a.nrows()), c::<T>(TEMPERATURE));
    let mut ds = softmax(&(a.dot(&b.t()) / tau));
    ds.diag_mut().mapv_inplace(|p| p - T::one());
    let ds = ds / (n * tau);
    (ds.dot(b), ds.t().dot(a))
}

/// The gradients of max(0, |a − p|² − |a − n|² + 1), a row each.
pub fn triplet_backward<T: NdFloat>(
    dy: &Array1<T>,
    a: &Array2<T>,
    p: &Array2<T>,
    n: &Array2<T>,
) -> (Array2<T>, Array2<T>, Array2<T>) {
    let square = |x: Array2<T>| (&x * &x).sum_axis(Axis(1));
    let loss = square(a - p) - square(a - n) + T::one();
    let open = column(&(dy * &loss.mapv(|l| if l > T::zero() { c(2.0) } else { T::zero() })));
    ((n - p) * &open, (p - a) * &open, (a - n) * &open)
}

#[test]
fn cosine_similarity() {
    check::backward(|[a, b]| {
        (a * b).sum_axis(1) / (a.square().sum_axis(1).sqrt() * b.square().sum_axis(1).sqrt())
    })
    .against(cosine_backward::<f64>)
    .forward(cosine::<f64>)
    .shapes(["a: n 3", "b: n 3"])
    // A row of zeros has no direction.
    .values("a", Values::Between(0.1, 2.0))
    .values("b", Values::Between(-2.0, -0.1))
    .all_gradients()
    .seed(seed())
    .without_persistence()
    .run();
}

#[test]
fn contrastive_loss() {
    check::gradient(|[a, b]| {
        let scores = a.matmul(b.t()) / TEMPERATURE;
        (scores.logsumexp(1) - (a * b).sum_axis(1) / TEMPERATURE).mean()
    })
    .against(info_nce_gradient::<f64>)
    .shapes(["a: n d", "b: n d"])
    .all_gradients()
    .seed(seed())
    .without_persistence()
    .run();
}

#[test]
fn triplet_loss() {
    check::backward(|[a, p, n]| ((a - p).square().sum_axis(1) - (a - n).square().sum_axis(1) + 1.0).relu())
        .against(triplet_backward::<f64>)
        .shapes(["a: b d", "p: b d", "n: b d"])
        .all_gradients()
        .seed(seed())
        .without_persistence()
        .run();
}
