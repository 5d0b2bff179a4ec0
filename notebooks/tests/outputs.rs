//! What the notebooks show is what their code gives with this version: compiled here as a program, run, and compared.

use notebooks::{Notebook, Shown, difference, reduced};
use std::path::Path;
use std::process::Command;

const HELP: &str =
    "If this is right, run `notebooks/run`, which executes the notebooks in Jupyter, and commit them.";

fn of_this_version(name: &str) {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let notebook = Notebook::read(&here.join(name).with_extension("ipynb")).unwrap();
    let mut program = Command::new(env!("CARGO_BIN_EXE_notebooks"));
    // As the kernel runs it: in the notebook's folder, and without colours.
    let output = program.args(["run", name]).current_dir(here).output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && errors.is_empty(), "{name} fails:\n{errors}");
    let now = Notebook::of_program(&String::from_utf8(output.stdout).unwrap());

    let kept = notebook.shown();
    assert!(kept.keys().eq(now.keys()) && kept.len() > 5, "{:?} and {:?}", kept.keys(), now.keys());
    let mut shown = 0;
    for (cell, (kept, depends_on_machine)) in &kept {
        let now = &now[cell];
        assert!(kept.data.keys().eq(now.data.keys()), "{name}, cell {cell}: {:?}", now.data.keys());
        let printed = std::iter::once((&kept.printed, &now.printed));
        for (kept, now) in printed.chain(kept.data.values().zip(now.data.values())) {
            shown += kept.len();
            // Where rounding is worst, to which the examiner climbs and a comparison points, is for a machine to say. What
            // comes of it, before the first colon, is the same.
            let part = |text: &str| {
                let text = reduced(text);
                let verdict = || text.split([':', '\n']).next().unwrap_or_default().to_owned();
                if *depends_on_machine { verdict() } else { text.clone() }
            };
            if let Some(difference) = difference(&part(kept), &part(now)) {
                panic!("{name}, cell {cell}, shows what this version does not:\n{difference}\n{HELP}");
            }
        }
    }
    assert!(shown > 10_000, "{name} has no outputs. {HELP}");
    assert_eq!(kept[kept.keys().next().unwrap()].0, Shown::default(), "the first cell says what is needed");
}

#[test]
fn backpropagation() {
    of_this_version("backpropagation");
}

#[test]
fn broadcasting() {
    of_this_version("broadcasting");
}

/// It is small enough to be kept, and has no path of the machine on which it was made.
#[test]
fn notebooks_can_be_kept() {
    for name in ["backpropagation", "broadcasting"] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(name).with_extension("ipynb");
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.len() < 1_500_000, "{name}: {} bytes", text.len());
        for strange in ["/home/", "/root/", "/tmp/", "/Users/", "src/lib.rs", "panicked", "\"stderr\""] {
            assert!(!text.contains(strange), "{name}: {strange}");
        }
        // As `notebooks tidy` writes it.
        let mut notebook = Notebook::read(&path).unwrap();
        notebook.tidy().unwrap();
        let is_tidy = notebook.to_string() == text;
        assert!(is_tidy, "{name} is not tidy: `cargo run -p notebooks -- tidy FROM TO`");
    }
}
