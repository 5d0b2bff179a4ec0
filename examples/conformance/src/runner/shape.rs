//! Rearrangements.

use super::args::{Answer, Arg, Args, Trouble, unsupported};
use super::torch::{axes, axis};
use wengert::Var;

type V<'t> = Var<'t, f64>;

/// What keeps all elements, or repeats them.
pub fn apply<'t>(name: &str, args: &mut Args<'t>) -> Option<Answer<'t>> {
    Some(match name {
        "reshape" | "view" => reshape(args),
        "ravel" | "flatten" => flatten(args),
        "expand" | "broadcast_to" => expand(args),
        "permute" => permute(args),
        "transpose" | "swapaxes" | "swapdims" => transpose(args),
        "t" => t(args),
        "squeeze" => squeeze(args),
        "unsqueeze" => unsqueeze(args),
        "flip" => flip(args),
        "fliplr" => args.input().and_then(|x| Ok(x.try_flip(1)?)),
        "flipud" => args.input().and_then(|x| Ok(x.try_flip(0)?)),
        "cat" | "concat" | "concatenate" => cat(args),
        "stack" => stack(args),
        _ => return None,
    })
}

/// The sizes, with -1 replaced by what is left of `len` elements.
fn fill_in(sizes: &[isize], len: usize) -> Result<Vec<usize>, Trouble> {
    let known: usize = sizes.iter().filter_map(|&n| usize::try_from(n).ok()).product();
    let fill = |&n: &isize| match usize::try_from(n) {
        Ok(n) => Ok(n),
        Err(_) if n == -1 && known > 0 => Ok(len / known),
        Err(_) => Err(Trouble::Failed(format!("size {n} has no meaning for {len} elements in {sizes:?}"))),
    };
    sizes.iter().map(fill).collect()
}

fn reshape<'t>(args: &mut Args<'t>) -> Answer<'t> {
    let x = args.input()?;
    let sizes = args.ints("shape")?;
    Ok(x.try_reshape(fill_in(&sizes, x.len())?)?)
}

fn flatten<'t>(args: &mut Args<'t>) -> Answer<'t> {
    let x = args.input()?;
    let at = |arg: Arg<'t>, default| match arg {
        Arg::None => axis(default, x.ndim()),
        dim => axis(dim.int("dim")?, x.ndim()),
    };
    let (first, last) = (at(args.take("start_dim"), 0)?, at(args.take("end_dim"), -1)?);
    let shape = x.shape();
    if shape.is_empty() {
        return Ok(x.try_reshape([1])?);
    }
    let joint = shape[first..=last].iter().product();
    Ok(x.try_reshape([&shape[..first], &[joint], &shape[last + 1..]].concat())?)
}

fn expand<'t>(args: &mut Args<'t>) -> Answer<'t> {
    let x = args.input()?;
    let sizes = args.ints("size")?;
    args.named("implicit");
    let shape = x.shape();
    let Some(added) = sizes.len().checked_sub(shape.len()) else {
        return Err(Trouble::Failed(format!("{sizes:?} has fewer axes than the tensor")));
    };
    let size = |(i, &n): (usize, &isize)| match usize::try_from(n) {
        Ok(n) => Ok(n),
        Err(_) if n == -1 && i >= added => Ok(shape[i - added]),
        Err(_) => Err(Trouble::Failed(format!("size {n} has no meaning in {sizes:?}"))),
    };
    Ok(x.try_broadcast_to(sizes.iter().enumerate().map(size).collect::<Result<Vec<_>, _>>()?)?)
}

fn permute<'t>(args: &mut Args<'t>) -> Answer<'t> {
    let x = args.input()?;
    Ok(x.try_permute(args.ints("dims")?.as_slice())?)
}

fn transpose<'t>(args: &mut Args<'t>) -> Answer<'t> {
    let x = args.input()?;
    let (a, b) = (axis(args.int("dim0")?, x.ndim())?, axis(args.int("dim1")?, x.ndim())?);
    if x.ndim() == 0 { Ok(x) } else { Ok(x.try_swap_axes(a.cast_signed(), b.cast_signed())?) }
}

fn t<'t>(args: &mut Args<'t>) -> Answer<'t> {
    let x = args.input()?;
    if x.ndim() > 2 { unsupported("t() of more than two axes") } else { Ok(x.t()) }
}

/// Axes that have another size than 1 stay.
fn squeeze<'t>(args: &mut Args<'t>) -> Answer<'t> {
    let x = args.input()?;
    let shape = x.shape();
    let named = match args.take("dim") {
        Arg::None => (0..shape.len()).collect(),
        Arg::List(list) if list.is_empty() => Vec::new(),
        dim => axes(&dim, x.ndim())?,
    };
    let units: Vec<usize> = named.into_iter().filter(|&axis| shape[axis] == 1).collect();
    Ok(x.try_squeeze(units.as_slice())?)
}

fn unsqueeze<'t>(args: &mut Args<'t>) -> Answer<'t> {
    let x = args.input()?;
    Ok(x.try_unsqueeze(args.int("dim")?)?)
}

fn flip<'t>(args: &mut Args<'t>) -> Answer<'t> {
    let x = args.input()?;
    let dims = args.ints("dims")?;
    let axes = dims.iter().map(|&dim| axis(dim, x.ndim())).collect::<Result<Vec<_>, _>>()?;
    if x.ndim() == 0 { Ok(x) } else { Ok(x.try_flip(axes.as_slice())?) }
}

/// Where the axis `dim` or `axis` is, 0 if it is left out.
fn dim(args: &mut Args<'_>) -> Result<isize, Trouble> {
    let dim = match args.take("dim") {
        Arg::None => args.named("axis"),
        dim => dim,
    };
    if matches!(dim, Arg::None) { Ok(0) } else { dim.int("dim") }
}

/// PyTorch lets a tensor of shape (0,) be joined to any other; it adds nothing.
fn cat<'t>(args: &mut Args<'t>) -> Answer<'t> {
    let vars = args.tensors("tensors")?;
    let dim = dim(args)?;
    let ndim = vars.iter().map(|var| var.ndim()).max().unwrap_or(0);
    let joined: Vec<V<'t>> = vars.iter().copied().filter(|var| ndim == 1 || var.shape() != [0]).collect();
    Ok(args.tape.try_concat(dim, &joined)?)
}

fn stack<'t>(args: &mut Args<'t>) -> Answer<'t> {
    let vars = args.tensors("tensors")?;
    let dim = dim(args)?;
    Ok(args.tape.try_stack(dim, &vars)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn minus_one_is_what_is_left() {
        assert_eq!(fill_in(&[5, -1], 30).unwrap(), [5, 6]);
        assert_eq!(fill_in(&[-1, 4], 0).unwrap(), [0, 4]);
        assert_eq!(fill_in(&[], 1).unwrap(), Vec::<usize>::new());
        assert!(fill_in(&[0, -1], 0).is_err());
    }
}
