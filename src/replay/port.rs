//! The inputs and outputs of a program, by name and shape.

use super::feed::Input;
use super::fixed::Fixed;
use crate::Float;
use crate::array::Kind;
use crate::error::{Dims, ErrorKind, Operand, Problem, counted, escaped, listed};
use std::fmt;

/// An input or output of a program: its name, if its row had one, and its shape.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Port {
    /// The row's name, or else its number as in the tape's table.
    pub name: String,
    /// The sizes of the axes.
    pub shape: Vec<usize>,
    /// What its numbers are: indices are fed as integers, masks as `bool`s.
    pub kind: Kind,
}

impl fmt::Display for Port {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self.kind {
            Kind::Real => "",
            Kind::Index => " of indices",
            Kind::Mask => ", a mask",
        };
        write!(f, "{} {}{kind}", self.name, Dims(&self.shape))
    }
}

/// What goes in and comes out, what is carried from run to run, and what the program took from its recording.
#[derive(Clone, Debug)]
pub(super) struct Signature {
    pub inputs: Vec<Port>,
    pub outputs: Vec<Port>,
    pub state: Vec<Port>,
    pub fixed: Vec<Fixed>,
    /// The values that were read while it was recorded, in words.
    pub reads: Vec<String>,
}

/// Things listed in a line, at most.
const SHOWN: usize = 8;

impl Signature {
    /// What there is besides inputs and outputs, a line for each kind.
    pub fn besides(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let line = |f: &mut fmt::Formatter<'_>, what: &str, things: &[String]| {
            if things.is_empty() {
                return Ok(());
            }
            let more = things.len().saturating_sub(SHOWN);
            write!(f, "\n{what} {}", things[..things.len() - more].join(", "))?;
            if more > 0 { write!(f, ", and {more} more") } else { Ok(()) }
        };
        let words = |fixed: &[Fixed]| fixed.iter().map(ToString::to_string).collect::<Vec<_>>();
        line(f, "carries", &self.state.iter().map(ToString::to_string).collect::<Vec<_>>())?;
        line(f, "holds fixed", &words(&self.fixed))?;
        line(f, "keeps what was made of values that were read while it was recorded:", &self.reads)
    }
}

pub(super) fn list(ports: &[Port]) -> String {
    ports.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

/// The same in errors, as they name rows: `` `x` of shape (2, 3) and `c` of shape () ``.
pub(super) fn list_in_words(ports: &[Port]) -> String {
    let words = ports.iter().map(|port| format!("{} of shape {}", port.label(), Dims(&port.shape)));
    listed(ports.len(), words)
}

impl Port {
    /// Its name as errors have it: `` `x` ``, or `row %3` of what has none.
    pub fn label(&self) -> String {
        let number = self.name.strip_prefix('%').filter(|digits| digits.parse::<usize>().is_ok());
        number.map_or_else(|| format!("`{}`", escaped(&self.name)), |number| format!("row %{number}"))
    }

    /// Which one it is of those that are given: `` input 0, `x` ``; its place alone where that is its name.
    pub fn in_place(&self, kind: &str, place: usize) -> String {
        let by_place = format!("{kind} {place}");
        if self.name == by_place { by_place } else { format!("{by_place}, {},", self.label()) }
    }

    /// What is wrong with what is given for it, with its place and name.
    pub fn refusal(&self, place: usize, problem: Problem) -> Problem {
        let which = self.in_place("input", place);
        Problem { what: format!("{}: {}", which.trim_end_matches(','), problem.what), ..problem }
    }

    /// Whether it can be fed with what is given, as far as kinds go. Indices and masks are numbers of a program's own
    /// as well, as another program gives them; that they are places is looked at where they are used.
    fn takes(&self, kind: Kind) -> bool {
        kind == self.kind || kind == Kind::Real
    }
}

/// What is wrong with inputs that are given, if anything is.
pub(super) fn misfit<T: Float>(ports: &[Port], given: &[Input<'_, T>]) -> Option<(Problem, Vec<Operand>)> {
    if let Some(wrong) = disagreement("input", ports, given.len(), |i| given[i].dims()) {
        return Some(wrong);
    }
    let index = (0..given.len()).find(|&i| !ports[i].takes(given[i].kind()))?;
    let of = |kind| match kind {
        Kind::Real => "real numbers",
        Kind::Index => "integers",
        Kind::Mask => "`bool`s",
    };
    let (port, kind) = (&ports[index], given[index].kind());
    let what =
        format!("{} takes {}, and {} are given", port.in_place("input", index), of(port.kind), of(kind));
    let mend = match (port.kind, kind) {
        (Kind::Real, Kind::Index) => format!(
            "Convert them, as with `array.mapv(|n| n as {})`; what indices go to is recorded as `tape.indices(name, array)`.",
            T::DTYPE
        ),
        (Kind::Real, _) => "What a mask goes to is recorded as `tape.mask(name, array)`.".into(),
        (Kind::Index, _) => "Give an array of integers, of any type.".into(),
        (Kind::Mask, _) => "Give an array of `bool`s, as of `array.mapv(|n| n > 0)`.".into(),
    };
    let operand = Operand { label: "an array".into(), shape: given[index].dims().to_vec() };
    Some((Problem::new(ErrorKind::Signature, what, mend), vec![operand]))
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
            if ports.is_empty() { "" } else { ", " },
            if ports.is_empty() { String::new() } else { list_in_words(ports) },
            if given == 1 { "is" } else { "are" }
        );
        let mend = match (kind, ports) {
            // A list of numbers was meant to be one array.
            ("input", [port]) if given > 1 && port.shape.iter().product::<usize>() == given => {
                "A vector or array of numbers is a list of inputs: as one input it stands in a tuple, `(vec![1.0, 2.0],)`, or is \
                 an ndarray."
                    .into()
            }
            _ => format!("Give one array for each {kind}, in this order."),
        };
        return Some((Problem::new(ErrorKind::Signature, what, mend), Vec::new()));
    }
    let index = (0..given).find(|&i| dims(i) != ports[i].shape)?;
    let shape = &ports[index].shape;
    let what = format!("{} has shape {}", ports[index].in_place(kind, index), Dims(shape));
    let reversed: Vec<usize> = shape.iter().rev().copied().collect();
    let mend = if dims(index) == reversed {
        "The array stands the other way round: transpose it with `.t()`."
    } else {
        "A program is made for the shapes that were recorded: for others, record again."
    };
    let operand = Operand { label: "an array".into(), shape: dims(index).to_vec() };
    Some((Problem::new(ErrorKind::Signature, what, mend), vec![operand]))
}
