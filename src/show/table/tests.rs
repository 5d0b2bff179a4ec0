//! The table fits, and the equations are told apart.

use crate::Tape;
use crate::show::text::width;
use ndarray::Array2;

fn network(tape: &Tape<f64>) {
    let x = tape.leaf("X", Array2::from_shape_fn((5, 3), |(i, j)| if i > j { 1234.5 } else { -0.000_12 }));
    let w = tape.leaf("重み行列の最初の層", Array2::from_elem((4, 3), 0.5));
    let b = tape.leaf(&"bias".repeat(20), Array2::zeros((1, 4)));
    let loss = x.linear(w, b).logistic().mean().named("loss");
    loss.backward()[w].sum().backward();
    loss.jvp([(w, Array2::ones((4, 3)))]);
}

#[test]
fn no_line_is_wider_than_asked_for() {
    let tape = Tape::<f64>::new();
    network(&tape);
    let natural = tape.to_string();
    let widest = natural.lines().map(width).max().unwrap();
    for columns in 20..=widest + 20 {
        let table = tape.table().width(columns).to_string();
        assert!(table.lines().all(|line| width(line) <= columns), "{columns}\n{table}");
        assert_eq!(table.lines().count(), tape.len() + 1);
        assert_eq!(table, format!("{tape:columns$}"));
        if columns >= widest {
            assert_eq!(table, natural);
        }
        // Room is used: no more than a column's worth is left where something was cut.
        let used = table.lines().map(width).max().unwrap();
        assert!(table == natural || used + 24 >= columns, "{columns}: {used}\n{table}");
    }
}

/// What there is least need of goes first, and names and operations are not cut for its sake.
#[test]
fn columns_go_in_the_order_in_which_they_are_missed_least() {
    let tape = Tape::<f64>::new();
    network(&tape);
    let goes = ["made by", "where", "derivative", "value", "shape"];
    let mut left = goes.len();
    for columns in (20..=200).rev() {
        let table = tape.table().width(columns).to_string();
        let heading = table.lines().next().unwrap();
        let there: Vec<&str> = goes.into_iter().filter(|name| heading.contains(name)).collect();
        assert_eq!(there, goes[goes.len() - there.len()..], "{columns}: {heading}");
        assert!(there.len() <= left, "{columns}: {heading}");
        left = there.len();
        if heading.contains("derivative") {
            assert!(
                heading.contains("name          ") && heading.contains("operation             "),
                "{table}"
            );
        }
    }
    assert_eq!(left, 0); // in 20 columns
    let heading = |columns| tape.table().width(columns).to_string().lines().next().unwrap().to_owned();
    assert!(heading(100).contains("derivative") && !heading(100).contains("made by"));
    assert!(heading(60).contains("value") && !heading(60).contains("derivative"));
}

/// The numbers of a line: what digits, points and exponents make up.
fn numbers(line: &str) -> Vec<String> {
    let is_part = |(i, c): (usize, char)| {
        let before = line[..i].chars().next_back().is_some_and(|c| c.is_ascii_digit());
        let exponent = line[..i].ends_with('e') && line[..i - 1].ends_with(|c: char| c.is_ascii_digit());
        c.is_ascii_digit() || before && matches!(c, '.' | 'e') || exponent && c == '-'
    };
    let marked: String = line.char_indices().map(|(i, c)| if is_part((i, c)) { c } else { ' ' }).collect();
    marked.split_whitespace().map(|word| word.trim_end_matches(['.', 'e']).to_owned()).collect()
}

#[test]
fn no_number_is_cut() {
    assert_eq!(numbers("[0, -0.25, 1.5e-9, …] %12 0.…"), ["0", "0.25", "1.5e-9", "12", "0"]);
    let tape = Tape::<f64>::new();
    network(&tape);
    let small = ndarray::Array1::from_iter((0..840).map(|i| -1.234_567e-7 * f64::from(i)));
    let x = tape.leaf("x", small.into_shape_with_order((120, 7)).unwrap());
    let y = ((x * 1234.5 - 0.001_25).narrow(0, 100, 17).sum_axis(1) / 98765.0).named("y");
    (y * 3.25).sum().named("loss").backward();
    tape.leaf("many axes", ndarray::ArrayD::<f64>::zeros(vec![1; 30])).sin().sum();
    let whole = tape.to_string();
    for columns in 20..=200 {
        let table = tape.table().width(columns).to_string();
        for (line, all) in table.lines().zip(whole.lines()) {
            assert!(width(line) <= columns, "{columns}: {line}");
            let known = numbers(all);
            let cut = numbers(line).into_iter().find(|number| !known.contains(number));
            assert_eq!(cut, None, "{columns}: {line}\n{all}");
        }
    }
}

/// A terminal that knows its columns and no rows, as those of some editors and of `script`.
#[test]
#[cfg(target_os = "linux")]
fn a_terminal_without_rows_has_columns() {
    use rustix::pty::{OpenptFlags, openpt};
    use rustix::termios::{Winsize, tcsetwinsize};
    let terminal = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    for (rows, columns, known) in [(0, 72, Some(72)), (24, 80, Some(80)), (24, 0, None), (0, 0, None)] {
        let size = Winsize { ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 };
        tcsetwinsize(&terminal, size).unwrap();
        assert_eq!(super::columns_of(&terminal), known);
    }
}

#[test]
fn colours_change_nothing_else() {
    let tape = Tape::<f64>::new();
    network(&tape);
    tape.leaf("x", 0.0).log();
    let coloured = tape.table().coloured(true).to_string();
    assert!(coloured.contains("\u{1b}[36m") && coloured.contains("\u{1b}[31m"));
    let plain = ["\u{1b}[1m", "\u{1b}[36m", "\u{1b}[31m", "\u{1b}[0m"]
        .iter()
        .fold(coloured, |text, code| text.replace(code, ""));
    assert_eq!(plain, tape.to_string());
}

#[test]
fn gradients_stand_beside_their_rows() {
    let tape = Tape::<f64>::new();
    let x = tape.leaf("x", 3.0);
    let loss = (x * x).named("loss");
    let (gradient, tangent) = (loss.backward()[x], loss.jvp([(x, 1.0)]));
    let table = tape.to_string();
    let beside = |row: usize| table.lines().nth(row + 1).unwrap();
    assert!(beside(x.row()).ends_with(&format!("∂loss/∂x = %{}", gradient.row())), "{table}");
    let both = format!("∂loss/∂loss = %{}, tangent of loss along x = %{}", loss.row() + 1, tangent.row());
    assert!(beside(loss.row()).ends_with(&both), "{table}");
}

#[test]
fn equations_have_types_and_one_name_a_row() {
    let tape = Tape::<f32>::new();
    let (h, places) = (tape.leaf("h", Array2::zeros((2, 3))), tape.indices("places", [0, 1, 1]));
    let again = h.take(0, places).named("h");
    let mask = again.gt(0.5);
    mask.select(again, 0.0).sum().named("loss").backward();
    let text = tape.equations().to_string();
    for line in [
        "let h%0: f32[2, 3] = input",
        "let places: index[3] = ",
        "let h%2: f32[3, 3] = h%0 at places along axis 0",
        "let %5: mask[3, 3] = h%2 > 0.5",
        "let loss: f32[] = Σ ",
    ] {
        assert!(text.contains(line), "{line}\n{text}");
    }
    assert!(text.contains("// ∂loss/∂h: rule of %2 (take)"), "{text}");
    assert_eq!(text.lines().count(), tape.len());

    let long = Tape::<f64>::new();
    let mut y = long.leaf("x", 1.0);
    for _ in 0..500 {
        y = -y;
    }
    assert!(long.equations().to_string().contains("401 rows more"));
    // What the line of those says to do shows them, and is readable on a narrow terminal too.
    for width in [40, 80] {
        let table = long.table().width(width);
        assert!(table.to_string().contains("{:#}"), "{table}");
        assert_eq!(format!("{table:#}").lines().count(), long.len() + 1);
    }
    assert_eq!(format!("{:#}", long.equations()).lines().count(), 501);
}
