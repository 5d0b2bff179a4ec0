//! A page, opened, and what it shows.

use browser::{Browser, Result};
use serde_json::json;
use std::path::PathBuf;
use wengert::{Language, Tape};

pub const DESKTOP: (u32, u32) = (1440, 900);

/// A tape's page, opened in English.
pub fn opened(name: &str, tape: &Tape<f64>) -> Result<(Browser, PathBuf)> {
    let file = std::env::temp_dir().join(format!("wengert-{name}-{}.html", std::process::id()));
    tape.player().language(Language::English).write_html(&file)?;
    let mut browser = Browser::start()?;
    browser.open(&file, "", DESKTOP, false)?;
    Ok((browser, file))
}

/// No message, no exception, no request; the file goes.
pub fn closed(browser: Browser, file: PathBuf) -> Result<()> {
    assert_eq!(browser.troubles(), &[] as &[String]);
    drop(browser);
    std::fs::remove_file(file)?;
    Ok(())
}

pub fn text(browser: &mut Browser, selector: &str) -> Result<String> {
    let asked = format!("document.querySelector({})?.textContent ?? ''", json!(selector));
    Ok(browser.ask(&asked)?.as_str().unwrap_or_default().to_owned())
}

pub fn count(browser: &mut Browser, selector: &str) -> Result<u64> {
    let asked = format!("document.querySelectorAll({}).length", json!(selector));
    Ok(browser.ask(&asked)?.as_u64().unwrap_or_default())
}

/// The steps that there are.
pub fn last_step(browser: &mut Browser) -> Result<u64> {
    Ok(browser.ask("Number(document.getElementById('slider').max)")?.as_u64().unwrap_or_default())
}

/// The numbers that a cell of a row shows, in full where it is one.
pub fn cell(browser: &mut Browser, row: usize, column: &str) -> Result<String> {
    let asked = format!(
        "[...document.querySelectorAll('.row')].find((row) => row.querySelector('.no').textContent === '%{row}')\
         ?.querySelector('.{column} .figure')?.textContent ?? ''"
    );
    Ok(browser.ask(&asked)?.as_str().unwrap_or_default().to_owned())
}

/// Only what is seen is in the document.
pub fn scroll_to(browser: &mut Browser, row: usize) -> Result<()> {
    browser.ask(&format!("document.getElementById('scroll').scrollTop = {row} * 44"))?;
    browser
        .ask("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(0))))")?;
    Ok(())
}

/// A number that was shown with five digits.
pub fn read(shown: &str) -> f64 {
    shown.replace('−', "-").parse().unwrap_or(f64::NAN)
}

/// Five significant digits were kept: half a unit of the last is 5·10⁻⁵ of the number at most; near 10⁻³, where five
/// places stand behind the point, 5·10⁻⁶.
pub fn is_shown(shown: &str, number: f64) -> bool {
    (read(shown) - number).abs()
        <= (5e-5 * number.abs()).max(5.0e-6 * f64::from(u8::from(number.abs() >= 1e-3)))
}
