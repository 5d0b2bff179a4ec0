//! burn, on its CPU backend `flex`, with its own fused layer `linear`. It keeps weights as (inputs, outputs).

use burn::tensor::activation::relu;
use burn::tensor::module::linear;
use burn::tensor::{DType, Device, Tensor, TensorData};
use ndarray::{Array2, ArrayView};
use peers::{A, Answer, Network, Workload};

fn step(workload: Workload) {
    let device = Device::flex().autodiff();
    let Network { x, y, layers } = workload.network();
    let m = x.nrows() as f32;
    let tensor = |a: &Array2<f32>| {
        let data = TensorData::new(a.iter().copied().collect(), [a.nrows(), a.ncols()]);
        Tensor::<2>::from_data(data, &device)
    };
    let (x, y) = (tensor(&x), tensor(&y));
    let layers: Vec<(Tensor<2>, Tensor<1>)> = layers
        .iter()
        .map(|(w, b)| {
            (tensor(&w.t().to_owned()).require_grad(), tensor(b).squeeze_dim::<1>(0).detach().require_grad())
        })
        .collect();

    let work = || {
        let mut a = x.clone();
        for (i, (w, b)) in layers.iter().enumerate() {
            a = linear(if i == 0 { a } else { relu(a) }, w.clone(), Some(b.clone()));
        }
        let error = a - y.clone();
        let loss = (error.clone() * error).sum() / m;
        let mut grads = loss.backward();
        let gradients: Vec<_> = layers
            .iter()
            .map(|(w, b)| (w.grad_remove(&mut grads).unwrap(), b.grad_remove(&mut grads).unwrap()))
            .collect();
        (loss, gradients)
    };
    workload.measure(1, work, |(loss, gradients)| {
        let gradients = gradients.into_iter().flat_map(|(w, b)| {
            let [inputs, outputs] = w.dims();
            let w: Vec<f32> = w.into_data().try_to_vec().unwrap();
            let w = ArrayView::from_shape((inputs, outputs), &w).unwrap();
            [w.t().iter().copied().collect(), b.into_data().try_to_vec::<f32>().unwrap()]
        });
        Answer::new(loss.into_scalar(), gradients)
    });
}

fn record(workload: Workload) {
    let device = Device::flex().autodiff();
    let number = Tensor::<1>::from_data(TensorData::new(vec![A], [1]), (&device, DType::F64));
    let a = number.require_grad();
    let operations = Workload::SHORTER;
    let work = || {
        let mut s = a.clone();
        for _ in 0..operations / 2 {
            s = s * a.clone();
            s = s + a.clone();
        }
        let mut grads = s.backward();
        (s, a.grad_remove(&mut grads).unwrap())
    };
    let number = |tensor: Tensor<1>| tensor.into_scalar::<f64>();
    workload.measure(operations, work, |(s, gradient)| Answer::of_chain(number(s), number(gradient)));
}

fn main() {
    let workload = peers::workload();
    match workload {
        Workload::Step(..) => step(workload),
        Workload::Record => record(workload),
        _ => peers::unsupported(),
    }
}
