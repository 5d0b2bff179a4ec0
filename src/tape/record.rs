//! How a row comes onto the list: a primitive is evaluated, and its result appended.

use super::row::{Depends, Operands};
use super::{Float, Row, RowId, Tape, Var};
use crate::array::{Kind, Room, Value, check_shape};
use crate::error::{Error, ErrorKind, Problem};
use crate::prim::Prim;
use smallvec::SmallVec;
use std::cell::{Cell, RefMut};
use std::panic::Location;

impl<T: Float> Tape<T> {
    /// Evaluates a primitive on rows of this tape and appends the result.
    #[track_caller]
    pub(crate) fn record(&self, prim: Prim, operands: &[Var<'_, T>]) -> Result<Var<'_, T>, Error> {
        // In a sweep, what the rules give is looked at.
        let looks_out = self.anomalies && self.differentiated.get().is_none();
        let mark = looks_out.then(|| self.mark());
        let rows = self.rows.borrow_mut();
        let operands = Operands::from(operands);
        let depends = operands.iter().map(|id| rows[id.index()].depends).max().unwrap_or(Depends::Constant);
        let (value, kind) = if self.symbolic {
            shape_alone(&prim, &operands, &rows)
                .map_err(|problem| Error::new(prim.name(), problem, Vec::new()))?
        } else if let Some(number) = number(&prim, &operands, &rows) {
            number
        } else {
            match array(&prim, &operands, &rows, &self.room) {
                Ok(array) => array,
                Err(problem) => {
                    drop(rows);
                    let labels = operands.iter().map(|&id| self.describe(id)).collect();
                    let problem = match problem.kind {
                        ErrorKind::Memory => self.with_reason(problem, "limit_bytes", None),
                        _ => problem,
                    };
                    let error = Error::new(prim.name(), problem, labels);
                    return self.without_room(prim, operands, error, depends);
                }
            }
        };
        let row = self.push(rows, prim, operands, value, kind, depends)?;
        if let Some(mark) = mark {
            self.look_out(row, mark)?;
        }
        Ok(row)
    }

    /// The row of a sweep or a composite that there was no room for, which ends it: see
    /// [`check_sweep`](Self::check_sweep).
    #[track_caller]
    fn without_room(
        &self,
        prim: Prim,
        operands: Operands,
        error: Error,
        depends: Depends,
    ) -> Result<Var<'_, T>, Error> {
        let goes_on = self.differentiated.get().is_some() || self.attempting.get();
        if error.kind() != ErrorKind::Memory || !goes_on {
            return Err(error);
        }
        let rows = self.rows.borrow_mut();
        let shapes: Vec<&[usize]> = operands.iter().map(|id| rows[id.index()].value.shape()).collect();
        let Ok(shape) = prim.shape(&shapes) else { return Err(error) };
        self.refused.borrow_mut().get_or_insert(error);
        self.push(rows, prim, operands, Value::filled(&shape, T::from_f64(f64::NAN)), Kind::Real, depends)
    }

    #[track_caller]
    pub(super) fn push(
        &self,
        mut rows: RefMut<'_, Vec<Row<T>>>,
        prim: Prim,
        operands: Operands,
        value: Value<T>,
        kind: Kind,
        depends: Depends,
    ) -> Result<Var<'_, T>, Error> {
        let Some(id) = RowId::at(rows.len()) else {
            let problem = Problem::new(
                ErrorKind::Rows,
                format!("the tape is full: it numbers its rows with 32 bits and has {}", rows.len()),
                "Record shorter pieces, each on a tape of its own.",
            );
            return Err(Error::new(prim.name(), problem, Vec::new()));
        };
        let (origin, at) = match self.differentiated.get() {
            Some((origin, at)) => (Some(origin), at),
            None => (None, Location::caller()),
        };
        rows.push(Row { prim, operands, value, at, origin, kind, depends });
        Ok(Var::new(self, id))
    }

    /// Runs `emit` so that the rows it records are marked as derivatives of `row`.
    pub(super) fn sweeping<R>(&self, row: RowId, emit: impl FnOnce() -> R) -> R {
        let at = self.rows.borrow()[row.index()].at;
        self.sweeping_at(row, at, emit)
    }

    /// The same, of a row whose line is at hand.
    pub(super) fn sweeping_at<R>(
        &self,
        row: RowId,
        at: &'static Location<'static>,
        emit: impl FnOnce() -> R,
    ) -> R {
        let _ends = Differentiating {
            cell: &self.differentiated,
            outer: self.differentiated.replace(Some((row, at))),
        };
        emit()
    }
}

/// Which row is being differentiated, and its line.
pub(super) type Differentiated = Option<(RowId, &'static Location<'static>)>;

/// Ends the mark of what is being differentiated when dropped, so also where a rule panics.
struct Differentiating<'a> {
    cell: &'a Cell<Differentiated>,
    outer: Differentiated,
}

impl Drop for Differentiating<'_> {
    fn drop(&mut self) {
        self.cell.set(self.outer);
    }
}

/// The result of an elementwise primitive on numbers, of which a scalar program has millions: no shapes meet.
fn number<T: Float>(prim: &Prim, operands: &[RowId], rows: &[Row<T>]) -> Option<(Value<T>, Kind)> {
    let (mut numbers, mut kinds) = ([T::zero(); 3], [Kind::Real; 3]);
    for ((number, kind), id) in numbers.iter_mut().zip(&mut kinds).zip(operands) {
        let Row { value: Value::Number(operand), kind: of, .. } = rows[id.index()] else { return None };
        (*number, *kind) = (operand, of);
    }
    let [a, b, c] = numbers;
    let kernel = prim.kernel()?;
    Some((Value::Number((kernel.scalar)(a, b, c)), prim.kind(&kinds).ok()?))
}

/// The result of a primitive on any operands, or why they do not fit it.
#[inline(never)] // The way of numbers is shorter without it.
fn array<T: Float>(
    prim: &Prim,
    operands: &[RowId],
    rows: &[Row<T>],
    room: &Room<T>,
) -> Result<(Value<T>, Kind), Problem> {
    let kinds: SmallVec<[Kind; 3]> = operands.iter().map(|id| rows[id.index()].kind).collect();
    let kind = prim.kind(&kinds)?;
    let values: SmallVec<[&Value<T>; 3]> = operands.iter().map(|id| &rows[id.index()].value).collect();
    let shapes: SmallVec<[&[usize]; 3]> = values.iter().map(|value| value.shape()).collect();
    check_shape::<T>(&prim.shape(&shapes)?)?;
    Ok((prim.eval(&values, room)?, kind))
}

/// The shape and kind of a primitive's result, and no value.
fn shape_alone<T: Float>(
    prim: &Prim,
    operands: &[RowId],
    rows: &[Row<T>],
) -> Result<(Value<T>, Kind), Problem> {
    let kinds: SmallVec<[Kind; 3]> = operands.iter().map(|id| rows[id.index()].kind).collect();
    let shapes: SmallVec<[&[usize]; 3]> = operands.iter().map(|id| rows[id.index()].value.shape()).collect();
    Ok((Value::filled(&prim.shape(&shapes)?, T::NAN), prim.kind(&kinds)?))
}
