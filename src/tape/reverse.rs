//! The reverse sweep: from a result back to everything that it was computed from.
//!
//! Walking the list backwards, each row turns the cotangent of its result into cotangents of its
//! operands (the vector-Jacobian product), which add up where a row was used more than once. The
//! rules record ordinary rows, so that a gradient is itself part of the list.

use super::frontier::Frontier;
use super::sweeps::{Derivatives, Mode, Working};
use super::{Gradients, IntoVar, RowId, Tape, Var};
use crate::Float;
use crate::error::{Error, ErrorKind, Problem, must};
use crate::prim::Prim;
use smallvec::SmallVec;
use std::panic::Location;
use std::rc::Rc;

impl<T: Float> Tape<T> {
    /// Sweeps backwards from `root`, whose cotangent is `seed` or 1, unless that was done before. Visits the rows that
    /// `root` was computed from, and no others.
    #[track_caller]
    fn cotangents(
        &self,
        operation: &'static str,
        root: RowId,
        seed: Option<RowId>,
    ) -> Result<Derivatives, Error> {
        if let Some(done) = self.cotangents.borrow().get(&(root, seed)) {
            return Ok(Rc::clone(done));
        }
        let mark = self.mark();
        let mut sweep = self.working(root);
        let start = seed.unwrap_or_else(|| self.unit_seed(root));
        let mut waiting = Frontier::default();
        waiting.put(root, |_| start);
        while let Some((row, cotangent)) = waiting.take_last() {
            sweep.found.push((row, cotangent));
            self.pull_back(row, cotangent, &mut waiting, &mut sweep);
            self.check_sweep(operation, Location::caller(), &sweep, mark)?;
        }
        sweep.found.reverse();
        let cotangents = self.swept(sweep, seed.map_or(Mode::Reverse, Mode::Seeded));
        self.cotangents.borrow_mut().insert((root, seed), Rc::clone(&cotangents));
        Ok(cotangents)
    }

    /// Adds what the cotangent of `row` contributes to the cotangents of its operands, which wait to be visited.
    fn pull_back(&self, row: RowId, cotangent: RowId, waiting: &mut Frontier<RowId>, sweep: &mut Working) {
        let out = Var::new(self, row);
        // Read at once: a scalar program has millions of rows.
        let (prim, operands, at, derived) = out.with_row(|row| {
            let operands: SmallVec<[Var<'_, T>; 2]> =
                row.operands.iter().map(|&id| Var::new(self, id)).collect();
            (row.prim.clone(), operands, row.at, row.origin.is_some())
        });
        sweep.earlier += usize::from(derived);
        self.sweeping_at(row, at, || {
            prim.pull_back(&operands, out, Var::new(self, cotangent), |wrt, term| {
                let operand = operands[wrt];
                debug_assert_eq!(term.shape(), operand.shape(), "vjp of {}", prim.name());
                self.look_out_for(term);
                waiting.put(operand.id(), |sum| {
                    let Some(sum) = sum else { return term.id() };
                    let sum = must(self.record(Prim::ADD, &[Var::new(self, sum), term])).id();
                    sweep.sums.push((sum, operand.id()));
                    sum
                });
            });
        });
    }

    /// The row that seeds plain backward sweeps from single numbers of this shape.
    fn unit_seed(&self, root: RowId) -> RowId {
        self.sweeping(root, || Var::new(self, root).constant_like(T::one()).id())
    }
}

/// # Reverse mode
impl<'t, T: Float> Var<'t, T> {
    /// The gradient of this number with respect to every row that it was computed from.
    ///
    /// Nothing is freed and nothing accumulates: a second call gives the same rows again. The
    /// gradients are rows of the tape and can be differentiated further.
    ///
    /// What was not chosen has no influence, also if its slope is infinite or NaN: see [`select`](Self::select).
    /// [`jvp`](Self::jvp) says where the two modes agree.
    ///
    /// A sweep visits the rows that the result was computed from, and no others, in time and memory for so many rows. In a
    /// training loop let each step start from values, as [`Tape::clear`] shows: weights that are rows were computed from
    /// all earlier steps, and the sweep goes through those as well.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// let x = tape.leaf("x", 3.0);
    /// let slope = (x * x * x).backward()[x];
    /// assert_eq!(slope.item(), 27.0); // 3x²
    /// assert_eq!(slope.backward()[x].item(), 18.0); // 6x
    /// ```
    #[doc(alias = "grad")]
    #[doc(alias = "gradient")]
    #[doc(alias = "value_and_grad")]
    #[track_caller]
    pub fn backward(self) -> Gradients<'t, T> {
        must(self.try_backward())
    }

    /// As [`backward`](Self::backward), without the panic.
    ///
    /// # Errors
    /// If the row is not a single number; [`backward_with`](Self::backward_with) takes the seed
    /// cotangent that is then needed. If the tape becomes longer than [`Tape::limit_rows`] allows.
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
        let cotangents = self.tape().cotangents("backward", self.id(), None)?;
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
    #[doc(alias = "vjp")]
    #[doc(alias = "pullback")]
    #[track_caller]
    pub fn backward_with(self, seed: impl IntoVar<'t, T>) -> Gradients<'t, T> {
        must(self.try_backward_with(seed))
    }

    /// As [`backward_with`](Self::backward_with), without the panic.
    ///
    /// # Errors
    /// If the seed has another shape than this row, or is of another tape; or if the tape becomes longer than
    /// [`Tape::limit_rows`] allows.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// let x = tape.leaf("x", ndarray::arr1(&[1.0, 2.0]));
    /// assert!(x.try_backward_with(1.0).is_err());
    /// ```
    #[track_caller]
    pub fn try_backward_with(self, seed: impl IntoVar<'t, T>) -> Result<Gradients<'t, T>, Error> {
        let seed = seed.into_var(self.tape()).map_err(|error| error.called("backward_with"))?;
        if !self.shares_tape(seed) {
            return Err(self.other_tape("backward_with", seed));
        }
        if seed.shape() != self.shape() {
            let problem = Problem::new(
                ErrorKind::Seed,
                "the seed cotangent needs the shape of the row that the sweep starts from",
                "A seed has one element for each element of the row: the weight of that element.",
            );
            return Err(Self::error("backward_with", problem, &[self, seed]));
        }
        Ok(Gradients::new(self, self.tape().cotangents("backward_with", self.id(), Some(seed.id()))?))
    }
}
