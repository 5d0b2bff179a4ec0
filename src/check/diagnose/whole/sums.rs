//! A sum that was not taken, or over another axis; or of which one term is left.

use super::super::Mistake;
use super::super::evidence::Evidence;
use super::super::predicted::{Predicted, of_rows};
use super::Guess;
use super::places::reshaped;
use crate::check::ask::subject::Recorded;
use crate::check::judge::examine::Scene;
use crate::{Float, Tape};
use ndarray::{Axis, Slice};

pub(super) fn sums<T: Float>(evidence: &Evidence<'_, '_, T>, input: usize) -> Option<Guess> {
    let shape = |scene: &Scene<T>| Some(spread(evidence, scene, input)?.values.shape().to_vec());
    let most = evidence.fresh().iter().map(|scene| shape(scene).map_or(0, |shape| shape.len())).max()?;
    for axis in 0..most {
        let name = evidence.axis_name(axis, shape).unwrap_or_else(|| format!("axis {axis}"));
        let summed = |scene: &Scene<T>| {
            let given = scene.gradient(input)?;
            spread(evidence, scene, input)?.try_moved(|array| {
                (axis < array.ndim()).then_some(())?;
                reshaped(&array.sum_axis(Axis(axis)), given.shape())
            })
        };
        if evidence.confirm(input, summed) {
            return Some(Guess::new(
                Mistake::WrongAxis,
                format!("{{g}} is summed over the wrong axis, {name}"),
                "sum over the axes along which the input was repeated: those that it does not have itself",
            ));
        }
        for (which, at) in [("first", 0), ("last", -1)] {
            let one = |scene: &Scene<T>| {
                let given = scene.gradient(input)?;
                spread(evidence, scene, input)?.try_moved(|array| {
                    (axis < array.ndim() && array.shape()[axis] > 0).then_some(())?;
                    let line = Slice::new(at, (at == 0).then_some(1), 1);
                    reshaped(&array.slice_axis(Axis(axis), line).to_owned(), given.shape())
                })
            };
            if evidence.confirm(input, one) {
                return Some(missing(&format!("only the {which} term along {name} is there"), &name));
            }
        }
    }
    let whole = |scene: &Scene<T>| {
        let given = scene.gradient(input)?;
        spread(evidence, scene, input)?.try_moved(|array| reshaped(array, given.shape()))
    };
    if evidence.confirm(input, whole) {
        // It was repeated along those axes that the input does not have, or has once.
        let own = |scene: &Scene<T>| scene.expected(input).shape().to_vec();
        let repeated = |axis: usize| {
            evidence.fresh().iter().all(|scene| {
                let (own, shape) = (own(scene), shape(scene).unwrap_or_default());
                let more = shape.len().saturating_sub(own.len());
                axis < more || own.get(axis - more) == Some(&1)
            })
        };
        let named = (0..most).filter(|&axis| repeated(axis));
        let names: Vec<String> = named
            .map(|axis| evidence.axis_name(axis, shape).unwrap_or_else(|| format!("axis {axis}")))
            .collect();
        return Some(missing("the terms stand side by side, not added up", &names.join(" and ")));
    }
    // Added up over an axis that it has, beside those over which there is something to be added up.
    let own = |scene: &Scene<T>| Some(scene.expected(input).shape().to_vec());
    let repeated = evidence.fresh().iter().all(|scene| spread(evidence, scene, input).is_some());
    for axis in (0..evidence.fresh().first()?.expected(input).ndim()).filter(|_| repeated) {
        let summed = |scene: &Scene<T>| {
            scene.right(input).try_moved(|array| {
                let sum =
                    (axis < array.ndim()).then(|| array.sum_axis(Axis(axis)).insert_axis(Axis(axis)))?;
                Some(sum.broadcast(array.raw_dim())?.to_owned())
            })
        };
        if evidence.confirm(input, summed) {
            let name = evidence.axis_name(axis, own).unwrap_or_else(|| format!("axis {axis}"));
            return Some(Guess::new(
                Mistake::WrongAxis,
                format!("{{g}} is summed over {name} as well, and should not be"),
                format!("leave {name} out of the sum: the input has that axis itself"),
            ));
        }
    }
    // The terms of a sum that no row of the tape holds, as those of a matrix product.
    let rank = evidence.fresh().first()?.expected(input).ndim();
    for axis in 0..=rank {
        let adds_up = |scene: &Scene<T>| {
            let given = scene.gradient(input)?;
            (given.ndim() == rank + 1).then(|| scene.right(input).fits::<T>(&given.sum_axis(Axis(axis))))
        };
        if evidence.fresh().len() > 1 && evidence.scenes.iter().all(|scene| adds_up(scene) == Some(true)) {
            let given = |scene: &Scene<T>| Some(scene.gradient(input)?.shape().to_vec());
            let name = evidence.axis_name(axis, given).unwrap_or_else(|| format!("axis {axis}"));
            return Some(missing("the terms stand side by side, not added up", &name));
        }
    }
    None
}

fn missing(what: &str, axis: &str) -> Guess {
    Guess::new(
        Mistake::SumMissing,
        format!("the sum over {axis} is missing in {{g}}: {what}"),
        format!(
            "add up over {axis}, as with `{{g}}.sum_axis(…)`: what was repeated in the forward pass is summed backwards"
        ),
    )
}

/// The cotangent of the row in which the input was repeated: its terms before they are summed.
fn spread<T: Float>(evidence: &Evidence<'_, '_, T>, scene: &Scene<T>, input: usize) -> Option<Predicted> {
    let tape = Tape::new();
    let Recorded { inputs: vars, out, .. } = evidence.subject.record(&scene.sample, &tape, &scene.inputs);
    let grads = out.backward_with(&scene.cotangent);
    let row = tape.vars().take(out.row() + 1).find(|row| {
        row.prim().name() == "broadcast"
            && row.operands().iter().any(|operand| operand.row() == vars[input].row())
    })?;
    of_rows(&[grads.try_wrt(row).ok()?], evidence.subject.precision).pop()
}
