//! Replay of random programs: on other inputs than they were recorded on, the bits of recording afresh.

use crate::strategies::{Seed, config, seeds};
use ndarray::{ArrayD, Ix2};
use proptest::prelude::*;
use proptest::sample::subsequence;
use std::collections::HashMap;
use wengert::check::{self, Layout, layouts};
use wengert::{Feed, Float, Level, Pass, Program, ProgramBuilder, Tape, Var};

/// Records the rows of a tape on another one, primitive by primitive, with other values for some of the leaves.
fn record_again<'t, T: Float>(
    from: &Tape<T>,
    leaves: &[Var<'_, T>],
    values: &[ArrayD<T>],
    tape: &'t Tape<T>,
) -> Vec<Var<'t, T>> {
    let values: HashMap<usize, &ArrayD<T>> = leaves.iter().map(|leaf| leaf.row()).zip(values).collect();
    let mut rows: Vec<Var<'t, T>> = Vec::new();
    for var in from.vars() {
        let operands: Vec<Var<'t, T>> = var.operands().iter().map(|operand| rows[operand.row()]).collect();
        rows.push(match values.get(&var.row()) {
            Some(value) => tape.leaf("x", *value),
            None if operands.is_empty() => tape.constant(var.value()),
            None => tape.apply(&var.prim(), &operands),
        });
    }
    rows
}

/// NaNs are alike, and all other bits count.
fn bits<T: Float>(x: &ArrayD<T>) -> (Vec<usize>, Vec<u64>) {
    let bits = |x: &T| if x.is_nan() { u64::MAX } else { x.to_f64().to_bits() };
    (x.shape().to_vec(), x.iter().map(bits).collect())
}

/// What a case chooses, besides the program.
#[derive(Clone, Debug)]
struct Choice {
    without: Vec<Pass>,
    threads: usize,
    /// Of the bytes that buffers take without a budget.
    percent: usize,
    layout: Layout,
    seed: Seed,
}

fn choices() -> impl Strategy<Value = Choice> {
    let without = subsequence(Pass::ALL.to_vec(), 0..=Pass::ALL.len());
    (without, 1..4_usize, 20..=100_usize, layouts(), seeds()).prop_map(
        |(without, threads, percent, layout, seed)| Choice { without, threads, percent, layout, seed },
    )
}

fn replay_is_recording<T: Float>(program: &check::Program, choice: Choice) -> Result<(), TestCaseError> {
    let Choice { without, threads, percent, layout, mut seed } = choice;
    let tape = Tape::<T>::new();
    let (leaves, out) = program.record(&tape);
    let mut outputs = vec![out];
    if out.varies() {
        let grads = out.sum().backward();
        outputs.extend(leaves.iter().map(|leaf| grads[*leaf]));
    }
    let inputs: Vec<ArrayD<T>> =
        leaves.iter().map(|leaf| layout.place(&seed.numbers(&leaf.shape()).mapv(T::from_f64))).collect();
    let afresh = Tape::new();
    let rows = record_again(&tape, &leaves, &inputs, &afresh);
    let recorded: Vec<_> = outputs.iter().map(|y| bits(&rows[y.row()].value().into_owned())).collect();

    let feeds: Vec<&dyn Feed<T>> = inputs.iter().map(|x| x as &dyn Feed<T>).collect();
    let builder = || tape.program_builder(&leaves, &outputs);
    let choose = |passes: &[Pass]| passes.iter().fold(builder(), |builder, pass| builder.without(*pass));
    let some = |builder: ProgramBuilder<'_, T>| builder.threads(threads).build().expect("it can be made");
    let chosen = some(choose(&without));
    let budget = chosen.report().buffer_bytes() * percent / 100;
    let within = choose(&without).memory(budget).threads(threads).build();
    prop_assert!(within.as_ref().map_or(true, |program| program.report().buffer_bytes() <= budget));
    let programs = [Some(some(builder())), Some(some(choose(&Pass::ALL))), Some(chosen), within.ok()];
    for made in programs.into_iter().flatten() {
        let mut workspace = made.workspace();
        for _ in 0..2 {
            made.run(&mut workspace, &feeds).expect("it has no guards");
            for (i, recorded) in recorded.iter().enumerate() {
                let replayed = bits(&workspace.output(i).to_owned());
                prop_assert_eq!(&replayed, recorded, "output {} of {}", i, made.report());
            }
        }
        let again: Vec<_> = made.replay_to_vec(&feeds).expect("as before").iter().map(bits).collect();
        prop_assert_eq!(&again, &recorded);
    }
    Ok(())
}

/// Two ways to add up k products and c differ by at most 2 (k + 1) u (|c| + Σ|x w|), as the page of `Level::Fast`
/// says to first order: with γ = n u / (1 − n u) for n u, to every order.
#[allow(clippy::cast_precision_loss)] // A few hundred.
fn fast_is_within_its_bound<T: Float>([m, k, n]: [usize; 3], mut seed: Seed) -> Result<(), TestCaseError> {
    let tape = Tape::<T>::new();
    let shapes = [vec![m, k], vec![n, k], vec![n], vec![m, n]];
    let leaves = shapes.each_ref().map(|shape| tape.leaf("x", ArrayD::zeros(shape.clone())));
    let [x, w, b, r] = leaves;
    let (z, product) = (x.linear(w, b), x.matmul(w.t()));
    let outputs = [z, z.relu(), r + product, product + T::from_f64(0.5)];
    let values = shapes.map(|shape| seed.numbers(&shape).mapv(T::from_f64));
    // A program for each, since a product that several sums are made of cannot start from one of them.
    let make = |level| {
        let program =
            |output| tape.program_builder(leaves, [output]).level(level).build().expect("it can be made");
        outputs.map(program)
    };
    let replay = |program: &Program<T>| {
        let [out] =
            program.replay(&[&values[0], &values[1], &values[2], &values[3]]).expect("the shapes fit");
        out
    };
    let (exact, fast) = (make(Level::Exact), make(Level::Fast));
    let spared = |i: usize| exact[i].report().operations() - fast[i].report().operations();
    if m.min(k).min(n) > 1 {
        prop_assert_eq!(
            [0, 1, 2, 3].map(spared),
            [m * n, m * n, 0, m * n],
            "the sums that the product starts from"
        );
    }
    let [x, w, b, r] = values.each_ref().map(|x| x.mapv(|x| x.to_f64().abs()));
    let matrix = |x: ArrayD<f64>| x.into_dimensionality::<Ix2>().expect("two axes");
    let products = matrix(x).dot(&matrix(w).t()).into_dyn();
    let scales = [&products + &b, &products + &b, &products + &r, &products + 0.5];
    let roundings = (k + 1) as f64 * T::EPSILON.to_f64() / 2.0;
    let factor = 2.0 * roundings / (1.0 - roundings);
    for ((exact, fast), scales) in exact.iter().map(replay).zip(fast.iter().map(replay)).zip(scales) {
        prop_assert_eq!(exact.shape(), fast.shape());
        for ((exact, fast), scale) in exact.iter().zip(&fast).zip(&scales) {
            let off = (exact.to_f64() - fast.to_f64()).abs();
            let bound = factor * scale;
            prop_assert!(off <= bound, "{:?} for {:?}: off by {:e}, more than {:e}", fast, exact, off, bound);
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(config(1))]

    #[test]
    fn replay_gives_the_bits_of_recording(program in check::programs(), choice in choices()) {
        replay_is_recording::<f64>(&program, choice.clone())?;
        replay_is_recording::<f32>(&program, choice)?;
    }

    #[test]
    fn fast_keeps_to_its_bound(
        sizes in prop_oneof![[0..5_usize, 0..5_usize, 0..5_usize], [1..80_usize, 1..600_usize, 1..40_usize]],
        seed in seeds(),
    ) {
        fast_is_within_its_bound::<f64>(sizes, seed)?;
        fast_is_within_its_bound::<f32>(sizes, seed)?;
    }
}
