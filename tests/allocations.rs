//! What a run allocates, once it has run: nothing. Counted, not looked at: by an allocator that counts.

// A global allocator is an unsafe trait; this one hands on to the system's, and counts.
#![allow(unsafe_code)]

use ndarray::{Array2, ArrayD, ArrayView2, IxDyn, ShapeBuilder};
use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::hint::black_box;
use wengert::optim::{self, Adam, Moments};
use wengert::{Call, Float, Input, Output, Program, Replayed, Tape, Var};

struct Counting;

thread_local! {
    /// How often this thread allocated.
    static COUNT: Cell<usize> = const { Cell::new(0) };
    /// Bytes that this thread asked for, ever.
    static ASKED: Cell<usize> = const { Cell::new(0) };
    /// Bytes that this thread holds, and the most that it held.
    static BYTES: Cell<[isize; 2]> = const { Cell::new([0; 2]) };
}

/// An allocation that changes how much is held.
fn count(more: usize, less: usize) {
    COUNT.set(COUNT.get() + 1);
    ASKED.set(ASKED.get() + more);
    hold(more, less);
}

fn hold(more: usize, less: usize) {
    let [held, most] = BYTES.get();
    let held = held + more.cast_signed() - less.cast_signed();
    BYTES.set([held, most.max(held)]);
}

// SAFETY. Every call is handed on as it came to the system's allocator, which keeps the contract. The count
// is a constant-initialised `Cell` of a type without a destructor, which is there as long as the thread.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size(), 0);
        // SAFETY. The caller keeps the contract of `alloc`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count(layout.size(), 0);
        // SAFETY. As above.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count(size, layout.size());
        // SAFETY. The caller keeps the contract of `realloc`.
        unsafe { System.realloc(pointer, layout, size) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        hold(0, layout.size());
        // SAFETY. The caller keeps the contract of `dealloc`.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// How often `run` allocates on this thread.
fn allocations(run: impl FnOnce()) -> usize {
    let before = COUNT.get();
    run();
    COUNT.get() - before
}

/// What `make` makes, how many bytes it asked for on the way, and how many it holds in the end.
fn bytes<R>(make: impl FnOnce() -> R) -> (R, usize, usize) {
    let before = (ASKED.get(), BYTES.get()[0]);
    let made = make();
    let held = BYTES.get()[0] - before.1;
    (made, ASKED.get() - before.0, usize::try_from(held).expect("more is held than before"))
}

/// The bytes that `run` asks for.
fn asked(run: impl FnOnce()) -> usize {
    bytes(run).1
}

/// The bytes that `run` leaves allocated with what it returns.
fn held<R>(run: impl FnOnce() -> R) -> usize {
    bytes(run).2
}

#[test]
fn the_count_counts() {
    let (kept, in_all, in_the_end) = bytes(|| {
        drop(black_box(vec![0_u8; 300]));
        vec![0_u8; 500]
    });
    assert_eq!((kept.len(), in_all, in_the_end), (500, 800, 500));
    assert_eq!(allocations(|| drop(black_box(Box::new(5_u8)))), 1);
    assert_eq!(allocations(|| drop(black_box(vec![0_u8; 100]))), 1);
    let mut grows = vec![1_u8];
    assert_eq!(allocations(|| grows.reserve_exact(1000)), 1);
    assert_eq!(allocations(|| ()), 0);
    assert_eq!(asked(|| drop(black_box(vec![0_u8; 100]))), 100);
    assert_eq!(held(|| drop(black_box(vec![0_u8; 100]))), 0);
    assert_eq!(held(|| black_box(vec![0_u64; 100])), 800);
}

fn numbers<T: Float>(shape: &[usize]) -> ArrayD<T> {
    let mut n = 0.0;
    ArrayD::from_shape_simple_fn(IxDyn(shape), || {
        n += 1.0;
        T::from_f64((n * 0.618_033_988_749_894_9_f64).fract() - 0.5)
    })
}

/// After one run, 20 more and a look at all results allocate nothing, nor do 20 that write to arrays, with these
/// inputs in row-major order and transposed.
#[track_caller]
fn assert_none<T: Float>(program: &Program<T>) {
    let plain: Vec<ArrayD<T>> = program.inputs().iter().map(|port| numbers(&port.shape)).collect();
    let turned: Vec<ArrayD<T>> = program
        .inputs()
        .iter()
        .map(|port| numbers::<T>(&port.shape.iter().rev().copied().collect::<Vec<_>>()).reversed_axes())
        .collect();
    let mut outputs: Vec<ArrayD<T>> = program.outputs().iter().map(|port| numbers(&port.shape)).collect();
    for inputs in [&plain, &turned] {
        let feeds: Vec<Input<'_, T>> = inputs.iter().map(Input::from).collect();
        let mut sinks: Vec<Output<'_, T>> = outputs.iter_mut().map(Output::from).collect();
        let mut workspace = program.workspace();
        program.run(&mut workspace, &feeds[..]).unwrap();
        let runs = allocations(|| {
            for _ in 0..20 {
                program.run(&mut workspace, &feeds[..]).unwrap();
                let seen: usize = (0..sinks.len()).map(|i| workspace.output(i).len()).sum();
                assert!(seen > 0 || sinks.is_empty());
            }
        });
        let writes = allocations(|| {
            for _ in 0..20 {
                program.replay_into(&mut workspace, &feeds[..], &mut sinks[..]).unwrap();
            }
        });
        assert_eq!((runs, writes), (0, 0), "in 20 runs and in 20 that write to arrays, of {program}");
    }
}

/// As [`assert_none`], of five lanes in pieces of two, every second input shared.
#[track_caller]
fn assert_none_mapped<T: Float>(program: &Program<T>) {
    let shared = (0..program.inputs().len()).filter(|i| i % 2 == 1);
    let mapped = shared.fold(program.map_builder(5).at_once(2), wengert::MapBuilder::shared).build().unwrap();
    let plain: Vec<ArrayD<T>> = mapped.inputs().iter().map(|port| numbers(&port.shape)).collect();
    let mut outputs: Vec<ArrayD<T>> = mapped.outputs().iter().map(|port| numbers(&port.shape)).collect();
    let feeds: Vec<Input<'_, T>> = plain.iter().map(Input::from).collect();
    let mut sinks: Vec<Output<'_, T>> = outputs.iter_mut().map(Output::from).collect();
    let mut workspace = mapped.workspace();
    mapped.run(&mut workspace, &feeds[..]).unwrap();
    let runs = allocations(|| {
        for _ in 0..20 {
            mapped.replay_into(&mut workspace, &feeds[..], &mut sinks[..]).unwrap();
        }
    });
    assert_eq!(runs, 0, "in 20 runs of {mapped}");
}

/// The step of the notebook: loss and gradients of a network of 64 inputs, 30 hidden units and one output.
#[test]
fn the_notebooks_step() {
    let tape = Tape::<f32>::new();
    let [x, y, w1, b1, w2, b2] = [[1437, 64], [1437, 1], [30, 64], [1, 30], [1, 30], [1, 1]]
        .map(|shape| tape.leaf("x", numbers(&shape)));
    let loss = x.linear(w1, b1).relu().linear(w2, b2).mse(y);
    let grads = loss.backward();
    let outputs = [loss, grads[w1], grads[b1], grads[w2], grads[b2]];
    let builder = tape.program_builder([x, y, w1, b1, w2, b2], outputs);
    assert_none(&builder.threads(1).build().unwrap());
}

/// The most bytes that `run` holds at a time on this thread, besides those held before.
fn peak<R>(run: impl FnOnce() -> R) -> (isize, R) {
    let [held, _] = BYTES.get();
    BYTES.set([held; 2]);
    let result = run();
    (BYTES.get()[1] - held, result)
}

/// A reduction holds its results, and working memory that does not grow with them or with what it reads.
#[test]
fn what_a_reduction_holds() {
    const WORKING: isize = 200_000;
    let tape = Tape::<f64>::new();
    let (wide, tall) =
        (tape.leaf("wide", numbers(&[2, 1_000_000])), tape.leaf("tall", numbers(&[1_000_000, 2])));
    let middle = tape.leaf("middle", numbers(&[100, 100, 100]));
    let row = tape.leaf("row", numbers(&[1000])).broadcast_to((10_000, 1000));
    let number = tape.leaf("number", 0.1).broadcast_to((1000, 10_000));
    for (what, results, (held, _)) in [
        ("columns", 1_000_000, peak(|| wide.sum_axis(0))),
        ("columns, of the largest", 1_000_000, peak(|| wide.amax(0))),
        ("rows", 1_000_000, peak(|| tall.sum_axis(1))),
        ("tall columns", 2, peak(|| tall.sum_axis(0))),
        ("a transposed operand", 1_000_000, peak(|| wide.t().sum_axis(1))),
        ("an operand that lies backwards", 1_000_000, peak(|| wide.flip([0, 1]).prod_axis(0))),
        ("an axis in the middle", 10_000, peak(|| middle.sum_axis(1))),
        ("all of what is repeated", 1, peak(|| row.sum())),
        ("columns of what is repeated", 1000, peak(|| row.sum_axis(0))),
        ("rows of what is repeated", 10_000, peak(|| row.mean_axis(1))),
        ("all of a number", 1, peak(|| number.mean())),
        ("columns of a number", 10_000, peak(|| number.amax(0))),
    ] {
        // A mean is a sum, and then a quotient.
        let copies = if what.contains("rows of what") { 3 } else { 1 };
        assert!(held < copies * results * 8 + WORKING, "{what}: {held} bytes for {results} results");
    }
}

/// Nor does a program that reduces.
#[test]
fn what_a_program_that_reduces_holds() {
    let tape = Tape::<f64>::new();
    let x = tape.leaf("x", numbers(&[2, 1_000_000]));
    let c = tape.leaf("c", numbers(&[1_000_000]));
    let program = tape.program([x, c], [(x * x + c).sum_axis(0), x.sin().amax(0)]).unwrap();
    let workspace = program.workspace();
    assert!(workspace.bytes() < 2 * 8_000_000 + 400_000, "{} bytes", workspace.bytes());
}

#[test]
fn an_adam_step_that_is_carried() {
    let tape = Tape::<f64>::new();
    let [x, y, w, m, v] =
        [[40, 8], [40, 3], [3, 8], [3, 8], [3, 8]].map(|shape| tape.leaf("x", numbers::<f64>(&shape).abs()));
    let (t, rate) = (tape.leaf("t", 0.0), tape.leaf("rate", 0.1));
    let loss = x.matmul(w.t()).tanh().mse(y);
    let step = optim::adam(w, loss.backward()[w], Moments { m, v }, t, rate, Adam::default());
    let state = [(w, step.w), (m, step.moments.m), (v, step.moments.v), (t, step.t)];
    assert_none(&tape.program_builder([x, y, rate], [loss, w]).carry(state).build().unwrap());
}

/// A step that is recorded again finds the memory of the one before, except what it took off the tape.
#[test]
fn a_step_recorded_again() {
    let (x, w) = (numbers::<f32>(&[1437, 64]).into_shared(), numbers::<f32>(&[64, 30]).into_shared());
    let mut tape = Tape::new();
    let mut kept = Vec::new();
    let mut bytes = |step: usize| {
        asked(|| {
            tape.clear();
            let (x, w) = (tape.constant(x.clone()), tape.leaf("w", w.clone()));
            let y = x.matmul(w).relu();
            let grads = y.square().sum().backward();
            // One gradient is taken, and stays as it is when the tape starts over.
            kept.push(grads[w].value());
            assert!(step == 0 || kept[step] == kept[0]);
        })
    };
    let first = bytes(0);
    for step in 1..4 {
        // That gradient, rows and shapes, and blocks of what is repeated, of 4 kB each: of 1.4 MB some 50 kB.
        let again = bytes(step);
        assert!(again < first / 24, "{first} bytes, and then {again}");
    }
}

#[test]
fn a_chain_of_numbers() {
    let tape = Tape::<f64>::new();
    let (x, c) = (tape.leaf("x", 0.5), tape.leaf("c", 2.0));
    assert!(x * c > -3.0); // for all inputs here
    let z = (0..1000).fold(x, |y, _| (y * c).sin() + x);
    let grads = z.backward();
    let program = tape.program_builder([x, c], [z, grads[x], grads[c]]).threads(1).build().unwrap();
    assert_none(&program);
    assert_none_mapped(&program);
}

/// All that moves elements, running sums, stacks of products, views, broadcasts and reductions, in three dimensions.
#[test]
fn every_kind_of_instruction() {
    let tape = Tape::<f64>::new();
    let (a, b, c) =
        (tape.leaf("a", numbers(&[3, 4, 6])), tape.leaf("b", numbers(&[3, 6, 4])), tape.leaf("c", 1.0));
    let product = a.matmul(b).softmax(-1);
    let joined = tape.concat(1, [a.pad_with([(0, 0), (1, 2), (0, 0)], 0.5), b.swap_axes(1, 2).flip([0, 2])]);
    let moved = joined.take(1, [0, 5, 5, 10]).scatter_add(1, [1, 1, 3, 0], 4).cumsum([0, 1]);
    let loss =
        (moved * c).amax(2).square().sum() + product.std_axis([0, 1], 1.0).sum() + a.prod_axis(0).mean();
    let grads = loss.backward();
    let outputs =
        [loss, moved, product, grads[a], grads[b], grads[c], a.t(), c.broadcast_to((2, 3)), b.flip(1)];
    for level in [wengert::Level::Exact, wengert::Level::Fast] {
        assert_none(&tape.program_builder([a, b, c], outputs).level(level).build().unwrap());
    }
    assert_none_mapped(&tape.program_builder([a, b, c], outputs).threads(1).build().unwrap());
    let few = tape.program_builder([a, b, c], [loss, grads[a]]).memory(3000).build();
    few.iter().for_each(assert_none);
}

/// Products of matrices that lie backwards, which the kernels do not take as they are.
#[test]
fn products_of_flipped_matrices() {
    let tape = Tape::<f64>::new();
    let (a, b) = (tape.leaf("a", numbers(&[20, 30])), tape.leaf("b", numbers(&[30, 10])));
    let y = a.flip(1).matmul(b.flip(0)) + a.flip(0).matmul(b.flip([0, 1]));
    let loss = y.sum();
    let grads = loss.backward();
    assert_none(&tape.program([a, b], [y, grads[a], grads[b]]).unwrap());
}

/// Many axes: ndarray keeps four sizes without allocating, and so does a layout.
#[test]
fn six_axes() {
    let tape = Tape::<f64>::new();
    let x = tape.leaf("x", numbers(&[2, 1, 3, 2, 1, 2]));
    let y = (x.permute([5, 0, 2, 1, 4, 3]) * 2.0).sum_axis([1, 4]);
    let program = tape.program([x], [y, y.sum()]).unwrap();
    let (input, mut workspace) = (numbers::<f64>(&[2, 1, 3, 2, 1, 2]), program.workspace());
    program.run(&mut workspace, [&input]).unwrap();
    assert_eq!(allocations(|| (0..20).for_each(|_| program.run(&mut workspace, [&input]).unwrap())), 0);
}

/// Inputs that are views of any kind, after the first run with them.
#[test]
fn views_as_inputs() {
    let tape = Tape::<f32>::new();
    let (x, w) = (tape.leaf("x", numbers(&[16, 8])), tape.leaf("w", numbers(&[8, 8])));
    let program = tape.program([x, w], [(x.matmul(w) + x).sin().sum_axis(1)]).unwrap();
    let (mut workspace, memory) = (program.workspace(), numbers::<f32>(&[1000]).into_raw_vec_and_offset().0);
    let view = |shape: (usize, usize), strides: (usize, usize)| {
        ArrayView2::from_shape(shape.strides(strides), &memory).unwrap()
    };
    let columns = Array2::<f32>::zeros((16, 8).f());
    for (x, w) in [(view((16, 8), (30, 2)), view((8, 8), (0, 1))), (columns.view(), view((8, 8), (1, 9)))] {
        program.run(&mut workspace, (&x, &w)).unwrap();
        assert_eq!(allocations(|| (0..20).for_each(|_| program.run(&mut workspace, (&x, &w)).unwrap())), 0);
    }
}

/// Products that are split among threads: the part that is handed on takes a little, and so does keeping its thread awake.
#[test]
fn products_by_two_threads() {
    const RUNS: usize = 126;
    let tape = Tape::<f32>::new();
    let (x, w) = (tape.leaf("x", numbers(&[256, 300])), tape.leaf("w", numbers(&[300, 200])));
    let program = tape.program_builder([x, w], [x.matmul(w).relu()]).threads(2).build().unwrap();
    let (x, w, mut workspace) =
        (numbers::<f32>(&[256, 300]), numbers::<f32>(&[300, 200]), program.workspace());
    program.run(&mut workspace, (&x, &w)).unwrap();
    let count = allocations(|| (0..RUNS).for_each(|_| program.run(&mut workspace, (&x, &w)).unwrap()));
    assert!(count <= 2 * RUNS + RUNS / 63 + 1, "{count}");
}

/// A function that is replayed, once each of its paths has been: with its state, two shapes in turn, and branches.
#[test]
fn functions_that_are_replayed() {
    let mut step = Replayed::new(|call: Call<'_, f64>| {
        let [x, y] = call.inputs();
        let (w, t) = (call.state("w", numbers::<f64>(&[3, 8])), call.state("t", 0.0));
        let loss = x.matmul(w.t()).tanh().mse(y);
        let rate = if loss < 1e9 { 0.1 } else { 0.01 };
        call.carry([(w, w - rate * loss.backward()[w]), (t, t + 1.0)]);
        vec![loss]
    });
    let batches: Vec<[ArrayD<f64>; 2]> =
        [40, 7].map(|n| [[n, 8], [n, 3]].map(|shape| numbers(&shape))).to_vec();
    let mut loss = 0.0;
    let mut epoch = |times: usize| {
        for _ in 0..times {
            for [x, y] in &batches {
                step.call_into([x, y], &mut loss).unwrap();
            }
        }
    };
    epoch(3);
    assert_eq!(allocations(|| epoch(20)), 0);
}

/// The programs of several kinds, made from a tape that is gone; of one thread, since a pool has memory of its own.
fn makers() -> Vec<fn() -> Program<f64>> {
    fn reduced() -> Program<f64> {
        let tape = Tape::new();
        let x = tape.leaf("x", Array2::<f64>::ones((2, 100_000)));
        let outputs = [x.sum_axis(0), x.sum(), x.amax(1)];
        tape.program_builder(x, outputs).threads(1).build().unwrap()
    }
    fn held() -> Program<f64> {
        let tape = Tape::new();
        let (x, w) = (tape.leaf("x", numbers(&[30, 40])), tape.leaf("w", numbers(&[40, 50])));
        let table = tape.leaf("table", numbers(&[30, 50]));
        let next = w * 0.5;
        let y = x.matmul(w) + table;
        let indices: Vec<usize> = (0..200).map(|i| i % 50).collect();
        tape.program_builder(x, [y, y.take(1, indices)]).carry([(w, next)]).threads(1).build().unwrap()
    }
    fn chain() -> Program<f64> {
        let tape = Tape::new();
        let x = tape.leaf("x", 0.5);
        let y = (0..10_000).fold(x, |y, _| (y * x).sin());
        tape.program(x, [y, y.backward()[x]]).unwrap()
    }
    fn layers() -> Program<f64> {
        let tape = Tape::new();
        let (x, w) = (tape.leaf("x", numbers(&[64, 16])), tape.leaf("w", numbers(&[16, 16])));
        let loss = (0..30).fold(x, |x: Var<'_, f64>, _| x.matmul(w).tanh() + x.softmax(1)).square().mean();
        let grads = loss.backward();
        tape.program_builder([x, w], [loss, grads[x], grads[w]]).threads(1).build().unwrap()
    }
    vec![reduced, held, chain, layers]
}

/// The report counts all that is held: a workspace to the byte, and a program but for its texts.
#[test]
fn the_report_counts_what_is_held() {
    for make in makers() {
        drop(make()); // What the kernels of products keep for themselves, they have from now on.
        let (program, _, held) = bytes(make);
        let report = program.report();
        let texts = 20_000 + 200 * report.instructions().len();
        assert!(report.program_bytes() <= held, "{report} of {held}");
        assert!(held <= report.program_bytes() + texts, "{report} of {held}");
        let (mut workspace, _, held) = bytes(|| program.workspace());
        assert_eq!((report.workspace_bytes(), workspace.bytes()), (held, held), "{report}");
        assert!(report.scratch_bytes() + report.buffer_bytes() <= held);
        // Inputs that have to be copied come to it.
        let turned: Vec<ArrayD<f64>> = program
            .inputs()
            .iter()
            .map(|port| numbers::<f64>(&port.shape.iter().rev().copied().collect::<Vec<_>>()).reversed_axes())
            .collect();
        let ((), _, more) = bytes(|| program.run(&mut workspace, &turned).unwrap());
        assert_eq!(workspace.bytes(), held + more);
        assert!(more <= report.input_bytes() + 64 * turned.len(), "{more} for {report}");
    }
}

/// A small program at the end of a long tape costs what it costs on a short one.
#[test]
fn programs_cost_their_own_rows() {
    let cost = |before: usize| {
        let tape = Tape::<f64>::new();
        let start = tape.leaf("start", 0.5);
        let mut last = start;
        for _ in 0..before {
            last = last.sin();
        }
        if last > 0.0 {
            last.item();
        }
        let (x, w) = (tape.leaf("x", 2.0), tape.leaf("w", 3.0));
        let y = if x < w { x * w } else { x };
        let (program, asked, held) = bytes(|| tape.program([x, w], [y, y * start]).unwrap());
        assert_eq!((program.guards().count(), program.fixed().len()), (1, 1));
        (asked, held)
    };
    let (short, long) = (cost(10), cost(200_000));
    // The texts have longer numbers.
    assert!(long.0 <= short.0 + 200 && long.1 <= short.1 + 100, "{short:?} {long:?}");
}

/// A tape that grows by a fresh leaf, a hundred sines and their gradient a step.
fn steps(steps: usize) -> Tape<f64> {
    let tape = Tape::new();
    for _ in 0..steps {
        let x = tape.leaf("x", 0.5);
        let grads = (0..100).fold(x, |y, _| y.sin()).backward();
        assert!(grads[x].item() < 1.0);
    }
    tape
}

/// What is kept of a sweep is as much as the sweep visited.
#[test]
fn steps_on_one_tape_take_memory_for_each() {
    let (some, more) = (held(|| steps(250)), held(|| steps(1000)));
    // Lists double where they grow: four times the steps may be up to eight times the memory.
    assert!(more <= 8 * some, "{some} and {more}");
    // A row takes 64 bytes, what is known of its gradient 8, with twice that where the list has just grown.
    assert!(more <= steps(1000).len() * 2 * 72, "{more}");
}

/// A function of two rows at the end of a tape: what asking for it allocates does not depend on the tape's length.
#[test]
fn what_a_long_tape_adds_to_a_short_function() {
    let allocated = |rows: usize| {
        let tape = Tape::<f64>::new();
        let c = tape.constant(1.0);
        (1..rows).for_each(|_| {
            let _ = c + c;
        });
        let each = || {
            let x = tape.leaf("x", 2.0);
            let y = (x * c).sin();
            let slope = asked(|| assert!(y.backward()[x].item() < 0.0));
            let known = asked(|| assert!(y.backward()[x].item() < 0.0));
            let moved = asked(|| assert!(y.jvp([(x, 1.0)]).item() < 0.0));
            let program = asked(|| assert!(tape.program([x], [y, y.backward()[x]]).is_ok()));
            let strict = asked(|| drop(tape.program_builder([x], [y]).strict().build()));
            [slope, known, moved, program, strict]
        };
        // Now and then a list of the tape grows: the least of a few is what it takes without.
        let tries = [each(), each(), each(), each(), each()];
        let printed = asked(|| assert!(tape.to_string().len() > 100));
        let least = std::array::from_fn::<_, 5, _>(|i| tries.iter().map(|each| each[i]).min());
        (least, printed)
    };
    let (short, long) = (allocated(1000), allocated(200_000));
    assert_eq!(short.0[..3], long.0[..3]);
    // A program names its rows, and the names are longer.
    for (short, long) in short.0[3..].iter().flatten().zip(long.0[3..].iter().flatten()) {
        assert!(*long <= short + 200, "{short} and {long}");
    }
    // Row numbers have more digits.
    assert!(long.1 <= short.1 * 5 / 4, "{} and {}", short.1, long.1);
}

/// A tape that is cleared is filled again without the list being allocated anew.
#[test]
fn a_cleared_tape_keeps_its_memory() {
    let counted = |rows: usize| {
        let mut tape = Tape::<f64>::new();
        let round = |tape: &Tape<f64>| {
            let x = tape.leaf("x", 0.5);
            let y = (0..rows).fold(x, |y, _| (y * x).sin());
            assert!(y.backward()[x].item().is_finite());
        };
        round(&tape);
        tape.clear();
        round(&tape);
        let held = BYTES.get()[0];
        let rounds = [0; 3].map(|_| {
            allocations(|| {
                tape.clear();
                round(&tape);
            })
        });
        assert_eq!((rounds[0], rounds[1], BYTES.get()[0]), (rounds[1], rounds[2], held));
        rounds[0]
    };
    // A name, a sweep; not the list, nor what a sweep finds.
    let (few, many) = (counted(1000), counted(32_000));
    assert!(many == few && few < 20, "{few} and {many}");
}
