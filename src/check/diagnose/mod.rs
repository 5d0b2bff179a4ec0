//! Why is it wrong? Hypotheses, tried on the failing case and confirmed on fresh ones.

/// The mistakes that a diagnosis can name.
///
/// ```
/// use wengert::check::{self, Mistake};
/// let check = check::backward(|[x]| x.sin())
///     .against(|dy: &ndarray::Array1<f64>, x: &ndarray::Array1<f64>| -dy * x.cos())
///     .shapes(["x: n"]);
/// let failure = check.try_run().unwrap_err();
/// assert_eq!(failure.diagnoses()[0].mistake, Mistake::Sign);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Mistake {
    /// The gradient is the transpose of what it should be.
    Transposed,
    /// It has the wrong sign.
    Sign,
    /// It is a constant, or the size of an axis, times too large or too small.
    Factor,
    /// A sum over an axis is missing: the terms are there, not added up.
    SumMissing,
    /// The sum is over the wrong axis.
    WrongAxis,
    /// A mean stands where a sum should.
    MeanForSum,
    /// The mask of a ReLU (or another choice) is missing.
    MaskMissing,
    /// The mask lets through what it should stop, and stops the rest.
    MaskInverted,
    /// The mask is taken from the wrong array.
    MaskFromWrongArray,
    /// The mask is right but at ties: `>=` for `>`.
    MaskAtTies,
    /// A variable is used more than once, and one of the ways from it to the result is left out.
    PathLost,
    /// A variable is used more than once, or once, and one of the ways is counted twice.
    PathTwice,
    /// Two operands, or two gradients, stand in each other's place.
    OperandsSwapped,
    /// A factor of the chain rule is left out: the cotangent is passed on as it came.
    FactorMissing,
    /// The derivative of a function is taken at the wrong place, as at its result instead of its operand.
    WrongPoint,
    /// The gradient is 0 everywhere.
    Zeros,
    /// The right values in the wrong shape.
    WrongShape,
    /// Gradient and input have different shapes that broadcast, so that a comparison by `allclose` would pass.
    ByBroadcasting,
    /// The cotangent has no influence.
    CotangentIgnored,
    /// A row or column is where its neighbour should be.
    OffByOne,
    /// The result belongs to an earlier call.
    Stale,
    /// Right in exact arithmetic, and numerically poor.
    Imprecise,
}

/// What is wrong with a hand-written derivative, and how to mend it.
///
/// It is only ever given if it explains every element of the failing case and of fresh ones.
///
/// ```
/// # use wengert::check;
/// let check = check::backward(|[x]| x * 1.0).against(|dy: &ndarray::Array1<f64>| dy * 0.0).shapes(["x: n"]);
/// let failure = check.try_run().unwrap_err();
/// println!("{}", failure.diagnoses()[0].remedy);
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Diagnosis {
    /// The kind of mistake.
    pub mistake: Mistake,
    /// The inputs whose gradients it explains.
    pub gradients: Vec<String>,
    /// What is wrong, in a sentence.
    pub explanation: String,
    /// The line to change, and to what.
    pub remedy: String,
}
