//! Losses.

use super::args::{Answer, Arg, Args, Trouble, unsupported};
use wengert::Var;

type V<'t> = Var<'t, f64>;

/// Losses with an argument `reduction`.
pub fn apply<'t>(name: &str, args: &mut Args<'t>) -> Option<Answer<'t>> {
    Some(match name {
        "mse_loss" => distance(args, V::square),
        "l1_loss" => distance(args, V::abs),
        "cross_entropy" => likelihood(args, true),
        "nll_loss" => likelihood(args, false),
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

/// Minus the logarithm of the probability of each row's class: logits are made logarithms first.
fn likelihood<'t>(args: &mut Args<'t>, logits: bool) -> Answer<'t> {
    let (x, target) = (args.input()?, args.take("target"));
    let [rows, classes] = x.shape()[..] else { return unsupported("scores of other than two axes") };
    let labels: Vec<usize> = target
        .ints("target")?
        .into_iter()
        .map(|label| usize::try_from(label).ok().filter(|&label| label < classes))
        .collect::<Option<_>>()
        .ok_or_else(|| Trouble::Unsupported("labels outside of the classes".into()))?;
    if labels.len() != rows {
        return unsupported("other than one label a row");
    }
    let places: Vec<usize> = labels.iter().enumerate().map(|(row, label)| row * classes + label).collect();
    let log = if logits { x.try_log_softmax(1)? } else { x };
    reduce(-log.try_reshape([x.len()])?.try_take(0, places)?, args)
}
