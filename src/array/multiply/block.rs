//! A product cut into blocks that caches hold.
//!
//! A product of at most 64 rows and columns is a block by itself. The loops of a larger one, from the outermost: *strips* of
//! columns, so that what is packed is bounded; rows whose results stay in the second cache; *pieces* of the sums, of
//! [`PIECE`] terms, each a chain of its own; *blocks* of rows; *panels*, which are as wide as a tile; and tiles, from top to
//! bottom. A panel of the right-hand operand (192 terms of 16 `f32`, 12 KiB) stays in the first cache while the tiles of a block pass; a
//! block of the left-hand one (up to 96 KiB) stays in the second while the panels do. Where the right-hand operand is small
//! enough to stay in the first cache as a whole, blocks are so small that they do, too, and the left-hand one comes from
//! memory once.

use super::lanes::{Job, Machine, Number, lanes, run};
use super::pack::{Heights, Panels, Tiles};
use super::tile::{Columns, Left, Out, Right, tile};
use super::{Matrix, PIECE, thin};

/// Columns of a strip, about.
const STRIP: usize = 1024;

/// Bytes of a right-hand operand that stays in the first cache, beside a tile of the left-hand one.
const NEAR: usize = 24 << 10;

/// Bytes of a block of the left-hand operand.
const BLOCK: usize = 96 << 10;

/// Bytes of such a block, where the right-hand operand is near.
const NEAR_BLOCK: usize = 12 << 10;

/// Bytes of the result that such a block writes, so that its lines are complete before they leave the caches.
const RESULT: usize = 64 << 10;

/// Bytes of the result that stay in the second cache while their rows go through all pieces.
const KEPT: usize = 192 << 10;

/// Rows from which it is worth packing a right-hand operand whose lines could be read where they lie.
const WORTH_PANELS: usize = 96;

/// Columns from which it is worth packing the left-hand operand.
const WORTH_TILES: usize = 128;

/// Rows and columns of a product that is done without much ado.
const SMALL: usize = 64;

/// The largest number of rows of a tile of so many vectors: registers hold the sums, a line of vectors, and one number.
/// Machines with nothing but the plain instructions get a few small tiles, which are quick to compile.
const fn most_rows<S: Machine>(vectors: usize) -> usize {
    match (S::REGISTER_COUNT - 1) / vectors {
        _ if !S::FUSED => 2,
        0 | 1 => 1,
        7.. => 6,
        rows => rows - 1,
    }
}

/// Whether a single row, which lies along the sums, has tiles of 8 vectors.
const fn wide<S: Machine>() -> bool {
    S::FUSED && most_rows::<S>(4) < 6
}

/// The vectors of a tile for so many rows: as many as leave room for them.
fn most_vectors<S: Machine>(rows: usize, along: bool) -> usize {
    match rows {
        1 if wide::<S>() && along => 8,
        _ if wide::<S>() && rows > most_rows::<S>(4) => 2,
        _ => 4,
    }
}

/// The panels of so many columns: where each begins, and its vectors, 8, 4, 2 or 1.
#[inline(always)]
pub fn panels(columns: usize, lanes: usize, most: usize) -> impl Iterator<Item = (usize, usize)> {
    let mut column = 0;
    std::iter::from_fn(move || {
        (column < columns).then(|| {
            let mut vectors = most;
            while vectors > (columns - column).div_ceil(lanes) {
                vectors /= 2;
            }
            let first = column;
            column += vectors * lanes;
            (first, vectors)
        })
    })
}

/// Writes the product, or adds it to what is there.
pub fn multiply<S: Machine, T: Number>(s: S, a: Matrix<'_, T>, b: Matrix<'_, T>, mut out: Out<'_, T>) {
    let ([m, _], [_, n]) = (a.shape, b.shape);
    if n == 1 && m > 1 && out.step == 1 {
        // A column is a row, in other words.
        out.step = m;
        return multiply(s, b.transposed(), a.transposed(), out);
    }
    if m == 0 || n == 0 || thin::multiply(s, a, b, &mut out) || small(s, a, b, &mut out) {
        return;
    }
    T::with_room(|room| {
        let strips = n.div_ceil(STRIP);
        let width = n.div_ceil(strips).next_multiple_of(lanes::<T, S>());
        for column in (0..n).step_by(width) {
            strip(s, a, b.columns(column, width.min(n - column)), out.from(0, column), room);
        }
    });
}

/// Whether the lines of a right-hand operand can be read where they lie: each whole before the next one, and so not one line
/// that is repeated, or that overlaps with others.
fn lies_right<S: Machine, T: Number>(b: Matrix<'_, T>) -> bool {
    let ([depth, n], [down, right]) = (b.shape, b.strides);
    right == 1 && down >= n && (n >= lanes::<T, S>() || S::MASKED) && b.data.len() >= depth * down
}

/// Whether the rows, or the lines, of a left-hand operand can be.
fn lies_left<T: Number>(a: Matrix<'_, T>) -> bool {
    let ([m, depth], [down, right]) = (a.shape, a.strides);
    right == 1 || down == 1 && right >= m && a.data.len() >= depth * right
}

/// Whether it is so small that it needs no blocks, and at most its right-hand operand is packed; if so, it is done.
fn small<S: Machine, T: Number>(s: S, a: Matrix<'_, T>, b: Matrix<'_, T>, out: &mut Out<'_, T>) -> bool {
    let ([m, k], [_, n]) = (a.shape, b.shape);
    if m.max(n) > SMALL || k > PIECE || !lies_left(a) {
        return false;
    }
    let along = a.strides[1] == 1;
    let left = Left { data: a.data, step: a.strides[usize::from(!along)], at: 0 };
    let vectors = most_vectors::<S>(m, along).min(n.div_ceil(lanes::<T, S>()).next_power_of_two());
    let mut sweep = |lying, packed: &[T]| {
        let left = Side::Lying(left);
        let sweep =
            Sweep { left, rows: m, lying, packed, depth: k, columns: n, vectors, out: out.from(0, 0) };
        if along { sweep.run::<S, true>(s) } else { sweep.run::<S, false>(s) }
    };
    if lies_right::<S, T>(b) {
        sweep(Some(b), &[]);
    } else {
        T::with_room(|room| {
            let panels = aligned(room, k * n.next_multiple_of(lanes::<T, S>()));
            run(s, Panels { from: b, vectors, to: &mut *panels });
            sweep(None, panels);
        });
    }
    true
}

/// So many numbers of it, from the beginning of a cache line on.
fn aligned<T: Number>(room: &mut Vec<T>, count: usize) -> &mut [T] {
    const LINE: usize = 64;
    let most = count + LINE / size_of::<T>();
    if room.len() < most {
        room.resize(most, T::ZERO);
    }
    let skipped = room.as_ptr().align_offset(LINE).min(most - count);
    &mut room[skipped..][..count]
}

/// The product for one strip. So many rows that the second cache keeps their results go through all pieces before the next ones
/// do; where there are more, all pieces of the right-hand operand are packed first.
fn strip<S: Machine, T: Number>(
    s: S,
    a: Matrix<'_, T>,
    b: Matrix<'_, T>,
    mut out: Out<'_, T>,
    room: &mut Vec<T>,
) {
    let ([m, k], [_, n]) = (a.shape, b.shape);
    let pieces = (0..k).step_by(PIECE).map(|term| {
        let depth = PIECE.min(k - term);
        Piece::of::<S>(a.columns(term, depth), b.rows(term, depth), term > 0)
    });
    let kept = (KEPT / (n * size_of::<T>())).next_multiple_of(12);
    let together = k > PIECE && kept < m;
    let in_panels = pieces.clone().map(|piece| piece.in_panels);
    let in_panels = if together { in_panels.sum() } else { in_panels.max().unwrap_or(0) };
    let in_tiles = pieces.clone().map(|piece| piece.in_tiles).max().unwrap_or(0);
    let (panels, tiles) = aligned(room, in_panels + in_tiles).split_at_mut(in_panels);
    if !together {
        for piece in pieces {
            piece.pack(s, panels);
            piece.rows(s, [0, m], panels, &mut out, tiles);
        }
        return;
    }
    let mut rest = &mut *panels;
    for piece in pieces.clone() {
        let (panels, after) = rest.split_at_mut(piece.in_panels);
        rest = after;
        piece.pack(s, panels);
    }
    for row in (0..m).step_by(kept) {
        let mut rest = &*panels;
        for piece in pieces.clone() {
            let (panels, after) = rest.split_at(piece.in_panels);
            rest = after;
            piece.rows(s, [row, m.min(row + kept)], panels, &mut out, tiles);
        }
    }
}

/// How many rows go through all panels before the next ones do.
fn rows_of_block<T>(near: bool, m: usize, depth: usize, n: usize) -> usize {
    let bytes = |numbers: usize| numbers * size_of::<T>();
    if near && bytes(m * depth) <= NEAR_BLOCK && bytes(m * n) <= RESULT {
        return m;
    }
    let most = if near { NEAR_BLOCK } else { BLOCK } / bytes(depth);
    let most = if near { most.min(RESULT / bytes(n)) } else { most };
    most.next_multiple_of(12)
}

/// One piece of the sums for one strip, and how it is computed.
#[derive(Clone, Copy, Debug)]
struct Piece<'a, T> {
    a: Matrix<'a, T>,
    b: Matrix<'a, T>,
    /// Whether it is added to the pieces before.
    adding: bool,
    /// Of a panel.
    vectors: usize,
    /// Rows of a block.
    block: usize,
    /// Whether the right-hand operand is read where it lies.
    lies: bool,
    /// Whether the left-hand one is.
    lies_left: bool,
    /// Numbers that are packed of the right-hand operand, and of a block of the left-hand one.
    in_panels: usize,
    in_tiles: usize,
}

impl<'a, T: Number> Piece<'a, T> {
    fn of<S: Machine>(a: Matrix<'a, T>, b: Matrix<'a, T>, adding: bool) -> Self {
        let ([m, depth], [_, n]) = (a.shape, b.shape);
        let lanes = lanes::<T, S>();
        let vectors = most_vectors::<S>(m, a.strides[1] == 1).min(n.div_ceil(lanes).next_power_of_two());
        let near = depth * n * size_of::<T>() <= NEAR;
        let block = rows_of_block::<T>(near, m, depth, n);

        let lies = lies_right::<S, T>(b) && (m < WORTH_PANELS || near && n % lanes == 0);
        let in_panels = if lies { 0 } else { depth * n.next_multiple_of(lanes) };
        let lies_left = lies_left(a) && (n < WORTH_TILES || m < 48);
        let in_tiles = if lies_left { 0 } else { block.min(m) * depth };
        Self { a, b, adding, vectors, block, lies, lies_left, in_panels, in_tiles }
    }

    /// Packs the right-hand operand.
    fn pack<S: Machine>(&self, s: S, panels: &mut [T]) {
        if self.in_panels > 0 {
            run(s, Panels { from: self.b, vectors: self.vectors, to: panels });
        }
    }

    /// Computes some rows, block by block.
    fn rows<S: Machine>(
        &self,
        s: S,
        [first, end]: [usize; 2],
        panels: &[T],
        out: &mut Out<'_, T>,
        tiles: &mut [T],
    ) {
        let ([_, depth], [down, right]) = (self.a.shape, self.a.strides);
        let along = self.lies_left && right == 1;
        for row in (first..end).step_by(self.block) {
            let a = self.a.rows(row, self.block.min(end - row));
            let left = if along {
                Side::Lying(Left { data: a.data, step: down, at: 0 })
            } else if self.lies_left {
                // Lines, which end where the last row does: so they are cut by no first row.
                Side::Lying(Left { data: self.a.data, step: right, at: row })
            } else {
                let tiles = &mut tiles[..a.shape[0] * depth];
                let heights = Heights::new(a.shape[0], most_rows::<S>(self.vectors));
                run(s, Tiles { from: a, heights, to: &mut *tiles });
                Side::Packed(tiles)
            };
            let mut out = out.from(row, 0);
            out.adding |= self.adding;
            let sweep = Sweep {
                left,
                rows: a.shape[0],
                lying: self.lies.then_some(self.b),
                packed: panels,
                depth,
                columns: self.b.shape[1],
                vectors: self.vectors,
                out,
            };
            if along { sweep.run::<S, true>(s) } else { sweep.run::<S, false>(s) }
        }
    }
}

/// A left-hand operand.
#[derive(Clone, Copy, Debug)]
enum Side<'a, T> {
    Lying(Left<'a, T>),
    /// In tiles.
    Packed(&'a [T]),
}

/// A block of rows against all panels of a strip.
#[derive(Debug)]
struct Sweep<'a, T> {
    left: Side<'a, T>,
    rows: usize,
    /// The right-hand operand, if it is read where it lies.
    lying: Option<Matrix<'a, T>>,
    /// Its panels, if not.
    packed: &'a [T],
    depth: usize,
    columns: usize,
    vectors: usize,
    out: Out<'a, T>,
}

impl<T: Number> Sweep<'_, T> {
    /// Panel by panel, each in a function of its own, so that the loops in it have the registers.
    fn run<S: Machine, const ALONG: bool>(mut self, s: S) {
        for (column, vectors) in panels(self.columns, lanes::<T, S>(), self.vectors) {
            match vectors {
                8 if const { ALONG && wide::<S>() } => self.panel::<S, 8, ALONG>(s, column),
                4 => self.panel::<S, 4, ALONG>(s, column),
                2 => self.panel::<S, 2, ALONG>(s, column),
                _ => self.panel::<S, 1, ALONG>(s, column),
            }
        }
    }

    fn panel<S: Machine, const V: usize, const ALONG: bool>(&mut self, s: S, column: usize) {
        let (depth, width) = (self.depth, V * lanes::<T, S>());
        let few = if self.columns < lanes::<T, S>() { self.columns } else { 0 };
        let beyond = (column + width).saturating_sub(self.columns);
        let columns = Columns { first: column, shared: if few > 0 { 0 } else { beyond }, few };
        let heights = Heights::new(self.rows, most_rows::<S>(self.vectors));
        let (left, out) = (self.left, self.out.from(0, 0));
        if let Some(b) = self.lying {
            let right = Right { data: b.data, step: b.strides[0] };
            return run(s, Panel::<T, V, ALONG, false> { left, heights, right, depth, columns, out });
        }
        let right = Right { data: &self.packed[depth * column..][..depth * width], step: width };
        run(s, Panel::<T, V, ALONG, true> { left, heights, right, depth, columns, out });
    }
}

/// The tiles of one panel.
#[derive(Debug)]
struct Panel<'a, T, const V: usize, const ALONG: bool, const PACKED: bool> {
    left: Side<'a, T>,
    heights: Heights,
    right: Right<'a, T>,
    depth: usize,
    columns: Columns,
    out: Out<'a, T>,
}

impl<T: Number, const V: usize, const ALONG: bool, const PACKED: bool> Job
    for Panel<'_, T, V, ALONG, PACKED>
{
    #[inline(always)]
    fn run<S: Machine>(self, s: S) {
        let Self { left, heights, right, depth, columns, mut out } = self;
        let mut row = 0;
        for height in heights.each() {
            let left = match left {
                Side::Lying(left) => Left { at: left.at + row, ..left },
                Side::Packed(tiles) => {
                    Left { data: &tiles[row * depth..][..height * depth], step: height, at: 0 }
                }
            };
            let out = out.from(row, 0);
            match height {
                6 if const { most_rows::<S>(V) >= 6 } => {
                    tile::<S, T, 6, V, ALONG, PACKED>(s, left, right, depth, columns, out);
                }
                5 if const { most_rows::<S>(V) >= 5 } => {
                    tile::<S, T, 5, V, ALONG, PACKED>(s, left, right, depth, columns, out);
                }
                4 if const { most_rows::<S>(V) >= 4 } => {
                    tile::<S, T, 4, V, ALONG, PACKED>(s, left, right, depth, columns, out);
                }
                3 if const { most_rows::<S>(V) >= 3 } => {
                    tile::<S, T, 3, V, ALONG, PACKED>(s, left, right, depth, columns, out);
                }
                2 if const { most_rows::<S>(V) >= 2 } => {
                    tile::<S, T, 2, V, ALONG, PACKED>(s, left, right, depth, columns, out);
                }
                _ => tile::<S, T, 1, V, ALONG, PACKED>(s, left, right, depth, columns, out),
            }
            row += height;
        }
    }
}
