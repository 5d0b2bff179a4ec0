//! The inputs and outputs of a program, by name and shape.

use crate::error::{Dims, ErrorKind, Operand, Problem, counted};
use std::fmt;

/// An input or output of a program: its name, if its row had one, and its shape.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Port {
    /// The row's name, or else its number as in the tape's table.
    pub name: String,
    /// The sizes of the axes.
    pub shape: Vec<usize>,
}

impl fmt::Display for Port {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.name, Dims(&self.shape))
    }
}

pub(super) fn list(ports: &[Port]) -> String {
    ports.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

/// What is wrong with arrays that are given for ports, if anything is.
pub(super) fn disagreement<'a>(
    kind: &str,
    ports: &[Port],
    given: usize,
    dims: impl Fn(usize) -> &'a [usize],
) -> Option<(Problem, Vec<Operand>)> {
    if given != ports.len() {
        let what = format!(
            "the program has {}{}{}, and {given} {} given",
            counted(ports.len(), kind, &format!("{kind}s")),
            if ports.is_empty() { "" } else { ": " },
            list(ports),
            if given == 1 { "is" } else { "are" }
        );
        let mend = format!("Give one array for each {kind}, in this order.");
        return Some((Problem::new(ErrorKind::Signature, what, mend), Vec::new()));
    }
    let index = (0..given).find(|&i| dims(i) != ports[i].shape)?;
    let Port { name, shape } = &ports[index];
    let what = format!("{kind} {index}, {name}, has shape {}", Dims(shape));
    let reversed: Vec<usize> = shape.iter().rev().copied().collect();
    let mend = if dims(index) == reversed {
        "The array stands the other way round: transpose it with `.t()`."
    } else {
        "A program is made for the shapes that were recorded: for others, record again."
    };
    let operand = Operand { label: "an array".into(), shape: dims(index).to_vec() };
    Some((Problem::new(ErrorKind::Signature, what, mend), vec![operand]))
}
