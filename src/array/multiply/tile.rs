//! The register tile: R rows by V vectors of a product, all of whose sums are in registers.
//!
//! For each term of the sums it reads V vectors of the right-hand operand and R numbers of the left-hand one, and does R·V
//! multiply-adds; the larger the tile, the fewer reads for each. An AVX2 machine has 16 registers: 6 rows by 2 vectors
//! leave 4 for what is read. AVX-512 has 32, and the tile has 6 rows by 4 vectors. A chain of multiply-adds waits for
//! itself (four cycles, two of them at a time), so at least 8 sums are needed to keep a core busy.

use super::lanes::{Machine, Number, lanes};

/// The left-hand operand of tiles: rows along the sums, `step` apart; or rows side by side, from `at` on in each line of
/// `step`, a line for each term.
#[derive(Clone, Copy, Debug)]
pub struct Left<'a, T> {
    pub data: &'a [T],
    pub step: usize,
    pub at: usize,
}

/// The right-hand operand of tiles: the vectors of the tile, one term after the other; or lines of `step`, a line for each
/// term, which hold the vectors where the result does, one beside the other.
#[derive(Clone, Copy, Debug)]
pub struct Right<'a, T> {
    pub data: &'a [T],
    pub step: usize,
}

/// Where the columns of a tile are, in each row of the result.
#[derive(Clone, Copy, Debug)]
pub struct Columns {
    pub first: usize,
    /// Lanes by which the last vector reaches back over the one before it, rather than past the right end.
    pub shared: usize,
    /// Columns there are, where they are fewer than one vector holds; or 0.
    pub few: usize,
}

/// A result in row-major order, whose rows are `step` apart.
#[derive(Debug)]
pub struct Out<'a, T> {
    pub data: &'a mut [T],
    pub step: usize,
    /// Whether the product is added to what is there.
    pub adding: bool,
}

impl<T> Out<'_, T> {
    /// From this row and column on.
    #[inline(always)]
    pub fn from(&mut self, row: usize, column: usize) -> Out<'_, T> {
        Out { data: &mut self.data[row * self.step + column..], step: self.step, adding: self.adding }
    }
}

/// R rows of the left-hand operand times V vectors of the right-hand one: one chain for each element, over `depth` terms.
/// `ALONG` says which of the two ways the left-hand operand lies, `PACKED` which the right-hand one.
#[inline(always)]
pub fn tile<S: Machine, T: Number, const R: usize, const V: usize, const ALONG: bool, const PACKED: bool>(
    s: S,
    left: Left<'_, T>,
    right: Right<'_, T>,
    depth: usize,
    columns: Columns,
    out: Out<'_, T>,
) {
    let mut sums = [[T::splat(s, T::ZERO); V]; R];
    // Slices of one length: so no access to them is checked in the loop.
    let lines: &[[T::Vector<S>; V]] =
        if PACKED { &T::vectors::<S>(right.data).as_chunks::<V>().0[..depth] } else { &[] };
    let mut right_rest = right.data;
    if ALONG {
        let mut rows: [&[T]; R] = [&[]; R];
        for (i, row) in rows.iter_mut().enumerate() {
            *row = &left.data[(left.at + i) * left.step..][..depth];
        }
        for k in 0..depth {
            let vectors = if PACKED { lines[k] } else { lying(s, &mut right_rest, right.step, columns) };
            for i in 0..R {
                let x = T::splat(s, rows[i][k]);
                for v in 0..V {
                    sums[i][v] = T::multiply_add(s, x, vectors[v], sums[i][v]);
                }
            }
        }
    } else {
        let mut left_rest = left.data;
        for k in 0..depth {
            let vectors = if PACKED { lines[k] } else { lying(s, &mut right_rest, right.step, columns) };
            let (line, after) = left_rest.split_at(left.step);
            left_rest = after;
            let line = &line[left.at..left.at + R];
            for i in 0..R {
                let x = T::splat(s, line[i]);
                for v in 0..V {
                    sums[i][v] = T::multiply_add(s, x, vectors[v], sums[i][v]);
                }
            }
        }
    }
    write(s, &sums, columns, out);
}

/// The vectors of the next line.
#[inline(always)]
fn lying<S: Machine, T: Number, const V: usize>(
    s: S,
    rest: &mut &[T],
    step: usize,
    columns: Columns,
) -> [T::Vector<S>; V] {
    let Columns { first, shared, few } = columns;
    let (line, after) = rest.split_at(step);
    *rest = after;
    let mut vectors = [T::splat(s, T::ZERO); V];
    let lanes = lanes::<T, S>();
    if V == 1 && few > 0 {
        vectors[0] = T::load_few(s, &line[..few]);
        return vectors;
    }
    let before = T::vectors::<S>(&line[first..first + (V - 1) * lanes]);
    for v in 0..V - 1 {
        vectors[v] = before[v];
    }
    vectors[V - 1] = T::vectors::<S>(&line[first + (V - 1) * lanes - shared..][..lanes])[0];
    vectors
}

/// Writes the sums of a tile, or adds them to what is there.
#[inline(always)]
pub fn write<S: Machine, T: Number, const R: usize, const V: usize>(
    s: S,
    sums: &[[T::Vector<S>; V]; R],
    columns: Columns,
    mut out: Out<'_, T>,
) {
    let Columns { first, shared, few } = columns;
    let lanes = lanes::<T, S>();
    if V == 1 && few > 0 && S::MASKED {
        for i in 0..R {
            let row = &mut out.data[i * out.step..][..few];
            let sum = if out.adding { T::add(s, T::load_few(s, row), sums[i][0]) } else { sums[i][0] };
            T::store_few(s, row, sum);
        }
    } else if few > 0 || V == 1 && shared > 0 && out.adding {
        // From a copy: a loop that is not unrolled would keep the sums themselves out of the registers.
        let copy = *sums;
        let mut lines = [T::ZERO; MOST];
        for (sums, line) in copy.iter().zip(lines.chunks_exact_mut(V * lanes)) {
            T::vectors_mut::<S>(line).copy_from_slice(sums);
        }
        write_odd(&lines[..R * V * lanes], R, lanes, columns, &mut out);
    } else {
        // Where the last vector reaches back, twice the same is written: to what was there before either was.
        let last = first + (V - 1) * lanes - shared;
        if out.adding {
            // From a copy, as above.
            let copy = *sums;
            for i in 0..R {
                let row = &mut out.data[i * out.step..][..last + lanes];
                let mut sums = copy[i];
                for v in 0..V - 1 {
                    sums[v] = T::add(s, T::vectors::<S>(&row[first + v * lanes..][..lanes])[0], sums[v]);
                }
                sums[V - 1] = T::add(s, T::vectors::<S>(&row[last..])[0], sums[V - 1]);
                for v in 0..V - 1 {
                    T::vectors_mut::<S>(&mut row[first + v * lanes..][..lanes])[0] = sums[v];
                }
                T::vectors_mut::<S>(&mut row[last..])[0] = sums[V - 1];
            }
            return;
        }
        for i in 0..R {
            let row = &mut out.data[i * out.step..][..last + lanes];
            for v in 0..V - 1 {
                T::vectors_mut::<S>(&mut row[first + v * lanes..][..lanes])[0] = sums[i][v];
            }
            T::vectors_mut::<S>(&mut row[last..])[0] = sums[i][V - 1];
        }
    }
}

/// Numbers of the largest tile.
const MOST: usize = 6 * 4 * 16;

/// Of a tile in row-major order, the columns that are there, each once. It is seldom needed, and compiled once.
#[inline(never)]
fn write_odd<T: Number>(tile: &[T], rows: usize, lanes: usize, columns: Columns, out: &mut Out<'_, T>) {
    let Columns { first, shared, few } = columns;
    let width = tile.len() / rows;
    for (i, line) in tile.chunks_exact(width).enumerate() {
        let row = &mut out.data[i * out.step + first..];
        let mut put = |to: usize, sums: &[T]| {
            for (place, sum) in row[to..to + sums.len()].iter_mut().zip(sums) {
                *place = if out.adding { T::add_one(*place, *sum) } else { *sum };
            }
        };
        if few > 0 {
            put(0, &line[..few]);
        } else {
            let (before, last) = line.split_at(width - lanes);
            put(0, before);
            put(before.len(), &last[shared..]);
        }
    }
}
