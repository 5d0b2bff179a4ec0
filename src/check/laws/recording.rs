//! What the laws are examined on.

use crate::array::{Kind, Value};
use crate::check::Layout;
use crate::{Float, Tape, Var};
use ndarray::ArrayD;
use std::ops::Range;

/// A function that can be recorded in any precision.
pub(in crate::check) trait Recording {
    /// What it is recorded on, in the domain and away from kinks.
    fn inputs(&self) -> Vec<ArrayD<f64>>;

    /// What the numbers of an input are: indices rest, and have no derivative.
    fn kind(&self, input: usize) -> Kind;

    /// How the inputs lie in memory.
    fn layout(&self) -> &Layout;

    /// Where cotangent and directions come from.
    fn seed(&self) -> u64;

    /// Up to which order derivatives are examined, at most [`ORDERS`].
    fn orders(&self) -> usize;

    /// Which inputs may move in difference quotients; `None` if the derivative is not theirs by definition.
    fn moving(&self) -> Option<Range<usize>>;

    /// Whether a NaN reaches what has a slope of 0 in it, since the sums of a matrix product are IEEE's.
    fn spills(&self) -> bool;

    fn record<'t, T: Float>(&self, tape: &'t Tape<T>, inputs: &[Var<'t, T>]) -> Var<'t, T>;

    /// For the report on a failure.
    fn describe(&self) -> String;
}

/// Puts inputs on a tape: these, or others of their kinds.
pub(in crate::check) fn leaves<'t, T: Float>(
    what: &impl Recording,
    tape: &'t Tape<T>,
    inputs: &[ArrayD<f64>],
) -> Vec<Var<'t, T>> {
    let leaf = |(i, x): (usize, &ArrayD<f64>)| {
        let x = x.mapv(T::from_f64);
        let placed = what.layout().place(&x).into_owned().into_shared();
        tape.try_fed("x", what.kind(i), |_| Ok(Value::new(placed))).unwrap_or_else(|error| panic!("{error}"))
    };
    inputs.iter().enumerate().map(leaf).collect()
}

/// The highest order.
pub(in crate::check) const ORDERS: usize = 3;
