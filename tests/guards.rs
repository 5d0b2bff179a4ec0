//! Comparing rows in control flow: what the operators answer, and that they leave the list alone. What the
//! tape remembers of them is tested beside it, in `src/tape/guard.rs`; the errors are in `tests/errors.rs`.

#![allow(clippy::float_cmp)] // Whether numbers are equal is what is tested.

use approx::assert_abs_diff_eq;
use ndarray::{arr1, arr3};
use std::cmp::Ordering;
use wengert::{Tape, Var};

const NUMBERS: [f64; 8] = [f64::NEG_INFINITY, -1.0, -0.0, 0.0, 5e-324, 1.0, f64::INFINITY, f64::NAN];

/// All that can be asked about two operands.
macro_rules! answers {
    ($a:expr, $b:expr) => {
        ($a < $b, $a <= $b, $a > $b, $a >= $b, $a == $b, $a != $b, $a.partial_cmp(&$b))
    };
}

#[test]
fn rows_compare_as_their_numbers_do() {
    let tape = Tape::<f64>::new();
    let rows = NUMBERS.map(|number| (number, tape.leaf("x", number)));
    for (a, x) in rows {
        for (b, y) in rows {
            let expected = answers!(a, b);
            assert_eq!(answers!(x, y), expected, "{a} {b}");
            assert_eq!(answers!(x, b), expected, "{a} {b}");
            assert_eq!(answers!(a, y), expected, "{a} {b}");
        }
    }
    assert_eq!(tape.len(), NUMBERS.len()); // No comparison is a row.
}

#[test]
#[allow(clippy::cast_possible_truncation)] // To the nearest.
fn in_single_precision_too() {
    let tape = Tape::<f32>::new();
    let rows = NUMBERS.map(|number| (number as f32, tape.leaf("x", number as f32)));
    for (a, x) in rows {
        for (b, y) in rows {
            let expected = answers!(a, b);
            assert_eq!(answers!(x, y), expected, "{a} {b}");
            assert_eq!(answers!(x, b), expected, "{a} {b}");
            assert_eq!(answers!(a, y), expected, "{a} {b}");
        }
    }
}

#[test]
fn a_single_number_has_any_rank() {
    let tape = Tape::<f64>::new();
    let cube = tape.leaf("cube", arr3(&[[[2.0]]]));
    let spread = tape.leaf("number", 2.0).broadcast_to((1, 1));
    assert!(cube == spread && cube == 2.0 && 1.0 < cube && spread <= cube);
}

/// The methods make masks, as before there were operators: rows, for arrays of any shape.
#[test]
fn masks_are_rows() {
    let tape = Tape::<f64>::new();
    let x = tape.leaf("x", arr1(&[1.0, 2.0, 3.0]));
    let masks = [x.lt(2.0), x.le(2.0), x.gt(2.0), x.ge(2.0), x.eq(2.0), x.ne(2.0)];
    let expected = [[1., 0., 0.], [1., 1., 0.], [0., 0., 1.], [0., 1., 1.], [0., 1., 0.], [1., 0., 1.]]
        .map(|mask| arr1(&mask));
    for (mask, expected) in masks.into_iter().zip(expected) {
        assert_eq!(mask.value(), expected.into_dyn());
    }
}

/// What people write: loops that go on until something is small enough, and choices of a branch.
#[test]
fn control_flow() {
    // √2 by Heron's rule, and its derivative 1/(2√2) through every round.
    let tape = Tape::<f64>::new();
    let a = tape.leaf("a", 2.0);
    let mut root = a;
    while (root * root - a).abs() > 1e-12 {
        root = (root + a / root) * 0.5;
    }
    // |r² − 2| ≤ 1e-12 means that r is off by at most 1e-12 / 2√2; the slope's error goes down with its square too.
    assert_abs_diff_eq!(root.item(), 2.0_f64.sqrt(), epsilon = 1e-12);
    assert_abs_diff_eq!(root.backward()[a].item(), 0.125_f64.sqrt(), epsilon = 1e-11);

    let branch =
        |x: Var<'_, f64>| if x > 1.0 { x.backward()[x].item() } else { (x * x).backward()[x].item() };
    assert_eq!([branch(tape.leaf("x", 3.0)), branch(tape.leaf("x", 0.25))], [1.0, 0.5]);

    let mut sorted = [3.0, 1.0, 2.0].map(|number| tape.leaf("x", number));
    sorted.sort_by(|a, b| a.partial_cmp(b).unwrap_or(Ordering::Equal));
    assert_eq!(sorted.map(Var::item), [1.0, 2.0, 3.0]);
    assert!(sorted.is_sorted() && sorted.contains(&sorted[2]));
}
