//! Random formulas × random algebra of their gradients: multiplied out, collected, divided or multiplied by a reciprocal, summed
//! up forwards and backwards, taken from totals. All of it is right, and is to pass; a part in 64 more of it is not.
//!
//! `WENGERT_FUZZ=2000 cargo test -p tests -- tester::rearranged --nocapture` tries as many formulas.

use super::corpus::{A2, Real, c, size};
use super::fuzz::Source;
use ndarray::{Array1, Axis, NdFloat};
use std::cell::RefCell;
use wengert::check::{self, FailureKind, Values};
use wengert::{Arithmetic, Float, Var};

/// Formulas in a plain run.
const FORMULAS: u64 = 40;

/// What is added to a variance.
const EPSILON: f64 = 1e-3;

/// A step of a formula, on steps before it; 0 and 1 are the inputs, of one shape.
#[derive(Clone, Copy, Debug)]
enum Step {
    Add(usize, usize),
    Subtract(usize, usize),
    Multiply(usize, usize),
    /// a / (1 + b²).
    Over(usize, usize),
    Square(usize),
    Cube(usize),
    Scale(usize),
    Tanh(usize),
    Logistic(usize),
    /// exp(−a²).
    Bell(usize),
    /// Less the mean of its row.
    Centre(usize),
    /// By the root of the mean square of its row.
    Unit(usize),
    Softmax(usize),
    Cumsum(usize),
}
use Step::{
    Add, Bell, Centre, Cube, Cumsum, Logistic, Multiply, Over, Scale, Softmax, Square, Subtract, Tanh, Unit,
};

fn formula(source: &mut Source) -> Vec<Step> {
    let steps = 1 + source.below(5);
    let step = |at: usize, source: &mut Source| {
        // Mostly what came last, so that steps hang together.
        let mut of = || if source.below(2) == 0 { at - 1 } else { source.below(at) };
        let (a, b) = (of(), of());
        match source.below(18) {
            0 => Add(a, b),
            1..=3 => Subtract(a, b),
            4..=6 => Multiply(a, b),
            7 => Over(a, b),
            8 => Square(a),
            9 => Cube(a),
            10 => Scale(a),
            11 => Tanh(a),
            12 => Logistic(a),
            13 => Bell(a),
            14 => Centre(a),
            15 => Unit(a),
            16 => Softmax(a),
            _ => Cumsum(a),
        }
    };
    (2..2 + steps).map(|at| step(at, source)).collect()
}

fn record<'t, T: Float>(steps: &[Step], inputs: [Var<'t, T>; 2]) -> Var<'t, T> {
    let mut rows = inputs.to_vec();
    let (one, number) = (T::one(), T::from_f64);
    for step in steps {
        let of = |a: &usize| rows[*a];
        rows.push(match step {
            Add(a, b) => of(a) + of(b),
            Subtract(a, b) => of(a) - of(b),
            Multiply(a, b) => of(a) * of(b),
            Over(a, b) => of(a) / (of(b).square() + one),
            Square(a) => of(a).square(),
            Cube(a) => of(a).pow(number(3.0)),
            Scale(a) => of(a) * number(0.3),
            Tanh(a) => of(a).tanh(),
            Logistic(a) => of(a).logistic(),
            Bell(a) => (-of(a).square()).exp(),
            Centre(a) => of(a) - of(a).mean_axis(1).unsqueeze(1),
            Unit(a) => of(a) / (of(a).square().mean_axis(1).unsqueeze(1) + number(EPSILON)).sqrt(),
            Softmax(a) => of(a).softmax(1),
            Cumsum(a) => of(a).cumsum(1),
        });
    }
    rows[rows.len() - 1]
}

/// What was computed, and the terms of which it is the sum, if it was multiplied out.
#[derive(Clone)]
struct Node<T> {
    value: A2<T>,
    terms: Vec<A2<T>>,
}

/// As many terms are carried along at most.
const TERMS: usize = 6;

/// A derivation by hand, which makes up its mind as it goes.
struct Hand<'s> {
    source: &'s mut Source,
}

impl Hand<'_> {
    fn coin(&mut self) -> bool {
        self.source.below(2) == 0
    }

    /// The sum of terms in some order, in double precision now and then.
    fn sum<T: Real>(&mut self, mut terms: Vec<A2<T>>) -> A2<T> {
        if self.coin() {
            terms.reverse();
        }
        if self.source.below(4) == 0 {
            let wide = terms.iter().map(|term| term.mapv(Real::as_f64));
            return wide.reduce(|sum, term| sum + term).expect("a term").mapv(T::from_f64);
        }
        terms.into_iter().reduce(|sum, term| sum + term).expect("a term")
    }

    /// The sums of rows, as a column.
    fn rows<T: Real>(&mut self, x: &A2<T>) -> A2<T> {
        let how = self.source.below(4);
        let sum = |row: ndarray::ArrayView1<'_, T>| match how {
            0 => row.fold(T::zero(), |sum, &x| sum + x),
            1 => row.iter().rev().fold(T::zero(), |sum, &x| sum + x),
            2 => T::from_f64(row.fold(0.0, |sum, x| sum + x.as_f64())),
            // What is rounded off is carried along (W. Kahan, 1965).
            _ => {
                let add = |(sum, lost): (T, T), &x: &T| {
                    let y = x - lost;
                    let next = sum + y;
                    (next, (next - sum) - y)
                };
                row.iter().fold((T::zero(), T::zero()), add).0
            }
        };
        x.rows().into_iter().map(sum).collect::<Array1<T>>().insert_axis(Axis(1))
    }

    fn means<T: Real>(&mut self, x: &A2<T>) -> A2<T> {
        let n = size::<T>(x.ncols());
        if self.coin() { self.rows(x) / n } else { self.rows(&(x * (T::one() / n))) }
    }

    fn over<T: NdFloat>(&mut self, x: &A2<T>, y: &A2<T>) -> A2<T> {
        if self.coin() { x / y } else { x * &y.mapv(|y| T::one() / y) }
    }

    /// What is the sum of these, or computed in another way.
    fn node<T: Real>(&mut self, value: A2<T>, terms: Vec<A2<T>>) -> Node<T> {
        if terms.len() > TERMS || self.coin() {
            return Node { terms: vec![value.clone()], value };
        }
        let value = if self.coin() { self.sum(terms.clone()) } else { value };
        Node { value, terms }
    }

    fn forward<T: Real>(&mut self, step: Step, nodes: &[Node<T>]) -> Node<T> {
        let of = |a: usize| &nodes[a];
        let value = |a: usize| &nodes[a].value;
        let negative = |terms: &[A2<T>]| terms.iter().map(|x| x.mapv(|x| -x)).collect::<Vec<_>>();
        let (result, terms) = match step {
            Add(a, b) => (value(a) + value(b), [of(a).terms.clone(), of(b).terms.clone()].concat()),
            Subtract(a, b) => (value(a) - value(b), [of(a).terms.clone(), negative(&of(b).terms)].concat()),
            Multiply(a, b) => (value(a) * value(b), products(&of(a).terms, &of(b).terms)),
            Over(a, b) => {
                let below = value(b).mapv(|b| T::one() + b * b);
                let each = of(a).terms.iter().map(|a| self.over(a, &below)).collect();
                (self.over(value(a), &below), each)
            }
            Square(a) => (value(a).mapv(|a| a * a), products(&of(a).terms, &of(a).terms)),
            Cube(a) => {
                (value(a).mapv(|a| a * a * a), products(&of(a).terms, &products(&of(a).terms, &of(a).terms)))
            }
            Scale(a) => (value(a) * c::<T>(0.3), of(a).terms.iter().map(|a| a * c::<T>(0.3)).collect()),
            Tanh(a) => alone(value(a).mapv(Arithmetic::tanh)),
            Logistic(a) => alone(value(a).mapv(|a| T::one() / (T::one() + Arithmetic::exp(-a)))),
            Bell(a) => alone(value(a).mapv(|a| Arithmetic::exp(-(a * a)))),
            Centre(a) => {
                let means = self.means(value(a));
                (value(a) - &means, vec![value(a).clone(), value(a) * T::zero() - means])
            }
            Unit(a) => alone(value(a) / &self.root(value(a))),
            Softmax(a) => alone(super::losses::softmax(value(a))),
            Cumsum(a) => alone(self.running(value(a), false)),
        };
        self.node(result, terms)
    }

    fn root<T: Real>(&mut self, x: &A2<T>) -> A2<T> {
        self.means(&(x * x)).mapv(|square| (square + c(EPSILON)).root())
    }

    /// Running sums, or the total less what is not among them.
    fn running<T: Real>(&mut self, x: &A2<T>, backwards: bool) -> A2<T> {
        if self.coin() {
            return super::scans::running(x, 1, backwards);
        }
        let totals = self.rows(x);
        &totals - &super::scans::running(x, 1, !backwards) + x
    }

    /// What arrives at the operands of a step, in terms.
    #[allow(clippy::many_single_char_names)] // As in formulas.
    fn back<T: Real>(
        &mut self,
        step: Step,
        d: &[A2<T>],
        at: usize,
        nodes: &[Node<T>],
    ) -> Vec<(usize, Vec<A2<T>>)> {
        let value = |a: usize| &nodes[a].value;
        let y = value(at);
        let (one, two) = (T::one(), c::<T>(2.0));
        let times = |factor: &A2<T>| d.iter().map(|d| d * factor).collect::<Vec<_>>();
        match step {
            Add(a, b) => vec![(a, d.to_vec()), (b, d.to_vec())],
            Subtract(a, b) => vec![(a, d.to_vec()), (b, d.iter().map(|d| d.mapv(|d| -d)).collect())],
            Multiply(a, b) => vec![(a, products(d, &nodes[b].terms)), (b, products(d, &nodes[a].terms))],
            Over(a, b) => {
                let below = value(b).mapv(|b| one + b * b);
                let first = d.iter().map(|d| self.over(d, &below)).collect();
                let along = if self.coin() { self.over(y, &below) } else { value(a) / &below / &below };
                let second = products(d, &nodes[b].terms).iter().map(|db| db * &along * -two).collect();
                vec![(a, first), (b, second)]
            }
            Square(a) => {
                let each = products(d, &nodes[a].terms);
                vec![(
                    a,
                    if self.coin() {
                        [each.clone(), each].concat()
                    } else {
                        each.iter().map(|x| x * two).collect()
                    },
                )]
            }
            Cube(a) => {
                let square = if self.coin() {
                    vec![value(a) * value(a)]
                } else {
                    products(&nodes[a].terms, &nodes[a].terms)
                };
                vec![(a, products(d, &square).iter().map(|x| x * c::<T>(3.0)).collect())]
            }
            Scale(a) => vec![(a, d.iter().map(|d| d * c::<T>(0.3)).collect())],
            Tanh(a) => vec![(
                a,
                match self.source.below(3) {
                    0 => times(&y.mapv(|y| one - y * y)),
                    1 => times(&y.mapv(|y| (one - y) * (one + y))),
                    _ => [d.to_vec(), times(&y.mapv(|y| -y * y))].concat(),
                },
            )],
            Logistic(a) => vec![(
                a,
                match self.source.below(2) {
                    0 => times(&y.mapv(|y| y * (one - y))),
                    _ => [times(y), times(&y.mapv(|y| -y * y))].concat(),
                },
            )],
            Bell(a) => vec![(a, products(&times(y), &nodes[a].terms).iter().map(|x| x * -two).collect())],
            Centre(a) => {
                let means: Vec<A2<T>> = d.iter().map(|d| d * T::zero() - self.means(d)).collect();
                vec![(a, [d.to_vec(), means].concat())]
            }
            Unit(a) => {
                let (x, r) = (value(a), self.root(value(a)));
                let each = d.iter().flat_map(|d| {
                    let first = self.over(d, &(&r + &(d * T::zero())));
                    let second = if self.coin() {
                        y * &(self.means(&(d * y)) / &r)
                    } else {
                        x * &(self.means(&(d * x)) / &(&r * &r * &r))
                    };
                    [first, -second]
                });
                vec![(a, each.collect())]
            }
            Softmax(a) => {
                let each = d.iter().flat_map(|d| {
                    let along = self.rows(&(d * y));
                    if self.coin() { vec![(d - &along) * y] } else { vec![d * y, -(y * &along)] }
                });
                vec![(a, each.collect())]
            }
            Cumsum(a) => vec![(a, d.iter().map(|d| self.running(d, true)).collect())],
        }
    }

    fn gradients<T: Real>(&mut self, steps: &[Step], dy: &A2<T>, inputs: [&A2<T>; 2]) -> [A2<T>; 2] {
        let mut nodes: Vec<Node<T>> =
            inputs.map(|x| Node { value: x.clone(), terms: vec![x.clone()] }).into();
        for step in steps {
            let node = self.forward(*step, &nodes);
            nodes.push(node);
        }
        let mut arriving: Vec<Vec<A2<T>>> = vec![Vec::new(); nodes.len()];
        arriving.last_mut().expect("the result").push(dy.clone());
        for (at, step) in steps.iter().enumerate().map(|(i, step)| (i + 2, *step)).rev() {
            let mut d = std::mem::take(&mut arriving[at]);
            if d.is_empty() {
                continue;
            }
            if d.len() > TERMS || self.coin() {
                d = vec![self.sum(d)];
            }
            for (to, terms) in self.back(step, &d, at, &nodes) {
                arriving[to].extend(terms);
            }
        }
        [0, 1].map(|input| match std::mem::take(&mut arriving[input]) {
            none if none.is_empty() => inputs[input].mapv(|_| T::zero()),
            terms => self.sum(terms),
        })
    }
}

fn alone<T: Clone>(value: A2<T>) -> (A2<T>, Vec<A2<T>>) {
    (value.clone(), vec![value])
}

/// Each with each.
fn products<T: NdFloat>(a: &[A2<T>], b: &[A2<T>]) -> Vec<A2<T>> {
    a.iter().flat_map(|a| b.iter().map(move |b| a * b)).collect()
}

/// What came of it.
#[derive(Clone, Copy, PartialEq)]
enum Said {
    Agrees,
    /// It is 0 all over, and so is any multiple: the check says so.
    Flat,
    Wrong,
    Unknown,
}

/// What is said of it, times a factor.
fn examine<T: Real>(seed: u64, factor: f64) -> (Said, String) {
    let mut source = Source::new(seed);
    let steps = formula(&mut source);
    // One derivation, whatever the case.
    let way = RefCell::new(source.clone());
    // In single precision numbers for which no r³ overflows on the way: that is no algebra.
    let single = T::DTYPE == f32::DTYPE;
    let values = if single { Values::Between(-9.0, 9.0) } else { Values::Any };
    let outcome = check::backward(|inputs| record::<T>(&steps, inputs))
        .against(|dy: &A2<T>, x: &A2<T>, w: &A2<T>| {
            let mut source = way.borrow().clone();
            let [dx, dw] = Hand { source: &mut source }.gradients(&steps, dy, [x, w]);
            (dx * c::<T>(factor), dw * c::<T>(factor))
        })
        .shapes(["x: n d>=1", "w: n d>=1"])
        .values("x", values.clone())
        .values("w", values)
        .without_persistence()
        .seed(seed)
        .cases(32)
        .try_run();
    match outcome {
        Ok(summary) => {
            let flat = summary
                .warnings()
                .iter()
                .filter(|warning| warning.contains("a forgotten one would be"))
                .count();
            (if flat == 2 { Said::Flat } else { Said::Agrees }, summary.to_string())
        }
        Err(failure) => {
            let said = if failure.kind() == FailureKind::Wrong { Said::Wrong } else { Said::Unknown };
            (said, format!("{steps:?}\n{failure}"))
        }
    }
}

#[test]
fn any_algebra_of_a_right_gradient_passes() {
    let formulas = super::fuzz::pairs(FORMULAS);
    let from = super::seed().wrapping_mul(1_000_033);
    let (mut refused, mut unknown, mut missed) = (Vec::new(), 0, Vec::new());
    let (mut caught, mut flat) = (0, 0);
    for seed in from..from + formulas {
        let examine = if seed % 2 == 0 { examine::<f64> } else { examine::<f32> };
        match examine(seed, 1.0) {
            (Said::Wrong, text) => {
                println!("{seed}: {text}");
                refused.push(seed);
            }
            (Said::Unknown, _) => unknown += 1,
            (Said::Flat, _) => flat += 1,
            (Said::Agrees, _) => match examine(seed, 1.0 + 1.0 / 64.0) {
                (Said::Wrong, _) => caught += 1,
                (_, text) => {
                    println!("{seed}, a part in 64 more: {text}");
                    missed.push(seed);
                }
            },
        }
    }
    println!(
        "of {formulas} from {from}: {caught} caught, {flat} of 0, {unknown} inconclusive, missed {missed:?}"
    );
    assert!(refused.is_empty(), "right, and refused: {refused:?}");
    // Of powers of powers of differences, normalised, in single precision, as much as that is rounded off: one in 200.
    assert!(200 * missed.len() as u64 <= formulas, "wrong, and passed: {missed:?}");
    assert!(20 * unknown <= formulas, "{unknown} of {formulas} inconclusive");
}
