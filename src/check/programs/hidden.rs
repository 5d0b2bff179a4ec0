//! A random program with a branch in it that no choice takes, on points that are 0, infinite or NaN there.
//!
//! The branch must have no influence: whatever its values and slopes are, the program has the same value and the same
//! derivatives as with a constant in its place, to the bit. (Without the choice, cotangents would add up in another order.)

use super::Program;
use super::build::draw;
use crate::array::Kind;
use crate::check::Layout;
use crate::check::cases::values::mix;
use crate::check::laws::{Recording, special};
use crate::{Float, Prim, Tape, Var};
use ndarray::ArrayD;
use std::ops::Range;

/// The program with the branch.
pub(super) struct Hidden<'a> {
    pub program: &'a Program,
    /// The branch is a constant, and finite.
    pub harmless: bool,
}

impl Recording for Hidden<'_> {
    fn inputs(&self) -> Vec<ArrayD<f64>> {
        Recording::inputs(self.program)
    }

    fn kind(&self, input: usize) -> Kind {
        self.program.kind(input)
    }

    fn layout(&self) -> &Layout {
        self.program.layout()
    }

    fn seed(&self) -> u64 {
        self.program.seed()
    }

    fn orders(&self) -> usize {
        self.program.orders()
    }

    fn moving(&self) -> Option<Range<usize>> {
        None
    }

    fn spills(&self) -> bool {
        self.program.spills()
    }

    /// As the program; but one of its rows, wherever it is used later, has gone through the masks.
    fn record<'t, T: Float>(&self, tape: &'t Tape<T>, inputs: &[Var<'t, T>]) -> Var<'t, T> {
        let mut rows = inputs.to_vec();
        let place = draw(mix(self.seed(), 600), inputs.len() + self.program.steps.len());
        for step in &self.program.steps {
            if rows.len() == place + 1 {
                rows[place] = self.behind_masks(rows[place]);
            }
            let operands: Vec<Var<'t, T>> = step.operands.iter().map(|&operand| rows[operand]).collect();
            rows.push(tape.apply(&step.prim, &operands));
        }
        if rows.len() == place + 1 {
            rows[place] = self.behind_masks(rows[place]);
        }
        *rows.last().expect("a program has inputs")
    }

    fn describe(&self) -> String {
        format!("{} with a hidden branch", self.program)
    }
}

impl Hidden<'_> {
    /// The same elements, each chosen before some of the branch. (Indices are left as they are.)
    fn behind_masks<'t, T: Float>(&self, row: Var<'t, T>) -> Var<'t, T> {
        if row.kind() == Kind::Index {
            return row;
        }
        let hidden = if self.harmless { row.detach() } else { self.branch(row) };
        let seed = mix(self.seed(), 601);
        // Some elements are taken from the branch at first, and those are the ones that are given up in the end; a mask
        // depends on the row, so that no pass knows it.
        let mut count = 0;
        let some = row.tape().constant(ArrayD::from_shape_simple_fn(row.shape(), || {
            count += 1;
            T::from_f64(if mix(seed, count).is_multiple_of(3) { 1.0 } else { 0.0 })
        }));
        let mask = row.eq(row) * some;
        match seed % 3 {
            0 => mask.select(mask.select(row, hidden), row),
            1 => mask.select(row, mask.select(hidden, row)),
            _ => row.eq(row).select(row, hidden),
        }
    }

    /// One to five primitives, of which none asks for its domain, on special points that move as the row does.
    fn branch<'t, T: Float>(&self, row: Var<'t, T>) -> Var<'t, T> {
        let (tape, shape) = (row.tape(), row.shape());
        let mut seed = mix(self.seed(), 602);
        let mut next = |n: usize| {
            seed = mix(seed, 0);
            draw(seed, n)
        };
        let points = ArrayD::from_shape_simple_fn(shape.as_slice(), || {
            T::from_f64(special(mix(7, next(1 << 20)), false))
        });
        // The row less its own value: 0, with the slope 1.
        let zero = row - row.detach();
        let mut rows = vec![zero + tape.constant(points), zero, row];
        for _ in 0..=next(5) {
            let first = rows[next(rows.len())];
            let shape = first.shape();
            let prims: Vec<Prim> = Prim::fitting(&shape)
                .into_iter()
                .filter(|prim| prim.kernel::<T>().is_some() || prim.arity() == Some(1))
                .filter(|prim| prim.name() != "to_indices") // It refuses numbers, rather than give NaN.
                .collect();
            let prim = &prims[next(prims.len())];
            let operands: Vec<Var<'t, T>> = (0..prim.arity().unwrap_or(1))
                .map(|operand| {
                    let alike: Vec<_> = rows.iter().copied().filter(|row| row.shape() == shape).collect();
                    if operand == 0 { first } else { alike[next(alike.len())] }
                })
                .collect();
            if let Ok(result) = tape.try_apply(prim, &operands) {
                rows.push(result);
            }
        }
        let last = *rows.last().expect("it starts with three");
        if last.shape() == row.shape() { last } else { last.sum().broadcast_to(row.shape()) }
    }
}

/// The program at points for which it was not made, outside of domains and at kinks.
pub(super) struct Anywhere<'a> {
    pub program: &'a Program,
}

impl Recording for Anywhere<'_> {
    fn inputs(&self) -> Vec<ArrayD<f64>> {
        let mut seed = mix(self.program.seed(), 603);
        let mut next = || {
            seed = mix(seed, 0);
            special(seed, false)
        };
        let mut inputs = Recording::inputs(self.program);
        for (i, input) in inputs.iter_mut().enumerate().filter(|(i, _)| self.kind(*i) == Kind::Real) {
            *input = ArrayD::from_shape_simple_fn(self.program.shapes[i].as_slice(), &mut next);
        }
        inputs
    }

    fn kind(&self, input: usize) -> Kind {
        self.program.kind(input)
    }

    fn layout(&self) -> &Layout {
        self.program.layout()
    }

    fn seed(&self) -> u64 {
        self.program.seed()
    }

    fn orders(&self) -> usize {
        1
    }

    fn moving(&self) -> Option<Range<usize>> {
        None
    }

    fn spills(&self) -> bool {
        self.program.spills()
    }

    fn record<'t, T: Float>(&self, tape: &'t Tape<T>, inputs: &[Var<'t, T>]) -> Var<'t, T> {
        Recording::record(self.program, tape, inputs)
    }

    fn describe(&self) -> String {
        self.program.to_string()
    }
}
