//! Runs an elementwise kernel over operands in any memory layout.
//!
//! A kernel sees slices of equal length and never a layout, so that there is one loop an operation
//! and its result does not depend on how the operands lie in memory.

use super::Arithmetic;
use super::value::Value;
use super::{Kernel, Room, Slices};
use crate::error::Problem;
use ndarray::{ArrayView1, Axis, Slice};

/// Elements handed to a kernel at a time where an operand is one number repeated, or is gathered.
const BLOCK: usize = 512;

/// Applies a kernel to operands of equal shape, as many as it takes, element by element.
pub(crate) fn elementwise<T: Arithmetic>(
    kernel: Kernel<T>,
    operands: &[&Value<T>],
    room: &Room,
) -> Result<Value<T>, Problem> {
    // A scalar program has millions of these.
    if let Value::Number(a) = *operands[0] {
        let number = |i: usize| operands.get(i).and_then(|operand| operand.as_constant()).unwrap_or(a);
        return Ok(Value::Number((kernel.scalar)(a, number(1), number(2))));
    }
    // Of numbers that are repeated, one is computed, and repeated.
    let mut repeated = operands.iter().map(|operand| operand.as_constant());
    if let (Some(Some(a)), b, c) = (repeated.next(), repeated.next(), repeated.next())
        && let (Some(b), Some(c)) = (b.unwrap_or(Some(a)), c.unwrap_or(Some(a)))
        && operands[0].len() > 1
    {
        return Ok(Value::filled(operands[0].shape(), (kernel.scalar)(a, b, c)));
    }
    match kernel.slices {
        Slices::One(f) => arrays([operands[0]], room, |[a], y| f(a, y)),
        Slices::Two(f) => arrays([operands[0], operands[1]], room, |[a, b], y| f(a, b, y)),
        Slices::Three(f) => {
            arrays([operands[0], operands[1], operands[2]], room, |[a, b, c], y| f(a, b, c, y))
        }
    }
}

fn arrays<T: Arithmetic, const N: usize>(
    operands: [&Value<T>; N],
    room: &Room,
    kernel: impl Fn([&[T]; N], &mut [T]),
) -> Result<Value<T>, Problem> {
    let shape = operands[0].shape();
    let mut out = room.filled(shape, T::zero())?;
    if out.is_empty() {
        return Ok(Value::from_vec(shape, out));
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
    Ok(Value::from_vec(shape, out))
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

/// Walks the last axis of all operands in step, gathering what does not lie in order, a block at a time.
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
    let mut gathered: [Vec<T>; N] = std::array::from_fn(|_| vec![T::zero(); width.min(BLOCK)]);
    for row in out.chunks_mut(width) {
        let current: [ArrayView1<'_, T>; N] =
            std::array::from_fn(|i| lanes[i].next().expect("as many lanes as rows"));
        let in_order = current.each_ref().map(ArrayView1::to_slice);
        for (i, piece) in row.chunks_mut(BLOCK).enumerate() {
            let range = i * BLOCK..i * BLOCK + piece.len();
            for (lane, buffer) in
                current.iter().zip(&mut gathered).filter(|(lane, _)| lane.as_slice().is_none())
            {
                let lane = lane.slice_axis(Axis(0), Slice::from(range.clone()));
                buffer.iter_mut().zip(lane).for_each(|(to, from)| *to = *from);
            }
            let operand = |i: usize| match in_order[i] {
                Some(elements) => &elements[range.clone()],
                None => &gathered[i][..range.len()],
            };
            kernel(std::array::from_fn(operand), piece);
        }
    }
}
