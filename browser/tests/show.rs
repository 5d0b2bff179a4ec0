//! What else the player shows: calls in one, names, broadcasts, very long tapes, nothing at all.

use crate::common::{DESKTOP, closed, count, last_step, opened, text};
use browser::tapes::{MARKUP, long, names, nan, notebook, two_sided};
use browser::{Browser, Result};
use serde_json::json;
use wengert::{Language, Tape};

/// A call that recorded several rows is one row, and its steps are one, until it is opened.
#[test]
fn calls_fold_and_open() -> Result<()> {
    let tape = notebook();
    let file = std::env::temp_dir().join(format!("wengert-fold-{}.html", std::process::id()));
    let sources = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
    tape.player().language(Language::English).sources(sources).write_html(&file)?;
    let mut browser = Browser::start()?;
    browser.open(&file, "", DESKTOP, false)?;
    let last = last_step(&mut browser)?;
    browser.press("f")?;
    assert_eq!(count(&mut browser, ".row")?, 12);
    assert!(text(&mut browser, "#list")?.contains("X·W1ᵀ + b1"));
    let mut steps = 0;
    while browser.ask("location.hash")? != json!(format!("#step={last}")) {
        browser.press("ArrowRight")?;
        steps += 1;
        assert!(steps < last, "{steps} of {last}");
    }
    // Back through all of `linear` at once, by the rule as it was written.
    let shown = text(&mut browser, "#card .rule")?;
    for line in ["dX=dZ1·W1", "dW1=dZ1⊤·X", "db1=sumaxis 0(dZ1)"] {
        assert!(shown.contains(line), "{shown}");
    }
    assert_eq!(count(&mut browser, ".row.receives")?, 3);
    browser.press("Home")?;
    browser.ask("document.querySelector('.fold').click()")?;
    assert_eq!(count(&mut browser, ".row")?, 15);
    closed(browser, file)
}

#[test]
fn names_stay_text() -> Result<()> {
    let (mut browser, file) = opened("names", &names())?;
    let last = last_step(&mut browser)?;
    for _ in 0..=last {
        browser.press("ArrowRight")?;
        assert_eq!(count(&mut browser, "img, main b b, main i, main script")?, 0);
    }
    assert!(text(&mut browser, "#list")?.contains(MARKUP));
    closed(browser, file)
}

#[test]
fn a_two_sided_broadcast_is_told() -> Result<()> {
    let (mut browser, file) = opened("two-sided", &two_sided())?;
    for _ in 0..10 {
        browser.press("ArrowRight")?;
        if count(&mut browser, "#card .warn")? > 0 {
            assert!(text(&mut browser, "#card .warn")?.contains("16 pairs where at most 4"));
            return closed(browser, file);
        }
    }
    Err("it was not".into())
}

/// Where a number that is not finite was born is said in the reader's language, at its row and found by `NaN`; of one
/// that a rule bore, at the row whose rule it is.
#[test]
fn a_birth_is_told() -> Result<()> {
    let of_a_rule = Tape::new();
    of_a_rule.leaf("x", [4.0, 0.0]).sqrt().named("root").sum().backward();
    for (tape, row, part, english, japanese) in [
        (nan(), "log p", "log(0)", "Element [0, 3] is the first", "要素 [0, 3] が最初の非有限の数"),
        (of_a_rule, "root", "derivative of", "Element [1] is the first", "定義域の外にあります"),
    ] {
        let (mut browser, file) = opened("birth", &tape)?;
        let last = last_step(&mut browser)?;
        browser.open(&file, &format!("#step={last}"), DESKTOP, false)?;
        for key in ["/", "n", "a", "n", "Enter"] {
            browser.press(key)?;
        }
        let card = "#card h2";
        assert!(text(&mut browser, card)?.contains(row), "{}", text(&mut browser, card)?);
        for said in [english, japanese] {
            let note = text(&mut browser, "#card .birth p")?;
            assert!(note.contains(said), "{note}");
            assert!(text(&mut browser, "#card .birth pre")?.contains(part));
            browser.press("l")?;
        }
        closed(browser, file)?;
    }
    Ok(())
}

/// Of ten thousand rows few are in the document, and a step touches few elements. How long it takes is printed.
#[test]
fn ten_thousand_rows_stay_small() -> Result<()> {
    let (mut browser, file) = opened("long", &long())?;
    browser.ask(
        "window.touched = 0; new MutationObserver((all) => { for (const one of all) window.touched += \
         one.type === 'childList' ? one.addedNodes.length + one.removedNodes.length : 1; })\
         .observe(document.body, { subtree: true, childList: true, attributes: true, characterData: true }); 0",
    )?;
    let last = last_step(&mut browser)?;
    assert!(last > 15_000, "{last} steps");
    let mut times = Vec::new();
    for step in [1, 5_000, 5_001, 9_990, last / 2 + 1, last - 3_000, last - 2_999, last] {
        browser.ask("window.touched = 0")?;
        let time = browser.ask(&format!(
            "(() => {{ const slider = document.getElementById('slider'); slider.value = {step}; \
             const began = performance.now(); slider.dispatchEvent(new Event('input')); \
             document.body.offsetHeight; return performance.now() - began; }})()"
        ))?;
        browser.ask("new Promise((done) => setTimeout(() => done(0), 50))")?;
        times.push(time.as_f64().unwrap_or(f64::NAN));
        let touched = browser.ask("window.touched")?.as_u64().unwrap_or(u64::MAX);
        let elements = count(&mut browser, "*")?;
        assert!((1..1_500).contains(&touched), "step {step} touched {touched} elements");
        assert!(elements < 2_500, "step {step}: {elements} elements");
    }
    let paint = browser.ask("performance.getEntriesByType('paint').map((one) => one.startTime)[0]")?;
    println!("10⁴ rows: first paint after {paint} ms, steps of {times:.1?} ms");
    closed(browser, file)
}

/// Of a tape that is longer than a page shows, the middle is left out, and the steps at its edges stand all the same.
#[test]
fn the_longest_tapes_lose_their_middle() -> Result<()> {
    let tape = Tape::new();
    let [x, h] = [("x", 0.5), ("h", 1.0001)].map(|(name, number)| tape.leaf(name, number));
    let mut y = x;
    while tape.len() < 24_000 {
        y *= h;
        y -= x; // two lines in turn, or they would fold
    }
    y.named("loss").backward_with(2.0);
    let (mut browser, file) = opened("longest", &tape)?;
    assert!(text(&mut browser, "#summary")?.contains("rows in the middle are left out"));
    let last = last_step(&mut browser)?;
    let edges = (9_990..10_010).chain(last - 10_010..last - 9_990);
    for step in edges.chain([last - 20_000, last]) {
        browser.ask(&format!("location.hash = '#step={step}'"))?;
        browser.ask("new Promise((done) => setTimeout(() => done(0), 20))")?;
        assert!(text(&mut browser, "#card .eyebrow")?.contains(&format!("Step {step} of {last}")));
        assert!(count(&mut browser, "#card .heat")? > 0, "step {step}");
    }
    closed(browser, file)
}

#[test]
fn both_languages_and_an_empty_tape() -> Result<()> {
    let (mut browser, file) = opened("empty", &Tape::new())?;
    assert!(text(&mut browser, "#card")?.contains("The tape is empty"));
    browser.press("l")?;
    assert_eq!(browser.ask("document.documentElement.lang")?, json!("ja"));
    assert!(text(&mut browser, "#card")?.contains("テープは空です"));
    for key in ["ArrowRight", "End", " ", "p", "?", "Escape", "/", "Escape"] {
        browser.press(key)?;
    }
    closed(browser, file)
}
