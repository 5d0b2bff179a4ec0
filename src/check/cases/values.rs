//! What numbers an input holds.

use crate::{Kind, random};
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
    /// Any, and −∞, ∞ and NaN in cases in which the formula's result is finite nevertheless: for functions that take them
    /// out or promise something there, such as a softmax of scores of which some are −∞.
    Extended,
    /// Those above 0.
    Positive,
    /// Those between these two.
    Between(f64, f64),
    /// Rows of zeros with a single 1, along the last axis.
    OneHot,
    /// Whole numbers from the first up to, not including, the second.
    Whole(i32, i32),
    /// Places along the axis of this name: whole numbers below its size, as of labels and tokens. They reach the
    /// formula as a row of indices and the hand-written function as integers, of the type that it takes, and have no
    /// gradient.
    Index(&'static str),
    /// The same, below this number.
    Below(usize),
    /// A mask: 0 or 1. It reaches the formula as a mask and the hand-written function as `bool`s, or as integers or
    /// real numbers, whatever it takes, and has no gradient.
    Mask,
    /// What this function makes of a shape and a source of numbers between 0 and 1.
    ///
    /// ```
    /// use ndarray::ArrayD;
    /// use std::rc::Rc;
    /// use wengert::check::{self, Values};
    /// // Scores of which a fifth are masked by −∞, and the others large.
    /// let scores = Values::Custom(Rc::new(|shape, draw| {
    ///     ArrayD::from_shape_simple_fn(shape, || if draw() < 0.2 { f64::NEG_INFINITY } else { 100.0 * draw() })
    /// }));
    /// check::backward(|[x]| x.exp().sum())
    ///     .against(|dy: f64, x: &ndarray::Array2<f64>| dy * x.exp())
    ///     .shapes(["x: n d"])
    ///     .values("x", scores)
    ///     .run();
    /// ```
    Custom(Rc<Custom>),
}

/// From a shape and a source of numbers between 0 and 1, an array of that shape.
pub type Custom = dyn Fn(&[usize], &mut dyn FnMut() -> f64) -> ArrayD<f64>;

impl fmt::Debug for Values {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Any => write!(f, "Any"),
            Self::Extended => write!(f, "Extended"),
            Self::Positive => write!(f, "Positive"),
            Self::Between(low, high) => write!(f, "Between({low}, {high})"),
            Self::OneHot => write!(f, "OneHot"),
            Self::Whole(low, high) => write!(f, "Whole({low}, {high})"),
            Self::Index(axis) => write!(f, "Index({axis:?})"),
            Self::Below(n) => write!(f, "Below({n})"),
            Self::Mask => write!(f, "Mask"),
            Self::Custom(_) => write!(f, "Custom"),
        }
    }
}

impl Values {
    /// Whether a single number may be replaced by another such as 1.
    pub(in crate::check) fn is_free(&self) -> bool {
        match self {
            Self::Any | Self::Extended | Self::Positive => true,
            Self::Between(low, high) => *low <= 1.0 && 2.0 <= *high,
            Self::OneHot
            | Self::Whole(..)
            | Self::Index(_)
            | Self::Below(_)
            | Self::Mask
            | Self::Custom(_) => false,
        }
    }

    /// The finite ones of them.
    pub(in crate::check) fn finite(&self) -> &Self {
        if let Self::Extended = self { &Self::Any } else { self }
    }

    /// This number, or one like it, if it is among them and any single one may be replaced by it.
    pub(in crate::check) fn within(&self, x: f64) -> Option<f64> {
        match self {
            Self::Any | Self::Extended => Some(x),
            Self::Positive => (x != 0.0).then_some(x.abs()),
            Self::Between(low, high) => {
                // What is outside goes to a place inside that depends on it.
                let inside = low + (high - low) * (0.5 + x.atan() / std::f64::consts::PI);
                Some(if (*low..=*high).contains(&x) { x } else { inside })
            }
            Self::OneHot
            | Self::Whole(..)
            | Self::Index(_)
            | Self::Below(_)
            | Self::Mask
            | Self::Custom(_) => None,
        }
    }

    /// Whether each number is drawn by itself, so that any may be repeated.
    pub(in crate::check) fn is_by_element(&self) -> bool {
        !matches!(self, Self::OneHot | Self::Custom(_))
    }

    /// What they are to the tape.
    pub(in crate::check) fn kind(&self) -> Kind {
        match self {
            Self::Index(_) | Self::Below(_) => Kind::Index,
            Self::Mask => Kind::Mask,
            Self::Any
            | Self::Extended
            | Self::Positive
            | Self::Between(..)
            | Self::OneHot
            | Self::Whole(..)
            | Self::Custom(_) => Kind::Real,
        }
    }

    /// Numbers for an array of this shape.
    pub(in crate::check) fn draw(&self, shape: &[usize], palette: Palette, seed: u64) -> ArrayD<f64> {
        self.draw_at(shape, &|_, i| i, &Mood { palette, thresholds: &[], epsilon: f64::EPSILON }, seed)
    }

    /// Numbers for an array of this shape; element `i` along an axis is that which stands at `place(axis, i)`.
    pub(in crate::check) fn draw_at(
        &self,
        shape: &[usize],
        place: &dyn Fn(usize, usize) -> usize,
        mood: &Mood<'_>,
        seed: u64,
    ) -> ArrayD<f64> {
        let hash = |at: &[usize]| {
            at.iter().enumerate().fold(mix(seed, 0), |hash, (axis, &i)| mix(hash, place(axis, i)))
        };
        let each = |f: &dyn Fn(u64) -> f64| ArrayD::from_shape_fn(shape, |at| f(hash(at.slice())));
        match self {
            Self::Any => each(&|at| mood.number(seed, at)),
            Self::Extended => each(&|at| match chosen(mix(at, 3), 24, |i| i) {
                0 => f64::INFINITY,
                1 => f64::NEG_INFINITY,
                2 => f64::NAN,
                _ => mood.number(seed, at),
            }),
            Self::Positive => each(&|at| mood.number(seed, at).abs().max(mood.palette.smallest())),
            Self::Between(low, high) => each(&|at| mood.between(*low, *high, at)),
            Self::Whole(low, high) => {
                each(&|at| (f64::from(*low) + f64::from(high - low) * unit(at)).floor())
            }
            Self::OneHot => {
                let mut array = ArrayD::zeros(shape);
                if let Some(last) = shape.len().checked_sub(1).filter(|&last| shape[last] > 0) {
                    for (at, mut row) in
                        ndarray::indices(&shape[..last]).into_iter().zip(array.lanes_mut(Axis(last)))
                    {
                        let row_hash = hash(at.slice());
                        row[chosen(row_hash, shape[last], |i| place(last, i))] = 1.0;
                    }
                }
                array
            }
            Self::Below(n) => each(&|at| count(chosen(at, *n, |i| i))),
            Self::Mask => each(&|at| f64::from(u8::from(unit(at) < 0.7))),
            Self::Index(axis) => {
                panic!("check: there is no axis `{axis}` here: say the limit, as in `Values::Below(10)`")
            }
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

/// One of `n` places: that which draws the largest number, so that the choice stays when others are dropped.
fn chosen(seed: u64, n: usize, place: impl Fn(usize) -> usize) -> usize {
    (0..n).max_by_key(|&i| mix(seed, place(i))).unwrap_or(0)
}

/// What numbers of a case are drawn from.
#[derive(Clone, Copy, Debug)]
pub(in crate::check) struct Mood<'a> {
    pub palette: Palette,
    /// Numbers at which the function's choices change.
    pub thresholds: &'a [f64],
    /// The relative distance of neighbouring numbers.
    pub epsilon: f64,
}

impl Mood<'_> {
    /// A number between these; where there are whole numbers between them, they are frequent in some moods.
    fn between(&self, low: f64, high: f64, at: u64) -> f64 {
        let inside = |x: f64| low < x && x < high;
        let x = low + (high - low) * unit(at);
        let special = match self.palette {
            Palette::Integers => x.round(),
            Palette::Zeros if unit(mix(at, 1)) < 1.0 / 3.0 => 0.0,
            Palette::Thresholds => self.number(0, at),
            _ => x,
        };
        if inside(special) { special } else { x }
    }

    fn number(&self, seed: u64, at: u64) -> f64 {
        if self.palette != Palette::Thresholds || self.thresholds.is_empty() {
            return self.palette.number(seed, at);
        }
        // At a threshold, next to it, near it, and away from it.
        let sign = if at & 1 == 0 { 1.0 } else { -1.0 };
        let [which, how] = [1, 2].map(|turn| mix(at, turn));
        let threshold = sign * self.thresholds[chosen(which, self.thresholds.len(), |i| i)];
        match chosen(how, 8, |i| i) {
            0 | 1 => threshold,
            2 => threshold * (1.0 + 2.0 * self.epsilon),
            3 => threshold * (1.0 - 2.0 * self.epsilon),
            4 => threshold * (1.0 + 0.1_f64.powf(1.0 + 7.0 * unit(which))),
            5 => threshold * (1.0 - 0.1_f64.powf(1.0 + 7.0 * unit(which))),
            6 => 0.0,
            _ => self.palette.number(seed, at),
        }
    }
}

/// The mood of a case: which numbers are frequent in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::check) enum Palette {
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
    /// Where the function's choices change, and beside it.
    Thresholds,
}

impl Palette {
    /// With plain ones twice, since those tell most.
    pub const ALL: [Self; 7] =
        [Self::Plain, Self::Plain, Self::Integers, Self::Zeros, Self::Tiny, Self::Large, Self::Wide];

    /// For functions that choose by comparing with constants.
    pub const WITH_THRESHOLDS: [Self; 9] = [
        Self::Plain,
        Self::Plain,
        Self::Integers,
        Self::Zeros,
        Self::Tiny,
        Self::Large,
        Self::Wide,
        Self::Thresholds,
        Self::Thresholds,
    ];
    /// In a word or two.
    pub fn name(self) -> &'static str {
        match self {
            Self::Plain => "ordinary",
            Self::Integers => "whole, with ties",
            Self::Zeros => "zeros",
            Self::Tiny => "tiny",
            Self::Large => "large",
            Self::Wide => "of all magnitudes",
            Self::Thresholds => "where choices change",
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
            // Half of them below: −0.0 is no smaller than 0, and 1 by it is.
            Self::Zeros if unit(mix(at, 1)) < 1.0 / 3.0 => 0.0_f64.copysign(sign),
            Self::Plain | Self::Zeros | Self::Thresholds => plain,
            Self::Tiny => plain * 1e-4,
            Self::Large => plain * 1e3,
            Self::Wide => plain * 10_f64.powi((8.0 * unit(mix(at ^ seed, 2))) as i32 - 4),
        }
    }
}

/// The generator of [`random`](crate::random), as a function of seed and position.
pub(in crate::check) fn mix(seed: u64, position: usize) -> u64 {
    random::mix(seed, position as u64)
}

/// A size as a number.
#[allow(clippy::cast_precision_loss)] // Sizes are small.
pub(in crate::check) fn count(n: usize) -> f64 {
    n as f64
}

/// From 53 of the bits, a number from 0 to 1.
fn unit(bits: u64) -> f64 {
    random::part(bits, 53)
}
