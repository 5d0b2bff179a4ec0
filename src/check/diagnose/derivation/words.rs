//! What is said of a change: the mistake, the explanation, the mend.

use super::super::Mistake;
use super::super::evidence::Evidence;
use super::arrange::Arrangement;
use super::blocks::Block;
use super::change::{Change, How, Mask, Other, Scatter, Tie, Windows};
use super::normed::{self, Piece};
use super::recorded::{Place, Recorded, Step};
use super::rewritten::{Edit, epsilon};
use super::scaled::{Scaled, Times};
use super::valued::{Terms, Value};
use crate::check::judge::examine::Scene;
use crate::symbol::{Expr, rule, text_of};
use crate::{Float, Tape, Var};

#[derive(Clone, Debug)]
pub(super) struct Words {
    pub mistake: Mistake,
    pub explanation: String,
    pub remedy: String,
    /// The row of whose axes it speaks, by number.
    axis: Option<(Place, usize)>,
}

fn words(mistake: Mistake, explanation: impl Into<String>, remedy: impl Into<String>) -> Words {
    Words { mistake, explanation: explanation.into(), remedy: remedy.into(), axis: None }
}

impl Words {
    /// Of an axis of this row.
    fn of_axis(self, place: Place, axis: usize) -> Self {
        Self { axis: Some((place, axis)), ..self }
    }

    /// With the name that the user gave the axis, if it is one of the named ones in every case.
    pub fn with_names<T: Float>(mut self, evidence: &Evidence<'_, '_, T>) -> Self {
        let Some((place, axis)) = self.axis else { return self };
        let shape = |scene: &Scene<T>| {
            let tape = Tape::new();
            Some(Recorded::new(evidence, scene, &tape).find(place)?.shape())
        };
        if let Some(name) = evidence.axis_name(axis, shape) {
            for text in [&mut self.explanation, &mut self.remedy] {
                *text = text.replace(&format!("axis {axis}"), &name);
            }
        }
        self
    }
}

/// A row, and where it was recorded: of what only repeats or reshapes another, that one is named.
fn here<'t, T: Float>(recorded: &Recorded<'t, T>, row: Var<'t, T>) -> String {
    format!("{} at {}", recorded.called(row), row.location())
}

/// Of terms that are a factor off.
pub(super) fn of_scaled<T: Float>(recorded: &Recorded<'_, T>, scaled: &Scaled) -> Option<Words> {
    let rows: Vec<Var<'_, T>> =
        scaled.steps.iter().map(|step| recorded.find(step.place)).collect::<Option<_>>()?;
    let step = scaled.steps[0];
    let operand = rows.first()?.operands()[step.wrt];
    let (row, wrt) = recorded.onward(*rows.first()?, step.wrt);
    let (at, from) = (here(recorded, row), recorded.called(operand));
    let one_row = rows.iter().all(|other| other.row() == rows[0].row());
    let one_operand =
        rows.iter().zip(&scaled.steps).all(|(row, step)| row.operands()[step.wrt].row() == operand.row());
    let through = if one_row && !one_operand {
        format!("what comes back to {at}")
    } else if one_row {
        format!("what comes back to {from} through {at}")
    } else if one_operand {
        format!("what comes back to {from}")
    } else {
        let mut each: Vec<String> = rows.iter().map(|row| here(recorded, *row)).collect();
        each.dedup();
        format!("what comes back through each of {}", each.join(", "))
    };
    Some(match &scaled.times {
        Times::Nothing => return lost(recorded, &rows, &scaled.steps),
        Times::Twice => words(
            Mistake::PathTwice,
            format!("a path is counted twice: {through}"),
            "add each term once: look for a `+=` that runs twice, or a factor 2 that is already in the sum",
        ),
        Times::Negated => words(Mistake::Sign, format!("a sign is wrong: of {through}"), "negate that term"),
        Times::Number(number, _) if (number - 1.0).abs() < 1e-3 => words(
            Mistake::FewDigits,
            format!(
                "a constant has too few digits: {through} is {} times what it should be",
                scaled.times.text()
            ),
            "write the constant with all its digits, as `std::f64::consts` has them, or compute it",
        ),
        Times::Number(..) | Times::Sizes(..) => words(
            Mistake::Factor,
            format!("{through} is {} times what it should be, a constant factor", scaled.times.text()),
            format!(
                "look for a factor in the derivative of {}: {}",
                recorded.called(row),
                derivative(row, wrt)
            ),
        ),
    })
}

/// Of terms that are not there.
#[allow(clippy::unnecessary_wraps)] // As the others have it.
fn lost<'t, T: Float>(recorded: &Recorded<'t, T>, rows: &[Var<'t, T>], steps: &[Step]) -> Option<Words> {
    let (row, step) = (rows[0], steps[0]);
    let operand = row.operands()[step.wrt];
    let alone = rows.iter().all(|other| other.row() == row.row());
    let choice = if recorded.is_choice(row) {
        Some((row, operand))
    } else {
        recorded.choice_of(row).map(|choice| (choice, row))
    };
    if let Some((choice, branch)) = choice.filter(|_| alone) {
        let branch = recorded.called(recorded.branch_of(choice, branch));
        return Some(words(
            Mistake::BranchLost,
            format!(
                "a branch is left out: {} chooses between two that vary, and nothing comes back where it chose {branch}",
                here(recorded, choice)
            ),
            format!(
                "where {branch} was chosen, add what comes back through it: {}",
                derivative(row, step.wrt)
            ),
        ));
    }
    let mut held: Vec<Var<'t, T>> = Vec::new();
    for (row, step) in rows.iter().zip(steps) {
        let operand = recorded.source(row.operands()[step.wrt]);
        if row.prim().name() == "broadcast" && recorded.is_statistic(operand) {
            held.push(operand);
        } else if let Some(statistic) = recorded.statistic_of(*row) {
            held.push(statistic);
        } else if recorded.is_statistic(*row) && row.prim().name() != "sum" {
            held.push(recorded.source(*row));
        }
    }
    if held.len() == rows.len() {
        held.sort_by_key(|row| row.row());
        held.dedup_by_key(|row| row.row());
        let names: Vec<String> = held.iter().map(|row| here(recorded, *row)).collect();
        let (verb, one) = if names.len() == 1 { ("is", "it") } else { ("are", "each") };
        return Some(words(
            Mistake::HeldConstant,
            format!(
                "{} {verb} treated as a constant, and {one} depends on the input: what comes back that way is missing",
                names.join(" and ")
            ),
            format!(
                "differentiate {} as well: {} made of all elements along the axis, so that each element's gradient has a \
                 sum over all of them in it",
                if names.len() == 1 { "it" } else { "them" },
                if names.len() == 1 { "it is" } else { "they are" },
            ),
        ));
    }
    let onward = |(row, step): (&Var<'t, T>, &Step)| recorded.onward(*row, step.wrt);
    let mut each: Vec<String> =
        rows.iter().zip(steps).map(onward).map(|(row, _)| here(recorded, row)).collect();
    each.dedup();
    let from = recorded.called(operand);
    let (row, wrt) = recorded.onward(row, step.wrt);
    Some(words(
        Mistake::PathLost,
        format!(
            "{} lost: {from} influences the result through {}, and the gradient does not know",
            if each.len() == 1 { "a path is" } else { "paths are" },
            each.join(" and through ")
        ),
        format!(
            "add the term that comes back through {}: gradients of a variable used more than once add up, here {}",
            recorded.called(row),
            derivative(row, wrt)
        ),
    ))
}

/// Of another change.
pub(super) fn of_change<T: Float>(recorded: &Recorded<'_, T>, change: &Change) -> Option<Words> {
    Some(match change {
        Change::Select(place, mask) => return of_mask(recorded, *place, *mask),
        Change::Tie(place, tie) => of_tie(recorded, recorded.find(*place)?, *tie),
        Change::Exchanged(place) => words(
            Mistake::MaskInverted,
            format!(
                "the choice is inverted: at {}, each operand has the other's share",
                here(recorded, recorded.find(*place)?)
            ),
            "let the cotangent pass to the operand that was chosen, and give 0 to the other",
        ),
        Change::Rule(steps, how) => return of_rule(recorded, steps, *how),
        Change::Only { at, axis, last } => {
            let which = if *last { "last" } else { "first" };
            let row = at.map_or(Some(recorded.out), |place| recorded.find(place))?;
            words(
                Mistake::FirstOnly,
                format!(
                    "only the {which} along axis {axis} counts, of what comes back to {}",
                    here(recorded, row)
                ),
                format!(
                    "go through all of axis {axis}, and add up: a loop ends too early, or an index is missing"
                ),
            )
            .of_axis(recorded.place(row), *axis)
        }
        Change::OnlyTerm { of, axis, last } => {
            let (row, which) = (recorded.find(of.place)?, if *last { "last" } else { "first" });
            let operand = recorded.called(row.operands()[of.wrt]);
            words(
                Mistake::FirstOnly,
                format!(
                    "of what comes back to {operand} through {}, only the {which} term is there, along axis {axis} of the result",
                    here(recorded, row)
                ),
                format!("add up over all of axis {axis}: {}", derivative(row, of.wrt)),
            )
            .of_axis(of.place, *axis)
        }
        Change::Arranged(of, how) => of_arranged(recorded, recorded.find(of.place)?, of.wrt, *how),
        Change::Undone(place, by) => {
            let row = recorded.find(*place)?;
            let by = recorded.called(row.operands()[*by]);
            let (missing, mend) = if place.prim == "div" {
                ("not divided by", "divide by")
            } else {
                ("not multiplied by", "multiply by")
            };
            words(
                Mistake::FactorMissing,
                format!(
                    "a factor of the chain rule is missing: what comes back through {} is {missing} {by}",
                    here(recorded, row)
                ),
                format!("{mend} {by}: {}", derivative(row, 0)),
            )
        }
        Change::Forwards(place) => words(
            Mistake::OrderReversed,
            format!(
                "the running sum goes the wrong way in the derivative of {}",
                here(recorded, recorded.find(*place)?)
            ),
            "an element counts in all sums after it: add up the cotangents from the end backwards",
        ),
        Change::Scatter(place, how) => of_scatter(recorded, recorded.find(*place)?, *how),
        Change::Windows(places, how) => of_windows(recorded, recorded.find(*places.first()?)?, *how),
        Change::Doubled { kept, .. } => {
            let step = kept.first()?;
            let row = recorded.find(step.place)?;
            words(
                Mistake::SymmetryAssumed,
                format!(
                    "of the two ways back to {}, the one through {} is counted twice and the other not at all: right only \
                     if the matrix is symmetric",
                    recorded.called(row.operands()[step.wrt]),
                    here(recorded, row)
                ),
                "A·x + Aᵀ·x is 2·A·x for a symmetric A alone: add both terms",
            )
        }
        Change::Softmax(place, block) => of_softmax(recorded, recorded.find(*place)?, *block),
        Change::Normed(place, piece) => return of_normed(recorded, *place, *piece),
        Change::Valued(value) => return of_value(recorded, *value),
        Change::Rewritten(edit) => return of_rewritten(recorded, *edit),
    })
}

fn of_arranged<T: Float>(recorded: &Recorded<'_, T>, row: Var<'_, T>, wrt: usize, how: Arrangement) -> Words {
    let row = recorded.rows[row.row()];
    let (at, operand) = (here(recorded, row), recorded.called(row.operands()[wrt]));
    let right = derivative(row, wrt);
    match how {
        Arrangement::Turned => words(
            Mistake::Transposed,
            format!(
                "what comes back to {at} is transposed where it should not be, or not where it should, on its way to {operand}"
            ),
            right,
        ),
        Arrangement::Flipped(axis) => words(
            Mistake::OrderReversed,
            format!(
                "what comes back to {at} runs the other way along its axis {axis}, on its way to {operand}"
            ),
            format!("keep the order of the forward pass: {right}"),
        ),
        Arrangement::Rolled(axis, _) => words(
            Mistake::OffByOne,
            format!("what comes back to {at} is off by one along its axis {axis}, on its way to {operand}"),
            format!("take each element from its own place: {right}"),
        ),
    }
}

fn of_tie<T: Float>(recorded: &Recorded<'_, T>, row: Var<'_, T>, tie: Tie) -> Words {
    let by_place = row.prim().name() == "take_along";
    let kinks = row.prim().domain().kinks;
    let convention = if by_place { "the first" } else { kinks.map_or("", |kinks| kinks.convention) };
    let at = format!("{} at {}", recorded.source(recorded.rows[row.row()]).label(), row.location());
    if tie == Tie::Everyone {
        return words(
            Mistake::MaskMissing,
            format!(
                "the mask is missing: of what comes back to {at}, all elements get all of it, whether they were chosen or not"
            ),
            "let it pass to the element that was chosen, and give 0 to the others",
        );
    }
    let who = match tie {
        Tie::First => "the first gets all of it",
        Tie::Last => "the last gets all of it",
        Tie::Each => "each gets all of it, as if there were no others",
        Tie::Shared => "each gets an equal share",
        Tie::None | Tie::Everyone => "none gets any",
    };
    if row.prim().name() == "abs" {
        let slope = if tie == Tie::First { "1" } else { "−1" };
        return words(
            Mistake::MaskAtTies,
            format!(
                "wrong at 0 only: of what comes back to {at}, the slope at 0 is taken to be {slope}; here {convention}"
            ),
            "give 0 where the operand is 0, as `signum` of Rust does not; or accept any subgradient with `.any_subgradient()`",
        );
    }
    let mend = match tie {
        Tie::Each if by_place => {
            "one of those that tie gets all of it: stop at the first, as with PyTorch's `max(dim)`"
        }
        Tie::First | Tie::Last | Tie::Shared => {
            "either is a subgradient (PyTorch's `max(dim)` gives all to one): follow the convention here, or accept any \
             with `.any_subgradient()`"
        }
        Tie::Each | Tie::None | Tie::Everyone => {
            "the shares of those that tie must add up to 1: divide by how many there are"
        }
    };
    words(
        Mistake::MaskAtTies,
        format!(
            "wrong at ties only: of what comes back to {at}, where several are equal, {who}; here it is {convention}"
        ),
        mend,
    )
}

fn of_scatter<T: Float>(recorded: &Recorded<'_, T>, row: Var<'_, T>, how: Scatter) -> Words {
    let at = format!("{} at {}", recorded.rows[row.row()].label(), row.location());
    match how {
        Scatter::Overwrites => words(
            Mistake::ScatterOverwrites,
            format!("of what was looked up more than once by {at}, only the last has a share"),
            "add each cotangent to the place that it came from: `+=` for `=`",
        ),
        Scatter::Divides => words(
            Mistake::ScatterDivides,
            format!(
                "what was looked up more than once by {at} has the mean of its cotangents, and should have their sum"
            ),
            "do not divide by the number of uses: gradients of a variable used more than once add up",
        ),
    }
}

fn of_windows<T: Float>(recorded: &Recorded<'_, T>, row: Var<'_, T>, how: Windows) -> Words {
    let source = recorded.rows[row.operands()[0].row()].label();
    let at = row.location();
    match how {
        Windows::LastWins | Windows::FirstWins => words(
            Mistake::OverlapLost,
            format!(
                "the windows of {source}, at {at} and after, overlap, and where they do only one has its share"
            ),
            "add what comes back from each window to what is there: `+=` for `=`",
        ),
        Windows::Reversed => words(
            Mistake::OrderReversed,
            format!(
                "what comes back from the windows of {source}, at {at} and after, is put back in reversed order"
            ),
            "put each back where it was taken from: of a convolution, that is with its kernel flipped",
        ),
    }
}

fn of_softmax<T: Float>(recorded: &Recorded<'_, T>, result: Var<'_, T>, block: Block) -> Words {
    let at = format!("{} at {}", recorded.rows[result.row()].label(), result.location());
    let mend = "each element depends on all along the axis: with p the softmax, p·(dp − Σ p·dp) with the sum along the \
                axis of the softmax, kept; of its logarithm, d − p·Σ d";
    match block {
        Block::Diagonal => words(
            Mistake::DiagonalOnly,
            format!("only the diagonal of the Jacobian of the softmax is there, {at}"),
            mend,
        ),
        Block::Axis(axis) => words(
            Mistake::WrongAxis,
            format!(
                "the sum in the derivative of the softmax is over axis {axis}, another than that of the softmax, {at}"
            ),
            mend,
        )
        .of_axis(recorded.place(result), axis),
        Block::Unweighted => words(
            Mistake::FactorMissing,
            format!("the sum in the derivative of the softmax is not weighted by the softmax itself, {at}"),
            mend,
        ),
        Block::Bare => words(
            Mistake::FactorMissing,
            format!("the derivative of the softmax is not multiplied by the softmax itself, {at}"),
            mend,
        ),
        Block::Passed => words(
            Mistake::FactorMissing,
            format!("the derivative of the softmax is missing: what comes back passes it as it came, {at}"),
            mend,
        ),
        Block::Input => words(
            Mistake::WrongPoint,
            format!("the derivative of the softmax is written in its result, and taken at what went in, {at}"),
            mend,
        ),
        Block::Added => words(
            Mistake::Sign,
            format!("the sum in the derivative of the softmax is added and should be subtracted, {at}"),
            mend,
        ),
        Block::Mean => words(
            Mistake::MeanForSum,
            format!("a mean stands for the sum in the derivative of the softmax, {at}"),
            mend,
        ),
    }
}

fn of_normed<T: Float>(recorded: &Recorded<'_, T>, place: Place, piece: Piece) -> Option<Words> {
    let row = recorded.find(place)?;
    let normed = normed::all(recorded).into_iter().find(|normed| normed.result.row() == row.row())?;
    let (at, of) = (here(recorded, row), recorded.called(normed.of));
    let mend = "with y the normalised and s what multiplies: s·(d − y·mean(y·d)), and if the mean is taken off first, \
                s·(d − mean d − y·mean(y·d)), all means along the normalised axis (sums, where y has the length 1)";
    let said = match piece {
        Piece::Right => return None,
        Piece::Axis(axis) => (
            Mistake::WrongAxis,
            format!(
                "the sums in the derivative of the normalisation are over axis {axis}, another than its own: {at}"
            ),
        ),
        Piece::Input | Piece::InputOutside | Piece::InputInside => {
            let which = match piece {
                Piece::InputOutside => "before the sum",
                Piece::InputInside => "within the sum",
                _ => "before the sum and within it",
            };
            (
                Mistake::WrongOperand,
                format!(
                    "in the derivative of the normalisation, {of} stands {which} where the normalised row should: {at}"
                ),
            )
        }
        Piece::Bare => (
            Mistake::FactorMissing,
            format!("the derivative of the normalisation is not scaled as its result is: {at}"),
        ),
        Piece::Twice => {
            (Mistake::Factor, format!("the derivative of the normalisation is scaled twice: {at}"))
        }
    };
    let words = words(said.0, said.1, mend);
    Some(if let Piece::Axis(axis) = piece { words.of_axis(place, axis) } else { words })
}

fn of_value<T: Float>(recorded: &Recorded<'_, T>, value: Value) -> Option<Words> {
    Some(match value {
        Value::EpsilonMoved(place) => {
            let row = recorded.find(place)?;
            let (_, number) = epsilon(row)?;
            words(
                Mistake::Epsilon,
                format!(
                    "the {} that {} adds stands on the other side of the root in what the backward pass computes again",
                    text_of(number, 0.0),
                    here(recorded, row)
                ),
                "√(v + ε) and √v + ε are two numbers: take the one of the forward pass",
            )
        }
        Value::Terms(place, how) => {
            let (divided, number) = match how {
                Terms::OneLess => ("divided by n − 1", "n"),
                Terms::OneMore => ("divided by n + 1", "n"),
                Terms::Sum => ("not divided by n", "n"),
            };
            words(
                Mistake::Factor,
                format!(
                    "{} is computed again in the backward pass, and {divided} there",
                    here(recorded, recorded.find(place)?)
                ),
                format!("divide by {number}, the number of terms, as the forward pass does, or keep its result"),
            )
        }
        Value::Over(place, axis) => words(
            Mistake::WrongAxis,
            format!(
                "{} is computed again over axis {axis} in the backward pass, another than in the forward pass",
                here(recorded, recorded.find(place)?)
            ),
            "take it over the axis of the forward pass, or keep its result",
        )
        .of_axis(place, axis),
        Value::Rolled(place, how) => {
            let name = recorded.called(recorded.find(place)?);
            let Arrangement::Rolled(axis, forth) = how else { return None };
            words(
                Mistake::OffByOne,
                format!(
                    "in place of each element of {name}, the one {} it along axis {axis} is used",
                    if forth { "before" } else { "after" }
                ),
                format!("use {name} as the forward pass does, each at its own place"),
            )
            .of_axis(place, axis)
        }
        Value::Exchanged(a, b) => {
            let [a, b] = [recorded.called(recorded.find(a)?), recorded.called(recorded.find(b)?)];
            words(
                Mistake::OperandsSwapped,
                format!("{a} and {b} stand in each other's place in the derivatives of the rows that they go into"),
                format!("put {a} where {b} is, and {b} where {a} is"),
            )
        }
    })
}

fn of_rewritten<T: Float>(recorded: &Recorded<'_, T>, edit: Edit) -> Option<Words> {
    Some(match edit {
        Edit::WithoutEpsilon(place) => {
            let row = recorded.find(place)?;
            let (_, number) = epsilon(row)?;
            words(
                Mistake::Epsilon,
                format!("the {} that {} adds is left out", text_of(number, 0.0), here(recorded, row)),
                "add it in the backward pass as in the forward pass, at the same place: beside small numbers it counts",
            )
        }
        Edit::EpsilonMoved(place) => {
            let row = recorded.find(place)?;
            let (_, number) = epsilon(row)?;
            words(
                Mistake::Epsilon,
                format!(
                    "the {} that {} adds stands on the other side of the root",
                    text_of(number, 0.0),
                    here(recorded, row)
                ),
                "√(v + ε) and √v + ε are two functions, with two derivatives: take the one of the forward pass",
            )
        }
        Edit::Unmasked(place) => words(
            Mistake::MaskMissing,
            format!(
                "the mask of {} is left out of what the backward pass computes again: it lets through what the forward pass fills in",
                here(recorded, recorded.find(place)?)
            ),
            "compute again with the mask, or keep the result of the forward pass",
        ),
        Edit::Softmax(place, axis) => words(
            Mistake::WrongAxis,
            format!(
                "the softmax is computed again over axis {axis}, another than in the forward pass, {}",
                here(recorded, recorded.find(place)?)
            ),
            "take the softmax along the axis of the forward pass, or keep its result",
        )
        .of_axis(place, axis),
        Edit::Axis { at, from, to } => {
            let at = at.map_or_else(String::new, |at| format!(", at {at}"));
            words(
                Mistake::WrongAxis,
                format!(
                    "it is the gradient of another function, with the reductions over axis {to} instead of {from}{at}"
                ),
                format!("reduce over axis {from}, as the forward pass does"),
            )
        }
    })
}

fn of_rule<T: Float>(recorded: &Recorded<'_, T>, steps: &[Step], how: How) -> Option<Words> {
    let (row, step) = (recorded.find(steps.first()?.place)?, steps[0]);
    let operands = row.operands();
    let operand = recorded.called(operands[step.wrt]);
    let mut at = here(recorded, row);
    if steps.len() > 1 {
        at = format!("{at} (and all {} of its kind)", steps.len());
    }
    let right = derivative(row, step.wrt);
    Some(match how {
        How::Swapped => words(
            Mistake::OperandsSwapped,
            format!("the operands of {at} are swapped in its derivative"),
            format!("put each operand in the other's place: {right}"),
        ),
        How::AtResult => words(
            Mistake::WrongPoint,
            format!("the derivative of {at} is taken at its result instead of at {operand}"),
            format!("evaluate it at {operand}, what went into the function: {right}"),
        ),
        How::ByResult => words(
            Mistake::WrongPoint,
            format!("the derivative of {at} is written in its result, and taken at {operand}"),
            format!("put the result in it, what came out of the function: {right}"),
        ),
        How::Passed if row.prim().name() == "flip" => words(
            Mistake::OrderReversed,
            format!("the order is turned round by {at}, and what comes back is not"),
            "turn the cotangent round as well",
        ),
        How::Passed if row.prim().name() == "select" => words(
            Mistake::MaskMissing,
            format!(
                "the mask is missing: through {at}, the cotangent passes to {operand} wherever it came from"
            ),
            format!("let it pass only where the forward pass did: {right}"),
        ),
        How::Passed => words(
            Mistake::FactorMissing,
            format!(
                "a factor of the chain rule is missing: through {at} the cotangent passes to {operand} as it came"
            ),
            factor(row, step.wrt).unwrap_or(right),
        ),
        How::Instead(which, other) => {
            let stands = match other {
                Other::Row(place) => recorded.called(recorded.find(place)?),
                Other::Cotangent => "the cotangent".into(),
            };
            let should = recorded.called(operands[which]);
            if let (Other::Row(place), Some((without, number))) = (other, epsilon(operands[which]))
                && recorded.find(place).is_some_and(|row| row.row() == without.row())
            {
                return Some(words(
                    Mistake::Epsilon,
                    format!("the {} is left out in the derivative of {at}", text_of(number, 0.0)),
                    format!("add it in the backward pass as in the forward pass: {right}"),
                ));
            }
            words(
                Mistake::WrongOperand,
                format!("in the derivative of {at}, {stands} stands where {should} should"),
                format!("put {should} there: {right}"),
            )
        }
        How::Turned(which) => {
            let matrix = recorded.called(operands[which]);
            words(
                Mistake::SymmetryAssumed,
                format!(
                    "in the derivative of {at}, {matrix} is transposed where it should not be, or not where it should: \
                     right only if it is symmetric"
                ),
                right,
            )
        }
    })
}

/// The rule itself, as a formula.
fn derivative<T: Float>(row: Var<'_, T>, wrt: usize) -> String {
    rule(row, wrt)
        .map_or_else(|| format!("nothing comes back through {}", row.prim().name()), |rule| rule.to_string())
}

/// What to multiply by, or divide.
fn factor<T: Float>(row: Var<'_, T>, wrt: usize) -> Option<String> {
    let rule = rule(row, wrt)?;
    Some(match rule.slope()? {
        Expr::Div(one, divisor) if *one == Expr::Number(1.0) => format!("divide by {divisor}: {rule}"),
        slope => format!("multiply by {slope}: {rule}"),
    })
}

/// The same for a choice by a mask.
fn of_mask<T: Float>(recorded: &Recorded<'_, T>, place: Place, mask: Mask) -> Option<Words> {
    let row = recorded.find(place)?;
    let at = here(recorded, row);
    let compared =
        row.operands()[0].operands().first().map_or_else(String::new, |first| recorded.called(*first));
    Some(match mask {
        Mask::Missing(_) | Mask::Both => words(
            Mistake::MaskMissing,
            format!(
                "the mask is missing: at {at}, the cotangent passes where the forward pass chose otherwise"
            ),
            format!(
                "let it pass only where the forward pass did, by the same comparison of {compared}, and give 0 elsewhere"
            ),
        ),
        Mask::Always(branch) => words(
            Mistake::BranchLost,
            format!(
                "one branch is taken everywhere: at {at}, the cotangent passes to {} wherever it chose, and nothing to \
                 the other",
                recorded.called(row.operands()[branch])
            ),
            format!(
                "decide by the same comparison of {compared}, and give each branch what was chosen of it"
            ),
        ),
        Mask::Inverted => words(
            Mistake::MaskInverted,
            format!(
                "the mask is inverted: at {at}, the cotangent passes where it should stop, and stops where it should pass"
            ),
            "swap the two branches, or negate the comparison",
        ),
        Mask::AtTies => words(
            Mistake::MaskAtTies,
            format!(
                "the mask is wrong at ties only: at {at}, where {compared} equals what it is compared with"
            ),
            "write `>` for `>=` (or `<=` for `<`), as the forward pass has it: by convention relu'(0) = 0; if either will \
             do there, say `.any_subgradient()`",
        ),
        Mask::Of(other) => {
            let wrong = match other {
                Other::Row(place) => recorded.called(recorded.find(place)?),
                Other::Cotangent => "the cotangent itself".into(),
            };
            words(
                Mistake::MaskFromWrongArray,
                format!(
                    "the mask is taken from the wrong array: at {at}, from {wrong} instead of {compared}"
                ),
                format!("compare {compared}, the array that went into the choice in the forward pass"),
            )
        }
    })
}
