//! What became of the rows of a program: put together when someone asks, from its history, its list, and what lowering
//! decides of that.

use super::graph::{Graph, Id, Op};
use super::history::{History, Recorded};
use super::lower::{Plan, plan};
use super::machine::{Buffer, Instruction, Source};
use super::passes::Pass;
use super::profile::Profile;
use super::program::Program;
use crate::Float;
use crate::tape::RowId;
use std::collections::{BTreeMap, HashMap};

/// Where the numbers of a row are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Memory {
    /// The caller's array, by its place among the inputs.
    Input(usize),
    Constant,
    Buffer(usize),
    /// Among the numbers.
    Bank,
    /// Nowhere: it is there block by block, while what takes it is computed.
    Passing,
}

/// What became of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// Nothing that is asked for depends on it.
    Dead,
    /// It is fed, by its place.
    Input(usize),
    /// It is carried from run to run, by its place.
    State(usize),
    /// It is kept as it was recorded.
    Constant,
    /// It was computed when the program was made.
    Folded,
    /// Another row stands for it, by this pass.
    Stands(Pass, RowId),
    /// It rearranges this row, and is never computed.
    View(Option<RowId>),
    /// These instructions compute it: one, unless it is computed again.
    Run(Vec<usize>, Memory),
    /// The program does not know any more.
    Unknown,
}

/// A value in a buffer, from the instruction that computes it to the last that reads it. State is there before the first.
#[derive(Clone, Debug)]
pub(crate) struct Held {
    pub row: Option<RowId>,
    pub buffer: usize,
    pub from: Option<usize>,
    /// None if it outlives the run.
    pub to: Option<usize>,
    pub bytes: usize,
}

/// One instruction.
#[derive(Clone, Debug)]
pub(crate) struct Explained {
    pub words: String,
    pub rows: Vec<RowId>,
    pub operations: usize,
    pub bytes: usize,
}

/// A row that the program knows of.
pub(crate) struct Told<'p> {
    pub row: RowId,
    /// How it was recorded, if that was kept.
    pub recorded: Option<&'p Recorded>,
    pub name: Option<&'p str>,
    pub prim: &'static str,
    pub shape: Vec<usize>,
    pub fate: Fate,
    /// By its place among the outputs.
    pub output: Option<usize>,
}

/// All of it.
pub(crate) struct Explanation<'p> {
    /// In order of the tape.
    pub rows: Vec<Told<'p>>,
    /// Whether rows are told as they were recorded, with those that the program has no more.
    pub is_kept: bool,
    /// Dead rows that are not among these.
    pub untold: usize,
    pub instructions: Vec<Explained>,
    pub held: Vec<Held>,
    /// The bytes of each buffer.
    pub buffers: Vec<usize>,
}

impl<T: Float> Program<T> {
    /// What became of its rows.
    pub(crate) fn explanation(&self) -> Explanation<'_> {
        let compiled = &*self.0;
        let history = compiled.history.as_ref();
        let list =
            compiled.recipe.list.as_ref().or_else(|| history.and_then(|history| history.list.as_ref()));
        let size = size_of::<T>();
        let names = compiled.report.instructions();
        let mut instructions: Vec<Explained> = compiled
            .code
            .instructions
            .iter()
            .zip(names)
            .map(|(instruction, words)| {
                let (operations, bytes) = Instruction::work(instruction);
                Explained { words: words.clone(), rows: Vec::new(), operations, bytes }
            })
            .collect();
        let buffers = compiled.code.buffers.iter().map(|buffer| match buffer {
            Buffer::Sized(len) => len * size,
            Buffer::State(elements) => elements.len() * size,
        });
        let buffers: Vec<usize> = buffers.collect();
        let Some(list) = list else {
            return Explanation {
                rows: Vec::new(),
                is_kept: false,
                untold: 0,
                instructions,
                held: Vec::new(),
                buffers,
            };
        };
        let inputs = compiled.signature.inputs.len();
        let outputs = compiled.signature.outputs.len();
        let state: Vec<(usize, usize)> =
            (0..compiled.signature.state.len()).map(|i| (inputs + i, outputs + i)).collect();
        let plan = plan(list, &state, compiled.recipe.choices);
        debug_assert_eq!(plan.groups.len(), instructions.len(), "it is decided as it was");
        for (instruction, group) in instructions.iter_mut().zip(&plan.groups) {
            instruction.rows = group.iter().filter_map(|&id| list.node(id).row).collect();
        }
        let fates = fates(list, &plan, history, inputs);
        let asked: HashMap<RowId, usize> = list.outputs[..outputs]
            .iter()
            .enumerate()
            .rev()
            .filter_map(|(i, id)| Some((list.node(*id).row?, i)))
            .collect();
        let names: HashMap<RowId, &str> =
            (list.inputs.iter().zip(compiled.signature.inputs.iter().chain(&compiled.signature.state)))
                .chain(list.outputs.iter().zip(&compiled.signature.outputs))
                .filter_map(|(id, port)| Some((list.node(*id).row?, port.name.as_str())))
                .filter(|(_, name)| !name.starts_with('%'))
                .collect();
        let rows = if let Some(history) = history {
            as_recorded(history, &fates, &asked)
        } else {
            as_listed(list, &fates, &names, &asked)
        };
        Explanation {
            rows,
            is_kept: history.is_some(),
            untold: history.map_or(0, |history| history.untold),
            instructions,
            held: held(list, &plan, size),
            buffers,
        }
    }

    /// Whether a profile is one of this program.
    pub(crate) fn is_profiled_by(&self, profile: &Profile) -> bool {
        let names = profile.instructions().iter().map(super::profile::Measured::name);
        names.eq(self.report().instructions().iter().map(String::as_str))
    }
}

/// Each row as it was recorded.
fn as_recorded<'p, T: Float>(
    history: &'p History<T>,
    fates: &HashMap<RowId, Fate>,
    asked: &HashMap<RowId, usize>,
) -> Vec<Told<'p>> {
    let told = history.rows.iter().map(|recorded| Told {
        row: recorded.row,
        recorded: Some(recorded),
        name: recorded.name.as_deref(),
        prim: recorded.prim.name(),
        shape: recorded.shape.to_vec(),
        fate: match fates.get(&recorded.row) {
            _ if !recorded.is_needed => Fate::Dead,
            fate => fate.cloned().unwrap_or(Fate::Unknown),
        },
        output: asked.get(&stands_for(fates, recorded.row)).copied(),
    });
    told.collect()
}

/// The rows that the list still has, with the names that the program needs.
fn as_listed<'p, T: Float>(
    list: &Graph<T>,
    fates: &HashMap<RowId, Fate>,
    names: &HashMap<RowId, &'p str>,
    asked: &HashMap<RowId, usize>,
) -> Vec<Told<'p>> {
    let nodes: BTreeMap<RowId, Id> =
        (0..).zip(&list.nodes).filter_map(|(id, node)| Some((node.row?, id))).collect();
    let told = nodes.into_iter().map(|(row, id)| {
        let of = list.node(id);
        let prim = match &of.op {
            Op::Apply(prim) => prim.name(),
            Op::Input(_) => "input",
            Op::Constant(_) => "constant",
        };
        Told {
            row,
            recorded: None,
            name: names.get(&row).copied(),
            prim,
            shape: list.shape_of(of).to_vec(),
            fate: fates.get(&row).cloned().unwrap_or(Fate::Unknown),
            output: asked.get(&row).copied(),
        }
    });
    told.collect()
}

/// The row that in the end stands for this one.
fn stands_for(fates: &HashMap<RowId, Fate>, mut row: RowId) -> RowId {
    while let Some(Fate::Stands(_, by)) = fates.get(&row) {
        row = *by;
    }
    row
}

fn fates<T: Float>(
    list: &Graph<T>,
    plan: &Plan,
    history: Option<&History<T>>,
    inputs: usize,
) -> HashMap<RowId, Fate> {
    let mut fates: HashMap<RowId, Fate> = HashMap::with_capacity(list.nodes.len());
    let mut folded: Vec<RowId> = Vec::new();
    for (pass, changes) in history.into_iter().flat_map(|history| &history.changes) {
        for change in changes {
            match change.by {
                Some(by) => drop(fates.insert(change.row, Fate::Stands(*pass, by))),
                None => folded.push(change.row),
            }
        }
    }
    // They are in order, as each pass goes through the list.
    let is_folded = |row: RowId| folded.binary_search(&row).is_ok();
    for (node, planned) in list.nodes.iter().zip(&plan.nodes) {
        let Some(row) = node.row else { continue };
        let fate = match (&node.op, planned.group) {
            (Op::Input(place), _) if *place < inputs => Fate::Input(*place),
            (Op::Input(place), _) => Fate::State(*place - inputs),
            (Op::Constant(_), _) if is_folded(row) => Fate::Folded,
            (Op::Constant(_), _) => Fate::Constant,
            (Op::Apply(_), None) => Fate::View(list.node(planned.root).row),
            (Op::Apply(_), Some(group)) => {
                let memory = match planned.source {
                    Some(Source::Buffer(buffer)) => Memory::Buffer(buffer),
                    Some(Source::Bank(_)) => Memory::Bank,
                    Some(Source::Input(place)) => Memory::Input(place),
                    Some(Source::Constant(_)) => Memory::Constant,
                    None => Memory::Passing,
                };
                match fates.get_mut(&row) {
                    Some(Fate::Run(groups, _)) => {
                        groups.push(group);
                        continue;
                    }
                    _ => Fate::Run(vec![group], memory),
                }
            }
        };
        // What was a row before another took its place is that row still, if it is computed again.
        fates.insert(row, fate);
    }
    fates
}

fn held<T: Float>(list: &Graph<T>, plan: &Plan, size: usize) -> Vec<Held> {
    let planned = list.nodes.iter().zip(&plan.nodes).filter_map(|(node, planned)| {
        let Some(Source::Buffer(buffer)) = planned.source else { return None };
        let is_state = matches!(node.op, Op::Input(_));
        let to = if is_state { None } else { planned.last };
        Some(Held { row: node.row, buffer, from: planned.group, to, bytes: planned.len * size })
    });
    planned.collect()
}
