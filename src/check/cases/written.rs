//! Cases as bytes, to be kept beside a source file.
//!
//! proptest keeps the seed from which a failing case was drawn. One that the climb found was drawn from none: it is written
//! down whole, as the bytes that proptest's pass-through generator gives back, and `Samples` reads it instead of drawing.
//! The file is that of all checks in a source file, so a case says for which shapes and numbers it is.

use super::plan::Plan;
use super::sample::{Cotangents, Edit, Repeated, Sample};
use super::values::Palette;
use crate::check::Layout;
use crate::random;
use std::rc::Rc;

/// With which a written case begins: its first eight bytes, which a random generator gives once in 10¹⁹ times.
const MARK: u64 = u64::from_le_bytes(*b"wengert1");

/// Each once, in an order that stays.
const PALETTES: [Palette; 7] = [
    Palette::Plain,
    Palette::Integers,
    Palette::Zeros,
    Palette::Tiny,
    Palette::Large,
    Palette::Wide,
    Palette::Thresholds,
];

/// A number that stands for none.
const NONE: u64 = u64::MAX;

/// Far more than any case has of anything.
const MOST: u64 = 1 << 20;

/// What was found behind the mark.
pub(super) enum Read {
    /// Nothing is written there.
    Nothing,
    /// A case of another check.
    Other,
    Case(Sample),
}

/// The shapes and numbers that a check asks for, in a number.
fn fingerprint(plan: &Plan) -> u64 {
    let inputs = plan.signature.inputs.iter().zip(&plan.values).enumerate();
    let text = inputs.map(|(i, (input, values))| {
        format!("{}: {} of {values:?};", input.name, plan.signature.symbols(i).join(" "))
    });
    text.collect::<String>()
        .bytes()
        .fold(u64::from(plan.epsilon > 1e-10), |hash, byte| random::mix(hash, byte.into()))
}

impl Sample {
    pub(in crate::check) fn written(&self) -> Vec<u8> {
        let count = |n: usize| u64::try_from(n).expect("64 bits are enough");
        let maybe = |n: Option<usize>| n.map_or(NONE, count);
        let mut words = vec![MARK, fingerprint(&self.plan), count(self.sizes.len())];
        words.extend(self.sizes.iter().map(|size| count(*size)));
        for kept in &self.kept {
            words.push(maybe(kept.as_ref().map(Vec::len)));
            words.extend(kept.iter().flatten().map(|place| count(*place)));
        }
        words.push(count(self.layouts.len()));
        words.extend(self.layouts.iter().flat_map(Layout::words));
        match self.repeated {
            None => words.push(NONE),
            Some(Repeated { array, axis, viewed }) => {
                words.extend([count(array), maybe(axis), viewed.into()]);
            }
        }
        let twins = self.twins.map_or([NONE; 2], |twins| twins.map(count));
        words.extend(twins);
        words.push(match self.cotangents {
            Cotangents::Drawn => 0,
            Cotangents::Ones => 1,
            Cotangents::Zeros => 2,
        });
        words.push(count(PALETTES.iter().position(|palette| *palette == self.palette).unwrap_or(0)));
        words.extend([self.seed, self.finite.into(), count(self.edits.len())]);
        let edit = |edit: &Edit| [count(edit.input), count(edit.element), edit.value.to_bits()];
        words.extend(self.edits.iter().flat_map(edit));
        words.into_iter().flat_map(u64::to_le_bytes).collect()
    }

    /// The case that these words are.
    pub(super) fn read(plan: &Rc<Plan>, mut next: impl FnMut() -> u64) -> Read {
        if next() != MARK {
            return Read::Nothing;
        }
        if next() != fingerprint(plan) {
            return Read::Other;
        }
        Self::body(plan, &mut next).map_or(Read::Other, Read::Case)
    }

    fn body(plan: &Rc<Plan>, next: &mut dyn FnMut() -> u64) -> Option<Self> {
        let small = |n: u64| usize::try_from(n).ok().filter(|_| n < MOST);
        let maybe = |n: u64| if n == NONE { Some(None) } else { small(n).map(Some) };
        let axes = small(next()).filter(|axes| *axes == plan.signature.axes.len())?;
        let sizes = (0..axes).map(|_| small(next())).collect::<Option<Vec<usize>>>()?;
        let mut kept = Vec::new();
        for &size in &sizes {
            kept.push(match maybe(next())? {
                None => None,
                Some(n) if n == size => Some((0..n).map(|_| small(next())).collect::<Option<Vec<_>>>()?),
                Some(_) => return None,
            });
        }
        let layouts = small(next()).filter(|n| *n > plan.values.len() && *n < 100)?;
        let layouts = (0..layouts).map(|_| Layout::of_words(&mut *next)).collect::<Option<Vec<_>>>()?;
        let repeated = match maybe(next())? {
            None => None,
            Some(array) => Some(Repeated { array, axis: maybe(next())?, viewed: next() == 1 }),
        };
        let inputs = plan.values.len();
        let twins = match [maybe(next())?, maybe(next())?] {
            [Some(first), Some(second)] if first < inputs && second < inputs => Some([first, second]),
            [None, None] => None,
            _ => return None,
        };
        let cotangents = match next() {
            0 => Cotangents::Drawn,
            1 => Cotangents::Ones,
            2 => Cotangents::Zeros,
            _ => return None,
        };
        let palette = *PALETTES.get(small(next())?)?;
        let (seed, finite, edits) = (next(), next() == 1, small(next())?);
        let edits = (0..edits).map(|_| {
            Some(Edit { input: small(next())?, element: small(next())?, value: f64::from_bits(next()) })
        });
        let edits = edits.collect::<Option<Vec<_>>>()?;
        plan.signature.admits(&sizes).then(|| Self {
            plan: Rc::clone(plan),
            sizes,
            kept,
            layouts,
            repeated,
            twins,
            cotangents,
            palette,
            seed,
            finite,
            edits,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::draw::Samples;
    use super::super::shapes::Signature;
    use super::*;
    use proptest::strategy::{Strategy, ValueTree};
    use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

    fn samples(shapes: &[&str]) -> Samples {
        let signature = Signature::parse(shapes).unwrap();
        Samples(Rc::new(Plan::new::<f64>(signature, &[], false).unwrap()))
    }

    fn drawn(samples: &Samples, bytes: &[u8], algorithm: RngAlgorithm) -> Sample {
        let mut runner = TestRunner::new_with_rng(Config::default(), TestRng::from_seed(algorithm, bytes));
        samples.new_tree(&mut runner).unwrap().current()
    }

    #[test]
    fn a_written_case_is_read_again() {
        let samples = samples(&["x: n d", "w: d"]);
        for seed in 0..200 {
            let mut sample = drawn(&samples, &[seed; 32], RngAlgorithm::ChaCha);
            // As shrunk and climbed ones are.
            for (element, value) in [(0, 0.25), (3, f64::NEG_INFINITY), (1, -0.0)] {
                sample = sample.edit(usize::from(seed % 2), element, value);
            }
            if seed % 3 == 0
                && let Some(simpler) =
                    crate::check::cases::greedy::Simpler::simpler(&sample).into_iter().nth(1)
            {
                sample = simpler;
            }
            let read = drawn(&samples, &sample.written(), RngAlgorithm::PassThrough);
            assert_eq!(format!("{read:?}"), format!("{sample:?}"));
        }
    }

    #[test]
    fn a_case_of_another_check_is_none() {
        let [one, other] = [samples(&["x: n d", "w: d"]), samples(&["x: n d", "w: n"])];
        let sample = drawn(&one, &[3; 32], RngAlgorithm::ChaCha);
        let cases = drawn(&other, &sample.written(), RngAlgorithm::PassThrough);
        assert!(other.0.signature.admits(&cases.sizes));
        // Cut off, or with more than there can be.
        let written = sample.written();
        for end in [8, 16, 24, written.len() / 2] {
            drawn(&one, &written[..end], RngAlgorithm::PassThrough);
        }
        drawn(&one, &[written[..16].to_vec(), vec![0xff; 400]].concat(), RngAlgorithm::PassThrough);
    }
}
