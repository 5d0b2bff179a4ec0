//! Which rows a sweep visits, and in which order: those that it must, and no others.
//!
//! A tape may have millions of rows, and a function of two of them stand at its end. A sweep therefore keeps no
//! vector as long as the tape: it holds the rows that wait, and takes the last of them; whatever that one sends on
//! goes to rows before it. So each row is taken once, when all that use it are done.

use super::{RowId, Tape, id};
use crate::Float;
use std::collections::BTreeMap;

/// Rows of a page, as many as a word has bits.
const PAGE: usize = u64::BITS as usize;

/// Rows that wait, each with something for it, to be taken from the last to the first.
///
/// They lie in pages of 64 places with a word that says which are taken, and only the pages that have a waiting row
/// are there. In a chain the next row is nearly always on the page at hand; elsewhere finding a page costs a
/// logarithm of their number.
pub(crate) struct Frontier<V> {
    /// The page at hand, from which rows are taken, and its number.
    page: Page<V>,
    number: usize,
    /// Those before it.
    earlier: BTreeMap<usize, Page<V>>,
}

struct Page<V> {
    waiting: u64,
    places: [Option<V>; PAGE],
}

impl<V: Copy> Default for Page<V> {
    fn default() -> Self {
        Self { waiting: 0, places: [None; PAGE] }
    }
}

impl<V: Copy> Default for Frontier<V> {
    fn default() -> Self {
        Self { page: Page::default(), number: usize::MAX, earlier: BTreeMap::new() }
    }
}

impl<V: Copy> Frontier<V> {
    /// Makes a row wait, which comes before all that were taken: with what `merge` makes of what it has already.
    pub fn put(&mut self, row: RowId, merge: impl FnOnce(Option<V>) -> V) {
        let (number, place) = (row.index() / PAGE, row.index() % PAGE);
        debug_assert!(number <= self.number, "rows that wait come before those that were taken");
        let page =
            if number == self.number { &mut self.page } else { self.earlier.entry(number).or_default() };
        page.waiting |= 1 << place;
        page.places[place] = Some(merge(page.places[place].take()));
    }

    /// The last row that waits, and what it has.
    pub fn take_last(&mut self) -> Option<(RowId, V)> {
        while self.page.waiting == 0 {
            (self.number, self.page) = self.earlier.pop_last()?;
        }
        let place = self.page.waiting.ilog2() as usize;
        self.page.waiting ^= 1 << place;
        visited();
        Some((id(self.number * PAGE + place), self.page.places[place].take()?))
    }
}

/// Some rows of a tape and those that they are computed from, in order.
pub(crate) struct Ancestry(Vec<RowId>);

impl<T: Float> Tape<T> {
    /// These rows and all that they are computed from, as far as they do not come before row `first`.
    pub(crate) fn ancestry(&self, of: impl IntoIterator<Item = RowId>, first: usize) -> Ancestry {
        let mut frontier = Frontier::default();
        let mut visit = |row: RowId| {
            if row.index() >= first {
                frontier.put(row, |_| ());
            }
        };
        of.into_iter().for_each(&mut visit);
        let rows = self.rows.borrow();
        let mut found = Vec::new();
        while let Some((row, ())) = frontier.take_last() {
            found.push(row);
            for operand in rows[row.index()].operands.iter().filter(|operand| operand.index() >= first) {
                frontier.put(*operand, |_| ());
            }
        }
        found.reverse();
        Ancestry(found)
    }
}

impl Ancestry {
    /// All rows of a tape before row `end`.
    pub fn all_before(end: usize) -> Self {
        Self((0..end).map(id).collect())
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// The rows, each with its place among them.
    pub fn iter(&self) -> impl Iterator<Item = (usize, RowId)> {
        self.0.iter().copied().enumerate()
    }

    /// The place of a row.
    pub fn place(&self, row: RowId) -> Option<usize> {
        self.0.binary_search(&row).ok()
    }

    /// The place of a row that comes before place `end`, nearly always shortly before it.
    pub fn place_before(&self, end: usize, row: RowId) -> Option<usize> {
        let (mut start, mut step) = (end, 1);
        while start > 0 && self.0.get(start).is_none_or(|found| *found > row) {
            start = start.saturating_sub(step);
            step *= 2;
        }
        let end = end.min(start + step);
        self.0[start..end].binary_search(&row).ok().map(|place| start + place)
    }
}

#[cfg(test)]
thread_local! {
    /// Rows visited on this thread, which the tests of growth count.
    pub(crate) static VISITED: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
}

/// Counts a row.
#[inline]
fn visited() {
    #[cfg(test)]
    VISITED.set(VISITED.get() + 1);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_taken_from_the_last_to_the_first() {
        let mut frontier = Frontier::default();
        for row in [64, 3, 0, 1_000_000, 65, 3, 127, 63] {
            frontier.put(id(row), |before: Option<usize>| before.unwrap_or(0) + row);
        }
        let mut taken = Vec::new();
        while let Some((row, sum)) = frontier.take_last() {
            taken.push((row.index(), sum));
            if row.index() == 127 {
                // To its own page, to an earlier one, and to one that is new.
                for row in [126, 2, 100] {
                    frontier.put(id(row), |_| 7);
                }
            }
        }
        let expected = [
            (1_000_000, 1_000_000),
            (127, 127),
            (126, 7),
            (100, 7),
            (65, 65),
            (64, 64),
            (63, 63),
            (3, 6),
            (2, 7),
            (0, 0),
        ];
        assert_eq!(taken, expected);
        assert!(frontier.take_last().is_none());
    }

    #[test]
    fn places_of_rows() {
        let rows: Vec<usize> = vec![0, 1, 4, 9, 16, 25, 36, 1000, 1001, 1002];
        let ancestry = Ancestry(rows.iter().map(|&row| id(row)).collect());
        for end in 0..=rows.len() {
            for row in 0..1100 {
                let expected = rows[..end].iter().position(|found| *found == row);
                assert_eq!(ancestry.place_before(end, id(row)), expected, "{row} before {end}");
            }
        }
        assert_eq!(ancestry.place(id(1002)), Some(9));
    }
}
