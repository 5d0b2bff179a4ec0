//! The rules at work, as the page shows them. Rows that differ in nothing but their names share one: it has signs where
//! names stand, which the page replaces.

use crate::show::page::Json;
use crate::show::rule::Equation;
use crate::show::text::name_of;
use crate::symbol::{Line, Sheet, mathml, mistakes, set, sheet, sheet_alone, told};
use crate::{Float, Var};
use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};
use std::fmt::Write as _;

/// Stands for the row itself; the next ones, of Unicode's private use, for its operands.
const ROW: char = '\u{e000}';

/// Wrong derivations that are told of a line, beside the right one.
const WRONG: usize = 4;

/// The rules of a tape's rows, each once.
#[derive(Default)]
pub(super) struct Rules {
    known: HashMap<String, usize>,
    rules: Vec<Json>,
}

impl Rules {
    /// Which rule is that of this row, if its operands are given anything.
    pub fn of<T: Float>(&mut self, row: Var<'_, T>) -> Option<usize> {
        let operands = row.operands();
        if operands.is_empty() {
            return None;
        }
        let key = key(row);
        if let Some(known) = self.known.get(&key) {
            return Some(*known);
        }
        let rule = rule(row)?;
        self.rules.push(rule);
        self.known.insert(key, self.rules.len() - 1);
        Some(self.rules.len() - 1)
    }

    /// The rule of a row as it was written, through what only rearranges, with the rows that it speaks of.
    pub fn written<T: Float>(row: Var<'_, T>) -> Option<Json> {
        let spoken = RefCell::new(BTreeSet::new());
        let called = |of: Var<'_, T>| {
            spoken.borrow_mut().insert(of.row());
            of.name().map_or_else(|| format!("%{}", of.row()), |name| name_of(&name))
        };
        let sheet = sheet(row, &called)?;
        let lines = sheet
            .lines
            .iter()
            .map(|line| Json::Object(shown(&Equation::new(&line.left(), &line.right(), &sheet.known, ""))));
        let lines = Json::List(lines.collect());
        let mut of = spoken.into_inner();
        of.remove(&row.row());
        let head = Equation::new(&sheet.result, &sheet.formula, &sheet.known, "");
        let formula = Json::from(told(&sheet.formula));
        let head = Json::Object(shown(&head));
        Some(Json::Object(vec![("of", Json::list(of)), ("text", formula), ("head", head), ("lines", lines)]))
    }

    pub fn into_json(self) -> Json {
        Json::List(self.rules)
    }
}

/// All that a rule depends on.
fn key<T: Float>(row: Var<'_, T>) -> String {
    let operands = row.operands();
    let mut key = format!("{:?}", row.prim());
    for operand in &operands {
        let same = operands.iter().position(|other| other.row() == operand.row());
        let number = operand.constant_number().map(|x| x.to_f64().to_bits());
        let _ = write!(
            key,
            "|{:?} {:?} {} {same:?} {number:?}",
            operand.shape(),
            operand.kind(),
            operand.varies()
        );
    }
    key
}

fn rule<T: Float>(row: Var<'_, T>) -> Option<Json> {
    let operands = row.operands();
    let sign = |of: Var<'_, T>| {
        let place =
            operands.iter().position(|operand| operand.row() == of.row()).map_or(0, |place| place + 1);
        let place = u32::try_from(place).unwrap_or_default();
        char::from_u32(u32::from(ROW) + place).unwrap_or(ROW).to_string()
    };
    let sheet = sheet_alone(row, &sign)?;
    let head = Equation::new(&sheet.result, &sheet.formula, &sheet.known, "");
    let lines = sheet.lines.iter().map(|line| {
        let equation = Equation::new(&line.left(), &line.right(), &sheet.known, "");
        let of = operands.iter().position(|operand| told(&line.of) == sign(*operand));
        let mut fields = shown(&equation);
        fields.extend(of.map(|of| ("of", Json::from(of))));
        if !sheet.is_cut {
            fields.push(("wrong", Json::List(wrong(line, &sheet))));
        }
        Json::Object(fields)
    });
    let domain = row.prim().domain();
    let mut fields = vec![("head", Json::Object(shown(&head))), ("lines", Json::List(lines.collect()))];
    fields.extend(domain.kinks.map(|kinks| ("kinks", Json::from(kinks.convention))));
    Some(Json::Object(fields))
}

/// What the line could be taken to say, with the mistakes' names.
fn wrong(line: &Line, sheet: &Sheet) -> Vec<Json> {
    let told = mistakes(line, sheet).into_iter().take(WRONG).map(|(mistake, expr)| {
        Json::Object(vec![("mistake", mistake.into()), ("math", mathml(&set(&expr)).into())])
    });
    told.collect()
}

fn shown(equation: &Equation) -> Vec<(&'static str, Json)> {
    let math = Json::list(equation.mathml.iter().map(String::as_str));
    let mut fields = vec![("math", math)];
    // Of numbers there is no shape to be seen.
    if equation.shapes[0] != "()" {
        fields.push(("shapes", Json::from(equation.shapes[2].as_str())));
    }
    fields
}
