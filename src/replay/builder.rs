//! How a tape becomes a program.

use super::evidence::Evidence;
use super::feed::Input;
use super::passes::Pass;
use super::program::Program;
use crate::array::{Kind, Value, beyond, uncountable};
use crate::error::Error;
use crate::{Float, Tape, Var};
use ndarray::ArrayD;
use std::cell::RefCell;

/// How closely a program keeps to what was recorded.
///
/// ```
/// use ndarray::arr2;
/// use wengert::{Level, Tape};
/// let tape = Tape::<f64>::new();
/// let x = tape.leaf("x", arr2(&[[1.0, 2.0], [3.0, 4.0]]));
/// let b = tape.leaf("b", arr2(&[[0.1, 0.2]]));
/// let y = x.matmul(x) + b;
/// let fast = tape.program_builder([x, b], [y]).level(Level::Fast).build()?;
/// let y = fast.replay_one([arr2(&[[1.0, 0.0], [0.0, 1.0]]), arr2(&[[0.0, 0.0]])])?;
/// assert_eq!(y, arr2(&[[1.0, 0.0], [0.0, 1.0]]).into_dyn());
/// # Ok::<(), wengert::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Level {
    /// The bits that recording afresh gives, however many threads there are.
    #[default]
    Exact,
    /// A sum may be added up in another order: what is added to a matrix product is where the product's sum
    /// starts. For k terms aᵢbᵢ and an addend c the result is off by at most k + 1 unit roundoffs of
    /// |c| + Σ|aᵢbᵢ| either way, to first order (N. J. Higham, *Accuracy and Stability of Numerical
    /// Algorithms*, 2002, §3.1), so that the two levels differ by at most twice that.
    Fast,
}

/// Choices on the way from a tape to a [`Program`]; see [`Tape::program_builder`].
///
/// ```
/// use wengert::{Level, Tape};
/// let tape = Tape::<f32>::new();
/// let x = tape.leaf("x", ndarray::arr1(&[1.0, 2.0]));
/// let program = tape.program_builder([x], [x.exp().sum()]).level(Level::Fast).threads(1).strict().build()?;
/// # Ok::<(), wengert::Error>(())
/// ```
#[derive(Clone, Debug)]
#[must_use = "a builder makes a program when `build` is called"]
pub struct ProgramBuilder<'t, T: Float> {
    pub(super) tape: &'t Tape<T>,
    pub(super) inputs: Vec<Var<'t, T>>,
    pub(super) outputs: Vec<Var<'t, T>>,
    pub(super) state: Vec<[Var<'t, T>; 2]>,
    pub(super) options: Options,
}

/// What can be chosen whatever the tape is.
#[derive(Clone, Debug, Default)]
pub(super) struct Options {
    pub without: Vec<Pass>,
    pub level: Level,
    pub threads: Option<usize>,
    pub strict: bool,
    pub budget: Option<usize>,
    pub traced: bool,
    pub explained: bool,
}

/// Rows of a tape, as inputs or outputs of a program: an array, a vector, a slice, any iterator of [`Var`]s, or a single
/// one.
///
/// ```
/// let tape = wengert::Tape::<f64>::new();
/// let x = tape.leaf("x", 2.0);
/// let powers: Vec<_> = (1..4).map(|n| x.pow(f64::from(n))).collect();
/// tape.program(x, &powers)?;
/// tape.program([x], powers.iter().rev())?;
/// tape.program(tape.vars().take(1), powers)?;
/// # Ok::<(), wengert::Error>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no list of rows",
    note = "`[x, y]`, a `Vec` or slice of `Var`s, an iterator of them, or one `Var`; `tape.none()` for none"
)]
pub trait IntoVars<'t, T: Float> {
    #[doc(hidden)]
    fn into_vars(self) -> Vec<Var<'t, T>>;
}

impl<'t, T: Float, I: IntoIterator<Item: AsRow<'t, T>>> IntoVars<'t, T> for I {
    fn into_vars(self) -> Vec<Var<'t, T>> {
        self.into_iter().map(AsRow::var).collect()
    }
}

impl<'t, T: Float> IntoVars<'t, T> for Var<'t, T> {
    fn into_vars(self) -> Vec<Var<'t, T>> {
        vec![self]
    }
}

/// A row of such a list.
pub trait AsRow<'t, T: Float> {
    #[doc(hidden)]
    fn var(self) -> Var<'t, T>;
}

impl<'t, T: Float> AsRow<'t, T> for Var<'t, T> {
    fn var(self) -> Self {
        self
    }
}

impl<'t, T: Float> AsRow<'t, T> for &Var<'t, T> {
    fn var(self) -> Var<'t, T> {
        *self
    }
}

impl<T: Float> Tape<T> {
    /// Makes a program of rows of this tape: from new values of `inputs`, which are leaves, it computes
    /// `outputs`, which are any rows, those of gradients too.
    ///
    /// What changes from run to run is to be an input: data, and also labels and tokens ([`indices`](Tape::indices)), masks
    /// ([`mask`](Tape::mask)) and random draws. What is no input is fixed: leaves, constants, and integers that
    /// were given as an array where places are asked for, as in `x.take(0, [1, 2])`. [`Program::fixed`] lists it.
    ///
    /// # Errors
    /// If an input is no leaf or named twice, there are no outputs, or a row is of another tape.
    ///
    /// ```
    /// use ndarray::arr1;
    /// let tape = wengert::Tape::<f64>::new();
    /// let x = tape.leaf("x", arr1(&[1.0, 2.0]));
    /// let y = x.square().sum();
    /// let program = tape.program([x], [y, y.backward()[x]])?;
    /// let [y, dx] = program.replay(&arr1(&[3.0, 4.0]))?;
    /// assert_eq!((y[[]], dx), (25.0, arr1(&[6.0, 8.0]).into_dyn()));
    /// # Ok::<(), wengert::Error>(())
    /// ```
    #[doc(alias = "jit")]
    #[doc(alias = "compile")]
    #[doc(alias = "trace")]
    #[doc(alias = "make_jaxpr")]
    #[track_caller]
    pub fn program<'t>(
        &'t self,
        inputs: impl IntoVars<'t, T>,
        outputs: impl IntoVars<'t, T>,
    ) -> Result<Program<T>, Error> {
        self.program_builder(inputs, outputs).build()
    }

    /// No rows: the inputs of a program that has none. (Of `[]` the compiler does not know what it is empty of.)
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// let y = tape.leaf("x", 2.0).exp();
    /// assert_eq!(tape.program(tape.none(), y)?.replay_one(())?[[]], 2.0_f64.exp());
    /// # Ok::<(), wengert::Error>(())
    /// ```
    pub fn none(&self) -> [Var<'_, T>; 0] {
        []
    }

    /// As [`program`](Self::program), with choices.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// let w = tape.leaf("w", 1.0);
    /// let loss = (w - 3.0).square();
    /// let next = w - loss.backward()[w] * 0.25;
    /// let step = tape.program_builder(tape.none(), [loss]).carry([(w, next)]).build()?;
    /// let mut workspace = step.workspace();
    /// (0..60).try_for_each(|_| step.run(&mut workspace, ()))?;
    /// assert_eq!(workspace.state(0).first(), Some(&3.0));
    /// # Ok::<(), wengert::Error>(())
    /// ```
    pub fn program_builder<'t>(
        &'t self,
        inputs: impl IntoVars<'t, T>,
        outputs: impl IntoVars<'t, T>,
    ) -> ProgramBuilder<'t, T> {
        ProgramBuilder {
            tape: self,
            inputs: inputs.into_vars(),
            outputs: outputs.into_vars(),
            state: Vec::new(),
            options: Options::default(),
        }
    }

    /// Computes `outputs` once, from new values of `inputs`: a program for a single use. To use it again, make
    /// a [`program`](Self::program). For the tape it is a [read](ProgramBuilder::strict) of the outputs.
    ///
    /// # Errors
    /// As of [`program`](Self::program) and [`Program::replay`].
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// let x = tape.leaf("x", 1.0);
    /// let y = x * x;
    /// let [there] = tape.replay([(x, 5.0)], [y])?;
    /// assert_eq!(there[[]], 25.0);
    /// assert_eq!(y.item(), 1.0); // the tape is as it was
    /// # Ok::<(), wengert::Error>(())
    /// ```
    #[doc(alias = "jit")]
    #[track_caller]
    pub fn replay<'t, 'a, const N: usize>(
        &'t self,
        inputs: impl IntoIterator<Item = (Var<'t, T>, impl Into<Input<'a, T>>)>,
        outputs: [Var<'t, T>; N],
    ) -> Result<[ArrayD<T>; N], Error> {
        let (vars, values): (Vec<Var<'t, T>>, Vec<_>) = inputs.into_iter().unzip();
        let results = self.program(vars, outputs)?.replay(values)?;
        for output in outputs {
            self.log_read(output.id());
        }
        Ok(results)
    }

    /// As [`replay`](Self::replay), of a single output.
    ///
    /// # Errors
    /// As of [`replay`](Self::replay).
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// let x = tape.leaf("x", 1.0);
    /// assert_eq!(tape.replay_one([(x, 5.0)], x * x)?[[]], 25.0);
    /// # Ok::<(), wengert::Error>(())
    /// ```
    #[track_caller]
    pub fn replay_one<'t, 'a>(
        &'t self,
        inputs: impl IntoIterator<Item = (Var<'t, T>, impl Into<Input<'a, T>>)>,
        output: Var<'t, T>,
    ) -> Result<ArrayD<T>, Error> {
        let [result] = self.replay(inputs, [output])?;
        Ok(result)
    }
}

impl<'t, T: Float> ProgramBuilder<'t, T> {
    /// Carries state from run to run: in the next run each of these leaves has the value that the row beside
    /// it had in this one. The first run finds what was recorded. Nothing is copied where the row is computed
    /// for this alone.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// let (a, b) = (tape.leaf("a", 0.0), tape.leaf("b", 1.0));
    /// let fibonacci = tape.program_builder(tape.none(), [b]).carry([(a, b), (b, a + b)]).build()?;
    /// let mut workspace = fibonacci.workspace();
    /// (0..10).try_for_each(|_| fibonacci.run(&mut workspace, ()))?;
    /// assert_eq!(workspace.state(1).first(), Some(&89.0));
    /// # Ok::<(), wengert::Error>(())
    /// ```
    #[doc(alias = "scan")]
    #[doc(alias = "fori_loop")]
    #[doc(alias = "while_loop")]
    pub fn carry(mut self, state: impl IntoIterator<Item = (Var<'t, T>, Var<'t, T>)>) -> Self {
        self.state.extend(state.into_iter().map(|(leaf, next)| [leaf, next]));
        self
    }

    /// Leaves a pass out.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// # let x = tape.leaf("x", 1.0);
    /// let program = tape.program_builder([x], [x.sin()]).without(wengert::Pass::Fusion).build()?;
    /// # Ok::<(), wengert::Error>(())
    /// ```
    pub fn without(mut self, pass: Pass) -> Self {
        self.options.without.push(pass);
        self
    }

    /// How closely it keeps to what was recorded; [`Level::Exact`] by default.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// # let x = tape.leaf("x", 1.0);
    /// let program = tape.program_builder([x], [x.sin()]).level(wengert::Level::Fast).build()?;
    /// # Ok::<(), wengert::Error>(())
    /// ```
    pub fn level(mut self, level: Level) -> Self {
        self.options.level = level;
        self
    }

    /// How many threads may share an instruction, one at least; by default as many as the machine has processors.
    ///
    /// Shared are products of matrices, rows that are computed together and reductions, each if it is worth waking another
    /// thread, from some 20 µs of work on. The caller's thread is one of them; the others are the library's own, or, where
    /// the caller runs in a pool of rayon's, those of that pool. Each takes memory for its blocks
    /// ([`Report::scratch_bytes`](super::Report::scratch_bytes)). The bits do not depend on how many there are.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// # let x = tape.leaf("x", 1.0);
    /// let program = tape.program_builder([x], [x.sin()]).threads(1).build()?;
    /// # Ok::<(), wengert::Error>(())
    /// ```
    pub fn threads(mut self, threads: usize) -> Self {
        self.options.threads = Some(threads);
        self
    }

    /// Refuses the tape if a value that depends on an input was read while it was recorded: with
    /// [`value`](Var::value) or [`item`](Var::item), or by [`Tape::replay`]. What was recorded since, or chosen among
    /// rows that were there, may depend on what was read, and a replay would keep it.
    ///
    /// The values are those that [`Program::reads`] lists. What was printed, with `{}` or `{:?}`, or shown in a table or a
    /// picture, was read by people, and is none of them. What comes from a [`Workspace`](crate::Workspace) or another
    /// program, from a file or a clock bears no mark, and no tape can tell: [`Replayed`](crate::Replayed) and
    /// [`Program::from_fn`], which record twice and compare, can.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// let x = tape.leaf("x", 3.0);
    /// let y = x * x.item(); // the 3 is a constant now
    /// assert!(tape.program_builder([x], [y]).strict().build().is_err());
    /// ```
    pub fn strict(mut self) -> Self {
        self.options.strict = true;
        self
    }

    /// Keeps the list as it was recorded, without its values, so that
    /// [`first_non_finite`](crate::Program::first_non_finite) can say where a NaN was born. A replay does no more for it.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// let x = tape.leaf("x", 1.0);
    /// let program = tape.program_builder([x], [1.0 / x]).traced().build()?;
    /// assert!(program.first_non_finite(&program.workspace(), 2.0)?.is_none());
    /// assert!(program.first_non_finite(&program.workspace(), 0.0)?.is_some());
    /// # Ok::<(), wengert::Error>(())
    /// ```
    pub fn traced(mut self) -> Self {
        self.options.traced = true;
        self
    }

    /// Keeps what became of each row, so that the program's [page](Program::page) tells it by name and line, also of a
    /// program of more than 4,096 rows; those of fewer keep it unasked. It takes some hundred bytes a row, and a replay does
    /// no more for it.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// let x = tape.leaf("x", 0.5);
    /// let y = (0..5000).fold(x, |y, _| (y * x).sin());
    /// let program = tape.program_builder([x], [y]).explained().build()?;
    /// assert!(program.report().program_bytes() > tape.program([x], [y])?.report().program_bytes());
    /// # Ok::<(), wengert::Error>(())
    /// ```
    pub fn explained(mut self) -> Self {
        self.options.explained = true;
        self
    }

    /// Holds buffers within so many bytes by computing rows again instead of storing them: of those before
    /// the gradient, only every k-th stretch's borders are kept (A. Griewank and A. Walther, *Evaluating
    /// Derivatives*, 2008, chapter 12). With the best k, a chain of n layers takes memory for some 2√n of them,
    /// and each is computed at most twice.
    ///
    /// # Errors
    /// [`build`](Self::build) says so if it cannot be done, and how many bytes would do.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// let x = tape.leaf("x", ndarray::Array1::ones(1000));
    /// let y = (0..100).fold(x, |y, _| y.sin()).sum();
    /// let dx = y.backward()[x];
    /// let all = tape.program([x], [dx])?;
    /// let few = tape.program_builder([x], [dx]).memory(250_000).build()?;
    /// assert!(few.report().buffer_bytes() <= 250_000 && all.report().buffer_bytes() > 700_000);
    /// let ones = ndarray::Array1::<f64>::ones(1000);
    /// assert_eq!(all.replay_one(&ones)?, few.replay_one(&ones)?);
    /// # Ok::<(), wengert::Error>(())
    /// ```
    #[doc(alias = "checkpoint")]
    #[doc(alias = "remat")]
    pub fn memory(mut self, bytes: usize) -> Self {
        self.options.budget = Some(bytes);
        self
    }

    /// Makes the program.
    ///
    /// # Errors
    /// As of [`Tape::program`], and if what is carried has another shape than what replaces it, or
    /// [`strict`](Self::strict) or [`memory`](Self::memory) ask for what cannot be had.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// # let x = tape.leaf("x", 1.0);
    /// let program = tape.program_builder([x], [x.sin()]).build()?;
    /// # Ok::<(), wengert::Error>(())
    /// ```
    #[track_caller]
    pub fn build(self) -> Result<Program<T>, Error> {
        self.made(|value, _| value.clone(), |_| ())
    }

    /// As [`build`](Self::build), with what it takes to compare the recording with another one.
    #[track_caller]
    pub(super) fn build_with_evidence(self) -> Result<(Program<T>, Evidence<T>), Error> {
        let mut evidence = None;
        let leaves = self.inputs.iter().copied().chain(self.state.iter().map(|[leaf, _]| *leaf));
        let inputs = leaves.map(|leaf| leaf.with_row(|row| row.value.clone())).collect();
        let tape = self.tape;
        let program = self.made(
            |value, _| value.clone(),
            |listing| evidence = Some(Evidence::new(tape, listing, inputs)),
        )?;
        Ok((program, evidence.expect("it was listed")))
    }

    pub(super) fn options(mut self, options: &Options) -> Self {
        self.options = options.clone();
        self
    }

    /// Makes the program in the arithmetic of another number type: what was recorded in `f32` as a reference
    /// in `f64`. Constants are the recorded ones.
    ///
    /// # Errors
    /// As of [`build`](Self::build), and if it holds an index that the other type does not count.
    ///
    /// ```
    /// let tape = wengert::Tape::<f32>::new();
    /// let x = tape.leaf("x", 1.0);
    /// let program = tape.program_builder([x], [x.sin()]).build_in::<f64>()?;
    /// let y = program.replay_one(1.0)?;
    /// assert!((y[[]] - 1.0_f64.sin()).abs() < 1e-15);
    /// # Ok::<(), wengert::Error>(())
    /// ```
    #[track_caller]
    pub fn build_in<U: Float>(self) -> Result<Program<U>, Error> {
        let cast = |number: T| U::from_f64(number.to_f64());
        // An index must stay the number that it is.
        let lost = RefCell::new(None);
        let convert = |value: &Value<T>, kind: Kind| {
            let far = |index: &&T| index.to_f64().abs() >= beyond::<U>();
            if kind == Kind::Index
                && let Some(index) = value.view().iter().find(far)
            {
                lost.borrow_mut().get_or_insert_with(|| uncountable::<U>(index, value.shape()));
            }
            match value.as_constant() {
                Some(number) => Value::filled(value.shape(), cast(number)),
                None => Value::new(value.view().mapv(cast).into_shared()),
            }
        };
        let program = self.made(convert, |_| ())?;
        match lost.into_inner() {
            Some(problem) => Err(Error::new("program", problem, Vec::new())),
            None => Ok(program),
        }
    }
}
