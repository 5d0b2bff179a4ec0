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
//! # What is where
//!
//! * [`Tape`] is the list; [`Var`] the handle on a row, as easy to copy as a number. Operators and
//!   methods on `Var`s record rows. [`Var::backward`] gives [`Gradients`], [`Var::jvp`] a directional
//!   derivative in forward mode.
//! * `if loss < 0.5`: the operators compare single numbers, and the tape remembers each comparison with its line
//!   as a *guard*, since the list has only the branch that was taken; it also notes which values were read. So
//!   a [`Program`] can tell where it does not hold. The methods, as in [`x.lt(y)`](Var::lt),
//!   make masks, which are rows.
//! * [`optim`] has steps of optimisers, as functions from rows to rows.
//! * [`Tape::program`] makes a [`Program`] of a tape: a machine that computes the same from other inputs, gradients
//!   included, without recording. It gives the same bits as recording afresh, or an error where the recorded branch is
//!   not the one to take; [`Replayed`] records a function where it must
//!   be and replays it where it can be. [`Program::report`] says what became of the rows.
//! * [`Prim`] is a primitive operation. [`Prim::all`] lists them with formula, domain and the convention
//!   at each kink.
//! * [`Broadcasting`] says which shapes may meet, [`Error`] what is wrong with those that may not.
//! * `check`, behind the feature of that name, examines gradients that people derive by hand: on every shape, with a reason
//!   if one is wrong. It is for tests: `wengert = { version = "0.1", features = ["check"] }` among the dev-dependencies.
//! * [`manual`] has gradients written by hand on plain ndarray, which know nothing of the tape: what a
//!   person derives on paper, to be compared with it.
//!
//! # The house, for readers of the source
//!
//! | room | what is in it |
//! |---|---|
//! | `array/` | the arithmetic: numbers, values, layouts, kernels, reductions, products. What moves elements or adds them up, and knows no primitive, no derivative and no tape |
//! | `prim/` | the mathematics: one family of primitives a file, and the only place that knows their names. Each file has the family's rules and, at its end, the methods by which [`Var`] offers it, so that a new primitive touches one file |
//! | `tape/` | the list: rows, the [`Var`] handle and what may stand for one, broadcasting by explicit rows, the reverse sweep in `reverse.rs`, the forward sweep in `forward.rs`; guards and reads, which say what the list does not hold for, in `guard.rs`. It calls rules and knows no names |
//! | `replay/` | the machine: a tape as a [`Program`]. Passes over the list, one a file, in `passes/`; what is computed together and which results share memory in `lower/`; what runs in `machine/` |
//! | `var/` | the desk: operators, the methods that rearrange, and composites, which have no derivative rules of their own |
//! | `optim.rs` | optimiser steps, composites as well; they keep no state |
//! | `manual.rs` | the hand-written functions; depends on ndarray alone, or it would be no independent witness |
//! | `show/` | the window: the table that `println!("{tape}")` prints |
//! | `check/` | the examiner of hand-written gradients, and of the library's own rules: oracles, laws, random programs, diagnosis, reports. Behind the feature `check`; its own page says what is in which file |
//! | `error.rs` | what can go wrong |
//!
//! `check`, `show`, `optim` → `var` → `tape` → `prim` → `array` and `replay` → `tape`, `prim`, `array` are the directions in which
//! rooms use each other, with one exception: derivative rules are written in the language of [`Var`], `d * x.cos()`, because a gradient is made of
//! rows like everything else. That is what makes it possible to print it and to differentiate it again.
//!
//! The machine knows no names either: a primitive says what work it is (`Rule::work` in `prim/`: a kernel, a reduction,
//! a change of layout, pieces to put together, a matrix product) and when it is none (`Rule::shortcut`).
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

#![deny(unsafe_code)] // but for the kernels of `array/product.rs`

mod array;
#[cfg(feature = "check")]
pub mod check;
mod error;
pub mod manual;
pub mod optim;
mod prim;
mod replay;
mod show;
mod tape;
mod var;

/// The arrays that go in and come out: the version of [ndarray](https://docs.rs/ndarray) that fits.
pub use ndarray;

pub use array::Arithmetic;
pub use error::{Error, ErrorKind};
pub use prim::{Domain, Kinks, Prim};
pub use replay::{
    Call, Fixed, Input, IntoInputs, IntoOutputs, IntoVars, Level, Output, Pass, Path, Port, Program,
    ProgramBuilder, Replayed, Report, StateKey, Workspace,
};
#[doc(hidden)]
pub use tape::Compared;
pub use tape::{
    Broadcasting, Comparable, Float, Gradients, IntoAxes, IntoAxis, IntoValue, IntoVar, Tape, Var,
};

/// The README's programs, run as tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
