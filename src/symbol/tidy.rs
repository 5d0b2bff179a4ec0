//! Identities by which a formula reads as a book has it. The library computes 1 − tanh(x)² as 4σ'(2x), which has all its
//! digits; who reads a rule wants the former. Each is an identity of real numbers, and the tests evaluate what comes out
//! beside the rule that it came from.

use super::Expr;

/// The same, simpler.
#[allow(clippy::float_cmp)] // Constants are exact.
pub(super) fn tidy(expr: &Expr) -> Expr {
    let mut expr = expr.map(&tidy);
    // Each simplification may allow another.
    for _ in 0..8 {
        let Some(simpler) = simpler(&expr) else { break };
        expr = simpler.map(&tidy);
    }
    expr
}

/// Some more identities, for a reader rather than for who looks for a factor: (A·B)ᵀ is Bᵀ·Aᵀ, and dy·(1/x) is dy/x.
pub(super) fn as_written(expr: &Expr) -> Expr {
    use Expr::{Div, MatMul, Mul, Neg, Number, Transpose};
    match expr {
        Transpose(a) => match a.as_ref() {
            MatMul(a, b) => {
                let turned = |part: &Expr| tidy(&as_written(&part.clone().one(Transpose)));
                turned(b).with(MatMul, turned(a))
            }
            // Of elementwise functions, each operand.
            Mul(a, b) => {
                let turned = |part: &Expr| tidy(&as_written(&part.clone().one(Transpose)));
                turned(a).with(Mul, turned(b))
            }
            Neg(a) => as_written(&a.as_ref().clone().one(Transpose)).one(Neg),
            Number(_) => a.as_ref().clone(),
            _ => as_written(a).one(Transpose),
        },
        Mul(a, b) => match (as_written(a), as_written(b)) {
            (a, Div(one, z)) if *one == Number(1.0) => a.with(Div, *z),
            (a, b) => a.with(Mul, b),
        },
        Neg(a) => as_written(a).one(Neg),
        _ => expr.map(&as_written),
    }
}

fn number(x: f64) -> Expr {
    Expr::Number(x)
}

fn square(x: Expr) -> Expr {
    x.with(Expr::Pow, number(2.0))
}

#[allow(clippy::float_cmp, clippy::too_many_lines)] // A table.
fn simpler(expr: &Expr) -> Option<Expr> {
    use Expr::{Add, Call, Div, Mul, Neg, Number, Pow, Sub, Transpose};
    Some(match expr {
        // Numbers.
        Neg(a) => match a.as_ref() {
            Neg(a) => a.as_ref().clone(),
            Number(x) => number(-x),
            _ => return None,
        },
        Add(a, b) => match (a.as_ref(), b.as_ref()) {
            (Number(x), Number(y)) => number(x + y),
            (_, Neg(b)) => a.as_ref().clone().with(Sub, b.as_ref().clone()),
            (Neg(a), _) => b.as_ref().clone().with(Sub, a.as_ref().clone()),
            (a, b) if a == b => number(2.0).with(Mul, a.clone()),
            _ => return None,
        },
        Sub(a, b) => match (a.as_ref(), b.as_ref()) {
            (Number(x), Number(y)) => number(x - y),
            (Sub(x, y), Number(z)) => match y.as_ref() {
                Number(y) => x.as_ref().clone().with(Sub, number(y + z)),
                _ => return None,
            },
            _ => return None,
        },
        Mul(a, b) => return product(a, b),
        Div(a, b) => match (a.as_ref(), b.as_ref()) {
            (_, Number(1.0)) => a.as_ref().clone(),
            (Number(0.5), z) => number(1.0).with(Div, number(2.0).with(Mul, z.clone())),
            (Div(x, y), z) => x.as_ref().clone().with(Div, y.as_ref().clone().with(Mul, z.clone())),
            (Mul(d, quotient), z) if matches!(quotient.as_ref(), Div(..)) => {
                d.as_ref().clone().with(Mul, quotient.as_ref().clone().with(Div, z.clone()))
            }
            (Neg(x), z) => x.as_ref().clone().with(Div, z.clone()).one(Neg),
            _ => return None,
        },
        Pow(a, b) => match (a.as_ref(), b.as_ref()) {
            (_, Number(1.0)) => a.as_ref().clone(),
            (_, Number(0.0)) => number(1.0),
            _ => return None,
        },
        Transpose(a) => match a.as_ref() {
            Transpose(a) => a.as_ref().clone(),
            _ => return None,
        },
        Call { name, operands, .. } => return function(name, operands),
        _ => return None,
    })
}

#[allow(clippy::float_cmp)]
fn product(a: &Expr, b: &Expr) -> Option<Expr> {
    use Expr::{Div, Mul, Neg, Number, Pow};
    Some(match (a, b) {
        (Number(x), Number(y)) => number(x * y),
        (Number(1.0), x) | (x, Number(1.0)) => x.clone(),
        // Numbers stand in front.
        (x, Number(y)) => number(*y).with(Mul, x.clone()),
        (Neg(x), y) | (y, Neg(x)) => x.as_ref().clone().with(Mul, y.clone()).one(Neg),
        (Number(x), Mul(y, z)) if matches!(y.as_ref(), Number(_)) => {
            number(*x).with(Mul, y.as_ref().clone()).with(Mul, z.as_ref().clone())
        }
        (Number(x), Div(y, z)) if matches!(y.as_ref(), Number(_)) => {
            number(*x).with(Mul, y.as_ref().clone()).with(Div, z.as_ref().clone())
        }
        (Number(0.5), Div(y, z)) => y.as_ref().clone().with(Div, number(2.0).with(Mul, z.as_ref().clone())),
        (x, y) if x == y && !matches!(x, Number(_)) => square(x.clone()),
        (x, Pow(y, n)) if x == y.as_ref() => match n.as_ref() {
            Number(n) => x.clone().with(Pow, number(n + 1.0)),
            _ => return None,
        },
        _ => return None,
    })
}

/// Functions that have other names in books.
#[allow(clippy::float_cmp)]
fn function(name: &str, operands: &[Expr]) -> Option<Expr> {
    use Expr::{Add, Call, Div, Mul, Neg, Number, Pow, Sub};
    let weighted = |weight: &Expr, function: Expr| weight.clone().with(Mul, function);
    Some(match (name, operands) {
        ("reciprocal", [a]) => number(1.0).with(Div, a.clone()),
        ("rsqrt", [a]) => number(1.0).with(Div, Expr::call("sqrt", vec![a.clone()])),
        ("exp_difference", [a, b]) => Expr::call("exp", vec![a.clone().with(Sub, b.clone())]),
        ("times_logistic_slope", [Number(4.0), Mul(two, x)]) if matches!(two.as_ref(), Number(2.0)) => {
            number(1.0).with(Sub, square(Expr::call("tanh", vec![x.as_ref().clone()])))
        }
        ("times_logistic", [a, b]) => weighted(a, Expr::call("logistic", vec![b.clone()])),
        ("times_logistic_slope", [a, b]) => {
            let logistic = Expr::call("logistic", vec![b.clone()]);
            weighted(a, logistic.clone().with(Mul, number(1.0).with(Sub, logistic)))
        }
        ("times_normal", [a, b]) => weighted(a, Expr::call("Φ", vec![b.clone()])),
        ("times_density", [a, b]) => weighted(a, Expr::call("φ", vec![b.clone()])),
        ("times_bell", [a, b]) => weighted(a, Expr::call("exp", vec![square(b.clone()).one(Neg)])),
        ("times_power", [a, b, c]) => weighted(a, b.clone().with(Pow, c.clone())),
        ("times_power_less_1", [a, b, c]) => power_less(a, b, c, 1.0),
        ("times_power_less_2", [a, b, c]) => power_less(a, b, c, 2.0),
        ("times_power_less_3", [a, b, c]) => power_less(a, b, c, 3.0),
        // The logarithm of 0 is left out where it is multiplied by 0.
        ("log", [Call { name, operands, .. }]) if name == "select" => match operands.as_slice() {
            [Call { name, operands: pair, .. }, Number(1.0), x]
                if name == "eq" && pair.first() == Some(x) && pair.get(1) == Some(&Number(0.0)) =>
            {
                Expr::call("log", vec![x.clone()])
            }
            _ => return None,
        },
        // a ≠ a is NaN alone.
        ("maximum", [mask, Call { name, operands, .. }]) if name == "ne" => match operands.as_slice() {
            [x, y] if x == y => mask.clone(),
            _ => return None,
        },
        ("times_cubic_turn", [a, b]) => {
            let turn = number(1.0).with(Add, number(0.134_145).with(Mul, square(b.clone())));
            let root = number((2.0 / std::f64::consts::PI).sqrt() * 2.0 / 1024.0);
            weighted(&root.with(Mul, a.clone()), turn)
        }
        _ => return None,
    })
}

fn power_less(a: &Expr, b: &Expr, c: &Expr, less: f64) -> Expr {
    let exponent = c.clone().with(Expr::Sub, number(less));
    a.clone().with(Expr::Mul, b.clone().with(Expr::Pow, exponent))
}
