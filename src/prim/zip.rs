//! Elementwise functions of two operands of equal shape.
//!
//! As in the family of one operand, the Jacobian with respect to each operand is diagonal, and one
//! expression `d · ∂y/∂operand` serves both sweeps.

use super::{Domain, Family, Prim, Rule, equal_shapes, family, sum_of, table};
use crate::Float;
use crate::array::{Arithmetic, Kernel, Known, Layout, Room, Shape, Value, Work, elementwise, kernel};
use crate::error::{Error, Problem, must};
use crate::tape::{IntoVar, Var, broadcast};

family! {
    /// An elementwise function of two operands.
    Zip { Add, Sub, Mul, Div, Pow, Max, Min, Atan2 }
}

/// All there is to know about one of them.
struct Row<T: Float> {
    name: &'static str,
    formula: &'static str,
    /// `d · ∂y/∂a`, given `d`, `[a, b]` and `y`.
    chain_a: Chain<T>,
    /// `d · ∂y/∂b`.
    chain_b: Chain<T>,
    domain: Domain,
}

type Chain<T> = for<'t> fn(Var<'t, T>, [Var<'t, T>; 2], Var<'t, T>) -> Var<'t, T>;

table! {
    Zip: Row<T>, kernel: Kernel<T>;

    Add => {
        name: "add",
        formula: "a + b",
        kernel: kernel!(|a, b| a + b),
        chain_a: |d, _, _| d,
        chain_b: |d, _, _| d,
        domain: Domain::ALL,
    },
    Sub => {
        name: "sub",
        formula: "a - b",
        kernel: kernel!(|a, b| a - b),
        chain_a: |d, _, _| d,
        chain_b: |d, _, _| -d,
        domain: Domain::ALL,
    },
    Mul => {
        name: "mul",
        formula: "a * b",
        kernel: kernel!(|a, b| a * b),
        chain_a: |d, [_, b], _| d * b,
        chain_b: |d, [a, _], _| d * a,
        domain: Domain::ALL,
    },
    Div => {
        name: "div",
        formula: "a / b",
        kernel: kernel!(|a, b| a / b),
        chain_a: |d, [_, b], _| d / b,
        chain_b: |d, [_, b], y| -(d * y / b),
        domain: Domain::only("b ≠ 0", |ab| ab[1] != 0.0),
    },
    Pow => {
        name: "pow",
        formula: "a ^ b",
        kernel: kernel!(|a, b| a.powf(b)),
        chain_a: |d, [a, b], _| d * pow_slope(a, b),
        chain_b: |d, [a, _], y| {
            // 0ᵇ is constant in b for b > 0: its slope is 0 there, not 0 · log 0.
            let safe = a.eq(a.lift(0.0)).select(a.lift(1.0), a);
            d * (y * safe.log())
        },
        domain: Domain::only("a > 0", |ab| ab[0] > 0.0),
    },
    Max => {
        name: "maximum",
        formula: "max(a, b)",
        kernel: kernel!(|a, b| max(a, b)),
        chain_a: |d, [a, b], _| share(d, a.ge(b), a.eq(b)),
        chain_b: |d, [a, b], _| share(d, b.ge(a), a.eq(b)),
        domain: Domain::ALL.kinked("at a tie, half to each", |ab| ab[0] == ab[1]),
    },
    Min => {
        name: "minimum",
        formula: "min(a, b)",
        kernel: kernel!(|a, b| -max(-a, -b)),
        chain_a: |d, [a, b], _| share(d, a.le(b), a.eq(b)),
        chain_b: |d, [a, b], _| share(d, b.le(a), a.eq(b)),
        domain: Domain::ALL.kinked("at a tie, half to each", |ab| ab[0] == ab[1]),
    },
    Atan2 => {
        name: "atan2",
        formula: "the angle of the point (b, a)",
        kernel: kernel!(|a, b| a.atan2(b)),
        chain_a: |d, [a, b], _| d * b / (a * a + b * b),
        chain_b: |d, [a, b], _| -(d * a / (a * a + b * b)),
        domain: Domain::only("not a = 0 with b ≤ 0", |ab| ab[0] != 0.0 || ab[1] > 0.0),
    },
}

impl Zip {
    /// `d · ∂y/∂operand` for operand 0 or 1.
    fn chain<'t, T: Float>(
        self,
        wrt: usize,
        d: Var<'t, T>,
        operands: &[Var<'t, T>],
        out: Var<'t, T>,
    ) -> Var<'t, T> {
        let row = self.row();
        let chain = if wrt == 0 { row.chain_a } else { row.chain_b };
        chain(d, [operands[0], operands[1]], out)
    }
}

/// The larger; NaN if either is.
#[inline(always)]
fn max<T: Arithmetic>(a: T, b: T) -> T {
    if a >= b || a.is_nan() { a } else { b }
}

/// b · aᵇ⁻¹, and 0 at a = b = 0, where a⁰ = 1 is constant in a but the formula reads 0 · ∞.
fn pow_slope<'t, T: Float>(a: Var<'t, T>, b: Var<'t, T>) -> Var<'t, T> {
    let both_zero = a.eq(a.lift(0.0)) * b.eq(b.lift(0.0));
    let safe = both_zero.select(b.lift(1.0), b);
    b * a.pow(safe - b.lift(1.0))
}

/// All of `d` to the winner, half of it at a tie, and nothing (not even a NaN of `d`) to the loser.
fn share<'t, T: Float>(d: Var<'t, T>, wins: Var<'t, T>, ties: Var<'t, T>) -> Var<'t, T> {
    wins.select(ties.select(d * d.lift(0.5), d), d.lift(0.0))
}

impl Rule for Zip {
    fn name(&self) -> &'static str {
        self.row::<f64>().name
    }

    fn formula(&self) -> String {
        self.row::<f64>().formula.into()
    }

    fn arity(&self) -> Option<usize> {
        Some(2)
    }

    fn domain(&self) -> Domain {
        self.row::<f64>().domain
    }

    fn shape(&self, operands: &[&[usize]]) -> Result<Shape, Problem> {
        equal_shapes(operands)
    }

    fn eval<T: Arithmetic>(&self, operands: &[&Value<T>], room: &Room) -> Result<Value<T>, Problem> {
        elementwise(self.computation(), operands, room)
    }

    fn kernel<T: Arithmetic>(&self) -> Option<Kernel<T>> {
        Some(self.computation())
    }

    fn work<T: Arithmetic>(&self, operands: &[&Layout]) -> Work<T> {
        Work::elementwise(self.computation(), operands)
    }

    fn shortcut<T: Arithmetic>(&self, operands: &[Known<T>]) -> Option<usize> {
        // By bits: x + 0 is not x where x is -0, but x + -0 and x - 0 are.
        let is = |operand: usize, number: f64| {
            operands[operand].number.is_some_and(|x| x.to_f64().to_bits() == number.to_bits())
        };
        match self {
            Self::Add if is(1, -0.0) => Some(0),
            Self::Add if is(0, -0.0) => Some(1),
            Self::Sub if is(1, 0.0) => Some(0),
            Self::Mul if is(0, 1.0) => Some(1),
            Self::Mul | Self::Div if is(1, 1.0) => Some(0),
            Self::Add
            | Self::Sub
            | Self::Mul
            | Self::Div
            | Self::Pow
            | Self::Max
            | Self::Min
            | Self::Atan2 => None,
        }
    }

    fn vjp<'t, T: Float>(
        &self,
        wrt: usize,
        operands: &[Var<'t, T>],
        out: Var<'t, T>,
        cotangent: Var<'t, T>,
    ) -> Option<Var<'t, T>> {
        Some(self.chain(wrt, cotangent, operands, out))
    }

    fn jvp<'t, T: Float>(
        &self,
        operands: &[Var<'t, T>],
        out: Var<'t, T>,
        tangents: &[Option<Var<'t, T>>],
    ) -> Option<Var<'t, T>> {
        sum_of(
            tangents
                .iter()
                .enumerate()
                .map(|(wrt, tangent)| tangent.map(|t| self.chain(wrt, t, operands, out))),
        )
    }

    fn fitting(_: &[usize]) -> Vec<Self> {
        Self::ALL.to_vec()
    }
}

/// The methods at the desk. Sum, difference, product and quotient are operators there; their twins
/// are here.
impl<'t, T: Float> Var<'t, T> {
    #[track_caller]
    fn zip(self, zip: Zip, other: impl IntoVar<'t, T>) -> Result<Self, Error> {
        let other = other.into_var(self.tape()).map_err(|error| error.called(zip.name()))?;
        broadcast(Prim(Family::Zip(zip)), &[self, other])
    }

    /// The operator `+`, without the panic.
    ///
    /// # Errors
    /// If the shapes do not broadcast, would both grow, or the operands are of different tapes.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// # let [a, b] = [2, 3].map(|n| tape.leaf("v", ndarray::Array1::<f64>::ones(n)));
    /// assert!(a.try_add(b).is_err()); // (2,) with (3,)
    /// assert!(a.try_add(5.0).is_ok());
    /// ```
    #[doc(alias = "add")]
    #[track_caller]
    pub fn try_add(self, other: impl IntoVar<'t, T>) -> Result<Self, Error> {
        self.zip(Zip::Add, other)
    }

    /// The operator `-`, without the panic.
    ///
    /// # Errors
    /// If the shapes do not broadcast, would both grow, or the operands are of different tapes.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// # let [a, b] = [2, 3].map(|n| tape.leaf("v", ndarray::Array1::<f64>::ones(n)));
    /// assert!(a.try_sub(b).is_err()); // (2,) with (3,)
    /// assert!(a.try_sub(5.0).is_ok());
    /// ```
    #[doc(alias = "subtract")]
    #[track_caller]
    pub fn try_sub(self, other: impl IntoVar<'t, T>) -> Result<Self, Error> {
        self.zip(Zip::Sub, other)
    }

    /// The operator `*`, without the panic.
    ///
    /// # Errors
    /// If the shapes do not broadcast, would both grow, or the operands are of different tapes.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// # let [a, b] = [2, 3].map(|n| tape.leaf("v", ndarray::Array1::<f64>::ones(n)));
    /// assert!(a.try_mul(b).is_err()); // (2,) with (3,)
    /// assert!(a.try_mul(5.0).is_ok());
    /// ```
    #[doc(alias = "multiply")]
    #[track_caller]
    pub fn try_mul(self, other: impl IntoVar<'t, T>) -> Result<Self, Error> {
        self.zip(Zip::Mul, other)
    }

    /// The operator `/`, without the panic.
    ///
    /// # Errors
    /// If the shapes do not broadcast, would both grow, or the operands are of different tapes.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// # let [a, b] = [2, 3].map(|n| tape.leaf("v", ndarray::Array1::<f64>::ones(n)));
    /// assert!(a.try_div(b).is_err()); // (2,) with (3,)
    /// assert!(a.try_div(5.0).is_ok());
    /// ```
    #[doc(alias = "true_divide")]
    #[track_caller]
    pub fn try_div(self, other: impl IntoVar<'t, T>) -> Result<Self, Error> {
        self.zip(Zip::Div, other)
    }

    /// aᵇ: each element to the power of the other's. NaN for a negative base with a broken exponent.
    ///
    /// Operands broadcast; a number may stand for a `Var`.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// assert_eq!(tape.leaf("a", 3.0).pow(2.0).item(), 9.0);
    /// ```
    #[doc(alias = "powf")]
    #[doc(alias = "powi")]
    #[doc(alias = "power")]
    #[track_caller]
    pub fn pow(self, exponent: impl IntoVar<'t, T>) -> Self {
        must(self.try_pow(exponent))
    }

    /// As [`pow`](Self::pow), without the panic.
    ///
    /// # Errors
    /// If the shapes do not broadcast, would both grow, or the operands are of different tapes.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// # let [a, b] = [2, 3].map(|n| tape.leaf("v", ndarray::Array1::<f64>::ones(n)));
    /// assert!(a.try_pow(b).is_err()); // (2,) with (3,)
    /// ```
    #[track_caller]
    pub fn try_pow(self, exponent: impl IntoVar<'t, T>) -> Result<Self, Error> {
        self.zip(Zip::Pow, exponent)
    }

    /// The larger of each pair; NaN if either is. At a tie each gets half of the cotangent.
    ///
    /// Operands broadcast; a number may stand for a `Var`.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// assert_eq!(tape.leaf("a", -3.0).maximum(0.0).item(), 0.0);
    /// ```
    #[doc(alias = "fmax")]
    #[track_caller]
    pub fn maximum(self, other: impl IntoVar<'t, T>) -> Self {
        must(self.try_maximum(other))
    }

    /// As [`maximum`](Self::maximum), without the panic.
    ///
    /// # Errors
    /// If the shapes do not broadcast, would both grow, or the operands are of different tapes.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// # let [a, b] = [2, 3].map(|n| tape.leaf("v", ndarray::Array1::<f64>::ones(n)));
    /// assert!(a.try_maximum(b).is_err()); // (2,) with (3,)
    /// ```
    #[track_caller]
    pub fn try_maximum(self, other: impl IntoVar<'t, T>) -> Result<Self, Error> {
        self.zip(Zip::Max, other)
    }

    /// The smaller of each pair; NaN if either is. At a tie each gets half of the cotangent.
    ///
    /// Operands broadcast; a number may stand for a `Var`.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// assert_eq!(tape.leaf("a", -3.0).minimum(0.0).item(), -3.0);
    /// ```
    #[doc(alias = "fmin")]
    #[track_caller]
    pub fn minimum(self, other: impl IntoVar<'t, T>) -> Self {
        must(self.try_minimum(other))
    }

    /// As [`minimum`](Self::minimum), without the panic.
    ///
    /// # Errors
    /// If the shapes do not broadcast, would both grow, or the operands are of different tapes.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// # let [a, b] = [2, 3].map(|n| tape.leaf("v", ndarray::Array1::<f64>::ones(n)));
    /// assert!(a.try_minimum(b).is_err()); // (2,) with (3,)
    /// ```
    #[track_caller]
    pub fn try_minimum(self, other: impl IntoVar<'t, T>) -> Result<Self, Error> {
        self.zip(Zip::Min, other)
    }

    /// The angle in radians, −π to π, of the point with this ordinate and abscissa `x`.
    ///
    /// Operands broadcast; a number may stand for a `Var`.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// assert_eq!(tape.leaf("a", 0.0).atan2(1.0).item(), 0.0);
    /// ```
    #[doc(alias = "arctan2")]
    #[track_caller]
    pub fn atan2(self, x: impl IntoVar<'t, T>) -> Self {
        must(self.try_atan2(x))
    }

    /// As [`atan2`](Self::atan2), without the panic.
    ///
    /// # Errors
    /// If the shapes do not broadcast, would both grow, or the operands are of different tapes.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// # let [a, b] = [2, 3].map(|n| tape.leaf("v", ndarray::Array1::<f64>::ones(n)));
    /// assert!(a.try_atan2(b).is_err()); // (2,) with (3,)
    /// ```
    #[track_caller]
    pub fn try_atan2(self, x: impl IntoVar<'t, T>) -> Result<Self, Error> {
        self.zip(Zip::Atan2, x)
    }
}
