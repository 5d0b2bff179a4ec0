//! Runs an elementwise kernel over operands in any memory layout.
//!
//! A kernel sees slices of equal length and never a layout, so that there is one loop an operation
//! and its result does not depend on how the operands lie in memory.

use super::{Arithmetic, Kernel, Layout, Room, SLACK, Slices, Value, both, gather, parts, size_of};
use crate::error::Problem;

/// Elements handed to a kernel at a time where an operand is repeated or gathered, about.
const BLOCK: usize = 1024;

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
    let threads = parts(operands[0].len().saturating_mul(kernel.picoseconds()), room.threads());
    match kernel.slices {
        Slices::One(f) => arrays([operands[0]], room, threads, |[a], y| f(a, y)),
        Slices::Two(f) => arrays([operands[0], operands[1]], room, threads, |[a, b], y| f(a, b, y)),
        Slices::Three(f) => {
            arrays([operands[0], operands[1], operands[2]], room, threads, |[a, b, c], y| f(a, b, c, y))
        }
    }
}

fn arrays<T: Arithmetic, const N: usize>(
    operands: [&Value<T>; N],
    room: &Room<T>,
    threads: usize,
    kernel: impl Fn([&[T]; N], &mut [T]) + Sync,
) -> Result<Value<T>, Problem> {
    let shape = operands[0].shape();
    let mut out = room.to_fill(shape)?;
    if out.is_empty() {
        return Ok(Value::from_vec(shape, out));
    }
    let found = operands.map(Source::of);
    let mut copied = [const { Vec::new() }; N];
    for (i, _) in found.iter().enumerate().filter(|(_, source)| source.is_none()) {
        copied[i] = operands[i].elements(&room.aside())?;
    }
    let mut copied = copied.iter();
    let sources = found.map(|source| {
        let copy = copied.next().map(Vec::as_slice).unwrap_or_default();
        source.unwrap_or(Source::InOrder(copy))
    });
    fill(threads, sources, 0, &mut out, &kernel);
    Ok(Value::from_vec(shape, out))
}

/// The elements from `start` on, by so many threads.
fn fill<T: Arithmetic, const N: usize>(
    threads: usize,
    mut sources: [Source<'_, T>; N],
    start: usize,
    out: &mut [T],
    kernel: &(impl Fn([&[T]; N], &mut [T]) + Sync),
) {
    let step = step(&sources);
    let unit = step.unwrap_or(BLOCK);
    let at = out.len() / unit * (threads / 2) / threads * unit;
    if at > 0 {
        let (now, later) = out.split_at_mut(at);
        let first = sources.clone();
        both(
            threads - 1,
            || fill(threads / 2, first, start, now, kernel),
            || fill(threads - threads / 2, sources, start + at, later, kernel),
        );
        return;
    }
    let step = step.unwrap_or(out.len());
    for source in &mut sources {
        source.prepare(start, step.min(out.len()));
    }
    for (i, block) in out.chunks_mut(step).enumerate() {
        let (start, len) = (start + i * step, block.len());
        for source in &mut sources {
            source.bring(start, len);
        }
        kernel(std::array::from_fn(|i| sources[i].block(start, len)), block);
    }
}

/// Where the elements of an operand come from.
#[derive(Clone)]
enum Source<'a, T> {
    /// They lie in row-major order.
    InOrder(&'a [T]),
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
    /// Nothing, if there is other memory between them.
    fn of(value: &'a Value<T>) -> Option<Self> {
        if let Some(elements) = value.as_slice() {
            return Some(Self::InOrder(elements));
        }
        let (memory, layout) = value.lying()?;
        Some(Self::Gathered { memory, layout: layout.collapsed(), block: Vec::new(), stays: false })
    }

    /// Before blocks of so many elements, from `start` on.
    fn prepare(&mut self, start: usize, step: usize) {
        if let Self::Gathered { memory, layout, block, stays } = self {
            block.resize(step + SLACK, T::ZERO);
            if period(layout).is_some_and(|period| step.is_multiple_of(period)) {
                gather(memory, layout, start, step, block);
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
fn step<T>(sources: &[Source<'_, T>]) -> Option<usize> {
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
