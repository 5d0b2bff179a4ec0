//! What is found, and what is none.

use crate::{Cause, ErrorKind, Prim, Tape, Var};
use ndarray::{Array2, ArrayD};

const INF: f64 = f64::INFINITY;

/// What is found: the primitive, the element, the cause.
fn found(tape: &Tape<f64>) -> Option<(&'static str, Vec<usize>, Cause)> {
    let found = tape.first_non_finite()?;
    Some((tape.try_var(found.row()).unwrap().prim().name(), found.element().to_vec(), found.cause()))
}

#[track_caller]
fn assert_found(tape: &Tape<f64>, expected: (&'static str, &[usize], Cause)) {
    let (prim, element, cause) = found(tape).expect("nothing was found");
    assert_eq!((prim, element.as_slice(), cause), expected, "{}", tape.first_non_finite().unwrap());
}

#[test]
fn each_cause_is_recognised() {
    type Record = fn(&Tape<f64>) -> Var<'_, f64>;

    /// What records it; and the row, the element and the cause that are found.
    type Case = (Record, (&'static str, &'static [usize], Cause));
    let cases: [Case; 12] = [
        (|t| t.leaf("p", [[0.2, 0.8], [1.0, 0.0]]).log().sum(), ("log", &[1, 1], Cause::Domain)),
        (|t| t.leaf("x", [1.0, 710.0]).exp().sum(), ("exp", &[1], Cause::Overflow)),
        (|t| t.leaf("x", [0.0, 4.0]).sqrt().sum(), ("rsqrt", &[0], Cause::Domain)), // in the sweep
        (|t| t.leaf("x", [-1.0, 4.0]).sqrt().sum(), ("sqrt", &[0], Cause::Domain)),
        (|t| 1.0 / t.leaf("x", 0.0), ("div", &[], Cause::DivisionByZero)),
        (|t| t.leaf("x", -2.0).pow(0.5), ("pow", &[], Cause::Domain)),
        (|t| (t.leaf("x", [1e200, 2.0]) * 1e200).sum(), ("mul", &[0], Cause::Overflow)),
        (|t| t.leaf("x", [1e308, 1e308]).sum(), ("sum", &[], Cause::Overflow)),
        (
            |t| (t.leaf("x", [0.0, 2.0]) * t.constant([INF, 1.0])).sum(),
            ("mul", &[0], Cause::ZeroTimesInfinity),
        ),
        (
            |t| t.leaf("x", [[0.0, 2.0]]).matmul(t.constant([[INF], [1.0]])).sum(),
            ("matmul", &[0, 0], Cause::ZeroTimesInfinity),
        ),
        (
            |t| (t.leaf("x", [0.0, 2.0]) + t.constant([INF, INF]) - t.constant([1.0, INF])).sum(),
            ("sub", &[1], Cause::InfinityMinusInfinity),
        ),
        (|t| (t.leaf("x", [f64::NAN, 2.0]) * 2.0).sum(), ("input", &[0], Cause::Given)),
    ];
    for (record, expected) in cases {
        let tape = Tape::new();
        record(&tape).backward();
        assert_found(&tape, expected);
        // The same text at once, and rows that failed are none.
        if expected.2 == Cause::Given {
            continue;
        }
        let late = tape.first_non_finite().unwrap().to_string();
        let tape = Tape::with_anomaly_detection();
        let message =
            std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| drop(record(&tape).backward())))
                .expect_err("nothing was noticed");
        let message = message.downcast_ref::<String>().unwrap();
        // Numbers of rows aside, which the sweep has to itself.
        assert_eq!(message.split(" (at ").next(), late.split(" (at ").next());
    }
}

#[test]
fn what_does_not_reach_a_result_is_none() {
    let tape = Tape::<f64>::new();
    let x = tape.leaf("x", [-1.0, 0.0, 4.0]);
    // A branch that is not chosen, in value and gradient; an absolute zero; exp(−∞) = 0; an infinite divisor.
    let chosen = x.gt(0.0).select(x.log(), 0.0).sum();
    let zero = x.gt(0.0).azmul(x.sqrt()).sum();
    let gone = x.gt(0.0).select(x, f64::NEG_INFINITY).exp().sum();
    let small = (1.0 / x.gt(0.0).select(x, INF)).sum();
    let largest = x.eq(0.0).select(f64::NEG_INFINITY, x).max();
    (chosen + zero + gone + small + largest).named("loss").backward();
    assert_eq!(found(&tape), None);

    // Attention with a mask of −∞.
    let tape = Tape::<f64>::new();
    let q = tape.leaf("Q", Array2::from_shape_fn((4, 3), |(i, j)| if i > j { 0.3 } else { -0.2 }));
    let scores = (!tape.causal_mask(4)).select(f64::NEG_INFINITY, q.matmul(q.t()));
    scores.softmax(1).matmul(q).square().sum().named("loss").backward();
    assert_eq!(found(&tape), None);
    let tape = Tape::<f64>::with_anomaly_detection();
    let q = tape.leaf("Q", Array2::from_elem((4, 3), 0.3));
    let scores = (!tape.causal_mask(4)).select(f64::NEG_INFINITY, q.matmul(q.t()));
    scores.softmax(1).matmul(q).square().sum().backward();

    // But one that does, behind one that does not.
    let tape = Tape::<f64>::new();
    let x = tape.leaf("x", [-1.0, 0.5]);
    let hidden = x.gt(0.0).select(x.log(), 0.0);
    let loss = (1.0 / (hidden - hidden)).sum().named("loss");
    assert_found(&tape, ("div", &[0], Cause::DivisionByZero));
    assert!(loss.item().is_infinite());
    assert_eq!(tape.first_non_finite().unwrap().victims(), 1);
}

/// Of two that meet, the one that was chosen, also if the other is earlier; and the one that matters.
#[test]
fn the_other_branch_is_not_followed() {
    type Meet = for<'t> fn(Var<'t, f64>, Var<'t, f64>) -> Var<'t, f64>;
    let ways: [Meet; 5] = [
        |early, late| early.ge(0.0).select(early, late), // NaN is not ≥ 0, nor is −∞
        |early, late| late.maximum(early.ne(early).select(0.0, early)),
        |early, late| -(-late).minimum(-early.minimum(0.0).ne(1.0).select(-1.0, early)),
        |early, late| late / early.square().maximum(2.0).minimum(2.0),
        |early, late| early.eq(1.0).select(early, 1.0) * late,
    ];
    for meet in ways {
        let tape = Tape::new();
        let x = tape.leaf("x", [0.0, 1.0]);
        let (early, late) = (x.log(), (x * -1000.0 + 1000.0).exp()); // −∞ and ∞, 0 and 1
        meet(early, late).sum().named("loss");
        assert_found(&tape, ("exp", &[0], Cause::Overflow));
    }
}

#[test]
fn rearranged_elements_are_followed() {
    let names = [
        "concat",
        "permute",
        "reshape",
        "broadcast",
        "slice",
        "pad",
        "flip",
        "take",
        "take_along",
        "scatter_add",
        "sum",
        "max",
        "cumsum",
        "prod",
    ];
    for prim in Prim::fitting(&[2, 3]).into_iter().filter(|prim| names.contains(&prim.name())) {
        for at in 0..6 {
            let tape = Tape::<f64>::new();
            let mut numbers = vec![1.5; 6];
            numbers[at] = 0.0;
            let x = tape.leaf("x", ArrayD::from_shape_vec(vec![2, 3], numbers).unwrap());
            let born = x.log();
            let mut operands = vec![born];
            if let Some(indices) = prim.index_operand(&[2, 3]) {
                let count: usize = indices.shape.iter().product();
                let places: Vec<usize> = (0..count).map(|i| (i + 1) % indices.bound).collect();
                operands.push(tape.indices("i", ArrayD::from_shape_vec(indices.shape, places).unwrap()));
            } else if prim.arity().is_none() {
                operands.insert(0, x.cos());
            }
            let out = tape.apply(&prim, &operands);
            let reaches = out.value().iter().any(|x| !x.is_finite());
            let expected = reaches.then(|| ("log", vec![at / 3, at % 3], Cause::Domain));
            assert_eq!(found(&tape), expected, "{} {}", prim.name(), prim.formula());
        }
    }
}

/// An element of a matrix product is computed from a row and a column; others are not followed.
#[test]
fn of_two_births_the_one_that_reaches_is_found() {
    let tape = Tape::<f64>::new();
    let [a, b] = ["a", "b"].map(|name| tape.leaf(name, [[0.0, 1.0], [1.0, 1.0]]));
    let (early, late) = (a.log(), b.log());
    let product = early.matmul(late);
    // Row 1 of the first is finite; column 1 of the second as well.
    product.narrow(0, 1, 1).narrow(1, 0, 1).sum().named("first column");
    let found = tape.first_non_finite().unwrap();
    assert_eq!(found.row(), late.row(), "{found}");
    assert!(found.to_string().contains(
        "log: element [0, 0] is −∞, born of finite numbers: log(0), outside of the domain, `b` > 0"
    ));
    product.narrow(0, 0, 1).sum().named("both");
    assert_eq!(tape.first_non_finite().unwrap().row(), early.row());
}

#[test]
fn a_tape_that_looks_out_goes_on_after_an_error() {
    let tape = Tape::<f64>::with_anomaly_detection();
    let x = tape.leaf("x", [0.0, 1.0]);
    let rows = tape.len();
    assert_eq!(x.try_div(x).unwrap_err().kind(), ErrorKind::NonFinite);
    let loss = x.sqrt().sum();
    let before = tape.len();
    let error = loss.try_backward().unwrap_err();
    assert_eq!((error.kind(), tape.len()), (ErrorKind::NonFinite, before));
    assert_eq!(error.location().line(), line!() - 4); // that of √x
    assert!(loss.try_jvp([(x, [1.0, 1.0])]).is_err());
    assert!(rows < before && tape.verify().is_ok());
    assert_eq!((x + 1.0).square().sum().backward()[x].value(), ndarray::arr1(&[2.0, 4.0]).into_dyn());
}

/// A program says what the tape says that was recorded on the same inputs.
#[test]
fn a_traced_program_says_the_same() {
    fn record<'t>(tape: &'t Tape<f64>, x: &Array2<f64>, places: [usize; 3]) -> [Var<'t, f64>; 6] {
        let x = tape.leaf("x", x);
        let places = tape.indices("places", places);
        let w = tape.leaf("w", [0.5, 0.5]);
        let p = x.take(0, places).matmul(w).named("p");
        let loss = (p.gt(-5.0).select(p.log(), 0.0) / p.sin()).sum().named("loss");
        let next = w - loss.backward()[w];
        [x, places, w, p, loss, next]
    }
    let good = ndarray::arr2(&[[1.0, 2.0], [3.0, 0.5]]);
    let tape = Tape::new();
    let [x, places, w, _, loss, next] = record(&tape, &good, [0, 1, 1]);
    let builder = || tape.program_builder([x, places], [loss]).carry([(w, next)]);
    let program = builder().traced().build().unwrap();
    let workspace = program.workspace();
    let plain = builder().build().unwrap();
    assert_eq!(
        plain.first_non_finite(&plain.workspace(), (&good, [0, 1, 1])).unwrap_err().kind(),
        ErrorKind::Signature
    );
    assert!(plain.first_non_finite(&workspace, (&good, [0, 1, 1])).is_err());
    assert!(program.first_non_finite(&plain.workspace(), (&good, [0, 1, 1])).is_err());
    assert!(program.first_non_finite(&workspace, (&good, [0, 1, 2])).is_err()); // there is no row 2
    let mut births = 0;
    for (i, j) in [(0, 0), (1, 1)] {
        for value in [1.5, -0.5, -2.0, -3.0, -20.0, 1e308, INF, f64::NAN] {
            let mut x = good.clone();
            x[[i, j]] = value;
            for places in [[0, 1, 1], [1, 0, 1], [0, 0, 0]] {
                let said = program.first_non_finite(&workspace, (&x, places)).unwrap();
                let again = Tape::new();
                let [.., loss, next] = record(&again, &x, places);
                let found = again.first_non_finite_of(&[loss.id(), next.id()]);
                births += usize::from(found.is_some());
                let told = |found: Option<crate::NonFinite>| {
                    found.map(|found| {
                        (
                            found.row(),
                            found.element().to_vec(),
                            found.cause(),
                            found.victims(),
                            found.location().line(),
                        )
                    })
                };
                assert_eq!(told(said), told(found), "{x} {places:?}");
            }
        }
    }
    assert!((10..48).contains(&births), "{births}");
}
