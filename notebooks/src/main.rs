//! Runs the cells of a notebook without Jupyter, `notebooks run NAME`; or makes fit to be kept what Jupyter wrote,
//! `notebooks tidy FROM TO`.

use notebooks::{Notebook, cell};
use std::error::Error;
use std::process::ExitCode;

type Outcome = Result<(), Box<dyn Error>>;

/// What a cell ends with is shown; where it ends with no value, nothing is.
trait Silent {
    fn evcxr_display(&self) {}
}

impl Silent for () {}

// What a notebook's readers are shown is plain Rust; what a cell ends with may be nothing.
#[allow(clippy::pedantic, clippy::unit_arg, unused_parens)]
fn backpropagation() -> Outcome {
    include!(concat!(env!("OUT_DIR"), "/backpropagation.rs"))
}

#[allow(clippy::pedantic, clippy::unit_arg, unused_parens)]
fn broadcasting() -> Outcome {
    include!(concat!(env!("OUT_DIR"), "/broadcasting.rs"))
}

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let outcome = match words[..] {
        ["run", "backpropagation"] => backpropagation(),
        ["run", "broadcasting"] => broadcasting(),
        ["tidy", from, to] => tidy(from, to),
        _ => Err("usage: notebooks run backpropagation|broadcasting, or notebooks tidy FROM TO".into()),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn tidy(from: &str, to: &str) -> Outcome {
    let mut notebook = Notebook::read(from.as_ref())?;
    notebook.tidy()?;
    std::fs::write(to, notebook.to_string())?;
    Ok(())
}
