//! Where the time of a run goes.

use super::feed::IntoInputs;
use super::machine::Instruction;
use super::program::Program;
use super::workspace::Workspace;
use crate::Float;
use crate::error::{Error, ErrorKind, Problem, counted};
use std::fmt;
use std::time::{Duration, Instant};

/// What each instruction of a program takes, measured; print it for a table. Made by [`Program::profile`].
///
/// A clock is read after each instruction, which takes some 30 ns of its own: instructions that are shorter are not to be
/// compared by it.
///
/// ```
/// # let tape = wengert::Tape::<f64>::new();
/// let x = tape.leaf("x", ndarray::Array2::ones((64, 64)));
/// let program = tape.program([x], [x.matmul(x).exp().sum()])?;
/// let profile = program.profile(&mut program.workspace(), &ndarray::Array2::<f64>::zeros((64, 64)), 5)?;
/// let all: std::time::Duration = profile.instructions().iter().map(|instruction| instruction.time()).sum();
/// assert_eq!(all, profile.time());
/// println!("{profile}");
/// # Ok::<(), wengert::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Profile {
    runs: usize,
    instructions: Vec<Measured>,
}

/// An instruction, and what it took.
#[derive(Clone, Debug)]
pub struct Measured {
    name: String,
    time: Duration,
    operations: usize,
    bytes: usize,
}

impl Profile {
    /// How many runs were measured.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// # let x = tape.leaf("x", 1.0);
    /// # let program = tape.program([x], [x * x])?;
    /// assert_eq!(program.profile(&mut program.workspace(), 2.0, 3)?.runs(), 3);
    /// # Ok::<(), wengert::Error>(())
    /// ```
    pub fn runs(&self) -> usize {
        self.runs
    }

    /// The instructions, in the order in which they run.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// # let x = tape.leaf("x", [1.0, 2.0]);
    /// # let program = tape.program([x], [x.exp()])?;
    /// let profile = program.profile(&mut program.workspace(), &ndarray::arr1(&[1.0, 2.0]), 3)?;
    /// assert_eq!(profile.instructions()[0].name(), "2 elements: exp");
    /// # Ok::<(), wengert::Error>(())
    /// ```
    pub fn instructions(&self) -> &[Measured] {
        &self.instructions
    }

    /// The sum of the instructions' times.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// # let x = tape.leaf("x", 1.0);
    /// # let program = tape.program([x], [x * x])?;
    /// println!("{:?}", program.profile(&mut program.workspace(), 2.0, 100)?.time());
    /// # Ok::<(), wengert::Error>(())
    /// ```
    pub fn time(&self) -> Duration {
        self.instructions.iter().map(Measured::time).sum()
    }
}

impl Measured {
    /// The primitives that run together in it, as [`Report::instructions`](super::Report::instructions) has them.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// # let x = tape.leaf("x", 1.0);
    /// # let program = tape.program([x], [x.sin()])?;
    /// # let profile = program.profile(&mut program.workspace(), 2.0, 3)?;
    /// assert_eq!(profile.instructions()[0].name(), "numbers: sin");
    /// # Ok::<(), wengert::Error>(())
    /// ```
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The median of the runs.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// # let x = tape.leaf("x", 1.0);
    /// # let program = tape.program([x], [x.sin()])?;
    /// # let profile = program.profile(&mut program.workspace(), 2.0, 3)?;
    /// println!("{:?}", profile.instructions()[0].time());
    /// # Ok::<(), wengert::Error>(())
    /// ```
    pub fn time(&self) -> Duration {
        self.time
    }

    /// Arithmetic operations of a run, counted as [`Report::operations`](super::Report::operations) does.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// # let x = tape.leaf("x", 1.0);
    /// # let program = tape.program([x], [x.sin()])?;
    /// # let profile = program.profile(&mut program.workspace(), 2.0, 3)?;
    /// assert_eq!(profile.instructions()[0].operations(), 1);
    /// # Ok::<(), wengert::Error>(())
    /// ```
    pub fn operations(&self) -> usize {
        self.operations
    }

    /// Bytes read and written in a run, counted as [`Report::bytes_moved`](super::Report::bytes_moved) does.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// # let x = tape.leaf("x", [1.0, 2.0]);
    /// # let program = tape.program([x], [x.sin()])?;
    /// # let profile = program.profile(&mut program.workspace(), &ndarray::arr1(&[1.0, 2.0]), 3)?;
    /// assert_eq!(profile.instructions()[0].bytes_moved(), 32);
    /// # Ok::<(), wengert::Error>(())
    /// ```
    pub fn bytes_moved(&self) -> usize {
        self.bytes
    }
}

impl<T: Float> Program<T> {
    /// Runs so many times on these inputs, after one run that is not counted, and measures each instruction. Carried state
    /// moves on with each run.
    ///
    /// # Errors
    /// As of [`run`](Self::run), or if there are no runs to measure.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// let x = tape.leaf("x", ndarray::Array1::ones(100_000));
    /// let program = tape.program([x], [x.sin().sum(), x.cumsum(0)])?;
    /// println!("{}", program.profile(&mut program.workspace(), &ndarray::Array1::<f64>::zeros(100_000), 20)?);
    /// # Ok::<(), wengert::Error>(())
    /// ```
    #[track_caller]
    pub fn profile<'a>(
        &self,
        workspace: &mut Workspace<T>,
        inputs: impl IntoInputs<'a, T>,
        runs: usize,
    ) -> Result<Profile, Error> {
        if runs == 0 {
            let problem = Problem::new(
                ErrorKind::Signature,
                "there are no runs to measure",
                "Ask for some: the more, the steadier the medians.",
            );
            return Err(Error::new("profile", problem, Vec::new()));
        }
        let given = inputs.into_inputs();
        let instructions = &self.0.code.instructions;
        let mut times: Vec<Vec<Duration>> = vec![Vec::with_capacity(runs); instructions.len()];
        self.run_on("profile", workspace, given.as_ref(), |_| ())?;
        for _ in 0..runs {
            let mut before = Instant::now();
            self.run_on("profile", workspace, given.as_ref(), |instruction| {
                let now = Instant::now();
                if let Some(instruction) = instruction {
                    times[instruction].push(now - before);
                }
                before = now;
            })?;
        }
        let names = self.report().instructions();
        let measured = instructions.iter().zip(names).zip(times).map(|((instruction, name), mut times)| {
            times.sort_unstable();
            let (operations, bytes) = Instruction::work(instruction);
            Measured { name: name.to_owned(), time: times[runs / 2], operations, bytes }
        });
        Ok(Profile { runs, instructions: measured.collect() })
    }
}

/// Rounded to tenths; what would be none of them is less than one.
fn tenths(x: f64) -> String {
    if x > 0.0 && x < 0.05 { "<0.1".into() } else { format!("{x:.1}") }
}

impl fmt::Display for Profile {
    /// A line for each instruction, by its number in the report; a dash where there is no rate, as of one that only moves
    /// elements.
    #[allow(clippy::cast_precision_loss)] // Rates are rounded to tenths.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let micros = |time: Duration| time.as_secs_f64() * 1e6;
        let all = micros(self.time());
        writeln!(f, "        µs   share  Gop/s   GB/s  instruction")?;
        for (i, instruction) in self.instructions.iter().enumerate() {
            let time = micros(instruction.time);
            let share = if all > 0.0 { 100.0 * time / all } else { 0.0 };
            // A thousand operations a microsecond are one a nanosecond.
            let rate = |amount: usize| {
                let is_none = amount == 0 || time == 0.0; // Moving numbers is no arithmetic.
                if is_none { "–".into() } else { tenths(amount as f64 / time / 1e3) }
            };
            let (operations, bytes) = (rate(instruction.operations), rate(instruction.bytes));
            let share = tenths(share) + "%";
            writeln!(f, "{time:10.2} {share:>7} {operations:>6} {bytes:>6} {i:4}  {}", instruction.name)?;
        }
        write!(f, "{all:10.2}  in all, the medians of {}", counted(self.runs, "run", "runs"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What computes nothing has no rate, and what is little is not said to be 0.
    #[test]
    fn rates_are_told_where_there_are_any() {
        let measured = |operations, bytes| Measured {
            name: "some".into(),
            time: Duration::from_micros(1),
            operations,
            bytes,
        };
        let instructions = vec![measured(0, 8000), measured(20, 0), measured(2_500, 40)];
        let text = Profile { runs: 3, instructions }.to_string();
        let rates: Vec<Vec<&str>> = text.lines().map(|line| line.split_whitespace().collect()).collect();
        assert_eq!(rates[1][2..4], ["–", "8.0"], "{text}");
        assert_eq!(rates[2][2..4], ["<0.1", "–"], "{text}");
        assert_eq!(rates[3][2..4], ["2.5", "<0.1"], "{text}");
    }
}
