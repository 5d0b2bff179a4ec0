//! One program over many inputs at once: against as many replays, and against the program that a person would write for a
//! batch.

#[path = "common/chain.rs"]
mod chain;
#[allow(dead_code)] // A network is none of them.
#[allow(clippy::cast_precision_loss)] // of sums below 2²⁴
#[path = "common/data.rs"]
mod data;
#[path = "common/lanes.rs"]
mod lanes;

use Way::{Alone, ByHand, Mapped};
use divan::Bencher;
use divan::counter::ItemsCount;
use lanes::{LANES, Lanes};

#[derive(Clone, Copy, Debug)]
enum Way {
    /// A replay for each lane.
    Alone,
    Mapped,
    /// Recorded with the axis of lanes.
    ByHand,
}

fn main() {
    divan::main();
}

/// An item is an operation and input.
#[divan::bench(args = [(Alone, 1000), (Mapped, 1000), (Mapped, 20_000), (Mapped, 1_000_000)], min_time = 1, max_time = 10)]
fn alternating(bencher: Bencher, (way, operations): (Way, usize)) {
    let bencher = bencher.counter(ItemsCount::new(operations * LANES));
    measure(bencher, way, &lanes::alternating(operations, 1));
}

#[divan::bench(args = [(Alone, 1000), (Mapped, 1000), (Mapped, 20_000)], min_time = 1, max_time = 10)]
fn mixed(bencher: Bencher, (way, operations): (Way, usize)) {
    let bencher = bencher.counter(ItemsCount::new(operations * LANES));
    measure(bencher, way, &lanes::mixed(operations, 1));
}

#[divan::bench(args = [Alone, Mapped, ByHand], min_time = 1)]
fn samples(bencher: Bencher, way: Way) {
    measure(bencher, way, &lanes::samples(1));
}

#[divan::bench(args = [Alone, Mapped, ByHand], min_time = 1)]
fn ensemble(bencher: Bencher, way: Way) {
    measure(bencher, way, &lanes::ensemble(1));
}

#[divan::bench(args = [Alone, Mapped, ByHand], min_time = 1)]
fn softmax(bencher: Bencher, way: Way) {
    measure(bencher, way, &lanes::softmax(1));
}

fn measure<T: wengert::Float>(bencher: Bencher, way: Way, all: &Lanes<T>) {
    let Lanes { single, batch, shared, count, inputs } = all;
    match way {
        Alone => {
            let mut workspace = single.workspace();
            bencher.bench_local(|| {
                for lane in 0..*count {
                    let own = inputs.iter().enumerate().map(|(i, input)| {
                        if shared.contains(&i) {
                            input.view()
                        } else {
                            input.index_axis(ndarray::Axis(0), lane)
                        }
                    });
                    single
                        .run(&mut workspace, own.collect::<Vec<_>>())
                        .expect("the shapes are those recorded");
                }
            });
        }
        Mapped => {
            let builder =
                shared.iter().fold(single.map_builder(*count), |builder, input| builder.shared(*input));
            let mapped = builder.build().expect("there is room");
            let mut workspace = mapped.workspace();
            bencher
                .bench_local(|| mapped.run(&mut workspace, inputs).expect("the shapes are those recorded"));
        }
        ByHand => {
            let batch = batch.as_ref().expect("there is one");
            let mut workspace = batch.workspace();
            bencher.bench_local(|| batch.run(&mut workspace, inputs).expect("the shapes are those recorded"));
        }
    }
}
