//! What the gradients should be, and how far rounding may put others from them.

use super::difference::{Swept, difference};
use super::evaluate::evaluate;
use super::number::Bound;
use super::sample::Sample;
use super::standing::{Reason, Standing};
use super::subject::{Recorded, Subject};
use crate::{Float, Kind, Tape, Var};
use ndarray::{ArrayD, IxDyn};

/// The exact side of a comparison.
#[derive(Debug)]
pub(super) struct Reference {
    /// The gradient of each input, in double precision.
    pub gradients: Vec<ArrayD<f64>>,
    /// How far the elements of another derivation may be from them.
    pub tolerances: Vec<ArrayD<f64>>,
    /// Why some elements have no finite gradient, and why others cannot be judged.
    outside: Reason,
    unjudged: Reason,
}

/// Where the tolerances come from.
pub(super) const BECAUSE: &str = "17 times what rounding can do in the recorded derivation";

/// One for the reference's own rounding, and 16 for a derivation by hand, which may add up in another order: a plain
/// loop over n ≤ 1024 terms rounds a term up to n times, where the tape's sum, in 16 lanes, rounds it n/16 times.
const ORDERS: f64 = 17.0;

impl Reference {
    /// Derives on the tape, and evaluates that derivation again in double precision with a bound for the error that it
    /// has in the tape's.
    pub fn new<'t, T: Float>(out: Var<'t, T>, cotangent: &ArrayD<T>, inputs: &[Var<'t, T>]) -> Self {
        let grads = out.backward_with(cotangent);
        // Indices and masks have no gradient: 0 stands in its place.
        let gradient = |&x: &Var<'t, T>| match x.kind() {
            Kind::Real => grads[x],
            _ => x.tape().constant(ArrayD::<T>::zeros(x.shape())),
        };
        let wanted: Vec<Var<'t, T>> = inputs.iter().map(gradient).collect();
        Self::of_rows(&wanted)
    }

    /// The values of rows themselves, in the places of gradients.
    pub fn of_rows<T: Float>(rows: &[Var<'_, T>]) -> Self {
        if T::EPSILON.to_f64() > f64::EPSILON {
            Self::bounded::<T, true>(rows)
        } else {
            Self::bounded::<T, false>(rows)
        }
    }

    fn bounded<T: Float, const SINGLE: bool>(wanted: &[Var<'_, T>]) -> Self {
        let Some(first) = wanted.first() else {
            return Self::of(Vec::new(), Vec::new());
        };
        let bounds: Vec<ArrayD<Bound<SINGLE>>> = evaluate(first.tape(), &[], wanted);
        Self::of(
            bounds.iter().map(|bound| bound.mapv(|bound| bound.value)).collect(),
            bounds.iter().map(|bound| bound.mapv(|bound| ORDERS * bound.error)).collect(),
        )
    }

    fn of(gradients: Vec<ArrayD<f64>>, tolerances: Vec<ArrayD<f64>>) -> Self {
        let reason = |why: &str, mend: &str| Reason { row: None, why: why.into(), mend: mend.into() };
        Self {
            gradients,
            tolerances,
            outside: reason("the function has no finite slope here", "Give `values` that suit it."),
            unjudged: reason(
                "rounding may put the gradient anywhere",
                "Give `values` that suit the function.",
            ),
        }
    }

    /// What can be said of one element of the gradient of an input.
    pub fn standing(&self, input: usize, at: &IxDyn) -> Standing<'_> {
        let (expected, tolerance) = (self.gradients[input][at], self.tolerances[input][at]);
        if !expected.is_finite() || tolerance.is_nan() {
            Standing::Outside(&self.outside)
        } else if tolerance.is_infinite() {
            Standing::Unjudged(&self.unjudged)
        } else {
            Standing::Judged { expected, tolerance }
        }
    }
}

/// The slope of ⟨cotangent, function⟩ along one element of an input, by differences in double precision: a witness that
/// knows nothing of derivative rules.
pub(super) fn witness<T: Float>(
    subject: &Subject<'_, T>,
    sample: &Sample,
    inputs: &[ArrayD<T>],
    cotangent: &ArrayD<T>,
    input: usize,
    at: &IxDyn,
) -> Swept {
    let tape = Tape::new();
    let Recorded { inputs: vars, out, .. } = subject.record(sample, &tape, inputs);
    let cotangent = cotangent.mapv(T::to_f64);
    let around = inputs[input].mapv(T::to_f64);
    let along = |x: f64| {
        let mut moved = around.clone();
        moved[at] = x;
        let value: Vec<ArrayD<f64>> = evaluate(&tape, &[(vars[input], moved)], &[out]);
        (&value[0] * &cotangent).sum()
    };
    difference(along, around[at])
}
