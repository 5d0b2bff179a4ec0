//! Cells as colours: 33 steps from the lowest over 0 to the highest, as paths of an SVG.

use super::cells::Cells;
use std::fmt::Write;

/// Steps of colour on either side of 0.
pub(super) const LEVELS: i32 = 16;

/// The step of colour of a number: of one that is not 0, not that of 0.
pub(super) fn level(x: f64, largest: f64) -> i32 {
    if x == 0.0 || largest == 0.0 {
        return 0;
    }
    #[allow(clippy::cast_possible_truncation)] // At most so many steps.
    let steps = (x.abs() / largest * f64::from(LEVELS)).ceil() as i32;
    if x < 0.0 { -steps.clamp(1, LEVELS) } else { steps.clamp(1, LEVELS) }
}

/// The paths of a heat map, in units of cells.
pub(super) struct Heat {
    /// One for each colour that there is, with its level; neighbours in a row are one rectangle.
    pub levels: Vec<(i32, String)>,
    /// Where there is NaN.
    pub crosses: String,
    /// Where there are infinities: a triangle that points up or down.
    pub triangles: String,
}

impl Heat {
    pub fn new(cells: &Cells, largest: f64) -> Self {
        let mut paths = vec![String::new(); 2 * LEVELS as usize + 1];
        let (mut crosses, mut triangles) = (String::new(), String::new());
        for (row, line) in cells.values.chunks(cells.columns.max(1)).enumerate() {
            let mut column = 0;
            while column < line.len() {
                let value = line[column];
                if !value.is_finite() {
                    if value.is_nan() {
                        let _ = write!(crosses, "M{column} {row}h1v1h-1z");
                    } else {
                        let [tip, foot] = if value > 0.0 { [0.2, 0.8] } else { [0.8, 0.2] };
                        let (at, row) = (count(column), count(row));
                        let _ = write!(
                            triangles,
                            "M{:.1} {:.1}L{:.1} {:.1}h.7z",
                            at + 0.5,
                            row + tip,
                            at + 0.15,
                            row + foot
                        );
                    }
                    column += 1;
                    continue;
                }
                let of = level(value, largest);
                let run =
                    line[column..].iter().take_while(|x| x.is_finite() && level(**x, largest) == of).count();
                let place = usize::try_from(of + LEVELS).expect("levels from the lowest on");
                let _ = write!(paths[place], "M{column} {row}h{run}v1h-{run}z");
                column += run;
            }
        }
        let levels = (-LEVELS..).zip(paths).filter(|(_, path)| !path.is_empty()).collect();
        Self { levels, crosses, triangles }
    }
}

#[allow(clippy::cast_precision_loss)] // Cells are few.
pub(super) fn count(n: usize) -> f64 {
    n as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zero_alone_has_its_colour() {
        assert_eq!(
            [0.0, -0.0, 1e-300, -1e-300, 1.0, -1.0].map(|x| level(x, 1.0)),
            [0, 0, 1, -1, LEVELS, -LEVELS]
        );
        assert_eq!((level(5e-324, 5e-324), level(0.0, 0.0)), (LEVELS, 0));
    }

    #[test]
    fn each_cell_is_in_one_path() {
        let array = ndarray::arr2(&[[1.0, 1.0, -1.0], [0.0, f64::NAN, f64::NEG_INFINITY]]).into_dyn();
        let cells = Cells::of(array.shape(), array.iter().copied(), [64, 64]);
        let Heat { levels, crosses, triangles } = Heat::new(&cells, 1.0);
        let path = |of: i32| levels.iter().find(|(level, _)| *level == of).map(|(_, path)| path.as_str());
        assert_eq!(path(LEVELS), Some("M0 0h2v1h-2z"));
        assert_eq!((path(-LEVELS), path(0)), (Some("M2 0h1v1h-1z"), Some("M0 1h1v1h-1z")));
        assert_eq!((levels.len(), crosses.as_str()), (3, "M1 1h1v1h-1z"));
        assert_eq!(triangles, "M2.5 1.8L2.1 1.2h.7z");
    }
}
