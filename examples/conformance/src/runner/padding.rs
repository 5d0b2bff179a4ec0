//! Margins and enlargements whose elements are looked up along each axis.

use super::args::{Answer, Arg, Args, unsupported};
use wengert::Var;

type V<'t> = Var<'t, f64>;

/// `pad` and the interpolations that take the nearest.
pub fn apply<'t>(name: &str, args: &mut Args<'t>) -> Option<Answer<'t>> {
    Some(match name {
        "pad" | "constant_pad_nd" => pad(args, name == "constant_pad_nd"),
        "upsample_nearest" => nearest(args, false),
        "interpolate" => match args.named("mode") {
            Arg::Text(mode) if mode == "nearest" => nearest(args, false),
            Arg::Text(mode) if mode == "nearest-exact" => nearest(args, true),
            mode => unsupported(format!("mode {mode:?}")),
        },
        _ => return None,
    })
}

/// `pad` is listed from the last axis on, two margins each; a negative margin is cut off.
fn pad<'t>(args: &mut Args<'t>, constant: bool) -> Answer<'t> {
    let x = args.input()?;
    let margins = args.take("pad").ints("pad")?;
    let mode = if constant { "constant".into() } else { args.text("mode", "constant")? };
    let value = args.number("value", 0.0)?;
    let mut out = x;
    for (i, ends) in margins.chunks_exact(2).enumerate() {
        let axis = x.ndim() - 1 - i;
        let n = x.shape()[axis].cast_signed();
        let places = -ends[0]..n + ends[1];
        out = match mode.as_str() {
            "constant" => {
                let wide = |margin: isize| margin.max(0).unsigned_abs();
                let mut all = vec![(0, 0); x.ndim()];
                all[axis] = (wide(ends[0]), wide(ends[1]));
                let start = (-ends[0]).max(0).unsigned_abs();
                out.try_pad_with(all, value)?.try_narrow(axis, start, places.len())?
            }
            "reflect" => {
                let turn = |place: isize| if place < 0 { -place } else { (n - 1) - (n - 1 - place).abs() };
                out.try_take(axis, places.map(turn).collect::<Vec<_>>())?
            }
            "replicate" => {
                out.try_take(axis, places.map(|place| place.clamp(0, n - 1)).collect::<Vec<_>>())?
            }
            "circular" => out.try_take(axis, places.map(|place| place.rem_euclid(n)).collect::<Vec<_>>())?,
            other => return unsupported(format!("mode {other}")),
        };
    }
    Ok(out)
}

/// Along each axis but the first two, the element that a new one lies in; by `exact` its middle.
#[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss)] // Below n.
fn nearest<'t>(args: &mut Args<'t>, exact: bool) -> Answer<'t> {
    let x = args.input()?;
    let axes = x.ndim() - 2;
    let each = |arg: Arg<'t>| match arg {
        Arg::List(list) => list,
        single => vec![single; axes],
    };
    let (sizes, factors) = (args.take("size"), args.take("scale_factor"));
    args.named("align_corners");
    let recomputed = matches!(args.named("recompute_scale_factor"), Arg::Bool(true));
    let (sized, all) = match (sizes, factors) {
        (Arg::None, factors) => (false, each(factors)),
        (sizes, _) => (true, each(sizes)),
    };
    let mut out: V<'t> = x;
    for (i, number) in all.iter().enumerate() {
        let n = x.shape()[i + 2];
        let Arg::Number(number) = *number else { return unsupported("neither a size nor a factor") };
        let size = if sized { number as usize } else { (n as f64 * number) as usize };
        let step = if sized || recomputed { n as f64 / size as f64 } else { number.recip() };
        let half = if exact { 0.5 } else { 0.0 };
        let places: Vec<usize> =
            (0..size).map(|j| (((j as f64 + half) * step) as usize).min(n.saturating_sub(1))).collect();
        out = out.try_take(i + 2, places)?;
    }
    Ok(out)
}
