//! Products of matrices and vectors, and how they lie in memory.

use super::corpus::{A1, A2, A3, Exam, Found, Function, Real, c, function, size};
use ndarray::{Axis, NdFloat};
use wengert::check::Mistake::*;

fn outer<T: NdFloat>(a: &A1<T>, b: &A1<T>) -> A2<T> {
    a.view().insert_axis(Axis(1)).dot(&b.view().insert_axis(Axis(0)))
}

/// xᵀAx.
fn quadratic_by_hand<T: NdFloat>(version: &str, x: &A1<T>, a: &A2<T>) -> (A1<T>, A2<T>) {
    let two = c::<T>(2.0);
    let dx = match version {
        "by the sum of both" => (a + &a.t()).dot(x),
        "A taken to be symmetric" => a.dot(x) * two,
        "its transpose taken to be symmetric" => x.dot(a) * two,
        "one of two ways" => a.dot(x),
        "the other way only" => a.t().dot(x),
        "a difference" => a.dot(x) - a.t().dot(x),
        "halved" => (a.dot(x) + a.t().dot(x)) / two,
        _ => a.dot(x) + a.t().dot(x),
    };
    let da = match version {
        "dA symmetric, twice" => outer(x, x) * two,
        "dA's diagonal only" => A2::from_diag(&x.mapv(|x| x * x)),
        "dA its sum" => outer(x, &A1::ones(x.len())),
        _ => outer(x, x),
    };
    (dx, da)
}

fn quadratic<T: Real>(exam: &Exam, version: &'static str) -> Found {
    exam.gradient(
        |[x, a]| x.matmul(a).matmul(x),
        move |x: &A1<T>, a: &A2<T>| quadratic_by_hand(version, x, a),
        ["x: n", "A: n n"],
        &[],
    )
}

/// xᵀAy, a row of X and Y each.
fn bilinear_by_hand<T: NdFloat>(version: &str, dy: &A1<T>, [x, a, y]: [&A2<T>; 3]) -> [A2<T>; 3] {
    let dy = dy.view().insert_axis(Axis(1)).to_owned();
    let dx = match version {
        "A transposed in dX" => y.dot(a) * &dy,
        "the cotangent forgotten in dX" => y.dot(&a.t()),
        _ => y.dot(&a.t()) * &dy,
    };
    let dyy = match version {
        "A transposed in dY" => x.dot(&a.t()) * &dy,
        "dY like dX" => dx.clone(),
        _ => x.dot(a) * &dy,
    };
    let da = match version {
        "dA transposed" => (y * &dy).t().dot(x),
        "dA of the first row" if x.nrows() > 0 => outer(&x.row(0).to_owned(), &(&y.row(0) * dy[[0, 0]])),
        "dA a mean" => x.t().dot(&(y * &dy)) / size::<T>(x.nrows()),
        "dA without the cotangent" => x.t().dot(y),
        "dA by rows" => x
            .rows()
            .into_iter()
            .zip(y.rows())
            .zip(&dy)
            .fold(A2::zeros(a.raw_dim()), |sum, ((x, y), &d)| sum + outer(&x.to_owned(), &(&y * d))),
        _ => x.t().dot(&(y * &dy)),
    };
    if version == "dX and dY swapped" { [dyy, da, dx] } else { [dx, da, dyy] }
}

fn bilinear<T: Real>(exam: &Exam, version: &'static str) -> Found {
    exam.backward(
        |[x, a, y]| (x.matmul(a) * y).sum_axis(1),
        move |dy: &A1<T>, x: &A2<T>, a: &A2<T>, y: &A2<T>| bilinear_by_hand(version, dy, [x, a, y]),
        ["X: n 3", "A: 3 3", "Y: n 3"],
        &[],
    )
}

/// A·B of each of a batch.
fn batched_by_hand<T: NdFloat>(version: &str, dy: &A3<T>, a: &A3<T>, b: &A3<T>) -> (A3<T>, A3<T>) {
    let (mut da, mut db) = (A3::zeros(a.raw_dim()), A3::zeros(b.raw_dim()));
    let batch = a.len_of(Axis(0));
    for i in 0..batch {
        let at = |x: &A3<T>, i: usize| x.index_axis(Axis(0), i).to_owned();
        let of = match version {
            "the first B for all" => 0,
            "the B after" => (i + 1) % batch,
            _ => i,
        };
        let (dy, a, b) = (at(dy, i), at(a, i), at(b, of));
        let each = match version {
            "B not transposed" => dy.dot(&b),
            "transposed at the end" => dy.dot(&b.t()).reversed_axes(),
            "a sign" => -dy.dot(&b.t()),
            _ => dy.dot(&b.t()),
        };
        da.index_axis_mut(Axis(0), i).assign(&each);
        let each = match version {
            "A not transposed" => a.dot(&dy),
            _ => a.t().dot(&dy),
        };
        match version {
            "dB summed over the batch" => {
                for j in 0..batch {
                    let mut db = db.index_axis_mut(Axis(0), j);
                    db += &each;
                }
            }
            _ => db.index_axis_mut(Axis(0), i).assign(&each),
        }
        if version == "the first of the batch only" {
            break;
        }
    }
    match version {
        "the batch divided out" => (da, db / size::<T>(batch)),
        "swapped" => (db, da),
        "by elements" => {
            let inner = b.len_of(Axis(2));
            let da = A3::from_shape_fn(a.raw_dim(), |(i, r, k)| {
                (0..inner).fold(T::zero(), |sum, q| sum + dy[[i, r, q]] * b[[i, k, q]])
            });
            (da, db)
        }
        _ => (da, db),
    }
}

fn batched<T: Real>(exam: &Exam, version: &'static str) -> Found {
    exam.backward(
        |[a, b]| a.matmul(b),
        move |dy: &A3<T>, a: &A3<T>, b: &A3<T>| batched_by_hand(version, dy, a, b),
        ["A: b 2 2", "B: b 2 2"],
        &[],
    )
}

/// `XᵀX`, or half of it.
fn gram_by_hand<T: NdFloat>(version: &str, dy: &A2<T>, x: &A2<T>) -> A2<T> {
    match version {
        "in two products" => x.dot(dy) + x.dot(&dy.t()),
        "the cotangent taken to be symmetric" => x.dot(dy) * c::<T>(2.0),
        "one of two ways" => x.dot(dy),
        "the other way only" => x.dot(&dy.t()),
        "a difference" => x.dot(dy) - x.dot(&dy.t()),
        "halved" => x.dot(&(dy + &dy.t())) / c::<T>(2.0),
        "the diagonal counted once" => {
            let diagonal = A2::from_diag(&dy.diag());
            x.dot(&(dy + &dy.t() - diagonal))
        }
        "the cotangent forgotten" => x.dot(&A2::from_elem(dy.raw_dim(), c::<T>(2.0))),
        "of the other product" => (dy.dot(&x.t()) + dy.t().dot(&x.t())).reversed_axes() + x,
        _ => x.dot(&(dy + &dy.t())),
    }
}

fn gram<T: Real>(exam: &Exam, version: &'static str) -> Found {
    exam.backward(
        |[x]| x.t().matmul(x),
        move |dy: &A2<T>, x: &A2<T>| gram_by_hand(version, dy, x),
        ["X: n d"],
        &[],
    )
}

/// a ⊙ b + b·s with a number s; the hand-written ones read memory.
fn scaled_by_hand<T: NdFloat>(version: &str, dy: &A2<T>, a: &A2<T>, b: &A2<T>) -> (A2<T>, A2<T>) {
    let shape = dy.raw_dim();
    let in_memory =
        |x: &A2<T>| x.as_slice_memory_order().map_or_else(|| x.iter().copied().collect(), <[T]>::to_vec);
    let shaped = |numbers: Vec<T>| A2::from_shape_vec(shape, numbers).expect("as many");
    let times = |x: &[T], y: &[T]| x.iter().zip(y).map(|(&x, &y)| x * y).collect::<Vec<T>>();
    let standard = |x: &A2<T>| x.as_standard_layout().iter().copied().collect::<Vec<T>>();
    match version {
        "standard layouts made first" => {
            let (dy, a, b) = (standard(dy), standard(a), standard(b));
            (shaped(times(&dy, &b)), shaped(times(&dy, &a)))
        }
        "the cotangent's memory" => {
            let d = in_memory(dy);
            (shaped(times(&d, &standard(b))), shaped(times(&d, &standard(a))))
        }
        "b's memory" => (shaped(times(&standard(dy), &in_memory(b))), dy * a),
        "all their memory" => {
            (shaped(times(&in_memory(dy), &in_memory(b))), shaped(times(&in_memory(dy), &in_memory(a))))
        }
        "swapped" => (dy * a, dy * b),
        "da like db" => (dy * a, dy * a),
        "db like da" => (dy * b, dy * b),
        "sum for product" => (dy.clone(), dy.clone()),
        "both factors" => (dy * a * b, dy * a * b),
        "the cotangent squared" => (dy * dy * b, dy * dy * a),
        _ => (dy * b, dy * a),
    }
}

fn scaled<T: Real>(exam: &Exam, version: &'static str) -> Found {
    exam.backward(
        |[a, b]| a * b,
        move |dy: &A2<T>, a: &A2<T>, b: &A2<T>| scaled_by_hand(version, dy, a, b),
        ["a: n d", "b: n d"],
        &[],
    )
}

/// (Σ a·b)², of rows of any length: how they are added up is the derivation's own affair.
fn dot_by_hand<T: NdFloat>(version: &str, dy: &A1<T>, a: &A2<T>, b: &A2<T>) -> (A2<T>, A2<T>) {
    let products = a * b;
    let sum = |row: ndarray::ArrayView1<'_, T>| match version {
        "a plain loop" => row.iter().fold(T::zero(), |sum, &x| sum + x),
        "last first" => row.iter().rev().fold(T::zero(), |sum, &x| sum + x),
        "in double precision" => c(row.iter().map(|x| x.to_f64().expect("a number")).sum()),
        // W. Kahan, 1965.
        "carried" => {
            let add = |(sum, lost): (T, T), &x: &T| {
                let y = x - lost;
                let next = sum + y;
                (next, (next - sum) - y)
            };
            row.iter().fold((T::zero(), T::zero()), add).0
        }
        "four at once" => {
            let mut lanes = [T::zero(); 4];
            row.iter().enumerate().for_each(|(i, &x)| lanes[i % 4] += x);
            (lanes[0] + lanes[1]) + (lanes[2] + lanes[3])
        }
        "the last forgotten" => row.iter().rev().skip(1).fold(T::zero(), |sum, &x| sum + x),
        _ => row.sum(),
    };
    let two = if version == "the 2 forgotten" { T::one() } else { c(2.0) };
    let factor: A1<T> = products.rows().into_iter().zip(dy).map(|(row, &d)| d * two * sum(row)).collect();
    let factor = factor.insert_axis(Axis(1));
    (b * &factor, a * &factor)
}

fn dot<T: Real>(exam: &Exam, version: &'static str) -> Found {
    exam.backward(
        |[a, b]| (a * b).sum_axis(1).square(),
        move |dy: &A1<T>, a: &A2<T>, b: &A2<T>| dot_by_hand(version, dy, a, b),
        ["a: n d", "b: n d"],
        &[],
    )
}

/// A row added to each row, a column to each column, a number to all: what is broadcast is summed.
fn broadcast_by_hand<T: NdFloat>(version: &str, dy: &A2<T>, x: &A2<T>) -> (A2<T>, A2<T>, A2<T>) {
    let row = || dy.sum_axis(Axis(0)).insert_axis(Axis(0));
    let column = || dy.sum_axis(Axis(1)).insert_axis(Axis(1));
    let first_row = || if dy.nrows() > 0 { dy.slice(ndarray::s![..1, ..]).to_owned() } else { row() };
    match version {
        "the row not summed" => (dy.clone(), dy.clone(), column()),
        "the first row for their sum" => (dy.clone(), first_row(), column()),
        "a mean for the row" => (dy.clone(), row() / size::<T>(x.nrows()), column()),
        "row and column swapped" => (dy.clone(), column().reversed_axes(), row().reversed_axes()),
        "the column's sum twice" => (dy.clone(), row(), column() * c::<T>(2.0)),
        "all summed" => (dy.clone(), row().mapv(|_| dy.sum()), column()),
        "the column zero" => (dy.clone(), row(), column() * T::zero()),
        "products with ones" => {
            (dy.clone(), A2::ones((1, dy.nrows())).dot(dy), dy.dot(&A2::ones((dy.ncols(), 1))))
        }
        _ => (dy.clone(), row(), column()),
    }
}

fn broadcast<T: Real>(exam: &Exam, version: &'static str) -> Found {
    exam.backward(
        |[x, row, column]| x + row + column,
        move |dy: &A2<T>, x: &A2<T>| broadcast_by_hand(version, dy, x),
        ["x: n d", "row: 1 d", "column: n 1"],
        &[],
    )
}

pub const TABLE: &[Function] = &[
    function!("quadratic form", quadratic, right: ["", "by the sum of both"], wrong: [
        "A taken to be symmetric" [SymmetryAssumed],
        "its transpose taken to be symmetric" [SymmetryAssumed],
        "one of two ways" [PathLost],
        "the other way only" [PathLost],
        "a difference" [Sign],
        "halved" [Factor],
        "dA symmetric, twice" [Factor],
        "dA's diagonal only" [DiagonalOnly],
        "dA its sum" [],
    ]),
    function!("bilinear form", bilinear, right: ["", "dA by rows"], wrong: [
        "A transposed in dX" [Transposed, SymmetryAssumed],
        "A transposed in dY" [Transposed, SymmetryAssumed],
        "the cotangent forgotten in dX" [CotangentIgnored],
        "dY like dX" [GradientCopied],
        "dA transposed" [Transposed],
        "dA of the first row" [FirstOnly, SumMissing],
        "dA a mean" [MeanForSum, Factor],
        "dA without the cotangent" [CotangentIgnored],
        "dX and dY swapped" [OperandsSwapped],
    ]),
    function!("batched product", batched, right: ["", "by elements"], wrong: [
        "the first B for all" [],
        "the B after" [OffByOne],
        "B not transposed" [Transposed, SymmetryAssumed],
        "transposed at the end" [Transposed],
        "a sign" [Sign],
        "A not transposed" [Transposed, SymmetryAssumed],
        "dB summed over the batch" [],
        "the first of the batch only" [FirstOnly],
        "the batch divided out" [Factor],
        "swapped" [OperandsSwapped],
    ]),
    function!("Gram matrix", gram, right: ["", "in two products"], wrong: [
        "the cotangent taken to be symmetric" [SymmetryAssumed, Transposed],
        "one of two ways" [PathLost],
        "the other way only" [PathLost],
        "a difference" [Sign],
        "halved" [Factor],
        "the diagonal counted once" [],
        "the cotangent forgotten" [CotangentIgnored],
        "of the other product" [],
    ]),
    function!("product of elements", scaled, right: ["", "standard layouts made first"], wrong: [
        far "the cotangent's memory" [LayoutAssumed],
        far "b's memory" [LayoutAssumed],
        far "all their memory" [LayoutAssumed],
        "swapped" [OperandsSwapped],
        "da like db" [GradientCopied, OperandsSwapped, WrongOperand],
        "db like da" [GradientCopied, OperandsSwapped, WrongOperand],
        "sum for product" [FactorMissing],
        "both factors" [],
        "the cotangent squared" [],
    ]),
    function!("square of a product", dot, right: [
        "", "a plain loop", "last first", "in double precision", "carried", "four at once",
    ], wrong: [
        "the last forgotten" [],
        "the 2 forgotten" [Factor],
    ]),
    function!("broadcast sum", broadcast, right: ["", "products with ones"], wrong: [
        "the row not summed" [SumMissing],
        "the first row for their sum" [SumMissing, FirstOnly],
        "a mean for the row" [MeanForSum],
        "row and column swapped" [OperandsSwapped, WrongShape, WrongAxis],
        "the column's sum twice" [Factor],
        "all summed" [WrongAxis, SumMissing],
        "the column zero" [Zeros],
    ]),
];
