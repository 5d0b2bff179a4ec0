//! The product of two matrices, by the best library for the machine.
//!
//! **Order of summation.** Each element is one chain of multiply-adds over the inner index, in pieces of
//! 512 that are then added in order (with the library below; elsewhere that of matrixmultiply). It depends
//! on the inner size alone, not on how the operands lie in memory, how many rows and columns there are, or
//! which thread computes them: so a product may be cut into blocks without changing a bit. The error is
//! at most k unit roundoffs of Σ|aᵢbᵢ| (N. J. Higham, *Accuracy and Stability of Numerical Algorithms*,
//! 2002, §3.1). A test holds the claim to every layout and cut.
//!
//! **Which library.** On the shapes of a training step, the kernels of faer (the crate `private-gemm-x86`)
//! were the fastest of those measured, most of all on blocks of few rows; `benches/README.md` has the
//! table. faer itself brings 42 crates; its kernels bring five. They know `x86` with AVX2 or AVX-512;
//! elsewhere ndarray's own product, matrixmultiply, takes their place.
//!
//! This is the one file of the crate that may use `unsafe`.

use ndarray::{ArrayView2, ArrayViewMut2, LinalgScalar};
#[cfg(target_arch = "x86_64")]
use ndarray::{Axis, CowArray, Ix2};

/// What machines without the kernels below use, and arithmetics other than `f32` and `f64`.
pub(crate) fn portable<T: LinalgScalar>(
    a: &ArrayView2<'_, T>,
    b: &ArrayView2<'_, T>,
    out: &mut ArrayViewMut2<'_, T>,
    adding: bool,
) {
    let kept = if adding { T::one() } else { T::zero() };
    ndarray::linalg::general_mat_mul(T::one(), a, b, kept, out);
}

/// The same matrix, copied if it lies backwards along this axis.
#[cfg(target_arch = "x86_64")]
fn forwards<'a, T: Copy>(x: &'a ArrayView2<'_, T>, axis: Axis) -> CowArray<'a, T, Ix2> {
    if x.stride_of(axis) < 0 {
        CowArray::from(x.as_standard_layout().into_owned())
    } else {
        CowArray::from(x.view())
    }
}

#[cfg(target_arch = "x86_64")]
#[allow(unsafe_code)]
mod x86 {
    use super::{ArrayView2, ArrayViewMut2};
    use private_gemm_x86::{Accum, DType, DstKind, IType, InstrSet, gemm};
    use std::ptr::null;
    use std::sync::LazyLock;

    static INSTRUCTIONS: LazyLock<Option<InstrSet>> = LazyLock::new(|| {
        if is_x86_feature_detected!("avx512f") {
            return Some(InstrSet::Avx512);
        }
        (is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma")).then_some(InstrSet::Avx256)
    });

    /// A number type the kernels know: sealed here, so that the type and its tag cannot disagree.
    pub(crate) trait Known: Copy {
        const DTYPE: DType;
        const ONE: Self;
    }

    impl Known for f32 {
        const DTYPE: DType = DType::F32;
        const ONE: Self = 1.0;
    }

    impl Known for f64 {
        const DTYPE: DType = DType::F64;
        const ONE: Self = 1.0;
    }

    /// Whether the machine has the instructions; if so, `out` is `a · b`, or that more than it was.
    pub(crate) fn multiply<T: Known>(
        a: &ArrayView2<'_, T>,
        b: &ArrayView2<'_, T>,
        out: &mut ArrayViewMut2<'_, T>,
        adding: bool,
    ) -> bool {
        let Some(instructions) = *INSTRUCTIONS else { return false };
        let (m, k) = a.dim();
        let n = b.ncols();
        assert!(out.dim() == (m, n) && b.nrows() == k && k > 0, "operands of a product");
        let accumulate = if adding { Accum::Add } else { Accum::Replace };
        let alpha = T::ONE;
        // SAFETY. The call reads element (i, j) of an operand at `pointer + i·row stride + j·column stride`
        // for i, j below the sizes given, and writes such elements of `out`.
        // - The pointers, sizes and strides are those of ndarray views, which guarantee that just these
        //   places are valid to read, and for a mutable view to write, for as long as the view is borrowed;
        //   a mutable view overlaps no other.
        // - The sizes fit each other: asserted above. k > 0, since for k = 0 nothing would be written.
        // - The element type is the one the tag names: `Known` ties them. It has no invalid bit patterns.
        // - The instruction set was detected on this machine.
        // - Index lists and the diagonal are null, which means there are none.
        // - `alpha` points to a number of the element type that outlives the call.
        // The bounds are tested below, between guard values, on every layout.
        unsafe {
            gemm(
                T::DTYPE,
                IType::U64,
                instructions,
                m,
                n,
                k,
                out.as_mut_ptr().cast(),
                out.strides()[0],
                out.strides()[1],
                null(),
                null(),
                DstKind::Full,
                accumulate,
                a.as_ptr().cast(),
                a.strides()[0],
                a.strides()[1],
                false,
                null(),
                0,
                b.as_ptr().cast(),
                b.strides()[0],
                b.strides()[1],
                false,
                (&raw const alpha).cast(),
                1,
            );
        }
        true
    }
}

macro_rules! fast {
    ($type:ident) => {
        /// Through the kernels if the machine has them.
        pub(crate) fn $type(
            a: &ArrayView2<'_, $type>,
            b: &ArrayView2<'_, $type>,
            out: &mut ArrayViewMut2<'_, $type>,
            adding: bool,
        ) {
            #[cfg(target_arch = "x86_64")]
            if !out.is_empty() && a.ncols() > 0 {
                // Along a backwards inner axis the kernels would add up backwards.
                let (a, b) = (forwards(a, Axis(1)), forwards(b, Axis(0)));
                if x86::multiply(&a.view(), &b.view(), out, adding) {
                    return;
                }
            }
            portable(a, b, out, adding);
        }
    };
}

fast!(f32);
fast!(f64);

#[cfg(test)]
mod tests {
    use crate::array::product;
    use ndarray::{Array2, ArrayBase, Axis, Data, Ix2, s};

    fn numbers(rows: usize, columns: usize, seed: u32) -> Array2<f32> {
        let mut state = seed;
        Array2::from_shape_simple_fn((rows, columns), || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            f32::from(u16::try_from(state >> 16).expect("16 bits")) / 32768.0 - 1.0
        })
    }

    /// The same matrix in other places: transposed, with gaps, backwards.
    fn layouts(x: &Array2<f32>) -> Vec<Array2<f32>> {
        let transposed = x.t().as_standard_layout().into_owned().reversed_axes();
        let mut gaps = Array2::from_elem((2 * x.nrows(), 3 * x.ncols()), f32::NAN);
        gaps.slice_mut(s![..;2, ..;3]).assign(x);
        gaps.slice_collapse(s![..;2, ..;3]);
        let mut backwards = x.slice(s![..;-1, ..;-1]).as_standard_layout().into_owned();
        backwards.invert_axis(Axis(0));
        backwards.invert_axis(Axis(1));
        let negative = backwards.strides().iter().all(|stride| *stride < 0);
        assert!(negative || x.dim().0.min(x.dim().1) < 2, "really backwards");
        vec![x.clone(), transposed, gaps, backwards]
    }

    fn multiply<S: Data<Elem = f32>>(a: &ArrayBase<S, Ix2>, b: &ArrayBase<S, Ix2>) -> Array2<f32> {
        let mut out = Array2::zeros((a.nrows(), b.ncols()));
        product(&a.view(), &b.view(), &mut out.view_mut(), false);
        out
    }

    #[test]
    fn no_bit_depends_on_layouts_or_cuts() {
        for (m, k, n) in [(2, 2, 2), (5, 3, 7), (33, 64, 30), (64, 1437, 30), (100, 1030, 17), (16, 520, 16)]
        {
            let (a, b) = (numbers(m, k, 1), numbers(k, n, 2));
            let whole = multiply(&a, &b);
            for a in layouts(&a) {
                for b in layouts(&b) {
                    assert_eq!(multiply(&a, &b), whole, "{m} {k} {n}: {:?} {:?}", a.strides(), b.strides());
                }
            }
            for rows in [1, 2, 3, 16, 31] {
                for (start, part) in (0..m).step_by(rows).zip(a.axis_chunks_iter(Axis(0), rows)) {
                    let end = start + part.nrows();
                    let out = multiply(&part.to_owned(), &b);
                    assert_eq!(out, whole.slice(s![start..end, ..]), "{m} {k} {n}, rows from {start}");
                }
            }
        }
    }

    /// Within (k + 1) unit roundoffs of Σ|aᵢbᵢ|, which is at most k here, of the sum in double precision.
    #[test]
    fn it_is_the_product_and_keeps_within_its_bounds() {
        for (m, k, n) in [(1, 1, 1), (3, 5, 2), (97, 31, 5), (30, 1437, 64), (7, 2, 200), (4, 0, 3)] {
            let (a, b) = (numbers(m, k, 3), numbers(k, n, 4));
            let mut frame = Array2::from_elem((m + 4, n + 4), 7.5_f32);
            let (mut inner, expected) =
                (frame.slice_mut(s![2..m + 2, 2..n + 2]), a.mapv(f64::from).dot(&b.mapv(f64::from)));
            product(&a.view(), &b.view(), &mut inner, false);
            let terms = f64::from(u16::try_from(k).expect("a few"));
            let tolerance = (terms + 1.0) * terms * f64::from(f32::EPSILON) / 2.0;
            for (got, expected) in inner.iter().zip(&expected) {
                assert!((f64::from(*got) - expected).abs() <= tolerance, "{got} for {expected}");
            }
            product(&a.view(), &b.view(), &mut inner, true);
            for (got, expected) in inner.iter().zip(&expected) {
                assert!(
                    (f64::from(*got) - 2.0 * expected).abs() <= 3.0 * tolerance,
                    "{got} for twice {expected}"
                );
            }
            let around = frame
                .indexed_iter()
                .filter(|((i, j), _)| !((2..m + 2).contains(i) && (2..n + 2).contains(j)));
            assert!(around.into_iter().all(|(_, x)| x.to_bits() == 7.5_f32.to_bits()), "written outside");
        }
    }
}
