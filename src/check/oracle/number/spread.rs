//! What the functions do to a [`Bound`]: each bounds how far it moves when its operand moves within its error.

#![allow(clippy::float_cmp)] // Whether a value is exact is the question here.

use super::bound::{digits, times};
use super::{Bound, cubic, logistic, normal_density};
use crate::Arithmetic;

impl Bound {
    /// What textbook forms round off where the library's own do not, as a part of 1: 1 − s has the rounding of 1.
    fn form() -> f64 {
        if Self::is_of_textbooks() { 2.0 * Self::unit() } else { 0.0 }
    }

    /// What plain forms of functions near 0 do, likewise: log(1 + x) for log1p, (1 + tanh(x/2)) / 2 for the logistic function.
    fn plain() -> f64 {
        if Self::is_rearranged() { 2.0 * Self::unit() } else { 0.0 }
    }

    /// A function with a point at which its value is exact.
    fn passing(self, at: f64, value: f64, spread: f64) -> Self {
        let exact = self.is_exact() && self.value == at;
        Self::made(value, [self], spread, if exact { 0.0 } else { 2.0 })
    }

    /// A weight times a function that is `f` and moves by `by`: one more rounding or two than an elementary function. Where it
    /// underflows, a weight brings back what is lost.
    ///
    /// Rearranged, each term of the weight meets the function by itself: of (a − b) (1 − s) there is a s as well.
    fn weighted<const N: usize>(self, value: f64, [f, by]: [f64; 2], rest: [Self; N]) -> Self {
        self.weighted_by(value, [f, by, f], rest)
    }

    /// The same where the function is itself multiplied out, of this size.
    fn weighted_by<const N: usize>(self, value: f64, [f, by, size]: [f64; 3], rest: [Self; N]) -> Self {
        if rest.iter().all(|x| x.is_exact()) && !rest.iter().all(|x| x.value.is_finite()) {
            // At an infinity, the function is at its limit.
            return self.product(Self::constant(f), value);
        }
        let weight = self.weight();
        let floor = if f.abs() < 2.0 * Self::normal() { times(weight, Self::floor()) } else { 0.0 };
        let spread = times(weight, by) + times(f, self.error) + times(self.error, by) + floor;
        // The function alone may overflow, though the product does not.
        let spread = if f.abs() > Self::largest() { f64::INFINITY } else { spread };
        let of = Self::summed(value, times(self.size, size), [self], spread, 6.0);
        match rest.iter().map(|x| x.error).find(|error| !error.is_finite()) {
            Some(error) => Self { error: if of.error.is_nan() { f64::NAN } else { error }, ..of },
            None => of,
        }
    }

    /// eᵛ and how far it moves. Where the value has underflowed, it may come back.
    fn rise(y: f64, v: f64, error: f64) -> f64 {
        if error <= 1.0 { times(y, growth(error)) } else { (v + error).exp() }
    }

    /// How far a power moves: `base` to `exponent` (which has an error of its own), whose value is `y`.
    fn power_moves(y: f64, base: Self, exponent: f64, of_exponent: f64) -> f64 {
        let (a, e) = (base.value.abs(), base.error);
        if a == 0.0 {
            return match exponent {
                _ if e == 0.0 && (of_exponent == 0.0 || exponent > of_exponent) => 0.0,
                p if of_exponent == 0.0 && p > 0.0 => e.powf(p),
                p if of_exponent == 0.0 && p == 0.0 => 0.0,
                _ => f64::INFINITY,
            };
        }
        if of_exponent > 0.0 && base.value < 0.0 || e >= a && exponent < 0.0 {
            return f64::INFINITY;
        }
        let part = e / a;
        if part > 0.5 {
            let far = if exponent < 0.0 { a - e } else { a + e };
            return times(far.powf(exponent), 1.0 + growth(times(a.ln().abs() + 1.0, of_exponent))) + y.abs();
        }
        times(y, growth(times(exponent, part + part * part) + times(a.ln(), of_exponent)))
    }
}

/// At least eᵗ − 1, for t ≥ 0.
fn growth(t: f64) -> f64 {
    if t <= 1.0 { t * (1.0 + t) } else { t.exp_m1() }
}

/// How far from 0 a number is at the least.
fn nearest(x: f64, error: f64) -> f64 {
    (x.abs() - error).max(0.0)
}

/// How far the logistic function moves at x, where its slope is `slope`, which grows by no more than eᵗ within t. It is within
/// e^(−|x|) of 0 or of 1.
fn step(slope: f64, x: f64, error: f64) -> f64 {
    let most = (error / 4.0).min((-nearest(x, error)).exp());
    if error <= 1.0 { times(slope, error) * error.exp() } else { most }
}

/// How far its slope moves: relatively, no faster than an exponential; and it is at most e^(−|x|).
fn slope_moves(slope: f64, x: f64, error: f64) -> f64 {
    if error <= 1.0 { times(slope, growth(error)) } else { (-nearest(x, error)).exp().min(0.25) }
}

/// The inner polynomial of the tanh form of gelu, its slope, the slope's slope, and how far the first moves.
fn inner(x: f64, error: f64) -> ([f64; 3], f64) {
    (cubic(x), times(cubic(x.abs() + error)[1], error))
}

impl Arithmetic for Bound {
    const DTYPE: &'static str = f64::DTYPE;
    const EPSILON: Self = Self::constant(f64::EPSILON);
    const ZERO: Self = Self::constant(0.0);
    const INFINITY: Self = Self::constant(f64::INFINITY);
    const NAN: Self = Self::constant(f64::NAN);

    fn from_f64(value: f64) -> Self {
        Self::constant(value)
    }
    fn to_f64(self) -> f64 {
        self.value
    }
    fn exp(self) -> Self {
        let y = Arithmetic::exp(self.value);
        self.passing(0.0, y, Self::rise(y, self.value, self.error))
    }
    fn exp_m1(self) -> Self {
        let y = Arithmetic::exp(self.value);
        let plain = Self::plain() * (y + 1.0);
        self.passing(0.0, Arithmetic::exp_m1(self.value), Self::rise(y, self.value, self.error) + plain)
    }
    fn ln(self) -> Self {
        let y = Arithmetic::ln(self.value);
        if self.is_nothing() {
            return Self::constant(y);
        }
        self.passing(1.0, y, shrinkage(self.value, self.error))
    }
    fn ln_1p(self) -> Self {
        let y = Arithmetic::ln_1p(self.value);
        if self.value == -1.0 && self.is_exact() {
            return Self::constant(y);
        }
        self.passing(0.0, y, shrinkage(1.0 + self.value, self.error) + Self::plain())
    }
    fn sin(self) -> Self {
        let spread = times(self.value.cos(), self.error) + times(self.error, self.error) / 2.0;
        self.passing(0.0, self.value.sin(), spread.min(2.0))
    }
    fn cos(self) -> Self {
        let spread = times(self.value.sin(), self.error) + times(self.error, self.error) / 2.0;
        self.passing(0.0, self.value.cos(), spread.min(2.0))
    }
    fn tan(self) -> Self {
        // tan(x + t) − tan x = sin t / (cos x cos(x + t)).
        let cos = self.value.cos().abs();
        let room = cos - self.error;
        let spread = if room > 0.0 { self.error / cos / room } else { f64::INFINITY };
        self.passing(0.0, self.value.tan(), times(1.0, spread))
    }
    fn tanh(self) -> Self {
        // tanh x = 2 σ(2x) − 1.
        let [_, slope, _] = logistic(2.0 * self.value);
        let spread = 2.0 * step(slope, 2.0 * self.value, 2.0 * self.error) + Self::plain();
        self.passing(0.0, Arithmetic::tanh(self.value), spread)
    }
    fn softplus(self) -> Self {
        let [y, slope, _] = logistic(self.value);
        let most = (y + step(slope, self.value, self.error)).min(1.0);
        let spread = times(most, self.error) + Self::plain();
        Self::made(Arithmetic::softplus(self.value), [self], spread, 6.0)
    }
    fn exp_difference(self, other: Self) -> Self {
        let (a, b) = (self.value, other.value);
        let y = a.exp_difference(b);
        if self.is_exact_infinity() && other.error.is_finite()
            || other.is_exact_infinity() && self.error.is_finite()
        {
            return Self::constant(y);
        }
        // Textbook forms subtract first; or what is subtracted is a logarithm that was rounded as a whole, as of the total.
        let form = Self::form() / 2.0 * (a.abs() + b.abs());
        let error = self.error + other.error + form;
        let exact = Self::is_of_rows() && a == b && error == 0.0;
        Self::made(y, [self, other], Self::rise(y, a - b, error), if exact { 0.0 } else { 2.0 })
    }
    fn inverse(self, other: Self) -> Self {
        // The parts of 1/z: |1/(z + t) − 1/z| = |t| / |z| / |z + t|.
        let (size, error) = (self.value.hypot(other.value), self.error + other.error);
        let spread = if error == 0.0 { 0.0 } else { over(error / size, size - error) };
        Self::made(self.value.inverse(other.value), [self, other], spread, 6.0)
    }
    fn inverse_turn(self, other: Self) -> Self {
        Self::made(self.value.inverse_turn(other.value), [self, other], self.square_moves(other), 6.0)
    }
    fn inverse_stretch(self, other: Self) -> Self {
        Self::made(self.value.inverse_stretch(other.value), [self, other], self.square_moves(other), 6.0)
    }
    fn binade(self) -> Self {
        Self::constant(self.value.binade())
    }
    fn times_logistic(self, x: Self) -> Self {
        let [y, slope, _] = logistic(x.value);
        let by = step(slope, x.value, x.error) + Self::plain();
        self.weighted(self.value.times_logistic(x.value), [y, by], [x])
    }
    fn times_logistic_slope(self, x: Self) -> Self {
        let [_, y, _] = logistic(x.value);
        let by = slope_moves(y, x.value, x.error) + Self::form();
        self.weighted(self.value.times_logistic_slope(x.value), [y, by], [x])
    }
    fn times_cubic(self, x: Self) -> Self {
        let ([v, ..], error) = inner(x.value, x.error);
        let [y, slope, _] = logistic(v);
        self.weighted(self.value.times_cubic(x.value), [y, step(slope, v, error) + Self::form()], [x])
    }
    fn times_cubic_slope(self, x: Self) -> Self {
        let ([v, ..], error) = inner(x.value, x.error);
        let [_, y, _] = logistic(v).map(|y| 1024.0 * y);
        let by = 1024.0 * (slope_moves(y / 1024.0, v, error) + Self::form());
        self.weighted(self.value.times_cubic_slope(x.value), [y, by], [x])
    }
    fn times_cubic_curve(self, x: Self) -> Self {
        let ([v, ..], error) = inner(x.value, x.error);
        let [_, slope, y] = logistic(v);
        // |σ'''| ≤ σ'.
        let by = 1024.0 * (slope_moves(slope, v, error) + Self::form());
        self.weighted(self.value.times_cubic_curve(x.value), [1024.0 * y, by], [x])
    }
    fn times_cubic_turn(self, x: Self) -> Self {
        let [_, turn, _] = cubic(x.value);
        let by = times(cubic(x.value.abs() + x.error)[2], x.error);
        self.weighted(self.value.times_cubic_turn(x.value), [turn / 1024.0, by / 1024.0], [x])
    }
    fn cubic_tanh(self) -> Self {
        let ([v, ..], error) = inner(self.value, self.error);
        let [_, slope, _] = logistic(v);
        Self::made(self.value.cubic_tanh(), [self], 2.0 * step(slope, v, error) + Self::plain(), 6.0)
    }
    fn times_normal(self, x: Self) -> Self {
        let y = 1.0.times_normal(x.value);
        // The density is no more than e^(|x|t) times as large within t.
        let turn = times(x.value, x.error);
        let most = if turn <= 1.0 { normal_density(x.value) * turn.exp() } else { 0.4 };
        let by = times(most, x.error).min(1.0) + Self::form();
        self.weighted(self.value.times_normal(x.value), [y, by], [x])
    }
    fn times_density(self, x: Self) -> Self {
        let y = normal_density(x.value);
        let by = decay(y, x, 0.5, Self::form());
        self.weighted(self.value.times_density(x.value), [y, by], [x])
    }
    fn times_bell(self, x: Self) -> Self {
        let y = (-x.value * x.value).exp();
        let by = decay(y, x, 1.0, Self::form());
        self.weighted(self.value.times_bell(x.value), [y, by], [x])
    }
    fn times_power(self, a: Self, b: Self, n: u8) -> Self {
        let value = self.value.times_power(a.value, b.value, n);
        if self.is_nothing() {
            return Self::with(value, if a.is_void() || b.is_void() { f64::NAN } else { 0.0 });
        }
        let exponent = b.value - f64::from(n);
        let y = a.value.powf(exponent);
        // Textbook forms round the exponent first, unless it is short.
        let form = if digits(exponent) < 24 { 0.0 } else { Self::form() / 2.0 * exponent.abs() };
        let by = Self::power_moves(y, a, exponent, b.error + form);
        // A product, if the exponent says how many factors it has.
        let whole = (0.0..=8.0).contains(&exponent) && exponent.fract() == 0.0 && b.is_exact();
        let size = if whole && Self::is_rearranged() { a.size.powf(exponent) } else { y };
        self.weighted_by(value, [y, by, size], [a, b])
    }
    fn sqrt(self) -> Self {
        let y = self.value.sqrt();
        let spread = if y == 0.0 { self.error.sqrt() } else { (self.error / y).min(self.error.sqrt()) };
        let short = 2 * digits(y) <= Self::digits() && !Self::is_rearranged();
        let exact = self.is_exact() && (short || y == 0.0) && y * y == self.value;
        Self::made(y, [self], spread, if exact { 0.0 } else { 2.0 })
    }
    fn abs(self) -> Self {
        Self { value: self.value.abs(), ..self }
    }
    fn powf(self, exponent: Self) -> Self {
        let (a, b) = (self.value, exponent.value);
        let y = a.powf(b);
        // Small whole powers of short numbers are exact.
        let whole = (0.0..=8.0).contains(&b) && b.fract() == 0.0;
        let short = whole && times(b, digits(a).into()) <= f64::from(Self::digits());
        let exact = self.is_exact()
            && exponent.is_exact()
            && (short && !Self::is_rearranged() || a == 0.0 || a == 1.0);
        let spread = Self::power_moves(y, self, b, exponent.error);
        // A product, if the exponent says how many factors it has.
        let size =
            if whole && exponent.is_exact() && Self::is_rearranged() { self.size.powf(b) } else { y.abs() };
        Self::summed(y, size, [self, exponent], spread, if exact { 0.0 } else { 2.0 }).pole(exact)
    }
    fn atan2(self, x: Self) -> Self {
        let (size, error) = (self.value.hypot(x.value), self.error + x.error);
        // Seen from the origin, a step of t at distance r turns by no more than t / (r − t).
        let jumps = self.error > 0.0 && self.error >= self.value.abs() && x.value - x.error < 0.0;
        let spread = if jumps {
            std::f64::consts::TAU
        } else if error == 0.0 {
            0.0
        } else {
            over(error, size - error)
        };
        let exact = self.is_nothing() && x.value > 0.0 && x.is_exact();
        Self::made(self.value.atan2(x.value), [self, x], spread, if exact { 0.0 } else { 2.0 })
    }
    fn erf(self) -> Self {
        let turn = 2.0 * times(self.value, self.error);
        let most = if turn <= 1.0 { (-self.value * self.value).exp() * turn.exp() } else { 1.0 };
        // It is within e^(−x²) of 1 or −1.
        let near = nearest(self.value, self.error);
        let spread =
            (std::f64::consts::FRAC_2_SQRT_PI * times(most, self.error)).min(2.0 * (-near * near).exp());
        self.passing(0.0, Arithmetic::erf(self.value), spread)
    }
    fn held(self) -> Self {
        self
    }
    fn is_nan(self) -> bool {
        self.value.is_nan()
    }
    fn azmul(self, other: Self) -> Self {
        match [(self, other), (other, self)].into_iter().find(|(factor, _)| factor.is_nothing()) {
            Some((zero, other)) => zero.absolute(other),
            None => self.product(other, self.value.azmul(other.value)),
        }
    }
    fn azdiv(self, other: Self) -> Self {
        if self.is_nothing() {
            self.absolute(other)
        } else {
            self.quotient(other, self.value.azdiv(other.value))
        }
    }
}

impl Bound {
    /// A zero, whatever it was multiplied by; but it depends on that.
    fn absolute(self, other: Self) -> Self {
        Self::with(self.value, if other.is_void() { f64::NAN } else { 0.0 })
    }

    /// Infinite without an error, where an exact operand makes it so.
    fn pole(self, exact: bool) -> Self {
        if exact && self.value.is_infinite() { Self { error: 0.0, ..self } } else { self }
    }

    /// How far 1/z² moves: |1/(z + t)² − 1/z²| ≤ 2|t| / (|z| − |t|)³.
    fn square_moves(self, other: Self) -> f64 {
        let (size, error) = (self.value.hypot(other.value), self.error + other.error);
        if error == 0.0 { 0.0 } else { over(2.0 * error, (size - error).max(0.0).powi(3)) }
    }
}

/// A quotient of a step by what is left of a distance.
fn over(step: f64, room: f64) -> f64 {
    if room > 0.0 { step / room } else { f64::INFINITY }
}

/// How far log x moves: log(x / (x − t)).
fn shrinkage(x: f64, error: f64) -> f64 {
    let part = error / x;
    if error == 0.0 {
        0.0
    } else if part <= 0.5 {
        part * (1.0 + part)
    } else if part < 1.0 {
        -(-part).ln_1p()
    } else {
        f64::INFINITY
    }
}

/// How far exp(−c x²) = `y` moves, if textbook forms round x² first.
fn decay(y: f64, x: Bound, c: f64, form: f64) -> f64 {
    let turn = c * (2.0 * times(x.value, x.error) + times(x.error, x.error) + form * x.value * x.value);
    // However far the exponent moves, it stays that of the nearest point.
    let near = nearest(x.value, x.error);
    let most = (-c * near * near * (1.0 - form)).exp().max(y);
    if turn <= 1.0 { times(y, growth(turn)).min(most) } else { most }
}
