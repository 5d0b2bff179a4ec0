//! Integers as rows: what is fed, looked up, put in order, and refused.
//!
//! What one operation computes is compared with PyTorch in `tests/operations.rs`, and derivatives are in the laws. Here is
//! what is around them: types, bounds, programs, state, and orders against an implementation that is plain to read.

mod bounds;
mod fed;
mod order;
mod programs;
mod views;

use ndarray::{ArrayD, IxDyn};

/// A sequence of whole numbers below `n` with no pattern that matters: a linear congruential generator's high bits.
fn whole(shape: &[usize], n: u64, seed: u64) -> ArrayD<usize> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    ArrayD::from_shape_simple_fn(IxDyn(shape), || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from((state >> 33) % n).unwrap()
    })
}

/// The same as real numbers.
#[allow(clippy::cast_precision_loss)] // Small numbers.
fn real(shape: &[usize], n: u64, seed: u64) -> ArrayD<f64> {
    whole(shape, n, seed).mapv(|x| x as f64)
}
