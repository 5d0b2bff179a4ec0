//! The same programs on each instruction set that the machine has.

use super::{assert_bits, map, numbers, products};
use ndarray::ArrayD;
use wengert::{Float, Instructions, Tape, Var};

/// What others test, on each: recorded as replayed, on several threads, mapped.
#[test]
fn what_holds_on_one_holds_on_all() {
    for instructions in Instructions::all() {
        instructions.with(|| {
            products::zeros_keep_their_signs();
            products::every_size_and_way_to_lie();
            map::numbers_run_wide();
            map::threads_share_the_lanes();
        });
    }
}

/// Elementwise functions, reductions, running sums, look-up and order, each with its gradient; no product of matrices.
fn without_products<'t, T: Float>(x: Var<'t, T>, y: Var<'t, T>) -> Vec<Var<'t, T>> {
    let size = x.abs() + T::from_f64(0.01);
    let elements = [
        x.exp(),
        size.log(),
        x.tanh(),
        x.logistic(),
        x.erf(),
        x.gelu(),
        x.gelu_tanh(),
        x.silu(),
        x.softplus(),
        x.sin() + x.cos(),
        size.sqrt() + size.rsqrt(),
        size.pow(y),
        x.atan2(y),
        x * y - y / size,
        x.maximum(y),
        x.gt(y).select(x, -y),
        x.softmax(1),
        x.log_softmax(0),
        x.cumsum(1),
        x.sort(1),
    ];
    let all = elements.into_iter().reduce(|sum, next| sum + next).expect("there are some");
    let sums = [
        x.sum(),
        x.sum_axis(0),
        x.sum_axis(1),
        x.mean(),
        x.var_axis(1, T::zero()),
        x.logsumexp(1),
        x.amax(0),
    ];
    let loss = sums.iter().fold((all * all).mean(), |loss, sum| loss + sum.square().mean());
    let grads = loss.backward();
    elements.into_iter().chain(sums).chain([loss, grads[x], grads[y]]).collect()
}

/// Outputs as recorded, which a program must give as well: fused, and on two threads.
fn recorded_and_replayed<T: Float>(
    shapes: [&[usize]; 2],
    record: impl for<'t> Fn(Var<'t, T>, Var<'t, T>) -> Vec<Var<'t, T>>,
) -> Vec<ArrayD<T>> {
    let tape = Tape::<T>::new();
    let [x, y] = [0, 1].map(|i| tape.leaf("x", numbers(shapes[i], i + 1).mapv(|x| T::from_f64(4.0 * x))));
    let outputs = record(x, y);
    let recorded: Vec<_> = outputs.iter().map(|output| output.value().into_owned()).collect();
    for threads in [1, 2] {
        let program = tape.program_builder([x, y], &outputs).threads(threads).build().unwrap();
        let replayed = program.replay_to_vec(vec![x.value().into_owned(), y.value().into_owned()]).unwrap();
        replayed.iter().zip(&recorded).for_each(|(replayed, recorded)| assert_bits(replayed, recorded));
    }
    recorded
}

fn same_without_products<T: Float>() {
    let run = || recorded_and_replayed::<T>([&[37, 61], &[37, 61]], without_products);
    let plain = Instructions::Plain.with(run);
    for instructions in Instructions::all() {
        instructions.with(run).iter().zip(&plain).for_each(|(a, b)| assert_bits(a, b));
    }
}

#[test]
fn all_but_products_has_the_same_bits_on_all() {
    same_without_products::<f32>();
    same_without_products::<f64>();
}

/// Enough for two threads, and for three pieces of each sum.
fn products_round_as_they_are_said_to<T: Float>() {
    let run = || recorded_and_replayed::<T>([&[60, 400], &[400, 260]], |x, y| vec![x.matmul(y)]);
    let all: Vec<_> = Instructions::all().into_iter().map(|set| (set.fused(), set.with(run))).collect();
    for ((fused, own), (other, others)) in all.iter().flat_map(|a| all.iter().map(move |b| (a, b))) {
        assert_eq!(own == others, fused == other);
    }
}

/// Where multiply-adds round once, in all sets that do; and so it is seen that a choice reaches each thread.
#[test]
fn products_have_the_same_bits_on_all_that_round_once() {
    products_round_as_they_are_said_to::<f32>();
    products_round_as_they_are_said_to::<f64>();
}
