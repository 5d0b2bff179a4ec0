//! Cells and unrolled networks.

use super::activations::logistic;
use super::corpus::{A1, A2, Exam, Found, Function, Real, function};
use ndarray::{Axis, NdFloat, concatenate, s};
use wengert::Var;
use wengert::check::Mistake::*;

/// The columns of gate i, two wide.
fn gate<T: NdFloat>(x: &A2<T>, i: usize) -> A2<T> {
    x.slice(s![.., 2 * i..2 * i + 2]).to_owned()
}

fn slopes<T: NdFloat>(s: &A2<T>) -> A2<T> {
    s.mapv(|s| s * (T::one() - s))
}

fn tanh_slopes<T: NdFloat>(t: &A2<T>) -> A2<T> {
    t.mapv(|t| T::one() - t * t)
}

/// dx, dh, dc, dW, dU, db from the cotangents of h' and c', which stand side by side. Gates in PyTorch's order: i, f, g, o.
fn lstm_by_hand<T: NdFloat>(
    version: &str,
    dy: &A2<T>,
    [x, h, c, w, u]: [&A2<T>; 5],
    b: &A1<T>,
) -> (Vec<A2<T>>, A1<T>) {
    let (dh2, dc2) = (gate(dy, 0), gate(dy, 1));
    let a = x.dot(w) + h.dot(u) + b;
    let [i, f, o] = [0, 1, 3].map(|at| gate(&a, at).mapv(logistic));
    let g = gate(&a, 2).mapv(T::tanh);
    let c2 = &f * c + &i * &g;
    let t = c2.mapv(T::tanh);
    let through_h = &dh2 * &o * &tanh_slopes(&t);
    let dc2 = match version {
        "dc' from above forgotten" => through_h,
        "dc' through h' forgotten" => dc2,
        "tanh's slope at c' forgotten" => dc2 + &dh2 * &o,
        "tanh's slope at its operand" => dc2 + &dh2 * &o * &tanh_slopes(&c2),
        "o forgotten" => dc2 + &dh2 * &tanh_slopes(&t),
        _ => dc2 + through_h,
    };
    let di = if version == "g forgotten" { dc2.clone() } else { &dc2 * &g };
    let df = match version {
        "c' for c" => &dc2 * &c2,
        _ => &dc2 * c,
    };
    let dg = &dc2 * &i;
    let dout = if version == "c' for its tanh" { &dh2 * &c2 } else { &dh2 * &t };
    let da = match version {
        "the gates' slopes forgotten" => concatenate![Axis(1), di, df, dg, dout],
        "g by sigmoid's slope" => {
            concatenate![Axis(1), di * slopes(&i), df * slopes(&f), dg * slopes(&g), dout * slopes(&o)]
        }
        "gates in another order" => {
            concatenate![Axis(1), di * slopes(&i), df * slopes(&f), dout * slopes(&o), dg * tanh_slopes(&g)]
        }
        "written in place" => {
            let mut da = A2::zeros(a.raw_dim());
            for (at, part) in
                [di * slopes(&i), df * slopes(&f), dg * tanh_slopes(&g), dout * slopes(&o)].iter().enumerate()
            {
                da.slice_mut(s![.., 2 * at..2 * at + 2]).assign(part);
            }
            da
        }
        _ => concatenate![Axis(1), di * slopes(&i), df * slopes(&f), dg * tanh_slopes(&g), dout * slopes(&o)],
    };
    let dc = match version {
        "dc by i" => &dc2 * &i,
        "dc not through f" => dc2.clone(),
        _ => &dc2 * &f,
    };
    let du = if version == "dU by h'" { (&o * &t).t().dot(&da) } else { h.t().dot(&da) };
    let db = if version == "db of the first row" && dy.nrows() > 0 {
        da.row(0).to_owned()
    } else {
        da.sum_axis(Axis(0))
    };
    (vec![da.dot(&w.t()), da.dot(&u.t()), dc, x.t().dot(&da), du], db)
}

fn lstm<T: Real>(exam: &Exam, version: &'static str) -> Found {
    exam.backward(
        |[x, h, c, w, u, b]| {
            let a = x.matmul(w) + h.matmul(u) + b;
            let [i, f, g, o] = [0, 1, 2, 3].map(|at| a.narrow(1, 2 * at, 2));
            let c2 = f.sigmoid() * c + i.sigmoid() * g.tanh();
            x.tape().concat(1, [o.sigmoid() * c2.tanh(), c2])
        },
        move |dy: &A2<T>, x: &A2<T>, h: &A2<T>, c: &A2<T>, w: &A2<T>, u: &A2<T>, b: &A1<T>| {
            lstm_by_hand(version, dy, [x, h, c, w, u], b)
        },
        ["x: n d", "h: n 2", "c: n 2", "W: d 8", "U: 2 8", "b: 8"],
        &[],
    )
}

/// r, z, n in PyTorch's order, with the reset after the product: n = tanh(xWₙ + r ⊙ (hUₙ)).
fn gru_by_hand<T: NdFloat>(version: &str, dy: &A2<T>, [x, h, w, u]: [&A2<T>; 4]) -> Vec<A2<T>> {
    let one = T::one();
    let (xw, hu) = (x.dot(w), h.dot(u));
    let [r, z] = [0, 1].map(|at| (gate(&xw, at) + gate(&hu, at)).mapv(logistic));
    let n = (gate(&xw, 2) + &r * &gate(&hu, 2)).mapv(T::tanh);
    let dn = match version {
        "z for 1 - z" => dy * &z,
        _ => dy * &z.mapv(|z| one - z),
    };
    let dz = match version {
        "n in dz forgotten" => dy * h,
        "h in dz forgotten" => -(dy * &n),
        "a sign in dz" => dy * &(&n - h),
        _ => dy * &(h - &n),
    } * slopes(&z);
    let dan = if version == "tanh's slope forgotten" { dn } else { dn * tanh_slopes(&n) };
    let dr = match version {
        "dr by h" => &dan * h,
        "dr by the whole sum" => &dan * &(gate(&xw, 2) + gate(&hu, 2)),
        _ => &dan * &gate(&hu, 2),
    } * slopes(&r);
    let dxw = concatenate![Axis(1), dr, dz, dan];
    let dhu = match version {
        "the reset forgotten on the way back" => dxw.clone(),
        "the reset before the product" => concatenate![Axis(1), &dr * &r, dz, dan],
        _ => concatenate![Axis(1), dr, dz, &dan * &r],
    };
    let dh = match version {
        "h's direct way forgotten" => dhu.dot(&u.t()),
        "only h's direct way" => dy * &z,
        "h's direct way by 1 - z" => dhu.dot(&u.t()) + dy * &z.mapv(|z| one - z),
        "h's ways one by one" => {
            let columns = |x: &A2<T>, at| gate(x, at);
            let back = |at| columns(&dhu, at).dot(&columns(u, at).t());
            dy * &z + back(0) + back(1) + back(2)
        }
        _ => dhu.dot(&u.t()) + dy * &z,
    };
    let du = if version == "dU by dxW" { h.t().dot(&dxw) } else { h.t().dot(&dhu) };
    vec![dxw.dot(&w.t()), dh, x.t().dot(&dxw), du]
}

fn columns<T: Real>(x: Var<'_, T>, at: usize) -> Var<'_, T> {
    x.narrow(1, 2 * at, 2)
}

fn gru<T: Real>(exam: &Exam, version: &'static str) -> Found {
    exam.backward(
        |[x, h, w, u]| {
            let (xw, hu) = (x.matmul(w), h.matmul(u));
            let part = |x, at| columns(x, at);
            let [r, z] = [0, 1].map(|at| (part(xw, at) + part(hu, at)).sigmoid());
            let n = (part(xw, 2) + r * part(hu, 2)).tanh();
            (-z + T::one()) * n + z * h
        },
        move |dy: &A2<T>, x: &A2<T>, h: &A2<T>, w: &A2<T>, u: &A2<T>| gru_by_hand(version, dy, [x, h, w, u]),
        ["x: n d", "h: n 2", "W: d 6", "U: 2 6"],
        &[],
    )
}

/// h ← tanh(x[t] + h·U) over three steps; the result is the last one.
fn rnn_by_hand<T: NdFloat>(version: &str, dy: &A2<T>, x: &A2<T>, h0: &A2<T>, u: &A2<T>) -> [A2<T>; 3] {
    let k = h0.ncols();
    let step = |t: usize| x.slice(s![.., t * k..(t + 1) * k]);
    let mut h = vec![h0.clone()];
    for t in 0..3 {
        h.push((&step(t) + &h[t].dot(u)).mapv(T::tanh));
    }
    let (mut dh, mut dx, mut du) = (dy.clone(), A2::zeros(x.raw_dim()), A2::zeros(u.raw_dim()));
    for t in (0..3).rev() {
        let da = match version {
            "the slope of the step before" => &dh * &tanh_slopes(&h[t]),
            "tanh's slope forgotten" => dh.clone(),
            _ => &dh * &tanh_slopes(&h[t + 1]),
        };
        let at = if version == "written at the step after" { (t + 1) % 3 } else { t };
        dx.slice_mut(s![.., at * k..(at + 1) * k]).assign(&da);
        let part = match version {
            "dU by h of the step after" => h[t + 1].t().dot(&da),
            "dU transposed" => da.t().dot(&h[t]),
            _ => h[t].t().dot(&da),
        };
        du = if version == "dU of the first step only" { part } else { du + part };
        dh = if version == "U not transposed" { da.dot(u) } else { da.dot(&u.t()) };
        if version == "truncated after one step" {
            break;
        }
    }
    match version {
        "dh0 forgotten" => [dx, h0 * T::zero(), du],
        "dU a mean over the steps" => [dx, dh, du.mapv(|d| d / (T::one() + T::one() + T::one()))],
        _ => [dx, dh, du],
    }
}

fn rnn<T: Real>(exam: &Exam, version: &'static str) -> Found {
    exam.backward(
        |[x, h, u]| (0..3).fold(h, |h, t| (x.narrow(1, 2 * t, 2) + h.matmul(u)).tanh()),
        move |dy: &A2<T>, x: &A2<T>, h: &A2<T>, u: &A2<T>| rnn_by_hand(version, dy, x, h, u),
        ["x: n 6", "h: n 2", "U: 2 2"],
        &[],
    )
}

/// h ← a·h + x along an axis of any length, a the same at all steps: a linear recurrence.
fn decay_by_hand<T: NdFloat>(version: &str, dy: &A1<T>, x: &A1<T>, a: T) -> (A1<T>, T) {
    let n = x.len();
    let mut h = A1::zeros(n);
    for t in 0..n {
        h[t] = x[t] + if t > 0 { a * h[t - 1] } else { T::zero() };
    }
    let (mut dx, mut da, mut carry) = (A1::zeros(n), T::zero(), T::zero());
    let forwards = version == "run forwards";
    for step in 0..n {
        let t = if forwards { step } else { n - 1 - step };
        carry = match version {
            "no decay on the way back" => dy[t] + carry,
            "the cotangent decayed too" => a * (dy[t] + carry),
            "only the last cotangent" => (if t + 1 == n { dy[t] } else { T::zero() }) + a * carry,
            "not carried" => dy[t],
            _ => dy[t] + a * carry,
        };
        dx[t] = carry;
        da += match version {
            "da by the same step" => carry * h[t],
            "da by x" => {
                if t > 0 {
                    carry * x[t - 1]
                } else {
                    T::zero()
                }
            }
            "da by the cotangent" => {
                if t > 0 {
                    dy[t] * h[t - 1]
                } else {
                    T::zero()
                }
            }
            _ => {
                if t > 0 {
                    carry * h[t - 1]
                } else {
                    T::zero()
                }
            }
        };
    }
    match version {
        "by powers" => {
            let dx = A1::from_shape_fn(n, |t| (t..n).rev().fold(T::zero(), |sum, s| sum * a + dy[s]));
            let da = (1..n).fold(T::zero(), |sum, t| sum + dx[t] * h[t - 1]);
            (dx, da)
        }
        "da zero" => (dx, T::zero()),
        _ => (dx, da),
    }
}

fn decay<T: Real>(exam: &Exam, version: &'static str) -> Found {
    exam.backward(
        |[x, a]| {
            let mut h = Vec::new();
            for t in 0..x.shape()[0] {
                let now = x.narrow(0, t, 1);
                h.push(h.last().map_or(now, |&before: &Var<'_, T>| now + before * a));
            }
            x.tape().concat(0, h)
        },
        move |dy: &A1<T>, x: &A1<T>, a: &ndarray::Array0<T>| decay_by_hand(version, dy, x, a[()]),
        ["x: 5", "a:"],
        &[("a", wengert::check::Values::Between(-0.95, 0.95))],
    )
}

pub const TABLE: &[Function] = &[
    function!("LSTM cell", lstm, right: ["", "written in place"], wrong: [
        "dc' from above forgotten" [PathLost],
        "dc' through h' forgotten" [PathLost],
        "tanh's slope at c' forgotten" [FactorMissing],
        "tanh's slope at its operand" [WrongPoint],
        "o forgotten" [FactorMissing],
        "g forgotten" [FactorMissing],
        "c' for c" [WrongOperand],
        "c' for its tanh" [WrongOperand, WrongPoint],
        "the gates' slopes forgotten" [],
        "g by sigmoid's slope" [],
        "gates in another order" [],
        "dc by i" [WrongOperand],
        "dc not through f" [FactorMissing],
        "dU by h'" [WrongOperand],
        "db of the first row" [SumMissing, FirstOnly],
    ]),
    function!("GRU cell", gru, right: ["", "h's ways one by one"], wrong: [
        "z for 1 - z" [WrongOperand],
        "n in dz forgotten" [PathLost],
        "h in dz forgotten" [PathLost],
        "a sign in dz" [Sign],
        "tanh's slope forgotten" [FactorMissing],
        "dr by h" [WrongOperand],
        "dr by the whole sum" [],
        "the reset forgotten on the way back" [FactorMissing],
        "the reset before the product" [],
        "h's direct way forgotten" [PathLost],
        "only h's direct way" [PathLost],
        "h's direct way by 1 - z" [WrongOperand],
        "dU by dxW" [FactorMissing],
    ]),
    function!("RNN", rnn, right: [""], wrong: [
        "the slope of the step before" [],
        "tanh's slope forgotten" [FactorMissing],
        "written at the step after" [OffByOne, OrderReversed],
        "dU by h of the step after" [],
        "dU transposed" [Transposed],
        "dU of the first step only" [PathLost],
        "U not transposed" [Transposed, SymmetryAssumed],
        "truncated after one step" [],
        "dh0 forgotten" [Zeros, PathLost],
        "dU a mean over the steps" [Factor],
    ]),
    function!("linear recurrence", decay, right: ["", "by powers"], wrong: [
        "run forwards" [],
        "no decay on the way back" [FactorMissing],
        "the cotangent decayed too" [],
        "only the last cotangent" [FirstOnly],
        "not carried" [DiagonalOnly],
        "da by the same step" [],
        "da by x" [],
        "da by the cotangent" [],
        "da zero" [Zeros],
    ]),
];
