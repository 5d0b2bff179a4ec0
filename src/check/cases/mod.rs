//! The cases: shapes, numbers and layouts, how they are said, drawn and made simpler.

pub(in crate::check) mod draw;
pub(in crate::check) mod greedy;
pub(in crate::check) mod layout;
pub(in crate::check) mod plan;
pub(in crate::check) mod sample;
pub(in crate::check) mod shapes;
mod shrink;
pub(in crate::check) mod size;
pub(in crate::check) mod strategies;
pub(in crate::check) mod values;
mod written;
