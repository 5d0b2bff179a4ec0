//! Look-up along an axis by a list of indices, and its adjoint.

use super::{Domain, Family, Prim, Rule};
use crate::Float;
use crate::array::{
    Arithmetic, Kernel, Known, Layout, Piece, Range, Room, Shape, Value, Work, scatter_add, take,
};
use crate::error::{Error, ErrorKind, Problem, counted, must};
use crate::tape::{IntoAxis, Var};
use std::sync::Arc;

/// A look-up and its parameters, shared between a row and its derivatives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Index(Arc<Entries>);

#[derive(Debug, PartialEq, Eq)]
struct Entries {
    op: IndexOp,
    axis: usize,
    indices: Vec<usize>,
}

/// The two directions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum IndexOp {
    /// Element `i` along the axis is the operand's element `indices[i]`.
    Take,
    /// The operand's element `i` is added to element `indices[i]` of zeros, as many along the axis
    /// as said.
    ScatterAdd { len: usize },
}

impl Index {
    fn new(op: IndexOp, axis: usize, indices: Vec<usize>) -> Self {
        Self(Arc::new(Entries { op, axis, indices }))
    }

    /// How many indices it holds.
    pub fn indices(&self) -> usize {
        self.0.indices.len()
    }

    /// The other direction, for an operand of this shape.
    fn adjoint(&self, shape: &[usize]) -> Self {
        let Entries { op, axis, indices } = &*self.0;
        let back = match op {
            IndexOp::Take => IndexOp::ScatterAdd { len: shape[*axis] },
            IndexOp::ScatterAdd { .. } => IndexOp::Take,
        };
        Self::new(back, *axis, indices.clone())
    }
}

impl Rule for Index {
    fn name(&self) -> &'static str {
        match self.0.op {
            IndexOp::Take => "take",
            IndexOp::ScatterAdd { .. } => "scatter_add",
        }
    }

    fn formula(&self) -> String {
        let Entries { op, axis, indices } = &*self.0;
        match op {
            IndexOp::Take => format!("a at {} indices along axis {axis}", indices.len()),
            IndexOp::ScatterAdd { len } => {
                format!("a added to {len} zeros at {} indices along axis {axis}", indices.len())
            }
        }
    }

    fn arity(&self) -> Option<usize> {
        Some(1)
    }

    fn domain(&self) -> Domain {
        Domain::ALL
    }

    fn shape(&self, operands: &[&[usize]]) -> Result<Shape, Problem> {
        let Entries { op, axis, indices } = &*self.0;
        let mut shape: Shape = operands[0].into();
        let Some(&here) = shape.get(*axis) else {
            return Err(Problem::no_axis(axis, shape.len()));
        };
        let (out, bound) = match op {
            IndexOp::Take => (indices.len(), here),
            IndexOp::ScatterAdd { len } => (*len, *len),
        };
        if let IndexOp::ScatterAdd { .. } = op
            && here != indices.len()
        {
            return Err(Problem::new(
                ErrorKind::Shape,
                format!(
                    "{} cannot go with {} along axis {axis}",
                    counted(indices.len(), "index", "indices"),
                    counted(here, "element", "elements")
                ),
                "Give one index for each element: the place that it is added at.",
            ));
        }
        if let Some(index) = indices.iter().find(|&&index| index >= bound) {
            return Err(Problem::new(
                ErrorKind::Index,
                format!(
                    "index {index} is outside axis {axis} of the {}, which has {}",
                    if let IndexOp::Take = op { "array" } else { "result" },
                    counted(bound, "element", "elements")
                ),
                "Indices count from 0.",
            ));
        }
        shape[*axis] = out;
        Ok(shape)
    }

    fn eval<T: Arithmetic>(&self, operands: &[&Value<T>], room: &Room) -> Result<Value<T>, Problem> {
        let Entries { op, axis, indices } = &*self.0;
        match op {
            IndexOp::Take => take(operands[0], *axis, indices, room),
            IndexOp::ScatterAdd { len } => scatter_add(operands[0], *axis, indices, *len, room),
        }
    }

    fn work<T: Arithmetic>(&self, operands: &[&Layout]) -> Work<T> {
        let Entries { op, axis, indices } = &*self.0;
        let from = operands[0];
        let mut shape = from.shape.clone();
        let one = |layout: &Layout, index: usize| {
            layout.clone().along(*axis, Range { first: index, step: 1, len: 1 })
        };
        let (background, adding) = match op {
            IndexOp::Take => (None, false),
            IndexOp::ScatterAdd { .. } => (Some(T::zero()), true),
        };
        shape[*axis] = match op {
            IndexOp::Take => indices.len(),
            IndexOp::ScatterAdd { len } => *len,
        };
        let to = Layout::row_major(&shape);
        let piece = |(place, &index): (usize, &usize)| {
            let (source, target) = if adding { (place, index) } else { (index, place) };
            Piece { operand: 0, from: one(from, source), to: one(&to, target), adding }
        };
        Work::Assemble { background, pieces: indices.iter().enumerate().map(piece).collect() }
    }

    fn shortcut<T: Arithmetic>(&self, _: &[Known<T>]) -> Option<usize> {
        None
    }

    fn kernel<T: Arithmetic>(&self) -> Option<Kernel<T>> {
        None
    }

    fn vjp<'t, T: Float>(
        &self,
        _wrt: usize,
        operands: &[Var<'t, T>],
        _out: Var<'t, T>,
        cotangent: Var<'t, T>,
    ) -> Option<Var<'t, T>> {
        let adjoint = self.adjoint(&operands[0].shape());
        Some(cotangent.record(Prim(Family::Index(adjoint)), &[cotangent]))
    }

    fn jvp<'t, T: Float>(
        &self,
        _operands: &[Var<'t, T>],
        _out: Var<'t, T>,
        tangents: &[Option<Var<'t, T>>],
    ) -> Option<Var<'t, T>> {
        let tangent = tangents[0]?;
        Some(tangent.record(Prim(Family::Index(self.clone())), &[tangent]))
    }

    /// Along each axis: the last element twice and the first once; and all elements onto two places.
    fn fitting(shape: &[usize]) -> Vec<Self> {
        let axes = shape.iter().enumerate();
        let both = axes.flat_map(|(axis, &n)| {
            let taken = if n == 0 { vec![] } else { vec![n - 1, 0, n - 1] };
            let places = (0..n).map(|i| i % 2).collect();
            [Self::new(IndexOp::Take, axis, taken), Self::new(IndexOp::ScatterAdd { len: 3 }, axis, places)]
        });
        both.collect()
    }
}

/// # Look-up
impl<T: Float> Var<'_, T> {
    #[track_caller]
    fn look_up(self, op: IndexOp, axis: impl IntoAxis, indices: impl AsRef<[usize]>) -> Result<Self, Error> {
        let index = Index::new(op, 0, Vec::new());
        let axis = self.axis(index.name(), axis)?;
        let index = Index::new(op, axis, indices.as_ref().to_vec());
        self.try_record(Prim(Family::Index(index)), &[self])
    }

    /// The elements at these indices along an axis, in the order given, as often as named (NumPy's
    /// `take`, PyTorch's `index_select`).
    ///
    /// ```
    /// use ndarray::arr2;
    /// # let tape = wengert::Tape::<f64>::new();
    /// let x = tape.leaf("x", arr2(&[[1.0, 2.0], [3.0, 4.0]]));
    /// assert_eq!(x.take(0, [1, 1]).value(), arr2(&[[3.0, 4.0], [3.0, 4.0]]).into_dyn());
    /// ```
    #[doc(alias = "index_select")]
    #[doc(alias = "gather")]
    #[doc(alias = "embedding")]
    #[doc(alias = "take_along_axis")]
    #[track_caller]
    pub fn take(self, axis: impl IntoAxis, indices: impl AsRef<[usize]>) -> Self {
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
    pub fn try_take(self, axis: impl IntoAxis, indices: impl AsRef<[usize]>) -> Result<Self, Error> {
        self.look_up(IndexOp::Take, axis, indices)
    }

    /// Zeros, `len` of them along the axis, with the element `i` of this added at `indices[i]`: the
    /// adjoint of [`take`](Self::take).
    ///
    /// ```
    /// use ndarray::arr1;
    /// # let tape = wengert::Tape::<f64>::new();
    /// let x = tape.leaf("x", arr1(&[1.0, 2.0, 4.0]));
    /// assert_eq!(x.scatter_add(0, [0, 3, 0], 4).value(), arr1(&[5.0, 0.0, 0.0, 2.0]).into_dyn());
    /// ```
    #[doc(alias = "index_add")]
    #[doc(alias = "segment_sum")]
    #[doc(alias = "bincount")]
    #[track_caller]
    pub fn scatter_add(self, axis: impl IntoAxis, indices: impl AsRef<[usize]>, len: usize) -> Self {
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
        indices: impl AsRef<[usize]>,
        len: usize,
    ) -> Result<Self, Error> {
        self.look_up(IndexOp::ScatterAdd { len }, axis, indices)
    }
}
