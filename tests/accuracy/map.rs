//! The map of accuracy: how many units in the last place values, first and second derivatives are from the exact result.
//!
//! The derivatives are those that a tape gives: `backward`, and `backward` of what that gave. The reference for single precision
//! is double precision, by other formulas, of the standard library's functions: [`functions`](super::functions). For double
//! precision it is `table.txt`, which `table.py` makes with 400 bits.
//!
//! A unit is the distance of neighbours at the exact result, below the normal range the smallest positive number. Where a
//! derivative crosses 0 because its summands cancel, it is that at the largest summand; of which functions that is so, their
//! entries say ([`Function::cancels`]).

use super::functions::FUNCTIONS;
use wengert::{Float, Tape, Var};

/// A function on a tape, in both precisions, and what it is exactly.
pub struct Function {
    pub name: &'static str,
    pub single: for<'t> fn(Var<'t, f32>) -> Var<'t, f32>,
    pub double: for<'t> fn(Var<'t, f64>) -> Var<'t, f64>,
    /// The summands of value, first and second derivative at a number of single precision.
    pub exact: fn(f64) -> [Vec<f64>; 3],
    /// Whether its derivatives cross 0 by cancellation.
    pub cancels: bool,
}

/// Of the exact result; below the normal range, of the smallest positive number.
pub const UNITS: f64 = 4.0;

/// What was computed, and what is exact.
struct Entry {
    /// Where.
    at: f64,
    found: [f64; 3],
    exact: [Exact; 3],
}

/// A number as a double-precision one and a rest, and the size of what it is the sum of.
#[derive(Clone, Copy)]
pub struct Exact {
    pub value: f64,
    pub rest: f64,
    pub size: f64,
}

/// The largest error, where it is, and how many were looked at.
#[derive(Clone, Copy, Default)]
pub struct Worst {
    pub units: f64,
    pub at: f64,
    /// The same where the exact result is below the normal range.
    pub below: f64,
    pub below_at: f64,
    pub of: usize,
}

impl Worst {
    pub fn see(&mut self, units: f64, at: f64, below: bool) {
        self.merge(if below {
            Self { below: units, below_at: at, of: 1, ..Self::default() }
        } else {
            Self { units, at, of: 1, ..Self::default() }
        });
    }

    pub fn merge(&mut self, other: Self) {
        self.of += other.of;
        if other.units > self.units {
            (self.units, self.at) = (other.units, other.at);
        }
        if other.below > self.below {
            (self.below, self.below_at) = (other.below, other.below_at);
        }
    }
}

/// A format's largest number, its smallest positive one, its smallest normal one, and the distance from 1 to the next larger number.
pub struct Format {
    pub largest: f64,
    smallest: f64,
    pub normal: f64,
    epsilon: f64,
}

pub const SINGLE: Format = Format {
    largest: f32::MAX as f64,
    smallest: 1.401_298_464_324_817e-45,
    normal: f32::MIN_POSITIVE as f64,
    epsilon: f32::EPSILON as f64,
};
pub const DOUBLE: Format =
    Format { largest: f64::MAX, smallest: 5e-324, normal: f64::MIN_POSITIVE, epsilon: f64::EPSILON };

impl Format {
    /// The distance of neighbours at a number.
    pub fn unit(&self, at: f64) -> f64 {
        let binade = f64::from_bits(at.to_bits() & f64::INFINITY.to_bits());
        (binade * self.epsilon).max(self.smallest)
    }

    pub fn units(&self, found: f64, exact: Exact) -> f64 {
        let Exact { value, rest, size } = exact;
        if value.is_nan() || found.is_nan() {
            return if value.is_nan() && found.is_nan() { 0.0 } else { f64::INFINITY };
        }
        if found.is_infinite() || value.abs() > self.largest {
            // Beyond the largest number it may be that, or infinity.
            let near = self.largest * (1.0 - 4.0 * self.epsilon);
            let fits = value.abs() >= near && found.abs() >= near && (value < 0.0) == (found < 0.0);
            return if fits { 0.0 } else { f64::INFINITY };
        }
        // The unit of the subnormal numbers has no double-precision reciprocal.
        let unit = self.unit(size.abs().max(value.abs()).min(self.largest));
        (found / unit - value / unit - rest / unit).abs()
    }
}

/// Value, first and second derivative of an elementwise function at each of these numbers.
fn derivatives<T: Float>(xs: Vec<T>, record: for<'t> fn(Var<'t, T>) -> Var<'t, T>) -> [Vec<f64>; 3] {
    let tape = Tape::new();
    let x = tape.leaf("x", ndarray::Array1::from(xs));
    let y = record(x);
    let first = slope(y, x);
    let second = first.and_then(|first| slope(first, x));
    [Some(y), first, second].map(|y| match y {
        Some(y) => y.value().iter().map(|y| y.to_f64()).collect(),
        None => vec![0.0; x.len()],
    })
}

/// The gradient of the sum of `y`: of an elementwise function, its slopes. `None` where no derivative flows.
fn slope<'t, T: Float>(y: Var<'t, T>, x: Var<'t, T>) -> Option<Var<'t, T>> {
    y.varies().then(|| y.sum().backward()[x])
}

fn worst(entries: impl Iterator<Item = Entry>, format: &Format) -> [Worst; 3] {
    let mut worst = [Worst::default(); 3];
    // Where there is no value, there is no derivative to speak of.
    for Entry { at, found, exact } in
        entries.filter(|entry| !entry.exact[0].value.is_nan() || !entry.found[0].is_nan())
    {
        for ((worst, found), exact) in worst.iter_mut().zip(found).zip(exact) {
            let units = format.units(found, exact);
            worst.see(units, at, exact.value.abs() < format.normal);
        }
    }
    worst
}

impl Function {
    /// Over every `step`-th of all finite single-precision numbers.
    #[allow(clippy::cast_possible_truncation)] // There are 2³² of them.
    pub fn single_precision(&self, step: usize) -> [Worst; 3] {
        let mut all = [Worst::default(); 3];
        let numbers: Vec<u32> = (0..1_u64 << 32).step_by(step).map(|bits| bits as u32).collect();
        for bits in numbers.chunks(1 << 16) {
            let xs: Vec<f32> =
                bits.iter().map(|bits| f32::from_bits(*bits)).filter(|x| x.is_finite()).collect();
            let found = derivatives(xs.clone(), self.single);
            let entries = xs.iter().enumerate().map(|(i, x)| {
                let exact = (self.exact)(f64::from(*x)).map(|summands| Exact {
                    value: summands.iter().sum(),
                    rest: 0.0,
                    size: if self.cancels {
                        summands.iter().fold(0.0, |most: f64, s| most.max(s.abs()))
                    } else {
                        0.0
                    },
                });
                Entry { at: f64::from(*x), found: [0, 1, 2].map(|order| found[order][i]), exact }
            });
            all.iter_mut().zip(worst(entries, &SINGLE)).for_each(|(all, here)| all.merge(here));
        }
        all
    }

    /// At the points of the table; `None` if the function is not in it.
    pub fn double_precision(&self) -> Option<[Worst; 3]> {
        let lines = include_str!("table.txt").lines().map(|line| line.split(';').collect::<Vec<_>>());
        let lines: Vec<Vec<&str>> = lines.filter(|fields| fields[0] == self.name).collect();
        let number = |text: &str| -> f64 { text.parse().expect("the table has numbers") };
        let xs: Vec<f64> = lines.iter().map(|fields| number(fields[1])).collect();
        if xs.is_empty() {
            return None;
        }
        let found = derivatives(xs, self.double);
        let entries = lines.iter().enumerate().map(|(i, fields)| Entry {
            at: number(fields[1]),
            found: [0, 1, 2].map(|order| found[order][i]),
            exact: [0, 1, 2].map(|order| {
                let (value, rest) = fields[2 + order].split_once(':').unwrap_or((fields[2 + order], "0"));
                let value = number(value);
                let rest = number(rest) / 100.0 * DOUBLE.unit(value);
                let size =
                    if order > 0 { fields.get(4 + order).map_or(0.0, |size| number(size)) } else { 0.0 };
                Exact { value, rest, size }
            }),
        });
        Some(worst(entries, &DOUBLE))
    }
}

#[allow(dead_code)] // The example prints it.
/// The table, in Markdown, with every `step`-th number of single precision.
pub fn print(step: usize, part: &str) {
    println!("| function | | value | at | slope | at | second | at |");
    println!("|---|---|---|---|---|---|---|---|");
    for function in FUNCTIONS.iter().filter(|function| function.name.contains(part)) {
        let row = |precision: &str, worst: [Worst; 3]| {
            let cell = |(order, worst): (usize, &Worst)| {
                let star = if function.cancels && order > 0 { "\\*" } else { "" };
                let below =
                    if worst.below > UNITS { format!(" (below {:.0})", worst.below) } else { String::new() };
                let at = if worst.units > 0.0 { format!("{:.4e}", worst.at) } else { String::new() };
                format!("{:.2}{star}{below} | {at}", worst.units)
            };
            let cells: Vec<String> = worst.iter().enumerate().map(cell).collect();
            println!("| {} | {precision} | {} |", function.name, cells.join(" | "));
        };
        row("f32", function.single_precision(step));
        if let Some(worst) = function.double_precision() {
            row("f64", worst);
        }
    }
}
