//! wengert: the list recorded once, then replayed in a workspace, where the results then lie; with `--mode recorded`,
//! the list recorded each time, on a tape that is used again.

use std::cell::RefCell;
use std::iter::once;

use ndarray::{Array2, ArrayD, arr0};
use peers::{A, Answer, Mapped, Order, Workload, drawing};
use wengert::{Float, Input, Tape, Var};

#[path = "../../../common/chain.rs"]
mod chain;
#[path = "../../../common/gpt.rs"]
mod gpt;
#[path = "../../../common/lanes.rs"]
mod lanes;
#[path = "../../../common/lstm.rs"]
mod lstm;
#[path = "../../../common/mixture.rs"]
mod mixture;

/// Where `lanes` finds the numbers.
mod data {
    pub use peers::drawing;
}

use chain::chain;
use gpt::Gpt;
use lanes::Lanes;
use lstm::Lstm;
use mixture::Mixture;

/// A program's inputs, and its outputs: the loss, followed by its gradients.
type Ends<'t, T> = [Vec<Var<'t, T>>; 2];

/// Recorded each time: x and y are no variables then. For a program they are inputs, as the layers are.
fn step(order: &Order) {
    let network = order.workload.network();
    let recorded = order.mode == "recorded";
    let m = network.x.nrows() as f32;
    let arrays: Vec<_> = [&network.x, &network.y].into_iter().chain(network.parameters()).cloned().collect();
    run(order, &arrays.iter().map(|array| array.clone().into_dyn()).collect::<Vec<_>>(), |tape| {
        let leaf = |array: &Array2<f32>| tape.leaf("", array.to_shared());
        let data = |array: &Array2<f32>| {
            if recorded { tape.constant(array.to_shared()) } else { leaf(array) }
        };
        let [x, y] = [data(&arrays[0]), data(&arrays[1])];
        let parameters: Vec<_> = arrays[2..].iter().map(leaf).collect();
        let layers = parameters.chunks_exact(2).enumerate();
        let pred =
            layers.fold(x, |a, (i, layer)| if i == 0 { a } else { a.relu() }.linear(layer[0], layer[1]));
        let loss = (pred - y).square().sum() / m;
        let grads = loss.backward();
        let outputs = once(loss).chain(parameters.iter().map(|&p| grads[p])).collect();
        [[x, y].into_iter().chain(parameters).collect(), outputs]
    });
}

/// Measures what `record` puts on a tape.
fn run<T: Float + Into<f64>>(
    order: &Order,
    inputs: &[ArrayD<T>],
    record: impl for<'t> Fn(&'t Tape<T>) -> Ends<'t, T>,
) where
    for<'a> Input<'a, T>: From<&'a ArrayD<T>>,
{
    let tape = RefCell::new(Tape::new());
    if order.mode == "recorded" {
        let work = || {
            let tape = &mut *tape.borrow_mut();
            tape.clear();
            record(tape)[1][0].item()
        };
        return order.workload.measure(1, work, |loss| {
            let tape = &mut *tape.borrow_mut();
            tape.clear();
            let [_, outputs] = record(tape);
            let gradients = outputs[1..].iter().map(|gradient| gradient.value().to_owned());
            Answer::new(loss, gradients.collect::<Vec<_>>())
        });
    }
    let tape = tape.into_inner();
    let [leaves, outputs] = record(&tape);
    let builder = tape.program_builder(leaves, &outputs).threads(order.threads);
    let program = builder.build().expect("it is a program");
    let workspace = RefCell::new(program.workspace());
    let feeds: Vec<Input<'_, T>> = inputs.iter().map(Input::from).collect();
    let work =
        || program.run(&mut workspace.borrow_mut(), &feeds[..]).expect("the shapes are those recorded");
    order.workload.measure(1, work, |()| {
        let workspace = workspace.borrow();
        let gradients: Vec<_> = (1..outputs.len()).map(|i| workspace.output(i)).collect();
        Answer::new(workspace.output(0)[[]], gradients.iter().map(|g| g.iter().copied()))
    });
}

/// One program over all inputs.
fn map<T: Float + Into<f64>>(order: &Order, all: &Lanes<T>) {
    let builder = all.single.map_builder(all.count);
    let builder = all.shared.iter().fold(builder, |builder, &input| builder.shared(input));
    let mapped = builder.build().expect("there is room");
    let workspace = RefCell::new(mapped.workspace());
    let work =
        || mapped.run(&mut workspace.borrow_mut(), &all.inputs).expect("the shapes are those recorded");
    order.workload.measure(1, work, |()| {
        let workspace = workspace.borrow();
        let outputs: Vec<_> = (0..mapped.outputs().len()).map(|i| workspace.output(i)).collect();
        let wide = |i: usize| outputs[i].iter().map(|&number| number.into());
        Answer { loss: wide(0).sum(), gradients: (1..outputs.len()).map(|i| wide(i).collect()).collect() }
    });
}

fn replay(workload: Workload) {
    let tape = Tape::<f64>::new();
    let a = tape.leaf("a", A);
    let s = chain(a, Workload::LONG);
    let program = tape.program(a, [s, s.backward()[a]]).expect("a chain is a program");
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
}

fn record(workload: Workload) {
    let mut tape = Tape::<f64>::new();
    let work = || {
        tape.clear();
        let a = tape.leaf("a", A);
        let s = chain(a, Workload::SHORT);
        (s.item(), s.backward()[a].item())
    };
    workload.measure(Workload::SHORT, work, |(s, gradient)| Answer::of_chain(s, gradient));
}

fn make(workload: Workload) {
    let tape = Tape::<f64>::new();
    let a = tape.leaf("a", A);
    let s = chain(a, Workload::SHORT);
    let gradient = s.backward()[a];
    let work = || tape.program(a, [s, gradient]).expect("a chain is a program");
    workload.measure(Workload::SHORT, work, |program| {
        let [s, gradient] = program.replay([&arr0(A)]).expect("the shapes are those recorded");
        Answer::of_chain(s[[]], gradient[[]])
    });
}

fn main() {
    let order = peers::order();
    let workload = order.workload;
    match workload {
        Workload::Step(..) => step(&order),
        Workload::Mixture(_, d, k) => {
            let mixture = Mixture::new(Workload::POINTS, d, k, drawing());
            run(&order, &mixture.parameters, |tape| mixture.record(tape));
        }
        Workload::Gpt(_, n, width, layers) => {
            let gpt = Gpt::new(n, width, layers, drawing());
            run(&order, &gpt.parameters, |tape| gpt.record(tape));
        }
        Workload::Lstm(_, sizes) => {
            let lstm = Lstm::new(sizes, drawing());
            run(&order, &lstm.parameters, |tape| lstm.record(tape));
        }
        Workload::Chain => replay(workload),
        Workload::Record => record(workload),
        Workload::Make => make(workload),
        Workload::Map(_, Mapped::Alternating) => {
            map(&order, &lanes::alternating(Workload::MAPPED, order.threads));
        }
        Workload::Map(_, Mapped::Mixed) => map(&order, &lanes::mixed(Workload::MAPPED, order.threads)),
        Workload::Map(_, Mapped::Samples) => map(&order, &lanes::samples(order.threads)),
        Workload::Map(_, Mapped::Ensemble) => map(&order, &lanes::ensemble(order.threads)),
        Workload::Map(_, Mapped::Softmax) => map(&order, &lanes::softmax(order.threads)),
    }
}
