//! Comparisons that the caller's control flow took.

use super::{assert_bits, subsets, without};
use ndarray::{arr0, arr1, arr2};
use wengert::{ErrorKind, Tape, Var};

/// Less than 2, equal, greater, neither.
const NUMBERS: [f64; 4] = [1.0, 2.0, 3.0, f64::NAN];

type Compare = for<'t> fn(Var<'t, f64>, Var<'t, f64>) -> bool;

/// For a branch by this comparison of x with 2, recorded with one of the numbers: with which of them it replays.
fn replays(compare: Compare, recorded: f64) -> [bool; 4] {
    let branch = |x: f64| {
        let tape = Tape::new();
        let (x, two) = (tape.leaf("x", x), tape.leaf("two", 2.0));
        let y = if compare(x, two) { x.sin() } else { x * 3.0 };
        (tape.program([x], [y]).unwrap(), y.item())
    };
    let (program, _) = branch(recorded);
    NUMBERS.map(|x| match program.replay::<1>([&x]) {
        Ok([y]) => {
            assert_bits(&y, &arr0(branch(x).1).into_dyn());
            true
        }
        Err(error) => {
            assert_eq!(error.kind(), ErrorKind::Branch);
            false
        }
    })
}

#[test]
fn an_order_replays_what_turns_out_alike() {
    let orders: [[Compare; 3]; 5] = [
        [|x, two| x < two, |x, _| x < 2.0, |x, _| 2.0 < x],
        [|x, two| x <= two, |x, _| x <= 2.0, |x, _| 2.0 <= x],
        [|x, two| x > two, |x, _| x > 2.0, |x, _| 2.0 > x],
        [|x, two| x >= two, |x, _| x >= 2.0, |x, _| 2.0 >= x],
        [
            |x, two| x.partial_cmp(&two).is_some_and(std::cmp::Ordering::is_lt),
            |x, _| x.partial_cmp(&2.0).is_some_and(std::cmp::Ordering::is_lt),
            |x, two| two.partial_cmp(&x).is_some_and(std::cmp::Ordering::is_lt),
        ],
    ];
    for compare in orders.into_iter().flatten() {
        for (i, recorded) in NUMBERS.into_iter().enumerate() {
            // A tie is a case of its own, and so is NaN, whatever the operator answers there.
            assert_eq!(replays(compare, recorded), [0, 1, 2, 3].map(|now| now == i), "{recorded}");
        }
    }
}

#[test]
fn an_equality_replays_what_is_on_the_same_side_of_it() {
    let equalities: [Compare; 6] = [
        |x, two| x == two,
        |x, _| x == 2.0,
        |x, _| 2.0 == x,
        |x, two| x != two,
        |x, _| x != 2.0,
        |x, _| 2.0 != x,
    ];
    for compare in equalities {
        for recorded in NUMBERS {
            assert_eq!(replays(compare, recorded), NUMBERS.map(|now| (now == 2.0) == (recorded == 2.0)));
        }
    }
}

/// A branch on what no output is computed from, of a row with axes, with work for every pass beside it.
#[test]
fn no_pass_loses_a_guard() {
    fn record(x: Var<'_, f64>) -> Var<'_, f64> {
        let size = ((x * 1.0).square().sum_axis(1) + x.tape().constant(4.0).sqrt()).reshape((1, 1));
        let twice = (x + 1.0).sin() * (x + 1.0).sin();
        if size > 27.0 { twice } else { twice * 2.0 }
    }
    let (inside, outside) = (arr2(&[[4.0, 5.0]]), arr2(&[[3.0, 4.0]])); // 16 + 25 + 2, and a tie
    let tape = Tape::new();
    let x = tape.leaf("x", &inside);
    let y = record(x);
    let afresh = Tape::new();
    let moved = &inside + 1.0;
    let expected = record(afresh.leaf("x", &moved)).value().into_owned();
    for passes in subsets() {
        let program = without(tape.program_builder([x], [y]), &passes).build().unwrap();
        assert_bits(&program.replay::<1>([&moved]).unwrap()[0], &expected);
        let error = program.replay::<1>([&outside]).unwrap_err().to_string();
        assert!(
            error.contains("was greater when") && error.contains("is a tie now (27.0 against 27.0)"),
            "{error}"
        );
    }
}

#[test]
fn a_guard_on_what_no_input_changes_is_dropped() {
    let tape = Tape::<f64>::new();
    let (x, w) = (tape.leaf("x", 1.0), tape.leaf("w", 2.0));
    assert!((w * 5.0).exp() > w && tape.constant(1.0) < 2.0);
    let y = x.sin();
    assert_eq!(tape.program([x], [y]).unwrap().report().rows(), 2); // x and its sine
    // With w as an input it is there: both sides, and 5.
    assert_eq!(tape.program([x, w], [y]).unwrap().report().rows(), 6);
}

/// A comparison chooses between rows that were there before: which of them is the output is the branch.
#[test]
fn a_guard_holds_for_the_choice_of_an_output() {
    let tape = Tape::<f64>::new();
    let x = tape.leaf("x", 2.0);
    let (double, negative) = (x * 2.0, -x);
    let y = if x > 0.0 { double } else { negative };
    let program = tape.program([x], [y]).unwrap();
    assert_eq!(program.replay(3.0).unwrap(), [arr0(6.0).into_dyn()]);
    assert_eq!(program.replay::<1>(-3.0).unwrap_err().kind(), ErrorKind::Branch);

    let mut sorted = [tape.leaf("a", 5.0), tape.leaf("b", 4.0)];
    let leaves = sorted;
    sorted.sort_by(|a, b| a.partial_cmp(b).unwrap());
    let program = tape.program([x, leaves[0], leaves[1]], sorted).unwrap();
    assert_eq!(program.replay((1.0, 8.0, 7.0)).unwrap(), [7.0, 8.0].map(|x| arr0(x).into_dyn()));
    assert!(program.replay::<2>((1.0, 7.0, 8.0)).is_err());
}

#[test]
fn after_a_guards_error_nothing_has_moved() {
    let tape = Tape::<f64>::new();
    let (x, w, v) = (tape.leaf("x", 1.0), tape.leaf("w", 10.0), tape.leaf("v", arr1(&[1.0, 2.0])));
    let next = w - x;
    assert!(next > 0.0);
    let (w_next, v_next) = (next * 1.0, v * x + next);
    let program = tape.program_builder([x], [v_next]).carry([(w, w_next), (v, v_next)]).build().unwrap();
    let (mut stopped, mut other) = (program.workspace(), program.workspace());
    let run = |workspace: &mut _, x: f64| program.run(workspace, [&x]);
    run(&mut stopped, 2.0).unwrap();
    for x in [9.0, 8.0, f64::NAN] {
        let error = run(&mut stopped, x).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Branch);
        assert!(stopped.try_output(0).is_err());
        assert_eq!(stopped.state(0), arr0(8.0).into_dyn());
        assert_eq!(stopped.state(1), arr1(&[10.0, 12.0]).into_dyn());
    }
    run(&mut stopped, 3.0).unwrap();
    for x in [2.0, 3.0] {
        run(&mut other, x).unwrap();
    }
    assert_eq!(stopped.output(0), other.output(0));
    assert_eq!((stopped.state(0), stopped.state(1)), (other.state(0), other.state(1)));
}
