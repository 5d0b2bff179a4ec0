//! Why a number that is infinite or NaN came out of others that are not, in words, and what to do about it.

use super::sources::Elements;
use super::{Family, Fold, FoldOp, Map, Prim, Weighted, Zip};

/// A cause, in words, and its mend.
pub(crate) struct Birth {
    pub cause: Cause,
    /// The operation on the numbers: `log(0)`.
    pub numbers: String,
    pub mend: &'static str,
}

/// Why a number that is infinite or NaN came about.
///
/// ```
/// use wengert::{Cause, Tape};
/// let tape = Tape::<f64>::new();
/// tape.leaf("x", 1000.0).exp().named("loss");
/// assert_eq!(tape.first_non_finite().unwrap().cause(), Cause::Overflow);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Cause {
    /// The result is beyond the largest number.
    Overflow,
    /// It was divided by 0.
    DivisionByZero,
    /// The operand is outside of the domain, as of the logarithm of a negative number.
    Domain,
    /// 0 · ∞, in a product or a sum of products.
    ZeroTimesInfinity,
    /// ∞ − ∞, in a difference or a sum.
    InfinityMinusInfinity,
    /// Another form without a value, as ∞ / ∞.
    Indeterminate,
    /// It was no number when it was put on the tape.
    Given,
}

const LARGE: &str = "Numbers as large as these have no place: scale the inputs or the initial weights down, lower the \
                     learning rate, or compute in logarithms.";
const EXP: &str = "Subtract the largest operand first, as `softmax`, `log_softmax` and `logsumexp` do; in single precision \
                   exp overflows beyond 88.7, in double beyond 709.8.";
const LOG: &str = "Keep the operand above 0, as by `x.maximum(1e-12)`; of a softmax take `log_softmax`, of a p that may be \
                   0 `p.azmul(p.log())`. Behind a mask, choose before the logarithm: `mask.select(x, 1.0).log()`.";
const ROOT: &str = "Keep the operand above 0: add a small number under the root, or choose before it: \
                    `mask.select(x, 1.0).sqrt()`.";
const DIVISOR: &str = "Keep the divisor away from 0: add a small number to it, choose before the division, as by \
                       `mask.select(b, 1.0)`, or divide with `azdiv`, which gives 0 where the numerator is 0.";
const POWER: &str = "Keep the base above 0; whole powers of negative numbers are products: `x * x`.";
const MASKED: &str = "An infinity was given, as by a mask that fills in −∞, and met another one: fill in a large number \
                      instead, or see to it that something is left unmasked.";
const PRODUCT: &str = "A 0 does not take out what is infinite: choose before the product, as by `mask.select(x, 0.0)`, or \
                       multiply elements with `azmul`, whose zero is absolute.";

impl Prim {
    /// Why element `at` of a result is infinite or NaN, all of whose operands are finite, or infinite by intention.
    pub(crate) fn birth(&self, of: &Elements, at: usize) -> Birth {
        let result = of.result[at];
        let elementwise = self.kernel::<f64>().is_some();
        let operands: Vec<f64> =
            if elementwise { of.operands.iter().map(|operand| operand[at]).collect() } else { Vec::new() };
        let finite = operands.iter().all(|x| x.is_finite());
        let zero = |i: usize| operands.get(i) == Some(&0.0);
        let (cause, mend) = match &self.0 {
            Family::Zip(Zip::Div | Zip::Azdiv) if zero(1) => (Cause::DivisionByZero, DIVISOR),
            Family::Map(Map::Reciprocal) if zero(0) => (Cause::DivisionByZero, DIVISOR),
            Family::Map(Map::Log | Map::Log1p) if finite => (Cause::Domain, LOG),
            Family::Map(Map::Sqrt | Map::Rsqrt) if finite => (Cause::Domain, ROOT),
            Family::Zip(Zip::Pow)
            | Family::Weighted(
                Weighted::Power | Weighted::PowerLess1 | Weighted::PowerLess2 | Weighted::PowerLess3,
            ) if finite && !self.domain().contains(&operands) => (Cause::Domain, POWER),
            Family::Map(Map::Exp | Map::Expm1) | Family::Zip(Zip::ExpDifference) if result.is_infinite() => {
                (Cause::Overflow, EXP)
            }
            Family::Zip(Zip::Mul | Zip::Azmul) if result.is_nan() => (Cause::ZeroTimesInfinity, PRODUCT),
            Family::Zip(Zip::Add | Zip::Sub | Zip::ExpDifference) if result.is_nan() => {
                (Cause::InfinityMinusInfinity, MASKED)
            }
            Family::Dot(_) if result.is_nan() && zero_meets_infinity(of, at) => {
                (Cause::ZeroTimesInfinity, PRODUCT)
            }
            Family::Dot(_) | Family::Fold(_) if result.is_nan() => (
                Cause::InfinityMinusInfinity,
                if of.operands.iter().flatten().all(|x| x.is_finite()) { LARGE } else { MASKED },
            ),
            _ if !finite => (Cause::Indeterminate, MASKED),
            _ if elementwise && !self.domain().contains(&operands) => (
                Cause::Domain,
                "Keep the operands inside of it, or choose before the operation, as by `mask.select(x, 1.0)`.",
            ),
            _ if result.is_nan() => (Cause::Indeterminate, LARGE),
            _ => (Cause::Overflow, LARGE),
        };
        Birth { cause, numbers: self.on_numbers(of, &operands, at), mend }
    }

    /// The operation with its numbers in place of names.
    fn on_numbers(&self, of: &Elements, operands: &[f64], at: usize) -> String {
        match &self.0 {
            Family::Dot(_) => {
                let k = *of.shapes[0].last().unwrap_or(&0);
                format!("a sum of {k} products")
            }
            Family::Fold(Fold { op: FoldOp::Prod, .. }) => "a product of all of them".into(),
            Family::Fold(_) => {
                let n = of.operands[0].len().checked_div(of.result.len()).unwrap_or(0).max(1);
                format!("a sum of {n} numbers")
            }
            _ if operands.is_empty() => format!("element {at}"),
            _ => {
                let mut out = String::new();
                for word in self.formula().split_inclusive(|c: char| !c.is_alphanumeric()) {
                    let stem = word.trim_end_matches(|c: char| !c.is_alphanumeric());
                    let number = ["a", "b", "c"].iter().position(|letter| *letter == stem);
                    match number.and_then(|i| operands.get(i)) {
                        Some(x) => {
                            let text = shown(*x);
                            // −1 ^ 0.5 would be read otherwise.
                            let text =
                                if *x < 0.0 && !out.ends_with('(') { format!("({text})") } else { text };
                            out += &text;
                            out += &word[stem.len()..];
                        }
                        None => out.push_str(word),
                    }
                }
                out
            }
        }
    }
}

/// Whether a sum of products has a 0 · ∞ in it.
fn zero_meets_infinity(of: &Elements, at: usize) -> bool {
    let ([.., k], [.., n]) = (of.shapes[0].as_slice(), of.shapes[1].as_slice()) else { return false };
    let m = of.shapes[0].iter().rev().nth(1).copied().unwrap_or(1);
    let (i, j) = (at / n, at % n);
    let stack = i / m.max(1);
    (0..*k).any(|l| {
        let (a, b) = (of.operands[0][i * k + l], of.operands[1][(stack * k + l) * n + j]);
        a == 0.0 && b.is_infinite() || a.is_infinite() && b == 0.0
    })
}

/// A number in few digits.
pub(crate) fn shown(x: f64) -> String {
    if x.is_nan() {
        "NaN".into()
    } else if x.is_infinite() {
        if x > 0.0 { "∞".into() } else { "−∞".into() }
    } else if x == 0.0 {
        "0".into()
    } else if (1e-3..1e6).contains(&x.abs()) {
        format!("{}", (x * 1e4).round() / 1e4).replace('-', "−")
    } else {
        format!("{x:.4e}").replace('-', "−")
    }
}
