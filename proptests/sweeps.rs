//! The sweeps, on small random programs: pure, complete, linear, and right to the second order.

use crate::oracle::{EPS, Function, count, differences, forward, gradient, leaves, near, reverse, same};
use crate::strategies::{config, layouts, seeds, shapes};
use ndarray::{Array2, ArrayD, Axis};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;
use wengert::{Arithmetic, ErrorKind, Float, Tape, Var};

/// A step of a program: what to do with which two of the rows so far.
type Step = (usize, Index, Index);

/// Smooth functions of two arrays of one shape, with values in ±2 on such values and slopes of at most 4,
/// so that a program stays tame.
fn step<'t, T: Float>(operation: usize, a: Var<'t, T>, b: Var<'t, T>) -> Var<'t, T> {
    let one = T::one();
    match operation {
        0 => a.sin(),
        1 => a.cos() - b.tanh(),
        2 => (a * b).sin(),
        3 => (a + b) * T::from_f64(0.5),
        4 => a / (b.square() + one),
        5 => (a.square() + one).log(),
        6 => (-a.square()).exp() * b.logistic(),
        7 => a.square().mean().tanh() * b,
        8 if a.ndim() > 0 => a.softmax(-1) + b.flip(0) * T::from_f64(0.5),
        9 if a.ndim() > 0 => {
            let (n, both) = (a.shape()[0], a.tape().concat(0, [a, b]));
            (both.narrow(0, n / 2, n) - a) * T::from_f64(0.5)
        }
        10 if a.ndim() > 0 => a.sum_axis(0).sin() * b,
        11 if a.ndim() == 2 => a.matmul(b.t()).sin().matmul(b).tanh(),
        _ => a.atan2(b.square() + one) + b.erf(),
    }
}

fn programs() -> impl Strategy<Value = Vec<Step>> {
    vec((0..13_usize, any::<Index>(), any::<Index>()), 1..=4)
}

/// Runs a program on rows of one shape; the result is its last row.
fn run<'t, T: Float>(program: &[Step], xs: &[Var<'t, T>]) -> Var<'t, T> {
    let mut rows = xs.to_vec();
    for (operation, a, b) in program {
        rows.push(step(*operation, *a.get(&rows), *b.get(&rows)));
    }
    rows[rows.len() - 1]
}

fn function<T: Float>(program: &[Step]) -> impl Function<T> {
    move |_, xs| run(program, xs)
}

fn differentiated(program: &[Step], u: &ArrayD<f64>) -> impl Function<f64> {
    move |_, xs| gradient(run(program, xs), u, xs)
}

/// Four steps with slopes up to 4 along a few paths each: no entry of a Jacobian has larger parts. A
/// Hessian's have up to three such factors.
const LARGEST: f64 = 4096.0;

/// All three ways to the Jacobian agree. The quotients' truncation error is estimated from those with
/// twice the step: it falls by a factor 4, so that the difference is three times the error.
fn check(f: &impl Function<f64>, xs: &[ArrayD<f64>]) -> Result<Array2<f64>, TestCaseError> {
    let (ahead, back) = (forward(f, xs), reverse(f, xs));
    near("forward and reverse mode", &ahead, &back, |_| 16.0 * EPS * LARGEST)?;
    let (fine, coarse) = (differences(f, xs, 1.0), differences(f, xs, 2.0));
    let rounding = 8.0 * EPS * (4.0 + back.iter().fold(0.0, |most: f64, j| most.max(j.abs()))) / 6e-6;
    let excess = ndarray::Zip::from(&back)
        .and(&fine)
        .and(&coarse)
        .map_collect(|back, fine, coarse| ((back - fine).abs() - (fine - coarse).abs() - rounding).max(0.0));
    near("reverse mode and differences, beyond the tolerance", &excess, &(&excess * 0.0), |_| 0.0)?;
    Ok(back)
}

proptest! {
    #![proptest_config(config(2))]

    #[test]
    fn gradients_of_programs(shape in shapes(0..=3), program in programs(), mut seed in seeds()) {
        let xs = seed.distinct(&[shape.clone(), shape]);
        check(&function(&program), &xs)?;
    }

    #[test]
    fn hessians_of_programs(shape in shapes(0..=2), program in programs(), mut seed in seeds()) {
        let xs = seed.distinct(&[shape.clone(), shape.clone()]);
        let u = seed.numbers(&shape);
        let hessian = check(&differentiated(&program, &u), &xs)?;
        near("a Hessian is symmetric", &hessian, &hessian.t().to_owned(), |_| 64.0 * EPS * LARGEST)?;
    }
}

proptest! {
    #![proptest_config(config(1))]

    #[test]
    fn a_sweep_is_pure(shape in shapes(0..=3), program in programs(), mut seed in seeds()) {
        let tape = Tape::<f64>::new();
        let xs = leaves(&tape, &seed.distinct(&[shape.clone(), shape]));
        let loss = run(&program, &xs).sum();
        let before: Vec<_> = tape.vars().map(|var| var.value().into_owned()).collect();
        let grads = loss.backward();
        let length = tape.len();
        let again = loss.backward();
        prop_assert_eq!(tape.len(), length);
        let rows = |grads: &wengert::Gradients<'_, f64>| {
            grads.iter().map(|(var, gradient)| (var.row(), gradient.row())).collect::<Vec<_>>()
        };
        prop_assert_eq!(rows(&grads), rows(&again));
        for (value, var) in before.iter().zip(tape.vars()) {
            near("a row after the sweep", value, &var.value().into_owned(), |_| 0.0)?;
        }
    }

    #[test]
    fn rows_refer_backwards(shape in shapes(0..=3), program in programs(), mut seed in seeds()) {
        let tape = Tape::<f64>::new();
        let xs = leaves(&tape, &seed.distinct(&[shape.clone(), shape]));
        let loss = run(&program, &xs).sum();
        let recorded = tape.len();
        let slope = loss.backward()[xs[0]];
        slope.sum().backward();
        slope.jvp([(xs[0], xs[1])]);
        prop_assert!(tape.verify().is_ok(), "{:?}", tape.verify());
        for var in tape.vars() {
            prop_assert!(var.operands().iter().all(|operand| operand.row() < var.row()));
            prop_assert!(var.origin().is_none_or(|origin| origin.row() < var.row()));
            prop_assert!(var.row() >= recorded || var.origin().is_none());
        }
    }

    /// Scaling by a power of two is exact, so a sweep is exactly linear in it.
    #[test]
    fn a_sweep_is_linear(shape in shapes(0..=3), program in programs(), mut seed in seeds()) {
        let tape = Tape::<f64>::new();
        let xs = leaves(&tape, &seed.distinct(&[shape.clone(), shape.clone()]));
        let y = run(&program, &xs);
        let u = seed.numbers(&shape);
        let (once, twice) = (gradient(y, &u, &xs), gradient(y, &(&u * 4.0), &xs));
        prop_assert_eq!(&once.value() * 4.0, twice.value());
    }

    #[test]
    fn unused_variables_have_gradient_zero(
        shape in shapes(0..=3), other in shapes(0..=4), program in programs(), mut seed in seeds(),
    ) {
        let tape = Tape::<f64>::new();
        let early = tape.leaf("early", seed.numbers(&other));
        let besides = (early * early).sin();
        let xs = leaves(&tape, &seed.distinct(&[shape.clone(), shape]));
        let loss = run(&program, &xs).sum();
        let late = tape.leaf("late", seed.numbers(&other));
        let grads = loss.backward();
        for unused in [early, besides] {
            prop_assert_eq!(grads[unused].value(), ArrayD::<f64>::zeros(other.as_slice()));
            prop_assert_eq!(loss.jvp([(unused, unused)]).item(), 0.0);
        }
        // What was recorded after cannot have been meant.
        for later in [late, early * late, grads[xs[0]]] {
            prop_assert_eq!(grads.try_wrt(later).map(Var::row).map_err(|error| error.kind()), Err(ErrorKind::Later));
            prop_assert_eq!(loss.try_jvp([(later, later)]).map(Var::row).map_err(|error| error.kind()), Err(ErrorKind::Later));
        }
    }

    /// One variable in two places has the sum of the gradients that two equal ones have.
    #[test]
    fn gradients_of_reused_variables_add_up(
        shape in shapes(0..=3), program in programs(), mut seed in seeds(),
    ) {
        let tape = Tape::<f64>::new();
        let value = seed.distinct(std::slice::from_ref(&shape)).remove(0);
        let [one, a, b] = [0; 3].map(|_| tape.leaf("x", &value));
        let joint = run(&program, &[one, one]).sum().backward()[one].value().into_owned();
        let apart = run(&program, &[a, b]).sum().backward();
        let sum = &apart[a].value() + &apart[b].value();
        near("together and apart", &joint, &sum, |_| 16.0 * EPS * LARGEST)?;
    }

    #[test]
    fn each_use_counts_once(shape in shapes(0..=4), uses in 1_usize..9, mut seed in seeds()) {
        let tape = Tape::<f64>::new();
        let x = tape.leaf("x", seed.numbers(&shape));
        let sum = (1..uses).fold(x, |sum, _| sum + x);
        let gradient = sum.backward_with(ArrayD::ones(shape.as_slice()))[x].value();
        prop_assert_eq!(gradient, ArrayD::from_elem(shape.as_slice(), count(uses)));
    }
}

proptest! {
    #![proptest_config(config(4))]

    /// Long sums have the same bits in every layout, and no more error than the order of summation is
    /// documented to have: 64 terms in a lane and log₂ of the number of terms in the tree.
    #[test]
    fn long_sums(
        (rows, columns) in prop_oneof![(1_usize..5, 1_usize..5000), (1_usize..5000, 1_usize..5)],
        layout in layouts(), mut seed in seeds(),
    ) {
        let x = seed.numbers(&[rows, columns]).mapv(f32::from_f64);
        let tape = Tape::<f32>::new();
        let (straight, placed) = (tape.leaf("x", &x), tape.leaf("x", layout.place(&x)));
        same("sum", &straight.sum(), &placed.sum())?;
        for axis in [0_usize, 1] {
            let sums = straight.sum_axis(axis);
            same("sum_axis", &sums, &placed.sum_axis(axis))?;
            let lanes = x.lanes(Axis(axis));
            for (sum, lane) in sums.value().iter().zip(lanes) {
                let terms = lane.iter().copied().map(f64::from);
                let exact: f64 = terms.clone().sum();
                let roundings = 64.0 + count(lane.len()).log2().ceil();
                let bound = roundings * f64::from(f32::EPSILON) / 2.0 * terms.map(f64::abs).sum::<f64>();
                prop_assert!((f64::from(*sum) - exact).abs() <= bound, "{sum} for {exact} ± {bound}");
            }
        }
    }
}
