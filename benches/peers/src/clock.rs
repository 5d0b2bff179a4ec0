//! The clock.

use std::hint::black_box;
use std::time::{Duration, Instant};

/// A batch lasts at least so long: a thousand times what reading the clock costs.
const BATCH: Duration = Duration::from_millis(20);
/// Batches are taken until so much time has passed, but [`BATCHES`] at least.
const TOTAL: Duration = Duration::from_millis(500);
const BATCHES: usize = 5;

/// The median over batches of the time of one call. What `work` returns is dropped inside, as its user would.
pub fn median_nanoseconds<R>(mut work: impl FnMut() -> R) -> f64 {
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
    median(&mut times)
}

/// The middle one, or the mean of the middle two.
pub fn median(numbers: &mut [f64]) -> f64 {
    numbers.sort_by(f64::total_cmp);
    let middle = numbers.len() / 2;
    if numbers.len() % 2 == 1 { numbers[middle] } else { f64::midpoint(numbers[middle - 1], numbers[middle]) }
}
