//! The matrix product, over any number of leading axes.

use super::product::product;
use super::reduce::{Extent, reduce};
use super::walk::elementwise;
use super::{
    AxisSet, Domain, Family, FoldOp, Kernel, Known, Layout, Prim, Reducer, Rule, Shape, Value, Work, Zip,
    size_of, sum_of,
};
use crate::Float;
use crate::error::{Dims, Error, ErrorKind, Problem, must};
use crate::tape::Var;
use crate::var::{Broadcasting, IntoVar, joint_shape};
use ndarray::{ArrayViewD, ArrayViewMut2, Axis, Ix2};
use smallvec::smallvec;

/// The product of matrices in the last two axes, (…, m, k) with (…, k, n), for equal leading axes.
///
/// Operands are read where they lie, so that a transposed one is never copied. Of single matrices, a column
/// times a row is elementwise, and a product with a vector a reduction, in the order of all others
/// ([`reduce`](super::reduce)): what remains is in [`product`](super::product).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Dot;

impl Rule for Dot {
    fn name(&self) -> &'static str {
        "matmul"
    }

    fn formula(&self) -> String {
        "a @ b".into()
    }

    fn arity(&self) -> Option<usize> {
        Some(2)
    }

    fn domain(&self) -> Domain {
        Domain::ALL
    }

    fn shape(&self, operands: &[&[usize]]) -> Result<Shape, Problem> {
        let ([batch @ .., m, k], [batch_b @ .., k_b, n]) = (operands[0], operands[1]) else {
            let (what, mend) = if operands.iter().any(|shape| shape.is_empty()) {
                ("a matrix product has no meaning for a number", "Multiply by a number with `*`.")
            } else {
                ("the primitive takes matrices only", "Use `Var::matmul`, which makes matrices of vectors.")
            };
            return Err(Problem::new(ErrorKind::Shape, what, mend));
        };
        if k != k_b {
            let advice = match (k == n && *n > 1, m == k_b && *m > 1) {
                (true, true) => {
                    "Most likely one of them stands the other way round: transpose it with `t()`."
                }
                (true, false) => {
                    "Most likely the second stands the other way round: transpose it with `t()`."
                }
                (false, true) => "Most likely the first stands the other way round: transpose it with `t()`.",
                (false, false) => "",
            };
            return Err(Problem::new(
                ErrorKind::Shape,
                format!(
                    "the inner sizes differ: the rows of the first have {k} elements, the columns of the second {k_b}"
                ),
                ["An (m, k) matrix takes a (k, n) one.", advice].join(" ").trim_end(),
            ));
        }
        if batch != batch_b {
            let what = format!("the stacks of matrices, {} and {}, differ", Dims(batch), Dims(batch_b));
            return Err(Problem::new(
                ErrorKind::Shape,
                what,
                "Record it through `Var::matmul`, which broadcasts.",
            ));
        }
        Ok(batch.iter().copied().chain([*m, *n]).collect())
    }

    fn eval<T: Float>(&self, operands: &[&Value<T>]) -> Value<T> {
        let [batch @ .., m, _] = operands[0].shape() else {
            unreachable!("the shape rule asks for two axes")
        };
        let n = operands[1].shape()[batch.len() + 1];
        if batch.is_empty()
            && let Some(value) = with_vector(operands[0], operands[1])
        {
            return value;
        }
        let mut out = vec![T::zero(); size_of(batch) * m * n];
        let shape: Shape = batch.iter().copied().chain([*m, n]).collect();
        if !out.is_empty() {
            multiply(&operands[0].view(), &operands[1].view(), &mut out, (*m, n));
        }
        Value::from_vec(&shape, out)
    }

    fn work<T: Float>(&self, operands: &[&Layout]) -> Work<T> {
        let (a, b) = (operands[0], operands[1]);
        let (&[m, k], &[_, n]) = (&a.shape[..], &b.shape[..]) else { return Work::Product };
        let kernel = times();
        match (m, k, n) {
            (_, 1, _) => {
                Work::Map { kernel, operands: smallvec![a.broadcast(&[m, n]), b.broadcast(&[m, n])] }
            }
            // The vector along the inner axis of the matrix, in whichever order that lies.
            (_, _, 1) => along(kernel, [a, &b.permute(&[1, 0])], 0),
            (1, _, _) => along(kernel, [a, &b.permute(&[1, 0])], 1),
            _ => Work::Product,
        }
    }

    fn shortcut<T: Float>(&self, _: &[Known<T>]) -> Option<usize> {
        None
    }

    fn kernel<T: Float>(&self) -> Option<Kernel<T>> {
        None
    }

    fn vjp<'t, T: Float>(
        &self,
        wrt: usize,
        operands: &[Var<'t, T>],
        _out: Var<'t, T>,
        cotangent: Var<'t, T>,
    ) -> Option<Var<'t, T>> {
        let (a, b) = (operands[0], operands[1]);
        Some(match wrt {
            0 => dot(cotangent, b.swap_axes(-1, -2)),
            _ => dot(a.swap_axes(-1, -2), cotangent),
        })
    }

    fn jvp<'t, T: Float>(
        &self,
        operands: &[Var<'t, T>],
        _out: Var<'t, T>,
        tangents: &[Option<Var<'t, T>>],
    ) -> Option<Var<'t, T>> {
        let (a, b) = (operands[0], operands[1]);
        sum_of([tangents[0].map(|da| dot(da, b)), tangents[1].map(|db| dot(a, db))])
    }

    fn fitting(shape: &[usize]) -> Vec<Self> {
        if shape.len() < 2 { Vec::new() } else { vec![Self] }
    }
}

/// The product of rows that are known to fit.
#[track_caller]
fn dot<'t, T: Float>(a: Var<'t, T>, b: Var<'t, T>) -> Var<'t, T> {
    a.record(Prim(Family::Dot(Dot)), &[a, b])
}

/// The shape of the stack that two stacks of matrices broadcast to.
fn stacks(rules: Broadcasting, a: &[usize], b: &[usize]) -> Result<Shape, Problem> {
    joint_shape(rules, &[a, b]).map_err(|problem| match joint_shape(Broadcasting::NumPy, &[a, b]) {
        Err(_) => {
            let what = format!("the stacks of matrices, {} and {}, do not broadcast", Dims(a), Dims(b));
            Problem::new(problem.kind, what, "Aligned at the last axis, their sizes must be equal, or one of them 1.")
        }
        Ok(joint) => Problem::new(
            problem.kind,
            format!(
                "the stacks of matrices, {} and {}, would both be repeated, to {}, and matrices meet that most likely \
                 do not belong together",
                Dims(a),
                Dims(b),
                Dims(&joint)
            ),
            "If every pair is really meant, say so with `broadcast_to`, or record on \
             `Tape::with_broadcasting(Broadcasting::NumPy)`.",
        ),
    })
}

fn times<T: Float>() -> Kernel<T> {
    Zip::Mul.kernel().expect("multiplication is elementwise")
}

fn sum<T: Float>() -> Reducer<T> {
    FoldOp::Sum.reducer().expect("a sum reduces")
}

/// The products of the rows of a matrix (r, k), which is the operand of this number, with the other's one row (1, k).
fn along<T: Float>(kernel: Kernel<T>, operands: [&Layout; 2], matrix: usize) -> Work<T> {
    let Layout { shape, strides, .. } = operands[matrix];
    let (r, k) = (shape[0], shape[1]);
    let (kernel, reducer) = (Some(kernel), sum());
    let operands = operands.into_iter().map(|operand| operand.broadcast(shape));
    if strides[0].abs() < strides[1].abs() && r > 1 {
        let operands = operands.map(|operand| operand.permute(&[1, 0])).collect();
        return Work::Reduce { kernel, operands, reducer, extent: Extent { terms: k, width: r, count: 1 } };
    }
    let extent = Extent { terms: k, width: 1, count: r };
    Work::Reduce { kernel, operands: operands.collect(), reducer, extent }
}

/// The product of two matrices of which one is a vector, or the inner size is 1; the same as [`Dot::work`]
/// says, on values.
fn with_vector<T: Float>(a: &Value<T>, b: &Value<T>) -> Option<Value<T>> {
    let (m, k, n) = (a.shape()[0], a.shape()[1], b.shape()[1]);
    let times = |a: &Value<T>, b: &Value<T>| elementwise(times(), &[a, b]);
    let t = |x: &Value<T>| x.permute(&[1, 0]);
    let along = |matrix: Value<T>, row: Value<T>| {
        let row = row.broadcast(matrix.shape());
        let (axis, terms) = if matrix.as_slice().is_none() && t(&matrix).as_slice().is_some() {
            (0, times(&t(&matrix), &t(&row)))
        } else {
            (1, times(&matrix, &row))
        };
        reduce(&terms, AxisSet::from_iter([axis]), &sum()).reshape(&[m, n])
    };
    match (m, k, n) {
        (_, 1, _) => Some(times(&a.broadcast(&[m, n]), &b.broadcast(&[m, n]))),
        (_, _, 1) => Some(along(a.clone(), t(b))),
        (1, _, _) => Some(along(t(b), a.clone())),
        _ => None,
    }
}

/// Writes the product of two stacks of matrices to `out`.
fn multiply<T: Float>(a: &ArrayViewD<'_, T>, b: &ArrayViewD<'_, T>, out: &mut [T], (m, n): (usize, usize)) {
    if a.ndim() > 2 {
        let matrices = a.len_of(Axis(0));
        for (i, part) in out.chunks_mut(out.len() / matrices).enumerate() {
            multiply(&a.index_axis(Axis(0), i), &b.index_axis(Axis(0), i), part, (m, n));
        }
        return;
    }
    let matrix = "the shape rule asks for two axes";
    let a = a.view().into_dimensionality::<Ix2>().expect(matrix);
    let b = b.view().into_dimensionality::<Ix2>().expect(matrix);
    let mut out = ArrayViewMut2::from_shape((m, n), out).expect("as many elements as the product has");
    product(&a, &b, &mut out, false);
}

/// The method at the desk.
impl<'t, T: Float> Var<'t, T> {
    /// The matrix product, as NumPy's and PyTorch's `matmul`: (n, k) with (k, m) gives (n, m); a vector
    /// counts as a row on the left and as a column on the right; further axes in front are a stack of
    /// matrices and broadcast. A transposed operand is not copied.
    ///
    /// ```
    /// use ndarray::{arr1, arr2};
    /// # let tape = wengert::Tape::<f64>::new();
    /// let a = tape.leaf("a", arr2(&[[1.0, 2.0], [3.0, 4.0]]));
    /// let v = tape.leaf("v", arr1(&[1.0, 10.0]));
    /// assert_eq!(a.matmul(v).value(), arr1(&[21.0, 43.0]).into_dyn());
    /// assert_eq!(a.t().matmul(v).value(), arr1(&[31.0, 42.0]).into_dyn());
    /// ```
    #[track_caller]
    pub fn matmul(self, other: impl IntoVar<'t, T>) -> Self {
        must(self.try_matmul(other))
    }

    /// As [`matmul`](Self::matmul), without the panic.
    ///
    /// # Errors
    /// If an operand is a number, the inner sizes differ, the stacks do not broadcast, or the operands
    /// are of different tapes.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// let a = tape.leaf("a", ndarray::Array2::zeros((2, 3)));
    /// assert!(a.try_matmul(a).is_err());
    /// assert!(a.try_matmul(a.t()).is_ok());
    /// ```
    #[track_caller]
    pub fn try_matmul(self, other: impl IntoVar<'t, T>) -> Result<Self, Error> {
        let other = other.into_var(self.tape())?;
        if !self.shares_tape(other) {
            return Err(self.other_tape(Dot.name(), other));
        }
        let (row, column) = (self.ndim() == 1, other.ndim() == 1);
        let a = if row { self.reshape([1, self.len()]) } else { self };
        let b = if column { other.reshape([other.len(), 1]) } else { other };
        let (a_shape, b_shape) = (a.shape(), b.shape());
        // The rule's own complaint, about the operands as the user gave them.
        let matrix = |shape: &[usize]| shape[shape.len().saturating_sub(2)..].to_vec();
        let single = Dot.shape(&[&matrix(&a_shape), &matrix(&b_shape)]);
        Self::judge(Dot.name(), single, &[self, other])?;

        let (batch_a, batch_b) = (&a_shape[..a_shape.len() - 2], &b_shape[..b_shape.len() - 2]);
        let batch = stacks(a.tape().broadcasting(), batch_a, batch_b);
        let batch = Self::judge(Dot.name(), batch, &[self, other])?;
        let out = if b_shape.len() == 2 && a_shape.len() > 2 {
            // One tall product is faster than a stack of small ones.
            let tall = a.try_reshape([size_of(&a_shape[..a_shape.len() - 1]), b_shape[0]])?;
            let rows = a_shape[..a_shape.len() - 1].iter().copied();
            let shape: Vec<usize> = rows.chain([b_shape[1]]).collect();
            tall.try_record(Prim(Family::Dot(Dot)), &[tall, b])?.try_reshape(shape)?
        } else {
            let stack = |shape: &[usize]| [&batch, matrix(shape).as_slice()].concat();
            let (a, b) = (a.try_broadcast_to(stack(&a_shape))?, b.try_broadcast_to(stack(&b_shape))?);
            a.try_record(Prim(Family::Dot(Dot)), &[a, b])?
        };
        let mut shape = out.shape();
        if column {
            shape.pop();
        }
        if row {
            shape.remove(batch.len());
        }
        Ok(out.reshape(shape))
    }
}
