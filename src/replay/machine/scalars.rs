//! Long runs of numbers: a compact code of eight bytes a row, and one loop that runs it.
//!
//! Numbers live in a bank. A row's result goes to the place after that of the row before it, so that the code
//! holds just the kernel and two operands: ten bits for the one, 27 for each of the others. A third operand
//! takes a word of its own.

use crate::Float;

type Scalar<T> = fn(T, T, T) -> T;

/// Bits of a place in the bank.
const BITS: u32 = 27;

/// As many places as a bank can have.
pub(crate) const PLACES: usize = 1 << BITS;

/// Most kernels that one run can name.
const KERNELS: usize = 1 << (64 - 2 * BITS);

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
    /// `None` if there are more different kernels than the code can name.
    pub fn assemble(first: usize, lines: &[Line<T>]) -> Option<Self> {
        let (mut narrow, mut wide): (Vec<Scalar<T>>, Vec<Scalar<T>>) = (Vec::new(), Vec::new());
        let same = |a: Scalar<T>| move |b: &Scalar<T>| std::ptr::fn_addr_eq(a, *b);
        for line in lines {
            let kernels = if line.arity == 3 { &mut wide } else { &mut narrow };
            if !kernels.iter().any(same(line.kernel)) {
                kernels.push(line.kernel);
            }
        }
        let (kernels, first_wide) = ([&narrow[..], &wide[..]].concat(), narrow.len());
        if kernels.len() > KERNELS {
            return None;
        }
        let mut code = Vec::with_capacity(lines.len());
        for Line { kernel, operands: [a, b, c], arity } in lines {
            let range = if *arity == 3 { first_wide..kernels.len() } else { 0..first_wide };
            let kernel = kernels[range.clone()].iter().position(same(*kernel))? + range.start;
            code.push(((kernel << (2 * BITS)) | (b << BITS) | a) as u64);
            if *arity == 3 {
                code.push(*c as u64);
            }
        }
        Some(Self { code, kernels, wide: first_wide, first, rows: lines.len() })
    }

    #[allow(clippy::cast_possible_truncation)] // Masked to 27 bits, or shifted to ten.
    pub fn run(&self, bank: &mut [T]) {
        let mut words = self.code.iter();
        // Chains are common: the result of the row before is at hand, and need not go through memory.
        let mut out = self.first;
        let mut last = if out > 0 { bank[out - 1] } else { T::zero() };
        while let Some(&word) = words.next() {
            let kernel = (word >> (2 * BITS)) as usize;
            let (a, b) = (word as usize % PLACES, (word >> BITS) as usize % PLACES);
            let number = |place: usize| if place + 1 == out { last } else { bank[place] };
            let (a, b) = (number(a), number(b));
            let c = if kernel < self.wide { b } else { bank[words.next().map_or(0, |&c| c as usize)] };
            last = self.kernels[kernel](a, b, c);
            bank[out] = last;
            out += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_run_in_order_and_find_their_operands() {
        let add: Scalar<f64> = |a, b, _| a + b;
        let negate: Scalar<f64> = |a, _, _| -a;
        let pick: Scalar<f64> = |a, b, c| if a == 0.0 { c } else { b };
        let line = |kernel, operands, arity| Line { kernel, operands, arity };
        let lines = [
            line(add, [0, 1, 0], 2),
            line(negate, [2, 2, 0], 1),
            line(pick, [0, 1, 3], 3),
            line(pick, [1, 1, 3], 3),
            line(add, [4, 5, 0], 2),
        ];
        let scalars = Scalars::assemble(2, &lines).expect("three kernels");
        let mut bank = [0.0, 5.0, f64::NAN, f64::NAN, f64::NAN, f64::NAN, f64::NAN];
        scalars.run(&mut bank);
        assert_eq!(bank.map(f64::to_bits), [0.0, 5.0, 5.0, -5.0, -5.0, 5.0, 0.0].map(f64::to_bits));
        assert_eq!(scalars.code_bytes(), 8 * 7);
    }
}
