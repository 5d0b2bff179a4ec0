//! Broadcasting against NumPy's three rules, written down as the notebook states them.

use crate::oracle::count;
use crate::strategies::{Seed, config, seeds, shapes, sizes};
use ndarray::{ArrayD, Dimension};
use proptest::collection::vec;
use proptest::prelude::*;
use wengert::{Broadcasting, Error, ErrorKind, Tape, Var};

/// The shape in which arrays of two shapes meet:
/// 1. if the ranks differ, the shape of the smaller one is padded with ones on its left;
/// 2. where sizes differ and one of them is 1, that one is stretched to the other;
/// 3. where sizes differ and neither is 1, it is an error.
fn meet(a: &[usize], b: &[usize]) -> Option<Vec<usize>> {
    let rank = a.len().max(b.len());
    let padded = |shape: &[usize]| [vec![1; rank - shape.len()], shape.to_vec()].concat();
    let pairs = padded(a).into_iter().zip(padded(b));
    pairs
        .map(|pair| match pair {
            (m, n) if m == n => Some(m),
            (1, n) => Some(n),
            (m, 1) => Some(m),
            _ => None,
        })
        .collect()
}

/// The element of `x` that stands at `index` of the shape it was broadcast to.
fn element(x: &ArrayD<f64>, index: &[usize]) -> f64 {
    let own = &index[index.len() - x.ndim()..];
    let own: Vec<usize> = own.iter().zip(x.shape()).map(|(&i, &n)| if n == 1 { 0 } else { i }).collect();
    x[own.as_slice()]
}

/// Two shapes that meet: each lacks some leading axes of a third, and has size 1 for some others.
fn pairs() -> impl Strategy<Value = [Vec<usize>; 2]> {
    let part = |shape: Vec<usize>| {
        let rank = shape.len();
        (0..=rank, vec(any::<bool>(), rank)).prop_map(move |(lost, ones)| {
            let kept = shape.iter().zip(ones).skip(lost);
            kept.map(|(&n, one)| if one { 1 } else { n }).collect()
        })
    };
    shapes(0..=4).prop_flat_map(move |shape| [part(shape.clone()), part(shape)])
}

/// Any two shapes, most of which do not meet.
fn strangers() -> impl Strategy<Value = [Vec<usize>; 2]> {
    [vec(sizes(), 0..=3), vec(sizes(), 0..=3)]
}

type Operation = for<'t> fn(Var<'t, f64>, Var<'t, f64>) -> Result<Var<'t, f64>, Error>;

type Scalar = fn(f64, f64) -> f64;

/// Operations that broadcast, each with what it does to two elements.
const OPERATIONS: [(Operation, Scalar); 5] = [
    (|a, b| a.try_add(b), |a, b| a + b),
    (|a, b| a.try_sub(b), |a, b| a - b),
    (|a, b| a.try_mul(b), |a, b| a * b),
    (|a, b| a.try_maximum(b), f64::max),
    (|a, b| a.try_gt(b), |a, b| f64::from(a > b)),
];

fn agrees(rules: Broadcasting, shapes: &[Vec<usize>; 2], mut seed: Seed) -> Result<(), TestCaseError> {
    let tape = Tape::with_broadcasting(rules);
    let [x, y] = shapes.each_ref().map(|shape| seed.integers(shape));
    let [a, b] = [&x, &y].map(|x| tape.leaf("x", x));
    let joint = meet(&shapes[0], &shapes[1]);
    let one_sided = joint.as_ref().is_some_and(|joint| shapes.contains(joint));
    for (operation, scalar) in OPERATIONS {
        match (operation(a, b), &joint) {
            (Err(error), None) => prop_assert_eq!(error.kind(), ErrorKind::Shape),
            (Err(error), Some(_)) => {
                prop_assert_eq!(error.kind(), ErrorKind::TwoSided);
                prop_assert!(rules == Broadcasting::OneSided && !one_sided);
            }
            (Ok(z), _) => {
                prop_assert!(rules == Broadcasting::NumPy || one_sided);
                prop_assert_eq!(Some(z.shape()), joint.clone());
                let expected = ArrayD::from_shape_fn(z.shape(), |i| {
                    scalar(element(&x, i.slice()), element(&y, i.slice()))
                });
                prop_assert_eq!(z.value(), expected);
                let grads = z.backward_with(ArrayD::ones(z.shape()));
                prop_assert_eq!([grads[a].shape(), grads[b].shape()], shapes.clone());
            }
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(config(1))]

    #[test]
    fn shapes_that_meet(shapes in pairs(), seed in seeds()) {
        prop_assert!(meet(&shapes[0], &shapes[1]).is_some());
        agrees(Broadcasting::OneSided, &shapes, seed)?;
        agrees(Broadcasting::NumPy, &shapes, seed)?;
    }

    #[test]
    fn shapes_that_may_not_meet(shapes in strangers(), seed in seeds()) {
        agrees(Broadcasting::OneSided, &shapes, seed)?;
        agrees(Broadcasting::NumPy, &shapes, seed)?;
    }

    /// A choice has three operands, and one of them must have the shape of the result.
    #[test]
    fn three_shapes_meet([b, c] in pairs(), mask in shapes(0..=2), mut seed in seeds()) {
        let shapes = [mask, b, c];
        let [m, x, y] = shapes.each_ref().map(|shape| seed.integers(shape));
        let joint = meet(&shapes[1], &shapes[2]).and_then(|joint| meet(&shapes[0], &joint));
        for rules in [Broadcasting::OneSided, Broadcasting::NumPy] {
            let tape = Tape::with_broadcasting(rules);
            let allowed = joint.as_ref().filter(|joint| rules == Broadcasting::NumPy || shapes.contains(joint));
            let z = tape.constant(&m).try_select(&x, &y).ok();
            prop_assert_eq!(z.map(Var::shape), allowed.cloned());
            if let Some(z) = z {
                let expected = ArrayD::from_shape_fn(z.shape(), |i| {
                    element(if element(&m, i.slice()) == 0.0 { &y } else { &x }, i.slice())
                });
                prop_assert_eq!(z.value(), expected);
            }
        }
    }

    /// ⟨broadcast(x), y⟩ = ⟨x, unbroadcast(y)⟩, exactly in small integers; and the element of
    /// unbroadcast(y) is the sum of all y that stand where it was repeated.
    #[test]
    fn unbroadcast_is_the_adjoint_of_broadcast([from, other] in pairs(), mut seed in seeds()) {
        let to = meet(&from, &other).expect("pairs meet");
        let [x, y] = [&from, &to].map(|shape| seed.integers(shape));
        let tape = Tape::new();
        let a = tape.leaf("x", &x);
        let wide = a.broadcast_to(to.as_slice());
        let back = wide.backward_with(&y)[a].value();

        let mut sums = ArrayD::<f64>::zeros(from.as_slice());
        for (i, &y) in y.indexed_iter() {
            let own = i.slice()[to.len() - from.len()..].iter().zip(&from);
            let own: Vec<usize> = own.map(|(&i, &n)| if n == 1 { 0 } else { i }).collect();
            sums[own.as_slice()] += y;
        }
        prop_assert_eq!(&back, &sums);
        prop_assert_eq!((&wide.value() * &y).sum(), (&x * &back).sum());
    }

    /// The notebook's bug, (n, 1) − (n,): refused, or done as NumPy does, and then gradient and loss are
    /// those of the (n, n) differences that were really computed.
    #[test]
    fn a_target_of_rank_one(n in 0_usize..40, mut seed in seeds()) {
        let (x, y) = (seed.integers(&[n, 1]), seed.integers(&[n]));
        let refusing = Tape::<f64>::new();
        match refusing.leaf("Z2", &x).try_sub(refusing.leaf("y", &y)) {
            Ok(z) => prop_assert_eq!((n, z.shape()), (1, vec![1, 1])),
            Err(error) => {
                prop_assert_eq!(error.kind(), ErrorKind::TwoSided);
                prop_assert!(error.to_string().contains(&format!("to shape ({n}, {n})")), "{error}");
            }
        }

        let tape = Tape::with_broadcasting(Broadcasting::NumPy);
        let (z, target) = (tape.leaf("Z2", &x), tape.leaf("y", &y));
        let difference = z - target;
        prop_assert_eq!(difference.shape(), [n, n]);
        let loss = difference.square().sum() / count(n);
        let (mut sum, mut dz, mut dy) = (0.0, ArrayD::zeros(x.shape()), ArrayD::zeros(y.shape()));
        for i in 0..n {
            for j in 0..n {
                let d: f64 = x[[i, 0]] - y[[j]];
                sum += d * d;
                dz[[i, 0]] += 2.0 * d;
                dy[[j]] -= 2.0 * d;
            }
        }
        // Sums of integers are exact. On the tape the division by n comes before the sum, whose terms,
        // 2·d/n, then amount to 12 at most.
        let near = |a: f64, b: f64| (a - b).abs() <= count(n + 2) * f64::EPSILON * 12.0;
        prop_assert!(n == 0 && loss.item().is_nan() || loss.item() == sum / count(n));
        let grads = loss.backward();
        let (gz, gy) = (grads[z].value(), grads[target].value());
        prop_assert_eq!((gz.shape(), gy.shape()), (x.shape(), y.shape()));
        prop_assert!(gz.iter().zip(&dz).all(|(&g, &d): (_, &f64)| near(g, d / count(n))));
        prop_assert!(gy.iter().zip(&dy).all(|(&g, &d): (_, &f64)| near(g, d / count(n))));
    }
}
