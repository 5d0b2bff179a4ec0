//! Vectors of a machine, and the numbers in them.
//!
//! The kernels are written once, over [`Machine`] (which vectors there are) and [`Number`] (`f32` or `f64`), in pulp's safe
//! vectors. Everything here is `#[inline(always)]`: a function that is not inlined into the one that pulp compiles for the
//! machine's instructions is compiled without them.

use pulp::{Simd, WithSimd};
use std::cell::RefCell;

/// An instruction set.
pub trait Machine: Simd {
    /// Whether multiply-adds round once. (Without the instruction, rounding once takes a call of the C library.)
    const FUSED: bool;
    /// Whether vectors that are not full are read and written by one instruction.
    const MASKED: bool = false;
    /// A machine whose vectors are as long as [`Number::SIDE`], if this one has it, else itself: it turns blocks.
    type Turning: Machine;

    fn turning(self) -> Self::Turning;

    /// Four columns of eight rows, as rows.
    #[inline(always)]
    fn turn_f32(self, rows: [[f32; 4]; 8]) -> [[f32; 8]; 4] {
        turned(rows)
    }

    /// Two columns of four rows, as rows.
    #[inline(always)]
    fn turn_f64(self, rows: [[f64; 2]; 4]) -> [[f64; 4]; 2] {
        turned(rows)
    }
}

#[inline(always)]
fn turned<T: Copy, const M: usize, const N: usize>(rows: [[T; N]; M]) -> [[T; M]; N] {
    let mut columns = [[rows[0][0]; M]; N];
    for (i, row) in rows.iter().enumerate() {
        for (j, x) in row.iter().enumerate() {
            columns[j][i] = *x;
        }
    }
    columns
}

/// A number that the kernels multiply.
pub trait Number: Copy + Send + Sync + 'static {
    type Vector<S: Simd>: Copy;
    const ZERO: Self;
    /// How many rows are turned together: those that fill 256 bits.
    const SIDE: usize;

    fn splat<S: Simd>(s: S, x: Self) -> Self::Vector<S>;
    fn add<S: Simd>(s: S, a: Self::Vector<S>, b: Self::Vector<S>) -> Self::Vector<S>;
    fn multiply<S: Simd>(s: S, a: Self::Vector<S>, b: Self::Vector<S>) -> Self::Vector<S>;
    /// a b + c, rounded once if the machine is [fused](Machine::FUSED).
    fn multiply_add<S: Machine>(
        s: S,
        a: Self::Vector<S>,
        b: Self::Vector<S>,
        c: Self::Vector<S>,
    ) -> Self::Vector<S>;
    /// The same with single numbers, and the same bits.
    fn multiply_add_one<S: Machine>(a: Self, b: Self, c: Self) -> Self;
    fn add_one(a: Self, b: Self) -> Self;
    fn multiply_one(a: Self, b: Self) -> Self;
    /// The whole vectors of a slice.
    fn vectors<S: Simd>(x: &[Self]) -> &[Self::Vector<S>];
    fn vectors_mut<S: Simd>(x: &mut [Self]) -> &mut [Self::Vector<S>];
    /// A vector of fewer numbers than it holds, and zeros.
    fn load_few<S: Simd>(s: S, x: &[Self]) -> Self::Vector<S>;
    /// Writes so many numbers of it.
    fn store_few<S: Simd>(s: S, x: &mut [Self], from: Self::Vector<S>);
    /// Writes [`SIDE`](Self::SIDE) rows of so many numbers, `step` apart, as columns from `at` on to lines of `width`; returns
    /// how many numbers of each, since the last few are left.
    fn turn<S: Machine>(s: S, rows: Rows<'_, Self>, to: &mut [Self], width: usize, at: usize) -> usize
    where
        Self: Sized;
    /// The chains of products of each of these rows, `SIDE` of them a vector, with each of R lines of factors.
    fn turn_and_multiply<S: Machine, const R: usize, const G: usize>(
        s: S,
        rows: [Rows<'_, Self>; G],
        factors: &[[Self; R]],
    ) -> [[Self::Vector<S>; R]; G]
    where
        Self: Sized;
    /// This thread's memory for packed operands.
    fn with_room<R>(f: impl FnOnce(&mut Vec<Self>) -> R) -> R
    where
        Self: Sized;
}

/// Rows of `depth` numbers, `step` apart.
#[derive(Clone, Copy, Debug)]
pub struct Rows<'a, T> {
    pub data: &'a [T],
    pub step: usize,
    pub depth: usize,
}

/// How many numbers a vector holds.
#[inline(always)]
pub const fn lanes<T: Number, S: Simd>() -> usize {
    size_of::<T::Vector<S>>() / size_of::<T>()
}

/// What is to be compiled for a machine.
pub trait Job {
    fn run<S: Machine>(self, s: S);
}

/// Runs it as a function of its own, compiled for the machine.
#[inline(always)]
pub fn run<S: Machine, J: Job>(s: S, job: J) {
    struct Compiled<S, J>(S, J);
    impl<M: Machine, J: Job> WithSimd for Compiled<M, J> {
        type Output = ();
        #[inline(always)]
        fn with_simd<S: Simd>(self, _: S) {
            self.1.run(self.0);
        }
    }
    s.vectorize(Compiled(s, job));
}

macro_rules! number {
    (
        $type:ident, $vector:ident, $splat:ident, $add:ident, $multiply:ident, $multiply_add:ident,
        $slice:ident, $slice_mut:ident, $load:ident, $store:ident, $turn:ident, $side:literal, $half:literal
    ) => {
        impl Number for $type {
            type Vector<S: Simd> = S::$vector;
            const ZERO: Self = 0.0;
            const SIDE: usize = $side;

            #[inline(always)]
            fn splat<S: Simd>(s: S, x: Self) -> S::$vector {
                s.$splat(x)
            }
            #[inline(always)]
            fn add<S: Simd>(s: S, a: S::$vector, b: S::$vector) -> S::$vector {
                s.$add(a, b)
            }
            #[inline(always)]
            fn multiply<S: Simd>(s: S, a: S::$vector, b: S::$vector) -> S::$vector {
                s.$multiply(a, b)
            }
            #[inline(always)]
            fn multiply_add<S: Machine>(s: S, a: S::$vector, b: S::$vector, c: S::$vector) -> S::$vector {
                if S::FUSED { s.$multiply_add(a, b, c) } else { s.$add(s.$multiply(a, b), c) }
            }
            #[inline(always)]
            fn multiply_add_one<S: Machine>(a: Self, b: Self, c: Self) -> Self {
                if S::FUSED { a.mul_add(b, c) } else { a * b + c }
            }
            #[inline(always)]
            fn add_one(a: Self, b: Self) -> Self {
                a + b
            }
            #[inline(always)]
            fn multiply_one(a: Self, b: Self) -> Self {
                a * b
            }
            #[inline(always)]
            fn vectors<S: Simd>(x: &[Self]) -> &[S::$vector] {
                S::$slice(x).0
            }
            #[inline(always)]
            fn vectors_mut<S: Simd>(x: &mut [Self]) -> &mut [S::$vector] {
                S::$slice_mut(x).0
            }
            #[inline(always)]
            fn load_few<S: Simd>(s: S, x: &[Self]) -> S::$vector {
                s.$load(x)
            }
            #[inline(always)]
            fn store_few<S: Simd>(s: S, x: &mut [Self], from: S::$vector) {
                s.$store(x, from);
            }

            #[inline(always)]
            fn turn<S: Machine>(
                s: S,
                from: Rows<'_, Self>,
                to: &mut [Self],
                width: usize,
                at: usize,
            ) -> usize {
                let blocks = from.depth / (2 * $half);
                // Slices of one length, made in a loop that is unrolled: so no access is checked.
                let mut rows: [&[[[$type; $half]; 2]]; $side] = [&[]; $side];
                for (i, row) in rows.iter_mut().enumerate() {
                    let whole = &from.data[i * from.step..][..from.depth];
                    *row = &whole.as_chunks::<$half>().0.as_chunks::<2>().0[..blocks];
                }
                let mut rest = &mut to[..blocks * 2 * $half * width];
                for block in 0..blocks {
                    for half in 0..2 {
                        let mut square = [[0.0; $half]; $side];
                        for i in 0..$side {
                            square[i] = rows[i][block][half];
                        }
                        let square = s.$turn(square);
                        for k in 0..$half {
                            let (line, after) = rest.split_at_mut(width);
                            line[at..at + $side].copy_from_slice(&square[k]);
                            rest = after;
                        }
                    }
                }
                blocks * 2 * $half
            }

            #[inline(always)]
            fn turn_and_multiply<S: Machine, const R: usize, const G: usize>(
                s: S,
                from: [Rows<'_, Self>; G],
                factors: &[[Self; R]],
            ) -> [[S::$vector; R]; G] {
                #[inline(always)]
                fn turned<S: Machine, const R: usize>(
                    s: S,
                    rows: &[&[[$type; $half]]; $side],
                    block: usize,
                    factors: &[[$type; R]; $half],
                    sums: &mut [S::$vector; R],
                ) {
                    let mut square = [[0.0; $half]; $side];
                    for i in 0..$side {
                        square[i] = rows[i][block];
                    }
                    let square = s.$turn(square);
                    for k in 0..$half {
                        let column = S::$slice(&square[k]).0[0];
                        for r in 0..R {
                            let x = s.$splat(factors[k][r]);
                            sums[r] = <$type as Number>::multiply_add(s, column, x, sums[r]);
                        }
                    }
                }
                let depth = factors.len();
                let blocks = depth / $half;
                let mut rows: [[&[[$type; $half]]; $side]; G] = [[&[]; $side]; G];
                for g in 0..G {
                    for i in 0..$side {
                        let whole = &from[g].data[i * from[g].step..][..depth];
                        rows[g][i] = &whole.as_chunks::<$half>().0[..blocks];
                    }
                }
                let lines = &factors.as_chunks::<$half>().0[..blocks];
                let mut sums = [[s.$splat(0.0); R]; G];
                for (block, factors) in lines.iter().enumerate() {
                    // One by one: a loop would not be unrolled, and would keep the sums out of the registers.
                    turned(s, &rows[0], block, factors, &mut sums[0]);
                    if G > 1 {
                        turned(s, &rows[1], block, factors, &mut sums[1]);
                    }
                    if G > 2 {
                        turned(s, &rows[2], block, factors, &mut sums[2]);
                    }
                    if G > 3 {
                        turned(s, &rows[3], block, factors, &mut sums[3]);
                    }
                }
                for k in blocks * $half..depth {
                    for g in 0..G {
                        let mut column = [0.0; $side];
                        for i in 0..$side {
                            column[i] = from[g].data[i * from[g].step + k];
                        }
                        let column = S::$slice(&column).0[0];
                        for r in 0..R {
                            let x = s.$splat(factors[k][r]);
                            sums[g][r] = Self::multiply_add(s, column, x, sums[g][r]);
                        }
                    }
                }
                sums
            }

            fn with_room<R>(f: impl FnOnce(&mut Vec<Self>) -> R) -> R {
                thread_local! {
                    static ROOM: RefCell<Vec<$type>> = const { RefCell::new(Vec::new()) };
                }
                ROOM.with_borrow_mut(f)
            }
        }
    };
}

number!(
    f32,
    f32s,
    splat_f32s,
    add_f32s,
    mul_f32s,
    mul_add_f32s,
    as_simd_f32s,
    as_mut_simd_f32s,
    partial_load_f32s,
    partial_store_f32s,
    turn_f32,
    8,
    4
);
number!(
    f64,
    f64s,
    splat_f64s,
    add_f64s,
    mul_f64s,
    mul_add_f64s,
    as_simd_f64s,
    as_mut_simd_f64s,
    partial_load_f64s,
    partial_store_f64s,
    turn_f64,
    4,
    2
);

/// Vectors of 128 bits that the compiler makes of plain loops: what every machine has.
impl Machine for pulp::Scalar128b {
    const FUSED: bool = false;
    type Turning = Self;

    #[inline(always)]
    fn turning(self) -> Self {
        self
    }
}

#[cfg(target_arch = "aarch64")]
impl Machine for pulp::aarch64::Neon {
    const FUSED: bool = true;
    type Turning = Self;

    #[inline(always)]
    fn turning(self) -> Self {
        self
    }
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use super::Machine;
    use pulp::x86::{V3, V4};
    use pulp::{cast, f32x4, f32x8, f64x2, f64x4};
    use std::arch::x86_64::{__m256, __m256d};

    /// AVX2 and FMA.
    impl Machine for V3 {
        const FUSED: bool = true;
        type Turning = Self;

        #[inline(always)]
        fn turning(self) -> Self {
            self
        }

        // Rows i and i + 4 share a vector, so that nothing has to cross its halves later.
        #[inline(always)]
        fn turn_f32(self, rows: [[f32; 4]; 8]) -> [[f32; 8]; 4] {
            let avx = self.avx;
            let [a, b, c, d] = [
                both_f32(self, rows[0], rows[4]),
                both_f32(self, rows[1], rows[5]),
                both_f32(self, rows[2], rows[6]),
                both_f32(self, rows[3], rows[7]),
            ];
            let (ab, ab_high) = (avx._mm256_unpacklo_ps(a, b), avx._mm256_unpackhi_ps(a, b));
            let (cd, cd_high) = (avx._mm256_unpacklo_ps(c, d), avx._mm256_unpackhi_ps(c, d));
            [
                numbers_f32(avx._mm256_shuffle_ps::<0b01_00_01_00>(ab, cd)),
                numbers_f32(avx._mm256_shuffle_ps::<0b11_10_11_10>(ab, cd)),
                numbers_f32(avx._mm256_shuffle_ps::<0b01_00_01_00>(ab_high, cd_high)),
                numbers_f32(avx._mm256_shuffle_ps::<0b11_10_11_10>(ab_high, cd_high)),
            ]
        }

        #[inline(always)]
        fn turn_f64(self, rows: [[f64; 2]; 4]) -> [[f64; 4]; 2] {
            let [a, b] = [both_f64(self, rows[0], rows[2]), both_f64(self, rows[1], rows[3])];
            [numbers_f64(self.avx._mm256_unpacklo_pd(a, b)), numbers_f64(self.avx._mm256_unpackhi_pd(a, b))]
        }
    }

    #[inline(always)]
    fn both_f32(s: V3, low: [f32; 4], high: [f32; 4]) -> __m256 {
        let low = s.avx._mm256_castps128_ps256(cast(cast::<_, f32x4>(low)));
        s.avx._mm256_insertf128_ps::<1>(low, cast(cast::<_, f32x4>(high)))
    }

    #[inline(always)]
    fn both_f64(s: V3, low: [f64; 2], high: [f64; 2]) -> __m256d {
        let low = s.avx._mm256_castpd128_pd256(cast(cast::<_, f64x2>(low)));
        s.avx._mm256_insertf128_pd::<1>(low, cast(cast::<_, f64x2>(high)))
    }

    #[inline(always)]
    fn numbers_f32(vector: __m256) -> [f32; 8] {
        cast(cast::<_, f32x8>(vector))
    }

    #[inline(always)]
    fn numbers_f64(vector: __m256d) -> [f64; 4] {
        cast(cast::<_, f64x4>(vector))
    }

    /// AVX-512, which turns blocks in the shorter vectors.
    impl Machine for V4 {
        const FUSED: bool = true;
        const MASKED: bool = true;
        type Turning = V3;

        #[inline(always)]
        fn turning(self) -> V3 {
            *self
        }

        #[inline(always)]
        fn turn_f32(self, rows: [[f32; 4]; 8]) -> [[f32; 8]; 4] {
            (*self).turn_f32(rows)
        }

        #[inline(always)]
        fn turn_f64(self, rows: [[f64; 2]; 4]) -> [[f64; 4]; 2] {
            (*self).turn_f64(rows)
        }
    }
}
