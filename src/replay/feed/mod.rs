//! What a program is fed: the caller's numbers and arrays.
//!
//! A closed choice, as is what it [writes to](output), since a program trusts it: that there are as many elements as the
//! shape says, and that none of the caller's code runs while it does. Real numbers that lie in order are read where they
//! lie; integers and truths become the program's numbers on the way in.

mod lists;
mod output;

pub use lists::{IntoInputs, IntoOutputs};
pub use output::Output;

use crate::array::{Kind, uncountable};
use crate::error::Problem;
use crate::{Element, Float};
use ndarray::{ArcArray, Array, ArrayBase, ArrayD, ArrayView, ArrayView1, Data, Dimension, IxDyn, ViewRepr};
use std::fmt;

/// What a program is fed for one of its inputs: a number, or an ndarray of any kind, borrowed or owned; for an input
/// that is a row of indices, an integer or an array of any integer type; for a mask, a `bool` or an array of them.
///
/// It is made by `into`, and nearly always by the call itself: [`IntoInputs`] says what may stand for a whole list.
/// An array of the program's own numbers that lies in row-major order is read where it lies; another is copied first.
///
/// ```
/// use ndarray::{arr1, s};
/// use wengert::Input;
/// let tape = wengert::Tape::<f64>::new();
/// let (x, c) = (tape.leaf("x", arr1(&[1.0, 2.0])), tape.leaf("c", 3.0));
/// let program = tape.program([x, c], [x * c])?;
/// let numbers = arr1(&[1.0, 2.0, 3.0, 4.0]);
/// let every_second = Input::from(numbers.slice(s![..;2]));
/// assert_eq!(program.replay_one((every_second, 10.0))?, arr1(&[10.0, 30.0]).into_dyn());
/// # Ok::<(), wengert::Error>(())
/// ```
pub struct Input<'a, T>(Given<'a, T>);

enum Given<'a, T> {
    Number(T),
    /// A whole number, or what is beyond all that can be counted.
    Whole(Option<T>),
    Truth(T),
    /// The caller's array, whatever holds its elements and however many axes it has: nothing of it is copied.
    Lent(&'a (dyn Lent<T> + 'a)),
    View(View<'a, T>),
    Owned(ArrayD<T>),
    /// An array of integers or truths that is no reference to one.
    Kept(Box<dyn Lent<T> + 'a>),
}

/// An [`ArrayViewD`](ndarray::ArrayViewD) whose type of elements is spelled out: as a projection it would fix the lifetime.
type View<'a, T> = ArrayBase<ViewRepr<&'a T>, IxDyn, T>;

/// An ndarray, of which it does not matter here what holds its elements.
trait Lent<T> {
    fn dims(&self) -> &[usize];

    fn kind(&self) -> Kind;

    /// The elements, if they are the program's numbers and lie in row-major order.
    fn elements(&self) -> Option<&[T]>;

    /// Writes the elements in row-major order.
    fn copy_to(&self, out: &mut [T]) -> Result<(), Problem>;
}

impl<T: Float, E: Element<T>, S: Data<Elem = E>, D: Dimension> Lent<T> for ArrayBase<S, D> {
    fn dims(&self) -> &[usize] {
        self.shape()
    }

    fn kind(&self) -> Kind {
        E::KIND
    }

    fn elements(&self) -> Option<&[T]> {
        E::lent(self.as_slice()?)
    }

    fn copy_to(&self, out: &mut [T]) -> Result<(), Problem> {
        out.iter_mut().zip(self).try_for_each(|(to, from)| {
            *to = from.number().ok_or_else(|| uncountable::<T>(from, self.shape()))?;
            Ok(())
        })
    }
}

impl<T: Float> Input<'_, T> {
    /// The sizes of the axes.
    pub(super) fn dims(&self) -> &[usize] {
        match &self.0 {
            Given::Number(_) | Given::Whole(_) | Given::Truth(_) => &[],
            Given::Lent(array) => array.dims(),
            Given::Kept(array) => array.dims(),
            Given::View(array) => array.shape(),
            Given::Owned(array) => array.shape(),
        }
    }

    /// What its numbers are.
    pub(super) fn kind(&self) -> Kind {
        match &self.0 {
            Given::Number(_) | Given::View(_) | Given::Owned(_) => Kind::Real,
            Given::Whole(_) => Kind::Index,
            Given::Truth(_) => Kind::Mask,
            Given::Lent(array) => array.kind(),
            Given::Kept(array) => array.kind(),
        }
    }

    /// The elements, if they are there in row-major order.
    pub(super) fn elements(&self) -> Option<&[T]> {
        match &self.0 {
            Given::Number(number) | Given::Whole(Some(number)) | Given::Truth(number) => {
                Some(std::slice::from_ref(number))
            }
            Given::Whole(None) => None,
            Given::Lent(array) => array.elements(),
            Given::Kept(array) => array.elements(),
            Given::View(array) => array.as_slice(),
            Given::Owned(array) => array.as_slice(),
        }
    }

    /// Writes the elements in row-major order.
    ///
    /// # Errors
    /// If an integer is beyond what the program's numbers count.
    pub(super) fn copy_to(&self, out: &mut [T]) -> Result<(), Problem> {
        match &self.0 {
            Given::Number(number) | Given::Whole(Some(number)) | Given::Truth(number) => out.fill(*number),
            Given::Whole(None) => return Err(uncountable::<T>("the integer", &[])),
            Given::Lent(array) => array.copy_to(out)?,
            Given::Kept(array) => array.copy_to(out)?,
            Given::View(array) => array.copy_to(out)?,
            Given::Owned(array) => array.copy_to(out)?,
        }
        Ok(())
    }

    /// An array of its own.
    pub(super) fn to_array(&self) -> Result<ArrayD<T>, Problem> {
        let mut out = ArrayD::from_elem(self.dims(), T::zero());
        self.copy_to(out.as_slice_mut().expect("a new array is in order"))?;
        Ok(out)
    }
}

impl<T: Float> fmt::Debug for Input<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Input")
            .field("kind", &self.kind())
            .field("shape", &self.dims())
            .finish_non_exhaustive()
    }
}

impl<'a, T: Float, E: Element<T>, S: Data<Elem = E>, D: Dimension> From<&'a ArrayBase<S, D>>
    for Input<'a, T>
{
    fn from(array: &'a ArrayBase<S, D>) -> Self {
        Self(Given::Lent(array))
    }
}

/// As they come from a list of references, `&[&x, &y]`.
impl<'a, T: Float, E: Element<T>, S: Data<Elem = E>, D: Dimension> From<&&'a ArrayBase<S, D>>
    for Input<'a, T>
{
    fn from(array: &&'a ArrayBase<S, D>) -> Self {
        Self(Given::Lent(*array))
    }
}

impl<'a, T: Float, D: Dimension> From<ArrayView<'a, T, D>> for Input<'a, T> {
    fn from(array: ArrayView<'a, T, D>) -> Self {
        Self(Given::View(array.into_dyn()))
    }
}

impl<T: Float, D: Dimension> From<Array<T, D>> for Input<'_, T> {
    fn from(array: Array<T, D>) -> Self {
        Self(Given::Owned(array.into_dyn()))
    }
}

impl<T: Float, D: Dimension> From<ArcArray<T, D>> for Input<'_, T> {
    fn from(array: ArcArray<T, D>) -> Self {
        Self(Given::Owned(array.into_dyn().into_owned()))
    }
}

impl<'a, T: Float> From<&'a [T]> for Input<'a, T> {
    fn from(elements: &'a [T]) -> Self {
        ArrayView1::from(elements).into()
    }
}

impl<'a, T: Float, const N: usize> From<&'a [T; N]> for Input<'a, T> {
    fn from(elements: &'a [T; N]) -> Self {
        ArrayView1::from(elements).into()
    }
}

impl<'a, T: Float> From<&'a Vec<T>> for Input<'a, T> {
    fn from(elements: &'a Vec<T>) -> Self {
        ArrayView1::from(elements).into()
    }
}

impl<T: Float> From<Vec<T>> for Input<'_, T> {
    fn from(elements: Vec<T>) -> Self {
        Array::from(elements).into()
    }
}

impl<T: Float, const N: usize> From<[T; N]> for Input<'_, T> {
    fn from(elements: [T; N]) -> Self {
        Array::from(elements.to_vec()).into()
    }
}

impl<T: Float, const M: usize, const N: usize> From<[[T; N]; M]> for Input<'_, T> {
    fn from(rows: [[T; N]; M]) -> Self {
        ndarray::arr2(&rows).into()
    }
}

/// A plain number is an array without axes.
macro_rules! number {
    ($($type:ident)+) => {
        $(impl From<$type> for Input<'_, $type> {
            fn from(number: $type) -> Self {
                Self(Given::Number(number))
            }
        }

        impl From<&$type> for Input<'_, $type> {
            fn from(number: &$type) -> Self {
                Self(Given::Number(*number))
            }
        }

        impl From<&&$type> for Input<'_, $type> {
            fn from(number: &&$type) -> Self {
                Self(Given::Number(**number))
            }
        })+
    };
}

number!(f32 f64);

/// Integers and truths, alone and in what is no reference to an ndarray.
macro_rules! others {
    ($($type:ident: |$it:ident| $given:expr;)+) => {
        $(impl<T: Float> From<$type> for Input<'_, T> {
            fn from($it: $type) -> Self {
                Self($given)
            }
        }

        impl<T: Float> From<&$type> for Input<'_, T> {
            fn from(number: &$type) -> Self {
                (*number).into()
            }
        }

        impl<'a, T: Float, D: Dimension + 'a> From<ArrayView<'a, $type, D>> for Input<'a, T> {
            fn from(array: ArrayView<'a, $type, D>) -> Self {
                Self(Given::Kept(Box::new(array)))
            }
        }

        impl<'a, T: Float, D: Dimension + 'a> From<Array<$type, D>> for Input<'a, T> {
            fn from(array: Array<$type, D>) -> Self {
                Self(Given::Kept(Box::new(array)))
            }
        }

        impl<'a, T: Float> From<&'a [$type]> for Input<'a, T> {
            fn from(elements: &'a [$type]) -> Self {
                ArrayView1::from(elements).into()
            }
        }

        impl<'a, T: Float, const N: usize> From<&'a [$type; N]> for Input<'a, T> {
            fn from(elements: &'a [$type; N]) -> Self {
                ArrayView1::from(elements).into()
            }
        }

        impl<'a, T: Float> From<&'a Vec<$type>> for Input<'a, T> {
            fn from(elements: &'a Vec<$type>) -> Self {
                ArrayView1::from(elements).into()
            }
        }

        impl<T: Float> From<Vec<$type>> for Input<'_, T> {
            fn from(elements: Vec<$type>) -> Self {
                Array::from(elements).into()
            }
        }

        impl<T: Float, const N: usize> From<[$type; N]> for Input<'_, T> {
            fn from(elements: [$type; N]) -> Self {
                Array::from(elements.to_vec()).into()
            }
        })+
    };
}

others! {
    i8: |n| Given::Whole(n.number());
    i16: |n| Given::Whole(n.number());
    i32: |n| Given::Whole(n.number());
    i64: |n| Given::Whole(n.number());
    isize: |n| Given::Whole(n.number());
    u8: |n| Given::Whole(n.number());
    u16: |n| Given::Whole(n.number());
    u32: |n| Given::Whole(n.number());
    u64: |n| Given::Whole(n.number());
    usize: |n| Given::Whole(n.number());
    bool: |holds| Given::Truth(holds.number().unwrap_or_default());
}
