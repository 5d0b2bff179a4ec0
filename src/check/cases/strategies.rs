//! What tests of array code draw: shapes, pairs of shapes, arrays. For people's own property tests.

use super::layout::layouts;
use super::values::Palette;
use crate::Float;
use crate::check::{Layout, Values};
use ndarray::ArrayD;
use proptest::collection::vec;
use proptest::prelude::*;
use std::ops::RangeInclusive;

/// The size of an axis: mostly small primes, sometimes 0 or 1. Shrinks towards 1.
///
/// ```
/// use proptest::prelude::*;
/// proptest! {
///     fn a_sum_of_ones_is_a_count(n in wengert::check::sizes()) {
///         prop_assert_eq!(ndarray::Array1::<f32>::ones(n).sum() as usize, n);
///     }
/// }
/// # a_sum_of_ones_is_a_count();
/// ```
pub fn sizes() -> impl Strategy<Value = usize> {
    prop_oneof![4 => Just(1_usize), 4 => Just(2), 3 => Just(3), 1 => Just(5), 1 => Just(7), 1 => Just(0)]
}

/// Shapes with as many axes as said, and at most a few hundred elements.
///
/// ```
/// use proptest::prelude::*;
/// proptest! {
///     fn transposing_twice_is_nothing(shape in wengert::check::shapes(0..=4)) {
///         let x = ndarray::ArrayD::<f64>::zeros(shape);
///         prop_assert_eq!(x.clone().reversed_axes().reversed_axes(), x);
///     }
/// }
/// # transposing_twice_is_nothing();
/// ```
pub fn shapes(ranks: RangeInclusive<usize>) -> impl Strategy<Value = Vec<usize>> {
    vec(sizes(), ranks).prop_filter("at most 300 elements", |shape| shape.iter().product::<usize>() <= 300)
}

/// Pairs of shapes of rank up to 3 that broadcast to one another by NumPy's rules, in any order, with the shape they
/// broadcast to.
///
/// ```
/// use proptest::prelude::*;
/// proptest! {
///     fn they_do([a, b, joint] in wengert::check::broadcastable()) {
///         let x = ndarray::ArrayD::<f64>::zeros(a) + ndarray::ArrayD::<f64>::zeros(b);
///         prop_assert_eq!(x.shape(), joint.as_slice());
///     }
/// }
/// # they_do();
/// ```
pub fn broadcastable() -> impl Strategy<Value = [Vec<usize>; 3]> {
    // Each operand has the joint shape's last axes, some of them of size 1; no axis is of size 1 in both.
    let stretched = || vec(0..4_u8, 3);
    (shapes(0..=3), stretched(), 0..4_usize, any::<bool>()).prop_map(|(joint, fate, cut, swap)| {
        let shape = |own: u8| -> Vec<usize> {
            joint.iter().zip(&fate).map(|(&n, &fate)| if fate == own { 1 } else { n }).collect()
        };
        let (mut a, b) = (shape(0), shape(1));
        // The first's leading axes may be missing where the other has them whole.
        let droppable = a.iter().zip(&b).zip(&joint).take_while(|((_, b), joint)| b == joint).count();
        a.drain(..cut.min(droppable));
        if swap { [b, a, joint] } else { [a, b, joint] }
    })
}

/// Arrays of this shape: numbers of all moods (plain, whole with ties and zeros, tiny, large), in all memory layouts.
/// Failures shrink to contiguous arrays.
///
/// ```
/// use proptest::prelude::*;
/// use wengert::check;
/// proptest! {
///     fn doubling_is_adding(x in check::arrays::<f32>(vec![2, 3], check::Values::Any)) {
///         prop_assert_eq!(&x + &x, x * 2.0);
///     }
/// }
/// # doubling_is_adding();
/// ```
pub fn arrays<T: Float>(shape: Vec<usize>, values: Values) -> impl Strategy<Value = ArrayD<T>> {
    let moods = proptest::sample::select(Palette::ALL.as_slice());
    (moods, any::<u64>().no_shrink(), layouts()).prop_map(
        move |(palette, seed, layout): (Palette, u64, Layout)| {
            layout.place(&values.draw(&shape, palette, seed).mapv(T::from_f64))
        },
    )
}
