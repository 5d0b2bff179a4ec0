//! What PyTorch's names mean, said in the engine's operations.
//!
//! The tables are by subject; each takes its arguments in PyTorch's order and under its names.

use super::args::{Answers, Arg, Args, Trouble, unsupported};
use super::{
    algebra, diagonal, elementwise, indexing, loss, masked, order, padding, pieces, reduce, scatter, shape,
};

/// Calls an operation, which has one result or several. Arguments that it does not know stay untaken.
pub fn evaluate<'t>(op: &str, args: &mut Args<'t>) -> Answers<'t> {
    // `torch.nn.functional.linear` and `special.expm1` are known by their last name.
    let name = op.rsplit('.').next().unwrap_or(op);
    let several = if op.starts_with("masked.") { None } else { order::several(name, args) };
    if let Some(results) = several.or_else(|| pieces::apply(name, args)) {
        return results;
    }
    let result = if op.starts_with("masked.") { Some(masked::apply(name, args)) } else { None };
    let result = result
        .or_else(|| elementwise::unary(name, args))
        .or_else(|| elementwise::binary(name, args))
        .or_else(|| elementwise::activation(name, args))
        .or_else(|| reduce::apply(name, args))
        .or_else(|| shape::apply(name, args))
        .or_else(|| indexing::apply(name, args))
        .or_else(|| algebra::apply(name, args))
        .or_else(|| loss::apply(name, args))
        .or_else(|| order::apply(name, args))
        .or_else(|| diagonal::apply(name, args))
        .or_else(|| scatter::apply(name, args))
        .or_else(|| padding::apply(name, args))
        .or_else(|| masked::beside(name, args));
    match result {
        Some(result) => Ok(vec![result?]),
        None => unsupported(format!("operation `{op}` is not known")),
    }
}

/// An axis as PyTorch counts it, where a number passes for an array of one axis.
pub fn axis(dim: isize, ndim: usize) -> Result<usize, Trouble> {
    let axes = ndim.max(1);
    let from_start = if dim < 0 { dim.checked_add_unsigned(axes) } else { Some(dim) };
    from_start
        .and_then(|dim| usize::try_from(dim).ok())
        .filter(|&dim| dim < axes)
        .ok_or_else(|| Trouble::Failed(format!("dim {dim} does not exist in an array of {ndim} axes")))
}

/// The axes that an argument `dim` names; all of them for `None` and the empty list. Of a number, none.
pub fn axes(dim: &Arg<'_>, ndim: usize) -> Result<Vec<usize>, Trouble> {
    let named = match dim {
        Arg::None => Vec::new(),
        dim => dim.ints("dim")?,
    };
    if ndim == 0 {
        return named.iter().try_for_each(|&dim| axis(dim, 0).map(drop)).map(|()| Vec::new());
    }
    if named.is_empty() {
        return Ok((0..ndim).collect());
    }
    named.into_iter().map(|dim| axis(dim, ndim)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_has_one_axis_to_name_and_none_to_reduce() {
        assert!(axes(&Arg::Number(-1.0), 0).unwrap().is_empty());
        assert!(axes(&Arg::Number(1.0), 0).is_err());
    }

    #[test]
    fn none_and_the_empty_list_are_all_axes() {
        assert_eq!(axes(&Arg::None, 2).unwrap(), [0, 1]);
        assert_eq!(axes(&Arg::List(vec![]), 2).unwrap(), [0, 1]);
        assert_eq!(axes(&Arg::List(vec![Arg::Number(-1.0)]), 2).unwrap(), [1]);
    }
}
