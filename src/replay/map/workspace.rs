//! The memory in which a mapped program runs.

use super::Map;
use crate::Float;
use crate::error::{Dims, Error, ErrorKind, Operand, Problem, must};
use crate::replay::feed::Input;
use crate::replay::machine::{Aligned, Buffer, Memory, Source};
use crate::replay::port::Port;
use crate::replay::workspace::{Among, StateKey, Status};
use ndarray::{ArrayViewD, IxDyn};
use std::fmt;
use std::sync::Arc;

/// The memory to run a [`Mapped`](super::Mapped) program in: that of each thread that shares its lanes, the outputs, and all
/// lanes' state that is carried from run to run.
///
/// ```
/// use ndarray::arr1;
/// let tape = wengert::Tape::<f64>::new();
/// let x = tape.leaf("x", 1.0);
/// let mapped = tape.program(x, x * x)?.map(2)?;
/// let mut workspace = mapped.workspace();
/// mapped.run(&mut workspace, &arr1(&[3.0, 4.0]))?;
/// assert_eq!(workspace.output(0), arr1(&[9.0, 16.0]).into_dyn());
/// # Ok::<(), wengert::Error>(())
/// ```
///
/// A clone has the state and the results of the original, and goes its own way from there.
#[derive(Clone)]
pub struct MappedWorkspace<T: Float> {
    pub(super) map: Arc<Map<T>>,
    pub(super) own: Own<T>,
    pub(super) status: Status,
}

/// All of it but the program.
#[derive(Clone)]
pub(super) struct Own<T: Float> {
    /// For each thread, and each kind of piece that it has met.
    pub rooms: Vec<Room<T>>,
    /// Copies of inputs that did not lie in order, made when the first came.
    pub staged: Vec<Aligned<T>>,
    /// Outputs, and what is carried on if all lanes hold.
    pub results: Vec<Aligned<T>>,
    pub state: Vec<Aligned<T>>,
}

/// What one thread computes pieces in.
pub(super) type Room<T> = [Option<Memory<T>>; 2];

impl<T: Float> MappedWorkspace<T> {
    pub(super) fn new(map: &Arc<Map<T>>) -> Self {
        let filled = |port: &Port| Aligned::filled(port.shape.iter().product(), T::zero());
        let own = Own {
            rooms: (0..map.threads).map(|_| [None, None]).collect(),
            staged: map.inputs.iter().map(|_| Aligned::default()).collect(),
            results: map.results().map(filled).collect(),
            state: map.state.iter().map(filled).collect(),
        };
        let mut workspace = Self { map: Arc::clone(map), own, status: Status::Fresh };
        workspace.reset();
        workspace
    }

    /// Starts a run: there are no results until it has come to its end. If the run before panicked, parts of the memory may
    /// be missing; it is made anew then. No run takes away or changes the state before its end.
    pub(super) fn begin(&mut self) {
        if self.status == Status::Running {
            let state = std::mem::take(&mut self.own.state);
            self.own = Own { state, ..Self::new(&self.map).own };
        }
        self.status = Status::Running;
    }

    /// The elements of an output.
    pub(super) fn result(&self, index: usize) -> &[T] {
        &self.own.results[index]
    }

    /// A result of the last run, that of each lane along the first axis.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// # let x = tape.leaf("x", 2.0);
    /// # let mapped = tape.program(x, x * x)?.map(1)?;
    /// # let mut workspace = mapped.workspace();
    /// mapped.run(&mut workspace, &ndarray::arr1(&[3.0]))?;
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
    /// # let mapped = tape.program(x, x * x)?.map(1)?;
    /// assert!(mapped.workspace().try_output(0).is_err()); // before a run
    /// # Ok::<(), wengert::Error>(())
    /// ```
    #[track_caller]
    pub fn try_output(&self, index: usize) -> Result<ArrayViewD<'_, T>, Error> {
        let outputs = &self.map.outputs;
        self.status.check_output(index, outputs.len(), "mapped")?;
        Ok(view(&self.own.results[index], &outputs[index]))
    }

    /// What is carried from run to run, that of each lane along the first axis, by its place in the list given to
    /// [`carry`](crate::ProgramBuilder::carry) or by the name of its leaf.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// let (x, w) = (tape.leaf("x", 0.5), tape.leaf("w", 8.0));
    /// let mapped = tape.program_builder(x, w).carry([(w, w * x)]).build()?.map(2)?;
    /// let mut workspace = mapped.workspace();
    /// mapped.run(&mut workspace, &ndarray::arr1(&[0.5, 2.0]))?;
    /// assert_eq!(workspace.state("w"), ndarray::arr1(&[4.0, 16.0]).into_dyn());
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
    /// assert!(tape.program(x, x * x)?.map(1)?.workspace().try_state(0).is_err());
    /// # Ok::<(), wengert::Error>(())
    /// ```
    #[track_caller]
    #[allow(clippy::needless_pass_by_value)] // A name or a number.
    pub fn try_state(&self, key: impl StateKey) -> Result<ArrayViewD<'_, T>, Error> {
        let place = Among::carried(&self.map.state).place(&key)?;
        Ok(view(&self.own.state[place], &self.map.state[place]))
    }

    /// All that is carried, with names and shapes.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// # let w = tape.leaf("w", 8.0);
    /// # let mapped = tape.program_builder(tape.none(), w).carry([(w, w * 0.5)]).build()?.map(2)?;
    /// for (port, value) in mapped.workspace().states() {
    ///     println!("{port}: {value}");
    /// }
    /// # Ok::<(), wengert::Error>(())
    /// ```
    pub fn states(&self) -> impl Iterator<Item = (&Port, ArrayViewD<'_, T>)> {
        self.map.state.iter().zip(&self.own.state).map(|(port, elements)| (port, view(elements, port)))
    }

    /// Puts values where state is carried: one for each lane along the first axis, or one of the shape that was recorded, for
    /// all lanes. The results of the last run are gone then.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// # let w = tape.leaf("w", 8.0);
    /// # let mapped = tape.program_builder(tape.none(), w).carry([(w, w * 0.5)]).build()?.map(2)?;
    /// # let mut workspace = mapped.workspace();
    /// workspace.set_state("w", 6.0);
    /// workspace.set_state("w", &ndarray::arr1(&[6.0, 2.0]));
    /// mapped.run(&mut workspace, ())?;
    /// assert_eq!(workspace.state("w"), ndarray::arr1(&[3.0, 1.0]).into_dyn());
    /// # Ok::<(), wengert::Error>(())
    /// ```
    #[track_caller]
    #[allow(clippy::needless_pass_by_value)] // A name or a number.
    pub fn set_state<'a>(&mut self, key: impl StateKey, value: impl Into<Input<'a, T>>) {
        must(self.try_set_state(key, value));
    }

    /// As [`set_state`](Self::set_state), without the panic.
    ///
    /// # Errors
    /// If there is no such state, or the value has neither shape.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// # let w = tape.leaf("w", 8.0);
    /// # let mapped = tape.program_builder(tape.none(), w).carry([(w, w * 0.5)]).build()?.map(2)?;
    /// assert!(mapped.workspace().try_set_state(0, &ndarray::arr1(&[1.0, 2.0, 3.0])).is_err());
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
        let place = Among::carried(&self.map.state).place(&key)?;
        let (port, state) = (&self.map.state[place], &mut self.own.state[place]);
        let copied = if value.dims() == port.shape {
            value.copy_to(state)
        } else if value.dims() == &port.shape[1..] {
            value.to_array().map(|lane| {
                let elements = state.len() / self.map.lanes.max(1);
                for to in state.chunks_exact_mut(elements.max(1)) {
                    to.iter_mut().zip(&lane).for_each(|(to, from)| *to = *from);
                }
            })
        } else {
            let what = format!(
                "state {key} has shape {}, and in each lane {}",
                Dims(&port.shape),
                Dims(&port.shape[1..])
            );
            let mend = "Give one for each lane along the first axis, or one for all.";
            let operand = Operand { label: "an array".into(), shape: value.dims().to_vec() };
            return Err(Error::new("state", Problem::new(ErrorKind::Signature, what, mend), vec![operand]));
        };
        copied.map_err(|problem| Error::new("state", problem, Vec::new()))?;
        self.status = Status::Fresh;
        Ok(())
    }

    /// Puts all lanes' state back to what was recorded.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// # let w = tape.leaf("w", 8.0);
    /// # let mapped = tape.program_builder(tape.none(), w).carry([(w, w * 0.5)]).build()?.map(2)?;
    /// # let mut workspace = mapped.workspace();
    /// mapped.run(&mut workspace, ())?;
    /// workspace.reset();
    /// assert_eq!(workspace.state("w").first(), Some(&8.0));
    /// # Ok::<(), wengert::Error>(())
    /// ```
    pub fn reset(&mut self) {
        let compiled = &self.map.program.0;
        for (state, place) in self.own.state.iter_mut().zip(&compiled.state_places) {
            let recorded = match place.source {
                Source::Buffer(buffer) => match &compiled.code.buffers[buffer] {
                    Buffer::State(elements) => &elements[..],
                    Buffer::Sized(_) => unreachable!("state starts from what was recorded"),
                },
                Source::Bank(place) => std::slice::from_ref(&compiled.code.bank[place]),
                Source::Input(_) | Source::Constant(_) => unreachable!("state is in memory of its own"),
            };
            state.chunks_exact_mut(recorded.len().max(1)).for_each(|lane| lane.copy_from_slice(recorded));
        }
        self.status = Status::Fresh;
    }

    /// How many bytes it takes. That of the threads it takes as they first run.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// # let x = tape.leaf("x", 2.0);
    /// println!("{} bytes", tape.program(x, x * x)?.map(64)?.workspace().bytes());
    /// # Ok::<(), wengert::Error>(())
    /// ```
    pub fn bytes(&self) -> usize {
        let Own { rooms, staged, results, state } = &self.own;
        let rooms = rooms.iter().flatten().flatten().map(Memory::bytes);
        let arrays = [staged, results, state].into_iter().flatten().map(Aligned::bytes);
        rooms.chain(arrays).sum()
    }
}

fn view<'a, T>(elements: &'a [T], port: &Port) -> ArrayViewD<'a, T> {
    ArrayViewD::from_shape(IxDyn(&port.shape), elements).expect("as many elements as its shape says")
}

impl<T: Float> fmt::Debug for MappedWorkspace<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MappedWorkspace")
            .field("lanes", &self.map.lanes)
            .field("bytes", &self.bytes())
            .field("complete", &(self.status == Status::Complete))
            .finish_non_exhaustive()
    }
}
