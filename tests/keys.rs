//! Keys: rows that are kept without their tape.

use crate::common::golden::panic_of;
use std::collections::HashMap;
use wengert::{ErrorKind, Key, Tape};

/// A key may be kept anywhere, for as long as one likes, and by any thread.
#[test]
fn a_key_owns_all_that_it_is() {
    fn anywhere<T: Copy + Send + Sync + 'static>(_: T) {}
    let tape = Tape::<f64>::new();
    let x = tape.leaf("x", 1.0);
    anywhere(x.key());
    let of: HashMap<Key, &str> = [(x.key(), "x"), (x.sin().key(), "sin x")].into();
    assert_eq!(of[&x.key()], "x");
    assert_eq!((x.key() == x.key(), format!("{:?}", x.key())), (true, "Key(%0)".into()));
}

#[test]
fn a_key_finds_its_row_and_the_rows_gradient() {
    let tape = Tape::<f64>::new();
    let (w, loss) = {
        let w = tape.leaf("w", [1.0, 2.0]);
        (w.key(), w.square().sum().named("loss").key())
    };
    let gradient = tape.var(loss).backward()[tape.var(w)].key();
    let rows = tape.len();
    // To ask again records nothing: a gradient is found by what it is the gradient of.
    let again = tape.var(loss).backward()[tape.var(w)];
    assert_eq!((again.key(), tape.len()), (gradient, rows));
    assert_eq!(tape.var(gradient).value(), ndarray::arr1(&[2.0, 4.0]).into_dyn());
    // The tape may move meanwhile.
    let moved = Box::new(tape);
    assert_eq!(moved.var(loss).name().as_deref(), Some("loss"));
}

/// A row of the same number, on a tape of the same history, is another row.
#[test]
fn a_key_is_of_one_tape_and_one_recording() {
    let mut tapes: Vec<Tape<f64>> = (0..8).map(|_| Tape::new()).collect();
    let keys: Vec<Key> = tapes.iter().map(|tape| tape.leaf("x", 1.0).key()).collect();
    for (i, tape) in tapes.iter().enumerate() {
        for (j, key) in keys.iter().enumerate() {
            let kind = tape.try_var(key).err().map(|error| error.kind());
            assert_eq!(kind, (i != j).then_some(ErrorKind::OtherTape), "{i} {j}");
        }
    }
    tapes[0].clear();
    let again = tapes[0].leaf("x", 1.0).key();
    assert_ne!(again, keys[0]);
    assert_eq!(tapes[0].try_var(keys[0]).unwrap_err().kind(), ErrorKind::Cleared);
    assert_eq!(tapes[0].try_var(again).unwrap().row(), 0);
    assert_eq!(tapes[1].try_var(keys[1]).unwrap().row(), 0);
}

/// What is to be done is said in names that the text itself explains; and it can be done.
#[test]
#[allow(clippy::cast_possible_truncation)] // It is what is said to do.
fn a_key_of_another_tape_says_how_its_value_is_taken_over() {
    let first = Tape::<f64>::new();
    let key = first.leaf("x", [1.0, 2.0]).key();
    let tape = Tape::<f64>::new();
    tape.leaf("another", 1.0);
    let error = tape.try_var(key).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::OtherTape);
    let text = error.to_string();
    let said = "var: the key stands for row %0 of another tape than the one that is asked. Ask the tape that the key is \
                of; if that is `first`, `tape.constant(first.var(key).value())` takes the value over.";
    assert!(text.starts_with(said), "{text}");
    assert_eq!(tape.constant(first.var(key).value()).len(), 2);

    let tape = Tape::<f32>::new();
    tape.leaf("another", 1.0);
    let error = tape.try_var(key).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::OtherTape);
    let text = error.to_string();
    let said = "var: the key stands for row %0 of a tape of f64, and the tape that is asked is one of f32. Ask the tape \
                that the key is of; if that is `first`, `tape.constant(first.var(key).value().mapv(|x| x as f32))` takes \
                the value over.";
    assert!(text.starts_with(said), "{text}");
    assert_eq!(tape.constant(first.var(key).value().mapv(|x| x as f32)).len(), 2);
    let back = Tape::<f64>::new().try_var(tape.var(0).key()).unwrap_err().to_string();
    assert!(back.contains("of a tape of f32, and the tape that is asked is one of f64"), "{back}");
}

#[test]
fn a_stale_key_panics_at_the_callers_line() {
    let mut tape = Tape::<f64>::new();
    let key = tape.leaf("x", 1.0).key();
    tape.clear();
    let ((text, file, line), here) = (panic_of(|| tape.var(key).item()), line!());
    assert_eq!((file.as_str(), line), (file!(), here));
    assert!(text.contains("was cleared once since the key was taken"), "{text}");
}
