//! A corpus of functions with their derivatives by hand: right ones, and wrong ones as people write them.
//!
//! Each function has one or several derivations, generic over the precision, in which a *version* says what is done
//! wrongly; `""` is the plain one. What is claimed, right or wrong, is held by `differences.rs`, which knows neither a
//! rule nor the examiner; and then the examiner is held by the claims.

use super::Outcome;
use super::differences::{self, Inputs};
use ndarray::{Array1, Array2, Array3, NdFloat};
use wengert::check::{self, Check, Derivative, Mistake, Values};
use wengert::{Float, Var};

pub type A1<T> = Array1<T>;
pub type A2<T> = Array2<T>;
pub type A3<T> = Array3<T>;

/// What the functions are generic over. Derivatives by hand ask for ndarray's part of it alone.
pub trait Real: Float + NdFloat {
    /// |x|, of which both of its parents have a method.
    fn positive(self) -> Self {
        if self < Self::zero() { -self } else { self }
    }

    /// In double precision, likewise.
    fn as_f64(self) -> f64 {
        wengert::Arithmetic::to_f64(self)
    }

    /// √x, likewise.
    fn root(self) -> Self {
        <Self as wengert::Arithmetic>::sqrt(self)
    }
}
impl<T: Float + NdFloat> Real for T {}

/// A number of the precision.
pub fn c<T: NdFloat>(x: f64) -> T {
    T::from(x).expect("every number has a nearest one")
}

/// A size as a number.
pub fn size<T: NdFloat>(n: usize) -> T {
    T::from(n).expect("sizes are small")
}

/// A function with its versions.
pub struct Function {
    pub name: &'static str,
    /// In single and in double precision.
    pub examine: [fn(&Exam, &'static str) -> Found; 2],
    /// Right versions.
    pub right: &'static [&'static str],
    pub wrong: &'static [Slip],
}

/// A version with a mistake.
pub struct Slip {
    pub name: &'static str,
    /// What a good examiner may say; nothing if no simple mistake fits.
    pub fitting: &'static [Mistake],
    /// Whether differences at ordinary numbers see it; what is wrong at ties and far out only, they do not.
    pub ordinary: bool,
}

/// `"name" [Mistake …]`, and `far` in front of what is right at ordinary numbers.
macro_rules! function {
    ($name:literal, $examine:ident, right: [$($right:literal),* $(,)?], wrong: [$($wrong:tt)*]) => {
        $crate::tester::corpus::Function {
            name: $name,
            examine: [$examine::<f32>, $examine::<f64>],
            right: &[$($right),*],
            wrong: $crate::tester::corpus::slips!([] $($wrong)*),
        }
    };
}
macro_rules! slips {
    ([$($done:expr),*]) => { &[$($done),*] };
    ([$($done:expr),*] far $name:literal [$($fitting:expr),*], $($rest:tt)*) => {
        $crate::tester::corpus::slips!([$($done,)* $crate::tester::corpus::Slip {
            name: $name, fitting: &[$($fitting),*], ordinary: false
        }] $($rest)*)
    };
    ([$($done:expr),*] $name:literal [$($fitting:expr),*], $($rest:tt)*) => {
        $crate::tester::corpus::slips!([$($done,)* $crate::tester::corpus::Slip {
            name: $name, fitting: &[$($fitting),*], ordinary: true
        }] $($rest)*)
    };
}
pub(crate) use {function, slips};

/// How a version is examined.
#[derive(Clone, Copy)]
pub struct Exam {
    pub how: How,
    pub any_subgradient: bool,
}

#[derive(Clone, Copy)]
pub enum How {
    /// By the examiner.
    Run { seed: u64, cases: u32 },
    /// By differences of the function's values alone, until they are so far apart.
    Differences { enough: f64 },
}

/// What came out of it.
pub enum Found {
    Judged(Box<Outcome>),
    /// How far the gradient is from differences, in parts of its largest element.
    Apart(f64),
}

impl Exam {
    pub const fn new(how: How) -> Self {
        Self { how, any_subgradient: false }
    }

    /// Any convention will do at kinks.
    pub fn of_any_subgradient(self) -> Self {
        Self { any_subgradient: true, ..self }
    }

    /// A function and its backward, on these shapes; with other numbers than any in the inputs named.
    pub fn backward<T: Real, M, const N: usize>(
        &self,
        formula: impl for<'t> Fn([Var<'t, T>; N]) -> Var<'t, T>,
        by_hand: impl Derivative<T, M>,
        shapes: [&str; N],
        values: &[(&str, Values)],
    ) -> Found {
        self.examine(true, formula, by_hand, shapes, values)
    }

    /// A loss and its gradient.
    pub fn gradient<T: Real, M, const N: usize>(
        &self,
        formula: impl for<'t> Fn([Var<'t, T>; N]) -> Var<'t, T>,
        by_hand: impl Derivative<T, M>,
        shapes: [&str; N],
        values: &[(&str, Values)],
    ) -> Found {
        self.examine(false, formula, by_hand, shapes, values)
    }

    fn examine<T: Real, M, const N: usize>(
        &self,
        takes_cotangent: bool,
        formula: impl for<'t> Fn([Var<'t, T>; N]) -> Var<'t, T>,
        by_hand: impl Derivative<T, M>,
        shapes: [&str; N],
        values: &[(&str, Values)],
    ) -> Found {
        match self.how {
            How::Run { seed, cases } => {
                let function =
                    if takes_cotangent { check::backward(formula) } else { check::gradient(formula) };
                self.run(function.against(by_hand).shapes(shapes), seed, cases, values)
            }
            How::Differences { enough } => {
                let inputs = Inputs { shapes, values };
                Found::Apart(differences::apart(&formula, &by_hand, takes_cotangent, &inputs, enough))
            }
        }
    }

    fn run<T: Real>(
        &self,
        mut check: Check<'_, T>,
        seed: u64,
        cases: u32,
        values: &[(&str, Values)],
    ) -> Found {
        for (input, values) in values {
            check = check.values(input, values.clone());
        }
        if self.any_subgradient {
            check = check.any_subgradient();
        }
        Found::Judged(Box::new(check.seed(seed).cases(cases).without_persistence().try_run()))
    }
}
