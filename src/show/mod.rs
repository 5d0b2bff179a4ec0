//! Room 7, the window: what a tape looks like to people.

mod cells;
mod comparison;
mod derivative;
mod equations;
mod graph;
mod heat;
pub(crate) mod jupyter;
mod player;
mod rule;
mod table;
mod text;

pub use comparison::Comparison;
pub use equations::Equations;
pub use player::{Language, Player};
pub use rule::RowRule;
pub use table::Table;
#[cfg(feature = "check")]
pub(crate) use table::equation;
