//! A function that is recorded when it must be, and replayed when it can be: what a call does.

mod options;
mod path;
mod state;

use super::builder::Options;
use super::call::{Call, Recording, record};
use super::evidence::error;
use super::feed::{Input, IntoInputs, IntoOutputs};
use super::port::{Port, disagreement};
use super::program::Program;
use super::store::Store;
use super::workspace::Workspace;
use crate::error::{Dims, Error, ErrorKind, Operand, Problem, counted};
use crate::{Broadcasting, Float, Var};
use ndarray::ArrayD;
use std::cell::RefCell;
use std::fmt;

pub use path::Path;

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
            if let Some((problem, operands)) = fits(path.program().outputs()) {
                return Err(Error::new("call", problem, operands));
            }
            let taken = path.replay(&mut self.store, given, |program, workspace| {
                take(Outcome::Replayed(program, workspace))
            });
            match taken {
                Ok(taken) => {
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
            self.paths.insert(0, Path::new(program, slots, evidence));
            self.paths.truncate(self.kept);
        }
        Ok(take(Outcome::Recorded(outputs)))
    }

    /// Compares a recording with the paths that wait for their second, and says which of them it is.
    fn judge(&mut self, given: &[Input<'_, T>], recording: &Recording<T>) -> Result<Option<usize>, Problem> {
        for (i, path) in self.paths.iter_mut().enumerate().filter(|(_, path)| path.fits(given)) {
            if path.judge(&recording.evidence)? {
                return Ok(Some(i));
            }
        }
        Ok(None)
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
