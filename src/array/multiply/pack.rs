//! Operands copied into the order in which tiles read them.
//!
//! It is worth it where an operand is read often and its lines lie far apart, and where its numbers lie across the vectors:
//! then blocks are turned in registers on the way.

use super::Matrix;
use super::block::panels;
use super::lanes::{Job, Machine, Number, Rows, lanes};

/// The right-hand operand in panels: for each, term by term, the vectors of its columns. The last vector reaches back over
/// columns of the one before it, rather than past the end; columns that fill no vector are filled up with zeros.
#[derive(Debug)]
pub struct Panels<'a, T> {
    pub from: Matrix<'a, T>,
    /// Vectors of a panel; the last ones may have fewer.
    pub vectors: usize,
    pub to: &'a mut [T],
}

impl<T: Number> Job for Panels<'_, T> {
    #[inline(always)]
    fn run<S: Machine>(self, s: S) {
        let lanes = lanes::<T, S>();
        let [depth, n] = self.from.shape;
        let mut rest = self.to;
        for (column, vectors) in panels(n, lanes, self.vectors) {
            let width = vectors * lanes;
            let (panel, after) = rest.split_at_mut(depth * width);
            rest = after;
            let there = width.min(n - column);
            let full = there / lanes * lanes;
            columns(s, self.from.columns(column, full), panel, width, 0);
            if full == there {
                continue;
            }
            if n < lanes {
                panel.fill(T::ZERO);
                columns(s, self.from, panel, width, 0);
            } else {
                columns(s, self.from.columns(n - lanes, lanes), panel, width, full);
            }
        }
    }
}

/// Copies columns to those from `at` on of lines of `width`.
#[inline(always)]
fn columns<S: Machine, T: Number>(s: S, from: Matrix<'_, T>, to: &mut [T], width: usize, at: usize) {
    let Matrix { data, shape: [depth, n], strides: [down, right] } = from;
    if n == 0 {
        return;
    }
    if right == 1 {
        for (k, line) in to.chunks_exact_mut(width).enumerate() {
            for (place, x) in line[at..at + n].iter_mut().zip(&data[k * down..][..n]) {
                *place = *x;
            }
        }
        return;
    }
    let mut column = 0;
    while down == 1 && column + T::SIDE <= n {
        let rows = Rows { data: &data[column * right..], step: right, depth };
        let done = T::turn(s, rows, to, width, at + column);
        for (k, line) in to.chunks_exact_mut(width).enumerate().skip(done) {
            for (i, place) in line[at + column..][..T::SIDE].iter_mut().enumerate() {
                *place = data[(column + i) * right + k];
            }
        }
        column += T::SIDE;
    }
    if column == n {
        return;
    }
    for (k, line) in to.chunks_exact_mut(width).enumerate() {
        for (place, i) in line[at..at + n].iter_mut().zip(0..n).skip(column) {
            *place = data[k * down + i * right];
        }
    }
}

/// The left-hand operand in tiles: for each, term by term, its rows. Tiles are so high: the first `more` one row higher than
/// the others.
#[derive(Debug)]
pub struct Tiles<'a, T> {
    pub from: Matrix<'a, T>,
    pub heights: Heights,
    pub to: &'a mut [T],
}

impl<T: Number> Job for Tiles<'_, T> {
    #[inline(always)]
    fn run<S: Machine>(self, _: S) {
        let [_, depth] = self.from.shape;
        let mut rest = self.to;
        let mut row = 0;
        for height in self.heights.each() {
            let (tile, after) = rest.split_at_mut(height * depth);
            rest = after;
            let from = self.from.rows(row, height);
            match height {
                6 => rows::<T, 6>(from, tile),
                5 => rows::<T, 5>(from, tile),
                4 => rows::<T, 4>(from, tile),
                3 => rows::<T, 3>(from, tile),
                2 => rows::<T, 2>(from, tile),
                _ => rows::<T, 1>(from, tile),
            }
            row += height;
        }
    }
}

#[inline(always)]
fn rows<T: Number, const R: usize>(from: Matrix<'_, T>, to: &mut [T]) {
    let Matrix { data, shape: [_, depth], strides: [down, right] } = from;
    let lines = &mut to.as_chunks_mut::<R>().0[..depth];
    if right == 1 {
        let mut rows: [&[T]; R] = [&[]; R];
        for (i, row) in rows.iter_mut().enumerate() {
            *row = &data[i * down..][..depth];
        }
        for k in 0..depth {
            for i in 0..R {
                lines[k][i] = rows[i][k];
            }
        }
    } else {
        for (k, line) in lines.iter_mut().enumerate() {
            for (i, place) in line.iter_mut().enumerate() {
                *place = data[i * down + k * right];
            }
        }
    }
}

/// How rows are dealt to tiles: as evenly as can be, since a tile of one or two rows keeps a core waiting.
#[derive(Clone, Copy, Debug)]
pub struct Heights {
    tiles: usize,
    low: usize,
    /// How many are one row higher.
    more: usize,
}

impl Heights {
    pub fn new(rows: usize, most: usize) -> Self {
        if rows <= most {
            return Self { tiles: 1, low: rows, more: 0 };
        }
        let tiles = rows.div_ceil(most);
        Self { tiles, low: rows / tiles, more: rows % tiles }
    }

    #[inline(always)]
    pub fn each(self) -> impl Iterator<Item = usize> {
        (0..self.tiles).map(move |tile| self.low + usize::from(tile < self.more))
    }
}
