//! Derivatives with a mistake, each as somebody might make it.

use super::{Outcome, Wrong};
use ndarray::{Array1, Array2, Axis, Zip, s};
use std::cell::{Cell, RefCell};
use wengert::Float;
use wengert::check::Mistake::*;
use wengert::check::{self, IntoGradients, Values};

type A1 = Array1<f64>;
type A2 = Array2<f64>;
type Three = (A2, A2, A2);

fn linear<R: IntoGradients<f64> + 'static>(by_hand: impl Fn(&A2, &A2, &A2) -> R + 'static) -> Outcome {
    check::backward(|[a, w, b]| a.linear(w, b))
        .against(by_hand)
        .shapes(["A: n d", "W: h d", "b: 1 h"])
        .without_persistence()
        .seed(super::seed())
        .try_run()
}

fn relu(by_hand: impl Fn(&A2, &A2) -> A2 + 'static) -> Outcome {
    check::backward(|[z]| z.relu())
        .against(by_hand)
        .shapes(["Z: n h"])
        .without_persistence()
        .seed(super::seed())
        .try_run()
}

/// Σ (Z − Y)² / n, as the notebook has it.
fn mse<R: IntoGradients<f64> + 'static>(by_hand: impl Fn(&A2, &A2) -> R + 'static) -> Outcome {
    check::gradient::<f64, 2>(|[z, y]| (z - y).square().sum() / size::<f64>(z.shape()[0]))
        .against(by_hand)
        .shapes(["Z: n k", "Y: n k"])
        .without_persistence()
        .seed(super::seed())
        .try_run()
}

/// −Σ Y·log softmax(Z) / n.
fn cross_entropy(by_hand: impl Fn(&A2, &A2) -> A2 + 'static) -> Outcome {
    check::gradient::<f64, 2>(|[z, y]| -(y * z.log_softmax(1)).sum() / size::<f64>(z.shape()[0]))
        .against(by_hand)
        .shapes(["Z: n k", "Y: n k"])
        .values("Y", Values::OneHot)
        .without_persistence()
        .seed(super::seed())
        .try_run()
}

fn network<R: IntoGradients<f64> + 'static>(by_hand: impl Fn(&Forward, &A2) -> R + 'static) -> Outcome {
    check::gradient::<f64, 5>(|[x, w1, b1, w2, y]| {
        let z2 = x.linear(w1, b1).relu().matmul(w2.t());
        (z2 - y).square().sum() / size::<f64>(x.shape()[0])
    })
    .against(move |x: &A2, w1: &A2, b1: &A2, w2: &A2, y: &A2| by_hand(&Forward::new(x, w1, b1, w2), y))
    .shapes(["X: n d", "W1: h d", "b1: 1 h", "W2: k h", "Y: n k"])
    .without_persistence()
    .seed(super::seed())
    .try_run()
}

/// The forward pass of the network.
struct Forward {
    x: A2,
    w1: A2,
    w2: A2,
    z1: A2,
    a1: A2,
    z2: A2,
}

impl Forward {
    fn new(x: &A2, w1: &A2, b1: &A2, w2: &A2) -> Self {
        let z1 = x.dot(&w1.t()) + b1;
        let a1 = z1.mapv(|z| z.max(0.0));
        Self { z2: a1.dot(&w2.t()), x: x.clone(), w1: w1.clone(), w2: w2.clone(), z1, a1 }
    }

    fn dz2(&self, y: &A2) -> A2 {
        (&self.z2 - y) * (2.0 / size::<f64>(y.nrows()))
    }

    /// dX, dW1, db1, dW2 from these two.
    fn grads(&self, dz1: &A2, dz2: &A2) -> (A2, A2, A2, A2) {
        (dz1.dot(&self.w1), dz1.t().dot(&self.x), column_sums(dz1), dz2.t().dot(&self.a1))
    }
}

#[allow(clippy::cast_precision_loss)] // Sizes are small.
fn size<T: Float>(n: usize) -> T {
    T::from_f64(n as f64)
}

fn column_sums(dz: &A2) -> A2 {
    dz.sum_axis(Axis(0)).insert_axis(Axis(0))
}

fn right(dz: &A2, a: &A2, w: &A2) -> Three {
    (dz.dot(w), dz.t().dot(a), column_sums(dz))
}

fn mask(da: &A2, z: &A2, passes: impl Fn(f64) -> bool) -> A2 {
    Zip::from(da).and(z).map_collect(|&da, &z| if passes(z) { da } else { 0.0 })
}

fn softmax(z: &A2) -> A2 {
    let mut p = z.clone();
    for mut row in p.rows_mut() {
        let top = row.fold(f64::NEG_INFINITY, |top, &z| top.max(z));
        row.mapv_inplace(|z| (z - top).exp());
        let total = row.sum();
        row /= total;
    }
    p
}

/// As [`softmax`], without subtracting the largest.
fn careless_softmax(z: &A2) -> A2 {
    let e = z.mapv(f64::exp);
    let totals = e.sum_axis(Axis(1)).insert_axis(Axis(1));
    e / totals
}

fn rolled(x: &A2, axis: usize) -> A2 {
    let n = x.len_of(Axis(axis));
    let order: Vec<usize> = (0..n).map(|i| (i + n.saturating_sub(1)) % n.max(1)).collect();
    x.select(Axis(axis), &order)
}

/// Each call gets what the call before would have.
fn stale<X: Clone + 'static>(previous: &RefCell<Option<X>>, now: &X, fits: impl Fn(&X) -> bool) -> X {
    previous.replace(Some(now.clone())).filter(fits).unwrap_or_else(|| now.clone())
}

pub fn table() -> Vec<Wrong> {
    [linear_ones(), relu_ones(), loss_ones(), network_ones(), other_ones()].into_iter().flatten().collect()
}

fn linear_ones() -> Vec<Wrong> {
    wrong! {
        "linear: dW transposed" Some(Transposed) => linear(|dz, a, w| (dz.dot(w), a.t().dot(dz), column_sums(dz)));
        "linear: dA transposed" Some(Transposed) => linear(|dz, a, w| (dz.dot(w).reversed_axes(), dz.t().dot(a), column_sums(dz)));
        "linear: sign of dA" Some(Sign) => linear(|dz, a, w| { let (da, dw, db) = right(dz, a, w); (-da, dw, db) });
        "linear: sign of dW" Some(Sign) => linear(|dz, a, w| { let (da, dw, db) = right(dz, a, w); (da, -dw, db) });
        "linear: sign of db" Some(Sign) => linear(|dz, a, w| { let (da, dw, db) = right(dz, a, w); (da, dw, -db) });
        "linear: dW twice" Some(Factor) => linear(|dz, a, w| { let (da, dw, db) = right(dz, a, w); (da, dw * 2.0, db) });
        "linear: dW divided by the batch" Some(MeanForSum) => linear(|dz, a, w| {
            let (da, dw, db) = right(dz, a, w);
            (da, dw / size::<f64>(a.nrows()), db)
        });
        "linear: dA divided by d" Some(Factor) => linear(|dz, a, w| { let (da, dw, db) = right(dz, a, w); (da / size::<f64>(a.ncols()), dw, db) });
        "linear: all divided by the batch" Some(Factor) => linear(|dz, a, w| {
            let dz = dz / size::<f64>(dz.nrows());
            (dz.dot(w), dz.t().dot(a), dz.t().dot(&A2::ones((a.nrows(), 1))).reversed_axes())
        });
        "linear: db a mean" Some(MeanForSum) => linear(|dz, a, w| {
            let (da, dw, db) = right(dz, a, w);
            (da, dw, db / size::<f64>(a.nrows()))
        });
        "linear: db of rank 1" Some(ByBroadcasting) => linear(|dz, a, w| (dz.dot(w), dz.t().dot(a), dz.sum_axis(Axis(0))));
        "linear: db a column" Some(Transposed) => linear(|dz, a, w| (dz.dot(w), dz.t().dot(a), column_sums(dz).reversed_axes()));
        "linear: db not summed" Some(SumMissing) => linear(|dz, a, w| (dz.dot(w), dz.t().dot(a), dz.clone()));
        "linear: db the first row" Some(SumMissing) => linear(|dz, a, w| {
            let first = if dz.nrows() > 0 { dz.slice(s![..1, ..]).to_owned() } else { A2::zeros((1, dz.ncols())) };
            (dz.dot(w), dz.t().dot(a), first)
        });
        "linear: db the last row" Some(SumMissing) => linear(|dz, a, w| {
            let last = if dz.nrows() > 0 { dz.slice(s![-1.., ..]).to_owned() } else { A2::zeros((1, dz.ncols())) };
            (dz.dot(w), dz.t().dot(a), last)
        });
        "linear: db summed over the wrong axis" Some(WrongAxis) => linear(|dz, a, w| {
            (dz.dot(w), dz.t().dot(a), dz.sum_axis(Axis(1)).insert_axis(Axis(0)))
        });
        "linear: db zero" Some(Zeros) => linear(|dz, a, w| (dz.dot(w), dz.t().dot(a), A2::zeros((1, dz.ncols()))));
        "linear: dA zero" Some(Zeros) => linear(|dz, a, _| (A2::zeros(a.raw_dim()), dz.t().dot(a), column_sums(dz)));
        "linear: all zero" Some(Zeros) => linear(|dz, a, w| (a * 0.0, w * 0.0, column_sums(dz) * 0.0));
        "linear: cotangent ignored" Some(CotangentIgnored) => linear(|dz, a, w| right(&A2::ones(dz.raw_dim()), a, w));
        "linear: dW flattened" Some(WrongShape) => linear(|dz, a, w| {
            let (da, dw, db) = right(dz, a, w);
            let n = dw.len();
            (da, dw.into_shape_with_order(n).unwrap_or_default(), db)
        });
        "linear: dA rolled" Some(OffByOne) => linear(|dz, a, w| { let (da, dw, db) = right(dz, a, w); (rolled(&da, 0), dw, db) });
        "linear: dW rolled along its columns" Some(OffByOne) => linear(|dz, a, w| { let (da, dw, db) = right(dz, a, w); (da, rolled(&dw, 1), db) });
        "linear: last row of dA forgotten" Some(OffByOne) => linear(|dz, a, w| {
            let (mut da, dw, db) = right(dz, a, w);
            if let Some(last) = da.nrows().checked_sub(1) { da.row_mut(last).fill(0.0); }
            (da, dw, db)
        });
        "linear: dW not summed" Some(SumMissing) => linear(|dz, a, w| {
            let each = ndarray::Array3::from_shape_fn((dz.nrows(), w.nrows(), w.ncols()), |(n, h, d)| dz[[n, h]] * a[[n, d]]);
            (dz.dot(w), each, column_sums(dz))
        });
        "linear: dZ of the call before" Some(Stale) => {
            let before = RefCell::new(None);
            linear(move |dz, a, w| right(&stale(&before, dz, |x: &A2| x.raw_dim() == dz.raw_dim()), a, w))
        };
        "linear: noise" None => {
            let calls = Cell::new(0_u32);
            linear(move |dz, a, w| {
                calls.set(calls.get() + 1);
                let (da, dw, db) = right(dz, a, w);
                (da.mapv(|x| (x * 3.7).sin() + 0.3), dw, db)
            })
        };
    }
}

fn relu_ones() -> Vec<Wrong> {
    wrong! {
        "relu: >= for >" Some(MaskAtTies) => relu(|da, z| mask(da, z, |z| z >= 0.0));
        "relu: no mask" Some(MaskMissing) => relu(|da, _| da.clone());
        "relu: inverted" Some(MaskInverted) => relu(|da, z| mask(da, z, |z| z <= 0.0));
        "relu: mask of the cotangent" Some(MaskFromWrongArray) => relu(|da, _| da.mapv(|d| d.max(0.0)));
        "relu: cotangent ignored" Some(CotangentIgnored) => relu(|_, z| z.mapv(|z| f64::from(z > 0.0)));
        "relu: sign" Some(Sign) => relu(|da, z| -mask(da, z, |z| z > 0.0));
        "relu: twice" Some(Factor) => relu(|da, z| mask(da, z, |z| z > 0.0) * 2.0);
        "relu: zero" Some(Zeros) => relu(|da, _| da * 0.0);
        "relu: transposed" Some(Transposed) => relu(|da, z| mask(da, z, |z| z > 0.0).reversed_axes());
        "relu: the forward pass" None => relu(|_, z| z.mapv(|z| z.max(0.0)));
        "relu: threshold 0.5" Some(Clipped) => relu(|da, z| mask(da, z, |z| z > 0.5));
        "relu: leaky" None => relu(|da, z| Zip::from(da).and(z).map_collect(|&d, &z| if z > 0.0 { d } else { 0.01 * d }));
        "relu: rows rolled" Some(OffByOne) => relu(|da, z| rolled(&mask(da, z, |z| z > 0.0), 0));
        "relu: mask of the call before" Some(Stale) => {
            let before = RefCell::new(None);
            relu(move |da, z| mask(da, &stale(&before, z, |x: &A2| x.raw_dim() == z.raw_dim()), |z| z > 0.0))
        };
    }
}

fn loss_ones() -> Vec<Wrong> {
    wrong! {
        "mse: 1/n missing" Some(Factor) => mse(|z, y| (z - y) * 2.0);
        "mse: 1/n twice" Some(Factor) => mse(|z, y| (z - y) * 2.0 / size::<f64>(z.nrows()).powi(2));
        "mse: 2 missing" Some(Factor) => mse(|z, y| (z - y) / size::<f64>(z.nrows()));
        "mse: 2 twice" Some(Factor) => mse(|z, y| (z - y) * 4.0 / size::<f64>(z.nrows()));
        "mse: 1/(n·k)" Some(Factor) => mse(|z, y| (z - y) * 2.0 / size::<f64>(z.len()));
        "mse: 1/k" Some(Factor) => mse(|z, y| (z - y) * 2.0 / size::<f64>(z.ncols()));
        "mse: target minus output" Some(Sign) => mse(|z, y| (y - z) * 2.0 / size::<f64>(z.nrows()));
        "mse: dZ and dY swapped" Some(Sign) => mse(|z, y| {
            let dz = (z - y) * 2.0 / size::<f64>(z.nrows());
            (-&dz, dz)
        });
        "mse: dY like dZ" Some(Sign) => mse(|z, y| {
            let dz = (z - y) * 2.0 / size::<f64>(z.nrows());
            (dz.clone(), dz)
        });
        "mse: transposed" Some(Transposed) => mse(|z, y| ((z - y) * 2.0 / size::<f64>(z.nrows())).reversed_axes());
        "mse: flattened" Some(WrongShape) => mse(|z, y| ((z - y) * 2.0 / size::<f64>(z.nrows())).into_iter().collect::<A1>());
        "mse: rows off by one" Some(OffByOne) => mse(|z, y| rolled(&((z - y) * 2.0 / size::<f64>(z.nrows())), 0));
        "mse: of the mean absolute error" None => mse(|z, y| (z - y).mapv(f64::signum) / size::<f64>(z.nrows()));
        "mse: cancels" Some(Imprecise) => mse(|z, y| {
            let large = 1e7;
            (&(z + large) - &(y + large)) * 2.0 / size::<f64>(z.nrows())
        });
        "cross entropy: 1/n missing" Some(Factor) => cross_entropy(|z, y| softmax(z) - y);
        "cross entropy: 1/n twice" Some(Factor) => cross_entropy(|z, y| (softmax(z) - y) / size::<f64>(z.nrows()).powi(2));
        "cross entropy: sign" Some(Sign) => cross_entropy(|z, y| (y - softmax(z)) / size::<f64>(z.nrows()));
        "cross entropy: 1/k" Some(Factor) => cross_entropy(|z, y| (softmax(z) - y) / size::<f64>(z.ncols()));
        "cross entropy: softmax missing" None => cross_entropy(|z, y| (z - y) / size::<f64>(z.nrows()));
        "cross entropy: overflows" Some(Imprecise) => cross_entropy(|z, y| (careless_softmax(z) - y) / size::<f64>(z.nrows()));
        "cross entropy: transposed" Some(Transposed) => cross_entropy(|z, y| ((softmax(z) - y) / size::<f64>(z.nrows())).reversed_axes());
        "cross entropy: targets lost" Some(PathLost) => cross_entropy(|z, _| softmax(z) / size::<f64>(z.nrows()));
    }
}

fn network_ones() -> Vec<Wrong> {
    wrong! {
        "network: no mask" Some(MaskMissing) => network(|f, y| { let dz2 = f.dz2(y); f.grads(&dz2.dot(&f.w2), &dz2) });
        "network: mask inverted" Some(MaskInverted) => network(|f, y| {
            let dz2 = f.dz2(y);
            f.grads(&mask(&dz2.dot(&f.w2), &f.z1, |z| z <= 0.0), &dz2)
        });
        "network: mask of the cotangent" Some(MaskFromWrongArray) => network(|f, y| {
            let dz2 = f.dz2(y);
            f.grads(&dz2.dot(&f.w2).mapv(|d| d.max(0.0)), &dz2)
        });
        "network: >= for >" Some(MaskAtTies) => network(|f, y| {
            let dz2 = f.dz2(y);
            f.grads(&mask(&dz2.dot(&f.w2), &f.z1, |z| z >= 0.0), &dz2)
        });
        "network: 1/n missing" Some(Factor) => network(|f, y| {
            let dz2 = (&f.z2 - y) * 2.0;
            f.grads(&mask(&dz2.dot(&f.w2), &f.z1, |z| z > 0.0), &dz2)
        });
        "network: 2 missing in the first layer" Some(Factor) => network(|f, y| {
            let dz2 = f.dz2(y);
            f.grads(&(mask(&dz2.dot(&f.w2), &f.z1, |z| z > 0.0) / 2.0), &dz2)
        });
        "network: sign in the first layer" Some(Sign) => network(|f, y| {
            let dz2 = f.dz2(y);
            f.grads(&-mask(&dz2.dot(&f.w2), &f.z1, |z| z > 0.0), &dz2)
        });
        "network: db1 a mean" Some(MeanForSum) => network(|f, y| {
            let dz2 = f.dz2(y);
            let (dx, dw1, db1, dw2) = f.grads(&mask(&dz2.dot(&f.w2), &f.z1, |z| z > 0.0), &dz2);
            (dx, dw1, db1 / size::<f64>(y.nrows()), dw2)
        });
        "network: dW2 from Z1 instead of A1" Some(WrongOperand) => network(|f, y| {
            let dz2 = f.dz2(y);
            let (dx, dw1, db1, _) = f.grads(&mask(&dz2.dot(&f.w2), &f.z1, |z| z > 0.0), &dz2);
            (dx, dw1, db1, dz2.t().dot(&f.z1))
        });
        "network: dX and dW1 zero" Some(Zeros) => network(|f, y| {
            let dz2 = f.dz2(y);
            let (dx, dw1, db1, dw2) = f.grads(&mask(&dz2.dot(&f.w2), &f.z1, |z| z > 0.0), &dz2);
            (dx * 0.0, dw1 * 0.0, db1, dw2)
        });
    }
}

fn other_ones() -> Vec<Wrong> {
    wrong! {
        "residual: the skip forgotten" Some(PathLost) => check::backward(|[x]| x + x.tanh())
            .against(|dy: &A1, x: &A1| dy * x.mapv(|x| 1.0 - x.tanh().powi(2)))
            .shapes(["x: n"]).without_persistence()
        .seed(super::seed()).try_run();
        "residual: the skip twice" Some(PathTwice) => check::backward(|[x]| x + x.tanh())
            .against(|dy: &A1, x: &A1| dy * x.mapv(|x| 3.0 - x.tanh().powi(2)))
            .shapes(["x: n"]).without_persistence()
        .seed(super::seed()).try_run();
        "tied weights: one use forgotten" Some(PathLost) => check::backward(|[x, w]| x.matmul(w.t()).tanh().matmul(w))
            .against(|dy: &A2, x: &A2, w: &A2| {
                let a = x.dot(&w.t()).mapv(f64::tanh);
                let dz = dy.dot(&w.t()) * a.mapv(|a| 1.0 - a * a);
                (dz.dot(w), dz.t().dot(x))
            })
            .shapes(["x: n d", "w: h d"]).without_persistence()
        .seed(super::seed()).try_run();
        "product: operands swapped" Some(OperandsSwapped) => check::backward(|[a, b]| a * b)
            .against(|dy: &A1, a: &A1, b: &A1| (dy * a, dy * b))
            .shapes(["a: n", "b: n"]).without_persistence()
        .seed(super::seed()).try_run();
        "quotient: the wrong one in the numerator" Some(OperandsSwapped) => check::backward(|[a, b]| a / b)
            .against(|dy: &A1, a: &A1, b: &A1| (dy / b, -(dy * b) / &(a * a)))
            .shapes(["a: n", "b: n"]).values("a", Values::Positive).values("b", Values::Positive).without_persistence()
        .seed(super::seed()).try_run();
        "difference: sign of the second" Some(Sign) => check::backward(|[a, b]| a - b)
            .against(|dy: &A1| (dy.clone(), dy.clone()))
            .shapes(["a: n", "b: n"]).without_persistence()
        .seed(super::seed()).try_run();
        "tanh: the chain rule forgotten" Some(FactorMissing) => check::backward(|[x]| x.tanh())
            .against(|dy: &A1| dy.clone())
            .shapes(["x: n"]).without_persistence()
        .seed(super::seed()).try_run();
        "sine: at the result" Some(WrongPoint) => check::backward(|[x]| x.sin())
            .against(|dy: &A1, x: &A1| dy * x.mapv(|x| x.sin().cos()))
            .shapes(["x: n"]).without_persistence()
        .seed(super::seed()).try_run();
        "expm1: digits lost, where they count" Some(Imprecise) => check::backward(|[x]| x.expm1() * x)
            .against(|dy: &A1, x: &A1| dy * x.mapv(|x| (x.exp() - 1.0) + x.exp() * x))
            .shapes(["x: n"]).values("x", Values::Between(-1e-6, 1e-6)).accurate().without_persistence()
        .seed(super::seed()).try_run();
    }
}
