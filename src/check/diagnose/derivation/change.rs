//! What can be done wrong at one place of a derivation, or at several.

use super::alter::by_place;
use super::arrange::{self, Arrangement};
use super::blocks::{Block, softmaxes};
use super::normed::{self, Piece};
use super::recorded::{Place, Recorded, Step};
use super::rewritten::{Edit, edits};
use super::valued::{self, Value};
use crate::{Float, Kind, Var};

/// A rule of the derivation that is other than it should be.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Change {
    /// Of a choice by a mask.
    Select(Place, Mask),
    /// Of a maximum or the like, where there is a tie.
    Tie(Place, Tie),
    /// Two branches have each other's share.
    Exchanged(Place),
    /// The rule of these steps is used on something else.
    Rule(Vec<Step>, How),
    /// Of what comes back to a row, or is put in at the end, only the first along an axis, or the last.
    Only { at: Option<Place>, axis: usize, last: bool },
    /// Of the terms of a product of matrices, only those of the first along an axis of what comes back, or of the last.
    OnlyTerm { of: Step, axis: usize, last: bool },
    /// What comes back passes this step in another arrangement.
    Arranged(Step, Arrangement),
    /// Neither way back through a product or quotient has this operand in it: it is not divided by, or not multiplied with.
    Undone(Place, usize),
    /// A running sum that goes on in the same direction.
    Forwards(Place),
    /// What was looked up more than once.
    Scatter(Place, Scatter),
    /// Slices of one array that overlap.
    Windows(Vec<Place>, Windows),
    /// Of two ways back, the one is counted twice and the other not at all.
    Doubled { kept: Vec<Step>, lost: Vec<Step> },
    /// Of a softmax, by its result.
    Softmax(Place, Block),
    /// Of a normalisation, by its result.
    Normed(Place, Piece),
    /// A value of the forward pass is computed otherwise.
    Valued(Value),
    /// It is the gradient of another function.
    Rewritten(Edit),
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Mask {
    /// One branch passes whatever the mask, and the other as it should.
    Missing(usize),
    /// One branch passes whatever the mask, and nothing the other.
    Always(usize),
    /// Both pass whatever the mask.
    Both,
    /// Each passes where it should stop.
    Inverted,
    /// The comparison is strict where it should not be, or the other way round.
    AtTies,
    /// The comparison looks at another array.
    Of(Other),
}

/// Who gets what comes back where several are the largest.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Tie {
    First,
    Last,
    /// All of it to each.
    Each,
    /// Equal shares.
    Shared,
    /// All of it to each, whether it is the largest or not.
    Everyone,
    /// Nothing to any.
    None,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum How {
    /// One operand for the other.
    Swapped,
    /// The result for the operand.
    AtResult,
    /// The form that is right in the result is used on the operand.
    ByResult,
    /// Another row for an operand.
    Instead(usize, Other),
    /// The cotangent passes as it came.
    Passed,
    /// An operand of a matrix product is not transposed, or once too often.
    Turned(usize),
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Other {
    Row(Place),
    /// The cotangent that arrives.
    Cotangent,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Scatter {
    Overwrites,
    Divides,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Windows {
    LastWins,
    FirstWins,
    Reversed,
}

/// How likely a hypothesis is beside others that give the same: of equals all are named.
pub(super) type Rank = u8;

/// The least likely.
pub(super) const LAST: Rank = 3;

/// All changes that could be tried, with how likely each is, lower first.
pub(super) fn candidates<T: Float>(recorded: &Recorded<'_, T>) -> Vec<(Rank, Change)> {
    let mut all = Vec::new();
    for &row in recorded.rows.iter().filter(|row| recorded.moves(**row)) {
        choices(recorded, row, &mut all);
        arrangements(recorded, row, &mut all);
    }
    rules(recorded, &mut all);
    let arranged = arrange::candidates(recorded).into_iter();
    all.extend(arranged.map(|(step, how)| (2, Change::Arranged(step, how))));
    windows(recorded, &mut all);
    halves(recorded, &mut all);
    for softmax in softmaxes(recorded) {
        let place = recorded.place(softmax.result);
        let kinds = Block::kinds(softmax.logarithm).iter();
        all.extend(kinds.map(|block| (0, Change::Softmax(place, *block))));
        let axes = (0..softmax.result.ndim()).filter(|&axis| !softmax.axes.contains(axis));
        all.extend(axes.map(|axis| (0, Change::Softmax(place, Block::Axis(axis)))));
    }
    for normed in normed::all(recorded) {
        let place = recorded.place(normed.result);
        let axes = (0..normed.result.ndim()).map(Piece::Axis);
        let pieces = [Piece::Bare, Piece::Input, Piece::InputOutside, Piece::InputInside, Piece::Twice];
        all.extend(axes.chain(pieces).map(|piece| (1, Change::Normed(place, piece))));
    }
    all.extend(valued::candidates(recorded).into_iter().map(|(rank, value)| (rank, Change::Valued(value))));
    all.extend(edits(recorded).into_iter().map(|edit| (0, Change::Rewritten(edit))));
    for (axis, _) in recorded.out.shape().iter().enumerate().filter(|(_, n)| **n > 1) {
        all.extend([false, true].map(|last| (2, Change::Only { at: None, axis, last })));
    }
    all
}

/// Masks, maxima, absolute values.
fn choices<'t, T: Float>(recorded: &Recorded<'t, T>, row: Var<'t, T>, all: &mut Vec<(Rank, Change)>) {
    let (place, operands) = (recorded.place(row), row.operands());
    match place.prim {
        "select" if !is_held(recorded, operands[0]) && !is_precaution(recorded, row) => {
            let mut masks = vec![Mask::Inverted, Mask::AtTies];
            let both = recorded.is_choice(row);
            for branch in [1, 2].into_iter().filter(|&branch| recorded.moves(operands[branch])) {
                masks.push(Mask::Missing(branch));
                if both {
                    masks.push(Mask::Always(branch));
                }
            }
            masks.extend(both.then_some(Mask::Both));
            all.extend(masks.into_iter().map(|mask| (0, Change::Select(place, mask))));
            let compared = operands[0].operands().first().copied();
            let alike = recorded.rows.iter().filter(|other| {
                compared.is_some_and(|first| other.row() != first.row()) && other.dims() == row.dims()
                    // A constant row is no mask: it passes everywhere, or nowhere.
                    && other.varies()
            });
            let others = alike.map(|other| Other::Row(recorded.place(*other))).chain([Other::Cotangent]);
            all.extend(others.map(|other| (1, Change::Select(place, Mask::Of(other)))));
        }
        "maximum" | "minimum" => {
            all.push((0, Change::Exchanged(place)));
            all.extend([Tie::First, Tie::Last, Tie::Each, Tie::None].map(|tie| (0, Change::Tie(place, tie))));
        }
        "max" => all.extend([Tie::First, Tie::Last, Tie::Each].map(|tie| (0, Change::Tie(place, tie)))),
        "abs" => all.extend([Tie::First, Tie::Last].map(|tie| (0, Change::Tie(place, tie)))),
        _ => {}
    }
}

/// Sums, running sums, look-up.
fn arrangements<'t, T: Float>(recorded: &Recorded<'t, T>, row: Var<'t, T>, all: &mut Vec<(Rank, Change)>) {
    let place = recorded.place(row);
    match place.prim {
        "cumsum" => all.push((0, Change::Forwards(place))),
        "take" | "take_along" => {
            if by_place(row).is_some() {
                let ties = [Tie::Last, Tie::Each, Tie::Shared, Tie::Everyone];
                all.extend(ties.map(|tie| (0, Change::Tie(place, tie))));
                return;
            }
            all.extend([Scatter::Overwrites, Scatter::Divides].map(|how| (0, Change::Scatter(place, how))));
        }
        "matmul" => {
            let shape = row.shape();
            for wrt in (0..2).filter(|&wrt| recorded.moves(row.operands()[wrt])) {
                for axis in (0..shape.len()).filter(|&axis| shape[axis] > 1) {
                    let of = Step { place, wrt };
                    all.extend([false, true].map(|last| (2, Change::OnlyTerm { of, axis, last })));
                }
            }
        }
        "div" | "mul" => {
            let operands = row.operands();
            let statistic = |x: Var<'t, T>| {
                recorded.moves(x) && x.prim().name() == "broadcast" && recorded.is_statistic(x.operands()[0])
            };
            for (by, operand) in operands.iter().enumerate() {
                let divides = place.prim == "div" && by == 1 && recorded.moves(*operand);
                if recorded.moves(operands[1 - by]) && (divides || place.prim == "mul" && statistic(*operand))
                {
                    all.push((1, Change::Undone(place, by)));
                }
            }
        }
        "sum" => {
            let shape = row.operands()[0].shape();
            for axis in (0..shape.len()).filter(|&axis| shape[axis] > 1) {
                all.extend([false, true].map(|last| (2, Change::Only { at: Some(place), axis, last })));
            }
        }
        _ => {}
    }
}

/// The rule of one step, or of each step of its kind, on something else.
fn rules<T: Float>(recorded: &Recorded<'_, T>, all: &mut Vec<(Rank, Change)>) {
    let steps = recorded.steps();
    for (row, step) in &steps {
        let operands = row.operands();
        let alike = operands.iter().all(|operand| operand.dims() == row.dims());
        let repeated = operands.iter().filter(|other| other.row() == operands[step.wrt].row()).count() > 1;
        let kind: Vec<Step> = steps
            .iter()
            .filter(|(_, other)| other.place.prim == step.place.prim && other.wrt == step.wrt)
            .map(|(_, step)| *step)
            .collect();
        let mut hows = Vec::new();
        let chooses = matches!(step.place.prim, "maximum" | "minimum");
        if alike && operands.len() == 2 && operands[0].row() != operands[1].row() && !chooses {
            hows.push((0, How::Swapped));
        }
        if alike && operands.len() == 1 && is_curved(step.place.prim) {
            hows.extend([(0, How::AtResult), (0, How::ByResult)]);
        }
        if alike && repeated && step.wrt == 0 {
            let both = steps.iter().filter(|(other, _)| other.row() == row.row()).map(|(_, step)| *step);
            all.push((1, Change::Rule(both.collect(), How::Passed)));
        } else if alike && !repeated && !matches!(step.place.prim, "add" | "sub" | "neg") {
            hows.push((1, How::Passed));
        }
        if alike && !repeated && step.wrt == 0 && step.place.prim == "mul" {
            let both: Vec<Step> =
                steps.iter().filter(|(other, _)| other.row() == row.row()).map(|(_, step)| *step).collect();
            if both.len() == 2 {
                all.push((1, Change::Rule(both, How::Passed)));
            }
        }
        if step.place.prim == "matmul" {
            let other = 1 - step.wrt;
            let shape = operands[other].dims();
            if shape[shape.len() - 1] == shape[shape.len() - 2] {
                hows.push((1, How::Turned(other)));
            }
        }
        for (rank, how) in hows {
            all.push((rank, Change::Rule(vec![*step], how)));
            if kind.len() > 1 && kind.first() == Some(step) {
                all.push((rank, Change::Rule(kind.clone(), how)));
            }
        }
        if matches!(step.place.prim, "sum" | "broadcast" | "reshape" | "select" | "add" | "sub" | "neg") {
            continue;
        }
        for (operand, right) in operands.iter().enumerate().filter(|(_, right)| right.varies()) {
            let alike = recorded.rows.iter().filter(|other| {
                other.row() != right.row()
                    && other.dims() == right.dims()
                    && is_worth_a_try(recorded, **other)
                    && (recorded.is_visible(**other) || other.location() == row.location())
            });
            all.extend(alike.map(|other| {
                let how = How::Instead(operand, Other::Row(recorded.place(*other)));
                (2, Change::Rule(vec![*step], how))
            }));
        }
    }
}

/// Whether a slope depends on where it is taken.
fn is_curved(prim: &str) -> bool {
    !matches!(
        prim,
        "neg"
            | "abs"
            | "sign"
            | "sum"
            | "reshape"
            | "permute"
            | "broadcast"
            | "slice"
            | "pad"
            | "flip"
            | "cumsum"
    )
}

/// Whether a row may stand in another's place by mistake: something that was computed, or given.
fn is_worth_a_try<T: Float>(recorded: &Recorded<'_, T>, row: Var<'_, T>) -> bool {
    // Neither a mask nor what a composite computes as a precaution.
    row.kind() == Kind::Real
        && (recorded.moves(row)
            || row.operands().is_empty() && recorded.uses(row) > 0 && row.constant_number().is_none())
}

/// Slices of one array that have the same shape.
fn windows<T: Float>(recorded: &Recorded<'_, T>, all: &mut Vec<(Rank, Change)>) {
    for &source in recorded.rows.iter().filter(|row| row.varies()) {
        let slices = recorded
            .rows
            .iter()
            .filter(|row| row.prim().name() == "slice" && row.operands()[0].row() == source.row());
        let slices: Vec<Var<'_, T>> = slices.copied().collect();
        if slices.len() > 1 && slices.iter().all(|slice| slice.dims() == slices[0].dims()) {
            let places: Vec<Place> = slices.iter().map(|slice| recorded.place(*slice)).collect();
            for how in [Windows::LastWins, Windows::FirstWins, Windows::Reversed] {
                all.push((0, Change::Windows(places.clone(), how)));
            }
        }
    }
}

/// Of a form in a square matrix, A x + Aᵀ x for what is on both sides of it: nobody doubles one of them but who takes the
/// matrix to be symmetric.
fn halves<T: Float>(recorded: &Recorded<'_, T>, all: &mut Vec<(Rank, Change)>) {
    let is_square = |row: &Var<'_, T>| {
        let shape = row.dims();
        shape.len() > 1 && shape[shape.len() - 1] == shape[shape.len() - 2] && shape[shape.len() - 1] > 1
    };
    let matrix =
        recorded.rows.iter().any(|row| row.prim().name() == "matmul" && row.operands().iter().any(is_square));
    if !matrix {
        return;
    }
    let steps = recorded.steps();
    for &row in recorded.rows.iter().filter(|row| row.varies() && recorded.uses(**row) == 2) {
        let into: Vec<Step> = steps
            .iter()
            .filter(|(other, step)| other.operands()[step.wrt].row() == row.row())
            .map(|(_, step)| *step)
            .collect();
        if let [first, second] = into[..] {
            all.push((1, Change::Doubled { kept: vec![first], lost: vec![second] }));
            all.push((1, Change::Doubled { kept: vec![second], lost: vec![first] }));
        }
    }
}

/// Whether a choice is there for one value alone, as against log 0, and has no derivative then.
fn is_precaution<'t, T: Float>(recorded: &Recorded<'t, T>, row: Var<'t, T>) -> bool {
    matches!(row.operands()[0].prim().name(), "eq" | "ne") && !recorded.is_choice(row)
}

/// Whether a mask was made of rows that are held constant alone: a composite's precaution, as against ∞ − ∞, and no
/// choice of the formula's.
fn is_held<'t, T: Float>(recorded: &Recorded<'t, T>, mask: Var<'t, T>) -> bool {
    let is_input = |row: Var<'t, T>| recorded.inputs.iter().any(|input| input.row() == row.row());
    let mut waiting = vec![mask];
    while let Some(row) = waiting.pop() {
        let operands = row.operands();
        if operands.is_empty() && (row.varies() || is_input(row)) {
            return false;
        }
        if row.prim().name() != "detach" {
            waiting.extend(operands);
        }
    }
    true
}
