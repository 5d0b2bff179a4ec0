//! What is examined: a function, and its derivative by hand.

use super::derivative::Answer;
use super::quiet::{self, Panicked};
use crate::{Float, Var};
use ndarray::ArrayD;

/// The function, recorded: rows in, a row out.
pub(super) type Formula<'f, T> = dyn for<'t> Fn(&[Var<'t, T>]) -> Var<'t, T> + 'f;

/// The function's derivative by hand: arrays in (the cotangent first, if it takes one), gradients out.
pub(super) type ByHand<'f, T> = dyn Fn(&[ArrayD<T>]) -> Answer<T> + 'f;

/// A function and its derivative, as they came.
pub(super) struct Subject<'f, T: Float> {
    pub formula: Box<Formula<'f, T>>,
    pub by_hand: Box<ByHand<'f, T>>,
    /// How many arrays the hand-written function takes.
    pub parameters: usize,
    /// Whether the first of them is the cotangent.
    pub takes_cotangent: bool,
}

/// Why a hand-written function gave no gradients.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Refusal {
    /// It returned an error, or takes arrays of other ranks.
    Said(String),
    Panicked(Panicked),
}

impl<T: Float> Subject<'_, T> {
    /// The hand-written gradients; a panic is an answer too.
    pub fn ask(&self, inputs: &[ArrayD<T>], cotangent: &ArrayD<T>) -> Result<Vec<ArrayD<f64>>, Refusal> {
        let seed = self.takes_cotangent.then_some(cotangent);
        let arrays: Vec<ArrayD<T>> = seed.into_iter().chain(inputs).take(self.parameters).cloned().collect();
        let answer = quiet::catch(|| (self.by_hand)(&arrays)).map_err(Refusal::Panicked)?;
        let answer = answer.map_err(Refusal::Said)?;
        Ok(answer.iter().map(|gradient| gradient.mapv(T::to_f64)).collect())
    }
}
