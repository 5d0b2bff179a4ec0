//! Random programs: whole tapes, drawn and shrunk by proptest.
//!
//! A program is built step by step on numbers, so that each step can be looked at before it is taken: is it in the
//! domain, away from kinks, not too large? Where it is not, a guard is put in front (tanh bounds, exp ∘ tanh is positive
//! besides) or the step is rejected, and counted.

use super::laws::{ORDERS, Recording, law};
use super::sweep::Library;
use super::values::{Palette, Values, mix};
use super::{Layout, Tally};
use crate::prim::Value;
use crate::{Float, Prim, Tape, Var};
use ndarray::ArrayD;
use proptest::prelude::*;
use proptest::strategy::{NewTree, ValueTree};
use proptest::test_runner::TestRunner;
use std::fmt;
use std::ops::RangeFrom;

/// A program: inputs, and steps that each apply a primitive to inputs or results of earlier steps. The result of the
/// last step is that of the program.
///
/// ```
/// use proptest::prelude::*;
/// use wengert::{Tape, check};
/// proptest! {
///     fn programs_have_finite_results(program in check::programs()) {
///         let tape = Tape::<f64>::new();
///         let (_, out) = program.record(&tape);
///         prop_assert!(out.value().iter().all(|x| x.is_finite()), "{program}");
///     }
/// }
/// # programs_have_finite_results();
/// ```
#[derive(Clone)]
pub struct Program {
    shapes: Vec<Vec<usize>>,
    steps: Vec<Step>,
    layout: Layout,
    seed: u64,
    rejected: usize,
}

/// One application. Operands count the inputs first, then the steps.
#[derive(Clone, Debug, PartialEq)]
struct Step {
    prim: Prim,
    operands: Vec<usize>,
}

impl Program {
    /// How many steps it has.
    ///
    /// ```
    /// # use proptest::{prelude::*, strategy::ValueTree, test_runner::TestRunner};
    /// # use wengert::check;
    /// let program = check::programs().new_tree(&mut TestRunner::deterministic()).unwrap().current();
    /// assert!(program.len() > 0);
    /// ```
    pub fn len(&self) -> usize {
        self.steps.len()
    }

    /// Whether it has no steps: its result is its last input.
    ///
    /// ```
    /// # use proptest::{prelude::*, strategy::ValueTree, test_runner::TestRunner};
    /// # use wengert::check;
    /// # let program = check::programs().new_tree(&mut TestRunner::deterministic()).unwrap().current();
    /// assert!(!program.is_empty());
    /// ```
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// How many steps were drawn and not taken while it was built, for a domain, a kink or a shape.
    ///
    /// ```
    /// # use proptest::{prelude::*, strategy::ValueTree, test_runner::TestRunner};
    /// # use wengert::check;
    /// # let program = check::programs().new_tree(&mut TestRunner::deterministic()).unwrap().current();
    /// println!("{} steps, {} rejected", program.len(), program.rejected());
    /// ```
    pub fn rejected(&self) -> usize {
        self.rejected
    }

    /// The names of the primitives in it, in order.
    ///
    /// ```
    /// # use proptest::{prelude::*, strategy::ValueTree, test_runner::TestRunner};
    /// # use wengert::check;
    /// # let program = check::programs().new_tree(&mut TestRunner::deterministic()).unwrap().current();
    /// assert_eq!(program.primitives().count(), program.len());
    /// ```
    pub fn primitives(&self) -> impl Iterator<Item = &'static str> {
        self.steps.iter().map(|step| step.prim.name())
    }

    /// Records it: the inputs and the result.
    ///
    /// ```
    /// # use proptest::{prelude::*, strategy::ValueTree, test_runner::TestRunner};
    /// # use wengert::{Tape, check};
    /// # let program = check::programs().new_tree(&mut TestRunner::deterministic()).unwrap().current();
    /// let tape = Tape::<f32>::new();
    /// let (inputs, out) = program.record(&tape);
    /// let gradient = out.sum().backward()[inputs[0]];
    /// assert_eq!(gradient.shape(), inputs[0].shape());
    /// ```
    pub fn record<'t, T: Float>(&self, tape: &'t Tape<T>) -> (Vec<Var<'t, T>>, Var<'t, T>) {
        let inputs = Recording::inputs(self);
        let inputs: Vec<Var<'t, T>> =
            inputs.iter().map(|x| tape.leaf("x", self.layout.place(&x.mapv(T::from_f64)))).collect();
        let out = Recording::record(self, tape, &inputs);
        (inputs, out)
    }

    /// Compares all ways to its value and derivatives: recording, evaluating again, forward and reverse mode, to second
    /// order, against dual numbers and the complex step.
    ///
    /// ```
    /// # use proptest::{prelude::*, strategy::ValueTree, test_runner::TestRunner};
    /// # use wengert::check;
    /// # let program = check::programs().new_tree(&mut TestRunner::deterministic()).unwrap().current();
    /// assert!(program.examine().failures().is_empty());
    /// ```
    pub fn examine(&self) -> Tally {
        let mut tally = Tally::default();
        law::<f64, false>(self, &Library, &mut tally);
        tally.add_case();
        tally
    }

    /// Those steps on which the result depends, and all inputs.
    fn without_dead_steps(mut self) -> Self {
        let inputs = self.shapes.len();
        let mut needed = vec![false; inputs + self.steps.len()];
        if let Some(last) = needed.last_mut() {
            *last = true;
        }
        for (i, step) in self.steps.iter().enumerate().rev() {
            if needed[inputs + i] {
                step.operands.iter().for_each(|&operand| needed[operand] = true);
            }
        }
        let mut place = vec![0; needed.len()];
        let mut next = 0;
        for (i, place) in place.iter_mut().enumerate() {
            *place = next;
            next += usize::from(i < inputs || needed[i]);
        }
        let mut kept = needed[inputs..].iter();
        self.steps.retain(|_| *kept.next().expect("one a step"));
        self.steps
            .iter_mut()
            .for_each(|step| step.operands.iter_mut().for_each(|operand| *operand = place[*operand]));
        self
    }

    /// Shorter programs, the shortest first: beginnings, and those in which one step is passed by.
    fn simpler(&self) -> Vec<Self> {
        let inputs = self.shapes.len();
        let beginnings =
            (1..self.steps.len()).map(|n| Self { steps: self.steps[..n].to_vec(), ..self.clone() });
        let shapes = self.shapes_of_all();
        let passing_by = (0..self.steps.len()).rev().flat_map(|i| {
            let step = &self.steps[i];
            let alike = step.operands.iter().filter(|&&operand| shapes[operand] == shapes[inputs + i]);
            alike
                .map(|&instead| {
                    let mut program = self.clone();
                    for later in &mut program.steps[i + 1..] {
                        later
                            .operands
                            .iter_mut()
                            .filter(|operand| **operand == inputs + i)
                            .for_each(|o| *o = instead);
                    }
                    if i + 1 == program.steps.len() {
                        program.steps.truncate(instead.saturating_sub(inputs) + 1);
                    }
                    program
                })
                .collect::<Vec<_>>()
        });
        let straight = (self.layout != Layout::contiguous())
            .then(|| Self { layout: Layout::contiguous(), ..self.clone() });
        beginnings
            .chain(passing_by)
            .chain(straight)
            .map(Self::without_dead_steps)
            .filter(|program| program.steps.len() < self.steps.len() || program.layout != self.layout)
            .collect()
    }

    fn shapes_of_all(&self) -> Vec<Vec<usize>> {
        let mut shapes = self.shapes.clone();
        for step in &self.steps {
            let operands: Vec<&[usize]> =
                step.operands.iter().map(|&operand| shapes[operand].as_slice()).collect();
            let shape = step.prim.shape(&operands).map(|shape| shape.to_vec()).expect("it was taken");
            shapes.push(shape);
        }
        shapes
    }
}

impl Recording for Program {
    fn inputs(&self) -> Vec<ArrayD<f64>> {
        let plain =
            |(i, shape): (usize, &Vec<usize>)| Values::Any.draw(shape, Palette::Plain, mix(self.seed, i));
        self.shapes.iter().enumerate().map(plain).collect()
    }

    fn layout(&self) -> &Layout {
        &self.layout
    }

    fn seed(&self) -> u64 {
        self.seed
    }

    /// Third derivatives of long programs have more rows than they say.
    fn orders(&self) -> usize {
        if self.steps.len() <= 4 { ORDERS } else { 2 }
    }

    /// None: steps of a size that differences need cross kinks.
    fn moving(&self) -> Option<RangeFrom<usize>> {
        None
    }

    fn record<'t, T: Float>(&self, tape: &'t Tape<T>, inputs: &[Var<'t, T>]) -> Var<'t, T> {
        let mut rows = inputs.to_vec();
        for step in &self.steps {
            let operands: Vec<Var<'t, T>> = step.operands.iter().map(|&operand| rows[operand]).collect();
            rows.push(tape.apply(&step.prim, &operands));
        }
        *rows.last().expect("a program has inputs")
    }

    fn describe(&self) -> String {
        self.to_string()
    }
}

/// A short listing.
impl fmt::Display for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "program of seed {:#x}, {:?}", self.seed, self.layout)?;
        let shapes = self.shapes_of_all();
        for (i, shape) in self.shapes.iter().enumerate() {
            writeln!(f, "  %{i} = input {shape:?}")?;
        }
        for (i, step) in self.steps.iter().enumerate() {
            let row = self.shapes.len() + i;
            let operands: Vec<String> = step.operands.iter().map(|operand| format!("%{operand}")).collect();
            let (name, formula) = (step.prim.name(), step.prim.formula());
            writeln!(f, "  %{row} = {name} {}  [{formula}]  {:?}", operands.join(" "), shapes[row])?;
        }
        Ok(())
    }
}

/// As a listing too: it is what proptest prints of a failing case.
impl fmt::Debug for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Random programs of up to 12 steps on up to three inputs, over all primitives.
///
/// ```
/// use proptest::{prelude::*, strategy::ValueTree, test_runner::TestRunner};
/// let mut runner = TestRunner::deterministic();
/// println!("{}", wengert::check::programs().new_tree(&mut runner).unwrap().current());
/// ```
pub fn programs() -> impl Strategy<Value = Program> {
    Programs
}

#[derive(Clone, Copy, Debug)]
struct Programs;

impl Strategy for Programs {
    type Tree = ProgramTree;
    type Value = Program;

    fn new_tree(&self, runner: &mut TestRunner) -> NewTree<Self> {
        let layout = super::layouts().new_tree(runner)?.current();
        let best = Builder::new(runner.rng().random(), layout).build();
        Ok(ProgramTree { candidate: best.clone(), best, rest: Vec::new().into_iter() })
    }
}

/// Greedy shrinking: a shorter program that still fails takes the place of the one before it.
#[derive(Debug)]
struct ProgramTree {
    best: Program,
    candidate: Program,
    rest: std::vec::IntoIter<Program>,
}

impl ValueTree for ProgramTree {
    type Value = Program;

    fn current(&self) -> Program {
        self.candidate.clone()
    }

    fn simplify(&mut self) -> bool {
        self.best = self.candidate.clone();
        self.rest = self.best.simpler().into_iter();
        self.complicate()
    }

    fn complicate(&mut self) -> bool {
        let next = self.rest.next();
        let found = next.is_some();
        self.candidate = next.unwrap_or_else(|| self.best.clone());
        found
    }
}

/// A program as it grows, with its values.
struct Builder {
    program: Program,
    values: Vec<Value<f64>>,
    state: u64,
}

/// No value may be larger: what is, is bounded by tanh.
const LARGEST: f64 = 30.0;

impl Builder {
    fn new(seed: u64, layout: Layout) -> Self {
        let mut builder = Self {
            program: Program { shapes: Vec::new(), steps: Vec::new(), layout, seed, rejected: 0 },
            values: Vec::new(),
            state: seed,
        };
        let first: Vec<usize> = (0..builder.pick(4)).map(|_| builder.size()).collect();
        for i in 0..=builder.pick(3) {
            // Others have the first one's shape, or one that broadcasts to it.
            let mut shape = first.clone();
            if i > 0 {
                let dropped = builder.pick(first.len() + 1);
                shape.drain(..dropped);
                for n in &mut shape {
                    if builder.pick(3) == 0 {
                        *n = 1;
                    }
                }
            }
            builder.program.shapes.push(shape);
        }
        let inputs = Recording::inputs(&builder.program);
        builder.values = inputs.into_iter().map(|x| Value::new(x.into_shared())).collect();
        builder
    }

    /// A number below `n`, of which there is at least one.
    fn pick(&mut self, n: usize) -> usize {
        self.state = mix(self.state, 1);
        usize::try_from(self.state % n as u64).expect("below a usize")
    }

    fn size(&mut self) -> usize {
        [1, 2, 2, 3, 3, 4, 0, 2][self.pick(8)]
    }

    fn build(mut self) -> Program {
        let steps = 1 + self.pick(12);
        let mut tries = 0;
        while self.program.steps.len() < steps && tries < 10 * steps {
            tries += 1;
            if self.grow().is_none() {
                self.program.rejected += 1;
            }
        }
        self.program.without_dead_steps()
    }

    /// Draws a step and takes it if it is a good one.
    fn grow(&mut self) -> Option<()> {
        // Half of the time the result before, so that programs are deep; else anything, so that rows are shared.
        let first = if self.pick(2) == 0 { self.values.len() - 1 } else { self.pick(self.values.len()) };
        let shape = self.values[first].shape().to_vec();
        let prims = Prim::fitting(&shape);
        // By name first, or families with many parameters crowd out the others.
        let mut names: Vec<&str> =
            prims.iter().filter(|prim| prim.arity() != Some(0)).map(Prim::name).collect();
        names.dedup();
        let name = names[self.pick(names.len())];
        let of_name: Vec<&Prim> = prims.iter().filter(|prim| prim.name() == name).collect();
        let prim = of_name[self.pick(of_name.len())].clone();

        let mut operands = vec![first];
        let arity = match prim.arity() {
            Some(arity) => arity,
            None => 1 + self.pick(3),
        };
        while operands.len() < arity {
            operands.push(self.partner(&prim, &shape)?);
        }
        let middle = operands.len() / 2;
        if prim.name() != "matmul" && self.pick(2) == 0 {
            operands.swap(0, middle);
        }
        let operands = self.guarded(&prim, operands)?;
        self.take(prim, operands)
    }

    /// Another operand for a primitive whose first has this shape; broadcast to it if it must be.
    fn partner(&mut self, prim: &Prim, shape: &[usize]) -> Option<usize> {
        let fits: Vec<usize> = (0..self.values.len())
            .filter(|&other| {
                prim.name() != "matmul" || prim.shape(&[shape, self.values[other].shape()]).is_ok()
            })
            .filter(|&other| prim.name() == "matmul" || broadcasts(self.values[other].shape(), shape))
            .collect();
        let other = *fits.get(self.pick(fits.len().max(1)))?;
        if prim.name() == "matmul" || self.values[other].shape() == shape {
            return Some(other);
        }
        self.take(Prim::broadcast(shape), vec![other])?;
        Some(self.values.len() - 1)
    }

    /// The operands, brought into the domain.
    fn guarded(&mut self, prim: &Prim, operands: Vec<usize>) -> Option<Vec<usize>> {
        if self.is_inside(prim, &operands) {
            return Some(operands);
        }
        let mut guarded = Vec::new();
        for operand in operands {
            self.take(Prim::named("tanh"), vec![operand])?;
            self.take(Prim::named("exp"), vec![self.values.len() - 1])?;
            guarded.push(self.values.len() - 1);
        }
        self.is_inside(prim, &guarded).then_some(guarded)
    }

    /// Whether every point is in the domain, a little away from its border, and at no kink.
    fn is_inside(&self, prim: &Prim, operands: &[usize]) -> bool {
        let views: Vec<_> = operands.iter().map(|&operand| self.values[operand].view()).collect();
        let domain = prim.domain();
        // A comparison's derivative is 0 on either side; where its operands tie, rounding decides.
        let ties = |point: &[f64]| domain.kinks.is_some_and(|kinks| kinks.contains(point));
        if prim.arity() == Some(1) && prim.name() == "max" {
            let all: Vec<f64> = views[0].iter().copied().collect();
            return !ties(&all)
                && all.iter().enumerate().all(|(i, a)| all[..i].iter().all(|b| (a - b).abs() > 1e-6));
        }
        if views.iter().any(|view| view.shape() != views[0].shape()) {
            return true;
        }
        let mut elements: Vec<_> = views.iter().map(|view| view.iter()).collect();
        (0..views[0].len()).all(|_| {
            let point: Vec<f64> = elements.iter_mut().filter_map(|each| each.next().copied()).collect();
            let near = |by: f64| point.iter().map(|x| x + by).collect::<Vec<_>>();
            let tie = point.len() == 2 && domain.kinks.is_some() && (point[0] - point[1]).abs() < 1e-6;
            let zero = point.len() == 1 && domain.kinks.is_some() && point[0].abs() < 1e-6;
            !ties(&point)
                && !tie
                && !zero
                && [-0.01, 0.0, 0.01].into_iter().all(|by| domain.contains(&near(by)))
        })
    }

    /// Appends a step, and one that bounds it if it is too large. None if the result is not finite or too long.
    fn take(&mut self, prim: Prim, operands: Vec<usize>) -> Option<()> {
        let values: Vec<&Value<f64>> = operands.iter().map(|&operand| &self.values[operand]).collect();
        let shapes: Vec<&[usize]> = values.iter().map(|value| value.shape()).collect();
        let shape = prim.shape(&shapes).ok()?;
        if shape.len() > 5 || shape.iter().product::<usize>() > 200 {
            return None;
        }
        let value = prim.eval(&values);
        let largest = value
            .view()
            .iter()
            .fold(0.0_f64, |most, x| if x.is_nan() { f64::NAN } else { most.max(x.abs()) });
        if !largest.is_finite() {
            return None;
        }
        self.values.push(value);
        self.program.steps.push(Step { prim, operands });
        if largest > LARGEST { self.take(Prim::named("tanh"), vec![self.values.len() - 1]) } else { Some(()) }
    }
}

fn broadcasts(from: &[usize], to: &[usize]) -> bool {
    from.len() <= to.len() && from.iter().rev().zip(to.iter().rev()).all(|(a, b)| a == b || *a == 1)
}

impl Prim {
    /// One without parameters, by its name.
    fn named(name: &str) -> Self {
        Self::fitting(&[1]).into_iter().find(|prim| prim.name() == name).expect("the library has it")
    }

    fn broadcast(shape: &[usize]) -> Self {
        Self(crate::prim::Family::View(crate::prim::View::Broadcast(shape.into())))
    }
}
