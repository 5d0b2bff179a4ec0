//! Rounds of runs, and the table of what they found.

use std::io::{IsTerminal, stderr};

use peers::Workload;
use peers::clock::{Time, median};

use crate::limits::{Limits, floor};
use crate::peer::Peer;
use crate::summary::Line;

/// A peer with so many threads, and its times in each round.
struct Row<'a> {
    peer: &'a Peer,
    threads: usize,
    times: Vec<Time>,
}

impl Row<'_> {
    fn median(&self) -> f64 {
        median(&mut self.times.iter().map(|time| time.median).collect::<Vec<_>>())
    }

    fn time(&self, fastest: bool) -> f64 {
        if fastest { self.fastest() } else { self.median() }
    }

    fn fastest(&self) -> f64 {
        self.times.iter().map(|time| time.fastest).fold(f64::INFINITY, f64::min)
    }
}

/// How to measure.
pub struct Manner {
    /// How often each peer is run.
    pub rounds: usize,
    /// The thread counts to try.
    pub threads: Vec<usize>,
    /// Whether the fastest batches count, and not medians.
    pub fastest: bool,
}

/// Measures all peers at a workload, and prints each with the number of threads that was best; none if none ran.
pub fn print(workload: Workload, peers: &[&Peer], manner: &Manner, limits: &Limits) -> Option<Line> {
    let (title, unit, scale, digits) = match workload {
        Workload::Step(name, m, widths) => {
            let widths: Vec<_> = widths.iter().map(usize::to_string).collect();
            (format!("{name}, {m}×{}", widths.join("→")), "µs", 1e-3, 1)
        }
        Workload::Mixture(name, d, k) => (format!("{name}, d, k = {d}, {k}"), "ms", 1e-6, 3),
        Workload::Gpt(name, n, width, layers) => {
            (format!("{name}, tokens, width, layers = {n}, {width}, {layers}"), "ms", 1e-6, 3)
        }
        Workload::Lstm(name, [steps, batch, width, hidden]) => (
            format!("{name}, steps, batch, width, state = {steps}, {batch}, {width}, {hidden}"),
            "µs",
            1e-3,
            1,
        ),
        Workload::Map(name, _) => (format!("{name}, all inputs"), "µs", 1e-3, 1),
        Workload::Chain => ("chain, replayed, an operation".into(), "ns", 1.0, 2),
        Workload::Record => ("record, and one reverse sweep, an operation".into(), "ns", 1.0, 1),
        Workload::Make => ("make, the chain and its gradient, an operation".into(), "ns", 1.0, 1),
    };
    println!("### {title}: {unit}\n");
    println!(
        "| peer | threads | median | fastest | × wengert's median | × wengert's fastest | median with 1, 2, … threads |"
    );
    println!("|---|---:|---:|---:|---:|---:|---|");
    let rows = measure(workload, peers, manner);
    let best = best(&rows, manner.fastest);
    let own = best.iter().min_by_key(|row| place(peers, row))?;
    let number = |time: f64| format!("{:.digits$}", time * scale);
    let mut line = Line {
        workload: workload.name(),
        own: format!("{} {unit}", number(own.time(manner.fastest))),
        threads: own.threads,
        over_limit: None,
        ratios: vec![],
    };
    for row in &best {
        // Each round's ratio by itself: what disturbed a round disturbed both.
        let ratios = row.times.iter().zip(&own.times).map(|(time, own)| time.median / own.median);
        let of_medians = median(&mut ratios.collect::<Vec<_>>());
        let of_fastest = row.fastest() / own.fastest();
        line.ratios.push((row.peer.name, if manner.fastest { of_fastest } else { of_medians }));
        let each = rows.iter().filter(|other| std::ptr::eq(other.peer, row.peer));
        let each: Vec<_> = each.map(|row| number(row.median())).collect();
        println!(
            "| {} | {} | {} | {} | {of_medians:.2} | {of_fastest:.2} | {} |",
            row.peer.name,
            row.threads,
            number(row.median()),
            number(row.fastest()),
            each.join(", ")
        );
    }
    println!();
    if let Some(floor) = floor(workload) {
        let (text, times) = floor.beside(limits, own.threads, own.time(manner.fastest));
        println!("{text}\n");
        line.over_limit = Some(times);
    }
    Some(line)
}

/// Where a row's peer is in the list.
fn place(peers: &[&Peer], row: &Row) -> Option<usize> {
    peers.iter().position(|peer| std::ptr::eq(*peer, row.peer))
}

/// Runs every peer with each number of threads once a round: what disturbs the machine then disturbs all of them.
fn measure<'a>(workload: Workload, peers: &[&'a Peer], manner: &Manner) -> Vec<Row<'a>> {
    let rounds = manner.rounds;
    // By hand, or what the first peer finds.
    let mut expected = workload.by_hand(Workload::LONG).map(|answer| answer.sums());
    let mut rows = Vec::new();
    for &peer in peers {
        let threads = peer.threads(workload, &manner.threads).iter();
        rows.extend(threads.map(|&threads| Row { peer, threads, times: vec![] }));
    }
    let progress = |text: &str| {
        if stderr().is_terminal() {
            eprint!("\r\x1b[K{text}");
        }
    };
    for round in 1..=rounds {
        rows.retain_mut(|row| {
            let name = format!("{}, {}, threads: {}", workload.name(), row.peer.name, row.threads);
            progress(&format!("round {round} of {rounds}: {name}"));
            let checked = row.peer.run(workload, row.threads).and_then(|(time, sums)| {
                let expected = expected.get_or_insert_with(|| sums.clone());
                let close = |(given, by_hand): (&f64, &f64)| {
                    (given - by_hand).abs() <= workload.tolerance() * by_hand.abs()
                };
                if sums.len() == expected.len() && sums.iter().zip(&*expected).all(close) {
                    Ok(time)
                } else {
                    Err(format!("its loss and sums are {sums:?}, and should be {expected:?}"))
                }
            });
            match checked {
                Ok(time) => row.times.push(time),
                Err(ref why) => {
                    progress("");
                    eprintln!("{name}: left out, {why}");
                    return false;
                }
            }
            true
        });
    }
    progress("");
    rows
}

/// The best row of each peer, best first.
fn best<'r, 'a>(rows: &'r [Row<'a>], fastest: bool) -> Vec<&'r Row<'a>> {
    let mut rows: Vec<_> = rows.iter().collect();
    rows.sort_by(|a, b| a.time(fastest).total_cmp(&b.time(fastest)));
    let mut seen = Vec::new();
    rows.retain(|row| {
        let first = !seen.contains(&row.peer.name);
        seen.push(row.peer.name);
        first
    });
    rows
}
