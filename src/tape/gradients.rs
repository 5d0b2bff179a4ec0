//! What a reverse sweep hands back.

use super::sweeps::{Derivatives, derivative_of};
use super::{RowId, Var};
use crate::Float;
use crate::array::Kind;
use crate::error::{Error, ErrorKind, Problem, must};
use elsa::FrozenMap;
use std::borrow::Borrow;
use std::fmt;
use std::ops::Index;

/// The gradients of one result, by the variable they belong to: `grads[w]`.
///
/// Every row that influences the result has one, intermediate ones too; an earlier variable that does not
/// has gradient zero of its own shape. To ask for that of a row recorded after the result is an error: it says
/// nothing of the row, and mostly a handle was meant that another has replaced.
///
/// ```
/// use ndarray::arr1;
/// # let tape = wengert::Tape::<f64>::new();
/// let x = tape.leaf("x", arr1(&[1.0, 2.0]));
/// let unused = tape.leaf("unused", arr1(&[7.0, 8.0, 9.0]));
/// let z = x * 3.0;
/// let grads = (z * z).sum().backward();
/// assert_eq!(grads[z].value(), arr1(&[6.0, 12.0]).into_dyn());
/// assert_eq!(grads[x].value(), arr1(&[18.0, 36.0]).into_dyn());
/// assert_eq!(grads[unused].value(), arr1(&[0.0, 0.0, 0.0]).into_dyn());
/// ```
#[doc(alias = "grad")]
#[doc(alias = "zero_grad")]
#[doc(alias = "retain_grad")]
pub struct Gradients<'t, T: Float> {
    root: Var<'t, T>,
    cotangents: Derivatives,
    /// The handles given out so far: `Index` must return a reference to something that stays.
    given: FrozenMap<RowId, Box<Var<'t, T>>>,
}

impl<'t, T: Float> Gradients<'t, T> {
    pub(super) fn new(root: Var<'t, T>, cotangents: Derivatives) -> Self {
        Self { root, cotangents, given: FrozenMap::new() }
    }

    /// The result that these are the gradients of.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// let y = tape.leaf("x", 3.0).sin();
    /// assert_eq!(y.backward().root().row(), y.row());
    /// ```
    pub fn root(&self) -> Var<'t, T> {
        self.root
    }

    /// The gradient with respect to `var`, as `grads[var]` but without the panic.
    ///
    /// # Errors
    /// If `var` is of another tape, was recorded after the result, or depends on constants only.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// let x = tape.leaf("x", 3.0);
    /// let c = tape.constant(2.0);
    /// let grads = (c * x).backward();
    /// assert_eq!(grads.try_wrt(x).unwrap().item(), 2.0);
    /// assert!(grads.try_wrt(c).is_err());
    /// ```
    #[doc(alias = "grad")]
    #[track_caller]
    pub fn try_wrt(&self, var: Var<'t, T>) -> Result<Var<'t, T>, Error> {
        self.look_up(var).copied()
    }

    /// All rows that have a gradient which is not zero by structure, in order, each with its own.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// let x = tape.leaf("x", 3.0);
    /// let grads = x.sin().backward();
    /// assert_eq!(grads.iter().count(), 2); // x and sin x
    /// ```
    pub fn iter(&self) -> impl Iterator<Item = (Var<'t, T>, Var<'t, T>)> {
        let tape = self.root.tape();
        self.cotangents.iter().map(move |&(row, cotangent)| (Var::new(tape, row), Var::new(tape, cotangent)))
    }

    #[track_caller]
    fn look_up(&self, var: Var<'t, T>) -> Result<&Var<'t, T>, Error> {
        if !self.root.shares_tape(var) {
            return Err(self.root.other_tape("gradient", var));
        }
        if let Some(given) = self.given.get(&var.id()) {
            return Ok(given);
        }
        if var.row() > self.root.row() {
            let problem = Problem::new(
                ErrorKind::Later,
                "the row was recorded after the result whose gradients these are, so that it cannot have had a part in it",
                "Ask for the gradient of a row that the result was computed from: if a name was bound anew since, as by \
                 `w = optim::sgd(w, …)`, that of the row it stood for before. Or call `backward` on a result that was \
                 computed from this row.",
            );
            return Err(Var::error("gradient", problem, &[var, self.root]));
        }
        let gradient = match derivative_of(&self.cotangents, var.id()) {
            Some(cotangent) => Var::new(var.tape(), cotangent),
            None if var.varies() => Var::new(var.tape(), var.tape().no_influence(self.root.id(), var.id())),
            None => {
                return Err(Var::error(
                    "gradient",
                    unmoved("a gradient was asked for with respect to", var),
                    &[var],
                ));
            }
        };
        Ok(self.given.insert(var.id(), Box::new(gradient)))
    }
}

impl<'t, T: Float, W: Borrow<Var<'t, T>>> Index<W> for Gradients<'t, T> {
    type Output = Var<'t, T>;

    /// The gradient with respect to a row, of that row's shape: `grads[w]`, or `grads[&w]` of a reference.
    #[track_caller]
    fn index(&self, var: W) -> &Var<'t, T> {
        must(self.look_up(*var.borrow()))
    }
}

impl<T: Float> fmt::Debug for Gradients<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter().map(|(var, gradient)| (var.row(), gradient.row()))).finish()
    }
}

/// That something was asked of a row that does not move, in these words.
pub(super) fn unmoved<T: Float>(asked: &str, var: Var<'_, T>) -> Problem {
    let (what, mend) = match var.kind() {
        Kind::Real => (
            "a constant",
            "Record it with `tape.leaf(name, value)` instead of `tape.constant(value)` if it is a variable.",
        ),
        Kind::Index => (
            "indices, which jump from place to place and have no derivative",
            "Ask for that of what is looked up along them.",
        ),
        Kind::Mask => (
            "a mask, which jumps and has no derivative",
            "Ask for that of what it chooses between; numbers that are to move are recorded with `tape.leaf`.",
        ),
    };
    Problem::new(ErrorKind::Constant, format!("{asked} {what}"), mend)
}
