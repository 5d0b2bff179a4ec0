//! The instructions.

use super::buffers::Slots;
use super::emitter::Emitter;
use super::fuse::{Group, Groups, Kind};
use super::steps::Emission;
use super::{Choices, Id, Lowered, Rows};
use crate::Float;
use crate::array::{AxisSet, Layout, Work};
use crate::replay::graph::{Op, ShapeId};
use crate::replay::machine::{
    Assemble, Code, Indexed, Instruction, LANES, Line, Move, Place, Scalars, Source, Stack, Task,
};

pub(super) fn emit<T: Float>(
    rows: &Rows<'_, T>,
    groups: &Groups,
    stored: &[bool],
    mut slots: Slots<T>,
    state: &[(usize, usize)],
    choices: Choices,
) -> Lowered<T> {
    let emitter =
        Emitter { rows, groups, stored, slots: &slots, fast: choices.fast, threads: choices.threads };
    let (mut instructions, mut names) = (Vec::with_capacity(groups.all.len()), Vec::new());
    for (index, group) in groups.all.iter().enumerate() {
        instructions.push(match group.kind {
            Kind::Numbers => emitter.numbers(group),
            Kind::Fused(len) => Instruction::Fused(Box::new(Emission::new(&emitter, index, len).emit(group))),
            Kind::Single => emitter.single(group.members[0]),
        });
        names.push(emitter.describe(group));
    }
    let place =
        |id: Id, slots: &Slots<T>| Place { source: slots.of(rows.root_of(id)), layout: rows.layout_of(id) };
    let guards = rows.graph.guards.iter().map(|guard| guard.map(|id| place(id, &slots))).collect();
    let mut outputs: Vec<Place> = rows.graph.outputs.iter().map(|&id| place(id, &slots)).collect();
    let mut kept = Vec::new();
    let number = |id: Id| rows.graph.node(id).shape == ShapeId::NUMBER;

    // What replaces state changes places with it, if it has a buffer of its own, or else is copied to one.
    let mut replaced: Vec<(Id, Source)> = Vec::new();
    let mut exchanged = Vec::new();
    for &(input, output) in state {
        let (here, next) = (slots.of(rows.graph.inputs[input]), outputs[output].clone());
        let root = rows.root_of(rows.graph.outputs[output]);
        let whole = next.layout.is_row_major() && next.layout.len() == rows.len_of(root);
        let alone = !rows.is_leaf(root) && replaced.iter().all(|(other, _)| *other != root);
        let next = match next.source {
            Source::Buffer(_) if whole && alone => {
                replaced.push((root, here));
                next.source
            }
            _ => keep(next, number(rows.graph.outputs[output]), &mut slots, &mut kept),
        };
        exchanged.push([here, next]);
    }
    for (place, &id) in outputs.iter_mut().zip(&rows.graph.outputs) {
        let root = rows.root_of(id);
        if let Some((_, state)) = replaced.iter().find(|(other, _)| *other == root) {
            place.source = *state;
        } else if matches!(rows.graph.node(root).op, Op::Input(_)) {
            // The caller's array, or state that is about to change.
            let layout = Layout::row_major(&place.layout.shape);
            let source = keep(place.clone(), number(id), &mut slots, &mut kept);
            *place = Place { source, layout };
        }
    }
    let numbers = rows.graph.inputs.iter().map(|&leaf| match slots.of(leaf) {
        Source::Bank(place) => Some(place),
        _ => None,
    });
    let numbers = numbers.collect();
    let Slots { buffers, bank, constants, .. } = slots;
    let width = match choices.lanes {
        1 => 1,
        lanes => lanes.next_multiple_of(LANES),
    };
    let threads = choices.threads;
    let code = Code { instructions, constants, bank, width, buffers, threads };
    Lowered { code, outputs, guards, kept, state: exchanged, numbers, instructions: names }
}

/// A place of its own, to which the elements are copied after each run.
fn keep<T: Float>(
    place: Place,
    number: bool,
    slots: &mut Slots<T>,
    kept: &mut Vec<(Place, Source)>,
) -> Source {
    let to = if number {
        slots.bank.push(T::zero());
        Source::Bank(slots.bank.len() - 1)
    } else {
        Source::Buffer(slots.own(place.layout.len()))
    };
    kept.push((place, to));
    to
}

impl<T: Float> Emitter<'_, '_, T> {
    fn numbers(&self, group: &Group) -> Instruction<T> {
        let (rows, fetched): (Vec<Id>, Vec<Id>) =
            group.members.iter().partition(|&&id| self.rows.is_number(id));
        let fetched = fetched.into_iter().map(|id| {
            let Place { source, mut layout } = self.operand(id, self.rows.graph.node(id).operands[0]);
            // Of a single element, the axes say nothing, but for that of lanes.
            let axes = usize::from(self.rows.lanes_of(id).is_some());
            layout.shape.truncate(axes);
            layout.strides.truncate(axes);
            (Place { source, layout }, self.bank(id))
        });
        let lines = rows.iter().map(|&id| {
            let node = self.rows.graph.node(id);
            let Op::Apply(prim) = &node.op else { unreachable!("a leaf is no row of the interpreter") };
            let mut operands = [0; 3];
            for (to, &operand) in operands.iter_mut().zip(&*node.operands) {
                *to = self.bank(self.rows.root_of(operand));
            }
            Line { kernel: prim.kernel().expect("numbers are elementwise"), operands }
        });
        let first = rows.first().map_or(0, |&id| self.bank(id));
        let rows = Scalars::assemble(first, lines);
        let rows = rows.expect("there are fewer primitives than kernels can be named");
        Instruction::Scalars { fetched: fetched.collect(), rows }
    }

    /// What moves elements, and stacks of products.
    fn single(&self, id: Id) -> Instruction<T> {
        let node = self.rows.graph.node(id);
        let places: Vec<Place> = node.operands.iter().map(|&operand| self.operand(id, operand)).collect();
        let task = match self.rows.work_of(id) {
            Some(Work::LookUp(plan)) => Some(Task::LookUp(*plan)),
            Some(Work::Order(lines)) => Some(Task::Order(*lines)),
            _ => None,
        };
        if let Some(task) = task {
            let row = node.row.expect("whatever was applied was a row").index();
            let apart = node.operands.iter().map(|&operand| self.rows.apart(operand)).collect();
            let lanes = self.rows.lanes_of(id).map(|lanes| (lanes, apart));
            let operands = node.operands.iter().map(|&operand| Place {
                source: self.slots.of(self.rows.root_of(operand)),
                layout: self.rows.layout_of_lane(operand),
            });
            let indexed = Indexed { task, operands: operands.collect(), lanes, to: self.slots.of(id), row };
            return Instruction::Indexed(Box::new(indexed));
        }
        let (buffer, shape) = (self.buffer(id), self.rows.shape_of(id));
        let assemble = match self.rows.work_of(id) {
            Some(Work::Assemble { background, pieces }) => {
                let moves = pieces.iter().map(|piece| Move {
                    from: Place { source: places[piece.operand].source, layout: piece.from.collapsed() },
                    to: piece.to.collapsed(),
                    adding: piece.adding,
                });
                Assemble {
                    background: *background,
                    moves: moves.collect(),
                    running: AxisSet::default(),
                    shape,
                    buffer,
                }
            }
            Some(Work::Run(axes)) => {
                let from = Place { source: places[0].source, layout: places[0].layout.collapsed() };
                let to = Layout::row_major(&shape).collapsed();
                let moves = vec![Move { from, to, adding: false }];
                Assemble { background: None, moves, running: *axes, shape, buffer }
            }
            _ => return Instruction::Stack(Stack { pairs: matrices(&places[0], &places[1]), buffer }),
        };
        Instruction::Assemble(assemble)
    }

    /// For the report.
    fn describe(&self, group: &Group) -> String {
        let name = |&id: &Id| match &self.rows.graph.node(id).op {
            Op::Apply(prim) => prim.name(),
            Op::Input(_) | Op::Constant(_) => "leaf",
        };
        let names: Vec<&str> = group.members.iter().take(SHOWN).map(name).collect();
        let more = group.members.len().saturating_sub(SHOWN);
        let more = if more > 0 { format!(" … {more} more") } else { String::new() };
        match group.kind {
            Kind::Numbers => format!("numbers: {}{more}", names.join(" ")),
            Kind::Fused(len) => format!("{len} elements: {}{more}", names.join(" ")),
            Kind::Single => names.join(" "),
        }
    }
}

/// Names of a group's nodes in the report.
const SHOWN: usize = 8;

/// The pairs of matrices in two stacks of equal size.
fn matrices(a: &Place, b: &Place) -> Vec<[Place; 2]> {
    let batch = &a.layout.shape[..a.layout.shape.len() - 2];
    let stack = Layout::row_major(batch);
    let matrix = |place: &Place, index: usize| {
        let Layout { offset, shape, strides } = &place.layout;
        let (mut rest, mut at) = (index, *offset);
        for axis in (0..batch.len()).rev() {
            at = at.wrapping_add_signed(strides[axis] * (rest % batch[axis]).cast_signed());
            rest /= batch[axis];
        }
        let layout =
            Layout { offset: at, shape: shape[batch.len()..].into(), strides: strides[batch.len()..].into() };
        Place { source: place.source, layout }
    };
    (0..stack.len()).map(|i| [matrix(a, i), matrix(b, i)]).collect()
}
