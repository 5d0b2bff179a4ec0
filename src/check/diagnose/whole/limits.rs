//! Gradients that are cut where they are large, or where the input is.

use super::super::Mistake;
use super::super::evidence::Evidence;
use super::super::predicted::Predicted;
use super::Guess;
use crate::Float;
use crate::check::judge::examine::Scene;
use crate::symbol::text_of;
use ndarray::Zip;

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

/// 0 where the input is beyond a number, and right elsewhere.
fn cut_off<T: Float>(evidence: &Evidence<'_, '_, T>, input: usize) -> Option<Guess> {
    let (mut kept, mut cut, mut most) = (0.0_f64, f64::INFINITY, 0.0_f64);
    for scene in &evidence.scenes {
        let (right, given) = (scene.right(input), scene.gradient(input)?);
        if right.values.shape() != given.shape() {
            return None;
        }
        let mut explained = true;
        let inputs = scene.inputs[input].mapv(|x| x.to_f64().abs());
        Zip::from(&right.values).and(&right.slack).and(given).and(&inputs).for_each(|&e, &slack, &g, &x| {
            if !e.is_finite() || !slack.is_finite() {
            } else if (g - e).abs() <= slack {
                // What should be 0, nearly, says nothing.
                if e.abs() > 2.0 * slack {
                    kept = kept.max(x);
                }
            } else if g == 0.0 {
                (cut, most) = (cut.min(x), most.max(x));
            } else {
                explained = false;
            }
        });
        if !explained {
            return None;
        }
    }
    // At one number alone it is a matter of a tie there.
    (kept > 0.0 && kept < cut && cut < most && most.is_finite()).then(|| {
        let near = text_of(kept, (cut - kept).max(0.05 * kept));
        Guess::new(
            Mistake::Clipped,
            format!("{{g}} is cut to 0 where the input is large: it is right up to {kept:.3}, and 0 from {cut:.3} on"),
            format!("look for a comparison with a number near {near}: the function has a slope there as well"),
        )
    })
}

fn largest(numbers: impl Iterator<Item = f64>) -> Option<f64> {
    let most = numbers.fold(0.0, f64::max);
    (most > 0.0 && most.is_finite()).then_some(most)
}
