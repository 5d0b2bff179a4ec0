//! Which results share memory.
//!
//! **Algorithm.** A linear scan over the groups in the order in which they run. A buffer is free again after
//! the last group that reads it, and the smallest free one that is large enough is taken first. A result may
//! be written over an operand of the same group that nobody reads afterwards, if the group reads it element
//! by element: blocks are brought in before they are written.
//!
//! **May change** where results are, and nothing else. Outputs, guards and state keep their buffers.
//!
//! **Example.** A chain of a thousand layers, forward only, runs in two buffers.

use super::fuse::{Group, Groups, Kind, operands};
use super::{Id, Rows};
use crate::Float;
use crate::array::Work;
use crate::replay::graph::Op;
use crate::replay::machine::{Aligned, Buffer, Source};
use std::collections::{BTreeMap, BTreeSet};

/// Where each node's memory is.
pub(super) struct Slots<T: Copy> {
    of: Vec<Slot>,
    pub buffers: Vec<Buffer<T>>,
    pub bank: Vec<T>,
    pub constants: Vec<Aligned<T>>,
}

impl<T: Float> Slots<T> {
    pub fn of(&self, root: Id) -> Source {
        self.get(root).expect("whatever is read has a place")
    }

    pub(super) fn get(&self, root: Id) -> Option<Source> {
        self.of[root as usize].source()
    }

    fn set(&mut self, root: Id, source: Source) {
        self.of[root as usize] = Slot::of(source);
    }

    /// A buffer that is shared with nothing.
    pub fn own(&mut self, len: usize) -> usize {
        self.buffers.push(Buffer::Sized(len));
        self.buffers.len() - 1
    }
}

/// A source in 32 bits, since there are as many as nodes, or none: of the number that is kept, the rest of a division by 4
/// says which kind it is.
#[derive(Clone, Copy, PartialEq)]
struct Slot(u32);

impl Slot {
    const NONE: Self = Self(u32::MAX);

    fn of(source: Source) -> Self {
        let (place, kind) = match source {
            Source::Bank(place) => (place, 0),
            Source::Buffer(place) => (place, 1),
            Source::Input(place) => (place, 2),
            Source::Constant(place) => (place, 3),
        };
        Self(u32::try_from(4 * place + kind).expect("fewer places than the code can name"))
    }

    fn source(self) -> Option<Source> {
        let (place, kind) = ((self.0 / 4) as usize, self.0 % 4);
        (self != Self::NONE).then_some(match kind {
            0 => Source::Bank(place),
            1 => Source::Buffer(place),
            2 => Source::Input(place),
            _ => Source::Constant(place),
        })
    }
}

pub(super) fn assign<T: Float>(
    rows: &Rows<'_, T>,
    groups: &Groups,
    stored: &[bool],
    state: &[(usize, usize)],
    reuse: bool,
) -> Slots<T> {
    let mut slots = Slots {
        of: vec![Slot::NONE; rows.graph.nodes.len()],
        buffers: Vec::new(),
        bank: Vec::new(),
        constants: Vec::new(),
    };
    leaves(rows, state, &mut slots);
    numbers(rows, groups, &mut slots);
    let last = last_readers(rows, groups);
    // What replaces state changes places with it after a run.
    let lasting: Vec<Id> =
        state.iter().map(|&(_, output)| rows.root_of(rows.graph.outputs[output])).collect();
    let mut free = Free::default();
    for (index, group) in groups.all.iter().enumerate() {
        let results = group.members.iter().copied().filter(|&id| stored[id as usize] && !rows.in_bank(id));
        for id in results {
            let len = rows.len_of(id);
            let own = !reuse || lasting.contains(&id);
            let buffer = if own {
                slots.own(len)
            } else if let Some(operand) = in_place(rows, groups, &slots, &last, index, id) {
                // Taken over: it is not free after this group.
                free.kept.insert(operand);
                operand
            } else {
                free.take(len, &mut slots)
            };
            slots.set(id, Source::Buffer(buffer));
        }
        if reuse {
            for root in ending(rows, group, &last, index) {
                if let Some(Source::Buffer(buffer)) = slots.get(root)
                    && !rows.is_leaf(root)
                    && !lasting.contains(&root)
                    && !free.kept.remove(&buffer)
                {
                    free.put(buffer, &slots);
                }
            }
        }
    }
    slots
}

/// Buffers that nobody needs any more.
#[derive(Default)]
struct Free {
    /// By their size.
    buffers: BTreeMap<usize, Vec<usize>>,
    /// Those that a result of the present group took over from its operand.
    kept: BTreeSet<usize>,
}

impl Free {
    fn put<T: Float>(&mut self, buffer: usize, slots: &Slots<T>) {
        let size = match &slots.buffers[buffer] {
            Buffer::Sized(size) => *size,
            Buffer::State(_) => 0,
        };
        self.buffers.entry(size).or_default().push(buffer);
    }

    fn take<T: Float>(&mut self, len: usize, slots: &mut Slots<T>) -> usize {
        // If none is large enough, the largest grows: that takes less than one more.
        let best = self.buffers.range(len..).next().or_else(|| self.buffers.last_key_value());
        let Some(size) = best.map(|(size, _)| *size) else { return slots.own(len) };
        let alike = self.buffers.get_mut(&size).expect("it was found");
        let buffer = alike.pop().expect("what is empty is taken out");
        if alike.is_empty() {
            self.buffers.remove(&size);
        }
        if let Buffer::Sized(size) = &mut slots.buffers[buffer] {
            *size = len.max(*size);
        }
        buffer
    }
}

/// Leaves have their places from the start.
fn leaves<T: Float>(rows: &Rows<'_, T>, state: &[(usize, usize)], slots: &mut Slots<T>) {
    for (id, node) in (0..).zip(&rows.graph.nodes) {
        let source = match &node.op {
            Op::Apply(_) => continue,
            _ if rows.in_bank(id) => {
                slots.bank.push(match &node.op {
                    Op::Constant(value) => value.as_constant().expect("a number"),
                    _ => T::zero(),
                });
                Source::Bank(slots.bank.len() - 1)
            }
            Op::Constant(value) => {
                slots.constants.push(Aligned::of(value.base().into_iter(), T::zero()));
                Source::Constant(slots.constants.len() - 1)
            }
            Op::Input(place) if state.iter().any(|(input, _)| input == place) => {
                Source::Buffer(slots.own(rows.len_of(id)))
            }
            Op::Input(place) => Source::Input(*place),
        };
        slots.set(id, source);
    }
}

/// Numbers lie in the bank: first what is no row of the interpreter, then its rows, run by run.
fn numbers<T: Float>(rows: &Rows<'_, T>, groups: &Groups, slots: &mut Slots<T>) {
    let count =
        groups.all.iter().filter(|group| group.kind == Kind::Numbers).map(|group| group.members.len());
    slots.bank.reserve_exact(count.sum());
    for interpreted in [false, true] {
        for &id in groups.all.iter().flat_map(|group| &group.members) {
            if rows.is_number(id) == interpreted && (interpreted || rows.in_bank(id)) {
                slots.bank.push(T::zero());
                slots.set(id, Source::Bank(slots.bank.len() - 1));
            }
        }
    }
}

/// What a group reads but numbers, whose places are nobody else's.
fn sources<'r, T: Float>(rows: &'r Rows<'_, T>, group: &'r Group) -> impl Iterator<Item = Id> + use<'r, T> {
    // Of numbers, whatever they are made of is one.
    let others = group.members.iter().filter(|&&id| !rows.is_number(id));
    others.flat_map(|&id| rows.sources(id)).filter(|&root| !rows.in_bank(root))
}

/// The last group that reads each node's memory; `usize::MAX` for what outlives the run.
fn last_readers<T: Float>(rows: &Rows<'_, T>, groups: &Groups) -> Vec<usize> {
    let mut last = vec![0; rows.graph.nodes.len()];
    for (index, group) in groups.all.iter().enumerate() {
        for root in sources(rows, group) {
            last[root as usize] = index;
        }
    }
    rows.graph.roots().for_each(|id| last[rows.root_of(id) as usize] = usize::MAX);
    last
}

/// What this group is the last to read.
fn ending<T: Float>(rows: &Rows<'_, T>, group: &Group, last: &[usize], index: usize) -> BTreeSet<Id> {
    sources(rows, group).filter(|&root| last[root as usize] == index).collect()
}

/// The buffer of an operand that a result of the group can be written over.
fn in_place<T: Float>(
    rows: &Rows<'_, T>,
    groups: &Groups,
    slots: &Slots<T>,
    last: &[usize],
    index: usize,
    id: Id,
) -> Option<usize> {
    let Group { kind: Kind::Fused(len), members } = &groups.all[index] else { return None };
    let elementwise = |id: Id| matches!(rows.work_of(id), Some(Work::Map { .. }));
    if !elementwise(id) {
        return None;
    }
    let taken = |buffer: usize| {
        members.iter().any(|&other| other < id && slots.get(other) == Some(Source::Buffer(buffer)))
    };
    let in_order = |root: Id| {
        members.iter().all(|&reader| {
            rows.sources(reader).all(|other| other != root)
                || elementwise(reader)
                    && operands(rows, reader)
                        .all(|(other, layout)| other != root || layout.len() == *len && layout.is_row_major())
        })
    };
    rows.sources(id).find_map(|root| match slots.get(root) {
        Some(Source::Buffer(buffer))
            if last[root as usize] == index
                && !rows.is_leaf(root)
                && rows.len_of(root) == *len
                && !groups.in_passing(rows, index, root)
                && !taken(buffer)
                && in_order(root) =>
        {
            Some(buffer)
        }
        _ => None,
    })
}
