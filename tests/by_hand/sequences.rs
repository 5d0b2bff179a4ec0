//! Embedding, and connectionist temporal classification.

use super::seed;
use ndarray::{Array1, Array2, NdFloat};
use wengert::check::{self, Values};

/// dtable: each token's cotangent is added to the token's row.
pub fn embedding_backward<T: NdFloat>(
    dy: &Array2<T>,
    table: &Array2<T>,
    tokens: &Array1<usize>,
) -> Array2<T> {
    let mut dtable = Array2::zeros(table.raw_dim());
    for (dy, &token) in dy.rows().into_iter().zip(tokens) {
        let mut row = dtable.row_mut(token);
        row += &dy;
    }
    dtable
}

/// Two labels, with blanks (0) around them.
const STATES: [usize; 5] = [0, 1, 0, 2, 0];

/// log(eᵃ + eᵇ), either of which may be 0.
fn log_add<T: NdFloat>(a: T, b: T) -> T {
    let top = a.max(b);
    if top == T::neg_infinity() { top } else { top + (a.min(b) - top).exp().ln_1p() }
}

/// Whether a blank may be left out on the way into this state: between two different labels.
fn skips(state: usize) -> bool {
    state == 3
}

/// Log-probabilities of all beginnings that end in a state at a time.
fn forwards<T: NdFloat>(p: &Array2<T>) -> Array2<T> {
    let mut a = Array2::from_elem((p.nrows(), 5), T::neg_infinity());
    for s in 0..2 {
        a[[0, s]] = p[[0, STATES[s]]];
    }
    for t in 1..p.nrows() {
        for s in 0..5 {
            let mut sum = a[[t - 1, s]];
            if s >= 1 {
                sum = log_add(sum, a[[t - 1, s - 1]]);
            }
            if skips(s) {
                sum = log_add(sum, a[[t - 1, s - 2]]);
            }
            a[[t, s]] = sum + p[[t, STATES[s]]];
        }
    }
    a
}

/// Log-probabilities of all ends that begin after a state at a time.
fn backwards<T: NdFloat>(p: &Array2<T>) -> Array2<T> {
    let last = p.nrows() - 1;
    let mut b = Array2::from_elem((p.nrows(), 5), T::neg_infinity());
    for s in 3..5 {
        b[[last, s]] = T::zero();
    }
    for t in (0..last).rev() {
        for s in 0..5 {
            let step = |to: usize| b[[t + 1, to]] + p[[t + 1, STATES[to]]];
            let mut sum = step(s);
            if s + 1 < 5 {
                sum = log_add(sum, step(s + 1));
            }
            if s + 2 < 5 && skips(s + 2) {
                sum = log_add(sum, step(s + 2));
            }
            b[[t, s]] = sum;
        }
    }
    b
}

/// dp of −log of the sum over all alignments: minus the probability that an alignment is at a label at a time.
pub fn ctc_gradient<T: NdFloat>(p: &Array2<T>) -> Array2<T> {
    let (a, b) = (forwards(p), backwards(p));
    let last = p.nrows() - 1;
    let total = log_add(a[[last, 3]], a[[last, 4]]);
    let mut dp = Array2::zeros(p.raw_dim());
    for ((t, s), &a) in a.indexed_iter() {
        dp[[t, STATES[s]]] -= (a + b[[t, s]] - total).exp();
    }
    dp
}

#[test]
fn embedding() {
    check::backward(|[table, tokens]| table.take(0, tokens))
        .against(embedding_backward::<f64>)
        .shapes(["table: v>=1 d", "tokens: n"])
        .values("tokens", Values::Index("v"))
        .seed(seed())
        .without_persistence()
        .run();
}

#[test]
fn temporal_classification() {
    check::gradient(|[p]| {
        let tape = p.tape();
        let never = tape.constant(f64::NEG_INFINITY);
        let at = |t: usize, s: usize| p.narrow(0, t, 1).narrow(1, STATES[s], 1).reshape(());
        let mut a: Vec<_> = (0..5).map(|s| if s < 2 { at(0, s) } else { never }).collect();
        for t in 1..4 {
            let before = |s: usize| {
                let from = [Some(s), s.checked_sub(1), s.checked_sub(2).filter(|_| skips(s))];
                from.into_iter().flatten().map(|from| a[from]).collect::<Vec<_>>()
            };
            a = (0..5).map(|s| tape.stack(0, before(s)).logsumexp(0) + at(t, s)).collect();
        }
        -tape.stack(0, [a[3], a[4]]).logsumexp(0)
    })
    .against(ctc_gradient::<f64>)
    .shapes(["p: 4 3"])
    .values("p", Values::Between(-3.0, -0.1))
    .seed(seed())
    .without_persistence()
    .run();
}
