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
//! **why** it is wrong ([`Mistake`]; [`anatomy`] shows one of each) and what to change. [`mutants`] scores the test itself.
//!
//! # What can be said
//!
//! *Shapes.* Axes of one name have one size. An axis may be made of others, and anywhere may be said what must hold:
//!
//! ```
//! use ndarray::Array1;
//! use wengert::check;
//! // A window of k slides over n + k − 1 numbers: y[i] = x[i] + … + x[i + k − 1]. The k ones of w only say how long it is.
//! check::backward(|[x, w]| {
//!     let k = w.shape()[0];
//!     let n = x.shape()[0] + 1 - k;
//!     let shifted = (0..k).map(|j| x.slice(ndarray::s![j..j + n]));
//!     shifted.reduce(|sum, x| sum + x).expect("k is at least 1")
//! })
//! .against(|dy: &Array1<f64>, x: &Array1<f64>, w: &Array1<f64>| {
//!     let mut dx = Array1::zeros(x.len());
//!     for (i, dy) in dy.iter().enumerate() {
//!         (i..i + w.len()).for_each(|j| dx[j] += dy);
//!     }
//!     dx
//! })
//! .shapes(["x: n+k-1", "w: k>=1 | n>=1"])
//! .run();
//! ```
//!
//! | written | says |
//! |---|---|
//! | `"a: n d"`, `"b: 1 h"`, `""` | axes by name or size; a number |
//! | `"g: 4*h"`, `"y: n+k-1"`, `"2*(h-1)"` | sums, differences and products; no axis is below 0 |
//! | `"x: n>=1 d>=2"`, `"w: k<=n"`, `"2<=k<n"` | what must hold, said with an axis |
//! | `"x: n d \| n>=d, d>=2"` | the same, said behind a bar |
//!
//! *Numbers*, by [`Values`]: positive ones, ranges, one-hot rows; [indices](Values::Index) below the size of an axis and
//! [masks](Values::Mask), which reach the formula as rows of their kind and the hand-written function as integers and
//! `bool`s, of whatever type its [parameters](Parameter) have; [±∞ and NaN](Values::Extended) for functions that take them
//! out.
//!
//! *Functions.* [`backward`] and [`gradient`]; [`several`] results, with a cotangent for each; [`second`] for Hessian-vector
//! products, and [`double_backward`]. [`each`] parameter that is no array; [`both!`](both) precisions. The hand-written
//! function itself is examined by [`forward`](Check::forward), beside its derivative.
//!
//! # What is tried
//!
//! Sizes 0, 1, small primes, all equal, and those around powers of two up to 257. Ordinary numbers, whole ones with many ties, zeros of
//! both signs, tiny and large ones; all elements the same, two inputs the same, cotangents of ones and of zeros. The constants with
//! which the formula compares, as the 6 of a clamp, and the numbers beside them. Every memory layout; where a parameter is a view,
//! stride 0, as of an array that was broadcast. At last a search that climbs from the case with the largest error, as a part of
//! its tolerance, to larger ones.
//!
//! Numbers are from 10⁻⁵ to 10⁴ in size: tiny ones up to 2·10⁻⁴, large ones from 100 on, ordinary ones from 0.1 to 2. What is
//! wrong beyond that, as where squares overflow, or a mask of −10⁹ stands for −∞, is not seen; [`Values::Custom`] draws others.
//! Each run draws anew, from a seed that the certificate says and [`seed`](Check::seed) fixes; what once failed is kept and tried first.
//!
//! # How it knows
//!
//! The expected gradient is the tape's, evaluated again in double precision with a running bound for the error that
//! rounding can have made: tolerances are neither guessed nor tuned. Branches are taken as the tape took them; where those that
//! are compared lie within rounding of each other, either is right. What textbooks have is right, too, as s (1 − s) for the slope of
//! the logistic function, though it loses digits; and so is other algebra: sums multiplied out or collected, quotients for products,
//! totals less parts. ([`accurate`](Check::accurate) forbids what loses digits.) Where a hand-written gradient differs
//! by more, swept differences ([`difference`]) that know no derivative rule testify; one-sided slopes that differ make it a
//! [`Verdict::Kink`], a matter of convention. Where they are one, as at 0 of `x.relu() + (-x.abs()).exp().log1p()`, in which two
//! kinks meet and leave none, that slope is right, and so is what the tape adds up there.
//!
//! The tape's own rules are examined by the [`laws`], against dual numbers (forward mode in an arithmetic, to third order),
//! the complex step and differences, on every primitive; and on random [`programs`].
//!
//! # What is where, for readers of the source
//!
//! | room | what is in it |
//! |---|---|
//! | `ask/` | the question: the function (`backward.rs`, `forward.rs`, `second.rs`, `each.rs`), what can be a derivative (`derivative.rs`, `parameter.rs`), what can be said of both (`options.rs`) |
//! | `cases/` | the shape language (`shapes.rs`, `size.rs`), numbers and memory layouts (`values.rs`, `layout.rs`); how cases are drawn and become simpler (`plan.rs`, `sample.rs`, `draw.rs`, `shrink.rs`), or are kept (`written.rs`); for people's own property tests, `strategies.rs` |
//! | `judge/` | one case (`examine.rs`), what is right in it and how closely (`reference.rs`, `latitude.rs`, `standing.rs`, `tolerance.rs`, `subgradient.rs`); all cases (`search.rs`, `climb.rs`); what was judged (`tally.rs`, `verdict.rs`) |
//! | `oracle/` | arithmetics that carry a derivative or an error bound (`number/`), the tape evaluated in them, differences, sweeps with other rules |
//! | `diagnose/` | why it is wrong: hypotheses on the whole gradient, and within the derivation |
//! | `page/` | what comes out: wrong and why (`report.rs`), why nothing can be said (`doubt.rs`), a certificate (`summary.rs`) |
//! | `mutants.rs`, `compare.rs` | tests of tests: wrong versions on purpose; comparisons that mean nothing |
//! | `laws/`, `programs/` | the laws that every primitive obeys; random programs |

#[doc = include_str!("anatomy.md")]
pub mod anatomy {}

mod ask;
mod cases;
mod compare;
mod diagnose;
mod judge;
mod laws;
mod mutants;
mod oracle;
mod page;
mod programs;

pub use crate::__check_in_both as both;
pub use ask::backward::{Check, Formulated, backward, gradient, several};
pub use ask::derivative::{Answer, Derivative, IntoGradients};
pub use ask::each::{Both, Each, each};
pub use ask::parameter::{Argument, Entry, Parameter};
pub use ask::second::{double_backward, second};
pub use cases::layout::{Layout, layouts};
pub use cases::strategies::{arrays, broadcastable, shapes, sizes};
pub use cases::values::{Custom, Values};
pub use compare::compare;
pub use diagnose::{Diagnosis, Mistake};
pub use judge::tally::Counts;
pub use judge::verdict::{FailureKind, Measured, Verdict};
pub use laws::{Tally, laws, laws_sampled};
pub use mutants::{Mutant, Outcome, Score, mutants};
pub use oracle::difference::{Swept, difference};
pub use page::report::Failure;
pub use page::summary::{Gradient, Summary};
pub use programs::{Program, programs};
