//! Rows over as many elements, computed together, block by block: each block passes through all of them
//! while it is in the first cache. A matrix product may come first, and reductions take their terms on the
//! way.

use super::memory::{Feeds, Memory, Place, Scratch, Source};
use super::share::Parts;
use super::{Code, block};
use crate::Float;
use crate::array::{Extent, Kernel, Layout, Matrix, Progress, Reducer, Slices, gather, shared_product};
use smallvec::SmallVec;
use std::ops::Range;

/// Rows of a group, at most: what more would read and write does not fit the cache together.
pub(crate) const MEMBERS: usize = 40;

/// A group of rows.
#[derive(Clone, Debug)]
pub(crate) struct Fused<T> {
    /// Elements that every row of the group has.
    pub len: usize,
    /// Elements computed at a time.
    pub block: usize,
    pub product: Option<Product>,
    /// What is brought in once, since it is the same in each block.
    pub once: Vec<Load>,
    pub steps: Vec<Step<T>>,
    pub outs: Vec<Out>,
    pub folds: Vec<Fold<T>>,
    /// How many registers it uses.
    pub registers: usize,
    /// What each thread computes.
    pub parts: Parts,
}

/// Where a step finds or leaves its elements of the current block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Loc {
    Register(usize),
    /// The result itself, by its place among `outs`.
    Out(usize),
    /// The block of the matrix product.
    Product,
    /// Memory in row-major order, from an offset on.
    Memory(Source, usize),
}

#[derive(Clone, Debug)]
pub(crate) enum Step<T> {
    Load(Load),
    Map {
        kernel: Kernel<T>,
        operands: SmallVec<[Loc; 3]>,
        to: Loc,
    },
    Copy {
        from: Loc,
        to: Loc,
    },
    /// Gives the elements to a reduction, by its place among `folds`.
    Fold {
        from: Loc,
        fold: usize,
    },
}

/// Elements in any layout, to a block in order.
#[derive(Clone, Debug)]
pub(crate) struct Load {
    pub from: Origin,
    /// Collapsed.
    pub layout: Layout,
    pub to: Loc,
}

/// What a load reads: memory, or a result that is computed in place of an operand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    Memory(Source),
    Out(usize),
}

/// A buffer that the group writes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Out {
    pub buffer: usize,
}

#[derive(Clone, Debug)]
pub(crate) struct Fold<T> {
    pub reducer: Reducer<T>,
    pub extent: Extent,
    pub to: Target,
}

/// Where a reduction's results go.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Target {
    Out(usize),
    Bank(usize),
}

/// The matrix product that starts a group: its blocks are whole rows.
#[derive(Clone, Debug)]
pub(crate) struct Product {
    pub a: Place,
    pub b: Place,
    /// Rows computed at a time, a whole number of blocks of the group.
    pub rows: usize,
    /// A register of rows that are all the same, to which the product is added.
    pub start: Option<Loc>,
    pub to: Loc,
}

/// Results of a group as one part of it writes them: of each, the elements that are that part's.
pub(super) type Outs<'o, T> = SmallVec<[&'o mut [T]; MEMBERS.next_power_of_two()]>;

impl<T: Float> Fused<T> {
    /// How many elements the product needs besides the results.
    pub fn product_scratch(&self) -> usize {
        match &self.product {
            Some(Product { rows, to: Loc::Product, b, .. }) => (rows * b.layout.shape[1]).min(self.len),
            _ => 0,
        }
    }

    /// How many numbers of working memory a reduction takes. Of columns, the lanes are those of a strip.
    fn lanes_of(&self, fold: &Fold<T>) -> usize {
        let Extent { width, .. } = fold.extent;
        let width = if self.parts.columns() { width.min(self.block) } else { width };
        Extent { width, ..fold.extent }.scratch()
    }

    /// How many numbers of working memory all reductions take.
    pub fn lanes(&self) -> usize {
        self.folds.iter().map(|fold| self.lanes_of(fold)).sum()
    }

    pub fn run(&self, code: &Code<T>, memory: &mut Memory<T>, feeds: &Feeds<'_, T>) {
        let mut scratch = std::mem::take(&mut memory.scratch);
        let mut taken = std::mem::take(&mut memory.outs);
        taken.extend(self.outs.iter().map(|out| std::mem::take(&mut memory.buffers[out.buffer])));
        let context = Context { code, memory, feeds };
        {
            let mut outs: Outs<'_, T> = taken.iter_mut().map(|out| &mut out[..]).collect();
            self.share(&context, &mut scratch, 0..self.parts.count(), &mut outs);
        }
        self.join(code.width, &mut scratch, &mut taken);
        for (fold, cells) in self.folds.iter().zip(scratch[0].cells.chunks_exact(code.width)) {
            if let Target::Bank(place) = fold.to {
                let to = &mut memory.bank[place * code.width..][..code.width];
                match fold.extent.results() {
                    1 => to.fill(cells[0]),
                    results => to[..results].copy_from_slice(&cells[..results]),
                }
            }
        }
        for (out, elements) in self.outs.iter().zip(taken.drain(..)) {
            memory.buffers[out.buffer] = elements;
        }
        memory.outs = taken;
        memory.scratch = scratch;
    }

    /// One part of it, with the results' elements that belong to it.
    pub(super) fn part(
        &self,
        context: &Context<'_, '_, T>,
        scratch: &mut Scratch<T>,
        part: Range<usize>,
        outs: &mut Outs<'_, T>,
    ) {
        self.prepare(context, scratch, part.start, outs);
        match &self.product {
            Some(product) => self.after_product(context, scratch, product, part, outs),
            None if self.parts.columns() => self.strips(context, scratch, part, outs),
            None => {
                let origins = Origins { product: 0, outs: part.start };
                let here = Block { start: part.start, len: self.block.min(part.len()), origins };
                self.once(context, scratch, outs, here);
                self.blocks(context, scratch, part, origins, outs);
            }
        }
    }

    fn prepare(
        &self,
        context: &Context<'_, '_, T>,
        scratch: &mut Scratch<T>,
        start: usize,
        outs: &mut Outs<'_, T>,
    ) {
        for (i, fold) in self.folds.iter().enumerate() {
            scratch.progress[i] = self.parts.progress(fold.extent, start);
            if fold.extent.terms == 0 || self.len == 0 {
                match fold.to {
                    Target::Out(out) => outs[out].fill(fold.reducer.identity),
                    Target::Bank(_) => {
                        let width = context.code.width;
                        scratch.cells[i * width..][..width].fill(fold.reducer.identity);
                    }
                }
            }
        }
    }

    /// Brings in what is the same in each block, from the start of this one on.
    fn once(&self, context: &Context<'_, '_, T>, scratch: &mut Scratch<T>, outs: &Outs<'_, T>, here: Block) {
        for load in &self.once {
            context.load(scratch, outs, load, here);
        }
    }

    fn after_product(
        &self,
        context: &Context<'_, '_, T>,
        scratch: &mut Scratch<T>,
        product: &Product,
        part: Range<usize>,
        outs: &mut Outs<'_, T>,
    ) {
        let [mut turned_a, mut turned_b] = [Vec::new(), Vec::new()];
        let memory = |place: &Place| context.memory.slice(context.code, context.feeds, place.source);
        let a = Matrix::lying(memory(&product.a), &product.a.layout, &mut turned_a);
        let b = Matrix::lying(memory(&product.b), &product.b.layout, &mut turned_b);
        let n = b.shape()[1];
        if n == 0 {
            return;
        }
        // Parts have a thread each; of a group that is in one, the product may be shared out.
        let threads = if self.parts.count() > 1 { 1 } else { context.code.threads };
        let last_row = part.end / n;
        for first in (part.start / n..last_row).step_by(product.rows) {
            let last = (first + product.rows).min(last_row);
            let range = first * n..last * n;
            let a = a.rows(first, last - first);
            let origins = Origins { product: range.start, outs: part.start };
            // What repeats stays in step with blocks that follow each other.
            if first * n == part.start || !(product.rows * n).is_multiple_of(self.block) {
                let here = Block { start: range.start, len: self.block.min(range.len()), origins };
                self.once(context, scratch, outs, here);
            }
            let Scratch { registers, product: own, .. } = &mut *scratch;
            let out = match product.to {
                Loc::Out(out) => &mut outs[out][range.start - part.start..range.end - part.start],
                _ => &mut own[..range.len()],
            };
            if let Some(Loc::Register(start)) = product.start {
                for piece in out.chunks_mut(self.block) {
                    piece.copy_from_slice(&registers[start][..piece.len()]);
                }
            }
            shared_product(threads, a, b, out, product.start.is_some());
            self.blocks(context, scratch, range, origins, outs);
        }
    }

    /// Computes the elements of `range`, block by block. What repeats has been brought in.
    fn blocks(
        &self,
        context: &Context<'_, '_, T>,
        scratch: &mut Scratch<T>,
        range: Range<usize>,
        origins: Origins,
        outs: &mut Outs<'_, T>,
    ) {
        if self.steps.is_empty() {
            return;
        }
        for start in range.clone().step_by(self.block) {
            let here = Block { start, len: self.block.min(range.end - start), origins };
            self.block(context, scratch, here, outs, None);
        }
    }

    /// Computes columns, strip by strip, and in each term by term.
    fn strips(
        &self,
        context: &Context<'_, '_, T>,
        scratch: &mut Scratch<T>,
        part: Range<usize>,
        outs: &mut Outs<'_, T>,
    ) {
        let Extent { terms, width, .. } = self.folds[0].extent;
        for first in part.clone().step_by(self.block) {
            scratch.progress[..self.folds.len()].fill(Progress::default());
            let len = self.block.min(part.end - first);
            for term in 0..terms {
                let start = term * width + first;
                let here = Block { start, len, origins: Origins::default() };
                // A strip need not start where what repeats does.
                self.once(context, scratch, outs, here);
                self.block(context, scratch, here, outs, Some(first - part.start));
            }
        }
    }

    /// Computes one block; if it is of a strip, the strip's first column is given, counted from the part's.
    fn block(
        &self,
        context: &Context<'_, '_, T>,
        scratch: &mut Scratch<T>,
        here: Block,
        outs: &mut Outs<'_, T>,
        strip: Option<usize>,
    ) {
        for step in &self.steps {
            match step {
                Step::Load(load) => {
                    context.load(scratch, outs, load, here);
                }
                Step::Map { kernel, operands, to } => context.map(scratch, outs, kernel, operands, *to, here),
                Step::Copy { from, to } => context.copy(scratch, outs, *from, *to, here),
                Step::Fold { from, fold } => self.fold(context, scratch, outs, *from, *fold, here, strip),
            }
        }
    }

    #[allow(clippy::too_many_arguments)] // A step, and all that it may touch.
    fn fold(
        &self,
        context: &Context<'_, '_, T>,
        scratch: &mut Scratch<T>,
        outs: &mut Outs<'_, T>,
        from: Loc,
        fold: usize,
        here: Block,
        strip: Option<usize>,
    ) {
        let Fold { reducer, extent, to } = &self.folds[fold];
        let extent = if strip.is_some() { Extent { width: here.len, ..*extent } } else { *extent };
        let mut lanes = std::mem::take(&mut scratch.lanes);
        let room = &mut lanes[self.lanes_before(fold)..][..extent.scratch()];
        let mut progress = scratch.progress[fold];
        match *to {
            Target::Out(out) => {
                let results = std::mem::take(&mut outs[out]);
                let elements = context.elements(scratch, outs, from, here);
                extent.push(reducer, &mut progress, room, elements, &mut results[strip.unwrap_or(0)..]);
                outs[out] = results;
            }
            Target::Bank(_) => {
                let mut cells = std::mem::take(&mut scratch.cells);
                let elements = context.elements(scratch, outs, from, here);
                let results = &mut cells[fold * context.code.width + strip.unwrap_or(0)..];
                extent.push(reducer, &mut progress, room, elements, results);
                scratch.cells = cells;
            }
        }
        scratch.progress[fold] = progress;
        scratch.lanes = lanes;
    }

    /// Where the working memory of a reduction starts.
    pub(super) fn lanes_before(&self, fold: usize) -> usize {
        self.folds[..fold].iter().map(|fold| self.lanes_of(fold)).sum()
    }
}

/// The elements that are being computed.
#[derive(Clone, Copy)]
struct Block {
    start: usize,
    len: usize,
    origins: Origins,
}

/// The elements at which start what is in memory of one block's product, and what a part has of the results.
#[derive(Clone, Copy, Default)]
struct Origins {
    product: usize,
    outs: usize,
}

/// What a group reads.
pub(super) struct Context<'a, 'f, T: Copy> {
    code: &'a Code<T>,
    memory: &'a Memory<T>,
    feeds: &'a Feeds<'f, T>,
}

impl<T: Float> Context<'_, '_, T> {
    fn elements<'b>(
        &'b self,
        scratch: &'b Scratch<T>,
        outs: &'b Outs<'_, T>,
        loc: Loc,
        here: Block,
    ) -> &'b [T] {
        let Block { start, len, origins } = here;
        match loc {
            Loc::Register(register) => &scratch.registers[register][..len],
            Loc::Out(out) => &outs[out][start - origins.outs..][..len],
            Loc::Product => &scratch.product[start - origins.product..][..len],
            Loc::Memory(source, offset) => {
                &self.memory.slice(self.code, self.feeds, source)[offset + start..][..len]
            }
        }
    }

    /// Brings a block's elements to a register; those of a result are in order.
    fn load(&self, scratch: &mut Scratch<T>, outs: &Outs<'_, T>, load: &Load, here: Block) {
        let Loc::Register(register) = load.to else { unreachable!("a load fills a register") };
        let Block { start, len, origins } = here;
        let to = &mut scratch.registers[register];
        match load.from {
            Origin::Memory(source) => {
                gather(self.memory.slice(self.code, self.feeds, source), &load.layout, start, len, to);
            }
            Origin::Out(out) => to[..len].copy_from_slice(&outs[out][start - origins.outs..][..len]),
        }
    }

    fn map(
        &self,
        scratch: &mut Scratch<T>,
        outs: &mut Outs<'_, T>,
        kernel: &Kernel<T>,
        operands: &[Loc],
        to: Loc,
        here: Block,
    ) {
        write(scratch, outs, to, here, |scratch, outs, out| {
            let operand = |i: usize| self.elements(scratch, outs, operands[i], here);
            match kernel.slices {
                Slices::One(kernel) => kernel(operand(0), out),
                Slices::Two(kernel) => kernel(operand(0), operand(1), out),
                Slices::Three(kernel) => kernel(operand(0), operand(1), operand(2), out),
            }
        });
    }

    fn copy(&self, scratch: &mut Scratch<T>, outs: &mut Outs<'_, T>, from: Loc, to: Loc, here: Block) {
        write(scratch, outs, to, here, |scratch, outs, out| {
            out.copy_from_slice(self.elements(scratch, outs, from, here));
        });
    }
}

/// Fills a place, which is taken out meanwhile, so that all others can be read.
fn write<T: Float>(
    scratch: &mut Scratch<T>,
    outs: &mut Outs<'_, T>,
    to: Loc,
    here: Block,
    put: impl FnOnce(&Scratch<T>, &Outs<'_, T>, &mut [T]),
) {
    match to {
        Loc::Register(register) => {
            let mut taken = std::mem::take(&mut scratch.registers[register]);
            put(scratch, outs, &mut taken[..here.len]);
            scratch.registers[register] = taken;
        }
        Loc::Out(out) => {
            let taken = std::mem::take(&mut outs[out]);
            put(scratch, outs, &mut taken[here.start - here.origins.outs..][..here.len]);
            outs[out] = taken;
        }
        Loc::Product | Loc::Memory(..) => unreachable!("a step fills a register or a result"),
    }
}

/// Rows of a product to compute at a time, so that what follows finds them in the cache: for thin products,
/// some blocks of a group; all, if the right-hand side would have to be read again for each.
pub(crate) fn product_rows<T>(m: usize, k: usize, n: usize, group_rows: usize) -> usize {
    const THIN: usize = 16_384;
    if k * n > THIN { m } else { (4 * block::<T>() / n.max(1)).max(1).next_multiple_of(group_rows) }
}
