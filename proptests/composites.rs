//! Reductions and composites against plain loops over ndarrays.

use crate::oracle::{EPS, count, forward, gradient, near, reverse};
use crate::strategies::{config, layouts, seeds, shapes};
use ndarray::{Array1, ArrayD, ArrayView1, ArrayViewD, Axis, stack};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;
use wengert::{Tape, Var};

type Loop = fn(&[f64]) -> Vec<f64>;
type Elementwise = for<'t> fn(Var<'t, f64>) -> Var<'t, f64>;
type Scalar = fn(f64) -> f64;
type Composite = for<'t> fn(Var<'t, f64>, isize) -> Var<'t, f64>;

/// A lane along `axis` at a time, each made into as many numbers as `loops` gives.
fn lane_by_lane(x: &ArrayD<f64>, axis: usize, loops: Loop) -> ArrayD<f64> {
    let lanes = x.map_axis(Axis(axis), |lane: ArrayView1<'_, f64>| Array1::from(loops(&lane.to_vec())));
    let width = loops(&vec![1.0; x.len_of(Axis(axis))]).len();
    let parts: Vec<_> = (0..width).map(|i| lanes.mapv(|lane| lane[i])).collect();
    let parts: Vec<ArrayViewD<'_, f64>> = parts.iter().map(|part| part.view()).collect();
    if parts.is_empty() { x.clone() } else { stack(Axis(axis), &parts).expect("equal shapes") }
}

fn mean(x: &[f64]) -> f64 {
    x.iter().sum::<f64>() / count(x.len())
}

fn variance(x: &[f64], ddof: f64) -> f64 {
    x.iter().map(|a| (a - mean(x)).powi(2)).sum::<f64>() / (count(x.len()) - ddof).max(0.0)
}

fn exponentials(x: &[f64]) -> f64 {
    x.iter().map(|a| a.exp()).sum()
}

/// Functions along an axis, and the same as a loop. On ±2 no intermediate exceeds 100, and none loses
/// more than 2⁴ of it.
const ALONG_AN_AXIS: [(&str, Composite, Loop); 14] = [
    ("sum", |x, i| x.sum_axis(i), |x| vec![x.iter().sum()]),
    ("prod", |x, i| x.prod_axis(i), |x| vec![x.iter().product()]),
    ("mean", |x, i| x.mean_axis(i), |x| vec![mean(x)]),
    ("var", |x, i| x.var_axis(i, 0.0), |x| vec![variance(x, 0.0)]),
    ("var of a sample", |x, i| x.var_axis(i, 1.0), |x| vec![variance(x, 1.0)]),
    ("std", |x, i| x.std_axis(i, 0.0), |x| vec![variance(x, 0.0).sqrt()]),
    ("norm", |x, i| x.norm_axis(i), |x| vec![x.iter().map(|a| a * a).sum::<f64>().sqrt()]),
    ("logsumexp", |x, i| x.logsumexp(i), |x| vec![exponentials(x).ln()]),
    ("softmax", |x, i| x.softmax(i), |x| x.iter().map(|a| a.exp() / exponentials(x)).collect()),
    ("log_softmax", |x, i| x.log_softmax(i), |x| x.iter().map(|a| a - exponentials(x).ln()).collect()),
    ("cumsum", |x, i| x.cumsum(i), |x| (1..=x.len()).map(|n| x[..n].iter().sum()).collect()),
    ("flip", |x, i| x.flip(i), |x| x.iter().rev().copied().collect()),
    (
        "max",
        |x, i| if x.is_empty() { x.sum_axis(i) } else { x.amax(i) },
        |x| vec![x.iter().copied().reduce(f64::max).unwrap_or(0.0)],
    ),
    (
        "min",
        |x, i| if x.is_empty() { x.sum_axis(i) } else { x.amin(i) },
        |x| vec![x.iter().copied().reduce(f64::min).unwrap_or(0.0)],
    ),
];

/// Elementwise composites by their definitions, with value and slope where it is piecewise linear.
const ELEMENTWISE: [(&str, Elementwise, Scalar); 8] = [
    ("relu", |x| x.relu(), |x| x.max(0.0)),
    ("square", |x| x.square(), |x| x * x),
    ("sigmoid", |x| x.sigmoid(), |x| 1.0 / (1.0 + (-x).exp())),
    ("softplus", |x| x.softplus(), |x| (1.0 + x.exp()).ln()),
    ("silu", |x| x.silu(), |x| x / (1.0 + (-x).exp())),
    ("gelu", |x| x.gelu(), |x| 0.5 * x * libm::erfc(-x / 2_f64.sqrt())),
    (
        "gelu_tanh",
        |x| x.gelu_tanh(),
        |x| x / (1.0 + (-2.0 * (2.0 / std::f64::consts::PI).sqrt() * (x + 0.044_715 * x.powi(3))).exp()),
    ),
    ("clamp", |x| x.clamp(-1.0, 1.5), |x| x.clamp(-1.0, 1.5)),
];

fn product<'t>(_: &'t Tape<f64>, xs: &[Var<'t, f64>]) -> Var<'t, f64> {
    xs[0].prod()
}

fn product_slopes<'t>(_: &'t Tape<f64>, xs: &[Var<'t, f64>]) -> Var<'t, f64> {
    gradient(xs[0].prod(), &ArrayD::ones(vec![]), xs)
}

proptest! {
    #![proptest_config(config(1))]

    #[test]
    fn along_an_axis(shape in shapes(1..=4), axis in any::<Index>(), layout in layouts(), mut seed in seeds()) {
        let axis = axis.index(shape.len());
        let x = seed.numbers(&shape);
        for (name, composite, loops) in ALONG_AN_AXIS {
            let tape = Tape::<f64>::new();
            let y = composite(tape.leaf("x", layout.place(&x)), axis.cast_signed());
            let mut expected = lane_by_lane(&x, axis, loops);
            if y.ndim() < x.ndim() {
                expected = expected.index_axis_move(Axis(axis), 0);
            }
            let roundings = 32.0 + 4.0 * count(shape[axis]);
            // √ of a variance that is 0 but for rounding has half of its digits.
            let worst = if name == "std" { (roundings * EPS).sqrt() } else { 100.0 * roundings * EPS };
            near(name, &y.value().into_owned(), &expected, |_| worst)?;
        }
    }

    #[test]
    fn element_by_element(shape in shapes(0..=4), layout in layouts(), mut seed in seeds()) {
        let x = seed.numbers(&shape);
        for (name, composite, scalar) in ELEMENTWISE {
            let tape = Tape::<f64>::new();
            let y = composite(tape.leaf("x", layout.place(&x))).value().into_owned();
            near(name, &y, &x.mapv(scalar), |_| 64.0 * EPS)?;
        }
    }

    /// A probability for each element, which sum to 1; and no shift of the logits changes them.
    #[test]
    fn softmax_is_a_distribution(shape in shapes(1..=3), shift in -1e3..1e3_f64, mut seed in seeds()) {
        prop_assume!(shape.iter().all(|&n| n > 0));
        let tape = Tape::<f64>::new();
        let x = tape.leaf("x", seed.numbers(&shape));
        let p = x.softmax(-1);
        let total = p.sum_axis(-1).value().into_owned();
        near("Σ softmax", &total, &ArrayD::ones(total.shape()), |_| 16.0 * EPS)?;
        // Rounding the shifted logits to a few u·1000 is a relative error of the exponentials.
        let moved = (x + shift).softmax(-1).value().into_owned();
        near("shifted softmax", &p.value().into_owned(), &moved, |_| 4.0 * 1e3 * EPS)?;
        let (low, high) = (x.logsumexp(-1) + shift, (x + shift).logsumexp(-1));
        near("shifted logsumexp", &low.value().into_owned(), &high.value().into_owned(), |_| 8.0 * 1e3 * EPS)?;
        let slope = high.backward_with(ArrayD::ones(high.shape()))[x].value().into_owned();
        near("logsumexp' = softmax", &slope, &p.value().into_owned(), |_| 8.0 * 1e3 * EPS)?;
    }

    #[test]
    fn both_cross_entropies_agree(m in 1_usize..6, k in 1_usize..6, mut seed in seeds(), labels in vec(any::<Index>(), 6)) {
        let labels: Vec<usize> = labels[..m].iter().map(|label| label.index(k)).collect();
        let one_hot = ArrayD::from_shape_fn(vec![m, k], |i| f64::from(u8::from(labels[i[0]] == i[1])));
        let tape = Tape::<f64>::new();
        let x = tape.leaf("x", seed.numbers(&[m, k]));
        let (by_label, by_probability) = (x.cross_entropy(&labels), x.cross_entropy_with(&one_hot));
        prop_assert!((by_label.item() - by_probability.item()).abs() <= 64.0 * EPS);
        let expected = (&x.softmax(-1).value() - &one_hot) / count(m);
        for loss in [by_label, by_probability] {
            let slope = loss.backward()[x].value().into_owned();
            near("(softmax - y) / m", &slope, &expected, |_| 32.0 * EPS)?;
        }
    }

    /// At ties the cotangent is shared equally; exactly, since integers tie often.
    #[test]
    fn ties_share(shape in shapes(1..=3), axis in any::<Index>(), mut seed in seeds()) {
        prop_assume!(shape.iter().all(|&n| n > 0));
        let axis = axis.index(shape.len());
        let x = seed.integers(&shape);
        for (largest, sign) in [(true, 1.0), (false, -1.0)] {
            let expected = ndarray::Zip::from(&x).and_broadcast(
                &x.map_axis(Axis(axis), |lane| lane.iter().map(|a| sign * a).fold(f64::NEG_INFINITY, f64::max))
                    .insert_axis(Axis(axis)),
            ).map_collect(|a, top| f64::from(u8::from(sign * a == *top)));
            let winners = expected.sum_axis(Axis(axis)).insert_axis(Axis(axis));
            let expected = &expected / &winners;
            let tape = Tape::<f64>::new();
            let v = tape.leaf("x", &x);
            let axis = axis.cast_signed();
            let y = if largest { v.amax(axis) } else { v.amin(axis) };
            prop_assert_eq!(y.backward_with(ArrayD::ones(y.shape()))[v].value(), &expected);
            let moved = y.jvp([(v, ArrayD::ones(shape.as_slice()))]).value().into_owned();
            near("the tangents of all", &moved, &ArrayD::ones(moved.shape()), |_| 8.0 * EPS)?;
        }
    }

    /// ∂Π/∂xᵢ is the product of the others, also where some are zero; exactly, in small integers, as is
    /// the second derivative, the product of all but two.
    #[test]
    fn products_with_zeros(n in 0_usize..9, mut seed in seeds()) {
        let x = seed.integers(&[n]);
        let but = |skipped: &[usize]| {
            x.iter().enumerate().filter(|(i, _)| !skipped.contains(i)).map(|(_, x)| x).product::<f64>()
        };
        let slopes = ndarray::Array2::from_shape_fn((1, n), |(_, i)| but(&[i]));
        let curves = ndarray::Array2::from_shape_fn((n, n), |(i, j)| if i == j { 0.0 } else { but(&[i, j]) });
        prop_assert_eq!(&reverse(&product, std::slice::from_ref(&x)), &slopes);
        prop_assert_eq!(&forward(&product, std::slice::from_ref(&x)), &slopes);
        prop_assert_eq!(&reverse(&product_slopes, std::slice::from_ref(&x)), &curves);
        prop_assert_eq!(&forward(&product_slopes, std::slice::from_ref(&x)), &curves);
    }

    /// Conventions of composites at their kinks, and what is smooth there.
    #[test]
    fn conventions_at_zero(shape in shapes(0..=3)) {
        let tape = Tape::<f64>::new();
        let x = tape.leaf("x", ArrayD::zeros(shape.as_slice()));
        let zero = ArrayD::<f64>::zeros(shape.as_slice());
        prop_assert_eq!(x.relu().sum().backward()[x].value(), &zero);
        prop_assert_eq!(x.norm().backward()[x].value(), &zero);
        if !x.is_empty() {
            prop_assert_eq!(x.std(0.0).backward()[x].value(), &zero);
        }
        let slope = x.softplus().sum().backward()[x];
        prop_assert_eq!(slope.value(), &zero + 0.5);
        prop_assert_eq!(slope.sum().backward()[x].value(), &zero + 0.25);
        // 1 inside and at the bounds.
        prop_assert_eq!(x.clamp(0.0, 1.0).sum().backward()[x].value(), &zero + 1.0);
        prop_assert_eq!(x.clamp(-1.0, 0.0).sum().backward()[x].value(), &zero + 1.0);
        prop_assert_eq!(x.clamp(0.5, 1.0).sum().backward()[x].value(), &zero);
    }
}
