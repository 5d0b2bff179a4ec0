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
    /// 1 / ln 2.
    const LOG2_E: Self;
    /// ln 2 in two parts. The first has so few places that a product with any exponent is exact.
    const LN_2: [Self; 2];
    /// 1.5 · 2ᵖ⁻¹, for numbers of p places. Added to a smaller number, it rounds it to a whole one, which then stands in
    /// the sum's lowest bits.
    const ROUNDER: Self;
    /// eˣ is 0 below the first and infinite above the second.
    const EXP_RANGE: [Self; 2];
    /// Below the first, a number times eˣ is 0, whatever the number; the lowest x whose 2ᵏ has two normal factors.
    const WEIGHED: Self;
    /// 2ˢ + 1, for numbers of 2s or 2s − 1 places.
    const SPLITTER: Self;
    /// The largest power of two whose reciprocal is a normal number.
    const LARGEST_POWER: Self;
    /// The smallest normal number.
    const NORMAL: Self;
    /// 1/3!, 1/4!, …
    const EXP: &'static [[Self; 4]];
    /// 2/3, 2/5, …
    const ARTANH: &'static [[Self; 4]];
    /// Of R, above.
    const TANH: &'static [[Self; 4]];
    /// log √(2π) in two parts.
    const LN_SQRT_TAU: [Self; 2];
    /// 2 √(2/π) and 0.044715 of it, each in two parts.
    const CUBIC: [[Self; 2]; 2];
    /// Of S, above.
    const MILLS: &'static [[Self; 4]];

    /// Two factors that multiply to 2ᵏ, given k + `ROUNDER`. (One would not do: 2ᵏ itself may be too large or too small.)
    fn powers(rounded: Self) -> [Self; 2];
    /// m and k of x = 2ᵏ m with √½ ≤ m < √2, for a positive normal x.
    fn split(self) -> [Self; 2];
    /// The largest power of two that is no larger in magnitude, but no smaller than the smallest normal number and no larger than
    /// `LARGEST_POWER`.
    fn binade(self) -> Self;
    fn magnitude(self) -> Self;
    fn with_sign_of(self, other: Self) -> Self;
}

/// The functions on bits, of a format with so many bits of fraction, and this exponent for 1.
macro_rules! bits {
    ($float:ident, $bits:ident, fraction: $fraction:literal, one: $one:literal) => {
        #[inline(always)]
        fn powers(rounded: Self) -> [Self; 2] {
            let both = rounded.to_bits().wrapping_sub(Self::ROUNDER.to_bits()).wrapping_add(2 * $one);
            let half = both >> 1;
            [half, both.wrapping_sub(half)].map(|exponent| Self::from_bits(exponent << $fraction))
        }

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

        #[inline(always)]
        fn with_sign_of(self, other: Self) -> Self {
            self.copysign(other)
        }
    };
}

impl Format for f32 {
    const LOG2_E: Self = std::f32::consts::LOG2_E;
    const LN_2: [Self; 2] = [0.693_145_75, 1.428_606_8e-6];
    const ROUNDER: Self = 12_582_912.0;
    const EXP_RANGE: [Self; 2] = [-104.0, 89.0];
    const WEIGHED: Self = -174.0;
    const SPLITTER: Self = 4_097.0;
    const LARGEST_POWER: Self = 8.507_059e37;
    const NORMAL: Self = Self::MIN_POSITIVE;
    const EXP: &'static [[Self; 4]] = &[
        [1.0 / 6.0, 1.0 / 24.0, 1.0 / 120.0, 1.0 / 720.0],
        [1.0 / 5_040.0, 1.0 / 40_320.0, 1.0 / 362_880.0, 1.0 / 3_628_800.0],
    ];
    const ARTANH: &'static [[Self; 4]] = &[[2.0 / 3.0, 2.0 / 5.0, 2.0 / 7.0, 2.0 / 9.0]];
    const TANH: &'static [[Self; 4]] = &[
        [-0.333_333_33, 0.133_333_33, -0.053_968_22, 0.021_868_898],
        [-0.008_857_327_5, 0.003_557_341, -0.001_334_382_7, 0.000_349_549_17],
    ];
    const LN_SQRT_TAU: [Self; 2] = [0.918_938_5, 1.563_417_7e-8];
    const CUBIC: [[Self; 2]; 2] = [[1.595_769_2, -4.534_068e-8], [0.071_354_814, 2.398_832_5e-9]];
    const MILLS: &'static [[Self; 4]] = &[
        [0.073_450_54, -0.127_554_6, 0.110_459_4, -0.063_932_195],
        [0.024_018_398, -0.003_958_945_6, -0.001_171_907_2, 0.000_723_740_55],
        [2.180_563_4e-5, -9.492_064e-5, -8.002_713e-7, 7.781_65e-6],
    ];

    bits! { f32, u32, fraction: 23, one: 127 }
}

impl Format for f64 {
    const LOG2_E: Self = std::f64::consts::LOG2_E;
    const LN_2: [Self; 2] = [0.693_147_180_559_890_3, 5.497_923_018_708_371e-14];
    const ROUNDER: Self = 6_755_399_441_055_744.0;
    const EXP_RANGE: [Self; 2] = [-746.0, 710.0];
    const WEIGHED: Self = -1_416.0;
    const SPLITTER: Self = 134_217_729.0;
    const LARGEST_POWER: Self = 4.494_232_837_155_79e307;
    const NORMAL: Self = Self::MIN_POSITIVE;
    const EXP: &'static [[Self; 4]] = &[
        [1.0 / 6.0, 1.0 / 24.0, 1.0 / 120.0, 1.0 / 720.0],
        [1.0 / 5_040.0, 1.0 / 40_320.0, 1.0 / 362_880.0, 1.0 / 3_628_800.0],
        [1.0 / 39_916_800.0, 1.0 / 479_001_600.0, 1.0 / 6_227_020_800.0, 1.0 / 87_178_291_200.0],
    ];
    const ARTANH: &'static [[Self; 4]] = &[
        [2.0 / 3.0, 2.0 / 5.0, 2.0 / 7.0, 2.0 / 9.0],
        [2.0 / 11.0, 2.0 / 13.0, 2.0 / 15.0, 2.0 / 17.0],
        [2.0 / 19.0, 2.0 / 21.0, 2.0 / 23.0, 2.0 / 25.0],
    ];
    const TANH: &'static [[Self; 4]] = &[
        [-0.333_333_333_333_333_3, 0.133_333_333_333_330_67, -0.053_968_253_968_044_01, 0.021_869_488_527_84],
        [
            -0.008_863_235_336_545_494,
            0.003_592_125_166_692_235_4,
            -0.001_455_805_881_172_534_9,
            0.000_589_833_214_410_847_5,
        ],
        [
            -0.000_238_214_645_780_405_6,
            9.396_817_437_394_987e-5,
            -3.296_673_465_200_032e-5,
            7.449_009_370_958_913e-6,
        ],
    ];
    const LN_SQRT_TAU: [Self; 2] = [0.918_938_533_204_672_8, -3.878_294_158_067_241_4e-17];
    const CUBIC: [[Self; 2]; 2] = [
        [1.595_769_121_605_730_8, -9.969_308_809_110_92e-17],
        [0.071_354_816_272_600_25, -6.175_149_918_155_315e-19],
    ];
    const MILLS: &'static [[Self; 4]] = &[
        [
            0.073_450_546_184_352_46,
            -0.127_554_593_123_764_33,
            0.110_459_414_013_373_09,
            -0.063_932_198_125_397_23,
        ],
        [
            0.024_018_159_670_776_126,
            -0.003_959_038_320_255_113,
            -0.001_170_230_790_501_649_8,
            0.000_724_904_224_421_441_8,
        ],
        [
            1.678_895_779_588_272_5e-5,
            -9.983_044_085_568_355e-5,
            4.815_108_526_926_83e-6,
            1.527_678_430_655_021_4e-5,
        ],
        [
            -5.738_016_166_371_75e-7,
            -2.650_065_826_601_454_5e-6,
            -1.286_814_151_071_778_4e-7,
            4.792_896_280_467_919e-7,
        ],
        [
            9.670_278_643_540_529e-8,
            -7.824_343_580_363_245e-8,
            -3.495_713_930_154_27e-8,
            8.248_711_836_639_671e-9,
        ],
        [
            8.503_803_145_563_182e-9,
            4.579_075_361_069_282_4e-10,
            -1.111_982_898_248_631_6e-9,
            -2.845_331_871_403_718_4e-10,
        ],
    ];

    bits! { f64, u64, fraction: 52, one: 1023 }
}

/// Whether it is not NaN.
#[inline(always)]
#[allow(clippy::eq_op)] // NaN alone is not equal to itself.
pub(super) fn is_number<F: Format>(x: F) -> bool {
    x == x
}
