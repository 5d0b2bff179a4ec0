//! What comes naturally to users of Rust, ndarray and PyTorch: that it compiles, and says what is meant. The
//! expressions are the tests; each group failed to compile before it was written.
#![allow(clippy::op_ref, clippy::needless_borrow, clippy::needless_borrows_for_generic_args)] // What is tested.
#![allow(clippy::float_cmp)] // Exact numbers are meant.

use approx::assert_relative_eq;
use ndarray::{ArcArray1, Array1, Array2, Array3, Axis, CowArray, Ix0, Ix1, Ix2, IxDyn, arr1, arr2};
use wengert::{ErrorKind, Float, IntoVar, Tape, Var};

/// The values, as a plain list.
fn all<T: Float>(var: Var<'_, T>) -> Vec<T> {
    var.value().iter().copied().collect()
}

mod operators {
    use super::*;

    #[test]
    fn by_value_and_by_reference() {
        let tape = Tape::<f64>::new();
        let (x, y) = (tape.leaf("x", 6.0), tape.leaf("y", 2.0));
        let [v, r] = [x, y];
        let (a, b) = (&v, &r);
        assert_eq!([a + b, a - b, a * b, a / b].map(Var::item), [8.0, 4.0, 12.0, 3.0]);
        assert_eq!([a + r, a - r, a * r, a / r].map(Var::item), [8.0, 4.0, 12.0, 3.0]);
        assert_eq!([v + b, v - b, v * b, v / b].map(Var::item), [8.0, 4.0, 12.0, 3.0]);
        assert_eq!([a + 2.0, a - 2.0, a * 2.0, a / 2.0].map(Var::item), [8.0, 4.0, 12.0, 3.0]);
        assert_eq!([2.0 + a, 2.0 - a, 2.0 * a, 12.0 / a].map(Var::item), [8.0, -4.0, 12.0, 2.0]);
        assert_eq!([-a, -&v, -v].map(Var::item), [-6.0; 3]);
    }

    #[test]
    fn a_number_is_of_the_tapes_type_on_either_side() {
        let tape = Tape::<f32>::new();
        let x = tape.leaf("x", 6.0);
        let two = 2.0; // its type comes from the tape
        let y = 2.0 * x - x / two + &1.0 + -(1.0 / 3.0 + 2.0) * x;
        assert!(y.item() < 0.0);
        assert_eq!((2.0 * &x).item() + (&x * 2.0).item(), 24.0_f32);
    }

    #[test]
    fn in_code_for_any_number_type() {
        fn norm<'t, T: Float>(x: Var<'t, T>, scale: T, shift: impl IntoVar<'t, T>) -> Var<'t, T> {
            let mut y = x * scale + shift;
            y *= x;
            y -= T::one();
            if y.max() < T::one() { y } else { &y / T::from_f64(2.0) }
        }
        let tape = Tape::<f32>::new();
        assert_eq!(norm(tape.leaf("x", 3.0), 2.0, 1.0).item(), 10.0);
        let tape = Tape::<f64>::new();
        assert_eq!(norm(tape.leaf("x", 3.0), 2.0, arr1(&[1.0])).item(), 10.0);
    }

    #[test]
    fn arrays_on_the_right() {
        let tape = Tape::<f64>::new();
        let x = tape.leaf("x", [1.0, 2.0]);
        let (array, shared) = (arr1(&[10.0, 20.0]), arr1(&[10.0, 20.0]).into_shared());
        let slice: &[f64] = &[10.0, 20.0];
        let expected = vec![-9.0, -18.0];
        let found = [
            x - &array,
            x - array.view(),
            &x - &array,
            x - &shared,
            x - shared.clone(),
            x - CowArray::from(&array),
            x - &*array, // ndarray's `ArrayRef`
            x - array.clone(),
            x - array.clone().into_dyn(),
            x - vec![10.0, 20.0],
            x - &vec![10.0, 20.0],
            x - slice,
            x - [10.0, 20.0],
            x - &[10.0, 20.0],
        ];
        assert!(found.into_iter().all(|y| all(y) == expected));
        assert_eq!((x * [[1.0, 2.0], [3.0, 4.0]]).shape(), [2, 2]);
    }

    #[test]
    fn arrays_on_the_left() {
        let tape = Tape::<f64>::new();
        let x = tape.leaf("x", [1.0, 2.0]);
        let array = arr1(&[10.0, 20.0]);
        let found = [
            &array - x,
            &array - &x,
            array.view() - x,
            array.view() - &x,
            array.clone() - x,
            array.clone() - &x,
            array.clone().into_shared() - x,
            array.to_shared() - &x,
            &array.to_shared() - x,
        ];
        assert!(found.into_iter().all(|y| all(y) == [9.0, 18.0]));
        assert_eq!(all(&array * x / &array + &array), [11.0, 22.0]);
        // The gradient flows through the row alone; the array is a constant.
        let dx = (&array / x).sum().backward()[x];
        assert_eq!(all(dx), [-10.0, -5.0]);
        // What ndarray does among its own is as it was.
        let own: Array1<f64> = &array * 2.0 - &array + 2.0 * array.clone();
        assert_eq!(own, arr1(&[30.0, 60.0]));
    }

    #[test]
    fn assigning() {
        let tape = Tape::<f64>::new();
        let x = tape.leaf("x", [1.0, 2.0]);
        let mut y = x;
        y += 1.0;
        y -= &x;
        y *= arr1(&[3.0, 4.0]);
        y /= [1.0, 2.0];
        y += x;
        assert_eq!(all(y), [4.0, 4.0]);
    }

    #[test]
    fn every_form_has_the_users_line() {
        let tape = Tape::<f64>::new();
        let x = tape.leaf("x", [1.0, 2.0]);
        let array = arr1(&[10.0, 20.0]);
        let before = tape.len();
        let first = line!() + 1;
        let _ = (&x + &x, &x - 1.0, 1.0 * &x, -&x, &array / &x, array.clone() + x, x * [1.0, 2.0]);
        let mut y = x;
        y += &x;
        y *= vec![1.0, 2.0];
        let _ = tape.sum([x, y, x]);
        let lines = first..line!();
        for var in tape.vars().skip(before) {
            let at = var.location();
            assert!(at.file() == file!() && lines.contains(&at.line()), "{var:?} at {at}");
        }
    }

    #[test]
    #[should_panic(expected = "tests/desk.rs")]
    fn an_error_has_the_users_line() {
        let tape = Tape::<f64>::new();
        let _ = arr1(&[1.0, 2.0]) * &tape.leaf("x", [1.0, 2.0, 3.0]);
    }

    #[test]
    fn gradients_by_reference() {
        let tape = Tape::<f64>::new();
        let weights = [tape.leaf("a", 1.0), tape.leaf("b", 2.0)];
        let grads = tape.sum(weights.iter().map(|w| w * w)).backward();
        let steps: Vec<f64> = weights.iter().map(|w| (w - grads[w] * 0.25).item()).collect();
        assert_eq!(steps, [0.5, 1.0]);
        for w in &weights {
            assert!(grads[w] == 2.0 * w);
        }
        let gradient = |w| grads[w].item(); // the type of `w` comes later
        assert_eq!(weights.map(gradient), [2.0, 4.0]);
    }
}

mod comparisons {
    use super::*;

    #[test]
    fn by_value_and_by_reference() {
        let tape = Tape::<f64>::new();
        let (x, y) = (tape.leaf("x", 1.0), tape.leaf("y", 2.0));
        let (a, b, best) = (&x, &y, 3.0);
        assert!(x < y && x < b && a < y && a < b);
        assert!(x < 2.0 && a < 2.0 && x < best && a <= &best);
        assert!(0.5 < x && 0.5 < a && x != y && a != y && x != b);
        assert!(a != 2.0);
        assert!(2.0 != a);
        assert!(y > x && y >= b && b > x && b >= 2.0);
        assert_eq!(x.partial_cmp(&b), Some(std::cmp::Ordering::Less));
    }

    /// Each is a guard, at the line that it stands on (but for two references, of which Rust compares the targets by
    /// an operator of its own).
    #[test]
    fn each_is_a_guard_with_its_line() {
        let tape = Tape::<f64>::new();
        let (x, y) = (tape.leaf("x", 1.0), tape.leaf("y", 2.0));
        let z = x + y;
        let line = line!() + 1;
        let _ = (x < &y, &x < y, &x < 0.5, 0.5 < &x);
        let program = tape.program([x, y], [z]).unwrap();
        let error = program.replay::<1>((2.0, 1.0)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Branch);
        assert!(error.to_string().contains(&format!("desk.rs:{line}:")), "{error}");
    }

    #[test]
    fn masks_take_the_same() {
        let tape = Tape::<f64>::new();
        let x = tape.leaf("x", [1.0, 2.0]);
        let y = tape.leaf("y", [2.0, 1.0]);
        assert_eq!(all(x.lt(&y)), [1.0, 0.0]);
        assert_eq!(all(x.lt([1.5, 1.5]).select(&x, &y)), [1.0, 1.0]);
        assert_eq!(all(x.clamp(&1.5, vec![2.0, 1.75])), [1.5, 1.75]);
    }
}

mod values {
    use super::*;

    #[test]
    fn whatever_holds_numbers() {
        let tape = Tape::<f64>::new();
        let array = arr2(&[[1.0, 2.0], [3.0, 4.0]]);
        let mut other = array.clone();
        let pairs: Vec<[f64; 2]> = vec![[1.0, 2.0], [3.0, 4.0]];
        let slice: &[f64] = &[1.0, 2.0, 3.0, 4.0];
        let matrices = [
            tape.leaf("view", array.view()),
            tape.leaf("view, mutable", other.view_mut()),
            tape.leaf("ArrayRef", &*array),
            tape.leaf("CowArray", CowArray::from(&array)),
            tape.leaf("shared", array.to_shared()),
            tape.leaf("nested", [[1.0, 2.0], [3.0, 4.0]]),
            tape.leaf("nested, by reference", &[[1.0, 2.0], [3.0, 4.0]]),
            tape.leaf("pairs", pairs),
        ];
        assert!(matrices.iter().all(|m| m.value() == array.view().into_dyn()));
        let lists = [
            tape.leaf("Vec", vec![1.0, 2.0, 3.0, 4.0]),
            tape.leaf("&Vec", &vec![1.0, 2.0, 3.0, 4.0]),
            tape.leaf("slice", slice),
            tape.leaf("array", [1.0, 2.0, 3.0, 4.0]),
            tape.constant(&[1.0, 2.0, 3.0, 4.0]),
            tape.leaf("collected", (1..5).map(f64::from).collect::<Vec<_>>()),
        ];
        assert!(lists.iter().all(|list| list.shape() == [4] && all(*list) == slice));
        assert_eq!(tape.leaf("empty", Vec::<f64>::new()).shape(), [0]);
        assert_eq!(tape.leaf("a number of a list", &slice[1]).item(), 2.0);
        assert_eq!(tape.leaf("no columns", [[], []]).shape(), [2, 0]);
    }

    #[test]
    fn single_precision_too() {
        let tape = Tape::<f32>::new();
        assert_eq!(all(tape.leaf("x", vec![1.0, 2.0]) * [0.5, 0.25]), [0.5_f32, 0.5]);
    }

    #[test]
    fn seeds_and_tangents_take_the_same() {
        let tape = Tape::<f64>::new();
        let x = tape.leaf("x", [1.0, 2.0]);
        let y = x * x;
        assert_eq!(all(y.backward_with([1.0, 10.0])[x]), [2.0, 40.0]);
        assert_eq!(all(y.jvp([(x, vec![1.0, 10.0])])), [2.0, 40.0]);
    }
}

mod printing {
    use super::*;

    #[test]
    fn numbers_keep_the_flags() {
        let tape = Tape::<f64>::new();
        let loss = tape.leaf("loss", 2.0 / 3.0);
        assert_eq!(format!("{loss}"), format!("{}", 2.0 / 3.0));
        assert_eq!(format!("loss {loss:.4}|{loss:8.2}|{loss:<8.2}|{loss:+.1}|{loss:08.3}"), {
            let l = 2.0 / 3.0;
            format!("loss {l:.4}|{l:8.2}|{l:<8.2}|{l:+.1}|{l:08.3}")
        });
        assert_eq!(format!("{loss:e} {loss:.2e}"), "6.666666666666666e-1 6.67e-1");
        assert_eq!(loss.to_string(), "0.6666666666666666");
        assert_eq!(format!("{:.3}", Tape::<f32>::new().leaf("x", 1.5)), "1.500");
    }

    /// Replayed, what was printed does not go stale: it was for people to see.
    #[test]
    fn a_strict_program_lets_it_pass() {
        let tape = Tape::<f64>::new();
        let x = tape.leaf("x", [1.0, 2.0]);
        let y = x * x;
        assert!(!format!("{y} {y:.2} {y:e}").is_empty());
        assert!(tape.program_builder([x], [y.sum()]).strict().build().is_ok());
        y.value();
        assert!(tape.program_builder([x], [y.sum()]).strict().build().is_err());
    }

    #[test]
    fn arrays_as_ndarray_prints_them() {
        let tape = Tape::<f64>::new();
        let array = arr2(&[[1.0, 2.5], [-3.0, 1e-9]]);
        let x = tape.leaf("x", &array);
        assert_eq!(format!("{x}\n{x:.2}\n{x:8.1e}"), format!("{array}\n{array:.2}\n{array:8.1e}"));
        assert_eq!(
            format!("{}", x.broadcast_to((1, 2, 2))),
            format!("{}", array.clone().insert_axis(Axis(0)))
        );
        assert_eq!(format!("{}", tape.leaf("column", [[0.5]])), "[[0.5]]");
    }
}

mod reading {
    use super::*;

    #[test]
    fn with_the_axes_in_the_type() {
        let tape = Tape::<f64>::new();
        let x = tape.leaf("x", [[1.0, 2.0], [3.0, 4.0]]);
        let matrix: Array2<f64> = x.array();
        assert_eq!(matrix, arr2(&[[1.0, 2.0], [3.0, 4.0]]));
        assert_eq!(x.array::<IxDyn>(), matrix.clone().into_dyn());
        assert_eq!(x.sum().array::<Ix0>()[()], 10.0);
        assert_eq!(x.t().array::<Ix2>(), matrix.t());
        assert_eq!(x.sum_axis(0).broadcast_to((2, 2)).array::<Ix2>(), arr2(&[[4.0, 6.0], [4.0, 6.0]]));
        let mut own: Array1<f64> = x.row_sums();
        own[0] = 0.0; // the caller's own
        assert_eq!(x.row_sums(), arr1(&[3.0, 7.0]));
    }

    trait RowSums {
        fn row_sums(self) -> Array1<f64>;
    }

    impl RowSums for Var<'_, f64> {
        fn row_sums(self) -> Array1<f64> {
            self.sum_axis(1).array()
        }
    }

    #[test]
    fn of_another_rank_is_an_error() {
        let tape = Tape::<f64>::new();
        let x = tape.leaf("x", [1.0, 2.0]);
        let (error, line) = (x.try_array::<Ix2>().unwrap_err(), line!());
        assert_eq!(
            (error.kind(), error.operation(), error.location().line()),
            (ErrorKind::Shape, "array", line)
        );
        assert!(
            error.to_string().starts_with(
                "array: an array of 2 axes was asked for, and this has 1 axis; given `x` of shape (2,). Ask for \
                 `Ix1`, or change the axes first, as with `reshape`, `squeeze` or `unsqueeze`. (at "
            ),
            "{error}"
        );
        assert!(x.sum().try_array::<Ix1>().is_err() && x.try_array::<IxDyn>().is_ok());
    }

    #[test]
    fn it_is_a_read() {
        let tape = Tape::<f64>::new();
        let x = tape.leaf("x", [1.0, 2.0]);
        let y = x * x.array::<Ix1>();
        assert_eq!(tape.program_builder([x], [y]).strict().build().unwrap_err().kind(), ErrorKind::Read);
        let tape = Tape::<f64>::new();
        let x = tape.leaf("x", [1.0, 2.0]);
        assert!(x.try_array::<Ix2>().is_err()); // nothing was seen
        assert!(tape.program_builder([x], [x * 2.0]).strict().build().is_ok());
    }

    /// The gradient of Σ log(1 + eˣ) is the logistic function: two formulas, each of some five roundings of half a
    /// unit.
    #[test]
    fn gradients_are_compared_with_approx() {
        let tape = Tape::<f64>::new();
        let x = arr2(&[[-2.0, -0.5, 0.0], [0.5, 1.0, 3.0]]);
        let w = tape.leaf("w", &x);
        let by_hand = x.mapv(|x: f64| 1.0 / (1.0 + (-x).exp()));
        let grads = w.softplus().sum().backward();
        assert_relative_eq!(grads[w].array::<Ix2>(), by_hand, max_relative = 10.0 * f64::EPSILON);
        assert_relative_eq!(grads[w].array(), by_hand, max_relative = 10.0 * f64::EPSILON);
        assert_relative_eq!(grads[w].value(), by_hand.into_dyn(), max_relative = 10.0 * f64::EPSILON);
    }
}

mod sums {
    use super::*;

    #[test]
    fn of_handles_references_and_numbers() {
        let tape = Tape::<f64>::new();
        let losses: Vec<Var<'_, f64>> = (1..=5).map(|n| tape.leaf("loss", f64::from(n))).collect();
        assert_eq!(tape.sum(&losses).item(), 15.0);
        assert_eq!(tape.sum(losses.iter().map(|loss| loss * loss)).item(), 55.0);
        assert_eq!(tape.sum(losses.iter().skip(3)).item(), 9.0);
        assert_eq!(tape.sum([1.0, 2.0]).item(), 3.0);
        assert_eq!(all(tape.sum([arr1(&[1.0, 2.0]), arr1(&[3.0, 4.0])])), [4.0, 6.0]);
        let grads = tape.sum(&losses).backward();
        assert!(losses.iter().all(|loss| grads[loss] == 1.0));
        let none = tape.sum(&losses[..0]);
        assert_eq!((none.item(), none.shape(), none.varies()), (0.0, vec![], false));
        assert_eq!(tape.sum(&losses[..1]).row(), losses[0].row());
    }

    /// 2²⁰ terms of 1/10, which f32 rounds. One after the other, the last half of them meets a sum above 2¹⁵, where each
    /// addition rounds by up to 2⁻⁹: the sum is off by 1e-2 of itself. In pairs, each term goes through 20 additions, and
    /// each rounds by 2⁻²⁴ of its result at most.
    #[test]
    fn in_pairs() {
        let tape = Tape::<f32>::new();
        let term = tape.constant(0.1);
        let n = 1 << 16;
        let found = f64::from(tape.sum((0..n).map(|_| term)).item());
        let exact = f64::from(0.1_f32) * f64::from(n);
        assert_relative_eq!(found, exact, max_relative = 16.0 * f64::from(f32::EPSILON) / 2.0);
        assert_eq!(tape.len(), usize::try_from(n).unwrap()); // n - 1 additions and the term
        // Any number of terms: an order that depends on it alone, each term once.
        for n in 0..40 {
            let tape = Tape::<f64>::new();
            let terms: Vec<_> = (0..n).map(|k| tape.leaf("term", f64::from(1 << (k % 10)))).collect();
            let exact: f64 = (0..n).map(|k| f64::from(1 << (k % 10))).sum();
            assert_eq!(tape.sum(&terms).item(), exact);
            assert_eq!(tape.len(), usize::try_from((2 * n - 1).max(1)).unwrap());
        }
    }

    #[test]
    fn errors() {
        let (tape, elsewhere) = (Tape::<f64>::new(), Tape::<f64>::new());
        let (w, b) = (tape.leaf("w", [1.0, 2.0]), tape.leaf("b", 0.5));
        let (error, line) = (tape.try_sum([w, w, b]).unwrap_err(), line!());
        assert_eq!(
            (error.kind(), error.operation(), error.location().line()),
            (ErrorKind::Shape, "sum", line)
        );
        assert!(error.to_string().contains("`w` of shape (2,) and `b` of shape ()"), "{error}");
        let error = elsewhere.try_sum([w, w]).unwrap_err();
        assert_eq!((error.kind(), error.operation()), (ErrorKind::OtherTape, "sum"));
    }
}

mod axes {
    use super::*;

    #[test]
    fn numbers_of_every_kind() {
        let tape = Tape::<f64>::new();
        let x = tape.leaf("x", Array3::zeros((2, 3, 4)));
        let (u, i, n): (usize, isize, i32) = (1, -2, 1);
        for y in [
            x.sum_axis(1),
            x.sum_axis(-2),
            x.sum_axis(u),
            x.sum_axis(i),
            x.sum_axis(n),
            x.sum_axis(Axis(1)),
            x.sum_axis(&u),
            x.sum_axis([1]),
            x.sum_axis([u]),
            x.sum_axis(1..2),
            x.sum_axis(vec![u]),
        ] {
            assert_eq!(y.shape(), [2, 4]);
        }
        let (list, usizes) = (vec![0, 2], [0_usize, 2]);
        for y in [
            x.sum_axis([0, -1]),
            x.sum_axis([-3, 2]),
            x.sum_axis((0, -1)),
            x.sum_axis((0, Axis(2))),
            x.sum_axis(&list),
            x.sum_axis(list.as_slice()),
            x.sum_axis(list.clone()),
            x.sum_axis(usizes),
            x.sum_axis(&usizes),
            x.sum_axis(&usizes[..]),
            x.sum_axis([Axis(0), Axis(2)]),
        ] {
            assert_eq!(y.shape(), [3]);
        }
        assert_eq!(x.sum_axis(0..x.ndim()).shape(), [0; 0]);
        assert_eq!(x.sum_axis((0, 1, 2)).shape(), [0; 0]);
        assert_eq!(x.sum_axis(()).shape(), x.shape());
        assert_eq!(x.permute((2, 0, 1)).shape(), [4, 2, 3]);
    }

    #[test]
    fn every_method_takes_them() {
        let tape = Tape::<f64>::new();
        let x = tape.leaf("x", Array3::ones((2, 3, 4)));
        let k: usize = 1;
        let rows = [
            x.mean_axis(k),
            x.prod_axis(k),
            x.amax(k),
            x.amin(k),
            x.var_axis(k, 0.0),
            x.std_axis(k, 0.0),
            x.norm_axis(k),
            x.logsumexp(k),
            x.slice(ndarray::s![.., ..1, ..]).squeeze(k),
        ];
        assert!(rows.iter().all(|row| row.shape() == [2, 4]));
        let rows = [
            x.cumsum(k),
            x.softmax(k),
            x.log_softmax(k),
            x.swap_axes(k, k),
            x.narrow(k, 0, 3),
            x.take(k, [0, 1, 2]),
        ];
        assert!(rows.iter().all(|row| row.shape() == [2, 3, 4]));
        assert_eq!(x.swap_axes(k, -1).shape(), [2, 4, 3]);
        assert_eq!(x.swap_axes(Axis(0), k).shape(), [3, 2, 4]);
        assert_eq!(x.unsqueeze(k).shape(), [2, 1, 3, 4]);
        assert_eq!(x.scatter_add(k, [0, 0, 0], 1).shape(), [2, 1, 4]);
        assert_eq!(tape.concat(k, &[x, x]).shape(), [2, 6, 4]);
        assert_eq!(tape.concat(Axis(1), [x, x]).shape(), [2, 6, 4]);
        assert_eq!(tape.stack(k, vec![x, x]).shape(), [2, 2, 3, 4]);
        assert_eq!(tape.stack(-1, &vec![x, x]).shape(), [2, 3, 4, 2]);
    }

    #[test]
    fn one_that_does_not_exist_is_an_error() {
        let tape = Tape::<f64>::new();
        let x = tape.leaf("x", Array2::zeros((2, 3)));
        for error in [
            x.try_sum_axis(2_usize),
            x.try_sum_axis(usize::MAX),
            x.try_narrow(2_usize, 0, 1),
            x.try_swap_axes(0, 2),
            x.try_swap_axes(Axis(7), 0),
            x.try_take(-3, [0]),
            tape.try_concat(usize::MAX, [x]),
            tape.try_stack(usize::MAX, [x]),
        ] {
            assert_eq!(error.unwrap_err().kind(), ErrorKind::Axis);
        }
    }
}

/// Owned, shared and cloned the values stay one: nothing is copied that was promised not to be.
#[test]
fn shared_arrays_are_not_copied() {
    let tape = Tape::<f64>::new();
    let shared: ArcArray1<f64> = arr1(&[1.0, 2.0]).into_shared();
    let x = tape.leaf("x", shared.clone());
    assert_eq!(x.value().as_ptr(), shared.as_ptr());
    let list = vec![1.0, 2.0];
    let place = list.as_ptr();
    assert_eq!(tape.leaf("list", list).value().as_ptr(), place);
}

/// The version of ndarray that fits is at hand.
#[test]
fn ndarray_is_handed_on() {
    use wengert::ndarray::{Array1 as TheSame, array};
    let array: TheSame<f64> = array![1.0];
    assert_eq!(Tape::new().leaf("x", array as Array1<f64>).item(), 1.0);
}
