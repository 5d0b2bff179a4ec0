//! Room 6, the examiner: is this hand-written gradient right, and if not, why?

mod verdict;

pub use verdict::{Measured, Verdict};
