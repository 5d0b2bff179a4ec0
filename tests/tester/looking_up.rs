//! Tables, labels and the largest: what depends on places.

use super::corpus::{A1, A2, Exam, Found, Function, Real, c, function, size};
use super::losses::softmax;
use ndarray::{Array1, Axis, NdFloat};
use wengert::check::Mistake::*;
use wengert::check::Values;

fn place<T: NdFloat>(x: T) -> usize {
    x.to_usize().expect("a place")
}

/// Rows of a table of 4, by tokens.
fn embedding_by_hand<T: NdFloat>(version: &str, dy: &A2<T>, table: &A2<T>, tokens: &A1<T>) -> A2<T> {
    let mut dt = A2::zeros(table.raw_dim());
    let uses = |token: usize| tokens.iter().filter(|&&t| place(t) == token).count();
    if version == "by one-hot" {
        let hot = A2::from_shape_fn((tokens.len(), table.nrows()), |(i, k)| {
            if place(tokens[i]) == k { T::one() } else { T::zero() }
        });
        return hot.t().dot(dy);
    }
    if version == "last first" {
        for (row, &token) in dy.rows().into_iter().zip(tokens).rev() {
            let mut to = dt.row_mut(place(token));
            to += &row;
        }
        return dt;
    }
    if version == "sorted, as differences of running sums" {
        let mut order: Vec<usize> = (0..tokens.len()).collect();
        order.sort_by_key(|&i| place(tokens[i]));
        let mut sums = A2::zeros((tokens.len() + 1, dy.ncols()));
        for (at, &i) in order.iter().enumerate() {
            let next = &sums.row(at) + &dy.row(i);
            sums.row_mut(at + 1).assign(&next);
        }
        for token in 0..table.nrows() {
            let before = |t: usize| order.iter().filter(|&&i| place(tokens[i]) < t).count();
            dt.row_mut(token).assign(&(&sums.row(before(token + 1)) - &sums.row(before(token))));
        }
        return dt;
    }
    for (row, &token) in dy.rows().into_iter().zip(tokens) {
        let token = place(token);
        let mut to = match version {
            "the next token's row" => dt.row_mut((token + 1) % 4),
            "all to the first row" => dt.row_mut(0),
            _ => dt.row_mut(token),
        };
        match version {
            "= for +=" => to.assign(&row),
            "divided by its uses" => to.scaled_add(T::one() / size(uses(token)), &row),
            "the padding's forgotten" if token == 0 => {}
            "times the token" => to.scaled_add(size(token), &row),
            "a sign" => to.scaled_add(-T::one(), &row),
            _ => to += &row,
        }
    }
    match version {
        "divided by the batch" => dt / size::<T>(tokens.len()),
        "scaled by the root of the width" => dt * size::<T>(table.ncols()).sqrt(),
        "the rows reversed" => dt.slice(ndarray::s![..;-1, ..]).to_owned(),
        _ => dt,
    }
}

fn embedding<T: Real>(exam: &Exam, version: &'static str) -> Found {
    exam.backward(
        |[table, tokens]| table.take(0, tokens.to_indices()),
        move |dy: &A2<T>, table: &A2<T>, tokens: &A1<T>| embedding_by_hand(version, dy, table, tokens),
        ["table: 4 d", "tokens: n"],
        &[("tokens", Values::Whole(0, 4))],
    )
}

/// −log softmax(z)[label], the mean over the batch; the labels are whole numbers.
fn labelled_by_hand<T: NdFloat>(version: &str, z: &A2<T>, labels: &A1<T>) -> A2<T> {
    let n = size::<T>(z.nrows());
    let mut dz = match version {
        "softmax over the batch" => softmax(&z.t().to_owned()).reversed_axes(),
        "logits for softmax" => z.clone(),
        "exponentials not normalised" => z.mapv(T::exp),
        _ => softmax(z),
    };
    for (i, &label) in labels.iter().enumerate() {
        let label = place(label);
        match version {
            "the label forgotten" => {}
            "labels from 1" => dz[[i, (label + 1) % 3]] -= T::one(),
            "the label's only" => {
                let mut row = dz.row_mut(i);
                let p = row[label];
                row.fill(T::zero());
                row[label] = p - T::one();
            }
            "the label added" => dz[[i, label]] += T::one(),
            "the label set to -1" => dz[[i, label]] = -T::one(),
            _ => dz[[i, label]] -= T::one(),
        }
    }
    match version {
        "1/n forgotten" => dz,
        "1/n twice" => dz / (n * n),
        "divided by the classes" => dz / c::<T>(3.0),
        "a sign" => dz / -n,
        "by one-hot" => {
            let hot =
                A2::from_shape_fn(
                    z.raw_dim(),
                    |(i, k)| {
                        if place(labels[i]) == k { T::one() } else { T::zero() }
                    },
                );
            (softmax(z) - hot) / n
        }
        _ => dz / n,
    }
}

fn labelled<T: Real>(exam: &Exam, version: &'static str) -> Found {
    exam.gradient(
        |[z, labels]| z.cross_entropy(labels.to_indices()),
        move |z: &A2<T>, labels: &A1<T>| labelled_by_hand(version, z, labels),
        ["z: n 3", "labels: n"],
        &[("labels", Values::Whole(0, 3))],
    )
}

/// One number a row, by its column: PyTorch's `gather`.
fn gather_by_hand<T: NdFloat>(version: &str, dy: &A1<T>, x: &A2<T>, at: &A1<T>) -> A2<T> {
    let mut dx = A2::zeros(x.raw_dim());
    for (i, &d) in dy.iter().enumerate() {
        let column = place(at[i]);
        match version {
            "the whole row" => dx.row_mut(i).fill(d),
            "the next column" => dx[[i, (column + 1) % 3]] = d,
            "the cotangent forgotten" => dx[[i, column]] = T::one(),
            "the row of the column" => dx[[column % x.nrows(), column]] += d,
            "times x" => dx[[i, column]] = d * x[[i, column]],
            "all but that" => {
                dx.row_mut(i).fill(d);
                dx[[i, column]] = T::zero();
            }
            "the first row only" if i > 0 => {}
            _ => dx[[i, column]] = d,
        }
    }
    if version == "by one-hot" {
        let hot =
            A2::from_shape_fn(x.raw_dim(), |(i, k)| if place(at[i]) == k { T::one() } else { T::zero() });
        return hot * dy.view().insert_axis(Axis(1));
    }
    dx
}

fn gather<T: Real>(exam: &Exam, version: &'static str) -> Found {
    exam.backward(
        |[x, at]| x.take_along(1, at.to_indices().unsqueeze(1)).squeeze(1),
        move |dy: &A1<T>, x: &A2<T>, at: &A1<T>| gather_by_hand(version, dy, x, at),
        ["x: n 3", "at: n"],
        &[("at", Values::Whole(0, 3))],
    )
}

/// The largest of each row; the first of several has it all.
fn max_by_hand<T: NdFloat>(version: &str, dy: &A1<T>, x: &A2<T>) -> A2<T> {
    let mut dx = A2::zeros(x.raw_dim());
    let best = |row: ndarray::ArrayView1<'_, T>, better: fn(T, T) -> bool| {
        (1..row.len()).fold(0, |best, i| if better(row[i], row[best]) { i } else { best })
    };
    for (i, &d) in dy.iter().enumerate() {
        let row = x.row(i);
        let first = best(row, |a, b| a > b);
        match version {
            "by a mask" => {
                let top = row[first];
                let mut taken = false;
                for (dx, &x) in dx.row_mut(i).iter_mut().zip(row) {
                    if x == top && !taken {
                        *dx = d;
                        taken = true;
                    }
                }
            }
            "the last of several" => dx[[i, best(row, |a, b| a >= b)]] = d,
            "all of several" => {
                let top = row[first];
                dx.row_mut(i).zip_mut_with(&row, |dx, &x| {
                    if x == top {
                        *dx = d;
                    }
                });
            }
            "the smallest" => dx[[i, best(row, |a, b| a < b)]] = d,
            "the whole row" => dx.row_mut(i).fill(d),
            "a mean" => dx.row_mut(i).fill(d / size(row.len())),
            "times the largest" => dx[[i, first]] = d * row[first],
            "the cotangent forgotten" => dx[[i, first]] = T::one(),
            "softmax for the mask" => {
                let p = softmax(&row.insert_axis(Axis(0)).to_owned()).remove_axis(Axis(0));
                dx.row_mut(i).assign(&p.mapv(|p| p * d));
            }
            "largest in magnitude" => dx[[i, best(row, |a, b| a.abs() > b.abs())]] = d,
            _ => dx[[i, first]] = d,
        }
    }
    dx
}

fn max<T: Real>(exam: &Exam, version: &'static str) -> Found {
    exam.backward(
        |[x]| x.max_first(1),
        move |dy: &A1<T>, x: &A2<T>| max_by_hand(version, dy, x),
        ["x: n 4"],
        &[],
    )
}

/// The sum of the two largest of each row.
fn top_two_by_hand<T: NdFloat>(version: &str, dy: &A1<T>, x: &A2<T>) -> A2<T> {
    let mut dx = A2::zeros(x.raw_dim());
    for (i, &d) in dy.iter().enumerate() {
        let mut order: Array1<usize> = (0..x.ncols()).collect();
        let row = x.row(i);
        order
            .as_slice_mut()
            .expect("in order")
            .sort_by(|&a, &b| row[b].partial_cmp(&row[a]).expect("no NaN"));
        let [first, second] = [order[0], order[1]];
        match version {
            "the largest only" => dx[[i, first]] = d,
            "the second only" => dx[[i, second]] = d,
            "the smallest two" => {
                dx[[i, order[2]]] = d;
                dx[[i, order[3]]] = d;
            }
            "halves" => {
                dx[[i, first]] = d / c(2.0);
                dx[[i, second]] = d / c(2.0);
            }
            "by rank, not by place" => {
                dx[[i, 0]] = d;
                dx[[i, 1]] = d;
            }
            _ => {
                dx[[i, first]] = d;
                dx[[i, second]] = d;
            }
        }
    }
    dx
}

fn top_two<T: Real>(exam: &Exam, version: &'static str) -> Found {
    exam.of_any_subgradient().backward(
        |[x]| x.topk(2, 1).0.sum_axis(1),
        move |dy: &A1<T>, x: &A2<T>| top_two_by_hand(version, dy, x),
        ["x: n 4"],
        &[],
    )
}

pub const TABLE: &[Function] = &[
    function!("embedding", embedding, right: ["", "by one-hot", "last first", "sorted, as differences of running sums"], wrong: [
        "the next token's row" [OffByOne],
        "all to the first row" [],
        "= for +=" [ScatterOverwrites],
        "divided by its uses" [ScatterDivides],
        "the padding's forgotten" [OffByOne],
        "times the token" [],
        "a sign" [Sign],
        "divided by the batch" [Factor, MeanForSum],
        "scaled by the root of the width" [Factor],
        "the rows reversed" [OrderReversed],
    ]),
    function!("cross entropy of labels", labelled, right: ["", "by one-hot"], wrong: [
        "softmax over the batch" [WrongAxis],
        "logits for softmax" [],
        "exponentials not normalised" [],
        "the label forgotten" [PathLost],
        "labels from 1" [],
        "the label's only" [DiagonalOnly],
        "the label added" [Sign],
        "the label set to -1" [],
        "1/n forgotten" [Factor],
        "1/n twice" [Factor],
        "divided by the classes" [Factor],
        "a sign" [Sign],
    ]),
    function!("gather", gather, right: ["", "by one-hot"], wrong: [
        "the whole row" [],
        "the next column" [OffByOne],
        "the cotangent forgotten" [CotangentIgnored],
        "the row of the column" [],
        "times x" [],
        "all but that" [],
        "the first row only" [FirstOnly],
    ]),
    function!("max over an axis", max, right: ["", "by a mask"], wrong: [
        far "the last of several" [MaskAtTies],
        far "all of several" [MaskAtTies],
        "the smallest" [],
        "the whole row" [MaskMissing],
        "a mean" [],
        "times the largest" [],
        "the cotangent forgotten" [CotangentIgnored],
        "softmax for the mask" [],
        "largest in magnitude" [],
    ]),
    function!("two largest", top_two, right: [""], wrong: [
        "the largest only" [FirstOnly],
        "the second only" [FirstOnly],
        "the smallest two" [],
        "halves" [Factor],
        "by rank, not by place" [],
    ]),
];
