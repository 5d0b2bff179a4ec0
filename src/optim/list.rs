//! Weights by name, and what an optimiser remembers of them.

use crate::error::{Error, ErrorKind, Problem, must};

/// What an optimiser remembers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Memory {
    Nothing,
    /// A velocity of each weight.
    Velocity,
    /// The first moment of each weight, then the second of each, then the number of steps.
    Moments,
}

impl Memory {
    /// The names of what is remembered of weights of these names, in order.
    pub fn names(self, weights: &[String]) -> Vec<String> {
        let of_each = |kind: &str| weights.iter().map(|name| format!("{name}.{kind}")).collect::<Vec<_>>();
        match self {
            Self::Nothing => Vec::new(),
            Self::Velocity => of_each("velocity"),
            Self::Moments => [of_each("m"), of_each("v"), vec!["steps".to_owned()]].concat(),
        }
    }

    /// The shapes of what is remembered of weights of these shapes, in order.
    pub fn shapes(self, weights: Vec<Vec<usize>>) -> Vec<Vec<usize>> {
        match self {
            Self::Nothing => Vec::new(),
            Self::Velocity => weights,
            Self::Moments => [weights.clone(), weights, vec![Vec::new()]].concat(),
        }
    }
}

/// Weights by name and what is remembered of them: rows, or their values.
#[derive(Clone, Debug)]
pub(super) struct List<X> {
    pub names: Vec<String>,
    pub weights: Vec<X>,
    pub memory: Memory,
    /// What is remembered, in the order that `memory` says.
    pub kept: Vec<X>,
}

impl<X> List<X> {
    pub fn new() -> Self {
        Self { names: Vec::new(), weights: Vec::new(), memory: Memory::Nothing, kept: Vec::new() }
    }

    /// All there is, in order: the weights, then what is remembered.
    pub fn all(&self) -> impl Iterator<Item = &X> {
        self.weights.iter().chain(&self.kept)
    }

    /// The names of [all](Self::all).
    pub fn all_names(&self) -> Vec<String> {
        [self.names.clone(), self.memory.names(&self.names)].concat()
    }

    /// The same list of other things, one for each of [all](Self::all).
    pub fn refilled<Y>(&self, mut all: Vec<Y>) -> List<Y> {
        let kept = all.split_off(self.weights.len());
        List { names: self.names.clone(), weights: all, memory: self.memory, kept }
    }

    /// First and second moments, and the number of steps, where that is what is remembered.
    pub fn moments(&self) -> Option<(&[X], &[X], &X)> {
        let (m, rest) = self.kept.split_at_checked(self.weights.len())?;
        let (v, t) = rest.split_at_checked(self.weights.len())?;
        (self.memory == Memory::Moments).then_some((m, v, t.first()?))
    }

    pub fn get(&self, name: &str) -> Option<&X> {
        self.names.iter().position(|own| own == name).map(|place| &self.weights[place])
    }

    /// The one of this name, or a panic that says which names there are.
    #[track_caller]
    pub fn of(&self, name: &str) -> &X {
        let mut called = (0..self.names.len()).filter(|&place| self.names[place] == name);
        let (what, mend) = match (called.next(), called.next()) {
            (Some(place), None) => return &self.weights[place],
            (Some(_), Some(_)) => (
                format!("several weights are called {name:?}"),
                "Give each a name of its own, or take it by its place, as `params[0]`.".to_owned(),
            ),
            (None, _) => {
                let names: Vec<String> =
                    self.names.iter().take(SHOWN).map(|name| format!("{name:?}")).collect();
                let more = if self.names.len() > SHOWN { ", …" } else { "" };
                (format!("no weight is called {name:?}"), format!("These are: {}{more}.", names.join(", ")))
            }
        };
        must(Err(Error::new("params", Problem::new(ErrorKind::Operands, what, mend), Vec::new())))
    }
}

/// How many names an error shows.
const SHOWN: usize = 20;
