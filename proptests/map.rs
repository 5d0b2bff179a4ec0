//! Many inputs at once: the bits of as many replays, of random programs.

use crate::replay::{bits, feeds, others};
use crate::strategies::{Seed, config, seeds};
use ndarray::{ArrayD, Axis, stack};
use proptest::prelude::*;
use proptest::sample::subsequence;
use wengert::check::{self, Layout, layouts};
use wengert::{Float, Input, Kind, Pass, Tape, Var};

/// What a case chooses, besides the program.
#[derive(Clone, Debug)]
struct Choice {
    lanes: usize,
    /// As bits: which inputs all lanes share, and which leaves are carried.
    shared: u64,
    carried: u64,
    /// A row whose sum is compared while it is recorded, if there is to be a guard.
    compared: Option<usize>,
    at_once: Option<usize>,
    threads: usize,
    without: Vec<Pass>,
    layout: Layout,
    seed: Seed,
}

fn choices() -> impl Strategy<Value = Choice> {
    let lanes = prop_oneof![4 => 0..6_usize, 1 => Just(16), 1 => Just(17), 1 => 30..40_usize];
    let carried = prop_oneof![2 => Just(0), 1 => any::<u64>()];
    let compared = prop_oneof![2 => Just(None), 1 => (0..1000_usize).prop_map(Some)];
    let at_once = prop_oneof![1 => Just(None), 1 => (1..6_usize).prop_map(Some)];
    let without = subsequence(Pass::ALL.to_vec(), 0..=Pass::ALL.len());
    let made = (1..4_usize, without, layouts(), seeds());
    ((lanes, any::<u64>(), carried, compared, at_once), made).prop_map(
        |((lanes, shared, carried, compared, at_once), (threads, without, layout, seed))| Choice {
            lanes,
            shared,
            carried,
            compared,
            at_once,
            threads,
            without,
            layout,
            seed,
        },
    )
}

fn is(bits: u64, place: usize) -> bool {
    bits >> (place % 64) & 1 == 1
}

/// Each lane of a mapped program against a workspace of its own: outputs and state over some runs, and which lanes fail.
fn map_is_replays<T: Float>(program: &check::Program, choice: Choice) -> Result<(), TestCaseError> {
    let Choice { lanes, shared, carried, compared, at_once, threads, without, layout, mut seed } = choice;
    let tape = Tape::<T>::new();
    let (leaves, out) = program.record(&tape);
    let mut outputs = vec![out];
    let gradients = out.varies().then(|| out.sum().backward());
    if let Some(gradients) = &gradients {
        outputs.extend(leaves.iter().filter(|leaf| leaf.varies()).map(|leaf| gradients[*leaf]));
    }
    if let Some(row) = compared {
        let rows: Vec<Var<'_, T>> = tape.vars().filter(|row| row.kind() == Kind::Real).collect();
        let _ = rows[row % rows.len()].sum() > tape.constant(T::from_f64(0.125));
    }
    // What is carried: a leaf, and on the next run something of its shape that depends on it.
    let state: Vec<_> = leaves
        .iter()
        .enumerate()
        .filter(|(i, leaf)| is(carried, *i) && leaf.varies())
        .map(|(_, leaf)| (*leaf, *leaf * T::from_f64(0.5) + out.sum().tanh()))
        .collect();
    let fed: Vec<Var<'_, T>> = leaves
        .iter()
        .copied()
        .filter(|leaf| state.iter().all(|(other, _)| other.row() != leaf.row()))
        .collect();
    outputs.extend(state.iter().map(|(leaf, _)| *leaf));
    let builder = tape.program_builder(&fed, &outputs).carry(state.iter().copied()).threads(threads);
    let builder = without.iter().fold(builder, |builder, pass| builder.without(*pass));
    let program = builder.build().expect("it can be made");
    let mut builder = program.map_builder(lanes);
    for i in (0..fed.len()).filter(|i| is(shared, *i)) {
        builder = builder.shared(i);
    }
    if let Some(at_once) = at_once {
        builder = builder.at_once(at_once);
    }
    let mapped = builder.build().expect("it can be made");
    let mut workspace = mapped.workspace();
    let mut alone: Vec<_> = (0..lanes).map(|_| program.workspace()).collect();
    for _ in 0..3 {
        // Of each input, what each lane has.
        let values: Vec<Vec<ArrayD<T>>> = fed
            .iter()
            .enumerate()
            .map(|(i, leaf)| match is(shared, i) {
                true => vec![others(*leaf, &mut seed); lanes.max(1)],
                false => (0..lanes).map(|_| others(*leaf, &mut seed)).collect(),
            })
            .collect();
        let stacked: Vec<ArrayD<T>> = fed
            .iter()
            .zip(&values)
            .enumerate()
            .map(|(i, (leaf, values))| {
                let views: Vec<_> = values.iter().map(|value| value.view()).collect();
                layout.place(&match (is(shared, i), lanes) {
                    (true, _) => values[0].clone(),
                    (false, 0) => ArrayD::zeros([vec![0], leaf.shape()].concat()),
                    (false, _) => stack(Axis(0), &views).expect("of one shape"),
                })
            })
            .collect();
        let before = alone.clone();
        let mut failed = Vec::new();
        for lane in 0..lanes {
            let inputs: Vec<ArrayD<T>> = values.iter().map(|values| values[lane].clone()).collect();
            if let Err(error) = program.run(&mut alone[lane], &feeds(&fed, &inputs)[..]) {
                failed.push((lane, error));
            }
        }
        let inputs: Vec<Input<'_, T>> = feeds(&fed, &stacked);
        match mapped.run(&mut workspace, &inputs[..]) {
            Err(error) => {
                let lanes: Vec<usize> = failed.iter().map(|(lane, _)| *lane).collect();
                prop_assert_eq!(error.lanes(), &lanes[..], "{}", error);
                // The numbers of the first lane that failed, which are in the text of that lane's own error.
                let own = failed[0].1.to_string();
                let own = own["replay: ".len()..].split(", so that").next().expect("the comparison");
                prop_assert!(error.to_string().contains(own), "{} without {}", error, own);
                prop_assert!(workspace.try_output(0).is_err());
                alone = before;
            }
            Ok(()) => {
                prop_assert!(failed.is_empty(), "{:?}", failed);
                for (i, _) in outputs.iter().enumerate() {
                    let output = workspace.output(i);
                    for (lane, alone) in alone.iter().enumerate() {
                        let own = output.index_axis(Axis(0), lane).to_owned();
                        prop_assert_eq!(
                            bits(&own),
                            bits(&alone.output(i).to_owned()),
                            "output {} in lane {} of {}:\n{}",
                            i,
                            lane,
                            mapped,
                            program.report()
                        );
                    }
                }
            }
        }
        for (i, (_, state)) in workspace.states().enumerate() {
            for (lane, alone) in alone.iter().enumerate() {
                let own = state.index_axis(Axis(0), lane).to_owned();
                prop_assert_eq!(bits(&own), bits(&alone.state(i).to_owned()), "state {} in lane {}", i, lane);
            }
        }
        if state.is_empty() && failed.is_empty() {
            let again = mapped.replay_to_vec(&inputs[..]).expect("as before");
            for (i, again) in again.iter().enumerate() {
                prop_assert_eq!(bits(again), bits(&workspace.output(i).to_owned()));
            }
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(config(1))]

    #[test]
    fn map_gives_the_bits_of_replays(program in check::programs(), choice in choices()) {
        map_is_replays::<f64>(&program, choice.clone())?;
        map_is_replays::<f32>(&program, choice)?;
    }
}
