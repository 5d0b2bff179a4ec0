//! The lanes that left the recorded path, in words.

use super::Map;
use crate::Float;
use crate::array::Stray;
use crate::error::{Error, ErrorKind, Problem, listed};
use crate::place::At;
use crate::replay::machine::Indexed;
use indexmap::IndexMap;

/// A lane in which the recorded rows are not what recording afresh would give.
pub(super) struct Failure<T> {
    pub lane: usize,
    pub why: Why<T>,
}

pub(super) enum Why<T> {
    /// A guard, by its place, and the numbers that it compares.
    Guard(usize, [T; 2]),
    /// An index that is no place.
    Astray(Box<Indexed>, Stray),
}

impl<T> Why<T> {
    /// The guard or the row: lanes that fail at the same are told of together.
    fn at(&self) -> (bool, usize) {
        match self {
            Self::Guard(guard, _) => (false, *guard),
            Self::Astray(indexed, _) => (true, indexed.row),
        }
    }
}

/// The error of a run, by a method of this name, in which these lanes failed, in order: the first in full, and which the others are.
#[track_caller]
pub(super) fn told<T: Float>(method: &'static str, map: &Map<T>, failures: &[Failure<T>]) -> Error {
    let compiled = &map.program.0;
    let lanes: Vec<usize> = failures.iter().map(|failure| failure.lane).collect();
    // By what they failed, in the order of the first lanes.
    let mut groups: IndexMap<(bool, usize), Vec<&Failure<T>>> = IndexMap::new();
    for failure in failures {
        groups.entry(failure.why.at()).or_default().push(failure);
    }
    let by = |(i, group): (usize, &Vec<&Failure<T>>)| {
        let lanes = among(group.iter().map(|failure| failure.lane));
        match &group[0].why {
            _ if i == 0 => format!("{lanes} there"),
            Why::Guard(guard, _) => {
                let text = &compiled.guards[*guard].0;
                format!("{lanes}{}", At(" at ", text.at, ""))
            }
            Why::Astray(indexed, _) => {
                let at = compiled.told[&indexed.row].at;
                format!("{lanes}{}", At(" at ", at, ""))
            }
        }
    };
    let all = listed(groups.len(), groups.values().enumerate().map(by));
    let error = match &failures[0].why {
        Why::Guard(guard, [left, right]) => compiled.guards[*guard].0.error(*left, *right).called(method),
        Why::Astray(indexed, stray) => compiled.astray(indexed, *stray),
    };
    let carried = if map.state.is_empty() { "" } else { ", and what is carried is as it was" };
    let reword = |Problem { kind, what, mend }| {
        let what = format!(
            "in lane {} of {}, {what}; of all lanes, {} failed: {all}; there are no outputs{carried}",
            lanes[0],
            map.lanes,
            lanes.len()
        );
        let mend = match kind {
            ErrorKind::Branch => {
                "Record again with these lanes' inputs, and map each of the two programs over its own lanes: \
                 `error.lanes()` lists those that failed."
                    .into()
            }
            _ => mend,
        };
        Problem { kind, what, mend }
    };
    error.reworded(reword).in_lanes(lanes)
}

/// Runs of lanes that are shown.
const SHOWN: usize = 16;

/// Lanes in words: `lane 3`, `lanes 1, 3, 5 to 9`.
fn among(lanes: impl ExactSizeIterator<Item = usize>) -> String {
    let one = lanes.len() == 1;
    let mut runs: Vec<(usize, usize)> = Vec::new();
    for lane in lanes {
        match runs.last_mut() {
            Some((_, last)) if *last + 1 == lane => *last = lane,
            _ => runs.push((lane, lane)),
        }
    }
    let words = runs.iter().take(SHOWN).map(|(first, last)| match last - first {
        0 => first.to_string(),
        1 => format!("{first}, {last}"),
        _ => format!("{first} to {last}"),
    });
    let words = words.collect::<Vec<_>>().join(", ");
    let more = if runs.len() > SHOWN { ", …" } else { "" };
    format!("{} {words}{more}", if one { "lane" } else { "lanes" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lanes_are_told_by_runs() {
        assert_eq!(among([3].into_iter()), "lane 3");
        assert_eq!(among([1, 3, 5, 6, 7, 9, 10].into_iter()), "lanes 1, 3, 5 to 7, 9, 10");
        let odd: Vec<usize> = (0..100).map(|i| 2 * i).collect();
        assert!(among(odd.into_iter()).ends_with("28, 30, …"));
    }
}
