//! What a program reads from and writes to: the caller's arrays.

use crate::Float;
use ndarray::{ArrayBase, Data, DataMut, Dimension};

/// An input of a program: any ndarray, or a number.
///
/// An array in row-major order is read where it lies; another is copied first.
///
/// ```
/// use ndarray::{arr0, arr1, s};
/// let tape = wengert::Tape::<f64>::new();
/// let (x, c) = (tape.leaf("x", arr1(&[1.0, 2.0])), tape.leaf("c", 3.0));
/// let program = tape.program([x, c], [x * c])?;
/// let numbers = arr1(&[1.0, 2.0, 3.0, 4.0]);
/// let [y] = program.replay(&[&numbers.slice(s![..;2]), &10.0])?;
/// assert_eq!(y, arr1(&[10.0, 30.0]).into_dyn());
/// # Ok::<(), wengert::Error>(())
/// ```
pub trait Feed<T> {
    /// The sizes of the axes.
    fn dims(&self) -> &[usize];

    /// The elements, if they lie in row-major order.
    fn elements(&self) -> Option<&[T]>;

    /// Writes the elements in row-major order.
    fn copy_to(&self, out: &mut [T]);
}

impl<T: Float, S: Data<Elem = T>, D: Dimension> Feed<T> for ArrayBase<S, D> {
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

/// An array of the caller's that a program writes a result to: any mutable ndarray.
///
/// ```
/// use ndarray::arr0;
/// let tape = wengert::Tape::<f64>::new();
/// let x = tape.leaf("x", 2.0);
/// let program = tape.program([x], [x * x])?;
/// let mut workspace = program.workspace();
/// let mut y = arr0(0.0);
/// program.replay_into(&mut workspace, &[&3.0], &mut [&mut y])?;
/// assert_eq!(y, arr0(9.0));
/// # Ok::<(), wengert::Error>(())
/// ```
pub trait Sink<T> {
    /// The sizes of the axes.
    fn dims(&self) -> &[usize];

    /// The elements, if they lie in row-major order.
    fn elements(&mut self) -> Option<&mut [T]>;

    /// Takes the elements in row-major order.
    fn fill_from(&mut self, elements: &mut dyn Iterator<Item = T>);
}

impl<T: Float, S: DataMut<Elem = T>, D: Dimension> Sink<T> for ArrayBase<S, D> {
    fn dims(&self) -> &[usize] {
        self.shape()
    }

    fn elements(&mut self) -> Option<&mut [T]> {
        self.as_slice_mut()
    }

    fn fill_from(&mut self, elements: &mut dyn Iterator<Item = T>) {
        self.iter_mut().zip(elements).for_each(|(to, from)| *to = from);
    }
}

/// A plain number is an array without axes.
macro_rules! number {
    ($($type:ident)+) => {
        $(impl Feed<$type> for $type {
            fn dims(&self) -> &[usize] {
                &[]
            }

            fn elements(&self) -> Option<&[$type]> {
                Some(std::slice::from_ref(self))
            }

            fn copy_to(&self, out: &mut [$type]) {
                out.fill(*self);
            }
        }

        impl Sink<$type> for $type {
            fn dims(&self) -> &[usize] {
                &[]
            }

            fn elements(&mut self) -> Option<&mut [$type]> {
                Some(std::slice::from_mut(self))
            }

            fn fill_from(&mut self, elements: &mut dyn Iterator<Item = $type>) {
                elements.for_each(|element| *self = element);
            }
        })+
    };
}

number!(f32 f64);
