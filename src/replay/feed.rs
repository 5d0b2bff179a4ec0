//! What a program reads from and writes to: the caller's numbers and arrays.
//!
//! Both are closed choices, since a program trusts them: that there are as many elements as the shape says, and that
//! none of the caller's code runs while it does. Whatever else a program can be fed is another case of the one choice.

use crate::Float;
use ndarray::{
    ArcArray, Array, ArrayBase, ArrayD, ArrayView, ArrayView1, ArrayViewD, ArrayViewMut, ArrayViewMutD, Data,
    DataMut, Dimension, IxDyn, ViewRepr,
};
use std::fmt;

/// What a program is fed for one of its inputs: a number, or an ndarray of any kind, borrowed or owned.
///
/// It is made by `into`, and nearly always by the call itself: [`IntoInputs`] says what may stand for a whole list.
/// An array that lies in row-major order is read where it lies; another is copied first.
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
    /// The caller's array, whatever holds its elements and however many axes it has: nothing of it is copied.
    Lent(&'a (dyn Lent<T> + 'a)),
    View(View<'a, T>),
    Owned(ArrayD<T>),
}

/// An [`ArrayViewD`] whose type of elements is spelled out: as a projection it would fix the lifetime.
type View<'a, T> = ArrayBase<ViewRepr<&'a T>, IxDyn, T>;

/// An ndarray, of which it does not matter here what holds its elements.
trait Lent<T> {
    fn dims(&self) -> &[usize];

    /// The elements, if they lie in row-major order.
    fn elements(&self) -> Option<&[T]>;

    /// Writes the elements in row-major order.
    fn copy_to(&self, out: &mut [T]);
}

impl<T: Copy, S: Data<Elem = T>, D: Dimension> Lent<T> for ArrayBase<S, D> {
    fn dims(&self) -> &[usize] {
        self.shape()
    }

    fn elements(&self) -> Option<&[T]> {
        self.as_slice()
    }

    fn copy_to(&self, out: &mut [T]) {
        out.iter_mut().zip(self).for_each(|(to, from)| *to = *from);
    }
}

impl<T: Copy> Input<'_, T> {
    /// The sizes of the axes.
    pub(super) fn dims(&self) -> &[usize] {
        match &self.0 {
            Given::Number(_) => &[],
            Given::Lent(array) => array.dims(),
            Given::View(array) => array.shape(),
            Given::Owned(array) => array.shape(),
        }
    }

    /// The elements, if they lie in row-major order. A number always does.
    pub(super) fn elements(&self) -> Option<&[T]> {
        match &self.0 {
            Given::Number(number) => Some(std::slice::from_ref(number)),
            Given::Lent(array) => array.elements(),
            Given::View(array) => array.as_slice(),
            Given::Owned(array) => array.as_slice(),
        }
    }

    /// Writes the elements in row-major order.
    pub(super) fn copy_to(&self, out: &mut [T]) {
        match &self.0 {
            Given::Number(number) => out.fill(*number),
            Given::Lent(array) => array.copy_to(out),
            Given::View(array) => array.copy_to(out),
            Given::Owned(array) => array.copy_to(out),
        }
    }
}

impl<T: Float> Input<'_, T> {
    /// An array of its own.
    pub(super) fn to_array(&self) -> ArrayD<T> {
        let mut out = ArrayD::from_elem(self.dims(), T::zero());
        self.copy_to(out.as_slice_mut().expect("a new array is in order"));
        out
    }
}

impl<T: Copy> fmt::Debug for Input<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Input").field("shape", &self.dims()).finish_non_exhaustive()
    }
}

impl<'a, T: Float, S: Data<Elem = T>, D: Dimension> From<&'a ArrayBase<S, D>> for Input<'a, T> {
    fn from(array: &'a ArrayBase<S, D>) -> Self {
        Self(Given::Lent(array))
    }
}

/// As they come from a list of references, `&[&x, &y]`.
impl<'a, T: Float, S: Data<Elem = T>, D: Dimension> From<&&'a ArrayBase<S, D>> for Input<'a, T> {
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

/// What a program is fed for all of its inputs, in order: a tuple, in which numbers and arrays may stand side by
/// side; an array, a vector or a slice; `()` for none; for a program of one input, the number or array itself.
///
/// ```
/// use ndarray::{arr1, arr2};
/// let tape = wengert::Tape::<f32>::new();
/// let (x, c) = (tape.leaf("x", arr1(&[1.0, 2.0])), tape.leaf("c", 3.0));
/// let both = tape.program([x, c], [(x * c).sum()])?;
/// let one = tape.program([x], [x.sum()])?;
/// let (a, table) = (arr1(&[1.0, 2.0]), arr2(&[[3.0, 4.0], [5.0, 6.0]]));
///
/// assert_eq!(both.replay_one((&a, 10.0))?[[]], 30.0);
/// assert_eq!(both.replay_one((table.row(1), 0.5))?[[]], 5.5); // a view of a row
/// assert_eq!(one.replay_one(&a)?[[]], 3.0);
/// assert_eq!(one.replay_one([&a])?[[]], 3.0); // of one type: an array, a vector, a slice
/// assert_eq!(one.replay_one(vec![a])?[[]], 3.0); // owned
/// # Ok::<(), wengert::Error>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not what a program of `{T}` can be fed",
    note = "numbers and arrays go side by side in a tuple: `(&x, &y, 0.5)`; arrays of one type in an array: `[&x, &y]`; `()` is none"
)]
pub trait IntoInputs<'a, T: 'a>: sealed::Inputs<'a, T> {}

impl<'a, T: 'a, I: sealed::Inputs<'a, T>> IntoInputs<'a, T> for I {}

/// What a program writes one of its results to: any mutable ndarray, or a number.
///
/// It is made by `into`, and nearly always by the call itself: see [`IntoOutputs`].
///
/// ```
/// use ndarray::arr0;
/// let tape = wengert::Tape::<f64>::new();
/// let x = tape.leaf("x", 2.0);
/// let program = tape.program([x], [x * x])?;
/// let mut workspace = program.workspace();
/// let mut y = arr0(0.0);
/// program.replay_into(&mut workspace, 3.0, wengert::Output::from(&mut y))?;
/// assert_eq!(y, arr0(9.0));
/// # Ok::<(), wengert::Error>(())
/// ```
pub struct Output<'a, T>(Taken<'a, T>);

enum Taken<'a, T> {
    Number(&'a mut T),
    Lent(&'a mut (dyn LentMut<T> + 'a)),
    View(ArrayViewMutD<'a, T>),
}

/// A mutable ndarray.
trait LentMut<T> {
    fn dims(&self) -> &[usize];

    /// The elements, if they lie in row-major order.
    fn elements(&mut self) -> Option<&mut [T]>;

    /// Takes the elements in row-major order.
    fn fill_from(&mut self, elements: &ArrayViewD<'_, T>);
}

impl<T: Copy, S: DataMut<Elem = T>, D: Dimension> LentMut<T> for ArrayBase<S, D> {
    fn dims(&self) -> &[usize] {
        self.shape()
    }

    fn elements(&mut self) -> Option<&mut [T]> {
        self.as_slice_mut()
    }

    fn fill_from(&mut self, elements: &ArrayViewD<'_, T>) {
        self.iter_mut().zip(elements).for_each(|(to, from)| *to = *from);
    }
}

impl<T: Copy> Output<'_, T> {
    /// The sizes of the axes.
    pub(super) fn dims(&self) -> &[usize] {
        match &self.0 {
            Taken::Number(_) => &[],
            Taken::Lent(array) => array.dims(),
            Taken::View(array) => array.shape(),
        }
    }

    /// The elements, if they lie in row-major order.
    pub(super) fn elements(&mut self) -> Option<&mut [T]> {
        match &mut self.0 {
            Taken::Number(number) => Some(std::slice::from_mut(*number)),
            Taken::Lent(array) => array.elements(),
            Taken::View(array) => array.as_slice_mut(),
        }
    }

    /// Takes the elements of an array of its shape.
    pub(super) fn fill_from(&mut self, elements: &ArrayViewD<'_, T>) {
        match &mut self.0 {
            Taken::Number(number) => elements.iter().for_each(|element| **number = *element),
            Taken::Lent(array) => array.fill_from(elements),
            Taken::View(array) => array.fill_from(elements),
        }
    }
}

impl<T: Copy> fmt::Debug for Output<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Output").field("shape", &self.dims()).finish_non_exhaustive()
    }
}

impl<'a, T: Float, S: DataMut<Elem = T>, D: Dimension> From<&'a mut ArrayBase<S, D>> for Output<'a, T> {
    fn from(array: &'a mut ArrayBase<S, D>) -> Self {
        Self(Taken::Lent(array))
    }
}

impl<'a, T: Float, D: Dimension> From<ArrayViewMut<'a, T, D>> for Output<'a, T> {
    fn from(array: ArrayViewMut<'a, T, D>) -> Self {
        Self(Taken::View(array.into_dyn()))
    }
}

/// What a program writes all of its results to, in order: a tuple of mutable references to arrays and numbers, an
/// array or a vector of them; for a program of one output, the reference itself.
///
/// ```
/// use ndarray::{Array1, arr1};
/// let tape = wengert::Tape::<f64>::new();
/// let x = tape.leaf("x", arr1(&[1.0, 2.0]));
/// let program = tape.program([x], [x * x, x.sum()])?;
/// let (mut square, mut sum) = (Array1::zeros(2), 0.0);
/// program.replay_into(&mut program.workspace(), &arr1(&[3.0, 4.0]), (&mut square, &mut sum))?;
/// assert_eq!((square, sum), (arr1(&[9.0, 16.0]), 7.0));
/// # Ok::<(), wengert::Error>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not what a program of `{T}` can write its results to",
    note = "arrays and numbers go side by side in a tuple: `(&mut loss, &mut gradient)`; arrays of one type in an array"
)]
pub trait IntoOutputs<'a, T: 'a>: sealed::Outputs<'a, T> {}

impl<'a, T: 'a, O: sealed::Outputs<'a, T>> IntoOutputs<'a, T> for O {}

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
        }

        impl<'a> From<&'a mut $type> for Output<'a, $type> {
            fn from(number: &'a mut $type) -> Self {
                Self(Taken::Number(number))
            }
        }

        impl<'a> sealed::Inputs<'a, $type> for $type {
            type List = [Input<'a, $type>; 1];

            fn into_inputs(self) -> Self::List {
                [self.into()]
            }
        }

        impl<'a> sealed::Outputs<'a, $type> for &'a mut $type {
            type List = [Output<'a, $type>; 1];

            fn into_outputs(self) -> Self::List {
                [self.into()]
            }
        }
        )+
    };
}

number!(f32 f64);

/// The lists, which only this file can make.
mod sealed {
    use super::{Input, Output};
    use crate::Float;
    use ndarray::{Array, ArrayBase, ArrayView, Data, DataMut, Dimension};

    pub trait Inputs<'a, T: 'a> {
        type List: AsRef<[Input<'a, T>]>;

        fn into_inputs(self) -> Self::List;
    }

    pub trait Outputs<'a, T: 'a> {
        type List: AsMut<[Output<'a, T>]>;

        fn into_outputs(self) -> Self::List;
    }

    impl<'a, T: Float> Inputs<'a, T> for () {
        type List = [Input<'a, T>; 0];

        fn into_inputs(self) -> Self::List {
            []
        }
    }

    impl<'a, T: Float> Outputs<'a, T> for () {
        type List = [Output<'a, T>; 0];

        fn into_outputs(self) -> Self::List {
            []
        }
    }

    impl<'a, T: Float> Inputs<'a, T> for Input<'a, T> {
        type List = [Input<'a, T>; 1];

        fn into_inputs(self) -> Self::List {
            [self]
        }
    }

    impl<'a, T: Float> Outputs<'a, T> for Output<'a, T> {
        type List = [Output<'a, T>; 1];

        fn into_outputs(self) -> Self::List {
            [self]
        }
    }

    impl<'a, T: Float, S: Data<Elem = T>, D: Dimension> Inputs<'a, T> for &'a ArrayBase<S, D> {
        type List = [Input<'a, T>; 1];

        fn into_inputs(self) -> Self::List {
            [self.into()]
        }
    }

    impl<'a, T: Float, D: Dimension> Inputs<'a, T> for ArrayView<'a, T, D> {
        type List = [Input<'a, T>; 1];

        fn into_inputs(self) -> Self::List {
            [self.into()]
        }
    }

    impl<'a, T: Float, D: Dimension> Inputs<'a, T> for Array<T, D> {
        type List = [Input<'a, T>; 1];

        fn into_inputs(self) -> Self::List {
            [self.into()]
        }
    }

    impl<'a, T: Float, S: DataMut<Elem = T>, D: Dimension> Outputs<'a, T> for &'a mut ArrayBase<S, D> {
        type List = [Output<'a, T>; 1];

        fn into_outputs(self) -> Self::List {
            [self.into()]
        }
    }

    impl<'a, T: Float, I: Into<Input<'a, T>>, const N: usize> Inputs<'a, T> for [I; N] {
        type List = [Input<'a, T>; N];

        fn into_inputs(self) -> Self::List {
            self.map(Into::into)
        }
    }

    impl<'a, T: Float, O: Into<Output<'a, T>>, const N: usize> Outputs<'a, T> for [O; N] {
        type List = [Output<'a, T>; N];

        fn into_outputs(self) -> Self::List {
            self.map(Into::into)
        }
    }

    impl<'a, T: Float, I: Into<Input<'a, T>>> Inputs<'a, T> for Vec<I> {
        type List = Vec<Input<'a, T>>;

        fn into_inputs(self) -> Self::List {
            self.into_iter().map(Into::into).collect()
        }
    }

    impl<'a, T: Float, O: Into<Output<'a, T>>> Outputs<'a, T> for Vec<O> {
        type List = Vec<Output<'a, T>>;

        fn into_outputs(self) -> Self::List {
            self.into_iter().map(Into::into).collect()
        }
    }

    impl<'a, T: Float, I> Inputs<'a, T> for &'a [I]
    where
        &'a I: Into<Input<'a, T>>,
    {
        type List = Vec<Input<'a, T>>;

        fn into_inputs(self) -> Self::List {
            self.iter().map(Into::into).collect()
        }
    }

    impl<'a, T: Float, I, const N: usize> Inputs<'a, T> for &'a [I; N]
    where
        &'a I: Into<Input<'a, T>>,
    {
        type List = [Input<'a, T>; N];

        fn into_inputs(self) -> Self::List {
            self.each_ref().map(Into::into)
        }
    }

    impl<'a, T: Float, I> Inputs<'a, T> for &'a Vec<I>
    where
        &'a I: Into<Input<'a, T>>,
    {
        type List = Vec<Input<'a, T>>;

        fn into_inputs(self) -> Self::List {
            self.iter().map(Into::into).collect()
        }
    }

    /// A list that was made beforehand: nothing is allocated, however long it is.
    impl<'a, T: Float> Inputs<'a, T> for &[Input<'a, T>] {
        type List = Self;

        fn into_inputs(self) -> Self::List {
            self
        }
    }

    impl<'a, T: Float> Outputs<'a, T> for &mut [Output<'a, T>] {
        type List = Self;

        fn into_outputs(self) -> Self::List {
            self
        }
    }

    macro_rules! tuples {
        ($(($($of:ident)+))+) => {
            $(impl<'a, T: Float, $($of: Into<Input<'a, T>>),+> Inputs<'a, T> for ($($of,)+) {
                type List = [Input<'a, T>; [$(stringify!($of)),+].len()];

                #[allow(non_snake_case)]
                fn into_inputs(self) -> Self::List {
                    let ($($of,)+) = self;
                    [$($of.into()),+]
                }
            }

            impl<'a, T: Float, $($of: Into<Output<'a, T>>),+> Outputs<'a, T> for ($($of,)+) {
                type List = [Output<'a, T>; [$(stringify!($of)),+].len()];

                #[allow(non_snake_case)]
                fn into_outputs(self) -> Self::List {
                    let ($($of,)+) = self;
                    [$($of.into()),+]
                }
            })+
        };
    }

    tuples! {
        (A) (A B) (A B C) (A B C D) (A B C D E) (A B C D E F) (A B C D E F G) (A B C D E F G H)
        (A B C D E F G H I) (A B C D E F G H I J) (A B C D E F G H I J K) (A B C D E F G H I J K L)
    }
}
