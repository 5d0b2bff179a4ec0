//! How an elementwise function is run: on slices at the machine's full width, and on single numbers.
//!
//! The plain x86-64 that Rust compiles for has vectors of 128 bits. The loop over slices is therefore compiled once more
//! for 256 and for 512 bits, and the widest that the machine has is chosen at run time, by [`pulp`], in safe code. All of
//! the loop's body must be in it, or it stays scalar: whatever a kernel calls is `#[inline(always)]`.
//!
//! **Bits.** Every form runs the same plain IEEE operations on each element, and nothing contracts or reorders them, so
//! that a result depends neither on the form, nor on the machine's width, nor on where in a slice the element is. (Only
//! *which* NaN a NaN is, Rust leaves open.) This is why no kernel may use `mul_add`.

use pulp::{Arch, NullaryFnOnce};

/// An elementwise function in the two forms in which it is run. Both come from one expression, and give the same bits.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Kernel<T> {
    /// On slices, all of the output's length.
    pub slices: Slices<T>,
    /// On numbers. Operands beyond its arity are ignored.
    pub scalar: fn(T, T, T) -> T,
}

/// A loop over one, two or three operands; the last slice is the output.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Slices<T> {
    One(fn(&[T], &mut [T])),
    Two(fn(&[T], &[T], &mut [T])),
    Three(Three<T>),
}

type Three<T> = fn(&[T], &[T], &[T], &mut [T]);

impl<T> Kernel<T> {
    pub fn arity(&self) -> usize {
        match self.slices {
            Slices::One(_) => 1,
            Slices::Two(_) => 2,
            Slices::Three(_) => 3,
        }
    }
}

/// The [`Kernel`] of an expression in one, two or three operands, whose type is called `T`: `kernel!(|a, b| a + b)`.
macro_rules! kernel {
    (|$a:ident| $y:expr) => {{
        #[inline(always)]
        fn scalar<T: Float>($a: T, _: T, _: T) -> T {
            $y
        }
        let slices = Slices::One(|a, y| each(scalar, [a, a, a], y));
        Kernel { slices, scalar }
    }};
    (|$a:ident, $b:ident| $y:expr) => {{
        #[inline(always)]
        fn scalar<T: Float>($a: T, $b: T, _: T) -> T {
            $y
        }
        let slices = Slices::Two(|a, b, y| each(scalar, [a, b, b], y));
        Kernel { slices, scalar }
    }};
    (|$a:ident, $b:ident, $c:ident| $y:expr) => {{
        #[inline(always)]
        fn scalar<T: Float>($a: T, $b: T, $c: T) -> T {
            $y
        }
        let slices = Slices::Three(|a, b, c, y| each(scalar, [a, b, c], y));
        Kernel { slices, scalar }
    }};
}
pub(super) use kernel;

/// The loop that all kernels share. (An operand that the function ignores is not read.)
pub(super) fn each<T: Copy>(f: impl Fn(T, T, T) -> T, operands: [&[T]; 3], out: &mut [T]) {
    Arch::new().dispatch(Loop { f, operands, out });
}

/// A closure would do, but could not be marked `#[inline(always)]`.
struct Loop<'a, T, F> {
    f: F,
    operands: [&'a [T]; 3],
    out: &'a mut [T],
}

impl<T: Copy, F: Fn(T, T, T) -> T> NullaryFnOnce for Loop<'_, T, F> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let [a, b, c] = self.operands;
        for (((y, a), b), c) in self.out.iter_mut().zip(a).zip(b).zip(c) {
            *y = (self.f)(*a, *b, *c);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Float, Prim};
    use rand::rngs::Xoshiro256PlusPlus;
    use rand::{RngExt, SeedableRng};

    fn run<T: Float>(slices: Slices<T>, [a, b, c]: [&[T]; 3], y: &mut [T]) {
        match slices {
            Slices::One(f) => f(a, y),
            Slices::Two(f) => f(a, b, y),
            Slices::Three(f) => f(a, b, c, y),
        }
    }

    /// Bits that are equal as numbers' bits are: of a NaN, it counts only that it is one.
    fn bits<T: Float>(x: T) -> u64 {
        if x.is_nan() { f64::NAN.to_bits() } else { x.to_f64().to_bits() }
    }

    /// A number of any kind: a special one, or another of any size.
    fn number<T: Float>(rng: &mut Xoshiro256PlusPlus) -> T {
        let special =
            [0.0, -0.0, 1.0, -1.0, f64::INFINITY, -f64::INFINITY, f64::NAN, 1e-310, -1e-40, 3e38, -1e308];
        T::from_f64(match rng.random_range(0..4) {
            0 => special[rng.random_range(0..special.len())],
            1 => f64::from_bits(rng.random_range(0..=u64::MAX)),
            // Few enough that there are ties, and of a size at which functions do not overflow.
            _ => f64::from(rng.random_range(-2000..=2000)) / 500.0,
        })
    }

    fn forms_agree<T: Float>() {
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(1);
        for prim in Prim::all() {
            let Some(Kernel { slices, scalar }) = prim.kernel::<T>() else { continue };
            assert_eq!(prim.arity(), Some(Kernel { slices, scalar }.arity()));
            for len in 0..70 {
                for offset in [0, 1, 3, 7] {
                    let operands: [Vec<T>; 3] =
                        std::array::from_fn(|_| (0..offset + len).map(|_| number(&mut rng)).collect());
                    let [a, b, c] = operands.each_ref().map(|operand| &operand[offset..]);
                    let mut out = vec![T::zero(); len];
                    run(slices, [a, b, c], &mut out);
                    for i in 0..len {
                        let number = scalar(a[i], b[i], c[i]);
                        let operands = (a[i], b[i], c[i]);
                        assert_eq!(
                            bits(out[i]),
                            bits(number),
                            "{}{operands:?}, {len} from {offset}",
                            prim.name()
                        );
                    }
                }
            }
        }
    }

    #[test]
    fn forms_agree_bit_for_bit() {
        forms_agree::<f32>();
        forms_agree::<f64>();
    }

    /// Operands that a function has no use for do not change it.
    #[test]
    fn surplus_operands_are_ignored() {
        for prim in Prim::all() {
            let Some(kernel) = prim.kernel::<f64>() else { continue };
            let padded = |pad: f64| {
                let operands: [f64; 3] = std::array::from_fn(|i| if i < kernel.arity() { 0.3 } else { pad });
                (kernel.scalar)(operands[0], operands[1], operands[2]).to_bits()
            };
            assert_eq!(padded(1.0), padded(f64::NAN), "{}", prim.name());
        }
    }

    #[test]
    fn elementwise_families_have_kernels() {
        let with: Vec<&str> =
            Prim::all().iter().filter(|prim| prim.kernel::<f32>().is_some()).map(Prim::name).collect();
        for name in ["neg", "detach", "add", "atan2", "gt", "select"] {
            assert!(with.contains(&name), "{name} is not in {with:?}");
        }
        for name in ["input", "sum", "reshape", "take", "matmul"] {
            assert!(!with.contains(&name), "{name} is in {with:?}");
        }
    }
}
