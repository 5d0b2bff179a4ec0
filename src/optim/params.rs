//! A step of all weights at once: the same rows as one weight at a time, and a list that goes from step to step.

use super::list::{List, Memory};
use super::{
    Adam, Clock, IntoGradients, IntoParam, Moments, Next, Step, check, try_momentum, try_nesterov, try_sgd,
};
use crate::error::{Error, ErrorKind, Problem, counted, must};
use crate::{Float, IntoVar, Var};
use ndarray::ArrayD;
use std::ops::Index;

/// Which optimiser, with its constants; for [`Params::step`]. An [`Adam`] may stand for itself.
///
/// ```
/// use wengert::optim::{Adam, Optimiser};
/// assert_eq!(Optimiser::from(Adam::default()), Optimiser::Adam(Adam::default()));
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Optimiser {
    /// As [`sgd`](super::sgd): nothing is remembered.
    Sgd,
    /// As [`momentum`](super::momentum): of each weight a velocity.
    Momentum {
        /// μ, how much of the velocity stays at each step.
        mu: f64,
    },
    /// As [`nesterov`](super::nesterov): of each weight a velocity.
    Nesterov {
        /// μ, how much of the velocity stays at each step.
        mu: f64,
    },
    /// As [`adam`](super::adam): of each weight two moments, and the number of steps.
    Adam(Adam),
}

impl From<Adam> for Optimiser {
    fn from(constants: Adam) -> Self {
        Self::Adam(constants)
    }
}

impl Optimiser {
    fn name(self) -> &'static str {
        match self {
            Self::Sgd => "sgd",
            Self::Momentum { .. } => "momentum",
            Self::Nesterov { .. } => "nesterov",
            Self::Adam(_) => "adam",
        }
    }

    pub(super) fn memory(self) -> Memory {
        match self {
            Self::Sgd => Memory::Nothing,
            Self::Momentum { .. } | Self::Nesterov { .. } => Memory::Velocity,
            Self::Adam(_) => Memory::Moments,
        }
    }
}

/// Weights of a model, as rows of a tape: what is trained. [`step`](Self::step) gives the rows that they go on with.
///
/// Made of handles, each under the name that its row has or under one given beside it: of an array, a slice, an
/// `IndexMap` or any other iterator. Or [of a `State`](super::State::leaves), which has values and makes leaves of them.
///
/// ```
/// use indexmap::IndexMap;
/// use wengert::{Var, optim::Params};
/// # let tape = wengert::Tape::<f64>::new();
/// let (w, b) = (tape.leaf("w", [1.0, 2.0]), tape.leaf("b", 0.5));
/// let map: IndexMap<&str, Var<f64>> = IndexMap::from([("weight", w), ("bias", b)]);
/// assert!(Params::new([w, b])["b"] == 0.5);
/// assert!(Params::new(&map)["bias"] == Params::new(vec![("bias", b)])[0]);
/// ```
#[doc(alias = "parameters")]
#[doc(alias = "state_dict")]
#[derive(Clone, Debug)]
pub struct Params<'t, T: Float>(pub(super) List<Var<'t, T>>);

impl<'t, T: Float> Params<'t, T> {
    /// These rows, of which nothing is remembered yet: an optimiser starts from zeros. (In a loop, go on from
    /// [`Next::state`], which keeps what is remembered, and not from the weights' values alone.)
    ///
    /// ```
    /// use wengert::optim::Params;
    /// # let tape = wengert::Tape::<f64>::new();
    /// let params = Params::new([tape.leaf("w", [1.0, 2.0]), tape.leaf("b", 0.5)]);
    /// assert_eq!(params.len(), 2);
    /// ```
    pub fn new(weights: impl IntoIterator<Item = impl IntoParam<'t, T>>) -> Self {
        let mut list = List::new();
        for weight in weights {
            let (name, row) = weight.into_param();
            list.names.push(name);
            list.weights.push(row);
        }
        Self(list)
    }

    /// How many weights there are.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// assert_eq!(wengert::optim::Params::new([tape.leaf("w", 1.0)]).len(), 1);
    /// ```
    pub fn len(&self) -> usize {
        self.0.weights.len()
    }

    /// Whether there are none.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// assert!(!wengert::optim::Params::new([tape.leaf("w", 1.0)]).is_empty());
    /// ```
    pub fn is_empty(&self) -> bool {
        self.0.weights.is_empty()
    }

    /// The weight of this name, if there is one. `params["w"]` panics instead.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// let params = wengert::optim::Params::new([tape.leaf("w", 1.0)]);
    /// assert!(params.get("w").is_some() && params.get("b").is_none());
    /// ```
    pub fn get(&self, name: &str) -> Option<Var<'t, T>> {
        self.0.get(name).copied()
    }

    /// The weights in order, with their names.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// let params = wengert::optim::Params::new([tape.leaf("w", [3.0, 4.0]), tape.leaf("b", 2.0)]);
    /// let penalty = tape.sum(params.iter().map(|(_, w)| w.square().sum()));
    /// assert_eq!(penalty.item(), 29.0);
    /// ```
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, Var<'t, T>)> {
        self.0.names.iter().map(String::as_str).zip(self.0.weights.iter().copied())
    }

    /// One step of all weights: their rows after it, and those of what the optimiser remembers of them.
    ///
    /// Where nothing is remembered yet, zeros are put on the tape to start from, as leaves `w.velocity`, or `w.m`, `w.v`
    /// and `steps`. The gradients are those of a loss, or a list of rows, one for each weight, if something was done to
    /// them: to shorten long ones, `grads[w] * (1.0 / norm).minimum(1.0)`.
    ///
    /// ```
    /// use wengert::optim::{Optimiser, Params};
    /// # let tape = wengert::Tape::<f64>::new();
    /// let (w, b) = (tape.leaf("w", [1.0, 2.0]), tape.leaf("b", 0.5));
    /// let loss = (w * w).sum() + b;
    /// let next = Params::new([w, b]).step(Optimiser::Sgd, &loss.backward(), 0.25);
    /// assert_eq!(next.state()["w"], ndarray::arr1(&[0.5, 1.0]).into_dyn());
    /// ```
    #[doc(alias = "zero_grad")]
    #[track_caller]
    pub fn step(
        &self,
        optimiser: impl Into<Optimiser>,
        gradients: impl IntoGradients<'t, T>,
        rate: impl IntoVar<'t, T>,
    ) -> Next<'t, T> {
        must(self.try_step(optimiser, gradients, rate))
    }

    /// As [`step`](Self::step), without the panic.
    ///
    /// # Errors
    /// If a row is there twice or a constant, a gradient or what is remembered has another shape than its weight, there
    /// are not as many gradients as weights, another optimiser remembers other things, the rate is an array, or rows are
    /// of different tapes.
    ///
    /// ```
    /// use wengert::optim::{Optimiser, Params};
    /// # let tape = wengert::Tape::<f64>::new();
    /// let w = tape.leaf("w", 1.0);
    /// assert!(Params::new([w, w]).try_step(Optimiser::Sgd, &w.backward(), 0.1).is_err());
    /// ```
    #[track_caller]
    pub fn try_step(
        &self,
        optimiser: impl Into<Optimiser>,
        gradients: impl IntoGradients<'t, T>,
        rate: impl IntoVar<'t, T>,
    ) -> Result<Next<'t, T>, Error> {
        let optimiser = optimiser.into();
        let Some(&first) = self.0.weights.first() else {
            return Ok(Next { before: self.0.clone(), after: self.0.clone() });
        };
        self.check_rows(optimiser)?;
        if let Optimiser::Momentum { mu } | Optimiser::Nesterov { mu } = optimiser
            && !(0.0..1.0).contains(&mu)
        {
            let what = format!("`mu` is {mu}, and a velocity keeps a share from 0 to below 1 of what it was");
            let problem = Problem::new(ErrorKind::Parameter, what, "0.9 is usual.");
            return Err(Var::error(optimiser.name(), problem, &[first]));
        }
        let rate = rate.into_var(first.tape())?;
        let gradients = gradients.of(&self.0.weights)?;
        if gradients.len() != self.len() {
            let [gradients, weights] =
                [counted(gradients.len(), "gradient", "gradients"), counted(self.len(), "weight", "weights")];
            let what = format!("{gradients} cannot go with {weights}");
            let problem =
                Problem::new(ErrorKind::Operands, what, "Give one for each weight, in their order.");
            return Err(Error::new(optimiser.name(), problem, Vec::new()));
        }
        let before = self.started(optimiser)?;
        let steps = before.weights.iter().copied().zip(gradients);
        let mut weights = Vec::with_capacity(self.len());
        let mut kept = Vec::with_capacity(before.kept.len());
        // Loops, since the caller's line would not reach through a closure.
        match optimiser {
            Optimiser::Sgd => {
                for (w, g) in steps {
                    weights.push(try_sgd(w, g, rate)?);
                }
            }
            Optimiser::Momentum { mu } => {
                for ((w, g), &v) in steps.zip(&before.kept) {
                    let Step { w, v } = try_momentum(w, g, v, rate, T::from_f64(mu))?;
                    weights.push(w);
                    kept.push(v);
                }
            }
            Optimiser::Nesterov { mu } => {
                for ((w, g), &v) in steps.zip(&before.kept) {
                    let Step { w, v } = try_nesterov(w, g, v, rate, T::from_f64(mu))?;
                    weights.push(w);
                    kept.push(v);
                }
            }
            Optimiser::Adam(constants) => {
                let Some((m, v, &t)) = before.moments() else { return Err(other_memory(optimiser)) };
                Var::judge("adam", constants.check(), &[first])?;
                check("adam", first, &[], &[t, rate])?;
                let (mut second, clock) = (Vec::with_capacity(self.len()), Clock::new(t, rate, constants));
                for (((w, g), &m), &v) in steps.zip(m).zip(v) {
                    check("adam", w, &[g, m, v], &[])?;
                    let (w, moments) = clock.step(w, g, Moments { m, v });
                    weights.push(w);
                    kept.push(moments.m);
                    second.push(moments.v);
                }
                kept.append(&mut second);
                kept.push(clock.t);
            }
        }
        let after = before.refilled([weights, kept].concat());
        Ok(Next { before, after })
    }

    /// Whether each row is there once, on one tape.
    #[track_caller]
    fn check_rows(&self, optimiser: Optimiser) -> Result<(), Error> {
        let weights = &self.0.weights;
        if let Some(stranger) = weights.iter().find(|w| !weights[0].shares_tape(**w)) {
            return Err(weights[0].other_tape(optimiser.name(), *stranger));
        }
        let mut rows: Vec<usize> = weights.iter().map(|w| w.row()).collect();
        rows.sort_unstable();
        let Some(twice) = rows.windows(2).find(|pair| pair[0] == pair[1]) else { return Ok(()) };
        let again = weights.iter().find(|w| w.row() == twice[0]).copied();
        let what = "the row is twice among the weights, and would go on in two ways";
        let problem =
            Problem::new(ErrorKind::Operands, what, "Name it once: weights that are shared are one row.");
        Err(Var::error(optimiser.name(), problem, again.as_slice()))
    }

    /// With what the optimiser goes by: zeros at the first step.
    #[track_caller]
    fn started(&self, optimiser: Optimiser) -> Result<List<Var<'t, T>>, Error> {
        let list = self.0.clone();
        let memory = optimiser.memory();
        if list.memory == memory {
            return Ok(list);
        }
        if list.memory != Memory::Nothing {
            return Err(other_memory(optimiser));
        }
        let tape = list.weights[0].tape();
        let mut kept = Vec::new();
        let shapes = memory.shapes(list.weights.iter().map(|weight| weight.shape()).collect());
        for (name, shape) in memory.names(&list.names).iter().zip(shapes) {
            kept.push(tape.try_leaf(name, ArrayD::zeros(shape))?);
        }
        Ok(List { memory, kept, ..list })
    }
}

/// The optimiser was changed on the way.
#[track_caller]
fn other_memory(optimiser: Optimiser) -> Error {
    let what = "what is remembered of the weights is another optimiser's";
    let mend = "Keep to one optimiser, or begin anew with `state.forget()`.";
    Error::new(optimiser.name(), Problem::new(ErrorKind::Operands, what, mend), Vec::new())
}

impl<'t, T: Float, P: IntoParam<'t, T>> FromIterator<P> for Params<'t, T> {
    fn from_iter<I: IntoIterator<Item = P>>(weights: I) -> Self {
        Self::new(weights)
    }
}

impl<'a, 't, T: Float> IntoIterator for &'a Params<'t, T> {
    type Item = (&'a str, Var<'t, T>);
    type IntoIter = std::vec::IntoIter<Self::Item>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter().collect::<Vec<_>>().into_iter()
    }
}

impl<'t, T: Float> Index<&str> for Params<'t, T> {
    type Output = Var<'t, T>;

    /// The weight of this name.
    #[track_caller]
    fn index(&self, name: &str) -> &Var<'t, T> {
        self.0.of(name)
    }
}

impl<'t, T: Float> Index<usize> for Params<'t, T> {
    type Output = Var<'t, T>;

    /// The weight at this place.
    #[track_caller]
    fn index(&self, place: usize) -> &Var<'t, T> {
        if let Some(weight) = self.0.weights.get(place) {
            return weight;
        }
        let what = format!("there is no weight {place}: there are {}, counted from 0", self.len());
        let problem = Problem::new(ErrorKind::Index, what, "`params.iter()` walks all of them.");
        must(Err(Error::new("params", problem, Vec::new())))
    }
}
