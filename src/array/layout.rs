//! Where the elements of an array lie in memory: the arithmetic of shapes and strides.

use super::{AxisSet, Range, Shape, size_of};
use smallvec::SmallVec;

/// Element (i, j, …) lies at `offset + i·strides[0] + j·strides[1] + …`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Layout {
    pub offset: usize,
    pub shape: Shape,
    pub strides: SmallVec<[isize; 4]>,
}

impl Layout {
    /// Row-major order, without gaps.
    pub fn row_major(shape: &[usize]) -> Self {
        let mut strides: SmallVec<[isize; 4]> = SmallVec::from_elem(1, shape.len());
        for axis in (1..shape.len()).rev() {
            strides[axis - 1] = strides[axis] * shape[axis].cast_signed();
        }
        Self { offset: 0, shape: shape.into(), strides }
    }

    pub fn len(&self) -> usize {
        size_of(&self.shape)
    }

    /// Whether the elements lie in row-major order without gaps, from the start on.
    pub fn is_row_major(&self) -> bool {
        let mut expected = 1;
        self.offset == 0
            && self.shape.iter().zip(&self.strides).rev().all(|(&n, &stride)| {
                let fits = n == 1 || stride == expected;
                expected *= n.cast_signed();
                fits
            })
    }

    /// Axis `i` of the result is axis `order[i]` of this.
    pub fn permute(&self, order: &[usize]) -> Self {
        Self {
            offset: self.offset,
            shape: order.iter().map(|&axis| self.shape[axis]).collect(),
            strides: order.iter().map(|&axis| self.strides[axis]).collect(),
        }
    }

    /// New axes in front, and axes of length 1 repeated.
    pub fn broadcast(&self, shape: &[usize]) -> Self {
        let added = shape.len() - self.shape.len();
        let stride = |axis: usize| {
            if axis < added || self.shape[axis - added] != shape[axis] {
                0
            } else {
                self.strides[axis - added]
            }
        };
        Self { offset: self.offset, shape: shape.into(), strides: (0..shape.len()).map(stride).collect() }
    }

    /// These elements along each axis.
    pub fn slice(&self, ranges: &[Range]) -> Self {
        let mut out = self.clone();
        for (axis, range) in ranges.iter().enumerate() {
            out = out.along(axis, *range);
        }
        out
    }

    /// These elements along one axis.
    pub fn along(mut self, axis: usize, range: Range) -> Self {
        if range.len > 0 {
            self.offset = self.offset.wrapping_add_signed(self.strides[axis] * range.first.cast_signed());
        }
        self.strides[axis] *= range.step;
        self.shape[axis] = range.len;
        self
    }

    /// This one of the first axis.
    pub fn at(&self, i: usize) -> Self {
        Self {
            offset: self.offset.wrapping_add_signed(self.strides[0] * i.cast_signed()),
            shape: self.shape[1..].into(),
            strides: self.strides[1..].into(),
        }
    }

    /// The elements backwards along these axes.
    pub fn flip(&self, axes: AxisSet) -> Self {
        let full = |(axis, &n): (usize, &usize)| {
            if axes.contains(axis) { Range::full(n).backwards() } else { Range::full(n) }
        };
        self.slice(&self.shape.iter().enumerate().map(full).collect::<SmallVec<[Range; 4]>>())
    }

    /// The elements in row-major order at another shape of as many, if strides can say it.
    pub fn reshape(&self, shape: &[usize]) -> Option<Self> {
        if self.len() == 0 {
            return Some(Self { offset: self.offset, ..Self::row_major(shape) });
        }
        let runs = self.collapsed();
        let (mut strides, mut run, mut left) = (SmallVec::from_elem(0, shape.len()), runs.shape.len(), 1);
        let mut stride = 0;
        for axis in (0..shape.len()).rev() {
            let n = shape[axis];
            if n == 1 {
                continue;
            }
            if left == 1 {
                run -= 1;
                (left, stride) = (runs.shape[run], runs.strides[run]);
            }
            if left % n != 0 {
                return None;
            }
            strides[axis] = stride;
            stride *= n.cast_signed();
            left /= n;
        }
        Some(Self { offset: self.offset, shape: shape.into(), strides })
    }

    /// The same elements in the same order with as few axes as can say it: none of length 1, and no two
    /// neighbours that could be one.
    pub fn collapsed(&self) -> Self {
        let mut out = Self { offset: self.offset, shape: Shape::new(), strides: SmallVec::new() };
        for (&n, &stride) in self.shape.iter().zip(&self.strides) {
            if n == 1 {
                continue;
            }
            match (out.shape.last_mut(), out.strides.last_mut()) {
                (Some(last), Some(outer)) if *outer == stride * n.cast_signed() => {
                    (*last, *outer) = (*last * n, stride);
                }
                _ => {
                    out.shape.push(n);
                    out.strides.push(stride);
                }
            }
        }
        out
    }

    /// Whether every element is the same place.
    pub fn is_one_place(&self) -> bool {
        self.shape.iter().zip(&self.strides).all(|(&n, &stride)| n == 1 || stride == 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The places of the elements, in row-major order of their indices.
    fn places(layout: &Layout) -> Vec<usize> {
        let mut places = vec![layout.offset];
        for (&n, &stride) in layout.shape.iter().zip(&layout.strides) {
            let along =
                |place: usize| (0..n.cast_signed()).map(move |i| place.wrapping_add_signed(i * stride));
            places = places.into_iter().flat_map(along).collect();
        }
        places
    }

    #[test]
    fn views_are_where_the_elements_are() {
        let x = Layout::row_major(&[2, 3, 4]);
        assert_eq!(places(&x), (0..24).collect::<Vec<_>>());
        assert!(x.is_row_major());
        let t = x.permute(&[2, 0, 1]);
        assert_eq!(places(&t)[..6], [0, 4, 8, 12, 16, 20]);
        assert!(!t.is_row_major());
        let flipped = Layout::row_major(&[3]).flip(AxisSet::all(1));
        assert_eq!(places(&flipped), [2, 1, 0]);
        assert_eq!(
            places(&Layout::row_major(&[2, 1]).broadcast(&[2, 2, 3])),
            [0, 0, 0, 1, 1, 1, 0, 0, 0, 1, 1, 1]
        );
    }

    #[test]
    fn a_reshape_keeps_the_order_or_says_that_it_cannot() {
        let shapes: [&[usize]; 6] = [&[24], &[4, 6], &[2, 12], &[6, 1, 4], &[1, 24, 1], &[2, 3, 2, 2]];
        let base = Layout::row_major(&[2, 3, 4]);
        let views = [
            base.clone(),
            base.permute(&[0, 2, 1]),
            base.permute(&[2, 1, 0]),
            base.flip(AxisSet::all(3)),
            base.flip(AxisSet::from_iter([1])),
            Layout::row_major(&[4]).broadcast(&[6, 4]),
            Layout::row_major(&[1]).broadcast(&[2, 3, 4]),
        ];
        let mut possible = 0;
        for view in &views {
            assert_eq!(places(&view.collapsed()), places(view));
            for shape in shapes {
                if let Some(reshaped) = view.reshape(shape) {
                    possible += 1;
                    assert_eq!(reshaped.shape.as_slice(), shape);
                    assert_eq!(places(&reshaped), places(view), "{view:?} at {shape:?}");
                }
            }
        }
        // All of those in order, forwards or backwards, or of one place; where one axis is turned, the shape that
        // only splits the last; of the repeated rows, the two shapes that keep rows together.
        assert_eq!(possible, 6 + 6 + 6 + 1 + 2, "as many as can be");
        assert!(base.permute(&[1, 0, 2]).reshape(&[24]).is_none());
    }
}
