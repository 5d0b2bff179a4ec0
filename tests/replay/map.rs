//! Many inputs at once: each lane has the bits of a replay by itself, or is named in the error.

use super::{assert_bits, numbers};
use ndarray::{ArrayD, Axis, arr1, arr2, s};
use wengert::{Arithmetic, ErrorKind, Float, Mapped, MappedWorkspace, Program, Tape, Var};

/// Replays a program lane by lane, and mapped: inputs whose place is in `shared` are the same for all lanes.
#[track_caller]
fn assert_mapped<T: Float>(program: &Program<T>, lanes: usize, shared: &[usize], at_once: Option<usize>) {
    let mut builder = shared.iter().fold(program.map_builder(lanes), |builder, input| builder.shared(*input));
    if let Some(at_once) = at_once {
        builder = builder.at_once(at_once);
    }
    let mapped: Mapped<T> = builder.build().unwrap();
    let inputs = mapped.inputs().iter().enumerate();
    let inputs: Vec<ArrayD<T>> = inputs.map(|(i, port)| numbers(&port.shape, i).mapv(T::from_f64)).collect();
    let mut workspace = mapped.workspace();
    mapped.run(&mut workspace, &inputs).unwrap();
    for lane in 0..lanes {
        let own = inputs.iter().enumerate().map(|(i, input)| {
            if shared.contains(&i) { input.clone() } else { input.index_axis(Axis(0), lane).to_owned() }
        });
        let own = program.replay_to_vec(own.collect::<Vec<_>>()).unwrap();
        for (i, own) in own.iter().enumerate() {
            assert_bits(&workspace.output(i).index_axis(Axis(0), lane).to_owned(), own);
        }
    }
}

/// Every choice of shared inputs, and pieces of several sizes.
fn assert_in_all_ways<T: Float>(program: &Program<T>) {
    let inputs = program.inputs().len();
    for choice in 0..1_usize << inputs {
        let shared: Vec<usize> = (0..inputs).filter(|i| choice >> i & 1 == 1).collect();
        for (lanes, at_once) in [(0, None), (1, None), (7, None), (7, Some(1)), (7, Some(3)), (33, Some(16))]
        {
            assert_mapped(program, lanes, &shared, at_once);
        }
    }
}

fn layers<T: Float>() {
    for [m, k, n] in [[3, 5, 4], [1, 5, 4], [3, 5, 1], [1, 5, 1], [3, 1, 4], [70, 300, 20], [2, 0, 3]] {
        let tape = Tape::<T>::new();
        let leaf = |name, shape: &[usize], seed| tape.leaf(name, numbers(shape, seed).mapv(T::from_f64));
        let [x, w, b] = [leaf("x", &[m, k], 1), leaf("w", &[n, k], 2), leaf("b", &[n], 3)];
        let z = x.linear(w, b);
        let loss = z.relu().square().mean();
        let grads = loss.backward();
        let program = tape.program([x, w, b], [loss, z, grads[x], grads[w], grads[b]]).unwrap();
        assert_in_all_ways(&program);
    }
}

#[test]
fn products_are_one_or_a_stack_to_the_bit() {
    layers::<f32>();
    layers::<f64>();
}

/// Reductions along each axis and all of them, longer than the blocks that sums are made of, and of nothing.
#[test]
fn reductions_keep_the_order_of_each_lane() {
    for shape in [&[3, 2000][..], &[2000, 3], &[2, 40, 30], &[0, 3], &[3, 0]] {
        let tape = Tape::<f64>::new();
        let (x, y) = (tape.leaf("x", numbers(shape, 1)), tape.leaf("y", 0.5));
        let each = (0..shape.len()).flat_map(|axis| [(x * y).sum_axis(axis), x.cumsum(axis).sum_axis(axis)]);
        let mut outputs: Vec<Var<'_, f64>> = each.collect();
        outputs.extend([x.sum() + y, x.norm(), x.exp().sum() * y]);
        if !shape.contains(&0) {
            outputs.extend([x.max(), x.log_softmax(-1), x.std(1.0)]);
        }
        outputs.push(outputs[0].sum().backward()[x]);
        assert_in_all_ways(&tape.program([x, y], outputs).unwrap());
    }
}

#[test]
fn what_moves_elements_moves_those_of_each_lane() {
    let tape = Tape::<f32>::new();
    let x = tape.leaf("x", numbers(&[3, 4], 1).mapv(f32::from_f64));
    let y = tape.leaf("y", numbers(&[2, 4], 2).mapv(f32::from_f64));
    let joined = tape.concat(0, [x, y]);
    let outputs = [
        joined,
        joined.t().flip([0]),
        x.slice(s![.., 1..]).pad_with([(1, 0), (0, 2)], 2.0),
        x.sort(0),
        x.argsort(-1),
        x.argmax(0),
        x.take(0, [2, 0]),
        joined.slice(s![..;2, ..;-1]).matmul(y.t()),
        x.slice(s![1, 2]),
        y.topk(2, 1).0,
    ];
    let program =
        tape.program([x, y], outputs.into_iter().chain([joined.sort(1).square().sum().backward()[y]]));
    assert_in_all_ways(&program.unwrap());
}

/// Numbers alone, which run many lanes wide: plain arithmetic, kernels of one to three operands, elements of an array.
#[test]
pub fn numbers_run_wide() {
    let tape = Tape::<f64>::new();
    let (a, b, x) = (tape.leaf("a", 0.5), tape.leaf("b", -1.5), tape.leaf("x", arr1(&[1.0, 2.0, 3.0])));
    let y = (0..50).fold(a, |y, _| {
        let z = (y * b - a).sin() / (y.exp() + 1.5);
        z.gt(b).select(z, -b) + x.slice(s![1])
    });
    let grads = y.backward();
    let program = tape.program([a, b, x], [y, grads[a], grads[b]]).unwrap();
    assert!(program.report().instructions().iter().all(|each| each.starts_with("numbers")));
    for lanes in [0, 1, 2, 15, 16, 17, 32, 100] {
        for shared in [&[][..], &[0], &[1, 2], &[0, 1, 2]] {
            assert_mapped(&program, lanes, shared, None);
        }
    }
}

#[test]
pub fn threads_share_the_lanes() {
    let tape = Tape::<f64>::new();
    let (x, w) = (tape.leaf("x", numbers(&[20, 30], 1)), tape.leaf("w", numbers(&[30, 10], 2)));
    let loss = x.matmul(w).tanh().square().sum();
    let outputs = [loss, loss.backward()[w]];
    for threads in [1, 2, 3, 8] {
        let program = tape.program_builder([x, w], outputs).threads(threads).build().unwrap();
        assert_mapped(&program, 100, &[1], None); // Enough work to be shared.
        assert_mapped(&program, 11, &[], Some(2));
        let numbers = tape.program_builder([x], x.slice(s![1, 2]).exp()).threads(threads).build().unwrap();
        assert_mapped(&numbers, 11, &[], Some(1));
        assert_mapped(&numbers, 100, &[], Some(1));
    }
}

#[test]
fn inputs_may_lie_as_they_like() {
    let tape = Tape::<f32>::new();
    let (x, n) = (tape.leaf("x", numbers(&[3, 2], 1).mapv(f32::from_f64)), tape.indices("n", [1, 0]));
    let program = tape.program([x, n], x.take(0, n)).unwrap();
    let mapped = program.map(4).unwrap();
    let xs = numbers(&[4, 3, 2], 5).mapv(f32::from_f64);
    let ns = arr2(&[[0_u8, 1], [2, 2], [1, 0], [0, 0]]);
    let expected = mapped.replay_one((&xs, &ns)).unwrap();
    for lane in 0..4 {
        let own = program.replay_one((xs.index_axis(Axis(0), lane), ns.row(lane))).unwrap();
        assert_bits(&expected.index_axis(Axis(0), lane).to_owned(), &own);
    }
    // Lanes last in memory, backwards, every second of them.
    let mut turned = xs.clone().permuted_axes(vec![1, 2, 0]).as_standard_layout().into_owned();
    turned.swap_axes(0, 2);
    turned.swap_axes(1, 2);
    assert!(turned == xs && !turned.is_standard_layout());
    assert_bits(&mapped.replay_one((&turned, &ns)).unwrap(), &expected);
    let mut workspace = mapped.workspace();
    let mut out = ArrayD::zeros(vec![2, 4, 2]).permuted_axes(vec![1, 0, 2]);
    mapped.replay_into(&mut workspace, (turned.view(), ns.mapv(i64::from)), &mut out).unwrap();
    assert_bits(&out, &expected);
}

/// A program with two guards and a state, and its line numbers.
fn guarded(tape: &Tape<f64>) -> (Program<f64>, [u32; 2]) {
    let (x, w) = (tape.leaf("x", 0.5), tape.leaf("w", 1.0));
    let y = if x > 0.0 { x * w } else { x };
    let y = if y < 10.0 { y } else { y * 0.5 };
    let lines = [line!() - 2, line!() - 1];
    (tape.program_builder(x, y).carry([(w, w + x)]).build().unwrap(), lines)
}

#[test]
fn an_error_names_the_line_and_all_lanes() {
    let tape = Tape::new();
    let (program, [first, second]) = guarded(&tape);
    let mapped = program.map(40).unwrap();
    let mut workspace = mapped.workspace();
    let good = arr1(&[1.0; 40]);
    mapped.run(&mut workspace, &good).unwrap();
    let before = workspace.state("w").to_owned();
    let mut bad = good.clone();
    bad.slice_mut(s![20..23]).fill(-1.0); // at the first guard, in the second piece
    bad[39] = f64::NAN;
    bad[3] = 10.0; // 20 is too much for the second
    let error = mapped.run(&mut workspace, &bad).unwrap_err();
    assert_eq!(error.lanes(), [3, 20, 21, 22, 39]);
    assert_eq!(error.kind(), ErrorKind::Branch);
    let text = error.to_string();
    let file = file!();
    let [own, others] = [
        format!("in lane 3 of 40, the comparison row %2 (mul of `x` and `w`) < 10.0 at {file}:{second}:"),
        format!(
            "of all lanes, 5 failed: lane 3 there and lanes 20 to 22, 39 at {file}:{first}; there are no outputs, and what is carried is as it was"
        ),
    ];
    assert!(text.starts_with(&format!("run: {own}")), "{text}");
    assert!(text.contains(&others) && text.contains("(20.0 against 10.0)"), "{text}");
    assert!(text.contains("`error.lanes()`"), "{text}");
    // No lane has moved on, and the next run goes on from there.
    assert!(workspace.try_output(0).is_err());
    assert_bits(&workspace.state("w").to_owned(), &before);
    mapped.run(&mut workspace, &good).unwrap();
    assert_bits(&workspace.state("w").to_owned(), &arr1(&[3.0; 40]).into_dyn());
    assert!(error.location().line() < line!() && error.location().file() == file);
}

#[test]
fn an_index_that_is_no_place_names_its_lanes() {
    let tape = Tape::<f64>::new();
    let (x, n) = (tape.leaf("x", arr1(&[1.0, 2.0])), tape.indices("n", [0, 1, 0]));
    let y = x.take(0, n);
    let y = if y.sum() < 100.0 { y } else { -y }; // compared after
    let y = if y.slice(s![1]) > 0.5 { y } else { -y }; // where the stray index brings nothing
    let program = tape.program([x, n], y).unwrap();
    let (xs, ns) = (arr2(&[[1.0, 2.0], [3.0, 400.0], [5.0, 6.0]]), arr2(&[[0, 1, 1], [1, 1, 1], [1, 7, 0]]));
    let error = program.map(3).unwrap().replay_one((&xs, &ns)).unwrap_err();
    assert_eq!(error.lanes(), [1, 2]);
    let single = program.replay_one((xs.row(2), ns.row(2))).unwrap_err();
    let text = program.map(3).unwrap().replay_one((xs.mapv(|x| x.min(9.0)), &ns)).unwrap_err().to_string();
    let single = single.to_string();
    let what = single["take: ".len()..].split(" (recorded").next().unwrap();
    assert!(text.starts_with(&format!("take: in lane 2 of 3, {what}")), "{text}");
    // The same in all lanes, if they share it.
    let shared = program.map_builder(3).shared("x").shared("n").build().unwrap();
    assert_eq!(shared.replay_one((xs.row(0), ns.row(2))).unwrap_err().lanes(), [0, 1, 2]);
}

#[test]
fn each_lane_carries_its_own() {
    let tape = Tape::<f64>::new();
    let [x, w] = [tape.leaf("x", arr1(&[0.5, -1.0])), tape.leaf("w", arr1(&[1.0, 2.0]))];
    let n = tape.leaf("n", 0.0);
    let loss = (x * w).sum().square();
    let next = w - loss.backward()[w] * 0.125;
    let builder = tape.program_builder(x, [loss, w, n]);
    // One that lanes have in common after a run, and one that changes places.
    let program = builder.carry([(w, next), (n, n + 1.0)]).build().unwrap();
    let mapped = program.map_builder(5).at_once(2).build().unwrap();
    let mut workspace = mapped.workspace();
    let mut alone: Vec<_> = (0..5).map(|_| program.workspace()).collect();
    let same = |workspace: &MappedWorkspace<f64>, alone: &[wengert::Workspace<f64>]| {
        for (lane, alone) in alone.iter().enumerate() {
            for ((_, lanes), (_, own)) in workspace.states().zip(alone.states()) {
                assert_bits(&lanes.index_axis(Axis(0), lane).to_owned(), &own.to_owned());
            }
        }
    };
    for run in 0..4 {
        let xs = numbers(&[5, 2], run);
        mapped.run(&mut workspace, &xs).unwrap();
        for (lane, alone) in alone.iter_mut().enumerate() {
            program.run(alone, xs.index_axis(Axis(0), lane)).unwrap();
        }
        same(&workspace, &alone);
    }
    // For all lanes, for each, and back.
    workspace.set_state("w", arr1(&[3.0, 4.0]));
    workspace.set_state("n", arr1(&[0.0, 1.0, 2.0, 3.0, 4.0]));
    assert!(workspace.try_output(0).is_err());
    for (lane, alone) in alone.iter_mut().enumerate() {
        alone.set_state("w", arr1(&[3.0, 4.0]));
        alone.set_state("n", [0.0, 1.0, 2.0, 3.0, 4.0][lane]);
    }
    same(&workspace, &alone);
    let refused = workspace.try_set_state("w", arr1(&[1.0])).unwrap_err().to_string();
    assert!(refused.starts_with("state: state w has shape (5, 2), and in each lane (2,)"), "{refused}");
    workspace.reset();
    same(&workspace, &[0; 5].map(|_| program.workspace()));
    // A clone goes its own way.
    let kept = workspace.clone();
    mapped.run(&mut workspace, numbers(&[5, 2], 0)).unwrap();
    same(&kept, &[0; 5].map(|_| program.workspace()));
}

#[test]
fn what_cannot_be_is_refused_in_words() {
    let tape = Tape::<f64>::new();
    let (x, w) = (tape.leaf("x", arr1(&[1.0, 2.0])), tape.leaf("w", arr1(&[1.0, 1.0])));
    let program = tape.program_builder(x, x * w).carry([(w, w + x)]).build().unwrap();
    let refused = |error: wengert::Error, start: &str, part: &str| {
        let text = error.to_string();
        assert!(text.starts_with(start) && text.contains(part), "{text}");
        assert_eq!((error.location().file(), error.lanes()), (file!(), &[][..]), "{text}");
    };
    let build = |input: &str| program.map_builder(3).shared(input).build().unwrap_err();
    refused(
        build("w"),
        "map: `w` is carried, and what all lanes share cannot be",
        "each lane starts from the same",
    );
    refused(build("y"), "map: there is no input `y`: the program takes `x`", "`program.inputs()`");
    let at = program.map_builder(3).shared(4).build().unwrap_err();
    refused(at, "map: there is no input 4: the program takes 1 array, counted from 0", "");
    refused(program.map_builder(3).at_once(0).build().unwrap_err(), "map: no program runs 0 lanes", "");
    refused(program.map(usize::MAX).unwrap_err(), "map: a workspace of", "Map fewer lanes");
    let mapped = program.map(3).unwrap();
    let one = mapped.replay_one(arr1(&[1.0, 2.0])).unwrap_err();
    refused(
        one,
        "replay: input 0, `x`, has shape (3, 2)",
        "Stack one of shape (2,) for each of the 3 lanes along a new first axis; or say that they share it: \
         `program.map_builder(3).shared(\"x\")`",
    );
    let other = mapped.run(&mut program.map(3).unwrap().workspace(), numbers(&[3, 2], 1)).unwrap_err();
    refused(other, "run: the workspace was made by another mapped program", "`mapped.workspace()`");
    refused(mapped.replay::<2>(&numbers(&[3, 2], 1)).unwrap_err(), "replay: 2 outputs are asked for", "");
    let into = mapped.replay_into(&mut mapped.workspace(), numbers(&[3, 2], 1), &mut arr1(&[0.0; 2]));
    refused(into.unwrap_err(), "replay: output 0, row %2, has shape (3, 2)", "");
    let whole = mapped.replay_one(arr1(&[1, 2])).unwrap_err();
    refused(whole, "replay: input 0, `x`, has shape (3, 2)", "");
}

#[test]
fn mapped_programs_are_shared_between_threads() {
    fn is_shared<S: Send + Sync>() {}
    is_shared::<Mapped<f32>>();
    is_shared::<MappedWorkspace<f64>>();
    is_shared::<wengert::MapBuilder<f64>>();
    let tape = Tape::<f64>::new();
    let x = tape.leaf("x", 1.0);
    let mapped = tape.program(x, x.exp()).unwrap().map(20).unwrap();
    drop(tape);
    let xs = numbers(&[20], 1);
    let expected = mapped.replay_one(&xs).unwrap();
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| assert_bits(&mapped.clone().replay_one(&xs).unwrap(), &expected));
        }
    });
    assert_eq!(mapped.to_string(), "f64: 20 lanes of x (20,) -> %1 (20,)");
    assert!(format!("{mapped:?} {:?}", mapped.workspace()).contains("complete: false"));
}
