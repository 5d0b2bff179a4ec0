//! Indices in what is recorded once and replayed: `Replayed`, state, guards, what is held fixed, budgets, precisions.

use super::{real, whole};
use ndarray::{ArrayD, arr1, arr2};
use std::cell::Cell;
use wengert::{Call, ErrorKind, Kind, Replayed, Tape, Var};

fn batch(seed: u64) -> (ArrayD<f64>, ArrayD<usize>) {
    (real(&[4, 3], 10, seed), whole(&[4], 3, seed))
}

/// The loss and its gradient, recorded afresh.
fn afresh(x: &ArrayD<f64>, labels: &ArrayD<usize>) -> Vec<ArrayD<f64>> {
    let tape = Tape::new();
    let x = tape.leaf("x", x);
    let loss = x.cross_entropy(labels);
    [loss, loss.backward()[x]].iter().map(|row| row.value().into_owned()).collect()
}

#[test]
fn labels_that_are_captured_are_found_out_in_the_second_call() {
    let labels = Cell::new([0, 1, 2, 0]);
    let mut step = Replayed::new(|call: Call<'_, f64>| vec![call.input(0).cross_entropy(labels.get())]);
    let x = real(&[4, 3], 10, 1);
    step.call_one(&x).unwrap();
    labels.set([0, 1, 1, 0]);
    let error = step.call_one(&x).unwrap_err();
    assert!(error.to_string().contains("is not pure"), "{error}");
    assert!(error.to_string().contains("(its element [2])"), "{error}");
}

#[test]
fn one_program_serves_all_batches_of_labels_that_are_fed() {
    let mut step = Replayed::new(|call: Call<'_, f64>| {
        let [x, labels] = call.inputs();
        let loss = x.cross_entropy(labels);
        vec![loss, loss.backward()[x]]
    });
    for seed in 0..8 {
        let (x, labels) = batch(seed);
        assert_eq!(step.call_to_vec((&x, &labels)).unwrap(), afresh(&x, &labels));
        // Of another type, and in another order.
        let small = labels.mapv(|label| u8::try_from(label).unwrap());
        assert_eq!(step.call_to_vec((&x, &small)).unwrap(), afresh(&x, &labels));
    }
    assert_eq!(step.len(), 1);
    let error = step.call_to_vec((&batch(1).0, &[0, 1, 2, 3])).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Index);
    let (x, labels) = batch(9);
    assert_eq!(step.call_to_vec((&x, &labels)).unwrap(), afresh(&x, &labels));
    // Another number of them is another program.
    step.call_to_vec((&real(&[2, 3], 10, 1), &[0, 1])).unwrap();
    assert_eq!(step.len(), 2);
}

/// A place that moves on by itself: the schedule of a look-up is in the program.
#[test]
fn integers_are_carried() {
    let tape = Tape::<f64>::new();
    let table = tape.constant([10.0, 20.0, 30.0]);
    let (at, seen) = (tape.indices("at", 0), tape.indices("seen", [0, 0]));
    let next = tape.constant([1.0, 2.0, 0.0]).to_indices().take(0, at);
    let shifted = tape.concat(0, [seen.narrow(0, 1, 1), at.reshape(1)]);
    let builder = tape.program_builder(tape.none(), [table.take(0, at)]);
    let program = builder.carry([(at, next), (seen, shifted)]).build().unwrap();
    assert_eq!(program.states().iter().map(|port| port.kind).collect::<Vec<_>>(), [Kind::Index; 2]);
    let mut workspace = program.workspace();
    for expected in [10.0, 20.0, 30.0, 10.0, 20.0] {
        program.run(&mut workspace, ()).unwrap();
        assert_eq!(workspace.output(0)[[]], expected);
    }
    assert_eq!(workspace.state("seen"), arr1(&[0.0, 1.0]).into_dyn());
    workspace.set_state("at", 2);
    program.run(&mut workspace, ()).unwrap();
    assert_eq!(workspace.output(0)[[]], 30.0);
    workspace.set_state("at", 1.5); // A number, which is looked at where it is used.
    assert_eq!(program.run(&mut workspace, ()).unwrap_err().kind(), ErrorKind::Index);
}

#[test]
fn comparisons_of_indices_are_guarded() {
    let mut f = Replayed::new(|call: Call<'_, f64>| {
        let [x, at] = call.inputs();
        vec![if at < 2.0 { x.take(0, at) } else { x.sum() }]
    });
    let x = arr1(&[1.0, 2.0, 4.0]);
    for (at, expected, paths) in
        [(0, 1.0, 1), (1, 2.0, 1), (3, 7.0, 2), (100, 7.0, 2), (2, 7.0, 3), (1, 2.0, 3), (-1, f64::NAN, 3)]
    {
        let result = f.call_one((&x, at));
        if at < 0 {
            assert_eq!(result.unwrap_err().kind(), ErrorKind::Index);
        } else {
            assert_eq!(result.unwrap()[[]], expected, "{at}");
        }
        assert_eq!(f.len(), paths, "{at}");
    }
}

/// A branch that protects a look-up decides before it is made, in whatever order a program runs its rows.
#[test]
fn a_branch_decides_before_what_it_protects() {
    let mut f = Replayed::new(|call: Call<'_, f64>| {
        let [x, at] = call.inputs();
        let n = 3.0;
        vec![if at.places_below(n) { x.take(0, at).sum() } else { -x.sum() }]
    });
    let x = arr1(&[1.0, 2.0, 4.0]);
    for (at, expected) in
        [([0, 1], 3.0), ([2, 2], 8.0), ([1, 1], 4.0), ([0, 3], -7.0), ([9, 9], -7.0), ([2, 0], 5.0)]
    {
        assert_eq!(f.call_one((&x, &at)).unwrap()[[]], expected, "{at:?}");
    }
    // The program alone says that it would take the other branch, and not that a place is none.
    let tape = Tape::new();
    let (x, at) = (tape.leaf("x", x), tape.indices("at", [0, 1]));
    let early = x.take(0, at).sum();
    let program = tape.program([x, at], early).unwrap();
    assert_eq!(program.replay_one((&[1.0, 2.0, 4.0], &[0, 3])).unwrap_err().kind(), ErrorKind::Index);
    assert!(at.places_below(3.0));
    let late = x.take(0, at).sum();
    let program = tape.program([x, at], late).unwrap();
    assert_eq!(program.replay_one((&[1.0, 2.0, 4.0], &[0, 3])).unwrap_err().kind(), ErrorKind::Branch);
}

trait Below {
    fn places_below(self, n: f64) -> bool;
}

impl Below for Var<'_, f64> {
    /// Whether all are, as the caller's control flow would ask.
    fn places_below(self, n: f64) -> bool {
        self.max() < n
    }
}

#[test]
fn what_is_held_fixed() {
    let tape = Tape::<f64>::new();
    let (x, at) = (tape.leaf("x", [1.0, 2.0, 3.0]), tape.indices("at", [0, 1]));
    let keep = tape.mask("keep", [true, false]);
    let y = keep.select(x.take(0, at), 0.0)
        + x.take(0, [2, 2])
        + x.masked_fill([true, false, true], 0.0).take(0, 1);
    let held = |inputs: &[Var<'_, f64>]| -> Vec<String> {
        let program = tape.program(inputs, y).unwrap();
        program.fixed().iter().map(|fixed| fixed.what.split(" %").next().unwrap().to_owned()).collect()
    };
    assert_eq!(held(&[x]), ["indices `at`", "mask `keep`", "indices", "mask"]);
    assert_eq!(held(&[x, at]), ["mask `keep`", "indices", "mask"]);
    assert_eq!(held(&[x, at, keep]), ["indices", "mask"]);
    assert_eq!(held(&[at]), ["leaf `x`", "mask `keep`", "indices", "mask"]);
}

/// Places that are computed are no values that were read; those that the caller read are.
#[test]
fn strict_tells_places_that_were_read() {
    let tape = Tape::<f64>::new();
    let x = tape.leaf("x", [1.0, 3.0, 2.0]);
    let best = x.take(0, x.argmax(0));
    assert!(tape.program_builder([x], [best]).strict().build().is_ok());
    let stale = x.take(0, x.argmax(0).places());
    assert_eq!(tape.program_builder([x], [stale]).strict().build().unwrap_err().kind(), ErrorKind::Read);
    let program = tape.program([x], [best, stale]).unwrap();
    assert_eq!(program.reads().len(), 1);
    let [best, stale] = program.replay::<2>([&arr1(&[5.0, 4.0, 6.0])]).unwrap();
    assert_eq!((best[[]], stale[[]]), (6.0, 4.0));
}

/// A chain of look-ups whose rows are computed again within a budget, with the same bits.
#[test]
fn look_ups_within_a_budget() {
    let (n, rounds) = (500, 60);
    let tape = Tape::<f64>::new();
    let (x, at) = (tape.leaf("x", real(&[n], 100, 1) / 100.0), tape.indices("at", whole(&[n], 500, 2)));
    let y = (0..rounds).fold(x, |y, _| (y.take(0, at) * 1.25).sin() + y.sort(0) * 0.5);
    let dx = y.sum().backward()[x];
    let all = tape.program([x, at], [y, dx]).unwrap();
    let bytes = all.report().buffer_bytes();
    let few = tape.program_builder([x, at], [y, dx]).memory(bytes / 2).build().unwrap();
    assert!(few.report().buffer_bytes() <= bytes / 2);
    for seed in 3..6 {
        let inputs = (real(&[n], 100, seed) / 100.0, whole(&[n], 500, seed + 10));
        let [all, few] = [&all, &few].map(|program| program.replay::<2>((&inputs.0, &inputs.1)).unwrap());
        assert_eq!(all, few);
    }
    let error = few.replay::<2>((&inputs(n), &ArrayD::from_elem(vec![n], n))).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Index);
}

fn inputs(n: usize) -> ArrayD<f64> {
    real(&[n], 100, 1)
}

/// Recorded in one precision and built in the other: places are the same numbers in both.
#[test]
fn programs_of_the_other_precision() {
    fn outputs<'t, T: wengert::Float>(x: Var<'t, T>, at: Var<'t, T>) -> Vec<Var<'t, T>> {
        let y = x.take(0, at).take_along(1, x.take(0, at).argsort(1));
        vec![y, y.sum().backward()[x], x.argmax(1), at.one_hot(3), x.take(0, [2, 2])]
    }
    let (x, at) = (arr2(&[[1.0, 3.0, 2.0], [4.0, 4.0, 0.0], [0.5, 0.25, 8.0]]), [2, 0]);
    let double = Tape::<f64>::new();
    let (a, b) = (double.leaf("x", &x), double.indices("at", at));
    let rows = outputs(a, b);
    let expected = double.program([a, b], &rows[..]).unwrap().replay_to_vec((&x, &[1, 2])).unwrap();
    let narrow = double.program_builder([a, b], &rows[..]).build_in::<f32>().unwrap();
    #[allow(clippy::cast_possible_truncation)] // They are exact in single precision.
    let single = x.mapv(|x| x as f32);
    let run = narrow.replay_to_vec((&single, &[1, 2])).unwrap();
    assert_eq!(run.iter().map(|out| out.mapv(f64::from)).collect::<Vec<_>>(), expected);
    let back = Tape::<f32>::new();
    let (a, b) = (back.leaf("x", &single), back.indices("at", at));
    let rows = outputs(a, b);
    let wide = back.program_builder([a, b], &rows[..]).build_in::<f64>().unwrap();
    assert_eq!(wide.replay_to_vec((&x, &[1, 2])).unwrap(), expected);
    for error in [
        narrow.replay_to_vec((&single, &[1, 3])).unwrap_err(),
        wide.replay_to_vec((&x, &[1, -1])).unwrap_err(),
        // What the program's own type does not count.
        narrow.replay_to_vec((&single, &[1, 1 << 24])).unwrap_err(),
    ] {
        assert_eq!(error.kind(), ErrorKind::Index, "{error}");
    }
}

/// Constant places that single precision cannot hold are told when the program is made, not rounded.
#[test]
fn constants_that_the_other_precision_cannot_count() {
    let tape = Tape::<f64>::new();
    let far = (1 << 24) + 1;
    let x = tape.leaf("x", 1.0);
    let row = x.broadcast_to(far + 1).take(0, [far, 3]);
    let narrow = tape.program_builder([x], [row]).build_in::<f32>();
    assert_eq!(narrow.map(drop).unwrap_err().kind(), ErrorKind::Index);
    assert!(tape.program_builder([x], [row]).build().is_ok());
}
