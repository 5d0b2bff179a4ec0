//! What a failed examination prints: a page to read in a terminal.

use super::FailureKind;
use super::diagnose::{Diagnosis, diagnose};
use super::difference::Swept;
use super::examine::{Difference, Finding, Scene, place};
use super::subject::Subject;
use crate::Float;
use crate::error::Dims;
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
    /// The smallest failing case, as in `n = 1, d = 2`.
    sizes: String,
    /// The arrays of that case, by name.
    arrays: Vec<(String, ArrayD<f64>)>,
    /// The names of the inputs.
    inputs: Vec<String>,
    findings: Vec<Finding>,
    diagnoses: Vec<Diagnosis>,
}

impl Failure {
    pub(super) fn new<T: Float>(
        subject: &Subject<'_, T>,
        scene: Scene<T>,
        mut findings: Vec<Finding>,
        at: &'static Location<'static>,
    ) -> Self {
        let signature = scene.sample.signature();
        let inputs: Vec<String> = signature.inputs.iter().map(|pattern| pattern.name.clone()).collect();
        let sizes = signature.describe(&scene.sample.sizes);
        let seed = subject.takes_cotangent.then_some(("cotangent", &scene.cotangent));
        let named = inputs.iter().map(String::as_str).zip(&scene.inputs).chain(seed);
        let arrays = named.map(|(name, array)| (name.to_owned(), array.mapv(T::to_f64))).collect();
        for finding in &mut findings {
            if let Finding::Values(difference) = finding {
                difference.witness = Some(scene.witness(subject, difference.input, &difference.at));
            }
        }
        let diagnoses = diagnose(subject, scene);
        Self { kind: FailureKind::Wrong, at, sizes, arrays, inputs, findings, diagnoses }
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

    /// As a terminal or a file should get it.
    pub(super) fn for_stderr(&self) -> String {
        let colours = std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none();
        if colours { format!("{self:#}") } else { self.to_string() }
    }

    fn finding(&self, page: &mut Page<'_, '_>, finding: &Finding) -> fmt::Result {
        match finding {
            Finding::Refused(why) => {
                page.head("the hand-written function gave no gradients")?;
                page.text(why)
            }
            Finding::Count { given, inputs } => {
                page.head("the hand-written function gives another number of gradients")?;
                page.text(&format!(
                    "it gave {given}; there are {inputs} inputs, and a gradient for each of the first of them"
                ))
            }
            Finding::Shape { input, expected, given } => {
                page.head(&format!("d{} has the wrong shape", self.inputs[*input]))?;
                page.pair("expected", &format!("{}, that of {}", Dims(expected), self.inputs[*input]))?;
                page.pair("given", &Dims(given).to_string())
            }
            Finding::Values(Difference { input, at, expected, given, verdict, witness, wrong, of }) => {
                let name = format!("d{}", self.inputs[*input]);
                page.head(&format!(
                    "{name} is wrong in {wrong} of {of} {}",
                    if *of == 1 { "element" } else { "elements" }
                ))?;
                let element = format!("{name}{}", place(at));
                page.pair("most in", &element)?;
                page.pair("expected", &format!("{expected:?}"))?;
                page.pair("given", &format!("{given:?}"))?;
                page.pair("verdict", &verdict.to_string())?;
                witness
                    .iter()
                    .try_for_each(|witness| page.pair("witness", &testimony(witness, *expected, *given)))
            }
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut page = Page { colours: f.alternate(), f };
        page.line(&format!("the hand-written derivative is wrong ({})", self.at))?;
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
        let sizes = if self.sizes.is_empty() { String::new() } else { format!(": {}", self.sizes) };
        page.head(&format!("the smallest failing case{sizes}"))?;
        self.arrays.iter().try_for_each(|(name, array)| page.array(name, array))
    }
}

impl std::error::Error for Failure {}

/// What differences have to say, and whose side they take.
fn testimony(witness: &Swept, expected: f64, given: f64) -> String {
    let Swept { slope, uncertainty, left, right, .. } = *witness;
    if witness.is_kink() {
        return format!("differences: {left:.6} from below, {right:.6} from above");
    }
    let near = |x: f64| (x - slope).abs() <= 4.0 * uncertainty + 1e-6 * slope.abs();
    let side = match (near(expected), near(given)) {
        (true, false) => "as expected",
        (false, true) => "as given: please report this as a fault of the library",
        (true, true) => "which cannot tell the two apart",
        (false, false) => "neither",
    };
    format!("differences: {slope:.9} ± {uncertainty:.0e}, {side}")
}

/// Lines of at most this many characters.
const WIDTH: usize = 100;

/// A page as it is written.
struct Page<'a, 'b> {
    f: &'a mut fmt::Formatter<'b>,
    colours: bool,
}

impl Page<'_, '_> {
    fn line(&mut self, line: &str) -> fmt::Result {
        if self.colours { writeln!(self.f, "\x1b[1;31m{line}\x1b[0m") } else { writeln!(self.f, "{line}") }
    }

    fn head(&mut self, head: &str) -> fmt::Result {
        if self.colours {
            writeln!(self.f, "\n  \x1b[1m{head}\x1b[0m")
        } else {
            writeln!(self.f, "\n  {head}")
        }
    }

    fn pair(&mut self, key: &str, value: &str) -> fmt::Result {
        writeln!(self.f, "    {key:9} {value}")
    }

    /// A paragraph, broken between words.
    fn text(&mut self, text: &str) -> fmt::Result {
        let mut line = String::new();
        for word in text.split_whitespace() {
            if line.chars().count() + word.chars().count() + 5 > WIDTH && !line.is_empty() {
                writeln!(self.f, "    {line}")?;
                line.clear();
            }
            line.push_str(if line.is_empty() { "" } else { " " });
            line.push_str(word);
        }
        writeln!(self.f, "    {line}")
    }

    fn array(&mut self, name: &str, array: &ArrayD<f64>) -> fmt::Result {
        let text = if array.len() > 64 {
            format!("{} numbers of shape {}", array.len(), Dims(array.shape()))
        } else {
            array.to_string().replace('\n', &format!("\n    {:9} ", ""))
        };
        let text = if array.is_empty() { format!("empty, of shape {}", Dims(array.shape())) } else { text };
        self.pair(name, &text)
    }
}
