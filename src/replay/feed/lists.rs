//! What stands for all inputs of a program, or all of its outputs: tuples, arrays, vectors, slices; of one, the thing
//! itself.

use super::{Input, Output};

/// What a program is fed for all of its inputs, in order: a tuple, in which numbers and arrays may stand side by
/// side; an array, a vector or a slice of Rust's, each element one input; `()` for none; for a program of one input, the
/// number or ndarray itself. (So `vec![1.0, 2.0]` is two numbers, and one vector is `(vec![1.0, 2.0],)`.)
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

/// The lists, which only this file can make.
mod sealed {
    use super::{Input, Output};
    use crate::{Element, Float};
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

    impl<'a, T: Float, E: Element<T>, S: Data<Elem = E>, D: Dimension> Inputs<'a, T> for &'a ArrayBase<S, D> {
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

    /// Each a program of one input.
    macro_rules! alone {
        ($($type:ident)+) => {
            $(impl<'a, T: Float, D: Dimension + 'a> Inputs<'a, T> for ArrayView<'a, $type, D> {
                type List = [Input<'a, T>; 1];

                fn into_inputs(self) -> Self::List {
                    [self.into()]
                }
            }

            impl<'a, T: Float, D: Dimension + 'a> Inputs<'a, T> for Array<$type, D> {
                type List = [Input<'a, T>; 1];

                fn into_inputs(self) -> Self::List {
                    [self.into()]
                }
            }

            impl<'a, T: Float> Inputs<'a, T> for $type {
                type List = [Input<'a, T>; 1];

                fn into_inputs(self) -> Self::List {
                    [self.into()]
                }
            })+
        };
    }

    alone!(i8 i16 i32 i64 isize u8 u16 u32 u64 usize bool);

    macro_rules! number {
        ($($type:ident)+) => {
            $(impl<'a> Inputs<'a, $type> for $type {
                type List = [Input<'a, $type>; 1];

                fn into_inputs(self) -> Self::List {
                    [self.into()]
                }
            }

            impl<'a> Outputs<'a, $type> for &'a mut $type {
                type List = [Output<'a, $type>; 1];

                fn into_outputs(self) -> Self::List {
                    [self.into()]
                }
            })+
        };
    }

    number!(f32 f64);

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
