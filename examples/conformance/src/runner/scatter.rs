//! Elements put or added at places.

use super::args::{Answer, Arg, Args, Kind, Tensor, Trouble, from_start, unsupported};
use super::indexing::at_least_one_axis;
use super::torch::axis;
use wengert::Var;

type V<'t> = Var<'t, f64>;

/// What writes at places, said by a sum over them.
pub fn apply<'t>(name: &str, args: &mut Args<'t>) -> Option<Answer<'t>> {
    Some(match name {
        "index_add" => index_add(args),
        "index_fill" => index_fill(args),
        "index_put" => index_put(args),
        "index_reduce" => index_mean(args),
        "put" => put(args),
        "scatter" => scatter(args),
        "scatter_add" => scatter_add(args),
        "scatter_reduce" => scatter_sum(args),
        "select_scatter" => select_scatter(args),
        "max_unpool1d" => unpool(args, 1),
        "max_unpool2d" => unpool(args, 2),
        "max_unpool3d" => unpool(args, 3),
        _ => return None,
    })
}

/// How often each place of an axis is named, so that it goes with an array of this shape.
fn counts<'t>(index: V<'t>, shape: &[usize], axis: usize) -> Answer<'t> {
    let mut along = vec![1; shape.len()];
    along[axis] = shape[axis];
    Ok(index.try_bincount(shape[axis])?.try_reshape(along)?.try_broadcast_to(shape)?)
}

/// Input, axis and index of `f(input, dim, index, …)`; a number is an array of one element.
fn target<'t>(args: &mut Args<'t>) -> Result<(V<'t>, usize, V<'t>), Trouble> {
    let x = at_least_one_axis(args.input()?)?;
    let axis = axis(args.int("dim")?, x.ndim())?;
    let index = args.take("index").places("index", x.shape()[axis], args.tape)?;
    Ok((x, axis, at_least_one_axis(index)?))
}

/// The input's shape, before a number was made an array.
fn input_shape(args: &Args<'_>) -> Option<Vec<usize>> {
    match args.peek() {
        Some(Arg::Tensor(Tensor { var, .. })) => Some(var.shape()),
        _ => None,
    }
}

fn index_add<'t>(args: &mut Args<'t>) -> Answer<'t> {
    let shape = input_shape(args).unwrap_or_default();
    let (x, axis, index) = target(args)?;
    let source = at_least_one_axis(args.tensor("source")?)?;
    let alpha = args.named_number("alpha", 1.0)?;
    let added = source.try_scatter_add(axis, index, x.shape()[axis])? * alpha;
    Ok(x.try_add(added)?.try_reshape(shape)?)
}

fn index_fill<'t>(args: &mut Args<'t>) -> Answer<'t> {
    let shape = input_shape(args).unwrap_or_default();
    let (x, axis, index) = target(args)?;
    let value = args.tensor("value")?;
    let hit = counts(index, &x.shape(), axis)?.try_gt(0.0)?;
    Ok(x.try_masked_fill(hit, value)?.try_reshape(shape)?)
}

/// The mean of what comes to a place, together with what is there or without.
fn index_mean<'t>(args: &mut Args<'t>) -> Answer<'t> {
    let shape = input_shape(args).unwrap_or_default();
    let (x, axis, index) = target(args)?;
    let source = at_least_one_axis(args.tensor("source")?)?;
    if args.text("reduce", "")? != "mean" {
        return unsupported("products and extremes over places");
    }
    let own = args.flag("include_self", true)?;
    let counts = counts(index, &x.shape(), axis)?;
    let sums = source.try_scatter_add(axis, index, x.shape()[axis])?;
    let mean =
        if own { sums.try_add(x)?.try_div(counts + 1.0)? } else { sums.try_div(counts.try_maximum(1.0)?)? };
    Ok(counts.try_gt(0.0)?.try_select(mean, x)?.try_reshape(shape)?)
}

/// Rows, by a list of one tensor of indices or by a mask over them.
fn index_put<'t>(args: &mut Args<'t>) -> Answer<'t> {
    let (x, indices) = (args.input()?, args.take("indices"));
    let values = args.tensor("values")?;
    let adds = args.flag("accumulate", false)?;
    let Arg::List(indices) = indices else { return unsupported("no list of indices") };
    let [index] = &indices[..] else { return unsupported("indices for several axes") };
    let n = x.shape()[0];
    let index = match index {
        Arg::Tensor(Tensor { var, kind: Kind::Bool }) => {
            let holds: Vec<usize> =
                var.value().iter().enumerate().filter(|(_, x)| **x != 0.0).map(|(i, _)| i).collect();
            args.tape.try_indices("where the mask holds", holds)?
        }
        index => index.places("indices", n, args.tape)?,
    };
    let rows = [&[index.len()], &x.shape()[1..]].concat();
    let added = values.try_broadcast_to(rows)?.try_scatter_add(0, index, n)?;
    if adds {
        return Ok(x.try_add(added)?);
    }
    Ok(counts(index, &x.shape(), 0)?.try_gt(0.0)?.try_select(added, x)?)
}

/// At places of the flattened tensor.
fn put<'t>(args: &mut Args<'t>) -> Answer<'t> {
    let x = args.input()?;
    let index = args.take("index").places("index", x.len(), args.tape)?;
    let (index, source) = (index.try_reshape([index.len()])?, args.tensor("source")?);
    let flat = x.try_reshape([x.len()])?;
    let added = source.try_reshape([source.len()])?.try_scatter_add(0, index, x.len())?;
    let out = if args.flag("accumulate", false)? {
        flat.try_add(added)?
    } else {
        counts(index, &[x.len()], 0)?.try_gt(0.0)?.try_select(added, flat)?
    };
    Ok(out.try_reshape(x.shape())?)
}

/// Each element of the source added to zeros of the target's shape, which may be larger along the other axes.
fn laid<'t>(source: V<'t>, index: V<'t>, axis: usize, shape: &[usize]) -> Answer<'t> {
    let mut part = source;
    for (other, n) in index.shape().into_iter().enumerate() {
        part = part.try_narrow(other, 0, n)?;
    }
    let along = part.try_scatter_add_along(axis, index, shape[axis])?;
    let margins: Vec<(usize, usize)> =
        along.shape().iter().zip(shape).map(|(own, whole)| (0, whole - own)).collect();
    Ok(along.try_pad_with(margins, 0.0)?)
}

/// Where anything comes to.
fn hits<'t>(index: V<'t>, axis: usize, shape: &[usize]) -> Answer<'t> {
    let ones = index.tape().constant(1.0).try_broadcast_to(index.shape())?;
    Ok(laid(ones, index, axis, shape)?.try_gt(0.0)?)
}

fn scatter<'t>(args: &mut Args<'t>) -> Answer<'t> {
    let whole = input_shape(args).unwrap_or_default();
    let (x, axis, index) = target(args)?;
    let source = args.tensor("src")?;
    let source = if source.ndim() == 0 { source.try_broadcast_to(index.shape())? } else { source };
    let shape = x.shape();
    let put = laid(source, index, axis, &shape)?;
    Ok(hits(index, axis, &shape)?.try_select(put, x)?.try_reshape(whole)?)
}

fn scatter_add<'t>(args: &mut Args<'t>) -> Answer<'t> {
    let whole = input_shape(args).unwrap_or_default();
    let (x, axis, index) = target(args)?;
    let source = at_least_one_axis(args.tensor("src")?)?;
    Ok(x.try_add(laid(source, index, axis, &x.shape())?)?.try_reshape(whole)?)
}

/// Without what is there, a place that something comes to begins at 0.
fn scatter_sum<'t>(args: &mut Args<'t>) -> Answer<'t> {
    let whole = input_shape(args).unwrap_or_default();
    let (x, axis, index) = target(args)?;
    let source = at_least_one_axis(args.tensor("src")?)?;
    if args.text("reduce", "")? != "sum" {
        return unsupported("products and extremes over places");
    }
    let shape = x.shape();
    let sums = laid(source, index, axis, &shape)?;
    let out = if args.flag("include_self", true)? {
        x.try_add(sums)?
    } else {
        hits(index, axis, &shape)?.try_select(sums, x)?
    };
    Ok(out.try_reshape(whole)?)
}

/// The adjoint of a look-up by a single index puts the axis back in.
fn select_scatter<'t>(args: &mut Args<'t>) -> Answer<'t> {
    let (x, source) = (args.input()?, args.tensor("src")?);
    let axis = axis(args.int("dim")?, x.ndim())?;
    let n = x.shape()[axis];
    let index = args.tape.try_indices("index", from_start(args.int("index")?, n)?)?;
    let put = source.try_scatter_add(axis, index, n)?;
    Ok(counts(index, &x.shape(), axis)?.try_gt(0.0)?.try_select(put, x)?)
}

/// Each maximum back to where a pool found it, counted over the last axes together. Where two windows found the same,
/// PyTorch writes it twice; here it is the mean of the two.
fn unpool<'t>(args: &mut Args<'t>, axes: usize) -> Answer<'t> {
    let x = args.input()?;
    let index = args.take("indices").tensor("indices", args.tape)?;
    let size = args.named("output_size").places_of("output_size", 0)?;
    for unused in ["kernel_size", "stride", "padding"] {
        args.named(unused);
    }
    let before = x.shape().len().checked_sub(axes).ok_or(Trouble::Unsupported("too few axes".into()))?;
    let outer = x.shape()[..before].to_vec();
    let inner = size[size.len() - axes..].to_vec();
    let flat = [&outer[..], &[x.shape()[before..].iter().product()]].concat();
    let (x, index) = (x.try_reshape(flat.as_slice())?, index.try_reshape(flat.as_slice())?);
    let len = inner.iter().product();
    let times = args.tape.constant(1.0).try_broadcast_to(flat)?.try_scatter_add_along(-1, index, len)?;
    let put = x.try_scatter_add_along(-1, index, len)?.try_div(times.try_maximum(1.0)?)?;
    Ok(put.try_reshape([outer, inner].concat())?)
}
