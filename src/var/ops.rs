//! The operators between rows, and between a row and a plain number on either side.

use crate::error::must;
use crate::prim::{Family, Map, Prim};
use crate::{Float, Var};
use std::ops::{Add, AddAssign, Div, DivAssign, Mul, MulAssign, Neg, Sub, SubAssign};

macro_rules! operator {
    ($Op:ident $op:ident, $OpAssign:ident $op_assign:ident, $try_op:ident) => {
        impl<'t, T: Float> $Op for Var<'t, T> {
            type Output = Self;

            #[track_caller]
            fn $op(self, other: Self) -> Self {
                must(self.$try_op(other))
            }
        }

        impl<'t, T: Float> $Op<T> for Var<'t, T> {
            type Output = Self;

            #[track_caller]
            fn $op(self, number: T) -> Self {
                must(self.$try_op(number))
            }
        }

        impl<'t, T: Float> $OpAssign for Var<'t, T> {
            /// Records a new row and lets the variable stand for it.
            #[track_caller]
            fn $op_assign(&mut self, other: Self) {
                *self = must(self.$try_op(other));
            }
        }

        impl<'t, T: Float> $OpAssign<T> for Var<'t, T> {
            /// Records a new row and lets the variable stand for it.
            #[track_caller]
            fn $op_assign(&mut self, number: T) {
                *self = must(self.$try_op(number));
            }
        }

        operator!($Op $op $try_op, f32 f64);
    };
    // A foreign type on the left must be named.
    ($Op:ident $op:ident $try_op:ident, $($number:ident)+) => {
        $(impl<'t> $Op<Var<'t, $number>> for $number {
            type Output = Var<'t, $number>;

            #[track_caller]
            fn $op(self, var: Var<'t, $number>) -> Var<'t, $number> {
                must(var.tape().constant(self).$try_op(var))
            }
        })+
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
