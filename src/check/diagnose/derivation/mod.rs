//! Mistakes within a derivation: the reverse sweep is done again with a rule of a row changed, or of several, and if that
//! gives what was given by hand, for every gradient, then that may be the mistake.

mod alter;
mod arrange;
mod blocks;
mod change;
mod normed;
mod points;
mod predict;
mod recorded;
mod rewritten;
mod scaled;
mod valued;
mod words;

use super::evidence::Evidence;
use super::whole::scales;
use super::{Diagnosis, Mistake};
use crate::check::judge::examine::Scene;
use crate::{Float, Tape};
use change::{Change, LAST, candidates};
use normed::Piece;
use recorded::{Place, Recorded, Step};
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use words::Words;

/// So many rows are swept at most in search of an explanation, which takes seconds.
const MOST: usize = 1_000_000;

/// The changes of the derivation that explain every gradient in every case: the likeliest, and beside it those that
/// nothing tells from it.
pub(super) fn explain<T: Float>(evidence: &Evidence<'_, '_, T>) -> Option<Diagnosis> {
    let shown = evidence.shown()?;
    let tape = Tape::new();
    let recorded = Recorded::new(evidence, shown, &tape);
    let (scales, sets, candidates) = (scales(evidence), scaled::sets(&recorded), candidates(&recorded));
    let mut barred: Vec<(Vec<Step>, bool)> = Vec::new();
    let mut found: Vec<Words> = Vec::new();
    // Of a formula with hundreds of rows not everything can be tried: the likeliest is.
    let spent = Cell::new(0);
    let spend = |recorded: &Recorded<'_, T>| {
        spent.set(spent.get() + recorded.rows.len());
        spent.get() <= MOST
    };
    let pieces = RefCell::new(HashMap::new());
    let is_normed = |place: Place| {
        *pieces.borrow_mut().entry(place).or_insert_with(|| {
            let right = predict::of_change(evidence, shown, &Change::Normed(place, Piece::Right));
            right.is_some_and(|right| {
                right.iter().enumerate().all(|(input, right)| right.fits::<T>(shown.expected(input)))
            })
        })
    };
    // The likeliest first; what is less likely is not tried once something explains all.
    for rank in 0..=LAST {
        for (_, steps) in sets.iter().filter(|(other, _)| *other == rank) {
            let fits =
                scaled::may_explain(&recorded, shown, steps) && scaled::may_be(&recorded, shown, steps);
            if !fits || !spend(&recorded) {
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
            if let Change::Normed(place, _) = change
                && !is_normed(*place)
            {
                continue;
            }
            let predict = |scene: &Scene<T>| predict::of_change(evidence, scene, change);
            if spend(&recorded)
                && predict::may_be(&recorded, shown, change)
                && predict::confirm(evidence, predict)
            {
                found.extend(words::of_change(&recorded, change).map(|words| words.with_names(evidence)));
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
