//! A normalisation within a formula, however it was written: a row u times s, a function of Σ u², where u may be x less its
//! mean. People write its derivative as one piece, s·(d − mean d − y·mean(y·d)), and their mistakes are of that piece.

use super::alter::{Inapplicable, as_one};
use super::recorded::{Place, Recorded};
use super::valued::terms;
use crate::array::AxisSet;
use crate::check::cases::values::count;
use crate::prim::{Family, FoldOp};
use crate::{Float, Var};
use ndarray::ArrayD;

/// What is wrong with the piece.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Piece {
    /// Nothing: to see whether it is such a piece.
    Right,
    /// Its sums are over this axis.
    Axis(usize),
    /// What went in stands for what came out: within the sum and before it.
    Input,
    /// Before the sum alone.
    InputOutside,
    /// Within the sum alone.
    InputInside,
    /// What it was divided by is not divided by.
    Bare,
    /// It is divided by that once more.
    Twice,
}

/// Rows of a normalisation.
pub(super) struct Normed<'t, T: Float> {
    /// What it is of.
    pub of: Var<'t, T>,
    /// What is scaled.
    u: Var<'t, T>,
    pub result: Var<'t, T>,
    /// What it is divided by, or multiplied with.
    scale: Var<'t, T>,
    axes: AxisSet,
    centred: bool,
    /// Whether it is a function of the mean of the squares, and not of their sum.
    of_mean: bool,
}

/// All of a formula.
pub(super) fn all<'t, T: Float>(recorded: &Recorded<'t, T>) -> Vec<Normed<'t, T>> {
    let mut all = Vec::new();
    for &row in recorded.rows.iter().filter(|row| recorded.moves(**row)) {
        let [a, b] = row.operands()[..] else { continue };
        let ways = match row.prim().name() {
            "div" => vec![(a, b)],
            "mul" => vec![(a, b), (b, a)],
            _ => continue,
        };
        for (u, scale) in ways {
            if let Some((axes, of_mean)) = squares(recorded, scale, u) {
                let of = centred_of(recorded, u, axes);
                let (centred, of) = (of.is_some(), of.unwrap_or(u));
                all.push(Normed { of, u, result: row, scale, axes, centred, of_mean });
            }
        }
    }
    all
}

/// The axes over which a repeated statistic sums the squares of a row, if it is made of that; and whether their number is
/// divided by.
fn squares<'t, T: Float>(
    recorded: &Recorded<'t, T>,
    scale: Var<'t, T>,
    u: Var<'t, T>,
) -> Option<(AxisSet, bool)> {
    (scale.prim().name() == "broadcast").then_some(())?;
    let mut row = scale;
    let mut of_mean = false;
    loop {
        of_mean |= terms(recorded, row).is_some();
        let moving = recorded.moving(row);
        match (&row.prim().0, moving.as_slice()) {
            (Family::Fold(fold), [x]) if fold.op == FoldOp::Sum => {
                let operands = x.operands();
                let square = match x.prim().name() {
                    "mul" => operands[0].row() == u.row() && operands[1].row() == u.row(),
                    "square" | "pow" => operands[0].row() == u.row(),
                    _ => false,
                };
                return square.then_some((fold.axes, of_mean));
            }
            (_, [one]) => row = *one,
            _ => return None,
        }
    }
}

/// What a row is the deviation of from its mean over these axes.
fn centred_of<'t, T: Float>(recorded: &Recorded<'t, T>, u: Var<'t, T>, axes: AxisSet) -> Option<Var<'t, T>> {
    (u.prim().name() == "sub").then_some(())?;
    let [x, mean] = u.operands()[..] else { return None };
    let mut row = mean;
    loop {
        if let Family::Fold(fold) = &row.prim().0 {
            return (fold.op == FoldOp::Sum && fold.axes == axes && row.operands()[0].row() == x.row())
                .then_some(x);
        }
        let [one] = recorded.moving(row)[..] else { return None };
        row = one;
    }
}

/// The gradients with this derivative of the normalisation whose result is at `place`.
pub(super) fn derived<'t, T: Float>(
    recorded: &Recorded<'t, T>,
    cotangent: &ArrayD<T>,
    place: Place,
    piece: Piece,
) -> Result<Vec<Option<Var<'t, T>>>, Inapplicable> {
    let normed = all(recorded).into_iter().find(|normed| recorded.place(normed.result) == place);
    let Normed { of, u, result, scale, axes, centred, of_mean } = normed.ok_or(Inapplicable)?;
    let over = match piece {
        Piece::Axis(axis) if axis < u.ndim() => AxisSet::from_iter([axis]),
        Piece::Axis(_) => return Err(Inapplicable),
        _ => axes,
    };
    let terms: usize = over.iter().map(|axis| u.shape()[axis]).product();
    let sum = |x: Var<'t, T>| x.fold(FoldOp::Sum, over).spread_over(over, x);
    let mean = |x: Var<'t, T>| sum(x) / T::from_f64(count(terms.max(1)));
    let [outside, inside] = match piece {
        Piece::Input => [of, of],
        Piece::InputOutside => [u, result],
        Piece::InputInside => [result, u],
        _ => [result, result],
    };
    let divides = result.prim().name() == "div";
    let by = |x: Var<'t, T>| if divides { x / scale } else { x * scale };
    as_one(recorded, cotangent, [result, of], |d| {
        let along = if of_mean { mean(d * inside) } else { sum(d * inside) };
        let within = if centred { d - mean(d) } else { d } - outside * along;
        Ok(match piece {
            Piece::Bare => within,
            Piece::Twice => by(by(within)),
            _ => by(within),
        })
    })
}
