//! Long tapes, on the small stack of a test's thread: nothing recurses.

use super::{assert_bits, numbers};
use ndarray::arr0;
use wengert::Tape;

/// A million rows that are numbers, of which two thirds are the gradient.
#[test]
fn a_million_numbers() {
    let tape = Tape::<f64>::new();
    let x = tape.leaf("x", 0.75);
    let y = (0..125_000).fold(x, |y, _| (y * x).sin() + x);
    let dx = y.backward()[x];
    assert!(tape.len() >= 1_000_000, "{}", tape.len());
    let program = tape.program([x], [y, dx]).unwrap();
    let outputs = program.replay::<2>(0.75).unwrap();
    assert_bits(&outputs[0], &arr0(y.item()).into_dyn());
    assert_bits(&outputs[1], &arr0(dx.item()).into_dyn());
    // Eight bytes of code and eight of a place for each row.
    assert!(program.report().bytes_a_number() < 17.0);
}

#[test]
fn a_deep_chain_of_arrays() {
    let tape = Tape::<f64>::new();
    let x = tape.leaf("x", numbers(&[3], 1));
    let y = (0..20_000).fold(x, |y, _| (y * 0.5).cos());
    let dx = y.sum().backward()[x];
    let program = tape.program([x], [y, dx]).unwrap();
    let outputs = program.replay::<2>([&numbers(&[3], 1)]).unwrap();
    assert_bits(&outputs[0], &y.value().into_owned());
    assert_bits(&outputs[1], &dx.value().into_owned());
}
