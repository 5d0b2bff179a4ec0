//! Right or wrong, by differences of the function's values at ordinary numbers: the judge of the corpus' claims, which
//! knows no derivative rule and shares nothing with the examiner.

use super::corpus::Real;
use ndarray::ArrayD;
use wengert::check::{Argument, Derivative, Values};
use wengert::random::Draws;
use wengert::{Tape, Var};

/// The inputs of a function.
pub struct Inputs<'a, const N: usize> {
    pub shapes: [&'a str; N],
    pub values: &'a [(&'a str, Values)],
}

/// The largest distance of a gradient from central differences, in parts of the largest element of the two; over some
/// draws, until one is further than `enough`. In double precision its own error is some 1e-9; infinity if the function refused or gave another shape.
pub fn apart<T: Real, M, const N: usize>(
    formula: &impl for<'t> Fn([Var<'t, T>; N]) -> Var<'t, T>,
    by_hand: &impl Derivative<T, M>,
    takes_cotangent: bool,
    inputs: &Inputs<'_, N>,
    enough: f64,
) -> f64 {
    let mut apart = 0.0_f64;
    for draw in 0..32 {
        apart = apart.max(apart_once(formula, by_hand, takes_cotangent, inputs, draw));
        // Most of what is wrong shows at once; what is right stays so.
        if apart > enough || enough == f64::INFINITY && draw == 2 {
            break;
        }
    }
    apart
}

fn apart_once<T: Real, M, D: Derivative<T, M>, const N: usize>(
    formula: &impl for<'t> Fn([Var<'t, T>; N]) -> Var<'t, T>,
    by_hand: &D,
    takes_cotangent: bool,
    inputs: &Inputs<'_, N>,
    draw: u64,
) -> f64 {
    let mut draws = Draws::new(1000 + draw);
    let mut named = Vec::new();
    let arrays: Vec<ArrayD<T>> = inputs
        .shapes
        .iter()
        .enumerate()
        .map(|(i, text)| inputs.draw(i, text, &mut named, &mut draws))
        .collect();
    let value = |arrays: &[ArrayD<T>]| {
        let tape = Tape::<T>::new();
        let vars: [Var<'_, T>; N] = std::array::from_fn(|i| tape.leaf("x", arrays[i].clone()));
        formula(vars).value().to_owned()
    };
    let cotangent = ordinary(value(&arrays).shape(), &mut draws);
    let cotangent = if takes_cotangent { cotangent } else { ArrayD::ones(cotangent.raw_dim()) };
    let loss = |arrays: &[ArrayD<T>]| -> T { (&value(arrays) * &cotangent).sum() };

    let parameters: Vec<Argument<T>> = takes_cotangent
        .then_some(&cotangent)
        .into_iter()
        .chain(&arrays)
        .take(D::PARAMETERS)
        .map(|array| Argument::new(array.clone()))
        .collect();
    let Ok(Ok(given)) = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| by_hand.call(&parameters)))
    else {
        return f64::INFINITY;
    };
    let mut apart = 0.0_f64;
    for (input, given) in given.iter().enumerate() {
        if given.shape() != arrays[input].shape() {
            return f64::INFINITY;
        }
        let mut slopes = given.clone();
        for (at, slope) in slopes.indexed_iter_mut() {
            let beside = |step: f64| {
                let mut moved = arrays.clone();
                moved[input][at.clone()] += T::from_f64(step);
                loss(&moved)
            };
            // Of fourth order: 1e-3⁴ is below what rounding leaves, 1e-16 / 1e-3.
            let h = 1e-3;
            let [near, far] = [beside(h) - beside(-h), beside(2.0 * h) - beside(-2.0 * h)];
            *slope = (T::from_f64(8.0) * near - far) / T::from_f64(12.0 * h);
        }
        let largest = slopes.iter().chain(given).fold(0.0, |most: f64, x| most.max(T::as_f64(*x).abs()));
        if largest.is_nan() || given.iter().any(|x| !T::as_f64(*x).is_finite()) {
            return f64::INFINITY;
        }
        for (slope, given) in slopes.iter().zip(given) {
            if largest > 0.0 {
                apart = apart.max(T::as_f64(*slope - *given).abs() / largest);
            }
        }
    }
    apart
}

impl<const N: usize> Inputs<'_, N> {
    fn draw<T: Real>(
        &self,
        i: usize,
        text: &str,
        named: &mut Vec<(String, usize)>,
        draws: &mut Draws,
    ) -> ArrayD<T> {
        let (name, axes) = text
            .split_once(':')
            .map_or((format!("input{i}"), text), |(name, axes)| (name.trim().to_owned(), axes));
        let shape: Vec<usize> = axes.split_whitespace().map(|axis| length(axis, named)).collect();
        let values = self.values.iter().find(|(of, _)| *of == name).map_or(Values::Any, |(_, v)| v.clone());
        let unit = |draws: &mut Draws| draws.uniform::<f64, _>(1)[0];
        let free = ordinary::<T>(&shape, draws);
        match values {
            Values::Any | Values::Extended => free,
            Values::Positive => free.mapv(Real::positive),
            Values::Between(low, high) => free.mapv(|_| T::from_f64(low + (high - low) * unit(draws))),
            Values::Whole(low, high) => {
                free.mapv(|_| T::from_f64((f64::from(low) + f64::from(high - low) * unit(draws)).floor()))
            }
            Values::OneHot => {
                let last = shape.last().copied().unwrap_or(1);
                let mut array = ArrayD::<T>::zeros(shape);
                for mut row in array.rows_mut() {
                    row[draws.below(last, 1)[0]] = T::one();
                }
                array
            }
            Values::Index(_) | Values::Below(_) | Values::Mask => unreachable!("the corpus has none"),
            Values::Custom(of) => of(&shape, &mut || unit(draws)).mapv(T::from_f64),
        }
    }
}

/// From ±0.1 to ±2, no two alike.
fn ordinary<T: Real>(shape: &[usize], draws: &mut Draws) -> ArrayD<T> {
    let u: ArrayD<f64> = draws.uniform(shape);
    u.mapv(|u| T::from_f64(if u < 0.5 { -0.1 - 3.8 * u } else { 0.1 + 3.8 * (u - 0.5) }))
}

/// The size of an axis in the shape language: a number, a name (with a bound, perhaps), or sums and products of them.
/// Names get 4, 3, 2, 5 in the order in which they come.
fn length(axis: &str, named: &mut Vec<(String, usize)>) -> usize {
    let axis = axis.split(['>', '<', '=']).next().expect("a part");
    let (mut total, mut sign, mut factor) = (0_isize, 1, 1);
    let mut rest = axis;
    while !rest.is_empty() {
        let end = rest.find(['+', '-', '*']).unwrap_or(rest.len());
        let (word, tail) = rest.split_at(end);
        let size = word.parse().unwrap_or_else(|_| {
            let known = named.iter().find(|(name, _)| name == word).map(|(_, size)| *size);
            known.unwrap_or_else(|| {
                let size = [4, 3, 2, 5][named.len() % 4];
                named.push((word.to_owned(), size));
                size
            })
        });
        factor *= isize::try_from(size).expect("sizes are small");
        let operator = tail.chars().next();
        if operator != Some('*') {
            total += sign * factor;
            factor = 1;
            sign = if operator == Some('-') { -1 } else { 1 };
        }
        rest = tail.get(1..).unwrap_or("");
    }
    usize::try_from(total).expect("a size")
}
