//! Attention and what goes with it.

use super::corpus::{A2, A3, Exam, Found, Function, Real, c, function, size};
use super::losses::softmax;
use crate::by_hand;
use ndarray::{Axis, NdFloat, s};
use wengert::check::Mistake::*;

/// dS of P = softmax(S), row by row, from dP.
fn softmax_backward<T: NdFloat>(p: &A2<T>, dp: &A2<T>) -> A2<T> {
    p * &(dp - &(p * dp).sum_axis(Axis(1)).insert_axis(Axis(1)))
}

/// softmax(QKᵀ/√d, masked)·V.
fn attention_by_hand<T: NdFloat>(
    version: &str,
    causal: bool,
    dy: &A2<T>,
    [q, k, v]: [&A2<T>; 3],
) -> [A2<T>; 3] {
    let root = size::<T>(q.ncols()).sqrt();
    let mut scores = match version {
        "scaled before" => (q / root).dot(&k.t()),
        "a root each" => (q / root.sqrt()).dot(&(k / root.sqrt()).t()),
        _ => q.dot(&k.t()) / root,
    };
    if causal && version != "the mask forgotten in the forward pass" {
        for ((i, j), s) in scores.indexed_iter_mut() {
            if j > i {
                *s = if version == "a large negative number" { c(-1e30) } else { T::neg_infinity() };
            }
        }
    }
    let p = match version {
        "softmax over the queries" => softmax(&scores.t().to_owned()).reversed_axes(),
        // Only log Σ exp of each row is kept, as FlashAttention does.
        "made again from its logarithm" => {
            let logs = scores.map_axis(Axis(1), |row| {
                let top = row.fold(T::neg_infinity(), |top, &s| top.max(s));
                top + row.fold(T::zero(), |sum, &s| sum + (s - top).exp()).ln()
            });
            (&scores - &logs.insert_axis(Axis(1))).mapv(T::exp)
        }
        _ => softmax(&scores),
    };
    let dv = match version {
        "dV by P, not transposed" => p.dot(dy),
        "dV by the scores" => scores.mapv(|s| if s.is_finite() { s } else { T::zero() }).t().dot(dy),
        _ => p.t().dot(dy),
    };
    let dp = if version == "V forgotten" { dy.dot(&k.t()) } else { dy.dot(&v.t()) };
    let ds = match version {
        "the diagonal only" => &p * &dp * &p.mapv(|p| T::one() - p),
        "softmax passed through" => dp,
        "the normalisation held constant" => &p * &dp,
        "the sum over the queries" => &p * &(&dp - &(&p * &dp).sum_axis(Axis(0))),
        "a mean for the sum" => {
            &p * &(&dp - &((&p * &dp).sum_axis(Axis(1)) / size::<T>(p.ncols())).insert_axis(Axis(1)))
        }
        "a sign" => &p * &(&dp + &(&p * &dp).sum_axis(Axis(1)).insert_axis(Axis(1))),
        // D = Σ dO ⊙ O, as FlashAttention has it.
        "by the output" => {
            let o = p.dot(v);
            &p * &(&dp - &(dy * &o).sum_axis(Axis(1)).insert_axis(Axis(1)))
        }
        "by Jacobians" => {
            let mut ds = A2::zeros(p.raw_dim());
            for ((p, dp), mut ds) in p.rows().into_iter().zip(dp.rows()).zip(ds.rows_mut()) {
                let column = p.insert_axis(Axis(1));
                let jacobian = A2::from_diag(&p) - column.dot(&p.insert_axis(Axis(0)));
                ds.assign(&jacobian.dot(&dp));
            }
            ds
        }
        _ => softmax_backward(&p, &dp),
    };
    let ds = match version {
        "the root forgotten" => ds,
        "divided by d" => ds / (root * root),
        "times the root" => ds * root,
        _ => ds / root,
    };
    let (dq, dk) = match version {
        "dQ and dK swapped" => (ds.t().dot(q), ds.dot(k)),
        "dK not transposed" => (ds.dot(k), ds.dot(q)),
        "K held constant" => (ds.dot(k), k * T::zero()),
        _ => (ds.dot(k), ds.t().dot(q)),
    };
    [dq, dk, dv]
}

fn attention<T: Real>(exam: &Exam, version: &'static str) -> Found {
    exam.backward(
        |[q, k, v]| (q.matmul(k.t()) / size::<T>(q.shape()[1]).root()).softmax(1).matmul(v),
        move |dy: &A2<T>, q: &A2<T>, k: &A2<T>, v: &A2<T>| attention_by_hand(version, false, dy, [q, k, v]),
        ["Q: n 3", "K: m 3", "V: m e"],
        &[],
    )
}

fn causal<T: Real>(exam: &Exam, version: &'static str) -> Found {
    exam.backward(
        |[q, k, v]| {
            let scores = q.matmul(k.t()) / size::<T>(q.shape()[1]).root();
            let future = !q.tape().causal_mask(q.shape()[0]);
            scores.masked_fill(future, -T::INFINITY).softmax(1).matmul(v)
        },
        move |dy: &A2<T>, q: &A2<T>, k: &A2<T>, v: &A2<T>| attention_by_hand(version, true, dy, [q, k, v]),
        ["Q: n 3", "K: n 3", "V: n e"],
        &[],
    )
}

/// Two heads of two, on (batch, time, 4).
fn heads_by_hand<T: NdFloat>(version: &str, dy: &A3<T>, [q, k, v]: [&A3<T>; 3]) -> [A3<T>; 3] {
    let mut grads = [q, k, v].map(|x| A3::<T>::zeros(x.raw_dim()));
    let heads = if version == "the first head only" { 1 } else { 2 };
    for b in 0..q.len_of(Axis(0)) {
        if version == "the first of the batch only" && b > 0 {
            break;
        }
        for h in 0..heads {
            let part = |x: &A3<T>| match version {
                "heads interleaved" => x.slice(s![b, .., h..;2]).to_owned(),
                _ => x.slice(s![b, .., 2 * h..2 * h + 2]).to_owned(),
            };
            let [q, k, v, dy] = [q, k, v, dy].map(part);
            let root = match version {
                "the root of the whole width" => c::<T>(4.0).sqrt(),
                _ => c::<T>(2.0).sqrt(),
            };
            let p = softmax(&(q.dot(&k.t()) / c::<T>(2.0).sqrt()));
            let ds = softmax_backward(&p, &dy.dot(&v.t())) / root;
            let each = match version {
                "dK and dV swapped" => [ds.dot(&k), p.t().dot(&dy), ds.t().dot(&q)],
                "dK not transposed" => [ds.dot(&k), ds.dot(&q), p.t().dot(&dy)],
                "P not transposed" => [ds.dot(&k), ds.t().dot(&q), p.dot(&dy)],
                _ => [ds.dot(&k), ds.t().dot(&q), p.t().dot(&dy)],
            };
            for (grad, each) in grads.iter_mut().zip(each) {
                let to = if version == "heads put back in the other order" { 1 - h } else { h };
                let mut place = match version {
                    "heads interleaved" => grad.slice_mut(s![b, .., h..;2]),
                    _ => grad.slice_mut(s![b, .., 2 * to..2 * to + 2]),
                };
                if version == "added up over the batch" {
                    place += &each;
                    for other in 0..b {
                        grad.slice_mut(s![other, .., 2 * h..2 * h + 2]).zip_mut_with(&each, |g, &e| *g += e);
                    }
                } else {
                    place.assign(&each);
                }
            }
        }
    }
    grads
}

fn heads<T: Real>(exam: &Exam, version: &'static str) -> Found {
    exam.backward(
        |[q, k, v]| {
            let [batch, time] = [q.shape()[0], q.shape()[1]];
            let split = [q, k, v].map(|x| x.reshape([batch, time, 2, 2]).permute([0, 2, 1, 3]));
            let [q, k, v] = split;
            let p = (q.matmul(k.swap_axes(2, 3)) / T::from_f64(2.0).root()).softmax(3);
            p.matmul(v).permute([0, 2, 1, 3]).reshape([batch, time, 4])
        },
        move |dy: &A3<T>, q: &A3<T>, k: &A3<T>, v: &A3<T>| heads_by_hand(version, dy, [q, k, v]),
        ["Q: b t 4", "K: b t 4", "V: b t 4"],
        &[],
    )
}

/// Rotary embedding (J. Su et al., 2021) in halves: x·cos + (−x₂, x₁)·sin.
fn rope_by_hand<T: NdFloat>(version: &str, dy: &A2<T>, angles: &A2<T>) -> A2<T> {
    if version == "as published" {
        return by_hand::attention::rope_backward(dy, dy, angles);
    }
    let half = angles.ncols();
    let (cos, sin) = (angles.mapv(T::cos), angles.mapv(T::sin));
    let (a, b) = dy.view().split_at(Axis(1), half);
    let (da, db) = match version {
        "rotated forwards" => (&a * &cos - &b * &sin, &b * &cos + &a * &sin),
        "cosines only" => (&a * &cos, &b * &cos),
        "sines only" => (&b * &sin, -(&a * &sin)),
        "both signs plus" => (&a * &cos + &b * &sin, &b * &cos + &a * &sin),
        "sine and cosine swapped" => (&a * &sin + &b * &cos, &b * &sin - &a * &cos),
        "first half only" => (&a * &cos + &b * &sin, b.to_owned()),
        "the angle of the row before" => {
            let n = dy.nrows();
            let order: Vec<usize> = (0..n).map(|i| (i + n - 1) % n).collect();
            let [cos, sin] = [&cos, &sin].map(|x| x.select(Axis(0), &order));
            (&a * &cos + &b * &sin, &b * &cos - &a * &sin)
        }
        "by matrices" => {
            let mut halves = (A2::zeros(angles.raw_dim()), A2::zeros(angles.raw_dim()));
            for ((i, j), &angle) in angles.indexed_iter() {
                let turn = ndarray::arr2(&[[angle.cos(), -angle.sin()], [angle.sin(), angle.cos()]]);
                let back = turn.t().dot(&ndarray::arr1(&[a[[i, j]], b[[i, j]]]));
                halves.0[[i, j]] = back[0];
                halves.1[[i, j]] = back[1];
            }
            halves
        }
        _ => (&a * &cos + &b * &sin, &b * &cos - &a * &sin),
    };
    if version == "the halves swapped" {
        ndarray::concatenate![Axis(1), db, da]
    } else {
        ndarray::concatenate![Axis(1), da, db]
    }
}

fn rope<T: Real>(exam: &Exam, version: &'static str) -> Found {
    exam.backward(
        |[x, angles]| {
            let (a, b) = (x.narrow(1, 0, 3), x.narrow(1, 3, 3));
            let (cos, sin) = (angles.cos(), angles.sin());
            x.tape().concat(1, [a * cos - b * sin, b * cos + a * sin])
        },
        move |dy: &A2<T>, _: &A2<T>, angles: &A2<T>| rope_by_hand(version, dy, angles),
        ["x: t 6", "angles: t 3"],
        &[("angles", wengert::check::Values::Between(-3.0, 3.0))],
    )
}

pub const TABLE: &[Function] = &[
    function!("attention", attention, right: [
        "", "by the output", "by Jacobians", "scaled before", "a root each", "made again from its logarithm",
    ], wrong: [
        "softmax over the queries" [WrongAxis],
        "dV by the scores" [WrongOperand, WrongPoint],
        "V forgotten" [WrongOperand, WrongShape],
        "the diagonal only" [DiagonalOnly],
        "softmax passed through" [FactorMissing],
        "the normalisation held constant" [PathLost, HeldConstant],
        "the sum over the queries" [WrongAxis],
        "a mean for the sum" [MeanForSum, Factor],
        "a sign" [Sign],
        "the root forgotten" [Factor, FactorMissing],
        "divided by d" [Factor],
        "times the root" [Factor],
        "dQ and dK swapped" [OperandsSwapped, WrongShape],
        "K held constant" [Zeros],
    ]),
    function!("causal attention", causal, right: [
        "", "by the output", "by Jacobians", "a large negative number", "made again from its logarithm",
    ], wrong: [
        "the mask forgotten in the forward pass" [MaskMissing],
        "dV by P, not transposed" [Transposed, SymmetryAssumed],
        "the diagonal only" [DiagonalOnly],
        "softmax passed through" [FactorMissing],
        "the normalisation held constant" [PathLost, HeldConstant],
        "the sum over the queries" [WrongAxis],
        "a sign" [Sign],
        "the root forgotten" [Factor, FactorMissing],
        "dQ and dK swapped" [OperandsSwapped],
        "dK not transposed" [Transposed],
    ]),
    function!("two heads", heads, right: [""], wrong: [
        "the first head only" [],
        "the first of the batch only" [FirstOnly],
        "heads interleaved" [],
        "the root of the whole width" [Factor],
        "dK and dV swapped" [OperandsSwapped],
        "dK not transposed" [Transposed],
        "P not transposed" [Transposed, SymmetryAssumed],
        "heads put back in the other order" [OffByOne, OrderReversed],
        "added up over the batch" [],
    ]),
    function!("RoPE", rope, right: ["", "by matrices", "as published"], wrong: [
        "rotated forwards" [Sign],
        "cosines only" [PathLost, DiagonalOnly],
        "sines only" [PathLost],
        "both signs plus" [Sign],
        "sine and cosine swapped" [],
        "first half only" [],
        "the angle of the row before" [OffByOne],
        "the halves swapped" [OperandsSwapped, OffByOne, OrderReversed],
    ]),
];
