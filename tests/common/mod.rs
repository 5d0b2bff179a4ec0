//! What the tests share: golden texts of errors, PyTorch's reference run, the digits as it saw them, and comparisons that show their scale.
#![allow(clippy::cast_possible_truncation)] // Rounding to the dtype under test is meant.

pub mod golden;

use std::fs::File;
use std::path::Path;

use ndarray::{Array1, Array2, ArrayD, ArrayRef, Axis, Dimension, Ix2, NdFloat};
use ndarray_npy::{NpzReader, ReadableElement};

/// A dtype of the reference run.
pub trait Real: NdFloat + ReadableElement + Into<f64> {
    const NAME: &str;
    /// Unit roundoff u: the largest relative error of one rounding.
    const U: f64;
    /// The nearest `Self`.
    fn of(number: f64) -> Self;
}

impl Real for f32 {
    const NAME: &str = "f32";
    const U: f64 = f32::EPSILON as f64 / 2.0;

    fn of(number: f64) -> Self {
        number as f32
    }
}

impl Real for f64 {
    const NAME: &str = "f64";
    const U: f64 = f64::EPSILON / 2.0;

    fn of(number: f64) -> Self {
        number
    }
}

fn open(relative: &str) -> NpzReader<File> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(relative);
    NpzReader::new(File::open(path).expect("the file is in the repository")).expect("it is an npz file")
}

/// The notebook as PyTorch ran it, from fixed weights: `Z1`, `W_1_grad`, `train_loss`, `W_1_after`, …
pub struct Reference(NpzReader<File>);

impl Reference {
    pub fn open<T: Real>() -> Self {
        Self(open(&format!("data/notebook_{}.npz", T::NAME)))
    }

    /// Two small language models, see `data/language.py`.
    pub fn language() -> Self {
        Self(open("data/language.npz"))
    }

    /// An array of any rank. Losses over time are `f64` in both files, `x_mean` and `x_std` `f32`.
    pub fn array<T: ReadableElement>(&mut self, name: &str) -> ArrayD<T> {
        self.0.by_name(name).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    pub fn matrix<T: ReadableElement>(&mut self, name: &str) -> Array2<T> {
        self.array(name).into_dimensionality::<Ix2>().expect("a matrix")
    }

    pub fn scalar<T: ReadableElement>(&mut self, name: &str) -> T {
        self.array(name).into_iter().next().expect("one number")
    }

    /// `W_1`, `B_1`, `W_2`, `B_2`, with a suffix: `""`, `"_grad"` or `"_after"`.
    pub fn weights<T: ReadableElement>(&mut self, suffix: &str) -> [Array2<T>; 4] {
        ["W_1", "B_1", "W_2", "B_2"].map(|name| self.matrix(&format!("{name}{suffix}")))
    }
}

/// The digits, standardised, in the notebook's 80:20 split; Y as a column.
pub struct Digits<T> {
    pub x_train: Array2<T>,
    pub y_train: Array2<T>,
    pub x_val: Array2<T>,
    pub y_val: Array2<T>,
}

/// The digits as the reference run saw them: (x − mean) / std was computed in f32, and only then cast to `T`.
pub fn digits<T: Real>(reference: &mut Reference) -> Digits<T> {
    let (mean, std): (f32, f32) = (reference.scalar("x_mean"), reference.scalar("x_std"));
    let mut file = open("../data/digits.npz");
    let x: Array2<u8> = file.by_name("x").expect("x");
    let y: Array1<u8> = file.by_name("y").expect("y");
    let x = x.mapv(|pixel| T::of(((f32::from(pixel) - mean) / std).into()));
    let y = y.mapv(|digit| T::of(digit.into())).insert_axis(Axis(1));
    let rows = |name: &str, file: &mut NpzReader<File>| -> Vec<usize> {
        let numbers: Array1<i64> = file.by_name(name).expect(name);
        numbers.iter().map(|&n| usize::try_from(n).expect("a row number")).collect()
    };
    let (train, val) = (rows("train", &mut file), rows("val", &mut file));
    let [x_train, y_train] = [&x, &y].map(|a| a.select(Axis(0), &train));
    let [x_val, y_val] = [&x, &y].map(|a| a.select(Axis(0), &val));
    Digits { x_train, y_train, x_val, y_val }
}

/// The largest absolute value, NaN if there is one: the scale by which an array's errors are judged.
pub fn scale<T: Into<f64> + Copy, D: Dimension>(a: &ArrayRef<T, D>) -> f64 {
    a.iter()
        .map(|&v| v.into().abs())
        .fold(0.0, |largest, v| if v > largest || v.is_nan() { v } else { largest })
}

/// Equal shapes, and no entry further off than `relative` times the scale of what is expected.
#[track_caller]
pub fn assert_close<T: Into<f64> + Copy, D: Dimension>(
    name: &str,
    actual: &ArrayRef<T, D>,
    expected: &ArrayRef<T, D>,
    relative: f64,
) {
    assert_eq!(actual.shape(), expected.shape(), "{name}: shapes differ");
    let scale = scale(expected);
    for ((index, &a), &e) in actual.indexed_iter().zip(expected) {
        let (a, e): (f64, f64) = (a.into(), e.into());
        let off = (a - e).abs();
        assert!(
            off <= relative * scale,
            "{name}{index:?}: {a:e} is not {e:e}, off by {:.1e} of the scale {scale:.3e}; {relative:.1e} is allowed",
            off / scale
        );
    }
}
