//! Optimisers: one step of each, as a function of rows that returns rows.
//!
//! They keep no state. What an optimiser remembers from step to step, a velocity, moments, a count, goes
//! in as rows and comes out as rows, so that a step can be read, printed and differentiated like anything
//! else on the tape, and that the outputs of a program can be fed back to its inputs.
//!
//! The formulas are those of PyTorch's `torch.optim`. Every `w`, its gradient `g` and what is remembered
//! of it have one shape; a learning rate, as any other factor, is a number or a row that holds one,
//! such as an input that a schedule sets.
//!
//! # All weights at once
//!
//! [`Params`] is a list of weights by name; its [`step`](Params::step) is that of each by the optimiser that one
//! [names](Optimiser), and what it gives is at once what a program carries:
//!
//! ```
//! use wengert::{Tape, optim::{Adam, Params}};
//!
//! let tape = Tape::<f64>::new();
//! let (x, y) = (tape.leaf("x", [1.0, 2.0, 3.0]), tape.leaf("y", [1.0, 3.0, 5.0]));
//! let (w, b) = (tape.leaf("w", 0.0), tape.leaf("b", 0.0));
//! let loss = (w * x + b).mse(y);
//! let next = Params::new([w, b]).step(Adam::default(), &loss.backward(), 0.1);
//!
//! let step = tape.program_builder([x, y], [loss]).carry(&next).build()?; // weights, moments and count go on
//! # Ok::<(), wengert::Error>(())
//! ```
//!
//! and what a loop goes on from that records each step afresh. [`State`] is the same list of values, on no tape:
//!
//! ```
//! use wengert::{Tape, optim::{Adam, State}};
//!
//! let mut tape = Tape::<f64>::new();
//! let mut state = State::new().with("w", 0.0).with("b", 0.0);
//! for _ in 0..500 {
//!     tape.clear(); // starts over, in the same memory
//!     let params = state.leaves(&tape);
//!     let prediction = params["w"] * [1.0, 2.0, 3.0] + params["b"];
//!     let loss = prediction.mse([1.0, 3.0, 5.0]);
//!     state = params.step(Adam::default(), &loss.backward(), 0.1).state();
//! }
//! assert!((state["w"][[]] - 2.0).abs() < 1e-2 && (state["b"][[]] + 1.0).abs() < 1e-2);
//! ```
//!
//! Each step there starts from values. `w = optim::sgd(w, g, rate)` in a loop on one tape means another thing: the new
//! `w` is a row that was computed from all earlier ones, so that the tape grows, and each gradient goes back through the
//! whole training. That is right for derivatives *of* training; [`Next::params`] does it for a list.

mod convert;
mod list;
mod params;
mod state;

pub use convert::{IntoGradients, IntoParam};
pub use params::{Optimiser, Params};
pub use state::{Next, State};

use crate::error::{Error, ErrorKind, Problem, must};
use crate::{Float, IntoVar, Var};

/// Gradient descent, w − η g, with learning rate η.
///
/// ```
/// use wengert::optim;
/// # let tape = wengert::Tape::<f64>::new();
/// let w = tape.leaf("w", 3.0);
/// let g = (w * w).backward()[w];
/// assert_eq!(optim::sgd(w, g, 0.25).item(), 1.5);
/// ```
#[doc(alias = "SGD")]
#[doc(alias = "gradient_descent")]
#[track_caller]
pub fn sgd<'t, T: Float>(w: Var<'t, T>, g: Var<'t, T>, rate: impl IntoVar<'t, T>) -> Var<'t, T> {
    must(try_sgd(w, g, rate))
}

/// As [`sgd`], without the panic.
///
/// # Errors
/// If the gradient has another shape than the weights, the rate is an array, or the rows are of different
/// tapes.
///
/// ```
/// use wengert::optim;
/// # let tape = wengert::Tape::<f64>::new();
/// let w = tape.leaf("w", ndarray::arr1(&[1.0, 2.0]));
/// assert!(optim::try_sgd(w, w.sum(), 0.1).is_err());
/// ```
#[track_caller]
pub fn try_sgd<'t, T: Float>(
    w: Var<'t, T>,
    g: Var<'t, T>,
    rate: impl IntoVar<'t, T>,
) -> Result<Var<'t, T>, Error> {
    let rate = rate.into_var(w.tape())?;
    check("sgd", w, &[g], &[rate])?;
    Ok(w - g * rate)
}

/// Weights and velocity after a step of [`momentum`] or [`nesterov`].
///
/// ```
/// use wengert::optim::{self, Step};
/// # let tape = wengert::Tape::<f64>::new();
/// let [w, g, v] = [1.0, 2.0, 0.0].map(|x| tape.leaf("x", x));
/// let Step { w, v } = optim::momentum(w, g, v, 0.25, 0.9);
/// assert_eq!((w.item(), v.item()), (0.5, 2.0));
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Step<'t, T: Float> {
    /// The new weights.
    pub w: Var<'t, T>,
    /// The new velocity.
    pub v: Var<'t, T>,
}

/// Gradient descent with momentum μ in PyTorch's form, in which the rate is not part of the velocity:
/// v′ = μ v + g, w′ = w − η v′. The velocity starts from zeros.
///
/// ```
/// use wengert::optim;
/// # let tape = wengert::Tape::<f64>::new();
/// let [w, g, v] = [1.0, 2.0, 4.0].map(|x| tape.leaf("x", x));
/// let step = optim::momentum(w, g, v, 0.125, 0.5);
/// assert_eq!((step.w.item(), step.v.item()), (0.5, 4.0));
/// ```
#[doc(alias = "SGD")]
#[doc(alias = "heavy_ball")]
#[track_caller]
pub fn momentum<'t, T: Float>(
    w: Var<'t, T>,
    g: Var<'t, T>,
    v: Var<'t, T>,
    rate: impl IntoVar<'t, T>,
    mu: impl IntoVar<'t, T>,
) -> Step<'t, T> {
    must(try_momentum(w, g, v, rate, mu))
}

/// As [`momentum`], without the panic.
///
/// # Errors
/// If the gradient or the velocity has another shape than the weights, the rate or μ is an array, or the
/// rows are of different tapes.
///
/// ```
/// use wengert::optim;
/// # let tape = wengert::Tape::<f64>::new();
/// let w = tape.leaf("w", ndarray::arr1(&[1.0, 2.0]));
/// assert!(optim::try_momentum(w, w, w.sum(), 0.1, 0.9).is_err());
/// ```
#[track_caller]
pub fn try_momentum<'t, T: Float>(
    w: Var<'t, T>,
    g: Var<'t, T>,
    v: Var<'t, T>,
    rate: impl IntoVar<'t, T>,
    mu: impl IntoVar<'t, T>,
) -> Result<Step<'t, T>, Error> {
    let (rate, mu) = (rate.into_var(w.tape())?, mu.into_var(w.tape())?);
    check("momentum", w, &[g, v], &[rate, mu])?;
    let v = v * mu + g;
    Ok(Step { w: w - v * rate, v })
}

/// Gradient descent with Nesterov's momentum in PyTorch's form, which looks one step ahead along the
/// velocity: v′ = μ v + g, w′ = w − η (g + μ v′). The velocity starts from zeros.
///
/// ```
/// use wengert::optim;
/// # let tape = wengert::Tape::<f64>::new();
/// let [w, g, v] = [1.0, 2.0, 4.0].map(|x| tape.leaf("x", x));
/// let step = optim::nesterov(w, g, v, 0.125, 0.5);
/// assert_eq!((step.w.item(), step.v.item()), (0.5, 4.0));
/// ```
#[doc(alias = "NAG")]
#[track_caller]
pub fn nesterov<'t, T: Float>(
    w: Var<'t, T>,
    g: Var<'t, T>,
    v: Var<'t, T>,
    rate: impl IntoVar<'t, T>,
    mu: impl IntoVar<'t, T>,
) -> Step<'t, T> {
    must(try_nesterov(w, g, v, rate, mu))
}

/// As [`nesterov`], without the panic.
///
/// # Errors
/// If the gradient or the velocity has another shape than the weights, the rate or μ is an array, or the
/// rows are of different tapes.
///
/// ```
/// use wengert::optim;
/// # let tape = wengert::Tape::<f64>::new();
/// let w = tape.leaf("w", ndarray::arr1(&[1.0, 2.0]));
/// assert!(optim::try_nesterov(w, w, w.sum(), 0.1, 0.9).is_err());
/// ```
#[track_caller]
pub fn try_nesterov<'t, T: Float>(
    w: Var<'t, T>,
    g: Var<'t, T>,
    v: Var<'t, T>,
    rate: impl IntoVar<'t, T>,
    mu: impl IntoVar<'t, T>,
) -> Result<Step<'t, T>, Error> {
    let (rate, mu) = (rate.into_var(w.tape())?, mu.into_var(w.tape())?);
    check("nesterov", w, &[g, v], &[rate, mu])?;
    let v = v * mu + g;
    Ok(Step { w: w - (g + v * mu) * rate, v })
}

/// The constants of [`adam`]; the default ones are PyTorch's.
///
/// In double precision whatever the tape holds, so that 1 − β is rounded once.
///
/// ```
/// use wengert::optim::Adam;
/// let adamw = Adam { decay: 0.01, ..Adam::default() };
/// assert_eq!((adamw.beta1, adamw.beta2, adamw.epsilon), (0.9, 0.999, 1e-8));
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Adam {
    /// β₁, how much of the first moment stays at each step: in [0, 1).
    pub beta1: f64,
    /// β₂, how much of the second moment stays: in [0, 1).
    pub beta2: f64,
    /// ε, which keeps the divisor from 0.
    pub epsilon: f64,
    /// λ, the weight decay, apart from the gradient as in `AdamW`: weights shrink by ηλ of their size at each step.
    /// At 0, plain Adam.
    pub decay: f64,
}

impl Default for Adam {
    fn default() -> Self {
        Self { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, decay: 0.0 }
    }
}

impl Adam {
    /// Whether a step can go by these: with β = 1 the correction would divide by 0, and every weight be NaN.
    fn check(&self) -> Result<(), Problem> {
        let Self { beta1, beta2, epsilon, decay } = *self;
        for (name, beta) in [("beta1", beta1), ("beta2", beta2)] {
            if !(0.0..1.0).contains(&beta) {
                let what = format!(
                    "`{name}` is {beta}, and a running mean keeps a share from 0 to below 1 of what it was"
                );
                return Err(Problem::new(ErrorKind::Parameter, what, "PyTorch's are 0.9 and 0.999."));
            }
        }
        for (name, number) in [("epsilon", epsilon), ("decay", decay)] {
            if !(number >= 0.0 && number.is_finite()) {
                let what = format!("`{name}` is {number}, and must be a finite number that is not below 0");
                return Err(Problem::new(
                    ErrorKind::Parameter,
                    what,
                    "PyTorch's are 1e-8 for `epsilon`, and 0 for `decay`.",
                ));
            }
        }
        Ok(())
    }
}

/// Running means of the gradient and of its square, element by element; both start from zeros.
///
/// ```
/// use wengert::optim::Moments;
/// # let tape = wengert::Tape::<f64>::new();
/// let w = tape.leaf("w", ndarray::arr1(&[1.0, 2.0]));
/// let zeros = ndarray::Array1::zeros(2);
/// let moments = Moments { m: tape.leaf("m", &zeros), v: tape.leaf("v", &zeros) };
/// assert_eq!(moments.m.shape(), w.shape());
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Moments<'t, T: Float> {
    /// The mean of the gradient.
    pub m: Var<'t, T>,
    /// The mean of its square.
    pub v: Var<'t, T>,
}

/// Weights, moments and count after a step of [`adam`].
///
/// ```
/// use wengert::optim::{self, Adam, AdamStep, Moments};
/// # let tape = wengert::Tape::<f64>::new();
/// let [w, g, m, v, t] = [1.0, 2.0, 0.0, 0.0, 0.0].map(|x| tape.leaf("x", x));
/// let AdamStep { w, moments, t } = optim::adam(w, g, Moments { m, v }, t, 0.1, Adam::default());
/// assert!(w.item() < 1.0 && moments.m.item() > 0.0 && t.item() == 1.0);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct AdamStep<'t, T: Float> {
    /// The new weights.
    pub w: Var<'t, T>,
    /// The new moments.
    pub moments: Moments<'t, T>,
    /// The number of steps done, this one included.
    pub t: Var<'t, T>,
}

/// Adam (D. P. Kingma and J. Ba, 2015) with bias correction, and the weight decay of `AdamW` (I. Loshchilov and
/// F. Hutter, 2019) if [`decay`](Adam::decay) is not 0. `t` is the number of steps done before this one.
///
/// t′ = t + 1, m′ = β₁ m + (1 − β₁) g, v′ = β₂ v + (1 − β₂) g²,
/// w′ = (1 − η λ) w − η m̂ / (√v̂ + ε) with m̂ = m′ / (1 − β₁ᵗ′) and v̂ = v′ / (1 − β₂ᵗ′).
///
/// ```
/// use wengert::optim::{self, Adam, Moments};
/// # let tape = wengert::Tape::<f64>::new();
/// let [w, g, m, v, t] = [1.0, 2.0, 0.0, 0.0, 0.0].map(|x| tape.leaf("x", x));
/// let step = optim::adam(w, g, Moments { m, v }, t, 0.1, Adam::default());
/// assert!((step.w.item() - 0.9).abs() < 1e-8); // the first step has the size of the rate
/// ```
#[doc(alias = "AdamW")]
#[track_caller]
pub fn adam<'t, T: Float>(
    w: Var<'t, T>,
    g: Var<'t, T>,
    moments: Moments<'t, T>,
    t: Var<'t, T>,
    rate: impl IntoVar<'t, T>,
    constants: Adam,
) -> AdamStep<'t, T> {
    must(try_adam(w, g, moments, t, rate, constants))
}

/// As [`adam`], without the panic.
///
/// # Errors
/// If the gradient or a moment has another shape than the weights, the rate or the count is an array, the rows are of
/// different tapes, or a constant is none: β₁ and β₂ are from 0 to below 1, ε and the decay at least 0, and finite.
///
/// ```
/// use wengert::optim::{self, Adam, Moments};
/// # let tape = wengert::Tape::<f64>::new();
/// let w = tape.leaf("w", ndarray::arr1(&[1.0, 2.0]));
/// let moments = Moments { m: w, v: w };
/// assert!(optim::try_adam(w, w, moments, w, 0.1, Adam::default()).is_err());
/// ```
#[track_caller]
pub fn try_adam<'t, T: Float>(
    w: Var<'t, T>,
    g: Var<'t, T>,
    moments: Moments<'t, T>,
    t: Var<'t, T>,
    rate: impl IntoVar<'t, T>,
    constants: Adam,
) -> Result<AdamStep<'t, T>, Error> {
    Var::judge("adam", constants.check(), &[w])?;
    let rate = rate.into_var(w.tape())?;
    check("adam", w, &[g, moments.m, moments.v], &[t, rate])?;
    let clock = Clock::new(t, rate, constants);
    let (w, moments) = clock.step(w, g, moments);
    Ok(AdamStep { w, moments, t: clock.t })
}

/// What a step of Adam's has in common for all weights.
#[derive(Clone, Copy)]
struct Clock<'t, T: Float> {
    constants: Adam,
    rate: Var<'t, T>,
    /// The number of steps done, this one included.
    t: Var<'t, T>,
    /// η / (1 − β₁ᵗ): the correction of m goes to the rate, which is a number: a pass over an array less (PyTorch does
    /// so too).
    corrected: Var<'t, T>,
    /// √(1 − β₂ᵗ).
    root: Var<'t, T>,
}

impl<'t, T: Float> Clock<'t, T> {
    #[track_caller]
    fn new(before: Var<'t, T>, rate: Var<'t, T>, constants: Adam) -> Self {
        let t = before + T::one();
        // 1 − βᵗ = −(exp(t log β) − 1), without the cancellation of its left side for β near 1.
        let [beta1, beta2] = [constants.beta1, constants.beta2].map(|beta| T::from_f64(beta.ln()));
        let (bias1, bias2) = (-(t * beta1).expm1(), -(t * beta2).expm1());
        Self { constants, rate, t, corrected: rate / bias1, root: bias2.sqrt() }
    }

    /// Of rows that fit.
    #[track_caller]
    fn step(self, w: Var<'t, T>, g: Var<'t, T>, moments: Moments<'t, T>) -> (Var<'t, T>, Moments<'t, T>) {
        let Adam { beta1, beta2, epsilon, decay } = self.constants;
        let number = T::from_f64;
        let m = moments.m * number(beta1) + g * number(1.0 - beta1);
        let v = moments.v * number(beta2) + g.square() * number(1.0 - beta2);
        let divisor = v.sqrt() / self.root + number(epsilon);
        let kept = if decay == 0.0 { w } else { w * (-(self.rate * number(decay)) + T::one()) };
        (kept - m * self.corrected / divisor, Moments { m, v })
    }
}

/// Whether these rows have the weights' shape, and these are numbers, all on one tape: then no operation of
/// a step can fail, and nothing is broadcast that was meant to fit.
#[track_caller]
fn check<'t, T: Float>(
    optimiser: &'static str,
    w: Var<'t, T>,
    like: &[Var<'t, T>],
    numbers: &[Var<'t, T>],
) -> Result<(), Error> {
    if let Some(stranger) = like.iter().chain(numbers).find(|row| !w.shares_tape(**row)) {
        return Err(w.other_tape(optimiser, *stranger));
    }
    if let Some(row) = like.iter().find(|row| row.dims() != w.dims()) {
        let problem = Problem::new(
            ErrorKind::Shape,
            "the gradient, and what is remembered of it, must have the shape of the weights",
            "What is remembered starts from zeros of that shape; a gradient has it if it is `grads[w]` of these weights.",
        );
        return Err(Var::error(optimiser, problem, &[w, *row]));
    }
    if let Some(row) = numbers.iter().find(|row| row.ndim() != 0) {
        let problem = Problem::new(
            ErrorKind::Shape,
            "a learning rate, a momentum or a count of steps is a single number, without axes",
            "Take the axes off with `reshape(())` if it has one element.",
        );
        return Err(Var::error(optimiser, problem, &[*row]));
    }
    Ok(())
}
