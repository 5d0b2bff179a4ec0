//! The tape against gradients that were derived by hand, on random networks.
//!
//! Both sides add up the same terms, perhaps in another order, so that they differ by at most
//! (number of roundings) × u × (sum of the terms' magnitudes). The hand-written functions give that sum
//! themselves: on |X|, |W|, |B| and −|Y| nothing cancels and every unit is active, and each result is
//! the sum of magnitudes that belongs to it.

use crate::oracle::{cast, count, near};
use crate::strategies::{Layout, Seed, config, layouts, seeds};
use ndarray::{Array, Array2, ArrayD, Ix2, NdFloat};
use proptest::collection::vec;
use proptest::prelude::*;
use wengert::manual::{
    ForwardAndBackward, forward_and_backward, linear_backward, linear_comb, mse_identity, relu, relu_backward,
};
use wengert::{Arithmetic, Float, Tape, Var};

/// Rows, inputs, hidden units, outputs.
type Sizes = [usize; 4];

fn networks() -> impl Strategy<Value = Sizes> {
    let size = || prop_oneof![1 => Just(0_usize), 2 => Just(1), 6 => 2_usize..=13];
    [size(), size(), size(), size()]
}

/// X, Y, W1, B1, W2, B2.
fn parameters([m, d, h, k]: Sizes, draw: impl FnMut(&[usize]) -> ArrayD<f64>) -> [ArrayD<f64>; 6] {
    let shapes = [[m, d], [m, k], [h, d], [1, h], [k, h], [1, k]];
    shapes.each_ref().map(<[_; 2]>::as_slice).map(draw)
}

fn matrices<T: Float>(arrays: &[ArrayD<f64>; 6]) -> [Array2<T>; 6] {
    arrays.each_ref().map(|x| cast::<f64, T>(x).into_dimensionality::<Ix2>().expect("a matrix"))
}

fn by_hand<T: Float + NdFloat>([x, y, w1, b1, w2, b2]: &[Array2<T>; 6]) -> ForwardAndBackward<T> {
    forward_and_backward(x, y, w1, b1, w2, b2).expect("shapes that fit")
}

/// Everything that the hand-written pass returns, loss first, in double precision.
fn listed<T: Float>(pass: &ForwardAndBackward<T>) -> Vec<ArrayD<f64>> {
    let ForwardAndBackward { loss, z1, a1, z2, a2, dx, dw1, db1, dw2, db2, dz1, da1, dz2, da2 } = pass;
    let arrays = [z1, a1, z2, a2, dx, dw1, db1, dw2, db2, dz1, da1, dz2, da2];
    let arrays = arrays.into_iter().map(|x| cast(&x.clone().into_dyn()));
    std::iter::once(Array::from_elem(ndarray::IxDyn(&[]), loss.to_f64())).chain(arrays).collect()
}

/// The same from a tape.
fn by_tape<T: Float>(parameters: &[ArrayD<T>; 6]) -> Vec<ArrayD<f64>> {
    let tape = Tape::new();
    let [x, y, w1, b1, w2, b2] = parameters.each_ref().map(|value| tape.leaf("", value.clone()));
    let z1 = x.linear(w1, b1);
    let a1 = z1.relu();
    let z2 = a1.linear(w2, b2);
    let loss = (z2 - y).square().sum() / T::from_f64(count(x.shape()[0]));
    let grads = loss.backward();
    let gradients = [x, w1, b1, w2, b2, z1, a1, z2, z2].map(|var| grads[var]);
    let rows = [loss, z1, a1, z2, z2].into_iter().chain(gradients);
    rows.map(|row: Var<'_, T>| cast(&row.value().into_owned())).collect()
}

/// The parameters, each in a layout of its own.
fn placed<T: Float>(arrays: &[ArrayD<f64>; 6], layouts: &[Layout]) -> [ArrayD<T>; 6] {
    std::array::from_fn(|i| layouts[i].place(&cast(&arrays[i])))
}

/// The longest chain of roundings: two sums forward and two backward, each as long as the sizes say, and
/// the few operations between them; each side has its own.
fn roundings(sizes: Sizes) -> f64 {
    2.0 * (2.0 * count(sizes.iter().sum()) + count(sizes[0] * sizes[3]) + 16.0)
}

fn agree<T: Float + NdFloat>(sizes: Sizes, mut seed: Seed, layouts: &[Layout]) -> Result<(), TestCaseError> {
    let arrays = parameters(sizes, |shape| seed.numbers(shape));
    let hand = by_hand::<T>(&matrices(&arrays));
    let mut magnitudes = arrays.clone().map(|x| x.mapv(f64::abs));
    magnitudes[1] *= -1.0;
    let magnitudes = by_hand::<f64>(&matrices(&magnitudes));
    let unit = <T as Arithmetic>::EPSILON.to_f64() * roundings(sizes);
    // Where Z1 is 0 but for rounding, the two sides may see different units active.
    let clear =
        hand.z1.iter().zip(&magnitudes.z1).all(|(&z, most)| Arithmetic::to_f64(z).abs() > unit * most);
    prop_assume!(clear);

    let sides = listed(&hand).into_iter().zip(by_tape(&placed::<T>(&arrays, layouts)));
    for ((hand, tape), most) in sides.zip(listed(&magnitudes)) {
        let scale = most.iter().fold(0.0, |most: f64, x| most.max(*x));
        near("by hand and by tape", &hand, &tape, |_| unit * scale)?;
    }
    Ok(())
}

proptest! {
    #![proptest_config(config(1))]

    #[test]
    fn whole_networks(sizes in networks(), seed in seeds(), layouts in vec(layouts(), 6)) {
        agree::<f64>(sizes, seed, &layouts)?;
        agree::<f32>(sizes, seed, &layouts)?;
    }

    /// On small integers and a power of two of rows no operation rounds, so that the two sides are
    /// equal, and Z1 = 0 is met in many places: relu′(0) = 0 on both sides.
    #[test]
    fn whole_networks_exactly(
        [_, d, h, k] in networks(), log in 0_u32..4, mut seed in seeds(), layouts in vec(layouts(), 6),
    ) {
        let [d, h, k] = [d, h, k].map(|n| n.min(4));
        let arrays = parameters([1 << log, d, h, k], |shape| seed.integers(shape));
        let hand = by_hand::<f64>(&matrices(&arrays));
        prop_assert_eq!(listed(&hand), by_tape(&placed::<f64>(&arrays, &layouts)));
        let hand = by_hand::<f32>(&matrices(&arrays));
        prop_assert_eq!(listed(&hand), by_tape(&placed::<f32>(&arrays, &layouts)));
    }

    #[test]
    fn a_linear_layer([m, d, h, _] in networks(), mut seed in seeds(), layouts in vec(layouts(), 4)) {
        let [a, w, b, dz] = [[m, d], [h, d], [1, h], [m, h]].map(|shape| {
            seed.integers(&shape).into_dimensionality::<Ix2>().expect("a matrix")
        });
        let tape = Tape::<f64>::new();
        let mut leaves = [&a, &w, &b, &dz].into_iter().zip(&layouts);
        let [va, vw, vb, seed] = std::array::from_fn(|_| {
            let (x, layout) = leaves.next().expect("four");
            tape.leaf("", layout.place(&x.clone().into_dyn()))
        });
        let z = va.linear(vw, vb);
        prop_assert_eq!(z.value(), linear_comb(&a, &w, &b).expect("fits").into_dyn());
        let grads = z.backward_with(seed);
        let hand = linear_backward(&dz, &a, &w).expect("fits");
        prop_assert_eq!(grads[va].value(), hand.da.into_dyn());
        prop_assert_eq!(grads[vw].value(), hand.dw.into_dyn());
        prop_assert_eq!(grads[vb].value(), hand.db.into_dyn());
    }

    #[test]
    fn a_rectifier(shape in crate::strategies::shapes(0..=4), layout in layouts(), mut seed in seeds()) {
        let (z, da) = (seed.integers(&shape), seed.numbers(&shape));
        let tape = Tape::<f64>::new();
        let x = tape.leaf("Z", layout.place(&z));
        let y = x.relu();
        prop_assert_eq!(y.value(), relu(&z));
        prop_assert_eq!(y.backward_with(&da)[x].value(), relu_backward(&da, &z).expect("fits"));
    }

    /// The hand-written loss sums over outputs and averages over rows; `mse` averages over both.
    #[test]
    fn a_squared_error([m, k, _, _] in networks(), mut seed in seeds()) {
        let [z, y] = [0; 2].map(|_| seed.integers(&[m, k]).into_dimensionality::<Ix2>().expect("a matrix"));
        let hand = mse_identity(&z, &y).expect("fits");
        let tape = Tape::<f64>::new();
        let x = tape.leaf("Z", &z);
        let loss = x.mse(&y) * count(k);
        let (left, right) = (loss.item(), hand.loss);
        // One division, one product; with nothing to average over both are 0/0.
        prop_assert!(left.is_nan() && m * k == 0 || (left - right).abs() <= 4.0 * f64::EPSILON * right);
        near("dZ", &loss.backward()[x].value().into_owned(), &hand.dz, |d| 4.0 * f64::EPSILON * d.abs())?;
    }
}
