//! A program for each way through a function's branches.

use super::numbers;
use ndarray::{ArrayD, arr0, arr1};
use wengert::{ErrorKind, Float, Paths, Tape, Var};

/// A root by Heron's rule: as many rounds as it takes, and its derivative.
fn root<'t>(_: &'t Tape<f64>, inputs: &[Var<'t, f64>]) -> Vec<Var<'t, f64>> {
    let mut root = inputs[0];
    while (root * root - inputs[0]).abs() > 1e-9 {
        root = (root + inputs[0] / root) * 0.5;
    }
    vec![root, root.backward()[inputs[0]]]
}

#[test]
fn one_program_a_path() {
    let mut paths = Paths::new(root);
    let mut lens = Vec::new();
    for a in [2.0, 2.25, 1.75, 1000.0, 2.0, 990.0, 2.5, 1.0, 1.0] {
        let outputs = paths.replay_or_record(&[&a]).unwrap();
        let tape = Tape::new();
        let expected = root(&tape, &[tape.leaf("a", a)]);
        assert_eq!(outputs.len(), 2);
        outputs.iter().zip(expected).for_each(|(a, b)| assert_eq!(*a, b.value()));
        lens.push(paths.len());
    }
    assert_eq!(lens, [1, 1, 1, 2, 2, 2, 2, 3, 3]); // a few rounds, more, none
}

/// The branch that computes nothing, and the shape that the function goes by.
#[test]
fn branches_without_rows_and_other_shapes() {
    fn flip<'t, T: Float>(tape: &'t Tape<T>, inputs: &[Var<'t, T>]) -> Vec<Var<'t, T>> {
        let x = inputs[0];
        let total = if x.ndim() == 0 { x } else { x.sum() };
        vec![if total < tape.constant(T::zero()) { -x } else { x }]
    }
    let mut paths = Paths::new(flip);
    for (input, len) in [
        (arr0(2.0).into_dyn(), 1),
        (arr0(-2.0).into_dyn(), 2),
        (arr1(&[1.0, 2.0]).into_dyn(), 3),
        (arr1(&[-1.0, -2.0]).into_dyn(), 4),
        (arr1(&[5.0, -2.0]).into_dyn(), 4),
        (arr0(-1.0).into_dyn(), 4),
        (arr1(&[1.0, 2.0, 3.0]).into_dyn(), 5),
        (ArrayD::zeros(vec![0]), 6), // A sum of nothing is a tie.
        (ArrayD::zeros(vec![0]), 6),
        (numbers(&[2, 3], 1).reversed_axes(), 7),
    ] {
        let sign = if input.sum() < 0.0 { -1.0 } else { 1.0 };
        assert_eq!(paths.replay_or_record(&[&input]).unwrap(), [sign * &input], "{input}");
        assert_eq!(paths.len(), len, "{input}");
    }
}

#[test]
fn what_cannot_be_made_a_program() {
    let mut paths = Paths::new(|_: &Tape<f64>, _: &[Var<'_, f64>]| Vec::new());
    let (error, line) = (paths.replay_or_record(&[&1.0]).unwrap_err(), line!());
    assert_eq!((error.kind(), error.location().line()), (ErrorKind::Signature, line));
    assert!(paths.is_empty());
}
