//! Runs an elementwise kernel over operands in any memory layout.
//!
//! A kernel sees slices of equal length and never a layout, so that there is one loop an operation
//! and its result does not depend on how the operands lie in memory.

use super::{Arithmetic, Kernel, Layout, Room, SLACK, Slices, Value, gather, size_of};
use crate::error::Problem;
use smallvec::SmallVec;
use std::borrow::Cow;

/// Elements handed to a kernel at a time where an operand is repeated or gathered, about.
const BLOCK: usize = 512;

/// Applies a kernel to operands of equal shape, as many as it takes, element by element.
pub(crate) fn elementwise<T: Arithmetic>(
    kernel: Kernel<T>,
    operands: &[&Value<T>],
    room: &Room<T>,
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
    room: &Room<T>,
    kernel: impl Fn([&[T]; N], &mut [T]),
) -> Result<Value<T>, Problem> {
    let shape = operands[0].shape();
    let mut out = room.to_fill(shape)?;
    if out.is_empty() {
        return Ok(Value::from_vec(shape, out));
    }
    let mut found = SmallVec::<[Source<'_, T>; 3]>::new();
    for operand in operands {
        found.push(Source::of(operand, room)?);
    }
    let step = step(&found).unwrap_or(out.len());
    for source in &mut found {
        source.prepare(step.min(out.len()));
    }
    for (i, block) in out.chunks_mut(step).enumerate() {
        let (start, len) = (i * step, block.len());
        for source in &mut found {
            source.bring(start, len);
        }
        kernel(std::array::from_fn(|i| found[i].block(start, len)), block);
    }
    Ok(Value::from_vec(shape, out))
}

/// Where the elements of an operand come from.
enum Source<'a, T: Clone> {
    /// They lie in row-major order.
    InOrder(Cow<'a, [T]>),
    /// They are brought into order, block by block.
    Gathered {
        memory: &'a [T],
        /// Collapsed.
        layout: Layout,
        block: Vec<T>,
        /// Whether all blocks are the same, and it is there.
        stays: bool,
    },
}

impl<'a, T: Arithmetic> Source<'a, T> {
    fn of(value: &'a Value<T>, room: &Room<T>) -> Result<Self, Problem> {
        if let Some(elements) = value.as_slice() {
            return Ok(Self::InOrder(Cow::Borrowed(elements)));
        }
        Ok(match value.lying() {
            Some((memory, layout)) => {
                Self::Gathered { memory, layout: layout.collapsed(), block: Vec::new(), stays: false }
            }
            None => Self::InOrder(Cow::Owned(value.elements(&room.aside())?)),
        })
    }

    fn prepare(&mut self, step: usize) {
        if let Self::Gathered { memory, layout, block, stays } = self {
            block.resize(step + SLACK, T::ZERO);
            if period(layout).is_some_and(|period| step.is_multiple_of(period)) {
                gather(memory, layout, 0, step, block);
                *stays = true;
            }
        }
    }

    /// Makes ready what [`block`](Self::block) is then asked for.
    fn bring(&mut self, start: usize, len: usize) {
        if let Self::Gathered { memory, layout, block, stays: false } = self {
            gather(memory, layout, start, len, block);
        }
    }

    fn block(&self, start: usize, len: usize) -> &[T] {
        match self {
            Self::InOrder(elements) => &elements[start..start + len],
            Self::Gathered { block, .. } => &block[..len],
        }
    }
}

/// After how many elements a layout begins again, if it only repeats.
fn period(layout: &Layout) -> Option<usize> {
    (layout.strides.first() == Some(&0)).then(|| size_of(&layout.shape[1..]))
}

/// The elements of a block: about [`BLOCK`], and whole periods or rows of what repeats. Nothing, if all lie in order.
fn step<T: Clone>(sources: &[Source<'_, T>]) -> Option<usize> {
    let layouts = sources.iter().filter_map(|source| match source {
        Source::InOrder(_) => None,
        Source::Gathered { layout, .. } => Some(layout),
    });
    let units = layouts.map(|layout| match (period(layout), layout.strides.last()) {
        (Some(period), _) => period,
        (None, Some(0)) => layout.shape[layout.shape.len() - 1],
        (None, _) => 1,
    });
    let unit = units.map(|unit| if unit <= BLOCK { unit } else { 1 }).max()?;
    Some(BLOCK / unit * unit)
}
