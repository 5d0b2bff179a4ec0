//! Twins: of each hypothesis a derivative with that mistake, which must be named, and one that looks like it and has
//! another, which must not be.

#![allow(clippy::approx_constant)] // That is a mistake.

use super::{Outcome, Wrong};
use ndarray::{Array1, Array2, Array3, Axis, Zip, s};
use wengert::check::Mistake::*;
use wengert::check::{self, Check, Values};
use wengert::{Float, Var};

type A1 = Array1<f64>;
type A2 = Array2<f64>;

fn run<T: Float>(check: Check<'_, T>) -> Outcome {
    check.without_persistence().seed(super::seed()).try_run()
}

/// Of one vector, elementwise.
fn map(f: impl for<'t> Fn(Var<'t, f64>) -> Var<'t, f64> + 'static, slope: fn(f64) -> f64) -> Outcome {
    run(check::backward(move |[x]| f(x)).against(move |dy: &A1, x: &A1| dy * x.mapv(slope)).shapes(["x: n"]))
}

/// The same in single precision.
fn map32(f: impl for<'t> Fn(Var<'t, f32>) -> Var<'t, f32> + 'static, slope: fn(f32) -> f32) -> Outcome {
    let by_hand = move |dy: &Array1<f32>, x: &Array1<f32>| dy * x.mapv(slope);
    run(check::backward(move |[x]| f(x)).against(by_hand).shapes(["x: n"]))
}

fn logistic(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

#[allow(clippy::cast_precision_loss)] // Sizes are small.
fn size(n: usize) -> f64 {
    n as f64
}

fn leaky(x: Var<'_, f64>) -> Var<'_, f64> {
    x.gt(0.0).select(x, x * 0.1)
}

/// (x − mean) / √(var + ε) along the last axis; `by_hand` gets dy, the normalised rows and 1/√(var + ε).
fn layer_norm(by_hand: fn(&A2, &A2, &A2) -> A2) -> Outcome {
    let check = check::backward(|[x]| {
        let d = x.shape()[1];
        let centred = x - x.mean_axis(1).unsqueeze(1);
        let variance = centred.square().sum_axis(1) / size(d);
        centred / (variance + 1e-5).sqrt().unsqueeze(1)
    });
    let check = check.against(move |dy: &A2, x: &A2| {
        let column = |v: A1| v.insert_axis(Axis(1));
        let d = size(x.ncols());
        let centred = x - &column(x.sum_axis(Axis(1)) / d);
        let inverse =
            column((centred.mapv(|c| c * c).sum_axis(Axis(1)) / d).mapv(|v| 1.0 / (v + 1e-5).sqrt()));
        by_hand(dy, &(&centred * &inverse), &inverse)
    });
    run(check.shapes(["x: n d"]).values("x", Values::Between(-2.0, 2.0)))
}

fn means(x: &A2) -> A2 {
    x.sum_axis(Axis(1)).insert_axis(Axis(1)) / size(x.ncols())
}

/// softmax along the last axis; `by_hand` gets dy and the result.
fn softmax(by_hand: fn(&A2, &A2) -> A2) -> Outcome {
    let check = check::backward(|[x]| x.softmax(1)).against(move |dy: &A2, x: &A2| by_hand(dy, &shares(x)));
    run(check.shapes(["x: n d"]).values("x", Values::Between(-2.0, 2.0)))
}

fn shares(x: &A2) -> A2 {
    let e = x.mapv(f64::exp);
    let totals = e.sum_axis(Axis(1)).insert_axis(Axis(1));
    e / totals
}

/// x Aᵀ x, with a square matrix.
fn form(by_hand: fn(&A1, &A2) -> (A1, A2)) -> Outcome {
    let check = check::gradient::<f64, 2>(|[x, a]| x.matmul(a).matmul(x)).against(by_hand);
    run(check.shapes(["x: n", "A: n n"]))
}

fn outer(x: &A1, y: &A1) -> A2 {
    Array2::from_shape_fn((x.len(), y.len()), |(i, j)| x[i] * y[j])
}

/// Sums over three neighbours, weighted: y[i] = Σ w[k] x[i + k].
fn convolution(by_hand: fn(&A1, &A1, &A1) -> (A1, A1)) -> Outcome {
    let check = check::backward(|[x, w]| {
        let n = x.shape()[0] - 2;
        let part = |k: usize| x.narrow(0, k, n) * w.narrow(0, k, 1);
        part(0) + part(1) + part(2)
    });
    run(check.against(by_hand).shapes(["x: 9", "w: 3"]))
}

fn dw_of(dy: &A1, x: &A1) -> A1 {
    (0..3).map(|k| (0..dy.len()).map(|i| dy[i] * x[i + k]).sum()).collect()
}

/// dx, with the kernel as `order` has it.
fn dx_of(dy: &A1, x: &A1, w: &A1, order: [usize; 3]) -> A1 {
    let mut dx = A1::zeros(x.len());
    for i in 0..dy.len() {
        for k in 0..3 {
            dx[i + k] += dy[i] * w[order[k]];
        }
    }
    dx
}

/// Rows of a table, some of them twice.
fn embedding(by_hand: fn(&A2, &A2, &[usize]) -> A2) -> Outcome {
    const AT: [usize; 5] = [2, 0, 2, 1, 2];
    let check = check::backward(|[e]| e.take(0, AT)).against(move |dy: &A2, e: &A2| by_hand(dy, e, &AT));
    run(check.shapes(["e: 4 d"]))
}

pub fn table() -> Vec<Wrong> {
    [points(), choices(), paths(), sums(), places(), numbers(), pieces()].into_iter().flatten().collect()
}

fn points() -> Vec<Wrong> {
    wrong! {
        "tanh: 1 − x²" Some(WrongPoint) => map(|x| x.tanh(), |x| 1.0 - x * x);
        "tanh: 1 − x², f32" Some(WrongPoint) => map32(|x| x.tanh(), |x| 1.0 - x * x);
        "tanh: 1 − tanh(tanh x)²" Some(WrongPoint) => map(|x| x.tanh(), |x| 1.0 - x.tanh().tanh().powi(2));
        "tanh: 1 + tanh²" None => map(|x| x.tanh(), |x| 1.0 + x.tanh().powi(2));
        "logistic: x(1 − x)" Some(WrongPoint) => map(|x| x.logistic(), |x| x * (1.0 - x));
        "logistic: σ alone" None => map(|x| x.logistic(), logistic);
        "logistic: 1 − σ" None => map(|x| x.logistic(), |x| 1.0 - logistic(x));
        "exp: x" Some(WrongPoint) => map(|x| x.exp(), |x| x);
        "sine inside: the factor forgotten" Some(FactorMissing) => map(|x| (x * x).sin(), |x| (x * x).cos());
        "sine inside: at x" Some(WrongOperand) => map(|x| (x * x).sin(), |x| 2.0 * x * x.cos());
        "logarithm: its factor forgotten" Some(FactorMissing) => map(|x| (x * x + 1.0).log(), |x| 2.0 * x);
        "cube: 3 forgotten" Some(Factor) => map(|x| x.pow(3.0), |x| x * x);
        "cube of products: 3 forgotten" Some(Factor) => map(|x| x * x * x, |x| x * x);
        "square: 2 forgotten" Some(Factor) => map(|x| x * x, |x| x);
        "square: 2 forgotten, f32" Some(Factor) => map32(|x| x * x, |x| x);
        "square: the square" None => map(|x| x * x, |x| x * x);
        "two tanh, 1 − x² in both" Some(WrongPoint) => run(check::backward(|[x, w]| x.tanh() * w.tanh())
            .against(|dy: &A1, x: &A1, w: &A1| {
                let slope = |x: &A1| x.mapv(|x| 1.0 - x * x);
                (dy * &w.mapv(f64::tanh) * slope(x), dy * &x.mapv(f64::tanh) * slope(w))
            })
            .shapes(["x: n", "w: n"]));
    }
}

fn choices() -> Vec<Wrong> {
    wrong! {
        "leaky relu: relu's slope" Some(BranchLost) => map(leaky, |x| if x > 0.0 { 1.0 } else { 0.0 });
        "leaky relu: inverted" Some(MaskInverted) => map(leaky, |x| if x > 0.0 { 0.1 } else { 1.0 });
        "leaky relu: no mask" None => map(leaky, |_| 0.55);
        "leaky relu: slope 1" Some(BranchLost) => map(leaky, |_| 1.0);
        "maximum: all to the first at ties" Some(MaskAtTies) => run(check::backward(|[a, b]| a.maximum(b))
            .against(|dy: &A1, a: &A1, b: &A1| {
                let first = Zip::from(a).and(b).map_collect(|a, b| f64::from(a >= b));
                (dy * &first, dy * &first.mapv(|m| 1.0 - m))
            })
            .shapes(["a: n", "b: n"]));
        "maximum: exchanged" Some(OperandsSwapped) => run(check::backward(|[a, b]| a.maximum(b))
            .against(|dy: &A1, a: &A1, b: &A1| {
                let share = Zip::from(a).and(b).map_collect(|a, b| if a == b { 0.5 } else { f64::from(a > b) });
                (dy * &share.mapv(|m| 1.0 - m), dy * &share)
            })
            .shapes(["a: n", "b: n"]));
        "largest of a row: all to the first" Some(MaskAtTies) => run(check::backward(|[x]| x.amax(1))
            .against(|dy: &A1, x: &A2| {
                let mut dx = A2::zeros(x.raw_dim());
                for (i, row) in x.rows().into_iter().enumerate() {
                    let top = row.fold(f64::NEG_INFINITY, |top, x| top.max(*x));
                    if let Some(first) = row.iter().position(|x| *x == top) { dx[[i, first]] = dy[i]; }
                }
                dx
            })
            .shapes(["x: n 4"]));
        "largest of a row: all to each" Some(MaskAtTies) => run(check::backward(|[x]| x.amax(1))
            .against(|dy: &A1, x: &A2| {
                let mut dx = A2::zeros(x.raw_dim());
                for (i, row) in x.rows().into_iter().enumerate() {
                    let top = row.fold(f64::NEG_INFINITY, |top, x| top.max(*x));
                    for (j, x) in row.iter().enumerate() { dx[[i, j]] = if *x == top { dy[i] } else { 0.0 }; }
                }
                dx
            })
            .shapes(["x: n 4"]));
        "absolute value: 1 at 0" Some(MaskAtTies) => map(|x| x.abs(), |x| if x >= 0.0 { 1.0 } else { -1.0 });
    }
}

fn paths() -> Vec<Wrong> {
    wrong! {
        "ridge: the penalty forgotten" Some(PathLost) => run(check::gradient::<f64, 3>(|[x, w, y]| {
                (x.matmul(w) - y).square().sum() + (w * w).sum() * 0.3
            })
            .against(|x: &A2, w: &A1, y: &A1| {
                let r = x.dot(w) - y;
                (outer(&r, w) * 2.0, x.t().dot(&r) * 2.0, r * -2.0)
            })
            .shapes(["X: n d", "w: d", "y: n"]));
        "ridge: half of the penalty" Some(Factor) => run(check::gradient::<f64, 3>(|[x, w, y]| {
                (x.matmul(w) - y).square().sum() + (w * w).sum() * 0.3
            })
            .against(|x: &A2, w: &A1, y: &A1| {
                let r = x.dot(w) - y;
                (outer(&r, w) * 2.0, x.t().dot(&r) * 2.0 + w * 0.3, r * -2.0)
            })
            .shapes(["X: n d", "w: d", "y: n"]));
        "layer norm: mean and variance held" Some(HeldConstant) => layer_norm(|dy, _, inverse| dy * inverse);
        "layer norm: mean held" Some(HeldConstant) => layer_norm(|dy, y, inverse| (dy - &(y * &means(&(dy * y)))) * inverse);
        "layer norm: variance held" Some(HeldConstant) => layer_norm(|dy, _, inverse| (dy - &means(dy)) * inverse);
        "softmax: the total held" Some(HeldConstant) => softmax(|dy, p| dy * p);
        "softmax: the diagonal alone" Some(DiagonalOnly) => softmax(|dy, p| dy * &(p * &p.mapv(|p| 1.0 - p)));
        "softmax: the sum over the other axis" Some(WrongAxis) => softmax(|dy, p| {
            (dy - &(dy * p).sum_axis(Axis(0))) * p
        });
        "running sum: the diagonal alone" Some(DiagonalOnly) => run(check::backward(|[x]| (x * 2.0).cumsum(0))
            .against(|dy: &A1| dy * 2.0).shapes(["x: n"]));
        "unit vector: the diagonal alone" Some(DiagonalOnly) => run(check::backward(|[x]| x / x.square().sum().sqrt())
            .against(|dy: &A1, x: &A1| {
                let norm = x.dot(x).sqrt();
                dy * &x.mapv(|x| 1.0 / norm - x * x / norm.powi(3))
            })
            .shapes(["x: n"]).values("x", Values::Between(0.5, 2.0)));
        "quadratic form: symmetric" Some(SymmetryAssumed) => form(|x, a| (a.dot(x) * 2.0, outer(x, x)));
        "quadratic form: one path" Some(PathLost) => form(|x, a| (a.dot(x), outer(x, x)));
        "product and sum: a sign in one path" Some(Sign) => map(|x| x * x.sin(), |x| x.sin() - x * x.cos());
    }
}

fn sums() -> Vec<Wrong> {
    wrong! {
        "running sum: forwards" Some(OrderReversed) => run(check::backward(|[x]| x.cumsum(0))
            .against(|dy: &A1| dy.iter().scan(0.0, |sum, d| { *sum += d; Some(*sum) }).collect::<A1>())
            .shapes(["x: n"]));
        "running sum: not summed" None => run(check::backward(|[x]| x.cumsum(0))
            .against(|dy: &A1| dy * 2.0 - 1.0)
            .shapes(["x: n"]));
        "convolution: the kernel not flipped" Some(OrderReversed) => convolution(|dy, x, w| (dx_of(dy, x, w, [2, 1, 0]), dw_of(dy, x)));
        "convolution: dw reversed" Some(OrderReversed) => convolution(|dy, x, w| {
            let dw = dw_of(dy, x);
            (dx_of(dy, x, w, [0, 1, 2]), dw.slice(s![..;-1]).to_owned())
        });
        "convolution: overlaps overwritten" Some(OverlapLost) => convolution(|dy, x, w| {
            let mut dx = A1::zeros(x.len());
            for k in 0..3 {
                for i in 0..dy.len() { dx[i + k] = dy[i] * w[k]; }
            }
            (dx, dw_of(dy, x))
        });
        "embedding: = for +=" Some(ScatterOverwrites) => embedding(|dy, e, at| {
            let mut de = A2::zeros(e.raw_dim());
            for (i, &at) in at.iter().enumerate() { de.row_mut(at).assign(&dy.row(i)); }
            de
        });
        "embedding: divided by uses" Some(ScatterDivides) => embedding(|dy, e, at| {
            let mut de = A2::zeros(e.raw_dim());
            for (i, &at) in at.iter().enumerate() { de.row_mut(at).scaled_add(1.0, &dy.row(i)); }
            let uses = |row: usize| at.iter().filter(|at| **at == row).count().max(1);
            for row in 0..4 { de.row_mut(row).mapv_inplace(|x| x / size(uses(row))); }
            de
        });
        "mean of squares: n − 1" Some(Factor) => run(check::gradient::<f64, 1>(|[x]| x.square().mean())
            .against(|x: &A1| x * 2.0 / (size(x.len()) - 1.0))
            .shapes(["x: n"]).values("x", Values::Between(0.5, 2.0)));
        "scores: √d forgotten" Some(Factor) => run(check::backward(|[q, k]| q.matmul(k.t()) / size(q.shape()[1]).sqrt())
            .against(|dy: &A2, q: &A2, k: &A2| (dy.dot(k), dy.t().dot(q)))
            .shapes(["q: n d", "k: m d"]));
    }
}

fn places() -> Vec<Wrong> {
    wrong! {
        "sum of two: the first's gradient for both" Some(GradientCopied) => run(check::backward(|[a, b]| a * b)
            .against(|dy: &A1, _: &A1, b: &A1| (dy * b, dy * b))
            .shapes(["a: n", "b: n"]));
        "linear: only the first of the batch" Some(FirstOnly) => run(check::backward(|[a, w]| a.matmul(w.t()))
            .against(|dz: &A2, a: &A2, w: &A2| {
                let mut dz = dz.clone();
                if dz.nrows() > 1 { dz.slice_mut(s![1.., ..]).fill(0.0); }
                (dz.dot(w), dz.t().dot(a))
            })
            .shapes(["A: n d", "W: h d"]));
        "stack of matrices: its last axes exchanged" Some(Transposed) => run(check::backward(|[x]| x * 2.0)
            .against(|dy: &Array3<f64>| (dy * 2.0).permuted_axes([0, 2, 1]))
            .shapes(["x: b n m"]));
        "memory taken for contiguous" Some(LayoutAssumed) => run(check::backward(|[x]| x * 3.0)
            .against(|dy: &A2| {
                let memory = dy.as_slice_memory_order().map(<[f64]>::to_vec);
                let memory = memory.unwrap_or_else(|| dy.iter().copied().collect());
                Array2::from_shape_vec(dy.raw_dim(), memory).unwrap() * 3.0
            })
            .shapes(["x: n m"]));
        "concatenation: halves exchanged" Some(OperandsSwapped) => run(check::backward(|[a, b]| a.tape().concat(0, [a, b]))
            .against(|dy: &A1, a: &A1| (dy.slice(s![a.len()..]).to_owned(), dy.slice(s![..a.len()]).to_owned()))
            .shapes(["a: n", "b: n"]));
    }
}

fn numbers() -> Vec<Wrong> {
    wrong! {
        "slope clipped at 1" None => map(|x| x * x, |x| (2.0 * x).clamp(-1.0, 1.0));
        "gradient clipped at 1" Some(Clipped) => run(check::backward(|[x]| x * 3.0)
            .against(|dy: &A1| (dy * 3.0).mapv(|d| d.clamp(-1.0, 1.0))).shapes(["x: n"]));
        "cut to 0 above 5" Some(Clipped) => map(|x| x.tanh() + x, |x| if x.abs() > 5.0 { 0.0 } else { 2.0 - x.tanh().powi(2) });
        "few digits" Some(FewDigits) => map(|x| x * std::f64::consts::PI, |_| 3.141_592_7);
        "few digits in one term" Some(FewDigits) => map(|x| x.sin() + x * x * std::f64::consts::PI, |x| x.cos() + 2.0 * x * 3.141_592_7);
        "another constant" Some(Factor) => map(|x| x * std::f64::consts::PI, |_| 3.2);
        "ε left out" Some(Epsilon) => run(check::backward::<f64, 1>(|[x]| (x * x + 1e-3).sqrt())
            .against(|dy: &A1, x: &A1| dy * &x.mapv(f64::signum)).shapes(["x: n"]));
        "ε outside of the root" Some(Epsilon) => run(check::backward::<f64, 1>(|[x]| 1.0 / (x * x + 1e-3).sqrt())
            .against(|dy: &A1, x: &A1| dy * &x.mapv(|x| -x / (x.abs() * (x.abs() + 1e-3).powi(2)))).shapes(["x: n"])
            .values("x", Values::Between(0.01, 1.0)));
        "10⁻³ of the gradient forgotten" None => map(|x| x * x, |x| 2.0 * x + 1e-3 * x.sin());
    }
}

/// Of derivatives that are derived as one piece, of values that are computed again, of what comes back in another order.
fn pieces() -> Vec<Wrong> {
    wrong! {
        "softmax: not weighted" Some(FactorMissing) => softmax(|dy, p| (dy - &rows(dy)) * p);
        "softmax: bare" Some(FactorMissing) => softmax(|dy, p| dy - &rows(&(dy * p)));
        "softmax: bare, and half of it" None => softmax(|dy, p| (dy - &rows(&(dy * p))) * 0.5);
        "softmax: the sum added" Some(Sign) => softmax(|dy, p| (dy + &rows(&(dy * p))) * p);
        "softmax: a mean" Some(MeanForSum) => softmax(|dy, p| (dy - &(rows(&(dy * p)) / size(p.ncols()))) * p);
        "layer norm: means over the batch" Some(WrongAxis) => layer_norm(|dy, y, inverse| {
            let mean = |x: &A2| x.sum_axis(Axis(0)) / size(x.nrows());
            (dy - &mean(dy) - y * &mean(&(dy * y))) * inverse
        });
        "layer norm: one mean over the batch" None => layer_norm(|dy, y, inverse| {
            let mean = |x: &A2| x.sum_axis(Axis(0)) / size(x.nrows());
            (dy - &means(dy) - y * &mean(&(dy * y))) * inverse
        });
        "layer norm: bare" Some(FactorMissing) => layer_norm(|dy, y, _| dy - &means(dy) - y * &means(&(dy * y)));
        "silu: the gate held" Some(PathLost) => map(|x| x.silu(), logistic);
        "silu: half of the gate" None => map(|x| x.silu(), |x| 0.7 * logistic(x) + x * x * 0.1);
        "scores: dK not transposed" Some(Transposed) => run(check::backward(|[q, k]| q.matmul(k.t()).tanh())
            .against(|dy: &A2, q: &A2, k: &A2| {
                let ds = dy * &q.dot(&k.t()).mapv(|s| 1.0 - s.tanh().powi(2));
                (ds.dot(k), ds.dot(q))
            })
            .shapes(["q: n d", "k: n d"]));
        "product: the first term of its sum" Some(FirstOnly) => run(check::backward(|[a, b]| a.matmul(b).tanh())
            .against(|dy: &A2, a: &A2, b: &A2| {
                let dz = dy * &a.dot(b).mapv(|z| 1.0 - z.tanh().powi(2));
                let first = if a.nrows() > 0 { outer(&a.row(0).to_owned(), &dz.row(0).to_owned()) } else { A2::zeros(b.raw_dim()) };
                (dz.dot(&b.t()), first)
            })
            .shapes(["a: n d", "b: d h"]));
        "quotient: not divided" Some(FactorMissing) => run(check::backward(|[a, b]| (a / b).sin())
            .against(|dy: &A1, a: &A1, b: &A1| {
                let q = a / b;
                let d = dy * &q.mapv(f64::cos);
                (d.clone(), -d * q)
            })
            .shapes(["a: n", "b: n"]).values("b", Values::Between(0.5, 2.0)));
        "a product's operand of the row before" Some(OffByOne) => run(check::backward(|[a, b]| (a * b).sin())
            .against(|dy: &A1, a: &A1, b: &A1| {
                let n = b.len();
                let before = b.select(Axis(0), &(0..n).map(|i| (i + n - 1) % n.max(1)).collect::<Vec<_>>());
                dy * &(a * &before).mapv(f64::cos) * before
            })
            .shapes(["a: n", "b: n"]));
        "largest by its place: the last" Some(MaskAtTies) => run(check::backward(|[x]| x.max_first(1))
            .against(|dy: &A1, x: &A2| place_of(dy, x, |a, b| a >= b)).shapes(["x: n 4"]));
        "largest by its place: the smallest" None => run(check::backward(|[x]| x.max_first(1))
            .against(|dy: &A1, x: &A2| place_of(dy, x, |a, b| a < b)).shapes(["x: n 4"]));
        "0 where the bounds are" Some(Zeros) => run(check::backward(|[x, b]| x.minimum(b))
            .against(|dy: &A1, x: &A1, b: &A1| {
                let share = Zip::from(x).and(b).map_collect(|x, b| if x == b { 0.5 } else { f64::from(x < b) });
                (dy * &share, b * 0.0)
            })
            .shapes(["x: n", "b: n"]).values("x", Values::Between(-1.0, 0.5)).values("b", Values::Between(0.0, 1.0)));
    }
}

fn rows(x: &A2) -> A2 {
    x.sum_axis(Axis(1)).insert_axis(Axis(1))
}

/// What comes back to each row, at the place of the best element.
fn place_of(dy: &A1, x: &A2, better: fn(f64, f64) -> bool) -> A2 {
    let mut dx = A2::zeros(x.raw_dim());
    for (i, row) in x.rows().into_iter().enumerate() {
        let best = (1..row.len()).fold(0, |best, j| if better(row[j], row[best]) { j } else { best });
        dx[[i, best]] = dy[i];
    }
    dx
}

#[test]
fn twins_are_told_apart() {
    let only = std::env::var("WENGERT_TWIN").unwrap_or_default();
    let mut otherwise = Vec::new();
    let (mut named, mut nameable) = (0, 0);
    for Wrong { name, mistake, examine } in table().into_iter().filter(|twin| twin.name.contains(&only)) {
        let Err(failure) = examine() else { panic!("{name}: NOT CAUGHT") };
        let said: Vec<_> = failure.diagnoses().iter().map(|diagnosis| diagnosis.mistake).collect();
        let right = said == Vec::from_iter(mistake);
        nameable += usize::from(mistake.is_some());
        named += usize::from(right && mistake.is_some());
        if !right || !only.is_empty() {
            otherwise.push(format!("{name}: expected {mistake:?}, said {said:?}\n{failure}"));
        }
    }
    println!("{named} of {nameable} named\n{}", otherwise.join("\n"));
    assert!(otherwise.is_empty() || !only.is_empty(), "{}", otherwise.join("\n"));
}
