//! The forward sweep: how a result moves when its inputs do.
//!
//! Walking the list forwards, each row turns the tangents of its operands into the tangent of its
//! result (the Jacobian-vector product). The rules are those of the reverse sweep, seen from the
//! other side, and record ordinary rows as well.

use super::{IntoVar, Tape, Var, id};
use crate::Float;
use crate::error::{Error, ErrorKind, Problem, must};
use smallvec::SmallVec;

impl<T: Float> Tape<T> {
    /// Which rows `root` was computed from, itself included.
    fn ancestors(&self, root: Var<'_, T>) -> Vec<bool> {
        let rows = self.rows.borrow();
        let mut needed = vec![false; root.row() + 1];
        needed[root.row()] = true;
        for row in (0..=root.row()).rev() {
            if needed[row] {
                rows[row].operands.iter().for_each(|operand| needed[operand.index()] = true);
            }
        }
        needed
    }

    fn push_forward<'t>(
        &'t self,
        root: Var<'t, T>,
        seeds: &[(Var<'t, T>, Var<'t, T>)],
    ) -> Option<Var<'t, T>> {
        let needed = self.ancestors(root);
        let mut tangents: Vec<Option<Var<'t, T>>> = vec![None; root.row() + 1];
        for (var, tangent) in seeds.iter().filter(|(var, _)| var.row() <= root.row()) {
            tangents[var.row()] = Some(*tangent);
        }
        for row in 0..=root.row() {
            if !needed[row] || tangents[row].is_some() {
                continue;
            }
            let out = Var::new(self, id(row));
            let operands = out.operands();
            let arriving: SmallVec<[_; 3]> = operands.iter().map(|operand| tangents[operand.row()]).collect();
            if arriving.iter().any(Option::is_some) {
                tangents[row] = self.sweeping(id(row), || out.prim().jvp(&operands, out, &arriving));
                debug_assert!(
                    tangents[row].is_none_or(|t| t.shape() == out.shape()),
                    "jvp of {}",
                    out.prim().name()
                );
            }
        }
        tangents[root.row()]
    }
}

impl<'t, T: Float> Var<'t, T> {
    /// The Jacobian-vector product: the directional derivative of this row when the given rows move
    /// along the given tangents, and all others rest.
    ///
    /// It agrees with [`backward`](Self::backward) to rounding wherever each slope on the way is finite; at a kink both
    /// take the convention in the primitive's [`domain`](crate::Prim::domain). In the chain rule of both, a factor that is
    /// exactly 0 gives 0 even if another is infinite or NaN, so that what was not chosen has no influence:
    /// see [`select`](Self::select). The modes can differ in two places only, and then one of them says NaN:
    ///
    /// * Where several contributions meet at a slope that is infinite or NaN. One mode multiplies each, and has ∞ − ∞; the
    ///   other adds first, and multiplies what is left: ±∞, or 0 if they cancel.
    /// * In a [`matmul`](Self::matmul) with an infinite or NaN element, whose sums take 0 · ∞ for NaN.
    ///
    /// ```
    /// use ndarray::arr1;
    /// # let tape = wengert::Tape::<f64>::new();
    /// let x = tape.leaf("x", arr1(&[1.0, 2.0]));
    /// let y = x * x;
    /// assert_eq!(y.jvp([(x, arr1(&[1.0, 10.0]))]).value(), arr1(&[2.0, 40.0]).into_dyn());
    /// ```
    #[track_caller]
    pub fn jvp(self, tangents: impl IntoIterator<Item = (Self, impl IntoVar<'t, T>)>) -> Self {
        must(self.try_jvp(tangents))
    }

    /// As [`jvp`](Self::jvp), without the panic.
    ///
    /// # Errors
    /// If a tangent has another shape than its row, a row has two, or one is of another tape.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// let x = tape.leaf("x", ndarray::arr1(&[1.0, 2.0]));
    /// assert!((x * x).try_jvp([(x, 1.0)]).is_err());
    /// ```
    #[track_caller]
    pub fn try_jvp(
        self,
        tangents: impl IntoIterator<Item = (Self, impl IntoVar<'t, T>)>,
    ) -> Result<Self, Error> {
        let mut seeds: SmallVec<[(Self, Self); 4]> = SmallVec::new();
        for (var, tangent) in tangents {
            let tangent = tangent.into_var(self.tape())?;
            if let Some(stranger) = [var, tangent].into_iter().find(|var| !self.shares_tape(*var)) {
                return Err(self.other_tape("jvp", stranger));
            }
            if tangent.shape() != var.shape() {
                let problem = Problem::new(
                    ErrorKind::Seed,
                    "a tangent needs the shape of the row that it moves",
                    "A tangent has one element for each element of the row: how fast that element moves.",
                );
                return Err(Self::error("jvp", problem, &[var, tangent]));
            }
            if seeds.iter().any(|(earlier, _)| earlier.row() == var.row()) {
                let problem = Problem::new(
                    ErrorKind::Seed,
                    "two tangents are given for one row",
                    "Add them up: a row moves along one tangent.",
                );
                return Err(Self::error("jvp", problem, &[var]));
            }
            seeds.push((var, tangent));
        }
        let tangent = self.tape().push_forward(self, &seeds);
        Ok(tangent.unwrap_or_else(|| self.constant_like(T::zero())))
    }
}
