//! What a hand-written function may take: arrays of real numbers, of whole numbers and of `bool`s, and numbers.

use crate::Float;
use crate::check::Layout;
use ndarray::{Array, ArrayD, ArrayRef, ArrayView, Axis, Dimension, Slice};

/// An array as a hand-written function is to get it.
#[derive(Clone, Debug)]
pub struct Argument<T> {
    pub(in crate::check) array: ArrayD<T>,
    /// How the array lies in memory, for those that are made of it.
    pub(in crate::check) layout: Layout,
    /// The axes along which all elements are the same: a view has stride 0 there.
    pub(in crate::check) repeated: Vec<usize>,
}

impl<T: Float> Argument<T> {
    /// This array as it is, for those who call a hand-written function without an examiner.
    #[doc(hidden)]
    pub fn new(array: ArrayD<T>) -> Self {
        Self { array, layout: Layout::contiguous(), repeated: Vec::new() }
    }

    /// With elements and axes as the parameter has them.
    fn held<E: Entry<T>, D: Dimension>(&self, number: usize) -> Result<Held<E, D>, String> {
        let mut array = E::array(self, number)?.into_dimensionality::<D>().map_err(|_| {
            let axes = D::NDIM.map_or("any number of".into(), |n| n.to_string());
            format!(
                "parameter {number} of the hand-written function has {axes} axes, and the array for it has {}: \
                 make the parameter's type and the shape agree",
                self.array.ndim()
            )
        })?;
        let shape = array.raw_dim();
        for &axis in self.repeated.iter().filter(|&&axis| self.array.shape()[axis] > 0) {
            array.slice_axis_inplace(Axis(axis), Slice::from(0..1));
        }
        Ok(Held { array, shape })
    }

    /// The only element, for a parameter that is a number.
    fn number<E: Entry<T>>(&self, number: usize) -> Result<E, String> {
        let array = E::array(self, number)?;
        match array.iter().next() {
            Some(element) if array.ndim() == 0 => Ok(element.clone()),
            _ => Err(format!(
                "parameter {number} of the hand-written function is a number, and the array for it has {} axes: \
                 make the parameter's type and the shape agree (\"\" is a number)",
                array.ndim()
            )),
        }
    }
}

/// What an array may be made of: the tape's own numbers, whole numbers, `bool`s.
#[diagnostic::on_unimplemented(
    message = "a hand-written function cannot get arrays of `{Self}` where the formula has `{T}`",
    label = "neither the formula's numbers nor integers nor `bool`s",
    note = "the formula's precision is that of the function's arrays; say it with `check::backward::<f32, _>(…)`"
)]
pub trait Entry<T>: Clone + 'static {
    #[doc(hidden)]
    fn array(argument: &Argument<T>, number: usize) -> Result<ArrayD<Self>, String>;
}

impl<T: Float> Entry<T> for T {
    fn array(argument: &Argument<T>, _: usize) -> Result<ArrayD<T>, String> {
        Ok(argument.array.clone())
    }
}

impl<T: Float> Entry<T> for bool {
    fn array(argument: &Argument<T>, _: usize) -> Result<ArrayD<bool>, String> {
        Ok(argument.layout.place_among(&argument.array.mapv(|x| x != T::zero()), true))
    }
}

macro_rules! whole {
    ($($type:ident)+) => { $(
        impl<T: Float> Entry<T> for $type {
            // Each number that is not there to the last digit is refused.
            #[allow(clippy::cast_possible_truncation, clippy::cast_precision_loss, clippy::cast_sign_loss)]
            #[allow(clippy::cast_lossless, clippy::float_cmp)]
            fn array(argument: &Argument<T>, number: usize) -> Result<ArrayD<$type>, String> {
                let real = argument.array.mapv(T::to_f64);
                if let Some(x) = real.iter().find(|x| **x as $type as f64 != **x) {
                    return Err(format!(
                        "parameter {number} of the hand-written function takes whole numbers of type {}, and the \
                         array for it holds {x}: say what it holds, as in `.values(\"labels\", Values::Index(\"k\"))`",
                        stringify!($type)
                    ));
                }
                Ok(argument.layout.place_among(&real.mapv(|x| x as $type), $type::MAX))
            }
        }
    )+ };
}

whole!(i8 i16 i32 i64 isize u8 u16 u32 u64 usize);

/// A parameter of a hand-written function: `&Array2<f64>`, ndarray's `&ArrayRef2<f64>`, a view `ArrayView2<f64>`, or a
/// number `f64`, of the formula's numbers, or of integers or `bool`s where the input holds
/// [indices](crate::check::Values::Index) or a [mask](crate::check::Values::Mask).
///
/// ```
/// use ndarray::{Array1, Array2, ArrayView1};
/// use wengert::check::{self, Values};
/// // The rows that were looked up get what comes in; a row that was looked up twice gets both.
/// fn embedding_backward(dy: &Array2<f64>, table: &Array2<f64>, tokens: ArrayView1<usize>) -> Array2<f64> {
///     let mut dtable = Array2::zeros(table.raw_dim());
///     for (dy, &token) in dy.rows().into_iter().zip(tokens) {
///         let mut row = dtable.row_mut(token);
///         row += &dy;
///     }
///     dtable
/// }
/// check::backward(|[table, tokens]| table.take(0, tokens))
///     .against(embedding_backward)
///     .shapes(["table: v d", "tokens: n"])
///     .values("tokens", Values::Index("v"))
///     .run();
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a parameter of a hand-written function",
    label = "neither an array, by reference or as a view, nor a number",
    note = "it is `&Array2<f64>`, `&ArrayRef2<f64>`, `ArrayView2<f64>` or `f64`, of any rank, or the same of integers or `bool`s"
)]
pub trait Parameter<T> {
    /// What lives as long as the call.
    #[doc(hidden)]
    type Held;
    /// What is lent of it.
    #[doc(hidden)]
    type Lent<'a>;
    /// What the function gets.
    #[doc(hidden)]
    type Item<'a>;

    #[doc(hidden)]
    fn hold(number: usize, argument: &Argument<T>) -> Result<Self::Held, String>;

    #[doc(hidden)]
    fn lend(held: &Self::Held) -> Self::Lent<'_>;

    #[doc(hidden)]
    fn item<'a>(lent: &'a Self::Lent<'_>) -> Self::Item<'a>;
}

/// An array of which repeated elements are there once, and the shape it has with them.
#[derive(Debug)]
pub struct Held<E, D: Dimension> {
    array: Array<E, D>,
    shape: D,
}

impl<E, D: Dimension> Held<E, D> {
    fn view(&self) -> ArrayView<'_, E, D> {
        self.array.broadcast(self.shape.clone()).expect("an axis of 1 repeats")
    }
}

impl<T: Float, E: Entry<T>, D: Dimension + 'static> Parameter<T> for &Array<E, D> {
    type Held = Array<E, D>;
    type Lent<'a> = &'a Array<E, D>;
    type Item<'a> = &'a Array<E, D>;

    fn hold(number: usize, argument: &Argument<T>) -> Result<Self::Held, String> {
        // It owns its elements, so that each has a place of its own.
        Ok(Argument { repeated: Vec::new(), ..argument.clone() }.held(number)?.array)
    }

    fn lend(held: &Self::Held) -> Self::Lent<'_> {
        held
    }

    fn item<'a>(lent: &'a Self::Lent<'_>) -> Self::Item<'a> {
        lent
    }
}

impl<T: Float, E: Entry<T>, D: Dimension + 'static> Parameter<T> for &ArrayRef<E, D> {
    type Held = Held<E, D>;
    type Lent<'a> = ArrayView<'a, E, D>;
    type Item<'a> = &'a ArrayRef<E, D>;

    fn hold(number: usize, argument: &Argument<T>) -> Result<Self::Held, String> {
        argument.held(number)
    }

    fn lend(held: &Self::Held) -> Self::Lent<'_> {
        held.view()
    }

    fn item<'a>(lent: &'a Self::Lent<'_>) -> Self::Item<'a> {
        lent
    }
}

impl<T: Float, E: Entry<T>, D: Dimension + 'static> Parameter<T> for ArrayView<'_, E, D> {
    type Held = Held<E, D>;
    type Lent<'a> = ArrayView<'a, E, D>;
    type Item<'a> = ArrayView<'a, E, D>;

    fn hold(number: usize, argument: &Argument<T>) -> Result<Self::Held, String> {
        argument.held(number)
    }

    fn lend(held: &Self::Held) -> Self::Lent<'_> {
        held.view()
    }

    fn item<'a>(lent: &'a Self::Lent<'_>) -> Self::Item<'a> {
        lent.view()
    }
}

macro_rules! numbers {
    ($($type:ident)+) => { $(
        impl<T: Float> Parameter<T> for $type
        where
            $type: Entry<T>,
        {
            type Held = $type;
            type Lent<'a> = $type;
            type Item<'a> = $type;

            fn hold(number: usize, argument: &Argument<T>) -> Result<$type, String> {
                argument.number(number)
            }

            fn lend(held: &$type) -> $type {
                *held
            }

            fn item(lent: &Self::Lent<'_>) -> $type {
                *lent
            }
        }
    )+ };
}

numbers!(f32 f64 bool i8 i16 i32 i64 isize u8 u16 u32 u64 usize);
