//! One case of an examination: sizes, layouts and numbers, and how a failing one shrinks.
//!
//! Numbers are a function of the seed and of where they stand, so that cutting off a row leaves the others
//! as they were. A failing case shrinks in this order: sizes, layouts, then the numbers.

use super::Layout;
use super::layout::layouts;
use super::shapes::Signature;
use super::values::{Palette, Values};
use crate::Float;
use ndarray::ArrayD;
use proptest::prelude::*;
use proptest::strategy::{NewTree, ValueTree};
use proptest::test_runner::TestRunner;
use std::rc::Rc;

/// Where the number of one element comes from.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Edit {
    input: usize,
    element: usize,
    value: f64,
}

/// Everything that a case is made from.
#[derive(Clone, Debug)]
pub(super) struct Sample {
    plan: Rc<Plan>,
    /// The size of each named axis.
    pub sizes: Vec<usize>,
    /// One an input, and one for the cotangent.
    layouts: Vec<Layout>,
    palette: Palette,
    seed: u64,
    /// Numbers that shrinking has replaced.
    edits: Vec<Edit>,
}

/// What all cases of an examination have in common.
#[derive(Debug)]
pub(super) struct Plan {
    pub signature: Signature,
    /// The kind of numbers of each input.
    pub values: Vec<Values>,
}

/// At most this many elements in one input.
const LARGEST: usize = 20_000;

impl Sample {
    pub fn signature(&self) -> &Signature {
        &self.plan.signature
    }

    /// The input arrays, in their layouts.
    pub fn inputs<T: Float>(&self) -> Vec<ArrayD<T>> {
        self.numbers()
            .iter()
            .zip(&self.layouts)
            .map(|(x, layout)| layout.place(&x.mapv(T::from_f64)))
            .collect()
    }

    /// A cotangent of this shape, in its layout.
    pub fn cotangent<T: Float>(&self, shape: &[usize]) -> ArrayD<T> {
        let input = self.plan.values.len();
        let numbers = self.edited(input, Values::Any.draw(shape, self.palette, self.seed_of(input)));
        self.layouts[input].place(&numbers.mapv(T::from_f64))
    }

    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// The same sizes with other numbers.
    pub fn reseeded(&self, seed: u64) -> Self {
        Self { seed, edits: Vec::new(), ..self.clone() }
    }

    /// The same with numbers near 1, none of them 0: away from most kinks.
    pub fn tame(&self) -> Self {
        Self { palette: Palette::Plain, edits: Vec::new(), ..self.clone() }
    }

    /// Whether its numbers are such.
    pub fn is_tame(&self) -> bool {
        self.palette == Palette::Plain
    }

    /// The same with small whole numbers: many zeros and ties.
    pub fn tied(&self) -> Self {
        Self { palette: Palette::Integers, edits: Vec::new(), ..self.clone() }
    }

    /// The same with tiny numbers, beside which a small constant shows.
    pub fn tiny(&self) -> Self {
        Self { palette: Palette::Tiny, edits: Vec::new(), ..self.clone() }
    }

    /// The same with these sizes.
    pub fn resized(&self, sizes: Vec<usize>) -> Self {
        Self { sizes, edits: Vec::new(), ..self.clone() }
    }

    fn numbers(&self) -> Vec<ArrayD<f64>> {
        let shapes = self.plan.signature.shapes(&self.sizes);
        let draw = |(input, shape): (usize, &Vec<usize>)| {
            self.edited(input, self.plan.values[input].draw(shape, self.palette, self.seed_of(input)))
        };
        shapes.iter().enumerate().map(draw).collect()
    }

    fn seed_of(&self, input: usize) -> u64 {
        super::values::mix(self.seed, input)
    }

    fn edited(&self, input: usize, mut numbers: ArrayD<f64>) -> ArrayD<f64> {
        for edit in self.edits.iter().filter(|edit| edit.input == input) {
            if let Some(x) = numbers.iter_mut().nth(edit.element) {
                *x = edit.value;
            }
        }
        numbers
    }

    /// How its arrays lie, in words.
    pub fn kinds_of_layout(&self) -> impl Iterator<Item = &'static str> {
        self.layouts.iter().map(Layout::kind)
    }

    /// Which numbers are frequent, in words.
    pub fn kind_of_numbers(&self) -> &'static str {
        self.palette.name()
    }

    /// How many numbers its inputs hold.
    pub fn len(&self) -> usize {
        self.signature().shapes(&self.sizes).iter().map(|shape| shape.iter().product::<usize>()).sum()
    }

    /// Simpler cases, the simplest first.
    pub fn simpler(&self) -> Vec<Self> {
        let mut simpler = Vec::new();
        for (axis, &size) in self.sizes.iter().enumerate() {
            // An empty case says little to a reader: 1 is simpler than 0.
            let smaller = [1, 2, 3, size / 2, size.saturating_sub(1)].into_iter().filter(|&n| n > 0);
            for candidate in smaller.filter(|&n| n < size || size == 0 && n <= 2) {
                let mut sizes = self.sizes.clone();
                sizes[axis] = candidate;
                simpler.push(self.resized(sizes));
            }
        }
        for (i, layout) in self.layouts.iter().enumerate() {
            if *layout != Layout::contiguous() {
                let mut layouts = self.layouts.clone();
                layouts[i] = Layout::contiguous();
                simpler.push(Self { layouts, ..self.clone() });
            }
        }
        simpler.extend(self.palette.simpler().map(|palette| Self { palette, ..self.clone() }));
        if self.edits.len() < 200 {
            simpler.extend(self.simpler_numbers());
        }
        simpler
    }

    /// One number replaced by a simpler one.
    fn simpler_numbers(&self) -> Vec<Self> {
        let numbers = self.numbers();
        let mut simpler = Vec::new();
        for (input, x) in numbers.iter().enumerate().filter(|(input, _)| self.plan.values[*input].is_free()) {
            for (element, &value) in x.iter().enumerate().take(30) {
                let round = value.round();
                for candidate in [1.0, 2.0, round] {
                    if complexity(candidate) < complexity(value) {
                        let mut edits = self.edits.clone();
                        edits.retain(|edit| (edit.input, edit.element) != (input, element));
                        edits.push(Edit { input, element, value: candidate });
                        simpler.push(Self { edits, ..self.clone() });
                    }
                }
            }
        }
        // The cotangent's shape is not known here: its first elements, if it has as many.
        let cotangent = numbers.len();
        for element in 0..8 {
            if !self.edits.iter().any(|edit| (edit.input, edit.element) == (cotangent, element)) {
                let mut edits = self.edits.clone();
                edits.push(Edit { input: cotangent, element, value: 1.0 });
                simpler.push(Self { edits, ..self.clone() });
            }
        }
        simpler
    }
}

/// How hard a number is to read.
fn complexity(value: f64) -> u32 {
    match value.abs() {
        1.0 => 0,
        2.0 => 1,
        0.0 => 2,
        x if x.fract() == 0.0 && x < 10.0 => 3,
        x if x.fract() == 0.0 && x < 1000.0 => 4,
        _ => 5,
    }
}

/// The cases of an examination, for proptest.
#[derive(Clone, Debug)]
pub(super) struct Samples(pub Rc<Plan>);

impl Samples {
    fn sizes(&self, runner: &mut TestRunner) -> Vec<usize> {
        let axes = self.0.signature.axes.len();
        loop {
            let sizes: Vec<usize> = if runner.rng().random_ratio(1, 8) {
                // All equal: where a forgotten transposition shows in no shape.
                vec![1 + pick(runner, 5); axes]
            } else {
                (0..axes).map(|_| size(runner)).collect()
            };
            let elements = |shape: &Vec<usize>| shape.iter().product::<usize>();
            if self.0.signature.shapes(&sizes).iter().all(|shape| elements(shape) <= LARGEST) {
                return sizes;
            }
        }
    }
}

/// A number below `n`.
fn pick(runner: &mut TestRunner, n: usize) -> usize {
    (0..n).new_tree(runner).expect("a range has numbers").current()
}

/// The size of an axis: mostly small primes, sometimes 0 or 1, now and then something large.
fn size(runner: &mut TestRunner) -> usize {
    const SIZES: [usize; 32] = [
        0, 1, 1, 1, 2, 2, 2, 2, 2, 3, 3, 3, 3, 3, 3, 4, 4, 5, 5, 5, 5, 7, 7, 7, 7, 11, 11, 13, 13, 17, 31,
        128,
    ];
    SIZES[pick(runner, SIZES.len())]
}

impl Strategy for Samples {
    type Tree = SampleTree;
    type Value = Sample;

    fn new_tree(&self, runner: &mut TestRunner) -> NewTree<Self> {
        let sizes = self.sizes(runner);
        let arrays = self.0.values.len() + 1;
        let layouts = (0..arrays).map(|_| Ok(layouts().new_tree(runner)?.current()));
        let best = Sample {
            plan: Rc::clone(&self.0),
            sizes,
            layouts: layouts.collect::<Result<_, proptest::test_runner::Reason>>()?,
            palette: Palette::ALL[pick(runner, Palette::ALL.len())],
            seed: runner.rng().random(),
            edits: Vec::new(),
        };
        Ok(SampleTree { candidate: best.clone(), best, rest: Vec::new().into_iter() })
    }
}

/// Greedy shrinking: a simpler case that still fails takes the place of the one before it.
#[derive(Debug)]
pub(super) struct SampleTree {
    best: Sample,
    candidate: Sample,
    rest: std::vec::IntoIter<Sample>,
}

impl ValueTree for SampleTree {
    type Value = Sample;

    fn current(&self) -> Sample {
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
