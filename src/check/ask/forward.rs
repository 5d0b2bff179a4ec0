//! The hand-written function itself, beside its derivative: does it compute what the formula says?

use super::derivative::Derivative;
use super::subject::{ByHand, Refusal, Subject};
use crate::check::cases::sample::Sample;
use crate::check::judge::quiet;
use crate::check::judge::reference::Reference;
use crate::check::judge::standing::place;
use crate::check::judge::tally::Seen;
use crate::check::page::Page;
use crate::check::{Check, Measured};
use crate::error::{Dims, counted};
use crate::{Float, Tape};
use ndarray::{ArrayD, Dimension, IxDyn};
use std::fmt;

/// A hand-written function and how many arrays it takes.
pub(in crate::check) struct Forward<'f, T: Float> {
    function: Box<ByHand<'f, T>>,
    parameters: usize,
}

/// What is wrong with it.
#[derive(Clone, Debug)]
pub(in crate::check) enum ForwardFault {
    Refused(Refusal),
    /// It gave another number of results.
    Count {
        given: usize,
        expected: usize,
    },
    Shape {
        result: usize,
        expected: Vec<usize>,
        given: Vec<usize>,
    },
    /// An element, that which is farthest off.
    Value {
        result: usize,
        at: IxDyn,
        expected: f64,
        given: f64,
        measured: Measured,
    },
}

impl<'f, T: Float> Check<'f, T> {
    /// Examines the hand-written function itself as well: it gets the inputs, as the derivative does, and gives what the
    /// formula gives, within what rounding explains; several results as a tuple. What differs is reported as a finding of
    /// its own.
    ///
    /// # Panics
    /// If it takes more arrays than there are inputs.
    ///
    /// ```
    /// use ndarray::Array1;
    /// use wengert::check;
    /// fn softplus(x: &Array1<f64>) -> Array1<f64> {
    ///     x.mapv(|x| x.max(0.0) + (-x.abs()).exp().ln_1p())
    /// }
    /// fn softplus_backward(dy: &Array1<f64>, x: &Array1<f64>) -> Array1<f64> {
    ///     dy / &x.mapv(|x| 1.0 + (-x).exp())
    /// }
    /// check::backward(|[x]| x.softplus()).against(softplus_backward).forward(softplus).shapes(["x: n"]).run();
    /// ```
    #[track_caller]
    #[must_use]
    pub fn forward<M, H: Derivative<T, M> + 'f>(mut self, function: H) -> Self {
        assert!(
            H::PARAMETERS <= self.inputs,
            "check: the hand-written function takes {} and there {} only {}: the formula's",
            counted(H::PARAMETERS, "array", "arrays"),
            if self.inputs == 1 { "is" } else { "are" },
            counted(self.inputs, "input", "inputs")
        );
        self.forward = Some(Forward {
            function: Box::new(move |arguments| function.call(arguments)),
            parameters: H::PARAMETERS,
        });
        self
    }
}

impl<T: Float> Forward<'_, T> {
    /// What is wrong in this case, if anything is, and what was judged. A formula that panics is reported elsewhere.
    pub fn fault(&self, subject: &Subject<'_, T>, sample: &Sample) -> (Option<ForwardFault>, Seen) {
        let mut seen = Seen::default();
        let fault = self.found(subject, sample, &mut seen);
        (fault, seen)
    }

    fn found(&self, subject: &Subject<'_, T>, sample: &Sample, seen: &mut Seen) -> Option<ForwardFault> {
        let inputs: Vec<ArrayD<T>> = sample.inputs();
        let mut arguments: Vec<_> =
            inputs.iter().enumerate().map(|(input, array)| sample.argument(input, array.clone())).collect();
        arguments.truncate(self.parameters);
        let given = match quiet::catch(|| (self.function)(&arguments)) {
            Err(panicked) => return Some(ForwardFault::Refused(Refusal::Panicked(panicked))),
            Ok(Err(why)) => return Some(ForwardFault::Refused(Refusal::Said(why))),
            Ok(Ok(given)) => given,
        };
        let tape = Tape::new();
        let recorded = quiet::catch(|| subject.record(sample, &tape, &inputs)).ok()?;
        let expected = recorded.results.len();
        if given.len() != expected {
            return Some(ForwardFault::Count { given: given.len(), expected });
        }
        let given: Vec<ArrayD<f64>> = given.iter().map(|given| given.mapv(T::to_f64)).collect();
        let reference = Reference::of_results(&recorded, subject.precision, &given);
        seen.calls = 1;
        let faults = given.iter().enumerate().map(|(result, given)| compare(&reference, result, given, seen));
        let fault = faults.collect::<Vec<_>>().into_iter().flatten().next();
        if fault.is_none() {
            let lost = given.iter().enumerate().map(|(result, given)| reference.digits_lost(result, given));
            seen.lost_digits = lost.fold(0.0, f64::max);
        }
        fault
    }
}

fn compare(
    reference: &Reference,
    result: usize,
    given: &ArrayD<f64>,
    seen: &mut Seen,
) -> Option<ForwardFault> {
    let expected = &reference.gradients[result];
    if given.shape() != expected.shape() {
        let [expected, given] = [expected.shape(), given.shape()].map(<[usize]>::to_vec);
        return Some(ForwardFault::Shape { result, expected, given });
    }
    let wrong = given.indexed_iter().filter_map(|(at, &given)| {
        let (expected, measured) = seen.element(reference.standing(result, &at), given)?;
        let measured = Measured { because: reference.because.clone(), ..measured };
        Some(ForwardFault::Value { result, at, expected, given, measured })
    });
    wrong.max_by(|a, b| a.excess().total_cmp(&b.excess()))
}

impl ForwardFault {
    /// How many times its tolerance it is off.
    fn excess(&self) -> f64 {
        match self {
            Self::Value { measured, .. } => measured.excess(),
            _ => f64::INFINITY,
        }
    }

    pub fn print(&self, page: &mut Page<'_, '_>) -> fmt::Result {
        let numbered = |result: usize| match result {
            0 => "the result".to_owned(),
            _ => format!("result {result}"),
        };
        match self {
            Self::Refused(refusal) => {
                page.head("the hand-written forward function gave nothing")?;
                match refusal {
                    Refusal::Said(why) => page.text(why),
                    Refusal::Panicked(panicked) => page.text(&format!("it panicked: {panicked}")),
                }
            }
            Self::Count { given, expected } => {
                page.head("the hand-written forward function gives another number of results")?;
                page.text(&format!("it gave {given}, and the formula has {expected}"))
            }
            Self::Shape { result, expected, given } => {
                page.head(&format!(
                    "{} of the hand-written forward function has the wrong shape",
                    numbered(*result)
                ))?;
                page.pair("expected", &Dims(expected).to_string())?;
                page.pair("given", &Dims(given).to_string())
            }
            Self::Value { result, at, expected, given, measured } => {
                page.head(&format!("{} of the hand-written forward function is wrong", numbered(*result)))?;
                if at.ndim() > 0 {
                    page.pair("most in", &place(at))?;
                }
                page.pair("expected", &format!("{expected:?}, the formula's"))?;
                page.pair("given", &format!("{given:?}"))?;
                page.pair("verdict", &format!("FAIL: {measured}"))
            }
        }
    }
}
