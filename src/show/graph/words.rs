//! What is written in and about a node.

use super::fold::Piece;
use crate::error::{Dims, escaped};
use crate::place::At;
use crate::show::formula::{equation, number};
use crate::show::page::Sources;
use crate::show::text::{elided, name_of, width};
use crate::symbol::{sheet, told};
use crate::{Float, Var};
use std::fmt::Write as _;

/// Columns of a formula in a node.
const FORMULA: usize = 34;

/// Rows of a folded call that are told one by one.
const TOLD: usize = 16;

/// Rows up to which a call may be read as a formula.
const READ: usize = 12;

/// A row's name, or its number.
pub(super) fn heading<T: Float>(row: Var<'_, T>) -> String {
    row.name().map_or_else(|| format!("%{}", row.row()), |name| name_of(&name))
}

/// Whether a text names no row by its number but those that stand on a box.
pub(super) fn is_followed(text: &str, stands: &dyn Fn(usize) -> bool) -> bool {
    text.split('%').skip(1).all(|rest| {
        let digits = rest.find(|c: char| !c.is_ascii_digit()).map_or(rest, |end| &rest[..end]);
        digits.parse().map_or(true, stands)
    })
}

/// What the rows of a piece, of which this is the last, compute: in a few words, which name none but rows that stand on a
/// box, and at length.
pub(super) fn whole<T: Float>(
    piece: &Piece,
    last: Var<'_, T>,
    sources: &mut Sources,
    stands: &dyn Fn(usize) -> bool,
) -> [String; 2] {
    let at = last.location();
    let place = sources.at(at);
    let mut detail = format!("%{}", last.row());
    if let Some(name) = last.name() {
        let _ = write!(detail, "  {}", elided(escaped(&name), 200));
    }
    let rules = |word: &str| {
        let of = piece.rules_of.and_then(|of| last.tape().try_var(of).ok())?;
        Some(format!("{word} of {}", heading(of)))
    };
    let one = |row: Var<'_, T>| format!("{}  {}", equation(row), Dims(&row.shape()));
    let [short, long] = if piece.rows.len() > 1 {
        let tape = last.tape();
        let mut lines: Vec<String> = (piece.rows.clone().take(TOLD))
            .filter_map(|row| tape.try_var(row).ok())
            .map(|row| format!("%{} = {}", row.row(), one(row)))
            .collect();
        if piece.rows.len() > TOLD {
            lines.push(format!("… {} more", piece.rows.len() - TOLD));
        }
        let short = rules("rules")
            .or_else(|| read(piece, last))
            .or_else(|| sources.call(place).map(|call| called(piece, last, &call)))
            .filter(|short| is_followed(short, stands));
        [short.unwrap_or_else(|| work(piece, last, stands)), lines.join("\n")]
    } else {
        let short = match (last.operands().is_empty(), last.constant_number()) {
            (true, Some(x)) => number(x),
            (true, None) => last.prim().name().to_owned(),
            _ => Some(equation(last))
                .filter(|short| is_followed(short, stands))
                .or_else(|| rules("rule"))
                .unwrap_or_else(|| last.prim().name().to_owned()),
        };
        [short, format!("{}, {}", last.prim().name(), one(last))]
    };
    [elided(short, FORMULA), format!("{detail}\n{long}{}", At("\n", at, ""))]
}

/// As it was written, if the rule sees through all of its rows.
fn read<T: Float>(piece: &Piece, last: Var<'_, T>) -> Option<String> {
    let sheet = (piece.rows.len() <= READ).then(|| sheet(last, &heading))??;
    let formula = told(&sheet.formula);
    is_followed(&formula, &|row| !piece.rows.contains(&row) || row == last.row()).then_some(formula)
}

/// By the method that was called: `softmax(scores)`.
fn called<T: Float>(piece: &Piece, last: Var<'_, T>, call: &str) -> String {
    let tape = last.tape();
    let mut inputs: Vec<usize> = tape.with_rows(|rows| {
        let operands = rows[piece.rows.clone()].iter().flat_map(|row| row.operands.iter());
        operands.map(|operand| operand.index()).filter(|row| !piece.rows.contains(row)).collect()
    });
    inputs.sort_unstable();
    inputs.dedup();
    let names: Vec<String> = inputs
        .into_iter()
        .filter_map(|row| tape.try_var(row).ok())
        .filter(|row| row.constant_number().is_none())
        .map(heading)
        .collect();
    format!("{call}({})", names.join(", "))
}

/// By what it does: its primitives, in order, without those that only rearrange.
fn work<T: Float>(piece: &Piece, last: Var<'_, T>, stands: &dyn Fn(usize) -> bool) -> String {
    let tape = last.tape();
    let rows = piece.rows.clone().filter_map(|row| tape.try_var(row).ok());
    let mut names: Vec<&str> = rows
        .filter(|row| !row.operands().is_empty())
        .map(|row| row.prim().name())
        .filter(|name| !["broadcast", "reshape", "permute"].contains(name))
        .collect();
    names.dedup();
    // Of an operator with numbers, or what is repeated, one row does all of the work.
    if names.len() < 2 {
        let only = names.first().map_or_else(|| last.prim().name().to_owned(), |name| (*name).to_owned());
        return Some(equation(last)).filter(|text| is_followed(text, stands)).unwrap_or(only);
    }
    let (mut text, all) = (String::new(), names.len());
    for (at, name) in names.into_iter().enumerate() {
        let more = if at > 0 { " · " } else { "" };
        if width(&text) + width(more) + width(name) + if at + 1 < all { 4 } else { 0 } > FORMULA {
            return text + " · …";
        }
        text.extend([more, name]);
    }
    text
}
