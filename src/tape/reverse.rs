//! The reverse sweep: from a result back to everything that it was computed from.
//!
//! Walking the list backwards, each row turns the cotangent of its result into cotangents of its
//! operands (the vector-Jacobian product), which add up where a row was used more than once. The
//! rules record ordinary rows, so that a gradient is itself part of the list.

use super::{Gradients, IntoVar, RowId, Tape, Var, id};
use crate::Float;
use crate::error::{Error, ErrorKind, Problem, must};
use std::rc::Rc;

/// The cotangent of each row up to the swept one.
pub(super) type Cotangents = Rc<[Option<RowId>]>;

impl<T: Float> Tape<T> {
    /// Sweeps backwards from `root`, whose cotangent is `seed`, unless that was done before.
    fn cotangents(&self, root: Var<'_, T>, seed: Var<'_, T>) -> Cotangents {
        let key = (root.id(), seed.id());
        if let Some(done) = self.swept.borrow().get(&key) {
            return Rc::clone(done);
        }
        let mut cotangents: Vec<Option<RowId>> = vec![None; root.row() + 1];
        cotangents[root.row()] = Some(seed.id());
        for row in (0..=root.row()).rev() {
            if let Some(cotangent) = cotangents[row] {
                self.sweeping(id(row), || self.pull_back(id(row), cotangent, &mut cotangents));
            }
        }
        let cotangents: Cotangents = cotangents.into();
        self.swept.borrow_mut().insert(key, Rc::clone(&cotangents));
        cotangents
    }

    /// Adds what the cotangent of `row` contributes to the cotangents of its operands.
    fn pull_back(&self, row: RowId, cotangent: RowId, cotangents: &mut [Option<RowId>]) {
        let out = Var::new(self, row);
        let (prim, operands) = (out.prim(), out.operands());
        for (wrt, operand) in operands.iter().enumerate() {
            if !operand.varies() {
                continue;
            }
            if let Some(term) = prim.vjp(wrt, &operands, out, Var::new(self, cotangent)) {
                debug_assert_eq!(term.shape(), operand.shape(), "vjp of {}", prim.name());
                let sum = &mut cotangents[operand.row()];
                *sum = Some(sum.map_or(term, |sum| Var::new(self, sum) + term).id());
            }
        }
    }

    /// The row that seeds plain backward sweeps from single numbers of this shape.
    fn unit_seed<'t>(&'t self, root: Var<'t, T>) -> Var<'t, T> {
        let seed = self.seeds.borrow().get(&root.id()).copied();
        let seed = seed.unwrap_or_else(|| {
            let seed = self.sweeping(root.id(), || root.constant_like(T::one()).id());
            self.seeds.borrow_mut().insert(root.id(), seed);
            seed
        });
        Var::new(self, seed)
    }
}

impl<'t, T: Float> Var<'t, T> {
    /// The gradient of this number with respect to every row that it was computed from.
    ///
    /// Nothing is freed and nothing accumulates: a second call gives the same rows again. The
    /// gradients are rows of the tape and can be differentiated further.
    ///
    /// What was not chosen has no influence, also if its slope is infinite or NaN: see [`select`](Self::select).
    /// [`jvp`](Self::jvp) says where the two modes agree.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// let x = tape.leaf("x", 3.0);
    /// let slope = (x * x * x).backward()[x];
    /// assert_eq!(slope.item(), 27.0); // 3x²
    /// assert_eq!(slope.backward()[x].item(), 18.0); // 6x
    /// ```
    #[track_caller]
    pub fn backward(self) -> Gradients<'t, T> {
        must(self.try_backward())
    }

    /// As [`backward`](Self::backward), without the panic.
    ///
    /// # Errors
    /// If the row is not a single number; [`backward_with`](Self::backward_with) takes the seed
    /// cotangent that is then needed.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// assert!(tape.leaf("x", ndarray::arr1(&[1.0, 2.0])).try_backward().is_err());
    /// ```
    #[track_caller]
    pub fn try_backward(self) -> Result<Gradients<'t, T>, Error> {
        if self.len() != 1 {
            let problem = Problem::new(
                ErrorKind::Seed,
                "a backward sweep starts from a single number, and this row is an array",
                "Reduce it first, as with `sum()`, or pass a seed cotangent of its shape: `backward_with(seed)`.",
            );
            return Err(Self::error("backward", problem, &[self]));
        }
        let cotangents = self.tape().cotangents(self, self.tape().unit_seed(self));
        Ok(Gradients::new(self, cotangents))
    }

    /// The vector-Jacobian product of `seed` with this row: the gradient of `(seed * self).sum()`
    /// with respect to every row that this one was computed from.
    ///
    /// The seed is a `Var`, an array or, for a row that is a number, a number.
    ///
    /// ```
    /// use ndarray::arr1;
    /// # let tape = wengert::Tape::<f64>::new();
    /// let x = tape.leaf("x", arr1(&[1.0, 2.0]));
    /// let grads = (x * x).backward_with(arr1(&[1.0, 10.0]));
    /// assert_eq!(grads[x].value(), arr1(&[2.0, 40.0]).into_dyn());
    /// ```
    #[track_caller]
    pub fn backward_with(self, seed: impl IntoVar<'t, T>) -> Gradients<'t, T> {
        must(self.try_backward_with(seed))
    }

    /// As [`backward_with`](Self::backward_with), without the panic.
    ///
    /// # Errors
    /// If the seed has another shape than this row, or is of another tape.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// let x = tape.leaf("x", ndarray::arr1(&[1.0, 2.0]));
    /// assert!(x.try_backward_with(1.0).is_err());
    /// ```
    #[track_caller]
    pub fn try_backward_with(self, seed: impl IntoVar<'t, T>) -> Result<Gradients<'t, T>, Error> {
        let seed = seed.into_var(self.tape())?;
        if !self.shares_tape(seed) {
            return Err(self.other_tape("backward", seed));
        }
        if seed.shape() != self.shape() {
            let problem = Problem::new(
                ErrorKind::Seed,
                "the seed cotangent needs the shape of the row that the sweep starts from",
                "A seed has one element for each element of the row: the weight of that element.",
            );
            return Err(Self::error("backward", problem, &[self, seed]));
        }
        Ok(Gradients::new(self, self.tape().cotangents(self, seed)))
    }
}
