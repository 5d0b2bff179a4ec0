//! The notebook: digits, a network with one hidden layer, its gradients by hand and on the tape, and training.
//!
//! `cargo run --release -p notebook -- --help` lists the options.

mod compare;
mod data;
mod init;
mod options;
mod plot;
mod train;
mod trap;

use std::error::Error;
use std::process::ExitCode;

use data::Digits;
use init::{REFERENCE_HIDDEN, Weights};
use ndarray::NdFloat;
use options::{Dtype, Options, USAGE};
use train::Training;
use wengert::{Arithmetic, Float};

/// The dtypes to choose from.
pub trait Real: NdFloat + Float + Into<f64> {
    /// The nearest `Self`.
    fn of(number: f64) -> Self {
        <Self as Arithmetic>::from_f64(number)
    }
}

impl Real for f32 {}
impl Real for f64 {}

/// A number of rows, as a number.
#[allow(clippy::cast_precision_loss)] // There are far fewer than 2⁵³.
pub fn count<T: Real>(n: usize) -> T {
    T::of(n as f64)
}

fn main() -> ExitCode {
    let options = match options::parse(std::env::args_os().skip(1)) {
        Ok(Some(options)) => options,
        Ok(None) => {
            println!("{USAGE}");
            return ExitCode::SUCCESS;
        }
        Err(message) => {
            eprintln!("{message}\n\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    let run = match options.dtype {
        Dtype::F32 => notebook::<f32>,
        Dtype::F64 => notebook::<f64>,
    };
    match run(&options) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn notebook<T: Real>(options: &Options) -> Result<(), Box<dyn Error>> {
    let digits = Digits::<T>::load();
    let Digits { x_train, y_train, x_val, y_val, mean, std } = &digits;
    println!(
        "1. The data: handwritten digits, 8x8 pixels each, to be read as a number from 0 to 9 ({})",
        T::DTYPE
    );
    println!("   training    X {:?}  y {:?}", x_train.dim(), y_train.dim());
    println!("   validation  X {:?}  y {:?}", x_val.dim(), y_val.dim());
    println!("   pixels standardised by the training mean {mean:.4} and standard deviation {std:.4}\n");

    let (weights, origin) = initial_weights(options, x_train.ncols());
    let [w1, b1, w2, b2] = weights.each_ref();
    println!(
        "2. The network: A1 = relu(X W_1' + B_1), A2 = Z2 = A1 W_2' + B_2, loss = sum of (A2 - y)^2 / m"
    );
    println!("   weights {origin}");
    println!("   W_1 {:?}  B_1 {:?}  W_2 {:?}  B_2 {:?}\n", w1.dim(), b1.dim(), w2.dim(), b2.dim());

    println!("3. Forward and backward, by hand and on the tape");
    let comparison = compare::print(x_train, y_train, [w1, b1, w2, b2])?;

    println!("4. The trap: what if y is of rank 1?");
    trap::print(x_train, y_train, [w1, b1, w2, b2])?;

    let steps = options.batch.map_or(1, |batch| x_train.nrows().div_ceil(batch));
    println!(
        "5. Training on the tape: {} epochs of {steps} {}, learning rate {}",
        options.epochs,
        if steps == 1 { "step" } else { "steps" },
        options.lr
    );
    let training = train::run(&digits, weights, options)?;
    let Training { train, val, steps: all, time } = &training;
    print_losses(train, val);
    let when =
        if steps == 1 { "before an epoch's step" } else { "the mean over an epoch's steps, as they met it" };
    println!("   (training loss {when}; validation loss after the epoch)");
    let seconds = time.as_secs_f64();
    let rate = two_digits(f64::from(*all) / seconds);
    println!(
        "   {all} steps took {:.1} ms: {rate} steps a second, the first two of a shape recorded, the others replayed",
        1e3 * seconds
    );
    if !train.iter().chain(val).all(|loss| loss.is_finite()) {
        println!("   The loss ran off to infinity: try a smaller --lr.");
    }

    let title =
        format!("Reading digits: loss over {} epochs ({}, rate {})", options.epochs, T::DTYPE, options.lr);
    plot::draw(&options.out, &title, train, val)
        .map_err(|error| format!("--out: cannot write {}: {error}", options.out.display()))?;
    println!("   the loss curve is in {}", options.out.display());
    let picture = options.out.with_file_name("notebook-gradient.svg");
    comparison
        .write_svg(&picture)
        .map_err(|error| format!("--out: cannot write {}: {error}", picture.display()))?;
    println!("   W_1's gradient by hand and from the tape, as a picture, in {}", picture.display());
    Ok(())
}

/// The weights to start from, and a word on where they come from.
fn initial_weights<T: Real>(options: &Options, inputs: usize) -> (Weights<T>, String) {
    match options.seed {
        None if options.hidden == REFERENCE_HIDDEN => {
            (init::reference(), "of PyTorch's reference run".into())
        }
        seed => {
            let seed = seed.unwrap_or(0);
            (init::seeded(seed, inputs, options.hidden), format!("from seed {seed}"))
        }
    }
}

/// The losses of a few epochs, more closely at the start.
fn print_losses(train: &[f64], val: &[f64]) {
    let last = train.len() - 1;
    let scale = train.len().div_ceil(1000);
    let mut shown: Vec<usize> = [0, 1, 2, 5, 10, 20, 50, 100, 200, 500].iter().map(|n| n * scale).collect();
    shown.retain(|&epoch| epoch < last);
    shown.push(last);
    println!("    epoch   training loss   validation loss");
    for epoch in shown {
        println!("   {:6} {:>15.6} {:>17.6}", epoch + 1, train[epoch], val[epoch]);
    }
}

/// The number to two digits, in groups of three.
fn two_digits(number: f64) -> String {
    let scale = 10.0_f64.powf((number.log10().floor() - 1.0).max(0.0));
    let mut digits = format!("{:.0}", (number / scale).round() * scale);
    for place in
        (1..digits.len()).rev().filter(|place| (digits.len() - place).is_multiple_of(3)).collect::<Vec<_>>()
    {
        digits.insert(place, ',');
    }
    digits
}

#[cfg(test)]
mod tests {
    use super::two_digits;

    #[test]
    fn rates_are_rounded() {
        let rates = [0.4, 9.6, 99.7, 456.0, 999.0, 1049.0, 10_989.0, 1_234_567.0].map(two_digits);
        assert_eq!(rates, ["0", "10", "100", "460", "1,000", "1,000", "11,000", "1,200,000"]);
    }
}
