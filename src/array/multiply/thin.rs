//! Products that are too thin for tiles: those of a few terms, a few rows, or so few columns that no vector is full. The order
//! of sums is that of all others.

use super::lanes::{Job, Machine, Number, Rows, lanes, run};
use super::tile::Out;
use super::{Matrix, PIECE};

/// Multiply-adds up to which products of few columns are made number by number: of all elements, or of a row.
const FEW: usize = 512;
const FEW_A_ROW: usize = 24;

/// Numbers of a right-hand operand that is copied for it, if its rows have gaps.
const SMALL: usize = 64;

/// Rows up to which a matrix whose columns lie one after the other is turned anew for each [`TOGETHER`] of them.
const ROWS: usize = 16;

/// Rows that are multiplied with such a matrix together.
const TOGETHER: usize = 8;

/// Terms up to which a result is written row by row.
const OUTER: usize = 4;

/// Numbers of a matrix that is far away, so that the order in which it is read matters.
const FAR: usize = 1 << 17;

/// Columns of a row that is copied at a time: no power of two, or copies of several rows would be in each other's way.
const SPAN: usize = 1040;

/// Whether it is one of these; if so, it is done.
pub fn multiply<S: Machine, T: Number>(
    s: S,
    a: Matrix<'_, T>,
    b: Matrix<'_, T>,
    out: &mut Out<'_, T>,
) -> bool {
    let ([m, k], [_, n]) = (a.shape, b.shape);
    let mut out = out.from(0, 0);
    if k == 0 {
        if !out.adding {
            out.data.chunks_mut(out.step).take(m).for_each(|row| row[..n].fill(T::ZERO));
        }
    } else if k == 1 || k <= OUTER && n >= lanes::<T, S>() {
        // Far away, lines that are written by halves are as fast, and long vectors often reach over two of them.
        if m * n > FAR { outer(s.turning(), a, b, out) } else { outer(s, a, b, out) }
    } else if m == 1 && b.strides[1] == 1 && n * k > FAR {
        streamed(s, a, b, &mut out);
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
    } else if lanes::<T, S::Turning>() != T::SIDE {
        return false;
    } else if m <= ROWS && b.strides[0] == 1 && n >= T::SIDE {
        let steps = [out.step, 1];
        turned(s.turning(), a, b, &mut Strided { data: out.data, steps, adding: out.adding });
    } else if n < T::SIDE && a.strides[1] == 1 && m >= T::SIDE {
        let steps = [1, out.step];
        let out = &mut Strided { data: out.data, steps, adding: out.adding };
        turned(s.turning(), b.transposed(), a.transposed(), out);
    } else {
        return false;
    }
    true
}

/// A few columns times as many rows.
fn outer<S: Machine, T: Number>(s: S, a: Matrix<'_, T>, b: Matrix<'_, T>, out: Out<'_, T>) {
    match a.shape[1] {
        1 => outer_of::<_, _, 1>(s, a, b, out),
        2 => outer_of::<_, _, 2>(s, a, b, out),
        3 => outer_of::<_, _, 3>(s, a, b, out),
        _ => outer_of::<_, _, 4>(s, a, b, out),
    }
}

/// The same for K of them: the result is written row by row.
fn outer_of<S: Machine, T: Number, const K: usize>(
    s: S,
    a: Matrix<'_, T>,
    b: Matrix<'_, T>,
    mut out: Out<'_, T>,
) {
    let [_, n] = b.shape;
    if b.strides[1] == 1 {
        let lines = std::array::from_fn(|l| &b.data[l * b.strides[0]..][..n]);
        return run(s, Outer::<T, K> { a, lines, out });
    }
    T::with_room(|room| {
        room.resize(room.len().max(K * SPAN), T::ZERO);
        for column in (0..n).step_by(SPAN) {
            let b = b.columns(column, SPAN.min(n - column));
            let [_, n] = b.shape;
            for (l, line) in room.chunks_exact_mut(SPAN).enumerate().take(K) {
                for (place, j) in line[..n].iter_mut().zip(0..) {
                    *place = b.data[l * b.strides[0] + j * b.strides[1]];
                }
            }
            let lines = std::array::from_fn(|l| &room[l * SPAN..][..n]);
            run(s, Outer::<T, K> { a, lines, out: out.from(0, column) });
        }
    });
}

struct Outer<'a, T, const K: usize> {
    a: Matrix<'a, T>,
    lines: [&'a [T]; K],
    out: Out<'a, T>,
}

impl<T: Number, const K: usize> Job for Outer<'_, T, K> {
    #[inline(always)]
    fn run<S: Machine>(self, s: S) {
        let Self { a, lines, out } = self;
        let [down, right] = a.strides;
        for (i, row) in out.data.chunks_mut(out.step).enumerate().take(a.shape[0]) {
            let row = &mut row[..lines[0].len()];
            let factors = std::array::from_fn(|l| a.data[i * down + l * right]);
            if out.adding {
                chains::<S, T, K, false, true>(s, factors, lines, row);
            } else {
                chains::<S, T, K, false, false>(s, factors, lines, row);
            }
        }
    }
}

/// Chains of K terms, from 0 or ON from what is there; written, or ADDING to what is there.
#[inline(always)]
fn chains<S: Machine, T: Number, const K: usize, const ON: bool, const ADDING: bool>(
    s: S,
    factors: [T; K],
    lines: [&[T]; K],
    row: &mut [T],
) {
    let lanes = lanes::<T, S>();
    let x = factors.map(|x| T::splat(s, x));
    let chain = |at: usize, place: &mut T::Vector<S>| {
        let mut sum = if ON { *place } else { T::splat(s, T::ZERO) };
        for l in 0..K {
            let line = T::vectors::<S>(&lines[l][at..at + lanes])[0];
            // One term alone is no sum, which would turn −0 to 0.
            sum =
                if K == 1 && !ON { T::multiply(s, x[l], line) } else { T::multiply_add(s, x[l], line, sum) };
        }
        *place = if ADDING { T::add(s, *place, sum) } else { sum };
    };
    let count = row.len();
    let mut at = 0;
    for place in T::vectors_mut::<S>(row) {
        chain(at, place);
        at += lanes;
    }
    if at == count {
        return;
    }
    if !ON && !ADDING && count >= lanes {
        // The last vector reaches back, and writes some a second time.
        return chain(count - lanes, &mut T::vectors_mut::<S>(&mut row[count - lanes..])[0]);
    }
    for at in at..count {
        let mut sum = if ON { row[at] } else { T::ZERO };
        for l in 0..K {
            let (x, y) = (factors[l], lines[l][at]);
            sum = if K == 1 && !ON { T::multiply_one(x, y) } else { T::multiply_add_one::<S>(x, y, sum) };
        }
        row[at] = if ADDING { T::add_one(row[at], sum) } else { sum };
    }
}

/// A row times a matrix that no near cache holds, read in the order of memory: some of its rows at a time.
fn streamed<S: Machine, T: Number>(s: S, a: Matrix<'_, T>, b: Matrix<'_, T>, out: &mut Out<'_, T>) {
    let ([_, k], [_, n]) = (a.shape, b.shape);
    T::with_room(|room| {
        room.resize(room.len().max(n), T::ZERO);
        for term in (0..k).step_by(PIECE) {
            let depth = PIECE.min(k - term);
            let adding = out.adding || term > 0;
            let sums = if adding { &mut room[..n] } else { &mut out.data[..n] };
            sums.fill(T::ZERO);
            run(s, Streamed { a: a.columns(term, depth), b: b.rows(term, depth), sums });
            if adding {
                for (place, sum) in out.data[..n].iter_mut().zip(&room[..n]) {
                    *place = T::add_one(*place, *sum);
                }
            }
        }
    });
}

struct Streamed<'a, T> {
    a: Matrix<'a, T>,
    b: Matrix<'a, T>,
    sums: &'a mut [T],
}

impl<T: Number> Job for Streamed<'_, T> {
    #[inline(always)]
    fn run<S: Machine>(self, s: S) {
        const ROWS: usize = 8;
        let Self { a, b, sums } = self;
        let [depth, n] = b.shape;
        let factor = |l: usize| a.data[l * a.strides[1]];
        let line = |l: usize| &b.data[l * b.strides[0]..][..n];
        let whole = depth / ROWS * ROWS;
        for l in (0..whole).step_by(ROWS) {
            let (factors, lines) =
                (std::array::from_fn(|r| factor(l + r)), std::array::from_fn(|r| line(l + r)));
            chains::<S, T, ROWS, true, false>(s, factors, lines, sums);
        }
        for l in whole..depth {
            chains::<S, T, 1, true, false>(s, [factor(l)], [line(l)], sums);
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

/// A result whose element (i, j) lies at i·`steps[0]` + j·`steps[1]`.
struct Strided<'a, T> {
    data: &'a mut [T],
    steps: [usize; 2],
    adding: bool,
}

/// A few rows times a matrix whose columns lie in memory one after the other: blocks of it are turned in registers, so that a
/// vector holds the same term of several sums.
fn turned<S: Machine, T: Number>(s: S, a: Matrix<'_, T>, b: Matrix<'_, T>, out: &mut Strided<'_, T>) {
    let [m, k] = a.shape;
    for term in (0..k).step_by(PIECE) {
        let depth = PIECE.min(k - term);
        let (a, b) = (a.columns(term, depth), b.rows(term, depth));
        for row in (0..m).step_by(TOGETHER) {
            let rows = TOGETHER.min(m - row);
            let steps = out.steps;
            let out =
                Strided { data: &mut out.data[row * steps[0]..], steps, adding: out.adding || term > 0 };
            let a = a.rows(row, rows);
            match rows {
                1 => run(s, Turned::<T, 1> { a, b, out }),
                2 => run(s, Turned::<T, 2> { a, b, out }),
                3 => run(s, Turned::<T, 3> { a, b, out }),
                4 => run(s, Turned::<T, 4> { a, b, out }),
                5 => run(s, Turned::<T, 5> { a, b, out }),
                6 => run(s, Turned::<T, 6> { a, b, out }),
                7 => run(s, Turned::<T, 7> { a, b, out }),
                _ => run(s, Turned::<T, 8> { a, b, out }),
            }
        }
    }
}

struct Turned<'a, T, const R: usize> {
    a: Matrix<'a, T>,
    b: Matrix<'a, T>,
    out: Strided<'a, T>,
}

impl<T: Number, const R: usize> Job for Turned<'_, T, R> {
    #[inline(always)]
    fn run<S: Machine>(mut self, s: S) {
        let [depth, n] = self.b.shape;
        let mut copy = [[T::ZERO; R]; PIECE];
        let [down, right] = self.a.strides;
        for (l, line) in copy[..depth].iter_mut().enumerate() {
            for (r, place) in line.iter_mut().enumerate() {
                *place = self.a.data[r * down + l * right];
            }
        }
        let factors = &copy[..depth];
        let mut column = 0;
        while column < n {
            // Several chains at a time, since one waits for itself.
            let count = (n - column).div_ceil(T::SIDE).min(most_groups(R));
            match count {
                4 if const { most_groups(R) >= 4 } => self.groups::<S, 4>(s, factors, column),
                3 if const { most_groups(R) >= 3 } => self.groups::<S, 3>(s, factors, column),
                2 if const { most_groups(R) >= 2 } => self.groups::<S, 2>(s, factors, column),
                _ => self.groups::<S, 1>(s, factors, column),
            }
            column += count * T::SIDE;
        }
    }
}

/// How many vectors are turned side by side for so many rows.
const fn most_groups(rows: usize) -> usize {
    match rows {
        1 => 4,
        2..=4 => 2,
        _ => 1,
    }
}

impl<T: Number, const R: usize> Turned<'_, T, R> {
    /// G vectors of columns; the last one reaches back.
    #[inline(always)]
    fn groups<S: Machine, const G: usize>(&mut self, s: S, factors: &[[T; R]], column: usize) {
        let Matrix { data, shape: [depth, n], strides: [_, step] } = self.b;
        let at = |g: usize| (column + g * T::SIDE).min(n - T::SIDE);
        let mut rows = [Rows { data, step, depth }; G];
        for g in 0..G {
            rows[g].data = &data[at(g) * step..];
        }
        let sums = T::turn_and_multiply::<S, R, G>(s, rows, factors);
        // By way of memory: a loop that is not unrolled would keep the sums themselves out of the registers.
        let mut lines = [[[T::ZERO; 8]; R]; G];
        for g in 0..G {
            for r in 0..R {
                T::vectors_mut::<S>(&mut lines[g][r][..T::SIDE])[0] = sums[g][r];
            }
        }
        let Strided { data, steps: [down, right], adding } = &mut self.out;
        for (g, lines) in lines.iter().enumerate() {
            let (at, skipped) = (at(g), column + g * T::SIDE - at(g));
            for (r, line) in lines.iter().enumerate() {
                let line = &line[..T::SIDE];
                if *right == 1 && (skipped == 0 || !*adding) {
                    let sums = T::vectors::<S>(line)[0];
                    let place = &mut T::vectors_mut::<S>(&mut data[r * *down + at..][..T::SIDE])[0];
                    *place = if *adding { T::add(s, *place, sums) } else { sums };
                } else {
                    for (i, sum) in line.iter().enumerate().skip(skipped) {
                        let place = &mut data[r * *down + (at + i) * *right];
                        *place = if *adding { T::add_one(*place, *sum) } else { *sum };
                    }
                }
            }
        }
    }
}
