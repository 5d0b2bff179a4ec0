//! Products of stacks of matrices, made of products of two, of reductions and of elementwise work.
//!
//! Of single matrices, a column times a row is elementwise, and a product with a vector a reduction, in the order of
//! all others ([`reduce`](super::reduce())): what remains is in [`product`](super::product).

use super::{
    Arithmetic, AxisSet, Extent, Kernel, Layout, Reducer, Room, Shape, Value, Work, elementwise, kernel,
    reduce, reducer,
};
use crate::error::Problem;
use ndarray::{ArrayView2, ArrayViewD, ArrayViewMut2, Axis, Ix2};
use smallvec::smallvec;

/// Writes `a · b` to `out`, whose shape fits; adds it to what is there if `adding`.
pub(crate) fn product<T: Arithmetic>(
    a: &ArrayView2<'_, T>,
    b: &ArrayView2<'_, T>,
    out: &mut ArrayViewMut2<'_, T>,
    adding: bool,
) {
    assert_eq!((a.nrows(), b.ncols()), out.dim(), "the product's shape");
    assert_eq!(a.ncols(), b.nrows(), "the inner sizes");
    T::multiply(a, b, out, adding);
}

/// The product of matrices in the last two axes, (…, m, k) with (…, k, n), whose shapes fit.
///
/// Operands are read where they lie, so that a transposed one is never copied.
pub(crate) fn matmul<T: Arithmetic>(a: &Value<T>, b: &Value<T>, room: &Room) -> Result<Value<T>, Problem> {
    let [batch @ .., m, _] = a.shape() else { unreachable!("the shape rule asks for two axes") };
    let n = b.shape()[batch.len() + 1];
    if batch.is_empty()
        && let Some(value) = with_vector(a, b, room)
    {
        return value;
    }
    // What is read may be broadcast, and the kernels copy what lies backwards.
    let aside = room.aside();
    aside.holds::<T>(a.shape())?;
    aside.holds::<T>(b.shape())?;
    let shape: Shape = batch.iter().copied().chain([*m, n]).collect();
    let mut out = room.filled(&shape, T::zero())?;
    if !out.is_empty() {
        multiply(&a.view(), &b.view(), &mut out, (*m, n));
    }
    Ok(Value::from_vec(&shape, out))
}

/// The work that a replay has with it, in the same order of sums.
pub(crate) fn matmul_work<T: Arithmetic>(a: &Layout, b: &Layout) -> Work<T> {
    let (&[m, k], &[_, n]) = (&a.shape[..], &b.shape[..]) else { return Work::Product };
    let kernel = times();
    match (m, k, n) {
        (_, 1, _) => Work::Map { kernel, operands: smallvec![a.broadcast(&[m, n]), b.broadcast(&[m, n])] },
        // The vector along the inner axis of the matrix, in whichever order that lies.
        (_, _, 1) => along(kernel, [a, &b.permute(&[1, 0])], 0),
        (1, _, _) => along(kernel, [a, &b.permute(&[1, 0])], 1),
        _ => Work::Product,
    }
}

fn times<T: Arithmetic>() -> Kernel<T> {
    kernel!(|a, b| a * b)
}

fn sum<T: Arithmetic>() -> Reducer<T> {
    reducer!(T::zero(), |a, b| a + b)
}

/// The products of the rows of a matrix (r, k), which is the operand of this number, with the other's one row (1, k).
fn along<T: Arithmetic>(kernel: Kernel<T>, operands: [&Layout; 2], matrix: usize) -> Work<T> {
    let Layout { shape, strides, .. } = operands[matrix];
    let (r, k) = (shape[0], shape[1]);
    let (kernel, reducer) = (Some(kernel), sum());
    let operands = operands.into_iter().map(|operand| operand.broadcast(shape));
    if strides[0].abs() < strides[1].abs() && r > 1 {
        let operands = operands.map(|operand| operand.permute(&[1, 0])).collect();
        return Work::Reduce { kernel, operands, reducer, extent: Extent { terms: k, width: r, count: 1 } };
    }
    let extent = Extent { terms: k, width: 1, count: r };
    Work::Reduce { kernel, operands: operands.collect(), reducer, extent }
}

/// The product of two matrices of which one is a vector, or the inner size is 1; the same as [`matmul_work`]
/// says, on values.
fn with_vector<T: Arithmetic>(a: &Value<T>, b: &Value<T>, room: &Room) -> Option<Result<Value<T>, Problem>> {
    let (m, k, n) = (a.shape()[0], a.shape()[1], b.shape()[1]);
    let times = |a: &Value<T>, b: &Value<T>, room: &Room| elementwise(times(), &[a, b], room);
    let t = |x: &Value<T>| x.permute(&[1, 0]);
    let along = |matrix: Value<T>, row: Value<T>| {
        let row = row.broadcast(matrix.shape());
        let aside = room.aside();
        let (axis, terms) = if matrix.as_slice().is_none() && t(&matrix).as_slice().is_some() {
            (0, times(&t(&matrix), &t(&row), &aside)?)
        } else {
            (1, times(&matrix, &row, &aside)?)
        };
        reduce(&terms, AxisSet::from_iter([axis]), &sum(), room)?.reshape(&[m, n], room)
    };
    match (m, k, n) {
        (_, 1, _) => Some(times(&a.broadcast(&[m, n]), &b.broadcast(&[m, n]), room)),
        (_, _, 1) => Some(along(a.clone(), t(b))),
        (1, _, _) => Some(along(t(b), a.clone())),
        _ => None,
    }
}

/// Writes the product of two stacks of matrices to `out`.
fn multiply<T: Arithmetic>(
    a: &ArrayViewD<'_, T>,
    b: &ArrayViewD<'_, T>,
    out: &mut [T],
    (m, n): (usize, usize),
) {
    if a.ndim() > 2 {
        let matrices = a.len_of(Axis(0));
        for (i, part) in out.chunks_mut(out.len() / matrices).enumerate() {
            multiply(&a.index_axis(Axis(0), i), &b.index_axis(Axis(0), i), part, (m, n));
        }
        return;
    }
    let matrix = "the shape rule asks for two axes";
    let a = a.view().into_dimensionality::<Ix2>().expect(matrix);
    let b = b.view().into_dimensionality::<Ix2>().expect(matrix);
    let mut out = ArrayViewMut2::from_shape((m, n), out).expect("as many elements as the product has");
    product(&a, &b, &mut out, false);
}
