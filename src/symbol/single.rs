//! One rule of one row, as a mend prints it.

use super::expr::times;
use super::{Expr, read, tidy};
use crate::array::Kind;
use crate::tape::{Depends, Var};
use crate::{Float, Tape};
use std::fmt;

/// One rule of one row: what it gives one of its operands.
pub(crate) struct Equation {
    /// The cotangent of the operand.
    pub left: Expr,
    pub right: Expr,
    /// The cotangent of the row, of which the right side is a function.
    cotangent: String,
}

impl Equation {
    /// What the cotangent is multiplied with, if that is all that happens to it.
    pub fn slope(&self) -> Option<Expr> {
        self.right.without(&self.cotangent)
    }
}

/// `dW = dZᵀ·A   (30×64) = (30×1437)·(1437×64)`: the shapes where a product of matrices needs them.
impl fmt::Display for Equation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} = {}", self.left, self.right)?;
        if self.right.has_product_of_matrices() {
            write!(f, "   {} = {}", self.left.in_shapes(), self.right.in_shapes())?;
        }
        Ok(())
    }
}

/// What a row's rule gives operand `wrt`, as a formula; `None` where no derivative flows.
pub(crate) fn rule<T: Float>(row: Var<'_, T>, wrt: usize) -> Option<Equation> {
    let operands = row.operands();
    let names: Vec<String> = operands.iter().map(|operand| read::name(*operand)).collect();
    let shapes: Vec<Vec<usize>> = operands.iter().map(|operand| operand.shape()).collect();
    let tape = Tape::<T>::symbolic();
    let mut symbols: Vec<Var<'_, T>> = Vec::new();
    for (i, operand) in operands.iter().enumerate() {
        // One operand that is used twice is one symbol; a number is itself.
        let same = operands[..i].iter().position(|other| other.row() == operand.row());
        symbols.push(match (same, operand.constant_number()) {
            (Some(same), _) => symbols[same],
            (None, Some(number)) if operand.kind() == Kind::Real => {
                tape.constant(number).broadcast_to(operand.shape())
            }
            (None, _) => tape.symbol(&names[i], &shapes[i], operand.kind(), operand.depends()),
        });
    }
    let out = tape.try_apply(&row.prim(), &symbols).ok()?;
    let own = row.name().map(|name| name.to_string());
    let cotangent = own.as_ref().map_or_else(|| "dy".into(), |name| format!("d{name}"));
    if let Some(name) = &own {
        let _ = out.named(name);
    }
    let d = tape.symbol(&cotangent, &row.shape(), Kind::Real, Depends::Varying);
    let term = row.prim().vjp(wrt, &symbols, out, d)?;
    let mut stand_ins: Vec<(usize, Expr)> = symbols
        .iter()
        .zip(&operands)
        .map(|(symbol, operand)| (symbol.row(), read::operand(*operand)))
        .collect();
    stand_ins.push((d.row(), Expr::symbol(&cotangent, &row.shape())));
    let right = tidy::tidy(&read::expression(term, &stand_ins, &cotangent));
    let left = match &stand_ins[wrt].1 {
        // Of a transposed array, the transposed gradient.
        Expr::Transpose(of) if matches!(of.as_ref(), Expr::Symbol { .. }) => {
            let mut shape = shapes[wrt].clone();
            let n = shape.len();
            shape.swap(n - 1, n - 2);
            Expr::symbol(&format!("d{of}"), &shape).one(Expr::Transpose)
        }
        _ => Expr::symbol(&format!("d{}", names[wrt]), &shapes[wrt]),
    };
    Some(Equation { left, right, cotangent })
}

impl Expr {
    pub fn has_product_of_matrices(&self) -> bool {
        matches!(self, Self::MatMul(..)) || self.parts().into_iter().any(Self::has_product_of_matrices)
    }

    /// The other factor, of a product with this symbol; 1 for the symbol itself.
    pub fn without(&self, symbol: &str) -> Option<Self> {
        Some(match self {
            Self::Symbol { name, .. } if name == symbol => Self::Number(1.0),
            Self::Neg(a) => match a.without(symbol)? {
                Self::Number(x) => Self::Number(-x),
                other => other.one(Self::Neg),
            },
            Self::Mul(a, b) if !b.mentions(symbol) => match a.without(symbol)? {
                Self::Number(1.0) => b.as_ref().clone(),
                other => other.with(Self::Mul, b.as_ref().clone()),
            },
            Self::Mul(a, b) if !a.mentions(symbol) => match b.without(symbol)? {
                Self::Number(1.0) => a.as_ref().clone(),
                other => a.as_ref().clone().with(Self::Mul, other),
            },
            Self::Div(a, b) if !b.mentions(symbol) => a.without(symbol)?.with(Self::Div, b.as_ref().clone()),
            _ => return None,
        })
    }

    /// The same expression of the shapes of its symbols.
    pub fn in_shapes(&self) -> Self {
        match self {
            Self::Transpose(a) => match a.as_ref() {
                Self::Symbol { shape, .. } => {
                    let mut shape = shape.clone();
                    let n = shape.len();
                    if n > 1 {
                        shape.swap(n - 1, n - 2);
                    }
                    Self::symbol(&times(&shape), &shape)
                }
                _ => a.in_shapes().one(Self::Transpose),
            },
            Self::Symbol { shape, .. } => Self::symbol(&times(shape), shape),
            _ => self.map(&Self::in_shapes),
        }
    }
}
