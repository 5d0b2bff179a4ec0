//! The list: its length, its lines, its table.

use ndarray::{arr1, arr2};
use wengert::Tape;

/// Ten million rows, swept backwards on a test thread's 2 MiB of stack: nothing recurses.
#[test]
fn ten_million_rows() {
    let tape = Tape::<f64>::new();
    let x = tape.leaf("x", 1.0);
    let half = tape.constant(0.5);
    let mut y = x;
    // Each round is two rows, and one row of the sweep: the cotangent of y · ½.
    for _ in 0..3_333_333 {
        y = y * half + half; // y stays 1
    }
    let forward = tape.len();
    let slope = y.backward()[x];
    assert_eq!((y.item(), slope.item()), (1.0, 0.0)); // 2⁻³³³³³³³ is 0 in f64
    assert!(tape.len() >= 10_000_000 && forward < 7_000_000, "{forward} and {}", tape.len());

    // The same slope where it can be told from nothing: ∏ of a million factors 1 + 1e-6.
    let tape = Tape::<f64>::new();
    let x = tape.leaf("x", 1.0);
    let factor = tape.constant(1.0 + 1e-6);
    let mut y = x;
    for _ in 0..1_000_000 {
        y *= factor;
    }
    // The sweep multiplies in the other order; 10⁶ roundings of 2⁻⁵³ each.
    let difference = (y.backward()[x].item() - y.item()).abs() / y.item();
    assert!(difference <= 1e6 * f64::EPSILON, "{difference:e}");
}

#[test]
fn rows_remember_the_line_that_recorded_them() {
    let tape = Tape::<f32>::new();
    let x = tape.leaf("X", arr2(&[[1.0, 2.0], [3.0, 4.0]]));
    let b = tape.leaf("b", arr1(&[1.0, 2.0]));
    let line = line!() + 1;
    let loss = (x.matmul(x.t()) + b).relu().softmax(1).mse(0.5) + x.std_axis([0, 1], 0.0).exp() * 2.0;
    let forward = tape.len();
    loss.backward();
    let stray: Vec<String> = tape
        .vars()
        .skip(2)
        .filter(|var| !(var.location().file() == file!() && var.location().line() == line))
        .map(|var| format!("%{} {} at {}", var.row(), var.prim().name(), var.location()))
        .collect();
    assert!(stray.is_empty(), "{stray:#?}");
    assert!(tape.vars().take(forward).all(|var| var.origin().is_none()));
    assert!(tape.vars().skip(forward).all(|var| var.origin().is_some()));
}

#[test]
fn the_table() {
    let tape = Tape::<f64>::new();
    let x = tape.leaf("X", arr2(&[[1.0, 2.0], [3.0, 4.0]]));
    let w = tape.leaf("W", arr2(&[[1.0, -1.0]]));
    let b = tape.leaf("b", arr1(&[0.5]));
    let z = (x.matmul(w.t()) + b).named("Z");
    let loss = (z.square().sum() / 2.0).named("loss");
    loss.backward();
    let table = tape.to_string();
    let expected = include_str!("golden/table.txt");
    let without_lines = |text: &str| -> String {
        text.lines()
            .map(|line| line.split("tests/").next().unwrap_or_default().trim_end().to_owned() + "\n")
            .collect()
    };
    assert_eq!(without_lines(&table), without_lines(expected), "the table is now\n{table}");
}

#[test]
fn a_long_table_leaves_out_its_middle() {
    let tape = Tape::<f64>::new();
    let mut y = tape.leaf("x", 1.0);
    for _ in 0..500 {
        y = -y;
    }
    let table = tape.to_string();
    assert_eq!(table.lines().count(), 102, "{table}");
    assert!(table.contains("401 rows more"), "{table}");
    assert_eq!(format!("{tape:#}").lines().count(), 502);
}

#[test]
fn a_sweep_marks_its_own_rows_only() {
    let tape = Tape::<f64>::new();
    assert!(tape.is_empty());
    let x = tape.leaf("x", 2.0);
    assert!(!tape.is_empty());
    let y = x * x;
    let gradient = y.backward()[x];
    assert!(gradient.origin().is_some());
    // What is recorded after it is the user's again, at the user's line.
    let z = gradient + 1.0;
    assert!(z.origin().is_none());
    assert_eq!(z.location().line(), line!() - 2);
}
