//! What the machine can do at most, measured, and how long a workload takes at least.

use std::fmt;
use std::hint::black_box;
use std::thread::scope;
use std::time::{Duration, Instant};

use ndarray::arr0;
use peers::{A, Mapped, Workload};
use pulp::{Arch, Simd, WithSimd};
use wengert::Tape;

/// Sums that do not wait for each other: more than a fused multiply-add takes cycles, times two units, and no more than
/// leave registers for the factors.
const SUMS: usize = 12;

/// A loop of fused multiply-adds in registers, of so many rounds.
struct Multiply(usize);

impl WithSimd for Multiply {
    /// How many numbers a vector has.
    type Output = usize;

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> Self::Output {
        let (a, b) = (simd.splat_f32s(black_box(0.5)), simd.splat_f32s(black_box(0.25)));
        let mut sums = [simd.splat_f32s(black_box(1.0)); SUMS];
        for _ in 0..self.0 {
            for sum in &mut sums {
                *sum = simd.mul_add_f32s(*sum, a, b);
            }
        }
        black_box(sums);
        S::F32_LANES
    }
}

/// The best of both measures with so many threads at once, each the better of some trials.
struct Peak {
    threads: usize,
    /// In `f32`; `f64` has half of them.
    flops: f64,
    bytes: f64,
}

/// The machine's.
pub struct Limits(Vec<Peak>);

impl Limits {
    pub fn measure(threads: &[usize]) -> Self {
        Self(threads.iter().map(|&n| Peak { threads: n, flops: flops(n), bytes: bytes(n) }).collect())
    }

    fn with(&self, threads: usize) -> &Peak {
        self.0.iter().find(|peak| peak.threads == threads).unwrap_or(&self.0[0])
    }
}

impl fmt::Display for Limits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, Peak { threads, flops, bytes }) in self.0.iter().enumerate() {
            let separator = if i == 0 { "The machine does at most" } else { "," };
            let (single, double, bytes) = (flops / 1e9, flops / 2e9, bytes / 1e9);
            write!(
                f,
                "{separator} {single:.0} GFLOP/s in f32 and {double:.0} in f64, and moves {bytes:.1} GB/s, with {threads} \
                 thread(s)"
            )?;
        }
        write!(f, ".")
    }
}

/// Does all works at once, each on its thread, again and again, and gives the shortest time of all that they took.
fn shortest(mut works: Vec<impl FnMut() + Send>) -> Duration {
    let trial = |_| {
        let start = Instant::now();
        scope(|scope| works.iter_mut().for_each(|work| drop(scope.spawn(work))));
        start.elapsed()
    };
    (0..50).map(trial).min().expect("there are some")
}

fn flops(threads: usize) -> f64 {
    const ROUNDS: usize = 500_000; // one or two milliseconds
    let work = || {
        black_box(Arch::new().dispatch(Multiply(black_box(ROUNDS))));
    };
    let lanes = Arch::new().dispatch(Multiply(1));
    (threads * ROUNDS * SUMS * 2 * lanes) as f64 / shortest(vec![work; threads]).as_secs_f64()
}

/// a = b + s c, of arrays that no cache holds: two are read, and one is written. That its lines are read first is not
/// counted.
fn bytes(threads: usize) -> f64 {
    const LEN: usize = 6 << 20; // 48 MiB each
    let [mut a, b, c] = [0.0, 1.0, 2.0].map(|number| vec![number; LEN]);
    let each = LEN.div_ceil(threads);
    let works = a.chunks_mut(each).zip(b.chunks(each)).zip(c.chunks(each)).map(|((a, b), c)| {
        move || {
            let s = black_box(3.0);
            a.iter_mut().zip(b).zip(c).for_each(|((a, b), c)| *a = b + s * c);
            black_box(&a[0]);
        }
    });
    let time = shortest(works.collect());
    (3 * size_of::<f64>() * LEN) as f64 / time.as_secs_f64()
}

/// What a workload cannot do without: the multiplications and additions of its products (in chains, of all operations),
/// and the bytes that have to be moved once. A chain's are of one operation.
pub struct Floor {
    flops: f64,
    double: bool,
    bytes: f64,
    of_what: &'static str,
}

impl Floor {
    /// A sentence that has a time beside what is possible, and how many times that it is.
    pub fn beside(&self, limits: &Limits, threads: usize, nanoseconds: f64) -> (String, f64) {
        let peak = limits.with(threads);
        let flops = self.flops / peak.flops * if self.double { 2e9 } else { 1e9 };
        let bytes = self.bytes / peak.bytes * 1e9;
        let times = nanoseconds / flops.max(bytes);
        let units = ["ns", "µs", "ms"];
        let arithmetic = match self.flops {
            0.0 => String::new(),
            flop => {
                format!("{} for {}, ", in_units(flops, &units), in_units(flop, &["FLOP", "kFLOP", "MFLOP"]))
            }
        };
        let text = format!(
            "Limits with {threads} thread(s): {arithmetic}{} for {} of {}. Wengert takes {times:.1} times the larger.",
            in_units(bytes, &units),
            in_units(self.bytes, &["B", "kB", "MB"]),
            self.of_what,
        );
        (text, times)
    }
}

/// With a unit that is a thousand times the one before, three digits or so.
fn in_units(mut number: f64, units: &[&str; 3]) -> String {
    let mut units = units.iter();
    let mut unit = units.next().expect("there are three");
    for larger in units {
        if number >= 1000.0 {
            (number, unit) = (number / 1000.0, larger);
        }
    }
    let digits = if number < 10.0 { 2 } else { 1 };
    format!("{number:.digits$} {unit}")
}

/// None where the work is mostly functions, whose operations are a matter of how they are computed.
pub fn floor(workload: Workload) -> Option<Floor> {
    const ONCE: &str = "inputs and results";
    let arrays = |flops: usize, numbers: usize, double: bool| {
        let bytes = numbers * if double { 8 } else { 4 };
        Some(Floor { flops: flops as f64, double, bytes: bytes as f64, of_what: ONCE })
    };
    match workload {
        Workload::Step(_, m, widths) => {
            // Each layer's product, and those for the gradients of its weights and of its input; but the first's has none.
            let weights: usize = widths.windows(2).map(|w| w[0] * w[1]).sum();
            let data = m * (widths[0] + widths[widths.len() - 1]);
            arrays(2 * m * (3 * weights - widths[0] * widths[1]), data + 2 * weights, false)
        }
        Workload::Mixture(_, d, k) => {
            let parameters = k * (1 + 2 * d + d * (d - 1) / 2);
            // The roots are triangular, which halves the products.
            arrays(3 * Workload::POINTS * k * d * (d + 1), Workload::POINTS * d + 2 * parameters, true)
        }
        Workload::Gpt(_, n, width, layers) => {
            let weights = layers * 12 * width * width + 64 * width;
            // What a token attends to is half of all tokens.
            let attention = layers * 2 * n * (n + 1) * width / 2;
            arrays(3 * 2 * (n * weights + attention), 2 * (weights + (64 + n) * width), false)
        }
        Workload::Lstm(_, [steps, batch, width, hidden]) => {
            // What comes in has no gradient, and the state before the first step neither.
            let weights = 4 * hidden * (2 * width + 3 * hidden);
            arrays(
                2 * steps * batch * weights,
                steps * batch * width + 2 * 4 * hidden * (width + hidden),
                false,
            )
        }
        // Without the gradients of the weights.
        Workload::Map(_, Mapped::Samples) => {
            arrays(2 * 2 * 1024 * (64 * 30 + 30), 1024 * (2 * 64 + 1) + 64 * 30, false)
        }
        Workload::Map(_, Mapped::Ensemble) => {
            arrays(2 * 64 * 32 * (2 * 64 * 30 + 3 * 30), 2 * 64 * (64 * 30 + 30), false)
        }
        Workload::Map(_, Mapped::Softmax) => arrays(0, 2 * 256 * 16 * 32, false),
        // s·a has two products and a sum in reverse, s + a a sum.
        Workload::Map(_, Mapped::Alternating) => arrays(3 * 64 * Workload::MAPPED, 3 * 64, true),
        Workload::Chain => {
            let operations = Workload::SHORT;
            let bytes = program_bytes(operations) as f64 / operations as f64;
            Some(Floor { flops: 3.0, double: true, bytes, of_what: "program and numbers" })
        }
        Workload::Map(_, Mapped::Mixed) | Workload::Record | Workload::Make => None,
    }
}

/// Of the chain's program and its workspace.
fn program_bytes(operations: usize) -> usize {
    let tape = Tape::<f64>::new();
    let a = tape.leaf("a", arr0(A));
    let s = (0..operations / 2).fold(a, |s, _| s * a + a);
    let program = tape.program(a, [s, s.backward()[a]]).expect("a chain is a program");
    program.report().program_bytes() + program.report().workspace_bytes()
}
