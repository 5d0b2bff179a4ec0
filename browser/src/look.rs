//! Writes the pages of the example tapes, and pictures of them, to be looked at.
//!
//! `cargo run -p browser -- DIRECTORY [NAME[#STEP[+KEY]…]]…`

use browser::tapes::EXAMPLES;
use browser::{Browser, Result};
use std::path::PathBuf;
use wengert::Language;

/// Widths and heights.
const SIZES: [(u32, u32); 3] = [(1440, 900), (900, 1100), (390, 844)];

fn main() -> Result<()> {
    let mut words = std::env::args().skip(1);
    let directory = PathBuf::from(words.next().ok_or("say where to: `cargo run -p browser -- DIRECTORY`")?);
    let wanted: Vec<String> = words.collect();
    std::fs::create_dir_all(&directory)?;
    let mut browser = Browser::start()?;
    for (name, record) in EXAMPLES {
        let asked = wanted
            .iter()
            .find_map(|word| word.strip_prefix(name))
            .filter(|rest| !rest.starts_with(char::is_alphanumeric));
        if asked.is_none() && !wanted.is_empty() {
            continue;
        }
        let asked = asked.unwrap_or_default().trim_start_matches('#');
        let (place, keys) = asked.split_once('+').unwrap_or((asked, ""));
        let tape = record();
        for (code, language) in [("en", Language::English), ("ja", Language::Japanese)] {
            let file = directory.join(format!("{name}-{code}.html"));
            tape.player()
                .language(language)
                .sources(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
                .write(&file)?;
            for size in SIZES {
                for (dark, scheme) in [(false, "light"), (true, "dark")] {
                    browser.open(&file, "", size, dark)?;
                    // Where nothing else is said, in the middle of the sweep.
                    let steps = browser.ask("Number(document.getElementById('slider').max)")?;
                    let step = place.parse().unwrap_or(steps.as_u64().unwrap_or_default() * 7 / 10);
                    browser.ask(&format!("location.hash = '#step={step}'"))?;
                    // Keys to press there.
                    for key in keys.split_terminator('+') {
                        browser.press(key)?;
                    }
                    browser
                        .picture(&directory.join(format!("{name}{place}-{code}-{}-{scheme}.png", size.0)))?;
                }
            }
        }
    }
    for trouble in browser.troubles() {
        println!("{trouble}");
    }
    Ok(())
}
