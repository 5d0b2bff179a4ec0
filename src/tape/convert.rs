//! What may stand for a `Var`, or for its value.

use super::{Tape, Var};
use crate::Float;
use crate::array::{Room, Value};
use crate::error::{Error, Problem};
use ndarray::{ArcArray, Array, ArrayBase, ArrayView, Data, Dimension};

/// What a tape can hold: a number or any ndarray.
///
/// Owned and shared arrays are taken over without a copy; views and references are copied,
/// of what a view repeats, one.
///
/// ```
/// # let tape = wengert::Tape::<f64>::new();
/// let owned = ndarray::arr1(&[1.0, 2.0, 3.0]);
/// tape.leaf("by reference", &owned);
/// tape.leaf("a view", owned.slice(ndarray::s![..;-1]));
/// tape.leaf("owned", owned);
/// tape.leaf("a number", 1.5);
/// ```
pub trait IntoValue<T: Float> {
    #[doc(hidden)]
    fn into_value(self, room: &Room) -> Result<Value<T>, Problem>;
}

impl<T: Float> IntoValue<T> for Value<T> {
    fn into_value(self, _: &Room) -> Result<Value<T>, Problem> {
        Ok(self)
    }
}

impl IntoValue<f32> for f32 {
    fn into_value(self, _: &Room) -> Result<Value<f32>, Problem> {
        Ok(Value::Number(self))
    }
}

impl IntoValue<f64> for f64 {
    fn into_value(self, _: &Room) -> Result<Value<f64>, Problem> {
        Ok(Value::Number(self))
    }
}

impl<T: Float, D: Dimension> IntoValue<T> for Array<T, D> {
    fn into_value(self, room: &Room) -> Result<Value<T>, Problem> {
        Value::kept(self.into_dyn().into_shared(), room)
    }
}

impl<T: Float, D: Dimension> IntoValue<T> for ArcArray<T, D> {
    fn into_value(self, room: &Room) -> Result<Value<T>, Problem> {
        Value::kept(self.into_dyn(), room)
    }
}

impl<T: Float, D: Dimension> IntoValue<T> for ArrayView<'_, T, D> {
    fn into_value(self, room: &Room) -> Result<Value<T>, Problem> {
        Value::copied(&self.into_dyn(), room)
    }
}

impl<T: Float, S: Data<Elem = T>, D: Dimension> IntoValue<T> for &ArrayBase<S, D> {
    fn into_value(self, room: &Room) -> Result<Value<T>, Problem> {
        Value::copied(&self.view().into_dyn(), room)
    }
}

/// What can be an operand beside a [`Var`]: another `Var`, or a number or ndarray, which is put on the
/// tape as a constant.
///
/// ```
/// # let tape = wengert::Tape::<f64>::new();
/// let x = tape.leaf("x", ndarray::arr1(&[1.0, 2.0]));
/// assert_eq!(x.maximum(1.5).sum().item(), 3.5);
/// assert_eq!(x.maximum(ndarray::arr1(&[3.0, 0.0])).sum().item(), 5.0);
/// ```
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

/// One impl a type, since a blanket one could overlap with that for `Var`.
macro_rules! constant {
    ($([$($generics:tt)*] $type:ty, $number:ty);+ $(;)?) => {
        $(impl<'t, $($generics)*> IntoVar<'t, $number> for $type {
            fn into_var(self, tape: &'t Tape<$number>) -> Result<Var<'t, $number>, Error> {
                tape.try_constant(self)
            }
        })+
    };
}

constant! {
    [] f32, f32;
    [] f64, f64;
    [T: Float, D: Dimension] Array<T, D>, T;
    [T: Float, D: Dimension] ArcArray<T, D>, T;
    [T: Float, D: Dimension] ArrayView<'_, T, D>, T;
    [T: Float, S: Data<Elem = T>, D: Dimension] &ArrayBase<S, D>, T;
}
