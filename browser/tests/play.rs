//! The player opens from a file, plays to its end, and shows the tape's numbers.

use crate::common::{DESKTOP, cell, closed, count, is_shown, last_step, opened, scroll_to, text};
use browser::Result;
use browser::tapes::{attention, notebook, scalars};
use serde_json::{Value, json};

#[test]
fn the_notebooks_tape_plays_to_its_end() -> Result<()> {
    let tape = notebook();
    let (mut browser, file) = opened("notebook", &tape)?;
    let last = last_step(&mut browser)?;
    assert!(last > 30, "{last} steps");
    for step in 1..=last {
        browser.press("ArrowRight")?;
        assert_eq!(browser.ask("location.hash")?, json!(format!("#step={step}")));
        assert!(text(&mut browser, "#card .eyebrow")?.contains(&format!("Step {step} of {last}")));
        assert!(!text(&mut browser, "#live")?.is_empty());
    }
    // At its end each row that has a gradient shows it, and the loss its value.
    assert!(count(&mut browser, ".row .felt canvas")? > 5);
    let loss = tape.vars().find(|row| row.name().as_deref() == Some("loss")).ok_or("no loss")?;
    scroll_to(&mut browser, loss.row())?;
    let shown = cell(&mut browser, loss.row(), "value")?;
    assert!(is_shown(&shown, loss.item()), "{shown}, {}", loss.item());
    assert_eq!(cell(&mut browser, loss.row(), "felt")?, "1");
    // Backwards as well, to the empty list, and by the address.
    browser.press("Home")?;
    assert_eq!(count(&mut browser, ".row .value canvas")?, 0);
    browser.open(&file, &format!("#step={last}"), DESKTOP, true)?;
    assert!(text(&mut browser, "#card .eyebrow")?.contains(&format!("Step {last} of {last}")));
    closed(browser, file)
}

#[test]
fn numbers_are_the_tapes() -> Result<()> {
    let tape = scalars();
    let (mut browser, file) = opened("scalars", &tape)?;
    browser.press("End")?;
    let root = tape.vars().find(|row| row.name().as_deref() == Some("g")).ok_or("no g")?;
    let grads = root.backward();
    let mut seen = 0;
    for row in tape.vars().take(root.row() + 1) {
        scroll_to(&mut browser, row.row())?;
        let shown = cell(&mut browser, row.row(), "value")?;
        assert!(is_shown(&shown, row.item()), "%{}: {shown}, {}", row.row(), row.item());
        if let Some((_, gradient)) = grads.iter().find(|(of, _)| of.row() == row.row()) {
            let shown = cell(&mut browser, row.row(), "felt")?;
            assert!(is_shown(&shown, gradient.item()), "∂ %{}: {shown}, {}", row.row(), gradient.item());
            seen += 1;
        }
    }
    assert!(seen > 20, "{seen}");
    closed(browser, file)
}

/// Every number of an attention block, as the page has it from its data, is the tape's to the digits that it was given.
#[test]
fn arrays_are_the_tapes() -> Result<()> {
    let tape = attention();
    let (browser, file) = opened("attention", &tape)?;
    let mut browser = browser;
    let data: Value = serde_json::from_str(&text(&mut browser, "#data")?)?;
    let told = data["rows"].as_array().ok_or("no rows")?;
    assert_eq!(told.len(), tape.len());
    for (row, told) in tape.vars().zip(told) {
        let all: Vec<f64> = row.value().iter().copied().collect();
        for (k, number) in all.iter().enumerate() {
            let shown = if told["v"]["all"].is_null() { &told["v"]["x"][k] } else { &told["v"]["all"] };
            let shown = shown.as_f64().or_else(|| shown.as_str()?.parse().ok()).ok_or("no number")?;
            assert!(
                shown == *number || shown.is_nan() && number.is_nan(),
                "%{}[{k}]: {shown}, {number}",
                row.row()
            );
        }
    }
    closed(browser, file)
}

/// On a phone a finger that moves sideways over the step goes on or back, one that moves down does not, and neither does
/// one that hardly moves.
#[test]
fn a_finger_steps() -> Result<()> {
    let (mut browser, file) = opened("swipe", &notebook())?;
    browser.open(&file, "#step=5", (390, 844), false)?;
    browser.call("Emulation.setTouchEmulationEnabled", &json!({ "enabled": true }))?;
    for (from, to, step) in [
        ([300.0, 600.0], [120.0, 610.0], 6), // to the left: on
        ([300.0, 600.0], [120.0, 610.0], 7),
        ([120.0, 600.0], [300.0, 590.0], 6), // to the right: back
        ([200.0, 700.0], [210.0, 500.0], 6), // upwards: scrolls
        ([200.0, 600.0], [170.0, 600.0], 6), // too short
        ([300.0, 200.0], [120.0, 200.0], 6), // over the list
    ] {
        browser.swipe(from, to)?;
        assert_eq!(browser.ask("location.hash")?, json!(format!("#step={step}")), "{from:?} to {to:?}");
    }
    closed(browser, file)
}
