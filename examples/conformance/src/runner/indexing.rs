//! Some of the elements, by place.

use super::args::{Answer, Arg, Args, Trouble, unsupported};
use super::torch::axis;
use wengert::Var;

type V<'t> = Var<'t, f64>;

/// Slices and look-ups.
pub fn apply<'t>(name: &str, args: &mut Args<'t>) -> Option<Answer<'t>> {
    Some(match name {
        "narrow" => narrow(args),
        "select" => select(args),
        "index_select" => index_select(args),
        "gather" => gather(args),
        "take" => take(args),
        _ => return None,
    })
}

/// A place on an axis of `n` elements, where negative ones count from the end.
fn place(i: isize, n: usize) -> Result<usize, Trouble> {
    let from_start = if i < 0 { i.checked_add_unsigned(n) } else { Some(i) };
    from_start
        .and_then(|i| usize::try_from(i).ok())
        .ok_or_else(|| Trouble::Failed(format!("index {i} is outside of an axis of {n} elements")))
}

fn places(indices: &Arg<'_>, n: usize) -> Result<Vec<usize>, Trouble> {
    indices.ints("index")?.into_iter().map(|i| place(i, n)).collect()
}

fn narrow<'t>(args: &mut Args<'t>) -> Answer<'t> {
    let x = args.input()?;
    if x.ndim() == 0 {
        return unsupported("narrow of a number");
    }
    let axis = axis(args.int("dim")?, x.ndim())?;
    let start = place(args.int("start")?, x.shape()[axis])?;
    let length = place(args.int("length")?, 0)?;
    Ok(x.try_narrow(axis.cast_signed(), start, length)?)
}

fn select<'t>(args: &mut Args<'t>) -> Answer<'t> {
    let x = args.input()?;
    if x.ndim() == 0 {
        return unsupported("select from a number");
    }
    let axis = axis(args.int("dim")?, x.ndim())?;
    let index = place(args.int("index")?, x.shape()[axis])?;
    let axis = axis.cast_signed();
    Ok(x.try_narrow(axis, index, 1)?.try_squeeze(axis)?)
}

/// A number passes for an array of one element, and stays a number.
fn index_select<'t>(args: &mut Args<'t>) -> Answer<'t> {
    let x = args.input()?;
    let axis = axis(args.int("dim")?, x.ndim())?;
    let array = if x.ndim() == 0 { x.try_reshape([1])? } else { x };
    let indices = places(&args.take("index"), array.shape()[axis])?;
    let out = array.try_take(axis.cast_signed(), indices)?;
    if x.ndim() == 0 { Ok(out.try_reshape(Vec::new())?) } else { Ok(out) }
}

/// The elements at these places of the flattened tensor.
fn take<'t>(args: &mut Args<'t>) -> Answer<'t> {
    let x = args.input()?;
    let index = args.take("index");
    let Arg::Tensor(tensor) = &index else { return unsupported("`index` is not a tensor") };
    let (shape, indices) = (tensor.var.shape(), places(&index, x.len())?);
    Ok(look_up(x, indices, shape)?)
}

/// `out[i][j] = input[index[i][j]][j]` for `dim` 0, and so on.
fn gather<'t>(args: &mut Args<'t>) -> Answer<'t> {
    let x = args.input()?;
    let axis = axis(args.int("dim")?, x.ndim())?;
    let index = args.take("index");
    if !matches!(args.named("sparse_grad"), Arg::None | Arg::Bool(false)) {
        return unsupported("sparse gradients");
    }
    let Arg::Tensor(tensor) = &index else { return unsupported("`index` is not a tensor") };
    let shape = x.shape();
    if shape.is_empty() || tensor.var.ndim() != shape.len() {
        return unsupported("gather from or by a number");
    }
    let along = places(&index, shape[axis])?;
    let places = tensor.var.value();
    let flat = places.indexed_iter().zip(along).map(|((at, _), along)| {
        let at = (0..shape.len()).map(|i| if i == axis { along } else { at[i] });
        at.zip(&shape).fold(0, |flat, (i, n)| flat * n + i)
    });
    Ok(look_up(x, flat.collect(), tensor.var.shape())?)
}

/// Elements by their places in row-major order, at a new shape.
fn look_up(x: V<'_>, flat: Vec<usize>, shape: Vec<usize>) -> Result<V<'_>, wengert::Error> {
    x.try_reshape([x.len()])?.try_take(0, flat)?.try_reshape(shape)
}
