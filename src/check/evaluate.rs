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
    let rows = tape.ancestry(wanted.iter().map(|var| var.id()), 0);
    let mut values: Vec<Option<Value<U>>> = vec![None; rows.len()];
    for (var, value) in given {
        debug_assert!(same_shape(value.shape(), &var.shape()));
        if let Some(place) = rows.place(var.id()) {
            values[place] = Some(Value::new(value.clone().into_shared()));
        }
    }
    for (place, row) in rows.iter().map(|(place, row)| (place, tape.at(row))) {
        if values[place].is_some() {
            continue;
        }
        let operands = row.operands();
        let value = if operands.is_empty() {
            row.with_value(|value| match value.as_constant() {
                Some(number) => Value::filled(value.shape(), cast(number)),
                None => Value::new(value.view().mapv(cast::<T, U>).into_shared()),
            })
        } else {
            let value = |operand: &Var<'t, T>| values[rows.place_before(place, operand.id())?].as_ref();
            let operands: Vec<&Value<U>> =
                operands.iter().map(|operand| value(operand).expect("an earlier row")).collect();
            row.prim().eval(&operands, &Room::default()).expect("as much as the tape had room for")
        };
        values[place] = Some(value);
    }
    let value = |var: &Var<'t, T>| values[rows.place(var.id())?].as_ref();
    wanted.iter().map(|var| value(var).expect("evaluated above").view().to_owned()).collect()
}

fn cast<T: Float, U: Arithmetic>(x: T) -> U {
    U::from_f64(x.to_f64())
}
