//! Runs a file of single-operation cases made by PyTorch against the engine.
//!
//! [`cases`] reads the file, [`args`] holds a case's arguments, [`torch`] knows what PyTorch's names
//! mean, [`roundoff`] says how far two correct results may lie apart, and [`compare`] looks whether
//! they do.

mod algebra;
pub mod args;
pub mod cases;
pub mod compare;
mod diagonal;
pub mod einsum;
mod elementwise;
mod indexing;
mod loss;
mod masked;
mod order;
mod padding;
mod pieces;
mod reduce;
pub mod roundoff;
mod scatter;
mod shape;
mod torch;

use args::{Args, Kind, Trouble};
use cases::{Arrays, Case, Loaded};
use ndarray::ArrayD;
use std::ffi::OsString;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use wengert::{Broadcasting, Tape, Var};

/// What became of a case.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// Value, shape and every gradient agree.
    Passed,
    /// Something does not, or could not be computed: one line for each.
    Failed(Vec<String>),
    /// The runner does not know the operation or an argument, for this reason.
    Skipped(String),
}

/// The outcomes of all cases of a file, in its order.
#[derive(Debug, Default)]
pub struct Report {
    /// For each case its number, its operation and what became of it.
    pub outcomes: Vec<(String, String, Outcome)>,
}

impl Report {
    fn count(&self, which: impl Fn(&Outcome) -> bool) -> usize {
        self.outcomes.iter().filter(|(_, _, outcome)| which(outcome)).count()
    }

    /// How many cases passed, failed and were skipped.
    pub fn counts(&self) -> [usize; 3] {
        [
            self.count(|outcome| *outcome == Outcome::Passed),
            self.count(|outcome| matches!(outcome, Outcome::Failed(_))),
            self.count(|outcome| matches!(outcome, Outcome::Skipped(_))),
        ]
    }

    /// The exit status: 1 if anything failed.
    pub fn status(&self) -> u8 {
        u8::from(self.counts()[1] > 0)
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (case, op, outcome) in &self.outcomes {
            match outcome {
                Outcome::Passed => {}
                Outcome::Failed(reasons) => {
                    for reason in reasons {
                        writeln!(f, "FAILED  {case} {op}: {reason}")?;
                    }
                }
                Outcome::Skipped(reason) => writeln!(f, "skipped {case} {op}: {reason}")?,
            }
        }
        let [passed, failed, skipped] = self.counts();
        write!(f, "{passed} passed, {failed} failed, {skipped} skipped")
    }
}

/// What the command prints, and its exit status: 0 if nothing failed, 1 if a case did, 2 if the files
/// cannot be read; then the text is the error in one line, and how to call it.
pub fn command(files: &[OsString]) -> (u8, String) {
    let report = match files {
        [json, npz] => run_files(Path::new(json), Path::new(npz)),
        other => Err(format!("expected two files, got {}", other.len())),
    };
    match report {
        Ok(report) => (report.status(), report.to_string()),
        Err(error) => {
            (2, format!("error: {}\nusage: conformance FILE.json FILE.npz", error.replace('\n', " ")))
        }
    }
}

/// Reads the two files and runs every case.
///
/// # Errors
/// If a file cannot be read, or the first is not a list of cases.
pub fn run_files(json: &Path, npz: &Path) -> Result<Report, String> {
    let text = std::fs::read_to_string(json).map_err(|error| format!("{}: {error}", json.display()))?;
    let cases = cases::parse(&text).map_err(|error| format!("{}: {error}", json.display()))?;
    let arrays = Arrays::open(npz).map_err(|error| format!("{}: {error}", npz.display()))?;
    Ok(run(&cases, &arrays))
}

/// Runs every case. Nothing that a case does can stop the others.
pub fn run(cases: &[Case], arrays: &Arrays) -> Report {
    let outcomes = cases.iter().map(|case| (case.name.clone(), case.op.clone(), run_case(case, arrays)));
    Report { outcomes: outcomes.collect() }
}

fn run_case(case: &Case, arrays: &Arrays) -> Outcome {
    let attempt = AssertUnwindSafe(|| check(case, arrays));
    let result = catch_unwind(attempt).unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().map(String::as_str);
        let text = text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("no text");
        Err(Trouble::Failed(format!("the engine panicked: {text}")))
    });
    match result {
        Ok(differences) if differences.is_empty() => Outcome::Passed,
        Ok(differences) => Outcome::Failed(differences),
        Err(Trouble::Failed(reason)) => Outcome::Failed(vec![reason]),
        Err(Trouble::Unsupported(reason)) => Outcome::Skipped(reason),
    }
}

/// Evaluates a case and lists what differs.
fn check(case: &Case, arrays: &Arrays) -> Result<Vec<String>, Trouble> {
    let tape = Tape::with_broadcasting(Broadcasting::NumPy);
    let (mut args, inputs) = Args::of(case, arrays, &tape)?;
    let outs = torch::evaluate(&case.op, &mut args)?;
    args.finish()?;

    // The arrays of several results are numbered.
    let several = arrays.get(&case.name, "out0")?.is_some();
    let part = |what: &str, i: usize| if several { format!("{what}{i}") } else { what.to_owned() };
    let expected = if several {
        (0..arrays.0.len()).take_while(|i| arrays.has(&case.name, &part("out", *i))).count()
    } else {
        1
    };
    if outs.len() != expected {
        return Ok(vec![format!("{} results, expected {expected}", outs.len())]);
    }
    let (mut pairs, mut seeds) = (Vec::new(), Vec::new());
    for (i, out) in outs.into_iter().enumerate() {
        let name = part("out", i);
        let Loaded { values: reference, kind } = arrays.need(&case.name, &name)?;
        if out.shape() != reference.shape() {
            return Ok(vec![format!("{name}: shape {:?}, expected {:?}", out.shape(), reference.shape())]);
        }
        if kind == Kind::Float && out.varies() {
            seeds.push((out, part("cot", i)));
        }
        pairs.push((name, out, reference));
    }
    let results = pairs.len();

    let differentiable: Vec<_> = inputs
        .iter()
        .enumerate()
        .filter(|(_, input)| input.kind == Kind::Float && input.var.varies())
        .collect();
    if seeds.is_empty() || differentiable.is_empty() {
        // Truth values, whole numbers and constants have gradients of zero, or none in the file.
        for (i, input) in differentiable {
            let name = format!("grad{i}");
            if let Some(reference) = arrays.get(&case.name, &name)? {
                let zero = tape.constant(ArrayD::zeros(input.var.shape()));
                pairs.push((name, zero, reference.values));
            }
        }
    } else {
        // The gradient of Σ ⟨cotangent, result⟩.
        let cotangent = |name: &str| arrays.need(&case.name, name).map(|loaded| loaded.values);
        let grads = if let [(out, name)] = &seeds[..] {
            out.try_backward_with(cotangent(name)?)?
        } else {
            let terms: Result<Vec<_>, Trouble> =
                seeds.iter().map(|(out, name)| Ok(out.try_mul(cotangent(name)?)?.sum())).collect();
            tape.sum(terms?).try_backward()?
        };
        for (i, input) in differentiable {
            let name = format!("grad{i}");
            let reference = arrays.need(&case.name, &name)?.values;
            pairs.push((name, grads.try_wrt(input.var)?, reference));
        }
    }
    Ok(differences(&case.op, &tape, pairs, results))
}

/// Compares the results, which come first, and the gradients.
fn differences<'t>(
    op: &str,
    tape: &'t Tape<f64>,
    pairs: Vec<(String, Var<'t, f64>, ArrayD<f64>)>,
    results: usize,
) -> Vec<String> {
    let bounds = roundoff::bounds(tape);
    let out = pairs[0].2.clone();
    let compared = pairs.into_iter().enumerate().filter_map(|(i, (name, var, reference))| {
        let mut bound = bounds[var.row()].clone();
        if i >= results && bound.shape() == reference.shape() {
            bound += &roundoff::of_pytorch(op, &out, &reference);
        }
        if i < results
            && let Some(input) = var.operands().first()
            && let Some(more) = roundoff::of_pytorchs_result(op, &input.value().into_owned())
        {
            bound += &more;
        }
        compare::difference(&var.value().to_owned(), &reference, &bound).map(|text| format!("{name}: {text}"))
    });
    compared.collect()
}
