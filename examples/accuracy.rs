//! Prints the map of accuracy: the largest errors of values, first and second derivatives, in units in the last place, and where.
//!
//! `cargo run --release --example accuracy` takes every 4,099th number of single precision; a number after `--` is another step,
//! and 1 takes all; a name after it takes the functions with it in theirs.

#[path = "../tests/accuracy/functions.rs"]
mod functions;
#[allow(dead_code)] // The tests hold it to its bounds.
#[path = "../tests/accuracy/map.rs"]
mod map;
#[allow(dead_code)]
#[path = "../tests/accuracy/pairs.rs"]
mod pairs;

fn main() {
    let step = std::env::args().nth(1).map_or(4_099, |step| step.parse().expect("a step is a number"));
    let part = std::env::args().nth(2).unwrap_or_default();
    map::print(step, &part);
    pairs::print((1 << 30) / step, &part);
}
