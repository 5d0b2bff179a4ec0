//! Where the time of a replay goes, instruction by instruction: no benchmark, but tables of [`wengert::Profile`]. A name
//! among the arguments picks a program (`notebook`, `mini`, `wide`, `mixture`, `gpt`, `lstm`), and a number the threads.

#[path = "common/gpt.rs"]
mod gpt;
#[path = "common/lstm.rs"]
mod lstm;
#[path = "common/mixture.rs"]
mod mixture;
#[path = "common/step.rs"]
mod step;

use gpt::Gpt;
use lstm::Lstm;
use mixture::Mixture;
use step::data::drawing;
use step::{Step, layers};
use wengert::{Float, Input, Tape, Var};

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|given| !given.starts_with("--")).collect();
    let threads = arguments.iter().find_map(|given| given.parse().ok()).unwrap_or(1);
    let named: Vec<&String> = arguments.iter().filter(|given| given.parse::<usize>().is_err()).collect();
    let asked = |name: &str| named.is_empty() || named.iter().any(|given| name.contains(given.as_str()));
    for (name, samples, widths) in [
        ("notebook", 1437, &[64, 30, 1][..]),
        ("mini", 32, &[64, 30, 1]),
        ("wide", 256, &[784, 512, 256, 10]),
    ] {
        if asked(name) {
            let step = Step::new(samples, widths);
            show(name, threads, &step.feeds(), |tape| step.record(tape, layers));
        }
    }
    for (d, parts) in [(2, 5), (10, 25), (20, 50)] {
        let name = format!("mixture of dimension {d}, {parts} parts");
        if asked(&name) {
            let mixture = Mixture::new(1000, d, parts, drawing());
            let feeds: Vec<_> = mixture.parameters.iter().map(Input::from).collect();
            show(&name, threads, &feeds, |tape| mixture.record(tape));
        }
    }
    for (tokens, width, depth) in [(32, 32, 1), (128, 64, 2), (256, 128, 2)] {
        let name = format!("gpt of {tokens} tokens, width {width}, {depth} layers");
        if asked(&name) {
            let gpt = Gpt::new(tokens, width, depth, drawing());
            let feeds: Vec<_> = gpt.parameters.iter().map(Input::from).collect();
            show(&name, threads, &feeds, |tape| gpt.record(tape));
        }
    }
    for batch in [8, 64] {
        let name = format!("lstm of batch {batch}, 32 steps, width 32, state 64");
        if asked(&name) {
            let lstm = Lstm::new([32, batch, 32, 64], drawing());
            let feeds: Vec<_> = lstm.parameters.iter().map(Input::from).collect();
            show(&name, threads, &feeds, |tape| lstm.record(tape));
        }
    }
}

/// The table of a program with so many threads.
fn show<T: Float>(
    name: &str,
    threads: usize,
    feeds: &[Input<'_, T>],
    record: impl for<'t> Fn(&'t Tape<T>) -> [Vec<Var<'t, T>>; 2],
) {
    let tape = Tape::new();
    let [leaves, outputs] = record(&tape);
    let program = tape.program_builder(leaves, outputs).threads(threads).build().expect("it is a program");
    let profile =
        program.profile(&mut program.workspace(), feeds, 50).expect("the shapes are those recorded");
    println!("{name}, threads: {threads}\n{profile}\n");
}
