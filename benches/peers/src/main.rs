//! Runs all peers that are here, in alternation, and prints a table for each workload. README.md says more.

#![forbid(unsafe_code)]

mod peer;
mod table;

use std::process::ExitCode;

use peers::Workload;

use crate::peer::{PEERS, Peer};

const USAGE: &str = "\
Usage: cargo run --release --features all -- [WORKLOAD…] [OPTIONS]

  WORKLOAD…      notebook, mini, wide, chain, record   [all of them]
  --rounds N     how often each peer is run            [7]
  --threads N    a thread count for all peers          [1 and all cores, the better one shown]
  --help         this text";

struct Options {
    workloads: Vec<Workload>,
    rounds: usize,
    threads: Vec<usize>,
}

/// `None` if help was asked for, or one line about what is wrong.
fn parse(words: impl IntoIterator<Item = String>) -> Result<Option<Options>, String> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let mut threads = vec![1, cores];
    threads.dedup();
    let mut options = Options { workloads: vec![], rounds: 7, threads };
    let mut words = words.into_iter();
    while let Some(word) = words.next() {
        let mut number = || {
            let number = words.next().and_then(|n| n.parse().ok()).filter(|&n: &usize| n > 0);
            number.ok_or_else(|| format!("{word}: expected a number, 1 or more"))
        };
        match word.as_str() {
            "--rounds" => options.rounds = number()?,
            "--threads" => options.threads = vec![number()?],
            "--help" | "-h" => return Ok(None),
            name => options.workloads.push(
                Workload::named(name)
                    .ok_or_else(|| format!("{name:?} is neither a workload nor an option"))?,
            ),
        }
    }
    if options.workloads.is_empty() {
        options.workloads = Workload::ALL.to_vec();
    }
    Ok(Some(options))
}

fn main() -> ExitCode {
    let options = match parse(std::env::args().skip(1)) {
        Ok(Some(options)) => options,
        Ok(None) => {
            println!("{USAGE}");
            return ExitCode::SUCCESS;
        }
        Err(message) => {
            eprintln!("{message}\n\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    if cfg!(debug_assertions) {
        eprintln!("Unoptimised programs are not worth measuring: add --release.");
        return ExitCode::from(2);
    }
    peer::build();
    let (here, missing): (Vec<&Peer>, Vec<&Peer>) = PEERS.iter().partition(|peer| peer.is_here());
    for &workload in &options.workloads {
        table::print(workload, &here, options.rounds, &options.threads);
    }
    for peer in missing {
        println!("not here: {}; {}", peer.name, peer.install);
    }
    ExitCode::SUCCESS
}
