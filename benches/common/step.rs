//! A training step in `f32`, of the same numbers as in `peers/`.

#[path = "data.rs"]
#[allow(clippy::cast_precision_loss)] // of sums below 2²⁴
pub mod data;

use data::Network;
use divan::Bencher;
use ndarray::{ArcArray2, Array2};
use wengert::{Input, Program, Tape, Var};

/// What is predicted from x and the layers' parameters, w and b in turn.
pub type Model = for<'t> fn(Var<'t, f32>, &[Var<'t, f32>]) -> Var<'t, f32>;

/// Its arrays: x, y, and each layer's w and b.
pub struct Step(Vec<ArcArray2<f32>>);

impl Step {
    /// `samples` of them, and the widths from the input to the output.
    pub fn new(samples: usize, widths: &[usize]) -> Self {
        let network = Network::new(samples, widths);
        let arrays = [&network.x, &network.y].into_iter().chain(network.parameters());
        Self(arrays.map(Array2::to_shared).collect())
    }

    /// On the tape: the leaves; and the loss Σ(pred − y)²/m, followed by the gradients of all parameters.
    pub fn record<'t>(&self, tape: &'t Tape<f32>, model: Model) -> [Vec<Var<'t, f32>>; 2] {
        self.record_on(tape, model, |array| tape.leaf("", array.clone()))
    }

    /// As a training loop records it that makes no program: on a tape that is used again, and the data are no variables. The loss.
    #[allow(dead_code)] // Not every bench records.
    pub fn record_again(&self, tape: &mut Tape<f32>, model: Model) -> f32 {
        tape.clear();
        let tape = &*tape;
        self.record_on(tape, model, |array| tape.constant(array.clone()))[1][0].item()
    }

    fn record_on<'t>(
        &self,
        tape: &'t Tape<f32>,
        model: Model,
        put: impl Fn(&ArcArray2<f32>) -> Var<'t, f32>,
    ) -> [Vec<Var<'t, f32>>; 2] {
        let data = self.0[..2].iter().map(put);
        let leaves: Vec<_> =
            data.chain(self.0[2..].iter().map(|array| tape.leaf("", array.clone()))).collect();
        let (data, parameters) = leaves.split_at(2);
        #[allow(clippy::cast_precision_loss)] // There are fewer than 2²⁴.
        let m = self.0[0].nrows() as f32;
        let loss = (model(data[0], parameters) - data[1]).square().sum() / m;
        let grads = loss.backward();
        let gradients = parameters.iter().map(|&parameter| grads[parameter]);
        let outputs = std::iter::once(loss).chain(gradients).collect();
        [leaves, outputs]
    }

    /// What a program of it is fed.
    #[allow(dead_code)] // Not every bench asks.
    pub fn feeds(&self) -> Vec<Input<'_, f32>> {
        self.0.iter().map(Input::from).collect()
    }

    /// Measures a program of it. Results stay in the workspace.
    #[allow(dead_code)] // Not every bench measures.
    pub fn replay(&self, bencher: Bencher, program: &Program<f32>) {
        let feeds = self.feeds();
        let mut workspace = program.workspace();
        bencher
            .bench_local(|| program.run(&mut workspace, &feeds[..]).expect("the shapes are those recorded"));
    }
}

/// Layers with rectifiers between them.
pub fn layers<'t>(x: Var<'t, f32>, parameters: &[Var<'t, f32>]) -> Var<'t, f32> {
    let mut layers = parameters.chunks_exact(2);
    let first = layers.next().expect("there is one");
    layers.fold(x.linear(first[0], first[1]), |a, layer| a.relu().linear(layer[0], layer[1]))
}
