//! Memory that starts at a cache line.

use std::ops::{Deref, DerefMut};

/// Bytes of a cache line, and of the widest vectors: a load across two lines takes two.
const LINE: usize = 64;

/// A slice whose first element lies at the start of a cache line, as long as it is not moved in memory:
/// moving the struct leaves the elements where they are.
#[derive(Debug, Default)]
pub(crate) struct Aligned<T> {
    elements: Vec<T>,
    start: usize,
    len: usize,
}

impl<T: Copy> Aligned<T> {
    pub fn filled(len: usize, element: T) -> Self {
        let elements = vec![element; len + LINE / size_of::<T>().clamp(1, LINE)];
        let start = elements.as_ptr().align_offset(LINE).min(elements.len() - len);
        Self { elements, start, len }
    }

    /// Bytes that so many elements take.
    pub fn bytes_for(len: usize) -> usize {
        (len + LINE / size_of::<T>().clamp(1, LINE)) * size_of::<T>()
    }

    /// Bytes that it takes.
    pub fn bytes(&self) -> usize {
        self.elements.capacity() * size_of::<T>()
    }

    pub fn of(elements: impl ExactSizeIterator<Item = T>, zero: T) -> Self {
        let mut aligned = Self::filled(elements.len(), zero);
        aligned.iter_mut().zip(elements).for_each(|(to, from)| *to = from);
        aligned
    }
}

impl<T: Copy> Clone for Aligned<T> {
    /// Anew, since a copy of the vector need not lie as the original does.
    fn clone(&self) -> Self {
        match self.first() {
            Some(&zero) => Self::of(self.iter().copied(), zero),
            None => Self { elements: Vec::new(), start: 0, len: 0 },
        }
    }
}

impl<T> Deref for Aligned<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.elements[self.start..self.start + self.len]
    }
}

impl<T> DerefMut for Aligned<T> {
    fn deref_mut(&mut self) -> &mut [T] {
        &mut self.elements[self.start..self.start + self.len]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_starts_at_a_line_and_has_its_length() {
        for len in [0, 1, 15, 16, 1000] {
            let x = Aligned::filled(len, 1.5_f32);
            assert_eq!(x.len(), len);
            assert!(len == 0 || x.as_ptr().addr() % LINE == 0);
            let y = x.clone();
            assert_eq!(x[..], y[..]);
            assert!(len == 0 || y.as_ptr().addr() % LINE == 0);
        }
    }
}
