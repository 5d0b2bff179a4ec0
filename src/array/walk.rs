//! Runs an elementwise kernel over operands in any memory layout.
//!
//! A kernel sees slices of equal length and never a layout, so that there is one loop an operation
//! and its result does not depend on how the operands lie in memory.

use super::Arithmetic;
use super::value::{Value, size_of};
use super::{Kernel, Slices};
use ndarray::{ArrayView1, Axis};

/// Elements handed to a kernel at a time where an operand is one number repeated.
const BLOCK: usize = 512;

/// Applies a kernel to operands of equal shape, as many as it takes, element by element.
pub(crate) fn elementwise<T: Arithmetic>(kernel: Kernel<T>, operands: &[&Value<T>]) -> Value<T> {
    // A scalar program has millions of these.
    if let Value::Number(a) = *operands[0] {
        let number = |i: usize| operands.get(i).and_then(|operand| operand.as_constant()).unwrap_or(a);
        return Value::Number((kernel.scalar)(a, number(1), number(2)));
    }
    match kernel.slices {
        Slices::One(f) => arrays([operands[0]], |[a], y| f(a, y)),
        Slices::Two(f) => arrays([operands[0], operands[1]], |[a, b], y| f(a, b, y)),
        Slices::Three(f) => arrays([operands[0], operands[1], operands[2]], |[a, b, c], y| f(a, b, c, y)),
    }
}

fn arrays<T: Arithmetic, const N: usize>(
    operands: [&Value<T>; N],
    kernel: impl Fn([&[T]; N], &mut [T]),
) -> Value<T> {
    let shape = operands[0].shape();
    let mut out = vec![T::zero(); size_of(shape)];
    if out.is_empty() {
        return Value::from_vec(shape, out);
    }
    let flats = operands.map(Flat::of);
    if flats.iter().all(Option::is_some) {
        let flats = flats.map(|flat| flat.expect("just looked"));
        for (start, block) in blocks(&flats, &mut out) {
            kernel(std::array::from_fn(|i| flats[i].block(start, block.len())), block);
        }
    } else {
        by_lanes(operands, &mut out, kernel);
    }
    Value::from_vec(shape, out)
}

/// An operand whose elements can be had as slices without gathering them.
enum Flat<'a, T> {
    Slice(&'a [T]),
    /// One number, as often as a block is long.
    Constant(Vec<T>),
}

impl<'a, T: Arithmetic> Flat<'a, T> {
    fn of(value: &'a Value<T>) -> Option<Self> {
        let constant =
            || value.as_constant().map(|number| Self::Constant(vec![number; BLOCK.min(value.len())]));
        value.as_slice().map(Self::Slice).or_else(constant)
    }

    fn block(&self, start: usize, len: usize) -> &[T] {
        match self {
            Self::Slice(slice) => &slice[start..start + len],
            Self::Constant(block) => &block[..len],
        }
    }
}

/// The output in pieces that every operand can be sliced to, each with the index it starts at.
fn blocks<'o, T>(flats: &[Flat<'_, T>], out: &'o mut [T]) -> impl Iterator<Item = (usize, &'o mut [T])> {
    let repeats = flats.iter().any(|flat| matches!(flat, Flat::Constant(_)));
    let step = if repeats { BLOCK } else { out.len() };
    out.chunks_mut(step).enumerate().map(move |(i, block)| (i * step, block))
}

/// Walks the last axis of all operands in step, gathering what does not lie in order.
fn by_lanes<T: Arithmetic, const N: usize>(
    operands: [&Value<T>; N],
    out: &mut [T],
    kernel: impl Fn([&[T]; N], &mut [T]),
) {
    let shape = operands[0].shape();
    let last = shape.len() - 1;
    let width = shape[last];
    let views = operands.map(Value::view);
    let mut lanes = views.each_ref().map(|view| view.lanes(Axis(last)).into_iter());
    let mut gathered: [Vec<T>; N] = std::array::from_fn(|_| vec![T::zero(); width]);
    for row in out.chunks_mut(width) {
        let current: [ArrayView1<'_, T>; N] =
            std::array::from_fn(|i| lanes[i].next().expect("as many lanes as rows"));
        for (lane, buffer) in current.iter().zip(&mut gathered) {
            if lane.as_slice().is_none() {
                buffer.iter_mut().zip(lane).for_each(|(to, from)| *to = *from);
            }
        }
        kernel(std::array::from_fn(|i| current[i].to_slice().unwrap_or(&gathered[i])), row);
    }
}
