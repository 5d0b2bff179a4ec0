//! Arrays put around or one after the other, and look-up along an axis.

use super::{Arithmetic, Margin, Room, Shape, Value};
use crate::error::Problem;
use ndarray::{ArrayD, Axis, Slice};

/// An array of one number, to be written to.
fn filled<T: Arithmetic>(shape: &[usize], element: T, room: &Room) -> Result<ArrayD<T>, Problem> {
    let elements = room.filled(shape, element)?;
    Ok(ArrayD::from_shape_vec(shape, elements).expect("as many elements as the shape says"))
}

/// One number around and between the elements.
pub(crate) fn pad<T: Arithmetic>(
    x: &Value<T>,
    margins: &[Margin],
    value: T,
    room: &Room,
) -> Result<Value<T>, Problem> {
    let shape: Shape = margins.iter().zip(x.shape()).map(|(margin, &n)| margin.padded(n)).collect();
    let mut out = filled(&shape, value, room)?;
    let mut inner = out.view_mut();
    for (axis, (margin, &n)) in margins.iter().zip(x.shape()).enumerate() {
        inner.slice_axis_inplace(Axis(axis), margin.kept(n).as_slice());
    }
    inner.assign(&x.view());
    Ok(Value::new(out.into_shared()))
}

/// One operand after the other along an axis; they have equal sizes along all others.
pub(crate) fn concat<T: Arithmetic>(
    operands: &[&Value<T>],
    axis: usize,
    room: &Room,
) -> Result<Value<T>, Problem> {
    let mut shape: Shape = operands[0].shape().into();
    shape[axis] = operands.iter().map(|operand| operand.shape()[axis]).sum();
    let mut out = filled(&shape, T::zero(), room)?;
    let mut first = 0;
    for operand in operands {
        let last = first + operand.shape()[axis];
        out.slice_axis_mut(Axis(axis), Slice::from(first..last)).assign(&operand.view());
        first = last;
    }
    Ok(Value::new(out.into_shared()))
}

/// The elements at these indices along an axis.
pub(crate) fn take<T: Arithmetic>(
    x: &Value<T>,
    axis: usize,
    indices: &[usize],
    room: &Room,
) -> Result<Value<T>, Problem> {
    let (x, mut shape) = (x.view(), Shape::from(x.shape()));
    shape[axis] = indices.len();
    let mut out = filled(&shape, T::zero(), room)?;
    for (mut to, &from) in out.axis_iter_mut(Axis(axis)).zip(indices) {
        to.assign(&x.index_axis(Axis(axis), from));
    }
    Ok(Value::new(out.into_shared()))
}

/// Zeros, `len` of them along the axis, with element `i` added at `indices[i]`.
pub(crate) fn scatter_add<T: Arithmetic>(
    x: &Value<T>,
    axis: usize,
    indices: &[usize],
    len: usize,
    room: &Room,
) -> Result<Value<T>, Problem> {
    let (x, mut shape) = (x.view(), Shape::from(x.shape()));
    shape[axis] = len;
    let mut out = filled(&shape, T::zero(), room)?;
    for (from, &to) in x.axis_iter(Axis(axis)).zip(indices) {
        let mut target = out.index_axis_mut(Axis(axis), to);
        target += &from;
    }
    Ok(Value::new(out.into_shared()))
}
