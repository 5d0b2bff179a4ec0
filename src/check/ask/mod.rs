//! The question: a function, what is thought to be its derivative, and what can be said about both.

pub(in crate::check) mod backward;
pub(in crate::check) mod derivative;
pub(in crate::check) mod each;
pub(in crate::check) mod forward;
mod options;
pub(in crate::check) mod parameter;
pub(in crate::check) mod second;
pub(in crate::check) mod subject;
