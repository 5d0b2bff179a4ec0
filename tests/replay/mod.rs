//! Replay: that a program does what recording afresh would do, to the bit, or says that it cannot.
//!
//! One file a subject. Programs drawn at random are in `proptests/replay.rs`, every primitive is in the laws
//! (`tests/laws.rs`), and what a run allocates in `tests/allocations.rs`.

// What is compared is meant to be the same number.
#![allow(clippy::float_cmp)]

mod budget;
mod carry;
mod fed;
mod guards;
mod instructions;
mod layouts;
mod long;
mod map;
mod precision;
mod products;
mod reads;
mod replayed;
mod report;
mod signature;
mod steps;
mod threads;
mod training;

use ndarray::{ArrayD, IxDyn};
use wengert::{Float, Pass, ProgramBuilder};

/// Numbers in (−1, 1), none of which is another: a golden-ratio sequence.
#[allow(clippy::cast_precision_loss)] // A few thousand.
fn numbers(shape: &[usize], seed: usize) -> ArrayD<f64> {
    let mut n = 1000 * seed;
    ArrayD::from_shape_simple_fn(IxDyn(shape), || {
        n += 1;
        2.0 * (n as f64 * 0.618_033_988_749_894_9).fract() - 1.0
    })
}

/// All 64 choices of passes.
fn subsets() -> impl Iterator<Item = Vec<Pass>> {
    (0..1 << Pass::ALL.len()).map(|choice: usize| {
        Pass::ALL
            .into_iter()
            .enumerate()
            .filter(|(i, _)| choice >> i & 1 == 1)
            .map(|(_, pass)| pass)
            .collect()
    })
}

fn without<'t, T: Float>(builder: ProgramBuilder<'t, T>, passes: &[Pass]) -> ProgramBuilder<'t, T> {
    passes.iter().fold(builder, |builder, pass| builder.without(*pass))
}

/// Equal shapes and bits; a NaN is a NaN.
#[track_caller]
fn assert_bits<T: Float>(replayed: &ArrayD<T>, recorded: &ArrayD<T>) {
    assert_eq!(replayed.shape(), recorded.shape());
    for ((index, a), b) in replayed.indexed_iter().zip(recorded) {
        let same = a.to_f64().to_bits() == b.to_f64().to_bits() || a.is_nan() && b.is_nan();
        assert!(same, "at {index:?}: {a:?} replayed, {b:?} recorded");
    }
}
