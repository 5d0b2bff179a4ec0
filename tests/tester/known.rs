//! What is not yet as it should be.

/// What the examiner does not do as it should yet, by function and version, and why. It is to stay empty; what is no
/// longer needed fails the test.
pub const KNOWN: &[(&str, &str, &str)] = &[];
