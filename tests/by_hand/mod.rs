//! Twenty functions with forward and backward by hand, on plain ndarray, as people write and publish them; each examined in
//! one test, as its author would.

// Forward and backward of one function have one signature.
#![allow(clippy::needless_pass_by_value)]

pub mod attention;
pub mod losses;
pub mod metrics;
pub mod norms;
pub mod recurrent;
pub mod sequences;
pub mod windows;

use ndarray::{Array1, Array2, Axis, NdFloat};

/// The cases are the same in every run; `WENGERT_SEED` draws others. (People leave this out, and let what failed be kept.)
fn seed() -> u64 {
    std::env::var("WENGERT_SEED").map_or(1, |seed| seed.parse().expect("WENGERT_SEED is a number"))
}

/// A number of the precision.
fn c<T: NdFloat>(x: f64) -> T {
    T::from(x).expect("every number has a nearest one")
}

/// A size as a number.
fn size<T: NdFloat>(n: usize) -> T {
    T::from(n).expect("sizes are small")
}

/// The sum of each row, as a column.
fn row_sums<T: NdFloat>(x: &Array2<T>) -> Array2<T> {
    x.sum_axis(Axis(1)).insert_axis(Axis(1))
}

/// A vector as a column.
fn column<T: NdFloat>(x: &Array1<T>) -> Array2<T> {
    x.clone().insert_axis(Axis(1))
}

/// 1 / (1 + e⁻ˣ) without overflow.
fn sigmoid<T: NdFloat>(x: T) -> T {
    let e = (-x.abs()).exp();
    if x >= T::zero() { T::one() / (T::one() + e) } else { e / (T::one() + e) }
}

/// Softmax of each row.
fn softmax<T: NdFloat>(x: &Array2<T>) -> Array2<T> {
    let top = x.map_axis(Axis(1), |row| row.fold(T::neg_infinity(), |top, &x| top.max(x)));
    let e = (x - &column(&top)).mapv(T::exp);
    &e / &row_sums(&e)
}
