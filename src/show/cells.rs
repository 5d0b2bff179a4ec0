//! An array as the cells of a picture: each element one, or of a large array a sample, or a cell for each block.

use crate::Float;
use ndarray::ArrayViewD;

/// An array of any shape as a matrix, its last axis to the right and all others downwards.
pub(super) struct Cells {
    pub rows: usize,
    pub columns: usize,
    /// Rows and columns of the array.
    pub of: [usize; 2],
    /// How many elements a cell stands for, downwards and to the right.
    pub block: [usize; 2],
    /// In row-major order: of a block, the element of largest magnitude.
    pub values: Vec<f64>,
}

impl Cells {
    /// Of the elements of an array in row-major order, as at most so many rows and columns: of a large array a cell is a
    /// block, so that nothing in it goes unseen.
    pub fn of(shape: &[usize], elements: impl Iterator<Item = f64>, most: [usize; 2]) -> Self {
        let [height, width] = matrix(shape);
        let block = [height.div_ceil(most[0]).max(1), width.div_ceil(most[1]).max(1)];
        let [rows, columns] = [height.div_ceil(block[0]), width.div_ceil(block[1])];
        let mut values = vec![0.0_f64; rows * columns];
        for (i, x) in elements.enumerate() {
            let cell = &mut values[i / width / block[0] * columns + i % width / block[1]];
            if size(x) > size(*cell) {
                *cell = x;
            }
        }
        Self { rows, columns, of: [height, width], block, values }
    }

    /// Elements at equal distances, at most so many rows and columns: so the picture looks like the array, where blocks
    /// would all be as strong as the strongest in them.
    pub fn sample<T: Float>(view: &ArrayViewD<'_, T>, most: [usize; 2]) -> Self {
        let [height, width] = matrix(view.shape());
        let [rows, columns] = [height.min(most[0]), width.min(most[1])];
        let values = (0..rows * columns)
            .map(|i| (picked(i / columns, height, rows), picked(i % columns, width, columns)))
            .map(|(line, column)| element(view, line, column).to_f64())
            .collect();
        Self { rows, columns, of: [height, width], block: [1, 1], values }
    }

    /// The cell in which this element is.
    pub fn cell(&self, at: &[usize], shape: &[usize]) -> [usize; 2] {
        let row = at.iter().zip(shape).rev().skip(1).rev().fold(0, |row, (i, n)| row * n + i);
        [row / self.block[0], at.last().map_or(0, |column| column / self.block[1])]
    }

    /// The largest finite magnitude.
    pub fn largest(&self) -> f64 {
        self.values.iter().filter(|x| x.is_finite()).fold(0.0, |most, x| most.max(x.abs()))
    }

    /// Whether there are fewer cells than elements.
    pub fn is_part(&self) -> bool {
        [self.rows, self.columns] != self.of
    }
}

/// Rows and columns of an array that is drawn as a matrix.
pub(super) fn matrix(shape: &[usize]) -> [usize; 2] {
    let width = shape.last().copied().unwrap_or(1);
    [shape.iter().rev().skip(1).product::<usize>() * usize::from(width > 0), width]
}

/// The place of the `i`th that is drawn, of so many.
pub(super) fn picked(i: usize, of: usize, drawn: usize) -> usize {
    // Of at most 2⁶³ by at most 4096, in 128 bits.
    usize::try_from(i as u128 * of as u128 / drawn as u128).unwrap_or(i)
}

/// The element in this column of this line, where all axes but the last count lines.
pub(super) fn element<T: Float>(view: &ArrayViewD<'_, T>, line: usize, column: usize) -> T {
    let mut index = vec![0; view.ndim()];
    let (mut rest, axes) = (line, view.shape());
    if let Some(last) = index.last_mut() {
        *last = column;
    }
    for axis in (0..axes.len().saturating_sub(1)).rev() {
        index[axis] = rest % axes[axis];
        rest /= axes[axis];
    }
    view[index.as_slice()]
}

/// What there is to say of all elements of an array, however many are drawn.
#[derive(Default)]
pub(super) struct Summary {
    /// Of the finite ones, of which there are so many: the smallest, the largest, and the mean.
    pub low: f64,
    pub high: f64,
    pub mean: f64,
    pub finite: usize,
    pub nans: usize,
    pub infinite: usize,
}

impl Summary {
    pub fn of<T: Float>(view: &ArrayViewD<'_, T>) -> Self {
        let mut all = Self { low: f64::INFINITY, high: f64::NEG_INFINITY, ..Self::default() };
        for x in view.iter().map(|x| x.to_f64()) {
            if x.is_finite() {
                (all.low, all.high, all.mean) = (all.low.min(x), all.high.max(x), all.mean + x);
                all.finite += 1;
            } else if x.is_nan() {
                all.nans += 1;
            } else {
                all.infinite += 1;
            }
        }
        #[allow(clippy::cast_precision_loss)] // far fewer than 2⁵³
        let finite = all.finite as f64;
        all.mean /= finite;
        all
    }

    /// The largest finite magnitude: what the colours reach to.
    pub fn largest(&self) -> f64 {
        if self.finite == 0 { 0.0 } else { self.low.abs().max(self.high.abs()) }
    }
}

/// By which the most striking element of a block is chosen: NaN before infinities, and those before numbers.
fn size(x: f64) -> (bool, f64) {
    (x.is_nan(), if x.is_nan() { 0.0 } else { x.abs() })
}

#[cfg(test)]
#[allow(clippy::float_cmp)] // What is exact is compared so.
mod tests {
    use super::*;
    use ndarray::ArrayD;

    fn cells(array: &ArrayD<f64>) -> Cells {
        Cells::of(array.shape(), array.iter().copied(), [64, 64])
    }

    #[test]
    fn a_block_shows_what_is_largest_in_it() {
        let mut array = ArrayD::zeros(vec![2, 70, 3]);
        array[[1, 69, 2]] = -5.0;
        array[[0, 1, 0]] = f64::NAN;
        array[[0, 0, 0]] = f64::INFINITY;
        let all = cells(&array);
        assert_eq!((all.rows, all.columns, all.block), (47, 3, [3, 1]));
        assert!(all.values[0].is_nan() && all.is_part());
        let at = all.cell(&[1, 69, 2], array.shape());
        assert_eq!((at, all.values[at[0] * 3 + at[1]], all.largest()), ([46, 2], -5.0, 5.0));
        for shape in [vec![], vec![0], vec![0, 3], vec![3, 0], vec![5]] {
            let all = cells(&ArrayD::ones(shape.clone()));
            assert_eq!(all.values.len(), shape.iter().product::<usize>(), "{shape:?}");
        }
        assert_eq!(cells(&ArrayD::ones(vec![])).cell(&[], &[]), [0, 0]);
    }

    /// Of a picture of few strong elements, most of a sample is weak.
    #[test]
    fn a_sample_looks_like_the_array() {
        let array =
            ndarray::Array3::from_shape_fn(
                (10, 20, 30),
                |(i, j, k)| {
                    if (i * 20 + j + k) % 4 == 0 { 9.0 } else { -0.5 }
                },
            );
        let array = array.into_dyn();
        let all = Cells::sample(&array.view(), [8, 24]);
        assert_eq!((all.rows, all.columns, all.of, all.is_part()), (8, 24, [200, 30], true));
        // Line 3 of 8 is the 75th of 200, column 13 of 24 the 16th of 30.
        assert_eq!(all.values[3 * 24 + 13], array[[3, 15, 16]]);
        let strong = all.values.iter().filter(|x| **x > 0.0).count();
        assert!((32..64).contains(&strong), "{strong} of 192");
        assert!(cells(&array).values.iter().all(|x| *x > 0.0), "of blocks all are strong");
        for shape in [vec![], vec![0], vec![0, 3], vec![3, 0], vec![5]] {
            let all = Cells::sample(&ArrayD::<f64>::ones(shape.clone()).view(), [64, 64]);
            assert_eq!(all.values.len(), shape.iter().product::<usize>(), "{shape:?}");
            assert!(!all.is_part());
        }
    }

    #[test]
    fn all_elements_are_told_of() {
        let array = ndarray::arr1(&[1.0, -3.0, f64::NAN, f64::INFINITY]).into_dyn();
        let Summary { low, high, mean, finite, nans, infinite } = Summary::of(&array.view());
        assert_eq!((low, high, mean, finite, nans, infinite), (-3.0, 1.0, -1.0, 2, 1, 1));
        assert_eq!(Summary::of(&array.view()).largest(), 3.0);
        assert_eq!(Summary::of(&ArrayD::<f64>::zeros(vec![0]).view()).largest(), 0.0);
    }
}
