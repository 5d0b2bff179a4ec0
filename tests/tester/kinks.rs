//! Any subgradient: what lies between the gradients beside a kink passes, and nothing else.

use super::Outcome;
use ndarray::{Array0, Array1, Array2, ArrayView1, Axis, Zip};
use wengert::check::{self, FailureKind, Formulated, IntoGradients, Values};
use wengert::{Float, Var};

type A1 = Array1<f64>;
type A2 = Array2<f64>;

fn judged<T: Float, const N: usize>(
    formula: impl for<'t> Fn([Var<'t, T>; N]) -> Var<'t, T> + 'static,
    check: impl FnOnce(Formulated<'static, T>) -> check::Check<'static, T>,
) -> Outcome {
    check(check::backward(formula))
        .without_persistence()
        .seed(super::seed())
        .any_subgradient()
        .cases(150)
        .try_run()
}

/// All that are the largest get a part of the cotangent.
fn largest(parts: impl Fn(&[usize]) -> Vec<f64> + Copy) -> impl Fn(&Array0<f64>, &A1) -> A1 {
    move |dy, x| {
        let mut dx = x * 0.0;
        spread(&mut dx.view_mut(), x.view(), dy[()], parts);
        dx
    }
}

fn spread(
    dx: &mut ndarray::ArrayViewMut1<f64>,
    x: ArrayView1<f64>,
    dy: f64,
    parts: impl Fn(&[usize]) -> Vec<f64>,
) {
    let top = x.fold(f64::NEG_INFINITY, |top, &x| top.max(x));
    let at: Vec<usize> = (0..x.len()).filter(|&i| x[i] == top).collect();
    for (&i, part) in at.iter().zip(parts(&at)) {
        dx[i] += dy * part;
    }
}

fn first(at: &[usize]) -> Vec<f64> {
    (0..at.len()).map(|i| f64::from(u8::from(i == 0))).collect()
}

fn last(at: &[usize]) -> Vec<f64> {
    (1..=at.len()).map(|i| f64::from(u8::from(i == at.len()))).collect()
}

fn shares(at: &[usize]) -> Vec<f64> {
    let n = f64::from(u32::try_from(at.len()).unwrap());
    // 0.3 and 0.7 of two.
    let weights: Vec<f64> =
        (0..at.len()).map(|i| if at.len() == 2 { [0.3, 0.7][i] } else { 1.0 / n }).collect();
    weights
}

fn all(at: &[usize]) -> Vec<f64> {
    vec![1.0; at.len()]
}

/// More than there is, and less than nothing elsewhere: each between two slopes or not, the sum right.
fn beyond(at: &[usize]) -> Vec<f64> {
    let mut parts = first(at);
    if at.len() > 1 {
        (parts[0], parts[1]) = (1.5, -0.5);
    }
    parts
}

fn of_max(parts: fn(&[usize]) -> Vec<f64>) -> Outcome {
    judged::<f64, 1>(
        |[x]| x.amax(0),
        |f| f.against(largest(parts)).shapes(["x: 3"]).values("x", Values::Whole(-2, 3)),
    )
}

/// Of each row.
fn of_rows(parts: fn(&[usize]) -> Vec<f64>) -> Outcome {
    judged::<f64, 1>(
        |[x]| x.amax(1),
        |f| {
            f.against(move |dy: &A1, x: &A2| {
                let mut dx = x * 0.0;
                for ((mut dx, x), &dy) in dx.rows_mut().into_iter().zip(x.rows()).zip(dy) {
                    spread(&mut dx, x, dy, parts);
                }
                dx
            })
            .shapes(["x: n 4"])
            .values("x", Values::Whole(-2, 3))
        },
    )
}

/// Of windows of three that overlap in one, added up with weights of both signs.
fn of_windows(parts: fn(&[usize]) -> Vec<f64>) -> Outcome {
    judged::<f64, 2>(
        |[x, w]| {
            let windows = [0, 2, 4].map(|at| x.narrow(0, at, 3).amax(0).unsqueeze(0));
            (x.tape().concat(0, windows) * w).sum()
        },
        |f| {
            f.against(move |dy: &Array0<f64>, x: &A1, w: &A1| {
                let (mut dx, mut dw) = (x * 0.0, w * 0.0);
                for k in 0..3 {
                    let window = x.slice(ndarray::s![2 * k..2 * k + 3]);
                    let mut inner = window.to_owned() * 0.0;
                    spread(&mut inner.view_mut(), window, dy[()] * w[k], parts);
                    let mut at = dx.slice_mut(ndarray::s![2 * k..2 * k + 3]);
                    at += &inner;
                    dw[k] = dy[()] * window.fold(f64::NEG_INFINITY, |top, &x| top.max(x));
                }
                (dx, dw)
            })
            .shapes(["x: 7", "w: 3"])
            .values("x", Values::Whole(-1, 2))
        },
    )
}

#[test]
fn of_several_that_are_the_largest() {
    for of in [of_max, of_rows, of_windows] {
        for right in [first, last, shares] {
            if let Err(failure) = of(right) {
                panic!("a subgradient was refused: {failure}");
            }
        }
        for wrong in [all, beyond] {
            let failure = of(wrong).expect_err("it is no subgradient");
            assert_eq!(failure.kind(), FailureKind::Wrong);
            assert!(failure.to_string().contains("It is no subgradient"), "{failure}");
        }
    }
}

fn elementwise(
    formula: impl for<'t> Fn([Var<'t, f64>; 1]) -> Var<'t, f64> + 'static,
    slope: impl Fn(f64) -> f64 + 'static,
) -> Outcome {
    judged::<f64, 1>(formula, |f| {
        f.against(move |dy: &A1, x: &A1| Zip::from(dy).and(x).map_collect(|dy, &x| dy * slope(x)))
            .shapes(["x: n"])
            .values("x", Values::Whole(-2, 3))
    })
}

#[test]
fn of_kinks_of_one_number() {
    let at_0 = |slope: f64| {
        move |x: f64| {
            if x > 0.0 {
                1.0
            } else if x == 0.0 {
                slope
            } else {
                0.0
            }
        }
    };
    for right in [0.0, 0.3, 1.0] {
        assert!(elementwise(|[x]| x.relu(), at_0(right)).is_ok(), "relu'(0) = {right}");
        let of_abs = move |x: f64| if x == 0.0 { 2.0 * right - 1.0 } else { x.signum() };
        assert!(elementwise(|[x]| x.abs(), of_abs).is_ok(), "abs'(0) = {}", 2.0 * right - 1.0);
    }
    for wrong in [-0.1, 1.1, f64::NAN, 777.0] {
        assert!(elementwise(|[x]| x.relu(), at_0(wrong)).is_err(), "relu'(0) = {wrong}");
    }
    // The same kink twice, and two of them: relu(x) + 2 relu(-x).
    let both = |at_0: f64| {
        move |x: f64| {
            if x > 0.0 {
                1.0
            } else if x == 0.0 {
                at_0
            } else {
                -2.0
            }
        }
    };
    for right in [-2.0, 0.0, 1.0] {
        assert!(elementwise(|[x]| x.relu() + (-x).relu() * 2.0, both(right)).is_ok(), "{right}");
    }
    for wrong in [-2.5, 1.5] {
        assert!(elementwise(|[x]| x.relu() + (-x).relu() * 2.0, both(wrong)).is_err(), "{wrong}");
    }
    // Wrong elsewhere is wrong.
    assert!(elementwise(|[x]| x.relu(), |x| if x >= 0.0 { 1.0 } else { 0.1 }).is_err());
}

fn pair<R: IntoGradients<f64> + 'static>(by_hand: impl Fn(&A1, &A1, &A1) -> R + 'static) -> Outcome {
    judged::<f64, 2>(
        |[a, b]| a.maximum(b),
        |f| {
            f.against(by_hand)
                .shapes(["a: n", "b: n"])
                .values("a", Values::Whole(-1, 2))
                .values("b", Values::Whole(-1, 2))
        },
    )
}

#[test]
fn of_two_inputs_that_tie() {
    let choose = |tie: [f64; 2]| {
        move |dy: &A1, a: &A1, b: &A1| {
            let part = |of_a: usize| {
                move |&dy: &f64, &a: &f64, &b: &f64| {
                    let (mine, other) = if of_a == 0 { (a, b) } else { (b, a) };
                    if mine > other {
                        dy
                    } else if mine == other {
                        dy * tie[of_a]
                    } else {
                        0.0
                    }
                }
            };
            [0, 1].map(|of_a| Zip::from(dy).and(a).and(b).map_collect(part(of_a)))
        }
    };
    for right in [[1.0, 0.0], [0.0, 1.0], [0.5, 0.5], [0.3, 0.7]] {
        assert!(pair(choose(right)).is_ok(), "{right:?}");
    }
    for wrong in [[1.0, 1.0], [0.0, 0.0], [0.5, 0.7], [1.5, -0.5]] {
        assert!(pair(choose(wrong)).is_err(), "{wrong:?}");
    }
}

/// The sum of the absolute values, with weights of both signs: as many kinks as there are zeros, each for itself.
#[test]
fn of_norms() {
    let norm = |at_0: fn(usize) -> f64| {
        judged::<f64, 2>(
            |[x, w]| (x.abs() * w).sum(),
            |f| {
                f.against(move |dy: &Array0<f64>, x: &A1, w: &A1| {
                    let sign = x.indexed_iter().map(|(i, &x)| if x == 0.0 { at_0(i) } else { x.signum() });
                    (Array1::from_iter(sign) * w * dy[()], x.mapv(f64::abs) * dy[()])
                })
                .shapes(["x: n", "w: n"])
                .values("x", Values::Whole(-1, 2))
            },
        )
    };
    assert!(norm(|_| 1.0).is_ok() && norm(|_| -1.0).is_ok() && norm(|_| 0.5).is_ok());
    assert!(norm(|i| if i % 2 == 0 { 1.0 } else { -1.0 }).is_ok());
    assert!(norm(|_| 1.01).is_err());
    // The largest absolute value: 2 and -2 tie.
    let largest = |parts: fn(&[usize]) -> Vec<f64>| {
        judged::<f64, 1>(
            |[x]| x.abs().amax(0),
            |f| {
                f.against(move |dy: &Array0<f64>, x: &A1| {
                    let (size, mut dx) = (x.mapv(f64::abs), x * 0.0);
                    spread(&mut dx.view_mut(), size.view(), dy[()], parts);
                    dx * x.mapv(|x| if x == 0.0 { 0.0 } else { x.signum() })
                })
                .shapes(["x: 3"])
                .values("x", Values::Whole(-2, 3))
            },
        )
    };
    for right in [first, last, shares] {
        assert!(largest(right).is_ok());
    }
    assert!(largest(all).is_err());
}

/// Those that are sorted may change places where they are equal, and none may be lost.
#[test]
fn of_order() {
    let sorted = |wrong: bool| {
        judged::<f64, 1>(
            |[x]| x.sort(0),
            |f| {
                f.against(move |dy: &A1, x: &A1| {
                    let mut order: Vec<usize> = (0..x.len()).collect();
                    // The later one first, where they are equal.
                    order.sort_by(|&a, &b| x[a].total_cmp(&x[b]).then(b.cmp(&a)));
                    let mut dx = x * 0.0;
                    for (place, &from) in order.iter().enumerate() {
                        // Of equal ones, the wrong one gives all to the place of the first.
                        let at = if wrong { (0..x.len()).find(|&i| x[i] == x[from]).unwrap() } else { from };
                        dx[at] += dy[place];
                    }
                    dx
                })
                .shapes(["x: n"])
                .values("x", Values::Whole(-2, 3))
            },
        )
    };
    if let Err(failure) = sorted(false) {
        panic!("{failure}");
    }
    assert!(sorted(true).is_err());
}

/// Layers: what ties is not an input.
#[test]
fn of_a_layer_in_between() {
    let layered = |both: bool| {
        judged::<f64, 2>(
            |[x, w]| w.matmul(x).amax(0),
            |f| {
                f.against(move |dy: &Array0<f64>, x: &A1, w: &A2| {
                    let h = w.dot(x);
                    let mut dh = &h * 0.0;
                    spread(&mut dh.view_mut(), h.view(), dy[()], if both { all } else { last });
                    let dw = dh.view().insert_axis(Axis(1)).dot(&x.view().insert_axis(Axis(0)));
                    (w.t().dot(&dh), dw)
                })
                .shapes(["x: 2", "w: 3 2"])
                .values("x", Values::Whole(-1, 2))
                .values("w", Values::Whole(-1, 2))
            },
        )
    };
    if let Err(failure) = layered(false) {
        panic!("{failure}");
    }
    assert!(layered(true).is_err());
}
