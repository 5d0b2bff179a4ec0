//! The number types a tape can hold.

use super::{Comparable, Element, IntoValue, IntoVar};
use crate::array::Arithmetic;
use ndarray::ScalarOperand;
use std::fmt::{Display, LowerExp};

/// Keeps [`Float`] to the crate: outside, its name cannot be said.
pub trait Sealed {}
impl Sealed for f32 {}
impl Sealed for f64 {}

/// A real number type that a [`Tape`](crate::Tape) can hold: `f32` or `f64`. It is sealed.
///
/// Its functions are those of [`Arithmetic`], which can be called on any `T: Float`.
///
/// ```
/// use wengert::{Arithmetic, Float};
/// fn hypotenuse<T: Float>(a: T, b: T) -> T {
///     (a * a + b * b).sqrt()
/// }
/// assert_eq!(hypotenuse(3.0_f32, 4.0), 5.0);
/// assert_eq!(f32::DTYPE, "f32");
/// ```
#[diagnostic::on_unimplemented(
    message = "a tape holds `f32` or `f64`, not `{Self}`",
    label = "neither `f32` nor `f64`",
    note = "in code for both, write `T: Float`",
    note = "an array of whole numbers is converted with `array.mapv(f64::from)`, or `mapv(|n| n as f64)`"
)]
pub trait Float:
    Sealed
    + Arithmetic
    + IntoValue<Self>
    + for<'t> IntoVar<'t, Self>
    + for<'t> Comparable<'t, Self>
    + ScalarOperand
    + Display
    + LowerExp
    + Default
    + Element<Self>
{
}

impl Float for f32 {}
impl Float for f64 {}
