//! What a program holds fixed: that it was recorded with, and no input changes.

use crate::array::Kind;
use crate::error::Dims;
use crate::place::At;
use crate::tape::Row;
use crate::{Float, Tape};
use std::fmt;
use std::panic::Location;

/// Something that a [`Program`](super::Program) keeps as it was recorded: a leaf that is no input, an array that is a
/// constant, or indices. Single numbers, as the `2.0` in `x * 2.0`, are not listed.
///
/// ```
/// use ndarray::arr1;
/// let tape = wengert::Tape::<f64>::new();
/// let (x, w) = (tape.leaf("x", arr1(&[1.0, 2.0])), tape.leaf("w", arr1(&[3.0, 4.0])));
/// let program = tape.program([x], [(x * w).take(0, [1, 1, 0])])?;
/// let held: Vec<String> = program.fixed().iter().map(|fixed| fixed.what.clone()).collect();
/// assert_eq!(held, ["leaf `w`", "indices %3"]);
/// println!("{program}"); // and from which lines
/// # Ok::<(), wengert::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Fixed {
    /// What it is, in words.
    pub what: String,
    /// The sizes of the axes: of the leaf or constant, or of the row with the indices.
    pub shape: Vec<usize>,
    /// The line of source that recorded it.
    pub location: &'static Location<'static>,
}

impl Fixed {
    /// What a row without operands that is no input holds fixed, if anything worth telling.
    pub(super) fn of<T: Float>(tape: &Tape<T>, id: usize, row: &Row<T>) -> Option<Self> {
        if row.origin.is_some() {
            return None; // What a derivative rule holds, the row that it differentiates holds too.
        }
        let named = tape.try_var(id).ok().and_then(crate::Var::name);
        let kind = match row.kind {
            Kind::Real if row.varies() => "leaf",
            Kind::Real => "constant",
            Kind::Index => "indices",
            Kind::Mask => "mask",
        };
        let what = match &named {
            Some(name) => format!("{kind} `{name}`"),
            None if row.value.shape().is_empty()
                || row.kind == Kind::Real && row.value.as_constant().is_some() =>
            {
                return None;
            }
            None => format!("{kind} %{id}"),
        };
        Some(Self { what, shape: row.value.shape().to_vec(), location: row.at })
    }
}

impl fmt::Display for Fixed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}{}", self.what, Dims(&self.shape), At(" at ", self.location, ""))
    }
}
