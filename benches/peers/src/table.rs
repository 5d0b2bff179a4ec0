//! Rounds of runs, and the table of what they found.

use std::io::{IsTerminal, stderr};

use peers::clock::median;
use peers::{A, Workload, by_hand};

use crate::peer::{Peer, Way};

/// A peer in one of its ways, and its time in each round.
struct Row<'a> {
    peer: &'a Peer,
    way: Way,
    times: Vec<f64>,
}

impl Row<'_> {
    fn median(&self) -> f64 {
        median(&mut self.times.clone())
    }
}

/// Measures all peers at a workload, and prints for each the way that was best.
pub fn print(workload: Workload, peers: &[&Peer], rounds: usize, threads: &[usize]) {
    let best = best(measure(workload, peers, rounds, threads));
    let own = best.iter().find(|row| row.peer.name == "wengert");
    let (title, scale, digits) = match workload {
        Workload::Step(name, m, widths) => {
            let widths: Vec<_> = widths.iter().map(usize::to_string).collect();
            (format!("{name}, {m}×{}: µs a step", widths.join("→")), 1e-3, 1)
        }
        Workload::Chain => ("chain, replayed: ns an operation".into(), 1.0, 2),
        Workload::Record => ("record, and one reverse sweep: ns an operation".into(), 1.0, 1),
    };
    println!("{title}\n");
    println!("| peer | as | median | min – max | times wengert's |\n|---|---|---:|---:|---:|");
    for row in &best {
        let number = |time: f64| format!("{:.digits$}", time * scale);
        let least = number(row.times.iter().copied().fold(f64::INFINITY, f64::min));
        let most = number(row.times.iter().copied().fold(0.0, f64::max));
        // Each round's ratio by itself: what disturbed a round disturbed both.
        let ratio = own.map_or("?".into(), |own| {
            let ratios = row.times.iter().zip(&own.times).map(|(time, own)| time / own);
            format!("{:.2}", median(&mut ratios.collect::<Vec<_>>()))
        });
        let (name, way, middle) = (row.peer.name, row.way, number(row.median()));
        println!("| {name} | {way} | {middle} | {least} – {most} | {ratio} |");
    }
    println!();
}

/// Runs every peer in each of its ways once a round: what disturbs the machine then disturbs all of them.
fn measure<'a>(workload: Workload, peers: &[&'a Peer], rounds: usize, threads: &[usize]) -> Vec<Row<'a>> {
    let expected = match workload {
        Workload::Step(..) => by_hand::step(&workload.network()),
        Workload::Chain | Workload::Record => by_hand::chain(A, Workload::LONG),
    };
    let mut rows = Vec::new();
    for &peer in peers {
        rows.extend(peer.ways(workload, threads).into_iter().map(|way| Row { peer, way, times: vec![] }));
    }
    let progress = |text: &str| {
        if stderr().is_terminal() {
            eprint!("\r\x1b[K{text}");
        }
    };
    for round in 1..=rounds {
        rows.retain_mut(|row| {
            progress(&format!(
                "{}, round {round} of {rounds}: {}, {}",
                workload.name(),
                row.peer.name,
                row.way
            ));
            match row.peer.run(workload, row.way, &expected) {
                Ok(time) => row.times.push(time),
                Err(ref why) => {
                    progress("");
                    eprintln!("{}, {}, is left out: {why}", row.peer.name, row.way);
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
fn best(mut rows: Vec<Row>) -> Vec<Row> {
    rows.sort_by(|a, b| a.median().total_cmp(&b.median()));
    let mut seen = Vec::new();
    rows.retain(|row| {
        let first = !seen.contains(&row.peer.name);
        seen.push(row.peer.name);
        first
    });
    rows
}
