//! Arithmetics in which a tape can be evaluated a second time.
//!
//! Kernels are generic over [`Arithmetic`](crate::Arithmetic), and a number that carries something along with its value is one
//! more such type: a [`Dual`] carries a derivative, a [`Bound`] what rounding may have done. Neither knows anything of the
//! derivative rules that it is there to examine.

use crate::Arithmetic;
use std::f64::consts::{FRAC_1_SQRT_2, FRAC_2_SQRT_PI};

mod bound;
mod complex;
mod dual;
mod spread;
#[cfg(test)]
mod tests;

pub(crate) use bound::{Bound, By, ORDERS, Rounding, times};
pub(crate) use complex::Complex;
pub(crate) use dual::Dual;

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
