//! The oracles: arithmetics that carry a derivative or an error bound, the tape evaluated in them, differences, and
//! sweeps with other rules.

pub(in crate::check) mod branches;
pub(in crate::check) mod difference;
pub(in crate::check) mod evaluate;
pub(in crate::check) mod number;
pub(in crate::check) mod sweep;
