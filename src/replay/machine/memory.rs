//! Where values are, and the memory of one thread.

use super::{Aligned, Buffer, Code, Instruction, block};
use crate::Float;
use crate::array::{Bench, Layout, Progress, SLACK, gather};
use crate::error::Problem;
use crate::replay::Input;
use ndarray::{ArrayViewD, Axis, IxDyn, ShapeBuilder};

/// What holds elements.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Source {
    /// The caller's array, by its place among the inputs.
    Input(usize),
    Constant(usize),
    Buffer(usize),
    /// A number, by its place in the bank.
    Bank(usize),
}

/// Elements, and how they lie.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Place {
    pub source: Source,
    pub layout: Layout,
}

/// The elements of the caller's arrays, each in row-major order: of those that are stacked, of the lanes that are computed.
pub(crate) type Feeds<'a, T> = [&'a [T]];

/// The memory that a run changes.
#[derive(Clone, Debug)]
pub(crate) struct Memory<T: Copy> {
    pub buffers: Vec<Aligned<T>>,
    /// So many numbers a place as the code is wide.
    pub bank: Aligned<T>,
    /// Copies of inputs that did not lie in order, made when the first came.
    pub staged: Vec<Aligned<T>>,
    /// For each thread that takes part of an instruction.
    pub scratch: Vec<Scratch<T>>,
    /// Buffers that are being written, taken out so that others can be read.
    pub outs: Vec<Aligned<T>>,
    /// A block on its way to another place.
    pub piece: Aligned<T>,
    /// Operands of a look-up that do not lie in order.
    pub operands: [Aligned<T>; 2],
    /// Where lines are put in order.
    pub bench: Bench<T>,
}

/// What one thread needs while it runs a fused instruction; the next one may overwrite it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Scratch<T: Copy> {
    pub registers: Vec<Aligned<T>>,
    pub product: Aligned<T>,
    /// Lanes and partial results of reductions.
    pub lanes: Aligned<T>,
    pub progress: Vec<Progress>,
    /// Results of reductions to a number.
    pub cells: Vec<T>,
}

impl<T: Float> Memory<T> {
    pub fn new(code: &Code<T>, inputs: usize) -> Self {
        let zero = T::zero();
        let mut bank = Aligned::filled(code.bank.len() * code.width, zero);
        bank.chunks_exact_mut(code.width).zip(&code.bank).for_each(|(to, from)| to.fill(*from));
        let Needs { threads, registers, longest, product, lanes, folds, outs, operands, line } =
            Needs::of(code);
        let scratch = || Scratch {
            registers: (0..registers).map(|_| Aligned::filled(longest + SLACK, zero)).collect(),
            product: Aligned::filled(product, zero),
            lanes: Aligned::filled(lanes, zero),
            progress: vec![Progress::default(); folds],
            cells: vec![zero; folds * code.width],
        };
        Self {
            buffers: code
                .buffers
                .iter()
                .map(|buffer| match buffer {
                    Buffer::Sized(len) => Aligned::filled(*len, zero),
                    Buffer::State(elements) => elements.clone(),
                })
                .collect(),
            bank,
            staged: (0..inputs).map(|_| Aligned::default()).collect(),
            scratch: (0..threads).map(|_| scratch()).collect(),
            outs: Vec::with_capacity(outs),
            piece: Aligned::filled(block::<T>() + SLACK, zero),
            operands: operands
                .map(|len| if len == 0 { Aligned::default() } else { Aligned::filled(len, zero) }),
            bench: Bench::for_lines(line),
        }
    }

    /// Copies the input if it does not lie in row-major order.
    pub fn stage(&mut self, place: usize, input: &Input<'_, T>) -> Result<(), Problem> {
        if input.elements().is_none() {
            let len = input.dims().iter().product();
            let staged = &mut self.staged[place];
            if staged.len() != len {
                *staged = Aligned::filled(len, T::zero());
            }
            input.copy_to(staged)?;
        }
        Ok(())
    }

    pub fn slice<'a>(&'a self, code: &'a Code<T>, feeds: &Feeds<'a, T>, source: Source) -> &'a [T] {
        match source {
            Source::Buffer(buffer) => &self.buffers[buffer],
            Source::Input(place) => feeds[place],
            Source::Constant(constant) => &code.constants[constant],
            Source::Bank(place) => &self.bank[place * code.width..][..code.width],
        }
    }

    /// The elements of a place, in row-major order, to `out`.
    pub fn read(&mut self, code: &Code<T>, feeds: &Feeds<'_, T>, place: &Place, out: &mut [T]) {
        let mut piece = std::mem::take(&mut self.piece);
        let memory = self.slice(code, feeds, place.source);
        if place.layout.is_row_major() {
            out.copy_from_slice(&memory[..out.len()]);
        } else {
            let layout = place.layout.collapsed();
            for (i, out) in out.chunks_mut(block::<T>()).enumerate() {
                gather(memory, &layout, i * block::<T>(), out.len(), &mut piece);
                out.copy_from_slice(&piece[..out.len()]);
            }
        }
        self.piece = piece;
    }

    /// Numbers brought to a place of the bank: one for each of so many lanes, or one for all.
    pub fn fetch(&mut self, code: &Code<T>, feeds: &Feeds<'_, T>, from: &Place, to: usize, lanes: usize) {
        let Layout { offset, strides, .. } = &from.layout;
        let to = to * code.width;
        match strides.first() {
            None => {
                let number = self.slice(code, feeds, from.source)[*offset];
                self.bank[to..to + code.width].fill(number);
            }
            Some(stride) => {
                for lane in 0..lanes {
                    let place = offset.wrapping_add_signed(stride * lane.cast_signed());
                    self.bank[to + lane] = self.slice(code, feeds, from.source)[place];
                }
            }
        }
    }

    /// Bytes of all of it, the places of buffers among them.
    pub fn bytes(&self) -> usize {
        let places = |list: &Vec<Aligned<T>>| list.capacity() * size_of::<Aligned<T>>();
        let each = |list: &[Aligned<T>]| list.iter().map(Aligned::bytes).sum::<usize>();
        let scratch = self.scratch.iter().map(|Scratch { registers, product, lanes, progress, cells }| {
            places(registers)
                + each(registers)
                + product.bytes()
                + lanes.bytes()
                + progress.capacity() * size_of::<Progress>()
                + cells.capacity() * size_of::<T>()
        });
        let lists = [&self.buffers, &self.staged, &self.outs];
        let lists = lists.map(|list| places(list) + each(list)).iter().sum::<usize>();
        let others = self.bank.bytes() + self.piece.bytes() + each(&self.operands) + self.bench.bytes();
        lists + others + scratch.sum::<usize>() + self.scratch.capacity() * size_of::<Scratch<T>>()
    }
}

/// How much scratch the instructions need: each finds it as the one before left it.
struct Needs {
    threads: usize,
    registers: usize,
    longest: usize,
    product: usize,
    lanes: usize,
    folds: usize,
    outs: usize,
    operands: [usize; 2],
    line: usize,
}

impl Needs {
    fn of<T: Float>(code: &Code<T>) -> Self {
        let mut needs = Self {
            threads: 1,
            registers: 0,
            longest: 0,
            product: 0,
            lanes: 0,
            folds: 0,
            outs: 1,
            operands: [0; 2],
            line: 0,
        };
        for instruction in &code.instructions {
            if let Instruction::Indexed(indexed) = instruction {
                needs.line = needs.line.max(indexed.task.line());
                needs
                    .operands
                    .iter_mut()
                    .zip(indexed.copied())
                    .for_each(|(need, len)| *need = len.max(*need));
            }
            let Instruction::Fused(fused) = instruction else { continue };
            needs.threads = needs.threads.max(fused.parts.count());
            needs.registers = needs.registers.max(fused.registers);
            needs.longest = needs.longest.max(fused.block.min(fused.len));
            needs.product = needs.product.max(fused.product_scratch());
            needs.lanes = needs.lanes.max(fused.lanes());
            needs.folds = needs.folds.max(fused.folds.len());
            needs.outs = needs.outs.max(fused.outs.len());
        }
        needs
    }
}

/// Bytes of a [`Memory`] for this code, as [`Memory::bytes`] will count them, without making one; and how many of
/// them are scratch.
pub(crate) fn bytes_of<T: Float>(code: &Code<T>, inputs: usize) -> (usize, usize) {
    let Needs { threads, registers, longest, product, lanes, folds, outs, operands, line } = Needs::of(code);
    let aligned = Aligned::<T>::bytes_for;
    let place = size_of::<Aligned<T>>();
    let of_a_thread = size_of::<Scratch<T>>()
        + registers * (place + aligned(longest + SLACK))
        + aligned(product)
        + aligned(lanes)
        + folds * (size_of::<Progress>() + code.width * size_of::<T>());
    let scratch = threads * of_a_thread
        + aligned(block::<T>() + SLACK)
        + outs * place
        + operands.iter().filter(|len| **len > 0).map(|len| aligned(*len)).sum::<usize>()
        + Bench::<T>::bytes_for(line);
    let buffers = code.buffers.iter().map(|buffer| match buffer {
        Buffer::Sized(len) => aligned(*len),
        Buffer::State(elements) => aligned(elements.len()),
    });
    // The list of what is fed is the workspace's, beside its memory.
    let fed = inputs * size_of::<&[T]>();
    let rest = (code.buffers.len() + inputs) * place + aligned(code.bank.len() * code.width) + fed;
    (scratch + buffers.sum::<usize>() + rest, scratch)
}

/// Memory as an array of this layout.
pub(crate) fn view<'a, T>(memory: &'a [T], layout: &Layout) -> ArrayViewD<'a, T> {
    if layout.len() == 0 {
        return ArrayViewD::from_shape(&layout.shape[..], &[]).expect("no elements");
    }
    // Axes that run backwards start at their last element, and are turned round.
    let back = |(&n, &stride): (&usize, &isize)| if stride < 0 { (n - 1) * stride.unsigned_abs() } else { 0 };
    let start = layout.offset - layout.shape.iter().zip(&layout.strides).map(back).sum::<usize>();
    let mut strides = IxDyn::zeros(layout.strides.len());
    for (axis, stride) in layout.strides.iter().enumerate() {
        strides[axis] = stride.unsigned_abs();
    }
    let mut view = ArrayViewD::from_shape(IxDyn(&layout.shape).strides(strides), &memory[start..])
        .expect("the layout lies within its memory");
    for (axis, stride) in layout.strides.iter().enumerate() {
        if *stride < 0 {
            view.invert_axis(Axis(axis));
        }
    }
    view
}
