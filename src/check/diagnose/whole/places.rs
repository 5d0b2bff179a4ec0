//! The right values at the wrong places.

use super::super::Mistake;
use super::super::evidence::Evidence;
use super::super::predicted::Predicted;
use super::Guess;
use crate::check::judge::examine::Scene;
use crate::error::Dims;
use crate::tape::joint_shape;
use crate::{Broadcasting, Float};
use ndarray::{ArrayD, Axis, Slice};

/// Of a matrix, the transpose; of a stack of them, of each.
pub(super) fn transposed<T: Float>(evidence: &Evidence<'_, '_, T>, input: usize) -> Option<Guess> {
    let rank = evidence.shown()?.expected(input).ndim();
    let turned = |scene: &Scene<T>| {
        let right = scene.right(input);
        (right.values.ndim() == rank && rank > 1).then(|| right.moved(|array| swapped(array, rank - 2)))
    };
    if evidence.confirm(input, turned) {
        let (explanation, remedy) = if rank == 2 {
            (
                "{g} is transposed",
                "return `{g}.t()`; in a product, (a·b)ᵀ = bᵀ·aᵀ, so swap the operands and transpose each",
            )
        } else {
            (
                "{g} has its last two axes in each other's place",
                "swap them, as with `{g}.swap_axes(…)`; in a product of matrices, (a·b)ᵀ = bᵀ·aᵀ",
            )
        };
        return Some(Guess::new(Mistake::Transposed, explanation, remedy));
    }
    for first in 0..rank.saturating_sub(2) {
        let turned = |scene: &Scene<T>| Some(scene.right(input).moved(|array| swapped(array, first)));
        if evidence.confirm(input, turned) {
            return Some(Guess::new(
                Mistake::Transposed,
                format!("{{g}} has its axes {first} and {} in each other's place", first + 1),
                "swap them, as with `{g}.swap_axes(…)`",
            ));
        }
    }
    None
}

/// With this axis and the next in each other's place.
fn swapped(array: &ArrayD<f64>, first: usize) -> ArrayD<f64> {
    let mut array = array.clone();
    array.swap_axes(first, first + 1);
    array
}

/// Whether expected and given values agree, in some sense; `None` if there is none for their shapes.
type Agree<'a> = dyn Fn(&Predicted, &ArrayD<f64>) -> Option<bool> + 'a;

/// The values are right and the shape is not.
pub(super) fn shape<T: Float>(evidence: &Evidence<'_, '_, T>, input: usize) -> Option<Guess> {
    let differs = |scene: &&Scene<T>| {
        scene.gradient(input).is_some_and(|given| given.shape() != scene.expected(input).shape())
    };
    // Where the shapes agree, so must the values; and there must be enough cases in which they do not.
    let explains = |agree: &Agree<'_>| {
        let agrees = |scene: &Scene<T>| {
            let (right, given) = (scene.right(input), scene.gradient(input)?);
            if differs(&scene) { agree(&right, given) } else { Some(right.fits::<T>(given)) }
        };
        evidence.scenes.iter().all(|scene| agrees(scene) == Some(true))
            && evidence.scenes.iter().filter(differs).count() > 1
    };
    let by_broadcasting = |right: &Predicted, given: &ArrayD<f64>| {
        let joint = joint_shape(Broadcasting::NumPy, &[right.values.shape(), given.shape()]).ok()?;
        let spread = |array: &ArrayD<f64>| Some(array.broadcast(joint.as_slice())?.to_owned());
        Some(right.try_moved(spread)?.fits::<T>(&spread(given)?))
    };
    let by_reshaping = |right: &Predicted, given: &ArrayD<f64>| {
        Some(right.try_moved(|array| reshaped(array, given.shape()))?.fits::<T>(given))
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

/// The same elements in this shape, if there are as many.
pub(super) fn reshaped(array: &ArrayD<f64>, shape: &[usize]) -> Option<ArrayD<f64>> {
    array.to_shape(shape).ok().map(|array| array.to_owned())
}

/// How a reader knows an axis of an input: by its name in the signature, or by its number.
fn axis_of<T: Float>(evidence: &Evidence<'_, '_, T>, input: usize, axis: usize) -> String {
    let symbols = evidence.scenes.first().map(|scene| scene.sample.signature().symbols(input));
    match symbols.as_ref().and_then(|symbols| symbols.get(axis)) {
        Some(name) if !name.chars().all(|c| c.is_ascii_digit()) => name.clone(),
        _ => format!("axis {axis}"),
    }
}

/// A row or column where its neighbour should be: rolled around, or shifted with zeros moving in.
pub(super) fn off_by_one<T: Float>(evidence: &Evidence<'_, '_, T>, input: usize) -> Option<Guess> {
    let rank = evidence.fresh().first()?.expected(input).ndim();
    for axis in 0..rank {
        for by in [1, -1] {
            for around in [true, false] {
                let moved = |scene: &Scene<T>| {
                    let right = scene.right(input);
                    (right.values.ndim() == rank).then(|| right.moved(|array| shift(array, axis, by, around)))
                };
                if evidence.confirm(input, moved) {
                    let name = axis_of(evidence, input, axis);
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
                scene.right(input).try_moved(|array| {
                    let mut cut = array.clone();
                    let n = cut.shape().get(axis).copied().filter(|&n| n > 0)?;
                    cut.index_axis_mut(Axis(axis), if last { n - 1 } else { 0 }).fill(0.0);
                    Some(cut)
                })
            };
            if evidence.confirm(input, cut) {
                let (which, end) =
                    if last { ("last", "ends one too early") } else { ("first", "starts one too late") };
                let name = axis_of(evidence, input, axis);
                return Some(Guess::new(
                    Mistake::OffByOne,
                    format!("{{g}} is off by one: its {which} element along {name} is left at 0"),
                    format!("the loop or slice along {name} {end}"),
                ));
            }
        }
    }
    None
}

fn shift(array: &ArrayD<f64>, axis: usize, by: isize, around: bool) -> ArrayD<f64> {
    let n = array.shape()[axis].cast_signed();
    ArrayD::from_shape_fn(array.raw_dim(), |at| {
        let mut from = at.clone();
        let there = at[axis].cast_signed() - by;
        if !around && !(0..n).contains(&there) {
            return 0.0;
        }
        from[axis] = there.rem_euclid(n).cast_unsigned();
        array[from]
    })
}

/// The elements along an axis run the other way.
pub(super) fn reversed<T: Float>(evidence: &Evidence<'_, '_, T>, input: usize) -> Option<Guess> {
    let rank = evidence.fresh().first()?.expected(input).ndim();
    let mut axes = (0..rank).map(|axis| vec![axis]).collect::<Vec<_>>();
    axes.extend((rank > 1).then(|| (rank - 2..rank).collect()));
    axes.extend((rank > 2).then(|| (0..rank).collect()));
    axes.into_iter().find_map(|axes| {
        let flipped = |scene: &Scene<T>| {
            scene.right(input).try_moved(|array| {
                let mut array = array.clone();
                axes.iter().all(|&axis| axis < array.ndim()).then(|| {
                    for &axis in &axes {
                        array.invert_axis(Axis(axis));
                    }
                    array
                })
            })
        };
        let names: Vec<String> = axes.iter().map(|&axis| axis_of(evidence, input, axis)).collect();
        evidence.confirm(input, flipped).then(|| {
            let names = names.join(" and ");
            Guess::new(
                Mistake::OrderReversed,
                format!("{{g}} runs the other way along {names}: its first element stands last"),
                format!(
                    "turn it round along {names}, as with `{{g}}.invert_axis(…)`, or the loop that fills it"
                ),
            )
        })
    })
}

/// All but the first line along an axis are 0, or all but the last.
pub(super) fn first_only<T: Float>(evidence: &Evidence<'_, '_, T>, input: usize) -> Option<Guess> {
    let rank = evidence.fresh().first()?.expected(input).ndim();
    (0..rank).flat_map(|axis| [(axis, false), (axis, true)]).find_map(|(axis, last)| {
        let kept = |scene: &Scene<T>| {
            scene.right(input).try_moved(|array| {
                let n = array.shape().get(axis).copied().filter(|&n| n > 0)?;
                let at = (if last { n - 1 } else { 0 }).cast_signed();
                let line = Slice::new(at, Some(at + 1), 1);
                let mut kept = ArrayD::zeros(array.raw_dim());
                kept.slice_axis_mut(Axis(axis), line).assign(&array.slice_axis(Axis(axis), line));
                Some(kept)
            })
        };
        evidence.confirm(input, kept).then(|| {
            let (which, name) = (if last { "last" } else { "first" }, axis_of(evidence, input, axis));
            Guess::new(
                Mistake::FirstOnly,
                format!("only the {which} along {name} has a gradient: the rest of {{g}} is 0"),
                format!("go through all of {name}: a loop ends too early, or an index is missing"),
            )
        })
    })
}

/// What is right for a symmetric matrix alone: with its own transpose added, or averaged with it.
pub(super) fn symmetric<T: Float>(evidence: &Evidence<'_, '_, T>, input: usize) -> Option<Guess> {
    let ways: [(&str, f64, f64); 3] = [
        ("its own transpose is added to it", 1.0, 1.0),
        ("it is averaged with its own transpose", 0.5, 0.5),
        ("its own transpose is added to it, and its diagonal counted once", 1.0, 0.5),
    ];
    ways.into_iter().find_map(|(what, factor, on_diagonal)| {
        let symmetrised = |scene: &Scene<T>| {
            let right = scene.right(input);
            let square = right.values.ndim() == 2 && right.values.shape()[0] == right.values.shape()[1];
            square.then(|| {
                right.moved(|array| {
                    let mut sum = (array + &array.t()) * factor;
                    (0..sum.shape()[0]).for_each(|i| sum[[i, i]] *= on_diagonal / factor.min(1.0));
                    sum
                })
            })
        };
        evidence.confirm(input, symmetrised).then(|| {
            Guess::new(
                Mistake::SymmetryAssumed,
                format!("{{g}} takes its matrix to be symmetric: {what}"),
                "leave the transpose out: each element of the matrix is a variable of its own",
            )
        })
    })
}

/// The gradient of another input; or each has the other's.
pub(super) fn others<T: Float>(evidence: &Evidence<'_, '_, T>, input: usize) -> Option<Guess> {
    let names = &evidence.scenes.first()?.sample.signature().inputs;
    let other = (0..names.len())
        .filter(|&other| other != input)
        .find(|&other| evidence.confirm(input, |scene| Some(scene.right(other))))?;
    let swapped =
        evidence.wrong.contains(&other) && evidence.confirm(other, |scene| Some(scene.right(input)));
    Some(if swapped {
        Guess::new(
            Mistake::OperandsSwapped,
            format!(
                "the gradients of {} and {} stand in each other's place",
                names[input.min(other)].name,
                names[input.max(other)].name
            ),
            "return them in the order of the inputs",
        )
    } else {
        Guess::new(
            Mistake::GradientCopied,
            format!("{{g}} is the gradient of {}", names[other].name),
            format!("derive it by itself: what is right for {} was copied", names[other].name),
        )
    })
}
