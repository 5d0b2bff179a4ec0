//! What a running error bound is to say of choices.
//!
//! A function that was recorded in single precision decided there: which element is the largest, on which side of 0 a number is.
//! Evaluated again in double precision, it is to decide likewise, or another function would be judged. But a derivation by hand may
//! round otherwise, and take the other branch where the two that are compared lie within their errors of each other. Such a choice
//! is in *doubt*: its mask may be 0 or 1, an error of 1, and what is chosen by it may be either.
//!
//! Numbers without an error, such as inputs and sums of small whole ones, are never in doubt: their ties are ties.

use super::evaluate::Evaluated;
use super::number::{Bound, times};
use crate::array::{AxisSet, Value};
use crate::prim::{Family, Fold, FoldOp, Map, Pick, Zip};
use crate::tape::RowId;
use crate::{Float, Kind, Var};
use ndarray::{ArrayD, ArrayViewD, Axis, Zip as Together};
use std::collections::BTreeSet;

type All = Evaluated<Bound>;
type One = Value<Bound>;

/// The rows of a tape as an error bound has them; `shifted` are the operands of the rows exp(x) − 1. Where algebra is rearranged,
/// choices are in no more doubt than they are without, which `settled` says.
pub(in crate::check) fn decided<T: Float>(
    all: &All,
    row: Var<'_, T>,
    value: One,
    shifted: &BTreeSet<RowId>,
    settled: Option<&All>,
) -> One {
    let of = |operand: usize| all.get(row.operands()[operand].id()).expect("an earlier row");
    let chooses = row.kind() != Kind::Real || matches!(row.prim().0, Family::Map(Map::Binade | Map::Sign));
    if let Some(settled) = settled.filter(|_| chooses)
        && let Some(value) = settled.get(row.id())
    {
        return value.clone();
    }
    match row.prim().0 {
        Family::Pick(Pick::Select) => chosen(&value, [of(0), of(1), of(2)]),
        Family::Pick(_) => {
            let doubts = rivals(all, row).unwrap_or_else(|| compared(row, of(0), of(1)));
            as_recorded(row, Some(doubts))
        }
        Family::Order(ref order) => as_recorded(row, order.axis().map(|axis| unsettled(row, of(0), axis))),
        Family::Map(Map::Binade) => as_recorded(row, None),
        Family::Map(Map::Sign) => {
            let doubts = of(0).view().mapv(|x| x.error > 0.0 && x.value.abs() <= x.error);
            let signs = as_recorded(row, Some(doubts));
            Value::new(signs.view().mapv(|x| Bound { error: 2.0 * x.error, ..x }).into_shared())
        }
        // The derivative of exp(x) − 1, of which textbooks have that plus 1.
        Family::Map(Map::Exp) if Bound::is_of_textbooks() && shifted.contains(&row.operands()[0].id()) => {
            let form = 2.0 * Bound::unit();
            Value::new(value.view().mapv(|x| Bound { error: x.error + form, ..x }).into_shared())
        }
        Family::Zip(Zip::Max) => extreme(&value, of(0), of(1), f64::max),
        Family::Zip(Zip::Min) => extreme(&value, of(0), of(1), f64::min),
        Family::Fold(Fold { op: FoldOp::Max, axes }) => largest(value, of(0), axes),
        Family::Fold(Fold { op: FoldOp::Cumsum, axes }) => running(of(0), axes),
        Family::Index(_) if of(1).view().iter().any(|index| !index.is_exact()) => {
            Value::new(value.view().mapv(|x| Bound { error: f64::INFINITY, ..x }).into_shared())
        }
        _ => value,
    }
}

/// The values that were recorded, without an error where there is no doubt.
fn as_recorded<T: Float>(row: Var<'_, T>, doubts: Option<ArrayD<bool>>) -> One {
    let mut values = row.peek().mapv(|x| Bound::constant(x.to_f64()));
    if let Some(doubts) = doubts {
        values.zip_mut_with(&doubts, |x, doubt| x.error = f64::from(u8::from(*doubt)));
    }
    Value::new(values.into_shared())
}

/// Whether two numbers may be equal, or lie the other way round.
fn may_tie(a: Bound, b: Bound) -> bool {
    let error = a.error + b.error;
    error > 0.0 && (a.value - b.value).abs() <= error
}

fn compared<T: Float>(row: Var<'_, T>, a: &One, b: &One) -> ArrayD<bool> {
    let [first, second] = [0, 1].map(|operand| source(row.operands()[operand]));
    // A number equals itself, whatever its error.
    let same = first.row() == second.row();
    Together::from(&a.view()).and(&b.view()).map_collect(|a, b| !same && may_tie(*a, *b))
}

/// The row behind those that hold it constant.
fn source<T: Float>(mut row: Var<'_, T>) -> Var<'_, T> {
    while row.prim().0 == Family::Map(Map::Detach) {
        row = row.operands()[0];
    }
    row
}

/// Whether elements are the largest of their kind, asked of a row and the largest of it: in doubt are all that may be, where they
/// are more than one.
fn rivals<T: Float>(all: &All, row: Var<'_, T>) -> Option<ArrayD<bool>> {
    if row.prim().0 != Family::Pick(Pick::Eq) {
        return None;
    }
    let x = row.operands()[0];
    let mut largest = row.operands()[1];
    while matches!(largest.prim().0, Family::View(_) | Family::Map(Map::Detach)) {
        largest = largest.operands()[0];
    }
    let prim = largest.prim().0;
    let candidates = largest.operands();
    let is_candidate = |candidate: &Var<'_, T>| source(*candidate).row() == source(x).row();
    match prim {
        Family::Zip(Zip::Max | Zip::Min) if candidates.iter().any(is_candidate) => {
            let [a, b] =
                [0, 1].map(|operand| all.get(candidates[operand].id()).expect("an earlier row").view());
            (a.shape() == row.shape()).then(|| Together::from(&a).and(&b).map_collect(|a, b| may_tie(*a, *b)))
        }
        Family::Fold(Fold { op: FoldOp::Max, axes }) if candidates.iter().any(is_candidate) => {
            let [x, top] =
                [0, 1].map(|operand| all.get(row.operands()[operand].id()).expect("an earlier row").view());
            let mut near = Together::from(&x).and(&top).map_collect(|x, top| x == top || may_tie(*x, *top));
            let mut inexact = x.mapv(|x| !x.is_exact());
            inexact.zip_mut_with(&near, |inexact, near| *inexact &= *near);
            // As many as may be the largest, and whether an error is among them.
            let reduced = |marks: &ArrayD<bool>| {
                axes.iter().fold(marks.mapv(usize::from), |counts, axis| {
                    counts.sum_axis(Axis(axis)).insert_axis(Axis(axis))
                })
            };
            let [several, errors] = [reduced(&near), reduced(&inexact)];
            let (several, errors) = (several.broadcast(near.raw_dim())?, errors.broadcast(near.raw_dim())?);
            Together::from(&mut near).and(&several).and(&errors).for_each(|near, several, errors| {
                *near &= *several > 1 && *errors > 0;
            });
            Some(near)
        }
        _ => None,
    }
}

/// Whether places in an order may be others: where an element has a neighbour in the order that may change places with it.
fn unsettled<T: Float>(row: Var<'_, T>, x: &One, axis: usize) -> ArrayD<bool> {
    let of_lane = |lane: ndarray::ArrayView1<'_, Bound>| {
        let mut sorted = lane.to_vec();
        sorted.sort_by(|a, b| a.value.total_cmp(&b.value));
        sorted.windows(2).any(|pair| may_tie(pair[0], pair[1]))
    };
    let doubt = !x.view().iter().all(|x| x.is_exact()) && x.view().lanes(Axis(axis)).into_iter().any(of_lane);
    ArrayD::from_elem(row.shape(), doubt)
}

#[allow(clippy::float_cmp)] // A mask is 0 or 1.
/// What a mask chose; what it did not, as well, where it is in doubt. An element depends on both.
fn chosen(value: &One, [mask, yes, no]: [&One; 3]) -> One {
    let mut chosen = value.view().to_owned();
    Together::from(&mut chosen).and(&mask.view()).and(&yes.view()).and(&no.view()).for_each(
        |chosen, mask, yes, no| {
            let other = if mask.value == 0.0 { yes } else { no };
            if yes.is_void() || no.is_void() {
                chosen.error = f64::NAN;
            } else if !mask.is_exact() && chosen.value != other.value {
                let apart = (chosen.value - other.value).abs() + other.error;
                chosen.error = if apart.is_nan() { f64::INFINITY } else { apart.max(chosen.error) };
            } else if !mask.is_exact() {
                chosen.error = chosen.error.max(other.error);
            }
        },
    );
    Value::new(chosen.into_shared())
}

/// The larger or smaller of two is anywhere between those of the ends of their ranges.
fn hull(value: Bound, [low, high]: [f64; 2]) -> Bound {
    let error = (high - value.value).max(value.value - low).max(value.error);
    if value.error.is_nan() || !value.value.is_finite() { value } else { Bound { error, ..value } }
}

fn extreme(value: &One, a: &One, b: &One, choose: fn(f64, f64) -> f64) -> One {
    let mut values = value.view().to_owned();
    Together::from(&mut values).and(&a.view()).and(&b.view()).for_each(|value, a, b| {
        if a.is_void() || b.is_void() {
            value.error = f64::NAN;
        } else if !(a.is_exact() && b.is_exact()) {
            let ends =
                [choose(a.value - a.error, b.value - b.error), choose(a.value + a.error, b.value + b.error)];
            *value = hull(*value, ends);
        }
    });
    Value::new(values.into_shared())
}

fn largest(value: One, x: &One, axes: AxisSet) -> One {
    if x.view().iter().all(|x| x.is_exact()) {
        return value;
    }
    let reduced = |ends: ArrayD<f64>| {
        axes.iter()
            .rev()
            .fold(ends, |ends, axis| ends.fold_axis(Axis(axis), f64::NEG_INFINITY, |a, b| a.max(*b)))
    };
    let ends = |sign: f64| reduced(x.view().mapv(|x| x.value + sign * x.error));
    let (low, high) = (ends(-1.0), ends(1.0));
    let mut values = value.view().to_owned();
    Together::from(&mut values)
        .and(&low)
        .and(&high)
        .for_each(|value, low, high| *value = hull(*value, [*low, *high]));
    Value::new(values.into_shared())
}

/// By hand, terms may be added up in any order: each addition rounds what is there of them so far, which is all of them at most.
/// Terms are numbers here, not what they are when multiplied out, as they are where algebra is rearranged; and rows as they were
/// recorded have one order.
pub(in crate::check) fn in_any_order<T: Float>(row: Var<'_, T>, value: One) -> One {
    if Bound::is_of_rows() || Bound::is_rearranged() {
        return value;
    }
    let adds = match row.prim().0 {
        Family::Fold(Fold { op, .. }) => op != FoldOp::Max,
        Family::Dot(_) => true,
        Family::Index(index) => index.adds(),
        _ => false,
    };
    let orders = if adds { 2.0 * Bound::unit() } else { 0.0 };
    let open = |x: Bound| {
        let error = if x.is_exact() { 0.0 } else { x.error + times(orders, x.size) };
        Bound { error, size: x.value.abs(), ..x }
    };
    Value::new(value.view().mapv(open).into_shared())
}

/// Running sums one after the other, as a derivation by hand adds them up. The kernel's own carry along what was rounded off, of
/// which a bound would make more than there is.
///
/// Rearranged, each may be the total less what comes after.
fn running(x: &One, axes: AxisSet) -> One {
    let mut sums = x.view().to_owned();
    for axis in axes.iter() {
        sums.accumulate_axis_inplace(Axis(axis), |before, sum| *sum += *before);
        if Bound::is_rearranged() {
            for mut lane in sums.lanes_mut(Axis(axis)) {
                let Some(total) = lane.last().copied() else { continue };
                let rounded = 2.0 * Bound::unit() * total.size;
                for sum in &mut lane {
                    *sum = Bound { error: sum.error + total.error + rounded, size: total.size, ..*sum };
                }
            }
        }
    }
    Value::new(sums.into_shared())
}

/// Some element of it.
pub(in crate::check) fn any(view: &ArrayViewD<'_, Bound>, is: impl Fn(Bound) -> bool) -> bool {
    view.iter().any(|x| is(*x))
}
