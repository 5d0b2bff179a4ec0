//! Arrays put around or one after the other.

use super::{Arithmetic, Margin, Room, Shape, Value};
use crate::error::Problem;
use ndarray::{ArrayD, Axis, Slice};

/// An array of one number, to be written to.
fn filled<T: Arithmetic>(shape: &[usize], element: T, room: &Room<T>) -> Result<ArrayD<T>, Problem> {
    let elements = room.filled(shape, element)?;
    Ok(ArrayD::from_shape_vec(shape, elements).expect("as many elements as the shape says"))
}

/// One number around and between the elements.
pub(crate) fn pad<T: Arithmetic>(
    x: &Value<T>,
    margins: &[Margin],
    value: T,
    room: &Room<T>,
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
    room: &Room<T>,
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
