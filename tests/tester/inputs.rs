//! What hand-written functions take and what they are derivatives of: integers, masks, numbers, views, several results,
//! second derivatives.

#![allow(clippy::cast_possible_truncation)] // To single precision is meant.

use ndarray::{Array1, Array2, ArrayRef1, ArrayView1, ArrayView2, Axis, Zip};
use wengert::check::{self, Check, Values};

/// What a check says that should fail.
fn complaint<T: wengert::Float>(check: Check<'_, T>) -> String {
    let failure = check.seed(super::seed()).without_persistence().try_run();
    failure.expect_err("that is wrong").to_string()
}

fn passes<T: wengert::Float>(check: Check<'_, T>) -> check::Summary {
    let outcome = check.seed(super::seed()).without_persistence().try_run();
    outcome.unwrap_or_else(|failure| panic!("that is right: {failure}"))
}

/// Mean cross-entropy from scores and labels; `share` is what a row's loss counts.
fn cross_entropy(z: &Array2<f64>, labels: &Array1<usize>, share: impl Fn(usize) -> f64) -> Array2<f64> {
    let mut dz = z.clone();
    for (mut row, &label) in dz.rows_mut().into_iter().zip(labels) {
        let largest = row.fold(f64::NEG_INFINITY, |a, &b| a.max(b));
        row.mapv_inplace(|x| (x - largest).exp());
        let sum = row.sum();
        row.mapv_inplace(|x| x / sum);
        row[label] -= 1.0;
    }
    dz * share(z.nrows())
}

fn classes(by_hand: impl Fn(&Array2<f64>, &Array1<usize>) -> Array2<f64> + 'static) -> Check<'static, f64> {
    check::gradient(|[z, labels]| z.cross_entropy(labels))
        .against(by_hand)
        .shapes(["z: n k", "labels: n"])
        .values("labels", Values::Index("k"))
}

#[test]
#[allow(clippy::cast_precision_loss)]
fn labels_are_integers() {
    passes(classes(|z, labels| cross_entropy(z, labels, |n| 1.0 / n as f64)));
    let wrong = complaint(classes(|z, labels| cross_entropy(z, labels, |_| 1.0)));
    assert!(wrong.contains("labels"), "{wrong}");
}

#[test]
fn integers_are_of_the_type_that_the_function_takes() {
    macro_rules! each {
        ($($type:ident)+) => { $(passes(
            check::backward(|[table, at]| table.take(0, at))
                .against(|dy: &Array1<f64>, table: &Array1<f64>, at: ArrayView1<'_, $type>| {
                    let mut dtable = Array1::zeros(table.len());
                    at.iter().zip(dy).for_each(|(&at, dy)| dtable[usize::try_from(at).unwrap()] += dy);
                    dtable
                })
                .shapes(["table: v", "at: n"])
                .values("at", Values::Index("v"))
                .cases(40),
        );)+ };
    }
    each!(i8 i16 i32 i64 isize u8 u16 u32 u64 usize);
}

#[test]
fn a_lookup_that_overwrites_is_caught() {
    let overwrites = |dy: &Array1<f64>, table: &Array1<f64>, at: &Array1<usize>| {
        let mut dtable = Array1::zeros(table.len());
        at.iter().zip(dy).for_each(|(&at, dy)| dtable[at] = *dy);
        dtable
    };
    let check = check::backward(|[table, at]| table.take(0, at)).against(overwrites);
    complaint(check.shapes(["table: v", "at: n"]).values("at", Values::Index("v")));
}

#[test]
fn indices_that_come_first_have_no_gradient() {
    let check = |factor: f64| {
        check::backward(|[at, table]| table.take(0, at))
            .against(move |dy: &Array1<f32>, at: &Array1<i32>, table: &Array1<f32>| {
                let mut dtable = Array1::zeros(table.len());
                at.iter()
                    .zip(dy)
                    .for_each(|(&at, dy)| dtable[usize::try_from(at).unwrap()] += dy * factor as f32);
                dtable
            })
            .shapes(["at: n", "table: 7"])
            .values("at", Values::Below(7))
    };
    passes(check(1.0));
    let wrong = complaint(check(2.0));
    assert!(wrong.contains("dtable is 2 times too large"), "{wrong}");
    let score = check::mutants(&check(1.0).seed(1));
    assert!(score.mutants().iter().all(|mutant| !mutant.what.starts_with("dat ")), "{score}");
}

#[test]
fn one_gradient_too_many_is_one_too_many_for_the_real_inputs() {
    let check = check::backward(|[table, at]| table.take(0, at))
        .against(|dy: &Array1<f64>| (dy.clone(), dy.clone()))
        .shapes(["table: v", "at: v"])
        .values("at", Values::Index("v"));
    let wrong = complaint(check);
    assert!(wrong.contains("it gave 2; there are 1 inputs"), "{wrong}");
}

#[test]
fn masks_are_bools() {
    let check = |inverted: bool| {
        check::backward(|[x, keep]| keep.select(x, 0.0))
            .against(move |dy: &Array2<f64>, _: &Array2<f64>, keep: &Array2<bool>| {
                Zip::from(dy).and(keep).map_collect(|&dy, &keep| if keep == inverted { 0.0 } else { dy })
            })
            .shapes(["x: n d", "keep: n d"])
            .values("keep", Values::Mask)
    };
    passes(check(false));
    complaint(check(true));
}

#[test]
fn real_numbers_are_no_integers() {
    let check = check::backward(|[x, y]| x + y)
        .against(|dy: &Array1<f64>, _: &Array1<i32>| dy.clone())
        .shapes(["x: n", "y: n"]);
    let wrong = complaint(check);
    assert!(wrong.contains("takes whole numbers of type i32"), "{wrong}");
}

#[test]
fn numbers_come_by_value() {
    passes(
        check::gradient(|[x, scale]| (x * scale).sum())
            .against(|x: ArrayView1<'_, f64>, scale: f64| (Array1::from_elem(x.len(), scale), x.sum()))
            .shapes(["x: n", "scale: "]),
    );
    let check = check::backward(|[x]| x * 2.0).against(|dy: f64| dy * 2.0).shapes(["x: n"]);
    let wrong = complaint(check);
    assert!(wrong.contains("parameter 0 of the hand-written function is a number"), "{wrong}");
}

#[test]
fn parameters_of_all_kinds_mix() {
    passes(
        check::backward(|[a, x]| a.matmul(x))
            .against(|dy: &ArrayRef1<f32>, a: ArrayView2<'_, f32>, x: &Array1<f32>| {
                let outer = Array2::from_shape_fn(a.raw_dim(), |(i, j)| dy[i] * x[j]);
                (outer, a.t().dot(dy))
            })
            .shapes(["A: m n", "x: n"]),
    );
}

/// A gated step with two results.
fn gated(second: f64) -> Check<'static, f64> {
    check::several(|[x, c]| {
        let next = c * x.sigmoid();
        [next.tanh(), next]
    })
    .against(move |dh: &Array2<f64>, dc: &Array2<f64>, x: &Array2<f64>, c: &Array2<f64>| {
        let gate = x.mapv(|x| 1.0 / (1.0 + (-x).exp()));
        let slope = (&gate * c).mapv(|next: f64| next.cosh().powi(-2));
        let dnext = dh * slope + dc * second;
        (&dnext * c * &gate * gate.mapv(|g| 1.0 - g), dnext * gate)
    })
    .shapes(["x: n d", "c: n d"])
    .values("x", Values::Between(-3.0, 3.0))
    .values("c", Values::Between(-2.0, 2.0))
}

#[test]
fn each_of_several_results_has_a_cotangent() {
    passes(gated(1.0));
    complaint(gated(0.5)); // half of what comes from the second
    let score = check::mutants(&gated(1.0).seed(1));
    assert!(
        score.mutants().iter().any(|mutant| mutant.what.contains("the cotangent of result 1")),
        "{score}"
    );
    assert_eq!(score.survivors().len(), 0, "{score}");
}

#[test]
fn results_of_different_shapes() {
    passes(
        check::several(|[x]| [x.sum(), x.sum_axis(1), x * 3.0])
            .against(|d0: f64, d1: &Array1<f64>, d2: &Array2<f64>, _: &Array2<f64>| {
                3.0 * d2 + d1.view().insert_axis(Axis(1)) + d0
            })
            .shapes(["x: n d"]),
    );
}

#[test]
fn a_hessian_times_a_vector() {
    let check = |factor: f64| {
        check::second(|[x, a]| (a.matmul(x) * x).sum())
            .against(move |x: &Array1<f64>, a: &Array2<f64>, v: &Array1<f64>, w: &Array2<f64>| {
                let symmetric = a + &a.t();
                let dx = symmetric.dot(v) + (w + &w.t()).dot(x);
                (dx, Array2::from_shape_fn(a.raw_dim(), |(i, j)| v[i] * x[j] + factor * x[i] * v[j]))
            })
            .shapes(["x: n", "A: n n"])
    };
    passes(check(1.0));
    complaint(check(0.0));
}

#[test]
fn a_hessian_knows_labels() {
    // Of ½ Σ (x[at])², H·v is v where it was looked up, as often as it was.
    passes(
        check::second(|[at, x]| x.take(0, at).square().sum() * 0.5)
            .against(|at: &Array1<usize>, x: &Array1<f64>, v: &Array1<f64>| {
                let mut product = Array1::zeros(x.len());
                at.iter().for_each(|&at| product[at] += v[at]);
                product
            })
            .shapes(["at: n", "x: k"])
            .values("at", Values::Index("k")),
    );
}

#[test]
fn a_backward_function_has_a_backward_function() {
    let check = |sign: f64| {
        check::double_backward(|[x]| x.sin())
            .against(move |u: &Array1<f64>, dy: &Array1<f64>, x: &Array1<f64>| {
                (u * x.cos(), u * dy * x.sin() * sign)
            })
            .shapes(["dy: n", "x: n"])
            .values("x", Values::Between(-3.0, 3.0))
    };
    passes(check(-1.0));
    complaint(check(1.0));
}

#[test]
fn subgradients_beside_indices() {
    // The largest of what was looked up; at a tie the first gets it all.
    passes(
        check::backward(|[at, x]| x.take(0, at).amax(0))
            .against(|dy: f64, at: &Array1<usize>, x: &Array1<f64>| {
                let best = at.iter().copied().fold(at[0], |best, at| if x[at] > x[best] { at } else { best });
                let mut dx = Array1::zeros(x.len());
                dx[best] = dy;
                dx
            })
            .shapes(["at: n>=1", "x: k"])
            .values("at", Values::Index("k"))
            .any_subgradient()
            .cases(60),
    );
}
