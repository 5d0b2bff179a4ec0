//! Rows without operands: what the user puts on the tape.

use super::{Domain, Rule, family};
use crate::Float;
use crate::array::{Arithmetic, Kernel, Kind, Known, Layout, Room, Shape, Value, Work};
use crate::error::Problem;
use crate::tape::Var;

family! {
    /// Where a computation starts.
    Leaf {
        /// A variable: gradients are taken with respect to it.
        Input,
        /// A number or array that is no variable.
        Constant,
        /// Whole numbers, which have no gradient.
        Indices,
        /// Ones and zeros, which have none either.
        Mask,
    }
}

impl Rule for Leaf {
    fn name(&self) -> &'static str {
        match self {
            Self::Input => "input",
            Self::Constant => "constant",
            Self::Indices => "indices",
            Self::Mask => "mask",
        }
    }

    fn formula(&self) -> String {
        self.name().into()
    }

    fn arity(&self) -> Option<usize> {
        Some(0)
    }

    fn domain(&self) -> Domain {
        Domain::ALL
    }

    fn kind(&self, _: &[Kind]) -> Result<Kind, Problem> {
        Ok(match self {
            Self::Input | Self::Constant => Kind::Real,
            Self::Indices => Kind::Index,
            Self::Mask => Kind::Mask,
        })
    }

    /// The tape hands a leaf its own value as if it were an operand.
    fn shape(&self, operands: &[&[usize]]) -> Result<Shape, Problem> {
        Ok(operands[0].into())
    }

    fn eval<T: Arithmetic>(&self, operands: &[&Value<T>], _: &Room<T>) -> Result<Value<T>, Problem> {
        Ok(operands[0].clone())
    }

    fn work<T: Arithmetic>(&self, operands: &[&Layout]) -> Work<T> {
        Work::View(operands[0].clone())
    }

    fn shortcut<T: Arithmetic>(&self, _: &[Known<T>]) -> Option<usize> {
        None
    }

    fn kernel<T: Arithmetic>(&self) -> Option<Kernel<T>> {
        None
    }

    fn vjp<'t, T: Float>(
        &self,
        _: usize,
        _: &[Var<'t, T>],
        _: Var<'t, T>,
        _: Var<'t, T>,
    ) -> Option<Var<'t, T>> {
        None
    }

    fn jvp<'t, T: Float>(
        &self,
        _: &[Var<'t, T>],
        _: Var<'t, T>,
        _: &[Option<Var<'t, T>>],
    ) -> Option<Var<'t, T>> {
        None
    }

    fn fitting(_: &[usize]) -> Vec<Self> {
        Self::ALL.to_vec()
    }
}
