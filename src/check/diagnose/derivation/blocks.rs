//! A softmax within a formula, however it was written: its derivative is derived as one piece, and so are its mistakes.

use super::alter::{Inapplicable, as_one};
use super::recorded::{Place, Recorded};
use crate::array::AxisSet;
use crate::check::cases::values::count;
use crate::prim::{Family, FoldOp};
use crate::{Float, Var};
use ndarray::ArrayD;

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Block {
    /// Only the diagonal of its Jacobian.
    Diagonal,
    /// The sum in its derivative is over this axis.
    Axis(usize),
    /// The sum is not weighted by the softmax.
    Unweighted,
    /// The softmax before the bracket, p·(d − Σ p·d), is not there.
    Bare,
    /// The sum is added.
    Added,
    /// A mean stands for the sum.
    Mean,
    /// What comes back passes as it came.
    Passed,
    /// What went in stands for what came out, in each place.
    Input,
}

impl Block {
    /// What there is of a softmax's own; that of its logarithm has one p, not two.
    pub fn kinds(logarithm: bool) -> &'static [Self] {
        if logarithm {
            &[Self::Diagonal, Self::Unweighted, Self::Added, Self::Mean, Self::Passed]
        } else {
            &[
                Self::Diagonal,
                Self::Unweighted,
                Self::Bare,
                Self::Added,
                Self::Mean,
                Self::Passed,
                Self::Input,
            ]
        }
    }
}

/// A softmax, or its logarithm.
pub(super) struct Softmax<'t, T: Float> {
    /// What it is of.
    pub of: Var<'t, T>,
    /// Its result.
    pub result: Var<'t, T>,
    pub logarithm: bool,
    pub axes: AxisSet,
}

/// All of a formula.
pub(super) fn softmaxes<'t, T: Float>(recorded: &Recorded<'t, T>) -> Vec<Softmax<'t, T>> {
    let rows = recorded.rows.iter().filter(|row| row.varies());
    rows.filter_map(|row| {
        let operands = row.operands();
        let (logarithm, total) = match row.prim().name() {
            "div" => (false, total(recorded, operands[1], false)?),
            "sub" => (true, total(recorded, operands[1], true)?),
            _ => return None,
        };
        let Family::Fold(fold) = &total.prim().0 else { return None };
        let powers = total.operands()[0];
        let of = matches!(powers.prim().name(), "exp" | "exp_difference").then(|| powers.operands()[0])?;
        let same =
            if logarithm { shifted(recorded, operands[0], of) } else { operands[0].row() == powers.row() };
        (same && of.varies()).then_some(Softmax { of, result: *row, logarithm, axes: fold.axes })
    })
    .collect()
}

/// The sum that a row repeats, or its logarithm.
fn total<'t, T: Float>(recorded: &Recorded<'t, T>, row: Var<'t, T>, logarithm: bool) -> Option<Var<'t, T>> {
    let (mut row, mut taken) = (row, false);
    loop {
        row = match row.prim().name() {
            "sum" => return (taken == logarithm).then_some(row),
            "log" if logarithm => {
                taken = true;
                row.operands()[0]
            }
            // With what keeps it from overflow added, or chosen as a precaution.
            "broadcast" | "reshape" | "select" | "add" => recorded.moving(row).first().copied()?,
            _ => return None,
        }
    }
}

/// Whether a row is this one but for what is held constant.
fn shifted<'t, T: Float>(recorded: &Recorded<'t, T>, row: Var<'t, T>, of: Var<'t, T>) -> bool {
    let mut row = row;
    while row.row() != of.row() {
        match recorded.moving(row).as_slice() {
            [one] if matches!(row.prim().name(), "sub" | "select" | "add") => row = *one,
            _ => return false,
        }
    }
    true
}

/// The gradients with this derivative of the softmax whose result is at `place`.
pub(super) fn derived<'t, T: Float>(
    recorded: &Recorded<'t, T>,
    cotangent: &ArrayD<T>,
    place: Place,
    block: Block,
) -> Result<Vec<Option<Var<'t, T>>>, Inapplicable> {
    let softmax = softmaxes(recorded).into_iter().find(|softmax| recorded.place(softmax.result) == place);
    let Softmax { of, result, logarithm, axes } = softmax.ok_or(Inapplicable)?;
    // Another axis has another axis's length; the softmax's own are there.
    let over = |x: Var<'t, T>, axes: AxisSet| {
        axes.iter().all(|axis| axis < x.ndim()).then(|| x.fold(FoldOp::Sum, axes).spread_over(axes, x))
    };
    let sum = |x: Var<'t, T>| match block {
        Block::Diagonal => Ok(x),
        Block::Axis(axis) => over(x, AxisSet::from_iter([axis])).ok_or(Inapplicable),
        Block::Added => over(x, axes).map(|sum| -sum).ok_or(Inapplicable),
        Block::Mean => {
            let n: usize = axes.iter().map(|axis| x.shape()[axis]).product();
            over(x, axes).map(|sum| sum / T::from_f64(count(n))).ok_or(Inapplicable)
        }
        Block::Unweighted | Block::Bare | Block::Passed | Block::Input => over(x, axes).ok_or(Inapplicable),
    };
    as_one(recorded, cotangent, [result, of], |d| {
        Ok(match (logarithm, block) {
            (_, Block::Passed) => d,
            (false, Block::Input) => (d - sum(d * of)?) * of,
            (true, Block::Unweighted) => d - sum(d)?,
            (true, _) => d - result.exp() * sum(d)?,
            (false, Block::Unweighted) => (d - sum(d)?) * result,
            (false, Block::Bare) => d - sum(d * result)?,
            (false, _) => (d - sum(d * result)?) * result,
        })
    })
}
