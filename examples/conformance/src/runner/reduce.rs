//! Operations over axes.

use super::args::{Answer, Arg, Args, Trouble, unsupported};
use super::torch::{axes, axis};
use wengert::{Error, Var};

type V<'t> = Var<'t, f64>;
type Over<'t> = fn(V<'t>, &'_ [usize]) -> Result<V<'t>, Error>;

/// Reductions, running sums and what else has an argument `dim`.
pub fn apply<'t>(name: &str, args: &mut Args<'t>) -> Option<Answer<'t>> {
    Some(match name {
        "sum" => plain(args, |x, axes| x.try_sum_axis(axes)),
        "mean" => plain(args, |x, axes| x.try_mean_axis(axes)),
        "prod" => plain(args, |x, axes| x.try_prod_axis(axes)),
        "amax" => plain(args, |x, axes| x.try_amax(axes)),
        "amin" => plain(args, |x, axes| x.try_amin(axes)),
        "logsumexp" => plain(args, |x, axes| x.try_logsumexp(axes)),
        "max" => extreme(args, V::try_max, V::try_maximum),
        "min" => extreme(args, V::try_min, V::try_minimum),
        "var" => spread(args, |x, axes, ddof| x.try_var_axis(axes, ddof)),
        "std" => spread(args, |x, axes, ddof| x.try_std_axis(axes, ddof)),
        "norm" | "vector_norm" => norm(args),
        "cumsum" => along(args, |x, axes| x.try_cumsum(axes)),
        "softmax" => along(args, |x, axes| x.try_softmax(axes)),
        "softmin" => along(args, |x, axes| (-x).try_softmax(axes)),
        "log_softmax" => along(args, |x, axes| x.try_log_softmax(axes)),
        _ => return None,
    })
}

/// The reduced axes kept with size 1, if that is asked for.
pub fn keep<'t>(out: V<'t>, x: V<'t>, axes: &[usize], keepdim: bool) -> Answer<'t> {
    if !keepdim {
        return Ok(out);
    }
    let mut shape = x.shape();
    for &axis in axes {
        shape[axis] = 1;
    }
    Ok(out.try_reshape(shape)?)
}

/// `f(input, dim=None, keepdim=False, *, dtype=None)`.
fn plain<'t>(args: &mut Args<'t>, f: Over<'t>) -> Answer<'t> {
    let x = args.input()?;
    let axes = axes(&args.take("dim"), x.ndim())?;
    let keepdim = args.flag("keepdim", false)?;
    args.dtype()?;
    keep(f(x, &axes)?, x, &axes, keepdim)
}

/// `f(input, dim, *, dtype=None)` of the input's shape. `_stacklevel` has no meaning here.
fn along<'t>(args: &mut Args<'t>, f: Over<'t>) -> Answer<'t> {
    let x = args.input()?;
    let dim = match args.take("dim") {
        Arg::None => return unsupported("`dim` left out, whose meaning depends on the number of axes"),
        dim => dim,
    };
    let axis = axis(dim.int("dim")?, x.ndim())?;
    args.named("_stacklevel");
    args.dtype()?;
    let axes = if x.ndim() == 0 { &[][..] } else { &[axis][..] };
    Ok(f(x, axes)?)
}

/// `max(input)` and `max(input, other)`; `max(input, dim)` has two results.
fn extreme<'t>(
    args: &mut Args<'t>,
    all: fn(V<'t>) -> Result<V<'t>, Error>,
    both: fn(V<'t>, V<'t>) -> Result<V<'t>, Error>,
) -> Answer<'t> {
    let x = args.input()?;
    match (args.take("other"), args.named("dim")) {
        (Arg::None, Arg::None) => Ok(all(x)?),
        (Arg::Tensor(other), Arg::None) => Ok(both(x, other.var)?),
        _ => unsupported("with `dim` there are two results, values and indices"),
    }
}

/// `f(input, dim=None, *, correction=1, keepdim=False)` and its older form with `unbiased`, which may
/// also stand in the place of `dim`.
fn spread<'t>(args: &mut Args<'t>, f: fn(V<'t>, &[usize], f64) -> Result<V<'t>, Error>) -> Answer<'t> {
    let x = args.input()?;
    let first = args.take("dim");
    let (dim, unbiased) = match first {
        Arg::Bool(_) => (Arg::None, first),
        dim => (dim, args.take("unbiased")),
    };
    let axes = axes(&dim, x.ndim())?;
    let keepdim = args.flag("keepdim", false)?;
    let correction = match (unbiased, args.named("correction")) {
        (Arg::None, correction) => number_or(&correction, 1.0)?,
        (Arg::Bool(unbiased), Arg::None) => f64::from(u8::from(unbiased)),
        _ => return unsupported("`unbiased` is not a truth value, or stands beside `correction`"),
    };
    keep(f(x, &axes, correction)?, x, &axes, keepdim)
}

/// The Euclidean norm, and those of order 1, ∞ and −∞.
fn norm<'t>(args: &mut Args<'t>) -> Answer<'t> {
    let x = args.input()?;
    let order = match args.peek() {
        Some(_) => args.take("p"),
        None => match args.named("p") {
            Arg::None => args.named("ord"),
            p => p,
        },
    };
    let axes = axes(&args.take("dim"), x.ndim())?;
    let keepdim = args.flag("keepdim", false)?;
    args.dtype()?;
    let order = match order {
        Arg::Text(text) if text == "fro" => 2.0,
        order => number_or(&order, 2.0)?,
    };
    let axes = axes.as_slice();
    let out = match order {
        2.0 => x.try_norm_axis(axes)?,
        1.0 => x.abs().try_sum_axis(axes)?,
        f64::INFINITY => x.abs().try_amax(axes)?,
        f64::NEG_INFINITY => x.abs().try_amin(axes)?,
        order => return unsupported(format!("norm of order {order}")),
    };
    keep(out, x, axes, keepdim)
}

fn number_or(arg: &Arg<'_>, default: f64) -> Result<f64, Trouble> {
    match arg {
        Arg::None => Ok(default),
        Arg::Number(number) => Ok(*number),
        _ => unsupported("not a number"),
    }
}
