//! The cases on which hypotheses are tried: the failing one, and fresh ones on shapes that tell apart what
//! small shapes confuse.

use crate::Float;
use crate::check::examine::Scene;
use crate::check::subject::Subject;
use ndarray::ArrayD;
use std::collections::BTreeSet;

/// A function under suspicion, with cases in which it is wrong.
pub(super) struct Evidence<'a, 'f, T: Float> {
    pub subject: &'a Subject<'f, T>,
    /// The failing case first, then fresh ones.
    pub scenes: Vec<Scene<T>>,
    /// The inputs whose gradients are wrong somewhere.
    pub wrong: BTreeSet<usize>,
}

/// Sizes for the axes of fresh cases: distinct and above 1, in several orders, so that no two axes can be taken
/// for each other and a factor can be told from a power or product of others.
const SIZES: [usize; 9] = [3, 5, 2, 7, 4, 11, 6, 13, 9];

impl<'a, 'f, T: Float> Evidence<'a, 'f, T> {
    /// Fresh cases of the failing one's kind.
    pub fn gather(subject: &'a Subject<'f, T>, failing: Scene<T>) -> Self {
        let axes = failing.sample.sizes.len();
        let sizes =
            |shift: usize| (0..axes).map(|axis| SIZES[(axis + shift) % SIZES.len()]).collect::<Vec<_>>();
        let mut samples = Vec::new();
        for (i, shift) in [0, 1, 3].into_iter().enumerate() {
            samples.push(failing.sample.resized(sizes(shift)).tame().reseeded(i as u64 + 1));
            samples.push(failing.sample.resized(sizes(shift)).tied().reseeded(i as u64 + 1));
            samples.push(failing.sample.resized(sizes(shift)).reseeded(i as u64 + 100));
        }
        let mut scenes = vec![failing];
        scenes.extend(samples.iter().filter_map(|sample| subject.scene(sample).ok()));
        scenes.retain(|scene| scene.given.is_ok());
        let mut evidence = Self { subject, scenes, wrong: BTreeSet::new() };
        let wrong = evidence.scenes.iter().flat_map(|scene| scene.findings().0);
        evidence.wrong = wrong.filter_map(|finding| finding.input()).collect();
        evidence
    }

    /// Whether this is what was given for the gradient of `input` in every case, and of at least two. A prediction of
    /// `None` says that the case does not speak for or against.
    pub fn confirm(&self, input: usize, predict: impl Fn(&Scene<T>) -> Option<ArrayD<f64>>) -> bool {
        let mut confirmed = 0;
        for scene in &self.scenes {
            let Some(given) = scene.gradient(input) else { return false };
            match predict(scene) {
                None => {}
                Some(predicted) if fits::<T>(&predicted, given) => {
                    confirmed += usize::from(!fits::<T>(&scene.reference.gradients[input], given));
                }
                Some(_) => return false,
            }
        }
        confirmed >= 2
    }

    /// The fresh cases.
    pub fn fresh(&self) -> &[Scene<T>] {
        self.scenes.get(1..).unwrap_or_default()
    }
}

impl<T> Scene<T> {
    /// The hand-written gradient of this input.
    pub(super) fn gradient(&self, input: usize) -> Option<&ArrayD<f64>> {
        self.given.as_ref().ok()?.get(input)
    }

    /// What it should be.
    pub(super) fn expected(&self, input: usize) -> &ArrayD<f64> {
        &self.reference.gradients[input]
    }
}

/// Whether two arrays are the same, shape and all, up to a thousand roundings of the largest element: hypotheses
/// predict wrong results, which are further from each other than that.
#[allow(clippy::float_cmp)] // Infinities are equal and have no difference.
pub(super) fn fits<T: Float>(predicted: &ArrayD<f64>, given: &ArrayD<f64>) -> bool {
    let largest = |array: &ArrayD<f64>| array.iter().fold(0.0_f64, |most, x| most.max(x.abs()));
    let slack = 1e3 * T::EPSILON.to_f64() * largest(predicted).max(largest(given));
    predicted.shape() == given.shape()
        && predicted
            .iter()
            .zip(given)
            .all(|(p, g)| p == g || (p - g).abs() <= slack || p.is_nan() && g.is_nan())
}
