//! A row and its parts, which are small: a scalar program has millions of rows, and bringing their memory in costs as
//! much as computing them.

use super::Var;
use crate::Float;
use crate::array::{Kind, Value};
use crate::prim::{Family, Leaf, Prim};
use std::fmt;
use std::num::NonZeroU32;
use std::ops::{Deref, DerefMut};
use std::panic::Location;

/// The number of a row: 32 bits, since a tape may have tens of millions of them.
///
/// What is kept is one more than the number, so that an `Option` of it takes no more room.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct RowId(NonZeroU32);

impl RowId {
    /// The number of the row at this index, unless that is beyond all that there can be.
    pub(crate) fn at(index: usize) -> Option<Self> {
        let above = u32::try_from(index).ok()?.checked_add(1)?;
        NonZeroU32::new(above).map(Self)
    }

    pub fn index(self) -> usize {
        self.0.get() as usize - 1
    }
}

impl fmt::Debug for RowId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("RowId").field(&self.index()).finish()
    }
}

/// One primitive, applied.
#[derive(Debug)]
pub(crate) struct Row<T> {
    pub prim: Prim,
    /// Earlier rows.
    pub operands: Operands,
    pub value: Value<T>,
    /// The user's line; for the rows of a sweep, the line of the row they differentiate.
    pub at: &'static Location<'static>,
    /// The row whose rule emitted this one in a sweep.
    pub origin: Option<RowId>,
    /// What its numbers are.
    pub kind: Kind,
    pub depends: Depends,
}

impl<T> Row<T> {
    /// Whether a cotangent is worth having.
    pub fn varies(&self) -> bool {
        self.depends == Depends::Varying
    }
}

/// What a row was computed from; the largest of its operands', unless it is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Depends {
    /// Constants alone: its numbers are always these.
    Constant,
    /// Variables, but no derivative flows to them from here ([`Tape::hold`](super::Tape::hold)).
    Held,
    /// Variables, whose derivatives it has a part in.
    Varying,
}

impl Depends {
    /// That of a leaf.
    pub fn of(leaf: &Prim) -> Self {
        if *leaf == Prim(Family::Leaf(Leaf::Input)) { Self::Varying } else { Self::Constant }
    }
}

/// The operands of a row, or of a node of a program, to be read as a slice. Only concatenations have more than three.
#[derive(Clone)]
pub(crate) enum Operands<Id = RowId> {
    None,
    One([Id; 1]),
    Two([Id; 2]),
    Three([Id; 3]),
    /// Boxed twice, since a pointer to a slice takes the room of two.
    More(Box<Box<[Id]>>),
}

impl<Id: Copy> Operands<Id> {
    /// The same, by other numbers.
    pub fn map<Other>(&self, mut to: impl FnMut(Id) -> Other) -> Operands<Other> {
        match self {
            Self::None => Operands::None,
            Self::One(operands) => Operands::One(operands.map(to)),
            Self::Two(operands) => Operands::Two(operands.map(to)),
            Self::Three(operands) => Operands::Three(operands.map(to)),
            Self::More(operands) => Operands::More(Box::new(operands.iter().map(|id| to(*id)).collect())),
        }
    }

    /// Bytes that it takes besides its own.
    pub fn bytes(&self) -> usize {
        match self {
            Self::More(operands) => size_of::<Box<[Id]>>() + size_of_val(&***operands),
            Self::None | Self::One(_) | Self::Two(_) | Self::Three(_) => 0,
        }
    }
}

impl<T: Float> From<&[Var<'_, T>]> for Operands {
    fn from(operands: &[Var<'_, T>]) -> Self {
        match *operands {
            [] => Self::None,
            [a] => Self::One([a.id()]),
            [a, b] => Self::Two([a.id(), b.id()]),
            [a, b, c] => Self::Three([a.id(), b.id(), c.id()]),
            ref more => Self::More(Box::new(more.iter().map(|var| var.id()).collect())),
        }
    }
}

impl<Id> Deref for Operands<Id> {
    type Target = [Id];

    fn deref(&self) -> &[Id] {
        match self {
            Self::None => &[],
            Self::One(operands) => operands,
            Self::Two(operands) => operands,
            Self::Three(operands) => operands,
            Self::More(operands) => operands,
        }
    }
}

impl<Id> DerefMut for Operands<Id> {
    fn deref_mut(&mut self) -> &mut [Id] {
        match self {
            Self::None => &mut [],
            Self::One(operands) => operands,
            Self::Two(operands) => operands,
            Self::Three(operands) => operands,
            Self::More(operands) => operands,
        }
    }
}

impl<Id: fmt::Debug> fmt::Debug for Operands<Id> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Tape;

    #[test]
    fn a_row_is_no_larger_than_a_line_of_cache() {
        assert_eq!(size_of::<Row<f64>>(), 64);
        assert_eq!(size_of::<Row<f32>>(), 64);
    }

    #[test]
    fn operands_are_those_given() {
        let tape = Tape::<f64>::new();
        let vars = [0.0; 5].map(|number| tape.constant(number));
        for n in 0..=5 {
            let operands = Operands::from(&vars[..n]);
            assert!(operands.iter().map(|id| id.index()).eq(0..n), "{operands:?}");
        }
        assert_eq!(format!("{:?}", Operands::from(&vars[..2])), "[RowId(0), RowId(1)]");
    }

    #[test]
    fn rows_are_numbered_with_32_bits() {
        let last = u32::MAX as usize - 1;
        assert_eq!(RowId::at(last).map(RowId::index), Some(last));
        assert_eq!(RowId::at(last + 1), None);
    }
}
