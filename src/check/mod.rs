//! Room 6, the examiner: is this hand-written gradient right, and if not, why?

mod backward;
mod compare;
mod derivative;
mod diagnose;
mod difference;
mod evaluate;
mod examine;
mod laws;
mod layout;
mod mutants;
mod number;
mod programs;
mod quiet;
mod reference;
mod report;
mod sample;
mod shapes;
mod strategies;
mod summary;
mod sweep;
mod values;
mod verdict;

pub use backward::{Check, Formulated, backward, gradient};
pub use compare::compare;
pub use derivative::{Answer, Derivative, IntoGradients};
pub use diagnose::{Diagnosis, Mistake};
pub use difference::{Swept, difference};
pub use laws::{Tally, laws};
pub use layout::{Layout, layouts};
pub use mutants::{Mutant, Outcome, Score, mutants};
pub use programs::{Program, programs};
pub use report::Failure;
pub use strategies::{arrays, broadcastable, shapes, sizes};
pub use summary::Summary;
pub use values::{Custom, Values};
pub use verdict::{Measured, Verdict};
