//! Room 7, the window: what tapes and programs look like to people.

mod cells;
mod comparison;
mod derivative;
mod equations;
mod formula;
mod graph;
mod heat;
pub(crate) mod jupyter;
mod page;
mod player;
mod program;
mod rule;
mod table;
mod text;

pub use comparison::Comparison;
pub use equations::Equations;
#[cfg(feature = "check")]
pub(crate) use formula::equation;
pub use graph::Graph;
pub use player::{Language, Player};
pub use program::ProgramPage;
pub use rule::RowRule;
pub use table::Table;
