//! Operands of different shapes, made equal by explicit rows.

use super::Var;
use crate::Float;
use crate::array::{Shape, size_of};
use crate::error::{Dims, Error, ErrorKind, Problem};
use crate::prim::Prim;
use smallvec::SmallVec;

/// Which shapes may meet in an elementwise operation.
///
/// NumPy aligns two shapes at the last axis and repeats axes of size 1. When *both* operands would be
/// repeated, every element of one meets every element of the other. That is rarely meant and easily
/// made by mistake, as in `(n, 1) - (n,)`, which is `(n, n)`; so by default it is refused.
///
/// ```
/// use wengert::{Broadcasting, Tape};
/// let tape = Tape::<f64>::new();
/// let column = tape.leaf("column", ndarray::Array2::zeros((4, 1)));
/// let flat = tape.leaf("flat", ndarray::Array1::zeros(4));
/// assert!(column.try_sub(flat).is_err());
/// assert_eq!((column - flat.unsqueeze(1)).shape(), [4, 1]);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Broadcasting {
    /// One operand must have the shape of the result: `(n, h) + (1, h)`, `(n, h) + (h,)`, numbers.
    #[default]
    OneSided,
    /// Whatever NumPy allows.
    NumPy,
}

/// The shape to which NumPy's rules bring all these shapes, if these rules allow it.
pub(crate) fn joint_shape(rules: Broadcasting, shapes: &[&[usize]]) -> Result<Shape, Problem> {
    let ndim = shapes.iter().map(|shape| shape.len()).max().unwrap_or(0);
    let mut joint: Shape = SmallVec::from_elem(1, ndim);
    for shape in shapes {
        let added = ndim - shape.len();
        for (axis, &n) in shape.iter().enumerate() {
            let here = &mut joint[added + axis];
            if *here == 1 {
                *here = n;
            } else if n != 1 && n != *here {
                return Err(clash(*here, n, ndim - added - axis, shapes));
            }
        }
    }
    let kept_by_one = shapes.iter().any(|shape| *shape == joint.as_slice());
    if rules == Broadcasting::OneSided && !kept_by_one {
        return Err(two_sided(shapes, &joint));
    }
    Ok(joint)
}

/// Two sizes that meet at an axis, counted from the end, are neither equal nor 1.
fn clash(n: usize, m: usize, axis: usize, shapes: &[&[usize]]) -> Problem {
    let what = format!(
        "the shapes do not broadcast: aligned at the last axis, sizes {n} and {m} meet at axis -{axis}"
    );
    let mut mend = String::from("Sizes that meet must be equal, or one of them 1.");
    if let Some((reduced, axes)) = reduction(shapes) {
        let places = |word: &str| {
            let places: Vec<String> = axes.iter().map(|axis| word.replace('#', &axis.to_string())).collect();
            places.join(" or ")
        };
        mend = format!(
            "{mend} If the operand of shape {} is a reduction over axis {}, give it that axis back with {}.",
            Dims(reduced),
            places("#"),
            places("`unsqueeze(#)`")
        );
    }
    Problem::new(ErrorKind::Shape, what, mend)
}

/// Of two shapes, the one that is the other without an axis, and the axes that it may have been.
fn reduction<'a>(shapes: &[&'a [usize]]) -> Option<(&'a [usize], SmallVec<[usize; 4]>)> {
    let [a, b] = *shapes else { return None };
    let (short, long) = if a.len() < b.len() { (a, b) } else { (b, a) };
    let lacks = |axis: &usize| [&long[..*axis], &long[axis + 1..]].concat() == short;
    let axes: SmallVec<_> = (0..long.len()).filter(lacks).collect();
    (!axes.is_empty()).then_some((short, axes))
}

/// The teaching error: what NumPy's rules would make of it, what that means, and the likely mend.
fn two_sided(shapes: &[&[usize]], joint: &[usize]) -> Problem {
    let (terms, most) = (size_of(joint), shapes.iter().map(|shape| size_of(shape)).max().unwrap_or(0));
    if terms == most && terms > 0 {
        return only_axes(shapes, joint);
    }
    let who = if shapes.len() == 2 { "both" } else { "all" };
    let mut what = format!(
        "{who} operands would be repeated, to shape {}, and elements meet that most likely do not belong together",
        Dims(joint)
    );
    if let Some(times) = terms.checked_div(most).filter(|&times| times > 0 && terms < usize::MAX) {
        what = format!(
            "{what}; a sum or mean would be over {terms} terms instead of {most}, {times} times as many"
        );
    }
    let mend = likely_mend(shapes)
        .unwrap_or_else(|| "one of them has its axes in another place than you think".into());
    let mend = format!(
        "Most likely {mend}. If every pair is really meant, bring one of them to shape {} with `broadcast_to`, or \
         record on `Tape::with_broadcasting(Broadcasting::NumPy)`.",
        Dims(joint)
    );
    Problem::new(ErrorKind::TwoSided, what, mend)
}

/// One operand has all the elements of the result, but not its axes: (3,) beside (1, 1).
fn only_axes(shapes: &[&[usize]], joint: &[usize]) -> Problem {
    let what = format!(
        "no operand has the shape that the result would have, {}: one has as many elements, but not as many axes",
        Dims(joint)
    );
    let full = shapes.iter().copied().find(|shape| size_of(shape) == size_of(joint)).unwrap_or(joint);
    let mend = format!(
        "If that shape is meant, bring the operand of shape {} to it with `reshape({})`; if it is not, take axes off the other.",
        Dims(full),
        Dims(joint)
    );
    Problem::new(ErrorKind::TwoSided, what, mend)
}

/// The mistakes that make two-sided broadcasting in practice, if mending one makes the shapes fit.
pub(crate) fn likely_mend(shapes: &[&[usize]]) -> Option<String> {
    let fits = |from: &[usize], to: &[usize]| {
        let mended = shapes.iter().map(|&shape| if shape == from { to } else { shape });
        let mended: SmallVec<[&[usize]; 3]> = mended.collect();
        joint_shape(Broadcasting::OneSided, &mended).is_ok()
    };
    for &column in shapes {
        let [flat @ .., 1] = column else { continue };
        if shapes.contains(&flat) && fits(flat, column) {
            return Some(format!(
                "the operand of shape {} is meant to be a column like that of shape {}: make it one with \
                 `unsqueeze({})`",
                Dims(flat),
                Dims(column),
                flat.len()
            ));
        }
        if let [n, 1] = *column
            && n != 1
            && shapes.contains(&[1, n].as_slice())
            && fits(column, &[1, n])
        {
            return Some("one of them is meant the other way round: transpose it with `t()`".into());
        }
    }
    None
}

/// Records an elementwise primitive on operands that broadcast, each brought to the joint shape by a
/// row of its own where that is needed.
#[track_caller]
pub(crate) fn broadcast<'t, T: Float>(prim: Prim, operands: &[Var<'t, T>]) -> Result<Var<'t, T>, Error> {
    let first = operands[0];
    if let Some(stranger) = operands.iter().find(|operand| !first.shares_tape(**operand)) {
        return Err(first.other_tape(prim.name(), *stranger));
    }
    if first.tape().have_one_shape(operands) {
        return first.tape().record(prim, operands);
    }
    let shapes: SmallVec<[Shape; 3]> = operands.iter().map(|operand| operand.dims()).collect();
    let views: SmallVec<[&[usize]; 3]> = shapes.iter().map(SmallVec::as_slice).collect();
    let joint = joint_shape(first.tape().broadcasting(), &views);
    let joint = Var::judge(prim.name(), joint, operands)?;
    // A loop, since the caller's line would not reach through a closure.
    let mut equal: SmallVec<[Var<'t, T>; 3]> = SmallVec::new();
    for operand in operands {
        let equal_shape = operand.try_broadcast_to(joint.as_slice());
        equal.push(equal_shape.map_err(|error| error.within(prim.name()))?);
    }
    first.tape().record(prim, &equal)
}
