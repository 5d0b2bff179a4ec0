//! The summary of a check that passes, printed: what was examined, how, and what came of it.

use super::summary::Summary;
use super::{WIDTH, wrapped};
use crate::check::judge::tally::Seen;
use crate::place::At;
use std::collections::BTreeSet;
use std::fmt;

/// Rows of the formula that are shown; of a longer one the first and the last.
const ROWS: usize = 12;

/// Characters of a key.
const KEY: usize = 11;

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "the hand-written derivative agrees{}\n", At(" (", self.at, ")"))?;
        let at = if self.shown_at.is_empty() { String::new() } else { format!("at {}", self.shown_at) };
        let rows = elided(&self.formula);
        pairs(f, "formula", [at].into_iter().filter(|at| !at.is_empty()).chain(rows))?;
        let longest = self.inputs.iter().map(|input| input.pattern().chars().count()).max().unwrap_or(0);
        pairs(
            f,
            "inputs",
            self.inputs.iter().map(|input| format!("{:longest$}  {}", input.pattern(), input.numbers())),
        )?;
        let sizes: Vec<String> =
            self.axes.iter().map(|(axis, sizes)| format!("{axis} {}", range(sizes))).collect();
        pair(f, "sizes", &sizes.join(", "))?;
        pair(f, "layouts", &list(&self.layouts))?;
        pair(f, "numbers", &list(&self.numbers))?;
        pair(f, "precision", self.dtype)?;
        pair(f, "order", if self.takes_cotangent { "first, of a cotangent" } else { "first, of a number" })?;
        pair(f, "oracle", "the tape's gradient, in double precision, with a running bound for rounding")?;
        pair(f, "tolerance", &self.tolerance)?;
        if self.any_subgradient {
            pair(f, "kinks", "any subgradient is right")?;
        }
        pair(
            f,
            "tried",
            &format!("{} cases, {} calls, each judged; seed {}", self.cases, self.calls, self.seed),
        )?;
        if let Some((caught, all)) = self.mutants {
            pair(f, "the test", &format!("catches {caught} of {all} wrong versions made on purpose"))?;
        }
        self.table(f)?;
        let remarks = self.remarks();
        if !remarks.is_empty() {
            writeln!(f)?;
        }
        remarks.iter().try_for_each(|remark| pair(f, "remark", remark))
    }
}

impl Summary {
    /// One line a gradient.
    fn table(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let heading =
            ["gradient", "judged", "agree", "not judged", "outside", "largest error"].map(String::from);
        let mut lines = vec![heading];
        for (name, seen) in self.seen() {
            let Seen { counts, worst, .. } = seen;
            let [judged, agreed, unjudged, outside] =
                [counts.judged, counts.agreed, counts.unjudged, counts.outside].map(|n| n.to_string());
            // To one digit: the last ones depend on the machine.
            let worst = if *worst == 0.0 { "none".into() } else { format!("{worst:.0e} of its tolerance") };
            lines.push([name, judged, agreed, unjudged, outside, worst]);
        }
        for name in self.not_examined() {
            let none = || "-".to_owned();
            lines.push([format!("d{name}"), none(), none(), none(), none(), "not examined".into()]);
        }
        writeln!(f)?;
        let widths: [usize; 6] = std::array::from_fn(|column| {
            lines.iter().map(|line| line[column].chars().count()).max().unwrap_or(0)
        });
        for [name, numbers @ .., last] in &lines {
            write!(f, "  {name:width$}", width = widths[0].max(KEY))?;
            for (number, width) in numbers.iter().zip(&widths[1..]) {
                write!(f, "  {number:>width$}")?;
            }
            writeln!(f, "  {last}")?;
        }
        Ok(())
    }
}

fn pair(f: &mut fmt::Formatter<'_>, key: &str, value: &str) -> fmt::Result {
    pairs(f, key, wrapped(value, WIDTH - KEY - 4).into_iter())
}

/// The key beside the first line.
fn pairs(f: &mut fmt::Formatter<'_>, key: &str, lines: impl Iterator<Item = String>) -> fmt::Result {
    for (i, line) in lines.enumerate() {
        writeln!(f, "  {:KEY$}  {}", if i == 0 { key } else { "" }, line)?;
    }
    Ok(())
}

fn list(words: &BTreeSet<&str>) -> String {
    words.iter().copied().collect::<Vec<_>>().join(", ")
}

/// `0 to 128`, or the one there is.
fn range(sizes: &BTreeSet<usize>) -> String {
    match (sizes.first(), sizes.last()) {
        (Some(least), Some(most)) if least < most => format!("{least} to {most}"),
        (Some(least), _) => least.to_string(),
        _ => "untried".into(),
    }
}

/// The rows, not too many.
fn elided(rows: &[String]) -> Vec<String> {
    let short = |row: &String| {
        let most = WIDTH - KEY - 4;
        if row.chars().count() <= most {
            row.clone()
        } else {
            row.chars().take(most - 1).chain(['…']).collect()
        }
    };
    let mut shown: Vec<String> = rows.iter().map(short).collect();
    if shown.len() > ROWS {
        let hidden = shown.len() - ROWS;
        shown.splice(ROWS / 2..ROWS / 2 + hidden, [format!("… {hidden} rows more …")]);
    }
    shown
}
