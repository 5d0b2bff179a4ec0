//! Complex numbers, for the complex step.

use super::{cubic, logistic, normal_density};
use crate::Arithmetic;
use num_traits::{One, Zero};
use std::cmp::Ordering;
use std::ops::{Add, AddAssign, Div, Mul, Neg, Sub};

/// A complex number whose imaginary part is a step of 10⁻¹⁰⁰ times a direction.
///
/// Functions of the real part alone (comparisons, |x|) take the branch on which it lies. What is not worth a complex
/// algorithm for such a step (a power, an angle, erf) is expanded to first order in it: the next term is 10⁻²⁰⁰ times
/// smaller.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Complex {
    pub re: f64,
    pub im: f64,
}

impl Complex {
    /// The step: 2⁻³³², about 10⁻¹⁰⁰, by which nothing rounds.
    pub const STEP: f64 = f64::from_bits((1023 - 332) << 52);

    const fn real(re: f64) -> Self {
        Self { re, im: 0.0 }
    }

    /// To first order in the step.
    fn first<const N: usize>(re: f64, terms: [(Self, f64); N]) -> Self {
        Self { re, im: terms.iter().filter(|(x, _)| x.im != 0.0).map(|(x, slope)| x.im.azmul(*slope)).sum() }
    }
}

impl Arithmetic for Complex {
    const DTYPE: &'static str = "complex";
    const EPSILON: Self = Self::real(f64::EPSILON);
    const ZERO: Self = Self::real(0.0);
    const INFINITY: Self = Self::real(f64::INFINITY);
    const NAN: Self = Self::real(f64::NAN);

    fn from_f64(value: f64) -> Self {
        Self::real(value)
    }
    fn to_f64(self) -> f64 {
        self.re
    }
    fn exp(self) -> Self {
        let radius = self.re.exp();
        Self { re: radius * self.im.cos(), im: radius * self.im.sin() }
    }
    fn exp_m1(self) -> Self {
        Self { re: self.re.exp_m1(), im: self.re.exp() * self.im.sin() }
    }
    fn ln(self) -> Self {
        Self { re: self.re.hypot(self.im).ln(), im: self.im.atan2(self.re) }
    }
    fn ln_1p(self) -> Self {
        Self { re: self.re.ln_1p(), im: self.im.atan2(1.0 + self.re) }
    }
    fn sin(self) -> Self {
        Self { re: self.re.sin() * self.im.cosh(), im: self.re.cos() * self.im.sinh() }
    }
    fn cos(self) -> Self {
        Self { re: self.re.cos() * self.im.cosh(), im: -self.re.sin() * self.im.sinh() }
    }
    fn tanh(self) -> Self {
        let (cos, cosh) = ((2.0 * self.im).cos(), (2.0 * self.re).cosh());
        Self { re: self.re.tanh(), im: (2.0 * self.im).sin() / (cosh + cos) }
    }
    fn tan(self) -> Self {
        // To first order in the step: in cos 2a + cosh 2b, of which the exact form is made, digits are lost near a pole.
        let cos = self.re.cos();
        Self::first(self.re.tan(), [(self, 1.0 / (cos * cos))])
    }
    fn softplus(self) -> Self {
        Self::first(self.re.softplus(), [(self, logistic(self.re)[0])])
    }
    fn exp_difference(self, other: Self) -> Self {
        let y = self.re.exp_difference(other.re);
        Self::first(y, [(self, y), (other, -y)])
    }
    fn inverse(self, other: Self) -> Self {
        if self.re == 0.0 && other.re == 0.0 { Self::ZERO } else { self / (self * self + other * other) }
    }
    fn inverse_turn(self, other: Self) -> Self {
        let y = self.inverse(other) * other.inverse(self);
        y + y
    }
    fn inverse_stretch(self, other: Self) -> Self {
        // Not the product of b − a and b + a over the square: of their slopes nearly all cancels beside an axis.
        let [a, b] = [self * self, other * other];
        if self.re == 0.0 && other.re == 0.0 { Self::ZERO } else { (b - a) / (a + b) / (a + b) }
    }
    fn binade(self) -> Self {
        Self::real(self.re.binade())
    }
    fn times_logistic(self, x: Self) -> Self {
        let [y, slope, _] = logistic(x.re);
        Self::first(self.re.times_logistic(x.re), [(self, y), (x, self.re.azmul(slope))])
    }
    fn times_logistic_slope(self, x: Self) -> Self {
        let [_, y, slope] = logistic(x.re);
        Self::first(self.re.times_logistic_slope(x.re), [(self, y), (x, self.re.azmul(slope))])
    }
    fn times_cubic(self, x: Self) -> Self {
        let [inner, turn, _] = cubic(x.re);
        let [y, slope, _] = logistic(inner);
        Self::first(self.re.times_cubic(x.re), [(self, y), (x, self.re.azmul(slope).azmul(turn))])
    }
    fn times_cubic_slope(self, x: Self) -> Self {
        let [inner, turn, _] = cubic(x.re);
        let [_, y, slope] = logistic(inner).map(|y| 1024.0 * y);
        Self::first(self.re.times_cubic_slope(x.re), [(self, y), (x, self.re.azmul(slope).azmul(turn))])
    }
    fn times_cubic_curve(self, x: Self) -> Self {
        let [inner, turn, _] = cubic(x.re);
        let [_, slope, y] = logistic(inner).map(|y| 1024.0 * y);
        let third = -(0.5 * slope + 1.5 * Arithmetic::tanh(0.5 * inner) * y);
        Self::first(self.re.times_cubic_curve(x.re), [(self, y), (x, self.re.azmul(third).azmul(turn))])
    }
    fn times_cubic_turn(self, x: Self) -> Self {
        let [_, turn, bend] = cubic(x.re);
        let slopes = [turn / 1024.0, self.re.azmul(bend) / 1024.0];
        Self::first(self.re.times_cubic_turn(x.re), [(self, slopes[0]), (x, slopes[1])])
    }
    fn cubic_tanh(self) -> Self {
        let [inner, turn, _] = cubic(self.re);
        Self::first(self.re.cubic_tanh(), [(self, (2.0 * logistic(inner)[1]).azmul(turn))])
    }
    fn times_normal(self, x: Self) -> Self {
        let y = f64::midpoint(1.0, Arithmetic::erf(x.re * std::f64::consts::FRAC_1_SQRT_2));
        Self::first(self.re.times_normal(x.re), [(self, y), (x, self.re.azmul(normal_density(x.re)))])
    }
    fn times_density(self, x: Self) -> Self {
        let y = normal_density(x.re);
        Self::first(self.re.times_density(x.re), [(self, y), (x, -y.azmul(self.re).azmul(x.re))])
    }
    fn times_bell(self, x: Self) -> Self {
        let y = (-x.re * x.re).exp();
        Self::first(self.re.times_bell(x.re), [(self, y), (x, -2.0 * y.azmul(self.re).azmul(x.re))])
    }
    fn times_power(self, a: Self, b: Self, n: u8) -> Self {
        self * a.powf(b - Self::real(n.into()))
    }
    fn sqrt(self) -> Self {
        let root = self.re.hypot(self.im);
        let half = f64::midpoint(root, self.re).sqrt();
        Self { re: half, im: self.im / (half + half) }
    }
    fn abs(self) -> Self {
        if self.re < 0.0 { -self } else { self }
    }
    fn powf(self, exponent: Self) -> Self {
        let (a, b) = (self.re, exponent.re);
        let y = a.powf(b);
        Self::first(y, [(self, b.azmul(a.powf(b - 1.0))), (exponent, y.azmul(Arithmetic::ln(a)))])
    }
    fn atan2(self, x: Self) -> Self {
        // The angle's change is the part of the step across the radius.
        let square = x.re * x.re + self.re * self.re;
        Self { re: self.re.atan2(x.re), im: (x.re * self.im - self.re * x.im) / square }
    }
    fn erf(self) -> Self {
        let slope = std::f64::consts::FRAC_2_SQRT_PI * (-self.re * self.re).exp();
        Self { re: Arithmetic::erf(self.re), im: slope * self.im }
    }
    fn held(self) -> Self {
        Self::real(self.re)
    }
    fn is_nan(self) -> bool {
        self.re.is_nan()
    }
    fn azmul(self, other: Self) -> Self {
        match [self, other].into_iter().find(Zero::is_zero) {
            Some(zero) => zero,
            None => self * other,
        }
    }
    fn azdiv(self, other: Self) -> Self {
        if self.is_zero() || other.re.is_infinite() { Self::real(0.0) } else { self / other }
    }
}

impl Add for Complex {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self { re: self.re + other.re, im: self.im + other.im }
    }
}
impl Sub for Complex {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self { re: self.re - other.re, im: self.im - other.im }
    }
}
impl Mul for Complex {
    type Output = Self;
    fn mul(self, other: Self) -> Self {
        Self { re: self.re * other.re - self.im * other.im, im: self.re * other.im + self.im * other.re }
    }
}
impl Div for Complex {
    type Output = Self;
    fn div(self, other: Self) -> Self {
        // To first order in the step, so that no square of a small divisor is taken.
        let re = self.re / other.re;
        Self { re, im: (self.im - re * other.im) / other.re }
    }
}
impl Neg for Complex {
    type Output = Self;
    fn neg(self) -> Self {
        Self { re: -self.re, im: -self.im }
    }
}
impl AddAssign for Complex {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}
/// By real part.
impl PartialEq for Complex {
    fn eq(&self, other: &Self) -> bool {
        self.re == other.re
    }
}
impl PartialOrd for Complex {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        self.re.partial_cmp(&other.re)
    }
}
impl Zero for Complex {
    fn zero() -> Self {
        Self::real(0.0)
    }
    fn is_zero(&self) -> bool {
        self.re == 0.0 && self.im == 0.0
    }
}
impl One for Complex {
    fn one() -> Self {
        Self::real(1.0)
    }
}
