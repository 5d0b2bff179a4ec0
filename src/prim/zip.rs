//! Elementwise functions of two operands of equal shape.
//!
//! As in the family of one operand, the Jacobian with respect to each operand is diagonal, and one slope serves both
//! sweeps. The products with which they multiply it, [`Zip::Azmul`] and [`Zip::Azdiv`], are of this family themselves:
//! their slopes are those of product and quotient, so that derivatives of derivatives are formed with them as well.

use super::slope::{Slope, one, over, times};
use super::weighted::{Weighted, log};
use super::{Domain, Family, Prim, Rule, equal_shapes, family, sum_of, table};
use crate::Float;
use crate::array::{
    Arithmetic, Kernel, Kind, Known, Layout, Plain, Room, Shape, Value, Work, elementwise, kernel,
};
use crate::error::{Error, Problem, must};
use crate::tape::{IntoVar, Var, broadcast};

family! {
    /// An elementwise function of two operands.
    Zip { Add, Sub, Mul, Div, Pow, Max, Min, Atan2, Inverse, InverseTurn, InverseStretch, ExpDifference, Azmul, Azdiv }
}

/// All there is to know about one of them.
struct Row<T: Float> {
    name: &'static str,
    formula: &'static str,
    /// ∂y/∂a, given `[a, b]` and `y`.
    slope_a: Derivative<T>,
    /// ∂y/∂b.
    slope_b: Derivative<T>,
    domain: Domain,
}

type Derivative<T> = for<'t> fn([Var<'t, T>; 2], Var<'t, T>) -> Slope<'t, T>;

table! {
    Zip: Row<T>, kernel: Kernel<T>;

    Add => {
        name: "add",
        formula: "a + b",
        kernel: kernel!(|a, b| a + b).plain(Plain::Add),
        slope_a: |_, _| one(),
        slope_b: |_, _| one(),
        domain: Domain::ALL,
    },
    Sub => {
        name: "sub",
        formula: "a - b",
        kernel: kernel!(|a, b| a - b).plain(Plain::Sub),
        slope_a: |_, _| one(),
        slope_b: |_, _| -one(),
        domain: Domain::ALL,
    },
    Mul => {
        name: "mul",
        formula: "a * b",
        kernel: kernel!(|a, b| a * b).plain(Plain::Mul),
        slope_a: |[_, b], _| times(b),
        slope_b: |[a, _], _| times(a),
        domain: Domain::ALL,
    },
    Div => {
        name: "div",
        formula: "a / b",
        kernel: kernel!(|a, b| a / b).plain(Plain::Div),
        slope_a: |[_, b], _| over(b),
        slope_b: |[_, b], y| -times(y).over(b),
        domain: Domain::only("b ≠ 0", |ab| ab[1] != 0.0),
    },
    Pow => {
        name: "pow",
        formula: "a ^ b",
        kernel: kernel!(|a, b| a.powf(b)),
        slope_a: |[a, b], _| times(Weighted::PowerLess1.of(&[b, a, b])), // b · aᵇ⁻¹
        slope_b: |[a, b], _| times(Weighted::Power.of(&[log(a), a, b])), // log a · aᵇ
        domain: Domain::only("a > 0", |ab| ab[0] > 0.0),
    },
    Max => {
        name: "maximum",
        formula: "max(a, b)",
        kernel: kernel!(|a, b| max(a, b)),
        slope_a: |[a, b], y| times(share(a, b, y)),
        slope_b: |[a, b], y| times(share(b, a, y)),
        domain: Domain::ALL.kinked("at a tie, half to each", |ab| ab[0] == ab[1]),
    },
    Min => {
        name: "minimum",
        formula: "min(a, b)",
        kernel: kernel!(|a, b| -max(-a, -b)),
        slope_a: |[a, b], y| times(share(a, b, y)),
        slope_b: |[a, b], y| times(share(b, a, y)),
        domain: Domain::ALL.kinked("at a tie, half to each", |ab| ab[0] == ab[1]),
    },
    Atan2 => {
        name: "atan2",
        formula: "the angle of the point (b, a)",
        kernel: kernel!(|a, b| a.atan2(b)),
        slope_a: |[a, b], _| times(b.inverse(a)),
        slope_b: |[a, b], _| -times(a.inverse(b)),
        domain: Domain::only("not a = 0 with b ≤ 0", |ab| ab[0] != 0.0 || ab[1] > 0.0),
    },
    Inverse => {
        name: "inverse",
        formula: "a / (a² + b²), 0 at the origin",
        kernel: kernel!(|a, b| a.inverse(b)),
        slope_a: |[a, b], _| times(a.inverse_stretch(b)),
        slope_b: |[a, b], _| -times(a.inverse_turn(b)),
        domain: Domain::only("not a = b = 0", |ab| ab[0] != 0.0 || ab[1] != 0.0),
    },
    // These two are parts of 1/z², with z = b + ia, whose derivative is -2/z³.
    InverseTurn => {
        name: "inverse_turn",
        formula: "2 a b / (a² + b²)², 0 at the origin",
        kernel: kernel!(|a, b| a.inverse_turn(b)),
        slope_a: |[a, b], y| times(inverse_cube(a, b, y)[0]),
        slope_b: |[a, b], y| -times(inverse_cube(a, b, y)[1]),
        domain: Domain::only("not a = b = 0", |ab| ab[0] != 0.0 || ab[1] != 0.0),
    },
    InverseStretch => {
        name: "inverse_stretch",
        formula: "(b² - a²) / (a² + b²)², 0 at the origin",
        kernel: kernel!(|a, b| a.inverse_stretch(b)),
        slope_a: |[a, b], _| -times(inverse_cube(a, b, a.inverse_turn(b))[1]),
        slope_b: |[a, b], _| -times(inverse_cube(a, b, a.inverse_turn(b))[0]),
        domain: Domain::only("not a = b = 0", |ab| ab[0] != 0.0 || ab[1] != 0.0),
    },
    ExpDifference => {
        name: "exp_difference",
        formula: "exp(a - b), 1 where they are equal",
        kernel: kernel!(|a, b| a.exp_difference(b)),
        slope_a: |_, y| times(y),
        slope_b: |_, y| -times(y),
        domain: Domain::ALL,
    },
    Azmul => {
        name: "azmul",
        formula: "a · b", // The dot of the chain rule: d · slope.
        kernel: kernel!(|a, b| a.azmul(b)).plain(Plain::Azmul),
        slope_a: |[_, b], _| times(b),
        slope_b: |[a, _], _| times(a),
        domain: Domain::only("everywhere; 0 where a = 0 or b = 0", |_| true),
    },
    Azdiv => {
        name: "azdiv",
        formula: "a ÷ b",
        kernel: kernel!(|a, b| a.azdiv(b)).plain(Plain::Azdiv),
        slope_a: |[_, b], _| over(b),
        slope_b: |[_, b], y| -times(y).over(b),
        domain: Domain::only("b ≠ 0; 0 where a = 0 or b = ±∞", |ab| ab[1] != 0.0),
    },
}

impl Zip {
    /// ∂y/∂operand for operand 0 or 1.
    fn slope<'t, T: Float>(self, wrt: usize, operands: &[Var<'t, T>], out: Var<'t, T>) -> Slope<'t, T> {
        let row = self.row();
        let slope = if wrt == 0 { row.slope_a } else { row.slope_b };
        slope([operands[0], operands[1]], out)
    }
}

/// The parts of 2/z³ with z = b + ia, the second with the sign changed; `turn` is that of 1/z².
fn inverse_cube<'t, T: Float>(a: Var<'t, T>, b: Var<'t, T>, turn: Var<'t, T>) -> [Var<'t, T>; 2] {
    let stretch = a.inverse_stretch(b);
    let [part, other] = [a.inverse(b), b.inverse(a)];
    [stretch * other - turn * part, stretch * part + turn * other].map(|half| half + half)
}

/// The larger; NaN if either is.
#[inline(always)]
fn max<T: Arithmetic>(a: T, b: T) -> T {
    if a >= b || a.is_nan() { a } else { b }
}

/// The slope of the choice `y` between two in `one` of them: 1 for the one that it is, ½ at a tie, 0 for the other. A
/// NaN is what was chosen, if there is one.
fn share<'t, T: Float>(one: Var<'t, T>, other: Var<'t, T>, y: Var<'t, T>) -> Var<'t, T> {
    let [one, other] = [one, other].map(|x| x.eq(y).maximum(x.ne(x)));
    y.tape().hold(one / (one + other))
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

    fn kind(&self, _: &[Kind]) -> Result<Kind, Problem> {
        Ok(Kind::Real)
    }

    fn shape(&self, operands: &[&[usize]]) -> Result<Shape, Problem> {
        equal_shapes(operands)
    }

    fn eval<T: Arithmetic>(&self, operands: &[&Value<T>], room: &Room<T>) -> Result<Value<T>, Problem> {
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
            Self::Mul | Self::Azmul if is(0, 1.0) => Some(1),
            Self::Mul | Self::Div | Self::Azmul | Self::Azdiv if is(1, 1.0) => Some(0),
            // Whatever there is to be multiplied.
            Self::Azmul | Self::Azdiv if is(0, 0.0) || is(0, -0.0) => Some(0),
            Self::Add
            | Self::Sub
            | Self::Mul
            | Self::Div
            | Self::Pow
            | Self::Max
            | Self::Min
            | Self::Atan2
            | Self::Inverse
            | Self::InverseTurn
            | Self::InverseStretch
            | Self::ExpDifference
            | Self::Azmul
            | Self::Azdiv => None,
        }
    }

    fn vjp<'t, T: Float>(
        &self,
        wrt: usize,
        operands: &[Var<'t, T>],
        out: Var<'t, T>,
        cotangent: Var<'t, T>,
    ) -> Option<Var<'t, T>> {
        Some(self.slope(wrt, operands, out).carry(cotangent))
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
                .map(|(wrt, tangent)| tangent.map(|t| self.slope(wrt, operands, out).carry(t))),
        )
    }

    fn fitting(_: &[usize]) -> Vec<Self> {
        Self::ALL.to_vec()
    }
}

/// # Elementwise functions of two operands
///
/// Sum, difference, product and quotient are operators there; their twins
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

    /// a / (a² + b²): with b / (a² + b²), the point's image in the unit circle, and the slopes of its angle.
    #[track_caller]
    pub(crate) fn inverse(self, b: Self) -> Self {
        must(self.zip(Zip::Inverse, b))
    }

    /// 2ab / (a² + b²)².
    #[track_caller]
    fn inverse_turn(self, b: Self) -> Self {
        must(self.zip(Zip::InverseTurn, b))
    }

    /// (b² − a²) / (a² + b²)².
    #[track_caller]
    fn inverse_stretch(self, b: Self) -> Self {
        must(self.zip(Zip::InverseStretch, b))
    }

    /// eᵃ⁻ᵇ, with what rounds off in a − b, of which a large difference would have as many units of the result as it is large.
    #[track_caller]
    pub(crate) fn exp_difference(self, b: Self) -> Self {
        must(self.zip(Zip::ExpDifference, b))
    }

    /// The product with an *absolute zero*: where either operand is exactly 0 the result is 0, even if the other is
    /// infinite or NaN. (`CppAD`'s `azmul` is so on its left side.)
    ///
    /// It is the product by which the sweeps form d · slope, so that what was not chosen has no influence; and it gives
    /// `p · log p` and its like their limit 0 at 0, in value and derivatives.
    ///
    /// Operands broadcast; a number may stand for a `Var`.
    ///
    /// ```
    /// use ndarray::arr1;
    /// # let tape = wengert::Tape::<f64>::new();
    /// let p = tape.leaf("p", arr1(&[0.0, 1.0]));
    /// assert_eq!(p.azmul(p.log()).value(), arr1(&[0.0, 0.0]).into_dyn());
    /// assert!((p * p.log()).value()[[0]].is_nan()); // 0 · −∞
    /// ```
    #[doc(alias = "xlogy")]
    #[track_caller]
    pub fn azmul(self, other: impl IntoVar<'t, T>) -> Self {
        must(self.try_azmul(other))
    }

    /// As [`azmul`](Self::azmul), without the panic.
    ///
    /// # Errors
    /// If the shapes do not broadcast, would both grow, or the operands are of different tapes.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// # let [a, b] = [2, 3].map(|n| tape.leaf("v", ndarray::Array1::<f64>::ones(n)));
    /// assert!(a.try_azmul(b).is_err()); // (2,) with (3,)
    /// ```
    #[track_caller]
    pub fn try_azmul(self, other: impl IntoVar<'t, T>) -> Result<Self, Error> {
        self.zip(Zip::Azmul, other)
    }

    /// The quotient with an *absolute zero*: 0 where the numerator is exactly 0 or the denominator infinite, even if
    /// the other is 0, infinite or NaN. As [`azmul`](Self::azmul) by the reciprocal, without its rounding and overflow.
    ///
    /// Operands broadcast; a number may stand for a `Var`.
    ///
    /// ```
    /// use ndarray::arr1;
    /// # let tape = wengert::Tape::<f64>::new();
    /// let count = tape.leaf("count", arr1(&[0.0, 4.0]));
    /// let total = tape.leaf("total", arr1(&[0.0, 10.0]));
    /// assert_eq!(total.azdiv(count).value(), arr1(&[0.0, 2.5]).into_dyn());
    /// ```
    #[track_caller]
    pub fn azdiv(self, other: impl IntoVar<'t, T>) -> Self {
        must(self.try_azdiv(other))
    }

    /// As [`azdiv`](Self::azdiv), without the panic.
    ///
    /// # Errors
    /// If the shapes do not broadcast, would both grow, or the operands are of different tapes.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// # let [a, b] = [2, 3].map(|n| tape.leaf("v", ndarray::Array1::<f64>::ones(n)));
    /// assert!(a.try_azdiv(b).is_err()); // (2,) with (3,)
    /// ```
    #[track_caller]
    pub fn try_azdiv(self, other: impl IntoVar<'t, T>) -> Result<Self, Error> {
        self.zip(Zip::Azdiv, other)
    }
}
