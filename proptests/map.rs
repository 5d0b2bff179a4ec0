//! Many inputs at once: the bits of as many replays, of random programs.

use crate::replay::{bits, feeds, others};
use crate::strategies::{Seed, config, seeds};
use ndarray::{ArrayD, ArrayViewD, Axis, stack};
use proptest::prelude::*;
use proptest::sample::subsequence;
use wengert::check::{self, Layout, layouts};
use wengert::{Float, Kind, Pass, Program, Tape, Var};

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

/// The program of a case: its value and gradients, with something compared and something carried on the way.
fn recorded<'t, T: Float>(
    tape: &'t Tape<T>,
    program: &check::Program,
    choice: &Choice,
) -> (Vec<Var<'t, T>>, Program<T>) {
    let (leaves, out) = program.record(tape);
    let mut outputs = vec![out];
    if out.varies() {
        let gradients = out.sum().backward();
        outputs.extend(leaves.iter().filter(|leaf| leaf.varies()).map(|leaf| gradients[*leaf]));
    }
    if let Some(row) = choice.compared {
        let rows: Vec<Var<'_, T>> = tape.vars().filter(|row| row.kind() == Kind::Real).collect();
        let _ = rows[row % rows.len()].sum() > tape.constant(T::from_f64(0.125));
    }
    let carried = |i: usize, leaf: Var<'_, T>| is(choice.carried, i) && leaf.varies();
    let (mut fed, mut state) = (Vec::new(), Vec::new());
    for (i, leaf) in leaves.into_iter().enumerate() {
        if carried(i, leaf) {
            state.push((leaf, leaf * T::from_f64(0.5) + out.sum().tanh()));
            outputs.push(leaf);
        } else {
            fed.push(leaf);
        }
    }
    let builder = tape.program_builder(&fed, &outputs).carry(state).threads(choice.threads);
    let builder = choice.without.iter().fold(builder, |builder, pass| builder.without(*pass));
    (fed, builder.build().expect("it can be made"))
}

/// Other numbers for each lane: of each input, those of all lanes; and stacked, unless it is shared.
fn fresh<T: Float>(
    fed: &[Var<'_, T>],
    choice: &Choice,
    seed: &mut Seed,
) -> (Vec<Vec<ArrayD<T>>>, Vec<ArrayD<T>>) {
    let lanes = choice.lanes;
    let each = fed.iter().enumerate().map(|(i, leaf)| {
        if is(choice.shared, i) {
            let one = others(*leaf, seed);
            return (vec![one.clone(); lanes], choice.layout.place(&one));
        }
        let values: Vec<ArrayD<T>> = (0..lanes).map(|_| others(*leaf, seed)).collect();
        let views: Vec<_> = values.iter().map(|value| value.view()).collect();
        let stacked = match lanes {
            0 => ArrayD::zeros([vec![0], leaf.shape()].concat()),
            _ => stack(Axis(0), &views).expect("of one shape"),
        };
        (values, choice.layout.place(&stacked))
    });
    each.unzip()
}

/// That each lane of a stack is what is given for it.
fn lanes_are<'a, T: Float>(
    stacked: &ArrayViewD<'_, T>,
    each: impl Iterator<Item = ArrayViewD<'a, T>>,
    what: impl Fn() -> String,
) -> Result<(), TestCaseError> {
    for (lane, own) in each.enumerate() {
        let found = bits(&stacked.index_axis(Axis(0), lane).to_owned());
        prop_assert_eq!(found, bits(&own.to_owned()), "{} in lane {}", what(), lane);
    }
    Ok(())
}

/// Each lane of a mapped program against a workspace of its own: outputs and state over some runs, and which lanes fail.
fn map_is_replays<T: Float>(program: &check::Program, choice: &Choice) -> Result<(), TestCaseError> {
    let (tape, mut seed) = (Tape::<T>::new(), choice.seed);
    let (fed, program) = recorded(&tape, program, choice);
    let shared = (0..fed.len()).filter(|i| is(choice.shared, *i));
    let mut builder = shared.fold(program.map_builder(choice.lanes), wengert::MapBuilder::shared);
    if let Some(at_once) = choice.at_once {
        builder = builder.at_once(at_once);
    }
    let mapped = builder.build().expect("it can be made");
    let mut workspace = mapped.workspace();
    let mut alone: Vec<_> = (0..choice.lanes).map(|_| program.workspace()).collect();
    for _ in 0..3 {
        let (values, stacked) = fresh(&fed, choice, &mut seed);
        let before = alone.clone();
        let mut failed = Vec::new();
        for (lane, workspace) in alone.iter_mut().enumerate() {
            let inputs: Vec<ArrayD<T>> = values.iter().map(|values| values[lane].clone()).collect();
            if let Err(error) = program.run(workspace, &feeds(&fed, &inputs)[..]) {
                failed.push((lane, error));
            }
        }
        let inputs = feeds(&fed, &stacked);
        if let Err(error) = mapped.run(&mut workspace, &inputs[..]) {
            let lanes: Vec<usize> = failed.iter().map(|(lane, _)| *lane).collect();
            prop_assert_eq!(error.lanes(), &lanes[..], "{}", error);
            // What the first of these lanes says by itself, up to the numbers.
            let own = failed[0].1.to_string();
            let own = own
                .split_once(": ")
                .expect("the method")
                .1
                .split(", so that")
                .next()
                .expect("the comparison");
            prop_assert!(error.to_string().contains(own), "{} without {}", error, own);
            prop_assert!(workspace.try_output(0).is_err());
            alone = before;
        } else {
            prop_assert!(failed.is_empty(), "{:?}", failed);
            for i in 0..mapped.outputs().len() {
                let what = || format!("output {i} of {mapped}\n{}", program.report());
                lanes_are(&workspace.output(i), alone.iter().map(|alone| alone.output(i)), what)?;
            }
            let again = mapped.replay_to_vec(&inputs[..]);
            if mapped.states().is_empty() {
                for (i, again) in again.expect("as before").iter().enumerate() {
                    prop_assert_eq!(bits(again), bits(&workspace.output(i).to_owned()));
                }
            }
        }
        for (i, (_, state)) in workspace.states().enumerate() {
            lanes_are(&state, alone.iter().map(|alone| alone.state(i)), || format!("state {i} of {mapped}"))?;
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(config(1))]

    #[test]
    fn map_gives_the_bits_of_replays(program in check::programs(), choice in choices()) {
        map_is_replays::<f64>(&program, &choice)?;
        map_is_replays::<f32>(&program, &choice)?;
    }
}
