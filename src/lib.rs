//! Automatic differentiation on a tape, small enough to read and strict enough to check by.
//!
//! **wengert** records operations on [ndarray] arrays as rows of a list, the *Wengert list*, and walks
//! that list backwards for gradients. It is made for two kinds of people: those who *learn* how
//! automatic differentiation works, and read the source as much as they call it; and those who *verify*
//! backward functions that they derived by hand, under `cargo test`.
//!
//! # A first look
//!
//! ```
//! use ndarray::{arr1, arr2};
//! use wengert::Tape;
//!
//! let tape = Tape::<f64>::new();
//! let x = tape.leaf("X", arr2(&[[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]));
//! let w = tape.leaf("W", arr2(&[[0.1, -0.2]]));
//! let b = tape.leaf("b", arr1(&[0.5]));
//!
//! let z = (x.matmul(w.t()) + b).named("Z"); // evaluated at once: z.value() is there
//! let loss = (z.relu() - 1.0).square().mean();
//! let grads = loss.backward(); // the gradient of every row that influences the loss
//!
//! assert_eq!(grads[w].shape(), [1, 2]);
//! assert_eq!(grads[b].shape(), [1]);
//! println!("{tape}"); // the list: forward rows, and the gradient's rows after them
//! ```
//!
//! [`tape.table()`](Tape::table) fits it to the terminal, [`tape.equations()`](Tape::equations) has it as equations with
//! types, and [`tape.rule(z)`](Tape::rule) prints the derivative rule of a row, with the shapes that it has there; [`rules`] lists
//! those of all primitives.
//!
//! ```text
//! Z = X·Wᵀ + b          (3×1) = (3×2)·(2×1)     row %6 (add), at src/main.rs:9
//! dX = dZ·W             (3×2) = (3×1)·(1×2)
//! dW = dZᵀ·X            (1×2) = (1×3)·(3×2)
//! db = sum(dZ, axis 0)  (1) = sum(3×1, axis 0)  the sum undoes that b was repeated
//! ```
//!
//! [`tape.write_html("tape.html")`](Tape::write_html) makes of it a page that plays it in a browser, offline: forwards, and
//! back again row by row, with the rule at work and the numbers that arrive and leave; it asks, if one likes, what comes next.
//! [`tape.graph()`](Tape::graph) is the list as a graph: a picture in SVG, or the language of Graphviz or Mermaid.
//!
//! In Jupyter, with its kernel [evcxr](https://github.com/evcxr/evcxr), all of these are shown by ending a cell with them: `tape`, `w`, `loss.backward()`,
//! `tape.rule(z)`, `tape.player()`. The repository has two in `notebooks/`.
//!
//! Where a number became infinite or NaN, and what to do about it, says [`Tape::first_non_finite`]:
//!
//! ```
//! # let tape = wengert::Tape::<f64>::new();
//! let p = tape.leaf("p", [0.5, 0.0]);
//! let entropy = -(p * p.log()).sum().named("entropy"); // 0 · −∞
//! let found = tape.first_non_finite().unwrap();
//! assert!(found.to_string().starts_with("log: element [1] is −∞, born of finite numbers: log(0)"));
//! assert_eq!((found.row(), found.victims()), (1, 3)); // p · log p, its sum, and that with the other sign
//! ```
//!
//! # Training
//!
//! Record a step, differentiate it, take the new weights off the tape as values, start over:
//!
//! ```
//! use wengert::Tape;
//! use wengert::optim::{Adam, State};
//!
//! let mut state = State::new().with("w", [0.0, 0.0]).with("b", 0.0);
//! let mut tape = Tape::<f64>::new();
//! for _ in 0..500 {
//!     tape.clear(); // each step starts from values, and finds the memory of the one before
//!     let params = state.leaves(&tape);
//!     let x = tape.constant([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]]);
//!     let loss = (x.matmul(params["w"]) + params["b"]).mse([2.0, -1.0, 1.0]);
//!     state = params.step(Adam::default(), &loss.backward(), 0.05).state();
//! }
//! assert!((state["w"][[0]] - 2.0).abs() < 1e-2);
//! ```
//!
//! Not `w = optim::sgd(w, grads[w], rate)` in a loop on one tape: that computes each `w` from all earlier steps, which is
//! right for derivatives *of* training, and otherwise ever slower. See [`optim`], and [`Tape::limit_rows`].
//!
//! # Running it again
//!
//! A function that is [`Replayed`] is recorded when it must be, and then runs without recording:
//!
//! ```
//! use wengert::{Call, Replayed, optim};
//!
//! let mut step = Replayed::new(|call: Call<'_, f64>| {
//!     let [x, y] = call.inputs();
//!     let w = call.state("w", [0.0, 0.0]); // carried from call to call
//!     let loss = (x.matmul(w) - y).square().mean();
//!     call.carry([(w, optim::sgd(w, loss.backward()[w], 0.1))]);
//!     vec![loss]
//! });
//! let (x, y) = (ndarray::arr2(&[[1.0, 0.0], [0.0, 1.0]]), ndarray::arr1(&[2.0, -1.0]));
//! for _ in 0..200 {
//!     step.call_one((&x, &y))?;
//! }
//! assert!((step.state("w")[[0]] - 2.0).abs() < 1e-6);
//! # Ok::<(), wengert::Error>(())
//! ```
//!
//! [`Tape::program`] makes a [`Program`] of a tape that is there already. Either gives the same bits as recording afresh,
//! or an error that says why not: a comparison in the code that would turn out otherwise (a *guard*), a value that was
//! read and came back as a constant.
//!
//! [`program.write_html("step.html")`](Program::write_html) makes of a program a page that says what became of each row, what
//! runs together, what lies in memory when, and, given a [profile](Program::profile), what takes how long.
//!
//! [`Program::map`] runs one over many inputs at once, stacked along a new first axis, with the bits of as many replays:
//!
//! ```
//! let tape = wengert::Tape::<f64>::new();
//! let (x, w) = (tape.leaf("x", 1.0), tape.leaf("w", 2.0));
//! let y = (x * w).sin();
//! let mapped = tape.program([x, w], [y, y.backward()[x]])?.map_builder(1000).shared("w").build()?;
//! let [ys, slopes] = mapped.replay((&ndarray::Array::linspace(0.0, 1.0, 1000), 2.0))?;
//! assert_eq!((ys.len(), slopes[[0]]), (1000, 2.0));
//! # Ok::<(), wengert::Error>(())
//! ```
//!
//! # Data that is no real number
//!
//! Tokens, labels, masks and random draws change from batch to batch, so they are rows, and inputs of a program:
//!
//! ```
//! use wengert::{Call, Replayed, optim};
//!
//! // A bigram model: which of three letters follows which.
//! let mut step = Replayed::new(|call: Call<'_, f64>| {
//!     let [letters, next] = call.inputs();
//!     let table = call.state("table", ndarray::Array2::zeros((3, 3)));
//!     let loss = table.embedding(letters).cross_entropy(next);
//!     call.carry([(table, optim::sgd(table, loss.backward()[table], 1.0))]);
//!     vec![loss]
//! });
//! let text = [0, 1, 2, 0, 1, 2, 0];
//! for _ in 0..100 {
//!     step.call_one((&text[..6], &text[1..]))?; // integers of any type
//! }
//! assert!(step.call_one((&text[..6], &text[1..]))?[[]] < 0.1); // it knows: 0 → 1 → 2 → 0
//! # Ok::<(), wengert::Error>(())
//! ```
//!
//! [`Tape::indices`] and [`Tape::mask`] put them on a tape; [`take`](Var::take), [`take_along`](Var::take_along) and
//! [`cross_entropy`](Var::cross_entropy) look up along them; [`argmax`](Var::argmax), [`topk`](Var::topk),
//! [`sort`](Var::sort) and their kin compute them, anew at each replay. Each look-up checks its places in each run.
//! [`random`] draws, the same on every machine.
//!
//! # Verifying a gradient
//!
//! `check`, behind the feature of that name, examines gradients that people derive by hand: on every shape, layout and
//! precision, with a reason if one is wrong. [`manual`] has some that were written by hand on plain ndarray, which know
//! nothing of the tape.
//!
//! # Accuracy
//!
//! Of every elementwise function, value, first and second derivative are within 4 units in the last place of the exact result, in
//! both precisions and over the whole range, in the tails too; below the normal range, 4 of the smallest positive number. Where a
//! derivative crosses 0 because its summands cancel, that is 4 units of the largest of them. `tests/accuracy/MAP.md`, in the
//! repository, has the largest errors that were found, function by function, and names the exceptions: a quotient or power, and
//! its slopes, where it leaves the normal range. Sums add in pairs, running sums carry what they lose, norms and deviations are
//! scaled.
//!
//! ```
//! let tape = wengert::Tape::<f64>::new();
//! let x = tape.leaf("x", 40.0);
//! assert_eq!(x.logistic().item(), 1.0);
//! let slope = x.logistic().backward()[x]; // e⁻⁴⁰, of which 1 - logistic has no digit left
//! assert!((slope.item() / (-40.0_f64).exp() - 1.0).abs() < 4.0 * f64::EPSILON);
//! ```
//!
//! # Coming from PyTorch or micrograd
//!
#![doc = include_str!("coming_from.md")]
//!
//! # What is where
//!
//! * [`Tape`] is the list; [`Var`] the handle on a row, as easy to copy as a number. Operators and
//!   methods on `Var`s record rows. [`Var::backward`] gives [`Gradients`], [`Var::jvp`] a directional
//!   derivative in forward mode.
//! * `if loss < 0.5`: the operators compare single numbers, and the tape remembers each comparison with its line.
//!   The methods, as in [`x.lt(y)`](Var::lt), make masks, which are rows.
//! * [`Key`] is a row that is kept without its tape, in a struct or from cell to cell of a notebook: [`Var::key`] gives it,
//!   [`Tape::var`] makes a handle of it again, and knows when the row is gone.
//! * [`Kind`] says what a row's numbers are: real, indices, a mask.
//! * [`optim`] has steps of optimisers, as functions from rows to rows; [`random`] draws that are fed.
//! * [`Replayed`] is a function that is replayed, [`Program`] a tape that is, [`Mapped`] one over many inputs at once;
//!   [`Program::report`] says what became of the rows.
//! * [`Prim`] is a primitive operation. [`Prim::all`] lists them with formula, domain and the convention
//!   at each kink.
//! * [`Broadcasting`] says which shapes may meet, [`Error`] what is wrong with those that may not.
//!
//! # Features, versions, threads
//!
//! | feature | default | what it is | what it costs |
//! |---|---|---|---|
//! | `check` | off | the examiner of hand-written gradients, for dev-dependencies | compiles proptest and num-traits |
//!
//! * Rust 1.89 or newer; a newer minimum comes with a new minor version. Arrays are [ndarray] 0.17's, which is
//!   [re-exported](crate::ndarray).
//! * Any target that has `std`. Vector code is chosen at run time: on `x86_64` up to AVX-512, on `aarch64` Neon.
//! * A tape belongs to one thread, and so do its handles: `Tape`, `Var` and `Gradients` are neither `Send` nor `Sync`. What
//!   is made of them goes where you like: `Program`, `Workspace`, `Mapped`, `Report`, `Prim`, `Error` and
//!   [`State`](optim::State) are both, and so is a `Replayed` function whose closure is. A program is shared; each
//!   thread has a workspace of its own.
//!
//! ```compile_fail,E0277
//! fn goes_elsewhere<T: Send>(_: T) {}
//! goes_elsewhere(wengert::Tape::<f64>::new()); // rows and their names are counted without atomics
//! ```
//!
//! # The house, for readers of the source
//!
//! | room | what is in it |
//! |---|---|
//! | `array/` | the arithmetic: numbers, values, layouts, kernels, reductions, products, look-up and order. What moves elements or adds them up, and knows no primitive, no derivative and no tape |
//! | `prim/` | the mathematics: one family of primitives a file, and the only place that knows their names. Each file has the family's rules and, at its end, the methods by which [`Var`] offers it, so that a new primitive touches one file |
//! | `tape/` | the list: rows, the [`Var`] handle and what may stand for one, broadcasting by explicit rows, the reverse sweep in `reverse.rs`, the forward sweep in `forward.rs`; guards and reads, which say what the list does not hold for, in `guard.rs`. It calls rules and knows no names |
//! | `replay/` | the machine: a tape as a [`Program`]. Passes over the list, one a file, in `passes/`; what is computed together and which results share memory in `lower/`; what runs in `machine/`; many inputs at once in `map/` |
//! | `var/` | the desk: operators, the methods that rearrange, and composites, which have no derivative rules of their own |
//! | `optim.rs` | optimiser steps, composites as well; they keep no state |
//! | `random.rs` | draws from a seed, as ndarrays to be fed; knows nothing of the tape |
//! | `manual.rs` | the hand-written functions; depends on ndarray alone, or it would be no independent witness |
//! | `symbol/` | derivative rules as formulas: a primitive's own rule, run on a tape that keeps shapes and no values, and read. Below `check` and `show`, which print them |
//! | `show/` | the window: the table that `println!("{tape}")` prints, the list as equations and as a graph (`graph/`: Graphviz, Mermaid, and a picture with a layout of its own), the derivative rule of a row, two gradients against each other, in a line and as a picture (`comparison.rs`); the page that plays a tape in `player/`, and in `program/` the one that says what became of a program's rows. Their style, script and texts are files of their own in `player/page/` and `program/page/`, and what they share is in `page/`; in `jupyter/` how all of these, rows and programs are shown in a notebook. Where a NaN was born is the list's own matter, in `tape/births.rs`, and what to do about it the primitives', in `prim/mends.rs` |
//! | `check/` | the examiner of hand-written gradients, and of the library's own rules: oracles, laws, random programs, diagnosis, reports. Behind the feature `check`; its own page says what is in which file |
//! | `error.rs` | what can go wrong |
//! | `place.rs` | lines of the caller's source, as they are told, and where they are not |
//!
//! `check`, `show` → `symbol`; `show` → `replay`; `check`, `show`, `symbol`, `optim` → `var` → `tape` → `prim` → `array` and `replay` → `tape`, `prim`, `array` are the directions in which
//! rooms use each other, with one exception: derivative rules are written in the language of [`Var`], `d * x.cos()`, because a gradient is made of
//! rows like everything else. That is what makes it possible to print it and to differentiate it again.
//!
//! The machine knows no names either: a primitive says what work it is (`Rule::work` in `prim/`: a kernel, a reduction,
//! a change of layout, pieces to put together, a look-up, an order, a matrix product) and when it is none (`Rule::shortcut`).
//!
//! # Seven rules
//!
//! 1. Rows are only appended, and a row's operands come before it. Every sweep is a plain loop.
//! 2. Primitives need operands of equal shape. Broadcasting is a row of its own, and the only un-broadcast
//!    rule in the crate is that the adjoint of *broadcast* is *sum*.
//! 3. If *both* operands of an operation would be broadcast, as in `(n, 1) - (n,)`, it is refused unless
//!    asked for: see [`Broadcasting`].
//! 4. [`Var::backward`] is pure: nothing is freed, nothing accumulates, twice is the same as once.
//! 5. One convention for each kink, declared beside the rule: relu'(0) = 0, abs'(0) = 0, a tie of two gives
//!    half to each, a tie in a reduction equal shares.
//! 6. A fallible method has a `try_` twin that returns an [`Error`]; the method itself, and every operator,
//!    panics with the same text at the caller's line. What makes or runs a [`Program`] or a [`Replayed`] function
//!    (`program`, `build`, `replay`, `run`, `call`) has no panicking form and returns the `Result`: that a comparison
//!    turns out otherwise there is news of the data, and no mistake in the code. What is looked up in them (`output`,
//!    `state`) has both.
//! 7. A replay gives what recording afresh would give, to the bit, or an error: kernels, the order of every sum, and
//!    the cut of every product are the same in both.
//!
//! [ndarray]: https://docs.rs/ndarray

#![forbid(unsafe_code)]

mod array;
#[cfg(feature = "check")]
pub mod check;
mod error;
pub mod manual;
pub mod optim;
mod place;
mod prim;
pub mod random;
mod replay;
#[doc = include_str!("show/rules.md")]
pub mod rules {}
mod show;
mod symbol;
mod tape;
mod var;

/// The arrays that go in and come out: the version of [ndarray](https://docs.rs/ndarray) that fits.
pub use ndarray;

pub use array::{Arithmetic, Kind};
#[doc(hidden)]
pub use array::{Instructions, product};
pub use error::{Error, ErrorKind};
pub use prim::{Cause, Domain, IndexOperand, Kinks, Prim};
pub use replay::{
    Call, Fixed, Input, IntoInputs, IntoOutputs, IntoVars, Level, MapBuilder, Mapped, MappedWorkspace,
    Measured, Output, Pass, Path, Port, Profile, Program, ProgramBuilder, Replayed, Report, StateKey,
    Workspace,
};
pub use show::{Comparison, Equations, Graph, Language, Player, ProgramPage, RowRule, Table};
#[doc(hidden)]
pub use tape::Compared;
pub use tape::{
    Broadcasting, Comparable, Element, Float, Gradients, IntoAxes, IntoAxis, IntoIndices, IntoMask,
    IntoPlaces, IntoRow, IntoValue, IntoVar, Key, NonFinite, Tape, Var,
};
pub use var::{CrossEntropy, Reduction};

/// The README's programs, run as tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
