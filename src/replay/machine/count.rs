//! What instructions cost, counted rather than measured.

use super::fused::{Fused, Loc, Origin, Step};
use super::memory::Source;
use super::{Aligned, Buffer, Code, Instruction};
use crate::array::{AXES, Layout};
use std::collections::HashSet;

impl<T> Instruction<T> {
    /// Arithmetic operations, and bytes to and from memory.
    pub fn work(&self) -> (usize, usize) {
        let (operations, elements) = match self {
            Self::Fused(fused) => fused.work(),
            Self::Scalars { rows, fetched } => (rows.rows, fetched.len()),
            Self::Assemble(assemble) => {
                let moved: usize = assemble.moves.iter().map(|each| each.to.len()).sum();
                (0, 2 * moved)
            }
            Self::Indexed(indexed) => {
                let read: usize = indexed.operands.iter().map(|place| place.layout.len()).sum();
                (0, read + indexed.task.results())
            }
            Self::Stack(stack) => {
                let each = stack.pairs.iter().map(|[a, b]| {
                    let (m, k, n) = (a.layout.shape[0], a.layout.shape[1], b.layout.shape[1]);
                    (2 * m * k * n, m * k + k * n + m * n)
                });
                each.fold((0, 0), |sum, each| (sum.0 + each.0, sum.1 + each.1))
            }
        };
        (operations, elements * size_of::<T>())
    }
}

impl<T> Fused<T> {
    fn work(&self) -> (usize, usize) {
        let mut operations = 0;
        let mut elements: usize = self.outs.len() * self.len;
        let mut read: HashSet<(Source, usize)> = HashSet::new();
        for step in &self.steps {
            match step {
                Step::Map { operands, .. } => {
                    operations += self.len;
                    read.extend(operands.iter().filter_map(memory));
                }
                Step::Fold { from, .. } => {
                    operations += self.len;
                    read.extend(memory(from));
                }
                Step::Copy { from, .. } => read.extend(memory(from)),
                Step::Load(load) if matches!(load.from, Origin::Memory(_)) => elements += self.len,
                Step::Load(_) => {}
            }
        }
        elements += read.len() * self.len;
        // A reduction's result is smaller than the elements that were counted for it.
        for fold in &self.folds {
            if let super::Target::Out(_) = fold.to {
                elements = elements + fold.extent.results() - self.len;
            }
        }
        if let Some(product) = &self.product {
            let (a, b) = (&product.a.layout.shape, &product.b.layout.shape);
            operations += 2 * a[0] * a[1] * b[1];
            elements += a[0] * a[1] + b[0] * b[1];
        }
        (operations, elements)
    }
}

fn memory(loc: &Loc) -> Option<(Source, usize)> {
    match loc {
        Loc::Memory(source, offset) => Some((*source, *offset)),
        Loc::Register(_) | Loc::Out(_) | Loc::Product => None,
    }
}

impl<T> Instruction<T> {
    /// Heap allocations of a run: positions in more than [`AXES`] axes do not fit the stack.
    pub fn allocations(&self) -> usize {
        let deep = |layout: &Layout| usize::from(layout.shape.len() > AXES);
        match self {
            Self::Fused(fused) => {
                let blocks = fused.len.div_ceil(fused.block.max(1));
                let loads = fused.steps.iter().map(|step| match step {
                    Step::Load(load) => blocks * deep(&load.layout),
                    Step::Map { .. } | Step::Copy { .. } | Step::Fold { .. } => 0,
                });
                loads.chain(fused.once.iter().map(|load| deep(&load.layout))).sum()
            }
            Self::Assemble(assemble) => {
                assemble.moves.iter().map(|each| deep(&each.from.layout) + deep(&each.to)).sum()
            }
            Self::Indexed(indexed) => indexed.operands.iter().map(|place| deep(&place.layout)).sum(),
            Self::Scalars { .. } | Self::Stack(_) => 0,
        }
    }
}

impl<T> Instruction<T> {
    /// Bytes that it takes besides its own.
    fn bytes(&self) -> usize {
        match self {
            Self::Fused(fused) => {
                let Fused { once, steps, outs, folds, .. } = &**fused;
                let loads = steps.iter().map(|step| match step {
                    Step::Load(load) => heap(&load.layout),
                    Step::Map { .. } | Step::Copy { .. } | Step::Fold { .. } => 0,
                });
                size_of_val(&**fused)
                    + list(once)
                    + list(steps)
                    + list(outs)
                    + list(folds)
                    + loads.sum::<usize>()
                    + once.iter().map(|load| heap(&load.layout)).sum::<usize>()
            }
            Self::Scalars { fetched, rows } => list(fetched) + rows.bytes(),
            Self::Assemble(assemble) => {
                let moves = assemble.moves.iter().map(|each| heap(&each.from.layout) + heap(&each.to));
                list(&assemble.moves) + moves.sum::<usize>()
            }
            Self::Stack(stack) => list(&stack.pairs),
            Self::Indexed(indexed) => {
                size_of_val(&**indexed)
                    + indexed.operands.iter().map(|place| heap(&place.layout)).sum::<usize>()
            }
        }
    }
}

/// Bytes of a list, its spare room among them.
fn list<X>(list: &Vec<X>) -> usize {
    list.capacity() * size_of::<X>()
}

/// Bytes of sizes and strides that do not fit the layout itself.
fn heap(layout: &Layout) -> usize {
    let spilled = |spilled: bool, len: usize| if spilled { len * size_of::<usize>() } else { 0 };
    spilled(layout.shape.spilled(), layout.shape.len())
        + spilled(layout.strides.spilled(), layout.strides.len())
}

impl<T: Copy> Code<T> {
    /// Bytes of the buffers, the state among them.
    pub fn buffer_bytes(&self) -> usize {
        let lens = self.buffers.iter().map(|buffer| match buffer {
            Buffer::Sized(len) => *len,
            Buffer::State(elements) => elements.len(),
        });
        lens.sum::<usize>() * size_of::<T>()
    }

    /// Bytes of all that runs and of all constants, the state that a workspace starts from among them.
    pub fn bytes(&self) -> usize {
        let constants = self.constants.iter().map(|constant| size_of::<Aligned<T>>() + constant.bytes());
        let buffers = self.buffers.iter().map(|buffer| {
            size_of::<Buffer<T>>()
                + match buffer {
                    Buffer::Sized(_) => 0,
                    Buffer::State(elements) => elements.bytes(),
                }
        });
        let instructions = self.instructions.iter().map(|each| size_of::<Instruction<T>>() + each.bytes());
        let spare = |capacity: usize, len: usize, size: usize| (capacity - len) * size;
        constants.sum::<usize>()
            + buffers.sum::<usize>()
            + instructions.sum::<usize>()
            + list(&self.bank)
            + spare(self.constants.capacity(), self.constants.len(), size_of::<Aligned<T>>())
            + spare(self.buffers.capacity(), self.buffers.len(), size_of::<Buffer<T>>())
            + spare(self.instructions.capacity(), self.instructions.len(), size_of::<Instruction<T>>())
    }

    /// Bytes of the bank, and of the code of rows that are numbers.
    pub fn code_bytes(&self) -> usize {
        let code = self.instructions.iter().map(|instruction| match instruction {
            Instruction::Scalars { rows, .. } => rows.code_bytes(),
            _ => 0,
        });
        code.sum::<usize>() + self.bank.len() * size_of::<T>()
    }
}
