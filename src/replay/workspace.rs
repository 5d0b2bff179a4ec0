//! The memory in which a program runs.

use super::compiled::Compiled;
use super::feed::Feed;
use super::machine::{Memory, Place, Source, view};
use crate::Float;
use crate::error::{Dims, Error, ErrorKind, Operand, Problem, counted, must};
use ndarray::ArrayViewD;
use std::fmt;
use std::sync::Arc;

/// The memory that one thread needs to run a [`Program`](super::Program): buffers, and the state that is
/// carried from run to run.
///
/// ```
/// use ndarray::arr1;
/// let tape = wengert::Tape::<f64>::new();
/// let x = tape.leaf("x", arr1(&[1.0, 2.0]));
/// let program = tape.program([x], [x * x])?;
/// let mut workspace = program.workspace();
/// program.run(&mut workspace, &[&arr1(&[3.0, 4.0])])?;
/// assert_eq!(workspace.output(0), arr1(&[9.0, 16.0]).into_dyn());
/// # Ok::<(), wengert::Error>(())
/// ```
pub struct Workspace<T: Float> {
    pub(super) program: Arc<Compiled<T>>,
    pub(super) memory: Memory<T>,
    /// Whether the last run came to its end, so that there are results.
    pub(super) complete: bool,
}

impl<T: Float> Workspace<T> {
    /// A result of the last run, where it lies: nothing is copied.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// # let x = tape.leaf("x", 2.0);
    /// # let program = tape.program([x], [x * x])?;
    /// # let mut workspace = program.workspace();
    /// program.run(&mut workspace, &[&3.0])?;
    /// assert_eq!(workspace.output(0).first(), Some(&9.0));
    /// # Ok::<(), wengert::Error>(())
    /// ```
    #[track_caller]
    pub fn output(&self, index: usize) -> ArrayViewD<'_, T> {
        must(self.try_output(index))
    }

    /// As [`output`](Self::output), without the panic.
    ///
    /// # Errors
    /// If the program has no such output, or nothing was run yet, or the last run ended in an error.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// # let x = tape.leaf("x", 2.0);
    /// # let program = tape.program([x], [x * x])?;
    /// assert!(program.workspace().try_output(0).is_err()); // before a run
    /// # Ok::<(), wengert::Error>(())
    /// ```
    #[track_caller]
    pub fn try_output(&self, index: usize) -> Result<ArrayViewD<'_, T>, Error> {
        let outputs = &self.program.outputs;
        let (what, mend) = match outputs.get(index) {
            None => (
                format!(
                    "there is no output {index}: the program has {}, counted from 0",
                    counted(self.program.signature.1.len(), "output", "outputs")
                ),
                "`program.outputs()` names them.",
            ),
            Some(_) if !self.complete => (
                "there are no results: no run in this workspace has come to its end".into(),
                "Call `program.run` first.",
            ),
            Some(place) => {
                let memory = self.program.slice(&self.memory, place.source);
                return Ok(view(memory, &place.layout));
            }
        };
        Err(Error::new("output", Problem::new(ErrorKind::Signature, what, mend), Vec::new()))
    }

    /// What is carried from run to run, by its place in the list given to
    /// [`carry`](super::ProgramBuilder::carry): what the last run left, or what was recorded.
    ///
    /// ```
    /// let tape = wengert::Tape::<f64>::new();
    /// let w = tape.leaf("w", 8.0);
    /// let program = tape.program_builder([], [w]).carry([(w, w * 0.5)]).build()?;
    /// let mut workspace = program.workspace();
    /// (0..3).try_for_each(|_| program.run(&mut workspace, &[]))?;
    /// assert_eq!(workspace.state(0).first(), Some(&1.0));
    /// # Ok::<(), wengert::Error>(())
    /// ```
    #[track_caller]
    pub fn state(&self, index: usize) -> ArrayViewD<'_, T> {
        must(self.try_state(index))
    }

    /// As [`state`](Self::state), without the panic.
    ///
    /// # Errors
    /// If not as much is carried.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// # let x = tape.leaf("x", 2.0);
    /// # let program = tape.program([x], [x * x])?;
    /// assert!(program.workspace().try_state(0).is_err());
    /// # Ok::<(), wengert::Error>(())
    /// ```
    #[track_caller]
    pub fn try_state(&self, index: usize) -> Result<ArrayViewD<'_, T>, Error> {
        let place = self.state_place(index)?;
        Ok(view(self.program.slice(&self.memory, place.source), &place.layout))
    }

    #[track_caller]
    fn state_place(&self, index: usize) -> Result<&Place, Error> {
        let Some(place) = self.program.state_places.get(index) else {
            let what = format!(
                "there is no state {index}: the program carries {}, counted from 0",
                counted(self.program.state_places.len(), "array", "arrays")
            );
            let mend = "`program_builder(…).carry([(w, w_next)])` carries `w` from run to run.";
            return Err(Error::new("state", Problem::new(ErrorKind::Signature, what, mend), Vec::new()));
        };
        Ok(place)
    }

    /// Puts a value where state is carried: saved weights, or those that another program left. The results of
    /// the last run are gone then.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// # let w = tape.leaf("w", 8.0);
    /// # let program = tape.program_builder([], [w]).carry([(w, w * 0.5)]).build()?;
    /// # let mut workspace = program.workspace();
    /// workspace.set_state(0, &6.0);
    /// program.run(&mut workspace, &[])?;
    /// assert_eq!(workspace.state(0).first(), Some(&3.0));
    /// # Ok::<(), wengert::Error>(())
    /// ```
    #[track_caller]
    pub fn set_state(&mut self, index: usize, value: &dyn Feed<T>) {
        must(self.try_set_state(index, value));
    }

    /// As [`set_state`](Self::set_state), without the panic.
    ///
    /// # Errors
    /// If not as much is carried, or the value has another shape.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// # let w = tape.leaf("w", 8.0);
    /// # let program = tape.program_builder([], [w]).carry([(w, w * 0.5)]).build()?;
    /// # let mut workspace = program.workspace();
    /// assert!(workspace.try_set_state(0, &ndarray::arr1(&[6.0])).is_err());
    /// # Ok::<(), wengert::Error>(())
    /// ```
    #[track_caller]
    pub fn try_set_state(&mut self, index: usize, value: &dyn Feed<T>) -> Result<(), Error> {
        let Place { source, layout } = self.state_place(index)?;
        if layout.shape[..] != *value.dims() {
            let what = format!("state {index} has shape {}", Dims(&layout.shape));
            let mend = "State keeps the shape that was recorded.";
            let operand = Operand { label: "an array".into(), shape: value.dims().to_vec() };
            return Err(Error::new("state", Problem::new(ErrorKind::Signature, what, mend), vec![operand]));
        }
        match *source {
            Source::Buffer(buffer) => value.copy_to(&mut self.memory.buffers[buffer]),
            Source::Bank(place) => value.copy_to(&mut self.memory.bank[place..=place]),
            Source::Input(_) | Source::Constant(_) => unreachable!("state is in memory of its own"),
        }
        self.complete = false;
        Ok(())
    }

    /// Puts all state back to what was recorded.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// # let w = tape.leaf("w", 8.0);
    /// # let program = tape.program_builder([], [w]).carry([(w, w * 0.5)]).build()?;
    /// # let mut workspace = program.workspace();
    /// program.run(&mut workspace, &[])?;
    /// workspace.reset();
    /// assert_eq!(workspace.state(0).first(), Some(&8.0));
    /// # Ok::<(), wengert::Error>(())
    /// ```
    pub fn reset(&mut self) {
        self.memory = self.program.memory();
        self.complete = false;
    }

    /// How many bytes it takes.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// # let x = tape.leaf("x", 2.0);
    /// # let program = tape.program([x], [x * x])?;
    /// println!("{} bytes", program.workspace().bytes());
    /// # Ok::<(), wengert::Error>(())
    /// ```
    pub fn bytes(&self) -> usize {
        self.memory.bytes()
    }
}

impl<T: Float> fmt::Debug for Workspace<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Workspace")
            .field("bytes", &self.bytes())
            .field("complete", &self.complete)
            .finish_non_exhaustive()
    }
}
