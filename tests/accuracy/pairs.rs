//! The map of accuracy of operations with two operands that both vary: value, slopes and second derivatives in each.
//!
//! Single precision, at pairs of normal numbers from the whole range: each of some hundred of all binades with others, and with
//! numbers near itself. (Of a number below the normal range, which has few digits, the slope of a quotient has no more.) The reference is double precision, whose exponents hold every intermediate result of these formulas.

use super::map::{Exact, SINGLE, UNITS, Worst};
use ndarray::Array1;
use std::fmt::Write;
use wengert::{Tape, Var};

/// What is looked at: value, ∂a, ∂b, ∂aa, ∂ab, ∂bb.
pub const DERIVATIVES: [&str; 6] = ["value", "∂a", "∂b", "∂aa", "∂ab", "∂bb"];

/// The mixed derivative of atan2, (v − u)(v + u) with u = a/(a² + b²) and v = b/(a² + b²), has one unit in each of the four.
const MIXED: f64 = 6.0;

/// An operation, and the summands of each of its derivatives.
pub struct Operation {
    pub name: &'static str,
    record: for<'t> fn(Var<'t, f32>, Var<'t, f32>) -> Var<'t, f32>,
    exact: fn(f64, f64) -> Option<[Vec<f64>; 6]>,
}

pub const OPERATIONS: &[Operation] = &[
    Operation {
        name: "a * b",
        record: |a, b| a * b,
        exact: |a, b| Some([vec![a * b], vec![b], vec![a], vec![0.0], vec![1.0], vec![0.0]]),
    },
    Operation {
        name: "a / b",
        record: |a, b| a / b,
        exact: |a, b| {
            let r = 1.0 / b;
            Some([vec![a * r], vec![r], vec![-a * r * r], vec![0.0], vec![-r * r], vec![2.0 * a * r * r * r]])
        },
    },
    Operation {
        name: "a ^ b",
        record: |a, b| a.pow(b),
        exact: |a, b| {
            if a <= 0.0 {
                return None;
            }
            let power = |less: f64| (a.ln() * (b - less)).exp();
            let [y, y1, y2, log] = [power(0.0), power(1.0), power(2.0), a.ln()];
            // Its own logarithm in double precision has too few digits where the power has a large exponent.
            (y1.is_finite() && (a.ln() * b).abs() < 200.0).then(|| {
                [
                    vec![y],
                    vec![b * y1],
                    vec![log * y],
                    vec![b * (b - 1.0) * y2],
                    vec![y1, b * log * y1],
                    vec![log * log * y],
                ]
            })
        },
    },
    Operation {
        name: "atan2(a, b)",
        record: |a, b| a.atan2(b),
        exact: |a, b| {
            let square = a * a + b * b;
            let (u, v) = (a / square, b / square);
            Some([
                vec![a.atan2(b)],
                vec![v],
                vec![-u],
                vec![-2.0 * u * v],
                vec![u * u, -v * v],
                vec![2.0 * u * v],
            ])
        },
    },
];

/// Numbers of either sign in all binades, and each with neighbours.
#[allow(clippy::cast_possible_truncation)]
fn numbers(step: u32) -> Vec<f32> {
    let bits = (0x0080_0000..0x7f80_0000_u32).step_by(step as usize);
    bits.map(|bits| if bits.is_multiple_of(2) { f32::from_bits(bits) } else { -f32::from_bits(bits) })
        .collect()
}

impl Operation {
    /// The largest errors, at pairs of every so many numbers.
    pub fn worst(&self, step: u32) -> [Worst<[f64; 2]>; 6] {
        let numbers = numbers(step);
        let mut all = [Worst::default(); 6];
        for (i, first) in numbers.iter().enumerate() {
            // With all others, and with numbers near it on either side, of any sign.
            let near = (1..40_u32).map(|k| first * (0.25 + 0.05 * f32::from(u8::try_from(k).expect("few"))));
            let others = numbers.iter().skip(i % 7).step_by(7).copied().chain(near);
            let (mut a, mut b) = (Vec::new(), Vec::new());
            for other in others.filter(|x| x.is_finite() && *x != 0.0) {
                a.push(if i % 2 == 0 { *first } else { other });
                b.push(if i % 2 == 0 { other } else { *first });
            }
            self.merge(&mut all, a, b);
        }
        all
    }

    fn merge(&self, all: &mut [Worst<[f64; 2]>; 6], a: Vec<f32>, b: Vec<f32>) {
        // Where there is no exact number there is nothing to compare, and a power of a negative number is not asked for.
        let pairs: Vec<(f32, f32)> = a
            .into_iter()
            .zip(b)
            .filter(|(a, b)| (self.exact)(f64::from(*a), f64::from(*b)).is_some())
            .collect();
        let tape = Tape::<f32>::new();
        let leaf = |of: fn(&(f32, f32)) -> f32| tape.leaf("x", pairs.iter().map(of).collect::<Array1<f32>>());
        let (x, y) = (leaf(|pair| pair.0), leaf(|pair| pair.1));
        let out = (self.record)(x, y);
        let slopes = |of: Var<'_, f32>| {
            let grads = of.sum().backward();
            [x, y].map(|wrt| grads[wrt].row())
        };
        let at = |row: usize| tape.vars().nth(row).expect("a row");
        let [da, db] = slopes(out);
        let second = |of: usize| if at(of).varies() { slopes(at(of)).map(Some) } else { [None; 2] };
        let ([aa, ab], [_, bb]) = (second(da), second(db));
        let rows = [Some(out.row()), Some(da), Some(db), aa, ab, bb];
        for (order, row) in rows.into_iter().enumerate() {
            let found: Vec<f32> = match row {
                Some(row) => at(row).value().iter().copied().collect(),
                None => vec![0.0; pairs.len()],
            };
            for ((a, b), found) in pairs.iter().zip(found) {
                let (a, b) = (f64::from(*a), f64::from(*b));
                let summands = (self.exact)(a, b).expect("filtered").into_iter().nth(order).expect("six");
                let size = if summands.len() > 1 {
                    summands.iter().fold(0.0, |most: f64, s| most.max(s.abs()))
                } else {
                    0.0
                };
                let exact = Exact { value: summands.iter().sum(), rest: 0.0, size };
                all[order].look([a, b], f64::from(found), exact, &SINGLE);
            }
        }
    }
}

/// What is more than [`UNITS`] away.
pub fn failures(step: u32) -> String {
    let mut failures = String::new();
    for operation in OPERATIONS {
        for (derivative, worst) in DERIVATIVES.iter().zip(operation.worst(step)) {
            let Worst { units, at, below, below_at, of } = worst;
            assert!(of > 1000, "{} is hardly looked at", operation.name);
            let mixed = operation.name.starts_with("atan2") && derivative == &"∂ab";
            if units > if mixed { MIXED } else { UNITS } {
                writeln!(failures, "{derivative} of {}: {units:.2} units at {at:?}", operation.name)
                    .expect("a string");
            }
            if below > UNITS {
                writeln!(
                    failures,
                    "{derivative} of {}: {below:.2} smallest units at {below_at:?}",
                    operation.name
                )
                .expect("a string");
            }
        }
    }
    failures
}

/// The table, in Markdown.
#[allow(dead_code)] // The example prints it.
pub fn print(step: u32) {
    println!("| f32 | {} |", DERIVATIVES.join(" | "));
    println!("|---|---|---|---|---|---|---|");
    for operation in OPERATIONS {
        let cells = operation.worst(step).map(|worst| {
            let below =
                if worst.below > UNITS { format!(" (below {:.0})", worst.below) } else { String::new() };
            format!("{:.2}{below}", worst.units)
        });
        println!("| {} | {} |", operation.name, cells.join(" | "));
    }
}
