//! What rounding, underflow, ties and infinities may do to a right gradient, and may not do for a wrong one.

#![allow(clippy::format_push_string)] // A test may.

/// Functions of any precision, by name, in both.
macro_rules! both {
    ($($name:literal $examine:ident;)*) => {
        vec![$(($name, $examine::<f32>, $examine::<f64>)),*]
    };
}

mod forms;
mod masks;
mod right;
mod wrong;

use super::Outcome;
use wengert::Float;
use wengert::check::{Check, Values};

/// A right gradient, or a wrong one, in both precisions.
type Row = (&'static str, fn() -> Outcome, fn() -> Outcome);

fn examine<T: Float>(check: Check<'_, T>) -> Outcome {
    check.without_persistence().seed(super::seed()).cases(100).try_run()
}

/// A number of the type.
fn num<T: Float>(x: f64) -> T {
    T::from_f64(x)
}

#[allow(clippy::cast_precision_loss)] // Sizes are small.
fn size<T: Float>(n: usize) -> T {
    num(n as f64)
}

/// Numbers of both signs, where textbook forms lose their digits and functions leave the range of either precision.
fn far() -> Values {
    Values::Custom(std::rc::Rc::new(|shape, draw| {
        const FAR: [f64; 12] = [0.5, 5.5, 9.0, 12.0, 17.0, 30.0, 37.0, 87.5, 89.0, 104.0, 711.0, 745.5];
        ndarray::ArrayD::from_shape_simple_fn(shape, || {
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // 0 to 11.
            let x = FAR[(draw() * 12.0) as usize % 12];
            if draw() < 0.5 { -x } else { x }
        })
    }))
}

#[test]
fn right_ones_pass() {
    let table: Vec<Row> = [forms::table(), masks::table(), right::table()].concat();
    let mut refused = String::new();
    for (name, single, double) in &table {
        for (precision, examine) in [("f32", single), ("f64", double)] {
            match examine() {
                Ok(summary) => println!("{name}, {precision}: {}", summary.counts()),
                Err(failure) => refused += &format!("\n{name}, {precision}: {failure}"),
            }
        }
    }
    assert!(refused.is_empty(), "right, and refused: {refused}");
}

#[test]
fn wrong_ones_are_caught() {
    let mut passed = Vec::new();
    for (name, single, double) in wrong::table() {
        for (precision, examine) in [("f32", single), ("f64", double)] {
            if let Ok(summary) = examine() {
                passed.push(format!("{name}, {precision}: {summary}"));
            }
        }
    }
    assert!(passed.is_empty(), "wrong, and passed: {passed:#?}");
}

/// What textbooks have is right, and has not all digits.
#[test]
fn lost_digits_are_remarked_on() {
    for (name, single, double) in forms::losing() {
        for (precision, examine) in [("f32", single), ("f64", double)] {
            match examine() {
                Ok(summary) => {
                    assert!(summary.gradients()[0].lost_digits > 3.0, "{name}, {precision}: {summary}");
                }
                Err(failure) => panic!("{name}, {precision}: {failure}"),
            }
        }
    }
}

#[test]
fn lost_digits_are_wrong_where_accuracy_is_asked_for() {
    for (name, single, double) in forms::strict() {
        for (precision, examine) in [("f32", single), ("f64", double)] {
            assert!(examine().is_err(), "{name}, {precision}");
        }
    }
}
