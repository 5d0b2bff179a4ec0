//! Where branches meet smoothly: the slope there is no matter of convention.

use super::seed;
use ndarray::Array1;
use std::rc::Rc;
use wengert::check::{self, Check, Values};
use wengert::{Float, Var};

/// ln(1 + eˣ) without an overflow, as it is published.
fn softplus<T: Float>(x: Var<'_, T>) -> Var<'_, T> {
    x.relu() + (-x.abs()).exp().log1p()
}

fn logistic<T: Float>(x: T) -> T {
    T::one() / (T::one() + (-x).exp())
}

fn ready<T: Float>(check: Check<'_, T>) -> Check<'_, T> {
    check.without_persistence().seed(seed())
}

fn of_softplus<T: Float>(slope: impl Fn(T) -> T + 'static) -> Check<'static, T> {
    let check = check::backward(|[x]| softplus(x))
        .against(move |dy: &Array1<T>, x: &Array1<T>| dy * &x.mapv(&slope))
        .shapes(["x: n"]);
    ready(check)
}

#[test]
fn the_slope_of_the_whole_is_right() {
    of_softplus::<f64>(logistic).run();
    of_softplus::<f32>(logistic).run();
    // Binary cross-entropy with logits.
    let loss = check::backward(|[x, y]| softplus(x) - x * y)
        .against(|dy: &Array1<f64>, x: &Array1<f64>, y: &Array1<f64>| dy * (x.mapv(logistic) - y))
        .shapes(["x: n", "y: n"])
        .values("y", Values::Mask);
    ready(loss).run();
    // x |x| has the slope 0 at 0, and |x|³.
    let square = check::backward(|[x]| x.abs() * x)
        .against(|dy: &Array1<f64>, x: &Array1<f64>| dy * &x.mapv(|x| 2.0 * x.abs()))
        .shapes(["x: n"]);
    ready(square).run();
}

/// Slopes at 0 that differences do not find: wrong, though a choice is tied there.
#[test]
fn another_slope_is_not() {
    for at_0 in [0.25, 1.0, -0.5, 0.500_1] {
        let wrong = of_softplus::<f64>(move |x| if x == 0.0 { at_0 } else { logistic(x) });
        assert!(wrong.try_run().is_err(), "{at_0}");
    }
    // Nor is what is no number: of relu at 0, 0/0.
    for missing in [f64::NAN, f64::INFINITY] {
        let check = check::backward(|[x]| x.relu())
            .against(move |dy: &Array1<f64>, x: &Array1<f64>| {
                dy * &x.mapv(|x| if x == 0.0 { missing } else { f64::from(u8::from(x > 0.0)) })
            })
            .shapes(["x: n"])
            .values("x", Values::Whole(0, 1)); // All of them 0, so that nothing else is wrong.
        assert!(ready(check).try_run().is_err(), "{missing}");
    }
    // Of relu itself there are two.
    let kink = check::backward(|[x]| x.relu())
        .against(|dy: &Array1<f64>, x: &Array1<f64>| {
            dy * &x.mapv(|x| {
                if x > 0.0 {
                    1.0
                } else if x < 0.0 {
                    0.0
                } else {
                    0.5
                }
            })
        })
        .shapes(["x: n"]);
    assert!(ready(kink).try_run().is_err());
}

/// Of many equal ones, whichever has it all.
#[test]
fn of_many_that_are_the_largest_any_may_have_it() {
    for n in [32, 64, 200] {
        let equal =
            Rc::new(|shape: &[usize], _: &mut dyn FnMut() -> f64| ndarray::ArrayD::from_elem(shape, -1.0));
        for last in [true, false] {
            let any = check::backward(|[x]| x.max_first(1))
                .against(move |dy: &Array1<f64>, x: &ndarray::Array2<f64>| {
                    let mut dx = ndarray::Array2::zeros(x.raw_dim());
                    for (i, dy) in dy.iter().enumerate() {
                        dx[[i, if last { x.ncols() - 1 } else { x.ncols() / 2 }]] = *dy;
                    }
                    dx
                })
                .shapes([format!("x: 1 {n}").as_str()])
                .values("x", Values::Custom(equal.clone()))
                .any_subgradient();
            ready(any).run();
        }
    }
}
