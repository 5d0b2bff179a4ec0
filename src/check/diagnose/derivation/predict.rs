//! Whether a changed derivation gives what was given, for every gradient in every case.

use super::super::evidence::Evidence;
use super::super::predicted::{Predicted, of_rows};
use super::alter::changed;
use super::change::Change;
use super::recorded::Recorded;
use super::rewritten;
use crate::check::judge::examine::Scene;
use crate::check::judge::quiet;
use crate::{Float, Tape, Var};
use ndarray::Zip;

/// The gradients of the inputs as predictions: 0 where nothing comes back.
pub(super) fn predictions<T: Float>(
    evidence: &Evidence<'_, '_, T>,
    scene: &Scene<T>,
    gradients: &[Option<Var<'_, T>>],
) -> Vec<Predicted> {
    let rows: Vec<Var<'_, T>> = gradients.iter().flatten().copied().collect();
    let mut known = of_rows(&rows, evidence.subject.precision).into_iter();
    let each = gradients.iter().enumerate().map(|(input, gradient)| {
        let zeros = || Predicted::zeros(scene.inputs[input].shape());
        let mut predicted = gradient.and_then(|_| known.next()).unwrap_or_else(zeros);
        // Where nothing is right, nothing is as predicted.
        if predicted.slack.shape() == scene.reference.tolerances[input].shape() {
            let Predicted { values, slack } = &mut predicted;
            Zip::from(slack).and(values).and(&scene.reference.tolerances[input]).for_each(
                |slack, value, tolerance| {
                    if tolerance.is_nan() {
                        *slack = f64::NAN;
                    } else if !value.is_finite() {
                        *slack = 0.0; // What this mistake makes no number of is none.
                    }
                },
            );
        }
        predicted
    });
    each.collect()
}

/// What a change would give.
pub(super) fn of_change<T: Float>(
    evidence: &Evidence<'_, '_, T>,
    scene: &Scene<T>,
    change: &Change,
) -> Option<Vec<Predicted>> {
    with_gradients(evidence, scene, change, |gradients| predictions(evidence, scene, gradients))
}

/// What is made of the gradients that a change gives.
fn with_gradients<T: Float, R>(
    evidence: &Evidence<'_, '_, T>,
    scene: &Scene<T>,
    change: &Change,
    look: impl FnOnce(&[Option<Var<'_, T>>]) -> R,
) -> Option<R> {
    // A rule that is used on other rows than its own may find that their shapes do not fit.
    let derived = quiet::catch(|| {
        let tape = Tape::new();
        let recorded = Recorded::new(evidence, scene, &tape);
        if let Change::Rewritten(edit) = change {
            let other = Tape::new();
            return Some(look(&rewritten::gradients(&recorded, &scene.cotangent, *edit, &other).ok()?));
        }
        Some(look(&changed(&recorded, &scene.cotangent, change)?))
    });
    derived.ok().flatten()
}

/// Whether a change may well give what was given: a test that costs little, on one case, whose formula is on a tape already.
pub(super) fn may_be<T: Float>(recorded: &Recorded<'_, T>, scene: &Scene<T>, change: &Change) -> bool {
    let Ok(given) = &scene.given else { return false };
    let resembles = |gradients: &[Option<Var<'_, T>>]| {
        given.iter().zip(gradients).all(|(given, gradient)| match gradient {
            Some(gradient) => Predicted::resembles(&gradient.peek().mapv(T::to_f64).into_owned(), given),
            None => given.iter().all(|x| *x == 0.0),
        })
    };
    let start = recorded.tape.mark();
    // A rule that is used on other rows than its own may find that their shapes do not fit.
    let may_be = quiet::catch(|| {
        if let Change::Rewritten(edit) = change {
            let other = Tape::new();
            return Some(resembles(&rewritten::gradients(recorded, &scene.cotangent, *edit, &other).ok()?));
        }
        Some(resembles(&changed(recorded, &scene.cotangent, change)?))
    });
    recorded.tape.go_back(start);
    may_be.ok().flatten().unwrap_or(false)
}

/// Whether all gradients are as predicted in every case, and at least two cases tell that from the right ones.
pub(super) fn confirm<T: Float>(
    evidence: &Evidence<'_, '_, T>,
    predict: impl Fn(&Scene<T>) -> Option<Vec<Predicted>>,
) -> bool {
    let mut telling = 0;
    for further in [false, true] {
        let scenes = if further { evidence.further() } else { &evidence.scenes };
        for scene in scenes {
            let Ok(given) = &scene.given else { return false };
            let Some(predicted) = predict(scene) else { continue };
            if !given.iter().zip(&predicted).all(|(given, predicted)| predicted.fits::<T>(given)) {
                return false;
            }
            let tells = |input: usize| {
                scene.is_wrong(input) && predicted[input].tells(&given[input], &scene.right(input))
            };
            telling += usize::from((0..given.len().min(predicted.len())).any(tells));
        }
        if telling < 2 {
            return false;
        }
    }
    true
}
