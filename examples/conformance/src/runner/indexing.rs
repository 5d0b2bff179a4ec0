//! Some of the elements, by place.

use super::args::{Answer, Arg, Args, Kind, Trouble, from_start, unsupported};
use super::torch::axis;
use ndarray::Array2;
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
        "take_along_dim" => take_along_dim(args),
        "__getitem__" => item(args),
        "embedding" => embedding(args),
        "embedding_bag" => embedding_bag(args),
        "repeat_interleave" => repeat_interleave(args),
        "roll" => roll(args),
        "combinations" => combinations(args),
        "cartesian_prod" => cartesian_product(args),
        "pdist" => distances(args),
        _ => return None,
    })
}

/// A number as an array of one element.
pub fn at_least_one_axis(x: V<'_>) -> Answer<'_> {
    if x.ndim() == 0 { Ok(x.try_reshape([1])?) } else { Ok(x) }
}

fn narrow<'t>(args: &mut Args<'t>) -> Answer<'t> {
    let x = args.input()?;
    if x.ndim() == 0 {
        return unsupported("narrow of a number");
    }
    let axis = axis(args.int("dim")?, x.ndim())?;
    let start = from_start(args.int("start")?, x.shape()[axis])?;
    let length = args.size("length")?;
    Ok(x.try_narrow(axis, start, length)?)
}

/// A single index takes the axis away.
fn select<'t>(args: &mut Args<'t>) -> Answer<'t> {
    let x = args.input()?;
    if x.ndim() == 0 {
        return unsupported("select from a number");
    }
    let axis = axis(args.int("dim")?, x.ndim())?;
    let index = from_start(args.int("index")?, x.shape()[axis])?;
    Ok(x.try_take(axis, index)?)
}

/// A number passes for an array of one element, and stays a number.
fn index_select<'t>(args: &mut Args<'t>) -> Answer<'t> {
    let x = args.input()?;
    let axis = axis(args.int("dim")?, x.ndim())?;
    let array = at_least_one_axis(x)?;
    let index = args.take("index").places("index", array.shape()[axis], args.tape)?;
    let out = array.try_take(axis, index)?;
    if x.ndim() == 0 { Ok(out.try_reshape(Vec::new())?) } else { Ok(out) }
}

/// `out[i][j] = input[index[i][j]][j]` for `dim` 0, and so on. Along other axes the index may be shorter.
fn gather<'t>(args: &mut Args<'t>) -> Answer<'t> {
    let x = at_least_one_axis(args.input()?)?;
    let axis = axis(args.int("dim")?, x.ndim())?;
    let index = args.take("index").places("index", x.shape()[axis], args.tape)?;
    if !matches!(args.named("sparse_grad"), Arg::None | Arg::Bool(false)) {
        return unsupported("sparse gradients");
    }
    let shape = index.shape();
    let index = at_least_one_axis(index)?;
    let mut from = x;
    for (other, n) in index.shape().into_iter().enumerate().filter(|(other, _)| *other != axis) {
        from = from.try_narrow(other, 0, n)?;
    }
    Ok(from.try_take_along(axis, index)?.try_reshape(shape)?)
}

/// The elements at these places of the flattened tensor.
fn take<'t>(args: &mut Args<'t>) -> Answer<'t> {
    let x = args.input()?;
    let index = args.take("index").places("index", x.len(), args.tape)?;
    Ok(x.try_reshape([x.len()])?.try_take(0, index)?)
}

/// As `gather`, but the two broadcast; of the flattened tensor if no axis is named.
fn take_along_dim<'t>(args: &mut Args<'t>) -> Answer<'t> {
    let (x, index) = (args.input()?, args.take("indices"));
    let Arg::Number(_) = args.peek().cloned().unwrap_or(Arg::None) else {
        let index = index.places("indices", x.len(), args.tape)?;
        return Ok(x.try_reshape([x.len()])?.try_take_along(0, index.try_reshape([index.len()])?)?);
    };
    let axis = axis(args.int("dim")?, x.ndim())?;
    let index = index.places("indices", x.shape()[axis], args.tape)?;
    let joint = |own: V<'t>, other: V<'t>| -> Vec<usize> {
        let sizes = own.shape().into_iter().zip(other.shape()).enumerate();
        sizes.map(|(i, (own, other))| if own == 1 && i != axis { other } else { own }).collect()
    };
    let (of_x, of_index) = (joint(x, index), joint(index, x));
    Ok(x.try_broadcast_to(of_x)?.try_take_along(axis, index.try_broadcast_to(of_index)?)?)
}

/// Slices, numbers and a list in the place of an axis; or lists for the first axes, which go together.
fn item<'t>(args: &mut Args<'t>) -> Answer<'t> {
    let x = args.input()?;
    let keys = match args.take("index") {
        Arg::List(list) => list,
        single => vec![single],
    };
    let shape = x.shape();
    if keys.len() > 1 && keys.iter().all(|key| matches!(key, Arg::List(_))) {
        let lists: Vec<Vec<usize>> =
            keys.iter().zip(&shape).map(|(key, n)| key.places_of("index", *n)).collect::<Result<_, _>>()?;
        let (first, rest) = shape.split_at(keys.len());
        let flat: Vec<usize> = (0..lists[0].len())
            .map(|i| lists.iter().zip(first).fold(0, |place, (list, n)| place * n + list[i]))
            .collect();
        let lines = [&[first.iter().product()], rest].concat();
        return Ok(x.try_reshape(lines)?.try_take(0, flat)?);
    }
    let (mut out, mut axis) = (x, 0);
    for (key, n) in keys.iter().zip(shape) {
        out = match key {
            Arg::Slice([start, stop, None | Some(1)]) => {
                let [start, stop] = [start.unwrap_or(0), stop.unwrap_or(n.cast_signed())];
                let (start, stop) = (from_start(start, n)?.min(n), from_start(stop, n)?.min(n));
                axis += 1;
                out.try_narrow(axis - 1, start, stop.saturating_sub(start))?
            }
            Arg::Number(_) => out.try_take(axis, from_start(key.int("index")?, n)?)?,
            Arg::List(_) => {
                axis += 1;
                out.try_take(axis - 1, key.places_of("index", n)?)?
            }
            other => return unsupported(format!("index {other:?}")),
        };
    }
    Ok(out)
}

/// Table and indices, whichever comes first; rows of what only fills the place have no gradient.
fn table<'t>(args: &mut Args<'t>) -> Result<(V<'t>, V<'t>), Trouble> {
    let (first, second) = (args.take("input"), args.take("weight"));
    let swapped = matches!(&first, Arg::Tensor(tensor) if tensor.kind == Kind::Integer);
    let (table, index) = if swapped { (second, first) } else { (first, second) };
    let table = table.tensor("weight", args.tape)?;
    Ok((table, index.tensor("input", args.tape)?))
}

fn embedding<'t>(args: &mut Args<'t>) -> Answer<'t> {
    let (table, index) = table(args)?;
    let rows = table.try_embedding(index)?;
    match args.named("padding_idx") {
        Arg::None => Ok(rows),
        padding => {
            let padding = from_start(padding.int("padding_idx")?, table.shape()[0])?;
            let filling = index.try_eq(real(padding))?.try_unsqueeze(-1)?.try_broadcast_to(rows.shape())?;
            Ok(filling.try_select(rows.detach(), rows)?)
        }
    }
}

/// What becomes of all rows of a bag. Padding is none of them.
fn embedding_bag<'t>(args: &mut Args<'t>) -> Answer<'t> {
    let (table, index) = table(args)?;
    let rows = table.try_embedding(index)?;
    let weights = match args.named("per_sample_weights") {
        Arg::None => None,
        weights => Some(weights.tensor("per_sample_weights", args.tape)?),
    };
    let padding = match args.named("padding_idx") {
        Arg::None => None,
        padding => Some(from_start(padding.int("padding_idx")?, table.shape()[0])?),
    };
    let filled = |rows: V<'t>, value: f64| -> Answer<'t> {
        let Some(padding) = padding else { return Ok(rows) };
        let filling = index.try_eq(real(padding))?.try_unsqueeze(-1)?;
        Ok(rows.try_masked_fill(filling, value)?)
    };
    match args.named("mode") {
        Arg::Text(mode) if mode == "max" && weights.is_none() => {
            Ok(filled(rows, f64::NEG_INFINITY)?.try_max_first(1)?)
        }
        Arg::Text(mode) if mode == "sum" => {
            let rows = match weights {
                Some(weights) => rows.try_mul(weights.try_unsqueeze(-1)?)?,
                None => rows,
            };
            Ok(filled(rows, 0.0)?.try_sum_axis(1)?)
        }
        other => unsupported(format!("mode {other:?}")),
    }
}

/// Each element so often, or as often as its number says.
fn repeat_interleave<'t>(args: &mut Args<'t>) -> Answer<'t> {
    let x = args.input()?;
    let (repeats, dim) = (args.take("repeats"), args.take("dim"));
    let (x, axis) = match dim {
        Arg::None => (x.try_reshape([x.len()])?, 0),
        dim => (x, axis(dim.int("dim")?, x.ndim())?),
    };
    let n = x.shape()[axis];
    let repeats = repeats.places_of("repeats", 0)?;
    let repeats = if repeats.len() == 1 { repeats.repeat(n) } else { repeats };
    let places: Vec<usize> =
        repeats.iter().enumerate().flat_map(|(place, &times)| std::iter::repeat_n(place, times)).collect();
    Ok(x.try_take(axis, places)?)
}

/// Along each axis the element that is so far before; of the flattened tensor if no axis is named.
fn roll<'t>(args: &mut Args<'t>) -> Answer<'t> {
    let x = args.input()?;
    let shifts = args.take("shifts").ints("shifts")?;
    let (mut out, axes) = match args.take("dims") {
        Arg::None => (x.try_reshape([x.len()])?, vec![0]),
        dims => (x, dims.ints("dims")?.iter().map(|&dim| axis(dim, x.ndim())).collect::<Result<_, _>>()?),
    };
    for (shift, axis) in shifts.into_iter().zip(axes) {
        let n = out.shape()[axis].cast_signed();
        let places: Vec<isize> = (0..n).map(|i| (i - shift).rem_euclid(n)).collect();
        out = out.try_take(axis, places)?;
    }
    Ok(out.try_reshape(x.shape())?)
}

/// All choices of r of n elements in their order, each once or as often as it likes.
fn choices(n: usize, r: usize, again: bool) -> Vec<Vec<usize>> {
    (0..r).fold(vec![Vec::new()], |all, _| {
        let longer = |choice: Vec<usize>| {
            let first = choice.last().map_or(0, |last| if again { *last } else { last + 1 });
            (first..n).map(move |next| [&choice[..], &[next]].concat())
        };
        all.into_iter().flat_map(longer).collect()
    })
}

fn combinations<'t>(args: &mut Args<'t>) -> Answer<'t> {
    let x = args.input()?;
    let r = from_start(args.int_or("r", 2)?, 0)?;
    let choices = choices(x.len(), r, args.flag("with_replacement", false)?);
    let places = Array2::from_shape_fn((choices.len(), r), |(i, j)| choices[i][j]);
    Ok(x.try_take(0, places)?)
}

/// All rows of an element of each: the last goes round fastest.
fn cartesian_product<'t>(args: &mut Args<'t>) -> Answer<'t> {
    let tape = args.tape;
    let vectors: Vec<V<'t>> =
        args.rest().iter().map(|arg| arg.tensor("tensors", tape)).collect::<Result<_, _>>()?;
    let all: usize = vectors.iter().map(|vector| vector.len()).product();
    let mut after = all;
    let mut columns = Vec::new();
    for vector in vectors {
        let n = vector.len();
        after /= n.max(1);
        let places: Vec<usize> = (0..all).map(|i| i / after % n).collect();
        columns.push(vector.try_take(0, places)?);
    }
    Ok(tape.try_stack(1, &columns)?)
}

/// The distances of all pairs of rows.
fn distances<'t>(args: &mut Args<'t>) -> Answer<'t> {
    let x = args.input()?;
    let pairs = choices(x.shape()[0], 2, false);
    let [first, second] = [0, 1].map(|i| pairs.iter().map(|pair| pair[i]).collect::<Vec<_>>());
    Ok(x.try_take(0, first)?.try_sub(x.try_take(0, second)?)?.try_norm_axis(1)?)
}

#[allow(clippy::cast_precision_loss)] // Nothing has 2⁵³ elements.
fn real(place: usize) -> f64 {
    place as f64
}
