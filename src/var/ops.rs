//! The operators between rows, and between a row and what may stand for one, on either side and by reference.

use crate::error::must;
use crate::prim::{Family, Map, Prim};
use crate::tape::IntoVar;
use crate::{Float, Var};
use ndarray::{ArcArray, Array, ArrayBase, ArrayView, Data, Dimension};
use std::ops::{Add, AddAssign, Div, DivAssign, Mul, MulAssign, Neg, Sub, SubAssign};

macro_rules! operator {
    ($Op:ident $op:ident, $OpAssign:ident $op_assign:ident, $try_op:ident) => {
        impl<'t, T: Float, R: IntoVar<'t, T>> $Op<R> for Var<'t, T> {
            type Output = Self;

            #[track_caller]
            fn $op(self, other: R) -> Self {
                must(self.$try_op(other))
            }
        }

        impl<'t, T: Float, R: IntoVar<'t, T>> $Op<R> for &Var<'t, T> {
            type Output = Var<'t, T>;

            #[track_caller]
            fn $op(self, other: R) -> Var<'t, T> {
                must(self.$try_op(other))
            }
        }

        impl<'t, T: Float, R: IntoVar<'t, T>> $OpAssign<R> for Var<'t, T> {
            /// Records a new row and lets the variable stand for it.
            #[track_caller]
            fn $op_assign(&mut self, other: R) {
                *self = must(self.$try_op(other));
            }
        }

        on_the_left! {
            $Op $op $try_op;
            [] f32, Var<'t, f32>, f32;
            [] f64, Var<'t, f64>, f64;
            [T: Float, D: Dimension] Array<T, D>, Var<'t, T>, T;
            [T: Float, D: Dimension] ArcArray<T, D>, Var<'t, T>, T;
            ['a, T: Float, D: Dimension] ArrayView<'a, T, D>, Var<'t, T>, T;
            ['a, T: Float, S: Data<Elem = T>, D: Dimension] &'a ArrayBase<S, D, T>, Var<'t, T>, T;
            // No whole number can be an operand, and this holds for none. It lets `2 * x` speak of `IntoVar`, whose
            // message says what to write, and not of all that a whole number can be multiplied with.
            [T: Float] i32, Var<'t, T>, T;
        }
    };
}

/// A foreign type on the left must be named; the handle beside it is by value or by reference.
macro_rules! on_the_left {
    ($Op:ident $op:ident $try_op:ident; $([$($generics:tt)*] $left:ty, $var:ty, $number:ty);+ $(;)?) => {
        $(
            impl<'t, $($generics)*> $Op<$var> for $left
            where
                $left: IntoVar<'t, $number>,
            {
                type Output = $var;

                #[track_caller]
                fn $op(self, var: $var) -> $var {
                    must(must(self.into_var(var.tape())).$try_op(var))
                }
            }

            impl<'t, $($generics)*> $Op<&$var> for $left
            where
                $left: IntoVar<'t, $number>,
            {
                type Output = $var;

                #[track_caller]
                fn $op(self, var: &$var) -> $var {
                    self.$op(*var)
                }
            }
        )+
    };
}

operator!(Add add, AddAssign add_assign, try_add);
operator!(Sub sub, SubAssign sub_assign, try_sub);
operator!(Mul mul, MulAssign mul_assign, try_mul);
operator!(Div div, DivAssign div_assign, try_div);

impl<T: Float> Neg for Var<'_, T> {
    type Output = Self;

    #[track_caller]
    fn neg(self) -> Self {
        self.record(Prim(Family::Map(Map::Neg)), &[self])
    }
}

impl<'t, T: Float> Neg for &Var<'t, T> {
    type Output = Var<'t, T>;

    #[track_caller]
    fn neg(self) -> Var<'t, T> {
        -*self
    }
}
