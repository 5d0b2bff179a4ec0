//! What was recorded in `f32`, in the arithmetic of `f64`.

use super::{assert_bits, numbers};
use ndarray::{ArrayD, arr0};
use wengert::{ErrorKind, Float, Tape, Var};

/// A network with constants of all kinds: numbers, an array, a padding.
fn record<'t, T: Float>(x: Var<'t, T>, w: Var<'t, T>, constant: &ArrayD<f64>) -> [Var<'t, T>; 3] {
    let constant = x.tape().constant(constant.mapv(T::from_f64));
    let z = x.matmul(w.t()) * T::from_f64(0.375) + constant;
    let loss = z.sigmoid().pad_with([(1, 0), (0, 2)], T::from_f64(0.5)).square().mean();
    let grads = loss.backward();
    [loss, grads[x], grads[w]]
}

#[test]
#[allow(clippy::cast_possible_truncation)] // To the nearest.
fn single_precision_replayed_in_double() {
    // Rounded to f32 first, so that either tape holds the same numbers.
    let exact = |shape: &[usize], seed| numbers(shape, seed).mapv(|x| f64::from(x as f32));
    let constant = exact(&[3], 1);
    let tape = Tape::<f32>::new();
    let (x, w) = (tape.leaf("x", ArrayD::zeros(vec![5, 4])), tape.leaf("w", ArrayD::zeros(vec![3, 4])));
    let outputs = record(x, w, &constant);
    let program = tape.program_builder([x, w], outputs).build_in::<f64>().unwrap();
    assert!(program.to_string().starts_with("f64: "));
    let (x, w) = (numbers(&[5, 4], 2), numbers(&[3, 4], 3));
    let replayed: [ArrayD<f64>; 3] = program.replay((&x, &w)).unwrap();

    let afresh = Tape::<f64>::new();
    let recorded = record(afresh.leaf("x", &x), afresh.leaf("w", &w), &constant);
    replayed.iter().zip(recorded).for_each(|(a, b)| assert_bits(a, &b.value().into_owned()));

    // And back: double in single.
    let back = afresh.program_builder([afresh.try_var(0).unwrap(), afresh.try_var(1).unwrap()], recorded);
    let (x, w) = (x.mapv(|x| x as f32), w.mapv(|w| w as f32));
    let single: [ArrayD<f32>; 3] = back.build_in::<f32>().unwrap().replay((&x, &w)).unwrap();
    let tape = Tape::<f32>::new();
    let recorded = record(tape.leaf("x", &x), tape.leaf("w", &w), &constant);
    single.iter().zip(recorded).for_each(|(a, b)| assert_bits(a, &b.value().into_owned()));
}

#[test]
fn guards_and_state_go_along() {
    let tape = Tape::<f32>::new();
    let (x, w) = (tape.leaf("x", 0.5), tape.leaf("w", 0.1));
    let y = if x < 0.1 { x } else { x * w };
    let program = tape.program_builder([x], [y]).carry([(w, w * w)]).build_in::<f64>().unwrap();
    let tenth = f64::from(0.1_f32);
    let mut workspace = program.workspace();
    program.run(&mut workspace, 0.25).unwrap();
    assert_eq!(workspace.output(0), arr0(0.25 * tenth).into_dyn());
    assert_eq!(workspace.state(0), arr0(tenth * tenth).into_dyn());
    // The recorded number is the f32 next to 0.1, which is greater.
    assert!(0.1 < tenth);
    for x in [0.1, tenth, f64::NAN] {
        assert_eq!(program.run(&mut workspace, [&x]).unwrap_err().kind(), ErrorKind::Branch);
    }
    assert!(program.run(&mut workspace, [&tenth.next_up()]).is_ok());
}
