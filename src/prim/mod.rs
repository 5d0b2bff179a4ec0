//! Room 1, the mathematics: the primitives, and the only place that knows their names.
//!
//! A primitive is one operation with a derivative rule of its own; everything else is a composite.
//! Primitives come in families by the *shape of their derivative*, one family a file: elementwise
//! with one operand ([`map`]) or two ([`zip`]), a number times a function that decays fast ([`weighted`]), masks and choice ([`pick`]), reductions ([`fold`]),
//! rearrangements ([`view`]), look-up ([`index`]), what computes indices ([`order`]), and the matrix product ([`dot`]).
//!
//! An elementwise function is one expression, and runs in two forms: see [`kernel`](mod@kernel). exp, log, tanh and
//! what activations are made of are the library's own, in `array/elementary`; sin, cos, tan, powers, atan2 and erf are Rust's and libm's.
//!
//! Each family fulfils the [`Rule`]: there are no default bodies, so that half an operation does not
//! compile. Derivatives are written in the engine's own operations on [`Var`]s, so that a gradient
//! is made of rows like any other, and can be differentiated again.

mod births;
mod dot;
mod fold;
#[cfg(test)]
mod forms;
mod index;
mod leaf;
mod map;
mod mends;
mod order;
mod pick;
mod slope;
mod sources;
mod view;
mod weighted;
mod zip;

pub use births::Cause;
pub(crate) use births::{Birth, shown};
pub(crate) use dot::Dot;
pub(crate) use fold::{Fold, FoldOp};
pub(crate) use index::Index;
pub(crate) use leaf::Leaf;
pub(crate) use map::Map;
pub(crate) use mends::{Past, Spot, advice};
pub(crate) use order::Order;
pub(crate) use pick::Pick;
pub(crate) use sources::Elements;
pub(crate) use view::{Filling, View};
pub(crate) use weighted::Weighted;
pub(crate) use zip::Zip;

use crate::Float;
use crate::array::{Arithmetic, Kernel, Kind, Known, Layout, Room, Shape, Value, Work, same_shape};
use crate::error::{ErrorKind, Problem};
use crate::tape::Var;
use std::sync::Arc;

/// What every family must say of its primitives.
pub(crate) trait Rule {
    /// The name in tables and errors.
    fn name(&self) -> &'static str;

    /// The definition, with the operands called `a`, `b`, `c`.
    fn formula(&self) -> String;

    /// How many operands it takes; `None` for any number from one on.
    fn arity(&self) -> Option<usize>;

    /// Where the primitive is defined and smooth, and what it does where it is not.
    fn domain(&self) -> Domain;

    /// The kind of the result's numbers, or what is wrong with the operands'.
    fn kind(&self, operands: &[Kind]) -> Result<Kind, Problem>;

    /// The result's shape, or what is wrong with the operands' shapes.
    fn shape(&self, operands: &[&[usize]]) -> Result<Shape, Problem>;

    /// The result, or that there is no room for it. The operands' shapes have passed [`Rule::shape`].
    fn eval<T: Arithmetic>(&self, operands: &[&Value<T>], room: &Room<T>) -> Result<Value<T>, Problem>;

    /// The work that a replay has with it, for operands that lie so. It gives what [`Rule::eval`] gives, to
    /// the bit.
    fn work<T: Arithmetic>(&self, operands: &[&Layout]) -> Work<T>;

    /// The operand that the result equals to the bit whatever its values, as `x` in `x · 1`.
    fn shortcut<T: Arithmetic>(&self, operands: &[Known<T>]) -> Option<usize>;

    /// The kernel, if the primitive acts element by element.
    fn kernel<T: Arithmetic>(&self) -> Option<Kernel<T>>;

    /// The vector-Jacobian product with respect to operand `wrt`: the cotangent of that operand,
    /// given the cotangent of `out`. `None` where no derivative flows.
    fn vjp<'t, T: Float>(
        &self,
        wrt: usize,
        operands: &[Var<'t, T>],
        out: Var<'t, T>,
        cotangent: Var<'t, T>,
    ) -> Option<Var<'t, T>>;

    /// The Jacobian-vector product: the tangent of `out`, given those operands' tangents that are
    /// not zero. `None` where no derivative flows.
    fn jvp<'t, T: Float>(
        &self,
        operands: &[Var<'t, T>],
        out: Var<'t, T>,
        tangents: &[Option<Var<'t, T>>],
    ) -> Option<Var<'t, T>>;

    /// Every primitive of the family, with parameters that suit a first operand of this shape.
    fn fitting(shape: &[usize]) -> Vec<Self>
    where
        Self: Sized;
}

/// Where a primitive is defined and has a derivative.
///
/// ```
/// let log = wengert::Prim::all().into_iter().find(|prim| prim.name() == "log").unwrap();
/// assert_eq!(log.domain().text, "a > 0");
/// assert!(log.domain().contains(&[2.0]) && !log.domain().contains(&[-1.0]));
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Domain {
    /// The condition under which value and derivative exist, in words or symbols.
    pub text: &'static str,
    holds: fn(&[f64]) -> bool,
    /// Where the value exists but the derivative jumps, and the convention taken there.
    pub kinks: Option<Kinks>,
}

/// Points at which a primitive has a value but no derivative.
///
/// ```
/// let abs = wengert::Prim::all().into_iter().find(|prim| prim.name() == "abs").unwrap();
/// let kinks = abs.domain().kinks.unwrap();
/// assert_eq!(kinks.convention, "abs'(0) = 0");
/// assert!(kinks.contains(&[0.0]) && !kinks.contains(&[1.0]));
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Kinks {
    /// What the rule gives there.
    pub convention: &'static str,
    holds: fn(&[f64]) -> bool,
}

impl Domain {
    const ALL: Self = Self { text: "everywhere", holds: |_| true, kinks: None };

    const fn only(text: &'static str, holds: fn(&[f64]) -> bool) -> Self {
        Self { text, holds, kinks: None }
    }

    const fn kinked(self, convention: &'static str, holds: fn(&[f64]) -> bool) -> Self {
        Self { kinks: Some(Kinks { convention, holds }), ..self }
    }

    /// Whether the condition holds for these operand elements (for a reduction: the elements it
    /// reduces).
    pub fn contains(&self, operands: &[f64]) -> bool {
        (self.holds)(operands)
    }
}

impl Kinks {
    /// Whether these operand elements are such a point.
    pub fn contains(&self, operands: &[f64]) -> bool {
        (self.holds)(operands)
    }
}

/// A primitive operation, as a row records it: its family, and which of the family.
///
/// ```
/// use wengert::Prim;
/// for prim in Prim::all() {
///     println!("{:12} {:28} {}", prim.name(), prim.formula(), prim.domain().text);
/// }
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Prim(pub(crate) Family);

/// The closed set of families. A new one is a line here and in `each!`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Family {
    Leaf(Leaf),
    Map(Map),
    Zip(Zip),
    Weighted(Weighted),
    Pick(Pick),
    Fold(Fold),
    /// These are shared between a row and its derivatives, and behind a pointer to keep rows small.
    View(Arc<View>),
    Index(Arc<Index>),
    Order(Arc<Order>),
    Dot(Dot),
}

/// The same expression for whichever family it is.
macro_rules! each {
    ($prim:expr, $family:ident => $body:expr) => {
        match &$prim.0 {
            Family::Leaf($family) => $body,
            Family::Map($family) => $body,
            Family::Zip($family) => $body,
            Family::Weighted($family) => $body,
            Family::Pick($family) => $body,
            Family::Fold($family) => $body,
            Family::View($family) => $body,
            Family::Index($family) => $body,
            Family::Order($family) => $body,
            Family::Dot($family) => $body,
        }
    };
}

impl Prim {
    /// The sum of two rows of one shape: what cotangents are added up by.
    pub(crate) const ADD: Self = Self(Family::Zip(Zip::Add));

    /// Every primitive there is, parametrised for a 2 × 3 operand.
    ///
    /// ```
    /// assert!(wengert::Prim::all().iter().any(|prim| prim.name() == "matmul"));
    /// ```
    pub fn all() -> Vec<Self> {
        Self::fitting(&[2, 3])
    }

    /// Every primitive, with parameters (axes, indices, target shapes) that suit a first operand of
    /// this shape; those that have none for it are left out.
    ///
    /// ```
    /// let prims = wengert::Prim::fitting(&[4]);
    /// assert!(prims.iter().any(|prim| prim.name() == "cumsum"));
    /// ```
    pub fn fitting(shape: &[usize]) -> Vec<Self> {
        let mut all = Vec::new();
        all.extend(Leaf::fitting(shape).into_iter().map(|prim| Self(Family::Leaf(prim))));
        all.extend(Map::fitting(shape).into_iter().map(|prim| Self(Family::Map(prim))));
        all.extend(Zip::fitting(shape).into_iter().map(|prim| Self(Family::Zip(prim))));
        all.extend(Weighted::fitting(shape).into_iter().map(|prim| Self(Family::Weighted(prim))));
        all.extend(Pick::fitting(shape).into_iter().map(|prim| Self(Family::Pick(prim))));
        all.extend(Fold::fitting(shape).into_iter().map(|prim| Self(Family::Fold(prim))));
        all.extend(View::fitting(shape).into_iter().map(|prim| Self(Family::View(Arc::new(prim)))));
        all.extend(Index::fitting(shape).into_iter().map(Self::index));
        all.extend(Order::fitting(shape).into_iter().map(Self::order));
        all.extend(Dot::fitting(shape).into_iter().map(|prim| Self(Family::Dot(prim))));
        all
    }

    fn index(index: Index) -> Self {
        Self(Family::Index(Arc::new(index)))
    }

    fn order(order: Order) -> Self {
        Self(Family::Order(Arc::new(order)))
    }

    /// The name in tables and errors.
    ///
    /// ```
    /// assert_eq!(wengert::Prim::all()[0].name(), "input");
    /// ```
    pub fn name(&self) -> &'static str {
        each!(self, family => family.name())
    }

    /// The definition, with the operands called `a`, `b`, `c`.
    ///
    /// ```
    /// let add = wengert::Prim::all().into_iter().find(|prim| prim.name() == "add").unwrap();
    /// assert_eq!(add.formula(), "a + b");
    /// ```
    pub fn formula(&self) -> String {
        each!(self, family => family.formula())
    }

    /// How many operands it takes; `None` for any number from one on.
    ///
    /// ```
    /// let select = wengert::Prim::all().into_iter().find(|prim| prim.name() == "select").unwrap();
    /// assert_eq!(select.arity(), Some(3));
    /// ```
    pub fn arity(&self) -> Option<usize> {
        each!(self, family => family.arity())
    }

    /// Where it is defined and smooth, and its conventions where it is not.
    ///
    /// ```
    /// let sqrt = wengert::Prim::all().into_iter().find(|prim| prim.name() == "sqrt").unwrap();
    /// assert_eq!(sqrt.domain().text, "a > 0");
    /// ```
    pub fn domain(&self) -> Domain {
        each!(self, family => family.domain())
    }

    /// Whether its numbers are computed, and not only taken from elsewhere.
    pub(crate) fn bears(&self) -> bool {
        !matches!(self.0, Family::Leaf(_) | Family::View(_) | Family::Order(_))
    }

    /// Whether it adds two operands.
    pub(crate) fn adds(&self) -> bool {
        matches!(self.0, Family::Zip(Zip::Add))
    }

    /// The kind of its numbers, for operands of these kinds.
    pub(crate) fn kind(&self, operands: &[Kind]) -> Result<Kind, Problem> {
        each!(self, family => family.kind(operands))
    }

    /// Which operand has to be indices, if one has, and such as suit a first operand of this shape.
    ///
    /// ```
    /// # use wengert::Prim;
    /// let take = Prim::fitting(&[2, 3]).into_iter().find(|prim| prim.name() == "take").unwrap();
    /// let indices = take.index_operand(&[2, 3]).unwrap();
    /// assert_eq!((indices.operand, indices.bound), (1, 2)); // along axis 0
    /// ```
    pub fn index_operand(&self, shape: &[usize]) -> Option<IndexOperand> {
        match &self.0 {
            Family::Index(index) => Some(index.index_operand(shape)),
            Family::Order(order) => order.index_operand(shape),
            Family::Leaf(_)
            | Family::Map(_)
            | Family::Zip(_)
            | Family::Weighted(_)
            | Family::Pick(_)
            | Family::Fold(_)
            | Family::View(_)
            | Family::Dot(_) => None,
        }
    }

    pub(crate) fn shape(&self, operands: &[&[usize]]) -> Result<Shape, Problem> {
        each!(self, family => family.shape(operands))
    }

    pub(crate) fn eval<T: Arithmetic>(
        &self,
        operands: &[&Value<T>],
        room: &Room<T>,
    ) -> Result<Value<T>, Problem> {
        each!(self, family => family.eval(operands, room))
    }

    pub(crate) fn work<T: Arithmetic>(&self, operands: &[&Layout]) -> Work<T> {
        each!(self, family => family.work(operands))
    }

    pub(crate) fn shortcut<T: Arithmetic>(&self, operands: &[Known<T>]) -> Option<usize> {
        each!(self, family => family.shortcut(operands))
    }

    pub(crate) fn kernel<T: Arithmetic>(&self) -> Option<Kernel<T>> {
        each!(self, family => family.kernel())
    }

    pub(crate) fn vjp<'t, T: Float>(
        &self,
        wrt: usize,
        operands: &[Var<'t, T>],
        out: Var<'t, T>,
        cotangent: Var<'t, T>,
    ) -> Option<Var<'t, T>> {
        each!(self, family => family.vjp(wrt, operands, out, cotangent))
    }

    /// What the cotangent of `out` gives each operand that varies, in order.
    pub(crate) fn pull_back<'t, T: Float>(
        &self,
        operands: &[Var<'t, T>],
        out: Var<'t, T>,
        cotangent: Var<'t, T>,
        mut give: impl FnMut(usize, Var<'t, T>),
    ) {
        // Of thousands of pieces, each knows its place from the one before.
        let axis = match &self.0 {
            Family::View(view) => view.joins(),
            _ => None,
        };
        let mut before = 0;
        for (wrt, operand) in operands.iter().enumerate() {
            let size = axis.map(|axis| operand.dims()[axis]);
            if operand.varies() {
                let term = match (axis, size) {
                    (Some(axis), Some(size)) => Some(View::piece(cotangent, axis, before, size)),
                    _ => self.vjp(wrt, operands, out, cotangent),
                };
                if let Some(term) = term {
                    give(wrt, term);
                }
            }
            before += size.unwrap_or_default();
        }
    }

    pub(crate) fn jvp<'t, T: Float>(
        &self,
        operands: &[Var<'t, T>],
        out: Var<'t, T>,
        tangents: &[Option<Var<'t, T>>],
    ) -> Option<Var<'t, T>> {
        each!(self, family => family.jvp(operands, out, tangents))
    }
}

/// An operand of a primitive that has to be indices: see [`Prim::index_operand`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct IndexOperand {
    /// Which it is, counted from 0.
    pub operand: usize,
    /// A shape that suits.
    pub shape: Vec<usize>,
    /// How many places there are: indices are below.
    pub bound: usize,
}

/// The sum of those terms that are there: how tangents that arrive along several operands meet.
pub(crate) fn sum_of<'t, T: Float>(
    terms: impl IntoIterator<Item = Option<Var<'t, T>>>,
) -> Option<Var<'t, T>> {
    terms.into_iter().flatten().reduce(|a, b| a + b)
}

/// The shape that all operands of an elementwise primitive share.
fn equal_shapes(operands: &[&[usize]]) -> Result<Shape, Problem> {
    let shape = operands[0];
    if operands.iter().all(|other| same_shape(other, shape)) {
        return Ok(shape.into());
    }
    Err(Problem::new(
        ErrorKind::Shape,
        "an elementwise primitive needs operands of equal shape",
        "Record it through a `Var` method, which broadcasts by explicit rows.",
    ))
}

/// Defines a family whose primitives have no parameters, with the list of them all.
macro_rules! family {
    ($(#[$meta:meta])* $name:ident { $($(#[$doc:meta])* $variant:ident),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum $name { $($(#[$doc])* $variant),+ }

        impl $name {
            pub(crate) const ALL: &'static [Self] = &[$(Self::$variant),+];
        }
    };
}
use family;

/// The table of a family, with a row for each primitive, of which two functions are made: what it computes, in any
/// arithmetic; and all else there is to know of it, its derivative above all, which is written in rows of a tape.
macro_rules! table {
    ($Family:ident: $Row:ty, $how:ident: $Computation:ty; $($variant:ident => {
        name: $name:expr,
        formula: $formula:expr,
        $_:ident: $computation:expr,
        $($field:ident: $value:expr),+ $(,)?
    },)+) => {
        #[allow(clippy::float_cmp)] // A tie is exact.
        impl $Family {
            fn row<T: Float>(self) -> $Row {
                match self {
                    $(Self::$variant => Row { name: $name, formula: $formula, $($field: $value),+ },)+
                }
            }

            fn computation<T: Arithmetic>(self) -> $Computation {
                match self {
                    $(Self::$variant => $computation,)+
                }
            }
        }
    };
}
use table;
