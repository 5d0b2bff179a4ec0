//! What does not fit is an error with its shape and bytes, in every operation that takes memory by shape, and in what is
//! made of them. Tried with a limit: no machine is as large as none.

use ndarray::{Array1, ArrayD, IxDyn};
use wengert::{Error, ErrorKind, Tape, Var};

const LIMIT: usize = 100_000;

fn refused<V>(what: &str, result: Result<V, Error>) {
    let error = result.err().unwrap_or_else(|| panic!("{what} was let pass"));
    assert_eq!(error.kind(), ErrorKind::Memory, "{what}: {error}");
    assert!(error.to_string().contains("B, and the limit is 100 kB"), "{what}: {error}");
    assert!(error.to_string().contains("tests/memory.rs:"), "{what}: {error}");
    assert!(error.to_string().contains("of shape ("), "{what}: {error}");
}

fn tape() -> Tape<f64> {
    let tape = Tape::new();
    tape.limit_bytes(LIMIT);
    tape
}

fn vector(tape: &Tape<f64>, n: usize) -> Var<'_, f64> {
    tape.leaf("x", Array1::linspace(0.0, 1.0, n))
}

#[test]
fn whatever_takes_memory_by_shape() {
    let tape = tape();
    let (x, c) = (vector(&tape, 1000), tape.leaf("c", 1.0));
    let (huge, row) = (c.broadcast_to((1 << 20, 1 << 20)), x.broadcast_to((1 << 20, 1000)));
    refused("outer", x.try_outer(x));
    refused("elementwise", row.try_mul(row));
    refused("a choice", row.try_select(1.0, row));
    refused("a comparison", row.try_gt(0.5));
    refused("pad", x.try_pad_with([(0, 1 << 30)], 0.0));
    refused("concat", tape.try_concat(0, [row, row]));
    refused("stack", tape.try_stack(0, [row, row]));
    refused("take", x.try_take(0, vec![0; 100_000]));
    refused("scatter_add", x.try_scatter_add(0, vec![0; 1000], 1 << 40));
    refused("a running sum", row.try_cumsum(0));
    refused("a product", huge.try_matmul(huge));
    refused("a product with a small result", row.t().try_matmul(row));
    refused("a product with a vector", row.try_matmul(x));
    refused("a sum of what is lazy", row.try_sum_axis(0));
    refused("a product of what is lazy", row.try_prod_axis([0, 1]));
    refused("the largest of what is lazy", huge.try_max());
    refused("the smallest", huge.try_min());
    refused("a reshape that copies", row.try_reshape(1000 << 20));
    refused("a value written out", huge.try_value());
    refused(
        "a layer",
        row.try_linear(huge.narrow(0, 0, 1).narrow(1, 0, 1000), 0.0).and_then(|_| row.try_mul(row)),
    );
    refused("a mean", row.try_mean_axis(0));
    refused("a variance", row.try_var_axis(0, 1.0));
    refused("a deviation", row.try_std_axis(1, 0.0));
    refused("a norm", row.try_norm_axis([0, 1]));
    refused("a softmax", row.try_softmax(1));
    refused("its logarithm", row.try_log_softmax(1));
    refused("logsumexp", row.try_logsumexp(0));
    refused("a loss", row.try_mse(row));
    refused("cross-entropy", row.try_cross_entropy(vec![0; 1 << 20]));
    refused("cross-entropy with targets", row.try_cross_entropy_with(row));
    refused("bounds", row.try_clamp(0.0, row));
    refused("the smallest of each column", row.try_amin(0));
    refused("a typed copy", huge.try_array::<ndarray::Ix2>());
    refused("an array", tape.try_leaf("y", Array1::zeros(20_000)));
    refused("a constant", x.try_add(ArrayD::zeros(IxDyn(&[20, 1000]))));
    assert_eq!(huge.first_number(), 1.0);
    assert_eq!(tape.bytes(), 8000, "what was refused takes nothing");
    let before = tape.len();
    refused("a softmax", row.try_softmax(1));
    assert_eq!(tape.len(), before, "nor does it leave rows");
}

trait FirstNumber {
    fn first_number(self) -> f64;
}

impl FirstNumber for Var<'_, f64> {
    fn first_number(self) -> f64 {
        self.narrow(0, 0, 1).narrow(1, 0, 1).item()
    }
}

#[test]
fn a_view_is_copied_as_it_is_stored() {
    let tape = tape();
    let one = ndarray::arr1(&[1.0, 2.0]);
    let lazy = one.broadcast((1 << 30, 2)).unwrap();
    let x = tape.leaf("x", lazy);
    assert_eq!((x.shape(), tape.bytes()), (vec![1 << 30, 2], 16));
    let many = Array1::<f64>::zeros(20_000);
    refused("a view", tape.try_leaf("y", many.view()));
    refused("a reference", tape.try_leaf("y", &many));
}

#[test]
fn the_limit_is_of_all_that_the_tape_holds() {
    let tape = tape();
    let x = vector(&tape, 1000);
    let mut y = x;
    let error = loop {
        match y.try_add(1.0) {
            Ok(next) => y = next,
            Err(error) => break error,
        }
        assert!(tape.len() < 100);
    };
    refused("one more", Err::<(), _>(error));
    assert_eq!(tape.bytes(), 96_000);
    assert_eq!(
        x.t().flip(0).slice([ndarray::SliceInfoElem::from(3)]).item(),
        x.value()[996],
        "views take none"
    );
    tape.limit_bytes(2 * LIMIT);
    assert_eq!((y + 1.0).value()[0], 12.0);
}

/// The rules of a sweep cannot fail, and the sweep can.
#[test]
fn sweeps() {
    let tape = tape();
    let x = vector(&tape, 2000);
    let y = x.sin().exp(); // three arrays of 16 kB
    let loss = y.mul_sum();
    let seed = tape.leaf("seed", 1.0);
    for _ in 0..2 {
        refused("a gradient", loss.try_backward());
        refused("a seeded gradient", loss.try_backward_with(seed));
        refused("a tangent", loss.try_jvp([(x, x)]));
        assert_eq!(tape.bytes(), 64_000, "what was recorded until then is gone");
    }
    assert!(tape.vars().all(|row| row.first().is_finite()));
    tape.limit_bytes(usize::MAX);
    let gradient = loss.backward()[x].value();
    assert!(gradient.iter().all(|slope| slope.is_finite()), "no number of a sweep that failed is used");
}

trait MulSum {
    fn mul_sum(self) -> Self;
    fn first(self) -> f64;
}

impl MulSum for Var<'_, f64> {
    fn mul_sum(self) -> Self {
        (self * self).sum()
    }

    fn first(self) -> f64 {
        self.value()[IxDyn(&vec![0; self.ndim()])]
    }
}

/// Without a limit set, that of the machine holds, and what nothing can hold is refused.
#[test]
fn more_than_any_machine_has() {
    let tape = Tape::<f64>::new();
    let x = tape.leaf("x", Array1::zeros(3_000_000));
    let error = x.try_outer(x).unwrap_err();
    assert_eq!((error.kind(), error.operation()), (ErrorKind::Memory, "outer"));
    assert!(error.to_string().contains("(3000000, 3000000) takes 72.0 TB"), "{error}");
    tape.limit_bytes(usize::MAX);
    let error = tape.leaf("c", [1.0, 2.0]).try_broadcast_to((1 << 57, 2)).and_then(|c| c.try_mul(2.0));
    assert!(error.unwrap_err().to_string().contains("no more memory to be had"));
}

/// What is lazy on the tape would be written out by a program.
#[test]
fn programs_too_large_to_run() {
    let tape = Tape::<f64>::new();
    tape.limit_bytes(1_000_000);
    let (c, x) = (tape.leaf("c", 1.0), vector(&tape, 100));
    for (what, output) in [
        ("an output", c.broadcast_to((1 << 20, 1 << 20))),
        ("one of an input", x.broadcast_to((1 << 40, 100))),
    ] {
        let error = tape.program([c, x], [output]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Memory, "{what}: {error}");
        assert!(error.to_string().contains("TB, and the limit is 1.0 MB"), "{what}: {error}");
    }
    // Arithmetic on one number that is repeated stays one number.
    let huge = c.broadcast_to((1 << 20, 1 << 20));
    let y = (huge.sin() + huge * 2.0).clamp(0.0, 9.0);
    assert_eq!(y.first_number().to_bits(), (1.0_f64.sin() + 2.0).to_bits());
    assert!(tape.bytes() < 2000);
}
