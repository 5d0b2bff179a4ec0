//! Whether one element of a gradient can be judged, and why not.

use std::fmt;

/// What can be said of one element.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Standing<'a> {
    /// What it should be, and how far rounding may put another derivation from that.
    Judged { expected: f64, tolerance: f64 },
    /// The formula has no finite value or no finite slope here: there is nothing to be right or wrong.
    Outside(&'a Reason),
    /// It has, but rounding may put the gradient anywhere.
    Unjudged(&'a Reason),
}

/// Why an element is not judged.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Reason {
    /// The row where it begins, as the tape calls it, with its line; `None` if it is no single one.
    pub row: Option<String>,
    /// What happens there, as the rest of a sentence that begins with the row.
    pub why: String,
    /// What to do about it, as a sentence.
    pub mend: String,
}

impl fmt::Display for Reason {
    /// `row %3 (log of %2), src/loss.rs:12:9: log of a number below 0. Give …`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(row) = &self.row {
            write!(f, "{row}: ")?;
        }
        write!(f, "{}. {}", self.why, self.mend)
    }
}
