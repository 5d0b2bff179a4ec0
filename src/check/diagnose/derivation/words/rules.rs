//! Of a rule that is other than it should be: of a choice, of sums and slices, of an operand.

use super::super::super::Mistake;
use super::super::arrange::Arrangement;
use super::super::change::{How, Mask, Other, Scatter, Tie, Windows};
use super::super::recorded::{Place, Recorded, Step};
use super::super::rewritten::epsilon;
use super::{Words, derivative, factor, here, words};
use crate::symbol::text_of;
use crate::{Float, Var};

/// The same for a choice by a mask.
pub(super) fn of_mask<T: Float>(recorded: &Recorded<'_, T>, place: Place, mask: Mask) -> Option<Words> {
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

pub(super) fn of_rule<T: Float>(recorded: &Recorded<'_, T>, steps: &[Step], how: How) -> Option<Words> {
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

pub(super) fn of_tie<T: Float>(recorded: &Recorded<'_, T>, row: Var<'_, T>, tie: Tie) -> Words {
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

pub(super) fn of_arranged<T: Float>(
    recorded: &Recorded<'_, T>,
    row: Var<'_, T>,
    wrt: usize,
    how: Arrangement,
) -> Words {
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

pub(super) fn of_scatter<T: Float>(recorded: &Recorded<'_, T>, row: Var<'_, T>, how: Scatter) -> Words {
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

pub(super) fn of_windows<T: Float>(recorded: &Recorded<'_, T>, row: Var<'_, T>, how: Windows) -> Words {
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
