//! What an array may hold that is put on a tape, or fed to a program: the tape's own numbers, integers, truths.

use super::Float;
use crate::array::{Kind, beyond};
use std::fmt;

/// A type of which arrays can be fed to a program of `T`s: `T` itself, an integer type, or `bool`.
///
/// It is implemented for these, and nothing else can implement it.
#[diagnostic::on_unimplemented(
    message = "a program of `{T}`s cannot be fed with `{Self}`s",
    label = "neither `{T}` nor an integer nor `bool`",
    note = "an array of other numbers is converted with `array.mapv(|v| v as {T})`"
)]
pub trait Element<T>: sealed::Sealed + Copy + fmt::Display {
    #[doc(hidden)]
    const KIND: Kind;

    /// The elements as they lie, if they are the program's numbers.
    #[doc(hidden)]
    fn lent(elements: &[Self]) -> Option<&[T]>;

    /// The number that it is for the program; `None` if it counts further than the program's numbers do.
    #[doc(hidden)]
    fn number(self) -> Option<T>;
}

mod sealed {
    pub trait Sealed {}
}

/// A type of whole numbers.
pub(crate) trait Whole: Copy + fmt::Display {
    /// The number in double precision, if it is there to the last digit.
    fn exactly(self) -> Option<f64>;
}

/// A whole number as one of the tape's, if it counts so far.
pub(crate) fn counted_in<T: Float>(number: impl Whole) -> Option<T> {
    number.exactly().filter(|number| number.abs() < beyond::<T>()).map(T::from_f64)
}

macro_rules! own {
    ($($type:ident)+) => {
        $(impl sealed::Sealed for $type {}

        impl Element<$type> for $type {
            const KIND: Kind = Kind::Real;

            fn lent(elements: &[Self]) -> Option<&[$type]> {
                Some(elements)
            }

            fn number(self) -> Option<$type> {
                Some(self)
            }
        })+
    };
}

own!(f32 f64);

macro_rules! whole {
    ($($type:ident)+) => {
        $(impl Whole for $type {
            #[allow(clippy::cast_precision_loss, clippy::cast_lossless)] // Where digits are lost, none is given.
            fn exactly(self) -> Option<f64> {
                let number = self as f64;
                (number.abs() < beyond::<f64>()).then_some(number)
            }
        }

        impl sealed::Sealed for $type {}

        impl<T: Float> Element<T> for $type {
            const KIND: Kind = Kind::Index;

            fn lent(_: &[Self]) -> Option<&[T]> {
                None
            }

            fn number(self) -> Option<T> {
                counted_in(self)
            }
        })+
    };
}

whole!(i8 i16 i32 i64 isize u8 u16 u32 u64 usize);

impl sealed::Sealed for bool {}

impl<T: Float> Element<T> for bool {
    const KIND: Kind = Kind::Mask;

    fn lent(_: &[Self]) -> Option<&[T]> {
        None
    }

    fn number(self) -> Option<T> {
        Some(if self { T::one() } else { T::zero() })
    }
}
