//! Which library should multiply matrices? wengert's product against those of ndarray (by matrixmultiply), gemm and
//! faer, at the shapes that steps have, each on one thread.

use std::hint::black_box;

use faer::linalg::matmul::matmul;
use faer::{Accum, MatMut, MatRef, Par};
use ndarray::linalg::general_mat_mul;
use ndarray::{Array2, ArrayView2, ArrayViewMut2, ShapeBuilder};
use peers::Network;
use peers::clock::{median, median_nanoseconds};
use wengert::Tape;

const ROUNDS: usize = 3;

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
const SHAPES: [([usize; 3], Lie, Lie); 14] = [
    ([1437, 64, 30], Rows, Columns), // notebook: X Wᵀ
    ([1437, 64, 30], Rows, Rows),
    ([64, 1437, 30], Columns, Rows), // notebook: Xᵀ dZ
    ([30, 1437, 64], Columns, Rows), // notebook: dZᵀ X
    ([64, 64, 30], Rows, Rows),
    ([32, 64, 30], Rows, Columns),    // mini: X Wᵀ
    ([30, 32, 64], Columns, Rows),    // mini: dZᵀ X
    ([256, 784, 512], Rows, Columns), // wide: X Wᵀ
    ([256, 784, 512], Rows, Rows),
    ([512, 256, 784], Columns, Rows), // wide: dZᵀ X
    ([256, 256, 512], Rows, Rows),    // wide: dZ W
    ([256, 256, 10], Rows, Columns),  // wide: the last layer
    ([512, 512, 512], Rows, Rows),
    ([1000, 1, 1000], Rows, Rows), // an outer product
];

type Product = fn(ArrayView2<f32>, ArrayView2<f32>, ArrayViewMut2<f32>);
const OTHERS: [Product; 3] = [by_ndarray, by_gemm, by_faer];

fn main() {
    println!("µs a product, the median of {ROUNDS} rounds. → is a row-major array, ↓ a column-major one.\n");
    println!("| factors | wengert → | ndarray → | ndarray ↓ | gemm → | gemm ↓ | faer → | faer ↓ |");
    println!("|---|---:|---:|---:|---:|---:|---:|---:|");
    for ([m, k, n], left, right) in SHAPES {
        let arrow = |lie| if lie == Rows { '→' } else { '↓' };
        print!("| {m}×{k} {} · {k}×{n} {} |", arrow(left), arrow(right));
        for mut times in measure(&left.draw(m, k), &right.draw(k, n)) {
            print!(" {:.2} |", median(&mut times) / 1e3);
        }
        println!();
    }
}

/// The times of each round: wengert's, then for each of the others that of a row-major result and of a column-major one.
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

    let shape = (a.nrows(), b.ncols());
    let mut results = [Array2::zeros(shape), Array2::zeros(shape.f())];
    let mut times = vec![Vec::new(); 1 + 2 * OTHERS.len()];
    for _ in 0..ROUNDS {
        let (own, others) = times.split_first_mut().expect("wengert's are the first");
        own.push(median_nanoseconds(&mut run));
        for (product, times) in OTHERS.iter().zip(others.chunks_exact_mut(2)) {
            for (result, times) in results.iter_mut().zip(times) {
                times.push(median_nanoseconds(|| product(black_box(a.view()), b.view(), result.view_mut())));
                check(a, b, result.view());
            }
        }
    }
    check(a, b, workspace.output(0).into_dimensionality().expect("a product has two axes"));
    times
}

/// A sum of k terms is off by at most k unit roundoffs of the sum of their sizes, to first order.
fn check(a: &Array2<f32>, b: &Array2<f32>, found: ArrayView2<f32>) {
    let expected = a.mapv(f64::from).dot(&b.mapv(f64::from));
    let sizes = a.mapv(|a| f64::from(a.abs())).dot(&b.mapv(|b| f64::from(b.abs())));
    let tolerance = f64::from(f32::EPSILON) / 2.0 * a.ncols() as f64;
    let off = (&found.mapv(f64::from) - &expected).mapv(f64::abs) - sizes * tolerance;
    assert!(off.iter().all(|off| *off <= 0.0), "a wrong product of {:?} and {:?}", a.dim(), b.dim());
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
