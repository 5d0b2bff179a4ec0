//! Gradient descent by replay: a step is recorded once, the optimiser's part with it, and then only runs.

use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};
use ndarray::{Array2, Axis, arr0};
use rand::SeedableRng;
use rand::rngs::Xoshiro256PlusPlus;
use rand::seq::SliceRandom;
use wengert::{Error, Feed, Program, Tape, Var, Workspace, optim};

use crate::data::Digits;
use crate::init::Weights;
use crate::options::Options;
use crate::{Real, count};

/// Each epoch's losses: of training, as its steps met them (in a full batch, before the one step); of validation, after
/// them. And how many steps there were, and what they took: the runs of the recorded step, and nothing around them.
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
    let validation = validation(x_val.nrows(), &weights)?;
    let mut memory = validation.workspace();
    let mut descent = Descent::new(weights, T::of(options.lr));

    let mut rng = Xoshiro256PlusPlus::seed_from_u64(options.seed.unwrap_or(0) ^ u64::MAX); // not the weights' numbers
    let mut rows: Vec<usize> = (0..x_train.nrows()).collect();
    let batch = options.batch.unwrap_or(rows.len());
    let (mut train, mut val) = (Vec::new(), Vec::new());
    let bar = progress_bar(options.epochs);
    for _ in 0..options.epochs {
        let loss = if batch >= rows.len() {
            descent.step(x_train, y_train)?
        } else {
            rows.shuffle(&mut rng);
            let mut sum = 0.0;
            for rows in rows.chunks(batch) {
                let [x, y] = [x_train, y_train].map(|array| array.select(Axis(0), rows));
                sum += descent.step(&x, &y)? * count::<f64>(rows.len());
            }
            sum / count::<f64>(rows.len())
        };
        train.push(loss);
        let weights = [0, 1, 2, 3].map(|i| descent.steps[0].memory.state(i));
        let mut inputs: Vec<&dyn Feed<T>> = vec![x_val, y_val];
        inputs.extend(weights.iter().map(|weight| weight as &dyn Feed<T>));
        validation.run(&mut memory, &inputs)?;
        val.push(memory.output(0)[[]].into());
        bar.set_message(format!("training loss {loss:.4}"));
        bar.inc(1);
    }
    bar.finish_and_clear();
    Ok(Training { train, val, steps: descent.count, time: descent.time })
}

/// Steps down the gradient.
struct Descent<T: Real> {
    weights: Weights<T>,
    rate: T,
    /// One for each number of rows that came up, since a program is made for its shapes. The one that ran last comes
    /// first: it has the weights.
    steps: Vec<Step<T>>,
    count: u32,
    time: Duration,
}

impl<T: Real> Descent<T> {
    fn new(weights: Weights<T>, rate: T) -> Self {
        Self { weights, rate, steps: Vec::new(), count: 0, time: Duration::ZERO }
    }

    /// One step on these rows; gives the loss before it.
    fn step(&mut self, x: &Array2<T>, y: &Array2<T>) -> Result<f64, Error> {
        let known = self.steps.iter().position(|step| step.rows == x.nrows());
        let place = known.unwrap_or(self.steps.len());
        if known.is_none() {
            self.steps.push(Step::record(x.nrows(), &self.weights)?);
        }
        self.steps.swap(0, place);
        let (now, others) = self.steps.split_first_mut().expect("at least this one");
        if place > 0 {
            let before = &others[place - 1].memory;
            (0..4).for_each(|i| now.memory.set_state(i, &before.state(i)));
        }
        let (rate, began) = (arr0(self.rate), Instant::now());
        now.program.run(&mut now.memory, &[x, y, &rate])?;
        self.time += began.elapsed();
        self.count += 1;
        Ok(now.memory.output(0)[[]].into())
    }
}

/// A step for batches of so many rows; it carries the weights from run to run.
struct Step<T: Real> {
    rows: usize,
    program: Program<T>,
    memory: Workspace<T>,
}

impl<T: Real> Step<T> {
    /// The network, its gradients and w − rate · gradient, on a tape that is not needed any more then.
    fn record(rows: usize, weights: &Weights<T>) -> Result<Self, Error> {
        let tape = Tape::new();
        let ([x, y], weights, loss) = network(&tape, rows, weights);
        let rate = tape.leaf("rate", T::zero());
        let grads = loss.backward();
        let state = weights.map(|weight| (weight, optim::sgd(weight, grads[weight], rate)));
        let program = tape.program_builder([x, y, rate], [loss]).carry(state).build()?;
        Ok(Self { rows, memory: program.workspace(), program })
    }
}

/// The loss of so many rows, from them and from the weights.
fn validation<T: Real>(rows: usize, weights: &Weights<T>) -> Result<Program<T>, Error> {
    let tape = Tape::new();
    let ([x, y], [w1, b1, w2, b2], loss) = network(&tape, rows, weights);
    tape.program([x, y, w1, b1, w2, b2], [loss])
}

/// The network on a tape: X and y, of so many rows, the weights, and the loss Σ (A2 − y)² / m.
fn network<'t, T: Real>(
    tape: &'t Tape<T>,
    rows: usize,
    weights: &Weights<T>,
) -> ([Var<'t, T>; 2], [Var<'t, T>; 4], Var<'t, T>) {
    let x = tape.leaf("X", Array2::zeros((rows, weights[0].ncols())));
    let y = tape.leaf("y", Array2::zeros((rows, 1)));
    let vars @ [w1, b1, w2, b2] = weights.each_ref().map(|weight| tape.leaf("weight", weight));
    let a2 = x.linear(w1, b1).relu().linear(w2, b2);
    let loss = (a2 - y).square().sum() / count::<T>(rows);
    ([x, y], vars, loss)
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
        let mut descent = Descent::new(weights.clone(), 0.01);
        for step in 0..10 {
            let rows: Vec<usize> = (40 * step..40 * step + [30, 20, 20][step % 3]).collect();
            let [x, y] = [&x_train, &y_train].map(|array| array.select(Axis(0), &rows));
            let tape = Tape::new();
            let vars @ [w1, b1, w2, b2] = weights.each_ref().map(|weight| tape.leaf("weight", weight));
            let a2 = tape.constant(&x).linear(w1, b1).relu().linear(w2, b2);
            let loss = (a2 - tape.constant(&y)).square().sum() / count::<f32>(rows.len());
            let grads = loss.backward();
            assert_eq!(descent.step(&x, &y).unwrap(), f64::from(loss.item()));
            for (i, (weight, var)) in weights.iter_mut().zip(vars).enumerate() {
                weight.scaled_add(-0.01, &grads[var].value());
                assert_eq!(descent.steps[0].memory.state(i), weight.view().into_dyn());
            }
        }
        assert_eq!((descent.steps.len(), descent.count), (2, 10));
    }
}
