//! Look-up along an axis by a row of indices, and its adjoint.
//!
//! out[…, j, …] = a[…, b[j], …] is linear in a, and its adjoint adds each cotangent to where the element came from:
//! ā[…, b[j], …] += d[…, j, …]. Each is the other's derivative, to any order; an index has none.

use super::{Domain, IndexOperand, Prim, Rule};
use crate::Float;
use crate::array::{
    Arithmetic, Kernel, Kind, Known, Layout, LookUp, Room, Shape, Value, Work, look_up, same_shape, size_of,
};
use crate::error::{Error, ErrorKind, Problem, counted, must};
use crate::tape::{IntoAxis, IntoIndices, Var, from_start};

/// A look-up along an axis, or its adjoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Index {
    by: By,
    axis: usize,
    /// For the adjoint: how many elements its result has along the axis.
    into: Option<usize>,
}

/// What has an index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum By {
    /// Slices across the axis: the indices' axes stand in the place of the axis.
    Slice,
    /// Each element by itself: the indices have the operand's axes.
    Element,
}

impl Index {
    /// The axis along which it looks up.
    pub(crate) fn axis(self) -> usize {
        self.axis
    }

    /// Whether it is the adjoint, which adds up.
    pub(super) fn is_adjoint(self) -> bool {
        self.into.is_some()
    }

    /// As [`is_adjoint`](Self::is_adjoint).
    #[cfg(feature = "check")]
    pub(crate) fn adds(self) -> bool {
        self.into.is_some()
    }

    /// The look-up that this is the adjoint of, or the adjoint that it has for an operand of this shape.
    pub(super) fn adjoint(self, shape: &[usize]) -> Self {
        let into = match self.into {
            None => Some(shape[self.axis]),
            Some(_) => None,
        };
        Self { into, ..self }
    }

    /// What to do, for operands of these shapes, which fit.
    fn plan(self, x: &[usize], indices: &[usize]) -> LookUp {
        let Self { by, axis, into } = self;
        let (each, count, axes) = match by {
            By::Slice => (false, size_of(indices), indices.len()),
            By::Element => (true, indices[axis], 1),
        };
        // An adjoint's operand has the indices' axes in it.
        let (len, rest) = match into {
            None => (x[axis], if each { &indices[axis + 1..] } else { &x[axis + 1..] }),
            Some(len) => (len, &x[axis + axes..]),
        };
        let before = size_of(&x[..axis]);
        LookUp { before, len, count, after: size_of(rest), each, adding: into.is_some(), axis }
    }
}

impl Rule for Index {
    fn name(&self) -> &'static str {
        match (self.by, self.into.is_some()) {
            (By::Slice, false) => "take",
            (By::Slice, true) => "scatter_add",
            (By::Element, false) => "take_along",
            (By::Element, true) => "scatter_add_along",
        }
    }

    fn formula(&self) -> String {
        let Self { by, axis, into } = *self;
        let each = if by == By::Element { "each of " } else { "" };
        match into {
            None => format!("{each}a at b along axis {axis}"),
            Some(len) => format!("{each}a added to {len} zeros at b along axis {axis}"),
        }
    }

    fn arity(&self) -> Option<usize> {
        Some(2)
    }

    fn domain(&self) -> Domain {
        Domain { text: "b are places of the axis", ..Domain::ALL }
    }

    fn kind(&self, operands: &[Kind]) -> Result<Kind, Problem> {
        match (operands[1], self.into.is_some()) {
            (Kind::Index, false) => Ok(operands[0]),
            (Kind::Index, true) => Ok(Kind::Real),
            (Kind::Real | Kind::Mask, _) => Err(no_indices()),
        }
    }

    fn shape(&self, operands: &[&[usize]]) -> Result<Shape, Problem> {
        let Self { by, axis, into } = *self;
        let (x, indices) = (operands[0], operands[1]);
        // Of slices that a single index took, the adjoint puts the axis back in, be it at the end.
        if axis > x.len() || axis == x.len() && (by, into.is_some(), indices.len()) != (By::Slice, true, 0) {
            return Err(Problem::no_axis(axis, x.len()));
        }
        let along = |len: usize| -> Shape {
            let mut shape = Shape::from(x);
            shape[axis] = len;
            shape
        };
        match (by, into) {
            (By::Slice, None) => Ok([&x[..axis], indices, &x[axis + 1..]].concat().into()),
            (By::Slice, Some(len)) => {
                let found = x.get(axis..axis + indices.len());
                if found.is_some_and(|found| same_shape(found, indices)) {
                    return Ok([&x[..axis], &[len], &x[axis + indices.len()..]].concat().into());
                }
                Err(Problem::new(
                    ErrorKind::Shape,
                    format!(
                        "{} cannot go with {} along axis {axis}",
                        counted(size_of(indices), "index", "indices"),
                        counted(x.get(axis).copied().unwrap_or(1), "element", "elements")
                    ),
                    "Give one index for each element: the place that it is added at.",
                ))
            }
            (By::Element, None) => {
                let fits = x.len() == indices.len()
                    && same_shape(&along(0), &{
                        let mut others = Shape::from(indices);
                        others[axis] = 0;
                        others
                    });
                if fits {
                    Ok(indices.into())
                } else {
                    Err(misfit(axis, "as many of them along that as you like"))
                }
            }
            (By::Element, Some(len)) if same_shape(x, indices) => Ok(along(len)),
            (By::Element, Some(_)) => Err(misfit(axis, "as many as there are elements")),
        }
    }

    fn eval<T: Arithmetic>(&self, operands: &[&Value<T>], room: &Room<T>) -> Result<Value<T>, Problem> {
        let [x, indices] = [operands[0], operands[1]];
        let shapes = [x.shape(), indices.shape()];
        let shape = self.shape(&shapes)?;
        look_up(self.plan(shapes[0], shapes[1]), &shape, [x, indices], room)
    }

    fn work<T: Arithmetic>(&self, operands: &[&Layout]) -> Work<T> {
        Work::LookUp(self.plan(&operands[0].shape, &operands[1].shape))
    }

    fn shortcut<T: Arithmetic>(&self, _: &[Known<T>]) -> Option<usize> {
        None
    }

    fn kernel<T: Arithmetic>(&self) -> Option<Kernel<T>> {
        None
    }

    fn vjp<'t, T: Float>(
        &self,
        wrt: usize,
        operands: &[Var<'t, T>],
        _out: Var<'t, T>,
        cotangent: Var<'t, T>,
    ) -> Option<Var<'t, T>> {
        let adjoint = Prim::index(self.adjoint(&operands[0].shape()));
        (wrt == 0).then(|| cotangent.record(adjoint, &[cotangent, operands[1]]))
    }

    fn jvp<'t, T: Float>(
        &self,
        operands: &[Var<'t, T>],
        _out: Var<'t, T>,
        tangents: &[Option<Var<'t, T>>],
    ) -> Option<Var<'t, T>> {
        let tangent = tangents[0]?;
        Some(tangent.record(Prim::index(*self), &[tangent, operands[1]]))
    }

    /// Along each axis, by slice and by element, there and back.
    fn fitting(shape: &[usize]) -> Vec<Self> {
        let axes = 0..shape.len();
        let all = axes.flat_map(|axis| [By::Slice, By::Element].map(|by| (axis, by)));
        all.flat_map(|(axis, by)| [None, Some(3)].map(|into| Self { by, axis, into })).collect()
    }
}

impl Index {
    /// Indices that suit a first operand of this shape, as many as it has elements along the axis.
    pub(super) fn index_operand(self, shape: &[usize]) -> IndexOperand {
        let Self { by, axis, into } = self;
        let mut indices = shape.to_vec();
        let bound = into.unwrap_or(shape[axis]);
        if bound == 0 {
            indices[axis] = 0; // Of an axis without elements nothing can be looked up.
        }
        if by == By::Slice {
            indices = vec![indices[axis]];
        }
        IndexOperand { operand: 1, shape: indices, bound }
    }
}

fn no_indices() -> Problem {
    Problem::new(
        ErrorKind::Index,
        "places are said by a row of indices, and these are real numbers",
        "Give an array of integers, a row of `tape.indices(name, array)`, or one that computes indices, as `argmax`; \
         whole numbers become indices by `to_indices()`.",
    )
}

fn misfit(axis: usize, along: &str) -> Problem {
    let what = format!("indices for each element have its axes and sizes, but along axis {axis} {along}");
    Problem::new(
        ErrorKind::Shape,
        what,
        "Broadcast them before, with `broadcast_to`; `take` looks whole slices up.",
    )
}

/// # Look-up
impl<'t, T: Float> Var<'t, T> {
    #[track_caller]
    fn look_up(
        self,
        by: By,
        into: Option<usize>,
        axis: impl IntoAxis,
        indices: impl IntoIndices<'t, T>,
    ) -> Result<Self, Error> {
        let name = Index { by, axis: 0, into }.name();
        let axis = axis.number();
        let start = self.tape().mark();
        let indices = indices.into_indices(self.tape()).map_err(|error| error.called(name))?;
        let result = match Self::judge(name, self.place_of(axis, by, into, indices.ndim()), &[self]) {
            Ok(axis) => self.try_record(Prim::index(Index { by, axis, into }), &[self, indices]),
            Err(error) => Err(error),
        };
        self.tape().settled(start, result)
    }

    /// Which axis is meant: of the operand; for slices that are added, in which the indices' axes stand in its place, of
    /// the result.
    fn place_of(self, axis: isize, by: By, into: Option<usize>, index_axes: usize) -> Result<usize, Problem> {
        let ndim = match (by, into) {
            (By::Slice, Some(_)) => (self.ndim() + 1).saturating_sub(index_axes),
            _ => self.ndim(),
        };
        from_start(axis, ndim).ok_or_else(|| Problem::no_axis(axis, ndim))
    }

    /// The slices at these indices along an axis, in the order given, as often as named (NumPy's `take`, PyTorch's
    /// `index_select` and `embedding`). The axes of the indices stand in the place of the axis: of a table (n, d) and
    /// indices (b, t) along axis 0 the result is (b, t, d).
    ///
    /// Indices are an array of integers, which a program keeps as they were recorded; or a row of
    /// [`tape.indices`](crate::Tape::indices), which can be an input, or one that is computed.
    /// They count from 0; one that is negative, or not below the axis' size, is an error, here and in each replay.
    ///
    /// ```
    /// use ndarray::arr2;
    /// # let tape = wengert::Tape::<f64>::new();
    /// let x = tape.leaf("x", arr2(&[[1.0, 2.0], [3.0, 4.0]]));
    /// assert_eq!(x.take(0, [1, 1]).value(), arr2(&[[3.0, 4.0], [3.0, 4.0]]).into_dyn());
    ///
    /// let which = tape.indices("which", [1]);
    /// let program = tape.program([x, which], x.take(0, which))?;
    /// let fed = program.replay_one((&arr2(&[[5.0, 6.0], [7.0, 8.0]]), &[0_u8]))?;
    /// assert_eq!(fed, arr2(&[[5.0, 6.0]]).into_dyn());
    /// # Ok::<(), wengert::Error>(())
    /// ```
    #[doc(alias = "index_select")]
    #[doc(alias = "embedding")]
    #[track_caller]
    pub fn take(self, axis: impl IntoAxis, indices: impl IntoIndices<'t, T>) -> Self {
        must(self.try_take(axis, indices))
    }

    /// As [`take`](Self::take), without the panic.
    ///
    /// # Errors
    /// If the axis does not exist or an index is outside of it.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// assert!(tape.leaf("x", ndarray::Array2::zeros((2, 3))).try_take(0, [2]).is_err());
    /// ```
    #[track_caller]
    pub fn try_take(self, axis: impl IntoAxis, indices: impl IntoIndices<'t, T>) -> Result<Self, Error> {
        self.look_up(By::Slice, None, axis, indices)
    }

    /// Zeros, `len` of them along the axis, with the slice `i` of this added at `indices[i]`: the adjoint of
    /// [`take`](Self::take). The axis is one of the result: all axes of the indices are in its place here, and by a single
    /// index there is none. What is added at one place is added in order, one after the other.
    ///
    /// ```
    /// use ndarray::arr1;
    /// # let tape = wengert::Tape::<f64>::new();
    /// let x = tape.leaf("x", arr1(&[1.0, 2.0, 4.0]));
    /// assert_eq!(x.scatter_add(0, [0, 3, 0], 4).value(), arr1(&[5.0, 0.0, 0.0, 2.0]).into_dyn());
    /// ```
    #[doc(alias = "index_add")]
    #[doc(alias = "segment_sum")]
    #[track_caller]
    pub fn scatter_add(self, axis: impl IntoAxis, indices: impl IntoIndices<'t, T>, len: usize) -> Self {
        must(self.try_scatter_add(axis, indices, len))
    }

    /// As [`scatter_add`](Self::scatter_add), without the panic.
    ///
    /// # Errors
    /// If the axis does not exist, an index is not below `len`, or there is not one for each element.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// assert!(tape.leaf("x", ndarray::Array1::zeros(3)).try_scatter_add(0, [0, 1], 4).is_err());
    /// ```
    #[track_caller]
    pub fn try_scatter_add(
        self,
        axis: impl IntoAxis,
        indices: impl IntoIndices<'t, T>,
        len: usize,
    ) -> Result<Self, Error> {
        self.look_up(By::Slice, Some(len), axis, indices)
    }

    /// For each element of the indices, the element at that place along the axis (NumPy's `take_along_axis`, PyTorch's
    /// `gather`): `out[i, j] = self[i, indices[i, j]]` along the last axis. The indices have the same axes and sizes, but
    /// along the axis as many as you like; the result has their shape.
    ///
    /// ```
    /// use ndarray::arr2;
    /// # let tape = wengert::Tape::<f64>::new();
    /// let x = tape.leaf("x", [[1.0, 5.0, 3.0], [9.0, 7.0, 8.0]]);
    /// let best = x.argmax(-1).unsqueeze(-1); // (2, 1)
    /// assert_eq!(x.take_along(-1, best).value(), arr2(&[[5.0], [9.0]]).into_dyn());
    /// ```
    #[doc(alias = "gather")]
    #[doc(alias = "take_along_axis")]
    #[doc(alias = "take_along_dim")]
    #[track_caller]
    pub fn take_along(self, axis: impl IntoAxis, indices: impl IntoIndices<'t, T>) -> Self {
        must(self.try_take_along(axis, indices))
    }

    /// As [`take_along`](Self::take_along), without the panic.
    ///
    /// # Errors
    /// If the axis does not exist, the indices have other axes or sizes, or one is no place of the axis.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// assert!(tape.leaf("x", ndarray::Array2::zeros((2, 3))).try_take_along(1, [0, 1]).is_err());
    /// ```
    #[track_caller]
    pub fn try_take_along(
        self,
        axis: impl IntoAxis,
        indices: impl IntoIndices<'t, T>,
    ) -> Result<Self, Error> {
        self.look_up(By::Element, None, axis, indices)
    }

    /// Zeros, `len` of them along the axis, with each element of this added at its own index: the adjoint of
    /// [`take_along`](Self::take_along). The indices have the shape of this.
    ///
    /// ```
    /// use ndarray::arr2;
    /// # let tape = wengert::Tape::<f64>::new();
    /// let x = tape.leaf("x", [[1.0, 2.0], [3.0, 4.0]]);
    /// let sums = x.scatter_add_along(1, [[2, 2], [0, 1]], 3);
    /// assert_eq!(sums.value(), arr2(&[[0.0, 0.0, 3.0], [3.0, 4.0, 0.0]]).into_dyn());
    /// ```
    #[doc(alias = "put_along_axis")]
    #[track_caller]
    pub fn scatter_add_along(
        self,
        axis: impl IntoAxis,
        indices: impl IntoIndices<'t, T>,
        len: usize,
    ) -> Self {
        must(self.try_scatter_add_along(axis, indices, len))
    }

    /// As [`scatter_add_along`](Self::scatter_add_along), without the panic.
    ///
    /// # Errors
    /// If the axis does not exist, the indices have another shape, or one is not below `len`.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// assert!(tape.leaf("x", [[1.0, 2.0]]).try_scatter_add_along(1, [[2, 3]], 3).is_err());
    /// ```
    #[track_caller]
    pub fn try_scatter_add_along(
        self,
        axis: impl IntoAxis,
        indices: impl IntoIndices<'t, T>,
        len: usize,
    ) -> Result<Self, Error> {
        self.look_up(By::Element, Some(len), axis, indices)
    }
}
