//! Why is it wrong? Hypotheses, tried on the failing case and confirmed on fresh ones.
//!
//! There are two kinds. Some mistakes show in the gradient as a whole, whatever the function: a sign, a factor, a
//! transposition ([`whole`]). Others are made at one place of a derivation ([`surgery`]). Each hypothesis predicts what
//! a hand-written function with that mistake would give; it is believed only if it predicts every element in every case
//! ([`evidence`]).

mod evidence;
mod imprecise;
mod surgery;
mod whole;

use super::examine::Scene;
use super::subject::Subject;
use crate::Float;
use evidence::Evidence;
use whole::Guess;

/// The mistakes that explain a failing case; none if no simple one does.
pub(super) fn diagnose<T: Float>(subject: &Subject<'_, T>, failing: Scene<T>) -> Vec<Diagnosis> {
    let names: Vec<String> =
        failing.sample.signature().inputs.iter().map(|pattern| pattern.name.clone()).collect();
    let evidence = Evidence::gather(subject, failing);
    let mut guesses: Vec<(usize, Guess)> = Vec::new();
    let mut unexplained = Vec::new();
    let named = |input: usize, Guess { mistake, explanation, remedy, .. }: Guess| {
        let [explanation, remedy] =
            [explanation, remedy].map(|text| text.replace("{g}", &format!("d{}", names[input])));
        Diagnosis { mistake, gradients: vec![names[input].clone()], explanation, remedy }
    };
    for &input in &evidence.wrong {
        match whole::guess(&evidence, input) {
            Some(guess) => guesses.push((input, guess)),
            None => unexplained.push(input),
        }
    }
    // The same number of times too large, whatever that is in each of them: one factor, at the root of them all.
    let times = guesses.first().and_then(|(_, guess)| guess.times.clone());
    if times.is_some() && guesses.iter().all(|(_, guess)| guess.times == times) {
        let general = guesses.iter().position(|(_, guess)| guess.mistake == Mistake::Factor).unwrap_or(0);
        guesses.swap(0, general);
        guesses.truncate(1);
    }
    let several = guesses.iter().any(|(_, other)| *other != guesses[0].1);
    let shared = !several && unexplained.is_empty();
    let mut diagnoses: Vec<Diagnosis> =
        guesses.into_iter().map(|(input, guess)| named(input, guess)).collect();
    if shared && let Some(first) = diagnoses.first_mut() {
        first.gradients = evidence.wrong.iter().map(|&input| names[input].clone()).collect();
        diagnoses.truncate(1);
    }
    // One cause for all is better than one for each, and than one for some.
    if shared {
        return diagnoses;
    }
    if let Some(one) = surgery::explain(&evidence) {
        return vec![one];
    }
    diagnoses.extend(
        unexplained
            .into_iter()
            .filter_map(|input| Some(named(input, imprecise::imprecise(&evidence, input)?))),
    );
    diagnoses
}

#[allow(clippy::cast_precision_loss)] // Sizes are small.
pub(super) fn count(n: usize) -> f64 {
    n as f64
}

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
