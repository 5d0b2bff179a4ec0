//! What the sweeps left on the tape: which rows are whose, told by ranges beside the list, so that a row stays small.

use super::{RowId, Tape, Var, id};
use crate::Float;
use std::ops::Range;
use std::rc::Rc;

/// Rows, each with another that belongs to it.
pub(super) type Pairs = Vec<(RowId, RowId)>;

/// Rows and their derivatives, which are rows as well, in order of the rows.
pub(super) type Derivatives = Rc<Pairs>;

/// The derivative of a row.
pub(super) fn derivative_of(derivatives: &[(RowId, RowId)], row: RowId) -> Option<RowId> {
    let place = derivatives.binary_search_by_key(&row, |(row, _)| *row).ok()?;
    Some(derivatives[place].1)
}

/// A sweep, and what it recorded.
#[derive(Debug)]
pub(crate) struct Sweep {
    /// The rows that it recorded.
    rows: Range<usize>,
    pub(super) root: RowId,
    pub(super) mode: Mode,
    /// The cotangents or tangents of the rows that it visited.
    derivatives: Derivatives,
    /// Rows that add up what came from several uses of a row, with that row.
    sums: Pairs,
    /// How many rows that it visited are rows of earlier sweeps.
    pub(super) earlier: usize,
    /// Whether the last row that it recorded is a zero, since there is no way to the one that was asked for.
    pub(super) nowhere: bool,
}

/// Which way a sweep went.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Mode {
    /// From a number, whose cotangent is 1.
    Reverse,
    /// From a row with this cotangent.
    Seeded(RowId),
    /// To a row, when these move.
    Forward(Vec<RowId>),
}

/// A sweep at work.
pub(super) struct Working {
    start: usize,
    root: RowId,
    pub found: Pairs,
    pub sums: Pairs,
    pub earlier: usize,
    pub nowhere: bool,
}

/// Where a row of a sweep came from.
pub(crate) enum Made<'t, T: Float> {
    /// It is where the sweep started.
    Seed,
    /// The rule of this row's primitive.
    Rule(Var<'t, T>),
    /// What this row's uses gave, added up.
    Sum(Var<'t, T>),
    /// There is no way from the row to the result.
    NoInfluence,
}

/// What a row of a sweep is.
pub(crate) struct Derivation<'t, T: Float> {
    /// The result that was differentiated.
    pub root: Var<'t, T>,
    pub mode: Mode,
    /// The rows whose derivative this is, the first few of them if many share it; none, if it is a step on the way.
    pub of: Vec<Var<'t, T>>,
    pub made: Made<'t, T>,
}

/// A reverse sweep, to be looked at.
pub(crate) struct Reverse {
    /// The rows that it recorded.
    pub rows: Range<usize>,
    pub root: RowId,
    /// The rows that it visited with their cotangents, in order of the rows.
    pub cotangents: Derivatives,
    /// Rows that add up what came from several uses of a row, with that row.
    pub sums: Pairs,
}

/// How many rows of those that share a derivative are looked at.
const LOOK: usize = 64;

impl Sweep {
    /// Its lists, emptied, for sweeps to come: the first is to be used first.
    pub fn into_lists(self) -> impl Iterator<Item = Pairs> {
        let Self { derivatives, sums, .. } = self;
        // Whoever held the derivatives as well is gone when a tape is cleared.
        [Rc::into_inner(derivatives), Some(sums)].into_iter().flatten().map(|mut list| {
            list.clear();
            list
        })
    }
}

impl<T: Float> Tape<T> {
    /// A sweep whose rows will be those from here on.
    pub(super) fn working(&self, root: RowId) -> Working {
        let mut lists = self.lists.borrow_mut();
        let [found, sums] = std::array::from_fn(|_| lists.pop().unwrap_or_default());
        Working { start: self.len(), root, found, sums, earlier: 0, nowhere: false }
    }

    /// Remembers what a sweep recorded, and gives the derivatives that it found, which are in order of their rows.
    pub(super) fn swept(&self, sweep: Working, mode: Mode) -> Derivatives {
        let Working { start, root, found, sums, earlier, nowhere } = sweep;
        let derivatives = Rc::new(found);
        let rows = start..self.len();
        let sweep = Sweep { rows, root, mode, derivatives: Rc::clone(&derivatives), sums, earlier, nowhere };
        self.sweeps.borrow_mut().push(sweep);
        derivatives
    }

    /// The gradient of `root` with respect to an earlier row that has no influence on it: zero.
    pub(super) fn no_influence(&self, root: RowId, of: RowId) -> RowId {
        let mut sweep = self.working(root);
        let zero = self.zero(&mut sweep, of);
        self.swept(sweep, Mode::Reverse);
        zero
    }

    /// Ends a sweep that found no way to row `of`: its derivative is zero.
    pub(super) fn zero(&self, sweep: &mut Working, of: RowId) -> RowId {
        let zero = self.sweeping(sweep.root, || Var::new(self, of).constant_like(T::zero())).id();
        sweep.found.push((of, zero));
        sweep.nowhere = true;
        zero
    }

    /// The derivatives that sweeps gave a row, with what was differentiated and how: of the first sweeps.
    pub(crate) fn derivatives_of(&self, row: RowId) -> Vec<(Var<'_, T>, Mode, Var<'_, T>)> {
        let sweeps = self.sweeps.borrow();
        let found = sweeps.iter().take(LOOK).filter_map(|sweep| {
            let derivative = derivative_of(&sweep.derivatives, row)?;
            Some((Var::new(self, sweep.root), sweep.mode.clone(), Var::new(self, derivative)))
        });
        found.collect()
    }

    /// The reverse sweep from this row, or of all the first, that found a way.
    pub(crate) fn reverse_sweep(&self, from: Option<RowId>) -> Option<Reverse> {
        let sweeps = self.sweeps.borrow();
        let is_reverse = |sweep: &&Sweep| !matches!(sweep.mode, Mode::Forward(_)) && !sweep.nowhere;
        let sweep =
            sweeps.iter().filter(is_reverse).find(|sweep| from.is_none_or(|from| sweep.root == from))?;
        let Sweep { rows, root, derivatives, sums, .. } = sweep;
        let (cotangents, sums) = (Rc::clone(derivatives), sums.clone());
        Some(Reverse { rows: rows.clone(), root: *root, cotangents, sums })
    }

    /// The rows that each sweep recorded, with what was differentiated and how, in order.
    pub(crate) fn sweep_ranges(&self) -> Vec<(Range<usize>, Var<'_, T>, Mode)> {
        let sweeps = self.sweeps.borrow();
        sweeps
            .iter()
            .map(|sweep| (sweep.rows.clone(), Var::new(self, sweep.root), sweep.mode.clone()))
            .collect()
    }

    /// What a row of a sweep is; nothing of others.
    pub(crate) fn derivation(&self, row: RowId) -> Option<Derivation<'_, T>> {
        let sweeps = self.sweeps.borrow();
        let after = sweeps.partition_point(|sweep| sweep.rows.end <= row.index());
        let sweep = sweeps.get(after).filter(|sweep| sweep.rows.contains(&row.index()))?;
        let var = |row| Var::new(self, row);
        let origin = self.rows.borrow()[row.index()].origin.unwrap_or(sweep.root);
        let is_its = |of: RowId| derivative_of(&sweep.derivatives, of) == Some(row);
        // A rule that hands on what arrives makes it the derivative of other rows as well: in reverse mode of
        // those before, which are found from operand to operand.
        let mut of: Vec<RowId> = Vec::new();
        if matches!(sweep.mode, Mode::Forward(_)) {
            of.extend([origin, sweep.root].into_iter().filter(|of| is_its(*of)));
            of.dedup();
        } else {
            let rows = self.rows.borrow();
            let mut next = vec![sweep.root];
            next.extend(rows[origin.index()].operands.iter().take(LOOK));
            next.extend(sweep.derivatives.first().filter(|_| sweep.nowhere).map(|(of, _)| of));
            while let Some(row) = next.pop().filter(|_| of.len() < LOOK) {
                if is_its(row) && !of.contains(&row) {
                    of.push(row);
                    next.extend(rows[row.index()].operands.iter().take(LOOK));
                }
            }
            of.sort_unstable();
        }
        let sum = sweep.sums.binary_search_by_key(&row, |(sum, _)| *sum);
        let made = match (&sweep.mode, sum) {
            _ if sweep.nowhere && row.index() + 1 == sweep.rows.end => Made::NoInfluence,
            (_, Ok(place)) => Made::Sum(var(sweep.sums[place].1)),
            (Mode::Reverse, Err(_)) if row == id(sweep.rows.start) => Made::Seed,
            _ => Made::Rule(var(origin)),
        };
        let mode = sweep.mode.clone();
        Some(Derivation { root: var(sweep.root), mode, of: of.into_iter().map(var).collect(), made })
    }
}
