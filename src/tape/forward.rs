//! The forward sweep: how a result moves when its inputs do.
//!
//! Walking the list forwards, each row turns the tangents of its operands into the tangent of its
//! result (the Jacobian-vector product). The rules are those of the reverse sweep, seen from the
//! other side, and record ordinary rows as well.

use super::gradients::unmoved;
use super::sweeps::Mode;
use super::{IntoVar, RowId, Tape, Var};
use crate::Float;
use crate::array::Kind;
use crate::error::{Error, ErrorKind, Problem, must};
use smallvec::SmallVec;
use std::collections::BTreeMap;
use std::panic::Location;

impl<T: Float> Tape<T> {
    /// The tangent of `root` when these rows move. Visits the rows that it was computed from, as far back as
    /// the first that moves, and no others.
    #[track_caller]
    fn push_forward(&self, root: RowId, moving: &BTreeMap<RowId, RowId>) -> Result<RowId, Error> {
        let first = moving.first_key_value().map_or(self.len(), |(first, _)| first.index());
        let rows = self.ancestry([root], first);
        let mark = self.mark();
        let mut sweep = self.working(root);
        let mut tangents: Vec<Option<RowId>> = vec![None; rows.len()];
        for (place, row) in rows.iter() {
            if let Some(tangent) = moving.get(&row) {
                tangents[place] = Some(*tangent);
                continue;
            }
            let out = Var::new(self, row);
            let operands = out.operands();
            let tangent_of = |operand: &Var<'_, T>| tangents[rows.place(operand.id())?];
            let arriving: SmallVec<[_; 3]> =
                operands.iter().map(|operand| tangent_of(operand).map(|id| Var::new(self, id))).collect();
            if arriving.iter().all(Option::is_none) {
                continue;
            }
            sweep.earlier += usize::from(out.origin().is_some());
            if let Some(tangent) = self.sweeping(row, || out.prim().jvp(&operands, out, &arriving)) {
                debug_assert!(tangent.shape() == out.shape(), "jvp of {}", out.prim().name());
                self.look_out_for(tangent);
                tangents[place] = Some(tangent.id());
                sweep.found.push((row, tangent.id()));
            }
            self.check_sweep("jvp", Location::caller(), &sweep, mark)?;
        }
        let tangent = tangents.last().copied().flatten().unwrap_or_else(|| self.zero(&mut sweep, root));
        self.swept(sweep, Mode::Forward(moving.keys().copied().collect()));
        Ok(tangent)
    }
}

/// # Forward mode
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
    #[doc(alias = "forward_mode")]
    #[doc(alias = "pushforward")]
    #[doc(alias = "directional_derivative")]
    #[doc(alias = "linearize")]
    #[track_caller]
    pub fn jvp(self, tangents: impl IntoIterator<Item = (Self, impl IntoVar<'t, T>)>) -> Self {
        must(self.try_jvp(tangents))
    }

    /// As [`jvp`](Self::jvp), without the panic.
    ///
    /// # Errors
    /// If a tangent has another shape than its row, a row has two, or is indices or a mask, or one is of another tape or
    /// was recorded after this one; or if the tape becomes longer than [`Tape::limit_rows`] allows.
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
        let mut moving: BTreeMap<RowId, RowId> = BTreeMap::new();
        for (var, tangent) in tangents {
            let tangent = tangent.into_var(self.tape()).map_err(|error| error.called("jvp"))?;
            if let Some(stranger) = [var, tangent].into_iter().find(|var| !self.shares_tape(*var)) {
                return Err(self.other_tape("jvp", stranger));
            }
            if var.row() > self.row() {
                let problem = Problem::new(
                    ErrorKind::Later,
                    "a row that was recorded after the one that is differentiated cannot move it",
                    "Move rows that it was computed from; or differentiate a result that was computed from this row.",
                );
                return Err(Self::error("jvp", problem, &[self, var]));
            }
            // A constant may move, for it is a number; an index may not.
            if var.kind() != Kind::Real && !var.varies() {
                return Err(Self::error("jvp", unmoved("a tangent was given to", var), &[var]));
            }
            if tangent.shape() != var.shape() {
                let problem = Problem::new(
                    ErrorKind::Seed,
                    "a tangent needs the shape of the row that it moves",
                    "A tangent has one element for each element of the row: how fast that element moves.",
                );
                return Err(Self::error("jvp", problem, &[var, tangent]));
            }
            if moving.insert(var.id(), tangent.id()).is_some() {
                let problem = Problem::new(
                    ErrorKind::Seed,
                    "two tangents are given for one row",
                    "Add them up: a row moves along one tangent.",
                );
                return Err(Self::error("jvp", problem, &[var]));
            }
        }
        Ok(Self::new(self.tape(), self.tape().push_forward(self.id(), &moving)?))
    }
}
