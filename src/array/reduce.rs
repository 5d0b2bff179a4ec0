//! How reductions add up.
//!
//! **Order of summation.** A sum's rounding depends on the order of its terms. Here the order depends
//! on the shape alone, never on the memory layout: the terms of one result, in row-major order, are
//! dealt to [`LANES`] accumulators in turn, block by block of [`BLOCK`] terms; lanes, and then blocks,
//! are added up in pairs. The error is at most (BLOCK/LANES + log₂ n) unit roundoffs of Σ|terms|, against
//! n for a plain loop (N. J. Higham, *Accuracy and Stability of Numerical Algorithms*, 2002, §4.2).
//!
//! A reduction takes its terms piece by piece, so that a replay can compute them on the way, and the
//! pieces do not matter to the result. Where many results lie side by side, and their terms can be had in any order of
//! results, they are taken in strips, so that the working memory is that of a strip.

use super::Arithmetic;
use super::{AxisSet, Instructions, Layout, Room, SLACK, Shape, Value, both, gather, parts};
use crate::error::Problem;
use pulp::NullaryFnOnce;
use std::fmt;
use std::ops::Range;

/// Accumulators that a block's terms are dealt to: as many f32 as the widest registers hold.
const LANES: usize = 16;

/// Terms added before the result goes into the pairwise tree.
const BLOCK: usize = 1024;

/// An operation to reduce by, in the forms in which it is run.
#[derive(Clone, Copy)]
pub(crate) struct Reducer<T> {
    /// What changes nothing, and is the result of no terms.
    pub identity: T,
    /// Each lane and the term for it, over slices of equal length.
    pub absorb: fn(&mut [T], &[T]),
    /// The results of whole reductions that lie one after the other, each of as many terms, at most a block.
    pub rows: fn(&[T], usize, &mut [T]),
}

impl<T: fmt::Debug> fmt::Debug for Reducer<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reducer").field("identity", &self.identity).finish_non_exhaustive()
    }
}

/// A [`Reducer`] from its identity and operation.
macro_rules! reducer {
    ($identity:expr, $op:expr) => {
        $crate::array::Reducer {
            identity: $identity,
            absorb: |lanes, terms| $crate::array::absorb(lanes, terms, $op),
            rows: |elements, terms, out| $crate::array::rows(elements, terms, out, $identity, $op),
        }
    };
}
pub(crate) use reducer;

pub(crate) fn absorb<T: Arithmetic>(lanes: &mut [T], terms: &[T], op: impl Fn(T, T) -> T) {
    Instructions::current().dispatch(Absorb { lanes, terms, op });
}

pub(crate) fn rows<T: Arithmetic>(
    elements: &[T],
    terms: usize,
    out: &mut [T],
    identity: T,
    op: impl Fn(T, T) -> T,
) {
    Instructions::current().dispatch(Rows { elements, terms, out, identity, op });
}

/// The loop of [`absorb`], at the machine's width.
struct Absorb<'a, T, F> {
    lanes: &'a mut [T],
    terms: &'a [T],
    op: F,
}

impl<T: Arithmetic, F: Fn(T, T) -> T> NullaryFnOnce for Absorb<'_, T, F> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        for (lane, term) in self.lanes.iter_mut().zip(self.terms) {
            *lane = (self.op)(*lane, *term);
        }
    }
}

/// The loops of [`rows`].
struct Rows<'a, T, F> {
    elements: &'a [T],
    terms: usize,
    out: &'a mut [T],
    identity: T,
    op: F,
}

impl<T: Arithmetic, F: Fn(T, T) -> T> NullaryFnOnce for Rows<'_, T, F> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let Self { elements, terms, out, identity, op } = self;
        let whole = terms / LANES * LANES;
        let rest = terms - whole;
        for (i, out) in out.iter_mut().enumerate() {
            let row = &elements[i * terms..][..terms];
            let mut lanes = [identity; LANES];
            let (chunks, last) = row.as_chunks::<LANES>();
            for chunk in chunks {
                lanes = std::array::from_fn(|lane| op(lanes[lane], chunk[lane]));
            }
            if rest > 0 {
                // The last terms as a whole vector too, of which the others are not taken: they are those of the
                // next row, if there is one.
                let mut padded = [identity; LANES];
                let after = elements[i * terms + whole..].first_chunk().unwrap_or_else(|| {
                    padded[..rest].copy_from_slice(last);
                    &padded
                });
                lanes = std::array::from_fn(|lane| {
                    let taken = op(lanes[lane], after[lane]);
                    if lane < rest { taken } else { lanes[lane] }
                });
            }
            let eight: [T; 8] = std::array::from_fn(|lane| op(lanes[lane], lanes[lane + 8]));
            let four: [T; 4] = std::array::from_fn(|lane| op(eight[lane], eight[lane + 4]));
            *out = op(op(four[0], four[2]), op(four[1], four[3]));
        }
    }
}

/// How the terms of reductions come along: `count` reductions one after the other, each of `terms` terms,
/// each term `width` neighbours that belong to as many results.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Extent {
    pub terms: usize,
    pub width: usize,
    pub count: usize,
}

/// How far reductions have come.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Progress {
    /// Elements of the current reduction that were taken.
    taken: usize,
    /// Reductions that are complete.
    complete: usize,
    /// Whether others take other terms of this one, which is therefore left in parts.
    part: bool,
}

impl Progress {
    /// Before a part of a single reduction, from this element on.
    pub fn of_part(taken: usize) -> Self {
        Self { taken, complete: 0, part: true }
    }
}

impl Extent {
    /// How many numbers of working memory it takes: the lanes, and a partial result for each block, if there are
    /// several.
    pub fn scratch(self) -> usize {
        let partials = if self.terms > BLOCK { self.terms.div_ceil(BLOCK) } else { 0 };
        (self.lanes() + partials) * self.width
    }

    /// The lanes that get a term at all.
    fn lanes(self) -> usize {
        LANES.min(self.terms)
    }

    /// How many results there will be.
    pub fn results(self) -> usize {
        self.width * self.count
    }

    /// Takes the next elements; the results of reductions that this completes go to `out`.
    pub fn push<T: Arithmetic>(
        self,
        reducer: &Reducer<T>,
        progress: &mut Progress,
        scratch: &mut [T],
        mut elements: &[T],
        out: &mut [T],
    ) {
        let Self { terms, width, .. } = self;
        let (block, total) = (BLOCK * width, terms * width);
        if width == 1 && terms <= BLOCK && progress.taken == 0 {
            let whole = elements.len() / terms;
            let (now, later) = elements.split_at(whole * terms);
            (reducer.rows)(now, terms, &mut out[progress.complete..][..whole]);
            progress.complete += whole;
            elements = later;
        }
        while !elements.is_empty() {
            let (index, begun) = (progress.taken / block, progress.taken % block);
            let room = block.min(total - index * block) - begun;
            let (now, later) = elements.split_at(room.min(elements.len()));
            let (lanes, partials) = scratch.split_at_mut(self.lanes() * width);
            let partial = if terms > BLOCK {
                &mut partials[index * width..][..width]
            } else {
                &mut out[progress.complete * width..][..width]
            };
            let ends = now.len() == room;
            if width == 1 && begun == 0 && ends {
                (reducer.rows)(now, now.len(), partial);
            } else {
                deal(reducer, lanes, begun, now);
                if ends {
                    halve(reducer, lanes, width);
                    partial.copy_from_slice(&lanes[..width]);
                }
            }
            progress.taken += now.len();
            if progress.taken == total && !progress.part {
                if terms > BLOCK {
                    self.close(reducer, scratch, &mut out[progress.complete * width..]);
                }
                *progress = Progress { complete: progress.complete + 1, ..Progress::default() };
            }
            elements = later;
        }
    }

    /// So many elements have a partial result of their own, where there are several.
    pub fn partial(self) -> Option<usize> {
        (self.terms > BLOCK).then_some(BLOCK * self.width)
    }

    /// Takes over the partial results of these elements, which begin with such.
    pub fn adopt<T: Arithmetic>(self, scratch: &mut [T], other: &[T], elements: Range<usize>) {
        let before = self.lanes() * self.width;
        let partials =
            before + elements.start / BLOCK..before + elements.end.div_ceil(BLOCK * self.width) * self.width;
        scratch[partials.clone()].copy_from_slice(&other[partials]);
    }

    /// Brings all partial results together.
    pub fn close<T: Arithmetic>(self, reducer: &Reducer<T>, scratch: &mut [T], out: &mut [T]) {
        let partials = &mut scratch[self.lanes() * self.width..][..self.terms.div_ceil(BLOCK) * self.width];
        join(reducer, partials, self.width);
        out[..self.width].copy_from_slice(&partials[..self.width]);
    }
}

/// Deals elements to the lanes in turn, from where the `begun` ones of the block before them stopped.
fn deal<T: Arithmetic>(reducer: &Reducer<T>, lanes: &mut [T], begun: usize, mut elements: &[T]) {
    if begun == 0 {
        lanes.fill(reducer.identity);
    }
    let mut at = begun % lanes.len();
    while !elements.is_empty() {
        let (now, later) = elements.split_at((lanes.len() - at).min(elements.len()));
        (reducer.absorb)(&mut lanes[at..at + now.len()], now);
        (at, elements) = (0, later);
    }
}

/// Brings the lanes together in pairs, the upper half into the lower. Lanes that are not there got no term: they hold
/// the identity, which changes nothing.
fn halve<T: Arithmetic>(reducer: &Reducer<T>, lanes: &mut [T], width: usize) {
    let (mut half, mut there) = (LANES / 2, lanes.len() / width);
    while half > 0 {
        if there > half {
            let (low, high) = lanes.split_at_mut(half * width);
            let high = &high[..(there - half) * width];
            (reducer.absorb)(&mut low[..high.len()], high);
            there = half;
        }
        half /= 2;
    }
}

/// Brings the blocks' partial results together in pairs: of an odd number, the left half is the larger.
fn join<T: Arithmetic>(reducer: &Reducer<T>, partials: &mut [T], width: usize) {
    let blocks = partials.len() / width;
    if blocks > 1 {
        let (left, right) = partials.split_at_mut(blocks.div_ceil(2) * width);
        join(reducer, left, width);
        join(reducer, right, width);
        (reducer.absorb)(&mut left[..width], &right[..width]);
    }
}

/// The arrangements of the axes that give each result its terms in row-major order: the kept axes as they are, and the
/// reduced ones together, as they are, before the first of them, after it, and so on to the last.
fn arrangements(shape: &[usize], axes: AxisSet) -> impl DoubleEndedIterator<Item = (Shape, Extent)> {
    let kept: Shape = (0..shape.len()).filter(|&axis| !axes.contains(axis)).collect();
    let reduced: Shape = axes.iter().collect();
    (0..=kept.len()).map(move |before| {
        let size = |axes: &[usize]| axes.iter().map(|&axis| shape[axis]).product();
        let (outer, inner) = kept.split_at(before);
        let order = outer.iter().chain(&reduced).chain(inner).copied().collect();
        (order, Extent { terms: size(&reduced), width: size(inner), count: size(outer) })
    })
}

/// Results side by side whose lanes may be at work together, where they are not taken in strips.
const WIDE: usize = 4096;

/// The arrangement in which the elements lie in memory, if that is one of those possible; else that in which some lie side
/// by side.
fn arrangement(x: &Layout, axes: AxisSet) -> (Shape, Extent) {
    let fits = |extent: &Extent| extent.count == 1 || extent.width <= WIDE;
    let lies = |(order, extent): &(Shape, Extent)| fits(extent) && x.permute(order).is_row_major();
    let runs = |(order, extent): &(Shape, Extent)| {
        fits(extent) && extent.count > 1 && x.permute(order).collapsed().strides.last() == Some(&1)
    };
    let all = || arrangements(&x.shape, axes).rev();
    // That with the reduced axes last is always there.
    all().find(lies).or_else(|| all().find(runs)).or_else(|| all().next()).expect("there is one")
}

/// The operand of a reduction as its terms are taken, and how they come.
pub(crate) fn arrange(x: &Layout, axes: AxisSet) -> (Layout, Extent) {
    let (order, extent) = arrangement(x, axes);
    (x.permute(&order), extent)
}

/// Reduces a value, in the order described at the top of this file.
pub(crate) fn reduce<T: Arithmetic>(
    x: &Value<T>,
    axes: AxisSet,
    reducer: &Reducer<T>,
    room: &Room<T>,
) -> Result<Value<T>, Problem> {
    let shape = x.shape();
    room.aside().holds(shape)?;
    let out_shape: Shape =
        (0..shape.len()).filter(|&axis| !axes.contains(axis)).map(|axis| shape[axis]).collect();
    // What does not lie in memory is copied in order.
    let layout = x.lying().map_or_else(|| Layout::row_major(shape), |(_, layout)| layout);
    let (order, extent) = arrangement(&layout, axes);
    if extent.terms == 0 || extent.results() == 0 {
        return Ok(Value::filled(&out_shape, reducer.identity));
    }
    let mut out = room.filled(&out_shape, reducer.identity)?;
    let x = x.permute(&order);
    if let Some(elements) = x.as_slice() {
        let threads = parts(elements.len().saturating_mul(TERM * size_of::<T>()), room.threads());
        shared(threads, extent, reducer, elements, &mut out, &room.aside())?;
    } else {
        let mut progress = Progress::default();
        let mut scratch = room.aside().filled(&[extent.scratch()], reducer.identity)?;
        pieces(&x, &room.aside(), |elements| {
            extent.push(reducer, &mut progress, &mut scratch, elements, &mut out);
        })?;
    }
    Ok(Value::from_vec(&out_shape, out))
}

/// Results that are reduced together: as many that their lanes stay in the first cache.
pub(crate) const fn strip<T>() -> usize {
    2048 / size_of::<T>()
}

/// Picoseconds that a term takes for each of its bytes, roughly.
const TERM: usize = 60;

/// Terms that are all at hand, of several results one after the other: each thread computes some of those.
fn shared<T: Arithmetic>(
    threads: usize,
    extent: Extent,
    reducer: &Reducer<T>,
    elements: &[T],
    out: &mut [T],
    room: &Room<T>,
) -> Result<(), Problem> {
    let first = extent.count * (threads / 2) / threads;
    if first == 0 {
        return by_strips(extent, reducer, elements, out, room);
    }
    let (now, later) = elements.split_at(first * extent.terms * extent.width);
    let (out, out_later) = out.split_at_mut(first * extent.width);
    let [room, room_later] = [room.aside(), room.aside()];
    let some = Extent { count: first, ..extent };
    let others = Extent { count: extent.count - first, ..extent };
    let (one, other) = both(
        threads - 1,
        move || shared(threads / 2, some, reducer, now, out, &room),
        move || shared(threads - threads / 2, others, reducer, later, out_later, &room_later),
    );
    one.and(other)
}

/// Terms that are all at hand: many results side by side are taken in strips.
fn by_strips<T: Arithmetic>(
    extent: Extent,
    reducer: &Reducer<T>,
    elements: &[T],
    out: &mut [T],
    room: &Room<T>,
) -> Result<(), Problem> {
    let Extent { terms, width, .. } = extent;
    let strip = Extent { width: width.min(strip::<T>()), ..extent };
    let mut scratch = room.filled(&[strip.scratch()], reducer.identity)?;
    if strip == extent {
        extent.push(reducer, &mut Progress::default(), &mut scratch, elements, out);
        return Ok(());
    }
    for (elements, out) in elements.chunks_exact(terms * width).zip(out.chunks_exact_mut(width)) {
        for first in (0..width).step_by(strip.width) {
            let strip = Extent { width: strip.width.min(width - first), terms, count: 1 };
            let mut progress = Progress::default();
            let out = &mut out[first..][..strip.width];
            for terms in elements.chunks_exact(width) {
                strip.push(reducer, &mut progress, &mut scratch, &terms[first..][..strip.width], out);
            }
        }
    }
    Ok(())
}

/// Elements that are gathered at a time.
const PIECE: usize = 4 * BLOCK;

/// An array's elements in row-major order, piece by piece: gathered if they do not lie so.
fn pieces<T: Arithmetic>(x: &Value<T>, room: &Room<T>, mut take: impl FnMut(&[T])) -> Result<(), Problem> {
    if let Some(elements) = x.as_slice() {
        take(elements);
    } else if let Some((memory, layout)) = x.lying() {
        let (layout, len) = (layout.collapsed(), x.len());
        // Whole rows, if there are some in a piece.
        let row = layout.shape.last().copied().unwrap_or(1);
        let piece = if row <= PIECE { PIECE / row * row } else { PIECE };
        let mut gathered = vec![T::ZERO; piece + SLACK];
        for start in (0..len).step_by(piece) {
            let now = piece.min(len - start);
            gather(memory, &layout, start, now, &mut gathered);
            take(&gathered[..now]);
        }
    } else {
        take(&x.elements(room)?);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The order as the top of this file says it, for one result, written another way.
    fn in_order(terms: &[f32]) -> f32 {
        if terms.len() > BLOCK {
            let left = terms.len().div_ceil(BLOCK).div_ceil(2) * BLOCK;
            return in_order(&terms[..left]) + in_order(&terms[left..]);
        }
        let mut lanes: Vec<f32> =
            (0..LANES).map(|lane| terms.iter().skip(lane).step_by(LANES).fold(0.0, |a, b| a + b)).collect();
        while lanes.len() > 1 {
            let half = lanes.split_off(lanes.len() / 2);
            lanes.iter_mut().zip(half).for_each(|(a, b)| *a += b);
        }
        lanes[0]
    }

    #[test]
    fn the_order_is_that_described_however_the_terms_come() {
        let sum: Reducer<f32> = reducer!(0.0, |a, b| a + b);
        for (terms, width, count) in [
            (1, 1, 3),
            (15, 1, 4),
            (30, 1, 70),
            (1024, 1, 2),
            (1025, 1, 2),
            (5000, 1, 1),
            (3, 7, 1),
            (2, 1000, 1),
            (11, 3, 1),
            (1437, 30, 1),
            (4100, 3, 1),
            (2050, 600, 1),
            (30, 7, 5),
            (1025, 2, 3),
            (5, 700, 2),
        ] {
            let extent = Extent { terms, width, count };
            let elements: Vec<f32> = (0..terms * width * count)
                .map(|i| f32::from(u16::try_from(i * 7919 % 1009).expect("below 1009")).sqrt() - 16.0)
                .collect();
            let expected: Vec<f32> = (0..width * count)
                .map(|i| {
                    let of_one = &elements[i / width * terms * width..][..terms * width];
                    in_order(&of_one.iter().skip(i % width).step_by(width).copied().collect::<Vec<f32>>())
                })
                .collect();
            for piece in [1, 3, 16, 480, 1000, 1024, 5000, elements.len()] {
                let (mut out, mut scratch) = (vec![0.0; extent.results()], vec![0.0; extent.scratch()]);
                let mut progress = Progress::default();
                for piece in elements.chunks(piece) {
                    extent.push(&sum, &mut progress, &mut scratch, piece, &mut out);
                }
                assert_eq!(out, expected, "{extent:?} in pieces of {piece}");
            }
            {
                let mut out = vec![0.0; extent.results()];
                by_strips(extent, &sum, &elements, &mut out, &Room::default()).unwrap();
                assert_eq!(out, expected, "{extent:?} in strips");
            }
        }
    }
}
