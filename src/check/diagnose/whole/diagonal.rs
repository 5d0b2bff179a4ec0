//! Of a Jacobian the diagonal alone: what each element of the input does to its own place in the result.

use super::super::Mistake;
use super::super::evidence::Evidence;
use super::super::predicted::{Predicted, of_rows};
use super::Guess;
use crate::check::ask::subject::Recorded;
use crate::check::judge::examine::Scene;
use crate::{Float, Tape, Var};
use ndarray::ArrayD;

/// Of a square matrix only its diagonal has a gradient.
pub(super) fn of_matrix<T: Float>(evidence: &Evidence<'_, '_, T>, input: usize) -> Option<Guess> {
    let diagonal = |scene: &Scene<T>| {
        let right = scene.right(input);
        let square = right.values.ndim() == 2 && right.values.shape()[0] == right.values.shape()[1];
        square.then(|| {
            right.moved(|array| {
                let mut kept = array.clone();
                kept.indexed_iter_mut().filter(|(at, _)| at[0] != at[1]).for_each(|(_, x)| *x = 0.0);
                kept
            })
        })
    };
    evidence.confirm(input, diagonal).then(|| {
        Guess::new(
            Mistake::DiagonalOnly,
            "only the diagonal of {g} is there: the rest of it is 0",
            "each element of the matrix is a variable of its own: compute all of them, as with an outer product",
        )
    })
}

/// A sweep is done for each element: of larger arrays nothing is said.
const MOST: usize = 48;

pub(super) fn diagonal<T: Float>(evidence: &Evidence<'_, '_, T>, input: usize) -> Option<Guess> {
    let shown = evidence.shown()?;
    if shown.cotangent.ndim() == 0 || shown.cotangent.shape() != shown.inputs.get(input)?.shape() {
        return None;
    }
    evidence.confirm(input, |scene| predict(evidence, scene, input)).then(|| {
        Guess::new(
            Mistake::DiagonalOnly,
            "{g} has only the diagonal of the Jacobian: how each element of the result depends on the others of the input \
             is left out",
            "add, for each element of the input, what comes back from all elements of the result that it influences: the \
             transposed Jacobian times the cotangent",
        )
    })
}

fn predict<T: Float>(evidence: &Evidence<'_, '_, T>, scene: &Scene<T>, input: usize) -> Option<Predicted> {
    let n = scene.cotangent.len();
    if n == 0 || n > MOST || scene.cotangent.shape() != scene.inputs[input].shape() {
        return None;
    }
    let tape = Tape::new();
    let Recorded { inputs, out, .. } = evidence.subject.record(&scene.sample, &tape, &scene.inputs);
    let mut sum: Option<Var<'_, T>> = None;
    for (at, &d) in scene.cotangent.indexed_iter() {
        let mut one = ArrayD::<T>::zeros(scene.cotangent.shape());
        one[&at] = T::one();
        let row = out.backward_with(&one)[inputs[input]];
        one[&at] = d;
        let own = row * tape.constant(one);
        sum = Some(sum.map_or(own, |sum| sum + own));
    }
    of_rows(&[sum?], evidence.subject.precision).pop()
}
