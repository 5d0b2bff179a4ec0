//! The tape as the page is told of it: rows, and the steps of the sweep with what each gives whom.

use super::Player;
use super::rules::Rules;
use super::sample::sample;
use crate::array::Kind;
use crate::error::escaped;
use crate::prim::{Family, View};
use crate::show::formula::{equation, number};
use crate::show::page::{Json, Sources};
use crate::show::text::{elided, name_of};
use crate::symbol::{Expr, mathml, set};
use crate::tape::{Reverse, RowId};
use crate::{Float, Var};
use std::collections::{BTreeMap, HashMap, HashSet};

/// Rows that a page shows of the forward pass; of more, as many from the start as from the end.
const MOST: usize = 20_000;

/// Characters of a name or formula.
const LONG: usize = 200;

/// Operands that are drawn of a row that may have any number.
const OPERANDS: usize = 16;

/// All that the page is told.
pub(super) fn data<T: Float>(player: &Player<'_, T>) -> Json {
    let tape = player.tape;
    let sweep = tape.reverse_sweep(player.root);
    // What was recorded after the sweep has no part in it.
    let forward = sweep.as_ref().map_or(tape.len(), |sweep| sweep.rows.start);
    let end = sweep.as_ref().map_or(forward, |sweep| sweep.rows.end);
    let hidden = if forward > MOST { MOST / 2..forward - MOST / 2 } else { 0..0 };
    let shown = |row: usize| !hidden.contains(&row);

    let steps: Vec<Step<'_, T>> = sweep.iter().flat_map(|sweep| steps(tape.at(sweep.root), sweep)).collect();
    let steps: Vec<Step<'_, T>> =
        steps.into_iter().filter(|step| shown(step.row.row()) && !step.row.operands().is_empty()).collect();
    // What a step that is shown speaks of is there, whoever made it.
    let mut spoken: HashSet<usize> = steps.iter().flat_map(Step::rows).collect();
    spoken.extend(sweep.iter().flat_map(|sweep| [sweep.root.index(), seed(sweep)]));

    let mut rules = Rules::default();
    let mut sources = Sources::new(player.sources.as_deref());
    let mut rows = Vec::new();
    for row in tape.vars().take(end) {
        // Of the sweep's rows those that a row that is shown made.
        let made_by = (row.row() >= forward).then(|| row.origin()).flatten();
        let is_shown = made_by.map_or_else(|| shown(row.row()), |by| shown(by.row()));
        if is_shown || spoken.contains(&row.row()) {
            let rule = made_by.is_none().then(|| rules.of(row)).flatten();
            let written = (made_by.is_none() && ends_call(row)).then(|| Rules::written(row)).flatten();
            rows.push(told(row, rule, written, sources.at(row.location())));
        }
    }
    let mut fields = vec![
        ("title", Json::from(player.title.as_deref().unwrap_or_default())),
        ("numbers", Json::from(T::DTYPE)),
        ("forward", Json::from(forward)),
        ("hidden", Json::list([hidden.start, hidden.end])),
        ("later", Json::from(tape.len() - end)),
        ("rows", Json::List(rows)),
        ("rules", rules.into_json()),
        ("places", sources.into_json()),
    ];
    if let Some(sweep) = &sweep {
        fields.extend([
            ("root", Json::from(sweep.root.index())),
            ("seed", Json::from(seed(sweep))),
            ("steps", Json::List(steps.into_iter().map(Step::into_json).collect())),
        ]);
    }
    if let Some(birth) = tape.first_non_finite().filter(|birth| birth.row() < end) {
        let told = vec![
            ("row", Json::from(birth.row())),
            ("element", Json::list(birth.element().iter().copied())),
            ("cause", Json::from(format!("{:?}", birth.cause()))),
            ("victims", birth.victims().into()),
            ("text", birth.to_string().into()),
        ];
        fields.push(("birth", Json::Object(told)));
    }
    fields.extend(player.language.map(|language| ("language", Json::from(language.code()))));
    Json::Object(fields)
}

/// The row that the sweep started from.
fn seed(sweep: &Reverse) -> usize {
    sweep.cotangents.last().map_or(0, |(_, cotangent)| cotangent.index())
}

/// A row, with names short for there may be many.
fn told<T: Float>(row: Var<'_, T>, rule: Option<usize>, written: Option<Json>, place: usize) -> Json {
    let operands = row.operands();
    let formula = match (operands.is_empty(), row.constant_number()) {
        (true, Some(x)) => number(x),
        _ => elided(equation(row), LONG),
    };
    let mut fields = vec![
        ("r", Json::from(row.row())),
        ("p", Json::from(row.prim().name())),
        ("f", Json::from(formula)),
        ("s", Json::list(row.shape())),
        ("at", Json::from(place)),
        ("v", sample(row)),
    ];
    if let Some(name) = row.name() {
        let set = set(&Expr::symbol(&name_of(&name), &[]));
        fields.extend([("n", elided(escaped(&name), LONG).into()), ("m", mathml(&set).into())]);
    }
    if !operands.is_empty() {
        fields.push(("o", Json::list(operands.iter().take(OPERANDS).map(|operand| operand.row()))));
    }
    if let Family::Fold(fold) = &row.prim().0 {
        fields.push(("axes", Json::list(fold.axes.iter())));
    }
    match row.kind() {
        Kind::Real => {}
        Kind::Index => fields.push(("k", Json::from("index"))),
        Kind::Mask => fields.push(("k", Json::from("mask"))),
    }
    if !row.varies() {
        fields.push(("c", Json::Truth(true)));
    }
    if let Some(by) = row.origin() {
        fields.push(("by", Json::from(by.row())));
    }
    if is_two_sided(row) {
        fields.push(("two", Json::Truth(true)));
    }
    fields.extend(rule.map(|rule| ("rule", Json::from(rule))));
    fields.extend(written.map(|written| ("whole", written)));
    Json::Object(fields)
}

/// Whether it is the last of three rows or more that one call recorded, which the page can show as one.
fn ends_call<T: Float>(row: Var<'_, T>) -> bool {
    let is_same = |other: Option<usize>| {
        let other = other.and_then(|other| row.tape().try_var(other).ok());
        other.is_some_and(|other| other.location() == row.location() && other.origin().is_none())
    };
    let at = row.row();
    is_same(at.checked_sub(1)) && is_same(at.checked_sub(2)) && !is_same(at.checked_add(1))
}

/// Whether all operands were repeated for it, so that every element of one meets every element of another; what the
/// user's own line repeats is meant.
fn is_two_sided<T: Float>(row: Var<'_, T>) -> bool {
    let is_repeated = |operand: &Var<'_, T>| {
        let prim = operand.prim();
        let is_broadcast = matches!(&prim.0, Family::View(view) if matches!(**view, View::Broadcast(_)));
        is_broadcast
            && operand.location() == row.location()
            && operand.constant_number().is_none()
            && operand.operands()[0].len() < operand.len()
    };
    let operands = row.operands();
    operands.len() > 1 && row.prim().kernel::<T>().is_some() && operands.iter().all(is_repeated)
}

/// One row of the sweep's way: what arrives, and what its rule gives.
struct Step<'t, T: Float> {
    row: Var<'t, T>,
    cotangent: RowId,
    given: Vec<Given>,
}

/// What an operand is given.
struct Given {
    operand: RowId,
    term: RowId,
    /// With what it was given before.
    sum: Option<RowId>,
}

impl<T: Float> Step<'_, T> {
    /// The rows whose numbers it shows: those that arrive, leave, and add up.
    fn rows(&self) -> Vec<usize> {
        let tape = self.row.tape();
        let mut rows = vec![self.cotangent.index()];
        for given in &self.given {
            rows.extend([given.operand.index(), given.term.index()]);
            if let Some(sum) = given.sum {
                rows.extend([sum.index(), tape.at(sum).operands()[0].row()]);
            }
        }
        rows
    }

    fn into_json(self) -> Json {
        let row = self.row.row();
        let given = self.given.iter().map(|given| {
            let rows = [Some(given.operand), Some(given.term), given.sum].into_iter().flatten();
            Json::list(rows.map(RowId::index))
        });
        Json::Object(vec![
            ("r", Json::from(row)),
            ("d", Json::from(self.cotangent.index())),
            ("to", Json::List(given.collect())),
        ])
    }
}

/// The steps of a sweep, in its order. Which terms a rule gave is read from the sums, whose operands they are in turn;
/// the first, or only, one of an operand is known by the row whose rule recorded it, or handed on what arrived.
fn steps<'t, T: Float>(root: Var<'t, T>, sweep: &Reverse) -> impl Iterator<Item = Step<'t, T>> {
    let tape = root.tape();
    let cotangents: HashMap<RowId, RowId> = sweep.cotangents.iter().copied().collect();
    let mut sums: BTreeMap<RowId, Vec<RowId>> = BTreeMap::new();
    for (sum, of) in &sweep.sums {
        sums.entry(*of).or_default().push(*sum);
    }
    let mut received: HashMap<RowId, usize> = HashMap::new();
    let visited: Vec<(RowId, RowId)> = sweep.cotangents.iter().rev().copied().collect();
    visited.into_iter().map(move |(id, cotangent)| {
        let row = tape.at(id);
        let operands = row.operands();
        let given = operands.iter().filter_map(|operand| {
            let operand = operand.id();
            let total = *cotangents.get(&operand)?;
            let sums = sums.get(&operand).map_or(&[][..], Vec::as_slice);
            let before = received.entry(operand).or_default();
            let given = if *before == 0 {
                let term = sums.first().map_or(total, |sum| tape.at(*sum).operands()[0].id());
                let is_own = term == cotangent || tape.at(term).origin().is_some_and(|by| by.id() == id);
                is_own.then_some(Given { operand, term, sum: None })
            } else {
                let sum = tape.at(*sums.get(*before - 1)?);
                let is_own = sum.origin().is_some_and(|by| by.id() == id);
                is_own.then(|| Given { operand, term: sum.operands()[1].id(), sum: Some(sum.id()) })
            };
            *before += usize::from(given.is_some());
            given
        });
        Step { row, cotangent, given: given.collect() }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Tape;

    /// Each cotangent that the sweep found is the last sum, or the only term, of what its row was given.
    #[test]
    fn every_row_is_given_what_its_cotangent_adds_up() {
        let tape = Tape::<f64>::new();
        let x = tape.leaf("x", [0.5, 2.0]);
        let a = tape.leaf("a", 3.0);
        let y = x * x + x; // used three times, twice in one row
        let held = x.sign(); // a use that gives nothing
        let z = (y + held + x.sin() + a).tanh() + y;
        let loss = (z * a).sum();
        loss.backward();
        let sweep = tape.reverse_sweep(None).unwrap();
        let mut last: HashMap<RowId, RowId> = HashMap::new();
        let mut terms: HashMap<RowId, usize> = HashMap::new();
        for step in steps(loss, &sweep) {
            for given in step.given {
                assert_eq!(given.sum.is_some(), last.contains_key(&given.operand));
                if let Some(sum) = given.sum {
                    let added: Vec<RowId> = tape.at(sum).operands().iter().map(|row| row.id()).collect();
                    assert_eq!(added, [last[&given.operand], given.term]);
                }
                last.insert(given.operand, given.sum.unwrap_or(given.term));
                *terms.entry(given.operand).or_default() += 1;
            }
        }
        for (row, cotangent) in sweep.cotangents.iter().filter(|(row, _)| *row != sweep.root) {
            assert_eq!(last.get(row), Some(cotangent), "%{}", row.index());
        }
        assert_eq!((terms[&x.id()], terms[&y.id()]), (4, 2));
    }

    #[test]
    fn two_sided_broadcasts_are_told() {
        let tape = Tape::<f64>::with_broadcasting(crate::Broadcasting::NumPy);
        let column = tape.leaf("column", ndarray::Array2::zeros((4, 1)));
        let flat = tape.leaf("flat", ndarray::Array1::zeros(4));
        assert!(is_two_sided(column - flat));
        assert!(!is_two_sided(column - 1.0) && !is_two_sided(column + column));
        assert!(!is_two_sided(column.broadcast_to([4, 4]) + flat.unsqueeze(1)));
    }
}
