//! The memory in which a program runs.

use super::compiled::Compiled;
use super::feed::Input;
use super::machine::{Memory, Place, Source, view};
use super::port::Port;
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
/// program.run(&mut workspace, &arr1(&[3.0, 4.0]))?;
/// assert_eq!(workspace.output(0), arr1(&[9.0, 16.0]).into_dyn());
/// # Ok::<(), wengert::Error>(())
/// ```
///
/// A clone has the state and the results of the original, and goes its own way from there.
#[derive(Clone)]
pub struct Workspace<T: Float> {
    pub(super) program: Arc<Compiled<T>>,
    pub(super) memory: Memory<T>,
    pub(super) status: Status,
    /// Empty but for its room, in which a run lists what it is fed.
    pub(super) feeds: Vec<&'static [T]>,
}

/// How the last run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Status {
    /// There was none.
    Fresh,
    /// It did not: it is at work, or it panicked.
    Running,
    /// With an error. State is as before the run.
    Refused,
    /// There are results.
    Complete,
}

impl Status {
    /// Whether there is this output of so many, and a run has left it there. `what` runs is a `program`, or `mapped`.
    #[track_caller]
    pub fn check_output(self, index: usize, outputs: usize, what: &str) -> Result<(), Error> {
        let (problem, mend) = if index >= outputs {
            let has = counted(outputs, "output", "outputs");
            let problem = format!("there is no output {index}: the program has {has}, counted from 0");
            (problem, format!("`{what}.outputs()` names them."))
        } else if self != Self::Complete {
            let problem = "there are no results: no run in this workspace has come to its end".into();
            (problem, format!("Call `{what}.run` first."))
        } else {
            return Ok(());
        };
        Err(Error::new("output", Problem::new(ErrorKind::Signature, problem, mend), Vec::new()))
    }
}

/// What is carried by a program, or an input of one, by its place or by its name: `0`, or `"w"`.
///
/// ```
/// let tape = wengert::Tape::<f64>::new();
/// let w = tape.leaf("w", 8.0);
/// let workspace = tape.program_builder(tape.none(), [w]).carry([(w, w * 0.5)]).build()?.workspace();
/// assert_eq!(workspace.state("w"), workspace.state(0));
/// # Ok::<(), wengert::Error>(())
/// ```
pub trait StateKey: fmt::Display {
    #[doc(hidden)]
    fn place(&self, among: &Among<'_>) -> Result<usize, String>;
}

/// What is looked up by a key, in words.
#[derive(Clone, Copy, Debug)]
pub struct Among<'a> {
    pub(super) ports: &'a [Port],
    /// What one is.
    pub(super) one: &'a str,
    /// What the program does with them.
    pub(super) takes: &'a str,
}

impl<'a> Among<'a> {
    pub(super) fn carried(ports: &'a [Port]) -> Self {
        Self { ports, one: "state", takes: "carries" }
    }

    #[track_caller]
    pub(super) fn place(&self, key: &impl StateKey) -> Result<usize, Error> {
        match key.place(self) {
            Ok(place) => Ok(place),
            Err(what) => {
                let mend = "`program_builder(…).carry([(w, w_next)])` carries `w` from run to run, and \
                            `program.states()` lists what is carried.";
                Err(Error::new("state", Problem::new(ErrorKind::Signature, what, mend), Vec::new()))
            }
        }
    }
}

impl StateKey for usize {
    fn place(&self, among: &Among<'_>) -> Result<usize, String> {
        let Among { ports, one, takes } = among;
        let arrays = counted(ports.len(), "array", "arrays");
        let there = (*self < ports.len()).then_some(*self);
        there.ok_or_else(|| format!("there is no {one} {self}: the program {takes} {arrays}, counted from 0"))
    }
}

impl StateKey for &str {
    fn place(&self, among: &Among<'_>) -> Result<usize, String> {
        let Among { ports, one, takes } = among;
        let mut places = (0..ports.len()).filter(|&i| ports[i].name == **self);
        match (places.next(), places.next()) {
            (Some(place), None) => Ok(place),
            (Some(_), Some(_)) => Err(format!("the program {takes} several {one}s of the name `{self}`")),
            (None, _) => {
                let names: Vec<String> = ports.iter().map(|port| format!("`{}`", port.name)).collect();
                let names = if names.is_empty() { "nothing".into() } else { names.join(", ") };
                Err(format!("there is no {one} `{self}`: the program {takes} {names}"))
            }
        }
    }
}

impl StateKey for &String {
    fn place(&self, among: &Among<'_>) -> Result<usize, String> {
        self.as_str().place(among)
    }
}

impl<T: Float> Workspace<T> {
    pub(super) fn around(program: Arc<Compiled<T>>, memory: Memory<T>) -> Self {
        let feeds = Vec::with_capacity(program.signature.inputs.len());
        Self { program, memory, status: Status::Fresh, feeds }
    }

    /// Starts a run: there are no results until it has come to its end. If the run before panicked, parts of the memory
    /// may be missing; it is made anew then, but for the state, which no run takes away or changes before its end.
    pub(super) fn begin(&mut self) {
        if self.status == Status::Running {
            let mut memory = self.program.memory();
            for Place { source, .. } in &self.program.state_places {
                match *source {
                    Source::Buffer(buffer) => {
                        std::mem::swap(&mut memory.buffers[buffer], &mut self.memory.buffers[buffer]);
                    }
                    Source::Bank(place) => memory.bank[place] = self.memory.bank[place],
                    Source::Input(_) | Source::Constant(_) => unreachable!("state is in memory of its own"),
                }
            }
            self.memory = memory;
        }
        self.status = Status::Running;
    }

    /// Gives up the memory of its state, which whoever keeps it will lend for each run.
    pub(super) fn leave_state(&mut self) {
        for Place { source, .. } in &self.program.state_places {
            if let Source::Buffer(buffer) = *source {
                std::mem::take(&mut self.memory.buffers[buffer]);
            }
        }
    }

    /// A result of the last run, where it lies: nothing is copied.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// # let x = tape.leaf("x", 2.0);
    /// # let program = tape.program([x], [x * x])?;
    /// # let mut workspace = program.workspace();
    /// program.run(&mut workspace, 3.0)?;
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
        self.status.check_output(index, outputs.len(), "program")?;
        Ok(self.view(&outputs[index]))
    }

    /// What is carried from run to run, by its place in the list given to
    /// [`carry`](super::ProgramBuilder::carry) or by the name of its leaf: what the last run left, or what was recorded.
    ///
    /// ```
    /// let tape = wengert::Tape::<f64>::new();
    /// let w = tape.leaf("w", 8.0);
    /// let program = tape.program_builder(tape.none(), [w]).carry([(w, w * 0.5)]).build()?;
    /// let mut workspace = program.workspace();
    /// (0..3).try_for_each(|_| program.run(&mut workspace, ()))?;
    /// assert_eq!(workspace.state("w").first(), Some(&1.0));
    /// # Ok::<(), wengert::Error>(())
    /// ```
    #[track_caller]
    #[allow(clippy::needless_pass_by_value)] // A name or a number.
    pub fn state(&self, key: impl StateKey) -> ArrayViewD<'_, T> {
        must(self.try_state(key))
    }

    /// As [`state`](Self::state), without the panic.
    ///
    /// # Errors
    /// If there is no such state.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// # let x = tape.leaf("x", 2.0);
    /// # let program = tape.program([x], [x * x])?;
    /// assert!(program.workspace().try_state(0).is_err());
    /// # Ok::<(), wengert::Error>(())
    /// ```
    #[track_caller]
    #[allow(clippy::needless_pass_by_value)] // A name or a number.
    pub fn try_state(&self, key: impl StateKey) -> Result<ArrayViewD<'_, T>, Error> {
        Ok(self.view(self.state_place(&key)?))
    }

    #[track_caller]
    fn state_place(&self, key: &impl StateKey) -> Result<&Place, Error> {
        let place = Among::carried(&self.program.signature.state).place(key)?;
        Ok(&self.program.state_places[place])
    }

    /// All that is carried, with names and shapes: to save it, say.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// # let w = tape.leaf("w", 8.0);
    /// # let program = tape.program_builder(tape.none(), [w]).carry([(w, w * 0.5)]).build()?;
    /// for (port, value) in program.workspace().states() {
    ///     println!("{port}: {value}");
    /// }
    /// # Ok::<(), wengert::Error>(())
    /// ```
    pub fn states(&self) -> impl Iterator<Item = (&Port, ArrayViewD<'_, T>)> {
        let views = self.program.state_places.iter().map(|place| self.view(place));
        self.program.signature.state.iter().zip(views)
    }

    fn view(&self, place: &Place) -> ArrayViewD<'_, T> {
        view(self.program.slice(&self.memory, place.source), &place.layout)
    }

    /// Puts a value where state is carried: saved weights, or those that another program left. The results of
    /// the last run are gone then.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// # let w = tape.leaf("w", 8.0);
    /// # let program = tape.program_builder(tape.none(), [w]).carry([(w, w * 0.5)]).build()?;
    /// # let mut workspace = program.workspace();
    /// workspace.set_state("w", 6.0);
    /// program.run(&mut workspace, ())?;
    /// assert_eq!(workspace.state(0).first(), Some(&3.0));
    /// # Ok::<(), wengert::Error>(())
    /// ```
    #[track_caller]
    pub fn set_state<'a>(&mut self, key: impl StateKey, value: impl Into<Input<'a, T>>) {
        must(self.try_set_state(key, value));
    }

    /// As [`set_state`](Self::set_state), without the panic.
    ///
    /// # Errors
    /// If there is no such state, or the value has another shape.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// # let w = tape.leaf("w", 8.0);
    /// # let program = tape.program_builder(tape.none(), [w]).carry([(w, w * 0.5)]).build()?;
    /// # let mut workspace = program.workspace();
    /// assert!(workspace.try_set_state(0, &ndarray::arr1(&[6.0])).is_err());
    /// # Ok::<(), wengert::Error>(())
    /// ```
    #[track_caller]
    #[allow(clippy::needless_pass_by_value)] // A name or a number.
    pub fn try_set_state<'a>(
        &mut self,
        key: impl StateKey,
        value: impl Into<Input<'a, T>>,
    ) -> Result<(), Error> {
        let value = value.into();
        let Place { source, layout } = self.state_place(&key)?;
        if layout.shape[..] != *value.dims() {
            let what = format!("state {key} has shape {}", Dims(&layout.shape));
            let mend = "State keeps the shape that was recorded.";
            let operand = Operand { label: "an array".into(), shape: value.dims().to_vec() };
            return Err(Error::new("state", Problem::new(ErrorKind::Signature, what, mend), vec![operand]));
        }
        let copied = match *source {
            Source::Buffer(buffer) => value.copy_to(&mut self.memory.buffers[buffer]),
            Source::Bank(place) => value.copy_to(&mut self.memory.bank[place..=place]),
            Source::Input(_) | Source::Constant(_) => unreachable!("state is in memory of its own"),
        };
        copied.map_err(|problem| Error::new("state", problem, Vec::new()))?;
        self.status = Status::Fresh;
        Ok(())
    }

    /// Puts all state back to what was recorded.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// # let w = tape.leaf("w", 8.0);
    /// # let program = tape.program_builder(tape.none(), [w]).carry([(w, w * 0.5)]).build()?;
    /// # let mut workspace = program.workspace();
    /// program.run(&mut workspace, ())?;
    /// workspace.reset();
    /// assert_eq!(workspace.state(0).first(), Some(&8.0));
    /// # Ok::<(), wengert::Error>(())
    /// ```
    pub fn reset(&mut self) {
        self.memory = self.program.memory();
        self.status = Status::Fresh;
    }

    /// How many bytes it takes, scratch and copies of inputs among them; before a run, as many as
    /// [`Report::workspace_bytes`](super::Report::workspace_bytes) says.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// # let x = tape.leaf("x", 2.0);
    /// # let program = tape.program([x], [x * x])?;
    /// println!("{} bytes", program.workspace().bytes());
    /// # Ok::<(), wengert::Error>(())
    /// ```
    pub fn bytes(&self) -> usize {
        self.memory.bytes() + self.feeds.capacity() * size_of::<&[T]>()
    }
}

impl<T: Float> fmt::Debug for Workspace<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Workspace")
            .field("bytes", &self.bytes())
            .field("complete", &(self.status == Status::Complete))
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Tape;
    use ndarray::arr1;

    /// As if the last run had panicked in the middle of an instruction, with the results' buffers taken out.
    #[test]
    fn after_a_panic_it_works_and_keeps_its_state() {
        let tape = Tape::<f64>::new();
        let (x, w, n) =
            (tape.leaf("x", arr1(&[1.0, 2.0])), tape.leaf("w", arr1(&[1.0, 1.0])), tape.leaf("n", 0.0));
        let builder = tape.program_builder([x], [(x * w).sum(), x.cumsum(0)]);
        let program = builder.carry([(w, w + x), (n, n + 1.0)]).build().unwrap();
        let mut workspace = program.workspace();
        let run = |workspace: &mut Workspace<f64>| program.run(workspace, arr1(&[1.0, 2.0])).unwrap();
        run(&mut workspace);
        let mut expected = workspace.clone();
        workspace.begin();
        let states: Vec<usize> = program
            .0
            .state_places
            .iter()
            .filter_map(|place| match place.source {
                Source::Buffer(buffer) => Some(buffer),
                _ => None,
            })
            .collect();
        for (i, buffer) in workspace.memory.buffers.iter_mut().enumerate() {
            if !states.contains(&i) {
                std::mem::take(buffer);
            }
        }
        std::mem::take(&mut workspace.memory.scratch);
        assert!(workspace.try_output(0).is_err()); // It says so,
        assert_eq!((workspace.state("w"), workspace.state("n")), (expected.state("w"), expected.state("n")));
        run(&mut workspace); // and it works.
        run(&mut expected);
        assert_eq!((workspace.output(0), workspace.output(1)), (expected.output(0), expected.output(1)));
        assert_eq!((workspace.state("w"), workspace.state("n")), (expected.state("w"), expected.state("n")));
    }
}
