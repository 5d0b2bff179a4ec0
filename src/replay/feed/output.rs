//! What a program writes a result to: the caller's array or number.

use crate::Float;
use ndarray::{ArrayBase, ArrayViewD, ArrayViewMut, ArrayViewMutD, DataMut, Dimension};
use std::fmt;

/// What a program writes one of its results to: any mutable ndarray, or a number.
///
/// It is made by `into`, and nearly always by the call itself: see [`IntoOutputs`](super::IntoOutputs).
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
    pub(in crate::replay) fn dims(&self) -> &[usize] {
        match &self.0 {
            Taken::Number(_) => &[],
            Taken::Lent(array) => array.dims(),
            Taken::View(array) => array.shape(),
        }
    }

    /// The elements, if they lie in row-major order.
    pub(in crate::replay) fn elements(&mut self) -> Option<&mut [T]> {
        match &mut self.0 {
            Taken::Number(number) => Some(std::slice::from_mut(*number)),
            Taken::Lent(array) => array.elements(),
            Taken::View(array) => array.as_slice_mut(),
        }
    }

    /// Takes the elements of an array of its shape.
    pub(in crate::replay) fn fill_from(&mut self, elements: &ArrayViewD<'_, T>) {
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

/// A plain number is an array without axes.
macro_rules! number {
    ($($type:ident)+) => {
        $(impl<'a> From<&'a mut $type> for Output<'a, $type> {
            fn from(number: &'a mut $type) -> Self {
                Self(Taken::Number(number))
            }
        })+
    };
}

number!(f32 f64);
