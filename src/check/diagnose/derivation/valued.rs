//! The right rules at wrong values: the sweep is as it should be, and a row that it looks up has been computed otherwise
//! than in the forward pass.

use super::alter::Inapplicable;
use super::arrange::Arrangement;
use super::recorded::{Place, Recorded};
use super::rewritten::epsilon;
use crate::array::AxisSet;
use crate::check::cases::values::count;
use crate::check::oracle::sweep::backwards;
use crate::prim::{Family, FoldOp};
use crate::{Float, Kind, Var};
use ndarray::ArrayD;

/// How a row's value is wrong.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Value {
    /// The small number that it adds is added on the other side of the root.
    EpsilonMoved(Place),
    /// It is a mean of so many terms, and divided by another number of them.
    Terms(Place, Terms),
    /// It repeats a statistic over an axis: that is taken over this one instead.
    Over(Place, usize),
    /// It is moved by one.
    Rolled(Place, Arrangement),
    /// Two inputs are in each other's place where rules look them up.
    Exchanged(Place, Place),
}

/// By how much.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Terms {
    OneLess,
    OneMore,
    /// It is not divided at all.
    Sum,
}

/// All that could be.
pub(super) fn candidates<'t, T: Float>(recorded: &Recorded<'t, T>) -> Vec<(u8, Value)> {
    let mut all = Vec::new();
    for &row in recorded.rows.iter().filter(|row| recorded.moves(**row)) {
        let (place, operands) = (recorded.place(row), row.operands());
        if epsilon(row).is_some() && row.prim().name() == "add" {
            all.push((0, Value::EpsilonMoved(place)));
        }
        if terms(recorded, row).is_some() {
            all.extend([Terms::OneLess, Terms::OneMore, Terms::Sum].map(|how| (1, Value::Terms(place, how))));
        }
        if place.prim == "broadcast" && recorded.is_statistic(operands[0]) {
            let shape = row.shape();
            all.extend(
                (0..shape.len()).filter(|&axis| shape[axis] > 1).map(|to| (1, Value::Over(place, to))),
            );
        }
    }
    let given: Vec<Var<'t, T>> =
        recorded.inputs.iter().copied().filter(|x| x.kind() == Kind::Real && x.len() > 1).collect();
    for (i, &x) in given.iter().enumerate() {
        let rolls =
            Arrangement::all(&x.shape()).into_iter().filter(|how| matches!(how, Arrangement::Rolled(..)));
        all.extend(rolls.map(|how| (2, Value::Rolled(recorded.place(x), how))));
        let alike = given[i + 1..].iter().filter(|other| other.dims() == x.dims());
        all.extend(alike.map(|other| (1, Value::Exchanged(recorded.place(x), recorded.place(*other)))));
    }
    all
}

/// How many terms the mean has that a row is.
pub(super) fn terms<'t, T: Float>(recorded: &Recorded<'t, T>, row: Var<'t, T>) -> Option<usize> {
    let [a, b] = row.operands()[..] else { return None };
    let (sum, number) = match row.prim().name() {
        "div" => (a, b.constant_number()?.to_f64()),
        "mul" if recorded.moves(a) => (a, 1.0 / b.constant_number()?.to_f64()),
        "mul" => (b, 1.0 / a.constant_number()?.to_f64()),
        _ => return None,
    };
    let sum = recorded.source(sum);
    (sum.prim().name() == "sum").then_some(())?;
    let n = sum.operands()[0].len().checked_div(sum.len())?;
    (n > 1 && (number - count(n)).abs() < 1e-3).then_some(n)
}

/// The gradients with this value in it.
pub(super) fn gradients<'t, T: Float>(
    recorded: &Recorded<'t, T>,
    cotangent: &ArrayD<T>,
    value: Value,
) -> Result<Vec<Option<Var<'t, T>>>, Inapplicable> {
    let values = values(recorded, value)?;
    let seed = recorded.tape.constant(cotangent);
    let cotangents = backwards(recorded.out, seed, |row, wrt, operands, d| {
        let valued: Vec<Var<'t, T>> = operands.iter().map(|operand| values[operand.row()]).collect();
        let term = row.prim().vjp(wrt, &valued, values[row.row()], d);
        term.filter(|term| term.dims() == operands[wrt].dims())
    });
    Ok(recorded.inputs.iter().map(|x| cotangents[x.row()]).collect())
}

/// Each row as it is then, and what was made of it.
fn values<'t, T: Float>(recorded: &Recorded<'t, T>, value: Value) -> Result<Vec<Var<'t, T>>, Inapplicable> {
    let mut values = recorded.rows.clone();
    if let Value::Exchanged(a, b) = value {
        let [a, b] = [a, b].map(|place| recorded.find(place));
        let (a, b) = (a.ok_or(Inapplicable)?, b.ok_or(Inapplicable)?);
        (a.dims() == b.dims()).then_some(()).ok_or(Inapplicable)?;
        values.swap(a.row(), b.row());
        return Ok(values);
    }
    let mut new = vec![false; values.len()];
    for &row in &recorded.rows {
        let operands = row.operands();
        if let Some(other) = replaced(recorded, row, value) {
            let other = other?;
            (other.dims() == row.dims()).then_some(()).ok_or(Inapplicable)?;
            (values[row.row()], new[row.row()]) = (other, true);
        } else if operands.iter().any(|operand| new[operand.row()]) {
            let valued: Vec<Var<'t, T>> = operands.iter().map(|operand| values[operand.row()]).collect();
            values[row.row()] = recorded.tape.try_apply(&row.prim(), &valued).map_err(|_| Inapplicable)?;
            new[row.row()] = true;
        }
    }
    new.contains(&true).then_some(values).ok_or(Inapplicable)
}

fn replaced<'t, T: Float>(
    recorded: &Recorded<'t, T>,
    row: Var<'t, T>,
    value: Value,
) -> Option<Result<Var<'t, T>, Inapplicable>> {
    let (Value::EpsilonMoved(at) | Value::Terms(at, _) | Value::Over(at, _) | Value::Rolled(at, _)) = value
    else {
        return None;
    };
    (recorded.place(row) == at).then(|| match value {
        Value::EpsilonMoved(_) => {
            let (varying, number) = epsilon(row).ok_or(Inapplicable)?;
            let number = T::from_f64(number);
            let rooted = varying.prim().name() == "sqrt";
            let into_root =
                recorded.user(row).is_some_and(|user| matches!(user.prim().name(), "sqrt" | "rsqrt"));
            if rooted {
                // √(v + ε) for √v + ε.
                Ok((varying.operands()[0] + number).sqrt())
            } else if into_root {
                // What has √v + ε for its root.
                Ok((varying.sqrt() + number).square())
            } else {
                Err(Inapplicable)
            }
        }
        Value::Terms(_, how) => {
            let n = count(terms(recorded, row).ok_or(Inapplicable)?);
            let factor = match how {
                Terms::OneLess => n / (n - 1.0),
                Terms::OneMore => n / (n + 1.0),
                Terms::Sum => n,
            };
            Ok(row * T::from_f64(factor))
        }
        Value::Over(_, to) => over(recorded, row.operands()[0], to).ok_or(Inapplicable),
        Value::Rolled(_, how) => how.of(row),
        Value::Exchanged(..) => Err(Inapplicable),
    })
}

/// A statistic taken over another axis, and repeated along it: in the shape of what it is of.
fn over<'t, T: Float>(recorded: &Recorded<'t, T>, row: Var<'t, T>, to: usize) -> Option<Var<'t, T>> {
    if let Family::Fold(fold) = &row.prim().0 {
        let x = row.operands()[0];
        let from: Vec<usize> = fold.axes.iter().collect();
        let axes = AxisSet::from_iter([to]);
        (fold.op == FoldOp::Sum && to < x.ndim() && from != [to]).then_some(())?;
        let terms: usize = from.iter().map(|&axis| x.shape()[axis]).product();
        // A mean is one of other terms then.
        let mean = recorded.user(row).is_some_and(|user| {
            self::terms(recorded, user).is_some()
                || recorded.user(user).is_some_and(|user| self::terms(recorded, user).is_some())
        });
        let factor = if mean { count(terms) / count(x.shape()[to]) } else { 1.0 };
        return Some(x.fold(FoldOp::Sum, axes).spread_over(axes, x) * T::from_f64(factor));
    }
    match row.prim().name() {
        "reshape" | "broadcast" => over(recorded, row.operands()[0], to),
        _ => {
            let operands = row.operands();
            let mut lifted: Vec<Option<Var<'t, T>>> = Vec::new();
            for operand in &operands {
                lifted.push(if recorded.moves(*operand) {
                    Some(over(recorded, *operand, to)?)
                } else {
                    None
                });
            }
            let like = lifted.iter().flatten().next().copied()?;
            let each = operands.iter().zip(lifted).map(|(operand, lifted)| match lifted {
                Some(lifted) => Some(lifted),
                None => Some(like.lift(operand.constant_number()?.to_f64()).broadcast_to(like.shape())),
            });
            let operands: Vec<Var<'t, T>> = each.collect::<Option<_>>()?;
            recorded.tape.try_apply(&row.prim(), &operands).ok()
        }
    }
}
