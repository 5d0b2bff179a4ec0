//! Random formulas × random versions of their gradients, right and wrong: nothing makes the examiner panic, what is wrong
//! beyond doubt is caught, and the tape's own gradient is never called wrong.
//!
//! `WENGERT_FUZZ=20000 cargo test -p tests -- tester::fuzz --nocapture` tries as many pairs, from the seed in `WENGERT_SEED`;
//! `WENGERT_PAIR=1019369` that one alone.

#![allow(clippy::match_same_arms, clippy::neg_cmp_op_on_partial_ord)] // Kinds stay apart; a NaN is far off.

use ndarray::{ArrayD, Axis, IxDyn, Slice};
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind, panic_any};
use wengert::check::{self, FailureKind};
use wengert::{Float, Tape, Var};

/// Pairs in a plain run.
const PAIRS: u64 = 100;

/// Numbers from a seed (G. L. Steele and others, `SplitMix`, 2014).
#[derive(Clone)]
pub struct Source(u64);

impl Source {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, n: usize) -> usize {
        usize::try_from(self.next() % n as u64).expect("below a usize")
    }
}

/// A formula: what is done, one number a step; which operands there are depends on ranks alone, so that it is the
/// same formula on every shape.
#[derive(Clone, Debug)]
struct Formula {
    seed: u64,
    steps: usize,
}

impl Formula {
    fn record<'t, T: Float>(&self, x: Var<'t, T>, w: Var<'t, T>) -> Var<'t, T> {
        let mut source = Source(self.seed);
        let c = T::from_f64;
        let (tape, mut y) = (x.tape(), if source.below(2) == 0 { x } else { x * c(1.5) });
        let mut rows = vec![x, w];
        for _ in 0..self.steps {
            let (rank, axis) = (y.shape().len(), source.below(y.shape().len().max(1)));
            let other = rows[source.below(rows.len())];
            // Numbers meet everything, and what has one shape by its making.
            let other = if other.shape() == y.shape() { other } else { other.sum() };
            y = match source.below(44) {
                0 => y.tanh(),
                1 => (y * c(0.1)).exp(),
                2 => y.relu(),
                3 => y.abs(),
                4 => y.square(),
                5 => y.sqrt(),
                6 => y.log(),
                7 => y.sin(),
                8 => y.logistic(),
                9 => y.reciprocal(),
                10 => y.pow(c(3.0)),
                11 => y.pow(c(2.5)),
                12 => y.sign(),
                13 => y + other,
                14 | 15 => y * other,
                16 => y - other * c(0.5),
                17 => y / other,
                18 => y.maximum(other),
                19 => y.minimum(c(0.5)),
                20 if rank > 0 => y.sum_axis(axis),
                21 if rank > 0 => y.mean_axis(axis),
                22 if rank > 0 => y.amax(axis),
                23 if rank > 0 => y.softmax(axis),
                24 if rank > 0 => y.logsumexp(axis),
                25 if rank > 0 => y.sort(axis),
                26 if rank > 0 => y.cumsum(axis),
                27 if rank > 1 => y.t(),
                28 if rank > 0 => tape.concat(axis, [y, y.sin()]),
                29 if rank > 0 && y.shape()[axis] > 0 => {
                    let places = tape.indices("places", ndarray::arr1(&[0_i64, 0]));
                    y.take(axis, places)
                }
                30 if rank > 0 => y.take_along(axis, y.argsort(axis)),
                31 => y.gt(c(0.3)).select(y, y * y),
                32 => y.ge(c(0.0)).select(y, c(f64::NEG_INFINITY)),
                33 if rank > 0 => y.log_softmax(axis),
                34 if rank > 0 => y.unsqueeze(axis),
                35 => y + y,
                36 => y.sum(),
                37 => y.softplus(),
                38 if rank == 2 => y.matmul(y.t()),
                39 => y.clamp(c(-1.0), c(1.0)),
                40 => y.erf(),
                41 if rank > 0 => y.flip(axis),
                42 => y * c(1e30),
                _ => y - c(1.0),
            };
            rows.push(y);
        }
        // The second input has an influence, or none.
        if source.below(4) == 0 { y } else { y * (w * c(0.25)).sum() }
    }

    /// Value and gradients in another precision.
    fn elsewhere<T: Float, U: Float>(
        &self,
        dy: &ArrayD<T>,
        x: &ArrayD<T>,
        w: &ArrayD<T>,
    ) -> (Vec<f64>, Vec<Vec<f64>>) {
        let [dy, x, w] = [dy, x, w].map(|x| x.mapv(|x| U::from_f64(x.to_f64())));
        let tape = Tape::new();
        let (x, w) = (tape.leaf("x", x), tape.leaf("w", w));
        let y = self.record(x, w);
        let grads = y.backward_with(&dy);
        let numbers = |y: Var<'_, U>| y.value().iter().map(|y| y.to_f64()).collect();
        (numbers(y), [x, w].map(|input| numbers(grads[input])).into())
    }

    /// The tape's own gradients.
    fn gradients<T: Float>(&self, dy: &ArrayD<T>, x: &ArrayD<T>, w: &ArrayD<T>) -> Vec<ArrayD<T>> {
        let tape = Tape::new();
        let (x, w) = (tape.leaf("x", x.clone()), tape.leaf("w", w.clone()));
        let grads = self.record(x, w).backward_with(dy);
        [x, w].map(|input| grads[input].value().into_owned()).into()
    }
}

/// What is done to right gradients.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Change {
    Nothing,
    Negated,
    Doubled,
    Nudged,
    Zeros,
    OneNan,
    AllInfinite,
    Swapped,
    Reversed,
    Longer,
    Shorter,
    Empty,
    None,
    TooMany,
    OnlyFirst,
    Constant,
    LastOff,
    AtZeros,
    Rolled,
    Summed,
    Flat,
    NowAndThen,
    Stale,
    Panics,
    PanicsOddly,
    PanicsIfLong,
    Refuses,
}

impl Change {
    const ALL: [Self; 27] = [
        Self::Nothing,
        Self::Negated,
        Self::Doubled,
        Self::Nudged,
        Self::Zeros,
        Self::OneNan,
        Self::AllInfinite,
        Self::Swapped,
        Self::Reversed,
        Self::Longer,
        Self::Shorter,
        Self::Empty,
        Self::None,
        Self::TooMany,
        Self::OnlyFirst,
        Self::Constant,
        Self::LastOff,
        Self::AtZeros,
        Self::Rolled,
        Self::Summed,
        Self::Flat,
        Self::NowAndThen,
        Self::Stale,
        Self::Panics,
        Self::PanicsOddly,
        Self::PanicsIfLong,
        Self::Refuses,
    ];

    fn apply<T: Float>(
        self,
        mut all: Vec<ArrayD<T>>,
        x: &ArrayD<T>,
        before: &RefCell<Vec<ArrayD<T>>>,
        calls: usize,
    ) -> Result<Vec<ArrayD<T>>, String> {
        let number = T::from_f64;
        let first = all[0].clone();
        let right = all.clone();
        match self {
            Self::Nothing => {}
            Self::Negated => all[0].mapv_inplace(|g| -g),
            Self::Doubled => all[0].mapv_inplace(|g| g + g),
            Self::Nudged => all[0].mapv_inplace(|g| g * number(1.001)),
            Self::Zeros => all[0].fill(T::zero()),
            Self::OneNan => all[0].iter_mut().take(1).for_each(|g| *g = T::NAN),
            Self::AllInfinite => all[0].fill(T::INFINITY),
            Self::Swapped => all.swap(0, 1),
            Self::Reversed => all[0] = first.reversed_axes(),
            Self::Longer => all[0] = first.insert_axis(Axis(0)),
            Self::Shorter if first.ndim() > 0 => {
                let n = first.len_of(Axis(0));
                all[0] = first.slice_axis(Axis(0), Slice::from(n.min(1)..)).to_owned();
            }
            Self::Empty => all[0] = ArrayD::zeros(IxDyn(&[0])),
            Self::None => all.clear(),
            Self::TooMany => all.push(first),
            Self::OnlyFirst => all.truncate(1),
            Self::Constant => all[0].fill(number(777.0)),
            Self::LastOff => all[0].iter_mut().last().into_iter().for_each(|g| *g += number(1.0)),
            Self::AtZeros => {
                all[0]
                    .iter_mut()
                    .zip(x)
                    .filter(|(_, x)| **x == T::zero())
                    .for_each(|(g, _)| *g += number(1.0));
            }
            Self::Rolled => {
                let flat: Vec<T> = first.iter().copied().collect();
                let n = flat.len();
                all[0].iter_mut().enumerate().for_each(|(i, g)| *g = flat[(i + 1) % n]);
            }
            Self::Summed if first.ndim() > 0 => all[0] = first.sum_axis(Axis(0)),
            Self::Flat => {
                all[0] =
                    ArrayD::from_shape_vec(IxDyn(&[first.len()]), first.iter().copied().collect()).unwrap();
            }
            Self::NowAndThen if calls % 3 == 1 => all[0].mapv_inplace(|g| g + g + number(1.0)),
            Self::Stale => {
                let kept = before.borrow().clone();
                if kept.first().is_some_and(|kept| kept.shape() == first.shape()) {
                    all = kept;
                }
            }
            Self::Panics => panic!("as planned"),
            Self::PanicsOddly => panic_any(42),
            Self::PanicsIfLong if first.len() > 2 => panic!("as planned, of {}", first.len()),
            Self::Refuses => return Err("as planned".into()),
            Self::Shorter | Self::Summed | Self::NowAndThen | Self::PanicsIfLong => {}
        }
        before.replace(right);
        Ok(all)
    }
}

/// In how many elements nobody could take what was given for what is right: that is a tame number, and the same in both
/// precisions, so that no rounding matters, as is the function's own value.
fn plain<T: Float>(
    formula: &Formula,
    [dy, x, w]: [&ArrayD<T>; 3],
    right: &[ArrayD<T>],
    given: &[ArrayD<T>],
) -> usize {
    let off = |r: f64, g: T| !((g.to_f64() - r).abs() <= 0.2 * r.abs() + 0.2);
    let differs = |(right, given): (&ArrayD<T>, &ArrayD<T>)| {
        right.shape() == given.shape() && right.iter().zip(given).any(|(r, g)| off(r.to_f64(), *g))
    };
    if !right.iter().zip(given).any(differs) {
        return 0;
    }
    let [single, double] = [formula.elsewhere::<T, f32>(dy, x, w), formula.elsewhere::<T, f64>(dy, x, w)];
    let alike = |a: f64, b: f64| (a - b).abs() <= 1e-3 * b.abs();
    let agree = |a: &[f64], b: &[f64]| a.len() == b.len() && a.iter().zip(b).all(|(a, b)| alike(*a, *b));
    // A value that overflows in one element is no reason not to judge those that do not depend on it; but here it is.
    if !double.0.iter().chain(&single.0).all(|y| y.is_finite()) || !agree(&single.0, &double.0) {
        return 0;
    }
    // A 0 may be what large terms cancel to, and rounds in another order to as much as they do.
    let tame = |x: f64| (1e-2..1e2).contains(&x.abs());
    let count = |k: usize| {
        let (right, given) = (&double.1[k], &given[k]);
        if right.len() != given.len() || right.len() != single.1[k].len() {
            return 0;
        }
        // An element may be computed from all of them, and then has the rounding of the largest.
        let lost = right.iter().fold(0.0, |sum, r| sum + r.abs()) * T::EPSILON.to_f64();
        let each = right.iter().zip(&single.1[k]).zip(given);
        each.filter(|((r, s), g)| {
            tame(**r) && alike(**s, **r) && off(**r, **g) && !((g.to_f64() - **r).abs() <= lost)
        })
        .count()
    };
    let shaped = |k: &usize| right[*k].shape() == given[*k].shape();
    (0..right.len().min(given.len())).filter(shaped).map(count).sum()
}

const SHAPES: [[&str; 2]; 8] = [
    ["x: n", "w: n"],
    ["x: n d", "w: n d"],
    ["x: n d", "w: d"],
    ["x:", "w:"],
    ["x: 1 n", "w: n 1"],
    ["x: 2 n", "w: 0"],
    ["x: n d k", "w: k"],
    ["x: 3", "w: n"],
];

/// What was found, in words; nothing if all is well.
fn examine<T: Float>(pair: u64) -> (Change, &'static str, Vec<String>) {
    let mut source = Source(pair);
    let formula = Formula { seed: source.next(), steps: 1 + source.below(5) };
    let change =
        if source.below(4) == 0 { Change::Nothing } else { Change::ALL[source.below(Change::ALL.len())] };
    let shapes = SHAPES[source.below(SHAPES.len())];
    // How many elements are plainly wrong, call by call.
    let (before, calls, wrong) = (RefCell::new(Vec::new()), Cell::new(0), RefCell::new(Vec::new()));
    let what = format!("pair {pair}, {} {formula:?} {shapes:?} {change:?}", T::DTYPE);
    let mut missed = false;
    let outcome = catch_unwind(AssertUnwindSafe(|| {
        let formula = &formula;
        let mut check = check::backward(|[x, w]| formula.record(x, w))
            .against(|dy: &ArrayD<T>, x: &ArrayD<T>, w: &ArrayD<T>| {
                calls.set(calls.get() + 1);
                let right = formula.gradients(dy, x, w);
                let given = change.apply(right.clone(), x, &before, calls.get());
                let plain = given.as_ref().map_or(0, |given| plain(formula, [dy, x, w], &right, given));
                wrong.borrow_mut().push(plain);
                given
            })
            .shapes(shapes)
            .without_persistence()
            .seed(source.next())
            .cases(12);
        let any_subgradient = source.below(4) == 0;
        if any_subgradient {
            check = check.any_subgradient();
        }
        match check.try_run() {
            Ok(summary) => {
                // More that is plainly wrong than could not be judged: some of it was. The calls behind those that count are
                // of the climb, of which every second one only warms up.
                let counts = summary.counts();
                let wrong: usize = wrong.borrow().iter().take(summary.calls()).sum();
                // At 0 there may be a kink, as of |x|, where a 1 more is a subgradient, too.
                let may_be_right = any_subgradient && change == Change::AtZeros;
                missed = wrong > counts.unjudged + counts.outside && !may_be_right;
                (None, summary.to_string(), None)
            }
            Err(failure) => {
                let (text, colours) = (failure.to_string(), format!("{failure:#}"));
                assert!(colours.len() >= text.len());
                (Some(failure.kind()), text, failure.fault().map(str::to_owned))
            }
        }
    }));
    let mut found = Vec::new();
    let (kind, text) = match outcome {
        Err(_) => {
            found.push(format!("{what}: PANIC"));
            return (change, "panic", found);
        }
        Ok((kind, text, fault)) => {
            if let Some(fault) = fault {
                found.push(format!("{what}: FAULT {fault}\n{text}"));
            }
            (kind, text)
        }
    };
    if text.lines().any(|line| line.chars().count() > 100 && !line.contains('[')) {
        found.push(format!("{what}: TOO WIDE\n{text}"));
    }
    let refuses = [Change::Panics, Change::PanicsOddly, Change::Refuses, Change::None, Change::TooMany];
    let said = match kind {
        Some(FailureKind::Wrong) => "wrong",
        Some(FailureKind::Inconclusive) => "inconclusive",
        None => "passes",
        _ => "another",
    };
    match (change, said) {
        (Change::Nothing | Change::OnlyFirst, "wrong") => {
            found.push(format!("{what}: RIGHT, and refused\n{text}"));
        }
        (change, "passes") if refuses.contains(&change) => found.push(format!("{what}: NOT CAUGHT\n{text}")),
        (Change::Nothing, "inconclusive")
            if !text.contains("  why\n") && !text.contains("was empty in every case") =>
        {
            found.push(format!("{what}: RIGHT, and inconclusive without a reason\n{text}"));
        }
        (_, "passes") if missed => found.push(format!("{what}: NOT CAUGHT, though plain\n{text}")),
        _ => {}
    }
    (change, said, found)
}

/// As many as `WENGERT_FUZZ` says.
pub fn pairs(plain: u64) -> u64 {
    std::env::var("WENGERT_FUZZ").map_or(plain, |pairs| pairs.parse().expect("a number"))
}

#[test]
fn nothing_makes_the_examiner_panic() {
    let one: Option<u64> = std::env::var("WENGERT_PAIR").ok().map(|pair| pair.parse().expect("a number"));
    let pairs = one.map_or_else(|| pairs(PAIRS), |_| 1);
    let from = one.unwrap_or_else(|| super::seed().wrapping_mul(1_000_003));
    let (mut outcomes, mut found) = (BTreeMap::new(), Vec::new());
    for pair in from..from + pairs {
        let (change, said, faults) = if pair % 2 == 0 { examine::<f64>(pair) } else { examine::<f32>(pair) };
        *outcomes.entry((change == Change::Nothing, said)).or_insert(0) += 1;
        for fault in &faults {
            println!("{fault}\n");
        }
        found.extend(faults);
    }
    println!("{pairs} pairs from {from}; (right, said): {outcomes:?}");
    let heads: Vec<&str> = found.iter().filter_map(|fault| fault.lines().next()).collect();
    assert!(found.is_empty(), "{} of {pairs}:\n{}", found.len(), heads.join("\n"));
    if pairs >= PAIRS {
        // The formulas are such that most can be judged.
        let right: u64 = outcomes.iter().filter(|((right, _), _)| *right).map(|(_, n)| n).sum();
        assert!(outcomes.get(&(true, "passes")).is_some_and(|passes| 3 * passes > right), "{outcomes:?}");
    }
}
