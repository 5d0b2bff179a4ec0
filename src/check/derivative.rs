//! What may be examined: functions on plain ndarray, by the types of their parameters and results.

use crate::{Float, manual};
use ndarray::{Array, ArrayD, ArrayRef, ArrayView, Dimension, IxDyn};
use std::fmt::Display;

/// What a hand-written function came back with: its gradients, or a sentence on why it could not.
pub type Answer<T> = Result<Vec<ArrayD<T>>, String>;

/// A backward function as people write it: a function or closure on ndarray alone.
///
/// Parameters are arrays of any rank, by reference (`&Array2<f64>`, or ndarray's `&ArrayRef2<f64>`) or as
/// views (`ArrayView2<f64>`): first the cotangent of the result (not for [`gradient`](super::gradient)),
/// then the inputs in order. Inputs at the end that the derivative does not need may be left out. For
/// results see [`IntoGradients`].
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
pub trait Derivative<T, M> {
    /// How many arrays it takes.
    const PARAMETERS: usize;

    /// Calls it with this many arrays; the error says which has another rank than the parameter.
    ///
    /// # Errors
    /// If an array has another rank than the parameter, or the function returned an error.
    fn call(&self, arrays: &[ArrayD<T>]) -> Answer<T>;
}

/// The array as the parameter's type has it.
fn ranked<T: Clone, D: Dimension>(number: usize, array: &ArrayD<T>) -> Result<Array<T, D>, String> {
    array.clone().into_dimensionality().map_err(|_| {
        let axes = D::NDIM.map_or("any number of".into(), |n| n.to_string());
        format!(
            "parameter {number} of the hand-written function has {axes} axes, and the array for it has {}: \
             make the parameter's type and the shape agree",
            array.ndim()
        )
    })
}

// One line a number of parameters; three ways to pass an array.
macro_rules! derivatives {
    ($($count:literal: $($dim:ident $at:literal)*;)*) => { $(
        impl<T, R, F, $($dim),*> Derivative<T, (R, $(fn(&Array<T, $dim>)),*)> for F
        where
            T: Float,
            R: IntoGradients<T>,
            $($dim: Dimension,)*
            F: Fn($(&Array<T, $dim>),*) -> R,
        {
            const PARAMETERS: usize = $count;
            fn call(&self, arrays: &[ArrayD<T>]) -> Answer<T> {
                self($(&ranked::<T, $dim>($at, &arrays[$at])?),*).into_gradients()
            }
        }

        impl<T, R, F, $($dim),*> Derivative<T, (R, $(fn(&ArrayRef<T, $dim>)),*)> for F
        where
            T: Float,
            R: IntoGradients<T>,
            $($dim: Dimension,)*
            F: Fn($(&ArrayRef<T, $dim>),*) -> R,
        {
            const PARAMETERS: usize = $count;
            fn call(&self, arrays: &[ArrayD<T>]) -> Answer<T> {
                self($(&ranked::<T, $dim>($at, &arrays[$at])?),*).into_gradients()
            }
        }

        impl<T, R, F, $($dim),*> Derivative<T, (R, $(fn(ArrayView<'_, T, $dim>)),*)> for F
        where
            T: Float,
            R: IntoGradients<T>,
            $($dim: Dimension,)*
            F: Fn($(ArrayView<'_, T, $dim>),*) -> R,
        {
            const PARAMETERS: usize = $count;
            fn call(&self, arrays: &[ArrayD<T>]) -> Answer<T> {
                self($(ranked::<T, $dim>($at, &arrays[$at])?.view()),*).into_gradients()
            }
        }
    )* };
}

derivatives! {
    1: D0 0;
    2: D0 0 D1 1;
    3: D0 0 D1 1 D2 2;
    4: D0 0 D1 1 D2 2 D3 3;
    5: D0 0 D1 1 D2 2 D3 3 D4 4;
    6: D0 0 D1 1 D2 2 D3 3 D4 4 D5 5;
    7: D0 0 D1 1 D2 2 D3 3 D4 4 D5 5 D6 6;
    8: D0 0 D1 1 D2 2 D3 3 D4 4 D5 5 D6 6 D7 7;
}

/// What a hand-written function may return: an array, a number, a tuple, array or vector of arrays, or a
/// `Result` of one of these. They are the gradients of the first inputs, in order.
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
