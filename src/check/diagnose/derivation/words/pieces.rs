//! Of what people derive as one piece, and of what the backward pass computes again.

use super::super::super::Mistake;
use super::super::arrange::Arrangement;
use super::super::blocks::Block;
use super::super::normed::{self, Piece};
use super::super::recorded::{Place, Recorded};
use super::super::rewritten::{Edit, epsilon};
use super::super::valued::{Terms, Value};
use super::{Words, here, words};
use crate::symbol::text_of;
use crate::{Float, Var};

pub(super) fn of_softmax<T: Float>(recorded: &Recorded<'_, T>, result: Var<'_, T>, block: Block) -> Words {
    let at = format!("{} at {}", recorded.rows[result.row()].label(), result.location());
    let mend = "each element depends on all along the axis: with p the softmax, p·(dp − Σ p·dp) with the sum along the \
                axis of the softmax, kept; of its logarithm, d − p·Σ d";
    let (mistake, what): (_, String) = match block {
        Block::Diagonal => {
            (Mistake::DiagonalOnly, "only the diagonal of the Jacobian of the softmax is there".into())
        }
        Block::Axis(axis) => {
            let what = format!(
                "the sum in the derivative of the softmax is over axis {axis}, another than that of the softmax"
            );
            (Mistake::WrongAxis, what)
        }
        Block::Unweighted => (
            Mistake::FactorMissing,
            "the sum in the derivative of the softmax is not weighted by the softmax itself".into(),
        ),
        Block::Bare => (
            Mistake::FactorMissing,
            "the derivative of the softmax is not multiplied by the softmax itself".into(),
        ),
        Block::Passed => (
            Mistake::FactorMissing,
            "the derivative of the softmax is missing: what comes back passes it as it came".into(),
        ),
        Block::Input => (
            Mistake::WrongPoint,
            "the derivative of the softmax is written in its result, and taken at what went in".into(),
        ),
        Block::Added => (
            Mistake::Sign,
            "the sum in the derivative of the softmax is added and should be subtracted".into(),
        ),
        Block::Mean => {
            (Mistake::MeanForSum, "a mean stands for the sum in the derivative of the softmax".into())
        }
    };
    let words = words(mistake, format!("{what}, {at}"), mend);
    if let Block::Axis(axis) = block { words.of_axis(recorded.place(result), axis) } else { words }
}

pub(super) fn of_normed<T: Float>(recorded: &Recorded<'_, T>, place: Place, piece: Piece) -> Option<Words> {
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

pub(super) fn of_value<T: Float>(recorded: &Recorded<'_, T>, value: Value) -> Option<Words> {
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
            let divided = match how {
                Terms::OneLess => "divided by n − 1",
                Terms::OneMore => "divided by n + 1",
                Terms::Sum => "not divided by n",
            };
            words(
                Mistake::Factor,
                format!(
                    "{} is computed again in the backward pass, and {divided} there",
                    here(recorded, recorded.find(place)?)
                ),
                "divide by n, the number of terms, as the forward pass does, or keep its result",
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

pub(super) fn of_rewritten<T: Float>(recorded: &Recorded<'_, T>, edit: Edit) -> Option<Words> {
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
