//! Operations over the elements that a mask chooses: `torch.masked`, and what leaves NaN out.

use super::args::{Answer, Arg, Args, Trouble, unsupported};
use super::elementwise::log_of_sum;
use super::reduce::keep;
use super::torch::{axes, axis};
use wengert::Var;

type V<'t> = Var<'t, f64>;

/// `masked.NAME`, with a mask or without. What is not chosen is filled with what changes nothing.
pub fn apply<'t>(name: &str, args: &mut Args<'t>) -> Answer<'t> {
    const LOW: f64 = f64::NEG_INFINITY;
    match name {
        "sum" => reduction(args, |x, mask, axes| Ok(filled(x, mask, 0.0)?.try_sum_axis(axes)?)),
        "prod" => reduction(args, |x, mask, axes| Ok(filled(x, mask, 1.0)?.try_prod_axis(axes)?)),
        "amax" => reduction(args, |x, mask, axes| Ok(filled(x, mask, LOW)?.try_amax(axes)?)),
        "amin" => reduction(args, |x, mask, axes| Ok(filled(x, mask, -LOW)?.try_amin(axes)?)),
        "mean" => reduction(args, mean),
        "logsumexp" => reduction(args, |x, mask, axes| Ok(filled(x, mask, LOW)?.try_logsumexp(axes)?)),
        "var" => spread(args, false),
        "std" => spread(args, true),
        "norm" => norm(args),
        "cumsum" => along(args, |x, mask, axes| Ok(filled(x, mask, 0.0)?.try_cumsum(axes)?)),
        "softmax" => along(args, |x, mask, axes| Ok(filled(x, mask, LOW)?.try_softmax(axes)?)),
        "softmin" => along(args, |x, mask, axes| Ok(filled(-x, mask, LOW)?.try_softmax(axes)?)),
        "log_softmax" => along(args, |x, mask, axes| Ok(filled(x, mask, LOW)?.try_log_softmax(axes)?)),
        "logaddexp" => logaddexp(args),
        other => unsupported(format!("masked.{other}")),
    }
}

/// What has no mask among its arguments, but is said by one.
pub fn beside<'t>(name: &str, args: &mut Args<'t>) -> Option<Answer<'t>> {
    Some(match name {
        "nansum" => numbers(args, |x, mask, axes| Ok(filled(x, Some(mask), 0.0)?.try_sum_axis(axes)?)),
        "nanmean" => numbers(args, |x, mask, axes| mean(x, Some(mask), axes)),
        "scaled_dot_product_attention" => attention(args),
        _ => return None,
    })
}

type Masked<'t> = fn(V<'t>, Option<V<'t>>, &[usize]) -> Answer<'t>;

fn filled<'t>(x: V<'t>, mask: Option<V<'t>>, value: f64) -> Answer<'t> {
    match mask {
        Some(mask) => Ok(x.try_masked_fill(!mask, value)?),
        None => Ok(x),
    }
}

fn mask<'t>(args: &mut Args<'t>, name: &str) -> Result<Option<V<'t>>, Trouble> {
    match args.named(name) {
        Arg::None => Ok(None),
        mask => mask.tensor(name, args.tape).map(Some),
    }
}

/// How many are chosen over these axes.
fn count<'t>(x: V<'t>, mask: Option<V<'t>>, axes: &[usize]) -> Answer<'t> {
    let ones = x.tape().constant(1.0);
    let ones = match mask {
        Some(mask) => mask.try_select(ones, 0.0)?,
        None => ones,
    };
    Ok(ones.try_broadcast_to(x.shape())?.try_sum_axis(axes)?)
}

fn mean<'t>(x: V<'t>, mask: Option<V<'t>>, axes: &[usize]) -> Answer<'t> {
    Ok(filled(x, mask, 0.0)?.try_sum_axis(axes)?.try_div(count(x, mask, axes)?)?)
}

/// `f(input, dim=None, *, keepdim=False, dtype=None, mask=None)`.
fn reduction<'t>(args: &mut Args<'t>, f: Masked<'t>) -> Answer<'t> {
    let x = args.input()?;
    reduced(x, args, f)
}

fn reduced<'t>(x: V<'t>, args: &mut Args<'t>, f: Masked<'t>) -> Answer<'t> {
    let axes = axes(&args.take("dim"), x.ndim())?;
    let keepdim = args.flag("keepdim", false)?;
    args.dtype()?;
    let mask = mask(args, "mask")?;
    keep(f(x, mask, &axes)?, x, &axes, keepdim)
}

/// `f(input, dim, *, dtype=None, mask=None)`.
fn along<'t>(args: &mut Args<'t>, f: Masked<'t>) -> Answer<'t> {
    let x = args.input()?;
    let axis = axis(args.int("dim")?, x.ndim())?;
    args.dtype()?;
    let mask = mask(args, "mask")?;
    f(x, mask, if x.ndim() == 0 { &[] } else { std::slice::from_ref(&axis) })
}

/// Variance over what is chosen; PyTorch divides by 0 rather than by less.
fn spread<'t>(args: &mut Args<'t>, root: bool) -> Answer<'t> {
    let x = args.input()?;
    let axes = axes(&args.take("dim"), x.ndim())?;
    let keepdim = args.flag("keepdim", false)?;
    let correction = args.named_number("correction", 1.0)?;
    args.dtype()?;
    let mask = mask(args, "mask")?;
    let middle = keep(mean(x, mask, &axes)?, x, &axes, true)?;
    let squares = filled(x.try_sub(middle)?, mask, 0.0)?.square().try_sum_axis(axes.as_slice())?;
    let divisor = (count(x, mask, &axes)? - correction).try_maximum(0.0)?;
    let var = squares.try_div(divisor)?;
    keep(if root { var.sqrt() } else { var }, x, &axes, keepdim)
}

/// Of order 1.
fn norm<'t>(args: &mut Args<'t>) -> Answer<'t> {
    let x = args.input()?;
    match args.take("ord") {
        Arg::Number(1.0) => {
            reduced(x, args, |x, mask, axes| Ok(filled(x, mask, 0.0)?.abs().try_sum_axis(axes)?))
        }
        order => unsupported(format!("norm of order {order:?}")),
    }
}

fn logaddexp<'t>(args: &mut Args<'t>) -> Answer<'t> {
    let (a, b) = (args.input()?, args.tensor("other")?);
    let [of_a, of_b] = ["input_mask", "other_mask"].map(|name| mask(args, name));
    let low = f64::NEG_INFINITY;
    Ok(log_of_sum(filled(a, of_a?, low)?, filled(b, of_b?, low)?)?)
}

/// Over those that are numbers: NaN is not equal to itself.
fn numbers<'t>(args: &mut Args<'t>, f: fn(V<'t>, V<'t>, &[usize]) -> Answer<'t>) -> Answer<'t> {
    let x = args.input()?;
    let axes = axes(&args.take("dim"), x.ndim())?;
    let keepdim = args.flag("keepdim", false)?;
    args.dtype()?;
    keep(f(x, x.try_eq(x)?, &axes)?, x, &axes, keepdim)
}

/// Attention, causal or not: row i looks at columns up to i.
#[allow(clippy::cast_precision_loss)] // Nothing has 2⁵³ elements.
fn attention<'t>(args: &mut Args<'t>) -> Answer<'t> {
    let [query, key, value] = [args.tensor("query")?, args.tensor("key")?, args.tensor("value")?];
    if args.named_number("dropout_p", 0.0)? != 0.0 {
        return unsupported("dropout, whose draws are not in the file");
    }
    let (causal, grouped) = (args.flag("is_causal", false)?, args.flag("enable_gqa", false)?);
    let heads = |var: V<'t>| var.shape()[var.ndim().saturating_sub(3)];
    if grouped && heads(query) != heads(key) {
        return unsupported("groups of heads");
    }
    let width = query.shape()[query.ndim() - 1] as f64;
    let scores = query.try_matmul(key.try_swap_axes(-2, -1)?)? / width.sqrt();
    let (rows, columns) = (scores.shape()[scores.ndim() - 2], scores.shape()[scores.ndim() - 1]);
    let seen =
        causal.then(|| args.tape.causal_mask(rows.max(columns)).narrow(0, 0, rows).narrow(1, 0, columns));
    Ok(filled(scores, seen, f64::NEG_INFINITY)?.try_softmax(-1)?.try_matmul(value)?)
}
