//! A function that is recorded when it must be, and replayed when it can be.

use super::builder::{Level, Options};
use super::call::{Call, Recording, record};
use super::evidence::{Verdict, error};
use super::feed::{Input, IntoInputs, IntoOutputs};
use super::port::{Port, disagreement, list};
use super::program::Program;
use super::store::Store;
use super::workspace::Workspace;
use crate::array::Value;
use crate::error::{Dims, Error, ErrorKind, Operand, Problem, counted, must};
use crate::{Broadcasting, Float, Var};
use ndarray::{ArrayD, ArrayViewD};
use std::cell::RefCell;
use std::fmt;

/// How many programs are kept, unless said otherwise.
const KEPT: usize = 64;

/// A function that is recorded when it must be, and replayed when it can be: what `jit` is to JAX.
///
/// There is a program for each path through the function's comparisons and each set of shapes, made when first met, and
/// the state that the function [carries](Call::carry) is shared by all of them.
///
/// ```
/// use wengert::{Call, Replayed};
/// // |x| by a branch, and its slope.
/// let mut abs = Replayed::new(|call: Call<'_, f64>| {
///     let x = call.input(0);
///     let y = if x < 0.0 { -x } else { x * 1.0 };
///     vec![y, y.backward()[x]]
/// });
/// for (x, slope) in [(2.0, 1.0), (-3.0, -1.0), (5.0, 1.0), (7.0, 1.0), (0.0, 1.0)] {
///     let [y, dx] = abs.call(x)?;
///     assert_eq!((y[[]], dx[[]]), (x.abs(), slope));
/// }
/// assert_eq!(abs.len(), 3); // above, below, and the tie
/// println!("{abs}"); // each with its comparisons, its shapes, and how often it ran
/// # Ok::<(), wengert::Error>(())
/// ```
///
/// # How it stays honest
///
/// A tape cannot know where a constant comes from: `x * x.item()` has the value of this one call on it. So a function is
/// **recorded afresh in the first two calls of a path**, at the inputs of these calls: both results are right whatever
/// the function does. Then all that depends on no input, constants and leaves, is compared bit for bit, and from the
/// third call on it is replayed. If something differs it is an error: after a value that was read and differs as well,
/// one of kind [`Read`](ErrorKind::Read), which names the line, the value and what was made of it; or else the closure
/// is not pure, of kind [`Impure`](ErrorKind::Impure): it depends on a counter, a clock, or what it captured.
///
/// A second recording that takes another path says nothing of the first, which waits for the next. Nor does one at the
/// same inputs, bit for bit, if values are read. The [listing](Self::paths) says which paths are still to be judged.
///
/// What this cannot see: two inputs at which what is made of a read value agrees. `if x.item() > 0.0`, recorded at 3 and
/// at 4, is the same twice, and is replayed at −1. Compare the `Var` itself, `if x > 0.0`, and the tape knows; or forbid
/// reads with [`strict`](Self::strict). Nor can it see a closure that changes after its second call.
///
/// As in JAX, what the function does besides recording, printing say, is done when it is recorded, and not when it is
/// replayed.
///
/// ```
/// use wengert::{Call, ErrorKind, Replayed};
/// let mut square = Replayed::new(|call: Call<'_, f64>| vec![call.input(0) * call.input(0).item()]);
/// assert_eq!(square.call_one(3.0)?[[]], 9.0);
/// let error = square.call_one(4.0).unwrap_err(); // and never 12
/// assert_eq!(error.kind(), ErrorKind::Read);
/// # Ok::<(), wengert::Error>(())
/// ```
#[doc(alias = "jit")]
#[doc(alias = "compile")]
#[doc(alias = "Paths")]
pub struct Replayed<T: Float, F> {
    function: F,
    store: Store<T>,
    /// The one that was used last comes first.
    paths: Vec<Path<T>>,
    kept: usize,
    broadcasting: Broadcasting,
    options: Options,
}

/// One program of a [`Replayed`] function: a path through its comparisons, for one set of shapes.
///
/// ```
/// # use wengert::{Call, Replayed};
/// let mut f = Replayed::new(|call: Call<'_, f64>| vec![call.input(0).sin()]);
/// for x in [1.0, 2.0, 3.0] {
///     f.call_one(x)?;
/// }
/// let path = f.paths().next().unwrap();
/// assert_eq!((path.recordings(), path.replays(), path.is_judged()), (2, 1, true));
/// # Ok::<(), wengert::Error>(())
/// ```
#[derive(Debug)]
pub struct Path<T: Float> {
    program: Program<T>,
    workspace: Workspace<T>,
    /// The places of its state in the store.
    slots: Vec<usize>,
    /// Until it is judged, what another recording is compared with.
    evidence: Option<super::evidence::Evidence<T>>,
    recordings: usize,
    replays: usize,
    /// Recordings of other paths, or at the same inputs, while it was waiting for its second.
    no_verdict: [usize; 2],
}

impl<T: Float> Path<T> {
    /// The program: its shapes, [guards](Program::guards), what it holds fixed, its report.
    ///
    /// ```
    /// # use wengert::{Call, Replayed};
    /// let mut f = Replayed::new(|call: Call<'_, f64>| vec![call.input(0).sin()]);
    /// f.call_one(1.0)?;
    /// println!("{}", f.paths().next().unwrap().program().report());
    /// # Ok::<(), wengert::Error>(())
    /// ```
    pub fn program(&self) -> &Program<T> {
        &self.program
    }

    /// How often it was recorded.
    ///
    /// ```
    /// # use wengert::{Call, Replayed};
    /// let mut f = Replayed::new(|call: Call<'_, f64>| vec![call.input(0).sin()]);
    /// f.call_one(1.0)?;
    /// assert_eq!(f.paths().next().unwrap().recordings(), 1);
    /// # Ok::<(), wengert::Error>(())
    /// ```
    pub fn recordings(&self) -> usize {
        self.recordings
    }

    /// How often it was replayed.
    ///
    /// ```
    /// # use wengert::{Call, Replayed};
    /// let mut f = Replayed::new(|call: Call<'_, f64>| vec![call.input(0).sin()]);
    /// f.call_one(1.0)?;
    /// assert_eq!(f.paths().next().unwrap().replays(), 0);
    /// # Ok::<(), wengert::Error>(())
    /// ```
    pub fn replays(&self) -> usize {
        self.replays
    }

    /// Whether two recordings were compared and found alike, so that it is replayed.
    ///
    /// ```
    /// # use wengert::{Call, Replayed};
    /// let mut f = Replayed::new(|call: Call<'_, f64>| vec![call.input(0).sin()]);
    /// f.call_one(1.0)?;
    /// assert!(!f.paths().next().unwrap().is_judged());
    /// # Ok::<(), wengert::Error>(())
    /// ```
    pub fn is_judged(&self) -> bool {
        self.evidence.is_none()
    }

    fn fits(&self, given: &[Input<'_, T>]) -> bool {
        let ports = self.program.inputs();
        let fits =
            |(port, input): (&Port, &Input<'_, T>)| port.shape == input.dims() && port.kind == input.kind();
        ports.len() == given.len() && ports.iter().zip(given).all(fits)
    }
}

impl<T: Float> fmt::Display for Path<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let times = |n: usize| if n == 1 { "once".to_owned() } else { format!("{n} times") };
        let ports = (list(self.program.inputs()), list(self.program.outputs()));
        write!(f, "{} -> {}: recorded {}", ports.0, ports.1, times(self.recordings))?;
        if self.is_judged() {
            write!(f, ", replayed {}", times(self.replays))?;
        } else {
            write!(f, ", not judged yet, so not replayed")?;
            let [others, same] = self.no_verdict;
            if others > 0 {
                write!(
                    f,
                    "; another path was recorded {} since, which is no verdict on this one",
                    times(others)
                )?;
            }
            if same > 0 {
                write!(
                    f,
                    "; it reads values, and was at the same inputs {}, which is no verdict",
                    times(same)
                )?;
            }
        }
        self.program.guards().try_for_each(|guard| write!(f, "\n    {guard}"))
    }
}

/// What a call came to.
enum Outcome<'a, T: Float> {
    /// The results are in the workspace, as long as that has the state.
    Replayed(&'a Program<T>, &'a Workspace<T>),
    Recorded(Vec<ArrayD<T>>),
}

impl<T: Float> Outcome<'_, T> {
    fn into_vec(self) -> Vec<ArrayD<T>> {
        match self {
            Self::Recorded(outputs) => outputs,
            Self::Replayed(program, workspace) => {
                (0..program.outputs().len()).map(|i| workspace.output(i).to_owned()).collect()
            }
        }
    }
}

impl<T: Float, F> Replayed<T, F>
where
    F: for<'t> FnMut(Call<'t, T>) -> Vec<Var<'t, T>>,
{
    /// Of a function that records outputs from the inputs and the state of a [`Call`].
    ///
    /// ```
    /// use wengert::{Call, Replayed};
    /// let mut sin = Replayed::new(|call: Call<'_, f64>| vec![call.input(0).sin()]);
    /// assert_eq!(sin.call_one(0.0)?[[]], 0.0);
    /// # Ok::<(), wengert::Error>(())
    /// ```
    pub fn new(function: F) -> Self {
        Self {
            function,
            store: Store::default(),
            paths: Vec::new(),
            kept: KEPT,
            broadcasting: Broadcasting::default(),
            options: Options::default(),
        }
    }

    /// The outputs for these inputs, as many as the pattern takes: replayed if the path is known and judged, else
    /// recorded. State moves on, unless it ends in an error.
    ///
    /// # Errors
    /// If two recordings of a path [differ](Self#how-it-stays-honest), or as of [`Tape::program`](crate::Tape::program)
    /// and [`Program::replay`].
    ///
    /// ```
    /// # use wengert::{Call, Replayed};
    /// let mut f = Replayed::new(|call: Call<'_, f64>| vec![call.input(0) * 2.0, call.input(0) * 3.0]);
    /// let [double, triple] = f.call(5.0)?;
    /// assert_eq!((double[[]], triple[[]]), (10.0, 15.0));
    /// # Ok::<(), wengert::Error>(())
    /// ```
    #[track_caller]
    #[allow(clippy::redundant_closure_for_method_calls)] // The method is for one lifetime.
    pub fn call<'a, const N: usize>(
        &mut self,
        inputs: impl IntoInputs<'a, T>,
    ) -> Result<[ArrayD<T>; N], Error> {
        let as_many = |ports: &[Port]| {
            if ports.len() == N {
                return None;
            }
            let asked = counted(N, "output is", "outputs are");
            let what = format!("{asked} asked for, and the function gives {}", ports.len());
            let mend = "Take all of them, in this order, or use `call_to_vec`.";
            Some((Problem::new(ErrorKind::Signature, what, mend), Vec::new()))
        };
        let mut outputs =
            self.advance(inputs.into_inputs().as_ref(), as_many, |outcome| outcome.into_vec())?.into_iter();
        Ok(std::array::from_fn(|_| outputs.next().expect("as many as were counted")))
    }

    /// As [`call`](Self::call), of a function with one output.
    ///
    /// # Errors
    /// As of [`call`](Self::call).
    ///
    /// ```
    /// # use wengert::{Call, Replayed};
    /// let mut f = Replayed::new(|call: Call<'_, f64>| vec![call.input(0) * 2.0]);
    /// assert_eq!(f.call_one(5.0)?[[]], 10.0);
    /// # Ok::<(), wengert::Error>(())
    /// ```
    #[track_caller]
    pub fn call_one<'a>(&mut self, inputs: impl IntoInputs<'a, T>) -> Result<ArrayD<T>, Error> {
        let [output] = self.call(inputs)?;
        Ok(output)
    }

    /// As [`call`](Self::call), for a number of outputs that is not known beforehand.
    ///
    /// # Errors
    /// As of [`call`](Self::call).
    ///
    /// ```
    /// # use wengert::{Call, Replayed};
    /// let mut f = Replayed::new(|call: Call<'_, f64>| call.list().iter().map(|x| x.sin()).collect());
    /// assert_eq!(f.call_to_vec((0.0, 0.0, 0.0))?.len(), 3);
    /// # Ok::<(), wengert::Error>(())
    /// ```
    #[track_caller]
    #[allow(clippy::redundant_closure_for_method_calls)] // The method is for one lifetime.
    pub fn call_to_vec<'a>(&mut self, inputs: impl IntoInputs<'a, T>) -> Result<Vec<ArrayD<T>>, Error> {
        self.advance(inputs.into_inputs().as_ref(), |_| None, |outcome| outcome.into_vec())
    }

    /// As [`call`](Self::call), with the results written to the caller's arrays. A replay allocates nothing then.
    ///
    /// # Errors
    /// As of [`call`](Self::call), and if an array to write to has another shape than its output.
    ///
    /// ```
    /// # use wengert::{Call, Replayed};
    /// let mut f = Replayed::new(|call: Call<'_, f64>| vec![call.input(0) * 2.0]);
    /// let mut y = 0.0;
    /// f.call_into(5.0, &mut y)?;
    /// assert_eq!(y, 10.0);
    /// # Ok::<(), wengert::Error>(())
    /// ```
    #[track_caller]
    pub fn call_into<'a, 'b>(
        &mut self,
        inputs: impl IntoInputs<'a, T>,
        outputs: impl IntoOutputs<'b, T>,
    ) -> Result<(), Error> {
        let mut outputs = outputs.into_outputs();
        // Looked at before the run, written to after it.
        let outputs = RefCell::new(outputs.as_mut());
        let fits = |ports: &[Port]| {
            let outputs = outputs.borrow();
            disagreement("output", ports, outputs.len(), |i| outputs[i].dims())
        };
        self.advance(inputs.into_inputs().as_ref(), fits, |outcome| {
            let mut outputs = outputs.borrow_mut();
            match outcome {
                Outcome::Recorded(results) => {
                    outputs.iter_mut().zip(&results).for_each(|(out, result)| out.fill_from(&result.view()));
                }
                Outcome::Replayed(_, workspace) => {
                    outputs.iter_mut().enumerate().for_each(|(i, out)| out.fill_from(&workspace.output(i)));
                }
            }
        })
    }

    /// One call. What it came to is handed to `take` while the state is where the results may be.
    #[track_caller]
    fn advance<R>(
        &mut self,
        given: &[Input<'_, T>],
        fits: impl Fn(&[Port]) -> Option<(Problem, Vec<Operand>)>,
        mut take: impl FnMut(Outcome<'_, T>) -> R,
    ) -> Result<R, Error> {
        for i in 0..self.paths.len() {
            let path = &mut self.paths[i];
            if !path.is_judged() || !path.fits(given) {
                continue;
            }
            if let Some((problem, operands)) = fits(path.program.outputs()) {
                return Err(Error::new("call", problem, operands));
            }
            let lent = self.store.lend(&mut path.workspace, &path.slots);
            match path.program.run_on(lent.workspace, given) {
                Ok(()) => {
                    let taken = take(Outcome::Replayed(&path.program, lent.workspace));
                    drop(lent);
                    path.replays += 1;
                    self.paths[..=i].rotate_right(1);
                    return Ok(taken);
                }
                Err(error) if error.kind() == ErrorKind::Branch => {}
                Err(error) => return Err(error),
            }
        }
        let recording = record(&mut self.function, given, &self.store, self.broadcasting, &self.options)?;
        if let Some((problem, operands)) = fits(recording.program.outputs()) {
            return Err(Error::new("call", problem, operands));
        }
        let known = match self.judge(given, &recording) {
            Ok(known) => known,
            Err(problem) => return Err(error("call", problem)),
        };
        // From here on nothing fails: state moves on.
        let Recording { program, evidence, outputs, state } = recording;
        for (declared, next) in &state {
            self.store.put(&declared.name, Some(&declared.initial), next);
        }
        if let Some(i) = known {
            self.paths[..=i].rotate_right(1);
        } else {
            let slots = state.iter().filter_map(|(declared, _)| self.store.place(&declared.name)).collect();
            let mut workspace = program.workspace();
            workspace.leave_state();
            let evidence = Some(evidence);
            let path =
                Path { program, workspace, slots, evidence, recordings: 1, replays: 0, no_verdict: [0; 2] };
            self.paths.insert(0, path);
            self.paths.truncate(self.kept);
        }
        Ok(take(Outcome::Recorded(outputs)))
    }

    /// Compares a recording with the paths that wait for their second, and says which of them it is.
    fn judge(&mut self, given: &[Input<'_, T>], recording: &Recording<T>) -> Result<Option<usize>, Problem> {
        for (i, path) in self.paths.iter_mut().enumerate().filter(|(_, path)| path.fits(given)) {
            let Some(evidence) = &path.evidence else { continue };
            match evidence.compare(&recording.evidence) {
                Verdict::Alike => path.evidence = None,
                Verdict::SameInputs => path.no_verdict[1] += 1,
                Verdict::OtherPath(_) => {
                    path.no_verdict[0] += 1;
                    continue;
                }
                Verdict::Differ(problem) => return Err(problem),
            }
            path.recordings += 1;
            return Ok(Some(i));
        }
        Ok(None)
    }
}

impl<T: Float, F> Replayed<T, F> {
    /// How many programs are kept at most, 64 unless said otherwise. Beyond that, the one goes that was not used for
    /// the longest time; if its path comes up again, that is recorded anew. With 0, every call is recorded.
    ///
    /// ```
    /// # use wengert::{Call, Replayed};
    /// let mut f = Replayed::new(|call: Call<'_, f64>| vec![call.input(0).sum()]).keep(2);
    /// for n in 1..5 {
    ///     f.call_one(&ndarray::Array1::<f64>::ones(n))?;
    /// }
    /// assert_eq!(f.len(), 2);
    /// # Ok::<(), wengert::Error>(())
    /// ```
    pub fn keep(mut self, programs: usize) -> Self {
        self.kept = programs;
        self.paths.truncate(programs);
        self
    }

    /// Refuses to record a function that reads values: see [`ProgramBuilder::strict`](super::ProgramBuilder::strict).
    ///
    /// ```
    /// # use wengert::{Call, Replayed};
    /// let mut f = Replayed::new(|call: Call<'_, f64>| vec![call.input(0) * call.input(0).item()]).strict();
    /// assert!(f.call_one(3.0).is_err());
    /// ```
    pub fn strict(mut self) -> Self {
        self.options.strict = true;
        self
    }

    /// How closely programs keep to what was recorded: see [`ProgramBuilder::level`](super::ProgramBuilder::level).
    ///
    /// ```
    /// # use wengert::{Call, Level, Replayed};
    /// let f = Replayed::new(|call: Call<'_, f64>| vec![call.input(0).sin()]).level(Level::Fast);
    /// ```
    pub fn level(mut self, level: Level) -> Self {
        self.options.level = level;
        self
    }

    /// How many threads a program may use: see [`ProgramBuilder::threads`](super::ProgramBuilder::threads).
    ///
    /// ```
    /// # use wengert::{Call, Replayed};
    /// let f = Replayed::new(|call: Call<'_, f64>| vec![call.input(0).sin()]).threads(1);
    /// ```
    pub fn threads(mut self, threads: usize) -> Self {
        self.options.threads = Some(threads);
        self
    }

    /// Holds the buffers of each program within so many bytes: see
    /// [`ProgramBuilder::memory`](super::ProgramBuilder::memory).
    ///
    /// ```
    /// # use wengert::{Call, Replayed};
    /// let f = Replayed::new(|call: Call<'_, f64>| vec![call.input(0).sin()]).memory(1 << 20);
    /// ```
    pub fn memory(mut self, bytes: usize) -> Self {
        self.options.budget = Some(bytes);
        self
    }

    /// Which shapes may meet in the function: see [`Tape::with_broadcasting`](crate::Tape::with_broadcasting).
    ///
    /// ```
    /// # use wengert::{Broadcasting, Call, Replayed};
    /// let f = Replayed::new(|call: Call<'_, f64>| vec![call.input(0).sin()]).broadcasting(Broadcasting::NumPy);
    /// ```
    pub fn broadcasting(mut self, broadcasting: Broadcasting) -> Self {
        self.broadcasting = broadcasting;
        self
    }

    /// The programs, the one that was used last first. To print all of them, print the function itself.
    ///
    /// ```
    /// # use wengert::{Call, Replayed};
    /// let mut f = Replayed::new(|call: Call<'_, f64>| vec![call.input(0).sin()]);
    /// f.call_one(1.0)?;
    /// for path in f.paths() {
    ///     println!("{path}, {} bytes", path.program().report().workspace_bytes());
    /// }
    /// # Ok::<(), wengert::Error>(())
    /// ```
    pub fn paths(&self) -> impl Iterator<Item = &Path<T>> {
        self.paths.iter()
    }

    /// How many programs there are.
    ///
    /// ```
    /// # use wengert::{Call, Replayed};
    /// let mut f = Replayed::new(|call: Call<'_, f64>| vec![call.input(0).sin()]);
    /// f.call_one(1.0)?;
    /// assert_eq!(f.len(), 1);
    /// # Ok::<(), wengert::Error>(())
    /// ```
    pub fn len(&self) -> usize {
        self.paths.len()
    }

    /// Whether nothing was recorded yet.
    ///
    /// ```
    /// # use wengert::{Call, Replayed};
    /// assert!(Replayed::new(|call: Call<'_, f64>| vec![call.input(0).sin()]).is_empty());
    /// ```
    pub fn is_empty(&self) -> bool {
        self.paths.is_empty()
    }

    /// Forgets all programs, and keeps the state. The next call records.
    ///
    /// ```
    /// # use wengert::{Call, Replayed};
    /// let mut f = Replayed::new(|call: Call<'_, f64>| vec![call.input(0).sin()]);
    /// f.call_one(1.0)?;
    /// f.clear();
    /// assert!(f.is_empty());
    /// # Ok::<(), wengert::Error>(())
    /// ```
    pub fn clear(&mut self) {
        self.paths.clear();
    }

    /// The state of this name: what the last call left.
    ///
    /// ```
    /// # use wengert::{Call, Replayed};
    /// let mut f = Replayed::new(|call: Call<'_, f64>| {
    ///     let w = call.state("w", 8.0);
    ///     call.carry([(w, w * 0.5)]);
    ///     vec![w]
    /// });
    /// f.call_one(())?;
    /// assert_eq!(f.state("w")[[]], 4.0);
    /// # Ok::<(), wengert::Error>(())
    /// ```
    #[track_caller]
    pub fn state(&self, name: &str) -> ArrayViewD<'_, T> {
        must(self.try_state(name))
    }

    /// As [`state`](Self::state), without the panic.
    ///
    /// # Errors
    /// If no call has declared such a state, nor was it put in.
    ///
    /// ```
    /// # use wengert::{Call, Replayed};
    /// let f = Replayed::new(|call: Call<'_, f64>| vec![call.state("w", 8.0)]);
    /// assert!(f.try_state("w").is_err()); // before the first call
    /// ```
    #[track_caller]
    pub fn try_state(&self, name: &str) -> Result<ArrayViewD<'_, T>, Error> {
        let Some(view) = self.store.view(name) else {
            return Err(self.no_state(name));
        };
        Ok(view)
    }

    /// All state, by name, in the order in which it was declared.
    ///
    /// ```
    /// # use wengert::{Call, Replayed};
    /// let mut f = Replayed::new(|call: Call<'_, f64>| vec![call.state("w", 8.0) * call.state("b", 1.0)]);
    /// f.call_one(())?;
    /// assert_eq!(f.states().map(|(name, _)| name).collect::<Vec<_>>(), ["w", "b"]);
    /// # Ok::<(), wengert::Error>(())
    /// ```
    pub fn states(&self) -> impl Iterator<Item = (&str, ArrayViewD<'_, T>)> {
        self.store.names().filter_map(|name| Some((name, self.store.view(name)?)))
    }

    /// Puts a value where state is carried, before the first call as well: saved weights, say.
    ///
    /// ```
    /// # use wengert::{Call, Replayed};
    /// let mut f = Replayed::new(|call: Call<'_, f64>| vec![call.state("w", 8.0) * call.input(0)]);
    /// f.set_state("w", 3.0);
    /// assert_eq!(f.call_one(2.0)?[[]], 6.0);
    /// # Ok::<(), wengert::Error>(())
    /// ```
    #[track_caller]
    pub fn set_state<'a>(&mut self, name: &str, value: impl Into<Input<'a, T>>) {
        must(self.try_set_state(name, value));
    }

    /// As [`set_state`](Self::set_state), without the panic.
    ///
    /// # Errors
    /// If the state has another shape.
    ///
    /// ```
    /// # use wengert::{Call, Replayed};
    /// let mut f = Replayed::new(|call: Call<'_, f64>| vec![call.state("w", 8.0)]);
    /// f.call_one(())?;
    /// assert!(f.try_set_state("w", vec![1.0, 2.0]).is_err());
    /// # Ok::<(), wengert::Error>(())
    /// ```
    #[track_caller]
    pub fn try_set_state<'a>(&mut self, name: &str, value: impl Into<Input<'a, T>>) -> Result<(), Error> {
        let value = value.into();
        if let Some(now) = self.store.view(name).filter(|now| now.shape() != value.dims()) {
            let what = format!("state `{name}` has shape {}", Dims(now.shape()));
            let operand = Operand { label: "an array".into(), shape: value.dims().to_vec() };
            let problem =
                Problem::new(ErrorKind::Signature, what, "State keeps the shape that it was declared with.");
            return Err(Error::new("state", problem, vec![operand]));
        }
        if !self.paths.is_empty() && self.store.place(name).is_none() {
            return Err(self.no_state(name));
        }
        let value = value.to_array().map_err(|problem| Error::new("state", problem, Vec::new()))?;
        self.store.put(name, None, &Value::new(value.into_shared()));
        Ok(())
    }

    /// Puts all state back to the initial values that the function declared it with.
    ///
    /// ```
    /// # use wengert::{Call, Replayed};
    /// let mut f = Replayed::new(|call: Call<'_, f64>| {
    ///     let w = call.state("w", 8.0);
    ///     call.carry([(w, w * 0.5)]);
    ///     vec![w]
    /// });
    /// f.call_one(())?;
    /// f.reset();
    /// assert_eq!(f.call_one(())?[[]], 8.0);
    /// # Ok::<(), wengert::Error>(())
    /// ```
    pub fn reset(&mut self) {
        self.store.reset();
    }

    #[track_caller]
    fn no_state(&self, name: &str) -> Error {
        let names: Vec<String> = self.store.names().map(|name| format!("`{name}`")).collect();
        let names = if names.is_empty() { "none yet".into() } else { names.join(", ") };
        let what = format!("there is no state `{name}`: the function has declared {names}");
        let mend = "`call.state(\"w\", initial)` in the function declares state, from its first call on.";
        Error::new("state", Problem::new(ErrorKind::Signature, what, mend), Vec::new())
    }
}

impl<T: Float, F> fmt::Display for Replayed<T, F> {
    /// The programs with their shapes, guards and counts, after a line on how many there are and the state they share.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of at most {}", counted(self.paths.len(), "program", "programs"), self.kept)?;
        let states: Vec<String> =
            self.states().map(|(name, value)| format!("{name} {}", Dims(value.shape()))).collect();
        if !states.is_empty() {
            write!(f, "; state {}", states.join(", "))?;
        }
        (1..).zip(&self.paths).try_for_each(|(i, path)| write!(f, "\n{i}. {path}"))
    }
}

impl<T: Float, F> fmt::Debug for Replayed<T, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Replayed").field("paths", &self.paths).finish_non_exhaustive()
    }
}
