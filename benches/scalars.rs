//! A million operations on single numbers: recorded, made into a program, replayed. Milliseconds are nanoseconds an
//! operation.

#[path = "common/chain.rs"]
mod chain;

use Phase::{Gradient, Make, Record, RecordGradient, Value};
use chain::{A, chain};
use divan::Bencher;
use wengert::{Tape, Var};

const OPERATIONS: usize = 1_000_000;
const PHASES: [Phase; 5] = [Record, RecordGradient, Make, Value, Gradient];

#[derive(Clone, Copy, Debug)]
enum Phase {
    /// Recorded, forward only.
    Record,
    /// Recorded, with one reverse sweep.
    RecordGradient,
    /// The program made.
    Make,
    /// Replayed, forward only.
    Value,
    /// Replayed forward and in reverse.
    Gradient,
}

fn main() {
    divan::main();
}

/// Two operations in turn.
#[divan::bench(args = PHASES, max_time = 10)]
fn alternating(bencher: Bencher, phase: Phase) {
    measure(bencher, phase, chain);
}

/// Ten in turn, most of them with a derivative that takes some work.
#[divan::bench(args = PHASES, max_time = 10)]
fn mixed(bencher: Bencher, phase: Phase) {
    measure(bencher, phase, |a, operations| {
        (0..operations / 10).fold(a, |s, _| {
            let t = (s.sin() * a).exp() / (s * s + a);
            s.gt(t).select(t.tanh(), t - a)
        })
    });
}

fn measure(bencher: Bencher, phase: Phase, run: fn(Var<f64>, usize) -> Var<f64>) {
    if let Record | RecordGradient = phase {
        // As a training loop does, on a tape that is used again.
        let mut tape = Tape::new();
        return bencher.bench_local(|| {
            tape.clear();
            let a = tape.leaf("a", A);
            let s = run(a, OPERATIONS);
            if let Record = phase { s } else { s.backward()[a] }.item()
        });
    }
    let tape = Tape::new();
    let a = tape.leaf("a", A);
    let s = run(a, OPERATIONS);
    let outputs = if let Value = phase { vec![s] } else { vec![s, s.backward()[a]] };
    let make = || tape.program([a], &outputs).expect("a chain is a program");
    if let Make = phase {
        return bencher.bench_local(make);
    }
    let program = make();
    let mut workspace = program.workspace();
    bencher.bench_local(|| program.run(&mut workspace, [&A]).expect("the shapes are those recorded"));
}
