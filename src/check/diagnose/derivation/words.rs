//! What is said of a change: the mistake, the explanation, the mend.

mod pieces;
mod rules;

use super::super::Mistake;
use super::super::evidence::Evidence;
use super::change::Change;
use super::recorded::{Place, Recorded, Step};
use super::scaled::{Scaled, Times};
use crate::check::judge::examine::Scene;
use crate::symbol::{Expr, rule};
use crate::{Float, Tape, Var};
use pieces::{of_normed, of_rewritten, of_softmax, of_value};
use rules::{of_arranged, of_mask, of_rule, of_scatter, of_tie, of_windows};

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
