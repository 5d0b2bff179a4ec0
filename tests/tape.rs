//! The list: its length, its lines, its table.

use ndarray::{Array, arr1, arr2};
use wengert::{Float, Tape, Var};

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
    let difference = |slope: Var<'_, f64>| (slope.item() - y.item()).abs() / y.item();
    for slope in [y.backward()[x], y.jvp([(x, 1.0)])] {
        assert!(difference(slope) <= 1e6 * f64::EPSILON, "{:e}", difference(slope));
    }
    let mut tape = tape;
    tape.clear();
    assert!(tape.is_empty());
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
        let number = |rest: &str| rest.trim_start_matches(|c: char| c.is_ascii_digit()).to_owned();
        let line = |line: &str| line.split("tests/tape.rs:").map(number).collect::<Vec<_>>().concat() + "\n";
        text.lines().map(line).collect()
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

/// The last two columns of the table, for the rows from the first on that has something there.
fn told<T: Float>(tape: &Tape<T>) -> Vec<(String, String)> {
    let table = format!("{tape:#}");
    let heading: Vec<char> = table.lines().next().unwrap().chars().collect();
    let column = |name: &str| {
        let name: Vec<char> = name.chars().collect();
        heading.windows(name.len()).position(|window| window == name).unwrap()
    };
    let (derivative, made) = (column("derivative"), column("made by"));
    let rows = table.lines().skip(1).map(|line| {
        let cell = |from: usize, to: usize| {
            line.chars().skip(from).take(to - from).collect::<String>().trim().to_owned()
        };
        (cell(derivative, made), cell(made, usize::MAX))
    });
    rows.skip_while(|(_, made)| made.is_empty()).collect()
}

#[track_caller]
fn assert_told<T: Float>(tape: &Tape<T>, expected: &[(&str, &str)]) {
    let told = told(tape);
    let told: Vec<(&str, &str)> = told.iter().map(|(of, made)| (of.as_str(), made.as_str())).collect();
    assert_eq!(told, expected, "{tape}");
}

/// A product hands on nothing as it came: each row of the gradient is that of one row, or a step.
#[test]
fn whose_gradient_a_row_is() {
    let tape = Tape::<f64>::new();
    let [x, w] = [3.0, 5.0].map(|value| tape.leaf(if value < 4.0 { "x" } else { "w" }, value));
    let loss = (x * w * w).named("loss"); // %2 and %3
    let grads = loss.backward();
    let first = [
        ("∂loss/∂loss", "seed"),
        ("∂loss/∂%2", "rule of %3 (mul)"),
        ("", "rule of %3 (mul)"),
        ("∂loss/∂x", "rule of %2 (mul)"),
        ("", "rule of %2 (mul)"),
        ("∂loss/∂w", "sum over the uses of w"),
    ];
    assert_told(&tape, &first);
    // Second order: the gradient's gradient, by the gradient's name.
    let slope = grads[w];
    assert_eq!(slope.item(), 30.0);
    slope.backward();
    let told = told(&tape);
    assert_eq!(told[..6].iter().map(|(of, made)| (&**of, &**made)).collect::<Vec<_>>(), first);
    let row = |of: &str| told.iter().position(|(told, _)| told == of).map(|row| row + loss.row() + 1);
    let second = slope.backward();
    assert_eq!(row("∂(∂loss/∂w)/∂w"), Some(second[w].row()), "{tape}");
    assert_eq!(row("∂(∂loss/∂w)/∂x"), Some(second[x].row()), "{tape}");
}

/// A sum hands its cotangent on, so that it is that of its terms as well.
#[test]
fn a_row_that_is_the_gradient_of_several() {
    let tape = Tape::<f64>::new();
    let [a, b] = ["a", "b"].map(|name| tape.leaf(name, arr1(&[1.0, 2.0])));
    let c = tape.leaf("c", 0.0);
    let y = ((a + b) + (a + 1.0)).sum().named("y");
    let grads = y.backward();
    assert_eq!(grads[c].item(), 0.0);
    let expected = [
        ("∂y/∂y", "seed"),
        ("", "rule of %8 (sum)"),
        ("∂y/∂b, ∂y/∂%3, ∂y/∂%6 and 1 more", "rule of %8 (sum)"),
        ("∂y/∂a", "sum over the uses of a"),
        ("∂y/∂c", "no influence"),
    ];
    assert_told(&tape, &expected);
}

#[test]
fn seeds_and_tangents_are_told_apart_from_gradients() {
    let tape = Tape::<f64>::new();
    let [x, rests] = ["x", "rests"].map(|name| tape.leaf(name, arr1(&[1.0, 2.0])));
    let y = x.sin().named("y");
    let v = tape.leaf("v", arr1(&[3.0, 4.0]));
    y.backward_with(v);
    y.jvp([(x, v)]);
    y.jvp([(rests, v)]);
    let expected = [
        ("", "rule of %2 (sin)"),
        ("v·∂y/∂x", "rule of %2 (sin)"),
        ("", "rule of %2 (sin)"),
        ("tangent of y along x", "rule of %2 (sin)"),
        ("tangent of y along rests", "no influence"),
    ];
    assert_told(&tape, &expected);
}

#[test]
fn names_are_escaped_and_cells_are_cut() {
    let tape = Tape::<f64>::new();
    let x = tape.leaf("\u{1b}[31mred\n\u{7}", 2.0);
    let nameless = tape.leaf("", 3.0);
    let long = tape.leaf(&"λ".repeat(100_000), arr1(&[1.0, 2.0]));
    (x * nameless + long.sin().sum()).backward();
    let rows: Vec<Var<'_, f64>> = (0..12_000).map(|_| x * 1.0).collect();
    tape.stack(0, &rows).sum().backward();
    let table = format!("{tape:#}");
    assert!(table.chars().all(|c| c == '\n' || !c.is_control()));
    assert!(table.contains(r"\u{1b}[31mred\n\u{7}") && table.contains("\"\""), "{tape}");
    assert!(table.contains("and 11996 more") || table.contains("… 11996 more"), "{tape}");
    assert!(table.lines().all(|line| line.chars().count() < 400));
    assert_eq!(table.lines().count(), tape.len() + 1);
}

/// A sweep records nothing that has no part in a gradient: what a composite takes off or scales by is held.
#[test]
fn sweeps_record_nothing_in_vain() {
    type Composite = for<'t> fn(Var<'t, f64>) -> Var<'t, f64>;
    let composites: [(&str, Composite); 14] = [
        ("softmax", |x| x.softmax(1)),
        ("log_softmax", |x| x.log_softmax(1)),
        ("logsumexp", |x| x.logsumexp(1)),
        ("cross_entropy", |x| x.cross_entropy([0, 2])),
        ("mean", |x| x.mean_axis(1)),
        ("var", |x| x.var_axis(1, 1.0)),
        ("std", |x| x.std_axis(1, 1.0)),
        ("norm", |x| x.norm_axis(1)),
        ("amax", |x| x.amax(1)),
        ("amin", |x| x.amin(1)),
        ("sort", |x| x.sort(1)),
        ("gelu", |x| x.gelu()),
        ("clamp", |x| x.clamp(-1.0, 1.0)),
        ("maximum", |x| x.maximum(0.5)),
    ];
    for (name, composite) in composites {
        let tape = Tape::<f64>::new();
        let x = tape.leaf("x", arr2(&[[1.0, -2.0, 3.0], [0.1, 0.5, 0.2]]));
        let y = composite(x);
        let gradient =
            y.backward_with(Array::linspace(0.5, 1.5, y.len()).into_shape_with_order(y.shape()).unwrap())[x];
        let mut used = vec![false; tape.len()];
        used[gradient.row()] = true;
        for row in tape.vars().take(gradient.row() + 1).collect::<Vec<_>>().into_iter().rev() {
            if used[row.row()] {
                row.operands().iter().for_each(|operand| used[operand.row()] = true);
            }
        }
        let in_vain: Vec<_> = tape.vars().filter(|row| row.origin().is_some() && !used[row.row()]).collect();
        assert!(
            in_vain.is_empty(),
            "{name}: {:?}\n{tape:#}",
            in_vain.iter().map(|row| row.row()).collect::<Vec<_>>()
        );
    }
}
