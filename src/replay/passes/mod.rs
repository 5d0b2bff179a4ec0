//! Passes over the list, each in a file of its own: what it does, what it may change, an example.
//!
//! A pass makes a [`Graph`] shorter, with the same inputs, outputs and guards, whose results have the same bits. In debug
//! builds the list is verified after each. Dead rows are not listed in the first place (`listing.rs`).

mod algebra;
mod budget;
mod common;
mod constants;

pub(super) use budget::within;

use super::graph::Graph;
use crate::Float;

/// A step on the way from a tape to a program, which can be left out.
///
/// ```
/// use wengert::{Pass, Tape};
/// let tape = Tape::<f64>::new();
/// let x = tape.leaf("x", 3.0);
/// let y = (x * 1.0).sin() + (x * 1.0).sin();
/// let all = tape.program([x], [y])?;
/// let none = Pass::ALL.iter().fold(tape.program_builder([x], [y]), |builder, pass| builder.without(*pass)).build()?;
/// assert_eq!(all.replay_one(2.0)?, none.replay_one(2.0)?); // to the bit, with whatever passes
/// assert!(all.report().rows() < none.report().rows());
/// # Ok::<(), wengert::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Pass {
    /// Rows on which no output depends are left out.
    Dead,
    /// Rows that depend on no input are computed once, when the program is made.
    Constants,
    /// Of rows that are the same primitive of the same operands, one is computed.
    Common,
    /// Rows that equal one of their operands to the bit, as `x * 1`, are that operand.
    Algebra,
    /// Elementwise rows, reductions of them and what follows a matrix product are computed block by block,
    /// while the block is in the cache.
    Fusion,
    /// Memory of values that are not needed any more is used again, in place where that can be.
    Reuse,
}

impl Pass {
    /// All of them, in the order in which they run.
    ///
    /// ```
    /// assert_eq!(wengert::Pass::ALL[0], wengert::Pass::Dead);
    /// ```
    pub const ALL: [Self; 6] =
        [Self::Dead, Self::Constants, Self::Common, Self::Algebra, Self::Fusion, Self::Reuse];

    /// Whether it works on the list: others do before there is one, or on what is made of it.
    pub(super) fn shortens(self) -> bool {
        matches!(self, Self::Constants | Self::Common | Self::Algebra)
    }

    /// What it does to the list: nothing, unless it [shortens](Self::shortens) it.
    pub(super) fn apply<T: Float>(self, graph: &mut Graph<T>) {
        match self {
            Self::Constants => constants::pass(graph),
            Self::Common => common::pass(graph),
            Self::Algebra => algebra::pass(graph),
            Self::Dead | Self::Fusion | Self::Reuse => {}
        }
    }
}
