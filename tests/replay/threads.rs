//! Programs are shared between threads, and products by them.

use super::{assert_bits, numbers};
use ndarray::{ArrayD, arr0};
use std::thread;
use wengert::{Arithmetic, Call, Error, Float, Input, Path, Program, Replayed, Tape, Var, Workspace};

/// To be read by the compiler.
fn is_shared<S: Send + Sync>() {}
fn is_sent<S: Send>() {}

#[test]
fn programs_are_send_and_sync() {
    is_shared::<Program<f32>>();
    is_shared::<Program<f64>>();
    is_sent::<Workspace<f32>>();
    is_sent::<Workspace<f64>>();
    is_shared::<Workspace<f64>>();
    is_shared::<Replayed<f64, for<'t> fn(Call<'t, f64>) -> Vec<Var<'t, f64>>>>();
    is_shared::<Path<f32>>();
    is_shared::<Error>();
}

#[test]
fn each_thread_with_a_workspace_of_its_own() {
    let tape = Tape::<f64>::new();
    let (x, w) = (tape.leaf("x", numbers(&[30, 20], 1)), tape.leaf("w", numbers(&[20, 10], 2)));
    let loss = x.matmul(w).tanh().square().sum();
    let next = w - loss.backward()[w] * 0.125;
    let step = tape.program_builder([x], [loss, next]).carry([(w, next)]).build().unwrap();
    let closed = tape.program([x], [loss, next]).unwrap();
    let run = || {
        let mut workspace = step.workspace();
        let outputs = (0..20).flat_map(|time| {
            let x = numbers(&[30, 20], time);
            step.run(&mut workspace, [&x]).unwrap();
            let carried = [0, 1].map(|i| workspace.output(i).to_owned());
            carried.into_iter().chain(closed.replay::<2>([&x]).unwrap())
        });
        outputs.collect::<Vec<ArrayD<f64>>>()
    };
    let alone = run();
    let together: Vec<_> = thread::scope(|scope| {
        let threads: Vec<_> = (0..4).map(|_| scope.spawn(run)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    together.iter().flat_map(|run| run.iter().zip(&alone)).for_each(|(a, b)| assert_bits(a, b));
}

/// 256 · 784 · 512 multiplications are 103 million: enough for many threads; the second product is split by columns.
fn split_products<T: Float>() {
    let of = |shape: &[usize], seed| numbers(shape, seed).mapv(T::from_f64);
    let tape = Tape::<T>::new();
    let [x, w, v] = [
        tape.leaf("x", of(&[256, 784], 1)),
        tape.leaf("w", of(&[784, 512], 2)),
        tape.leaf("v", of(&[16, 256], 3)),
    ];
    let y = x.matmul(w);
    let outputs = [y, (y + T::one()).relu().sum_axis(0), v.matmul(y)];
    let inputs = [of(&[256, 784], 4), of(&[784, 512], 5), of(&[16, 256], 6)];
    let run = |threads| {
        let program = tape.program_builder([x, w, v], outputs).threads(threads).build().unwrap();
        program.replay::<3>((&inputs[0], &inputs[1], &inputs[2])).unwrap()
    };
    let alone = run(1);
    for threads in [2, 3, 8] {
        run(threads).iter().zip(&alone).for_each(|(a, b)| assert_bits(a, b));
    }
    // The bits of recording, too.
    let afresh = Tape::new();
    let [x, w] = [0, 1].map(|i| afresh.leaf("x", &inputs[i]));
    assert_bits(&alone[0], &x.matmul(w).value().into_owned());
}

#[test]
fn the_number_of_threads_changes_no_bit() {
    split_products::<f32>();
    split_products::<f64>();
}

/// Work of every kind that threads share: blocks, rows that are reduced, columns and all of
/// an array, in one term or in thousands; what repeats and what is broadcast; products with what follows them; stacks.
fn every_kind<T: Float>([x, y, row, column, w, stack]: [Var<'_, T>; 6]) -> Vec<Var<'_, T>> {
    let z = (x * y + row).tanh(); // blocks, and what repeats
    let softmax = (x - column).softmax(1); // rows
    let product = (x.matmul(w) + T::one()).relu(); // a product, and what follows
    let turned = (x.t().exp() - y.t()).square(); // other orders in memory
    let pairs = stack.matmul(stack.swap_axes(1, 2)); // a stack
    let loss = (z + softmax).sum()
        + product.square().sum()
        + pairs.square().mean()
        + (row.broadcast_to((column.shape()[0], row.shape()[1])) * column).cos().sum();
    let grads = loss.backward();
    let sums = [x.sin().sum_axis(0), (x * y).sum_axis(0), product.sum_axis(0), turned.sum_axis(1)];
    let more = [y.amax(1), y.amax(0), x.sum(), stack.sum_axis(1), z, softmax, product, turned, pairs];
    let rest = [x, y, row, column, w, stack].map(|leaf| grads[leaf]);
    [loss].into_iter().chain(sums).chain(more).chain(rest).collect()
}

/// The same bits by any number of threads, replayed and recorded.
fn shared_work<T: Float>(rows: usize, columns: usize) {
    let of = |shape: &[usize], seed| numbers(shape, seed).mapv(T::from_f64);
    let shapes =
        [&[rows, columns][..], &[rows, columns], &[1, columns], &[rows, 1], &[columns, 24], &[6, 90, 32]];
    let draw = |seed: usize| shapes.map(|shape| of(shape, seed + shape[0]));
    let (examples, inputs) = (draw(1), draw(7));
    let tape = Tape::<T>::new();
    let leaves = std::array::from_fn(|i| tape.leaf("", &examples[i]));
    let outputs = every_kind(leaves);
    let run = |threads| {
        let builder = tape.program_builder(leaves, &outputs).threads(threads);
        let feeds: Vec<Input<'_, T>> = inputs.iter().map(Input::from).collect();
        builder.build().unwrap().replay_to_vec(&feeds[..]).unwrap()
    };
    let alone = run(1);
    for threads in [1, 2, 5] {
        let afresh = Tape::new();
        afresh.limit_threads(threads);
        let again = every_kind(std::array::from_fn(|i| afresh.leaf("", &inputs[i])));
        again.iter().zip(&alone).for_each(|(a, b)| assert_bits(&a.value().into_owned(), b));
    }
    for threads in [2, 3, 7] {
        run(threads).iter().zip(&alone).for_each(|(a, b)| assert_bits(a, b));
    }
}

#[test]
fn threads_share_work_of_every_kind_to_the_bit() {
    shared_work::<f32>(1300, 60); // more than a thousand terms, narrow
    shared_work::<f32>(60, 1300); // and the other way round
    shared_work::<f64>(301, 177); // nothing divides anything
    shared_work::<f64>(12_000, 3);
    shared_work::<f32>(4, 20_001); // more columns than a strip has
}

/// The blocks of a wide product are not in step with what repeats in them.
#[test]
fn what_repeats_beside_a_product_of_another_width() {
    let tape = Tape::<f32>::new();
    let of = |shape: &[usize], seed| numbers(shape, seed).mapv(<f32 as Arithmetic>::from_f64);
    let [a, b, bias] = [of(&[4, 10], 1), of(&[10, 1502], 2), of(&[8], 3)];
    let [a, b, bias] = [a, b, bias].map(|array| tape.leaf("", array));
    let y = a.matmul(b).reshape((751, 8)) + bias;
    assert_bits(
        &tape
            .program([a, b, bias], y)
            .unwrap()
            .replay_one([a, b, bias].map(|var| var.value().into_owned()))
            .unwrap(),
        &y.value().into_owned(),
    );
}

#[test]
fn a_program_outlives_its_tape_and_its_threads() {
    let program = {
        let tape = Tape::<f64>::new();
        let x = tape.leaf("x", 1.0);
        tape.program([x], [x * 2.0]).unwrap()
    };
    let moved = program.clone();
    thread::spawn(move || moved.replay::<1>(1.0).unwrap()).join().unwrap();
    assert_eq!(program.replay(4.0).unwrap(), [arr0(8.0).into_dyn()]);
}
