//! *Anatomy of a mistake*, a page of the documentation: what the examiner says of each mistake that it knows.
//!
//! The page is `src/check/anatomy.md`. It is made of `mistakes.rs` beside this file, by running what stands there, so that
//! it cannot say what the examiner does not; `UPDATE_GOLDEN=1 cargo test -p tests -- anatomy` writes it anew.

mod mistakes;

use std::fmt::Write;
use std::path::Path;
use wengert::check::Mistake;

/// The chapters, and the mistakes in each.
fn chapters() -> Vec<(&'static str, Vec<Mistake>)> {
    #[allow(clippy::enum_glob_use)] // All of them.
    use Mistake::*;
    vec![
        (
            "Shapes and places",
            vec![Transposed, WrongShape, ByBroadcasting, OffByOne, OrderReversed, LayoutAssumed],
        ),
        ("Sums and axes", vec![SumMissing, WrongAxis, MeanForSum, FirstOnly]),
        ("Signs and numbers", vec![Sign, Factor, FewDigits, Epsilon, Clipped, Imprecise]),
        ("Masks and choices", vec![MaskMissing, MaskInverted, MaskFromWrongArray, MaskAtTies, BranchLost]),
        ("The chain rule", vec![FactorMissing, WrongPoint, WrongOperand, OperandsSwapped, SymmetryAssumed]),
        ("Paths that add up", vec![PathLost, PathTwice, HeldConstant, DiagonalOnly]),
        ("What was looked up more than once", vec![ScatterOverwrites, ScatterDivides, OverlapLost]),
        ("Another gradient than asked for", vec![Zeros, CotangentIgnored, GradientCopied, Stale]),
    ]
}

/// The documentation of each variant, as it stands in the source.
fn docs(of: Mistake) -> String {
    let source = include_str!("../../src/check/diagnose/mistake.rs");
    let mut doc: Vec<&str> = Vec::new();
    for line in source.lines().map(str::trim) {
        if let Some(text) = line.strip_prefix("/// ") {
            doc.push(text);
        } else if line == format!("{of:?},") {
            return doc.join(" ");
        } else {
            doc.clear();
        }
    }
    panic!("{of:?} has no documentation")
}

/// The body of the function of this name in `mistakes.rs`, and the number of its first line.
fn code(name: &str) -> (String, usize) {
    let source = include_str!("mistakes.rs");
    let lines: Vec<&str> = source.lines().collect();
    let head = format!("pub fn {name}() -> ");
    let first =
        lines.iter().position(|line| line.starts_with(&head)).unwrap_or_else(|| panic!("no {head}")) + 1;
    let last = first + lines[first..].iter().position(|line| *line == "}").expect("a function ends");
    let body: Vec<&str> =
        lines[first..last].iter().map(|line| line.strip_prefix("    ").unwrap_or(line)).collect();
    (body.join("\n"), first + 1)
}

/// The report, with places counted in the code that is shown, and without what depends on the machine.
fn steady(report: &str, first: usize) -> String {
    let mut text = String::new();
    for (i, part) in report.split("tests/anatomy/mistakes.rs:").enumerate() {
        if i == 0 {
            text.push_str(part);
            continue;
        }
        let end = part.find(|c: char| !c.is_ascii_digit()).unwrap_or(part.len());
        let line: usize = part[..end].parse().expect("a place has a line");
        let rest = part[end..].strip_prefix(':').unwrap_or(&part[end..]);
        let rest = rest.trim_start_matches(|c: char| c.is_ascii_digit());
        let _ = write!(text, "line {}{rest}", line + 1 - first);
    }
    let lines = text.lines().map(|line| match line.split_once(" ± ") {
        Some((before, after)) => {
            format!("{before} ± …,{}", after.split_once(',').map_or("", |(_, after)| after))
        }
        None => line.trim_end().to_owned(),
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// `FewDigits` as `few_digits`, and with spaces in a title.
fn words(mistake: Mistake, between: char) -> String {
    let mut words = String::new();
    for c in format!("{mistake:?}").chars() {
        if c.is_uppercase() && !words.is_empty() {
            words.push(between);
        }
        words.extend(c.to_lowercase());
    }
    words
}

fn title(mistake: Mistake) -> String {
    let words = words(mistake, ' ');
    words[..1].to_uppercase() + &words[1..]
}

#[test]
fn the_page_is_what_the_examiner_says() {
    let chapters = chapters();
    let mut all: Vec<Mistake> = chapters.iter().flat_map(|(_, mistakes)| mistakes.clone()).collect();
    all.sort_by_key(|mistake| format!("{mistake:?}"));
    let mut known = Mistake::ALL.to_vec();
    known.sort_by_key(|mistake| format!("{mistake:?}"));
    assert_eq!(all, known, "each mistake has its place on the page");

    let mut contents = String::new();
    let mut sections = String::new();
    for (chapter, mistakes) in &chapters {
        let _ = write!(contents, "\n* {chapter}: ");
        let _ = write!(sections, "\n# {chapter}\n");
        for (i, &mistake) in mistakes.iter().enumerate() {
            let (title, anchor) = (title(mistake), words(mistake, '-'));
            let _ =
                write!(contents, "{}[{}](#{anchor})", if i == 0 { "" } else { ", " }, title.to_lowercase());
            let (code, first) = code(&words(mistake, '_'));
            let check = mistakes::check(mistake).seed(1).without_persistence();
            let failure = check.try_run().expect_err(&title);
            let said: Vec<Mistake> = failure.diagnoses().iter().map(|diagnosis| diagnosis.mistake).collect();
            assert_eq!(said, [mistake], "{failure}");
            let report = steady(&failure.to_string(), first);
            let _ = write!(
                sections,
                "\n## {title}\n\n{}\n\n```rust,ignore\n{code}\n```\n\n```text\n{}\n```\n",
                docs(mistake),
                report.trim_end()
            );
        }
    }
    let page = format!("{}{contents}\n{sections}", include_str!("head.md"));
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../src/check/anatomy.md");
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(path, page).expect("the folder is there");
    } else {
        let golden = std::fs::read_to_string(path).expect("the page is there").replace("\r\n", "\n");
        assert_eq!(page, golden, "if the new page is better: UPDATE_GOLDEN=1");
    }
}
