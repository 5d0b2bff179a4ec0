//! At a kink: is what was given a subgradient?
//!
//! Beside a kink the function has a gradient, and on each side another. What may be given at the kink itself are these
//! and all between them, their convex hull (F. H. Clarke, *Optimization and Nonsmooth Analysis*, 1983), as a whole: of the
//! largest of two equal numbers, (1, 0) and (0.3, 0.7) are, and (1, 1) is not, though each of its elements alone could be.
//!
//! The gradients beside it are the tape's, evaluated in double precision with the inputs moved by so little that nothing
//! but branches changes. An element of what was given must lie between theirs; where they agree on the slope along a
//! direction, as that in which tied elements move together, what was given must have that slope, too; and if there are few
//! of them, no direction may tell it from them all.

use super::examine::Scene;
use super::reference::gradient;
use super::standing::place;
use crate::check::ask::subject::{Recorded, Subject};
use crate::check::cases::values::mix;
use crate::check::oracle::evaluate::evaluate;
use crate::{Float, Kind, Tape, Var, random};
use ndarray::{ArrayD, Dimension, IxDyn};
use std::collections::BTreeMap;

/// How far inputs are moved, as a part of their size: far more than a rounding, and so little that smooth functions stay the
/// same to seven digits.
const STEP: f64 = 1.0 / 67_108_864.0; // 2⁻²⁶

/// How closely gradients beside a kink are known, as a part of the largest of them: what the step changes in a
/// function that is a few times as steep as it is large.
const KNOWN: f64 = 1e-5;

/// At most as many elements at kinks are looked at together: with twice as many gradients, all that they agree on is seen.
const TOGETHER: usize = 40;

/// At most as many elements are moved one by one.
const ALONE: usize = 256;

/// At most as many gradients are few: each of them has then been seen.
const FEW: usize = 8;

/// Why a gradient is none that can be found between those beside the kink.
#[derive(Clone, Debug)]
pub(in crate::check) struct NoSubgradient {
    /// The direction that tells it from all of them, as in `x[0] + x[1]`.
    pub along: String,
    /// Its slope along that, and the least and the largest of theirs.
    pub given: f64,
    pub least: f64,
    pub most: f64,
}

/// An element that takes more values than so many beside a kink is one that many choices decide.
const MANY: usize = 4;

/// The gradients beside a kink, all elements of all inputs in a row.
struct Beside<'t, T: Float> {
    tape: &'t Tape<T>,
    vars: Vec<Var<'t, T>>,
    gradients: Vec<Var<'t, T>>,
    point: Vec<ArrayD<f64>>,
    found: Vec<Vec<f64>>,
}

/// A direction: elements, and how far each moves.
type Direction = Vec<(usize, f64)>;

/// Whether what was given, of which some elements differ from what they should be, is a subgradient; if not, and there is a
/// kink, what tells it from those that are.
#[allow(clippy::too_many_lines)] // One argument, from beginning to end.
#[allow(clippy::neg_cmp_op_on_partial_ord)] // A NaN is not within the tolerance.
pub(in crate::check) fn judge<T: Float>(
    subject: &Subject<'_, T>,
    scene: &Scene<T>,
) -> Result<(), Option<NoSubgradient>> {
    let Ok(answer) = &scene.given else { return Ok(()) };
    let tape = Tape::new();
    let Recorded { inputs: vars, out, .. } = subject.record(&scene.sample, &tape, &scene.inputs);
    let grads = out.backward_with(&scene.cotangent);
    let gradients = vars.iter().take(answer.len()).map(|var| gradient(&grads, *var)).collect();
    let mut beside = Beside {
        tape: &tape,
        gradients,
        point: scene.inputs.iter().map(|x| x.mapv(T::to_f64)).collect(),
        found: vec![flat(scene.reference.gradients.iter().take(answer.len()))],
        vars,
    };
    let given = flat(answer.iter());
    let tolerances = flat(scene.reference.tolerances.iter().take(answer.len()));
    let judged: Vec<bool> =
        (0..given.len()).map(|i| beside.found[0][i].is_finite() && tolerances[i].is_finite()).collect();
    let name = |direction: &Direction| named(scene, direction);
    let differing: Vec<usize> = (0..given.len())
        .filter(|&i| judged[i] && !((given[i] - beside.found[0][i]).abs() <= tolerances[i]))
        .collect();

    for p in 0..16 {
        beside.look(&|i| beside_kink(p, i, scene.sample.seed()));
    }
    // One by one, where no gradient was found on that side.
    let known = |i: usize, found: &[Vec<f64>]| {
        let (least, most) = range(found, &vec![(i, 1.0)]);
        (least, most, 4.0 * tolerances[i] + KNOWN * least.abs().max(most.abs()))
    };
    let within = |i: usize, found: &[Vec<f64>]| {
        let (least, most, room) = known(i, found);
        (least - room..=most + room).contains(&given[i])
    };
    let (mut tried, mut again) = (0, false);
    for &i in &differing {
        if !within(i, &beside.found) && tried < ALONE {
            tried += 1;
            for by in [1.0, -1.0] {
                beside.look(&|j| if i == j { by } else { 0.0 });
            }
        }
        if !within(i, &beside.found) && !again {
            again = true;
            beside.look_again(scene.sample.seed());
        }
        if !within(i, &beside.found) {
            let (mut least, mut most, room) = known(i, &beside.found);
            // An element that many choices decide takes more values than can be seen, as one of many equal ones in a
            // sorted row; those that are equal to it take the same.
            if distinct(&beside.found, &[i]) > MANY {
                for j in equals(&beside.point, i) {
                    let (lower, upper, _) = known(j, &beside.found);
                    (least, most) = (least.min(lower), most.max(upper));
                }
            }
            if !(least - room..=most + room).contains(&given[i]) {
                let along = name(&vec![(i, 1.0)]);
                let kink = most - least > room;
                return Err(kink.then(|| NoSubgradient { along, given: given[i], least, most }));
            }
        }
    }

    // Those elements that choices decide.
    let open: Vec<usize> = (0..given.len())
        .filter(|&i| {
            let (least, most, room) = known(i, &beside.found);
            judged[i] && most - least > room
        })
        .collect();
    let mut directions = tied(&beside.point, &open, scene.sample.seed());
    if open.len() <= TOGETHER {
        for p in 16..2 * open.len() + 16 {
            beside.look(&|i| beside_kink(p, i, scene.sample.seed()));
        }
        directions.extend(rigid(&beside.found, &open));
        let few = distinct(&beside.found, &open) <= FEW;
        let random =
            |k: usize| open.iter().map(|&i| (i, beside_kink(1000 + k, i, scene.sample.seed()))).collect();
        directions.extend((0..32).filter(|_| few).map(random));
    }
    for direction in directions {
        let (says, scale, room) = slope(&given, &tolerances, &direction);
        let differs = |found: &[Vec<f64>]| {
            let (least, most) = range(found, &direction);
            let room = room + KNOWN * scale.max(least.abs()).max(most.abs());
            // Where choices decide and there are many, not all of them have been seen.
            let decided = most - least <= room || distinct(found, &open) <= FEW;
            (decided && !(least - room..=most + room).contains(&says)).then_some((least, most))
        };
        if differs(&beside.found).is_none() {
            continue;
        }
        // A verdict takes a second look.
        if !again {
            again = true;
            beside.look_again(scene.sample.seed());
        }
        for by in [1.0, -1.0] {
            beside.look(&|i| direction.iter().find(|(j, _)| i == *j).map_or(0.0, |(_, d)| by * d));
        }
        if let Some((least, most)) = differs(&beside.found) {
            return Err(Some(NoSubgradient { along: name(&direction), given: says, least, most }));
        }
    }
    Ok(())
}

impl<T: Float> Beside<'_, T> {
    /// A verdict takes a second look, at many more.
    fn look_again(&mut self, seed: u64) {
        for p in 2000..2128 {
            self.look(&|i| beside_kink(p, i, seed));
        }
    }

    /// The gradient at a point moved in this direction, if it is another and finite.
    fn look(&mut self, direction: &dyn Fn(usize) -> f64) {
        let mut before = 0;
        let mut moved = Vec::new();
        for (var, x) in self.vars.iter().zip(&self.point) {
            let largest = x.iter().fold(0.0_f64, |most, x| most.max(x.abs()));
            // In the measure of the element; of one that is 0, of those beside it.
            let mut at = x.clone();
            for (i, x) in at.iter_mut().enumerate() {
                let size = if *x == 0.0 { if largest == 0.0 { 1.0 } else { largest } } else { x.abs() };
                *x += STEP * size * direction(before + i);
            }
            before += x.len();
            if var.kind() == Kind::Real {
                moved.push((*var, at));
            }
        }
        let gradients: Vec<ArrayD<f64>> = evaluate(self.tape, &moved, &self.gradients);
        let gradient = flat(gradients.iter());
        if gradient.iter().zip(&self.found[0]).all(|(x, here)| x.is_finite() || !here.is_finite())
            && !self.found.contains(&gradient)
        {
            self.found.push(gradient);
        }
    }
}

/// The first two move all elements up and down, the others each as it happens.
fn beside_kink(p: usize, i: usize, seed: u64) -> f64 {
    match p {
        0 => 1.0,
        1 => -1.0,
        _ => {
            let bits = mix(mix(seed, p), i);
            let size = 0.5 + random::part(bits, 53);
            if bits & 1 == 0 { size } else { -size }
        }
    }
}

/// Directions in which elements of the same size move together: all of them, those of one line, and a few pairs.
fn tied(point: &[ArrayD<f64>], open: &[usize], seed: u64) -> Vec<Direction> {
    let mut groups: BTreeMap<(u64, usize), Direction> = BTreeMap::new();
    let places: Vec<(f64, IxDyn)> =
        point.iter().flat_map(|x| x.indexed_iter().map(|(at, x)| (*x, at))).collect();
    for &i in open {
        let (x, at) = &places[i];
        let together = if *x < 0.0 { -1.0 } else { 1.0 };
        // All of them; and those with the same index along one axis.
        let keys = (0..at.ndim()).map(|axis| 1 + axis + 8 * at[axis]);
        for key in std::iter::once(0).chain(keys) {
            groups.entry((x.abs().to_bits(), key)).or_default().push((i, together));
        }
    }
    let mut directions: Vec<Direction> = groups.into_values().filter(|group| group.len() > 1).collect();
    directions.sort_by_key(Vec::len);
    directions.dedup();
    let pairs: Vec<Direction> = directions
        .iter()
        .filter(|group| group.len() > 2)
        .take(16)
        .enumerate()
        .map(|(k, group)| {
            let first = usize::try_from(mix(seed, k) % group.len() as u64).expect("below a usize");
            vec![group[first], group[(first + 1) % group.len()]]
        })
        .collect();
    directions.truncate(64);
    directions.extend(pairs);
    // Where signs differ, plainly as well.
    let plain: Vec<Direction> = directions
        .iter()
        .filter(|group| group.iter().any(|(_, by)| *by < 0.0))
        .map(|group| group.iter().map(|(i, _)| (*i, 1.0)).collect())
        .collect();
    directions.extend(plain);
    directions
}

/// The elements of the same input that are equal to this one.
fn equals(point: &[ArrayD<f64>], i: usize) -> Vec<usize> {
    let mut before = 0;
    for x in point {
        if i < before + x.len() {
            let elements: Vec<f64> = x.iter().copied().collect();
            let alike = |j: &usize| elements[*j].to_bits() == elements[i - before].to_bits();
            return (0..x.len()).filter(alike).map(|j| before + j).collect();
        }
        before += x.len();
    }
    Vec::new()
}

/// A basis of the directions along which all these gradients have one slope.
fn rigid(found: &[Vec<f64>], open: &[usize]) -> Vec<Direction> {
    let Some((first, others)) = found.split_first() else { return Vec::new() };
    // Each element in the measure of what choices change in it.
    let spread = |i: usize| {
        let (least, most) = range(found, &vec![(i, 1.0)]);
        most - least
    };
    let spreads: Vec<f64> = open.iter().map(|&i| spread(i)).collect();
    let mut rows: Vec<Vec<f64>> = others
        .iter()
        .map(|other| open.iter().zip(&spreads).map(|(&i, spread)| (other[i] - first[i]) / spread).collect())
        .collect();
    // Gauss and Jordan's elimination, with the largest for pivot.
    let mut pivots: Vec<usize> = Vec::new();
    for row in 0..rows.len().min(open.len()) {
        let mut best = (0.0, row, 0);
        for (r, other) in rows.iter().enumerate().skip(row) {
            for (c, x) in other.iter().enumerate() {
                if x.abs() > best.0 && !pivots.contains(&c) {
                    best = (x.abs(), r, c);
                }
            }
        }
        let (size, at, column) = best;
        if size < 1e-4 {
            break;
        }
        rows.swap(row, at);
        let by = rows[row][column];
        rows[row].iter_mut().for_each(|x| *x /= by);
        let pivot = rows[row].clone();
        for (_, other) in rows.iter_mut().enumerate().filter(|(r, _)| *r != row) {
            let by = other[column];
            other.iter_mut().zip(&pivot).for_each(|(x, p)| *x -= by * p);
        }
        pivots.push(column);
    }
    let free = (0..open.len()).filter(|column| !pivots.contains(column));
    free.map(|column| {
        let others = pivots.iter().enumerate().map(|(row, &pivot)| (pivot, -rows[row][column]));
        let all = others.chain([(column, 1.0)]).filter(|(_, by)| by.abs() > 1e-6);
        all.map(|(at, by)| (open[at], by / spreads[at])).collect()
    })
    .collect()
}

/// How many of the gradients differ in these elements.
fn distinct(found: &[Vec<f64>], open: &[usize]) -> usize {
    let mut seen: Vec<&Vec<f64>> = Vec::new();
    for gradient in found {
        let alike = |other: &&Vec<f64>| {
            let near = |i: &usize| {
                (gradient[*i] - other[*i]).abs() <= KNOWN * gradient[*i].abs().max(other[*i].abs())
            };
            open.iter().all(near)
        };
        if !seen.iter().any(alike) {
            seen.push(gradient);
        }
        if seen.len() > FEW {
            break;
        }
    }
    seen.len()
}

/// The slope of what was given along a direction, the sum of the sizes of its terms, and that of their tolerances.
fn slope(given: &[f64], tolerances: &[f64], direction: &Direction) -> (f64, f64, f64) {
    let term = |&(i, by): &(usize, f64)| given[i] * by;
    (
        direction.iter().map(term).sum(),
        direction.iter().map(|each| term(each).abs()).sum(),
        direction.iter().map(|&(i, by)| 4.0 * tolerances[i] * by.abs()).sum(),
    )
}

/// The least and the largest slope of these gradients along a direction.
fn range(found: &[Vec<f64>], direction: &Direction) -> (f64, f64) {
    let slopes = found.iter().map(|gradient| direction.iter().map(|&(i, by)| gradient[i] * by).sum::<f64>());
    slopes
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(least, most), slope| (least.min(slope), most.max(slope)))
}

fn flat<'a>(arrays: impl Iterator<Item = &'a ArrayD<f64>>) -> Vec<f64> {
    arrays.flat_map(|array| array.iter().copied()).collect()
}

/// `x[0] + x[1]`, and of many only the first.
fn named<T: Float>(scene: &Scene<T>, direction: &Direction) -> String {
    const SHOWN: usize = 6;
    let largest = direction.iter().fold(0.0_f64, |most, (_, by)| most.max(by.abs()));
    let names = scene.sample.signature().inputs.iter().zip(&scene.inputs);
    let places: Vec<String> = names
        .flat_map(|(pattern, x)| x.indexed_iter().map(|(at, _)| format!("{}{}", pattern.name, place(&at))))
        .collect();
    let mut text = String::new();
    for (k, &(i, by)) in direction.iter().take(SHOWN).enumerate() {
        let sign = match (k, by < 0.0) {
            (0, false) => "",
            (0, true) => "-",
            (_, false) => " + ",
            (_, true) => " - ",
        };
        let by = by.abs() / largest;
        let by = if (by - 1.0).abs() < 1e-3 { String::new() } else { format!("{by:.2} ") };
        text.extend([sign, by.as_str(), places[i].as_str()]);
    }
    if direction.len() > SHOWN { text + " + …" } else { text }
}
