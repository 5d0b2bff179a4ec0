//! Causal attention, rotary embedding, gated linear units.

use super::{row_sums, seed, sigmoid, size, softmax};
use ndarray::{Array2, Axis, NdFloat, concatenate, s};
use wengert::check::{self, Values};

/// Shares of attention: each row looks at itself and at those before it.
fn shares<T: NdFloat>(q: &Array2<T>, k: &Array2<T>) -> Array2<T> {
    let mut scores = q.dot(&k.t()) / size::<T>(q.ncols()).sqrt();
    for ((i, j), score) in scores.indexed_iter_mut() {
        if j > i {
            *score = T::neg_infinity();
        }
    }
    softmax(&scores)
}

/// softmax(QKᵀ/√d + mask)·V.
pub fn causal_attention<T: NdFloat>(q: &Array2<T>, k: &Array2<T>, v: &Array2<T>) -> Array2<T> {
    shares(q, k).dot(v)
}

/// dQ, dK and dV.
pub fn causal_attention_backward<T: NdFloat>(
    dy: &Array2<T>,
    q: &Array2<T>,
    k: &Array2<T>,
    v: &Array2<T>,
) -> (Array2<T>, Array2<T>, Array2<T>) {
    let p = shares(q, k);
    let dp = dy.dot(&v.t());
    // Where a share is 0 its score, −∞, has no influence.
    let ds = &p * &(&dp - &row_sums(&(&p * &dp))) / size::<T>(q.ncols()).sqrt();
    (ds.dot(k), ds.t().dot(q), p.t().dot(dy))
}

/// Rotary position embedding: pairs (xᵢ, xᵢ₊₃) are turned by an angle each.
pub fn rope<T: NdFloat>(x: &Array2<T>, angles: &Array2<T>) -> Array2<T> {
    let (cos, sin) = (angles.mapv(T::cos), angles.mapv(T::sin));
    let (a, b) = (x.slice(s![.., ..3]), x.slice(s![.., 3..]));
    concatenate![Axis(1), &a * &cos - &b * &sin, &b * &cos + &a * &sin]
}

/// dx: turned back. Angles are no parameters.
pub fn rope_backward<T: NdFloat>(dy: &Array2<T>, _x: &Array2<T>, angles: &Array2<T>) -> Array2<T> {
    rope(dy, &angles.mapv(|angle| -angle))
}

/// silu(XW) ⊙ (XV).
pub fn swiglu<T: NdFloat>(x: &Array2<T>, w: &Array2<T>, v: &Array2<T>) -> Array2<T> {
    x.dot(w).mapv(|g| g * sigmoid(g)) * x.dot(v)
}

/// dX, dW and dV.
pub fn swiglu_backward<T: NdFloat>(
    dy: &Array2<T>,
    x: &Array2<T>,
    w: &Array2<T>,
    v: &Array2<T>,
) -> (Array2<T>, Array2<T>, Array2<T>) {
    let (gate, up) = (x.dot(w), x.dot(v));
    let s = gate.mapv(sigmoid);
    let dup = dy * &gate * &s;
    // silu' = s + g·s·(1 − s)
    let dgate = dy * &up * &(&s + &(&gate * &s * &s.mapv(|s| T::one() - s)));
    (dgate.dot(&w.t()) + dup.dot(&v.t()), x.t().dot(&dgate), x.t().dot(&dup))
}

#[test]
fn attention_with_a_causal_mask() {
    check::backward(|[q, k, v]| {
        let scores = q.matmul(k.t()) / 2.0;
        let future = !q.tape().causal_mask(q.shape()[0]);
        scores.masked_fill(future, f64::NEG_INFINITY).softmax(1).matmul(v)
    })
    .against(causal_attention_backward::<f64>)
    .forward(causal_attention::<f64>)
    .shapes(["Q: n 4", "K: n 4", "V: n e"])
    .all_gradients()
    .seed(seed())
    .without_persistence()
    .run();
}

#[test]
fn rotary_embedding() {
    check::backward(|[x, angles]| {
        let (a, b) = (x.narrow(1, 0, 3), x.narrow(1, 3, 3));
        let (cos, sin) = (angles.cos(), angles.sin());
        x.tape().concat(1, [a * cos - b * sin, b * cos + a * sin])
    })
    .against(rope_backward::<f64>)
    .shapes(["x: t 6", "angles: t 3"])
    .values("angles", Values::Between(-3.2, 3.2))
    .seed(seed())
    .without_persistence()
    .run();
}

#[test]
fn swish_gated_linear_unit() {
    check::backward(|[x, w, v]| x.matmul(w).silu() * x.matmul(v))
        .against(swiglu_backward::<f64>)
        .forward(swiglu::<f64>)
        .shapes(["X: n d", "W: d h", "V: d h"])
        .all_gradients()
        .seed(seed())
        .without_persistence()
        .run();
}
