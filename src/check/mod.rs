//! The examiner: is this hand-written gradient right, and if not, why?
//!
//! For people who derive backward functions by hand and want to know, under `cargo test`, whether they are right on
//! every shape. It is behind the feature `check`, which belongs to dev-dependencies:
//!
//! ```toml
//! [dev-dependencies]
//! wengert = { version = "0.1", features = ["check"] }
//! ```
//!
//! # One test
//!
//! Say what the function is, in [`Var`](crate::Var)s; give the derivative as it is, on plain ndarray; and name the axes:
//!
//! ```
//! use ndarray::{Array2, Axis};
//! use wengert::check;
//!
//! /// dA, dW and db of Z = A·Wᵀ + b.
//! fn my_linear_backward(dz: &Array2<f64>, a: &Array2<f64>, w: &Array2<f64>) -> (Array2<f64>, Array2<f64>, Array2<f64>) {
//!     (dz.dot(w), dz.t().dot(a), dz.sum_axis(Axis(0)).insert_axis(Axis(0)))
//! }
//!
//! // In a #[test]:
//! check::backward(|[a, w, b]| a.linear(w, b))
//!     .against(my_linear_backward)
//!     .shapes(["A: n d", "W: h d", "b: 1 h"])
//!     .run();
//! ```
//!
//! [`backward`] is for functions that get a cotangent, [`gradient`] for losses. Sizes 0, 1, small primes and large ones are
//! drawn, numbers with ties, zeros, tiny and large ones, and all memory layouts. What fails is shrunk, sizes first, kept
//! beside the source file, and reported on a page that says which element differs, what an independent witness finds there,
//! **why** it is wrong ([`Mistake`]) and what to change. [`mutants`] scores the test itself.
//!
//! # How it knows
//!
//! The expected gradient is the tape's, evaluated again in double precision with a running bound for the error that
//! rounding can have made: tolerances are neither guessed nor tuned. Branches are taken as the tape took them; where those that
//! are compared lie within rounding of each other, either is right. What textbooks have is right, too, as s (1 − s) for the slope of
//! the logistic function, though it loses digits ([`accurate`](Check::accurate) forbids it). Where a hand-written gradient differs
//! by more, swept differences ([`difference`]) that know no derivative rule testify; one-sided slopes that differ make it a
//! [`Verdict::Kink`], a matter of convention.
//!
//! The tape's own rules are examined by the [`laws`], against dual numbers (forward mode in an arithmetic, to third order),
//! the complex step and differences, on every primitive; and on random [`programs`].
//!
//! # What is where, for readers of the source
//!
//! | file | what is in it |
//! |---|---|
//! | `shapes.rs`, `size.rs`, `values.rs`, `layout.rs` | the shape language, numbers, memory layouts |
//! | `plan.rs`, `sample.rs`, `draw.rs`, `shrink.rs` | the cases: what they have in common, one of them, how they are drawn and become simpler |
//! | `second.rs` | Hessian-vector products and double backward functions, as functions like any other |
//! | `derivative.rs`, `parameter.rs` | which functions can be examined, by the types of their results and parameters |
//! | `backward.rs`, `options.rs` | the examination: what is examined, and what it can be told |
//! | `examine.rs`, `reference.rs` | one case; what is right and how closely |
//! | `diagnose/` | why it is wrong: hypotheses on the whole gradient, and within the derivation |
//! | `subgradient.rs` | whether what is given at a kink is a subgradient |
//! | `report.rs`, `verdict.rs`, `tally.rs`, `doubt.rs`, `summary.rs`, `page.rs` | what comes out: wrong and why, what was judged, why nothing can be said, a certificate |
//! | `mutants.rs`, `compare.rs` | tests of tests: wrong versions on purpose; comparisons that mean nothing |
//! | `number/`, `evaluate.rs`, `difference.rs`, `sweep.rs` | the oracles: arithmetics that carry a derivative or an error bound, the tape evaluated in them, differences, sweeps with other rules |
//! | `laws/`, `programs/` | the laws that every primitive obeys; random programs |
//! | `strategies.rs` | shapes, pairs of shapes and arrays for people's own property tests |

mod backward;
mod branches;
mod case;
mod certificate;
mod climb;
mod compare;
mod derivative;
mod diagnose;
mod difference;
mod doubt;
mod draw;
mod each;
mod evaluate;
mod examine;
mod forward;
mod laws;
mod layout;
mod mutants;
mod number;
mod options;
mod page;
mod parameter;
mod plan;
mod programs;
mod quiet;
mod reference;
mod report;
mod sample;
mod search;
mod second;
mod shapes;
mod shrink;
mod size;
mod standing;
mod strategies;
mod subgradient;
mod subject;
mod summary;
mod sweep;
mod tally;
mod tolerance;
mod values;
mod verdict;

pub use crate::__check_in_both as both;
pub use backward::{Check, Formulated, backward, gradient, several};
pub use compare::compare;
pub use derivative::{Answer, Derivative, IntoGradients};
pub use diagnose::{Diagnosis, Mistake};
pub use difference::{Swept, difference};
pub use each::{Both, Each, each};
pub use laws::{Tally, laws};
pub use layout::{Layout, layouts};
pub use mutants::{Mutant, Outcome, Score, mutants};
pub use parameter::{Argument, Entry, Parameter};
pub use programs::{Program, programs};
pub use report::Failure;
pub use second::{double_backward, second};
pub use strategies::{arrays, broadcastable, shapes, sizes};
pub use summary::{Gradient, Summary};
pub use tally::Counts;
pub use values::{Custom, Values};
pub use verdict::{FailureKind, Measured, Verdict};
