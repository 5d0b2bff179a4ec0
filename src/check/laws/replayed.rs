//! Replay, as one more way to a value and its gradient.

use super::recording::Recording;
use crate::check::Layout;
use crate::check::values::mix;
use crate::{Float, Pass, Program, Tape, Var};
use ndarray::ArrayD;

/// How many elements have other bits in a replay than if recorded afresh: values and gradients of what was
/// recorded on its own inputs, replayed on others, through a choice of passes that comes from the seed.
pub(super) fn bits_that_differ<T: Float>(
    what: &impl Recording,
    vars: &[Var<'_, T>],
    out: Var<'_, T>,
    u: &ArrayD<T>,
) -> usize {
    let program = program(vars, out, u, what.seed());
    let moved = |x: &ArrayD<f64>| x.mapv(|x| T::from_f64(0.75 * x + 0.0625));
    let inputs: Vec<ArrayD<T>> =
        what.inputs().iter().map(|x| what.layout().place(&moved(x)).into_owned()).collect();

    let tape = Tape::new();
    let leaves: Vec<Var<'_, T>> =
        inputs.iter().map(|x| tape.leaf("x", Layout::place(what.layout(), x))).collect();
    let afresh = results(&leaves, what.record(&tape, &leaves), u);
    // Twice, since the second run finds the memory as the first left it.
    let replays = [(); 2].map(|()| program.replay_to_vec(&inputs).unwrap_or_else(|error| panic!("{error}")));
    let differ = |a: &T, b: &T| a.to_f64().to_bits() != b.to_f64().to_bits() && !(a.is_nan() && b.is_nan());
    let pairs = replays.iter().flat_map(|replay| replay.iter().zip(&afresh));
    pairs
        .map(|(replayed, recorded)| {
            let recorded = recorded.value();
            if replayed.shape() != recorded.shape() {
                return replayed.len().max(1);
            }
            replayed.iter().zip(&recorded).filter(|(a, b)| differ(a, b)).count()
        })
        .sum()
}

/// The value, and the gradients of ⟨u, value⟩.
fn results<'t, T: Float>(vars: &[Var<'t, T>], out: Var<'t, T>, u: &ArrayD<T>) -> Vec<Var<'t, T>> {
    if !out.varies() {
        return vec![out];
    }
    let gradients = out.backward_with(u);
    std::iter::once(out).chain(vars.iter().map(|var| gradients[*var])).collect()
}

fn program<T: Float>(vars: &[Var<'_, T>], out: Var<'_, T>, u: &ArrayD<T>, seed: u64) -> Program<T> {
    let choice = mix(seed, 300);
    let builder = out.tape().program_builder(vars, results(vars, out, u));
    let left_out = Pass::ALL.into_iter().enumerate().filter(|(i, _)| choice >> i & 1 == 1);
    let builder = left_out.fold(builder, |builder, (_, pass)| builder.without(pass));
    builder.build().unwrap_or_else(|error| panic!("{error}"))
}
