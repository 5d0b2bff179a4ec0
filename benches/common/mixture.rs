//! The log likelihood of a Gaussian mixture with its prior, as the suite `ADBench` and its successor `GradBench` have it (F. Srajer,
//! Z. Kukelova and A. Fitzgibbon, *A benchmark of selected algorithmic differentiation tools on some problems in computer vision
//! and machine learning*, 2018).

use ndarray::{Array1, Array2, ArrayD};
use wengert::{Tape, Var};

/// Points x (n, d), and the parameters that are differentiated: the log weights α (k), the means μ (k, d), and of each inverse
/// covariance's root the logarithms q (k, d) of its diagonal and its lower triangle l (k, d (d − 1) / 2), column by column.
pub struct Mixture {
    pub x: ArrayD<f64>,
    pub parameters: [ArrayD<f64>; 4],
}

impl Mixture {
    /// Numbers have deviation ½.
    pub fn new(
        points: usize,
        dimension: usize,
        parts: usize,
        mut draw: impl FnMut(&[usize]) -> ArrayD<f32>,
    ) -> Self {
        let mut draw = |shape: &[usize]| draw(shape).mapv(|number| f64::from(number) * 0.5);
        let triangle = dimension * (dimension - 1) / 2;
        let parameters = [vec![parts], vec![parts, dimension], vec![parts, dimension], vec![parts, triangle]];
        Self { x: draw(&[points, dimension]), parameters: parameters.map(|shape| draw(&shape)) }
    }

    /// On the tape: the parameters; and the log likelihood, followed by its gradients.
    pub fn record<'t>(&self, tape: &'t Tape<f64>) -> [Vec<Var<'t, f64>>; 2] {
        let x = tape.constant(&self.x);
        let leaves = self.parameters.each_ref().map(|parameter| tape.leaf("", parameter));
        let out = log_likelihood(x, leaves);
        let grads = out.backward();
        let outputs = std::iter::once(out).chain(leaves.map(|leaf| grads[leaf])).collect();
        [leaves.to_vec(), outputs]
    }
}

#[allow(clippy::cast_precision_loss)] // Sizes are small.
fn log_likelihood<'t>(x: Var<'t, f64>, [alpha, mu, q, l]: [Var<'t, f64>; 4]) -> Var<'t, f64> {
    let (tape, [n, d], k) = (x.tape(), [x.shape()[0], x.shape()[1]], alpha.shape()[0]);
    // The roots Q (k, d, d): exp q on the diagonal, l below it.
    let below: Array2<f64> = Array2::from_shape_fn((d, d), |(i, j)| f64::from(u8::from(i > j)));
    let places: Array1<usize> = (0..d * d)
        .map(|at| {
            let (i, j) = (at / d, at % d);
            if i > j { j * (2 * d - j - 1) / 2 + i - j - 1 } else { 0 }
        })
        .collect();
    let lower = l.take(1, &places).reshape((k, d, d)) * tape.constant(&below);
    let root = lower + q.exp().unsqueeze(2).broadcast_to((k, d, d)) * tape.constant(Array2::<f64>::eye(d));
    let centred = x.unsqueeze(0).broadcast_to((k, n, d)) - mu.unsqueeze(1);
    let distances = centred.matmul(root.swap_axes(1, 2)).square().sum_axis(2); // (k, n)
    let sums = q.sum_axis(1);
    let slopes = (alpha + sums).unsqueeze(1) - distances * 0.5;
    let log_sums = slopes.logsumexp(0).sum() - alpha.logsumexp(0) * n as f64;
    // The Wishart prior with γ = 1 and m = 0, without its constant.
    log_sums + q.exp().square().sum() * 0.5 + l.square().sum() * 0.5 - sums.sum()
}
