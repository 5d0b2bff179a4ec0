//! How reductions add up: the loops of the family [`fold`](super::fold).
//!
//! **Order of summation.** A sum's rounding depends on the order of its terms. Here the order depends
//! on the shape alone, never on the memory layout: the terms of one result, in row-major order, are
//! dealt to [`LANES`] accumulators in turn, block by block of [`BLOCK`] terms; lanes, and then blocks,
//! are added up in pairs. The error is at most (BLOCK/LANES + log₂ n) unit roundoffs of Σ|terms|, against
//! n for a plain loop (N. J. Higham, *Accuracy and Stability of Numerical Algorithms*, 2002, §4.2).

use super::{AxisSet, Shape, Value, size_of};
use crate::Float;

/// Accumulators that a block's terms are dealt to: as many f32 as the widest registers hold.
const LANES: usize = 16;

/// Terms added before the result goes into the pairwise tree.
const BLOCK: usize = 1024;

/// Reduces by an operation with this identity, in the order described at the top of this file.
pub(super) fn reduce<T: Float>(
    x: &Value<T>,
    axes: AxisSet,
    identity: T,
    op: impl Fn(T, T) -> T + Copy,
) -> Value<T> {
    let shape = x.shape();
    let kept: Vec<usize> = (0..shape.len()).filter(|&axis| !axes.contains(axis)).collect();
    let out_shape: Shape = kept.iter().map(|&axis| shape[axis]).collect();
    let results = size_of(&out_shape);
    let terms: usize = axes.iter().map(|axis| shape[axis]).product();
    if terms == 0 {
        return Value::filled(&out_shape, identity);
    }

    // Both arrangements give each result the same terms in the same order: take the one that is
    // already in memory, so that the loops below run over neighbours.
    let terms_last: Vec<usize> = kept.iter().copied().chain(axes.iter()).collect();
    let terms_first: Vec<usize> = axes.iter().chain(kept.iter().copied()).collect();
    let first = x.permute(&terms_first);
    let out = if let Some(rows) = first.as_slice().filter(|_| results > 1) {
        columns(rows, terms, results, identity, op)
    } else {
        let last = x.permute(&terms_last);
        let gathered;
        let elements = if let Some(slice) = last.as_slice() {
            slice
        } else {
            gathered = last.view().iter().copied().collect::<Vec<T>>();
            &gathered
        };
        (0..results).map(|i| pairwise(&elements[i * terms..(i + 1) * terms], identity, op)).collect()
    };
    Value::from_vec(&out_shape, out)
}

/// One result from its terms.
fn pairwise<T: Float>(terms: &[T], identity: T, op: impl Fn(T, T) -> T + Copy) -> T {
    if terms.len() > BLOCK {
        let (left, right) = terms.split_at(split(terms.len()));
        return op(pairwise(left, identity, op), pairwise(right, identity, op));
    }
    let mut lanes = [identity; LANES];
    for chunk in terms.chunks(LANES) {
        lanes.iter_mut().zip(chunk).for_each(|(lane, term)| *lane = op(*lane, *term));
    }
    let mut width = LANES;
    while width > 1 {
        width /= 2;
        for i in 0..width {
            lanes[i] = op(lanes[i], lanes[i + width]);
        }
    }
    lanes[0]
}

/// `results` results at once from `terms` rows of as many neighbours, each column in the order of
/// [`pairwise`].
fn columns<T: Float>(
    rows: &[T],
    terms: usize,
    results: usize,
    identity: T,
    op: impl Fn(T, T) -> T + Copy,
) -> Vec<T> {
    if terms > BLOCK {
        let (left, right) = rows.split_at(split(terms) * results);
        let mut sum = columns(left, split(terms), results, identity, op);
        let right = columns(right, terms - split(terms), results, identity, op);
        sum.iter_mut().zip(right).for_each(|(a, b)| *a = op(*a, b));
        return sum;
    }
    let mut lanes = vec![identity; LANES * results];
    for chunk in rows.chunks(LANES * results) {
        lanes.iter_mut().zip(chunk).for_each(|(lane, term)| *lane = op(*lane, *term));
    }
    while lanes.len() > results {
        let right = lanes.split_off(lanes.len() / 2);
        lanes.iter_mut().zip(right).for_each(|(a, b)| *a = op(*a, b));
    }
    lanes
}

/// Where more than one block of terms is split: into halves of whole blocks, the left the larger.
fn split(terms: usize) -> usize {
    terms.div_ceil(BLOCK).div_ceil(2) * BLOCK
}

/// The running sum, term by term in order.
pub(super) fn running_sum<T: Float>(x: &Value<T>, axes: AxisSet) -> Value<T> {
    let mut out = x.view().to_owned();
    for axis in axes.iter() {
        out.accumulate_axis_inplace(ndarray::Axis(axis), |before, here| *here = *before + *here);
    }
    Value::new(out.into_shared())
}
