//! exp, log and tanh in straight lines of arithmetic, for vector code: no branch, no table, no call.
//!
//! With plain IEEE operations alone they give the same bits on every machine, at every vector width.
//!
//! **Exponential.** With k = round(x / ln 2) and r = x − k ln 2, eˣ = 2ᵏ eʳ where |r| ≤ ln 2 / 2. ln 2 is subtracted in two
//! parts, and the product of k with the first is exact (W. J. Cody and W. Waite, *Software Manual for the Elementary
//! Functions*, 1980, chapter 6). eʳ − 1 is its Taylor polynomial, cut off where the next term is below a hundredth of
//! a unit in the last place. It is kept in two parts, r and a small rest, so that eˣ − 1 and tanh do not lose digits.
//!
//! **Logarithm.** x = 2ᵏ m with √½ ≤ m < √2. With f = m − 1 and s = f / (2 + f), log m = 2 artanh s; the Taylor series of
//! artanh gives log m = f − (f²/2 − s (f²/2 + ⅔ s² + ⅖ s⁴ + …)), which rounds on the scale of f² (the arrangement of
//! FDLIBM, K. C. Ng, 1993). For log(1 + x), what rounding takes from 1 + x is found exactly (D. E. Knuth, *The Art of
//! Computer Programming* 2, 1997, §4.2.2, theorem B) and has its slope, 1 / (1 + x).
//!
//! **Hyperbolic tangent.** For |x| < 0.55, x + x³ R(x²), with the polynomial R of the least relative error (by
//! E. Remez's exchange of 1934, in 60 digits; it is 2⁻⁶⁵). Above, where tanh is at least one half, 1 − 2 / (e²ˣ + 1).
//!
//! **Logistic function and its slope**, σ(x) = 1 / (1 + e) and e / (1 + e)² with e = e⁻|ˣ|, which loses nothing in the tails. A factor
//! is multiplied in before the powers of two are, so that the product may be a number where the function alone is not.
//!
//! **Normal distribution.** Φ(−t) = φ(t) M(t) with the ratio of J. P. Mills, 1926; M(t) (t + ¾) is almost constant, ⅜ + (1 + z) S(z) with
//! z = (t − 4) / (t + 4) and a polynomial S (interpolated at Chebyshev's points, in 50 digits; the error is 2⁻⁵⁷). The square in φ's
//! exponent is taken in two parts.
//!
//! That is how it is done in double precision ([`double`]). In single precision all but logarithms are computed in double, in fewer
//! terms and with nothing in two parts ([`single`]): half as many numbers fit into a vector, but a third of the operations is left.
//!
//! **Accuracy**, in units in the last place of the exact result; the largest that was found. `f32`: of all 2³² numbers,
//! against `f64`. `f64`: of 400,000 numbers of all sizes, half of them where the functions are hardest, against 140 bits.
//! The tests hold both below 1, and below 0.53 what is computed in double.
//!
//! | | exp | exp − 1 | log | log(1 + x) | tanh |
//! |---|---|---|---|---|---|
//! | `f32` | 0.50 | 0.50 | 0.86 | 0.86 | 0.50 |
//! | `f64` | 0.76 | 0.82 | 0.79 | 0.78 | 0.81 |

pub(crate) mod double;
mod format;
mod inverse;
mod logarithm;
mod power;
pub(crate) mod single;
#[cfg(test)]
mod tests;

pub(crate) use format::Format;
pub(crate) use inverse::{inverse, inverse_stretch, inverse_turn};
pub(crate) use logarithm::{ln, ln_1p};

/// A polynomial of these coefficients, lowest first. Four strands, for they need not wait for each other.
#[inline(always)]
fn polynomial<F: Format>(coefficients: &[[F; 4]], x: F) -> F {
    let square = x * x;
    let fourth = square * square;
    let [mut a, mut b, mut c, mut d] = coefficients[coefficients.len() - 1];
    for row in coefficients[..coefficients.len() - 1].iter().rev() {
        a = a * fourth + row[0];
        b = b * fourth + row[1];
        c = c * fourth + row[2];
        d = d * fourth + row[3];
    }
    (a + b * x) + (c + d * x) * square
}

/// Within these bounds; NaN stays NaN.
#[inline(always)]
fn clamp<F: Format>(x: F, [low, high]: [F; 2]) -> F {
    let x = if x > high { high } else { x };
    if x < low { low } else { x }
}

/// The sum, and what its rounding takes from it, if |a| ≥ |b| (T. J. Dekker, 1971).
#[inline(always)]
fn sum<F: Format>(a: F, b: F) -> [F; 2] {
    let sum = a + b;
    [sum, b - (sum - a)]
}

/// The sum, and what its rounding takes from it (D. E. Knuth, 1969).
#[inline(always)]
fn two_sum<F: Format>(a: F, b: F) -> [F; 2] {
    let sum = a + b;
    let part = sum - a;
    [sum, (a - (sum - part)) + (b - part)]
}

/// The product, and what its rounding takes from it (G. W. Veltkamp and T. J. Dekker, 1971). A factor larger than the largest
/// number by `SPLITTER` overflows.
#[inline(always)]
fn product<F: Format>(a: F, b: F) -> [F; 2] {
    let [[a_high, a_low], [b_high, b_low]] = [a, b].map(halves);
    let product = a * b;
    [product, ((a_high * b_high - product) + a_high * b_low + a_low * b_high) + a_low * b_low]
}

/// The square, and what its rounding takes from it.
#[inline(always)]
fn square<F: Format>(a: F) -> [F; 2] {
    let [high, low] = halves(a);
    let square = a * a;
    [square, ((high * high - square) + F::from(2.0) * high * low) + low * low]
}

/// The upper half of a number's places, and the rest.
#[inline(always)]
fn halves<F: Format>(a: F) -> [F; 2] {
    let far = a * F::SPLITTER;
    let high = far - (far - a);
    [high, a - high]
}
