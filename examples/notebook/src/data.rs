//! The digits: 1797 images of 8×8 pixels, in the crate's own copy of the UCI test set, with the notebook's split.

use std::io::Cursor;

use ndarray::{Array1, Array2, Axis};
use ndarray_npy::NpzReader;

use crate::Real;

const DIGITS: &[u8] = include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../data/digits.npz"));

/// The images as standardised rows of 64 pixels, and the digits to predict as a column.
pub struct Digits<T> {
    pub x_train: Array2<T>,
    pub y_train: Array2<T>,
    pub x_val: Array2<T>,
    pub y_val: Array2<T>,
    /// Mean and sample standard deviation of all training pixels together, by which both parts are standardised.
    pub mean: f32,
    pub std: f32,
}

impl<T: Real> Digits<T> {
    pub fn load() -> Self {
        let mut file = NpzReader::new(Cursor::new(DIGITS)).expect("the embedded digits are an npz file");
        let x: Array2<u8> = file.by_name("x").expect("pixels, 0 to 16");
        let y: Array1<u8> = file.by_name("y").expect("digits, 0 to 9");
        let mut rows = |name| -> Vec<usize> {
            let numbers: Array1<i64> = file.by_name(name).expect("row numbers");
            numbers.iter().map(|&row| usize::try_from(row).expect("rows count from 0")).collect()
        };
        let (train, val) = (rows("train"), rows("val"));

        let y = y.mapv(|digit| T::of(digit.into())).insert_axis(Axis(1));
        let (mean, std) = mean_and_std(&x.select(Axis(0), &train));
        // PyTorch standardised in f32, so this does too; the f64 run starts from the same numbers, cast.
        let x = x.mapv(|pixel| T::of(((f32::from(pixel) - mean) / std).into()));
        let [x_train, y_train] = [&x, &y].map(|array| array.select(Axis(0), &train));
        let [x_val, y_val] = [&x, &y].map(|array| array.select(Axis(0), &val));
        Self { x_train, y_train, x_val, y_val, mean, std }
    }
}

/// Mean and sample standard deviation (n − 1) of all pixels, from exact sums of integers.
#[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation)] // The sums stay far below 2⁵³; f32 is meant.
fn mean_and_std(pixels: &Array2<u8>) -> (f32, f32) {
    let n = pixels.len() as f64;
    let sum: u64 = pixels.iter().map(|&p| u64::from(p)).sum();
    let squares: u64 = pixels.iter().map(|&p| u64::from(p) * u64::from(p)).sum();
    let (sum, squares) = (sum as f64, squares as f64);
    ((sum / n) as f32, ((squares - sum * sum / n) / (n - 1.0)).sqrt() as f32)
}
