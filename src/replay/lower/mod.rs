//! From the list to instructions.
//!
//! | file | what it decides |
//! |---|---|
//! | `rows.rs`, `lanes.rs` | for each node, its work and where its elements lie: rearrangements become layouts, and are no work |
//! | `fuse.rs` | which nodes are computed together |
//! | `buffers.rs` | which results share memory |
//! | `emit.rs` | the instructions |
//! | `plan.rs` | none of it: it says what was decided |
//! | `steps.rs` | of those, the steps of nodes that are computed together, and their registers |

mod buffers;
mod emit;
mod emitter;
mod fuse;
mod lanes;
mod plan;
mod rows;
mod steps;

use super::graph::{Graph, Id};
use super::machine::{Code, Place, Source};
use crate::Float;
use fuse::Groups;
pub(super) use lanes::lifted;
pub(super) use plan::{Plan, plan};
use rows::Rows;

/// What lowering decides for a whole program.
pub(super) struct Lowered<T: Copy> {
    pub code: Code<T>,
    pub outputs: Vec<Place>,
    pub guards: Vec<[Place; 2]>,
    /// What is copied after a run, since its place is the caller's or about to change.
    pub kept: Vec<(Place, Source)>,
    /// The places of the state that is carried from run to run, and of what it is exchanged with then.
    pub state: Vec<[Source; 2]>,
    /// Where the caller's numbers go in the bank.
    pub numbers: Vec<Option<usize>>,
    pub instructions: Vec<String>,
}

/// Choices.
#[derive(Clone, Copy, Debug)]
pub(super) struct Choices {
    pub fusion: bool,
    pub reuse: bool,
    pub fast: bool,
    pub threads: usize,
    /// How many are computed at once; of a program that is not mapped, one.
    pub lanes: usize,
}

/// Makes instructions of the list. `state` pairs inputs, by place, with the outputs that replace them; inputs that are
/// `stacked` have a value for each lane.
pub(super) fn lower<T: Float>(
    graph: &Graph<T>,
    state: &[(usize, usize)],
    stacked: &[bool],
    choices: Choices,
) -> Lowered<T> {
    let rows = Rows::new(graph, choices.lanes, stacked);
    let groups = Groups::new(&rows, choices.fusion);
    let stored = groups.stored(&rows);
    let slots = buffers::assign(&rows, &groups, &stored, state, choices.reuse);
    emit::emit(&rows, &groups, &stored, slots, state, choices)
}
