//! Rows of a tape, read as an expression.

use super::Expr;
use super::expr::times;
use crate::Float;
use crate::array::Kind;
use crate::prim::{Family, View};
use crate::tape::Var;

/// Beyond this many nodes an operand is called by its number.
const LONG: usize = 9;

/// Beyond this many nodes a part of a rule is not written out.
const LONGEST: usize = 60;

/// What a row is called: by its name, or its number.
pub(super) fn name<T: Float>(row: Var<'_, T>) -> String {
    row.name().map_or_else(|| format!("%{}", row.row()), |name| name.to_string())
}

/// What stands for an operand of a rule: its name; where it has none, what it is computed from, if that is short.
pub(super) fn operand<T: Float>(row: Var<'_, T>) -> Expr {
    let symbol = Expr::symbol(&name(row), &row.shape());
    if row.name().is_some() || row.kind() != Kind::Real {
        return symbol;
    }
    if let Some(number) = row.constant_number() {
        return Expr::Number(number.to_f64());
    }
    match short(row, LONG) {
        Some(expr) => super::tidy::tidy(&expr),
        None => symbol,
    }
}

/// The expression that a row computes, down to named rows, if it has at most so many nodes.
fn short<T: Float>(row: Var<'_, T>, most: usize) -> Option<Expr> {
    if row.name().is_some() {
        return Some(Expr::symbol(&name(row), &row.shape()));
    }
    if let Some(number) = row.constant_number() {
        return Some(Expr::Number(number.to_f64()));
    }
    let operands = row.operands();
    if operands.is_empty() || most <= operands.len() {
        return None;
    }
    let parts = operands.iter().map(|part| short(*part, most - 1)).collect::<Option<Vec<_>>>()?;
    let expr = node(row, &parts);
    (expr.size() <= most).then_some(expr)
}

/// The expression that a row of a symbolic tape stands for, in which `cotangent` is always seen. Rows are read once,
/// however often they are used.
pub(super) fn expression<T: Float>(row: Var<'_, T>, stand_ins: &[(usize, Expr)], cotangent: &str) -> Expr {
    let mut read: Vec<Option<Expr>> = vec![None; row.row() + 1];
    for of in row.tape().vars().take(row.row() + 1) {
        let at = of.row();
        read[at] = Some(if let Some((_, stand_in)) = stand_ins.iter().find(|(other, _)| *other == at) {
            stand_in.clone()
        } else if let Some(name) = of.name() {
            Expr::symbol(&name, &of.shape())
        } else if of.operands().is_empty() {
            of.constant_number()
                .map_or_else(|| Expr::symbol(&name(of), &of.shape()), |x| Expr::Number(x.to_f64()))
        } else {
            let parts = of.operands().iter().map(|part| read[part.row()].clone()).collect::<Option<Vec<_>>>();
            node(of, &parts.unwrap_or_default())
        });
        // What is long and used again would be written out each time.
        if let Some(expr) = &read[at]
            && expr.size() > LONGEST
            && !expr.mentions(cotangent)
        {
            let parts: Vec<String> = stand_ins.iter().map(|(_, part)| part.to_string()).collect();
            let parts =
                parts.iter().filter(|part| expr.mentions(part)).map(String::as_str).collect::<Vec<_>>();
            read[at] = Some(Expr::symbol(&format!("…({})", parts.join(", ")), &of.shape()));
        }
    }
    read.pop().flatten().unwrap_or(Expr::Number(f64::NAN))
}

/// One row, of parts that are read.
fn node<T: Float>(row: Var<'_, T>, parts: &[Expr]) -> Expr {
    let prim = row.prim();
    let operands = row.operands();
    let how = |how: String| Expr::Call { name: prim.name().into(), operands: parts.to_vec(), how };
    if let Family::View(view) = &prim.0 {
        let first = || parts[0].clone();
        return match view.as_ref() {
            // Repetition is what elementwise formulas take for granted, and so are axes of length 1.
            View::Broadcast(_) if matches!(parts[0], Expr::Number(_)) => first(),
            View::Broadcast(to) => repeated(operands[0], to, first()),
            View::Reshape(shape) if shape.as_ref() == operands[0].shape() => first(),
            // A reduction that keeps its axes, with size 1.
            View::Reshape(shape)
                if is_reduction(&parts[0]) && without_ones(shape) == without_ones(&operands[0].shape()) =>
            {
                first()
            }
            View::Permute(order) if order.iter().enumerate().all(|(i, axis)| i == *axis) => first(),
            View::Permute(order) if swaps_the_last(order) => first().one(Expr::Transpose),
            View::Reshape(shape) => how(format!("to {}", times(shape))),
            View::Permute(order) => how(format!("axes {order:?}")),
            View::Slice(ranges) => {
                let ranges: Vec<String> = ranges.iter().map(ToString::to_string).collect();
                how(ranges.join(", "))
            }
            View::Pad { margins, .. } => {
                let margins: Vec<String> = margins.iter().map(ToString::to_string).collect();
                how(margins.join("; "))
            }
            View::Concat { axis } => how(format!("axis {axis}")),
            View::Flip(axes) => how(along(&axes.iter().collect::<Vec<_>>(), usize::MAX)),
        };
    }
    if let Family::Fold(fold) = &prim.0 {
        let axes: Vec<usize> = fold.axes.iter().collect();
        return if axes.is_empty() { parts[0].clone() } else { how(along(&axes, operands[0].ndim())) };
    }
    let axis = match &prim.0 {
        Family::Index(index) => Some(index.axis()),
        Family::Order(order) => order.axis(),
        _ => None,
    };
    if let Some(axis) = axis {
        return how(format!("axis {axis}"));
    }
    let pair = |make: fn(Box<Expr>, Box<Expr>) -> Expr| match parts {
        [a, b] => a.clone().with(make, b.clone()),
        _ => how(String::new()),
    };
    match prim.name() {
        "add" => pair(Expr::Add),
        "sub" => pair(Expr::Sub),
        "mul" | "azmul" => pair(Expr::Mul),
        "div" | "azdiv" => pair(Expr::Div),
        "pow" => pair(Expr::Pow),
        "matmul" => pair(Expr::MatMul),
        "neg" => parts[0].clone().one(Expr::Neg),
        // Held constant or not, it is the same number.
        "detach" => parts[0].clone(),
        _ => how(String::new()),
    }
}

/// Axes in words; nothing of all that there are.
fn along(axes: &[usize], ndim: usize) -> String {
    let list: Vec<String> = axes.iter().map(ToString::to_string).collect();
    match axes.len() {
        n if n == ndim => String::new(),
        1 => format!("axis {}", list[0]),
        _ => format!("axes {}", list.join(", ")),
    }
}

/// What was broadcast: the opposite of a sum over the same axes.
fn repeated<T: Float>(from: Var<'_, T>, to: &[usize], part: Expr) -> Expr {
    let shape = from.shape();
    let added = to.len() - shape.len();
    let is_new = |axis: &usize| *axis < added || shape[axis - added] != to[*axis];
    let axes: Vec<usize> = (0..to.len()).filter(is_new).collect();
    if axes.is_empty() {
        return part;
    }
    // What was reshaped to have the axes that are repeated, with size 1, is repeated along them.
    let kept = (0..to.len()).filter(|axis| !axes.contains(axis)).map(|axis| to[axis]);
    let gives_axes = matches!(&from.prim().0, Family::View(view) if matches!(view.as_ref(), View::Reshape(_)))
        && from.operands()[0].shape().into_iter().eq(kept);
    let inner = match part {
        Expr::Call { name, mut operands, .. } if name == "reshape" && gives_axes => operands.remove(0),
        other => other,
    };
    Expr::Call { name: "repeat".into(), operands: vec![inner], how: along(&axes, to.len()) }
}

fn is_reduction(part: &Expr) -> bool {
    matches!(part, Expr::Call { name, .. } if matches!(name.as_str(), "sum" | "max" | "prod"))
}

fn without_ones(shape: &[usize]) -> Vec<usize> {
    shape.iter().copied().filter(|n| *n != 1).collect()
}

/// Whether an order of axes exchanges the last two and keeps the others.
pub(super) fn swaps_the_last(order: &[usize]) -> bool {
    let n = order.len();
    n > 1
        && order[..n - 2].iter().enumerate().all(|(i, &axis)| i == axis)
        && (order[n - 2], order[n - 1]) == (n - 1, n - 2)
}
