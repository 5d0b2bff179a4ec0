//! Runs all peers that are here, in alternation, and prints a table for each workload. README.md says more.

#![forbid(unsafe_code)]

mod limits;
mod peer;
mod run;
mod summary;
mod table;

use std::process::ExitCode;

use peers::Workload;

use crate::limits::Limits;
use crate::peer::{PEERS, Peer};
use crate::summary::{Summary, machine};
use crate::table::Manner;

const USAGE: &str = "\
Usage: cargo run --release --features all -- [WORKLOAD…] [OPTIONS]

  WORKLOAD…      notebook, mini, wide, eager, mixture, gpt, lstm, chain, record, make, map; mixture-10 is one of three, and
                 so on                         [all of them]
  --rounds N     how often each peer is run    [7]
  --threads N    a thread count for all peers  [1 and all cores, the better one shown]
  --only NAME    peers with this in their name, and wengert; more than once for more of them
  --fastest      the fastest batches count, not medians: for a machine that does other work as well
  --help         this text";

struct Options {
    workloads: Vec<Workload>,
    manner: Manner,
    only: Vec<String>,
}

/// `None` if help was asked for, or one line about what is wrong.
fn parse(words: impl IntoIterator<Item = String>) -> Result<Option<Options>, String> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let mut threads = vec![1, cores];
    threads.dedup();
    let manner = Manner { rounds: 7, threads, fastest: false };
    let mut options = Options { workloads: vec![], manner, only: vec![] };
    let mut words = words.into_iter();
    while let Some(word) = words.next() {
        let mut number = || {
            let number = words.next().and_then(|n| n.parse().ok()).filter(|&n: &usize| n > 0);
            number.ok_or_else(|| format!("{word}: expected a number, 1 or more"))
        };
        match word.as_str() {
            "--rounds" => options.manner.rounds = number()?,
            "--threads" => options.manner.threads = vec![number()?],
            "--fastest" => options.manner.fastest = true,
            "--only" => options.only.extend(words.next()),
            "--help" | "-h" => return Ok(None),
            name => match Workload::named(name) {
                none if none.is_empty() => {
                    return Err(format!("{name:?} is neither a workload nor an option"));
                }
                some => options.workloads.extend(some),
            },
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
    run::build();
    let (mut here, missing): (Vec<&Peer>, Vec<&Peer>) = PEERS.iter().partition(|peer| peer.is_here());
    if !options.only.is_empty() {
        let wanted = |peer: &&Peer| options.only.iter().any(|part| peer.name.contains(part));
        here.retain(|peer| peer.name.starts_with("wengert") || wanted(peer));
    }
    let limits = Limits::measure(&options.manner.threads);
    println!("{} {limits}\n", machine());
    let lines = options.workloads.iter();
    let lines: Vec<_> =
        lines.filter_map(|&workload| table::print(workload, &here, &options.manner, &limits)).collect();
    let names: Vec<_> = PEERS[1..].iter().map(|peer| peer.name).collect();
    let what = if options.manner.fastest { "fastest batches" } else { "medians" };
    println!("### All, {what}; of peers, times wengert's\n\n{}\n", Summary { lines: &lines, names: &names });
    println!("Afterwards: {}", machine());
    for peer in missing {
        println!("not here: {}; {}", peer.name, peer.install);
    }
    ExitCode::SUCCESS
}
