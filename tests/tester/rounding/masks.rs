//! Infinities that are meant, and choices that rounding decides.

use super::{Outcome, Row, examine, num, size};
use ndarray::{Array1, Array2, Axis, Zip};
use wengert::check::{self, Values};
use wengert::{Float, Tape, Var};

type A1<T> = Array1<T>;
type A2<T> = Array2<T>;

pub fn softmax<T: Float>(z: &A2<T>) -> A2<T> {
    let mut p = z.clone();
    for mut row in p.rows_mut() {
        let top = row.fold(-T::INFINITY, |top, &z| if z > top { z } else { top });
        row.mapv_inplace(|z| if top == -T::INFINITY { T::zero() } else { (z - top).exp() });
        let total = row.fold(T::zero(), |sum, &p| sum + p);
        if total > T::zero() {
            row.mapv_inplace(|p| p / total);
        }
    }
    p
}

/// p (d − Σ d p), row by row.
pub fn softmax_backward<T: Float>(d: &A2<T>, p: &A2<T>) -> A2<T> {
    let inner = (d * p).sum_axis(Axis(1)).insert_axis(Axis(1));
    (d - &inner) * p
}

/// What the library itself gives, recorded once more.
fn own<T: Float>(formula: for<'t> fn(Var<'t, T>) -> Var<'t, T>) -> Outcome {
    examine(
        check::backward(move |[x]| formula(x))
            .against(move |d: &ndarray::ArrayD<T>, x: &A1<T>| {
                let tape = Tape::new();
                let x = tape.leaf("x", x);
                formula(x).backward_with(d)[x].array::<ndarray::Ix1>()
            })
            .shapes(["x: n"])
            .values("x", Values::Any),
    )
}

fn a_rounded_maximum<T: Float>() -> Outcome {
    own::<T>(|x| if x.is_empty() { x.sum() } else { (x * num::<T>(0.1) + num::<T>(100.0)).max() })
}

fn a_rounded_kink<T: Float>() -> Outcome {
    own::<T>(|x| (x / num::<T>(3.0) * num::<T>(3.0) - x).relu())
}

fn a_rounded_order<T: Float>() -> Outcome {
    own::<T>(|x| {
        if x.is_empty() {
            x.sum()
        } else {
            ((x * num::<T>(0.1) + num::<T>(100.0)).maximum(x * num::<T>(0.05) + num::<T>(100.0))
                - num::<T>(100.0))
            .abs()
            .sum()
        }
    })
}

/// Another order of operations decides some ties otherwise.
fn another_order<T: Float>() -> Outcome {
    examine(
        check::backward(|[x]| ((x + num::<T>(0.1)) - num::<T>(0.1) - x).relu() + x)
            .against(|d: &A1<T>| d.clone())
            .shapes(["x: n"]),
    )
}

/// A layer whose sums are added up the other way round.
fn relu_of_a_layer<T: Float>() -> Outcome {
    examine(
        check::backward(|[x, w]| x.matmul(w).relu())
            .against(|d: &A2<T>, x: &A2<T>, w: &A2<T>| {
                let z = Array2::from_shape_fn((x.nrows(), w.ncols()), |(i, j)| {
                    (0..x.ncols()).rev().fold(T::zero(), |sum, k| sum + x[[i, k]] * w[[k, j]])
                });
                let d = Zip::from(d).and(&z).map_collect(|&d, &z| if z > T::zero() { d } else { T::zero() });
                (d.dot(&w.t()), x.t().dot(&d))
            })
            .shapes(["x: n d", "w: d h"]),
    )
}

fn masked_softmax<T: Float>() -> Outcome {
    examine(
        check::backward(|[x, m]| x.masked_fill(m.gt(T::zero()), -T::INFINITY).softmax(1))
            .against(|d: &A2<T>, x: &A2<T>, m: &A2<T>| {
                let masked =
                    Zip::from(x).and(m).map_collect(|&x, &m| if m > T::zero() { -T::INFINITY } else { x });
                softmax_backward(d, &softmax(&masked))
            })
            .shapes(["x: n k", "m: n k"])
            .values("m", Values::Whole(0, 2)),
    )
}

fn logsumexp_with_a_mask<T: Float>() -> Outcome {
    examine(
        check::backward(|[x, m]| m.gt(T::zero()).select(-T::INFINITY, x).logsumexp(1))
            .against(|d: &A1<T>, x: &A2<T>, m: &A2<T>| {
                let masked =
                    Zip::from(x).and(m).map_collect(|&x, &m| if m > T::zero() { -T::INFINITY } else { x });
                softmax(&masked) * d.view().insert_axis(Axis(1))
            })
            .shapes(["x: n k", "m: n k"])
            .values("m", Values::Whole(0, 2)),
    )
}

/// As PyTorch computes it.
fn logsumexp_by_its_result<T: Float>() -> Outcome {
    examine(
        check::backward(|[x]| x.logsumexp(1))
            .against(|d: &A1<T>, x: &A2<T>| {
                let mut dx = x.clone();
                for (mut row, &d) in dx.rows_mut().into_iter().zip(d) {
                    let top = row.fold(-T::INFINITY, |top, &z| if z > top { z } else { top });
                    let result = row.fold(T::zero(), |sum, &z| sum + (z - top).exp()).ln() + top;
                    row.mapv_inplace(|z| d * (z - result).exp());
                }
                dx
            })
            .shapes(["x: n k"]),
    )
}

fn causal_attention<T: Float>() -> Outcome {
    examine(
        check::backward(|[q, k, v]| {
            let n = q.shape()[0];
            let scale = size::<T>(q.shape()[1].max(1)).sqrt();
            let scores = q.matmul(k.t()) / scale;
            let mask = !q.tape().causal_mask(n);
            scores.masked_fill(mask, -T::INFINITY).softmax(1).matmul(v)
        })
        .against(|d: &A2<T>, q: &A2<T>, k: &A2<T>, v: &A2<T>| {
            let scale = T::one() / size::<T>(q.ncols().max(1)).sqrt();
            let mut scores = q.dot(&k.t());
            for ((i, j), s) in scores.indexed_iter_mut() {
                *s = if j > i { -T::INFINITY } else { *s * scale };
            }
            let p = softmax(&scores);
            let ds = softmax_backward(&d.dot(&v.t()), &p).mapv(|s| s * scale);
            (ds.dot(k), ds.t().dot(q), p.t().dot(d))
        })
        .shapes(["q: n d", "k: n d", "v: n h"]),
    )
}

fn filled_with_infinity<T: Float>() -> Outcome {
    examine(
        check::backward(|[x]| x.gt(num::<T>(0.5)).select(-T::INFINITY, x * num::<T>(2.0)))
            .against(|d: &A1<T>, x: &A1<T>| {
                Zip::from(d).and(x).map_collect(|&d, &x| if x > num(0.5) { T::zero() } else { d * num(2.0) })
            })
            .shapes(["x: n"]),
    )
}

pub fn table() -> Vec<Row> {
    both! {
        "its own gradient of a rounded maximum" a_rounded_maximum;
        "its own gradient of a rounded kink" a_rounded_kink;
        "its own gradient of two that nearly tie" a_rounded_order;
        "relu of rounding alone" another_order;
        "relu of a layer, added up backwards" relu_of_a_layer;
        "softmax with a mask of -∞" masked_softmax;
        "logsumexp with a mask of -∞" logsumexp_with_a_mask;
        "logsumexp by its result" logsumexp_by_its_result;
        "attention with a causal mask" causal_attention;
        "filled with -∞" filled_with_infinity;
    }
}
