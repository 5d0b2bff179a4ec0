//! Replay, as one more way to a value and its gradient.

use super::recording::{Recording, leaves};
use crate::array::Kind;
use crate::check::cases::values::mix;
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
    // Indices stay places, and stand the other way round.
    let moved = |(i, x): (usize, &ArrayD<f64>)| match what.kind(i) {
        Kind::Real => x.mapv(|x| 0.75 * x + 0.0625),
        Kind::Index | Kind::Mask => {
            let mut back: Vec<f64> = x.iter().copied().collect();
            back.reverse();
            ArrayD::from_shape_vec(x.raw_dim(), back).expect("as many elements")
        }
    };
    let inputs: Vec<ArrayD<f64>> = what.inputs().iter().enumerate().map(moved).collect();

    let tape = Tape::new();
    let again = leaves(what, &tape, &inputs);
    let afresh = results(&again, what.record(&tape, &again), u);
    let inputs: Vec<ArrayD<T>> =
        inputs.iter().map(|x| what.layout().place(&x.mapv(T::from_f64)).into_owned()).collect();
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
    let moving = vars.iter().filter(|var| var.varies());
    std::iter::once(out).chain(moving.map(|var| gradients[*var])).collect()
}

fn program<T: Float>(vars: &[Var<'_, T>], out: Var<'_, T>, u: &ArrayD<T>, seed: u64) -> Program<T> {
    let choice = mix(seed, 300);
    let builder = out.tape().program_builder(vars, results(vars, out, u));
    let left_out = Pass::ALL.into_iter().enumerate().filter(|(i, _)| choice >> i & 1 == 1);
    let builder = left_out.fold(builder, |builder, (_, pass)| builder.without(pass));
    builder.build().unwrap_or_else(|error| panic!("{error}"))
}
