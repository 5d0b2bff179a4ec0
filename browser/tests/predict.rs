//! Predictions are judged, right and wrong.

use crate::common::{closed, count, last_step, opened, text};
use browser::tapes::{attention, notebook, scalars};
use browser::{Browser, Result};
use serde_json::Value;

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

/// Which of an array's elements, in row-major order, a question asks for: `[0, 3]` behind the name.
fn place(words: &str, shape: &Value) -> usize {
    let index =
        words.rsplit_once('[').and_then(|(_, rest)| rest.split_once(']')).map_or("", |(index, _)| index);
    let sizes = shape.as_array().into_iter().flatten().filter_map(Value::as_u64);
    let numbers = index.split(", ").filter_map(|number| number.parse::<u64>().ok());
    let at = sizes.zip(numbers).fold(0, |at, (size, number)| at * size + number);
    usize::try_from(at).unwrap_or(usize::MAX)
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
            let v = &term["v"];
            let number = if v["all"].is_null() { &v["x"][place(words, &term["s"])] } else { &v["all"] };
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
