//! Starting over, and how long a tape may become.

use super::Tape;
use super::sweeps::{Mode, Sweep, Working};
use crate::Float;
use crate::error::{Error, ErrorKind, Problem, counted};

impl<T: Float> Tape<T> {
    /// Removes all rows, with their names, guards and reads, and keeps the memory of the list for the next ones, and that of
    /// values that nobody else holds, if it is a kilobyte or more. What the next step does not need of it, the next `clear`
    /// gives back. Rules of broadcasting and limits stay.
    ///
    /// This is how one tape serves many steps: in each, the weights go on it as values, the step is recorded, and
    /// what comes out is taken off as values again.
    ///
    /// ```
    /// use ndarray::arr1;
    /// use wengert::{Tape, optim};
    ///
    /// let mut tape = Tape::<f64>::new();
    /// let mut weights = arr1(&[3.0, -4.0]).into_dyn().into_shared();
    /// for _ in 0..100 {
    ///     tape.clear();
    ///     let w = tape.leaf("w", weights);
    ///     let loss = w.square().sum();
    ///     let grads = loss.backward();
    ///     weights = optim::sgd(w, grads[w], 0.1).value();
    /// }
    /// assert!(weights.iter().all(|w| w.abs() < 1e-8));
    /// assert_eq!(tape.len(), 13); // of the last step
    /// ```
    ///
    /// No handle can outlive the rows: a `Var` borrows the tape, and so long as there is one, this does not compile. A
    /// [`Key`](crate::Key), which borrows nothing, is an error from then on.
    ///
    /// ```compile_fail,E0502
    /// let mut tape = wengert::Tape::<f64>::new();
    /// let x = tape.leaf("x", 1.0);
    /// tape.clear();
    /// x.sin();
    /// ```
    pub fn clear(&mut self) {
        // All fields, so that a new one is thought of here.
        let Self {
            rows,
            names,
            broadcasting: _,
            cotangents,
            sweeps,
            lists,
            differentiated,
            limit: _,
            room,
            refused,
            guards,
            reads,
            attempting: _,
            symbolic: _,
            anomalies: _,
            identity: _,
            recording,
        } = self;
        room.start_over(rows.get_mut().drain(..).map(|row| row.value));
        names.get_mut().clear();
        cotangents.get_mut().clear();
        // The first sweep of the next recording is most like the first of this one: its lists come last.
        let lists = lists.get_mut();
        lists.clear();
        lists.extend(sweeps.get_mut().drain(..).flat_map(Sweep::into_lists));
        lists.reverse();
        differentiated.set(None);
        refused.get_mut().take();
        guards.get_mut().clear();
        reads.get_mut().clear();
        *recording += 1;
    }

    /// Sets how many rows the tape may have; without it there is no such limit.
    ///
    /// It is there against a loop that is easily written and hard to see: with `w = optim::sgd(w, grads[w], rate)` on
    /// one tape the new weights are a row that was computed from all earlier steps. Each `backward` goes through those
    /// again, and n steps take time and memory for n². An optimiser that is to be differentiated, which is unrolled on
    /// purpose, is the same list, so that nothing but its length tells them apart. The error says whether the last
    /// sweeps went through more and more rows of earlier gradients, and what to do about it; so does that of
    /// [`limit_bytes`](Self::limit_bytes), which by default is the memory of the machine.
    ///
    /// What looks at the limit is each [`leaf`](Self::leaf), and each sweep after each of its rules. A plain operation goes
    /// on, so that the tape may be a little longer than that; nothing of it is lost.
    ///
    /// ```
    /// use wengert::{ErrorKind, Tape, optim};
    ///
    /// let tape = Tape::<f64>::new();
    /// tape.limit_rows(1000);
    /// let mut w = tape.leaf("w", 3.0);
    /// let error = loop {
    ///     let grads = match w.square().try_backward() {
    ///         Ok(grads) => grads,
    ///         Err(error) => break error,
    ///     };
    ///     w = optim::sgd(w, grads[w], 0.1); // the loop that is meant
    /// };
    /// assert_eq!(error.kind(), ErrorKind::Rows);
    /// assert!(error.to_string().contains("rows of earlier gradients"));
    /// ```
    pub fn limit_rows(&self, rows: usize) {
        self.limit.set(rows);
    }

    /// Sets how many threads may share the work on a row, one at least; without it they are as many as the machine has
    /// processors. Elementwise functions, reductions and products of matrices are shared, from some 20 µs of work on. The bits
    /// do not depend on it, and a program has a number of its own:
    /// [`ProgramBuilder::threads`](crate::ProgramBuilder::threads).
    ///
    /// ```
    /// let tape = wengert::Tape::<f32>::new();
    /// tape.limit_threads(1);
    /// let x = tape.leaf("x", ndarray::Array2::ones((300, 300)));
    /// assert_eq!(x.matmul(x).sum().item(), 27e6);
    /// ```
    pub fn limit_threads(&self, threads: usize) {
        self.room.set_threads(threads);
    }

    /// Whether the tape may have so many rows.
    #[track_caller]
    pub(super) fn check_rows(
        &self,
        operation: &'static str,
        rows: usize,
        sweep: Option<&Working>,
    ) -> Result<(), Error> {
        if rows <= self.limit.get() { Ok(()) } else { Err(self.limit_error(operation, sweep)) }
    }

    /// That the tape is as long as it may be.
    #[cold]
    #[track_caller]
    fn limit_error(&self, operation: &'static str, working: Option<&Working>) -> Error {
        let what = format!("the tape has reached its limit of {}", counted(self.limit.get(), "row", "rows"));
        let mend = "Record less at a time, each piece on a tape that was cleared with `clear`; make a program of \
                    what is repeated; or raise the limit with `limit_rows`.";
        let problem = Problem::new(ErrorKind::Rows, what, mend);
        Error::new(operation, self.with_reason(problem, "limit_rows", working), Vec::new())
    }

    /// Why there are so many rows, or so many bytes, if that can be told: a problem of either limit in the words of the
    /// loop that leads to it.
    pub(super) fn with_reason(
        &self,
        mut problem: Problem,
        limit: &str,
        working: Option<&Working>,
    ) -> Problem {
        if let Some((sweeps, rows)) = self.chained(working) {
            problem.what = format!(
                "{}; the last {sweeps} backward sweeps went through more and more rows of earlier gradients, the last \
                 one through {rows}, as they do in a loop like `w = optim::sgd(w, grads[w], rate)` on one tape, \
                 in which the weights are computed from all earlier steps: n steps take n² of time and memory",
                problem.what
            );
            problem.mend = format!(
                "Start each step from a value: record it on a tape that was cleared, `tape.clear()` and \
                 `tape.leaf(\"w\", value)`, or from `w.detach()`; or make one step a program that carries `w`. If \
                 the earlier steps are to be differentiated, as of an unrolled optimiser, raise the limit with \
                 `{limit}`."
            );
        }
        problem
    }

    /// How many of the last backward sweeps each went through more rows of earlier ones than the sweep before, and
    /// through how many the last one went; if there are at least three.
    fn chained(&self, working: Option<&Working>) -> Option<(usize, usize)> {
        let sweeps = self.sweeps.borrow();
        let done =
            sweeps.iter().rev().filter(|sweep| !sweep.nowhere && !matches!(sweep.mode, Mode::Forward(_)));
        let mut last = usize::MAX;
        // The one at work was stopped on its way: it counts if it has come as far as the one before.
        let most = done.clone().next().map_or(0, |sweep| sweep.earlier);
        let working = working.map(|sweep| sweep.earlier).filter(|earlier| *earlier > most);
        let chain: Vec<usize> = working
            .into_iter()
            .chain(done.map(|sweep| sweep.earlier))
            .take_while(|&earlier| earlier > 0 && std::mem::replace(&mut last, earlier) > earlier)
            .collect();
        (chain.len() >= 3).then(|| (chain.len(), chain[0]))
    }
}
