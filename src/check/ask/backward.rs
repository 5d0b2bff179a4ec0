//! The examination of one hand-written derivative: what to examine, on which shapes and numbers.

use super::derivative::Derivative;
use super::forward::Forward;
use super::subject::{ByHand, Formula, Subject};
use crate::check::cases::plan::Plan;
use crate::check::cases::sample::Sample;
use crate::check::cases::shapes::Signature;
use crate::check::judge::climb::Heat;
use crate::check::judge::search::{Ending, Search};
use crate::check::judge::tolerance::Precision;
use crate::check::page::report::Failure;
use crate::check::{Summary, Values};
use crate::error::counted;
use crate::place::Exactly;
use crate::{Float, Kind, Var};
use proptest::test_runner::Config;
use proptest::test_runner::FileFailurePersistence::WithSource;
use std::fmt;
use std::io::Write;
use std::panic::Location;

/// Examines a hand-written backward function: `formula` is the function itself, written in [`Var`]s, and the
/// hand-written one, which gets the cotangent of its result and then its inputs, goes into
/// [`against`](Formulated::against).
///
/// ```
/// use wengert::{check, manual};
/// check::backward(|[a, w, b]| a.linear(w, b))
///     .against(manual::linear_backward::<f64>)
///     .shapes(["a: n d", "W: h d", "b: 1 h"])
///     .run();
/// ```
pub fn backward<'f, T: Float, const N: usize>(
    formula: impl for<'t> Fn([Var<'t, T>; N]) -> Var<'t, T> + 'f,
) -> Formulated<'f, T> {
    Formulated::new(formula, true)
}

/// Examines the hand-written gradient of a function whose result is a number, a loss: the hand-written function
/// gets the inputs alone, as the cotangent is 1.
///
/// ```
/// use ndarray::Array2;
/// use wengert::check;
/// check::gradient(|[z, y]| (z - y).square().sum())
///     .against(|z: &Array2<f64>, y: &Array2<f64>| (z - y) * 2.0)
///     .shapes(["z: n k", "y: n k"])
///     .run();
/// ```
pub fn gradient<'f, T: Float, const N: usize>(
    formula: impl for<'t> Fn([Var<'t, T>; N]) -> Var<'t, T> + 'f,
) -> Formulated<'f, T> {
    Formulated::new(formula, false)
}

/// As [`backward`], for a function with several results: the hand-written function gets a cotangent for each of them,
/// and then the inputs.
///
/// ```
/// use ndarray::Array1;
/// use wengert::check;
/// // In polar coordinates.
/// check::several(|[r, a]| [r * a.cos(), r * a.sin()])
///     .against(|dx: &Array1<f64>, dy: &Array1<f64>, r: &Array1<f64>, a: &Array1<f64>| {
///         let (cos, sin) = (a.cos(), a.sin());
///         (dx * &cos + dy * &sin, r * (dy * &cos - dx * &sin))
///     })
///     .shapes(["r: n", "a: n"])
///     .run();
/// ```
pub fn several<'f, T: Float, const N: usize, const K: usize>(
    formula: impl for<'t> Fn([Var<'t, T>; N]) -> [Var<'t, T>; K] + 'f,
) -> Formulated<'f, T> {
    const { assert!(K > 0, "a function has a result") }
    Formulated {
        formula: Box::new(move |vars: &[Var<'_, T>]| formula(std::array::from_fn(|i| vars[i])).to_vec()),
        inputs: N,
        cotangents: K,
        several: true,
        directions: 0,
    }
}

/// The function, without the derivative that is to be examined.
///
/// ```
/// use wengert::check;
/// let square = check::backward(|[x]| x.square());
/// square.against(|dy: &ndarray::Array1<f64>, x: &ndarray::Array1<f64>| 2.0 * x * dy).shapes(["n"]).run();
/// ```
pub struct Formulated<'f, T: Float> {
    pub(in crate::check) formula: Box<Formula<'f, T>>,
    pub(in crate::check) inputs: usize,
    /// How many cotangents the hand-written function gets, at most.
    pub(in crate::check) cotangents: usize,
    pub(in crate::check) several: bool,
    /// How many directions, at most: one for each real input.
    pub(in crate::check) directions: usize,
}

impl<'f, T: Float> Formulated<'f, T> {
    fn new<const N: usize>(
        formula: impl for<'t> Fn([Var<'t, T>; N]) -> Var<'t, T> + 'f,
        takes_cotangent: bool,
    ) -> Self {
        let formula: Box<Formula<'f, T>> =
            Box::new(move |vars: &[Var<'_, T>]| vec![formula(std::array::from_fn(|i| vars[i]))]);
        Self { formula, inputs: N, cotangents: usize::from(takes_cotangent), several: false, directions: 0 }
    }

    /// The derivative by hand: see [`Derivative`] for what it may look like.
    ///
    /// # Panics
    /// If it takes more arrays than there are.
    ///
    /// ```
    /// # use wengert::{check, manual};
    /// check::backward(|[z]| z.relu())
    ///     .against(|da: &ndarray::Array2<f32>, z: &ndarray::Array2<f32>| manual::relu_backward(da, z))
    ///     .shapes(["z: n d"])
    ///     .run();
    /// ```
    #[track_caller]
    pub fn against<M, H: Derivative<T, M> + 'f>(self, by_hand: H) -> Check<'f, T> {
        let most = self.inputs + self.cotangents + self.directions;
        assert!(
            H::PARAMETERS <= most,
            "check: the hand-written function takes {} arrays and there are only {most}: {}the formula's {} inputs{}",
            H::PARAMETERS,
            match self.cotangents {
                0 => "",
                1 => "the cotangent and ",
                _ => "the cotangents and ",
            },
            self.inputs,
            if self.directions > 0 { " and a direction for each" } else { "" }
        );
        let by_hand: Box<ByHand<'f, T>> = Box::new(move |arguments| by_hand.call(arguments));
        Check {
            subject: Subject {
                formula: self.formula,
                by_hand,
                parameters: H::PARAMETERS,
                cotangents: self.cotangents,
                takes_cotangent: self.cotangents > 0,
                several: self.several,
                precision: Precision::default(),
                any_subgradient: false,
            },
            inputs: self.inputs,
            has_directions: self.directions > 0,
            forward: None,
            notes: Vec::new(),
            signature: None,
            values: Vec::new(),
            cases: None,
            all_gradients: false,
            judged_at_least: None,
            persists: true,
            seed: None,
            at: Location::caller(),
        }
    }
}

/// An examination that is ready to run once it knows its [`shapes`](Check::shapes).
///
/// ```
/// use ndarray::Array2;
/// use wengert::check;
/// let summary = check::backward(|[a, b]| a * b)
///     .against(|dy: &Array2<f64>, a: &Array2<f64>, b: &Array2<f64>| (dy * b, dy * a))
///     .shapes(["n d", "n d"])
///     .cases(64)
///     .try_run()
///     .unwrap();
/// assert!(summary.cases() >= 64); // those that once failed come on top
/// ```
pub struct Check<'f, T: Float> {
    pub(in crate::check) subject: Subject<'f, T>,
    pub(in crate::check) inputs: usize,
    /// Whether a direction for each real input follows the inputs.
    has_directions: bool,
    pub(in crate::check) forward: Option<Forward<'f, T>>,
    /// What a report says of the whole examination, such as its parameter.
    notes: Vec<(String, String)>,
    pub(in crate::check) signature: Option<Signature>,
    pub(in crate::check) values: Vec<(String, Values)>,
    pub(in crate::check) cases: Option<u32>,
    pub(in crate::check) all_gradients: bool,
    pub(in crate::check) judged_at_least: Option<f64>,
    pub(in crate::check) persists: bool,
    pub(in crate::check) seed: Option<u64>,
    pub(in crate::check) at: &'static Location<'static>,
}

impl<T: Float> Check<'_, T> {
    /// Runs it. A failing case is shrunk, kept beside the source file as `<file>.regressions` and tried first from
    /// then on. What a check that passes says less than it seems to, its [`warnings`](Summary::warnings) and the gradients
    /// that were [not examined](Summary::not_examined), goes to standard error, past the test harness.
    ///
    /// # Panics
    /// If the derivative is wrong, with a report on what is wrong and, if that can be found out, why; or if too little
    /// of it could be judged.
    ///
    /// ```should_panic
    /// # use wengert::check;
    /// check::backward(|[x]| x.sin())
    ///     .against(|dy: &ndarray::Array1<f64>, x: &ndarray::Array1<f64>| -dy * x.cos()) // a sign too many
    ///     .shapes(["x: n"])
    ///     .run();
    /// ```
    #[track_caller]
    pub fn run(&self) {
        match self.try_run() {
            Err(failure) => panic!("{}", failure.for_stderr()),
            Ok(summary) => {
                let remarks = summary.remarks();
                if !remarks.is_empty() {
                    let text = format!(
                        "check{} passes, but\n  {}\n",
                        Exactly(" at ", self.at, ""),
                        remarks.join("\n  ")
                    );
                    // Not by `eprint`: the harness keeps what a test that passes prints so, and this is meant to be seen.
                    // Where there is nobody to see it, there is nobody to tell.
                    let _ = std::io::stderr().write_all(text.as_bytes());
                }
            }
        }
    }

    /// As [`run`](Self::run), without the panic.
    ///
    /// # Errors
    /// If the derivative is wrong, or too little of it could be judged: [`Failure::kind`] says which. Among the latter are
    /// a formula that panics on one of these shapes, and one for [`gradient`] whose result is an array.
    ///
    /// # Panics
    /// If [`shapes`](Self::shapes) were not said, or [`values`](Self::values) names an input that there is not.
    ///
    /// ```
    /// # use wengert::check;
    /// let wrong = check::backward(|[x]| x * x).against(|dy: &ndarray::Array1<f64>, x: &ndarray::Array1<f64>| dy * x);
    /// let failure = wrong.shapes(["x: n"]).try_run().unwrap_err();
    /// assert!(failure.to_string().contains("factor"));
    /// ```
    #[track_caller]
    pub fn try_run(&self) -> Result<Summary, Box<Failure>> {
        let Search { summary, ending } = self.search(&self.subject, self.forward.as_ref(), self.config());
        let doubts = match ending {
            Some(Ending::Wrong { scene, findings }) => {
                let fails = |sample: &Sample| self.fails(sample);
                return Err(Box::new(self.with_notes(Failure::wrong(
                    &self.subject,
                    *scene,
                    findings,
                    self.at,
                    &fails,
                ))));
            }
            Some(Ending::Doubt(doubt)) => vec![doubt],
            None => summary.doubts(self.judged_at_least),
        };
        if doubts.is_empty() {
            Ok(summary)
        } else {
            Err(Box::new(self.with_notes(Failure::inconclusive(&summary, doubts, self.at))))
        }
    }

    /// Whether anything is wrong in this case.
    fn fails(&self, sample: &Sample) -> bool {
        self.heat(&self.subject, sample) == Some(Heat::Wrong)
            || self.forward.as_ref().is_some_and(|forward| forward.fault(&self.subject, sample).0.is_some())
    }

    /// The same examination, of which a report says this.
    pub(in crate::check) fn noted(mut self, key: &str, text: String) -> Self {
        self.notes.push((key.into(), text));
        self
    }

    fn with_notes(&self, failure: Failure) -> Failure {
        self.notes.iter().fold(failure, |failure, (key, text)| failure.noted(key, text.clone()))
    }

    #[track_caller]
    pub(in crate::check) fn input_names(&self) -> Vec<String> {
        self.plan().signature.inputs.into_iter().map(|pattern| pattern.name).collect()
    }

    /// What the numbers of an input are to the tape.
    #[track_caller]
    pub(in crate::check) fn kind(&self, input: usize) -> Kind {
        self.plan().values[input].kind()
    }

    #[track_caller]
    pub(in crate::check) fn plan(&self) -> Plan {
        let Some(signature) = self.signature.clone() else {
            panic!(
                "check: say the shape of each of the formula's {}, as in `.shapes([\"n d\"])`",
                counted(self.inputs, "input", "inputs")
            )
        };
        match Plan::new::<T>(signature, &self.values, self.has_directions) {
            Ok(plan) => plan,
            Err(why) => panic!("check: {why}"),
        }
    }

    fn config(&self) -> Config {
        let default = Config::default();
        let persistence = WithSource("regressions");
        Config {
            cases: self.cases.unwrap_or(default.cases),
            source_file: Some(self.at.file()),
            failure_persistence: if self.persists { Some(Box::new(persistence)) } else { None },
            max_shrink_iters: 4096,
            ..default
        }
    }

    /// For runs of which only the outcome matters.
    pub(in crate::check) fn config_without_shrinking(&self) -> Config {
        Config { failure_persistence: None, max_shrink_iters: 0, ..self.config() }
    }
}

impl<T: Float> fmt::Debug for Formulated<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Formulated").field("inputs", &self.inputs).finish_non_exhaustive()
    }
}

impl<T: Float> fmt::Debug for Check<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Check").field("signature", &self.signature).finish_non_exhaustive()
    }
}

/// The examination in both precisions, compiled with the library: so crates that examine need not compile it themselves, each
/// anew, and run it as well optimised as the library is.
#[used]
static COMPILED: (Run<f32>, Run<f64>) = (Check::try_run, Check::try_run);

type Run<T> = fn(&Check<'static, T>) -> Result<Summary, Box<Failure>>;
