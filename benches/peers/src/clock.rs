//! The clock.

use std::hint::black_box;
use std::time::{Duration, Instant};

/// A batch lasts at least so long: ten thousand times what reading the clock costs, and shorter than a turn that another
/// process may take, so that some batches are undisturbed on a machine that others use as well.
const BATCH: Duration = Duration::from_millis(1);
/// Batches are taken until so much time has passed, but [`BATCHES`] at least.
const TOTAL: Duration = Duration::from_millis(500);
const BATCHES: usize = 5;

/// Nanoseconds of one call.
#[derive(Clone, Copy, Debug)]
#[allow(missing_docs)]
pub struct Time {
    pub median: f64,
    pub fastest: f64,
}

/// Over batches. What `work` returns is dropped inside, as its user would.
pub fn time<R>(mut work: impl FnMut() -> R) -> Time {
    let mut batch = |calls: u32| {
        let start = Instant::now();
        for _ in 0..calls {
            black_box(work());
        }
        start.elapsed()
    };
    // The warm-up finds how many calls make a batch.
    let mut calls = 1;
    while batch(calls) < BATCH {
        calls *= 2;
    }
    let start = Instant::now();
    let mut times = Vec::new();
    while times.len() < BATCHES || start.elapsed() < TOTAL {
        times.push(batch(calls).as_secs_f64() * 1e9 / f64::from(calls));
    }
    Time { median: median(&mut times), fastest: times[0] }
}

/// The middle one, or the mean of the middle two. They are sorted afterwards.
pub fn median(numbers: &mut [f64]) -> f64 {
    numbers.sort_by(f64::total_cmp);
    let middle = numbers.len() / 2;
    if numbers.len() % 2 == 1 { numbers[middle] } else { f64::midpoint(numbers[middle - 1], numbers[middle]) }
}
