//! Room 7, the window: what a tape looks like to people.

mod derivative;
mod table;
mod text;

#[cfg(feature = "check")]
pub(crate) use table::equation;
