//! What a program is made of, shared by all that run it.

use super::machine::{Code, Feeds, Memory, Place, Source};
use super::port::Signature;
use super::report::Report;
use crate::Float;
use crate::tape::GuardText;
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
    pub report: Report,
    /// Workspaces of calls that bring none, for the next such call.
    pub idle: Mutex<Vec<Memory<T>>>,
}

impl<T: Float> Compiled<T> {
    pub fn memory(&self) -> Memory<T> {
        Memory::new(&self.code, self.signature.inputs.len())
    }

    /// Memory that is not the caller's.
    pub fn slice<'a>(&'a self, memory: &'a Memory<T>, source: Source) -> &'a [T] {
        memory.slice(&self.code, &Feeds { given: &[] }, source)
    }

    pub fn read(&self, memory: &mut Memory<T>, place: &Place, out: &mut [T]) {
        memory.read(&self.code, &Feeds { given: &[] }, place, out);
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
                    let mut out = [T::zero()];
                    memory.read(&self.code, feeds, place, &mut out);
                    memory.bank[*bank] = out[0];
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
