//! A run, piece by piece.

use super::failure::{Failure, Why, told};
use super::workspace::{MappedWorkspace, Own, Room};
use super::{Map, Piece};
use crate::Float;
use crate::array::both;
use crate::error::{Dims, Error, ErrorKind, Problem};
use crate::replay::feed::Input;
use crate::replay::machine::{Aligned, Feeds, Memory, Place, Source};
use crate::replay::port::misfit;
use crate::replay::workspace::Status;
use smallvec::SmallVec;
use std::ops::Range;
use std::sync::Arc;

/// As many inputs, or outputs, have their places on the stack.
const FEW: usize = 16;

/// Runs all lanes, for a method of this name. State moves on if all of them hold.
#[track_caller]
pub(super) fn run<T: Float>(
    method: &'static str,
    map: &Arc<Map<T>>,
    workspace: &mut MappedWorkspace<T>,
    given: &[Input<'_, T>],
) -> Result<(), Error> {
    if !Arc::ptr_eq(map, &workspace.map) {
        let what = "the workspace was made by another mapped program";
        let problem = Problem::new(ErrorKind::Signature, what, "Use one that `mapped.workspace()` gave.");
        return Err(Error::new(method, problem, Vec::new()));
    }
    workspace.status = match workspace.status {
        Status::Running => Status::Running,
        _ => Status::Refused, // It has no results, of an earlier run either.
    };
    if let Some((problem, operands)) = misfit(&map.inputs, given) {
        return Err(Error::new(method, of_a_lane(map, given, problem), operands));
    }
    workspace.begin();
    let Own { rooms, staged, results, state } = &mut workspace.own;
    if let Err(problem) = stage(map, staged, given) {
        workspace.status = Status::Refused;
        return Err(Error::new(method, problem, Vec::new()));
    }
    let inputs = given.iter().zip(&*staged).map(|(input, staged)| input.elements().unwrap_or(staged));
    let job = Job { map, fed: inputs.chain(state.iter().map(|state| &**state)).collect() };
    let outs = results.iter_mut().map(|result| &mut **result).collect();
    let mut failures = job.share(rooms, 0..map.lanes.div_ceil(map.width), outs);
    drop(job);
    if !failures.is_empty() {
        failures.sort_by_key(|failure| failure.lane);
        workspace.status = Status::Refused;
        return Err(told(method, map, &failures));
    }
    // What is carried on, after the outputs, changes places with what was there.
    for (next, state) in results[map.outputs.len()..].iter_mut().zip(state) {
        std::mem::swap(next, state);
    }
    workspace.status = Status::Complete;
    Ok(())
}

/// Copies the inputs that do not lie in row-major order.
fn stage<T: Float>(map: &Map<T>, staged: &mut [Aligned<T>], given: &[Input<'_, T>]) -> Result<(), Problem> {
    for (place, (input, staged)) in given.iter().zip(staged).enumerate() {
        if input.elements().is_some() {
            continue;
        }
        let len = input.dims().iter().product();
        if staged.len() != len {
            *staged = Aligned::filled(len, T::zero());
        }
        input.copy_to(staged).map_err(|problem| map.inputs[place].refusal(place, problem))?;
    }
    Ok(())
}

/// Where an input was given for one lane, what to do about it.
fn of_a_lane<T: Float>(map: &Map<T>, given: &[Input<'_, T>], problem: Problem) -> Problem {
    let single = map.inputs.iter().zip(given).zip(&map.stacked).find(|((port, input), stacked)| {
        let lane = if **stacked { &port.shape[1..] } else { &port.shape[..] };
        input.dims() != port.shape && **stacked && input.dims() == lane
    });
    match single {
        Some(((port, _), _)) if given.len() == map.inputs.len() => {
            let mend = format!(
                "Stack one of shape {} for each of the {} lanes along a new first axis; or say that they share it: \
                 `program.map_builder({}).shared(\"{}\")`.",
                Dims(&port.shape[1..]),
                map.lanes,
                map.lanes,
                port.name
            );
            Problem { mend, ..problem }
        }
        _ => problem,
    }
}

/// What all threads do together.
struct Job<'a, T: Float> {
    map: &'a Map<T>,
    /// All elements of each input, and of all that is carried.
    fed: SmallVec<[&'a [T]; FEW]>,
}

/// Where results of the lanes at hand go.
type Outs<'a, T> = SmallVec<[&'a mut [T]; FEW]>;

impl<T: Float> Job<'_, T> {
    /// Runs pieces, each thread those that lie one after the other.
    fn share(&self, rooms: &mut [Room<T>], pieces: Range<usize>, mut outs: Outs<'_, T>) -> Vec<Failure<T>> {
        let mut failures = Vec::new();
        if rooms.len() > 1 && pieces.len() > 1 {
            let (some, others) = rooms.split_at_mut(rooms.len() / 2);
            let threads = some.len() + others.len();
            let at = pieces.start + (pieces.len() * some.len() / threads).max(1);
            let (first, last) = (pieces.start..at, at..pieces.end);
            let now = self.take(&first, &mut outs);
            let (mut failures, more) =
                both(threads - 1, || self.share(some, first, now), || self.share(others, last, outs));
            failures.extend(more);
            return failures;
        }
        for piece in pieces {
            let now = self.take(&(piece..piece + 1), &mut outs);
            self.piece(&mut rooms[0], piece, now, &mut failures);
        }
        failures
    }

    /// The lanes of so many pieces.
    fn lanes(&self, pieces: &Range<usize>) -> Range<usize> {
        let Map { lanes, width, .. } = *self.map;
        (pieces.start * width).min(lanes)..(pieces.end * width).min(lanes)
    }

    /// Takes the places of these pieces from the front.
    fn take<'o>(&self, pieces: &Range<usize>, outs: &mut Outs<'o, T>) -> Outs<'o, T> {
        let lanes = self.lanes(pieces).len();
        let taken = outs.iter_mut().zip(self.map.results()).map(|(out, port)| {
            let (now, later) = std::mem::take(out).split_at_mut(lanes * self.map.lane_of(port));
            *out = later;
            now
        });
        taken.collect()
    }

    /// Runs one piece, and tells of the lanes that fail.
    fn piece(&self, room: &mut Room<T>, piece: usize, outs: Outs<'_, T>, failures: &mut Vec<Failure<T>>) {
        let lanes = self.lanes(&(piece..piece + 1));
        let kind = self.map.pieces.len().min(if lanes.len() < self.map.width { 2 } else { 1 }) - 1;
        let Piece { lowered } = &self.map.pieces[kind];
        let memory = room[kind].get_or_insert_with(|| Memory::new(&lowered.code, 0));
        let ports = self.map.inputs.iter().chain(&self.map.state);
        let fed = self.fed.iter().zip(ports).zip(&self.map.stacked).map(|((elements, port), stacked)| {
            let lane = if *stacked { self.map.lane_of(port) } else { return *elements };
            &elements[lanes.start * lane..lanes.end * lane]
        });
        let fed: SmallVec<[&[T]; FEW]> = fed.collect();
        let width = lowered.code.width;
        for ((elements, bank), stacked) in fed.iter().zip(&lowered.numbers).zip(&self.map.stacked) {
            let Some(bank) = bank else { continue };
            let to = &mut memory.bank[bank * width..][..width];
            if *stacked { to[..lanes.len()].copy_from_slice(elements) } else { to.fill(elements[0]) }
        }
        let feeds: &Feeds<'_, T> = &fed;
        let astray = lowered.code.run(memory, feeds, lanes.len());

        // What was compared before an index went astray was on the right way, and says first whether this path is taken.
        let before = failures.len();
        let strays = |lane: usize| {
            let of_lane = astray.iter().filter(move |astray| astray.lane.is_none_or(|other| other == lane));
            of_lane
                .map(|astray| (lowered.code.indexed(*astray), astray.stray))
                .min_by_key(|(indexed, _)| indexed.row)
        };
        let guards = self.map.program.0.guards.iter().zip(&lowered.guards);
        for (guard, ((text, _), places)) in guards.enumerate() {
            for lane in 0..lanes.len() {
                let [left, right] = places.each_ref().map(|Place { source, layout }| {
                    let at = layout.offset.wrapping_add_signed(layout.strides[0] * lane.cast_signed());
                    memory.slice(&lowered.code, feeds, *source)[at]
                });
                if text.holds(left, right)
                    || strays(lane).is_some_and(|(indexed, _)| text.rows > indexed.row)
                    || failures[before..].iter().any(|failure| failure.lane == lanes.start + lane)
                {
                    continue;
                }
                failures.push(Failure { lane: lanes.start + lane, why: Why::Guard(guard, [left, right]) });
            }
        }
        if !astray.is_empty() {
            for lane in 0..lanes.len() {
                if let Some((indexed, stray)) = strays(lane)
                    && failures[before..].iter().all(|failure| failure.lane != lanes.start + lane)
                {
                    let (indexed, lane) = (Box::new(indexed.clone()), lanes.start + lane);
                    failures.push(Failure { lane, why: Why::Astray(indexed, stray) });
                }
            }
        }
        if failures.len() > before {
            return;
        }

        for (place, to) in &lowered.kept {
            match *to {
                Source::Buffer(buffer) => {
                    let mut out = std::mem::take(&mut memory.buffers[buffer]);
                    memory.read(&lowered.code, feeds, place, &mut out);
                    memory.buffers[buffer] = out;
                }
                Source::Bank(bank) => memory.fetch(&lowered.code, feeds, place, bank, lanes.len()),
                Source::Input(_) | Source::Constant(_) => {
                    unreachable!("the program writes to its own memory")
                }
            }
        }
        for (place, out) in lowered.outputs.iter().zip(outs) {
            memory.read(&lowered.code, feeds, place, out);
        }
    }
}
