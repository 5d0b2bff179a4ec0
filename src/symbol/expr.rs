//! An expression.

use std::fmt;

/// A small tree. Products are of elements; [`MatMul`](Expr::MatMul) is that of matrices.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Expr {
    Symbol {
        name: String,
        shape: Vec<usize>,
    },
    Number(f64),
    Neg(Box<Expr>),
    Add(Box<Expr>, Box<Expr>),
    Sub(Box<Expr>, Box<Expr>),
    Mul(Box<Expr>, Box<Expr>),
    Div(Box<Expr>, Box<Expr>),
    Pow(Box<Expr>, Box<Expr>),
    MatMul(Box<Expr>, Box<Expr>),
    /// Of the last two axes.
    Transpose(Box<Expr>),
    /// A function of these, and what else there is to say of it: axes, a shape.
    Call {
        name: String,
        operands: Vec<Expr>,
        how: String,
    },
}

/// The call that stands for the cotangent of what it is of: `dW`.
pub(super) const ADJOINT: &str = "d";

impl Expr {
    /// Whether it is a single number, as far as can be told.
    pub fn is_single(&self) -> bool {
        match self {
            Self::Number(_) => true,
            Self::Symbol { shape, .. } => shape.is_empty(),
            Self::MatMul(..) | Self::Transpose(_) => false,
            Self::Call { name, how, .. } if matches!(name.as_str(), "sum" | "max" | "prod") => how.is_empty(),
            Self::Call { name, how, .. } if name == "reshape" => how == "to ()",
            Self::Call { name, .. } if name == "repeat" => false,
            _ => self.parts().into_iter().all(Self::is_single),
        }
    }

    pub fn symbol(name: &str, shape: &[usize]) -> Self {
        Self::Symbol { name: name.into(), shape: shape.into() }
    }

    pub fn call(name: &str, operands: Vec<Self>) -> Self {
        Self::Call { name: name.into(), operands, how: String::new() }
    }

    pub fn one(self, make: fn(Box<Self>) -> Self) -> Self {
        make(Box::new(self))
    }

    pub fn with(self, make: fn(Box<Self>, Box<Self>) -> Self, other: Self) -> Self {
        make(Box::new(self), Box::new(other))
    }

    /// What it is made of.
    pub fn parts(&self) -> Vec<&Self> {
        match self {
            Self::Symbol { .. } | Self::Number(_) => Vec::new(),
            Self::Neg(a) | Self::Transpose(a) => vec![a],
            Self::Add(a, b)
            | Self::Sub(a, b)
            | Self::Mul(a, b)
            | Self::Div(a, b)
            | Self::Pow(a, b)
            | Self::MatMul(a, b) => vec![a, b],
            Self::Call { operands, .. } => operands.iter().collect(),
        }
    }

    /// The same, with each part replaced.
    pub fn map(&self, change: &dyn Fn(&Self) -> Self) -> Self {
        let one = |make: fn(Box<Self>) -> Self, a: &Self| change(a).one(make);
        let two =
            |make: fn(Box<Self>, Box<Self>) -> Self, a: &Self, b: &Self| change(a).with(make, change(b));
        match self {
            Self::Symbol { .. } | Self::Number(_) => self.clone(),
            Self::Neg(a) => one(Self::Neg, a),
            Self::Transpose(a) => one(Self::Transpose, a),
            Self::Add(a, b) => two(Self::Add, a, b),
            Self::Sub(a, b) => two(Self::Sub, a, b),
            Self::Mul(a, b) => two(Self::Mul, a, b),
            Self::Div(a, b) => two(Self::Div, a, b),
            Self::Pow(a, b) => two(Self::Pow, a, b),
            Self::MatMul(a, b) => two(Self::MatMul, a, b),
            Self::Call { name, operands, how } => Self::Call {
                name: name.clone(),
                operands: operands.iter().map(change).collect(),
                how: how.clone(),
            },
        }
    }

    /// How many nodes it has.
    pub fn size(&self) -> usize {
        1 + self.parts().into_iter().map(Self::size).sum::<usize>()
    }

    pub fn mentions(&self, symbol: &str) -> bool {
        matches!(self, Self::Symbol { name, .. } if name == symbol)
            || self.parts().into_iter().any(|part| part.mentions(symbol))
    }

    /// Whether a cotangent is in it.
    pub fn has_adjoint(&self) -> bool {
        matches!(self, Self::Call { name, .. } if name == ADJOINT)
            || self.parts().into_iter().any(Self::has_adjoint)
    }

    /// Whether a part of it was left out.
    pub fn mentions_cut(&self) -> bool {
        matches!(self, Self::Symbol { name, .. } | Self::Call { name, .. } if name.starts_with('…'))
            || self.parts().into_iter().any(Self::mentions_cut)
    }
}

/// A shape as people say it: `(30×64)`.
pub(super) fn times(shape: &[usize]) -> String {
    let sizes: Vec<String> = shape.iter().map(ToString::to_string).collect();
    format!("({})", sizes.join("×"))
}

impl fmt::Display for Expr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        super::text::Text(self, super::text::Products::Dots).fmt(f)
    }
}
