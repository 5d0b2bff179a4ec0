//! Classes: losses of labels, one-hot rows, counts, embeddings.

use super::stats::count;
use crate::array::{Kind, Shape, place, position};
use crate::error::{Dims, Error, ErrorKind, Problem, counted, must};
use crate::tape::{IntoIndices, from_start};
use crate::{Float, Var};

/// How [`cross_entropy_by`](Var::cross_entropy_by) is to be taken. What is left out by `..Default::default()` is as in
/// [`cross_entropy`](Var::cross_entropy).
///
/// ```
/// use wengert::CrossEntropy;
/// # let tape = wengert::Tape::<f64>::new();
/// let logits = tape.leaf("logits", [[0.0, 0.0], [5.0, 0.0], [0.0, 0.0]]);
/// let how = CrossEntropy { ignored: Some(-100), smoothing: 0.1, ..CrossEntropy::default() };
/// let loss = logits.cross_entropy_by([0, -100, 1], how);
/// assert!((loss.item() - 2.0_f64.ln()).abs() < 1e-15); // of the first and the last
/// ```
#[derive(Clone, Copy, Debug)]
#[doc(alias = "ignore_index")]
#[doc(alias = "label_smoothing")]
pub struct CrossEntropy<'t, T: Float> {
    /// The axis of the classes; −1, the last, by default. (PyTorch's is 1.)
    pub axis: isize,
    /// A label that does not count, which need not be a class: −100, say.
    pub ignored: Option<i64>,
    /// A weight for each class: terms count so much, and the mean is over the weights.
    pub weights: Option<Var<'t, T>>,
    /// This share of each target is spread over all classes; 0 by default.
    pub smoothing: f64,
    /// What becomes of the terms.
    pub reduction: Reduction,
}

impl<T: Float> Default for CrossEntropy<'_, T> {
    fn default() -> Self {
        Self { axis: -1, ignored: None, weights: None, smoothing: 0.0, reduction: Reduction::Mean }
    }
}

/// What becomes of the terms of a loss.
///
/// ```
/// use wengert::{CrossEntropy, Reduction};
/// # let tape = wengert::Tape::<f64>::new();
/// let logits = tape.leaf("logits", [[0.0, 0.0], [0.0, 0.0]]);
/// let how = CrossEntropy { reduction: Reduction::Each, ..CrossEntropy::default() };
/// assert_eq!(logits.cross_entropy_by([0, 1], how).shape(), [2]);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Reduction {
    /// Their mean over all labels that count; NaN if none does.
    #[default]
    Mean,
    /// Their sum.
    Sum,
    /// None: a term for each label, 0 where it does not count.
    Each,
}

/// # Classes
impl<'t, T: Float> Var<'t, T> {
    /// The mean over all labels of −log softmax at the label, in nats: for logits (…, c) and labels (…), each a class from
    /// 0 to c − 1.
    ///
    /// Labels are an array of integers, which a program keeps as they were recorded; or a row of
    /// [`tape.indices`](crate::Tape::indices), which can be an input, so that each run is fed its own.
    /// [`cross_entropy_by`](Self::cross_entropy_by) has labels that do not count, weights, smoothing and another axis.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// let logits = tape.leaf("logits", [[2.0, 0.0]]);
    /// let labels = tape.indices("labels", [0]);
    /// let loss = tape.program([logits, labels], logits.cross_entropy(labels))?;
    /// for (label, nats) in [(0, 0.1269), (1, 2.1269)] {
    ///     let fed = loss.replay_one((&ndarray::arr2(&[[2.0, 0.0]]), &[label]))?;
    ///     assert!((fed[[]] - nats).abs() < 1e-4);
    /// }
    /// # Ok::<(), wengert::Error>(())
    /// ```
    #[doc(alias = "CrossEntropyLoss")]
    #[doc(alias = "nll_loss")]
    #[doc(alias = "NLLLoss")]
    #[doc(alias = "softmax_cross_entropy")]
    #[doc(alias = "sparse_categorical_crossentropy")]
    #[track_caller]
    pub fn cross_entropy(self, labels: impl IntoIndices<'t, T>) -> Self {
        must(self.try_cross_entropy(labels))
    }

    /// As [`cross_entropy`](Self::cross_entropy), without the panic.
    ///
    /// # Errors
    /// If this has no axes, there is not one label for each row of classes, or a label is no class.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// let x = tape.leaf("x", ndarray::Array2::zeros((2, 3)));
    /// assert!(x.try_cross_entropy([0, 3]).is_err());
    /// ```
    #[track_caller]
    pub fn try_cross_entropy(self, labels: impl IntoIndices<'t, T>) -> Result<Self, Error> {
        self.classified("cross_entropy", labels, CrossEntropy::default())
    }

    /// The cross-entropy of labels, with a choice of what counts how much: see [`CrossEntropy`].
    ///
    /// With weights w, smoothing ε and c classes, the term of a label y is (1 − ε) w\[y\] (−log p\[y\]) +
    /// ε/c Σ w\[k\] (−log p\[k\]), and the mean divides by Σ w\[y\], as PyTorch's.
    ///
    /// ```
    /// use wengert::CrossEntropy;
    /// # let tape = wengert::Tape::<f64>::new();
    /// let logits = tape.leaf("logits", [[0.0, 0.0], [0.0, 0.0]]);
    /// let weights = Some(tape.constant([1.0, 3.0]));
    /// let loss = logits.cross_entropy_by([0, 1], CrossEntropy { weights, ..CrossEntropy::default() });
    /// assert_eq!(loss.item(), 2.0_f64.ln());
    /// ```
    #[track_caller]
    pub fn cross_entropy_by(self, labels: impl IntoIndices<'t, T>, how: CrossEntropy<'t, T>) -> Self {
        must(self.try_cross_entropy_by(labels, how))
    }

    /// As [`cross_entropy_by`](Self::cross_entropy_by), without the panic.
    ///
    /// # Errors
    /// As of [`try_cross_entropy`](Self::try_cross_entropy), and if the smoothing is not from 0 to 1, there is no such axis,
    /// there is not one weight for each class, or an operand is of another tape.
    ///
    /// ```
    /// use wengert::CrossEntropy;
    /// # let tape = wengert::Tape::<f64>::new();
    /// let x = tape.leaf("x", ndarray::Array2::zeros((2, 3)));
    /// assert!(x.try_cross_entropy_by([0, 0], CrossEntropy { smoothing: 2.0, ..CrossEntropy::default() }).is_err());
    /// ```
    #[track_caller]
    pub fn try_cross_entropy_by(
        self,
        labels: impl IntoIndices<'t, T>,
        how: CrossEntropy<'t, T>,
    ) -> Result<Self, Error> {
        self.classified("cross_entropy_by", labels, how)
    }

    #[track_caller]
    fn classified(
        self,
        name: &'static str,
        labels: impl IntoIndices<'t, T>,
        how: CrossEntropy<'t, T>,
    ) -> Result<Self, Error> {
        let start = self.tape().mark();
        let labels = labels.into_indices(self.tape()).map_err(|error| error.called(name))?;
        let result = self.labelled(name, labels, how);
        self.tape().settled(start, result)
    }

    #[track_caller]
    fn labelled(self, name: &'static str, labels: Self, how: CrossEntropy<'t, T>) -> Result<Self, Error> {
        let weights = how.weights;
        if let Some(stranger) =
            [Some(labels), weights].into_iter().flatten().find(|row| !self.shares_tape(*row))
        {
            return Err(self.other_tape(name, stranger));
        }
        let axis = Self::judge(name, axis_of_classes(how.axis, self.ndim()), &[self])?;
        let classes = self.dims()[axis];
        let smoothing = how.smoothing;
        if !(0.0..=1.0).contains(&smoothing) {
            let what = format!("a share of {smoothing} cannot be spread: it is from 0 to 1");
            return Err(Self::error(
                name,
                Problem::new(ErrorKind::Parameter, what, "0.1 is usual."),
                &[self],
            ));
        }
        if let Some(weights) = weights.filter(|weights| weights.dims()[..] != [classes]) {
            let what = format!("there is one weight for each of {}", counted(classes, "class", "classes"));
            let problem = Problem::new(ErrorKind::Shape, what, "Give them as a row of that many.");
            return Err(Self::error(name, problem, &[self, weights]));
        }
        Self::judge(name, one_each(&self.dims(), axis, labels), &[self, labels])?;
        Self::judge(name, are_classes(labels, classes, how.ignored), &[self, labels])?;

        let attempt = self.attempt();
        let number = |x: f64| self.lift(x);
        let order: Vec<usize> = (0..self.ndim()).filter(|other| *other != axis).chain([axis]).collect();
        let last = order.iter().is_sorted();
        let log = self.log_softmax(how.axis);
        let log = if last { log } else { log.permute(order.as_slice()) };
        // A label that does not count looks up class 0, and what it finds there is not chosen.
        let counts = how.ignored.map(|ignored| labels.ne(number(whole(ignored))));
        let labels = counts.map_or(labels, |counts| counts.select(labels, self.zero_index()));
        let of_label = weights.map(|weights| weights.take(0, labels));
        let mut terms = -log.take_along(-1, labels.unsqueeze(-1)).squeeze(-1);
        if let Some(weight) = of_label {
            terms *= weight;
        }
        if smoothing > 0.0 {
            let all = weights.map_or(log, |weights| log * weights);
            let share = number(smoothing / count::<f64>(classes));
            terms = terms * number(1.0 - smoothing) - all.sum_axis(-1) * share;
        }
        let chosen = |row: Self| counts.map_or(row, |counts| counts.select(row, number(0.0)));
        let terms = chosen(terms);
        let result = match (how.reduction, of_label, counts) {
            (Reduction::Each, _, _) => terms,
            (Reduction::Sum, _, _) => terms.sum(),
            (Reduction::Mean, Some(weight), _) => terms.sum() / chosen(weight).sum(),
            (Reduction::Mean, None, Some(counts)) => terms.sum() / counts.sum(),
            (Reduction::Mean, None, None) => terms.mean(),
        };
        attempt.end(name, result)
    }

    /// Rows of zeros with a 1 at the class that each index says: of indices (…), an array (…, classes) of real numbers.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// let labels = tape.indices("labels", [2, 0]);
    /// assert_eq!(labels.one_hot(3).value(), ndarray::arr2(&[[0.0, 0.0, 1.0], [1.0, 0.0, 0.0]]).into_dyn());
    /// ```
    #[track_caller]
    pub fn one_hot(self, classes: usize) -> Self {
        must(self.try_one_hot(classes))
    }

    /// As [`one_hot`](Self::one_hot), without the panic.
    ///
    /// # Errors
    /// If these are no indices, or one is no class.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// assert!(tape.indices("labels", [3]).try_one_hot(3).is_err());
    /// ```
    #[track_caller]
    pub fn try_one_hot(self, classes: usize) -> Result<Self, Error> {
        let attempt = self.attempt();
        let index = self.unsqueeze(-1);
        let ones = self.lift(1.0).broadcast_to(index.shape());
        let rows = ones.try_scatter_add_along(-1, index, classes).map_err(|error| error.called("one_hot"))?;
        attempt.end("one_hot", rows)
    }

    /// How often each class comes up among these indices, of whatever shape: `classes` real numbers.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// let labels = tape.indices("labels", [2, 0, 2]);
    /// assert_eq!(labels.bincount(4).value(), ndarray::arr1(&[1.0, 0.0, 2.0, 0.0]).into_dyn());
    /// ```
    #[doc(alias = "histc")]
    #[doc(alias = "value_counts")]
    #[track_caller]
    pub fn bincount(self, classes: usize) -> Self {
        must(self.try_bincount(classes))
    }

    /// As [`bincount`](Self::bincount), without the panic.
    ///
    /// # Errors
    /// If these are no indices, or one is no class.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// assert!(tape.indices("labels", [3]).try_bincount(3).is_err());
    /// ```
    #[track_caller]
    pub fn try_bincount(self, classes: usize) -> Result<Self, Error> {
        let attempt = self.attempt();
        let flat = self.reshape([self.len()]);
        let ones = self.lift(1.0).broadcast_to([self.len()]);
        let counts = ones.try_scatter_add(0, flat, classes).map_err(|error| error.called("bincount"))?;
        attempt.end("bincount", counts)
    }

    /// The rows of this table (n, d) at these indices: of tokens (…), an array (…, d). It is
    /// [`take`](Self::take) along axis 0, and the gradient adds up over tokens that come up more than once.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// let table = tape.leaf("table", [[0.0, 1.0], [2.0, 3.0], [4.0, 5.0]]);
    /// let tokens = tape.indices("tokens", [[2, 2], [0, 1]]);
    /// assert_eq!(table.embedding(tokens).shape(), [2, 2, 2]);
    /// ```
    #[doc(alias = "Embedding")]
    #[track_caller]
    pub fn embedding(self, tokens: impl IntoIndices<'t, T>) -> Self {
        must(self.try_embedding(tokens))
    }

    /// As [`embedding`](Self::embedding), without the panic.
    ///
    /// # Errors
    /// If this is no matrix, or a token is none of its rows.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// assert!(tape.leaf("table", [1.0, 2.0]).try_embedding([0]).is_err());
    /// ```
    #[track_caller]
    pub fn try_embedding(self, tokens: impl IntoIndices<'t, T>) -> Result<Self, Error> {
        if self.ndim() != 2 {
            let what = format!(
                "a table has two axes, tokens and features, and this has {}",
                counted(self.ndim(), "axis", "axes")
            );
            let problem =
                Problem::new(ErrorKind::Shape, what, "`take` looks slices of any array up, along any axis.");
            return Err(Self::error("embedding", problem, &[self]));
        }
        self.try_take(0, tokens).map_err(|error| error.called("embedding"))
    }

    fn zero_index(self) -> Self {
        must(self.tape().try_indices("class 0", 0))
    }
}

#[allow(clippy::cast_precision_loss)] // A label that is not exact is none of those that a tape holds.
fn whole(number: i64) -> f64 {
    number as f64
}

fn axis_of_classes(axis: isize, ndim: usize) -> Result<usize, Problem> {
    from_start(axis, ndim).ok_or_else(|| {
        if ndim == 0 {
            let what = "logits have an axis of classes, and this is a number";
            return Problem::new(ErrorKind::Shape, what, "Give it the shape (…, classes).");
        }
        Problem::no_axis(axis, ndim)
    })
}

/// Whether there is one label for each row of classes.
fn one_each<T: Float>(logits: &[usize], axis: usize, labels: Var<'_, T>) -> Result<(), Problem> {
    let rows: Shape =
        logits.iter().enumerate().filter(|(other, _)| *other != axis).map(|(_, n)| *n).collect();
    if labels.kind() != Kind::Index {
        let what = "labels are whole numbers, and these are real";
        let mend = "Give an array of integers, or a row of `tape.indices(name, array)`; targets that are distributions go to `cross_entropy_with`.";
        return Err(Problem::new(ErrorKind::Index, what, mend));
    }
    if labels.dims() == rows {
        return Ok(());
    }
    let classes = counted(logits[axis], "class", "classes");
    let what = format!("logits of {classes} along axis {axis} go with labels of shape {}", Dims(&rows));
    Err(Problem::new(
        ErrorKind::Shape,
        what,
        "Give one label for each row of classes, which has no axis of its own.",
    ))
}

/// Whether every label that counts is a class.
fn are_classes<T: Float>(labels: Var<'_, T>, classes: usize, ignored: Option<i64>) -> Result<(), Problem> {
    let ignored = ignored.map(whole);
    #[allow(clippy::float_cmp)] // Both are whole.
    let stray = |label: &T| place(*label, classes).is_none() && ignored != Some(label.to_f64());
    labels.with_row(|row| {
        let (value, view) = (&row.value, row.value.view());
        let Some((at, label)) = view.iter().enumerate().find(|(_, label)| stray(label)) else { return Ok(()) };
        let at = position(at, value.shape());
        let at = if at.is_empty() { String::new() } else { format!(", at {at:?},") };
        let what = format!("label {label}{at} is not one of {}", counted(classes, "class", "classes"));
        let mend = if *label < T::zero() {
            "Labels count from 0; one that is not to count is named by `CrossEntropy { ignored: Some(-100), .. }`."
        } else {
            "Labels count from 0."
        };
        Err(Problem::new(ErrorKind::Index, what, mend))
    })
}
