//! Lines of the caller's source, as they are told: in errors, tables, rules and pages.

use std::fmt;
use std::panic::Location;
use std::path::Path;
use std::sync::OnceLock;

/// What evcxr, Jupyter's kernel for Rust, sets in the process in which it runs cells.
const KERNEL: &str = "EVCXR_IS_RUNTIME";

/// The file of the crate that the kernel makes of a cell. Its lines are not the cell's, and another crate may have a file
/// that is called so.
const CELL: &str = "src/lib.rs";

/// A line to be told, or nothing where it would mislead: `At(" at ", at, "")` is ` at src/main.rs:9`.
pub(crate) struct At<'a>(pub &'a str, pub &'static Location<'static>, pub &'a str);

impl fmt::Display for At<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(before, at, after) = self;
        if is_told(at.file()) { write!(f, "{before}{}:{}{after}", at.file(), at.line()) } else { Ok(()) }
    }
}

/// As [`At`], with the column.
pub(crate) struct Exactly<'a>(pub &'a str, pub &'static Location<'static>, pub &'a str);

impl fmt::Display for Exactly<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(before, at, after) = self;
        if is_told(at.file()) { write!(f, "{before}{at}{after}") } else { Ok(()) }
    }
}

/// Whether lines of this file are what their number says.
pub(crate) fn is_told(file: &str) -> bool {
    static IN_KERNEL: OnceLock<bool> = OnceLock::new();
    !is_of_a_cell(file, *IN_KERNEL.get_or_init(|| std::env::var_os(KERNEL).is_some()))
}

/// Whether the file may be one that the kernel made of a cell, where cells are run.
pub(crate) fn is_of_a_cell(file: &str, in_kernel: bool) -> bool {
    in_kernel && Path::new(file) == Path::new(CELL)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_cells_are_not_told() {
        assert!(is_of_a_cell("src/lib.rs", true));
        for (file, in_kernel) in [("src/lib.rs", false), ("src/main.rs", true), ("/home/me/src/lib.rs", true)]
        {
            assert!(!is_of_a_cell(file, in_kernel), "{file}");
        }
        let at = Location::caller();
        let here = format!("{}:{}", at.file(), at.line());
        assert_eq!(At(" at ", at, "").to_string(), format!(" at {here}"));
        assert_eq!(Exactly("(", at, ")").to_string(), format!("({here}:{})", at.column()));
    }
}
