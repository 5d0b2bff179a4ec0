//! The training steps: replayed, with and without the gradients, and recorded. Allocations are counted.

#[path = "common/step.rs"]
mod step;

use Way::{Exact, Fast, Recorded, Value};
use divan::{AllocProfiler, Bencher};
use step::{Step, layers};
use wengert::{Level, Tape};

#[global_allocator]
static ALLOCATOR: AllocProfiler = AllocProfiler::system();

/// What is measured; a replay with so many threads.
#[derive(Clone, Copy, Debug)]
enum Way {
    /// The loss alone, replayed.
    Value(usize),
    /// The loss and all gradients, replayed to the bit.
    Exact(usize),
    /// The same at [`Level::Fast`].
    Fast(usize),
    /// The loss and all gradients, recorded on a tape that is used again.
    Recorded,
}

fn main() {
    divan::main();
}

#[divan::bench(args = [Value(1), Exact(1), Fast(1), Recorded], min_time = 1)]
fn notebook(bencher: Bencher, way: Way) {
    measure(bencher, way, 1437, &[64, 30, 1]);
}

#[divan::bench(args = [Value(1), Exact(1), Fast(1), Recorded], min_time = 1, sample_size = 50)]
fn mini(bencher: Bencher, way: Way) {
    measure(bencher, way, 32, &[64, 30, 1]);
}

#[divan::bench(args = [Value(1), Exact(1), Fast(1), Value(2), Exact(2), Fast(2), Recorded], min_time = 1)]
fn wide(bencher: Bencher, way: Way) {
    measure(bencher, way, 256, &[784, 512, 256, 10]);
}

/// A program of one product of numbers, and one of one product of short arrays: what a run takes besides its work.
#[divan::bench(args = [0, 4], min_time = 0.2)]
fn fixed(bencher: Bencher, elements: usize) {
    let tape = Tape::<f32>::new();
    let given = if elements == 0 {
        ndarray::arr0(2.0).into_dyn()
    } else {
        ndarray::Array1::ones(elements).into_dyn()
    };
    let x = tape.leaf("x", &given);
    let program = tape.program([x], [x * x]).expect("it is a program");
    let mut workspace = program.workspace();
    bencher.bench_local(|| program.run(&mut workspace, [&given]).expect("the shape is that recorded"));
}

fn measure(bencher: Bencher, way: Way, samples: usize, widths: &[usize]) {
    let step = Step::new(samples, widths);
    let tape = Tape::new();
    let [leaves, outputs] = step.record(&tape, layers);
    let (outputs, level, threads) = match way {
        Value(threads) => (&outputs[..1], Level::Exact, threads),
        Exact(threads) => (&outputs[..], Level::Exact, threads),
        Fast(threads) => (&outputs[..], Level::Fast, threads),
        Recorded => {
            let mut again = Tape::new();
            return bencher.bench_local(|| step.record_again(&mut again, layers));
        }
    };
    let builder = tape.program_builder(leaves, outputs).level(level).threads(threads);
    step.replay(bencher, &builder.build().expect("a step is a program"));
}
