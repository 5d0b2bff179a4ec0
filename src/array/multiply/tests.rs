use super::{Instructions, Matrix, Number, PIECE, multiply_with};
use std::fmt::Debug;

/// Numbers between −1 and 1.
fn numbers<T: From<f32>>(count: usize, seed: u32) -> Vec<T> {
    let mut state = seed;
    let mut draw = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        f32::from(u16::try_from(state >> 16).expect("16 bits")) / 32768.0 - 1.0
    };
    (0..count).map(|_| T::from(draw())).collect()
}

/// The ways in which a matrix may lie: by rows, by columns, with gaps both ways.
const LIES: usize = 3;

/// A matrix of these elements, in row-major order, as it lies in the memory made for it.
struct Lain<T> {
    memory: Vec<T>,
    shape: [usize; 2],
    strides: [usize; 2],
}

impl<T: Copy> Lain<T> {
    fn new(elements: &[T], [m, n]: [usize; 2], lie: usize, filler: T) -> Self {
        let strides = [[n, 1], [1, m], [3 * n + 1, 3]][lie];
        let mut memory = vec![filler; elements.len() * 9 + m + 1];
        // No longer than needed, so that reading past the end is found out.
        memory.truncate((m.max(1) - 1) * strides[0] + (n.max(1) - 1) * strides[1] + 1);
        for i in 0..m {
            for j in 0..n {
                memory[i * strides[0] + j * strides[1]] = elements[i * n + j];
            }
        }
        Self { memory, shape: [m, n], strides }
    }

    fn matrix(&self) -> Matrix<'_, T> {
        Matrix { data: &self.memory, shape: self.shape, strides: self.strides }
    }
}

/// What [`multiply_with`] promises, in plain loops.
trait Reference: Number + Debug + PartialEq + From<f32> + Into<f64> {
    fn multiply_add(self, b: Self, c: Self, once: bool) -> Self;

    fn product(
        a: &[Self],
        b: &[Self],
        [m, k, n]: [usize; 3],
        once: bool,
        there: Option<&[Self]>,
    ) -> Vec<Self> {
        let mut out = there.map_or_else(|| vec![Self::ZERO; m * n], <[Self]>::to_vec);
        for i in 0..m {
            for j in 0..n {
                for piece in (0..k).step_by(PIECE) {
                    let mut sum = Self::ZERO;
                    for l in piece..(piece + PIECE).min(k) {
                        sum = a[i * k + l].multiply_add(b[l * n + j], sum, once);
                    }
                    let place = &mut out[i * n + j];
                    *place = if piece == 0 && there.is_none() { sum } else { Self::add_one(*place, sum) };
                }
            }
        }
        out
    }
}

impl Reference for f32 {
    fn multiply_add(self, b: Self, c: Self, once: bool) -> Self {
        if once { self.mul_add(b, c) } else { self * b + c }
    }
}

impl Reference for f64 {
    fn multiply_add(self, b: Self, c: Self, once: bool) -> Self {
        if once { self.mul_add(b, c) } else { self * b + c }
    }
}

/// Tiles of every height and width, panels that are full and not, pieces that are, blocks, strips, and what is thin.
fn shapes() -> Vec<[usize; 3]> {
    let mut shapes = vec![[0, 3, 2], [3, 0, 2], [2, 3, 0], [1, 1, 1], [5, 1, 40], [5, 1, 3], [40, 1, 1]];
    for m in 1..=13 {
        shapes.extend([[m, 7, 19], [m, 4, 8], [m, 195, 33], [m, 30, 3], [m, 9, 70]]);
    }
    for n in (1..=20).chain([24, 31, 33, 40]) {
        shapes.extend([[7, 5, n], [1, 40, n], [n, 40, 1], [2, 193, n], [25, 6, n]]);
    }
    shapes.extend([[100, 64, 30], [30, 400, 64], [1, 200, 100], [100, 200, 1], [130, 65, 140], [700, 10, 9]]);
    // Few columns whose sums lie along memory, more rows than are turned together, results written row by row.
    shapes.extend([
        [40, 200, 5],
        [19, 70, 2],
        [11, 200, 40],
        [16, 9, 35],
        [9, 2, 130],
        [3, 4, 1050],
        [4, 3, 17],
    ]);
    // A matrix so large that its rows are streamed.
    shapes.extend([[1, 200, 700], [1, 390, 360]]);
    shapes.extend([[3, 3, 1100], [1, 3, 1100], [8, 1, 1100], [50, 193, 1030], [200, 385, 20]]);
    // So many rows that they go through all pieces a part at a time.
    shapes.extend([[210, 400, 300], [99, 193, 1040]]);
    shapes
}

fn agrees<T: Reference>() {
    let nan = T::from(f32::NAN);
    for dims in shapes() {
        let [m, k, n] = dims;
        let (a, b) = (numbers::<T>(m * k, 1), numbers::<T>(k * n, 2));
        let large = m * k * n > 1 << 16;
        let lies = if large { 2 } else { LIES };
        for once in [false, true] {
            let expected = T::product(&a, &b, dims, once, None);
            // What is there, then each piece in order.
            let added = (!large).then(|| T::product(&a, &b, dims, once, Some(&expected)));
            for instructions in Instructions::all().into_iter().filter(|set| set.fused() == once) {
                for (lie_a, lie_b) in (0..lies).flat_map(|a| (0..lies).map(move |b| (a, b))) {
                    let a = Lain::new(&a, [m, k], lie_a, nan);
                    let b = Lain::new(&b, [k, n], lie_b, nan);
                    let case = format!("{m} {k} {n}, {lie_a} {lie_b}, {instructions:?}");
                    let mut out = vec![nan; m * n];
                    multiply_with(instructions, a.matrix(), b.matrix(), &mut out, false);
                    assert!(out == expected, "{case}: not the sums in order");
                    if let Some(added) = &added {
                        multiply_with(instructions, a.matrix(), b.matrix(), &mut out, true);
                        assert!(out == *added, "{case}: not added");
                    }
                }
            }
        }
    }
}

/// On each instruction set that the machine has, however operands lie, to the bit.
#[test]
fn sums_are_in_the_order_that_is_promised() {
    agrees::<f32>();
    agrees::<f64>();
}

/// Of elements that stand in several places: a row or a column that is repeated, one number, windows that overlap.
#[test]
fn what_is_repeated_or_overlaps_is_read_as_it_lies() {
    for [m, k, n] in shapes().into_iter().filter(|dims| dims.iter().product::<usize>() < 1 << 12) {
        let memory = numbers::<f32>(m + 2 * k + n, 8);
        for (of_a, of_b) in (0..5).flat_map(|a| (0..5).map(move |b| (a, b))) {
            let lies = [[0, 1], [1, 0], [0, 0], [1, 1], [2, 1]];
            let seen = |shape: [usize; 2], lie: usize| {
                let strides: [usize; 2] = lies[lie];
                let at = |i: usize| i / shape[1].max(1) * strides[0] + i % shape[1].max(1) * strides[1];
                let count = shape[0] * shape[1];
                // No longer than needed, so that reading past the end is found out.
                let memory = memory.iter().cycle().take(at(count.max(1) - 1) + 1).copied().collect();
                let lain = Lain { memory, shape, strides };
                let elements: Vec<f32> = (0..count).map(|i| lain.memory[at(i)]).collect();
                (lain, elements)
            };
            let ((a, a_elements), (b, b_elements)) = (seen([m, k], of_a), seen([k, n], of_b));
            for instructions in Instructions::all() {
                let expected = f32::product(&a_elements, &b_elements, [m, k, n], instructions.fused(), None);
                let mut out = vec![f32::NAN; m * n];
                multiply_with(instructions, a.matrix(), b.matrix(), &mut out, false);
                assert!(out == expected, "{m} {k} {n}, {:?} {:?}, {instructions:?}", lies[of_a], lies[of_b]);
            }
        }
    }
}

/// Within 192 + ⌈k / 192⌉ unit roundoffs of Σ|aᵢbᵢ|, of the sum in double precision.
#[test]
fn it_is_the_product_and_keeps_within_its_bounds() {
    for instructions in Instructions::all() {
        for [m, k, n] in [[3, 5, 2], [97, 31, 5], [30, 1437, 64], [7, 2, 200], [1, 900, 50], [6, 192, 16]] {
            let (a, b) = (numbers::<f32>(m * k, 3), numbers::<f32>(k * n, 4));
            let [a_lain, b_lain] = [Lain::new(&a, [m, k], 0, 0.0), Lain::new(&b, [k, n], 0, 0.0)];
            let mut out = vec![0.0; m * n];
            multiply_with(instructions, a_lain.matrix(), b_lain.matrix(), &mut out, false);
            for (at, got) in out.iter().enumerate() {
                let terms = (0..k).map(|l| f64::from(a[at / n * k + l]) * f64::from(b[l * n + at % n]));
                let (sum, size) = terms.fold((0.0, 0.0), |(sum, size), x| (sum + x, size + x.abs()));
                let roundings = u16::try_from(k.min(PIECE) + k.div_ceil(PIECE)).expect("some");
                let bound = f64::from(roundings) * f64::from(f32::EPSILON) / 2.0 * size;
                assert!((f64::from(*got) - sum).abs() <= bound, "{got} for {sum}, {m} {k} {n}");
            }
        }
    }
}

/// Cut along rows and columns, and transposed as a whole.
#[test]
fn no_bit_depends_on_a_cut() {
    for instructions in Instructions::all() {
        for [m, k, n] in [[33, 64, 30], [64, 700, 30], [20, 390, 45]] {
            let (a, b) = (numbers::<f32>(m * k, 5), numbers::<f32>(k * n, 6));
            let [a, b] = [Lain::new(&a, [m, k], 0, 0.0), Lain::new(&b, [k, n], 0, 0.0)];
            let product = |a: Matrix<'_, f32>, b: Matrix<'_, f32>| {
                let mut out = vec![f32::NAN; a.shape[0] * b.shape[1]];
                multiply_with(instructions, a, b, &mut out, false);
                out
            };
            let (a, b) = (a.matrix(), b.matrix());
            let whole = product(a, b);
            let turned = product(b.transposed(), a.transposed());
            for (at, x) in turned.iter().enumerate() {
                assert_eq!(x.to_bits(), whole[at % m * n + at / m].to_bits());
            }
            for size in [1, 2, 3, 8, 17] {
                for row in (0..m).step_by(size) {
                    for column in (0..n).step_by(size) {
                        let (rows, columns) = (size.min(m - row), size.min(n - column));
                        let part = product(a.rows(row, rows), b.columns(column, columns));
                        for (at, x) in part.iter().enumerate() {
                            let same = whole[(row + at / columns) * n + column + at % columns];
                            assert_eq!(x.to_bits(), same.to_bits(), "{m} {k} {n} cut by {size}");
                        }
                    }
                }
            }
        }
    }
}

/// One term is that term: the sign of a zero, too.
#[test]
fn one_term_is_the_product_to_the_bit() {
    for instructions in Instructions::all() {
        let (a, b) = ([-0.0_f32, 1.0, -3.0], numbers::<f32>(20, 7));
        let b: Vec<f32> = b.into_iter().chain([0.0]).collect();
        let [x, y] = [Lain::new(&a, [3, 1], 0, 0.0), Lain::new(&b, [1, 21], 0, 0.0)];
        let mut out = vec![f32::NAN; 63];
        multiply_with(instructions, x.matrix(), y.matrix(), &mut out, false);
        for (at, got) in out.iter().enumerate() {
            assert_eq!(got.to_bits(), (a[at / 21] * b[at % 21]).to_bits());
        }
    }
}
