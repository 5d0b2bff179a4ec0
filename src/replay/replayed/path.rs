//! One program of a replayed function, and what is known of it.

use crate::Float;
use crate::error::{Error, Problem};
use crate::replay::evidence::{Evidence, Verdict};
use crate::replay::feed::Input;
use crate::replay::port::{Port, list};
use crate::replay::program::Program;
use crate::replay::store::Store;
use crate::replay::workspace::Workspace;
use std::fmt;

/// One program of a [`Replayed`](crate::Replayed) function: a path through its comparisons, for one set of shapes.
///
/// ```
/// # use wengert::{Call, Replayed};
/// let mut f = Replayed::new(|call: Call<'_, f64>| vec![call.input(0).sin()]);
/// for x in [1.0, 2.0, 3.0] {
///     f.call_one(x)?;
/// }
/// let path = f.paths().next().unwrap();
/// assert_eq!((path.recordings(), path.replays(), path.is_judged()), (2, 1, true));
/// # Ok::<(), wengert::Error>(())
/// ```
#[derive(Debug)]
pub struct Path<T: Float> {
    program: Program<T>,
    workspace: Workspace<T>,
    /// The places of its state in the store.
    slots: Vec<usize>,
    /// Until it is judged, what another recording is compared with.
    evidence: Option<Evidence<T>>,
    recordings: usize,
    replays: usize,
    /// Recordings of other paths, or at the same inputs, while it was waiting for its second.
    no_verdict: [usize; 2],
}

impl<T: Float> Path<T> {
    /// The program: its shapes, [guards](Program::guards), what it holds fixed, its report.
    ///
    /// ```
    /// # use wengert::{Call, Replayed};
    /// let mut f = Replayed::new(|call: Call<'_, f64>| vec![call.input(0).sin()]);
    /// f.call_one(1.0)?;
    /// println!("{}", f.paths().next().unwrap().program().report());
    /// # Ok::<(), wengert::Error>(())
    /// ```
    pub fn program(&self) -> &Program<T> {
        &self.program
    }

    /// How often it was recorded.
    ///
    /// ```
    /// # use wengert::{Call, Replayed};
    /// let mut f = Replayed::new(|call: Call<'_, f64>| vec![call.input(0).sin()]);
    /// f.call_one(1.0)?;
    /// assert_eq!(f.paths().next().unwrap().recordings(), 1);
    /// # Ok::<(), wengert::Error>(())
    /// ```
    pub fn recordings(&self) -> usize {
        self.recordings
    }

    /// How often it was replayed.
    ///
    /// ```
    /// # use wengert::{Call, Replayed};
    /// let mut f = Replayed::new(|call: Call<'_, f64>| vec![call.input(0).sin()]);
    /// f.call_one(1.0)?;
    /// assert_eq!(f.paths().next().unwrap().replays(), 0);
    /// # Ok::<(), wengert::Error>(())
    /// ```
    pub fn replays(&self) -> usize {
        self.replays
    }

    /// Whether two recordings were compared and found alike, so that it is replayed.
    ///
    /// ```
    /// # use wengert::{Call, Replayed};
    /// let mut f = Replayed::new(|call: Call<'_, f64>| vec![call.input(0).sin()]);
    /// f.call_one(1.0)?;
    /// assert!(!f.paths().next().unwrap().is_judged());
    /// # Ok::<(), wengert::Error>(())
    /// ```
    pub fn is_judged(&self) -> bool {
        self.evidence.is_none()
    }

    /// One that was recorded once, with its state at these places of the store.
    pub(super) fn new(program: Program<T>, slots: Vec<usize>, evidence: Evidence<T>) -> Self {
        let mut workspace = program.workspace();
        workspace.leave_state();
        Self {
            program,
            workspace,
            slots,
            evidence: Some(evidence),
            recordings: 1,
            replays: 0,
            no_verdict: [0; 2],
        }
    }

    /// Runs it on the store's state; the results are handed to `take` while the state is where they may be.
    pub(super) fn replay<R>(
        &mut self,
        store: &mut Store<T>,
        given: &[Input<'_, T>],
        take: impl FnOnce(&Program<T>, &Workspace<T>) -> R,
    ) -> Result<R, Error> {
        let lent = store.lend(&mut self.workspace, &self.slots);
        self.program.run_on("call", lent.workspace, given, |_| ())?;
        let taken = take(&self.program, lent.workspace);
        self.replays += 1;
        Ok(taken)
    }

    /// Compares another recording with it, if it waits for its second, and says whether that is of this path.
    pub(super) fn judge(&mut self, other: &Evidence<T>) -> Result<bool, Problem> {
        let Some(evidence) = &self.evidence else { return Ok(false) };
        match evidence.compare(other) {
            Verdict::Alike => self.evidence = None,
            Verdict::SameInputs => self.no_verdict[1] += 1,
            Verdict::OtherPath(_) => {
                self.no_verdict[0] += 1;
                return Ok(false);
            }
            Verdict::Differ(problem) => return Err(problem),
        }
        self.recordings += 1;
        Ok(true)
    }

    /// Whether its inputs are of these shapes and kinds.
    pub(super) fn fits(&self, given: &[Input<'_, T>]) -> bool {
        let ports = self.program.inputs();
        let fits =
            |(port, input): (&Port, &Input<'_, T>)| port.shape == input.dims() && port.kind == input.kind();
        ports.len() == given.len() && ports.iter().zip(given).all(fits)
    }
}

impl<T: Float> fmt::Display for Path<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let times = |n: usize| if n == 1 { "once".to_owned() } else { format!("{n} times") };
        let ports = (list(self.program.inputs()), list(self.program.outputs()));
        write!(f, "{} -> {}: recorded {}", ports.0, ports.1, times(self.recordings))?;
        if self.is_judged() {
            write!(f, ", replayed {}", times(self.replays))?;
        } else {
            write!(f, ", not judged yet, so not replayed")?;
            let [others, same] = self.no_verdict;
            if others > 0 {
                write!(
                    f,
                    "; another path was recorded {} since, which is no verdict on this one",
                    times(others)
                )?;
            }
            if same > 0 {
                write!(
                    f,
                    "; it reads values, and was at the same inputs {}, which is no verdict",
                    times(same)
                )?;
            }
        }
        self.program.guards().try_for_each(|guard| write!(f, "\n    {guard}"))
    }
}
