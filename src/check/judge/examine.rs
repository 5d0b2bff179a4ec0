//! One case, examined: what was expected, what was given, and whether they agree.

use super::quiet::{self, Panicked};
use super::reference::Reference;
use super::subgradient::NoSubgradient;
use super::tally::{Seen, Tally};
use crate::check::ask::forward::ForwardFault;
use crate::check::ask::subject::{Recorded, Refusal, Subject};
use crate::check::cases::sample::Sample;
use crate::check::oracle::difference::{Swept, difference};
use crate::check::oracle::evaluate::paired;
use crate::check::{Measured, Verdict};
use crate::{Float, Kind, Tape, Var};
use ndarray::{ArrayD, IxDyn};

/// One case with all that belongs to it.
#[derive(Debug)]
pub(in crate::check) struct Scene<T> {
    pub sample: Sample,
    pub inputs: Vec<ArrayD<T>>,
    /// Of the result's shape.
    pub cotangent: ArrayD<T>,
    /// The shapes of several results, whose cotangents stand in one row; none if there is one result.
    pub parts: Vec<Vec<usize>>,
    pub reference: Reference,
    /// The hand-written gradients, or why there are none.
    pub given: Result<Vec<ArrayD<f64>>, Refusal>,
}

/// Why a case cannot be examined: the formula.
#[derive(Clone, Debug)]
pub(in crate::check) enum Trouble {
    /// It panicked.
    Panicked(Panicked),
    /// Its result has this shape, and is no number.
    NotANumber(Vec<usize>),
}

/// What is wrong with one gradient.
#[derive(Clone, Debug)]
pub(in crate::check) enum Finding {
    /// The function refused or panicked.
    Refused(Refusal),
    /// It gave no gradients, too many, or others than in other cases, of which `expected` says how many.
    Count { given: usize, inputs: usize, expected: Option<usize> },
    /// The gradient of this input has another shape than the input.
    Shape { input: usize, expected: Vec<usize>, given: Vec<usize> },
    /// Elements differ.
    Values(Difference),
    /// The hand-written function itself is wrong.
    Forward(ForwardFault),
}

/// Elements that differ, and the one that differs most.
#[derive(Clone, Debug)]
pub(in crate::check) struct Difference {
    pub input: usize,
    pub at: IxDyn,
    pub expected: f64,
    pub given: f64,
    pub verdict: Verdict,
    /// What differences say of that element.
    pub witness: Option<Swept>,
    /// Why it is no subgradient, if that was asked for.
    pub none: Option<NoSubgradient>,
    /// How many differ, of how many.
    pub wrong: usize,
    pub of: usize,
}

impl<T: Float> Subject<'_, T> {
    /// The calls of one case, in order, each to be judged. In half of the cases a call with other numbers of the same
    /// shapes comes first, so that what is kept from it shows.
    pub fn calls(&self, sample: &Sample) -> Result<Vec<Scene<T>>, Trouble> {
        let before = sample.seed().is_multiple_of(2).then(|| sample.reseeded(!sample.seed()));
        before.iter().chain([sample]).map(|sample| self.call(sample)).collect()
    }

    /// The last of two such calls, for cases whose first is not asked about: that is made, and not judged.
    pub fn scene(&self, sample: &Sample) -> Result<Scene<T>, Trouble> {
        self.posed(&sample.reseeded(!sample.seed()), |sample, Posed { inputs, recorded, cotangent }| {
            drop(self.ask(sample, &inputs, &cotangent, &recorded.parts));
        })?;
        self.call(sample)
    }

    /// The rows of the formula, in words.
    pub fn listing(&self, sample: &Sample) -> Vec<String> {
        let tape = Tape::new();
        let inputs = sample.inputs::<T>();
        let Ok(Recorded { out, .. }) = quiet::catch(|| self.record(sample, &tape, &inputs)) else {
            return Vec::new();
        };
        let steps = tape.vars().take(out.row() + 1).filter(|row| !row.operands().is_empty());
        let label =
            |row: Var<'_, T>| row.name().map_or_else(|| format!("%{}", row.row()), |name| name.to_string());
        steps.map(|row| format!("{} = {}", label(row), crate::show::equation(row))).collect()
    }

    /// Records, differentiates, asks the hand-written function.
    fn call(&self, sample: &Sample) -> Result<Scene<T>, Trouble> {
        self.posed(sample, |sample, Posed { inputs, recorded, cotangent }| {
            let given = self.ask(sample, &inputs, &cotangent, &recorded.parts);
            let answer = given.as_deref().unwrap_or_default();
            let reference =
                Reference::new(recorded.out, &cotangent, &recorded.inputs, self.precision, answer);
            let parts = recorded.parts;
            Scene { sample: sample.clone(), inputs, cotangent, parts, reference, given }
        })
    }

    /// The case as it is put to both: the formula recorded, and the arrays. Where the formula has no finite value there is nothing
    /// to be right or wrong, and a case with finite numbers takes its place.
    fn posed<R>(
        &self,
        sample: &Sample,
        look: impl for<'t> FnOnce(&Sample, Posed<'t, T>) -> R,
    ) -> Result<R, Trouble> {
        let inputs: Vec<ArrayD<T>> = sample.inputs();
        let tape = Tape::new();
        let recorded = quiet::catch(|| self.record(sample, &tape, &inputs)).map_err(Trouble::Panicked)?;
        if let Some(finite) = sample.finite()
            && recorded.out.peek().iter().any(|x| !x.to_f64().is_finite())
        {
            return self.posed(&finite, look);
        }
        let shape = recorded.out.shape();
        let cotangent = if self.takes_cotangent {
            sample.cotangent(&shape, &recorded.parts)
        } else if recorded.out.len() == 1 {
            ArrayD::ones(shape)
        } else {
            return Err(Trouble::NotANumber(shape));
        };
        Ok(look(sample, Posed { inputs, recorded, cotangent }))
    }
}

/// A case as it is put to the formula and to the hand-written function.
struct Posed<'t, T: Float> {
    inputs: Vec<ArrayD<T>>,
    recorded: Recorded<'t, T>,
    cotangent: ArrayD<T>,
}

impl<T: Float> Scene<T> {
    /// What is wrong, gradient by gradient; nothing if all agree.
    pub fn findings(&self) -> (Vec<Finding>, Tally) {
        let mut tally = Tally::default();
        let given = match &self.given {
            Ok(given) => given,
            Err(why) => return (vec![Finding::Refused(why.clone())], tally),
        };
        let real = |input: &usize| self.sample.kind(*input) == Kind::Real;
        let inputs = (0..self.sample.gradients()).filter(real).count();
        let count =
            given.len() - (0..given.len().min(self.inputs.len())).filter(|input| !real(input)).count();
        if count == 0 || count > inputs {
            return (vec![Finding::Count { given: count, inputs, expected: None }], tally);
        }
        tally.gradients.resize_with(given.len(), Seen::default);
        let each =
            (given.iter().enumerate().filter(|(input, _)| real(input))).filter_map(|(input, given)| {
                tally.gradients[input].calls = 1;
                self.compare(input, given, &mut tally)
            });
        (each.collect(), tally)
    }

    /// Shapes first: values alone may agree by broadcasting.
    fn compare(&self, input: usize, given: &ArrayD<f64>, tally: &mut Tally) -> Option<Finding> {
        let expected = &self.reference.gradients[input];
        if given.shape() != expected.shape() {
            let [expected, given] = [expected, given].map(|array| array.shape().to_vec());
            return Some(Finding::Shape { input, expected, given });
        }
        let (mut worst, mut wrong) = (None, 0);
        let seen = &mut tally.gradients[input];
        for (at, &given) in given.indexed_iter() {
            let Some((expected, measured)) = seen.element(self.reference.standing(input, &at), given) else {
                continue;
            };
            wrong += 1;
            let worse = |(.., before): &(IxDyn, f64, f64, Measured)| measured.excess() > before.excess();
            if worst.as_ref().is_none_or(worse) {
                worst = Some((at, expected, given, measured));
            }
        }
        if wrong == 0 {
            seen.lost_digits = seen.lost_digits.max(self.reference.digits_lost(input, given));
        }
        let of = given.len();
        worst.map(|(at, expected, given, measured)| {
            let verdict = Verdict::Fail(Measured { because: self.reference.because.clone(), ..measured });
            let (witness, none) = (None, None);
            Finding::Values(Difference { input, at, expected, given, verdict, witness, none, wrong, of })
        })
    }

    /// The hand-written gradients at these inputs, whatever they are at this case's own.
    pub fn ask(&self, subject: &Subject<'_, T>, inputs: &[ArrayD<T>]) -> Result<Vec<ArrayD<f64>>, Refusal> {
        subject.ask(&self.sample, inputs, &self.cotangent, &self.parts)
    }

    /// The elements of this gradient that are wrong, with what was given.
    pub fn differing(&self, input: usize) -> impl Iterator<Item = (IxDyn, f64)> {
        let given = self.given.iter().flat_map(move |given| given[input].indexed_iter());
        given
            .map(|(at, given)| (at, *given))
            .filter(move |(at, given)| self.reference.standing(input, at).is_missed_by(*given))
    }

    /// What differences say of one element of a gradient: the slope of ⟨cotangent, function⟩ along that element of the input, in
    /// double precision, by a witness that knows nothing of derivative rules.
    pub fn witness(&self, subject: &Subject<'_, T>, input: usize, at: &IxDyn) -> Swept {
        let tape = Tape::new();
        let Recorded { inputs: vars, out, .. } = subject.record(&self.sample, &tape, &self.inputs);
        let cotangent = self.cotangent.mapv(T::to_f64);
        let around = self.inputs[input].mapv(T::to_f64);
        let along = |x: f64| {
            let mut moved = around.clone();
            moved[at] = x;
            paired(&[(vars[input], moved)], out, &cotangent)
        };
        difference(along, around[at])
    }

    /// Whether a difference is a matter of convention: the slopes from the left and from the right differ, and
    /// every element that differs is one of its two slopes or between them.
    pub fn judge_kinks(&self, subject: &Subject<'_, T>, difference: &mut Difference) {
        let input = difference.input;
        let mut kink = None;
        for (at, g) in self.differing(input) {
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
            // Of the element that is shown.
            if at == difference.at || kink.is_none() {
                kink = Some(Verdict::Kink { left, right, given: g });
            }
        }
        difference.verdict = kink.unwrap_or_else(|| difference.verdict.clone());
    }
}

impl Finding {
    /// The input whose gradient it is about.
    pub fn input(&self) -> Option<usize> {
        match self {
            Self::Refused(_) | Self::Count { .. } | Self::Forward(_) => None,
            Self::Shape { input, .. } => Some(*input),
            Self::Values(difference) => Some(difference.input),
        }
    }
}
