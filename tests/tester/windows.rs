//! Convolutions and pooling, from slices and pads.

use super::corpus::{A1, A2, A3, Exam, Found, Function, Real, c, function, size};
use crate::by_hand;
use ndarray::{Array4, Axis, NdFloat, s};
use wengert::Var;
use wengert::check::Mistake::*;

/// out[o, i, j] = Σ k[o, c, u, v]·x[c, i + u, j + v]: x (c, 5, 4), k (o, c, 3, 2), out (o, 3, 3).
fn conv2d_by_hand<T: NdFloat>(version: &str, dy: &A3<T>, x: &A3<T>, k: &Array4<T>) -> (A3<T>, Array4<T>) {
    if version == "as published" {
        return by_hand::windows::conv2d_backward(dy, x, k);
    }
    let (mut dx, mut dk) = (A3::zeros(x.raw_dim()), Array4::zeros(k.raw_dim()));
    let (outs, ins, height, width) = k.dim();
    let places = |(u, v): (usize, usize)| match version {
        "the kernel flipped" => (height - 1 - u, width - 1 - v),
        "u and v shifted" => ((u + 1) % height, v),
        _ => (u, v),
    };
    if version == "by matrices" {
        return by_matrices(dy, x, k);
    }
    for (o, ch) in ndarray::indices((outs, ins)) {
        for (u, v) in ndarray::indices((height, width)) {
            for (i, j) in ndarray::indices((3, 3)) {
                let d = dy[[o, i, j]];
                let (fu, fv) = places((u, v));
                match version {
                    "= for +=" => dx[[ch, i + u, j + v]] = d * k[[o, ch, u, v]],
                    "only the first output" if o > 0 => {}
                    _ => dx[[ch, i + u, j + v]] += d * k[[o, ch, fu, fv]],
                }
                match version {
                    "dk = for +=" => dk[[o, ch, u, v]] = d * x[[ch, i + u, j + v]],
                    "dk of the unshifted input" => dk[[o, ch, u, v]] += d * x[[ch, i, j]],
                    "dk flipped" => dk[[o, ch, height - 1 - u, width - 1 - v]] += d * x[[ch, i + u, j + v]],
                    _ => dk[[o, ch, u, v]] += d * x[[ch, i + u, j + v]],
                }
            }
        }
    }
    match version {
        "dk a mean" => (dx, dk / c::<T>(9.0)),
        "dk without the first row" => {
            dk.slice_mut(s![.., .., 0, ..]).fill(T::zero());
            (dx, dk)
        }
        _ => (dx, dk),
    }
}

/// im2col: columns of patches, products, and patches added back.
fn by_matrices<T: NdFloat>(dy: &A3<T>, x: &A3<T>, k: &Array4<T>) -> (A3<T>, Array4<T>) {
    let (outs, ins, height, width) = k.dim();
    let patches = A2::from_shape_fn((ins * height * width, 9), |(row, at)| {
        let (ch, u, v) = (row / (height * width), row / width % height, row % width);
        x[[ch, at / 3 + u, at % 3 + v]]
    });
    let flat = |d: &A3<T>| d.to_shape((outs, 9)).expect("as many").to_owned();
    let kernel = k.to_shape((outs, ins * height * width)).expect("as many").to_owned();
    let dk = flat(dy).dot(&patches.t());
    let dpatches = kernel.t().dot(&flat(dy));
    let mut dx = A3::zeros(x.raw_dim());
    for ((row, at), d) in dpatches.indexed_iter() {
        let (ch, u, v) = (row / (height * width), row / width % height, row % width);
        dx[[ch, at / 3 + u, at % 3 + v]] += *d;
    }
    (dx, dk.to_shape(k.raw_dim()).expect("as many").to_owned())
}

fn conv2d<T: Real>(exam: &Exam, version: &'static str) -> Found {
    exam.backward(
        |[x, k]| {
            let (ins, outs) = (x.shape()[0], k.shape()[0]);
            let part = |u: usize, v: usize| {
                let patch = x.narrow(1, u, 3).narrow(2, v, 3).reshape([ins, 9]);
                k.narrow(2, u, 1).narrow(3, v, 1).reshape([outs, ins]).matmul(patch)
            };
            let parts = (0..3).flat_map(|u| (0..2).map(move |v| (u, v))).map(|(u, v)| part(u, v));
            x.tape().sum(parts).reshape([outs, 3, 3])
        },
        move |dy: &A3<T>, x: &A3<T>, k: &Array4<T>| conv2d_by_hand(version, dy, x, k),
        ["x: c 5 4", "k: o c 3 2"],
        &[],
    )
}

/// Stride 2, a pad of one zero on both sides: out[i] = Σ k[u]·x[2i + u − 1], x of 7, k of 3, out of 4.
fn strided_by_hand<T: NdFloat>(version: &str, dy: &A1<T>, x: &A1<T>, k: &A1<T>) -> (A1<T>, A1<T>) {
    let (stride, pad) = match version {
        "stride forgotten" => (1, 1),
        "pad forgotten" => (2, 0),
        _ => (2, 1),
    };
    let (mut dx, mut dk) = (A1::zeros(x.len()), A1::zeros(k.len()));
    for i in 0..dy.len() {
        for u in 0..k.len() {
            let Some(at) = (stride * i + u).checked_sub(pad).filter(|&at| at < x.len()) else { continue };
            let from = if version == "the kernel flipped" { k.len() - 1 - u } else { u };
            if version == "overlaps lost" {
                dx[at] = dy[i] * k[u];
            } else {
                dx[at] += dy[i] * k[from];
            }
            dk[u] += dy[i] * x[at];
        }
    }
    match version {
        "padded and cut" => {
            let padded = ndarray::concatenate![Axis(0), A1::zeros(1), *x, A1::zeros(1)];
            let mut dpadded: A1<T> = A1::zeros(padded.len());
            for u in 0..k.len() {
                let mut window = dpadded.slice_mut(s![u..u + 7; 2]);
                window.scaled_add(k[u], dy);
                dk[u] = padded.slice(s![u..u + 7; 2]).dot(dy);
            }
            (dpadded.slice(s![1..8]).to_owned(), dk)
        }
        "dk reversed" => (dx, dk.slice(s![..;-1]).to_owned()),
        "dk of a sum" => {
            let sum = dk.sum();
            (dx, A1::from_elem(3, sum))
        }
        "the edges forgotten" => {
            dx[0] = T::zero();
            dx[6] = T::zero();
            (dx, dk)
        }
        "halved by the stride" => (dx / c::<T>(2.0), dk),
        _ => (dx, dk),
    }
}

fn strided<T: Real>(exam: &Exam, version: &'static str) -> Found {
    exam.backward(
        |[x, k]| {
            let padded = x.pad_with([(1, 1)], T::zero());
            let part = |u: usize| padded.slice(s![u..u + 7; 2]) * k.narrow(0, u, 1);
            x.tape().sum((0..3).map(part))
        },
        move |dy: &A1<T>, x: &A1<T>, k: &A1<T>| strided_by_hand(version, dy, x, k),
        ["x: 7", "k: 3"],
        &[],
    )
}

/// 2 × 2 windows side by side. Of several largest the first has it all, as in PyTorch.
fn max_pool_by_hand<T: NdFloat>(version: &str, dy: &A2<T>, x: &A2<T>) -> A2<T> {
    if version == "as published" {
        return by_hand::windows::max_pool_backward(dy, x);
    }
    let mut dx = A2::zeros(x.raw_dim());
    for ((i, j), &d) in dy.indexed_iter() {
        let window = x.slice(s![2 * i..2 * i + 2, 2 * j..2 * j + 2]);
        let top = window.fold(T::neg_infinity(), |top, &x| top.max(x));
        let largest: Vec<(usize, usize)> =
            window.indexed_iter().filter(|(_, x)| **x == top).map(|(at, _)| at).collect();
        let mut to = |(u, v): (usize, usize), d: T| dx[[2 * i + u, 2 * j + v]] += d;
        match version {
            "the last one" => to(largest[largest.len() - 1], d),
            "each all of it" => largest.iter().for_each(|&at| to(at, d)),
            "equal shares" => largest.iter().for_each(|&at| to(at, d / size(largest.len()))),
            "of average pooling" => window.indexed_iter().for_each(|(at, _)| to(at, d / c(4.0))),
            "the smallest" => {
                let low = window.fold(T::infinity(), |low, &x| low.min(x));
                let first = window.indexed_iter().find(|(_, x)| **x == low).expect("one").0;
                to(first, d);
            }
            "the window's corner" => to((0, 0), d),
            "row and column swapped" => to((largest[0].1, largest[0].0), d),
            "times the value" => to(largest[0], d * top),
            "the cotangent forgotten" => to(largest[0], T::one()),
            _ => to(largest[0], d),
        }
    }
    if version == "the window's neighbour" && dx.nrows() > 0 {
        let n = dx.nrows();
        return dx.select(Axis(0), &(0..n).map(|i| (i + 2) % n).collect::<Vec<_>>());
    }
    dx
}

fn max_pool<T: Real>(exam: &Exam, version: &'static str) -> Found {
    exam.backward(
        |[x]| {
            let windows = x.reshape([3, 2, 2, 2]).permute([0, 2, 1, 3]).reshape([3, 2, 4]);
            windows.max_first(2)
        },
        move |dy: &A2<T>, x: &A2<T>| max_pool_by_hand(version, dy, x),
        ["x: 6 4"],
        &[],
    )
}

fn max_pool_of_any_slope<T: Real>(exam: &Exam, version: &'static str) -> Found {
    let exam = exam.of_any_subgradient();
    exam.backward(
        |[x]| x.reshape([3, 2, 2, 2]).amax([1, 3]),
        move |dy: &A2<T>, x: &A2<T>| max_pool_by_hand(version, dy, x),
        ["x: 6 4"],
        &[],
    )
}

/// Overlapping windows of 3, one apart, over rows: the mean of x[i..i + 3].
fn average_by_hand<T: NdFloat>(version: &str, dy: &A2<T>) -> A2<T> {
    if version == "as published" {
        return by_hand::windows::average_pool_backward(dy);
    }
    let (rows, outs) = dy.dim();
    let mut dx = A2::zeros((rows, outs + 2));
    let third = c::<T>(1.0) / c(3.0);
    for u in 0..3 {
        let mut window = dx.slice_mut(s![.., u..u + outs]);
        match version {
            "overlaps lost" => window.assign(&(dy * third)),
            "not divided" => window += dy,
            "divided by 9" => window.scaled_add(third * third, dy),
            "the last of a window" if u < 2 => {}
            "few digits" => window.scaled_add(c(0.333), dy),
            _ => window.scaled_add(third, dy),
        }
    }
    match version {
        "the edges divided by fewer" => {
            for (at, uses) in [(0, 1.0), (1, 2.0), (outs, 2.0), (outs + 1, 1.0)] {
                dx.column_mut(at).mapv_inplace(|d| d * c(3.0) / c(uses));
            }
            dx
        }
        "shifted by one" => {
            let n = dx.ncols();
            dx.select(Axis(1), &(0..n).map(|i| (i + 1) % n).collect::<Vec<_>>())
        }
        "reversed" => dx.slice(s![.., ..;-1]).to_owned(),
        // The sum of a window is the difference of two running sums.
        "by running sums" => {
            let mut sums = A2::<T>::zeros((rows, outs + 1));
            for i in 0..outs {
                let next = &sums.column(i) + &dy.column(i);
                sums.column_mut(i + 1).assign(&next);
            }
            A2::from_shape_fn((rows, outs + 2), |(row, j)| {
                (sums[[row, (j + 1).min(outs)]] - sums[[row, j.saturating_sub(2)]]) / c(3.0)
            })
        }
        "by a matrix" => {
            let band =
                A2::from_shape_fn(
                    (outs, outs + 2),
                    |(i, j)| {
                        if (i..i + 3).contains(&j) { third } else { T::zero() }
                    },
                );
            dy.dot(&band)
        }
        _ => dx,
    }
}

fn average<T: Real>(exam: &Exam, version: &'static str) -> Found {
    exam.backward(
        |[x]| (x.narrow(1, 0, 5) + x.narrow(1, 1, 5) + x.narrow(1, 2, 5)) / T::from_f64(3.0),
        move |dy: &A2<T>| average_by_hand(version, dy),
        ["x: n 7"],
        &[],
    )
}

/// Between neighbours, y[2i] = x[i] and y[2i + 1] = (x[i] + x[i + 1]) / 2: linear interpolation to twice as many.
fn upsample_by_hand<T: NdFloat>(version: &str, dy: &A1<T>, n: usize) -> A1<T> {
    if version == "as published" {
        return by_hand::windows::upsample_backward(dy);
    }
    let mut dx = A1::zeros(n);
    let half = c::<T>(0.5);
    for i in 0..n {
        dx[i] += dy[2 * i];
        if i + 1 < n {
            let d = if version == "halves forgotten" { dy[2 * i + 1] } else { dy[2 * i + 1] * half };
            if version != "only to the right" {
                dx[i] += d;
            }
            if version != "only to the left" {
                dx[i + 1] += d;
            }
        }
    }
    match version {
        "gathered" => A1::from_shape_fn(n, |i| {
            let mut d = dy[2 * i];
            if i > 0 {
                d += dy[2 * i - 1] * half;
            }
            if i + 1 < n {
                d += dy[2 * i + 1] * half;
            }
            d
        }),
        "nearest's" => {
            A1::from_shape_fn(n, |i| dy[2 * i] + if i + 1 < n { dy[2 * i + 1] } else { T::zero() })
        }
        "the even ones only" => dy.slice(s![..;2]).to_owned(),
        "averaged" => dx * half,
        "overwritten" => {
            for i in 0..n - 1 {
                dx[i] = dy[2 * i];
                dx[i + 1] = dy[2 * i + 1] * half;
            }
            dx
        }
        "the ends doubled" => {
            dx[0] *= c(2.0);
            dx[n - 1] *= c(2.0);
            dx
        }
        _ => dx,
    }
}

fn upsample<T: Real>(exam: &Exam, version: &'static str) -> Found {
    exam.backward(
        |[x]| {
            let half = T::from_f64(0.5);
            let between = (x.narrow(0, 0, 4) + x.narrow(0, 1, 4)) * half;
            let pairs = x.tape().stack(1, [x.narrow(0, 0, 4), between]).reshape(8);
            let parts: [Var<'_, T>; 2] = [pairs, x.narrow(0, 4, 1)];
            x.tape().concat(0, parts)
        },
        move |dy: &A1<T>| upsample_by_hand(version, dy, 5),
        ["x: 5"],
        &[],
    )
}

pub const TABLE: &[Function] = &[
    function!("2-d convolution", conv2d, right: ["", "by matrices", "as published"], wrong: [
        "the kernel flipped" [OrderReversed],
        "u and v shifted" [OffByOne],
        "= for +=" [OverlapLost],
        "only the first output" [FirstOnly],
        "dk = for +=" [SumMissing, OverlapLost],
        "dk of the unshifted input" [],
        "dk flipped" [OrderReversed],
        "dk a mean" [MeanForSum, Factor],
        "dk without the first row" [OffByOne],
    ]),
    function!("1-d convolution, strided", strided, right: ["", "padded and cut"], wrong: [
        "stride forgotten" [],
        "pad forgotten" [],
        "the kernel flipped" [OrderReversed],
        "overlaps lost" [OverlapLost, PathLost],
        "dk reversed" [OrderReversed],
        "dk of a sum" [],
        "the edges forgotten" [],
        "halved by the stride" [Factor],
    ]),
    function!("max pooling", max_pool, right: ["", "as published"], wrong: [
        far "the last one" [MaskAtTies],
        far "each all of it" [MaskAtTies],
        far "equal shares" [MaskAtTies],
        "of average pooling" [],
        "the smallest" [],
        "the window's corner" [],
        "row and column swapped" [Transposed],
        "times the value" [],
        "the cotangent forgotten" [CotangentIgnored],
        "the window's neighbour" [OffByOne],
    ]),
    function!("max pooling, any subgradient", max_pool_of_any_slope,
        right: ["", "the last one", "equal shares"], wrong: [
        far "each all of it" [MaskAtTies],
        "of average pooling" [],
    ]),
    function!("average pooling", average, right: ["", "by a matrix", "as published", "by running sums"], wrong: [
        "overlaps lost" [OverlapLost],
        "not divided" [Factor],
        "divided by 9" [Factor],
        "the last of a window" [PathLost],
        "few digits" [FewDigits, Factor],
        "the edges divided by fewer" [],
        "shifted by one" [OffByOne],
        "reversed" [OrderReversed],
    ]),
    function!("linear interpolation", upsample, right: ["", "gathered", "as published"], wrong: [
        "nearest's" [],
        "only to the right" [PathLost],
        "only to the left" [PathLost],
        "halves forgotten" [FactorMissing, Factor, PathTwice],
        "the even ones only" [PathLost],
        "averaged" [Factor],
        "overwritten" [OverlapLost],
        "the ends doubled" [],
    ]),
];
