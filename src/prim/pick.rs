//! Masks and choice: comparisons give 0 or 1, and `select` picks by such a mask.
//!
//! A mask is an array of the tape's own number type, so that there is one kind of value on a tape.
//! No derivative flows through a mask; `select` is linear in the two operands it chooses between.

use super::{Domain, Family, Prim, Rule, equal_shapes, family, table};
use crate::Float;
use crate::array::{Arithmetic, Kernel, Kind, Known, Layout, Room, Shape, Value, Work, elementwise, kernel};
use crate::error::{Error, Problem, must};
use crate::tape::{IntoVar, Var, broadcast};

family! {
    /// A comparison or a choice.
    Pick { Gt, Ge, Lt, Le, Eq, Ne, Select }
}

/// All there is to know about one of them.
struct Row<T: Float> {
    name: &'static str,
    formula: &'static str,
    /// `None` where no derivative flows.
    derivative: Option<Derivative<T>>,
    domain: Domain,
}

/// How a choice carries what it chooses between.
struct Derivative<T: Float> {
    /// The cotangent of operand 1 or 2, given the mask and the cotangent of the result.
    pull: for<'t> fn(usize, Var<'t, T>, Var<'t, T>) -> Var<'t, T>,
    /// The tangent of the result, given the mask and the tangents of operands 1 and 2.
    push: for<'t> fn(Var<'t, T>, [Var<'t, T>; 2]) -> Var<'t, T>,
}

/// Where a comparison turns.
#[allow(clippy::float_cmp)] // A tie is exact.
const JUMP: Domain = Domain::ALL.kinked("its derivative is 0 everywhere", |ab| ab[0] == ab[1]);

table! {
    Pick: Row<T>, kernel: Kernel<T>;

    Gt => { name: "gt", formula: "a > b", kernel: kernel!(|a, b| mask(a > b)), derivative: None, domain: JUMP },
    Ge => { name: "ge", formula: "a ≥ b", kernel: kernel!(|a, b| mask(a >= b)), derivative: None, domain: JUMP },
    Lt => { name: "lt", formula: "a < b", kernel: kernel!(|a, b| mask(a < b)), derivative: None, domain: JUMP },
    Le => { name: "le", formula: "a ≤ b", kernel: kernel!(|a, b| mask(a <= b)), derivative: None, domain: JUMP },
    Eq => { name: "eq", formula: "a = b", kernel: kernel!(|a, b| mask(a == b)), derivative: None, domain: JUMP },
    Ne => { name: "ne", formula: "a ≠ b", kernel: kernel!(|a, b| mask(a != b)), derivative: None, domain: JUMP },
    Select => {
        name: "select",
        formula: "b where a ≠ 0, else c",
        kernel: kernel!(|mask, b, c| if mask == T::zero() { c } else { b }),
        derivative: Some(Derivative {
            pull: |wrt, mask, d| if wrt == 1 { mask.select(d, d.lift(0.0)) } else { mask.select(d.lift(0.0), d) },
            push: |mask, [b, c]| mask.select(b, c),
        }),
        domain: Domain::ALL,
    },
}

/// 1 or 0.
#[inline(always)]
fn mask<T: Arithmetic>(holds: bool) -> T {
    if holds { T::one() } else { T::zero() }
}

impl Rule for Pick {
    fn name(&self) -> &'static str {
        self.row::<f64>().name
    }

    fn formula(&self) -> String {
        self.row::<f64>().formula.into()
    }

    fn arity(&self) -> Option<usize> {
        Some(self.computation::<f64>().arity())
    }

    fn domain(&self) -> Domain {
        self.row::<f64>().domain
    }

    /// What is chosen between is of one kind, or real.
    fn kind(&self, operands: &[Kind]) -> Result<Kind, Problem> {
        Ok(match (self, operands) {
            (Self::Select, [_, yes, no]) if yes == no => *yes,
            (Self::Select, _) => Kind::Real,
            (Self::Gt | Self::Ge | Self::Lt | Self::Le | Self::Eq | Self::Ne, _) => Kind::Mask,
        })
    }

    fn shape(&self, operands: &[&[usize]]) -> Result<Shape, Problem> {
        equal_shapes(operands)
    }

    fn eval<T: Arithmetic>(&self, operands: &[&Value<T>], room: &Room<T>) -> Result<Value<T>, Problem> {
        elementwise(self.computation(), operands, room)
    }

    fn kernel<T: Arithmetic>(&self) -> Option<Kernel<T>> {
        Some(self.computation())
    }

    fn work<T: Arithmetic>(&self, operands: &[&Layout]) -> Work<T> {
        Work::elementwise(self.computation(), operands)
    }

    fn shortcut<T: Arithmetic>(&self, operands: &[Known<T>]) -> Option<usize> {
        match (self, operands) {
            (Self::Select, [_, yes, no]) if yes.row == no.row => Some(1),
            (Self::Select, [mask, _, _]) => mask.number.map(|mask| if mask == T::zero() { 2 } else { 1 }),
            (Self::Gt | Self::Ge | Self::Lt | Self::Le | Self::Eq | Self::Ne | Self::Select, _) => None,
        }
    }

    fn vjp<'t, T: Float>(
        &self,
        wrt: usize,
        operands: &[Var<'t, T>],
        _out: Var<'t, T>,
        cotangent: Var<'t, T>,
    ) -> Option<Var<'t, T>> {
        let derivative = self.row().derivative?;
        (wrt > 0).then(|| (derivative.pull)(wrt, operands[0], cotangent))
    }

    fn jvp<'t, T: Float>(
        &self,
        operands: &[Var<'t, T>],
        _out: Var<'t, T>,
        tangents: &[Option<Var<'t, T>>],
    ) -> Option<Var<'t, T>> {
        let derivative = self.row().derivative?;
        let some = tangents[1].or(tangents[2])?;
        let both = [tangents[1], tangents[2]].map(|tangent| tangent.unwrap_or_else(|| some.lift(0.0)));
        Some((derivative.push)(operands[0], both))
    }

    fn fitting(_: &[usize]) -> Vec<Self> {
        Self::ALL.to_vec()
    }
}

/// # Masks and choice
impl<'t, T: Float> Var<'t, T> {
    #[track_caller]
    fn compare(self, pick: Pick, other: impl IntoVar<'t, T>) -> Result<Self, Error> {
        let other = other.into_var(self.tape()).map_err(|error| error.called(pick.name()))?;
        broadcast(Prim(Family::Pick(pick)), &[self, other])
    }

    /// A mask: 1 where the element is larger, else 0; a comparison with NaN is false.
    ///
    /// Operands broadcast; a number may stand for a `Var`.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// assert_eq!(tape.leaf("a", 3.0).gt(3.0).item(), 0.0);
    /// ```
    #[doc(alias = "greater")]
    #[track_caller]
    pub fn gt(self, other: impl IntoVar<'t, T>) -> Self {
        must(self.try_gt(other))
    }

    /// As [`gt`](Self::gt), without the panic.
    ///
    /// # Errors
    /// If the shapes do not broadcast, would both grow, or the operands are of different tapes.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// # let [a, b] = [2, 3].map(|n| tape.leaf("v", ndarray::Array1::<f64>::ones(n)));
    /// assert!(a.try_gt(b).is_err()); // (2,) with (3,)
    /// ```
    #[track_caller]
    pub fn try_gt(self, other: impl IntoVar<'t, T>) -> Result<Self, Error> {
        self.compare(Pick::Gt, other)
    }

    /// A mask: 1 where the element is at least as large, else 0; a comparison with NaN is false.
    ///
    /// Operands broadcast; a number may stand for a `Var`.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// assert_eq!(tape.leaf("a", 3.0).ge(3.0).item(), 1.0);
    /// ```
    #[doc(alias = "greater_equal")]
    #[track_caller]
    pub fn ge(self, other: impl IntoVar<'t, T>) -> Self {
        must(self.try_ge(other))
    }

    /// As [`ge`](Self::ge), without the panic.
    ///
    /// # Errors
    /// If the shapes do not broadcast, would both grow, or the operands are of different tapes.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// # let [a, b] = [2, 3].map(|n| tape.leaf("v", ndarray::Array1::<f64>::ones(n)));
    /// assert!(a.try_ge(b).is_err()); // (2,) with (3,)
    /// ```
    #[track_caller]
    pub fn try_ge(self, other: impl IntoVar<'t, T>) -> Result<Self, Error> {
        self.compare(Pick::Ge, other)
    }

    /// A mask: 1 where the element is smaller, else 0; a comparison with NaN is false.
    ///
    /// Operands broadcast; a number may stand for a `Var`.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// assert_eq!(tape.leaf("a", 3.0).lt(3.0).item(), 0.0);
    /// ```
    #[doc(alias = "less")]
    #[track_caller]
    pub fn lt(self, other: impl IntoVar<'t, T>) -> Self {
        must(self.try_lt(other))
    }

    /// As [`lt`](Self::lt), without the panic.
    ///
    /// # Errors
    /// If the shapes do not broadcast, would both grow, or the operands are of different tapes.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// # let [a, b] = [2, 3].map(|n| tape.leaf("v", ndarray::Array1::<f64>::ones(n)));
    /// assert!(a.try_lt(b).is_err()); // (2,) with (3,)
    /// ```
    #[track_caller]
    pub fn try_lt(self, other: impl IntoVar<'t, T>) -> Result<Self, Error> {
        self.compare(Pick::Lt, other)
    }

    /// A mask: 1 where the element is at most as large, else 0; a comparison with NaN is false.
    ///
    /// Operands broadcast; a number may stand for a `Var`.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// assert_eq!(tape.leaf("a", 3.0).le(3.0).item(), 1.0);
    /// ```
    #[doc(alias = "less_equal")]
    #[track_caller]
    pub fn le(self, other: impl IntoVar<'t, T>) -> Self {
        must(self.try_le(other))
    }

    /// As [`le`](Self::le), without the panic.
    ///
    /// # Errors
    /// If the shapes do not broadcast, would both grow, or the operands are of different tapes.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// # let [a, b] = [2, 3].map(|n| tape.leaf("v", ndarray::Array1::<f64>::ones(n)));
    /// assert!(a.try_le(b).is_err()); // (2,) with (3,)
    /// ```
    #[track_caller]
    pub fn try_le(self, other: impl IntoVar<'t, T>) -> Result<Self, Error> {
        self.compare(Pick::Le, other)
    }

    /// A mask: 1 where the element is equal, else 0; a comparison with NaN is false.
    ///
    /// Operands broadcast; a number may stand for a `Var`.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// assert_eq!(tape.leaf("a", 3.0).eq(3.0).item(), 1.0);
    /// ```
    #[doc(alias = "equal")]
    #[track_caller]
    pub fn eq(self, other: impl IntoVar<'t, T>) -> Self {
        must(self.try_eq(other))
    }

    /// As [`eq`](Self::eq), without the panic.
    ///
    /// # Errors
    /// If the shapes do not broadcast, would both grow, or the operands are of different tapes.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// # let [a, b] = [2, 3].map(|n| tape.leaf("v", ndarray::Array1::<f64>::ones(n)));
    /// assert!(a.try_eq(b).is_err()); // (2,) with (3,)
    /// ```
    #[track_caller]
    pub fn try_eq(self, other: impl IntoVar<'t, T>) -> Result<Self, Error> {
        self.compare(Pick::Eq, other)
    }

    /// A mask: 1 where the element is not equal, else 0; a comparison with NaN is true.
    ///
    /// Operands broadcast; a number may stand for a `Var`.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// assert_eq!(tape.leaf("a", 3.0).ne(3.0).item(), 0.0);
    /// ```
    #[doc(alias = "not_equal")]
    #[track_caller]
    pub fn ne(self, other: impl IntoVar<'t, T>) -> Self {
        must(self.try_ne(other))
    }

    /// As [`ne`](Self::ne), without the panic.
    ///
    /// # Errors
    /// If the shapes do not broadcast, would both grow, or the operands are of different tapes.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// # let [a, b] = [2, 3].map(|n| tape.leaf("v", ndarray::Array1::<f64>::ones(n)));
    /// assert!(a.try_ne(b).is_err()); // (2,) with (3,)
    /// ```
    #[track_caller]
    pub fn try_ne(self, other: impl IntoVar<'t, T>) -> Result<Self, Error> {
        self.compare(Pick::Ne, other)
    }

    /// With the mask `self`: `yes` where it is not 0, else `no` (NumPy's and PyTorch's `where`).
    ///
    /// What is not picked has no influence, whatever its value or slope: it contributes exactly 0 to each derivative, in
    /// both modes and at every order, even where its own slope is infinite or NaN. (So it is with what `maximum`, `clamp`,
    /// `relu`, a factor that is a mask, and their like have not chosen.) Other libraries give NaN here.
    ///
    /// Operands broadcast; a number may stand for a `Var`.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// let x = tape.leaf("x", ndarray::arr1(&[-1.0, 0.0, 4.0]));
    /// let y = x.gt(0.0).select(x.sqrt(), 0.0); // √-1 is NaN, and the slope of √ at 0 infinite
    /// assert_eq!(y.value(), ndarray::arr1(&[0.0, 0.0, 2.0]).into_dyn());
    /// assert_eq!(y.sum().backward()[x].value(), ndarray::arr1(&[0.0, 0.0, 0.25]).into_dyn());
    /// ```
    ///
    /// One operation does not keep it: a matrix product sums 0 · NaN as IEEE does. Pick its *operand*, not its result:
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// let x = tape.leaf("x", ndarray::arr1(&[0.0, 1.0]));
    /// let w = tape.leaf("w", ndarray::arr2(&[[1.0, 2.0]]));
    /// let log = x.gt(0.0).select(x.log(), 0.0); // not: w.matmul(x.log()), and then a mask
    /// assert_eq!(w.matmul(log).sum().backward()[w].value(), ndarray::arr2(&[[0.0, 0.0]]).into_dyn());
    /// ```
    #[doc(alias = "where")]
    #[doc(alias = "cond")]
    #[doc(alias = "masked_fill")]
    #[track_caller]
    pub fn select(self, yes: impl IntoVar<'t, T>, no: impl IntoVar<'t, T>) -> Self {
        must(self.try_select(yes, no))
    }

    /// As [`select`](Self::select), without the panic.
    ///
    /// # Errors
    /// If the shapes do not broadcast, would both grow, or the operands are of different tapes.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// # let [a, b] = [2, 3].map(|n| tape.leaf("v", ndarray::Array1::<f64>::ones(n)));
    /// assert!(a.try_select(b, 0.0).is_err()); // (2,) with (3,)
    /// ```
    #[track_caller]
    pub fn try_select(self, yes: impl IntoVar<'t, T>, no: impl IntoVar<'t, T>) -> Result<Self, Error> {
        let called = |error: Error| error.called(Pick::Select.name());
        let yes = yes.into_var(self.tape()).map_err(called)?;
        let no = no.into_var(self.tape()).map_err(called)?;
        broadcast(Prim(Family::Pick(Pick::Select)), &[self, yes, no])
    }
}
