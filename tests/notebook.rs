//! The notebook on the tape, against PyTorch's reference run: every value, every gradient, all of training.

use crate::common::{Digits, Real, Reference, assert_close, digits, scale};
use ndarray::{Array1, Array2, NdFloat, array};
use wengert::{Float, Gradients, Tape, Var};

/// A network on a tape, its loss and all gradients.
struct Step<'t, T: Float> {
    weights: [Var<'t, T>; 4],
    z1: Var<'t, T>,
    a1: Var<'t, T>,
    z2: Var<'t, T>,
    loss: Var<'t, T>,
    grads: Gradients<'t, T>,
}

fn step<'t, T: Real + Float>(
    tape: &'t Tape<T>,
    x: Var<'t, T>,
    y: &Array2<T>,
    weights: &[Array2<T>; 4],
) -> Step<'t, T> {
    let weights @ [w1, b1, w2, b2] = weights.each_ref().map(|array| tape.leaf("weight", array));
    let z1 = x.linear(w1, b1);
    let a1 = z1.relu();
    let z2 = a1.linear(w2, b2);
    #[allow(clippy::cast_precision_loss)] // a row count
    let loss = (z2 - tape.constant(y)).square().sum() / T::of(y.nrows() as f64);
    Step { weights, z1, a1, z2, loss, grads: loss.backward() }
}

fn matrix<T: Float>(var: Var<'_, T>) -> Array2<T> {
    var.value().into_owned().into_dimensionality().expect("a matrix")
}

/// f64: 1e-12 relative to the gradient's scale, which is 9000 u. f32: 4·√n·u for rounding chains of `terms` = n, the
/// random walk of n roundings with room for luck and for PyTorch's own; see `tests/manual.rs`, where it is argued in
/// full for the same network.
#[allow(clippy::cast_precision_loss)] // counts of terms
fn tolerance<T: Real>(terms: usize) -> f64 {
    if T::NAME == "f64" { 1e-12 } else { 4.0 * (terms as f64).sqrt() * T::U }
}

fn one_step_is_pytorchs<T: Real + Float + NdFloat>() {
    let mut reference = Reference::open::<T>();
    let Digits { x_train, y_train, .. } = digits::<T>(&mut reference);
    let tape = Tape::<T>::new();
    let x = tape.leaf("X", &x_train);
    let weights = reference.weights::<T>("");
    let Step { weights: vars, z1, a1, z2, loss, grads } = step(&tape, x, &y_train, &weights);

    // Inner products over 64 pixels and a bias, 30 units and a bias; sums over the rows on the way back.
    let (long1, long2, m) = (64 + 1, 64 + 1 + 30 + 1, x_train.nrows());
    let (back2, back1) = (long2 + 2, long2 + 3);
    for (name, value, terms) in [("Z1", z1, long1), ("A1", a1, long1), ("Z2", z2, long2)] {
        assert_close(name, &matrix(value), &reference.matrix(name), tolerance::<T>(terms));
    }
    for (name, var, terms) in [("Z1", z1, back1), ("A1", a1, back1), ("Z2", z2, back2)] {
        let key = format!("{name}_grad");
        assert_close(&key, &matrix(grads[var]), &reference.matrix(&key), tolerance::<T>(terms));
    }
    let expected = reference.weights::<T>("_grad");
    for ((name, var), expected) in ["W_1", "B_1", "W_2", "B_2"].iter().zip(vars).zip(expected) {
        assert_close(name, &matrix(grads[var]), &expected, tolerance::<T>(back1 + m));
    }
    let expected: T = reference.scalar("loss");
    assert_close("loss", &array![loss.item()], &array![expected], tolerance::<T>(long2 + 2 + m));

    // The file has no gradient of X: PyTorch's dZ1 and W1 give it in one product.
    let dx = reference.matrix::<T>("Z1_grad").dot(&weights[0]);
    assert_close("X", &matrix(grads[x]), &dx, tolerance::<T>(back1 + 30));
    assert!(scale(&dx) > 0.0);
    tape.verify().unwrap();
}

#[test]
fn one_step_is_pytorchs_f32() {
    one_step_is_pytorchs::<f32>();
}

#[test]
fn one_step_is_pytorchs_f64() {
    one_step_is_pytorchs::<f64>();
}

/// 100 epochs of full-batch gradient descent, learning rate 0.03, a tape a step. The tolerance of 160 u is argued in
/// `tests/manual.rs`: what a step rounds, times how little descent amplifies it, over 100 steps.
fn training_is_pytorchs<T: Real + Float + NdFloat>() {
    let mut reference = Reference::open::<T>();
    let data = digits::<T>(&mut reference);
    let mut weights = reference.weights::<T>("");
    let rate = T::of(0.03);
    let (mut train, mut val) = (Array1::<f64>::zeros(100), Array1::zeros(100));
    for epoch in 0..100 {
        let tape = Tape::<T>::new();
        let Step { weights: vars, loss, grads, .. } =
            step(&tape, tape.constant(&data.x_train), &data.y_train, &weights);
        train[epoch] = loss.item().into();
        for (weight, var) in weights.iter_mut().zip(vars) {
            weight.scaled_add(-rate, &matrix(grads[var]));
        }
        let tape = Tape::<T>::new();
        val[epoch] = step(&tape, tape.constant(&data.x_val), &data.y_val, &weights).loss.item().into();
    }
    let tolerance = 160.0 * T::U;
    for (name, curve) in [("train_loss", train), ("val_loss", val)] {
        for (epoch, (a, e)) in curve.iter().zip(reference.array::<f64>(name)).enumerate() {
            assert_close(&format!("{} {name}[{epoch}]", T::NAME), &array![*a], &array![e], tolerance);
        }
    }
    for (index, (weight, after)) in weights.iter().zip(reference.weights::<T>("_after")).enumerate() {
        assert_close(&format!("{} weight {index}", T::NAME), weight, &after, tolerance);
    }
}

#[test]
fn training_is_pytorchs_f32() {
    training_is_pytorchs::<f32>();
}

#[test]
fn training_is_pytorchs_f64() {
    training_is_pytorchs::<f64>();
}
