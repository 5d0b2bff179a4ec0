//! Rounds of runs, and the table of what they found.

use std::io::{IsTerminal, stderr};

use peers::Workload;
use peers::clock::{Time, median};

use crate::limits::{Limits, floor};
use crate::peer::Peer;

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

    fn fastest(&self) -> f64 {
        self.times.iter().map(|time| time.fastest).fold(f64::INFINITY, f64::min)
    }
}

/// Measures all peers at a workload, and prints each with the number of threads that was best.
pub fn print(workload: Workload, peers: &[&Peer], rounds: usize, threads: &[usize], limits: &Limits) {
    let (title, scale, digits) = match workload {
        Workload::Step(name, m, widths) => {
            let widths: Vec<_> = widths.iter().map(usize::to_string).collect();
            (format!("{name}, {m}×{}: µs a step", widths.join("→")), 1e-3, 1)
        }
        Workload::Mixture(name, d, k) => (format!("{name}, d, k = {d}, {k}: ms"), 1e-6, 3),
        Workload::Gpt(name, n, width, layers) => {
            (format!("{name}, tokens, width, layers = {n}, {width}, {layers}: ms"), 1e-6, 3)
        }
        Workload::Map(name, _) => (format!("{name}: µs for all inputs"), 1e-3, 1),
        Workload::Chain => ("chain, replayed: ns an operation".into(), 1.0, 2),
        Workload::Record => ("record, and one reverse sweep: ns an operation".into(), 1.0, 1),
        Workload::Make => ("make, the chain and its gradient: ns an operation".into(), 1.0, 1),
    };
    println!("### {title}\n");
    println!(
        "| peer | threads | median | fastest | × wengert's median | × wengert's fastest | median with 1, 2, … threads |"
    );
    println!("|---|---:|---:|---:|---:|---:|---|");
    let rows = measure(workload, peers, rounds, threads);
    let best = best(&rows);
    let Some(own) = best.iter().min_by_key(|row| place(peers, row)) else { return println!() };
    for row in &best {
        let number = |time: f64| format!("{:.digits$}", time * scale);
        // Each round's ratio by itself: what disturbed a round disturbed both.
        let ratios = row.times.iter().zip(&own.times).map(|(time, own)| time.median / own.median);
        let ratio = median(&mut ratios.collect::<Vec<_>>());
        let each = rows.iter().filter(|other| std::ptr::eq(other.peer, row.peer));
        let each: Vec<_> = each.map(|row| number(row.median())).collect();
        println!(
            "| {} | {} | {} | {} | {ratio:.2} | {:.2} | {} |",
            row.peer.name,
            row.threads,
            number(row.median()),
            number(row.fastest()),
            row.fastest() / own.fastest(),
            each.join(", ")
        );
    }
    println!();
    if let Some(floor) = floor(workload) {
        println!("{}\n", floor.beside(limits, own.threads, own.fastest()));
    }
}

/// Where a row's peer is in the list.
fn place(peers: &[&Peer], row: &Row) -> Option<usize> {
    peers.iter().position(|peer| std::ptr::eq(*peer, row.peer))
}

/// Runs every peer with each number of threads once a round: what disturbs the machine then disturbs all of them.
fn measure<'a>(workload: Workload, peers: &[&'a Peer], rounds: usize, threads: &[usize]) -> Vec<Row<'a>> {
    // By hand, or what the first peer finds.
    let mut expected = workload.by_hand(Workload::LONG).map(|answer| answer.sums());
    let mut rows = Vec::new();
    for &peer in peers {
        let threads = peer.threads(workload, threads).iter();
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

/// The fastest row of each peer, fastest first.
fn best<'r, 'a>(rows: &'r [Row<'a>]) -> Vec<&'r Row<'a>> {
    let mut rows: Vec<_> = rows.iter().collect();
    rows.sort_by(|a, b| a.median().total_cmp(&b.median()));
    let mut seen = Vec::new();
    rows.retain(|row| {
        let first = !seen.contains(&row.peer.name);
        seen.push(row.peer.name);
        first
    });
    rows
}
