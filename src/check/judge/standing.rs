//! Whether one element of a gradient can be judged, and why not.

use crate::array::Kind;
use crate::check::oracle::branches::any;
use crate::check::oracle::evaluate::Evaluated;
use crate::check::oracle::number::Bound;
use crate::prim::{Family, Map, Pick, Zip};
use crate::{Float, Var};
use ndarray::{Dimension, IxDyn};
use std::fmt;

/// What can be said of one element.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in crate::check) enum Standing<'a> {
    /// What it should be, and how far rounding may put another derivation from that.
    Judged { expected: f64, tolerance: f64 },
    /// The formula has no finite value or no finite slope here: there is nothing to be right or wrong.
    Outside(&'a Reason),
    /// It has, but rounding may put the gradient anywhere.
    Unjudged(&'a Reason),
}

impl Standing<'_> {
    /// Whether this, in the place of the element, is wrong.
    pub fn is_missed_by(self, given: f64) -> bool {
        match self {
            Self::Judged { expected, tolerance } => given.is_nan() || (given - expected).abs() > tolerance,
            Self::Outside(_) | Self::Unjudged(_) => false,
        }
    }
}

/// Why an element is not judged.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(in crate::check) struct Reason {
    /// The row where it begins, as the tape calls it, with its line; `None` if it is no single one.
    pub row: Option<String>,
    /// What happens there, as a clause that follows the row and a colon.
    pub why: String,
    /// What to do about it, as a sentence.
    pub mend: String,
}

impl Default for Reason {
    fn default() -> Self {
        Self::new(None, "nothing can be said here", "Give `values` that suit the function.")
    }
}

impl fmt::Display for Reason {
    /// `row %3 (log of %2), at src/loss.rs:12:9: the value is infinite. Give …`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(row) = &self.row {
            write!(f, "{row}: ")?;
        }
        write!(f, "{}. {}", self.why, self.mend)
    }
}

impl Reason {
    /// Of an element that is 0 only since its cotangent is.
    pub fn of_steepness() -> Self {
        Self::new(
            None,
            "the slope is not finite here, and a cotangent of 0 makes 0 of it by convention alone",
            "Give `values` that keep away from there.",
        )
    }

    fn new(row: Option<String>, why: impl Into<String>, mend: impl Into<String>) -> Self {
        Self { row, why: why.into(), mend: mend.into() }
    }
}

/// An element's place as a reader writes it: `[1, 0]`, and nothing for a number.
pub(in crate::check) fn place(at: &IxDyn) -> String {
    if at.ndim() == 0 { String::new() } else { format!("{:?}", at.slice()) }
}

/// A row as a reader finds it; one of the sweep by the row that it differentiates.
fn found_at<T: Float>(row: Var<'_, T>) -> String {
    let label = match row.origin() {
        Some(origin) => format!("the derivative of {}", origin.label()),
        None => row.label(),
    };
    format!("{label}, at {}", row.location())
}

/// Why there is no finite gradient: the first row that has no finite value though its operands have.
pub(in crate::check) fn of_value<'t, T: Float>(out: Var<'t, T>, wanted: &[Var<'t, T>]) -> Reason {
    let tape = out.tape();
    let finite = |row: Var<'t, T>| row.with_value(|x| x.view().iter().all(|x| x.to_f64().is_finite()));
    let begins = |rows: &[Var<'t, T>]| {
        let rows = tape.ancestry(rows.iter().map(|row| row.id()), 0);
        let mut rows = rows.iter().map(|(_, row)| tape.at(row)).collect::<Vec<_>>().into_iter();
        rows.find(|row| {
            !row.operands().is_empty()
                && !finite(*row)
                && row.operands().iter().all(|operand| finite(*operand))
        })
    };
    let first = if finite(out) { None } else { begins(&[out]) };
    let Some(row) = first.or_else(|| begins(wanted)) else {
        return Reason::new(None, "the function has no finite value or slope", "Give `values` that suit it.");
    };
    let nan = row.with_value(|x| x.view().iter().any(|x| x.to_f64().is_nan()));
    let why = if nan { "the value is not a number" } else { "the value is infinite" };
    let domain = row.origin().unwrap_or(row).prim().domain().text;
    let mend = if domain == "everywhere" {
        "Give `values` and sizes for which it is finite.".to_owned()
    } else {
        format!("It is made for {domain}: give `values` that keep to that.")
    };
    Reason::new(Some(found_at(row)), why, mend)
}

/// Why rounding may put a gradient anywhere: the first row of which that can be said, though it cannot of its operands.
pub(in crate::check) fn of_rounding<T: Float>(all: &Evaluated<Bound>, wanted: &[Var<'_, T>]) -> Reason {
    let Some(first) = wanted.first() else { return Reason::default() };
    let tape = first.tape();
    let rows = tape.ancestry(wanted.iter().map(|row| row.id()), 0);
    let rows: Vec<Var<'_, T>> = rows.iter().map(|(_, row)| tape.at(row)).collect();
    let has = |row: Var<'_, T>, is: fn(Bound) -> bool| {
        all.get(row.id()).is_some_and(|value| any(&value.view(), is))
    };
    let unbounded = |row: Var<'_, T>| has(row, |x| x.error.is_infinite());
    let begins = rows
        .iter()
        .copied()
        .find(|row| unbounded(*row) && !row.operands().iter().any(|operand| unbounded(*operand)));
    let Some(row) = begins else { return Reason::default() };
    if has(row, |x| x.value.abs() > Bound::largest()) {
        let why = format!("it overflows {}", T::DTYPE);
        return Reason::new(
            Some(found_at(row)),
            why,
            "Give `values` for which it does not, or write it so that it cannot.",
        );
    }
    let divides = matches!(row.prim().0, Family::Zip(Zip::Div | Zip::Azdiv) | Family::Map(Map::Reciprocal));
    let decides = matches!(row.prim().0, Family::Pick(Pick::Select) | Family::Index(_));
    let in_doubt = |row: &Var<'_, T>| row.kind() != Kind::Real && has(*row, |x| !x.is_exact());
    match rows.iter().find(|row| in_doubt(row)).filter(|_| divides || decides) {
        Some(tie) => Reason::new(
            Some(found_at(*tie)),
            "what it compares lies within rounding of each other, so that either branch may be right",
            "Give `values` that keep away from such ties.",
        ),
        None if divides => Reason::new(
            Some(found_at(row)),
            "it divides by a number that rounding may make 0",
            "Give `values` that keep the divisor away from 0.",
        ),
        None => Reason::new(
            Some(found_at(row)),
            "rounding alone may make it anything",
            "Give `values` for which the function is less steep.",
        ),
    }
}
