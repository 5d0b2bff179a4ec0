//! Products of stacks of matrices.
//!
//! The product of a row and a column is a reduction, in the order of all others ([`reduce`](super::reduce())), since a chain
//! of multiply-adds would wait for itself. All other products, those with a vector too, are the kernels'
//! ([`multiply`](super::multiply)), in whose order of sums they may be cut and stacked.

use super::{
    Arithmetic, AxisSet, Extent, Kernel, Layout, Matrix, Reducer, Room, Shape, Value, Work, both,
    elementwise, kernel, parts, pieces, product_time, reduce, reducer, size_of,
};
use crate::error::Problem;
use ndarray::ArrayView2;
use smallvec::smallvec;

/// The product of matrices in the last two axes, (…, m, k) with (…, k, n), whose shapes fit.
///
/// Operands are read where they lie, so that a transposed one is never copied.
pub(crate) fn matmul<T: Arithmetic>(a: &Value<T>, b: &Value<T>, room: &Room<T>) -> Result<Value<T>, Problem> {
    let [batch @ .., m, _] = a.shape() else { unreachable!("the shape rule asks for two axes") };
    let n = b.shape()[batch.len() + 1];
    let shape: Shape = batch.iter().copied().chain([*m, n]).collect();
    // What is read may be broadcast, and what lies with gaps or backwards is copied.
    let aside = room.aside();
    if (*m, n) == (1, 1) && a.shape()[batch.len() + 1] != 1 {
        let terms = elementwise(times(), &[a, &turned(b)], &aside)?;
        let last = AxisSet::from_iter([batch.len() + 1]);
        return reduce(&terms, last, &sum(), room)?.reshape(&shape, room);
    }
    aside.holds(a.shape())?;
    aside.holds(b.shape())?;
    let mut out = room.to_fill(&shape)?;
    if !out.is_empty() {
        let work = out.len().saturating_mul(a.shape()[batch.len() + 1]);
        let [a, b] = [a.in_memory(&aside)?, b.in_memory(&aside)?];
        multiply(parts(product_time::<T>(work), room.threads()), &(&a.0, a.1), &(&b.0, b.1), &mut out);
    }
    Ok(Value::from_vec(&shape, out))
}

/// The work that a replay has with it, in the same order of sums.
pub(crate) fn matmul_work<T: Arithmetic>(a: &Layout, b: &Layout) -> Work<T> {
    let [batch @ .., m, k] = &a.shape[..] else { unreachable!("the shape rule asks for two axes") };
    let n = b.shape[batch.len() + 1];
    match (*m, *k, n) {
        // Not a sum of one term, which would turn −0 to 0.
        (1, 1, _) | (_, 1, 1) => {
            let shape: Shape = batch.iter().copied().chain([*m, n]).collect();
            Work::Map { kernel: times(), operands: smallvec![a.broadcast(&shape), b.broadcast(&shape)] }
        }
        (1, _, 1) => Work::Reduce {
            kernel: Some(times()),
            operands: smallvec![a.clone(), b.permute(&turn(batch.len()))],
            reducer: sum(),
            extent: Extent { terms: *k, width: 1, count: size_of(batch) },
        },
        _ => Work::Product,
    }
}

/// The order of axes in which the last two are exchanged.
fn turn(batch: usize) -> Shape {
    (0..batch).chain([batch + 1, batch]).collect()
}

fn turned<T: Arithmetic>(stack: &Value<T>) -> Value<T> {
    stack.permute(&turn(stack.shape().len() - 2))
}

fn times<T: Arithmetic>() -> Kernel<T> {
    kernel!(|a, b| a * b)
}

fn sum<T: Arithmetic>() -> Reducer<T> {
    reducer!(T::zero(), |a, b| a + b)
}

/// A stack of matrices in memory.
type Stack<'a, T> = (&'a [T], Layout);

/// Writes the product of two stacks of matrices to `out`, by so many threads.
fn multiply<T: Arithmetic>(threads: usize, a: &Stack<'_, T>, b: &Stack<'_, T>, out: &mut [T]) {
    if let [matrices, _, .., _] = a.1.shape[..] {
        let size = out.len() / matrices;
        return pieces(threads, 0..matrices, size, out, &|threads, i, piece| {
            multiply(threads, &(a.0, a.1.at(i)), &(b.0, b.1.at(i)), piece);
        });
    }
    let [mut room_a, mut room_b] = [Vec::new(), Vec::new()];
    let [a, b] = [(a, &mut room_a), (b, &mut room_b)].map(|(x, room)| Matrix::lying(x.0, &x.1, room));
    shared_product(threads, a, b, out, false);
}

/// The kernels alone: a · b, in row-major order, for a bench. (A row times a column, which is a reduction elsewhere, is a chain.)
#[doc(hidden)]
pub fn product<T: Arithmetic>(a: &ArrayView2<'_, T>, b: &ArrayView2<'_, T>, out: &mut [T]) {
    let [mut room_a, mut room_b] = [Vec::new(), Vec::new()];
    T::multiply(Matrix::of(a, &mut room_a), Matrix::of(b, &mut room_b), out, false);
}

/// The product of two matrices, written to `out` or added to it, by at most so many threads. They compute rows of their own,
/// or columns of a single row, which changes no bit of them.
pub(crate) fn shared_product<T: Arithmetic>(
    threads: usize,
    a: Matrix<'_, T>,
    b: Matrix<'_, T>,
    out: &mut [T],
    adding: bool,
) {
    let ([m, k], [_, n]) = (a.shape(), b.shape());
    let threads = parts(product_time::<T>(m.saturating_mul(k).saturating_mul(n)), threads);
    if threads < 2 || m.max(n) < 2 {
        return T::multiply(a, b, out, adding);
    }
    let (some, others) = (threads / 2, threads - threads / 2);
    let ((a, a_rest), (b, b_rest), at) = if m > 1 {
        let at = (m * some / threads).max(1);
        ((a.rows(0, at), a.rows(at, m - at)), (b, b), at * n)
    } else {
        let at = (n * some / threads).max(1);
        ((a, a), (b.columns(0, at), b.columns(at, n - at)), at)
    };
    let (out, out_rest) = out.split_at_mut(at);
    both(
        threads - 1,
        || shared_product(some, a, b, out, adding),
        || shared_product(others, a_rest, b_rest, out_rest, adding),
    );
}
