//! What the tests draw: shapes, memory layouts, numbers.

use ndarray::ArrayD;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::FileFailurePersistence::WithSource;
use std::ops::RangeInclusive;
pub use wengert::check::{Layout, layouts};

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
