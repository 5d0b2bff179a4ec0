//! Operations on each element.

use super::args::{Answer, Arg, Args, Trouble, unsupported};
use std::f64::consts::{LN_2, LN_10};
use wengert::Var;

type V<'t> = Var<'t, f64>;

/// Functions of one tensor and nothing else.
pub fn unary<'t>(name: &str, args: &mut Args<'t>) -> Option<Answer<'t>> {
    let f: fn(V<'t>) -> V<'t> = match name {
        "abs" | "absolute" => |x| x.abs(),
        "neg" | "negative" => |x| -x,
        "positive" | "clone" | "contiguous" => |x| x,
        "detach" => |x| x.detach(),
        "exp" => |x| x.exp(),
        "exp2" => |x| (x * LN_2).exp(),
        "expm1" => |x| x.expm1(),
        "log" => |x| x.log(),
        "log2" => |x| x.log() / LN_2,
        "log10" => |x| x.log() / LN_10,
        "log1p" => |x| x.log1p(),
        "sin" => |x| x.sin(),
        "cos" => |x| x.cos(),
        "tan" => |x| x.tan(),
        "atan" | "arctan" => |x| x.atan2(1.0),
        "asin" | "arcsin" => |x| x.atan2(((1.0 - x) * (1.0 + x)).sqrt()),
        "acos" | "arccos" => |x| ((1.0 - x) * (1.0 + x)).sqrt().atan2(x),
        "sinh" => |x| (x.expm1() - (-x).expm1()) * 0.5,
        "cosh" => |x| (x.exp() + (-x).exp()) * 0.5,
        "tanh" => |x| x.tanh(),
        "asinh" | "arcsinh" => |x| x.sign() * (x.abs() + (x * x + 1.0).sqrt()).log(),
        "acosh" | "arccosh" => |x| (x + (x * x - 1.0).sqrt()).log(),
        "sqrt" => |x| x.sqrt(),
        "rsqrt" => |x| x.rsqrt(),
        "square" => |x| x.square(),
        "reciprocal" => |x| x.reciprocal(),
        "sign" | "sgn" => |x| x.sign(),
        "erf" => |x| x.erf(),
        "erfc" => |x| 1.0 - x.erf(),
        "sigmoid" | "expit" => |x| x.logistic(),
        "logsigmoid" => |x| -(-x).softplus(),
        "relu" => |x| x.relu(),
        "relu6" => |x| x.clamp(0.0, 6.0),
        "silu" => |x| x.silu(),
        "mish" => |x| x * x.softplus().tanh(),
        "softsign" => |x| x / (x.abs() + 1.0),
        "tanhshrink" => |x| x - x.tanh(),
        "hardswish" => |x| x * (x + 3.0).clamp(0.0, 6.0) / 6.0,
        _ => return None,
    };
    Some(args.input().map(|x| {
        args.named("inplace"); // Rows are never overwritten; value and gradients are the same.
        f(x)
    }))
}

/// Functions of two tensors or more that broadcast, with numbers in place of any.
pub fn binary<'t>(name: &str, args: &mut Args<'t>) -> Option<Answer<'t>> {
    let f: fn(V<'t>, V<'t>) -> Result<V<'t>, wengert::Error> = match name {
        "add" => return Some(scaled(args, V::try_add)),
        "sub" | "subtract" => return Some(scaled(args, V::try_sub)),
        "rsub" => return Some(reversed(args)),
        "div" | "divide" | "true_divide" => return Some(divide(args)),
        "where" => return Some(choose(args)),
        "clamp" | "clip" | "clamp_min" | "clamp_max" => return Some(clamp(name, args)),
        "lerp" | "addcmul" | "addcdiv" => return Some(three(name, args)),
        "mul" | "multiply" => V::try_mul,
        "pow" | "float_power" => V::try_pow,
        "atan2" | "arctan2" => V::try_atan2,
        "maximum" => V::try_maximum,
        "minimum" => V::try_minimum,
        "hypot" => |a, b| Ok(a.square().try_add(b.square())?.sqrt()),
        "logaddexp" => |a, b| log_of_sum(a, b),
        "gt" | "greater" => V::try_gt,
        "ge" | "greater_equal" => V::try_ge,
        "lt" | "less" => V::try_lt,
        "le" | "less_equal" => V::try_le,
        "eq" => V::try_eq,
        "ne" | "not_equal" => V::try_ne,
        _ => return None,
    };
    Some((|| {
        let first = if matches!(name, "pow" | "float_power") { "self" } else { "input" };
        let a = args.tensor(first)?;
        let b = args.tensor(if first == "self" { "exponent" } else { "other" })?;
        Ok(f(a, b)?)
    })())
}

/// log(eᵃ + eᵇ), where the larger of the two is subtracted first.
pub fn log_of_sum<'t>(a: V<'t>, b: V<'t>) -> Result<V<'t>, wengert::Error> {
    let top = a.try_maximum(b)?.detach();
    a.try_sub(top)?.exp().try_add(b.try_sub(top)?.exp())?.log().try_add(top)
}

/// `a + alpha · b` and its like.
fn scaled<'t>(args: &mut Args<'t>, f: fn(V<'t>, V<'t>) -> Result<V<'t>, wengert::Error>) -> Answer<'t> {
    let (a, b) = (args.input()?, args.tensor("other")?);
    match args.named("alpha") {
        Arg::None => Ok(f(a, b)?),
        alpha => Ok(f(a, alpha.tensor("alpha", args.tape)?.try_mul(b)?)?),
    }
}

/// `b − alpha · a`.
fn reversed<'t>(args: &mut Args<'t>) -> Answer<'t> {
    let (a, b) = (args.input()?, args.tensor("other")?);
    let alpha = args.named_number("alpha", 1.0)?;
    Ok(b.try_sub(a * alpha)?)
}

fn divide<'t>(args: &mut Args<'t>) -> Answer<'t> {
    let (a, b) = (args.input()?, args.tensor("other")?);
    match args.named("rounding_mode") {
        Arg::None => Ok(a.try_div(b)?),
        mode => unsupported(format!("rounding_mode {mode:?}: division here does not round to integers")),
    }
}

fn choose<'t>(args: &mut Args<'t>) -> Answer<'t> {
    // As a method the tensor comes first and the condition second; then the condition is the mask.
    let boolean =
        |arg: &Arg<'t>| matches!(arg, Arg::Tensor(tensor) if tensor.kind == super::args::Kind::Bool);
    let (mut mask, mut yes) = (args.take("condition"), args.take("input"));
    if !boolean(&mask) && boolean(&yes) {
        std::mem::swap(&mut mask, &mut yes);
    }
    let no = args.tensor("other")?;
    Ok(mask.tensor("condition", args.tape)?.try_select(yes.tensor("input", args.tape)?, no)?)
}

fn clamp<'t>(name: &str, args: &mut Args<'t>) -> Answer<'t> {
    let x = args.input()?;
    let low = if name == "clamp_max" { None } else { args.optional("min")? };
    let high = if name == "clamp_min" { None } else { args.optional("max")? };
    match (low, high) {
        (Some(low), Some(high)) => Ok(x.try_clamp(low, high)?),
        (Some(low), None) => Ok(x.try_lt(low)?.try_select(low, x)?),
        (None, Some(high)) => Ok(x.try_gt(high)?.try_select(high, x)?),
        (None, None) => unsupported("clamp without bounds"),
    }
}

fn three<'t>(name: &str, args: &mut Args<'t>) -> Answer<'t> {
    let x = args.input()?;
    let [second, third] = if name == "lerp" { ["end", "weight"] } else { ["tensor1", "tensor2"] };
    let (b, c) = (args.tensor(second)?, args.tensor(third)?);
    let value = args.named_number("value", 1.0)?;
    let value = args.tape.constant(value);
    Ok(match name {
        "lerp" => x.try_add(b.try_sub(x)?.try_mul(c)?)?,
        "addcmul" => x.try_add(b.try_mul(c)?.try_mul(value)?)?,
        _ => x.try_add(b.try_div(c)?.try_mul(value)?)?,
    })
}

/// Activations with parameters.
pub fn activation<'t>(name: &str, args: &mut Args<'t>) -> Option<Answer<'t>> {
    let f: fn(V<'t>, &mut Args<'t>) -> Result<V<'t>, Trouble> = match name {
        "gelu" => |x, args| gelu(x, args),
        "softplus" => |x, args| softplus(x, args),
        "leaky_relu" => |x, args| {
            let slope = args.number("negative_slope", 0.01)?;
            args.named("inplace");
            Ok(x.gt(0.0).select(x, x * slope))
        },
        "elu" => |x, args| {
            let [alpha, scale] = [args.number("alpha", 1.0)?, args.number("scale", 1.0)?];
            let slope = args.number("input_scale", 1.0)?;
            Ok(exponential_unit(x, alpha * scale, scale, slope))
        },
        "celu" => |x, args| {
            let alpha = args.number("alpha", 1.0)?;
            Ok(exponential_unit(x, alpha, 1.0, alpha.recip()))
        },
        "selu" => |x, _| {
            let scale = 1.050_700_987_355_480_5;
            Ok(exponential_unit(x, 1.673_263_242_354_377_2 * scale, scale, 1.0))
        },
        "hardtanh" => |x, args| {
            let [low, high] = [args.number("min_val", -1.0)?, args.number("max_val", 1.0)?];
            let outside = x.le(low) + x.ge(high);
            Ok(outside.select(x.detach(), x).clamp(low, high))
        },
        "threshold" => |x, args| {
            let [threshold, value] = [args.number("threshold", 0.0)?, args.number("value", 0.0)?];
            Ok(x.gt(threshold).select(x, value))
        },
        _ => return None,
    };
    Some(args.input().and_then(|x| f(x, args)))
}

fn gelu<'t>(x: V<'t>, args: &mut Args<'t>) -> Answer<'t> {
    match args.text("approximate", "none")?.as_str() {
        "none" => Ok(x.gelu()),
        "tanh" => Ok(x.gelu_tanh()),
        other => unsupported(format!("approximate=`{other}`")),
    }
}

/// log(1 + exp(βx)) / β, and x itself where βx lies above the threshold.
fn softplus<'t>(x: V<'t>, args: &mut Args<'t>) -> Answer<'t> {
    let [beta, threshold] = [args.number("beta", 1.0)?, args.number("threshold", 20.0)?];
    let scaled = x * beta;
    Ok(scaled.gt(threshold).select(x, scaled.softplus() / beta))
}

/// `above · x` for x > 0, else `below · (exp(slope · x) − 1)`.
fn exponential_unit(x: V<'_>, below: f64, above: f64, slope: f64) -> V<'_> {
    let positive = x.gt(0.0);
    let negative = positive.select(0.0, x); // where it is not used, exp must not overflow
    positive.select(x * above, (negative * slope).expm1() * below)
}
