//! What a program did with values while it was recorded, besides recording: comparisons that its control
//! flow went by (guards), and values that it took out (reads).
//!
//! A tape is a straight list: of an `if` it holds the branch that was taken, and what is computed outside
//! of it from a value that was read is on it as a constant. A replay on other inputs is honest only if
//! every guard turns out as before, and if no read value found its way back.

use super::{RowId, Tape};
use crate::Float;
use crate::error::{Error, ErrorKind, Problem};
use crate::place::{At, Exactly};
use std::cell::Ref;
use std::cmp::Ordering;
use std::fmt;
use std::panic::Location;

/// The operator that compared two numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Comparison {
    Lt,
    Le,
    Gt,
    Ge,
    Eq,
    Ne,
    /// `partial_cmp`, which sorting and the like are made of.
    Cmp,
}

impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Lt => "<",
            Self::Le => "≤",
            Self::Gt => ">",
            Self::Ge => "≥",
            Self::Eq => "=",
            Self::Ne => "≠",
            Self::Cmp => "with",
        })
    }
}

/// How the first of two numbers compares with the second.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Less,
    Tie,
    Greater,
    /// At least one of them is NaN.
    Unordered,
}

impl Outcome {
    pub fn ordering(self) -> Option<Ordering> {
        match self {
            Self::Less => Some(Ordering::Less),
            Self::Tie => Some(Ordering::Equal),
            Self::Greater => Some(Ordering::Greater),
            Self::Unordered => None,
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Less => "less",
            Self::Tie => "a tie",
            Self::Greater => "greater",
            Self::Unordered => "not comparable (NaN)",
        })
    }
}

/// One side of a comparison.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Side<T> {
    /// A row that holds a single number.
    Row(RowId),
    Number(T),
}

/// A comparison that was made while the tape was recorded, and how it turned out.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Guard<T> {
    pub comparison: Comparison,
    pub left: Side<T>,
    pub right: Side<T>,
    pub recorded: Outcome,
    /// The user's line.
    pub at: &'static Location<'static>,
    /// How many rows the tape had.
    pub rows: usize,
}

impl<T: Float> Guard<T> {
    pub fn outcome_of(left: T, right: T) -> Outcome {
        match left.partial_cmp(&right) {
            Some(Ordering::Less) => Outcome::Less,
            Some(Ordering::Equal) => Outcome::Tie,
            Some(Ordering::Greater) => Outcome::Greater,
            None => Outcome::Unordered,
        }
    }

    /// Whether two recordings went the same way here.
    pub fn alike(&self, other: &Self) -> bool {
        self.comparison.same_case(self.recorded, other.recorded)
    }

    /// The rows that are compared.
    pub fn rows_compared(&self) -> [Option<RowId>; 2] {
        [self.left, self.right].map(|side| match side {
            Side::Row(row) => Some(row),
            Side::Number(_) => None,
        })
    }
}

impl Comparison {
    /// Whether a present outcome is the recorded case.
    ///
    /// For `=` and `≠` there are two cases, a tie or not. For an order each outcome is one of its own, a
    /// tie as well, although `a ≥ b` is true of it and of "greater": at a tie the branches meet, and the
    /// derivative there is a convention of the branch, not a limit that both sides share. A program that
    /// was recorded off the tie says nothing of it. NaN is on no side.
    fn same_case(self, recorded: Outcome, now: Outcome) -> bool {
        match self {
            Self::Eq | Self::Ne => (recorded == Outcome::Tie) == (now == Outcome::Tie),
            Self::Lt | Self::Le | Self::Gt | Self::Ge | Self::Cmp => recorded == now,
        }
    }
}

/// A guard in words, which outlives its tape: what a program needs to say that one does not hold.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct GuardText {
    pub comparison: Comparison,
    /// The sides by name, or as numbers.
    pub left: String,
    pub right: String,
    pub recorded: Outcome,
    /// The recorded numbers.
    pub then: [String; 2],
    pub at: &'static Location<'static>,
    /// How many rows the tape had.
    pub rows: usize,
}

impl GuardText {
    /// `the comparison x < 0.5`
    pub fn sides(&self) -> String {
        format!("the comparison {} {} {}", self.left, self.comparison, self.right)
    }

    /// Whether the sides, if they are these numbers, are the recorded case.
    pub fn holds<T: Float>(&self, left: T, right: T) -> bool {
        self.comparison.same_case(self.recorded, Guard::outcome_of(left, right))
    }

    /// What a replay answers in which the sides are these numbers, so that the guard does not hold.
    #[track_caller]
    pub fn error<T: Float>(&self, left: T, right: T) -> Error {
        let Self { comparison, left: a, right: b, recorded, then: [then_a, then_b], at, .. } = self;
        let now = Guard::outcome_of(left, right);
        let mut what = format!(
            "the comparison {a} {comparison} {b} at {at} was {recorded} when the program was recorded \
             ({then_a} against {then_b}) and is {now} now ({left:?} against {right:?}), so that the program \
             would take a branch that is not in it"
        );
        let equality = matches!(comparison, Comparison::Eq | Comparison::Ne);
        if !equality && (*recorded == Outcome::Tie || now == Outcome::Tie) {
            what +=
                "; a tie is a case of its own, since branches meet there and the derivative is a convention";
        }
        let mend = "Record again with these inputs, or use `Replayed`, which does.";
        Error::new("replay", Problem::new(ErrorKind::Branch, what, mend), Vec::new())
    }
}

impl fmt::Display for GuardText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { comparison, left, right, recorded, at, .. } = self;
        write!(f, "{left} {comparison} {right} is {recorded}{}", At(", at ", at, ""))
    }
}

/// The first time that a row's value was taken out, by `value()`, `item()` or a replay. What shows a value to people, as
/// printing, a table or a picture, takes nothing out.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Read {
    pub row: RowId,
    /// How many rows the tape had: those from here on may depend on what was read.
    pub rows: usize,
    /// The user's line.
    pub at: &'static Location<'static>,
}

impl<T: Float> Tape<T> {
    /// Compares two numbers and remembers how it turned out.
    #[track_caller]
    pub(crate) fn guard(&self, comparison: Comparison, left: (Side<T>, T), right: (Side<T>, T)) -> Outcome {
        debug_assert!(
            self.differentiated.get().is_none(),
            "derivative rules have no control flow over values"
        );
        let recorded = Guard::outcome_of(left.1, right.1);
        let (at, rows) = (Location::caller(), self.len());
        let guard = Guard { comparison, left: left.0, right: right.0, recorded, at, rows };
        self.guards.borrow_mut().push(guard);
        recorded
    }

    /// The comparisons made so far, in order.
    pub(crate) fn guards(&self) -> Ref<'_, [Guard<T>]> {
        Ref::map(self.guards.borrow(), Vec::as_slice)
    }

    pub(crate) fn describe_guard(&self, guard: &Guard<T>) -> GuardText {
        let name = |side| match side {
            Side::Row(row) => self.describe(row).label,
            Side::Number(number) => format!("{number:?}"),
        };
        let number = |side| match side {
            Side::Row(row) => self.rows.borrow()[row.index()].value.item(),
            Side::Number(number) => Some(number),
        };
        // Shortest digits that tell numbers apart: the two may differ in the last one.
        let then = |side| number(side).map_or_else(String::new, |number| format!("{number:?}"));
        GuardText {
            comparison: guard.comparison,
            left: name(guard.left),
            right: name(guard.right),
            recorded: guard.recorded,
            then: [then(guard.left), then(guard.right)],
            at: guard.at,
            rows: guard.rows,
        }
    }

    /// Remembers that the user takes out a row's value. Only the first time counts, since later rows are
    /// among those that come after the first; so the log is never longer than the tape.
    #[track_caller]
    pub(crate) fn log_read(&self, row: RowId) {
        let read = Read { row, rows: self.len(), at: Location::caller() };
        self.reads.borrow_mut().entry(row).or_insert(read);
    }

    /// The reads, one a row, that were taken when the tape had more rows than `after`, in order.
    pub(crate) fn reads(&self, after: usize) -> Vec<Read> {
        let reads = self.reads.borrow();
        let mut late: Vec<Read> =
            reads.values().rev().take_while(|read| read.rows > after).copied().collect();
        late.reverse();
        late
    }

    /// What a strict program answers to a read.
    #[track_caller]
    pub(crate) fn read_error(&self, read: &Read) -> Error {
        let what = format!(
            "the value of {} was read{} while the program was being recorded, and what was recorded or chosen \
             since may depend on it: a replay would keep what was read then",
            self.describe(read.row).label,
            Exactly(" at ", read.at, ""),
        );
        let mend = "Keep to operations on `Var`s, print with `{}` or `{:?}`, read after the program is made, or \
                    take off `strict`.";
        Error::new("program", Problem::new(ErrorKind::Read, what, mend), Vec::new())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ErrorKind, Var};

    const OUTCOMES: [Outcome; 4] = [Outcome::Less, Outcome::Tie, Outcome::Greater, Outcome::Unordered];

    /// That the last guard is this one, of a comparison on `line` in which the left side is less.
    fn assert_last<T: Float>(tape: &Tape<T>, comparison: Comparison, [left, right]: [Side<T>; 2], line: u32) {
        let last = *tape.guards().last().expect("a guard");
        let expected = Guard { comparison, left, right, recorded: Outcome::Less, at: last.at, rows: 2 };
        assert_eq!(last, expected);
        assert_eq!((last.at.file(), last.at.line()), (file!(), line));
    }

    /// Every operator between these two is recorded as what it is, at the line of the macro's call.
    macro_rules! recorded {
        ($tape:expr, $left:expr, $right:expr, $sides:expr) => {
            recorded!($tape, $left, $right, $sides, < Lt, <= Le, > Gt, >= Ge, == Eq, != Ne);
            let (ordering, line) = ($left.partial_cmp(&$right), line!());
            assert_eq!(ordering, Some(Ordering::Less));
            assert_last(&$tape, Comparison::Cmp, $sides, line);
        };
        ($tape:expr, $left:expr, $right:expr, $sides:expr, $($op:tt $comparison:ident),+) => {
            $(let (held, line) = ($left $op $right, line!());
            assert_eq!(held, 1 $op 2);
            assert_last(&$tape, Comparison::$comparison, $sides, line);)+
        };
    }

    #[test]
    fn a_guard_knows_the_operator_the_sides_and_the_line() {
        let tape = Tape::<f64>::new();
        let (x, y) = (tape.leaf("x", 1.0), tape.leaf("y", 2.0));
        recorded!(tape, x, y, [Side::Row(x.id()), Side::Row(y.id())]);
        recorded!(tape, x, 2.0, [Side::Row(x.id()), Side::Number(2.0)]);
        recorded!(tape, 1.0, y, [Side::Number(1.0), Side::Row(y.id())]);
        assert_eq!((tape.guards().len(), tape.len()), (21, 2)); // One a comparison, and no row.

        let tape = Tape::<f32>::new();
        let (x, y) = (tape.leaf("x", 1.0), tape.leaf("y", 2.0));
        recorded!(tape, x, y, [Side::Row(x.id()), Side::Row(y.id())]);
        recorded!(tape, x, 2.0_f32, [Side::Row(x.id()), Side::Number(2.0)]);
        recorded!(tape, 1.0_f32, y, [Side::Number(1.0), Side::Row(y.id())]);
    }

    #[test]
    fn guards_know_how_long_the_tape_was() {
        let tape = Tape::<f64>::new();
        let x = tape.leaf("x", 3.0);
        let mut y = x;
        while y < 10.0 {
            y *= y; // 9, 81
        }
        let seen: Vec<_> = tape.guards().iter().map(|guard| (guard.rows, guard.recorded)).collect();
        assert_eq!(seen, [(1, Outcome::Less), (2, Outcome::Less), (3, Outcome::Greater)]);
        y.backward();
        assert_eq!(tape.guards().len(), 3); // A sweep compares nothing.
    }

    #[test]
    fn outcomes_of_numbers() {
        let zero = 0.0_f64;
        assert_eq!(Guard::outcome_of(zero, f64::from_bits(1)), Outcome::Less);
        assert_eq!(Guard::outcome_of(zero, -zero), Outcome::Tie);
        assert_eq!(Guard::outcome_of(f64::INFINITY, f64::INFINITY), Outcome::Tie);
        assert_eq!(Guard::outcome_of(zero, -f64::INFINITY), Outcome::Greater);
        for (a, b) in [(f64::NAN, 0.0), (0.0, f64::NAN), (f64::NAN, f64::NAN)] {
            assert_eq!(Guard::outcome_of(a, b), Outcome::Unordered);
        }
    }

    #[test]
    fn which_outcomes_are_the_recorded_case() {
        let held = |comparison: Comparison, recorded| OUTCOMES.map(|now| comparison.same_case(recorded, now));
        for order in [Comparison::Lt, Comparison::Le, Comparison::Gt, Comparison::Ge, Comparison::Cmp] {
            for (i, recorded) in OUTCOMES.into_iter().enumerate() {
                assert_eq!(held(order, recorded), [0, 1, 2, 3].map(|now| now == i), "{order} {recorded}");
            }
        }
        for equality in [Comparison::Eq, Comparison::Ne] {
            assert_eq!(held(equality, Outcome::Tie), [false, true, false, false]);
            for recorded in [Outcome::Less, Outcome::Greater, Outcome::Unordered] {
                assert_eq!(held(equality, recorded), [true, false, true, true]);
            }
        }
    }

    /// The error's text with the two lines taken out, which are checked: the guard's and the caller's.
    fn text(error: &Error, at: &Location<'_>, line: u32) -> String {
        assert_eq!((error.location().file(), error.location().line()), (file!(), line));
        let text = error.to_string().replace(&format!("(at {})", error.location()), "(at HERE)");
        text.replace(&format!("at {at}"), "at THERE")
    }

    #[test]
    #[allow(clippy::float_cmp)] // Equality as well.
    fn what_a_replay_says() {
        let tape = Tape::<f64>::new();
        let loss = tape.leaf("loss", 0.7);
        let double = loss + loss;
        let told = |guard: usize| {
            let guard = tape.guards()[guard];
            (tape.describe_guard(&guard), guard.at)
        };

        let below = loss < 0.5;
        assert!(!below);
        let (guard, at) = told(0);
        let (error, line) = (guard.error(0.3, 0.5), line!());
        assert_eq!((error.kind(), error.operation()), (ErrorKind::Branch, "replay"));
        assert_eq!(
            text(&error, at, line),
            "replay: the comparison `loss` < 0.5 at THERE was greater when the program was recorded (0.7 against \
             0.5) and is less now (0.3 against 0.5), so that the program would take a branch that is not in it. \
             Record again with these inputs, or use `Replayed`, which does. (at HERE)"
        );

        assert!(double >= loss);
        let (guard, at) = told(1);
        let (error, line) = (guard.error(0.1 + 0.2, 0.1 + 0.2), line!());
        assert_eq!(
            text(&error, at, line),
            "replay: the comparison row %1 (add of `loss` and `loss`) ≥ `loss` at THERE was greater when the \
             program was recorded (1.4 against 0.7) and is a tie now (0.30000000000000004 against \
             0.30000000000000004), so that the program would take a branch that is not in it; a tie is a case of \
             its own, since branches meet there and the derivative is a convention. Record again with these \
             inputs, or use `Replayed`, which does. (at HERE)"
        );

        assert!(1e300 != loss);
        let (guard, at) = told(2);
        let (error, line) = (guard.error(1e300, 1e300), line!());
        assert_eq!(
            text(&error, at, line),
            "replay: the comparison 1e300 ≠ `loss` at THERE was greater when the program was recorded (1e300 \
             against 0.7) and is a tie now (1e300 against 1e300), so that the program would take a branch that \
             is not in it. Record again with these inputs, or use `Replayed`, which does. (at HERE)"
        );

        assert!(loss.partial_cmp(&double).is_some());
        let (guard, at) = told(3);
        let (error, line) = (guard.error(f64::NAN, 0.5), line!());
        assert_eq!(
            text(&error, at, line),
            "replay: the comparison `loss` with row %1 (add of `loss` and `loss`) at THERE was less when the \
             program was recorded (0.7 against 1.4) and is not comparable (NaN) now (NaN against 0.5), so that \
             the program would take a branch that is not in it. Record again with these inputs, or use \
             `Replayed`, which does. (at HERE)"
        );
    }

    #[test]
    fn a_guard_of_single_precision_is_told_in_its_digits() {
        let tape = Tape::<f32>::new();
        assert!(tape.leaf("x", ndarray::arr2(&[[0.1]])) > 0.0);
        let guard = tape.describe_guard(&tape.guards()[0]);
        assert_eq!(guard.then, ["0.1", "0.0"]);
        // It may be replayed in double precision.
        assert!(guard.error(-0.25_f64, 0.0).to_string().contains("is less now (-0.25 against 0.0)"));
    }

    fn reads<T: Float>(tape: &Tape<T>) -> Vec<(usize, usize, u32)> {
        tape.reads(0).iter().map(|read| (read.row.index(), read.rows, read.at.line())).collect()
    }

    #[test]
    fn reads_are_logged_once_at_the_users_line() {
        let tape = Tape::<f64>::new();
        let x = tape.leaf("x", 2.0);
        let y = x * x;
        let (value, value_line) = (y.value(), line!());
        let mut z = y;
        let item_line = line!() + 2;
        for _ in 0..1000 {
            let number = x.item();
            z = z + number * value[[]] + y.item();
        }
        let (_, try_line) = (z.try_item().unwrap(), line!());
        let rows = tape.len();
        assert_eq!(reads(&tape), [(1, 2, value_line), (0, 2, item_line), (z.row(), rows, try_line)]);
        assert!(tape.leaf("array", ndarray::arr1(&[1.0, 2.0])).try_item().is_err());
        assert_eq!(reads(&tape).len(), 3); // Nothing was read.
    }

    #[test]
    fn only_the_user_reads() {
        let tape = Tape::<f64>::new();
        let x = tape.leaf("x", ndarray::arr1(&[2.0, 3.0]));
        let y = x.softmax(0).norm();
        let seen = (y.backward()[x], y.jvp([(x, ndarray::arr1(&[1.0, 0.0]))]));
        assert!(y < 1.0 && seen.0.len() + seen.1.len() == 3);
        assert!(tape.verify().is_ok() && tape.vars().all(|var: Var<'_, f64>| var.len() < 3));
        assert_eq!(reads(&tape), []);
    }

    #[test]
    fn what_a_replay_gives_is_read() {
        let tape = Tape::<f64>::new();
        let x = tape.leaf("x", 2.0);
        let y = x * x;
        let (seen, line) = (tape.replay([(x, 5.0)], [y]).unwrap(), line!());
        assert_eq!((seen[0][[]], reads(&tape)), (25.0, vec![(1, 2, line)]));
        assert!(tape.replay::<1>([(y, 5.0)], [x]).is_err());
        assert_eq!(reads(&tape).len(), 1); // Nothing was read.
    }

    #[test]
    fn the_read_that_a_strict_program_refuses() {
        let tape = Tape::<f64>::new();
        let (w, x) = (tape.leaf("w", 2.0), tape.leaf("x", 3.0));
        let y = w * x;
        y.item(); // At 3 rows.
        let line = line!() + 1;
        w.value();
        let read = tape.reads(0)[1];
        let at = read.at;
        assert_eq!((read.row, read.rows, at.line()), (w.id(), 3, line));
        let (error, here) = (tape.read_error(&read), line!());
        assert_eq!((error.kind(), error.operation()), (ErrorKind::Read, "program"));
        assert_eq!(
            text(&error, at, here),
            "program: the value of `w` was read at THERE while the program was being recorded, and what was \
             recorded or chosen since may depend on it: a replay would keep what was read then. Keep to \
             operations on `Var`s, print with `{}` or `{:?}`, read after the program is made, or take off \
             `strict`. (at HERE)"
        );
    }
}
