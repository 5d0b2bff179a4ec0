//! How cases are drawn: proptest gives a seed for each, and keeps it; what follows from it is drawn here.

use super::greedy::Greedy;
use super::plan::Plan;
use super::sample::{Cotangents, Repeated, Sample};
use super::values::Palette;
use super::written::Read;
use crate::check::Layout;
use crate::random::Draws;
use proptest::prelude::*;
use proptest::strategy::NewTree;
use proptest::test_runner::{RngAlgorithm, TestRng, TestRunner};
use std::rc::Rc;

/// As many results have a layout for their cotangents; further ones share the last.
const COTANGENTS: usize = 4;

/// At most this many elements in one input, if the shapes allow it.
const LARGEST: usize = 20_000;

/// Around powers of two, where blocks and vectors of numbers end.
const EDGES: [usize; 12] = [31, 32, 33, 63, 64, 65, 127, 128, 129, 255, 256, 257];

/// The cases of an examination, for proptest.
#[derive(Clone, Debug)]
pub(in crate::check) struct Samples(pub Rc<Plan>);

impl Samples {
    fn sizes(&self, draws: &mut Draws) -> Vec<usize> {
        let signature = &self.0.signature;
        let elements = |sizes: &Vec<usize>| {
            let each = signature.shapes(sizes).into_iter();
            each.map(|shape| shape.into_iter().fold(1, usize::saturating_mul)).max().unwrap_or(1)
        };
        let mut smallest: Option<Vec<usize>> = None;
        for attempt in 0..60 {
            let drawn = draw_sizes(draws, signature.axes.len());
            // Those that happen to be as asked for are more varied than those that were moved there.
            let admitted = if signature.admits(&drawn) {
                Some(drawn)
            } else if attempt < 20 {
                None
            } else {
                signature.nearest(&drawn)
            };
            let Some(sizes) = admitted else { continue };
            if elements(&sizes) <= LARGEST {
                return sizes;
            }
            if smallest.as_ref().is_none_or(|before| elements(&sizes) < elements(before)) {
                smallest = Some(sizes);
            }
        }
        smallest.or_else(|| signature.some_sizes()).expect("a signature has sizes, or is none")
    }

    /// An array of which all elements are the same along an axis, or along all.
    fn repeated(&self, draws: &mut Draws) -> Option<Repeated> {
        let inputs = self.0.values.len();
        let array = draws.pick(inputs + 1);
        let whole = draws.pick(2) == 0;
        let axis = (!whole).then(|| draws.pick(2));
        (array == inputs || self.0.values[array].is_by_element()).then_some(Repeated {
            array,
            axis,
            viewed: true,
        })
    }

    /// Two inputs of one shape.
    fn twins(&self, draws: &mut Draws) -> Option<[usize; 2]> {
        let inputs = self.0.values.len();
        let alike = |first: usize, second: usize| {
            let symbols = |input| self.0.signature.symbols(input);
            let values = |input: usize| format!("{:?}", self.0.values[input]);
            symbols(first) == symbols(second) && values(first) == values(second)
        };
        let pairs = (0..inputs).flat_map(|second| (0..second).map(move |first| [first, second]));
        let pairs: Vec<[usize; 2]> = pairs.filter(|[first, second]| alike(*first, *second)).collect();
        (!pairs.is_empty()).then(|| pairs[draws.pick(pairs.len())])
    }
}

fn draw_sizes(draws: &mut Draws, axes: usize) -> Vec<usize> {
    match draws.pick(40) {
        // All equal: where a forgotten transposition shows in no shape.
        0..5 => vec![1 + draws.pick(5); axes],
        // One at the end of a block, the others small.
        5..8 if axes > 0 => {
            let long = draws.pick(axes);
            (0..axes)
                .map(|axis| if axis == long { EDGES[draws.pick(EDGES.len())] } else { 1 + draws.pick(3) })
                .collect()
        }
        _ => (0..axes).map(|_| size(draws)).collect(),
    }
}

/// The size of an axis: mostly small primes, sometimes 0 or 1.
fn size(draws: &mut Draws) -> usize {
    const SIZES: [usize; 31] =
        [0, 1, 1, 1, 2, 2, 2, 2, 2, 3, 3, 3, 3, 3, 3, 4, 4, 5, 5, 5, 5, 7, 7, 7, 7, 11, 11, 13, 13, 17, 31];
    SIZES[draws.pick(SIZES.len())]
}

impl Strategy for Samples {
    type Tree = Greedy<Sample>;
    type Value = Sample;

    fn new_tree(&self, runner: &mut TestRunner) -> NewTree<Self> {
        // From a copy: a case that is drawn gets the generator as it is.
        let mut written = runner.rng().clone();
        match Sample::read(&self.0, || written.random()) {
            Read::Case(sample) => return Ok(Greedy::new(sample)),
            // No random numbers follow, so some are taken from elsewhere.
            Read::Other => {
                let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[7; 32]);
                return self.new_tree(&mut TestRunner::new_with_rng(runner.config().clone(), rng));
            }
            Read::Nothing => {}
        }
        let draws = &mut Draws::new(runner.rng().random());
        let sizes = self.sizes(draws);
        let arrays = self.0.values.len() + COTANGENTS;
        let layouts = (0..arrays).map(|_| Layout::drawn(draws)).collect();
        let special = draws.pick(40);
        let palettes =
            if self.0.thresholds.is_empty() { &Palette::ALL[..] } else { &Palette::WITH_THRESHOLDS };
        Ok(Greedy::new(Sample {
            plan: Rc::clone(&self.0),
            kept: vec![None; sizes.len()],
            sizes,
            layouts,
            repeated: if special < 6 { self.repeated(draws) } else { None },
            twins: if (6..9).contains(&special) { self.twins(draws) } else { None },
            cotangents: match special {
                9..13 => Cotangents::Ones,
                13 => Cotangents::Zeros,
                _ => Cotangents::Drawn,
            },
            palette: palettes[draws.pick(palettes.len())],
            seed: draws.bits(),
            finite: false,
            edits: Vec::new(),
        }))
    }
}
