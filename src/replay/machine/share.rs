//! How threads share the work of an instruction: each takes a part of the results, whole blocks of elements, columns, or
//! rows of a product, so that no bit depends on how many there are. Which parts there are is decided when the program is made.

use super::fused::{Context, Fused, Loc, Origin, Outs, Step, Target};
use super::memory::{Feeds, Memory, Place, Scratch};
use super::{Aligned, Code, Stack};
use crate::Float;
use crate::array::{Extent, Matrix, Progress, both, parts, pieces, product_time, shared_product};
use std::ops::Range;

/// What each thread computes of a group.
#[derive(Clone, Debug)]
pub(crate) struct Parts {
    /// Whether they are columns of the reductions, from the first term to the last, rather than elements.
    columns: bool,
    /// Where each part ends; the first begins at 0.
    ends: Vec<usize>,
}

impl Parts {
    /// One part.
    pub fn whole(len: usize) -> Self {
        Self { columns: false, ends: vec![len] }
    }

    pub fn count(&self) -> usize {
        self.ends.len()
    }

    pub fn columns(&self) -> bool {
        self.columns
    }

    fn part(&self, index: usize) -> Range<usize> {
        let start = index.checked_sub(1).map_or(0, |before| self.ends[before]);
        start..self.ends[index]
    }

    /// How far a reduction is where a part begins.
    pub fn progress(&self, extent: Extent, start: usize) -> Progress {
        if !self.columns && self.count() > 1 && extent.count == 1 {
            Progress::of_part(start)
        } else {
            Progress::default()
        }
    }

    /// Ends of so many parts of equal length, as far as these can be multiples of `unit`.
    fn even(columns: bool, len: usize, unit: usize, count: usize) -> Self {
        let near = |i: usize| (len * i / count + unit / 2) / unit * unit;
        let mut ends: Vec<usize> = (1..count).map(near).filter(|&end| 0 < end && end < len).collect();
        ends.push(len);
        ends.dedup();
        Self { columns, ends }
    }
}

impl<T: Float> Fused<T> {
    /// Decides what each of at most so many threads computes.
    pub fn divide(&mut self, threads: usize) {
        let wanted = parts(self.picoseconds(), threads);
        let rows = self.unit().map(|unit| Parts::even(false, self.len, unit, wanted));
        self.parts = match (rows, self.width_of_columns()) {
            (Some(rows), _) if rows.count() > 1 => rows,
            (_, Some(width)) if wanted > 1 && self.reduces_only() => Parts::even(true, width, LINE, wanted),
            (_, Some(width)) if width > 4 * self.block => Parts { columns: true, ends: vec![width] },
            _ => Parts::whole(self.len),
        };
    }

    /// So many elements belong together: blocks or rows of the product, and the terms of a result, or of one part of it.
    fn unit(&self) -> Option<usize> {
        let rows = self.product.as_ref().map(|product| product.b.layout.shape[1]);
        let rows = rows.map(|n| n * (self.block / n.max(1)).max(1));
        let mut terms = self.folds.iter().map(|fold| match (fold.to, fold.extent.count) {
            (_, 1) => fold.extent.partial().unwrap_or(self.len),
            // Several to the bank are those of lanes.
            (Target::Bank(_), _) => self.len,
            (Target::Out(_), _) => fold.extent.terms * fold.extent.width,
        });
        let unit = terms.try_fold(rows.unwrap_or(self.block), common)?;
        (0 < unit && unit < self.len).then_some(unit)
    }

    /// Whether all that it leaves in memory are results of reductions, each an array.
    fn reduces_only(&self) -> bool {
        let of_fold =
            |i: usize| self.folds.iter().any(|fold| matches!(fold.to, Target::Out(out) if out == i));
        self.folds.iter().all(|fold| matches!(fold.to, Target::Out(_))) && (0..self.outs.len()).all(of_fold)
    }

    /// The results side by side, if that is what all reductions have, alike, and no product comes before them.
    fn width_of_columns(&self) -> Option<usize> {
        let (first, others) = self.folds.split_first()?;
        let alike = others.iter().all(|fold| fold.extent == first.extent);
        (alike && first.extent.count == 1 && self.product.is_none()).then_some(first.extent.width)
    }

    /// What it takes on one thread, roughly: to decide by, the same on each machine.
    fn picoseconds(&self) -> usize {
        let each: usize = self.steps.iter().map(Step::picoseconds).sum();
        let product = self.product.as_ref().map_or(0, |product| multiplications(&product.a, &product.b));
        self.len.saturating_mul(each).saturating_add(product_time::<T>(product))
    }

    /// Computes these parts, each on a thread of its own.
    pub(super) fn share(
        &self,
        context: &Context<'_, '_, T>,
        scratch: &mut [Scratch<T>],
        parts: Range<usize>,
        outs: &mut Outs<'_, T>,
    ) {
        if parts.len() < 2 {
            let part = self.parts.part(parts.start);
            return self.part(context, &mut scratch[0], part, outs);
        }
        let at = parts.start + parts.len() / 2;
        let (some, others) = scratch.split_at_mut(parts.len() / 2);
        let range = self.parts.part(parts.start).start..self.parts.part(at - 1).end;
        let mut first = self.take(range, outs);
        both(
            self.parts.count() - 1,
            || self.share(context, some, parts.start..at, &mut first),
            || self.share(context, others, at..parts.end, outs),
        );
    }

    /// Takes the results of these elements, or columns, from the front.
    fn take<'o>(&self, range: Range<usize>, outs: &mut Outs<'o, T>) -> Outs<'o, T> {
        let taken = outs.iter_mut().enumerate().map(|(i, out)| {
            let fold = self.folds.iter().find(|fold| matches!(fold.to, Target::Out(out) if out == i));
            let len = match fold {
                _ if self.parts.columns => range.len(),
                // Written when all parts are there.
                Some(fold) if fold.extent.count == 1 => 0,
                Some(fold) => range.len() / fold.extent.terms,
                None => range.len(),
            };
            let (now, later) = std::mem::take(out).split_at_mut(len);
            *out = later;
            now
        });
        taken.collect()
    }

    /// Brings the parts of reductions together; a place of the bank has so many numbers.
    pub(super) fn join(&self, width: usize, scratch: &mut [Scratch<T>], outs: &mut [Aligned<T>]) {
        if self.parts.columns || self.parts.count() < 2 {
            return;
        }
        let (first, others) = scratch.split_at_mut(1);
        for (i, fold) in self.folds.iter().enumerate().filter(|(_, fold)| fold.extent.count == 1) {
            let room = self.lanes_before(i)..self.lanes_before(i) + fold.extent.scratch();
            for (other, part) in others.iter().zip(1..self.parts.count()) {
                let (to, from) = (&mut first[0].lanes[room.clone()], &other.lanes[room.clone()]);
                fold.extent.adopt(to, from, self.parts.part(part));
            }
            let results = match fold.to {
                Target::Out(out) => &mut outs[out][..],
                Target::Bank(_) => &mut first[0].cells[i * width..],
            };
            fold.extent.close(&fold.reducer, &mut first[0].lanes[room], results);
        }
    }
}

/// Elements of a cache line, at most.
const LINE: usize = 16;

/// The least common multiple, if it can be counted; of nothing, the other.
fn common(a: usize, b: usize) -> Option<usize> {
    let (mut divisor, mut rest) = (a, b);
    while rest > 0 {
        (divisor, rest) = (rest, divisor % rest);
    }
    (a / divisor.max(1)).checked_mul(b)
}

impl<T> Step<T> {
    /// What it takes an element, roughly, in the first cache.
    fn picoseconds(&self) -> usize {
        let of_f32 = match self {
            Self::Map { kernel, .. } => return kernel.picoseconds(),
            Self::Load(load) if matches!(load.from, Origin::Memory(_)) => 400,
            Self::Load(_) | Self::Copy { .. } => 100,
            Self::Fold { from: Loc::Memory(..), .. } => 250,
            Self::Fold { .. } => 150,
        };
        of_f32 * size_of::<T>() / size_of::<f32>()
    }
}

/// Of a product of matrices that lie so.
fn multiplications(a: &Place, b: &Place) -> usize {
    let [a, b] = [a, b].map(|factor| &factor.layout.shape);
    a[0].saturating_mul(a[1]).saturating_mul(b[1])
}

impl Stack {
    pub fn run<T: Float>(&self, code: &Code<T>, memory: &mut Memory<T>, feeds: &Feeds<'_, T>) {
        let mut out = std::mem::take(&mut memory.buffers[self.buffer]);
        let each = self.pairs.first().map_or(0, |[a, b]| multiplications(a, b));
        let threads = parts(product_time::<T>(each.saturating_mul(self.pairs.len())), code.threads);
        let size = self.pairs.first().map_or(0, |[a, b]| a.layout.shape[0] * b.layout.shape[1]);
        // Of the buffer, which may be longer, the result is the start.
        pieces(threads, 0..self.pairs.len(), size, &mut out, &|threads, number, piece| {
            let [mut turned_a, mut turned_b] = [Vec::new(), Vec::new()];
            let memory = |place: &Place| memory.slice(code, feeds, place.source);
            let [a, b] = &self.pairs[number];
            let a = Matrix::lying(memory(a), &a.layout, &mut turned_a);
            let b = Matrix::lying(memory(b), &b.layout, &mut turned_b);
            shared_product(threads, a, b, piece, false);
        });
        memory.buffers[self.buffer] = out;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_whole_units_and_all_there_is() {
        for (len, unit) in [(1, 1), (10, 3), (1024, 16), (1025, 1024), (5000, 7), (3000, 3000), (100, 64)] {
            for count in 1..9 {
                let parts = Parts::even(false, len, unit, count);
                assert!((1..=count).contains(&parts.count()));
                let mut end = 0;
                for part in (0..parts.count()).map(|i| parts.part(i)) {
                    assert_eq!((part.start, part.start % unit), (end, 0));
                    assert!(!part.is_empty());
                    end = part.end;
                }
                assert_eq!(end, len);
            }
        }
    }

    #[test]
    fn what_belongs_together_is_a_common_multiple() {
        assert_eq!([common(4, 6), common(7, 1), common(1024, 30)], [Some(12), Some(7), Some(15_360)]);
        assert_eq!([common(0, 5), common(5, 0), common(usize::MAX, 2)], [Some(0), Some(0), None]);
    }
}
