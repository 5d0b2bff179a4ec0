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
    for columns in (24..=widest + 20).step_by(3) {
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
    // What there is least need of goes first.
    let narrow = tape.table().width(60).to_string();
    assert!(narrow.contains("derivative") && !narrow.contains("made by"), "{narrow}");
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
    assert_eq!(format!("{:#}", long.equations()).lines().count(), 501);
}
