//! What a row of a gradient is, in words: whose derivative, and which rule made it.

use super::text::name_of;
use crate::tape::{Derivation, Made, Mode};
use crate::{Float, Var};

/// How many rows are named that share a derivative, or move.
const NAMED: usize = 3;

/// How many derivatives of a row are named beside it.
const BESIDE: usize = 2;

/// Characters of a derivative that is differentiated in turn; a longer one goes by its row's number.
const ROOT: usize = 32;

/// Whose derivative it is: `∂loss/∂w`, or nothing for a step on the way.
pub(super) fn derivative<T: Float>(derivation: &Derivation<'_, T>) -> String {
    said(derivation, 2)
}

/// What made it.
pub(super) fn made_by<T: Float>(derivation: &Derivation<'_, T>) -> String {
    match derivation.made {
        Made::Seed => "seed".into(),
        Made::Rule(row) => format!("rule of %{} ({})", row.row(), row.prim().name()),
        Made::Sum(of) => format!("sum over the uses of {}", label(of)),
        Made::NoInfluence => "no influence".into(),
    }
}

/// Which rows are the derivatives of a row that was computed forwards: `∂loss/∂w = %12`.
pub(super) fn beside<T: Float>(row: Var<'_, T>) -> String {
    let found = row.tape().derivatives_of(row.id());
    let more = found.len().saturating_sub(BESIDE);
    let mut words: Vec<String> = Vec::new();
    for (root, mode, derivative) in found.into_iter().take(BESIDE) {
        let derivation = Derivation { root, mode, of: vec![row], made: Made::Seed };
        words.push(format!("{} = %{}", said(&derivation, 2), derivative.row()));
    }
    if let (Some(last), true) = (words.last_mut(), more > 0) {
        *last = format!("{last} and {more} more");
    }
    words.join(", ")
}

/// Of a derivative of a derivative, so many levels are said.
fn said<T: Float>(derivation: &Derivation<'_, T>, levels: usize) -> String {
    let Derivation { root, mode, of, made: _ } = derivation;
    match mode {
        Mode::Reverse => {
            let root = root_label(*root, levels);
            few(of, |wrt| format!("∂{root}/∂{}", label(wrt)))
        }
        Mode::Seeded(seed) => {
            let (root, seed) = (root_label(*root, levels), label(root.tape().at(*seed)));
            few(of, |wrt| format!("{seed}·∂{root}/∂{}", label(wrt)))
        }
        Mode::Forward(moving) => {
            let moving: Vec<Var<'_, T>> = moving.iter().map(|row| root.tape().at(*row)).collect();
            let along = match moving.len() {
                0 => "nothing".into(),
                _ => few(&moving, label),
            };
            few(of, |row| format!("tangent of {} along {along}", root_label(row, levels)))
        }
    }
}

/// The first few of them, those with names first, and how many more there are.
fn few<'t, T: Float>(rows: &[Var<'t, T>], say: impl Fn(Var<'t, T>) -> String) -> String {
    let mut rows = rows.to_vec();
    rows.sort_by_key(|row| (row.name().is_none(), row.row()));
    let mut words: Vec<String> = rows.iter().take(NAMED).map(|row| say(*row)).collect();
    let more = rows.len() - words.len();
    if let (Some(last), true) = (words.last_mut(), more > 0) {
        *last = format!("{last} and {more} more");
    }
    words.join(", ")
}

fn label<T: Float>(row: Var<'_, T>) -> String {
    row.name().map_or_else(|| format!("%{}", row.row()), |name| name_of(&name))
}

/// A row that is differentiated: by its name, as a derivative in parentheses, or by its number.
fn root_label<T: Float>(root: Var<'_, T>, levels: usize) -> String {
    let derivation =
        if root.name().is_some() || levels == 0 { None } else { root.tape().derivation(root.id()) };
    let Some(mut derivation) = derivation.filter(|derivation| !derivation.of.is_empty()) else {
        return label(root);
    };
    derivation.of.sort_by_key(|row| (row.name().is_none(), row.row()));
    derivation.of.truncate(1);
    let said = said(&derivation, levels - 1);
    if said.chars().count() > ROOT { label(root) } else { format!("({said})") }
}
