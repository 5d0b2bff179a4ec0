//! What may stand for weights and for their gradients.

use crate::error::Error;
use crate::{Float, Gradients, Var};

/// A weight among [`Params`](super::Params): a handle, under its row's name, or a name and a handle.
///
/// ```
/// use wengert::optim::Params;
/// # let tape = wengert::Tape::<f64>::new();
/// let w = tape.leaf("w", 1.0);
/// let (by_itself, by_pair) = (Params::new([w]), Params::new([("weight", w)]));
/// assert!(by_itself["w"] == by_pair["weight"]);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no weight of `{T}`s on a tape",
    label = "neither a `Var<'_, {T}>` nor a name and one",
    note = "weights are handles, `Params::new([w, b])`, or pairs of a name and a handle, as an `IndexMap` has them",
    note = "arrays become handles by `tape.leaf(name, array)`, or all at once by `optim::State`"
)]
pub trait IntoParam<'t, T: Float> {
    #[doc(hidden)]
    fn into_param(self) -> (String, Var<'t, T>);
}

impl<'t, T: Float> IntoParam<'t, T> for Var<'t, T> {
    fn into_param(self) -> (String, Self) {
        (self.name().map_or_else(|| format!("%{}", self.row()), |name| name.to_string()), self)
    }
}

impl<'t, T: Float> IntoParam<'t, T> for &Var<'t, T> {
    fn into_param(self) -> (String, Var<'t, T>) {
        (*self).into_param()
    }
}

impl<'t, T: Float, N: AsRef<str>> IntoParam<'t, T> for (N, Var<'t, T>) {
    fn into_param(self) -> (String, Var<'t, T>) {
        (self.0.as_ref().to_owned(), self.1)
    }
}

impl<'t, T: Float, N: AsRef<str>> IntoParam<'t, T> for (N, &Var<'t, T>) {
    fn into_param(self) -> (String, Var<'t, T>) {
        (self.0.as_ref().to_owned(), *self.1)
    }
}

/// The gradients of weights: `&loss.backward()`, or a list of rows, one for each weight in their order.
///
/// ```
/// use wengert::optim::{Optimiser, Params};
/// # let tape = wengert::Tape::<f64>::new();
/// let (w, b) = (tape.leaf("w", [30.0, 40.0]), tape.leaf("b", 0.5));
/// let grads = ((w * w).sum() / 2.0 + b).backward();
/// let norm = tape.sum([w, b].map(|w| grads[w].square().sum())).sqrt();
/// let shorter = [w, b].map(|w| grads[w] * (1.0 / norm).minimum(1.0)); // of length 1 at most, all together
/// let next = Params::new([w, b]).step(Optimiser::Sgd, shorter, 0.1);
/// assert!((next.params()["w"] - w).norm() < 0.1);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no list of gradients of `{T}`s",
    label = "not `&loss.backward()`, nor a list of rows",
    note = "the gradients are `&grads`, with `grads = loss.backward()`, or rows, one for each weight in their order"
)]
pub trait IntoGradients<'t, T: Float> {
    #[doc(hidden)]
    #[track_caller]
    fn of(self, weights: &[Var<'t, T>]) -> Result<Vec<Var<'t, T>>, Error>;
}

impl<'t, T: Float> IntoGradients<'t, T> for &Gradients<'t, T> {
    #[track_caller]
    fn of(self, weights: &[Var<'t, T>]) -> Result<Vec<Var<'t, T>>, Error> {
        let mut gradients = Vec::with_capacity(weights.len());
        for w in weights {
            gradients.push(self.try_wrt(*w)?);
        }
        Ok(gradients)
    }
}

macro_rules! rows {
    ($([$($generics:tt)*] $type:ty);+ $(;)?) => {
        $(impl<'t, T: Float, $($generics)*> IntoGradients<'t, T> for $type {
            fn of(self, _: &[Var<'t, T>]) -> Result<Vec<Var<'t, T>>, Error> {
                Ok(self.to_vec())
            }
        })+
    };
}

rows! {
    [] Vec<Var<'t, T>>;
    [] &Vec<Var<'t, T>>;
    [] &[Var<'t, T>];
    [const N: usize] [Var<'t, T>; N];
    [const N: usize] &[Var<'t, T>; N];
}
