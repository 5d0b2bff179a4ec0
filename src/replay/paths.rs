//! A program for each way through the caller's branches.

use super::feed::Feed;
use super::program::Program;
use crate::error::{Error, ErrorKind};
use crate::{Float, Tape, Var};
use ndarray::{ArrayD, ArrayViewD, IxDyn};
use std::fmt;

/// A function with branches, recorded once for each way through them.
///
/// A tape records the branch that was taken. [`replay_or_record`](Paths::replay_or_record) replays if a way
/// is known on which all comparisons turn out as they were recorded, and records the function anew if not.
///
/// ```
/// use ndarray::arr0;
/// use wengert::{Paths, Tape, Var};
///
/// // |x| by a branch, and its slope.
/// let mut paths = Paths::new(|_: &Tape<f64>, inputs: &[Var<'_, f64>]| {
///     let x = inputs[0];
///     let y = if x < 0.0 { -x } else { x * 1.0 };
///     vec![y, y.backward()[x]]
/// });
/// for (x, slope) in [(2.0, 1.0), (-3.0, -1.0), (5.0, 1.0), (0.0, 1.0)] {
///     let outputs = paths.replay_or_record(&[&x])?;
///     assert_eq!(outputs[1], arr0(slope).into_dyn());
/// }
/// assert_eq!(paths.len(), 3); // above, below, and the tie
/// # Ok::<(), wengert::Error>(())
/// ```
#[doc(alias = "jit")]
pub struct Paths<T: Float, F> {
    function: F,
    programs: Vec<Program<T>>,
}

impl<T: Float, F> Paths<T, F>
where
    F: for<'t> FnMut(&'t Tape<T>, &[Var<'t, T>]) -> Vec<Var<'t, T>>,
{
    /// Of a function that records outputs from inputs.
    ///
    /// ```
    /// use wengert::{Paths, Tape, Var};
    /// let paths = Paths::new(|_: &Tape<f64>, x: &[Var<'_, f64>]| vec![x[0].sin()]);
    /// assert!(paths.is_empty());
    /// ```
    pub fn new(function: F) -> Self {
        Self { function, programs: Vec::new() }
    }

    /// The outputs for these inputs: replayed if the way is known and the shapes are, else recorded.
    ///
    /// # Errors
    /// As of [`Tape::program`], if it has to be recorded and cannot be made a program.
    ///
    /// ```
    /// # use wengert::{Paths, Tape, Var};
    /// let mut paths = Paths::new(|_: &Tape<f64>, x: &[Var<'_, f64>]| vec![x[0] * 2.0]);
    /// assert_eq!(paths.replay_or_record(&[&3.0])?[0].first(), Some(&6.0));
    /// assert_eq!(paths.replay_or_record(&[&4.0])?[0].first(), Some(&8.0));
    /// assert_eq!(paths.len(), 1);
    /// # Ok::<(), wengert::Error>(())
    /// ```
    #[track_caller]
    pub fn replay_or_record(&mut self, inputs: &[&dyn Feed<T>]) -> Result<Vec<ArrayD<T>>, Error> {
        for (i, program) in self.programs.iter().enumerate() {
            let ports = program.inputs();
            let fits = ports.len() == inputs.len()
                && ports.iter().zip(inputs).all(|(port, input)| port.shape == input.dims());
            if !fits {
                continue;
            }
            match program.replay_to_vec(inputs) {
                Ok(outputs) => {
                    // The way taken last is tried first.
                    self.programs[..=i].rotate_right(1);
                    return Ok(outputs);
                }
                Err(error) if error.kind() == ErrorKind::Branch => {}
                Err(error) => return Err(error),
            }
        }
        let tape = Tape::new();
        let leaves: Vec<Var<'_, T>> = inputs
            .iter()
            .enumerate()
            .map(|(i, input)| tape.leaf(&format!("input {i}"), array(*input)))
            .collect();
        let outputs = (self.function)(&tape, &leaves);
        let program = tape.program(&leaves, &outputs)?;
        self.programs.insert(0, program);
        Ok(outputs.iter().map(|output| output.with_row(|row| row.value.view().to_owned())).collect())
    }

    /// How many ways were recorded.
    ///
    /// ```
    /// # use wengert::{Paths, Tape, Var};
    /// # let mut paths = Paths::new(|_: &Tape<f64>, x: &[Var<'_, f64>]| vec![x[0].sin()]);
    /// paths.replay_or_record(&[&1.0])?;
    /// assert_eq!(paths.len(), 1);
    /// # Ok::<(), wengert::Error>(())
    /// ```
    pub fn len(&self) -> usize {
        self.programs.len()
    }

    /// Whether nothing was recorded yet.
    ///
    /// ```
    /// # use wengert::{Paths, Tape, Var};
    /// assert!(Paths::new(|_: &Tape<f64>, x: &[Var<'_, f64>]| vec![x[0].sin()]).is_empty());
    /// ```
    pub fn is_empty(&self) -> bool {
        self.programs.is_empty()
    }
}

fn array<T: Float>(input: &dyn Feed<T>) -> ArrayD<T> {
    if let Some(elements) = input.elements() {
        return ArrayViewD::from_shape(IxDyn(input.dims()), elements)
            .expect("as many elements as its shape says")
            .to_owned();
    }
    let mut out = ArrayD::from_elem(IxDyn(input.dims()), T::zero());
    input.copy_to(out.as_slice_mut().expect("a new array is in order"));
    out
}

impl<T: Float, F> fmt::Debug for Paths<T, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Paths").field("programs", &self.programs).finish_non_exhaustive()
    }
}
