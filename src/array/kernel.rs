//! How an elementwise function is run: on slices at the machine's full width, and on single numbers.
//!
//! The loop over slices is compiled once for each set of [`Instructions`]. All of the loop's body must be in it, or it stays
//! scalar: whatever a kernel calls is `#[inline(always)]`.
//!
//! **Bits.** Every form runs the same plain IEEE operations on each element, and nothing contracts or reorders them, so
//! that a result depends neither on the form, nor on the machine's width, nor on where in a slice the element is. (Only
//! *which* NaN a NaN is, Rust leaves open.) This is why no kernel may use `mul_add`.

use super::{Arithmetic, Instructions};
use pulp::NullaryFnOnce;
use std::marker::PhantomData;

/// An elementwise function in the two forms in which it is run. Both come from one expression, and give the same bits.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Kernel<T> {
    /// On slices, all of the output's length.
    pub slices: Slices<T>,
    /// On numbers. Operands beyond its arity are ignored.
    pub scalar: fn(T, T, T) -> T,
    /// What it is, if it is so short that a call would take longer.
    pub plain: Option<Plain>,
}

/// Arithmetic that takes a processor one instruction or a few.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Plain {
    Add,
    Sub,
    Mul,
    Div,
    Azmul,
    Azdiv,
    Neg,
}

impl Plain {
    /// All, in the order of their declaration.
    pub const ALL: [Self; 7] =
        [Self::Add, Self::Sub, Self::Mul, Self::Div, Self::Azmul, Self::Azdiv, Self::Neg];

    /// A negation has no use for the second operand.
    #[inline(always)]
    pub fn of<T: Arithmetic>(self, a: T, b: T) -> T {
        match self {
            Self::Add => a + b,
            Self::Sub => a - b,
            Self::Mul => a * b,
            Self::Div => a / b,
            Self::Azmul => a.azmul(b),
            Self::Azdiv => a.azdiv(b),
            Self::Neg => -a,
        }
    }
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
    /// The same, known to be this arithmetic.
    pub const fn plain(mut self, plain: Plain) -> Self {
        self.plain = Some(plain);
        self
    }

    /// What it takes an element, roughly, in the first cache.
    pub fn picoseconds(&self) -> usize {
        let of_f32 = if self.plain.is_some() { 150 } else { 800 };
        of_f32 * size_of::<T>() / size_of::<f32>()
    }

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
        struct Of;
        impl<T: $crate::array::Arithmetic> $crate::array::Elementwise<T> for Of {
            #[inline(always)]
            fn of($a: T, _: T, _: T) -> T {
                $y
            }
        }
        let slices = $crate::array::Slices::One(|a, y| $crate::array::each::<_, Of>([a, a, a], y));
        $crate::array::Kernel { slices, scalar: <Of as $crate::array::Elementwise<_>>::of, plain: None }
    }};
    (|$a:ident, $b:ident| $y:expr) => {{
        struct Of;
        impl<T: $crate::array::Arithmetic> $crate::array::Elementwise<T> for Of {
            #[inline(always)]
            fn of($a: T, $b: T, _: T) -> T {
                $y
            }
        }
        let slices = $crate::array::Slices::Two(|a, b, y| $crate::array::each::<_, Of>([a, b, b], y));
        $crate::array::Kernel { slices, scalar: <Of as $crate::array::Elementwise<_>>::of, plain: None }
    }};
    (|$a:ident, $b:ident, $c:ident| $y:expr) => {{
        struct Of;
        impl<T: $crate::array::Arithmetic> $crate::array::Elementwise<T> for Of {
            #[inline(always)]
            fn of($a: T, $b: T, $c: T) -> T {
                $y
            }
        }
        let slices = $crate::array::Slices::Three(|a, b, c, y| $crate::array::each::<_, Of>([a, b, c], y));
        $crate::array::Kernel { slices, scalar: <Of as $crate::array::Elementwise<_>>::of, plain: None }
    }};
}
pub(crate) use kernel;

/// A function of numbers, as a type. What is handed on as a value is called through a shim, which is not inlined where the
/// function is long, and the loop stays scalar then.
pub(crate) trait Elementwise<T> {
    /// Operands beyond its arity are ignored.
    fn of(a: T, b: T, c: T) -> T;
}

/// The loop that all kernels share. (An operand that the function ignores is not read.)
pub(crate) fn each<T: Copy, F: Elementwise<T>>(operands: [&[T]; 3], out: &mut [T]) {
    Instructions::current().dispatch(Loop { f: PhantomData::<F>, operands, out });
}

/// A closure would do, but could not be marked `#[inline(always)]`.
struct Loop<'a, T, F> {
    f: PhantomData<F>,
    operands: [&'a [T]; 3],
    out: &'a mut [T],
}

impl<T: Copy, F: Elementwise<T>> NullaryFnOnce for Loop<'_, T, F> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let [a, b, c] = self.operands;
        for (((y, a), b), c) in self.out.iter_mut().zip(a).zip(b).zip(c) {
            *y = F::of(*a, *b, *c);
        }
    }
}
