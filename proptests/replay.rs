//! Replay of random programs: on other inputs than they were recorded on, the bits of recording afresh.

use crate::strategies::{Seed, config, seeds};
use ndarray::{ArrayD, Ix2};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::subsequence;
use std::cell::Cell;
use std::collections::HashMap;
use wengert::check::{self, Layout, layouts};
use wengert::{
    Call, ErrorKind, Float, Input, Kind, Level, Pass, Program, ProgramBuilder, Replayed, Tape, Var,
};

/// Records the rows of a tape on another one, primitive by primitive, from other leaves.
fn replant<'t, T: Float>(
    from: &Tape<T>,
    leaves: &[Var<'_, T>],
    to: &[Var<'t, T>],
    tape: &'t Tape<T>,
) -> Vec<Var<'t, T>> {
    let places: HashMap<usize, Var<'t, T>> =
        leaves.iter().map(|leaf| leaf.row()).zip(to.iter().copied()).collect();
    let mut rows: Vec<Var<'t, T>> = Vec::new();
    for var in from.vars() {
        let operands: Vec<Var<'t, T>> = var.operands().iter().map(|operand| rows[operand.row()]).collect();
        rows.push(match places.get(&var.row()) {
            Some(leaf) => *leaf,
            None if operands.is_empty() => leaf(tape, var.kind(), &var.value().into_owned()),
            None => tape.apply(&var.prim(), &operands),
        });
    }
    rows
}

/// A leaf of a kind.
fn leaf<'t, T: Float>(tape: &'t Tape<T>, kind: Kind, value: &ArrayD<T>) -> Var<'t, T> {
    match kind {
        Kind::Index => tape.indices("x", whole(value)),
        _ => tape.leaf("x", value),
    }
}

#[allow(clippy::cast_possible_truncation)] // They are whole, and few.
fn whole<T: Float>(value: &ArrayD<T>) -> ArrayD<i64> {
    value.mapv(|x| x.to_f64() as i64)
}

/// What such a leaf is fed with: indices as integers.
pub fn feeds<'a, T: Float>(leaves: &[Var<'_, T>], values: &'a [ArrayD<T>]) -> Vec<Input<'a, T>> {
    let feed = |(leaf, value): (&Var<'_, T>, &'a ArrayD<T>)| match leaf.kind() {
        Kind::Index => whole(value).into(),
        _ => value.into(),
    };
    leaves.iter().zip(values).map(feed).collect()
}

/// Other numbers for a leaf; of indices, the same in another order, so that they stay places.
pub fn others<T: Float>(leaf: Var<'_, T>, seed: &mut Seed) -> ArrayD<T> {
    let drawn = seed.numbers(&leaf.shape());
    if leaf.kind() != Kind::Index {
        return drawn.mapv(T::from_f64);
    }
    let mut order: Vec<(f64, T)> = drawn.iter().copied().zip(leaf.value().iter().copied()).collect();
    order.sort_by(|a, b| a.0.total_cmp(&b.0));
    ArrayD::from_shape_vec(leaf.shape(), order.into_iter().map(|(_, index)| index).collect())
        .expect("as many")
}

/// As [`replant`], with other values for some of the leaves.
fn record_again<'t, T: Float>(
    from: &Tape<T>,
    leaves: &[Var<'_, T>],
    values: &[ArrayD<T>],
    tape: &'t Tape<T>,
) -> Vec<Var<'t, T>> {
    let each = leaves.iter().zip(values);
    let to: Vec<Var<'t, T>> = each.map(|(from, value)| leaf(tape, from.kind(), value)).collect();
    replant(from, leaves, &to, tape)
}

/// NaNs are alike, and all other bits count.
pub fn bits<T: Float>(x: &ArrayD<T>) -> (Vec<usize>, Vec<u64>) {
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
        outputs.extend(leaves.iter().filter(|leaf| leaf.varies()).map(|leaf| grads[*leaf]));
    }
    let inputs: Vec<ArrayD<T>> = leaves.iter().map(|leaf| layout.place(&others(*leaf, &mut seed))).collect();
    let fed = feeds(&leaves, &inputs);
    let afresh = Tape::new();
    let rows = record_again(&tape, &leaves, &inputs, &afresh);
    let recorded: Vec<_> = outputs.iter().map(|y| bits(&rows[y.row()].value().into_owned())).collect();

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
            made.run(&mut workspace, &fed[..]).expect("it has no guards");
            for (i, recorded) in recorded.iter().enumerate() {
                let replayed = bits(&workspace.output(i).to_owned());
                prop_assert_eq!(&replayed, recorded, "output {} of {}", i, made.report());
            }
        }
        let again: Vec<_> = made.replay_to_vec(&fed[..]).expect("as before").iter().map(bits).collect();
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
        let [out] = program.replay((&values[0], &values[1], &values[2], &values[3])).expect("the shapes fit");
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

/// What a function does with a value, besides computing.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Twist {
    Nothing,
    /// Compares it: the tape knows.
    Branches,
    /// Takes it off the tape, and brings it back as a constant.
    Reads,
    /// Takes it off the tape, and goes by its sign.
    Chooses,
    /// Counts its calls.
    Counts,
}

/// A random program with a twist and a state that it carries, called and recorded afresh: whatever is given is right, and
/// the state with it; what could become stale is an error in the second call.
#[allow(clippy::items_after_statements)] // The body belongs to what is said before it.
fn calls_are_recordings<T: Float>(
    program: &check::Program,
    (twist, chosen): (Twist, usize),
    mut seed: Seed,
) -> Result<(), TestCaseError> {
    let template = Tape::<T>::new();
    let (leaves, out) = program.record(&template);
    let (out, chosen) = (out.row(), chosen % template.len());
    // The output, the next state, and the value that it is all about.
    fn body<'t, T: Float>(
        rows: &[Var<'t, T>],
        (out, chosen): (usize, usize),
        twist: Twist,
        w: Var<'t, T>,
        count: f64,
    ) -> [Var<'t, T>; 3] {
        let (y, about) = (rows[out], rows[chosen].sum());
        let zero = T::zero();
        let y = match twist {
            Twist::Nothing => y,
            Twist::Branches if about > about.tape().constant(zero) => y * T::from_f64(2.0),
            Twist::Branches => -y,
            Twist::Reads => y * about.item(),
            Twist::Chooses => [-y, y.exp()][usize::from(about.item() > zero)],
            Twist::Counts => y * T::from_f64(count),
        };
        [y, w * T::from_f64(0.5) + y.sum(), about]
    }
    let recorded = Cell::new(0.0);
    let start = T::from_f64(0.75);
    let mut f = Replayed::new(|call: Call<'_, T>| {
        recorded.set(recorded.get() + 1.0);
        let rows = replant(&template, &leaves, call.list(), call.tape());
        let w = call.state("w", call.tape().constant(start).value());
        let [y, next, _] = body(&rows, (out, chosen), twist, w, recorded.get());
        call.carry([(w, next)]);
        vec![y, w]
    });
    let (mut w, mut abouts) = (ndarray::arr0(start).into_dyn(), Vec::new());
    for _ in 0..5 {
        let inputs: Vec<ArrayD<T>> = leaves.iter().map(|leaf| others(*leaf, &mut seed)).collect();
        let fed = feeds(&leaves, &inputs);
        let afresh = Tape::new();
        let rows = record_again(&template, &leaves, &inputs, &afresh);
        let [y, next, about] = body(&rows, (out, chosen), twist, afresh.leaf("w", &w), recorded.get() + 1.0);
        abouts.push(about.item());
        let same = |a: T, b: T| a.to_f64().to_bits() == b.to_f64().to_bits() || a.is_nan() && b.is_nan();
        if let [first, second] = abouts[..] {
            let differ = match twist {
                Twist::Nothing | Twist::Branches => None,
                Twist::Counts => Some(ErrorKind::Impure),
                Twist::Reads => (!same(first, second)).then_some(ErrorKind::Read),
                Twist::Chooses => ((first > T::zero()) != (second > T::zero())).then_some(ErrorKind::Read),
            };
            if let Some(kind) = differ {
                prop_assert_eq!(f.call_to_vec(&fed[..]).map_err(|error| error.kind()), Err(kind));
                prop_assert_eq!(bits(&f.state("w").to_owned()), bits(&w));
                return Ok(());
            }
            if matches!(twist, Twist::Reads | Twist::Chooses) {
                return Ok(()); // What is made of the value agrees, which the page says cannot be seen.
            }
        }
        let found = f.call_to_vec(&fed[..]).expect("nothing differs");
        prop_assert_eq!(bits(&found[0]), bits(&y.value().into_owned()), "{}", f);
        prop_assert_eq!(bits(&found[1]), bits(&w), "{}", f);
        w = next.value().into_owned();
        prop_assert_eq!(bits(&f.state("w").to_owned()), bits(&w), "{}", f);
    }
    let paths = f.len();
    prop_assert!(recorded.get() <= 2.0 * f64::from(u32::try_from(paths).expect("a few")), "{}", f);
    Ok(())
}

/// One function at vectors of several lengths, with a branch and a state: all in one sequence.
fn shapes_share_state(lens: &[usize], mut seed: Seed) -> Result<(), TestCaseError> {
    fn step<'t>(x: Var<'t, f64>, w: Var<'t, f64>) -> [Var<'t, f64>; 2] {
        let y = if x.sum() < 0.25 { (x.sin() * w.sum()).sum() } else { (x * x).sum() - w.norm() };
        [y, w * 0.5 + y]
    }
    let mut f = Replayed::new(|call: Call<'_, f64>| {
        let w = call.state("w", vec3());
        let [y, next] = step(call.input(0), w);
        call.carry([(w, next)]);
        vec![y]
    })
    .keep(3); // Fewer than there are.
    let mut w = vec3().into_dyn();
    for &len in lens {
        let (x, tape) = (seed.numbers(&[len]), Tape::new());
        let [y, next] = step(tape.leaf("x", &x), tape.leaf("w", &w));
        prop_assert_eq!(bits(&f.call_one(&x).expect("nothing differs")), bits(&y.value().into_owned()));
        w = next.value().into_owned();
        prop_assert_eq!(bits(&f.state("w").to_owned()), bits(&w));
        prop_assert!(f.len() <= 3);
    }
    Ok(())
}

fn vec3() -> ndarray::Array1<f64> {
    ndarray::arr1(&[1.0, -2.0, 0.5])
}

proptest! {
    #![proptest_config(config(1))]

    #[test]
    fn functions_are_replayed_honestly(
        program in check::programs(),
        twist in prop_oneof![
            Just(Twist::Nothing),
            Just(Twist::Branches),
            Just(Twist::Reads),
            Just(Twist::Chooses),
            Just(Twist::Counts)
        ],
        chosen in 0..1000_usize,
        seed in seeds(),
    ) {
        calls_are_recordings::<f64>(&program, (twist, chosen), seed)?;
        calls_are_recordings::<f32>(&program, (twist, chosen), seed)?;
    }

    #[test]
    fn functions_share_state_among_shapes(lens in vec(1..5_usize, 1..40), seed in seeds()) {
        shapes_share_state(&lens, seed)?;
    }

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
