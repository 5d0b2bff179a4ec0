//! Look-up along an axis, and its adjoint, which adds elements to the places that they were looked up from.
//!
//! An array is seen as so many blocks *before* the axis, the axis, and so many elements *after* it. Elements are
//! added in row-major order, one after the other, so that places that are named twice give the same bits everywhere.

use super::kind::{outside, place};
use super::{Arithmetic, Room, Value};
use crate::error::Problem;

/// A look-up, or its adjoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct LookUp {
    /// Blocks before the axis.
    pub before: usize,
    /// Elements along the axis that indices are places of.
    pub len: usize,
    /// Indices for each block: the elements along the axis in their place.
    pub count: usize,
    /// Elements after the axis.
    pub after: usize,
    /// Whether each element has an index of its own, rather than whole slices one, the same for all blocks.
    pub each: bool,
    /// Whether elements are added at their places, rather than looked up there.
    pub adding: bool,
    /// The axis, for what is said of an index that is no place of it.
    pub axis: usize,
}

/// An index that is no place, by where it stands among the indices.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Stray {
    pub at: usize,
    pub index: f64,
}

impl LookUp {
    /// How many elements the result has.
    pub fn results(&self) -> usize {
        self.before * self.after * if self.adding { self.len } else { self.count }
    }

    /// Looks up, or adds, elements in row-major order. The first index that is no place is told of, and what it
    /// should have brought is missing.
    pub fn run<T: Arithmetic>(&self, x: &[T], indices: &[T], out: &mut [T]) -> Result<(), Stray> {
        if self.adding {
            out.fill(T::zero());
        }
        let mut stray = None;
        let (slices, step) = if self.each { (self.after, 1) } else { (1, self.after) };
        // Slices that move as a whole are `step` elements long; of an index for each element, 1.
        for block in 0..self.before {
            for count in 0..self.count {
                for slice in 0..slices {
                    let at = if self.each { (block * self.count + count) * slices + slice } else { count };
                    let Some(found) = place(indices[at], self.len) else {
                        stray.get_or_insert(Stray { at, index: indices[at].to_f64() });
                        continue;
                    };
                    let there = (block * self.len + found) * self.after + slice;
                    let here = (block * self.count + count) * self.after + slice;
                    if self.adding {
                        let terms = &x[here..here + step];
                        out[there..there + step].iter_mut().zip(terms).for_each(|(to, from)| *to += *from);
                    } else {
                        out[here..here + step].copy_from_slice(&x[there..there + step]);
                    }
                }
            }
        }
        stray.map_or(Ok(()), Err)
    }

    /// What is wrong with an index among indices of this shape.
    pub fn problem(&self, stray: Stray, indices: &[usize]) -> Problem {
        outside(stray.index, &position(stray.at, indices), self.axis, self.len)
    }
}

/// Where an element stands in an array of this shape.
pub(crate) fn position(at: usize, shape: &[usize]) -> Vec<usize> {
    let mut rest = at;
    let mut position = vec![0; shape.len()];
    for (index, &n) in position.iter_mut().zip(shape).rev() {
        *index = rest % n.max(1);
        rest /= n.max(1);
    }
    position
}

/// The result of a look-up, of this shape.
pub(crate) fn look_up<T: Arithmetic>(
    plan: LookUp,
    shape: &[usize],
    [x, indices]: [&Value<T>; 2],
    room: &Room<T>,
) -> Result<Value<T>, Problem> {
    let mut out = room.filled(shape, T::zero())?;
    let aside = room.aside();
    let (x, places) = (x.in_order(&aside)?, indices.in_order(&aside)?);
    plan.run(&x, &places, &mut out).map_err(|stray| plan.problem(stray, indices.shape()))?;
    Ok(Value::from_vec(shape, out))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Element by element, by the definition.
    #[test]
    fn elements_come_from_their_places_and_go_back_there() {
        let plan = LookUp { before: 2, len: 3, count: 4, after: 2, each: false, adding: false, axis: 1 };
        let x: Vec<f64> = (0..12).map(f64::from).collect();
        let indices = [2.0, 0.0, 2.0, 1.0];
        let mut out = vec![0.0; plan.results()];
        plan.run(&x, &indices, &mut out).unwrap();
        assert_eq!(out[..8], [4.0, 5.0, 0.0, 1.0, 4.0, 5.0, 2.0, 3.0]);
        assert_eq!(out[8..], [10.0, 11.0, 6.0, 7.0, 10.0, 11.0, 8.0, 9.0]);

        let back = LookUp { adding: true, ..plan };
        let mut sums = vec![f64::NAN; back.results()];
        back.run(&[1.0; 16], &indices, &mut sums).unwrap();
        assert_eq!(sums, [1.0, 1.0, 1.0, 1.0, 2.0, 2.0].repeat(2));
    }

    #[test]
    fn each_element_has_its_own_place() {
        let plan = LookUp { before: 1, len: 3, count: 2, after: 2, each: true, adding: false, axis: 0 };
        let mut out = vec![0.0; 4];
        plan.run(&[0.0, 1.0, 2.0, 3.0, 4.0, 5.0], &[2.0, 0.0, 1.0, 1.0], &mut out).unwrap();
        assert_eq!(out, [4.0, 1.0, 2.0, 3.0]);
    }

    #[test]
    fn an_index_that_is_no_place_is_told_of() {
        let plan = LookUp { before: 1, len: 3, count: 2, after: 1, each: false, adding: false, axis: 0 };
        for index in [3.0, -1.0, 0.5, f64::NAN, f64::INFINITY, -0.5, 1e300] {
            let stray = plan.run(&[1.0, 2.0, 3.0], &[1.0, index], &mut [0.0; 2]).unwrap_err();
            assert_eq!((stray.at, stray.index.to_bits()), (1, index.to_bits()));
        }
        assert!(plan.run(&[1.0, 2.0, 3.0], &[-0.0, 2.0], &mut [0.0; 2]).is_ok());
        assert_eq!(position(7, &[2, 2, 2]), [1, 1, 1]);
    }
}
