//! The search itself: back from the results, and forwards again.

use super::super::{RowId, Tape, Var};
use super::{NonFinite, unravelled};
use crate::Float;
use crate::array::Kind;
use crate::error::{ErrorKind, Problem};
use crate::prim::{Cause, Elements, Prim, shown};
use std::collections::{BTreeMap, BTreeSet};

/// What is known of a row on the way back.
#[derive(Default)]
struct Reaching {
    /// Elements that reach a result, and are infinite or NaN.
    elements: BTreeSet<usize>,
    /// A result that it reaches.
    result: Option<RowId>,
}

/// Rows with elements that reach a result, and those that were born there.
pub(super) struct Search {
    /// By row: the first element that was born there.
    born: BTreeMap<RowId, usize>,
    /// Leaves whose elements were given so.
    given: BTreeMap<RowId, usize>,
    /// Which result a row reaches.
    reaches: BTreeMap<RowId, RowId>,
    /// Rows that the first birth made infinite or NaN.
    victims: usize,
}

impl Search {
    pub fn from<T: Float>(tape: &Tape<T>, results: &[RowId]) -> Self {
        let mut waiting: BTreeMap<RowId, Reaching> = BTreeMap::new();
        for &row in results {
            let elements: BTreeSet<usize> = tape.with_rows(|rows| {
                let value = rows[row.index()].value.view();
                value.iter().enumerate().filter(|(_, x)| !x.to_f64().is_finite()).map(|(at, _)| at).collect()
            });
            if !elements.is_empty() {
                waiting.insert(row, Reaching { elements, result: Some(row) });
            }
        }
        let mut search =
            Self { born: BTreeMap::new(), given: BTreeMap::new(), reaches: BTreeMap::new(), victims: 0 };
        let mut visited: BTreeMap<RowId, BTreeSet<usize>> = BTreeMap::new();
        while let Some((row, Reaching { elements, result })) = waiting.pop_last() {
            let (prim, operands, of) = tape.elements(row);
            let followed = followed(&prim, &of, &elements, &mut |operand, from| {
                let next = waiting.entry(operands[operand]).or_default();
                next.elements.insert(from);
                next.result = next.result.or(result);
            });
            if let Some(result) = result {
                search.reaches.insert(row, result);
            }
            if let Some(at) = elements.iter().find(|at| !followed.contains(at)) {
                let place = if prim.bears() { &mut search.born } else { &mut search.given };
                place.insert(row, *at);
            }
            visited.insert(row, elements);
        }
        search.forwards(tape, &visited);
        search
    }

    /// Which elements have a birth before them; a NaN that has none, of infinities that were given, is one.
    fn forwards<T: Float>(&mut self, tape: &Tape<T>, visited: &BTreeMap<RowId, BTreeSet<usize>>) {
        let mut tainted: BTreeSet<(RowId, usize)> = BTreeSet::new();
        let mut by_first: BTreeSet<RowId> = BTreeSet::new();
        for (&row, elements) in visited {
            let (prim, operands, of) = tape.elements(row);
            let mut own: BTreeSet<usize> = BTreeSet::new();
            let mut from_nan: BTreeSet<usize> = BTreeSet::new();
            let mut descends = false;
            let mut followed: BTreeSet<usize> = BTreeSet::new();
            each_followed(&prim, &of, elements, &mut |operand, from, to| {
                followed.insert(to);
                descends |= by_first.contains(&operands[operand]);
                if tainted.contains(&(operands[operand], from)) {
                    own.insert(to);
                }
                if of.operands[operand][from].is_nan() {
                    from_nan.insert(to);
                }
            });
            for &at in elements {
                let is_born = prim.bears()
                    && (!followed.contains(&at)
                        || of.result[at].is_nan() && !from_nan.contains(&at) && !own.contains(&at));
                if is_born {
                    let first = self.born.entry(row).or_insert(at);
                    *first = at.min(*first);
                    own.insert(at);
                }
            }
            if self.born.keys().next() == Some(&row) {
                by_first.insert(row);
            } else if descends {
                by_first.insert(row);
                self.victims += 1;
            }
            tainted.extend(own.into_iter().map(|at| (row, at)));
        }
    }

    pub fn result<T: Float>(self, tape: &Tape<T>) -> Option<NonFinite> {
        let reached = |row: RowId| match self.reaches.get(&row) {
            Some(result) => tape.result_in_words(*result),
            None => "the result".into(),
        };
        if let Some((&row, &at)) = self.born.first_key_value() {
            let (prim, _, elements) = tape.elements(row);
            let birth = prim.birth(&elements, at);
            return Some(NonFinite {
                error: tape.born(row, at, &birth, elements.result[at]),
                row: row.index(),
                element: unravelled(&elements.shape, at),
                cause: birth.cause,
                fed_by: tape.fed_by_in_words(row, at),
                reached: reached(row),
                victims: self.victims,
                births: self.born.len(),
            });
        }
        // Infinities that nobody feeds were meant so.
        let (&row, &at) = self.given.iter().find(|(row, at)| {
            let var = Var::new(tape, **row);
            let x = tape.elements(**row).2.result[**at];
            var.kind() == Kind::Real && (x.is_nan() || var.varies() && var.operands().is_empty())
        })?;
        let (prim, _, elements) = tape.elements(row);
        let element = unravelled(&elements.shape, at);
        let which = if element.is_empty() { "the number".into() } else { format!("element {element:?}") };
        let what = format!("{which} was {} when it was put on the tape", shown(elements.result[at]));
        let problem = Problem::new(
            ErrorKind::NonFinite,
            what,
            "Look where the data comes from: a quotient by 0, a missing number, an overflow before.",
        );
        let var = Var::new(tape, row);
        Some(NonFinite {
            error: Var::error(prim.name(), problem, &[var]).at(var.location()),
            row: row.index(),
            element,
            cause: Cause::Given,
            fed_by: String::new(),
            reached: reached(row),
            victims: self.reaches.len().saturating_sub(1),
            births: 1,
        })
    }
}

/// Calls with the elements that go into those of a result.
fn each_followed(
    prim: &Prim,
    of: &Elements,
    elements: &BTreeSet<usize>,
    visit: &mut dyn FnMut(usize, usize, usize),
) {
    prim.sources(of, false, &mut |operand, from, to| {
        if elements.contains(&to) {
            visit(operand, from, to);
        }
    });
}

fn followed(
    prim: &Prim,
    of: &Elements,
    elements: &BTreeSet<usize>,
    visit: &mut dyn FnMut(usize, usize),
) -> BTreeSet<usize> {
    let mut followed = BTreeSet::new();
    each_followed(prim, of, elements, &mut |operand, from, to| {
        followed.insert(to);
        visit(operand, from);
    });
    followed
}
