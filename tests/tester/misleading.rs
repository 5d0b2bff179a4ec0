//! Wrong gradients whose explanation is easily mistaken for another one: at ties where any subgradient will do, where
//! something overflows, beside a bound.

use super::{Outcome, Wrong};
use ndarray::{Array1, Array2, ArrayD, IxDyn, Zip};
use std::cell::RefCell;
use std::collections::HashMap;
use wengert::check::Mistake::*;
use wengert::check::{self, Check, Values};
use wengert::{Float, Var};

type A1 = Array1<f64>;
type A2 = Array2<f64>;

fn ready<T: Float>(check: Check<'_, T>) -> Check<'_, T> {
    check.without_persistence().seed(super::seed())
}

fn run<T: Float>(check: Check<'_, T>) -> Outcome {
    ready(check).try_run()
}

fn map(f: impl for<'t> Fn(Var<'t, f64>) -> Var<'t, f64> + 'static, slope: fn(f64) -> f64) -> Outcome {
    run(check::backward(move |[x]| f(x)).against(move |dy: &A1, x: &A1| dy * x.mapv(slope)).shapes(["x: n"]))
}

/// The quantile loss of y − z, whose slope at a tie may be any between.
fn pinball(slope: fn(f64) -> f64) -> Outcome {
    let by_hand = move |d: &A1, z: &A1, y: &A1| {
        let dy = Zip::from(d).and(z).and(y).map_collect(|d, z, y| d * slope(y - z));
        (-&dy, dy)
    };
    run(check::backward(|[z, y]| {
        let e = y - z;
        (e * 0.9).maximum(e * -0.1)
    })
    .against(by_hand)
    .shapes(["z: n", "y: n"])
    .any_subgradient())
}

fn hard_swish(x: Var<'_, f64>) -> Var<'_, f64> {
    x * (x + 3.0).clamp(0.0, 6.0) / 6.0
}

/// A mask that is an input.
fn masked(by_hand: fn(&A1, &A1) -> A1) -> Outcome {
    run(check::backward(|[x, m]| m.select(x * 2.0, x * 0.0))
        .against(move |dy: &A1, _: &A1, m: &A1| by_hand(dy, m))
        .shapes(["x: n", "m: n"])
        .values("m", Values::Mask))
}

/// A function that keeps `x` from the first call with its shape.
fn kept_by_shape() -> Outcome {
    let kept: RefCell<HashMap<IxDyn, ArrayD<f64>>> = RefCell::default();
    run(check::backward(|[x]| x.square())
        .against(move |dy: &A2, x: &A2| {
            let mut kept = kept.borrow_mut();
            let kept = kept.entry(IxDyn(x.shape())).or_insert_with(|| x.clone().into_dyn());
            dy * &*kept * 2.0
        })
        .shapes(["x: n d"]))
}

fn table() -> Vec<Wrong> {
    wrong! {
        "quantile loss: a sign" Some(Sign) => pinball(|e| if e > 0.0 { -0.9 } else { 0.1 });
        "quantile loss: exchanged" Some(MaskInverted) => pinball(|e| if e > 0.0 { -0.1 } else { 0.9 });
        "quantile loss: the lower side forgotten" Some(BranchLost) => pinball(|e| if e > 0.0 { 0.9 } else { 0.0 });
        "hard swish: the upper bound forgotten" None => map(hard_swish, |x| if x <= -3.0 { 0.0 } else { x / 3.0 + 0.5 });
        "elu: 0 · ∞ in the branch that was not taken" Some(Imprecise) => map(|x| x.gt(0.0).select(x, x.exp() - 1.0), |x| {
            let m = f64::from(u8::from(x > 0.0));
            m + (1.0 - m) * x.exp()
        });
        "a mask that is an input, inverted" Some(MaskInverted) => masked(|dy, m| dy * &m.mapv(|m| 2.0 * (1.0 - m)));
        "a mask that is an input, forgotten" Some(MaskMissing) => masked(|dy, _| dy * 2.0);
        "exp: 0 below −40" Some(Clipped) => map(|x| x.exp(), |x| if x < -40.0 { 0.0 } else { x.exp() });
        "a square: 0 beyond ±5" Some(Clipped) => map(|x| x.square(), |x| if x.abs() > 5.0 { 0.0 } else { 2.0 * x });
        "a square: 0 beside 0" Some(Clipped) => map(|x| x.square() * 0.5 + x, |x| if x.abs() < 1e-3 { 0.0 } else { x + 1.0 });
        "kept from the first call of a shape" Some(Stale) => kept_by_shape();
    }
}

#[test]
fn each_is_told_from_what_it_resembles() {
    let mut otherwise = Vec::new();
    for Wrong { name, mistake, examine } in table() {
        let Err(failure) = examine() else { panic!("{name}: NOT CAUGHT") };
        let said: Vec<_> = failure.diagnoses().iter().map(|diagnosis| diagnosis.mistake).collect();
        if said != Vec::from_iter(mistake) {
            otherwise.push(format!("{name}: expected {mistake:?}, said {said:?}\n{failure}"));
        }
    }
    assert!(otherwise.is_empty(), "{}", otherwise.join("\n"));
}

/// Limits are found, not guessed.
#[test]
fn the_number_that_cuts_is_named() {
    let page = map(|x| x.exp(), |x| if x < -40.0 { 0.0 } else { x.exp() }).unwrap_err().to_string();
    assert!(page.contains("cut to 0 where x is below -40"), "{page}");
    let page = map(|x| x.square(), |x| if x.abs() > 5.0 { 0.0 } else { 2.0 * x }).unwrap_err().to_string();
    assert!(page.contains("cut to 0 where x is beyond ±5"), "{page}");
}
