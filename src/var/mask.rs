//! Masks: where something holds, and what is done there.

use crate::error::{Error, ErrorKind, Problem, must};
use crate::tape::{IntoMask, IntoVar, joint_shape};
use crate::{Float, Tape, Var};
use std::ops::{BitAnd, BitOr, Not};

/// # Masks
impl<'t, T: Float> Var<'t, T> {
    /// This, but `value` where the mask holds. The mask broadcasts to this.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// let scores = tape.leaf("scores", [[1.0, 2.0], [3.0, 4.0]]);
    /// let shares = scores.masked_fill(!tape.causal_mask(2), f64::NEG_INFINITY).softmax(-1);
    /// assert_eq!(shares.value()[[0, 1]], 0.0); // the first looks at itself only
    /// ```
    #[track_caller]
    pub fn masked_fill(self, mask: impl IntoMask<'t, T>, value: impl IntoVar<'t, T>) -> Self {
        must(self.try_masked_fill(mask, value))
    }

    /// As [`masked_fill`](Self::masked_fill), without the panic.
    ///
    /// # Errors
    /// If the mask does not broadcast to this, or is of another tape.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// assert!(tape.leaf("x", [1.0, 2.0]).try_masked_fill([true, false, true], 0.0).is_err());
    /// ```
    #[track_caller]
    pub fn try_masked_fill(
        self,
        mask: impl IntoMask<'t, T>,
        value: impl IntoVar<'t, T>,
    ) -> Result<Self, Error> {
        let mask = mask.mask(self.tape()).map_err(|error| error.called("masked_fill"))?;
        let mask = self.mask_for("masked_fill", mask)?;
        mask.try_select(value, self).map_err(|error| error.called("masked_fill"))
    }

    /// This with some elements 0, and all others divided by 1 − `rate`, so that sums stay the same in the mean: `keep`
    /// says which stay, of which each is to be drawn with the probability 1 − `rate`.
    ///
    /// The draws are an input, so that a program gets new ones for each run: see [`random`](crate::random).
    ///
    /// ```
    /// use wengert::random::Draws;
    /// # let tape = wengert::Tape::<f64>::new();
    /// let (rate, mut draws) = (0.5, Draws::new(7));
    /// let x = tape.leaf("x", ndarray::Array1::ones(6));
    /// let keep = tape.mask("keep", draws.bernoulli(1.0 - rate, 6));
    /// let y = tape.program([x, keep], x.dropout(keep, rate))?;
    /// let dropped = y.replay_one((&ndarray::Array1::<f64>::ones(6), &draws.bernoulli(1.0 - rate, 6)))?;
    /// assert!(dropped.iter().all(|y| [0.0, 2.0].contains(y)));
    /// # Ok::<(), wengert::Error>(())
    /// ```
    #[track_caller]
    pub fn dropout(self, keep: impl IntoMask<'t, T>, rate: f64) -> Self {
        must(self.try_dropout(keep, rate))
    }

    /// As [`dropout`](Self::dropout), without the panic.
    ///
    /// # Errors
    /// If the rate is not from 0 to below 1, or the mask does not broadcast to this.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// assert!(tape.leaf("x", [1.0]).try_dropout([true], 1.0).is_err());
    /// ```
    #[track_caller]
    pub fn try_dropout(self, keep: impl IntoMask<'t, T>, rate: f64) -> Result<Self, Error> {
        if !(0.0..1.0).contains(&rate) {
            let what = format!("a share of {rate} cannot be dropped: it is from 0 to below 1");
            let problem =
                Problem::new(ErrorKind::Parameter, what, "0.1 drops every tenth element in the mean.");
            return Err(Self::error("dropout", problem, &[self]));
        }
        let keep = keep.mask(self.tape()).map_err(|error| error.called("dropout"))?;
        let keep = self.mask_for("dropout", keep)?;
        let attempt = self.attempt();
        attempt.end("dropout", keep.select(self * self.lift(1.0 / (1.0 - rate)), self.lift(0.0)))
    }

    /// For each of these lengths, which of `n` places are before it: the mask (…, n) of what is no padding. The lengths
    /// may be fed to a program.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// let lengths = tape.indices("lengths", [2, 0]);
    /// assert_eq!(lengths.padding_mask(3).value(), ndarray::arr2(&[[1.0, 1.0, 0.0], [0.0; 3]]).into_dyn());
    /// ```
    #[doc(alias = "sequence_mask")]
    #[track_caller]
    pub fn padding_mask(self, n: usize) -> Self {
        must(self.try_padding_mask(n))
    }

    /// As [`padding_mask`](Self::padding_mask), without the panic.
    ///
    /// # Errors
    /// If there is no room for it, or n is beyond what the tape's type counts.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f32>::new();
    /// assert!(tape.indices("length", 3).try_padding_mask(1 << 30).is_err());
    /// ```
    #[track_caller]
    pub fn try_padding_mask(self, n: usize) -> Result<Self, Error> {
        let called = |error: Error| error.called("padding_mask");
        let places = self.tape().try_indices("places", 0..n).map_err(called)?;
        let attempt = self.attempt();
        let shape: Vec<usize> = self.shape().into_iter().chain([n]).collect();
        let lengths = self.unsqueeze(-1).broadcast_to(shape.as_slice());
        attempt.end("padding_mask", places.broadcast_to(shape.as_slice()).lt(lengths))
    }

    /// A mask that broadcasts to this.
    #[track_caller]
    fn mask_for(self, operation: &'static str, mask: Self) -> Result<Self, Error> {
        if !self.shares_tape(mask) {
            return Err(self.other_tape(operation, mask));
        }
        let joint = joint_shape(self.tape().broadcasting(), &[&self.dims(), &mask.dims()]);
        let fits = Self::judge(operation, joint, &[self, mask])?;
        if fits != self.dims() {
            let what = "the mask has more elements than what it is for";
            let problem = Problem::new(
                ErrorKind::Shape,
                what,
                "Bring what it is for to the mask's shape with `broadcast_to`.",
            );
            return Err(Self::error(operation, problem, &[self, mask]));
        }
        mask.try_broadcast_to(self.shape()).map_err(|error| error.called(operation))
    }
}

impl<T: Float> Tape<T> {
    /// `yes` where the mask holds, `no` elsewhere: [`select`](Var::select), of whatever is a mask.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// let x = tape.leaf("x", [1.0, 2.0, 3.0]);
    /// assert_eq!(tape.select([true, false, true], x, 0.0).value(), ndarray::arr1(&[1.0, 0.0, 3.0]).into_dyn());
    /// ```
    #[doc(alias = "where")]
    #[track_caller]
    pub fn select<'t>(
        &'t self,
        mask: impl IntoMask<'t, T>,
        yes: impl IntoVar<'t, T>,
        no: impl IntoVar<'t, T>,
    ) -> Var<'t, T> {
        must(self.try_select(mask, yes, no))
    }

    /// As [`select`](Self::select), without the panic.
    ///
    /// # Errors
    /// If the shapes do not broadcast, or a row is of another tape.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// assert!(tape.try_select([true, false], tape.leaf("x", [1.0, 2.0, 3.0]), 0.0).is_err());
    /// ```
    #[track_caller]
    pub fn try_select<'t>(
        &'t self,
        mask: impl IntoMask<'t, T>,
        yes: impl IntoVar<'t, T>,
        no: impl IntoVar<'t, T>,
    ) -> Result<Var<'t, T>, Error> {
        let mask = mask.mask(self).map_err(|error| error.called("select"))?;
        mask.try_select(yes, no)
    }

    /// The mask (n, n) of which place may look at which: row i at columns up to i.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// assert_eq!(tape.causal_mask(2).value(), ndarray::arr2(&[[1.0, 0.0], [1.0, 1.0]]).into_dyn());
    /// ```
    #[doc(alias = "tril")]
    #[track_caller]
    pub fn causal_mask(&self, n: usize) -> Var<'_, T> {
        must(self.try_causal_mask(n))
    }

    /// As [`causal_mask`](Self::causal_mask), without the panic.
    ///
    /// # Errors
    /// If there is no room for it, or n is beyond what the tape's type counts.
    ///
    /// ```
    /// let tape = wengert::Tape::<f64>::new();
    /// tape.limit_bytes(1000);
    /// assert!(tape.try_causal_mask(100).is_err());
    /// ```
    #[track_caller]
    pub fn try_causal_mask(&self, n: usize) -> Result<Var<'_, T>, Error> {
        let places = self.try_indices("places", 0..n).map_err(|error| error.called("causal_mask"))?;
        let attempt = places.attempt();
        let columns = places.broadcast_to((n, n));
        attempt.end("causal_mask", columns.le(columns.t()))
    }
}

/// Where the mask does not hold.
///
/// ```
/// # let tape = wengert::Tape::<f64>::new();
/// let x = tape.leaf("x", [1.0, 2.0, 3.0]);
/// assert_eq!((!x.gt(1.5)).value(), ndarray::arr1(&[1.0, 0.0, 0.0]).into_dyn());
/// ```
impl<T: Float> Not for Var<'_, T> {
    type Output = Self;

    #[track_caller]
    fn not(self) -> Self {
        self.eq(self.lift(0.0))
    }
}

/// Where both masks hold.
///
/// ```
/// # let tape = wengert::Tape::<f64>::new();
/// let x = tape.leaf("x", [1.0, 2.0, 3.0]);
/// assert_eq!((x.gt(1.5) & x.lt(2.5)).value(), ndarray::arr1(&[0.0, 1.0, 0.0]).into_dyn());
/// ```
impl<'t, T: Float, M: IntoMask<'t, T>> BitAnd<M> for Var<'t, T> {
    type Output = Self;

    #[track_caller]
    fn bitand(self, other: M) -> Self {
        let other = must(other.mask(self.tape()));
        self.select(other, self.lift(0.0)).ne(self.lift(0.0))
    }
}

/// Where one mask or the other holds.
///
/// ```
/// # let tape = wengert::Tape::<f64>::new();
/// let x = tape.leaf("x", [1.0, 2.0, 3.0]);
/// assert_eq!((x.lt(1.5) | x.gt(2.5)).value(), ndarray::arr1(&[1.0, 0.0, 1.0]).into_dyn());
/// ```
impl<'t, T: Float, M: IntoMask<'t, T>> BitOr<M> for Var<'t, T> {
    type Output = Self;

    #[track_caller]
    fn bitor(self, other: M) -> Self {
        let other = must(other.mask(self.tape()));
        self.select(self.lift(1.0), other).ne(self.lift(0.0))
    }
}
