//! One examination for several parameters, or in both precisions.

use crate::Float;
use crate::check::{Check, Failure, Summary};
use std::fmt::Debug;

/// Examinations of one function for each of these parameters that are no arrays: strides, sizes of windows, flags,
/// constants. The report of one that fails says which it was.
///
/// Unless their number is said, the cases are shared out, at least 40 to each.
///
/// ```
/// use ndarray::Array1;
/// use wengert::check;
/// check::each([(0.01, 1.0), (0.2, 1.0), (0.0, 6.0)], |(slope, most)| {
///     check::backward(move |[x]| x.gt(0.0).select(x, x * slope).minimum(most))
///         .against(move |dy: &Array1<f64>, x: &Array1<f64>| {
///             let slope_at = |x: f64| if x >= most { 0.0 } else if x > 0.0 { 1.0 } else { slope };
///             dy * x.mapv(slope_at)
///         })
///         .shapes(["x: n"])
///         .any_subgradient()
/// })
/// .run();
/// ```
#[track_caller]
pub fn each<'f, P: Debug, T: Float>(
    parameters: impl IntoIterator<Item = P>,
    examine: impl Fn(P) -> Check<'f, T>,
) -> Each<'f, T> {
    let mut checks: Vec<Check<'f, T>> = parameters
        .into_iter()
        .map(|parameter| {
            let text = format!("{parameter:?}");
            examine(parameter).noted("with", text)
        })
        .collect();
    assert!(
        !checks.is_empty(),
        "check::each: there are no parameters: give at least one, as in `check::each([1, 2], …)`"
    );
    let share = (proptest::test_runner::Config::default().cases
        / u32::try_from(checks.len()).unwrap_or(u32::MAX))
    .max(40);
    for check in &mut checks {
        check.cases.get_or_insert(share);
    }
    Each { checks }
}

/// The examinations of [`each`] parameter.
///
/// ```
/// use ndarray::Array1;
/// use wengert::check;
/// let powers = check::each([1.0, 2.0], |p| {
///     check::backward(move |[x]| x.pow(p))
///         .against(move |dy: &Array1<f64>, x: &Array1<f64>| dy * p * x.mapv(|x| x.powf(p - 1.0)))
///         .shapes(["x: n"])
/// });
/// assert_eq!(powers.try_run().unwrap().len(), 2);
/// ```
#[derive(Debug)]
pub struct Each<'f, T: Float> {
    checks: Vec<Check<'f, T>>,
}

impl<T: Float> Each<'_, T> {
    /// Runs them all.
    ///
    /// # Panics
    /// As of [`Check::run`], at the first that fails.
    ///
    /// ```
    /// # use wengert::check;
    /// check::each([2.0, 3.0], |k| {
    ///     check::backward(move |[x]| x * k).against(move |dy: &ndarray::Array1<f64>| dy * k).shapes(["x: n"])
    /// })
    /// .run();
    /// ```
    #[track_caller]
    pub fn run(&self) {
        self.checks.iter().for_each(Check::run);
    }

    /// As [`run`](Self::run), without the panic; a summary for each parameter.
    ///
    /// # Errors
    /// The first failure.
    ///
    /// ```
    /// # use wengert::check;
    /// let wrong = check::each([1.0, 2.0], |k| {
    ///     check::backward(move |[x]| x * k).against(move |dy: &ndarray::Array1<f64>| dy.clone()).shapes(["x: n"])
    /// });
    /// assert!(wrong.try_run().unwrap_err().to_string().contains("with      2.0"));
    /// ```
    #[track_caller]
    pub fn try_run(&self) -> Result<Vec<Summary>, Box<Failure>> {
        self.checks.iter().map(Check::try_run).collect()
    }
}

/// One examination in both precisions: see [`both!`](crate::check::both).
///
/// ```
/// use wengert::check;
/// let both = check::both!(T => check::backward::<T, 1>(|[x]| x * 2.0)
///     .against(|dy: &ndarray::Array1<T>| dy * 2.0)
///     .shapes(["x: n"]));
/// let [single, double] = both.try_run().unwrap();
/// assert_eq!(single.cases(), double.cases());
/// ```
#[derive(Debug)]
pub struct Both<'f> {
    single: Check<'f, f32>,
    double: Check<'f, f64>,
}

impl<'f> Both<'f> {
    #[doc(hidden)]
    pub fn new(single: Check<'f, f32>, double: Check<'f, f64>) -> Self {
        Self { single, double }
    }

    /// Runs both.
    ///
    /// # Panics
    /// As of [`Check::run`]; the report says in which precision.
    ///
    /// ```
    /// # use wengert::check;
    /// check::both!(T => check::backward::<T, 1>(|[x]| -x).against(|dy: &ndarray::Array1<T>| -dy).shapes(["x: n"])).run();
    /// ```
    #[track_caller]
    pub fn run(&self) {
        if let Err(failure) = self.try_run() {
            panic!("{}", failure.for_stderr());
        }
    }

    /// As [`run`](Self::run), without the panic.
    ///
    /// # Errors
    /// The first failure: in single precision, or else in double.
    ///
    /// ```
    /// # use ndarray::Array1;
    /// # use wengert::check;
    /// // 1e-30 is 0 in single precision once it is squared.
    /// let both = check::both!(T => check::backward::<T, 1>(|[x]| x * 1.0)
    ///     .against(|dy: &Array1<T>| dy * ((1e-30 as T) * (1e-30 as T) / (1e-30 as T) / (1e-30 as T)))
    ///     .shapes(["x: n"]));
    /// let text = both.try_run().unwrap_err().to_string();
    /// assert!(text.contains("in        f32; in f64 it passes"), "{text}");
    /// ```
    #[track_caller]
    pub fn try_run(&self) -> Result<[Summary; 2], Box<Failure>> {
        match (self.single.try_run(), self.double.try_run()) {
            (Ok(single), Ok(double)) => Ok([single, double]),
            (Err(failure), Ok(_)) => Err(Box::new(failure.noted("in", "f32; in f64 it passes".into()))),
            (Ok(_), Err(failure)) => Err(Box::new(failure.noted("in", "f64; in f32 it passes".into()))),
            (Err(failure), Err(_)) => {
                Err(Box::new(failure.noted("in", "f32, and it fails in f64 as well".into())))
            }
        }
    }
}

/// One examination in both precisions: in `check::both!(T => …)`, `T` is `f32` and then `f64`. See [`Both`](crate::check::Both).
///
/// ```
/// use wengert::{check, manual};
/// check::both!(T => check::backward::<T, 3>(|[a, w, b]| a.linear(w, b))
///     .against(manual::linear_backward::<T>)
///     .shapes(["a: n d", "W: h d", "b: 1 h"]))
/// .run();
/// ```
#[doc(hidden)]
#[macro_export]
macro_rules! __check_in_both {
    ($T:ident => $check:expr) => {
        $crate::check::Both::new(
            {
                type $T = f32;
                $check
            },
            {
                type $T = f64;
                $check
            },
        )
    };
}
