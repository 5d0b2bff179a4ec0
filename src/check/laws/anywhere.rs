//! What holds at every point, also where values and slopes are 0, infinite or NaN: outside of the domain, at kinks.
//!
//! There is no oracle there, and none is needed: the two modes are held against each other, and against what must be 0.

use super::recording::{Recording, leaves};
use super::{Tally, replayed};
use crate::array::Kind;
use crate::check::cases::values::{self, mix};
use crate::check::oracle::evaluate::evaluate;
use crate::check::oracle::number::Bound;
use crate::check::oracle::sweep::{Rules, backwards, forwards};
use crate::check::{Layout, Measured, Verdict};
use crate::{Float, Tape, Var};
use ndarray::ArrayD;
use std::ops::Range;

/// Zeros, kinks and ties, the ends of domains, and what lies beyond them.
const SPECIAL: [f64; 14] = [
    0.0,
    -0.0,
    1.0,
    -1.0,
    0.5,
    2.0,
    -3.0,
    std::f64::consts::FRAC_PI_2,
    1e-6,
    1e6,
    f64::INFINITY,
    f64::NEG_INFINITY,
    f64::NAN,
    0.0,
];

/// One of them, or where `finite` is asked for, one that is.
pub(in crate::check) fn special(seed: u64, finite: bool) -> f64 {
    let number = SPECIAL[usize::try_from(seed % SPECIAL.len() as u64).expect("below a usize")];
    if finite && !number.is_finite() { 1.0 } else { number }
}

/// Examines it at its inputs, which may be any.
pub(super) fn examine<T: Float>(what: &impl Recording, rules: &impl Rules, tally: &mut Tally) {
    jacobians::<T>(what, rules, tally);
    unchosen::<T>(what, rules, tally);
}

fn record<'t, T: Float>(tape: &'t Tape<T>, what: &impl Recording) -> (Vec<Var<'t, T>>, Var<'t, T>) {
    let inputs = what.inputs();
    let vars = leaves(what, tape, &inputs);
    let out = what.record(tape, &vars);
    (vars, out)
}

/// Ones and zeros: 1 at the element with this number.
fn unit<T: Float>(shape: &[usize], at: usize) -> ArrayD<T> {
    let mut count = 0..;
    ArrayD::from_shape_simple_fn(shape, || if count.next() == Some(at) { T::one() } else { T::zero() })
}

/// The cotangents of all inputs' elements, one after the other.
fn pulled<'t, T: Float>(
    rules: &impl Rules,
    vars: &[Var<'t, T>],
    out: Var<'t, T>,
    seed: &ArrayD<T>,
) -> Vec<f64> {
    let seed = out.tape().constant(seed);
    let cotangents =
        backwards(out, seed, |out, wrt, operands, d| rules.vjp(&out.prim(), wrt, operands, out, d));
    let each = |var: &Var<'t, T>| match cotangents[var.row()] {
        Some(cotangent) => cotangent.peek().iter().map(|x| x.to_f64()).collect(),
        None => vec![0.0; var.len()],
    };
    vars.iter().flat_map(each).collect()
}

/// The tangents of the result's elements.
fn pushed<'t, T: Float>(rules: &impl Rules, moves: &[(Var<'t, T>, ArrayD<T>)], out: Var<'t, T>) -> Vec<f64> {
    let seeds: Vec<_> = moves.iter().map(|(var, tangent)| (*var, out.tape().constant(tangent))).collect();
    match forwards(rules, out, &seeds) {
        Some(tangent) => tangent.peek().iter().map(|x| x.to_f64()).collect(),
        None => vec![0.0; out.len()],
    }
}

/// The Jacobian row by row and column by column; and what a NaN does in the place of the seeds: it reaches what it
/// belongs to, and nothing else.
fn jacobians<T: Float>(what: &impl Recording, rules: &impl Rules, tally: &mut Tally) {
    let tape = Tape::<T>::new();
    let (vars, out) = record(&tape, what);
    let shape = out.shape();
    let back: Vec<Vec<f64>> =
        (0..out.len()).map(|row| pulled(rules, &vars, out, &unit(&shape, row))).collect();
    let columns = vars.iter().flat_map(|var| (0..var.len()).map(move |at| (*var, at)));
    let ahead: Vec<Vec<f64>> =
        columns.map(|(var, at)| pushed(rules, &[(var, unit(&var.shape(), at))], out)).collect();

    let entries = || (0..out.len()).flat_map(|row| (0..ahead.len()).map(move |column| (row, column)));
    let differ = entries().filter(|&(row, column)| !same(back[row][column], ahead[column][row])).count();
    count(tally, what, "forward equals reverse at any point", differ, "entries of the Jacobian differ");

    if what.spills() {
        return;
    }
    let nan = |shape: &[usize]| ArrayD::from_elem(shape, T::NAN);
    let moves: Vec<_> = vars.iter().map(|var| (*var, nan(&var.shape()))).collect();
    let (cotangents, tangents) = (pulled(rules, &vars, out, &nan(&shape)), pushed(rules, &moves, out));
    let wrong = |found: f64, moves: bool| if moves { !found.is_nan() } else { found != 0.0 };
    let columns = (0..ahead.len())
        .filter(|&column| wrong(cotangents[column], back.iter().any(|row| row[column] != 0.0)));
    let rows =
        (0..out.len()).filter(|&row| wrong(tangents[row], ahead.iter().any(|column| column[row] != 0.0)));
    let law = "a NaN reaches all that it moves, and nothing else";
    count(tally, what, law, columns.count() + rows.count(), "elements are otherwise");
}

/// Equal, or NaN both.
#[allow(clippy::float_cmp)] // One product, formed from the same two numbers.
fn same(a: f64, b: f64) -> bool {
    a == b || a.is_nan() && b.is_nan()
}

/// Behind a mask that chooses nothing of it, all derivatives are exactly 0, and a replay has the same bits.
fn unchosen<T: Float>(what: &impl Recording, rules: &impl Rules, tally: &mut Tally) {
    let masked = Masked(what);
    let tape = Tape::<T>::new();
    let (vars, out) = record(&tape, &masked);
    let constant = |order: usize, i: usize, shape: &[usize]| {
        tape.constant(super::examine::plain(shape, mix(mix(what.seed(), 400 + order), i)).mapv(T::from_f64))
    };
    let direction = |order: usize| -> Vec<Var<'_, T>> {
        vars.iter().enumerate().map(|(i, var)| constant(order, i, &var.shape())).collect()
    };
    let seeds = |order: usize| vars.iter().copied().zip(direction(order)).collect::<Vec<_>>();

    let mut wrong = 0;
    let mut look = |found: Option<Var<'_, T>>| {
        wrong += found.map_or(0, |found| found.peek().iter().filter(|x| **x != T::zero()).count());
    };
    let (mut root, mut cotangent) = (Some(out), Some(constant(3, 0, &out.shape())));
    for order in 0..what.orders() {
        look(root.and_then(|root| forwards(rules, root, &seeds(order))));
        let along = |root| super::examine::along(rules, root, cotangent, &vars, &direction(order));
        root = root.and_then(along);
        look(root);
        cotangent = root.map(|root| root.lift(1.0));
    }
    let twice = forwards(rules, out, &seeds(0)).and_then(|first| forwards(rules, first, &seeds(1)));
    look(twice);
    count(tally, what, "what was not chosen has no influence", wrong, "derivatives are not 0");
    replay::<T>(&masked, "what was not chosen, replayed", tally);
}

/// Some entries of the Jacobian, at any point whatever, in both modes: equal but for rounding, or one of them is NaN,
/// as where contributions of both signs meet at an infinite slope.
pub(in crate::check) fn modes<T: Float>(what: &impl Recording, rules: &impl Rules, tally: &mut Tally) {
    let tape = Tape::<T>::new();
    let (vars, out) = record(&tape, what);
    let Some(var) = vars.iter().find(|var| !var.is_empty()).filter(|_| !out.is_empty()) else { return };
    for pair in 0..4 {
        let draw = |from: usize, n: usize| {
            usize::try_from(mix(mix(what.seed(), 700 + from), pair) % n as u64).expect("below a usize")
        };
        let (row, column) = (draw(0, out.len()), draw(1, var.len()));
        let one = |of: Var<'_, T>, at| tape.constant(unit::<T>(&of.shape(), at));
        let seed = one(out, row);
        let tangent = forwards(rules, out, &[(*var, one(*var, column))]);
        let cotangent =
            backwards(out, seed, |out, wrt, operands, d| rules.vjp(&out.prim(), wrt, operands, out, d))
                [var.row()];
        let [ahead, back] = [(tangent, row), (cotangent, column)].map(|(derivative, at)| {
            derivative.map_or(Bound::constant(0.0), |derivative| {
                let all: Vec<ArrayD<Bound>> = evaluate(&tape, &[], &[derivative]);
                *all[0].iter().nth(at).expect("an element")
            })
        });
        let verdict = if ahead.value.is_nan() == back.value.is_nan() {
            let equal = same(ahead.value, back.value);
            let error = if equal { 0.0 } else { (ahead.value - back.value).abs() };
            let tolerance = 2.0 * (ahead.error + back.error);
            if tolerance.is_nan() || error > 0.0 && tolerance.is_infinite() {
                Verdict::Inconclusive("an intermediate result was infinite".into())
            } else {
                let because = "running bounds for the rounding of both".into();
                Verdict::of(Measured { error, tolerance, because })
            }
        } else {
            Verdict::Inconclusive("contributions met at an infinite slope".into())
        };
        let law = "forward equals reverse at any point, or one of them is NaN";
        tally.add(law, || format!("{}: entry ({row}, {column})", at(what)), &verdict);
    }
}

/// A replay has the bits of recording afresh, whatever passes the program went through.
pub(in crate::check) fn replay<T: Float>(what: &impl Recording, law: &'static str, tally: &mut Tally) {
    let tape = Tape::<T>::new();
    let (vars, out) = record(&tape, what);
    let u = super::examine::plain(&out.shape(), mix(what.seed(), 500)).mapv(T::from_f64);
    let differ = replayed::bits_that_differ(what, &vars, out, &u);
    count(tally, what, law, differ, "elements of which a bit differs");
}

/// Two recordings with the same inputs and the same derivatives, to the bit but for the sign of a zero.
pub(in crate::check) fn alike<T: Float>(
    one: &impl Recording,
    other: &impl Recording,
    rules: &impl Rules,
    tally: &mut Tally,
) {
    let (one_has, other_has) = (derivatives::<T>(one, rules), derivatives::<T>(other, rules));
    let differ = one_has.iter().zip(&other_has).filter(|(a, b)| !same(**a, **b)).count();
    let differ = differ + one_has.len().abs_diff(other_has.len());
    count(tally, one, "a hidden branch changes no bit", differ, "of value and derivatives differ");
}

/// The value, the gradient, and along directions the derivatives up to the highest order, in both modes.
fn derivatives<T: Float>(what: &impl Recording, rules: &impl Rules) -> Vec<f64> {
    let tape = Tape::<T>::new();
    let (vars, out) = record(&tape, what);
    let plain = |order: usize, i: usize, shape: &[usize]| {
        super::examine::plain(shape, mix(mix(what.seed(), 400 + order), i)).mapv(T::from_f64)
    };
    let mut all: Vec<f64> = out.peek().iter().map(|x| x.to_f64()).collect();
    let seed = plain(3, 0, &out.shape());
    all.extend(pulled(rules, &vars, out, &seed));
    let (mut root, mut cotangent) = (Some(out), Some(tape.constant(&seed)));
    for order in 0..what.orders() {
        let Some(of) = root else {
            all.extend([0.0; 2]); // Nothing flows: tangent and derivative.
            continue;
        };
        let moves: Vec<_> =
            vars.iter().enumerate().map(|(i, var)| (*var, plain(order, i, &var.shape()))).collect();
        all.extend(pushed(rules, &moves, of));
        let direction: Vec<_> = moves.iter().map(|(_, tangent)| tape.constant(tangent)).collect();
        root = super::examine::along(rules, of, cotangent, &vars, &direction);
        cotangent = root.map(|root| root.lift(1.0));
        all.push(root.and_then(Var::peek_item).map_or(0.0, T::to_f64));
    }
    all
}

/// With a mask in front of its result that chooses none of it.
struct Masked<'a, R>(&'a R);

impl<R: Recording> Recording for Masked<'_, R> {
    fn inputs(&self) -> Vec<ArrayD<f64>> {
        self.0.inputs()
    }

    fn kind(&self, input: usize) -> Kind {
        self.0.kind(input)
    }

    fn layout(&self) -> &Layout {
        self.0.layout()
    }

    fn seed(&self) -> u64 {
        self.0.seed()
    }

    fn orders(&self) -> usize {
        self.0.orders()
    }

    fn moving(&self) -> Option<Range<usize>> {
        self.0.moving()
    }

    fn spills(&self) -> bool {
        self.0.spills()
    }

    /// A mask of which a pass cannot know that it is 0.
    fn record<'t, T: Float>(&self, tape: &'t Tape<T>, inputs: &[Var<'t, T>]) -> Var<'t, T> {
        let out = self.0.record(tape, inputs);
        out.ne(out).gt(out.lift(1.0)).select(out, out.lift(2.0))
    }

    fn describe(&self) -> String {
        self.0.describe()
    }
}

fn count(tally: &mut Tally, what: &impl Recording, law: &'static str, differ: usize, because: &str) {
    let error = values::count(differ);
    let measured = Measured { error, tolerance: 0.0, because: because.into() };
    tally.add(law, || at(what), &Verdict::of(measured));
}

/// What it is, and where.
fn at(what: &impl Recording) -> String {
    let inputs: Vec<String> = what.inputs().iter().map(|x| format!("{x}")).collect();
    format!("{}, at {}", what.describe(), inputs.join(" and "))
}
