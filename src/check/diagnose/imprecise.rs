//! Right in exact arithmetic and wrong in this one: cancellation and overflow.

use super::Mistake;
use super::evidence::Evidence;
use super::whole::Guess;
use crate::check::examine::Scene;
use crate::{Float, Kind};
use ndarray::ArrayD;

/// Close everywhere, exact nowhere; or right on tame numbers and useless on others.
pub(super) fn imprecise<T: Float>(evidence: &Evidence<'_, '_, T>, input: usize) -> Option<Guess> {
    let relative = |scene: &Scene<T>| -> Option<f64> {
        let (expected, given) = (scene.expected(input), scene.gradient(input)?);
        if expected.shape() != given.shape() {
            return None;
        }
        let largest = expected.iter().fold(0.0_f64, |most, x| most.max(x.abs()));
        let error = expected.iter().zip(given).fold(0.0_f64, |most, (e, g)| {
            let error = (e - g).abs();
            if error.is_nan() { f64::INFINITY } else { most.max(error) }
        });
        Some(if error == 0.0 { 0.0 } else { error / largest })
    };
    let tame = evidence
        .fresh()
        .iter()
        .filter(|scene| scene.sample.is_tame())
        .map(relative)
        .collect::<Option<Vec<_>>>()?;
    let others = evidence.scenes.iter().map(relative).collect::<Option<Vec<_>>>()?;
    let worst = |errors: &[f64]| errors.iter().copied().fold(0.0, f64::max);
    let close = T::EPSILON.to_f64().sqrt();
    let finite = evidence
        .scenes
        .iter()
        .all(|scene| scene.gradient(input).is_some_and(|g| g.iter().all(|x| x.is_finite())));
    // Either a little wrong on tame numbers already, or right on them and wrong where digits cancel or overflow.
    let is_wrong = |scene: &Scene<T>| scene.findings().0.iter().any(|finding| finding.input() == Some(input));
    let wrong_if_tame = evidence.fresh().iter().filter(|scene| scene.sample.is_tame()).any(is_wrong);
    let mark = wrong_if_tame || !finite || is_unsteady(evidence, input);
    if worst(&tame) > close || worst(&others) == 0.0 || !mark {
        return None;
    }
    let (how, mend) = if finite {
        ("it loses digits to cancellation", "look for a difference of nearly equal numbers, and rearrange it")
    } else {
        (
            "an intermediate result overflows",
            "subtract the largest before `exp`, or use `exp_m1`, `ln_1p`, `hypot`",
        )
    };
    Some(Guess::new(
        Mistake::Imprecise,
        format!("{{g}} is right in exact arithmetic and numerically poor: {how}"),
        mend,
    ))
}

/// Whether moving the inputs by a rounding moves the result as far as it is wrong: the mark of lost digits.
fn is_unsteady<T: Float>(evidence: &Evidence<'_, '_, T>, input: usize) -> bool {
    evidence.scenes.iter().any(|scene| {
        let moved = |(input, x): (usize, &ArrayD<T>)| match scene.sample.kind(input) {
            Kind::Real => x.mapv(|x| x * (T::one() + T::EPSILON)),
            _ => x.clone(),
        };
        let moved: Vec<ArrayD<T>> = scene.inputs.iter().enumerate().map(moved).collect();
        let Ok(after) = scene.ask(evidence.subject, &moved) else { return false };
        let (Some(before), Some(after)) = (scene.gradient(input), after.get(input)) else { return false };
        let distance = |a: &ArrayD<f64>, b: &ArrayD<f64>| {
            a.iter().zip(b).fold(0.0_f64, |most, (a, b)| most.max((a - b).abs()))
        };
        let off = distance(before, scene.expected(input));
        off > 0.0 && (!off.is_finite() || distance(before, after) > 0.05 * off)
    })
}
