//! What a hypothesis says a gradient would be, and how far rounding can put it from there.

use crate::check::judge::reference::Reference;
use crate::check::judge::tolerance::Precision;
use crate::{Float, Var};
use ndarray::{ArrayD, Zip};

/// A prediction. Where its bound is not finite, it says nothing; where it is no number itself and has a bound, that none is given.
#[derive(Clone, Debug)]
pub(super) struct Predicted {
    pub values: ArrayD<f64>,
    /// The absolute error that rounding explains.
    pub slack: ArrayD<f64>,
}

impl Predicted {
    /// The same elements elsewhere: what is done to both arrays.
    pub fn moved(&self, by: impl Fn(&ArrayD<f64>) -> ArrayD<f64>) -> Self {
        Self { values: by(&self.values), slack: by(&self.slack) }
    }

    /// As [`moved`](Self::moved), where it may be impossible.
    pub fn try_moved(&self, by: impl Fn(&ArrayD<f64>) -> Option<ArrayD<f64>>) -> Option<Self> {
        Some(Self { values: by(&self.values)?, slack: by(&self.slack)? })
    }

    /// This many times as much.
    pub fn times(&self, factor: f64) -> Self {
        let size = factor.abs();
        Self { values: &self.values * factor, slack: &self.slack * size }
    }

    /// 0 of this shape, exactly.
    pub fn zeros(shape: &[usize]) -> Self {
        Self { values: ArrayD::zeros(shape), slack: ArrayD::zeros(shape) }
    }

    /// Whether the given array is this, shape and all, up to rounding: the bound, four roundings for whatever else was done to
    /// it, and sixteen of the largest, since a factor may come before a sum whose terms did not round without it.
    pub fn fits<T: Float>(&self, given: &ArrayD<f64>) -> bool {
        let few = 4.0 * T::EPSILON.to_f64();
        let largest = largest(&self.values);
        let summed = 16.0 * T::EPSILON.to_f64() * largest;
        self.values.shape() == given.shape()
            && Zip::from(&self.values).and(&self.slack).and(given).all(|&p, &slack, &g| {
                !slack.is_finite()
                    || if p.is_finite() {
                        (p - g).abs() <= slack + few * p.abs() + summed
                    } else {
                        !g.is_finite()
                    }
            })
    }

    /// Whether it tells what was given from what is right: where that is wrong it says something, of one element at least, and
    /// altogether of a share that is worth speaking of, a tenth.
    pub fn tells(&self, given: &ArrayD<f64>, right: &Self) -> bool {
        let speaks = |p: &f64, slack: &f64| p.is_finite() && slack.is_finite();
        let judged = self.values.iter().zip(&self.slack).filter(|(p, slack)| speaks(p, slack)).count();
        let said = Zip::from(&self.values).and(&self.slack).map_collect(speaks);
        let differs = right.values.shape() != given.shape()
            || Zip::from(&right.values).and(&right.slack).and(given).and(&said).any(
                |&e, &slack, &g, &said| said && slack.is_finite() && (g.is_nan() || (e - g).abs() > slack),
            );
        10 * judged >= given.len() && judged > 0 && differs
    }

    /// Whether the given array may well be this: a test that costs little, on ordinary numbers.
    pub fn resembles(values: &ArrayD<f64>, given: &ArrayD<f64>) -> bool {
        let largest = largest(values);
        values.shape() == given.shape()
            && values
                .iter()
                .zip(given)
                .all(|(p, g)| !p.is_finite() || (p - g).abs() <= 1e-3 * largest.max(1e-300))
    }
}

/// The largest of the finite elements.
pub(super) fn largest(array: &ArrayD<f64>) -> f64 {
    array.iter().filter(|x| x.is_finite()).fold(0.0, |most, x| most.max(x.abs()))
}

/// The values of rows, and their bounds, as predictions.
pub(super) fn of_rows<T: Float>(rows: &[Var<'_, T>], precision: Precision) -> Vec<Predicted> {
    let pairs = Reference::of_rows(rows, precision).into_iter();
    pairs.map(|[values, slack]| Predicted { values, slack }).collect()
}
