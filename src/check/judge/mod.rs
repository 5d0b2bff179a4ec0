//! The judgement: what is right in one case and how closely, what was given, and the run over all cases.

pub(in crate::check) mod climb;
pub(in crate::check) mod examine;
mod latitude;
pub(in crate::check) mod quiet;
pub(in crate::check) mod reference;
pub(in crate::check) mod search;
mod smooth;
pub(in crate::check) mod standing;
pub(in crate::check) mod subgradient;
pub(in crate::check) mod tally;
pub(in crate::check) mod tolerance;
pub(in crate::check) mod verdict;
