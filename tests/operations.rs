//! Every operation against PyTorch: value, shape and gradients of the reference cases; and the tester
//! tested, by references that are wrong.

#[path = "../examples/conformance/src/runner/mod.rs"]
mod runner;

use ndarray::{ArrayD, Axis};
use runner::args::{Kind, Trouble};
use runner::cases::{Arrays, Case, Loaded};
use runner::{Outcome, Report};
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("data").join(name)
}

/// Cases of the second file that differ on purpose, and why.
const DIFFERENT: [(&str, &str); 3] = {
    const TWICE: &str = "two windows found the same element: PyTorch writes one of the two values and passes the whole \
                         gradient to both, here the mean of the two is written, with half the gradient for each";
    [("n0744", TWICE), ("n0745", TWICE), ("n0746", TWICE)]
};

/// The files, read once.
fn reference() -> (Vec<Case>, Arrays) {
    static READ: LazyLock<(Vec<Case>, Arrays)> = LazyLock::new(|| {
        let text = std::fs::read_to_string(data("ops.json")).unwrap();
        (runner::cases::parse(&text).unwrap(), Arrays::open(&data("ops.npz")).unwrap())
    });
    READ.clone()
}

/// Runs one case of the reference after a change to it or to its arrays.
fn changed(name: &str, change: impl FnOnce(&mut Case, &mut Arrays)) -> Outcome {
    let (cases, mut arrays) = reference();
    let mut case = cases.into_iter().find(|case| case.name == name).unwrap();
    change(&mut case, &mut arrays);
    runner::run(&[case], &arrays).outcomes.remove(0).2
}

fn array<'a>(arrays: &'a mut Arrays, name: &str) -> &'a mut ArrayD<f64> {
    &mut arrays.0.get_mut(name).unwrap().as_mut().unwrap().values
}

#[track_caller]
fn assert_failed(outcome: &Outcome, what: &str) {
    let Outcome::Failed(reasons) = outcome else { panic!("{outcome:?}, but it must fail: {what}") };
    assert!(reasons.iter().any(|reason| reason.contains(what)), "{reasons:?} do not say: {what}");
}

/// None is skipped, so there is no list of reasons.
#[test]
fn all_reference_cases_agree() {
    let report = runner::run_files(&data("ops.json"), &data("ops.npz")).unwrap();
    assert_eq!(report.counts(), [229, 0, 0], "\n{report}");
    assert_eq!(report.to_string(), "229 passed, 0 failed, 0 skipped");
    assert_eq!(report.status(), 0);
}

/// What is looked up, scattered, sorted, masked or told from labels, and what has several results.
#[test]
fn all_cases_with_indices_agree_or_differ_on_purpose() {
    let report = runner::run_files(&data("indices.json"), &data("indices.npz")).unwrap();
    assert_eq!(report.counts(), [152, DIFFERENT.len(), 0], "\n{report}");
    for (name, reason) in DIFFERENT {
        let (_, _, outcome) = report.outcomes.iter().find(|(case, ..)| case == name).unwrap();
        let Outcome::Failed(differences) = outcome else { panic!("{name} agrees: {reason}") };
        assert!(differences.iter().all(|text| text.starts_with("grad0: ")), "{name}: {differences:?}");
    }
}

#[test]
fn every_wrong_element_is_noticed() {
    assert!(notice_every_wrong_element(&reference()) > 400);
    let text = std::fs::read_to_string(data("indices.json")).unwrap();
    let mut cases = runner::cases::parse(&text).unwrap();
    cases.retain(|case| DIFFERENT.iter().all(|(name, _)| *name != case.name));
    assert!(notice_every_wrong_element(&(cases, Arrays::open(&data("indices.npz")).unwrap())) > 300);
}

/// Each array of each case in turn: an element that is off by 10⁻⁹ of itself must be noticed. How many arrays that were.
fn notice_every_wrong_element((cases, arrays): &(Vec<Case>, Arrays)) -> usize {
    let mut tried = 0;
    for (i, case) in cases.iter().enumerate() {
        let prefix = format!("{}.", case.name);
        let own = arrays.0.iter().filter(|(name, _)| name.starts_with(&prefix));
        let own = Arrays(own.map(|(name, array)| (name.clone(), array.clone())).collect());
        let parts = arrays.0.keys().filter(|name| {
            name.strip_prefix(&prefix).is_some_and(|part| part.starts_with("out") || part.starts_with("grad"))
        });
        for name in parts {
            let mut wrong = own.clone();
            let values = array(&mut wrong, name);
            // The largest element of the array: it is not 0, and not the difference of larger ones.
            let Some(worst) = values.iter_mut().max_by(|a, b| a.abs().total_cmp(&b.abs())) else { continue };
            if *worst == 0.0 {
                *worst = 1e-9; // an exact 0 has no relative error
            } else {
                *worst *= 1.0 + 1e-9;
            }
            let report = runner::run(&cases[i..=i], &wrong);
            assert_failed(&report.outcomes[0].2, name.rsplit('.').next().unwrap());
            tried += 1;
        }
    }
    tried
}

#[test]
fn a_wrong_shape_is_noticed() {
    for part in ["out", "grad0"] {
        let outcome = changed("0062", |_, arrays| {
            let values = array(arrays, &format!("0062.{part}"));
            *values = values.clone().insert_axis(Axis(0)); // (1, 20), which would broadcast
        });
        assert_failed(&outcome, "shape [20], expected [1, 20]");
    }
}

#[test]
fn a_missing_array_is_a_failure() {
    for part in ["in0", "in1", "out", "cot", "grad0", "grad1"] {
        let name = format!("0007.{part}");
        let outcome = changed("0007", |_, arrays| {
            arrays.0.remove(&name);
        });
        assert_failed(&outcome, &format!("the archive has no array `{name}`"));
    }
}

#[test]
fn another_operation_or_argument_is_noticed() {
    assert_failed(&changed("0084", |case, _| case.op = "log".into()), "out: ");
    assert_failed(&changed("0031", |case, _| drop(case.kwargs.remove("alpha"))), "out: ");
    assert_failed(&changed("0119", |case, _| case.args[1] = 1.into()), "out: ");
    assert_failed(&changed("0209", |case, _| case.args[1] = "ij,kj->ki".into()), "shape [1, 2]");
}

#[test]
fn what_the_engine_refuses_is_a_failure_with_its_text() {
    let outcome = changed("0220", |case, _| case.args[1] = serde_json::json!([7, 7]));
    assert_failed(&outcome, "the engine refused: reshape");
    let outcome = changed("0058", |case, _| case.args[1] = 3.into());
    assert_failed(&outcome, "dim 3 does not exist");
}

#[test]
fn what_the_runner_does_not_know_is_skipped_with_a_reason() {
    let skipped = |reason: &str| Outcome::Skipped(reason.into());
    let outcome = changed("0062", |case, _| case.op = "digamma".into());
    assert_eq!(outcome, skipped("operation `digamma` is not known"));
    let outcome = changed("0062", |case, _| {
        case.kwargs.insert("fast".into(), true.into());
    });
    assert_eq!(outcome, skipped("argument fast=Bool(true) is not known"));
    let outcome = changed("0062", |case, _| case.args.push(3.into()));
    assert_eq!(outcome, skipped("1 more positional arguments than are known"));
    let outcome = changed("0419", |case, _| {
        case.kwargs.insert("dtype".into(), "torch.float32".into());
    });
    assert!(matches!(outcome, Outcome::Skipped(reason) if reason.contains("float64")));
    let outcome = changed("0062", |_, arrays| {
        arrays.0.insert("0062.in0".into(), Err(Trouble::Unsupported("complex".into())));
    });
    assert_eq!(outcome, skipped("complex"));
}

/// A gradient for an operation through which none flows must be zero, or absent.
#[test]
fn operations_without_a_derivative() {
    let of_sign = |part: &'static str, element: f64| {
        changed("0062", move |case, arrays| {
            case.op = "sign".into();
            let signs = array(arrays, "0062.in0").mapv(f64::signum);
            *array(arrays, "0062.out") = signs;
            array(arrays, "0062.grad0").fill(0.0);
            array(arrays, &format!("0062.{part}"))[[7]] = element;
        })
    };
    assert_failed(&of_sign("grad0", 1e-9), "grad0: 1 of 20 elements differ");
    assert_eq!(of_sign("cot", 1.0), Outcome::Passed);
}

/// NaN agrees with NaN, and with nothing else.
#[test]
fn not_a_number() {
    let with_nan = |parts: &'static [&'static str]| {
        changed("0062", move |_, arrays| {
            for part in parts {
                array(arrays, &format!("0062.{part}"))[[3]] = f64::NAN;
            }
        })
    };
    assert_eq!(with_nan(&["in0", "out", "grad0"]), Outcome::Passed);
    assert_failed(&with_nan(&["in0", "grad0"]), "out: 1 of 20 elements differ");
    assert_failed(&with_nan(&["out"]), "out: 1 of 20 elements differ");
}

/// A file that has one of each, as it is printed.
#[test]
fn the_report_lists_failures_and_skips_and_counts_them_in_its_last_line() {
    let (mut cases, mut arrays) = reference();
    cases.truncate(3);
    cases[0].op = "digamma".into();
    arrays.0.remove("0004.cot");
    let report: Report = runner::run(&cases, &arrays);
    assert_eq!(
        report.to_string(),
        "skipped 0000 digamma: operation `digamma` is not known\n\
         FAILED  0004 add: the archive has no array `0004.cot`\n\
         1 passed, 1 failed, 1 skipped"
    );
    assert_eq!(report.status(), 1);
}

#[test]
fn the_command_s_exit_status() {
    let file = |name: &str| data(name).into_os_string();
    let (status, text) = runner::command(&[file("ops.json"), file("ops.npz")]);
    assert_eq!((status, text.lines().last()), (0, Some("229 passed, 0 failed, 0 skipped")));
    for wrong in [
        vec![],
        vec![file("ops.json")],
        vec![file("ops.npz"), file("ops.json")],
        vec![file("ops.json"), file("ops.json")],
        vec![file("none.json"), file("ops.npz")],
        vec![file("ops.json"), file("none.npz")],
    ] {
        let (status, text) = runner::command(&wrong);
        assert_eq!((status, text.lines().count()), (2, 2), "{text}");
        assert!(
            text.starts_with("error: ") && text.ends_with("usage: conformance FILE.json FILE.npz"),
            "{text}"
        );
    }
}

#[test]
fn several_results_are_counted_and_compared_one_by_one() {
    let (text, arrays) =
        (std::fs::read_to_string(data("indices.json")).unwrap(), Arrays::open(&data("indices.npz")).unwrap());
    let case = runner::cases::parse(&text).unwrap().into_iter().find(|case| case.name == "n1192").unwrap();
    let run = |change: &dyn Fn(&mut Arrays)| {
        let mut arrays = arrays.clone();
        change(&mut arrays);
        runner::run(std::slice::from_ref(&case), &arrays).outcomes.remove(0).2
    };
    assert_eq!(run(&|_| ()), Outcome::Passed);
    assert_failed(&run(&|arrays| drop(arrays.0.remove("n1192.out1"))), "2 results, expected 1");
    assert_failed(&run(&|arrays| drop(arrays.0.remove("n1192.cot0"))), "no array `n1192.cot0`");
    assert_failed(
        &run(&|arrays| array(arrays, "n1192.out1")[[0, 0, 0]] += 1.0),
        "out1: 1 of 125 elements differ",
    );
}

#[test]
fn integers_and_truth_values_have_no_gradient() {
    let (_, arrays) = reference();
    let kind = |name: &str| arrays.0[name].as_ref().map(|Loaded { kind, .. }| *kind).unwrap();
    assert_eq!(
        [kind("0053.in1"), kind("0169.in1"), kind("0299.in1")],
        [Kind::Integer, Kind::Integer, Kind::Bool]
    );
}
