//! Matrix products of all small sizes: vectors are reductions, inner size 1 is elementwise, and the rest goes to the
//! library, each in several layouts.

use super::{assert_bits, numbers};
use approx::assert_abs_diff_eq;
use ndarray::{Array2, ArrayD, Axis, Ix2};
use wengert::{Tape, Var};

/// A matrix that was recorded as it is, transposed or backwards, of which all is undone on the tape.
fn seen(tape: &Tape<f64>, shape: [usize; 2], seed: usize, way: usize) -> (Var<'_, f64>, Var<'_, f64>) {
    let x = numbers(&shape, seed);
    let leaf = match way {
        0 => tape.leaf("x", &x),
        1 => tape.leaf("x", x.t()),
        _ => tape.leaf("x", {
            let mut x = x.clone();
            x.invert_axis(Axis(0));
            x.invert_axis(Axis(1));
            x
        }),
    };
    let matrix = match way {
        0 => leaf,
        1 => leaf.t(),
        _ => leaf.flip([0, 1]),
    };
    assert_eq!(matrix.value(), x);
    (leaf, matrix)
}

fn matrix(x: &ArrayD<f64>) -> Array2<f64> {
    x.clone().into_dimensionality::<Ix2>().unwrap()
}

/// 0 · −1: of one term the sum is the term itself, −0, and a longer sum begins at 0; in a stack as alone, recorded as replayed.
#[test]
pub fn zeros_keep_their_signs() {
    for (m, k, n) in (0..27).map(|i| (1 + i / 9, 1 + i / 3 % 3, 1 + i % 3)) {
        for stack in [None, Some(1), Some(2)] {
            let shape = |last: [usize; 2]| stack.into_iter().chain(last).collect::<Vec<_>>();
            let tape = Tape::<f64>::new();
            let a = tape.leaf("a", ArrayD::zeros(shape([m, k])));
            let b = tape.leaf("b", ArrayD::from_elem(shape([k, n]), -1.0));
            let product = a.matmul(b);
            let expected = ArrayD::from_elem(shape([m, n]), if k == 1 { -0.0 } else { 0.0 });
            assert_bits(&product.value().into_owned(), &expected);
            let program = tape.program([a, b], [product]).unwrap();
            let [replayed]: [ArrayD<f64>; 1] = program.replay((&a.value(), &b.value())).unwrap();
            assert_bits(&replayed, &expected);
        }
    }
}

#[test]
pub fn every_size_and_way_to_lie() {
    let sizes = [1, 2, 3, 17];
    for (m, k, n) in (0..64).map(|i| (sizes[i / 16], sizes[i / 4 % 4], sizes[i % 4])) {
        let expected = matrix(&numbers(&[m, k], 1)).dot(&matrix(&numbers(&[k, n], 2)));
        for (way_a, way_b) in (0..9).map(|way| (way / 3, way % 3)) {
            let tape = Tape::new();
            let (leaf_a, a) = seen(&tape, [m, k], 1, way_a);
            let (leaf_b, b) = seen(&tape, [k, n], 2, way_b);
            let product = a.matmul(b);
            // The gradients are products as well, of other sizes.
            let gradients = product.square().sum().backward();
            let outputs = [product, gradients[leaf_a], gradients[leaf_b]];
            let program = tape.program([leaf_a, leaf_b], outputs).unwrap();
            let replayed: [ArrayD<f64>; 3] = program.replay((&leaf_a.value(), &leaf_b.value())).unwrap();
            for (replayed, recorded) in replayed.iter().zip(outputs) {
                assert_bits(replayed, &recorded.value().into_owned());
            }
            // Terms below 1: k + 1 roundings of at most k.
            let terms = f64::from(u8::try_from(k).expect("few"));
            let tolerance = (terms + 1.0) * terms * f64::EPSILON;
            assert_abs_diff_eq!(product.array(), expected, epsilon = tolerance);
        }
    }
}
