//! What moves elements, running sums of them, and stacks of matrix products.

use super::memory::{Feeds, Memory, Place};
use super::{Code, block};
use crate::Float;
use crate::array::{AxisSet, Layout, Shape, gather, run, scatter};

/// A result put together from pieces of others.
#[derive(Clone, Debug)]
pub(crate) struct Assemble<T> {
    pub background: Option<T>,
    pub moves: Vec<Move>,
    /// Then, running sums along these axes, one after the other.
    pub running: AxisSet,
    pub shape: Shape,
    pub buffer: usize,
}

#[derive(Clone, Debug)]
pub(crate) struct Move {
    pub from: Place,
    pub to: Layout,
    pub adding: bool,
}

impl<T: Float> Assemble<T> {
    pub fn run(&self, code: &Code<T>, memory: &mut Memory<T>, feeds: &Feeds<'_, T>) {
        let mut out = std::mem::take(&mut memory.buffers[self.buffer]);
        let mut register = std::mem::take(&mut memory.piece);
        if let Some(background) = self.background {
            out.fill(background);
        }
        for Move { from, to, adding } in &self.moves {
            let source = memory.slice(code, feeds, from.source);
            let len = from.layout.len();
            for start in (0..len).step_by(block::<T>()) {
                let piece = block::<T>().min(len - start);
                gather(source, &from.layout, start, piece, &mut register);
                let elements = &register[..piece];
                if *adding {
                    scatter(elements, to, start, &mut out, |there, x| *there += x);
                } else {
                    scatter(elements, to, start, &mut out, |there, x| *there = x);
                }
            }
        }
        memory.piece = register;
        // Of the buffer, which may be longer, the result is the start.
        let len = self.shape.iter().product();
        for axis in self.running.iter() {
            run(&mut out[..len], self.shape[axis], self.shape[axis + 1..].iter().product());
        }
        memory.buffers[self.buffer] = out;
    }
}

/// Products of the matrices in the last two axes.
#[derive(Clone, Debug)]
pub(crate) struct Stack {
    /// A pair of matrices for each matrix of the result.
    pub pairs: Vec<[Place; 2]>,
    pub buffer: usize,
}
