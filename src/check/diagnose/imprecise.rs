//! Right in exact arithmetic and wrong in this one: cancellation and overflow.
//!
//! Rounding is known by what it does when the inputs move a little: an error that is made of rounding is another one, of
//! the same size, where a mistake of the derivation (a constant with few digits, an ε that is not there) moves as little as
//! the inputs do.

use super::Mistake;
use super::evidence::Evidence;
use super::predicted::largest;
use super::whole::Guess;
use crate::check::ask::subject::Recorded;
use crate::check::judge::examine::Scene;
use crate::check::judge::quiet;
use crate::{Float, Kind, Tape};
use ndarray::ArrayD;

/// Close everywhere, exact nowhere; or right on tame numbers and useless on others.
pub(super) fn imprecise<T: Float>(evidence: &Evidence<'_, '_, T>, input: usize) -> Option<Guess> {
    let failing = evidence.scenes.first().filter(|scene| scene.is_wrong(input))?;
    let tame: Vec<&Scene<T>> = evidence.fresh().iter().filter(|scene| scene.sample.is_tame()).collect();
    let close = T::EPSILON.to_f64().sqrt();
    let off = tame
        .iter()
        .map(|scene| error(scene.expected(input), scene.gradient(input)?))
        .collect::<Option<Vec<_>>>()?;
    if tame.is_empty() || off.iter().any(|(error, largest)| error.is_nan() || *error > close * largest) {
        return None;
    }
    let wrong: Vec<&Scene<T>> = evidence.scenes.iter().filter(|scene| scene.is_wrong(input)).collect();
    let is_finite =
        |scene: &&Scene<T>| scene.gradient(input).is_some_and(|g| g.iter().all(|x| x.is_finite()));
    let (how, mend) = if !wrong.iter().all(is_finite) {
        // Of a division of 0 by 0 nothing is said: it is no matter of digits.
        let large = |x: &ArrayD<T>| x.iter().any(|x| x.to_f64().abs() > 20.0);
        let overflows = |scene: &&Scene<T>| is_finite(scene) || scene.inputs.iter().any(large);
        wrong.iter().all(overflows).then_some(())?;
        (
            "an intermediate result overflows",
            "subtract the largest before `exp`, or use `exp_m1`, `ln_1p`, `hypot`",
        )
    } else if wrong.iter().any(|scene| is_noise(evidence, scene, input)) && !failing.inputs.is_empty() {
        ("it loses digits to cancellation", "look for a difference of nearly equal numbers, and rearrange it")
    } else {
        return None;
    };
    Some(Guess::new(
        Mistake::Imprecise,
        format!("{{g}} is right in exact arithmetic and numerically poor: {how}"),
        mend,
    ))
}

/// The largest error, and the largest element that there should be; `None` if the shapes differ.
fn error(expected: &ArrayD<f64>, given: &ArrayD<f64>) -> Option<(f64, f64)> {
    (expected.shape() == given.shape()).then(|| {
        let largest = expected.iter().fold(0.0_f64, |most, x| most.max(x.abs()));
        let error = expected.iter().zip(given).fold(0.0_f64, |most, (e, g)| {
            let error = (e - g).abs();
            if error.is_nan() { f64::INFINITY } else { most.max(error) }
        });
        (error, largest)
    })
}

/// Whether the error is another one each time the inputs move by a thousandth: at a bound that is not where it should be it is
/// another one once, and goes on evenly.
fn is_noise<T: Float>(evidence: &Evidence<'_, '_, T>, scene: &Scene<T>, input: usize) -> bool {
    const MOVES: u32 = 4;
    let errors = (0..=MOVES).map(|moves| error_at(evidence, scene, input, 1.0 - 0.001 * f64::from(moves)));
    let Some(errors) = errors.collect::<Option<Vec<_>>>() else { return false };
    let most = largest(&errors[0]);
    let others = errors.windows(2).filter(|pair| largest(&(&pair[0] - &pair[1])) > 0.3 * most).count();
    most > 0.0 && 2 * others > errors.len() - 1
}

/// How far off the gradient is at inputs that are this part of those of the case.
fn error_at<T: Float>(
    evidence: &Evidence<'_, '_, T>,
    scene: &Scene<T>,
    input: usize,
    part: f64,
) -> Option<ArrayD<f64>> {
    let moved = |(input, x): (usize, &ArrayD<T>)| match scene.sample.kind(input) {
        Kind::Real => x.mapv(|x| x * T::from_f64(part)),
        _ => x.clone(),
    };
    let moved: Vec<ArrayD<T>> = scene.inputs.iter().enumerate().map(moved).collect();
    let right = quiet::catch(|| {
        let tape = Tape::new();
        let Recorded { inputs: vars, out, .. } = evidence.subject.record(&scene.sample, &tape, &moved);
        out.backward_with(&scene.cotangent)[vars[input]].peek().mapv(T::to_f64).into_owned()
    })
    .ok()?;
    let given = scene.ask(evidence.subject, &moved).ok()?.into_iter().nth(input)?;
    (right.shape() == given.shape()).then(|| given - right)
}
