//! The operations on numbers that all kernels are written in.

use super::elementary;
use super::multiply::{self, Matrix, portable};
use ndarray::LinalgScalar;
use std::fmt::Debug;
use std::ops::{AddAssign, Neg};

/// The operations that the primitives' kernels are written in: those of real numbers.
///
/// `f32` and `f64` have them, and the examiner's own numbers, which carry an error bound or a slope along: so the
/// same kernels can be run in another arithmetic.
///
/// exp, log, tanh and their kin are the library's own: they become vector code, which the standard library's do not, are
/// within one unit in the last place, and give the same bits on every machine. sin, cos, tan, powers, atan2 and erf are Rust's
/// and [libm](https://docs.rs/libm)'s.
///
/// Those called `times_…` multiply a number by a function that decays, or grows, fast. The product is formed inside, since it may
/// well be a number of the format where the function alone is not; they are what derivatives of activations and powers are made
/// of, and are within two and a half units in the last place.
///
/// ```
/// use wengert::Arithmetic;
/// assert_eq!(Arithmetic::exp_m1(0.0_f32), 0.0);
/// ```
pub trait Arithmetic:
    LinalgScalar + PartialOrd + Neg<Output = Self> + AddAssign + Debug + Send + Sync
{
    /// The type's name as ndarray's and PyTorch's users write it.
    const DTYPE: &'static str;
    /// The distance from 1 to the next larger number: twice the unit roundoff.
    const EPSILON: Self;
    /// 0.
    const ZERO: Self;
    /// Positive infinity, ∞.
    const INFINITY: Self;
    /// Not a number, as 0/0.
    const NAN: Self;

    /// The nearest number of this type.
    fn from_f64(value: f64) -> Self;
    /// The same number in double precision.
    fn to_f64(self) -> f64;

    /// eˣ.
    fn exp(self) -> Self;
    /// eˣ − 1, accurate where x is small.
    fn exp_m1(self) -> Self;
    /// The natural logarithm: −∞ at 0, NaN below.
    fn ln(self) -> Self;
    /// log(1 + x), accurate where x is small.
    fn ln_1p(self) -> Self;
    /// The sine of an angle in radians.
    fn sin(self) -> Self;
    /// The cosine of an angle in radians.
    fn cos(self) -> Self;
    /// The tangent of an angle in radians.
    fn tan(self) -> Self;
    /// The hyperbolic tangent.
    fn tanh(self) -> Self;
    /// log(1 + eˣ), without overflow.
    fn softplus(self) -> Self;
    /// eˣ⁻ʸ, with what rounds off in x − y; 1 where both are equal, infinite ones too.
    fn exp_difference(self, y: Self) -> Self;
    /// The square root, rounded correctly; NaN below 0.
    fn sqrt(self) -> Self;
    /// The absolute value.
    fn abs(self) -> Self;
    /// x to a power; NaN for x < 0, unless the exponent is a whole number.
    fn powf(self, exponent: Self) -> Self;
    /// The angle in radians, from −π to π, of the point with ordinate `self` and abscissa `x`.
    fn atan2(self, x: Self) -> Self;
    /// x / (x² + y²), without overflow on the way; 0 at the origin.
    fn inverse(self, y: Self) -> Self;
    /// 2xy / (x² + y²)², without overflow on the way; 0 at the origin.
    fn inverse_turn(self, y: Self) -> Self;
    /// (y² − x²) / (x² + y²)², without overflow on the way; 0 at the origin.
    fn inverse_stretch(self, y: Self) -> Self;
    /// The largest power of two that is no larger in magnitude; from the smallest normal number to the largest power of two that
    /// has a reciprocal which is one.
    fn binade(self) -> Self;
    /// w · 1 / (1 + e⁻ˣ), the logistic function.
    fn times_logistic(self, x: Self) -> Self;
    /// w times the slope of the logistic function at x.
    fn times_logistic_slope(self, x: Self) -> Self;
    /// w times the logistic function of 2√(2/π) (x + 0.044715 x³).
    fn times_cubic(self, x: Self) -> Self;
    /// 1024 w times the slope of the logistic function at 2√(2/π) (x + 0.044715 x³).
    fn times_cubic_slope(self, x: Self) -> Self;
    /// 1024 w times the second derivative of the logistic function at 2√(2/π) (x + 0.044715 x³).
    fn times_cubic_curve(self, x: Self) -> Self;
    /// w / 1024 times the slope of 2√(2/π) (x + 0.044715 x³).
    fn times_cubic_turn(self, x: Self) -> Self;
    /// The hyperbolic tangent of √(2/π) (x + 0.044715 x³).
    fn cubic_tanh(self) -> Self;
    /// w Φ(x), with the normal distribution function Φ.
    fn times_normal(self, x: Self) -> Self;
    /// w φ(x), with the normal density φ(x) = exp(−x²/2) / √(2π).
    fn times_density(self, x: Self) -> Self;
    /// w exp(−x²).
    fn times_bell(self, x: Self) -> Self;
    /// w aᵇ⁻ⁿ, with what rounds off in b − n; 0 where w is.
    fn times_power(self, a: Self, b: Self, n: u8) -> Self;
    /// The error function 2/√π ∫₀ˣ exp(−t²) dt.
    fn erf(self) -> Self;
    /// The same number, held constant: without the derivative that it may carry along.
    fn held(self) -> Self;
    /// Whether it is not a number.
    fn is_nan(self) -> bool;
    /// The product with an absolute zero: 0 where either is exactly 0, whatever the other is.
    fn azmul(self, other: Self) -> Self;
    /// The quotient with an absolute zero: 0 where `self` is exactly 0 or `other` infinite.
    fn azdiv(self, other: Self) -> Self;

    #[doc(hidden)]
    fn multiply(a: Matrix<'_, Self>, b: Matrix<'_, Self>, out: &mut [Self], adding: bool) {
        portable(a, b, out, adding);
    }
}

macro_rules! arithmetic {
    ($type:ident, $format:ident, $erf:path, $tan:path) => {
        impl Arithmetic for $type {
            const DTYPE: &'static str = stringify!($type);
            const EPSILON: Self = $type::EPSILON;
            const ZERO: Self = 0.0;
            const INFINITY: Self = $type::INFINITY;
            const NAN: Self = $type::NAN;

            // Rounding to the nearest f32 is what is asked for.
            #[allow(clippy::cast_possible_truncation)]
            #[inline(always)]
            fn from_f64(value: f64) -> Self {
                value as $type
            }
            #[inline(always)]
            fn to_f64(self) -> f64 {
                f64::from(self)
            }
            #[inline(always)]
            fn exp(self) -> Self {
                elementary::$format::exp(self)
            }
            #[inline(always)]
            fn exp_m1(self) -> Self {
                elementary::$format::exp_m1(self)
            }
            #[inline(always)]
            fn ln(self) -> Self {
                elementary::ln(self)
            }
            #[inline(always)]
            fn ln_1p(self) -> Self {
                elementary::ln_1p(self)
            }
            #[inline(always)]
            fn sin(self) -> Self {
                $type::sin(self)
            }
            #[inline(always)]
            fn cos(self) -> Self {
                $type::cos(self)
            }
            #[inline(always)]
            fn tan(self) -> Self {
                $tan(self)
            }
            #[inline(always)]
            fn tanh(self) -> Self {
                elementary::$format::tanh(self)
            }
            #[inline(always)]
            fn softplus(self) -> Self {
                let least = if self < 0.0 { 0.0 } else { self };
                least + Arithmetic::ln_1p(Arithmetic::exp(-$type::abs(self)))
            }
            #[inline(always)]
            fn exp_difference(self, y: Self) -> Self {
                elementary::$format::exp_difference(self, y)
            }
            #[inline(always)]
            fn inverse(self, y: Self) -> Self {
                elementary::inverse(self, y)
            }
            #[inline(always)]
            fn inverse_turn(self, y: Self) -> Self {
                elementary::inverse_turn(self, y)
            }
            #[inline(always)]
            fn inverse_stretch(self, y: Self) -> Self {
                elementary::inverse_stretch(self, y)
            }
            #[inline(always)]
            fn binade(self) -> Self {
                elementary::Format::binade(self)
            }
            #[inline(always)]
            fn times_logistic(self, x: Self) -> Self {
                elementary::$format::times_logistic(self, x)
            }
            #[inline(always)]
            fn times_logistic_slope(self, x: Self) -> Self {
                elementary::$format::times_logistic_slope(self, x)
            }
            #[inline(always)]
            fn times_cubic(self, x: Self) -> Self {
                elementary::$format::times_cubic(self, x)
            }
            #[inline(always)]
            fn times_cubic_slope(self, x: Self) -> Self {
                elementary::$format::times_cubic_slope(self, x)
            }
            #[inline(always)]
            fn times_cubic_curve(self, x: Self) -> Self {
                elementary::$format::times_cubic_curve(self, x)
            }
            #[inline(always)]
            fn times_cubic_turn(self, x: Self) -> Self {
                elementary::$format::times_cubic_turn(self, x)
            }
            #[inline(always)]
            fn cubic_tanh(self) -> Self {
                elementary::$format::cubic_tanh(self)
            }
            #[inline(always)]
            fn times_normal(self, x: Self) -> Self {
                elementary::$format::times_normal(self, x)
            }
            #[inline(always)]
            fn times_density(self, x: Self) -> Self {
                elementary::$format::times_density(self, x)
            }
            #[inline(always)]
            fn times_bell(self, x: Self) -> Self {
                elementary::$format::times_bell(self, x)
            }
            #[inline(always)]
            fn times_power(self, a: Self, b: Self, n: u8) -> Self {
                elementary::$format::times_power(self, a, b, n.into())
            }
            #[inline(always)]
            fn sqrt(self) -> Self {
                $type::sqrt(self)
            }
            #[inline(always)]
            fn abs(self) -> Self {
                $type::abs(self)
            }
            #[inline(always)]
            fn powf(self, exponent: Self) -> Self {
                $type::powf(self, exponent)
            }
            #[inline(always)]
            fn atan2(self, x: Self) -> Self {
                $type::atan2(self, x)
            }
            #[inline(always)]
            fn erf(self) -> Self {
                $erf(self)
            }
            #[inline(always)]
            fn held(self) -> Self {
                self
            }
            #[inline(always)]
            fn is_nan(self) -> bool {
                $type::is_nan(self)
            }
            // The zero itself, so that x · 1 is x to the bit, and 0 · x is that 0.
            #[inline(always)]
            fn azmul(self, other: Self) -> Self {
                let product = self * other;
                let product = if other == 0.0 { other } else { product };
                if self == 0.0 { self } else { product }
            }
            #[inline(always)]
            fn azdiv(self, other: Self) -> Self {
                let quotient = self / other;
                let quotient = if $type::abs(other) == $type::INFINITY { 0.0 } else { quotient };
                if self == 0.0 { self } else { quotient }
            }
            fn multiply(a: Matrix<'_, Self>, b: Matrix<'_, Self>, out: &mut [Self], adding: bool) {
                multiply::multiply(a, b, out, adding);
            }
        }
    };
}

arithmetic!(f32, single, libm::erff, tan_f32);
arithmetic!(f64, double, libm::erf, f64::tan);

/// In double precision: the tangent's error is three times in its derivatives, and one unit would be too much.
#[allow(clippy::cast_possible_truncation)] // Rounding to the nearest f32 is what is asked for.
fn tan_f32(x: f32) -> f32 {
    f64::from(x).tan() as f32
}
