//! Larger programs: a Gaussian mixture in `f64`, a small language model and a recurrent layer in `f32`, each with the gradients of all
//! parameters: recorded on a tape that is used again, and replayed with one thread and with two.

#[allow(dead_code)] // A network is none of them.
#[allow(clippy::cast_precision_loss)] // of sums below 2²⁴
#[path = "common/data.rs"]
mod data;
#[path = "common/gpt.rs"]
mod gpt;
#[path = "common/lstm.rs"]
mod lstm;
#[path = "common/mixture.rs"]
mod mixture;

use Way::{Recorded, Replayed};
use data::drawing;
use divan::Bencher;
use gpt::Gpt;
use lstm::Lstm;
use mixture::Mixture;
use ndarray::ArrayD;
use wengert::{Float, Input, Tape, Var};

/// What is measured; a replay with so many threads.
#[derive(Clone, Copy, Debug)]
enum Way {
    Recorded,
    Replayed(usize),
}

fn main() {
    divan::main();
}

#[divan::bench(args = [Recorded, Replayed(1), Replayed(2)], consts = [2, 10, 20], min_time = 1)]
fn mixture_of_dimension<const D: usize>(bencher: Bencher, way: Way) {
    let parts = [(2, 5), (10, 25), (20, 50)].into_iter().find(|(d, _)| *d == D).expect("one of these").1;
    let mixture = Mixture::new(1000, D, parts, drawing());
    measure(bencher, way, &mixture.parameters, |tape| mixture.record(tape));
}

#[divan::bench(args = [Recorded, Replayed(1), Replayed(2)], consts = [32, 128, 256], min_time = 1)]
fn gpt_of_tokens<const N: usize>(bencher: Bencher, way: Way) {
    let (width, layers) = match N {
        32 => (32, 1),
        128 => (64, 2),
        _ => (128, 2),
    };
    let gpt = Gpt::new(N, width, layers, drawing());
    measure(bencher, way, &gpt.parameters, |tape| gpt.record(tape));
}

#[divan::bench(args = [Recorded, Replayed(1), Replayed(2)], consts = [8, 64], min_time = 1)]
fn lstm_of_batch<const N: usize>(bencher: Bencher, way: Way) {
    let lstm = Lstm::new([32, N, 32, 64], drawing());
    measure(bencher, way, &lstm.parameters, |tape| lstm.record(tape));
}

fn measure<T: Float>(
    bencher: Bencher,
    way: Way,
    parameters: &[ArrayD<T>],
    record: impl for<'t> Fn(&'t Tape<T>) -> [Vec<Var<'t, T>>; 2],
) where
    for<'a> Input<'a, T>: From<&'a ArrayD<T>>,
{
    let mut tape = Tape::new();
    let Replayed(threads) = way else {
        return bencher.bench_local(|| {
            tape.clear();
            record(&tape)[1][0].item()
        });
    };
    let [leaves, outputs] = record(&tape);
    let program = tape.program_builder(leaves, outputs).threads(threads).build().expect("it is a program");
    let feeds: Vec<_> = parameters.iter().map(Input::from).collect();
    let mut workspace = program.workspace();
    bencher.bench_local(|| program.run(&mut workspace, &feeds[..]).expect("the shapes are those recorded"));
}
