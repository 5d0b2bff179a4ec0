//! What a program is made of, shared by all that run it.

use super::graph::Graph;
use super::history::History;
use super::lower::Choices;
use super::machine::{Code, Feeds, Indexed, Memory, Place, Source, Task};
use super::port::Signature;
use super::report::Report;
use super::trace::Trace;
use crate::Float;
use crate::array::Stray;
use crate::error::{Error, Operand, Problem};
use crate::place::At;
use crate::tape::GuardText;
use indexmap::IndexMap;
use std::panic::Location;
use std::sync::Mutex;

/// The instructions, and what goes in and comes out.
pub(super) struct Compiled<T: Float> {
    pub code: Code<T>,
    pub signature: Signature,
    pub outputs: Vec<Place>,
    pub guards: Vec<(GuardText, [Place; 2])>,
    pub kept: Vec<(Place, Source)>,
    pub state: Vec<[Source; 2]>,
    pub state_places: Vec<Place>,
    pub numbers: Vec<Option<usize>>,
    /// By row, what is said of those that look up or put in order.
    pub told: IndexMap<usize, Told>,
    pub report: Report,
    /// The list as it was recorded, if it is to be kept.
    pub trace: Option<Trace<T>>,
    /// What became of the rows, if that is kept.
    pub history: Option<History<T>>,
    pub recipe: Recipe<T>,
    /// Workspaces of calls that bring none, for the next such call.
    pub idle: Mutex<Vec<Memory<T>>>,
}

/// What it takes to lower the program again, for many lanes.
pub(super) struct Recipe<T: Float> {
    /// The list after all passes, unless the code itself will do.
    pub list: Option<Graph<T>>,
    pub choices: Choices,
}

/// A row that looks up or puts in order, in words: what an error says of it.
#[derive(Clone, Debug)]
pub(super) struct Told {
    pub operation: &'static str,
    pub operands: Vec<Operand>,
    pub at: &'static Location<'static>,
}

impl<T: Float> Compiled<T> {
    /// What is said of an index that is no place.
    #[track_caller]
    pub fn astray(&self, indexed: &Indexed, stray: Stray) -> Error {
        let Told { operation, operands, at } = &self.told[&indexed.row];
        let Problem { kind, what, mend } = match indexed.task {
            Task::LookUp(plan) => plan.problem(stray, &operands[1].shape),
            Task::Order(lines) => lines.problem::<T>(stray, &operands[0].shape),
        };
        let what = format!("{what}{}", At(" (recorded at ", at, ")"));
        Error::new(operation, Problem { kind, what, mend }, operands.clone())
    }

    pub fn memory(&self) -> Memory<T> {
        Memory::new(&self.code, self.signature.inputs.len())
    }

    /// Memory that is not the caller's.
    pub fn slice<'a>(&'a self, memory: &'a Memory<T>, source: Source) -> &'a [T] {
        memory.slice(&self.code, &[], source)
    }

    pub fn read(&self, memory: &mut Memory<T>, place: &Place, out: &mut [T]) {
        memory.read(&self.code, &[], place, out);
    }

    /// Copies what would be lost, then exchanges the state with what replaces it.
    pub fn move_on(&self, memory: &mut Memory<T>, feeds: &Feeds<'_, T>) {
        for (place, to) in &self.kept {
            match to {
                Source::Buffer(buffer) => {
                    let mut out = std::mem::take(&mut memory.buffers[*buffer]);
                    memory.read(&self.code, feeds, place, &mut out);
                    memory.buffers[*buffer] = out;
                }
                Source::Bank(bank) => {
                    memory.fetch(&self.code, feeds, place, *bank, 1);
                }
                Source::Input(_) | Source::Constant(_) => {
                    unreachable!("the program writes to its own memory")
                }
            }
        }
        for [state, next] in &self.state {
            match (*state, *next) {
                (Source::Buffer(state), Source::Buffer(next)) => memory.buffers.swap(state, next),
                (Source::Bank(state), Source::Bank(next)) => memory.bank.swap(state, next),
                _ => unreachable!("state and what replaces it are of one shape"),
            }
        }
    }
}
