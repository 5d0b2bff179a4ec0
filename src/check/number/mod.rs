//! Arithmetics in which a tape can be evaluated a second time.
//!
//! Kernels are generic over [`Arithmetic`](crate::Arithmetic), and a number that carries something along with its value is one
//! more such type: a [`Dual`] carries a derivative, a [`Bound`] what rounding may have done. Both follow the chain
//! rule, with the slopes in the table of this file, which knows nothing of the derivative rules it is there to examine.

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
/// nothing rounds; `product`, from the value of it; and `without_slope`.
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

/// The imports that `carrier!` needs.
mod needs {
    pub(super) use crate::Arithmetic;
    pub(super) use num_traits::{One, Zero};
    pub(super) use std::cmp::Ordering;
    pub(super) use std::ops::{Add, AddAssign, Div, Mul, Neg, Sub};
}

use carrier;
