//! How a random program grows, step by step.

use super::{Program, Step};
use crate::Prim;
use crate::array::{Kind, Room, Value};
use crate::check::Layout;
use crate::check::cases::values::mix;
use crate::check::laws::Recording;
use crate::prim::{Family, View};

/// A program as it grows, with its values.
pub(super) struct Builder {
    program: Program,
    values: Vec<Value<f64>>,
    /// Of those that are indices, how many places they may say, at whatever point the program is recorded.
    bounds: Vec<Option<usize>>,
    state: u64,
}

/// No value may be larger: what is, is bounded by tanh.
const LARGEST: f64 = 30.0;

impl Builder {
    pub fn new(seed: u64, layout: Layout) -> Self {
        let mut builder = Self {
            program: Program {
                shapes: Vec::new(),
                bounds: Vec::new(),
                steps: Vec::new(),
                layout,
                seed,
                rejected: 0,
            },
            values: Vec::new(),
            bounds: Vec::new(),
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
            builder.program.bounds.push(None);
        }
        // Half of them have indices among their inputs, of places that the smaller arrays have as well.
        for _ in 0..builder.pick(4).saturating_sub(1) {
            let mut shape: Vec<usize> = first.iter().map(|_| builder.size()).collect();
            shape.truncate(1 + builder.pick(2));
            let bound = 1 + builder.pick(3);
            builder.program.shapes.push(shape);
            builder.program.bounds.push(Some(bound));
        }
        builder.bounds.clone_from(&builder.program.bounds);
        let inputs = Recording::inputs(&builder.program);
        builder.values = inputs.into_iter().map(|x| Value::new(x.into_shared())).collect();
        builder
    }

    /// Whether every step of a program, which may be the remains of another, is one that could have been taken.
    pub fn accepts(program: &Program) -> bool {
        let inputs = Recording::inputs(program);
        let mut builder = Self {
            program: Program { steps: Vec::new(), ..program.clone() },
            values: inputs.into_iter().map(|x| Value::new(x.into_shared())).collect(),
            bounds: program.bounds.clone(),
            state: 0,
        };
        program.steps.iter().all(|Step { prim, operands }| {
            builder.is_inside(prim, operands) && builder.take(prim.clone(), operands.clone()).is_some()
        }) && builder.program.steps == program.steps // and no guard was missing
    }

    /// A number below `n`, of which there is at least one.
    fn pick(&mut self, n: usize) -> usize {
        self.state = mix(self.state, 1);
        draw(self.state, n)
    }

    fn size(&mut self) -> usize {
        [1, 2, 2, 3, 3, 4, 0, 2][self.pick(8)]
    }

    pub fn build(mut self) -> Program {
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
        let ordered = prim.name() == "matmul" || prim.index_operand(&shape).is_some();
        if !ordered && self.pick(2) == 0 {
            operands.swap(0, middle);
        }
        let operands = self.guarded(&prim, operands)?;
        self.take(prim, operands)
    }

    /// Another operand for a primitive whose first has this shape; broadcast to it if it must be.
    fn partner(&mut self, prim: &Prim, shape: &[usize]) -> Option<usize> {
        if let Some(places) = prim.index_operand(shape) {
            // Of slices, any indices that say places there are; of elements, some of the right shape.
            let fits: Vec<usize> = (0..self.values.len())
                .filter(|&other| self.bounds[other].is_some_and(|bound| bound <= places.bound))
                .filter(|&other| prim.shape(&[shape, self.values[other].shape()]).is_ok())
                .collect();
            return fits.get(self.pick(fits.len().max(1))).copied();
        }
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
        if prim.index_operand(views[0].shape()).is_some_and(|index| index.operand == 0) {
            return self.bounds[operands[0]].is_some(); // Whole numbers, that are.
        }
        if prim.name() != "tanh" && views.iter().flatten().any(|x| x.abs() > LARGEST) {
            return false; // It is only there to be bounded.
        }
        // A comparison's derivative is 0 on either side; where its operands tie, rounding decides.
        let ties = |point: &[f64]| domain.kinks.is_some_and(|kinks| kinks.contains(point));
        // Where an order may turn, all are compared with all.
        if prim.name() == "max" || matches!(prim.0, Family::Order(_)) {
            let all: Vec<f64> = views.iter().flatten().copied().collect();
            return !ties(&all)
                && all.iter().enumerate().all(|(i, a)| all[..i].iter().all(|b| (a - b).abs() > 1e-6));
        }
        // A mask's zeros must be meant: what is 0 by rounding is not in another arithmetic.
        let is_mask = self.is_comparison(operands[0]) || views[0].iter().all(|x| x.abs() > 1e-6);
        if prim.name() == "select" && !is_mask {
            return false;
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

    fn is_comparison(&self, value: usize) -> bool {
        let step = value.checked_sub(self.program.shapes.len()).map(|step| &self.program.steps[step]);
        step.is_some_and(|step| ["gt", "ge", "lt", "le", "eq", "ne"].contains(&step.prim.name()))
    }

    fn kinds(&self, operands: &[usize]) -> Vec<Kind> {
        operands.iter().map(|&operand| self.bounds[operand].map_or(Kind::Real, |_| Kind::Index)).collect()
    }

    /// How many places the result may say, if it is indices: as many as what is moved or chosen, or as there are along
    /// the longest axis.
    fn bound(&self, prim: &Prim, operands: &[usize]) -> Option<usize> {
        let of = |operand: &usize| self.bounds[*operand];
        let kinds = self.kinds(operands);
        let computed =
            || operands.iter().flat_map(|&operand| self.values[operand].shape()).max().map_or(1, |n| n + 1);
        match (prim.kind(&kinds), &prim.0) {
            (Ok(Kind::Index), Family::Order(_)) => Some(computed()),
            (Ok(Kind::Index), _) if prim.name() != "pad" => operands.iter().filter_map(of).max(),
            _ => None,
        }
    }

    /// Appends a step, and one that bounds it if it is too large. None if the result is not finite or too long.
    fn take(&mut self, prim: Prim, operands: Vec<usize>) -> Option<()> {
        let values: Vec<&Value<f64>> = operands.iter().map(|&operand| &self.values[operand]).collect();
        let shapes: Vec<&[usize]> = values.iter().map(|value| value.shape()).collect();
        prim.kind(&self.kinds(&operands)).ok()?;
        let shape = prim.shape(&shapes).ok()?;
        if shape.len() > 5 || shape.iter().product::<usize>() > 200 {
            return None;
        }
        let value = prim.eval(&values, &Room::default()).ok()?;
        let largest = value
            .view()
            .iter()
            .fold(0.0_f64, |most, x| if x.is_nan() { f64::NAN } else { most.max(x.abs()) });
        if !largest.is_finite() {
            return None;
        }
        self.values.push(value);
        self.bounds.push(self.bound(&prim, &operands));
        self.program.steps.push(Step { prim, operands });
        if largest > LARGEST { self.take(Prim::named("tanh"), vec![self.values.len() - 1]) } else { Some(()) }
    }
}

/// A number below `n`, of which there is at least one, from random bits.
pub(super) fn draw(bits: u64, n: usize) -> usize {
    usize::try_from(bits % n as u64).expect("below a usize")
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
        Self(Family::View(View::Broadcast(shape.into()).into()))
    }
}
