//! What the tests draw: shapes, memory layouts, numbers.

use ndarray::{ArrayD, Axis, Slice};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::FileFailurePersistence::WithSource;
use std::ops::RangeInclusive;

/// `PROPTEST_CASES` (256) divided by `share`, for tests whose cases do much; failures are kept beside
/// the source.
pub fn config(share: u32) -> ProptestConfig {
    let default = ProptestConfig::default();
    let persistence = Box::new(WithSource("regressions"));
    let cases = default.cases.div_ceil(share);
    ProptestConfig { cases, failure_persistence: Some(persistence), ..default }
}

/// A size of an axis: 0, 1 or a small prime.
pub fn sizes() -> impl Strategy<Value = usize> {
    prop_oneof![4 => Just(1_usize), 4 => Just(2), 3 => Just(3), 1 => Just(5), 1 => Just(0)]
}

/// A shape with as many axes as said, and at most 36 elements.
pub fn shapes(ranks: RangeInclusive<usize>) -> impl Strategy<Value = Vec<usize>> {
    vec(sizes(), ranks).prop_filter("at most 36 elements", |shape| shape.iter().product::<usize>() <= 36)
}

/// How an array of up to five axes lies in memory: the order of its axes from the slowest to the fastest,
/// and the step along each, negative ones walking backwards.
#[derive(Clone, Debug)]
pub struct Layout {
    order: Vec<usize>,
    steps: [isize; 5],
}

impl Layout {
    /// The same elements in this layout; in the gaps is NaN, which whoever reads it will show.
    pub fn place<T: wengert::Float>(&self, array: &ArrayD<T>) -> ArrayD<T> {
        let order: Vec<usize> = self.order.iter().copied().filter(|&axis| axis < array.ndim()).collect();
        let stored = order.iter().map(|&axis| array.shape()[axis] * self.steps[axis].unsigned_abs());
        let memory = ArrayD::from_elem(stored.collect::<Vec<_>>(), T::NAN);
        let place = |axis| order.iter().position(|&other| other == axis).expect("an order names every axis");
        let mut placed = memory.permuted_axes((0..array.ndim()).map(place).collect::<Vec<_>>());
        for axis in 0..array.ndim() {
            placed.slice_axis_inplace(Axis(axis), Slice::new(0, None, self.steps[axis]));
        }
        placed.assign(array);
        placed
    }
}

/// Layouts: contiguous, transposed, permuted, strided, reversed, and all of it at once.
pub fn layouts() -> impl Strategy<Value = Layout> {
    let straight = || Just(vec![0, 1, 2, 3, 4]);
    let order = prop_oneof![straight(), Just(vec![4, 3, 2, 1, 0]), straight().prop_shuffle()];
    let steps = prop_oneof![
        Just([1; 5]),
        Just([2; 5]),
        Just([-1; 5]),
        proptest::array::uniform5(prop_oneof![Just(1_isize), Just(2), Just(-1), Just(-3)]),
    ];
    (order, steps).prop_map(|(order, steps)| Layout { order, steps })
}

/// Where a test's numbers come from: one draw, so that shrinking is spent on shapes and layouts.
#[derive(Clone, Copy, Debug)]
pub struct Seed(u64);

pub fn seeds() -> impl Strategy<Value = Seed> {
    any::<u64>().prop_map(Seed).no_shrink()
}

impl Seed {
    /// The `SplitMix64` generator (Steele, Lea and Flood, 2014).
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number from 0 to 1.
    #[allow(clippy::cast_precision_loss)] // 53 bits are kept.
    fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    fn fill(&mut self, shape: &[usize], mut draw: impl FnMut(&mut Self) -> f64) -> ArrayD<f64> {
        ArrayD::from_shape_simple_fn(shape, || draw(self))
    }

    /// Numbers from −2 to 2.
    pub fn numbers(&mut self, shape: &[usize]) -> ArrayD<f64> {
        self.fill(shape, |seed| 4.0 * seed.unit() - 2.0)
    }

    /// Integers from −3 to 3, with many zeros and ties; sums and products of a few are exact.
    pub fn integers(&mut self, shape: &[usize]) -> ArrayD<f64> {
        self.fill(shape, |seed| (7.0 * seed.unit()).floor() - 3.0)
    }

    /// Numbers in ±[0.5, 2] of which, in all arrays together, no two are near each other: away from
    /// every kink. They are jittered points of a grid, in random order.
    #[allow(clippy::cast_precision_loss)] // A few hundred.
    pub fn distinct(&mut self, shapes: &[Vec<usize>]) -> Vec<ArrayD<f64>> {
        let total: usize = shapes.iter().map(|shape| shape.iter().product::<usize>()).sum();
        let mut cells: Vec<usize> = (0..total).collect();
        cells.sort_by_cached_key(|_| self.next());
        let mut draw = |seed: &mut Self| {
            let cell = cells.pop().expect("a cell for each number");
            let place = (cell as f64 + 0.25 + 0.5 * seed.unit()) / total as f64;
            if place < 0.5 { 3.0 * place - 2.0 } else { 3.0 * place - 1.0 }
        };
        shapes.iter().map(|shape| self.fill(shape, &mut draw)).collect()
    }
}
