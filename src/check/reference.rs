//! What the gradients should be, and how far rounding may put others from them.

use super::examine::{Scene, Subject};
use crate::{Float, Var};
use ndarray::{ArrayD, IxDyn};

/// The exact side of a comparison.
#[derive(Debug)]
pub(super) struct Reference {
    /// The gradient of each input, in double precision.
    pub gradients: Vec<ArrayD<f64>>,
    /// How far the elements of another derivation may be from them.
    pub tolerances: Vec<ArrayD<f64>>,
    pub because: &'static str,
}

impl Reference {
    pub fn new<T: Float>(out: Var<'_, T>, cotangent: &ArrayD<T>, inputs: &[Var<'_, T>]) -> Self {
        let grads = out.backward_with(cotangent);
        let gradients: Vec<ArrayD<f64>> =
            inputs.iter().map(|&x| grads[x].value().mapv(T::to_f64).to_owned()).collect();
        let tolerances = gradients
            .iter()
            .map(|g| {
                let scale = g.iter().fold(0.0_f64, |m, x| m.max(x.abs()));
                g.mapv(|_| 1e3 * T::EPSILON.to_f64() * scale)
            })
            .collect();
        Self { gradients, tolerances, because: "" }
    }
}

/// The slopes of ⟨cotangent, function⟩ from the left and from the right along one element of an input, if
/// they differ.
pub(super) fn slopes<T: Float>(
    _scene: &Scene<T>,
    _subject: &Subject<'_, T>,
    _input: usize,
    _at: &IxDyn,
) -> Option<[f64; 2]> {
    None
}
