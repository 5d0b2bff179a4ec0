//! Whether an array is what it should be.

use ndarray::ArrayD;

/// How many times the rounding error bound of our result two results may lie apart.
///
/// PyTorch's result has an error of its own, so that 2 is the least that is right if it computes in
/// the same way. It may take another formula (a fused gradient, a two-pass or Welford's variance),
/// whose bound is another; twice ours is granted.
pub const FACTOR: f64 = 4.0;

/// The bound may not grow beyond this part of the reference's largest element: what is so badly
/// conditioned tests nothing, and a wrong bound must not hide a wrong result.
pub const CAP: f64 = 1e-10;

/// The same number, infinity or NaN.
#[allow(clippy::float_cmp)] // Exactly the same is what is meant.
fn same(a: f64, b: f64) -> bool {
    a == b || (a.is_nan() && b.is_nan())
}

/// How far this element may be off.
fn tolerance(bound: f64, reference: f64, scale: f64) -> f64 {
    // Where the bound is no number (an infinite slope times no error), four units of the result.
    let bound = if bound.is_finite() { bound } else { 4.0 * f64::EPSILON * reference.abs() };
    (FACTOR * bound).min(CAP * scale) + f64::MIN_POSITIVE
}

/// What differs, in words: the shape, or the element that is furthest beyond its tolerance.
/// NaN is equal to NaN, and an infinity to itself.
pub fn difference(ours: &ArrayD<f64>, reference: &ArrayD<f64>, bound: &ArrayD<f64>) -> Option<String> {
    if ours.shape() != reference.shape() {
        return Some(format!("shape {:?}, expected {:?}", ours.shape(), reference.shape()));
    }
    let finite = reference.iter().filter(|x| x.is_finite());
    let scale = finite.fold(0.0_f64, |scale, x| scale.max(x.abs()));
    let elements = ours.indexed_iter().zip(reference).zip(bound);
    let beyond = elements.filter_map(|(((at, &ours), &reference), &bound)| {
        let tolerance = tolerance(bound, reference, scale);
        let difference = (ours - reference).abs();
        let same = same(ours, reference) || difference <= tolerance;
        let excess = if difference.is_finite() { difference / tolerance } else { f64::INFINITY };
        (!same).then_some((excess, at, ours, reference, difference, tolerance))
    });
    let beyond: Vec<_> = beyond.collect();
    let (_, at, ours, expected, difference, tolerance) =
        beyond.iter().max_by(|a, b| a.0.total_cmp(&b.0)).cloned()?;
    Some(format!(
        "{} of {} elements differ, most at {:?}: {ours:e}, expected {expected:e}, difference {difference:.2e}, \
         tolerance {tolerance:.2e}",
        beyond.len(),
        reference.len(),
        ndarray::Dimension::slice(&at)
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::arr1;

    fn differ(ours: &[f64], reference: &[f64], bound: f64) -> Option<String> {
        let [ours, reference] = [ours, reference].map(|x| arr1(x).into_dyn());
        let bound = ours.mapv(|_| bound);
        difference(&ours, &reference, &bound)
    }

    #[test]
    fn an_exact_operation_is_compared_exactly() {
        assert_eq!(differ(&[1.0, -0.0], &[1.0, 0.0], 0.0), None);
        assert!(differ(&[1.0], &[1.0 + f64::EPSILON], 0.0).is_some());
    }

    #[test]
    fn what_is_not_finite_must_be_the_same() {
        let [inf, nan] = [f64::INFINITY, f64::NAN];
        assert_eq!(differ(&[inf, -inf, nan], &[inf, -inf, nan], 1.0), None);
        for (ours, reference) in [(inf, -inf), (nan, 1.0), (1.0, nan), (inf, 1.0), (1.0, inf)] {
            assert!(differ(&[ours], &[reference], 1.0).is_some(), "{ours} {reference}");
        }
    }

    #[test]
    fn no_bound_is_wider_than_the_cap() {
        assert!(differ(&[1.0], &[1.0 + 1e-9], 1.0).is_some());
        assert!(differ(&[1.0], &[1.0 + 1e-9], f64::NAN).is_some());
        assert_eq!(differ(&[1.0], &[1.0 + 1e-11], 1.0), None);
    }

    #[test]
    fn the_worst_element_is_named() {
        let text = differ(&[1.0, 2.0, 3.0], &[1.0, 2.5, 3.1], 0.0).unwrap();
        assert!(text.starts_with("2 of 3 elements differ, most at [1]: 2e0, expected 2.5e0"), "{text}");
        let shape = difference(
            &arr1(&[1.0]).into_dyn(),
            &ndarray::arr2(&[[1.0]]).into_dyn(),
            &arr1(&[0.0]).into_dyn(),
        );
        assert_eq!(shape.unwrap(), "shape [1], expected [1, 1]");
    }
}
