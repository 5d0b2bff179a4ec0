//! What a function is given each time that it is recorded, and one recording of it.

use super::builder::Options;
use super::evidence::{Evidence, Verdict, error};
use super::feed::{Input, IntoInputs};
use super::port::misfit;
use super::program::Program;
use super::store::Store;
use crate::array::{Kind, Value};
use crate::error::{Dims, Error, ErrorKind, Problem, counted, must};
use crate::{Broadcasting, Float, IntoPlaces, IntoValue, Tape, Var};
use ndarray::ArrayD;
use std::cell::{Cell, RefCell};
use std::fmt;

/// A call of a function that is being recorded, by [`Replayed`](super::Replayed) or [`Program::from_fn`]: the tape, the
/// inputs, and the state that the function carries from call to call.
///
/// ```
/// use ndarray::arr1;
/// use wengert::{Call, Replayed};
/// // A step of gradient descent: takes data, gives the loss, carries w.
/// let mut step = Replayed::new(|call: Call<'_, f64>| {
///     let [x, y] = call.inputs();
///     let w = call.state("w", 0.0);
///     let loss = (w * x - y).square().mean();
///     call.carry([(w, w - 0.125 * loss.backward()[w])]);
///     vec![loss]
/// });
/// for _ in 0..40 {
///     step.call_one((&arr1(&[1.0, 2.0]), &arr1(&[3.0, 6.0])))?;
/// }
/// assert!((step.state("w")[[]] - 3.0).abs() < 1e-12);
/// # Ok::<(), wengert::Error>(())
/// ```
pub struct Call<'t, T: Float> {
    tape: &'t Tape<T>,
    inputs: &'t [Var<'t, T>],
    declared: &'t RefCell<Vec<Declared<T>>>,
    /// How many inputs the function has asked for so far.
    asked: &'t Cell<usize>,
    store: &'t Store<T>,
}

#[allow(clippy::expl_impl_clone_on_copy)] // A derive would ask that numbers be `Copy` by that name.
impl<T: Float> Clone for Call<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: Float> Copy for Call<'_, T> {}

impl<T: Float> fmt::Debug for Call<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Call").field("inputs", &self.inputs.len()).finish_non_exhaustive()
    }
}

/// State that the function declared, by its rows.
#[derive(Clone, Debug)]
pub(super) struct Declared<T> {
    pub name: String,
    pub initial: Value<T>,
    leaf: usize,
    next: Option<usize>,
}

impl<'t, T: Float> Call<'t, T> {
    /// The tape to record on. It is a new one each time.
    ///
    /// ```
    /// # use wengert::{Call, Replayed};
    /// let mut f = Replayed::new(|call: Call<'_, f64>| vec![call.tape().constant(2.0) * call.input(0)]);
    /// assert_eq!(f.call_one(3.0)?[[]], 6.0);
    /// # Ok::<(), wengert::Error>(())
    /// ```
    pub fn tape(self) -> &'t Tape<T> {
        self.tape
    }

    /// The inputs, as many as the pattern takes.
    ///
    /// ```
    /// # use wengert::{Call, Replayed};
    /// let mut f = Replayed::new(|call: Call<'_, f64>| {
    ///     let [x, y] = call.inputs();
    ///     vec![x * y]
    /// });
    /// assert_eq!(f.call_one((3.0, 5.0))?[[]], 15.0);
    /// # Ok::<(), wengert::Error>(())
    /// ```
    #[track_caller]
    pub fn inputs<const N: usize>(self) -> [Var<'t, T>; N] {
        let Ok(inputs) = <[Var<'t, T>; N]>::try_from(self.inputs) else {
            let what = format!(
                "the function takes {}, and the call gives {}",
                counted(N, "input", "inputs"),
                self.inputs.len()
            );
            let mend = "Give as many as it takes, or take what there is from `call.list()`.";
            must(Err(Error::new("call", Problem::new(ErrorKind::Signature, what, mend), Vec::new())))
        };
        self.asked.set(N);
        inputs
    }

    /// One of the inputs, counted from 0.
    ///
    /// ```
    /// # use wengert::{Call, Replayed};
    /// let mut f = Replayed::new(|call: Call<'_, f64>| vec![call.input(0).sin()]);
    /// assert_eq!(f.call_one(0.0)?[[]], 0.0);
    /// # Ok::<(), wengert::Error>(())
    /// ```
    #[track_caller]
    pub fn input(self, index: usize) -> Var<'t, T> {
        let Some(input) = self.inputs.get(index) else {
            let given = counted(self.inputs.len(), "input", "inputs");
            let what = format!("there is no input {index}: the call gives {given}, counted from 0");
            let problem = Problem::new(ErrorKind::Signature, what, "Give as many as the function takes.");
            must(Err(Error::new("call", problem, Vec::new())))
        };
        self.asked.set(self.asked.get().max(index + 1));
        *input
    }

    /// All inputs, for a function that takes any number of them.
    ///
    /// ```
    /// # use wengert::{Call, Replayed};
    /// let mut sum = Replayed::new(|call: Call<'_, f64>| {
    ///     vec![call.list().iter().fold(call.tape().constant(0.0), |sum, x| sum + *x)]
    /// });
    /// assert_eq!((sum.call_one((1.0, 2.0))?[[]], sum.call_one(5.0)?[[]]), (3.0, 5.0));
    /// # Ok::<(), wengert::Error>(())
    /// ```
    pub fn list(self) -> &'t [Var<'t, T>] {
        self.asked.set(self.inputs.len());
        self.inputs
    }

    /// State of this name: a leaf, with the initial value in the first call and in later ones what
    /// [`carry`](Self::carry) put in its place. All paths and shapes of the function share it.
    ///
    /// Panics if the function has declared it already, or the initial value has another shape than the state.
    ///
    /// ```
    /// # use wengert::{Call, Replayed};
    /// let mut total = Replayed::new(|call: Call<'_, f64>| {
    ///     let total = call.state("total", 0.0);
    ///     call.carry([(total, total + call.input(0).sum())]);
    ///     vec![]
    /// });
    /// total.call_to_vec(5.0)?;
    /// total.call_to_vec(&ndarray::arr1(&[1.0, 2.0]))?; // another shape, another program, the same state
    /// assert_eq!(total.state("total")[[]], 8.0);
    /// # Ok::<(), wengert::Error>(())
    /// ```
    #[track_caller]
    pub fn state(self, name: &str, initial: impl IntoValue<T>) -> Var<'t, T> {
        must(self.declare(name, Kind::Real, initial.into_value(self.tape.room())))
    }

    /// State that is indices, as [`state`](Self::state): a place in a text, an order of samples.
    ///
    /// ```
    /// # use wengert::{Call, Replayed};
    /// let mut next = Replayed::new(|call: Call<'_, f64>| {
    ///     let at = call.index_state("at", 0);
    ///     call.carry([(at, (at + 1.0).to_indices())]); // arithmetic gives real numbers
    ///     vec![call.input(0).take(0, at)]
    /// });
    /// let text = ndarray::arr1(&[2.0, 7.0, 1.0]);
    /// let read: Vec<f64> = (0..3).map(|_| next.call_one(&text).unwrap()[[]]).collect();
    /// assert_eq!(read, [2.0, 7.0, 1.0]);
    /// assert!(next.call_one(&text).is_err()); // there is no place 3
    /// ```
    #[track_caller]
    pub fn index_state(self, name: &str, initial: impl IntoPlaces) -> Var<'t, T> {
        must(self.declare(name, Kind::Index, initial.places(self.tape.room())))
    }

    #[track_caller]
    fn declare(
        self,
        name: &str,
        kind: Kind,
        initial: Result<Value<T>, Problem>,
    ) -> Result<Var<'t, T>, Error> {
        let initial = match initial {
            Ok(initial) => initial,
            Err(problem) => return Err(Error::new("state", problem, Vec::new())),
        };
        let problem = match self.store.value(name) {
            _ if self.declared.borrow().iter().any(|state| state.name == name) => Problem::new(
                ErrorKind::Signature,
                format!("state `{name}` is declared twice in one call"),
                "Give each state a name of its own, or hand on the first handle.",
            ),
            Some(now) if now.shape() != initial.shape() => {
                let what = format!(
                    "state `{name}` has shape {}, and its initial value here has shape {}",
                    Dims(now.shape()),
                    Dims(initial.shape())
                );
                let mend = "All paths of a function share a state: give it one shape, or another name.";
                Problem::new(ErrorKind::Signature, what, mend)
            }
            now => {
                let leaf = self.tape.try_fed(name, kind, |_| Ok(now.unwrap_or_else(|| initial.clone())))?;
                let declared = Declared { name: name.into(), initial, leaf: leaf.row(), next: None };
                self.declared.borrow_mut().push(declared);
                return Ok(leaf);
            }
        };
        Err(Error::new("state", problem, Vec::new()))
    }

    /// Carries state on: in the next call each of these leaves has the value that the row beside it has in this one.
    /// State that is not named here stays as it is.
    ///
    /// Panics if a leaf is no [`state`](Self::state) of this call, or is carried twice.
    ///
    /// ```
    /// # use wengert::{Call, Replayed};
    /// let mut fibonacci = Replayed::new(|call: Call<'_, f64>| {
    ///     let (a, b) = (call.state("a", 0.0), call.state("b", 1.0));
    ///     call.carry([(a, b), (b, a + b)]);
    ///     vec![b]
    /// });
    /// let numbers: Vec<f64> = (0..6).map(|_| fibonacci.call_one(()).unwrap()[[]]).collect();
    /// assert_eq!(numbers, [1.0, 1.0, 2.0, 3.0, 5.0, 8.0]);
    /// ```
    #[track_caller]
    pub fn carry(self, pairs: impl IntoIterator<Item = (Var<'t, T>, Var<'t, T>)>) {
        for (leaf, next) in pairs {
            let mut declared = self.declared.borrow_mut();
            let mine = |var: Var<'t, T>| std::ptr::eq(var.tape(), self.tape);
            let state = declared.iter_mut().find(|state| mine(leaf) && state.leaf == leaf.row());
            let what = match state {
                None => "what is carried is no state of this call",
                Some(state) if state.next.is_some() => "a state is carried twice",
                Some(_) if !mine(next) => "what a state is to be next is on another tape",
                Some(state) => {
                    state.next = Some(next.row());
                    continue;
                }
            };
            let mend = "Declare it by `let w = call.state(\"w\", initial)`, and name it once: `call.carry([(w, next)])`; \
                        weights with what an optimiser remembers of them, by `start.carried(call, optimiser)`.";
            must::<()>(Err(Var::error("carry", Problem::new(ErrorKind::Signature, what, mend), &[leaf])));
        }
    }
}

/// A function, recorded at some inputs.
pub(super) struct Recording<T: Float> {
    pub program: Program<T>,
    pub evidence: Evidence<T>,
    pub outputs: Vec<ArrayD<T>>,
    /// The state that it declared, in the program's order, and what that is to be next.
    pub state: Vec<(Declared<T>, Value<T>)>,
}

/// Records the function at these inputs, with the state that is there.
#[track_caller]
pub(super) fn record<T, F>(
    function: &mut F,
    given: &[Input<'_, T>],
    store: &Store<T>,
    broadcasting: Broadcasting,
    options: &Options,
) -> Result<Recording<T>, Error>
where
    T: Float,
    F: for<'t> FnMut(Call<'t, T>) -> Vec<Var<'t, T>>,
{
    let tape = Tape::with_broadcasting(broadcasting);
    let mut inputs = Vec::with_capacity(given.len());
    for (i, input) in given.iter().enumerate() {
        inputs.push(tape.try_fed(&format!("input {i}"), input.kind(), |_| {
            Ok(Value::new(input.to_array()?.into_shared()))
        })?);
    }
    let declared = RefCell::default();
    let asked = Cell::new(0);
    let outputs = function(Call { tape: &tape, inputs: &inputs, declared: &declared, asked: &asked, store });
    if asked.get() < given.len() {
        let [given, asked] = [given.len(), asked.get()].map(|n| counted(n, "input", "inputs"));
        let what = format!("the call gives {given}, and the function asks for {asked}");
        let mend = "Give as many as it takes. A vector or array of numbers is a list of inputs: as one input it stands in \
                    a tuple, `(vec![1.0, 2.0],)`, or is an ndarray.";
        return Err(error("call", Problem::new(ErrorKind::Signature, what, mend)));
    }
    let declared: Vec<Declared<T>> = declared.borrow().clone();
    let row = |row: usize| tape.try_var(row).expect("a row of this tape");
    let pairs = declared.iter().map(|state| (row(state.leaf), row(state.next.unwrap_or(state.leaf))));
    let pairs: Vec<(Var<'_, T>, Var<'_, T>)> = pairs.collect();
    let builder = tape.program_builder(&inputs, &outputs).carry(pairs.iter().copied()).options(options);
    let (program, evidence) = builder.build_with_evidence()?;
    let value = |var: &Var<'_, T>| var.with_row(|row| row.value.clone());
    let state = declared.into_iter().zip(pairs.iter().map(|(_, next)| value(next))).collect();
    let outputs = outputs.iter().map(|var| value(var).view().to_owned()).collect();
    Ok(Recording { program, evidence, outputs, state })
}

impl<T: Float> Program<T> {
    /// A program of a function at once, without a tape in sight. The function is recorded twice, at two examples of its
    /// inputs, and what depends on none of them must have the same bits in both: a constant that was made of a value
    /// read off the tape, of a clock or of a counter is found so, and is an error. State that the function
    /// [carries](Call::carry) is carried by the program.
    ///
    /// What this cannot see: examples at which what is made of a read value agrees, as its sign in
    /// `if x.item() > 0.0`. Choose examples that differ in all that matters.
    ///
    /// # Errors
    /// If the recordings differ, with the line, the value that was read if there was one, and both values; or if there
    /// is no verdict, because the examples take different paths, are the same although values were read, or the second
    /// could not be recorded; or as of [`Tape::program`].
    ///
    /// ```
    /// use ndarray::arr1;
    /// use wengert::{Call, ErrorKind, Program, Var};
    /// fn norm(call: Call<'_, f64>) -> Vec<Var<'_, f64>> {
    ///     let y = call.input(0).square().sum().sqrt();
    ///     vec![y, y.backward()[call.input(0)]]
    /// }
    /// let program = Program::from_fn(norm, &arr1(&[3.0, 4.0]), &arr1(&[1.0, 2.0]))?;
    /// let [y, dx] = program.replay(&arr1(&[0.0, 2.0]))?;
    /// assert_eq!((y[[]], dx), (2.0, arr1(&[0.0, 1.0]).into_dyn()));
    ///
    /// // The 3 of `item` is a constant on the one tape, and the 4 on the other.
    /// let stale = Program::from_fn(|call: Call<'_, f64>| vec![call.input(0) * call.input(0).item()], 3.0, 4.0);
    /// assert_eq!(stale.unwrap_err().kind(), ErrorKind::Read);
    /// # Ok::<(), wengert::Error>(())
    /// ```
    #[track_caller]
    pub fn from_fn<'a, F>(
        mut function: F,
        first: impl IntoInputs<'a, T>,
        second: impl IntoInputs<'a, T>,
    ) -> Result<Self, Error>
    where
        F: for<'t> FnMut(Call<'t, T>) -> Vec<Var<'t, T>>,
    {
        let (first, second) = (first.into_inputs(), second.into_inputs());
        let (store, options) = (Store::default(), Options::default());
        let broadcasting = Broadcasting::default();
        let one = record(&mut function, first.as_ref(), &store, broadcasting, &options)?;
        let (ports, second) = (one.program.inputs(), second.as_ref());
        if let Some((problem, operands)) = misfit(ports, second) {
            return Err(Error::new("program", problem, operands));
        }
        let other = match record(&mut function, second, &store, broadcasting, &options) {
            Ok(other) => other,
            Err(failed) => {
                let what = format!("there is no verdict, since the second recording failed ({failed})");
                let mend = "Give examples at both of which the function can be recorded.";
                return Err(error("program", Problem::new(failed.kind(), what, mend)));
            }
        };
        let problem = match one.evidence.compare(&other.evidence) {
            Verdict::Alike => return Ok(one.program),
            Verdict::Differ(problem) => problem,
            Verdict::OtherPath(how) => {
                let what = format!("there is no verdict, since the examples take different paths: {how}");
                let mend =
                    "Give two that take the same path, or use `Replayed`, which has a program for each.";
                Problem::new(ErrorKind::Branch, what, mend)
            }
            Verdict::SameInputs => {
                let what = "there is no verdict, since the function reads values, and both examples are the same, so \
                            that these cannot differ";
                Problem::new(ErrorKind::Read, what, "Give two examples that differ in all that matters.")
            }
        };
        Err(error("program", problem))
    }
}
