//! How much memory a tape may take.

use super::sweeps::Working;
use super::{Tape, Var};
use crate::Float;
use crate::error::{Error, ErrorKind};
use std::panic::Location;

/// Where a sweep, or an [attempt](Var::attempt), started to append rows.
#[derive(Clone, Copy)]
pub(crate) struct Mark {
    rows: usize,
    bytes: usize,
}

impl<T: Float> Tape<T> {
    /// Sets how many bytes the values on this tape may take together: what would pass the limit is an error, and is
    /// not recorded. Without it the limit is the memory of the machine, or of the container, as the system tells it.
    ///
    /// Counted are the arrays that were put on the tape (one that is put on twice counts twice) and those computed on
    /// it. Views, broadcasts and numbers take nothing. What is only read, as a broadcast in a sum or a matrix product,
    /// may be as large as what is left.
    ///
    /// ```
    /// use wengert::{ErrorKind, Tape};
    /// let tape = Tape::<f64>::new();
    /// tape.limit_bytes(1_000_000);
    /// let x = tape.leaf("x", ndarray::Array1::zeros(3000));
    /// let error = x.try_outer(x).unwrap_err(); // (3000, 3000)
    /// assert_eq!(error.kind(), ErrorKind::Memory);
    /// assert!(error.to_string().contains("takes 72.0 MB, and the limit is 1.0 MB, of which 24.0 kB are taken"));
    /// ```
    pub fn limit_bytes(&self, bytes: usize) {
        self.room.set_limit(bytes);
    }

    /// How many bytes the values on this tape take, counted as [`limit_bytes`](Self::limit_bytes) does.
    ///
    /// ```
    /// let tape = wengert::Tape::<f64>::new();
    /// let x = tape.leaf("x", ndarray::Array2::zeros((100, 10)));
    /// let _ = (x.t() + 1.0).sum();
    /// assert_eq!(tape.bytes(), 16_000);
    /// ```
    pub fn bytes(&self) -> usize {
        self.room.taken()
    }

    /// How far the tape has come, for [`check_sweep`](Self::check_sweep) to go back to.
    pub(crate) fn mark(&self) -> Mark {
        Mark { rows: self.len(), bytes: self.bytes() }
    }

    /// What stopped a sweep after a rule, if something did: the tape's length, or its memory. Rules cannot fail, so a row
    /// for which there was no room has the right shape and no numbers. The sweep ends here, with an error at the user's
    /// line, and its rows are taken off the tape: nobody has a handle on one.
    pub(super) fn check_sweep(
        &self,
        operation: &'static str,
        at: &'static Location<'static>,
        sweep: &Working,
        start: Mark,
    ) -> Result<(), Error> {
        let within =
            |error: Error| if error.kind() == ErrorKind::NonFinite { error } else { error.within(operation) };
        let refused = self.refused.take().map(within);
        let Some(error) = refused.or_else(|| self.check_rows(operation, self.len(), Some(sweep)).err())
        else {
            return Ok(());
        };
        self.go_back(start);
        // Where a number was born is a line of its own.
        Err(if error.kind() == ErrorKind::NonFinite { error } else { error.at(at) })
    }

    /// The result; of what failed, the rows since then are taken off the tape again, constants that were made for it among
    /// them.
    pub(crate) fn settled<V>(&self, start: Mark, result: Result<V, Error>) -> Result<V, Error> {
        if result.is_err() {
            self.go_back(start);
        }
        result
    }

    /// Takes the rows since then off the tape; nobody may have a handle on one.
    pub(crate) fn go_back(&self, start: Mark) {
        self.rows.borrow_mut().truncate(start.rows);
        self.room.set_taken(start.bytes);
    }
}

/// A composite under way, whose steps have no twins: see [`Var::attempt`].
pub(crate) struct Attempt<'t, T: Float> {
    tape: &'t Tape<T>,
    start: Mark,
    /// Whether a sweep or another composite is under way already, which will say what there was no room for.
    within: bool,
}

impl<'t, T: Float> Var<'t, T> {
    /// From here on a step for which there is no room does not panic: [`Attempt::end`] gives the error.
    pub(crate) fn attempt(self) -> Attempt<'t, T> {
        let tape = self.tape();
        let within = tape.attempting.replace(true) || tape.differentiated.get().is_some();
        Attempt { tape, start: tape.mark(), within }
    }
}

impl<T: Float> Attempt<'_, T> {
    /// The result, unless there was no room for a step on the way: then the rows are taken off the tape.
    #[track_caller]
    pub fn end<V>(self, operation: &'static str, result: V) -> Result<V, Error> {
        let refused = if self.within { None } else { self.tape.refused.take() };
        let Some(error) = refused else { return Ok(result) };
        self.tape.go_back(self.start);
        let born = error.kind() == ErrorKind::NonFinite;
        Err(if born { error } else { error.within(operation).at(Location::caller()) })
    }
}

impl<T: Float> Drop for Attempt<'_, T> {
    fn drop(&mut self) {
        if !self.within {
            self.tape.attempting.set(false);
            // Of an attempt that ended with another error.
            self.tape.refused.take();
        }
    }
}
