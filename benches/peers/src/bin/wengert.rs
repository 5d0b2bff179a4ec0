//! wengert: the list recorded once, then replayed into arrays that stay.

use std::cell::RefCell;
use std::iter::once;

use ndarray::{Array2, ArrayD, IxDyn, arr0};
use peers::{A, Answer, Workload};
use wengert::{Feed, Sink, Tape, Var};

/// `IN` inputs: x, y and the parameters; `OUT` outputs: the loss and the gradients of the parameters.
fn step<const IN: usize, const OUT: usize>(workload: Workload) {
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

    let inputs: [Var<f32>; IN] = inputs.try_into().expect("two, and two a layer");
    let outputs: [Var<f32>; OUT] = outputs.try_into().expect("one, and two a layer");
    let program = tape.program(inputs, outputs).expect("a step is a program");
    let mut workspace = program.workspace();
    let feeds: [&dyn Feed<f32>; IN] = std::array::from_fn(|i| arrays[i] as &dyn Feed<f32>);
    let found = RefCell::new(outputs.map(|o| ArrayD::<f32>::zeros(IxDyn(&o.shape()))));
    let work = || {
        let mut found = found.borrow_mut();
        let mut sinks = found.each_mut().map(|array| array as &mut dyn Sink<f32>);
        program.replay_into(&mut workspace, &feeds, &mut sinks).expect("the shapes are those recorded");
    };
    workload.measure(1, work, |()| {
        let found = found.borrow();
        Answer::of_step(found[0][[]], found[1..].iter().map(|g| g.iter().copied()))
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
                .replay_into(&mut workspace, &[&start], &mut [&mut s, &mut gradient])
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
        Workload::Step(_, _, widths) if widths.len() == 3 => step::<6, 5>(workload),
        Workload::Step(..) => step::<8, 7>(workload),
        Workload::Chain => replay(workload),
        Workload::Record => record(workload),
    }
}
