//! What stands for a row and borrows nothing: to be kept where a handle cannot be.

use super::{RowId, Tape, Var, id};
use crate::Float;
use crate::error::{Error, ErrorKind, Problem, counted, must};
use std::fmt;
use std::hash::{BuildHasher, RandomState};

/// A row of a [`Tape`], to be kept: in a struct, in a map, from one cell of a notebook to the next.
///
/// A [`Var`] borrows its tape. A key borrows nothing: [`Var::key`] gives it, and [`Tape::var`] makes a handle of it again.
/// It knows of which tape it is, and of which recording: of another tape, or after [`Tape::clear`], it is an error, and
/// never the row that happens to have its number now.
///
/// ```
/// use wengert::{Key, Tape};
///
/// struct Model {
///     tape: Tape<f64>, // with a `Var` beside it, this would borrow from itself
///     w: Key,
///     loss: Key,
/// }
///
/// let tape = Tape::new();
/// let w = tape.leaf("w", [3.0, -4.0]);
/// let [w, loss] = [w, w.square().sum()].map(|row| row.key());
/// let mut model = Model { tape, w, loss };
///
/// let [w, loss] = [model.w, model.loss].map(|key| model.tape.var(key));
/// assert_eq!(loss.backward()[w].value(), ndarray::arr1(&[6.0, -8.0]).into_dyn());
///
/// model.tape.clear();
/// model.tape.leaf("another", 1.0); // row 0, as `w` was
/// let error = model.tape.try_var(model.w).unwrap_err();
/// assert!(error.to_string().starts_with("var: the row that this key stands for, %0, is gone"));
/// ```
///
/// A gradient needs no key of its own: [`backward`](Var::backward) from the same row records nothing the second time, so
/// that `tape.var(loss).backward()[tape.var(w)]` finds what is there. (Its rows are rows, and have keys like all others.)
#[doc(alias = "handle")]
#[doc(alias = "generation")]
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Key {
    tape: u64,
    recording: u64,
    row: RowId,
    /// Bits of its tape's numbers.
    precision: u8,
}

impl Key {
    /// The row's number.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// assert_eq!(tape.leaf("x", 1.0).sin().key().row(), 1);
    /// ```
    pub fn row(self) -> usize {
        self.row.index()
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Key(%{})", self.row())
    }
}

/// Which row of a tape is meant, for [`Tape::var`]: one by its number, or by its [`Key`].
///
/// ```
/// # let tape = wengert::Tape::<f64>::new();
/// let x = tape.leaf("x", 1.0);
/// assert_eq!(tape.var(0).name(), tape.var(x.key()).name());
/// ```
pub trait IntoRow {
    /// The number of the row, if the tape has it.
    #[doc(hidden)]
    fn find<T: Float>(self, tape: &Tape<T>) -> Result<usize, Problem>;
}

impl IntoRow for usize {
    fn find<T: Float>(self, tape: &Tape<T>) -> Result<usize, Problem> {
        if self < tape.len() {
            return Ok(self);
        }
        let rows = counted(tape.len(), "row", "rows");
        Err(Problem::new(
            ErrorKind::Rows,
            format!("there is no row %{self}: the tape has {rows}, numbered from 0"),
            "`tape.vars()` walks all of them.",
        ))
    }
}

impl IntoRow for Key {
    fn find<T: Float>(self, tape: &Tape<T>) -> Result<usize, Problem> {
        if self.precision != precision::<T>() {
            let (row, own) = (self.row(), self.precision);
            return Err(Problem::new(
                ErrorKind::OtherTape,
                format!(
                    "the key stands for row %{row} of a tape of f{own}, and the tape that is asked is one of {}",
                    T::DTYPE
                ),
                format!(
                    "Ask the tape that the key is of; if that is `first`, `tape.constant(first.var(key).value().mapv(|x| \
                     x as {}))` takes the value over.",
                    T::DTYPE
                ),
            ));
        }
        if self.tape != tape.identity.get() {
            return Err(Problem::new(
                ErrorKind::OtherTape,
                format!("the key stands for row %{} of another tape than the one that is asked", self.row()),
                "Ask the tape that the key is of; if that is `first`, `tape.constant(first.var(key).value())` takes the \
                 value over.",
            ));
        }
        let since = tape.recording - self.recording;
        if since > 0 {
            let times = if since == 1 { "once".into() } else { format!("{since} times") };
            return Err(Problem::new(
                ErrorKind::Cleared,
                format!(
                    "the row that this key stands for, %{}, is gone: the tape was cleared {times} since the key was \
                     taken",
                    self.row()
                ),
                "Record the row again, and take its key then; what is to outlast `clear` is kept as a value, as by \
                 `row.value()` or in an `optim::State`.",
            ));
        }
        // Rows are only appended, but for those of an operation that failed, of which nobody has a handle.
        Ok(self.row())
    }
}

impl IntoRow for &Key {
    fn find<T: Float>(self, tape: &Tape<T>) -> Result<usize, Problem> {
        (*self).find(tape)
    }
}

/// # Keeping a row
impl<T: Float> Var<'_, T> {
    /// What stands for the row where a handle, which borrows the tape, cannot be kept: see [`Key`].
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// let x = tape.leaf("x", 2.0);
    /// let key = x.key();
    /// assert_eq!(tape.var(key).item(), 2.0);
    /// ```
    #[doc(alias = "id")]
    pub fn key(self) -> Key {
        let tape = self.tape();
        if tape.identity.get() == 0 {
            // Drawn from the system's randomness, and not counted: of a library that is loaded twice in one process,
            // as the cells of a notebook may do it, there are two counters.
            tape.identity.set(RandomState::new().hash_one(0).max(1));
        }
        let precision = precision::<T>();
        Key { tape: tape.identity.get(), recording: tape.recording, row: self.id(), precision }
    }
}

/// How many bits a number has.
#[allow(clippy::cast_possible_truncation)] // 32 or 64.
fn precision<T: Float>() -> u8 {
    8 * size_of::<T>() as u8
}

/// # Finding a row
impl<T: Float> Tape<T> {
    /// The handle on a row: by its number, or by the [`Key`] that was kept of it.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// let keys = ["u", "v"].map(|name| tape.leaf(name, 3.0).key());
    /// let [u, v] = keys.map(|key| tape.var(key));
    /// assert_eq!((u * v).item(), 9.0);
    /// assert_eq!(tape.var(2).item(), 9.0);
    /// ```
    #[track_caller]
    pub fn var(&self, row: impl IntoRow) -> Var<'_, T> {
        must(self.try_var(row))
    }

    /// As [`var`](Self::var), without the panic.
    ///
    /// # Errors
    /// If the tape has no such row; if a key is of another tape, or of before this one was cleared.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// tape.leaf("x", 1.0);
    /// assert_eq!(tape.try_var(0).unwrap().item(), 1.0);
    /// assert!(tape.try_var(1).is_err());
    /// ```
    #[track_caller]
    pub fn try_var(&self, row: impl IntoRow) -> Result<Var<'_, T>, Error> {
        match row.find(self) {
            Ok(row) => Ok(Var::new(self, id(row))),
            Err(problem) => Err(Error::new("var", problem, Vec::new())),
        }
    }
}
