//! A set of axes.

/// A set of axes, as bits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct AxisSet(u64);

impl AxisSet {
    /// As many axes as the set can hold: more than any array in practice has.
    pub const CAPACITY: usize = 64;

    pub fn all(ndim: usize) -> Self {
        (0..ndim).collect()
    }

    pub fn contains(self, axis: usize) -> bool {
        axis < Self::CAPACITY && self.0 >> axis & 1 == 1
    }

    pub fn iter(self) -> impl DoubleEndedIterator<Item = usize> {
        (0..Self::CAPACITY).filter(move |&axis| self.contains(axis))
    }
}

impl FromIterator<usize> for AxisSet {
    fn from_iter<I: IntoIterator<Item = usize>>(axes: I) -> Self {
        Self(axes.into_iter().fold(0, |bits, axis| bits | 1 << axis))
    }
}
