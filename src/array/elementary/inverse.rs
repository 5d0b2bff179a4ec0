//! A point's mirror image in the unit circle, and its slopes.
//!
//! They are the parts of 1/z and 1/z², with z = b + ia: of one size, whatever the other part is, once z is divided by a power of two.

use super::format::is_number;
use super::{Format, square, two_sum};

/// z, divided by a power of two so that it is near 1, and what multiplies a result for each power of 1/z: some of it before
/// anything is rounded, where that makes it larger, and some in the end, where that makes it smaller.
struct Scaled<F> {
    a: F,
    b: F,
    /// |z|², and what it rounds off divided by it.
    whole: F,
    rest: F,
    before: F,
    after: F,
    largest: F,
}

#[inline(always)]
fn scaled<F: Format>(a: F, b: F) -> Scaled<F> {
    let (zero, one) = (F::from(0.0), F::from(1.0));
    let largest = if a.magnitude() > b.magnitude() { a.magnitude() } else { b.magnitude() };
    let scale = one / largest.binade();
    // What is made larger stays below its result, which has still to be divided by |z|².
    let scale = if scale > F::from(2.0) { scale * F::from(0.25) } else { scale };
    let [before, after] = if scale > one { [scale, one] } else { [one, scale] };
    let [a, b] = [a * scale, b * scale];
    let [[a_square, a_rest], [b_square, b_rest]] = [a, b].map(square);
    let [whole, rest] = two_sum(a_square, b_square);
    let whole = if whole == zero { one } else { whole };
    Scaled { a, b, whole, rest: (rest + a_rest + b_rest) / whole, before, after, largest }
}

/// 0 where the point is infinitely far; of NaN and infinity, NaN.
#[inline(always)]
fn unless_far<F: Format>(y: F, a: F, b: F, largest: F) -> F {
    if largest == F::from(f32::INFINITY) && is_number(a) && is_number(b) { F::from(0.0) } else { y }
}

/// a / (a² + b²), without overflow or underflow on the way: 0 at the origin, and where the point is infinitely far.
#[inline(always)]
pub(crate) fn inverse<F: Format>(a: F, b: F) -> F {
    let Scaled { a: near, whole, rest, before, after, largest, .. } = scaled(a, b);
    let over = F::from(1.0) / whole;
    unless_far(near * before * (over - over * rest) * after, a, b, largest)
}

/// 2ab / (a² + b²)², in the same way.
#[inline(always)]
pub(crate) fn inverse_turn<F: Format>(a: F, b: F) -> F {
    let z = scaled(a, b);
    unless_far(second([z.a + z.a, z.b], &z), a, b, z.largest)
}

/// (b² − a²) / (a² + b²)², in the same way.
#[inline(always)]
pub(crate) fn inverse_stretch<F: Format>(a: F, b: F) -> F {
    let z = scaled(a, b);
    unless_far(second([z.b - z.a, z.b + z.a], &z), a, b, z.largest)
}

/// A product divided by |z|⁴. The smaller factor may be below the normal range, and comes last.
#[inline(always)]
fn second<F: Format>([x, y]: [F; 2], z: &Scaled<F>) -> F {
    let [small, large] = if x.magnitude() < y.magnitude() { [x, y] } else { [y, x] };
    let [fourth, lost] = square(z.whole);
    let part = large / fourth;
    let part = part - part * (z.rest + z.rest + lost / fourth);
    small * z.before * z.before * part * z.after * z.after
}
