//! The player in a browser: it opens from a file, plays to its end, shows the tape's numbers, judges predictions, and asks
//! nothing of the network.

#![allow(clippy::float_cmp)] // What is exact is compared so.

use browser::tapes::{MARKUP, attention, long, names, notebook, scalars, two_sided};
use browser::{Browser, Result};
use serde_json::{Value, json};
use std::path::PathBuf;
use wengert::{Language, Tape};

const DESKTOP: (u32, u32) = (1440, 900);

/// A tape's page, opened in English.
fn opened(name: &str, tape: &Tape<f64>) -> Result<(Browser, PathBuf)> {
    let file = std::env::temp_dir().join(format!("wengert-{name}-{}.html", std::process::id()));
    tape.player().language(Language::English).write(&file)?;
    let mut browser = Browser::start()?;
    browser.open(&file, "", DESKTOP, false)?;
    Ok((browser, file))
}

/// No message, no exception, no request; the file goes.
fn closed(browser: Browser, file: PathBuf) -> Result<()> {
    assert_eq!(browser.troubles(), &[] as &[String]);
    drop(browser);
    std::fs::remove_file(file)?;
    Ok(())
}

fn text(browser: &mut Browser, selector: &str) -> Result<String> {
    let asked = format!("document.querySelector({})?.textContent ?? ''", json!(selector));
    Ok(browser.ask(&asked)?.as_str().unwrap_or_default().to_owned())
}

fn count(browser: &mut Browser, selector: &str) -> Result<u64> {
    let asked = format!("document.querySelectorAll({}).length", json!(selector));
    Ok(browser.ask(&asked)?.as_u64().unwrap_or_default())
}

/// The steps that there are.
fn last_step(browser: &mut Browser) -> Result<u64> {
    Ok(browser.ask("Number(document.getElementById('slider').max)")?.as_u64().unwrap_or_default())
}

/// The numbers that a cell of a row shows, in full where it is one.
fn cell(browser: &mut Browser, row: usize, column: &str) -> Result<String> {
    let asked = format!(
        "[...document.querySelectorAll('.row')].find((row) => row.querySelector('.no').textContent === '%{row}')\
         ?.querySelector('.{column} .figure')?.textContent ?? ''"
    );
    Ok(browser.ask(&asked)?.as_str().unwrap_or_default().to_owned())
}

/// Only what is seen is in the document.
fn scroll_to(browser: &mut Browser, row: usize) -> Result<()> {
    browser.ask(&format!("document.getElementById('scroll').scrollTop = {row} * 44"))?;
    browser
        .ask("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(0))))")?;
    Ok(())
}

/// A number that was shown with five digits.
fn read(shown: &str) -> f64 {
    shown.replace('−', "-").parse().unwrap_or(f64::NAN)
}

/// Five significant digits were kept: half a unit of the last is 5·10⁻⁵ of the number at most; near 10⁻³, where five
/// places stand behind the point, 5·10⁻⁶.
fn is_shown(shown: &str, number: f64) -> bool {
    (read(shown) - number).abs()
        <= (5e-5 * number.abs()).max(5.0e-6 * f64::from(u8::from(number.abs() >= 1e-3)))
}

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

/// A question that the page asks, with what the page's data say of it.
struct Question {
    kind: String,
    text: String,
    choices: Vec<String>,
    /// The step that it is about, of the data.
    step: Value,
}

fn question(browser: &mut Browser, data: &Value) -> Result<Option<Question>> {
    if count(browser, "#card .answers")? == 0 {
        return Ok(None);
    }
    let kind =
        text_of(browser, "document.querySelector('#card .answers').className.replace('answers', '').trim()")?;
    let asked = "[...document.querySelectorAll('.choice')].map((one) => one.textContent.slice(1))";
    let choices = browser.ask(asked)?.as_array().into_iter().flatten().map(said).collect();
    let place = text(browser, "#card .eyebrow")?;
    let step: usize = place.split(' ').nth(2).unwrap_or_default().parse()?;
    let steps = data["steps"].as_array().ok_or("no steps")?;
    let first = usize::try_from(last_step(browser)?)? + 1 - steps.len();
    let step = steps[step - first].clone();
    Ok(Some(Question { kind, text: text(browser, "#card .lead")?, choices, step }))
}

fn said(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn text_of(browser: &mut Browser, expression: &str) -> Result<String> {
    Ok(said(&browser.ask(expression)?))
}

fn told<'d>(data: &'d Value, row: &Value) -> Result<&'d Value> {
    data["rows"]
        .as_array()
        .and_then(|rows| rows.iter().find(|one| one["r"] == *row))
        .ok_or("no such row".into())
}

fn name(row: &Value) -> String {
    row["n"].as_str().map_or_else(|| format!("%{}", row["r"]), str::to_owned)
}

/// What stands in a formula, without its markup, and with names for the signs that stand for them.
fn formula(data: &Value, row: &Value, markup: &Value) -> Result<String> {
    let mut out = String::new();
    let mut is_tag = false;
    for c in said(markup).chars() {
        match c {
            '<' => is_tag = true,
            '>' => is_tag = false,
            _ if is_tag => {}
            '\u{e000}' => out += &name(row),
            '\u{e001}'..='\u{f8ff}' => {
                let place = u32::from(c) as usize - 0xe001;
                out += &name(told(data, &row["o"][place])?);
            }
            // The brace of cases is drawn as a line.
            '{' => {}
            c => out.push(c),
        }
    }
    Ok(out)
}

/// Which choices are right.
fn right_choices(data: &Value, question: &Question) -> Result<Vec<usize>> {
    let given: Vec<&Value> = question.step["to"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|to| told(data, &to[0]))
        .collect::<Result<_>>()?;
    let row = told(data, &question.step["r"])?;
    let mut right: Vec<String> = Vec::new();
    match question.kind.as_str() {
        "rows" => right.extend(given.iter().map(|row| name(row))),
        "shape" => {
            let asked = given.iter().find(|row| question.text.contains(&format!("goes to {}?", name(row))));
            let shape: Vec<String> = asked.ok_or("no such row")?["s"]
                .as_array()
                .into_iter()
                .flatten()
                .map(Value::to_string)
                .collect();
            right.push(if shape.is_empty() { "number".into() } else { shape.join("×") });
        }
        _ => {
            let rule = &data["rules"][usize::try_from(row["rule"].as_u64().ok_or("no rule")?)?];
            for line in rule["lines"].as_array().into_iter().flatten() {
                let [left, other] = [0, 1].map(|side| formula(data, row, &line["math"][side]));
                right.push(format!("{}={}", left?, other?));
            }
        }
    }
    let is_right = |(k, choice): (usize, &String)| right.contains(choice).then_some(k);
    Ok(question.choices.iter().enumerate().filter_map(is_right).collect())
}

/// Answers all questions, in turn rightly and wrongly, and gives their kinds.
fn predictions(browser: &mut Browser, start_right: bool) -> Result<Vec<String>> {
    let data: Value = serde_json::from_str(&text(browser, "#data")?)?;
    browser.press("p")?;
    let mut kinds = Vec::new();
    let mut is_right = start_right;
    for _ in 0..2 * last_step(browser)? {
        browser.press("ArrowRight")?;
        let Some(asked) = question(browser, &data)? else { continue };
        let Question { kind, text: words, choices, step } = &asked;
        if choices.is_empty() {
            let to =
                step["to"].as_array().into_iter().flatten().find(|to| {
                    told(&data, &to[0]).is_ok_and(|row| words.contains(&format!(" {}", name(row))))
                });
            let term = told(&data, &to.ok_or("no such row")?[1])?;
            let number = if term["v"]["all"].is_null() { &term["v"]["x"][0] } else { &term["v"]["all"] };
            let number = number.as_f64().ok_or("no number")?;
            let typed = if is_right { number } else { number * 1.5 + 1.0 };
            browser.ask(&format!("document.querySelector('.field').value = '{typed}'"))?;
            browser.press("Enter")?;
        } else {
            let right = right_choices(&data, &asked)?;
            assert!(
                !right.is_empty() && right.len() < choices.len(),
                "{kind}: {words} {choices:?} {right:?}"
            );
            let wrong = (0..choices.len()).find(|k| !right.contains(k)).unwrap_or_default();
            let chosen = if is_right { right } else { vec![wrong] };
            let chosen = if kind == "rows" { &chosen[..] } else { &chosen[..1] };
            for k in chosen {
                browser.press(&(k + 1).to_string())?;
            }
            if kind == "rows" {
                browser.ask("document.querySelector('.judge').click()")?;
            }
        }
        let verdict = text(browser, ".verdict p")?;
        assert_eq!(verdict.starts_with("Right."), is_right, "{kind}: {words} {choices:?}: {verdict}");
        // Why it is wrong is said.
        assert!(is_right || verdict.len() > "Not so. ".len() + 8, "{kind}: {verdict}");
        kinds.push(if choices.is_empty() { "number".into() } else { kind.clone() });
        is_right = !is_right;
    }
    let tally = text(browser, "#card .tally")?;
    assert!(tally.is_empty() || tally.contains(&format!("of {}", kinds.len())), "{tally}");
    Ok(kinds)
}

#[test]
fn predictions_are_judged() -> Result<()> {
    let mut kinds = Vec::new();
    for start_right in [true, false] {
        for (name, tape) in [("predict", notebook()), ("predict", scalars()), ("predict", attention())] {
            let (mut browser, file) = opened(name, &tape)?;
            kinds.extend(predictions(&mut browser, start_right)?);
            closed(browser, file)?;
        }
    }
    for kind in ["shape", "rows", "derivation", "number"] {
        let times = kinds.iter().filter(|one| *one == kind).count();
        assert!(times >= 4, "{kind} was asked {times} times of {}", kinds.len());
    }
    Ok(())
}

/// A call that recorded several rows is one row, and its steps are one, until it is opened.
#[test]
fn calls_fold_and_open() -> Result<()> {
    let tape = notebook();
    let file = std::env::temp_dir().join(format!("wengert-fold-{}.html", std::process::id()));
    let sources = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
    tape.player().language(Language::English).sources(sources).write(&file)?;
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

/// The text with the least contrast to what is behind it, of those that are seen.
const FAINTEST: &str = r"(() => {
  const pixel = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  const plain = (colour) => { // any way of writing it, as red, green, blue and alpha
    pixel.clearRect(0, 0, 1, 1);
    pixel.fillStyle = colour;
    pixel.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = pixel.getImageData(0, 0, 1, 1).data;
    return [r, g, b, a / 255];
  };
  const over = (top, under) => [0, 1, 2].map((k) => top[k] * top[3] + under[k] * (1 - top[3]));
  const light = (colour) => {
    const [r, g, b] = colour.map((part) => (part <= 10 ? part / 3295 : ((part / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (element) => {
    const own = plain(getComputedStyle(element).backgroundColor);
    return own[3] === 1 || !element.parentElement ? own.slice(0, 3) : over(own, behind(element.parentElement));
  };
  let worst = [99, ''];
  for (const element of document.querySelectorAll('body *')) {
    const text = [...element.childNodes].filter((node) => node.nodeType === 3).map((node) => node.data.trim()).join('');
    const box = element.getBoundingClientRect();
    if (!text || !box.width || element.closest('.unseen, noscript, script, :disabled')) continue;
    const ground = behind(element);
    const colour = plain(getComputedStyle(element).color);
    for (let up = element; up; up = up.parentElement) colour[3] *= Number(getComputedStyle(up).opacity);
    const [a, b] = [light(over(colour, ground)), light(ground)];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < worst[0]) worst = [ratio, `${element.className || element.tagName}: ${text.slice(0, 40)}`];
  }
  return worst;
})()";

#[test]
fn text_has_contrast() -> Result<()> {
    for (tape, keys) in
        [(notebook(), ["ArrowRight", "End", "p", "?"]), (two_sided(), ["End", "Home", "f", "/"])]
    {
        let (mut browser, file) = opened("contrast", &tape)?;
        for dark in [false, true] {
            let last = last_step(&mut browser)?;
            for step in [2, 5, last / 2, last - 4] {
                browser.open(&file, &format!("#step={step}"), DESKTOP, dark)?;
                for key in keys {
                    browser.press(key)?;
                    let worst = browser.ask(FAINTEST)?;
                    assert!(worst[0].as_f64() >= Some(4.5), "dark {dark}, step {step}, {key}: {worst}");
                }
            }
        }
        closed(browser, file)?;
    }
    Ok(())
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
