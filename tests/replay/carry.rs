//! State that is carried from run to run: all of it is exchanged at once.

use super::numbers;
use super::steps::assert_same;
use ndarray::{ArrayD, arr0};
use wengert::Tape;

fn none(_: usize) -> Vec<ArrayD<f64>> {
    Vec::new()
}

fn one(time: usize) -> Vec<ArrayD<f64>> {
    vec![numbers(&[3, 3], 50 + time)]
}

#[test]
fn two_change_places() {
    let start = [numbers(&[3, 3], 1), numbers(&[3, 3], 2)];
    assert_same(5, &start, none, |state, _| (vec![state[0] * 1.5], vec![state[1], state[0]]));
    let three = [numbers(&[2], 1), numbers(&[2], 2), numbers(&[2], 3)];
    assert_same(5, &three, none, |state, _| {
        (vec![state[0].sum()], vec![state[2], state[0], state[1] * 1.25])
    });
    let numbers = [arr0(1.5).into_dyn(), arr0(2.5).into_dyn()];
    assert_same(5, &numbers, none, |state, _| (vec![state[0] - state[1]], vec![state[1], state[0]]));
}

#[test]
fn through_views() {
    let start = [numbers(&[3, 3], 1), numbers(&[3, 3], 2)];
    assert_same(5, &start, none, |s, _| (vec![s[0].t()], vec![s[1].t(), s[0].flip(0)]));
    assert_same(5, &start, none, |s, _| (vec![s[0]], vec![s[0].t(), (s[0] + s[1]).t()]));
    assert_same(5, &start, none, |s, _| (vec![], vec![s[0].sum_axis(0).broadcast_to((3, 3)), s[0] * 0.5]));
    // A view of a row, and the row itself, in either order.
    for order in [[0, 1], [1, 0]] {
        assert_same(5, &start, none, |s, _| {
            let sum = s[0] * 0.5 + s[1];
            (vec![sum.t(), sum], order.map(|i| [sum, sum.t()][i]).to_vec())
        });
    }
}

#[test]
fn from_inputs_and_constants() {
    let start = [numbers(&[3, 3], 1), numbers(&[3, 3], 2)];
    assert_same(4, &start, one, |s, x| (vec![s[0] + s[1]], vec![x[0], s[0]]));
    assert_same(4, &start, one, |s, x| (vec![s[0] - x[0]], vec![x[0].t(), x[0]]));
    let constant = numbers(&[3, 3], 9);
    assert_same(4, &start, one, |s, x| {
        let constant = x[0].tape().constant(&constant);
        (vec![s[0] * x[0], constant], vec![constant, constant.t()])
    });
    assert_same(4, &start, one, |s, x| {
        (vec![s[0]], vec![s[0], x[0].tape().constant(2.0).broadcast_to((3, 3))])
    });
    assert_same(4, &[arr0(3.0).into_dyn()], one, |s, x| {
        (vec![s[0] + x[0].sum()], vec![x[0].tape().constant(4.0)])
    });
}

#[test]
fn one_row_replaces_two() {
    let start = [numbers(&[3, 3], 1), numbers(&[3, 3], 2), numbers(&[3, 3], 3)];
    assert_same(5, &start, one, |s, x| {
        let next = s[0] * 0.5 + s[1] * x[0];
        (vec![next, s[2], next.sum()], vec![next, next, s[0]])
    });
    let numbers = [arr0(1.5).into_dyn(), arr0(2.5).into_dyn()];
    assert_same(5, &numbers, one, |s, x| {
        let next = s[0] * 0.5 + s[1] * x[0].sum();
        (vec![next], vec![next, next])
    });
}

#[test]
fn what_is_carried_is_an_output() {
    let start = [numbers(&[3, 3], 1), arr0(2.0).into_dyn()];
    assert_same(5, &start, one, |s, x| {
        let next = (s[0] * s[1] + x[0]).tanh();
        (vec![s[0], next, s[1], s[0].t(), s[0].sum_axis(0)], vec![next, s[1] * 0.5 + x[0].sum()])
    });
}

#[test]
fn arrays_of_any_size() {
    let start =
        [numbers(&[0, 3], 1), numbers(&[1, 1], 2), numbers(&[40, 50], 3), numbers(&[2, 1, 2, 1, 2], 4)];
    assert_same(4, &start, one, |s, x| {
        let next = s.iter().map(|s| (*s * 1.5 + x[0].sum()).sin());
        (vec![s[0], s[1].sum(), s[2].sum_axis(1)], next.collect())
    });
}

#[test]
fn workspaces_have_their_own() {
    let tape = Tape::<f64>::new();
    let (x, w) = (tape.leaf("x", 1.0), tape.leaf("w", 10.0));
    let program = tape.program_builder([x], [w]).carry([(w, w + x)]).build().unwrap();
    let (mut a, mut b) = (program.workspace(), program.workspace());
    for _ in 0..3 {
        program.run(&mut a, 1.0).unwrap();
        program.run(&mut b, -2.0).unwrap();
    }
    assert_eq!((a.state(0).first(), b.state(0).first()), (Some(&13.0), Some(&4.0)));
    assert_eq!((a.output(0).first(), b.output(0).first()), (Some(&12.0), Some(&6.0)));
    // A replay without a workspace starts from what was recorded, every time.
    for _ in 0..3 {
        assert_eq!(program.replay(5.0).unwrap(), [arr0(10.0).into_dyn()]);
    }
    a.reset();
    program.run(&mut a, 0.5).unwrap();
    assert_eq!((a.state(0).first(), b.state(0).first()), (Some(&10.5), Some(&4.0)));
}

/// Weights that another program left, or a file: into buffers and places of numbers, in any layout.
#[test]
fn state_can_be_put_in() {
    let tape = Tape::<f64>::new();
    let (w, v, t) =
        (tape.leaf("w", numbers(&[2, 3], 1)), tape.leaf("v", numbers(&[3, 2], 2)), tape.leaf("t", 1.0));
    let program = tape
        .program_builder(tape.none(), [w + t])
        .carry([(w, v.t() * t), (v, w.t()), (t, t + 1.0)])
        .build()
        .unwrap();
    let (mut here, mut there) = (program.workspace(), program.workspace());
    (0..3).try_for_each(|_| program.run(&mut here, ())).unwrap();
    for i in 0..3 {
        let turned = here.state(i).t().to_owned().reversed_axes();
        there.set_state(i, &turned);
        assert!(there.try_output(0).is_err());
    }
    for _ in 0..3 {
        for workspace in [&mut here, &mut there] {
            program.run(workspace, ()).unwrap();
        }
        assert_eq!(here.output(0), there.output(0));
        (0..3).for_each(|i| assert_eq!(here.state(i), there.state(i)));
    }
    there.reset();
    assert_eq!(there.state(2).first(), Some(&1.0));
}

/// By name as well as by place; a clone has state of its own.
#[test]
fn names_and_clones() {
    let tape = Tape::<f64>::new();
    let (w, v) = (tape.leaf("w", numbers(&[2], 1)), tape.leaf("v", 1.0));
    let program =
        tape.program_builder(tape.none(), [w]).carry([(w, w * 2.0 + v), (v, v + 1.0)]).build().unwrap();
    let mut workspace = program.workspace();
    program.run(&mut workspace, ()).unwrap();
    let mut clone = workspace.clone();
    assert_eq!(
        (clone.output(0), clone.state("v"), clone.state("w")),
        (workspace.output(0), workspace.state(1), workspace.state(0))
    );
    program.run(&mut clone, ()).unwrap();
    assert_eq!((workspace.state("v")[[]], clone.state("v")[[]]), (2.0, 3.0));
    let listed: Vec<_> = clone.states().map(|(port, value)| (port.to_string(), value.len())).collect();
    assert_eq!(listed, [("w (2,)".to_owned(), 2), ("v ()".to_owned(), 1)]);
    clone.set_state("v", 10.0);
    assert_eq!((clone.state(&"v".to_owned())[[]], program.states().len()), (10.0, 2));
}
