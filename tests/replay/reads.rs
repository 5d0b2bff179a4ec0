//! `strict`: a value that was read may have found its way back.

use ndarray::arr1;
use wengert::{ErrorKind, Gradients, Tape, Var};

fn refuses<'t>(tape: &'t Tape<f64>, inputs: &[Var<'t, f64>], output: Var<'t, f64>) -> bool {
    match tape.program_builder(inputs, [output]).strict().build() {
        Ok(_) => false,
        Err(error) => {
            assert_eq!(error.kind(), ErrorKind::Read);
            true
        }
    }
}

#[test]
fn reads_whenever_they_were() {
    let tape = Tape::<f64>::new();
    let x = tape.leaf("x", arr1(&[1.0, 2.0]));
    let y = x.sin().sum();
    assert!(!refuses(&tape, &[x], y)); // None yet.
    println!("{x:?} {y:?}"); // A print is none that counts.
    let z = y * 2.0;
    assert!(!refuses(&tape, &[x], z));
    println!("{}", y.item());
    // It may have chosen y, or z.
    assert!(refuses(&tape, &[x], z) && refuses(&tape, &[x], y));
    assert!(tape.program([x], [z]).is_ok());
}

#[test]
fn reads_of_what_no_input_changes() {
    let tape = Tape::<f64>::new();
    let (x, w, c) = (tape.leaf("x", 3.0), tape.leaf("w", 2.0), tape.constant(5.0));
    let y = x * c.item() + (w * c).item();
    assert!(!refuses(&tape, &[x], y));
    assert!(refuses(&tape, &[x, w], y));
    // Nor what is carried on.
    let carried = tape.program_builder([x], [y]).carry([(w, w + x)]).strict().build();
    assert_eq!(carried.unwrap_err().kind(), ErrorKind::Read);
}

/// A read chooses between rows that were there before: nothing is recorded after it, and it decides all the same.
#[test]
fn a_read_that_chooses_an_output() {
    let tape = Tape::<f64>::new();
    let x = tape.leaf("x", 3.0);
    let (double, negative) = (x * 2.0, -x);
    let y = if x.item() > 0.0 { double } else { negative };
    assert!(refuses(&tape, &[x], y));
}

/// What a replay of the tape gives is a value like any other.
#[test]
fn replays_are_reads() {
    let tape = Tape::<f64>::new();
    let x = tape.leaf("x", 3.0);
    let [seen] = tape.replay([(tape.leaf("other", 1.0), 2.0)], [x]).unwrap();
    assert!(refuses(&tape, &[x], x * seen[[]]));
    let tape = Tape::<f64>::new();
    let x = tape.leaf("x", 3.0);
    let y = x * x;
    let seen = tape.replay_one([(x, 5.0)], y).unwrap();
    assert!(refuses(&tape, &[x], y * tape.constant(seen)));
}

/// Printing is for people: it refuses nothing, and is not listed. What is read has its line.
#[test]
fn what_is_printed_is_not_read() {
    let tape = Tape::<f64>::new();
    let (x, w) = (tape.leaf("x", 3.0), tape.leaf("w", 2.0));
    let y = x * w;
    assert!(!format!("{x:?} {w:?} {w}").is_empty());
    assert!(!format!("{y:.4} {y:e}").is_empty());
    assert!(!refuses(&tape, &[x], y));
    assert!(!format!("{tape}").is_empty());
    assert!(!refuses(&tape, &[x], y));
    assert!(tape.program(x, y).unwrap().reads().is_empty());
    let line = line!() + 1;
    x.item();
    let program = tape.program(x, y).unwrap();
    y.value();
    w.item(); // no input
    assert_eq!(program.reads(), [format!("`x` at {}:{line}", file!())]);
    let program = tape.program(x, y).unwrap();
    let said = format!(
        "\nkeeps what was made of values that were read while it was recorded: `x` at {0}:{line}, row %2 (mul of `x` \
         and `w`) at {0}:{1}",
        file!(),
        line + 2
    );
    assert!(program.to_string().ends_with(&said), "{program}");
    assert!(refuses(&tape, &[x], y));
}

/// Whatever shows a tape, a row or a gradient to people takes nothing out of it.
#[test]
fn looking_is_not_reading() {
    fn shown(show: impl FnOnce()) -> String {
        show();
        "to standard output".into()
    }

    type Look = for<'t> fn(&'t Tape<f64>, Var<'t, f64>, Gradients<'t, f64>) -> String;
    let looks: [Look; 23] = [
        |tape, _, _| format!("{tape} {tape:#} {tape:60} {tape:?}"),
        |tape, _, _| format!("{} {:?}", tape.table().width(80).coloured(true), tape.table()),
        |tape, _, _| format!("{} {0:#} {0:?}", tape.equations()),
        |tape, x, _| format!("{} {:?}", tape.rule(tape.var(1)), x.prim()),
        |tape, _, _| tape.graph().to_dot() + &tape.graph().to_svg() + &tape.graph().opened().to_mermaid(),
        |tape, _, _| tape.player().to_html(),
        |tape, _, _| format!("{} {0:?}", tape.first_non_finite().expect("the slope at 0")),
        |tape, _, _| format!("{:?} {} {}", tape.verify(), tape.bytes(), tape.len()),
        |_, x, _| format!("{x} {x:?} {x:.2} {x:e}"),
        |tape, x, _| format!("{:?} {:?}", x.key(), tape.var(x.key()).shape()),
        |_, x, _| format!("{:?} {:?} {:?} {}", x.name(), x.kind(), x.location(), x.varies()),
        |_, x, grads| format!("{grads:?} {} {:?}", grads[x], grads.iter().count()),
        |tape, _, _| format!("{:?}", tape.vars().map(|row| row.operands().len()).max()),
        |tape, x, _| x.try_matmul(tape.leaf("other", [1.0, 2.0, 3.0])).unwrap_err().to_string(),
        |tape, _, _| shown(|| tape.evcxr_display()),
        |tape, _, _| shown(|| tape.table().evcxr_display()),
        |tape, _, _| shown(|| tape.equations().evcxr_display()),
        |tape, _, _| shown(|| tape.rule(tape.var(1)).evcxr_display()),
        |tape, _, _| shown(|| tape.player().evcxr_display()),
        |tape, _, _| shown(|| tape.first_non_finite().expect("the slope at 0").evcxr_display()),
        |_, x, _| shown(|| x.evcxr_display()),
        |_, _, grads| shown(|| grads.evcxr_display()),
        |tape, _, _| shown(|| tape.table().width(80).print()),
    ];
    for (i, look) in looks.into_iter().enumerate() {
        let tape = Tape::<f64>::new();
        let x = tape.leaf("x", [3.0, 0.0]);
        let loss = x.sqrt().sum().named("loss");
        let gradient = loss.backward()[x];
        assert!(!look(&tape, x, loss.backward()).is_empty());
        let program = tape.program_builder([x], [loss, gradient]).strict().build();
        let program = program.unwrap_or_else(|error| panic!("look {i}: {error}"));
        assert_eq!(program.reads(), <[&str; 0]>::default(), "look {i}");
        assert!(!program.to_string().contains("read"), "look {i}: {program}");
        // A program is looked at as well, and says the same of its own making.
        program.profile(&mut program.workspace(), arr1(&[1.0, 2.0]), 1).unwrap();
        assert!(tape.program([x], [loss]).unwrap().reads().is_empty(), "look {i}");
    }
}

/// A single row after the read is one too many: here the read decided which primitive it is.
#[test]
fn a_read_before_the_last_row() {
    let tape = Tape::<f64>::new();
    let x = tape.leaf("x", arr1(&[1.0, 2.0]));
    let y = if x.value()[0] > 0.0 { x.sum() } else { x.prod() };
    assert_eq!(tape.len(), 2);
    assert!(refuses(&tape, &[x], y));
}
