//! The steps of a fused group: where each finds its operands, and which registers they use.

use super::emitter::Emitter;
use super::fuse::{Group, operands};
use super::{Id, Rows};
use crate::Float;
use crate::array::{Layout, Work};
use crate::replay::graph::Op;
use crate::replay::machine::{
    Fold, Fused, Load, Loc, Origin, Out, Parts, Place, Product, Source, Step, Target, block, product_rows,
};
use smallvec::SmallVec;
use std::collections::HashMap;

/// A fused group while its steps are written.
pub(super) struct Emission<'e, 'a, 'g, T: Float> {
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
    pub fn new(emitter: &'e Emitter<'a, 'g, T>, index: usize, len: usize) -> Self {
        let fused = Fused {
            len,
            block: block::<T>(),
            product: None,
            once: Vec::new(),
            steps: Vec::new(),
            outs: Vec::new(),
            folds: Vec::new(),
            registers: 0,
            parts: Parts::whole(len),
        };
        Self { emitter, index, fused, places: HashMap::new(), loaded: Vec::new(), busy: Vec::new() }
    }

    fn rows(&self) -> &'a Rows<'g, T> {
        self.emitter.rows
    }

    pub fn emit(mut self, group: &Group) -> Fused<T> {
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
        self.fused.divide(self.emitter.threads);
        self.fused
    }

    /// The length of the rows that blocks should be made of: that of the product, or of what repeats.
    fn width(&self, group: &Group) -> usize {
        let rows = self.rows();
        let first = group.members[0];
        if let Some(Work::Product) = rows.work_of(first)
            && let Some([_, (_, b)]) = rows.factors(first)
        {
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
        let factors = self.rows().factors(id).expect("a product in a group is one of two matrices");
        let [a, b] = factors.map(|(root, layout)| Place { source: self.emitter.slots.of(root), layout });
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
        let ((Loc::Product, start) | (start, Loc::Product)) = (a, b) else { return false };
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
