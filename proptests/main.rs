//! Property tests: what must hold for every shape, layout and value.
//!
//! Each file has one subject. A failure is kept beside its file as `<file>.regressions`, and tried
//! first from then on: commit it. `PROPTEST_CASES=25600 cargo test --test proptests` looks a hundred
//! times longer.
//!
//! Tolerances are derived, not tuned: multiples of the unit roundoff u times what is added up, or,
//! against difference quotients, their truncation error. Where the numbers can be chosen so that
//! nothing rounds (small integers), results must be equal.

// Where nothing rounds, results are compared for equality.
#![allow(clippy::float_cmp)]

mod births;
mod broadcasting;
mod composites;
mod map;
mod network;
mod oracle;
mod primitives;
mod programs;
mod refusals;
mod replay;
mod strategies;
mod structure;
mod sweeps;
