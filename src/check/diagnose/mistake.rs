//! The mistakes that can be named, and what is said of one.

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
    /// The gradient is the transpose of what it should be, or its last two axes stand in each other's place.
    Transposed,
    /// It has the wrong sign.
    Sign,
    /// It, or a term of it, is a constant times too large or too small: a number, the size of an axis or its root,
    /// (n − 1)/n.
    Factor,
    /// A sum over an axis is missing: the terms are there, not added up.
    SumMissing,
    /// A sum, a mean or a softmax, on the way or at the end, is over the wrong axis.
    WrongAxis,
    /// A mean stands where a sum should.
    MeanForSum,
    /// The mask of a ReLU (or another choice) is missing.
    MaskMissing,
    /// The mask lets through what it should stop, and stops the rest; or two branches stand in each other's place.
    MaskInverted,
    /// The mask is taken from the wrong array.
    MaskFromWrongArray,
    /// The mask is right but at ties: `>=` for `>`.
    MaskAtTies,
    /// Of a choice between two branches that both vary, one is left out: a leaky ReLU with the slope of a ReLU.
    BranchLost,
    /// A variable is used more than once, and one of the ways from it to the result is left out.
    PathLost,
    /// A variable is used more than once, or once, and one of the ways is counted twice.
    PathTwice,
    /// What depends on the input is treated as a constant, so that several ways are cut at once: a layer norm with mean
    /// and variance held fixed.
    HeldConstant,
    /// Of a Jacobian only the diagonal is there: p·(1 − p)·dy for a softmax.
    DiagonalOnly,
    /// Two operands, or two gradients, stand in each other's place.
    OperandsSwapped,
    /// Another array of the derivation stands in an operand's place: what was before the activation for what came after.
    WrongOperand,
    /// It is the gradient of another input.
    GradientCopied,
    /// A factor of the chain rule is left out: the cotangent is passed on as it came.
    FactorMissing,
    /// The derivative of a function is taken at its result instead of its operand, or the other way about: 1 − x² for
    /// 1 − tanh(x)².
    WrongPoint,
    /// The ε that keeps a root or a quotient away from 0 is left out, or stands in the wrong place.
    Epsilon,
    /// A matrix is taken to be symmetric that need not be: A for Aᵀ, or twice a half of A + Aᵀ.
    SymmetryAssumed,
    /// The gradient is 0 everywhere.
    Zeros,
    /// Only the first of a batch (or the last) has a gradient.
    FirstOnly,
    /// The right values in the wrong shape.
    WrongShape,
    /// Gradient and input have different shapes that broadcast, so that a comparison by `allclose` would pass.
    ByBroadcasting,
    /// The cotangent has no influence.
    CotangentIgnored,
    /// A row or column is where its neighbour should be.
    OffByOne,
    /// The elements of an axis, or the sums over it, run the other way: a running sum forwards that should run
    /// backwards, a kernel that is not flipped.
    OrderReversed,
    /// What was looked up more than once should be added up, and the last one wins: `=` for `+=`.
    ScatterOverwrites,
    /// What was looked up more than once should be added up, and is divided by the number of its uses.
    ScatterDivides,
    /// Windows overlap, and where they do, only one has its share.
    OverlapLost,
    /// The memory of an array is read as if it lay in standard order.
    LayoutAssumed,
    /// The gradient is clipped.
    Clipped,
    /// The result belongs to an earlier call.
    Stale,
    /// A constant has too few digits.
    FewDigits,
    /// Right in exact arithmetic, and numerically poor.
    Imprecise,
}

impl Mistake {
    /// All of them.
    ///
    /// ```
    /// assert!(wengert::check::Mistake::ALL.contains(&wengert::check::Mistake::Sign));
    /// ```
    pub const ALL: &[Self] = &[
        Self::Transposed,
        Self::Sign,
        Self::Factor,
        Self::SumMissing,
        Self::WrongAxis,
        Self::MeanForSum,
        Self::MaskMissing,
        Self::MaskInverted,
        Self::MaskFromWrongArray,
        Self::MaskAtTies,
        Self::BranchLost,
        Self::PathLost,
        Self::PathTwice,
        Self::HeldConstant,
        Self::DiagonalOnly,
        Self::OperandsSwapped,
        Self::WrongOperand,
        Self::GradientCopied,
        Self::FactorMissing,
        Self::WrongPoint,
        Self::Epsilon,
        Self::SymmetryAssumed,
        Self::Zeros,
        Self::FirstOnly,
        Self::WrongShape,
        Self::ByBroadcasting,
        Self::CotangentIgnored,
        Self::OffByOne,
        Self::OrderReversed,
        Self::ScatterOverwrites,
        Self::ScatterDivides,
        Self::OverlapLost,
        Self::LayoutAssumed,
        Self::Clipped,
        Self::Stale,
        Self::FewDigits,
        Self::Imprecise,
    ];
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
    /// Other mistakes that give the same gradient in every case that was drawn to tell them apart. The explanation says
    /// what each would be.
    pub alternatives: Vec<Mistake>,
    /// The inputs whose gradients it explains.
    pub gradients: Vec<String>,
    /// What is wrong, in a sentence.
    pub explanation: String,
    /// The line to change, and to what.
    pub remedy: String,
}
