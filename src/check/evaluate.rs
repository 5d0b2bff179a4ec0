//! The rows of a tape, evaluated a second time: on other values, in another arithmetic.

use crate::array::{Room, Value, same_shape};
use crate::{Arithmetic, Float, Tape, Var};
use ndarray::ArrayD;

/// The values of the `wanted` rows in the arithmetic of `U`, if the rows in `given` have these values instead of their
/// own. Other leaves keep theirs.
///
/// Nothing is recorded; rows of a gradient are rows like any other. A constant that was rounded when it was recorded
/// stays the rounded number.
pub(crate) fn evaluate<'t, T: Float, U: Arithmetic>(
    tape: &'t Tape<T>,
    given: &[(Var<'t, T>, ArrayD<U>)],
    wanted: &[Var<'t, T>],
) -> Vec<ArrayD<U>> {
    let last = wanted.iter().map(|var| var.row() + 1).max().unwrap_or(0);
    let rows: Vec<Var<'t, T>> = tape.vars().take(last).collect();
    let mut needed = vec![false; last];
    for var in wanted {
        needed[var.row()] = true;
    }
    for row in rows.iter().rev() {
        if needed[row.row()] {
            row.operands().iter().for_each(|operand| needed[operand.row()] = true);
        }
    }
    let mut values: Vec<Option<Value<U>>> = vec![None; last];
    for (var, value) in given.iter().filter(|(var, _)| var.row() < last) {
        debug_assert!(same_shape(value.shape(), &var.shape()));
        values[var.row()] = Some(Value::new(value.clone().into_shared()));
    }
    for row in rows {
        if !needed[row.row()] || values[row.row()].is_some() {
            continue;
        }
        let operands = row.operands();
        let value = if operands.is_empty() {
            row.with_value(|value| match value.as_constant() {
                Some(number) => Value::filled(value.shape(), cast(number)),
                None => Value::new(value.view().mapv(cast::<T, U>).into_shared()),
            })
        } else {
            let operands: Vec<&Value<U>> = operands
                .iter()
                .map(|operand| values[operand.row()].as_ref().expect("an earlier row"))
                .collect();
            row.prim().eval(&operands, &Room::default()).expect("as much as the tape had room for")
        };
        values[row.row()] = Some(value);
    }
    wanted.iter().map(|var| values[var.row()].as_ref().expect("evaluated above").view().to_owned()).collect()
}

fn cast<T: Float, U: Arithmetic>(x: T) -> U {
    U::from_f64(x.to_f64())
}
