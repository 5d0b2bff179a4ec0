//! An expression as text, with no more parentheses than it needs.

use super::Expr;
use super::number::text_of;
use std::fmt::{self, Formatter};

/// How closely an expression holds together.
fn strength(expr: &Expr) -> u8 {
    match expr {
        Expr::Add(..) | Expr::Sub(..) => 1,
        Expr::Neg(_) => 2,
        Expr::Number(x) if *x < 0.0 => 2,
        Expr::Mul(..) | Expr::MatMul(..) | Expr::Div(..) => 3,
        Expr::Pow(..) | Expr::Transpose(_) => 4,
        Expr::Call { name, .. } if infix(name).is_some() || name == "select" => 1,
        // A named number such as 2/√π is a quotient.
        Expr::Number(x) if text_of(*x, 0.0).contains('/') => 3,
        Expr::Symbol { .. } | Expr::Number(_) | Expr::Call { .. } => 5,
    }
}

fn infix(name: &str) -> Option<&'static str> {
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

#[allow(clippy::float_cmp)] // Exponents are exact.
pub(super) fn write(expr: &Expr, f: &mut Formatter<'_>) -> fmt::Result {
    let within = |f: &mut Formatter<'_>, part: &Expr, least: u8| {
        if strength(part) < least { write!(f, "({part})") } else { write!(f, "{part}") }
    };
    let between = |f: &mut Formatter<'_>, a: &Expr, sign: &str, b: &Expr, least: [u8; 2]| {
        within(f, a, least[0])?;
        f.write_str(sign)?;
        within(f, b, least[1])
    };
    match expr {
        Expr::Symbol { name, .. } => f.write_str(name),
        Expr::Number(x) => f.write_str(&text_of(*x, 0.0).replace('-', "−")),
        Expr::Neg(a) => {
            f.write_str("−")?;
            within(f, a, 3)
        }
        Expr::Add(a, b) => between(f, a, " + ", b, [1, 2]),
        Expr::Sub(a, b) => between(f, a, " − ", b, [1, 3]),
        Expr::Mul(a, b) | Expr::MatMul(a, b) => between(f, a, "·", b, [3, 4]),
        Expr::Div(a, b) => between(f, a, "/", b, [3, 4]),
        Expr::Transpose(a) => {
            within(f, a, 5)?;
            f.write_str("ᵀ")
        }
        Expr::Pow(a, b) => match b.as_ref() {
            Expr::Number(x) if [2.0, 3.0, 4.0].contains(x) => {
                within(f, a, 5)?;
                f.write_str(if *x == 2.0 {
                    "²"
                } else if *x == 3.0 {
                    "³"
                } else {
                    "⁴"
                })
            }
            _ => between(f, a, "^", b, [5, 5]),
        },
        Expr::Call { name, operands, how } => call(name, operands, how, f),
    }
}

fn call(name: &str, operands: &[Expr], how: &str, f: &mut Formatter<'_>) -> fmt::Result {
    match (name, operands) {
        (name, [a, b]) if infix(name).is_some() => {
            return write!(f, "{a} {} {b}", infix(name).unwrap_or_default());
        }
        ("select", [mask, yes, no]) => return write!(f, "{yes} where {mask}, else {no}"),
        ("slice", [a]) if strength(a) == 5 => return write!(f, "{a}[{how}]"),
        ("abs", [a]) => return write!(f, "|{a}|"),
        ("sqrt", [a]) => {
            return if strength(a) == 5 { write!(f, "√{a}") } else { write!(f, "√({a})") };
        }
        _ => {}
    }
    let name = match name {
        "logistic" => "σ",
        "reciprocal" => "1/",
        "maximum" => "max",
        "minimum" => "min",
        other => other,
    };
    write!(f, "{name}(")?;
    for (i, operand) in operands.iter().enumerate() {
        write!(f, "{}{operand}", if i == 0 { "" } else { ", " })?;
    }
    if !how.is_empty() {
        write!(f, ", {how}")?;
    }
    f.write_str(")")
}
