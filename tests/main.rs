//! The tests of the public interface, in one binary: each that links the library costs seconds.
//!
//! One file a subject, and `cargo test --test all optim::` runs one of them. On their own are only those that count
//! allocations (`allocations.rs`), since an allocator is the whole program's, and the property tests (`proptests/`).

#![allow(clippy::float_cmp)] // What is exact is compared so.

mod accuracy;
mod anatomy;
mod by_hand;
mod common;
mod desk;
mod edge_cases;
mod errors;
mod guards;
mod indices;
mod keys;
mod labels;
mod language;
mod laws;
mod manual;
mod memory;
mod notebook;
mod operations;
mod optim;
mod prims;
mod promises;
mod replay;
mod reports;
mod sorting;
mod tape;
mod tester;
mod unchosen;
