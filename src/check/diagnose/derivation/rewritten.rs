//! Right gradients of another function: with a small constant left out or elsewhere, or with sums over another axis.

use super::alter::Inapplicable;
use super::blocks::softmaxes;
use super::recorded::{Place, Recorded};
use crate::array::AxisSet;
use crate::prim::{Family, Fold, FoldOp, Prim, View};
use crate::{Float, Tape, Var};
use ndarray::ArrayD;
use std::panic::Location;
use std::sync::Arc;

/// How the other function differs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Edit {
    /// What this row adds is not there.
    WithoutEpsilon(Place),
    /// What this row adds is added after the root, or before it.
    EpsilonMoved(Place),
    /// This choice is not made: what it fills in is not there.
    Unmasked(Place),
    /// The softmax whose result this is has been taken over this axis; its sum is over its own.
    Softmax(Place, usize),
    /// The reductions that were recorded at this line are over another axis, or all are.
    Axis { at: Option<&'static Location<'static>>, from: usize, to: usize },
}

/// What keeps a root or a quotient away from 0 is no larger.
const SMALL: f64 = 0.02;

/// All edits that there are.
pub(super) fn edits<T: Float>(recorded: &Recorded<'_, T>) -> Vec<Edit> {
    let mut edits = Vec::new();
    for &row in recorded.rows.iter().filter(|row| row.varies()) {
        if epsilon(row).is_some() {
            let place = recorded.place(row);
            edits.extend([Edit::WithoutEpsilon(place), Edit::EpsilonMoved(place)]);
        }
        if row.prim().name() == "select" && filled(recorded, row).is_some() {
            edits.push(Edit::Unmasked(recorded.place(row)));
        }
        if let Family::Fold(fold) = &row.prim().0
            && let [from] = fold.axes.iter().collect::<Vec<_>>()[..]
        {
            let shape = row.operands()[0].shape();
            for to in (0..shape.len()).filter(|&to| to != from && shape[to] > 1) {
                for at in [Some(row.location()), None] {
                    let edit = Edit::Axis { at, from, to };
                    if !edits.contains(&edit) {
                        edits.push(edit);
                    }
                }
            }
        }
    }
    for softmax in softmaxes(recorded) {
        let axes = (0..softmax.result.ndim()).filter(|&axis| !softmax.axes.contains(axis));
        edits.extend(axes.map(|axis| Edit::Softmax(recorded.place(softmax.result), axis)));
    }
    edits
}

/// What a mask that came from outside leaves of a row, where it fills in something constant.
fn filled<'t, T: Float>(recorded: &Recorded<'t, T>, row: Var<'t, T>) -> Option<Var<'t, T>> {
    let [mask, yes, no] = row.operands()[..] else { return None };
    (!mask.varies() || mask.operands().is_empty()).then_some(())?;
    match [yes, no].map(|x| recorded.moves(x)) {
        [true, false] => Some(yes),
        [false, true] => Some(no),
        _ => None,
    }
}

/// A row with the value 0 and the slope 1; 0 where there is no finite value.
fn nothing<T: Float>(row: Var<'_, T>) -> Var<'_, T> {
    let finite = row.abs().lt(T::INFINITY).select(row, row.lift(0.0));
    finite - finite.detach()
}

/// The operand that varies and the small number, of a row that adds one to the other or takes the larger.
pub(super) fn epsilon<T: Float>(row: Var<'_, T>) -> Option<(Var<'_, T>, f64)> {
    let operands = row.operands();
    let [a, b] = operands.as_slice() else { return None };
    if !matches!(row.prim().name(), "add" | "maximum") {
        return None;
    }
    let (varying, number) = if a.varies() { (*a, *b) } else { (*b, *a) };
    let number = number.constant_number()?.to_f64();
    (0.0 < number && number < SMALL).then_some((varying, number))
}

/// The gradients of the function so edited, on a tape of its own.
pub(super) fn gradients<'n, T: Float>(
    recorded: &Recorded<'_, T>,
    cotangent: &ArrayD<T>,
    edit: Edit,
    tape: &'n Tape<T>,
) -> Result<Vec<Option<Var<'n, T>>>, Inapplicable> {
    let mut rows: Vec<Var<'n, T>> = Vec::with_capacity(recorded.rows.len());
    let mut edited = false;
    for &row in &recorded.rows {
        let operands: Vec<Var<'n, T>> = row.operands().iter().map(|operand| rows[operand.row()]).collect();
        rows.push(if operands.is_empty() {
            tape.adopt(row)
        } else if let Some(other) = replaced(recorded, row, &rows, edit) {
            edited = true;
            other.map_err(|_| Inapplicable)?
        } else {
            apply(row, &operands, edit, &mut edited)?
        });
    }
    let out = rows[recorded.out.row()];
    if !edited || out.dims() != recorded.out.dims() {
        return Err(Inapplicable);
    }
    // Where the ε was all that kept it from a singular point, anything may have been given.
    let at_zero = |row: &Var<'n, T>| {
        let operand = match row.prim().name() {
            "sqrt" | "rsqrt" | "log" | "reciprocal" => 0,
            "div" | "azdiv" => 1,
            _ => return false,
        };
        row.operands()[operand].peek().iter().any(|x| x.to_f64() == 0.0)
    };
    if matches!(edit, Edit::WithoutEpsilon(_) | Edit::EpsilonMoved(_)) && rows.iter().any(at_zero) {
        return Err(Inapplicable);
    }
    let grads = out.try_backward_with(cotangent).map_err(|_| Inapplicable)?;
    Ok(recorded.inputs.iter().map(|x| grads.try_wrt(rows[x.row()]).ok()).collect())
}

/// The row that stands for another, of those about a small constant.
fn replaced<'n, T: Float>(
    recorded: &Recorded<'_, T>,
    row: Var<'_, T>,
    rows: &[Var<'n, T>],
    edit: Edit,
) -> Option<Result<Var<'n, T>, crate::Error>> {
    match edit {
        Edit::WithoutEpsilon(place) if recorded.place(row) == place => {
            epsilon(row).map(|(varying, _)| Ok(rows[varying.row()]))
        }
        Edit::EpsilonMoved(place) => {
            let here = recorded.find(place)?;
            let (varying, number) = epsilon(here)?;
            // √v + ε for √(v + ε).
            if matches!(row.prim().name(), "sqrt" | "rsqrt") && row.operands()[0].row() == here.row() {
                let root = rows[varying.row()].sqrt() + T::from_f64(number);
                return Some(Ok(if row.prim().name() == "sqrt" { root } else { root.lift(1.0) / root }));
            }
            // √(v + ε) for √v + ε.
            if row.row() == here.row() && varying.prim().name() == "sqrt" {
                let of = rows[varying.operands()[0].row()];
                return Some(Ok((of + T::from_f64(number)).sqrt()));
            }
            None
        }
        Edit::Unmasked(place) if recorded.place(row) == place => {
            filled(recorded, row).map(|left| Ok(rows[left.row()]))
        }
        Edit::Softmax(place, axis) if recorded.place(row) == place => {
            let all = softmaxes(recorded);
            let softmax = all.into_iter().find(|softmax| softmax.result.row() == row.row())?;
            let (of, own) = (rows[softmax.of.row()], softmax.axes);
            let still = of.detach();
            let (value, shares) = if softmax.logarithm {
                (still.log_softmax(axis), still.softmax(axis))
            } else {
                (still.softmax(axis), still.softmax(axis))
            };
            let moved = nothing(of);
            let sum = (shares * moved).fold(FoldOp::Sum, own).spread_over(own, moved);
            Some(Ok(value + if softmax.logarithm { moved - sum } else { shares * (moved - sum) }))
        }
        Edit::WithoutEpsilon(_) | Edit::Axis { .. } | Edit::Unmasked(_) | Edit::Softmax(..) => None,
    }
}

/// A row as it was, or over another axis, with the shapes that follow from that.
fn apply<'n, T: Float>(
    row: Var<'_, T>,
    operands: &[Var<'n, T>],
    edit: Edit,
    edited: &mut bool,
) -> Result<Var<'n, T>, Inapplicable> {
    let tape = operands[0].tape();
    let mut prim = row.prim();
    let mut operands = operands.to_vec();
    if let Edit::Axis { at, from, to } = edit {
        match &prim.0 {
            Family::Fold(fold)
                if fold.axes == AxisSet::from_iter([from]) && at.is_none_or(|at| at == row.location()) =>
            {
                prim = Prim(Family::Fold(Fold { op: fold.op, axes: AxisSet::from_iter([to]) }));
                *edited = true;
            }
            Family::View(view) => match view.as_ref() {
                // An axis of length 1 is put where the reduced one was: now elsewhere.
                View::Reshape(shape) if operands[0].dims() != row.operands()[0].dims() => {
                    let reduced = row.operands()[0].shape();
                    let mut kept = reduced.clone();
                    if from <= kept.len() {
                        kept.insert(from, 1);
                    }
                    if kept.as_slice() != shape.as_ref() {
                        return Err(Inapplicable);
                    }
                    let mut kept = operands[0].shape();
                    kept.insert(to.min(kept.len()), 1);
                    prim = Prim(Family::View(Arc::new(View::Reshape(kept.into()))));
                }
                // A number is repeated to whatever it meets.
                View::Broadcast(_) if operands[0].constant_number().is_some() && operands[0].ndim() == 0 => {
                    return Ok(operands[0].broadcast_to(row.shape()));
                }
                _ => {}
            },
            _ => {}
        }
        let shape = operands.iter().find(|x| x.varies()).map(|x| x.shape());
        if let Some(shape) = shape {
            for operand in &mut operands {
                if let Some(number) = operand.constant_number()
                    && operand.shape() != shape
                {
                    *operand = operand.lift(number.to_f64()).broadcast_to(shape.clone());
                }
            }
        }
    }
    tape.try_apply(&prim, &operands).map_err(|_| Inapplicable)
}
