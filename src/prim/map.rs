//! Elementwise functions of one operand: each a line of mathematics in [`Map::row`].
//!
//! The derivative of y = f(x) is diagonal, so one slope f'(x) serves the reverse sweep, which multiplies a cotangent
//! with it, and the forward sweep, which does so with a tangent: see [`slope`](super::slope).

use super::slope::{Slope, one, over, times};
use super::weighted::Weighted;
use super::{Domain, Family, Prim, Rule, equal_shapes, family, table};
use crate::Float;
use crate::array::{
    Arithmetic, Kernel, Kind, Known, Layout, Plain, Room, Shape, Value, Work, elementwise, kernel,
};
use crate::error::Problem;
use crate::tape::Var;

family! {
    /// An elementwise function of one operand.
    Map {
        Neg, Exp, Log, Log1p, Expm1, Sin, Cos, Tan, Tanh, CubicTanh, Sqrt, Rsqrt, Abs, Sign, Binade, Logistic, Softplus,
        Reciprocal, Erf, Detach,
    }
}

/// All there is to know about one of them.
struct Row<T: Float> {
    name: &'static str,
    formula: &'static str,
    /// f'(x), given `x` and `y`; `None` where it is zero everywhere.
    slope: Derivative<T>,
    domain: Domain,
}

type Derivative<T> = for<'t> fn(Var<'t, T>, Var<'t, T>) -> Option<Slope<'t, T>>;

table! {
    Map: Row<T>, kernel: Kernel<T>;

    Neg => {
        name: "neg",
        formula: "-a",
        kernel: kernel!(|x| -x).plain(Plain::Neg),
        slope: |_, _| Some(-one()),
        domain: Domain::ALL,
    },
    Exp => {
        name: "exp",
        formula: "exp(a)",
        kernel: kernel!(|x| x.exp()),
        slope: |_, y| Some(times(y)),
        domain: Domain::ALL,
    },
    Log => {
        name: "log",
        formula: "log(a)",
        kernel: kernel!(|x| x.ln()),
        slope: |x, _| Some(over(x)),
        domain: Domain::only("a > 0", |a| a[0] > 0.0),
    },
    Log1p => {
        name: "log1p",
        formula: "log(1 + a)",
        kernel: kernel!(|x| x.ln_1p()),
        slope: |x, _| Some(over(x + x.lift(1.0))),
        domain: Domain::only("a > -1", |a| a[0] > -1.0),
    },
    Expm1 => {
        name: "expm1",
        formula: "exp(a) - 1",
        kernel: kernel!(|x| x.exp_m1()),
        slope: |x, _| Some(times(x.exp())), // y + 1 has no digits left where y is near -1
        domain: Domain::ALL,
    },
    Sin => {
        name: "sin",
        formula: "sin(a)",
        kernel: kernel!(|x| x.sin()),
        slope: |x, _| Some(times(x.cos())),
        domain: Domain::ALL,
    },
    Cos => {
        name: "cos",
        formula: "cos(a)",
        kernel: kernel!(|x| x.cos()),
        slope: |x, _| Some(-times(x.sin())),
        domain: Domain::ALL,
    },
    Tan => {
        name: "tan",
        formula: "tan(a)",
        kernel: kernel!(|x| x.tan()),
        slope: |_, y| Some(times(y * y + y.lift(1.0))),
        domain: Domain::only("cos(a) ≠ 0", |a| a[0].cos() != 0.0),
    },
    Tanh => {
        name: "tanh",
        formula: "tanh(a)",
        kernel: kernel!(|x| x.tanh()),
        slope: |x, _| Some(times(Weighted::LogisticSlope.of(&[x.lift(4.0), x + x]))), // 1 - tanh² = 4 σ'(2a)
        domain: Domain::ALL,
    },
    CubicTanh => {
        name: "cubic_tanh",
        formula: "tanh(√(2/π) (a + 0.044715 a³))",
        kernel: kernel!(|x| x.cubic_tanh()),
        // tanh'(v/2) v'/2 = 2 σ'(v) v'.
        slope: |x, _| Some(times(Weighted::CubicSlope.of(&[Weighted::CubicTurn.of(&[x.lift(2.0), x]), x]))),
        domain: Domain::ALL,
    },
    Sqrt => {
        name: "sqrt",
        formula: "√a",
        kernel: kernel!(|x| x.sqrt()),
        slope: |x, _| Some(times(x.rsqrt() * x.lift(0.5))),
        domain: Domain::only("a > 0", |a| a[0] > 0.0),
    },
    Rsqrt => {
        name: "rsqrt",
        formula: "1 / √a",
        kernel: kernel!(|x| T::one() / x.sqrt()),
        slope: |x, y| Some(-times(y).over(x + x)),
        domain: Domain::only("a > 0", |a| a[0] > 0.0),
    },
    Abs => {
        name: "abs",
        formula: "|a|",
        kernel: kernel!(|x| x.abs()),
        slope: |x, _| Some(times(x.sign())),
        domain: Domain::ALL.kinked("abs'(0) = 0", |a| a[0] == 0.0),
    },
    Sign => {
        name: "sign",
        formula: "sign(a)",
        kernel: kernel!(|x| sign(x)),
        slope: |_, _| None,
        domain: Domain::ALL.kinked("sign(0) = 0, sign'(0) = 0", |a| a[0] == 0.0),
    },
    Binade => {
        name: "binade",
        formula: "the largest power of two up to |a|",
        kernel: kernel!(|x| x.binade()),
        slope: |_, _| None,
        domain: Domain::ALL.kinked("its derivative is 0 everywhere", |a| a[0].binade() == a[0].abs()),
    },
    Logistic => {
        name: "logistic",
        formula: "1 / (1 + exp(-a))",
        kernel: kernel!(|x| T::one().times_logistic(x)),
        slope: |x, _| Some(times(Weighted::LogisticSlope.of(&[x.lift(1.0), x]))),
        domain: Domain::ALL,
    },
    Softplus => {
        name: "softplus",
        formula: "log(1 + exp(a))",
        kernel: kernel!(|x| x.softplus()),
        slope: |x, _| Some(times(x.logistic())),
        domain: Domain::ALL,
    },
    Reciprocal => {
        name: "reciprocal",
        formula: "1 / a",
        kernel: kernel!(|x| T::one() / x),
        slope: |x, y| Some(-times(y).over(x)),
        domain: Domain::only("a ≠ 0", |a| a[0] != 0.0),
    },
    Erf => {
        name: "erf",
        formula: "erf(a)",
        kernel: kernel!(|x| x.erf()),
        slope: |x, _| Some(times(Weighted::Bell.of(&[x.lift(std::f64::consts::FRAC_2_SQRT_PI), x]))),
        domain: Domain::ALL,
    },
    Detach => {
        name: "detach",
        formula: "a, held constant",
        kernel: kernel!(|x| x.held()),
        slope: |_, _| None,
        domain: Domain::ALL,
    },
}

/// −1, 0 or 1; NaN for NaN.
#[inline(always)]
fn sign<T: Arithmetic>(x: T) -> T {
    if x > T::zero() {
        T::one()
    } else if x < T::zero() {
        -T::one()
    } else {
        x.abs() // 0 for both zeros, and NaN stays NaN
    }
}

impl Rule for Map {
    fn name(&self) -> &'static str {
        self.row::<f64>().name
    }

    fn formula(&self) -> String {
        self.row::<f64>().formula.into()
    }

    fn arity(&self) -> Option<usize> {
        Some(1)
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

    fn shortcut<T: Arithmetic>(&self, _: &[Known<T>]) -> Option<usize> {
        (*self == Self::Detach).then_some(0)
    }

    fn vjp<'t, T: Float>(
        &self,
        _wrt: usize,
        operands: &[Var<'t, T>],
        out: Var<'t, T>,
        cotangent: Var<'t, T>,
    ) -> Option<Var<'t, T>> {
        Some((self.row().slope)(operands[0], out)?.carry(cotangent))
    }

    fn jvp<'t, T: Float>(
        &self,
        operands: &[Var<'t, T>],
        out: Var<'t, T>,
        tangents: &[Option<Var<'t, T>>],
    ) -> Option<Var<'t, T>> {
        let tangent = tangents[0]?;
        Some((self.row().slope)(operands[0], out)?.carry(tangent))
    }

    fn fitting(_: &[usize]) -> Vec<Self> {
        Self::ALL.to_vec()
    }
}

/// # Elementwise functions of one operand
///
/// Negation is the operator `-x`.
impl<T: Float> Var<'_, T> {
    #[track_caller]
    pub(crate) fn map(self, map: Map) -> Self {
        self.record(Prim(Family::Map(map)), &[self])
    }

    /// eᵃ of each element.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// assert_eq!(tape.leaf("a", 0.0).exp().item(), 1.0);
    /// ```
    #[track_caller]
    pub fn exp(self) -> Self {
        self.map(Map::Exp)
    }

    /// The natural logarithm of each element; NaN below 0, −∞ at 0.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// assert_eq!(tape.leaf("a", 1.0).log().item(), 0.0);
    /// ```
    #[doc(alias = "ln")]
    #[track_caller]
    pub fn log(self) -> Self {
        self.map(Map::Log)
    }

    /// log(1 + a) of each element, accurate where a is small.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// assert_eq!(tape.leaf("a", 0.0).log1p().item(), 0.0);
    /// ```
    #[doc(alias = "ln_1p")]
    #[track_caller]
    pub fn log1p(self) -> Self {
        self.map(Map::Log1p)
    }

    /// eᵃ − 1 of each element, accurate where a is small.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// assert_eq!(tape.leaf("a", 0.0).expm1().item(), 0.0);
    /// ```
    #[doc(alias = "exp_m1")]
    #[track_caller]
    pub fn expm1(self) -> Self {
        self.map(Map::Expm1)
    }

    /// The sine of each element, in radians.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// assert_eq!(tape.leaf("a", 0.0).sin().item(), 0.0);
    /// ```
    #[track_caller]
    pub fn sin(self) -> Self {
        self.map(Map::Sin)
    }

    /// The cosine of each element, in radians.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// assert_eq!(tape.leaf("a", 0.0).cos().item(), 1.0);
    /// ```
    #[track_caller]
    pub fn cos(self) -> Self {
        self.map(Map::Cos)
    }

    /// The tangent of each element, in radians.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// assert_eq!(tape.leaf("a", 0.0).tan().item(), 0.0);
    /// ```
    #[track_caller]
    pub fn tan(self) -> Self {
        self.map(Map::Tan)
    }

    /// The hyperbolic tangent of each element.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// assert_eq!(tape.leaf("a", 0.0).tanh().item(), 0.0);
    /// ```
    #[track_caller]
    pub fn tanh(self) -> Self {
        self.map(Map::Tanh)
    }

    /// The square root of each element; NaN below 0. Its slope at 0 is ∞.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// assert_eq!(tape.leaf("a", 9.0).sqrt().item(), 3.0);
    /// ```
    #[track_caller]
    pub fn sqrt(self) -> Self {
        self.map(Map::Sqrt)
    }

    /// 1 / √a of each element.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// assert_eq!(tape.leaf("a", 4.0).rsqrt().item(), 0.5);
    /// ```
    #[doc(alias = "inverse_sqrt")]
    #[track_caller]
    pub fn rsqrt(self) -> Self {
        self.map(Map::Rsqrt)
    }

    /// The largest power of two that is no larger than each element's magnitude; from the smallest normal number to the
    /// largest power of two whose reciprocal is one, whatever the element. To scale by it rounds nothing.
    #[track_caller]
    pub(crate) fn binade(self) -> Self {
        self.map(Map::Binade)
    }

    /// The hyperbolic tangent in [`gelu_tanh`](Self::gelu_tanh).
    #[track_caller]
    pub(crate) fn cubic_tanh(self) -> Self {
        self.map(Map::CubicTanh)
    }

    /// The absolute value of each element, with slope 0 at 0.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// assert_eq!(tape.leaf("a", -2.0).abs().item(), 2.0);
    /// ```
    #[doc(alias = "absolute")]
    #[doc(alias = "fabs")]
    #[track_caller]
    pub fn abs(self) -> Self {
        self.map(Map::Abs)
    }

    /// −1, 0 or 1 as each element is negative, zero or positive. Its derivative is 0 everywhere.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// assert_eq!(tape.leaf("a", -2.0).sign().item(), -1.0);
    /// ```
    #[doc(alias = "signum")]
    #[track_caller]
    pub fn sign(self) -> Self {
        self.map(Map::Sign)
    }

    /// The logistic function 1 / (1 + e⁻ᵃ) of each element, which cannot overflow.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// assert_eq!(tape.leaf("a", 0.0).logistic().item(), 0.5);
    /// ```
    #[doc(alias = "expit")]
    #[track_caller]
    pub fn logistic(self) -> Self {
        self.map(Map::Logistic)
    }

    /// log(1 + eᵃ) of each element, which cannot overflow. Its slope is the [`logistic`](Self::logistic) function.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// assert_eq!(tape.leaf("a", 0.0).softplus().item(), 2.0_f64.ln());
    /// assert_eq!(tape.leaf("a", 1000.0).softplus().item(), 1000.0);
    /// ```
    #[track_caller]
    pub fn softplus(self) -> Self {
        self.map(Map::Softplus)
    }

    /// 1 / a of each element.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// assert_eq!(tape.leaf("a", 4.0).reciprocal().item(), 0.25);
    /// ```
    #[doc(alias = "recip")]
    #[track_caller]
    pub fn reciprocal(self) -> Self {
        self.map(Map::Reciprocal)
    }

    /// The error function 2/√π ∫₀ᵃ exp(−t²) dt of each element.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// assert_eq!(tape.leaf("a", 0.0).erf().item(), 0.0);
    /// ```
    #[track_caller]
    pub fn erf(self) -> Self {
        self.map(Map::Erf)
    }

    /// The same values, through which no derivative flows: in the gradient they count as a constant.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// let x = tape.leaf("x", 3.0);
    /// let y = x * x.detach();
    /// assert_eq!(y.backward()[x].item(), 3.0); // not 6
    /// ```
    #[doc(alias = "stop_gradient")]
    #[doc(alias = "no_grad")]
    #[doc(alias = "requires_grad")]
    #[track_caller]
    pub fn detach(self) -> Self {
        self.map(Map::Detach)
    }

    /// The same values as a constant, to which no sweep sends anything: for what a composite takes off or scales by, which
    /// changes no result. ([`detach`](Self::detach) gives a variable of its own, whose gradient can be asked for.)
    #[track_caller]
    pub(crate) fn held(self) -> Self {
        self.tape().hold(self.detach())
    }
}
