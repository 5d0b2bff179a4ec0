//! Powers times a factor.
//!
//! For w aᵇ⁻ⁿ with n so small a number, b − n may round, and what it loses would be as many units of the result as log a is large;
//! and the power alone may be too large or too small for the format where the product is not. A factor of 0 gives 0: it is the
//! constant that a derivative of a power is one day, as of a² the third, even where the power is infinite.

/// A weight that overflowed was a product of b and log a, which grow far slower than a power, if that has come to be 0, decays.
#[inline(always)]
fn gone(w: f64, power: f64) -> bool {
    power == 0.0 && w.is_infinite()
}

/// In double precision, which has places and exponents enough.
#[allow(clippy::cast_possible_truncation)] // Rounding to the nearest f32 is what is asked for.
#[inline(always)]
pub(crate) fn power_f32(w: f32, a: f32, b: f32, n: f32) -> f32 {
    if w == 0.0 {
        return 0.0;
    }
    let power = f64::from(a).powf(f64::from(b) - f64::from(n));
    if gone(w.into(), power) { 0.0 } else { (f64::from(w) * power) as f32 }
}

#[inline(always)]
pub(crate) fn power_f64(w: f64, a: f64, b: f64, n: f64) -> f64 {
    if w == 0.0 {
        return 0.0;
    }
    let less = b - n;
    let part = less - b;
    let lost = (b - (less - part)) - (n + part);
    // From 2⁵³ on, b is even; b − n need not be.
    let odd = n % 2.0 != 0.0;
    let large = b.abs() >= 9_007_199_254_740_992.0;
    let (base, sign) = if large && a < 0.0 { (-a, if odd { -1.0 } else { 1.0 }) } else { (a, 1.0) };
    // To first order in what was lost: aˡ = 1 + l log a.
    let correction = if lost == 0.0 || base.is_nan() || base <= 0.0 || base.is_infinite() {
        1.0
    } else {
        1.0 + lost * base.ln()
    };
    let whole = base.powf(less);
    let product = if whole.is_normal() || base.is_nan() || base <= 0.0 {
        w * whole
    } else {
        // Too large or too small on its own.
        let root = base.powf(0.5 * less);
        if gone(w, root) { 0.0 } else { w * root * root }
    };
    product * correction * sign
}
