//! What the gradients should be, and how far rounding may put others from them.

use super::latitude;
use super::standing::{Reason, Standing, of_rounding, of_value};
use super::tolerance::Precision;
use crate::check::ask::subject::Recorded;
use crate::check::oracle::branches::{decided, in_any_order};
use crate::check::oracle::evaluate::Evaluated;
use crate::check::oracle::number::{Bound, By, Rounding};
use crate::prim::{Family, Map, Zip};
use crate::tape::RowId;
use crate::{Float, Gradients, Kind, Var};
use ndarray::{ArrayD, IxDyn};
use std::collections::BTreeSet;

/// The exact side of a comparison.
#[derive(Debug)]
pub(in crate::check) struct Reference {
    /// The gradient of each input, in double precision.
    pub gradients: Vec<ArrayD<f64>>,
    /// How far the elements of another derivation may be from them: of one that follows the rows; but where what was given is
    /// farther, of one that rearranges them.
    pub tolerances: Vec<ArrayD<f64>>,
    /// Where those come from.
    pub because: String,
    /// How far they may be without losing digits that the library keeps, if that is less: they follow the rows, and have no
    /// textbook form.
    accurate: Option<Vec<ArrayD<f64>>>,
    /// The largest number of the precision, and half the distance from 1 to the next one.
    largest: f64,
    roundoff: f64,
    /// Why some elements have no finite gradient, and why others cannot be judged.
    outside: Reason,
    unjudged: Reason,
}

impl Reference {
    /// Derives on the tape, and evaluates that derivation again in double precision with a bound for the error that it
    /// has in the tape's. `given` is what is to be judged by it.
    pub fn new<'t, T: Float>(
        out: Var<'t, T>,
        cotangent: &ArrayD<T>,
        inputs: &[Var<'t, T>],
        precision: Precision,
        given: &[ArrayD<f64>],
    ) -> Self {
        let seed = out.tape().constant(cotangent);
        let grads = out.backward_with(seed);
        let wanted: Vec<Var<'t, T>> = inputs.iter().map(|x| gradient(&grads, *x)).collect();
        Derivation { out, seed, wanted }.examined(precision, given)
    }

    /// The values of a function's results, in the places of gradients.
    pub fn of_results<T: Float>(
        recorded: &Recorded<'_, T>,
        precision: Precision,
        given: &[ArrayD<f64>],
    ) -> Self {
        let out = recorded.out;
        let seed = out.tape().constant(ArrayD::<T>::ones(out.shape()));
        Derivation { out, seed, wanted: recorded.results.clone() }.examined(precision, given)
    }

    /// The values of rows that are there, each with how far another derivation may be from it: for gradients that were
    /// derived in another way.
    pub fn of_rows<T: Float>(wanted: &[Var<'_, T>], precision: Precision) -> Vec<[ArrayD<f64>; 2]> {
        let Some(&first) = wanted.first() else { return Vec::new() };
        Derivation { out: first, seed: first, wanted: wanted.to_vec() }.values(precision)
    }

    /// What can be said of one element of the gradient of an input.
    pub fn standing(&self, input: usize, at: &IxDyn) -> Standing<'_> {
        let (expected, tolerance) = (self.gradients[input][at], self.tolerances[input][at]);
        if tolerance.is_nan() || expected.is_nan() || expected.abs() > self.largest {
            Standing::Outside(&self.outside)
        } else if tolerance.is_infinite() {
            Standing::Unjudged(&self.unjudged)
        } else {
            Standing::Judged { expected, tolerance }
        }
    }

    /// How many decimal digits a gradient has lost that the library keeps, where it has lost most; 0 if none.
    pub fn digits_lost(&self, input: usize, given: &ArrayD<f64>) -> f64 {
        let Some(accurate) = &self.accurate else { return 0.0 };
        let expected = &self.gradients[input];
        if given.shape() != expected.shape() {
            return 0.0;
        }
        let each = given.iter().zip(expected).zip(&accurate[input]);
        let lost = each.map(|((g, e), tolerance)| {
            let error = (g - e).abs();
            // As a part of what is there, beside a rounding of it.
            if error > *tolerance { (error / e.abs()).min(1.0) / self.roundoff } else { 1.0 }
        });
        lost.filter(|lost| lost.is_finite()).fold(1.0, f64::max).log10()
    }
}

/// A function and its gradients, recorded.
struct Derivation<'t, T: Float> {
    out: Var<'t, T>,
    seed: Var<'t, T>,
    wanted: Vec<Var<'t, T>>,
}

impl<'t, T: Float> Derivation<'t, T> {
    /// As it would be rounded if these derived it.
    fn rounding(by: By) -> Rounding {
        Rounding { single: T::EPSILON.to_f64() > f64::EPSILON, by }
    }

    fn by(precision: Precision) -> By {
        if precision.accurate { By::Hand } else { By::Textbook }
    }

    fn examined(&self, precision: Precision, given: &[ArrayD<f64>]) -> Reference {
        let (spoilt, by) = (self.spoilt(), Self::by(precision));
        let mut all = self.evaluated(by, spoilt.as_ref(), &self.wanted, None);
        let gradients = self.found(&all, |bound| bound.value);
        let wide = |all: &Evaluated<Bound>| self.tolerances(all, &gradients, precision);
        let mut tolerances = wide(&all);
        if spoilt.as_ref().is_some_and(|spoilt| spoilt.iter().all(|spoilt| *spoilt)) {
            // No element of the result is a number. Where it was lost on the way, in a sum of nothing, it is said here.
            for tolerance in &mut tolerances {
                tolerance.fill(f64::NAN);
            }
        }
        let roundoff = T::EPSILON.to_f64() / 2.0;
        let asked = by == By::Textbook && latitude::may_lack_digits(given, &gradients, roundoff);
        let mut accurate = (asked && self.has_forms())
            .then(|| wide(&self.evaluated(By::Hand, spoilt.as_ref(), &self.wanted, None)));
        if by == By::Textbook && latitude::is_wanted(given, &gradients, &tolerances) {
            let others = self.evaluated(By::Rearranged, spoilt.as_ref(), &self.wanted, Some(&all));
            accurate.get_or_insert_with(|| tolerances.clone());
            let mut looser = wide(&others);
            let unit = Self::rounding(By::Rearranged).count(Bound::unit);
            latitude::of_lanes(&mut looser, &self.found(&others, |bound| bound.size), 2.0 * unit);
            if latitude::grant(given, &gradients, &mut tolerances, &looser) {
                all = others; // It is there that rounding may make it anything.
            }
        }
        let mut reason = None;
        if latitude::lacks_numbers(given, &gradients, &tolerances)
            && let Some(seeds) = latitude::without_zeros(&self.seed)
        {
            // A slope that rounding may put anywhere is one of them.
            let by = if by == By::Textbook { By::Rearranged } else { by };
            let steep = self.with_seeds(by, &[(self.seed, seeds)], &self.wanted, None);
            let slopes =
                self.found(&steep, |bound| if bound.error.is_finite() { bound.value } else { f64::NAN });
            reason = latitude::excuse(given, &gradients, &mut tolerances, &slopes);
        }
        let unjudged = tolerances.iter().flatten().any(|tolerance| tolerance.is_infinite());
        let outside = spoilt.is_some()
            || gradients.iter().flatten().chain(tolerances.iter().flatten()).any(|x| !x.is_finite());
        Reference {
            because: precision.to_string(),
            accurate,
            largest: Self::rounding(by).count(Bound::largest),
            roundoff,
            outside: reason.or_else(|| outside.then(|| of_value(self.out, &self.wanted))).unwrap_or_default(),
            unjudged: if unjudged {
                Self::rounding(by).count(|| of_rounding(&all, &self.wanted))
            } else {
                Reason::default()
            },
            gradients,
            tolerances,
        }
    }

    fn values(&self, precision: Precision) -> Vec<[ArrayD<f64>; 2]> {
        let all = self.evaluated(Self::by(precision), None, &self.wanted, None);
        let values = self.found(&all, |bound| bound.value);
        let tolerances = self.tolerances(&all, &values, precision);
        values.into_iter().zip(tolerances).map(|(values, tolerances)| [values, tolerances]).collect()
    }

    /// Something of each that is wanted.
    fn found(&self, all: &Evaluated<Bound>, what: fn(Bound) -> f64) -> Vec<ArrayD<f64>> {
        let each = self.wanted.iter();
        each.map(|row| all.get(row.id()).expect("evaluated").view().mapv(what)).collect()
    }

    fn tolerances(
        &self,
        all: &Evaluated<Bound>,
        values: &[ArrayD<f64>],
        precision: Precision,
    ) -> Vec<ArrayD<f64>> {
        let errors = self.found(all, |bound| bound.error);
        errors.iter().zip(values).map(|(errors, values)| precision.widen(errors, values)).collect()
    }

    fn evaluated(
        &self,
        by: By,
        spoilt: Option<&ArrayD<bool>>,
        wanted: &[Var<'t, T>],
        settled: Option<&Evaluated<Bound>>,
    ) -> Evaluated<Bound> {
        let seeds = spoilt.map(|spoilt| {
            let mut seeds = self.seed.peek().mapv(|x| Bound::constant(x.to_f64()));
            seeds.zip_mut_with(spoilt, |seed, spoilt| {
                if *spoilt {
                    seed.error = f64::NAN;
                }
            });
            (self.seed, seeds.into_owned())
        });
        self.with_seeds(by, seeds.as_slice(), wanted, settled)
    }

    /// The same with this cotangent.
    fn with_seeds(
        &self,
        by: By,
        seeds: &[(Var<'t, T>, ArrayD<Bound>)],
        wanted: &[Var<'t, T>],
        settled: Option<&Evaluated<Bound>>,
    ) -> Evaluated<Bound> {
        let tape = self.out.tape();
        let shifted: BTreeSet<RowId> = tape
            .vars()
            .filter(|row| row.prim().0 == Family::Map(Map::Expm1))
            .map(|row| row.operands()[0].id())
            .collect();
        Self::rounding(by).count(|| {
            Evaluated::new(tape, seeds, wanted, |all, row, value| {
                in_any_order(row, decided(all, row, value, &shifted, settled))
            })
        })
    }

    /// Which elements of the result are no finite numbers, if some are not: what depends on them is not judged. An infinity that
    /// was there from the start, as in a mask of −∞, is a number like others.
    fn spoilt(&self) -> Option<ArrayD<bool>> {
        let out = self.out.peek().mapv(T::to_f64);
        if out.iter().all(|y| y.is_finite()) {
            return None;
        }
        let all = self.evaluated(By::Hand, None, &[self.out], None);
        let tape = self.out.tape();
        let from_the_start = tape.ancestry([self.out.id()], 0).iter().any(|(_, row)| {
            let row = tape.at(row);
            row.operands().is_empty() && row.with_value(|x| x.view().iter().any(|x| x.to_f64().is_infinite()))
        });
        let mut spoilt = out.mapv(|y| !y.is_finite());
        spoilt.zip_mut_with(&all.get(self.out.id()).expect("evaluated").view(), |spoilt, y| {
            *spoilt &= !(from_the_start && y.value.is_infinite() && y.is_exact());
        });
        spoilt.iter().any(|spoilt| *spoilt).then(|| spoilt.into_owned())
    }

    /// Whether there are rows of which textbooks have another form, that loses digits.
    fn has_forms(&self) -> bool {
        self.out.tape().vars().any(|row| {
            matches!(
                row.prim().0,
                Family::Weighted(_)
                    | Family::Zip(Zip::ExpDifference)
                    | Family::Map(Map::Expm1 | Map::Logistic)
            )
        })
    }
}

/// The gradient of an input; 0 stands in its place for indices and masks, which have none.
pub(in crate::check) fn gradient<'t, T: Float>(grads: &Gradients<'t, T>, input: Var<'t, T>) -> Var<'t, T> {
    match input.kind() {
        Kind::Real => grads[input],
        _ => input.tape().constant(ArrayD::<T>::zeros(input.shape())),
    }
}
