//! Room 3, the machine: a recorded tape, made into a [`Program`] that runs on new inputs without recording.
//!
//! A tape becomes a list of nodes without values (`listing.rs`, `graph.rs`). Passes make the list shorter (`passes/`, one a
//! file), lowering makes instructions of it (`lower/`: what is computed together, which results share
//! memory), and the machine runs them (`machine/`). A program gives what recording afresh would give, to the
//! bit, unless it is made at [`Level::Fast`]; and where a comparison in the caller's code would turn out
//! otherwise, so that other rows would have been recorded, it gives an error.

mod builder;
mod compiled;
mod feed;
mod graph;
mod listing;
mod lower;
mod machine;
mod passes;
mod paths;
mod port;
mod program;
mod report;
mod workspace;

pub use builder::{Level, ProgramBuilder};
pub use feed::{Feed, Sink};
pub use passes::Pass;
pub use paths::Paths;
pub use port::Port;
pub use program::Program;
pub use report::Report;
pub use workspace::Workspace;
