//! A comparison of two arrays that says when it means nothing.

use crate::Float;
use crate::check::{Measured, Verdict};
use crate::error::Dims;
use ndarray::{ArrayBase, ArrayRef, Data, Dimension};

/// Compares two arrays element by element, as `allclose` does with |a − b| ≤ `absolute` + `relative`·|b|; but where that
/// says True for no good reason, this is [`Inconclusive`](Verdict::Inconclusive): if both are one and the same array, if
/// they are empty, or if their shapes differ and meet only by broadcasting.
///
/// NaN is not close to anything.
///
/// ```
/// use ndarray::{arr1, arr2};
/// use wengert::check::{Verdict, compare};
/// let (flat, row) = (arr1(&[1.0, 2.0]), arr2(&[[1.0, 2.0]]));
/// assert!(compare(&row, &row.clone(), 1e-9, 0.0).is_pass());
/// assert!(compare(&row, &(&row * 2.0), 1e-9, 0.0).is_fail());
/// // The notebook's `b.grad_`, and its A2 and Z2:
/// assert!(matches!(compare(&flat, &row, 1e-9, 0.0), Verdict::Inconclusive(why) if why.contains("broadcast")));
/// assert!(matches!(compare(&row, &row, 1e-9, 0.0), Verdict::Inconclusive(why) if why.contains("same array")));
/// ```
pub fn compare<T: Float, S: Data<Elem = T>, D: Dimension, R: Data<Elem = T>, E: Dimension>(
    a: &ArrayBase<S, D>,
    b: &ArrayBase<R, E>,
    relative: f64,
    absolute: f64,
) -> Verdict {
    if a.shape() != b.shape() {
        let shapes = format!("{} and {}", Dims(a.shape()), Dims(b.shape()));
        let meet = crate::tape::joint_shape(crate::Broadcasting::NumPy, &[a.shape(), b.shape()]).is_ok();
        return Verdict::Inconclusive(if meet {
            format!(
                "shapes {shapes} differ, and would meet only by broadcasting: compare arrays of equal shape"
            )
        } else {
            format!("shapes {shapes} differ: there is nothing to compare element by element")
        });
    }
    if a.is_empty() {
        return Verdict::Inconclusive(format!(
            "shape {} has no elements: all of none agree",
            Dims(a.shape())
        ));
    }
    if is_same(a, b) {
        return Verdict::Inconclusive("both are the same array in memory: it agrees with itself".into());
    }
    let excess = |(a, b): (&T, &T)| {
        let (a, b) = (a.to_f64(), b.to_f64());
        let error = if a.is_nan() || b.is_nan() {
            f64::INFINITY
        } else if a.to_bits() == b.to_bits() {
            0.0
        } else {
            (a - b).abs()
        };
        (error, absolute + relative * b.abs())
    };
    let worst = a.iter().zip(b).map(excess).max_by(|x, y| (x.0 - x.1).total_cmp(&(y.0 - y.1)));
    let (error, tolerance) = worst.unwrap_or_default();
    let because = format!("{absolute:e} + {relative:e}·|b|, where it is exceeded most");
    Verdict::of(Measured { error, tolerance, because })
}

/// Whether these are views of the same memory, element for element.
fn is_same<T, D: Dimension, E: Dimension>(a: &ArrayRef<T, D>, b: &ArrayRef<T, E>) -> bool {
    a.as_ptr() == b.as_ptr() && a.strides() == b.strides()
}
