//! The instructions.

use super::buffers::Slots;
use super::fuse::{Group, Groups, Kind, operands};
use super::{Choices, Id, Lowered, Rows};
use crate::Float;
use crate::prim::{AxisSet, Layout, Work};
use crate::replay::graph::Op;
use crate::replay::machine::{
    Assemble, Code, Fold, Fused, Instruction, Line, Load, Loc, Move, Origin, Out, Place, Product, Scalars,
    Source, Stack, Step, Target, block, product_rows,
};
use smallvec::SmallVec;
use std::collections::HashMap;

pub(super) fn emit<T: Float>(
    rows: &Rows<'_, T>,
    groups: &Groups,
    stored: &[bool],
    mut slots: Slots<T>,
    state: &[(usize, usize)],
    choices: Choices,
) -> Lowered<T> {
    let emitter = Emitter { rows, groups, stored, slots: &slots, fast: choices.fast };
    let (mut instructions, mut names) = (Vec::with_capacity(groups.all.len()), Vec::new());
    for (index, group) in groups.all.iter().enumerate() {
        instructions.push(match group.kind {
            Kind::Numbers => emitter.numbers(group),
            Kind::Fused(len) => Instruction::Fused(Emission::new(&emitter, index, len).emit(group)),
            Kind::Single => emitter.single(group.members[0]),
        });
        names.push(emitter.describe(group));
    }
    let place =
        |id: Id, slots: &Slots<T>| Place { source: slots.of(rows.root_of(id)), layout: rows.layout_of(id) };
    let guards = rows.graph.guards.iter().map(|guard| guard.map(|id| place(id, &slots))).collect();
    let mut outputs: Vec<Place> = rows.graph.outputs.iter().map(|&id| place(id, &slots)).collect();
    let mut kept = Vec::new();

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
            _ => keep(next, &mut slots, &mut kept),
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
            let source = keep(place.clone(), &mut slots, &mut kept);
            *place = Place { source, layout };
        }
    }
    let numbers = rows.graph.inputs.iter().map(|&leaf| match slots.of(leaf) {
        Source::Bank(place) => Some(place),
        _ => None,
    });
    let numbers = numbers.collect();
    let Slots { buffers, bank, constants, .. } = slots;
    let code = Code { instructions, constants, bank, buffers, threads: choices.threads };
    Lowered { code, outputs, guards, kept, state: exchanged, numbers, instructions: names }
}

/// A place of its own, to which the elements are copied after each run.
fn keep<T: Float>(place: Place, slots: &mut Slots<T>, kept: &mut Vec<(Place, Source)>) -> Source {
    let to = if place.layout.shape.is_empty() {
        slots.bank.push(T::zero());
        Source::Bank(slots.bank.len() - 1)
    } else {
        Source::Buffer(slots.own(place.layout.len()))
    };
    kept.push((place, to));
    to
}

/// What every instruction is made from.
struct Emitter<'a, 'g, T: Float> {
    rows: &'a Rows<'g, T>,
    groups: &'a Groups,
    stored: &'a [bool],
    slots: &'a Slots<T>,
    /// Whether a product's sum may start from what is added to it.
    fast: bool,
}

impl<T: Float> Emitter<'_, '_, T> {
    fn place(&self, id: Id) -> Place {
        Place { source: self.slots.of(self.rows.root_of(id)), layout: self.rows.layout_of(id) }
    }

    fn buffer(&self, id: Id) -> usize {
        match self.slots.of(id) {
            Source::Buffer(buffer) => buffer,
            _ => unreachable!("a result with axes is in a buffer"),
        }
    }

    fn bank(&self, id: Id) -> usize {
        match self.slots.of(id) {
            Source::Bank(place) => place,
            _ => unreachable!("a number is in the bank"),
        }
    }

    fn numbers(&self, group: &Group) -> Instruction<T> {
        let (rows, fetched): (Vec<Id>, Vec<Id>) =
            group.members.iter().partition(|&&id| self.rows.is_number(id));
        let fetched =
            fetched.into_iter().map(|id| (self.place(self.rows.graph.node(id).operands[0]), self.bank(id)));
        let lines = rows.iter().map(|&id| {
            let node = self.rows.graph.node(id);
            let Op::Apply(prim) = &node.op else { unreachable!("a leaf is no row of the interpreter") };
            let mut operands = [0; 3];
            for (to, &operand) in operands.iter_mut().zip(&node.operands) {
                *to = self.bank(self.rows.root_of(operand));
            }
            let kernel = prim.kernel().expect("numbers are elementwise").scalar;
            Line { kernel, operands, arity: node.operands.len() }
        });
        let first = rows.first().map_or(0, |&id| self.bank(id));
        let rows = Scalars::assemble(first, &lines.collect::<Vec<_>>());
        let rows = rows.expect("there are fewer primitives than kernels can be named");
        Instruction::Scalars { fetched: fetched.collect(), rows }
    }

    /// What moves elements, and stacks of products.
    fn single(&self, id: Id) -> Instruction<T> {
        let node = self.rows.graph.node(id);
        let (buffer, shape) = (self.buffer(id), node.shape.as_ref().into());
        let places: Vec<Place> = node.operands.iter().map(|&operand| self.place(operand)).collect();
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
                let to = Layout::row_major(&node.shape).collapsed();
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

/// A fused group while its steps are written.
struct Emission<'e, 'a, 'g, T: Float> {
    emitter: &'e Emitter<'a, 'g, T>,
    index: usize,
    fused: Fused<T>,
    /// Where the nodes of the group are.
    places: HashMap<Id, Loc>,
    /// Where loaded elements are.
    loaded: Vec<(Place, Loc)>,
    /// For each register, the last step that needs it; registers whose time is over are used again.
    busy: Vec<usize>,
}

impl<'e, 'a, 'g, T: Float> Emission<'e, 'a, 'g, T> {
    fn new(emitter: &'e Emitter<'a, 'g, T>, index: usize, len: usize) -> Self {
        let fused = Fused {
            len,
            block: block::<T>(),
            product: None,
            once: Vec::new(),
            steps: Vec::new(),
            outs: Vec::new(),
            folds: Vec::new(),
            registers: 0,
        };
        Self { emitter, index, fused, places: HashMap::new(), loaded: Vec::new(), busy: Vec::new() }
    }

    fn rows(&self) -> &'a Rows<'g, T> {
        self.emitter.rows
    }

    fn emit(mut self, group: &Group) -> Fused<T> {
        let width = self.width(group);
        if width > 0 && width <= block::<T>() {
            self.fused.block = block::<T>() / width * width;
        }
        // Results have their places before anything is loaded: a load may read what is written over.
        for &id in &group.members {
            if self.emitter.stored[id as usize] && !self.rows().in_bank(id) {
                self.places.insert(id, Loc::Out(self.fused.outs.len()));
                self.fused.outs.push(Out { buffer: self.emitter.buffer(id) });
            }
        }
        let ends = self.last_uses(group);
        self.load_what_is_written_over(group, &ends);
        for (at, &id) in group.members.iter().enumerate() {
            self.node(id, at, &ends);
        }
        self.fused.registers = self.busy.len();
        self.fused
    }

    /// The length of the rows that blocks should be made of: that of the product, or of what repeats.
    fn width(&self, group: &Group) -> usize {
        let rows = self.rows();
        let first = group.members[0];
        if let Some(Work::Product) = rows.work_of(first) {
            let [_, (_, b)] = rows.factors(first);
            return b.shape[1];
        }
        let all = group.members.iter().flat_map(|&id| operands(rows, id));
        let repeated = all.filter_map(|(_, layout)| period(&layout.collapsed())).max().unwrap_or(0);
        if repeated > 1 {
            return repeated;
        }
        let folds = group.members.iter().filter_map(|&id| match rows.work_of(id) {
            Some(Work::Reduce { extent, .. }) => {
                Some(if extent.width > 1 { extent.width } else { extent.terms })
            }
            _ => None,
        });
        folds.max().unwrap_or(0)
    }

    /// For each node of the group and each place that is loaded, the last member that needs it.
    fn last_uses(&self, group: &Group) -> HashMap<Use, usize> {
        let mut last = HashMap::new();
        for (at, &id) in group.members.iter().enumerate() {
            for (root, layout) in operands(self.rows(), id) {
                last.insert(self.usage(root, layout), at);
            }
        }
        last
    }

    fn usage(&self, root: Id, layout: Layout) -> Use {
        if self.emitter.groups.in_passing(self.rows(), self.index, root) {
            return Use::Node(root);
        }
        Use::Load(Place { source: self.emitter.slots.of(root), layout })
    }

    /// Operands whose memory a result takes over are brought in at the start of each block.
    fn load_what_is_written_over(&mut self, group: &Group, ends: &HashMap<Use, usize>) {
        for &id in &group.members {
            for (root, layout) in operands(self.rows(), id) {
                if let Use::Load(place) = self.usage(root, layout)
                    && self.out_at(place.source).is_some()
                {
                    let end = ends[&Use::Load(place.clone())];
                    self.load(place, 0, end);
                }
            }
        }
    }

    /// The result that is written to this memory.
    fn out_at(&self, source: Source) -> Option<usize> {
        self.fused.outs.iter().position(|out| Source::Buffer(out.buffer) == source)
    }

    /// A register that is free from member `from` on, until `end`.
    fn register(&mut self, from: usize, end: usize) -> usize {
        if let Some(free) = self.busy.iter().position(|&until| until < from) {
            self.busy[free] = end;
            return free;
        }
        self.busy.push(end);
        self.busy.len() - 1
    }

    fn load(&mut self, place: Place, at: usize, end: usize) -> Loc {
        if let Some((_, loc)) = self.loaded.iter().find(|(loaded, _)| *loaded == place) {
            return *loc;
        }
        let Place { source, layout } = &place;
        let out = self.out_at(*source);
        let collapsed = layout.collapsed();
        let whole = collapsed.strides.as_slice() == [1] && collapsed.len() == self.fused.len;
        let loc = if whole && out.is_none() {
            Loc::Memory(*source, layout.offset)
        } else {
            let every =
                period(&collapsed).is_some_and(|period| self.fused.block.is_multiple_of(period.max(1)));
            // What is loaded once keeps its register.
            let until = if every { usize::MAX } else { end };
            let from = if every { 0 } else { at }; // before all members
            let register = self.register(from, until);
            let to = Loc::Register(register);
            let from = out.map_or(Origin::Memory(*source), Origin::Out);
            let load = Load { from, layout: collapsed, to };
            if every {
                self.fused.once.push(load);
            } else {
                self.fused.steps.push(Step::Load(load));
            }
            to
        };
        self.loaded.push((place, loc));
        loc
    }

    /// Where the node finds its operands.
    fn operands(&mut self, id: Id, at: usize, ends: &HashMap<Use, usize>) -> SmallVec<[Loc; 3]> {
        let operands: SmallVec<[(Id, Layout); 3]> = operands(self.rows(), id).collect();
        let mut locs = SmallVec::new();
        for (root, layout) in operands {
            let usage = self.usage(root, layout);
            let end = ends[&usage];
            locs.push(match usage {
                Use::Node(node) => self.places[&node],
                Use::Load(place) => self.load(place, at, end),
            });
        }
        locs
    }

    /// Where the node's own elements go.
    fn target(&mut self, id: Id, at: usize, ends: &HashMap<Use, usize>) -> Loc {
        if let Some(&loc) = self.places.get(&id) {
            return loc;
        }
        let end = ends.get(&Use::Node(id)).copied().unwrap_or(at);
        let loc = Loc::Register(self.register(at, end));
        self.places.insert(id, loc);
        loc
    }

    fn node(&mut self, id: Id, at: usize, ends: &HashMap<Use, usize>) {
        match self.rows().work_of(id) {
            Some(Work::Product) => self.product(id),
            Some(Work::Map { kernel, .. }) => {
                let operands = self.operands(id, at, ends);
                if self.emitter.fast && self.start_product_from(id, &operands) {
                    return;
                }
                let to = self.target(id, at, ends);
                self.fused.steps.push(Step::Map { kernel: *kernel, operands, to });
            }
            Some(Work::Copy) => {
                let from = self.operands(id, at, ends)[0];
                let to = self.target(id, at, ends);
                self.fused.steps.push(Step::Copy { from, to });
            }
            Some(Work::Reduce { kernel, reducer, extent, .. }) => {
                let operands = self.operands(id, at, ends);
                let from = match kernel {
                    None => operands[0],
                    Some(kernel) => {
                        let to = Loc::Register(self.register(at, at));
                        self.fused.steps.push(Step::Map { kernel: *kernel, operands, to });
                        to
                    }
                };
                let to = match self.places.get(&id) {
                    Some(Loc::Out(out)) => Target::Out(*out),
                    _ => Target::Bank(self.emitter.bank(id)),
                };
                self.fused.steps.push(Step::Fold { from, fold: self.fused.folds.len() });
                self.fused.folds.push(Fold { reducer: *reducer, extent: *extent, to });
            }
            _ => unreachable!("other work is not fused"),
        }
    }

    fn product(&mut self, id: Id) {
        let [a, b] = self
            .rows()
            .factors(id)
            .map(|(root, layout)| Place { source: self.emitter.slots.of(root), layout });
        let (m, k, n) = (a.layout.shape[0], a.layout.shape[1], b.layout.shape[1]);
        let alone = self.emitter.groups.all[self.index].members.len() == 1;
        let rows = if alone { m } else { product_rows::<T>(m, k, n, (self.fused.block / n.max(1)).max(1)) };
        let to = *self.places.entry(id).or_insert(Loc::Product);
        self.fused.product = Some(Product { a, b, rows: rows.max(1), start: None, to });
    }
}

impl<T: Float> Emission<'_, '_, '_, T> {
    /// Whether a sum with the product, of rows that are all the same, is where the product's own sum can start:
    /// nobody else needs the product itself.
    fn start_product_from(&mut self, id: Id, operands: &[Loc]) -> bool {
        let rows = self.rows();
        let (Some(product), &[a, b]) = (&mut self.fused.product, operands) else { return false };
        let Op::Apply(prim) = &rows.graph.node(id).op else { return false };
        let start = match (a, b) {
            (Loc::Product, start) | (start, Loc::Product) => start,
            _ => return false,
        };
        let members = &self.emitter.groups.all[self.index].members;
        let readers = members.iter().filter(|&&member| rows.sources(member).any(|root| root == members[0]));
        let repeated = self.fused.once.iter().any(|load| load.to == start);
        if !prim.adds() || !repeated || readers.count() > 1 {
            return false;
        }
        product.start = Some(start);
        product.to = *self.places.entry(id).or_insert(Loc::Product);
        true
    }
}

/// What a step needs: a node of the group, or elements from memory.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Use {
    Node(Id),
    Load(Place),
}

/// After how many elements a collapsed layout starts again; 1 if it is one place.
fn period(layout: &Layout) -> Option<usize> {
    if layout.is_one_place() {
        return Some(1);
    }
    let repeated = layout.strides.iter().take_while(|&&stride| stride == 0).count();
    (repeated > 0).then(|| layout.shape[repeated..].iter().product())
}
