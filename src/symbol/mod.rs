//! Room 7's and 6's common ground, the symbols: a derivative rule as a formula.
//!
//! What is printed of a rule is what runs: the primitive's own rule is run on a tape that keeps shapes and no values
//! ([`Tape::symbolic`](crate::Tape)), and the rows that it emits are read as an expression, with the names that the user
//! gave. So it cannot drift from the code; a table of formulas beside the rules could.
//!
//! | file | what is in it |
//! |---|---|
//! | `expr.rs` | the expression, a small tree |
//! | `read.rs` | rows of a tape as an expression |
//! | `tidy.rs` | identities by which a formula reads as a book has it: 4σ'(2x) is 1 − tanh(x)² |
//! | `single.rs` | a rule in one operand, as the examiner's mends print it |
//! | `sheet.rs` | all that a row's rule says, seen through what only rearranges |
//! | `mistakes.rs` | a rule with a mistake in it, to be told from the right one |
//! | `shapes.rs` | an expression of the shapes of its symbols |
//! | `typeset.rs` | an expression as LaTeX and as MathML |
//! | `text.rs` | an expression as text, with no more parentheses than it needs |
//! | `number.rs` | numbers with the digits that matter, by name where they have one |
//!
//! It knows primitives by what they call themselves, and shows those of which it knows no more as a call of that name.

mod expr;
mod mistakes;
mod number;
mod read;
mod shapes;
mod sheet;
#[cfg(any(test, feature = "check"))]
mod single;
#[cfg(test)]
mod tests;
mod text;
mod tidy;
mod typeset;

pub(crate) use expr::Expr;
pub(crate) use mistakes::mistakes;
#[cfg(any(test, feature = "check"))]
pub(crate) use number::text_of;
pub(crate) use shapes::shapes;
pub(crate) use sheet::{Line, Sheet, sheet, sheet_alone};
#[cfg(any(test, feature = "check"))]
pub(crate) use single::rule;
pub(crate) use text::{bracketed, is_comparison};
pub(crate) use typeset::{latex, mathml, set};

/// As text that tells products of elements from those of matrices.
pub(crate) fn told(expr: &Expr) -> String {
    text::Text(expr, text::Products::Told).to_string()
}
