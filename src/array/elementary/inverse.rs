//! A point's mirror image in the unit circle.

use super::format::is_number;
use super::{Format, square, two_sum};

/// a / (a² + b²), without overflow or underflow on the way: 0 at the origin, and where the point is infinitely far.
#[inline(always)]
pub(crate) fn inverse<F: Format>(a: F, b: F) -> F {
    let (zero, one) = (F::from(0.0), F::from(1.0));
    let largest = if a.magnitude() > b.magnitude() { a.magnitude() } else { b.magnitude() };
    // A power of two, so that nothing rounds.
    let scale = one / largest.binade();
    let [near, other] = [a * scale, b * scale];
    let [[near_square, near_rest], [other_square, other_rest]] = [near, other].map(square);
    let [whole, rest] = two_sum(near_square, other_square);
    let whole = if whole == zero { one } else { whole };
    let y = near / whole;
    // To first order in what the square rounds off.
    let y = (y - y * ((rest + near_rest + other_rest) / whole)) * scale;
    // Of NaN and infinity, NaN.
    if largest == F::from(f32::INFINITY) && is_number(a) && is_number(b) { zero } else { y }
}
