//! The comparison operators: for an `if` to go by, with a guard on the tape.

use crate::error::{Error, ErrorKind, Problem, must};
use crate::tape::{Comparison, Outcome, Side};
use crate::{Float, Var};
use smallvec::SmallVec;
use std::cmp::Ordering;

/// What stands on one side of the operator.
#[derive(Clone, Copy)]
enum Operand<'t, T: Float> {
    Row(Var<'t, T>),
    Number(T),
}

impl<T: Float> Operand<'_, T> {
    /// As a guard keeps it, with its number.
    fn side(self) -> Option<(Side<T>, T)> {
        match self {
            Self::Row(var) => Some((Side::Row(var.id()), var.peek_item()?)),
            Self::Number(number) => Some((Side::Number(number), number)),
        }
    }
}

/// Compares two single numbers. Adds a guard to the tape, and no row.
#[track_caller]
fn compare<'t, T: Float>(left: Operand<'t, T>, comparison: Comparison, right: Operand<'t, T>) -> Outcome {
    must(try_compare(left, comparison, right))
}

#[track_caller]
fn try_compare<'t, T: Float>(
    left: Operand<'t, T>,
    comparison: Comparison,
    right: Operand<'t, T>,
) -> Result<Outcome, Error> {
    let rows: SmallVec<[Var<'t, T>; 2]> = [left, right]
        .into_iter()
        .filter_map(|operand| if let Operand::Row(var) = operand { Some(var) } else { None })
        .collect();
    let first = rows[0]; // One of them is a `Var`, or this would not be its operator.
    if let Some(stranger) = rows.iter().find(|var| !first.shares_tape(**var)) {
        return Err(first.other_tape("comparison", *stranger));
    }
    match (left.side(), right.side()) {
        (Some(left), Some(right)) => Ok(first.tape().guard(comparison, left, right)),
        _ => Err(Var::error("comparison", no_number(comparison), &rows)),
    }
}

fn no_number(comparison: Comparison) -> Problem {
    let (operator, method) = match comparison {
        Comparison::Lt => ("`<`", "lt"),
        Comparison::Le => ("`<=`", "le"),
        Comparison::Gt => ("`>`", "gt"),
        Comparison::Ge => ("`>=`", "ge"),
        Comparison::Eq => ("`==`", "eq"),
        Comparison::Ne => ("`!=`", "ne"),
        Comparison::Cmp => ("`partial_cmp`", "lt"),
    };
    Problem::new(
        ErrorKind::Shape,
        format!("{operator} takes a single number on each side, for control flow to go by, not an array"),
        format!(
            "Compare elementwise with `x.{method}(y)`, which makes a mask, or reduce first, as with `sum()` or \
             `norm()`."
        ),
    )
}

/// The operators between two types, one of which is a `Var`. All are written out: the provided ones would
/// call each other, and a guard would not know which was meant, nor at which line.
macro_rules! comparison {
    ($([$($generics:tt)*] $Left:ident $left:ty, $Right:ident $right:ty);+ $(;)?) => {
        $(
            #[allow(clippy::partialeq_ne_impl)] // Tells the guard that it was `!=`.
            impl<$($generics)*> PartialEq<$right> for $left {
                #[track_caller]
                fn eq(&self, other: &$right) -> bool {
                    comparison!($Left self, Eq, $Right other) == Outcome::Tie
                }
                #[track_caller]
                fn ne(&self, other: &$right) -> bool {
                    comparison!($Left self, Ne, $Right other) != Outcome::Tie
                }
            }

            impl<$($generics)*> PartialOrd<$right> for $left {
                #[track_caller]
                fn partial_cmp(&self, other: &$right) -> Option<Ordering> {
                    comparison!($Left self, Cmp, $Right other).ordering()
                }
                #[track_caller]
                fn lt(&self, other: &$right) -> bool {
                    comparison!($Left self, Lt, $Right other) == Outcome::Less
                }
                #[track_caller]
                fn le(&self, other: &$right) -> bool {
                    matches!(comparison!($Left self, Le, $Right other), Outcome::Less | Outcome::Tie)
                }
                #[track_caller]
                fn gt(&self, other: &$right) -> bool {
                    comparison!($Left self, Gt, $Right other) == Outcome::Greater
                }
                #[track_caller]
                fn ge(&self, other: &$right) -> bool {
                    matches!(comparison!($Left self, Ge, $Right other), Outcome::Greater | Outcome::Tie)
                }
            }
        )+
    };
    ($Left:ident $left:expr, $comparison:ident, $Right:ident $right:expr) => {
        compare(Operand::$Left(*$left), Comparison::$comparison, Operand::$Right(*$right))
    };
}

comparison! {
    ['t, T: Float] Row Var<'t, T>, Row Var<'t, T>;
    ['t, T: Float] Row Var<'t, T>, Number T;
    ['t] Number f32, Row Var<'t, f32>;
    ['t] Number f64, Row Var<'t, f64>;
}
