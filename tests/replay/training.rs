//! Whole training steps, optimiser included: 50 replays are 50 fresh recordings, to the bit.

use super::numbers;
use super::steps::assert_same;
use ndarray::{ArrayD, arr0};
use wengert::Var;
use wengert::optim::{self, Adam, Moments};

const STEPS: usize = 50;

/// Weights of a network of 5 inputs, 4 hidden units and one output.
fn weights() -> Vec<ArrayD<f64>> {
    [&[4, 5][..], &[1, 4], &[1, 4], &[1, 1]]
        .into_iter()
        .zip(1..)
        .map(|(shape, seed)| numbers(shape, seed))
        .collect()
}

/// The arrays of an optimiser's memory, and others after them.
fn with_zeros(times: usize, others: &[f64]) -> Vec<ArrayD<f64>> {
    let memory = (0..times).flat_map(|_| weights()).map(|w| ArrayD::zeros(w.raw_dim()));
    weights().into_iter().chain(memory).chain(others.iter().map(|x| arr0(*x).into_dyn())).collect()
}

/// A batch, and a learning rate that falls.
#[allow(clippy::cast_precision_loss)] // 50.
fn batch(time: usize) -> Vec<ArrayD<f64>> {
    vec![numbers(&[7, 5], 20 + time), numbers(&[7, 1], 80 + time), arr0(0.1 / (1.0 + time as f64)).into_dyn()]
}

/// The loss, and its gradient with respect to each of the weights.
fn loss<'t>(w: &[Var<'t, f64>], inputs: &[Var<'t, f64>]) -> (Var<'t, f64>, Vec<Var<'t, f64>>) {
    let loss = inputs[0].linear(w[0], w[1]).relu().linear(w[2], w[3]).mse(inputs[1]);
    let grads = loss.backward();
    (loss, w.iter().map(|w| grads[*w]).collect())
}

#[test]
fn gradient_descent() {
    assert_same(STEPS, &weights(), batch, |w, inputs| {
        let (loss, g) = loss(w, inputs);
        (vec![loss], w.iter().zip(g).map(|(w, g)| optim::sgd(*w, g, inputs[2])).collect())
    });
}

#[test]
fn momentum() {
    for looks_ahead in [false, true] {
        assert_same(STEPS, &with_zeros(1, &[]), batch, |state, inputs| {
            let (w, v) = state.split_at(4);
            let (loss, g) = loss(w, inputs);
            let step = |i: usize| {
                if looks_ahead {
                    optim::nesterov(w[i], g[i], v[i], inputs[2], 0.9)
                } else {
                    optim::momentum(w[i], g[i], v[i], inputs[2], 0.9)
                }
            };
            let steps: Vec<_> = (0..4).map(step).collect();
            let (w, v) = (steps.iter().map(|step| step.w), steps.iter().map(|step| step.v));
            (vec![loss], w.chain(v).collect())
        });
    }
}

#[test]
fn adam() {
    let constants = Adam { decay: 0.01, ..Adam::default() };
    assert_same(STEPS, &with_zeros(2, &[0.0]), batch, |state, inputs| {
        let (w, m, v, t) = (&state[..4], &state[4..8], &state[8..12], state[12]);
        let (loss, g) = loss(w, inputs);
        let step = |i| optim::adam(w[i], g[i], Moments { m: m[i], v: v[i] }, t, inputs[2], constants);
        let steps: Vec<_> = (0..4).map(step).collect();
        let (w, m) = (steps.iter().map(|step| step.w), steps.iter().map(|step| step.moments.m));
        let v = steps.iter().map(|step| step.moments.v);
        (vec![loss], w.chain(m).chain(v).chain([steps[0].t]).collect())
    });
}
