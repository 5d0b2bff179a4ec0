//! Arrays put around or one after the other, and look-up along an axis.

use super::{Arithmetic, Margin, Shape, Value};
use ndarray::{ArrayD, Axis};

/// One number around and between the elements.
pub(crate) fn pad<T: Arithmetic>(x: &Value<T>, margins: &[Margin], value: T) -> Value<T> {
    let shape: Shape = margins.iter().zip(x.shape()).map(|(margin, &n)| margin.padded(n)).collect();
    let mut out = ArrayD::from_elem(shape.as_slice(), value);
    let mut inner = out.view_mut();
    for (axis, (margin, &n)) in margins.iter().zip(x.shape()).enumerate() {
        inner.slice_axis_inplace(Axis(axis), margin.kept(n).as_slice());
    }
    inner.assign(&x.view());
    Value::new(out.into_shared())
}

/// One operand after the other along an axis; they have equal sizes along all others.
pub(crate) fn concat<T: Arithmetic>(operands: &[&Value<T>], axis: usize) -> Value<T> {
    let views: Vec<_> = operands.iter().map(|operand| operand.view()).collect();
    let joined = ndarray::concatenate(Axis(axis), &views).expect("the shape rule compared the shapes");
    Value::new(joined.as_standard_layout().into_owned().into_shared())
}

/// The elements at these indices along an axis.
pub(crate) fn take<T: Arithmetic>(x: &Value<T>, axis: usize, indices: &[usize]) -> Value<T> {
    Value::new(x.view().select(Axis(axis), indices).into_shared())
}

/// Zeros, `len` of them along the axis, with element `i` added at `indices[i]`.
pub(crate) fn scatter_add<T: Arithmetic>(
    x: &Value<T>,
    axis: usize,
    indices: &[usize],
    len: usize,
) -> Value<T> {
    let x = x.view();
    let mut shape = x.shape().to_vec();
    shape[axis] = len;
    let mut out = ArrayD::zeros(shape);
    for (from, &to) in x.axis_iter(Axis(axis)).zip(indices) {
        let mut target = out.index_axis_mut(Axis(axis), to);
        target += &from;
    }
    Value::new(out.into_shared())
}
