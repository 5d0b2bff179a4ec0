//! What numbers an input holds.

use crate::random;
use ndarray::{ArrayD, Axis, Dimension};
use std::fmt;
use std::rc::Rc;

/// The numbers that make sense for an input.
///
/// ```
/// use wengert::check::{self, Values};
/// check::backward(|[x]| x.log())
///     .against(|dy: &ndarray::Array1<f64>, x: &ndarray::Array1<f64>| dy / x)
///     .shapes(["x: n"])
///     .values("x", Values::Positive)
///     .run();
/// ```
#[derive(Clone)]
pub enum Values {
    /// Any: ordinary ones, ties, zeros, tiny and large ones.
    Any,
    /// Those above 0.
    Positive,
    /// Those between these two.
    Between(f64, f64),
    /// Rows of zeros with a single 1, along the last axis.
    OneHot,
    /// Whole numbers from the first up to, not including, the second.
    Whole(i32, i32),
    /// What this function makes of a shape and a source of numbers between 0 and 1.
    Custom(Rc<Custom>),
}

/// From a shape and a source of numbers between 0 and 1, an array of that shape.
pub type Custom = dyn Fn(&[usize], &mut dyn FnMut() -> f64) -> ArrayD<f64>;

impl fmt::Debug for Values {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Any => write!(f, "Any"),
            Self::Positive => write!(f, "Positive"),
            Self::Between(low, high) => write!(f, "Between({low}, {high})"),
            Self::OneHot => write!(f, "OneHot"),
            Self::Whole(low, high) => write!(f, "Whole({low}, {high})"),
            Self::Custom(_) => write!(f, "Custom"),
        }
    }
}

impl Values {
    /// Whether a single number may be replaced by another such as 1.
    pub(super) fn is_free(&self) -> bool {
        match self {
            Self::Any | Self::Positive => true,
            Self::Between(low, high) => *low <= 1.0 && 2.0 <= *high,
            Self::OneHot | Self::Whole(..) | Self::Custom(_) => false,
        }
    }

    pub(super) fn draw(&self, shape: &[usize], palette: Palette, seed: u64) -> ArrayD<f64> {
        let each =
            |f: &dyn Fn(u64) -> f64| ArrayD::from_shape_fn(shape, |at| f(place(seed, at.slice().iter())));
        match self {
            Self::Any => each(&|at| palette.number(seed, at)),
            Self::Positive => each(&|at| palette.number(seed, at).abs().max(palette.smallest())),
            Self::Between(low, high) => each(&|at| low + (high - low) * unit(at)),
            Self::Whole(low, high) => {
                each(&|at| (f64::from(*low) + f64::from(high - low) * unit(at)).floor())
            }
            Self::OneHot => one_hot(shape, seed),
            Self::Custom(draw) => {
                let mut count = 0;
                draw(shape, &mut || {
                    count += 1;
                    unit(mix(seed, count))
                })
            }
        }
    }
}

fn one_hot(shape: &[usize], seed: u64) -> ArrayD<f64> {
    let mut array = ArrayD::zeros(shape);
    if let Some(last) = shape.len().checked_sub(1).filter(|&last| shape[last] > 0) {
        for (i, mut row) in array.lanes_mut(Axis(last)).into_iter().enumerate() {
            let n = row.len();
            row[usize::try_from(mix(seed, i) % n as u64).expect("below a usize")] = 1.0;
        }
    }
    array
}

/// The mood of a case: which numbers are frequent in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Palette {
    /// From ±0.1 to ±2.
    Plain,
    /// −3 to 3: many zeros and ties, and sums that do not round.
    Integers,
    /// Mostly plain, a third of them zeros.
    Zeros,
    /// Very small ones.
    Tiny,
    /// Large ones.
    Large,
    /// Of all orders of magnitude.
    Wide,
}

impl Palette {
    /// With plain ones twice, since those tell most.
    pub const ALL: [Self; 7] =
        [Self::Plain, Self::Plain, Self::Integers, Self::Zeros, Self::Tiny, Self::Large, Self::Wide];

    /// In a word or two.
    pub fn name(self) -> &'static str {
        match self {
            Self::Plain => "ordinary",
            Self::Integers => "whole, with ties",
            Self::Zeros => "zeros",
            Self::Tiny => "tiny",
            Self::Large => "large",
            Self::Wide => "of all magnitudes",
        }
    }

    pub fn simpler(self) -> impl Iterator<Item = Self> {
        [Self::Integers, Self::Plain].into_iter().take_while(move |&other| other != self)
    }

    fn smallest(self) -> f64 {
        if self == Self::Tiny { 1e-5 } else { 0.1 }
    }

    #[allow(clippy::cast_possible_truncation)] // Exponents are small.
    fn number(self, seed: u64, at: u64) -> f64 {
        let sign = if at & 1 == 0 { 1.0 } else { -1.0 };
        let u = unit(at);
        let plain = sign * (0.1 + 1.9 * u);
        match self {
            Self::Integers => (7.0 * u).floor() - 3.0,
            Self::Zeros if unit(mix(at, 1)) < 1.0 / 3.0 => 0.0,
            Self::Plain | Self::Zeros => plain,
            Self::Tiny => plain * 1e-4,
            Self::Large => plain * 1e3,
            Self::Wide => plain * 10_f64.powi((8.0 * unit(mix(at ^ seed, 2))) as i32 - 4),
        }
    }
}

/// The generator of [`random`](crate::random), as a function of seed and position.
pub(super) fn mix(seed: u64, position: usize) -> u64 {
    random::mix(seed, position as u64)
}

fn place<'a>(seed: u64, index: impl Iterator<Item = &'a usize>) -> u64 {
    index.fold(mix(seed, 0), |hash, &i| mix(hash, i))
}

/// From 53 of the bits, a number from 0 to 1.
fn unit(bits: u64) -> f64 {
    random::part(bits, 53)
}
