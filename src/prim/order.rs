//! What computes indices from numbers: places of the largest, of the smallest, of all in order.
//!
//! They are computed anew at each replay, and have no derivative: an index jumps, and is constant in between. What is
//! looked up along them has one.

use super::{Domain, IndexOperand, Prim, Rule};
use crate::Float;
use crate::array::{
    Arithmetic, Kernel, Kind, Known, Layout, Lines, Order as Places, Room, Shape, Value, Work, ordered,
    same_shape, size_of,
};
use crate::error::{Error, ErrorKind, Problem, must};
use crate::tape::{IntoAxis, IntoVar, Var};

/// Places along an axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Order {
    places: Places,
    axis: usize,
    /// Of what is sorted, how many places.
    count: usize,
}

impl Order {
    fn new(places: Places, axis: usize, count: usize) -> Self {
        Self { places, axis, count }
    }

    /// The axis along which numbers are put in order, if they are.
    pub(crate) fn axis(&self) -> Option<usize> {
        match self.places {
            Places::Largest | Places::Smallest | Places::Sorted { .. } => Some(self.axis),
            Places::Search { .. } | Places::Whole => None,
        }
    }

    /// What to do, for operands of these shapes, which fit.
    fn lines(self, operands: &[&[usize]]) -> Lines {
        let (order, axis) = (self.places, self.axis);
        let x = operands[0];
        match order {
            Places::Whole => Lines { order, before: 1, len: size_of(x), after: 1, count: size_of(x) },
            // One line for all, or a line for each.
            Places::Search { .. } => {
                let before = size_of(&x[..axis]);
                let all = size_of(operands[1]);
                Lines { order, before, len: x[axis], after: 1, count: all.checked_div(before).unwrap_or(0) }
            }
            Places::Largest | Places::Smallest | Places::Sorted { .. } => {
                let (before, after) = (size_of(&x[..axis]), size_of(&x[axis + 1..]));
                Lines { order, before, len: x[axis], after, count: self.count }
            }
        }
    }
}

impl Rule for Order {
    fn name(&self) -> &'static str {
        match self.places {
            Places::Largest => "argmax",
            Places::Smallest => "argmin",
            Places::Sorted { .. } => "argsort",
            Places::Search { .. } => "searchsorted",
            Places::Whole => "to_indices",
        }
    }

    fn formula(&self) -> String {
        let axis = self.axis;
        match self.places {
            Places::Largest => format!("place of max a along axis {axis}"),
            Places::Smallest => format!("place of min a along axis {axis}"),
            Places::Sorted { descending } => {
                let down = if descending { " down" } else { "" };
                format!("places of the first {} of a, sorted{down} along axis {axis}", self.count)
            }
            Places::Search { right: false } => "places of b in a, before equals".into(),
            Places::Search { right: true } => "places of b in a, after equals".into(),
            Places::Whole => "a as indices".into(),
        }
    }

    fn arity(&self) -> Option<usize> {
        Some(if let Places::Search { .. } = self.places { 2 } else { 1 })
    }

    fn domain(&self) -> Domain {
        match self.places {
            Places::Whole => {
                Domain::only("a are whole numbers ≥ 0", |a| a.iter().all(|a| *a >= 0.0 && a.fract() == 0.0))
            }
            Places::Largest | Places::Smallest | Places::Sorted { .. } => {
                Domain::ALL.kinked("of equals the first", |a| (1..a.len()).any(|i| a[..i].contains(&a[i])))
            }
            Places::Search { .. } => Domain { text: "a is sorted", ..Domain::ALL }
                .kinked("as the side says", |a| (1..a.len()).any(|i| a[..i].contains(&a[i]))),
        }
    }

    fn kind(&self, _: &[Kind]) -> Result<Kind, Problem> {
        Ok(Kind::Index)
    }

    fn shape(&self, operands: &[&[usize]]) -> Result<Shape, Problem> {
        let (places, axis, count) = (self.places, self.axis, self.count);
        let mut shape = Shape::from(operands[0]);
        if let Places::Whole = places {
            return Ok(shape);
        }
        let Some(&len) = shape.get(axis) else {
            return Err(Problem::no_axis(axis, shape.len()));
        };
        match places {
            Places::Largest | Places::Smallest if len == 0 => {
                let what = format!("there is no largest or smallest of axis {axis}, which has no elements");
                return Err(Problem::new(ErrorKind::Empty, what, "Leave empty arrays out before."));
            }
            Places::Largest | Places::Smallest => {
                shape.remove(axis);
            }
            Places::Sorted { .. } if count > len => {
                let what = format!("the first {count} of axis {axis} were asked for, which has {len}");
                return Err(Problem::new(ErrorKind::Index, what, "Ask for no more than there are."));
            }
            Places::Sorted { .. } => shape[axis] = count,
            Places::Search { .. } => {
                let others = operands[1];
                let alike = shape.len() == 1
                    || others.len() == shape.len() && same_shape(&others[..axis], &shape[..axis]);
                if !alike {
                    let what = "what is searched in is one sorted line, or a line for each of those that are searched for";
                    return Err(Problem::new(
                        ErrorKind::Shape,
                        what,
                        "Give lines along the last axis, and all other axes alike.",
                    ));
                }
                shape = others.into();
            }
            Places::Whole => {}
        }
        Ok(shape)
    }

    fn eval<T: Arithmetic>(&self, operands: &[&Value<T>], room: &Room<T>) -> Result<Value<T>, Problem> {
        let shapes: Vec<&[usize]> = operands.iter().map(|operand| operand.shape()).collect();
        ordered(self.lines(&shapes), &self.shape(&shapes)?, operands, room)
    }

    fn work<T: Arithmetic>(&self, operands: &[&Layout]) -> Work<T> {
        let shapes: Vec<&[usize]> = operands.iter().map(|operand| &operand.shape[..]).collect();
        Work::Order(self.lines(&shapes))
    }

    fn shortcut<T: Arithmetic>(&self, _: &[Known<T>]) -> Option<usize> {
        None
    }

    fn kernel<T: Arithmetic>(&self) -> Option<Kernel<T>> {
        None
    }

    fn vjp<'t, T: Float>(
        &self,
        _: usize,
        _: &[Var<'t, T>],
        _: Var<'t, T>,
        _: Var<'t, T>,
    ) -> Option<Var<'t, T>> {
        None
    }

    fn jvp<'t, T: Float>(
        &self,
        _: &[Var<'t, T>],
        _: Var<'t, T>,
        _: &[Option<Var<'t, T>>],
    ) -> Option<Var<'t, T>> {
        None
    }

    /// Along each axis, those of as many as there are, and of one.
    fn fitting(shape: &[usize]) -> Vec<Self> {
        let sorted = |descending| Places::Sorted { descending };
        let along = |(axis, &n): (usize, &usize)| {
            let extremes = [Places::Largest, Places::Smallest].map(|places| Self::new(places, axis, 1));
            let all = [false, true].map(|descending| Self::new(sorted(descending), axis, n));
            let few = (n > 1).then(|| Self::new(sorted(true), axis, 1));
            extremes.into_iter().filter(move |_| n > 0).chain(all).chain(few)
        };
        let last = shape.len().checked_sub(1);
        let search = last.map(|axis| [false, true].map(|right| Self::new(Places::Search { right }, axis, 0)));
        let whole = Self::new(Places::Whole, 0, 0);
        shape.iter().enumerate().flat_map(along).chain(search.into_iter().flatten()).chain([whole]).collect()
    }
}

impl Order {
    /// Whole numbers to be made indices of.
    pub(super) fn index_operand(self, shape: &[usize]) -> Option<IndexOperand> {
        (self.places == Places::Whole).then(|| IndexOperand { operand: 0, shape: shape.to_vec(), bound: 4 })
    }
}

/// # Places by order
impl<'t, T: Float> Var<'t, T> {
    #[track_caller]
    fn placed(self, places: Places, axis: impl IntoAxis, count: Option<usize>) -> Result<Self, Error> {
        let axis = self.axis(Order::new(places, 0, 0).name(), axis)?;
        let count = count.unwrap_or(self.dims()[axis]);
        self.try_record(Prim::order(Order::new(places, axis, count)), &[self])
    }

    /// The place of the largest element along an axis, as a row of indices without the axis: of several, the first; of a
    /// NaN, if there is one, the first of those.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// let x = tape.leaf("x", [[1.0, 5.0, 5.0], [9.0, 7.0, 8.0]]);
    /// assert_eq!(x.argmax(-1).places(), ndarray::arr1(&[1, 0]).into_dyn());
    /// ```
    #[track_caller]
    pub fn argmax(self, axis: impl IntoAxis) -> Self {
        must(self.try_argmax(axis))
    }

    /// As [`argmax`](Self::argmax), without the panic.
    ///
    /// # Errors
    /// If there is no such axis, or it has no elements.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// assert!(tape.leaf("x", ndarray::Array2::zeros((2, 0))).try_argmax(1).is_err());
    /// ```
    #[track_caller]
    pub fn try_argmax(self, axis: impl IntoAxis) -> Result<Self, Error> {
        self.placed(Places::Largest, axis, Some(1))
    }

    /// The place of the smallest element along an axis: of several, the first; of a NaN, if there is one, the first of
    /// those.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// assert_eq!(tape.leaf("x", [3.0, 1.0, 2.0]).argmin(0).item(), 1.0);
    /// ```
    #[track_caller]
    pub fn argmin(self, axis: impl IntoAxis) -> Self {
        must(self.try_argmin(axis))
    }

    /// As [`argmin`](Self::argmin), without the panic.
    ///
    /// # Errors
    /// If there is no such axis, or it has no elements.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// assert!(tape.leaf("x", 1.0).try_argmin(0).is_err());
    /// ```
    #[track_caller]
    pub fn try_argmin(self, axis: impl IntoAxis) -> Result<Self, Error> {
        self.placed(Places::Smallest, axis, Some(1))
    }

    /// The places of the elements along an axis in rising order: equals as they stand, NaN last.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// let x = tape.leaf("x", [3.0, 1.0, f64::NAN, 1.0]);
    /// assert_eq!(x.argsort(0).places(), ndarray::arr1(&[1, 3, 0, 2]).into_dyn());
    /// ```
    #[track_caller]
    pub fn argsort(self, axis: impl IntoAxis) -> Self {
        must(self.try_argsort(axis))
    }

    /// As [`argsort`](Self::argsort), without the panic.
    ///
    /// # Errors
    /// If there is no such axis.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// assert!(tape.leaf("x", [1.0, 2.0]).try_argsort(1).is_err());
    /// ```
    #[track_caller]
    pub fn try_argsort(self, axis: impl IntoAxis) -> Result<Self, Error> {
        self.placed(Places::Sorted { descending: false }, axis, None)
    }

    /// The places of the `count` largest elements along an axis, the largest first: of equals those that stand first,
    /// NaN before all. See [`topk`](Self::topk) for their values as well.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// let x = tape.leaf("x", [3.0, 1.0, 4.0, 1.0, 5.0]);
    /// assert_eq!(x.argtop(2, 0).places(), ndarray::arr1(&[4, 2]).into_dyn());
    /// ```
    #[track_caller]
    pub fn argtop(self, count: usize, axis: impl IntoAxis) -> Self {
        must(self.try_argtop(count, axis))
    }

    /// As [`argtop`](Self::argtop), without the panic.
    ///
    /// # Errors
    /// If there is no such axis, or it has fewer elements.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// assert!(tape.leaf("x", [1.0, 2.0]).try_argtop(3, 0).is_err());
    /// ```
    #[track_caller]
    pub fn try_argtop(self, count: usize, axis: impl IntoAxis) -> Result<Self, Error> {
        self.placed(Places::Sorted { descending: true }, axis, Some(count))
    }

    /// For each of `values`, the place at which it would be put into this, which is sorted along its last axis: before
    /// its equals, or `right` of them. NaN goes after all numbers.
    ///
    /// This is one line, for values of any shape; or has a line for each line of the values. Of what is not sorted, the
    /// places are within the axis and mean nothing.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// let edges = tape.constant([0.0, 1.0, 2.0]);
    /// let x = tape.leaf("x", [-0.5, 1.0, 1.5, 7.0]);
    /// assert_eq!(edges.searchsorted(x, false).places(), ndarray::arr1(&[0, 1, 2, 3]).into_dyn());
    /// assert_eq!(edges.searchsorted(x, true).places(), ndarray::arr1(&[0, 2, 2, 3]).into_dyn());
    /// ```
    #[doc(alias = "digitize")]
    #[doc(alias = "bucketize")]
    #[track_caller]
    pub fn searchsorted(self, values: impl IntoVar<'t, T>, right: bool) -> Self {
        must(self.try_searchsorted(values, right))
    }

    /// As [`searchsorted`](Self::searchsorted), without the panic.
    ///
    /// # Errors
    /// If this has no axes, or other lines than the values.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// assert!(tape.leaf("x", 1.0).try_searchsorted(2.0, false).is_err());
    /// ```
    #[track_caller]
    pub fn try_searchsorted(self, values: impl IntoVar<'t, T>, right: bool) -> Result<Self, Error> {
        let values = values.into_var(self.tape()).map_err(|error| error.called("searchsorted"))?;
        let axis = self.axis("searchsorted", -1)?;
        self.try_record(Prim::order(Order::new(Places::Search { right }, axis, 0)), &[self, values])
    }

    /// These numbers as indices: whole, from 0 on. What is not is an error, here and in each replay.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// let x = tape.leaf("x", [10.0, 20.0, 30.0]);
    /// let next = (x.argmax(0) - 1.0).to_indices(); // arithmetic gives real numbers
    /// assert_eq!(x.take(0, next).item(), 20.0);
    /// ```
    #[doc(alias = "long")]
    #[doc(alias = "astype")]
    #[track_caller]
    pub fn to_indices(self) -> Self {
        must(self.try_to_indices())
    }

    /// As [`to_indices`](Self::to_indices), without the panic.
    ///
    /// # Errors
    /// If a number is negative, not whole, or beyond what the type counts.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// assert!(tape.leaf("x", [0.5]).try_to_indices().is_err());
    /// ```
    #[track_caller]
    pub fn try_to_indices(self) -> Result<Self, Error> {
        self.try_record(Prim::order(Order::new(Places::Whole, 0, 0)), &[self])
    }
}
