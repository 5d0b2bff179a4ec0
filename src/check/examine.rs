//! One case, examined: what was expected, what was given, and whether they agree.

use super::difference::Swept;
use super::reference::{BECAUSE, Reference, witness};
use super::sample::Sample;
use super::standing::Standing;
use super::subject::Subject;
use super::{Measured, Verdict};
use crate::{Float, Tape, Var};
use ndarray::{ArrayD, Dimension, IxDyn};

/// One case with all that belongs to it.
#[derive(Debug)]
pub(super) struct Scene<T> {
    pub sample: Sample,
    pub inputs: Vec<ArrayD<T>>,
    /// Of the result's shape.
    pub cotangent: ArrayD<T>,
    pub reference: Reference,
    /// The hand-written gradients, or why there are none.
    pub given: Result<Vec<ArrayD<f64>>, String>,
}

/// What is wrong with one gradient.
#[derive(Clone, Debug)]
pub(super) enum Finding {
    /// The function refused or panicked.
    Refused(String),
    /// It gave another number of gradients in this case than it did before, or none.
    Count { given: usize, inputs: usize },
    /// The gradient of this input has another shape than the input.
    Shape { input: usize, expected: Vec<usize>, given: Vec<usize> },
    /// Elements differ.
    Values(Difference),
}

/// Elements that differ, and the one that differs most.
#[derive(Clone, Debug)]
pub(super) struct Difference {
    pub input: usize,
    pub at: IxDyn,
    pub expected: f64,
    pub given: f64,
    pub verdict: Verdict,
    /// What differences say of that element.
    pub witness: Option<Swept>,
    /// How many differ, of how many.
    pub wrong: usize,
    pub of: usize,
}

/// What a case adds to the tally.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Tally {
    /// Elements compared.
    pub elements: usize,
    /// Elements of which nothing could be said, since the reference is not finite there.
    pub inconclusive: usize,
    /// Elements that differ only by the convention at a kink.
    pub kinks: usize,
    /// The largest error as a part of its tolerance.
    pub worst: f64,
}

impl<T: Float> Subject<'_, T> {
    /// Records, differentiates, asks the hand-written function.
    pub fn scene(&self, sample: &Sample) -> Scene<T> {
        let inputs: Vec<ArrayD<T>> = sample.inputs();
        let tape = Tape::new();
        let names = &sample.signature().inputs;
        let vars: Vec<Var<'_, T>> =
            inputs.iter().zip(names).map(|(x, pattern)| tape.leaf(&pattern.name, x.clone())).collect();
        let out = (self.formula)(&vars);
        let cotangent =
            if self.takes_cotangent { sample.cotangent(&out.shape()) } else { ArrayD::ones(out.shape()) };
        let reference = Reference::new(out, &cotangent, &vars);
        // A call with other numbers of the same shapes comes first, so that what is kept from it shows.
        let before = sample.reseeded(!sample.seed());
        let _ = self.ask(&before.inputs(), &before.cotangent(&out.shape()));
        let given = self.ask(&inputs, &cotangent);
        Scene { sample: sample.clone(), inputs, cotangent, reference, given }
    }
}

impl<T: Float> Scene<T> {
    /// What is wrong, gradient by gradient; nothing if all agree.
    pub fn findings(&self) -> (Vec<Finding>, Tally) {
        let mut tally = Tally::default();
        let given = match &self.given {
            Ok(given) => given,
            Err(why) => return (vec![Finding::Refused(why.clone())], tally),
        };
        if given.is_empty() || given.len() > self.inputs.len() {
            return (vec![Finding::Count { given: given.len(), inputs: self.inputs.len() }], tally);
        }
        let each =
            given.iter().enumerate().filter_map(|(input, given)| self.compare(input, given, &mut tally));
        (each.collect(), tally)
    }

    /// Shapes first: values alone may agree by broadcasting.
    fn compare(&self, input: usize, given: &ArrayD<f64>, tally: &mut Tally) -> Option<Finding> {
        let expected = &self.reference.gradients[input];
        if given.shape() != expected.shape() {
            let [expected, given] = [expected, given].map(|array| array.shape().to_vec());
            return Some(Finding::Shape { input, expected, given });
        }
        let (mut worst, mut wrong): (Option<Difference>, usize) = (None, 0);
        for ((at, &g), &e) in given.indexed_iter().zip(expected) {
            tally.elements += 1;
            let tolerance = match self.reference.standing(input, &at) {
                Standing::Judged { tolerance, .. } => tolerance,
                Standing::Outside(_) | Standing::Unjudged(_) => {
                    tally.inconclusive += 1;
                    continue;
                }
            };
            let measured = Measured { error: (g - e).abs(), tolerance, because: String::new() };
            if measured.is_within() {
                if tolerance > 0.0 {
                    tally.worst = tally.worst.max(measured.error / tolerance);
                }
                continue;
            }
            wrong += 1;
            let excess =
                |error: f64, tolerance: f64| if error.is_nan() { f64::INFINITY } else { error / tolerance };
            let worse = worst.as_ref().is_none_or(|before| match &before.verdict {
                Verdict::Fail(m) => excess(measured.error, tolerance) > excess(m.error, m.tolerance),
                Verdict::Pass(_) | Verdict::Kink { .. } | Verdict::Inconclusive(_) => true,
            });
            if worse {
                let because = BECAUSE.to_owned();
                let verdict = Verdict::Fail(Measured { because, ..measured });
                worst = Some(Difference {
                    input,
                    at,
                    expected: e,
                    given: g,
                    verdict,
                    witness: None,
                    wrong: 0,
                    of: given.len(),
                });
            }
        }
        worst.map(|worst| Finding::Values(Difference { wrong, ..worst }))
    }

    /// What differences say of one element of a gradient.
    pub fn witness(&self, subject: &Subject<'_, T>, input: usize, at: &IxDyn) -> Swept {
        witness(&subject.formula, &self.inputs, &self.cotangent, input, at)
    }

    /// Whether a difference is a matter of convention: the slopes from the left and from the right differ, and
    /// every element that differs is one of its two slopes or between them.
    pub fn judge_kinks(&self, subject: &Subject<'_, T>, difference: &mut Difference) {
        let (input, given) = (difference.input, self.given.as_ref().expect("a difference was found"));
        let mut kink = None;
        for ((at, &g), &e) in given[input].indexed_iter().zip(&self.reference.gradients[input]) {
            if (g - e).abs() <= self.reference.tolerances[input][&at] || !e.is_finite() {
                continue;
            }
            let Swept { left, right, one_sided_uncertainty, .. } = {
                let swept = self.witness(subject, input, &at);
                if !swept.is_kink() {
                    return;
                }
                swept
            };
            let room = 4.0 * one_sided_uncertainty + 1e-6 * (left.abs() + right.abs());
            if !(left.min(right) - room..=left.max(right) + room).contains(&g) {
                return;
            }
            kink = Some(Verdict::Kink { left, right, given: g });
        }
        difference.verdict = kink.unwrap_or_else(|| difference.verdict.clone());
    }
}

impl Finding {
    /// The input whose gradient it is about.
    pub fn input(&self) -> Option<usize> {
        match self {
            Self::Refused(_) | Self::Count { .. } => None,
            Self::Shape { input, .. } => Some(*input),
            Self::Values(difference) => Some(difference.input),
        }
    }
}

/// An element's place as a reader writes it: `[1, 0]`, and nothing for a number.
pub(super) fn place(at: &IxDyn) -> String {
    if at.ndim() == 0 { String::new() } else { format!("{:?}", at.slice()) }
}
