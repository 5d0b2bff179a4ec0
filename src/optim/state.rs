//! Where weights go in a step, and their values from step to step.

use super::list::{List, Memory};
use super::{Optimiser, Params};
use crate::array::Room;
use crate::error::{Dims, Error, ErrorKind, Problem, must};
use crate::{Call, Float, IntoValue, Tape, Var};
use ndarray::{ArcArray, IxDyn};
use std::ops::Index;

/// Where weights, and what an optimiser remembers of them, go in a step: a list of leaves and of the rows that they
/// go on with, which is what a program [carries](crate::ProgramBuilder::carry).
///
/// ```
/// use wengert::optim::{Adam, Params};
/// # let tape = wengert::Tape::<f64>::new();
/// let w = tape.leaf("w", [3.0, -4.0]);
/// let loss = w.square().sum();
/// let next = Params::new([w]).step(Adam::default(), &loss.backward(), 0.1);
/// let step = tape.program_builder(tape.none(), [loss]).carry(&next).build()?; // w, its moments and the count go on
/// let mut workspace = step.workspace();
/// (0..200).try_for_each(|_| step.run(&mut workspace, ()))?;
/// assert!(workspace.output(0)[[]] < 1e-2);
/// # Ok::<(), wengert::Error>(())
/// ```
#[derive(Clone, Debug)]
#[must_use = "a step changes nothing by itself: carry it in a program, or go on from its `state()`"]
pub struct Next<'t, T: Float> {
    pub(super) before: List<Var<'t, T>>,
    pub(super) after: List<Var<'t, T>>,
}

impl<'t, T: Float> Next<'t, T> {
    /// Each leaf with the row that it goes on with: the weights, then what is remembered.
    ///
    /// ```
    /// use wengert::optim::{Adam, Params};
    /// # let tape = wengert::Tape::<f64>::new();
    /// let w = tape.leaf("w", 1.0);
    /// let next = Params::new([w]).step(Adam::default(), &w.backward(), 0.1);
    /// let names: Vec<_> = next.pairs().iter().map(|(leaf, _)| leaf.name().unwrap()).collect();
    /// assert_eq!(names.join(" "), "w w.m w.v steps");
    /// ```
    pub fn pairs(&self) -> Vec<(Var<'t, T>, Var<'t, T>)> {
        self.before.all().copied().zip(self.after.all().copied()).collect()
    }

    /// The values after the step, to go on from on another tape, or on this one when it is cleared.
    ///
    /// ```
    /// use wengert::optim::{Optimiser, Params};
    /// # let tape = wengert::Tape::<f64>::new();
    /// let w = tape.leaf("w", 1.0);
    /// let state = Params::new([w]).step(Optimiser::Sgd, &w.backward(), 0.25).state();
    /// assert_eq!(state["w"][[]], 0.75);
    /// ```
    #[track_caller]
    pub fn state(&self) -> State<T> {
        must(self.try_state())
    }

    /// As [`state`](Self::state), without the panic.
    ///
    /// # Errors
    /// As of [`Var::try_value`].
    ///
    /// ```
    /// use wengert::optim::{Optimiser, Params};
    /// # let tape = wengert::Tape::<f64>::new();
    /// let w = tape.leaf("w", 1.0);
    /// assert!(Params::new([w]).step(Optimiser::Sgd, &w.backward(), 0.25).try_state().is_ok());
    /// ```
    #[track_caller]
    pub fn try_state(&self) -> Result<State<T>, Error> {
        // A loop, since the line of a read is the caller's, which would not reach through a closure.
        let mut values = Vec::new();
        for row in self.after.all() {
            values.push(row.try_value()?);
        }
        Ok(State(self.after.refilled(values)))
    }

    /// The rows after the step, to take another one from on the same tape: for derivatives through training, with
    /// respect to the rate or the data. The tape grows by each, and each gradient goes back through all of them: to train,
    /// go on from the [`state`](Self::state) instead.
    ///
    /// ```
    /// use wengert::optim::{Optimiser, Params};
    /// # let tape = wengert::Tape::<f64>::new();
    /// let rate = tape.leaf("rate", 0.25);
    /// let mut params = Params::new([tape.leaf("w", 1.0)]);
    /// for _ in 0..2 {
    ///     let loss = params["w"].square();
    ///     params = params.step(Optimiser::Sgd, &loss.backward(), rate).params();
    /// }
    /// let slope = params["w"].backward()[rate]; // w = (1 − 2η)²
    /// assert_eq!(slope.item(), -2.0);
    /// ```
    #[doc(alias = "unroll")]
    pub fn params(&self) -> Params<'t, T> {
        Params(self.after.clone())
    }
}

#[allow(clippy::into_iter_without_iter)] // It is called `pairs`.
impl<'t, T: Float> IntoIterator for &Next<'t, T> {
    type Item = (Var<'t, T>, Var<'t, T>);
    type IntoIter = std::vec::IntoIter<Self::Item>;

    fn into_iter(self) -> Self::IntoIter {
        self.pairs().into_iter()
    }
}

impl<'t, T: Float> IntoIterator for Next<'t, T> {
    type Item = (Var<'t, T>, Var<'t, T>);
    type IntoIter = std::vec::IntoIter<Self::Item>;

    fn into_iter(self) -> Self::IntoIter {
        self.pairs().into_iter()
    }
}

/// The values of weights by name, and of what an optimiser remembers of them: what goes from step to step where each is
/// recorded afresh. It is on no tape.
///
/// ```
/// use wengert::{Tape, optim::{Adam, State}};
/// let mut tape = Tape::<f64>::new();
/// let mut state = State::new().with("w", [3.0, -4.0]).with("b", 1.0);
/// for _ in 0..200 {
///     tape.clear();
///     let params = state.leaves(&tape);
///     let (w, b) = (params["w"], params["b"]);
///     let loss = (w * w).sum() + b * b;
///     state = params.step(Adam::default(), &loss.backward(), 0.1).state();
/// }
/// assert!(state.iter().all(|(_, w)| w.iter().all(|w| w.abs() < 0.1)));
/// ```
#[doc(alias = "state_dict")]
#[derive(Clone, Debug)]
pub struct State<T: Float>(List<ArcArray<T, IxDyn>>);

impl<T: Float> State<T> {
    /// No weights yet.
    ///
    /// ```
    /// assert_eq!(wengert::optim::State::<f64>::new().iter().len(), 0);
    /// ```
    pub fn new() -> Self {
        Self(List::new())
    }

    /// With this weight, whatever a tape [can hold](IntoValue). In place of one of that name, or as another of which
    /// nothing is remembered: zeros.
    ///
    /// ```
    /// let state = wengert::optim::State::<f64>::new().with("w", [1.0, 2.0]).with("b", 0.5).with("b", 0.25);
    /// assert_eq!(state["b"][[]], 0.25);
    /// ```
    #[track_caller]
    pub fn with(self, name: impl Into<String>, value: impl IntoValue<T>) -> Self {
        must(self.try_with(name, value))
    }

    /// As [`with`](Self::with), without the panic.
    ///
    /// # Errors
    /// If the array does not fit the memory, as one that is broadcast may not.
    ///
    /// ```
    /// assert!(wengert::optim::State::new().try_with("w", [1.0, 2.0]).is_ok());
    /// ```
    #[track_caller]
    pub fn try_with(mut self, name: impl Into<String>, value: impl IntoValue<T>) -> Result<Self, Error> {
        let (name, value) = (name.into(), held(value)?);
        let List { names, weights, memory, kept } = &mut self.0;
        if let Some(place) = names.iter().position(|own| *own == name) {
            weights[place] = value;
            return Ok(self);
        }
        let (n, zeros) = (weights.len(), ArcArray::zeros(value.raw_dim()));
        match memory {
            Memory::Nothing => {}
            Memory::Velocity => kept.push(zeros),
            Memory::Moments => {
                kept.insert(n, zeros.clone());
                kept.insert(2 * n + 1, zeros);
            }
        }
        names.push(name);
        weights.push(value);
        Ok(self)
    }

    /// All values as leaves of a tape, to record a step with.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// let params = wengert::optim::State::new().with("w", [1.0, 2.0]).leaves(&tape);
    /// assert_eq!(params["w"].name().as_deref(), Some("w"));
    /// ```
    #[track_caller]
    pub fn leaves<'t>(&self, tape: &'t Tape<T>) -> Params<'t, T> {
        must(self.try_leaves(tape))
    }

    /// As [`leaves`](Self::leaves), without the panic.
    ///
    /// # Errors
    /// As of [`Tape::try_leaf`].
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// assert!(wengert::optim::State::new().with("w", [1.0, 2.0]).try_leaves(&tape).is_ok());
    /// ```
    #[track_caller]
    pub fn try_leaves<'t>(&self, tape: &'t Tape<T>) -> Result<Params<'t, T>, Error> {
        let mut leaves = Vec::new();
        for (name, value) in self.0.all_names().iter().zip(self.0.all()) {
            leaves.push(tape.try_leaf(name, value.clone())?);
        }
        Ok(Params(self.0.refilled(leaves)))
    }

    /// The same weights, with what this optimiser remembers of them, at its start: zeros. A state that remembers as much
    /// already stays as it is.
    ///
    /// It is made by itself in the first step; but saved state can only be put back where there is a place for it.
    ///
    /// ```
    /// use wengert::optim::{Adam, State};
    /// let state = State::<f64>::new().with("w", [1.0, 2.0]).remembering(Adam::default());
    /// let names: Vec<String> = state.entries().map(|(name, _)| name).collect();
    /// assert_eq!(names, ["w", "w.m", "w.v", "steps"]);
    /// ```
    pub fn remembering(mut self, optimiser: impl Into<Optimiser>) -> Self {
        let memory = optimiser.into().memory();
        if self.0.memory != memory {
            let shapes = memory.shapes(self.0.weights.iter().map(|weight| weight.shape().to_vec()).collect());
            self.0.kept = shapes.into_iter().map(ArcArray::zeros).collect();
            self.0.memory = memory;
        }
        self
    }

    /// All of it, to be saved: weights, and what an optimiser remembers of them, by names as `w.m`, `w.v` and `steps`.
    ///
    /// ```
    /// use wengert::optim::{Optimiser, State};
    /// let state = State::<f64>::new().with("w", 1.0).remembering(Optimiser::Momentum { mu: 0.9 });
    /// let saved: Vec<_> = state.entries().map(|(name, value)| (name, value.clone())).collect();
    /// let mut again = State::new().with("w", 0.0).remembering(Optimiser::Momentum { mu: 0.9 });
    /// for (name, value) in saved {
    ///     again.set(&name, value); // `w`, `w.velocity`
    /// }
    /// assert_eq!(again["w"][[]], 1.0);
    /// ```
    pub fn entries(&self) -> impl Iterator<Item = (String, &ArcArray<T, IxDyn>)> {
        self.0.all_names().into_iter().zip(self.0.all())
    }

    /// Puts a value in the place of one of the [entries](Self::entries).
    ///
    /// ```
    /// let mut state = wengert::optim::State::<f64>::new().with("w", [1.0, 2.0]);
    /// state.set("w", [3.0, 4.0]);
    /// assert!(state.try_set("W", [3.0, 4.0]).is_err() && state.try_set("w", 1.0).is_err());
    /// ```
    #[track_caller]
    pub fn set(&mut self, name: &str, value: impl IntoValue<T>) {
        must(self.try_set(name, value));
    }

    /// As [`set`](Self::set), without the panic.
    ///
    /// # Errors
    /// If there is no such entry, or it has another shape.
    ///
    /// ```
    /// # let mut state = wengert::optim::State::<f64>::new().with("w", [1.0, 2.0]);
    /// assert!(state.try_set("w.m", [3.0, 4.0]).is_err()); // no optimiser has been there
    /// ```
    #[track_caller]
    pub fn try_set(&mut self, name: &str, value: impl IntoValue<T>) -> Result<(), Error> {
        let value = held(value)?;
        let names = self.0.all_names();
        let place = names.iter().position(|own| own == name);
        let List { weights, kept, .. } = &mut self.0;
        let entry = place.and_then(|place| weights.iter_mut().chain(kept).nth(place));
        let (what, mend) = match entry {
            Some(entry) if entry.shape() == value.shape() => {
                *entry = value;
                return Ok(());
            }
            Some(entry) => (
                format!(
                    "`{name}` has shape {}, and this has shape {}",
                    Dims(entry.shape()),
                    Dims(value.shape())
                ),
                "An entry keeps its shape; `with` puts another weight in its place.",
            ),
            None => (
                format!("there is no entry `{name}`: there are {}", names.join(", ")),
                "`with` adds a weight; `remembering(optimiser)` makes room for what an optimiser remembers.",
            ),
        };
        Err(Error::new("state", Problem::new(ErrorKind::Signature, what, mend), Vec::new()))
    }

    /// The weights in a function that is [`Replayed`](crate::Replayed), as its state, with what this optimiser remembers of
    /// them: they start from these values, and [`carry`](Call::carry) takes what the step gives.
    ///
    /// ```
    /// use wengert::optim::{Adam, State};
    /// use wengert::{Call, Replayed};
    /// let start = State::new().with("w", [0.0, 0.0]).with("b", 0.0);
    /// let mut step = Replayed::new(|call: Call<'_, f64>| {
    ///     let [x, y] = call.inputs();
    ///     let weights = start.carried(call, Adam::default());
    ///     let loss = (x.matmul(weights["w"]) + weights["b"]).mse(y);
    ///     call.carry(&weights.step(Adam::default(), &loss.backward(), 0.05));
    ///     vec![loss]
    /// });
    /// let (x, y) = (ndarray::arr2(&[[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]]), ndarray::arr1(&[2.0, -1.0, 1.0]));
    /// for _ in 0..500 {
    ///     step.call_one((&x, &y))?;
    /// }
    /// assert!((step.state("w")[[0]] - 2.0).abs() < 1e-2 && step.state("steps")[[]] == 500.0);
    /// # Ok::<(), wengert::Error>(())
    /// ```
    #[track_caller]
    pub fn carried<'t>(&self, call: Call<'t, T>, optimiser: impl Into<Optimiser>) -> Params<'t, T> {
        let start = self.clone().remembering(optimiser);
        let mut leaves = Vec::new();
        for (name, value) in start.entries() {
            leaves.push(call.state(&name, value.clone()));
        }
        Params(start.0.refilled(leaves))
    }

    /// Without what was remembered: weights alone, to begin anew or with another optimiser.
    ///
    /// ```
    /// use wengert::{Tape, optim::{Adam, Optimiser, State}};
    /// let tape = Tape::<f64>::new();
    /// let params = State::new().with("w", 1.0).leaves(&tape);
    /// let state = params.step(Adam::default(), &params["w"].backward(), 0.1).state().forget();
    /// let params = state.leaves(&tape);
    /// assert!(params.try_step(Optimiser::Sgd, &params["w"].backward(), 0.1).is_ok());
    /// ```
    pub fn forget(mut self) -> Self {
        (self.0.memory, self.0.kept) = (Memory::Nothing, Vec::new());
        self
    }

    /// The weights in order, with their names.
    ///
    /// ```
    /// let state = wengert::optim::State::<f64>::new().with("w", [1.0, 2.0]).with("b", 0.5);
    /// for (name, value) in state.iter() {
    ///     println!("{name} {value}");
    /// }
    /// ```
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &ArcArray<T, IxDyn>)> {
        self.0.names.iter().map(String::as_str).zip(&self.0.weights)
    }

    /// The weight of this name, if there is one. `state["w"]` panics instead.
    ///
    /// ```
    /// let state = wengert::optim::State::<f64>::new().with("w", [1.0, 2.0]);
    /// assert!(state.get("w").is_some() && state.get("b").is_none());
    /// ```
    pub fn get(&self, name: &str) -> Option<&ArcArray<T, IxDyn>> {
        self.0.get(name)
    }
}

/// A value that is on no tape.
#[track_caller]
fn held<T: Float>(value: impl IntoValue<T>) -> Result<ArcArray<T, IxDyn>, Error> {
    let room = Room::default();
    match value.into_value(&room).and_then(|value| value.to_array(&room)) {
        Ok(value) => Ok(value),
        Err(problem) => Err(Error::new("state", problem, Vec::new())),
    }
}

impl<T: Float> Default for State<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T: Float, N: Into<String>, V: IntoValue<T>> FromIterator<(N, V)> for State<T> {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(weights: I) -> Self {
        weights.into_iter().fold(Self::new(), |state, (name, value)| state.with(name, value))
    }
}

impl<T: Float> Index<&str> for State<T> {
    type Output = ArcArray<T, IxDyn>;

    /// The weight of this name.
    #[track_caller]
    fn index(&self, name: &str) -> &ArcArray<T, IxDyn> {
        self.0.of(name)
    }
}
