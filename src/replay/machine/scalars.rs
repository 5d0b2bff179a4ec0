//! Long runs of numbers: a compact code of eight bytes a row, and one loop that runs it.
//!
//! Numbers live in a bank. A row's result goes to the place after that of the row before it, so that the code
//! holds just what is done and two operands: ten bits for the one, 27 for each of the others. A third operand
//! takes a word of its own.
//!
//! Most rows are plain arithmetic, which the loop does itself; others are calls. And chains are common: what the row before gave
//! is at hand, in a register, and a row says which of its operands that is. From memory it would come some cycles later, for it
//! has only just been written.

use crate::Float;
use crate::array::{Kernel, Plain};

/// Bits of a place in the bank.
pub(super) const BITS: u32 = 27;

/// As many places as a bank can have.
pub(crate) const PLACES: usize = 1 << BITS;

/// Most different things that one run can do.
const CODES: usize = 1 << (64 - 2 * BITS);

/// Plain arithmetic has the first codes: four for each, by which of the two operands the row before gave.
pub(super) const PLAIN: usize = 4 * Plain::ALL.len();

/// Rows that are numbers, one after the other.
#[derive(Clone, Debug)]
pub(crate) struct Scalars<T> {
    pub(super) code: Vec<u64>,
    pub(super) kernels: Vec<Kernel<T>>,
    /// Kernels from this one on have a third operand.
    pub(super) wide: usize,
    /// Where the first result goes, and each other after the one before it;
    pub first: usize,
    pub rows: usize,
    /// or where each goes, if places are used again: many lanes wide only.
    pub(super) places: Option<Vec<u32>>,
}

/// One row: its kernel, and where that has its operands.
#[derive(Clone, Copy)]
pub(crate) struct Line<T> {
    pub kernel: Kernel<T>,
    pub operands: [usize; 3],
}

impl<T> Scalars<T> {
    pub fn code_bytes(&self) -> usize {
        size_of_val(&self.code[..])
    }

    /// Bytes of all of it.
    pub fn bytes(&self) -> usize {
        let places = self.places.as_ref().map_or(0, |places| places.capacity() * size_of::<u32>());
        places + self.code.capacity() * size_of::<u64>() + self.kernels.capacity() * size_of::<Kernel<T>>()
    }
}

impl<T: Float> Scalars<T> {
    /// `None` if more different things are done than the code can name.
    pub fn assemble(first: usize, lines: impl Iterator<Item = Line<T>>) -> Option<Self> {
        // Those with one or two operands, and those with three.
        let mut kernels: [Vec<Kernel<T>>; 2] = Default::default();
        let mut code: Vec<u64> = Vec::with_capacity(lines.size_hint().0);
        let mut rows = 0;
        for Line { kernel, operands: [a, b, c] } in lines {
            let is_last = |place: usize| usize::from(place + 1 == first + rows);
            let wide = kernel.arity() == 3;
            let what = if let Some(plain) = kernel.plain {
                4 * plain as usize + is_last(a) + 2 * is_last(b)
            } else {
                let same = |other: &Kernel<T>| std::ptr::fn_addr_eq(other.scalar, kernel.scalar);
                let alike = &mut kernels[usize::from(wide)];
                let number = alike.iter().position(same).unwrap_or_else(|| {
                    alike.push(kernel);
                    alike.len() - 1
                });
                if PLAIN + kernels.iter().map(Vec::len).sum::<usize>() > CODES {
                    return None;
                }
                // The wide ones come after all others, and are numbered from the end until it is known how many those are.
                if wide { CODES - 1 - number } else { PLAIN + number }
            };
            code.push(((what << (2 * BITS)) | (b << BITS) | a) as u64);
            if wide {
                code.push(c as u64);
            }
            rows += 1;
        }
        code.shrink_to_fit();
        let first_wide = kernels[0].len();
        let last = CODES - 1 - kernels[1].len();
        let mut words = code.iter_mut();
        while let Some(word) = words.next().filter(|_| last < CODES - 1) {
            let what = (*word >> (2 * BITS)) as usize;
            if what > last {
                let renamed = PLAIN + first_wide + CODES - 1 - what;
                *word = *word & ((1 << (2 * BITS)) - 1) | (renamed as u64) << (2 * BITS);
                words.next();
            }
        }
        Some(Self { code, kernels: kernels.concat(), wide: first_wide, first, rows, places: None })
    }

    /// Takes each row's operands, as many as it has, and puts those back that they are made.
    #[allow(clippy::cast_possible_truncation)] // Masked to 27 bits, or shifted to ten.
    pub(super) fn each_row(&mut self, mut make: impl FnMut(&mut [usize])) {
        let mut at = 0;
        while at < self.code.len() {
            let word = self.code[at];
            let what = (word >> (2 * BITS)) as usize;
            let mut operands = [word as usize % PLACES, (word >> BITS) as usize % PLACES, 0];
            let arity = match what.checked_sub(PLAIN) {
                Some(kernel) => self.kernels[kernel].arity(),
                None if what / 4 == Plain::Neg as usize => 1,
                None => 2,
            };
            if arity == 3 {
                operands[2] = self.code[at + 1] as usize;
            }
            make(&mut operands[..arity]);
            let [a, b, c] = operands;
            self.code[at] = ((what << (2 * BITS)) | (b << BITS) | a) as u64;
            if arity == 3 {
                self.code[at + 1] = c as u64;
            }
            at += if arity == 3 { 2 } else { 1 };
        }
    }

    /// The bank has so many numbers a place: one, or one for each lane.
    #[allow(clippy::cast_possible_truncation)] // Masked to 27 bits, or shifted to ten.
    pub fn run(&self, bank: &mut [T], width: usize) {
        if width > 1 {
            return self.run_wide(bank, width);
        }
        let mut words = self.code.iter();
        let mut out = self.first;
        let mut last = if out > 0 { bank[out - 1] } else { T::zero() };
        /// One arm for each code of plain arithmetic.
        macro_rules! next {
            ($what:expr, $a:expr, $b:expr; $($plain:ident $none:literal $first:literal $second:literal $both:literal),*) => {
                match $what {
                    $(
                        $none => Plain::$plain.of(bank[$a], bank[$b]),
                        $first => Plain::$plain.of(last, bank[$b]),
                        $second => Plain::$plain.of(bank[$a], last),
                        $both => Plain::$plain.of(last, last),
                    )*
                    what => {
                        let kernel = what - PLAIN;
                        let c = if kernel < self.wide { $b } else { words.next().map_or(0, |&c| c as usize) };
                        (self.kernels[kernel].scalar)(bank[$a], bank[$b], bank[c])
                    }
                }
            };
        }
        while let Some(&word) = words.next() {
            let (a, b) = (word as usize % PLACES, (word >> BITS) as usize % PLACES);
            last = next!((word >> (2 * BITS)) as usize, a, b;
                Add 0 1 2 3, Sub 4 5 6 7, Mul 8 9 10 11, Div 12 13 14 15,
                Azmul 16 17 18 19, Azdiv 20 21 22 23, Neg 24 25 26 27);
            bank[out] = last;
            out += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::LANES;
    use super::*;
    use crate::array::kernel;

    fn add() -> Kernel<f64> {
        kernel!(|a, b| a + b)
    }

    fn line(kernel: Kernel<f64>, operands: [usize; 3]) -> Line<f64> {
        Line { kernel, operands }
    }

    /// So many lanes, each from its own number at the start of the bank: as one after the other.
    fn assert_wide(scalars: &Scalars<f64>, bank: &[f64], width: usize) {
        let mut lanes = vec![bank.to_vec()];
        while lanes.len() < width {
            let mut bank = lanes[lanes.len() - 1].clone();
            bank[0] += 0.25;
            lanes.push(bank);
        }
        let mut wide: Vec<f64> =
            (0..bank.len()).flat_map(|place| lanes.iter().map(move |bank| bank[place])).collect();
        scalars.run(&mut wide, width);
        for (lane, mut bank) in lanes.into_iter().enumerate() {
            scalars.run(&mut bank, 1);
            let at_width: Vec<u64> =
                (0..bank.len()).map(|place| wide[place * width + lane].to_bits()).collect();
            assert_eq!(at_width, bank.iter().map(|x| x.to_bits()).collect::<Vec<_>>(), "lane {lane}");
        }
    }

    #[test]
    fn rows_are_run_in_order_and_find_their_operands() {
        let negate: Kernel<f64> = kernel!(|a| -a);
        let pick: Kernel<f64> = kernel!(|a, b, c| if a == T::ZERO { c } else { b });
        let lines = [
            line(add(), [0, 1, 0]),
            line(negate, [2, 2, 0]),
            line(pick, [0, 1, 3]),
            line(pick, [1, 1, 3]),
            line(add(), [4, 5, 0]),
        ];
        let scalars = Scalars::assemble(2, lines.into_iter()).expect("three kernels");
        let mut bank = [0.0, 5.0, f64::NAN, f64::NAN, f64::NAN, f64::NAN, f64::NAN];
        for width in [LANES, 3 * LANES] {
            assert_wide(&scalars, &bank, width);
        }
        scalars.run(&mut bank, 1);
        assert_eq!(bank.map(f64::to_bits), [0.0, 5.0, 5.0, -5.0, -5.0, 5.0, 0.0].map(f64::to_bits));
        assert_eq!(scalars.code_bytes(), 8 * 7);
    }

    /// Each by itself, on each choice of operands: the number before, and others.
    #[test]
    fn plain_arithmetic_is_what_its_kernel_would_give() {
        for plain in Plain::ALL {
            for (a, b) in [(0, 1), (2, 1), (1, 2), (2, 2), (0, 0)] {
                let lines =
                    [line(add(), [0, 1, 0]), Line { kernel: add().plain(plain), operands: [a, b, 0] }];
                let mut bank = [3.0, -0.5, f64::NAN, f64::NAN];
                let scalars = Scalars::assemble(2, lines.into_iter()).expect("one kernel");
                assert_wide(&scalars, &bank, LANES);
                scalars.run(&mut bank, 1);
                assert_eq!(
                    bank[3].to_bits(),
                    plain.of(bank[a], bank[b]).to_bits(),
                    "{plain:?} of {a} and {b}"
                );
            }
        }
    }
}
