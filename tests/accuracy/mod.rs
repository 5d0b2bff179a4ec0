//! The law of accuracy: values and derivatives are within four units in the last place, over the whole range.

mod functions;
#[allow(dead_code)] // The example prints it.
mod map;
#[allow(dead_code)] // The example prints it.
mod pairs;

use functions::FUNCTIONS;
use map::{Function, UNITS, Worst};
use ndarray::Array1;
use wengert::{Float, Tape, Var};

fn failures(function: &Function, precision: &str, worst: [Worst; 3]) -> Vec<String> {
    let name = function.name;
    let mut failures = Vec::new();
    for (order, Worst { units, at, below, below_at, of }) in worst.into_iter().enumerate() {
        assert!(of > 20, "{name} is hardly looked at in {precision}");
        let what = format!("derivative {order} of {name} in {precision}");
        if units > UNITS {
            failures.push(format!("{what}: {units:.2} units at {at:e}"));
        }
        if below > UNITS {
            failures.push(format!("{what}: {below:.2} smallest units at {below_at:e}"));
        }
    }
    failures
}

fn single_precision(step: usize) {
    let failures: Vec<String> = FUNCTIONS
        .iter()
        .flat_map(|function| failures(function, "f32", function.single_precision(step)))
        .collect();
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// Some 500 numbers in each of all binades.
#[test]
fn single_precision_over_the_whole_range() {
    single_precision(16_411);
}

#[test]
#[ignore = "all numbers there are: an hour, in a release build"]
fn single_precision_at_all_numbers() {
    single_precision(1);
}

#[test]
fn double_precision_at_the_points_of_the_table() {
    let in_table = FUNCTIONS.iter().filter_map(|function| Some((function, function.double_precision()?)));
    let failures: Vec<String> =
        in_table.flat_map(|(function, worst)| failures(function, "f64", worst)).collect();
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// Some thousand pairs of each kind, and those of the table.
#[test]
fn two_operands() {
    let mut failures = Vec::new();
    for pair in pairs::PAIRS {
        let found = [("f32", Some(pair.single_precision(40_000))), ("f64", pair.double_precision())];
        for (precision, found) in found.into_iter().filter_map(|(name, found)| Some((name, found?))) {
            for ((Worst { units, below, of, .. }, at), order) in found.into_iter().zip(pairs::ORDERS) {
                assert!(of > 20, "{} is hardly looked at in {precision}", pair.name);
                if units.max(below) > UNITS {
                    failures.push(format!(
                        "derivative {order:?} of {} in {precision}: {units:.2} units or {below:.2} smallest at {at:?}",
                        pair.name
                    ));
                }
            }
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// A class that cannot be, with a logit that says so, costs nothing and has no slope; in either mode.
#[test]
fn what_cannot_be_has_no_cross_entropy() {
    let tape = Tape::<f64>::new();
    let logits = tape.leaf("logits", ndarray::arr2(&[[0.0, 0.0, -f64::INFINITY]]));
    let p = tape.constant(ndarray::arr2(&[[0.5, 0.5, 0.0]]));
    let loss = logits.cross_entropy_with(p);
    assert_eq!(loss.item(), 2.0_f64.ln());
    assert_eq!(loss.backward()[logits].value(), ndarray::arr2(&[[0.0, 0.0, 0.0]]).into_dyn());
    let direction = tape.constant(ndarray::arr2(&[[1.0, -1.0, 1.0]]));
    let tangent = loss.jvp([(logits, direction)]);
    assert_eq!(tangent.item(), 0.0);
    // Where something is expected that cannot be, the cost is infinite.
    let expected = tape.constant(ndarray::arr2(&[[0.5, 0.0, 0.5]]));
    assert_eq!(logits.cross_entropy_with(expected).item(), f64::INFINITY);
}

/// Value, gradient and the product of the Hessian with ones.
fn of<T: Float>(x: &[f64], f: impl for<'t> Fn(Var<'t, T>) -> Var<'t, T>) -> [Vec<f64>; 3] {
    let tape = Tape::<T>::new();
    let x = tape.leaf("x", x.iter().map(|x| T::from_f64(*x)).collect::<Array1<T>>());
    let y = f(x);
    let first = y.sum().backward()[x];
    let second = first.varies().then(|| first.sum().backward()[x]);
    let read = |y: Var<'_, T>| -> Vec<f64> { y.value().iter().map(|y| y.to_f64()).collect() };
    [read(y), read(first), second.map_or(vec![0.0; x.len()], read)]
}

/// Within so many unit roundoffs of the format of each, and of 0 and infinity not at all.
#[track_caller]
fn near<T: Float>(found: &[f64], expected: &[f64], roundoffs: f64) {
    let fits = |(found, expected): (&f64, &f64)| {
        let tolerance = roundoffs * T::EPSILON.to_f64() / 2.0 * expected.abs();
        found == expected || found.is_nan() && expected.is_nan() || (found - expected).abs() <= tolerance
    };
    assert_eq!(found.len(), expected.len());
    assert!(found.iter().zip(expected).all(fits), "{found:?} is not {expected:?}");
}

/// A square, a sum of three, a root and a scale, and the same in the slope: at most ten roundings.
const FEW: f64 = 10.0;

fn norms<T: Float>(large: f64, tiny: f64) {
    let [y, slope, _] = of::<T>(&[large, 1.0, 1.0], |x| x.norm());
    near::<T>(&y, &[large], FEW);
    near::<T>(&slope, &[1.0, 1.0 / large, 1.0 / large], FEW);
    let [y, slope, second] = of::<T>(&[3.0 * tiny, 4.0 * tiny], |x| x.norm());
    near::<T>(&y, &[5.0 * tiny], FEW);
    near::<T>(&slope, &[0.6, 0.8], FEW);
    // (I − uuᵀ) / r, of which the rows sum to these; they cancel from terms four times as large.
    near::<T>(&second, &[0.16 / 5.0 / tiny, -0.12 / 5.0 / tiny], 8.0 * FEW);
    near::<T>(&of::<T>(&[0.0, 0.0], |x| x.norm()).concat(), &[0.0; 5], FEW);
    near::<T>(&of::<T>(&[f64::INFINITY, 1.0], |x| x.norm())[0], &[f64::INFINITY], FEW);
    near::<T>(&of::<T>(&[f64::NAN, 1.0], |x| x.norm())[0], &[f64::NAN], FEW);
}

#[test]
fn norms_of_the_huge_and_the_tiny() {
    norms::<f32>(1e20, 1e-25);
    norms::<f32>(3e38, 1e-23);
    norms::<f64>(1e160, 1e-165);
    norms::<f64>(1e308, 1e-155);
    // One of four, along an axis.
    let tape = Tape::<f32>::new();
    let x = tape.leaf("x", ndarray::arr2(&[[3e-25, 4e-25], [3e30, 4e30], [0.0, 0.0], [3.0, 4.0]]));
    let y = x.norm_axis(1);
    assert_eq!(y.value(), ndarray::arr1(&[5e-25, 5e30, 0.0, 5.0]).into_dyn());
    let slope: Vec<f64> = y.sum().backward()[x].value().iter().map(|x| f64::from(*x)).collect();
    near::<f32>(&slope, &[0.6, 0.8, 0.6, 0.8, 0.0, 0.0, 0.6, 0.8], FEW);
}

fn spreads<T: Float>(scale: f64) {
    // Mean 0, variance 2/3: exact in either format, whatever the scale.
    let [y, slope, _] = of::<T>(&[-scale, 0.0, scale], |x| x.std(T::zero()));
    let std = (2.0_f64 / 3.0).sqrt();
    near::<T>(&y, &[std * scale], FEW);
    // (a − mean) / (n std)
    near::<T>(&slope, &[-1.0 / (3.0 * std), 0.0, 1.0 / (3.0 * std)], FEW);
}

#[test]
fn spreads_of_the_huge_and_the_tiny() {
    for scale in [1e-38_f32, 1e-25, 1e-20, 1.0, 1e20, 3e38] {
        spreads::<f32>(f64::from(scale));
    }
    for scale in [1e-300, 1e-160, 1.0, 1e160, 1e308] {
        spreads::<f64>(scale);
    }
    assert_eq!(of::<f64>(&[2.0, 2.0], |x| x.std(0.0)).concat(), [0.0; 5]);
}

/// With one number for a distribution: a mask of −∞ says that there is nothing.
#[test]
fn exponentials_of_infinities() {
    const INF: f64 = f64::INFINITY;
    let nothing = [-INF, -INF];
    assert_eq!(of::<f64>(&nothing, |x| x.logsumexp(0)), [vec![-INF], vec![0.0; 2], vec![0.0; 2]]);
    assert_eq!(of::<f64>(&nothing, |x| x.softmax(0)), [(); 3].map(|()| vec![0.0; 2]));
    assert_eq!(of::<f64>(&nothing, |x| x.log_softmax(0))[0], nothing);
    let some = [-INF, 0.0, 0.0];
    assert_eq!(of::<f64>(&some, |x| x.softmax(0))[..2], [vec![0.0, 0.5, 0.5], vec![0.0; 3]]);
    assert_eq!(of::<f64>(&some, |x| x.logsumexp(0))[1], [0.0, 0.5, 0.5]);
    assert_eq!(of::<f64>(&[INF, 1.0], |x| x.logsumexp(0)), [vec![INF], vec![1.0, 0.0], vec![0.0; 2]]);
    assert_eq!(
        of::<f64>(&[INF, 1.0, INF], |x| x.softmax(0)),
        [vec![0.5, 0.0, 0.5], vec![0.0; 3], vec![0.0; 3]]
    );
    let half = -2.0_f64.ln();
    assert_eq!(of::<f64>(&[INF, 1.0, INF], |x| x.log_softmax(0))[0], [half, -INF, half]);
    assert!(of::<f64>(&[f64::NAN, 1.0], |x| x.softmax(0))[0].iter().all(|x| x.is_nan()));
    // Attention behind a mask: a row that sees nothing attends to nothing, and no NaN comes back.
    let tape = Tape::<f64>::new();
    let scores = tape.leaf("scores", ndarray::arr2(&[[1.0, 2.0], [3.0, 4.0]]));
    let seen = tape.constant(ndarray::arr2(&[[1.0, 0.0], [0.0, 0.0]]));
    let weights = seen.select(scores, -INF).softmax(1);
    assert_eq!(weights.value(), ndarray::arr2(&[[1.0, 0.0], [0.0, 0.0]]).into_dyn());
    assert_eq!(
        weights.square().sum().backward()[scores].value(),
        ndarray::Array2::<f64>::zeros((2, 2)).into_dyn()
    );
}

/// The smallest share is as accurate as the largest: what rounds off in a − b is not lost.
#[test]
fn small_shares_have_all_their_digits() {
    let x = [0.1_f32, 80.3, -2.7, 79.9];
    let exact: Vec<f64> = x.iter().map(|x| (f64::from(*x) - f64::from(80.3_f32)).exp()).collect();
    let total: f64 = exact.iter().sum();
    let shares: Vec<f64> = exact.iter().map(|share| share / total).collect();
    let given = x.map(f64::from);
    // The power two roundoffs, its like in the total, two sums and a quotient.
    near::<f32>(&of::<f32>(&given, |x| x.softmax(0))[0], &shares, 8.0);
    near::<f32>(&of::<f32>(&given, |x| x.logsumexp(0))[1], &shares, 8.0);
}

/// 5,000,000 terms: 2448.7 before.
#[test]
fn a_long_running_sum_ends_where_the_sum_does() {
    let tape = Tape::<f32>::new();
    let x = tape.leaf("x", Array1::from_elem(5_000_000, 0.0005_f32));
    let running = x.cumsum(0);
    assert_eq!(running.value()[4_999_999], 2500.0);
    // The sum's own bound: 64 terms in a lane, and a tree of 13 levels.
    near::<f32>(&[f64::from(x.sum().item())], &[2500.0], 77.0);
    // And replayed on the same numbers, the same bits.
    let program = tape.program([x], [running]).expect("it is a program");
    let again = program.replay_to_vec(&x.value()).expect("it replays");
    assert_eq!(again[0], running.value());
}

/// The examples of slopes that were seen to be wrong, and their right numbers.
#[test]
fn slopes_seen_to_be_wrong() {
    #[track_caller]
    fn is<T: Float>(order: usize, f: impl for<'t> Fn(Var<'t, T>) -> Var<'t, T>, at: f64, expected: f64) {
        let found = of::<T>(&[at], f)[order][0];
        // The expected numbers are rounded to four digits.
        assert!((found - expected).abs() <= 1e-3 * expected.abs(), "{found:e} is not {expected:e}");
    }
    is::<f32>(1, |x| x.sigmoid(), 17.0, 4.140e-8);
    is::<f64>(1, |x| x.sigmoid(), 37.0, 8.533e-17);
    is::<f32>(1, |x| x.tanh(), -9.01, 5.970e-8);
    is::<f32>(1, |x| x.expm1(), -20.0, 2.061e-9);
    is::<f32>(0, |x| x.gelu(), -5.5, -1.0444e-7);
    is::<f32>(0, |x| x.gelu(), -6.0, -5.920e-9);
    is::<f32>(1, |x| x.gelu_tanh(), -5.0, -1.546e-6);
    is::<f32>(1, |x| x.softplus(), -20.0, 2.061e-9);
    is::<f32>(2, |x| x.softplus(), 20.0, 2.061e-9);
    is::<f32>(1, |x| x.silu(), -20.0, -3.916e-8);
    is::<f32>(2, |x| x.pow(0.0), 1e-20, 0.0);
    is::<f32>(1, |x| x.tape().constant(3e-25).atan2(x), 4e-25, -1.2e24);
    is::<f32>(1, |x| x.atan2(4e-25), 3e-25, 1.6e24);
    is::<f32>(1, |x| x.atan2(4e25), 3e25, 1.6e-26);
    is::<f32>(1, |x| x.pow(1e-3), 1e-40, 9.120e36); // the power alone is infinite
    // The third derivative of a itself.
    let tape = Tape::<f32>::new();
    let x = tape.leaf("x", 1e-20_f32);
    let mut y = x.pow(1.0);
    for expected in [1.0, 0.0, 0.0] {
        y = y.backward()[x];
        assert_eq!(y.item(), expected);
    }
}
