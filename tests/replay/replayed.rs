//! A function that is recorded when it must be, and replayed when it can be.

use super::{assert_bits, numbers};
use crate::common::golden::{Golden, panic_of};
use ndarray::{Array1, ArrayD, arr0, arr1};
use std::cell::Cell;
use wengert::{Call, ErrorKind, Float, Input, Program, Replayed, Tape, Var};

/// A root by Heron's rule: as many rounds as it takes, and its derivative.
fn root(a: Var<'_, f64>) -> Vec<Var<'_, f64>> {
    let mut root = a;
    while (root * root - a).abs() > 1e-9 {
        root = (root + a / root) * 0.5;
    }
    vec![root, root.backward()[a]]
}

#[test]
fn one_program_a_path() {
    let mut roots = Replayed::new(|call: Call<'_, f64>| root(call.input(0)));
    let mut lens = Vec::new();
    for a in [2.0, 2.25, 1.75, 1000.0, 2.0, 990.0, 2.5, 1.0, 1.0, 950.0] {
        let outputs = roots.call::<2>(a).unwrap();
        let tape = Tape::new();
        let expected = root(tape.leaf("a", a));
        outputs.iter().zip(expected).for_each(|(a, b)| assert_eq!(*a, b.value()));
        lens.push(roots.len());
    }
    assert_eq!(lens, [1, 1, 1, 2, 2, 2, 2, 3, 3, 3]); // a few rounds, more, none
    let counts: Vec<_> = roots.paths().map(|path| (path.recordings(), path.replays())).collect();
    assert_eq!(counts, [(2, 1), (2, 0), (2, 3)]); // that of 950 was the last
}

/// The branch that computes nothing, and the shape that the function goes by.
#[test]
fn branches_without_rows_and_other_shapes() {
    fn flip<T: Float>(call: Call<'_, T>) -> Vec<Var<'_, T>> {
        let x = call.input(0);
        let total = if x.ndim() == 0 { x } else { x.sum() };
        vec![if total < call.tape().constant(T::zero()) { -x } else { x }]
    }
    let mut flip = Replayed::new(flip);
    for (input, len) in [
        (arr0(2.0).into_dyn(), 1),
        (arr0(-2.0).into_dyn(), 2),
        (arr1(&[1.0, 2.0]).into_dyn(), 3),
        (arr1(&[-1.0, -2.0]).into_dyn(), 4),
        (arr1(&[5.0, -2.0]).into_dyn(), 4),
        (arr0(-1.0).into_dyn(), 4),
        (arr1(&[1.0, 2.0, 3.0]).into_dyn(), 5),
        (ArrayD::zeros(vec![0]), 6), // A sum of nothing is a tie.
        (ArrayD::zeros(vec![0]), 6),
        (numbers(&[2, 3], 1).reversed_axes(), 7),
        (arr0(-7.0).into_dyn(), 7),
    ] {
        let sign = if input.sum() < 0.0 { -1.0 } else { 1.0 };
        assert_eq!(flip.call_one(&input).unwrap(), sign * &input, "{input}");
        assert_eq!(flip.len(), len, "{input}");
    }
}

/// The closure's own count says when it was recorded.
#[test]
fn twice_recorded_then_replayed() {
    let times = Cell::new(0);
    let mut f = Replayed::new(|call: Call<'_, f64>| {
        times.set(times.get() + 1);
        vec![call.input(0) * 2.0 + call.tape().leaf("bias", 0.5)]
    });
    for (x, recorded) in [(1.0, 1), (2.0, 2), (3.0, 2), (4.0, 2), (f64::NAN, 2)] {
        assert_bits(&f.call_one(x).unwrap(), &arr0(x * 2.0 + 0.5).into_dyn());
        assert_eq!(times.get(), recorded);
    }
    // The same inputs twice are evidence enough for a function that reads nothing.
    let mut g = Replayed::new(|call: Call<'_, f64>| vec![call.input(0) * 2.0]);
    (0..3).for_each(|_| assert_eq!(g.call_one(1.0).unwrap()[[]], 2.0));
    assert_eq!(g.paths().next().unwrap().replays(), 1);
}

/// f(3) = 9, and f(4) was 12.
#[test]
fn a_value_that_is_read_is_never_replayed_stale() {
    let mut square = Replayed::new(|call: Call<'_, f64>| vec![call.input(0) * call.input(0).item()]);
    assert_eq!(square.call_one(3.0).unwrap()[[]], 9.0);
    for x in [4.0, 5.0] {
        assert_eq!(square.call_one(x).unwrap_err().kind(), ErrorKind::Read);
    }
    // At the same input the two recordings are the same, which says nothing.
    let mut square = Replayed::new(|call: Call<'_, f64>| {
        vec![call.input(0) * call.tape().constant(call.input(0).value())]
    });
    for _ in 0..4 {
        assert_eq!(square.call_one(3.0).unwrap()[[]], 9.0);
    }
    assert!(square.to_string().contains("not judged yet"), "{square}");
    assert_eq!(square.call_one(4.0).unwrap_err().kind(), ErrorKind::Read);
    // What was read and not used differs, and everything recorded is alike.
    let mut seen = Vec::new();
    let mut printing = Replayed::new(|call: Call<'_, f64>| {
        let y = call.input(0) * 2.0;
        seen.push(y.item());
        vec![y]
    });
    for x in [1.0, 2.0, 3.0] {
        assert_eq!(printing.call_one(x).unwrap()[[]], 2.0 * x);
    }
    drop(printing);
    assert_eq!(seen, [2.0, 4.0]);
}

/// Every way in which a value can get off the tape and back on it, or choose what is recorded.
#[test]
#[allow(clippy::too_many_lines)] // A table, with a text for each.
fn all_kinds_of_reads_and_impurity() {
    fn kind(f: impl for<'t> FnMut(Call<'t, f64>) -> Vec<Var<'t, f64>>) -> ErrorKind {
        let mut f = Replayed::new(f);
        assert!(f.call_to_vec(3.0).is_ok());
        f.call_to_vec(-4.0).unwrap_err().kind()
    }
    assert_eq!(
        kind(|call| vec![
            call.input(0)
                * call
                    .tape()
                    .replay_one([(call.input(0), 5.0)], call.input(0) * call.input(0).item())
                    .unwrap()
                    .sum()
        ]),
        ErrorKind::Read
    );
    assert_eq!(
        kind(|call| vec![if call.input(0).item() > 0.0 { call.input(0).sin() } else { call.input(0).cos() }]),
        ErrorKind::Read
    );
    // Of two rows that are there either way.
    assert_eq!(
        kind(|call| {
            let rows = [call.input(0).sin(), call.input(0).cos()];
            vec![rows[usize::from(call.input(0).item() > 0.0)]]
        }),
        ErrorKind::Read
    );
    assert_eq!(
        kind(|call| vec![
            call.input(0).broadcast_to(3).take(0, vec![0; if call.input(0).item() > 0.0 { 1 } else { 2 }])
        ]),
        ErrorKind::Read
    );
    assert_eq!(
        kind(|call| {
            let text = format!("{:?}", call.input(0));
            vec![call.input(0) * if text.contains('-') { 2.0 } else { 3.0 }]
        }),
        ErrorKind::Impure // Printing is no read, and there is no more to know.
    );
    // What is printed besides is not blamed for it.
    let mut calls = 0.0;
    assert_eq!(
        kind(move |call| {
            calls += 1.0;
            assert!(!format!("{} {}", call.input(0), call.tape()).is_empty());
            vec![call.input(0) * calls]
        }),
        ErrorKind::Impure
    );

    // The same rows, in another order; and one row more that nobody needs.
    assert_eq!(
        kind(|call| {
            let mut rows = vec![call.input(0).sin(), call.input(0).cos()];
            call.input(0).exp();
            if call.input(0).item() > 0.0 {
                rows.reverse();
            }
            rows
        }),
        ErrorKind::Read
    );

    let mut n = 0.0;
    assert_eq!(
        kind(|call| {
            n += 1.0;
            vec![call.input(0) * n]
        }),
        ErrorKind::Impure
    );
    let mut n = 0.0;
    assert_eq!(
        kind(|call| {
            n += 1.0;
            vec![call.input(0) + call.tape().leaf("n", arr1(&[0.0, n]))]
        }),
        ErrorKind::Impure
    );
    let mut n = 0;
    assert_eq!(
        kind(|call| {
            n += 1;
            vec![call.input(0).broadcast_to(3).take(0, [n])]
        }),
        ErrorKind::Impure
    );
    let mut n = 0.0;
    assert_eq!(
        kind(|call| {
            n += 1.0;
            vec![if call.input(0).square() > n { call.input(0) } else { -call.input(0) }]
        }),
        ErrorKind::Impure
    );
    let mut n = 0;
    assert_eq!(
        kind(|call| {
            n += 1;
            vec![(0..n).fold(call.input(0), |x, _| x.sin())]
        }),
        ErrorKind::Impure
    );
    let mut n = 0;
    assert_eq!(
        kind(|call| {
            n += 1;
            vec![call.input(0); n]
        }),
        ErrorKind::Impure
    );
    // From a workspace, which bears no mark.
    let program = {
        let tape = Tape::new();
        let x = tape.leaf("x", 1.0);
        tape.program(x, x + x).unwrap()
    };
    let mut workspace = program.workspace();
    let mut n = 0.0;
    assert_eq!(
        kind(|call| {
            n += 1.0;
            program.run(&mut workspace, n).unwrap();
            vec![call.input(0) * workspace.output(0)[[]]]
        }),
        ErrorKind::Impure
    );
}

#[test]
fn state_is_shared_by_paths_and_shapes() {
    fn step<'t>(x: Var<'t, f64>, w: Var<'t, f64>, n: Var<'t, f64>) -> [Var<'t, f64>; 3] {
        let y = if x.sum() < 0.0 { x.sum() * w } else { (x * x).sum() * w };
        [y.sum(), w * 0.5 + y, n + 1.0]
    }
    let mut f = Replayed::new(|call: Call<'_, f64>| {
        let (w, n) = (call.state("w", arr1(&[1.0, 2.0])), call.state("n", 0.0));
        let [y, w_next, n_next] = step(call.input(0), w, n);
        call.carry([(w, w_next), (n, n_next)]);
        vec![y]
    });
    let (mut w, mut n) = (arr1(&[1.0, 2.0]).into_dyn(), arr0(0.0).into_dyn());
    for time in 0..30 {
        let x = numbers(&[[2, 3, 5][time % 3]], time);
        let tape = Tape::new();
        let [y, w_next, n_next] = step(tape.leaf("x", &x), tape.leaf("w", &w), tape.leaf("n", &n));
        assert_bits(&f.call_one(&x).unwrap(), &y.value().into_owned());
        (w, n) = (w_next.value().into_owned(), n_next.value().into_owned());
        assert_bits(&f.state("w").to_owned(), &w);
        assert_bits(&f.state("n").to_owned(), &n);
    }
    assert!(f.len() > 3 && f.paths().map(wengert::Path::replays).sum::<usize>() > 10, "{f}");
    let names: Vec<_> = f.states().map(|(name, value)| (name.to_owned(), value.ndim())).collect();
    assert_eq!(names, [("w".into(), 1), ("n".into(), 0)]);
    f.set_state("n", 100.0);
    f.call_one(arr1(&[1.0, 1.0])).unwrap();
    assert_eq!(f.state("n")[[]], 101.0);
    f.reset();
    assert_eq!((f.state("n")[[]], f.state("w")), (0.0, arr1(&[1.0, 2.0]).into_dyn().view()));
}

/// No error moves state on: not of a guard that another path then takes over, not of a shape, not of a difference.
#[test]
fn state_moves_only_when_all_is_well() {
    let mut stale = Replayed::new(|call: Call<'_, f64>| {
        let w = call.state("w", 1.0);
        call.carry([(w, w + call.input(0).sum().item())]);
        vec![w]
    });
    stale.call_one(1.0).unwrap();
    assert!(stale.call_one(5.0).is_err());
    assert_eq!(stale.state("w")[[]], 2.0);
    let mut fixed = Replayed::new(|call: Call<'_, f64>| {
        let w = call.state("w", 1.0);
        call.carry([(w, w + call.input(0))]);
        vec![w]
    });
    for _ in 0..3 {
        fixed.call_one(1.0).unwrap();
    }
    assert!(fixed.call::<2>(1.0).is_err() && fixed.call_into(1.0, &mut Array1::zeros(3)).is_err());
    assert_eq!(fixed.state("w")[[]], 4.0);
    let mut y = 0.0;
    fixed.call_into(1.0, &mut y).unwrap();
    assert_eq!((y, fixed.state("w")[[]]), (4.0, 5.0));
}

#[test]
fn the_least_recently_used_goes() {
    let mut sums = Replayed::new(|call: Call<'_, f64>| vec![call.input(0).sum()]).keep(2);
    let shapes = |sums: &Replayed<f64, _>| -> Vec<usize> {
        sums.paths().map(|path| path.program().inputs()[0].shape[0]).collect()
    };
    for (n, kept) in
        [(1, vec![1]), (2, vec![2, 1]), (1, vec![1, 2]), (1, vec![1, 2]), (3, vec![3, 1]), (2, vec![2, 3])]
    {
        assert_eq!(sums.call_one(Array1::<f64>::ones(n)).unwrap().sum(), [0.0, 1.0, 2.0, 3.0][n]);
        assert_eq!(shapes(&sums), kept);
    }
    let mut none = Replayed::new(|call: Call<'_, f64>| vec![call.input(0).sum()]).keep(0);
    (0..4).for_each(|_| assert_eq!(none.call_one(2.0).unwrap()[[]], 2.0));
    assert!(none.is_empty());
}

#[test]
fn what_it_lists() {
    let mut f = Replayed::new(|call: Call<'_, f64>| {
        let (x, w) = (call.input(0).named("x"), call.state("w", 2.0));
        vec![if x.sum() > 0.0 { x * w } else { -x }]
    });
    for x in [1.0, 2.0, 3.0, -1.0] {
        f.call_one(x).unwrap();
    }
    f.call_one(arr1(&[1.0])).unwrap();
    let lines: Vec<String> = f.to_string().lines().map(str::to_owned).collect();
    assert_eq!(lines[0], "3 programs of at most 64; state w ()");
    assert!(
        lines[1].starts_with("1. x (1,) -> ")
            && lines[1].ends_with("recorded once, not judged yet, so not replayed")
    );
    assert!(lines[2].contains("is greater, at ") && lines[2].contains("> 0.0"));
    assert!(
        lines[3].starts_with("2. x () -> ") && lines[5].ends_with("recorded 2 times, replayed once"),
        "{f}"
    );
}

/// Notes the error of an expression, all of it on one line.
macro_rules! note {
    ($golden:ident, $kind:ident, $title:literal => $wrong:expr) => {
        $golden.note($title, &$wrong.map(drop).expect_err($title), ErrorKind::$kind, line!())
    };
}

/// Takes out the line that an error names besides its own.
fn elsewhere(golden: &mut Golden, lines: &[u32]) {
    for line in lines {
        let at = format!("{}:{line}:", file!());
        assert!(golden.text.contains(&at), "{at} in {}", golden.text);
        golden.text = golden.text.replace(&at, "THERE:LINE:");
    }
}

#[allow(clippy::items_after_statements)] // It ties the lifetimes of the closures below.
#[test]
fn what_two_recordings_say() {
    let mut golden = Golden::new("replayed");
    let line = line!() + 2;
    let mut f = Replayed::new(|call: Call<'_, f64>| {
        let seen = call.input(0).item();
        vec![call.input(0) * seen]
    });
    f.call_one(3.0).unwrap();
    note!(golden, Read, "a value that was read" => f.call_one(4.0));
    elsewhere(&mut golden, &[line, line + 1]);
    let mut n = 0.0;
    let line = line!() + 3;
    let mut f = Replayed::new(|call: Call<'_, f64>| {
        n += 1.0;
        vec![call.input(0) * call.tape().constant(arr1(&[1.0, n]))]
    });
    f.call_one(3.0).unwrap();
    note!(golden, Impure, "a counter" => f.call_one(4.0));
    elsewhere(&mut golden, &[line]);
    let mut n = 0;
    let line = line!() + 3;
    let mut f = Replayed::new(|call: Call<'_, f64>| {
        n += 1;
        vec![if n == 1 { call.input(0).sin() } else { call.input(0).cos() }]
    });
    f.call_one(3.0).unwrap();
    note!(golden, Impure, "another row" => f.call_one(4.0));
    elsewhere(&mut golden, &[line]);
    let mut n = 0;
    let line = line!() + 3;
    let mut f = Replayed::new(|call: Call<'_, f64>| {
        n += 1;
        vec![call.input(0).take(0, [n, 0])]
    });
    f.call_one(arr1(&[1.0, 2.0, 3.0])).unwrap();
    note!(golden, Impure, "other indices" => f.call_one(arr1(&[1.0, 2.0, 3.0])));
    elsewhere(&mut golden, &[line]);

    fn at_once<F: for<'t> FnMut(Call<'t, f64>) -> Vec<Var<'t, f64>>>(f: F) -> F {
        f
    }
    let line = line!() + 1;
    let abs = at_once(|call| vec![if call.input(0) < 0.0 { -call.input(0) } else { call.input(0) }]);
    note!(golden, Branch, "examples of two paths" => Program::from_fn(abs, 1.0, -1.0));
    elsewhere(&mut golden, &[line]);
    let reads = at_once(|call| vec![call.input(0) * call.input(0).item()]);
    note!(golden, Read, "one example twice" => Program::from_fn(reads, 1.0, 1.0));
    let sum = at_once(|call| vec![call.input(0).sum()]);
    note!(golden, Signature, "examples of two shapes" => Program::from_fn(sum, 1.0, arr1(&[1.0])));
    let mut n = 0;
    let fails = at_once(|call| {
        n += 1;
        vec![call.input(0); n % 2]
    });
    let line = line!() + 1;
    note!(golden, Signature, "the second fails" => Program::from_fn(fails, 1.0, 2.0));
    golden.text = golden.text.replace(&format!("(at {}:{line}:", file!()), "(at HERE:");

    let mut f = Replayed::new(|_: Call<'_, f64>| Vec::new());
    note!(golden, Signature, "no outputs" => f.call_to_vec(1.0));
    assert!(f.is_empty());
    let mut f = Replayed::new(|call: Call<'_, f64>| vec![call.input(0)]).threads(0);
    note!(golden, Signature, "no threads" => f.call_one(1.0));
    let mut f = Replayed::new(|call: Call<'_, f64>| vec![call.state("w", 1.0)]);
    note!(golden, Signature, "no state yet" => f.try_state("w"));
    f.call_one(()).unwrap();
    note!(golden, Signature, "another state" => f.try_state("v"));
    note!(golden, Signature, "a state of another shape" => f.try_set_state("w", vec![1.0]));
    note!(golden, Signature, "two outputs of one" => f.call::<2>(()));
    golden.compare();
}

#[track_caller]
fn carried<'t>(call: Call<'t, f64>, vars: &[Var<'t, f64>]) -> Vec<Var<'t, f64>> {
    call.carry(vars.iter().map(|var| (*var, *var)));
    vec![]
}

#[test]
fn what_a_call_refuses() {
    let mut golden = Golden::new("call");
    let mut run = |title: &str, f: &dyn for<'t> Fn(Call<'t, f64>) -> Vec<Var<'t, f64>>, line: u32| {
        golden.panics(
            title,
            panic_of(|| Replayed::new(|call: Call<'_, f64>| f(call)).call_to_vec(1.0)),
            line,
        );
    };
    run("too few inputs", &|call| call.inputs::<2>().to_vec(), line!());
    run("no such input", &|call| vec![call.input(1)], line!());
    run("declared twice", &|call| vec![call.state("w", 1.0), call.state("w", 1.0)], line!());
    run("no state", &|call| carried(call, &[call.input(0)]), line!());
    run("carried twice", &|call| carried(call, &[call.state("w", 1.0); 2]), line!());
    let mut f = Replayed::new(|call: Call<'_, f64>| vec![call.state("w", 1.0)]);
    f.set_state("w", vec![1.0, 2.0]);
    let line = line!() - 2;
    golden.panics("another shape than was put in", panic_of(|| f.call_one(())), line);
    golden.compare();
}

/// What is carried on and is a result as well lies in one place.
#[test]
fn what_is_carried_is_an_output() {
    let mut f = Replayed::new(|call: Call<'_, f64>| {
        let (w, n) = (call.state("w", arr1(&[1.0, 2.0])), call.state("n", 1.0));
        let (w_next, n_next) = (w * 2.0 + call.input(0), n + 1.0);
        call.carry([(w, w_next), (n, n_next)]);
        vec![w_next, n_next, w, n]
    });
    let mut w = arr1(&[1.0, 2.0]);
    for i in 1..6 {
        let [w_next, n_next, w_now, n] = f.call(0.5).unwrap();
        assert_eq!((w_now, n[[]], n_next[[]]), (w.clone().into_dyn(), f64::from(i), f64::from(i + 1)));
        w = w * 2.0 + 0.5;
        assert_eq!((&w_next, f.state("w")), (&w.clone().into_dyn(), w.view().into_dyn()));
    }
}

#[test]
fn programs_at_once() {
    fn f(x: Var<'_, f64>) -> Vec<Var<'_, f64>> {
        vec![x.square().sum(), x.square().sum().backward()[x]]
    }
    let program =
        Program::from_fn(|call: Call<'_, f64>| f(call.input(0)), numbers(&[3], 1), numbers(&[3], 2)).unwrap();
    let x = numbers(&[3], 5);
    let tape = Tape::new();
    let expected = f(tape.leaf("x", &x));
    program
        .replay::<2>(&x)
        .unwrap()
        .iter()
        .zip(expected)
        .for_each(|(a, b)| assert_bits(a, &b.value().into_owned()));
    let step = Program::from_fn(
        |call: Call<'_, f64>| {
            let w = call.state("w", 8.0);
            call.carry([(w, w * call.input(0))]);
            vec![w]
        },
        0.5,
        0.25,
    );
    let step = step.unwrap();
    let mut workspace = step.workspace();
    (0..3).try_for_each(|_| step.run(&mut workspace, 0.5)).unwrap();
    assert_eq!((workspace.state("w")[[]], step.states()[0].name.as_str()), (1.0, "w"));
}

#[test]
fn inputs_of_every_kind() {
    let mut sum = Replayed::new(|call: Call<'_, f64>| {
        vec![call.list().iter().fold(call.tape().constant(0.0), |sum, x| sum + x.sum())]
    });
    let a = numbers(&[2, 3], 1);
    let owned = a.clone();
    let shared = a.clone().into_shared();
    for _ in 0..4 {
        let numbers: Vec<f64> = vec![1.0, 2.0];
        let inputs = (&a, a.t(), owned.clone(), shared.clone(), 1.5, &2.5, &numbers, &numbers[..1]);
        let expected = 4.0 * a.sum() + 4.0 + 4.0;
        assert!((sum.call_one(inputs).unwrap()[[]] - expected).abs() < 1e-12);
        assert_eq!(sum.call_one(()).unwrap()[[]], 0.0);
        let list: Vec<Input<'_, f64>> = vec![(&a).into(), 2.0.into()];
        assert!((sum.call_one(&list[..]).unwrap()[[]] - a.sum() - 2.0).abs() < 1e-12);
        assert!((sum.call_one([a.view(), a.t()]).unwrap()[[]] - 2.0 * a.sum()).abs() < 1e-12);
    }
}

/// What a call does not give has not happened: outputs are counted before state moves.
#[test]
fn a_call_that_fails_moves_nothing() {
    let mut f = Replayed::new(|call: Call<'_, f64>| {
        let w = call.state("w", 0.0);
        call.carry([(w, w + 1.0)]);
        vec![w, w]
    });
    let mut scalar = 0.0;
    for _ in 0..4 {
        assert_eq!(f.call_one(()).unwrap_err().kind(), ErrorKind::Signature);
        assert!(f.call_into((), &mut scalar).is_err());
    }
    let seen: Vec<f64> = (0..4).map(|_| f.call::<2>(()).unwrap()[0][[]]).collect();
    assert_eq!(seen, [0.0, 1.0, 2.0, 3.0]);
    assert!(f.call_one(()).is_err() && f.state("w")[[]] == 4.0); // nor when it is replayed
}

/// A list of numbers is a list of inputs, and those that nobody asks for are not passed over.
#[test]
fn inputs_that_nobody_asks_for() {
    let mut f = Replayed::new(|call: Call<'_, f64>| vec![call.input(0).sum()]);
    let error = f.call_one(vec![1.0, 2.0, 3.0]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Signature);
    assert!(error.to_string().contains("gives 3 inputs, and the function asks for 1"), "{error}");
    assert_eq!(f.call_one((vec![1.0, 2.0, 3.0],)).unwrap()[[]], 6.0);
    assert_eq!(f.call_one(([1.0, 2.0, 3.0],)).unwrap()[[]], 6.0);
    let tape = Tape::<f64>::new();
    let x = tape.leaf("x", [1.0, 2.0]);
    let error = tape.program(x, x.sum()).unwrap().replay_one(vec![1.0, 2.0]).unwrap_err();
    assert!(error.to_string().contains("(vec![1.0, 2.0],)"), "{error}");
}

#[test]
fn state_that_nobody_declared() {
    let mut f = Replayed::new(|call: Call<'_, f64>| vec![call.state("w", 1.0)]);
    f.set_state("w", 5.0); // before the first call nothing is known
    assert_eq!(f.call_one(()).unwrap()[[]], 5.0);
    assert!(f.try_set_state("W", 7.0).unwrap_err().to_string().contains("declared `w`"));
    f.set_state("w", 6.0);
    assert_eq!(f.call_one(()).unwrap()[[]], 6.0);
}

#[test]
fn results_of_an_earlier_run_are_gone() {
    let tape = Tape::<f64>::new();
    let x = tape.leaf("x", [1.0, 2.0]);
    let program = tape.program(x, x.sum()).unwrap();
    let mut own = program.workspace();
    for wrong in [arr1(&[1.0]), arr1(&[1.0, 2.0, 3.0])] {
        program.run(&mut own, arr1(&[3.0, 4.0])).unwrap();
        assert!(program.run(&mut own, &wrong).is_err() && own.try_output(0).is_err());
    }
}
