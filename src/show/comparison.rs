//! Two gradients against each other: in a line, and as a picture.

mod picture;

use super::formula::number;
use super::text::name_of;
use crate::Float;
use crate::error::Dims;
use crate::tape::{Broadcasting, joint_shape};
use ndarray::{ArrayD, ArrayRef, Dimension};
use std::fmt;
use std::io;
use std::path::Path;

/// A gradient by hand beside the tape's, and their difference: print it, or draw it with [`to_svg`](Self::to_svg).
///
/// It judges nothing, for that takes a tolerance with an argument behind it, as `wengert::check` has; it shows where two arrays
/// differ, and that two shapes do.
///
/// ```
/// use ndarray::arr2;
/// use wengert::Comparison;
///
/// let by_hand = arr2(&[[0.5, -1.0], [0.25, 3.0]]);
/// let by_tape = arr2(&[[0.5, -1.0], [0.25, 2.0]]);
/// let comparison = Comparison::new("dW", &by_hand, &by_tape).axes(["output", "input"]);
/// assert_eq!(
///     comparison.to_string(),
///     "dW (2, 2): by hand and by the tape differ by at most 1, at [1, 1] (output 1, input 1): 3 and 2"
/// );
/// assert!(comparison.to_svg().starts_with("<svg"));
/// ```
#[derive(Clone, Debug)]
pub struct Comparison {
    name: String,
    labels: [String; 2],
    sides: [ArrayD<f64>; 2],
    axes: Vec<String>,
}

impl Comparison {
    /// Of arrays of any shapes, which need not be equal: then that is what is shown.
    pub fn new<T: Float, D: Dimension, E: Dimension>(
        name: impl Into<String>,
        by_hand: &ArrayRef<T, D>,
        by_tape: &ArrayRef<T, E>,
    ) -> Self {
        Self {
            name: name.into(),
            labels: ["by hand", "by the tape"].map(Into::into),
            sides: [by_hand.mapv(T::to_f64).into_dyn(), by_tape.mapv(T::to_f64).into_dyn()],
            axes: Vec::new(),
        }
    }

    /// Other words for the two.
    ///
    /// ```
    /// # use wengert::Comparison;
    /// let x = ndarray::arr1(&[1.0]);
    /// let comparison = Comparison::new("dx", &x, &x).labels(["given", "expected"]);
    /// assert_eq!(comparison.to_string(), "dx (1,): given and expected are equal");
    /// ```
    pub fn labels<S: Into<String>>(self, labels: [S; 2]) -> Self {
        Self { labels: labels.map(Into::into), ..self }
    }

    /// What the axes mean, from the first on.
    pub fn axes<S: Into<String>>(self, axes: impl IntoIterator<Item = S>) -> Self {
        Self { axes: axes.into_iter().map(Into::into).collect(), ..self }
    }

    /// The picture: both arrays and their difference as heat maps, each with its scale, numbers where they are few, and the
    /// largest difference marked. More than 64 rows or columns are drawn by blocks, each as the element of largest magnitude in it,
    /// and it says so. It is light or dark as its reader's page is.
    pub fn to_svg(&self) -> String {
        picture::draw(self)
    }

    /// Writes [`to_svg`](Self::to_svg) to a file.
    ///
    /// # Errors
    /// If the file cannot be written.
    ///
    /// ```no_run
    /// # let (a, b) = (ndarray::arr1(&[1.0]), ndarray::arr1(&[2.0]));
    /// wengert::Comparison::new("dx", &a, &b).write_svg("dx.svg")?;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn write_svg(&self, path: impl AsRef<Path>) -> io::Result<()> {
        std::fs::write(path, self.to_svg())
    }

    /// a − b, element by element: 0 where both are the same infinity or both NaN. Nothing if the shapes differ.
    fn difference(&self) -> Option<ArrayD<f64>> {
        let [a, b] = &self.sides;
        let same = |a: f64, b: f64| a.to_bits() == b.to_bits() || a.is_nan() && b.is_nan();
        (a.shape() == b.shape())
            .then(|| ndarray::Zip::from(a).and(b).map_collect(|&a, &b| if same(a, b) { 0.0 } else { a - b }))
    }

    /// Where a difference is largest, and how large; nothing if there is none.
    fn largest(difference: &ArrayD<f64>) -> Option<(Vec<usize>, f64)> {
        let size = |x: &f64| if x.is_nan() { f64::INFINITY } else { x.abs() };
        let largest = difference.indexed_iter().max_by(|(_, a), (_, b)| size(a).total_cmp(&size(b)));
        let (at, x) = largest?;
        (size(x) > 0.0).then(|| (at.as_array_view().to_vec(), *x))
    }

    /// An element's place in words: `[1, 0] (output 1, input 0)`.
    fn place(&self, at: &[usize]) -> String {
        if at.is_empty() {
            return String::new();
        }
        let words: Vec<String> =
            self.axes.iter().zip(at).map(|(axis, i)| format!("{} {i}", name_of(axis))).collect();
        let words = if words.is_empty() { String::new() } else { format!(" ({})", words.join(", ")) };
        format!(", at {at:?}{words}")
    }

    /// What is to be said beside the name; `largest` is that of the difference.
    fn verdict(&self, largest: Option<&(Vec<usize>, f64)>) -> String {
        let [a, b] = &self.sides;
        let [hand, tape] = &self.labels;
        if a.shape() != b.shape() {
            let meet = joint_shape(Broadcasting::NumPy, &[a.shape(), b.shape()]).is_ok();
            let meet = if meet { ", and would meet only by broadcasting" } else { "" };
            return format!(
                "{hand} has shape {}, {tape} {}: the shapes differ{meet}",
                Dims(a.shape()),
                Dims(b.shape())
            );
        }
        match largest {
            None => format!("{hand} and {tape} are equal"),
            Some((at, x)) => {
                let most =
                    if x.is_finite() { format!("by at most {}", number(x.abs())) } else { "most".into() };
                let [a, b] = [a, b].map(|side| number(side[&**at]));
                format!("{hand} and {tape} differ {most}{}: {a} and {b}", self.place(at))
            }
        }
    }
}

impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shape = if self.sides[0].shape() == self.sides[1].shape() {
            format!(" {}", Dims(self.sides[0].shape()))
        } else {
            String::new()
        };
        let largest = self.difference().as_ref().and_then(Self::largest);
        write!(f, "{}{shape}: {}", name_of(&self.name), self.verdict(largest.as_ref()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{Array1, Array2, arr1, arr2};

    #[test]
    fn it_says_where_and_by_how_much() {
        let a = arr2(&[[1.0, f64::NAN], [f64::INFINITY, 4.0]]);
        assert!(Comparison::new("a", &a, &a.clone()).to_string().ends_with("are equal"));
        let mut b = a.clone();
        b[[1, 0]] = f64::NEG_INFINITY;
        b[[0, 0]] = 1.5;
        let text = Comparison::new("a", &a, &b).to_string();
        assert!(text.ends_with("differ most, at [1, 0]: inf and -inf"), "{text}");
        b[[1, 1]] = f64::NAN;
        assert!(Comparison::new("a", &a, &b).to_string().contains("NaN"));
        let empty = Array1::<f32>::zeros(0);
        assert_eq!(
            Comparison::new("e", &empty, &empty.clone()).to_string(),
            "e (0,): by hand and by the tape are equal"
        );
    }

    #[test]
    fn shapes_that_differ_are_the_difference() {
        let (flat, row) = (arr1(&[1.0, 2.0]), arr2(&[[1.0, 2.0]]));
        let text = Comparison::new("db", &flat, &row).to_string();
        assert_eq!(
            text,
            "db: by hand has shape (2,), by the tape (1, 2): the shapes differ, and would meet only by broadcasting"
        );
        let text = Comparison::new("db", &flat, &Array2::<f64>::zeros((3, 3))).to_string();
        assert!(text.ends_with("the shapes differ"), "{text}");
    }
}
