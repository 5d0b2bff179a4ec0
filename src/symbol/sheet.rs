//! All that a row's rule says, on one sheet: what the row computes, and what its cotangent gives each row that it was
//! computed from, seen through what only rearranges, so that it reads as it was written.

use super::expr::{ADJOINT, Expr};
use super::{read, tidy};
use crate::array::Kind;
use crate::prim::{Family, View, Zip};
use crate::tape::{Depends, Var};
use crate::{Float, Tape};
use std::collections::BTreeMap;

/// A derivative of more characters than this is cut short.
const LONG: usize = 120;

/// What is cut out of it has more nodes than this.
const PIECE: usize = 9;

/// An operand without a name is called by its number, if it is computed by more nodes than this.
const OPERAND: usize = 5;

/// Operands that are shown of a row that may have any number.
const OPERANDS: usize = 4;

pub(crate) struct Sheet {
    /// The row, and the expression that it computes.
    pub result: Expr,
    pub formula: Expr,
    /// Whether the row has a name; one that has none is called y, or by its number.
    pub is_named: bool,
    pub lines: Vec<Line>,
    /// Rows to which no derivative flows, since they are constants or the rule gives none.
    pub resting: Vec<Expr>,
    /// How many operands are not shown.
    pub more: usize,
    /// The shapes of what stands for operands.
    pub known: Vec<(Expr, Vec<usize>)>,
    /// Whether a part was too long to be written out.
    pub is_cut: bool,
}

/// What one row is given.
pub(crate) struct Line {
    pub of: Expr,
    /// One for each use.
    pub terms: Vec<Expr>,
    /// What was repeated to the shape of an operand, so that its derivative is a sum.
    pub is_repeated: bool,
}

impl Line {
    /// The cotangent that the line is about.
    pub fn left(&self) -> Expr {
        adjoint(self.of.clone())
    }

    /// All that it is given.
    pub fn right(&self) -> Expr {
        let sum = self.terms.iter().cloned().reduce(|a, b| a.with(Expr::Add, b));
        sum.unwrap_or(Expr::Number(0.0))
    }
}

fn adjoint(of: Expr) -> Expr {
    Expr::call(ADJOINT, vec![of])
}

/// A row's own rule, run on symbols.
pub(crate) fn sheet<T: Float>(row: Var<'_, T>, called: &dyn Fn(Var<'_, T>) -> String) -> Option<Sheet> {
    written(row, called, true)
}

/// As [`sheet`], of this row alone: each operand goes by what it is called, and nothing is seen through.
pub(crate) fn sheet_alone<T: Float>(row: Var<'_, T>, called: &dyn Fn(Var<'_, T>) -> String) -> Option<Sheet> {
    written(row, called, false)
}

fn written<T: Float>(
    row: Var<'_, T>,
    called: &dyn Fn(Var<'_, T>) -> String,
    sees_through: bool,
) -> Option<Sheet> {
    let tape = Tape::<T>::symbolic();
    let mut planting = Planting {
        tape: &tape,
        called,
        sees_through,
        rows: BTreeMap::new(),
        seen: Vec::new(),
        leaves: Vec::new(),
        under: BTreeMap::new(),
    };
    let all = row.operands();
    // Of a row with very many operands, the first few are enough to see the rule.
    let shown = if row.prim().arity().is_none() { all.len().min(OPERANDS) } else { all.len() };
    let (operands, more) = (&all[..shown], all.len() - shown);
    let affine = matches!(row.prim().0, Family::Zip(Zip::Add | Zip::Sub));
    let symbols: Vec<Var<'_, T>> = operands.iter().map(|operand| planting.plant(*operand, affine)).collect();
    let Planting { seen, leaves, .. } = planting;
    let out = tape.try_apply(&row.prim(), &symbols).ok()?;

    let own = (row.name().is_some() || !sees_through).then(|| called(row));
    let taken = |name: &str| leaves.iter().any(|leaf| leaf.expr.mentions(name));
    let name = own.clone().unwrap_or_else(|| if taken("y") { format!("%{}", row.row()) } else { "y".into() });
    let result = Expr::symbol(&name, &out.shape());
    let mut stand_ins: Vec<(usize, Expr)> =
        leaves.iter().map(|leaf| (leaf.symbol, leaf.expr.clone())).collect();
    let repeats = matches!(&row.prim().0, Family::View(_));
    let formula = told(&read::expression(out, &stand_ins, ""), repeats);
    if own.is_some() {
        stand_ins.push((out.row(), result.clone()));
    }

    // The reverse sweep through the row, and what was seen through.
    let d = tape.symbol(&name, &out.shape(), Kind::Real, Depends::Varying);
    stand_ins.push((d.row(), adjoint(result.clone())));
    let mut given: BTreeMap<usize, Vec<Var<'_, T>>> = BTreeMap::from([(out.row(), vec![d])]);
    let through = std::iter::once(out.row()).chain(seen.into_iter().rev());
    for at in through {
        let (Some(terms), Ok(at)) = (given.remove(&at), tape.try_var(at)) else { continue };
        let operands = at.operands();
        for cotangent in terms {
            at.prim().pull_back(&operands, at, cotangent, |wrt, term| {
                given.entry(operands[wrt].row()).or_default().push(term);
            });
        }
    }
    let mut sheet = Sheet {
        result,
        formula,
        is_named: own.is_some(),
        lines: Vec::new(),
        resting: Vec::new(),
        more,
        known: leaves.iter().map(|leaf| (leaf.expr.clone(), leaf.shape.clone())).collect(),
        is_cut: false,
    };
    for leaf in &leaves {
        let terms = given.remove(&leaf.symbol).unwrap_or_default();
        if terms.is_empty() {
            if !matches!(leaf.expr, Expr::Number(_)) {
                sheet.resting.push(leaf.expr.clone());
            }
            continue;
        }
        let terms: Vec<Expr> = terms
            .into_iter()
            .map(|term| {
                let expr = told(&read::expression(term, &stand_ins, &name), true);
                let cut = if super::told(&expr).chars().count() > LONG {
                    cut(&expr, &leaves)
                } else {
                    expr.clone()
                };
                sheet.is_cut |= cut != expr || expr.mentions_cut();
                cut
            })
            .collect();
        sheet.lines.push(Line { of: leaf.expr.clone(), terms, is_repeated: leaf.is_repeated });
    }
    Some(sheet)
}

/// A row of the symbolic tape of which nothing is known.
struct Leaf {
    symbol: usize,
    expr: Expr,
    shape: Vec<usize>,
    is_repeated: bool,
}

/// Puts operands on the symbolic tape.
struct Planting<'s, 't, 'r, T: Float> {
    tape: &'s Tape<T>,
    called: &'r dyn Fn(Var<'t, T>) -> String,
    /// Whether what only rearranges is seen through, and short operands are written out.
    sees_through: bool,
    /// Those that are there already, by their rows.
    rows: BTreeMap<usize, Var<'s, T>>,
    /// Rows that are seen through, in order.
    seen: Vec<usize>,
    leaves: Vec<Leaf>,
    /// The leaf under a row that is seen through, if it is the only one.
    under: BTreeMap<usize, usize>,
}

impl<'s, 't, T: Float> Planting<'s, 't, '_, T> {
    /// A row: by what it was made of, if it has no name and only rearranges (or, in a sum, is a product of matrices).
    fn plant(&mut self, row: Var<'t, T>, affine: bool) -> Var<'s, T> {
        if let Some(symbol) = self.rows.get(&row.row()) {
            return *symbol;
        }
        let symbol = self.planted(row, affine);
        self.rows.insert(row.row(), symbol);
        symbol
    }

    fn planted(&mut self, row: Var<'t, T>, affine: bool) -> Var<'s, T> {
        if let (Some(number), Kind::Real) = (row.constant_number(), row.kind()) {
            return self.tape.constant(number).broadcast_to(row.shape());
        }
        let is_seen_through = match &row.prim().0 {
            _ if !self.sees_through || row.name().is_some() || row.operands().is_empty() => false,
            Family::View(view) => match view.as_ref() {
                View::Broadcast(_) => true,
                View::Permute(order) => swaps(order),
                // The shapes that a product of matrices asks for.
                View::Reshape(shape) => shape
                    .iter()
                    .filter(|n| **n != 1)
                    .eq(row.operands()[0].shape().iter().filter(|n| **n != 1)),
                _ => false,
            },
            Family::Dot(_) => affine,
            _ => false,
        };
        if is_seen_through {
            let operands: Vec<Var<'s, T>> =
                row.operands().iter().map(|operand| self.plant(*operand, false)).collect();
            if let Ok(symbol) = self.tape.try_apply(&row.prim(), &operands) {
                self.seen.push(symbol.row());
                if let [operand] = operands[..] {
                    let leaf = self.under.get(&operand.row()).copied().unwrap_or(operand.row());
                    self.under.insert(symbol.row(), leaf);
                    let repeats = matches!(&row.prim().0, Family::View(view) if matches!(view.as_ref(), View::Broadcast(_)));
                    if let Some(leaf) = self.leaves.iter_mut().find(|other| other.symbol == leaf) {
                        leaf.is_repeated |= repeats;
                    }
                }
                return symbol;
            }
        }
        let mut name = (self.called)(row);
        if self
            .leaves
            .iter()
            .any(|leaf| matches!(&leaf.expr, Expr::Symbol { name: other, .. } if *other == name))
        {
            name = format!("{name}%{}", row.row());
        }
        let symbol = self.tape.symbol(&name, &row.shape(), row.kind(), row.depends());
        let expr = match read::operand(row) {
            _ if !self.sees_through => Expr::symbol(&name, &row.shape()),
            Expr::Symbol { shape, .. } => Expr::Symbol { name, shape },
            expr if expr.size() > OPERAND => Expr::symbol(&name, &row.shape()),
            expr => told(&expr, true),
        };
        self.leaves.push(Leaf { symbol: symbol.row(), expr, shape: row.shape(), is_repeated: false });
        symbol
    }
}

fn swaps(order: &[usize]) -> bool {
    read::swaps_the_last(order)
}

/// As a book has it. Repetition is what formulas of elements take for granted; a derivative shows it.
fn told(expr: &Expr, repetition: bool) -> Expr {
    let expr = tidy::tidy(&tidy::as_written(&tidy::tidy(expr)));
    if repetition { expr } else { without_repetition(&expr) }
}

fn without_repetition(expr: &Expr) -> Expr {
    match expr {
        Expr::Call { name, operands, .. } if name == "repeat" => without_repetition(&operands[0]),
        _ => expr.map(&without_repetition),
    }
}

/// The same with long parts, in which no cotangent is, left out.
fn cut(expr: &Expr, leaves: &[Leaf]) -> Expr {
    if expr.has_adjoint() {
        return expr.map(&|part| cut(part, leaves));
    }
    if expr.size() <= PIECE {
        return expr.clone();
    }
    let of = leaves.iter().filter(|leaf| match &leaf.expr {
        Expr::Symbol { name, .. } => expr.mentions(name),
        _ => false,
    });
    Expr::call("…", of.map(|leaf| leaf.expr.clone()).collect())
}
