//! Gradient descent on the tape: each step records the network afresh and asks the loss for its gradients.

use indicatif::{ProgressBar, ProgressStyle};
use ndarray::{ArcArray2, Axis};
use rand::SeedableRng;
use rand::rngs::Xoshiro256PlusPlus;
use rand::seq::SliceRandom;
use wengert::{Tape, Var};

use crate::data::Digits;
use crate::init::Weights;
use crate::options::Options;
use crate::{Real, count};

/// Each epoch's losses: of training, as its steps met them (in a full batch, before the one step); of validation, after
/// them.
pub struct Losses {
    pub train: Vec<f64>,
    pub val: Vec<f64>,
}

/// Trains from these weights.
pub fn run<T: Real>(digits: &Digits<T>, weights: Weights<T>, options: &Options) -> Losses {
    let rate = T::of(options.lr);
    let mut weights = weights.map(ndarray::Array2::into_shared); // so that putting them on a tape copies nothing
    let shared = |array: &ndarray::Array2<T>| array.clone().into_shared();
    let (x_train, y_train) = (shared(&digits.x_train), shared(&digits.y_train));
    let (x_val, y_val) = (shared(&digits.x_val), shared(&digits.y_val));

    let mut rng = Xoshiro256PlusPlus::seed_from_u64(options.seed.unwrap_or(0) ^ u64::MAX); // not the weights' numbers
    let mut rows: Vec<usize> = (0..x_train.nrows()).collect();
    let batch = options.batch.unwrap_or(rows.len());
    let mut losses = Losses { train: Vec::new(), val: Vec::new() };
    let bar = progress_bar(options.epochs);
    for _ in 0..options.epochs {
        let loss = if batch >= rows.len() {
            descend(&x_train, &y_train, &mut weights, rate)
        } else {
            rows.shuffle(&mut rng);
            let mut sum = 0.0;
            for rows in rows.chunks(batch) {
                let [x, y] = [&x_train, &y_train].map(|array| array.select(Axis(0), rows).into_shared());
                sum += descend(&x, &y, &mut weights, rate) * count::<f64>(rows.len());
            }
            sum / count::<f64>(rows.len())
        };
        losses.train.push(loss);
        let tape = Tape::new();
        losses.val.push(record(&tape, &x_val, &y_val, &weights).1.item().into());
        bar.set_message(format!("training loss {loss:.4}"));
        bar.inc(1);
    }
    bar.finish_and_clear();
    losses
}

/// One step down the gradient; gives the loss before it.
fn descend<T: Real>(x: &ArcArray2<T>, y: &ArcArray2<T>, weights: &mut [ArcArray2<T>; 4], rate: T) -> f64 {
    let tape = Tape::new();
    let (vars, loss) = record(&tape, x, y, weights);
    let grads = loss.backward();
    for (weight, var) in weights.iter_mut().zip(vars) {
        weight.scaled_add(-rate, &grads[var].value());
    }
    loss.item().into()
}

/// The network on a tape: its weights, and its loss Σ (A2 − Y)² / m.
fn record<'t, T: Real>(
    tape: &'t Tape<T>,
    x: &ArcArray2<T>,
    y: &ArcArray2<T>,
    weights: &[ArcArray2<T>; 4],
) -> ([Var<'t, T>; 4], Var<'t, T>) {
    let vars @ [w1, b1, w2, b2] = weights.each_ref().map(|weight| tape.leaf("weight", weight.clone()));
    let a2 = tape.constant(x.clone()).linear(w1, b1).relu().linear(w2, b2);
    let loss = (a2 - tape.constant(y.clone())).square().sum() / count::<T>(x.nrows());
    (vars, loss)
}

/// A bar that draws on a terminal only.
fn progress_bar(epochs: usize) -> ProgressBar {
    let bar = ProgressBar::new(epochs as u64);
    let style =
        ProgressStyle::with_template("   {bar:40} {pos}/{len} epochs, {msg}").expect("a valid template");
    bar.with_style(style)
}
