//! What the examiner prints, golden-tested: it is read by people.
//!
//! The texts are in `tests/golden/reports.txt`; `UPDATE_GOLDEN=1 cargo test --test all reports` writes them anew.

use ndarray::{Array1, Array2, Axis, Zip};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use wengert::check::{self, Check, Values};

type Gradients = (Array2<f64>, Array2<f64>, Array2<f64>);

fn linear(by_hand: fn(&Array2<f64>, &Array2<f64>, &Array2<f64>) -> Gradients) -> Check<'static, f64> {
    check::backward(|[a, w, b]| a.linear(w, b)).against(by_hand).shapes(["A: n d", "W: h d", "b: 1 h"])
}

fn relu(by_hand: fn(&Array2<f64>, &Array2<f64>) -> Array2<f64>) -> Check<'static, f64> {
    check::backward(|[z]| z.relu()).against(by_hand).shapes(["Z: n h"])
}

fn sums(dz: &Array2<f64>) -> Array2<f64> {
    dz.sum_axis(Axis(0)).insert_axis(Axis(0))
}

fn choose(da: &Array2<f64>, z: &Array2<f64>, passes: fn(f64) -> bool) -> Array2<f64> {
    Zip::from(da).and(z).map_collect(|&da, &z| if passes(z) { da } else { 0.0 })
}

fn checks() -> Vec<(&'static str, Check<'static, f64>)> {
    vec![
        ("a transposed gradient", linear(|dz, a, w| (dz.dot(w), a.t().dot(dz), sums(dz)))),
        ("two mistakes at once", linear(|dz, a, w| (dz.dot(w), 2.0 * dz.t().dot(a), -sums(dz)))),
        ("a wrong convention at a kink", relu(|da, z| choose(da, z, |z| z >= 0.0))),
        ("a mask of the wrong array", relu(|da, _| choose(da, da, |da| da > 0.0))),
        ("no simple mistake", relu(|da, z| choose(da, z, |z| z > 0.5))),
        ("a function that panics", relu(|da, z| da.dot(z))),
        (
            "a path that is lost",
            check::backward(|[x]| x + x * x * x)
                .against(|dy: &Array1<f64>, x: &Array1<f64>| dy * x * x * 3.0)
                .shapes(["x: n"]),
        ),
        (
            "too many gradients",
            check::backward(|[x]| x + 1.0)
                .against(|dy: &Array1<f64>| (dy.clone(), dy.clone()))
                .shapes(["x: n"]),
        ),
        (
            "a parameter of another rank",
            check::backward(|[x]| x + 1.0).against(|dy: &Array2<f64>| dy.clone()).shapes(["x: n"]),
        ),
    ]
}

/// Without the lines of this file, and without the last digits of differences, which depend on the machine.
fn steady(text: &str) -> String {
    let mut steady = String::new();
    for (i, part) in text.split("tests/reports.rs:").enumerate() {
        let rest =
            if i == 0 { part } else { part.trim_start_matches(|c: char| c.is_ascii_digit() || c == ':') };
        steady.push_str(if i == 0 { "" } else { "tests/reports.rs:LINE" });
        steady.push_str(rest);
    }
    let lines = steady.lines().map(|line| match line.split_once(" ± ") {
        Some((before, after)) => {
            format!("{before} ± …,{}", after.split_once(',').map_or("", |(_, after)| after))
        }
        None => line.to_owned(),
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn reports_read_as_they_should() {
    let mut text = String::new();
    for (name, check) in checks() {
        let failure = check.seed(1).without_persistence().try_run().expect_err(name);
        text.extend(["# ", name, "\n\n", &steady(&failure.to_string()), "\n"]);
    }
    let weak = relu(|da, z| choose(da, z, |z| z > 0.0)).shapes(["Z: 1 1"]).seed(1);
    text.extend(["# the score of a weak test\n\n", &check::mutants(&weak).to_string()]);

    is_golden("golden/reports.txt", &text);
}

fn is_golden(file: &str, text: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(path, text).expect("the folder is there");
    } else {
        let golden = std::fs::read_to_string(path).expect("the file is there").replace("\r\n", "\n");
        assert_eq!(text, golden, "if the new text is better: UPDATE_GOLDEN=1");
    }
}

/// What a check that passes prints, to be attached to a pull request; and one that says nothing.
#[test]
fn certificates_read_as_they_should() {
    let mut text = String::new();
    let layer = linear(|dz, a, w| (dz.dot(w), dz.t().dot(a), sums(dz))).seed(1).without_persistence();
    let certificate = layer.try_run().expect("it is right").with_score(&check::mutants(&layer));
    text.extend(["# a linear layer, with the score of its test\n\n", &steady(&certificate.to_string())]);

    let clipped = check::backward::<f32, 2>(|[x, label]| x.clamp(-1.0, 1.0).log1p() * label)
        .against(|dy: &Array1<f32>, x: &Array1<f32>, label: &Array1<f32>| {
            let inside = |x: f32| if (-1.0..=1.0).contains(&x) { 1.0 / (1.0 + x) } else { 0.0 };
            Zip::from(dy).and(x).and(label).map_collect(|dy, &x, label| dy * label * inside(x))
        })
        .shapes(["x: n", "label: n"])
        .values("x", Values::Between(-0.9, 3.0))
        .values("label", Values::Whole(0, 2))
        .seed(1)
        .without_persistence();
    let certificate = clipped.try_run().unwrap_or_else(|failure| panic!("{failure}"));
    text.extend(["\n\n# one of two gradients, in single precision\n\n", &steady(&certificate.to_string())]);

    let nowhere = check::backward(|[x]| (x * 1e200).square().exp())
        .against(|dy: &Array1<f64>| dy.clone())
        .shapes(["x: n"])
        .values("x", Values::Between(1.0, 2.0))
        .seed(1)
        .without_persistence();
    let failure = nowhere.try_run().expect_err("it is infinite everywhere");
    text.extend(["\n\n# nothing that could be judged\n\n", &steady(&failure.to_string()), "\n"]);
    assert!(text.lines().all(|line| line.chars().count() <= 100), "{text}");
    is_golden("golden/certificates.txt", &text);
}

#[test]
fn colours_only_if_asked_for() {
    let failure = relu(|da, _| da.clone()).without_persistence().try_run().expect_err("no mask");
    assert!(!failure.to_string().contains('\x1b'));
    let coloured = format!("{failure:#}");
    assert!(coloured.contains("\x1b[1m"));
    let plain = coloured.replace("\x1b[1;31m", "").replace("\x1b[1m", "").replace("\x1b[0m", "");
    assert_eq!(plain, failure.to_string());
}

/// What it says when it is used in a wrong way.
fn complaint(misuse: impl FnOnce()) -> String {
    let payload = catch_unwind(AssertUnwindSafe(misuse)).expect_err("that is a misuse");
    payload.downcast_ref::<String>().cloned().unwrap_or_else(|| "not a text".into())
}

#[test]
fn misuse_is_explained() {
    let double = || check::backward(|[x]| x * 2.0).against(|dy: &Array1<f64>| dy * 2.0);
    let cases: [(String, &str); 6] = [
        (
            complaint(|| drop(double().shapes(["n", "n"]))),
            "2 shapes were given, and the formula has 1 input: ",
        ),
        (complaint(|| drop(double().shapes(["n, d"]))), "has an axis \"n,\""),
        (complaint(|| drop(double().try_run())), "say the shape of each of the formula's 1 input,"),
        (
            complaint(|| drop(double().shapes(["x: n"]).values("y", Values::Positive).try_run())),
            "values for `y`, but the inputs are x",
        ),
        (
            complaint(|| {
                let check = check::backward(|[a, b]| a + b).against(|dy: &Array1<f64>| dy.clone());
                check.shapes(["2", "3"]).without_persistence().run();
            }),
            "the formula cannot be computed with",
        ),
        (
            complaint(|| {
                drop(
                    check::backward(|[x]| x + 1.0)
                        .against(|dy: &Array1<f64>, _: &Array1<f64>, _: &Array1<f64>| dy.clone()),
                );
            }),
            "takes 3 arrays and there are only 2",
        ),
    ];
    for (complaint, expected) in cases {
        assert!(complaint.contains(expected), "{complaint}");
    }
}
