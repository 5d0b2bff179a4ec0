//! The laws of growth: a sweep visits the rows it must, however long the tape is. Rows are counted, no times are taken;
//! bytes and allocations are, in `tests/allocations.rs`.

#![allow(clippy::float_cmp)] // What is exact is compared so.

use super::frontier::VISITED;
use crate::{Error, ErrorKind, Tape, Var, optim};

/// How many rows `run` visits on this thread.
fn visited<R>(run: impl FnOnce() -> R) -> usize {
    let before = VISITED.get();
    let _ = run();
    VISITED.get() - before
}

/// A tape of so many rows, none of which anybody asks for.
fn long(rows: usize) -> Tape<f64> {
    let tape = Tape::new();
    let c = tape.constant(1.0);
    for _ in 1..rows {
        let _ = c + c;
    }
    tape
}

/// The sine of a sum, from rows at both ends of the tape.
fn small(tape: &Tape<f64>) -> [Var<'_, f64>; 3] {
    let [early, late] = [tape.at(super::id(0)), tape.leaf("late", 2.0)];
    [early, late, (early + late).sin()]
}

#[test]
fn a_sweep_at_the_end_of_a_long_tape() {
    for rows in [1, 1000, 1_000_000] {
        let tape = long(rows);
        let [early, late, y] = small(&tape);
        // y, the sum and what varies of its operands.
        assert_eq!(visited(|| y.backward()), 3, "{rows}");
        assert_eq!(visited(|| y.backward_with(2.0)[late]), 3);
        assert_eq!(visited(|| y.backward()), 0); // It is known.
        // Back to the first row that moves.
        assert_eq!(visited(|| y.jvp([(late, 1.0)])), 3);
        assert_eq!(visited(|| y.jvp([(early, 1.0)])), 4);
        assert_eq!(y.backward().iter().count(), 3);
        // The slope, 1 · cos(early + late), and what varies of its operands.
        assert_eq!(visited(|| y.backward()[late].backward()), 4, "{tape}");
    }
}

/// A fresh leaf a step on one tape.
#[test]
fn steps_that_have_nothing_to_do_with_each_other() {
    let tape = Tape::<f64>::new();
    let counts: Vec<usize> = (0..200)
        .map(|_| {
            visited(|| {
                let x = tape.leaf("x", 0.5);
                (0..100).fold(x, |y, _| y.sin()).backward();
            })
        })
        .collect();
    assert_eq!(counts, [101; 200]);
    // Rows that are not on the way do not count either, whatever lies between.
    let x = tape.leaf("x", 0.5);
    let y = (0..100).fold(x, |y, _| {
        for _ in 0..70 {
            let _ = x.cos();
        }
        y.sin()
    });
    assert_eq!(visited(|| y.backward()), 101);
    assert_eq!(visited(|| y.jvp([(x, 1.0)])), 101);
}

#[test]
fn wide_lists() {
    let tape = Tape::<f64>::new();
    let xs: Vec<_> = (0..5000).map(|_| tape.leaf("x", 1.0)).collect();
    let y = xs.iter().rev().fold(tape.constant(0.0), |sum, x| sum + x.square());
    assert_eq!(visited(|| y.backward()), 3 * xs.len());
    assert!(xs.iter().all(|x| y.backward()[*x].item() == 2.0));
    let moving = xs.iter().map(|x| (*x, 1.0));
    assert_eq!(y.jvp(moving).item(), 10_000.0);
}

/// `w = sgd(w, grads[w], …)` in a loop.
fn unrolled(tape: &Tape<f64>, steps: usize) -> Result<Var<'_, f64>, Error> {
    let mut w = tape.leaf("w", 3.0);
    for _ in 0..steps {
        let grads = (w * w).try_backward()?;
        w = optim::try_sgd(w, grads[w], 0.1)?;
    }
    Ok(w)
}

#[test]
fn an_unrolled_optimiser_sweeps_through_all_steps() {
    let tape = Tape::new();
    let each: Vec<usize> = (1..10)
        .map(|steps| {
            let tape = Tape::new();
            visited(|| unrolled(&tape, steps).is_ok())
        })
        .collect();
    assert!(each.windows(3).all(|counts| counts[2] - counts[1] > counts[1] - counts[0]), "{each:?}");
    // That is what is asked for where it is meant: dw₃/dw₀ = 0.8³.
    let w = unrolled(&tape, 3).unwrap();
    assert!((w.backward()[tape.at(super::id(0))].item() - 0.512).abs() < 1e-15);
    // Detached, each step visits as much as the first.
    let mut w = tape.leaf("w", 3.0);
    let each: Vec<usize> = (0..9)
        .map(|_| {
            visited(|| {
                w = w.detach();
                w = optim::sgd(w, w.square().backward()[w], 0.1);
            })
        })
        .collect();
    assert!(each[1..].iter().all(|count| *count == each[1]), "{each:?}");
}

#[test]
fn the_limit_recognises_the_loop() {
    let tape = Tape::new();
    tape.limit_rows(2000);
    let error = unrolled(&tape, 1000).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Rows);
    let text = error.to_string();
    assert!(
        text.contains("its limit of 2000 rows; the last") && text.contains("rows of earlier gradients"),
        "{text}"
    );
    for mend in ["`tape.clear()`", "`w.detach()`", "a program that carries `w`", "`limit_rows`"] {
        assert!(text.contains(mend), "{text}");
    }
    assert!(tape.len() < 2010 && tape.verify().is_ok(), "{}", tape.len());

    // Every step by itself is no such loop, and neither is a long list.
    let tape = Tape::new();
    tape.limit_rows(2000);
    let error = loop {
        let step = tape.try_leaf("w", 3.0).and_then(|w| optim::try_sgd(w, (w * w).try_backward()?[w], 0.1));
        if let Err(error) = step {
            break error;
        }
    };
    assert!(error.to_string().contains("its limit of 2000 rows. Record less at a time"), "{error}");
    // What is known goes on being told, and the limit can be raised.
    assert!(
        tape.try_leaf("x", 1.0).is_err()
            && tape.at(super::id(1)).backward()[tape.at(super::id(0))].item() == 6.0
    );
    tape.limit_rows(3000);
    assert!(tape.try_leaf("x", 1.0).is_ok());
}

/// A limit in bytes, of which there is one by default, is passed by the same loop.
#[test]
fn the_limit_in_bytes_recognises_it_too() {
    let tape = Tape::<f64>::new();
    tape.limit_bytes(1_000_000);
    let mut w = tape.leaf("w", ndarray::Array2::ones((16, 16)));
    let error = loop {
        match w.square().sum().try_backward() {
            Ok(grads) if tape.bytes() < 990_000 => w = optim::sgd(w, grads[w], 0.1),
            Ok(_) => break w.try_outer(w).unwrap_err(),
            Err(error) => break error,
        }
    };
    assert_eq!(error.kind(), ErrorKind::Memory);
    let text = error.to_string();
    assert!(text.contains("rows of earlier gradients") && text.contains("`limit_bytes`"), "{text}");
    // What does not fit by itself is no such loop.
    let tape = Tape::<f64>::new();
    tape.limit_bytes(1000);
    let x = tape.leaf("x", ndarray::arr1(&[1.0; 20]));
    assert!(!x.try_outer(x).unwrap_err().to_string().contains("rows of earlier gradients"));
}

#[test]
fn a_cleared_tape_is_a_new_one() {
    let mut tape = Tape::<f64>::with_broadcasting(crate::Broadcasting::NumPy);
    let record = |tape: &Tape<f64>| {
        let x = tape.leaf("x", 2.0);
        let y = (x * x).named("y");
        assert!(y > x && y.item() == 4.0);
        let grads = y.backward();
        grads[x].backward();
        y.jvp([(x, 1.0)]);
        format!("{tape}")
    };
    tape.limit_rows(100);
    let first = record(&tape);
    let capacity = tape.rows.borrow().capacity();
    for _ in 0..10 {
        tape.clear();
        assert!(tape.is_empty() && tape.names.borrow().is_empty() && tape.guards().is_empty());
        assert_eq!(tape.to_string().lines().count(), 1);
        assert_eq!(record(&tape), first);
    }
    assert_eq!(tape.rows.borrow().capacity(), capacity);
    assert_eq!(tape.broadcasting(), crate::Broadcasting::NumPy);
    assert_eq!(tape.limit.get(), 100);
}
