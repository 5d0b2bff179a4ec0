//! What is examined: a function, and its derivative by hand.

use super::derivative::Answer;
use super::parameter::Argument;
use crate::check::cases::sample::Sample;
use crate::check::judge::quiet::{self, Panicked};
use crate::check::judge::tolerance::Precision;
use crate::{Float, Kind, Tape, Var};
use ndarray::{ArrayD, Axis, Slice};

/// The function, recorded: rows in, rows out.
pub(in crate::check) type Formula<'f, T> = dyn for<'t> Fn(&[Var<'t, T>]) -> Vec<Var<'t, T>> + 'f;

/// A function by hand: arrays in, arrays out.
pub(in crate::check) type ByHand<'f, T> = dyn Fn(&[Argument<T>]) -> Answer<T> + 'f;

/// A function and its derivative, as they came.
pub(in crate::check) struct Subject<'f, T: Float> {
    pub formula: Box<Formula<'f, T>>,
    /// The cotangents, if it takes any, and inputs in; gradients of the real inputs out.
    pub by_hand: Box<ByHand<'f, T>>,
    /// How many arrays the hand-written derivative takes.
    pub parameters: usize,
    /// How many of them are cotangents, which come first.
    pub cotangents: usize,
    /// Whether there are any.
    pub takes_cotangent: bool,
    /// Whether the function has several results, each with a cotangent.
    pub several: bool,
    /// How close gradients have to be, beyond what rounding explains.
    pub precision: Precision,
    /// Whether any subgradient will do at kinks.
    pub any_subgradient: bool,
}

/// The function on a tape.
pub(in crate::check) struct Recorded<'t, T: Float> {
    pub inputs: Vec<Var<'t, T>>,
    /// The result. All elements of several results stand in one row, which makes one function of them.
    pub out: Var<'t, T>,
    /// The shapes of several results; none if there is one.
    pub parts: Vec<Vec<usize>>,
    /// The results one by one.
    pub results: Vec<Var<'t, T>>,
}

/// Why a hand-written function gave no gradients.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::check) enum Refusal {
    /// It returned an error, or takes arrays of other ranks.
    Said(String),
    Panicked(Panicked),
}

impl<T: Float> Subject<'_, T> {
    /// Records the function at these inputs, which are the first rows of the tape; indices and masks are rows of
    /// their kind.
    pub fn record<'t>(&self, sample: &Sample, tape: &'t Tape<T>, inputs: &[ArrayD<T>]) -> Recorded<'t, T> {
        let inputs = leaves(sample, tape, inputs);
        let results = (self.formula)(&inputs);
        if !self.several {
            return Recorded { inputs, out: results[0], parts: Vec::new(), results };
        }
        let parts: Vec<Vec<usize>> = results.iter().map(|result| result.shape().clone()).collect();
        let flat: Vec<Var<'t, T>> = results
            .iter()
            .zip(&parts)
            .map(|(result, shape)| result.reshape([shape.iter().product()]))
            .collect();
        Recorded { inputs, out: tape.concat(0, flat), parts, results }
    }

    /// The hand-written gradients, one an input up to the last that was given; of indices and masks, which have
    /// none, zeros. A panic is an answer too.
    pub fn ask(
        &self,
        sample: &Sample,
        inputs: &[ArrayD<T>],
        cotangent: &ArrayD<T>,
        parts: &[Vec<usize>],
    ) -> Result<Vec<ArrayD<f64>>, Refusal> {
        let mut arguments = Vec::new();
        if self.takes_cotangent {
            if self.several {
                arguments.extend(
                    split(cotangent, parts)
                        .into_iter()
                        .enumerate()
                        .map(|(part, array)| sample.argument(inputs.len() + part, array)),
                );
            } else {
                arguments.push(sample.argument(inputs.len(), cotangent.clone()));
            }
        }
        arguments
            .extend(inputs.iter().enumerate().map(|(input, array)| sample.argument(input, array.clone())));
        arguments.truncate(self.parameters);
        let answer = quiet::catch(|| (self.by_hand)(&arguments)).map_err(Refusal::Panicked)?;
        let answer = answer.map_err(Refusal::Said)?;
        let mut answer = answer.iter().map(|gradient| gradient.mapv(T::to_f64));
        let mut gradients = Vec::new();
        for (input, array) in inputs.iter().enumerate() {
            if sample.kind(input) != Kind::Real {
                gradients.push(ArrayD::zeros(array.raw_dim()));
            } else if let Some(gradient) = answer.next() {
                gradients.push(gradient);
            } else {
                // Zeros at the end stand for nothing.
                let last = (0..gradients.len()).rfind(|&input| sample.kind(input) == Kind::Real);
                gradients.truncate(last.map_or(0, |last| last + 1));
                break;
            }
        }
        gradients.extend(answer);
        Ok(gradients)
    }
}

/// The inputs as rows.
fn leaves<'t, T: Float>(sample: &Sample, tape: &'t Tape<T>, inputs: &[ArrayD<T>]) -> Vec<Var<'t, T>> {
    let patterns = &sample.signature().inputs;
    let leaf = |(input, array): (usize, &ArrayD<T>)| {
        let name = &patterns[input].name;
        match sample.kind(input) {
            #[allow(clippy::cast_possible_truncation)] // They are drawn as whole numbers.
            Kind::Index => tape.indices(name, array.mapv(|x| x.to_f64() as i64)),
            Kind::Mask => tape.mask(name, array.mapv(|x| x != T::zero())),
            _ => tape.leaf(name, array.clone()),
        }
    };
    inputs.iter().enumerate().map(leaf).collect()
}

/// The elements of several arrays, which stand in one row, as these arrays.
pub(in crate::check) fn split<E: Clone>(row: &ArrayD<E>, parts: &[Vec<usize>]) -> Vec<ArrayD<E>> {
    let mut from = 0;
    let part = |shape: &Vec<usize>| {
        let to = from + shape.iter().product::<usize>();
        let elements = row.slice_axis(Axis(0), Slice::from(from..to));
        from = to;
        elements.to_owned().into_shape_with_order(shape.as_slice()).expect("as many elements")
    };
    parts.iter().map(part).collect()
}
