//! Does the test test? The same examination, run on versions of the hand-written function that are wrong on purpose.

use crate::check::ask::backward::Check;
use crate::check::ask::derivative::Answer;
use crate::check::ask::parameter::Argument;
use crate::check::ask::subject::Subject;
use crate::check::cases::values;
use crate::check::judge::search::{Ending, Search};
use crate::{Float, Kind};
use ndarray::{ArrayD, Axis, Slice};
use std::cell::{Cell, RefCell};
use std::fmt;

/// Runs a check, which must pass, against wrong versions of its hand-written function, made by wrapping what goes in
/// and what comes out, and tells which of them it did not notice.
///
/// # Panics
/// If the check itself fails: a test is scored by what it lets through, and this one stops what is right.
///
/// ```
/// use ndarray::Array2;
/// use wengert::check;
/// let relu = |shapes| {
///     check::backward(|[z]| z.relu())
///         .against(|da: &Array2<f64>, z: &Array2<f64>| wengert::manual::relu_backward(da, z))
///         .shapes(shapes)
/// };
/// assert!(check::mutants(&relu(["z: n d"])).survivors().is_empty());
/// // With one row and one column, nobody notices a row too few.
/// let weak = check::mutants(&relu(["z: 1 1"]));
/// assert!(!weak.survivors().is_empty());
/// println!("{weak}");
/// ```
#[track_caller]
pub fn mutants<T: Float>(check: &Check<'_, T>) -> Score {
    let Search { summary, ending } =
        check.search(&check.subject, check.forward.as_ref(), check.config_without_shrinking());
    assert!(
        ending.is_none(),
        "check::mutants: the check fails as it is; run it first, and mend what it reports"
    );
    let inputs = check.input_names();
    let cotangents = check.subject.cotangents;
    // Indices and masks have no gradient, and are no numbers to be changed.
    let real: Vec<usize> = (0..inputs.len()).filter(|&input| check.kind(input) == Kind::Real).collect();
    let gradients = real.iter().filter(|&&input| input < summary.returned()).count();
    let taken = check.subject.parameters.saturating_sub(cotangents);
    let mut score = Score { mutants: Vec::new(), warnings: summary.warnings() };
    let outputs = (0..gradients).flat_map(|k| Output::ALL.map(|change| Mutation::Output(k, change)));
    let changed = real.iter().filter(|&&input| input < taken);
    let changed = changed.flat_map(|&k| Input::ALL.map(|change| Mutation::Input(k, change)));
    let seeds = (0..cotangents.min(check.subject.parameters))
        .flat_map(|k| Seed::ALL.map(|change| Mutation::Seed(k, change)));
    for mutation in outputs.chain(changed).chain(seeds) {
        let differs = Cell::new(false);
        let caught = {
            let wrapped = mutation.wrap(&check.subject, inputs.len(), &real, &differs);
            // A wrong version of the derivative is of the same function, which was examined above.
            let ending = check.search(&wrapped, None, check.config_without_shrinking()).ending;
            matches!(ending, Some(Ending::Wrong { .. }))
        };
        let outcome = match (caught, differs.get()) {
            (true, _) => Outcome::Caught,
            (false, true) => Outcome::Missed,
            (false, false) => Outcome::Idle,
        };
        score.mutants.push(Mutant {
            what: mutation.describe(&inputs, &real, cotangents),
            advice: mutation.advice(),
            outcome,
        });
    }
    score
}

/// What became of a wrong version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Outcome {
    /// The check failed, as it should.
    Caught,
    /// It gave other gradients, and the check passed.
    Missed,
    /// It gave the same gradients in every case: no case shows the difference.
    Idle,
}

/// A wrong version of the hand-written function.
///
/// ```
/// use wengert::check::{self, Outcome};
/// let check = check::backward(|[x]| x * 3.0).against(|dy: &ndarray::Array1<f64>| dy * 3.0).shapes(["x: n"]);
/// let score = check::mutants(&check);
/// assert_eq!(score.mutants()[0].outcome, Outcome::Caught);
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Mutant {
    /// What is wrong with it.
    pub what: String,
    /// What a check would have to draw to notice.
    pub advice: &'static str,
    /// Whether it did.
    pub outcome: Outcome,
}

/// How many wrong versions a check notices.
///
/// ```
/// use wengert::check;
/// let check = check::backward(|[x]| x * 3.0).against(|dy: &ndarray::Array1<f64>| dy * 3.0).shapes(["x: n"]);
/// println!("{}", check::mutants(&check));
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Score {
    mutants: Vec<Mutant>,
    warnings: Vec<String>,
}

impl Score {
    /// All of them.
    ///
    /// ```
    /// # use wengert::check;
    /// # let check = check::backward(|[x]| x * 3.0).against(|dy: &ndarray::Array1<f64>| dy * 3.0).shapes(["x: n"]);
    /// assert!(check::mutants(&check).mutants().len() > 10);
    /// ```
    pub fn mutants(&self) -> &[Mutant] {
        &self.mutants
    }

    /// Those that were not caught.
    ///
    /// ```
    /// # use wengert::check;
    /// # let check = check::backward(|[x]| x * 3.0).against(|dy: &ndarray::Array1<f64>| dy * 3.0).shapes(["x: n"]);
    /// assert!(check::mutants(&check).survivors().is_empty());
    /// ```
    pub fn survivors(&self) -> Vec<&Mutant> {
        self.mutants.iter().filter(|mutant| mutant.outcome != Outcome::Caught).collect()
    }
}

impl fmt::Display for Score {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let survivors = self.survivors();
        writeln!(
            f,
            "{} of {} wrong versions caught",
            self.mutants.len() - survivors.len(),
            self.mutants.len()
        )?;
        for Mutant { what, advice, outcome } in survivors {
            let how = match outcome {
                Outcome::Idle => "no case shows it",
                Outcome::Caught | Outcome::Missed => "within the tolerance of every case",
            };
            writeln!(f, "  not caught: {what} ({how})\n    {advice}")?;
        }
        self.warnings.iter().try_for_each(|warning| writeln!(f, "  warning: {warning}"))
    }
}

/// What is done to a function.
#[derive(Clone, Copy, Debug)]
enum Mutation {
    /// To its gradient of this number, counted among those that it gives.
    Output(usize, Output),
    /// To its input of this number, before it sees it.
    Input(usize, Input),
    /// To its cotangent of this number.
    Seed(usize, Seed),
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Output {
    Negated,
    Doubled,
    Nudged,
    Zero,
    Meaned,
    FirstLost,
    LastLost,
    Rolled,
    Mirrored,
    Flattened,
    OneByOne,
    Large,
    AtZero,
    AtNegative,
    AtTies,
    Stale,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Input {
    Ones,
    InMemoryOrder,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Seed {
    Ones,
    Positive,
    InMemoryOrder,
}

impl Output {
    const ALL: [Self; 16] = [
        Self::Negated,
        Self::Doubled,
        Self::Nudged,
        Self::Zero,
        Self::Meaned,
        Self::FirstLost,
        Self::LastLost,
        Self::Rolled,
        Self::Mirrored,
        Self::Flattened,
        Self::OneByOne,
        Self::Large,
        Self::AtZero,
        Self::AtNegative,
        Self::AtTies,
        Self::Stale,
    ];

    fn text(self) -> (&'static str, &'static str) {
        match self {
            Self::Negated => ("has the other sign", "is that gradient ever other than 0?"),
            Self::Doubled => ("is twice as large", "is that gradient ever other than 0?"),
            Self::Nudged => {
                ("is a thousandth too large", "draw numbers of ordinary size, on which little cancels")
            }
            Self::Zero => ("is 0", "is that gradient ever other than 0?"),
            Self::Meaned => (
                "is divided by the batch, the first axis of the first input",
                "name the batch axis: a fixed 1 hides it",
            ),
            Self::FirstLost => ("has 0 for its first row", "name its axes, so that they are longer than 1"),
            Self::LastLost => ("has 0 for its last row", "name its axes, so that they are longer than 1"),
            Self::Rolled => {
                ("has each row where the next should be", "name its axes, so that they are longer than 1")
            }
            Self::Mirrored => ("has its rows backwards", "name its axes, so that they are longer than 1"),
            Self::Flattened => ("has another shape", "this should never survive"),
            Self::OneByOne => {
                ("is twice as large where its first axis has size 1", "name that axis: sizes include 1")
            }
            Self::Large => (
                "is twice as large where it has more than 16 elements",
                "name its axes: sizes go up to a hundred",
            ),
            Self::AtZero => ("is wrong where the input is 0", "draw zeros: `Values::Any`"),
            Self::AtNegative => {
                ("is wrong where the input is negative", "draw negative numbers: `Values::Any`")
            }
            Self::AtTies => {
                ("is wrong where the input equals the element before it", "draw ties: `Values::Any`")
            }
            Self::Stale => (
                "is that of the call before, if the shape is the same",
                "run more cases: shapes must come twice",
            ),
        }
    }

    fn apply<T: Float>(
        self,
        gradient: &ArrayD<T>,
        arrays: &[ArrayD<T>],
        input: Option<&ArrayD<T>>,
        before: Option<&ArrayD<T>>,
    ) -> ArrayD<T> {
        let two = T::one() + T::one();
        // Rows are along the first axis that has several.
        let axis = gradient.shape().iter().position(|&n| n > 1).unwrap_or(0);
        let rows = gradient.shape().get(axis).copied().unwrap_or(0);
        let without = |row: usize| {
            let mut cut = gradient.clone();
            cut.index_axis_mut(Axis(axis), row).fill(T::zero());
            cut
        };
        let larger_where = |holds: &dyn Fn(usize) -> bool| {
            let mut changed = gradient.clone();
            changed
                .iter_mut()
                .enumerate()
                .filter(|(i, _)| holds(*i))
                .for_each(|(_, x)| *x = *x * two + T::one());
            changed
        };
        let like = input.filter(|input| input.shape() == gradient.shape());
        let elements: Vec<T> = like.map(|x| x.iter().copied().collect()).unwrap_or_default();
        match self {
            Self::Negated => gradient.mapv(|x| -x),
            Self::Doubled => gradient * two,
            Self::Nudged => gradient * T::from_f64(1.001),
            Self::Zero => ArrayD::zeros(gradient.raw_dim()),
            Self::Meaned => match arrays.first().and_then(|a| a.shape().first()) {
                Some(&n) if n > 1 => gradient.mapv(|x| x / T::from_f64(values::count(n))),
                _ => gradient.clone(),
            },
            Self::FirstLost if rows > 1 => without(0),
            Self::LastLost if rows > 1 => without(rows - 1),
            Self::Rolled if rows > 1 => {
                let order: Vec<usize> = (0..rows).map(|row| (row + 1) % rows).collect();
                gradient.select(Axis(axis), &order)
            }
            Self::Mirrored => {
                let mut mirrored = gradient.clone();
                if rows > 0 {
                    mirrored.slice_axis_inplace(Axis(axis), Slice::new(0, None, -1));
                }
                mirrored
            }
            Self::Flattened => gradient.clone().insert_axis(Axis(0)),
            Self::OneByOne if rows == 1 => gradient * two,
            Self::Large if gradient.len() > 16 => gradient * two,
            Self::AtZero => larger_where(&|i| elements.get(i).is_some_and(|x| *x == T::zero())),
            Self::AtNegative => larger_where(&|i| elements.get(i).is_some_and(|x| *x < T::zero())),
            Self::AtTies => {
                larger_where(&|i| i > 0 && elements.get(i).is_some_and(|x| *x == elements[i - 1]))
            }
            Self::Stale => {
                before.filter(|before| before.shape() == gradient.shape()).unwrap_or(gradient).clone()
            }
            Self::FirstLost | Self::LastLost | Self::Rolled | Self::OneByOne | Self::Large => {
                gradient.clone()
            }
        }
    }
}

impl Input {
    const ALL: [Self; 2] = [Self::Ones, Self::InMemoryOrder];

    fn apply<T: Float>(self, array: &ArrayD<T>) -> ArrayD<T> {
        match self {
            Self::Ones => ArrayD::ones(array.raw_dim()),
            Self::InMemoryOrder => in_memory_order(array),
        }
    }
}

impl Seed {
    const ALL: [Self; 3] = [Self::Ones, Self::Positive, Self::InMemoryOrder];

    fn apply<T: Float>(self, array: &ArrayD<T>) -> ArrayD<T> {
        match self {
            Self::Ones => ArrayD::ones(array.raw_dim()),
            Self::Positive => array.mapv(T::abs),
            Self::InMemoryOrder => in_memory_order(array),
        }
    }
}

/// The elements as they lie in memory, taken for row-major: what reading a raw slice of a transposed array gives.
fn in_memory_order<T: Float>(array: &ArrayD<T>) -> ArrayD<T> {
    let elements: Vec<T> =
        array.as_slice_memory_order().map_or_else(|| array.iter().copied().collect(), <[T]>::to_vec);
    ArrayD::from_shape_vec(array.raw_dim(), elements).expect("as many elements as before")
}

impl Mutation {
    fn describe(self, names: &[String], real: &[usize], cotangents: usize) -> String {
        let cotangent = |k: usize| match cotangents {
            1 => "the cotangent".to_owned(),
            _ => format!("the cotangent of result {k}"),
        };
        match self {
            Self::Output(k, change) => format!("d{} {}", names[real[k]], change.text().0),
            Self::Input(k, Input::Ones) => format!("{} is taken to be all ones", names[k]),
            Self::Input(k, Input::InMemoryOrder) => format!("{} is read as if it were contiguous", names[k]),
            Self::Seed(k, Seed::Ones) => format!("{} is taken to be all ones", cotangent(k)),
            Self::Seed(k, Seed::Positive) => format!("{} loses its sign", cotangent(k)),
            Self::Seed(k, Seed::InMemoryOrder) => {
                format!("{} is read as if it were contiguous", cotangent(k))
            }
        }
    }

    fn advice(self) -> &'static str {
        match self {
            Self::Output(_, change) => change.text().1,
            Self::Input(_, Input::Ones) => "does the derivative depend on that input at all?",
            Self::Seed(_, Seed::Ones | Seed::Positive) => {
                "does the derivative depend on the cotangent at all?"
            }
            Self::Input(_, Input::InMemoryOrder) | Self::Seed(_, Seed::InMemoryOrder) => {
                "name the axes, so that there are several of more than one element: layouts vary then"
            }
        }
    }

    /// The function with this mutation; `differs` is set once that changes a result.
    fn wrap<'a, T: Float>(
        self,
        subject: &'a Subject<'_, T>,
        inputs: usize,
        real: &'a [usize],
        differs: &'a Cell<bool>,
    ) -> Subject<'a, T> {
        let before: RefCell<Option<ArrayD<T>>> = RefCell::new(None);
        let by_hand = move |arguments: &[Argument<T>]| -> Answer<T> {
            let ask = |arrays: &[ArrayD<T>]| {
                let with = |(argument, array): (&Argument<T>, &ArrayD<T>)| Argument {
                    array: array.clone(),
                    ..argument.clone()
                };
                let arguments: Vec<Argument<T>> = arguments.iter().zip(arrays).map(with).collect();
                (subject.by_hand)(&arguments[..subject.parameters])
            };
            let arrays: Vec<ArrayD<T>> = arguments.iter().map(|argument| argument.array.clone()).collect();
            let arrays = arrays.as_slice();
            // The cotangents come first; there may be fewer than announced, where inputs have no gradient.
            let seed = arrays.len() - inputs;
            let right = ask(arrays)?;
            let mut wrong = right.clone();
            let mut changed = arrays.to_vec();
            match self {
                Self::Output(k, change) => {
                    if let Some(gradient) = wrong.get_mut(k) {
                        let inputs = &arrays[seed..];
                        let input = real.get(k).and_then(|&input| inputs.get(input));
                        *gradient = change.apply(&right[k], inputs, input, before.borrow().as_ref());
                        before.replace(Some(right[k].clone()));
                    }
                }
                Self::Input(k, change) => {
                    changed[seed + k] = change.apply(&arrays[seed + k]);
                    wrong = ask(&changed)?;
                }
                Self::Seed(k, _) if k >= seed => {}
                Self::Seed(k, change) => {
                    changed[k] = change.apply(&arrays[k]);
                    wrong = ask(&changed)?;
                }
            }
            differs.set(differs.get() || wrong != right);
            Ok(wrong)
        };
        Subject {
            formula: Box::new(|vars| (subject.formula)(vars)),
            by_hand: Box::new(by_hand),
            // It sees all inputs, also those that the function itself does not take.
            parameters: usize::MAX,
            cotangents: subject.cotangents,
            takes_cotangent: subject.takes_cotangent,
            precision: subject.precision,
            any_subgradient: subject.any_subgradient,
            several: subject.several,
        }
    }
}
