//! The handle on a row. Its operators and methods are spread over the crate: those of a primitive
//! stand in the primitive's own file, broadcasting and composites in the `var` room.

use super::{Depends, Row, RowId, Tape};
use crate::Float;
use crate::array::{Shape, Value};
use crate::error::{Error, ErrorKind, Problem, counted, must};
use crate::prim::Prim;
use ndarray::{ArcArray, Array, Dimension, IxDyn};
use smallvec::SmallVec;
use std::fmt;
use std::panic::Location;
use std::rc::Rc;

/// A row of a [`Tape`], to compute with: as easy to copy as a number.
///
/// Operators and methods record a new row, evaluate it at once, and return its handle.
///
/// ```
/// use ndarray::arr2;
/// use wengert::Tape;
///
/// let tape = Tape::<f64>::new();
/// let x = tape.leaf("x", arr2(&[[1.0, 2.0], [3.0, 4.0]]));
/// let y = (2.0 * x - 1.0).named("y");
/// assert_eq!(y.value(), arr2(&[[1.0, 3.0], [5.0, 7.0]]).into_dyn());
/// assert_eq!(y.name().as_deref(), Some("y"));
/// ```
///
/// # Comparing
///
/// The operators `<`, `==` and their kin compare two single numbers by value, at once, for an `if` or a
/// `while` to go by. They record no row; the tape remembers each with its line as a *guard*: the list has
/// only the branch that was taken. An array on either side is an error.
///
/// The methods [`lt`](Var::lt), [`eq`](Var::eq) and their kin compare element by element and record the
/// mask of ones and zeros as a row, to go on computing with, as in [`select`](Var::select): no branch, no guard.
/// (Of a reference, `(&x).lt(…)` is the operator's: write `(*x).lt(…)` for the mask. Between two references, `&x < &y`,
/// Rust puts an operator of its own in front, whose line the guard then names: write `x < y`.)
///
/// ```
/// # let tape = wengert::Tape::<f64>::new();
/// let x = tape.leaf("x", 3.0);
/// let y = if x < 1.0 { x * x } else { 2.0 * x - 1.0 }; // decided here; one branch is recorded
/// let z = x.lt(1.0).select(x * x, 2.0 * x - 1.0); // both are, with the choice between them
/// assert!(y == z);
/// ```
#[doc(alias = "Tensor")]
#[doc(alias = "Variable")]
#[doc(alias = "Value")]
#[doc(alias = "Parameter")]
#[derive(Clone, Copy)]
pub struct Var<'t, T: Float> {
    tape: &'t Tape<T>,
    id: RowId,
}

impl<T: Float> fmt::Debug for Var<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = f.debug_struct("Var");
        self.with_row(|row| out.field("row", &self.row()).field("value", &row.value.view()).finish())
    }
}

/// The value, printed as the number or as ndarray prints the array, with the same flags: `{:.4}`, `{:8.3}`.
///
/// Printing is for people: a [program](crate::Program::reads) does not count it among what was read.
///
/// ```
/// # let tape = wengert::Tape::<f64>::new();
/// let x = tape.leaf("x", [1.0, 2.0]);
/// let loss = (x / 3.0).square().sum();
/// assert_eq!(format!("loss {loss:.4}, x {x:.1}"), "loss 0.5556, x [1.0, 2.0]");
/// ```
impl<T: Float> fmt::Display for Var<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.with_row(|row| match row.value {
            Value::Number(number) => fmt::Display::fmt(&number, f),
            Value::Array(_) => fmt::Display::fmt(&row.value.view(), f),
        })
    }
}

/// As [`Display`](fmt::Display), with exponents.
///
/// ```
/// # let tape = wengert::Tape::<f64>::new();
/// assert_eq!(format!("{:.2e}", tape.leaf("rate", 0.001)), "1.00e-3");
/// ```
impl<T: Float> fmt::LowerExp for Var<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.with_row(|row| match row.value {
            Value::Number(number) => fmt::LowerExp::fmt(&number, f),
            Value::Array(_) => fmt::LowerExp::fmt(&row.value.view(), f),
        })
    }
}

/// # What a row is
impl<'t, T: Float> Var<'t, T> {
    pub(super) fn new(tape: &'t Tape<T>, id: RowId) -> Self {
        Self { tape, id }
    }

    /// The tape that the row is on.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// let x = tape.leaf("x", 1.0);
    /// let c = x.tape().constant(2.0); // where only `x` is at hand
    /// assert_eq!((x + c).item(), 3.0);
    /// ```
    pub fn tape(self) -> &'t Tape<T> {
        self.tape
    }

    /// The row's number: the first row of a tape is 0.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// let x = tape.leaf("x", 1.0);
    /// assert_eq!((x.row(), x.sin().row()), (0, 1));
    /// ```
    pub fn row(self) -> usize {
        self.id.index()
    }

    /// The value as an ndarray, shared with the tape: nothing is copied, except that a value that
    /// was broadcast is written out.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// let x = tape.leaf("x", ndarray::arr1(&[1.0, 2.0]));
    /// assert_eq!((x * x).value(), ndarray::arr1(&[1.0, 4.0]).into_dyn());
    /// ```
    #[doc(alias = "data")]
    #[doc(alias = "numpy")]
    #[doc(alias = "to_numpy")]
    #[doc(alias = "to_array")]
    #[track_caller]
    pub fn value(self) -> ArcArray<T, IxDyn> {
        must(self.try_value())
    }

    /// As [`value`](Self::value), without the panic.
    ///
    /// # Errors
    /// If the value was broadcast, and there is no memory to write it out: no more than the tape's
    /// [limit](Tape::limit_bytes) leaves.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// let x = tape.leaf("x", 1.0).broadcast_to((1000, 1000)); // stored once
    /// tape.limit_bytes(1_000_000);
    /// assert!(x.try_value().is_err());
    /// ```
    #[track_caller]
    pub fn try_value(self) -> Result<ArcArray<T, IxDyn>, Error> {
        let value = self.with_row(|row| row.value.to_array(&self.tape.room.aside()));
        let value = Self::judge("value", value, &[self])?;
        self.tape.log_read(self.id);
        Ok(value)
    }

    /// The value as an array of so many axes, the caller's own: `Ix0` to `Ix6`, or `IxDyn` for any.
    ///
    /// So gradients are compared with those by hand, here with the crate `approx` and ndarray's feature of that name:
    ///
    /// ```
    /// use approx::assert_relative_eq;
    /// use ndarray::{Array2, Ix2, arr2};
    /// # let tape = wengert::Tape::<f64>::new();
    /// let w = tape.leaf("w", [[1.0, 2.0], [3.0, 4.0]]);
    /// let grads = (w * w * w).sum().backward();
    /// let by_hand = arr2(&[[3.0, 12.0], [27.0, 48.0]]);
    /// assert_relative_eq!(grads[w].array::<Ix2>(), by_hand, max_relative = 4.0 * f64::EPSILON);
    ///
    /// let weights: Array2<f64> = w.array(); // where the type is known, the axes are
    /// ```
    ///
    /// It is a copy. [`value`](Self::value) makes none, and leaves the number of axes open.
    #[doc(alias = "numpy")]
    #[doc(alias = "to_numpy")]
    #[doc(alias = "into_dimensionality")]
    #[track_caller]
    pub fn array<D: Dimension>(self) -> Array<T, D> {
        must(self.try_array())
    }

    /// As [`array`](Self::array), without the panic.
    ///
    /// # Errors
    /// If the row has another number of axes, or what was broadcast does not fit the memory.
    ///
    /// ```
    /// use ndarray::{Ix1, Ix2};
    /// # let tape = wengert::Tape::<f64>::new();
    /// let w = tape.leaf("w", [[1.0, 2.0], [3.0, 4.0]]);
    /// assert_eq!(w.try_array::<Ix2>()?.row(0).sum(), 3.0);
    /// assert!(w.try_array::<Ix1>().is_err());
    /// # Ok::<(), wengert::Error>(())
    /// ```
    #[track_caller]
    pub fn try_array<D: Dimension>(self) -> Result<Array<T, D>, Error> {
        let ndim = self.ndim();
        if D::NDIM.is_some_and(|asked| asked != ndim) {
            let what = format!(
                "an array of {} was asked for, and this has {}",
                counted(D::NDIM.unwrap_or_default(), "axis", "axes"),
                counted(ndim, "axis", "axes")
            );
            let mend = format!(
                "Ask for `{}`, or change the axes first, as with `reshape`, `squeeze` or `unsqueeze`.",
                if ndim <= 6 { format!("Ix{ndim}") } else { "IxDyn".into() }
            );
            return Err(Self::error("array", Problem::new(ErrorKind::Shape, what, mend), &[self]));
        }
        let copy = self.with_row(|row| row.value.written(&self.tape.room.aside()));
        let copy = Self::judge("array", copy, &[self])?;
        self.tape.log_read(self.id);
        Ok(copy.into_dimensionality().expect("as many axes"))
    }

    /// The value of a row that holds a single number, of whatever rank.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// let x = tape.leaf("x", ndarray::arr1(&[3.0, 4.0]));
    /// assert_eq!((x * x).sum().item(), 25.0);
    /// ```
    #[doc(alias = "to_scalar")]
    #[doc(alias = "into_scalar")]
    #[track_caller]
    pub fn item(self) -> T {
        must(self.try_item())
    }

    /// As [`item`](Self::item), without the panic.
    ///
    /// # Errors
    /// If the row does not hold exactly one number.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// assert!(tape.leaf("x", ndarray::arr1(&[3.0, 4.0])).try_item().is_err());
    /// ```
    #[track_caller]
    pub fn try_item(self) -> Result<T, Error> {
        let Some(number) = self.peek_item() else {
            let problem = Problem::new(
                ErrorKind::Shape,
                format!("a single number was asked of an array of {}", self.len()),
                "Reduce it first, as with `sum()` or `mean()`, or take the whole array with `value()`.",
            );
            return Err(Self::error("item", problem, &[self]));
        };
        self.tape.log_read(self.id);
        Ok(number)
    }

    /// The sizes of the axes; empty for a number.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// assert_eq!(tape.leaf("x", ndarray::Array2::zeros((2, 3))).shape(), [2, 3]);
    /// ```
    #[doc(alias = "size")]
    #[doc(alias = "dim")]
    pub fn shape(self) -> Vec<usize> {
        self.with_row(|row| row.value.shape().to_vec())
    }

    /// The number of axes; 0 for a number.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// assert_eq!(tape.leaf("x", ndarray::Array2::zeros((2, 3))).ndim(), 2);
    /// ```
    #[doc(alias = "rank")]
    pub fn ndim(self) -> usize {
        self.with_row(|row| row.value.shape().len())
    }

    /// The number of elements.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// assert_eq!(tape.leaf("x", ndarray::Array2::zeros((2, 3))).len(), 6);
    /// ```
    #[doc(alias = "numel")]
    #[doc(alias = "size")]
    #[doc(alias = "nelement")]
    pub fn len(self) -> usize {
        self.with_row(|row| row.value.len())
    }

    /// Whether an axis has size 0.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// assert!(tape.leaf("x", ndarray::Array2::zeros((0, 3))).is_empty());
    /// ```
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// Gives the row a name, for tables, errors and pictures. A second name replaces the first.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// # let x = tape.leaf("x", 1.0);
    /// let z = (x + 1.0).named("Z1");
    /// assert_eq!(z.name().as_deref(), Some("Z1"));
    /// ```
    pub fn named(self, name: &str) -> Self {
        self.tape.names.borrow_mut().insert(self.id, name.into());
        self
    }

    /// The row's name, if it was given one. A name can be replaced while it is held, so it is shared and not borrowed;
    /// `as_deref` makes a `&str` of it.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// let (x, two) = (tape.leaf("x", 1.0), tape.constant(2.0));
    /// assert_eq!(x.name().as_deref(), Some("x"));
    /// assert_eq!(two.name().as_deref().unwrap_or("without a name"), "without a name");
    /// ```
    pub fn name(self) -> Option<Rc<str>> {
        self.tape.name_of(self.id)
    }

    /// The primitive that made the row.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// assert_eq!(tape.leaf("x", 1.0).sin().prim().name(), "sin");
    /// ```
    #[doc(alias = "grad_fn")]
    #[doc(alias = "op")]
    pub fn prim(self) -> Prim {
        self.with_row(|row| row.prim.clone())
    }

    /// The rows that it was made from.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// let x = tape.leaf("x", 1.0);
    /// assert_eq!((x * x).operands().len(), 2);
    /// ```
    pub fn operands(self) -> SmallVec<[Self; 2]> {
        self.with_row(|row| row.operands.iter().map(|&id| Self::new(self.tape, id)).collect())
    }

    /// The line of source that recorded the row; for a row of a gradient, the line of the row that
    /// it differentiates.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// let x = tape.leaf("x", 1.0);
    /// assert!(x.location().line() > 0);
    /// ```
    pub fn location(self) -> &'static Location<'static> {
        self.with_row(|row| row.at)
    }

    /// For a row of a gradient: the row whose derivative rule recorded it. That is not the row whose gradient it is:
    /// the rule of `y = sin x` makes that of `x`. Printing the tape says both.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// let x = tape.leaf("x", 1.0);
    /// let y = x.sin();
    /// let dx = y.backward()[x];
    /// assert_eq!(dx.origin().unwrap().row(), y.row());
    /// ```
    #[doc(alias = "grad_fn")]
    pub fn origin(self) -> Option<Self> {
        self.with_row(|row| row.origin).map(|id| Self::new(self.tape, id))
    }

    /// Whether the row depends on a variable, so that a gradient can flow to it.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// let c = tape.constant(2.0);
    /// assert!(!c.varies() && (c * tape.leaf("x", 1.0)).varies());
    /// ```
    #[doc(alias = "requires_grad")]
    pub fn varies(self) -> bool {
        self.with_row(Row::varies)
    }

    pub(crate) fn depends(self) -> Depends {
        self.with_row(|row| row.depends)
    }

    /// This number as a constant on the same tape.
    #[track_caller]
    pub(crate) fn lift(self, number: f64) -> Self {
        self.tape.constant(T::from_f64(number))
    }

    /// Applies a primitive to rows of this tape, whose shapes are known to fit.
    #[track_caller]
    pub(crate) fn record(self, prim: Prim, operands: &[Self]) -> Self {
        must(self.try_record(prim, operands))
    }

    /// Applies a primitive to rows that may be of another tape, or not fit.
    #[track_caller]
    pub(crate) fn try_record(self, prim: Prim, operands: &[Self]) -> Result<Self, Error> {
        match operands.iter().find(|operand| !self.shares_tape(**operand)) {
            None => self.tape.record(prim, operands),
            Some(stranger) => Err(self.other_tape(prim.name(), *stranger)),
        }
    }

    pub(crate) fn shares_tape(self, other: Self) -> bool {
        std::ptr::eq(self.tape, other.tape)
    }

    #[track_caller]
    pub(crate) fn other_tape(self, operation: &'static str, stranger: Self) -> Error {
        Self::error(operation, Problem::other_tape(), &[self, stranger])
    }

    /// An error about these rows.
    #[track_caller]
    pub(crate) fn error(operation: &'static str, problem: Problem, rows: &[Self]) -> Error {
        Error::new(operation, problem, rows.iter().map(|row| row.tape.describe(row.id)).collect())
    }

    /// What a rule says of these rows: a problem becomes an error, with their names and the caller's line.
    #[track_caller]
    pub(crate) fn judge<V>(
        operation: &'static str,
        verdict: Result<V, Problem>,
        rows: &[Self],
    ) -> Result<V, Error> {
        // No `map_err`, since the caller's line would not reach through a closure.
        match verdict {
            Ok(value) => Ok(value),
            Err(problem) => Err(Self::error(operation, problem, rows)),
        }
    }

    /// The value, without a note on the tape that the user's program has seen it.
    #[cfg(feature = "check")]
    #[track_caller]
    pub(crate) fn peek(self) -> ArcArray<T, IxDyn> {
        let value = self.with_row(|row| row.value.to_array(&self.tape.room.aside()));
        must(Self::judge("value", value, &[self]))
    }

    /// The number, if it is a single one, without a note on the tape.
    pub(crate) fn peek_item(self) -> Option<T> {
        self.with_row(|row| row.value.item())
    }

    /// The number that a row repeats which is no variable: `1.0` in `x + 1.0`, broadcast or not.
    pub(crate) fn constant_number(self) -> Option<T> {
        self.with_row(|row| (row.depends == Depends::Constant).then(|| row.value.as_constant()).flatten())
    }

    /// At most `n` elements, the first in row-major order, without writing out a broadcast value.
    pub(crate) fn first(self, n: usize) -> Vec<T> {
        self.with_row(|row| row.value.view().iter().take(n).copied().collect())
    }

    /// Looks at the value as it is kept.
    #[cfg(feature = "check")]
    pub(crate) fn with_value<R>(self, look: impl FnOnce(&Value<T>) -> R) -> R {
        self.with_row(|row| look(&row.value))
    }

    /// The sizes of the axes, for use within the crate.
    pub(crate) fn dims(self) -> Shape {
        self.with_row(|row| row.value.shape().into())
    }

    /// The row as errors and reports call it: by its name, or by its number, operation and operands.
    #[cfg(feature = "check")]
    pub(crate) fn label(self) -> String {
        self.tape().describe(self.id()).label
    }

    pub(crate) fn id(self) -> RowId {
        self.id
    }

    /// A value that is not recorded by a primitive: a zero gradient, a seed.
    #[track_caller]
    pub(super) fn constant_like(self, number: T) -> Self {
        let value = self.with_row(|row| Value::filled(row.value.shape(), number));
        self.tape.constant(value)
    }

    pub(crate) fn with_row<R>(self, read: impl FnOnce(&Row<T>) -> R) -> R {
        read(&self.tape.rows.borrow()[self.id.index()])
    }
}

impl<T: Float> Tape<T> {
    /// The name that a row was given.
    pub(crate) fn name_of(&self, row: RowId) -> Option<Rc<str>> {
        self.names.borrow().get(&row).cloned()
    }

    /// The handle on a row that is known to exist.
    pub(crate) fn at(&self, row: RowId) -> Var<'_, T> {
        Var::new(self, row)
    }
}
