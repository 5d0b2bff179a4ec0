//! The hyperbolic tangent, and the logistic function and its slope, times a factor.

use super::{Format, Power, polynomial, product, square, sum, two_sum};

#[inline(always)]
pub(crate) fn tanh<F: Format>(x: F) -> F {
    let (one, two) = (F::from(1.0), F::from(2.0));
    let a = x.magnitude();
    let square = a * a;
    let small = a + a * (square * polynomial(F::TANH, square));

    // tanh 20 is 1 for either format.
    let twice = a + a;
    let Power { factors: [p, q], r, rest } =
        Power::of(if twice > F::from(40.0) { F::from(40.0) } else { twice });
    let scale = p * q;
    let [most, lost] = sum(scale + one, scale * r);
    let [whole, lost] = sum(most, lost + scale * rest);
    // 1 − 2 / (whole + lost), to first order in what was lost.
    let quotient = two / whole;
    let [large, lost_too] = sum(one, -quotient);
    let large = large + (lost_too + quotient * quotient * F::from(0.5) * lost);

    (if a < F::from(0.55) { small } else { large }).with_sign_of(x)
}

/// e⁻|ˣ| for a factor: m and powers of two p and q, of which m p q is to be made only with the factor, and e = m p q itself; and
/// whether x is negative.
#[inline(always)]
fn decay<F: Format>([x, part]: [F; 2]) -> ([F; 3], F, bool) {
    let negative = x < F::from(0.0);
    let [x, part] = if negative { [x, part] } else { [-x, -part] };
    let [x, part] = if x < F::WEIGHED { [F::WEIGHED, F::from(0.0)] } else { [x, part] };
    let power = Power::of_sum([x, part]);
    let (m, [p, q]) = (power.mantissa(), power.factors);
    ([m, p, q], m * p * q, negative)
}

/// w σ(x), with the logistic function σ(x) = 1 / (1 + e⁻ˣ); x is the sum of two numbers.
#[inline(always)]
pub(crate) fn gate<F: Format>(w: F, x: [F; 2]) -> F {
    let ([m, p, q], e, negative) = decay(x);
    let one = F::from(1.0);
    let [m, p, q] = if negative { [m, p, q] } else { [one; 3] };
    let y = w * p * (m / (one + e)) * q;
    if x[0] < F::WEIGHED { nothing(w) } else { y }
}

/// w σ'(x) = w e⁻ˣ / (1 + e⁻ˣ)².
#[inline(always)]
pub(crate) fn slope<F: Format>(w: F, x: [F; 2]) -> F {
    let ([m, p, q], e, _) = decay(x);
    // (1 + e)², rounding on the scale of e.
    let square = F::from(1.0) + e * (F::from(2.0) + e);
    let y = w * p * (m / square) * q;
    if x[0].magnitude() > -F::WEIGHED { nothing(w) } else { y }
}

/// A factor times a function that vanished: 0, even if the factor is infinite, since the function decays faster than any power
/// of its argument grows; NaN for NaN.
#[inline(always)]
pub(super) fn nothing<F: Format>(w: F) -> F {
    if w == w { F::from(0.0) } else { w }
}

/// 2 √(2/π) (x + 0.044715 x³), where σ of it is not 0 or 1 for sure, as the sum of two numbers.
#[inline(always)]
pub(crate) fn cubic<F: Format>(x: F) -> [F; 2] {
    let limit = F::from(32.0);
    let x = if x > limit { limit } else { x };
    let x = if x < -limit { -limit } else { x };
    let [[one, one_rest], [three, three_rest]] = F::CUBIC;
    let [square, square_rest] = square(x);
    let [term, term_rest] = product(three, square);
    let [factor, factor_rest] = two_sum(one, term);
    let factor_rest = factor_rest + (term_rest + (three * square_rest + three_rest * square) + one_rest);
    let [most, rest] = product(x, factor);
    sum(most, rest + x * factor_rest)
}
