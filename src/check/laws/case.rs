//! One primitive on one set of operands.

use super::anywhere::special;
use super::recording::{ORDERS, Recording};
use crate::array::Kind;
use crate::check::Layout;
use crate::check::cases::values::{Palette, Values, mix};
use crate::prim::Family;
use crate::{Float, IndexOperand, Prim, Tape, Var};
use ndarray::ArrayD;
use std::ops::Range;

/// A primitive, and the shapes of the inputs that are broadcast to its operands.
pub(super) struct Case<'a> {
    pub prim: &'a Prim,
    pub inputs: &'a [Vec<usize>],
    /// The operands' shapes, to which inputs are broadcast.
    pub operands: &'a [Vec<usize>],
    pub layout: &'a Layout,
    pub seed: u64,
    pub points: Points,
}

/// Where it is examined.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Points {
    /// In the domain, away from kinks.
    Smooth,
    /// Anywhere, and most of all where values or slopes are 0, infinite or NaN. Of a matrix product's elements, finite
    /// ones: it sums 0 · NaN as IEEE does.
    Any,
}

impl Recording for Case<'_> {
    fn inputs(&self) -> Vec<ArrayD<f64>> {
        let mut inputs = self.drawn();
        if let Some(places) = self.places() {
            let mut seed = mix(self.seed, 77);
            inputs[places.operand] = ArrayD::from_shape_simple_fn(places.shape, || {
                seed = mix(seed, 0);
                f64::from(u32::try_from(seed % places.bound.max(1) as u64).expect("a small bound"))
            });
        }
        inputs
    }

    fn kind(&self, input: usize) -> Kind {
        let index = self.places().is_some_and(|places| places.operand == input);
        if index { Kind::Index } else { Kind::Real }
    }

    fn layout(&self) -> &Layout {
        self.layout
    }

    fn seed(&self) -> u64 {
        self.seed
    }

    fn orders(&self) -> usize {
        ORDERS
    }

    fn moving(&self) -> Option<Range<usize>> {
        if let Some(places) = self.places() {
            return (places.operand > 0).then_some(0..1);
        }
        match self.prim.name() {
            "detach" => None,
            // What computes places jumps, and differences may see it.
            _ if matches!(self.prim.0, Family::Order(_)) => None,
            // A mask jumps where it leaves 0, and has no derivative: it rests.
            "select" => Some(1..3),
            _ => Some(0..self.inputs.len()),
        }
    }

    fn spills(&self) -> bool {
        self.prim.name() == "matmul"
    }

    /// Inputs broadcast by explicit rows, then the primitive.
    fn record<'t, T: Float>(&self, tape: &'t Tape<T>, inputs: &[Var<'t, T>]) -> Var<'t, T> {
        let operands: Vec<Var<'t, T>> =
            inputs.iter().zip(self.operands).map(|(var, shape)| var.broadcast_to(shape.as_slice())).collect();
        tape.apply(self.prim, &operands)
    }

    fn describe(&self) -> String {
        let Self { prim, inputs, layout, .. } = self;
        format!("{} ({}) on inputs {inputs:?}, {layout:?}", prim.name(), prim.formula())
    }
}

impl Case<'_> {
    /// What indices suit it, if it takes any.
    fn places(&self) -> Option<IndexOperand> {
        self.prim.index_operand(&self.operands[0])
    }

    fn drawn(&self) -> Vec<ArrayD<f64>> {
        if self.points == Points::Any {
            let finite = self.spills();
            let mut seed = self.seed;
            let mut next = || {
                seed = mix(seed, 0);
                special(seed, finite)
            };
            let each =
                self.inputs.iter().map(|shape| ArrayD::from_shape_simple_fn(shape.as_slice(), &mut next));
            return each.collect();
        }
        let plain =
            |(i, shape): (usize, &Vec<usize>)| Values::Any.draw(shape, Palette::Plain, mix(self.seed, i));
        let mut inputs: Vec<ArrayD<f64>> = self.inputs.iter().enumerate().map(plain).collect();
        if self.prim.name() == "select" {
            // A mask of which some elements are 0.
            inputs[0].mapv_inplace(|x| x.max(0.0));
        }
        let spread: Vec<ArrayD<f64>> = inputs
            .iter()
            .zip(self.operands)
            .map(|(x, shape)| x.broadcast(shape.as_slice()).expect("shapes that broadcast").to_owned())
            .collect();
        let same = self.operands.iter().all(|shape| *shape == self.operands[0]);
        let domain = self.prim.domain();
        let inside = |i: usize| {
            let point: Vec<f64> = spread.iter().filter_map(|x| x.iter().nth(i).copied()).collect();
            domain.contains(&point)
        };
        if same && !(0..spread[0].len()).all(inside) {
            for x in &mut inputs {
                x.mapv_inplace(f64::abs);
            }
        }
        inputs
    }
}
