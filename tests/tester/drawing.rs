//! Which cases are drawn, what becomes of one that fails, and what can be said of shapes.

#![allow(clippy::cast_possible_truncation)] // To single precision is meant.

use ndarray::{Array1, Array2, ArrayView1, ArrayView2, Axis, s};
use wengert::check::{self, Check, Values};

fn failure<T: wengert::Float>(check: Check<'_, T>) -> String {
    let outcome = check.seed(super::seed()).without_persistence().try_run();
    outcome.expect_err("that is wrong").to_string()
}

fn passes<T: wengert::Float>(check: Check<'_, T>) -> check::Summary {
    let outcome = check.seed(super::seed()).without_persistence().try_run();
    outcome.unwrap_or_else(|failure| panic!("that is right: {failure}"))
}

/// Elementwise, with this slope.
fn elementwise(
    formula: impl for<'t> Fn(wengert::Var<'t, f64>) -> wengert::Var<'t, f64> + 'static,
    slope: fn(f64) -> f64,
) -> Check<'static, f64> {
    check::backward(move |[x]| formula(x))
        .against(move |dy: &Array1<f64>, x: &Array1<f64>| dy * &x.mapv(slope))
        .shapes(["x: n"])
}

#[test]
fn at_the_constants_that_a_formula_compares_with_and_beside_them() {
    let relu6 = |slope| elementwise(|x| x.clamp(0.0, 6.0), slope);
    passes(relu6(|x| f64::from(u8::from((0.0..=6.0).contains(&x)))));
    // Cut a little too early, a little too late, at the wrong side: nothing that is drawn blindly lies between.
    failure(relu6(|x| f64::from(u8::from((0.0..=5.95).contains(&x)))));
    failure(relu6(|x| f64::from(u8::from((0.0..=6.000_000_000_001).contains(&x)))));
    failure(relu6(|x| f64::from(u8::from((0.0..6.0).contains(&x)))));
    let huber =
        |slope| elementwise(|x| x.abs().le(1.35).select(x.square() * 0.5, (x.abs() - 0.675) * 1.35), slope);
    passes(huber(|x| x.clamp(-1.35, 1.35)));
    failure(huber(|x| x.clamp(-1.345, 1.345)));
}

#[test]
fn a_constant_is_found_behind_simple_steps() {
    let hard_sigmoid = |slope| elementwise(|x| (x / 6.0 + 0.5).clamp(0.0, 1.0), slope).any_subgradient();
    passes(hard_sigmoid(|x| if x > -3.0 && x < 3.0 { 1.0 / 6.0 } else { 0.0 }));
    failure(hard_sigmoid(|x| if x > -3.0 && x < 3.02 { 1.0 / 6.0 } else { 0.0 }));
}

#[test]
fn below_zero_is_not_minus_zero() {
    let relu = |slope| elementwise(|x| x.relu(), slope);
    passes(relu(|x| if x > 0.0 { 1.0 } else { 0.0 }));
    // Right for every number but −0.0, whose slope it takes to be 1.
    failure(relu(|x| if x > 0.0 || x == 0.0 && x.is_sign_negative() { 1.0 } else { 0.0 }));
}

/// The sum of a cotangent by its memory, as a raw loop over a slice does it, if its elements lie one behind the other.
fn by_memory(dy: ArrayView1<'_, f64>) -> f64 {
    dy.as_slice_memory_order().map_or_else(|| dy.sum(), |elements| elements.iter().sum())
}

#[test]
fn a_view_of_stride_0_is_drawn() {
    let check = |sum: fn(ArrayView1<'_, f64>) -> f64| {
        check::backward(|[x, y]| x + y.sum())
            .against(move |dy: ArrayView1<'_, f64>, _: ArrayView1<'_, f64>, y: ArrayView1<'_, f64>| {
                (dy.to_owned(), Array1::from_elem(y.len(), sum(dy)))
            })
            .shapes(["x: n", "y: k"])
    };
    passes(check(by_memory));
    // A stride of 0 is taken for one of 1.
    let wrong = failure(check(|dy| match dy.strides() {
        [0] if dy.len() > 1 => dy[0],
        _ => dy.sum(),
    }));
    assert!(wrong.contains("broadcast"), "{wrong}");
    assert!(wrong.contains("with a contiguous cotangent it passes"), "{wrong}");
}

#[test]
fn the_layout_is_named_where_it_matters() {
    let in_memory_order = |x: &Array2<f64>| {
        Array2::from_shape_vec(
            x.raw_dim(),
            x.as_slice_memory_order().map_or_else(|| x.iter().copied().collect(), <[f64]>::to_vec),
        )
        .unwrap()
    };
    let wrong = failure(
        check::backward(|[x]| x.square())
            .against(move |dy: &Array2<f64>, x: &Array2<f64>| dy * 2.0 * in_memory_order(x))
            .shapes(["X: n d"]),
    );
    assert!(wrong.contains("in memory: with a contiguous X it passes"), "{wrong}");
}

#[test]
fn equal_inputs_and_equal_elements_are_drawn() {
    // Wrong only where both inputs are the same everywhere.
    let twins = check::backward(|[x, y]| x * y)
        .against(|dy: &Array1<f64>, x: &Array1<f64>, y: &Array1<f64>| {
            let same = x.len() > 2 && x == y;
            (if same { dy * 2.0 } else { dy * y }, dy * x)
        })
        .shapes(["x: n", "y: n"]);
    failure(twins);
    // Wrong only where more than three elements are one number.
    let flat = check::backward(|[x]| x.square())
        .against(|dy: &Array1<f64>, x: &Array1<f64>| {
            let same = x.len() > 3 && x.iter().all(|other| *other == x[0] && *other != 0.0);
            if same { Array1::zeros(x.len()) } else { 2.0 * x * dy }
        })
        .shapes(["x: n"]);
    failure(flat);
}

#[test]
fn cotangents_of_ones_and_of_zeros_are_drawn() {
    for special in [1.0, 0.0] {
        let check = check::backward(|[x]| x * 2.0)
            .against(move |dy: &Array1<f64>| {
                let all = dy.len() > 4 && dy.iter().all(|dy| *dy == special);
                if all { dy + 1.0 } else { dy * 2.0 + f64::from(special == 1.0 && all) }
            })
            .shapes(["x: n"]);
        let check = if special == 1.0 { check.cases(256) } else { check.cases(512) };
        if special == 0.0 {
            failure(check);
        } else {
            // 1 + 1 is 2·1: that is right.
            passes(check);
        }
    }
    failure(
        check::backward(|[x]| x * 2.0)
            .against(|dy: &Array1<f64>| {
                let ones = dy.len() > 4 && dy.iter().all(|dy| *dy == 1.0);
                if ones { dy * 3.0 } else { dy * 2.0 }
            })
            .shapes(["x: n"]),
    );
}

#[test]
fn sizes_go_to_the_ends_of_blocks() {
    for long in [32, 64, 256] {
        let check = check::backward(|[x]| x * 2.0)
            .against(move |dy: &Array1<f64>| {
                let mut dx = dy * 2.0;
                // The rest behind the last whole block is forgotten.
                if dx.len() > long {
                    dx.slice_mut(s![long..]).fill(0.0);
                }
                dx
            })
            .shapes(["x: n"]);
        failure(check);
    }
}

#[test]
fn the_element_that_fails_comes_to_the_front() {
    // 57 of 100 is the one.
    let wrong = failure(
        check::backward(|[x]| x.square())
            .against(|dy: &Array1<f64>, x: &Array1<f64>| {
                let mut dx = 2.0 * dy * x;
                dx.iter_mut().zip(x).filter(|(_, x)| **x > 1.9).for_each(|(dx, _)| *dx = 0.0);
                dx
            })
            .shapes(["x: n"])
            .values("x", Values::Between(-2.0, 2.0)),
    );
    assert!(wrong.contains("the smallest failing case: n = 1"), "{wrong}");
    assert!(wrong.contains("what matters is x[0]: any other number elsewhere fails as well"), "{wrong}");
}

#[test]
fn two_elements_that_fail_together_stay_together() {
    // Where a number comes twice, far apart or not.
    let wrong = failure(
        check::backward(|[x]| x * 3.0)
            .against(|dy: &Array1<f64>, x: &Array1<f64>| {
                let twice = |i: usize| {
                    x.iter().enumerate().any(|(j, other)| j > i + 1 && *other == x[i] && x[i] != 0.0)
                };
                Array1::from_shape_fn(x.len(), |i| if twice(i) { 0.0 } else { 3.0 * dy[i] })
            })
            .shapes(["x: n"]),
    );
    assert!(wrong.contains("the smallest failing case: n = 3"), "{wrong}");
}

#[test]
fn what_is_masked_may_be_anything() {
    let check = |by_hand: fn(f64, f64, bool) -> f64| {
        check::backward(|[x, keep]| keep.select(x.square(), 0.0))
            .against(move |dy: &Array1<f64>, x: &Array1<f64>, keep: &Array1<bool>| {
                Array1::from_shape_fn(x.len(), |i| by_hand(dy[i], x[i], keep[i]))
            })
            .shapes(["x: n", "keep: n"])
            .values("x", Values::Extended)
            .values("keep", Values::Mask)
    };
    passes(check(|dy, x, keep| if keep { 2.0 * x * dy } else { 0.0 }));
    // Right for every number; but 0 times what is masked is not 0.
    failure(check(|dy, x, keep| 2.0 * x * dy * f64::from(u8::from(keep))));
}

#[test]
fn what_does_not_matter_is_said() {
    let wrong = failure(elementwise(|x| x.exp(), |x| -x.exp()));
    assert!(wrong.contains("any other numbers fail as well"), "{wrong}");
}

/// y[i] = Σⱼ x[i + j]·w[j].
fn windows(x: ArrayView1<'_, f64>, w: ArrayView1<'_, f64>) -> Array1<f64> {
    Array1::from_shape_fn(x.len() + 1 - w.len(), |i| (0..w.len()).map(|j| x[i + j] * w[j]).sum())
}

fn convolution(flipped: bool) -> Check<'static, f64> {
    check::backward(|[x, w]| {
        let n = x.shape()[0] + 1 - w.shape()[0];
        let k = w.shape()[0];
        let windows: Vec<_> = (0..k).map(|j| x.slice(s![j..j + n]) * w.slice(s![j..j + 1])).collect();
        windows.into_iter().reduce(|sum, window| sum + window).expect("k is at least 1")
    })
    .against(move |dy: ArrayView1<'_, f64>, x: ArrayView1<'_, f64>, w: ArrayView1<'_, f64>| {
        let mut dx = Array1::zeros(x.len());
        for (i, dy) in dy.iter().enumerate() {
            for j in 0..w.len() {
                dx[i + j] += dy * w[if flipped { w.len() - 1 - j } else { j }];
            }
        }
        (dx, windows(x, dy))
    })
    .shapes(["x: n+k-1", "w: k>=1 | n>=1"])
}

#[test]
fn a_convolution_can_be_said() {
    passes(convolution(false));
    let wrong = failure(convolution(true));
    assert!(wrong.contains("n = 1, k = 2, n+k-1 = 2") || wrong.contains("k = 2"), "{wrong}");
    assert!(wrong.contains("n+k-1 = "), "{wrong}");
}

#[test]
fn gates_can_be_said() {
    let check = |wrong: bool| {
        check::backward(|[g]| {
            let h = g.shape()[1] / 4;
            let part = |i: usize| g.slice(s![.., i * h..(i + 1) * h]);
            part(0) * part(1) + part(2) * part(3)
        })
        .against(move |dy: ArrayView2<'_, f64>, g: ArrayView2<'_, f64>| {
            let h = dy.ncols();
            let part = |i: usize| g.slice(s![.., i * h..(i + 1) * h]);
            let other = |i: usize| if wrong { [1, 0, 2, 3][i] } else { [1, 0, 3, 2][i] };
            let parts: Vec<Array2<f64>> = (0..4).map(|i| &dy * &part(other(i))).collect();
            let views: Vec<_> = parts.iter().map(|part| part.view()).collect();
            ndarray::concatenate(Axis(1), &views).unwrap()
        })
        .shapes(["gates: n 4*h"])
    };
    passes(check(false));
    failure(check(true));
}

#[test]
fn least_sizes_hold_in_every_case() {
    let smallest = |axis: &'static str| {
        check::backward(|[x]| x.amax(1))
            .against(|dy: &Array1<f64>, x: &Array2<f64>| {
                assert!(x.ncols() >= 1, "an empty row has no largest element");
                let mut dx = Array2::zeros(x.raw_dim());
                for ((mut dx, x), dy) in dx.rows_mut().into_iter().zip(x.rows()).zip(dy) {
                    let most = x.fold(f64::NEG_INFINITY, |a, &b| a.max(b));
                    let ties = x.iter().filter(|x| **x == most).count();
                    #[allow(clippy::cast_precision_loss)]
                    let share = dy / ties as f64;
                    dx.iter_mut().zip(x).filter(|(_, x)| **x == most).for_each(|(dx, _)| *dx = share);
                }
                dx
            })
            .shapes([axis])
            .any_subgradient()
    };
    passes(smallest("x: n d>=1"));
}

#[test]
fn shapes_that_cannot_be_are_an_error_at_once() {
    let message = std::panic::catch_unwind(|| {
        drop(elementwise(|x| x * 2.0, |_| 2.0).shapes(["x: n>=3 | n<=2"]));
    });
    let message = *message.expect_err("no size is both").downcast::<String>().unwrap();
    assert!(message.contains("no sizes were found for which all of this holds: 3<=n, n<=2"), "{message}");
    // Too large to be drawn, and drawn nevertheless.
    passes(
        check::backward(|[x]| x * 2.0).against(|dy: &Array2<f64>| dy * 2.0).shapes(["x: 200 200"]).cases(2),
    );
}

#[test]
fn the_forward_function_is_examined() {
    let softplus = |forward: fn(f64) -> f64| {
        elementwise(
            |x| x.softplus(),
            |x| if x > 0.0 { 1.0 / (1.0 + (-x).exp()) } else { x.exp() / (1.0 + x.exp()) },
        )
        .forward(move |x: &Array1<f64>| x.mapv(forward))
    };
    passes(softplus(|x| x.max(0.0) + (-x.abs()).exp().ln_1p()));
    let wrong = failure(softplus(|x| x.exp().ln_1p())); // overflows
    assert!(wrong.contains("the result of the hand-written forward function is wrong"), "{wrong}");
    let wrong = failure(elementwise(|x| x * 2.0, |_| 2.0).forward(|x: &Array1<f64>| x.sum()));
    assert!(wrong.contains("has the wrong shape"), "{wrong}");
    let two = check::several(|[x]| [x * 2.0, x * 3.0])
        .against(|d0: &Array1<f64>, d1: &Array1<f64>| d0 * 2.0 + d1 * 3.0)
        .forward(|x: &Array1<f64>| (x * 2.0, x * 4.0))
        .shapes(["x: n"]);
    assert!(failure(two).contains("result 1 of the hand-written forward function is wrong"));
}

#[test]
fn each_parameter_is_examined_and_the_one_that_fails_is_named() {
    let strided = |all: bool| {
        check::each([1_usize, 2, 3], move |stride| {
            check::backward(move |[x]| {
                let rows: Vec<usize> = (0..x.shape()[0]).step_by(stride).collect();
                x.take(0, rows)
            })
            .against(move |dy: &Array1<f64>, x: &Array1<f64>| {
                let stride = if all { stride } else { stride.min(2) };
                let mut dx = Array1::zeros(x.len());
                dy.iter().zip(dx.iter_mut().step_by(stride)).for_each(|(dy, dx)| *dx = *dy);
                dx
            })
            .shapes(["x: n>=1"])
            .seed(super::seed())
            .without_persistence()
        })
    };
    assert_eq!(strided(true).try_run().unwrap_or_else(|failure| panic!("{failure}")).len(), 3);
    let wrong = strided(false).try_run().expect_err("3 is not 2").to_string();
    assert!(wrong.contains("with      3\n"), "{wrong}");
}

#[test]
fn both_precisions_are_examined_and_the_one_that_fails_is_named() {
    let both = |slack: f64| {
        check::both!(T => check::backward::<T, 1>(|[x]| x * 3.0)
            .against(move |dy: &Array1<T>| dy * (3.0 * (1.0 + slack)) as T)
            .shapes(["x: n"])
            .seed(super::seed())
            .without_persistence())
    };
    both(0.0).run();
    // 1e-12 is nothing in single precision.
    let wrong = both(1e-12).try_run().expect_err("it is not exact").to_string();
    assert!(wrong.contains("in        f64; in f32 it passes"), "{wrong}");
}

#[test]
fn a_search_climbs_to_where_a_bound_is_passed() {
    // Off by 1e-22 x² of itself: at 2e3, the largest that is drawn, a seventh of the tolerance of some 3e-15; at 1e4 more.
    let far = |x: f64| 2.0 * x * (1.0 + 1e-22 * x * x);
    let blind = elementwise(|x| x.square(), |x| 2.0 * x);
    assert!(passes(blind).cases() > 0);
    let caught = (1..=10)
        .filter(|seed| {
            let check = elementwise(|x| x.square(), far).without_persistence();
            check.seed(*seed).try_run().is_err()
        })
        .count();
    println!("{caught} of 10 climbs came beyond what is drawn");
    assert!(caught > 0);
}
