//! Convolution, pooling, interpolation.

use super::{c, seed};
use ndarray::{Array1, Array2, Array3, Array4, NdFloat, s};
use wengert::check;

/// out[o, i, j] = Σ k[o, c, u, v]·x[c, i + u, j + v], a window at a time.
pub fn conv2d<T: NdFloat>(x: &Array3<T>, k: &Array4<T>) -> Array3<T> {
    let (outs, _, height, width) = k.dim();
    let (_, rows, columns) = x.dim();
    Array3::from_shape_fn((outs, rows + 1 - height, columns + 1 - width), |(o, i, j)| {
        (&x.slice(s![.., i..i + height, j..j + width]) * &k.index_axis(ndarray::Axis(0), o)).sum()
    })
}

/// dx and dk: each window's cotangent, times the kernel and times the window.
pub fn conv2d_backward<T: NdFloat>(dy: &Array3<T>, x: &Array3<T>, k: &Array4<T>) -> (Array3<T>, Array4<T>) {
    let (mut dx, mut dk) = (Array3::zeros(x.raw_dim()), Array4::zeros(k.raw_dim()));
    let (_, _, height, width) = k.dim();
    for ((o, i, j), &d) in dy.indexed_iter() {
        let window = s![.., i..i + height, j..j + width];
        dx.slice_mut(window).scaled_add(d, &k.index_axis(ndarray::Axis(0), o));
        dk.index_axis_mut(ndarray::Axis(0), o).scaled_add(d, &x.slice(window));
    }
    (dx, dk)
}

/// 2 × 2 windows side by side: the largest.
pub fn max_pool<T: NdFloat>(x: &Array2<T>) -> Array2<T> {
    let (h, w) = (x.nrows() / 2, x.ncols() / 2);
    Array2::from_shape_fn((h, w), |(i, j)| {
        x.slice(s![2 * i..2 * i + 2, 2 * j..2 * j + 2]).fold(T::neg_infinity(), |top, &x| top.max(x))
    })
}

/// dx: all of it to the first that is largest.
pub fn max_pool_backward<T: NdFloat>(dy: &Array2<T>, x: &Array2<T>) -> Array2<T> {
    let (mut dx, y) = (Array2::zeros(x.raw_dim()), max_pool(x));
    for ((i, j), &d) in dy.indexed_iter() {
        let places = [(0, 0), (0, 1), (1, 0), (1, 1)].map(|(u, v)| [2 * i + u, 2 * j + v]);
        let first = places.into_iter().find(|&at| x[at] == y[[i, j]]).expect("one is the largest");
        dx[first] = d;
    }
    dx
}

/// dx of the means of three neighbours each: every cotangent goes to three places.
pub fn average_pool_backward<T: NdFloat>(dy: &Array2<T>) -> Array2<T> {
    let (rows, outs) = dy.dim();
    let mut dx = Array2::zeros((rows, outs + 2));
    for u in 0..3 {
        dx.slice_mut(s![.., u..u + outs]).scaled_add(T::one() / c(3.0), dy);
    }
    dx
}

/// dx of what lies between neighbours: y[2i] = x[i], y[2i + 1] = (x[i] + x[i + 1]) / 2.
pub fn upsample_backward<T: NdFloat>(dy: &Array1<T>) -> Array1<T> {
    let n = dy.len().div_ceil(2);
    let mut dx = dy.slice(s![..;2]).to_owned();
    for i in 0..n - 1 {
        let half = dy[2 * i + 1] / c(2.0);
        dx[i] += half;
        dx[i + 1] += half;
    }
    dx
}

#[test]
fn convolution() {
    check::backward(|[x, k]| {
        let [ins, rows, columns] = [x.shape()[0], x.shape()[1], x.shape()[2]];
        let [outs, height, width] = [k.shape()[0], k.shape()[2], k.shape()[3]];
        let (rows, columns) = (rows + 1 - height, columns + 1 - width);
        let part = |u: usize, v: usize| {
            let window = x.narrow(1, u, rows).narrow(2, v, columns).reshape([ins, rows * columns]);
            k.narrow(2, u, 1).narrow(3, v, 1).reshape([outs, ins]).matmul(window)
        };
        let parts: Vec<_> = (0..height).flat_map(|u| (0..width).map(move |v| (u, v))).collect();
        x.tape().sum(parts.into_iter().map(|(u, v)| part(u, v))).reshape([outs, rows, columns])
    })
    .against(conv2d_backward::<f64>)
    .forward(conv2d::<f64>)
    .shapes(["x: c h+u-1 w+v-1 | h>=1, w>=1", "k: o c u v | u>=1, u<=3, v>=1, v<=3"])
    .all_gradients()
    .seed(seed())
    .without_persistence()
    .run();
}

#[test]
fn max_pooling() {
    check::backward(|[x]| {
        let windows = x.reshape([3, 2, 2, 2]).permute([0, 2, 1, 3]).reshape([3, 2, 4]);
        windows.max_first(2)
    })
    .against(max_pool_backward::<f64>)
    .shapes(["x: 6 4"])
    .seed(seed())
    .without_persistence()
    .run();
}

/// Against the library's own convention, equal shares, by which a subgradient is right as well.
#[test]
fn max_pooling_by_any_convention() {
    check::backward(|[x]| x.reshape([3, 2, 2, 2]).amax([1, 3]))
        .against(max_pool_backward::<f64>)
        .shapes(["x: 6 4"])
        .any_subgradient()
        .seed(seed())
        .without_persistence()
        .run();
}

#[test]
fn average_pooling() {
    check::backward(|[x]| (x.narrow(1, 0, 5) + x.narrow(1, 1, 5) + x.narrow(1, 2, 5)) / 3.0)
        .against(average_pool_backward::<f64>)
        .shapes(["x: n 7"])
        .seed(seed())
        .without_persistence()
        .run();
}

#[test]
fn interpolation() {
    check::backward(|[x]| {
        let between = (x.narrow(0, 0, 4) + x.narrow(0, 1, 4)) / 2.0;
        let pairs = x.tape().stack(1, [x.narrow(0, 0, 4), between]).reshape(8);
        x.tape().concat(0, [pairs, x.narrow(0, 4, 1)])
    })
    .against(upsample_backward::<f64>)
    .shapes(["x: 5"])
    .seed(seed())
    .without_persistence()
    .run();
}
