//! Products of matrices and their relatives.

use super::args::{Answer, Arg, Args, Trouble, unsupported};
use super::einsum::Equation;
use ndarray::ArrayD;
use wengert::Var;

type V<'t> = Var<'t, f64>;

/// Everything that sums products.
pub fn apply<'t>(name: &str, args: &mut Args<'t>) -> Option<Answer<'t>> {
    Some(match name {
        "matmul" => product(args, "other", &[]),
        "mm" => product(args, "mat2", &[2, 2]),
        "bmm" => product(args, "mat2", &[3, 3]),
        "mv" => product(args, "vec", &[2, 1]),
        "dot" | "vdot" => product(args, "other", &[1, 1]),
        "inner" => inner(args),
        "outer" | "ger" => outer(args),
        "linear" => linear(args),
        "addmm" => added(args, ["mat1", "mat2"], false),
        "addmv" => added(args, ["mat", "vec"], false),
        "addr" => added(args, ["vec1", "vec2"], false),
        "baddbmm" => added(args, ["batch1", "batch2"], false),
        "addbmm" => added(args, ["batch1", "batch2"], true),
        "einsum" => einsum(args),
        _ => return None,
    })
}

/// A matrix product, of these numbers of axes if any are given.
fn product<'t>(args: &mut Args<'t>, second: &str, ndims: &[usize]) -> Answer<'t> {
    let (a, b) = (args.input()?, args.tensor(second)?);
    if !ndims.is_empty() && [a.ndim(), b.ndim()] != ndims {
        return unsupported(format!("operands of {} and {} axes", a.ndim(), b.ndim()));
    }
    Ok(a.try_matmul(b)?)
}

fn inner<'t>(args: &mut Args<'t>) -> Answer<'t> {
    let (a, b) = (args.input()?, args.tensor("other")?);
    match (a.ndim(), b.ndim()) {
        (0, _) | (_, 0) => Ok(a.try_mul(b)?),
        (_, 1) => Ok(a.try_matmul(b)?),
        (_, 2) => Ok(a.try_matmul(b.t())?),
        _ => unsupported("inner with more than two axes on the right"),
    }
}

fn outer<'t>(args: &mut Args<'t>) -> Answer<'t> {
    let (a, b) = (args.input()?, args.tensor("vec2")?);
    if a.ndim() == 1 && b.ndim() == 1 {
        Ok(a.try_outer(b)?)
    } else {
        unsupported("outer of other than vectors")
    }
}

/// The weight may be a vector; the bias may be left out.
fn linear<'t>(args: &mut Args<'t>) -> Answer<'t> {
    let (x, weight) = (args.input()?, args.tensor("weight")?);
    let out = x.try_matmul(weight.t())?;
    match args.optional("bias")? {
        Some(bias) => Ok(out.try_add(bias)?),
        None => Ok(out),
    }
}

/// β · input + α · (a × b), the products summed over the batch if so named.
fn added<'t>(args: &mut Args<'t>, operands: [&str; 2], over_batch: bool) -> Answer<'t> {
    let input = args.input()?;
    let (a, b) = (args.tensor(operands[0])?, args.tensor(operands[1])?);
    let [beta, alpha] = ["beta", "alpha"].map(|name| args.named_number(name, 1.0));
    let product = if operands[0] == "vec1" { a.try_outer(b)? } else { a.try_matmul(b)? };
    let product = if over_batch { product.try_sum_axis(0)? } else { product };
    let scaled = product * alpha?;
    match beta? {
        // Then PyTorch does not look at the input, be it NaN; only at its shape.
        0.0 => Ok(scaled.try_add(ArrayD::zeros(input.shape()))?),
        beta => Ok((input * beta).try_add(scaled)?),
    }
}

/// `einsum(equation, *operands)`, `einsum(operands, equation)` as PyTorch's sample inputs write it, and
/// `einsum(operand, labels, …, labels)` with lists of numbers.
fn einsum<'t>(args: &mut Args<'t>) -> Answer<'t> {
    let tape = args.tape;
    let mut equation = match args.named("equation") {
        Arg::Text(text) => Some(text),
        _ => None,
    };
    let (mut operands, mut labels): (Vec<V<'t>>, Vec<Vec<isize>>) = (Vec::new(), Vec::new());
    for arg in args.rest() {
        match arg {
            Arg::Text(text) => equation = Some(text),
            Arg::List(list) if equation.is_some() || operands.is_empty() || list.iter().any(is_tensor) => {
                for item in list {
                    operands.push(item.tensor("operands", tape)?);
                }
            }
            Arg::List(list) => labels.push(Arg::List(list).ints("labels")?),
            single => operands.push(single.tensor("operands", tape)?),
        }
    }
    let ranks: Vec<usize> = operands.iter().map(|operand| operand.ndim()).collect();
    let equation = match equation {
        Some(text) => Equation::parse(&text, &ranks),
        None => Equation::from_lists(&labels, &ranks),
    };
    Ok(equation.map_err(Trouble::Unsupported)?.evaluate(&operands)?)
}

fn is_tensor(arg: &Arg<'_>) -> bool {
    matches!(arg, Arg::Tensor(_))
}
