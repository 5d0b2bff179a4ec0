//! How time grows: with the rows of a list, and with the samples of a step. In the best of worlds the number of items a
//! second is the same all the way down.

#[path = "common/chain.rs"]
mod chain;
#[path = "common/step.rs"]
mod step;

use chain::{A, chain};
use divan::Bencher;
use ndarray::{ArcArray1, Array1};
use step::{Step, layers};
use wengert::{Input, IntoValue, Tape};

/// Rows of the list; two thirds of them are the gradient's.
const NUMBERS: [usize; 5] = [1_000, 10_000, 100_000, 1_000_000, 10_000_000];
const ARRAYS: [usize; 4] = [1_000, 10_000, 100_000, 1_000_000];
const SAMPLES: [usize; 6] = [32, 100, 320, 1437, 10_000, 100_000];

fn main() {
    divan::main();
}

/// Each row is a number.
#[divan::bench(args = NUMBERS, max_time = 10)]
fn numbers_recorded(bencher: Bencher, rows: usize) {
    record(bencher, rows, &A);
}

#[divan::bench(args = NUMBERS, max_time = 10)]
fn numbers_made(bencher: Bencher, rows: usize) {
    let tape = Tape::new();
    let a = tape.leaf("a", A);
    let s = chain(a, rows / 3);
    let outputs = [s, s.backward()[a]];
    bencher.counter(rows).bench_local(|| tape.program([a], outputs).expect("a chain is a program"));
}

#[divan::bench(args = NUMBERS, max_time = 10)]
fn numbers_replayed(bencher: Bencher, rows: usize) {
    replay(bencher, rows, &A);
}

/// Each row is an array of sixteen.
#[divan::bench(args = ARRAYS, max_time = 10)]
fn arrays_recorded(bencher: Bencher, rows: usize) {
    record(bencher, rows, &sixteen());
}

#[divan::bench(args = ARRAYS, max_time = 10)]
fn arrays_replayed(bencher: Bencher, rows: usize) {
    replay(bencher, rows, &sixteen());
}

/// The notebook's step, with more samples or fewer.
#[divan::bench(args = SAMPLES, max_time = 5)]
fn batch_recorded(bencher: Bencher, samples: usize) {
    let step = Step::new(samples, &[64, 30, 1]);
    bencher.counter(samples).bench_local(|| step.record(&Tape::new(), layers)[1][0].item());
}

#[divan::bench(args = SAMPLES, max_time = 5)]
fn batch_replayed(bencher: Bencher, samples: usize) {
    let step = Step::new(samples, &[64, 30, 1]);
    let tape = Tape::new();
    let [leaves, outputs] = step.record(&tape, layers);
    let program = tape.program_builder(leaves, outputs).threads(1).build().expect("a step is a program");
    step.replay(bencher.counter(samples), &program);
}

fn sixteen() -> ArcArray1<f64> {
    Array1::from_elem(16, A).into_shared()
}

fn record(bencher: Bencher, rows: usize, start: &(impl IntoValue<f64> + Clone)) {
    bencher.counter(rows).bench_local(|| {
        let tape = Tape::new();
        let a = tape.leaf("a", start.clone());
        chain(a, rows / 3).sum().backward()[a].len()
    });
}

fn replay<S: IntoValue<f64> + Clone>(bencher: Bencher, rows: usize, start: &S)
where
    for<'a> &'a S: Into<Input<'a, f64>>,
{
    let tape = Tape::new();
    let a = tape.leaf("a", start.clone());
    let s = chain(a, rows / 3).sum();
    let program = tape.program([a], [s, s.backward()[a]]).expect("a chain is a program");
    drop(tape);
    let mut workspace = program.workspace();
    let bencher = bencher.counter(rows);
    bencher.bench_local(|| program.run(&mut workspace, [start]).expect("the shapes are those recorded"));
}
