//! Both forms of every kernel, held against each other.

use super::Prim;
use crate::array::{Arithmetic, Kernel, Slices};
use rand::rngs::Xoshiro256PlusPlus;
use rand::{RngExt, SeedableRng};

fn run<T: Arithmetic>(slices: Slices<T>, [a, b, c]: [&[T]; 3], y: &mut [T]) {
    match slices {
        Slices::One(f) => f(a, y),
        Slices::Two(f) => f(a, b, y),
        Slices::Three(f) => f(a, b, c, y),
    }
}

/// Bits that are equal as numbers' bits are: of a NaN, it counts only that it is one.
fn bits<T: Arithmetic>(x: T) -> u64 {
    if x.is_nan() { f64::NAN.to_bits() } else { x.to_f64().to_bits() }
}

/// A number of any kind: a special one, or another of any size.
fn number<T: Arithmetic>(rng: &mut Xoshiro256PlusPlus) -> T {
    let special =
        [0.0, -0.0, 1.0, -1.0, f64::INFINITY, -f64::INFINITY, f64::NAN, 1e-310, -1e-40, 3e38, -1e308];
    T::from_f64(match rng.random_range(0..4) {
        0 => special[rng.random_range(0..special.len())],
        1 => f64::from_bits(rng.random_range(0..=u64::MAX)),
        // Few enough that there are ties, and of a size at which functions do not overflow.
        _ => f64::from(rng.random_range(-2000..=2000)) / 500.0,
    })
}

fn forms_agree<T: Arithmetic>() {
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(1);
    for prim in Prim::all() {
        let Some(kernel) = prim.kernel::<T>() else { continue };
        assert_eq!(prim.arity(), Some(kernel.arity()));
        let Kernel { slices, scalar, plain } = kernel;
        for len in 0..70 {
            for offset in [0, 1, 3, 7] {
                let operands: [Vec<T>; 3] =
                    std::array::from_fn(|_| (0..offset + len).map(|_| number(&mut rng)).collect());
                let [a, b, c] = operands.each_ref().map(|operand| &operand[offset..]);
                let mut out = vec![T::zero(); len];
                run(slices, [a, b, c], &mut out);
                for i in 0..len {
                    let number = scalar(a[i], b[i], c[i]);
                    let operands = (a[i], b[i], c[i]);
                    if let Some(plain) = plain {
                        assert_eq!(bits(plain.of(a[i], b[i])), bits(number), "{}{operands:?}", prim.name());
                    }
                    assert_eq!(
                        bits(out[i]),
                        bits(number),
                        "{}{operands:?}, {len} from {offset}",
                        prim.name()
                    );
                }
            }
        }
    }
}

#[test]
fn forms_agree_bit_for_bit() {
    forms_agree::<f32>();
    forms_agree::<f64>();
}

/// Operands that a function has no use for do not change it.
#[test]
fn surplus_operands_are_ignored() {
    for prim in Prim::all() {
        let Some(kernel) = prim.kernel::<f64>() else { continue };
        let padded = |pad: f64| {
            let operands: [f64; 3] = std::array::from_fn(|i| if i < kernel.arity() { 0.3 } else { pad });
            (kernel.scalar)(operands[0], operands[1], operands[2]).to_bits()
        };
        assert_eq!(padded(1.0), padded(f64::NAN), "{}", prim.name());
    }
}

#[test]
fn elementwise_families_have_kernels() {
    let with: Vec<&str> =
        Prim::all().iter().filter(|prim| prim.kernel::<f32>().is_some()).map(Prim::name).collect();
    for name in ["neg", "detach", "add", "atan2", "gt", "select"] {
        assert!(with.contains(&name), "{name} is not in {with:?}");
    }
    for name in ["input", "sum", "reshape", "take", "matmul"] {
        assert!(!with.contains(&name), "{name} is in {with:?}");
    }
}
