//! The two formats: constants and bits.

use std::ops::{Add, Div, Mul, Neg, Sub};

/// A format of floating-point numbers: the constants and bits that the functions need.
pub(crate) trait Format:
    Copy
    + PartialOrd
    + From<f32>
    + Neg<Output = Self>
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Div<Output = Self>
    + 'static
{
    /// ln 2 in two parts. The first has so few places that a product with any exponent is exact.
    const LN_2: [Self; 2];
    /// 1.5 · 2ᵖ⁻¹, for numbers of p places. Added to a smaller number, it rounds it to a whole one, which then stands in
    /// the sum's lowest bits.
    const ROUNDER: Self;
    /// 2ˢ + 1, for numbers of 2s or 2s − 1 places.
    const SPLITTER: Self;
    /// The largest power of two whose reciprocal is a normal number.
    const LARGEST_POWER: Self;
    /// The smallest normal number.
    const NORMAL: Self;
    /// 2/3, 2/5, …
    const ARTANH: &'static [[Self; 4]];
    /// m and k of x = 2ᵏ m with √½ ≤ m < √2, for a positive normal x.
    fn split(self) -> [Self; 2];
    /// The largest power of two that is no larger in magnitude, but no smaller than the smallest normal number and no larger than
    /// `LARGEST_POWER`.
    fn binade(self) -> Self;
    fn magnitude(self) -> Self;
}

/// The functions on bits, of a format with so many bits of fraction, and this exponent for 1.
macro_rules! bits {
    ($float:ident, $bits:ident, fraction: $fraction:literal, one: $one:literal) => {
        #[inline(always)]
        fn split(self) -> [Self; 2] {
            const ROOT: $bits = std::$float::consts::FRAC_1_SQRT_2.to_bits();
            // Moved so far that the exponent steps at √½ rather than at 1.
            let bits = self.to_bits().wrapping_add($float::to_bits(1.0) - ROOT);
            let m = Self::from_bits(ROOT + (bits & ((1 << $fraction) - 1)));
            let exponent = Self::from_bits(Self::ROUNDER.to_bits() + (bits >> $fraction));
            [m, exponent - (Self::ROUNDER + <Self as From<u16>>::from($one))]
        }

        #[inline(always)]
        fn binade(self) -> Self {
            let power = Self::from_bits(self.to_bits() & Self::INFINITY.to_bits());
            let power = if power < Self::NORMAL { Self::NORMAL } else { power };
            if power > Self::LARGEST_POWER { Self::LARGEST_POWER } else { power }
        }

        #[inline(always)]
        fn magnitude(self) -> Self {
            self.abs()
        }
    };
}

impl Format for f32 {
    const LN_2: [Self; 2] = [0.693_145_75, 1.428_606_8e-6];
    const ROUNDER: Self = 12_582_912.0;
    const SPLITTER: Self = 4_097.0;
    const LARGEST_POWER: Self = 8.507_059e37;
    const NORMAL: Self = Self::MIN_POSITIVE;
    const ARTANH: &'static [[Self; 4]] = &[[2.0 / 3.0, 2.0 / 5.0, 2.0 / 7.0, 2.0 / 9.0]];

    bits! { f32, u32, fraction: 23, one: 127 }
}

impl Format for f64 {
    const LN_2: [Self; 2] = [0.693_147_180_559_890_3, 5.497_923_018_708_371e-14];
    const ROUNDER: Self = 6_755_399_441_055_744.0;
    const SPLITTER: Self = 134_217_729.0;
    const LARGEST_POWER: Self = 4.494_232_837_155_79e307;
    const NORMAL: Self = Self::MIN_POSITIVE;
    const ARTANH: &'static [[Self; 4]] = &[
        [2.0 / 3.0, 2.0 / 5.0, 2.0 / 7.0, 2.0 / 9.0],
        [2.0 / 11.0, 2.0 / 13.0, 2.0 / 15.0, 2.0 / 17.0],
        [2.0 / 19.0, 2.0 / 21.0, 2.0 / 23.0, 2.0 / 25.0],
    ];

    bits! { f64, u64, fraction: 52, one: 1023 }
}

/// Whether it is not NaN.
#[inline(always)]
#[allow(clippy::eq_op)] // NaN alone is not equal to itself.
pub(super) fn is_number<F: Format>(x: F) -> bool {
    x == x
}
