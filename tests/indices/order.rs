//! Orders along every axis, with ties and NaN, against an implementation by insertion; and real sizes.

use super::{real, whole};
use ndarray::{Array1, Array2, ArrayD, Axis};
use std::cmp::Ordering;
use wengert::Tape;

/// The order of numbers, with NaN above all.
fn ordering(a: f64, b: f64) -> Ordering {
    a.partial_cmp(&b).unwrap_or_else(|| a.is_nan().cmp(&b.is_nan()))
}

/// Places in rising or falling order, equals in the order in which they stand: each is put in front of the first that
/// comes after it.
fn sorted(line: &[f64], descending: bool) -> Vec<usize> {
    let mut places: Vec<usize> = Vec::new();
    for (i, &x) in line.iter().enumerate() {
        let after = |&place: &usize| {
            let order = ordering(line[place], x);
            if descending { order.is_lt() } else { order.is_gt() }
        };
        places.insert(places.iter().position(after).unwrap_or(places.len()), i);
    }
    places
}

/// `f` of each line along an axis.
fn lines(x: &ArrayD<f64>, axis: usize, f: impl Fn(&[f64]) -> Vec<usize>) -> ArrayD<usize> {
    let mut shape = x.shape().to_vec();
    let results: Vec<Vec<usize>> = x.lanes(Axis(axis)).into_iter().map(|line| f(&line.to_vec())).collect();
    shape[axis] = results.first().map_or(0, Vec::len);
    let mut out = ArrayD::zeros(shape);
    for (mut lane, result) in out.lanes_mut(Axis(axis)).into_iter().zip(results) {
        lane.assign(&Array1::from(result));
    }
    out
}

/// Few numbers, so that most are equal to another; of five one is NaN, of six one an infinity, and −0 is 0.
fn with_ties(shape: &[usize], seed: u64) -> ArrayD<f64> {
    real(shape, 9, seed).mapv(|x| match x {
        0.0 => f64::NAN,
        1.0 => -0.0,
        2.0 => 0.0,
        3.0 => f64::NEG_INFINITY,
        4.0 => f64::INFINITY,
        x => x - 6.0,
    })
}

/// The same number; a NaN is a NaN.
fn same(a: &ArrayD<f64>, b: &ArrayD<f64>) -> bool {
    a.shape() == b.shape() && a.iter().zip(b).all(|(a, b)| ordering(*a, *b).is_eq())
}

#[test]
fn places_agree_with_a_plain_implementation() {
    for (seed, shape) in (0..40).zip([&[7][..], &[5, 4], &[3, 1, 6], &[2, 3, 4, 2], &[1]].iter().cycle()) {
        let recorded = with_ties(shape, seed);
        for axis in 0..shape.len() {
            let count = shape[axis].div_ceil(2);
            let tape = Tape::<f64>::new();
            let x = tape.leaf("x", &recorded);
            let (values, top) = x.topk(count, axis);
            let rows = [
                x.argsort(axis),
                top,
                x.argmax(axis),
                x.argmin(axis),
                x.sort(axis),
                values,
                x.max_first(axis),
            ];
            let program = tape.program([x], rows).unwrap();
            // What was recorded, and a run with other numbers.
            let now = with_ties(shape, seed + 1000);
            let run = program.replay_to_vec(&now).unwrap();
            for (x, results) in [(&recorded, rows.map(|row| row.value().into_owned()).to_vec()), (&now, run)]
            {
                let places = |i: usize| results[i].mapv(|place| format!("{place}"));
                let text = |places: &ArrayD<usize>| places.mapv(|place| place.to_string());
                let one = |places: ArrayD<usize>| text(&places.remove_axis_first(axis));
                let up = lines(x, axis, |line| sorted(line, false));
                let down = lines(x, axis, |line| sorted(line, true)[..count].to_vec());
                let nan = |line: &[f64]| line.iter().position(|x| x.is_nan());
                let least = lines(x, axis, |line| vec![nan(line).unwrap_or_else(|| sorted(line, false)[0])]);
                assert_eq!(places(0), text(&up), "argsort {x} {axis}");
                assert_eq!(places(1), text(&down), "argtop {x} {axis}");
                assert_eq!(
                    places(2),
                    one(lines(x, axis, |line| vec![sorted(line, true)[0]])),
                    "argmax {x} {axis}"
                );
                assert_eq!(places(3), one(least), "argmin {x} {axis}");
                assert!(same(&results[4], &at(x, axis, &up)), "sort {x} {axis}");
                assert!(same(&results[5], &at(x, axis, &down)), "topk {x} {axis}");
                let first = at(x, axis, &down).index_axis(Axis(axis), 0).to_owned();
                assert!(same(&results[6], &first), "max_first {x} {axis}");
            }
        }
    }
}

trait FirstAlong {
    fn remove_axis_first(self, axis: usize) -> Self;
}

impl FirstAlong for ArrayD<usize> {
    fn remove_axis_first(self, axis: usize) -> Self {
        self.index_axis_move(Axis(axis), 0)
    }
}

/// Each element at its place along an axis.
fn at(x: &ArrayD<f64>, axis: usize, places: &ArrayD<usize>) -> ArrayD<f64> {
    let mut out = ArrayD::zeros(places.raw_dim());
    for ((mut to, from), places) in
        out.lanes_mut(Axis(axis)).into_iter().zip(x.lanes(Axis(axis))).zip(places.lanes(Axis(axis)))
    {
        to.assign(&places.mapv(|place| from[place]));
    }
    out
}

/// Where a value would be put, before its equals and behind: a count of what is smaller, or not larger.
#[test]
fn searches_agree_with_counts() {
    for seed in 0..20 {
        let mut line = with_ties(&[9], seed).into_raw_vec_and_offset().0;
        line.sort_by(|a, b| ordering(*a, *b));
        let values = with_ties(&[12], seed + 500);
        let tape = Tape::<f64>::new();
        let x = tape.leaf("x", &line);
        for right in [false, true] {
            let found = x.searchsorted(&values, right).places();
            let expected = values.mapv(|value| {
                line.iter()
                    .filter(|x| ordering(**x, value).is_lt() || right && ordering(**x, value).is_eq())
                    .count()
            });
            assert_eq!(found, expected, "{line:?} {values} {right}");
        }
    }
}

/// Quantiles by the definition: on the straight line between the neighbours in order.
#[test]
#[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss)] // Places.
fn quantiles_agree_with_the_definition() {
    for (seed, n) in [(1, 1), (2, 2), (3, 5), (4, 8)] {
        let x = real(&[n, 3], 50, seed);
        let tape = Tape::<f64>::new();
        let row = tape.leaf("x", &x);
        for q in [0.0, 0.25, 0.5, 0.9, 1.0] {
            let values = row.quantile(q, 0).value();
            for (line, value) in x.lanes(Axis(0)).into_iter().zip(values) {
                let mut line = line.to_vec();
                line.sort_by(f64::total_cmp);
                let place = q * (n - 1) as f64;
                let (low, high) = (line[place.floor() as usize], line[place.ceil() as usize]);
                let expected = low + (high - low) * place.fract();
                // Three roundings of numbers up to 50.
                assert!((value - expected).abs() <= 3.0 * 50.0 * f64::EPSILON, "{line:?} {q}: {value}");
            }
        }
        assert_eq!(row.median(0).value(), row.quantile(0.5, 0).value());
    }
}

/// A table of 100,000 × 64 with its gradient, and a million numbers sorted.
#[test]
fn real_sizes() {
    let (tokens, width) = (100_000, 64);
    let tape = Tape::<f32>::new();
    let table = tape.leaf("table", Array2::from_elem((tokens, width), 0.5));
    let batch = tape.indices("batch", whole(&[32, 16], 100_000, 1));
    let loss = table.embedding(batch).sum();
    let program = tape.program([table, batch], [loss, loss.backward()[table]]).unwrap();
    let values = Array2::from_shape_fn((tokens, width), |(i, _)| if i == tokens - 1 { 2.0_f32 } else { 1.0 });
    let last = ArrayD::from_elem(vec![32, 16], tokens - 1);
    let [loss, gradient] = program.replay::<2>((&values, &last)).unwrap();
    assert_eq!(loss[[]], 2.0 * 32.0 * 16.0 * 64.0);
    assert_eq!((gradient[[tokens - 1, 63]], gradient[[0, 0]], gradient.sum()), (512.0, 0.0, 512.0 * 64.0));

    let n = 1_000_000;
    let tape = Tape::<f32>::new();
    let x = tape.leaf("x", whole(&[n], 1 << 20, 5).mapv(|x| f32::from(u16::try_from(x >> 4).unwrap())));
    let places = x.argsort(0);
    let (sorted, places) = (x.take_along(0, places).value(), places.places());
    assert!(sorted.iter().zip(sorted.iter().skip(1)).all(|(a, b)| a <= b));
    let stable = (1..n).all(|i| sorted[[i - 1]] < sorted[[i]] || places[[i - 1]] < places[[i]]);
    assert!(stable, "equals keep their order");
}
