//! What all peers share: the work, its numbers, the answer it must give, and the clock.
//!
//! A peer is a program that is called as `peer WORKLOAD [--threads N] [--mode MODE]`. It finds its answer once, which is
//! compared with gradients written by hand where there are some, then measures itself for about half a second and prints
//! one line of numbers: the median and the fastest time in nanoseconds (in chains, of an operation), the loss, and of
//! each gradient a sum. `python/common.py` is the same again for the peers in Python.

#![forbid(unsafe_code)]
#![warn(missing_docs)]

pub mod by_hand;
pub mod clock;
#[path = "../../common/data.rs"]
mod data;
mod workload;

pub use data::{Layer, Network, drawing};
pub use workload::{A, Answer, Mapped, Workload};

use std::env;
use std::process::{Command, exit};

/// What the command line asks for.
#[derive(Clone, Debug)]
#[allow(missing_docs)]
pub struct Order {
    pub workload: Workload,
    /// How many threads the peer's pool has; as many as there are cores if it does not say.
    pub threads: usize,
    /// A way to do it, of those that the peer has; empty if it does not say.
    pub mode: String,
}

/// What the command line asks for, its thread count set for whatever pool the peer has.
///
/// Pools read the environment before `main` could change it, so a peer whose environment says otherwise starts itself
/// again in one that does.
pub fn order() -> Order {
    let words: Vec<String> = env::args().skip(1).collect();
    let Some((name, options)) = words.split_first() else { usage() };
    let Some(&workload) = Workload::named(name).first() else { usage() };
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let mut order = Order { workload, threads, mode: String::new() };
    for option in options.chunks(2) {
        match option {
            [name, threads] if name == "--threads" => {
                order.threads = threads.parse().unwrap_or_else(|_| usage());
            }
            [name, mode] if name == "--mode" => order.mode.clone_from(mode),
            _ => usage(),
        }
    }
    let threads = order.threads.to_string();
    if env::var("RAYON_NUM_THREADS").as_deref() != Ok(&threads) {
        let itself = env::current_exe().expect("a running program has a path");
        let status = Command::new(itself).args(&words).env("RAYON_NUM_THREADS", threads).status();
        exit(status.expect("what runs can be run again").code().unwrap_or(1));
    }
    order
}

/// The workload alone, for peers that do each in one way.
pub fn workload() -> Workload {
    order().workload
}

/// For a workload that is none of this peer's.
pub fn unsupported() -> ! {
    eprintln!("this peer does not do that workload");
    exit(2)
}

fn usage() -> ! {
    let names = Workload::ALL.map(Workload::name).join("|");
    eprintln!("Usage: peer {names} [--threads N] [--mode MODE]");
    exit(2)
}
