//! The sum of many rows.

use crate::error::{Error, ErrorKind, Problem, must};
use crate::tape::IntoVar;
use crate::{Float, Tape, Var};

impl<T: Float> Tape<T> {
    /// The sum of rows of one shape: of losses, of penalties on all weights. Of none it is the constant 0.
    ///
    /// They are added in pairs, sums of two, then of four, and so on: with n terms, each goes through at most
    /// ⌈log₂ n⌉ additions, so that rounding grows with log n and not with n (N. J. Higham, *Accuracy and Stability
    /// of Numerical Algorithms*, 2002, §4.1), and the gradient comes to each term without a row of its own.
    ///
    /// It stands for an iterator's `sum()`, which would have no tape to put the 0 on when there are no terms, and
    /// would not know your line:
    ///
    /// ```compile_fail,E0277
    /// # let tape = wengert::Tape::<f64>::new();
    /// let losses = [tape.leaf("a", 1.0), tape.leaf("b", 2.0)];
    /// let total: wengert::Var<f64> = losses.into_iter().sum(); // write tape.sum(losses)
    /// ```
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// let weights = [tape.leaf("w", [[1.0, 2.0], [3.0, 4.0]]), tape.leaf("b", [5.0, 6.0])].map(|w| w.square());
    /// let penalty = tape.sum(weights.iter().map(|w| w.sum()));
    /// assert_eq!(penalty.item(), 91.0);
    /// assert_eq!(tape.sum(Vec::<wengert::Var<f64>>::new()).item(), 0.0);
    /// ```
    #[doc(alias = "add_n")]
    #[track_caller]
    pub fn sum<'t, R: IntoVar<'t, T>>(&'t self, terms: impl IntoIterator<Item = R>) -> Var<'t, T> {
        must(self.try_sum(terms))
    }

    /// As [`sum`](Self::sum), without the panic.
    ///
    /// # Errors
    /// If the shapes differ, or a row is of another tape.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// assert!(tape.try_sum([tape.leaf("w", [1.0, 2.0]), tape.leaf("b", 0.5)]).is_err());
    /// ```
    #[track_caller]
    pub fn try_sum<'t, R: IntoVar<'t, T>>(
        &'t self,
        terms: impl IntoIterator<Item = R>,
    ) -> Result<Var<'t, T>, Error> {
        // As a binary counter: behind the sum of 2ᵏ terms stand sums of fewer, each of another power of two.
        let mut sums: Vec<(usize, Var<'t, T>)> = Vec::new();
        let mut first = None;
        for term in terms {
            let term = term.into_var(self)?;
            let like = *first.get_or_insert(term);
            self.check_term(like, term)?;
            let mut sum = (1, term);
            while let Some((terms, before)) = sums.pop_if(|(terms, _)| *terms == sum.0) {
                sum = (2 * terms, before.try_add(sum.1)?);
            }
            sums.push(sum);
        }
        let Some((_, mut total)) = sums.pop() else { return self.try_constant(T::zero()) };
        while let Some((_, before)) = sums.pop() {
            total = before.try_add(total)?;
        }
        Ok(total)
    }

    /// Whether the term can be added to those before it.
    #[track_caller]
    fn check_term<'t>(&'t self, like: Var<'t, T>, term: Var<'t, T>) -> Result<(), Error> {
        if !std::ptr::eq(term.tape(), self) {
            let what = "the row is on another tape than the one that adds up";
            let problem = Problem { what: what.into(), ..Problem::other_tape() };
            return Err(Var::error("sum", problem, &[term]));
        }
        if term.dims() != like.dims() {
            let problem = Problem::new(
                ErrorKind::Shape,
                "rows that are added up must have one shape",
                "Reduce each of them first, as in `tape.sum(rows.iter().map(|row| row.sum()))`, or repeat the \
                 smaller with `broadcast_to`.",
            );
            return Err(Var::error("sum", problem, &[like, term]));
        }
        Ok(())
    }
}

/// Holds for nothing: an iterator of rows adds up by [`Tape::sum`]. It is there for what the compiler says.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "an iterator of `Var`s has no tape to put its sum on when it is empty",
    label = "write `tape.sum(iterator)`",
    note = "`tape.sum` is 0 when there are no terms, adds in pairs, and remembers your line"
)]
pub trait SumsWithoutTape {}

#[doc(hidden)]
impl<T: Float, R> std::iter::Sum<R> for Var<'_, T>
where
    Self: SumsWithoutTape,
{
    fn sum<I: Iterator<Item = R>>(_: I) -> Self {
        unreachable!("the bound holds for nothing")
    }
}
