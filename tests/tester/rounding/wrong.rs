//! Wrong ones that a bound must not excuse.

use super::masks::{softmax, softmax_backward};
use super::right::powered_huber;
use super::{Outcome, Row, examine, num, size};
use ndarray::{Array1, Array2, Axis, Zip};
use wengert::Float;
use wengert::check::{self, Values};

type A1<T> = Array1<T>;
type A2<T> = Array2<T>;

fn by_number<T: Float>(d: &A1<T>, x: &A1<T>, slope: impl Fn(T) -> T) -> A1<T> {
    Zip::from(d).and(x).map_collect(|&d, &x| d * slope(x))
}

fn square_below_zero<T: Float>() -> Outcome {
    examine(
        check::backward(|[x]| x.pow(num::<T>(2.0)))
            .against(|d: &A1<T>, x: &A1<T>| {
                by_number(d, x, |x| if x < T::zero() { num(1e6) } else { num::<T>(2.0) * x })
            })
            .shapes(["x: n"]),
    )
}

fn cube_not_a_number<T: Float>() -> Outcome {
    examine(
        check::backward(|[x]| x.pow(num::<T>(3.0)))
            .against(|d: &A1<T>, x: &A1<T>| {
                by_number(d, x, |x| if x < T::zero() { T::NAN } else { num::<T>(3.0) * x * x })
            })
            .shapes(["x: n"]),
    )
}

fn huber_not_a_number<T: Float>() -> Outcome {
    examine(
        check::gradient(|[x]| powered_huber(x))
            .against(|x: &A1<T>| {
                x.mapv(|x| {
                    if x < T::zero() {
                        T::NAN
                    } else if x < T::one() {
                        x
                    } else {
                        T::one()
                    }
                })
            })
            .shapes(["x: n"]),
    )
}

fn masked_softmax<T: Float>() -> Outcome {
    examine(
        check::backward(|[x, m]| m.gt(T::zero()).select(x, -T::INFINITY).softmax(1))
            .against(|d: &A2<T>, x: &A2<T>, m: &A2<T>| {
                let masked =
                    Zip::from(x).and(m).map_collect(|&x, &m| if m > T::zero() { x } else { -T::INFINITY });
                softmax_backward(d, &softmax(&masked)).mapv(|x| x * num(99.0))
            })
            .shapes(["x: n k", "m: n k"])
            .values("m", Values::Whole(0, 2)),
    )
}

fn extended_logsumexp<T: Float>() -> Outcome {
    examine(
        check::backward(|[x]| {
            let end = x.tape().constant(Array1::from_elem(1, -T::INFINITY));
            x.tape().concat(0, [x, end]).logsumexp(0)
        })
        .against(|_: &ndarray::Array0<T>, x: &A1<T>| x.mapv(|_| num(777.0)))
        .shapes(["x: n"]),
    )
}

fn attention_not_scaled<T: Float>() -> Outcome {
    examine(
        check::backward(|[q, k, v]| {
            let scores = q.matmul(k.t()) / size::<T>(q.shape()[1].max(1)).sqrt();
            let mask = !q.tape().causal_mask(q.shape()[0]);
            scores.masked_fill(mask, -T::INFINITY).softmax(1).matmul(v)
        })
        .against(|d: &A2<T>, q: &A2<T>, k: &A2<T>, v: &A2<T>| {
            let scale = T::one() / size::<T>(q.ncols().max(1)).sqrt();
            let mut scores = q.dot(&k.t());
            for ((i, j), s) in scores.indexed_iter_mut() {
                *s = if j > i { -T::INFINITY } else { *s * scale };
            }
            let p = softmax(&scores);
            let ds = softmax_backward(&d.dot(&v.t()), &p);
            (ds.dot(k), ds.t().dot(q), p.t().dot(d))
        })
        .shapes(["q: n d", "k: n d", "v: n h"]),
    )
}

fn tails_of_sigmoid<T: Float>() -> Outcome {
    examine(
        check::backward(|[x]| x.logistic())
            .against(|d: &A1<T>, x: &A1<T>| {
                by_number(d, x, |x| {
                    let s = T::one() / (T::one() + (-x).exp());
                    if x.abs() > num(5.0) { T::zero() } else { s * (T::one() - s) }
                })
            })
            .shapes(["x: n"])
            .values("x", Values::Between(-8.0, 8.0)),
    )
}

fn tails_of_tanh<T: Float>() -> Outcome {
    examine(
        check::backward(|[x]| x.tanh())
            .against(|d: &A1<T>, x: &A1<T>| {
                by_number(
                    d,
                    x,
                    |x| if x.abs() > num(5.0) { T::zero() } else { T::one() - x.tanh() * x.tanh() },
                )
            })
            .shapes(["x: n"])
            .values("x", Values::Between(-8.0, 8.0)),
    )
}

/// Whole numbers tie exactly, also after a layer.
fn ties_after_a_layer<T: Float>() -> Outcome {
    examine(
        check::backward(|[x, w]| (x.matmul(w) * num::<T>(2.0) - num::<T>(2.0)).relu())
            .against(|d: &A2<T>, x: &A2<T>, w: &A2<T>| {
                let z = x.dot(w);
                let d = Zip::from(d)
                    .and(&z)
                    .map_collect(|&d, &z| if z >= T::one() { d * num(2.0) } else { T::zero() });
                (d.dot(&w.t()), x.t().dot(&d))
            })
            .shapes(["x: n d", "w: d h"]),
    )
}

/// The first of equals, where the convention is equal shares.
fn first_of_equals<T: Float>() -> Outcome {
    examine(
        check::backward(|[x]| x.amax(1))
            .against(|d: &A1<T>, x: &A2<T>| {
                let mut dx = Array2::from_elem(x.raw_dim(), T::zero());
                for (i, row) in x.rows().into_iter().enumerate() {
                    let mut at = 0;
                    row.iter().enumerate().for_each(|(j, &x)| {
                        if x > row[at] {
                            at = j;
                        }
                    });
                    dx[[i, at]] = d[i];
                }
                dx
            })
            .shapes(["x: n 4"]),
    )
}

fn layer_norm_without_variance<T: Float>() -> Outcome {
    examine(
        check::backward(|[x]| {
            let centred = x - x.mean_axis(1).unsqueeze(1);
            centred / (centred.square().mean_axis(1).unsqueeze(1) + num::<T>(1e-5)).sqrt()
        })
        .against(|d: &A2<T>, x: &A2<T>| {
            let mut dx = d.clone();
            for (mut dx, x) in dx.rows_mut().into_iter().zip(x.rows()) {
                let n: T = size(x.len());
                let mean = x.fold(T::zero(), |sum, &x| sum + x) / n;
                let var = x.fold(T::zero(), |sum, &x| sum + (x - mean) * (x - mean)) / n;
                let along = dx.fold(T::zero(), |sum, &d| sum + d) / n;
                dx.mapv_inplace(|d| (d - along) / (var + num(1e-5)).sqrt());
            }
            dx
        })
        .shapes(["x: n k"]),
    )
}

fn variance_twice<T: Float>() -> Outcome {
    examine(
        check::backward(|[x]| x.var_axis(1, num(0.0)))
            .against(|d: &A1<T>, x: &A2<T>| {
                let n: T = size(x.ncols());
                let mean = x.sum_axis(Axis(1)).mapv(|sum| sum / n).insert_axis(Axis(1));
                (x - &mean).mapv(|x| x * num(4.0) / n) * d.view().insert_axis(Axis(1))
            })
            .shapes(["x: n k"]),
    )
}

fn nothing_comes_back<T: Float>() -> Outcome {
    examine(
        check::backward(|[x]| (x.logistic() * num::<T>(1e3)).tanh())
            .against(|d: &A1<T>| d.mapv(|_| T::zero()))
            .shapes(["x: n"]),
    )
}

fn running_sum_without_the_last<T: Float>() -> Outcome {
    examine(
        check::backward(|[x]| x.cumsum(0))
            .against(|d: &A1<T>| {
                let mut dx = d.clone();
                for i in (0..dx.len().saturating_sub(2)).rev() {
                    dx[i] = dx[i] + dx[i + 1];
                }
                dx
            })
            .shapes(["x: n"]),
    )
}

pub fn table() -> Vec<Row> {
    both! {
        "x²: a million below 0" square_below_zero;
        "x³: not a number below 0" cube_not_a_number;
        "Huber: not a number below 0" huber_not_a_number;
        "softmax with a mask of -∞, 99 times too large" masked_softmax;
        "logsumexp with a -∞: 777" extended_logsumexp;
        "attention with a causal mask: not scaled" attention_not_scaled;
        "sigmoid: tails cut" tails_of_sigmoid;
        "tanh: tails cut" tails_of_tanh;
        "relu of a layer: >= for >" ties_after_a_layer;
        "maximum: the first of equals" first_of_equals;
        "layer norm: variance held" layer_norm_without_variance;
        "variance, twice" variance_twice;
        "0" nothing_comes_back;
        "running sum: last step forgotten" running_sum_without_the_last;
    }
}
