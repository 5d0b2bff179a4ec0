//! The law of accuracy: values and derivatives are within four units in the last place, over the whole range.

mod functions;
pub mod map;

use functions::FUNCTIONS;
use map::Worst;

/// Of the exact result; below the normal range, of the smallest positive number.
const UNITS: f64 = 4.0;

fn hold(name: &str, precision: &str, worst: [Worst; 3]) -> Vec<String> {
    let mut failures = Vec::new();
    for (order, Worst { units, at, of }) in worst.into_iter().enumerate() {
        assert!(of > 20, "{name} is hardly looked at in {precision}");
        if units > UNITS {
            failures.push(format!("derivative {order} of {name}, {precision}: {units:.2} units at {at:e}"));
        }
    }
    failures
}

fn single_precision(step: usize) {
    let failures: Vec<String> =
        FUNCTIONS.iter().flat_map(|f| hold(f.name, "f32", f.single_precision(step))).collect();
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// Some 500 numbers in each of all binades.
#[test]
fn single_precision_over_the_whole_range() {
    single_precision(16_411);
}

#[test]
#[ignore = "all numbers there are: an hour, in a release build"]
fn single_precision_at_all_numbers() {
    single_precision(1);
}

#[test]
fn double_precision_at_the_points_of_the_table() {
    let in_table = FUNCTIONS.iter().filter_map(|f| Some((f.name, f.double_precision()?)));
    let failures: Vec<String> = in_table.flat_map(|(name, worst)| hold(name, "f64", worst)).collect();
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}
