//! Random draws that are the same on every machine: inputs for dropout, noise, first weights.
//!
//! A tape holds no generator: what is drawn while a function is recorded would be a constant of its program. So draws are
//! values that are fed, as data is, and a run is repeated by drawing again from the same seed.
//!
//! ```
//! use wengert::random::Draws;
//!
//! let mut draws = Draws::new(42);
//! let w = draws.uniform::<f64, _>((30, 64)) * 0.25 - 0.125; // from −⅛ to ⅛
//! let keep = draws.bernoulli(0.9, (32, 30)); // for `x.dropout(keep, 0.1)`
//! assert_eq!(w, Draws::new(42).uniform::<f64, _>((30, 64)) * 0.25 - 0.125);
//! # let _ = keep;
//! ```

use crate::Float;
use ndarray::{Array, ArrayBase, DataMut, Dimension, ShapeBuilder};

/// A sequence of draws, from a seed.
///
/// The generator is `SplitMix64` (G. Steele, D. Lea and C. Flood, "Fast splittable pseudorandom number generators",
/// OOPSLA 2014): a counter, mixed. It passes the usual statistical tests, is not for secrets, and is made of operations on
/// integers alone, so that its numbers are the same everywhere. Elements are drawn in row-major order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draws {
    state: u64,
}

impl Draws {
    /// The sequence of this seed.
    ///
    /// ```
    /// use wengert::random::Draws;
    /// assert_eq!(Draws::new(1).uniform::<f32, _>(3), Draws::new(1).uniform::<f32, _>(3));
    /// assert_ne!(Draws::new(1).uniform::<f32, _>(3), Draws::new(2).uniform::<f32, _>(3));
    /// ```
    #[doc(alias = "manual_seed")]
    pub fn new(seed: u64) -> Self {
        Self { state: seed }
    }

    /// The next 64 bits.
    pub(crate) fn bits(&mut self) -> u64 {
        let bits = mix(self.state, 0);
        self.state = self.state.wrapping_add(STEP);
        bits
    }

    /// A number from 0 to below 1, of so many bits.
    fn part(&mut self, bits: u32) -> f64 {
        part(self.bits(), bits)
    }

    /// An array of numbers from 0 to below 1, all multiples of 2⁻²⁴ (`f32`) or 2⁻⁵³ (`f64`) equally likely.
    ///
    /// ```
    /// use wengert::random::Draws;
    /// let x = Draws::new(3).uniform::<f64, _>((100, 100));
    /// assert!(x.iter().all(|x| (0.0..1.0).contains(x)) && (x.mean().unwrap() - 0.5).abs() < 0.01);
    /// ```
    #[doc(alias = "rand")]
    pub fn uniform<T: Float, Sh: ShapeBuilder>(&mut self, shape: Sh) -> Array<T, Sh::Dim> {
        let mut out = Array::from_elem(shape, T::zero());
        self.fill_uniform(&mut out);
        out
    }

    /// As [`uniform`](Self::uniform), into an array that is there.
    ///
    /// ```
    /// use wengert::random::Draws;
    /// let mut noise = ndarray::Array2::<f32>::zeros((2, 3));
    /// let mut draws = Draws::new(3);
    /// draws.fill_uniform(&mut noise); // and again for the next step: nothing is allocated
    /// ```
    pub fn fill_uniform<T: Float, S: DataMut<Elem = T>, D: Dimension>(&mut self, out: &mut ArrayBase<S, D>) {
        // As many bits as the type's numbers below 1 have, or rounding could make a 1.
        let bits = if T::DTYPE == "f32" { 24 } else { 53 };
        out.iter_mut().for_each(|x| *x = T::from_f64(self.part(bits)));
    }

    /// An array of truths, each `true` with this probability.
    ///
    /// # Panics
    /// If the probability is not from 0 to 1.
    ///
    /// ```
    /// use wengert::random::Draws;
    /// let keep = Draws::new(3).bernoulli(0.9, 10_000);
    /// let kept = keep.iter().filter(|keep| **keep).count();
    /// assert!((8_900..9_100).contains(&kept));
    /// ```
    #[track_caller]
    pub fn bernoulli<Sh: ShapeBuilder>(&mut self, probability: f64, shape: Sh) -> Array<bool, Sh::Dim> {
        let mut out = Array::from_elem(shape, false);
        self.fill_bernoulli(probability, &mut out);
        out
    }

    /// As [`bernoulli`](Self::bernoulli), into an array that is there.
    ///
    /// # Panics
    /// If the probability is not from 0 to 1.
    ///
    /// ```
    /// use wengert::random::Draws;
    /// let mut keep = ndarray::Array2::from_elem((2, 3), false);
    /// Draws::new(3).fill_bernoulli(0.9, &mut keep);
    /// ```
    #[track_caller]
    pub fn fill_bernoulli<S: DataMut<Elem = bool>, D: Dimension>(
        &mut self,
        probability: f64,
        out: &mut ArrayBase<S, D>,
    ) {
        assert!(
            (0.0..=1.0).contains(&probability),
            "bernoulli: {probability} is no probability: that is from 0 to 1"
        );
        out.iter_mut().for_each(|x| *x = self.part(53) < probability);
    }

    /// An array of whole numbers below `bound`, all equally likely: which samples are the next batch.
    ///
    /// # Panics
    /// If the bound is 0 and the array has elements.
    ///
    /// ```
    /// use wengert::random::Draws;
    /// let batch = Draws::new(3).below(1437, 32);
    /// assert!(batch.iter().all(|sample| *sample < 1437));
    /// ```
    #[doc(alias = "randint")]
    #[track_caller]
    pub fn below<Sh: ShapeBuilder>(&mut self, bound: usize, shape: Sh) -> Array<usize, Sh::Dim> {
        let mut out = Array::from_elem(shape, 0);
        assert!(bound > 0 || out.is_empty(), "below: there is no whole number below 0");
        out.iter_mut().for_each(|x| *x = self.pick(bound));
        out
    }

    /// A whole number below the bound, without bias, by D. Lemire, "Fast random integer generation in an interval", ACM TOMACS 29 (2019).
    #[allow(clippy::cast_possible_truncation)] // The upper half is below the bound, which was a usize.
    pub(crate) fn pick(&mut self, bound: usize) -> usize {
        let bound = bound as u64;
        let mut product = u128::from(self.bits()) * u128::from(bound);
        if (product as u64) < bound {
            let unfair = bound.wrapping_neg() % bound;
            while (product as u64) < unfair {
                product = u128::from(self.bits()) * u128::from(bound);
            }
        }
        (product >> 64) as usize
    }
}

/// How far the counter goes on.
const STEP: u64 = 0x9E37_79B9_7F4A_7C15;

/// The generator as a function: what the sequence of this seed has at a place, counted from 0.
pub(crate) fn mix(seed: u64, place: u64) -> u64 {
    let z = seed.wrapping_add(place.wrapping_add(1).wrapping_mul(STEP));
    let z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

/// Of bits, the first so many as a number from 0 to below 1.
#[allow(clippy::cast_precision_loss)] // 53 bits at most are there to the last.
pub(crate) fn part(bits: u64, first: u32) -> f64 {
    (bits >> (64 - first)) as f64 / (1_u64 << first) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The first numbers of the seed 1234567, as the algorithm's published test has them.
    #[test]
    fn it_is_splitmix64() {
        let mut draws = Draws::new(1_234_567);
        let first = [(); 5].map(|()| draws.bits());
        let expected = [
            6_457_827_717_110_365_317,
            3_203_168_211_198_807_973,
            9_817_491_932_198_370_423,
            4_593_380_528_125_082_431,
            16_408_922_859_458_223_821,
        ];
        assert_eq!(first, expected);
    }

    #[test]
    fn single_precision_stays_below_one() {
        let mut draws = Draws { state: 0 };
        assert!(draws.uniform::<f32, _>(100_000).iter().all(|x| *x < 1.0));
    }

    #[test]
    fn every_number_below_comes_up() {
        let drawn = Draws::new(5).below(7, 7000);
        for number in 0..7 {
            let times = drawn.iter().filter(|x| **x == number).count();
            assert!((850..1150).contains(&times), "{number}: {times}"); // 1000 ± 5 deviations of 29
        }
    }
}
