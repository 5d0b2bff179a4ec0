//! Losses.

use super::args::{Answer, Arg, Args, Kind, Tensor, Trouble, unsupported};
use wengert::{CrossEntropy, Reduction, Var};

type V<'t> = Var<'t, f64>;

/// Losses with an argument `reduction`.
pub fn apply<'t>(name: &str, args: &mut Args<'t>) -> Option<Answer<'t>> {
    Some(match name {
        "mse_loss" => distance(args, V::square),
        "l1_loss" => distance(args, V::abs),
        "cross_entropy" => cross_entropy(args),
        "nll_loss" => likelihood(args),
        "linear_cross_entropy" => linear_cross_entropy(args),
        "multi_margin_loss" => multi_margin(args),
        _ => return None,
    })
}

fn reduce<'t>(loss: V<'t>, args: &mut Args<'t>) -> Answer<'t> {
    let ([size_average, reduce], reduction) =
        (["size_average", "reduce"].map(|name| args.named(name)), args.named("reduction"));
    if !matches!((size_average, reduce), (Arg::None, Arg::None)) {
        return unsupported("`size_average` and `reduce`, which PyTorch has given up");
    }
    match reduction {
        Arg::None => Ok(loss.mean()),
        Arg::Text(text) if text == "mean" => Ok(loss.mean()),
        Arg::Text(text) if text == "sum" => Ok(loss.sum()),
        Arg::Text(text) if text == "none" => Ok(loss),
        other => unsupported(format!("reduction {other:?}")),
    }
}

fn distance<'t>(args: &mut Args<'t>, f: fn(V<'t>) -> V<'t>) -> Answer<'t> {
    let (x, target) = (args.input()?, args.tensor("target")?);
    reduce(f(x.try_sub(target)?), args)
}

/// What both losses of labels take besides.
#[derive(Clone, Copy)]
struct How<'t> {
    weights: Option<V<'t>>,
    ignored: Option<i64>,
    smoothing: f64,
    reduction: Reduction,
}

fn how<'t>(args: &mut Args<'t>) -> Result<How<'t>, Trouble> {
    let weights = args.optional("weight")?;
    for given_up in ["size_average", "reduce"] {
        if !matches!(args.named(given_up), Arg::None) {
            return unsupported(format!("`{given_up}`, which PyTorch has given up"));
        }
    }
    let ignored = match args.named("ignore_index") {
        Arg::None => Some(-100),
        ignored => i64::try_from(ignored.int("ignore_index")?).ok(),
    };
    let reduction = match args.named("reduction") {
        Arg::None => Reduction::Mean,
        Arg::Text(text) if text == "mean" => Reduction::Mean,
        Arg::Text(text) if text == "sum" => Reduction::Sum,
        Arg::Text(text) if text == "none" => Reduction::Each,
        other => return unsupported(format!("reduction {other:?}")),
    };
    Ok(How { weights, ignored, smoothing: args.named_number("label_smoothing", 0.0)?, reduction })
}

/// PyTorch's axis of classes: the second, or the only one.
fn class_axis(x: V<'_>) -> usize {
    usize::from(x.ndim() > 1)
}

fn cross_entropy<'t>(args: &mut Args<'t>) -> Answer<'t> {
    let (x, target) = (args.input()?, args.take("target"));
    let how = how(args)?;
    of_target(x, &target, how, args)
}

/// By labels, or by probabilities that stand along the axis of classes.
fn of_target<'t>(x: V<'t>, target: &Arg<'t>, how: How<'t>, args: &Args<'t>) -> Answer<'t> {
    let axis = class_axis(x);
    let target = match target {
        Arg::Tensor(Tensor { var, kind: Kind::Integer }) => {
            let How { weights, ignored, smoothing, reduction } = how;
            let how = CrossEntropy { axis: axis.cast_signed(), ignored, weights, smoothing, reduction };
            return Ok(x.try_cross_entropy_by(*var, how)?);
        }
        target => target.tensor("target", args.tape)?,
    };
    if how.smoothing != 0.0 {
        return unsupported("probabilities that are smoothed");
    }
    let mut log = x.try_log_softmax(axis)?;
    if let Some(weights) = how.weights {
        let mut along = vec![1; x.ndim()];
        along[axis] = weights.len();
        log = log.try_mul(weights.try_reshape(along)?)?;
    }
    let terms = -target.try_mul(log)?.try_sum_axis(axis)?;
    Ok(match how.reduction {
        Reduction::Mean => terms.mean(),
        Reduction::Sum => terms.sum(),
        _ => terms,
    })
}

/// Minus the logarithm at each label, which the input holds already.
fn likelihood<'t>(args: &mut Args<'t>) -> Answer<'t> {
    let (x, target) = (args.input()?, args.take("target"));
    let How { weights, ignored, smoothing: _, reduction } = how(args)?;
    let Arg::Tensor(Tensor { var: labels, kind: Kind::Integer }) = target else {
        return unsupported("targets that are no labels");
    };
    #[allow(clippy::cast_precision_loss, clippy::float_cmp)]
    // Both are whole; a label that is not exact is none.
    if let Some(ignored) = ignored
        && labels.value().iter().any(|label| *label == ignored as f64)
    {
        return unsupported("labels that are ignored");
    }
    let axis = class_axis(x);
    let terms = -x.try_take_along(axis, labels.try_unsqueeze(axis)?)?.try_squeeze(axis)?;
    let weights = weights.map(|weights| weights.try_take(0, labels)).transpose()?;
    let terms = weights.map_or(Ok(terms), |weights| terms.try_mul(weights))?;
    Ok(match (reduction, weights) {
        (Reduction::Sum, _) => terms.sum(),
        (Reduction::Mean, Some(weights)) => terms.sum().try_div(weights.sum())?,
        (Reduction::Mean, None) => terms.mean(),
        _ => terms,
    })
}

/// Logits by a matrix whose first axes are classes and places; what it is cut into has no meaning here.
fn linear_cross_entropy<'t>(args: &mut Args<'t>) -> Answer<'t> {
    let (x, matrix, target) = (args.input()?, args.tensor("linear_weight")?, args.take("target"));
    args.named("options");
    let bias = args.optional("linear_bias")?;
    let shape = matrix.shape();
    let (width, outer) = shape.split_last().ok_or_else(|| Trouble::Unsupported("no matrix".into()))?;
    let rows: Vec<usize> = x.shape()[..x.ndim() - 1].iter().chain(outer).copied().collect();
    let flat = matrix.try_reshape([matrix.len() / width, *width])?;
    let logits = x.try_matmul(flat.t())?.try_reshape(rows)?;
    let logits = bias.map_or(Ok(logits), |bias| logits.try_add(bias))?;
    let how = how(args)?;
    of_target(logits, &target, how, args)
}

/// How far each other class comes within 1 of the label's.
#[allow(clippy::cast_precision_loss)] // Nothing has 2⁵³ classes.
fn multi_margin<'t>(args: &mut Args<'t>) -> Answer<'t> {
    let (x, labels) = (args.input()?, args.tensor("target")?);
    let weights = args.optional("weight")?;
    let [_, classes] = x.shape()[..] else { return unsupported("other than rows of classes") };
    let column = labels.try_unsqueeze(-1)?;
    let margins = (x.try_sub(x.try_take_along(1, column)?)? + 1.0).relu();
    let margins = match weights {
        Some(weights) => margins.try_mul(weights.try_take(0, column)?)?,
        None => margins,
    };
    let own = labels.try_one_hot(classes)?;
    reduce(margins.try_masked_fill(own, 0.0)?.try_sum_axis(1)? / classes as f64, args)
}
