//! Room 2, the list: rows in the order in which they were computed.
//!
//! A tape is a *Wengert list* (R. E. Wengert, "A simple automatic derivative evaluation program",
//! Communications of the ACM 7, 1964): row after row, each one primitive applied to earlier rows.
//! Rows are only ever appended, so that an operand's number is always smaller than its row's, and
//! every sweep is a plain loop: nothing sorts, nothing recurses.

mod axes;
mod births;
mod broadcast;
mod convert;
mod element;
mod float;
mod forward;
mod frontier;
mod gradients;
#[cfg(test)]
mod growth;
mod guard;
mod indices;
mod key;
mod limits;
mod memory;
mod record;
mod reverse;
mod row;
mod sweeps;
mod var;
mod verify;

pub use axes::{IntoAxes, IntoAxis};
pub(crate) use axes::{from_start, repeated};
pub use births::NonFinite;
pub(crate) use births::Retraced;
pub use broadcast::Broadcasting;
pub(crate) use broadcast::{broadcast, joint_shape, likely_mend};
pub use convert::{Comparable, Compared, IntoValue, IntoVar};
pub use element::Element;
pub use float::Float;
pub(crate) use frontier::Ancestry;
pub use gradients::Gradients;
pub(crate) use guard::{Comparison, Guard, GuardText, Outcome, Read, Side};
pub use indices::{IntoIndices, IntoMask, IntoPlaces};
pub use key::{IntoRow, Key};
pub(crate) use row::{Depends, Operands, Row, RowId};
pub(crate) use sweeps::{Derivation, Made, Mode, Reverse};
pub use var::Var;

use crate::array::{Kind, Room, Value, check_shape, same_shape};
use crate::error::{Error, ErrorKind, Operand, Problem, counted, escaped, listed, must};
use crate::prim::{Family, Leaf, Prim, Rule};
use indexmap::IndexMap;
use record::Differentiated;
use std::cell::{Cell, RefCell};
use std::fmt;
use std::rc::Rc;
use sweeps::{Derivatives, Pairs, Sweep};

/// A list of operations and their results, recorded as they run.
///
/// Put arrays on it with [`leaf`](Tape::leaf), compute with the [`Var`]s that it hands out, and ask a
/// result for its gradients with [`backward`](Var::backward). Printing a tape shows the list.
///
/// A tape only grows. What runs many times either starts over on it, with [`clear`](Tape::clear), which shows how to
/// train, or is made a [`program`](Tape::program); to let new weights be rows of the same tape step after step is
/// quadratic, and [`limit_rows`](Tape::limit_rows) is there to notice it.
///
/// ```
/// use ndarray::arr1;
/// use wengert::Tape;
///
/// let tape = Tape::<f64>::new();
/// let x = tape.leaf("x", arr1(&[1.0, 2.0, 3.0]));
/// let loss = (x * x).sum();
/// assert_eq!(loss.item(), 14.0);
/// assert_eq!(loss.backward()[x].value(), arr1(&[2.0, 4.0, 6.0]).into_dyn());
/// ```
#[doc(alias = "GradientTape")]
#[doc(alias = "Graph")]
#[doc(alias = "WengertList")]
pub struct Tape<T: Float> {
    rows: RefCell<Vec<Row<T>>>,
    names: RefCell<IndexMap<RowId, Rc<str>>>,
    broadcasting: Broadcasting,
    /// Backward sweeps done so far, by the row they started from and their seed: doing one again adds no rows.
    cotangents: RefCell<IndexMap<(RowId, Option<RowId>), Derivatives>>,
    /// All sweeps, in order, with the rows that they recorded.
    sweeps: RefCell<Vec<Sweep>>,
    /// Memory of the sweeps before [`clear`](Self::clear), for those to come.
    lists: RefCell<Vec<Pairs>>,
    /// Set while a sweep records rows: the row that is being differentiated, and its line.
    differentiated: Cell<Differentiated>,
    /// How many rows it may have.
    limit: Cell<usize>,
    /// Memory for values.
    room: Room<T>,
    /// Set while a composite is computed whose steps have no twins.
    attempting: Cell<bool>,
    /// The first row that it had no room for, of those that a sweep or such a composite emits.
    refused: RefCell<Option<Error>>,
    /// The comparisons that control flow went by.
    guards: RefCell<Vec<Guard<T>>>,
    /// The first read of each row whose value was taken out, in order.
    reads: RefCell<IndexMap<RowId, Read>>,
    /// Whether it keeps shapes alone: see [`symbolic`](Self::symbolic).
    symbolic: bool,
    /// Whether it fails where a number is born that is infinite or NaN.
    anomalies: bool,
    /// By which keys know their tape, once there is one; 0 before.
    identity: Cell<u64>,
    /// How many times it was cleared, by which keys know their recording.
    recording: u64,
}

impl<T: Float> fmt::Debug for Tape<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tape")
            .field("rows", &self.rows.borrow())
            .field("names", &self.names.borrow())
            .field("broadcasting", &self.broadcasting)
            .field("guards", &self.guards.borrow())
            .finish_non_exhaustive()
    }
}

impl<T: Float> Default for Tape<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T: Float> Tape<T> {
    /// An empty tape that refuses two-sided broadcasting.
    ///
    /// ```
    /// let tape = wengert::Tape::<f32>::new();
    /// assert!(tape.is_empty());
    /// ```
    pub fn new() -> Self {
        Self::with_broadcasting(Broadcasting::default())
    }

    /// An empty tape with these rules of broadcasting.
    ///
    /// ```
    /// use wengert::{Broadcasting, Tape};
    /// let tape = Tape::<f64>::with_broadcasting(Broadcasting::NumPy);
    /// let column = tape.leaf("column", ndarray::Array2::zeros((4, 1)));
    /// let flat = tape.leaf("flat", ndarray::Array1::zeros(4));
    /// assert_eq!((column - flat).shape(), [4, 4]); // the famous trap
    /// ```
    pub fn with_broadcasting(broadcasting: Broadcasting) -> Self {
        Self {
            rows: RefCell::default(),
            names: RefCell::default(),
            broadcasting,
            cotangents: RefCell::default(),
            sweeps: RefCell::default(),
            lists: RefCell::default(),
            differentiated: Cell::new(None),
            limit: Cell::new(usize::MAX),
            room: Room::default(),
            attempting: Cell::default(),
            refused: RefCell::default(),
            guards: RefCell::default(),
            reads: RefCell::default(),
            symbolic: false,
            anomalies: false,
            identity: Cell::new(0),
            recording: 0,
        }
    }

    /// An empty tape that keeps shapes and kinds, and computes no values but those of constants: rules can be run on it
    /// to be read.
    pub(crate) fn symbolic() -> Self {
        Self { symbolic: true, ..Self::with_broadcasting(Broadcasting::NumPy) }
    }

    /// Has no derivative flow to a row that was just recorded: it jumps, or changes no result.
    pub(crate) fn hold<'t>(&'t self, row: Var<'t, T>) -> Var<'t, T> {
        let depends = &mut self.rows.borrow_mut()[row.row()].depends;
        *depends = Depends::Held.min(*depends);
        row
    }

    /// A leaf of which nothing is known but its shape, for a tape that keeps no values.
    pub(crate) fn symbol(&self, name: &str, shape: &[usize], kind: Kind, depends: Depends) -> Var<'_, T> {
        let leaf = match kind {
            Kind::Real => Leaf::Input,
            Kind::Index => Leaf::Indices,
            Kind::Mask => Leaf::Mask,
        };
        let value = Value::filled(shape, T::NAN);
        let rows = self.rows.borrow_mut();
        must(self.push(rows, Prim(Family::Leaf(leaf)), Operands::None, value, kind, depends)).named(name)
    }

    /// A leaf of another tape, on this one.
    #[cfg(feature = "check")]
    pub(crate) fn adopt(&self, leaf: Var<'_, T>) -> Var<'_, T> {
        let (prim, value, kind, depends) =
            leaf.with_row(|row| (row.prim.clone(), row.value.clone(), row.kind, row.depends));
        let rows = self.rows.borrow_mut();
        must(self.push(rows, prim, Operands::None, value, kind, depends))
    }

    /// Which shapes may meet in an elementwise operation.
    ///
    /// ```
    /// use wengert::{Broadcasting, Tape};
    /// assert_eq!(Tape::<f64>::new().broadcasting(), Broadcasting::OneSided);
    /// ```
    pub fn broadcasting(&self) -> Broadcasting {
        self.broadcasting
    }

    /// Puts a variable on the tape: a number or any ndarray, owned, shared or view. Owned and shared
    /// arrays are not copied.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// let array = ndarray::arr2(&[[1.0, 2.0], [3.0, 4.0]]);
    /// let w = tape.leaf("W", array.t());
    /// assert_eq!(w.value(), array.t().into_dyn());
    /// ```
    #[doc(alias = "requires_grad")]
    #[doc(alias = "Parameter")]
    #[doc(alias = "Variable")]
    #[doc(alias = "tensor")]
    #[track_caller]
    pub fn leaf(&self, name: &str, value: impl IntoValue<T>) -> Var<'_, T> {
        must(self.try_leaf(name, value))
    }

    /// As [`leaf`](Self::leaf), without the panic.
    ///
    /// # Errors
    /// If the array has more than 64 axes or passes the [limit](Self::limit_bytes) in bytes, or the tape is full or as
    /// long as [`limit_rows`](Self::limit_rows) allows.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// assert!(tape.try_leaf("x", ndarray::ArrayD::zeros(vec![1; 65])).is_err());
    /// ```
    #[track_caller]
    pub fn try_leaf(&self, name: &str, value: impl IntoValue<T>) -> Result<Var<'_, T>, Error> {
        self.put_named(Leaf::Input, name, |room| value.into_value(room))
    }

    /// Puts a number or array on the tape that is no variable: it has no gradient, and none is
    /// computed on its behalf.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// let c = tape.constant(2.5);
    /// assert_eq!(c.item(), 2.5);
    /// ```
    #[doc(alias = "tensor")]
    #[doc(alias = "as_tensor")]
    #[doc(alias = "asarray")]
    #[doc(alias = "from_numpy")]
    #[doc(alias = "no_grad")]
    #[track_caller]
    pub fn constant(&self, value: impl IntoValue<T>) -> Var<'_, T> {
        must(self.try_constant(value))
    }

    /// As [`constant`](Self::constant), without the panic.
    ///
    /// # Errors
    /// If the array has more than 64 axes, passes the [limit](Self::limit_bytes) in bytes, or the tape is full.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// assert!(tape.try_constant(ndarray::ArrayD::zeros(vec![1; 65])).is_err());
    /// ```
    #[track_caller]
    pub fn try_constant(&self, value: impl IntoValue<T>) -> Result<Var<'_, T>, Error> {
        self.put(Leaf::Constant, "an array", |room| value.into_value(room))
    }

    /// How many rows the tape has.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// let x = tape.leaf("x", 1.0);
    /// let _ = x + x;
    /// assert_eq!(tape.len(), 2);
    /// ```
    pub fn len(&self) -> usize {
        self.rows.borrow().len()
    }

    /// Whether the tape has no rows.
    ///
    /// ```
    /// assert!(wengert::Tape::<f64>::new().is_empty());
    /// ```
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The rows in order, as handles.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// let x = tape.leaf("x", 1.0);
    /// let _ = x.sin();
    /// let names: Vec<_> = tape.vars().map(|var| var.prim().name()).collect();
    /// assert_eq!(names, ["input", "sin"]);
    /// ```
    #[doc(alias = "nodes")]
    pub fn vars(&self) -> impl Iterator<Item = Var<'_, T>> {
        (0..self.len()).map(|row| Var::new(self, id(row)))
    }

    /// Applies a primitive as it stands: elementwise ones need operands of equal shape, for nothing is
    /// broadcast here. This is for programs over [`Prim::all`]; to compute, use the methods of [`Var`].
    ///
    /// ```
    /// use wengert::{Prim, Tape};
    /// let tape = Tape::<f64>::new();
    /// let x = tape.leaf("x", ndarray::arr1(&[1.0, 4.0]));
    /// for prim in Prim::fitting(&[2]).iter().filter(|prim| prim.arity() == Some(1)) {
    ///     println!("{:12} {}", prim.name(), tape.apply(prim, &[x]).value());
    /// }
    /// ```
    #[track_caller]
    pub fn apply<'t>(&'t self, prim: &Prim, operands: &[Var<'t, T>]) -> Var<'t, T> {
        must(self.try_apply(prim, operands))
    }

    /// As [`apply`](Self::apply), without the panic.
    ///
    /// # Errors
    /// If the primitive takes another number of operands or none at all (leaves are recorded by
    /// [`leaf`](Self::leaf) and [`constant`](Self::constant)), their shapes do not fit it, or a row is of
    /// another tape.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// let add = wengert::Prim::all().into_iter().find(|prim| prim.name() == "add").unwrap();
    /// let x = tape.leaf("x", 1.0);
    /// assert_eq!(tape.try_apply(&add, &[x, x]).unwrap().item(), 2.0);
    /// assert!(tape.try_apply(&add, &[x]).is_err());
    /// ```
    #[track_caller]
    pub fn try_apply<'t>(&'t self, prim: &Prim, operands: &[Var<'t, T>]) -> Result<Var<'t, T>, Error> {
        let (what, mend) = match (prim.arity(), operands) {
            (Some(0), _) => (
                "a leaf is made from a value, not from rows".into(),
                "Use `tape.leaf(name, value)` or `tape.constant(value)`.",
            ),
            (Some(arity), _) if arity != operands.len() => (
                format!("it takes {}, not {}", counted(arity, "operand", "operands"), operands.len()),
                "`prim.arity()` says how many a primitive takes.",
            ),
            (_, []) => ("there is no operand".into(), "Give at least one row."),
            (_, [first, ..]) => match operands.iter().find(|var| !std::ptr::eq(self, var.tape())) {
                None => return first.try_record(prim.clone(), operands),
                Some(stranger) => {
                    let what = "the row is on another tape than the one that applies";
                    let problem = Problem { what: what.into(), ..Problem::other_tape() };
                    return Err(Var::error(prim.name(), problem, &[*stranger]));
                }
            },
        };
        Err(Var::error(prim.name(), Problem::new(ErrorKind::Operands, what, mend), operands))
    }

    #[track_caller]
    fn put(
        &self,
        leaf: Leaf,
        label: &str,
        value: impl FnOnce(&Room<T>) -> Result<Value<T>, Problem>,
    ) -> Result<Var<'_, T>, Error> {
        let name = method(leaf);
        let value = match value(&self.room) {
            Ok(value) => value,
            Err(problem) => return Err(Error::new(name, problem, Vec::new())),
        };
        if let Err(problem) = check_shape::<T>(value.shape()) {
            let operand = Operand { label: label.into(), shape: value.shape().to_vec() };
            return Err(Error::new(name, problem, vec![operand]));
        }
        let rows = self.rows.borrow_mut();
        let prim = Prim(Family::Leaf(leaf));
        let kind = prim.kind(&[]).unwrap_or_default();
        let depends = Depends::of(&prim);
        self.push(rows, prim, Operands::None, value, kind, depends)
    }

    /// As [`put`](Self::put), with a name, and within the tape's limit of rows.
    #[track_caller]
    fn put_named(
        &self,
        leaf: Leaf,
        name: &str,
        value: impl FnOnce(&Room<T>) -> Result<Value<T>, Problem>,
    ) -> Result<Var<'_, T>, Error> {
        self.check_rows(method(leaf), self.len() + 1, None)?;
        Ok(self.put(leaf, &format!("`{}`", escaped(name)), value)?.named(name))
    }

    /// Where memory for values comes from.
    pub(crate) fn room(&self) -> &Room<T> {
        &self.room
    }

    /// Looks at all rows.
    pub(crate) fn with_rows<R>(&self, look: impl FnOnce(&[Row<T>]) -> R) -> R {
        look(&self.rows.borrow())
    }

    /// Whether these rows, of this tape, are all of the same shape.
    pub(crate) fn have_one_shape(&self, vars: &[Var<'_, T>]) -> bool {
        let rows = self.rows.borrow();
        let mut shapes = vars.iter().map(|var| rows[var.row()].value.shape());
        shapes.next().is_none_or(|first| shapes.all(|shape| same_shape(shape, first)))
    }

    /// The row as an error shows it.
    pub(crate) fn describe(&self, row: RowId) -> Operand {
        let shape = self.rows.borrow()[row.index()].value.shape().to_vec();
        let label = if let Some(name) = self.names.borrow().get(&row) {
            format!("`{}`", escaped(name))
        } else {
            let rows = self.rows.borrow();
            let Row { prim, operands, .. } = &rows[row.index()];
            let of = listed(operands.len(), operands.iter().map(|&id| self.short_label(id)));
            match operands.len() {
                0 if prim.kind(&[]) == Ok(Kind::Index) => format!("row %{} (indices)", row.index()),
                0 => format!("row %{} (a {})", row.index(), prim.name()),
                _ => format!("row %{} ({} of {of})", row.index(), prim.name()),
            }
        };
        Operand { label, shape }
    }

    fn short_label(&self, row: RowId) -> String {
        match self.names.borrow().get(&row) {
            Some(name) => format!("`{}`", escaped(name)),
            None => format!("%{}", row.index()),
        }
    }
}

/// The method that puts such a leaf on a tape.
fn method(leaf: Leaf) -> &'static str {
    if leaf == Leaf::Input { "leaf" } else { leaf.name() }
}

/// The number of a row that is known to exist.
fn id(row: usize) -> RowId {
    RowId::at(row).expect("`push` numbers rows with 32 bits")
}
