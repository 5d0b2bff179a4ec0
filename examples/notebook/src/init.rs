//! Where training starts: from the weights of PyTorch's reference run, or from a seed.

use std::f64::consts::TAU;
use std::io::Cursor;

use ndarray::Array2;
use ndarray_npy::NpzReader;
use rand::rngs::Xoshiro256PlusPlus;
use rand::{RngExt, SeedableRng};

use crate::Real;

/// Stored in f32, which holds the reference weights exactly, those of the f64 run included.
const REFERENCE: &[u8] =
    include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../data/reference_weights.npz"));

/// The number of hidden units that the reference weights are for.
pub const REFERENCE_HIDDEN: usize = 30;

/// `W_1` (h, d), `B_1` (1, h), `W_2` (1, h), `B_2` (1, 1).
pub type Weights<T> = [Array2<T>; 4];

/// The weights that PyTorch's reference run started from.
pub fn reference<T: Real>() -> Weights<T> {
    let mut file = NpzReader::new(Cursor::new(REFERENCE)).expect("the embedded weights are an npz file");
    ["W_1", "B_1", "W_2", "B_2"].map(|name| {
        let weight: Array2<f32> = file.by_name(name).expect("a weight matrix");
        weight.mapv(|w| T::of(w.into()))
    })
}

/// Weights from a seed, the same for either dtype but for rounding: normally distributed with variance
/// 2 / inputs (He et al. 2015), which keeps the size of a signal through a relu layer; biases zero.
pub fn seeded<T: Real>(seed: u64, inputs: usize, hidden: usize) -> Weights<T> {
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(seed);
    let mut layer = |outputs, inputs: usize| {
        #[allow(clippy::cast_precision_loss)] // A layer's width is far below 2⁵³.
        let deviation = (2.0 / inputs as f64).sqrt();
        Array2::from_shape_simple_fn((outputs, inputs), || T::of(deviation * normal(&mut rng)))
    };
    [layer(hidden, inputs), Array2::zeros((1, hidden)), layer(1, hidden), Array2::zeros((1, 1))]
}

/// A standard normal number, by Box and Muller (1958).
fn normal(rng: &mut Xoshiro256PlusPlus) -> f64 {
    let (radius, turn): (f64, f64) = (1.0 - rng.random::<f64>(), rng.random());
    (-2.0 * radius.ln()).sqrt() * (TAU * turn).cos()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_means_its_numbers() {
        assert_eq!(seeded::<f64>(1, 64, 30), seeded::<f64>(1, 64, 30));
        assert_ne!(seeded::<f64>(1, 64, 30), seeded::<f64>(2, 64, 30));
        let [wide, ..] = seeded::<f64>(3, 64, 1000);
        assert!((wide.std(0.0) / (2.0 / 64.0_f64).sqrt() - 1.0).abs() < 0.01);
        assert!(wide.mean().unwrap().abs() < 0.005);
    }

    #[test]
    fn the_reference_has_its_shapes() {
        let shapes = reference::<f32>().map(|w| w.dim());
        assert_eq!(shapes, [(REFERENCE_HIDDEN, 64), (1, REFERENCE_HIDDEN), (1, REFERENCE_HIDDEN), (1, 1)]);
    }
}
