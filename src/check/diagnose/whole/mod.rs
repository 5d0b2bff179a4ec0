//! Mistakes that show in a gradient as a whole: a sign, a factor, a transposition.

mod calls;
mod diagonal;
mod factor;
mod limits;
mod places;
mod sums;

pub(super) use calls::kept_by_shape;
pub(super) use factor::{Scale, scales};

use super::Mistake;
use super::evidence::Evidence;
use super::predicted::Predicted;
use crate::Float;

/// What one gradient suffers from, in words in which `{g}` stands for its name.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Guess {
    pub mistake: Mistake,
    pub explanation: String,
    pub remedy: String,
    /// How many times too large it is, where that is all.
    pub times: Option<String>,
}

impl Guess {
    pub fn new(mistake: Mistake, explanation: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { mistake, explanation: explanation.into(), remedy: remedy.into(), times: None }
    }
}

/// One kind of mistake, tried on the gradient of an input.
type Try<T> = fn(&Evidence<'_, '_, T>, usize) -> Option<Guess>;

/// All mistakes that explain the gradient of `input` in every case, the likeliest first.
pub(super) fn guesses<T: Float>(evidence: &Evidence<'_, '_, T>, input: usize) -> Vec<Guess> {
    // Those after which no other can be told: the gradient says nothing of the function.
    let alone: [Try<T>; 3] = [calls::stale, calls::layout, zeros];
    if let Some(guess) = alone.into_iter().find_map(|attempt| attempt(evidence, input)) {
        return vec![guess];
    }
    let tries: [Try<T>; 14] = [
        sign,
        places::transposed,
        places::shape,
        factor::factor,
        calls::cotangent_ignored,
        sums::sums,
        places::off_by_one,
        places::reversed,
        places::first_only,
        places::symmetric,
        places::others,
        limits::clipped,
        diagonal::of_matrix,
        diagonal::diagonal,
    ];
    tries.into_iter().filter_map(|attempt| attempt(evidence, input)).collect()
}

fn zeros<T: Float>(evidence: &Evidence<'_, '_, T>, input: usize) -> Option<Guess> {
    evidence.confirm(input, |scene| Some(Predicted::zeros(scene.gradient(input)?.shape()))).then(|| {
        Guess::new(
            Mistake::Zeros,
            "{g} is 0 everywhere",
            "compute it: as it stands, {g} is what `zeros` made and nothing was added to",
        )
    })
}

fn sign<T: Float>(evidence: &Evidence<'_, '_, T>, input: usize) -> Option<Guess> {
    evidence
        .confirm(input, |scene| Some(scene.right(input).times(-1.0)))
        .then(|| Guess::new(Mistake::Sign, "{g} has the wrong sign", "return `-{g}`"))
}
