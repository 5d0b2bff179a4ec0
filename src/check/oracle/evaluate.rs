//! The rows of a tape, evaluated a second time: on other values, in another arithmetic.

use crate::array::{Room, Value, same_shape};
use crate::tape::{Ancestry, RowId};
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
    let all = Evaluated::new(tape, given, wanted, |_, _, value| value);
    wanted.iter().map(|var| all.get(var.id()).expect("evaluated above").view().to_owned()).collect()
}

/// ⟨cotangent, result⟩ in double precision, if these rows have these values.
pub(in crate::check) fn paired<'t, T: Float>(
    given: &[(Var<'t, T>, ArrayD<f64>)],
    out: Var<'t, T>,
    cotangent: &ArrayD<f64>,
) -> f64 {
    (value(given, out) * cotangent).sum()
}

/// The result in double precision, if these rows have these values.
pub(in crate::check) fn value<'t, T: Float>(
    given: &[(Var<'t, T>, ArrayD<f64>)],
    out: Var<'t, T>,
) -> ArrayD<f64> {
    evaluate(out.tape(), given, &[out]).swap_remove(0)
}

/// Some rows of a tape and all that they are computed from, evaluated.
pub(in crate::check) struct Evaluated<U> {
    rows: Ancestry,
    values: Vec<Option<Value<U>>>,
}

impl<U: Arithmetic> Evaluated<U> {
    /// As [`evaluate`], where `see` may put another value in the place of a row's own, and looks at those of the rows before it.
    pub fn new<'t, T: Float>(
        tape: &'t Tape<T>,
        given: &[(Var<'t, T>, ArrayD<U>)],
        wanted: &[Var<'t, T>],
        see: impl Fn(&Self, Var<'t, T>, Value<U>) -> Value<U>,
    ) -> Self {
        let rows = tape.ancestry(wanted.iter().map(|var| var.id()), 0);
        let values = vec![None; rows.len()];
        let mut all = Self { rows, values };
        for (var, value) in given {
            debug_assert!(same_shape(value.shape(), &var.shape()));
            if let Some(place) = all.rows.place(var.id()) {
                all.values[place] = Some(Value::new(value.clone().into_shared()));
            }
        }
        let places: Vec<(usize, RowId)> = all.rows.iter().collect();
        for (place, row) in places {
            if all.values[place].is_none() {
                let row = tape.at(row);
                let value = all.computed(row);
                all.values[place] =
                    Some(if row.operands().is_empty() { value } else { see(&all, row, value) });
            }
        }
        all
    }

    fn computed<T: Float>(&self, row: Var<'_, T>) -> Value<U> {
        let operands = row.operands();
        if operands.is_empty() {
            return row.with_value(|value| match value.as_constant() {
                Some(number) => Value::filled(value.shape(), cast(number)),
                None => Value::new(value.view().mapv(cast::<T, U>).into_shared()),
            });
        }
        let value = |operand: &Var<'_, T>| {
            let place = self.rows.place(operand.id())?;
            self.values[place].as_ref()
        };
        let operands: Vec<&Value<U>> =
            operands.iter().map(|operand| value(operand).expect("an earlier row")).collect();
        row.prim().eval(&operands, &Room::default()).expect("as much as the tape had room for")
    }

    /// The value of a row, if it is one of them.
    pub fn get(&self, row: RowId) -> Option<&Value<U>> {
        self.values[self.rows.place(row)?].as_ref()
    }
}

fn cast<T: Float, U: Arithmetic>(x: T) -> U {
    U::from_f64(x.to_f64())
}
