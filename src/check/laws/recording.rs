//! What the laws are examined on.

use crate::check::Layout;
use crate::{Float, Tape, Var};
use ndarray::ArrayD;

/// A function that can be recorded in any precision.
pub(in crate::check) trait Recording {
    /// What it is recorded on, in the domain and away from kinks.
    fn inputs(&self) -> Vec<ArrayD<f64>>;

    /// How the inputs lie in memory.
    fn layout(&self) -> &Layout;

    /// Where cotangent and directions come from.
    fn seed(&self) -> u64;

    /// Up to which order derivatives are examined, at most [`ORDERS`].
    fn orders(&self) -> usize;

    /// Which inputs may move in difference quotients; `None` if the derivative is not theirs by definition.
    fn moving(&self) -> Option<std::ops::RangeFrom<usize>>;

    /// Whether a NaN reaches what has a slope of 0 in it, since the sums of a matrix product are IEEE's.
    fn spills(&self) -> bool;

    fn record<'t, T: Float>(&self, tape: &'t Tape<T>, inputs: &[Var<'t, T>]) -> Var<'t, T>;

    /// For the report on a failure.
    fn describe(&self) -> String;
}

/// The highest order.
pub(in crate::check) const ORDERS: usize = 3;
