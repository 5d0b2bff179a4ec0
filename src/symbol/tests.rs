//! Every rule can be read, and what is read is what runs.

use super::{Expr, rule};
use crate::{Prim, Tape, Var};
use std::collections::HashMap;

/// A row of each primitive, on operands with names, for a first operand of this shape.
fn rows<'t>(tape: &'t Tape<f64>, shape: &[usize], prim: &Prim) -> Option<Var<'t, f64>> {
    let indices = prim.index_operand(shape);
    let arity = prim.arity().unwrap_or(2);
    let n: usize = shape.iter().product();
    let operand = |i: usize| {
        let name = ["a", "b", "c"][i];
        match &indices {
            Some(index) if index.operand == i => {
                let count = index.shape.iter().product();
                let places = (0..count).map(|place| place % index.bound.max(1));
                let places = ndarray::ArrayD::from_shape_vec(index.shape.clone(), places.collect()).unwrap();
                if arity == 1 {
                    tape.leaf(name, places.mapv(|place| f64::from(u32::try_from(place).unwrap())))
                } else {
                    tape.indices(name, places)
                }
            }
            _ => {
                let numbers = (0..n).map(|k| 0.3 + 0.2 * f64::from(u32::try_from(k + 3 * i).unwrap()));
                tape.leaf(name, ndarray::ArrayD::from_shape_vec(shape.to_vec(), numbers.collect()).unwrap())
            }
        }
    };
    let mut operands: Vec<Var<'t, f64>> = (0..arity).map(operand).collect();
    if prim.name() == "matmul" {
        operands[1] = operands[1].t().value().into_owned_leaf(tape);
    }
    if prim.name().starts_with("scatter_add_along") || prim.name() == "searchsorted" {
        return tape.try_apply(prim, &operands).ok();
    }
    (arity > 0).then(|| tape.try_apply(prim, &operands).ok())?
}

trait IntoLeaf {
    fn into_owned_leaf(self, tape: &Tape<f64>) -> Var<'_, f64>;
}

impl IntoLeaf for ndarray::ArcArray<f64, ndarray::IxDyn> {
    fn into_owned_leaf(self, tape: &Tape<f64>) -> Var<'_, f64> {
        tape.leaf("b", self.into_owned())
    }
}

#[test]
fn every_primitive_can_be_read() {
    let mut seen = 0;
    for prim in Prim::all() {
        let tape = Tape::new();
        let Some(row) = rows(&tape, &[2, 3], &prim) else {
            assert_eq!(prim.arity(), Some(0), "no row of {}", prim.name());
            continue;
        };
        seen += 1;
        for wrt in 0..row.operands().len() {
            let Some(equation) = rule(row, wrt) else { continue };
            let text = equation.to_string();
            assert!(text.contains("dy"), "{}: {text}", prim.name());
            assert!(!text.contains('%') && !text.contains("NaN"), "{}: {text}", prim.name());
        }
    }
    assert!(seen > 60, "{seen}");
}

#[test]
fn rules_read_as_a_book_has_them() {
    let tape = Tape::<f64>::new();
    let [x, w] = ["x", "w"].map(|name| tape.leaf(name, [0.5, 1.5]));
    let [a, b] =
        [("A", (30, 14)), ("W", (6, 14))].map(|(name, shape)| tape.leaf(name, ndarray::Array2::zeros(shape)));
    let read = |row: Var<'_, f64>, wrt: usize| rule(row, wrt).unwrap().to_string();
    let slope = |row: Var<'_, f64>| rule(row, 0).unwrap().slope().unwrap().to_string();
    assert_eq!(slope(x.tanh()), "1 − tanh(x)²");
    assert_eq!(slope(x.logistic()), "σ(x)·(1 − σ(x))");
    assert_eq!(slope((x * w).tanh()), "1 − tanh(x·w)²");
    assert_eq!(slope(x.exp()), "exp(x)");
    assert_eq!(slope(x.log()), "1/x");
    assert_eq!(slope(x.cos()), "−sin(x)");
    assert_eq!(slope(x.erf()), "2/√π·exp(−x²)");
    assert_eq!(slope(x.pow(3.0)), "3·x²");
    assert_eq!(slope(x.sqrt()), "1/(2·√x)");
    assert_eq!(read(x * w, 0), "dx = dy·w");
    assert_eq!(read(x / w, 1), "dw = −dy·(x/w²)");
    assert_eq!(read(x - w, 1), "dw = −dy");
    let z = a.matmul(b.t()).named("Z");
    assert_eq!(read(z, 0), "dA = dZ·W   (30×14) = (30×6)·(6×14)");
    assert_eq!(read(z, 1), "dWᵀ = Aᵀ·dZ   (14×6) = (14×30)·(30×6)");
}

/// The value of an expression of numbers; `None` for what is no elementwise function.
fn value(expr: &Expr, of: &HashMap<&str, f64>) -> Option<f64> {
    let at = |expr: &Expr| value(expr, of);
    Some(match expr {
        Expr::Symbol { name, .. } => *of.get(name.as_str())?,
        Expr::Number(x) => *x,
        Expr::Neg(a) => -at(a)?,
        Expr::Add(a, b) => at(a)? + at(b)?,
        Expr::Sub(a, b) => at(a)? - at(b)?,
        Expr::Mul(a, b) => at(a)? * at(b)?,
        Expr::Div(a, b) => at(a)? / at(b)?,
        Expr::Pow(a, b) => at(a)?.powf(at(b)?),
        Expr::MatMul(..) | Expr::Transpose(_) => return None,
        Expr::Call { name, operands, .. } => {
            let operands = operands.iter().map(at).collect::<Option<Vec<f64>>>()?;
            let [x, y] = [operands[0], operands.get(1).copied().unwrap_or(f64::NAN)];
            let logistic = |x: f64| 1.0 / (1.0 + (-x).exp());
            match name.as_str() {
                "Φ" => 0.5 * (1.0 + Tape::new().leaf("x", x / std::f64::consts::SQRT_2).erf().item()),
                "φ" => (-x * x / 2.0).exp() / (2.0 * std::f64::consts::PI).sqrt(),
                "select" => {
                    if x == 0.0 {
                        operands[2]
                    } else {
                        y
                    }
                }
                "logistic" => logistic(x),
                // Any other is the library's own function of that name.
                _ => {
                    let prim = Prim::all().into_iter().find(|prim| prim.name() == name)?;
                    let tape = Tape::new();
                    let operands: Vec<_> = operands.iter().map(|x| tape.leaf("x", *x)).collect();
                    tape.try_apply(&prim, &operands).ok()?.item()
                }
            }
        }
    })
}

/// The formula, evaluated, is what the rule gives.
#[test]
fn what_is_read_is_what_runs() {
    let mut seen = 0;
    for prim in Prim::fitting(&[]) {
        let arity = prim.arity().unwrap_or(0);
        if arity == 0 || prim.kernel::<f64>().is_none() {
            continue;
        }
        for (a, b, c) in [(0.7, 1.9, 0.4), (1.6, 0.3, 2.5), (0.2, 0.2, 1.1)] {
            let tape = Tape::new();
            let numbers = [("a", a), ("b", b), ("c", c)];
            let operands: Vec<_> = numbers[..arity].iter().map(|(name, x)| tape.leaf(name, *x)).collect();
            let row = tape.apply(&prim, &operands);
            for wrt in 0..arity {
                let (Some(equation), d) = (rule(row, wrt), tape.leaf("dy", 1.3)) else { continue };
                let real = row.prim().vjp(wrt, &operands, row, d).unwrap().item();
                let mut of: HashMap<&str, f64> = numbers.into_iter().collect();
                of.insert("dy", 1.3);
                let Some(read) = value(&equation.right, &of) else {
                    panic!("{} has no value: {equation}", prim.name())
                };
                assert!(
                    (read - real).abs() <= 1e-12 * (1.0 + real.abs()),
                    "{}: {equation}: {read} for {real}",
                    prim.name()
                );
                seen += 1;
            }
        }
    }
    assert!(seen > 100, "{seen}");
}
