//! Numbers that are the same to the last bit in every language: no library's generator, no rounding.

use ndarray::{Array2, ArrayD};

/// A word of the sequence `SplitMix64` (Steele, Lea and Flood, 2014) with seed 0. It is a function of its place, so that
/// other languages can compute many at once.
fn word(place: u64) -> u64 {
    let mut z = (place + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// Nearly normal, mean 0 and variance 1: twelve uniform numbers less 6, each 16 bits, from the three words at `3 place`.
/// A multiple of 2⁻¹⁶ below 8, hence exact in `f32`.
fn normal(place: u64) -> f32 {
    let quarters = |word: u64| (0..4).map(|i| (word >> (16 * i)) & 0xffff).sum::<u64>();
    let sum: u64 = (0..3).map(|i| quarters(word(3 * place + i))).sum();
    (sum as f32 - 393_210.0) / 65_536.0 // 393210 = 12 · 65535 / 2
}

/// Draws arrays, each from where the last one ended.
pub fn drawing() -> impl FnMut(&[usize]) -> ArrayD<f32> {
    let mut place = 0;
    move |shape| {
        ArrayD::from_shape_simple_fn(shape, || {
            place += 1;
            normal(place - 1)
        })
    }
}

/// A layer's weights (outputs, inputs) and biases (1, outputs).
pub type Layer = (Array2<f32>, Array2<f32>);

/// The inputs of a step, drawn in this order: x and y normal; for each layer w normal with deviation 0.1, b zero.
#[derive(Debug)]
pub struct Network {
    /// The samples, (m, inputs).
    pub x: Array2<f32>,
    /// The targets, (m, outputs).
    pub y: Array2<f32>,
    /// The layers; between them a rectifier.
    pub layers: Vec<Layer>,
}

impl Network {
    /// `m` samples, and the widths from the input to the output.
    pub fn new(m: usize, widths: &[usize]) -> Self {
        let mut drawing = drawing();
        let mut draw = |rows: usize, columns: usize| {
            drawing(&[rows, columns]).into_dimensionality().expect("two lengths are two axes")
        };
        let x = draw(m, widths[0]);
        let y = draw(m, widths[widths.len() - 1]);
        let layer = |w: &[usize]| -> Layer { (draw(w[1], w[0]) * 0.1, Array2::zeros((1, w[1]))) };
        Self { layers: widths.windows(2).map(layer).collect(), x, y }
    }

    /// The weights and biases in the order of the gradients: w1, b1, w2, b2, …
    pub fn parameters(&self) -> impl Iterator<Item = &Array2<f32>> {
        self.layers.iter().flat_map(|(w, b)| [w, b])
    }
}
