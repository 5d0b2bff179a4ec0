//! An array as the cells of a picture.

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
    /// Of the elements of an array in row-major order, as at most so many rows and columns.
    pub fn of(shape: &[usize], elements: impl Iterator<Item = f64>, most: [usize; 2]) -> Self {
        let width = shape.last().copied().unwrap_or(1);
        let height = shape.iter().rev().skip(1).product::<usize>() * usize::from(width > 0);
        let block = [height.div_ceil(most[0]).max(1), width.div_ceil(most[1]).max(1)];
        let [rows, columns] = [height.div_ceil(block[0]), width.div_ceil(block[1])];
        let mut values = vec![0.0_f64; rows * columns];
        for (i, x) in elements.enumerate() {
            let cell = &mut values[i / width / block[0] * columns + i % width / block[1]];
            if size(x) > size(*cell) {
                *cell = x;
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
        assert!(all.values[0].is_nan() && all.is_sampled());
        let at = all.cell(&[1, 69, 2], array.shape());
        assert_eq!((at, all.values[at[0] * 3 + at[1]], all.largest()), ([46, 2], -5.0, 5.0));
        for shape in [vec![], vec![0], vec![0, 3], vec![3, 0], vec![5]] {
            let all = cells(&ArrayD::ones(shape.clone()));
            assert_eq!(all.values.len(), shape.iter().product::<usize>(), "{shape:?}");
        }
        assert_eq!(cells(&ArrayD::ones(vec![])).cell(&[], &[]), [0, 0]);
    }
}
