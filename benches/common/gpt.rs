//! A small language model of the usual kind (A. Radford et al., *Language models are unsupervised multitask learners*, 2019): one
//! sequence, and the mean cross entropy of the next token.

use ndarray::{Array1, ArrayD};
use wengert::{Tape, Var};

/// How many tokens there are.
const VOCABULARY: usize = 64;
/// The width of a head.
const HEAD: usize = 16;
/// Parameters of a layer.
const PER_LAYER: usize = 12;

/// A sequence, and the parameters: the tables of tokens and positions; a layer's two norms (scale, shift), queries, keys and values
/// in one, what joins the heads, and the two layers between (w, b each); the last norm; and what makes scores of tokens.
pub struct Gpt {
    tokens: Array1<usize>,
    next: Array1<usize>,
    width: usize,
    pub parameters: Vec<ArrayD<f32>>,
}

impl Gpt {
    pub fn new(
        length: usize,
        width: usize,
        layers: usize,
        mut draw: impl FnMut(&[usize]) -> ArrayD<f32>,
    ) -> Self {
        let of = |shift: usize| (0..length).map(|i| (i + shift) * 7 % VOCABULARY).collect();
        let norm = || [ArrayD::ones(vec![width]), ArrayD::zeros(vec![width])];
        let mut linear =
            |outputs: usize, inputs: usize| [draw(&[outputs, inputs]) * 0.1, ArrayD::zeros(vec![1, outputs])];
        let tables = [VOCABULARY, length].map(|rows| linear(rows, width)[0].clone());
        let mut parameters: Vec<_> = tables.into();
        for _ in 0..layers {
            parameters.extend(norm());
            parameters.extend(linear(3 * width, width));
            parameters.extend(linear(width, width));
            parameters.extend(norm());
            parameters.extend(linear(4 * width, width));
            parameters.extend(linear(width, 4 * width));
        }
        parameters.extend(norm());
        parameters.extend(linear(VOCABULARY, width));
        Self { tokens: of(0), next: of(1), width, parameters }
    }

    /// On the tape: the parameters; and the loss, followed by its gradients.
    pub fn record<'t>(&self, tape: &'t Tape<f32>) -> [Vec<Var<'t, f32>>; 2] {
        let leaves: Vec<_> = self.parameters.iter().map(|parameter| tape.leaf("", parameter)).collect();
        let loss = self.loss(&leaves);
        let grads = loss.backward();
        let outputs = std::iter::once(loss).chain(leaves.iter().map(|leaf| grads[*leaf])).collect();
        [leaves, outputs]
    }

    fn loss<'t>(&self, parameters: &[Var<'t, f32>]) -> Var<'t, f32> {
        let ([tokens, positions], rest) = parameters.split_first_chunk().expect("there are two tables");
        let (layers, last) = rest.split_at(rest.len() - 4);
        let embedded = tokens.embedding(&self.tokens) + *positions;
        let x = layers.chunks_exact(PER_LAYER).fold(embedded, |x, p| {
            let x = x + self.attention(norm(x, p[0], p[1]), &p[2..6]);
            x + norm(x, p[6], p[7]).linear(p[8], p[9]).gelu_tanh().linear(p[10], p[11])
        });
        norm(x, last[0], last[1]).linear(last[2], last[3]).cross_entropy(&self.next)
    }

    /// Each token attends to itself and to those before.
    fn attention<'t>(&self, x: Var<'t, f32>, p: &[Var<'t, f32>]) -> Var<'t, f32> {
        let (n, heads) = (self.tokens.len(), self.width / HEAD);
        let all = x.linear(p[0], p[1]).reshape((n, 3 * heads, HEAD)).swap_axes(0, 1); // (3 heads, n, HEAD)
        let [query, key, value] = [0, 1, 2].map(|part| all.narrow(0, part * heads, heads));
        let scores = query.matmul(key.swap_axes(1, 2)) * 0.25; // 1/√HEAD
        let weights = x.tape().causal_mask(n).select(scores, f32::NEG_INFINITY).softmax(2);
        weights.matmul(value).swap_axes(0, 1).reshape((n, self.width)).linear(p[2], p[3])
    }
}

fn norm<'t>(x: Var<'t, f32>, scale: Var<'t, f32>, shift: Var<'t, f32>) -> Var<'t, f32> {
    let centred = x - x.mean_axis(1).unsqueeze(1);
    let variance = centred.square().mean_axis(1).unsqueeze(1);
    centred * (variance + 1e-5).rsqrt() * scale + shift
}
