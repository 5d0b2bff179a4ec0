//! Reductions over a set of axes, and the running sum.

use super::slope::times;
use super::{Domain, Family, Prim, Rule, family, table};
use crate::Float;
use crate::array::{
    Arithmetic, AxisSet, Kernel, Kind, Known, Layout, Reducer, Room, Shape, Value, Work, arrange, reduce,
    reducer, running_sum, size_of,
};
use crate::error::{Dims, Error, ErrorKind, Problem, must};
use crate::tape::{IntoAxes, Var};
use smallvec::SmallVec;

family! {
    /// Which reduction.
    FoldOp { Sum, Max, Prod, Cumsum }
}

/// A reduction and the axes that it goes over, which the result has no more. The running sum keeps
/// them, and runs along one after the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Fold {
    pub op: FoldOp,
    pub axes: AxisSet,
}

/// All there is to know about one of them.
struct Row<T: Float> {
    name: &'static str,
    formula: &'static str,
    /// The cotangent of the operand `x`, given that of `y`.
    pull: Carry<T>,
    /// The tangent of `y`, given that of the operand `x`.
    push: Carry<T>,
    domain: Domain,
}

/// The two ways to go along axes.
enum How<T> {
    /// To one result.
    Reduce(Reducer<T>),
    /// Keeping each sum on the way.
    Run,
}

type Carry<T> = for<'t> fn(Var<'t, T>, AxisSet, Var<'t, T>, Var<'t, T>) -> Var<'t, T>;

impl Fold {
    /// The axes, in words.
    fn over(&self) -> String {
        let axes: Vec<String> = self.axes.iter().map(|axis| axis.to_string()).collect();
        match axes.as_slice() {
            [] => "no axes".into(),
            [axis] => format!("axis {axis}"),
            axes => format!("axes {}", axes.join(", ")),
        }
    }
}

table! {
    FoldOp: Row<T>, how: How<T>;

    Sum => {
        name: "sum",
        formula: "Σ a",
        how: How::Reduce(reducer!(T::zero(), |a, b| a + b)),
        pull: |d, axes, x, _| d.spread_over(axes, x),
        push: |d, axes, _, _| d.fold(Self::Sum, axes),
        domain: Domain::ALL,
    },
    Max => {
        name: "max",
        formula: "max a",
        how: How::Reduce(reducer!(-T::INFINITY, max)),
        pull: |d, axes, x, y| {
            let winners = winners(axes, x, y);
            let share = d / winners.fold(Self::Sum, axes);
            winners.select(share.spread_over(axes, x), x.lift(0.0))
        },
        push: |d, axes, x, y| {
            let winners = winners(axes, x, y);
            winners.select(d, x.lift(0.0)).fold(Self::Sum, axes) / winners.fold(Self::Sum, axes)
        },
        domain: Domain::ALL.kinked("at a tie, equal shares", |a| {
            let top = a.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            a.iter().filter(|&&x| x == top).count() > 1
        }),
    },
    Prod => {
        name: "prod",
        formula: "Π a",
        how: How::Reduce(reducer!(T::one(), |a, b| a * b)),
        pull: |d, axes, x, _| times(others(axes, x)).carry(d.spread_over(axes, x)),
        push: |d, axes, x, _| times(others(axes, x)).carry(d).fold(Self::Sum, axes),
        domain: Domain::ALL,
    },
    Cumsum => {
        name: "cumsum",
        formula: "Σ of a up to here",
        how: How::Run,
        pull: |d, axes, _, _| d.reverse(axes).fold(Self::Cumsum, axes).reverse(axes),
        push: |d, axes, _, _| d.fold(Self::Cumsum, axes),
        domain: Domain::ALL,
    },
}

/// The larger; NaN if either is.
fn max<T: Arithmetic>(a: T, b: T) -> T {
    if a >= b || a.is_nan() { a } else { b }
}

/// Which elements are the largest of those they were reduced with, as a mask. Where the maximum is NaN,
/// those are the NaNs.
fn winners<'t, T: Float>(axes: AxisSet, x: Var<'t, T>, y: Var<'t, T>) -> Var<'t, T> {
    let y = y.spread_over(axes, x);
    x.tape().hold(x.eq(y).maximum(x.ne(x)))
}

/// For each element, the product of all the others that it is multiplied with.
///
/// Dividing the product by the element would fail at zeros; instead, products from the left and from
/// the right, doubling the distance covered in each step, which takes 2 log₂ n multiplications.
fn others<T: Float>(axes: AxisSet, x: Var<'_, T>) -> Var<'_, T> {
    let shape = x.shape();
    let kept: Vec<usize> = (0..shape.len()).filter(|&axis| !axes.contains(axis)).collect();
    let order: Vec<usize> = kept.iter().copied().chain(axes.iter()).collect();
    let terms: usize = axes.iter().map(|axis| shape[axis]).product();
    let results: usize = kept.iter().map(|&axis| shape[axis]).product();

    let gathered = x.permute(order.as_slice());
    let matrix = gathered.reshape([results, terms]);
    let last = AxisSet::from_iter([1]);
    let left = product_before(matrix, terms);
    let right = product_before(matrix.reverse(last), terms).reverse(last);
    let mut back = vec![0; order.len()];
    order.iter().enumerate().for_each(|(i, &axis)| back[axis] = i);
    (left * right).reshape(gathered.shape()).permute(back.as_slice())
}

/// In each row of a matrix with `terms` columns: the product of the elements before this one.
fn product_before<'t, T: Float>(matrix: Var<'t, T>, terms: usize) -> Var<'t, T> {
    let shift = |rows: Var<'t, T>, by: usize| {
        let by = by.min(terms);
        rows.narrow(1, 0, terms - by).pad_with([(0, 0), (by, 0)], T::one())
    };
    let mut product = shift(matrix, 1);
    let mut covered = 1;
    while covered < terms {
        product = product * shift(product, covered);
        covered *= 2;
    }
    product
}

impl Rule for Fold {
    fn name(&self) -> &'static str {
        self.op.row::<f64>().name
    }

    fn formula(&self) -> String {
        format!("{} over {}", self.op.row::<f64>().formula, self.over())
    }

    fn arity(&self) -> Option<usize> {
        Some(1)
    }

    fn domain(&self) -> Domain {
        self.op.row::<f64>().domain
    }

    fn kind(&self, _: &[Kind]) -> Result<Kind, Problem> {
        Ok(Kind::Real)
    }

    fn shape(&self, operands: &[&[usize]]) -> Result<Shape, Problem> {
        let shape = operands[0];
        if let Some(axis) = self.axes.iter().find(|&axis| axis >= shape.len()) {
            return Err(Problem::no_axis(axis, shape.len()));
        }
        let kept = (0..shape.len()).filter(|&axis| self.op == FoldOp::Cumsum || !self.axes.contains(axis));
        let out: Shape = kept.map(|axis| shape[axis]).collect();
        let reduces_nothing = size_of(shape) == 0 && size_of(&out) > 0;
        if self.op == FoldOp::Max && reduces_nothing {
            return Err(Problem::new(
                ErrorKind::Empty,
                format!(
                    "there are no elements to choose from: shape {} has none along {}",
                    Dims(shape),
                    self.over()
                ),
                "Skip the empty case, or `concat` an element that is always there.",
            ));
        }
        Ok(out)
    }

    fn eval<T: Arithmetic>(&self, operands: &[&Value<T>], room: &Room<T>) -> Result<Value<T>, Problem> {
        match self.op.computation() {
            How::Reduce(reducer) => reduce(operands[0], self.axes, &reducer, room),
            How::Run => running_sum(operands[0], self.axes, room),
        }
    }

    fn work<T: Arithmetic>(&self, operands: &[&Layout]) -> Work<T> {
        match self.op.computation() {
            How::Run if self.axes == AxisSet::default() => Work::View(operands[0].clone()),
            How::Run => Work::Run(self.axes),
            How::Reduce(reducer) => {
                let (operand, extent) = arrange(operands[0], self.axes);
                Work::Reduce { kernel: None, operands: SmallVec::from_iter([operand]), reducer, extent }
            }
        }
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
        out: Var<'t, T>,
        cotangent: Var<'t, T>,
    ) -> Option<Var<'t, T>> {
        Some((self.op.row().pull)(cotangent, self.axes, operands[0], out))
    }

    fn jvp<'t, T: Float>(
        &self,
        operands: &[Var<'t, T>],
        out: Var<'t, T>,
        tangents: &[Option<Var<'t, T>>],
    ) -> Option<Var<'t, T>> {
        Some((self.op.row().push)(tangents[0]?, self.axes, operands[0], out))
    }

    /// Each over the first axis, the last, and all.
    fn fitting(shape: &[usize]) -> Vec<Self> {
        let mut sets = vec![AxisSet::all(shape.len())];
        if shape.len() > 1 {
            sets.push(AxisSet::from_iter([0]));
            sets.push(AxisSet::from_iter([shape.len() - 1]));
        }
        let all = FoldOp::ALL.iter().flat_map(|&op| sets.iter().map(move |&axes| Self { op, axes }));
        all.filter(|fold| fold.shape(&[shape]).is_ok()).collect()
    }
}

/// # Reductions
///
/// Axes are numbers, negative ones counting from the end, or ndarray's
/// `Axis`, alone or in an array.
impl<T: Float> Var<'_, T> {
    /// Records a reduction over axes that are known to exist; over none it is the operand itself.
    #[track_caller]
    pub(crate) fn fold(self, op: FoldOp, axes: AxisSet) -> Self {
        must(self.try_fold(op, axes))
    }

    #[track_caller]
    pub(crate) fn try_fold(self, op: FoldOp, axes: AxisSet) -> Result<Self, Error> {
        self.try_record(Prim(Family::Fold(Fold { op, axes })), &[self])
    }

    /// Undoes the change of shape of a reduction of `like` over these axes, by broadcasting.
    #[track_caller]
    pub(crate) fn spread_over(self, axes: AxisSet, like: Self) -> Self {
        let shape = like.shape();
        let kept: Vec<usize> =
            shape.iter().enumerate().map(|(axis, &n)| if axes.contains(axis) { 1 } else { n }).collect();
        self.reshape(kept).broadcast_to(shape)
    }

    /// The sum of all elements, a number; 0 if there are none.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// let x = tape.leaf("x", ndarray::arr2(&[[1.0, 2.0], [3.0, 4.0]]));
    /// assert_eq!(x.sum().item(), 10.0);
    /// ```
    #[doc(alias = "reduce_sum")]
    #[track_caller]
    pub fn sum(self) -> Self {
        self.fold(FoldOp::Sum, AxisSet::all(self.ndim()))
    }

    /// The sums over these axes, which the result has no more.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// let x = tape.leaf("x", ndarray::arr2(&[[1.0, 2.0], [3.0, 4.0]]));
    /// assert_eq!(x.sum_axis(0).value(), ndarray::arr1(&[4.0, 6.0]).into_dyn());
    /// ```
    #[doc(alias = "sum(dim)")]
    #[doc(alias = "sum(axis)")]
    #[doc(alias = "keepdim")]
    #[doc(alias = "keepdims")]
    #[track_caller]
    pub fn sum_axis(self, axes: impl IntoAxes) -> Self {
        must(self.try_sum_axis(axes))
    }

    /// As [`sum_axis`](Self::sum_axis), without the panic.
    ///
    /// # Errors
    /// If an axis does not exist or is named twice.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// assert!(tape.leaf("x", 1.0).try_sum_axis(0).is_err());
    /// ```
    #[track_caller]
    pub fn try_sum_axis(self, axes: impl IntoAxes) -> Result<Self, Error> {
        let axes = self.axes("sum_axis", axes)?;
        self.try_fold(FoldOp::Sum, axes).map_err(|error| error.called("sum_axis"))
    }

    /// The product of all elements, a number; 1 if there are none.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// let x = tape.leaf("x", ndarray::arr2(&[[1.0, 2.0], [3.0, 4.0]]));
    /// assert_eq!(x.prod().item(), 24.0);
    /// ```
    #[doc(alias = "product")]
    #[track_caller]
    pub fn prod(self) -> Self {
        self.fold(FoldOp::Prod, AxisSet::all(self.ndim()))
    }

    /// The products over these axes, which the result has no more. The gradient is exact at zeros too.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// let x = tape.leaf("x", ndarray::arr2(&[[1.0, 2.0], [3.0, 4.0]]));
    /// assert_eq!(x.prod_axis(0).value(), ndarray::arr1(&[3.0, 8.0]).into_dyn());
    /// ```
    #[doc(alias = "prod(dim)")]
    #[track_caller]
    pub fn prod_axis(self, axes: impl IntoAxes) -> Self {
        must(self.try_prod_axis(axes))
    }

    /// As [`prod_axis`](Self::prod_axis), without the panic.
    ///
    /// # Errors
    /// If an axis does not exist or is named twice.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// assert!(tape.leaf("x", 1.0).try_prod_axis(0).is_err());
    /// ```
    #[track_caller]
    pub fn try_prod_axis(self, axes: impl IntoAxes) -> Result<Self, Error> {
        let axes = self.axes("prod_axis", axes)?;
        self.try_fold(FoldOp::Prod, axes).map_err(|error| error.called("prod_axis"))
    }

    /// The largest element; NaN if one is. At a tie, equal shares of the cotangent go to each.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// let x = tape.leaf("x", ndarray::arr2(&[[1.0, 2.0], [3.0, 4.0]]));
    /// assert_eq!(x.max().item(), 4.0);
    /// ```
    #[doc(alias = "reduce_max")]
    #[track_caller]
    pub fn max(self) -> Self {
        must(self.try_max())
    }

    /// As [`max`](Self::max), without the panic.
    ///
    /// # Errors
    /// If there are no elements.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// assert!(tape.leaf("x", ndarray::Array1::zeros(0)).try_max().is_err());
    /// ```
    #[track_caller]
    pub fn try_max(self) -> Result<Self, Error> {
        self.try_fold(FoldOp::Max, AxisSet::all(self.ndim()))
    }

    /// The largest elements over these axes, which the result has no more; NaN where one is. At a tie,
    /// equal shares of the cotangent go to each.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// let x = tape.leaf("x", ndarray::arr2(&[[1.0, 2.0], [3.0, 4.0]]));
    /// assert_eq!(x.amax(0).value(), ndarray::arr1(&[3.0, 4.0]).into_dyn());
    /// ```
    #[doc(alias = "max(dim)")]
    #[doc(alias = "max_axis")]
    #[track_caller]
    pub fn amax(self, axes: impl IntoAxes) -> Self {
        must(self.try_amax(axes))
    }

    /// As [`amax`](Self::amax), without the panic.
    ///
    /// # Errors
    /// If an axis does not exist or is named twice, or an axis of size 0 leaves nothing to choose from.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// assert!(tape.leaf("x", 1.0).try_amax(0).is_err());
    /// ```
    #[track_caller]
    pub fn try_amax(self, axes: impl IntoAxes) -> Result<Self, Error> {
        let axes = self.axes("amax", axes)?;
        self.try_fold(FoldOp::Max, axes).map_err(|error| error.called("amax"))
    }

    /// The running sums along an axis (along several: one after the other). The shape stays.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// let x = tape.leaf("x", ndarray::arr2(&[[1.0, 2.0], [3.0, 4.0]]));
    /// assert_eq!(x.cumsum(0).value(), ndarray::arr2(&[[1.0, 2.0], [4.0, 6.0]]).into_dyn());
    /// ```
    #[doc(alias = "cumulative_sum")]
    #[track_caller]
    pub fn cumsum(self, axes: impl IntoAxes) -> Self {
        must(self.try_cumsum(axes))
    }

    /// As [`cumsum`](Self::cumsum), without the panic.
    ///
    /// # Errors
    /// If an axis does not exist or is named twice.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// assert!(tape.leaf("x", 1.0).try_cumsum(0).is_err());
    /// ```
    #[track_caller]
    pub fn try_cumsum(self, axes: impl IntoAxes) -> Result<Self, Error> {
        self.try_fold(FoldOp::Cumsum, self.axes("cumsum", axes)?)
    }
}
