//! Every primitive there is, on random shapes and layouts.

use crate::oracle::{
    Bounds, EPS, Function, cast, check, count, forward, gradient, leaves, near, reverse, same,
};
use crate::strategies::{Layout, Seed, config, layouts, seeds, shapes};
use ndarray::{ArrayD, Axis, Dimension};
use proptest::collection::vec;
use proptest::prelude::*;
use wengert::{ErrorKind, Float, Prim, Tape, Var};

/// The primitives that take real numbers, with parameters for a first operand of this shape: look-ups are in `indices`.
fn primitives(shape: &[usize]) -> impl Iterator<Item = Prim> {
    let real = |prim: &Prim| prim.arity() != Some(0) && prim.index_operand(shape).is_none();
    Prim::fitting(shape).into_iter().filter(real).collect::<Vec<_>>().into_iter()
}

/// The shapes of a primitive's operands, the first as given.
fn operand_shapes(prim: &Prim, shape: &[usize]) -> Vec<Vec<usize>> {
    match (prim.name(), shape) {
        ("matmul", [batch @ .., _, k]) => vec![shape.to_vec(), [batch, &[*k, 2]].concat()],
        _ => vec![shape.to_vec(); prim.arity().unwrap_or(3)],
    }
}

/// Operands in the domain, 0.4 from its border, and away from every kink.
fn operands(prim: &Prim, shape: &[usize], mut seed: Seed) -> Vec<ArrayD<f64>> {
    let mut xs = seed.distinct(&operand_shapes(prim, shape));
    match prim.name() {
        // Its poles at ±π/2 are numbers that no f64 hits, and so not excluded by the domain.
        "tan" => xs[0] /= 2.0,
        // It jumps at powers of two: what lies between two of them goes to the middle half between them.
        "binade" => xs[0].mapv_inplace(|x| x / 2.0 + x.signum() * 0.75 * x.abs().log2().floor().exp2()),
        _ => {}
    }
    let inside = |point: &[f64]| {
        let near = |by: f64| point.iter().map(|x| x + by).collect::<Vec<_>>();
        [-0.4, 0.0, 0.4].into_iter().all(|by| prim.domain().contains(&near(by)))
    };
    for i in ndarray::indices(shape) {
        let point =
            |xs: &[ArrayD<f64>]| -> Vec<f64> { xs.iter().filter_map(|x| x.get(&i)).copied().collect() };
        if !inside(&point(&xs)) {
            for x in &mut xs {
                x[&i] = x[&i].abs();
            }
            assert!(inside(&point(&xs)), "{} has a domain that these operands miss", prim.name());
        }
    }
    xs
}

/// Applies it; `select` by the mask that its first operand is positive, for it takes masks only.
fn apply<'t, T: Float>(tape: &'t Tape<T>, prim: &Prim, xs: &[Var<'t, T>]) -> Var<'t, T> {
    match (prim.name(), xs) {
        ("select", [a, b, c]) => tape.apply(prim, &[(*a).gt(T::zero()), *b, *c]),
        _ => tape.apply(prim, xs),
    }
}

/// Result and gradient do not depend, in any bit, on how operands lie in memory.
fn layout_is_invisible<T: Float>(
    prim: &Prim,
    xs: &[ArrayD<f64>],
    layouts: &[Layout],
) -> Result<(), TestCaseError> {
    let tape = Tape::<T>::new();
    let straight = leaves(&tape, &xs.iter().map(cast).collect::<Vec<_>>());
    let placed: Vec<ArrayD<T>> =
        xs.iter().zip(layouts).map(|(x, layout)| layout.place(&cast::<_, T>(x))).collect();
    let placed = leaves(&tape, &placed);
    let (y, z) = (apply(&tape, prim, &straight), apply(&tape, prim, &placed));
    same(prim.name(), &y, &z)?;
    let u = ArrayD::from_shape_fn(y.shape(), |i| {
        T::from_f64(1.5 - 0.25 * f64::from(u8::from(i.slice().contains(&1))))
    });
    same(prim.name(), &gradient(y, &u, &straight), &gradient(z, &layouts[0].place(&u), &placed))?;
    prop_assert!(tape.verify().is_ok(), "{:?}", tape.verify());
    Ok(())
}

/// Bounds for the derivative of order 1 or 2 of anything here, on ±[0.5, 2]: the steepest is aᵇ at
/// (0.5, −2), whose derivatives in a are at most 4·2·3·4·5·…
fn bounds(prim: &Prim, order: usize, xs: &[ArrayD<f64>], largest: f64) -> Bounds {
    let sums = 4.0 * count(xs.iter().map(ArrayD::len).sum());
    let steeper = match prim.name() {
        // 2 aᵇ⁻³ at (0.5, −2), the steepest, has a third derivative of 2·2⁵·5·6·7·2³, and a fourth of 8·2 times that.
        name if name.starts_with("times_power") => 140.0,
        // 1024 times a function that is no steeper than a polynomial of 0.36 x³ lets it.
        "times_cubic_slope" | "times_cubic_curve" => 64.0,
        _ => 1.0,
    };
    match order {
        // Each entry is one product of a few factors: unit seeds leave no sum more than one term.
        1 => Bounds { roundings: 16.0, floor: 0.0, third: 768.0 * steeper, value: largest + sums },
        // Entries are sums over a few paths, none far above the largest.
        _ => Bounds {
            roundings: 256.0,
            floor: largest.max(1.0),
            third: 2e4 * steeper,
            value: 8.0 * largest + sums,
        },
    }
}

/// The result of a primitive on these operands.
fn value<T: Float>(prim: &Prim, xs: &[ArrayD<T>]) -> ArrayD<T> {
    let tape = Tape::new();
    apply(&tape, prim, &leaves(&tape, xs)).value().to_owned().into_owned()
}

fn largest<'a>(values: impl IntoIterator<Item = &'a f64>) -> f64 {
    values.into_iter().fold(0.0, |most, x| x.abs().max(most))
}

proptest! {
    #![proptest_config(config(2))]

    #[test]
    fn results_do_not_depend_on_layout(
        shape in shapes(0..=4), seed in seeds(), layouts in vec(layouts(), 3),
    ) {
        for prim in primitives(&shape) {
            let xs = operands(&prim, &shape, seed);
            layout_is_invisible::<f64>(&prim, &xs, &layouts)?;
            layout_is_invisible::<f32>(&prim, &xs, &layouts)?;
        }
    }

    #[test]
    fn stretched_operands_are_as_stored_ones(
        shape in shapes(1..=4), axis in 0_usize..4, seed in seeds(),
    ) {
        let axis = Axis(axis % shape.len());
        for prim in primitives(&shape) {
            let tape = Tape::<f64>::new();
            let stretched = operands(&prim, &shape, seed).into_iter().map(|x| {
                let first = x.slice_axis(axis, ndarray::Slice::from(..x.len_of(axis).min(1))).to_owned();
                if x.len_of(axis) == 0 { tape.leaf("x", x) } else { tape.leaf("x", first).broadcast_to(x.shape()) }
            });
            let stretched: Vec<_> = stretched.collect();
            let stored: Vec<_> = stretched.iter().map(|x| tape.leaf("x", x.value())).collect();
            same(prim.name(), &apply(&tape, &prim, &stretched), &apply(&tape, &prim, &stored))?;
        }
    }

    #[test]
    fn gradients_have_the_shapes_of_their_operands(shape in shapes(0..=4), seed in seeds()) {
        for prim in primitives(&shape) {
            let tape = Tape::<f64>::new();
            let xs = leaves(&tape, &operands(&prim, &shape, seed));
            let y = apply(&tape, &prim, &xs);
            let grads = y.backward_with(ArrayD::ones(y.shape()));
            for x in xs {
                prop_assert_eq!(grads[x].shape(), x.shape(), "{}", prim.name());
                prop_assert_eq!(y.jvp([(x, x)]).shape(), y.shape(), "{}", prim.name());
            }
            prop_assert!(tape.verify().is_ok(), "{:?}", tape.verify());
        }
    }

    #[test]
    fn operands_that_do_not_fit_are_refused(shape in shapes(0..=4)) {
        let tape = Tape::<f64>::new();
        let x = tape.leaf("x", ArrayD::zeros(shape.as_slice()));
        let wider = tape.leaf("wider", ArrayD::zeros([shape.as_slice(), &[2]].concat()));
        for prim in Prim::fitting(&shape) {
            let arity = prim.arity().unwrap_or(3);
            let kind = |xs: &[Var<'_, f64>]| tape.try_apply(&prim, xs).unwrap_err().kind();
            prop_assert_eq!(kind(&[]), ErrorKind::Operands);
            if prim.arity().is_some() {
                prop_assert_eq!(kind(&vec![x; arity + 1]), ErrorKind::Operands);
            }
            if arity > 1 {
                let xs: Vec<_> = std::iter::once(wider).chain(vec![x; arity - 1]).collect();
                // Of a look-up, that the second are no indices comes first.
                let expected = if prim.index_operand(&shape).is_some() { ErrorKind::Index } else { ErrorKind::Shape };
                prop_assert_eq!(kind(&xs), expected);
            }
        }
    }
}

/// A primitive as a function of all its operands.
fn applied<T: Float>(prim: &Prim) -> impl Function<T> {
    move |tape, xs| apply(tape, prim, xs)
}

/// The gradient of ⟨u, prim⟩ as a function of all operands.
fn differentiated(prim: &Prim, u: &ArrayD<f64>) -> impl Function<f64> {
    move |tape, xs| gradient(apply(tape, prim, xs), u, xs)
}

proptest! {
    #![proptest_config(config(4))]

    #[test]
    fn first_derivatives(shape in shapes(0..=4), seed in seeds()) {
        for prim in primitives(&shape).filter(|prim| prim.name() != "detach") {
            let xs = operands(&prim, &shape, seed);
            check(prim.name(), &applied(&prim), &xs, bounds(&prim, 1, &xs, largest(&value(&prim, &xs))))?;
        }
    }

    #[test]
    fn second_derivatives(shape in shapes(0..=3), mut seed in seeds()) {
        for prim in primitives(&shape).filter(|prim| prim.name() != "detach") {
            let xs = operands(&prim, &shape, seed);
            let u = seed.numbers(value(&prim, &xs).shape());
            let f = differentiated(&prim, &u);
            let slope = reverse(&applied(&prim), &xs);
            let bounds = bounds(&prim, 2, &xs, largest(&slope) * largest(&u) * 4.0);
            let hessian = check(prim.name(), &f, &xs, bounds)?;
            near(prim.name(), &hessian, &hessian.t().to_owned(), |_| bounds.roundings * EPS * bounds.floor)?;
        }
    }

    /// ⟨u, J v⟩ = ⟨Jᵀ u, v⟩: both add up u·J·v over outputs and inputs, one after the other.
    #[test]
    fn reverse_mode_is_the_adjoint_of_forward_mode(shape in shapes(0..=4), mut seed in seeds()) {
        for prim in primitives(&shape) {
            let xs = operands(&prim, &shape, seed);
            let j = forward(&applied(&prim), &xs);
            let tape = Tape::new();
            let vars = leaves(&tape, &xs);
            let y = apply(&tape, &prim, &vars);
            let u = seed.numbers(&y.shape());
            let vs: Vec<_> = xs.iter().map(|x| seed.numbers(x.shape())).collect();
            let flat: Vec<f64> = vs.iter().flatten().copied().collect();

            let pushed = y.jvp(vars.iter().copied().zip(vs)).value();
            let pulled = gradient(y, &u, &vars).value();
            let left: f64 = u.iter().zip(&pushed).map(|(u, v)| u * v).sum();
            let right: f64 = pulled.iter().zip(&flat).map(|(u, v)| u * v).sum();
            let scale: f64 = j.rows().into_iter().zip(&u).flat_map(|(row, u)| {
                row.iter().zip(&flat).map(|(j, v)| (u * j * v).abs()).collect::<Vec<_>>()
            }).sum();
            let roundings = 16.0 + count(y.len() + flat.len());
            prop_assert!((left - right).abs() <= roundings * EPS * scale, "{}: {left} and {right}", prim.name());
        }
    }

    /// At inputs that both types hold exactly, f32 differs by its own roundings alone: those of as many
    /// sums and products as there are elements, of intermediates no larger than the results or the sum
    /// of all inputs.
    #[test]
    fn single_precision_follows_double(shape in shapes(0..=4), seed in seeds()) {
        for prim in primitives(&shape) {
            let single: Vec<ArrayD<f32>> = operands(&prim, &shape, seed).iter().map(cast).collect();
            let double: Vec<ArrayD<f64>> = single.iter().map(cast).collect();
            let sums: f64 = 1.0 + 4.0 * double.iter().flatten().map(|x| x.abs()).sum::<f64>();
            let roundings = (16.0 + count(single[0].len())) * f64::from(f32::EPSILON);
            let (y, z) = (cast(&value(&prim, &single)), value(&prim, &double));
            near(prim.name(), &y, &z, |_| roundings * sums.max(largest(&z)))?;
            let (j, k) = (reverse(&applied::<f32>(&prim), &single), reverse(&applied::<f64>(&prim), &double));
            near(prim.name(), &j, &k, |_| roundings * sums.max(largest(&k)))?;
        }
    }

    #[test]
    fn detach_stops_derivatives(shape in shapes(0..=4), seed in seeds()) {
        for prim in primitives(&shape).filter(|prim| prim.name() == "detach") {
            let xs = operands(&prim, &shape, seed);
            prop_assert!(forward(&applied(&prim), &xs).iter().all(|&j| j == 0.0));
            prop_assert!(reverse(&applied(&prim), &xs).iter().all(|&j| j == 0.0));
        }
    }

    /// The slope of an elementwise primitive at its kinks, by reverse and forward mode: one convention
    /// each, and whoever adds a kink states it here. (`max` stands in `composites`.)
    #[test]
    fn conventions_at_kinks(shape in shapes(0..=4), mut seed in seeds()) {
        for prim in primitives(&shape).filter(|prim| prim.name() != "max") {
            let Some(kinks) = prim.domain().kinks else { continue };
            let slope: fn(f64, f64) -> f64 = match prim.name() {
                "abs" => |a, _| a.signum() * f64::from(a != 0.0),
                "maximum" => |a, b| if a == b { 0.5 } else { f64::from(a > b) },
                "minimum" => |a, b| if a == b { 0.5 } else { f64::from(a < b) },
                "sign" | "binade" | "gt" | "ge" | "lt" | "le" | "eq" | "ne" => |_, _| 0.0,
                "argmax" | "argmin" | "argsort" | "searchsorted" => continue, // Of no shape that has a slope: in `indices`.
                other => panic!("state the convention of {other} here"),
            };
            let place = if prim.name() == "binade" { 1.0 } else { 0.0 };
            prop_assert!(kinks.contains(&[place, place]));
            let tape = Tape::new();
            let xs: Vec<_> = operand_shapes(&prim, &shape).iter().map(|s| seed.integers(s)).collect();
            let vars = leaves(&tape, &xs);
            let y = apply(&tape, &prim, &vars);
            let other = xs.last().expect("an operand");
            let expected = ndarray::Zip::from(&xs[0]).and(other).map_collect(|&a, &b| slope(a, b));
            let grads = y.backward_with(ArrayD::ones(y.shape()));
            prop_assert_eq!(&grads[vars[0]].value(), &expected, "{}", prim.name());
            let moved = y.jvp([(vars[0], ArrayD::ones(shape.as_slice()))]);
            prop_assert_eq!(&moved.value(), &expected, "{}", prim.name());
        }
    }

    /// NaN is not lost in a maximum or minimum, on whichever side it stands, and compares as unequal.
    #[test]
    fn nan_propagates(shape in shapes(0..=4), mut seed in seeds(), place in any::<prop::sample::Index>()) {
        let x = seed.numbers(&shape);
        prop_assume!(!x.is_empty());
        let mut poisoned = x.clone();
        *poisoned.iter_mut().nth(place.index(x.len())).expect("an element") = f64::NAN;
        for prim in primitives(&shape) {
            let nans = |xs: &[ArrayD<f64>]| value(&prim, xs).iter().filter(|y| y.is_nan()).count();
            match prim.name() {
                "maximum" | "minimum" => {
                    prop_assert_eq!(nans(&[x.clone(), poisoned.clone()]), 1);
                    prop_assert_eq!(nans(&[poisoned.clone(), x.clone()]), 1);
                }
                "max" | "sum" | "prod" => prop_assert_eq!(nans(std::slice::from_ref(&poisoned)), 1),
                "sign" | "abs" => prop_assert_eq!(nans(std::slice::from_ref(&poisoned)), 1),
                "eq" => prop_assert_eq!(value(&prim, &[poisoned.clone(), poisoned.clone()]).sum(), count(x.len() - 1)),
                "ne" => prop_assert_eq!(value(&prim, &[poisoned.clone(), poisoned.clone()]).sum(), 1.0),
                _ => {}
            }
        }
    }
}
