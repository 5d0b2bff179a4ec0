//! An array as the cells of a picture.

use ndarray::ArrayD;

/// Rows and columns that are drawn one by one.
const MOST: usize = 64;

/// An array of any shape as a matrix, its last axis to the right and all others downwards; of a large one a cell is a block.
pub(super) struct Cells {
    pub rows: usize,
    pub columns: usize,
    /// How many elements a cell stands for, downwards and to the right.
    pub block: [usize; 2],
    /// In row-major order: of a block, the element of largest magnitude.
    pub values: Vec<f64>,
}

impl Cells {
    pub fn of(array: &ArrayD<f64>) -> Self {
        let width = array.shape().last().copied().unwrap_or(1);
        let height = array.len().checked_div(width).unwrap_or(0);
        let block = [height, width].map(|n| n.div_ceil(MOST).max(1));
        let [rows, columns] = [height.div_ceil(block[0]), width.div_ceil(block[1])];
        let mut values = vec![0.0_f64; rows * columns];
        for (i, x) in array.iter().enumerate() {
            let cell = &mut values[i / width / block[0] * columns + i % width / block[1]];
            if size(*x) > size(*cell) {
                *cell = *x;
            }
        }
        Self { rows, columns, block, values }
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

    pub fn is_sampled(&self) -> bool {
        self.block != [1, 1]
    }
}

/// By which the most striking element of a block is chosen: NaN before infinities, and those before numbers.
fn size(x: f64) -> (bool, f64) {
    (x.is_nan(), if x.is_nan() { 0.0 } else { x.abs() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_shows_what_is_largest_in_it() {
        let mut array = ArrayD::zeros(vec![2, 70, 3]);
        array[[1, 69, 2]] = -5.0;
        array[[0, 1, 0]] = f64::NAN;
        array[[0, 0, 0]] = f64::INFINITY;
        let cells = Cells::of(&array);
        assert_eq!((cells.rows, cells.columns, cells.block), (47, 3, [3, 1]));
        assert!(cells.values[0].is_nan() && cells.is_sampled());
        let at = cells.cell(&[1, 69, 2], array.shape());
        assert_eq!((at, cells.values[at[0] * 3 + at[1]], cells.largest()), ([46, 2], -5.0, 5.0));
        for shape in [vec![], vec![0], vec![0, 3], vec![3, 0], vec![5]] {
            let cells = Cells::of(&ArrayD::ones(shape.clone()));
            assert_eq!(cells.values.len(), shape.iter().product::<usize>(), "{shape:?}");
        }
        assert_eq!(Cells::of(&ArrayD::ones(vec![])).cell(&[], &[]), [0, 0]);
    }
}
