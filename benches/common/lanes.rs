//! One program over many inputs at once.

use ndarray::{Array1, ArrayD};
use wengert::{Float, Program, Tape, Var};

use super::chain::chain;
use super::data::drawing;

/// Lanes of a chain.
pub const LANES: usize = 64;

/// The same work for one input and for all, and all inputs.
pub struct Lanes<T: Float> {
    /// Its first output is what the others are gradients of.
    pub single: Program<T>,
    /// As a person would write it for a batch; a chain has none but `single`.
    #[allow(dead_code)] // Other engines are compared with what maps.
    pub batch: Option<Program<T>>,
    /// The inputs that all lanes share.
    pub shared: &'static [usize],
    pub count: usize,
    pub inputs: Vec<ArrayD<T>>,
}

/// The chain of so many operations, forward and in reverse.
pub fn alternating(operations: usize, threads: usize) -> Lanes<f64> {
    numbers(operations, threads, chain)
}

/// Ten in turn, most of them with a derivative that takes some work.
pub fn mixed(operations: usize, threads: usize) -> Lanes<f64> {
    numbers(operations, threads, |a, operations| {
        (0..operations / 10).fold(a, |s, _| {
            let t = (s.sin() * a).exp() / (s * s + a);
            s.gt(t).select(t.tanh(), t - a)
        })
    })
}

fn numbers(operations: usize, threads: usize, run: fn(Var<f64>, usize) -> Var<f64>) -> Lanes<f64> {
    let tape = Tape::new();
    let a = tape.leaf("a", super::chain::A);
    let s = run(a, operations);
    let outputs = [s, s.backward()[a]];
    let builder = tape.program_builder(a, outputs).threads(threads);
    Lanes {
        single: builder.build().expect("a chain is a program"),
        batch: None,
        shared: &[],
        count: LANES,
        inputs: vec![Array1::linspace(0.4, 0.6, LANES).into_dyn()],
    }
}

/// Two layers over single samples: the loss of each, and its gradient with respect to the sample. Weights are shared.
pub fn samples(threads: usize) -> Lanes<f32> {
    let record = |lanes: &[usize]| {
        let tape = Tape::new();
        let x = tape.leaf("x", ArrayD::zeros([lanes, &[64]].concat()));
        let shapes: [&[usize]; 4] = [&[30, 64], &[30], &[1, 30], &[1]];
        let w = shapes.map(|shape| tape.leaf("w", ArrayD::zeros(shape)));
        let loss = x.linear(w[0], w[1]).relu().linear(w[2], w[3]).square().sum_axis(-1);
        let gradient = loss.sum().backward()[x];
        let builder = tape.program_builder([&[x], &w[..]].concat(), [loss, gradient]).threads(threads);
        builder.build().expect("layers are a program")
    };
    of_arrays(record, &[1, 2, 3, 4], &[&[1024, 64], &[30, 64], &[30], &[1, 30], &[1]])
}

/// A layer with weights for each lane, as of an ensemble: the loss of each, and its gradients. The samples are shared.
pub fn ensemble(threads: usize) -> Lanes<f32> {
    let record = |lanes: &[usize]| {
        let tape = Tape::new();
        let put = |shape: &[usize]| tape.leaf("x", ArrayD::zeros(shape));
        let [x, y] = [&[32, 64], &[32, 1]].map(|shape| put(shape));
        let [w, v] = [[64, 30], [30, 1]].map(|shape| put(&[lanes, &shape].concat()));
        let hidden = x.matmul(w).relu();
        let loss = (hidden.matmul(v) - y).square().sum_axis([-2, -1]);
        let grads = loss.sum().backward();
        let builder = tape.program_builder([x, w, v, y], [loss, grads[w], grads[v]]).threads(threads);
        builder.build().expect("layers are a program")
    };
    of_arrays(record, &[0, 3], &[&[32, 64], &[64, 64, 30], &[64, 30, 1], &[32, 1]])
}

/// Elementwise work and reductions of each lane.
pub fn softmax(threads: usize) -> Lanes<f32> {
    let record = |lanes: &[usize]| {
        let tape = Tape::new();
        let x = tape.leaf("x", ArrayD::zeros([lanes, &[16, 32]].concat()));
        let p = x.softmax(-1);
        let entropy = -(p * p.log()).sum_axis([-2, -1]);
        let outputs = [entropy, entropy.sum().backward()[x]];
        tape.program_builder(x, outputs).threads(threads).build().expect("it is a program")
    };
    of_arrays(record, &[], &[&[256, 16, 32]])
}

/// `record` is given the axis of lanes, if there is to be one; inputs that are not shared have it first. Numbers have deviation ¼.
fn of_arrays(
    record: impl Fn(&[usize]) -> Program<f32>,
    shared: &'static [usize],
    shapes: &[&[usize]],
) -> Lanes<f32> {
    let mut draw = drawing();
    let count = (0..shapes.len()).find(|i| !shared.contains(i)).map_or(1, |i| shapes[i][0]);
    Lanes {
        single: record(&[]),
        batch: Some(record(&[count])),
        shared,
        count,
        inputs: shapes.iter().map(|shape| draw(shape) * 0.25).collect(),
    }
}
