//! Inputs may lie in memory as they like, and be of any size.

use super::{assert_bits, numbers, subsets, without};
use ndarray::{ArrayD, ArrayViewD, Axis, Slice};
use wengert::{Tape, Var};

/// A program with something for every kind of instruction.
fn record<'t>(x: &[Var<'t, f64>]) -> Vec<Var<'t, f64>> {
    let [a, b, c] = [x[0], x[1], x[2]]; // (4, 6), (4, 6), ()
    let product = a.matmul(b.t());
    let stack = x[0].tape().stack(0, [a, b]);
    let y = (product + c).tanh().sum() + (a * b).cumsum(1).sum() + stack.matmul(stack.swap_axes(1, 2)).sum();
    let moved = x[0].tape().concat(1, [a.pad_with([(0, 0), (1, 0)], 2.0), b.flip(1)]).take(1, [0, 3, 3, 12]);
    let all = y + moved.square().sum() + a.amax(0).sum();
    let grads = all.backward();
    vec![
        all,
        moved,
        grads[a],
        grads[b],
        grads[c],
        a.t(),
        a.flip(0),
        c.broadcast_to((2, 2)),
        b.narrow(1, 2, 3),
    ]
}

/// Whatever the inputs are: fresh recording, and replay of a program that was recorded on others.
fn assert_alike(
    inputs: &[ArrayViewD<'_, f64>],
    record: impl for<'t> Fn(&[Var<'t, f64>]) -> Vec<Var<'t, f64>>,
) {
    let afresh = Tape::new();
    let leaves: Vec<_> = inputs.iter().map(|x| afresh.leaf("x", x)).collect();
    let expected: Vec<ArrayD<f64>> = record(&leaves).iter().map(|y| y.value().into_owned()).collect();
    let tape = Tape::new();
    let leaves: Vec<_> = inputs.iter().zip(1..).map(|(x, i)| tape.leaf("x", numbers(x.shape(), i))).collect();
    let outputs = record(&leaves);
    for passes in subsets().step_by(9) {
        let program = without(tape.program_builder(&leaves, &outputs), &passes).build().unwrap();
        let mut workspace = program.workspace();
        for _ in 0..2 {
            program.run(&mut workspace, inputs).unwrap();
            for (i, expected) in expected.iter().enumerate() {
                assert_bits(&workspace.output(i).to_owned(), expected);
            }
        }
        program.replay_to_vec(inputs).unwrap().iter().zip(&expected).for_each(|(a, b)| assert_bits(a, b));
        // Into arrays that lie otherwise as well.
        let mut turned: Vec<_> =
            expected.iter().map(|y| ArrayD::zeros(y.t().shape()).reversed_axes()).collect();
        let sinks: Vec<_> = turned.iter_mut().collect();
        program.replay_into(&mut workspace, inputs, sinks).unwrap();
        turned.iter().zip(&expected).for_each(|(a, b)| assert_bits(a, b));
    }
}

#[test]
fn views_of_all_kinds() {
    let (plain, turned, large) = (numbers(&[4, 6], 5), numbers(&[6, 4], 6), numbers(&[9, 13], 7));
    let (row, column, number) = (numbers(&[6], 8), numbers(&[4, 1], 9), numbers(&[3], 10));
    let every_second = large.slice_each_axis(|axis| Slice::new(axis.axis.index().cast_signed(), None, 2));
    let mut backwards = plain.view();
    backwards.invert_axis(Axis(0));
    let mut both = every_second.view();
    both.invert_axis(Axis(1));
    let both = both.slice_axis(Axis(0), Slice::from(..4));
    let views = [
        plain.view(),
        turned.t(),
        both.view(),
        backwards.view(),
        backwards.t().reversed_axes(),
        row.broadcast(vec![4, 6]).unwrap(),
        column.broadcast(vec![4, 6]).unwrap(),
        large.slice_each_axis(|axis| Slice::from(..[4, 6][axis.axis.index()])),
    ];
    for (i, a) in views.iter().enumerate() {
        let (b, c) = (&views[(3 * i + 1) % views.len()], number.index_axis(Axis(0), i % 3));
        assert_alike(&[a.view(), b.view(), c], record);
    }
}

#[test]
fn nothing_and_next_to_nothing() {
    for shape in [&[0, 3][..], &[3, 0], &[0, 0], &[1, 1], &[1, 3], &[3, 1]] {
        let (a, b) = (numbers(shape, 1), numbers(shape, 2));
        assert_alike(&[a.view(), b.view()], |x| {
            let (a, b) = (x[0], x[1]);
            let loss =
                (a * b).sin().sum() + a.matmul(b.t()).square().sum() + a.t().matmul(b).sum_axis(0).sum();
            let grads = loss.backward();
            let joined = a.tape().concat(0, [a, b, a.flip(1)]);
            vec![
                loss,
                grads[a],
                grads[b],
                a.t(),
                joined,
                joined.cumsum(0),
                a.sum_axis(0),
                b.prod_axis(1),
                a.matmul(b.t()),
            ]
        });
    }
}

#[test]
fn numbers_alone() {
    let (a, b) = (numbers(&[], 1), numbers(&[], 2));
    assert_alike(&[a.view(), b.view()], |x| {
        let y = (x[0] * x[1]).sin() + x[0].reshape((1, 1)).sum();
        let grads = y.backward();
        vec![
            y,
            grads[x[0]],
            grads[x[1]],
            x[0],
            x[1].broadcast_to((2, 3)),
            x[0].reshape((1, 1, 1)),
            y.reshape(1).flip(0),
        ]
    });
}
