//! Running sums.
//!
//! A plain running sum of n terms may be n unit roundoffs of Σ|terms| off, where the sum of the same terms is a handful. Here terms
//! are added up in blocks, and what each addition rounds off is found exactly (D. E. Knuth, *The Art of Computer Programming* 2,
//! 1997, §4.2.2, theorem B) and added up on the side, where nothing has to wait for it (A. Neumaier, 1974). The blocks before are
//! carried as a number and a rest. Each result is within one unit roundoff of itself, and n [`BLOCK`] squared roundoffs of Σ|terms|
//! at most, of the exact one.

use super::{Arithmetic, AxisSet, Room, Value};
use crate::error::Problem;

/// Columns that are summed up side by side.
const STRIP: usize = 16;

/// Terms that are added before they are carried.
const BLOCK: usize = 64;

/// A sum.
#[derive(Clone, Copy)]
struct Running<T> {
    /// Of the blocks before, and what it lacks.
    carried: [T; 2],
    /// Of this block, and what its roundings lost.
    sum: T,
    lost: T,
}

impl<T: Arithmetic> Running<T> {
    fn from(first: T) -> Self {
        Self { carried: [T::ZERO; 2], sum: first, lost: T::ZERO }
    }

    /// Adds a term of this block, and gives the sum so far.
    #[inline(always)]
    fn add(&mut self, term: T) -> T {
        let [sum, lost] = two_sum(self.sum, term);
        (self.sum, self.lost) = (sum, self.lost + lost);
        let [most, rest] = self.parts();
        most + rest
    }

    /// The sum so far, in two parts.
    #[inline(always)]
    fn parts(&self) -> [T; 2] {
        let [most, lost] = two_sum(self.carried[0], self.sum);
        [most, lost + (self.lost + self.carried[1])]
    }

    /// Ends the block.
    fn carry(&mut self) {
        let [most, rest] = self.parts();
        *self = Self { carried: two_sum(most, rest), sum: T::ZERO, lost: T::ZERO };
    }
}

/// The sum, and what its rounding takes from it; an infinite one has lost nothing: ∞ − ∞ is not to make it NaN.
#[inline(always)]
fn two_sum<T: Arithmetic>(a: T, b: T) -> [T; 2] {
    let sum = a + b;
    let part = sum - a;
    let lost = (a - (sum - part)) + (b - part);
    [sum, if lost.is_nan() { T::ZERO } else { lost }]
}

/// Along an axis of `n`, of which each element is `inner` neighbours.
pub(crate) fn run<T: Arithmetic>(elements: &mut [T], n: usize, inner: usize) {
    for slab in elements.chunks_mut((n * inner).max(1)) {
        for start in (0..inner).step_by(STRIP) {
            if inner == 1 {
                run_strip::<T, 1>(slab, inner, start, 1);
            } else {
                run_strip::<T, STRIP>(slab, inner, start, STRIP.min(inner - start));
            }
        }
    }
}

/// So many columns from `start` on, at most `N`.
fn run_strip<T: Arithmetic, const N: usize>(slab: &mut [T], inner: usize, start: usize, width: usize) {
    let mut running: [Running<T>; N] = std::array::from_fn(|i| Running::from(slab[start + i.min(width - 1)]));
    for (i, row) in slab.chunks_mut(inner).enumerate().skip(1) {
        if i % BLOCK == 0 {
            running.iter_mut().for_each(Running::carry);
        }
        for (x, running) in row[start..][..width].iter_mut().zip(&mut running) {
            *x = running.add(*x);
        }
    }
}

/// The running sums along these axes, one after the other.
pub(crate) fn running_sum<T: Arithmetic>(
    x: &Value<T>,
    axes: AxisSet,
    room: &Room<T>,
) -> Result<Value<T>, Problem> {
    let shape = x.shape();
    let mut out = x.elements(room)?;
    for axis in axes.iter() {
        run(&mut out, shape[axis], shape[axis + 1..].iter().product());
    }
    Ok(Value::from_vec(shape, out))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of<T: Arithmetic>(terms: &[T]) -> Vec<T> {
        let mut elements = terms.to_vec();
        run(&mut elements, terms.len(), 1);
        elements
    }

    /// 5,000,000 terms: a plain sum in single precision ends at 2448.7.
    #[test]
    fn a_long_sum_is_as_accurate_as_a_short_one() {
        let term = 0.0005_f32;
        let sums = of(&vec![term; 5_000_000]);
        for (i, sum) in sums.iter().enumerate().step_by(997) {
            let exact = f64::from(term) * f64::from(u32::try_from(i + 1).expect("few"));
            assert!((f64::from(*sum) - exact).abs() <= exact * f64::from(f32::EPSILON), "{i}: {sum}");
        }
        assert_eq!(sums.last(), Some(&2500.0));
        // Terms that cancel: the small ones are what is left.
        assert_eq!(of(&[1e8_f32, 1.0, -1e8, 1.0]), [1e8, 1e8, 1.0, 2.0]);
    }

    #[test]
    fn infinities_and_nan_are_those_of_a_plain_sum() {
        let inf = f64::INFINITY;
        assert_eq!(of(&[1.0, inf, 2.0, 1e308]), [1.0, inf, inf, inf]);
        assert_eq!(of(&[1e308, 1e308, -1e308]), [1e308, inf, inf]);
        assert!(of(&[inf, -inf, 1.0])[1..].iter().all(|x| x.is_nan()));
        assert!(of(&[1.0, f64::NAN, 1.0])[1..].iter().all(|x| x.is_nan()));
        assert_eq!(of(&[-0.0_f64])[0].to_bits(), (-0.0_f64).to_bits());
    }

    /// Beside each other as one after the other.
    #[test]
    fn columns_are_summed_as_rows_are() {
        for inner in [1, 2, 15, 16, 17, 40] {
            let n = 9;
            let number =
                |row: usize, column: usize| 0.1_f32 * f32::from(u8::try_from(row * 7 + column).expect("few"));
            let mut columns: Vec<f32> = (0..n * inner).map(|i| number(i / inner, i % inner)).collect();
            run(&mut columns, n, inner);
            for column in 0..inner {
                let row: Vec<f32> = (0..n).map(|row| number(row, column)).collect();
                let there: Vec<f32> = columns.iter().skip(column).step_by(inner).copied().collect();
                assert_eq!(there, of(&row), "column {column} of {inner}");
            }
        }
    }
}
