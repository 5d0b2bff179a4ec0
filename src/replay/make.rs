//! How a program is made of what its builder says: what is checked, and the way through passes and lowering.

use super::builder::{Level, Options, ProgramBuilder};
use super::compiled::{Recipe, Told};
use super::graph::{Graph, ShapeId};
use super::history::{History, KEPT};
use super::listing::{Listing, list};
use super::lower::{Choices, lower};
use super::machine::{Code, Instruction, PLACES, Place};
use super::passes::{Pass, within};
use super::port::{Port, Signature};
use super::program::Program;
use super::report::Report;
use super::trace::Trace;
use crate::array::{Kind, Layout, Value, processors};
use crate::error::{Error, ErrorKind, Problem};
use crate::place::At;
use crate::tape::Read;
use crate::{Float, Var};
use indexmap::IndexMap;
use std::time::{Duration, Instant};

impl<'t, T: Float> ProgramBuilder<'t, T> {
    #[track_caller]
    pub(super) fn made<U: Float>(
        &self,
        convert: impl Fn(&Value<T>, Kind) -> Value<U>,
        look: impl FnOnce(&Listing<T, U>),
    ) -> Result<Program<U>, Error> {
        self.check()?;
        let mut clock = Clock::start();
        let leaves: Vec<Var<'t, T>> =
            self.inputs.iter().copied().chain(self.state.iter().map(|[leaf, _]| *leaf)).collect();
        let outputs: Vec<Var<'t, T>> =
            self.outputs.iter().copied().chain(self.state.iter().map(|[_, next]| *next)).collect();
        let Options { without, level, threads, strict, budget, traced, explained } = &self.options;
        let listing = list(self.tape, &leaves, &outputs, without.contains(&Pass::Dead), &convert);
        if let (true, Some(read)) = (*strict, listing.reads.first()) {
            return Err(self.tape.read_error(read));
        }
        look(&listing);
        let reads = self.told(&listing);
        let trace = traced.then(|| Trace::new(self.tape, &listing));
        let is_kept = *explained || listing.graph.nodes.len() <= KEPT;
        let mut history = is_kept.then(|| History::new(self.tape, &listing));
        let Listing { mut graph, guards, fixed, .. } = listing;
        let guards = guards.into_iter().map(|(_, text)| text).collect();
        clock.lap("listing");
        let recorded = self.tape.len();
        if graph.nodes.iter().filter(|node| node.shape == ShapeId::NUMBER).count() >= PLACES / 2 {
            let what = format!("the program would have more numbers than {}", PLACES / 2);
            let problem = Problem::new(
                ErrorKind::Size,
                what,
                "Record it in shorter pieces, each a program of its own.",
            );
            return Err(Error::new("program", problem, Vec::new()));
        }
        let mut sizes = vec![("recorded".to_owned(), recorded)];
        shorten(&mut graph, without, &mut history, &mut sizes, &mut clock);
        let state: Vec<(usize, usize)> =
            (0..self.state.len()).map(|i| (self.inputs.len() + i, self.outputs.len() + i)).collect();
        let choices = Choices {
            fusion: !without.contains(&Pass::Fusion),
            reuse: !without.contains(&Pass::Reuse),
            fast: *level == Level::Fast,
            threads: threads.unwrap_or_else(processors),
            lanes: 1,
        };
        let make = |graph: &Graph<U>| lower(graph, &state, &[], choices);
        let (graph, mut lowered) = match *budget {
            None => {
                let lowered = make(&graph);
                (graph, lowered)
            }
            Some(bytes) => match within(bytes, graph, make) {
                Ok(found) => {
                    debug_assert_eq!(found.0.verify(), Ok(()), "after recomputation");
                    sizes.push(("Recompute".into(), found.0.nodes.len()));
                    found
                }
                Err(least) => {
                    let what = format!("the buffers do not fit {bytes} bytes: the least found are {least}");
                    let mend = "Allow more with `memory`, or split the program.";
                    return Err(Error::new("program", Problem::new(ErrorKind::Size, what, mend), Vec::new()));
                }
            },
        };
        clock.lap("lowering");
        // State starts from what was recorded.
        let mut state_places = Vec::new();
        for ([leaf, _], [here, _]) in self.state.iter().zip(&lowered.state) {
            let value = leaf.with_row(|row| convert(&row.value, row.kind));
            lowered.code.start(*here, &value);
            state_places.push(Place { source: *here, layout: Layout::row_major(value.shape()) });
        }
        let ports = |vars: &[Var<'t, T>]| vars.iter().map(|var| port(*var)).collect::<Vec<Port>>();
        let state = self.state.iter().map(|[leaf, _]| port(*leaf)).collect();
        let signature =
            Signature { inputs: ports(&self.inputs), outputs: ports(&self.outputs), state, fixed, reads };
        let report = Report::new(sizes, clock.laps, &graph, history.as_ref(), &lowered, &signature);
        // An output that was recorded as a broadcast, and took nothing, may be more than there is room for.
        let room = self.tape.room();
        let written =
            self.outputs.iter().map(|var| var.len().saturating_mul(size_of::<U>())).max().unwrap_or(0);
        let fits = room
            .could_hold(report.workspace_bytes(), "a workspace of this program")
            .and_then(|()| room.could_hold(written, "an output of this program"));
        fits.map_err(|problem| Error::new("program", problem, Vec::new()))?;
        let told = self.told_of(&lowered.code);
        // A program of numbers is mapped as it is, and needs no list but to be explained.
        let list = if lowered.code.is_of_numbers() {
            if let Some(history) = &mut history {
                history.list = Some(graph);
            }
            None
        } else {
            Some(graph)
        };
        Ok(Program::new(
            lowered,
            signature,
            guards,
            state_places,
            told,
            report,
            trace,
            history,
            Recipe { list, choices },
        ))
    }

    #[track_caller]
    fn check(&self) -> Result<(), Error> {
        let state = || self.state.iter().flatten().copied();
        let rows = || self.inputs.iter().chain(&self.outputs).copied().chain(state());
        if let Some(stranger) = rows().find(|var| !std::ptr::eq(var.tape(), self.tape)) {
            let what = "the row is on another tape than the one that makes the program";
            let problem = Problem { what: what.into(), ..Problem::other_tape() };
            return Err(Var::error("program", problem, &[stranger]));
        }
        if self.options.threads == Some(0) {
            let mend =
                "Give `threads` one at least, or leave it out for as many as the machine has processors.";
            let problem = Problem::new(ErrorKind::Signature, "no program runs on 0 threads", mend);
            return Err(Error::new("program", problem, Vec::new()));
        }
        if self.outputs.is_empty() && self.state.is_empty() {
            let mend = "Name the rows that it is to compute: `tape.program([x], [loss])`.";
            let problem =
                Problem::new(ErrorKind::Signature, "a program without outputs computes nothing", mend);
            return Err(Error::new("program", problem, Vec::new()));
        }
        let leaves: Vec<Var<'t, T>> =
            self.inputs.iter().copied().chain(self.state.iter().map(|[leaf, _]| *leaf)).collect();
        for (i, leaf) in leaves.iter().enumerate() {
            let problem = if leaf.prim().arity() != Some(0) {
                (
                    "an input must be a leaf, and this row is computed from others",
                    "Take what it is computed from, or record from it on a tape of its own.",
                )
            } else if leaves[..i].iter().any(|earlier| earlier.row() == leaf.row()) {
                ("a leaf is named twice among inputs and carried state", "Name each once.")
            } else {
                continue;
            };
            return Err(Var::error(
                "program",
                Problem::new(ErrorKind::Signature, problem.0, problem.1),
                &[*leaf],
            ));
        }
        if let Some([leaf, next]) = self.state.iter().find(|[leaf, next]| leaf.shape() != next.shape()) {
            let what = "what is carried needs the shape of what replaces it";
            let problem = Problem::new(ErrorKind::Shape, what, "Reshape or reduce it before.");
            return Err(Var::error("program", problem, &[*leaf, *next]));
        }
        if let Some([leaf, next]) =
            self.state.iter().find(|[leaf, next]| leaf.kind() != Kind::Real && leaf.kind() != next.kind())
        {
            let what = format!(
                "what is carried is {}, and what replaces it {}",
                words(leaf.kind()),
                words(next.kind())
            );
            let mend = "Whole numbers become indices again by `to_indices()`; a comparison makes a mask.";
            return Err(Var::error(
                "program",
                Problem::new(ErrorKind::Signature, what, mend),
                &[*leaf, *next],
            ));
        }
        Ok(())
    }

    /// What errors say of rows that look up or put in order.
    fn told_of<U: Float>(&self, code: &Code<U>) -> IndexMap<usize, Told> {
        let told = code.instructions.iter().filter_map(|instruction| {
            let Instruction::Indexed(indexed) = instruction else { return None };
            let row = self.tape.try_var(indexed.row).expect("a row of this tape");
            let operands = row.operands().iter().map(|operand| self.tape.describe(operand.id())).collect();
            let (operation, line) = (row.prim().name(), row.location());
            Some((indexed.row, Told { operation, operands, at: line }))
        });
        told.collect()
    }

    /// What was read, in words.
    fn told<U: Float>(&self, listing: &Listing<T, U>) -> Vec<String> {
        let tell = |read: &Read| format!("{}{}", self.tape.describe(read.row).label, At(" at ", read.at, ""));
        listing.reads.iter().map(tell).collect()
    }
}

/// Takes the list through the passes, and notes how many rows there are after each, how long it took, and what became of
/// rows, if that is kept.
fn shorten<U: Float>(
    graph: &mut Graph<U>,
    without: &[Pass],
    history: &mut Option<History<U>>,
    sizes: &mut Vec<(String, usize)>,
    clock: &mut Clock,
) {
    graph.changes = history.is_some().then(Vec::new);
    for pass in Pass::ALL.into_iter().filter(|pass| !without.contains(pass)) {
        pass.apply(graph);
        debug_assert_eq!(graph.verify(), Ok(()), "after {pass:?}");
        sizes.push((format!("{pass:?}"), graph.nodes.len()));
        if pass.shortens() {
            clock.lap(format!("{pass:?}"));
        }
        if let (Some(history), Some(changes)) = (history.as_mut(), &mut graph.changes) {
            history.changes.push((pass, std::mem::take(changes)));
        }
    }
    graph.nodes.shrink_to_fit();
    graph.changes = None;
}

/// How long each part of the work took.
struct Clock {
    since: Instant,
    laps: Vec<(String, Duration)>,
}

impl Clock {
    fn start() -> Self {
        Self { since: Instant::now(), laps: Vec::new() }
    }

    /// What was done since the part before.
    fn lap(&mut self, part: impl Into<String>) {
        let before = std::mem::replace(&mut self.since, Instant::now());
        self.laps.push((part.into(), self.since - before));
    }
}

fn words(kind: Kind) -> &'static str {
    match kind {
        Kind::Real => "real numbers",
        Kind::Index => "indices",
        Kind::Mask => "a mask",
    }
}

fn port<T: Float>(var: Var<'_, T>) -> Port {
    let name = var.name().map_or_else(|| format!("%{}", var.row()), |name| name.to_string());
    Port { name, shape: var.shape(), kind: var.kind() }
}
