//! What the documentation says of the crate as a whole.

use ndarray::ArrayD;
use wengert::{Call, Error, ErrorKind, Port, Prim, Program, Replayed, Report, Var, Workspace, optim};

/// "What is made of them goes where you like." That tapes and handles do not is a test of the documentation's.
#[test]
fn what_may_go_to_other_threads() {
    fn both<T: Send + Sync>() {}
    both::<Program<f32>>();
    both::<Program<f64>>();
    both::<Workspace<f64>>();
    both::<Report>();
    both::<Port>();
    both::<Prim>();
    both::<Error>();
    both::<ErrorKind>();
    both::<optim::State<f64>>();
    both::<optim::Adam>();
    both::<Replayed<f64, for<'t> fn(Call<'t, f64>) -> Vec<Var<'t, f64>>>>();
    both::<ArrayD<f64>>();
}

/// The table for those who come from elsewhere stands in README and in the documentation.
#[test]
fn the_table_is_one() {
    let table = include_str!("../src/coming_from.md").trim();
    assert!(include_str!("../README.md").contains(table), "src/coming_from.md is not README's table");
}
