//! Rows that are numbers, of many lanes side by side: the code of `scalars.rs`, over vectors instead of numbers.
//!
//! A place of the bank has a number for each lane. A row is decoded once for [`LANES`] of them, which its kernel then computes
//! as it does the elements of an array: with the same operations, and so to the same bits.

use super::scalars::{BITS, PLACES, PLAIN, Scalars};
use crate::Float;
use crate::array::{Kernel, Plain, Slices};
use pulp::{Arch, NullaryFnOnce};

/// Lanes for which a row is decoded once; places of a bank are some times as wide.
pub(crate) const LANES: usize = 16;

impl<T: Float> Scalars<T> {
    /// [`LANES`] after [`LANES`] of them, all rows.
    pub(super) fn run_wide(&self, bank: &mut [T], width: usize) {
        let (bank, rest) = bank.as_chunks_mut::<LANES>();
        debug_assert!(rest.is_empty() && width.is_multiple_of(LANES), "places are whole vectors");
        let stride = width / LANES;
        for first in 0..stride {
            Arch::new().dispatch(Run { scalars: self, bank: &mut *bank, stride, first });
        }
    }
}

/// The loop over all rows, at the machine's width.
struct Run<'a, T: Float> {
    scalars: &'a Scalars<T>,
    bank: &'a mut [[T; LANES]],
    /// From one place to the next.
    stride: usize,
    /// Where the first place is.
    first: usize,
}

impl<T: Float> NullaryFnOnce for Run<'_, T> {
    type Output = ();

    #[inline(always)]
    #[allow(clippy::cast_possible_truncation)] // Masked to 27 bits, or shifted to ten.
    fn call(self) {
        let Self { scalars, bank, stride, first } = self;
        let mut words = scalars.code.iter();
        let mut out = scalars.first;
        while let Some(&word) = words.next() {
            let (a, b) = (word as usize % PLACES, (word >> BITS) as usize % PLACES);
            let (before, after) = bank.split_at_mut(out * stride + first);
            let (x, y) = (&before[a * stride + first], &before[b * stride + first]);
            let to = &mut after[0];
            match (word >> (2 * BITS)) as usize {
                0..4 => plain(Plain::Add, x, y, to),
                4..8 => plain(Plain::Sub, x, y, to),
                8..12 => plain(Plain::Mul, x, y, to),
                12..16 => plain(Plain::Div, x, y, to),
                16..20 => plain(Plain::Azmul, x, y, to),
                20..24 => plain(Plain::Azdiv, x, y, to),
                24..28 => plain(Plain::Neg, x, y, to),
                what => {
                    let kernel = what - PLAIN;
                    let c = if kernel < scalars.wide { b } else { words.next().map_or(0, |&c| c as usize) };
                    apply(&scalars.kernels[kernel], [x, y, &before[c * stride + first]], to);
                }
            }
            out += 1;
        }
    }
}

#[inline(always)]
fn plain<T: Float>(plain: Plain, a: &[T; LANES], b: &[T; LANES], to: &mut [T; LANES]) {
    *to = std::array::from_fn(|lane| plain.of(a[lane], b[lane]));
}

fn apply<T: Float>(kernel: &Kernel<T>, [a, b, c]: [&[T; LANES]; 3], to: &mut [T; LANES]) {
    match kernel.slices {
        Slices::One(kernel) => kernel(a, to),
        Slices::Two(kernel) => kernel(a, b, to),
        Slices::Three(kernel) => kernel(a, b, c, to),
    }
}
