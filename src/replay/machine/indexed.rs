//! Look-up by indices, and places by order: what may meet an index that is no place.

use super::Code;
use super::memory::{Feeds, Memory, Place, Source};
use crate::Float;
use crate::array::{Layout, Lines, LookUp, Stray};
use smallvec::SmallVec;

/// One of either, with its operands: numbers, and then indices, or what is searched for.
#[derive(Clone, Debug)]
pub(crate) struct Indexed {
    pub task: Task,
    pub operands: SmallVec<[Place; 2]>,
    /// If each lane has one of its own: how many lanes there are, and how far apart theirs lie of each operand.
    pub lanes: Option<(usize, SmallVec<[usize; 2]>)>,
    pub to: Source,
    /// The row of the tape that it was.
    pub row: usize,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Task {
    LookUp(LookUp),
    Order(Lines),
}

impl Task {
    pub fn results(&self) -> usize {
        match self {
            Self::LookUp(plan) => plan.results(),
            Self::Order(lines) => lines.results(),
        }
    }

    /// Elements of the longest line that is put in order.
    pub fn line(&self) -> usize {
        match self {
            Self::LookUp(_) => 0,
            Self::Order(lines) => lines.len,
        }
    }
}

impl Indexed {
    /// For each operand that does not lie in row-major order, how many elements it has: it is copied first.
    pub fn copied(&self) -> [usize; 2] {
        let mut copied = [0; 2];
        for (len, place) in copied.iter_mut().zip(&self.operands) {
            if !place.layout.is_row_major() {
                *len = place.layout.len();
            }
        }
        copied
    }

    /// The first index that is no place is told of, of each lane; the result has something else in its stead.
    pub fn run<T: Float>(
        &self,
        code: &Code<T>,
        memory: &mut Memory<T>,
        feeds: &Feeds<'_, T>,
        mut astray: impl FnMut(Option<usize>, Stray),
    ) {
        match &self.lanes {
            None => {
                if let Err(stray) = self.lane(code, memory, feeds, 0, &[0, 0]) {
                    astray(None, stray);
                }
                if let Source::Bank(place) = self.to {
                    let numbers = &mut memory.bank[place * code.width..][..code.width];
                    numbers.fill(numbers[0]);
                }
            }
            Some((lanes, apart)) => {
                for lane in 0..*lanes {
                    if let Err(stray) = self.lane(code, memory, feeds, lane, apart) {
                        astray(Some(lane), stray);
                    }
                }
            }
        }
    }

    /// One lane of it, of which an operand lies so far from that of the one before.
    fn lane<T: Float>(
        &self,
        code: &Code<T>,
        memory: &mut Memory<T>,
        feeds: &Feeds<'_, T>,
        lane: usize,
        apart: &[usize],
    ) -> Result<(), Stray> {
        let mut copies = std::mem::take(&mut memory.operands);
        let mut bench = std::mem::take(&mut memory.bench);
        let mut number = [T::zero()];
        let mut buffer = match self.to {
            Source::Buffer(buffer) => std::mem::take(&mut memory.buffers[buffer]),
            _ => super::Aligned::default(),
        };
        let results = self.task.results();
        let out = match self.to {
            Source::Buffer(_) => &mut buffer[lane * results..][..results],
            _ => &mut number[..],
        };
        for (i, copy) in copies.iter_mut().enumerate().take(self.operands.len()) {
            let Place { source, layout } = &self.operands[i];
            if !layout.is_row_major() {
                let layout = Layout { offset: layout.offset + lane * apart[i], ..layout.clone() };
                let len = layout.len();
                memory.read(code, feeds, &Place { source: *source, layout }, &mut copy[..len]);
            }
        }
        let operand = |i: usize| match self.operands.get(i) {
            Some(place) if place.layout.is_row_major() => {
                &memory.slice(code, feeds, place.source)[lane * apart[i]..][..place.layout.len()]
            }
            Some(place) => &copies[i][..place.layout.len()],
            None => &[],
        };
        let done = match &self.task {
            Task::LookUp(plan) => plan.run(operand(0), operand(1), out),
            Task::Order(lines) => lines.run(operand(0), operand(1), out, &mut bench),
        };
        match self.to {
            Source::Buffer(place) => memory.buffers[place] = buffer,
            Source::Bank(place) => memory.bank[place * code.width + lane] = number[0],
            Source::Input(_) | Source::Constant(_) => unreachable!("the program writes to its own memory"),
        }
        memory.operands = copies;
        memory.bench = bench;
        done
    }
}
