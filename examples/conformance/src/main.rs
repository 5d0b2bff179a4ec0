//! Runs operation cases made by PyTorch against the engine:
//! `cargo run --release -p conformance -- FILE.json FILE.npz`.
//!
//! The last line is `N passed, N failed, N skipped`; before it stand each failure and each skip with
//! its reason. The exit status is 1 if a case failed, and 2 if the files cannot be read.

mod runner;

use std::process::ExitCode;

fn main() -> ExitCode {
    // A case that panics is reported as a failure, with the panic's text.
    std::panic::set_hook(Box::new(|_| {}));
    let files: Vec<_> = std::env::args_os().skip(1).collect();
    let (status, text) = runner::command(&files);
    if status == 2 {
        eprintln!("{text}");
    } else {
        println!("{text}");
    }
    ExitCode::from(status)
}
