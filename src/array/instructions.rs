//! Which vectors a machine has, and what is compiled for them.
//!
//! Rust compiles for what every machine of a kind has: on `x86_64`, vectors of 128 bits. Loops and kernels are therefore
//! compiled once more for longer ones, by [`pulp`], in safe code, and the widest that the machine has are chosen at run time.
//! Tests and benches choose others, to see that all are right and how fast each is: [`Instructions::with`].

use pulp::NullaryFnOnce;
#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
use pulp::Simd;
use std::cell::Cell;
use std::sync::LazyLock;

/// An instruction set.
#[derive(Clone, Copy, Debug)]
pub enum Instructions {
    /// What every machine of its kind has.
    Plain,
    /// AVX2 and FMA: 256 bits.
    #[cfg(target_arch = "x86_64")]
    Avx2(pulp::x86::V3),
    /// AVX-512.
    #[cfg(target_arch = "x86_64")]
    Avx512(pulp::x86::V4),
    /// 128 bits, and multiply-adds that round once.
    #[cfg(target_arch = "aarch64")]
    Neon(pulp::aarch64::Neon),
}

thread_local! {
    static CHOSEN: Cell<Option<Instructions>> = const { Cell::new(None) };
}

/// Puts the choice back, also if what was run panics.
struct Before(Option<Instructions>);

impl Drop for Before {
    fn drop(&mut self) {
        CHOSEN.set(self.0);
    }
}

impl Instructions {
    /// Those that this machine has, the widest last.
    pub fn all() -> Vec<Self> {
        #[cfg_attr(not(any(target_arch = "x86_64", target_arch = "aarch64")), allow(unused_mut))]
        let mut all = vec![Self::Plain];
        #[cfg(target_arch = "x86_64")]
        {
            all.extend(pulp::x86::V3::try_new().map(Self::Avx2));
            all.extend(pulp::x86::V4::try_new().map(Self::Avx512));
        }
        #[cfg(target_arch = "aarch64")]
        all.extend(pulp::aarch64::Neon::try_new().map(Self::Neon));
        all
    }

    /// What this thread uses: the widest, unless it was told otherwise.
    #[inline]
    pub fn current() -> Self {
        static WIDEST: LazyLock<Instructions> =
            LazyLock::new(|| Instructions::all().pop().unwrap_or(Instructions::Plain));
        CHOSEN.get().unwrap_or_else(|| *WIDEST)
    }

    /// Does something with these instead of the widest, on this thread and on those that share its work.
    pub fn with<R>(self, work: impl FnOnce() -> R) -> R {
        Choice(Some(self)).with(work)
    }

    /// Whether multiply-adds round once.
    pub fn fused(self) -> bool {
        !matches!(self, Self::Plain)
    }

    /// Runs it, compiled for these instructions as far as it is `#[inline(always)]`.
    #[inline(always)]
    pub(crate) fn dispatch<F: NullaryFnOnce>(self, f: F) -> F::Output {
        match self {
            Self::Plain => f.call(),
            #[cfg(target_arch = "x86_64")]
            Self::Avx2(s) => Simd::vectorize(s, f),
            #[cfg(target_arch = "x86_64")]
            Self::Avx512(s) => Simd::vectorize(s, f),
            #[cfg(target_arch = "aarch64")]
            Self::Neon(s) => Simd::vectorize(s, f),
        }
    }
}

/// What a thread was told to use, for another that takes a share of its work.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Choice(Option<Instructions>);

impl Choice {
    pub fn current() -> Self {
        Self(CHOSEN.get())
    }

    pub fn with<R>(self, work: impl FnOnce() -> R) -> R {
        let _before = Before(CHOSEN.replace(self.0));
        work()
    }
}

#[cfg(test)]
mod tests {
    use super::Instructions;

    #[test]
    fn a_choice_holds_inside_and_no_longer() {
        let name = || format!("{:?}", Instructions::current());
        let widest = name();
        for chosen in Instructions::all() {
            let inner = chosen.with(|| {
                let _ = std::panic::catch_unwind(|| Instructions::Plain.with(|| panic!("on purpose")));
                name()
            });
            assert_eq!(inner, format!("{chosen:?}"));
            assert_eq!(name(), widest);
        }
    }
}
