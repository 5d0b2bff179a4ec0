//! Integers, masks and draws that a program is fed: of any type, checked in each run, never frozen without being listed.

use crate::common::golden::Golden;
use ndarray::{Array1, Array2, ArrayD, arr0, arr1, arr2, s};
use wengert::random::Draws;
use wengert::{Call, ErrorKind, Input, Kind, Pass, Program, Replayed, Tape, Var};

/// x\[i\] for a table of ten and two places.
fn looking_up() -> Program<f64> {
    let tape = Tape::<f64>::new();
    let table = tape.constant(Array1::linspace(0.0, 9.0, 10));
    let at = tape.indices("at", [0, 1]);
    tape.program(at, table.take(0, at)).unwrap()
}

fn expect<'a>(program: &Program<f64>, fed: impl Into<Input<'a, f64>>) {
    let fed: Input<'_, f64> = fed.into();
    assert_eq!(program.replay_one(fed).unwrap(), arr1(&[7.0, 3.0]).into_dyn());
}

#[test]
fn integers_of_every_type_and_kind_of_array() {
    let program = looking_up();
    assert_eq!(
        (program.inputs()[0].kind, program.inputs()[0].to_string()),
        (Kind::Index, "at (2,) of indices".into())
    );
    macro_rules! of {
        ($($type:ident)+) => {
            $(let array = arr1(&[7 as $type, 3]);
            expect(&program, &array);
            expect(&program, array.view());
            expect(&program, array.clone());
            expect(&program, &array.to_shared());
            expect(&program, vec![7 as $type, 3]);
            expect(&program, &[7 as $type, 3]);
            expect(&program, [7 as $type, 3].as_slice());
            expect(&program, arr1(&[3 as $type, 0, 7]).slice(s![..;-2]));)+
        };
    }
    of!(i8 i16 i32 i64 isize u8 u16 u32 u64 usize);
    let wide = arr2(&[[7, 1], [3, 2]]);
    expect(&program, wide.column(0)); // strided
    expect(&program, arr1(&[7.0, 3.0])); // as another program's output is
}

#[test]
fn numbers_and_masks() {
    let tape = Tape::<f32>::new();
    let (x, at, keep) = (tape.leaf("x", [1.0, 2.0]), tape.indices("at", 0), tape.mask("keep", true));
    let program = tape.program([x, at, keep], keep.select(x.take(0, at), -1.0)).unwrap();
    let run = |at: usize, keep: bool| program.replay_one((&arr1(&[5.0, 6.0]), at, keep)).unwrap()[[]];
    assert_eq!([run(0, true), run(1, true), run(1, false)], [5.0, 6.0, -1.0]);
    let many = tape.mask("many", [true, false]);
    let program = tape.program([x, many], many.select(x, 0.0)).unwrap();
    for fed in [Input::from(&arr1(&[false, true])), vec![false, true].into(), (&[0.0, 1.0]).into()] {
        assert_eq!(program.replay_one((&[5.0, 6.0], fed)).unwrap(), arr1(&[0.0, 6.0]).into_dyn());
    }
}

/// In each run, at the axis that is looked into; and nothing has moved after it.
#[test]
fn what_is_no_place() {
    let mut golden = Golden::new("indices");
    let tape = Tape::<f64>::new();
    let table = tape.leaf("table", Array2::zeros((3, 2)));
    let (tokens, labels) = (tape.indices("tokens", [[0, 1], [2, 0]]), tape.indices("labels", [0, 1]));
    let count = tape.leaf("count", 0.0);
    let h = table.embedding(tokens).sum_axis(1);
    let loss = h.cross_entropy(labels);
    let line = line!() - 1;
    let grad = loss.backward()[table];
    let builder = tape.program_builder([table, tokens, labels], [loss, grad]);
    let program = builder.carry([(count, count + 1.0)]).build().unwrap();
    let mut own = program.workspace();
    let (w, right, ok) = (Array2::<f64>::ones((3, 2)), arr2(&[[0, 1], [2, 2]]), arr1(&[1, 0]));
    program.run(&mut own, (&w, &right, &ok)).unwrap();
    macro_rules! note {
        ($title:literal, $tokens:expr, $labels:expr) => {
            let (tokens, labels) = ($tokens, $labels);
            let error = program.run(&mut own, (&w, &tokens, &labels)).expect_err($title);
            let recorded = format!("recorded at {}:{}", file!(), line);
            let told = error.to_string().replace(&recorded, "recorded at THERE");
            let told =
                told.replace(&format!("recorded at {}:{}", file!(), line - 1), "recorded before THERE");
            golden.text.extend(["# ", $title, "\n", told.split(" (at ").next().unwrap(), "\n\n"]);
            assert_eq!((error.kind(), error.location().file()), (ErrorKind::Index, file!()));
            assert!(own.try_output(0).is_err());
            assert_eq!(own.state("count"), arr0(1.0).into_dyn());
        };
    }
    note!("one too far", arr2(&[[0, 1], [3, 2]]), ok.clone());
    note!("a negative one", arr2(&[[0, 1], [2, -1]]), ok.clone());
    note!("a label that is no class", right.clone(), arr1(&[1, 2]));
    note!("no whole number", arr2(&[[0.0, 1.0], [2.0, 0.5]]), ok.clone());
    note!("not a number", arr2(&[[f64::NAN, 1.0], [2.0, 0.0]]), ok.clone());
    golden.compare();
    program.run(&mut own, (&w, &right, &ok)).unwrap(); // and it goes on
    assert_eq!(own.state("count"), arr0(2.0).into_dyn());
}

#[test]
fn what_is_fed_of_the_wrong_kind() {
    let mut golden = Golden::new("kinds");
    let tape = Tape::<f32>::new();
    let (x, at, keep) =
        (tape.leaf("x", [1.0, 2.0]), tape.indices("at", [0]), tape.mask("keep", [true, true]));
    let program = tape.program([x, at, keep], keep.select(x, 0.0).take(0, at)).unwrap();
    let (real, places, truths) = (arr1(&[1.0_f32, 2.0]), arr1(&[1]), arr1(&[true, false]));
    assert!(program.replay_one((&real, &places, &truths)).is_ok());
    macro_rules! note {
        ($title:literal, $kind:ident, $inputs:expr) => {
            golden.note($title, &program.replay_one($inputs).expect_err($title), ErrorKind::$kind, line!());
        };
    }
    note!("integers for numbers", Signature, (&arr1(&[1, 2]), &places, &truths));
    note!("truths for indices", Signature, (&real, &arr1(&[true]), &truths));
    note!("integers for a mask", Signature, (&real, &places, &arr1(&[1, 0])));
    note!("beyond what counts", Index, (&real, &arr1(&[1_u64 << 24]), &truths));
    golden.compare();
}

#[test]
fn one_program_serves_all_batches() {
    let mut loss = Replayed::new(|call: Call<'_, f64>| {
        let [logits, labels] = call.inputs();
        vec![logits.cross_entropy(labels)]
    });
    let logits = arr2(&[[2.0, 0.0]]);
    for (label, nats) in [(0, 0.126_928), (1, 2.126_928), (0, 0.126_928), (1, 2.126_928)] {
        assert!((loss.call_one((&logits, &[label])).unwrap()[[]] - nats).abs() < 1e-6);
    }
    assert_eq!((loss.len(), loss.paths().next().unwrap().replays()), (1, 2));
}

/// Labels that the closure has captured and changes are no input, and are found out before they could be replayed.
#[test]
fn labels_that_are_captured() {
    let mut label = 0;
    let mut loss = Replayed::new(|call: Call<'_, f64>| {
        label = 1 - label;
        vec![call.input(0).cross_entropy([label])]
    });
    let logits = arr2(&[[2.0, 0.0]]);
    loss.call_one(&logits).unwrap();
    assert_eq!(loss.call_one(&logits).unwrap_err().kind(), ErrorKind::Impure);
    // On a tape they are held fixed, which is listed.
    let tape = Tape::<f64>::new();
    let x = tape.leaf("x", &logits);
    let program = tape.program(x, x.cross_entropy([1])).unwrap();
    assert!(program.fixed()[0].what.starts_with("indices %"), "{program}");
    let named = tape.indices("labels", [1]);
    assert_eq!(tape.program(x, x.cross_entropy(named)).unwrap().fixed()[0].what, "indices `labels`");
    assert!(tape.program([x, named], x.cross_entropy(named)).unwrap().fixed().is_empty());
}

#[test]
fn indices_that_are_carried() {
    let tape = Tape::<f64>::new();
    let text = tape.constant([3.0, 1.0, 4.0, 1.0, 5.0]);
    let at = tape.indices("at", 0);
    let next = (at + 2.0).to_indices();
    let program = tape.program_builder(tape.none(), [text.take(0, at)]).carry([(at, next)]).build().unwrap();
    let mut own = program.workspace();
    let read = |own: &mut wengert::Workspace<f64>| program.run(own, ()).map(|()| own.output(0)[[]]);
    assert_eq!([read(&mut own), read(&mut own), read(&mut own)].map(Result::unwrap), [3.0, 4.0, 5.0]);
    assert_eq!(read(&mut own).unwrap_err().kind(), ErrorKind::Index); // place 6
    assert_eq!(own.state("at"), arr0(6.0).into_dyn()); // it is still there
    own.set_state("at", 1);
    assert_eq!(read(&mut own).unwrap(), 1.0);
    // What is indices stays so.
    let refused = tape.program_builder(tape.none(), [at]).carry([(at, at + 0.5)]).build();
    assert_eq!(refused.unwrap_err().kind(), ErrorKind::Signature);
}

/// A comparison that was made before an index went astray says first that this is another path.
#[test]
fn the_branch_before_the_look_up_decides() {
    let mut f = Replayed::new(|call: Call<'_, f64>| {
        let [x, at] = call.inputs();
        vec![if at < 2.0 { x.take(0, at) } else { x.sum() }]
    });
    let x = arr1(&[10.0, 20.0]);
    let mut call = |at: i32| f.call_one((&x, at)).unwrap()[[]];
    assert_eq!([0, 1, 1, 5, 0, 9, 9, 1].map(&mut call), [10.0, 20.0, 20.0, 30.0, 10.0, 30.0, 30.0, 20.0]);
    assert_eq!(f.len(), 2);
    // Between indices as well.
    let tape = Tape::<f64>::new();
    let (i, j) = (tape.indices("i", 3), tape.indices("j", 4));
    assert!(i < j);
    let program = tape.program([i, j], j - i).unwrap();
    assert_eq!(program.replay_one((1, 5)).unwrap()[[]], 4.0);
    assert_eq!(program.replay_one((5, 1)).unwrap_err().kind(), ErrorKind::Branch);
}

/// Slices, transposes, concatenations and choices of indices are indices.
#[test]
fn views_of_indices() {
    let tape = Tape::<f64>::new();
    let table = tape.constant(Array1::linspace(0.0, 99.0, 100));
    let at = tape.indices("at", [[1, 2, 3], [4, 5, 6]]);
    let more = tape.concat(0, [at.t().reshape(6), at.slice(s![1, ..;-1])]);
    let chosen = more.gt(3.0).select(more, tape.indices("none", 0));
    assert!([at.t(), more, chosen].iter().all(|row| row.kind() == Kind::Index));
    let program = tape.program(at, table.take(0, chosen)).unwrap();
    let fed = arr2(&[[10, 2, 30], [4, 50, 6]]);
    let expected = [10.0, 4.0, 0.0, 50.0, 30.0, 6.0, 6.0, 50.0, 4.0];
    assert_eq!(program.replay_one(&fed).unwrap(), arr1(&expected).into_dyn());
    assert_eq!(
        program.replay_one(arr2(&[[6, 50, 4], [30, 2, 10]]).slice(s![..;-1, ..;-1])).unwrap(),
        arr1(&[10.0, 4.0, 0.0, 50.0, 30.0, 6.0, 6.0, 50.0, 4.0]).into_dyn()
    );
}

#[test]
fn under_every_pass_and_a_budget() {
    let mut draws = Draws::new(4);
    let tape = Tape::<f64>::new();
    let w = tape.leaf("w", draws.uniform::<f64, _>((50, 8)));
    let at = tape.indices("at", draws.below(50, (20, 4)));
    let h = (0..6).fold(w.embedding(at), |h, _| (h.tanh() * 1.5).sort(1));
    let loss = h.topk(2, -1).0.square().sum();
    let grad = loss.backward()[w];
    let (values, places) = (draws.uniform::<f64, _>((50, 8)), draws.below(50, (20, 4)));
    let expected: Vec<ArrayD<f64>> = {
        let again = Tape::<f64>::new();
        let w = again.leaf("w", &values);
        let h = (0..6).fold(w.embedding(&places), |h: Var<'_, f64>, _| (h.tanh() * 1.5).sort(1));
        let loss = h.topk(2, -1).0.square().sum();
        [loss, loss.backward()[w]].map(|row| row.value().into_owned()).into()
    };
    let builder = || tape.program_builder([w, at], [loss, grad]);
    let all = builder().build().unwrap();
    let few = builder().memory(all.report().buffer_bytes() * 2 / 3).build().unwrap();
    let plain = Pass::ALL.into_iter().fold(builder(), wengert::ProgramBuilder::without).build().unwrap();
    for program in [all, few, plain] {
        assert_eq!(program.replay_to_vec((&values, &places)).unwrap(), expected);
    }
}

/// A program of a tape in double precision, made in single: the places are the same.
#[test]
fn in_the_other_precision() {
    let tape = Tape::<f64>::new();
    let (x, at) = (tape.leaf("x", [1.0, 2.0, 3.0]), tape.indices("at", [0, 2]));
    let program = tape.program_builder([x, at], [x.take(0, at), x.argsort(0)]).build_in::<f32>().unwrap();
    let [taken, places] = program.replay((&arr1(&[9.0_f32, 8.0, 7.0]), &[2_u8, 1])).unwrap();
    assert_eq!((taken, places), (arr1(&[7.0, 8.0]).into_dyn(), arr1(&[2.0, 1.0, 0.0]).into_dyn()));
}

/// A hundred thousand rows of 64, and places in all of it.
#[test]
fn a_large_table() {
    let tape = Tape::<f32>::new();
    let table = tape.leaf(
        "table",
        Array2::from_shape_fn((100_000, 64), |(i, _)| f32::from(u16::try_from(i % 1000).unwrap())),
    );
    let at = tape.indices("at", [0, 99_999]);
    let y = table.embedding(at);
    assert_eq!(y.value()[[1, 63]], 999.0);
    let grad = y.sum().backward()[table];
    assert_eq!(grad.value().sum(), 128.0);
    let program = tape.program(at, y).unwrap();
    assert_eq!(program.replay_one((&[54_321, 7],)).unwrap()[[0, 0]], 321.0);
}
