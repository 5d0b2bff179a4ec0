//! One program over many inputs at once, with the bits of as many replays.
//!
//! **Lanes** are the replays: each has its own row of every stacked input, of all that is carried, and of every output. They are
//! computed some at a time, a *piece*. A program of numbers alone runs as it is, over vectors of lanes (`machine/wide.rs`):
//! a piece is as many as a row is decoded for. Any other is lowered anew with an axis of lanes (`lower/lanes.rs`): a piece
//! is as many as work well in a near cache. Threads share the pieces. No lane has a part in the numbers of another, and so
//! none of this changes a bit.
//!
//! **State** is no state to the machine here: what is carried goes in as an input and comes out as an output, and the two
//! change places once all lanes have come through.
//!
//! | file | what it is for |
//! |---|---|
//! | `builder.rs` | which inputs are shared, and how pieces are made |
//! | `run.rs` | a run, piece by piece |
//! | `failure.rs` | the lanes that left the recorded path, in words |
//! | `workspace.rs` | memory for it |

mod builder;
mod failure;
mod run;
mod workspace;

pub use builder::MapBuilder;
pub use workspace::MappedWorkspace;
use workspace::Own;

use super::feed::{IntoInputs, IntoOutputs};
use super::lower::Lowered;
use super::port::{Port, disagreement, list};
use super::program::{Program, count_outputs};
use super::workspace::Status;
use crate::Float;
use crate::error::Error;
use ndarray::ArrayD;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

/// A [`Program`] over many inputs at once: each lane gives the bits that a replay by itself gives.
///
/// Made by [`Program::map`], and by [`Program::map_builder`] if lanes share inputs. An input that is not shared is stacked:
/// it has an axis of lanes more, the first. So has every output, and all that is carried, of which each lane has its own.
/// A program of numbers runs many lanes wide; one of arrays as if it had been recorded for a batch. The threads that the
/// program may use share the lanes.
///
/// ```
/// use ndarray::{arr1, arr2};
/// let tape = wengert::Tape::<f64>::new();
/// let (x, w) = (tape.leaf("x", arr1(&[1.0, 2.0])), tape.leaf("w", arr1(&[3.0, 4.0])));
/// let y = x.matmul(w).tanh();
/// let program = tape.program([x, w], [y, y.backward()[x]])?;
///
/// let mapped = program.map_builder(3).shared("w").build()?;
/// let (xs, w) = (arr2(&[[1.0, 2.0], [0.0, 1.0], [-1.0, 0.5]]), arr1(&[0.5, -0.5]));
/// let [ys, slopes] = mapped.replay((&xs, &w))?;
/// assert_eq!((ys.shape(), slopes.shape()), (&[3][..], &[3, 2][..]));
/// let [y, slope] = program.replay((xs.row(1), &w))?; // to the bit
/// assert_eq!((y[[]], slope), (ys[[1]], slopes.index_axis(ndarray::Axis(0), 1).to_owned()));
/// # Ok::<(), wengert::Error>(())
/// ```
///
/// A comparison in the code that was recorded is a guard in each lane. If it turns out otherwise in some, the run is an
/// [`Error`] that says where, and [lists](Error::lanes) all lanes that failed; there are no outputs then, and nothing that is
/// carried has moved.
///
/// At [`Level::Fast`](crate::Level::Fast) a lane may differ from a replay by itself, within the bound that is stated there.
#[doc(alias = "vmap")]
#[derive(Clone)]
pub struct Mapped<T: Float>(pub(super) Arc<Map<T>>);

/// What runs, and what goes in and comes out.
pub(super) struct Map<T: Float> {
    program: Program<T>,
    lanes: usize,
    /// Which inputs each lane has for itself. What is carried follows the inputs, and is stacked.
    stacked: Vec<bool>,
    inputs: Vec<Port>,
    outputs: Vec<Port>,
    state: Vec<Port>,
    /// For every piece but the last; and for the last, if that is not as long.
    pieces: Vec<Piece<T>>,
    /// Lanes of a piece.
    width: usize,
    /// How many threads share the pieces.
    threads: usize,
    /// Memory of calls that bring none, for the next such call.
    idle: Mutex<Vec<Own<T>>>,
}

/// The program, lowered for so many lanes. Its outputs are those of the program, and then what is carried on.
struct Piece<T: Float> {
    lowered: Lowered<T>,
}

impl<T: Float> Map<T> {
    /// The ports of all that a run writes: outputs, and what is carried.
    fn results(&self) -> impl Iterator<Item = &Port> {
        self.outputs.iter().chain(&self.state)
    }

    /// Elements of a lane of such a port.
    fn lane_of(&self, port: &Port) -> usize {
        debug_assert_eq!(port.shape[0], self.lanes);
        port.shape[1..].iter().product()
    }
}

impl<T: Float> Program<T> {
    /// The program over `lanes` inputs at once, each input stacked along a new first axis.
    ///
    /// # Errors
    /// If so many lanes would take more memory than the machine has.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// let x = tape.leaf("x", 1.0);
    /// let y = x.sin() / x;
    /// let mapped = tape.program(x, [y, y.backward()[x]])?.map(4)?;
    /// let [y, slope] = mapped.replay(&ndarray::arr1(&[0.5, 1.0, 1.5, 2.0]))?;
    /// assert_eq!(y[[1]], 1.0_f64.sin());
    /// # Ok::<(), wengert::Error>(())
    /// ```
    #[doc(alias = "vmap")]
    #[doc(alias = "batch")]
    #[track_caller]
    pub fn map(&self, lanes: usize) -> Result<Mapped<T>, Error> {
        self.map_builder(lanes).build()
    }

    /// As [`map`](Self::map), with inputs that all lanes share.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// let (x, w) = (tape.leaf("x", 1.0), tape.leaf("w", 2.0));
    /// let mapped = tape.program([x, w], x * w)?.map_builder(2).shared("w").build()?;
    /// assert_eq!(mapped.replay_one((&ndarray::arr1(&[3.0, 4.0]), 10.0))?[[1]], 40.0);
    /// # Ok::<(), wengert::Error>(())
    /// ```
    pub fn map_builder(&self, lanes: usize) -> MapBuilder<T> {
        MapBuilder::new(self, lanes)
    }
}

impl<T: Float> Mapped<T> {
    /// How many lanes there are.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// # let x = tape.leaf("x", 1.0);
    /// assert_eq!(tape.program(x, x.exp())?.map(64)?.lanes(), 64);
    /// # Ok::<(), wengert::Error>(())
    /// ```
    pub fn lanes(&self) -> usize {
        self.0.lanes
    }

    /// The inputs, in the order in which values are given. Those that are stacked have the axis of lanes in their shape.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// let (x, w) = (tape.leaf("x", ndarray::arr1(&[1.0, 2.0])), tape.leaf("w", 0.5));
    /// let mapped = tape.program([x, w], x * w)?.map_builder(64).shared("w").build()?;
    /// assert_eq!(mapped.inputs()[0].to_string(), "x (64, 2)");
    /// assert_eq!(mapped.inputs()[1].to_string(), "w ()");
    /// # Ok::<(), wengert::Error>(())
    /// ```
    pub fn inputs(&self) -> &[Port] {
        &self.0.inputs
    }

    /// The outputs, in the order in which results are given.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// let x = tape.leaf("x", ndarray::arr1(&[1.0, 2.0]));
    /// let mapped = tape.program(x, x.sum().named("total"))?.map(64)?;
    /// assert_eq!(mapped.outputs()[0].to_string(), "total (64,)");
    /// # Ok::<(), wengert::Error>(())
    /// ```
    pub fn outputs(&self) -> &[Port] {
        &self.0.outputs
    }

    /// What is carried from run to run, each lane's own.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// let w = tape.leaf("w", 8.0);
    /// let mapped = tape.program_builder(tape.none(), w).carry([(w, w * 0.5)]).build()?.map(3)?;
    /// assert_eq!(mapped.states()[0].to_string(), "w (3,)");
    /// # Ok::<(), wengert::Error>(())
    /// ```
    pub fn states(&self) -> &[Port] {
        &self.0.state
    }

    /// Memory to run in: one for each thread that runs it. The threads that share its lanes have theirs in it.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// # let x = tape.leaf("x", 1.0);
    /// let mapped = tape.program(x, x.exp())?.map(2)?;
    /// let mut workspace = mapped.workspace();
    /// mapped.run(&mut workspace, &ndarray::arr1(&[0.0, 1.0]))?;
    /// assert_eq!(workspace.output(0).first(), Some(&1.0));
    /// # Ok::<(), wengert::Error>(())
    /// ```
    pub fn workspace(&self) -> MappedWorkspace<T> {
        MappedWorkspace::new(&self.0)
    }

    /// The outputs for these inputs, as new arrays.
    ///
    /// State that the program carries starts from what was recorded, each time.
    ///
    /// # Errors
    /// If there are more or fewer inputs than the program takes, or outputs than are asked for, an input has another shape,
    /// or in some lanes a comparison that was taken while recording turns out otherwise, or an index is no place.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// let x = tape.leaf("x", 1.0);
    /// let mapped = tape.program(x, [x + 1.0, x * 10.0])?.map(2)?;
    /// let [more, tenfold] = mapped.replay(&ndarray::arr1(&[5.0, 6.0]))?;
    /// assert_eq!((more[[1]], tenfold[[0]]), (7.0, 50.0));
    /// # Ok::<(), wengert::Error>(())
    /// ```
    #[track_caller]
    pub fn replay<'a, const N: usize>(
        &self,
        inputs: impl IntoInputs<'a, T>,
    ) -> Result<[ArrayD<T>; N], Error> {
        count_outputs(N, self.outputs())?;
        let mut outputs = self.replay_to_vec(inputs)?.into_iter();
        Ok(std::array::from_fn(|_| outputs.next().expect("counted above")))
    }

    /// As [`replay`](Self::replay), of a program with one output.
    ///
    /// # Errors
    /// As of [`replay`](Self::replay).
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// let x = tape.leaf("x", 1.0);
    /// assert_eq!(tape.program(x, x * x)?.map(2)?.replay_one(&ndarray::arr1(&[3.0, 4.0]))?[[1]], 16.0);
    /// # Ok::<(), wengert::Error>(())
    /// ```
    #[track_caller]
    pub fn replay_one<'a>(&self, inputs: impl IntoInputs<'a, T>) -> Result<ArrayD<T>, Error> {
        let [output] = self.replay(inputs)?;
        Ok(output)
    }

    /// As [`replay`](Self::replay), for a number of outputs that is not known beforehand.
    ///
    /// # Errors
    /// As of [`replay`](Self::replay).
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// let x = tape.leaf("x", 1.0);
    /// let powers: Vec<_> = (1..4).map(|n| x.pow(f64::from(n))).collect();
    /// let mapped = tape.program(x, powers)?.map(2)?;
    /// assert_eq!(mapped.replay_to_vec(&ndarray::arr1(&[2.0, 3.0]))?.len(), 3);
    /// # Ok::<(), wengert::Error>(())
    /// ```
    #[track_caller]
    pub fn replay_to_vec<'a>(&self, inputs: impl IntoInputs<'a, T>) -> Result<Vec<ArrayD<T>>, Error> {
        let idle = || self.0.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let mut workspace = match idle().pop().filter(|_| self.states().is_empty()) {
            Some(own) => MappedWorkspace { map: Arc::clone(&self.0), own, status: Status::Fresh },
            None => self.workspace(),
        };
        run::run("replay", &self.0, &mut workspace, inputs.into_inputs().as_ref())?;
        let outputs = (0..self.outputs().len()).map(|i| workspace.output(i).to_owned()).collect();
        idle().push(workspace.own);
        Ok(outputs)
    }

    /// The outputs for these inputs, written to the caller's arrays. Nothing is allocated by a single thread, if the inputs
    /// lie in row-major order or have been copied to this workspace before.
    ///
    /// # Errors
    /// As of [`replay`](Self::replay), and if an array to write to has another shape than its output.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f32>::new();
    /// let x = tape.leaf("x", 1.0);
    /// let mapped = tape.program(x, x * x)?.map(2)?;
    /// let mut squares = ndarray::Array1::zeros(2);
    /// mapped.replay_into(&mut mapped.workspace(), &ndarray::arr1(&[3.0, 4.0]), &mut squares)?;
    /// assert_eq!(squares, ndarray::arr1(&[9.0, 16.0]));
    /// # Ok::<(), wengert::Error>(())
    /// ```
    #[track_caller]
    pub fn replay_into<'a, 'b>(
        &self,
        workspace: &mut MappedWorkspace<T>,
        inputs: impl IntoInputs<'a, T>,
        outputs: impl IntoOutputs<'b, T>,
    ) -> Result<(), Error> {
        let mut outputs = outputs.into_outputs();
        let outputs = outputs.as_mut();
        let dims = |i: usize| outputs[i].dims();
        if let Some(problem) = disagreement("output", self.outputs(), outputs.len(), dims) {
            return Err(Error::new("replay", problem.0, problem.1));
        }
        run::run("replay", &self.0, workspace, inputs.into_inputs().as_ref())?;
        for (i, out) in outputs.iter_mut().enumerate() {
            match out.elements() {
                Some(elements) => elements.copy_from_slice(workspace.result(i)),
                None => out.fill_from(&workspace.output(i)),
            }
        }
        Ok(())
    }

    /// Runs in the workspace, where the results then are: [`MappedWorkspace::output`]. Carried state moves on, in each lane.
    ///
    /// # Errors
    /// As of [`replay`](Self::replay), and if the workspace is of another program. No lane's state moves on then, there are
    /// no results, and the next run goes on from there.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// let (x, sum) = (tape.leaf("x", 1.0), tape.leaf("sum", 0.0));
    /// let mapped = tape.program_builder(x, sum + x).carry([(sum, sum + x)]).build()?.map(2)?;
    /// let mut workspace = mapped.workspace();
    /// for _ in 0..10 {
    ///     mapped.run(&mut workspace, &ndarray::arr1(&[1.0, 2.0]))?;
    /// }
    /// assert_eq!(workspace.state("sum"), ndarray::arr1(&[10.0, 20.0]).into_dyn());
    /// # Ok::<(), wengert::Error>(())
    /// ```
    #[track_caller]
    pub fn run<'a>(
        &self,
        workspace: &mut MappedWorkspace<T>,
        inputs: impl IntoInputs<'a, T>,
    ) -> Result<(), Error> {
        run::run("run", &self.0, workspace, inputs.into_inputs().as_ref())
    }
}

impl<T: Float> fmt::Display for Mapped<T> {
    /// The signature, with the axis of lanes; what is carried, held fixed and was read, as of the program.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}: {} lanes of {} -> {}",
            T::DTYPE,
            self.lanes(),
            list(self.inputs()),
            list(self.outputs())
        )?;
        self.0.program.0.signature.besides(f)
    }
}

impl<T: Float> fmt::Debug for Mapped<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mapped")
            .field("lanes", &self.lanes())
            .field("inputs", &self.inputs())
            .field("outputs", &self.outputs())
            .finish_non_exhaustive()
    }
}
