//! What lowering decides, to be looked at: it is decided once more, which gives the same, so that a program need not keep
//! it.

use super::buffers;
use super::fuse::Groups;
use super::rows::Rows;
use super::{Choices, Graph, Id};
use crate::Float;
use crate::replay::machine::Source;

/// Of each instruction and of each node, what was decided.
pub(in crate::replay) struct Plan {
    /// The nodes that an instruction computes.
    pub groups: Vec<Vec<Id>>,
    pub nodes: Vec<Planned>,
}

/// A node's part in it.
pub(in crate::replay) struct Planned {
    /// The instruction that computes it: none for what is there from the start, and for what only rearranges.
    pub group: Option<usize>,
    /// The node whose memory holds its elements: its own, but for what only rearranges.
    pub root: Id,
    /// Where they are, if they ever are in memory.
    pub source: Option<Source>,
    /// Elements of its memory.
    pub len: usize,
    /// The last instruction that reads it; none if it outlives the run.
    pub last: Option<usize>,
}

/// As [`lower`](super::lower) decides it.
pub(in crate::replay) fn plan<T: Float>(
    graph: &Graph<T>,
    state: &[(usize, usize)],
    choices: Choices,
) -> Plan {
    let rows = Rows::new(graph, choices.lanes, &[]);
    let groups = Groups::new(&rows, choices.fusion);
    let stored = groups.stored(&rows);
    let slots = buffers::assign(&rows, &groups, &stored, state, choices.reuse);
    let mut last = vec![None; graph.nodes.len()];
    for (index, group) in groups.all.iter().enumerate() {
        for root in group.members.iter().flat_map(|&id| rows.sources(id)) {
            last[root as usize] = Some(index);
        }
    }
    let mut outlives = vec![false; graph.nodes.len()];
    graph.roots().for_each(|id| outlives[rows.root_of(id) as usize] = true);
    let nodes = (0..).zip(&graph.nodes).map(|(id, _)| {
        let group = groups.of(id).map(|group| group as usize);
        Planned {
            group,
            root: rows.root_of(id),
            source: slots.get(id),
            len: rows.len_of(id),
            // What nobody reads is done with where it is computed.
            last: if outlives[id as usize] { None } else { last[id as usize].or(group) },
        }
    });
    let nodes = nodes.collect();
    Plan { groups: groups.all.into_iter().map(|group| group.members).collect(), nodes }
}
