//! Room 3, the machine: a recorded tape, made into a [`Program`] that runs on new inputs without recording.
//!
//! A tape becomes a list of nodes without values (`listing.rs`, `graph.rs`). Passes make the list shorter (`passes/`, one a
//! file), lowering makes instructions of it (`lower/`: what is computed together, which results share
//! memory), and the machine runs them (`machine/`). A program gives what recording afresh would give, to the
//! bit, unless it is made at [`Level::Fast`]; and where a comparison in the caller's code would turn out
//! otherwise, so that other rows would have been recorded, it gives an error.
//!
//! | file | what it is for |
//! |---|---|
//! | `builder.rs`, `make.rs` | the choices with which a tape becomes a program; and how it does |
//! | `program.rs`, `workspace.rs`, `compiled.rs` | a program, and the memory that one thread runs it in |
//! | `feed/` | what a program is fed and writes to: numbers and arrays, integers and truths, a closed choice |
//! | `trace.rs` | the list as it was recorded, by which a program says where a NaN was born |
//! | `history.rs`, `explain.rs` | what became of the rows: what is kept of that, and how it is put together when someone asks |
//! | `port.rs`, `fixed.rs`, `report.rs`, `profile.rs` | what a program says of itself, and where its time goes |
//! | `call.rs`, `replayed/`, `store.rs` | a function that is recorded when it must be: a program for each path and each set of shapes, and the state that they share |
//! | `map/` | one program over many inputs at once |
//! | `evidence.rs` | what two recordings of a function are compared by |
//!
//! A tape knows what was compared and what was read (`tape/guard.rs`). It cannot know where a constant comes from: that
//! takes two recordings.

mod builder;
mod call;
mod compiled;
mod evidence;
mod explain;
mod feed;
mod fixed;
mod graph;
mod history;
mod listing;
mod lower;
mod machine;
mod make;
mod map;
mod passes;
mod port;
mod profile;
mod program;
mod replayed;
mod report;
mod store;
mod trace;
mod workspace;

pub use builder::{IntoVars, Level, ProgramBuilder};
pub use call::Call;
pub(crate) use explain::{Explanation, Fate, Held, Memory, Told};
pub use feed::{Input, IntoInputs, IntoOutputs, Output};
pub use fixed::Fixed;
pub(crate) use history::Recorded;
pub use map::{MapBuilder, Mapped, MappedWorkspace};
pub use passes::Pass;
pub use port::Port;
pub use profile::{Measured, Profile};
pub use program::Program;
pub use replayed::{Path, Replayed};
pub use report::Report;
pub use workspace::{StateKey, Workspace};
