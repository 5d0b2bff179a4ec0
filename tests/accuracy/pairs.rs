//! The same map for two operands, both of which vary: value, slopes and the three second derivatives.
//!
//! Single precision is held against double precision, in which products of three numbers neither overflow nor underflow; double
//! precision against `table.txt`. The mixed derivative is looked at in both orders.

use super::map::{DOUBLE, Exact, Format, SINGLE, UNITS, Worst};
use wengert::{Float, Tape, Var};

/// A function of two operands, and what it is exactly.
pub struct Pair {
    pub name: &'static str,
    single: for<'t> fn([Var<'t, f32>; 2]) -> Var<'t, f32>,
    double: for<'t> fn([Var<'t, f64>; 2]) -> Var<'t, f64>,
    /// The summands of the value and the derivatives in [`ORDERS`], at numbers of single precision.
    exact: fn(f64, f64) -> [Vec<f64>; 6],
    /// Where it is not held to the bound: given the order, the operands, the result, and the smallest normal number.
    except: fn(usize, [f64; 2], f64, &Format) -> bool,
}

/// The slope of a / b in b is the quotient divided by b, and if that is below the normal range it has an error of half the smallest
/// number, which a small b makes larger. A formula without that would be slower for all.
fn rounded_quotient(order: usize, [_, b]: [f64; 2], y: f64, format: &Format) -> bool {
    [2, 5].contains(&order) && y.abs() < format.normal && b.abs() < 1.0
}

/// The slope of log(a) aᵇ in a, the mixed derivative from the other side, has the summand aᵇ / a, whose first factor may have left
/// the normal range.
fn left_range(order: usize, _: [f64; 2], y: f64, format: &Format) -> bool {
    order == OTHER_SIDE && !(format.normal..format.largest).contains(&y)
}

fn nowhere(_: usize, _: [f64; 2], _: f64, _: &Format) -> bool {
    false
}

/// Of the mixed derivative, first by b and then by a.
const OTHER_SIDE: usize = 6;

/// By which operands it was differentiated.
pub const ORDERS: [&str; 6] = ["", "a", "b", "aa", "ab", "bb"];

macro_rules! pair {
    ($name:literal, |$a:ident, $b:ident| $y:expr, |$x:ident, $z:ident| $exact:expr) => {
        pair!($name, |$a, $b| $y, |$x, $z| $exact, nowhere)
    };
    ($name:literal, |$a:ident, $b:ident| $y:expr, |$x:ident, $z:ident| $exact:expr, $except:expr) => {
        Pair {
            name: $name,
            single: |[$a, $b]| $y,
            double: |[$a, $b]| $y,
            exact: |$x, $z| $exact.map(Vec::from),
            except: $except,
        }
    };
}

pub const PAIRS: &[Pair] = &[
    pair!("a + b", |a, b| a + b, |a, b| [[a + b], [1.0], [1.0], [0.0], [0.0], [0.0]]),
    pair!("a - b", |a, b| a - b, |a, b| [[a - b], [1.0], [-1.0], [0.0], [0.0], [0.0]]),
    pair!("a b", |a, b| a * b, |a, b| [[a * b], [b], [a], [0.0], [1.0], [0.0]]),
    pair!("maximum(a, b)", |a, b| a.maximum(b), |a, b| {
        let first = share(a, b);
        [[a.max(b)], [first], [1.0 - first], [0.0], [0.0], [0.0]]
    }),
    pair!("minimum(a, b)", |a, b| a.minimum(b), |a, b| {
        let first = share(b, a);
        [[a.min(b)], [first], [1.0 - first], [0.0], [0.0], [0.0]]
    }),
    pair!("a / b", |a, b| a / b, |a, b| quotient(a, b).map(|y| [y]), rounded_quotient),
    pair!("azdiv(a, b)", |a, b| a.azdiv(b), |a, b| quotient(a, b).map(|y| [y]), rounded_quotient),
    // Where a < 0, a power has no derivative in b.
    pair!(
        "a ^ b",
        |a, b| a.pow(b),
        |a, b| {
            let a = if a > 0.0 { a } else { f64::NAN };
            let [y, one, two] = [b, b - 1.0, b - 2.0].map(|b| a.powf(b));
            let log = a.ln();
            [
                vec![y],
                vec![weigh(b, one)],
                vec![weigh(log, y)],
                vec![weigh(b * (b - 1.0), two)],
                vec![one, weigh(b, weigh(log, one))],
                vec![weigh(log, weigh(log, y))],
            ]
        },
        left_range
    ),
    pair!("atan2(a, b)", |a, b| a.atan2(b), |a, b| {
        let square = a * a + b * b;
        let turn = 2.0 * a * b / square / square;
        let mixed = (a - b) * (a + b) / square / square;
        [[a.atan2(b)], [b / square], [-a / square], [-turn], [mixed], [turn]]
    }),
];

fn quotient(a: f64, b: f64) -> [f64; 6] {
    [a / b, 1.0 / b, -a / b / b, 0.0, -1.0 / b / b, 2.0 * a / b / b / b]
}

/// Of the larger.
fn share(a: f64, b: f64) -> f64 {
    if a > b {
        1.0
    } else if a < b {
        0.0
    } else {
        0.5
    }
}

/// The product, 0 where either vanishes.
fn weigh(a: f64, b: f64) -> f64 {
    if a == 0.0 || b == 0.0 { 0.0 } else { a * b }
}

/// In the order of [`ORDERS`], and the mixed derivative in its other order.
fn derivatives<T: Float>(
    points: &[[T; 2]],
    record: for<'t> fn([Var<'t, T>; 2]) -> Var<'t, T>,
) -> [Vec<f64>; 7] {
    let tape = Tape::new();
    let operand =
        |name, i: usize| tape.leaf(name, points.iter().map(|p| p[i]).collect::<ndarray::Array1<T>>());
    let [a, b] = [operand("a", 0), operand("b", 1)];
    let y = record([a, b]);
    let first = y.sum().backward();
    let [in_a, in_b] = [first[a], first[b]];
    let second = |slope: Var<'_, T>, by: usize| -> Vec<f64> {
        if !slope.varies() {
            return vec![0.0; points.len()];
        }
        let gradients = slope.sum().backward();
        read(if by == 0 { gradients[a] } else { gradients[b] })
    };
    [read(y), read(in_a), read(in_b), second(in_a, 0), second(in_a, 1), second(in_b, 1), second(in_b, 0)]
}

fn read<T: Float>(y: Var<'_, T>) -> Vec<f64> {
    y.value().iter().map(|y| y.to_f64()).collect()
}

/// At these points, exact results given by `exact`.
fn worst<T: Float>(
    points: &[[T; 2]],
    record: for<'t> fn([Var<'t, T>; 2]) -> Var<'t, T>,
    format: &Format,
    except: fn(usize, [f64; 2], f64, &Format) -> bool,
    exact: impl Fn(usize) -> [Exact; 6],
) -> [Worst; 6] {
    let found = derivatives(points, record);
    let mut worst = [Worst::default(); 6];
    for i in 0..points.len() {
        let exact = exact(i);
        // Where there is no value, there is no derivative to speak of.
        if exact[0].value.is_nan() {
            continue;
        }
        for (order, found) in found.iter().enumerate() {
            let excepted = except(order, points[i].map(T::to_f64), exact[0].value, format);
            let order = if order == OTHER_SIDE { 4 } else { order };
            // Of summands that overflow, there is no sum.
            if excepted || exact[order].size > format.largest {
                continue;
            }
            let units = format.units(found[i], exact[order]);
            // Which of the points; the caller knows them.
            #[allow(clippy::cast_precision_loss)]
            worst[order].see(units, i as f64, exact[order].value.abs() < format.normal);
        }
    }
    worst
}

/// The largest errors, and the points where they are: in the normal range, and below.
pub type Found = [(Worst, [[f64; 2]; 2]); 6];

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // They are indices.
fn located(worst: [Worst; 6], at: impl Fn(usize) -> [f64; 2]) -> Found {
    worst.map(|worst| (worst, [worst.at, worst.below_at].map(|i| at(i as usize))))
}

impl Pair {
    /// At so many pairs of numbers.
    pub fn single_precision(&self, pairs: usize) -> Found {
        let mut bits = Bits(1);
        let points: Vec<[f32; 2]> = (0..pairs).map(|kind| bits.pair(kind)).collect();
        let exact = |i: usize| {
            (self.exact)(f64::from(points[i][0]), f64::from(points[i][1])).map(|summands| Exact {
                value: summands.iter().sum(),
                rest: 0.0,
                size: if summands.len() > 1 {
                    summands.iter().fold(0.0, |most, s| s.abs().max(most))
                } else {
                    0.0
                },
            })
        };
        located(worst(&points, self.single, &SINGLE, self.except, exact), |i| points[i].map(f64::from))
    }

    /// At the points of the table; `None` if the function is not in it.
    pub fn double_precision(&self) -> Option<Found> {
        let lines = include_str!("table.txt").lines().map(|line| line.split(';').collect::<Vec<_>>());
        let lines: Vec<Vec<&str>> = lines.filter(|fields| fields[0] == self.name).collect();
        let number = |text: &str| -> f64 { text.parse().expect("the table has numbers") };
        let points: Vec<[f64; 2]> =
            lines.iter().map(|fields| [number(fields[1]), number(fields[2])]).collect();
        if points.is_empty() {
            return None;
        }
        let exact = |i: usize| {
            [0, 1, 2, 3, 4, 5].map(|order| {
                let text = lines[i][3 + order];
                let (value, rest) = text.split_once(':').unwrap_or((text, "0"));
                let value = number(value);
                let rest = number(rest) / 100.0 * DOUBLE.unit(value);
                let size = if order == 4 { lines[i].get(9).map_or(0.0, |size| number(size)) } else { 0.0 };
                Exact { value, rest, size }
            })
        };
        Some(located(worst(&points, self.double, &DOUBLE, self.except, exact), |i| points[i]))
    }
}

/// Random bits (G. Marsaglia, 2003): the same on every machine.
struct Bits(u64);

impl Bits {
    #[allow(clippy::cast_possible_truncation)] // The upper half.
    fn next(&mut self) -> u32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 32) as u32
    }

    /// From −1 to 1.
    #[allow(clippy::cast_possible_truncation)] // To the nearest.
    fn unit(&mut self) -> f32 {
        (f64::from(self.next()) / f64::from(1_u32 << 31) - 1.0) as f32
    }

    fn any(&mut self) -> f32 {
        let x = f32::from_bits(self.next());
        if x.is_finite() { x } else { self.any() }
    }

    /// Any two numbers; two near each other in size; two of moderate size; one near 1, and an exponent that makes something of it;
    /// one that is subnormal.
    fn pair(&mut self, kind: usize) -> [f32; 2] {
        match kind % 5 {
            0 => [self.any(), self.any()],
            1 => {
                let a = self.any();
                let b = a * (4.0 * self.unit()).exp2();
                [a, if b.is_finite() { b } else { a }]
            }
            2 => [(20.0 * self.unit()).exp2(), 30.0 * self.unit()],
            3 => [
                1.0 + self.unit() * (-12.0 + 11.0 * self.unit()).exp2(),
                self.unit() * (14.0 + 13.0 * self.unit()).exp2(),
            ],
            _ => [self.any() * f32::MIN_POSITIVE, (30.0 * self.unit()).exp2()],
        }
    }
}

#[allow(dead_code)] // The example prints it.
/// The table, in Markdown.
pub fn print(pairs: usize, part: &str) {
    println!("\n| function | | value | ∂a | ∂b | ∂a∂a | ∂a∂b | ∂b∂b |");
    println!("|---|---|---|---|---|---|---|---|");
    for pair in PAIRS.iter().filter(|pair| pair.name.contains(part)) {
        let row = |precision: &str, found: Found| {
            let cells = found.map(|(worst, [at, below_at])| {
                let far = if worst.units > UNITS { format!(" at {at:?}") } else { String::new() };
                let below = if worst.below > UNITS {
                    format!(" (below {:.0} at {below_at:?})", worst.below)
                } else {
                    String::new()
                };
                format!("{:.2}{far}{below}", worst.units)
            });
            println!("| {} | {precision} | {} |", pair.name, cells.join(" | "));
        };
        row("f32", pair.single_precision(pairs));
        if let Some(found) = pair.double_precision() {
            row("f64", found);
        }
    }
}
