//! What a failed examination prints: a page to read in a terminal.

use super::Page;
use super::case::Case;
use super::doubt::Doubt;
use crate::check::ask::subject::{Refusal, Subject};
use crate::check::cases::sample::Sample;
use crate::check::diagnose::{Diagnosis, comparisons, diagnose};
use crate::check::judge::examine::{Difference, Finding, Scene};
use crate::check::judge::quiet;
use crate::check::judge::standing::place;
use crate::check::judge::subgradient::NoSubgradient;
use crate::check::oracle::difference::Swept;
use crate::check::{FailureKind, Mistake, Summary};
use crate::error::Dims;
use crate::place::Exactly;
use crate::{Comparison, Float};
use ndarray::ArrayD;
use std::fmt;
use std::io::IsTerminal;
use std::panic::Location;

/// Why a hand-written derivative is wrong, as a page to read: print it.
///
/// `{}` is plain text, `{:#}` the same with colours for a terminal.
///
/// ```
/// use wengert::check;
/// let check = check::backward(|[x]| x.exp()).against(|dy: &ndarray::Array1<f64>| dy.clone()).shapes(["x: n"]);
/// println!("{}", check.try_run().unwrap_err());
/// ```
#[derive(Clone, Debug)]
pub struct Failure {
    kind: FailureKind,
    at: &'static Location<'static>,
    /// What is to be said of the whole examination.
    notes: Vec<(String, String)>,
    /// The smallest failing case.
    case: Option<Case>,
    /// The names of the inputs.
    inputs: Vec<String>,
    findings: Vec<Finding>,
    diagnoses: Vec<Diagnosis>,
    comparisons: Vec<Comparison>,
    /// Why nothing can be said; or what more there is to say.
    doubts: Vec<Doubt>,
}

impl Failure {
    pub(in crate::check) fn wrong<T: Float>(
        subject: &Subject<'_, T>,
        scene: Scene<T>,
        mut findings: Vec<Finding>,
        at: &'static Location<'static>,
        fails: &dyn Fn(&Sample) -> bool,
    ) -> Self {
        let signature = scene.sample.signature();
        let inputs: Vec<String> = signature.inputs.iter().map(|pattern| pattern.name.clone()).collect();
        let mut case = Case::of(subject, &scene);
        for finding in &mut findings {
            if let Finding::Values(difference) = finding {
                // A function that is asked for any subgradient and gives none is wrong, whatever its elements are.
                if difference.none.is_none() {
                    scene.judge_kinks(subject, difference);
                }
                difference.witness = Some(scene.witness(subject, difference.input, &difference.at));
            }
        }
        let steady = is_steady(subject, &scene);
        let compared = quiet::catch(|| comparisons(subject, &scene, &findings));
        let (comparisons, uncompared) =
            compared.map_or_else(|fault| (Vec::new(), Some(fault)), |all| (all, None));
        let probed = if steady { quiet::catch(|| case.probe(&scene.sample, fails)) } else { Ok(()) };
        let only_forward = findings.iter().all(|finding| matches!(finding, Finding::Forward(_)));
        let again = subject.scene(&scene.sample).ok();
        // That something is wrong is known: whatever happens while the reason is looked for, it is said.
        let (mut diagnoses, mut doubts) =
            match quiet::catch(|| if only_forward { Vec::new() } else { diagnose(subject, scene) }) {
                Ok(diagnoses) => (diagnoses, Vec::new()),
                Err(fault) => (Vec::new(), vec![Doubt::fault(&fault)]),
            };
        // What changes from call to call explains itself, and whatever else seems to fit.
        if !steady && doubts.is_empty() && diagnoses.iter().all(|other| other.mistake != Mistake::Stale) {
            diagnoses = vec![unsteady(&inputs, &findings)];
        }
        let listed =
            again.map_or(Ok(()), |scene| quiet::catch(|| case.list_rows(subject, &scene, &diagnoses)));
        let faults = [probed, listed].into_iter().filter_map(Result::err).chain(uncompared);
        doubts.extend(faults.map(|fault| Doubt::fault(&fault)));
        let kind = FailureKind::Wrong;
        Self {
            kind,
            at,
            notes: Vec::new(),
            case: Some(case),
            inputs,
            findings,
            diagnoses,
            comparisons,
            doubts,
        }
    }

    /// Of a run in which nothing was found wrong, and too little right.
    pub(in crate::check) fn inconclusive(
        summary: &Summary,
        doubts: Vec<Doubt>,
        at: &'static Location<'static>,
    ) -> Self {
        Self {
            kind: FailureKind::Inconclusive,
            at,
            notes: Vec::new(),
            case: None,
            inputs: summary.inputs().map(str::to_owned).collect(),
            findings: Vec::new(),
            diagnoses: Vec::new(),
            comparisons: Vec::new(),
            doubts,
        }
    }

    /// What the library itself did wrong while it examined: always a fault to be reported, and not the reader's. Nothing
    /// here is as it should be.
    ///
    /// ```
    /// # use wengert::check;
    /// let check = check::backward(|[x]| x * 1.0).against(|dy: &ndarray::Array1<f64>| dy * 0.0).shapes(["x: n"]);
    /// assert_eq!(check.try_run().unwrap_err().fault(), None);
    /// ```
    pub fn fault(&self) -> Option<&str> {
        self.doubts.iter().find(|doubt| doubt.is_fault()).map(Doubt::message)
    }

    /// Whether the derivative is wrong, or nothing can be said of it.
    ///
    /// ```
    /// # use wengert::check::{self, FailureKind};
    /// let check = check::backward(|[x]| x * 1.0).against(|dy: &ndarray::Array1<f64>| dy * 0.0).shapes(["x: n"]);
    /// assert_eq!(check.try_run().unwrap_err().kind(), FailureKind::Wrong);
    /// ```
    pub fn kind(&self) -> FailureKind {
        self.kind
    }

    /// The mistakes that explain the failure; none if no simple one does.
    ///
    /// ```
    /// # use wengert::check;
    /// let check = check::backward(|[x]| x * 1.0).against(|dy: &ndarray::Array1<f64>| dy * 0.0).shapes(["x: n"]);
    /// println!("{}", check.try_run().unwrap_err().diagnoses()[0].explanation);
    /// ```
    pub fn diagnoses(&self) -> &[Diagnosis] {
        &self.diagnoses
    }

    /// The gradients that are wrong against what they should be, to be printed or drawn: on an ordinary case of distinct sizes, if
    /// they are wrong there.
    ///
    /// ```
    /// # use wengert::check;
    /// # use ndarray::Array2;
    /// let check = check::backward(|[x]| x * 2.0)
    ///     .against(|dy: &Array2<f64>| dy + 1.0)
    ///     .shapes(["x: n d"]);
    /// let failure = check.try_run().unwrap_err();
    /// let [dx] = failure.comparisons() else { panic!("one gradient is wrong") };
    /// assert!(dx.to_string().starts_with("dx (3, 5): given and expected differ by at most "));
    /// let picture = dx.to_svg();
    /// # assert!(picture.contains("expected"));
    /// ```
    pub fn comparisons(&self) -> &[Comparison] {
        &self.comparisons
    }

    /// The same, of which is said this as well.
    pub(in crate::check) fn noted(mut self, key: &str, text: String) -> Self {
        self.notes.push((key.into(), text));
        self
    }

    /// As a terminal or a file should get it.
    pub(in crate::check) fn for_stderr(&self) -> String {
        let colours = std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none();
        if colours { format!("{self:#}") } else { self.to_string() }
    }

    fn finding(&self, page: &mut Page<'_, '_>, finding: &Finding) -> fmt::Result {
        match finding {
            Finding::Refused(Refusal::Said(why)) => {
                page.head("the hand-written function gave no gradients")?;
                page.text(why)
            }
            Finding::Refused(Refusal::Panicked(panicked)) => {
                page.head("the hand-written function panicked")?;
                page.text(&panicked.message)?;
                panicked.at.iter().try_for_each(|at| page.pair("at", &at.to_string()))
            }
            Finding::Count { given, inputs, expected: None } => {
                page.head("the hand-written function gives another number of gradients")?;
                page.text(&format!(
                    "it gave {given}; there are {inputs} inputs, and a gradient for each of the first of them"
                ))
            }
            Finding::Count { given, inputs, expected: Some(expected) } if expected == inputs => {
                let missing: Vec<String> =
                    self.inputs.iter().skip(*given).map(|name| format!("d{name}")).collect();
                page.head(&format!("the hand-written function gives no {}", missing.join(", ")))?;
                page.text(&format!("it gave {given} of {inputs} gradients, and all of them are asked for"))
            }
            Finding::Count { given, inputs: _, expected: Some(expected) } => {
                page.head("the hand-written function gives now more gradients and now less")?;
                page.text(&format!("it gave {given} here, and {expected} in another case"))
            }
            Finding::Forward(fault) => fault.print(page),
            Finding::Shape { input, expected, given } => {
                page.head(&format!("d{} has the wrong shape", self.inputs[*input]))?;
                page.pair("expected", &format!("{}, that of {}", Dims(expected), self.inputs[*input]))?;
                page.pair("given", &Dims(given).to_string())
            }
            Finding::Values(Difference { input, at, expected, given, verdict, witness, none, wrong, of }) => {
                let name = format!("d{}", self.inputs[*input]);
                page.head(&format!(
                    "{name} is wrong in {wrong} of {of} {}",
                    if *of == 1 { "element" } else { "elements" }
                ))?;
                let element = format!("{name}{}", place(at));
                page.pair("most in", &element)?;
                // Of −0 it is not the sign that is wrong.
                page.pair("expected", &format!("{:?}", expected + 0.0))?;
                page.pair("given", &format!("{:?}", given + 0.0))?;
                page.pair("verdict", &verdict.to_string())?;
                witness
                    .iter()
                    .try_for_each(|witness| page.pair("witness", &testimony(witness, *expected, *given)))?;
                let Some(NoSubgradient { along, given, least, most }) = none else { return Ok(()) };
                page.text(&format!("It is no subgradient: along {along} its slope is {given:?}, and those beside the kink have {}", {
                    let alike = (most - least).abs() <= 1e-6 * most.abs().max(least.abs());
                    if alike { format!("{most:?}") } else { format!("{least:?} to {most:?}") }
                }))
            }
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut page = Page { colours: f.alternate(), f };
        if self.kind == FailureKind::Inconclusive {
            page.line(&format!(
                "inconclusive: nothing can be said of the hand-written derivative{}",
                Exactly(" (", self.at, ")")
            ))?;
            return self.doubts.iter().try_for_each(|doubt| doubt.print(&mut page));
        }
        page.line(&format!("the hand-written derivative is wrong{}", Exactly(" (", self.at, ")")))?;
        self.notes.iter().try_for_each(|(key, text)| page.pair(key, text))?;
        for finding in &self.findings {
            self.finding(&mut page, finding)?;
        }
        let judged = |finding: &Finding| matches!(finding, Finding::Shape { .. } | Finding::Values(_));
        if self.diagnoses.is_empty() && self.findings.iter().any(judged) {
            page.head("why")?;
            page.text("no simple mistake explains this")?;
        }
        for Diagnosis { gradients, explanation, remedy, .. } in &self.diagnoses {
            page.head("why")?;
            page.text(explanation)?;
            if gradients.len() > 1 {
                let names: Vec<String> = gradients.iter().map(|name| format!("d{name}")).collect();
                page.text(&format!("(this one mistake explains {})", names.join(", ")))?;
            }
            page.head("mend")?;
            page.text(remedy)?;
        }
        self.case.iter().try_for_each(|case| case.print(&mut page))?;
        self.doubts.iter().try_for_each(|doubt| doubt.print(&mut page))
    }
}

impl std::error::Error for Failure {}

/// Whether the hand-written function gives the same gradients when it gets the same arrays again, three times.
fn is_steady<T: Float>(subject: &Subject<'_, T>, scene: &Scene<T>) -> bool {
    let bits = |gradient: &ArrayD<f64>| gradient.iter().map(|x| x.to_bits()).collect::<Vec<u64>>();
    let alike = |a: &ArrayD<f64>, b: &ArrayD<f64>| a.shape() == b.shape() && bits(a) == bits(b);
    (0..3).all(|_| match (&scene.given, scene.ask(subject, &scene.inputs)) {
        (Ok(before), Ok(again)) => {
            before.len() == again.len() && before.iter().zip(&again).all(|(a, b)| alike(a, b))
        }
        (before, again) => before.is_err() && again.is_err(),
    })
}

fn unsteady(inputs: &[String], findings: &[Finding]) -> Diagnosis {
    let wrong = findings.iter().filter_map(Finding::input).map(|input| inputs[input].clone());
    Diagnosis {
        alternatives: Vec::new(),
        mistake: Mistake::Stale,
        gradients: wrong.collect(),
        explanation:
            "asked again with the same arrays, the hand-written function gives other gradients: it keeps \
                      something from call to call, or draws at random"
                .into(),
        remedy: "recompute what is kept between calls, or pass it in: of the same arrays, the same gradients"
            .into(),
    }
}

/// What differences have to say, and whose side they take.
fn testimony(witness: &Swept, expected: f64, given: f64) -> String {
    let Swept { slope, uncertainty, left, right, .. } = *witness;
    if witness.is_kink() {
        return format!("differences: {} from below, {} from above", figure(left, 6), figure(right, 6));
    }
    let near = |x: f64| (x - slope).abs() <= 4.0 * uncertainty + 1e-6 * slope.abs();
    let side = match (near(expected), near(given)) {
        (true, false) => "as expected",
        (false, true) => "as given: please report this as a fault of the library",
        (true, true) => "which cannot tell the two apart",
        (false, false) => "neither",
    };
    format!("differences: {} ± {uncertainty:.0e}, {side}", figure(slope, 9))
}

/// A number with this many digits after the point, which is a short text whatever its size.
fn figure(x: f64, digits: usize) -> String {
    if x == 0.0 || (1e-3..1e6).contains(&x.abs()) {
        format!("{x:.digits$}")
    } else {
        format!("{x:.digits$e}")
    }
}
