//! Mistakes that show in a gradient as a whole: a sign, a factor, a transposition.

use super::evidence::{Evidence, fits};
use super::{Mistake, count};
use crate::check::examine::Scene;
use crate::check::subject::Recorded;
use crate::error::Dims;
use crate::tape::joint_shape;
use crate::{Broadcasting, Float, Tape};
use ndarray::{ArrayD, Axis, Slice};

/// What one gradient suffers from, in words in which `{g}` stands for its name.
#[derive(PartialEq)]
pub(super) struct Guess {
    pub mistake: Mistake,
    pub explanation: String,
    pub remedy: String,
    /// How many times too large it is, where that is all.
    pub times: Option<String>,
}

impl Guess {
    pub fn new(mistake: Mistake, explanation: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { mistake, explanation: explanation.into(), remedy: remedy.into(), times: None }
    }
}

/// One kind of mistake, tried on the gradient of an input.
type Try<T> = fn(&Evidence<'_, '_, T>, usize) -> Option<Guess>;

/// The first mistake that explains the gradient of `input` in every case.
pub(super) fn guess<T: Float>(evidence: &Evidence<'_, '_, T>, input: usize) -> Option<Guess> {
    let tries: [Try<T>; 10] =
        [stale, zeros, sign, transposed, shape, factor, cotangent_ignored, sums, off_by_one, swapped];
    tries.into_iter().find_map(|attempt| attempt(evidence, input))
}

fn zeros<T: Float>(evidence: &Evidence<'_, '_, T>, input: usize) -> Option<Guess> {
    evidence.confirm(input, |scene| Some(ArrayD::zeros(scene.gradient(input)?.shape()))).then(|| {
        Guess::new(
            Mistake::Zeros,
            "{g} is 0 everywhere",
            "compute it: as it stands, {g} is what `zeros` made and nothing was added to",
        )
    })
}

fn sign<T: Float>(evidence: &Evidence<'_, '_, T>, input: usize) -> Option<Guess> {
    evidence
        .confirm(input, |scene| Some(-scene.expected(input)))
        .then(|| Guess::new(Mistake::Sign, "{g} has the wrong sign", "return `-{g}`"))
}

fn transposed<T: Float>(evidence: &Evidence<'_, '_, T>, input: usize) -> Option<Guess> {
    let transposed =
        |scene: &Scene<T>| (scene.expected(input).ndim() > 1).then(|| scene.expected(input).t().to_owned());
    evidence.confirm(input, transposed).then(|| {
        Guess::new(
            Mistake::Transposed,
            "{g} is transposed",
            "return `{g}.t()`; in a product, (a·b)ᵀ = bᵀ·aᵀ, so swap the operands and transpose each",
        )
    })
}

/// Whether expected and given values agree, in some sense; `None` if there is none for their shapes.
type Agree = dyn Fn(&ArrayD<f64>, &ArrayD<f64>) -> Option<bool>;

/// The values are right and the shape is not.
fn shape<T: Float>(evidence: &Evidence<'_, '_, T>, input: usize) -> Option<Guess> {
    let differs = |scene: &&Scene<T>| {
        scene.gradient(input).is_some_and(|given| given.shape() != scene.expected(input).shape())
    };
    // Where the shapes agree, so must the values; and there must be enough cases in which they do not.
    let explains = |agree: &Agree| {
        let agrees = |scene: &Scene<T>| {
            let (expected, given) = (scene.expected(input), scene.gradient(input)?);
            if differs(&scene) { agree(expected, given) } else { Some(fits::<T>(expected, given)) }
        };
        evidence.scenes.iter().all(|scene| agrees(scene) == Some(true))
            && evidence.scenes.iter().filter(differs).count() > 1
    };
    let by_broadcasting = |expected: &ArrayD<f64>, given: &ArrayD<f64>| {
        let joint = joint_shape(Broadcasting::NumPy, &[expected.shape(), given.shape()]).ok()?;
        let [expected, given] = [expected, given].map(|array| array.broadcast(joint.as_slice()));
        Some(fits::<T>(&expected?.to_owned(), &given?.to_owned()))
    };
    let by_reshaping = |expected: &ArrayD<f64>, given: &ArrayD<f64>| {
        Some(fits::<T>(&reshaped(expected, given.shape())?, given))
    };

    let shown = evidence.fresh().iter().find(differs)?;
    let [expected, given] = [shown.expected(input), shown.gradient(input)?].map(|array| Dims(array.shape()));
    let (mistake, explanation) = if explains(&by_broadcasting) {
        let hidden = "`allclose` would broadcast them and say True";
        (
            Mistake::ByBroadcasting,
            format!("{{g}} has shape {given} for an input of shape {expected}; {hidden}"),
        )
    } else if explains(&by_reshaping) {
        (Mistake::WrongShape, format!("{{g}} has the right values in shape {given} instead of {expected}"))
    } else {
        return None;
    };
    let symbols = shown.sample.signature().symbols(input).join(", ");
    let remedy =
        format!("give it the shape of its input, as with `{{g}}.into_shape_with_order(({symbols}))`");
    Some(Guess::new(mistake, explanation, remedy))
}

/// A number that is the same, or the same function of the sizes of axes, in every case.
fn factor<T: Float>(evidence: &Evidence<'_, '_, T>, input: usize) -> Option<Guess> {
    let ratios: Vec<(&Scene<T>, f64)> =
        evidence.scenes.iter().filter_map(|scene| Some((scene, ratio::<T>(scene, input)?))).collect();
    let holds = |of: &dyn Fn(&Scene<T>) -> f64| {
        evidence.confirm(input, |scene| Some(scene.expected(input) * of(scene)))
    };
    let axes = &evidence.scenes.first()?.sample.signature().axes;
    let size = |scene: &Scene<T>, axis: usize| count(scene.sample.sizes[axis]);
    // Sizes first, for a constant fits only if no case had another size.
    for (axis, name) in axes.iter().enumerate() {
        let summed = sums_over(evidence, input, axis);
        if holds(&|scene| 1.0 / size(scene, axis)) {
            let guess = if summed {
                Guess::new(
                    Mistake::MeanForSum,
                    format!("{{g}} is a mean over {name} and should be a sum: it is {name} times too small"),
                    format!("add up instead of averaging, `sum_axis` for `mean_axis`; or multiply by {name}"),
                )
            } else {
                too_small(name, &format!("a 1/{name} too many: is the mean's 1/{name} counted twice?"))
            };
            return Some(Guess { times: Some(format!("1/{name}")), ..guess });
        }
        if holds(&|scene| size(scene, axis)) {
            return Some(too_large(name, &format!("the 1/{name} of the mean is missing")));
        }
        if holds(&|scene| size(scene, axis).powi(2)) {
            return Some(too_large(&format!("{name}²"), &format!("1/{name} is missing twice")));
        }
        if holds(&|scene| 2.0 * size(scene, axis)) {
            return Some(too_large(
                &format!("2·{name}"),
                &format!("the 1/{name} is missing, and there is a 2 too many"),
            ));
        }
        if holds(&|scene| size(scene, axis) / 2.0) {
            return Some(too_large(&format!("{name}/2"), &format!("the 1/{name} and a 2 are missing")));
        }
        if holds(&|scene| 0.5 / size(scene, axis)) {
            return Some(too_small(
                &format!("2·{name}"),
                &format!("a 1/{name} is too many, and a 2 is missing"),
            ));
        }
        for (other, other_name) in axes.iter().enumerate() {
            if other > axis && holds(&|scene| size(scene, axis) * size(scene, other)) {
                let product = format!("({name}·{other_name})");
                return Some(too_large(
                    &product,
                    &format!("the 1/{product} of the mean over all elements is missing"),
                ));
            }
            if other > axis && holds(&|scene| 1.0 / (size(scene, axis) * size(scene, other))) {
                let product = format!("({name}·{other_name})");
                return Some(too_small(&product, &format!("a 1/{product} is too many")));
            }
            if other != axis && holds(&|scene| size(scene, axis) / size(scene, other)) {
                return Some(Guess::new(
                    Mistake::Factor,
                    format!("{{g}} is {name}/{other_name} times what it should be, a constant factor"),
                    format!("divide by {name} where you divide by {other_name}"),
                ));
            }
        }
    }
    let (_, constant) = *ratios.first()?;
    if !holds(&|_| constant) {
        return None;
    }
    let shown = short(constant);
    Some(if (constant - 2.0).abs() < 1e-6 {
        too_large("2", "is the 2 of the square counted twice, or one of two equal halves not a half?")
    } else if (constant - 0.5).abs() < 1e-6 {
        too_small("2", "is the 2 of a square missing?")
    } else if constant.abs() > 1.0 {
        too_large(&shown, "look for that number in the code")
    } else {
        too_small(&short(1.0 / constant), "look for that number in the code")
    })
}

/// Whether this axis is summed away in the gradient of `input`: it is an axis of the result, or of other inputs of a loss,
/// and not of the input.
fn sums_over<T: Float>(evidence: &Evidence<'_, '_, T>, input: usize, axis: usize) -> bool {
    evidence.fresh().iter().all(|scene| {
        let size = scene.sample.sizes[axis];
        let of_result = scene.cotangent.ndim() == 0 || scene.cotangent.shape().contains(&size);
        of_result && !scene.expected(input).shape().contains(&size)
    })
}

fn too_large(times: &str, why: &str) -> Guess {
    Guess::new(
        Mistake::Factor,
        format!("{{g}} is {times} times too large, a constant factor: {why}"),
        format!("return `{{g}} / {times}`"),
    )
}

fn too_small(times: &str, why: &str) -> Guess {
    Guess::new(
        Mistake::Factor,
        format!("{{g}} is {times} times too small, a constant factor: {why}"),
        format!("return `{{g}} * {times}`"),
    )
}

/// Given over expected where that is largest.
#[allow(clippy::float_cmp)] // Exactly 1 is no factor.
fn ratio<T>(scene: &Scene<T>, input: usize) -> Option<f64> {
    let (expected, given) = (scene.expected(input), scene.gradient(input)?);
    if expected.shape() != given.shape() {
        return None;
    }
    let largest = expected.iter().zip(given).max_by(|a, b| a.0.abs().total_cmp(&b.0.abs()))?;
    (largest.0.abs() > 0.0).then(|| largest.1 / largest.0).filter(|ratio| ratio.is_finite() && *ratio != 1.0)
}

/// The gradient for a cotangent of ones, whatever the cotangent was.
fn cotangent_ignored<T: Float>(evidence: &Evidence<'_, '_, T>, input: usize) -> Option<Guess> {
    if !evidence.subject.takes_cotangent {
        return None;
    }
    let of_ones = |scene: &Scene<T>| {
        let tape = Tape::new();
        let Recorded { inputs: vars, out, .. } = evidence.subject.record(&scene.sample, &tape, &scene.inputs);
        let seed = ArrayD::ones(out.shape());
        Some(out.backward_with(seed)[vars[input]].peek().mapv(T::to_f64).into_owned())
    };
    evidence.confirm(input, of_ones).then(|| {
        Guess::new(
            Mistake::CotangentIgnored,
            "{g} does not depend on the cotangent: it is right only where the cotangent is 1",
            "multiply by the cotangent that comes in: the function is a link in a chain",
        )
    })
}

/// A sum that was not taken, or over another axis; or of which one term is left.
fn sums<T: Float>(evidence: &Evidence<'_, '_, T>, input: usize) -> Option<Guess> {
    let most =
        evidence.fresh().iter().map(|scene| spread(evidence, scene, input).map_or(0, |s| s.ndim())).max()?;
    for axis in 0..most {
        let name = evidence
            .fresh()
            .first()
            .and_then(|scene| axis_name(scene, *spread(evidence, scene, input)?.shape().get(axis)?));
        let name = name.unwrap_or_else(|| format!("axis {axis}"));
        let summed = |scene: &Scene<T>| {
            let given = scene.gradient(input)?;
            reshaped(&spread(evidence, scene, input)?.sum_axis(Axis(axis)), given.shape())
        };
        if evidence.confirm(input, summed) {
            return Some(Guess::new(
                Mistake::WrongAxis,
                format!("{{g}} is summed over the wrong axis, {name}"),
                "sum over the axes along which the input was repeated: those that it does not have itself",
            ));
        }
        for (which, at) in [("first", 0), ("last", -1)] {
            let one = |scene: &Scene<T>| {
                let (given, spread) = (scene.gradient(input)?, spread(evidence, scene, input)?);
                let part =
                    spread.slice_axis(Axis(axis), Slice::new(at, (at == 0).then_some(1), 1)).to_owned();
                reshaped(&part, given.shape())
            };
            if evidence.confirm(input, one) {
                return Some(missing(&format!("only the {which} term along {name} is there"), &name));
            }
        }
    }
    let whole = |scene: &Scene<T>| reshaped(&spread(evidence, scene, input)?, scene.gradient(input)?.shape());
    if evidence.confirm(input, whole) {
        return Some(missing("the terms stand side by side, not added up", "the batch"));
    }
    // The terms of a sum that no row of the tape holds, as those of a matrix product.
    let rank = evidence.fresh().first()?.expected(input).ndim();
    for axis in 0..=rank {
        let adds_up = |scene: &Scene<T>| {
            let given = scene.gradient(input)?;
            (given.ndim() == rank + 1).then(|| fits::<T>(scene.expected(input), &given.sum_axis(Axis(axis))))
        };
        if evidence.fresh().len() > 1 && evidence.scenes.iter().all(|scene| adds_up(scene) == Some(true)) {
            let size = evidence.fresh()[0].gradient(input)?.shape()[axis];
            let name = axis_name(&evidence.fresh()[0], size).unwrap_or_else(|| format!("axis {axis}"));
            return Some(missing("the terms stand side by side, not added up", &name));
        }
    }
    None
}

fn missing(what: &str, axis: &str) -> Guess {
    Guess::new(
        Mistake::SumMissing,
        format!("the sum over {axis} is missing in {{g}}: {what}"),
        format!(
            "add up over {axis}, as with `{{g}}.sum_axis(…)`: what was repeated in the forward pass is summed backwards"
        ),
    )
}

/// The same elements in this shape, if there are as many.
fn reshaped(array: &ArrayD<f64>, shape: &[usize]) -> Option<ArrayD<f64>> {
    array.to_shape(shape).ok().map(|array| array.to_owned())
}

/// The name of an axis of this size.
fn axis_name<T>(scene: &Scene<T>, size: usize) -> Option<String> {
    let axis = scene.sample.sizes.iter().position(|&other| other == size)?;
    scene.sample.signature().axes.get_index(axis).cloned()
}

/// The cotangent of the row in which the input was repeated: its terms before they are summed.
fn spread<T: Float>(evidence: &Evidence<'_, '_, T>, scene: &Scene<T>, input: usize) -> Option<ArrayD<f64>> {
    let tape = Tape::new();
    let Recorded { inputs: vars, out, .. } = evidence.subject.record(&scene.sample, &tape, &scene.inputs);
    let grads = out.backward_with(&scene.cotangent);
    let row = (0..=out.row()).filter_map(|row| tape.try_var(row).ok()).find(|row| {
        row.prim().name() == "broadcast"
            && row.operands().iter().any(|operand| operand.row() == vars[input].row())
    })?;
    grads.try_wrt(row).ok().map(|spread| spread.peek().mapv(T::to_f64).into_owned())
}

/// A row or column where its neighbour should be: rolled around, or shifted with zeros moving in.
fn off_by_one<T: Float>(evidence: &Evidence<'_, '_, T>, input: usize) -> Option<Guess> {
    let rank = evidence.fresh().first()?.expected(input).ndim();
    for axis in 0..rank {
        for by in [1, -1] {
            for around in [true, false] {
                let moved = |scene: &Scene<T>| {
                    (scene.expected(input).ndim() == rank)
                        .then(|| shift(scene.expected(input), axis, by, around))
                };
                if evidence.confirm(input, moved) {
                    let name =
                        axis_name(&evidence.fresh()[0], evidence.fresh()[0].expected(input).shape()[axis]);
                    let name = name.unwrap_or_else(|| format!("axis {axis}"));
                    return Some(Guess::new(
                        Mistake::OffByOne,
                        format!(
                            "{{g}} is off by one along {name}: each element stands where its neighbour should"
                        ),
                        format!("check where the loop or slice along {name} begins and ends"),
                    ));
                }
            }
        }
    }
    // One line along an axis is 0 or a copy of the one beside it.
    for axis in 0..rank {
        for last in [false, true] {
            let cut = |scene: &Scene<T>| {
                let mut cut = scene.expected(input).clone();
                let n = cut.shape().get(axis).copied().filter(|&n| n > 0)?;
                cut.index_axis_mut(Axis(axis), if last { n - 1 } else { 0 }).fill(0.0);
                Some(cut)
            };
            if evidence.confirm(input, cut) {
                let (which, end) =
                    if last { ("last", "ends one too early") } else { ("first", "starts one too late") };
                return Some(Guess::new(
                    Mistake::OffByOne,
                    format!("{{g}} is off by one: its {which} element along axis {axis} is left at 0"),
                    format!("the loop or slice along axis {axis} {end}"),
                ));
            }
        }
    }
    None
}

fn shift(array: &ArrayD<f64>, axis: usize, by: isize, around: bool) -> ArrayD<f64> {
    let n = isize::try_from(array.shape()[axis]).expect("a size fits");
    ArrayD::from_shape_fn(array.raw_dim(), |at| {
        let mut from = at.clone();
        let there = isize::try_from(at[axis]).expect("an index fits") - by;
        if !around && !(0..n).contains(&there) {
            return 0.0;
        }
        from[axis] = usize::try_from(there.rem_euclid(n)).expect("not negative");
        array[from]
    })
}

/// Two gradients in each other's place.
fn swapped<T: Float>(evidence: &Evidence<'_, '_, T>, input: usize) -> Option<Guess> {
    let others = evidence.wrong.iter().copied().filter(|&other| other != input);
    let mut others = others.filter(|&other| {
        evidence.confirm(input, |scene| Some(scene.expected(other).clone()))
            && evidence.confirm(other, |scene| Some(scene.expected(input).clone()))
    });
    let other = others.next()?;
    let names = &evidence.scenes.first()?.sample.signature().inputs;
    Some(Guess::new(
        Mistake::OperandsSwapped,
        format!(
            "the gradients of {} and {} stand in each other's place",
            names[input.min(other)].name,
            names[input.max(other)].name
        ),
        "return them in the order of the inputs",
    ))
}

/// A second call with other numbers, or the same call again, shows what was kept from the one before.
fn stale<T: Float>(evidence: &Evidence<'_, '_, T>, input: usize) -> Option<Guess> {
    let subject = evidence.subject;
    let shows = |scene: &Scene<T>| -> Option<bool> {
        let [first, second] = [1001, 1002].map(|seed| subject.scene(&scene.sample.reseeded(seed)).ok());
        let (first, second) = (first?, second?);
        let ask = |scene: &Scene<T>| scene.ask(subject, &scene.inputs).ok()?.get(input).cloned();
        let (_, before, again) = (ask(&first), ask(&second)?, ask(&second)?);
        let differs = !fits::<T>(&before, &again);
        let of_the_first =
            fits::<T>(first.expected(input), &before) && !fits::<T>(second.expected(input), &before);
        Some(differs || of_the_first)
    };
    let fresh = evidence.fresh();
    let telling = fresh.iter().filter(|scene| scene.sample.is_tame() && shows(scene) == Some(true)).count();
    (telling >= 2).then(|| {
        Guess::new(
            Mistake::Stale,
            "{g} depends on an earlier call: the same call twice gives different results, or those of the call before",
            "recompute what is kept between calls, or pass it in: forward and backward must see the same arrays",
        )
    })
}

/// A number with few digits.
fn short(x: f64) -> String {
    let text = format!("{x:.6}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}
