//! dfdx, with its own layers. Shapes are types there, so each workload is a type.

use std::cell::Cell;

use dfdx::nn::modules::Linear;
use dfdx::prelude::*;
use ndarray::Array2;
use peers::{A, Answer, Layer, Network, Workload};

type Matrix<const R: usize, const C: usize, T = NoneTape> = Tensor<Rank2<R, C>, f32, Cpu, T>;
type Dense<const I: usize, const O: usize> = Linear<I, O, f32, Cpu>;
type Tape32 = OwnedTape<f32, Cpu>;

fn matrix<const R: usize, const C: usize>(a: &Array2<f32>) -> Matrix<R, C> {
    Cpu::default().tensor_from_vec(a.iter().copied().collect(), (Const, Const))
}

fn dense<const I: usize, const O: usize>((w, b): &Layer) -> Dense<I, O> {
    let bias = Cpu::default().tensor_from_vec(b.iter().copied().collect(), (Const,));
    Linear { weight: matrix(w), bias }
}

/// The gradients of a layer's weights and biases.
fn of<const I: usize, const O: usize>(layer: &Dense<I, O>, grads: &Gradients<f32, Cpu>) -> [Vec<f32>; 2] {
    [grads.get(&layer.weight).as_vec(), grads.get(&layer.bias).as_vec()]
}

fn step<const M: usize, const I: usize, const O: usize, N>(
    workload: Workload,
    network: &Network,
    net: &N,
    read: impl FnOnce(&Gradients<f32, Cpu>) -> Vec<[Vec<f32>; 2]>,
) where
    N: Module<Matrix<M, I, Tape32>, Output = Matrix<M, O, Tape32>> + ZeroGrads<f32, Cpu>,
    N::Error: std::fmt::Debug,
{
    let (x, y): (Matrix<M, I>, Matrix<M, O>) = (matrix(&network.x), matrix(&network.y));
    // Kept from step to step and zeroed, as dfdx would have it.
    let store = Cell::new(Some(net.alloc_grads()));
    let work = || {
        let mut grads = store.take().expect("put back below");
        net.zero_grads(&mut grads);
        let loss = (net.forward(x.trace(grads)) - y.clone()).square().sum::<Rank0, _>() / M as f32;
        let value = loss.array();
        store.set(Some(loss.backward()));
        value
    };
    workload.measure(1, work, |loss| {
        let grads = store.take().expect("put back above");
        let answer = Answer::new(loss, read(&grads).into_iter().flatten());
        store.set(Some(grads));
        answer
    });
}

fn record(workload: Workload) {
    let a: Tensor<Rank0, f64, Cpu> = Cpu::default().tensor(A);
    let operations = Workload::SHORT;
    let work = || {
        // dfdx refuses a · a, both factors one tensor; one operation more, of a hundred thousand, sets them apart.
        let mut s = a.leaky_trace() * 1.0;
        for _ in 0..operations / 2 {
            s = s * a.clone();
            s = s + a.clone();
        }
        (s.array(), s.backward().get(&a).array())
    };
    workload.measure(operations, work, |(s, gradient)| Answer::of_chain(s, gradient));
}

fn main() {
    let workload = peers::workload();
    match workload {
        Workload::Step("wide", ..) => {
            let network: Network = workload.network();
            let l = &network.layers;
            let net = ((dense(&l[0]), ReLU), (dense(&l[1]), ReLU), dense(&l[2]));
            let read = |g: &_| vec![of(&net.0.0, g), of(&net.1.0, g), of(&net.2, g)];
            step::<256, 784, 10, ((Dense<784, 512>, _), (Dense<512, 256>, _), Dense<256, 10>)>(
                workload, &network, &net, read,
            );
        }
        Workload::Step(name, ..) => {
            let network = workload.network();
            let net: (Dense<64, 30>, ReLU, Dense<30, 1>) =
                (dense(&network.layers[0]), ReLU, dense(&network.layers[1]));
            let read = |g: &_| vec![of(&net.0, g), of(&net.2, g)];
            match name {
                "mini" => step::<32, 64, 1, _>(workload, &network, &net, read),
                _ => step::<1437, 64, 1, _>(workload, &network, &net, read),
            }
        }
        Workload::Record => record(workload),
        _ => peers::unsupported(),
    }
}
