//! The product of two matrices of `f32` or `f64`: kernels of our own, in safe vectors.
//!
//! **Order of sums.** An element of a product is a sum over the inner axis, whose rounding depends on the order. Here that is
//! fixed first, and all else follows it: the terms are taken in *pieces* of [`PIECE`] = 192; the terms of a piece are a chain
//! of multiply-adds, from 0 on, each rounded once where the machine can (and then by every kernel here); the pieces' sums are
//! added up in order. So an element depends on its row, its column and nothing else: not on how the operands lie in memory,
//! which of them is read as vectors, what is packed, how many rows and columns there are, or which thread computes it. A
//! product may be cut along rows and columns, transposed or stacked without changing a bit, on one machine; with instructions
//! that round twice the bits are others. The error is at most 192 + ⌈k / 192⌉ unit roundoffs of Σ|aᵢbᵢ|, where a plain
//! chain's is k (N. J. Higham, *Accuracy and Stability of Numerical Algorithms*, 2002, §3.1 and §4.2). A product of one term
//! is that term to the bit, −0 too.
//!
//! Why 192? It is divided by whatever a block of rows may be when the inner axis is one of samples (6, 12, 16, 24, 32, 48,
//! 64, 96), so that a sum can be continued block by block; it leaves eight pieces of 1437 samples, for threads; a panel of so
//! many terms fits the first cache; and adding a piece to the result costs a hundredth of computing it.
//!
//! **How.** [`tile`] is the innermost loop: a few rows by a few vectors of the result, in registers. [`block`] cuts a
//! product into tiles, so that what they read is in a near cache; [`pack`] copies operands into the order of reading where
//! that pays; [`thin`] has what is too thin for tiles; [`lanes`] what a machine's vectors can do. K. Goto and R. A. van de
//! Geijn, *Anatomy of high-performance matrix multiplication* (2008), explains the cut.
//!
//! **Where.** All [`Instructions`] (AVX-512, AVX2 with FMA, Neon, or what all machines have) run the same code over vectors of
//! their width. There is no `unsafe` here: bounds are checked, outside of the inner loops where they can be, and pulp hands
//! out instructions only to who has shown that the machine knows them.

// Loops over several arrays of one small length say by indices what belongs together, and are unrolled.
#![allow(clippy::needless_range_loop, clippy::manual_memcpy)]

use super::{Instructions, Layout};
pub(crate) use lanes::Number;
use ndarray::{ArrayView2, ArrayViewMut2, LinalgScalar, ShapeBuilder};
use tile::Out;

mod block;
mod lanes;
mod pack;
#[cfg(test)]
mod tests;
mod thin;
mod tile;

/// Terms of a chain.
const PIECE: usize = 192;

/// A matrix in memory: element (i, j) lies at i·`strides[0]` + j·`strides[1]`.
#[derive(Clone, Copy, Debug)]
pub struct Matrix<'a, T> {
    data: &'a [T],
    shape: [usize; 2],
    strides: [usize; 2],
}

impl<'a, T: Copy> Matrix<'a, T> {
    /// What a layout of two axes says of memory. What lies backwards is copied to `room`.
    pub(crate) fn lying(memory: &'a [T], layout: &Layout, room: &'a mut Vec<T>) -> Self {
        let (&[m, n], &[down, right]) = (&layout.shape[..], &layout.strides[..]) else {
            unreachable!("a matrix has two axes")
        };
        if m == 0 || n == 0 {
            return Self { data: &[], shape: [m, n], strides: [0, 0] };
        }
        if let (Ok(down), Ok(right)) = (usize::try_from(down), usize::try_from(right)) {
            return Self { data: &memory[layout.offset..], shape: [m, n], strides: [down, right] };
        }
        let at = |i: usize, j: usize| i.cast_signed() * down + j.cast_signed() * right;
        room.clear();
        room.extend(
            (0..m).flat_map(|i| (0..n).map(move |j| memory[layout.offset.wrapping_add_signed(at(i, j))])),
        );
        Self { data: room, shape: [m, n], strides: [n, 1] }
    }

    /// The matrix that a view shows. What has gaps, or lies backwards, is copied to `room`.
    pub(crate) fn of(view: &'a ArrayView2<'_, T>, room: &'a mut Vec<T>) -> Self {
        let (m, n) = view.dim();
        let strides = [view.strides()[0], view.strides()[1]].map(usize::try_from);
        if let (Some(data), [Ok(down), Ok(right)]) = (view.as_slice_memory_order(), strides) {
            return Self { data, shape: [m, n], strides: [down, right] };
        }
        room.clear();
        room.extend(view);
        Self { data: room, shape: [m, n], strides: [n, 1] }
    }
}

impl<T> Matrix<'_, T> {
    pub(crate) fn shape(&self) -> [usize; 2] {
        self.shape
    }

    #[inline(always)]
    fn transposed(self) -> Self {
        let ([m, n], [down, right]) = (self.shape, self.strides);
        Self { shape: [n, m], strides: [right, down], ..self }
    }

    /// So many rows, from this one on.
    #[inline(always)]
    pub(crate) fn rows(self, first: usize, count: usize) -> Self {
        let data = if count == 0 { &[] } else { &self.data[first * self.strides[0]..] };
        Self { data, shape: [count, self.shape[1]], ..self }
    }

    /// So many columns, from this one on.
    #[inline(always)]
    pub(crate) fn columns(self, first: usize, count: usize) -> Self {
        self.transposed().rows(first, count).transposed()
    }
}

/// Writes a · b to `out`, which has as many elements, in row-major order; or adds it to what is there.
pub(crate) fn multiply<T: Number>(a: Matrix<'_, T>, b: Matrix<'_, T>, out: &mut [T], adding: bool) {
    multiply_with(Instructions::current(), a, b, out, adding);
}

fn multiply_with<T: Number>(
    instructions: Instructions,
    a: Matrix<'_, T>,
    b: Matrix<'_, T>,
    out: &mut [T],
    adding: bool,
) {
    let out = Out { data: out, step: b.shape[1], adding };
    match instructions {
        Instructions::Plain => block::multiply(pulp::Scalar128b, a, b, out),
        #[cfg(target_arch = "x86_64")]
        Instructions::Avx2(s) => block::multiply(s, a, b, out),
        #[cfg(target_arch = "x86_64")]
        Instructions::Avx512(s) => block::multiply(s, a, b, out),
        #[cfg(target_arch = "aarch64")]
        Instructions::Neon(s) => block::multiply(s, a, b, out),
    }
}

/// The same for the examiner's numbers: ndarray's product.
pub(crate) fn portable<T: LinalgScalar>(a: Matrix<'_, T>, b: Matrix<'_, T>, out: &mut [T], adding: bool) {
    if a.shape[1] == 1 {
        // No sum, and so no 0 to begin with.
        let (m, n) = (a.shape[0], b.shape[1]);
        for (at, place) in out.iter_mut().enumerate().take(m * n) {
            let product = a.data[at / n * a.strides[0]] * b.data[at % n * b.strides[1]];
            *place = if adding { *place + product } else { product };
        }
        return;
    }
    let view = |Matrix { data, shape: [m, n], strides: [down, right] }| {
        ArrayView2::from_shape((m, n).strides((down, right)), data).expect("a matrix lies within its memory")
    };
    let mut out = ArrayViewMut2::from_shape((a.shape[0], b.shape[1]), out).expect("as many elements");
    let kept = if adding { T::one() } else { T::zero() };
    ndarray::linalg::general_mat_mul(T::one(), &view(a), &view(b), kept, &mut out);
}
