//! Mistakes within a derivation: the reverse sweep is done again with a rule of a row changed, or of several, and if that
//! gives what was given by hand, for every gradient, then that may be the mistake.

mod alter;
mod arrange;
mod blocks;
mod change;
mod points;
mod predict;
mod recorded;
mod rewritten;
mod scaled;
mod words;

use super::evidence::Evidence;
use super::whole::scales;
use super::{Diagnosis, Mistake};
use crate::check::judge::examine::Scene;
use crate::{Float, Tape};
use change::{Change, LAST, candidates};
use recorded::{Recorded, Step};
use words::Words;

/// The changes of the derivation that explain every gradient in every case: the likeliest, and beside it those that
/// nothing tells from it.
pub(super) fn explain<T: Float>(evidence: &Evidence<'_, '_, T>) -> Option<Diagnosis> {
    let shown = evidence.shown()?;
    let tape = Tape::new();
    let recorded = Recorded::new(evidence, shown, &tape);
    let (scales, sets, candidates) = (scales(evidence), scaled::sets(&recorded), candidates(&recorded));
    let mut barred: Vec<(Vec<Step>, bool)> = Vec::new();
    let mut found: Vec<Words> = Vec::new();
    // The likeliest first; what is less likely is not tried once something explains all.
    for rank in 0..=LAST {
        for (_, steps) in sets.iter().filter(|(other, _)| *other == rank) {
            if !scaled::may_explain(&recorded, shown, steps) {
                continue;
            }
            let scaled = scaled::explain(evidence, &scales, shown, steps);
            found.extend(scaled.and_then(|scaled| words::of_scaled(&recorded, &scaled)));
        }
        for (_, change) in candidates.iter().filter(|(other, _)| *other == rank) {
            if let Change::Rule(steps, _) = change {
                let known = barred.iter().find(|(other, _)| other == steps).map(|(_, barred)| *barred);
                let is_barred = known.unwrap_or_else(|| {
                    let is_barred = !scaled::may_explain(&recorded, shown, steps);
                    barred.push((steps.clone(), is_barred));
                    is_barred
                });
                if is_barred {
                    continue;
                }
            }
            let predict = |scene: &Scene<T>| predict::of_change(evidence, scene, change);
            if predict::may_be(evidence, shown, change) && predict::confirm(evidence, predict) {
                found.extend(words::of_change(&recorded, change));
            }
        }
        if !found.is_empty() {
            break;
        }
    }
    // Any number can be a factor: what needs none is likelier.
    found.sort_by_key(|words| words.mistake == Mistake::Factor);
    let first = found.first()?.clone();
    let names = &shown.sample.signature().inputs;
    let mut diagnosis = Diagnosis {
        mistake: first.mistake,
        alternatives: Vec::new(),
        gradients: evidence.wrong.iter().map(|&input| names[input].name.clone()).collect(),
        explanation: first.explanation,
        remedy: first.remedy,
    };
    for words in &found {
        let new = words.mistake != diagnosis.mistake && !diagnosis.alternatives.contains(&words.mistake);
        if new && diagnosis.alternatives.len() < 2 {
            diagnosis.alternatives.push(words.mistake);
            diagnosis.explanation =
                format!("{} — or, which gives the same: {}", diagnosis.explanation, words.explanation);
            diagnosis.remedy = format!("{}; or: {}", diagnosis.remedy, words.remedy);
        }
    }
    Some(diagnosis)
}
