//! What is said to do about it: one thing, which fits where the numbers came from, and which helps.

use crate::{Tape, Var};

type Record = for<'t> fn(&'t Tape<f64>) -> Var<'t, f64>;

/// What goes wrong; words of its text, on where the number came from and what to do; and the same as it is told to do it.
struct Case {
    wrong: Record,
    source: &'static str,
    mend: &'static str,
    right: Record,
}

fn scores(tape: &Tape<f64>) -> Var<'_, f64> {
    tape.leaf("scores", [0.0, -800.0])
}

fn large(tape: &Tape<f64>) -> Var<'_, f64> {
    tape.leaf("large", [3.0, 800.0])
}

fn zeros(tape: &Tape<f64>) -> Var<'_, f64> {
    tape.leaf("x", [0.0, 0.0])
}

fn probabilities(tape: &Tape<f64>) -> Var<'_, f64> {
    tape.leaf("p", [1.0, 0.0])
}

/// Numbers that are close together, of which E[x²] − E[x]² is negative.
fn close(tape: &Tape<f64>) -> Var<'_, f64> {
    tape.leaf("x", [0.1, 0.1, 0.1])
}

const CASES: [Case; 27] = [
    Case {
        wrong: |t| scores(t).softmax(0).log().sum(),
        source: "that 0 is exp(−800 - 0), which underflows",
        mend: "Take `x.log_softmax(axis)`",
        right: |t| scores(t).log_softmax(0).sum(),
    },
    Case {
        wrong: |t| {
            let powers = scores(t).exp();
            (powers / powers.sum()).log().sum()
        },
        source: "that 0 is exp(−800), which underflows",
        mend: "Take `x.log_softmax(axis)`",
        right: |t| scores(t).log_softmax(0).sum(),
    },
    Case {
        wrong: |t| {
            let powers = (scores(t) * 0.93).exp(); // exp(−744) is not 0, and its share is
            (powers / (powers.sum() * 1e10)).log().sum()
        },
        source: "which underflows",
        mend: "Subtract logarithms",
        right: |t| (scores(t) * 0.93 - (scores(t) * 0.93).logsumexp(0) - 1e10_f64.ln()).sum(),
    },
    Case {
        wrong: |t| (scores(t) - 800.0).exp().sum().log(),
        source: "that 0 is exp(−800), which underflows",
        mend: "Take `x.logsumexp(axes)`",
        right: |t| (scores(t) - 800.0).logsumexp(0),
    },
    Case {
        wrong: |t| scores(t).exp().log().sum(),
        source: "that 0 is exp(−800), which underflows",
        mend: "The logarithm of an exponential is its operand",
        right: |t| scores(t).sum(),
    },
    Case {
        wrong: |t| scores(t).logistic().log().sum(),
        source: "that 0 is 1 / (1 + exp(-(−800))), which underflows",
        mend: "Take `-(-x).softplus()`",
        right: |t| -(-scores(t)).softplus().sum(),
    },
    Case {
        wrong: |t| (1.0 / (1.0 + (-scores(t)).exp())).log().sum(),
        source: "that 0 is 1 / ∞, which underflows",
        mend: "Take `-(-x).softplus()`",
        right: |t| -(-scores(t)).softplus().sum(),
    },
    Case {
        wrong: |t| (1.0 - large(t).sigmoid()).log().sum(),
        source: "that 0 is 1 - 1, which rounds to 0",
        mend: "Take `-x.softplus()`",
        right: |t| -large(t).softplus().sum(),
    },
    Case {
        wrong: |t| (-large(t).sigmoid()).log1p().sum(),
        source: "",
        mend: "Take `-x.softplus()`",
        right: |t| -large(t).softplus().sum(),
    },
    Case {
        wrong: |t| (t.leaf("a", 1e-200) * t.leaf("b", 1e-200)).log(),
        source: "that 0 is 1.0000e−200 * 1.0000e−200, which underflows",
        mend: "Add logarithms in place of multiplying: `a.log() + b.log()`, `x.log().sum()`",
        right: |t| t.leaf("a", 1e-200).log() + t.leaf("b", 1e-200).log(),
    },
    Case {
        wrong: |t| t.leaf("x", [1e-200, 1e-200]).prod().log(),
        source: "that 0 is the prod of row %1, which underflows",
        mend: "Add logarithms",
        right: |t| t.leaf("x", [1e-200, 1e-200]).log().sum(),
    },
    Case {
        wrong: |t| {
            let p = probabilities(t);
            (p * p.log()).sum()
        },
        source: "",
        mend: "Take `p.azmul(p.log())`, which is 0 where p is; its slope there is −∞, so",
        right: |t| {
            let p = probabilities(t);
            let still = p.detach();
            still.azmul(still.log()).sum() + (p * p.maximum(1e-12).log()).sum()
        },
    },
    Case {
        wrong: |t| probabilities(t).log().sum(),
        source: "",
        mend: "Keep the operand above 0, as by `x.maximum(1e-12)`",
        right: |t| probabilities(t).maximum(1e-12).log().sum(),
    },
    Case {
        wrong: |t| t.leaf("x", -1.0).log(),
        source: "",
        mend: "Keep the operand above 0, as by `x.maximum(1e-12)`",
        right: |t| t.leaf("x", -1.0).maximum(1e-12).log(),
    },
    Case {
        wrong: |t| (close(t).square().mean() - close(t).mean().square()).sqrt(),
        source: "",
        mend: "take `x.var(0.0)` or `x.std(0.0)`",
        right: |t| close(t).std(0.0),
    },
    Case {
        wrong: |t| zeros(t).square().sum().sqrt(),
        source: "",
        mend: "Take `x.norm()` or `x.norm_axis(axes)`, whose slope at 0 is 0.",
        right: |t| zeros(t).norm() + zeros(t).norm_axis(0),
    },
    Case {
        wrong: |t| (zeros(t) - zeros(t).mean()).square().mean().sqrt(),
        source: "",
        mend: "Take `x.std(0.0)` or `x.std_axis(axes, 0.0)`, whose slope at 0 is 0.",
        right: |t| zeros(t).std(0.0) + zeros(t).std_axis(0, 0.0),
    },
    Case {
        wrong: |t| zeros(t).sqrt().sum(),
        source: "",
        mend: "add a small number under it, as in `(x + 1e-12).sqrt()`",
        right: |t| (zeros(t) + 1e-12).sqrt().sum(),
    },
    Case {
        wrong: |t| {
            let x = zeros(t);
            x.gt(0.0).select(x.sqrt(), x).sum().square() + x.gt(-1.0).select(x.sqrt(), 0.0).sum()
        },
        source: "",
        mend: "Choose before the root: `mask.select(x, 1.0).sqrt()`",
        right: |t| zeros(t).gt(0.0).select(zeros(t), 1.0).sqrt().sum(),
    },
    Case {
        wrong: |t| (zeros(t) / zeros(t).norm()).sum(),
        source: "",
        mend: "as in `x / x.norm().maximum(1e-12)`",
        right: |t| (zeros(t) / zeros(t).norm().maximum(1e-12)).sum(),
    },
    Case {
        wrong: |t| (zeros(t) / 3.0 / zeros(t)).sum(),
        source: "",
        mend: "Divide with `a.azdiv(b)`, which is 0 where a is.",
        right: |t| zeros(t).detach().azdiv(zeros(t).detach()).sum() + zeros(t).sum(),
    },
    Case {
        wrong: |t| (1.0 / zeros(t)).sum(),
        source: "",
        mend: "Keep the divisor away from 0",
        right: |t| (1.0 / (zeros(t) + 1e-12)).sum(),
    },
    Case {
        wrong: |t| {
            let powers = (scores(t) - 800.0).exp();
            (powers / powers.sum()).sum()
        },
        source: "that 0 is exp(−800), which underflows",
        mend: "Take `x.softmax(axis)`",
        right: |t| scores(t).softmax(0).sum(),
    },
    Case {
        wrong: |t| {
            let powers = large(t).exp();
            (powers / powers.sum()).sum()
        },
        source: "",
        mend: "Take `x.softmax(axis)`, which subtracts the largest operand first.",
        right: |t| large(t).softmax(0).sum(),
    },
    Case {
        wrong: |t| large(t).exp().sum().log(),
        source: "",
        mend: "Take `x.logsumexp(axes)`",
        right: |t| large(t).logsumexp(0),
    },
    Case {
        wrong: |t| (large(t).exp() + 1.0).log().sum() + large(t).exp().log1p().sum(),
        source: "",
        mend: "Take `x.softplus()`",
        right: |t| large(t).softplus().sum(),
    },
    Case {
        wrong: |t| {
            let powers = large(t).exp();
            (powers / (powers + 1.0)).sum()
        },
        source: "",
        mend: "Take `x.logistic()`",
        right: |t| large(t).logistic().sum(),
    },
];

#[test]
fn the_mend_fits_where_the_number_came_from_and_helps() {
    let mut missed = Vec::new();
    for (i, Case { wrong, source, mend, right }) in CASES.iter().enumerate() {
        let tape = Tape::new();
        wrong(&tape).backward();
        // What the absolute zero of the chain rule takes out is noticed by a tape that looks out, and by no other.
        let noticed = || {
            let error = wrong(&Tape::with_anomaly_detection()).try_backward().err();
            error.map_or_else(|| "finite".into(), |error| error.to_string())
        };
        let text = tape.first_non_finite().map_or_else(noticed, |found| found.to_string());
        let said = text.contains(mend) && text.contains(source);
        if !said || text.contains("that 0 is") == source.is_empty() {
            missed.push(format!("case {i}, {source:?}, {mend:?}: {text}"));
        }
        let tape = Tape::new();
        let result = right(&tape);
        result.backward();
        let left = tape.first_non_finite().map_or_else(String::new, |found| found.to_string());
        if !left.is_empty() || !result.item().is_finite() {
            missed.push(format!("case {i}, mended, is {result}. {left}"));
        }
    }
    assert!(missed.is_empty(), "{}", missed.join("\n\n"));
}

#[test]
fn of_a_number_there_are_no_indices() {
    let tape = Tape::<f64>::new();
    let _ = tape.leaf("x", f64::NAN) + 1.0;
    let text = tape.first_non_finite().unwrap().to_string();
    assert!(text.starts_with("input: the number was NaN when it was put on the tape"), "{text}");
    let _ = tape.leaf("y", [f64::NAN]) + 1.0;
    let tape = Tape::<f64>::new();
    tape.leaf("x", 0.0).log();
    let text = tape.first_non_finite().unwrap().to_string();
    assert!(text.starts_with("log: the number is −∞"), "{text}");
}

/// A long way back is followed as far as it goes, and no further than can be said in time.
#[test]
fn a_long_way_back_ends() {
    let tape = Tape::<f64>::new();
    let x = tape.leaf("x", [-800.0]).exp();
    (0..200).fold(x, |x, _| -x).log().sum();
    let text = tape.first_non_finite().unwrap().to_string();
    assert!(text.contains("Keep the operand above 0"), "{text}");
    let near = (0..10).fold(x, |x, _| -x);
    assert!((near.log().row()) > 0 && tape.first_non_finite().is_some());
}

/// For people there is the text, and for programs what it is made of.
#[test]
fn debug_is_a_struct() {
    let tape = Tape::<f64>::new();
    tape.leaf("x", [1.0, 0.0]).log();
    let found = tape.first_non_finite().unwrap();
    let at = found.location();
    let expected = format!(
        "NonFinite {{ operation: \"log\", row: 1, element: [1], cause: Domain, victims: 0, location: {at}, .. }}"
    );
    assert_eq!(format!("{found:?}"), expected);
}
