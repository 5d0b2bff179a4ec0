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
///
/// As in a [`Frontier`], rows lie in pages, and only those pages are there that have any of them. Where a row is among
/// the others is counted: in the pages before its own, and in its page's word.
pub(crate) struct Ancestry(Vec<Found>);

/// Which rows of a page were found.
struct Found {
    number: u32,
    /// Rows that were found on earlier pages.
    before: u32,
    rows: u64,
}

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
            match found.last_mut() {
                Some((number, rows)) if *number == row.index() / PAGE => *rows |= 1 << (row.index() % PAGE),
                _ => found.push((row.index() / PAGE, 1 << (row.index() % PAGE))),
            }
            for operand in rows[row.index()].operands.iter().filter(|operand| operand.index() >= first) {
                frontier.put(*operand, |_| ());
            }
        }
        Ancestry::of(found.into_iter().rev())
    }
}

impl Ancestry {
    /// Pages by number, in order.
    #[allow(clippy::cast_possible_truncation)] // Rows are counted with 32 bits.
    fn of(pages: impl Iterator<Item = (usize, u64)>) -> Self {
        let mut before = 0;
        let counted = pages.map(|(number, rows)| {
            let page = Found { number: number as u32, before, rows };
            before += rows.count_ones();
            page
        });
        Self(counted.collect())
    }

    /// All rows of a tape before row `end`.
    pub fn all_before(end: usize) -> Self {
        let full = (0..end / PAGE).map(|number| (number, u64::MAX));
        let last = (end / PAGE, (1 << (end % PAGE)) - 1);
        Self::of(full.chain([last]))
    }

    pub fn len(&self) -> usize {
        self.0.last().map_or(0, |page| (page.before + page.rows.count_ones()) as usize)
    }

    /// The rows, each with its place among them.
    pub fn iter(&self) -> impl Iterator<Item = (usize, RowId)> {
        let rows = self.0.iter().flat_map(|page| {
            let mut rest = page.rows;
            std::iter::from_fn(move || {
                let place = (rest != 0).then(|| rest.trailing_zeros() as usize)?;
                rest &= rest - 1;
                Some(id(page.number as usize * PAGE + place))
            })
        });
        rows.enumerate()
    }

    /// The place of a row.
    pub fn place(&self, row: RowId) -> Option<usize> {
        let (number, bit) = (row.index() / PAGE, 1 << (row.index() % PAGE));
        // Where its page is if none is missing, as is nearly always so.
        let guess = number.checked_sub(self.0.first()?.number as usize)?;
        let page = match self.0.get(guess) {
            Some(page) if page.number as usize == number => page,
            _ => &self.0[self.0.binary_search_by_key(&number, |page| page.number as usize).ok()?],
        };
        let before = match page.rows {
            u64::MAX => row.index() % PAGE,
            rows => (rows & (bit - 1)).count_ones() as usize,
        };
        (page.rows & bit != 0).then(|| page.before as usize + before)
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
        let tape = Tape::<f64>::new();
        for _ in 0..1100 {
            tape.constant(0.0);
        }
        // With pages that are missing, from the second on, and all.
        let some = [65, 66, 127, 128, 320, 383, 1000, 1001, 1002];
        let all: Vec<usize> = (0..1100).collect();
        let of_all = Ancestry::all_before(all.len());
        for (ancestry, rows) in [(tape.ancestry(some.map(id), 0), &some[..]), (of_all, &all)] {
            assert_eq!(ancestry.len(), rows.len());
            assert!(
                ancestry.iter().map(|(place, row)| (place, row.index())).eq(rows.iter().copied().enumerate())
            );
            for row in 0..1200 {
                let expected = rows.iter().position(|found| *found == row);
                assert_eq!(ancestry.place(id(row)), expected, "{row}");
            }
        }
        assert_eq!(tape.ancestry([], 0).len(), 0);
        assert_eq!(tape.ancestry([], 0).place(id(3)), None);
        assert_eq!(Ancestry::all_before(128).len(), 128);
    }
}
