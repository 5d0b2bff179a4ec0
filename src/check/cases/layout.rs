//! How an array lies in memory.

use super::greedy::{Greedy, Simpler};
use crate::Float;
use crate::random::Draws;
use ndarray::{ArrayD, Axis, Slice};
use proptest::prelude::*;
use proptest::strategy::NewTree;
use proptest::test_runner::TestRunner;

/// The most axes for which a layout says something of its own; further ones lie as if contiguous.
const AXES: usize = 6;

/// A memory layout for arrays of any shape: the order of the axes from the slowest to the fastest, and the
/// step along each. Negative steps walk backwards; larger ones leave gaps.
///
/// ```
/// use ndarray::arr2;
/// use wengert::check::Layout;
/// let array = arr2(&[[1.0, 2.0], [3.0, 4.0]]).into_dyn();
/// assert_eq!(Layout::transposed().place(&array), array); // the same elements,
/// assert!(!Layout::transposed().place(&array).is_standard_layout()); // elsewhere
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layout {
    order: [usize; AXES],
    steps: [isize; AXES],
}

impl Layout {
    /// Row-major, without gaps.
    ///
    /// ```
    /// # use wengert::check::Layout;
    /// let array = ndarray::ArrayD::<f32>::zeros(vec![2, 3]);
    /// assert!(Layout::contiguous().place(&array).is_standard_layout());
    /// ```
    pub fn contiguous() -> Self {
        Self { order: std::array::from_fn(|axis| axis), steps: [1; AXES] }
    }

    /// Column-major, without gaps: a transposed array.
    ///
    /// ```
    /// # use wengert::check::Layout;
    /// let array = ndarray::ArrayD::<f32>::zeros(vec![2, 3]);
    /// assert!(Layout::transposed().place(&array).t().is_standard_layout());
    /// ```
    pub fn transposed() -> Self {
        Self { order: std::array::from_fn(|axis| AXES - 1 - axis), ..Self::contiguous() }
    }

    /// Row-major with this step along every axis: 2 leaves gaps, −1 walks backwards.
    ///
    /// # Panics
    /// If the step is 0.
    ///
    /// ```
    /// # use wengert::check::Layout;
    /// let array = ndarray::arr1(&[1.0, 2.0, 3.0]).into_dyn();
    /// assert_eq!(Layout::strided(-2).place(&array).strides(), [-2]);
    /// ```
    pub fn strided(step: isize) -> Self {
        assert_ne!(
            step, 0,
            "Layout::strided: a step of 0 would store all elements in one place; give 1, 2 or -1"
        );
        Self { steps: [step; AXES], ..Self::contiguous() }
    }

    /// One of all kinds.
    pub(super) fn drawn(draws: &mut Draws) -> Self {
        let mut order = Self::contiguous().order;
        match draws.pick(3) {
            0 => {}
            1 => order.reverse(),
            _ => (1..AXES).for_each(|last| order.swap(last, draws.pick(last + 1))),
        }
        let steps = match draws.pick(4) {
            0 => [1; AXES],
            1 => [2; AXES],
            2 => [-1; AXES],
            _ => [(); AXES].map(|()| [1, 2, -1, -3][draws.pick(4)]),
        };
        Self { order, steps }
    }

    /// The order and the steps, each as a word.
    pub(super) fn words(&self) -> impl Iterator<Item = u64> {
        let order = self.order.map(|axis| u64::try_from(axis).expect("below the number of axes"));
        order.into_iter().chain(self.steps.map(|step| i64::try_from(step).expect("small").cast_unsigned()))
    }

    /// The layout of which these are the words.
    pub(super) fn of_words(next: &mut dyn FnMut() -> u64) -> Option<Self> {
        let mut order = [0; AXES];
        for axis in &mut order {
            *axis = usize::try_from(next()).ok()?;
        }
        let mut steps = [0; AXES];
        for step in &mut steps {
            *step =
                isize::try_from(next().cast_signed()).ok().filter(|step| (1..=16).contains(&step.abs()))?;
        }
        let mut sorted = order;
        sorted.sort_unstable();
        sorted.iter().copied().eq(0..AXES).then_some(Self { order, steps })
    }

    /// In a word or two: what is unusual about it.
    pub(in crate::check) fn kind(&self) -> &'static str {
        let straight = Self::contiguous();
        match (self.order == straight.order, self.order == Self::transposed().order) {
            _ if self.steps.iter().any(|step| *step < 0) => "backwards",
            _ if self.steps != straight.steps => "with gaps",
            (true, _) => "contiguous",
            (_, true) => "transposed",
            _ => "permuted",
        }
    }

    /// The same elements in this layout. In the gaps is NaN, which shows if somebody reads it.
    ///
    /// ```
    /// # use wengert::check::Layout;
    /// let array = ndarray::arr1(&[1.0, 2.0]).into_dyn();
    /// assert_eq!(Layout::strided(2).place(&array), array);
    /// ```
    pub fn place<T: Float>(&self, array: &ArrayD<T>) -> ArrayD<T> {
        self.place_among(array, T::NAN)
    }

    /// In words.
    pub(in crate::check) fn describe(&self) -> String {
        let mut said = Vec::new();
        if self.order == Self::transposed().order {
            said.push("transposed in memory");
        } else if self.order != Self::contiguous().order {
            said.push("with its axes permuted in memory");
        }
        if self.steps.iter().any(|&step| step < 0) {
            said.push("backwards in memory");
        }
        if self.steps.iter().any(|&step| step.abs() > 1) {
            said.push("with gaps in memory");
        }
        said.join(", ")
    }

    /// The same with `gap` in the gaps.
    pub(in crate::check) fn place_among<E: Clone>(&self, array: &ArrayD<E>, gap: E) -> ArrayD<E> {
        let step = |axis: usize| self.steps.get(axis).copied().unwrap_or(1);
        let known = self.order.iter().copied().filter(|&axis| axis < array.ndim());
        let order: Vec<usize> = known.chain(AXES..array.ndim()).collect();
        let stored = order.iter().map(|&axis| array.shape()[axis] * step(axis).unsigned_abs());
        let memory = ArrayD::from_elem(stored.collect::<Vec<_>>(), gap);
        let place = |axis| order.iter().position(|&other| other == axis).expect("an order names every axis");
        let mut placed = memory.permuted_axes((0..array.ndim()).map(place).collect::<Vec<_>>());
        for axis in 0..array.ndim() {
            placed.slice_axis_inplace(Axis(axis), Slice::new(0, None, step(axis)));
        }
        placed.assign(array);
        placed
    }
}

/// Layouts of all kinds: contiguous (to which failures shrink), transposed, permuted, with gaps, backwards, and
/// all of it at once.
///
/// ```
/// use proptest::prelude::*;
/// use wengert::check;
/// proptest! {
///     fn sums_do_not_depend_on_layout(layout in check::layouts()) {
///         let array = ndarray::ArrayD::<f64>::ones(vec![3, 4]);
///         prop_assert_eq!(layout.place(&array).sum(), 12.0);
///     }
/// }
/// # sums_do_not_depend_on_layout();
/// ```
pub fn layouts() -> impl Strategy<Value = Layout> {
    Layouts
}

/// The strategy of [`layouts`].
#[derive(Debug)]
struct Layouts;

impl Strategy for Layouts {
    type Tree = Greedy<Layout>;
    type Value = Layout;

    fn new_tree(&self, runner: &mut TestRunner) -> NewTree<Self> {
        Ok(Greedy::new(Layout::drawn(&mut Draws::new(runner.rng().random()))))
    }
}

impl Simpler for Layout {
    fn simpler(&self) -> Vec<Self> {
        let straight = Self::contiguous();
        let simpler = [
            straight.clone(),
            Self { steps: straight.steps, ..self.clone() },
            Self { order: straight.order, ..self.clone() },
        ];
        simpler.into_iter().filter(|simpler| simpler != self).collect()
    }
}
