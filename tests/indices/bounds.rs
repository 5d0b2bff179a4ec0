//! Places that are none: at recording and at each run, with a text that says which; and nothing has moved then.

use crate::common::golden::Golden;
use ndarray::{Array2, ArrayD, arr1, arr2};
use wengert::{CrossEntropy, Error, ErrorKind, Program, Tape};

/// Compares with the golden file, where the line of this file that recorded a row is not told.
fn compare(mut golden: Golden) {
    let mut parts = golden.text.split("(recorded at ");
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (place, rest) = part.split_once(')').unwrap();
        assert!(place.starts_with(file!()), "{place}");
        text.extend(["(recorded at FILE:LINE)", rest]);
    }
    golden.text = text;
    golden.compare();
}

#[test]
fn each_run_checks_its_indices() {
    let mut golden = Golden::new("lookup-run");
    let tape = Tape::<f64>::new();
    let zeros = Array2::<f64>::zeros((3, 2));
    let table = tape.leaf("table", zeros.clone());
    let tokens = tape.indices("tokens", [[0, 1], [1, 0]]);
    let program = |row| tape.program([table, tokens], row).unwrap();
    macro_rules! refused {
        ($title:literal, $program:expr, $tokens:expr) => {
            golden.note(
                $title,
                &$program.replay_one((&zeros, &arr2(&$tokens))).unwrap_err(),
                ErrorKind::Index,
                line!(),
            );
        };
    }
    let take = program(table.take(0, tokens));
    refused!("take: too large", take, [[0, 1], [3, 0]]);
    refused!("take: negative", take, [[0, -1], [2, 0]]);
    refused!("take: far off", take, [[i32::MAX, 0], [0, 0]]);
    refused!("take: the first of two", take, [[0, 5], [-7, 0]]);
    let along = program(table.narrow(0, 0, 2).take_along(1, tokens));
    refused!("take_along", along, [[0, 1], [2, 0]]);
    let scatter = program(table.narrow(0, 0, 2).scatter_add(0, tokens.narrow(0, 1, 1).reshape(2), 2));
    refused!("scatter_add of a part of what is fed", scatter, [[9, 9], [0, 2]]);
    let scatter = program(table.narrow(0, 0, 2).scatter_add_along(0, tokens, 2));
    refused!("scatter_add_along", scatter, [[0, 0], [0, 2]]);
    let of_gradient = program(table.embedding(tokens).sum().backward()[table]);
    refused!("the gradient alone", of_gradient, [[0, 0], [0, 3]]);
    let one_hot = program(tokens.one_hot(2));
    refused!("one_hot", one_hot, [[0, 0], [0, 2]]);
    let counts = program(tokens.bincount(2));
    refused!("bincount", counts, [[0, -1], [0, 1]]);
    let loss = program(table.narrow(0, 0, 2).cross_entropy(tokens.narrow(0, 0, 1).squeeze(0)));
    refused!("cross_entropy", loss, [[0, 2], [0, 0]]);
    compare(golden);
}

#[test]
fn numbers_that_are_no_places() {
    let mut golden = Golden::new("lookup-numbers");
    let tape = Tape::<f64>::new();
    let x = tape.leaf("x", [0.0, 2.0, 1.0]);
    let program = tape.program([x], x.take(0, x.to_indices())).unwrap();
    assert_eq!(program.replay_one((&[1.0, -0.0, 2.0],)).unwrap(), arr1(&[-0.0, 1.0, 2.0]).into_dyn());
    macro_rules! refused {
        ($title:literal, $numbers:expr) => {
            let (error, line) = (program.replay_one((&$numbers,)).unwrap_err(), line!());
            golden.note($title, &error, ErrorKind::Index, line);
        };
    }
    refused!("half", [0.0, 0.5, 1.0]);
    refused!("NaN", [f64::NAN, 0.0, 1.0]);
    refused!("infinite", [0.0, 0.0, f64::INFINITY]);
    refused!("below zero", [0.0, 0.0, -1.0]);
    refused!("whole, and no place of the axis", [0.0, 3.0, 1.0]);
    refused!("2⁵³", [0.0, 9_007_199_254_740_992.0, 1.0]);
    compare(golden);
}

/// 2²⁴ is the first number whose successor single precision does not have.
#[test]
fn what_single_precision_cannot_count() {
    let mut golden = Golden::new("lookup-count");
    let tape = Tape::<f32>::new();
    assert_eq!(tape.indices("last", (1 << 24) - 1).places()[[]], (1 << 24) - 1);
    let mut refused =
        |title: &str, error: Error, line: u32| golden.note(title, &error, ErrorKind::Index, line);
    let (error, line) = (tape.try_indices("far", [1, 1 << 24]).unwrap_err(), line!());
    refused("a leaf", error, line);
    let (error, line) = (tape.try_indices("far", 1 << 24..(1 << 24) + 2).unwrap_err(), line!());
    refused("a range", error, line);
    let many = tape.constant(0.0).broadcast_to((1 << 24) + 2);
    let (error, line) = (many.try_take(0, [1 << 24]).unwrap_err(), line!());
    refused("a constant", error, line);
    let at = tape.indices("at", [0, 0]);
    let program = tape.program([at], at.lt(3.0)).unwrap();
    let (error, line) = (program.replay_one((&[0, 1 << 24],)).unwrap_err(), line!());
    refused("a run", error, line);
    let (error, line) = (program.replay_one((&[0, u64::MAX],)).unwrap_err(), line!());
    refused("a run, u64", error, line);
    compare(golden);
    let wide = Tape::<f64>::new();
    assert_eq!(wide.indices("far", 1_u64 << 24).places()[[]], 1 << 24);
    assert!(wide.try_indices("far", 1_u64 << 53).is_err());
    assert!(wide.try_indices("far", (1_u64 << 53) - 1).is_ok());
    assert!(wide.try_indices("far", i64::MIN).is_err());
}

/// Two look-ups in a step: whichever is refused, no state has moved and no output is of another run.
#[test]
fn state_stays_where_it_was() {
    let tape = Tape::<f64>::new();
    let (w, count) = (tape.leaf("w", [0.0; 3]), tape.leaf("count", 0.0));
    let (first, second) = (tape.indices("first", [0, 0]), tape.indices("second", 0));
    let stepped = w + w.lift_ones().take(0, first).scatter_add(0, first, 3);
    let read = stepped.take(0, second);
    let builder = tape.program_builder([first, second], [read]);
    let program = builder.carry([(w, stepped), (count, count + 1.0)]).build().unwrap();
    let mut workspace = program.workspace();
    let state = |workspace: &wengert::Workspace<f64>| -> (ArrayD<f64>, f64) {
        (workspace.state("w").to_owned(), workspace.state("count")[[]])
    };
    program.run(&mut workspace, (&[0, 2], 2)).unwrap();
    let before = state(&workspace);
    assert_eq!(before, (arr1(&[1.0, 0.0, 1.0]).into_dyn(), 1.0));
    for (first, second) in [([0, 3], 0), ([-1, 0], 0), ([0, 0], 3), ([0, 1], -1), ([5, 5], 5)] {
        let error = program.run(&mut workspace, (&first, second)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Index);
        assert_eq!(state(&workspace), before, "{first:?} {second}");
    }
    program.run(&mut workspace, (&[1, 1], 1)).unwrap();
    assert_eq!(state(&workspace), (arr1(&[1.0, 2.0, 1.0]).into_dyn(), 2.0));
    assert_eq!(workspace.output(0)[[]], 2.0);
}

trait Ones {
    fn lift_ones(self) -> Self;
}

impl Ones for wengert::Var<'_, f64> {
    fn lift_ones(self) -> Self {
        self.detach() * 0.0 + 1.0
    }
}

/// A label that does not count may be anything that it is named by; others are checked.
#[test]
fn labels_that_do_not_count() {
    let tape = Tape::<f64>::new();
    let logits = tape.leaf("logits", [[0.0, 1.0], [2.0, 3.0]]);
    let labels = tape.indices("labels", [0, 1]);
    let how = CrossEntropy { ignored: Some(-100), ..CrossEntropy::default() };
    let loss: Program<f64> = tape.program([labels], logits.cross_entropy_by(labels, how)).unwrap();
    let run = |labels: [i64; 2]| -> Result<f64, Error> { loss.replay_one((&labels,)).map(|loss| loss[[]]) };
    let (first, second) = (run([0, -100]).unwrap(), run([-100, 0]).unwrap());
    assert!((first - 1.0_f64.exp().ln_1p()).abs() < 1e-15 && (second - first).abs() < 1e-15);
    assert!(run([-100, -100]).unwrap().is_nan());
    for labels in [[0, 2], [-1, 0], [-100, -101]] {
        assert_eq!(run(labels).unwrap_err().kind(), ErrorKind::Index, "{labels:?}");
        assert!(logits.try_cross_entropy_by(labels, how).is_err());
    }
}

/// Nothing is left of a look-up that failed.
#[test]
fn no_rows_are_left() {
    let tape = Tape::<f64>::new();
    let x = tape.leaf("x", [[1.0, 2.0], [3.0, 4.0]]);
    let rows = tape.len();
    assert!(x.try_take(0, [2]).is_err());
    assert!(x.try_take(2, [0]).is_err());
    assert!(x.try_scatter_add(2, [0, 0], 2).is_err());
    assert!(x.try_scatter_add_along(0, [[0, 0], [0, 2]], 2).is_err());
    assert!(x.try_cross_entropy([0, 2]).is_err());
    assert!(x.try_topk(3, 0).is_err());
    assert!(x.try_embedding([7]).is_err());
    assert_eq!(tape.len(), rows);
}
