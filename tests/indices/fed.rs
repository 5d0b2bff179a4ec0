//! Programs that are fed with integers and truths, of every type and in every container.

use ndarray::{ArcArray1, Array1, Array2, ArrayD, Axis, Slice, arr1, arr2, aview1};
use wengert::{ErrorKind, Kind, Program, Tape};

/// A look-up of two of four numbers.
fn pick() -> Program<f64> {
    let tape = Tape::new();
    let x = tape.constant([10.0, 20.0, 30.0, 40.0]);
    let at = tape.indices("at", [0, 0]);
    tape.program([at], x.take(0, at)).unwrap()
}

fn expected() -> ArrayD<f64> {
    arr1(&[40.0, 20.0]).into_dyn()
}

#[test]
fn every_type_of_integer_in_every_container() {
    let program = pick();
    macro_rules! each {
        ($($type:ty)+) => {$({
            let numbers: [$type; 2] = [3, 1];
            let owned = arr1(&numbers);
            let strided = arr1(&[3, 9, 1, 9]);
            let backward: Array1<$type> = arr1(&[1, 3]);
            let column: Array2<$type> = arr2(&[[9, 3], [9, 1]]);
            for result in [
                program.replay_one((&numbers,)),
                program.replay_one((&numbers[..],)),
                program.replay_one((&numbers.to_vec(),)),
                program.replay_one((numbers.to_vec(),)),
                program.replay_one(aview1(&numbers)),
                program.replay_one(&aview1(&numbers)),
                program.replay_one(&owned),
                program.replay_one(owned.clone()),
                program.replay_one(&owned.clone().into_dyn()),
                program.replay_one(&ArcArray1::from(numbers.to_vec())),
                program.replay_one(strided.slice_axis(Axis(0), Slice::from(..).step_by(2))),
                program.replay_one(column.column(1)),
                program.replay_one(backward.slice_axis(Axis(0), Slice::from(..).step_by(-1))),
            ] {
                assert_eq!(result.unwrap(), expected(), stringify!($type));
            }
            // Constants of all these types, and of more axes.
            let tape = Tape::<f64>::new();
            let x = tape.leaf("x", [10.0, 20.0, 30.0, 40.0]);
            for row in [
                x.take(0, numbers), x.take(0, &numbers), x.take(0, numbers.to_vec()), x.take(0, &numbers.to_vec()),
                x.take(0, &numbers[..]), x.take(0, &owned), x.take(0, owned.clone()), x.take(0, owned.view()),
                x.take(0, strided.slice_axis(Axis(0), Slice::from(..).step_by(2))), x.take(0, [numbers]).reshape(2), x.take(0, column.column(1)),
            ] {
                assert_eq!(row.value(), expected(), stringify!($type));
            }
            assert_eq!(x.take(0, numbers[0]).item(), 40.0);
        })+};
    }
    each!(i8 i16 i32 i64 isize u8 u16 u32 u64 usize);
}

#[test]
fn one_integer_and_one_truth() {
    let tape = Tape::<f32>::new();
    let (at, holds) = (tape.indices("at", 0), tape.mask("holds", false));
    let picked = tape.constant([1.0, 2.0, 3.0]).take(0, at);
    let program = tape.program([at, holds], holds.select(picked, -1.0)).unwrap();
    assert_eq!(program.replay_one((2_u64, true)).unwrap()[[]], 3.0);
    assert_eq!(program.replay_one((&1_i8, &true)).unwrap()[[]], 2.0);
    assert_eq!(program.replay_one((1, false)).unwrap()[[]], -1.0);
}

#[test]
fn masks_in_every_container() {
    let tape = Tape::<f64>::new();
    let keep = tape.mask("keep", [false, false]);
    assert_eq!(keep.kind(), Kind::Mask);
    let program = tape.program([keep], keep.select([40.0, 1.0], [3.0, 20.0])).unwrap();
    let numbers = [true, false];
    let (owned, strided) = (arr1(&numbers), arr1(&[true, true, false, true]));
    for result in [
        program.replay_one((&numbers,)),
        program.replay_one((&numbers[..],)),
        program.replay_one((numbers.to_vec(),)),
        program.replay_one(&owned),
        program.replay_one(owned.clone()),
        program.replay_one(owned.view()),
        program.replay_one(strided.slice_axis(Axis(0), Slice::from(..).step_by(2))),
    ] {
        assert_eq!(result.unwrap(), expected());
    }
}

/// A place is not taken for a number, nor a truth for a place. Real numbers are what another program gives: they are taken
/// if they are places.
#[test]
fn each_kind_for_its_own() {
    let program = pick();
    assert_eq!(program.inputs()[0].kind, Kind::Index);
    for error in [
        program.replay_one((&[true, false],)).unwrap_err(),
        program.replay_one((&[3],)).unwrap_err(),
        program.replay_one(arr2(&[[3, 1]])).unwrap_err(),
    ] {
        assert_eq!(error.kind(), ErrorKind::Signature, "{error}");
    }
    assert_eq!(program.replay_one((&[3.0, 1.0],)).unwrap(), expected());
    assert_eq!(program.replay_one((&[3.0, 1.5],)).unwrap_err().kind(), ErrorKind::Index);
    let tape = Tape::<f64>::new();
    let x = tape.leaf("x", [1.0, 2.0]);
    let doubled = tape.program([x], x * 2.0).unwrap();
    assert_eq!(doubled.replay_one((&[1, 2],)).unwrap_err().kind(), ErrorKind::Signature);
    let keep = tape.mask("keep", [true, false]);
    let chosen = tape.program([keep], keep.select(1.0, x)).unwrap();
    assert_eq!(chosen.replay_one((&[1, 0],)).unwrap_err().kind(), ErrorKind::Signature);
}

/// No labels, no tokens, a table without columns.
#[test]
fn empty_and_repeated_indices() {
    let tape = Tape::<f64>::new();
    let x = tape.leaf("x", [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]);
    let none = tape.indices("none", Array1::<u8>::zeros(0));
    let rows = x.take(0, none);
    assert_eq!((rows.shape(), x.take(1, none).shape()), (vec![0, 2], vec![3, 0]));
    assert_eq!(rows.sum().backward()[x].value(), Array2::<f64>::zeros((3, 2)).into_dyn());
    assert_eq!(rows.scatter_add(0, none, 3).value(), Array2::<f64>::zeros((3, 2)).into_dyn());
    assert_eq!(none.one_hot(4).shape(), [0, 4]);
    assert_eq!(none.bincount(2).value(), arr1(&[0.0, 0.0]).into_dyn());
    let program = tape.program([none], x.take(0, none)).unwrap();
    assert_eq!(program.replay_one((&[0_i32; 0],)).unwrap().shape(), [0, 2]);

    let nothing = tape.leaf("nothing", ArrayD::zeros(vec![0, 2]));
    assert!(nothing.try_take(0, [0]).is_err());
    assert_eq!(nothing.take(0, none).shape(), [0, 2]);
    assert_eq!(nothing.sort(0).shape(), [0, 2]);
    assert!(nothing.try_argmax(0).is_err());

    let often = tape.indices("often", [1; 1000]);
    let sum = x.take(0, often).sum();
    assert_eq!(sum.backward()[x].value(), arr2(&[[0.0, 0.0], [1000.0, 1000.0], [0.0, 0.0]]).into_dyn());
}
