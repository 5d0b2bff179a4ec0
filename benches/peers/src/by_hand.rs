//! The answers, derived by hand, in `f64` and without haste. They know nothing of any peer.

use ndarray::{Array2, Axis};

use crate::data::Network;
use crate::workload::Answer;

/// A step: the loss, and the gradients of all parameters.
pub fn step(network: &Network) -> Answer {
    let wide = |array: &Array2<f32>| array.mapv(f64::from);
    let layers: Vec<_> = network.layers.iter().map(|(w, b)| (wide(w), wide(b))).collect();
    let m = network.x.nrows() as f64;

    // What goes into each layer; the first takes x, the others what the rectifier left.
    let mut inputs = vec![wide(&network.x)];
    for (w, b) in &layers[..layers.len() - 1] {
        let z = inputs[inputs.len() - 1].dot(&w.t()) + b;
        inputs.push(z.mapv(|z| z.max(0.0)));
    }
    let (w, b) = &layers[layers.len() - 1];
    let error = inputs[inputs.len() - 1].dot(&w.t()) + b - wide(&network.y);
    let loss = error.iter().map(|e| e * e).sum::<f64>() / m;

    let mut gradients = Vec::new();
    let mut dz = error * (2.0 / m);
    for (i, (w, _)) in layers.iter().enumerate().rev() {
        gradients.push(dz.sum_axis(Axis(0)).iter().copied().collect());
        gradients.push(dz.t().dot(&inputs[i]).iter().copied().collect());
        dz = dz.dot(w) * inputs[i].mapv(|a| if a > 0.0 { 1.0 } else { 0.0 });
    }
    gradients.reverse();
    Answer { loss, gradients }
}

/// A chain, with its derivative carried forward beside it.
pub fn chain(a: f64, operations: usize) -> Answer {
    let (mut s, mut ds) = (a, 1.0);
    for _ in 0..operations / 2 {
        (s, ds) = (s * a + a, ds * a + s + 1.0);
    }
    Answer::of_chain(s, ds)
}
