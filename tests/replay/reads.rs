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
fn reads_that_nothing_was_recorded_after() {
    let tape = Tape::<f64>::new();
    let x = tape.leaf("x", arr1(&[1.0, 2.0]));
    let y = x.sin().sum();
    assert!(!refuses(&tape, &[x], y)); // None yet.
    println!("{} {}", x.value(), y.item());
    assert!(!refuses(&tape, &[x], y));
    let z = y * 2.0;
    assert!(refuses(&tape, &[x], z) && !refuses(&tape, &[x], y));
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

/// A single row after the read is one too many: here the read decided which primitive it is.
#[test]
fn a_read_before_the_last_row() {
    let tape = Tape::<f64>::new();
    let x = tape.leaf("x", arr1(&[1.0, 2.0]));
    let y = if x.value()[0] > 0.0 { x.sum() } else { x.prod() };
    assert_eq!(tape.len(), 2);
    assert!(refuses(&tape, &[x], y));
}
