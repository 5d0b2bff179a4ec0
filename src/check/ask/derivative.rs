//! What may be examined: functions on plain ndarray, by the types of their parameters and results.

use super::parameter::{Argument, Parameter};
use crate::{Float, manual};
use ndarray::{Array, ArrayD, Dimension, IxDyn};
use std::fmt::Display;

/// What a hand-written function came back with: its gradients, or a sentence on why it could not.
pub type Answer<T> = Result<Vec<ArrayD<T>>, String>;

/// A backward function as people write it: a function or closure on ndarray alone.
///
/// Parameters are arrays of any rank, by reference (`&Array2<f64>`, or ndarray's `&ArrayRef2<f64>`) or as
/// views (`ArrayView2<f64>`), or numbers: see [`Parameter`]. First comes the cotangent of the result (of
/// [each](crate::check::several), and none for [`gradient`](crate::check::gradient)), then the inputs in order. Inputs at the
/// end that the derivative does not need may be left out. For results see [`IntoGradients`].
///
/// `M` only tells the kinds of functions apart and is always inferred. A closure needs the types of its
/// parameters written out.
///
/// ```
/// use ndarray::Array2;
/// use wengert::check;
/// fn double_backward(dy: &Array2<f64>) -> Array2<f64> {
///     dy * 2.0
/// }
/// check::backward(|[x]| x + x).against(double_backward).shapes(["x: n d"]).run();
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no hand-written function that can be examined",
    label = "not a function of arrays that returns gradients",
    note = "it takes arrays (`&Array2<f64>`, `ArrayView2<f64>`, …) or numbers, at most 12, and returns one gradient, a tuple or a vector of them, or a `Result` of these",
    note = "a closure needs the types of its parameters written out: `|dy: &Array2<f64>, x: &Array2<f64>| …`"
)]
pub trait Derivative<T, M> {
    /// How many arrays it takes.
    const PARAMETERS: usize;

    /// Calls it with this many arrays; the error says which has another rank than the parameter.
    #[doc(hidden)]
    fn call(&self, arguments: &[Argument<T>]) -> Answer<T>;
}

// One line a number of parameters.
macro_rules! derivatives {
    ($($count:literal: $($parameter:ident $held:ident $lent:ident $at:literal)*;)*) => { $(
        // The first bound tells the parameters' types; the second, that they may be borrowed for any time. They are of
        // `&F`, since what is known of a type `F: Fn(&A)` by its own bound hides what would follow from these.
        impl<T, R, F, $($parameter),*> Derivative<T, fn($($parameter),*) -> R> for F
        where
            T: Float,
            R: IntoGradients<T>,
            for<'f> &'f F: Fn($($parameter),*) -> R,
            for<'f, 'a> &'f F: Fn($(<$parameter as Parameter<T>>::Item<'a>),*) -> R,
            $($parameter: Parameter<T>,)*
        {
            const PARAMETERS: usize = $count;

            fn call(&self, arguments: &[Argument<T>]) -> Answer<T> {
                $(let $held = $parameter::hold($at, &arguments[$at])?;)*
                $(let $lent = $parameter::lend(&$held);)*
                // Named here, where the types of the parameters are.
                #[allow(clippy::too_many_arguments, clippy::items_after_statements)]
                fn call<R, $($parameter),*>(
                    function: impl Fn($($parameter),*) -> R,
                    $($held: $parameter),*
                ) -> R {
                    function($($held),*)
                }
                call(self, $($parameter::item(&$lent)),*).into_gradients()
            }
        }
    )* };
}

derivatives! {
    1: A held0 lent0 0;
    2: A held0 lent0 0 B held1 lent1 1;
    3: A held0 lent0 0 B held1 lent1 1 C held2 lent2 2;
    4: A held0 lent0 0 B held1 lent1 1 C held2 lent2 2 D held3 lent3 3;
    5: A held0 lent0 0 B held1 lent1 1 C held2 lent2 2 D held3 lent3 3 E held4 lent4 4;
    6: A held0 lent0 0 B held1 lent1 1 C held2 lent2 2 D held3 lent3 3 E held4 lent4 4 G held5 lent5 5;
    7: A held0 lent0 0 B held1 lent1 1 C held2 lent2 2 D held3 lent3 3 E held4 lent4 4 G held5 lent5 5 H held6 lent6 6;
    8: A held0 lent0 0 B held1 lent1 1 C held2 lent2 2 D held3 lent3 3 E held4 lent4 4 G held5 lent5 5 H held6 lent6 6 I held7 lent7 7;
    9: A held0 lent0 0 B held1 lent1 1 C held2 lent2 2 D held3 lent3 3 E held4 lent4 4 G held5 lent5 5 H held6 lent6 6 I held7 lent7 7 J held8 lent8 8;
    10: A held0 lent0 0 B held1 lent1 1 C held2 lent2 2 D held3 lent3 3 E held4 lent4 4 G held5 lent5 5 H held6 lent6 6 I held7 lent7 7 J held8 lent8 8 K held9 lent9 9;
    11: A held0 lent0 0 B held1 lent1 1 C held2 lent2 2 D held3 lent3 3 E held4 lent4 4 G held5 lent5 5 H held6 lent6 6 I held7 lent7 7 J held8 lent8 8 K held9 lent9 9 L held10 lent10 10;
    12: A held0 lent0 0 B held1 lent1 1 C held2 lent2 2 D held3 lent3 3 E held4 lent4 4 G held5 lent5 5 H held6 lent6 6 I held7 lent7 7 J held8 lent8 8 K held9 lent9 9 L held10 lent10 10 M held11 lent11 11;
}

/// What a hand-written function may return: an array, a number, a tuple, array or vector of arrays, or a
/// `Result` of one of these. They are the gradients of the first inputs, in order.
///
/// Only real inputs have a gradient: indices and masks are passed over.
///
/// A type of your own can be returned if it implements this.
///
/// ```
/// use ndarray::{Array2, ArrayD};
/// use wengert::check::{Answer, IntoGradients};
/// struct Grads {
///     da: Array2<f64>,
///     dw: Array2<f64>,
/// }
/// impl IntoGradients<f64> for Grads {
///     fn into_gradients(self) -> Answer<f64> {
///         (self.da, self.dw).into_gradients()
///     }
/// }
/// let grads = Grads { da: Array2::zeros((3, 2)), dw: Array2::zeros((4, 2)) };
/// assert_eq!(grads.into_gradients().unwrap().len(), 2);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not what a hand-written function of `{T}` may return",
    label = "neither an array nor a number, nor a tuple, array, vector or `Result` of these",
    note = "a type of your own can be returned if it implements `wengert::check::IntoGradients`"
)]
pub trait IntoGradients<T> {
    /// The gradients, in the order of the inputs.
    ///
    /// # Errors
    /// What the function itself reported.
    fn into_gradients(self) -> Answer<T>;
}

impl<T: Float, D: Dimension> IntoGradients<T> for Array<T, D> {
    fn into_gradients(self) -> Answer<T> {
        Ok(vec![self.into_dyn()])
    }
}

impl<T: Float> IntoGradients<T> for T {
    fn into_gradients(self) -> Answer<T> {
        Ok(vec![ArrayD::from_elem(IxDyn(&[]), self)])
    }
}

impl<T: Float, D: Dimension> IntoGradients<T> for Vec<Array<T, D>> {
    fn into_gradients(self) -> Answer<T> {
        Ok(self.into_iter().map(Array::into_dyn).collect())
    }
}

impl<T: Float, D: Dimension, const N: usize> IntoGradients<T> for [Array<T, D>; N] {
    fn into_gradients(self) -> Answer<T> {
        Vec::from(self).into_gradients()
    }
}

impl<T, G: IntoGradients<T>, E: Display> IntoGradients<T> for Result<G, E> {
    fn into_gradients(self) -> Answer<T> {
        self.map_err(|error| error.to_string()).and_then(G::into_gradients)
    }
}

macro_rules! tuples {
    ($($($part:ident)+;)*) => { $(
        impl<T: Float, $($part: IntoGradients<T>),+> IntoGradients<T> for ($($part,)+) {
            fn into_gradients(self) -> Answer<T> {
                #[allow(non_snake_case)]
                let ($($part,)+) = self;
                Ok([$($part.into_gradients()?),+].concat())
            }
        }
    )* };
}

tuples! {
    A;
    A B;
    A B C;
    A B C D;
    A B C D E;
    A B C D E F;
    A B C D E F G;
}

impl<T: Float> IntoGradients<T> for manual::LinearGrads<T> {
    /// (dA, dW, db).
    fn into_gradients(self) -> Answer<T> {
        (self.da, self.dw, self.db).into_gradients()
    }
}
