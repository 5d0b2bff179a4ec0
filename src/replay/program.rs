//! A tape that runs again.

use super::compiled::{Compiled, Recipe, Told};
use super::feed::{Input, IntoInputs, IntoOutputs};
use super::fixed::Fixed;
use super::history::History;
use super::lower::Lowered;
use super::machine::{Feeds, Place, view};
use super::port::{Port, Signature, disagreement, list, list_in_words, misfit};
use super::report::Report;
use super::trace::Trace;
use super::workspace::{Status, Workspace};
use crate::Float;
use crate::array::Value;
use crate::error::{Error, ErrorKind, Problem, counted};
use crate::tape::{GuardText, NonFinite};
use indexmap::IndexMap;
use ndarray::ArrayD;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

/// A recorded tape, made into a machine: it computes outputs from new inputs without recording.
///
/// Made by [`Tape::program`](crate::Tape::program). It gives the same bits as recording the same operations
/// on the new inputs would give. What was on the tape and is no input keeps its value: [`fixed`](Self::fixed) lists
/// it. A program can be
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
/// let [l, gw] = step.replay((&arr2(&[[1.0, 0.0], [0.0, 1.0]]), &arr1(&[1.0, 3.0])))?;
/// assert_eq!(l, ndarray::arr0(4.0).into_dyn());
/// assert_eq!(gw, arr1(&[0.0, 4.0]).into_dyn());
/// println!("{step}\n{}", step.report());
/// # Ok::<(), wengert::Error>(())
/// ```
#[doc(alias = "jit")]
#[derive(Clone)]
pub struct Program<T: Float>(pub(super) Arc<Compiled<T>>);

impl<T: Float> Program<T> {
    #[allow(clippy::too_many_arguments)] // All that a program is made of.
    pub(super) fn new(
        lowered: Lowered<T>,
        signature: Signature,
        guards: Vec<GuardText>,
        state_places: Vec<Place>,
        told: IndexMap<usize, Told>,
        report: Report,
        trace: Option<Trace<T>>,
        history: Option<History<T>>,
        recipe: Recipe<T>,
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
            told,
            report,
            trace,
            history,
            recipe,
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
        &self.0.signature.inputs
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
        &self.0.signature.outputs
    }

    /// The state that is carried from run to run, in the order of [`carry`](super::ProgramBuilder::carry), by the names
    /// of its leaves.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// let (w, v) = (tape.leaf("w", ndarray::arr1(&[1.0, 2.0])), tape.leaf("v", 0.5));
    /// let program = tape.program_builder(tape.none(), [w]).carry([(w, w * v), (v, v * v)]).build()?;
    /// let names: Vec<&str> = program.states().iter().map(|port| port.name.as_str()).collect();
    /// assert_eq!(names, ["w", "v"]);
    /// # Ok::<(), wengert::Error>(())
    /// ```
    pub fn states(&self) -> &[Port] {
        &self.0.signature.state
    }

    /// What keeps the value that was recorded: leaves that are no inputs, constants that are arrays, indices.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// let (x, w) = (tape.leaf("x", 1.0), tape.leaf("w", 2.0));
    /// assert_eq!(tape.program(x, x * w)?.fixed()[0].what, "leaf `w`"); // forgotten among the inputs?
    /// assert!(tape.program([x, w], x * w)?.fixed().is_empty());
    /// # Ok::<(), wengert::Error>(())
    /// ```
    pub fn fixed(&self) -> &[Fixed] {
        &self.0.signature.fixed
    }

    /// The comparisons of the recorded control flow, each with how it has to turn out, and its line.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// let x = tape.leaf("x", 1.0);
    /// let y = if x < 2.0 { x * 2.0 } else { x };
    /// let program = tape.program(x, y)?;
    /// assert!(program.guards().next().unwrap().starts_with("`x` < 2.0 is less, at "));
    /// # Ok::<(), wengert::Error>(())
    /// ```
    pub fn guards(&self) -> impl Iterator<Item = String> {
        self.0.guards.iter().map(|(guard, _)| guard.to_string())
    }

    /// The values that were read while it was recorded, of rows that depend on an input, each with its line: a replay
    /// keeps what was made of them. What was shown to people is none of them: a row or a tape that was printed, a table, a
    /// picture, a page.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// let x = tape.leaf("x", 3.0);
    /// let y = x * x.item(); // the 3 is a constant now
    /// println!("{y:?}\n{tape}");
    /// let program = tape.program(x, y)?;
    /// assert!(program.reads().len() == 1 && program.reads()[0].starts_with("`x` at "));
    /// # Ok::<(), wengert::Error>(())
    /// ```
    pub fn reads(&self) -> &[String] {
        &self.0.signature.reads
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
    ///         scope.spawn(move || program.run(&mut program.workspace(), start));
    ///     }
    /// });
    /// # Ok::<(), wengert::Error>(())
    /// ```
    pub fn workspace(&self) -> Workspace<T> {
        Workspace::around(Arc::clone(&self.0), self.0.memory())
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
    /// let [more, tenfold] = program.replay(5.0)?;
    /// assert_eq!((more[[]], tenfold[[]]), (6.0, 50.0));
    /// # Ok::<(), wengert::Error>(())
    /// ```
    #[track_caller]
    pub fn replay<'a, const N: usize>(
        &self,
        inputs: impl IntoInputs<'a, T>,
    ) -> Result<[ArrayD<T>; N], Error> {
        count_outputs(N, self.outputs())?;
        let mut outputs = self.replay_to_vec(inputs)?.into_iter();
        Ok(std::array::from_fn(|_| outputs.next().expect("counted above")))
    }

    /// As [`replay`](Self::replay), of a program with one output.
    ///
    /// # Errors
    /// As of [`replay`](Self::replay).
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// let x = tape.leaf("x", 1.0);
    /// assert_eq!(tape.program(x, x * x)?.replay_one(3.0)?[[]], 9.0);
    /// # Ok::<(), wengert::Error>(())
    /// ```
    #[track_caller]
    pub fn replay_one<'a>(&self, inputs: impl IntoInputs<'a, T>) -> Result<ArrayD<T>, Error> {
        let [output] = self.replay(inputs)?;
        Ok(output)
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
    /// assert_eq!(program.replay_to_vec(2.0)?.len(), 4);
    /// # Ok::<(), wengert::Error>(())
    /// ```
    #[track_caller]
    pub fn replay_to_vec<'a>(&self, inputs: impl IntoInputs<'a, T>) -> Result<Vec<ArrayD<T>>, Error> {
        let idle = || self.0.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let memory = idle().pop().filter(|_| self.0.state.is_empty()).unwrap_or_else(|| self.0.memory());
        let mut workspace = Workspace::around(Arc::clone(&self.0), memory);
        self.run_on("replay", &mut workspace, inputs.into_inputs().as_ref(), |_| ())?;
        let outputs = (0..self.outputs().len()).map(|i| workspace.output(i).to_owned()).collect();
        idle().push(workspace.memory);
        Ok(outputs)
    }

    /// The outputs for these inputs, written to the caller's arrays. Nothing is allocated, if the inputs lie
    /// in row-major order or have been copied to this workspace before; to hand a part of the work to
    /// another thread takes a little.
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
    /// program.replay_into(&mut workspace, &ndarray::arr1(&[3.0, 4.0]), (&mut square, &mut sum))?;
    /// assert_eq!(sum, 7.0);
    /// # Ok::<(), wengert::Error>(())
    /// ```
    #[track_caller]
    pub fn replay_into<'a, 'b>(
        &self,
        workspace: &mut Workspace<T>,
        inputs: impl IntoInputs<'a, T>,
        outputs: impl IntoOutputs<'b, T>,
    ) -> Result<(), Error> {
        let mut outputs = outputs.into_outputs();
        let outputs = outputs.as_mut();
        let dims = |i: usize| outputs[i].dims();
        if let Some(problem) = disagreement("output", self.outputs(), outputs.len(), dims) {
            return Err(Error::new("replay", problem.0, problem.1));
        }
        self.run_on("replay", workspace, inputs.into_inputs().as_ref(), |_| ())?;
        for (place, out) in self.0.outputs.iter().zip(outputs) {
            if let Some(out) = out.elements() {
                self.0.read(&mut workspace.memory, place, out);
            } else {
                let memory = self.0.slice(&workspace.memory, place.source);
                out.fill_from(&view(memory, &place.layout));
            }
        }
        Ok(())
    }

    /// Where a number that is infinite or NaN is born on the way to the outputs, for these inputs and the state that the
    /// workspace is in: as [`Tape::first_non_finite`](crate::Tape::first_non_finite), with the rows, lines and names of the
    /// recording. `None` if all is finite.
    ///
    /// It records the program again on a tape of its own, and moves no state.
    ///
    /// # Errors
    /// If the program was made without [`traced`](super::ProgramBuilder::traced), the inputs do not fit it, the workspace
    /// is of another program, or an index is no place.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// let x = tape.leaf("x", [1.0, 2.0]);
    /// let program = tape.program_builder([x], [x.log().sum()]).traced().build()?;
    /// let bad = ndarray::arr1(&[1.0, 0.0]);
    /// let found = program.first_non_finite(&program.workspace(), &bad)?.unwrap();
    /// assert_eq!((found.row(), found.element()), (1, &[1][..]));
    /// assert!(found.to_string().contains("computed from `x`[1] = 0"), "{found}");
    /// # Ok::<(), wengert::Error>(())
    /// ```
    #[track_caller]
    pub fn first_non_finite<'a>(
        &self,
        workspace: &Workspace<T>,
        inputs: impl IntoInputs<'a, T>,
    ) -> Result<Option<NonFinite>, Error> {
        let refused =
            |what: &str, mend: &str| Problem::new(ErrorKind::Signature, what.to_owned(), mend.to_owned());
        let Some(trace) = &self.0.trace else {
            let problem = refused(
                "the program does not remember what was recorded",
                "Make it with `tape.program_builder(inputs, outputs).traced().build()`.",
            );
            return Err(Error::new("first_non_finite", problem, Vec::new()));
        };
        if !Arc::ptr_eq(&self.0, &workspace.program) {
            let problem = refused(
                "the workspace was made by another program",
                "Use one that `program.workspace()` gave.",
            );
            return Err(Error::new("first_non_finite", problem, Vec::new()));
        }
        let given = inputs.into_inputs();
        if let Some(problem) = misfit(self.inputs(), given.as_ref()) {
            return Err(Error::new("first_non_finite", problem.0, problem.1));
        }
        let mut values = Vec::new();
        for (place, (input, port)) in given.as_ref().iter().zip(self.inputs()).enumerate() {
            let mut elements = vec![T::zero(); port.shape.iter().product()];
            if let Err(problem) = input.copy_to(&mut elements) {
                let problem = port.refusal(place, problem);
                return Err(Error::new("first_non_finite", problem, Vec::new()));
            }
            values.push(Value::from_vec(&port.shape, elements));
        }
        for (place, port) in self.0.state_places.iter().zip(self.states()) {
            let memory = self.0.slice(&workspace.memory, place.source);
            let elements = view(memory, &place.layout).iter().copied().collect();
            values.push(Value::from_vec(&port.shape, elements));
        }
        trace.search(&values)
    }

    /// Runs in the workspace, where the results then are: [`Workspace::output`]. Carried state moves on.
    ///
    /// # Errors
    /// As of [`replay`](Self::replay), and if the workspace is of another program. State does not move on then, there
    /// are no results, and the next run goes on from there.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// let x = tape.leaf("x", 1.0);
    /// let program = tape.program([x], [x.exp()])?;
    /// let mut workspace = program.workspace();
    /// for x in [0.0, 1.0, 2.0] {
    ///     program.run(&mut workspace, x)?;
    ///     println!("{}", workspace.output(0));
    /// }
    /// # Ok::<(), wengert::Error>(())
    /// ```
    #[track_caller]
    pub fn run<'a>(&self, workspace: &mut Workspace<T>, inputs: impl IntoInputs<'a, T>) -> Result<(), Error> {
        self.run_on("run", workspace, inputs.into_inputs().as_ref(), |_| ())
    }

    /// For a method of this name, by which errors go. `done` is told of each instruction, as of [`Code::run_watched`](super::machine::Code::run_watched).
    #[track_caller]
    pub(super) fn run_on(
        &self,
        method: &'static str,
        workspace: &mut Workspace<T>,
        given: &[Input<'_, T>],
        done: impl FnMut(Option<usize>),
    ) -> Result<(), Error> {
        if !Arc::ptr_eq(&self.0, &workspace.program) {
            let what = "the workspace was made by another program";
            let problem =
                Problem::new(ErrorKind::Signature, what, "Use one that `program.workspace()` gave.");
            return Err(Error::new(method, problem, Vec::new()));
        }
        if let Some(problem) = misfit(self.inputs(), given) {
            workspace.status = Status::Refused; // It has no results, of an earlier run either.
            return Err(Error::new(method, problem.0, problem.1));
        }
        workspace.begin();
        let memory = &mut workspace.memory;
        for (place, input) in given.iter().enumerate() {
            let staged = match (self.0.numbers[place], input.elements()) {
                (Some(bank), Some(elements)) => {
                    memory.bank[bank] = elements[0];
                    Ok(())
                }
                (Some(bank), None) => input.copy_to(&mut memory.bank[bank..=bank]),
                (None, _) => memory.stage(place, input),
            };
            if let Err(problem) = staged {
                workspace.status = Status::Refused;
                let problem = self.inputs()[place].refusal(place, problem);
                return Err(Error::new(method, problem, Vec::new()));
            }
        }
        // They are the memory's, and are lent to a run like the caller's arrays.
        let staged = std::mem::take(&mut memory.staged);
        let mut feeds = std::mem::take(&mut workspace.feeds);
        feeds.extend(given.iter().zip(&staged).map(|(input, staged)| input.elements().unwrap_or(staged)));
        let run = self.run_fed(method, workspace, &feeds, done);
        workspace.feeds = emptied(feeds);
        workspace.memory.staged = staged;
        workspace.status = if run.is_ok() { Status::Complete } else { Status::Refused };
        run
    }

    /// With the elements of all inputs at hand, but for numbers, which are in the bank.
    #[track_caller]
    fn run_fed(
        &self,
        method: &'static str,
        workspace: &mut Workspace<T>,
        feeds: &Feeds<'_, T>,
        done: impl FnMut(Option<usize>),
    ) -> Result<(), Error> {
        let memory = &mut workspace.memory;
        // Not by `map`: a closure would say this line where the caller's is meant.
        let astray = match self.0.code.run_watched(memory, feeds, 1, done).first() {
            None => None,
            Some(astray) => {
                let indexed = self.0.code.indexed(*astray);
                Some((indexed.row, self.0.astray(indexed, astray.stray)))
            }
        };
        // What was compared before an index went astray was on the right way, and says first whether this path is taken.
        let until = astray.as_ref().map_or(usize::MAX, |(row, _)| *row);
        for (guard, places) in self.0.guards.iter().filter(|(guard, _)| guard.rows <= until) {
            let [left, right] = places
                .each_ref()
                .map(|place| memory.slice(&self.0.code, feeds, place.source)[place.layout.offset]);
            if !guard.holds(left, right) {
                return Err(guard.error(left, right).called(method));
            }
        }
        if let Some((_, error)) = astray {
            return Err(error);
        }
        self.0.move_on(memory, feeds);
        Ok(())
    }
}

/// The list without its slices, for the next run: collecting in place keeps its memory, whatever the lifetimes.
fn emptied<T: Float>(mut feeds: Vec<&[T]>) -> Vec<&'static [T]> {
    feeds.clear();
    feeds.into_iter().map(|_| unreachable!("it is empty")).collect()
}

/// As many outputs have to be asked for as there are.
#[track_caller]
pub(super) fn count_outputs(asked: usize, outputs: &[Port]) -> Result<(), Error> {
    if asked == outputs.len() {
        return Ok(());
    }
    let what = format!(
        "{} asked for, and the program has {}, {}",
        counted(asked, "output is", "outputs are"),
        outputs.len(),
        list_in_words(outputs)
    );
    let mend = "Take all of them, in this order, or use `replay_to_vec`.";
    Err(Error::new("replay", Problem::new(ErrorKind::Signature, what, mend), Vec::new()))
}

impl<T: Float> fmt::Display for Program<T> {
    /// The signature, and on lines of their own what is carried, held fixed, and was read.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} -> {}", T::DTYPE, list(self.inputs()), list(self.outputs()))?;
        self.0.signature.besides(f)
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
