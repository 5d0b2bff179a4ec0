//! A recurrent layer with gates (S. Hochreiter and J. Schmidhuber, *Long short-term memory*, 1997; with the forget gate of F. Gers and
//! others, 2000) over a sequence, and the mean square of what is read from its last state.

use ndarray::{ArrayD, Axis};
use wengert::{Tape, Var};

/// Samples (steps, batch, width), and the parameters: of what comes in and of the state before, w and b each, with the gates in,
/// forget, cell and out one above the other; and of what is read, w and b.
pub struct Lstm {
    x: ArrayD<f32>,
    hidden: usize,
    pub parameters: Vec<ArrayD<f32>>,
}

impl Lstm {
    pub fn new(
        [steps, batch, width, hidden]: [usize; 4],
        mut draw: impl FnMut(&[usize]) -> ArrayD<f32>,
    ) -> Self {
        let x = draw(&[steps, batch, width]);
        let mut linear =
            |outputs: usize, inputs: usize| [draw(&[outputs, inputs]) * 0.1, ArrayD::zeros(vec![1, outputs])];
        let parameters = [linear(4 * hidden, width), linear(4 * hidden, hidden), linear(1, hidden)].concat();
        Self { x, hidden, parameters }
    }

    /// On the tape: the parameters; and the loss, followed by its gradients.
    #[allow(clippy::cast_precision_loss)] // A batch is small.
    pub fn record<'t>(&self, tape: &'t Tape<f32>) -> [Vec<Var<'t, f32>>; 2] {
        let leaves: Vec<_> = self.parameters.iter().map(|parameter| tape.leaf("", parameter)).collect();
        let batch = self.x.shape()[1];
        let zero = tape.constant(ArrayD::<f32>::zeros(vec![batch, self.hidden]));
        let [last, _] = self.x.axis_iter(Axis(0)).fold([zero, zero], |[h, c], x| {
            let gates = tape.constant(x).linear(leaves[0], leaves[1]) + h.linear(leaves[2], leaves[3]);
            let [take, keep, cell, give] =
                [0, 1, 2, 3].map(|i| gates.narrow(1, i * self.hidden, self.hidden));
            let c = keep.sigmoid() * c + take.sigmoid() * cell.tanh();
            [give.sigmoid() * c.tanh(), c]
        });
        let loss = last.linear(leaves[4], leaves[5]).square().sum() / batch as f32;
        let grads = loss.backward();
        let outputs = std::iter::once(loss).chain(leaves.iter().map(|leaf| grads[*leaf])).collect();
        [leaves, outputs]
    }
}
