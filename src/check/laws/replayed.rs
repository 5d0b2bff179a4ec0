//! Replay, as one more way to a value and its gradient; and of many inputs at once.

use super::recording::{Recording, leaves};
use crate::array::Kind;
use crate::check::cases::values::mix;
use crate::{Float, MapBuilder, Pass, Program, Tape, Var};
use ndarray::{ArrayD, Axis, stack};

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
    let pairs = replays.iter().flat_map(|replay| replay.iter().zip(&afresh));
    let mapped =
        if mix(what.seed(), 301).is_multiple_of(4) { in_lanes(&program, &inputs, what.seed()) } else { 0 };
    let recorded: usize = pairs
        .map(|(replayed, recorded)| {
            let recorded = recorded.value();
            if replayed.shape() != recorded.shape() {
                return replayed.len().max(1);
            }
            replayed.iter().zip(&recorded).filter(|(a, b)| differ(*a, *b)).count()
        })
        .sum();
    recorded + mapped
}

/// How many elements have other bits in one of three lanes than in a replay by itself. Of the inputs, some are shared, as the
/// seed says, and of the others each lane has a multiple; indices and masks are alike.
fn in_lanes<T: Float>(program: &Program<T>, inputs: &[ArrayD<T>], seed: u64) -> usize {
    const LANES: usize = 3;
    let is_shared = |i: usize| mix(seed, 302) >> (i % 64) & 1 == 1;
    let of_lane = |i: usize, lane: usize| match program.inputs()[i].kind {
        Kind::Real if !is_shared(i) => inputs[i].mapv(|x| x * T::from_f64([1.0, 0.5, -1.25][lane])),
        _ => inputs[i].clone(),
    };
    let given = (0..inputs.len()).map(|i| {
        if is_shared(i) {
            return inputs[i].clone();
        }
        let lanes = [0, 1, 2].map(|lane| of_lane(i, lane));
        stack(Axis(0), &lanes.each_ref().map(|lane| lane.view())).expect("of one shape")
    });
    let shared = (0..inputs.len()).filter(|i| is_shared(*i));
    let mapped = shared.fold(program.map_builder(LANES), MapBuilder::shared).build();
    let found = mapped.and_then(|mapped| mapped.replay_to_vec(given.collect::<Vec<_>>()));
    let found = found.unwrap_or_else(|error| panic!("{error}"));
    let each = (0..LANES).flat_map(|lane| {
        let own: Vec<ArrayD<T>> = (0..inputs.len()).map(|i| of_lane(i, lane)).collect();
        let own = program.replay_to_vec(own).unwrap_or_else(|error| panic!("{error}"));
        own.into_iter().zip(&found).map(move |(own, found)| (own, found.index_axis(Axis(0), lane)))
    });
    each.map(|(own, found)| own.iter().zip(found).filter(|(a, b)| differ(*a, *b)).count()).sum()
}

fn differ<T: Float>(a: &T, b: &T) -> bool {
    a.to_f64().to_bits() != b.to_f64().to_bits() && !(a.is_nan() && b.is_nan())
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
