//! A green check means judged; what is not judged is inconclusive; nothing makes the examiner panic.

use ndarray::{Array1, Array2, Axis, Zip};
use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind, panic_any};
use wengert::check::{self, Check, Failure, FailureKind, Values};

type A1 = Array1<f64>;
type A2 = Array2<f64>;

fn twice(by_hand: impl Fn(&A1) -> A1 + 'static) -> Check<'static, f64> {
    check::backward(|[x]| x * 2.0).against(by_hand).shapes(["x: n"]).without_persistence().seed(super::seed())
}

fn failure(check: &Check<'_, f64>) -> Failure {
    *check.try_run().expect_err("it should not pass")
}

/// It is inconclusive, never called wrong, and says these.
fn inconclusive(check: &Check<'_, f64>, says: &[&str]) {
    let failure = failure(check);
    let text = failure.to_string();
    assert_eq!(failure.kind(), FailureKind::Inconclusive, "{text}");
    assert!(text.starts_with("inconclusive: ") && !text.contains("wrong"), "{text}");
    assert!(text.contains("tests/tester/promises.rs"), "{text}");
    assert_eq!(failure.fault(), None);
    for part in says {
        assert!(text.contains(part), "no {part:?} in {text}");
    }
}

/// Every `period`th call from the first, is wrong.
fn now_and_then(period: usize, from: usize) -> Check<'static, f64> {
    let calls = Cell::new(0);
    twice(move |dy| {
        let call = calls.replace(calls.get() + 1);
        if call % period == from { dy * 3.0 } else { dy * 2.0 }
    })
}

#[test]
fn each_call_is_judged() {
    // Of all calls, the first alone: that it cannot be seen again is said.
    let failure = failure(&now_and_then(usize::MAX, 0));
    assert_eq!(failure.kind(), FailureKind::Wrong);
    assert!(failure.to_string().contains("asked again with the same arrays"), "{failure}");
    for (period, from) in [(2, 0), (2, 1), (3, 0), (3, 2), (10, 4)] {
        assert!(now_and_then(period, from).try_run().is_err(), "every {period}th from {from}");
    }
}

#[test]
fn what_was_judged_is_counted() {
    let summary = twice(|dy| dy * 2.0).cases(50).try_run().unwrap();
    let counts = summary.counts();
    assert_eq!((counts.unjudged, counts.outside), (0, 0));
    assert_eq!((counts.judged, counts.agreed), (summary.elements(), summary.elements()));
    assert_eq!(summary.cases(), 50);
    assert!(summary.calls() > 60 && summary.calls() <= 100, "{}", summary.calls());
    assert_eq!(summary.warnings(), [""; 0]);
    // The negative half is no place to be right or wrong in.
    let sqrt = check::backward(|[x]| x.sqrt())
        .against(|dy: &A1, x: &A1| Zip::from(dy).and(x).map_collect(|&dy, &x| dy / (2.0 * x.sqrt())))
        .shapes(["x: n"])
        .without_persistence()
        .seed(super::seed());
    let counts = sqrt.try_run().unwrap().counts();
    assert!(counts.outside > counts.judged / 2 && counts.judged == counts.agreed, "{counts}");
}

#[test]
fn nothing_judged_is_inconclusive() {
    let empty =
        || check::backward(|[x]| x * 2.0).against(|dy: &A1| dy * 3.0).shapes(["x: 0"]).without_persistence();
    inconclusive(&empty(), &["dx was empty in every case", "mend", "x: n"]);
    let log = check::backward(|[x]| x.log())
        .against(|dy: &A1, _: &A1| dy * 777.0)
        .shapes(["x: n"])
        .values("x", Values::Between(-2.0, -1.0))
        .without_persistence();
    inconclusive(&log, &["no element of dx could be judged", "values"]);
    inconclusive(&twice(|dy| dy * 2.0).cases(0), &["no gradient was compared"]);
    // One of two is enough to stop the run, and it says which.
    let half = check::backward(|[a, b]| a.sum_axis(0) + b.sum_axis(0))
        .against(|dy: &ndarray::Array0<f64>, a: &A1, b: &A1| (a * 0.0 + dy, b * 0.0 + dy))
        .shapes(["a: n", "b: 0"])
        .without_persistence();
    inconclusive(&half, &["db was empty"]);
    assert!(!failure(&half).to_string().contains("da was empty"));
}

#[test]
fn what_is_wrong_comes_before_what_is_not_judged() {
    let check = check::backward(|[a, b]| a.sum_axis(0) + b.sum_axis(0))
        .against(|dy: &ndarray::Array0<f64>, a: &A1, b: &A1| (a * 0.0 - dy, b * 0.0 + dy))
        .shapes(["a: n", "b: 0"])
        .without_persistence();
    assert_eq!(failure(&check).kind(), FailureKind::Wrong);
}

#[test]
fn a_gradient_that_is_nothing_is_remarked() {
    let flat =
        check::backward(|[x]| x.sign()).against(|dy: &A1| dy * 0.0).shapes(["x: n"]).without_persistence();
    let warnings = flat.try_run().unwrap().warnings();
    assert!(warnings.len() == 1 && warnings[0].contains("dx was 0"), "{warnings:?}");
}

#[test]
fn gradients_that_are_not_given_are_named() {
    let sum = || {
        check::backward(|[a, b, c]| a + b + c)
            .against(|dy: &A1| (dy.clone(), dy.clone()))
            .shapes(["a: n", "b: n", "c: n"])
            .without_persistence()
    };
    let summary = sum().try_run().unwrap();
    assert_eq!(summary.not_examined(), ["c"]);
    assert!(summary.to_string().contains("not examined"), "{summary}");
    let failure = failure(&sum().all_gradients());
    assert_eq!(failure.kind(), FailureKind::Wrong);
    assert!(failure.to_string().contains("gives no dc"), "{failure}");
    // Now two, now three.
    let changing = check::backward(|[a, b]| a + b)
        .against(|dy: &A1| if dy.len() == 1 { vec![dy.clone()] } else { vec![dy.clone(), dy.clone()] })
        .shapes(["a: n", "b: n"])
        .without_persistence();
    assert!(changing.try_run().is_err());
}

#[test]
fn a_loss_is_a_number() {
    let array = check::gradient(|[x]| x * x).against(|x: &A1| x * 2.0).shapes(["x: n"]).without_persistence();
    inconclusive(&array, &["result of the formula is an array", "check::backward", ".sum()"]);
    // And `run` says so at the line of the check.
    let payload = catch_unwind(AssertUnwindSafe(|| array.run())).expect_err("an array");
    assert!(payload.downcast_ref::<String>().unwrap().contains("tests/tester/promises.rs"));
    check::gradient(|[x]| (x * x).sum()).against(|x: &A1| x * 2.0).shapes(["x: n"]).run();
}

const LINE: u32 = line!() + 2;
fn too_many(dy: &A1) -> A1 {
    panic!("too many: {}", dy.len())
}

#[test]
fn a_panic_has_its_line() {
    let failure = failure(&twice(|dy| if dy.len() > 2 { too_many(dy) } else { dy * 2.0 }));
    let text = failure.to_string();
    assert_eq!((failure.kind(), failure.fault()), (FailureKind::Wrong, None));
    assert!(text.contains("too many: 3") && text.contains(&format!("promises.rs:{LINE}:")), "{text}");
    let failure = self::failure(&twice(|_| panic_any(42)));
    assert!(failure.to_string().contains("not a text"), "{failure}");
    // In ndarray: the file is that of the package.
    let failure = self::failure(&twice(|dy| dy.slice(ndarray::s![1..3]).to_owned() * 0.0));
    assert!(failure.to_string().contains("ndarray-0."), "{failure}");
}

#[test]
fn a_formula_that_panics_is_named() {
    let line = line!() + 2;
    let picky = check::backward(|[x]| {
        assert!(x.shape()[0] != 1, "I want two");
        x * 2.0
    })
    .against(|dy: &A1| dy * 2.0)
    .shapes(["x: n"])
    .without_persistence();
    inconclusive(&picky, &["cannot be computed with x (1,)", "I want two", &format!("promises.rs:{line}:")]);
    // A derivative that is wrong besides is called so.
    let wrong = check::backward(|[x]| {
        assert!(x.shape()[0] != 1, "I want two");
        x * 2.0
    })
    .against(|dy: &A1| dy * 3.0)
    .shapes(["x: n"])
    .without_persistence();
    assert_eq!(failure(&wrong).kind(), FailureKind::Wrong);
}

#[test]
fn panics_in_many_threads_at_once() {
    std::thread::scope(|scope| {
        for i in 0..4 {
            scope.spawn(move || {
                let check =
                    twice(move |dy| if dy.len() > i { panic!("thread {i}") } else { dy * 2.0 }).cases(64);
                let text = failure(&check).to_string();
                assert!(text.contains(&format!("thread {i}")) && text.contains("promises.rs"), "{text}");
            });
        }
    });
}

/// The mean of squares: at n = 0 it has no value, and this no shape that anybody could sum over.
#[test]
fn a_regression_without_points() {
    let regression = check::gradient::<f64, 4>(|[x, y, w, b]| {
        let n = f64::from(u32::try_from(x.shape()[0]).unwrap());
        (x.matmul(w) + b - y).square().sum() / n
    })
    .against(|x: &A2, y: &A1, w: &A1, b: &A1| {
        let n = f64::from(u32::try_from(x.nrows()).unwrap());
        let r = x.dot(w) + b - y;
        let dw = x.t().dot(&r) * 2.0 / n;
        (
            x * 0.0 + &r.view().insert_axis(Axis(1)).dot(&w.view().insert_axis(Axis(0))) * 2.0 / n,
            &r * -2.0 / n,
            dw,
            { Array1::from_elem(1, r.sum() * 2.0 / n) },
        )
    })
    .shapes(["x: n d", "y: n", "w: d", "b: 1"])
    .without_persistence()
    .seed(super::seed());
    match regression.try_run() {
        Ok(_) => {}
        Err(failure) => panic!("{failure}"),
    }
}

/// The score of a test is part of its certificate.
#[test]
fn the_certificate_says_how_good_the_test_is() {
    let check = twice(|dy| dy * 2.0);
    let text = check.try_run().unwrap().with_score(&check::mutants(&check)).to_string();
    assert!(text.contains("wrong versions made on purpose"), "{text}");
    assert!(text.lines().all(|line| line.chars().count() <= 100), "{text}");
    assert_eq!(text, check.try_run().unwrap().with_score(&check::mutants(&check)).to_string());
}

fn halved_roots(dy: &A1, x: &A1) -> A1 {
    Zip::from(dy).and(x).map_collect(|&dy, &x| dy / (2.0 * x.sqrt()))
}

/// At x = 0 the slope is infinite: only by a convention of 0 · ∞ is there a gradient where the cotangent is 0, and 0/0 is
/// nobody's mistake.
#[test]
fn a_cotangent_of_0_excuses_an_infinite_slope() {
    let roots = |by_hand: fn(&A1, &A1) -> A1| {
        check::backward(|[x]| x.sqrt())
            .against(by_hand)
            .shapes(["x: n"])
            .values("x", Values::Whole(0, 5))
            .without_persistence()
            .seed(super::seed())
    };
    let summary = roots(halved_roots).try_run().unwrap();
    let why: Vec<String> = summary.gradients().remove(0).unjudged.into_iter().map(|(why, _)| why).collect();
    assert!(why.iter().any(|why| why.contains("a cotangent of 0")), "{why:?}");
    // It excuses nothing else: neither where there is a slope, nor a number.
    assert!(
        roots(|dy, x| halved_roots(dy, x).mapv(|d| if d == 0.0 { f64::NAN } else { d })).try_run().is_err()
    );
    assert!(
        roots(|dy, x| halved_roots(dy, x).mapv(|d| if d.is_nan() { 777.0 } else { d })).try_run().is_err()
    );
    // What a choice does not take has a slope of 0, whatever the cotangent: there NaN is a mistake.
    let masked = check::backward(|[x]| x.gt(0.0).select(x, 1.0).log())
        .against(|dy: &A1, x: &A1| {
            Zip::from(dy).and(x).map_collect(|&dy, &x| if x > 0.0 { dy / x } else { dy * 0.0 / (x * 0.0) })
        })
        .shapes(["x: n"])
        .without_persistence();
    assert_eq!(failure(&masked).kind(), FailureKind::Wrong);
}

/// A check of which next to nothing lies inside the domain says next to nothing.
#[test]
fn few_inside_the_domain_are_inconclusive() {
    let log = || {
        check::backward(|[x]| x.log())
            .against(|dy: &A1, x: &A1| dy / x)
            .shapes(["x: n"])
            .values("x", Values::Between(-100.0, 1.0))
            .without_persistence()
            .seed(super::seed())
    };
    inconclusive(&log(), &["nearly all were outside", "log", ".judged_at_least(0.0)"]);
    let summary = log().judged_at_least(0.0).try_run().unwrap();
    assert!(summary.warnings().iter().any(|warning| warning.contains("outside the domain")), "{summary}");
}

/// A forward function is counted like a gradient; a wrong version of the derivative is one of the same function.
#[test]
fn a_forward_function_of_which_nothing_is_judged_is_inconclusive() {
    // A divisor of rounding alone: the value may be anything, and the gradient does not depend on it.
    let check = || {
        check::backward(|[x]| x + ((x * 0.1 + x * 0.2 - x * 0.3 + 1e-300).reciprocal() * 1e-300).detach())
            .against(|dy: &A1| dy.clone())
            .shapes(["x: n"])
            .values("x", Values::Between(1.0, 2.0))
            .without_persistence()
            .seed(super::seed())
    };
    assert!(check().try_run().is_ok());
    inconclusive(&check().forward(|x: &A1| x.clone()), &["the forward function could be judged", "divides"]);
    let sine = check::backward(|[x]| x.sin())
        .against(|dy: &A1, x: &A1| dy * &x.mapv(f64::cos))
        .forward(|x: &A1| x.mapv(f64::sin))
        .shapes(["x: n"])
        .without_persistence();
    let text = sine.try_run().unwrap().to_string();
    assert!(text.contains("the forward function"), "{text}");
}

/// Sums by their totals lose digits: right, with a remark, and wrong where digits count.
#[test]
fn digits_lost_by_algebra_are_remarked_on() {
    let totals = || {
        check::backward(|[x]| x.cumsum(0))
            .against(|dy: &A1| {
                let (total, mut before) = (dy.sum(), 0.0);
                // In order, whatever the layout: `mapv` may go backwards.
                dy.iter()
                    .map(|d| {
                        before += d;
                        total - before + d
                    })
                    .collect::<A1>()
            })
            .shapes(["x: n"])
            .without_persistence()
            .seed(super::seed())
    };
    let summary = totals().try_run().unwrap();
    assert!(summary.gradients()[0].lost_digits > 1.0, "{summary}");
    assert!(totals().accurate().try_run().is_err());
}

/// The first example of all, on whatever seed: a sum may be added up in any order, also where the tape's happens to be exact.
#[test]
fn the_first_example_passes_on_every_seed() {
    for seed in 0..60 {
        check::backward(|[a, w, b]| a.linear(w, b))
            .against(|dz: &Array2<f64>, a: &Array2<f64>, w: &Array2<f64>| {
                (dz.dot(w), dz.t().dot(a), dz.sum_axis(Axis(0)).insert_axis(Axis(0)))
            })
            .shapes(["A: n d", "W: h d", "b: 1 h"])
            .seed(seed)
            .without_persistence()
            .run();
    }
}
