//! What was made of a tape, in numbers.

use super::graph::Graph;
use super::history::History;
use super::lower::Lowered;
use super::machine::{Instruction, bytes_of};
use super::port::Signature;
use crate::Float;
use std::fmt;
use std::time::Duration;

/// What the passes and lowering made of a tape; print it for a table.
///
/// ```
/// # let tape = wengert::Tape::<f64>::new();
/// let x = tape.leaf("x", ndarray::arr1(&[1.0, 2.0]));
/// let program = tape.program([x], [(x * x).sum()])?;
/// let report = program.report();
/// assert_eq!(report.rows(), 3);
/// assert_eq!(report.operations(), 4); // two products, two terms of a sum
/// println!("{report}");
/// # Ok::<(), wengert::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Report {
    passes: Vec<(String, usize)>,
    times: Vec<(String, Duration)>,
    rows: usize,
    instructions: Vec<String>,
    buffers: usize,
    buffer_bytes: usize,
    numbers: usize,
    code_bytes: usize,
    operations: usize,
    bytes_moved: usize,
    allocations: usize,
    program_bytes: usize,
    workspace_bytes: usize,
    scratch_bytes: usize,
    input_bytes: usize,
    signature: Signature,
}

impl Report {
    pub(super) fn new<T: Float>(
        passes: Vec<(String, usize)>,
        times: Vec<(String, Duration)>,
        graph: &Graph<T>,
        history: Option<&History<T>>,
        lowered: &Lowered<T>,
        signature: &Signature,
    ) -> Self {
        let code = &lowered.code;
        let work = code.instructions.iter().map(Instruction::work);
        let (operations, bytes_moved) =
            work.fold((0, 0), |sum, (operations, bytes)| (sum.0 + operations, sum.1 + bytes));
        let (workspace_bytes, scratch_bytes) = bytes_of(code, signature.inputs.len());
        let elements = signature.inputs.iter().map(|port| port.shape.iter().product::<usize>());
        Self {
            passes,
            times,
            rows: graph.nodes.len(),
            instructions: lowered.instructions.clone(),
            buffers: code.buffers.len(),
            buffer_bytes: code.buffer_bytes(),
            numbers: code.bank.len(),
            code_bytes: code.code_bytes(),
            operations,
            bytes_moved,
            allocations: code.instructions.iter().map(Instruction::allocations).sum(),
            // The list is kept where it takes that to map the program, or to explain it.
            program_bytes: code.bytes()
                + if code.is_of_numbers() && history.is_none() { 0 } else { graph.bytes() }
                + history.map_or(0, History::bytes),
            workspace_bytes,
            scratch_bytes,
            input_bytes: elements.sum::<usize>() * size_of::<T>(),
            signature: signature.clone(),
        }
    }

    /// Rows on the tape, and after each pass.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// # let x = tape.leaf("x", 1.0);
    /// for (pass, rows) in tape.program([x], [x * 2.0])?.report().passes() {
    ///     println!("{pass:10} {rows}");
    /// }
    /// # Ok::<(), wengert::Error>(())
    /// ```
    pub fn passes(&self) -> impl Iterator<Item = (&str, usize)> {
        self.passes.iter().map(|(pass, rows)| (pass.as_str(), *rows))
    }

    /// What making the program took, part by part: the listing of the rows, without those that are dead; each pass that
    /// makes the list shorter; and the lowering to instructions, fusion and the reuse of memory (and with a
    /// [budget](super::ProgramBuilder::memory) the search) among it. It is not part of what is printed, which is the same
    /// each time.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// # let x = tape.leaf("x", 1.0);
    /// let program = tape.program([x], [x * 2.0])?;
    /// for (part, time) in program.report().times() {
    ///     println!("{part:10} {time:?}");
    /// }
    /// let parts: Vec<&str> = program.report().times().map(|(part, _)| part).collect();
    /// assert_eq!(parts, ["listing", "Constants", "Common", "Algebra", "lowering"]);
    /// # Ok::<(), wengert::Error>(())
    /// ```
    pub fn times(&self) -> impl Iterator<Item = (&str, Duration)> {
        self.times.iter().map(|(part, time)| (part.as_str(), *time))
    }

    /// Rows after all passes.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// # let x = tape.leaf("x", 1.0);
    /// assert_eq!(tape.program([x], [x.sin()])?.report().rows(), 2);
    /// # Ok::<(), wengert::Error>(())
    /// ```
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// One line for each instruction: the primitives that run together.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// # let x = tape.leaf("x", ndarray::arr1(&[1.0, 2.0]));
    /// let program = tape.program([x], [(x.exp() * x).sum()])?;
    /// assert_eq!(program.report().instructions(), ["2 elements: exp mul sum"]);
    /// # Ok::<(), wengert::Error>(())
    /// ```
    pub fn instructions(&self) -> &[String] {
        &self.instructions
    }

    /// Bytes of all buffers for arrays, inputs and constants not counted.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// # let x = tape.leaf("x", ndarray::arr1(&[1.0, 2.0]));
    /// assert_eq!(tape.program([x], [x.exp()])?.report().buffer_bytes(), 16);
    /// # Ok::<(), wengert::Error>(())
    /// ```
    pub fn buffer_bytes(&self) -> usize {
        self.buffer_bytes
    }

    /// Bytes of what runs and of constants, the state that a workspace starts from among them, and of the list that
    /// [`map`](super::Program::map) needs: once for all who share the program.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// let x = tape.leaf("x", ndarray::Array1::zeros(1000));
    /// let table = tape.leaf("table", ndarray::Array1::ones(1000));
    /// assert!(tape.program(x, x * table)?.report().program_bytes() > 8000);
    /// # Ok::<(), wengert::Error>(())
    /// ```
    pub fn program_bytes(&self) -> usize {
        self.program_bytes
    }

    /// Bytes of a [`Workspace`](super::Workspace): buffers, numbers and scratch, all that a run needs but room for
    /// [inputs](Self::input_bytes) that have to be copied.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// let x = tape.leaf("x", ndarray::Array2::ones((2, 1000)));
    /// let program = tape.program(x, x.sum_axis(0))?;
    /// assert_eq!(program.report().workspace_bytes(), program.workspace().bytes());
    /// assert!(program.report().workspace_bytes() > program.report().scratch_bytes());
    /// # Ok::<(), wengert::Error>(())
    /// ```
    pub fn workspace_bytes(&self) -> usize {
        self.workspace_bytes
    }

    /// Of the bytes of a workspace, those of scratch: what is at work within an instruction, as the partial sums of a
    /// reduction and the blocks of rows that are computed together.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// # let x = tape.leaf("x", ndarray::arr1(&[1.0, 2.0]));
    /// assert!(tape.program(x, x.sum())?.report().scratch_bytes() > 0);
    /// # Ok::<(), wengert::Error>(())
    /// ```
    pub fn scratch_bytes(&self) -> usize {
        self.scratch_bytes
    }

    /// Bytes of the inputs. A workspace takes as much besides for each that does not lie in row-major order, from the
    /// first time on.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// # let x = tape.leaf("x", ndarray::arr1(&[1.0, 2.0]));
    /// assert_eq!(tape.program(x, x.sum())?.report().input_bytes(), 16);
    /// # Ok::<(), wengert::Error>(())
    /// ```
    pub fn input_bytes(&self) -> usize {
        self.input_bytes
    }

    /// Bytes for each row that is a number: its place, and its line of code.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// # let x = tape.leaf("x", 1.0);
    /// let y = (0..1000).fold(x, |y, _| y * x);
    /// assert!(tape.program([x], [y])?.report().bytes_a_number() < 20.0);
    /// # Ok::<(), wengert::Error>(())
    /// ```
    #[allow(clippy::cast_precision_loss)] // There are fewer than 2⁵³.
    pub fn bytes_a_number(&self) -> f64 {
        self.code_bytes as f64 / self.numbers.max(1) as f64
    }

    /// Arithmetic operations of a run: one for each element of an elementwise row and each term of a
    /// reduction, two for each multiply-add of a matrix product.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// # let x = tape.leaf("x", ndarray::Array2::ones((3, 4)));
    /// assert_eq!(tape.program([x], [x.matmul(x.t())])?.report().operations(), 2 * 3 * 4 * 3);
    /// # Ok::<(), wengert::Error>(())
    /// ```
    pub fn operations(&self) -> usize {
        self.operations
    }

    /// Bytes that instructions read from and write to memory beyond the first cache, in a run.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// # let x = tape.leaf("x", ndarray::arr1(&[1.0, 2.0]));
    /// let together = tape.program([x], [x.exp().sin()])?;
    /// assert_eq!(together.report().bytes_moved(), 16 + 16); // x in, the result out
    /// # Ok::<(), wengert::Error>(())
    /// ```
    pub fn bytes_moved(&self) -> usize {
        self.bytes_moved
    }

    /// Heap allocations of a run on one thread, once a workspace has run: none, but for what has more
    /// than eight axes that could not be fewer. To hand a part to another thread takes a small one.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// # let x = tape.leaf("x", ndarray::arr1(&[1.0, 2.0]));
    /// assert_eq!(tape.program([x], [x.exp().sum()])?.report().allocations(), 0);
    /// # Ok::<(), wengert::Error>(())
    /// ```
    pub fn allocations(&self) -> usize {
        self.allocations
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "pass          rows after")?;
        for (pass, rows) in &self.passes {
            writeln!(f, "{pass:12} {rows:11}")?;
        }
        writeln!(f, "\ninstructions")?;
        for (i, instruction) in self.instructions.iter().enumerate() {
            writeln!(f, "{i:4}  {instruction}")?;
        }
        writeln!(f)?;
        writeln!(f, "buffers               {:>12}", self.buffers)?;
        writeln!(f, "peak bytes of buffers {:>12}", self.buffer_bytes)?;
        writeln!(f, "numbers               {:>12}", self.numbers)?;
        writeln!(f, "bytes a number        {:>12.1}", self.bytes_a_number())?;
        writeln!(f, "operations a run      {:>12}", self.operations)?;
        writeln!(f, "bytes moved a run     {:>12}", self.bytes_moved)?;
        writeln!(f, "bytes of the program  {:>12}", self.program_bytes)?;
        writeln!(f, "bytes of a workspace  {:>12}", self.workspace_bytes)?;
        writeln!(f, "of which scratch      {:>12}", self.scratch_bytes)?;
        writeln!(f, "inputs, if copied     {:>12}", self.input_bytes)?;
        write!(f, "allocations a run     {:>12}", self.allocations)?;
        self.signature.besides(f)
    }
}
