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
use crate::array::Plain;

type Scalar<T> = fn(T, T, T) -> T;

/// Bits of a place in the bank.
const BITS: u32 = 27;

/// As many places as a bank can have.
pub(crate) const PLACES: usize = 1 << BITS;

/// Most different things that one run can do.
const CODES: usize = 1 << (64 - 2 * BITS);

/// Plain arithmetic has the first codes: four for each, by which of the two operands the row before gave.
const PLAIN: usize = 4 * Plain::ALL.len();

/// Rows that are numbers, one after the other.
#[derive(Clone, Debug)]
pub(crate) struct Scalars<T> {
    code: Vec<u64>,
    kernels: Vec<Scalar<T>>,
    /// Kernels from this one on have a third operand.
    wide: usize,
    /// Where the first result goes.
    pub first: usize,
    pub rows: usize,
}

/// One row: its kernel, how many operands that has, and where they are.
pub(crate) struct Line<T> {
    pub kernel: Scalar<T>,
    pub plain: Option<Plain>,
    pub operands: [usize; 3],
    pub arity: usize,
}

impl<T> Scalars<T> {
    pub fn code_bytes(&self) -> usize {
        size_of_val(&self.code[..])
    }

    /// Bytes of all of it.
    pub fn bytes(&self) -> usize {
        self.code.capacity() * size_of::<u64>() + self.kernels.capacity() * size_of::<Scalar<T>>()
    }
}

impl<T: Float> Scalars<T> {
    /// `None` if more different things are done than the code can name.
    pub fn assemble(first: usize, lines: &[Line<T>]) -> Option<Self> {
        let (mut narrow, mut wide): (Vec<Scalar<T>>, Vec<Scalar<T>>) = (Vec::new(), Vec::new());
        let same = |a: Scalar<T>| move |b: &Scalar<T>| std::ptr::fn_addr_eq(a, *b);
        for line in lines.iter().filter(|line| line.plain.is_none()) {
            let kernels = if line.arity == 3 { &mut wide } else { &mut narrow };
            if !kernels.iter().any(same(line.kernel)) {
                kernels.push(line.kernel);
            }
        }
        let (kernels, first_wide) = ([&narrow[..], &wide[..]].concat(), narrow.len());
        if PLAIN + kernels.len() > CODES {
            return None;
        }
        let mut code = Vec::with_capacity(lines.len());
        for (row, Line { kernel, plain, operands: [a, b, c], arity }) in lines.iter().enumerate() {
            let is_last = |place: usize| usize::from(place + 1 == first + row);
            let what = if let Some(plain) = plain {
                4 * *plain as usize + is_last(*a) + 2 * is_last(*b)
            } else {
                let range = if *arity == 3 { first_wide..kernels.len() } else { 0..first_wide };
                PLAIN + kernels[range.clone()].iter().position(same(*kernel))? + range.start
            };
            code.push(((what << (2 * BITS)) | (b << BITS) | a) as u64);
            if *arity == 3 {
                code.push(*c as u64);
            }
        }
        Some(Self { code, kernels, wide: first_wide, first, rows: lines.len() })
    }

    #[allow(clippy::cast_possible_truncation)] // Masked to 27 bits, or shifted to ten.
    pub fn run(&self, bank: &mut [T]) {
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
                        self.kernels[kernel](bank[$a], bank[$b], bank[c])
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
    use super::*;

    const ADD: Scalar<f64> = |a, b, _| a + b;

    fn line(kernel: Scalar<f64>, operands: [usize; 3], arity: usize) -> Line<f64> {
        Line { kernel, plain: None, operands, arity }
    }

    #[test]
    fn rows_are_run_in_order_and_find_their_operands() {
        let negate: Scalar<f64> = |a, _, _| -a;
        let pick: Scalar<f64> = |a, b, c| if a == 0.0 { c } else { b };
        let lines = [
            line(ADD, [0, 1, 0], 2),
            line(negate, [2, 2, 0], 1),
            line(pick, [0, 1, 3], 3),
            line(pick, [1, 1, 3], 3),
            line(ADD, [4, 5, 0], 2),
        ];
        let scalars = Scalars::assemble(2, &lines).expect("three kernels");
        let mut bank = [0.0, 5.0, f64::NAN, f64::NAN, f64::NAN, f64::NAN, f64::NAN];
        scalars.run(&mut bank);
        assert_eq!(bank.map(f64::to_bits), [0.0, 5.0, 5.0, -5.0, -5.0, 5.0, 0.0].map(f64::to_bits));
        assert_eq!(scalars.code_bytes(), 8 * 7);
    }

    /// Each by itself, on each choice of operands: the number before, and others.
    #[test]
    fn plain_arithmetic_is_what_its_kernel_would_give() {
        for plain in Plain::ALL {
            for (a, b) in [(0, 1), (2, 1), (1, 2), (2, 2), (0, 0)] {
                let lines = [
                    line(ADD, [0, 1, 0], 2),
                    Line { kernel: ADD, plain: Some(plain), operands: [a, b, 0], arity: 2 },
                ];
                let mut bank = [3.0, -0.5, f64::NAN, f64::NAN];
                Scalars::assemble(2, &lines).expect("one kernel").run(&mut bank);
                assert_eq!(
                    bank[3].to_bits(),
                    plain.of(bank[a], bank[b]).to_bits(),
                    "{plain:?} of {a} and {b}"
                );
            }
        }
    }
}
