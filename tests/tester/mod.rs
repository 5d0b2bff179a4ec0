//! The examiner, examined: wrong derivatives must be caught and explained, right ones must pass.

// Variants of one function have one signature, whether they need all of it or not.
#![allow(clippy::needless_pass_by_value, clippy::trivially_copy_pass_by_ref)]

/// A table of them: `"name" mistake => examination;`.
macro_rules! wrong {
    ($($name:literal $mistake:expr => $examine:expr;)*) => {
        vec![$(Wrong { name: $name, mistake: $mistake, examine: || $examine }),*]
    };
}

mod activations;
mod attention;
pub(crate) mod corpus;
mod differences;
mod drawing;
mod examined;
mod fuzz;
mod gates;
mod inputs;
mod kept;
mod kinks;
mod known;
mod late_layers;
mod late_losses;
mod looking_up;
mod losses;
mod margins;
mod matrices;
mod misleading;
mod norms;
mod promises;
mod rearranged;
mod recurrent;
mod rounding;
mod scans;
mod smooth;
mod statistics;
mod twins;
mod unusual;
mod windows;
mod wrong;

use std::collections::BTreeMap;
use wengert::check::{Failure, Mistake, Summary};

/// The cases are the same in every run; `WENGERT_SEED` draws others.
fn seed() -> u64 {
    std::env::var("WENGERT_SEED").map_or(1, |seed| seed.parse().expect("WENGERT_SEED is a number"))
}

/// What an examination came to.
type Outcome = Result<Summary, Box<Failure>>;

/// A derivative with a mistake.
struct Wrong {
    name: &'static str,
    /// What a good examiner says; `None` if there is no simple explanation.
    mistake: Option<Mistake>,
    examine: fn() -> Outcome,
}

#[test]
fn wrong_ones_are_caught_and_explained() {
    let table = wrong::table();
    let (mut caught, mut explained, mut kinds) = (0, 0, BTreeMap::new());
    let mut otherwise = Vec::new();
    for Wrong { name, mistake, examine } in &table {
        let Err(failure) = examine() else {
            otherwise.push(format!("{name}: NOT CAUGHT"));
            continue;
        };
        caught += 1;
        let said: Vec<Mistake> = failure.diagnoses().iter().map(|diagnosis| diagnosis.mistake).collect();
        if said == Vec::from_iter(*mistake) {
            explained += usize::from(mistake.is_some());
            *kinds.entry(format!("{mistake:?}")).or_insert(0) += 1;
        } else {
            otherwise.push(format!("{name}: expected {mistake:?}, said {said:?}\n{failure}"));
        }
    }
    println!("{} wrong versions, {caught} caught, {explained} explained: {kinds:#?}", table.len());
    println!("{}", otherwise.join("\n"));
    assert!(table.len() >= 60);
    assert_eq!(caught, table.len(), "not caught: {otherwise:#?}");
    assert!(explained >= 50, "only {explained} explained: {otherwise:#?}");
    // A wrong explanation is worse than none.
    let honest = otherwise.iter().all(|line| line.contains("said []"));
    assert!(honest, "{}", otherwise.join("\n"));
}

#[test]
fn unusual_ones_pass() {
    let table = unusual::table();
    assert!(table.len() >= 20, "{}", table.len());
    for (name, examine) in table {
        match examine() {
            Ok(summary) => assert_eq!(summary.warnings(), [""; 0], "{name}"),
            Err(failure) => panic!("{name} is right, and was refused: {failure}"),
        }
    }
}
