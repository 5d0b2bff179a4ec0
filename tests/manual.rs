//! The hand-written functions against PyTorch's reference run, against differences, and at their edges.

use crate::common::{Digits, Real, Reference, assert_close, digits, scale};
use approx::assert_abs_diff_eq;
use ndarray::{Array, Array1, Array2, Array3, Axis, Slice, array};
use wengert::manual::*;

/// How far two runs may be apart, relative to a gradient's scale, when no rounding chain is longer than `terms`.
///
/// f64: 1e-12, which is 9000 u.
///
/// f32: a sum of n terms rounds n times, each time by at most u of a partial sum. The largest entry's partial sums are
/// about as large as itself, and errors of either sign add up like a random walk: √n·u of the scale, doubled for the
/// walk's luck, and doubled again because PyTorch rounded too, in another order. So 4·√n·u: 1.9e-6 for Z1, 9.3e-6 for
/// dW1. Measured: at most 1.2e-7 before the sums over the rows, 1e-6 after. (The bound that
/// holds for the worst luck, 2·n·u, would be 1.8e-4 for dW1.)
#[allow(clippy::cast_precision_loss)] // The longest chain has 1536 terms.
fn tolerance<T: Real>(terms: usize) -> f64 {
    if T::NAME == "f64" { 1e-12 } else { 4.0 * (terms as f64).sqrt() * T::U }
}

fn one_step_is_pytorchs<T: Real>() {
    let mut reference = Reference::open::<T>();
    let Digits { x_train: x, y_train: y, .. } = digits::<T>(&mut reference);
    let [w1, b1, w2, b2] = reference.weights::<T>("");
    let pass = forward_and_backward(&x, &y, &w1, &b1, &w2, &b2).unwrap();

    // Rounding chains: inner products over 64 pixels and a bias, 30 hidden units and a bias, a subtraction and a
    // scaling, and back through one output; then sums over the 1437 rows.
    let (z1, z2, m) = (64 + 1, 64 + 1 + 30 + 1, x.nrows());
    let (dz2, dz1) = (z2 + 2, z2 + 3);
    let gradients = [
        ("Z1", &pass.z1, "Z1", z1),
        ("A1", &pass.a1, "A1", z1),
        ("Z2", &pass.z2, "Z2", z2),
        ("A2", &pass.a2, "Z2", z2),
        ("dA2", &pass.da2, "Z2_grad", dz2),
        ("dZ2", &pass.dz2, "Z2_grad", dz2),
        ("dA1", &pass.da1, "A1_grad", dz1),
        ("dZ1", &pass.dz1, "Z1_grad", dz1),
        ("dW2", &pass.dw2, "W_2_grad", dz2 + m),
        ("dB2", &pass.db2, "B_2_grad", dz2 + m),
        ("dW1", &pass.dw1, "W_1_grad", dz1 + m),
        ("dB1", &pass.db1, "B_1_grad", dz1 + m),
    ];
    for (name, actual, key, terms) in gradients {
        assert_close(&format!("{} {name}", T::NAME), actual, &reference.matrix(key), tolerance::<T>(terms));
    }
    let loss: T = reference.scalar("loss");
    assert_close("loss", &array![pass.loss], &array![loss], tolerance::<T>(z2 + 2 + m));

    // The file has no gradient of X: PyTorch's dZ1 and W1 give it in one product.
    let dx = reference.matrix::<T>("Z1_grad").dot(&w1);
    assert_close("dX", &pass.dx, &dx, tolerance::<T>(dz1 + 30));

    // What makes the comparison fair: no Z1 is so near to relu's kink that rounding could push it across.
    let nearest = pass.z1.iter().map(|&z| z.into().abs()).fold(f64::INFINITY, f64::min);
    assert!(nearest > tolerance::<T>(z1) * scale(&pass.z1), "Z1 comes within {nearest:e} of the kink");
}

#[test]
fn one_step_is_pytorchs_f32() {
    one_step_is_pytorchs::<f32>();
}

#[test]
fn one_step_is_pytorchs_f64() {
    one_step_is_pytorchs::<f64>();
}

/// 100 epochs of full-batch gradient descent, learning rate 0.03.
///
/// In the reference, `train_loss[i]` is the loss before step i and `val_loss[i]` the one after it.
///
/// The tolerance is 160 u: 9.5e-6 in f32, 1.8e-14 in f64.
///
/// * One step parts the two runs by some 4 u of a weight's scale. Storing the weight costs u in each; the gradients
///   differ by 3 u (dW1) to 16 u (dB2) of their scale, as measured at the first step, and learning rate × gradient is
///   0.05 (B2) to 0.3 (W2) of the weight's scale, in the mean square over the 100 steps: at most 3 u.
/// * Descent amplifies that by 2 at the most. Measured: with every weight moved at every step by a random share of up
///   to u, the weights end up 1 u to 15 u off, where √100 · u / √3 = 6 u is expected without amplification.
/// * 100 steps add up like a random walk: 2 · √100 · 4 u = 80 u; doubled for the walk's luck.
///
/// Measured distance: 34 u in f32, 41 u in f64. No relu unit changes sides on the way between f32 and f64 (the step
/// would be off by up to 1e-3 if one did).
fn training_is_pytorchs<T: Real>() {
    let mut reference = Reference::open::<T>();
    let data = digits::<T>(&mut reference);
    let mut weights = reference.weights::<T>("");
    let rate = T::of(0.03);
    let (mut train, mut val) = (Array1::<f64>::zeros(100), Array1::zeros(100));
    for epoch in 0..100 {
        let [w1, b1, w2, b2] = &weights;
        let pass = forward_and_backward(&data.x_train, &data.y_train, w1, b1, w2, b2).unwrap();
        train[epoch] = pass.loss.into();
        for (weight, gradient) in weights.iter_mut().zip([&pass.dw1, &pass.db1, &pass.dw2, &pass.db2]) {
            weight.scaled_add(-rate, gradient);
        }
        let [w1, b1, w2, b2] = &weights;
        val[epoch] = forward_and_backward(&data.x_val, &data.y_val, w1, b1, w2, b2).unwrap().loss.into();
    }
    let tolerance = 160.0 * T::U;
    for (name, curve) in [("train_loss", train), ("val_loss", val)] {
        // Each loss is judged by its own size, not by the largest.
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

/// A gradient against central differences of `f` at `x`, with step h = 6e-6.
///
/// They are off by some u·|f| / h = 2e-11·|f|, for f is rounded, and by h²/6 = 6e-12 of the third derivative; 2e-10 of
/// |f| and of the gradient's scale leaves room for f's own few roundings.
#[track_caller]
fn assert_derivative(name: &str, gradient: &Array2<f64>, x: &Array2<f64>, f: impl Fn(&Array2<f64>) -> f64) {
    let differences = Array::from_shape_fn(x.dim(), |index| {
        let step = 6e-6 * x[index].abs().max(1.0);
        let [mut above, mut below] = [x.clone(), x.clone()];
        above[index] += step;
        below[index] -= step;
        (f(&above) - f(&below)) / (above[index] - below[index])
    });
    assert_close(name, gradient, &differences, 2e-10 * (1.0 + f(x).abs() / scale(&differences)));
}

/// Numbers between -1 and 1 without pattern, none nearer to 0 than 0.01.
fn numbers(rows: usize, columns: usize, seed: u32) -> Array2<f64> {
    let mut state = seed;
    Array::from_shape_simple_fn((rows, columns), || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let number = f64::from(state) / f64::from(u32::MAX) * 2.0 - 1.0;
        number + 0.01 * number.signum()
    })
}

#[test]
fn linear_backward_is_the_derivative() {
    let (a, w, b, dz) = (numbers(4, 3, 1), numbers(2, 3, 2), numbers(1, 2, 3), numbers(4, 2, 4));
    let loss =
        |a: &Array2<f64>, w: &Array2<f64>, b: &Array2<f64>| (&dz * &linear_comb(a, w, b).unwrap()).sum();
    let grads = linear_backward(&dz, &a, &w).unwrap();
    assert_derivative("dA", &grads.da, &a, |a| loss(a, &w, &b));
    assert_derivative("dW", &grads.dw, &w, |w| loss(&a, w, &b));
    assert_derivative("dB", &grads.db, &b, |b| loss(&a, &w, b));
}

#[test]
fn relu_backward_is_the_derivative() {
    let (z, da) = (numbers(5, 4, 5), numbers(5, 4, 6));
    let dz = relu_backward(&da, &z).unwrap();
    assert_derivative("dZ", &dz, &z, |z| (&da * &relu(z)).sum());
}

#[test]
fn relu_keeps_its_conventions() {
    let z = array![f64::NEG_INFINITY, -1.0, -0.0, 0.0, f64::MIN_POSITIVE, f64::INFINITY];
    assert_eq!(relu(&z), array![0.0, 0.0, 0.0, 0.0, f64::MIN_POSITIVE, f64::INFINITY]);
    assert_eq!(relu_backward(&Array::from_elem(6, 7.0), &z).unwrap(), array![0.0, 0.0, 0.0, 0.0, 7.0, 7.0]);
    assert!(relu(&array![f32::NAN])[0].is_nan());
    assert_eq!(relu_backward(&array![7.0], &array![f32::NAN]).unwrap(), array![7.0]);
    assert!(relu_backward(&array![f32::NAN], &array![1.0]).unwrap()[0].is_nan());
    assert_eq!(relu(&Array3::<f32>::zeros((2, 0, 3))).dim(), (2, 0, 3));
}

#[test]
fn softmax_cross_entropy_backward_is_the_derivative() {
    let gentle = numbers(4, 3, 7);
    // Scores so far apart that the likelihood of the right class drowns in the guard.
    let harsh = array![[0.0, 30.0, -2.0], [25.0, 0.0, 1.0], [-20.0, 3.0, 4.0], [500.0, 0.0, -500.0]];
    let one_hot = array![[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]];
    for z in [&gentle, &harsh] {
        for y in [&one_hot, &numbers(4, 3, 8)] {
            let dz = softmax_cross_entropy_backward(z, y).unwrap();
            let loss = |z: &Array2<f64>| softmax_cross_entropy(z, y).unwrap().loss;
            assert_derivative("dZ", &dz, z, loss);
            for (dz, z) in dz.rows().into_iter().zip(z.rows()) {
                assert!(
                    dz.sum().abs() < 4.0 * f64::U,
                    "adding a number to row {z} changes nothing: {}",
                    dz.sum()
                );
            }
        }
    }
}

/// The first guard's share is 1e-10 of the rest, below what differences see. With a single class the loss does not
/// depend on Z, so its share is all there is: 1e-10 too much, if it is left out.
#[test]
fn softmax_backward_knows_both_guards() {
    let (z, y) = (array![[3.0], [-2.0]], array![[1.0], [1.0]]);
    let forward = softmax_cross_entropy::<f64>(&z, &y).unwrap();
    assert!(((1.0 - forward.a[[0, 0]]) / 1e-10 - 1.0).abs() < 1e-5);
    let dz: Array2<f64> = softmax_cross_entropy_backward(&z, &y).unwrap();
    assert!(scale(&dz) < 4.0 * f64::U, "{dz}");

    // Two equal classes and equal targets: nothing to pull either way, if the tie's share is halved.
    let dz = softmax_cross_entropy_backward(&array![[2.0, 2.0]], &array![[1.0, 1.0]]).unwrap();
    assert!(scale(&dz) < 4.0 * f64::U, "{dz}");

    // A hopeless score costs -ln(1e-10), and pulls no more.
    let (z, y) = (array![[800.0, 0.0]], array![[0.0, 1.0]]);
    let forward = softmax_cross_entropy::<f64>(&z, &y).unwrap();
    assert_abs_diff_eq!(forward.loss, 10.0 * 10_f64.ln(), epsilon = 1e-12);
    assert_eq!(softmax_cross_entropy_backward(&z, &y).unwrap(), array![[0.0, 0.0]]);
}

/// Where guards do not matter, the textbook's formulas.
fn softmax_is_the_textbooks<T: Real>(tolerance: f64) {
    let z = numbers(6, 4, 9).mapv(T::of);
    let y = Array2::from_shape_fn((6, 4), |(i, j)| if i % 4 == j { T::one() } else { T::zero() });
    let e = z.mapv(T::exp);
    let p = &e / &e.sum_axis(Axis(1)).insert_axis(Axis(1));
    let m = T::of(6.0);
    let forward = softmax_cross_entropy(&z, &y).unwrap();
    assert_close("P", &forward.a, &p, tolerance);
    assert_close("loss", &array![forward.loss], &array![-(&y * &p.mapv(T::ln)).sum() / m], tolerance);
    let dz = softmax_cross_entropy_backward(&z, &y).unwrap();
    assert_close("dZ", &dz, &((&p - &y) / m), tolerance);
}

#[test]
fn softmax_is_the_textbooks_but_for_its_guards() {
    softmax_is_the_textbooks::<f64>(1e-8); // The guard weighs 1e-10 / P, and P is over 0.05 here.
    softmax_is_the_textbooks::<f32>(1e-6); // 16 u: some eight roundings, on either side.
}

#[test]
fn softmax_does_not_hide_what_is_not_a_number() {
    for bad in [f64::NAN, f64::INFINITY] {
        let (z, y) = (array![[bad, 0.0], [0.0, 0.0]], array![[1.0, 0.0], [1.0, 0.0]]);
        assert!(softmax_cross_entropy(&z, &y).unwrap().loss.is_nan());
        let dz = softmax_cross_entropy_backward(&z, &y).unwrap();
        assert!(dz.row(0).iter().all(|v| v.is_nan()) && dz.row(1).iter().all(|v| v.is_finite()));
    }
}

#[test]
fn mse_identity_is_its_formula_and_derivative() {
    let (z, y) = (numbers(4, 3, 10), numbers(4, 3, 11));
    let out = mse_identity(&z, &y).unwrap();
    assert_eq!(out.a, z);
    let loss = |z: &Array2<f64>| mse_identity(z, &y).unwrap().loss;
    assert_close("loss", &array![out.loss], &array![(&z - &y).mapv(|d| d * d).sum() / 4.0], 1e-15);
    assert_derivative("dZ", &out.dz.into_dimensionality().unwrap(), &z, loss);
}

#[test]
fn mse_identity_broadcasts_as_numpy_does() {
    let z = numbers(4, 3, 12);
    let shape = |y: ndarray::ArrayD<f64>| mse_identity(&z, &y).map(|out| out.dz.shape().to_vec());
    for (y, made) in [
        (vec![], vec![4, 3]),
        (vec![3], vec![4, 3]),
        (vec![1], vec![4, 3]),
        (vec![4, 1], vec![4, 3]),
        (vec![2, 1, 3], vec![2, 4, 3]),
        (vec![0, 1, 1], vec![0, 4, 3]),
    ] {
        assert_eq!(shape(Array::ones(y)).unwrap(), made);
    }
    for y in [vec![4], vec![2, 3], vec![4, 2], vec![4, 3, 1], vec![0]] {
        let error = shape(Array::ones(y.clone())).unwrap_err();
        assert_eq!(error.operands, [("Z", vec![4, 3]), ("Y", y)]);
    }
}

/// The notebook's famous bug: what a rank-1 Y makes, and which step notices.
#[test]
fn rank_one_target() {
    let mut reference = Reference::open::<f64>();
    let Digits { x_train: x, y_train: y, .. } = digits::<f64>(&mut reference);
    let [w1, b1, w2, b2] = reference.weights::<f64>("");
    let flat = y.column(0);

    let z = forward_and_backward(&x, &y, &w1, &b1, &w2, &b2).unwrap().z2;
    let wrong = mse_identity(&z, &flat).unwrap();
    assert_eq!(wrong.dz.shape(), [1437, 1437]);
    let all_pairs = z.iter().flat_map(|z| flat.iter().map(move |y| (z - y) * (z - y))).sum::<f64>() / 1437.0;
    assert_close("loss", &array![wrong.loss], &array![all_pairs], 1e-12);
    assert!(wrong.loss > 1000.0 * mse_identity(&z, &y).unwrap().loss);

    let error = forward_and_backward(&x, &flat, &w1, &b1, &w2, &b2).unwrap_err();
    assert_eq!(
        error.to_string(),
        "linear_backward: dZ (1437, 1437) does not fit W (1, 30), expected dZ (m, h) and W (h, d): a dZ wider than \
         its layer comes from a target Y (m,) that broadcast against (m, 1), so reshape Y to (m, 1)"
    );
}

#[test]
fn every_mismatch_names_both_shapes() {
    let ones = |rows, columns| Array2::<f32>::ones((rows, columns));
    let pass = |y: ndarray::ArrayD<f32>| {
        forward_and_backward(&ones(3, 2), &y, &ones(4, 2), &ones(1, 4), &ones(1, 4), &ones(1, 1))
    };
    for (error, text) in [
        (linear_comb(&ones(5, 3), &ones(2, 4), &ones(1, 2)).unwrap_err(), "A (5, 3) does not fit W (2, 4)"),
        (linear_comb(&ones(5, 3), &ones(2, 3), &ones(2, 1)).unwrap_err(), "B (2, 1) does not fit W (2, 3)"),
        (linear_comb(&ones(5, 3), &ones(2, 3), &ones(5, 2)).unwrap_err(), "B (5, 2) does not fit W (2, 3)"),
        (
            linear_backward(&ones(5, 2), &ones(5, 3), &ones(3, 3)).unwrap_err(),
            "dZ (5, 2) does not fit W (3, 3)",
        ),
        (
            linear_backward(&ones(5, 2), &ones(4, 3), &ones(2, 3)).unwrap_err(),
            "dZ (5, 2) does not fit A (4, 3)",
        ),
        (
            linear_backward(&ones(5, 2), &ones(5, 4), &ones(2, 3)).unwrap_err(),
            "A (5, 4) does not fit W (2, 3)",
        ),
        (relu_backward(&ones(1, 2), &ones(2, 2)).unwrap_err(), "dA (1, 2) does not fit Z (2, 2)"),
        (softmax_cross_entropy(&ones(5, 2), &ones(5, 1)).unwrap_err(), "Z (5, 2) does not fit Y (5, 1)"),
        (
            softmax_cross_entropy_backward(&ones(5, 2), &ones(1, 2)).unwrap_err(),
            "Z (5, 2) does not fit Y (1, 2)",
        ),
        (mse_identity(&ones(3, 2), &Array1::ones(3)).unwrap_err(), "Z (3, 2) does not fit Y (3,)"),
        (pass(Array::ones(vec![2, 3, 1])).unwrap_err(), "dZ (2, 3, 1) does not fit Z (3, 1)"),
        (pass(Array::ones(vec![2, 1])).unwrap_err(), "Z (3, 1) does not fit Y (2, 1)"),
    ] {
        let message = error.to_string();
        assert!(message.contains(text), "{message}");
        assert!(message.starts_with(error.operation) && message.contains(error.expected), "{message}");
        assert!(!message.contains('\n'), "one sentence: {message}");
    }
}

#[test]
fn empty_arrays_are_legal() {
    for (m, d, h, k) in [(0, 2, 3, 1), (4, 0, 3, 1), (4, 2, 0, 1), (4, 2, 3, 0), (0, 0, 0, 0)] {
        let zeros = |rows, columns| Array2::<f64>::zeros((rows, columns));
        let (x, y) = (zeros(m, d), zeros(m, k));
        let pass =
            forward_and_backward(&x, &y, &zeros(h, d), &zeros(1, h), &zeros(k, h), &zeros(1, k)).unwrap();
        assert_eq!(pass.loss.is_nan(), m == 0, "the mean over no row is 0/0");
        assert_eq!((pass.dx.dim(), pass.dw1.dim(), pass.db1.dim()), ((m, d), (h, d), (1, h)));
        assert_eq!((pass.dw2.dim(), pass.db2.dim(), pass.dz2.dim()), ((k, h), (1, k), (m, k)));
        assert_eq!(softmax_cross_entropy(&y, &y).unwrap().loss.is_nan(), m == 0);
        assert_eq!(softmax_cross_entropy_backward(&y, &y).unwrap().dim(), (m, k));
    }
}

#[test]
fn views_of_any_layout_give_the_same() {
    let (x, y) = (numbers(5, 3, 13), numbers(5, 2, 14));
    let (w1, b1, w2, b2) = (numbers(4, 3, 15), numbers(1, 4, 16), numbers(2, 4, 17), numbers(1, 2, 18));
    let plain = forward_and_backward(&x, &y, &w1, &b1, &w2, &b2).unwrap();
    // The same numbers, held transposed, backwards and with gaps.
    let transposed = x.t().as_standard_layout().into_owned();
    let mut backwards = y.clone();
    backwards.invert_axis(Axis(0));
    backwards = backwards.as_standard_layout().into_owned();
    backwards.invert_axis(Axis(0));
    let gaps = w1.select(Axis(0), &[0, 0, 1, 1, 2, 2, 3, 3]);
    let (x, y, w1) = (transposed.t(), backwards.view(), gaps.slice_axis(Axis(0), Slice::new(0, None, 2)));
    assert!(x.strides()[0] == 1 && y.strides()[0] < 0 && w1.strides()[0] == 6);
    let viewed = forward_and_backward(&x, &y, &w1, &b1, &w2, &b2).unwrap();
    assert_close("dX", &viewed.dx, &plain.dx, 1e-15);
    assert_close("dW1", &viewed.dw1, &plain.dw1, 1e-15);
    assert_close("dW2", &viewed.dw2, &plain.dw2, 1e-15);
    assert_eq!(
        softmax_cross_entropy(&y, &y).unwrap(),
        softmax_cross_entropy(&y.to_owned(), &y.to_owned()).unwrap()
    );
}
