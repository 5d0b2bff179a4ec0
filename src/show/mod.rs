//! Room 7, the window: what a tape looks like to people.

mod derivative;
mod rule;
mod table;
mod text;

pub use rule::RowRule;
#[cfg(feature = "check")]
pub(crate) use table::equation;
