//! From the case with the largest error, as a part of its tolerance, to larger ones: cases that were drawn blindly
//! seldom meet the numbers on which digits cancel or a bound is passed.

use crate::check::Check;
use crate::check::ask::subject::Subject;
use crate::check::cases::greedy::Greedy;
use crate::check::cases::sample::Sample;
use crate::check::cases::values::{Palette, mix};
use crate::{Float, Kind};

/// As many cases are tried. A tenth of the drawn ones: it is a search, not a second run.
const STEPS: usize = 24;

/// How far the gradients of a case are off.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in crate::check) enum Heat {
    /// Within their tolerances, of which this is the largest part.
    Within(f64),
    Wrong,
}

impl<T: Float> Check<'_, T> {
    /// How far the gradients of a case are off; `None` if the formula cannot be computed there.
    pub(in crate::check) fn heat(&self, subject: &Subject<'_, T>, sample: &Sample) -> Option<Heat> {
        let scene = subject.scene(sample).ok()?;
        let (findings, tally) = self.findings(subject, &scene, &mut None);
        if findings.is_empty() { Some(Heat::Within(tally.heat())) } else { Some(Heat::Wrong) }
    }

    /// A case in which something is wrong, found by climbing from this one, as simple as it can be made.
    pub(in crate::check) fn climb(
        &self,
        subject: &Subject<'_, T>,
        from: Sample,
        heat: f64,
    ) -> Option<Sample> {
        let (mut best, mut most) = (from, heat);
        for step in 0..STEPS {
            let next = neighbour(&best, mix(best.seed(), step));
            match self.heat(subject, &next) {
                None => {}
                // What is no worse may lead on.
                Some(Heat::Within(heat)) if heat < most => {}
                Some(Heat::Within(heat)) => (best, most) = (next, heat),
                Some(Heat::Wrong) => {
                    const SIMPLER: usize = 1000;
                    return Some(
                        Greedy::new(next)
                            .shrunk(SIMPLER, |sample| self.heat(subject, sample) == Some(Heat::Wrong)),
                    );
                }
            }
        }
        None
    }
}

/// A case near this one: with other numbers, or with one number or all numbers of an input larger, smaller or negated.
fn neighbour(sample: &Sample, chance: u64) -> Sample {
    let of = |n: usize, turn: usize| usize::try_from(mix(chance, turn) % n.max(1) as u64).unwrap_or(0);
    match of(6, 0) {
        0 => return sample.reseeded(chance),
        1 => return Sample { palette: Palette::ALL[of(Palette::ALL.len(), 1)], ..sample.clone() },
        _ => {}
    }
    let numbers = sample.numbers();
    let free = |input: &usize| {
        let values = &sample.plan.values[*input];
        sample.kind(*input) == Kind::Real && values.is_free() && !numbers[*input].is_empty()
    };
    let free: Vec<usize> = (0..numbers.len()).filter(free).collect();
    let Some(&input) = free.get(of(free.len(), 2)) else { return sample.reseeded(chance) };
    let factor = [0.5, 2.0, -1.0, 10.0, 0.1, 1.001][of(6, 4)];
    let one = of(numbers[input].len(), 3);
    // As many edits are shrunk at most.
    let whole = of(2, 5) == 0 && numbers[input].len() <= 64;
    let elements = numbers[input].iter().enumerate().filter(|(element, _)| whole || *element == one);
    elements.fold(sample.clone(), |sample, (element, x)| {
        let moved = sample.plan.values[input].within(x * factor);
        sample.edit(input, element, moved.unwrap_or(*x))
    })
}
