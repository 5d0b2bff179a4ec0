//! Running error analysis: how far rounding can have moved a result (J. H. Wilkinson, 1963; N. J. Higham, *Accuracy and
//! Stability of Numerical Algorithms*, 2002, §3.3).
//!
//! A first-order bound, slope times error, holds where the error is small beside the numbers. Here it need not be: x − x of two
//! derivations is all error, and may be divided by. So each operation bounds what it does to *every* operand within its error, not
//! only to its value: a quotient by the smallest divisor that there may be, an exponential by its largest growth.
//!
//! **What is exact stays exact.** Operations whose operands have no error and whose result needs no rounding, as with small whole
//! numbers, have none: so ties stay ties. Of a derivation by hand that holds only if no other order of operations rounds either:
//! there have to be bits to spare, and a quotient is exact by a power of two alone. An infinity that was there from the start has no error (−∞ of a mask), and neither has
//! what it makes; 0 times an error that is not there is 0.
//!
//! An error is 0 where nothing was rounded, ∞ where rounding may have put the result anywhere, and NaN where there is no result
//! to speak of; that NaN stays with all that depends on it, whatever it is multiplied by.

use num_traits::{One, Zero};
use std::cell::Cell;
use std::cmp::Ordering;
use std::ops::{Add, AddAssign, Div, Mul, Neg, Sub};

/// Whose rounding is bounded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum By {
    /// That of the rows as they were recorded.
    Recorded,
    /// That of the same derivation by hand, which may add up in another order.
    Hand,
    /// That of a derivation by hand as textbooks have it: s (1 − s) for the slope of the logistic function s.
    Textbook,
    /// That of one which is such algebra of it as people do: it multiplies out, collects, and divides where the rows multiply.
    Rearranged,
}

/// The rounding that the bounds of this thread count.
///
/// It is no parameter of the type, for each type of number has kernels of its own, and six of them took as long to compile as
/// the rest of the library.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rounding {
    /// To single precision, or to double.
    pub single: bool,
    pub by: By,
}

thread_local! {
    static ROUNDING: Cell<Rounding> = const { Cell::new(Rounding { single: false, by: By::Recorded }) };
}

impl Rounding {
    /// Of rows, as they were recorded.
    pub fn recorded(single: bool) -> Self {
        Self { single, by: By::Recorded }
    }

    /// What `compute` gives if this is what is counted; outside of all such calls it is that of rows in double precision.
    pub fn count<R>(self, compute: impl FnOnce() -> R) -> R {
        struct Before(Rounding);
        impl Drop for Before {
            fn drop(&mut self) {
                ROUNDING.set(self.0);
            }
        }
        let _before = Before(ROUNDING.replace(self));
        compute()
    }

    fn now() -> Self {
        ROUNDING.get()
    }
}

/// How often a derivation by hand rounds where the recorded one rounds once: one for the reference's own rounding, and 16 since it
/// may add up in another order: a plain loop over n ≤ 1024 terms rounds a term up to n times, where the tape's sum, in 16 lanes,
/// rounds it n/16 times.
pub(crate) const ORDERS: f64 = 17.0;

/// A number in double precision and a bound for the error that it would have if each operation so far had been rounded as
/// [`Rounding`] says.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bound {
    pub value: f64,
    pub error: f64,
    /// What it is the sum of, in magnitude, once it is multiplied out: |a| + |b| of a − b, and of w (a − b) |w| times that, as |A||B|
    /// is in the bounds of matrix products. It is this that is rounded where algebra is rearranged: Σ w (a − b) may be computed as
    /// a Σ w − Σ w b. Functions that are not polynomials cannot be multiplied out, and are one number each.
    pub size: f64,
}

impl Bound {
    /// What one rounding does, as a part of the result.
    pub fn unit() -> f64 {
        let Rounding { single, by } = Rounding::now();
        let once = if single { f64::from(f32::EPSILON) / 2.0 } else { f64::EPSILON / 2.0 };
        if by == By::Recorded { once } else { ORDERS * once }
    }

    /// The largest number of the precision.
    pub fn largest() -> f64 {
        if Rounding::now().single { f32::MAX.into() } else { f64::MAX }
    }

    /// The smallest number with all its digits.
    pub fn normal() -> f64 {
        if Rounding::now().single { f32::MIN_POSITIVE.into() } else { f64::MIN_POSITIVE }
    }

    /// What rounds off below that, at most: of the library's own functions, four times the smallest number. A derivation by hand may
    /// have factors that underflow on their own, or take the reciprocal of what overflows: as much as the smallest normal number
    /// is lost.
    pub fn floor() -> f64 {
        match Rounding::now() {
            Rounding { by: By::Hand | By::Textbook | By::Rearranged, .. } => Self::normal(),
            Rounding { single: true, .. } => 4.0 * 1.401_298_464_324_817e-45,
            Rounding { single: false, .. } => 4.0 * 5e-324,
        }
    }

    /// The digits that an exact result may have, binary ones. By hand, 1024 such terms may be added up in any order.
    pub fn digits() -> u32 {
        let Rounding { single, by } = Rounding::now();
        let all = if single { f32::MANTISSA_DIGITS } else { f64::MANTISSA_DIGITS };
        all - if by == By::Recorded { 0 } else { 10 }
    }

    /// Whether it is a derivation as it was recorded that is bounded.
    pub fn is_of_rows() -> bool {
        Rounding::now().by == By::Recorded
    }

    /// Whether it is one as textbooks have it, or algebra of that.
    pub fn is_of_textbooks() -> bool {
        matches!(Rounding::now().by, By::Textbook | By::Rearranged)
    }

    /// Whether it is one that may be rearranged. There nothing is exact but sums with 0 and products by it: of x, 1 and 1, the
    /// product without x may be that of all by x.
    pub fn is_rearranged() -> bool {
        Rounding::now().by == By::Rearranged
    }

    /// Without an error.
    pub const fn constant(value: f64) -> Self {
        Self::with(value, 0.0)
    }

    /// A number that stands for itself.
    pub const fn with(value: f64, error: f64) -> Self {
        Self { value, error, size: value.abs() }
    }

    pub fn is_exact(self) -> bool {
        self.error == 0.0
    }

    /// 0, and exactly so.
    pub fn is_nothing(self) -> bool {
        self.value == 0.0 && self.error == 0.0
    }

    /// Whether it depends on what is not there.
    pub fn is_void(self) -> bool {
        self.error.is_nan() && !self.value.is_nan()
    }

    /// A result from its operands: how far their errors may spread it, and how many units are rounded off. An elementary
    /// function, the library's own or the C library's, is within one unit in the last place, which is at most two here.
    pub fn made<const N: usize>(value: f64, operands: [Self; N], spread: f64, units: f64) -> Self {
        Self::summed(value, value.abs(), operands, spread, units)
    }

    /// As [`made`](Self::made), of what is multiplied out of this size.
    pub fn summed<const N: usize>(
        value: f64,
        size: f64,
        operands: [Self; N],
        spread: f64,
        units: f64,
    ) -> Self {
        let all = |is: fn(Self) -> bool| operands.iter().all(|operand| is(*operand));
        let error = if value.is_nan() || !all(|operand| !operand.error.is_nan()) {
            f64::NAN
        } else if all(Self::is_exact)
            && !all(|operand| operand.value.is_finite())
            && (value.is_infinite() || digits(value) <= 1)
        {
            0.0 // What a function makes of an infinity is its limit: 0, ±1 or ±∞, but for angles.
        } else if value.abs() + spread > Self::largest()
            || spread.is_nan()
            || !all(|operand| operand.error.is_finite())
        {
            f64::INFINITY // What may be anything may be infinite, or not a number: so may be what is made of it.
        } else if units == 0.0 {
            spread
        } else {
            let floor = if value.abs() < 2.0 * Self::normal() { Self::floor() } else { 0.0 };
            let rounded = if Self::is_rearranged() { size.max(value.abs()) } else { value.abs() };
            spread + units * Self::unit() * rounded + floor
        };
        Self { value, error, size }
    }

    /// As [`made`](Self::made), by an operation that is rounded correctly: not at all, where the precision holds the exact result.
    fn rounded(value: f64, size: f64, operands: [Self; 2], spread: f64, exact: bool) -> Self {
        let exact = exact && operands.iter().all(|operand| operand.is_exact());
        Self::summed(value, size, operands, spread, if exact { 0.0 } else { 2.0 })
    }

    #[allow(clippy::float_cmp)] // Whether rounding changes it is the question.
    fn added(self, other: Self) -> Self {
        let (a, b) = (self.value, other.value);
        let value = a + b;
        if value.is_infinite() && self.is_exact_infinity() | other.is_exact_infinity() {
            let finite =
                [self, other].into_iter().filter(|x| !x.is_exact_infinity()).all(|x| x.error.is_finite());
            return Self::with(value, if finite { 0.0 } else { self.error + other.error });
        }
        let spread = self.error + other.error;
        let size = self.size + other.size;
        let holds = spread == 0.0 && {
            let part = value - a;
            let lost = (a - (value - part)) + (b - part);
            let last = last_digit(a).min(last_digit(b));
            let room = if Self::is_of_rows() { value.abs() } else { a.abs().max(b.abs()).max(value.abs()) };
            let nothing = a == 0.0 || b == 0.0;
            let short = value == 0.0 || exponent(room) < last + Self::digits().cast_signed();
            lost == 0.0 && (nothing || short && !Self::is_rearranged())
        };
        Self::rounded(value, size, [self, other], spread, holds)
    }

    /// Whether it is of a size of which the precision has all digits.
    fn has(value: f64) -> bool {
        (Self::normal()..=Self::largest()).contains(&value.abs())
    }

    pub fn is_exact_infinity(self) -> bool {
        self.value.is_infinite() && self.is_exact()
    }

    /// A product, with the term of second order: where both factors vanish, it is all there is.
    pub fn product(self, other: Self, value: f64) -> Self {
        let finite = |x: Self| x.value.is_finite() && x.error.is_finite();
        let vanishes = self.is_nothing() && finite(other) || other.is_nothing() && finite(self);
        if vanishes || self.scales_infinity(other) || other.scales_infinity(self) {
            return Self::constant(value);
        }
        let [a, b] = [self, other].map(Self::weight);
        let spread = times(a, other.error) + times(b, self.error) + times(self.error, other.error);
        let [first, second] = [digits(self.value), digits(other.value)];
        let nothing = first == 0 || second == 0;
        let short = first <= 1 || second <= 1 || first + second <= Self::digits();
        let holds = nothing || short && Self::has(value) && !Self::is_rearranged();
        Self::rounded(value, times(self.size, other.size), [self, other], spread, holds)
    }

    /// What an error of another factor is multiplied by. Multiplied out, each term meets that factor by itself, in a form of its own.
    pub fn weight(self) -> f64 {
        if Self::is_rearranged() { self.size.max(self.value.abs()) } else { self.value }
    }

    /// Whether it is an infinity, and `other` leaves it one of a certain sign.
    fn scales_infinity(self, other: Self) -> bool {
        self.is_exact_infinity() && other.error < other.value.abs()
    }

    #[allow(clippy::float_cmp)] // Whether it is exact is the question.
    pub fn quotient(self, other: Self, value: f64) -> Self {
        let (a, b) = (self.value, other.value);
        let pole = other.is_nothing() && self.error < a.abs();
        if pole || other.is_exact_infinity() && self.error.is_finite() || self.scales_infinity(other) {
            return Self::with(value, if value.is_nan() { f64::NAN } else { 0.0 });
        }
        let of_value = if Self::is_rearranged() { times(self.weight(), 1.0 / b) } else { value };
        let change = self.error + times(of_value, other.error);
        let room = b.abs() - other.error;
        let spread = if change == 0.0 {
            0.0
        } else if room > 0.0 {
            change / room
        } else {
            f64::INFINITY
        };
        // By a power of two; or so short that the product, the way back, is exact in double precision.
        let short = Self::is_of_rows() && digits(value) <= Self::digits() && digits(value) + digits(b) <= 53;
        let holds = (digits(b) == 1 || short)
            && value * b == a
            && (a == 0.0 || Self::has(value) && !Self::is_rearranged());
        Self::rounded(value, self.size / b.abs(), [self, other], spread, holds)
    }
}

/// The product of magnitudes, in which 0 is absolute.
pub(crate) fn times(a: f64, b: f64) -> f64 {
    if a == 0.0 || b == 0.0 { 0.0 } else { (a * b).abs() }
}

/// The exponent of the first binary digit.
fn exponent(x: f64) -> i32 {
    i32::try_from(x.to_bits() >> 52 & 0x7ff).expect("eleven bits").max(1) - 1023
}

/// The exponent of the last binary digit that is not 0; of 0, beyond all others.
fn last_digit(x: f64) -> i32 {
    match digits(x) {
        0 => i32::MAX / 2,
        n => exponent(x) - n.cast_signed() + 1,
    }
}

/// The binary digits from the first that is not 0 to the last.
pub(super) fn digits(x: f64) -> u32 {
    let fraction = x.to_bits() & (u64::MAX >> 12);
    match fraction {
        0 => u32::from(x != 0.0),
        _ => f64::MANTISSA_DIGITS - fraction.trailing_zeros(),
    }
}

impl Add for Bound {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        self.added(other)
    }
}
impl Sub for Bound {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        self.added(-other)
    }
}
impl Mul for Bound {
    type Output = Self;
    fn mul(self, other: Self) -> Self {
        self.product(other, self.value * other.value)
    }
}
impl Div for Bound {
    type Output = Self;
    fn div(self, other: Self) -> Self {
        self.quotient(other, self.value / other.value)
    }
}
impl Neg for Bound {
    type Output = Self;
    fn neg(self) -> Self {
        Self { value: -self.value, ..self }
    }
}
impl AddAssign for Bound {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}
/// By value: the error decides nothing.
impl PartialEq for Bound {
    fn eq(&self, other: &Self) -> bool {
        self.value == other.value
    }
}
impl PartialOrd for Bound {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        self.value.partial_cmp(&other.value)
    }
}
impl Zero for Bound {
    fn zero() -> Self {
        Self::constant(0.0)
    }
    fn is_zero(&self) -> bool {
        self.is_nothing()
    }
}
impl One for Bound {
    fn one() -> Self {
        Self::constant(1.0)
    }
}
