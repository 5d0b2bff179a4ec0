//! What is written in and about a node.

use super::fold::Piece;
use crate::error::{Dims, escaped};
use crate::place::At;
use crate::show::formula::{equation, number};
use crate::show::page::Sources;
use crate::show::text::{elided, name_of, width};
use crate::symbol::{sheet, told};
use crate::{Float, Var};
use std::cell::RefCell;
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

/// What the rows of a piece, of which this is the last, compute: in a few words, and at length.
pub(super) fn whole<T: Float>(piece: &Piece, last: Var<'_, T>, sources: &mut Sources) -> [String; 2] {
    let at = last.location();
    let place = sources.at(at);
    let mut detail = format!("%{}", last.row());
    if let Some(name) = last.name() {
        let _ = write!(detail, "  {}", elided(escaped(&name), 200));
    }
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
        let short = match piece.rules_of.and_then(|of| tape.try_var(of).ok()) {
            Some(of) => Some(format!("rules of {}", heading(of))),
            None => read(piece, last).or_else(|| sources.call(place).map(|call| called(piece, last, &call))),
        };
        [short.unwrap_or_else(|| work(piece, last)), lines.join("\n")]
    } else {
        let short = match (last.operands().is_empty(), last.constant_number()) {
            (true, Some(x)) => number(x),
            (true, None) => last.prim().name().to_owned(),
            _ => equation(last),
        };
        [short, format!("{}, {}", last.prim().name(), one(last))]
    };
    [elided(short, FORMULA), format!("{detail}\n{long}{}", At("\n", at, ""))]
}

/// As it was written, if the rule sees through all of its rows.
fn read<T: Float>(piece: &Piece, last: Var<'_, T>) -> Option<String> {
    if piece.rows.len() > READ {
        return None;
    }
    let spoken = RefCell::new(Vec::new());
    let sheet = sheet(last, &|row: Var<'_, T>| {
        spoken.borrow_mut().push(row.row());
        heading(row)
    })?;
    let is_inner = |row: &usize| piece.rows.contains(row) && *row != last.row();
    (!spoken.borrow().iter().any(is_inner)).then(|| told(&sheet.formula))
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
fn work<T: Float>(piece: &Piece, last: Var<'_, T>) -> String {
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
        return equation(last);
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
