//! wengert: the list recorded once, then replayed in a workspace, where the results then lie.

use std::cell::RefCell;
use std::iter::once;

use ndarray::{Array2, arr0};
use peers::{A, Answer, Workload};
use wengert::{Input, Tape, Var};

fn step(workload: Workload) {
    let network = workload.network();
    let m = network.x.nrows() as f32;
    let arrays: Vec<&Array2<f32>> =
        [&network.x, &network.y].into_iter().chain(network.parameters()).collect();

    let tape = Tape::<f32>::new();
    let inputs: Vec<Var<f32>> = arrays.iter().map(|&a| tape.leaf("", a.clone())).collect();
    let (x, y) = (inputs[0], inputs[1]);
    let mut a = x;
    for (i, layer) in inputs[2..].chunks_exact(2).enumerate() {
        a = if i == 0 { a } else { a.relu() }.linear(layer[0], layer[1]);
    }
    let loss = (a - y).square().sum() / m;
    let grads = loss.backward();
    let outputs: Vec<Var<f32>> = once(loss).chain(inputs[2..].iter().map(|&p| grads[p])).collect();

    // As many threads as the pool has, which the option `--threads` sets for all peers.
    let threads = std::env::var("RAYON_NUM_THREADS").ok().and_then(|threads| threads.parse().ok());
    let builder = tape.program_builder(inputs, &outputs);
    let builder = if let Some(threads) = threads { builder.threads(threads) } else { builder };
    let program = builder.build().expect("a step is a program");
    let workspace = RefCell::new(program.workspace());
    let feeds: Vec<Input<'_, f32>> = arrays.iter().map(|&array| Input::from(array)).collect();
    let work =
        || program.run(&mut workspace.borrow_mut(), &feeds[..]).expect("the shapes are those recorded");
    workload.measure(1, work, |()| {
        let workspace = workspace.borrow();
        let gradients: Vec<_> = (1..outputs.len()).map(|i| workspace.output(i)).collect();
        let loss = workspace.output(0)[[]];
        Answer::of_step(loss, gradients.iter().map(|g| g.iter().copied()))
    });
}

/// s and ds/da of a chain on a new tape, handed to `then` with a.
fn chain<R>(operations: usize, then: impl FnOnce(&Tape<f64>, Var<f64>, Var<f64>, Var<f64>) -> R) -> R {
    let tape = Tape::<f64>::new();
    let a = tape.leaf("a", arr0(A));
    let mut s = a;
    for _ in 0..operations / 2 {
        s *= a;
        s += a;
    }
    let grads = s.backward();
    then(&tape, a, s, grads[a])
}

fn replay(workload: Workload) {
    chain(Workload::LONG, |tape, a, s, gradient| {
        let program = tape.program([a], [s, gradient]).expect("a chain is a program");
        let mut workspace = program.workspace();
        let start = arr0(A);
        let work = || {
            let (mut s, mut gradient) = (arr0(0.0), arr0(0.0));
            program
                .replay_into(&mut workspace, [&start], (&mut s, &mut gradient))
                .expect("the shapes are those recorded");
            (s[()], gradient[()])
        };
        workload.measure(Workload::LONG, work, |(s, gradient)| Answer::of_chain(s, gradient));
    });
}

fn record(workload: Workload) {
    let work = || chain(Workload::SHORT, |_, _, s, gradient| (s.item(), gradient.item()));
    workload.measure(Workload::SHORT, work, |(s, gradient)| Answer::of_chain(s, gradient));
}

fn main() {
    let workload = peers::workload();
    match workload {
        Workload::Step(..) => step(workload),
        Workload::Chain => replay(workload),
        Workload::Record => record(workload),
    }
}
