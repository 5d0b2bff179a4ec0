//! The comparison operators: for an `if` to go by, with a guard on the tape.

use crate::error::{Error, ErrorKind, Problem, must};
use crate::tape::{Comparable, Compared, Comparison, Outcome, Side};
use crate::{Float, Var};
use smallvec::SmallVec;
use std::cmp::Ordering;

impl<T: Float> Compared<'_, T> {
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
fn compare<'t, T: Float>(left: Compared<'t, T>, comparison: Comparison, right: Compared<'t, T>) -> Outcome {
    must(try_compare(left, comparison, right))
}

#[track_caller]
fn try_compare<'t, T: Float>(
    left: Compared<'t, T>,
    comparison: Comparison,
    right: Compared<'t, T>,
) -> Result<Outcome, Error> {
    let rows: SmallVec<[Var<'t, T>; 2]> = [left, right]
        .into_iter()
        .filter_map(|operand| if let Compared::Row(var) = operand { Some(var) } else { None })
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
    ($([$($generics:tt)*] $left:ty, $right:ty);+ $(;)?) => {
        $(
            #[allow(clippy::partialeq_ne_impl)] // Tells the guard that it was `!=`.
            impl<'t, $($generics)*> PartialEq<$right> for $left {
                #[track_caller]
                fn eq(&self, other: &$right) -> bool {
                    compare(self.compared(), Comparison::Eq, other.compared()) == Outcome::Tie
                }
                #[track_caller]
                fn ne(&self, other: &$right) -> bool {
                    compare(self.compared(), Comparison::Ne, other.compared()) != Outcome::Tie
                }
            }

            impl<'t, $($generics)*> PartialOrd<$right> for $left {
                #[track_caller]
                fn partial_cmp(&self, other: &$right) -> Option<Ordering> {
                    compare(self.compared(), Comparison::Cmp, other.compared()).ordering()
                }
                #[track_caller]
                fn lt(&self, other: &$right) -> bool {
                    compare(self.compared(), Comparison::Lt, other.compared()) == Outcome::Less
                }
                #[track_caller]
                fn le(&self, other: &$right) -> bool {
                    let outcome = compare(self.compared(), Comparison::Le, other.compared());
                    matches!(outcome, Outcome::Less | Outcome::Tie)
                }
                #[track_caller]
                fn gt(&self, other: &$right) -> bool {
                    compare(self.compared(), Comparison::Gt, other.compared()) == Outcome::Greater
                }
                #[track_caller]
                fn ge(&self, other: &$right) -> bool {
                    let outcome = compare(self.compared(), Comparison::Ge, other.compared());
                    matches!(outcome, Outcome::Greater | Outcome::Tie)
                }
            }
        )+
    };
}

// `&x < &y` is Rust's own: see the docs of `Var`.
comparison! {
    [T: Float, R: Comparable<'t, T>] Var<'t, T>, R;
    [T: Float] &Var<'t, T>, Var<'t, T>;
    [] &Var<'t, f32>, f32;
    [] &Var<'t, f64>, f64;
    [] f32, Var<'t, f32>;
    [] f64, Var<'t, f64>;
    [] f32, &Var<'t, f32>;
    [] f64, &Var<'t, f64>;
}
