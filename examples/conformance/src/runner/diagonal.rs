//! Diagonals and triangles: places that are compared, looked up and added to.

use super::args::{Answer, Arg, Args, unsupported};
use super::torch::axis;
use wengert::{Tape, Var};

type V<'t> = Var<'t, f64>;

/// What has an argument `offset` or `diagonal`.
pub fn apply<'t>(name: &str, args: &mut Args<'t>) -> Option<Answer<'t>> {
    Some(match name {
        "diagonal" => diagonal(args),
        "trace" => args.input().and_then(|x| Ok(looked_up(x, 0)?.sum())),
        "diag" => diag(args),
        "diag_embed" => embed(args, false),
        "diagflat" => embed(args, true),
        "diagonal_scatter" => diagonal_scatter(args),
        "tril" => triangle(args, V::try_le),
        "triu" => triangle(args, V::try_ge),
        _ => return None,
    })
}

/// First row, first column and length of a diagonal in a matrix of this shape.
fn course(rows: usize, columns: usize, offset: isize) -> (usize, usize, usize) {
    let (row, column) = if offset < 0 { (offset.unsigned_abs(), 0) } else { (0, offset.unsigned_abs()) };
    (row, column, rows.saturating_sub(row).min(columns.saturating_sub(column)))
}

/// The diagonal of the last two axes: in each of its rows one column.
fn looked_up(x: V<'_>, offset: isize) -> Answer<'_> {
    let shape = x.shape();
    let (outer, inner) = shape.split_at(shape.len() - 2);
    let (row, column, len) = course(inner[0], inner[1], offset);
    let columns = x.tape().try_indices("columns", column..column + len)?;
    let columns = columns.try_reshape([len, 1])?.try_broadcast_to([outer, &[len, 1]].concat())?;
    Ok(x.try_narrow(-2, row, len)?.try_take_along(-1, columns)?.try_squeeze(-1)?)
}

/// Of two axes, which are the last two for `linalg.diagonal`: of a matrix they are the same.
fn diagonal<'t>(args: &mut Args<'t>) -> Answer<'t> {
    let x = args.input()?;
    let offset = args.int_or("offset", 0)?;
    let (first, second) = (args.int_or("dim1", 0)?, args.int_or("dim2", 1)?);
    let (first, second) = (axis(first, x.ndim())?, axis(second, x.ndim())?);
    let others = (0..x.ndim()).filter(|&other| other != first && other != second);
    let order: Vec<usize> = others.chain([first, second]).collect();
    looked_up(x.try_permute(order.as_slice())?, offset)
}

/// Zeros of this shape with the vectors along the last axis on a diagonal.
fn laid(x: V<'_>, [rows, columns]: [usize; 2], offset: isize) -> Answer<'_> {
    let (row, column, len) = course(rows, columns, offset);
    let shape = [&x.shape()[..], &[1]].concat();
    let index = x.tape().try_indices("columns", column..column + len)?.try_reshape([len, 1])?;
    let lines = x.try_unsqueeze(-1)?.try_scatter_add_along(-1, index.try_broadcast_to(shape)?, columns)?;
    let mut margins = vec![(0, 0); lines.ndim()];
    margins[x.ndim() - 1] = (row, rows - row - len);
    Ok(lines.try_pad_with(margins, 0.0)?)
}

fn square(x: V<'_>, offset: isize) -> Answer<'_> {
    let n = x.shape()[x.ndim() - 1] + offset.unsigned_abs();
    laid(x, [n, n], offset)
}

fn diag<'t>(args: &mut Args<'t>) -> Answer<'t> {
    let x = args.input()?;
    let offset = args.int_or("diagonal", 0)?;
    if x.ndim() == 1 { square(x, offset) } else { looked_up(x, offset) }
}

fn embed<'t>(args: &mut Args<'t>, flat: bool) -> Answer<'t> {
    let x = args.input()?;
    let offset = args.int_or("offset", 0)?;
    square(if flat { x.try_reshape([x.len()])? } else { x }, offset)
}

fn diagonal_scatter<'t>(args: &mut Args<'t>) -> Answer<'t> {
    let (x, source) = (args.input()?, args.tensor("src")?);
    let offset = args.int_or("offset", 0)?;
    if !matches!(args.take("dim1"), Arg::None) {
        return unsupported("the diagonal of other axes");
    }
    let [rows, columns] = x.shape()[..] else { return unsupported("other than a matrix") };
    let mask = compared(x.tape(), [rows, columns], offset, V::try_eq)?;
    Ok(mask.try_select(laid(source, [rows, columns], offset)?, x)?)
}

type Compare<'t> = fn(V<'t>, V<'t>) -> Result<V<'t>, wengert::Error>;

/// The mask of where the column compares so with the row plus the offset.
fn compared<'t>(tape: &'t Tape<f64>, shape: [usize; 2], offset: isize, compare: Compare<'t>) -> Answer<'t> {
    let [rows, columns] = shape;
    let starts: Vec<isize> = (0..rows.cast_signed()).map(|row| row + offset).collect();
    let rows = tape.try_indices("rows", starts)?.try_reshape([rows, 1])?.try_broadcast_to(shape)?;
    Ok(compare(tape.try_indices("columns", 0..columns)?.try_broadcast_to(shape)?, rows)?)
}

fn triangle<'t>(args: &mut Args<'t>, compare: Compare<'t>) -> Answer<'t> {
    let x = args.input()?;
    let diagonal = args.int_or("diagonal", 0)?;
    let [.., rows, columns] = x.shape()[..] else { return unsupported("no matrix") };
    let mask = compared(args.tape, [rows, columns], diagonal, compare)?;
    Ok(x.try_masked_fill(!mask, 0.0)?)
}
