//! The page of a program opens from a file, and shows what the program's report and profile say.

use crate::common::{DESKTOP, closed, count, text};
use browser::programs::{again, arrays, attending, little, named, numbers, pendulum, profiled, step};
use browser::tapes::MARKUP;
use browser::{Browser, Result};
use serde_json::{Value, json};
use std::path::PathBuf;
use wengert::{Language, Profile, Program};

/// A program's page, opened in English.
pub fn opened(name: &str, program: &Program<f64>, profile: Option<&Profile>) -> Result<(Browser, PathBuf)> {
    let file = std::env::temp_dir().join(format!("wengert-program-{name}-{}.html", std::process::id()));
    let page = program.page().language(Language::English).sources(concat!(env!("CARGO_MANIFEST_DIR"), "/.."));
    match profile {
        Some(profile) => page.measured(profile),
        None => page,
    }
    .write_html(&file)?;
    let mut browser = Browser::start()?;
    browser.open(&file, "", DESKTOP, false)?;
    Ok((browser, file))
}

fn data(browser: &mut Browser) -> Result<Value> {
    Ok(serde_json::from_str(&text(browser, "#data")?)?)
}

/// Two frames.
fn settle(browser: &mut Browser) -> Result<()> {
    browser
        .ask("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(0))))")?;
    Ok(())
}

#[test]
fn the_notebooks_step_is_told_as_its_report_tells_it() -> Result<()> {
    let program = step();
    let profile = profiled(&program);
    let (mut browser, file) = opened("step", &program, Some(&profile))?;
    let report = program.report();
    let told = data(&mut browser)?;

    // Passes: rows after each, as the report has them, and in the table as well.
    for (k, (pass, rows)) in report.passes().enumerate() {
        assert_eq!(told["passes"][k], json!([pass, rows]));
        let line = format!(".passes tbody tr:nth-child({}) td", k + 1);
        assert_eq!(text(&mut browser, &line)?, rows.to_string());
    }
    for (k, (part, time)) in report.times().enumerate() {
        assert_eq!(told["times"][k], json!([part, u64::try_from(time.as_nanos())?]));
    }
    assert_eq!(told["report"]["operations"], json!(report.operations()));
    assert_eq!(told["report"]["bytes_moved"], json!(report.bytes_moved()));
    assert_eq!(told["report"]["buffer_bytes"], json!(report.buffer_bytes()));

    // Each row of the tape has one fate, and the counts are those of the list.
    let rows = told["rows"].as_array().ok_or("no rows")?;
    let recorded = report.passes().next().ok_or("no passes")?.1;
    assert_eq!(rows.len(), recorded);
    for (fate, n) in told["fates"].as_object().ok_or("no fates")? {
        let found = rows.iter().filter(|row| row["w"] == json!(fate)).count();
        assert_eq!(json!(found), *n, "{fate}");
    }
    let fate = |name: &str| {
        rows.iter().find(|row| row["n"] == json!(name)).map_or(Value::Null, |row| row["w"].clone())
    };
    assert_eq!(
        ["X", "W1", "Z1", "y"].map(fate),
        [json!("input"), json!("state"), json!("fused"), json!("constant")]
    );
    // What the passes did away with is what has no row in the end.
    let gone = ["dead", "shared", "same"].map(|fate| told["fates"][fate].as_u64().unwrap_or_default());
    assert_eq!(gone.iter().sum::<u64>(), (recorded - report.rows()) as u64);

    // Instructions, their rows and what was measured of them.
    for (k, measured) in profile.instructions().iter().enumerate() {
        let one = &told["instructions"]["list"][k];
        assert_eq!(one["w"], json!(measured.name()));
        assert_eq!(one["t"], json!(u64::try_from(measured.time().as_nanos())?));
        assert_eq!((&one["o"], &one["b"]), (&json!(measured.operations()), &json!(measured.bytes_moved())));
        let names: Vec<&str> = measured.name().split(": ").last().unwrap_or_default().split(' ').collect();
        let members = one["r"].as_array().ok_or("no rows")?;
        let prims: Vec<&str> =
            members.iter().filter_map(|r| rows.iter().find(|row| row["r"] == *r)?["p"].as_str()).collect();
        assert_eq!(prims.iter().take(8).collect::<Vec<_>>(), names.iter().take(8).collect::<Vec<_>>());
    }
    browser.press("4")?;
    assert_eq!(count(&mut browser, "#view .item")?, profile.instructions().len() as u64);
    assert!(text(&mut browser, "#view .note")?.contains("medians of 20 runs"));
    // The longest comes first.
    let longest =
        profile.instructions().iter().map(wengert::Measured::time).max().ok_or("no instructions")?;
    let first = browser.ask("Number(document.querySelector('#view .item .c-row').textContent)")?;
    let first = usize::try_from(first.as_u64().ok_or("no number")?)?;
    assert_eq!(profile.instructions()[first].time(), longest);
    closed(browser, file)
}

/// Values in one buffer follow each other, none is larger than its buffer, and the most in use is no more than all buffers.
#[test]
fn memory_over_time_adds_up() -> Result<()> {
    for (name, program) in [("memory", step()), ("attending", attending()), ("again", again())] {
        let (mut browser, file) = opened(name, &program, None)?;
        let told = data(&mut browser)?;
        let memory = &told["memory"];
        let n = |value: &Value| value.as_u64().unwrap_or_default();
        let mut values: Vec<&Value> = memory["values"].as_array().ok_or("no values")?.iter().collect();
        assert_eq!(n(&memory["all"]), values.len() as u64);
        let size = |buffer: &Value| {
            let sizes = memory["buffers"].as_array()?;
            sizes.iter().find(|one| one[0] == *buffer).map(|one| n(&one[1]))
        };
        values.sort_by_key(|value| (n(&value["b"]), n(&value["from"])));
        for two in values.windows(2) {
            if two[0]["b"] == two[1]["b"] {
                assert!(n(&two[0]["to"]) <= n(&two[1]["from"]), "{name}: {two:?}");
            }
        }
        assert!(values.iter().all(|value| Some(n(&value["n"])) <= size(&value["b"])));
        let most = memory["live"].as_array().ok_or("no curve")?.iter().map(n).max().unwrap_or_default();
        assert_eq!(most, n(&memory["peak"][1]));
        assert!(most <= program.report().buffer_bytes() as u64 && most > 0, "{name}: {most}");

        // They are there to be chosen, by mouse and keyboard.
        browser.press("3")?;
        assert_eq!(count(&mut browser, "#view .value")?, values.len() as u64);
        browser.ask("document.querySelector('.value').focus()")?;
        for key in ["Enter", "ArrowDown", "ArrowRight", "ArrowUp", "ArrowLeft"] {
            browser.press(key)?;
            assert_eq!(count(&mut browser, ".value.chosen")?, 1, "{name}, {key}");
        }
        assert!(text(&mut browser, "#live")?.contains("buffer"));
        closed(browser, file)?;
    }
    Ok(())
}

#[test]
fn each_fate_is_told() -> Result<()> {
    let program = again();
    let (mut browser, file) = opened("fates", &program, None)?;
    let told = data(&mut browser)?;
    for fate in ["fused", "alone", "again", "view", "shared", "same", "folded", "constant", "input", "dead"] {
        assert!(told["fates"][fate].as_u64() > Some(0), "{fate}: {}", told["fates"]);
        // The filter shows those rows and no others, and the card says what became of one.
        let chip = format!(
            "[...document.querySelectorAll('.chip')].find((one) => one.querySelector('.sign.{fate}'))"
        );
        browser.ask(&format!("{chip}.click()"))?;
        settle(&mut browser)?;
        let others = count(&mut browser, &format!("#view .item:not(.{fate})"))?;
        assert_eq!((others, count(&mut browser, "#view .item")? > 0), (0, true), "{fate}");
        browser.ask("document.querySelector('#view .item').click()")?;
        assert!(!text(&mut browser, "#card .lead")?.contains('{'), "{fate}");
        browser.ask(&format!("{chip}.click()"))?;
    }
    // What each fate means is said in help, of whichever row.
    browser.press("?")?;
    let help = text(&mut browser, "#help .keys")?;
    assert!(help.contains("It only rearranges another row: no element"), "{help}");
    browser.ask("document.querySelector('#help .close').click()")?;
    // What is computed again has more than one instruction.
    let rows = told["rows"].as_array().ok_or("no rows")?;
    let twice = rows.iter().find(|row| row["w"] == json!("again")).ok_or("none")?;
    assert!(twice["i"].as_array().is_some_and(|instructions| instructions.len() > 1));
    // Rows are found by name, and from row to instruction there is a way.
    browser.press("/")?;
    for key in ["s", "t", "a", "r", "t"] {
        browser.press(key)?;
    }
    settle(&mut browser)?;
    browser.press("Enter")?;
    assert_eq!(text(&mut browser, "#card h2")?, "start");
    assert!(text(&mut browser, "#card .source")?.contains("named(\"start\")"));
    browser.ask("document.querySelector('#card .link').click()")?;
    assert!(text(&mut browser, "#card .eyebrow")?.starts_with("instruction"));
    closed(browser, file)
}

#[test]
fn names_stay_text() -> Result<()> {
    let program = named();
    let (mut browser, file) = opened("names", &program, None)?;
    assert!(text(&mut browser, "#view")?.contains(MARKUP));
    for key in ["1", "2", "3", "4", "?"] {
        browser.press(key)?;
        assert_eq!(count(&mut browser, "img, main b b, main i, main script")?, 0);
    }
    closed(browser, file)
}

/// Programs without buffers, without instructions, without a list; not measured, or measured as another.
#[test]
fn what_is_not_there_is_said() -> Result<()> {
    let (little, numbers) = (little(), numbers());
    let other = profiled(&numbers);
    for (name, program, profile) in [("little", &little, Some(&other)), ("numbers", &numbers, None)] {
        let (mut browser, file) = opened(name, program, profile)?;
        browser.press("3")?;
        assert!(text(&mut browser, "#view")?.contains("There are no buffers"), "{name}");
        browser.press("4")?;
        let said = if profile.is_some() { "of another program" } else { "Nothing was measured" };
        assert!(text(&mut browser, "#view")?.contains(said), "{name}");
        assert!(text(&mut browser, "#view pre")?.contains("measured(&profile)"));
        // Both languages, everywhere.
        browser.press("l")?;
        assert_eq!(browser.ask("document.documentElement.lang")?, json!("ja"));
        for key in ["1", "2", "3", "4"] {
            browser.press(key)?;
            let english = browser.ask("document.querySelector('main').innerText")?;
            assert!(!english.as_str().unwrap_or_default().contains("rows"), "{name}, {key}: {english}");
        }
        closed(browser, file)?;
    }
    Ok(())
}

/// Of ten thousand instructions, and of thirty thousand rows, few are in the document.
#[test]
fn large_programs_stay_small() -> Result<()> {
    for (name, program) in [("arrays", arrays()), ("pendulum", pendulum())] {
        let profile = profiled(&program);
        let (mut browser, file) = opened(name, &program, Some(&profile))?;
        for key in ["1", "2", "3", "4"] {
            let asked = format!(
                "(() => {{ const began = performance.now(); document.body.dispatchEvent(new KeyboardEvent('keydown', {{ key: '{key}', bubbles: true }})); \
                 document.body.offsetHeight; return performance.now() - began; }})()"
            );
            let time = browser.ask(&asked)?;
            settle(&mut browser)?;
            browser.ask("document.querySelectorAll('.scroll').forEach((one) => { one.scrollTop = one.scrollHeight / 2; })")?;
            settle(&mut browser)?;
            let elements = count(&mut browser, "*")?;
            assert!(elements < 3_000, "{name}, view {key}: {elements} elements");
            println!("{name}, view {key}: {elements} elements, {time} ms");
        }
        let size = std::fs::metadata(&file)?.len();
        assert!(size < 8_000_000, "{name}: {size} bytes");
        // What was left out is said.
        browser.press("1")?;
        let said = text(&mut browser, "#view")?;
        assert!(said.contains("left out here") || said.contains("did not keep"), "{name}");
        closed(browser, file)?;
    }
    Ok(())
}
