//! Dual numbers: x + ẋε with ε² = 0, forward mode in an arithmetic (W. K. Clifford, 1873).

use super::{cubic, logistic, normal_density};
use crate::Arithmetic;
use num_traits::{One, Zero};
use std::cmp::Ordering;
use std::f64::consts::FRAC_1_SQRT_2;
use std::ops::{Add, AddAssign, Div, Mul, Neg, Sub};

/// A number and its derivative along one direction. Over duals themselves, derivatives of higher order.
///
/// The derivative at a kink is that of the branch which the value takes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Dual<T> {
    pub value: T,
    pub slope: T,
}

impl<T: Arithmetic> Dual<T> {
    const fn constant(value: T) -> Self {
        Self { value, slope: T::ZERO }
    }

    fn is_nothing(self) -> bool {
        self.value.is_zero() && self.slope.is_zero()
    }

    fn without_slope(self) -> Self {
        Self::constant(self.value.held())
    }

    /// What it carries is multiplied by slopes only where neither is 0: a constant stays one where the slope is not
    /// finite, and a function that stands still makes one.
    fn chain<const N: usize>(value: T, terms: [(Self, T); N]) -> Self {
        let terms = terms.into_iter().filter(|(operand, _)| !operand.slope.is_zero());
        let slope = terms.map(|(operand, slope)| slope.azmul(operand.slope)).reduce(|a, b| a + b);
        Self { value, slope: slope.unwrap_or_else(T::zero) }
    }

    fn product(self, other: Self, value: T) -> Self {
        Self::chain(value, [(self, other.value), (other, self.value)])
    }
}

impl<T: Arithmetic> Arithmetic for Dual<T> {
    const DTYPE: &'static str = T::DTYPE;
    const EPSILON: Self = Self::constant(T::EPSILON);
    const ZERO: Self = Self::constant(T::ZERO);
    const INFINITY: Self = Self::constant(T::INFINITY);
    const NAN: Self = Self::constant(T::NAN);

    fn from_f64(value: f64) -> Self {
        Self::constant(T::from_f64(value))
    }
    fn to_f64(self) -> f64 {
        self.value.to_f64()
    }
    fn exp(self) -> Self {
        let y = self.value.exp();
        Self::chain(y, [(self, y)])
    }
    fn exp_m1(self) -> Self {
        Self::chain(self.value.exp_m1(), [(self, self.value.exp())])
    }
    fn ln(self) -> Self {
        Self::chain(self.value.ln(), [(self, T::one() / self.value)])
    }
    fn ln_1p(self) -> Self {
        Self::chain(self.value.ln_1p(), [(self, T::one() / (T::one() + self.value))])
    }
    fn sin(self) -> Self {
        Self::chain(self.value.sin(), [(self, self.value.cos())])
    }
    fn cos(self) -> Self {
        Self::chain(self.value.cos(), [(self, -self.value.sin())])
    }
    fn tanh(self) -> Self {
        // 1 − tanh² loses its digits where tanh nears 1; 4e / (1 + e)² with e = exp(−2|x|) does not. |x| by a branch,
        // which is smooth at 0, where its own slope is not.
        let (one, zero) = (T::one(), T::zero());
        let twice = self.value + self.value;
        let e = (if self.value < zero { twice } else { -twice }).exp();
        let half = (e + e) / (one + e);
        Self::chain(self.value.tanh(), [(self, half * (one + one) / (one + e))])
    }
    fn tan(self) -> Self {
        let cos = self.value.cos();
        Self::chain(self.value.tan(), [(self, T::one() / (cos * cos))])
    }
    fn softplus(self) -> Self {
        let [y, _, _] = logistic(self.value);
        Self::chain(self.value.softplus(), [(self, y)])
    }
    fn exp_difference(self, other: Self) -> Self {
        let y = self.value.exp_difference(other.value);
        Self::chain(y, [(self, y), (other, -y)])
    }
    fn inverse(self, other: Self) -> Self {
        let (a, b) = (self.value, other.value);
        let square = a * a + b * b;
        let turn = [(b * b - a * a) / square / square, -(a + a) * b / square / square];
        Self::chain(a.inverse(b), [(self, turn[0]), (other, turn[1])])
    }
    fn inverse_turn(self, other: Self) -> Self {
        // The slopes of 1/z² are those of -2/z³.
        let (a, b) = (self.value, other.value);
        let square = a * a + b * b;
        let two = T::one() + T::one();
        let cube = [b * b * b - (two + T::one()) * a * a * b, a * a * a - (two + T::one()) * a * b * b]
            .map(|part| two * part / square / square / square);
        Self::chain(a.inverse_turn(b), [(self, cube[0]), (other, cube[1])])
    }
    fn inverse_stretch(self, other: Self) -> Self {
        let (a, b) = (self.value, other.value);
        let square = a * a + b * b;
        let two = T::one() + T::one();
        let cube = [a * a * a - (two + T::one()) * a * b * b, (two + T::one()) * a * a * b - b * b * b]
            .map(|part| two * part / square / square / square);
        Self::chain(a.inverse_stretch(b), [(self, cube[0]), (other, cube[1])])
    }
    fn binade(self) -> Self {
        Self::constant(self.value.binade())
    }
    fn times_logistic(self, x: Self) -> Self {
        let [y, slope, _] = logistic(x.value);
        Self::chain(self.value.times_logistic(x.value), [(self, y), (x, self.value.azmul(slope))])
    }
    fn times_logistic_slope(self, x: Self) -> Self {
        let [_, y, slope] = logistic(x.value);
        Self::chain(self.value.times_logistic_slope(x.value), [(self, y), (x, self.value.azmul(slope))])
    }
    fn times_cubic(self, x: Self) -> Self {
        let [inner, turn, _] = cubic(x.value);
        let [y, slope, _] = logistic(inner);
        Self::chain(self.value.times_cubic(x.value), [(self, y), (x, self.value.azmul(slope).azmul(turn))])
    }
    fn times_cubic_slope(self, x: Self) -> Self {
        let [inner, turn, _] = cubic(x.value);
        let large = T::from_f64(1024.0);
        let [_, y, slope] = logistic(inner).map(|y| large * y);
        Self::chain(
            self.value.times_cubic_slope(x.value),
            [(self, y), (x, self.value.azmul(slope).azmul(turn))],
        )
    }
    fn times_cubic_curve(self, x: Self) -> Self {
        let [inner, turn, _] = cubic(x.value);
        let large = T::from_f64(1024.0);
        let [_, slope, y] = logistic(inner).map(|y| large * y);
        let half = T::from_f64(0.5);
        let t = (inner * half).tanh();
        let third = -(half * slope + (half + T::one()) * t * y);
        Self::chain(
            self.value.times_cubic_curve(x.value),
            [(self, y), (x, self.value.azmul(third).azmul(turn))],
        )
    }
    fn times_cubic_turn(self, x: Self) -> Self {
        let [_, turn, bend] = cubic(x.value);
        let scale = T::from_f64(1.0 / 1024.0);
        let slopes = [turn * scale, self.value.azmul(bend) * scale];
        Self::chain(self.value.times_cubic_turn(x.value), [(self, slopes[0]), (x, slopes[1])])
    }
    fn cubic_tanh(self) -> Self {
        let [inner, turn, _] = cubic(self.value);
        let [_, slope, _] = logistic(inner);
        Self::chain(self.value.cubic_tanh(), [(self, (slope + slope).azmul(turn))])
    }
    fn times_normal(self, x: Self) -> Self {
        let half = T::from_f64(0.5);
        let y = half * (T::one() + Arithmetic::erf(x.value * T::from_f64(FRAC_1_SQRT_2)));
        let slope = self.value.azmul(normal_density(x.value));
        Self::chain(self.value.times_normal(x.value), [(self, y), (x, slope)])
    }
    fn times_density(self, x: Self) -> Self {
        let y = normal_density(x.value);
        Self::chain(self.value.times_density(x.value), [(self, y), (x, -y.azmul(self.value).azmul(x.value))])
    }
    fn times_bell(self, x: Self) -> Self {
        let y = (-(x.value * x.value)).exp();
        let twice = x.value + x.value;
        Self::chain(self.value.times_bell(x.value), [(self, y), (x, -y.azmul(self.value).azmul(twice))])
    }
    #[allow(clippy::float_cmp)] // 0 is exact.
    fn times_power(self, a: Self, b: Self, n: u8) -> Self {
        let (zero, one) = (T::zero(), T::one());
        let [base, exponent] = [a.value, b.value - T::from_f64(n.into())];
        let y = base.powf(exponent);
        let nothing = self.value.is_zero(); // Which a 0 that moves is not.
        let in_base = if nothing { zero } else { self.value * exponent * base.powf(exponent - one) };
        let in_exponent = if nothing || base == zero { zero } else { self.value * y * base.ln() };
        let value = self.value.times_power(a.value, b.value, n);
        Self::chain(value, [(self, y), (a, in_base), (b, in_exponent)])
    }
    fn sqrt(self) -> Self {
        let y = self.value.sqrt();
        Self::chain(y, [(self, T::one() / (y + y))])
    }
    /// The slope at 0 is 0.
    fn abs(self) -> Self {
        let zero = T::zero();
        let slope = if self.value > zero {
            T::one()
        } else if self.value < zero {
            -T::one()
        } else {
            zero
        };
        Self::chain(self.value.abs(), [(self, slope)])
    }
    #[allow(clippy::float_cmp)] // 0 is exact.
    fn powf(self, exponent: Self) -> Self {
        let (a, b) = (self.value, exponent.value);
        let y = a.powf(b);
        let zero = T::zero();
        let one_less = if a == zero && b == zero { zero } else { b * a.powf(b - T::one()) };
        let in_exponent = if a == zero { zero } else { y * a.ln() };
        Self::chain(y, [(self, one_less), (exponent, in_exponent)])
    }
    fn atan2(self, x: Self) -> Self {
        let (b, a) = (self.value, x.value);
        let square = a * a + b * b;
        Self::chain(b.atan2(a), [(self, a / square), (x, -b / square)])
    }
    fn erf(self) -> Self {
        let slope = T::from_f64(std::f64::consts::FRAC_2_SQRT_PI) * (-self.value * self.value).exp();
        Self::chain(Arithmetic::erf(self.value), [(self, slope)])
    }
    fn held(self) -> Self {
        self.without_slope()
    }
    fn is_nan(self) -> bool {
        self.value.is_nan()
    }
    fn azmul(self, other: Self) -> Self {
        match [self, other].into_iter().find(|factor| factor.is_nothing()) {
            Some(zero) => zero,
            None => Self::product(self, other, self.value.azmul(other.value)),
        }
    }
    fn azdiv(self, other: Self) -> Self {
        if self.is_nothing() {
            return self;
        }
        let y = self.value.azdiv(other.value);
        let slope = T::one() / other.value;
        Self::chain(y, [(self, slope), (other, -y.azdiv(other.value))])
    }
}

impl<T: Arithmetic> Add for Dual<T> {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        let one = T::one();
        Self::chain(self.value + other.value, [(self, one), (other, one)])
    }
}
impl<T: Arithmetic> Sub for Dual<T> {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        let one = T::one();
        Self::chain(self.value - other.value, [(self, one), (other, -one)])
    }
}
impl<T: Arithmetic> Mul for Dual<T> {
    type Output = Self;
    fn mul(self, other: Self) -> Self {
        Self::product(self, other, self.value * other.value)
    }
}
impl<T: Arithmetic> Div for Dual<T> {
    type Output = Self;
    fn div(self, other: Self) -> Self {
        let (one, y) = (T::one(), self.value / other.value);
        Self::chain(y, [(self, one / other.value), (other, -y / other.value)])
    }
}
impl<T: Arithmetic> Neg for Dual<T> {
    type Output = Self;
    fn neg(self) -> Self {
        Self::chain(-self.value, [(self, -T::one())])
    }
}
impl<T: Arithmetic> AddAssign for Dual<T> {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}
/// By value: what is carried along decides nothing.
impl<T: Arithmetic> PartialEq for Dual<T> {
    fn eq(&self, other: &Self) -> bool {
        self.value == other.value
    }
}
impl<T: Arithmetic> PartialOrd for Dual<T> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        self.value.partial_cmp(&other.value)
    }
}
impl<T: Arithmetic> Zero for Dual<T> {
    fn zero() -> Self {
        Self::constant(T::zero())
    }
    fn is_zero(&self) -> bool {
        self.is_nothing()
    }
}
impl<T: Arithmetic> One for Dual<T> {
    fn one() -> Self {
        Self::constant(T::one())
    }
}
