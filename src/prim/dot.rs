//! The matrix product, over any number of leading axes.

use super::{Domain, Family, Prim, Rule, sum_of};
use crate::Float;
use crate::array::{
    Arithmetic, Kernel, Kind, Known, Layout, Room, Shape, Value, Work, matmul, matmul_work, size_of,
};
use crate::error::{Dims, Error, ErrorKind, Problem, must};
use crate::tape::{Broadcasting, IntoVar, Var, joint_shape};

/// The product of matrices in the last two axes, (…, m, k) with (…, k, n), for equal leading axes.
///
/// How it is computed is in `array/matmul.rs`.
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

    fn kind(&self, _: &[Kind]) -> Result<Kind, Problem> {
        Ok(Kind::Real)
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
            let (first, second) = (m == k_b && *m > 1, k == n && *n > 1);
            return Err(inner_sizes(
                *k,
                *k_b,
                first.then_some(batch.is_empty()),
                second.then_some(batch_b.is_empty()),
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

    fn eval<T: Arithmetic>(&self, operands: &[&Value<T>], room: &Room<T>) -> Result<Value<T>, Problem> {
        matmul(operands[0], operands[1], room)
    }

    fn work<T: Arithmetic>(&self, operands: &[&Layout]) -> Work<T> {
        matmul_work(operands[0], operands[1])
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

/// The inner sizes differ, and it would fit if the first or the second stood the other way round, which may be a single
/// matrix or a stack.
fn inner_sizes(k: usize, k_b: usize, first: Option<bool>, second: Option<bool>) -> Problem {
    let turn = |single: bool| if single { "`t()`" } else { "`swap_axes(-1, -2)`" };
    let advice = |which: &str, how: &str| {
        format!(" Most likely {which} stands the other way round: transpose it with {how}.")
    };
    let advice = match (first, second) {
        (Some(true), Some(true)) => advice("one of them", turn(true)),
        (Some(_), Some(_)) => advice("one of them", turn(false)),
        (None, Some(single)) => advice("the second", turn(single)),
        (Some(single), None) => advice("the first", turn(single)),
        (None, None) => String::new(),
    };
    Problem::new(
        ErrorKind::Shape,
        format!(
            "the inner sizes differ: the rows of the first have {k} elements, the columns of the second {k_b}"
        ),
        format!("An (m, k) matrix takes a (k, n) one.{advice}"),
    )
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

/// # Matrix product
impl<'t, T: Float> Var<'t, T> {
    /// The matrix product, as NumPy's and PyTorch's `matmul`: (n, k) with (k, m) gives (n, m); a vector
    /// counts as a row on the left and as a column on the right; further axes in front are a stack of
    /// matrices and broadcast. A transposed operand is not copied.
    ///
    /// The sums are IEEE's, in which 0 · ∞ and 0 · NaN are NaN: an element that is infinite or NaN spoils every sum that
    /// it is in, also with a weight or a cotangent of 0. If it is not meant, replace it before the product, as in
    /// `mask.select(x, 0.0).matmul(w)`; a mask on the result comes too late for the gradient.
    ///
    /// ```
    /// use ndarray::{arr1, arr2};
    /// # let tape = wengert::Tape::<f64>::new();
    /// let a = tape.leaf("a", arr2(&[[1.0, 2.0], [3.0, 4.0]]));
    /// let v = tape.leaf("v", arr1(&[1.0, 10.0]));
    /// assert_eq!(a.matmul(v).value(), arr1(&[21.0, 43.0]).into_dyn());
    /// assert_eq!(a.t().matmul(v).value(), arr1(&[31.0, 42.0]).into_dyn());
    /// ```
    #[doc(alias = "dot")]
    #[doc(alias = "mm")]
    #[doc(alias = "bmm")]
    #[doc(alias = "mv")]
    #[doc(alias = "einsum")]
    #[doc(alias = "inner")]
    #[doc(alias = "vdot")]
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
        let other = other.into_var(self.tape()).map_err(|error| error.called(Dot.name()))?;
        if !self.shares_tape(other) {
            return Err(self.other_tape(Dot.name(), other));
        }
        let (row, column) = (self.ndim() == 1, other.ndim() == 1);
        let a = if row { self.reshape([1, self.len()]) } else { self };
        let b = if column { other.reshape([other.len(), 1]) } else { other };
        let (a_shape, b_shape) = (a.shape(), b.shape());
        // The rule's own complaint, about the operands as the user gave them.
        let matrix = |shape: &[usize]| shape[shape.len().saturating_sub(2)..].to_vec();
        let fits = match (&a_shape[..], &b_shape[..]) {
            ([.., _, k], [.., k_b, _]) if k == k_b => Ok(()),
            _ => Dot.shape(&[&a_shape, &b_shape]).map(drop),
        };
        Self::judge(Dot.name(), fits, &[self, other])?;

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
