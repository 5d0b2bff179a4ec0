//! The cases on which hypotheses are tried: the failing one, and fresh ones on shapes that tell apart what
//! small shapes confuse.

use super::predicted::Predicted;
use crate::Float;
use crate::check::ask::subject::Subject;
use crate::check::cases::sample::Sample;
use crate::check::judge::examine::Scene;
use ndarray::ArrayD;
use std::cell::OnceCell;
use std::collections::BTreeSet;

/// A function under suspicion, with cases in which it is wrong.
pub(super) struct Evidence<'a, 'f, T: Float> {
    pub subject: &'a Subject<'f, T>,
    /// The failing case first, then fresh ones.
    pub scenes: Vec<Scene<T>>,
    /// The inputs whose gradients are wrong somewhere.
    pub wrong: BTreeSet<usize>,
    /// More cases, drawn when there is something to tell apart.
    further: OnceCell<Vec<Scene<T>>>,
}

/// Sizes for the axes of fresh cases: distinct and above 1, in several orders, so that no two axes can be taken
/// for each other and a factor can be told from a power or product of others.
const SIZES: [usize; 9] = [3, 5, 2, 7, 4, 11, 6, 13, 9];

/// No case is larger: a hypothesis is worked out for each.
const MOST: usize = 3000;

impl<'a, 'f, T: Float> Evidence<'a, 'f, T> {
    /// Fresh cases of the failing one's kind.
    pub fn gather(subject: &'a Subject<'f, T>, failing: Scene<T>) -> Self {
        let mut samples = Vec::new();
        for (i, shift) in [0, 1, 3].into_iter().enumerate() {
            let resized = failing.sample.resized(&sizes(&failing.sample, shift));
            samples.push(resized.tame().reseeded(i as u64 + 1));
            samples.push(resized.tied().reseeded(i as u64 + 1));
            samples.push(resized.reseeded(i as u64 + 100));
            if i == 0 {
                samples.extend(resized.wide().map(|wide| wide.reseeded(50)));
            }
        }
        let mut scenes = vec![failing];
        scenes.extend(draw(subject, &samples));
        if subject.any_subgradient {
            scenes = untied(subject, scenes);
        }
        let further = OnceCell::new();
        let mut evidence = Self { subject, scenes, wrong: BTreeSet::new(), further };
        let wrong = evidence.scenes.iter().flat_map(|scene| scene.findings().0);
        evidence.wrong = wrong.filter_map(|finding| finding.input()).collect();
        evidence
    }

    /// Cases of other sizes and numbers than any hypothesis was made on.
    pub fn further(&self) -> &[Scene<T>] {
        self.further.get_or_init(|| {
            let Some(first) = self.scenes.first() else { return Vec::new() };
            let mut samples = Vec::new();
            for (i, shift) in [2, 4, 6].into_iter().enumerate() {
                let resized = first.sample.resized(&sizes(&first.sample, shift));
                samples.push(resized.tame().reseeded(i as u64 + 201));
                samples.push(if i == 0 { resized.tied() } else { resized.tiny() }.reseeded(i as u64 + 201));
            }
            let scenes = draw(self.subject, &samples);
            if self.subject.any_subgradient { untied(self.subject, scenes) } else { scenes }
        })
    }

    /// The fresh cases.
    pub fn fresh(&self) -> &[Scene<T>] {
        self.scenes.get(1..).unwrap_or_default()
    }

    /// A fresh case with ordinary numbers, to look at.
    pub fn shown(&self) -> Option<&Scene<T>> {
        self.fresh().iter().find(|scene| scene.sample.is_tame()).or(self.fresh().first())
    }

    /// Whether this is what was given for the gradient of `input` in every case, and of at least two that tell it from
    /// the right one. A prediction of `None` says that the case does not speak for or against.
    pub fn confirm(&self, input: usize, predict: impl Fn(&Scene<T>) -> Option<Predicted>) -> bool {
        let mut confirmed = 0;
        for further in [false, true] {
            let scenes = if further { self.further() } else { &self.scenes };
            for scene in scenes {
                let Some(given) = scene.gradient(input) else { return false };
                match predict(scene) {
                    None => {}
                    Some(predicted) if predicted.fits::<T>(given) => {
                        confirmed +=
                            usize::from(scene.is_wrong(input) && predicted.tells(given, &scene.right(input)));
                    }
                    Some(_) => return false,
                }
            }
            if confirmed < 2 {
                return false;
            }
        }
        true
    }

    /// The name of this axis of an array, if it has the size of one named axis, and of no other, in every case.
    pub fn axis_name(&self, axis: usize, shape: impl Fn(&Scene<T>) -> Option<Vec<usize>>) -> Option<String> {
        let signature = self.scenes.first()?.sample.signature();
        let named = |name: usize| {
            self.fresh().iter().all(|scene| {
                shape(scene).is_some_and(|shape| shape.get(axis) == Some(&scene.sample.sizes[name]))
            })
        };
        let mut names = (0..signature.axes.len()).filter(|&name| named(name));
        let name = names.next().filter(|_| !self.fresh().is_empty())?;
        names.next().is_none().then(|| signature.axes[name].clone())
    }
}

/// Sizes of the named axes, as large as the arrays stay of moderate size.
pub(super) fn sizes(sample: &Sample, shift: usize) -> Vec<usize> {
    let axes = sample.sizes.len();
    let mut sizes: Vec<usize> = (0..axes).map(|axis| SIZES[(axis + shift) % SIZES.len()]).collect();
    let largest = |sizes: &[usize]| {
        let shapes = sample.signature().shapes(sizes);
        shapes.iter().map(|shape| shape.iter().product::<usize>()).max().unwrap_or(0)
    };
    while largest(&sizes) > MOST {
        let Some(size) = sizes.iter_mut().max().filter(|size| **size > 2) else { break };
        *size -= 1;
    }
    sizes
}

/// The cases of these samples in which formula and hand-written function can be computed.
fn draw<T: Float>(subject: &Subject<'_, T>, samples: &[Sample]) -> Vec<Scene<T>> {
    let scenes = samples.iter().filter_map(|sample| subject.scene(sample).ok());
    scenes.filter(|scene| scene.given.is_ok()).collect()
}

/// Those in which nothing is tied; all, if something is in nearly all of them or none of those is wrong.
fn untied<T: Float>(subject: &Subject<'_, T>, scenes: Vec<Scene<T>>) -> Vec<Scene<T>> {
    const FEWEST: usize = 3;
    let counts: Vec<bool> = scenes.iter().map(|scene| !scene.has_ties(subject)).collect();
    let untied = || scenes.iter().zip(&counts).filter(|(_, counts)| **counts).map(|(scene, _)| scene);
    if untied().count() < FEWEST || untied().all(|scene| scene.findings().0.is_empty()) {
        return scenes;
    }
    scenes.into_iter().zip(counts).filter(|(_, counts)| *counts).map(|(scene, _)| scene).collect()
}

impl<T: Float> Scene<T> {
    /// The hand-written gradient of this input.
    pub(super) fn gradient(&self, input: usize) -> Option<&ArrayD<f64>> {
        self.given.as_ref().ok()?.get(input)
    }

    /// What it should be.
    pub(super) fn expected(&self, input: usize) -> &ArrayD<f64> {
        &self.reference.gradients[input]
    }

    /// What it should be, and how far rounding can put it from there.
    pub(super) fn right(&self, input: usize) -> Predicted {
        Predicted {
            values: self.reference.gradients[input].clone(),
            slack: self.reference.tolerances[input].clone(),
        }
    }

    /// Whether what was given is not that.
    pub(super) fn is_wrong(&self, input: usize) -> bool {
        self.gradient(input).is_none_or(|given| !self.right(input).fits::<T>(given))
    }
}
