//! Places by order, and what is looked up along them, against plain sorting of each line.

use ndarray::{Array3, ArrayD, Axis, arr1};
use std::cmp::Ordering;
use wengert::random::Draws;
use wengert::{ErrorKind, Tape};

/// Numbers with ties, and a NaN now and then.
fn numbers(draws: &mut Draws, shape: (usize, usize, usize)) -> Array3<f64> {
    draws.below(9, shape).mapv(|n| if n == 8 { f64::NAN } else { f64::from(u8::try_from(n).unwrap()) - 4.0 })
}

/// NaN last.
fn order(a: f64, b: f64) -> Ordering {
    a.partial_cmp(&b).unwrap_or_else(|| a.is_nan().cmp(&b.is_nan()))
}

fn same(a: &ArrayD<f64>, b: &ArrayD<f64>) {
    assert_eq!(a.shape(), b.shape());
    assert!(a.iter().zip(b).all(|(a, b)| a == b || a.is_nan() && b.is_nan()), "{a} and {b}");
}

#[test]
fn every_line_along_every_axis() {
    let mut draws = Draws::new(21);
    for case in 0..60_usize {
        let x = numbers(&mut draws, (1 + case % 3, 1 + case % 4, 1 + case % 5));
        for axis in 0..3 {
            let tape = Tape::<f64>::new();
            let row = tape.leaf("x", &x);
            let n = x.len_of(Axis(axis));
            let k = 1 + case % n;
            let (mut sorted, mut places) = (x.clone(), x.mapv(|_| 0_usize));
            let (mut top, mut first) = (Vec::new(), Vec::new());
            for (mut to, from) in sorted.lanes_mut(Axis(axis)).into_iter().zip(x.lanes(Axis(axis))) {
                let mut line: Vec<usize> = (0..n).collect();
                line.sort_by(|a, b| order(from[*a], from[*b]).then(a.cmp(b)));
                line.iter().enumerate().for_each(|(i, place)| to[i] = from[*place]);
                let mut down: Vec<usize> = (0..n).collect();
                down.sort_by(|a, b| order(from[*b], from[*a]).then(a.cmp(b)));
                top.push(down[..k].to_vec());
                first.push([down[0], *line.iter().find(|place| from[**place].is_nan()).unwrap_or(&line[0])]);
            }
            for (mut to, from) in places.lanes_mut(Axis(axis)).into_iter().zip(x.lanes(Axis(axis))) {
                let mut line: Vec<usize> = (0..n).collect();
                line.sort_by(|a, b| order(from[*a], from[*b]).then(a.cmp(b)));
                line.iter().enumerate().for_each(|(i, place)| to[i] = *place);
            }
            same(&row.sort(axis).value().into_owned(), &sorted.into_dyn());
            assert_eq!(row.argsort(axis).places(), places.into_dyn());
            let (values, at) = row.topk(k, axis);
            let at = at.places();
            for ((line, top), [largest, smallest]) in at.lanes(Axis(axis)).into_iter().zip(&top).zip(&first) {
                assert_eq!(line.to_vec(), *top);
                assert!(*largest == top[0] && *smallest < n);
            }
            let all = row.argmax(axis).places();
            assert!(all.iter().zip(&first).all(|(place, [largest, _])| place == largest));
            let all = row.argmin(axis).places();
            assert!(all.iter().zip(&first).all(|(place, [_, smallest])| place == smallest));
            same(
                &row.max_first(axis).value().into_owned(),
                &values.narrow(axis, 0, 1).squeeze(axis).value().into_owned(),
            );
        }
    }
}

#[test]
fn quantiles_are_on_the_line_between() {
    let tape = Tape::<f64>::new();
    let x = tape.leaf("x", [[4.0, 1.0, 3.0], [7.0, 7.0, 0.0]]);
    for (q, expected) in [(0.0, [1.0, 0.0]), (0.25, [2.0, 3.5]), (0.5, [3.0, 7.0]), (1.0, [4.0, 7.0])] {
        assert_eq!(x.quantile(q, 1).value(), arr1(&expected).into_dyn());
    }
    assert_eq!(x.median(0).value(), arr1(&[5.5, 4.0, 1.5]).into_dyn());
    let broken = tape.leaf("x", [1.0, f64::NAN, 2.0]);
    assert!(broken.median(0).item().is_nan() && broken.quantile(0.0, 0).item().is_nan());
    let endless = tape.leaf("x", [f64::NEG_INFINITY, 1.0, f64::INFINITY]);
    assert_eq!(endless.median(0).item(), 1.0);
    for q in [-0.1, 1.1, f64::NAN] {
        assert_eq!(x.try_quantile(q, 0).unwrap_err().kind(), ErrorKind::Parameter);
    }
    assert_eq!(tape.leaf("x", ArrayD::zeros(vec![0])).try_median(0).unwrap_err().kind(), ErrorKind::Empty);
}

/// Sorting is computed anew at each replay: the gradient goes where the elements are now.
#[test]
fn a_program_sorts_what_it_is_fed() {
    let tape = Tape::<f64>::new();
    let x = tape.leaf("x", [1.0, 2.0, 3.0]);
    let y = (x.sort(0) * [1.0, 10.0, 100.0]).sum();
    let program = tape.program(x, [y, y.backward()[x], x.argsort(0)]).unwrap();
    let [y, dx, places] = program.replay(arr1(&[5.0, 9.0, 7.0])).unwrap();
    assert_eq!(y[[]], 5.0 + 70.0 + 900.0);
    assert_eq!(dx, arr1(&[1.0, 100.0, 10.0]).into_dyn());
    assert_eq!(places, arr1(&[0.0, 2.0, 1.0]).into_dyn());
}

#[test]
fn a_million_elements() {
    let tape = Tape::<f64>::new();
    let x: ArrayD<f64> = Draws::new(2).uniform(1_000_000).into_dyn();
    let row = tape.leaf("x", &x);
    let sorted = row.sort(0).value();
    assert!(sorted.iter().zip(sorted.iter().skip(1)).all(|(a, b)| a <= b));
    let (top, places) = row.topk(5, 0);
    assert_eq!(top.item_at(0), sorted[[999_999]]);
    assert_eq!(x[[places.places()[[4]]]], sorted[[999_995]]);
}

trait ItemAt {
    fn item_at(self, place: usize) -> f64;
}

impl ItemAt for wengert::Var<'_, f64> {
    fn item_at(self, place: usize) -> f64 {
        self.narrow(0, place, 1).item()
    }
}

#[test]
fn what_is_searched_is_one_line_or_as_many() {
    let tape = Tape::<f64>::new();
    let line = tape.constant([1.0, 3.0, 3.0, 5.0]);
    let x = tape.leaf("x", [[0.0, 3.0], [5.0, f64::NAN]]);
    assert_eq!(line.searchsorted(x, false).places(), ndarray::arr2(&[[0, 1], [3, 4]]).into_dyn());
    assert_eq!(line.searchsorted(x, true).places(), ndarray::arr2(&[[0, 3], [4, 4]]).into_dyn());
    let lines = tape.constant([[1.0, 2.0, 3.0], [10.0, 20.0, 30.0]]);
    assert_eq!(lines.searchsorted(x, false).places(), ndarray::arr2(&[[0, 2], [0, 3]]).into_dyn());
    assert_eq!(lines.try_searchsorted([1.0], false).unwrap_err().kind(), ErrorKind::Shape);
}
