//! candle, with its own way of a layer: the weights transposed by a view, the bias broadcast over the rows.

use candle_core::{Device::Cpu, Result, Tensor, Var};
use ndarray::Array2;
use peers::{A, Answer, Network, Workload};

fn tensor(a: &Array2<f32>) -> Result<Tensor> {
    Tensor::from_iter(a.iter().copied(), &Cpu)?.reshape(a.dim())
}

fn step(workload: Workload) -> Result<()> {
    let Network { x, y, layers } = workload.network();
    let m = x.nrows() as f64;
    let (x, y) = (tensor(&x)?, tensor(&y)?);
    let layers =
        layers.iter().map(|(w, b)| Ok((Var::from_tensor(&tensor(w)?)?, Var::from_tensor(&tensor(b)?)?)));
    let layers = layers.collect::<Result<Vec<_>>>()?;

    let work = || -> Result<_> {
        let mut a = x.clone();
        for (i, (w, b)) in layers.iter().enumerate() {
            a = if i == 0 { a } else { a.relu()? }.matmul(&w.t()?)?.broadcast_add(b)?;
        }
        let loss = ((a - &y)?.sqr()?.sum_all()? / m)?;
        let grads = loss.backward()?;
        Ok((loss, grads))
    };
    let read = |(loss, grads): (Tensor, candle_core::backprop::GradStore)| -> Result<_> {
        let parameters = layers.iter().flat_map(|(w, b)| [w, b]);
        let gradients =
            parameters.map(|p| grads.get(p).expect("all influence the loss").flatten_all()?.to_vec1());
        Ok(Answer::new(loss.to_scalar::<f32>()?, gradients.collect::<Result<Vec<_>>>()?))
    };
    workload.measure(1, || work().unwrap(), |found| read(found).unwrap());
    Ok(())
}

fn record(workload: Workload) -> Result<()> {
    let a = Var::new(A, &Cpu)?;
    let operations = Workload::SHORTER;
    let work = || -> Result<_> {
        let mut s = a.as_tensor().clone();
        for _ in 0..operations / 2 {
            s = (s * a.as_tensor())?;
            s = (s + a.as_tensor())?;
        }
        let mut grads = s.backward()?;
        Ok((s, grads.remove(&a).expect("a influences s")))
    };
    let read = |(s, gradient): (Tensor, Tensor)| {
        Answer::of_chain(s.to_scalar().unwrap(), gradient.to_scalar().unwrap())
    };
    workload.measure(operations, || work().unwrap(), read);
    Ok(())
}

fn main() {
    let workload = peers::workload();
    let run = move || match workload {
        Workload::Step(..) => step(workload),
        Workload::Record => record(workload),
        _ => peers::unsupported(),
    };
    // candle walks and drops its graph by recursion: a chain needs a deep stack.
    let thread = std::thread::Builder::new().stack_size(1 << 30).spawn(run).expect("a thread can be had");
    thread.join().expect("what went wrong has been printed").unwrap();
}
