//! Rows over as many elements, computed together, block by block: each block passes through all of them
//! while it is in the first cache. A matrix product may come first, and reductions take their terms on the
//! way.

use super::memory::{Feeds, Memory, Place, Scratch, Source};
use super::{Code, block};
use crate::Float;
use crate::array::{Extent, Kernel, Layout, Matrix, Progress, Reducer, Slices, gather, join};
use smallvec::SmallVec;

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

impl<T: Float> Fused<T> {
    /// How many elements the product needs besides the results.
    pub fn product_scratch(&self) -> usize {
        match &self.product {
            Some(Product { rows, to: Loc::Product, b, .. }) => (rows * b.layout.shape[1]).min(self.len),
            _ => 0,
        }
    }

    /// How many columns are computed at a time, from the first term to the last, where all that the group reduces has
    /// many results side by side: then its lanes are those of so many.
    fn strip(&self) -> Option<usize> {
        let (first, others) = self.folds.split_first()?;
        let alike = others.iter().all(|fold| fold.extent == first.extent);
        let Extent { width, count, .. } = first.extent;
        (alike && count == 1 && width > 4 * self.block && self.product.is_none()).then_some(self.block)
    }

    /// How many numbers of working memory a reduction takes.
    fn lanes_of(&self, fold: &Fold<T>) -> usize {
        let width = self.strip().unwrap_or(fold.extent.width);
        Extent { width, ..fold.extent }.scratch()
    }

    /// How many numbers of working memory all reductions take.
    pub fn lanes(&self) -> usize {
        self.folds.iter().map(|fold| self.lanes_of(fold)).sum()
    }

    pub fn run(&self, code: &Code<T>, memory: &mut Memory<T>, feeds: &Feeds<'_, T>) {
        let mut scratch = memory.take_scratch();
        for out in &self.outs {
            scratch.outs.push(std::mem::take(&mut memory.buffers[out.buffer]));
        }
        let context = Context { code, memory, feeds };
        self.prepare(&context, &mut scratch);
        match (&self.product, self.strip()) {
            (Some(product), _) => self.after_product(&context, &mut scratch, product),
            (None, Some(strip)) => self.strips(&context, &mut scratch, strip),
            (None, None) => self.blocks(&context, &mut scratch, 0, 0..self.len),
        }
        for (fold, cells) in self.folds.iter().zip(scratch.cells.chunks_exact(code.width)) {
            if let Target::Bank(place) = fold.to {
                let to = &mut memory.bank[place * code.width..][..code.width];
                match fold.extent.results() {
                    1 => to.fill(cells[0]),
                    results => to[..results].copy_from_slice(&cells[..results]),
                }
            }
        }
        for (out, elements) in self.outs.iter().zip(scratch.outs.drain(..)) {
            memory.buffers[out.buffer] = elements;
        }
        memory.scratch = scratch;
    }

    fn prepare(&self, context: &Context<'_, '_, T>, scratch: &mut Scratch<T>) {
        scratch.progress[..self.folds.len()].fill(Progress::default());
        for (i, fold) in self.folds.iter().enumerate() {
            if fold.extent.terms == 0 || self.len == 0 {
                match fold.to {
                    Target::Out(out) => scratch.outs[out].fill(fold.reducer.identity),
                    Target::Bank(_) => {
                        let width = context.code.width;
                        scratch.cells[i * width..][..width].fill(fold.reducer.identity);
                    }
                }
            }
        }
        for load in &self.once {
            context.load(scratch, load, 0, self.block.min(self.len));
        }
    }

    fn after_product(&self, context: &Context<'_, '_, T>, scratch: &mut Scratch<T>, product: &Product) {
        let [mut turned_a, mut turned_b] = [Vec::new(), Vec::new()];
        let memory = |place: &Place| context.memory.slice(context.code, context.feeds, place.source);
        let a = Matrix::lying(memory(&product.a), &product.a.layout, &mut turned_a);
        let b = Matrix::lying(memory(&product.b), &product.b.layout, &mut turned_b);
        let ([m, _], [_, n]) = (a.shape(), b.shape());
        if n == 0 {
            return;
        }
        for first in (0..m).step_by(product.rows) {
            let last = (first + product.rows).min(m);
            let range = first * n..last * n;
            let a = a.rows(first, last - first);
            let Scratch { registers, outs, product: own, .. } = &mut *scratch;
            let out = match product.to {
                Loc::Out(out) => &mut outs[out][range.clone()],
                _ => &mut own[..range.len()],
            };
            if let Some(Loc::Register(start)) = product.start {
                for piece in out.chunks_mut(self.block) {
                    piece.copy_from_slice(&registers[start][..piece.len()]);
                }
            }
            multiply(context.code.threads, a, b, out, product.start.is_some());
            self.blocks(context, scratch, range.start, range);
        }
    }

    /// Computes the elements of `range`, block by block; a product's block starts at `origin`.
    fn blocks(
        &self,
        context: &Context<'_, '_, T>,
        scratch: &mut Scratch<T>,
        origin: usize,
        range: std::ops::Range<usize>,
    ) {
        if self.steps.is_empty() {
            return;
        }
        for start in range.clone().step_by(self.block) {
            let here = Block { start, len: self.block.min(range.end - start), origin };
            self.block(context, scratch, here, None);
        }
    }

    /// Computes all elements, strip of columns by strip, and in each term by term.
    fn strips(&self, context: &Context<'_, '_, T>, scratch: &mut Scratch<T>, strip: usize) {
        let Extent { terms, width, .. } = self.folds[0].extent;
        for first in (0..width).step_by(strip) {
            scratch.progress[..self.folds.len()].fill(Progress::default());
            let len = strip.min(width - first);
            for term in 0..terms {
                let here = Block { start: term * width + first, len, origin: 0 };
                // A strip need not start where what repeats does.
                for load in &self.once {
                    context.load(scratch, load, here.start, len);
                }
                self.block(context, scratch, here, Some(first));
            }
        }
    }

    /// Computes one block; if it is of a strip, the strip's first column is given.
    fn block(
        &self,
        context: &Context<'_, '_, T>,
        scratch: &mut Scratch<T>,
        here: Block,
        strip: Option<usize>,
    ) {
        for step in &self.steps {
            match step {
                Step::Load(load) => context.load(scratch, load, here.start, here.len),
                Step::Map { kernel, operands, to } => context.map(scratch, kernel, operands, *to, here),
                Step::Copy { from, to } => context.copy(scratch, *from, *to, here),
                Step::Fold { from, fold } => self.fold(context, scratch, *from, *fold, here, strip),
            }
        }
    }

    fn fold(
        &self,
        context: &Context<'_, '_, T>,
        scratch: &mut Scratch<T>,
        from: Loc,
        fold: usize,
        here: Block,
        strip: Option<usize>,
    ) {
        let Fold { reducer, extent, to } = &self.folds[fold];
        let extent = if strip.is_some() { Extent { width: here.len, ..*extent } } else { *extent };
        let mut lanes = std::mem::take(&mut scratch.lanes);
        let before: usize = self.folds[..fold].iter().map(|fold| self.lanes_of(fold)).sum();
        let room = &mut lanes[before..before + extent.scratch()];
        let mut progress = scratch.progress[fold];
        match *to {
            Target::Out(out) => {
                let mut results = std::mem::take(&mut scratch.outs[out]);
                let elements = context.elements(scratch, from, here);
                extent.push(reducer, &mut progress, room, elements, &mut results[strip.unwrap_or(0)..]);
                scratch.outs[out] = results;
            }
            Target::Bank(_) => {
                let mut cells = std::mem::take(&mut scratch.cells);
                let elements = context.elements(scratch, from, here);
                extent.push(reducer, &mut progress, room, elements, &mut cells[fold * context.code.width..]);
                scratch.cells = cells;
            }
        }
        scratch.progress[fold] = progress;
        scratch.lanes = lanes;
    }
}

/// The elements that are being computed.
#[derive(Clone, Copy)]
struct Block {
    start: usize,
    len: usize,
    /// Where the product's block starts.
    origin: usize,
}

/// What a group reads.
struct Context<'a, 'f, T: Copy> {
    code: &'a Code<T>,
    memory: &'a Memory<T>,
    feeds: &'a Feeds<'f, T>,
}

impl<T: Float> Context<'_, '_, T> {
    fn elements<'b>(&'b self, scratch: &'b Scratch<T>, loc: Loc, here: Block) -> &'b [T] {
        let Block { start, len, origin } = here;
        match loc {
            Loc::Register(register) => &scratch.registers[register][..len],
            Loc::Out(out) => &scratch.outs[out][start..start + len],
            Loc::Product => &scratch.product[start - origin..][..len],
            Loc::Memory(source, offset) => {
                &self.memory.slice(self.code, self.feeds, source)[offset + start..][..len]
            }
        }
    }

    fn load(&self, scratch: &mut Scratch<T>, load: &Load, start: usize, len: usize) {
        let Loc::Register(register) = load.to else { unreachable!("a load fills a register") };
        let mut to = std::mem::take(&mut scratch.registers[register]);
        let from = match load.from {
            Origin::Memory(source) => self.memory.slice(self.code, self.feeds, source),
            Origin::Out(out) => &scratch.outs[out],
        };
        gather(from, &load.layout, start, len, &mut to);
        scratch.registers[register] = to;
    }

    fn map(&self, scratch: &mut Scratch<T>, kernel: &Kernel<T>, operands: &[Loc], to: Loc, here: Block) {
        write(scratch, to, here, |scratch, out| {
            let operand = |i: usize| self.elements(scratch, operands[i], here);
            match kernel.slices {
                Slices::One(kernel) => kernel(operand(0), out),
                Slices::Two(kernel) => kernel(operand(0), operand(1), out),
                Slices::Three(kernel) => kernel(operand(0), operand(1), operand(2), out),
            }
        });
    }

    fn copy(&self, scratch: &mut Scratch<T>, from: Loc, to: Loc, here: Block) {
        write(scratch, to, here, |scratch, out| out.copy_from_slice(self.elements(scratch, from, here)));
    }
}

/// Fills a place, which is taken out meanwhile, so that all others can be read.
fn write<T: Float>(scratch: &mut Scratch<T>, to: Loc, here: Block, put: impl FnOnce(&Scratch<T>, &mut [T])) {
    match to {
        Loc::Register(register) => {
            let mut taken = std::mem::take(&mut scratch.registers[register]);
            put(scratch, &mut taken[..here.len]);
            scratch.registers[register] = taken;
        }
        Loc::Out(out) => {
            let mut taken = std::mem::take(&mut scratch.outs[out]);
            put(scratch, &mut taken[here.start..here.start + here.len]);
            scratch.outs[out] = taken;
        }
        Loc::Product | Loc::Memory(..) => unreachable!("a step fills a register or a result"),
    }
}

/// Multiplications for which a second thread is worth waking: some 50 µs of work.
const WORTH_A_THREAD: usize = 6_000_000;

/// The product, by several threads if it is worth it. They compute rows of their own, or columns of a single row, which
/// changes no bit of them.
fn multiply<T: Float>(threads: usize, a: Matrix<'_, T>, b: Matrix<'_, T>, out: &mut [T], adding: bool) {
    let ([m, k], [_, n]) = (a.shape(), b.shape());
    let work = m.saturating_mul(k).saturating_mul(n);
    if threads < 2 || work < WORTH_A_THREAD || m.max(n) < 2 {
        return T::multiply(a, b, out, adding);
    }
    let (some, others) = (threads / 2, threads - threads / 2);
    let ((a, a_rest), (b, b_rest), at) = if m > 1 {
        let at = (m * some / threads).max(1);
        ((a.rows(0, at), a.rows(at, m - at)), (b, b), at * n)
    } else {
        let at = (n * some / threads).max(1);
        ((a, a), (b.columns(0, at), b.columns(at, n - at)), at)
    };
    let (out, out_rest) = out.split_at_mut(at);
    join(|| multiply(some, a, b, out, adding), || multiply(others, a_rest, b_rest, out_rest, adding));
}

/// Rows of a product to compute at a time, so that what follows finds them in the cache: for thin products,
/// some blocks of a group; all, if the right-hand side would have to be read again for each.
pub(crate) fn product_rows<T>(m: usize, k: usize, n: usize, group_rows: usize) -> usize {
    const THIN: usize = 16_384;
    if k * n > THIN { m } else { (4 * block::<T>() / n.max(1)).max(1).next_multiple_of(group_rows) }
}
