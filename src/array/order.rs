//! Places by order: of the largest element, of all elements sorted, of where an element would be put.
//!
//! The order is that of numbers, with NaN above all others, as NumPy's and PyTorch's; equal elements keep the order in
//! which they stand. An array is taken line by line along an axis.

use super::kind::{self, beyond};
use super::lookup::position;
use super::{Arithmetic, Room, Stray, Value};
use crate::error::{ErrorKind, Problem};
use std::cmp::Ordering;

/// Which places.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Order {
    /// Of the first that is largest, or a NaN.
    Largest,
    /// Of the first that is smallest, or a NaN.
    Smallest,
    /// Of the first of all, when sorted: as many as there are results.
    Sorted { descending: bool },
    /// In a sorted line, for each element of another: before all that are not smaller, or if it is `right` after all
    /// that are not larger.
    Search { right: bool },
    /// The elements themselves, which have to be such numbers.
    Whole,
}

/// Lines of an array along an axis, and as many of another for a search; each result is a line as well.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Lines {
    pub order: Order,
    /// Blocks before the axis, elements along it, elements after it.
    pub before: usize,
    pub len: usize,
    pub after: usize,
    /// Results of a line.
    pub count: usize,
}

/// Memory for a line and for places, which is used again.
#[derive(Clone, Debug)]
pub(crate) struct Bench<T> {
    line: Vec<T>,
    places: Vec<usize>,
}

impl<T> Default for Bench<T> {
    fn default() -> Self {
        Self { line: Vec::new(), places: Vec::new() }
    }
}

impl<T> Bench<T> {
    pub fn bytes(&self) -> usize {
        self.line.capacity() * size_of::<T>() + self.places.capacity() * size_of::<usize>()
    }

    /// With room for lines of so many elements.
    pub fn for_lines(len: usize) -> Self {
        Self { line: Vec::with_capacity(len), places: Vec::with_capacity(len) }
    }

    /// Bytes that this takes.
    pub fn bytes_for(len: usize) -> usize {
        len * (size_of::<T>() + size_of::<usize>())
    }
}

/// The order of numbers, NaN last.
fn ascending<T: Arithmetic>(a: T, b: T) -> Ordering {
    a.partial_cmp(&b).unwrap_or_else(|| a.is_nan().cmp(&b.is_nan()))
}

impl Lines {
    pub fn results(&self) -> usize {
        self.before * self.count * self.after
    }

    /// The places, of arrays in row-major order; `others` is what is searched for. What is beyond all that the type can
    /// count, or is no whole number, is told of.
    pub fn run<T: Arithmetic>(
        &self,
        x: &[T],
        others: &[T],
        out: &mut [T],
        bench: &mut Bench<T>,
    ) -> Result<(), Stray> {
        let Self { order, before, len, after, count } = *self;
        for (block, inner) in (0..before).flat_map(|block| (0..after).map(move |inner| (block, inner))) {
            let start = block * len * after + inner;
            bench.line.clear();
            bench.line.extend(x[start.min(x.len())..].iter().step_by(after).take(len));
            let line = &bench.line[..];
            let mut put = |at: usize, place: usize| -> Result<(), Stray> {
                let at = (block * count + at) * after + inner;
                #[allow(clippy::cast_precision_loss)] // To be told only.
                let index = kind::index(place).ok_or(Stray { at, index: place as f64 })?;
                out[at] = index;
                Ok(())
            };
            match order {
                Order::Largest => put(0, extreme(line, Ordering::Greater))?,
                Order::Smallest => put(0, extreme(line, Ordering::Less))?,
                Order::Sorted { descending } => {
                    sort(line, &mut bench.places, count, descending);
                    for (at, &place) in bench.places[..count].iter().enumerate() {
                        put(at, place)?;
                    }
                }
                Order::Search { right } => {
                    for at in 0..count {
                        let sought = others[(block * count + at) * after + inner];
                        let before = |x: &T| match ascending(*x, sought) {
                            Ordering::Less => true,
                            Ordering::Equal => right,
                            Ordering::Greater => false,
                        };
                        put(at, line.partition_point(before))?;
                    }
                }
                // One line, so that a place in it is one in all.
                Order::Whole => {
                    for (at, x) in line.iter().enumerate() {
                        let place = kind::place(*x, usize::MAX).ok_or(Stray { at, index: x.to_f64() })?;
                        put(at, place)?;
                    }
                }
            }
        }
        Ok(())
    }

    /// What is wrong with a number of a result of this shape.
    pub fn problem<T: Arithmetic>(&self, stray: Stray, shape: &[usize]) -> Problem {
        let at = position(stray.at, shape);
        let at = if at.is_empty() { String::new() } else { format!(", at {at:?},") };
        let what = format!(
            "{}{at} is no index that {} can hold: those are 0 to {}",
            stray.index,
            T::DTYPE,
            beyond::<T>() - 1.0
        );
        let mend = match self.order {
            Order::Whole => {
                "Round before, as with `x.ge(0.5)` or `searchsorted`, and shift what is negative."
            }
            _ => "Use a tape of `f64`, which counts to 2⁵³, or take the axis in parts.",
        };
        Problem::new(ErrorKind::Index, what, mend)
    }
}

/// The place of the first element that no other is beyond; a NaN is beyond all.
fn extreme<T: Arithmetic>(line: &[T], beyond: Ordering) -> usize {
    let mut best = 0;
    for (place, x) in line.iter().enumerate().skip(1) {
        if line[best].is_nan() {
            break;
        }
        if x.is_nan() || x.partial_cmp(&line[best]) == Some(beyond) {
            best = place;
        }
    }
    best
}

/// Sorts the places of a line's elements, as far as the first `count` need it.
fn sort<T: Arithmetic>(line: &[T], places: &mut Vec<usize>, count: usize, descending: bool) {
    places.clear();
    places.extend(0..line.len());
    // By place where elements are equal: no two are alike, and no memory is needed to keep them in order.
    let order = |a: &usize, b: &usize| {
        let (first, second) = if descending { (*b, *a) } else { (*a, *b) };
        ascending(line[first], line[second]).then(a.cmp(b))
    };
    if count > 0 && count < line.len() {
        places.select_nth_unstable_by(count - 1, order);
    }
    places[..count].sort_unstable_by(order);
}

/// The places as an array of this shape.
pub(crate) fn ordered<T: Arithmetic>(
    lines: Lines,
    shape: &[usize],
    operands: &[&Value<T>],
    room: &Room<T>,
) -> Result<Value<T>, Problem> {
    let mut out = room.filled(shape, T::zero())?;
    let aside = room.aside();
    let x = operands[0].in_order(&aside)?;
    let others = operands.get(1).map(|others| others.in_order(&aside)).transpose()?;
    lines
        .run(&x, others.as_deref().unwrap_or(&[]), &mut out, &mut Bench::default())
        .map_err(|stray| lines.problem::<T>(stray, shape))?;
    Ok(Value::from_vec(shape, out))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(order: Order, count: usize, line: &[f64], others: &[f64]) -> Vec<f64> {
        let lines = Lines { order, before: 1, len: line.len(), after: 1, count };
        let mut out = vec![-1.0; lines.results()];
        lines.run(line, others, &mut out, &mut Bench::default()).unwrap();
        out
    }

    #[test]
    fn ties_and_nan() {
        let nan = f64::NAN;
        let line = [2.0, nan, -0.0, 3.0, 0.0, 3.0];
        assert_eq!(places(Order::Largest, 1, &line, &[]), [1.0]);
        assert_eq!(places(Order::Smallest, 1, &line, &[]), [1.0]);
        assert_eq!(places(Order::Largest, 1, &line[2..], &[]), [1.0]);
        assert_eq!(places(Order::Smallest, 1, &line[2..], &[]), [0.0]);
        let sorted = |count, descending| places(Order::Sorted { descending }, count, &line, &[]);
        assert_eq!(sorted(6, false), [2.0, 4.0, 0.0, 3.0, 5.0, 1.0]);
        assert_eq!(sorted(6, true), [1.0, 3.0, 5.0, 0.0, 2.0, 4.0]);
        assert_eq!((sorted(2, true), sorted(0, true)), (vec![1.0, 3.0], vec![]));
        let search = |right| places(Order::Search { right }, 4, &[1.0, 2.0, 2.0, 3.0], &[2.0, 0.0, 9.0, nan]);
        assert_eq!((search(false), search(true)), (vec![1.0, 0.0, 4.0, 4.0], vec![3.0, 0.0, 4.0, 4.0]));
    }

    #[test]
    fn lines_along_any_axis() {
        let x: Vec<f64> = vec![3.0, 1.0, 2.0, 5.0, 4.0, 0.0]; // 3 × 2
        let lines = Lines { order: Order::Largest, before: 1, len: 3, after: 2, count: 1 };
        let mut out = vec![0.0; 2];
        lines.run(&x, &[], &mut out, &mut Bench::default()).unwrap();
        assert_eq!(out, [2.0, 1.0]);
    }

    #[test]
    fn the_first_few_of_many_are_those_of_a_whole_sort() {
        let line: Vec<f64> = (0..200_u32).map(|i| f64::from(i * 7919 % 101)).collect();
        for descending in [false, true] {
            let all = places(Order::Sorted { descending }, 200, &line, &[]);
            for count in [1, 2, 17, 199] {
                assert_eq!(places(Order::Sorted { descending }, count, &line, &[]), all[..count]);
            }
        }
    }
}
