//! What a program says of its inputs and outputs, and every error about them: the texts are in
//! `tests/golden/errors-replay.txt`, see `tests/errors.rs`.

use crate::common::golden::{Golden, panic_of};
use ndarray::{Array1, Array2, arr0};
use wengert::{ErrorKind, Port, Tape};

#[test]
fn names_and_shapes() {
    let tape = Tape::<f32>::new();
    let (x, w) = (tape.leaf("X", Array2::zeros((2, 3))), tape.leaf("", Array1::zeros(3)));
    let y = x.matmul(w);
    let program = tape.program([x, w], [y, y.sum().named("total")]).unwrap();
    let named = |ports: &[Port]| ports.iter().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(named(program.inputs())[0], "X (2, 3)");
    assert_eq!(program.inputs()[1].shape, [3]);
    assert_eq!(named(program.outputs()), ["%4 (2,)", "total ()"]);
    assert!(program.to_string().starts_with("f32: X (2, 3), "), "{program}");
    assert!(program.to_string().ends_with(" -> %4 (2,), total ()"), "{program}");
}

/// Notes the error of an expression, all of it on one line.
macro_rules! note {
    ($golden:ident, $kind:ident, $title:literal => $wrong:expr) => {
        $golden.note($title, &$wrong.map(drop).expect_err($title), ErrorKind::$kind, line!())
    };
}

#[test]
fn what_is_given() {
    let mut golden = Golden::new("replay");
    let tape = Tape::<f64>::new();
    let (x, c) = (tape.leaf("x", Array2::zeros((2, 3))), tape.leaf("c", 1.0));
    let program = tape.program([x, c], [(x * c).named("y"), x.sum().named("total")]).unwrap();
    let (right, number) = (Array2::<f64>::zeros((2, 3)), 2.0);
    let (turned, longer) = (Array2::<f64>::zeros((3, 2)), Array2::<f64>::zeros((2, 4)));

    note!(golden, Signature, "no inputs" => program.replay::<2>(()));
    note!(golden, Signature, "one input too few" => program.replay::<2>([&right]));
    note!(golden, Signature, "one too many" => program.replay::<2>((&right, &number, &number)));
    note!(golden, Signature, "another shape" => program.replay::<2>((&longer, &number)));
    note!(golden, Signature, "transposed" => program.replay::<2>((&turned, &number)));
    note!(golden, Signature, "in another order" => program.replay::<2>((&number, &right)));
    note!(golden, Signature, "an axis of one for a number" => program.replay_to_vec((&right, &Array1::<f64>::zeros(1))));
    note!(golden, Signature, "one output of two" => program.replay::<1>((&right, &number)));
    note!(golden, Signature, "no output" => program.replay::<0>((&right, &number)));

    let mut own = program.workspace();
    let inputs = (&right, number);
    let (mut y, mut total, mut flat) = (Array2::zeros((2, 3)), 0.0, Array1::zeros(6));
    note!(golden, Signature, "nowhere to write to" => program.replay_into(&mut own, inputs, ()));
    note!(golden, Signature, "one array to write to" => program.replay_into(&mut own, inputs, [&mut y]));
    note!(golden, Signature, "a flat one" => program.replay_into(&mut own, inputs, (&mut flat, &mut total)));
    note!(golden, Signature, "a transposed one" => program.replay_into(&mut own, inputs, (&mut turned.clone(), &mut total)));
    assert!(own.try_output(0).is_err()); // Nothing was run.

    let twin = tape.program([x, c], [x * c, x.sum()]).unwrap();
    note!(golden, Signature, "another's workspace" => program.run(&mut twin.workspace(), inputs));
    note!(golden, Signature, "a closed program" => tape.program(tape.none(), [c]).unwrap().replay::<1>([&number]));
    assert!(program.clone().run(&mut own, inputs).is_ok()); // A clone is the same program.
    golden.compare();
}

#[test]
fn what_is_taken() {
    let mut golden = Golden::new("workspace");
    let tape = Tape::<f64>::new();
    let (x, w) = (tape.leaf("x", 1.0), tape.leaf("w", 3.0));
    let program = tape.program([x], [x * w]).unwrap();
    let mut workspace = program.workspace();
    note!(golden, Signature, "before a run" => workspace.try_output(0));
    note!(golden, Signature, "an output that is not there, before a run" => workspace.try_output(1));
    program.run(&mut workspace, 2.0).unwrap();
    assert_eq!(workspace.output(0), arr0(6.0).into_dyn());
    note!(golden, Signature, "an output that is not there" => workspace.try_output(1));
    note!(golden, Signature, "no state" => workspace.try_state(0));
    let mut carried = tape.program_builder([x], tape.none()).carry([(w, x * w)]).build().unwrap().workspace();
    note!(golden, Signature, "the only state" => carried.try_state(1));

    note!(golden, Signature, "to put in the wrong place" => carried.try_set_state(1, 2.0));
    note!(golden, Signature, "to put in another shape" => carried.try_set_state(0, Array1::<f64>::zeros(1)));
    note!(golden, Signature, "a name that is not there" => carried.try_state("v"));
    let (a, b) = (tape.leaf("twin", 1.0), tape.leaf("twin", 2.0));
    let twins = tape.program_builder(x, tape.none()).carry([(a, b), (b, a)]).build().unwrap().workspace();
    note!(golden, Signature, "a name of two" => twins.try_state("twin"));
    golden.panics("no place to put it", panic_of(|| carried.set_state(7, 2.0)), line!());

    golden.panics("no such output", panic_of(|| workspace.output(7).len()), line!());
    golden.panics("no such state", panic_of(|| workspace.state(7).len()), line!());
    golden.compare();
}

#[test]
fn what_makes_no_program() {
    let mut golden = Golden::new("program");
    let (tape, elsewhere) = (Tape::<f64>::new(), Tape::<f64>::new());
    let (x, y) = (tape.leaf("x", Array1::zeros(3)), tape.leaf("y", 2.0));
    let (z, stranger) = ((x * y).named("z"), elsewhere.leaf("stranger", 1.0));
    note!(golden, Signature, "an input that is computed" => tape.program([x, z], [z]));
    note!(golden, Signature, "a leaf twice" => tape.program([x, y, x], [z]));
    note!(golden, Signature, "an input that is carried" => tape.program_builder([y], [z]).carry([(y, y + 1.0)]).build());
    note!(golden, Signature, "carried twice" => tape.program_builder(tape.none(), [z]).carry([(y, y), (y, z.sum())]).build());
    note!(golden, Signature, "carried and computed" => tape.program_builder(tape.none(), [z]).carry([(z, x)]).build());
    note!(golden, Signature, "no threads" => tape.program_builder([x], [z]).threads(0).build());
    note!(golden, Signature, "no outputs" => tape.program([x], tape.none()));
    note!(golden, OtherTape, "an input of another tape" => tape.program([stranger], [z]));
    note!(golden, OtherTape, "an output of another tape" => tape.program([x], [z, stranger]));
    note!(golden, OtherTape, "a state of another tape" => tape.program_builder(tape.none(), [z]).carry([(stranger, y)]).build());
    note!(golden, OtherTape, "a next of another tape" => tape.program_builder(tape.none(), [z]).carry([(y, stranger)]).build());
    note!(golden, Shape, "a state of another shape" => tape.program_builder(tape.none(), [z]).carry([(x, z.sum())]).build());
    let loss = (0..10).fold(x, |x, _| x.sin()).sum();
    let dx = loss.backward()[x];
    note!(golden, Size, "a budget that cannot be met" => tape.program_builder([x], [dx]).memory(8).build());
    note!(golden, Size, "for numbers of half the size" => tape.program_builder([x], [dx]).memory(8).build_in::<f32>());
    golden.compare();
}

#[test]
fn what_was_recorded() {
    let mut golden = Golden::new("recorded");
    let tape = Tape::<f64>::new();
    let x = tape.leaf("x", 3.0);
    let (y, read) = (x * x.item(), line!());
    let (big, compared) = (y > 5.0, line!());
    assert!(big);
    let z = y + 1.0;
    note!(golden, Read, "a value that was read" => tape.program_builder([x], [z]).strict().build());
    let program = tape.program([x], [z]).unwrap();
    note!(golden, Branch, "another branch" => program.run(&mut program.workspace(), 1.0));
    // They name the line that was recorded as well.
    for line in [read, compared] {
        let at = format!(" at {}:{line}:", file!());
        assert!(golden.text.contains(&at), "{}", golden.text);
        golden.text = golden.text.replace(&at, " at FILE:LINE:");
    }
    golden.compare();
}

/// What nobody fed and nobody sees go stale.
#[test]
fn what_is_held_fixed() {
    let tape = Tape::<f64>::new();
    let (x, w) = (tape.leaf("x", Array2::zeros((2, 3))), tape.leaf("w", Array2::ones((2, 3))));
    let (table, line) = (tape.constant(ndarray::arr2(&[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])), line!());
    let unused = tape.leaf("unused", 1.0);
    let y = ((x * w + table) * 2.0 + 1.0).take(1, [0, 2, 2]).sum();
    let grad = y.backward()[x];
    let program = tape.program(x, [y, grad]).unwrap();
    let held: Vec<(&str, &[usize])> =
        program.fixed().iter().map(|f| (f.what.as_str(), &f.shape[..])).collect();
    assert_eq!(held, [("leaf `w`", &[2, 3][..]), ("constant %2", &[2, 3]), ("indices %12", &[3])]);
    assert_eq!((program.fixed()[1].location.file(), program.fixed()[1].location.line()), (file!(), line));
    let text = program.to_string();
    assert!(text.contains("\nholds fixed leaf `w` (2, 3) at ") && !text.contains("unused"), "{text}");
    assert!(program.report().to_string().contains("holds fixed leaf `w`"));
    let carried = tape.program_builder([x, unused], [y]).carry([(w, w + x)]).build().unwrap();
    assert!(carried.fixed().iter().all(|fixed| fixed.what != "leaf `w`"));
    assert!(carried.to_string().contains("\ncarries w (2, 3)"), "{carried}");
}

/// An error is named after the method that was called, and says the same of an input whichever it was.
#[test]
fn errors_go_by_the_method() {
    let tape = Tape::<f64>::new();
    let x = tape.leaf("x", [1.0, 2.0]);
    let low = x.sum() < 10.0;
    assert!(low);
    let program = tape.program_builder([x], [x * 2.0]).traced().build().unwrap();
    let mapped = program.map(3).unwrap();
    let (mut workspace, mut lanes) = (program.workspace(), mapped.workspace());
    let mut out = Array1::<f64>::zeros(2);
    let refused = |wrong: &Array1<f64>, workspace: &mut _, out: &mut Array1<f64>| {
        [
            ("replay", program.replay::<1>(wrong).err()),
            ("replay", program.replay_one(wrong).err()),
            ("replay", program.replay_to_vec(wrong).err()),
            ("replay", program.replay_into(workspace, wrong, out).err()),
            ("run", program.run(workspace, wrong).err()),
            ("profile", program.profile(workspace, wrong, 3).err()),
            ("first_non_finite", program.first_non_finite(workspace, wrong).err()),
        ]
    };
    let long = Array1::zeros(3);
    for (method, error) in refused(&long, &mut workspace, &mut out) {
        let error = error.expect("another shape");
        assert_eq!((error.operation(), error.kind()), (method, ErrorKind::Signature));
        let said = format!(
            "{method}: input 0, `x`, has shape (2,); given an array of shape (3,). A program is made for the shapes that \
             were recorded: for others, record again. (at {}:",
            file!()
        );
        assert!(error.to_string().starts_with(&said), "{error}");
    }
    // So where a comparison turns out otherwise; to look for a NaN makes none.
    for (method, error) in refused(&ndarray::arr1(&[10.0, 20.0]), &mut workspace, &mut out) {
        let told = error.map(|error| (error.operation(), error.kind()));
        assert_eq!(told, (method != "first_non_finite").then_some((method, ErrorKind::Branch)));
    }
    for (method, error) in [
        ("replay", mapped.replay::<1>(&long).err()),
        ("replay", mapped.replay_into(&mut lanes, &long, &mut out).err()),
        ("run", mapped.run(&mut lanes, &long).err()),
        ("run", mapped.run(&mut lanes, Array2::from_elem((3, 2), 20.0)).err()),
    ] {
        assert_eq!(error.expect("another shape, or path").operation(), method);
    }
}
