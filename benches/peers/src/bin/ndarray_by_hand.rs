//! What a careful person writes on plain ndarray: every array allocated once, products into place, the bias as what
//! the product is added to, the rectifier and its mask in place.

use ndarray::linalg::general_mat_mul;
use ndarray::{Array2, Axis, Zip};
use peers::{Answer, Network, Workload};

struct Hands {
    network: Network,
    /// What each layer gives, rectified where it is; in the way back, the gradient takes the place of the last.
    outputs: Vec<Array2<f32>>,
    /// The gradients of `outputs`, as they stand before the rectifier.
    backward: Vec<Array2<f32>>,
    /// The gradients of w1, b1, w2, b2, …
    gradients: Vec<Array2<f32>>,
}

impl Hands {
    fn new(network: Network) -> Self {
        let m = network.x.nrows();
        let outputs: Vec<_> = network.layers.iter().map(|(w, _)| Array2::zeros((m, w.nrows()))).collect();
        let gradients = network.parameters().map(|p| Array2::zeros(p.dim())).collect();
        Self { backward: outputs.clone(), outputs, gradients, network }
    }

    fn step(&mut self) -> f32 {
        let Self { network: Network { x, y, layers }, outputs, backward, gradients } = self;
        let last = layers.len() - 1;
        for (i, (w, b)) in layers.iter().enumerate() {
            let (before, after) = outputs.split_at_mut(i);
            let (input, z) = (before.last().unwrap_or(x), &mut after[0]);
            z.assign(b); // b is broadcast over the rows
            general_mat_mul(1.0, input, &w.t(), 1.0, z);
            if i < last {
                z.mapv_inplace(|z| z.max(0.0));
            }
        }

        let m = x.nrows() as f32;
        let mut loss = 0.0;
        Zip::from(&mut backward[last]).and(&outputs[last]).and(&*y).for_each(|dz, z, y| {
            let error = z - y;
            loss += error * error;
            *dz = error * (2.0 / m);
        });

        for i in (0..=last).rev() {
            let (before, after) = backward.split_at_mut(i);
            let (input, dz) = (if i == 0 { &*x } else { &outputs[i - 1] }, &after[0]);
            general_mat_mul(1.0, &dz.t(), input, 0.0, &mut gradients[2 * i]);
            let mut db = gradients[2 * i + 1].row_mut(0);
            db.fill(0.0);
            dz.axis_iter(Axis(0)).for_each(|row| db += &row);
            if let Some(da) = before.last_mut() {
                general_mat_mul(1.0, dz, &layers[i].0, 0.0, da);
                Zip::from(da).and(input).for_each(|da, &a| *da = if a > 0.0 { *da } else { 0.0 });
            }
        }
        loss / m
    }
}

fn main() {
    let workload = peers::workload();
    let Workload::Step(..) = workload else { peers::unsupported() };
    let hands = std::cell::RefCell::new(Hands::new(workload.network()));
    workload.measure(
        1,
        || hands.borrow_mut().step(),
        |loss| Answer::new(loss, hands.borrow().gradients.iter().map(|g| g.iter().copied())),
    );
}
