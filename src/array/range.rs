//! Places along an axis: the range that a slice takes, the margin that padding adds.

use crate::error::{ErrorKind, Problem, counted};
use ndarray::SliceInfoElem;
use std::fmt;

/// The elements of one axis that a slice takes: `first`, `first + step`, … `len` of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Range {
    pub first: usize,
    /// Not zero; negative walks backwards.
    pub step: isize,
    pub len: usize,
}

impl Range {
    pub fn full(n: usize) -> Self {
        Self { first: 0, step: 1, len: n }
    }

    /// What ndarray's slice notation takes of an axis of `n` elements, if the axis has it.
    pub fn of(elem: &SliceInfoElem, n: usize) -> Option<Self> {
        let from_end = |i: isize| if i < 0 { i.checked_add_unsigned(n) } else { Some(i) };
        let index = |i: isize| from_end(i).and_then(|i| usize::try_from(i).ok());
        match *elem {
            SliceInfoElem::Index(i) => {
                index(i).filter(|&i| i < n).map(|first| Self { first, step: 1, len: 1 })
            }
            SliceInfoElem::Slice { start, end, step } => {
                let (start, end) = (index(start)?, end.map_or(Some(n), index)?);
                if start > n || end > n || step == 0 {
                    return None;
                }
                let len = end.saturating_sub(start).div_ceil(step.unsigned_abs());
                let first = if step < 0 { end.saturating_sub(1) } else { start };
                // No step is taken to less than two elements: it may be as large as it likes.
                Some(Self { first, step: if len < 2 { 1 } else { step }, len })
            }
            SliceInfoElem::NewAxis => None,
        }
    }

    /// The index of the last element, if there is any.
    pub fn last(self) -> Option<usize> {
        let steps = self.len.checked_sub(1)?;
        Some(self.first.wrapping_add_signed(self.step.wrapping_mul(steps.cast_signed())))
    }

    /// The same elements in the opposite order.
    pub fn backwards(self) -> Self {
        Self { first: self.last().unwrap_or(0), step: -self.step, len: self.len }
    }

    /// The same elements in ascending order.
    pub fn forwards(self) -> Self {
        if self.step < 0 { self.backwards() } else { self }
    }

    /// Whether an axis of `n` elements has them all; where there are none, whether it has the place.
    pub fn is_within(self, n: usize) -> bool {
        match self.last() {
            None => self.first <= n,
            Some(last) => self.len <= n && self.first < n && last < n,
        }
    }

    /// As ndarray writes it: the interval from low to high, walked from its far end if the step is
    /// negative.
    pub fn as_slice(self) -> ndarray::Slice {
        match self.last() {
            None => ndarray::Slice::from(0..0),
            Some(last) => {
                let (low, high) = (self.first.min(last), self.first.max(last));
                ndarray::Slice::from(low..=high).step_by(self.step)
            }
        }
    }
}

impl fmt::Display for Range {
    /// As Python writes it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let end = self.first as i128 + self.step as i128 * self.len as i128;
        let end = if end < 0 { String::new() } else { end.to_string() };
        match self.step {
            1 => write!(f, "{}:{end}", self.first),
            step => write!(f, "{}:{end}:{step}", self.first),
        }
    }
}

/// How many elements to put before, after and between those of an axis.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Margin {
    pub low: usize,
    pub high: usize,
    pub between: usize,
}

impl Margin {
    pub fn padded(self, n: usize) -> usize {
        let between = n.saturating_sub(1).saturating_mul(self.between);
        [self.low, between, self.high].into_iter().fold(n, usize::saturating_add)
    }

    /// The elements of the padded axis that were there before.
    pub fn kept(self, n: usize) -> Range {
        Range { first: self.low, step: (self.between + 1).cast_signed(), len: n }
    }

    /// The margin that puts the elements of a forward range back to their places in `n`.
    pub fn around(range: Range, n: usize) -> Self {
        match range.last() {
            None => Self { low: n, high: 0, between: 0 },
            Some(last) => {
                Self { low: range.first, high: n - 1 - last, between: range.step.unsigned_abs() - 1 }
            }
        }
    }
}

impl fmt::Display for Margin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} before, {} after", self.low, self.high)?;
        if self.between > 0 { write!(f, ", {} between", self.between) } else { Ok(()) }
    }
}

/// What ndarray's slice notation takes of an array of this shape, and the shape that leaves.
pub(crate) fn ranges(
    elems: &[SliceInfoElem],
    shape: &[usize],
) -> Result<(Box<[Range]>, Vec<usize>), Problem> {
    let taken = elems.iter().filter(|elem| !elem.is_new_axis()).count();
    if taken != shape.len() {
        let [slice, array] = [taken, shape.len()].map(|n| counted(n, "axis", "axes"));
        let what = format!("the slice is for {slice}, and the array has {array}");
        let mend = "Give one range or index for each axis; `..` takes all of one.";
        return Err(Problem::new(ErrorKind::Axis, what, mend));
    }
    let mut sizes = shape.iter().enumerate();
    let (mut ranges, mut out) = (Vec::new(), Vec::new());
    for elem in elems {
        if elem.is_new_axis() {
            out.push(1);
        } else if let Some((axis, &n)) = sizes.next() {
            let range = Range::of(elem, n).ok_or_else(|| outside(elem, axis, n))?;
            ranges.push(range);
            out.extend((!elem.is_index()).then_some(range.len));
        }
    }
    Ok((ranges.into(), out))
}

/// An axis of `n` elements has not all that the slice takes of it.
fn outside(elem: &SliceInfoElem, axis: usize, n: usize) -> Problem {
    if let SliceInfoElem::Slice { step: 0, .. } = elem {
        let what = format!("the range of axis {axis} has step 0, and would never end");
        return Problem::new(
            ErrorKind::Index,
            what,
            "Use a step of 1 or more, or a negative one to walk backwards.",
        );
    }
    let thing = if elem.is_index() { "index" } else { "range" };
    let elements = counted(n, "element", "elements");
    let what = format!("the {thing} {elem} reaches outside axis {axis}, which has {elements}");
    Problem::new(ErrorKind::Index, what, "Indices count from 0; negative ones count from the end.")
}
