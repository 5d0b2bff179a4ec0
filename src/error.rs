//! What can go wrong, said in one readable paragraph.

use crate::place::Exactly;
use std::fmt;
use std::panic::Location;

/// What kind of mistake an [`Error`] reports, for programs that want to tell them apart.
///
/// ```
/// use wengert::{ErrorKind, Tape};
/// let tape = Tape::<f64>::new();
/// let x = tape.leaf("x", ndarray::arr1(&[1.0, 2.0]));
/// assert_eq!(x.try_backward().unwrap_err().kind(), ErrorKind::Seed);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The shapes of the operands do not fit the operation.
    Shape,
    /// Broadcasting would make both operands larger, which is nearly always a mistake.
    TwoSided,
    /// An axis does not exist, or is named twice.
    Axis,
    /// An index or a slice reaches outside its axis.
    Index,
    /// The operation has no value for this input, such as the maximum of no elements.
    Empty,
    /// A number that steers the operation is none that it can go by, as a rate of decay that is not below 1.
    Parameter,
    /// A primitive was applied to another number of operands than it takes.
    Operands,
    /// The operand was recorded on another tape.
    OtherTape,
    /// A backward sweep from a row that is not a single number needs a seed cotangent of its shape.
    Seed,
    /// A gradient was asked for with respect to a constant.
    Constant,
    /// A gradient was asked for with respect to a row, or a tangent given to one, that was recorded after the result.
    Later,
    /// The array would have more axes or elements than an array can have.
    Size,
    /// There is no memory for the array: it passes the [limit](crate::Tape::limit_bytes), or the allocator refuses it.
    Memory,
    /// What is given for a program's inputs or outputs does not fit its signature.
    Signature,
    /// The tape has no room for another row or has reached the limit that was set for it, or a row was asked for that
    /// it does not have.
    Rows,
    /// A [`Key`](crate::Key) was used of a row that is gone, since its tape was [cleared](crate::Tape::clear).
    Cleared,
    /// A program was replayed on inputs with which one of its comparisons turns out otherwise.
    Branch,
    /// A value was read while a program was recorded that is to depend on nothing outside of it.
    Read,
    /// Two recordings of a function differ in what depends on no input, so that it cannot be replayed.
    Impure,
    /// A number that is infinite or NaN was born of finite ones, on a tape that looks out for it; see
    /// [`Tape::with_anomaly_detection`](crate::Tape::with_anomaly_detection).
    NonFinite,
    /// A tape broke one of its own rules; see [`Tape::verify`](crate::Tape::verify).
    Invalid,
}

/// An operand as an error shows it: its row's name, or number, and its shape.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Operand {
    pub label: String,
    pub shape: Vec<usize>,
}

/// A rule's complaint, before the tape adds the operands' names and the user's line.
#[derive(Clone, Debug, PartialEq)]
pub struct Problem {
    pub kind: ErrorKind,
    /// What was expected and what was found, without a full stop.
    pub what: String,
    /// What to do about it, as a sentence.
    pub mend: String,
}

impl Problem {
    pub fn new(kind: ErrorKind, what: impl Into<String>, mend: impl Into<String>) -> Self {
        Self { kind, what: what.into(), mend: mend.into() }
    }

    /// The axis is not one of an array of `ndim` axes.
    pub fn no_axis(axis: impl fmt::Display, ndim: usize) -> Self {
        let mend = match ndim {
            0 => "Leave the axis out, or give the number axes with `reshape`.".into(),
            1 => "Its only axis is 0, or -1 counted from the end.".into(),
            _ => format!("Axes count from 0 to {}, or from the end from -1 to -{ndim}.", ndim - 1),
        };
        let what = match ndim {
            0 => format!("axis {axis} does not exist: a number has no axes"),
            _ => format!("axis {axis} does not exist in an array of {}", counted(ndim, "axis", "axes")),
        };
        Self::new(ErrorKind::Axis, what, mend)
    }

    /// The rows are not all on one tape.
    pub fn other_tape() -> Self {
        Self::new(
            ErrorKind::OtherTape,
            "the operands are on two different tapes",
            "Record both on one tape, or take the value over: of a row `x` of the other tape, `tape.constant(x.value())`.",
        )
    }
}

/// An operation that could not be recorded, a sweep that could not start.
///
/// The text names the operation, the operands with their shapes, what was expected, what to do,
/// and the line of the caller's source. Operators panic with this text; `try_` methods return it.
///
/// ```
/// use wengert::Tape;
/// let tape = Tape::<f64>::new();
/// let x = tape.leaf("x", ndarray::Array2::zeros((2, 3)));
/// let y = tape.leaf("y", ndarray::Array1::zeros(4));
/// let error = x.try_add(y).unwrap_err();
/// assert!(error.to_string().starts_with("add: the shapes do not broadcast"));
/// assert_eq!(error.operation(), "add");
/// ```
/// `Debug` is the text as well, so that `unwrap`, `expect` and a `main` that returns an error print what can be read.
#[derive(Clone, PartialEq)]
pub struct Error(Box<Inner>);

#[derive(Clone, Debug, PartialEq)]
struct Inner {
    /// The composite that the user called, if the operation is a part of one.
    composite: Option<&'static str>,
    operation: &'static str,
    problem: Problem,
    operands: Vec<Operand>,
    at: &'static Location<'static>,
    /// Of a mapped program, those that failed.
    lanes: Vec<usize>,
}

impl Error {
    #[track_caller]
    pub(crate) fn new(operation: &'static str, problem: Problem, operands: Vec<Operand>) -> Self {
        let at = Location::caller();
        Self(Box::new(Inner { composite: None, operation, problem, operands, at, lanes: Vec::new() }))
    }

    /// The same error, in words of the composite that the operation is a part of.
    pub(crate) fn within(mut self, composite: &'static str) -> Self {
        self.0.composite = Some(composite);
        self
    }

    /// The same error, of a method that is the operation by another name or with other words for its parameters.
    pub(crate) fn called(mut self, method: &'static str) -> Self {
        self.0.operation = method;
        self
    }

    /// The same error, at another line.
    pub(crate) fn at(mut self, at: &'static Location<'static>) -> Self {
        self.0.at = at;
        self
    }

    /// The same error, of these lanes of a mapped program.
    pub(crate) fn in_lanes(mut self, lanes: Vec<usize>) -> Self {
        self.0.lanes = lanes;
        self
    }

    /// The same error with other words for what was wrong, and what to do about it.
    pub(crate) fn reworded(mut self, reword: impl FnOnce(Problem) -> Problem) -> Self {
        let problem = self.0.problem.clone();
        self.0.problem = reword(problem);
        self
    }

    /// Which kind of mistake it was.
    ///
    /// ```
    /// # use wengert::{ErrorKind, Tape};
    /// let tape = Tape::<f64>::new();
    /// let x = tape.leaf("x", ndarray::arr1(&[1.0, 2.0]));
    /// assert_eq!(x.try_sum_axis(1).unwrap_err().kind(), ErrorKind::Axis);
    /// ```
    pub fn kind(&self) -> ErrorKind {
        self.0.problem.kind
    }

    /// The name of the operation that was called; an operator's is that of its method, as `add`.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// let x = tape.leaf("x", ndarray::arr1(&[1.0, 2.0]));
    /// assert_eq!(x.try_sum_axis(1).unwrap_err().operation(), "sum_axis");
    /// ```
    pub fn operation(&self) -> &'static str {
        self.0.composite.unwrap_or(self.0.operation)
    }

    /// The lanes that failed, in order, if it is a run of a [mapped](crate::Mapped) program that left the recorded path in
    /// some of them; none otherwise.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// let x = tape.leaf("x", 1.0);
    /// let y = if x > 0.0 { x } else { -x };
    /// let mapped = tape.program(x, y)?.map(4)?;
    /// let error = mapped.replay_one(&ndarray::arr1(&[1.0, -2.0, 3.0, -4.0])).unwrap_err();
    /// assert_eq!(error.lanes(), [1, 3]);
    /// # Ok::<(), wengert::Error>(())
    /// ```
    pub fn lanes(&self) -> &[usize] {
        &self.0.lanes
    }

    /// The line of the caller's source at which it failed.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// let x = tape.leaf("x", ndarray::arr1(&[1.0, 2.0]));
    /// assert!(x.try_sum_axis(1).unwrap_err().location().line() > 0);
    /// ```
    pub fn location(&self) -> &'static Location<'static> {
        self.0.at
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Inner { composite, operation, problem, operands, at, .. } = &*self.0;
        match composite {
            Some(composite) => write!(f, "{composite}, in its {operation}: {}", problem.what)?,
            None => write!(f, "{operation}: {}", problem.what)?,
        }
        let given = |operand: &Operand| format!("{} of shape {}", operand.label, Dims(&operand.shape));
        if !operands.is_empty() {
            write!(f, "; given {}", listed(operands.len(), operands.iter().map(given)))?;
        }
        write!(f, ". {}{}", problem.mend, Exactly(" (at ", at, ")"))
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for Error {}

/// Panics with the error's text at the caller's line: what every method does that has a `try_` twin.
#[track_caller]
pub(crate) fn must<V>(result: Result<V, Error>) -> V {
    match result {
        Ok(value) => value,
        Err(error) => panic!("{error}"),
    }
}

/// A number of things, in words: `1 axis`, `2 axes`.
pub(crate) fn counted(n: usize, one: &str, more: &str) -> String {
    format!("{n} {}", if n == 1 { one } else { more })
}

/// Things that are shown of a list: the first ones of it, and how many more there are.
const LISTED: usize = 4;

/// A list of `n` things in words: `a`, `a and b`, `a, b and c`, `a, b, c, d and 96 more`.
pub(crate) fn listed(n: usize, things: impl Iterator<Item = String>) -> String {
    let shown = if n > LISTED + 1 { LISTED } else { n };
    let mut words: Vec<String> = things.take(shown).collect();
    if n > shown {
        words.push(format!("{} more", n - shown));
    }
    match words.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, before)) => format!("{} and {last}", before.join(", ")),
        None => "nothing".into(),
    }
}

/// A name as it is shown wherever one is: characters that are not seen, or that move what is around them, as Rust
/// writes them in a literal (`\n`, `\u{1b}`); a name without any characters as `""`.
pub(crate) fn escaped(name: &str) -> String {
    if name.is_empty() {
        return "\"\"".into();
    }
    let mut out = String::with_capacity(name.len());
    for c in name.chars() {
        // Rust's own judgement of what can be seen, behind a letter: accents stay where they combine. Quotes and
        // backslashes, which a literal needs to escape, can be seen.
        let escaped = format!("a{c}").escape_debug().skip(1).collect::<String>();
        if matches!(c, '"' | '\'' | '\\') { out.push(c) } else { out.push_str(&escaped) }
    }
    out
}

/// Axes of a shape that are shown: there is no array with more.
const SIZES: usize = 64;

/// A shape as ndarray's and NumPy's users write it: `(2, 3)`, `(5,)`, `()`. One of more axes than an array can have
/// is cut short.
pub(crate) struct Dims<'a>(pub &'a [usize]);

impl fmt::Display for Dims<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            [n] => write!(f, "({n},)"),
            shape => {
                let shown = if shape.len() > SIZES { LISTED } else { shape.len() };
                let mut sizes: Vec<_> = shape[..shown].iter().map(ToString::to_string).collect();
                if shown < shape.len() {
                    sizes.push(format!("and {} more", shape.len() - shown));
                }
                write!(f, "({})", sizes.join(", "))
            }
        }
    }
}

/// Something in as many bytes as people say it in: `24 bytes`, `1.5 GB`, with units of thousands.
pub(crate) struct Bytes(pub usize);

impl fmt::Display for Bytes {
    #[allow(clippy::cast_precision_loss)] // Three digits are shown.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (mut amount, mut unit) = (self.0 as f64, 0);
        let units = ["bytes", "kB", "MB", "GB", "TB", "PB", "EB"];
        while amount >= 999.5 && unit + 1 < units.len() {
            (amount, unit) = (amount / 1000.0, unit + 1);
        }
        let digits = usize::from(unit > 0 && amount < 99.95);
        write!(f, "{amount:.digits$} {}", units[unit])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_shown_so_that_they_can_be_seen() {
        for (name, shown) in [
            ("W_1", "W_1"),
            ("", "\"\""),
            (" ", " "),
            ("a\u{1b}[31mb", "a\\u{1b}[31mb"),
            ("two\nlines\r\t\u{7}", "two\\nlines\\r\\t\\u{7}"),
            ("\u{202e}drawkcab", "\\u{202e}drawkcab"),
            ("zero\u{200b}width\u{feff}", "zero\\u{200b}width\\u{feff}"),
            ("∂λ/∂ŷ", "∂λ/∂ŷ"),
            ("x\u{302}", "x\u{302}"),
            (r#"\theta"'"#, r#"\theta"'"#),
        ] {
            assert_eq!(escaped(name), shown);
        }
    }

    #[test]
    fn long_lists_are_cut_short() {
        let list = |n: usize| listed(n, (0..n).map(|i| i.to_string()));
        assert_eq!(list(1), "0");
        assert_eq!(list(2), "0 and 1");
        assert_eq!(list(5), "0, 1, 2, 3 and 4");
        assert_eq!(list(6), "0, 1, 2, 3 and 2 more");
        assert_eq!(list(12_001), "0, 1, 2, 3 and 11997 more");
        assert_eq!(Dims(&[1; 64]).to_string().len(), 64 * 3);
        assert_eq!(Dims(&[1; 1000]).to_string(), "(1, 1, 1, 1, and 996 more)");
    }

    #[test]
    fn bytes_have_three_digits() {
        let shown = [0, 999, 1000, 1536, 99_960, 999_499, 999_500, 72_000_000_000_000, usize::MAX];
        let expected =
            ["0 bytes", "999 bytes", "1.0 kB", "1.5 kB", "100 kB", "999 kB", "1.0 MB", "72.0 TB", "18.4 EB"];
        assert_eq!(shown.map(|n| Bytes(n).to_string()), expected);
    }
}
