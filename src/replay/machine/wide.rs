//! Rows that are numbers, of many lanes side by side: the code of `scalars.rs`, over vectors instead of numbers.
//!
//! A place of the bank has a number for each lane. A row is decoded once for [`LANES`] of them, which its kernel then computes
//! as it does the elements of an array: with the same operations, and so to the same bits.

use super::scalars::{BITS, PLACES, PLAIN, Scalars};
use super::{Code, Instruction};
use crate::Float;
use crate::array::{Instructions, Kernel, Plain, Slices};
use pulp::NullaryFnOnce;

/// Lanes for which a row is decoded once; places of a bank are some times as wide.
pub(crate) const LANES: usize = 16;

impl<T: Float> Scalars<T> {
    /// [`LANES`] after [`LANES`] of them, all rows.
    pub(super) fn run_wide(&self, bank: &mut [T], width: usize) {
        let (bank, rest) = bank.as_chunks_mut::<LANES>();
        debug_assert!(rest.is_empty() && width.is_multiple_of(LANES), "places are whole vectors");
        let stride = width / LANES;
        let instructions = Instructions::current();
        for first in 0..stride {
            instructions.dispatch(Run { scalars: self, bank: &mut *bank, stride, first });
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
        let mut row = 0;
        while let Some(&word) = words.next() {
            let (a, b) = (word as usize % PLACES, (word >> BITS) as usize % PLACES);
            let (x, y) = (&bank[a * stride + first], &bank[b * stride + first]);
            // Computed aside, since an operand's place may be where it goes.
            let result = match (word >> (2 * BITS)) as usize {
                0..4 => plain(Plain::Add, x, y),
                4..8 => plain(Plain::Sub, x, y),
                8..12 => plain(Plain::Mul, x, y),
                12..16 => plain(Plain::Div, x, y),
                16..20 => plain(Plain::Azmul, x, y),
                20..24 => plain(Plain::Azdiv, x, y),
                24..28 => plain(Plain::Neg, x, y),
                what => {
                    let kernel = what - PLAIN;
                    let c = if kernel < scalars.wide { b } else { words.next().map_or(0, |&c| c as usize) };
                    apply(&scalars.kernels[kernel], [x, y, &bank[c * stride + first]])
                }
            };
            let to = scalars.places.as_ref().map_or(scalars.first + row, |places| places[row] as usize);
            bank[to * stride + first] = result;
            row += 1;
        }
    }
}

#[inline(always)]
fn plain<T: Float>(plain: Plain, a: &[T; LANES], b: &[T; LANES]) -> [T; LANES] {
    std::array::from_fn(|lane| plain.of(a[lane], b[lane]))
}

fn apply<T: Float>(kernel: &Kernel<T>, [a, b, c]: [&[T; LANES]; 3]) -> [T; LANES] {
    let mut to = [T::zero(); LANES];
    match kernel.slices {
        Slices::One(kernel) => kernel(a, &mut to),
        Slices::Two(kernel) => kernel(a, b, &mut to),
        Slices::Three(kernel) => kernel(a, b, c, &mut to),
    }
    to
}

impl<T: Float> Code<T> {
    /// Gives results of rows that are numbers the places of others that nobody reads any more, so that most of what is at
    /// work stays in a near cache, though a place is as wide as all lanes. `lasting` places are read after the run. Says
    /// where each place is now.
    #[allow(clippy::cast_possible_truncation)] // Places and rows are counted with 27 bits.
    pub fn reuse_places(&mut self, lasting: impl Iterator<Item = usize>) -> Vec<usize> {
        let places = self.bank.len();
        let (mut last, mut is_result) = (vec![0_u32; places], vec![false; places]);
        let mut time = 0;
        for rows in self.numbers_mut() {
            is_result[rows.first..rows.first + rows.rows].fill(true);
            rows.each_row(|operands| {
                time += 1;
                for operand in operands {
                    last[*operand] = time;
                }
            });
        }
        lasting.for_each(|place| last[place] = u32::MAX);

        // What is there before the first row keeps its order; results come after.
        let mut now = vec![0_usize; places];
        let kept: Vec<usize> = (0..places).filter(|&place| !is_result[place]).collect();
        kept.iter().enumerate().for_each(|(here, &place)| now[place] = here);
        let mut bank: Vec<T> = kept.iter().map(|&place| self.bank[place]).collect();
        let mut free = Vec::new();
        time = 0;
        for rows in self.numbers_mut() {
            let mut to = Vec::with_capacity(rows.rows);
            let first = rows.first;
            rows.each_row(|operands| {
                time += 1;
                for operand in operands {
                    let place = *operand;
                    *operand = now[place];
                    if is_result[place] && last[place] == time {
                        free.push(now[place]);
                        last[place] = 0; // Once, though it may be named twice.
                    }
                }
                let result = first + to.len();
                let here = free.pop().unwrap_or_else(|| {
                    bank.push(T::zero());
                    bank.len() - 1
                });
                now[result] = here;
                to.push(here as u32);
                if last[result] < time {
                    free.push(here); // Nobody reads it.
                }
            });
            rows.places = Some(to);
        }
        self.bank = bank;
        now
    }

    fn numbers_mut(&mut self) -> impl Iterator<Item = &mut Scalars<T>> {
        self.instructions.iter_mut().filter_map(|instruction| match instruction {
            Instruction::Scalars { rows, .. } => Some(rows),
            _ => None,
        })
    }
}
