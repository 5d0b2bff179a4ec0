//! What an examination concludes.

use std::fmt;

/// A difference that was measured, beside what it may be and why.
///
/// ```
/// use wengert::check::Measured;
/// let measured = Measured { error: 3e-9, tolerance: 1e-12, because: "8 roundings of |x|".into() };
/// assert_eq!(measured.to_string(), "off by 3e-9, tolerated 1e-12 (8 roundings of |x|)");
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Measured {
    /// The absolute difference found.
    pub error: f64,
    /// The absolute difference that rounding (or differencing) explains.
    pub tolerance: f64,
    /// Where the tolerance comes from.
    pub because: String,
}

impl Measured {
    /// Whether the difference is explained; a NaN is not.
    ///
    /// ```
    /// # use wengert::check::Measured;
    /// assert!(!Measured { error: f64::NAN, tolerance: 1.0, because: String::new() }.is_within());
    /// ```
    pub fn is_within(&self) -> bool {
        self.error <= self.tolerance
    }

    /// How many times the tolerance it is; of what is no number, infinitely many.
    pub(in crate::check) fn excess(&self) -> f64 {
        if self.error.is_nan() { f64::INFINITY } else { self.error / self.tolerance }
    }
}

impl fmt::Display for Measured {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "off by {:.3e}, tolerated {:.3e}", Short(self.error), Short(self.tolerance))?;
        if self.because.is_empty() { Ok(()) } else { write!(f, " ({})", self.because) }
    }
}

/// A number with as many digits as it needs, at most as many as the precision.
struct Short(f64);

impl fmt::LowerExp for Short {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fixed = format!("{:.*e}", f.precision().unwrap_or(3), self.0);
        match fixed.split_once('e') {
            Some((digits, exponent)) if digits.contains('.') => {
                write!(f, "{}e{exponent}", digits.trim_end_matches('0').trim_end_matches('.'))
            }
            _ => write!(f, "{fixed}"),
        }
    }
}

/// What an examination concludes.
///
/// ```
/// use wengert::check::{Measured, Verdict};
/// let measured = Measured { error: 0.0, tolerance: 1e-15, because: "one rounding".into() };
/// assert!(Verdict::of(measured).is_pass());
/// ```
#[derive(Clone, Debug, PartialEq)]
pub enum Verdict {
    /// Within the tolerance.
    Pass(Measured),
    /// Beyond it: wrong.
    Fail(Measured),
    /// The function has no derivative here, its slopes from the left and the right differ, and what was given
    /// is one of them or lies between: a matter of convention.
    Kink {
        /// The slope from below.
        left: f64,
        /// The slope from above.
        right: f64,
        /// The slope that was given.
        given: f64,
    },
    /// Nothing could be concluded, and why.
    Inconclusive(String),
}

impl Verdict {
    /// Pass or Fail by the measured difference.
    ///
    /// ```
    /// # use wengert::check::{Measured, Verdict};
    /// let measured = Measured { error: 1.0, tolerance: 1e-15, because: "one rounding".into() };
    /// assert!(Verdict::of(measured).is_fail());
    /// ```
    pub fn of(measured: Measured) -> Self {
        if measured.is_within() { Self::Pass(measured) } else { Self::Fail(measured) }
    }

    /// Whether it is [`Pass`](Self::Pass).
    ///
    /// ```
    /// # use wengert::check::Verdict;
    /// assert!(!Verdict::Inconclusive("no elements".into()).is_pass());
    /// ```
    pub fn is_pass(&self) -> bool {
        matches!(self, Self::Pass(_))
    }

    /// Whether it is [`Fail`](Self::Fail).
    ///
    /// ```
    /// # use wengert::check::Verdict;
    /// assert!(!Verdict::Inconclusive("no elements".into()).is_fail());
    /// ```
    pub fn is_fail(&self) -> bool {
        matches!(self, Self::Fail(_))
    }
}

/// What kind of failure an examination ended with.
///
/// ```
/// use wengert::check::{self, FailureKind};
/// let wrong = check::backward(|[x]| -x).against(|dy: &ndarray::Array1<f64>| dy.clone()).shapes(["x: n"]);
/// assert_eq!(wrong.without_persistence().try_run().unwrap_err().kind(), FailureKind::Wrong);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FailureKind {
    /// The derivative is wrong.
    Wrong,
    /// Too little could be judged to call it right, and nothing was found wrong.
    Inconclusive,
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pass(measured) => write!(f, "pass: {measured}"),
            Self::Fail(measured) => write!(f, "FAIL: {measured}"),
            Self::Kink { left, right, given } => {
                write!(f, "kink: slope {left} from the left, {right} from the right, given {given}")
            }
            Self::Inconclusive(why) => write!(f, "inconclusive: {why}"),
        }
    }
}
