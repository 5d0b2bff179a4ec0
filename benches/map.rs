//! One program over many inputs at once: against as many replays, and against the program that a person would write for a
//! batch.

#[path = "common/chain.rs"]
mod chain;

use Way::{Alone, ByHand, Mapped};
use chain::{A, chain};
use divan::Bencher;
use divan::counter::ItemsCount;
use ndarray::{Array, Array1, ArrayD, IxDyn};
use wengert::{Program, Tape, Var};

/// Lanes of a chain.
const LANES: usize = 64;

#[derive(Clone, Copy, Debug)]
enum Way {
    /// A replay for each lane.
    Alone,
    Mapped,
    /// Recorded with the axis of lanes.
    ByHand,
}

fn main() {
    divan::main();
}

/// The chain of `scalars`, of so many operations, forward and in reverse. An item is an operation and input.
#[divan::bench(args = [(Alone, 1000), (Mapped, 1000), (Mapped, 20_000), (Mapped, 1_000_000)], min_time = 1, max_time = 10)]
fn alternating(bencher: Bencher, (way, operations): (Way, usize)) {
    numbers(bencher, way, operations, chain);
}

/// Ten in turn, most of them with a derivative that takes some work.
#[divan::bench(args = [(Alone, 1000), (Mapped, 1000), (Mapped, 20_000)], min_time = 1, max_time = 10)]
fn mixed(bencher: Bencher, (way, operations): (Way, usize)) {
    numbers(bencher, way, operations, |a, operations| {
        (0..operations / 10).fold(a, |s, _| {
            let t = (s.sin() * a).exp() / (s * s + a);
            s.gt(t).select(t.tanh(), t - a)
        })
    });
}

fn numbers(bencher: Bencher, way: Way, operations: usize, run: fn(Var<f64>, usize) -> Var<f64>) {
    let tape = Tape::new();
    let a = tape.leaf("a", A);
    let s = run(a, operations);
    let outputs = [s, s.backward()[a]];
    let program = tape.program_builder(a, outputs).threads(1).build().expect("a chain is a program");
    let inputs = Array1::linspace(0.4, 0.6, LANES);
    measure(
        bencher.counter(ItemsCount::new(operations * LANES)),
        way,
        &program,
        &program,
        &[],
        &[inputs.into_dyn()],
    );
}

/// Two layers over single samples: the loss of each, and its gradient with respect to the sample. Weights are shared.
#[divan::bench(args = [Alone, Mapped, ByHand], min_time = 1)]
fn samples(bencher: Bencher, way: Way) {
    const N: usize = 1024;
    let shapes: [&[usize]; 5] = [&[64], &[30, 64], &[30], &[1, 30], &[1]];
    let record = |lanes: &[usize]| {
        let tape = Tape::new();
        let first = [lanes, shapes[0]].concat();
        let x = tape.leaf("x", ArrayD::zeros(first));
        let w: Vec<_> = shapes[1..].iter().map(|shape| tape.leaf("w", ArrayD::zeros(*shape))).collect();
        let loss = x.linear(w[0], w[1]).relu().linear(w[2], w[3]).square().sum_axis(-1);
        let gradient = loss.sum().backward()[x];
        let builder = tape.program_builder([&[x], &w[..]].concat(), [loss, gradient]).threads(1);
        builder.build().expect("layers are a program")
    };
    let mut inputs: Vec<ArrayD<f32>> = shapes.map(drawn).to_vec();
    inputs[0] = drawn(&[N, 64]);
    measure(bencher, way, &record(&[]), &record(&[N]), &[1, 2, 3, 4], &inputs);
}

/// A layer with weights for each lane, as of an ensemble: the loss of each, and its gradients. The samples are shared.
#[divan::bench(args = [Alone, Mapped, ByHand], min_time = 1)]
fn ensemble(bencher: Bencher, way: Way) {
    const N: usize = 64;
    let shapes: [&[usize]; 4] = [&[32, 64], &[64, 30], &[30, 1], &[32, 1]];
    let record = |lanes: &[usize]| {
        let tape = Tape::new();
        let of = |i: usize| {
            let lanes = if i == 1 || i == 2 { lanes } else { &[] };
            tape.leaf("x", ArrayD::zeros([lanes, shapes[i]].concat()))
        };
        let [x, w, v, y] = [0, 1, 2, 3].map(of);
        let hidden = x.matmul(w).relu();
        let loss = (hidden.matmul(v) - y).square().sum_axis([-2, -1]);
        let grads = loss.sum().backward();
        let builder = tape.program_builder([x, w, v, y], [loss, grads[w], grads[v]]).threads(1);
        builder.build().expect("layers are a program")
    };
    let inputs =
        [0, 1, 2, 3].map(|i| drawn(&[if i == 1 || i == 2 { &[N][..] } else { &[] }, shapes[i]].concat()));
    measure(bencher, way, &record(&[]), &record(&[N]), &[0, 3], &inputs);
}

/// Elementwise work and reductions of each lane.
#[divan::bench(args = [Alone, Mapped, ByHand], min_time = 1)]
fn softmax(bencher: Bencher, way: Way) {
    const N: usize = 256;
    let record = |lanes: &[usize]| {
        let tape = Tape::new();
        let x = tape.leaf("x", ArrayD::zeros([lanes, &[16, 32]].concat()));
        let p = x.softmax(-1);
        let entropy = -(p * p.log()).sum_axis([-2, -1]);
        let outputs = [entropy, entropy.sum().backward()[x]];
        tape.program_builder(x, outputs).threads(1).build().expect("it is a program")
    };
    measure(bencher, way, &record(&[]), &record(&[N]), &[], &[drawn(&[N, 16, 32])]);
}

/// Numbers between −½ and ½ that are no two alike.
fn drawn(shape: &[usize]) -> ArrayD<f32> {
    let len: usize = shape.iter().product();
    let line = Array::linspace(0.5, 0.5 + len as f32, len).mapv(|x| (x * 0.618_034).fract() - 0.5);
    line.into_shape_with_order(IxDyn(shape)).expect("as many")
}

fn measure<T: wengert::Float>(
    bencher: Bencher,
    way: Way,
    single: &Program<T>,
    batch: &Program<T>,
    shared: &[usize],
    inputs: &[ArrayD<T>],
) {
    let lanes =
        (0..inputs.len()).find(|input| !shared.contains(input)).map_or(1, |input| inputs[input].shape()[0]);
    match way {
        Alone => {
            let mut workspace = single.workspace();
            bencher.bench_local(|| {
                for lane in 0..lanes {
                    let own = inputs.iter().enumerate().map(|(i, input)| {
                        if shared.contains(&i) {
                            input.view()
                        } else {
                            input.index_axis(ndarray::Axis(0), lane)
                        }
                    });
                    single
                        .run(&mut workspace, own.collect::<Vec<_>>())
                        .expect("the shapes are those recorded");
                }
            });
        }
        Mapped => {
            let builder =
                shared.iter().fold(single.map_builder(lanes), |builder, input| builder.shared(*input));
            let mapped = builder.build().expect("there is room");
            let mut workspace = mapped.workspace();
            bencher
                .bench_local(|| mapped.run(&mut workspace, inputs).expect("the shapes are those recorded"));
        }
        ByHand => {
            let mut workspace = batch.workspace();
            bencher.bench_local(|| batch.run(&mut workspace, inputs).expect("the shapes are those recorded"));
        }
    }
}
