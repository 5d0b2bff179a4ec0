//! What indices that are fed save: a step of a language model, with tokens and labels as integers, and as one-hot rows.

use divan::Bencher;
use ndarray::{Array1, Array2, Array3};
use wengert::random::Draws;
use wengert::{Program, Tape, Var};

/// Vocabulary, tokens before the next, features of each, width of the hidden layer, and samples.
#[derive(Clone, Copy, Debug)]
struct Sizes {
    vocabulary: usize,
    context: usize,
    features: usize,
    hidden: usize,
    batch: usize,
}

const LETTERS: Sizes = Sizes { vocabulary: 27, context: 3, features: 10, hidden: 200, batch: 32 };
const WORDS: Sizes = Sizes { vocabulary: 5000, context: 3, features: 32, hidden: 100, batch: 256 };

fn main() {
    divan::main();
}

#[divan::bench(min_time = 1)]
fn letters_indices(bencher: Bencher) {
    indices(bencher, LETTERS);
}

#[divan::bench(min_time = 1)]
fn letters_one_hot(bencher: Bencher) {
    one_hot(bencher, LETTERS);
}

#[divan::bench(min_time = 1)]
fn words_indices(bencher: Bencher) {
    indices(bencher, WORDS);
}

#[divan::bench(min_time = 1)]
fn words_one_hot(bencher: Bencher) {
    one_hot(bencher, WORDS);
}

struct Data {
    weights: [Array2<f32>; 3],
    tokens: Array2<usize>,
    next: Array1<usize>,
}

fn data(sizes: Sizes) -> Data {
    let Sizes { vocabulary, context, features, hidden, batch } = sizes;
    let mut draws = Draws::new(1);
    let mut some = |rows, columns| draws.uniform::<f32, _>((rows, columns)) * 0.2 - 0.1;
    let weights = [some(vocabulary, features), some(context * features, hidden), some(hidden, vocabulary)];
    Data { weights, tokens: draws.below(vocabulary, (batch, context)), next: draws.below(vocabulary, batch) }
}

/// A step of gradient descent, from the features of the tokens (batch, context, features) and a loss of logits.
fn step<'t>(
    tape: &'t Tape<f32>,
    inputs: [Var<'t, f32>; 2],
    [table, first, second]: [Var<'t, f32>; 3],
    features: Var<'t, f32>,
    loss: impl FnOnce(Var<'t, f32>) -> Var<'t, f32>,
) -> Program<f32> {
    let samples = features.shape()[0];
    let features = features.reshape((samples, features.len() / samples));
    let loss = loss(features.matmul(first).tanh().matmul(second));
    let grads = loss.backward();
    let next = [table, first, second].map(|w| (w, w - grads[w] * 0.1));
    tape.program_builder(inputs, [loss]).carry(next).threads(1).build().expect("it is a program")
}

fn leaves<'t>(tape: &'t Tape<f32>, data: &Data) -> [Var<'t, f32>; 3] {
    data.weights.each_ref().map(|weights| tape.leaf("w", weights))
}

fn indices(bencher: Bencher, sizes: Sizes) {
    let data = data(sizes);
    let tape = Tape::new();
    let weights = leaves(&tape, &data);
    let (tokens, next) = (tape.indices("tokens", &data.tokens), tape.indices("next", &data.next));
    let features = weights[0].embedding(tokens);
    let program = step(&tape, [tokens, next], weights, features, |logits| logits.cross_entropy(next));
    let mut workspace = program.workspace();
    bencher.bench_local(|| program.run(&mut workspace, (&data.tokens, &data.next)));
}

fn one_hot(bencher: Bencher, sizes: Sizes) {
    let data = data(sizes);
    let Sizes { vocabulary, context, batch, .. } = sizes;
    let hot = |row: usize, token: usize| f32::from(u8::from(row == token));
    let tokens = Array3::from_shape_fn((batch, context, vocabulary), |(i, j, k)| hot(data.tokens[(i, j)], k));
    let next = Array2::from_shape_fn((batch, vocabulary), |(i, k)| hot(data.next[i], k));
    let tape = Tape::new();
    let weights = leaves(&tape, &data);
    let (x, y) = (tape.leaf("tokens", &tokens), tape.leaf("next", &next));
    let features = x.matmul(weights[0]);
    let program = step(&tape, [x, y], weights, features, |logits| logits.cross_entropy_with(y));
    let mut workspace = program.workspace();
    bencher.bench_local(|| program.run(&mut workspace, (&tokens, &next)));
}
