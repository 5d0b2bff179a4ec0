//! What may stand for a `Var`, or for its value.

use super::{Tape, Var};
use crate::Float;
use crate::array::{Room, Value};
use crate::error::{Error, Problem};
use ndarray::{
    ArcArray, Array, Array1, Array2, ArrayBase, ArrayRef, ArrayView, ArrayView1, ArrayViewMut, CowArray,
    Data, Dimension, arr2,
};

/// What a tape can hold: a number or any ndarray, or a `Vec`, slice or array of Rust's.
///
/// Owned and shared arrays are taken over without a copy, and so is a `Vec`; views and references are copied,
/// of what a view repeats, one.
///
/// ```
/// # let tape = wengert::Tape::<f64>::new();
/// let owned = ndarray::arr1(&[1.0, 2.0, 3.0]);
/// tape.leaf("by reference", &owned);
/// tape.leaf("a view", owned.slice(ndarray::s![..;-1]));
/// tape.leaf("owned", owned);
/// tape.leaf("a number", 1.5);
/// tape.leaf("a vector", vec![1.0, 2.0]);
/// tape.leaf("a matrix", [[1.0, 2.0], [3.0, 4.0]]);
/// ```
///
/// Its elements are the tape's: an array of other numbers is converted before, where its reader sees it.
///
/// ```compile_fail,E0277
/// let tape = wengert::Tape::<f64>::new();
/// tape.leaf("counts", ndarray::arr1(&[1, 2, 3]));
/// ```
/// ```
/// let tape = wengert::Tape::<f64>::new();
/// tape.leaf("counts", ndarray::arr1(&[1, 2, 3]).mapv(f64::from));
/// ```
#[diagnostic::on_unimplemented(
    message = "a tape of `{T}`s cannot hold `{Self}`",
    label = "neither `{T}` nor an array of `{T}`",
    note = "a whole number is written with a point: `2.0`, not `2`; an `n: usize` is converted with `n as {T}`",
    note = "an array of other numbers is converted with `array.mapv(|v| v as {T})`",
    note = "to put the value of another row on the tape, take it out: `x.value()`"
)]
pub trait IntoValue<T: Float> {
    #[doc(hidden)]
    fn into_value(self, room: &Room<T>) -> Result<Value<T>, Problem>;
}

impl<T: Float> IntoValue<T> for Value<T> {
    fn into_value(self, _: &Room<T>) -> Result<Value<T>, Problem> {
        Ok(self)
    }
}

/// What can be an operand beside a [`Var`]: another `Var`, or whatever a tape [can hold](IntoValue), which is
/// put on it as a constant. The operators take it, and all methods that have a second operand.
///
/// ```
/// # let tape = wengert::Tape::<f64>::new();
/// let x = tape.leaf("x", ndarray::arr1(&[1.0, 2.0]));
/// assert_eq!(x.maximum(1.5).sum().item(), 3.5);
/// assert_eq!(x.maximum(ndarray::arr1(&[3.0, 0.0])).sum().item(), 5.0);
/// assert_eq!((x * [3.0, 4.0]).sum().item(), 11.0);
/// ```
///
/// Numbers are the tape's, written with a point:
///
/// ```compile_fail,E0277
/// # let tape = wengert::Tape::<f64>::new();
/// let x = tape.leaf("x", 1.0);
/// let y = x * 2; // write 2.0
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be an operand beside a `Var<'_, {T}>`",
    label = "neither a `Var<'_, {T}>` nor `{T}` nor an array of `{T}`",
    note = "a whole number is written with a point: `2.0`, not `2`; an `n: usize` is converted with `n as {T}`",
    note = "in code for any `T: Float`, a number is made with `T::from_f64(2.0)`",
    note = "an array of other numbers is converted with `array.mapv(|v| v as {T})`; so is the value of a `Var` of other numbers, `x.value()`"
)]
pub trait IntoVar<'t, T: Float> {
    #[doc(hidden)]
    #[track_caller]
    fn into_var(self, tape: &'t Tape<T>) -> Result<Var<'t, T>, Error>;
}

impl<'t, T: Float> IntoVar<'t, T> for Var<'t, T> {
    fn into_var(self, _: &'t Tape<T>) -> Result<Var<'t, T>, Error> {
        Ok(self)
    }
}

impl<'t, T: Float> IntoVar<'t, T> for &Var<'t, T> {
    fn into_var(self, _: &'t Tape<T>) -> Result<Var<'t, T>, Error> {
        Ok(*self)
    }
}

/// What can be held, and so be a constant operand. One impl a type, since a blanket one could overlap with that
/// for `Var`.
macro_rules! held {
    ($([$($generics:tt)*] $type:ty, $number:ty, |$it:ident, $room:ident| $value:expr);+ $(;)?) => {
        $(
            impl<$($generics)*> IntoValue<$number> for $type {
                fn into_value(self, $room: &Room<$number>) -> Result<Value<$number>, Problem> {
                    let $it = self;
                    $value
                }
            }

            impl<'t, $($generics)*> IntoVar<'t, $number> for $type {
                fn into_var(self, tape: &'t Tape<$number>) -> Result<Var<'t, $number>, Error> {
                    tape.try_constant(self)
                }
            }
        )+
    };
}

held! {
    [] f32, f32, |it, _room| Ok(Value::Number(it));
    [] f64, f64, |it, _room| Ok(Value::Number(it));
    [] &f32, f32, |it, _room| Ok(Value::Number(*it));
    [] &f64, f64, |it, _room| Ok(Value::Number(*it));
    [T: Float, D: Dimension] Array<T, D>, T, |it, room| Value::kept(it.into_dyn().into_shared(), room);
    [T: Float, D: Dimension] ArcArray<T, D>, T, |it, room| Value::kept(it.into_dyn(), room);
    [T: Float, D: Dimension] CowArray<'_, T, D>, T, |it, room| {
        if it.is_view() { (&it).into_value(room) } else { it.into_owned().into_value(room) }
    };
    [T: Float, D: Dimension] ArrayView<'_, T, D>, T, |it, room| Value::copied(&it.into_dyn(), room);
    [T: Float, D: Dimension] ArrayViewMut<'_, T, D>, T, |it, room| Value::copied(&it.view().into_dyn(), room);
    [T: Float, D: Dimension] &ArrayRef<T, D>, T, |it, room| Value::copied(&it.view().into_dyn(), room);
    [T: Float, S: Data<Elem = T>, D: Dimension] &ArrayBase<S, D, T>, T, |it, room| it.view().into_value(room);
    [T: Float] Vec<T>, T, |it, room| Array1::from(it).into_value(room);
    [T: Float] &Vec<T>, T, |it, room| it.as_slice().into_value(room);
    [T: Float] &[T], T, |it, room| ArrayView1::from(it).into_value(room);
    [T: Float, const N: usize] [T; N], T, |it, room| it.as_slice().into_value(room);
    [T: Float, const N: usize] &[T; N], T, |it, room| it.as_slice().into_value(room);
    [T: Float, const M: usize, const N: usize] [[T; N]; M], T, |it, room| arr2(&it).into_value(room);
    [T: Float, const M: usize, const N: usize] &[[T; N]; M], T, |it, room| arr2(it).into_value(room);
    [T: Float, const N: usize] Vec<[T; N]>, T, |it, room| Array2::from(it).into_value(room);
}

/// What the operators `<`, `==` and their kin compare a [`Var`] with: another `Var`, or a number of the tape's.
///
/// An array is nothing that an `if` could go by; the methods, as in [`x.lt(array)`](Var::lt), make a mask of it.
///
/// ```
/// # let tape = wengert::Tape::<f64>::new();
/// let (x, y) = (tape.leaf("x", 1.0), tape.leaf("y", 2.0));
/// assert!(x < y && x < &y && &x < 2.0);
/// ```
/// ```compile_fail,E0277
/// # let tape = wengert::Tape::<f64>::new();
/// # let x = tape.leaf("x", 1.0);
/// assert!(x < 2); // write 2.0
/// ```
#[diagnostic::on_unimplemented(
    message = "an operator cannot compare a `Var<'_, {T}>` with `{Self}`",
    label = "neither a `Var<'_, {T}>` nor `{T}`",
    note = "a whole number is written with a point: `x < 2.0`; an `n: usize` is converted with `n as {T}`",
    note = "the operators compare single numbers, for an `if`; `x.lt(array)` compares element by element and makes a mask"
)]
pub trait Comparable<'t, T: Float> {
    #[doc(hidden)]
    fn compared(&self) -> Compared<'t, T>;
}

/// One side of a comparison.
#[doc(hidden)]
#[derive(Clone, Copy, Debug)]
pub enum Compared<'t, T: Float> {
    Row(Var<'t, T>),
    Number(T),
}

impl<'t, T: Float> Comparable<'t, T> for Var<'t, T> {
    fn compared(&self) -> Compared<'t, T> {
        Compared::Row(*self)
    }
}

impl<'t, T: Float> Comparable<'t, T> for &Var<'t, T> {
    fn compared(&self) -> Compared<'t, T> {
        Compared::Row(**self)
    }
}

macro_rules! compared {
    ($($number:ident)+) => {
        $(
            impl Comparable<'_, $number> for $number {
                fn compared(&self) -> Compared<'static, $number> {
                    Compared::Number(*self)
                }
            }

            impl Comparable<'_, $number> for &$number {
                fn compared(&self) -> Compared<'static, $number> {
                    Compared::Number(**self)
                }
            }
        )+
    };
}

compared!(f32 f64);
