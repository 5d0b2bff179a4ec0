//! Mistakes within a derivation: the reverse sweep is done again with one rule of one row changed, and if that gives
//! what was given by hand, for every gradient, then that is the mistake.

use super::evidence::{Evidence, fits};
use super::{Diagnosis, Mistake};
use crate::check::examine::Scene;
use crate::check::sweep::backwards;
use crate::{Float, Tape, Var};
use ndarray::ArrayD;

/// A row, by the name of its primitive and how many of that name come before it. Numbers of rows will not do: broadcast
/// rows come and go with the shapes.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Place {
    prim: &'static str,
    nth: usize,
}

/// One operand of one row, on the way back.
#[derive(Clone, Copy, Debug)]
struct Step {
    place: Place,
    wrt: usize,
}

/// What is done wrong at a step.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Change {
    /// Of a choice.
    Mask(Mask),
    /// Nothing passes.
    Lost,
    /// It is added twice.
    Twice,
    /// The rule takes one operand for the other.
    Swapped,
    /// The rule takes the result for the operand.
    AtResult,
    /// The cotangent passes as it came.
    Passed,
    Negated,
    Scaled(Scale),
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Mask {
    /// The cotangent passes a choice whatever the mask.
    Missing,
    /// It passes where it should stop.
    Inverted,
    /// The comparison is strict where it should not be, or the other way round.
    AtTies,
    /// The comparison looks at another array.
    Of(Other),
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Other {
    Row(Place),
    /// The cotangent that arrives.
    Cotangent,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Scale {
    Number(f64),
    /// The size of a named axis, or one by it.
    Size(usize),
    Inverse(usize),
}

/// The first change of the derivation that explains every gradient in every case.
pub(super) fn explain<T: Float>(evidence: &Evidence<'_, '_, T>) -> Option<Diagnosis> {
    let shown = evidence.fresh().first()?;
    let (step, change) = candidates(evidence, shown).into_iter().find(|(step, change)| {
        let explains = |scene: &Scene<T>| -> Option<bool> {
            let predicted = gradients(evidence, scene, *step, *change)?;
            let given = scene.given.as_ref().ok()?;
            Some(given.iter().zip(&predicted).all(|(given, predicted)| fits::<T>(predicted, given)))
        };
        let tells = |scene: &&Scene<T>| {
            let right =
                |input: &usize| scene.gradient(*input).is_some_and(|g| fits::<T>(scene.expected(*input), g));
            !evidence.wrong.iter().all(right)
        };
        evidence.scenes.iter().all(|scene| explains(scene) != Some(false))
            && evidence.scenes.iter().filter(tells).filter(|scene| explains(scene) == Some(true)).count() >= 2
    })?;
    let tape = Tape::new();
    let out = record(evidence, shown, &tape);
    let row = find(&tape, out, step.place)?;
    let names = &shown.sample.signature().inputs;
    let gradients = evidence.wrong.iter().map(|&input| names[input].name.clone()).collect();
    let (mistake, explanation, remedy) = words(evidence, row, step, change);
    Some(Diagnosis { mistake, gradients, explanation, remedy })
}

fn record<'t, T: Float>(evidence: &Evidence<'_, '_, T>, scene: &Scene<T>, tape: &'t Tape<T>) -> Var<'t, T> {
    evidence.subject.record(&scene.sample, tape, &scene.inputs).out
}

/// The rows up to the result.
fn rows<'t, T: Float>(tape: &'t Tape<T>, out: Var<'t, T>) -> impl Iterator<Item = Var<'t, T>> {
    tape.vars().take(out.row() + 1)
}

fn find<'t, T: Float>(tape: &'t Tape<T>, out: Var<'t, T>, place: Place) -> Option<Var<'t, T>> {
    rows(tape, out).filter(|row| row.prim().name() == place.prim).nth(place.nth)
}

fn place<T: Float>(tape: &Tape<T>, row: Var<'_, T>) -> Place {
    let prim = row.prim().name();
    Place { prim, nth: tape.vars().take(row.row()).filter(|other| other.prim().name() == prim).count() }
}

/// All that could be wrong in one place, the most telling first.
fn candidates<T: Float>(evidence: &Evidence<'_, '_, T>, scene: &Scene<T>) -> Vec<(Step, Change)> {
    let tape = Tape::new();
    let out = record(evidence, scene, &tape);
    let all: Vec<Var<'_, T>> = rows(&tape, out).collect();
    let uses = |of: Var<'_, T>| {
        all.iter().flat_map(|row| row.operands()).filter(|operand| operand.row() == of.row()).count()
    };
    let steps: Vec<(Var<'_, T>, Step)> = all
        .iter()
        .flat_map(|&row| {
            let place = place(&tape, row);
            let operands = row.operands().into_iter().enumerate().filter(|(_, operand)| operand.varies());
            operands.map(move |(wrt, _)| (row, Step { place, wrt })).collect::<Vec<_>>()
        })
        .collect();
    let axes = 0..scene.sample.sizes.len();
    let mut candidates = Vec::new();
    for (row, step) in
        steps.iter().filter(|(row, _)| row.prim().name() == "select" && !is_held(row.operands()[0]))
    {
        candidates
            .extend([Mask::Missing, Mask::Inverted, Mask::AtTies].map(|mask| (*step, Change::Mask(mask))));
        let alike = all.iter().filter(|other| other.shape() == row.shape());
        let others = alike.map(|other| Other::Row(place(&tape, *other))).chain([Other::Cotangent]);
        candidates.extend(others.map(|other| (*step, Change::Mask(Mask::Of(other)))));
    }
    for (row, step) in &steps {
        if uses(row.operands()[step.wrt]) > 1 {
            candidates.push((*step, Change::Lost));
        }
    }
    for (row, step) in &steps {
        let alike = row.operands().iter().all(|operand| operand.shape() == row.shape());
        if uses(row.operands()[step.wrt]) > 1 {
            candidates.push((*step, Change::Twice));
        }
        if alike && row.operands().len() == 2 {
            candidates.push((*step, Change::Swapped));
        }
        if alike && row.operands().len() == 1 {
            candidates.push((*step, Change::AtResult));
        }
        if alike {
            candidates.push((*step, Change::Passed));
        }
        candidates.push((*step, Change::Negated));
        if step.place.prim != "broadcast" {
            candidates.push((*step, Change::Lost));
        }
    }
    for (_, step) in &steps {
        let sizes = axes.clone().flat_map(|axis| [Scale::Size(axis), Scale::Inverse(axis)]);
        let scales = sizes.chain([Scale::Number(2.0), Scale::Number(0.5)]);
        candidates.extend(scales.map(|scale| (*step, Change::Scaled(scale))));
    }
    candidates
}

/// Whether a mask was made of rows that are held constant alone: a composite's precaution, as against ∞ − ∞, and no
/// choice of the formula's.
fn is_held<T: Float>(mask: Var<'_, T>) -> bool {
    let mut waiting = vec![mask];
    while let Some(row) = waiting.pop() {
        let operands = row.operands();
        if operands.is_empty() && row.varies() {
            return false;
        }
        if row.prim().name() != "detach" {
            waiting.extend(operands);
        }
    }
    true
}

/// The gradients of all inputs, derived with this change. `None` where the step does not exist in this case.
fn gradients<T: Float>(
    evidence: &Evidence<'_, '_, T>,
    scene: &Scene<T>,
    step: Step,
    change: Change,
) -> Option<Vec<ArrayD<f64>>> {
    let tape = Tape::new();
    let out = record(evidence, scene, &tape);
    let changed = find(&tape, out, step.place)?;
    let mut applies = true;
    let cotangents = backwards(out, tape.constant(&scene.cotangent), |row, wrt, operands, d| {
        let term = if row.row() == changed.row() && wrt == step.wrt {
            alter(scene, out, row, wrt, d, change).unwrap_or_else(|_| {
                applies = false;
                None
            })
        } else {
            row.prim().vjp(wrt, operands, row, d)
        };
        term.filter(|term| term.shape() == operands[wrt].shape())
    });
    applies.then_some(())?;
    let gradient = |(input, x): (usize, &ArrayD<T>)| match cotangents[input] {
        Some(gradient) => gradient.peek().mapv(T::to_f64).into_owned(),
        None => ArrayD::zeros(x.shape()),
    };
    // The inputs are the first rows of the tape.
    Some(scene.inputs.iter().enumerate().map(gradient).collect())
}

/// There is no such change in this case.
struct Inapplicable;

/// The term as the change has it, `None` if nothing passes.
fn alter<'t, T: Float>(
    scene: &Scene<T>,
    out: Var<'t, T>,
    row: Var<'t, T>,
    wrt: usize,
    d: Var<'t, T>,
    change: Change,
) -> Result<Option<Var<'t, T>>, Inapplicable> {
    let (tape, prim, operands) = (row.tape(), row.prim(), row.operands());
    let rule = |operands: &[Var<'t, T>], result: Var<'t, T>| prim.vjp(wrt, operands, result, d);
    let masked = |mask: Var<'t, T>| rule(&[mask, operands[1], operands[2]], row);
    Ok(match change {
        Change::Mask(Mask::Missing) | Change::Passed => Some(d),
        Change::Mask(Mask::Inverted) => masked(operands[0].eq(operands[0].lift(0.0))),
        Change::Mask(Mask::AtTies) => {
            let (mask, pair) = (operands[0], operands[0].operands());
            masked(match mask.prim().name() {
                "le" => pair[0].lt(pair[1]),
                "lt" => pair[0].le(pair[1]),
                "ge" => pair[0].gt(pair[1]),
                "gt" => pair[0].ge(pair[1]),
                _ => return Err(Inapplicable),
            })
        }
        Change::Mask(Mask::Of(other)) => {
            let other = match other {
                Other::Row(place) => find(tape, out, place).ok_or(Inapplicable)?,
                Other::Cotangent => d,
            };
            let (mask, pair) = (operands[0], operands[0].operands());
            let [first, second] = pair.as_slice() else { return Err(Inapplicable) };
            if other.shape() != first.shape() || other.row() == first.row() {
                return Err(Inapplicable);
            }
            masked(tape.try_apply(&mask.prim(), &[other, *second]).map_err(|_| Inapplicable)?)
        }
        Change::Lost => None,
        Change::Twice => rule(&operands, row).map(|term| term + term),
        Change::Swapped => {
            let swapped: Vec<_> = operands.iter().rev().copied().collect();
            if operands[0].row() == operands[1].row() {
                return Err(Inapplicable);
            }
            rule(&swapped, row)
        }
        Change::AtResult => rule(&[row], row),
        Change::Negated => rule(&operands, row).map(|term| -term),
        Change::Scaled(scale) => {
            let size = |axis: usize| T::from_f64(super::count(scene.sample.sizes[axis])).to_f64();
            let by = match scale {
                Scale::Number(number) => number,
                Scale::Size(axis) => size(axis),
                Scale::Inverse(axis) => 1.0 / size(axis),
            };
            rule(&operands, row).map(|term| term * term.lift(by))
        }
    })
}

/// Mistake, explanation and remedy.
fn words<T: Float>(
    evidence: &Evidence<'_, '_, T>,
    row: Var<'_, T>,
    step: Step,
    change: Change,
) -> (Mistake, String, String) {
    let operands = row.operands();
    let operand = operands[step.wrt].label();
    let here = format!("{} at {}", row.label(), row.location());
    let axes = &evidence.scenes[0].sample.signature().axes;
    match change {
        Change::Mask(mask) => words_on_mask(row, mask),
        Change::Lost => (
            Mistake::PathLost,
            format!(
                "a path is lost: {operand} influences the result through {here}, and the gradient does not know"
            ),
            format!(
                "add the term that comes back through {}: gradients of a variable used more than once add up",
                row.label()
            ),
        ),
        Change::Twice => (
            Mistake::PathTwice,
            format!("a path is counted twice: what comes back to {operand} through {here}"),
            "add each term once: look for a `+=` that runs twice, or a factor 2 that is already in the sum"
                .into(),
        ),
        Change::Swapped => (
            Mistake::OperandsSwapped,
            format!("the operands of {here} are swapped in its derivative"),
            format!("in the derivative with respect to {operand}, put each operand in the other's place"),
        ),
        Change::AtResult => (
            Mistake::WrongPoint,
            format!("the derivative of {here} is taken at its result instead of at {operand}"),
            format!("evaluate it at {operand}, what went into the function"),
        ),
        Change::Passed => (
            Mistake::FactorMissing,
            format!(
                "a factor of the chain rule is missing: through {here} the cotangent passes to {operand} as it came"
            ),
            format!(
                "multiply by the derivative of {} with respect to {operand}: {}",
                row.prim().name(),
                row.prim().formula()
            ),
        ),
        Change::Negated => (
            Mistake::Sign,
            format!("a sign is wrong: of what comes back to {operand} through {here}"),
            "negate that term".into(),
        ),
        Change::Scaled(scale) => {
            let times = match scale {
                Scale::Number(number) => format!("{number} times"),
                Scale::Size(axis) => format!("{} times", axes[axis]),
                Scale::Inverse(axis) => format!("1/{} times", axes[axis]),
            };
            (
                Mistake::Factor,
                format!(
                    "what comes back to {operand} through {here} is {times} what it should be, a constant factor"
                ),
                format!("look for a factor in the derivative of {}", row.label()),
            )
        }
    }
}

/// The same for a choice.
fn words_on_mask<T: Float>(row: Var<'_, T>, mask: Mask) -> (Mistake, String, String) {
    let here = format!("{} at {}", row.label(), row.location());
    let compared = row.operands()[0].operands().first().map_or_else(String::new, |first| first.label());
    match mask {
        Mask::Missing => (
            Mistake::MaskMissing,
            format!(
                "the mask is missing: at {here}, the cotangent passes where the forward pass chose otherwise"
            ),
            format!(
                "let it pass only where the forward pass did, by the same comparison of {compared}, and give 0 elsewhere"
            ),
        ),
        Mask::Inverted => (
            Mistake::MaskInverted,
            format!(
                "the mask is inverted: at {here}, the cotangent passes where it should stop, and stops where it should pass"
            ),
            "swap the two branches, or negate the comparison".into(),
        ),
        Mask::AtTies => (
            Mistake::MaskAtTies,
            format!(
                "the mask is wrong at ties only: at {here}, where {compared} equals what it is compared with"
            ),
            "write `>` for `>=` (or `<=` for `<`): by convention relu'(0) = 0".into(),
        ),
        Mask::Of(other) => {
            let wrong = match other {
                Other::Row(place) => {
                    find(row.tape(), row, place).map_or_else(|| "a later row".into(), Var::label)
                }
                Other::Cotangent => "the cotangent itself".into(),
            };
            (
                Mistake::MaskFromWrongArray,
                format!(
                    "the mask is taken from the wrong array: at {here}, from {wrong} instead of {compared}"
                ),
                format!("compare {compared}, the array that went into the choice in the forward pass"),
            )
        }
    }
}
