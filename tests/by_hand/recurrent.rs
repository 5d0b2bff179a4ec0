//! LSTM and GRU cells.

use super::sigmoid;
use ndarray::{Array1, Array2, ArrayView2, Axis, NdFloat, concatenate, s};
use wengert::check;

/// Gate number `i` of those that stand side by side.
fn gate<T: NdFloat>(x: &Array2<T>, i: usize) -> ArrayView2<'_, T> {
    x.slice(s![.., 2 * i..2 * i + 2])
}

/// The gates i, f, g and o of a cell, from xW + hU + b.
fn lstm_gates<T: NdFloat>([x, h, w, u]: [&Array2<T>; 4], b: &Array1<T>) -> [Array2<T>; 4] {
    let a = x.dot(w) + h.dot(u) + b;
    [
        gate(&a, 0).mapv(sigmoid),
        gate(&a, 1).mapv(sigmoid),
        gate(&a, 2).mapv(T::tanh),
        gate(&a, 3).mapv(sigmoid),
    ]
}

/// The gradients of x, h, c, W, U and b, given those of h' = o·tanh(c') and c' = f·c + i·g side by side.
#[allow(clippy::type_complexity)] // There are as many.
pub fn lstm_backward<T: NdFloat>(
    dy: &Array2<T>,
    x: &Array2<T>,
    h: &Array2<T>,
    c: &Array2<T>,
    w: &Array2<T>,
    u: &Array2<T>,
    b: &Array1<T>,
) -> (Array2<T>, Array2<T>, Array2<T>, Array2<T>, Array2<T>, Array1<T>) {
    let one = T::one();
    let [i, f, g, o] = lstm_gates([x, h, w, u], b);
    let t = (&f * c + &i * &g).mapv(T::tanh);
    let (dh2, dc2) = (gate(dy, 0), gate(dy, 1));
    let dc2 = &dc2 + &(&dh2 * &o * t.mapv(|t| one - t * t));
    let slope = |s: &Array2<T>| s.mapv(|s| s * (one - s));
    let da = concatenate![
        Axis(1),
        &dc2 * &g * slope(&i),
        &dc2 * c * slope(&f),
        &dc2 * &i * g.mapv(|g| one - g * g),
        &dh2 * &t * slope(&o)
    ];
    (da.dot(&w.t()), da.dot(&u.t()), dc2 * f, x.t().dot(&da), h.t().dot(&da), da.sum_axis(Axis(0)))
}

/// The gradients of x, h, W and U of h' = (1 − z)·n + z·h with n = tanh(xWₙ + r·hUₙ).
pub fn gru_backward<T: NdFloat>(
    dy: &Array2<T>,
    x: &Array2<T>,
    h: &Array2<T>,
    w: &Array2<T>,
    u: &Array2<T>,
) -> (Array2<T>, Array2<T>, Array2<T>, Array2<T>) {
    let one = T::one();
    let (xw, hu) = (x.dot(w), h.dot(u));
    let r = (&gate(&xw, 0) + &gate(&hu, 0)).mapv(sigmoid);
    let z = (&gate(&xw, 1) + &gate(&hu, 1)).mapv(sigmoid);
    let n = (&gate(&xw, 2) + &(&r * &gate(&hu, 2))).mapv(T::tanh);

    let dn = dy * &z.mapv(|z| one - z) * n.mapv(|n| one - n * n);
    let dz = dy * &(h - &n) * z.mapv(|z| z * (one - z));
    let dr = &dn * &gate(&hu, 2) * r.mapv(|r| r * (one - r));
    let dxw = concatenate![Axis(1), dr, dz, dn];
    let dhu = concatenate![Axis(1), dr, dz, &dn * &r];
    (dxw.dot(&w.t()), dhu.dot(&u.t()) + dy * &z, x.t().dot(&dxw), h.t().dot(&dhu))
}

#[test]
fn lstm_cell() {
    check::backward(|[x, h, c, w, u, b]| {
        let a = x.matmul(w) + h.matmul(u) + b;
        let [i, f, g, o] = [0, 1, 2, 3].map(|gate| a.narrow(1, 2 * gate, 2));
        let c2 = f.sigmoid() * c + i.sigmoid() * g.tanh();
        x.tape().concat(1, [o.sigmoid() * c2.tanh(), c2])
    })
    .against(lstm_backward::<f64>)
    .shapes(["x: n d", "h: n 2", "c: n 2", "W: d 8", "U: 2 8", "b: 8"])
    .all_gradients()
    .run();
}

#[test]
fn gru_cell() {
    check::backward(|[x, h, w, u]| {
        let (xw, hu) = (x.matmul(w), h.matmul(u));
        let r = (xw.narrow(1, 0, 2) + hu.narrow(1, 0, 2)).sigmoid();
        let z = (xw.narrow(1, 2, 2) + hu.narrow(1, 2, 2)).sigmoid();
        let n = (xw.narrow(1, 4, 2) + r * hu.narrow(1, 4, 2)).tanh();
        n + z * (h - n)
    })
    .against(gru_backward::<f64>)
    .shapes(["x: n d", "h: n 2", "W: d 6", "U: 2 6"])
    .all_gradients()
    .run();
}
