//! How far two correct results may lie apart: a running error bound over the rows of a tape.
//!
//! A double-precision operation returns its exact result times 1 + δ with |δ| ≤ u = 2⁻⁵³. To first
//! order, a row's error is therefore at most
//!
//! > Σ over its operands of |∂row/∂operand| · (the operand's error) + its own rounding,
//!
//! which is J. H. Wilkinson's *running error analysis* (N. J. Higham, *Accuracy and Stability of
//! Numerical Algorithms*, 2002, §3.3), and a tape is made for it: the engine's own forward rule of
//! a row gives the first part. Gradients are rows too, so that the same pass bounds them. The own
//! rounding is u·|row| for a correctly rounded operation, [`LIBRARY`] times that for a function of
//! the mathematics library, `n`·u·Σ|terms| for a sum of `n` terms in whatever order, and 0 where
//! elements are only moved, chosen or compared: there the comparison is exact.

use ndarray::ArrayD;
use wengert::{Kind, Tape, Var};

/// The unit roundoff of double precision.
pub const UNIT: f64 = f64::EPSILON / 2.0;

/// Errors of the exponential and its kind, in units of u·|result|: vector libraries promise one unit
/// in the last place, which is at most 2u, and functions made of two of them (`logistic`, `rsqrt`) add
/// up to twice that.
pub const LIBRARY: f64 = 4.0;

/// For each row, for each element, a bound of its rounding error.
///
/// Records rows of its own, behind those that it looks at.
pub fn bounds(tape: &Tape<f64>) -> Vec<ArrayD<f64>> {
    let rows: Vec<_> = tape.vars().collect();
    let mut bounds: Vec<ArrayD<f64>> = Vec::with_capacity(rows.len());
    for row in rows {
        bounds.push(bound(row, &bounds));
    }
    bounds
}

fn bound(row: Var<'_, f64>, before: &[ArrayD<f64>]) -> ArrayD<f64> {
    let operands = row.operands();
    let mut error = own_rounding(row);
    for (i, operand) in operands.iter().enumerate() {
        let arriving = &before[operand.row()];
        let seen = operands[..i].iter().any(|earlier| earlier.row() == operand.row());
        if !seen && arriving.iter().any(|&e| e != 0.0) {
            error += &carried(row, *operand, arriving);
        }
    }
    error
}

/// |∂row/∂operand| · error.
fn carried(row: Var<'_, f64>, operand: Var<'_, f64>, error: &ArrayD<f64>) -> ArrayD<f64> {
    let operands = row.operands();
    let tape = row.tape();
    if row.prim().name() == "matmul" {
        // The rule's product has signs, and could cancel.
        let factor = |var: Var<'_, f64>| {
            let value = if var.row() == operand.row() { error.clone() } else { var.value().mapv(f64::abs) };
            tape.constant(value)
        };
        return factor(operands[0]).matmul(factor(operands[1])).value().into_owned();
    }
    // Every other operand rests: a tangent is given for each row once.
    let mut seeds = vec![(operand, tape.constant(error))];
    for var in operands.into_iter().filter(|var| var.kind() == Kind::Real) {
        if seeds.iter().all(|(seeded, _)| seeded.row() != var.row()) {
            seeds.push((var, tape.constant(ArrayD::zeros(var.shape()))));
        }
    }
    row.jvp(seeds).value().mapv(f64::abs)
}

/// What the operation itself adds.
fn own_rounding(row: Var<'_, f64>) -> ArrayD<f64> {
    let operands = row.operands();
    let sizes = |units: f64| row.value().mapv(|x| units * UNIT * x.abs());
    match row.prim().name() {
        "input" | "constant" | "detach" | "neg" | "abs" | "sign" | "max" | "maximum" | "minimum"
        | "select" | "gt" | "ge" | "lt" | "le" | "eq" | "ne" | "reshape" | "permute" | "broadcast"
        | "slice" | "pad" | "concat" | "flip" | "take" | "take_along" | "indices" | "mask" | "argmax"
        | "argmin" | "argsort" | "searchsorted" | "to_indices" => ArrayD::zeros(row.shape()),
        // Counts of what a mask chooses are whole.
        "sum" if operands[0].kind() == Kind::Mask => ArrayD::zeros(row.shape()),
        "add" | "sub" | "mul" | "div" | "sqrt" | "reciprocal" => sizes(1.0),
        name @ ("sum" | "cumsum" | "scatter_add" | "scatter_add_along") => {
            let sizes = operands[0].tape().constant(operands[0].value().mapv(f64::abs));
            let sum = row.jvp([(operands[0], sizes)]).value();
            let results = if name == "sum" { row.len().max(1) } else { 1 };
            sum.mapv(|sum| count(operands[0].len() / results) * UNIT * sum)
        }
        "prod" => sizes(count(operands[0].len() / row.len().max(1))),
        "matmul" => {
            let [a, b] = [operands[0], operands[1]];
            let inner = a.shape().last().copied().unwrap_or(1);
            a.abs().matmul(b.abs()).value().mapv(|sum| count(inner) * UNIT * sum)
        }
        _ => sizes(LIBRARY),
    }
}

#[allow(clippy::cast_precision_loss)] // Nothing has 2⁵³ elements.
fn count(n: usize) -> f64 {
    n as f64
}

/// What PyTorch's own formula adds to the bound of a result, where it is known to lose more than the engine's.
///
/// It takes `gelu` as `x · (1 + erf(x / √2)) / 2`, where 1 + erf cancels for x < 0: of the sum, u·1 is lost, and so
/// u·|x| of the result.
pub fn of_pytorchs_result(op: &str, input: &ArrayD<f64>) -> Option<ArrayD<f64>> {
    op.ends_with("gelu").then(|| input.mapv(|x| 2.0 * UNIT * x.abs()))
}

/// What PyTorch's own formula adds to the bound of this gradient, where it is known to lose more than
/// the engine's. That of `gelu` has the same sum, 1 + erf, as its value.
///
/// It takes the gradient of `logsumexp` as `grad * exp(self - result)` (`logsumexp_backward` in its
/// `FunctionsManual.cpp`), where the rounding of `result`, u·|result|, becomes a relative error.
/// The engine's rows subtract the exact maximum instead.
pub fn of_pytorch(op: &str, out: &ArrayD<f64>, gradient: &ArrayD<f64>) -> ArrayD<f64> {
    let result = out.iter().filter(|x| x.is_finite()).fold(0.0_f64, |top, x| top.max(x.abs()));
    let relative = if op.ends_with("logsumexp") { UNIT * result } else { 0.0 };
    // The cotangents of the reference's cases are normal draws: none is beyond 8.
    let absolute = if op.ends_with("gelu") { 2.0 * UNIT * 8.0 } else { 0.0 };
    gradient.mapv(|g| if g.is_finite() { relative * g.abs() + absolute } else { 0.0 })
}
