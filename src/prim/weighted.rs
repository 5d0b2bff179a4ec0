//! A number times a function that decays, or grows, very fast: what derivatives of activations and of powers are made of.
//!
//! 10⁻³⁰⁰ is a number and φ(38) = 10⁻³¹⁴ hardly one, but 38 · φ(38) is asked for, in gelu's derivative, and its digits are
//! lost if φ is rounded first. So the product is one operation. It also closes: the slope in the weight is the same function
//! with weight 1, and the slopes in the others are such functions again, with other weights. σ'' = −σ' tanh(b/2), for one, has all
//! its digits, in the tails and at 0, where σ (1 − σ) (1 − 2σ) has none.
//!
//! None of these has a method at the desk, where they stand behind `tanh`, `logistic`, `erf`, `silu`, `gelu` and `pow`.

use super::slope::{Slope, times};
use super::{Domain, Family, Prim, Rule, equal_shapes, family, sum_of, table};
use crate::Float;
use crate::array::{Arithmetic, Kernel, Kind, Known, Layout, Room, Shape, Value, Work, elementwise, kernel};
use crate::error::{Problem, must};
use crate::tape::{Var, broadcast};
use std::f64::consts::{FRAC_2_SQRT_PI, SQRT_2};

family! {
    /// A weight times a function of one operand; of a power, of two.
    Weighted { Logistic, LogisticSlope, Cubic, CubicSlope, CubicCurve, CubicTurn, Normal, Density, Bell, Power, PowerLess1, PowerLess2, PowerLess3 }
}

/// All there is to know about one of them.
struct Row<T: Float> {
    name: &'static str,
    formula: &'static str,
    /// ∂y/∂b, given a, b and, of a power, c.
    slope_b: Derivative<T>,
    /// ∂y/∂c.
    slope_c: Option<Derivative<T>>,
    domain: Domain,
}

type Derivative<T> = for<'t> fn(&[Var<'t, T>]) -> Slope<'t, T>;

/// The second derivative of 2√(2/π) (b + 0.044715 b³), divided by b.
const CUBIC_BEND: f64 = 6.0 * 0.044_715 * SQRT_2 * FRAC_2_SQRT_PI;

table! {
    Weighted: Row<T>, kernel: Kernel<T>;

    Logistic => {
        name: "times_logistic",
        formula: "a σ(b), with σ(b) = 1 / (1 + exp(-b))",
        kernel: kernel!(|a, b| a.times_logistic(b)),
        slope_b: |ab| times(Self::LogisticSlope.of(ab)),
        slope_c: None,
        domain: Domain::ALL,
    },
    LogisticSlope => {
        name: "times_logistic_slope",
        formula: "a σ'(b)",
        kernel: kernel!(|a, b| a.times_logistic_slope(b)),
        slope_b: |ab| -times(Self::LogisticSlope.of(&[ab[0] * (ab[1] * ab[1].lift(0.5)).tanh(), ab[1]])),
        slope_c: None,
        domain: Domain::ALL,
    },
    Cubic => {
        name: "times_cubic",
        formula: "a σ(2√(2/π) (b + 0.044715 b³))",
        kernel: kernel!(|a, b| a.times_cubic(b)),
        slope_b: |ab| times(Self::CubicSlope.of(&[Self::CubicTurn.of(ab), ab[1]])),
        slope_c: None,
        domain: Domain::ALL,
    },
    CubicSlope => {
        name: "times_cubic_slope",
        formula: "1024 a σ'(2√(2/π) (b + 0.044715 b³))", // As CubicTurn has the reciprocal.
        kernel: kernel!(|a, b| a.times_cubic_slope(b)),
        slope_b: |ab| {
            times(Self::CubicCurve.of(&[Self::CubicTurn.of(&[ab[0] * ab[0].lift(1024.0), ab[1]]), ab[1]]))
        },
        slope_c: None,
        domain: Domain::ALL,
    },
    // -a σ' tanh would do, with two roundings more: the second derivative of gelu would have more than four units.
    CubicCurve => {
        name: "times_cubic_curve",
        formula: "1024 a σ''(2√(2/π) (b + 0.044715 b³))",
        kernel: kernel!(|a, b| a.times_cubic_curve(b)),
        // σ''' = -(σ' + 3 σ'' tanh(v/2)) / 2
        slope_b: |ab| {
            let turn = Self::CubicTurn.of(&[ab[0] * ab[0].lift(512.0), ab[1]]);
            let bent = turn * (ab[1].cubic_tanh() * ab[1].lift(3.0));
            -times(Self::CubicSlope.of(&[turn, ab[1]]) + Self::CubicCurve.of(&[bent, ab[1]]))
        },
        slope_c: None,
        domain: Domain::ALL,
    },
    // The slope of the polynomial. Where σ' leaves the normal range, it is up to 100, by which the sweep multiplies σ' once
    // that is rounded. A factor of 1024 moves from here to there, to keep σ' above.
    CubicTurn => {
        name: "times_cubic_turn",
        formula: "a 2√(2/π) (1 + 0.134145 b²) / 1024",
        kernel: kernel!(|a, b| a.times_cubic_turn(b)),
        slope_b: |ab| times(ab[0] * (ab[1] * ab[1].lift(CUBIC_BEND / 1024.0))),
        slope_c: None,
        domain: Domain::ALL,
    },
    Normal => {
        name: "times_normal",
        formula: "a Φ(b), the normal distribution function",
        kernel: kernel!(|a, b| a.times_normal(b)),
        slope_b: |ab| times(Self::Density.of(ab)),
        slope_c: None,
        domain: Domain::ALL,
    },
    Density => {
        name: "times_density",
        formula: "a φ(b), with φ(b) = exp(-b²/2) / √(2π)",
        kernel: kernel!(|a, b| a.times_density(b)),
        slope_b: |ab| -times(Self::Density.of(&[ab[0] * ab[1], ab[1]])),
        slope_c: None,
        domain: Domain::ALL,
    },
    Bell => {
        name: "times_bell",
        formula: "a exp(-b²)",
        kernel: kernel!(|a, b| a.times_bell(b)),
        slope_b: |ab| -times(Self::Bell.of(&[ab[0] * (ab[1] + ab[1]), ab[1]])),
        slope_c: None,
        domain: Domain::ALL,
    },
    Power => {
        name: "times_power",
        formula: "a b ^ c, 0 where a is 0",
        kernel: kernel!(|a, b, c| a.times_power(b, c, 0)),
        slope_b: |abc| times(Self::PowerLess1.of(&[abc[0] * abc[2], abc[1], abc[2]])),
        slope_c: Some(|abc| times(Self::Power.of(&[abc[0] * log(abc[1]), abc[1], abc[2]]))),
        domain: POSITIVE,
    },
    PowerLess1 => {
        name: "times_power_less_1",
        formula: "a b ^ (c - 1), 0 where a is 0",
        kernel: kernel!(|a, b, c| a.times_power(b, c, 1)),
        slope_b: |abc| times(Self::PowerLess2.of(&[abc[0] * (abc[2] - abc[2].lift(1.0)), abc[1], abc[2]])),
        slope_c: Some(|abc| times(Self::PowerLess1.of(&[abc[0] * log(abc[1]), abc[1], abc[2]]))),
        domain: POSITIVE,
    },
    PowerLess2 => {
        name: "times_power_less_2",
        formula: "a b ^ (c - 2), 0 where a is 0",
        kernel: kernel!(|a, b, c| a.times_power(b, c, 2)),
        slope_b: |abc| times(Self::PowerLess3.of(&[abc[0] * (abc[2] - abc[2].lift(2.0)), abc[1], abc[2]])),
        slope_c: Some(|abc| times(Self::PowerLess2.of(&[abc[0] * log(abc[1]), abc[1], abc[2]]))),
        domain: POSITIVE,
    },
    PowerLess3 => {
        name: "times_power_less_3",
        formula: "a b ^ (c - 3), 0 where a is 0",
        kernel: kernel!(|a, b, c| a.times_power(b, c, 3)),
        // From the fourth derivative on, the exponent is what is rounded.
        slope_b: |abc| {
            let less = abc[2] - abc[2].lift(1.0);
            times(Self::PowerLess3.of(&[abc[0] * (abc[2] - abc[2].lift(3.0)), abc[1], less]))
        },
        slope_c: Some(|abc| times(Self::PowerLess3.of(&[abc[0] * log(abc[1]), abc[1], abc[2]]))),
        domain: POSITIVE,
    },
}

const POSITIVE: Domain = Domain::only("b > 0", |abc| abc[1] > 0.0);

/// 0 at 0: 0ᶜ is constant in c for c > 0, and its slope is 0 there, not 0 · log 0.
pub(super) fn log<T: Float>(b: Var<'_, T>) -> Var<'_, T> {
    b.eq(b.lift(0.0)).select(b.lift(1.0), b).log()
}

impl Weighted {
    /// Applies it to a weight and operands.
    #[track_caller]
    pub fn of<'t, T: Float>(self, operands: &[Var<'t, T>]) -> Var<'t, T> {
        must(broadcast(Prim(Family::Weighted(self)), operands))
    }

    /// ∂y/∂operand.
    fn slope<'t, T: Float>(self, wrt: usize, operands: &[Var<'t, T>]) -> Option<Slope<'t, T>> {
        let row = self.row();
        match wrt {
            0 => {
                let mut unweighted = operands.to_vec();
                unweighted[0] = operands[0].lift(1.0);
                Some(times(self.of(&unweighted)))
            }
            1 => Some((row.slope_b)(operands)),
            _ => row.slope_c.map(|slope| slope(operands)),
        }
    }
}

impl Rule for Weighted {
    fn name(&self) -> &'static str {
        self.row::<f64>().name
    }

    fn formula(&self) -> String {
        self.row::<f64>().formula.into()
    }

    fn arity(&self) -> Option<usize> {
        Some(self.computation::<f64>().arity())
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
        None
    }

    fn vjp<'t, T: Float>(
        &self,
        wrt: usize,
        operands: &[Var<'t, T>],
        _out: Var<'t, T>,
        cotangent: Var<'t, T>,
    ) -> Option<Var<'t, T>> {
        Some(self.slope(wrt, operands)?.carry(cotangent))
    }

    fn jvp<'t, T: Float>(
        &self,
        operands: &[Var<'t, T>],
        _out: Var<'t, T>,
        tangents: &[Option<Var<'t, T>>],
    ) -> Option<Var<'t, T>> {
        let carried = |(wrt, tangent): (usize, &Option<Var<'t, T>>)| {
            Some(self.slope(wrt, operands)?.carry((*tangent)?))
        };
        sum_of(tangents.iter().enumerate().map(carried))
    }

    fn fitting(_: &[usize]) -> Vec<Self> {
        Self::ALL.to_vec()
    }
}
