//! What was not chosen has no influence: exactly none, in both modes, at every order, recorded and replayed.

use ndarray::{Array1, ArrayD, arr1};
use wengert::{Pass, Tape, Var};

const INF: f64 = f64::INFINITY;
const NAN: f64 = f64::NAN;

/// Equal, or NaN both.
fn same(a: &[f64], b: &[f64]) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a == b || a.is_nan() && b.is_nan())
}

fn elements(var: Var<'_, f64>) -> Vec<f64> {
    var.value().iter().copied().collect()
}

/// The derivatives of the sum of f, element by element, are these, in each mode: of first order, second, third.
#[track_caller]
fn derivatives_are(x: &[f64], f: impl for<'t> Fn(Var<'t, f64>) -> Var<'t, f64>, expected: &[&[f64]]) {
    let tape = Tape::<f64>::new();
    let x = tape.leaf("x", Array1::from(x.to_vec()));
    let ones = || ArrayD::<f64>::ones(x.shape());
    let y = f(x);
    let mut reverse = y.sum();
    let mut ahead = y.sum();
    for (order, expected) in expected.iter().enumerate() {
        let order = order + 1;
        let total = [expected.iter().sum::<f64>()];
        let tangent = elements(reverse.jvp([(x, ones())]));
        assert!(same(&tangent, &total), "forward over reverse, order {order}: {tangent:?}, not {total:?}");
        ahead = ahead.jvp([(x, ones())]);
        assert!(
            same(&elements(ahead), &total),
            "forward, order {order}: {:?}, not {total:?}",
            elements(ahead)
        );
        let gradient = reverse.backward()[x];
        let found = elements(gradient);
        assert!(same(&found, expected), "reverse, order {order}: {found:?}, not {expected:?}");
        reverse = gradient.sum();
        let over = elements(ahead.backward()[x]).iter().sum::<f64>();
        let again = elements(reverse.backward()[x]).iter().sum::<f64>();
        assert!(same(&[over], &[again]), "reverse over forward, order {order}: {over}, not {again}");
    }
    tape.verify().unwrap();

    // A program of it all, with every choice of passes, made elsewhere and replayed here.
    let point: ArrayD<f64> = x.value().into_owned();
    let other = Tape::<f64>::new();
    let there = other.leaf("x", ArrayD::from_elem(point.shape(), 0.75));
    let outputs = |x: Var<'_, f64>| {
        let y = f(x).sum();
        let first = y.backward()[x];
        let second = first.sum().backward()[x];
        [first, second, y.jvp([(x, ArrayD::<f64>::ones(x.shape()))])].map(Var::row)
    };
    let rows = outputs(there);
    for choice in 0..1_u32 << Pass::ALL.len() {
        let builder = other.program_builder([there], rows.map(|row| other.try_var(row).unwrap()));
        let left_out = Pass::ALL.into_iter().enumerate().filter(|(i, _)| choice >> i & 1 == 1);
        let program = left_out.fold(builder, |builder, (_, pass)| builder.without(pass)).build().unwrap();
        let replayed = program.replay_to_vec(&point).unwrap();
        for (replayed, &expected) in replayed.iter().take(2).zip(expected) {
            let replayed: Vec<f64> = replayed.iter().copied().collect();
            assert!(
                same(&replayed, expected),
                "replayed without passes {choice:b}: {replayed:?}, not {expected:?}"
            );
        }
        let tangent: Vec<f64> = replayed[2].iter().copied().collect();
        assert!(
            same(&tangent, &[expected[0].iter().sum()]),
            "replayed without passes {choice:b}: {tangent:?}"
        );
    }
}

/// All derivatives at these points are 0.
#[track_caller]
fn nothing(x: &[f64], f: impl for<'t> Fn(Var<'t, f64>) -> Var<'t, f64>) {
    let zeros = vec![0.0; x.len()];
    derivatives_are(x, f, &[&zeros, &zeros, &zeros]);
}

#[test]
fn behind_a_mask() {
    nothing(&[0.0, -1.0], |x| x.gt(0.0).select(x.sqrt(), 0.0));
    nothing(&[0.0, -1.0], |x| x.gt(0.0).select(x * x.log(), 0.0));
    nothing(&[0.0, -1.0], |x| x.gt(0.0).select(x.log1p().log(), 0.0));
    nothing(&[0.0, -1.0], |x| x.gt(0.0).select(x.rsqrt(), 0.0));
    nothing(&[0.0, -1.0], |x| x.gt(0.0).select(x.pow(0.5), 0.0));
    nothing(&[0.0, -1.0], |x| x.gt(0.0).select(x.pow(-1.5), 0.0));
    nothing(&[0.0, -1.0], |x| x.gt(0.0).select(x.pow(x), 0.0));
    nothing(&[0.0, -1.0], |x| x.gt(0.0).select(x.log(), x.detach()));
    nothing(&[0.0], |x| x.ne(0.0).select(1.0 / x, 0.0));
    nothing(&[0.0], |x| x.ne(0.0).select(x.reciprocal(), 0.0));
    nothing(&[0.0], |x| x.ne(0.0).select(x.sin() / x, 1.0));
    nothing(&[0.0], |x| x.ne(0.0).select(x.atan2(x), 0.0));
    nothing(&[0.0], |x| x.ne(0.0).select(x / x.abs(), 0.0));
    nothing(&[NAN, INF, -INF], |x| x.abs().lt(INF).select(x.exp().tan() * x.sin().cos(), 0.0));
    nothing(&[1000.0], |x| x.gt(10.0).select(1.0, x.exp().expm1().tanh()));
    nothing(&[0.0, 0.0], |x| x.ne(0.0).select(x / x.norm(), 0.0));
    nothing(&[0.0, 0.0], |x| x.ne(0.0).select(x.square().sum().sqrt(), 0.0));
    derivatives_are(&[1.0], |x| x.ge(0.0).select(x, (-x).sqrt()), &[&[1.0], &[0.0], &[0.0]]);
    derivatives_are(
        &[4.0, 0.0],
        |x| x.gt(0.0).select(x.sqrt(), 0.0),
        &[&[0.25, 0.0], &[-1.0 / 32.0, 0.0], &[3.0 / 256.0, 0.0]],
    );
}

#[test]
fn in_front_of_an_infinite_slope() {
    nothing(&[-10.0, 0.0], |x| x.relu().sqrt());
    nothing(&[-10.0, 0.0], |x| x.relu().log());
    nothing(&[-10.0, 0.0], |x| x.relu().pow(0.25));
    nothing(&[-10.0, 0.0], |x| x.maximum(x.detach().abs() + 1.0).atan2(0.0).log());
    nothing(&[-1.0, 2.0], |x| x.clamp(0.0, 1.0).log1p().sqrt() * 0.0);
    nothing(&[-1.0], |x| x.clamp(0.0, 1.0).rsqrt());
    nothing(&[0.0], |x| x.abs().sqrt()); // abs'(0) = 0
    nothing(&[0.0], |x| x.sqrt().abs());
    nothing(&[0.0, 0.0], |x| x.norm().sqrt()); // norm'(0) = 0
    nothing(&[3.0], |x| (x.sign() - 1.0).sqrt());
}

#[test]
fn by_maximum_and_minimum() {
    nothing(&[0.0], |x| x.sqrt().maximum(1.0));
    nothing(&[0.0], |x| x.log().maximum(1.0));
    nothing(&[0.0], |x| (1.0 / x).minimum(1.0));
    nothing(&[0.0], |x| x.sqrt().clamp(1.0, 2.0));
    nothing(&[0.0], |x| x.tape().concat(0, [x.log(), x.detach() + 1.0]).max());
    nothing(&[0.0], |x| x.tape().concat(0, [x.reciprocal(), x.detach() + 1.0]).min());
    // A NaN is what was chosen; the other is not.
    let tape = Tape::<f64>::new();
    let [a, b] = [[NAN, 1.0, NAN, 2.0], [1.0, NAN, NAN, 2.0]].map(|x| tape.leaf("x", arr1(&x)));
    for y in [a.maximum(b), a.minimum(b)] {
        let grads = y.sum().backward();
        assert_eq!(elements(grads[a]), [1.0, 0.0, 0.5, 0.5]);
        assert_eq!(elements(grads[b]), [0.0, 1.0, 0.5, 0.5]);
        assert_eq!(elements(y.jvp([(a, arr1(&[1.0; 4]))])), [1.0, 0.0, 0.5, 0.5]);
    }
}

#[test]
fn by_a_factor_that_is_a_mask() {
    nothing(&[0.0], |x| x.gt(0.0) * x.sqrt());
    nothing(&[0.0], |x| x.sqrt() * x.gt(0.0));
    nothing(&[0.0], |x| (x.gt(0.0) * x.sqrt()).sum().sqrt());
    nothing(&[0.0, -1.0], |x| x.gt(0.0).azmul(x.rsqrt() + x.log()));
    nothing(&[0.0], |x| (x * 0.0).azdiv(x));
}

#[test]
fn in_reductions() {
    nothing(&[0.0, -1.0], |x| x.gt(0.0).select(x.log(), 1.0).prod());
    nothing(&[0.0, -1.0], |x| x.gt(0.0).select(x.log(), 1.0).cumsum(0));
    nothing(&[0.0, -1.0], |x| x.gt(0.0).select(x.log().prod(), 1.0));
    nothing(&[0.0, NAN], |x| x.gt(0.0).select(x.log().cumsum(0), 1.0));
    nothing(&[0.0, NAN], |x| x.gt(0.0).select(x.sqrt().softmax(0), 1.0));
    nothing(&[0.0, -INF], |x| x.gt(0.0).select(x.log().logsumexp(0), 1.0));
    nothing(&[0.0, NAN], |x| x.gt(0.0).select(x.log().std(0.0), 1.0));
    derivatives_are(
        &[0.0, 3.0],
        |x| x.gt(0.0).select(x, 0.5 / x.detach().ne(0.0)).maximum(x).take(0, [1, 1]).prod(),
        &[&[0.0, 6.0], &[0.0, 2.0], &[0.0, 0.0]],
    );
}

/// Of a matrix product the operand is what a mask belongs to.
#[test]
fn in_front_of_a_matrix_product() {
    let tape = Tape::<f64>::new();
    let x = tape.leaf("x", arr1(&[0.0, 4.0]));
    let w = tape.leaf("w", ndarray::arr2(&[[1.0, 2.0], [3.0, 4.0]]));
    let hidden = x.gt(0.0).select(w.matmul(x.log()), 0.0).sum().backward();
    assert!(hidden[w].value().iter().any(|x| x.is_nan())); // 0 · −∞ in the product
    let mended = w.matmul(x.gt(0.0).select(x.log(), 0.0)).sum().backward();
    assert_eq!(elements(mended[x]), [0.0, 6.0 / 4.0]);
    assert!(mended[w].value().iter().all(|x| x.is_finite()));
}

/// What both modes give where a slope is infinite or NaN, and was chosen.
#[test]
fn what_was_chosen_is_not_hidden() {
    derivatives_are(&[0.0], |x| x.sqrt(), &[&[INF]]);
    derivatives_are(&[-1.0], |x| x.sqrt(), &[&[NAN], &[NAN], &[NAN]]);
    derivatives_are(&[-1.0], |x| x.ge(-2.0).select(x.sqrt(), 0.0), &[&[NAN], &[NAN]]);
    derivatives_are(&[NAN], |x| x * x, &[&[NAN], &[2.0]]);
    derivatives_are(&[NAN], |x| x.relu() * x, &[&[NAN]]);
    derivatives_are(&[0.0], |x| x.sqrt().sqrt(), &[&[INF]]);
    derivatives_are(&[0.0], |x| x / x.norm(), &[&[INF]]); // norm'(0) = 0: that of x / 0
    derivatives_are(&[0.0, 0.0], |x| x / x.norm(), &[&[INF, INF]]);
    derivatives_are(&[NAN, 2.0], |x| x.prod(), &[&[2.0, NAN]]);
    derivatives_are(&[NAN, 2.0], |x| x.max(), &[&[1.0, 0.0], &[0.0, 0.0]]);
    let tape = Tape::<f64>::new();
    let x = tape.leaf("x", arr1(&[0.5, 2.0, -3.0]));
    let seed = arr1(&[NAN; 3]);
    for y in [x.exp(), x.sin(), x * 3.0, x.cumsum(0), x.abs(), -x, x / 2.0, x.gt(-9.0).select(x, 0.0)] {
        assert!(y.backward_with(&seed)[x].value().iter().all(|d| d.is_nan()));
        assert!(y.jvp([(x, &seed)]).value().iter().all(|d| d.is_nan()));
    }
    assert_eq!(elements(x.relu().backward_with(&seed)[x])[2], 0.0);
}

/// Each kink's convention holds in both modes, also between slopes that are infinite.
#[test]
fn kinks() {
    derivatives_are(&[0.0], |x| x.abs(), &[&[0.0], &[0.0], &[0.0]]);
    derivatives_are(&[0.0], |x| x.relu(), &[&[0.0], &[0.0], &[0.0]]);
    derivatives_are(&[0.0], |x| x.sign(), &[&[0.0]]);
    derivatives_are(&[0.0], |x| x.maximum(0.0), &[&[0.5], &[0.0], &[0.0]]);
    derivatives_are(&[0.0], |x| x.minimum(0.0), &[&[0.5], &[0.0], &[0.0]]);
    derivatives_are(&[1.0, 1.0, 0.0], |x| x.max(), &[&[0.5, 0.5, 0.0], &[0.0; 3]]);
    derivatives_are(&[0.0, 0.0], |x| x.norm(), &[&[0.0; 2], &[0.0; 2]]);
    derivatives_are(&[0.0], |x| x.clamp(0.0, 1.0), &[&[1.0], &[0.0]]);
    derivatives_are(&[2.0], |x| x.gt(2.0) + x.le(2.0), &[&[0.0]]);
}

/// What has the probability 0 adds nothing to a cross-entropy, in either mode.
#[test]
fn classes_that_cannot_be() {
    let tape = Tape::<f64>::new();
    let logits = tape.leaf("logits", [[1.0, f64::NEG_INFINITY, 1.0]]);
    let loss = logits.cross_entropy_with([[0.5, 0.0, 0.5]]);
    assert_eq!(loss.item(), 2.0_f64.ln());
    assert_eq!(loss.backward()[logits].value(), ndarray::arr2(&[[0.0, 0.0, 0.0]]).into_dyn());
    assert_eq!(loss.jvp([(logits, [[1.0, 5.0, 1.0]])]).item(), 0.0);
}
