//! What each pass is worth: all of them, all but one, none; and what making the program takes.

#[path = "common/step.rs"]
mod step;

use Passes::{All, AllBut, None};
use divan::Bencher;
use step::{Model, Step, layers};
use wengert::{Pass, Program, ProgramBuilder, Tape, Var};

#[derive(Clone, Copy, Debug)]
enum Passes {
    All,
    AllBut(Pass),
    None,
}

/// The digits of the notebook.
const NOTEBOOK: (usize, &[usize], Model) = (1437, &[64, 30, 1], layers);
/// 64 tokens, 32 wide.
const ATTENTION: (usize, &[usize], Model) = (64, &[32, 32, 32, 32, 128, 32], attention);

fn main() {
    divan::main();
}

#[divan::bench(args = choices(), min_time = 0.5)]
fn notebook(bencher: Bencher, passes: Passes) {
    replay(bencher, passes, NOTEBOOK);
}

#[divan::bench(args = choices(), min_time = 0.5)]
fn transformer(bencher: Bencher, passes: Passes) {
    replay(bencher, passes, ATTENTION);
}

#[divan::bench(args = choices(), min_time = 0.5)]
fn transformer_made(bencher: Bencher, passes: Passes) {
    let (samples, widths, model) = ATTENTION;
    let tape = Tape::new();
    let recorded = Step::new(samples, widths).record(&tape, model);
    bencher.bench_local(|| make(&tape, &recorded, passes));
}

fn choices() -> impl Iterator<Item = Passes> {
    [All].into_iter().chain(Pass::ALL.map(AllBut)).chain([None])
}

fn replay(bencher: Bencher, passes: Passes, (samples, widths, model): (usize, &[usize], Model)) {
    let step = Step::new(samples, widths);
    let tape = Tape::new();
    step.replay(bencher, &make(&tape, &step.record(&tape, model), passes));
}

fn make<'t>(tape: &'t Tape<f32>, [leaves, outputs]: &[Vec<Var<'t, f32>>; 2], passes: Passes) -> Program<f32> {
    let builder = tape.program_builder(leaves, outputs).threads(1);
    let builder = match passes {
        All => builder,
        AllBut(pass) => builder.without(pass),
        None => Pass::ALL.into_iter().fold(builder, ProgramBuilder::without),
    };
    builder.build().expect("a step is a program")
}

/// A block of a transformer: a head of attention, and two layers behind it; each is added to what came in.
fn attention<'t>(x: Var<'t, f32>, parameters: &[Var<'t, f32>]) -> Var<'t, f32> {
    let layer = |a: Var<'t, f32>, i: usize| a.linear(parameters[2 * i], parameters[2 * i + 1]);
    let [query, key, value] = [0, 1, 2].map(|i| layer(x, i));
    let weights = (query.matmul(key.t()) / 32_f32.sqrt()).softmax(1);
    let x = x + weights.matmul(value);
    x + layer(layer(x, 3).gelu_tanh(), 4)
}
