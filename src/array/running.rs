//! Running sums.
//!
//! A plain running sum of n terms may be n unit roundoffs off, where the sum of the same terms is a handful. Here what each
//! addition rounds off is found exactly (D. E. Knuth, *The Art of Computer Programming* 2, 1997, §4.2.2, theorem B) and added
//! up on the side (A. Neumaier, 1974): each result is within one unit roundoff of itself, and n² squared roundoffs of
//! Σ|terms|, of the exact one. The additions on the side need not wait for each other, so that it is about as fast.

use super::{Arithmetic, AxisSet, Room, Value};
use crate::error::Problem;

/// Columns that are summed up side by side.
const STRIP: usize = 16;

/// A sum, and what its roundings lost.
#[derive(Clone, Copy)]
struct Running<T> {
    sum: T,
    lost: T,
}

impl<T: Arithmetic> Running<T> {
    fn from(first: T) -> Self {
        Self { sum: first, lost: -T::ZERO }
    }

    #[inline(always)]
    fn add(&mut self, term: T) -> T {
        let sum = self.sum + term;
        let part = sum - self.sum;
        let lost = (self.sum - (sum - part)) + (term - part);
        // An infinite sum has lost nothing: ∞ − ∞ is not to make it NaN.
        self.lost += if lost.is_nan() { T::ZERO } else { lost };
        self.sum = sum;
        sum + self.lost
    }
}

/// Along an axis of `n`, of which each element is `inner` neighbours.
pub(crate) fn run<T: Arithmetic>(elements: &mut [T], n: usize, inner: usize) {
    for slab in elements.chunks_mut((n * inner).max(1)) {
        if inner == 1 {
            let mut running = Running::from(slab[0]);
            slab[1..].iter_mut().for_each(|x| *x = running.add(*x));
            continue;
        }
        for start in (0..inner).step_by(STRIP) {
            let width = STRIP.min(inner - start);
            let mut running: [Running<T>; STRIP] =
                std::array::from_fn(|i| Running::from(slab[start + i.min(width - 1)]));
            for row in slab.chunks_mut(inner).skip(1) {
                for (x, running) in row[start..][..width].iter_mut().zip(&mut running) {
                    *x = running.add(*x);
                }
            }
        }
    }
}

/// The running sums along these axes, one after the other.
pub(crate) fn running_sum<T: Arithmetic>(
    x: &Value<T>,
    axes: AxisSet,
    room: &Room,
) -> Result<Value<T>, Problem> {
    let shape = x.shape();
    let mut out = room.collected(shape, x.view().iter().copied())?;
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
