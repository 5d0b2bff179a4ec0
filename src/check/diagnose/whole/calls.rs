//! Mistakes that show when the function is called in another way: again, with another cotangent, with the same numbers
//! elsewhere in memory.

use super::super::Mistake;
use super::super::evidence::Evidence;
use super::super::predicted::{Predicted, of_rows};
use super::Guess;
use crate::check::Layout;
use crate::check::ask::subject::Recorded;
use crate::check::cases::sample::Sample;
use crate::check::judge::examine::Scene;
use crate::{Float, Tape};
use ndarray::ArrayD;

/// The same call after others, and after itself, shows what was kept from the one before: a function of its arguments
/// gives the same each time.
pub(super) fn stale<T: Float>(evidence: &Evidence<'_, '_, T>, input: usize) -> Option<Guess> {
    let subject = evidence.subject;
    let shows = |scene: &Scene<T>| -> Option<bool> {
        let ask = |sample: &Sample, inputs: &[ArrayD<T>], cotangent: &ArrayD<T>| {
            subject.ask(sample, inputs, cotangent, &scene.parts).ok()?.get(input).cloned()
        };
        let itself = || ask(&scene.sample, &scene.inputs, &scene.cotangent);
        let after = |seed| {
            let other = scene.sample.reseeded(seed);
            let cotangent = if subject.takes_cotangent {
                other.cotangent(scene.cotangent.shape(), &scene.parts)
            } else {
                scene.cotangent.clone()
            };
            ask(&other, &other.inputs(), &cotangent)?;
            itself()
        };
        let first = after(1001)?;
        let again = [itself()?, after(1002)?, itself()?];
        let exactly = Predicted { slack: &first * 0.0, values: first };
        Some(again.iter().any(|again| !exactly.fits::<T>(again)))
    };
    let tame: Vec<&Scene<T>> = evidence.fresh().iter().filter(|scene| scene.sample.is_tame()).collect();
    let telling = tame.iter().filter(|scene| shows(scene) == Some(true)).count();
    (telling >= 2).then(|| {
        Guess::new(
            Mistake::Stale,
            "{g} depends on an earlier call: the same call twice gives different results, or those of the call before",
            "recompute what is kept between calls, or pass it in: forward and backward must see the same arrays",
        )
    })
}

/// Right in the first call of its shapes, and wrong when others of those shapes came before.
pub(in crate::check::diagnose) fn kept_by_shape<T: Float>(
    evidence: &Evidence<'_, '_, T>,
    input: usize,
) -> Option<Guess> {
    /// Such as no other case has.
    const SIZES: [[usize; 4]; 2] = [[8, 10, 12, 14], [15, 16, 18, 19]];
    let first = evidence.scenes.first().filter(|scene| !scene.sample.sizes.is_empty())?;
    let told = |sizes: &[usize; 4]| {
        let sizes: Vec<usize> = (0..first.sample.sizes.len()).map(|axis| sizes[axis % 4]).collect();
        let fresh = first.sample.resized(&sizes).tame();
        // Odd seeds, before which there is no other call.
        let [before, after] = [3, 5].map(|seed| {
            let scene = evidence.subject.calls(&fresh.reseeded(seed)).ok()?.pop()?;
            scene.given.is_ok().then(|| scene.is_wrong(input))
        });
        before == Some(false) && after == Some(true)
    };
    SIZES.iter().all(told).then(|| {
        Guess::new(
            Mistake::Stale,
            "{g} depends on an earlier call: it is right in the first call with arrays of its shapes, and wrong in the next",
            "what is kept between calls has to be recomputed when the numbers change: a shape does not tell one call from \
             another",
        )
    })
}

/// The gradient for a cotangent of ones, whatever the cotangent was.
pub(super) fn cotangent_ignored<T: Float>(evidence: &Evidence<'_, '_, T>, input: usize) -> Option<Guess> {
    if !evidence.subject.takes_cotangent {
        return None;
    }
    let of_ones = |scene: &Scene<T>| {
        let tape = Tape::new();
        let Recorded { inputs: vars, out, .. } = evidence.subject.record(&scene.sample, &tape, &scene.inputs);
        let gradient = out.backward_with(ArrayD::ones(out.shape()))[vars[input]];
        of_rows(&[gradient], evidence.subject.precision).pop()
    };
    evidence.confirm(input, of_ones).then(|| {
        Guess::new(
            Mistake::CotangentIgnored,
            "{g} does not depend on the cotangent: it is right only where the cotangent is 1",
            "multiply by the cotangent that comes in: the function is a link in a chain",
        )
    })
}

/// Right wherever all arrays lie in standard order, and wrong where one of them does not.
pub(super) fn layout<T: Float>(evidence: &Evidence<'_, '_, T>, input: usize) -> Option<Guess> {
    let arrays = evidence.scenes.first()?.inputs.len() + 1;
    let mut culprits = Vec::new();
    let mut telling = 0;
    for scene in evidence.fresh().iter().filter(|scene| scene.sample.is_tame()) {
        let placed: Vec<ArrayD<T>> = scene.inputs.iter().map(standard).collect();
        let cotangent = standard(&scene.cotangent);
        let wrong = |one: Option<(usize, Layout)>| {
            let sample = scene.sample.laid(one);
            let given = evidence.subject.ask(&sample, &placed, &cotangent, &scene.parts).ok()?;
            Some(!scene.right(input).fits::<T>(given.get(input)?))
        };
        if wrong(None)? {
            return None;
        }
        let lies_so = |array: usize| {
            [Layout::transposed(), Layout::strided(-1)]
                .into_iter()
                .any(|layout| wrong(Some((array, layout))) == Some(true))
        };
        let here: Vec<usize> = (0..arrays).filter(|&array| lies_so(array)).collect();
        telling += usize::from(!here.is_empty());
        culprits.extend(here);
    }
    if telling < 2 {
        return None;
    }
    culprits.sort_unstable();
    culprits.dedup();
    let inputs = &evidence.scenes.first()?.sample.signature().inputs;
    let names: Vec<&str> = culprits
        .iter()
        .map(|&array| inputs.get(array).map_or("the cotangent", |input| &input.name))
        .collect();
    let names = names.join(" and ");
    Some(Guess::new(
        Mistake::LayoutAssumed,
        format!(
            "{{g}} is right only where {names} lies in standard order: its memory is read as if it always did"
        ),
        format!(
            "go through {names} by index or by iterator, or copy it first with `as_standard_layout()`: a transposed or \
             sliced array has the same elements in another order"
        ),
    ))
}

/// In row-major order, without gaps.
fn standard<T: Float>(array: &ArrayD<T>) -> ArrayD<T> {
    array.as_standard_layout().into_owned()
}
