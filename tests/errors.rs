//! Every error that the public interface can provoke: its text, word for word, its kind, and that it
//! names the caller's line; and that the panicking form says the very same at the very same place.
//!
//! The texts are in `tests/golden/errors-*.txt`; `UPDATE_GOLDEN=1 cargo test --test all errors` writes them
//! anew, to be read before they are committed. Two errors are not provoked: a full tape needs 2³² rows,
//! and `verify` fails only if the engine is broken.

use crate::common::golden::{Golden, panic_of};
use ndarray::{ArrayD, IxDyn, Slice, SliceInfoElem};
use std::ops::{Add, Div, Mul, Sub};
use wengert::optim::{self, Adam, Moments};
use wengert::{Broadcasting, Error, ErrorKind, Prim, Tape};

fn zeros(shape: &[usize]) -> ArrayD<f64> {
    ArrayD::zeros(IxDyn(shape))
}

/// As ndarray's `s!`, which holds `unsafe`, and that is forbidden here.
macro_rules! elems {
    ($($elem:expr),*) => { [$(SliceInfoElem::from($elem)),*] };
}

/// One error: on a fresh tape with variables of these names and shapes (and, after a semicolon, with
/// one of another tape) the `try_` method returns it, and the method after the slash panics with it.
macro_rules! fails {
    ($golden:ident, $kind:ident, $title:literal,
     $tape:ident [$($var:ident $shape:expr),*] $([$($other:ident)+])?
     $receiver:ident.$try:ident / $method:ident($($arg:expr),*)) => {{
        $(let elsewhere = Tape::<f64>::new();
        $(let $other = elsewhere.leaf(stringify!($other), zeros(&[2, 3]));)+)?
        let $tape = Tape::<f64>::new();
        $(let $var = $tape.leaf(stringify!($var), zeros(&$shape));)*
        let error = $receiver.$try($($arg),*).map(drop).expect_err($title);
        let (text, file, line) = panic_of(|| {
            let $tape = Tape::<f64>::new();
            $(let $var = $tape.leaf(stringify!($var), zeros(&$shape));)*
            let _ = $receiver.$method($($arg),*);
        });
        assert_eq!((text, file.as_str(), line), (error.to_string(), file!(), line!()));
        if stringify!($method) != "apply" {
            assert_eq!(error.operation(), stringify!($method), "what was called");
        }
        assert!(error.to_string().starts_with(error.operation()), "{error}");
        $golden.note($title, &error, ErrorKind::$kind, line!());
    }};
}

#[test]
fn two_sided_broadcasting() {
    let mut golden = Golden::new("two-sided");
    fails!(golden, TwoSided, "a column and a flat vector", t [column [4, 1], flat [4]] column.try_sub / sub(flat));
    fails!(golden, TwoSided, "the other way round", t [flat [4], column [4, 1]] flat.try_sub / sub(column));
    fails!(golden, TwoSided, "a column and a row", t [column [4, 1], row [1, 4]] column.try_add / add(row));
    fails!(golden, TwoSided, "a row and a longer column", t [row [1, 4], column [5, 1]] row.try_mul / mul(column));
    fails!(golden, TwoSided, "a column and a longer flat vector", t [a [4, 1], b [5]] a.try_div / div(b));
    fails!(golden, TwoSided, "a lost last axis, rank 3", t [a [3, 3, 1], b [3, 3]] a.try_pow / pow(b));
    fails!(golden, TwoSided, "one axis each, rank 3", t [a [2, 1, 3], b [4, 1]] a.try_maximum / maximum(b));
    fails!(golden, TwoSided, "no elements on one side", t [a [0, 1], b [5]] a.try_minimum / minimum(b));
    fails!(golden, TwoSided, "no elements at all", t [a [0, 1], b [1, 0]] a.try_atan2 / atan2(b));
    fails!(golden, TwoSided, "a comparison", t [a [4, 1], b [4]] a.try_lt / lt(b));
    fails!(golden, TwoSided, "a choice", t [mask [4, 1], yes [4]] mask.try_select / select(yes, 0.0));
    fails!(golden, TwoSided, "a choice of three shapes", t [mask [2, 1, 1], yes [3, 1], no [4]] mask.try_select / select(yes, no));
    fails!(golden, TwoSided, "bounds", t [x [4, 1], low [4]] x.try_clamp / clamp(low, 1.0));
    fails!(golden, TwoSided, "an upper bound", t [x [4, 1], high [4]] x.try_clamp / clamp(-1.0, high));
    fails!(golden, TwoSided, "a bound that meets the other's rows", t [x [2, 1], low [3], high [2, 3]] x.try_clamp / clamp(low, high));
    fails!(golden, TwoSided, "the notebook's target", t [yhat [4, 1], y [4]] yhat.try_mse / mse(y));
    fails!(golden, TwoSided, "targets of rows", t [logits [2, 1, 3], p [4, 3]] logits.try_cross_entropy_with / cross_entropy_with(p));
    fails!(golden, TwoSided, "stacks of matrices", t [a [2, 1, 3, 4], b [5, 4, 3]] a.try_matmul / matmul(b));
    fails!(golden, TwoSided, "a number with two axes and a flat vector", t [a [1, 1], b [3]] a.try_add / add(b));
    fails!(golden, TwoSided, "a choice in which no mend would do", t [mask [4, 1], yes [1, 4], no [2, 1, 1]] mask.try_select / select(yes, no));
    fails!(golden, TwoSided, "an unnamed operand", t [x [4, 1]] x.try_mse / mse(zeros(&[4])));
    let tape = Tape::<f64>::new();
    let x = tape.leaf("x", 1.0);
    let (a, b) = (x.broadcast_to((1 << 40, 1)), x.broadcast_to(1 << 40));
    let (error, line) = (a.try_add(b).unwrap_err(), line!());
    golden.note("more pairs than can be counted", &error, ErrorKind::TwoSided, line);
    golden.compare();
}

#[test]
fn shapes() {
    let mut golden = Golden::new("shape");
    fails!(golden, Shape, "sizes that differ", t [x [2, 3], y [4]] x.try_add / add(y));
    fails!(golden, Shape, "sizes that differ, first axis", t [x [2, 3], y [5, 3]] x.try_eq / eq(y));
    fails!(golden, Shape, "a reduction that lost its axis", t [x [2, 3], m [2]] x.try_sub / sub(m));
    fails!(golden, Shape, "a reduction that lost its axis, rank 3", t [x [2, 3, 4], m [2, 4]] x.try_ne / ne(m));
    fails!(golden, Shape, "a reduction over one of two axes", t [x [3, 2, 2], m [3, 2]] x.try_sub / sub(m));
    fails!(golden, Shape, "an empty axis and two elements", t [x [0], y [2]] x.try_mul / mul(y));
    fails!(golden, Shape, "a choice", t [mask [3], yes [3], no [2]] mask.try_select / select(yes, no));
    fails!(golden, Shape, "bounds", t [x [2, 3], low [2]] x.try_clamp / clamp(low, 1.0));
    fails!(golden, Shape, "other comparisons", t [x [2], y [3]] x.try_gt / gt(y));
    fails!(golden, Shape, "ge", t [x [2], y [3]] x.try_ge / ge(y));
    fails!(golden, Shape, "le", t [x [2], y [3]] x.try_le / le(y));
    fails!(golden, Shape, "mse", t [x [2], y [3]] x.try_mse / mse(y));
    fails!(golden, Shape, "mse: targets that would be repeated", t [x [4, 3, 1], y [3, 1]] x.try_mse / mse(y));
    fails!(golden, Shape, "mse: targets with more rows", t [x [3, 1], y [4, 3, 1]] x.try_mse / mse(y));
    fails!(golden, Shape, "mse: an axis more", t [x [1, 3], y [3]] x.try_mse / mse(y));
    fails!(golden, Shape, "cross_entropy_with: one row for all", t [logits [4, 3], p [3]] logits.try_cross_entropy_with / cross_entropy_with(p));
    fails!(golden, Shape, "matmul: the second transposed", t [a [2, 3], b [4, 3]] a.try_matmul / matmul(b));
    fails!(golden, Shape, "matmul: stacks, the second transposed", t [a [5, 2, 3], b [5, 4, 3]] a.try_matmul / matmul(b));
    fails!(golden, Shape, "matmul: the first transposed", t [a [3, 2], b [3, 4]] a.try_matmul / matmul(b));
    fails!(golden, Shape, "matmul: one of them transposed", t [a [2, 3]] a.try_matmul / matmul(a));
    fails!(golden, Shape, "matmul: no way to fit", t [a [2, 3], b [4, 5]] a.try_matmul / matmul(b));
    fails!(golden, Shape, "matmul: matrix and vector", t [a [2, 3], v [2]] a.try_matmul / matmul(v));
    fails!(golden, Shape, "matmul: vector and matrix", t [v [3], a [2, 4]] v.try_matmul / matmul(a));
    fails!(golden, Shape, "matmul: two vectors", t [v [3], w [1]] v.try_matmul / matmul(w));
    fails!(golden, Shape, "matmul: an empty vector", t [v [0], w [1]] v.try_matmul / matmul(w));
    fails!(golden, Shape, "matmul: a number", t [a [2, 3], c []] a.try_matmul / matmul(c));
    fails!(golden, Shape, "matmul: a plain number", t [a [2, 3]] a.try_matmul / matmul(2.0));
    fails!(golden, Shape, "matmul: a number on the left", t [c [], v [3]] c.try_matmul / matmul(v));
    fails!(golden, Shape, "matmul: inner sizes in stacks", t [a [5, 2, 3], b [5, 2, 4]] a.try_matmul / matmul(b));
    fails!(golden, Shape, "matmul: stacks of different heights", t [a [5, 2, 3], b [4, 3, 2]] a.try_matmul / matmul(b));
    fails!(golden, Shape, "linear: weights the other way round", t [x [2, 3], w [3, 4]] x.try_linear / linear(w, 0.0));
    fails!(golden, Shape, "linear: a stack of weights", t [x [2, 3], w [3, 2, 3]] x.try_linear / linear(w, 0.0));
    fails!(golden, Shape, "linear: weights that fit neither way", t [x [2, 3], w [5, 4]] x.try_linear / linear(w, 0.0));
    fails!(golden, Shape, "linear: a number", t [x [], w [5, 4]] x.try_linear / linear(w, 0.0));
    fails!(golden, Shape, "linear: a bias that is a column", t [x [1, 3], w [2, 3], b [2, 1]] x.try_linear / linear(w, b));
    fails!(golden, Shape, "linear: a bias for each sample", t [x [3, 4], w [2, 4], b [3]] x.try_linear / linear(w, b));
    fails!(golden, Shape, "linear: a column for each sample", t [x [3, 4], w [1, 4], b [3, 1]] x.try_linear / linear(w, b));
    fails!(golden, Shape, "linear: a bias of another length", t [x [2, 3], w [4, 3], b [5]] x.try_linear / linear(w, b));
    fails!(golden, Shape, "reshape", t [x [2, 3]] x.try_reshape / reshape((4, 2)));
    fails!(golden, Shape, "reshape to a number", t [x [2, 3]] x.try_reshape / reshape(()));
    fails!(golden, Shape, "reshape of nothing", t [x [0, 3]] x.try_reshape / reshape(1));
    fails!(golden, Shape, "reshape to a product that wraps to 0", t [x [0]] x.try_reshape / reshape((1 << 32, 1 << 32)));
    fails!(golden, Shape, "broadcast_to another size", t [x [2, 3]] x.try_broadcast_to / broadcast_to((2, 4)));
    fails!(golden, Shape, "broadcast_to fewer axes", t [x [2, 3]] x.try_broadcast_to / broadcast_to(3));
    fails!(golden, Shape, "concat of different rows", t [a [2, 3], b [2, 4]] t.try_concat / concat(0, &[a, b]));
    fails!(golden, Shape, "concat of three", t [a [2, 3], b [2, 4]] t.try_concat / concat(0, &[a, a, b]));
    fails!(golden, Shape, "concat that fits along no axis", t [a [2, 3], b [4, 5]] t.try_concat / concat(0, &[a, b]));
    fails!(golden, Shape, "concat of different ranks", t [a [2, 3], b [3]] t.try_concat / concat(0, &[a, b]));
    fails!(golden, Shape, "stack", t [a [2, 3], b [2, 4]] t.try_stack / stack(0, &[a, b]));
    fails!(golden, Shape, "stack of different ranks", t [a [2, 3], b [3]] t.try_stack / stack(0, &[a, b]));
    fails!(golden, Shape, "scatter_add: one index too few", t [x [3]] x.try_scatter_add / scatter_add(0, [0, 1], 4));
    fails!(golden, Shape, "scatter_add: one index", t [x [3]] x.try_scatter_add / scatter_add(0, [0], 4));
    fails!(golden, Shape, "cross_entropy: no matrix", t [x [3]] x.try_cross_entropy / cross_entropy([0]));
    fails!(golden, Shape, "cross_entropy: labels too few", t [x [2, 3]] x.try_cross_entropy / cross_entropy([0]));
    fails!(golden, Shape, "cross_entropy_with: labels", t [x [2, 3]] x.try_cross_entropy_with / cross_entropy_with(zeros(&[2, 1])));
    fails!(golden, Shape, "cross_entropy_with: a number", t [x [2, 3]] x.try_cross_entropy_with / cross_entropy_with(1.0));
    fails!(golden, Shape, "cross_entropy_with: other rows", t [x [2, 3], p [4, 3]] x.try_cross_entropy_with / cross_entropy_with(p));
    fails!(golden, Shape, "item", t [x [2, 3]] x.try_item / item());
    fails!(golden, Shape, "item of nothing", t [x [0]] x.try_item / item());
    golden.compare();
}

#[test]
fn other_tapes() {
    let mut golden = Golden::new("other-tape");
    fails!(golden, OtherTape, "an operator", t [x [2, 3]] [stranger] x.try_add / add(stranger));
    fails!(golden, OtherTape, "a function", t [x [2, 3]] [stranger] x.try_maximum / maximum(stranger));
    fails!(golden, OtherTape, "a shape that broadcasts", t [x [3]] [stranger] x.try_mul / mul(stranger));
    fails!(golden, OtherTape, "a choice", t [mask [2, 3]] [stranger] mask.try_select / select(1.0, stranger));
    fails!(golden, OtherTape, "clamp", t [x [2, 3]] [stranger] x.try_clamp / clamp(stranger, 1.0));
    fails!(golden, OtherTape, "matmul", t [x [3, 2]] [stranger] x.try_matmul / matmul(stranger));
    fails!(golden, OtherTape, "linear", t [x [4, 3]] [stranger] x.try_linear / linear(stranger, 0.0));
    fails!(golden, OtherTape, "outer", t [x [2]] [stranger] x.try_outer / outer(stranger));
    fails!(golden, OtherTape, "mse", t [x [2, 3]] [stranger] x.try_mse / mse(stranger));
    fails!(golden, OtherTape, "cross_entropy_with", t [x [2, 3]] [stranger] x.try_cross_entropy_with / cross_entropy_with(stranger));
    fails!(golden, OtherTape, "concat", t [x [2, 3]] [stranger] t.try_concat / concat(0, &[x, stranger]));
    fails!(golden, OtherTape, "concat of strangers only", t [] [stranger] t.try_concat / concat(0, &[stranger, stranger]));
    fails!(golden, OtherTape, "stack", t [x [2, 3]] [stranger] t.try_stack / stack(0, &[x, stranger]));
    fails!(golden, OtherTape, "a seed", t [x [2, 3]] [stranger] x.try_backward_with / backward_with(stranger));
    fails!(golden, OtherTape, "a tangent", t [x [2, 3]] [stranger] x.try_jvp / jvp([(x, stranger)]));
    fails!(golden, OtherTape, "a row that moves", t [x [2, 3]] [stranger] x.try_jvp / jvp([(stranger, zeros(&[2, 3]))]));
    golden.compare();
}

#[test]
fn axes() {
    let mut golden = Golden::new("axis");
    fails!(golden, Axis, "sum_axis: too large", t [x [2, 3]] x.try_sum_axis / sum_axis(2));
    fails!(golden, Axis, "prod_axis: too small", t [x [2, 3]] x.try_prod_axis / prod_axis(-3));
    fails!(golden, Axis, "amax: a vector has one", t [x [2]] x.try_amax / amax(1));
    fails!(golden, Axis, "cumsum: a number has none", t [x []] x.try_cumsum / cumsum(0));
    fails!(golden, Axis, "amin: the second of two", t [x [2, 3]] x.try_amin / amin([0, 5]));
    fails!(golden, Axis, "mean_axis: ndarray's Axis", t [x [2, 3]] x.try_mean_axis / mean_axis(ndarray::Axis(7)));
    fails!(golden, Axis, "var_axis: an unsigned number below 0", t [x [2, 3]] x.try_var_axis / var_axis(&[0_usize.wrapping_sub(1)][..], 0.0));
    fails!(golden, Axis, "std_axis: named twice", t [x [2, 3]] x.try_std_axis / std_axis([1, 1], 0.0));
    fails!(golden, Axis, "norm_axis: named twice, once from the end", t [x [2, 3]] x.try_norm_axis / norm_axis([1, -1]));
    fails!(golden, Axis, "logsumexp", t [x [2, 3]] x.try_logsumexp / logsumexp(2));
    fails!(golden, Axis, "softmax", t [x [2, 3]] x.try_softmax / softmax(2));
    fails!(golden, Axis, "log_softmax", t [x [2, 3]] x.try_log_softmax / log_softmax(-3));
    fails!(golden, Axis, "cross_entropy_with of a number", t [x []] x.try_cross_entropy_with / cross_entropy_with(1.0));
    fails!(golden, Axis, "flip", t [x [2, 3]] x.try_flip / flip([0, 2]));
    fails!(golden, Axis, "permute: no such axis", t [x [2, 3]] x.try_permute / permute([0, 2]));
    fails!(golden, Axis, "permute: twice the same", t [x [2, 3]] x.try_permute / permute([0, 0]));
    fails!(golden, Axis, "permute: too few", t [x [2, 3]] x.try_permute / permute([0]));
    fails!(golden, Axis, "swap_axes", t [x [2, 3]] x.try_swap_axes / swap_axes(0, 2));
    fails!(golden, Axis, "squeeze: no such axis", t [x [2, 1]] x.try_squeeze / squeeze(2));
    fails!(golden, Axis, "squeeze: not of size 1", t [x [2, 1]] x.try_squeeze / squeeze(0));
    fails!(golden, Axis, "unsqueeze: no such place", t [x [2, 3]] x.try_unsqueeze / unsqueeze(5));
    fails!(golden, Axis, "unsqueeze: place named twice", t [x [2, 3]] x.try_unsqueeze / unsqueeze([0, -4]));
    fails!(golden, Axis, "stack: no such place", t [x [2]] t.try_stack / stack(2, &[x, x]));
    fails!(golden, Axis, "concat: no such axis", t [x [2, 3]] t.try_concat / concat(2, &[x, x]));
    fails!(golden, Axis, "concat of numbers", t [x []] t.try_concat / concat(0, &[x, x]));
    fails!(golden, Axis, "narrow: no such axis", t [x [2, 3]] x.try_narrow / narrow(2, 0, 1));
    fails!(golden, Axis, "take: no such axis", t [x [2, 3]] x.try_take / take(2, [0]));
    fails!(golden, Axis, "scatter_add: no such axis", t [x [2, 3]] x.try_scatter_add / scatter_add(-3, [0], 1));
    fails!(golden, Axis, "slice: too few", t [x [2, 3]] x.try_slice / slice(elems![0]));
    fails!(golden, Axis, "slice: too many", t [x [2]] x.try_slice / slice(elems![.., ..]));
    fails!(golden, Axis, "pad_with: too few", t [x [2, 3]] x.try_pad_with / pad_with([(1, 1)], 0.0));
    golden.compare();
}

#[test]
fn indices() {
    let mut golden = Golden::new("index");
    fails!(golden, Index, "slice: an end outside", t [x [2, 3]] x.try_slice / slice(elems![0..3, ..]));
    fails!(golden, Index, "slice: a start outside", t [x [3]] x.try_slice / slice(elems![Slice::new(5, None, -1)]));
    fails!(golden, Index, "slice: an index outside", t [x [2, 3]] x.try_slice / slice(elems![.., 3]));
    fails!(golden, Index, "slice: an index too far from the end", t [x [2, 3]] x.try_slice / slice(elems![-3, ..]));
    fails!(golden, Index, "slice: an empty axis", t [x [0]] x.try_slice / slice(elems![0]));
    fails!(golden, Index, "slice: a step of 0", t [x [3]] x.try_slice / slice([SliceInfoElem::Slice { start: 0, end: None, step: 0 }]));
    fails!(golden, Index, "narrow: too long", t [x [2, 3]] x.try_narrow / narrow(1, 2, 2));
    fails!(golden, Index, "narrow: a length that wraps around", t [x [10]] x.try_narrow / narrow(0, 5, usize::MAX));
    fails!(golden, Index, "narrow: nothing, from outside", t [x [3]] x.try_narrow / narrow(0, 4, 0));
    fails!(golden, Index, "take", t [x [2, 3]] x.try_take / take(0, [0, 2]));
    fails!(golden, Index, "take: one element", t [x [1]] x.try_take / take(0, [1]));
    fails!(golden, Index, "scatter_add", t [x [2]] x.try_scatter_add / scatter_add(0, [0, 4], 4));
    fails!(golden, Index, "cross_entropy: no such class", t [x [2, 3]] x.try_cross_entropy / cross_entropy([0, 3]));
    golden.compare();
}

#[test]
fn nothing_there() {
    let mut golden = Golden::new("empty");
    fails!(golden, Empty, "max", t [x [0]] x.try_max / max());
    fails!(golden, Empty, "min", t [x [0, 3]] x.try_min / min());
    fails!(golden, Empty, "amax", t [x [0, 3]] x.try_amax / amax(0));
    fails!(golden, Empty, "amin", t [x [2, 0, 3]] x.try_amin / amin([0, 1]));
    fails!(golden, Empty, "concat", t [] t.try_concat / concat(0, &[]));
    fails!(golden, Empty, "stack", t [] t.try_stack / stack(0, &[]));
    golden.compare();
}

#[test]
fn seeds_and_tangents() {
    let mut golden = Golden::new("seed");
    fails!(golden, Seed, "backward from an array", t [x [2, 3]] x.try_backward / backward());
    fails!(golden, Seed, "backward from nothing", t [x [0]] x.try_backward / backward());
    fails!(golden, Seed, "a seed of another shape", t [x [2, 3], seed [3]] x.try_backward_with / backward_with(seed));
    fails!(golden, Seed, "a number as the seed of an array", t [x [2, 3]] x.try_backward_with / backward_with(1.0));
    fails!(golden, Seed, "a tangent of another shape", t [x [2, 3], dx [2]] x.try_jvp / jvp([(x, dx)]));
    fails!(golden, Seed, "two tangents for one row", t [x [2, 3]] x.try_jvp / jvp([(x, x), (x, x)]));
    golden.compare();
}

#[test]
fn later_rows() {
    let mut golden = Golden::new("later");
    fails!(golden, Later, "a row that moves", t [y [2], x [2]] y.try_jvp / jvp([(x, x)]));
    let tape = Tape::<f64>::new();
    let before = tape.leaf("w", 3.0);
    let grads = (before * before).backward();
    let w = optim::sgd(before, grads[before], 0.1).named("w");
    let (error, line) = (grads.try_wrt(w).unwrap_err(), line!());
    golden.note("the gradient of the step that it made", &error, ErrorKind::Later, line);
    let ((text, file, at), line) = (panic_of(|| grads[w]), line!());
    assert_eq!((file.as_str(), at), (file!(), line));
    assert_eq!(text.split(" (at").next(), error.to_string().split(" (at").next());
    let c = tape.constant(1.0);
    let (error, line) = (grads.try_wrt(c).unwrap_err(), line!());
    golden.note("the gradient of a constant that came after", &error, ErrorKind::Later, line);
    golden.compare();
}

#[test]
fn limits() {
    let mut golden = Golden::new("limit");
    let tape = Tape::<f64>::new();
    tape.limit_rows(2);
    let x = tape.leaf("x", 1.0);
    let y = x * x;
    let (error, line) = (tape.try_leaf("y", 1.0).unwrap_err(), line!());
    golden.note("a leaf too many", &error, ErrorKind::Rows, line);
    let (error, line) = (y.try_backward().map(drop).unwrap_err(), line!());
    golden.note("a sweep from there", &error, ErrorKind::Rows, line);
    assert_eq!((y + x).item(), 2.0); // Plain operations go on.
    tape.limit_rows(5);
    let (error, line) = (y.try_jvp([(x, x)]).map(drop).unwrap_err(), line!());
    golden.note("a tangent from there", &error, ErrorKind::Rows, line);

    let tape = Tape::<f64>::new();
    tape.limit_rows(200);
    let mut w = tape.leaf("w", 3.0);
    let (error, line) = loop {
        let loss = w * w;
        let (grads, line) = (loss.try_backward(), line!());
        match grads {
            Ok(grads) => w = optim::sgd(w, grads[w], 0.1),
            Err(error) => break (error, line),
        }
    };
    golden.note("new weights that are rows of one tape", &error, ErrorKind::Rows, line);
    golden.compare();
}

#[test]
fn sizes() {
    let mut golden = Golden::new("size");
    fails!(golden, Size, "a variable of too many axes", t [] t.try_leaf / leaf("x", zeros(&[1; 65])));
    fails!(golden, Size, "a constant of too many axes", t [] t.try_constant / constant(zeros(&[1; 65])));
    fails!(golden, Size, "an operand of too many axes", t [x []] x.try_maximum / maximum(zeros(&[1; 65])));
    fails!(golden, Size, "broadcast_to too many axes", t [x []] x.try_broadcast_to / broadcast_to(&[1; 65][..]));
    fails!(golden, Size, "unsqueeze at too many places", t [x [1; 64]] x.try_unsqueeze / unsqueeze(0));
    fails!(golden, Size, "outer of too many axes", t [x [1; 33]] x.try_outer / outer(x));
    fails!(golden, Size, "stack of too many axes", t [x [1; 64]] t.try_stack / stack(0, &[x, x]));
    fails!(golden, Size, "broadcast_to a product that overflows", t [x []] x.try_broadcast_to / broadcast_to((1 << 40, 1 << 40)));
    fails!(golden, Size, "the same, with no elements", t [x [0, 1, 1]] x.try_broadcast_to / broadcast_to((0, 1 << 40, 1 << 40)));
    fails!(golden, Size, "pad_with more than there can be", t [x [2]] x.try_pad_with / pad_with([(usize::MAX, usize::MAX)], 0.0));
    fails!(golden, Size, "scatter_add to more than there can be", t [x [1]] x.try_scatter_add / scatter_add(0, [0], usize::MAX));
    fails!(golden, Size, "reshape of no elements", t [x [0]] x.try_reshape / reshape((0, usize::MAX)));
    golden.compare();
}

#[test]
fn primitives_by_name() {
    let mut golden = Golden::new("operands");
    let named = |name| Prim::all().into_iter().find(|prim| prim.name() == name).unwrap();
    let (add, input, concat) = (named("add"), named("input"), named("concat"));
    fails!(golden, Operands, "one too few", t [x [2]] t.try_apply / apply(&add, &[x]));
    fails!(golden, Operands, "none", t [] t.try_apply / apply(&concat, &[]));
    fails!(golden, Operands, "a leaf", t [x [2]] t.try_apply / apply(&input, &[x]));
    fails!(golden, Shape, "nothing is broadcast", t [x [2], c []] t.try_apply / apply(&add, &[x, c]));
    let matmul = named("matmul");
    fails!(golden, Shape, "vectors as they stand", t [v [3]] t.try_apply / apply(&matmul, &[v, v]));
    fails!(golden, Shape, "stacks as they stand", t [a [2, 3, 3], b [3, 3]] t.try_apply / apply(&matmul, &[a, b]));
    fails!(golden, OtherTape, "all of another tape", t [] [stranger] t.try_apply / apply(&add, &[stranger, stranger]));
    fails!(golden, OtherTape, "the second of another tape", t [x [2, 3]] [stranger] t.try_apply / apply(&add, &[x, stranger]));
    // Parameters for another shape than the operand's: what the methods check before they record.
    let refused = |name: &'static str, shape: &'static [usize]| {
        let tape = Tape::new();
        let x = tape.leaf("x", zeros(shape));
        let mut prims = Prim::all().into_iter().filter(|prim| prim.name() == name);
        prims.find_map(|prim| tape.try_apply(&prim, &[x]).err()).unwrap()
    };
    for name in ["sum", "max", "flip", "permute", "slice", "pad", "take", "concat"] {
        let error = refused(name, &[]);
        let text = error.to_string();
        golden.text.extend(["# ", name, " of a number\n", text.split(" (at").next().unwrap(), "\n\n"]);
    }
    golden.compare();
}

#[test]
fn what_has_no_panicking_form() {
    let mut golden = Golden::new("lookup");
    let (tape, elsewhere) = (Tape::<f64>::new(), Tape::<f64>::new());
    let (error, line) = (tape.try_var(0).unwrap_err(), line!());
    golden.note("a row of an empty tape", &error, ErrorKind::Rows, line);
    let (x, stranger) = (tape.leaf("x", 1.0), elsewhere.leaf("stranger", 1.0));
    let (error, line) = (tape.try_var(1).unwrap_err(), line!());
    golden.note("a row that is not there", &error, ErrorKind::Rows, line);
    let (error, line) = (tape.try_var(stranger.key()).unwrap_err(), line!());
    golden.note("a key of another tape", &error, ErrorKind::OtherTape, line);
    let mut cleared = Tape::<f64>::new();
    let key = cleared.leaf("x", 1.0).key();
    cleared.clear();
    let (error, line) = (cleared.try_var(key).unwrap_err(), line!());
    golden.note("a key of a tape that was cleared", &error, ErrorKind::Cleared, line);
    cleared.clear();
    let (error, line) = (cleared.try_var(key).unwrap_err(), line!());
    golden.note("a key of a tape that was cleared twice", &error, ErrorKind::Cleared, line);

    let c = tape.constant(2.0);
    let computed = (c + 1.0).named("three");
    let grads = (c * x).backward();
    let (error, line) = (grads.try_wrt(c).unwrap_err(), line!());
    golden.note("the gradient of a constant", &error, ErrorKind::Constant, line);
    let ((text, file, line), here) = (panic_of(|| grads[c]), line!());
    assert_eq!((file.as_str(), line), (file!(), here));
    assert_eq!(text.split("(at").next(), error.to_string().split("(at").next());

    let (error, line) = (grads.try_wrt(computed).unwrap_err(), line!());
    golden.note("the gradient of what is computed from constants", &error, ErrorKind::Constant, line);
    let (error, line) = (grads.try_wrt(stranger).unwrap_err(), line!());
    golden.note("the gradient of a row of another tape", &error, ErrorKind::OtherTape, line);
    let ((_, file, line), here) = (panic_of(|| grads[stranger]), line!());
    assert_eq!((file.as_str(), line), (file!(), here));
    golden.compare();
}

/// The comparison operators give a `bool` and have no twins: what they panic with, and where.
#[test]
fn comparisons() {
    let mut golden = Golden::new("comparison");
    let (tape, elsewhere) = (Tape::<f64>::new(), Tape::<f64>::new());
    let [x, y, none] = [("x", 3), ("y", 3), ("none", 0)].map(|(name, n)| tape.leaf(name, zeros(&[n])));
    let (one, stranger) = (tape.leaf("one", zeros(&[1, 1])), elsewhere.leaf("stranger", 1.0));
    golden.panics("two arrays", panic_of(|| x < y), line!());
    golden.panics("an array and a number", panic_of(|| x <= 1.0), line!());
    golden.panics("a number and an array", panic_of(|| 1.0 > x), line!());
    golden.panics("a single number and an array", panic_of(|| one >= x), line!());
    golden.panics("an array, for equality", panic_of(|| x == one), line!());
    golden.panics("an array and itself", panic_of(|| x != x), line!());
    golden.panics("no number", panic_of(|| none < 0.0), line!());
    golden.panics("sorting arrays", panic_of(|| x.partial_cmp(&y)), line!());
    golden.panics("a row of another tape", panic_of(|| one < stranger), line!());
    golden.panics("an array, and of another tape", panic_of(|| stranger == x), line!());
    golden.compare();
}

/// The optimisers are functions, not methods: twins all the same.
#[test]
fn optimisers() {
    let mut golden = Golden::new("optim");
    let (tape, elsewhere) = (Tape::<f64>::new(), Tape::<f64>::new());
    let [w, g, flat] =
        [("w", &[3, 1][..]), ("g", &[3, 1]), ("flat", &[3])].map(|(x, n)| tape.leaf(x, zeros(n)));
    let (t, steps, stranger) =
        (tape.leaf("t", 0.0), tape.leaf("steps", zeros(&[1])), elsewhere.leaf("stranger", 1.0));
    let mut note =
        |title: &str, (error, line): (Error, u32), kind, (text, file, at): (String, String, u32)| {
            assert_eq!((file.as_str(), at), (file!(), line), "{title}: {text}");
            assert_eq!(text.split(" (at ").next(), error.to_string().split(" (at ").next());
            golden.note(title, &error, kind, line);
        };
    /// The twin's error and the panic, of one line.
    macro_rules! twins {
        ($title:literal, $kind:ident, $try:ident / $step:ident($($arg:expr),*)) => {
            let error = (optim::$try($($arg),*).map(drop).unwrap_err(), line!());
            note($title, error, ErrorKind::$kind, panic_of(|| optim::$step($($arg),*)));
        };
    }
    let (both, other) = (Moments { m: w, v: g }, Moments { m: w, v: flat });
    twins!("a gradient that would broadcast", Shape, try_sgd / sgd(w, t, 0.1));
    twins!("a rate for each row", Shape, try_sgd / sgd(w, g, g));
    twins!("a gradient of another tape", OtherTape, try_sgd / sgd(w, stranger, 0.1));
    twins!("a rate of another tape", OtherTape, try_sgd / sgd(w, g, stranger));
    twins!("a velocity without the last axis", Shape, try_momentum / momentum(w, g, flat, 0.1, 0.9));
    twins!("an array of momenta", Shape, try_momentum / momentum(w, g, g, 0.1, g));
    twins!("a flat gradient", Shape, try_nesterov / nesterov(w, flat, g, 0.1, 0.9));
    twins!("an array of rates", Shape, try_nesterov / nesterov(w, g, g, flat, 0.9));
    twins!("a moment without the last axis", Shape, try_adam / adam(w, g, other, t, 0.1, Adam::default()));
    twins!("a count with an axis", Shape, try_adam / adam(w, g, both, steps, 0.1, Adam::default()));
    for constants in [
        Adam { beta1: 1.0, ..Adam::default() },
        Adam { beta2: -0.1, ..Adam::default() },
        Adam { beta2: f64::NAN, ..Adam::default() },
        Adam { epsilon: -1e-8, ..Adam::default() },
        Adam { decay: f64::INFINITY, ..Adam::default() },
    ] {
        twins!("a constant that is none", Parameter, try_adam / adam(w, g, both, t, 0.1, constants));
    }
    let edge = Adam { beta1: 0.0, epsilon: 0.0, ..Adam::default() };
    assert!(optim::try_adam(w, g, both, t, 0.1, edge).is_ok());
    twins!("a count of another tape", OtherTape, try_adam / adam(w, g, both, stranger, 0.1, Adam::default()));
    golden.compare();
}

/// Operators panic with the text of their twins, where they stand.
#[test]
fn operators() {
    let tape = Tape::<f64>::new();
    let (a, b) = (tape.leaf("a", zeros(&[4, 1])), tape.leaf("b", zeros(&[4])));
    let mut c = a;
    let text = |error: Error| error.to_string().split(" (at ").next().unwrap().to_owned();
    let check = |expected: Error, (panic, file, at): (String, String, u32), line: u32| {
        assert_eq!((file.as_str(), at), (file!(), line), "{panic}");
        assert!(panic.starts_with(&text(expected)), "{panic}");
        assert!(panic.contains(&format!("(at {file}:{at}:")), "{panic}");
    };
    check(a.try_add(b).unwrap_err(), panic_of(|| a + b), line!());
    check(a.try_sub(b).unwrap_err(), panic_of(|| a - b), line!());
    check(a.try_mul(b).unwrap_err(), panic_of(|| a * b), line!());
    check(a.try_div(b).unwrap_err(), panic_of(|| a / b), line!());
    check(a.try_add(b).unwrap_err(), panic_of(|| c += b), line!());
    check(a.try_sub(b).unwrap_err(), panic_of(|| c -= b), line!());
    check(a.try_mul(b).unwrap_err(), panic_of(|| c *= b), line!());
    check(a.try_div(b).unwrap_err(), panic_of(|| c /= b), line!());
}

/// Numbers always fit, and the trap can be walked into on purpose.
#[test]
fn what_is_no_error() {
    let tape = Tape::<f64>::with_broadcasting(Broadcasting::NumPy);
    let (a, b) = (tape.leaf("a", zeros(&[4, 1])), tape.leaf("b", zeros(&[4])));
    assert_eq!((2.0 * a - 1.0).shape(), [4, 1]);
    assert_eq!((a - b).shape(), [4, 4]);
    assert_eq!(a.gt(b).select(a, b).shape(), [4, 4]);
    assert_eq!(zeros(&[0]).len(), tape.leaf("none", zeros(&[0])).square().len());
}

/// `unwrap`, `expect` and a `main` that returns an error print `Debug`.
#[test]
fn debug_is_the_text() {
    let tape = Tape::<f64>::new();
    let error = tape.leaf("x", zeros(&[2])).try_add(zeros(&[3])).unwrap_err();
    assert_eq!(format!("{error:?}"), error.to_string());
    assert_eq!(format!("{error:#?}"), error.to_string());
    let failed = (0..1).try_for_each(|_| Err(error.clone()));
    let (text, ..) = panic_of(|| failed.unwrap());
    assert!(text.ends_with(&error.to_string()), "{text}");
}

/// Names can hold anything, and are shown so that they can be seen.
#[test]
fn names_of_any_kind() {
    let tape = Tape::<f64>::new();
    for (name, shown) in [
        ("a\u{1b}[31mred", "`a\\u{1b}[31mred` of shape (2,)"),
        ("two\nlines", "`two\\nlines` of shape (2,)"),
        ("bell\u{7}", "`bell\\u{7}` of shape (2,)"),
        ("", "`\"\"` of shape (2,)"),
        ("W₁ \"quoted\"", "`W₁ \"quoted\"` of shape (2,)"),
    ] {
        let error = tape.leaf(name, zeros(&[2])).try_sum_axis(1).unwrap_err();
        assert!(error.to_string().contains(shown), "{error}");
        assert!(!error.to_string().contains(|c: char| c.is_control()), "{error}");
        let of = (tape.leaf(name, 1.0) + 1.0).try_sum_axis(1).unwrap_err();
        assert!(of.to_string().contains(&format!("(add of {}", &shown[..shown.len() - 14])), "{of}");
        let axes = tape.try_leaf(name, zeros(&[1; 65])).unwrap_err();
        assert!(!axes.to_string().contains(|c: char| c.is_control()), "{axes}");
    }
}

/// Nobody reads ten thousand operands.
#[test]
fn long_lists_are_short_in_a_text() {
    let tape = Tape::<f64>::new();
    let mut vars: Vec<_> = (0..12_000).map(|i| tape.leaf(&format!("x{i}"), zeros(&[2, 3]))).collect();
    let joined = tape.concat(0, &vars);
    assert!(joined.try_item().unwrap_err().to_string().len() < 500);
    vars.insert(7000, tape.leaf("odd", zeros(&[2, 4])));
    let text = tape.try_concat(0, &vars).unwrap_err().to_string();
    assert!(
        text.len() < 700 && text.contains("operand 7000 has shape (2, 4), and the first (2, 3)"),
        "{text}"
    );
    assert!(text.contains("and 11997 more"), "{text}");
    let axes = tape.try_leaf("x", zeros(&vec![1; 5000])).unwrap_err().to_string();
    assert!(axes.len() < 500 && axes.contains("(1, 1, 1, 1, and 4996 more)"), "{axes}");
}
