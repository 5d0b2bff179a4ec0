//! A tape that runs again.

use super::compiled::Compiled;
use super::feed::{Feed, Sink};
use super::lower::Lowered;
use super::machine::{Feeds, Place, view};
use super::port::{Port, disagreement, list};
use super::report::Report;
use super::workspace::Workspace;
use crate::Float;
use crate::error::{Error, ErrorKind, Problem, counted};
use crate::tape::GuardText;
use ndarray::ArrayD;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

/// A recorded tape, made into a machine: it computes outputs from new inputs without recording.
///
/// Made by [`Tape::program`](crate::Tape::program). It gives the same bits as recording the same operations
/// on the new inputs would give. What was on the tape and is no input keeps its value. A program can be
/// shared between threads; cloning it copies nothing.
///
/// ```
/// use ndarray::{arr1, arr2};
/// use wengert::Tape;
///
/// let tape = Tape::<f64>::new();
/// let x = tape.leaf("x", arr2(&[[1.0, 2.0], [3.0, 4.0]]));
/// let w = tape.leaf("w", arr1(&[0.5, -0.5]));
/// let loss = (x.matmul(w) - 1.0).square().sum().named("loss");
/// let grads = loss.backward();
/// let step = tape.program([x, w], [loss, grads[w]])?;
///
/// let [l, gw] = step.replay(&[&arr2(&[[1.0, 0.0], [0.0, 1.0]]), &arr1(&[1.0, 3.0])])?;
/// assert_eq!(l, ndarray::arr0(4.0).into_dyn());
/// assert_eq!(gw, arr1(&[0.0, 4.0]).into_dyn());
/// println!("{step}\n{}", step.report());
/// # Ok::<(), wengert::Error>(())
/// ```
#[doc(alias = "jit")]
#[derive(Clone)]
pub struct Program<T: Float>(pub(super) Arc<Compiled<T>>);

impl<T: Float> Program<T> {
    pub(super) fn new(
        lowered: Lowered<T>,
        signature: (Vec<Port>, Vec<Port>),
        guards: Vec<GuardText>,
        state_places: Vec<Place>,
        report: Report,
    ) -> Self {
        let Lowered { code, outputs, guards: places, kept, state, numbers, .. } = lowered;
        let guards = guards.into_iter().zip(places).collect();
        let idle = Mutex::default();
        Self(Arc::new(Compiled {
            code,
            signature,
            outputs,
            guards,
            kept,
            state,
            state_places,
            numbers,
            report,
            idle,
        }))
    }

    /// The inputs, in the order in which values are given.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// let x = tape.leaf("x", ndarray::arr1(&[1.0, 2.0]));
    /// let program = tape.program([x], [x.sum()])?;
    /// assert_eq!(program.inputs()[0].to_string(), "x (2,)");
    /// # Ok::<(), wengert::Error>(())
    /// ```
    pub fn inputs(&self) -> &[Port] {
        &self.0.signature.0
    }

    /// The outputs, in the order in which results are given.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// let x = tape.leaf("x", ndarray::arr1(&[1.0, 2.0]));
    /// let program = tape.program([x], [x.sum().named("total")])?;
    /// assert_eq!(program.outputs()[0].to_string(), "total ()");
    /// # Ok::<(), wengert::Error>(())
    /// ```
    pub fn outputs(&self) -> &[Port] {
        &self.0.signature.1
    }

    /// What was made of the tape: rows after each pass, buffers, bytes, operations.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// let x = tape.leaf("x", ndarray::arr1(&[1.0, 2.0]));
    /// println!("{}", tape.program([x], [x.sum()])?.report());
    /// # Ok::<(), wengert::Error>(())
    /// ```
    pub fn report(&self) -> &Report {
        &self.0.report
    }

    /// Memory to run in: one for each thread that runs the program.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// let x = tape.leaf("x", 1.0);
    /// let program = tape.program([x], [x.sin()])?;
    /// std::thread::scope(|scope| {
    ///     for start in [0.0, 1.0] {
    ///         let program = &program;
    ///         scope.spawn(move || program.run(&mut program.workspace(), &[&start]));
    ///     }
    /// });
    /// # Ok::<(), wengert::Error>(())
    /// ```
    pub fn workspace(&self) -> Workspace<T> {
        Workspace { program: Arc::clone(&self.0), memory: self.0.memory(), complete: false }
    }

    /// The outputs for these inputs, as new arrays.
    ///
    /// State that the program carries starts from what was recorded, each time.
    ///
    /// # Errors
    /// If there are more or fewer inputs than the program takes, or outputs than are asked for, an input has
    /// another shape, or a comparison that was taken while recording turns out otherwise.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// let x = tape.leaf("x", 1.0);
    /// let program = tape.program([x], [x + 1.0, x * 10.0])?;
    /// let [more, tenfold] = program.replay(&[&5.0])?;
    /// assert_eq!((more[[]], tenfold[[]]), (6.0, 50.0));
    /// # Ok::<(), wengert::Error>(())
    /// ```
    #[track_caller]
    pub fn replay<const N: usize>(&self, inputs: &[&dyn Feed<T>]) -> Result<[ArrayD<T>; N], Error> {
        if N != self.outputs().len() {
            let what = format!(
                "{} asked for, and the program has {}: {}",
                counted(N, "output is", "outputs are"),
                self.outputs().len(),
                list(self.outputs())
            );
            let mend = "Take all of them, in this order, or use `replay_to_vec`.";
            return Err(Error::new("replay", Problem::new(ErrorKind::Signature, what, mend), Vec::new()));
        }
        let mut outputs = self.replay_to_vec(inputs)?.into_iter();
        Ok(std::array::from_fn(|_| outputs.next().expect("counted above")))
    }

    /// As [`replay`](Self::replay), for a number of outputs that is not known beforehand.
    ///
    /// # Errors
    /// As of [`replay`](Self::replay).
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// let x = tape.leaf("x", 1.0);
    /// let powers: Vec<_> = (0..4).scan(x, |y, _| { *y *= x; Some(*y) }).collect();
    /// let program = tape.program([x], powers)?;
    /// assert_eq!(program.replay_to_vec(&[&2.0])?.len(), 4);
    /// # Ok::<(), wengert::Error>(())
    /// ```
    #[track_caller]
    pub fn replay_to_vec(&self, inputs: &[&dyn Feed<T>]) -> Result<Vec<ArrayD<T>>, Error> {
        let idle = || self.0.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let memory = idle().pop().filter(|_| self.0.state.is_empty()).unwrap_or_else(|| self.0.memory());
        let mut workspace = Workspace { program: Arc::clone(&self.0), memory, complete: false };
        self.run(&mut workspace, inputs)?;
        let outputs = (0..self.outputs().len()).map(|i| workspace.output(i).to_owned()).collect();
        idle().push(workspace.memory);
        Ok(outputs)
    }

    /// The outputs for these inputs, written to the caller's arrays. Nothing is allocated, if the inputs lie
    /// in row-major order or have been copied to this workspace before; of a product that is large enough for
    /// several threads, their queue takes a block now and then.
    ///
    /// # Errors
    /// As of [`replay`](Self::replay), and if an array to write to has another shape than its output.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f32>::new();
    /// let x = tape.leaf("x", ndarray::arr1(&[1.0, 2.0]));
    /// let program = tape.program([x], [x * x, x.sum()])?;
    /// let mut workspace = program.workspace();
    /// let (mut square, mut sum) = (ndarray::Array1::zeros(2), 0.0);
    /// program.replay_into(&mut workspace, &[&ndarray::arr1(&[3.0, 4.0])], &mut [&mut square, &mut sum])?;
    /// assert_eq!(sum, 7.0);
    /// # Ok::<(), wengert::Error>(())
    /// ```
    #[track_caller]
    pub fn replay_into(
        &self,
        workspace: &mut Workspace<T>,
        inputs: &[&dyn Feed<T>],
        outputs: &mut [&mut dyn Sink<T>],
    ) -> Result<(), Error> {
        let dims = |i: usize| outputs[i].dims();
        if let Some(problem) = disagreement("output", self.outputs(), outputs.len(), dims) {
            return Err(Error::new("replay", problem.0, problem.1));
        }
        self.run(workspace, inputs)?;
        for (place, out) in self.0.outputs.iter().zip(outputs) {
            if let Some(out) = out.elements() {
                self.0.read(&mut workspace.memory, place, out);
            } else {
                let memory = self.0.slice(&workspace.memory, place.source);
                out.fill_from(&mut view(memory, &place.layout).iter().copied());
            }
        }
        Ok(())
    }

    /// Runs in the workspace, where the results then are: [`Workspace::output`]. Carried state moves on.
    ///
    /// # Errors
    /// As of [`replay`](Self::replay), and if the workspace is of another program. State does not move on then.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// let x = tape.leaf("x", 1.0);
    /// let program = tape.program([x], [x.exp()])?;
    /// let mut workspace = program.workspace();
    /// for x in [0.0, 1.0, 2.0] {
    ///     program.run(&mut workspace, &[&x])?;
    ///     println!("{}", workspace.output(0));
    /// }
    /// # Ok::<(), wengert::Error>(())
    /// ```
    #[track_caller]
    pub fn run(&self, workspace: &mut Workspace<T>, inputs: &[&dyn Feed<T>]) -> Result<(), Error> {
        if !Arc::ptr_eq(&self.0, &workspace.program) {
            let what = "the workspace was made by another program";
            let problem =
                Problem::new(ErrorKind::Signature, what, "Use one that `program.workspace()` gave.");
            return Err(Error::new("replay", problem, Vec::new()));
        }
        if let Some(problem) = disagreement("input", self.inputs(), inputs.len(), |i| inputs[i].dims()) {
            return Err(Error::new("replay", problem.0, problem.1));
        }
        workspace.complete = false;
        let memory = &mut workspace.memory;
        for (place, input) in inputs.iter().enumerate() {
            match (self.0.numbers[place], input.elements()) {
                (Some(bank), Some(elements)) => memory.bank[bank] = elements[0],
                _ => memory.stage(place, *input),
            }
        }
        let feeds = Feeds { given: inputs };
        self.0.code.run(memory, &feeds);
        for (guard, places) in &self.0.guards {
            let [left, right] = places
                .each_ref()
                .map(|place| memory.slice(&self.0.code, &feeds, place.source)[place.layout.offset]);
            if !guard.holds(left, right) {
                return Err(guard.error(left, right));
            }
        }
        self.0.move_on(memory, &feeds);
        workspace.complete = true;
        Ok(())
    }
}

impl<T: Float> fmt::Display for Program<T> {
    /// The signature.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} -> {}", T::DTYPE, list(self.inputs()), list(self.outputs()))
    }
}

impl<T: Float> fmt::Debug for Program<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Program")
            .field("inputs", &self.inputs())
            .field("outputs", &self.outputs())
            .finish_non_exhaustive()
    }
}
