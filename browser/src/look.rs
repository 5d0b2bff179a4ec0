//! Writes the pages of the example tapes and programs, and the pictures of their graphs, and takes pictures of all of them,
//! to be looked at.
//!
//! `cargo run -p browser -- DIRECTORY [WORD]…`, where a word is the name of a tape with a step and keys to press there,
//! `NAME[#STEP[+KEY]…]`, of a program with a place, `program-NAME[#PLACE[+KEY]…]`, or of a graph, `graph-NAME`.

use browser::{Browser, Result, programs, tapes};
use std::path::{Path, PathBuf};
use wengert::Language;

/// Widths and heights.
const SIZES: [(u32, u32); 3] = [(1440, 900), (900, 1100), (390, 844)];

const SCHEMES: [(bool, &str); 2] = [(false, "light"), (true, "dark")];

const LANGUAGES: [(&str, Language); 2] = [("en", Language::English), ("ja", Language::Japanese)];

const SOURCES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

fn main() -> Result<()> {
    let mut words = std::env::args().skip(1);
    let directory = PathBuf::from(words.next().ok_or("say where to: `cargo run -p browser -- DIRECTORY`")?);
    let wanted: Vec<String> = words.collect();
    std::fs::create_dir_all(&directory)?;
    let mut browser = Browser::start()?;
    for (name, record) in tapes::EXAMPLES {
        if let Some((place, keys)) = asked(&wanted, name) {
            play(&mut browser, &directory, name, &record(), place, &keys)?;
        }
        if asked(&wanted, &format!("graph-{name}")).is_some() {
            draw(&mut browser, &directory, name, &record())?;
        }
    }
    for (name, make) in programs::EXAMPLES {
        if let Some((place, keys)) = asked(&wanted, &format!("program-{name}")) {
            explain(&mut browser, &directory, name, &make(), place, &keys)?;
        }
    }
    for trouble in browser.troubles() {
        println!("{trouble}");
    }
    Ok(())
}

/// Whether a page is asked for, with the place and the keys.
fn asked<'w>(wanted: &'w [String], name: &str) -> Option<(&'w str, Vec<&'w str>)> {
    if wanted.is_empty() {
        return Some(("", Vec::new()));
    }
    let rest = wanted
        .iter()
        .find_map(|word| word.strip_prefix(name))
        .filter(|rest| !rest.starts_with(|c: char| c.is_alphanumeric() || c == '-'))?;
    let (place, keys) =
        rest.trim_start_matches('#').split_once('+').unwrap_or((rest.trim_start_matches('#'), ""));
    Some((place, keys.split_terminator('+').collect()))
}

/// The player, in the middle of the sweep where nothing else is said.
fn play(
    browser: &mut Browser,
    directory: &Path,
    name: &str,
    tape: &wengert::Tape<f64>,
    place: &str,
    keys: &[&str],
) -> Result<()> {
    for (code, language) in LANGUAGES {
        let file = directory.join(format!("{name}-{code}.html"));
        tape.player().language(language).sources(SOURCES).write_html(&file)?;
        for size in SIZES {
            for (dark, scheme) in SCHEMES {
                browser.open(&file, "", size, dark)?;
                let steps = browser.ask("Number(document.getElementById('slider').max)")?;
                let step = place.parse().unwrap_or(steps.as_u64().unwrap_or_default() * 7 / 10);
                browser.ask(&format!("location.hash = '#step={step}'"))?;
                keys.iter().try_for_each(|key| browser.press(key))?;
                browser.picture(&directory.join(format!("{name}{place}-{code}-{}-{scheme}.png", size.0)))?;
            }
        }
    }
    Ok(())
}

/// A program, measured; where no place is said, each of its views.
fn explain(
    browser: &mut Browser,
    directory: &Path,
    name: &str,
    program: &wengert::Program<f64>,
    place: &str,
    keys: &[&str],
) -> Result<()> {
    let profile = programs::profiled(program);
    let places = if place.is_empty() { vec!["rows", "groups", "memory", "times"] } else { vec![place] };
    for (code, language) in LANGUAGES {
        let file = directory.join(format!("program-{name}-{code}.html"));
        program.page().measured(&profile).language(language).sources(SOURCES).write_html(&file)?;
        for place in &places {
            for size in SIZES {
                for (dark, scheme) in SCHEMES {
                    browser.open(&file, &format!("#{place}"), size, dark)?;
                    keys.iter().try_for_each(|key| browser.press(key))?;
                    let place = place.replace('/', "-");
                    let file = format!("program-{name}-{place}-{code}-{}-{scheme}.png", size.0);
                    browser.picture(&directory.join(file))?;
                }
            }
        }
    }
    Ok(())
}

/// A graph, as large as it is, folded and with all of its rows.
fn draw(browser: &mut Browser, directory: &Path, name: &str, tape: &wengert::Tape<f64>) -> Result<()> {
    let graphs = [
        ("folded", tape.graph().title(name).sources(SOURCES)),
        ("opened", tape.graph().title(name).opened()),
        ("forward", tape.graph().title(name).forward_only().sources(SOURCES)),
    ];
    for (way, graph) in graphs {
        let file = directory.join(format!("graph-{name}-{way}.svg"));
        graph.write_svg(&file)?;
        std::fs::write(file.with_extension("dot"), graph.to_dot())?;
        std::fs::write(file.with_extension("mmd"), graph.to_mermaid())?;
        for (dark, scheme) in SCHEMES {
            browser.open(&file, "", (1440, 900), dark)?;
            let side = |which: &str| format!("document.documentElement.{which}.baseVal.value");
            let mut size = [0, 1].map(|_| 900_u32);
            for (size, which) in size.iter_mut().zip(["width", "height"]) {
                let said = browser.ask(&side(which))?.as_f64().unwrap_or(900.0);
                *size = format!("{:.0}", said.clamp(300.0, 6000.0)).parse()?;
            }
            browser.open(&file, "", (size[0], size[1]), dark)?;
            browser.picture(&directory.join(format!("graph-{name}-{way}-{scheme}.png")))?;
        }
    }
    Ok(())
}
