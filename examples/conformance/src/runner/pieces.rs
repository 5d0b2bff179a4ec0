//! Operations with a list of results: parts of a tensor, and grids.

use super::args::{Answers, Arg, Args, unsupported};
use super::torch::axis;
use wengert::Var;

type V<'t> = Var<'t, f64>;

/// What cuts a tensor along an axis, and grids of coordinates.
pub fn apply<'t>(name: &str, args: &mut Args<'t>) -> Option<Answers<'t>> {
    Some(match name {
        "chunk" => chunk(args),
        "split" | "split_with_sizes" => split(args),
        "tensor_split" => tensor_split(args),
        "meshgrid" => meshgrid(args),
        _ => return None,
    })
}

/// Parts from each of these places to the next.
fn cut<'t>(x: V<'t>, axis: usize, ends: &[usize]) -> Answers<'t> {
    let n = x.shape()[axis];
    let parts = ends.windows(2).map(|ends| {
        let (start, end) = (ends[0].min(n), ends[1].min(n));
        Ok(x.try_narrow(axis, start, end.saturating_sub(start))?)
    });
    parts.collect()
}

/// The places from 0 to n by steps of `size`.
fn steps(n: usize, size: usize) -> Vec<usize> {
    let size = size.max(1);
    (0..n.max(1)).step_by(size).chain([n]).collect()
}

fn chunk<'t>(args: &mut Args<'t>) -> Answers<'t> {
    let x = args.input()?;
    let count = args.size("chunks")?;
    let axis = axis(args.int_or("dim", 0)?, x.ndim())?;
    let n = x.shape()[axis];
    cut(x, axis, &steps(n, n.div_ceil(count.max(1))))
}

/// By one size for all parts, or a list of sizes.
fn split<'t>(args: &mut Args<'t>) -> Answers<'t> {
    let x = args.input()?;
    let sizes = args.take("split_size_or_sections");
    let axis = axis(args.int_or("dim", 0)?, x.ndim())?;
    let n = x.shape()[axis];
    let Arg::List(_) = sizes else {
        return cut(x, axis, &steps(n, sizes.places_of("split_size", 0)?[0]));
    };
    let sizes = sizes.places_of("sections", 0)?;
    let ends: Vec<usize> = std::iter::once(0)
        .chain(sizes.iter().scan(0, |end, size| {
            *end += size;
            Some(*end)
        }))
        .collect();
    cut(x, axis, &ends)
}

/// Into so many parts, the first of which are longer if they cannot be equal; or at these places.
fn tensor_split<'t>(args: &mut Args<'t>) -> Answers<'t> {
    let x = args.input()?;
    let at = args.take("indices_or_sections");
    let axis = axis(args.int_or("dim", 0)?, x.ndim())?;
    let n = x.shape()[axis];
    let ends: Vec<usize> = if let Arg::List(_) = at {
        std::iter::once(0).chain(at.places_of("indices", n)?).chain([n]).collect()
    } else {
        let parts = at.places_of("sections", 0)?[0];
        (0..=parts).map(|i| i * (n / parts) + i.min(n % parts)).collect()
    };
    cut(x, axis, &ends)
}

/// Each vector along an axis of its own; by `xy` the first two are swapped.
fn meshgrid<'t>(args: &mut Args<'t>) -> Answers<'t> {
    let tape = args.tape;
    let swapped = match args.named("indexing") {
        Arg::Text(text) if text == "xy" => true,
        Arg::Text(text) if text == "ij" => false,
        other => return unsupported(format!("indexing {other:?}")),
    };
    let mut vectors: Vec<V<'t>> = Vec::new();
    for arg in args.rest() {
        let list = if let Arg::List(list) = arg { list } else { vec![arg] };
        for item in list {
            let item = item.tensor("tensors", tape)?;
            vectors.push(item.try_reshape([item.len()])?);
        }
    }
    let mut axes: Vec<usize> = (0..vectors.len()).collect();
    if swapped && axes.len() > 1 {
        axes.swap(0, 1);
    }
    let mut shape = vec![1; axes.len()];
    for (vector, axis) in vectors.iter().zip(&axes) {
        shape[*axis] = vector.len();
    }
    let grid = vectors.iter().zip(&axes).map(|(vector, axis)| {
        let mut along = vec![1; shape.len()];
        along[*axis] = vector.len();
        Ok(vector.try_reshape(along)?.try_broadcast_to(shape.as_slice())?)
    });
    grid.collect()
}
