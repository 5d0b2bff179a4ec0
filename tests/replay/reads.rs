//! `strict`: a value that was read may have found its way back.

use ndarray::arr1;
use wengert::{ErrorKind, Tape, Var};

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

/// Printing is for people: it is listed, and refuses nothing.
#[test]
fn what_is_printed_is_listed() {
    let tape = Tape::<f64>::new();
    let (x, w) = (tape.leaf("x", 3.0), tape.leaf("w", 2.0));
    let y = x * w;
    assert!(!format!("{x:?} {w:?} {w}").is_empty());
    assert!(!format!("{y:.4} {y:e}").is_empty());
    assert!(!refuses(&tape, &[x], y));
    assert_eq!(tape.program(x, y).unwrap().reads(), ["`x`, printed", "row %2 (mul of `x` and `w`), printed"]); // w is no input
    assert!(!format!("{tape}").is_empty());
    assert!(!refuses(&tape, &[x], y));
    assert_eq!(
        tape.program(x, y).unwrap().reads(),
        ["`x`, printed", "row %2 (mul of `x` and `w`), printed", "the tape, printed"]
    );
    let line = line!() + 1;
    x.item();
    let program = tape.program(x, y).unwrap();
    assert_eq!(program.reads()[0], format!("`x` at {}:{line}", file!()));
    assert!(program.to_string().contains("\nread while it was recorded: `x` at "), "{program}");
    assert!(refuses(&tape, &[x], y));
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
