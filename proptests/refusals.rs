//! Shapes and arguments that are refused: the mend that an error advises makes the operation go, and with the shape
//! that was to be expected; and whatever is called with whatever, there is a result or an error that is meant for the
//! caller.

use crate::strategies::{config, shapes};
use ndarray::{ArrayD, IxDyn};
use proptest::collection::vec;
use proptest::prelude::*;
use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Once;
use wengert::{Error, Tape, Var};

fn zeros(shape: &[usize]) -> ArrayD<f64> {
    ArrayD::zeros(IxDyn(shape))
}

/// The shape in `text` after `before`: `(2, 3)`, `(4,)` or `()`.
fn shape_after(text: &str, before: &str) -> Option<Vec<usize>> {
    let rest = text.split_once(before)?.1.strip_prefix('(')?.split_once(')')?.0;
    rest.split(',').map(str::trim).filter(|n| !n.is_empty()).map(|n| n.parse().ok()).collect()
}

/// The numbers of all `call(number)` in a text.
fn numbers_of(text: &str, call: &str) -> Vec<isize> {
    let calls = text.split(call).skip(1);
    calls.filter_map(|rest| rest.strip_prefix('(')?.split_once(')')?.0.parse().ok()).collect()
}

/// Does to the operands what the error advises, in each way that it offers.
fn mended<'t>(error: &Error, [a, b]: [Var<'t, f64>; 2]) -> Vec<(String, [Var<'t, f64>; 2])> {
    let text = error.to_string();
    let text = text.split(" (at ").next().unwrap().to_owned();
    let mend = text.split_once(". ").map_or("", |(_, mend)| mend).to_owned();
    let mut ways = Vec::new();
    let named = shape_after(&mend, "the operand of shape ");
    for place in numbers_of(&mend, "`unsqueeze") {
        let shape = named.clone().expect("it says which");
        let widen = |x: Var<'t, f64>| if x.shape() == shape { x.unsqueeze(place) } else { x };
        ways.push((format!("unsqueeze({place})"), [widen(a), widen(b)]));
    }
    if let Some(to) = shape_after(&mend, "`reshape") {
        let shape = named.clone().unwrap_or_else(|| b.shape());
        let bring = |x: Var<'t, f64>| if x.shape() == shape { x.reshape(to.as_slice()) } else { x };
        ways.push(("reshape".into(), [bring(a), bring(b)]));
    }
    let turn = |x: Var<'t, f64>| if mend.contains("`t()`") { x.t() } else { x.swap_axes(-1, -2) };
    if mend.contains("`t()`") || mend.contains("`swap_axes(-1, -2)`") {
        if mend.contains("the second") || mend.contains("transpose them") {
            ways.push(("the second turned".into(), [a, turn(b)]));
        } else if mend.contains("the first") {
            ways.push(("the first turned".into(), [turn(a), b]));
        } else {
            ways.push(("the one turned".into(), [turn(a), b]));
            ways.push(("the other turned".into(), [a, turn(b)]));
        }
    }
    if let Some(to) = shape_after(&mend, "to shape ") {
        let mut whole = |x: Var<'t, f64>, both: &dyn Fn(Var<'t, f64>) -> [Var<'t, f64>; 2]| {
            ways.push(("broadcast_to".into(), both(x.broadcast_to(to.as_slice()))));
        };
        whole(a, &|a| [a, b]);
        whole(b, &|b| [a, b]);
    }
    ways
}

proptest! {
    #![proptest_config(config(1))]

    /// A sum: once mended, the result has the shape of one of the operands, or the one that the error named.
    #[test]
    fn advice_on_elementwise_operations(a in shapes(0..=4), b in shapes(0..=4)) {
        let tape = Tape::<f64>::new();
        let operands = [tape.leaf("a", zeros(&a)), tape.leaf("b", zeros(&b))];
        let Err(error) = operands[0].try_add(operands[1]) else { return Ok(()) };
        prop_assert_eq!(error.operation(), "add");
        for (way, [a, b]) in mended(&error, operands) {
            let sum = a.try_add(b);
            prop_assert!(sum.is_ok(), "{} does not help: {}", way, error);
            let sum = sum.unwrap().shape();
            prop_assert!(sum == a.shape() || sum == b.shape(), "{}: {:?} after {}", way, sum, error);
        }
    }

    /// A loss: once mended, both have one shape, and as many elements as before.
    #[test]
    fn advice_on_losses(a in shapes(0..=3), b in shapes(0..=3)) {
        let tape = Tape::<f64>::new();
        let operands = [tape.leaf("a", zeros(&a)), tape.leaf("b", zeros(&b))];
        let result = operands[0].try_mse(operands[1]);
        prop_assert_eq!(result.is_ok(), a == b || b.is_empty(), "{:?} and {:?}", a, b);
        let Err(error) = result else { return Ok(()) };
        prop_assert_eq!(error.operation(), "mse");
        for (way, [a, b]) in mended(&error, operands) {
            prop_assert!(a.try_mse(b).is_ok() && a.shape() == b.shape(), "{}: {}", way, error);
        }
    }

    #[test]
    fn advice_on_products(a in shapes(0..=3), b in shapes(0..=3)) {
        let tape = Tape::<f64>::new();
        let operands = [tape.leaf("a", zeros(&a)), tape.leaf("b", zeros(&b))];
        let Err(error) = operands[0].try_matmul(operands[1]) else { return Ok(()) };
        for (way, [a, b]) in mended(&error, operands) {
            let product = a.try_matmul(b);
            // The stacks may differ as well.
            let stacks = product.as_ref().is_err_and(|error| error.to_string().contains("stacks"));
            prop_assert!(stacks || product.is_ok(), "{} does not help: {}", way, error);
        }
    }

    /// A layer gives (…, h), whatever the bias; and it takes none that would make anything else of it.
    #[test]
    fn advice_on_layers(x in shapes(1..=3), w in shapes(2..=2), b in shapes(0..=3)) {
        let tape = Tape::<f64>::new();
        let [x, w, b] = [&x, &w, &b].map(|shape| tape.leaf("x", zeros(shape)));
        let right = |w: Var<'_, f64>| [&x.shape()[..x.ndim() - 1], &w.shape()[..1]].concat();
        match x.try_linear(w, b) {
            Ok(y) => {
                prop_assert_eq!(y.shape(), right(w));
                prop_assert!(b.ndim() == 0 || b.len() == w.shape()[0]);
            }
            Err(error) => {
                for (way, [w, b]) in mended(&error, [w, b]) {
                    // The weights turned, the bias may be the next to be refused.
                    let turned = if way == "reshape" { w } else { operands_turned(w, &way) };
                    match x.try_linear(turned, b) {
                        Ok(y) => prop_assert_eq!(y.shape(), right(turned)),
                        Err(next) => prop_assert!(next.to_string().contains("a bias is"), "{}: {}, {}", way, error, next),
                    }
                }
            }
        }
    }

    #[test]
    fn advice_on_joining(a in shapes(1..=3), b in shapes(1..=3), axis in 0..3_isize) {
        let tape = Tape::<f64>::new();
        let operands = [tape.leaf("a", zeros(&a)), tape.leaf("b", zeros(&b))];
        let Err(error) = tape.try_concat(axis, operands) else { return Ok(()) };
        for (way, operands) in mended(&error, operands) {
            prop_assert!(tape.try_concat(axis, operands).is_ok(), "{}: {}", way, error);
        }
        let text = error.to_string();
        if let Some((_, rest)) = text.split_once("They fit along axis ") {
            let other = rest.split('.').next().unwrap().parse::<isize>().unwrap();
            prop_assert!(tape.try_concat(other, operands).is_ok(), "{}", error);
        }
        let Err(error) = tape.try_stack(0, operands) else { return Ok(()) };
        for other in numbers_of(&error.to_string().replace(", …", ""), "`concat") {
            prop_assert!(tape.try_concat(other, operands).is_ok(), "{}", error);
        }
    }
}

/// The weights as the advice turns them: `mended` turns the second, which here is the bias.
fn operands_turned<'t>(w: Var<'t, f64>, way: &str) -> Var<'t, f64> {
    if way.contains("turned") { w.t() } else { w }
}

thread_local! {
    /// The panics of this thread, once it expects some.
    static PANICS: RefCell<Option<Vec<(String, String)>>> = const { RefCell::new(None) };
}

/// What `run` panics with, and in which file, if it does.
fn panic_of(run: impl FnOnce()) -> Option<(String, String)> {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let print = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            PANICS.with_borrow_mut(|panics| match panics {
                Some(panics) => {
                    let text = info.payload().downcast_ref::<String>().cloned();
                    let file = info.location().map_or(String::new(), |at| at.file().to_owned());
                    panics.push((text.unwrap_or_else(|| "no text".into()), file));
                }
                None => print(info),
            });
        }));
    });
    PANICS.set(Some(Vec::new()));
    let result = catch_unwind(AssertUnwindSafe(run));
    let panics = PANICS.take().unwrap_or_default();
    result.err().and_then(|_| panics.into_iter().next())
}

/// Calls one of the methods that take operands, axes, sizes or indices, and may refuse them.
#[allow(clippy::too_many_lines)] // One line a method.
fn call<'t>(
    which: usize,
    tape: &'t Tape<f64>,
    [a, b]: [Var<'t, f64>; 2],
    n: &[isize],
    m: &[usize],
) -> Var<'t, f64> {
    let (i, j) = (n[0], n[1]);
    let (u, v) = (m[0], m[1]);
    match which {
        0 => a + b,
        1 => a.pow(b),
        2 => a.lt(b),
        3 => a.select(b, 1.0),
        4 => a.select(1.0, b),
        5 => a.clamp(b, 1.0),
        6 => a.matmul(b),
        7 => a.outer(b),
        8 => a.linear(b, a),
        9 => a.linear(b, b),
        10 => a.mse(b),
        11 => a.cross_entropy(m),
        12 => a.cross_entropy_with(b),
        13 => a.reshape(m),
        14 => a.broadcast_to(m),
        15 => a.permute(n),
        16 => a.swap_axes(i, j),
        17 => a.narrow(i, u, v),
        18 => a.squeeze(n),
        19 => a.unsqueeze(n),
        20 => a.flip(n),
        21 => a.pad_with([(u, v), (v, u)], 1.5),
        22 => a.take(i, m),
        23 => a.scatter_add(i, m, v),
        24 => tape.concat(i, [a, b]),
        25 => tape.stack(i, [a, b, a]),
        26 => a.sum_axis(n),
        27 => a.amax(i) + a.amin([i]),
        28 => a.prod_axis(n),
        29 => a.cumsum(n),
        30 => a.mean_axis(i),
        31 => a.var_axis(n, 1.0),
        32 => a.std_axis(i, 0.0),
        33 => a.norm_axis(n),
        34 => a.logsumexp(n),
        35 => a.softmax(i),
        36 => a.log_softmax(n),
        37 => a.max() - a.min(),
        38 => (a.sin() * b).backward()[a],
        39 => (a * a).backward_with(b)[a],
        40 => (a.exp() * a).jvp([(a, b)]),
        41 => tape.constant(a.item()),
        42 => a.slice([ndarray::SliceInfoElem::Slice { start: i, end: Some(j), step: i }]),
        43 => a.slice([ndarray::SliceInfoElem::Index(i), ndarray::SliceInfoElem::NewAxis]),
        44 => {
            if a < b {
                a
            } else {
                b
            }
        }
        _ => a.max().backward()[a] + a.prod().backward()[a],
    }
}

const METHODS: usize = 46;

proptest! {
    #![proptest_config(config(1))]

    /// Whatever is called with whatever: it gives a result, or panics in this file with the text of an error.
    #[test]
    fn nothing_panics_with_words_of_its_own(
        shapes in [shapes(0..=3), shapes(0..=3)],
        calls in vec((0..METHODS, vec(-4..4_isize, 2..4), vec(0..4_usize, 2..4), 0..12_usize, 0..12_usize), 1..12),
        limit in prop_oneof![3 => Just(usize::MAX), 1 => 0..4000_usize],
    ) {
        let tape = Tape::<f64>::new();
        let rows: RefCell<Vec<Var<'_, f64>>> = RefCell::default();
        rows.borrow_mut().extend(shapes.iter().map(|shape| tape.leaf("x", zeros(shape) + 0.5)));
        tape.limit_bytes(limit);
        for (which, n, m, first, second) in &calls {
            let operands = {
                let rows = rows.borrow();
                [rows[first % rows.len()], rows[second % rows.len()]]
            };
            let panic = panic_of(|| {
                let result = call(*which, &tape, operands, n, m);
                if result.len() <= 10_000 {
                    rows.borrow_mut().push(result);
                }
            });
            if let Some((text, file)) = panic {
                let place = format!(" (at {file}:");
                prop_assert!(
                    file.ends_with("refusals.rs") && text.contains(&place),
                    "method {} of {:?} with {:?} and {:?}: {} in {}",
                    which, operands.map(Var::shape), n, m, text, file
                );
            }
        }
        prop_assert!(tape.verify().is_ok());
    }
}
