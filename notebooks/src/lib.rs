//! The notebooks of this folder as data: their cells, what those showed, and whether two of them show the same.

mod compare;
mod notebook;

pub use compare::{difference, reduced};
pub use notebook::{Notebook, Shown};

/// What stands in the output of a notebook's program before that of a cell.
pub const MARK: &str = "\u{1e}cell ";

/// Says that a cell begins.
pub fn cell(number: usize) {
    println!("{MARK}{number}");
}
