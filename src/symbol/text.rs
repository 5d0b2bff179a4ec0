//! An expression as text, with no more parentheses than it needs.

use super::Expr;
use super::expr::ADJOINT;
use super::number::text_of;
use std::fmt::{self, Display, Formatter};

/// How closely an expression holds together.
pub(super) fn strength(expr: &Expr) -> u8 {
    match expr {
        Expr::Call { name, .. } if name == "select" => 0,
        _ if is_comparison(expr) => 0,
        Expr::Add(..) | Expr::Sub(..) => 1,
        Expr::Neg(_) => 2,
        Expr::Number(x) if *x < 0.0 => 2,
        Expr::Mul(..) | Expr::MatMul(..) | Expr::Div(..) => 3,
        Expr::Pow(..) | Expr::Transpose(_) => 4,
        // A named number such as 2/√π is a quotient.
        Expr::Number(x) if text_of(*x, 0.0).contains('/') => 3,
        Expr::Symbol { .. } | Expr::Number(_) | Expr::Call { .. } => 5,
    }
}

/// Whether it is a mask that two operands are compared by.
pub(crate) fn is_comparison(expr: &Expr) -> bool {
    matches!(expr, Expr::Call { name, operands, .. } if infix(name).is_some() && operands.len() == 2)
}

/// As a number, 1 or 0: Iverson's brackets.
pub(crate) fn bracketed(expr: &Expr) -> Expr {
    Expr::call(BRACKETS, vec![expr.clone()])
}

pub(super) const BRACKETS: &str = "[]";

pub(super) fn infix(name: &str) -> Option<&'static str> {
    Some(match name {
        "gt" => ">",
        "ge" => "≥",
        "lt" => "<",
        "le" => "≤",
        "eq" => "=",
        "ne" => "≠",
        _ => return None,
    })
}

/// How products are written.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Products {
    /// All with a dot.
    Dots,
    /// Of elements with ⊙, unless one is a number; of matrices with a dot.
    Told,
}

/// An expression to be written so.
pub(super) struct Text<'a>(pub &'a Expr, pub Products);

impl Display for Text<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        self.write(f)
    }
}

impl<'a> Text<'a> {
    fn part(&self, part: &'a Expr) -> Self {
        Self(part, self.1)
    }

    fn within(&self, f: &mut Formatter<'_>, part: &'a Expr, least: u8) -> fmt::Result {
        let text = self.part(part);
        if strength(part) >= least {
            text.write(f)
        } else if is_comparison(part) {
            // A truth among numbers: 1 or 0.
            write!(f, "[{text}]")
        } else {
            write!(f, "({text})")
        }
    }

    fn between(
        &self,
        f: &mut Formatter<'_>,
        a: &'a Expr,
        sign: &str,
        b: &'a Expr,
        least: [u8; 2],
    ) -> fmt::Result {
        self.within(f, a, least[0])?;
        f.write_str(sign)?;
        self.within(f, b, least[1])
    }

    #[allow(clippy::float_cmp)] // Exponents are exact.
    fn write(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self.0 {
            Expr::Symbol { name, .. } => f.write_str(name),
            Expr::Number(x) => f.write_str(&text_of(*x, 0.0).replace('-', "−")),
            Expr::Neg(a) => {
                f.write_str("−")?;
                self.within(f, a, 3)
            }
            Expr::Add(a, b) => self.between(f, a, " + ", b, [1, 2]),
            Expr::Sub(a, b) => self.between(f, a, " − ", b, [1, 3]),
            Expr::Mul(a, b) if self.1 == Products::Told => {
                let sign = if a.is_single() || b.is_single() { "·" } else { " ⊙ " };
                let right = if matches!(b.as_ref(), Expr::Mul(..)) { 3 } else { 4 };
                self.between(f, a, sign, b, [3, right])
            }
            Expr::MatMul(a, b) if self.1 == Products::Told => {
                // A product of elements is no factor of one of matrices without parentheses.
                let least = |part: &Expr| if matches!(part, Expr::MatMul(..)) { 3 } else { 4 };
                self.between(f, a, "·", b, [least(a), 4])
            }
            Expr::Mul(a, b) | Expr::MatMul(a, b) => self.between(f, a, "·", b, [3, 4]),
            Expr::Div(a, b) => self.between(f, a, "/", b, [3, 4]),
            Expr::Transpose(a) => {
                self.within(f, a, 5)?;
                f.write_str("ᵀ")
            }
            Expr::Pow(a, b) => match b.as_ref() {
                Expr::Number(x) if [2.0, 3.0, 4.0].contains(x) => {
                    self.within(f, a, 5)?;
                    f.write_str(if *x == 2.0 {
                        "²"
                    } else if *x == 3.0 {
                        "³"
                    } else {
                        "⁴"
                    })
                }
                _ => self.between(f, a, "^", b, [5, 5]),
            },
            Expr::Call { name, operands, how } => self.call(name, operands, how, f),
        }
    }

    fn call(&self, name: &str, operands: &'a [Expr], how: &str, f: &mut Formatter<'_>) -> fmt::Result {
        match (name, operands) {
            (name, [a, b]) if infix(name).is_some() => {
                return write!(f, "{} {} {}", self.part(a), infix(name).unwrap_or_default(), self.part(b));
            }
            ("select", [mask, yes, no]) => {
                let [mask, yes, no] = [mask, yes, no].map(|part| self.part(part));
                return write!(f, "{yes} where {mask}, else {no}");
            }
            ("slice", [a]) if strength(a) == 5 => return write!(f, "{}[{how}]", self.part(a)),
            (BRACKETS, [a]) => return write!(f, "[{}]", self.part(a)),
            ("abs", [a]) => return write!(f, "|{}|", self.part(a)),
            (ADJOINT, [a]) => {
                let is_name = matches!(a, Expr::Symbol { .. });
                return if is_name {
                    write!(f, "d{}", self.part(a))
                } else {
                    write!(f, "d({})", self.part(a))
                };
            }
            ("sqrt", [a]) => {
                f.write_str("√")?;
                return self.within(f, a, 5);
            }
            _ => {}
        }
        write!(f, "{}(", function(name))?;
        for (i, operand) in operands.iter().enumerate() {
            write!(f, "{}{}", if i == 0 { "" } else { ", " }, self.part(operand))?;
        }
        if !how.is_empty() {
            write!(f, ", {how}")?;
        }
        f.write_str(")")
    }
}

/// What a function is called.
pub(super) fn function(name: &str) -> &str {
    match name {
        "logistic" => "σ",
        "reciprocal" => "1/",
        "maximum" => "max",
        "minimum" => "min",
        other => other,
    }
}
