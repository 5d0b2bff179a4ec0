//! Functions over axes, as they are derived by hand.

use super::masks::{softmax, softmax_backward};
use super::{Outcome, Row, examine, num, size};
use ndarray::{Array1, Array2, ArrayD, ArrayView1, Axis, Zip};
use std::rc::Rc;
use wengert::check::{self, Values};
use wengert::{Float, Var};

type A1<T> = Array1<T>;
type A2<T> = Array2<T>;

fn total<T: Float>(x: ArrayView1<'_, T>) -> T {
    x.fold(T::zero(), |sum, &x| sum + x)
}

/// A row of the gradient from rows of the cotangent and the input.
fn by_rows<T: Float>(d: &A2<T>, x: &A2<T>, f: impl Fn(&A1<T>, &A1<T>) -> A1<T>) -> A2<T> {
    let mut dx = x.clone();
    for ((mut dx, d), x) in dx.rows_mut().into_iter().zip(d.rows()).zip(x.rows()) {
        dx.assign(&f(&d.to_owned(), &x.to_owned()));
    }
    dx
}

fn softmax_by_jacobian<T: Float>() -> Outcome {
    examine(
        check::backward(|[x]| x.softmax(1))
            .against(|d: &A2<T>, x: &A2<T>| {
                let p = softmax(x);
                Array2::from_shape_fn(x.raw_dim(), |(i, j)| {
                    (0..x.ncols()).fold(T::zero(), |sum, k| {
                        let same = if j == k { T::one() } else { T::zero() };
                        sum + d[[i, k]] * p[[i, k]] * (same - p[[i, j]])
                    })
                })
            })
            .shapes(["x: n k"]),
    )
}

fn softmax_by_rows<T: Float>() -> Outcome {
    examine(
        check::backward(|[x]| x.softmax(1))
            .against(|d: &A2<T>, x: &A2<T>| softmax_backward(d, &softmax(x)))
            .shapes(["x: n k"]),
    )
}

fn softmax_split<T: Float>() -> Outcome {
    examine(
        check::backward(|[x]| x.softmax(1))
            .against(|d: &A2<T>, x: &A2<T>| {
                let p = softmax(x);
                let g = d * &p;
                &g - &(&p * &g.sum_axis(Axis(1)).insert_axis(Axis(1)))
            })
            .shapes(["x: n k"]),
    )
}

/// As PyTorch computes it, from the result.
fn log_softmax<T: Float>() -> Outcome {
    examine(
        check::backward(|[x]| x.log_softmax(1))
            .against(|d: &A2<T>, x: &A2<T>| {
                by_rows(d, x, |d, x| {
                    let top = x.fold(-T::INFINITY, |top, &x| if x > top { x } else { top });
                    let log = total(x.mapv(|x| (x - top).exp()).view()).ln();
                    let sum = total(d.view());
                    Zip::from(d).and(x).map_collect(|&d, &x| d - (x - top - log).exp() * sum)
                })
            })
            .shapes(["x: n k"]),
    )
}

fn cross_entropy<T: Float>() -> Outcome {
    examine(
        check::gradient(|[z, y]| -(y * z.log_softmax(1)).sum() / size::<T>(z.shape()[0]))
            .against(|z: &A2<T>, y: &A2<T>| (softmax(z) - y).mapv(|x| x / size(z.nrows())))
            .shapes(["z: n k", "y: n k"])
            .values("y", Values::OneHot),
    )
}

fn kl<T: Float>() -> Outcome {
    examine(
        check::gradient(|[p, q]| {
            let (p, q) = (p.log_softmax(1), q.log_softmax(1));
            (p.exp() * (p - q)).sum()
        })
        .against(|p: &A2<T>, q: &A2<T>| {
            let (sp, sq) = (softmax(p), softmax(q));
            let mut dp = p.clone();
            for (i, mut row) in dp.rows_mut().into_iter().enumerate() {
                let logs = |z: ArrayView1<'_, T>| {
                    let top = z.fold(-T::INFINITY, |top, &z| if z > top { z } else { top });
                    let log = z.fold(T::zero(), |sum, &z| sum + (z - top).exp()).ln();
                    z.mapv(|z| z - top - log)
                };
                let ratio = logs(p.row(i)) - logs(q.row(i));
                let mean = total((&ratio * &sp.row(i)).view());
                row.assign(&(ratio.mapv(|r| r - mean) * sp.row(i)));
            }
            (dp, sq - sp)
        })
        .shapes(["p: n k", "q: n k"]),
    )
}

/// Normalised rows and their standard deviations.
fn normalised<T: Float>(x: &A2<T>, eps: f64) -> (A2<T>, A1<T>) {
    let n: T = size(x.ncols());
    let mut y = x.clone();
    let mut deviations = Array1::from_elem(x.nrows(), T::zero());
    for (mut row, deviation) in y.rows_mut().into_iter().zip(&mut deviations) {
        let mean = total(row.view()) / n;
        row.mapv_inplace(|x| x - mean);
        *deviation = (row.fold(T::zero(), |sum, &x| sum + x * x) / n + num(eps)).sqrt();
        row.mapv_inplace(|x| x / *deviation);
    }
    (y, deviations)
}

fn layer_norm<T: Float>(form: impl Fn(&A1<T>, &A1<T>, T) -> A1<T> + 'static) -> Outcome {
    examine(
        check::backward(|[x]| {
            let n = x.shape()[1];
            if n == 0 {
                return x * T::one();
            }
            let centred = x - x.mean_axis(1).unsqueeze(1);
            centred / (centred.square().mean_axis(1).unsqueeze(1) + num::<T>(1e-5)).sqrt()
        })
        .against(move |d: &A2<T>, x: &A2<T>| {
            let (y, deviations) = normalised(x, 1e-5);
            let mut dx = x.clone();
            for (i, mut row) in dx.rows_mut().into_iter().enumerate() {
                row.assign(&form(&d.row(i).to_owned(), &y.row(i).to_owned(), deviations[i]));
            }
            dx
        })
        .shapes(["x: n k"]),
    )
}

fn layer_norm_by_means<T: Float>() -> Outcome {
    layer_norm::<T>(|d, y, deviation| {
        let n: T = size(d.len());
        let (mean, along) = (total(d.view()) / n, total((d * y).view()) / n);
        Zip::from(d).and(y).map_collect(|&d, &y| (d - mean - y * along) / deviation)
    })
}

fn layer_norm_by_sums<T: Float>() -> Outcome {
    layer_norm::<T>(|d, y, deviation| {
        let n: T = size(d.len());
        let (sum, along) = (total(d.view()), total((d * y).view()));
        Zip::from(d).and(y).map_collect(|&d, &y| (n * d - sum - y * along) * (T::one() / (n * deviation)))
    })
}

fn variance<T: Float>() -> Outcome {
    examine(
        check::backward(|[x]| x.var_axis(1, num(1.0)))
            .against(|d: &A1<T>, x: &A2<T>| {
                let n: T = size(x.ncols());
                let freedom: T = size(x.ncols().saturating_sub(1));
                let mut dx = x.clone();
                for (mut row, &d) in dx.rows_mut().into_iter().zip(d) {
                    let mean = total(row.view()) / n;
                    row.mapv_inplace(|x| d * num(2.0) * (x - mean) / freedom);
                }
                dx
            })
            .shapes(["x: n k"]),
    )
}

fn deviation<T: Float>() -> Outcome {
    examine(
        check::backward(|[x]| x.std_axis(1, num(0.0)))
            .against(|d: &A1<T>, x: &A2<T>| {
                let n: T = size(x.ncols());
                let mut dx = x.clone();
                for (mut row, &d) in dx.rows_mut().into_iter().zip(d) {
                    let mean = total(row.view()) / n;
                    row.mapv_inplace(|x| x - mean);
                    let std = (row.fold(T::zero(), |sum, &x| sum + x * x) / n).sqrt();
                    row.mapv_inplace(|x| if std == T::zero() { T::zero() } else { d * x / (n * std) });
                }
                dx
            })
            .shapes(["x: n k"]),
    )
}

fn cosine<T: Float>() -> Outcome {
    examine(
        check::backward(|[a, b]| (a * b).sum() / (a.norm() * b.norm()))
            .against(|d: &ndarray::Array0<T>, a: &A1<T>, b: &A1<T>| {
                let d = d[()];
                let (na, nb) = (total((a * a).view()).sqrt(), total((b * b).view()).sqrt());
                let cos = total((a * b).view()) / (na * nb);
                let of = |a: &A1<T>, b: &A1<T>, na: T, nb: T| {
                    Zip::from(a).and(b).map_collect(|&a, &b| d * (b / (na * nb) - cos * a / (na * na)))
                };
                (of(a, b, na, nb), of(b, a, nb, na))
            })
            .shapes(["a: n", "b: n"]),
    )
}

fn huber<T: Float>() -> Outcome {
    examine(
        check::gradient(|[x]| {
            let size = x.abs();
            size.le(num::<T>(1.35))
                .select(x.square() * num::<T>(0.5), size * num::<T>(1.35) - num::<T>(0.5 * 1.35 * 1.35))
                .sum()
        })
        .against(|x: &A1<T>| {
            let edge = num::<T>(1.35);
            x.mapv(|x| {
                if x.abs() <= edge {
                    x
                } else if x > T::zero() {
                    edge
                } else {
                    -edge
                }
            })
        })
        .shapes(["x: n"]),
    )
}

pub fn powered_huber<T: Float>(x: Var<'_, T>) -> Var<'_, T> {
    let size = x.abs();
    size.le(T::one()).select(x.pow(num::<T>(2.0)) * num::<T>(0.5), size - num::<T>(0.5)).sum()
}

fn huber_by_pow<T: Float>() -> Outcome {
    examine(
        check::gradient(|[x]| powered_huber(x))
            .against(|x: &A1<T>| {
                x.mapv(|x| {
                    if x.abs() <= T::one() {
                        x
                    } else if x > T::zero() {
                        T::one()
                    } else {
                        -T::one()
                    }
                })
            })
            .shapes(["x: n"]),
    )
}

fn cube<T: Float>() -> Outcome {
    examine(
        check::backward(|[x]| x.pow(num::<T>(3.0)))
            .against(|d: &A1<T>, x: &A1<T>| Zip::from(d).and(x).map_collect(|&d, &x| d * num(3.0) * x * x))
            .shapes(["x: n"]),
    )
}

fn power<T: Float>() -> Outcome {
    examine(
        check::backward(|[x, p]| x.pow(p))
            .against(|d: &A1<T>, x: &A1<T>, p: &A1<T>| {
                let dx = Zip::from(d).and(x).and(p).map_collect(|&d, &x, &p| d * p * x.powf(p - T::one()));
                let dp = Zip::from(d).and(x).and(p).map_collect(|&d, &x, &p| d * x.powf(p) * x.ln());
                (dx, dp)
            })
            .shapes(["x: n", "p: n"])
            .values("x", Values::Between(0.1, 5.0))
            .values("p", Values::Between(-4.0, 4.0)),
    )
}

/// dw = 2/n · Xᵀ(Xw − y), which has no value at n = 0.
fn regression<T: Float>() -> Outcome {
    examine(
        check::gradient(|[x, w, y]| (x.matmul(w) - y).square().mean())
            .against(|x: &A2<T>, w: &A1<T>, y: &A1<T>| {
                let factor = num::<T>(2.0) / size(x.nrows());
                let r = (x.dot(w) - y).mapv(|r| r * factor);
                let dx = Array2::from_shape_fn(x.raw_dim(), |(i, j)| r[i] * w[j]);
                (dx, x.t().dot(&r), r.mapv(|r| -r))
            })
            .shapes(["x: n d", "w: d", "y: n"]),
    )
}

fn running_sum<T: Float>() -> Outcome {
    examine(
        check::backward(|[x]| x.cumsum(0))
            .against(|d: &A1<T>| {
                let mut dx = d.clone();
                for i in (0..dx.len().saturating_sub(1)).rev() {
                    dx[i] = dx[i] + dx[i + 1];
                }
                dx
            })
            .shapes(["x: n"]),
    )
}

fn unit<T: Float>() -> Outcome {
    examine(
        check::backward(|[x]| x / x.norm())
            .against(|d: &A1<T>, x: &A1<T>| {
                let norm = x.fold(T::zero(), |sum, &x| sum + x * x).sqrt();
                let along = total((d * x).view()) / (norm * norm * norm);
                Zip::from(d).and(x).map_collect(|&d, &x| d / norm - x * along)
            })
            .shapes(["x: n"]),
    )
}

/// The variance in one pass, which of equal numbers is as soon below 0 as above: there is no root then, and nothing is judged.
fn standardized_in_one_pass<T: Float>() -> Outcome {
    let often_equal = Values::Custom(Rc::new(|shape, draw| {
        let (all, first) = (draw() < 0.5, draw());
        ArrayD::from_shape_simple_fn(shape, || 400.0 * (if all { first } else { draw() }) - 200.0)
    }));
    examine(
        check::backward(|[x]: [Var<'_, T>; 1]| (x - x.mean()) / (x.var(T::zero()) + num::<T>(1e-5)).sqrt())
            .against(|d: &A1<T>, x: &A1<T>| {
                let n = size::<T>(x.len());
                let mean = |x: &A1<T>| total(x.view()) / n;
                let var = mean(&(x * x)) - mean(x) * mean(x);
                let scale = T::one() / (var + num(1e-5)).sqrt();
                let y = x.mapv(|v| (v - mean(x)) * scale);
                let (by_mean, by_var) = (mean(d), mean(&(d * &y)));
                Zip::from(d).and(&y).map_collect(|&d, &y| (d - by_mean - y * by_var) * scale)
            })
            .shapes(["x: n>=2"])
            .values("x", often_equal),
    )
}

fn logarithm<T: Float>() -> Outcome {
    examine(check::backward(|[x]| x.log()).against(|d: &A1<T>, x: &A1<T>| d / x).shapes(["x: n"]))
}

pub fn table() -> Vec<Row> {
    both! {
        "softmax by its Jacobian" softmax_by_jacobian;
        "softmax: p (d - Σ d p)" softmax_by_rows;
        "softmax: d p - p Σ d p" softmax_split;
        "log softmax by its result" log_softmax;
        "cross entropy" cross_entropy;
        "KL divergence" kl;
        "layer norm by means" layer_norm_by_means;
        "layer norm by sums" layer_norm_by_sums;
        "variance" variance;
        "standard deviation" deviation;
        "cosine similarity" cosine;
        "Huber" huber;
        "Huber by a power" huber_by_pow;
        "x³" cube;
        "a power, both" power;
        "regression" regression;
        "running sum" running_sum;
        "x / |x|" unit;
        "standardized in one pass" standardized_in_one_pass;
        "log, half of it outside the domain" logarithm;
    }
}
