//! What a check that passed has seen.

use super::examine::{Scene, Tally};
use crate::{Float, Kind};
use std::fmt;

/// What a check that passed has seen, to tell how much that means.
///
/// ```
/// use wengert::check;
/// let check = check::backward(|[x]| x * 2.0).against(|dy: &ndarray::Array1<f64>| dy * 2.0).shapes(["x: n"]);
/// println!("{}", check.try_run().unwrap());
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Summary {
    cases: usize,
    tally: Tally,
    /// For each gradient, whether it was the cotangent itself in every case, and how many elements were seen.
    gradients: Vec<Seen>,
}

#[derive(Clone, Debug, Default, PartialEq)]
struct Seen {
    elements: usize,
    nonzero: usize,
    returned: bool,
}

impl Summary {
    pub(super) fn new(inputs: usize) -> Self {
        Self { cases: 0, tally: Tally::default(), gradients: vec![Seen::default(); inputs] }
    }

    pub(super) fn add<T: Float>(&mut self, scene: &Scene<T>, tally: Tally) {
        self.cases += 1;
        self.tally.elements += tally.elements;
        self.tally.inconclusive += tally.inconclusive;
        self.tally.kinks += tally.kinks;
        self.tally.worst = self.tally.worst.max(tally.worst);
        if let Ok(given) = &scene.given {
            let gradients = self.gradients.iter_mut().zip(given).enumerate();
            for (_, (seen, gradient)) in
                gradients.filter(|(input, _)| scene.sample.kind(*input) == Kind::Real)
            {
                seen.returned = true;
                seen.elements += gradient.len();
                seen.nonzero += gradient.iter().filter(|x| **x != 0.0).count();
            }
        }
    }

    /// How many gradients were returned.
    pub(super) fn returned(&self) -> usize {
        self.gradients.iter().filter(|seen| seen.returned).count()
    }

    /// How many cases were tried.
    ///
    /// ```
    /// # use wengert::check;
    /// let check = check::backward(|[x]| x + 1.0).against(|dy: &ndarray::Array1<f32>| dy.clone()).shapes(["x: n"]);
    /// assert!(check.cases(7).try_run().unwrap().cases() >= 7);
    /// ```
    pub fn cases(&self) -> usize {
        self.cases
    }

    /// How many elements of gradients were compared.
    ///
    /// ```
    /// # use wengert::check;
    /// let check = check::backward(|[x]| x + 1.0).against(|dy: &ndarray::Array1<f32>| dy.clone()).shapes(["x: 3"]);
    /// assert!(check.cases(7).try_run().unwrap().elements() >= 21);
    /// ```
    pub fn elements(&self) -> usize {
        self.tally.elements
    }

    /// What makes the check say less than it seems to: gradients of which every element was 0 or that were empty in
    /// every case, and elements of which nothing could be said. Nothing here is as it should be.
    ///
    /// ```
    /// # use wengert::check;
    /// let empty = check::backward(|[x]| x + 1.0).against(|dy: &ndarray::Array1<f64>| dy.clone()).shapes(["x: 0"]);
    /// assert_eq!(empty.try_run().unwrap().warnings(), ["gradient 0 was empty in every case: nothing was compared"]);
    /// ```
    pub fn warnings(&self) -> Vec<String> {
        let mut warnings = Vec::new();
        for (i, seen) in self.gradients.iter().enumerate().filter(|(_, seen)| seen.returned) {
            if seen.elements == 0 {
                warnings.push(format!("gradient {i} was empty in every case: nothing was compared"));
            } else if seen.nonzero == 0 {
                warnings.push(format!(
                    "gradient {i} was 0 everywhere in every case: a forgotten one would be, too"
                ));
            }
        }
        if 10 * self.tally.inconclusive > self.tally.elements {
            warnings.push(format!(
                "of {} elements {} could not be judged, since the function overflows or has no derivative there: \
                 give `values` that suit it",
                self.tally.elements, self.tally.inconclusive
            ));
        }
        warnings
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Tally { elements, worst, .. } = self.tally;
        write!(
            f,
            "{} cases, {elements} elements agree, the worst at {worst:.1e} of its tolerance",
            self.cases
        )?;
        self.warnings().iter().try_for_each(|warning| write!(f, "\n  warning: {warning}"))
    }
}
