//! Which nodes are computed together.
//!
//! **Algorithm.** Groups stand in a row, the order in which they will run. Nodes are taken in the list's
//! order. A node must come after the groups of its operands, or in the last of these, if it can take
//! its operands from there block by block: elementwise nodes and reductions can, of as many elements in the
//! same order. It joins that group, or the first later one of as many elements, or starts one. Numbers
//! form groups of their own; so does whatever moves elements. A matrix product starts a group that what
//! follows can join.
//!
//! **May change** the order of rows, within what their operands allow, and which results are ever in memory.
//! No row is computed otherwise than before.
//!
//! **Example.** `select(z <= 0, 0, z)` of `z = p + b` with `p` a matrix product: p, z and the mask only ever
//! exist as a block of some hundred elements.

use super::{Id, Rows};
use crate::Float;
use crate::array::{Layout, Work};
use crate::replay::machine::MEMBERS;
use std::collections::HashMap;

/// What a group is, and how many elements its nodes have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Kind {
    Numbers,
    Fused(usize),
    /// One node by itself.
    Single,
}

#[derive(Debug)]
pub(super) struct Group {
    pub kind: Kind,
    pub members: Vec<Id>,
}

/// The groups, in the order in which they run.
#[derive(Debug)]
pub(super) struct Groups {
    pub all: Vec<Group>,
    /// The group of each node, or [`NONE`] for leaves and rearrangements.
    of: Vec<u32>,
}

const NONE: u32 = u32::MAX;

impl Groups {
    pub fn new<T: Float>(rows: &Rows<'_, T>, fusion: bool) -> Self {
        let mut groups = Self { all: Vec::new(), of: vec![NONE; rows.graph.nodes.len()] };
        // Groups of the stage, by kind and in order: candidates to join.
        let mut open: HashMap<Kind, Vec<u32>> = HashMap::new();
        let mut numbers: Vec<u32> = Vec::new();
        let mut stage = 0;
        for (id, node) in (0..).zip(&rows.graph.nodes) {
            let Some(kind) = kind(rows, id) else { continue };
            if node.stage != stage {
                debug_assert!(node.stage > stage, "stages follow each other");
                stage = node.stage;
                open.clear();
                numbers.clear();
            }
            let candidates = match kind {
                Kind::Numbers => &mut numbers,
                Kind::Fused(_) | Kind::Single => open.entry(kind).or_default(),
            };
            let joined = if fusion && kind != Kind::Single && !starts(rows, id) {
                let after = rows.sources(id).filter_map(|root| groups.of(root)).max();
                let first = candidates.partition_point(|&group| Some(group) < after);
                (first..candidates.len()).find(|&place| groups.admits(rows, id, candidates[place]))
            } else {
                None
            };
            let place = joined.unwrap_or_else(|| {
                groups.all.push(Group { kind, members: Vec::new() });
                candidates.push(u32::try_from(groups.all.len() - 1).expect("no more groups than nodes"));
                candidates.len() - 1
            });
            let group = candidates[place];
            groups.all[group as usize].members.push(id);
            groups.of[id as usize] = group;
            // What is full is no candidate: each row would look at it in vain.
            if kind != Kind::Numbers && groups.all[group as usize].members.len() == MEMBERS {
                candidates.remove(place);
            }
        }
        groups
    }

    pub fn of(&self, id: Id) -> Option<u32> {
        Some(self.of[id as usize]).filter(|&group| group != NONE)
    }

    /// Whether a node can be computed in a group that none of its operands comes after.
    fn admits<T: Float>(&self, rows: &Rows<'_, T>, id: Id, group: u32) -> bool {
        looked();
        match self.all[group as usize].kind {
            Kind::Numbers => true,
            Kind::Single => false,
            Kind::Fused(_) => operands(rows, id).all(|(root, layout)| {
                self.of(root) != Some(group) || passes_on(rows, root) && covers(rows, root, &layout)
            }),
        }
    }

    /// Whether a node of this group takes an operand from it block by block, rather than from memory.
    pub fn in_passing<T: Float>(&self, rows: &Rows<'_, T>, group: usize, root: Id) -> bool {
        self.of(root).map(|of| of as usize) == Some(group) && passes_on(rows, root)
    }

    /// Which nodes are in memory: those that another group reads, or the caller.
    pub fn stored<T: Float>(&self, rows: &Rows<'_, T>) -> Vec<bool> {
        let mut stored = vec![false; rows.graph.nodes.len()];
        for id in rows.graph.roots() {
            stored[rows.root_of(id) as usize] = true;
        }
        for (index, group) in self.all.iter().enumerate() {
            // What numbers are made of is in the bank.
            for &id in group.members.iter().filter(|&&id| !rows.is_number(id)) {
                for root in rows.sources(id) {
                    stored[root as usize] |= !self.in_passing(rows, index, root);
                }
                stored[id as usize] |= !passes_on(rows, id);
            }
        }
        stored
    }
}

fn kind<T: Float>(rows: &Rows<'_, T>, id: Id) -> Option<Kind> {
    if rows.is_number(id) {
        return Some(Kind::Numbers);
    }
    Some(match rows.work_of(id)? {
        Work::Copy if rows.in_bank(id) => Kind::Numbers,
        Work::Map { .. } | Work::Copy => Kind::Fused(rows.len_of(id)),
        Work::Reduce { operands, .. } => Kind::Fused(operands[0].len()),
        Work::Product if rows.factors(id).is_some() => Kind::Fused(rows.len_of(id)),
        Work::Product | Work::Run(_) | Work::Assemble { .. } | Work::LookUp(_) | Work::Order(_) => {
            Kind::Single
        }
        Work::View(_) => return None,
    })
}

/// A matrix product is the first of its group.
fn starts<T: Float>(rows: &Rows<'_, T>, id: Id) -> bool {
    matches!(rows.work_of(id), Some(Work::Product))
}

/// Whether its result is there block by block, for others of its group: that of a reduction is not.
fn passes_on<T: Float>(rows: &Rows<'_, T>, id: Id) -> bool {
    rows.is_number(id)
        || match rows.work_of(id) {
            Some(Work::Map { .. } | Work::Copy) => true,
            Some(Work::Product) => rows.factors(id).is_some(),
            _ => false,
        }
}

/// Whether a layout is all elements of a node's memory, in order.
fn covers<T: Float>(rows: &Rows<'_, T>, root: Id, layout: &Layout) -> bool {
    layout.len() == rows.len_of(root) && layout.is_row_major()
}

/// The operands' memory, and the layouts in which a node's work reads them.
pub(super) fn operands<'r, T: Float>(
    rows: &'r Rows<'_, T>,
    id: Id,
) -> impl Iterator<Item = (Id, Layout)> + use<'r, T> {
    let node = rows.graph.node(id);
    node.operands.iter().enumerate().map(move |(i, &operand)| {
        let layout = match rows.work_of(id) {
            Some(Work::Map { operands, .. } | Work::Reduce { operands, .. }) => operands[i].clone(),
            _ => rows.seen_by(id, operand),
        };
        (rows.root_of(operand), layout)
    })
}

#[cfg(test)]
thread_local! {
    /// Groups that were looked at on this thread.
    static LOOKED: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
}

/// Counts a group.
#[inline]
fn looked() {
    #[cfg(test)]
    LOOKED.set(LOOKED.get() + 1);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Tape;
    use crate::replay::listing::list;

    /// Rows that all could be in the first group, if there were room, and a chain.
    #[test]
    fn a_row_looks_at_few_groups() {
        let rows = 4000;
        let tape = Tape::<f64>::new();
        let x = tape.leaf("x", ndarray::arr1(&[0.5, 0.25]));
        let all: Vec<_> = (0..rows).map(|i| x * f64::from(i)).collect();
        let chain = (0..rows).fold(x, |y, _| y.sin());
        for outputs in [all, vec![chain]] {
            let graph = list(&tape, &[x], &outputs, false, &|value, _| value.clone()).graph;
            let rows = Rows::new(&graph, 1, &[]);
            for fusion in [true, false] {
                LOOKED.set(0);
                let groups = Groups::new(&rows, fusion);
                assert_eq!(groups.all.len(), if fusion { 100 } else { 4000 });
                assert!(LOOKED.get() <= 2 * 4000, "{} with fusion {fusion}", LOOKED.get());
            }
        }
    }
}
