//! The notebook's functions, broken in six ways, and what the examiner says of each.
//!
//! `cargo run -p check_by_hand`; the examiner is behind the feature `check`.

use ndarray::{Array2, Axis, Zip};
use std::io::IsTerminal;
use wengert::check::{self, Check};
use wengert::manual;

type Gradients = (Array2<f64>, Array2<f64>, Array2<f64>);

fn main() {
    println!("First, as the notebook has them:\n");
    for (name, check) in right() {
        match check.try_run() {
            Ok(summary) => println!("  {name}: {summary}"),
            Err(failure) => println!("  {name}: {failure}"),
        }
    }
    // `{:#}` is with colours.
    let colours = std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none();
    for (number, (mistake, check)) in broken().into_iter().enumerate() {
        println!("\n{}\n{}. {mistake}\n", "─".repeat(100), number + 1);
        match check.try_run() {
            Ok(summary) => println!("not noticed! {summary}"),
            Err(failure) if colours => println!("{failure:#}"),
            Err(failure) => println!("{failure}"),
        }
    }
    println!("\n{}\nAnd how good is the test of linear_backward itself?\n", "─".repeat(100));
    println!("{}", check::mutants(&linear(|dz, a, w| (dz.dot(w), dz.t().dot(a), sum_of_rows(dz)))));
}

fn right() -> Vec<(&'static str, Check<'static, f64>)> {
    vec![
        (
            "linear_backward",
            check::backward(|[a, w, b]| a.linear(w, b))
                .against(manual::linear_backward)
                .shapes(["A: n d", "W: h d", "b: 1 h"]),
        ),
        ("relu_backward", relu(|da, z| manual::relu_backward(da, z).expect("one shape"))),
        ("mse_identity", mse(|z, y| &(z - y) * (2.0 / rows(z)))),
    ]
}

fn broken() -> Vec<(&'static str, Check<'static, f64>)> {
    vec![
        ("dW = Aᵀ·dZ instead of dZᵀ·A", linear(|dz, a, w| (dz.dot(w), a.t().dot(dz), sum_of_rows(dz)))),
        (
            "db = mean(dZ) instead of the sum",
            linear(|dz, a, w| (dz.dot(w), dz.t().dot(a), sum_of_rows(dz) / rows(dz))),
        ),
        (
            "db of shape (h,), as the notebook compared it",
            check::backward(|[a, w, b]| a.linear(w, b))
                .against(|dz: &Array2<f64>, a: &Array2<f64>, w: &Array2<f64>| {
                    (dz.dot(w), dz.t().dot(a), dz.sum_axis(Axis(0)))
                })
                .shapes(["A: n d", "W: h d", "b: 1 h"])
                .without_persistence(),
        ),
        ("relu_backward with >= for >", relu(|da, z| choose(da, z, |z| z >= 0.0))),
        ("relu_backward without its mask", relu(|da, _| da.clone())),
        ("the squared error's 1/n forgotten", mse(|z, y| &(z - y) * 2.0)),
    ]
}

fn linear(
    by_hand: impl Fn(&Array2<f64>, &Array2<f64>, &Array2<f64>) -> Gradients + 'static,
) -> Check<'static, f64> {
    check::backward(|[a, w, b]| a.linear(w, b))
        .against(by_hand)
        .shapes(["A: n d", "W: h d", "b: 1 h"])
        .without_persistence()
}

fn relu(by_hand: impl Fn(&Array2<f64>, &Array2<f64>) -> Array2<f64> + 'static) -> Check<'static, f64> {
    check::backward(|[z]| z.relu()).against(by_hand).shapes(["Z: n h"]).without_persistence()
}

fn mse(by_hand: impl Fn(&Array2<f64>, &Array2<f64>) -> Array2<f64> + 'static) -> Check<'static, f64> {
    check::gradient::<f64, 2>(|[z, y]| (z - y).square().mean_axis(0).sum())
        .against(by_hand)
        .shapes(["Z: n k", "Y: n k"])
        .without_persistence()
}

fn choose(da: &Array2<f64>, z: &Array2<f64>, passes: impl Fn(f64) -> bool) -> Array2<f64> {
    Zip::from(da).and(z).map_collect(|&da, &z| if passes(z) { da } else { 0.0 })
}

fn sum_of_rows(dz: &Array2<f64>) -> Array2<f64> {
    dz.sum_axis(Axis(0)).insert_axis(Axis(0))
}

#[allow(clippy::cast_precision_loss)] // A few thousand.
fn rows(z: &Array2<f64>) -> f64 {
    z.nrows() as f64
}
