//! Gradients that are cut where they are large, or where the input is.

use super::super::Mistake;
use super::super::evidence::Evidence;
use super::super::predicted::Predicted;
use super::Guess;
use crate::Float;
use crate::check::judge::examine::Scene;
use crate::symbol::text_of;
use ndarray::IxDyn;

/// Clipped at a number, or to a norm; or 0 where the gradient or the input is beyond a number.
pub(super) fn clipped<T: Float>(evidence: &Evidence<'_, '_, T>, input: usize) -> Option<Guess> {
    at_a_number(evidence, input).or_else(|| to_a_norm(evidence, input)).or_else(|| cut_off(evidence, input))
}

fn at_a_number<T: Float>(evidence: &Evidence<'_, '_, T>, input: usize) -> Option<Guess> {
    // Wherever it is smaller than it should be, it is the number.
    let most = largest(evidence.scenes.iter().filter(|scene| scene.is_wrong(input)).flat_map(|scene| {
        scene.gradient(input).into_iter().flat_map(|given| given.iter().map(|x| x.abs()))
    }))?;
    let clamped = |scene: &Scene<T>| {
        let right = scene.right(input);
        Some(Predicted { values: right.values.mapv(|x| x.clamp(-most, most)), ..right })
    };
    evidence.confirm(input, clamped).then(|| {
        let most = text_of(most, 1e-6 * most);
        Guess::new(
            Mistake::Clipped,
            format!("{{g}} is clipped: no element is beyond ±{most}, and those that should be are ±{most}"),
            "return it as it is: clipping belongs to the optimiser, after all gradients have been added up",
        )
    })
}

fn to_a_norm<T: Float>(evidence: &Evidence<'_, '_, T>, input: usize) -> Option<Guess> {
    let norm = |x: &ndarray::ArrayD<f64>| x.iter().map(|x| x * x).sum::<f64>().sqrt();
    let wrong = evidence.scenes.iter().filter(|scene| scene.is_wrong(input));
    let most = largest(wrong.filter_map(|scene| Some(norm(scene.gradient(input)?))))?;
    let scaled = |scene: &Scene<T>| {
        let right = scene.right(input);
        let factor = (most / norm(&right.values)).min(1.0);
        // The norm is rounded as well.
        let few = 64.0 * T::EPSILON.to_f64();
        let slack = (&right.slack + &right.values.mapv(|x| few * x.abs())) * factor;
        Some(Predicted { values: right.values * factor, slack })
    };
    evidence.confirm(input, scaled).then(|| {
        let most = text_of(most, 1e-5 * most);
        Guess::new(
            Mistake::Clipped,
            format!("{{g}} is clipped: where its norm should be more than {most}, it is scaled down to that"),
            "return it as it is: clipping belongs to the optimiser, after all gradients have been added up",
        )
    })
}

/// Where a gradient may be cut to 0.
#[derive(Clone, Copy)]
enum Cut {
    /// Where the input's magnitude is large, or small.
    Beyond,
    Within,
    /// Where the input itself is.
    Above,
    Below,
}

impl Cut {
    /// How far a number is on the side that is cut.
    fn depth(self, x: f64) -> f64 {
        match self {
            Self::Beyond => x.abs(),
            Self::Within => -x.abs(),
            Self::Above => x,
            Self::Below => -x,
        }
    }

    /// The number that is so deep, of the sign of this one.
    fn at(self, depth: f64, sign: f64) -> f64 {
        match self {
            Self::Beyond => depth.copysign(sign),
            Self::Within => (-depth).max(0.0).copysign(sign),
            Self::Above => depth,
            Self::Below => -depth,
        }
    }
}

/// An element of a gradient that is 0 and should not be, by its case and place, with the input there.
type Spot = (usize, IxDyn, f64);

/// 0 where the input is beyond a number, and right elsewhere. The number is found by bisection.
fn cut_off<T: Float>(evidence: &Evidence<'_, '_, T>, input: usize) -> Option<Guess> {
    let (mut kept, mut cut) = (Vec::new(), Vec::<Spot>::new());
    for (case, scene) in evidence.scenes.iter().enumerate() {
        let (right, given) = (scene.right(input), scene.gradient(input)?);
        if right.values.shape() != given.shape() {
            return None;
        }
        for (at, &e) in right.values.indexed_iter() {
            let (g, slack, x) = (given[&at], right.slack[&at], scene.inputs[input][&at].to_f64());
            if !e.is_finite() || !slack.is_finite() {
            } else if (g - e).abs() <= slack {
                // What should be 0, nearly, says nothing.
                if e.abs() > 2.0 * slack {
                    kept.push(x);
                }
            } else if g == 0.0 {
                cut.push((case, at, x));
            } else {
                return None;
            }
        }
    }
    // If numbers of both signs are cut it is by their magnitude; of those of one sign, little is known of the other.
    let both = cut.iter().any(|(.., x)| *x > 0.0) && cut.iter().any(|(.., x)| *x < 0.0);
    let sides = [Cut::Above, Cut::Below, Cut::Beyond, Cut::Within];
    sides[if both { 2.. } else { 0.. }].iter().find_map(|&side| {
        let deepest = kept.iter().map(|x| side.depth(*x)).max_by(f64::total_cmp)?;
        let first = cut.iter().min_by(|a, b| side.depth(a.2).total_cmp(&side.depth(b.2)))?;
        let limit = bisected(evidence, input, side, deepest, first)?;
        // Where the function itself compares it is a branch that is wrong.
        let own = &evidence.scenes.first()?.sample.plan.thresholds;
        if limit == 0.0 || own.iter().any(|own| (limit.abs() - own).abs() <= 1e-4 * own) {
            return None;
        }
        let name = &evidence.scenes.first()?.sample.signature().inputs[input].name;
        let number = text_of(limit, 1e-4 * limit.abs());
        let place = match side {
            Cut::Beyond => format!("{name} is beyond ±{number}"),
            Cut::Within => format!("|{name}| is below {number}"),
            Cut::Above => format!("{name} is above {number}"),
            Cut::Below => format!("{name} is below {number}"),
        };
        Some(Guess::new(
            Mistake::Clipped,
            format!("{{g}} is cut to 0 where {place}, and right elsewhere"),
            format!("look for a comparison with {number}: the function has a slope there as well"),
        ))
    })
}

/// The number from which on an element is 0: between the deepest that is not and the first that is. Nothing if that is the
/// first alone, which is then a matter of a tie there.
fn bisected<T: Float>(
    evidence: &Evidence<'_, '_, T>,
    input: usize,
    side: Cut,
    deepest: f64,
    (case, at, first): &Spot,
) -> Option<f64> {
    const HALVINGS: usize = 40;
    let scene = &evidence.scenes[*case];
    let is_cut = |depth: f64| {
        let mut inputs = scene.inputs.clone();
        inputs[input][at] = T::from_f64(side.at(depth, *first));
        let given = scene.ask(evidence.subject, &inputs).ok()?;
        given.get(input)?.get(at).map(|g| g.abs() <= 0.0)
    };
    let (mut open, mut shut) = (deepest, side.depth(*first));
    if open >= shut || is_cut(open)? || !is_cut(shut + 0.25 * (shut - open))? {
        return None;
    }
    let apart = shut - open;
    for _ in 0..HALVINGS {
        let middle = open + 0.5 * (shut - open);
        *(if is_cut(middle)? { &mut shut } else { &mut open }) = middle;
    }
    let depth = 0.5 * (open + shut);
    let depth = if depth.abs() < 1e-9 * apart { 0.0 } else { depth };
    Some(match side {
        Cut::Beyond | Cut::Within => depth.abs(),
        Cut::Above | Cut::Below => side.at(depth, *first),
    })
}

fn largest(numbers: impl Iterator<Item = f64>) -> Option<f64> {
    let most = numbers.fold(0.0, f64::max);
    (most > 0.0 && most.is_finite()).then_some(most)
}
