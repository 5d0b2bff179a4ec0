//! Memory that results had and no longer need, for the next ones of about their size.
//!
//! A step that is recorded again and again asks for the same arrays each time. What the allocator is given back it may give back
//! to the system, and then each page of it costs more than the arithmetic on it; and new memory is zeros first, which a result
//! overwrites.

use std::collections::BTreeMap;

/// Bytes from which memory is kept. The allocator is quick with less.
const WORTH: usize = 1024;

/// Vectors by how many numbers they have room for.
#[derive(Debug)]
pub(super) struct Spare<T>(BTreeMap<usize, Vec<Vec<T>>>);

impl<T> Default for Spare<T> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<T> Spare<T> {
    /// A vector with room for so many, and for at most twice as many. What is in it is of no meaning.
    pub fn take(&mut self, len: usize) -> Option<Vec<T>> {
        if self.0.is_empty() || len.saturating_mul(size_of::<T>()) < WORTH {
            return None;
        }
        let (&room, vectors) = self.0.range_mut(len..=len.saturating_mul(2)).next()?;
        let vector = vectors.pop();
        if vectors.is_empty() {
            self.0.remove(&room);
        }
        vector
    }

    pub fn keep(&mut self, vector: Vec<T>) {
        let room = vector.capacity();
        if room.saturating_mul(size_of::<T>()) >= WORTH {
            self.0.entry(room).or_default().push(vector);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_large_enough_and_not_too_large_is_taken_once() {
        let mut spare = Spare::default();
        for len in [100, 1000, 3000] {
            spare.keep(vec![0.0_f64; len]); // The first is not worth it.
        }
        let mut taken = |len| spare.take(len).map(|vector| vector.capacity());
        assert_eq!(taken(100), None);
        assert_eq!(taken(499), None);
        assert_eq!(taken(500), Some(1000));
        assert_eq!(taken(500), None);
        assert_eq!(taken(3001), None);
        assert_eq!(taken(3000), Some(3000));
        assert_eq!(taken(1500), None);
    }
}
