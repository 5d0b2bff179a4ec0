//! Why is it wrong? Hypotheses, tried on the failing case and confirmed on fresh ones.
//!
//! There are two kinds. Some mistakes show in the gradient as a whole, whatever the function: a sign, a factor, a
//! transposition ([`whole`]). Others are made at one place of a derivation, or at several ([`derivation`]). Each hypothesis
//! predicts what a hand-written function with that mistake would give ([`predicted`]); it is believed only if it predicts
//! every element in every case, those among them that were drawn to tell it from its rivals ([`evidence`]). Where two
//! remain that give the same, both are named.

mod compared;
mod derivation;
mod evidence;
mod imprecise;
mod mistake;
mod predicted;
mod whole;

pub(in crate::check) use compared::comparisons;
pub use mistake::{Diagnosis, Mistake};

use crate::Float;
use crate::check::ask::subject::Subject;
use crate::check::judge::examine::Scene;
use evidence::Evidence;
use whole::Guess;

/// The mistakes that explain a failing case; none if no simple one does.
///
/// Where any subgradient will do, those at ties say nothing, and cases without ties are looked at.
pub(in crate::check) fn diagnose<T: Float>(subject: &Subject<'_, T>, failing: Scene<T>) -> Vec<Diagnosis> {
    let names: Vec<String> =
        failing.sample.signature().inputs.iter().map(|pattern| pattern.name.clone()).collect();
    let evidence = Evidence::gather(subject, failing);
    let mut guesses: Vec<(usize, Guess)> = Vec::new();
    let mut alternatives: Vec<Vec<Guess>> = Vec::new();
    let mut unexplained = Vec::new();
    for &input in &evidence.wrong {
        let mut all = whole::guesses(&evidence, input).into_iter();
        match all.next() {
            Some(guess) => {
                let rivals = all.filter(|other| is_rival(guess.mistake, other.mistake));
                alternatives.push(rivals.collect());
                guesses.push((input, guess));
            }
            None => unexplained.push(input),
        }
    }
    let named = |input: usize, guess: Guess, others: &[Guess]| {
        let name = |text: String| text.replace("{g}", &format!("d{}", names[input]));
        let (mut explanation, mut remedy) = (name(guess.explanation), name(guess.remedy));
        for other in others {
            explanation =
                format!("{explanation} — or, which gives the same: {}", name(other.explanation.clone()));
            remedy = format!("{remedy}; or: {}", name(other.remedy.clone()));
        }
        Diagnosis {
            mistake: guess.mistake,
            alternatives: others.iter().map(|other| other.mistake).collect(),
            gradients: vec![names[input].clone()],
            explanation,
            remedy,
        }
    };
    // The same number of times too large, whatever that is in each of them: one factor, at the root of them all.
    let times = guesses.first().and_then(|(_, guess)| guess.times.clone());
    if times.is_some() && guesses.iter().all(|(_, guess)| guess.times == times) {
        let general = guesses.iter().position(|(_, guess)| guess.mistake == Mistake::Factor).unwrap_or(0);
        guesses.swap(0, general);
        guesses.truncate(1);
    }
    let several = guesses.iter().any(|(_, other)| *other != guesses[0].1);
    let shared = !several && unexplained.is_empty();
    let mut diagnoses: Vec<Diagnosis> = guesses
        .into_iter()
        .zip(&alternatives)
        .map(|((input, guess), others)| named(input, guess, &others[..others.len().min(1)]))
        .collect();
    if shared && let Some(first) = diagnoses.first_mut() {
        first.gradients = evidence.wrong.iter().map(|&input| names[input].clone()).collect();
        diagnoses.truncate(1);
    }
    // One cause for all is better than one for each, and than one for some.
    if shared {
        return diagnoses;
    }
    if let Some(one) = derivation::explain(&evidence) {
        return vec![one];
    }
    diagnoses.extend(unexplained.into_iter().filter_map(|input| {
        let last = whole::kept_by_shape(&evidence, input).or_else(|| imprecise::imprecise(&evidence, input));
        Some(named(input, last?, &[]))
    }));
    diagnoses
}

/// Whether two mistakes that give the same gradient are two things to look for: a copied gradient and a forgotten sign are,
/// a wrong shape is but another word for a transposition.
fn is_rival(mistake: Mistake, other: Mistake) -> bool {
    let apart = [
        Mistake::Sign,
        Mistake::Factor,
        Mistake::GradientCopied,
        Mistake::OrderReversed,
        Mistake::Transposed,
        Mistake::SymmetryAssumed,
    ];
    mistake != other && apart.contains(&mistake) && apart.contains(&other)
}
