//! The machine: what a program is once it is made, and how it runs.
//!
//! | file | what runs there |
//! |---|---|
//! | `fused.rs` | rows over as many elements, a matrix product before them and reductions of them, block by block |
//! | `share.rs` | how threads share an instruction |
//! | `scalars.rs`, `wide.rs` | rows that are numbers: one by one, or of many lanes side by side |
//! | `assemble.rs` | what moves elements: pad, concat; running sums; stacks of matrix products |
//! | `indexed.rs` | look-up by indices, and places by order |
//! | `memory.rs` | where values are, and the workspace of one thread |
//!
//! Elements in any layout are brought into order by `array/gather.rs`, as for recording.

mod aligned;
mod assemble;
mod count;
mod fused;
mod indexed;
mod memory;
mod scalars;
mod share;
mod wide;

pub(crate) use aligned::Aligned;
pub(crate) use assemble::{Assemble, Move, Stack};
pub(crate) use fused::{Fold, Fused, Load, Loc, MEMBERS, Origin, Out, Product, Step, Target, product_rows};
pub(crate) use indexed::{Indexed, Task};
pub(crate) use memory::{Feeds, Memory, Place, Source, bytes_of, view};
pub(crate) use scalars::{Line, PLACES, Scalars};
pub(crate) use share::Parts;
pub(crate) use wide::LANES;

use crate::Float;
use crate::array::{Stray, Value};

/// Elements of a block: of a few registers, so many of f32 or half as many of f64 stay in the first cache.
pub(crate) const fn block<T>() -> usize {
    4096 / size_of::<T>()
}

/// One instruction.
#[derive(Clone, Debug)]
pub(crate) enum Instruction<T> {
    Fused(Box<Fused<T>>),
    Scalars {
        /// Elements of arrays that the rows need, and the places in the bank they are brought to.
        fetched: Vec<(Place, usize)>,
        rows: Scalars<T>,
    },
    Assemble(Assemble<T>),
    Stack(Stack),
    Indexed(Box<Indexed>),
}

/// What went wrong in a run: an index that is no place, and the instruction that met it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Astray {
    pub instruction: usize,
    /// None if it is the same in all.
    pub lane: Option<usize>,
    pub stray: Stray,
}

/// Everything that a program needs at run time but the memory that changes.
#[derive(Clone, Debug)]
pub(crate) struct Code<T: Copy> {
    pub instructions: Vec<Instruction<T>>,
    pub constants: Vec<Aligned<T>>,
    /// The bank as a run finds it first: constants at their places.
    pub bank: Vec<T>,
    /// Numbers of a place of the bank: one, or one for each lane.
    pub width: usize,
    /// What the buffers hold first: nothing but their size, or the state that is carried from run to run.
    pub buffers: Vec<Buffer<T>>,
    /// How many share an instruction, at most.
    pub threads: usize,
}

#[derive(Clone, Debug)]
pub(crate) enum Buffer<T: Copy> {
    Sized(usize),
    State(Aligned<T>),
}

impl<T: Float> Code<T> {
    /// Sets what a place of the state holds first.
    pub fn start(&mut self, source: Source, value: &Value<T>) {
        match source {
            Source::Buffer(buffer) => {
                self.buffers[buffer] = Buffer::State(Aligned::of(value.view().iter().copied(), T::zero()));
            }
            Source::Bank(place) => self.bank[place] = value.as_constant().unwrap_or(T::zero()),
            Source::Input(_) | Source::Constant(_) => unreachable!("state is in memory of its own"),
        }
    }

    /// Whether all that it does are rows that are numbers.
    pub fn is_of_numbers(&self) -> bool {
        let numbers = |each: &Instruction<T>| matches!(each, Instruction::Scalars { .. });
        self.buffers.is_empty() && self.instructions.iter().all(numbers)
    }

    /// The instruction that met an index that is no place.
    pub fn indexed(&self, astray: Astray) -> &Indexed {
        match &self.instructions[astray.instruction] {
            Instruction::Indexed(indexed) => indexed,
            _ => unreachable!("only such look up or put in order"),
        }
    }

    /// Runs to the end, whatever the indices are; of those that are no places, the first of each lane is told of. Of a
    /// program that is not mapped there is one lane.
    pub fn run(&self, memory: &mut Memory<T>, feeds: &Feeds<'_, T>, lanes: usize) -> Vec<Astray> {
        self.run_watched(memory, feeds, lanes, |_| ())
    }

    /// The same, and says of each instruction when it is done; first of none, when all begin.
    pub fn run_watched(
        &self,
        memory: &mut Memory<T>,
        feeds: &Feeds<'_, T>,
        lanes: usize,
        mut done: impl FnMut(Option<usize>),
    ) -> Vec<Astray> {
        let mut astray: Vec<Astray> = Vec::new();
        done(None);
        for (at, instruction) in self.instructions.iter().enumerate() {
            match instruction {
                Instruction::Fused(fused) => fused.run(self, memory, feeds),
                Instruction::Scalars { fetched, rows } => {
                    for (from, to) in fetched {
                        memory.fetch(self, feeds, from, *to, lanes);
                    }
                    rows.run(&mut memory.bank, self.width);
                }
                Instruction::Assemble(assemble) => assemble.run(self, memory, feeds),
                Instruction::Stack(stack) => stack.run(self, memory, feeds),
                Instruction::Indexed(indexed) => {
                    indexed.run(self, memory, feeds, |lane, stray| {
                        if astray.iter().all(|earlier| earlier.lane != lane) {
                            astray.push(Astray { instruction: at, lane, stray });
                        }
                    });
                }
            }
            done(Some(at));
        }
        astray
    }
}
