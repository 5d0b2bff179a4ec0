//! Terms that are lost, doubled, negated or a factor off: a gradient depends on the size of a term linearly, so that the
//! factor need not be guessed, and comes out of two sweeps, one with the term and one without.

use super::super::evidence::Evidence;
use super::super::predicted::{Predicted, largest};
use super::super::whole::Scale;
use super::alter::cut;
use super::change::Rank;
use super::predict::{confirm, predictions};
use super::recorded::{Recorded, Step};
use crate::check::judge::examine::Scene;
use crate::check::judge::quiet;
use crate::symbol::text_of;
use crate::{Float, Tape, Var};
use ndarray::ArrayD;

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
            // Near 1 each digit counts.
            Self::Number(number, off) if (number - 1.0).abs() < 1e-3 => text_of(*number, *off),
            Self::Number(number, off) => text_of(*number, off.max(5e-7 * number.abs())),
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
    // Where the term is nothing, as that of a branch that was never chosen, nothing is known of a factor.
    let mut scenes = std::iter::once(shown).chain(&evidence.scenes);
    let (scene, (factor, off)) = scenes.find_map(|scene| match factor(evidence, scene, steps) {
        Fit::NoTerm => None,
        Fit::Not => Some(None),
        Fit::By(factor, off) => Some(Some((scene, (factor, off)))),
    })??;
    let times = times(scales, scene, factor, off);
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

/// How the term of some steps fits with a factor.
enum Fit {
    /// It is 0 everywhere.
    NoTerm,
    /// With none.
    Not,
    /// With this one, known up to so much.
    By(f64, f64),
}

/// Whether there may be a factor that makes the term of these steps fit: a test that costs little.
pub(super) fn may_be<T: Float>(recorded: &Recorded<'_, T>, scene: &Scene<T>, steps: &[Step]) -> bool {
    let Ok(given) = &scene.given else { return false };
    let start = recorded.tape.mark();
    let without = quiet::catch(|| {
        let without = cut(recorded, &scene.cotangent, steps)?;
        let values = without.iter().zip(&scene.inputs).map(|(row, x)| match row {
            Some(row) => row.peek().mapv(T::to_f64).into_owned(),
            None => ArrayD::zeros(x.raw_dim()),
        });
        Some(values.collect::<Vec<ArrayD<f64>>>())
    });
    recorded.tape.go_back(start);
    let Ok(Some(without)) = without else { return true };
    let mut elements: Vec<[f64; 3]> = Vec::new();
    for (input, (given, without)) in given.iter().zip(&without).enumerate() {
        let right = scene.expected(input);
        if given.shape() != right.shape() || given.shape() != without.shape() {
            return false;
        }
        let largest = largest(right).max(largest(without)).max(1e-300);
        let each = right.iter().zip(without).zip(given);
        let finite = each.filter(|((r, w), g)| r.is_finite() && w.is_finite() && g.is_finite());
        elements.extend(finite.map(|((r, w), g)| [(r - w) / largest, (g - w) / largest, g / largest]));
    }
    let square: f64 = elements.iter().map(|[term, ..]| term * term).sum();
    let factor = elements.iter().map(|[term, rest, _]| term * rest).sum::<f64>() / square;
    // In parts of the largest, with room for what single precision does.
    square == 0.0
        || elements
            .iter()
            .all(|[term, rest, given]| (rest - factor * term).abs() <= 1e-3 * (1.0 + given.abs()))
}

/// The factor that makes the term of these steps fit best, and how far off it may be.
fn factor<T: Float>(evidence: &Evidence<'_, '_, T>, scene: &Scene<T>, steps: &[Step]) -> Fit {
    let (Some(without), Ok(given)) = (without(evidence, scene, steps), &scene.given) else { return Fit::Not };
    let mut elements: Vec<[f64; 3]> = Vec::new();
    for (input, (given, without)) in given.iter().zip(&without).enumerate() {
        let right = scene.right(input);
        if given.shape() != right.values.shape() {
            return Fit::Not;
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
        // Then all must be right here as it is.
        let right = elements.iter().all(|[_, rest, slack]| rest.abs() <= *slack);
        return if right { Fit::NoTerm } else { Fit::Not };
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
    if factor.is_finite() && fits { Fit::By(factor, off) } else { Fit::Not }
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
    // What is multiplied by one row, in each place: a rotation's sines.
    for &by in recorded.rows.iter().filter(|row| row.varies()) {
        let multiplied = |(row, step): &&(Var<'_, T>, Step)| {
            let operands = row.operands();
            row.prim().name() == "mul"
                && operands[1 - step.wrt].row() == by.row()
                && operands[step.wrt].row() != by.row()
        };
        let by: Vec<Step> = steps.iter().filter(multiplied).map(|(_, step)| *step).collect();
        if by.len() > 1 {
            add(1, by);
        }
    }
    for prim in ["sum", "max", "prod"] {
        let kind = steps.iter().filter(|(row, _)| row.prim().name() == prim && recorded.is_statistic(*row));
        add(2, kind.map(|(_, step)| *step).collect());
    }
    if ways.len() <= 40 {
        for (i, (_, first)) in ways.iter().enumerate() {
            for (_, second) in &ways[i + 1..] {
                add(3, first.iter().chain(second).copied().collect());
            }
        }
    }
    sets
}
