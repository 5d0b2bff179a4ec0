//! Views of indices are indices, and look-ups by them have derivatives to any order.

use super::{real, whole};
use ndarray::{Array1, arr1, arr2};
use wengert::{Kind, Tape, Var};

/// Each view of what is fed, in a look-up, against the same view of the array.
#[test]
fn look_ups_by_views() {
    let fed = whole(&[4, 6], 10, 3);
    let tape = Tape::<f64>::new();
    let x = tape.leaf("x", real(&[10], 100, 1));
    let at = tape.indices("at", &fed);
    let rows: Vec<Var<'_, f64>> = vec![
        at.narrow(0, 1, 2),
        at.reshape((3, 8)),
        at.t(),
        at.flip([0, 1]),
        at.broadcast_to((2, 4, 6)),
        tape.concat(0, [at, at.narrow(0, 0, 1)]),
        tape.stack(2, [at, at.flip(0)]),
        at.gt(4.0).select(at, at.flip(1)),
        at.pad_with([(1, 0), (0, 2)], 0.0),
        at.take(0, [3, 3, 0]),
        at.take_along(1, at.lt(5.0).select(at, tape.indices("zero", 0))),
        at.t().narrow(1, 0, 1).squeeze(1),
    ];
    assert!(rows.iter().all(|row| row.kind() == Kind::Index));
    let outputs: Vec<_> = rows.iter().flat_map(|row| [x.take(0, *row), *row]).collect();
    let program = tape.program([at], outputs).unwrap();
    for seed in [3, 4, 5] {
        let fed = whole(&[4, 6], 10, seed);
        let results = program.replay_to_vec(&fed).unwrap();
        let values = x.value();
        for pair in results.chunks_exact(2) {
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // They are places.
            let expected = pair[1].mapv(|place| values[[place as usize]]);
            assert_eq!(pair[0], expected);
        }
        let elements = |row: usize| results[2 * row + 1].mapv(|x| format!("{x}"));
        let text = fed.mapv(|x| x.to_string());
        assert_eq!(elements(2), text.clone().reversed_axes());
        assert_eq!(elements(1), text.clone().into_shape_with_order(vec![3, 8]).unwrap());
        assert_eq!(elements(11), text.index_axis(ndarray::Axis(0), 0));
    }
}

/// What is no index any more is refused: sums, mixtures with numbers.
#[test]
fn what_is_computed_with_is_real() {
    let tape = Tape::<f64>::new();
    let x = tape.leaf("x", [1.0, 2.0, 3.0]);
    let at = tape.indices("at", [0, 1]);
    for row in [at + 1.0, at * at, at.cumsum(0), at.gt(0.0).select(at, 1.0), tape.concat(0, [at, x])] {
        assert_eq!(row.kind(), Kind::Real);
        assert!(x.try_take(0, row).is_err());
    }
    assert_eq!(x.take(0, (at + 1.0).to_indices()).value(), arr1(&[2.0, 3.0]).into_dyn());
    assert_eq!(x.try_take(0, at.gt(0.0)).unwrap_err().kind(), wengert::ErrorKind::Index);
}

/// The adjoint of a look-up along each axis, negative ones as well, by indices of no axis, of one and of two.
#[test]
fn adjoints_name_the_axis_of_the_result() {
    let tape = Tape::<f64>::new();
    let x = tape.leaf("x", real(&[3, 4, 5], 100, 7));
    for axis in -3..3_isize {
        for shape in [&[][..], &[2], &[3, 2]] {
            let index = tape.indices("index", whole(shape, 3, 11));
            let rows = x.take(axis, index);
            let weights = tape.constant(real(&rows.shape(), 100, 13));
            let n = x.shape()[usize::try_from(axis.rem_euclid(3)).unwrap()];
            let adjoint = weights.scatter_add(axis, index, n);
            assert_eq!(adjoint.value(), (rows * weights).sum().backward()[x].value(), "{axis} {shape:?}");
        }
    }
    let matrix = tape.leaf("matrix", [[1.0, 2.0], [3.0, 4.0]]);
    let put = matrix.scatter_add(2, tape.indices("index", 1), 3);
    assert_eq!(put.value().index_axis(ndarray::Axis(2), 1), matrix.value());
    assert!(matrix.try_scatter_add(3, tape.indices("index", 1), 3).is_err());
}

/// f = Σ s³ with s the sums at each place: with repeats, f‴ along v is 6 Σ (s of v)³.
#[test]
fn repeats_to_third_order() {
    let tape = Tape::<f64>::new();
    let x = tape.leaf("x", [1.0, 2.0, 3.0, 4.0]);
    let v = tape.constant([1.0, -2.0, 0.5, 4.0]);
    let at = tape.indices("at", [2, 0, 2, 2]);
    let sums = x.scatter_add(0, at, 3);
    let f = (sums * sums * sums).sum();
    let first = f.backward()[x];
    assert_eq!(first.value(), arr1(&[192.0, 12.0, 192.0, 192.0]).into_dyn()); // 3 · 8², 3 · 2²
    let second = (first * v).sum().backward()[x];
    assert_eq!(second.value(), arr1(&[264.0, -24.0, 264.0, 264.0]).into_dyn()); // 6 s · (s of v), which is 5.5 and −2
    let third = (second * v).sum().backward()[x];
    assert_eq!((third * v).sum().item(), 6.0 * (5.5_f64.powi(3) - 8.0));
    // By elements, along the second axis, and both modes mixed.
    let y = tape.leaf("y", [[1.0, 2.0], [3.0, 4.0]]);
    let sums = y.scatter_add_along(1, [[1, 1], [0, 1]], 2);
    let first = (sums * sums * sums).sum().backward()[y];
    assert_eq!(first.value(), arr2(&[[27.0, 27.0], [27.0, 48.0]]).into_dyn());
    let second = first.jvp([(y, tape.constant([[1.0, 1.0], [1.0, 1.0]]))]);
    assert_eq!(second.value(), arr2(&[[36.0, 36.0], [18.0, 24.0]]).into_dyn());
    // A program of it, with other places.
    let third = tape.program([at], third).unwrap();
    let same = third.replay_one((&[0, 1, 2, 0],)).unwrap();
    let expected: Array1<f64> = arr1(&[150.0, 24.0, 1.5, 150.0]); // 6 (s of v)² for 1 + 4, −2, 0.5
    assert_eq!(same, expected.into_dyn());
}
