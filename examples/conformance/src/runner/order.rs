//! What is sorted, and the places of the largest.

use super::args::{Answer, Answers, Arg, Args, unsupported};
use super::reduce::keep;
use super::torch::axis;
use ndarray::Array2;
use wengert::{Error, Var};

type V<'t> = Var<'t, f64>;
type Along<'t> = fn(V<'t>, usize) -> Result<V<'t>, Error>;

/// What has values and indices as results.
pub fn several<'t>(name: &str, args: &mut Args<'t>) -> Option<Answers<'t>> {
    let returns_indices = |args: &Args<'t>| args.is_true("return_indices", 2);
    Some(match name {
        "sort" => sort(args),
        "topk" => topk(args),
        "kthvalue" => kth(args),
        "median" if args.names("dim") => median(args),
        "max" if args.names("dim") => extreme(args, V::try_max_first, V::try_argmax),
        "min" if args.names("dim") => extreme(args, V::try_min_first, V::try_argmin),
        "aminmax" => both(args),
        "max_pool1d" if returns_indices(args) => max_pool(args),
        "adaptive_max_pool1d" if returns_indices(args) => adaptive_max_pool(args),
        _ => return None,
    })
}

/// What has one result.
pub fn apply<'t>(name: &str, args: &mut Args<'t>) -> Option<Answer<'t>> {
    let first = |results: Answers<'t>| results.map(|results| results[0]);
    Some(match name {
        "msort" => args.input().and_then(|x| Ok(x.try_sort(0)?)),
        "argsort" => sort(args).map(|results| results[1]),
        "quantile" => quantile(args),
        "max_pool1d" => first(max_pool(args)),
        "adaptive_max_pool1d" => first(adaptive_max_pool(args)),
        _ => return None,
    })
}

/// A number as an array of one element, the axis, and the shape of the number or array.
fn lines(x: V<'_>, dim: isize) -> Result<(V<'_>, usize), super::args::Trouble> {
    Ok((super::indexing::at_least_one_axis(x)?, axis(dim, x.ndim())?))
}

/// Results that keep the axes of a number, which has none.
fn shaped<'t>(results: [V<'t>; 2], x: V<'t>) -> Answers<'t> {
    let shape = |result: V<'t>| if x.ndim() == 0 { result.try_reshape(Vec::new()) } else { Ok(result) };
    Ok(vec![shape(results[0])?, shape(results[1])?])
}

/// Results along an axis that is kept with size 1, or not.
fn reduced<'t>(results: [V<'t>; 2], x: V<'t>, axis: usize, keepdim: bool) -> Answers<'t> {
    if x.ndim() == 0 {
        return shaped(results, x);
    }
    results.into_iter().map(|result| keep(result, x, &[axis], keepdim)).collect()
}

fn sort<'t>(args: &mut Args<'t>) -> Answers<'t> {
    let x = args.input()?;
    let (array, axis) = lines(x, args.int_or("dim", -1)?)?;
    let descending = args.flag("descending", false)?;
    args.flag("stable", false)?; // It always is.
    let places =
        if descending { array.try_argtop(array.shape()[axis], axis)? } else { array.try_argsort(axis)? };
    shaped([array.try_take_along(axis, places)?, places], x)
}

fn topk<'t>(args: &mut Args<'t>) -> Answers<'t> {
    let x = args.input()?;
    let count = args.size("k")?;
    let (array, axis) = lines(x, args.int_or("dim", -1)?)?;
    let (largest, _) = (args.flag("largest", true)?, args.flag("sorted", true)?);
    if !largest {
        let places = array.try_argsort(axis)?.try_narrow(axis, 0, count)?;
        return shaped([array.try_take_along(axis, places)?, places], x);
    }
    let (values, places) = array.try_topk(count, axis)?;
    shaped([values, places], x)
}

/// Values and places of those at this place in rising order.
fn ranked(array: V<'_>, axis: usize, place: usize) -> Result<[V<'_>; 2], Error> {
    let places = array.try_argsort(axis)?.try_narrow(axis, place, 1)?;
    Ok([array.try_take_along(axis, places)?.try_squeeze(axis)?, places.try_squeeze(axis)?])
}

fn kth<'t>(args: &mut Args<'t>) -> Answers<'t> {
    let x = args.input()?;
    let k = args.size("k")?;
    let (array, axis) = lines(x, args.int_or("dim", -1)?)?;
    let keepdim = args.flag("keepdim", false)?;
    reduced(ranked(array, axis, k - 1)?, x, axis, keepdim)
}

/// The lower of the two in the middle.
fn median<'t>(args: &mut Args<'t>) -> Answers<'t> {
    let x = args.input()?;
    let (array, axis) = lines(x, args.int("dim")?)?;
    let keepdim = args.flag("keepdim", false)?;
    let middle = array.shape()[axis].saturating_sub(1) / 2;
    reduced(ranked(array, axis, middle)?, x, axis, keepdim)
}

fn extreme<'t>(args: &mut Args<'t>, value: Along<'t>, place: Along<'t>) -> Answers<'t> {
    let x = args.input()?;
    let (array, axis) = lines(x, args.int("dim")?)?;
    let keepdim = args.flag("keepdim", false)?;
    reduced([value(array, axis)?, place(array, axis)?], x, axis, keepdim)
}

/// Smallest and largest, whose gradient is shared out among equals.
fn both<'t>(args: &mut Args<'t>) -> Answers<'t> {
    let x = args.input()?;
    let (dim, keepdim) = (args.named("dim"), args.flag("keepdim", false)?);
    let Arg::Number(_) = dim else { return Ok(vec![x.try_min()?, x.try_max()?]) };
    let (array, axis) = lines(x, dim.int("dim")?)?;
    reduced([array.try_amin(axis)?, array.try_amax(axis)?], x, axis, keepdim)
}

/// The quantiles of a list stand along a new first axis.
fn quantile<'t>(args: &mut Args<'t>) -> Answer<'t> {
    let (x, shares) = (args.input()?, args.take("q"));
    let (array, axis) = lines(x, args.int("dim")?)?;
    let keepdim = args.flag("keepdim", false)?;
    let midpoint = match args.text("interpolation", "linear")?.as_str() {
        "linear" => false,
        "midpoint" => true,
        other => return unsupported(format!("interpolation {other}")),
    };
    let of = |share: f64| -> Answer<'t> {
        let value = if midpoint { between(array, axis, share)? } else { array.try_quantile(share, axis)? };
        keep(value, array, &[axis], keepdim)
    };
    match shares {
        Arg::Number(share) => of(share),
        Arg::Tensor(shares) => {
            let all: Result<Vec<_>, _> = shares.var.value().iter().map(|&share| of(share)).collect();
            Ok(args.tape.try_stack(0, all?)?)
        }
        other => unsupported(format!("q {other:?}")),
    }
}

/// The mean of the two elements that a quantile lies between.
#[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss)] // Below n.
fn between(array: V<'_>, axis: usize, share: f64) -> Result<V<'_>, Error> {
    let at = share * (array.shape()[axis] - 1) as f64;
    let sorted = array.try_sort(axis)?;
    let element = |place: f64| sorted.try_narrow(axis, place as usize, 1)?.try_squeeze(axis);
    let (low, high) = (element(at.floor())?, element(at.ceil())?);
    if at.fract() == 0.0 { Ok(low) } else { low.try_add((high - low) * 0.5) }
}

/// For each window the place of its largest, of places that an axis of −∞ stands behind for the padding.
fn windows<'t>(x: V<'t>, windows: &Array2<usize>) -> Answers<'t> {
    let n = x.shape()[x.ndim() - 1];
    let mut margins = vec![(0, 0); x.ndim()];
    margins[x.ndim() - 1] = (0, 1);
    let all = x.try_pad_with(margins, f64::NEG_INFINITY)?.try_take(-1, windows.mapv(|place| place.min(n)))?;
    let places = x.tape().try_indices("windows", windows)?.try_broadcast_to(all.shape())?;
    let largest = all.try_argmax(-1)?.try_unsqueeze(-1)?;
    Ok(vec![all.try_max_first(-1)?, places.try_take_along(-1, largest)?.try_squeeze(-1)?])
}

fn only(args: &mut Args<'_>, name: &str, default: usize) -> Result<usize, super::args::Trouble> {
    match args.take(name) {
        Arg::None => Ok(default),
        number => Ok(number.places_of(name, 0)?[0]),
    }
}

fn max_pool<'t>(args: &mut Args<'t>) -> Answers<'t> {
    let x = args.input()?;
    let n = x.shape()[x.ndim() - 1];
    let kernel = only(args, "kernel_size", 1)?;
    let stride = only(args, "stride", kernel)?;
    let (padding, dilation) = (only(args, "padding", 0)?, only(args, "dilation", 1)?);
    let up = args.flag("ceil_mode", false)?;
    args.flag("return_indices", false)?;
    let room = n + 2 * padding - dilation * (kernel - 1) - 1;
    let mut count = if up { room.div_ceil(stride) } else { room / stride } + 1;
    if up && (count - 1) * stride >= n + padding {
        count -= 1; // No window begins in the padding behind.
    }
    let place = |(i, j): (usize, usize)| (i * stride + j * dilation).checked_sub(padding).unwrap_or(n).min(n);
    windows(x, &Array2::from_shape_fn((count, kernel), place))
}

/// Windows that cover the axis: as many as asked for, of sizes that differ by no more than they must.
fn adaptive_max_pool<'t>(args: &mut Args<'t>) -> Answers<'t> {
    let x = args.input()?;
    let n = x.shape()[x.ndim() - 1];
    let count = only(args, "output_size", 1)?;
    args.flag("return_indices", false)?;
    let ends = |i: usize| (i * n / count, ((i + 1) * n).div_ceil(count));
    let widest = (0..count).map(|i| ends(i).1 - ends(i).0).max().unwrap_or(0);
    let place = |(i, j): (usize, usize)| if ends(i).0 + j < ends(i).1 { ends(i).0 + j } else { n };
    windows(x, &Array2::from_shape_fn((count, widest), place))
}
