//! A point's mirror image in the unit circle.

use super::Format;

/// a / (a² + b²), without overflow or underflow on the way: 0 at the origin, and where the point is infinitely far.
#[inline(always)]
pub(crate) fn inverse<F: Format>(a: F, b: F) -> F {
    let (zero, one) = (F::from(0.0), F::from(1.0));
    let largest = if a.magnitude() > b.magnitude() { a.magnitude() } else { b.magnitude() };
    // A power of two, so that nothing rounds.
    let scale = one / largest.binade();
    let [near, other] = [a * scale, b * scale];
    let square = near * near + other * other;
    let square = if square == zero { one } else { square };
    let y = near / square * scale;
    // Of NaN and infinity, NaN.
    if largest == F::from(f32::INFINITY) && a == a && b == b { zero } else { y }
}
