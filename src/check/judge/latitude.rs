//! Where a right derivation may differ from the recorded one by more than its rounding explains: in another order of algebra,
//! and where a cotangent of 0 meets a slope that is not finite.
//!
//! Either takes an evaluation of its own, as does the question whether digits were lost, so it is looked for only where what was
//! given differs.

use super::standing::Reason;
use crate::check::oracle::number::Bound;
use crate::{Float, Var};
use ndarray::{ArrayD, Axis, Zip};

/// Whether something that was given is farther off than its tolerance: another order of algebra may explain it. So it may what is
/// no number: a variance of equal numbers, as the difference of two means, is as soon below 0 as above, and has no root there.
pub(super) fn is_wanted(given: &[ArrayD<f64>], expected: &[ArrayD<f64>], tolerances: &[ArrayD<f64>]) -> bool {
    any(given, expected, tolerances, is_beyond)
}

fn is_beyond(given: f64, expected: f64, tolerance: f64) -> bool {
    (given - expected).abs() > tolerance || is_no_number(given, expected, tolerance)
}

/// Whether something that was given is off by ten roundings or more: a digit.
pub(super) fn may_lack_digits(given: &[ArrayD<f64>], expected: &[ArrayD<f64>], roundoff: f64) -> bool {
    given.iter().zip(expected).any(|(given, expected)| {
        given.shape() == expected.shape()
            && Zip::from(given).and(expected).any(|g, e| {
                let error = (g - e).abs();
                error > 0.0 && error >= 10.0 * roundoff * e.abs()
            })
    })
}

/// Puts looser tolerances in the places of those that what was given is beyond; whether one of them is infinite now.
pub(super) fn grant(
    given: &[ArrayD<f64>],
    expected: &[ArrayD<f64>],
    tolerances: &mut [ArrayD<f64>],
    looser: &[ArrayD<f64>],
) -> bool {
    let mut boundless = false;
    of_those(given, expected, tolerances, looser, is_beyond, |tolerance, looser| {
        *tolerance = tolerance.max(looser);
        boundless |= tolerance.is_infinite();
    });
    boundless
}

/// Adds what is rounded off if an element is computed from the whole of its lane along an axis: a window's or a segment's sum as
/// the difference of two running sums, a convolution by fast Fourier transforms. What is right there is right up to the size of
/// the lane, not of the element.
pub(super) fn of_lanes(tolerances: &mut [ArrayD<f64>], sizes: &[ArrayD<f64>], rounding: f64) {
    for (tolerances, sizes) in tolerances.iter_mut().zip(sizes) {
        // What overflows says nothing of the others.
        let sizes = sizes.mapv(|size| if size.is_finite() { size } else { 0.0 });
        let mut lanes = ArrayD::zeros(sizes.raw_dim());
        for axis in (0..sizes.ndim()).map(Axis) {
            let totals = sizes.sum_axis(axis).insert_axis(axis);
            let totals = totals.broadcast(sizes.raw_dim()).expect("along one axis");
            Zip::from(&mut lanes).and(&totals).for_each(|lane: &mut f64, total| *lane = lane.max(*total));
        }
        Zip::from(tolerances).and(&lanes).for_each(|tolerance, lane| *tolerance += rounding * lane);
    }
}

/// Whether something that was given is no finite number where there should be one.
pub(super) fn lacks_numbers(
    given: &[ArrayD<f64>],
    expected: &[ArrayD<f64>],
    tolerances: &[ArrayD<f64>],
) -> bool {
    any(given, expected, tolerances, is_no_number)
}

fn is_no_number(given: f64, expected: f64, tolerance: f64) -> bool {
    !given.is_finite() && expected.is_finite() && tolerance.is_finite()
}

/// This cotangent with 1 for 0; nothing if it has no 0.
pub(super) fn without_zeros<T: Float>(cotangent: &Var<'_, T>) -> Option<ArrayD<Bound>> {
    let one = |x: &T| Bound::constant(if *x == T::zero() { 1.0 } else { x.to_f64() });
    let cotangent = cotangent.peek();
    cotangent.iter().any(|x| *x == T::zero()).then(|| cotangent.map(one))
}

/// Takes those elements out whose slope is not finite either, so that 0 is right only by a convention of 0 · ∞: dy / √x at x = 0
/// is 0 / 0 where dy is 0, and infinite elsewhere. Why that is so; nothing if there are none.
pub(super) fn excuse(
    given: &[ArrayD<f64>],
    expected: &[ArrayD<f64>],
    tolerances: &mut [ArrayD<f64>],
    slopes: &[ArrayD<f64>],
) -> Option<Reason> {
    let mut excused = false;
    of_those(given, expected, tolerances, slopes, is_no_number, |tolerance, slope| {
        if !slope.is_finite() {
            *tolerance = f64::NAN;
            excused = true;
        }
    });
    excused.then(Reason::of_steepness)
}

/// Changes the tolerances of those elements of which something holds, by other arrays of the same shapes.
fn of_those(
    given: &[ArrayD<f64>],
    expected: &[ArrayD<f64>],
    tolerances: &mut [ArrayD<f64>],
    others: &[ArrayD<f64>],
    is: fn(f64, f64, f64) -> bool,
    mut change: impl FnMut(&mut f64, f64),
) {
    for (((given, expected), tolerances), others) in given.iter().zip(expected).zip(tolerances).zip(others) {
        if given.shape() == expected.shape() {
            Zip::from(given).and(expected).and(tolerances).and(others).for_each(|g, e, tolerance, other| {
                if is(*g, *e, *tolerance) {
                    change(tolerance, *other);
                }
            });
        }
    }
}

fn any(
    given: &[ArrayD<f64>],
    expected: &[ArrayD<f64>],
    tolerances: &[ArrayD<f64>],
    is: fn(f64, f64, f64) -> bool,
) -> bool {
    given.iter().zip(expected).zip(tolerances).any(|((given, expected), tolerances)| {
        given.shape() == expected.shape()
            && Zip::from(given).and(expected).and(tolerances).any(|g, e, t| is(*g, *e, *t))
    })
}
