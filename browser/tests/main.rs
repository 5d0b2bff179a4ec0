//! The pages in a browser. Without one each test says so, and fails.

#![allow(clippy::float_cmp)] // What is exact is compared so.

mod common;
mod contrast;
mod play;
mod predict;
mod program;
mod show;
mod strip;
