//! Gradient descent by replay: a step is recorded twice, the optimiser's part with it, and then only runs.

use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};
use ndarray::Axis;
use rand::SeedableRng;
use rand::rngs::Xoshiro256PlusPlus;
use rand::seq::SliceRandom;
use wengert::{Call, Error, Input, Replayed, Var, optim};

use crate::data::Digits;
use crate::init::Weights;
use crate::options::Options;
use crate::{Real, count};

/// Each epoch's losses: of training, as its steps met them (in a full batch, before the one step); of validation, after
/// them. And how many steps there were, and what they took, with nothing around them.
pub struct Training {
    pub train: Vec<f64>,
    pub val: Vec<f64>,
    pub steps: u32,
    pub time: Duration,
}

/// Trains from these weights.
///
/// # Errors
/// If the network cannot be recorded for these shapes.
pub fn run<T: Real>(digits: &Digits<T>, weights: Weights<T>, options: &Options) -> Result<Training, Error> {
    let Digits { x_train, y_train, x_val, y_val, .. } = digits;
    let mut descent = descent(weights, T::of(options.lr));
    let mut validation = Replayed::new(|call: Call<'_, T>| {
        let [x, y, w1, b1, w2, b2] = call.inputs();
        vec![loss([x, y], [w1, b1, w2, b2])]
    });

    let mut rng = Xoshiro256PlusPlus::seed_from_u64(options.seed.unwrap_or(0) ^ u64::MAX); // not the weights' numbers
    let mut rows: Vec<usize> = (0..x_train.nrows()).collect();
    let batch = options.batch.unwrap_or(rows.len());
    let (mut train, mut val, mut steps, mut time) = (Vec::new(), Vec::new(), 0, Duration::ZERO);
    let bar = progress_bar(options.epochs);
    for _ in 0..options.epochs {
        if batch < rows.len() {
            rows.shuffle(&mut rng);
        }
        let mut sum = 0.0;
        for rows in rows.chunks(batch) {
            let [x, y] = [x_train, y_train].map(|array| array.select(Axis(0), rows));
            let began = Instant::now();
            let loss: f64 = descent.call_one([&x, &y])?[[]].into();
            time += began.elapsed();
            steps += 1;
            sum += loss * count::<f64>(rows.len());
        }
        let loss = sum / count::<f64>(rows.len());
        train.push(loss);
        let weights = descent.states().map(|(_, weight)| Input::from(weight));
        let inputs: Vec<Input<'_, T>> = [x_val, y_val].into_iter().map(Input::from).chain(weights).collect();
        val.push(validation.call_one(inputs)?[[]].into());
        bar.set_message(format!("training loss {loss:.4}"));
        bar.inc(1);
    }
    bar.finish_and_clear();
    Ok(Training { train, val, steps, time })
}

/// A step down the gradient: takes X and y, gives the loss before it, and carries the weights, whatever the number of rows.
fn descent<T: Real>(
    weights: Weights<T>,
    rate: T,
) -> Replayed<T, impl for<'t> FnMut(Call<'t, T>) -> Vec<Var<'t, T>>> {
    Replayed::new(move |call: Call<'_, T>| {
        let names = ["W_1", "B_1", "W_2", "B_2"];
        let vars = [0, 1, 2, 3].map(|i| call.state(names[i], &weights[i]));
        let loss = loss(call.inputs(), vars);
        let grads = loss.backward();
        call.carry(vars.map(|weight| (weight, optim::sgd(weight, grads[weight], rate))));
        vec![loss]
    })
}

/// Σ (A2 − y)² / m of the network.
fn loss<'t, T: Real>([x, y]: [Var<'t, T>; 2], [w1, b1, w2, b2]: [Var<'t, T>; 4]) -> Var<'t, T> {
    let a2 = x.linear(w1, b1).relu().linear(w2, b2);
    (a2 - y).square().sum() / count::<T>(x.shape()[0])
}

/// A bar that draws on a terminal only.
fn progress_bar(epochs: usize) -> ProgressBar {
    let bar = ProgressBar::new(epochs as u64);
    let style =
        ProgressStyle::with_template("   {bar:40} {pos}/{len} epochs, {msg}").expect("a valid template");
    bar.with_style(style)
}

#[cfg(test)]
#[allow(clippy::float_cmp)] // The same numbers are meant.
mod tests {
    use super::*;
    use crate::init;
    use ndarray::Array1;
    use ndarray_npy::NpzReader;
    use std::fs::File;
    use wengert::Tape;

    /// 160 u relative is argued in `tests/manual.rs`, for this network and 100 epochs.
    fn losses_are_pytorchs<T: Real>() {
        let path = format!("{}/../../tests/data/notebook_{}.npz", env!("CARGO_MANIFEST_DIR"), T::DTYPE);
        let mut reference = NpzReader::new(File::open(path).unwrap()).unwrap();
        let training = run(&Digits::<T>::load(), init::reference(), &Options::default()).unwrap();
        let unit: f64 = <T as wengert::Arithmetic>::EPSILON.to_f64() / 2.0;
        for (name, losses) in [("train_loss", &training.train), ("val_loss", &training.val)] {
            let expected: Array1<f64> = reference.by_name(name).unwrap();
            assert_eq!(losses.len(), expected.len());
            for (loss, expected) in losses.iter().zip(&expected) {
                assert!((loss - expected).abs() <= 160.0 * unit * expected, "{name}: {loss} for {expected}");
            }
        }
        assert_eq!(training.steps, 100);
    }

    #[test]
    fn the_losses_are_pytorchs() {
        losses_are_pytorchs::<f32>();
        losses_are_pytorchs::<f64>();
    }

    /// Batches of 30 and of 20 rows, in turns: the weights of one go on in the other, and all of it is what recording
    /// afresh gives.
    #[test]
    fn batches_of_two_shapes() {
        let Digits { x_train, y_train, .. } = Digits::<f32>::load();
        let mut weights = init::seeded::<f32>(1, 64, 5);
        let mut descent = descent(weights.clone(), 0.01);
        for step in 0..10 {
            // Each shape is recorded twice, and then replayed.
            let rows: Vec<usize> = (40 * step..40 * step + [30, 20, 20][step % 3]).collect();
            let [x, y] = [&x_train, &y_train].map(|array| array.select(Axis(0), &rows));
            let tape = Tape::new();
            let vars @ [w1, b1, w2, b2] = weights.each_ref().map(|weight| tape.leaf("weight", weight));
            let a2 = tape.constant(&x).linear(w1, b1).relu().linear(w2, b2);
            let loss = (a2 - tape.constant(&y)).square().sum() / count::<f32>(rows.len());
            let grads = loss.backward();
            assert_eq!(descent.call_one([&x, &y]).unwrap()[[]], loss.item());
            for ((weight, var), (_, carried)) in weights.iter_mut().zip(vars).zip(descent.states()) {
                weight.scaled_add(-0.01, &grads[var].value());
                assert_eq!(carried, weight.view().into_dyn());
            }
        }
        assert_eq!(descent.len(), 2);
        assert!(descent.paths().all(|path| path.is_judged() && path.recordings() == 2));
    }
}
