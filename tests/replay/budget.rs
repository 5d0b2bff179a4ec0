//! Buffers within a budget: rows are computed again, and no bit changes.

use super::{assert_bits, numbers};
use ndarray::ArrayD;
use wengert::{ErrorKind, Float, Program, Tape, Var};

const LAYERS: usize = 1000;
const WIDTH: usize = 1000;
/// Bytes of the result of a layer.
const VECTOR: usize = WIDTH * size_of::<f64>();

/// y ← sin(1.25 y), again and again, and the gradient of the sum.
fn chain(tape: &Tape<f64>) -> (Var<'_, f64>, Var<'_, f64>) {
    let x = tape.leaf("x", numbers(&[WIDTH], 1));
    let y = (0..LAYERS).fold(x, |y, _| (y * 1.25).sin());
    (x, y.sum().backward()[x])
}

#[test]
fn a_chain_takes_the_root_of_its_length() {
    let tape = Tape::new();
    let (x, dx) = chain(&tape);
    let input = numbers(&[WIDTH], 2);
    let gradient = |program: &Program<f64>| program.replay::<1>([&input]).unwrap();
    let all = tape.program([x], [dx]).unwrap();
    // The argument of each sine is kept for its cosine.
    assert!(all.report().buffer_bytes() >= LAYERS * VECTOR);
    let [expected] = gradient(&all);
    let afresh = Tape::new();
    let leaf = afresh.leaf("x", &input);
    let y = (0..LAYERS).fold(leaf, |y, _| (y * 1.25).sin());
    assert_bits(&expected, &y.sum().backward()[leaf].value().into_owned());

    // k stretches: a vector for each border, one for each layer of a stretch, and at work the running value,
    // the cotangent and the cosine, with one more of each where a stretch ends.
    for k in [2, 4, 8, 16, 32] {
        let budget = (k + LAYERS.div_ceil(k) + 6) * VECTOR;
        let few = tape.program_builder([x], [dx]).memory(budget).build().unwrap();
        assert!(few.report().buffer_bytes() <= budget);
        assert_bits(&gradient(&few)[0], &expected);
        // Each layer is computed at most twice: two rows more.
        assert!(few.report().rows() <= all.report().rows() + 2 * LAYERS);
        assert!(few.report().operations() <= all.report().operations() + 2 * LAYERS * WIDTH);
    }
    // At the best k that is within 3 √n ≈ 95, and far from one.
    assert!(tape.program_builder([x], [dx]).memory(95 * VECTOR).build().is_ok());
    let error = tape.program_builder([x], [dx]).memory(VECTOR).build().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Size);
    // The least that it names will do.
    let least =
        error.to_string().split("the least found are ").nth(1).unwrap().split('.').next().unwrap().parse();
    let least: usize = least.unwrap();
    assert!(least <= 95 * VECTOR);
    let few = tape.program_builder([x], [dx]).memory(least).build().unwrap();
    assert_eq!(few.report().buffer_bytes(), least);
    assert_bits(&gradient(&few)[0], &expected);
}

/// A deep network: 40 layers of matrix products, a state that is carried, and weights that all layers share.
fn network<T: Float>() {
    let of = |shape: &[usize], seed| numbers(shape, seed).mapv(|x| T::from_f64(0.5 * x));
    let tape = Tape::<T>::new();
    let (x, w, b) =
        (tape.leaf("x", of(&[64, 16], 1)), tape.leaf("w", of(&[16, 16], 2)), tape.leaf("b", of(&[16], 3)));
    let loss = (0..40).fold(x, |x, _| x.linear(w, b).tanh() + x * T::from_f64(0.5)).square().mean();
    let grads = loss.backward();
    let next = w - grads[w] * T::from_f64(0.125);
    let builder = || tape.program_builder([x, b], [loss, grads[x], grads[b]]).carry([(w, next)]);
    let run = |program: &Program<T>| {
        let mut workspace = program.workspace();
        let run = |time| {
            program.run(&mut workspace, (&of(&[64, 16], 5 + time), &of(&[16], time))).unwrap();
            [0, 1, 2].map(|i| workspace.output(i).to_owned())
        };
        (0..3).flat_map(run).collect::<Vec<ArrayD<T>>>()
    };
    let all = builder().build().unwrap();
    let expected = run(&all);
    let mut smallest = all.report().buffer_bytes();
    for percent in [90, 70, 50, 35] {
        let budget = all.report().buffer_bytes() * percent / 100;
        let few = builder().memory(budget).build().unwrap();
        assert!(few.report().buffer_bytes() <= budget);
        smallest = few.report().buffer_bytes();
        run(&few).iter().zip(&expected).for_each(|(a, b)| assert_bits(a, b));
    }
    assert!(smallest < all.report().buffer_bytes() / 2);
}

#[test]
fn a_network_with_products() {
    network::<f32>();
    network::<f64>();
}

/// A budget that is met as it is changes nothing.
#[test]
fn what_fits_is_left_alone() {
    let tape = Tape::<f64>::new();
    let x = tape.leaf("x", numbers(&[100], 1));
    let y = x.exp().sin().sum();
    let dx = y.backward()[x];
    let plain = tape.program([x], [dx]).unwrap();
    let held = tape.program_builder([x], [dx]).memory(plain.report().buffer_bytes()).build().unwrap();
    assert_eq!(plain.report().rows(), held.report().rows());
    assert_eq!(plain.report().buffer_bytes(), held.report().buffer_bytes());
}
