//! What a check that passed has seen: its certificate.

use super::doubt::Doubt;
use crate::check::cases::plan::Plan;
use crate::check::cases::sample::Sample;
use crate::check::judge::tally::{Counts, Seen, Tally};
use crate::check::mutants::Score;
use crate::check::{Check, Values};
use crate::{Arithmetic, Float, Kind};
use std::collections::BTreeSet;
use std::panic::Location;

/// What a check that passed has seen, to tell how much that means. Printed, it is a certificate: the same text for the same
/// seed and machine.
///
/// ```
/// use wengert::check;
/// let check = check::backward(|[x]| x * 2.0).against(|dy: &ndarray::Array1<f64>| dy * 2.0).shapes(["x: n"]);
/// println!("{}", check.try_run().unwrap());
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Summary {
    pub(in crate::check) at: &'static Location<'static>,
    pub(in crate::check) dtype: &'static str,
    pub(in crate::check) tolerance: String,
    pub(in crate::check) seed: u64,
    pub(in crate::check) inputs: Vec<Input>,
    pub(in crate::check) takes_cotangent: bool,
    /// Whether the hand-written function itself is examined.
    pub(in crate::check) has_forward: bool,
    pub(in crate::check) any_subgradient: bool,
    /// The named axes and the sizes that were tried.
    pub(in crate::check) axes: Vec<(String, BTreeSet<usize>)>,
    /// Kinds of layouts and of numbers that were tried.
    pub(in crate::check) layouts: BTreeSet<&'static str>,
    pub(in crate::check) numbers: BTreeSet<&'static str>,
    /// The rows of the formula, and the sizes with which they were recorded.
    pub(in crate::check) formula: Vec<String>,
    pub(in crate::check) shown_at: String,
    pub(in crate::check) cases: usize,
    pub(in crate::check) calls: usize,
    pub(in crate::check) tally: Tally,
    /// Wrong versions that were caught, of how many.
    pub(in crate::check) mutants: Option<(usize, usize)>,
}

/// What there is to say of an input.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::check) struct Input {
    pub name: String,
    axes: Vec<String>,
    values: String,
    /// Its gradient is of interest: it is not a label or an index.
    moves: bool,
    /// It may have one: it holds no indices and no mask, and is no direction.
    real: bool,
}

impl Input {
    /// `W: h d`
    pub fn pattern(&self) -> String {
        format!("{}: {}", self.name, self.axes.join(" "))
    }

    /// Which numbers it holds.
    pub fn numbers(&self) -> &str {
        &self.values
    }
}

/// What was seen of the gradient of one input.
///
/// ```
/// use wengert::check;
/// let check = check::backward(|[x]| x * 2.0).against(|dy: &ndarray::Array1<f64>| dy * 2.0).shapes(["x: n"]);
/// let summary = check.try_run().unwrap();
/// assert_eq!(summary.gradients()[0].input, "x");
/// assert!(summary.gradients()[0].worst <= 1.0);
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Gradient {
    /// The name of the input.
    pub input: String,
    /// How many elements were judged, and with what result.
    pub counts: Counts,
    /// The largest error as a part of its tolerance.
    pub worst: f64,
    /// How many decimal digits it lost at most that the library keeps, as textbook forms do: see
    /// [`accurate`](Check::accurate).
    pub lost_digits: f64,
    /// Why elements were not judged, and how many, the most frequent reason first.
    pub unjudged: Vec<(String, usize)>,
}

fn in_words(values: &Values) -> String {
    match values {
        Values::Any => "any numbers".into(),
        Values::Extended => "any numbers, ±∞ and NaN".into(),
        Values::Positive => "numbers above 0".into(),
        Values::Between(low, high) => format!("numbers from {low} to {high}"),
        Values::OneHot => "rows of zeros with a single 1".into(),
        Values::Whole(low, high) => format!("whole numbers from {low} to {}", high.saturating_sub(1)),
        Values::Index(axis) => format!("indices below {axis}"),
        Values::Below(n) => format!("indices below {n}"),
        Values::Mask => "truths".into(),
        Values::Custom(_) => "numbers drawn by a function of the test".into(),
    }
}

impl Summary {
    pub(in crate::check) fn new<T: Float>(check: &Check<'_, T>, plan: &Plan, seed: u64) -> Self {
        let signature = &plan.signature;
        let input = |(i, pattern): (usize, &crate::check::cases::shapes::Pattern)| Input {
            name: pattern.name.clone(),
            axes: signature.symbols(i),
            values: in_words(&plan.values[i]),
            moves: !matches!(plan.values[i], Values::OneHot | Values::Whole(..)),
            real: i < signature.inputs.len() - plan.directions && plan.values[i].kind() == Kind::Real,
        };
        Self {
            at: check.at,
            dtype: T::DTYPE,
            tolerance: check.subject.precision.to_string(),
            seed,
            inputs: signature.inputs.iter().enumerate().map(input).collect(),
            takes_cotangent: check.subject.takes_cotangent,
            has_forward: check.forward.is_some(),
            any_subgradient: check.subject.any_subgradient,
            axes: signature.axes.iter().map(|axis| (axis.clone(), BTreeSet::new())).collect(),
            layouts: BTreeSet::new(),
            numbers: BTreeSet::new(),
            formula: Vec::new(),
            shown_at: String::new(),
            cases: 0,
            calls: 0,
            tally: Tally::default(),
            mutants: None,
        }
    }

    pub(in crate::check) fn add_case(&mut self, sample: &Sample) {
        self.cases += 1;
        for ((_, sizes), &size) in self.axes.iter_mut().zip(&sample.sizes) {
            sizes.insert(size);
        }
        self.layouts.extend(sample.kinds_of_layout());
        self.numbers.insert(sample.kind_of_numbers());
    }

    pub(in crate::check) fn add(&mut self, tally: &Tally) {
        self.calls += 1;
        self.tally += tally;
    }

    pub(in crate::check) fn inputs(&self) -> impl Iterator<Item = &str> {
        self.inputs.iter().map(|input| input.name.as_str())
    }

    /// How many gradients were returned.
    pub(in crate::check) fn returned(&self) -> usize {
        self.tally.gradients.len()
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

    /// How many calls of the hand-written function were judged: all of them. In half of the cases there are two, on
    /// the same shapes.
    ///
    /// ```
    /// # use wengert::check;
    /// let check = check::backward(|[x]| x + 1.0).against(|dy: &ndarray::Array1<f32>| dy.clone()).shapes(["x: n"]);
    /// let summary = check.try_run().unwrap();
    /// assert!(summary.calls() > summary.cases());
    /// ```
    pub fn calls(&self) -> usize {
        self.calls
    }

    /// How many elements of gradients were compared.
    ///
    /// ```
    /// # use wengert::check;
    /// let check = check::backward(|[x]| x + 1.0).against(|dy: &ndarray::Array1<f32>| dy.clone()).shapes(["x: 3"]);
    /// assert!(check.cases(7).try_run().unwrap().elements() >= 21);
    /// ```
    pub fn elements(&self) -> usize {
        self.counts().judged
    }

    /// How many elements were judged, and with what result, over all gradients.
    ///
    /// ```
    /// # use wengert::check;
    /// let check = check::backward(|[x]| x + 1.0).against(|dy: &ndarray::Array1<f32>| dy.clone()).shapes(["x: n"]);
    /// assert_eq!(check.try_run().unwrap().counts().unjudged, 0);
    /// ```
    pub fn counts(&self) -> Counts {
        let mut all = Counts::default();
        self.tally.gradients.iter().for_each(|seen| all += seen.counts);
        all
    }

    /// The same for each gradient that the hand-written function gave.
    ///
    /// ```
    /// # use wengert::check;
    /// let check = check::backward(|[x]| x + 1.0).against(|dy: &ndarray::Array1<f32>| dy.clone()).shapes(["x: n"]);
    /// assert_eq!(check.try_run().unwrap().gradients().len(), 1);
    /// ```
    pub fn gradients(&self) -> Vec<Gradient> {
        let gradient = |(input, seen): (&Input, &Seen)| {
            let mut unjudged: Vec<(String, usize)> =
                seen.why.iter().map(|((_, reason), count)| (reason.to_string(), *count)).collect();
            unjudged.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
            Gradient {
                input: input.name.clone(),
                counts: seen.counts,
                worst: seen.worst,
                lost_digits: seen.lost_digits,
                unjudged,
            }
        };
        let each = self.inputs.iter().zip(&self.tally.gradients);
        each.filter(|(input, _)| input.real).map(gradient).collect()
    }

    /// The inputs of which the hand-written function gave no gradient, so that none was examined:
    /// [`all_gradients`](Check::all_gradients) makes that a failure.
    ///
    /// ```
    /// # use wengert::check;
    /// let check = check::backward(|[a, b]| a + b).against(|dy: &ndarray::Array1<f64>| dy.clone()).shapes(["a: n", "b: n"]);
    /// assert_eq!(check.try_run().unwrap().not_examined(), ["b"]);
    /// ```
    pub fn not_examined(&self) -> Vec<&str> {
        let left = self.inputs.iter().skip(self.returned()).filter(|input| input.real);
        left.map(|input| input.name.as_str()).collect()
    }

    /// What makes the check say less than it seems to: gradients that were 0 wherever they were compared, and
    /// elements of which nothing could be said. Nothing here is as it should be.
    ///
    /// ```
    /// # use wengert::check;
    /// let flat = check::backward(|[x]| x.sign()).against(|dy: &ndarray::Array1<f64>| dy * 0.0).shapes(["x: n"]);
    /// assert_eq!(
    ///     flat.try_run().unwrap().warnings(),
    ///     ["dx was 0, but for rounding, wherever it was compared: a forgotten one would be, too"]
    /// );
    /// ```
    pub fn warnings(&self) -> Vec<String> {
        let mut warnings = Vec::new();
        for (name, seen) in self.seen() {
            let Counts { judged, unjudged, outside, .. } = seen.counts;
            if judged > 0 && seen.telling == 0 {
                warnings.push(format!(
                    "{name} was 0, but for rounding, wherever it was compared: a forgotten one would be, too"
                ));
            }
            let why = |of_outside: bool| {
                let counts = seen.why.iter().filter(|((outside, _), _)| *outside == of_outside);
                counts
                    .max_by_key(|(_, count)| **count)
                    .map_or(String::new(), |((_, why), _)| format!(": {why}"))
            };
            if 10 * unjudged > judged + unjudged {
                let of = judged + unjudged;
                warnings
                    .push(format!("{unjudged} of {of} elements of {name} could not be judged{}", why(false)));
            }
            if outside > judged + unjudged {
                let of = judged + unjudged + outside;
                warnings.push(format!(
                    "{outside} of {of} elements of {name} were outside the domain{}",
                    why(true)
                ));
            }
        }
        warnings
    }

    /// All that `run` prints of a check that passes.
    pub(in crate::check) fn remarks(&self) -> Vec<String> {
        let mut remarks = self.warnings();
        // Labels have none that somebody would miss.
        let missed = self.inputs.iter().skip(self.returned()).filter(|input| input.real && input.moves);
        let missed: Vec<String> = missed.map(|input| format!("d{}", input.name)).collect();
        if !missed.is_empty() {
            remarks.push(format!(
                "{} was not examined: the hand-written function does not return it (`.all_gradients()` demands it)",
                missed.join(", ")
            ));
        }
        for (name, seen) in self.seen().filter(|(_, seen)| seen.lost_digits >= 1.0) {
            let all = if self.dtype == f32::DTYPE { 7 } else { 16 };
            remarks.push(format!(
                "{name} loses up to {:.0} of {all} digits that the library keeps, as textbook forms do (`.accurate()` forbids it)",
                seen.lost_digits
            ));
        }
        remarks
    }

    /// What was seen of each gradient, and of the hand-written function itself if it was examined.
    pub(in crate::check) fn seen(&self) -> impl Iterator<Item = (String, &Seen)> {
        let gradients = self.inputs.iter().map(|input| format!("d{}", input.name)).zip(&self.tally.gradients);
        let forward = self.has_forward.then(|| ("the forward function".into(), &self.tally.forward));
        gradients.chain(forward)
    }

    /// Why this is not enough to call the derivative right; nothing if it is.
    pub(in crate::check) fn doubts(&self, share: Option<f64>) -> Vec<Doubt> {
        let gradients = &self.tally.gradients;
        if gradients.is_empty() {
            return vec![Doubt::nothing()];
        }
        let each = self.inputs.iter().zip(gradients).filter(|(input, _)| input.real);
        let each = each.filter_map(|(input, seen)| Doubt::of_gradient(&input.name, seen, share));
        let forward = self.has_forward.then(|| Doubt::of_forward(&self.tally.forward, share)).flatten();
        each.chain(forward).collect()
    }

    /// The rows of the formula, at these sizes.
    pub(in crate::check) fn show(&mut self, sizes: String, rows: Vec<String>) {
        (self.shown_at, self.formula) = (sizes, rows);
    }

    /// With the score of the check itself, to be printed: how many wrong versions it caught.
    ///
    /// ```
    /// # use wengert::check;
    /// let check = check::backward(|[x]| x * 3.0).against(|dy: &ndarray::Array1<f64>| dy * 3.0).shapes(["x: n"]);
    /// let certificate = check.try_run().unwrap().with_score(&check::mutants(&check));
    /// assert!(certificate.to_string().contains("wrong versions"));
    /// ```
    #[must_use]
    pub fn with_score(mut self, score: &Score) -> Self {
        let all = score.mutants().len();
        self.mutants = Some((all - score.survivors().len(), all));
        self
    }
}
