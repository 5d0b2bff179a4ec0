//! Derivations with a mistake in them, to be told from the right one: mistakes that the examiner names, made in a rule's
//! formula.

use super::expr::ADJOINT;
use super::sheet::{Line, Sheet};
use super::{Expr, shapes, tidy};
use std::cell::Cell;

/// A change of one node of a formula.
type Change = fn(&Expr, &Of<'_>) -> Option<Expr>;

/// Mistakes that depend on what a formula is built of.
const BUILT: [(&str, Change); 6] = [
    ("Transposed", transposed),
    ("OperandsSwapped", factors_swapped),
    ("SumMissing", |expr, of| of.summed(expr).cloned()),
    ("MeanForSum", mean),
    ("MaskInverted", mask_inverted),
    ("MaskMissing", mask_missing),
];

/// What a formula is of.
struct Of<'s> {
    /// The cotangent that arrives.
    cotangent: Expr,
    /// What is given something.
    operand: &'s Expr,
    known: &'s [(Expr, Vec<usize>)],
}

/// What a line of a rule could be taken to say: each with the mistake's name, which is one of `check::Mistake`, and the
/// most telling first.
pub(crate) fn mistakes(line: &Line, sheet: &Sheet) -> Vec<(&'static str, Expr)> {
    let right = line.right();
    let of = Of {
        cotangent: Expr::call(ADJOINT, vec![sheet.result.clone()]),
        operand: &line.of,
        known: &sheet.known,
    };
    // One symbol for the other, whichever is there.
    let exchanged = |a: &Expr, b: &Expr| {
        let other = replaced(&right, a, b);
        if other == right { replaced(&right, b, a) } else { other }
    };
    let mut found = vec![("PathLost", line.terms.first().cloned())];
    found.extend(BUILT.map(|(mistake, change)| (mistake, changed(&right, &|expr| change(expr, &of)))));
    match of.known {
        // A mask that chooses is no operand that another could stand for.
        [(a, _), (b, _)] if !has_choice(&right) => found.push(("WrongOperand", Some(exchanged(a, b)))),
        [(a, _)] => found.push(("WrongPoint", Some(exchanged(a, &sheet.result)))),
        _ => {}
    }
    let alone = |expr: &Expr| (*expr == of.cotangent).then_some(Expr::Number(1.0));
    found.extend([
        ("FactorMissing", (!is_handed_on(&right)).then(|| of.cotangent.clone())),
        ("Sign", Some(right.clone().one(Expr::Neg))),
        ("CotangentIgnored", changed(&right, &alone)),
        ("Factor", Some(Expr::Number(2.0).with(Expr::Mul, right.clone()))),
    ]);
    let mut seen = vec![super::told(&right)];
    let told = |expr: Expr| tidy::tidy(&tidy::as_written(&tidy::tidy(&expr)));
    let mut is_new = |expr: &Expr| {
        let text = super::told(expr);
        let is_new = !seen.contains(&text);
        seen.push(text);
        is_new
    };
    let found = found.into_iter().filter_map(|(mistake, expr)| Some((mistake, told(expr?))));
    found.filter(|(_, expr)| is_new(expr)).collect()
}

impl Of<'_> {
    /// How many elements there are, if the shape is a plain one.
    fn size(&self, expr: &Expr) -> Option<usize> {
        match shapes(expr, self.known) {
            Some(Expr::Symbol { shape, .. }) => Some(shape.iter().product()),
            _ => None,
        }
    }

    /// Whether transposing it, or moving it about in a product, makes a difference.
    fn is_matrix(&self, expr: &Expr) -> bool {
        self.size(expr) != Some(1)
    }

    /// What a sum is of, if that has more elements than the sum.
    fn summed<'e>(&self, expr: &'e Expr) -> Option<&'e Expr> {
        match expr {
            Expr::Call { name, operands, .. } if name == "sum" => {
                operands.first().filter(|summed| self.size(summed) != self.size(self.operand))
            }
            _ => None,
        }
    }
}

/// The transpose of a factor is lost, or put where none is due.
fn transposed(expr: &Expr, of: &Of<'_>) -> Option<Expr> {
    let Expr::MatMul(a, b) = expr else {
        return match expr {
            Expr::Transpose(inner) if of.is_matrix(inner) => Some(*inner.clone()),
            _ => None,
        };
    };
    let product = |a: &Expr, b: &Expr| Some(a.clone().with(Expr::MatMul, b.clone()));
    let turned = |expr: &Expr| expr.clone().one(Expr::Transpose);
    match (&**a, &**b) {
        (Expr::Transpose(inner), b) if of.is_matrix(inner) => product(inner, b),
        (a, Expr::Transpose(inner)) if of.is_matrix(inner) => product(a, inner),
        (a, b) if of.is_matrix(b) && *b != of.cotangent => product(a, &turned(b)),
        (a, b) if of.is_matrix(a) => product(&turned(a), b),
        _ => None,
    }
}

fn factors_swapped(expr: &Expr, of: &Of<'_>) -> Option<Expr> {
    match expr {
        Expr::MatMul(a, b) if of.is_matrix(a) && of.is_matrix(b) => Some(Expr::MatMul(b.clone(), a.clone())),
        _ => None,
    }
}

fn mean(expr: &Expr, of: &Of<'_>) -> Option<Expr> {
    of.summed(expr)?;
    match expr {
        Expr::Call { operands, how, .. } => {
            Some(Expr::Call { name: "mean".into(), operands: operands.clone(), how: how.clone() })
        }
        _ => None,
    }
}

/// The operands of a choice: mask, what it chooses, what it does not.
fn choice(expr: &Expr) -> Option<[&Expr; 3]> {
    match expr {
        Expr::Call { name, operands, .. } if name == "select" => {
            operands.iter().collect::<Vec<_>>().try_into().ok()
        }
        _ => None,
    }
}

fn mask_inverted(expr: &Expr, _: &Of<'_>) -> Option<Expr> {
    let [mask, chosen, other] = choice(expr)?;
    Some(Expr::call("select", [mask, other, chosen].map(Expr::clone).to_vec()))
}

fn mask_missing(expr: &Expr, _: &Of<'_>) -> Option<Expr> {
    choice(expr)?.into_iter().find(|operand| operand.has_adjoint()).cloned()
}

fn has_choice(expr: &Expr) -> bool {
    choice(expr).is_some() || expr.parts().into_iter().any(has_choice)
}

/// Whether what arrives is handed on with another sign, rearranged or added up at most.
fn is_handed_on(expr: &Expr) -> bool {
    match expr {
        Expr::Neg(a) | Expr::Transpose(a) => is_handed_on(a),
        Expr::Call { name, .. } if name == ADJOINT => true,
        Expr::Call { operands, .. } => matches!(&operands[..], [operand] if is_handed_on(operand)),
        _ => false,
    }
}

/// The expression with the first of its nodes changed that can be.
fn changed(expr: &Expr, change: &dyn Fn(&Expr) -> Option<Expr>) -> Option<Expr> {
    fn walk(expr: &Expr, change: &dyn Fn(&Expr) -> Option<Expr>, done: &Cell<bool>) -> Expr {
        if done.get() {
            return expr.clone();
        }
        if let Some(other) = change(expr) {
            done.set(true);
            return other;
        }
        expr.map(&|part| walk(part, change, done))
    }
    let done = Cell::new(false);
    let other = walk(expr, change, &done);
    done.get().then_some(other)
}

/// The expression with one symbol for another, but not in what a cotangent is of.
fn replaced(expr: &Expr, from: &Expr, to: &Expr) -> Expr {
    match expr {
        _ if expr == from => to.clone(),
        Expr::Call { name, .. } if name == ADJOINT => expr.clone(),
        _ => expr.map(&|part| replaced(part, from, to)),
    }
}

#[cfg(test)]
mod tests {
    use super::super::{sheet_alone, told};
    use super::*;
    use crate::{Tape, Var};

    /// The mistakes of the first line of a row's rule, as text.
    fn of(row: Var<'_, f64>) -> Vec<(&'static str, String)> {
        let sheet = sheet_alone(row, &|row| row.name().map_or("y".into(), |name| name.to_string())).unwrap();
        mistakes(&sheet.lines[0], &sheet).into_iter().map(|(mistake, expr)| (mistake, told(&expr))).collect()
    }

    #[test]
    fn mistakes_are_those_that_people_make() {
        let tape = Tape::<f64>::new();
        let [a, b] = ["a", "b"].map(|name| tape.leaf(name, [[1.0, 2.0], [3.0, 4.0]]));
        let text = |row| {
            let told =
                of(row).into_iter().map(|(mistake, text)| format!("{mistake} {}", text.replace(" ⊙ ", "⊙")));
            told.collect::<Vec<_>>()
        };
        let product = ["Transposed dy·b", "OperandsSwapped bᵀ·dy", "WrongOperand dy·aᵀ", "FactorMissing dy"];
        assert_eq!(text(a.matmul(b))[..4], product);
        assert_eq!(text(a * b)[..2], ["WrongOperand dy⊙a", "FactorMissing dy"]);
        assert_eq!(text(a * a)[..2], ["PathLost dy⊙a", "WrongPoint 2·dy⊙y"]);
        assert_eq!(text(a.sin())[..2], ["WrongPoint dy⊙cos(y)", "FactorMissing dy"]);
        assert_eq!(text(a + b)[1..], ["CotangentIgnored 1", "Factor 2·dy"]);
        let row = tape.leaf("r", [[1.0, 2.0]]).broadcast_to([3, 2]);
        assert_eq!(text(row)[..2], ["SumMissing dy", "MeanForSum mean(dy, axis 0)"]);
        // A sum of one element is its mean, and a number its transpose.
        let one = tape.leaf("o", [1.0, 2.0]).broadcast_to([1, 2]);
        assert!(of(one).iter().all(|(mistake, _)| !mistake.contains("Sum")), "{:?}", of(one));
        let number = tape.leaf("n", [[2.0]]);
        assert!(
            of(number.matmul(number))
                .iter()
                .all(|(mistake, _)| !["Transposed", "OperandsSwapped"].contains(mistake))
        );
    }

    /// Each bears a name of the examiner's, and none says what is right.
    #[cfg(feature = "check")]
    #[test]
    fn every_mistake_is_one_of_the_examiners() {
        use crate::check::Mistake::{
            CotangentIgnored, Factor, FactorMissing, MaskInverted, MaskMissing, MeanForSum, OperandsSwapped,
            PathLost, Sign, SumMissing, Transposed, WrongOperand, WrongPoint,
        };
        let named = [
            CotangentIgnored,
            Factor,
            FactorMissing,
            MaskInverted,
            MaskMissing,
            MeanForSum,
            OperandsSwapped,
            PathLost,
            Sign,
            SumMissing,
            Transposed,
            WrongOperand,
            WrongPoint,
        ]
        .map(|mistake| format!("{mistake:?}"));
        let mut lines = 0;
        for prim in crate::Prim::all().into_iter().filter(|prim| prim.arity().is_some_and(|n| n > 0)) {
            let tape = Tape::<f64>::new();
            let operands: Vec<Var<'_, f64>> = (0..prim.arity().unwrap_or_default())
                .map(|k| tape.leaf(["a", "b", "c"][k], ndarray::Array2::from_elem((2, 3), 0.5)))
                .collect();
            let Ok(row) = tape.try_apply(&prim, &operands) else { continue };
            let sheet =
                sheet_alone(row, &|row| row.name().map_or("y".into(), |name| name.to_string())).unwrap();
            for line in &sheet.lines {
                let wrong = mistakes(line, &sheet);
                assert!(wrong.len() >= 2, "{}: {wrong:?}", prim.name());
                assert!(wrong.iter().all(|(mistake, _)| named.iter().any(|name| name == mistake)));
                assert!(wrong.iter().all(|(_, expr)| told(expr) != told(&line.right())));
                lines += 1;
            }
        }
        assert!(lines > 20, "{lines}");
    }
}
