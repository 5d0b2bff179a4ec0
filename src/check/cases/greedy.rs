//! Greedy shrinking: a simpler value that still fails takes the place of the one before it.

use proptest::strategy::ValueTree;
use std::fmt;

/// What can become simpler.
pub(in crate::check) trait Simpler: Clone + fmt::Debug {
    /// Simpler values, the simplest first.
    fn simpler(&self) -> Vec<Self>;
}

/// The way from a value to the simplest that is found, for proptest.
#[derive(Debug)]
pub(in crate::check) struct Greedy<V> {
    best: V,
    candidate: V,
    rest: std::vec::IntoIter<V>,
}

impl<V: Simpler> Greedy<V> {
    pub fn new(value: V) -> Self {
        Self { candidate: value.clone(), best: value, rest: Vec::new().into_iter() }
    }

    /// The simplest of which `fails` holds that is found in this many steps.
    pub fn shrunk(mut self, steps: usize, mut fails: impl FnMut(&V) -> bool) -> V {
        let mut more = self.simplify();
        for _ in 0..steps {
            if !more {
                break;
            }
            more = if fails(&self.candidate) { self.simplify() } else { self.complicate() };
        }
        self.best
    }
}

impl<V: Simpler> ValueTree for Greedy<V> {
    type Value = V;

    fn current(&self) -> V {
        self.candidate.clone()
    }

    fn simplify(&mut self) -> bool {
        self.best = self.candidate.clone();
        self.rest = self.best.simpler().into_iter();
        self.complicate()
    }

    fn complicate(&mut self) -> bool {
        let next = self.rest.next();
        let found = next.is_some();
        self.candidate = next.unwrap_or_else(|| self.best.clone());
        found
    }
}
