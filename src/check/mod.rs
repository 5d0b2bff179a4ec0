//! Room 6, the examiner: is this hand-written gradient right, and if not, why?

mod backward;
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
mod sweep;
mod values;
mod verdict;

pub use backward::{Check, Formulated, Summary, backward, gradient};
pub use derivative::{Answer, Derivative, IntoGradients};
pub use diagnose::{Diagnosis, Mistake};
pub use difference::{Swept, difference};
pub use laws::{Tally, laws};
pub use layout::{Layout, layouts};
pub use mutants::{Mutant, Outcome, Score, mutants};
pub use programs::{Program, programs};
pub use report::Failure;
pub use values::{Custom, Values};
pub use verdict::{Measured, Verdict};
