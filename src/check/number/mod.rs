//! Arithmetics in which a tape can be evaluated a second time.
//!
//! Kernels are generic over [`Arithmetic`](crate::Arithmetic), and a number that carries something along with its value is one
//! more such type: a [`Dual`] carries a derivative, a [`Bound`] what rounding may have done. Both follow the chain
//! rule, with the slopes in the table of this file, which knows nothing of the derivative rules it is there to examine.

use crate::Arithmetic;
use std::f64::consts::{FRAC_1_SQRT_2, FRAC_2_SQRT_PI};

mod bound;
mod complex;
mod dual;

pub(crate) use bound::Bound;
pub(crate) use complex::Complex;
pub(crate) use dual::Dual;

/// Makes a type an [`Arithmetic`](crate::Arithmetic) that carries something along with its value.
///
/// It needs `value: $base` among its fields; `constant`, that carries nothing, and `is_nothing`, a constant 0; and
/// `chain`, which makes a result from its value and, for each operand, the operand and the slope in it, or `exact`, if
/// nothing rounds, or `near`, if more than one unit in the last place does; `product`, from the value of it; and
/// `without_slope`.
macro_rules! carrier {
    ([$($generics:tt)*] $type:ty, $base:ty) => {
        impl<$($generics)*> Arithmetic for $type {
            const DTYPE: &'static str = <$base>::DTYPE;
            const EPSILON: Self = Self::constant(<$base>::EPSILON);
            const ZERO: Self = Self::constant(<$base>::ZERO);
            const INFINITY: Self = Self::constant(<$base>::INFINITY);
            const NAN: Self = Self::constant(<$base>::NAN);

            fn from_f64(value: f64) -> Self {
                Self::constant(<$base>::from_f64(value))
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
                Self::chain(self.value.ln(), [(self, <$base>::one() / self.value)])
            }
            fn ln_1p(self) -> Self {
                Self::chain(self.value.ln_1p(), [(self, <$base>::one() / (<$base>::one() + self.value))])
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
                let (one, zero) = (<$base>::one(), <$base>::zero());
                let twice = self.value + self.value;
                let e = (if self.value < zero { twice } else { -twice }).exp();
                let half = (e + e) / (one + e);
                Self::chain(self.value.tanh(), [(self, half * (one + one) / (one + e))])
            }
            fn tan(self) -> Self {
                let cos = self.value.cos();
                Self::chain(self.value.tan(), [(self, <$base>::one() / (cos * cos))])
            }
            fn softplus(self) -> Self {
                let [y, _, _] = logistic(self.value);
                Self::near(self.value.softplus(), [(self, y)])
            }
            fn exp_difference(self, other: Self) -> Self {
                let y = self.value.exp_difference(other.value);
                Self::chain(y, [(self, y), (other, -y)])
            }
            fn inverse(self, other: Self) -> Self {
                let (a, b) = (self.value, other.value);
                let square = a * a + b * b;
                let turn = [(b * b - a * a) / square / square, -(a + a) * b / square / square];
                Self::near(a.inverse(b), [(self, turn[0]), (other, turn[1])])
            }
            fn inverse_turn(self, other: Self) -> Self {
                // The slopes of 1/z² are those of -2/z³.
                let (a, b) = (self.value, other.value);
                let square = a * a + b * b;
                let two = <$base>::one() + <$base>::one();
                let cube = [b * b * b - (two + <$base>::one()) * a * a * b, a * a * a - (two + <$base>::one()) * a * b * b]
                    .map(|part| two * part / square / square / square);
                Self::near(a.inverse_turn(b), [(self, cube[0]), (other, cube[1])])
            }
            fn inverse_stretch(self, other: Self) -> Self {
                let (a, b) = (self.value, other.value);
                let square = a * a + b * b;
                let two = <$base>::one() + <$base>::one();
                let cube = [a * a * a - (two + <$base>::one()) * a * b * b, (two + <$base>::one()) * a * a * b - b * b * b]
                    .map(|part| two * part / square / square / square);
                Self::near(a.inverse_stretch(b), [(self, cube[0]), (other, cube[1])])
            }
            fn binade(self) -> Self {
                Self::constant(self.value.binade())
            }
            fn times_logistic(self, x: Self) -> Self {
                let [y, slope, _] = logistic(x.value);
                Self::near(self.value.times_logistic(x.value), [(self, y), (x, self.value.azmul(slope))])
            }
            fn times_logistic_slope(self, x: Self) -> Self {
                let [_, y, slope] = logistic(x.value);
                Self::near(self.value.times_logistic_slope(x.value), [(self, y), (x, self.value.azmul(slope))])
            }
            fn times_cubic(self, x: Self) -> Self {
                let [inner, turn, _] = cubic(x.value);
                let [y, slope, _] = logistic(inner);
                Self::near(self.value.times_cubic(x.value), [(self, y), (x, self.value.azmul(slope).azmul(turn))])
            }
            fn times_cubic_slope(self, x: Self) -> Self {
                let [inner, turn, _] = cubic(x.value);
                let large = <$base>::from_f64(1024.0);
                let [_, y, slope] = logistic(inner).map(|y| large * y);
                Self::near(self.value.times_cubic_slope(x.value), [(self, y), (x, self.value.azmul(slope).azmul(turn))])
            }
            fn times_cubic_curve(self, x: Self) -> Self {
                let [inner, turn, _] = cubic(x.value);
                let large = <$base>::from_f64(1024.0);
                let [_, slope, y] = logistic(inner).map(|y| large * y);
                let half = <$base>::from_f64(0.5);
                let t = (inner * half).tanh();
                let third = -(half * slope + (half + <$base>::one()) * t * y);
                Self::near(self.value.times_cubic_curve(x.value), [(self, y), (x, self.value.azmul(third).azmul(turn))])
            }
            fn times_cubic_turn(self, x: Self) -> Self {
                let [_, turn, bend] = cubic(x.value);
                let scale = <$base>::from_f64(1.0 / 1024.0);
                let slopes = [turn * scale, self.value.azmul(bend) * scale];
                Self::near(self.value.times_cubic_turn(x.value), [(self, slopes[0]), (x, slopes[1])])
            }
            fn cubic_tanh(self) -> Self {
                let [inner, turn, _] = cubic(self.value);
                let [_, slope, _] = logistic(inner);
                Self::near(self.value.cubic_tanh(), [(self, (slope + slope).azmul(turn))])
            }
            fn times_normal(self, x: Self) -> Self {
                let half = <$base>::from_f64(0.5);
                let y = half * (<$base>::one() + Arithmetic::erf(x.value * <$base>::from_f64(FRAC_1_SQRT_2)));
                let slope = self.value.azmul(normal_density(x.value));
                Self::near(self.value.times_normal(x.value), [(self, y), (x, slope)])
            }
            fn times_density(self, x: Self) -> Self {
                let y = normal_density(x.value);
                Self::near(self.value.times_density(x.value), [(self, y), (x, -y.azmul(self.value).azmul(x.value))])
            }
            fn times_bell(self, x: Self) -> Self {
                let y = (-(x.value * x.value)).exp();
                let twice = x.value + x.value;
                Self::near(self.value.times_bell(x.value), [(self, y), (x, -y.azmul(self.value).azmul(twice))])
            }
            #[allow(clippy::float_cmp)] // 0 is exact.
            fn times_power(self, a: Self, b: Self, n: u8) -> Self {
                let (zero, one) = (<$base>::zero(), <$base>::one());
                let [base, exponent] = [a.value, b.value - <$base>::from_f64(n.into())];
                let y = base.powf(exponent);
                let nothing = self.value == zero;
                let in_base = if nothing { zero } else { self.value * exponent * base.powf(exponent - one) };
                let in_exponent = if nothing || base == zero { zero } else { self.value * y * base.ln() };
                let value = self.value.times_power(a.value, b.value, n);
                Self::near(value, [(self, y), (a, in_base), (b, in_exponent)])
            }
            fn sqrt(self) -> Self {
                let y = self.value.sqrt();
                Self::chain(y, [(self, <$base>::one() / (y + y))])
            }
            /// The slope at 0 is 0.
            fn abs(self) -> Self {
                let zero = <$base>::zero();
                let slope = if self.value > zero {
                    <$base>::one()
                } else if self.value < zero {
                    -<$base>::one()
                } else {
                    zero
                };
                Self::chain(self.value.abs(), [(self, slope)])
            }
            #[allow(clippy::float_cmp)] // 0 is exact.
            fn powf(self, exponent: Self) -> Self {
                let (a, b) = (self.value, exponent.value);
                let y = a.powf(b);
                let zero = <$base>::zero();
                let one_less = if a == zero && b == zero { zero } else { b * a.powf(b - <$base>::one()) };
                let in_exponent = if a == zero { zero } else { y * a.ln() };
                Self::chain(y, [(self, one_less), (exponent, in_exponent)])
            }
            fn atan2(self, x: Self) -> Self {
                let (b, a) = (self.value, x.value);
                let square = a * a + b * b;
                Self::chain(b.atan2(a), [(self, a / square), (x, -b / square)])
            }
            fn erf(self) -> Self {
                let slope = <$base>::from_f64(std::f64::consts::FRAC_2_SQRT_PI) * (-self.value * self.value).exp();
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
                let slope = <$base>::one() / other.value;
                Self::chain(y, [(self, slope), (other, -y.azdiv(other.value))])
            }
        }

        impl<$($generics)*> Add for $type {
            type Output = Self;
            fn add(self, other: Self) -> Self {
                let one = <$base>::one();
                Self::chain(self.value + other.value, [(self, one), (other, one)])
            }
        }
        impl<$($generics)*> Sub for $type {
            type Output = Self;
            fn sub(self, other: Self) -> Self {
                let one = <$base>::one();
                Self::chain(self.value - other.value, [(self, one), (other, -one)])
            }
        }
        impl<$($generics)*> Mul for $type {
            type Output = Self;
            fn mul(self, other: Self) -> Self {
                Self::product(self, other, self.value * other.value)
            }
        }
        impl<$($generics)*> Div for $type {
            type Output = Self;
            fn div(self, other: Self) -> Self {
                let (one, y) = (<$base>::one(), self.value / other.value);
                Self::chain(y, [(self, one / other.value), (other, -y / other.value)])
            }
        }
        impl<$($generics)*> Neg for $type {
            type Output = Self;
            fn neg(self) -> Self {
                Self::exact(-self.value, (self, -<$base>::one()))
            }
        }
        impl<$($generics)*> AddAssign for $type {
            fn add_assign(&mut self, other: Self) {
                *self = *self + other;
            }
        }
        /// By value: what is carried along decides nothing.
        impl<$($generics)*> PartialEq for $type {
            fn eq(&self, other: &Self) -> bool {
                self.value == other.value
            }
        }
        impl<$($generics)*> PartialOrd for $type {
            fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
                self.value.partial_cmp(&other.value)
            }
        }
        impl<$($generics)*> Zero for $type {
            fn zero() -> Self {
                Self::constant(<$base>::zero())
            }
            fn is_zero(&self) -> bool {
                self.is_nothing()
            }
        }
        impl<$($generics)*> One for $type {
            fn one() -> Self {
                Self::constant(<$base>::one())
            }
        }
    };
}

/// The logistic function, its slope and its second derivative, by e = exp(−|x|), which loses no digits in the tails. |x| by a branch,
/// which is smooth at 0.
fn logistic<T: Arithmetic>(x: T) -> [T; 3] {
    let (zero, one) = (T::zero(), T::one());
    let negative = x < zero;
    let e = (if negative { x } else { -x }).exp();
    let part = one / (one + e);
    let slope = e * part * part;
    let second = slope * (e - one) * part;
    if negative { [e * part, slope, -second] } else { [part, slope, second] }
}

/// 2√(2/π) (x + 0.044715 x³), and its first two derivatives.
fn cubic<T: Arithmetic>(x: T) -> [T; 3] {
    let scale = T::from_f64(2.0 * FRAC_2_SQRT_PI * FRAC_1_SQRT_2);
    let [square, c] = [x * x, T::from_f64(0.044_715)];
    let three = T::from_f64(3.0);
    let bend = scale * (three + three) * c * x;
    [scale * (x + c * square * x), scale * (T::one() + three * c * square), bend]
}

/// exp(−x²/2) / √(2π).
///
/// What decays so is multiplied with an absolute zero: where it has underflowed, nothing that grows brings it back.
fn normal_density<T: Arithmetic>(x: T) -> T {
    T::from_f64(0.5 * FRAC_2_SQRT_PI * FRAC_1_SQRT_2) * (-(x * x) * T::from_f64(0.5)).exp()
}

/// The imports that `carrier!` needs.
mod needs {
    pub(super) use super::{cubic, logistic, normal_density};
    pub(super) use crate::Arithmetic;
    pub(super) use num_traits::{One, Zero};
    pub(super) use std::cmp::Ordering;
    pub(super) use std::f64::consts::FRAC_1_SQRT_2;
    pub(super) use std::ops::{Add, AddAssign, Div, Mul, Neg, Sub};
}

use carrier;
