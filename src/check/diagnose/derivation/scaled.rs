//! Terms that are lost, doubled, negated or a factor off: a gradient depends on the size of a term linearly, so that the
//! factor need not be guessed, and comes out of two sweeps, one with the term and one without.

use super::super::evidence::Evidence;
use super::super::predicted::Predicted;
use super::super::whole::Scale;
use super::alter::cut;
use super::change::Rank;
use super::predict::{confirm, predictions};
use super::recorded::{Recorded, Step};
use crate::check::judge::examine::Scene;
use crate::check::judge::quiet;
use crate::symbol::text_of;
use crate::{Float, Tape, Var};

/// Some steps whose terms are this many times what they should be.
#[derive(Clone, Debug)]
pub(super) struct Scaled {
    pub steps: Vec<Step>,
    pub times: Times,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Times {
    Nothing,
    Twice,
    Negated,
    /// A number, known up to so much.
    Number(f64, f64),
    /// A function of sizes: its text, and which of [`scales`] it is.
    Sizes(String, usize),
}

impl Times {
    pub fn text(&self) -> String {
        match self {
            Self::Nothing => "0".into(),
            Self::Twice => "2".into(),
            Self::Negated => "−1".into(),
            Self::Number(number, off) => text_of(*number, *off),
            Self::Sizes(text, _) => text.clone(),
        }
    }
}

/// Whether the terms of these steps, scaled by some number, explain every gradient in every case.
pub(super) fn explain<T: Float>(
    evidence: &Evidence<'_, '_, T>,
    scales: &[Scale],
    shown: &Scene<T>,
    steps: &[Step],
) -> Option<Scaled> {
    let (factor, off) = factor(evidence, shown, steps)?;
    let times = times(scales, shown, factor, off);
    let times = times.into_iter().find(|times| holds(evidence, scales, steps, times))?;
    Some(Scaled { steps: steps.to_vec(), times })
}

/// Whether only gradients are wrong that these steps have a share in: others cannot be explained by them.
pub(super) fn may_explain<T: Float>(recorded: &Recorded<'_, T>, shown: &Scene<T>, steps: &[Step]) -> bool {
    let mut wrong =
        (0..recorded.inputs.len()).filter(|&input| shown.gradient(input).is_some() && shown.is_wrong(input));
    wrong.all(|input| recorded.leads_to(steps, input))
}

fn holds<T: Float>(evidence: &Evidence<'_, '_, T>, scales: &[Scale], steps: &[Step], times: &Times) -> bool {
    confirm(evidence, |scene| {
        let without = without(evidence, scene, steps)?;
        let (factor, off) = match times {
            Times::Nothing => return Some(without),
            Times::Twice => (2.0, 0.0),
            Times::Negated => (-1.0, 0.0),
            Times::Number(number, off) => (*number, *off),
            Times::Sizes(_, scale) => ((scales[*scale].of)(&scene.sample.sizes), 0.0),
        };
        let scaled = |(input, without): (usize, Predicted)| {
            let right = scene.right(input);
            if right.values.shape() != without.values.shape() {
                return without;
            }
            let term = &right.values - &without.values;
            let slack = &right.slack * factor.abs()
                + &(&without.slack * (1.0 - factor).abs())
                + &term.mapv(|x| 2.0 * off * x.abs());
            // Where the term is nothing, it is nothing times any number, also of infinities.
            Predicted { values: &without.values + &(term * factor), slack }
        };
        Some(without.into_iter().enumerate().map(scaled).collect())
    })
}

/// The gradients with nothing at these steps.
fn without<T: Float>(
    evidence: &Evidence<'_, '_, T>,
    scene: &Scene<T>,
    steps: &[Step],
) -> Option<Vec<Predicted>> {
    let derived = quiet::catch(|| {
        let tape = Tape::new();
        let recorded = Recorded::new(evidence, scene, &tape);
        Some(predictions(evidence, scene, &cut(&recorded, &scene.cotangent, steps)?))
    });
    derived.ok().flatten()
}

/// The factor that makes the term of these steps fit best, and how far off it may be; `None` if none makes it fit, or if
/// there is no such term.
fn factor<T: Float>(evidence: &Evidence<'_, '_, T>, scene: &Scene<T>, steps: &[Step]) -> Option<(f64, f64)> {
    let without = without(evidence, scene, steps)?;
    let given = scene.given.as_ref().ok()?;
    let mut elements: Vec<[f64; 3]> = Vec::new();
    for (input, (given, without)) in given.iter().zip(&without).enumerate() {
        let right = scene.right(input);
        if given.shape() != right.values.shape() {
            return None;
        }
        let each = right.values.iter().zip(&right.slack).zip(without.values.iter().zip(&without.slack));
        for (((right, slack), (without, its_slack)), given) in each.zip(given) {
            if [right, slack, without, its_slack].iter().all(|x| x.is_finite()) {
                elements.push([right - without, given - without, slack + its_slack]);
            }
        }
    }
    let largest = elements.iter().fold(0.0_f64, |most, [term, _, _]| most.max(term.abs()));
    if largest == 0.0 {
        return None;
    }
    let sum = |of: &dyn Fn(f64, f64, f64) -> f64| {
        elements
            .iter()
            .map(|[term, rest, slack]| of(term / largest, rest / largest, slack / largest))
            .sum::<f64>()
    };
    let square = sum(&|term, _, _| term * term);
    let factor = sum(&|term, rest, _| term * rest) / square;
    let off = sum(&|term, _, slack| term.abs() * slack) / square * (1.0 + factor.abs());
    let off = off + 8.0 * T::EPSILON.to_f64() * factor.abs();
    // With a slack of its own, for the factor has been rounded.
    let fits = elements.iter().all(|[term, rest, slack]| {
        (rest - factor * term).abs() <= slack * (2.0 + factor.abs()) + (2.0 * off + 1e-9) * term.abs()
    });
    (factor.is_finite() && fits).then_some((factor, off))
}

/// What a factor may be, the simplest first; nothing for one, which is right.
fn times<T>(scales: &[Scale], scene: &Scene<T>, factor: f64, off: f64) -> Vec<Times> {
    let near = |x: f64| (factor - x).abs() <= 2.0 * off + 1e-7 * x.abs();
    if (factor - 1.0).abs() <= 2.0 * off {
        return Vec::new();
    }
    for (number, times) in [(0.0, Times::Nothing), (2.0, Times::Twice), (-1.0, Times::Negated)] {
        if near(number) {
            return vec![times];
        }
    }
    // With these sizes a function of them may be a number that it is not with others.
    let sizes = &scene.sample.sizes;
    let of_sizes = scales.iter().enumerate().filter(|(_, scale)| near((scale.of)(sizes)));
    let mut all: Vec<Times> = of_sizes.map(|(i, scale)| Times::Sizes(scale.text.clone(), i)).collect();
    let numbers = [0.5, 3.0, 4.0, 1.0 / 3.0, 0.25, -2.0, -0.5].into_iter().filter(|number| near(*number));
    all.extend(numbers.map(|number| Times::Number(number, 0.0)));
    all.push(Times::Number(factor, off));
    all
}

/// Whether a function is the same with its operands exchanged.
fn is_symmetric(prim: &str) -> bool {
    matches!(prim, "add" | "mul" | "matmul" | "maximum" | "minimum" | "hypot")
}

/// The sets of steps that are tried: each way back by itself, what comes back to each row, the ways out of all rows of a
/// kind, and pairs of those out of statistics.
pub(super) fn sets<T: Float>(recorded: &Recorded<'_, T>) -> Vec<(Rank, Vec<Step>)> {
    let steps = recorded.steps();
    let mut sets: Vec<(Rank, Vec<Step>)> = Vec::new();
    let mut add = |rank: Rank, set: Vec<Step>| {
        if !set.is_empty() && !sets.iter().any(|(_, other)| *other == set) {
            sets.push((rank, set));
        }
    };
    // Two uses of one operand by one row are one way back, where they have the same term: nobody forgets half of a square.
    // Of x·σ(x) they are two.
    let mut ways: Vec<(Var<'_, T>, Vec<Step>)> = Vec::new();
    for (row, step) in &steps {
        let operand = row.operands()[step.wrt];
        let together: Vec<Step> = steps
            .iter()
            .filter(|(other, step)| {
                other.row() == row.row() && other.operands()[step.wrt].row() == operand.row()
            })
            .map(|(_, step)| *step)
            .collect();
        if together.len() > 1 && !is_symmetric(step.place.prim) {
            ways.push((operand, vec![*step]));
        }
        if together[0] == *step {
            ways.push((operand, together));
        }
    }
    let forks = ways.iter().filter(|(operand, _)| recorded.uses(*operand) > 1);
    forks.for_each(|(_, way)| add(0, way.clone()));
    for (operand, way) in &ways {
        // Through a chain the nearest to the variable is named.
        let rank = Rank::from(recorded.uses(*operand) <= 1);
        add(rank, way.clone());
    }
    // What comes back to a row, by all its ways out to operands.
    for &row in recorded.rows.iter().filter(|row| row.varies()) {
        let out: Vec<Step> =
            steps.iter().filter(|(other, _)| other.row() == row.row()).map(|(_, step)| *step).collect();
        if out.len() > 1 {
            add(1, out);
        }
    }
    // All ways out of a row by which it influences others.
    for &row in recorded.rows.iter().filter(|row| row.varies() && recorded.uses(**row) > 1) {
        let into = steps.iter().filter(|(other, step)| other.operands()[step.wrt].row() == row.row());
        add(2, into.map(|(_, step)| *step).collect());
    }
    let statistic = |(row, step): &&(Var<'_, T>, Step)| {
        let operand = row.operands()[step.wrt];
        matches!(row.prim().name(), "broadcast") && recorded.is_statistic(operand)
    };
    let statistics: Vec<Step> = steps.iter().filter(statistic).map(|(_, step)| *step).collect();
    add(1, statistics.clone());
    for (i, first) in statistics.iter().enumerate() {
        for second in &statistics[i + 1..] {
            add(1, vec![*first, *second]);
        }
    }
    for prim in ["sum", "max", "prod"] {
        let kind = steps.iter().filter(|(row, _)| row.prim().name() == prim && recorded.is_statistic(*row));
        add(2, kind.map(|(_, step)| *step).collect());
    }
    if ways.len() <= 16 {
        for (i, (_, first)) in ways.iter().enumerate() {
            for (_, second) in &ways[i + 1..] {
                add(3, first.iter().chain(second).copied().collect());
            }
        }
    }
    sets
}
