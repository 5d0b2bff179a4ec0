//! What the instructions are made from: rows, groups, and where each result is.

use super::buffers::Slots;
use super::fuse::Groups;
use super::{Id, Rows};
use crate::Float;
use crate::replay::machine::{Place, Source};

/// What every instruction is made from.
pub(super) struct Emitter<'a, 'g, T: Float> {
    pub rows: &'a Rows<'g, T>,
    pub groups: &'a Groups,
    pub stored: &'a [bool],
    pub slots: &'a Slots<T>,
    /// Whether a product's sum may start from what is added to it.
    pub fast: bool,
    /// How many share an instruction, at most.
    pub threads: usize,
}

impl<T: Float> Emitter<'_, '_, T> {
    /// Where an operand is, as a node takes it.
    pub fn operand(&self, reader: Id, operand: Id) -> Place {
        Place {
            source: self.slots.of(self.rows.root_of(operand)),
            layout: self.rows.seen_by(reader, operand),
        }
    }

    pub fn buffer(&self, id: Id) -> usize {
        match self.slots.of(id) {
            Source::Buffer(buffer) => buffer,
            _ => unreachable!("a result with axes is in a buffer"),
        }
    }

    pub fn bank(&self, id: Id) -> usize {
        match self.slots.of(id) {
            Source::Bank(place) => place,
            _ => unreachable!("a number is in the bank"),
        }
    }
}
