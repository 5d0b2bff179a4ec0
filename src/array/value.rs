//! What a row holds: a number, or an array that may be a broadcast view.

use super::Arithmetic;
use super::{AxisSet, Layout, Range, Room, gather};
use crate::error::{Dims, ErrorKind, Problem};
use ndarray::{ArcArray, ArrayD, ArrayViewD, ArrayViewMutD, Axis, IxDyn};
use smallvec::SmallVec;
use std::borrow::Cow;
use std::sync::Arc;

/// The sizes of an array's axes.
pub(crate) type Shape = SmallVec<[usize; 4]>;

/// How many elements an array of this shape has; `usize::MAX` if there are more than a `usize` counts.
pub(crate) fn size_of(shape: &[usize]) -> usize {
    shape.iter().fold(1, |size, &n| size.saturating_mul(n))
}

/// Whether there can be an array of this shape: its axes must fit an [`AxisSet`], and its elements the
/// address space. As in ndarray, axes of size 0 do not make up for others that are too large.
pub(crate) fn check_shape<T>(shape: &[usize]) -> Result<(), Problem> {
    if shape.len() > AxisSet::CAPACITY {
        let what =
            format!("an array has at most {} axes, and this would have {}", AxisSet::CAPACITY, shape.len());
        return Err(Problem::new(ErrorKind::Size, what, "Merge some of them with `reshape`."));
    }
    let bytes =
        shape.iter().filter(|&&n| n > 0).fold(std::mem::size_of::<T>(), |size, &n| size.saturating_mul(n));
    if isize::try_from(bytes).is_err() {
        let besides = if shape.contains(&0) { ", even without the 0" } else { "" };
        let what = format!("the sizes in {} multiply to more than memory has places{besides}", Dims(shape));
        return Err(Problem::new(ErrorKind::Size, what, "Check the sizes, or work on a part at a time."));
    }
    Ok(())
}

/// Whether two shapes are equal. A loop: for the few sizes of a shape, and the none of a number, a call of
/// the C library's comparison costs more than all else in recording a row.
pub(crate) fn same_shape(a: &[usize], b: &[usize]) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a == b)
}

/// The value of a row. Cheap to clone: arrays are shared.
///
/// A number is kept without any allocation, since a scalar program has millions of them.
#[derive(Clone, Debug)]
pub enum Value<T> {
    Number(T),
    Array(Arc<Spread<T>>),
}

/// An array seen at a possibly larger shape: axes of length 1 in `base` stretch over `shape` with
/// stride 0, so that broadcasting never copies.
#[derive(Debug)]
pub struct Spread<T> {
    /// As many axes as `shape`, each of the same length or of length 1.
    base: ArcArray<T, IxDyn>,
    shape: Shape,
    /// The array without gaps of which `base` is a part, if it is one with gaps.
    whole: Option<Box<ArcArray<T, IxDyn>>>,
}

impl<T: Arithmetic> Value<T> {
    /// A value of this array, in whatever memory layout it is.
    pub fn new(base: ArcArray<T, IxDyn>) -> Self {
        if base.ndim() == 0 {
            return Self::Number(base[IxDyn(&[])]);
        }
        let shape = base.shape().into();
        Self::Array(Arc::new(Spread { base, shape, whole: None }))
    }

    /// A value of these elements in row-major order.
    pub fn from_vec(shape: &[usize], elements: Vec<T>) -> Self {
        if shape.is_empty() {
            return Self::Number(elements[0]);
        }
        let array = ArrayD::from_shape_vec(shape, elements).expect("as many elements as the shape says");
        Self::new(array.into_shared())
    }

    /// A value of this shape, all elements equal, stored once.
    pub fn filled(shape: &[usize], element: T) -> Self {
        Self::Number(element).broadcast(shape)
    }

    pub fn shape(&self) -> &[usize] {
        match self {
            Self::Number(_) => &[],
            Self::Array(array) => &array.shape,
        }
    }

    pub fn len(&self) -> usize {
        size_of(self.shape())
    }

    /// The value as an ndarray view, in which broadcast axes have stride 0.
    pub fn view(&self) -> ArrayViewD<'_, T> {
        match self {
            Self::Number(number) => ndarray::aview0(number).into_dyn(),
            Self::Array(array) => array.view(),
        }
    }

    /// The elements in row-major order if they lie so in memory.
    pub fn as_slice(&self) -> Option<&[T]> {
        match self {
            Self::Number(number) => Some(std::slice::from_ref(number)),
            Self::Array(array) if array.is_spread() => None,
            Self::Array(array) => array.base.as_slice(),
        }
    }

    /// The elements in row-major order: where they lie, or copied.
    pub fn in_order(&self, room: &Room<T>) -> Result<Cow<'_, [T]>, Problem> {
        Ok(match self.as_slice() {
            Some(elements) => Cow::Borrowed(elements),
            None => Cow::Owned(self.elements(room)?),
        })
    }

    /// The elements in row-major order, copied.
    pub(crate) fn elements(&self, room: &Room<T>) -> Result<Vec<T>, Problem> {
        let mut out = room.to_fill(self.shape())?;
        if let Some((memory, layout)) = self.lying() {
            gather(memory, &layout.collapsed(), 0, out.len(), &mut out);
        } else {
            let mut all = ArrayViewMutD::from_shape(self.shape(), &mut out).expect("as many elements");
            all.assign(&self.view());
        }
        Ok(out)
    }

    /// The memory in which the elements are, and where in it; nothing if there is other memory between them.
    pub(crate) fn lying(&self) -> Option<(&[T], Layout)> {
        match self {
            Self::Number(number) => Some((std::slice::from_ref(number), Layout::row_major(&[]))),
            Self::Array(array) => {
                let base = &array.base;
                let memory = array.whole.as_deref().unwrap_or(base).as_slice_memory_order()?;
                // ndarray does not say where in its memory an array begins, but the addresses do.
                let before =
                    base.as_ptr().addr().wrapping_sub(memory.as_ptr().addr()) / std::mem::size_of::<T>();
                let layout = Layout {
                    offset: if base.is_empty() { 0 } else { before },
                    shape: base.shape().into(),
                    strides: base.strides().into(),
                };
                Some((memory, layout.broadcast(&array.shape)))
            }
        }
    }

    /// The memory in which the elements are, or where they were copied to, and where in it.
    pub(crate) fn in_memory(&self, room: &Room<T>) -> Result<(Cow<'_, [T]>, Layout), Problem> {
        Ok(match self.lying() {
            Some((memory, layout)) => (Cow::Borrowed(memory), layout),
            None => (Cow::Owned(self.elements(room)?), Layout::row_major(self.shape())),
        })
    }

    /// The memory in which an array's elements are, if nothing else holds it.
    #[inline] // A scalar program has millions of numbers, of which there is nothing to be had.
    pub(super) fn into_memory(self) -> Option<Vec<T>> {
        let Self::Array(array) = self else { return None };
        let Spread { base, whole, .. } = Arc::into_inner(array)?;
        drop(whole); // It shares the memory.
        Some(base.try_into_owned_nocopy().ok()?.into_raw_vec_and_offset().0)
    }

    /// The number, if it is a single one.
    pub fn item(&self) -> Option<T> {
        match self {
            Self::Number(number) => Some(*number),
            Self::Array(array) if self.len() == 1 => array.view().first().copied(),
            Self::Array(_) => None,
        }
    }

    /// The one number that every element equals, if the value stores just one.
    pub fn as_constant(&self) -> Option<T> {
        match self {
            Self::Number(number) => Some(*number),
            Self::Array(array) => (array.base.len() == 1).then(|| array.base.first().copied()).flatten(),
        }
    }

    /// How many elements are stored in memory of their own.
    pub(crate) fn stored(&self) -> usize {
        match self {
            Self::Number(_) => 0,
            Self::Array(array) => array.base.len(),
        }
    }

    /// The elements that are stored, in row-major order.
    pub(crate) fn base(&self) -> Vec<T> {
        match self {
            Self::Number(number) => vec![*number],
            Self::Array(array) => array.base.iter().copied().collect(),
        }
    }

    /// Where the elements lie among [those stored](Self::base), if that is not one after the other.
    pub(crate) fn repeated(&self) -> Option<Layout> {
        match self {
            Self::Array(array) if array.is_spread() => {
                Some(Layout::row_major(array.base.shape()).broadcast(&array.shape))
            }
            Self::Number(_) | Self::Array(_) => None,
        }
    }

    /// An ndarray of the value: shared with the tape, copied only where it was broadcast.
    pub fn to_array(&self, room: &Room<T>) -> Result<ArcArray<T, IxDyn>, Problem> {
        Ok(match self {
            Self::Number(number) => ndarray::arr0(*number).into_dyn().into_shared(),
            Self::Array(array) if array.is_spread() => copied(&array.view(), room)?.into_shared(),
            Self::Array(array) => array.base.clone(),
        })
    }

    /// The elements, written out in memory of their own.
    pub fn written(&self, room: &Room<T>) -> Result<ArrayD<T>, Problem> {
        copied(&self.view(), room)
    }

    /// A value of an array that is the caller's own.
    pub fn kept(base: ArcArray<T, IxDyn>, room: &Room<T>) -> Result<Self, Problem> {
        room.keep(base.shape())?;
        Ok(Self::new(base))
    }

    /// A value of the elements of a view, copied: those that it repeats, once.
    pub fn copied(view: &ArrayViewD<'_, T>, room: &Room<T>) -> Result<Self, Problem> {
        let mut once = view.view();
        for axis in (0..view.ndim()).filter(|&axis| view.strides()[axis] == 0 && view.len_of(Axis(axis)) > 1)
        {
            once.slice_axis_inplace(Axis(axis), ndarray::Slice::from(0..1));
        }
        Ok(Self::new(copied(&once, room)?.into_shared()).broadcast(view.shape()))
    }

    /// The same elements at a shape that NumPy's broadcasting rules allow.
    pub fn broadcast(&self, shape: &[usize]) -> Self {
        if self.shape() == shape {
            return self.clone();
        }
        let (base, whole) = match self {
            Self::Number(number) => (ndarray::arr0(*number).into_dyn().into_shared(), None),
            Self::Array(array) => (array.base.clone(), array.whole.clone()),
        };
        let base = (base.ndim()..shape.len()).fold(base, |base, _| base.insert_axis(Axis(0)));
        Self::Array(Arc::new(Spread { base, shape: shape.into(), whole }))
    }

    /// Axis `i` of the result is axis `order[i]` of the value. No copy.
    pub fn permute(&self, order: &[usize]) -> Self {
        match self {
            Self::Number(_) => self.clone(),
            Self::Array(array) => Self::Array(Arc::new(Spread {
                base: array.base.clone().permuted_axes(order),
                shape: order.iter().map(|&axis| array.shape[axis]).collect(),
                whole: array.whole.clone(),
            })),
        }
    }

    /// Every `step`-th element along each axis, `len` of them from `first` on. No copy.
    pub(crate) fn slice(&self, ranges: &[Range]) -> Self {
        let Self::Array(array) = self else { return self.clone() };
        let mut base = array.base.clone();
        for (axis, range) in ranges.iter().enumerate() {
            if base.len_of(Axis(axis)) == array.shape[axis] {
                base.slice_axis_inplace(Axis(axis), range.as_slice());
            } else if range.len == 0 {
                base.slice_axis_inplace(Axis(axis), ndarray::Slice::from(0..0));
            }
        }
        let has_gaps = |array: &ArcArray<T, IxDyn>| array.as_slice_memory_order().is_none();
        let whole = match &array.whole {
            _ if !has_gaps(&base) => None,
            None => (!has_gaps(&array.base)).then(|| Box::new(array.base.clone())),
            whole => whole.clone(),
        };
        let shape = ranges.iter().map(|range| range.len).collect();
        Self::Array(Arc::new(Spread { base, shape, whole }))
    }

    /// The elements in row-major order at another shape. Copies only what neither lies in that
    /// order in memory nor merely gains or loses axes of length 1.
    pub fn reshape(&self, shape: &[usize], room: &Room<T>) -> Result<Self, Problem> {
        if self.shape() == shape {
            return Ok(self.clone());
        }
        if let Some(number) = self.as_constant() {
            return Ok(Self::filled(shape, number));
        }
        let Self::Array(array) = self else { return Ok(self.clone()) };
        if array.shape.iter().filter(|&&n| n != 1).eq(shape.iter().filter(|&&n| n != 1)) {
            return Ok(array.with_unit_axes(shape));
        }
        if !array.is_spread()
            && let Ok(base) = array.base.clone().into_shape_with_order(shape)
        {
            return Ok(Self::new(base));
        }
        Ok(Self::from_vec(shape, self.elements(room)?))
    }
}

/// The elements of a view in memory of their own, in its own order if that is row-major forwards or transposed.
fn copied<T: Arithmetic>(view: &ArrayViewD<'_, T>, room: &Room<T>) -> Result<ArrayD<T>, Problem> {
    let transposed = !view.is_standard_layout() && view.t().is_standard_layout();
    let source = if transposed { view.t() } else { view.view() };
    // A slice is copied as a whole, the elements of an array one by one.
    let elements = match source.as_slice() {
        Some(elements) => room.collected(source.shape(), elements.iter().copied())?,
        None => room.collected(source.shape(), source.iter().copied())?,
    };
    let array =
        ArrayD::from_shape_vec(source.raw_dim(), elements).expect("as many elements as the shape says");
    Ok(if transposed { array.reversed_axes() } else { array })
}

impl<T> Spread<T> {
    fn is_spread(&self) -> bool {
        self.base.shape() != self.shape.as_slice()
    }

    fn view(&self) -> ArrayViewD<'_, T> {
        self.base.broadcast(self.shape.as_slice()).expect("axes of the same length or of length 1")
    }

    /// The array at a shape that differs from its own only by axes of length 1.
    fn with_unit_axes(&self, shape: &[usize]) -> Value<T>
    where
        T: Arithmetic,
    {
        let units = (0..self.shape.len()).rev().filter(|&axis| self.shape[axis] == 1);
        let squeezed = units.fold(self.base.clone(), |base, axis| base.index_axis_move(Axis(axis), 0));
        let ones = (0..shape.len()).filter(|&axis| shape[axis] == 1);
        let base = ones.fold(squeezed, |base, axis| base.insert_axis(Axis(axis)));
        Value::Array(Arc::new(Spread { base, shape: shape.into(), whole: self.whole.clone() }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::rngs::Xoshiro256PlusPlus;
    use rand::{RngExt, SeedableRng};

    /// Whatever is taken of an array, and of what was taken, is found in its memory.
    #[test]
    fn parts_are_found_where_they_lie() {
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(5);
        let mut with_gaps = 0;
        for _ in 0..2_000 {
            let shape = [1, 3, 4, 5].map(|n| rng.random_range(1..=n));
            let count = u32::try_from(size_of(&shape)).expect("they are few");
            let mut value = Value::from_vec(&shape, (0..count).map(f64::from).collect());
            for _ in 0..rng.random_range(1..=4) {
                value = match rng.random_range(0..4) {
                    0 => {
                        let part = |n: usize| {
                            let first = rng.random_range(0..n);
                            let step = rng.random_range(1..=2_usize);
                            let len =
                                rng.random_range(0..=(n - first).div_ceil(step)).max(usize::from(n > 1));
                            let range = Range { first, step: step.cast_signed(), len };
                            if rng.random_range(0..3) == 0 { range.backwards() } else { range }
                        };
                        let ranges: Vec<Range> = value.shape().to_vec().into_iter().map(part).collect();
                        value.slice(&ranges)
                    }
                    1 => value.permute(&[2, 0, 3, 1]),
                    2 => {
                        let grown = |&n: &usize| if n == 1 { rng.random_range(1..=3) } else { n };
                        let shape: Vec<usize> = value.shape().iter().map(grown).collect();
                        value.broadcast(&shape)
                    }
                    _ => {
                        let turned: Vec<usize> = value.shape().iter().rev().copied().collect();
                        value.reshape(&turned, &Room::default()).expect("it is as large")
                    }
                };
                if value.len() == 0 {
                    break;
                }
            }
            let (memory, layout) = value.lying().expect("it is of an array without gaps");
            with_gaps += usize::from(memory.len() > value.stored());
            let mut found = vec![0.0; value.len()];
            gather(memory, &layout.collapsed(), 0, value.len(), &mut found);
            assert!(value.view().iter().eq(&found), "{value:?} lies at {layout:?} of {memory:?}");
        }
        assert!(with_gaps > 200, "only {with_gaps} had gaps");
    }
}
