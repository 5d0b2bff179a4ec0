//! Is a product as fast as the best library's? wengert's kernels, and a program of one product, against those of ndarray
//! (by matrixmultiply), gemm and faer, at the shapes that steps have and at thin ones, each on one thread, row-major results.

use std::hint::black_box;
use std::time::{Duration, Instant};

use faer::linalg::matmul::matmul;
use faer::{Accum, MatMut, MatRef, Par};
use ndarray::linalg::general_mat_mul;
use ndarray::{Array2, ArrayView2, ArrayViewMut2};
use peers::Network;
use peers::clock::median;
use wengert::{Instructions, Tape};

/// Each round measures all five, one after the other, so that a disturbance meets all of them.
const ROUNDS: usize = 101;
/// A batch lasts at least so long: short, so that most are not disturbed on a machine that does other work as well.
const BATCH: Duration = Duration::from_micros(200);
/// Of so many ratios in order, the one at this place is the low end of a 95 % interval for the median, by the binomial
/// distribution.
const LOW: usize = 39;

/// How a factor or a result lies in memory.
#[derive(Clone, Copy, PartialEq)]
enum Lie {
    Rows,
    Columns,
}
use Lie::{Columns, Rows};

impl Lie {
    /// An array that lies so, of numbers that are nearly normal.
    fn draw(self, rows: usize, columns: usize) -> Array2<f32> {
        match self {
            Rows => Network::new(rows, &[columns]).x,
            Columns => Rows.draw(columns, rows).reversed_axes(),
        }
    }
}

/// Rows, terms of each sum, and columns; and how the factors lie.
const SHAPES: [([usize; 3], Lie, Lie); 75] = [
    ([1437, 64, 30], Rows, Columns), // notebook: X Wᵀ
    ([1437, 64, 30], Rows, Rows),
    ([64, 1437, 30], Columns, Rows), // notebook: Xᵀ dZ
    ([30, 1437, 64], Columns, Rows), // notebook: dZᵀ X
    ([1437, 30, 64], Rows, Rows),    // notebook: dZ W
    ([1437, 30, 10], Rows, Columns), // the layer after it, and its gradients
    ([10, 1437, 30], Columns, Rows),
    ([1437, 10, 30], Rows, Rows),
    ([1437, 64, 10], Rows, Columns), // ten classes
    ([64, 1437, 10], Columns, Rows),
    ([10, 1437, 64], Columns, Rows),
    ([1437, 10, 64], Rows, Rows),
    ([64, 64, 30], Rows, Rows),
    ([32, 64, 30], Rows, Columns), // mini: X Wᵀ
    ([32, 64, 30], Rows, Rows),
    ([30, 32, 64], Columns, Rows), // mini: dZᵀ X
    ([32, 30, 64], Rows, Rows),
    ([256, 784, 512], Rows, Columns), // wide: X Wᵀ
    ([256, 784, 512], Rows, Rows),
    ([512, 256, 784], Columns, Rows), // wide: dZᵀ X
    ([256, 256, 512], Rows, Rows),    // wide: dZ W
    ([256, 256, 10], Rows, Columns),  // wide: the last layer
    ([256, 256, 10], Rows, Rows),
    ([32, 16, 32], Rows, Rows), // heads of attention
    ([32, 16, 32], Rows, Columns),
    ([32, 32, 16], Rows, Rows),
    ([128, 16, 128], Rows, Columns),
    ([128, 128, 16], Rows, Rows),
    ([256, 256, 16], Rows, Rows),
    ([128, 64, 128], Rows, Columns), // a transformer's layers
    ([128, 64, 128], Rows, Rows),
    ([64, 128, 64], Columns, Rows),
    ([256, 128, 512], Rows, Columns),
    ([4, 4, 4], Rows, Rows), // squares, or nearly
    ([7, 5, 9], Rows, Rows),
    ([8, 8, 8], Rows, Rows),
    ([16, 16, 16], Rows, Rows),
    ([64, 64, 64], Rows, Rows),
    ([100, 100, 100], Rows, Rows),
    ([100, 100, 100], Columns, Columns),
    ([512, 512, 512], Rows, Rows),
    ([512, 512, 512], Rows, Columns),
    ([512, 512, 512], Columns, Rows),
    ([1024, 1024, 1024], Rows, Rows),
    ([1000, 1, 1000], Rows, Rows), // sums of one, two and four terms
    ([100, 1, 100], Rows, Rows),
    ([1437, 1, 30], Rows, Rows),
    ([1000, 2, 1000], Rows, Rows),
    ([100, 2, 100], Rows, Rows),
    ([1437, 2, 64], Rows, Rows),
    ([1000, 4, 1000], Rows, Rows),
    ([1000, 4, 1000], Rows, Columns),
    ([100, 4, 100], Rows, Rows),
    ([1437, 30, 1], Rows, Rows), // a matrix times a vector
    ([1437, 64, 1], Rows, Rows),
    ([64, 64, 1], Rows, Rows),
    ([256, 256, 1], Rows, Rows),
    ([256, 256, 1], Columns, Rows),
    ([1000, 1000, 1], Columns, Rows),
    ([1000, 1000, 1], Rows, Rows),
    ([1, 64, 30], Rows, Rows), // a row times a matrix
    ([1, 64, 30], Rows, Columns),
    ([1, 256, 256], Rows, Rows),
    ([1, 256, 256], Rows, Columns),
    ([1, 1000, 1], Rows, Rows),  // a row times a column: of a program, a reduction
    ([2, 256, 256], Rows, Rows), // few rows
    ([2, 256, 256], Rows, Columns),
    ([3, 256, 256], Rows, Rows),
    ([4, 256, 256], Rows, Rows),
    ([4, 256, 256], Rows, Columns),
    ([8, 256, 256], Rows, Columns),
    ([16, 256, 256], Rows, Columns),
    ([1437, 64, 2], Rows, Columns), // few columns
    ([1437, 64, 4], Rows, Columns),
    ([20_000, 3, 3], Rows, Rows),
];

type Product = fn(ArrayView2<f32>, ArrayView2<f32>, ArrayViewMut2<f32>);
const PRODUCTS: [Product; 4] = [by_kernels, by_gemm, by_faer, by_ndarray];

fn main() {
    let mut words: Vec<String> = std::env::args().skip(1).collect();
    let mut chosen = Instructions::current();
    for instructions in Instructions::all() {
        let before = words.len();
        words.retain(|word| *word != name(instructions));
        if words.len() < before {
            chosen = instructions;
        }
    }
    println!(
        "µs a product, the fastest of {ROUNDS} rounds; → is a row-major array, ↓ a column-major one. Then the time of\n\
         wengert's kernels by that of the best other, the median of all rounds, and the low end of its 95 % interval.\n\
         Wengert with {}; the others with what they choose.\n",
        name(chosen)
    );
    println!("| factors | wengert | its program | gemm | faer | ndarray | ratio | at least |");
    println!("|---|---:|---:|---:|---:|---:|---:|---:|");
    chosen.with(|| table(&words));
}

/// As it is called in the command.
fn name(instructions: Instructions) -> String {
    format!("{instructions:?}").split('(').next().unwrap_or_default().to_lowercase()
}

fn table(words: &[String]) {
    for ([m, k, n], left, right) in SHAPES {
        let arrow = |lie| if lie == Rows { '→' } else { '↓' };
        let name = format!("{m}×{k} {} · {k}×{n} {}", arrow(left), arrow(right));
        if !words.is_empty() && !words.iter().any(|word| name.contains(word)) {
            continue;
        }
        let times = measure(&left.draw(m, k), &right.draw(k, n));
        let fastest: Vec<f64> =
            times.iter().map(|times| times.iter().copied().fold(f64::INFINITY, f64::min)).collect();
        let best = (2..fastest.len()).min_by(|&i, &j| fastest[i].total_cmp(&fastest[j])).expect("others");
        // A row times a column is no product of the kernels'.
        let own = usize::from(m * n == 1);
        let mut ratios: Vec<f64> =
            times[own].iter().zip(&times[best]).map(|(own, other)| own / other).collect();
        let middle = median(&mut ratios);
        print!("| {name} |");
        for time in &fastest {
            // Three digits.
            let time = time / 1e3;
            print!(" {time:.*} |", if time < 10.0 { 2 } else { usize::from(time < 100.0) });
        }
        println!(" {middle:.2} | {:.2} |", ratios[LOW]);
    }
}

/// The times of each round, in nanoseconds: wengert's, and those of the others.
fn measure(a: &Array2<f32>, b: &Array2<f32>) -> Vec<Vec<f64>> {
    // A program reads rows where they lie; a factor that lies in columns is a transposed row of the list.
    let tape = Tape::<f32>::new();
    let rows = [a, b].map(|array| if array.is_standard_layout() { array.view() } else { array.t() });
    let leaves = rows.map(|array| tape.leaf("", array));
    let [x, y] = [(a, leaves[0]), (b, leaves[1])]
        .map(|(array, leaf)| if array.is_standard_layout() { leaf } else { leaf.t() });
    let program =
        tape.program_builder(leaves, [x.matmul(y)]).threads(1).build().expect("a product is a program");
    let mut workspace = program.workspace();
    let mut run =
        || program.run(&mut workspace, (&rows[0], &rows[1])).expect("the shapes are those recorded");

    let mut results = PRODUCTS.map(|_| Array2::zeros((a.nrows(), b.ncols())));
    let mut calls = vec![batch_of(&mut run)];
    for (product, result) in PRODUCTS.iter().zip(&mut results) {
        calls.push(batch_of(&mut || product(black_box(a.view()), b.view(), result.view_mut())));
    }
    // The program goes second, after the kernels.
    let mut times = vec![Vec::new(); 1 + PRODUCTS.len()];
    for _ in 0..ROUNDS {
        times[1].push(batch(calls[0], &mut run));
        for (i, (product, result)) in PRODUCTS.iter().zip(&mut results).enumerate() {
            let mut work = || product(black_box(a.view()), b.view(), result.view_mut());
            times[if i == 0 { 0 } else { i + 1 }].push(batch(calls[i + 1], &mut work));
        }
    }
    results.iter().for_each(|result| check(a, b, result.view()));
    check(a, b, workspace.output(0).into_dimensionality().expect("a product has two axes"));
    times
}

/// The time of one call, over a batch.
fn batch(calls: u32, work: &mut impl FnMut()) -> f64 {
    let start = Instant::now();
    (0..calls).for_each(|_| work());
    start.elapsed().as_secs_f64() * 1e9 / f64::from(calls)
}

/// How many calls make a batch.
fn batch_of(work: &mut impl FnMut()) -> u32 {
    let mut calls = 1;
    while batch(calls, work) * f64::from(calls) < BATCH.as_secs_f64() * 1e9 {
        calls *= 2;
    }
    calls
}

/// A sum of k terms is off by at most k unit roundoffs of the sum of their sizes, to first order.
fn check(a: &Array2<f32>, b: &Array2<f32>, found: ArrayView2<f32>) {
    let expected = a.mapv(f64::from).dot(&b.mapv(f64::from));
    let sizes = a.mapv(|a| f64::from(a.abs())).dot(&b.mapv(|b| f64::from(b.abs())));
    let tolerance = f64::from(f32::EPSILON) / 2.0 * a.ncols() as f64;
    let off = (&found.mapv(f64::from) - &expected).mapv(f64::abs) - sizes * tolerance;
    assert!(off.iter().all(|off| *off <= 0.0), "a wrong product of {:?} and {:?}", a.dim(), b.dim());
}

fn by_kernels(a: ArrayView2<f32>, b: ArrayView2<f32>, result: ArrayViewMut2<f32>) {
    wengert::product(&a, &b, result.into_slice().expect("row-major"));
}

fn by_ndarray(a: ArrayView2<f32>, b: ArrayView2<f32>, mut result: ArrayViewMut2<f32>) {
    general_mat_mul(1.0, &a, &b, 0.0, &mut result);
}

fn by_gemm(a: ArrayView2<f32>, b: ArrayView2<f32>, mut result: ArrayViewMut2<f32>) {
    let ((m, k), n) = (a.dim(), b.ncols());
    assert!(b.nrows() == k && result.dim() == (m, n));
    let strides = |strides: &[isize]| (strides[1], strides[0]);
    let ((a_cs, a_rs), (b_cs, b_rs)) = (strides(a.strides()), strides(b.strides()));
    let (cs, rs) = strides(result.strides());
    // SAFETY: pointers and strides are those of views that live through the call, of the sizes asserted above.
    unsafe {
        gemm::gemm(
            m,
            n,
            k,
            result.as_mut_ptr(),
            cs,
            rs,
            false,
            a.as_ptr(),
            a_cs,
            a_rs,
            b.as_ptr(),
            b_cs,
            b_rs,
            0.0,
            1.0,
            false,
            false,
            false,
            gemm::Parallelism::None,
        );
    }
}

fn by_faer(a: ArrayView2<f32>, b: ArrayView2<f32>, result: ArrayViewMut2<f32>) {
    fn mat(array: ArrayView2<f32>) -> MatRef<f32> {
        let (m, n) = array.dim();
        match array.to_slice() {
            Some(rows) => MatRef::from_row_major_slice(rows, m, n),
            None => MatRef::from_column_major_slice(array.reversed_axes().to_slice().expect("dense"), m, n),
        }
    }
    let (m, n) = result.dim();
    let result = if result.is_standard_layout() {
        MatMut::from_row_major_slice_mut(result.into_slice().expect("dense"), m, n)
    } else {
        MatMut::from_column_major_slice_mut(result.reversed_axes().into_slice().expect("dense"), m, n)
    };
    matmul(result, Accum::Replace, mat(a), mat(b), 1.0, Par::Seq);
}
