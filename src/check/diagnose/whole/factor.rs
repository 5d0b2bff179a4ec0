//! Constant factors: a number, or a function of the sizes of axes.

use super::super::Mistake;
use super::super::evidence::Evidence;
use super::super::predicted::Predicted;
use super::Guess;
use crate::check::ask::subject::Recorded;
use crate::check::cases::values::count;
use crate::check::judge::examine::Scene;
use crate::symbol::text_of;
use crate::{Float, Tape};

/// A function of the sizes of axes.
type OfSizes = dyn Fn(&[usize]) -> f64;

/// A function of one size N: its text, that of one by it, and itself.
type OfOne = (&'static str, &'static str, fn(f64) -> f64);

/// A factor as text, and what it is for these sizes of the axes.
pub(in super::super) struct Scale {
    pub text: String,
    /// The text of one by it.
    pub inverse: String,
    pub of: Box<OfSizes>,
    /// What it is made of.
    kind: Kind,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    /// The size of an axis.
    Size(usize),
    /// One by it.
    Inverse(usize),
    /// Any other function of sizes.
    Other,
    /// As it says, two of them.
    Product,
    InverseProduct,
}

/// What gradients are wrong by, as functions of sizes: the simplest first.
pub(in super::super) fn scales<T: Float>(evidence: &Evidence<'_, '_, T>) -> Vec<Scale> {
    let Some(scene) = evidence.scenes.first() else { return Vec::new() };
    let axes: Vec<String> = scene.sample.signature().axes.iter().cloned().collect();
    let mut scales = Vec::new();
    let mut add = |text: String, inverse: String, kind: Kind, of: Box<OfSizes>| {
        scales.push(Scale { text, inverse, of, kind });
    };
    let more: [OfOne; 12] = [
        ("√N", "1/√N", f64::sqrt),
        ("1/√N", "√N", |n| 1.0 / n.sqrt()),
        ("(N − 1)/N", "N/(N − 1)", |n| (n - 1.0) / n),
        ("N/(N − 1)", "(N − 1)/N", |n| n / (n - 1.0)),
        ("1/(N − 1)", "(N − 1)", |n| 1.0 / (n - 1.0)),
        ("(N − 1)", "1/(N − 1)", |n| n - 1.0),
        ("N²", "1/N²", |n| n * n),
        ("1/N²", "N²", |n| 1.0 / (n * n)),
        ("2·N", "1/(2·N)", |n| 2.0 * n),
        ("N/2", "2/N", |n| n / 2.0),
        ("1/(2·N)", "2·N", |n| 0.5 / n),
        ("2/N", "N/2", |n| 2.0 / n),
    ];
    for (axis, name) in axes.iter().enumerate() {
        add(name.clone(), format!("1/{name}"), Kind::Size(axis), Box::new(move |sizes| count(sizes[axis])));
        let inverse = Box::new(move |sizes: &[usize]| 1.0 / count(sizes[axis]));
        add(format!("1/{name}"), name.clone(), Kind::Inverse(axis), inverse);
    }
    for (axis, name) in axes.iter().enumerate() {
        for (text, inverse, of) in more {
            let [text, inverse] = [text, inverse].map(|text| text.replace('N', name));
            add(text, inverse, Kind::Other, Box::new(move |sizes| of(count(sizes[axis]))));
        }
        for (other, other_name) in axes.iter().enumerate().filter(|(other, _)| *other != axis) {
            if other > axis {
                let product = format!("({name}·{other_name})");
                let of = move |sizes: &[usize]| count(sizes[axis]) * count(sizes[other]);
                add(product.clone(), format!("1/{product}"), Kind::Product, Box::new(of));
                let inverse = Box::new(move |sizes: &[usize]| 1.0 / of(sizes));
                add(format!("1/{product}"), product, Kind::InverseProduct, inverse);
            }
            add(
                format!("{name}/{other_name}"),
                format!("{other_name}/{name}"),
                Kind::Other,
                Box::new(move |sizes| count(sizes[axis]) / count(sizes[other])),
            );
        }
    }
    // Sizes that are fixed: they have no name, and are numbers.
    for number in fixed(scene) {
        let size = count(number);
        for (axis, name) in axes.iter().enumerate() {
            let by = move |sizes: &[usize]| count(sizes[axis]) / size;
            add(format!("{name}/{number}"), format!("{number}/{name}"), Kind::Other, Box::new(by));
            let of = move |sizes: &[usize]| size / count(sizes[axis]);
            add(format!("{number}/{name}"), format!("{name}/{number}"), Kind::Other, Box::new(of));
            let (product, inverse) = (format!("({number}·{name})"), format!("1/({number}·{name})"));
            let times = move |sizes: &[usize]| size * count(sizes[axis]);
            add(product.clone(), inverse.clone(), Kind::Other, Box::new(times));
            add(inverse, product, Kind::Other, Box::new(move |sizes| 1.0 / (size * count(sizes[axis]))));
        }
    }
    scales
}

/// The sizes above 2 that are said as numbers; of 2, everything is a half.
fn fixed<T>(scene: &Scene<T>) -> Vec<usize> {
    let signature = scene.sample.signature();
    let symbols = (0..signature.inputs.len()).flat_map(|input| signature.symbols(input));
    let mut fixed: Vec<usize> = symbols.filter_map(|symbol| symbol.parse().ok()).filter(|&n| n > 2).collect();
    fixed.sort_unstable();
    fixed.dedup();
    fixed
}

/// A number that is the same, or the same function of the sizes of axes, in every case.
pub(super) fn factor<T: Float>(evidence: &Evidence<'_, '_, T>, input: usize) -> Option<Guess> {
    // It is looked for where it is known best.
    let ratios = || evidence.scenes.iter().filter_map(|scene| Some((scene, ratio(scene, input)?)));
    let (scene, (constant, off)) =
        ratios().min_by(|a, b| (a.1.1 / a.1.0).abs().total_cmp(&(b.1.1 / b.1.0).abs()))?;
    let holds = |of: &dyn Fn(&Scene<T>) -> f64| {
        evidence.confirm(input, |scene| Some(scene.right(input).times(of(scene))))
    };
    // Sizes first, for a constant fits only if no case had another size.
    for scale in scales(evidence) {
        let here = (scale.of)(&scene.sample.sizes);
        if (here - constant).abs() <= off + 1e-6 * here.abs()
            && holds(&|scene| (scale.of)(&scene.sample.sizes))
        {
            return Some(of_sizes(evidence, input, &scale));
        }
    }
    for whole in [2.0, 0.5, 3.0, 1.0 / 3.0, 4.0, 0.25] {
        if (whole - constant).abs() <= off + 1e-6 * whole && holds(&|_| whole) {
            return Some(of_number(evidence, whole, 0.0));
        }
    }
    let inexact = |scene: &Scene<T>| {
        let right = scene.right(input);
        let slack = &right.slack * constant.abs() + &right.values.mapv(|x| 2.0 * off * x.abs());
        Some(Predicted { values: right.values * constant, slack })
    };
    // What is 0, or the right one, is no factor.
    let some = constant.abs() > 2.0 * off && (constant - 1.0).abs() > 2.0 * off;
    (some && (constant + 1.0).abs() > 2.0 * off && evidence.confirm(input, inexact))
        .then(|| of_number(evidence, constant, off))
}

/// In the words for a function of sizes.
fn of_sizes<T: Float>(evidence: &Evidence<'_, '_, T>, input: usize, scale: &Scale) -> Guess {
    let axes = &evidence.scenes[0].sample.signature().axes;
    let Scale { text, inverse, of, kind } = scale;
    let divides = divides_by(evidence, of);
    match *kind {
        Kind::Inverse(axis) if sums_over(evidence, input, axis) => {
            let name = &axes[axis];
            let guess = Guess::new(
                Mistake::MeanForSum,
                format!("{{g}} is a mean over {name} and should be a sum: it is {name} times too small"),
                format!("add up instead of averaging, `sum_axis` for `mean_axis`; or multiply by {name}"),
            );
            Guess { times: Some(text.clone()), ..guess }
        }
        Kind::Inverse(_) | Kind::InverseProduct => {
            let counted = if divides { ": is that of the formula counted twice?" } else { "" };
            too_small(inverse, &format!("a {text} too many{counted}"))
        }
        Kind::Size(_) | Kind::Product if divides => {
            too_large(text, &format!("the {inverse} of the mean is missing"))
        }
        Kind::Size(_) | Kind::Product => {
            too_large(text, "look for a sum that should be a mean, or is taken twice")
        }
        Kind::Other => Guess {
            times: Some(text.clone()),
            ..Guess::new(
                Mistake::Factor,
                format!("{{g}} is {text} times what it should be, a constant factor"),
                format!("multiply by {inverse}"),
            )
        },
    }
}

/// In the words for a number that is known up to `off`.
#[allow(clippy::float_cmp)] // These are whole numbers, or halves.
fn of_number<T: Float>(evidence: &Evidence<'_, '_, T>, constant: f64, off: f64) -> Guess {
    if (constant - 1.0).abs() < 1e-3 {
        return Guess::new(
            Mistake::FewDigits,
            format!(
                "{{g}} is {} times what it should be in every element: a constant has too few digits",
                text_of(constant, off.max(1e-2 * (constant - 1.0).abs()))
            ),
            "write the constant with all its digits, as `std::f64::consts` has them, or compute it",
        );
    }
    // Six digits are enough to find a number by.
    let off = off.max(5e-7 * constant.abs());
    let square = has_square(evidence);
    match constant {
        2.0 if square => {
            too_large("2", "is the 2 of the square counted twice, or one of two equal halves not a half?")
        }
        0.5 if square => too_small("2", "is the 2 of a square missing?"),
        _ if constant < 0.0 => {
            let shown = text_of(constant, off);
            Guess::new(
                Mistake::Factor,
                format!("{{g}} is {shown} times what it should be, sign and all"),
                format!("return `{{g}} / ({shown})`"),
            )
        }
        _ if constant > 1.0 => too_large(&text_of(constant, off), "look for that number in the code"),
        _ => too_small(
            &text_of(1.0 / constant, off / (constant * constant)),
            "look for that number in the code",
        ),
    }
}

fn too_large(times: &str, why: &str) -> Guess {
    let guess = Guess::new(
        Mistake::Factor,
        format!("{{g}} is {times} times too large, a constant factor: {why}"),
        format!("return `{{g}} / {}`", atom(times)),
    );
    Guess { times: Some(times.to_owned()), ..guess }
}

/// In parentheses, if a quotient by it would read otherwise.
fn atom(text: &str) -> String {
    if text.contains(['/', '·', ' ']) && !text.starts_with('(') { format!("({text})") } else { text.into() }
}

fn too_small(times: &str, why: &str) -> Guess {
    let guess = Guess::new(
        Mistake::Factor,
        format!("{{g}} is {times} times too small, a constant factor: {why}"),
        format!("return `{{g}} * {}`", atom(times)),
    );
    Guess { times: Some(format!("1/{times}")), ..guess }
}

/// Given by expected, as least squares have it, and how far off rounding can put that.
fn ratio<T: Float>(scene: &Scene<T>, input: usize) -> Option<(f64, f64)> {
    let (right, given) = (scene.right(input), scene.gradient(input)?);
    if right.values.shape() != given.shape() {
        return None;
    }
    // In units of the largest, lest squares overflow.
    let judged = right.values.iter().zip(&right.slack).zip(given);
    let judged: Vec<(f64, f64, f64)> = judged
        .map(|((e, slack), g)| (*e, *slack, *g))
        .filter(|(e, slack, g)| e.is_finite() && slack.is_finite() && g.is_finite())
        .collect();
    let largest = judged.iter().fold(0.0_f64, |most, (e, _, _)| most.max(e.abs()));
    if largest == 0.0 {
        return None;
    }
    let (mut product, mut square, mut slacks) = (0.0, 0.0, 0.0);
    for (e, slack, g) in judged {
        let e = e / largest;
        product += e * (g / largest);
        square += e * e;
        slacks += e.abs() * (slack / largest);
    }
    let ratio = product / square;
    // The hand-written one has rounded as well, by as much as it is larger.
    let off = (slacks / square) * (1.0 + ratio.abs()) + 8.0 * T::EPSILON.to_f64() * ratio.abs();
    ratio.is_finite().then_some((ratio, off))
}

/// Whether this axis is summed away in the gradient of `input`: it is an axis of the result, or of other inputs of a loss,
/// and not of the input.
fn sums_over<T: Float>(evidence: &Evidence<'_, '_, T>, input: usize, axis: usize) -> bool {
    evidence.fresh().iter().all(|scene| {
        let signature = scene.sample.signature();
        let size = scene.sample.sizes[axis];
        let of_result = scene.cotangent.ndim() == 0 || scene.cotangent.shape().contains(&size);
        of_result && !signature.symbols(input).contains(&signature.axes[axis])
    })
}

/// Whether the formula multiplies by this number, or divides, in every case: a mean's 1/n is a row of it.
fn divides_by<T: Float>(evidence: &Evidence<'_, '_, T>, of: &OfSizes) -> bool {
    evidence.fresh().iter().all(|scene| {
        let number = of(&scene.sample.sizes);
        let near = |x: f64, y: f64| (x - y).abs() <= 1e-6 * y.abs();
        constants(evidence, scene).iter().any(|&x| near(x, number) || near(x, 1.0 / number))
    })
}

/// The numbers in the formula.
fn constants<T: Float>(evidence: &Evidence<'_, '_, T>, scene: &Scene<T>) -> Vec<f64> {
    let tape = Tape::new();
    let Recorded { out, .. } = evidence.subject.record(&scene.sample, &tape, &scene.inputs);
    let rows = tape.vars().take(out.row() + 1).filter(|row| !row.varies());
    rows.filter_map(|row| row.constant_number().map(T::to_f64)).collect()
}

/// Whether the formula multiplies something by itself, or takes a power of it.
fn has_square<T: Float>(evidence: &Evidence<'_, '_, T>) -> bool {
    let Some(scene) = evidence.shown() else { return false };
    let tape = Tape::new();
    let Recorded { out, .. } = evidence.subject.record(&scene.sample, &tape, &scene.inputs);
    let mut rows = tape.vars().take(out.row() + 1);
    rows.any(|row| match (row.prim().name(), row.operands().as_slice()) {
        ("mul" | "matmul", [a, b]) => a.row() == b.row(),
        (name, _) => name == "pow",
    })
}
