//! An expression of the shapes of its symbols: `(30×1437)·(1437×64)` of `dZᵀ·A`.

use super::expr::{ADJOINT, Expr, times};

/// The shapes that products of matrices, sums and rearrangements make others of; elementwise functions leave them alone.
/// Nothing of a number. Of some expressions the shape is `known`.
pub(crate) fn shapes(expr: &Expr, known: &[(Expr, Vec<usize>)]) -> Option<Expr> {
    if let Some((_, shape)) = known.iter().find(|(other, _)| other == expr) {
        return Some(Expr::symbol(&times(shape), shape));
    }
    let of = |part: &Expr| shapes(part, known);
    match expr {
        Expr::Number(_) => None,
        Expr::Symbol { shape, .. } => Some(Expr::symbol(&times(shape), shape)),
        Expr::Transpose(a) => Some(match of(a)? {
            Expr::Symbol { mut shape, .. } if shape.len() > 1 => {
                let n = shape.len();
                shape.swap(n - 1, n - 2);
                Expr::symbol(&times(&shape), &shape)
            }
            other => other.one(Expr::Transpose),
        }),
        Expr::MatMul(a, b) => Some(of(a)?.with(Expr::MatMul, of(b)?)),
        Expr::Call { name, operands, .. } if name == ADJOINT => of(operands.first()?),
        Expr::Call { name, operands, how } if !how.is_empty() || is_reduction(name) => {
            let shown = if name == "concat" { operands.len() } else { 1 };
            let operands = operands.iter().take(shown).filter_map(of).map(|operand| match operand {
                // Those of the call are enough.
                Expr::Symbol { name: size, shape } if shape.len() > 1 && name != "slice" => {
                    Expr::symbol(size.trim_matches(['(', ')']), &shape)
                }
                other => other,
            });
            Some(Expr::Call { name: name.clone(), operands: operands.collect(), how: how.clone() })
        }
        _ => {
            let parts: Vec<Expr> = expr.parts().into_iter().filter_map(of).collect();
            let is_plain = |part: &&Expr| matches!(part, Expr::Symbol { .. });
            let longest = parts.iter().filter(is_plain).max_by_key(|part| match part {
                Expr::Symbol { shape, .. } => shape.len(),
                _ => 0,
            });
            parts.iter().find(|part| !is_plain(part)).or(longest).cloned()
        }
    }
}

fn is_reduction(name: &str) -> bool {
    matches!(name, "sum" | "max" | "prod" | "cumsum" | "repeat")
}
