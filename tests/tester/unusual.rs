//! Right derivatives, written as one might not expect.

use super::Outcome;
use ndarray::{Array1, Array2, ArrayView2, Axis, Zip};
use wengert::check::{self, IntoGradients, Values};
use wengert::{Float, manual};

fn linear<T: Float, R: IntoGradients<T> + 'static>(
    by_hand: impl Fn(&Array2<T>, &Array2<T>, &Array2<T>) -> R + 'static,
) -> Outcome {
    check::backward(|[a, w, b]| a.linear(w, b))
        .against(by_hand)
        .shapes(["A: n d", "W: h d", "b: 1 h"])
        .without_persistence()
        .seed(super::seed())
        .cases(100)
        .try_run()
}

fn relu<T: Float>(by_hand: impl Fn(&Array2<T>, &Array2<T>) -> Array2<T> + 'static) -> Outcome {
    check::backward(|[z]| z.relu())
        .against(by_hand)
        .shapes(["Z: n h"])
        .without_persistence()
        .seed(super::seed())
        .cases(100)
        .try_run()
}

fn mse<T: Float>(by_hand: impl Fn(&Array2<T>, &Array2<T>) -> Array2<T> + 'static) -> Outcome {
    check::gradient::<T, 2>(|[z, y]| (z - y).square().sum() / size::<T>(z.shape()[0]))
        .against(by_hand)
        .shapes(["Z: n k", "Y: n k"])
        .without_persistence()
        .seed(super::seed())
        .cases(100)
        .try_run()
}

#[allow(clippy::cast_precision_loss)] // Sizes are small.
fn size<T: Float>(n: usize) -> T {
    T::from_f64(n as f64)
}

/// a·b by three loops, the inner one forwards or backwards.
fn product<T: Float>(a: ArrayView2<'_, T>, b: ArrayView2<'_, T>, backwards: bool) -> Array2<T> {
    Array2::from_shape_fn((a.nrows(), b.ncols()), |(i, j)| {
        let term = |k: usize| a[[i, k]] * b[[k, j]];
        let n = a.ncols();
        if backwards {
            (0..n).rev().map(term).fold(T::zero(), |sum, x| sum + x)
        } else {
            (0..n).map(term).fold(T::zero(), |sum, x| sum + x)
        }
    })
}

fn sums<T: Float>(dz: &Array2<T>) -> Array2<T> {
    dz.sum_axis(Axis(0)).insert_axis(Axis(0))
}

/// Compensated (W. Kahan, 1965).
fn kahan<T: Float>(dz: &Array2<T>) -> Array2<T> {
    let sum = |column: ndarray::ArrayView1<'_, T>| {
        let (mut sum, mut lost) = (T::zero(), T::zero());
        for &x in column {
            let y = x - lost;
            let next = sum + y;
            lost = (next - sum) - y;
            sum = next;
        }
        sum
    };
    dz.columns().into_iter().map(sum).collect::<Array1<T>>().insert_axis(Axis(0))
}

fn wide<T: Float>(x: &Array2<T>) -> Array2<f64> {
    x.mapv(T::to_f64)
}

fn narrow<T: Float>(x: &Array2<f64>) -> Array2<T> {
    x.mapv(T::from_f64)
}

fn loops<T: Float>(backwards: bool) -> Outcome {
    linear::<T, _>(move |dz, a, w| {
        (product(dz.view(), w.view(), backwards), product(dz.t(), a.view(), backwards), sums(dz))
    })
}

fn in_double<T: Float>() -> Outcome {
    linear::<T, _>(|dz, a, w| {
        let (dz, a, w) = (wide(dz), wide(a), wide(w));
        (narrow::<T>(&dz.dot(&w)), narrow::<T>(&dz.t().dot(&a)), narrow::<T>(&sums(&dz)))
    })
}

/// Row by row, added in place.
fn in_place<T: Float>() -> Outcome {
    linear::<T, _>(|dz, a, w| {
        let (mut da, mut dw, mut db) =
            (Array2::zeros(a.raw_dim()), Array2::zeros(w.raw_dim()), Array2::zeros((1, w.nrows())));
        for ((dz, a), mut da) in dz.rows().into_iter().zip(a.rows()).zip(da.rows_mut()) {
            for (h, &d) in dz.iter().enumerate() {
                Zip::from(&mut da).and(w.row(h)).for_each(|da, &w| *da += d * w);
                Zip::from(dw.row_mut(h)).and(&a).for_each(|dw, &a| *dw += d * a);
                db[[0, h]] += d;
            }
        }
        (da, dw, db)
    })
}

fn transposed_twice<T: Float>() -> Outcome {
    linear::<T, _>(|dz, a, w| {
        // (AᵀB)ᵀ = BᵀA, and results in column-major order.
        (w.t().dot(&dz.t()).reversed_axes(), a.t().dot(dz).reversed_axes(), sums(dz))
    })
}

fn by_ones<T: Float>() -> Outcome {
    linear::<T, _>(|dz, a, w| (dz.dot(w), dz.t().dot(a), Array2::ones((1, dz.nrows())).dot(dz)))
}

fn compensated<T: Float>() -> Outcome {
    linear::<T, _>(|dz, a, w| (dz.dot(w), dz.t().dot(a), kahan(dz)))
}

/// In blocks of four rows.
fn blocked<T: Float>() -> Outcome {
    linear::<T, _>(|dz, a, w| {
        let mut dw = Array2::zeros(w.raw_dim());
        let mut db = Array2::zeros((1, w.nrows()));
        for (dz, a) in dz.axis_chunks_iter(Axis(0), 4).zip(a.axis_chunks_iter(Axis(0), 4)) {
            dw = dw + dz.t().dot(&a);
            db = db + sums(&dz.to_owned());
        }
        (dz.dot(w), dw, db)
    })
}

fn by_product<T: Float>() -> Outcome {
    relu::<T>(|da, z| da * &z.mapv(|z| if z > T::zero() { T::one() } else { T::zero() }))
}

fn by_result<T: Float>() -> Outcome {
    relu::<T>(|da, z| {
        // A > 0 just where Z > 0.
        let a = z.mapv(|z| if z > T::zero() { z } else { T::zero() });
        Zip::from(da).and(&a).map_collect(|&da, &a| if a > T::zero() { da } else { T::zero() })
    })
}

fn factored<T: Float>() -> Outcome {
    mse::<T>(|z, y| {
        let n: T = size(z.nrows());
        let half = (z - y).mapv(|d| d / n);
        &half + &half
    })
}

fn scaled_first<T: Float>() -> Outcome {
    mse::<T>(|z, y| {
        let factor = T::from_f64(2.0) / size(z.nrows());
        (z - y).mapv(|d| d * factor)
    })
}

/// The softmax's Jacobian, written out.
fn by_jacobian() -> Outcome {
    check::gradient::<f64, 2>(|[z, y]| -(y * z.log_softmax(1)).sum() / size::<f64>(z.shape()[0]))
        .against(|z: &Array2<f64>, y: &Array2<f64>| {
            let n: f64 = size(z.nrows());
            let mut dz = Array2::zeros(z.raw_dim());
            for ((z, y), mut dz) in z.rows().into_iter().zip(y.rows()).zip(dz.rows_mut()) {
                let top = z.fold(f64::NEG_INFINITY, |top, &z| top.max(z));
                let e = z.mapv(|z| (z - top).exp());
                let p = &e / e.sum();
                // ∂log pᵢ/∂zⱼ = [i = j] − pⱼ, and Y picks one i.
                for (j, dz) in dz.iter_mut().enumerate() {
                    *dz = (0..p.len()).map(|i| -y[i] * (f64::from(u8::from(i == j)) - p[j]) / n).sum();
                }
            }
            dz
        })
        .shapes(["Z: n k", "Y: n k"])
        .values("Y", Values::OneHot)
        .without_persistence()
        .seed(super::seed())
        .cases(100)
        .try_run()
}

fn network<T: Float + ndarray::NdFloat>() -> Outcome {
    check::gradient::<T, 6>(|[x, y, w1, b1, w2, b2]| {
        (x.linear(w1, b1).relu().linear(w2, b2) - y).square().sum() / size::<T>(x.shape()[0])
    })
    .against(
        |x: &Array2<T>, y: &Array2<T>, w1: &Array2<T>, b1: &Array2<T>, w2: &Array2<T>, b2: &Array2<T>| {
            manual::forward_and_backward(x, y, w1, b1, w2, b2)
                .map(|all| (all.dx, -all.dz2, all.dw1, all.db1, all.dw2, all.db2))
        },
    )
    .shapes(["X: n d", "Y: n k", "W1: h d", "b1: 1 h", "W2: k h", "b2: 1 k"])
    .without_persistence()
    .seed(super::seed())
    .cases(100)
    .try_run()
}

fn of_the_notebook<T: Float + ndarray::NdFloat>() -> Outcome {
    check::backward(|[a, w, b]| a.linear(w, b))
        .against(manual::linear_backward::<T>)
        .shapes(["A: n d", "W: h d", "b: 1 h"])
        .without_persistence()
        .seed(super::seed())
        .try_run()
}

/// By name.
type Unusual = (&'static str, fn() -> Outcome);

pub fn table() -> Vec<Unusual> {
    vec![
        ("three loops, f64", || loops::<f64>(false)),
        ("three loops, f32", || loops::<f32>(false)),
        ("three loops backwards, f64", || loops::<f64>(true)),
        ("three loops backwards, f32", || loops::<f32>(true)),
        ("double precision inside", in_double::<f32>),
        ("added in place, f64", in_place::<f64>),
        ("added in place, f32", in_place::<f32>),
        ("transposed twice, f64", transposed_twice::<f64>),
        ("transposed twice, f32", transposed_twice::<f32>),
        ("sums by products with ones, f64", by_ones::<f64>),
        ("sums by products with ones, f32", by_ones::<f32>),
        ("compensated sums, f64", compensated::<f64>),
        ("compensated sums, f32", compensated::<f32>),
        ("in blocks, f64", blocked::<f64>),
        ("in blocks, f32", blocked::<f32>),
        ("relu by a product, f64", by_product::<f64>),
        ("relu by a product, f32", by_product::<f32>),
        ("relu by its result, f64", by_result::<f64>),
        ("relu by its result, f32", by_result::<f32>),
        ("two halves, f64", factored::<f64>),
        ("two halves, f32", factored::<f32>),
        ("factor first, f64", scaled_first::<f64>),
        ("factor first, f32", scaled_first::<f32>),
        ("softmax by its Jacobian", by_jacobian),
        ("the notebook's network, f64", network::<f64>),
        ("the notebook's network, f32", network::<f32>),
        ("the notebook's layer, f64", of_the_notebook::<f64>),
        ("the notebook's layer, f32", of_the_notebook::<f32>),
    ]
}
