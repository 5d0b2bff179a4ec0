//! Random programs: whole tapes, drawn and shrunk by proptest.
//!
//! A program is built step by step on numbers, so that each step can be looked at before it is taken: is it in the
//! domain, away from kinks, not too large? Where it is not, a guard is put in front (tanh bounds, exp ∘ tanh is positive
//! besides) or the step is rejected, and counted.

mod build;
mod hidden;

use crate::array::Kind;
use crate::check::cases::greedy::{Greedy, Simpler};
use crate::check::cases::values::{self, Palette, Values, mix};
use crate::check::laws::{ORDERS, Recording, alike, law, leaves, modes, replay};
use crate::check::oracle::sweep::Library;
use crate::check::{Layout, Tally};
use crate::{Float, Prim, Tape, Var};
use build::Builder;
use hidden::{Anywhere, Hidden};
use ndarray::ArrayD;
use proptest::prelude::*;
use proptest::strategy::{NewTree, ValueTree};
use proptest::test_runner::TestRunner;
use std::fmt;
use std::ops::Range;

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
    /// Of inputs that are indices, how many places there are.
    bounds: Vec<Option<usize>>,
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
        let inputs = leaves(self, tape, &inputs);
        let out = Recording::record(self, tape, &inputs);
        (inputs, out)
    }

    /// Compares all ways to its value and derivatives: recording, evaluating again, replay, forward and reverse mode and
    /// both over each other, to second order, against dual numbers and the complex step; and the same with a branch of
    /// infinities and NaN in it that is not chosen, which must change no bit.
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
        let [hidden, harmless] = [false, true].map(|harmless| Hidden { program: self, harmless });
        alike::<f64>(&hidden, &harmless, &Library, &mut tally);
        replay::<f64>(&hidden, "a hidden branch, replayed", &mut tally);
        modes::<f64>(&Anywhere { program: self }, &Library, &mut tally);
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
        let each = self.shapes.iter().zip(&self.bounds).enumerate();
        each.map(|(i, (shape, bound))| match bound {
            None => Values::Any.draw(shape, Palette::Plain, mix(self.seed, i)),
            Some(bound) => {
                let mut seed = mix(self.seed, i);
                ArrayD::from_shape_simple_fn(shape.as_slice(), || {
                    seed = mix(seed, 0);
                    values::count(build::draw(seed, *bound))
                })
            }
        })
        .collect()
    }

    fn kind(&self, input: usize) -> Kind {
        if self.bounds[input].is_some() { Kind::Index } else { Kind::Real }
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
    fn moving(&self) -> Option<Range<usize>> {
        None
    }

    fn spills(&self) -> bool {
        self.primitives().any(|name| name == "matmul")
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
            let of = self.bounds[i].map_or(String::new(), |bound| format!(" of indices below {bound}"));
            writeln!(f, "  %{i} = input {shape:?}{of}")?;
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

impl Simpler for Program {
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
            .filter(Builder::accepts)
            .collect()
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
    type Tree = Greedy<Program>;
    type Value = Program;

    fn new_tree(&self, runner: &mut TestRunner) -> NewTree<Self> {
        let layout = crate::check::layouts().new_tree(runner)?.current();
        let best = Builder::new(runner.rng().random(), layout).build();
        Ok(Greedy::new(best))
    }
}
