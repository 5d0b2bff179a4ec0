//! Products that are too thin for tiles: a column times a row, a matrix times a vector, and those of so few columns that
//! no vector is full. The order of sums is that of all others.

use super::lanes::{Job, Machine, Number, Rows, lanes, run};
use super::tile::{Columns, Out, write};
use super::{Matrix, PIECE};

/// Multiply-adds up to which products of few columns are made number by number: of all elements, or of a row.
const FEW: usize = 512;
const FEW_A_ROW: usize = 24;

/// Numbers of a right-hand operand that is copied for it, if its rows have gaps.
const SMALL: usize = 64;

/// Rows that are multiplied one by one with columns that lie one after the other.
const ROWS: usize = 2;

/// Columns of a row that is copied at a time.
const SPAN: usize = 1024;

/// Whether it is one of these; if so, it is done.
pub fn multiply<S: Machine, T: Number>(
    s: S,
    a: Matrix<'_, T>,
    b: Matrix<'_, T>,
    out: &mut Out<'_, T>,
) -> bool {
    let ([m, k], [_, n]) = (a.shape, b.shape);
    let out = out.from(0, 0);
    if k == 0 {
        if !out.adding {
            out.data.chunks_mut(out.step).take(m).for_each(|row| row[..n].fill(T::ZERO));
        }
    } else if k == 1 {
        outer(s, a, b, out);
    } else if n < T::SIDE.min(lanes::<T, S>())
        && (m * k * n <= FEW || k * n <= FEW_A_ROW)
        && (b.strides[1] == 1 || k * n <= SMALL)
        && k <= PIECE
    {
        match n {
            1 => run(s, Few::<T, 1> { a, b, out }),
            2 => run(s, Few::<T, 2> { a, b, out }),
            3 => run(s, Few::<T, 3> { a, b, out }),
            4 => run(s, Few::<T, 4> { a, b, out }),
            5 => run(s, Few::<T, 5> { a, b, out }),
            6 => run(s, Few::<T, 6> { a, b, out }),
            _ => run(s, Few::<T, 7> { a, b, out }),
        }
    } else if m <= ROWS && b.strides[0] == 1 && n >= T::SIDE && lanes::<T, S::Turning>() == T::SIDE {
        let mut out = out;
        for row in 0..m {
            turned(s.turning(), a.rows(row, 1), b, out.from(row, 0));
        }
    } else {
        return false;
    }
    true
}

/// A column times a row.
fn outer<S: Machine, T: Number>(s: S, a: Matrix<'_, T>, b: Matrix<'_, T>, mut out: Out<'_, T>) {
    let n = b.shape[1];
    if b.strides[1] == 1 {
        return run(s, Outer { a, b: &b.data[..n], out });
    }
    T::with_room(|room| {
        room.resize(room.len().max(SPAN), T::ZERO);
        for column in (0..n).step_by(SPAN) {
            let b = b.columns(column, SPAN.min(n - column));
            let row = &mut room[..b.shape[1]];
            for (place, j) in row.iter_mut().zip(0..) {
                *place = b.data[j * b.strides[1]];
            }
            run(s, Outer { a, b: row, out: out.from(0, column) });
        }
    });
}

struct Outer<'a, T> {
    a: Matrix<'a, T>,
    b: &'a [T],
    out: Out<'a, T>,
}

impl<T: Number> Job for Outer<'_, T> {
    #[inline(always)]
    fn run<S: Machine>(self, s: S) {
        let Self { a, b, out } = self;
        let whole = b.len() / lanes::<T, S>() * lanes::<T, S>();
        for (i, row) in out.data.chunks_mut(out.step).enumerate().take(a.shape[0]) {
            let row = &mut row[..b.len()];
            let x = a.data[i * a.strides[0]];
            let wide = T::splat(s, x);
            let (row, row_rest) = row.split_at_mut(whole);
            for (place, y) in T::vectors_mut::<S>(row).iter_mut().zip(T::vectors::<S>(&b[..whole])) {
                let product = T::multiply(s, wide, *y);
                *place = if out.adding { T::add(s, *place, product) } else { product };
            }
            for (place, y) in row_rest.iter_mut().zip(&b[whole..]) {
                let product = T::multiply_one(x, *y);
                *place = if out.adding { T::add_one(*place, product) } else { product };
            }
        }
    }
}

/// N columns, fewer than lanes.
struct Few<'a, T, const N: usize> {
    a: Matrix<'a, T>,
    b: Matrix<'a, T>,
    out: Out<'a, T>,
}

impl<T: Number, const N: usize> Job for Few<'_, T, N> {
    #[inline(always)]
    fn run<S: Machine>(self, _: S) {
        let Self { a, b, out } = self;
        let [m, k] = a.shape;
        let mut copy = [T::ZERO; SMALL];
        let (rows, step) = if b.strides[1] == 1 {
            (b.data, b.strides[0])
        } else {
            for (l, row) in copy.chunks_exact_mut(N).enumerate().take(k) {
                for (j, place) in row.iter_mut().enumerate() {
                    *place = b.data[l * b.strides[0] + j * b.strides[1]];
                }
            }
            (&copy[..], N)
        };
        for i in 0..m {
            // The chains of a row side by side, since one waits for itself.
            let mut sums = [T::ZERO; N];
            for l in 0..k {
                let x = a.data[i * a.strides[0] + l * a.strides[1]];
                let row = &rows[l * step..][..N];
                for j in 0..N {
                    sums[j] = T::multiply_add_one::<S>(x, row[j], sums[j]);
                }
            }
            let row = &mut out.data[i * out.step..][..N];
            for j in 0..N {
                row[j] = if out.adding { T::add_one(row[j], sums[j]) } else { sums[j] };
            }
        }
    }
}

/// A row times a matrix whose columns lie in memory one after the other: blocks of it are turned in registers, so that a
/// vector holds the same term of several sums.
fn turned<S: Machine, T: Number>(s: S, a: Matrix<'_, T>, b: Matrix<'_, T>, mut out: Out<'_, T>) {
    let k = a.shape[1];
    for term in (0..k).step_by(PIECE) {
        let depth = PIECE.min(k - term);
        let a = a.columns(term, depth);
        let mut row = [T::ZERO; PIECE];
        let x = if a.strides[1] == 1 {
            &a.data[..depth]
        } else {
            for (place, i) in row[..depth].iter_mut().zip(0..) {
                *place = a.data[i * a.strides[1]];
            }
            &row[..depth]
        };
        let mut out = out.from(0, 0);
        out.adding |= term > 0;
        run(s, Turned { x, b: b.rows(term, depth), out });
    }
}

struct Turned<'a, T> {
    x: &'a [T],
    b: Matrix<'a, T>,
    out: Out<'a, T>,
}

impl<T: Number> Job for Turned<'_, T> {
    #[inline(always)]
    fn run<S: Machine>(mut self, s: S) {
        let n = self.b.shape[1];
        let mut column = 0;
        while column < n {
            // Four chains at a time, since one waits for itself.
            let groups = (n - column).div_ceil(T::SIDE).min(4);
            match groups {
                4 => self.groups::<S, 4>(s, column),
                3 => self.groups::<S, 3>(s, column),
                2 => self.groups::<S, 2>(s, column),
                _ => self.groups::<S, 1>(s, column),
            }
            column += groups * T::SIDE;
        }
    }
}

impl<T: Number> Turned<'_, T> {
    #[inline(always)]
    fn groups<S: Machine, const G: usize>(&mut self, s: S, column: usize) {
        let Matrix { data, shape: [depth, n], strides: [_, step] } = self.b;
        let shared = (column + G * T::SIDE).saturating_sub(n);
        let mut rows = [Rows { data, step, depth }; G];
        for g in 0..G {
            let first = column + g * T::SIDE - if g + 1 == G { shared } else { 0 };
            rows[g].data = &data[first * step..];
        }
        let sums = T::turn_and_multiply::<S, G>(s, rows, self.x);
        write(s, &[sums], Columns { first: column, shared, few: 0 }, self.out.from(0, 0));
    }
}
