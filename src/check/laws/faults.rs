//! Faults, put into the rules on purpose.
