//! topos, of whose two ways with numbers `--mode exact` keeps to its interpreter's order of sums, and `--mode fast`, its
//! default, uses matrixmultiply (its feature `simd`). Gradients are recorded, and loss and gradients are a plan.

use ndarray::Array2;
use peers::{A, Answer, Network, Order, Workload};
use topos::{Numerics, Plan, Symbol, Tape, Tensor, Value};

fn numerics(order: &Order) -> Numerics {
    if order.mode == "exact" { Numerics::Exact } else { Numerics::Fast }
}

/// A vector if it is one row.
fn tensor(array: &Array2<f32>, shape: &[usize]) -> Tensor<f32> {
    Tensor::new(shape.to_vec(), array.iter().copied().collect::<Vec<_>>())
}

fn step(order: &Order) {
    let Network { x, y, layers } = order.workload.network();
    let m = x.nrows() as f32;
    let [x, y] = [x, y].map(|array| tensor(&array, array.shape()));

    let tape = Tape::<f32>::new();
    let inputs = [&x, &y].map(|array| tape.input(array.clone()));
    let parameters: Vec<_> = layers
        .iter()
        .map(|(w, b)| [tape.parameter(tensor(w, w.shape())), tape.parameter(tensor(b, &[b.len()]))])
        .collect();
    let mut a = inputs[0];
    for (i, [w, b]) in parameters.iter().enumerate() {
        let z = if i == 0 { a } else { a.relu() }.matmul(w.transpose());
        a = z + b.broadcast_along(0, x.shape().axes()[0]);
    }
    let error = a - inputs[1];
    let loss = (error * error).sum() / tape.leaf(m);
    let adjoints = tape.differentiate(loss, parameters.iter().flatten().copied());

    let [x_name, y_name] = inputs.map(|input| input.symbol());
    let loss = loss.symbol();
    let results: Vec<Symbol> = std::iter::once(loss).chain(adjoints.gradients()).collect();
    let network = tape.into_network();
    let parameters = network.parameters();
    let plan = network.entry(results.clone()).numerics(numerics(order)).lower();
    let work = || plan.forward(&parameters, [(x_name, x.clone()), (y_name, y.clone())]);
    order.workload.measure(1, work, |run| {
        Answer::new(run.of(loss).scalar(), results[1..].iter().map(|&gradient| run.of(gradient).to_vec()))
    });
}

fn chain<'t>(tape: &'t Tape<f64>, operations: usize) -> [Value<'t, f64>; 2] {
    let a = tape.parameter(A);
    let mut s = a;
    for _ in 0..operations / 2 {
        s = s * a;
        s = s + a;
    }
    [a, s]
}

/// A plan of s and ds/da, and what it is to be measured at.
fn plan(
    order: &Order,
    operations: usize,
    then: impl FnOnce(&dyn Fn() -> Plan<f64>, &dyn Fn(&Plan<f64>) -> Answer),
) {
    let tape = Tape::new();
    let [a, s] = chain(&tape, operations);
    let gradient = tape.differentiate(s, [a]).of(a.symbol());
    let s = s.symbol();
    let network = tape.into_network();
    let parameters = network.parameters();
    let run = |plan: &Plan<f64>| {
        let run = plan.forward(&parameters, []);
        Answer::of_chain(run.of(s).scalar(), run.of(gradient).scalar())
    };
    then(&|| network.entry([s, gradient]).numerics(numerics(order)).lower(), &run);
}

fn record(order: &Order) {
    let work = || {
        let tape = Tape::new();
        let [a, s] = chain(&tape, Workload::SHORT).map(|value| value.symbol());
        let network = tape.into_network();
        let entry = network.entry([s]).backward().numerics(numerics(order));
        let run = entry.interpret(&network.parameters(), []);
        (run.of(s).scalar(), run.backward(s).of(a).scalar())
    };
    order.workload.measure(Workload::SHORT, work, |(s, gradient)| Answer::of_chain(s, gradient));
}

fn main() {
    let order = peers::order();
    let workload = order.workload;
    match workload {
        Workload::Step(..) => step(&order),
        Workload::Chain => plan(&order, Workload::LONG, |make, run| {
            let plan = make();
            workload.measure(Workload::LONG, || run(&plan), |answer| answer);
        }),
        Workload::Make => plan(&order, Workload::SHORT, |make, run| {
            workload.measure(Workload::SHORT, make, |plan| run(&plan));
        }),
        Workload::Record => record(&order),
        _ => peers::unsupported(),
    }
}
