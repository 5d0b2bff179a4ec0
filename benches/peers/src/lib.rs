//! What all peers share: the work, its numbers, the answer it must give, and the clock.
//!
//! A peer is a program that is called as `peer WORKLOAD [--threads N]`. It finds its answer once, which is compared
//! with gradients written by hand, then measures itself for about half a second and prints one line of three numbers:
//! nanoseconds (of a step; in chains, of an operation), the loss, and the sum of the gradients' absolute values.
//! `python/common.py` is the same again for the peers in Python.

#![forbid(unsafe_code)]
#![warn(missing_docs)]

pub mod by_hand;
pub mod clock;
#[path = "../../common/data.rs"]
mod data;
mod workload;

pub use data::{Layer, Network};
pub use workload::{A, Answer, Workload};

use std::env;
use std::process::{Command, exit};

/// The workload that the command line names, its thread count set for whatever pool the peer has.
///
/// Pools read the environment before `main` could change it, so a peer whose environment says otherwise starts itself
/// again in one that does.
pub fn workload() -> Workload {
    let words: Vec<String> = env::args().skip(1).collect();
    let (name, threads) = match &words.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [name] => (*name, None),
        [name, "--threads", threads] => (*name, Some(*threads)),
        _ => usage(),
    };
    let workload = Workload::named(name).unwrap_or_else(|| usage());
    if let Some(threads) = threads
        && env::var("RAYON_NUM_THREADS").as_deref() != Ok(threads)
    {
        let itself = env::current_exe().expect("a running program has a path");
        let status = Command::new(itself).args(&words).env("RAYON_NUM_THREADS", threads).status();
        exit(status.expect("what runs can be run again").code().unwrap_or(1));
    }
    workload
}

/// For a workload that is none of this peer's.
pub fn unsupported() -> ! {
    eprintln!("this peer does not do that workload");
    exit(2)
}

fn usage() -> ! {
    eprintln!("Usage: peer notebook|mini|wide|chain|record [--threads N]");
    exit(2)
}
