//! Mistakes within a derivation: the reverse sweep is done again with a rule of a row changed, or of several, and if that
//! gives what was given by hand, for every gradient, then that may be the mistake.

mod alter;
mod blocks;
mod change;
mod points;
mod predict;
mod recorded;
mod rewritten;
mod scaled;
mod words;

use super::Diagnosis;
use super::evidence::Evidence;
use crate::{Float, Tape};
use change::{Rank, candidates};
use recorded::Recorded;
use words::Words;

/// The changes of the derivation that explain every gradient in every case: the likeliest, and beside it those that
/// nothing tells from it.
pub(super) fn explain<T: Float>(evidence: &Evidence<'_, '_, T>) -> Option<Diagnosis> {
    let shown = evidence.shown()?;
    let tape = Tape::new();
    let recorded = Recorded::new(evidence, shown, &tape);
    let mut found: Vec<(Rank, Words)> = Vec::new();
    for scaled in scaled::explain(evidence, shown) {
        found.extend(words::of_scaled(&recorded, &scaled).map(|words| (scaled.rank, words)));
    }
    let likely = |change: &change::Change| predict::may_be(evidence, shown, change);
    for (rank, change) in candidates(&recorded).into_iter().filter(|(_, change)| likely(change)) {
        if predict::confirm(evidence, |scene| predict::of_change(evidence, scene, &change)) {
            found.extend(words::of_change(&recorded, &change).map(|words| (rank, words)));
        }
    }
    found.sort_by_key(|(rank, _)| *rank);
    let (rank, first) = found.first()?.clone();
    let names = &shown.sample.signature().inputs;
    let mut diagnosis = Diagnosis {
        mistake: first.mistake,
        alternatives: Vec::new(),
        gradients: evidence.wrong.iter().map(|&input| names[input].name.clone()).collect(),
        explanation: first.explanation,
        remedy: first.remedy,
    };
    for (_, words) in found.iter().filter(|(other, _)| *other == rank) {
        let new = words.mistake != diagnosis.mistake && !diagnosis.alternatives.contains(&words.mistake);
        if new && diagnosis.alternatives.len() < 2 {
            diagnosis.alternatives.push(words.mistake);
            diagnosis.explanation += &format!(" — or, which gives the same: {}", words.explanation);
            diagnosis.remedy += &format!("; or: {}", words.remedy);
        }
    }
    Some(diagnosis)
}
