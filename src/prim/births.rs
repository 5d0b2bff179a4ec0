//! Why a number that is infinite or NaN came out of others that are not, in words. What to do about it is in `mends.rs`.

use super::sources::Elements;
use super::{Family, Fold, FoldOp, Map, Prim, Weighted, Zip};

/// A cause, and the operation in words.
pub(crate) struct Birth {
    pub cause: Cause,
    /// The operation on the numbers: `log(0)`.
    pub numbers: String,
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

impl Prim {
    /// Why element `at` of a result is infinite or NaN, all of whose operands are finite, or infinite by intention.
    pub(crate) fn birth(&self, of: &Elements, at: usize) -> Birth {
        let result = of.result[at];
        let elementwise = self.kernel::<f64>().is_some();
        let operands: Vec<f64> =
            if elementwise { of.operands.iter().map(|operand| operand[at]).collect() } else { Vec::new() };
        let finite = operands.iter().all(|x| x.is_finite());
        let zero = |i: usize| operands.get(i) == Some(&0.0);
        let cause = match &self.0 {
            Family::Zip(Zip::Div | Zip::Azdiv) if zero(1) => Cause::DivisionByZero,
            Family::Map(Map::Reciprocal) if zero(0) => Cause::DivisionByZero,
            Family::Map(Map::Log | Map::Log1p | Map::Sqrt | Map::Rsqrt) if finite => Cause::Domain,
            Family::Zip(Zip::Pow)
            | Family::Weighted(
                Weighted::Power | Weighted::PowerLess1 | Weighted::PowerLess2 | Weighted::PowerLess3,
            ) if finite && !self.domain().contains(&operands) => Cause::Domain,
            Family::Map(Map::Exp | Map::Expm1) | Family::Zip(Zip::ExpDifference) if result.is_infinite() => {
                Cause::Overflow
            }
            Family::Zip(Zip::Mul | Zip::Azmul) if result.is_nan() => Cause::ZeroTimesInfinity,
            Family::Zip(Zip::Add | Zip::Sub | Zip::ExpDifference) if result.is_nan() => {
                Cause::InfinityMinusInfinity
            }
            Family::Dot(_) if result.is_nan() && zero_meets_infinity(of, at) => Cause::ZeroTimesInfinity,
            Family::Dot(_) | Family::Fold(_) if result.is_nan() => Cause::InfinityMinusInfinity,
            _ if !finite => Cause::Indeterminate,
            _ if elementwise && !self.domain().contains(&operands) => Cause::Domain,
            _ if result.is_nan() => Cause::Indeterminate,
            _ => Cause::Overflow,
        };
        Birth { cause, numbers: self.on_numbers(of, &operands, at) }
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
            _ => self.with_numbers(operands),
        }
    }

    /// The formula with numbers in place of names.
    pub(super) fn with_numbers(&self, operands: &[f64]) -> String {
        let mut out = String::new();
        for word in self.formula().split_inclusive(|c: char| !c.is_alphanumeric()) {
            let stem = word.trim_end_matches(|c: char| !c.is_alphanumeric());
            let number = ["a", "b", "c"].iter().position(|letter| *letter == stem);
            match number.and_then(|i| operands.get(i)) {
                Some(x) => {
                    let text = shown(*x);
                    // −1 ^ 0.5 would be read otherwise.
                    let text = if *x < 0.0 && !out.ends_with('(') { format!("({text})") } else { text };
                    out += &text;
                    out += &word[stem.len()..];
                }
                None => out.push_str(word),
            }
        }
        out
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
